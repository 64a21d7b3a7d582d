//! Recognisers of functions of whole values: a spelled-out softmax, its cross-entropy and a squared norm become named ones.
use super::multiple::{Multiple, multiple};
use super::reading::*;
use super::{Simplifier, StructuralRule};
use crate::graph::linear::{back_in_place, behind};
use crate::graph::named::{CROSS_ENTROPY, LOG_SOFTMAX, LOGSUMEXP, SOFTMAX, SOFTMAX_CROSS_ENTROPY};
use crate::graph::{NamedOp, NodeId, Op, View};
use crate::op::ReduceOp;
use crate::op::arithmetic::{DIVIDE, MULTIPLY, NEGATE, SUBTRACT};
use crate::op::exponential::EXP;

pub static RULES: &[StructuralRule] = &[
    StructuralRule { name: "exp(z) / sum(exp(z))", apply: softmax },
    StructuralRule { name: "cross_entropy(softmax(z), t)", apply: cross_entropy },
    StructuralRule { name: "log_softmax(z)[t]", apply: picked },
    StructuralRule { name: "sum(t log_softmax(z))", apply: weighted },
    StructuralRule { name: "view of a constant", apply: super::shape::constant_view },
    StructuralRule { name: "entries at places of a loop", apply: super::shape::at_places },
];

/// `exp(z)` over its sum, over whichever axes; an entry of it over the sum of all; and times one over the sum.
fn softmax(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let (above, total) = match *s.graph.op(id) {
        Op::Binary(op, above, total) if op == DIVIDE => (above, total),
        Op::Binary(op, x, y) if op == MULTIPLY => {
            let over = |s: &mut Simplifier, y: NodeId| -> Option<NodeId> {
                if let Some(total) = reciprocal_of(s, y) {
                    return Some(total);
                }
                let (of, _) = repeated(s, y)?;
                let total = reciprocal_of(s, of)?;
                let Op::View(view) = s.graph.op(y).clone() else { return None };
                Some(s.make(Op::View(View { x: total, ..view })))
            };
            match over(s, y) {
                Some(total) => (x, total),
                None => (y, over(s, x)?),
            }
        }
        _ => return None,
    };
    // Numbers stand outside.
    let (above, below) = (multiple(s, above), multiple(s, total));
    let (e, mut times) = (above.of, above.times / below.times);
    let z = unary_of(s, e, &EXP)?;
    if let Some((total, repeated)) = repeated(s, below.of) {
        let total = multiple(s, total);
        times /= total.times;
        let (all, axes) = sum_over(s, total.of)?;
        if all != e || axes != repeated {
            return None;
        }
        // exp(z - max(z)) is the stable spelling of the same.
        let z = unshifted(s, z, &axes);
        let of = softmax_over(s, z, &axes);
        return Some(Multiple { of, times }.made(s));
    }
    // An entry.
    let (all, axes) = sum_over(s, below.of).filter(|_| s.graph.shape(below.of).is_empty())?;
    let (of, pick) = super::reading::picked(s, z)?;
    if unary_of(s, all, &EXP) != Some(of) {
        return None;
    }
    let p = softmax_over(s, of, &axes);
    let of = s.make(pick.map(|x| if x == of { p } else { x }, |l| l));
    Some(Multiple { of, times }.made(s))
}

/// The softmax along these axes, taken as one.
fn softmax_over(s: &mut Simplifier, z: NodeId, axes: &[usize]) -> NodeId {
    let shape = s.graph.shape(z).to_vec();
    if axes == [shape.len() - 1] {
        return s.make(Op::Named(NamedOp(&SOFTMAX), vec![z]));
    }
    let flat = behind(&mut s.graph, z, axes);
    let p = s.make(Op::Named(NamedOp(&SOFTMAX), vec![flat]));
    back_in_place(&mut s.graph, p, &shape, axes)
}

/// `z`, if the value is `z − max(z)`.
fn unshifted(s: &Simplifier, shifted: NodeId, along: &[usize]) -> NodeId {
    if let Some((z, wide)) = binary_of(s, shifted, &SUBTRACT)
        && let Some((max, repeated)) = repeated(s, wide)
        && let Op::Reduce { op: ReduceOp::Max, axes, x } = s.graph.op(max)
        && *x == z
        && axes[..] == *along
        && repeated == along
    {
        return z;
    }
    shifted
}

fn cross_entropy(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let arguments = named_of(s, id, &CROSS_ENTROPY)?;
    let z = named_of(s, arguments[0], &SOFTMAX)?;
    Some(s.make(Op::Named(NamedOp(&SOFTMAX_CROSS_ENTROPY), vec![z[0], arguments[1]])))
}

/// The entry of a class: of `log_softmax(z)`, or of `z` before its logsumexp is subtracted.
fn picked(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let entry = |s: &Simplifier, id: NodeId| {
        let Op::Gather { table, index, shared } = *s.graph.op(id) else { return None };
        let of_last = shared + 1 == s.graph.shape(table).len() && s.graph.shape(index).len() == shared;
        (of_last && s.graph.ty(index).kind.is_whole()).then_some((table, index))
    };
    let (z, index) = match binary_of(s, id, &SUBTRACT) {
        Some((picked, total)) => {
            let (z, index) = entry(s, picked)?;
            (named_of(s, total, &LOGSUMEXP)?[0] == z).then_some((z, index))?
        }
        None => {
            let (logs, index) = entry(s, id)?;
            (named_of(s, logs, &LOG_SOFTMAX)?[0], index)
        }
    };
    let loss = s.make(Op::Named(NamedOp(&SOFTMAX_CROSS_ENTROPY), vec![z, index]));
    Some(s.negated(loss))
}

/// `p − t` is the derivative only if `t` sums to one: true of onehot, not known of others.
fn weighted(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let (a, b) = match s.graph.op(id) {
        Op::Contract(c) if c.a_axes == c.b_axes && c.a_axes.split_last().is_some_and(|l| c.out_axes == l.1) => {
            (c.a, c.b)
        }
        _ => product_of(s, sum_last(s, id)?)?,
    };
    // Either may have the sign.
    let bare = |id: NodeId| unary_of(s, id, &NEGATE).map_or((id, false), |x| (x, true));
    let ((a, a_negative), (b, b_negative)) = (bare(a), bare(b));
    let (t, z) = match (named_of(s, a, &LOG_SOFTMAX), named_of(s, b, &LOG_SOFTMAX)) {
        (Some(z), _) => (b, z[0]),
        (_, Some(z)) => (a, z[0]),
        _ => return None,
    };
    let Op::OneHot { index, .. } = *s.graph.op(t) else { return None };
    let loss = s.make(Op::Named(NamedOp(&SOFTMAX_CROSS_ENTROPY), vec![z, index]));
    Some(if a_negative != b_negative { loss } else { s.negated(loss) })
}
