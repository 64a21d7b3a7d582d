//! Derivatives are written with ordinary operators on `Sym`s; what comes out is a template that `gradient` puts into a graph.
use super::{BinaryOp, UnaryOp, activation, arithmetic, comparison, exponential, power, trigonometric};
use std::cell::RefCell;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// One node of a template; operands are indices of earlier nodes.
#[derive(Clone, Copy, Debug)]
pub enum Template {
    /// An argument of the function.
    Argument(usize),
    /// The function's value.
    Answer,
    /// The adjoint of the value.
    Adjoint,
    Constant(f64),
    Unary(UnaryOp, usize),
    Binary(BinaryOp, usize, usize),
    Select(usize, usize, usize),
}

/// The nodes of a template while it is written.
#[derive(Default)]
pub struct Nodes(RefCell<Vec<Template>>);

impl Nodes {
    fn push(&self, node: Template) -> Sym<'_> {
        let mut nodes = self.0.borrow_mut();
        nodes.push(node);
        Sym { nodes: self, id: nodes.len() - 1 }
    }
}

/// A handle to a node of a template.
#[derive(Clone, Copy)]
pub struct Sym<'a> {
    nodes: &'a Nodes,
    id: usize,
}

impl<'a> Sym<'a> {
    pub fn constant(self, value: f64) -> Sym<'a> {
        self.nodes.push(Template::Constant(value))
    }
    fn unary(self, op: &'static super::Unary) -> Sym<'a> {
        self.nodes.push(Template::Unary(UnaryOp(op), self.id))
    }
    fn binary(self, op: &'static super::Binary, other: Sym<'a>) -> Sym<'a> {
        self.nodes.push(Template::Binary(BinaryOp(op), self.id, other.id))
    }
    pub fn select(self, yes: Sym<'a>, no: Sym<'a>) -> Sym<'a> {
        self.nodes.push(Template::Select(self.id, yes.id, no.id))
    }
    pub fn pow(self, other: Sym<'a>) -> Sym<'a> {
        self.binary(&exponential::POW, other)
    }
    /// `y x^(y − 1)`, 0 where `y` is 0.
    pub fn power_slope(self, other: Sym<'a>) -> Sym<'a> {
        self.binary(&power::POWER_SLOPE, other)
    }
    /// `x^y log(x)`, 0 where `x` is 0 and `y` above it.
    pub fn power_log(self, other: Sym<'a>) -> Sym<'a> {
        self.binary(&power::POWER_LOG, other)
    }
    pub fn squared(self) -> Sym<'a> {
        self.pow(self.constant(2.0))
    }
    pub fn exp(self) -> Sym<'a> {
        self.unary(&exponential::EXP)
    }
    pub fn log(self) -> Sym<'a> {
        self.unary(&exponential::LOG)
    }
    pub fn sqrt(self) -> Sym<'a> {
        self.unary(&exponential::SQRT)
    }
    pub fn sin(self) -> Sym<'a> {
        self.unary(&trigonometric::SIN)
    }
    pub fn cos(self) -> Sym<'a> {
        self.unary(&trigonometric::COS)
    }
    pub fn sinh(self) -> Sym<'a> {
        self.unary(&trigonometric::SINH)
    }
    pub fn cosh(self) -> Sym<'a> {
        self.unary(&trigonometric::COSH)
    }
    pub fn sign(self) -> Sym<'a> {
        self.unary(&arithmetic::SIGN)
    }
    pub fn sigmoid(self) -> Sym<'a> {
        self.unary(&activation::SIGMOID)
    }
    pub fn greater(self, other: Sym<'a>) -> Sym<'a> {
        self.binary(&comparison::GREATER, other)
    }
    pub fn at_least(self, other: Sym<'a>) -> Sym<'a> {
        self.binary(&comparison::AT_LEAST, other)
    }
    pub fn less(self, other: Sym<'a>) -> Sym<'a> {
        self.binary(&comparison::LESS, other)
    }
    pub fn at_most(self, other: Sym<'a>) -> Sym<'a> {
        self.binary(&comparison::AT_MOST, other)
    }
    pub fn equals(self, other: Sym<'a>) -> Sym<'a> {
        self.binary(&comparison::EQUAL, other)
    }
    pub fn floor(self) -> Sym<'a> {
        self.unary(&super::rounding::FLOOR)
    }
}

macro_rules! operator {
    ($trait:ident, $method:ident, $row:ident) => {
        impl<'a> $trait for Sym<'a> {
            type Output = Sym<'a>;
            fn $method(self, other: Sym<'a>) -> Sym<'a> {
                self.binary(&arithmetic::$row, other)
            }
        }
        impl<'a> $trait<f64> for Sym<'a> {
            type Output = Sym<'a>;
            fn $method(self, other: f64) -> Sym<'a> {
                self.binary(&arithmetic::$row, self.constant(other))
            }
        }
        impl<'a> $trait<Sym<'a>> for f64 {
            type Output = Sym<'a>;
            fn $method(self, other: Sym<'a>) -> Sym<'a> {
                other.constant(self).binary(&arithmetic::$row, other)
            }
        }
    };
}
operator!(Add, add, ADD);
operator!(Sub, sub, SUBTRACT);
operator!(Mul, mul, MULTIPLY);
operator!(Div, div, DIVIDE);

impl<'a> Neg for Sym<'a> {
    type Output = Sym<'a>;
    fn neg(self) -> Sym<'a> {
        self.unary(&arithmetic::NEGATE)
    }
}

/// The formula that a row of one argument stands for, if it has no name.
pub fn unary_spelling(op: UnaryOp) -> Option<(Vec<Template>, usize)> {
    let nodes = Nodes::default();
    let root = (op.spelled?)(nodes.push(Template::Argument(0))).id;
    Some((nodes.0.into_inner(), root))
}

/// The formula that a row of two arguments stands for, if it has no name.
pub fn binary_spelling(op: BinaryOp) -> Option<(Vec<Template>, usize)> {
    let nodes = Nodes::default();
    let root = (op.spelled?)(nodes.push(Template::Argument(0)), nodes.push(Template::Argument(1))).id;
    Some((nodes.0.into_inner(), root))
}

/// The adjoint template of a function of one argument.
pub fn unary_template(op: UnaryOp) -> (Vec<Template>, usize) {
    let nodes = Nodes::default();
    let (x, y, d) = (nodes.push(Template::Argument(0)), nodes.push(Template::Answer), nodes.push(Template::Adjoint));
    let root = (op.derivative)(x, y, d).id;
    (nodes.0.into_inner(), root)
}

/// The adjoint template of a function of two arguments, by its argument 0 or 1.
pub fn binary_template(op: BinaryOp, argument: usize) -> (Vec<Template>, usize) {
    let nodes = Nodes::default();
    let (x, y) = (nodes.push(Template::Argument(0)), nodes.push(Template::Argument(1)));
    let (answer, d) = (nodes.push(Template::Answer), nodes.push(Template::Adjoint));
    let rule = if argument == 0 { op.derivative_x } else { op.derivative_y };
    let root = rule(x, y, answer, d).id;
    (nodes.0.into_inner(), root)
}
