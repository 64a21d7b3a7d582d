//! Fractions of exponentials, which overflow at one end or the other: over the sum of two stands a sigmoid of the difference of their exponents, or
//! its tanh. One is an exponential too, of 0.
use super::multiple::{Multiple, multiple};
use super::reading::{binary_of, product_of, sum_of, unary_of};
use super::{Simplifier, StructuralRule};
use crate::graph::{NodeId, Op};
use crate::op::activation::SIGMOID;
use crate::op::arithmetic::{DIVIDE, MULTIPLY, SUBTRACT};
use crate::op::exponential::{EXP, EXPM1, POW, RECIPROCAL, RSQRT, SQRT};
use crate::op::trigonometric::TANH;
use crate::op::{BinaryOp, UnaryOp};

pub static RULES: &[StructuralRule] = &[
    StructuralRule { name: "y / (1 + exp(-x))", apply: quotient },
    StructuralRule { name: "(1 + exp(-x))^-1", apply: negative_power },
    StructuralRule { name: "y / (1 + exp(-x))^n", apply: over_power },
    StructuralRule { name: "1 / (1 + exp(-x)), by its name", apply: reciprocal },
    StructuralRule { name: "exp(x) sigmoid(-x)", apply: turned_around },
];

/// The exponent of an exponential; None is that of 1.
type Exponent = Option<Multiple>;

/// `exp(z)`, `1 / exp(z)` and powers of them.
pub(super) fn exponent(s: &Simplifier, id: NodeId) -> Option<Multiple> {
    let times = |inner: Multiple, by: f64| Multiple { times: inner.times * by, ..inner };
    match *s.graph.op(id) {
        Op::Unary(op, z) => (op == EXP).then(|| multiple(s, z)),
        Op::Binary(op, one, x) if op == DIVIDE && s.graph.constant_of(one) == Some(1.0) => {
            Some(times(exponent(s, x)?, -1.0))
        }
        Op::Binary(op, x, power) if op == POW => Some(times(exponent(s, x)?, s.graph.constant_of(power)?)),
        _ => None,
    }
}

/// A number of exponentials.
fn scaled(s: &Simplifier, id: NodeId) -> Option<(f64, Exponent)> {
    if let Some(number) = s.graph.constant_of(id) {
        return Some((number, None));
    }
    let whole = multiple(s, id);
    Some((whole.times, Some(exponent(s, whole.of)?)))
}

/// A sum or difference of two, with their numbers: `exp(x) - 1` too.
fn pair(s: &Simplifier, id: NodeId) -> Option<[(f64, Exponent); 2]> {
    if let Some(z) = unary_of(s, id, &EXPM1) {
        return Some([(1.0, Some(multiple(s, z))), (-1.0, None)]);
    }
    let (_, x, y, minus) = sum_of(s, id)?;
    let (first, (number, exponent)) = (scaled(s, x)?, scaled(s, y)?);
    Some([first, (if minus { -number } else { number }, exponent)])
}

/// `k` of two exponents, `k (exp(a) + exp(b))`.
fn denominator(s: &Simplifier, id: NodeId) -> Option<(f64, [Exponent; 2])> {
    let whole = multiple(s, id);
    let [(k, a), (other, b)] = pair(s, whole.of)?;
    (k == other && k != 0.0 && a != b).then_some((k * whole.times, [a, b]))
}

fn quotient(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let (above, below) = binary_of(s, id, &DIVIDE)?;
    let (k, [a, b]) = denominator(s, below)?;
    let above = match s.graph.constant_of(above) {
        Some(_) => Multiple { of: above, times: 1.0 },
        None => multiple(s, above),
    };
    if let Some([(first, c), (second, d)]) = pair(s, above.of)
        && ((c, d) == (a, b) || (c, d) == (b, a))
        && first == -second
    {
        let half = difference(s, c, d, 0.5, id);
        let tanh = s.make(Op::Unary(UnaryOp(&TANH), half));
        return Some(Multiple { of: tanh, times: above.times * first / k }.made(s));
    }
    let factors = product_of(s, above.of);
    let of = |s: &Simplifier, wanted: Exponent| -> Option<Option<NodeId>> {
        let is_it = |id: NodeId| wanted.is_some() && exponent(s, id) == wanted;
        match factors {
            _ if is_it(above.of) => Some(None),
            Some((x, y)) if is_it(x) => Some(Some(y)),
            Some((x, y)) if is_it(y) => Some(Some(x)),
            _ => None,
        }
    };
    let (rest, first, second) = match (of(s, a), of(s, b)) {
        (Some(rest), _) => (rest, a, b),
        (_, Some(rest)) => (rest, b, a),
        // Anything over the sum: as often as one over it.
        _ if a.is_none() => (Some(above.of), a, b),
        _ if b.is_none() => (Some(above.of), b, a),
        _ => return None,
    };
    let ahead = difference(s, first, second, 1.0, id);
    let sigmoid = s.make(Op::Unary(UnaryOp(&SIGMOID), ahead));
    // A number is a number of sigmoids.
    let (rest, times) = match rest.map(|rest| (rest, s.graph.constant_of(rest))) {
        None => (None, above.times / k),
        Some((_, Some(number))) => (None, above.times * number / k),
        Some((rest, None)) => (Some(rest), above.times / k),
    };
    let product = match rest {
        None => sigmoid,
        Some(rest) => s.make(Op::Binary(BinaryOp(&MULTIPLY), rest, sigmoid)),
    };
    Some(Multiple { of: product, times }.made(s))
}

