//! The stable way to write a softplus by hand, `max(x, 0) + log(1 + exp(-|x|))`, also with other terms between its two.
use super::recognise::{sum_of, unary_of};
use super::{Simplifier, StructuralRule};
use crate::graph::{NodeId, Op};
use crate::op::activation::{RELU, SOFTPLUS};
use crate::op::arithmetic::{ABS, NEGATE};
use crate::op::{BinaryOp, UnaryOp};

pub static RULES: &[StructuralRule] = &[StructuralRule { name: "max(x, 0) + softplus(-|x|)", apply: halves }];

/// Summands that are looked at for the other half.
const SUMMANDS: usize = 8;

/// Half of a softplus of `x`: `max(x, 0)`, or `softplus(-|x|)`, which is the same of `-x`.
#[derive(Clone, Copy, PartialEq)]
enum Half {
    Linear(NodeId),
    Rest(NodeId),
}

fn half(s: &Simplifier, id: NodeId) -> Option<Half> {
    if let Some(x) = unary_of(s, id, &RELU) {
        return Some(Half::Linear(x));
    }
    let inner = unary_of(s, unary_of(s, id, &SOFTPLUS)?, &NEGATE)?;
    Some(Half::Rest(unary_of(s, inner, &ABS)?))
}

/// The softplus of two halves.
fn whole(s: &mut Simplifier, a: Half, b: Half) -> Option<NodeId> {
    let (x, size) = match (a, b) {
        (Half::Linear(x), Half::Rest(size)) | (Half::Rest(size), Half::Linear(x)) => (x, size),
        _ => return None,
    };
    let is_same = x == size || unary_of(s, x, &NEGATE) == Some(size) || unary_of(s, size, &NEGATE) == Some(x);
    is_same.then(|| s.make(Op::Unary(UnaryOp(&SOFTPLUS), x)))
}

/// Of a sum whose last term is a half, the other one; the terms between them stay in their order.
fn halves(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let (_, left, last, negative) = sum_of(s, id)?;
    let own = half(s, last)?;
    let mut behind: Vec<(BinaryOp, NodeId)> = vec![];
    let mut at = left;
    for _ in 0..SUMMANDS {
        let next = sum_of(s, at);
        let (term, minus) = next.map_or((at, false), |(_, _, term, minus)| (term, minus));
        if minus == negative
            && let Some(other) = half(s, term)
            && let Some(softplus) = whole(s, own, other)
        {
            let mut total = match next {
                None => softplus,
                Some((op, rest, ..)) => s.make(Op::Binary(op, rest, softplus)),
            };
            for (op, term) in behind.into_iter().rev() {
                total = s.make(Op::Binary(op, total, term));
            }
            return Some(total);
        }
        let (op, rest, term, _) = next?;
        behind.push((op, term));
        at = rest;
    }
    None
}
