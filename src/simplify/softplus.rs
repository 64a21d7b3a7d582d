//! The stable ways to write a softplus by hand, `max(x, 0) + log(1 + exp(-|x|))` and its relatives: in a sum, `softplus(-|x|)` stands beside what
//! has the other half of the kink, `max(x, 0)`, `-min(x, 0)`, `max(x, y)` or `|x| / 2`. Together they are smooth.
use super::multiple::{Multiple, multiple};
use super::reading::{binary_of, unary_of};
use super::{Simplifier, StructuralRule};
use crate::graph::{NodeId, Op};
use crate::op::activation::{RELU, SOFTPLUS};
use crate::op::arithmetic::{ABS, ADD, DIVIDE, MAX, MIN, MULTIPLY, NEGATE, SUBTRACT};
use crate::op::comparison::{AT_LEAST, AT_MOST, GREATER, LESS};
use crate::op::exponential::POW;
use crate::op::power::ROOT;
use crate::op::{BinaryOp, ReduceOp, UnaryOp};

pub static RULES: &[StructuralRule] = &[StructuralRule { name: "max(x, 0) + softplus(-|x|)", apply: halves }];

/// Summands that are looked at for the other half.
const SUMMANDS: usize = 16;

/// A summand: what it is, how often it is there, and the way to it from the sum.
#[derive(Clone, Debug)]
struct Term {
    of: NodeId,
    coefficient: f64,
    /// Factors that are no numbers, and the sums around it.
    wrappers: Vec<Wrapper>,
    way: Vec<usize>,
}

#[derive(Clone, Debug, PartialEq)]
enum Wrapper {
    Factor(NodeId),
    Reduced(ReduceOp, Vec<usize>),
}

/// What has half of the kink of `softplus(-|u|)`.
enum Half {
    /// `max(u, 0)`.
    Positive(NodeId),
    /// `min(u, 0)`, which is `−max(−u, 0)`.
    Negative(NodeId),
    /// `max(u, v)`, which is `v + max(u − v, 0)`.
    Greater(NodeId, NodeId),
    /// `|u|`, which is `2 max(u, 0) − u`.
    Size(NodeId),
}

fn halves(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    if !matches!(s.graph.op(id), Op::Binary(op, ..) if *op == ADD || *op == SUBTRACT) {
        return None;
    }
    let mut terms = vec![];
    let whole = Term { of: id, coefficient: 1.0, wrappers: vec![], way: vec![] };
    summands(s, whole, &mut terms);
    for rest in &terms {
        let Some(size) = unary_of(s, rest.of, &SOFTPLUS).and_then(|z| negative_size(s, z)) else { continue };
        for other in &terms {
            if other.way == rest.way || other.wrappers != rest.wrappers {
                continue;
            }
            let Some(half) = half(s, other.of) else { continue };
            if let Some((smooth, left)) = together(s, size, rest.coefficient, half, other.coefficient) {
                return Some(put(s, id, &[(&rest.way, Some(smooth)), (&other.way, left)]));
            }
        }
    }
    None
}