fn negative_power(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let (below, power) = binary_of(s, id, &POW)?;
    let power = s.graph.constant_of(power).filter(|power| *power < 0.0)?;
    let (_, [a, b]) = denominator(s, below).filter(|(k, _)| *k == 1.0)?;
    let (one, other) = match (a, b) {
        (None, _) => (a, b),
        (_, None) => (b, a),
        _ => return None,
    };
    let ahead = difference(s, one, other, 1.0, id);
    let sigmoid = s.make(Op::Unary(UnaryOp(&SIGMOID), ahead));
    if power == -1.0 {
        return Some(sigmoid);
    }
    let power = s.constant_like(-power, id);
    Some(s.make(Op::Binary(BinaryOp(&POW), sigmoid, power)))
}

/// A power of one below: `exp(-x) / (1 + exp(-x))^2`, the logistic density. One over it is taken as often as the other factors need.
fn over_power(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let (above, below) = binary_of(s, id, &DIVIDE)?;
    let (base, power) = match *s.graph.op(below) {
        Op::Binary(op, base, power) if op == POW => (base, s.graph.constant_of(power).filter(|power| 0.0 < *power)?),
        Op::Unary(op, base) if op == SQRT => (base, 0.5),
        _ => return None,
    };
    let (_, [a, b]) = denominator(s, base).filter(|(k, _)| *k == 1.0)?;
    if a.is_some() && b.is_some() {
        return None;
    }
    let one = s.constant_like(1.0, id);
    let over = |s: &mut Simplifier, above: NodeId| s.make(Op::Binary(BinaryOp(&DIVIDE), above, base));
    let (first, left) = if 1.0 <= power { (over(s, above), power - 1.0) } else { (above, power) };
    let sigmoid = over(s, one);
    let exponent = s.constant_like(left, id);
    let rest = match left {
        0.0 => return Some(first),
        1.0 => sigmoid,
        _ => s.make(Op::Binary(BinaryOp(&POW), sigmoid, exponent)),
    };
    Some(s.make(Op::Binary(BinaryOp(&MULTIPLY), first, rest)))
}

/// `reciprocal(1 + exp(-x))`, and `rsqrt` of it.
fn reciprocal(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let (below, power) = match *s.graph.op(id) {
        Op::Unary(op, x) if op == RECIPROCAL => (x, -1.0),
        Op::Unary(op, x) if op == RSQRT => (x, -0.5),
        _ => return None,
    };
    denominator(s, below)?;
    let power = s.constant_like(power, id);
    let spelled = s.graph.intern(Op::Binary(BinaryOp(&POW), below, power));
    negative_power(s, spelled)
}

/// The other half of one: `exp(x) / (1 + exp(x))`.
fn turned_around(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let (x, y) = binary_of(s, id, &MULTIPLY)?;
    let (own, z) = match (unary_of(s, x, &SIGMOID), unary_of(s, y, &SIGMOID)) {
        (_, Some(z)) => (exponent(s, x)?, z),
        (Some(z), _) => (exponent(s, y)?, z),
        _ => return None,
    };
    let z = multiple(s, z);
    if own != (Multiple { times: -z.times, ..z }) {
        return None;
    }
    let argument = own.made(s);
    Some(s.make(Op::Unary(UnaryOp(&SIGMOID), argument)))
}

/// The difference of two exponents, so many times.
fn difference(s: &mut Simplifier, first: Exponent, second: Exponent, times: f64, like: NodeId) -> NodeId {
    let whole = match (first, second) {
        (None, None) => return s.constant_like(0.0, like),
        (Some(x), None) => x,
        (None, Some(y)) => Multiple { times: -y.times, ..y },
        (Some(x), Some(y)) if x.of == y.of => Multiple { times: x.times - y.times, ..x },
        (Some(x), Some(y)) => {
            let (x, y) = (x.made(s), y.made(s));
            Multiple { of: s.make(Op::Binary(BinaryOp(&SUBTRACT), x, y)), times: 1.0 }
        }
    };
    Multiple { times: whole.times * times, ..whole }.made(s)
}
