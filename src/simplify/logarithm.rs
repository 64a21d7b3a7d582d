//! Logarithms of what has a stable one: of an exponential, a softmax, a sigmoid, and of products, powers, parts and choices of them.
use super::reading::{along_last, binary_of, named_of, sum_last, unary_of};
use super::{Simplifier, StructuralRule};
use crate::graph::named::{LOG_SOFTMAX, LOGSUMEXP, SOFTMAX};
use crate::graph::{NamedOp, NodeId, Op};
use crate::op::activation::{SIGMOID, SOFTPLUS};
use crate::op::arithmetic::{ADD, DIVIDE, MULTIPLY, NEGATE, SUBTRACT};
use crate::op::exponential::{EXP, LOG, POW};
use crate::op::{BinaryOp, ReduceOp, UnaryOp};

pub static RULES: &[StructuralRule] = &[
    StructuralRule { name: "log of what has a stable one", apply: logarithm },
    StructuralRule { name: "m + logsumexp(z - m)", apply: unshifted_sum },
    StructuralRule { name: "z - logsumexp(z)", apply: log_softmax },
];

/// Operations between the logarithm and what has a stable one. A likelihood is a product of powers of choices of parts; each of them is looked
/// into once for each logarithm.
const DEEPEST: usize = 6;

fn logarithm(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let x = unary_of(s, id, &LOG)?;
    stable(s, x, DEEPEST)
}

/// The logarithm of a value whose factors, or one of them at least, have a stable one.
fn stable(s: &mut Simplifier, x: NodeId, depth: usize) -> Option<NodeId> {
    let depth = depth.checked_sub(1)?;
    if let Some(z) = logit(s, x, depth) {
        let opposite = s.negated(z);
        let softplus = s.make(Op::Unary(UnaryOp(&SOFTPLUS), opposite));
        return Some(s.negated(softplus));
    }
    match s.graph.op(x).clone() {
        Op::Unary(op, inner) => (op == EXP).then_some(inner),
        Op::Named(op, arguments) if op == SOFTMAX => Some(s.make(Op::Named(NamedOp(&LOG_SOFTMAX), arguments))),
        Op::Reduce { op: ReduceOp::Sum, .. } => {
            let z = unary_of(s, sum_last(s, x)?, &EXP)?;
            Some(s.make(Op::Named(NamedOp(&LOGSUMEXP), vec![z])))
        }
        Op::Reduce { op: ReduceOp::Mean, axes, x: inner } => {
            let count = s.graph.shape(inner)[*axes.first()?];
            let sum = s.make(Op::Reduce { op: ReduceOp::Sum, axes, x: inner });
            let z = unary_of(s, sum_last(s, sum)?, &EXP)?;
            let total = s.make(Op::Named(NamedOp(&LOGSUMEXP), vec![z]));
            let log = s.constant_like((count as f64).ln(), x);
            Some(s.make(Op::Binary(BinaryOp(&SUBTRACT), total, log)))
        }
        Op::Binary(op, ..) if op == ADD => summed(s, x, depth),
        Op::Reduce { op: ReduceOp::Product, axes, x } => {
            let x = stable(s, x, depth)?;
            Some(s.make(Op::Reduce { op: ReduceOp::Sum, axes, x }))
        }
        Op::Select { condition, yes, no } => {
            let (yes, no) = (stable(s, yes, depth)?, stable(s, no, depth)?);
            Some(s.make(Op::Select { condition, yes, no }))
        }
        Op::Binary(op, a, b) if op == POW => {
            let log = stable(s, a, depth)?;
            Some(s.make(Op::Binary(BinaryOp(&MULTIPLY), b, log)))
        }
        Op::Binary(op, a, b) if op == MULTIPLY || op == DIVIDE => {
            let (first, second) = (stable(s, a, depth), stable(s, b, depth));
            if first.is_none() && second.is_none() {
                return None;
            }
            // One factor is positive, so the other is where there is a logarithm.
            let first = first.unwrap_or_else(|| s.make(Op::Unary(UnaryOp(&LOG), a)));
            let second = second.unwrap_or_else(|| s.make(Op::Unary(UnaryOp(&LOG), b)));
            let row = if op == MULTIPLY { &ADD } else { &SUBTRACT };
            Some(s.make(Op::Binary(BinaryOp(row), first, second)))
        }
        _ => {
            let (of, picked) = picked(s, x)?;
            let log = stable(s, of, depth)?;
            Some(s.make(picked.map(|x| if x == of { log } else { x }, |l| l)))
        }
    }
}

