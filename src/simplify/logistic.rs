//! The logistic loss, spelled out: `w softplus(-z) + (1 - w) softplus(z)`, what is left of `-(w log(y) + (1 - w) log(1 - y))` when the
//! logarithms of `y = sigmoid(z)` have become stable ones.
use super::reading::{binary_of, product_of, sum_of, unary_of};
use super::{Simplifier, StructuralRule};
use crate::graph::{Kind, NodeId, Op};
use crate::op::activation::SOFTPLUS;
use crate::op::arithmetic::{ADD, NEGATE, SUBTRACT};
use crate::op::comparison::NOT;
use crate::op::loss::LOGISTIC_LOSS;
use crate::op::{BinaryOp, ReduceOp};

pub static RULES: &[StructuralRule] = &[
    StructuralRule { name: "t softplus(-z) + (1 - t) softplus(z)", apply: summed },
    StructuralRule { name: "if t then softplus(-z) else softplus(z)", apply: chosen },
];

/// Summands that are looked at for the other half of a loss.
const SUMMANDS: usize = 8;

/// `± op(weight softplus(z))`, `op` being a sum or a mean over axes, or nothing.
#[derive(Clone, PartialEq)]
struct Half {
    negative: bool,
    weight: Option<NodeId>,
    z: NodeId,
    over: Option<(ReduceOp, Vec<usize>)>,
}

impl Half {
    fn of(s: &Simplifier, id: NodeId) -> Option<Half> {
        match s.graph.op(id) {
            Op::Unary(op, x) if *op == SOFTPLUS => Some(Half { negative: false, weight: None, z: *x, over: None }),
            Op::Unary(op, x) if *op == NEGATE => {
                let half = Half::of(s, *x)?;
                Some(Half { negative: !half.negative, ..half })
            }
            Op::Binary(..) | Op::Select { .. } => {
                let (a, b) = product_of(s, id)?;
                Half::weighted(s, a, b)
            }
            Op::Reduce { op: op @ (ReduceOp::Sum | ReduceOp::Mean), axes, x } => {
                let half = Half::of(s, *x)?;
                half.over.is_none().then(|| Half { over: Some((*op, axes.clone())), ..half })
            }
            // The inner product of weights and logarithms.
            Op::Contract(c) if c.a_axes == c.b_axes && c.out_axes.is_sorted() => {
                let half = Half::weighted(s, c.a, c.b)?;
                let axes: Vec<usize> = c.summed().iter().map(|&l| usize::from(l)).collect();
                Some(Half { over: (!axes.is_empty()).then_some((ReduceOp::Sum, axes)), ..half })
            }
            _ => None,
        }
    }

    fn weighted(s: &Simplifier, a: NodeId, b: NodeId) -> Option<Half> {
        let plain = |id: NodeId| {
            let inner = unary_of(s, id, &NEGATE);
            let z = unary_of(s, inner.unwrap_or(id), &SOFTPLUS)?;
            Some(Half { negative: inner.is_some(), weight: None, z, over: None })
        };
        let (half, weight) = match (plain(a), plain(b)) {
            (Some(half), None) => (half, b),
            (None, Some(half)) => (half, a),
            _ => return None,
        };
        Some(match unary_of(s, weight, &NEGATE) {
            Some(weight) => Half { negative: !half.negative, weight: Some(weight), ..half },
            None => Half { weight: Some(weight), ..half },
        })
    }

    /// The whole of two halves of one sign, without it.
    fn with(&self, s: &mut Simplifier, other: &Half) -> Option<NodeId> {
        if self.over != other.over {
            return None;
        }
        let (own, others) = (self.weight?, other.weight?);
        if !is_complement(s, own, others) && !is_complement(s, others, own) {
            return None;
        }
        // `t` weighs the half of `-z`.
        let (t, z) = if unary_of(s, self.z, &NEGATE) == Some(other.z) {
            (own, other.z)
        } else if unary_of(s, other.z, &NEGATE) == Some(self.z) {
            (others, self.z)
        } else {
            return None;
        };
        let loss = s.make(Op::Binary(BinaryOp(&LOGISTIC_LOSS), z, t));
        Some(match self.over.clone() {
            Some((op, axes)) => s.make(Op::Reduce { op, axes, x: loss }),
            None => loss,
        })
    }
}

