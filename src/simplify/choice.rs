//! Conditions among factors. A condition as a factor chooses: where it does not hold, the product is zero, whatever the other factors are
//! (Iverson's bracket). So does a choice between a value and zero, which is the same; signs, quotients and other conditions around it change nothing.
use super::{Simplifier, StructuralRule};
use crate::graph::{Kind, NodeId, Op, View};
use crate::op::arithmetic::{DIVIDE, MULTIPLY, NEGATE};
use crate::op::exponential::POW;

pub static RULES: &[StructuralRule] = &[StructuralRule { name: "[c] x", apply: condition_as_factor }];

/// A value where a condition holds (or where it does not), else zero.
struct Choice {
    condition: NodeId,
    holds: bool,
    /// None is one.
    value: Option<NodeId>,
}

fn condition_as_factor(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let is_number = |s: &Simplifier, id: NodeId| s.graph.constant_of(id).is_some();
    match *s.graph.op(id) {
        // A number, which is finite, stays outside, and so does a sign.
        Op::Binary(_, a, b) if is_number(s, a) || is_number(s, b) => None,
        Op::Binary(op, a, b) if op == DIVIDE => {
            let choice = choice(s, a)?;
            let above = choice.value.unwrap_or_else(|| s.constant_like(1.0, id));
            let value = s.make(Op::Binary(op, above, b));
            Some(choose(s, choice, value))
        }
        Op::Binary(op, a, b) if op == MULTIPLY => {
            let (factors, choice, other) = match (choice(s, a), choice(s, b)) {
                (Some(of_a), _) => (of_a.value.map(|value| (value, b)), of_a, b),
                (None, Some(of_b)) => (of_b.value.map(|value| (a, value)), of_b, a),
                (None, None) => return None,
            };
            let value = match factors {
                None => other,
                // A sign is a sign: `-[c] x`.
                Some(_) if choice.value.is_some_and(|v| s.graph.constant_of(v) == Some(-1.0)) => s.negated(other),
                Some((a, b)) => s.make(Op::Binary(op, a, b)),
            };
            Some(choose(s, choice, value))
        }
        _ => None,
    }
}

fn choose(s: &mut Simplifier, choice: Choice, value: NodeId) -> NodeId {
    // A truth value as a number.
    let value = s.graph.as_kind(value, Kind::Real).unwrap_or(value);
    let zero = s.constant_like(0.0, value);
    let (yes, no) = if choice.holds { (value, zero) } else { (zero, value) };
    s.make(Op::Select { condition: choice.condition, yes, no })
}

/// Signs and layouts that are looked through for a choice.
const DEEPEST: usize = 8;

fn choice(s: &mut Simplifier, x: NodeId) -> Option<Choice> {
    choice_within(s, x, DEEPEST)
}

/// What a value is a choice of, laid out as the value is.
fn choice_within(s: &mut Simplifier, x: NodeId, depth: usize) -> Option<Choice> {
    let depth = depth.checked_sub(1)?;
    if s.graph.ty(x).kind == Kind::Bool {
        return Some(Choice { condition: x, holds: true, value: None });
    }
    let laid_out = |s: &mut Simplifier, inner: NodeId, lay: &dyn Fn(NodeId) -> Op| {
        let choice = choice_within(s, inner, depth)?;
        let condition = s.make(lay(choice.condition));
        let value = choice.value.map(|value| s.make(lay(value)));
        Some(Choice { condition, value, ..choice })
    };
    match s.graph.op(x).clone() {
        Op::Select { condition, yes, no } => {
            let is_zero = |id| s.graph.constant_of(id) == Some(0.0);
            let (holds, value) = match (is_zero(yes), is_zero(no)) {
                (false, true) => (true, yes),
                (true, false) => (false, no),
                _ => return None,
            };
            let value = Some(value).filter(|&value| s.graph.constant_of(value) != Some(1.0));
            Some(Choice { condition, holds, value })
        }
        Op::Unary(op, x) if op == NEGATE => {
            let choice = choice_within(s, x, depth)?;
            let one = choice.value.unwrap_or_else(|| s.constant_like(1.0, x));
            let value = s.negated(one);
            Some(Choice { value: Some(value), ..choice })
        }
        // Any power of a truth value is the truth value.
        Op::Binary(op, truth, power) if op == POW && s.graph.ty(truth).kind == Kind::Bool => {
            let is_positive = s.graph.constant_of(power).is_some_and(|power| power > 0.0);
            is_positive.then_some(Choice { condition: truth, holds: true, value: None })
        }
        Op::Binary(op, a, b) if op == MULTIPLY || op == DIVIDE => {
            let (number, inner, is_first) = match (s.graph.constant_of(a), s.graph.constant_of(b)) {
                (Some(_), None) if op == MULTIPLY => (a, b, true),
                (None, Some(_)) => (b, a, false),
                _ => return None,
            };
            let choice = choice_within(s, inner, depth)?;
            let value = match choice.value {
                None if op == MULTIPLY => number,
                value => {
                    let value = value.unwrap_or_else(|| s.constant_like(1.0, x));
                    let (a, b) = if is_first { (number, value) } else { (value, number) };
                    s.make(Op::Binary(op, a, b))
                }
            };
            Some(Choice { value: Some(value), ..choice })
        }
        Op::View(view) if view.is_total() => laid_out(s, view.x, &|x| Op::View(View { x, ..view.clone() })),
        Op::Reshape { x, shape } => laid_out(s, x, &|x| Op::Reshape { x, shape: shape.clone() }),
        _ => None,
    }
}
