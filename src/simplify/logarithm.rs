//! Logarithms of what has a stable one: of an exponential, a softmax, a sigmoid, and of products, powers, parts and choices of them.
use super::fraction::exponent;
use super::reading::{along_last, binary_of, named_of, picked, unary_of};
use super::{Simplifier, StructuralRule};
use crate::graph::linear::behind;
use crate::graph::named::{LOG_SOFTMAX, LOGSUMEXP, SOFTMAX};
use crate::graph::{NamedOp, NodeId, Op};
use crate::op::activation::{SIGMOID, SOFTPLUS};
use crate::op::arithmetic::{ADD, DIVIDE, MULTIPLY, NEGATE, SUBTRACT};
use crate::op::exponential::{EXP, LOG, POW, SQRT};
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
    let Stable { log, rest } = stable(s, x, DEEPEST)?;
    Some(match rest {
        Some(rest) => {
            let below = binary_of(s, rest, &DIVIDE).filter(|(one, _)| s.graph.constant_of(*one) == Some(1.0));
            let beside = s.make(Op::Unary(UnaryOp(&LOG), below.map_or(rest, |(_, below)| below)));
            let row = if below.is_some() { &SUBTRACT } else { &ADD };
            s.make(Op::Binary(BinaryOp(row), log, beside))
        }
        None => log,
    })
}

/// A product of what is positive, whose logarithm is stable, and of what is left, which may have either sign: two negative factors have a
/// product that has a logarithm, and so has an even power.
struct Stable {
    log: NodeId,
    rest: Option<NodeId>,
}

impl Stable {
    fn positive(log: NodeId) -> Stable {
        Stable { log, rest: None }
    }
    /// The same of what is made of both.
    fn map(self, s: &mut Simplifier, make: impl Fn(NodeId) -> Op, of_rest: impl Fn(NodeId) -> Op) -> Stable {
        Stable { log: s.make(make(self.log)), rest: self.rest.map(|rest| s.make(of_rest(rest))) }
    }
}

