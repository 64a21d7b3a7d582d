//! Losses of two numbers that have a stable form or a short derivative of their own.
use super::lowering::{polynomial, weighted_log as lanes_log};
use super::row::{Again, Linearity, Notation, Result, Tie, Zeros, rows};
use super::{Interval, activation};
use crate::vector::functions;

/// `0 log 0 = 0`.
fn weighted_log(weight: f64, x: f64) -> f64 {
    if weight == 0.0 { 0.0 } else { weight * libm::log(x) }
}

fn binary_cross_entropy(p: f64, t: f64) -> f64 {
    -weighted_log(t, p) - weighted_log(1.0 - t, 1.0 - p)
}

fn logistic_loss(z: f64, t: f64) -> f64 {
    activation::softplus(z) - z * t
}

rows! { BINARY: Binary;
    BINARY_CROSS_ENTROPY {
        name: "binary_cross_entropy",
        doc: "-t log(p) - (1 - t) log(1 - p): of a probability p and a target t in 0..1",
        notation: Notation::Call,
        spelled: None,
        result: Result::Real,
        samples: [(0.05, 0.95), (0.0, 1.0)],
        kink: |_, _| false,
        tie: Tie::Nowhere,
        zeros: Zeros::Lost,
        linear: Linearity::No,
        repeats: None,
        whole: None,
        again: Again::Never,
        commutative: false,
        range: |_, _| Interval::NONNEGATIVE,
        value: binary_cross_entropy,
        slopes: |p, t| { let q = 1.0 - p; [(1.0 - t) / q - t / p, libm::log(q) - libm::log(p), t / (p * p) + (1.0 - t) / (q * q), -1.0 / p - 1.0 / q, 0.0] },
        lower: polynomial!(p, t => -lanes_log(t, p) - lanes_log(t.constant(1.0) - t, p.constant(1.0) - p), binary_cross_entropy),
        derivative_x: |p, t, _, d| d * (p - t) / (p * (1.0 - p)),
        derivative_y: |p, _, _, d| d * ((1.0 - p).log() - p.log()),
    }
    /// The stable form of `binary_cross_entropy(sigmoid(z), t)`: `softplus(z) - z t`.
    LOGISTIC_LOSS {
        name: "logistic_loss",
        doc: "binary_cross_entropy(sigmoid(z), t), computed as softplus(z) - z t",
        notation: Notation::Call,
        spelled: None,
        result: Result::Real,
        samples: [(-10.0, 10.0), (0.0, 1.0)],
        kink: |_, _| false,
        tie: Tie::Nowhere,
        zeros: Zeros::Lost,
        linear: Linearity::No,
        repeats: None,
        whole: None,
        again: Again::Never,
        commutative: false,
        range: |_, _| Interval::NONNEGATIVE,
        value: logistic_loss,
        slopes: |z, t| { let s = activation::sigmoid(z); [s - t, -z, s * activation::sigmoid(-z), -1.0, 0.0] },
        lower: polynomial!(z, t => functions::softplus(z) - z * t, logistic_loss),
        derivative_x: |z, t, _, d| d * (z.sigmoid() - t),
        derivative_y: |z, _, _, d| -(d * z),
    }
}
