//! Patterns of scalar expressions: what rules are written in, with ordinary operators.
use super::Simplifier;
use crate::graph::{NodeId, Op};
use crate::op::row::{Binary, Unary};
use crate::op::{BinaryOp, UnaryOp, arithmetic};
use std::ops::{Add, Div, Mul, Neg, Sub};

/// A pattern, or what it is replaced by.
#[derive(Clone, Debug)]
pub enum Pattern {
    /// Any value; the same one wherever it stands.
    Any(usize),
    /// Any constant.
    Constant(usize),
    /// This number, at every place.
    Number(f64),
    Unary(UnaryOp, Box<Pattern>),
    Binary(BinaryOp, Box<Pattern>, Box<Pattern>),
}

/// Whether a rule holds for floating-point numbers to the bit, or only for real ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exactness {
    Exact,
    /// Rounding may differ, or infinities and NaNs are lost.
    Real,
}

/// `left` is replaced by `right`.
#[derive(Clone, Debug)]
pub struct Rule {
    pub name: &'static str,
    pub exactness: Exactness,
    pub left: Pattern,
    pub right: Pattern,
}

const VARIABLES: usize = 5;
type Bindings = [Option<NodeId>; VARIABLES];

impl Rule {
    /// What the node becomes, if the pattern fits.
    pub fn apply(&self, simplifier: &mut Simplifier, id: NodeId) -> Option<NodeId> {
        let mut bindings: Bindings = [None; VARIABLES];
        if !fits(simplifier, &self.left, id, &mut bindings) {
            return None;
        }
        Some(instantiate(simplifier, &self.right, id, &bindings))
    }
}

fn fits(s: &Simplifier, pattern: &Pattern, id: NodeId, bindings: &mut Bindings) -> bool {
    let mut bind = |at: usize| match bindings[at] {
        Some(before) => before == id,
        None => {
            bindings[at] = Some(id);
            true
        }
    };
    match pattern {
        Pattern::Any(at) => bind(*at),
        Pattern::Constant(at) => s.graph.constant_of(id).is_some() && bind(*at),
        Pattern::Number(value) => s.graph.constant_of(id) == Some(*value),
        Pattern::Unary(op, x) => match *s.graph.op(id) {
            Op::Unary(own, operand) => own == *op && fits(s, x, operand, bindings),
            _ => false,
        },
        Pattern::Binary(op, x, y) => match *s.graph.op(id) {
            Op::Binary(own, a, b) if own == *op => {
                let before = *bindings;
                if fits(s, x, a, bindings) && fits(s, y, b, bindings) {
                    return true;
                }
                *bindings = before;
                op.commutative && fits(s, x, b, bindings) && fits(s, y, a, bindings)
            }
            _ => false,
        },
    }
}

fn instantiate(s: &mut Simplifier, pattern: &Pattern, like: NodeId, bindings: &Bindings) -> NodeId {
    match pattern {
        Pattern::Any(at) | Pattern::Constant(at) => bindings[*at].unwrap_or(like),
        Pattern::Number(value) => s.constant_like(*value, like),
        Pattern::Unary(op, x) => {
            let x = instantiate(s, x, like, bindings);
            s.make(Op::Unary(*op, x))
        }
        Pattern::Binary(op, x, y) => {
            let (x, y) = (instantiate(s, x, like, bindings), instantiate(s, y, like, bindings));
            s.make(Op::Binary(*op, x, y))
        }
    }
}

/// Builders.
pub fn any(at: usize) -> Pattern {
    Pattern::Any(at)
}
pub fn constant(at: usize) -> Pattern {
    Pattern::Constant(at)
}
pub fn number(value: f64) -> Pattern {
    Pattern::Number(value)
}
pub fn call(op: &'static Unary, x: Pattern) -> Pattern {
    Pattern::Unary(UnaryOp(op), Box::new(x))
}
pub fn call2(op: &'static Binary, x: Pattern, y: Pattern) -> Pattern {
    Pattern::Binary(BinaryOp(op), Box::new(x), Box::new(y))
}

macro_rules! operator {
    ($trait:ident, $method:ident, $row:ident) => {
        impl $trait for Pattern {
            type Output = Pattern;
            fn $method(self, other: Pattern) -> Pattern {
                call2(&arithmetic::$row, self, other)
            }
        }
    };
}
operator!(Add, add, ADD);
operator!(Sub, sub, SUBTRACT);
operator!(Mul, mul, MULTIPLY);
operator!(Div, div, DIVIDE);
impl Neg for Pattern {
    type Output = Pattern;
    fn neg(self) -> Pattern {
        call(&arithmetic::NEGATE, self)
    }
}
