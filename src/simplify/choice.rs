//! Conditions among factors. A condition as a factor chooses: where it does not hold, the product is zero, whatever the other factors are
//! (Iverson's bracket). So does a choice between a value and zero, which is the same; signs, quotients, powers and other conditions around it change nothing.
use super::reading::binary_of;
use super::{Simplifier, StructuralRule};
use crate::graph::{Kind, NodeId, Op, View};
use crate::op::arithmetic::{ADD, DIVIDE, MAX, MIN, MULTIPLY, SUBTRACT};
use crate::op::comparison::{AND, NOT, OR};
use crate::op::exponential::POW;
use crate::op::{BinaryOp, UnaryOp};

pub static RULES: &[StructuralRule] = &[
    StructuralRule { name: "x / x", apply: over_itself },
    StructuralRule { name: "[c] x", apply: condition_as_factor },
];

/// A value where a condition holds (or where it does not), else zero.
struct Choice {
    condition: NodeId,
    holds: bool,
    /// None is one.
    value: Option<NodeId>,
}

impl Choice {
    /// The same condition with another value.
    fn of(self, s: &Simplifier, value: NodeId) -> Choice {
        Choice { value: Some(value).filter(|&value| s.graph.constant_of(value) != Some(1.0)), ..self }
    }
}

fn condition_as_factor(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let number = |s: &Simplifier, id: NodeId| s.graph.constant_of(id).filter(|value| value.is_finite());
    match *s.graph.op(id) {
        // What is finite stays outside: numbers, and signs.
        Op::Binary(op, a, b) if op == MULTIPLY && (number(s, a).is_some() || number(s, b).is_some()) => None,
        Op::Binary(op, a, b) if op == DIVIDE && (number(s, a).is_some() || number(s, b).is_some_and(|c| c != 0.0)) => {
            None
        }
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

/// One, but of a choice between a value and zero: that is zero where the condition does not hold, whatever it is divided by.
fn over_itself(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let (a, b) = binary_of(s, id, &DIVIDE)?;
    (a == b && choice(s, a).is_none()).then(|| s.constant_like(1.0, id))
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
        Op::Select { .. } => {
            let (condition, holds, value) = s.graph.value_or_zero(x)?;
            Some(Choice { condition, holds, value: None }.of(s, value))
        }
        // What leaves zero zero: a sign, a size, a root.
        Op::Unary(op, x) if (op.value)(0.0) == 0.0 => {
            let choice = choice_within(s, x, depth)?;
            let value = match choice.value {
                Some(value) => s.make(Op::Unary(op, value)),
                None => s.constant_like((op.value)(1.0), x),
            };
            Some(choice.of(s, value))
        }
        Op::Binary(op, x, power) if op == POW && s.graph.constant_of(power).is_some_and(|power| power > 0.0) => {
            let choice = choice_within(s, x, depth)?;
            // Any power of a truth value is the truth value.
            Some(match choice.value {
                None => choice,
                Some(value) => {
                    let value = s.make(Op::Binary(op, value, power));
                    choice.of(s, value)
                }
            })
        }
        // `1 - [c]` is `[not c]`, and so are its multiples, in any order.
        Op::Binary(op, a, b) if op == ADD || op == SUBTRACT => {
            let (number, inner, is_first) = match (s.graph.constant_of(a), s.graph.constant_of(b)) {
                (Some(number), None) => (number, b, true),
                (None, Some(number)) => (number, a, false),
                _ => return None,
            };
            let choice = choice_within(s, inner, depth)?;
            let own = choice.value.map_or(Some(1.0), |value| s.graph.constant_of(value))?;
            let there = if is_first { (op.value)(number, own) } else { (op.value)(own, number) };
            let elsewhere = if is_first { (op.value)(number, 0.0) } else { (op.value)(0.0, number) };
            if there != 0.0 || elsewhere == 0.0 {
                return None;
            }
            let condition = match choice.holds {
                true => s.make(Op::Unary(UnaryOp(&NOT), choice.condition)),
                false => choice.condition,
            };
            let value = s.constant_like(elsewhere, x);
            Some(Choice { condition, holds: true, value: None }.of(s, value))
        }
        // A list of conditions.
        Op::Join { axis, parts } => {
            let truths = parts.iter().map(|&part| truth_of(s, part, depth)).collect::<Option<Vec<NodeId>>>()?;
            let condition = s.make(Op::Join { axis, parts: truths });
            Some(Choice { condition, holds: true, value: None })
        }
        // Of truth values the greater is `or`, the smaller `and`.
        Op::Binary(op, a, b) if op == MAX || op == MIN => {
            let (a, b) = (truth_of(s, a, depth)?, truth_of(s, b, depth)?);
            let row = if op == MAX { &OR } else { &AND };
            let condition = s.make(Op::Binary(BinaryOp(row), a, b));
            Some(Choice { condition, holds: true, value: None })
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
            Some(choice.of(s, value))
        }
        Op::View(view) if view.is_total() => laid_out(s, view.x, &|x| Op::View(View { x, ..view.clone() })),
        Op::Reshape { x, shape } => laid_out(s, x, &|x| Op::Reshape { x, shape: shape.clone() }),
        _ => None,
    }
}

/// The truth value that a value is, 1 or 0.
fn truth_of(s: &mut Simplifier, x: NodeId, depth: usize) -> Option<NodeId> {
    let choice = choice_within(s, x, depth)?;
    match (choice.value, choice.holds) {
        (Some(_), _) => None,
        (None, true) => Some(choice.condition),
        (None, false) => Some(s.make(Op::Unary(UnaryOp(&NOT), choice.condition))),
    }
}
