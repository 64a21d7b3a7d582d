//! Sums whose terms cancel: `2 (c + d) − 2 d − 2 c` is nothing, `3 (a + b) − 3 a` is `3 b`. They hold in real numbers.
use super::{Simplifier, StructuralRule};
use crate::graph::{NodeId, Op};
use crate::op::arithmetic::MULTIPLY;
use crate::op::{Binary, BinaryOp, Linearity, Unary, UnaryOp};

pub static RULES: &[StructuralRule] = &[StructuralRule { name: "terms that cancel", apply: cancelled }];

/// Sums of more operations than this are left as they are.
const OPERATIONS: usize = 16;
/// What rounding leaves of factors that are the same.
const ROUNDING: f64 = 1e-14;

/// At most one term is left: more of them could be dearer than the sum, whose parts others may need.
fn cancelled(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let Op::Binary(op, ..) = s.graph.op(id) else { return None };
    if !matches!(op.linear, Linearity::Sum(_)) {
        return None;
    }
    let mut terms: Vec<(NodeId, f64, f64)> = vec![];
    let mut todo = vec![(id, 1.0)];
    for _ in 0..OPERATIONS {
        let Some((at, factor)) = todo.pop() else { break };
        match *s.graph.op(at) {
            Op::Binary(BinaryOp(Binary { linear: Linearity::Sum(times), .. }), a, b) => {
                todo.extend([(a, factor), (b, times * factor)]);
            }
            Op::Unary(UnaryOp(Unary { scale: Some(times), .. }), x) => todo.push((x, times * factor)),
            Op::Binary(op, c, x) if op == MULTIPLY && s.graph.constant_of(c).is_some() => {
                todo.push((x, factor * s.graph.constant_of(c)?));
            }
            _ => match terms.iter_mut().find(|term| term.0 == at) {
                Some(term) => {
                    term.1 += factor;
                    term.2 += factor.abs();
                }
                None => terms.push((at, factor, factor.abs())),
            },
        }
    }
    if !todo.is_empty() || terms.iter().any(|term| !term.2.is_finite()) {
        return None;
    }
    let count = terms.len();
    terms.retain(|&(_, sum, size)| sum.abs() > ROUNDING * size);
    match terms[..] {
        // `w − 1e-5 w` has more of the small factor than one factor close to 1.
        _ if terms.len() == count => None,
        [] => Some(s.constant_like(0.0, id)),
        [(x, factor, _)] => {
            let factor = s.constant_like(factor, id);
            Some(s.make(Op::Binary(BinaryOp(&MULTIPLY), factor, x)))
        }
        _ => None,
    }
}
