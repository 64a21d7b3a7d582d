//! Fractions of exponentials, which overflow at one end or the other: over the sum of two stands a sigmoid of the difference of their exponents, or
//! its tanh. One is an exponential too, of 0.
use super::multiple::{Multiple, multiple};
use super::reading::{binary_of, product_of, unary_of};
use super::{Simplifier, StructuralRule};
use crate::graph::{NodeId, Op};
use crate::op::activation::SIGMOID;
use crate::op::arithmetic::{ADD, DIVIDE, MULTIPLY, SUBTRACT};
use crate::op::exponential::{EXP, POW};
use crate::op::trigonometric::TANH;
use crate::op::{BinaryOp, UnaryOp};

pub static RULES: &[StructuralRule] = &[
    StructuralRule { name: "y / (1 + exp(-x))", apply: quotient },
    StructuralRule { name: "(1 + exp(-x))^-1", apply: negative_power },
];

/// `exp(of)`; None is 1.
#[derive(Clone, Copy)]
struct Exponential {
    exponent: Option<NodeId>,
}

fn exponential(s: &Simplifier, id: NodeId) -> Option<Exponential> {
    let is_one = s.graph.constant_of(id) == Some(1.0);
    Some(Exponential { exponent: if is_one { None } else { Some(unary_of(s, id, &EXP)?) } })
}

/// The one first.
fn one_and_other(a: Exponential, b: Exponential) -> Option<(Exponential, Exponential)> {
    match (a.exponent, b.exponent) {
        (None, _) => Some((a, b)),
        (_, None) => Some((b, a)),
        _ => None,
    }
}

fn quotient(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let (above, below) = binary_of(s, id, &DIVIDE)?;
    let (a, b) = binary_of(s, below, &ADD)?;
    let (of_a, of_b) = (exponential(s, a)?, exponential(s, b)?);
    if let Some((c, d)) = binary_of(s, above, &SUBTRACT) {
        if (c, d) == (a, b) || (c, d) == (b, a) {
            let (first, second) = if c == a { (of_a, of_b) } else { (of_b, of_a) };
            let half = difference(s, first, second, 0.5, id);
            return Some(s.make(Op::Unary(UnaryOp(&TANH), half)));
        }
    }
    let (rest, first, second) = [(a, of_a, of_b), (b, of_b, of_a)]
        .into_iter()
        .find_map(|(own, first, second)| {
            if above == own {
                return Some((None, first, second));
            }
            let (x, y) = product_of(s, above).filter(|_| first.exponent.is_some())?;
            let rest = if x == own { y } else { x };
            (x == own || y == own).then_some((Some(rest), first, second))
        })
        // Anything over the sum: as often as one over it.
        .or_else(|| one_and_other(of_a, of_b).map(|(one, other)| (Some(above), one, other)))?;
    let ahead = difference(s, first, second, 1.0, id);
    let sigmoid = s.make(Op::Unary(UnaryOp(&SIGMOID), ahead));
    Some(match rest {
        None => sigmoid,
        Some(rest) => s.make(Op::Binary(BinaryOp(&MULTIPLY), rest, sigmoid)),
    })
}

fn negative_power(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let (below, power) = binary_of(s, id, &POW)?;
    let power = s.graph.constant_of(power).filter(|power| *power < 0.0)?;
    let (a, b) = binary_of(s, below, &ADD)?;
    let (of_a, of_b) = (exponential(s, a)?, exponential(s, b)?);
    let (one, other) = one_and_other(of_a, of_b)?;
    let ahead = difference(s, one, other, 1.0, id);
    let sigmoid = s.make(Op::Unary(UnaryOp(&SIGMOID), ahead));
    if power == -1.0 {
        return Some(sigmoid);
    }
    let power = s.constant_like(-power, id);
    Some(s.make(Op::Binary(BinaryOp(&POW), sigmoid, power)))
}

/// The difference of two exponents, so many times.
fn difference(s: &mut Simplifier, first: Exponential, second: Exponential, times: f64, like: NodeId) -> NodeId {
    let of = |s: &Simplifier, e: Exponential| e.exponent.map(|x| multiple(s, x));
    let whole = match (of(s, first), of(s, second)) {
        (None, None) => return s.constant_like(0.0, like),
        (Some(x), None) => x,
        (None, Some(y)) => Multiple { times: -y.times, ..y },
        (Some(x), Some(y)) if x.of == y.of => Multiple { times: x.times - y.times, ..x },
        (Some(_), Some(_)) => {
            let (x, y) = (first.exponent.unwrap_or(like), second.exponent.unwrap_or(like));
            Multiple { of: s.make(Op::Binary(BinaryOp(&SUBTRACT), x, y)), times: 1.0 }
        }
    };
    Multiple { times: whole.times * times, ..whole }.made(s)
}
