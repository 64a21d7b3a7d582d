//! The rules for scalar functions, as data. `x`, `y`, `z` are any values, `c`, `d` constants.
use super::pattern::Exactness::{Exact, Real};
use super::pattern::{Exactness, Pattern, Rule, any, call, call2, constant, number};
use crate::op::activation::{RELU, SIGMOID, SOFTPLUS};
use crate::op::arithmetic::{ABS, MAX, SIGN};
use crate::op::exponential::{EXP, LOG, LOG1P, POW, SQRT};
use crate::op::loss::{BINARY_CROSS_ENTROPY, LOGISTIC_LOSS};
use crate::op::power::{POWER_LOG, POWER_SLOPE};
use crate::op::trigonometric::{COSH, SINH, TANH};

fn rule(name: &'static str, exactness: Exactness, left: Pattern, right: Pattern) -> Rule {
    Rule { name, exactness, left, right }
}
fn x() -> Pattern {
    any(0)
}
fn y() -> Pattern {
    any(1)
}
fn z() -> Pattern {
    any(4)
}
fn c() -> Pattern {
    constant(2)
}
fn d() -> Pattern {
    constant(3)
}
fn n(value: f64) -> Pattern {
    number(value)
}
fn pow(base: Pattern, exponent: Pattern) -> Pattern {
    call2(&POW, base, exponent)
}

/// What runs after differentiation.
#[rustfmt::skip]
pub fn simplifications() -> Vec<Rule> {
    vec![
        rule("x + 0", Exact, x() + n(0.0), x()),
        rule("x - 0", Exact, x() - n(0.0), x()),
        rule("0 - x", Exact, n(0.0) - x(), -x()),
        rule("x - x", Real, x() - x(), n(0.0)),
        rule("1 x", Exact, n(1.0) * x(), x()),
        rule("-1 x", Exact, n(-1.0) * x(), -x()),
        rule("0 x", Real, n(0.0) * x(), n(0.0)),
        rule("x / 1", Exact, x() / n(1.0), x()),
        rule("0 / x", Real, n(0.0) / x(), n(0.0)),
        rule("x / x", Real, x() / x(), n(1.0)),
        rule("--x", Exact, -(-x()), x()),
        rule("x + -y", Exact, x() + -y(), x() - y()),
        rule("x - -y", Exact, x() - -y(), x() + y()),
        rule("-(x - y)", Exact, -(x() - y()), y() - x()),
        rule("-x y", Exact, (-x()) * y(), -(x() * y())),
        rule("c (-x)", Exact, -(c() * x()), (-c()) * x()),
        rule("-x / y", Exact, (-x()) / y(), -(x() / y())),
        rule("x / -y", Exact, x() / -y(), -(x() / y())),
        rule("c (d x)", Real, c() * (d() * x()), (c() * d()) * x()),
        rule("(c x) y", Real, (c() * x()) * y(), c() * (x() * y())),
        rule("c x / d", Real, (c() * x()) / d(), (c() / d()) * x()),
        rule("c (x / d)", Real, c() * (x() / d()), (c() / d()) * x()),
        rule("c x / y", Real, (c() * x()) / y(), c() * (x() / y())),
        rule("x + x", Exact, x() + x(), n(2.0) * x()),
        rule("c x + x", Real, c() * x() + x(), (c() + n(1.0)) * x()),
        rule("c x + d x", Real, c() * x() + d() * x(), (c() + d()) * x()),
        rule("x^1", Exact, pow(x(), n(1.0)), x()),
        rule("x^0", Exact, pow(x(), n(0.0)), n(1.0)),
        rule("x x", Exact, x() * x(), pow(x(), n(2.0))),
        rule("x x^(y - 1)", Real, x() * pow(x(), y() - n(1.0)), pow(x(), y())),
        rule("slope of x^c", Real, call2(&POWER_SLOPE, x(), c()), c() * pow(x(), c() - n(1.0))),
        rule("x times the slope of x^y", Real, x() * call2(&POWER_SLOPE, x(), y()), y() * pow(x(), y())),
        rule("slope of x^x by its base", Real, call2(&POWER_SLOPE, x(), x()), pow(x(), x())),
        rule("(x^2)^0.5", Real, call(&SQRT, pow(x(), n(2.0))), call(&ABS, x())),
        rule("x sign(x)", Exact, x() * call(&SIGN, x()), call(&ABS, x())),
        rule("(1 / x) y", Real, (n(1.0) / x()) * y(), y() / x()),
        rule("sinh(x) / cosh(x)", Real, call(&SINH, x()) / call(&COSH, x()), call(&TANH, x())),
        rule("x (y / x)", Real, x() * (y() / x()), y()),
        rule("x y / x", Real, (x() * y()) / x(), y()),
    ]
}

/// What runs before it: other spellings of functions that have a stable form.
#[rustfmt::skip]
pub fn recognisers() -> Vec<Rule> {
    vec![
        rule("--x", Exact, -(-x()), x()),
        rule("max(0, x)", Exact, call2(&MAX, n(0.0), x()), call(&RELU, x())),
        rule("max(x, 0)", Exact, call2(&MAX, x(), n(0.0)), call(&RELU, x())),
        rule("log(1 + exp(x))", Real, call(&LOG, n(1.0) + call(&EXP, x())), call(&SOFTPLUS, x())),
        rule("binary_cross_entropy(sigmoid(x), y)", Real, call2(&BINARY_CROSS_ENTROPY, call(&SIGMOID, x()), y()), call2(&LOGISTIC_LOSS, x(), y())),
        rule("sinh(x) / cosh(x)", Real, call(&SINH, x()) / call(&COSH, x()), call(&TANH, x())),
        rule("log1p(exp(x))", Real, call(&LOG1P, call(&EXP, x())), call(&SOFTPLUS, x())),
        rule("log1p(-sigmoid(x))", Real, call(&LOG1P, -call(&SIGMOID, x())), -call(&SOFTPLUS, x())),
        rule("y x^(y - 1)", Real, y() * pow(x(), y() - n(1.0)), call2(&POWER_SLOPE, x(), y())),
        rule("z y x^(y - 1)", Real, (z() * y()) * pow(x(), y() - n(1.0)), z() * call2(&POWER_SLOPE, x(), y())),
        rule("y z x^(y - 1)", Real, (y() * z()) * pow(x(), y() - n(1.0)), z() * call2(&POWER_SLOPE, x(), y())),
        rule("z x^y log(x)", Real, (z() * pow(x(), y())) * call(&LOG, x()), z() * call2(&POWER_LOG, x(), y())),
        rule("x^y log(x)", Real, pow(x(), y()) * call(&LOG, x()), call2(&POWER_LOG, x(), y())),
        rule("softplus(x) - softplus(-x)", Real, (-call(&SOFTPLUS, -x())) - (-call(&SOFTPLUS, x())), x()),
    ]
}
