//! Activations that the compiler knows by name, because their derivative or their stable form is shorter than their definition.
//! All others (gelu, silu, elu …) are written in the prelude.
use super::lowering::{arithmetic, polynomial};
use super::row::{Again, Notation, Parity, Result, Tie, Zeros, rows};
use crate::vector::functions;

/// `1 / (1 + exp(-x))` without overflow at either end.
pub fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + libm::exp(-x))
    } else {
        let e = libm::exp(x);
        e / (1.0 + e)
    }
}

/// `log(1 + exp(x))` without overflow.
pub fn softplus(x: f64) -> f64 {
    x.max(0.0) + libm::log1p(libm::exp(-x.abs()))
}

rows! { UNARY: Unary;
    RELU {
        name: "relu",
        doc: "max(0, x); relu'(0) = 0",
        notation: Notation::Call,
        spelled: None,
        result: Result::Real,
        samples: (-10.0, 10.0),
        kinks: &[0.0],
        tie: Tie::Neither,
        zeros: Zeros::Stay,
        scale: None,
        parity: Parity::Neither,
        stops: false,
        again: Again::Everywhere,
        range: |x| x.rising(|v| v.max(0.0)),
        value: |x| if x > 0.0 || x.is_nan() { x } else { 0.0 },
        slopes: |x| [f64::from(u8::from(x > 0.0)), 0.0],
        lower: arithmetic!(x => x.constant(0.0).max(x)),
        derivative: |x, _, d| x.greater(x.constant(0.0)).select(d, d.constant(0.0)),
    }
    SIGMOID {
        name: "sigmoid",
        doc: "1 / (1 + exp(-x)), the logistic function",
        notation: Notation::Call,
        spelled: None,
        result: Result::Real,
        samples: (-10.0, 10.0),
        kinks: &[],
        tie: Tie::Nowhere,
        zeros: Zeros::Lost,
        scale: None,
        parity: Parity::Neither,
        stops: false,
        again: Again::Never,
        range: |x| x.rising(sigmoid),
        value: sigmoid,
        slopes: |x| { let s = sigmoid(x) * sigmoid(-x); [s, s * (sigmoid(-x) - sigmoid(x))] },
        lower: polynomial!(x => functions::sigmoid(x), sigmoid),
        derivative: |_, y, d| d * (y * (1.0 - y)),
    }
    SOFTPLUS {
        name: "softplus",
        doc: "log(1 + exp(x))",
        notation: Notation::Call,
        spelled: None,
        result: Result::Real,
        samples: (-10.0, 10.0),
        kinks: &[],
        tie: Tie::Nowhere,
        zeros: Zeros::Lost,
        scale: None,
        parity: Parity::Neither,
        stops: false,
        again: Again::Never,
        range: |x| x.rising(softplus),
        value: softplus,
        slopes: |x| [sigmoid(x), sigmoid(x) * sigmoid(-x)],
        lower: polynomial!(x => functions::softplus(x), softplus),
        derivative: |x, _, d| d * x.sigmoid(),
    }
}
