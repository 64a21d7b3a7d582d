//! Powers and roots under a convention: where the formula of paper has 0 · ∞ in it, the value that is meant.
//!
//! They are no names of the language: derivatives make them, recognition finds them in what is `spelled` so, and so they are printed.
use super::lowering::polynomial;
use super::row::{Again, Linearity, Notation, Parity, Result, Tie, Zeros, rows};
use super::{Interval, lowering::arithmetic};
use crate::vector::functions;

/// `y x^(y − 1)`; 0 where `y` is 0: `x⁰` is 1 everywhere.
fn power_slope(x: f64, y: f64) -> f64 {
    if y == 0.0 { 0.0 } else { y * libm::pow(x, y - 1.0) }
}

/// `x^y log(x)`; 0 where `x` is 0 and `y` above it: `0^y` is 0 around there.
fn power_log(x: f64, y: f64) -> f64 {
    if x == 0.0 && y > 0.0 { 0.0 } else { libm::pow(x, y) * libm::log(x) }
}

/// `c x^e`, 0 where `c` is, and times a factor that may be infinite where `x` is 0, and the power is 0 there.
fn term(c: f64, x: f64, e: f64, factor: f64) -> f64 {
    if c == 0.0 || x == 0.0 && e > 0.0 { 0.0 } else { c * libm::pow(x, e) * factor }
}

/// The first and second partial derivatives of `x^y`, in the order of `Binary::slopes`.
pub fn slopes(x: f64, y: f64) -> [f64; 5] {
    let log = libm::log(x);
    let mixed = term(1.0, x, y - 1.0, 1.0) + term(y, x, y - 1.0, log);
    [
        term(y, x, y - 1.0, 1.0),
        term(1.0, x, y, log),
        term(y * (y - 1.0), x, y - 2.0, 1.0),
        mixed,
        term(1.0, x, y, log * log),
    ]
}
fn slopes_of_slope(x: f64, y: f64) -> [f64; 5] {
    let log = libm::log(x);
    let mixed = term(2.0 * y - 1.0, x, y - 2.0, 1.0) + term(y * (y - 1.0), x, y - 2.0, log);
    [
        term(y * (y - 1.0), x, y - 2.0, 1.0),
        term(1.0, x, y - 1.0, 1.0) + term(y, x, y - 1.0, log),
        term(y * (y - 1.0) * (y - 2.0), x, y - 3.0, 1.0),
        mixed,
        term(2.0, x, y - 1.0, log) + term(y, x, y - 1.0, log * log),
    ]
}
fn slopes_of_log(x: f64, y: f64) -> [f64; 5] {
    let log = libm::log(x);
    [
        term(1.0, x, y - 1.0, 1.0) + term(y, x, y - 1.0, log),
        term(1.0, x, y, log * log),
        term(2.0 * y - 1.0, x, y - 2.0, 1.0) + term(y * (y - 1.0), x, y - 2.0, log),
        term(2.0, x, y - 1.0, log) + term(y, x, y - 1.0, log * log),
        term(1.0, x, y, log * log * log),
    ]
}

/// As any power.
fn size_power(x: f64, y: f64) -> f64 {
    libm::pow(x, y)
}

rows! { UNARY: Unary;
    /// The root of a sum of even powers or of absolute values, as in `norm`: its derivative is 0 where it is 0. That of `sqrt` is
    /// infinite there.
    ROOT {
        name: "root",
        doc: "the square root of a sum of even powers; root'(0) = 0",
        notation: Notation::Call,
        spelled: Some(|x| x.sqrt()),
        result: Result::Real,
        samples: (0.01, 100.0),
        kinks: &[0.0],
        tie: Tie::Neither,
        zeros: Zeros::Lost,
        scale: None,
        parity: Parity::Neither,
        stops: false,
        again: Again::Never,
        range: |x| Interval::new(x.low.max(0.0), x.high.max(0.0)).rising(f64::sqrt),
        value: f64::sqrt,
        slopes: |x| if x > 0.0 { [0.5 / x.sqrt(), -0.25 / (x * x.sqrt())] } else { [0.0, 0.0] },
        lower: arithmetic!(x => x.sqrt()),
        derivative: |_, y, d| y.greater(y.constant(0.0)).select(d / (2.0 * y), d.constant(0.0)),
    }
}