/// What a sum is made of, signs, numbers and common factors taken apart.
fn summands(s: &Simplifier, at: Term, terms: &mut Vec<Term>) {
    if SUMMANDS <= terms.len() || SUMMANDS <= at.way.len() {
        return;
    }
    let next = |k: usize, of: NodeId, times: f64, wrapper: Option<Wrapper>| {
        let (mut way, mut outer) = (at.way.clone(), at.wrappers.clone());
        way.push(k);
        outer.extend(wrapper);
        Term { of, coefficient: at.coefficient * times, wrappers: outer, way }
    };
    let has_half = |id: NodeId| half(s, id).is_some() || unary_of(s, id, &SOFTPLUS).is_some();
    let is_sum = |id: NodeId| matches!(s.graph.op(id), Op::Binary(op, ..) if *op == ADD || *op == SUBTRACT);
    match s.graph.op(at.of) {
        Op::Binary(op, a, b) if *op == ADD || *op == SUBTRACT => {
            summands(s, next(0, *a, 1.0, None), terms);
            summands(s, next(1, *b, if *op == ADD { 1.0 } else { -1.0 }, None), terms);
        }
        Op::Unary(op, x) if *op == NEGATE => summands(s, next(0, *x, -1.0, None), terms),
        Op::Binary(op, a, b) if *op == DIVIDE && s.graph.constant_of(*b).is_some_and(|c| c != 0.0) => {
            let times = s.graph.constant_of(*b).map_or(1.0, f64::recip);
            summands(s, next(0, *a, times, None), terms);
        }
        Op::Binary(op, a, b) if *op == MULTIPLY => match (s.graph.constant_of(*a), s.graph.constant_of(*b)) {
            (Some(times), _) => summands(s, next(1, *b, times, None), terms),
            (_, Some(times)) => summands(s, next(0, *a, times, None), terms),
            _ if has_half(*b) || is_sum(*b) => summands(s, next(1, *b, 1.0, Some(Wrapper::Factor(*a))), terms),
            _ if has_half(*a) || is_sum(*a) => summands(s, next(0, *a, 1.0, Some(Wrapper::Factor(*b))), terms),
            _ => terms.push(at),
        },
        Op::Select { .. } => {
            let (times, factor) = ramp(s, at.of).map_or((1.0, None), |ramp| (ramp.1, ramp.2));
            let mut wrappers = at.wrappers.clone();
            wrappers.extend(factor.map(Wrapper::Factor));
            terms.push(Term { coefficient: at.coefficient * times, wrappers, ..at });
        }
        Op::Reduce { op: op @ (ReduceOp::Sum | ReduceOp::Mean), axes, x } => {
            summands(s, next(0, *x, 1.0, Some(Wrapper::Reduced(*op, axes.clone()))), terms);
        }
        _ => terms.push(at),
    }
}

fn half(s: &Simplifier, id: NodeId) -> Option<Half> {
    let is_zero = |id: NodeId| s.graph.constant_of(id) == Some(0.0);
    if let Some(x) = size(s, id) {
        return Some(Half::Size(x));
    }
    match *s.graph.op(id) {
        Op::Unary(op, x) if op == RELU => Some(Half::Positive(x)),
        Op::Binary(op, x, y) if op == MIN => match (is_zero(x), is_zero(y)) {
            (true, _) => Some(Half::Negative(y)),
            (_, true) => Some(Half::Negative(x)),
            _ => None,
        },
        Op::Binary(op, x, y) if op == MAX => Some(Half::Greater(x, y)),
        Op::Select { .. } => ramp(s, id).map(|ramp| ramp.0),
        _ => None,
    }
}

/// `if u > 0 then u else 0`, and the same with `<`, or turned around; how often that is there, and the factor that stands in it.
fn ramp(s: &Simplifier, id: NodeId) -> Option<(Half, f64, Option<NodeId>)> {
    let Op::Select { condition, yes, no } = *s.graph.op(id) else { return None };
    let Op::Binary(op, x, y) = *s.graph.op(condition) else { return None };
    let is_zero = |id: NodeId| s.graph.constant_of(id) == Some(0.0);
    let (u, is_left) = match (is_zero(x), is_zero(y)) {
        (false, true) => (x, true),
        (true, false) => (y, false),
        _ => return None,
    };
    let above = if op == GREATER || op == AT_LEAST {
        is_left
    } else if op == LESS || op == AT_MOST {
        !is_left
    } else {
        return None;
    };
    let (kept, is_above) = match (is_zero(yes), is_zero(no)) {
        (false, true) => (yes, above),
        (true, false) => (no, !above),
        _ => return None,
    };
    let half = if is_above { Half::Positive(u) } else { Half::Negative(u) };
    let own = multiple(s, u);
    let whole = multiple(s, kept);
    if whole.of == own.of {
        return Some((half, whole.times / own.times, None));
    }
    let (a, b) = binary_of(s, whole.of, &MULTIPLY)?;
    for (factor, inner) in [(a, b), (b, a)] {
        let inner = multiple(s, inner);
        if inner.of == own.of {
            return Some((half, whole.times * inner.times / own.times, Some(factor)));
        }
    }
    None
}