/// The positive factors of a value that have a stable logarithm, if it has any.
fn stable(s: &mut Simplifier, x: NodeId, depth: usize) -> Option<Stable> {
    let depth = depth.checked_sub(1)?;
    if let Some(z) = logit(s, x, depth) {
        let opposite = s.negated(z);
        let softplus = s.make(Op::Unary(UnaryOp(&SOFTPLUS), opposite));
        return Some(Stable::positive(s.negated(softplus)));
    }
    match s.graph.op(x).clone() {
        Op::Unary(op, inner) if op == SQRT => {
            let base = stable(s, inner, depth)?;
            let half = s.constant_like(0.5, x);
            let halved = |log: NodeId| Op::Binary(BinaryOp(&MULTIPLY), half, log);
            Some(base.map(s, halved, |rest| Op::Unary(UnaryOp(&SQRT), rest)))
        }
        Op::Unary(op, inner) => (op == EXP).then(|| Stable::positive(inner)),
        Op::Named(op, arguments) if op == SOFTMAX => {
            Some(Stable::positive(s.make(Op::Named(NamedOp(&LOG_SOFTMAX), arguments))))
        }
        Op::Reduce { op: ReduceOp::Sum, axes, x } => Some(Stable::positive(logsumexp(s, x, &axes)?)),
        Op::Reduce { op: ReduceOp::Mean, axes, x: inner } => {
            let count: usize = axes.iter().map(|&axis| s.graph.shape(inner)[axis]).product();
            let total = logsumexp(s, inner, &axes)?;
            let log = s.constant_like((count as f64).ln(), x);
            Some(Stable::positive(s.make(Op::Binary(BinaryOp(&SUBTRACT), total, log))))
        }
        Op::Binary(op, ..) if op == ADD => Some(Stable::positive(summed(s, x, depth)?)),
        Op::Reduce { op: ReduceOp::Product, axes, x } => {
            let each = stable(s, x, depth)?;
            let along = |op: ReduceOp| {
                let axes = axes.clone();
                move |x: NodeId| Op::Reduce { op, axes: axes.clone(), x }
            };
            Some(each.map(s, along(ReduceOp::Sum), along(ReduceOp::Product)))
        }
        Op::Select { condition, yes, no } => {
            let (a, b) = (stable(s, yes, depth)?, stable(s, no, depth)?);
            let one = s.constant_like(1.0, x);
            let log = s.make(Op::Select { condition, yes: a.log, no: b.log });
            let rest = (a.rest.is_some() || b.rest.is_some()).then(|| {
                let (yes, no) = (a.rest.unwrap_or(one), b.rest.unwrap_or(one));
                s.make(Op::Select { condition, yes, no })
            });
            Some(Stable { log, rest })
        }
        Op::Binary(op, a, b) if op == POW => {
            let base = stable(s, a, depth)?;
            let power = |x: NodeId| Op::Binary(BinaryOp(&POW), x, b);
            Some(base.map(s, |log| Op::Binary(BinaryOp(&MULTIPLY), b, log), power))
        }
        Op::Binary(op, a, b) if op == MULTIPLY || op == DIVIDE => {
            let (first, second) = (stable(s, a, depth), stable(s, b, depth));
            if first.is_none() && second.is_none() {
                return None;
            }
            let (first, second) = (parted(s, first, a), parted(s, second, b));
            let together = if op == MULTIPLY { &ADD } else { &SUBTRACT };
            let join = |s: &mut Simplifier, row: BinaryOp, a: Option<NodeId>, b: Option<NodeId>| match (a, b) {
                (a, None) => a,
                (None, Some(b)) if op == MULTIPLY => Some(b),
                (None, Some(b)) if row == SUBTRACT => Some(s.negated(b)),
                (a, Some(b)) => {
                    let a = a.unwrap_or_else(|| s.constant_like(1.0, x));
                    Some(s.make(Op::Binary(row, a, b)))
                }
            };
            let log = join(s, BinaryOp(together), first.0, second.0)?;
            Some(Stable { log, rest: join(s, op, first.1, second.1) })
        }
        _ => {
            let (of, picked) = picked(s, x)?;
            let all = stable(s, of, depth)?;
            let of_each = |new: NodeId| picked.clone().map(|x| if x == of { new } else { x }, |l| l);
            Some(all.map(s, of_each, of_each))
        }
    }
}

/// The logarithm of the sum of exponentials, along axes that are taken as one.
fn logsumexp(s: &mut Simplifier, exponentials: NodeId, axes: &[usize]) -> Option<NodeId> {
    let z = unary_of(s, exponentials, &EXP)?;
    let is_last = axes == [s.graph.shape(z).len() - 1];
    let z = if is_last { z } else { behind(&mut s.graph, z, axes) };
    Some(s.make(Op::Named(NamedOp(&LOGSUMEXP), vec![z])))
}

/// The logarithm of a factor's positive part, and what is left of it.
fn parted(s: &mut Simplifier, stable: Option<Stable>, factor: NodeId) -> (Option<NodeId>, Option<NodeId>) {
    match stable {
        Some(Stable { log, rest }) => (Some(log), rest),
        None if s.graph.constant_of(factor).is_some_and(|c| 0.0 < c) => {
            (Some(s.make(Op::Unary(UnaryOp(&LOG), factor))), None)
        }
        None => (None, Some(factor)),
    }
}

/// The logarithm of a sum of exponentials, two at a time: `log(eᵃ + eᵇ) = b + softplus(a − b)`.
fn summed(s: &mut Simplifier, x: NodeId, depth: usize) -> Option<NodeId> {
    let log = |s: &mut Simplifier, x: NodeId| match s.graph.constant_of(x) {
        Some(1.0) => Some(None),
        _ => match s.graph.op(x) {
            Op::Unary(op, inner) if *op == EXP => Some(Some(*inner)),
            Op::Binary(op, ..) if *op == ADD => Some(Some(summed(s, x, depth.checked_sub(1)?)?)),
            _ => Some(Some(exponent(s, x)?.made(s))),
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