/// The logarithm of a sum of exponentials, two at a time: `log(eᵃ + eᵇ) = b + softplus(a − b)`.
fn summed(s: &mut Simplifier, x: NodeId, depth: usize) -> Option<NodeId> {
    let log = |s: &mut Simplifier, x: NodeId| match s.graph.constant_of(x) {
        Some(1.0) => Some(None),
        _ => match s.graph.op(x) {
            Op::Unary(op, inner) if *op == EXP => Some(Some(*inner)),
            Op::Binary(op, ..) if *op == ADD => Some(Some(summed(s, x, depth.checked_sub(1)?)?)),
            _ => None,
        },
    };
    let (a, b) = binary_of(s, x, &ADD)?;
    let softplus = |s: &mut Simplifier, x: NodeId| s.make(Op::Unary(UnaryOp(&SOFTPLUS), x));
    match (log(s, a)?, log(s, b)?) {
        (Some(a), Some(b)) => {
            let ahead = s.make(Op::Binary(BinaryOp(&SUBTRACT), a, b));
            let above = softplus(s, ahead);
            Some(s.make(Op::Binary(BinaryOp(&ADD), b, above)))
        }
        (Some(x), None) | (None, Some(x)) => Some(softplus(s, x)),
        (None, None) => None,
    }
}

/// The `z` of `sigmoid(z)`, of what is picked of it, and of `1 - sigmoid(-z)`.
fn logit(s: &mut Simplifier, x: NodeId, depth: usize) -> Option<NodeId> {
    let depth = depth.checked_sub(1)?;
    match s.graph.op(x).clone() {
        Op::Unary(op, z) => (op == SIGMOID).then_some(z),
        Op::Binary(op, one, p) if op == SUBTRACT && s.graph.constant_of(one) == Some(1.0) => {
            let z = logit(s, p, depth)?;
            Some(s.negated(z))
        }
        _ => {
            let (of, picked) = picked(s, x)?;
            let z = logit(s, of, depth)?;
            // Signs stand outside, so that both halves of a loss are of the same entry.
            let opposite = unary_of(s, z, &NEGATE);
            let z = s.make(picked.map(|x| if x == of { opposite.unwrap_or(z) } else { x }, |l| l));
            Some(if opposite.is_some() { s.negated(z) } else { z })
        }
    }
}

/// What elements are picked of, or repeated, and how: nothing is filled in between.
fn picked(s: &Simplifier, x: NodeId) -> Option<(NodeId, Op)> {
    let of = match s.graph.op(x) {
        Op::View(view) if view.is_total() => view.x,
        Op::Gather { table, .. } => *table,
        Op::Reshape { x, .. } => *x,
        _ => return None,
    };
    Some((of, s.graph.op(x).clone()))
}

/// The other way to take the greatest out of a sum of exponentials.
fn unshifted_sum(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let (a, b) = binary_of(s, id, &ADD)?;
    let (m, shifted) = match (named_of(s, a, &LOGSUMEXP), named_of(s, b, &LOGSUMEXP)) {
        (_, Some(shifted)) => (a, shifted[0]),
        (Some(shifted), _) => (b, shifted[0]),
        _ => return None,
    };
    let (z, wide) = binary_of(s, shifted, &SUBTRACT)?;
    (along_last(s, wide)? == m).then(|| s.make(Op::Named(NamedOp(&LOGSUMEXP), vec![z])))
}

fn log_softmax(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let (z, wide) = binary_of(s, id, &SUBTRACT)?;
    let total = named_of(s, along_last(s, wide)?, &LOGSUMEXP)?;
    (total[0] == z).then(|| s.make(Op::Named(NamedOp(&LOG_SOFTMAX), vec![z])))
}