fn is_opposite(s: &Simplifier, a: NodeId, b: NodeId) -> bool {
    unary_of(s, a, &NEGATE) == Some(b) || unary_of(s, b, &NEGATE) == Some(a)
}

/// Whether `rest` is `1 - w`, where both may be repeated along the same axes.
fn is_complement(s: &Simplifier, w: NodeId, rest: NodeId) -> bool {
    if let (Some(w), Some(rest)) = (number(s, w), number(s, rest)) {
        return (w + rest - 1.0).abs() <= 2.0 * f64::EPSILON;
    }
    match (s.graph.op(rest), s.graph.op(w)) {
        (Op::Binary(op, one, x), _) if *op == SUBTRACT => s.graph.constant_of(*one) == Some(1.0) && *x == w,
        (Op::Unary(op, x), _) => *op == NOT && *x == w,
        (Op::View(outer), Op::View(inner)) => {
            outer.shape == inner.shape && outer.rows == inner.rows && is_complement(s, inner.x, outer.x)
        }
        _ => false,
    }
}

/// The same number everywhere, `0.1` or `1 - 0.1`.
fn number(s: &Simplifier, id: NodeId) -> Option<f64> {
    let id = s.graph.unexpanded(id);
    match binary_of(s, id, &SUBTRACT) {
        Some((a, b)) => Some(s.graph.constant_of(a)? - s.graph.constant_of(b)?),
        None => s.graph.constant_of(id),
    }
}

/// Two of a sum's terms that are the halves of one loss.
fn summed(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let (_, left, last, minus) = sum_of(s, id)?;
    let mut half = Half::of(s, last)?;
    half.negative ^= minus;
    // From the last term back to the first: the terms behind the half that is found.
    let mut behind: Vec<(BinaryOp, NodeId)> = vec![];
    let mut at = left;
    for _ in 0..SUMMANDS {
        let next = sum_of(s, at);
        let (term, minus) = next.map_or((at, false), |(_, _, term, minus)| (term, minus));
        if let Some(mut other) = Half::of(s, term) {
            other.negative ^= minus;
            if other.negative == half.negative
                && let Some(loss) = half.with(s, &other)
            {
                let mut sum = match (next, half.negative) {
                    (None, true) => s.negated(loss),
                    (None, false) => loss,
                    (Some((_, rest, ..)), negative) => {
                        let row = if negative { &SUBTRACT } else { &ADD };
                        s.make(Op::Binary(BinaryOp(row), rest, loss))
                    }
                };
                for (op, term) in behind.into_iter().rev() {
                    sum = s.make(Op::Binary(op, sum, term));
                }
                return Some(sum);
            }
        }
        let (op, rest, term, _) = next?;
        behind.push((op, term));
        at = rest;
    }
    None
}

/// The two ways a truth value may come out.
fn chosen(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let Op::Select { condition, yes, no } = *s.graph.op(id) else { return None };
    let (yes, no) = (Half::of(s, yes)?, Half::of(s, no)?);
    let plain = |half: &Half| half.weight.is_none() && half.over.is_none();
    let fits = plain(&yes) && plain(&no) && yes.negative == no.negative && is_opposite(s, yes.z, no.z);
    if !fits || s.graph.ty(condition).kind != Kind::Bool {
        return None;
    }
    let loss = s.make(Op::Binary(BinaryOp(&LOGISTIC_LOSS), no.z, condition));
    Some(if yes.negative { s.negated(loss) } else { loss })
}