/// The `u` of `|u|`, or of `sqrt(u^2)`.
fn size(s: &Simplifier, id: NodeId) -> Option<NodeId> {
    unary_of(s, id, &ABS).or_else(|| {
        let squared = unary_of(s, id, &ROOT)?;
        match binary_of(s, squared, &POW) {
            Some((x, two)) => (s.graph.constant_of(two) == Some(2.0)).then_some(x),
            None => binary_of(s, squared, &MULTIPLY).and_then(|(x, y)| (x == y).then_some(x)),
        }
    })
}

/// The `u` of `−|u|`, however often it is there.
fn negative_size(s: &Simplifier, id: NodeId) -> Option<Multiple> {
    let outer = multiple(s, id);
    let inner = multiple(s, size(s, outer.of)?);
    (outer.times < 0.0).then(|| Multiple { of: inner.of, times: (outer.times * inner.times).abs() })
}

/// Of `k softplus(-|u|)` and so many halves of its kink: what takes the first one's place, and what the other's.
fn together(s: &mut Simplifier, size: Multiple, k: f64, half: Half, times: f64) -> Option<(NodeId, Option<NodeId>)> {
    // A difference may be there the other way around.
    let is_same = |s: &Simplifier, u: NodeId| {
        let reversed = |(a, b)| binary_of(s, size.of, &SUBTRACT) == Some((b, a));
        u == size.of || binary_of(s, u, &SUBTRACT).is_some_and(reversed)
    };
    let fits = |s: &Simplifier, u: NodeId| {
        let u = multiple(s, u);
        is_same(s, u.of) && u.times.abs() == size.times
    };
    let softplus = |s: &mut Simplifier, u: NodeId| s.make(Op::Unary(UnaryOp(&SOFTPLUS), u));
    match half {
        Half::Positive(u) if times == k && fits(s, u) => Some((softplus(s, u), None)),
        Half::Negative(u) if times == -k && fits(s, u) => {
            let opposite = s.negated(u);
            Some((softplus(s, opposite), None))
        }
        Half::Greater(u, v) if times == k => {
            let ahead = s.make(Op::Binary(BinaryOp(&SUBTRACT), u, v));
            fits(s, ahead).then(|| (softplus(s, ahead), Some(v)))
        }
        Half::Size(u) => {
            let own = multiple(s, u);
            // Half of the softplus' own argument is what is there.
            if !is_same(s, own.of) || 2.0 * times * own.times.abs() != k * size.times {
                return None;
            }
            let scale = s.constant_like(size.times / own.times.abs(), u);
            let argument = s.make(Op::Binary(BinaryOp(&MULTIPLY), scale, u));
            let argument = if s.graph.constant_of(scale) == Some(1.0) { u } else { argument };
            let opposite = s.negated(u);
            Some((softplus(s, argument), Some(opposite)))
        }
        _ => None,
    }
}

/// A sum with other values, or nothing, in some places.
fn put(s: &mut Simplifier, id: NodeId, places: &[(&[usize], Option<NodeId>)]) -> NodeId {
    fn at(s: &mut Simplifier, id: NodeId, places: &[(&[usize], Option<NodeId>)]) -> Option<NodeId> {
        if let Some((_, new)) = places.iter().find(|place| place.0.is_empty()) {
            return *new;
        }
        let op = s.graph.op(id).clone();
        let mut operands: Vec<Option<NodeId>> = op.operands().into_iter().map(Some).collect();
        for (k, operand) in operands.iter_mut().enumerate() {
            let within: Vec<_> = places.iter().filter(|p| p.0[0] == k).map(|p| (&p.0[1..], p.1)).collect();
            if !within.is_empty() {
                *operand = operand.and_then(|x| at(s, x, &within));
            }
        }
        match (&op, &operands[..]) {
            (Op::Binary(row, ..), &[Some(x), None]) if *row == ADD || *row == SUBTRACT => Some(x),
            (Op::Binary(row, ..), &[None, Some(x)]) if *row == ADD => Some(x),
            (Op::Binary(row, ..), &[None, Some(x)]) if *row == SUBTRACT => Some(s.negated(x)),
            _ => {
                let mut next = operands.iter().copied().collect::<Option<Vec<NodeId>>>()?.into_iter();
                Some(s.make(op.map(|x| next.next().unwrap_or(x), |l| l)))
            }
        }
    }
    at(s, id, places).unwrap_or_else(|| s.constant_like(0.0, id))
}
