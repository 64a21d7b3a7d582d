//! A value as a multiple of another one: numbers and signs taken out.
use super::Simplifier;
use crate::graph::{NodeId, Op};
use crate::op::BinaryOp;
use crate::op::arithmetic::{DIVIDE, MULTIPLY, NEGATE};

/// `times of`, with `of` no multiple of anything.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Multiple {
    pub of: NodeId,
    pub times: f64,
}

impl Multiple {
    pub fn made(self, s: &mut Simplifier) -> NodeId {
        match self.times {
            1.0 => self.of,
            -1.0 => s.negated(self.of),
            times => {
                let times = s.constant_like(times, self.of);
                s.make(Op::Binary(BinaryOp(&MULTIPLY), times, self.of))
            }
        }
    }
}

pub(super) fn multiple(s: &Simplifier, id: NodeId) -> Multiple {
    let mut found = Multiple { of: id, times: 1.0 };
    loop {
        (found.of, found.times) = match *s.graph.op(found.of) {
            Op::Unary(op, x) if op == NEGATE => (x, -found.times),
            Op::Binary(op, a, b) if op == MULTIPLY || op == DIVIDE => {
                match (s.graph.constant_of(a), s.graph.constant_of(b)) {
                    (Some(c), None) if op == MULTIPLY => (b, found.times * c),
                    (None, Some(c)) if op == MULTIPLY => (a, found.times * c),
                    (None, Some(c)) if c != 0.0 => (a, found.times / c),
                    _ => return found,
                }
            }
            _ => return found,
        };
    }
}