rows! { BINARY: Binary;
    /// The derivative of `x^y` by `x`.
    POWER_SLOPE {
        name: "power_slope",
        doc: "y x^(y - 1), 0 where y is 0",
        notation: Notation::Call,
        spelled: Some(|x, y| y * x.pow(y - 1.0)),
        result: Result::Real,
        samples: [(0.1, 5.0), (-3.0, 3.0)],
        kink: |x, y| x.abs() < 1e-3 || y.abs() < 1e-3,
        tie: Tie::Nowhere,
        zeros: Zeros::Lost,
        linear: Linearity::No,
        repeats: None,
        whole: None,
        again: Again::Never,
        commutative: false,
        range: |x, y| if x.low >= 0.0 && y.low >= 0.0 { Interval::NONNEGATIVE } else { Interval::ALL },
        value: power_slope,
        slopes: slopes_of_slope,
        lower: polynomial!(x, y => L::select(y.equal(y.constant(0.0)), y.constant(0.0), y * functions::pow(x, y - y.constant(1.0))), power_slope),
        // y (y − 1) x^(y − 2), 0 where either factor is.
        derivative_x: |x, y, _, d| y.equals(y.constant(0.0)).select(d.constant(0.0), d * (y * x.power_slope(y - 1.0))),
        derivative_y: |x, y, _, d| d * (x.pow(y - 1.0) + y * x.power_log(y - 1.0)),
    }
    /// The derivative of `x^y` by `y`.
    POWER_LOG {
        name: "power_log",
        doc: "x^y log(x), 0 where x is 0 and y above it",
        notation: Notation::Call,
        spelled: Some(|x, y| x.pow(y) * x.log()),
        result: Result::Real,
        samples: [(0.1, 5.0), (-3.0, 3.0)],
        kink: |x, _| x.abs() < 1e-3,
        tie: Tie::Nowhere,
        zeros: Zeros::Lost,
        linear: Linearity::No,
        repeats: None,
        whole: None,
        again: Again::Never,
        commutative: false,
        range: |_, _| Interval::ALL,
        value: power_log,
        slopes: slopes_of_log,
        lower: polynomial!(x, y => L::select(x.equal(x.constant(0.0)) & y.greater(y.constant(0.0)), x.constant(0.0), functions::pow(x, y) * functions::log(x)), power_log),
        derivative_x: |x, y, _, d| d * (x.pow(y - 1.0) + y * x.power_log(y - 1.0)),
        // x^y log(x)², as a square so that it is 0 where the half is.
        derivative_y: |x, y, _, d| d * x.power_log(0.5 * y).squared(),
    }
    /// A power of a sum of even powers or of absolute values, as in a p-norm: its derivatives are 0 where the sum is 0.
    SIZE_POWER {
        name: "size_power",
        doc: "x to the power y of a sum of even powers; its derivatives are 0 where x is 0",
        notation: Notation::Call,
        spelled: Some(|x, y| x.pow(y)),
        result: Result::Real,
        samples: [(0.1, 5.0), (0.1, 0.9)],
        kink: |x, _| x.abs() < 1e-3,
        tie: Tie::Neither,
        zeros: Zeros::Lost,
        linear: Linearity::No,
        repeats: None,
        whole: None,
        again: Again::Never,
        commutative: false,
        range: |_, _| Interval::NONNEGATIVE,
        value: size_power,
        slopes: |x, y| if x > 0.0 { slopes(x, y) } else { [0.0; 5] },
        lower: polynomial!(x, y => functions::pow(x, y), size_power),
        derivative_x: |x, y, _, d| x.greater(x.constant(0.0)).select(d * (y * x.pow(y - 1.0)), d.constant(0.0)),
        derivative_y: |x, _, p, d| x.greater(x.constant(0.0)).select(d * (p * x.log()), d.constant(0.0)),
    }
}
