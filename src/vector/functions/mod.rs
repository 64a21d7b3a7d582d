//! Elementary functions of `f32`, written once over [`Lanes`]: polynomials with a stated error.
//!
//! Each error is in units in the last place of the answer (ulp, half of which is the best possible) and holds on every
//! path. Those of one argument were measured over all 2^32 arguments on AVX-512; the tests sample them on each path.
//!
//! Two rules are common to all. A NaN goes in and out. An argument below the normal range counts as zero where the
//! answer is not the argument itself, and an answer below four times the smallest normal number may be zero or less
//! exact: where kernels run the processor flushes such numbers anyway (see [`FlushToZero`](super::FlushToZero)).
//! For `f64` there is the `libm` crate.
//!
//! The polynomials are minimax fits (Lawson's algorithm), rounded to `f32` one coefficient after the other.

mod error_function;
mod exponential;
mod hyperbolic;
mod inverse;
mod logarithm;
mod power;
mod trigonometric;

pub use error_function::{ERF_ULP, erf};
pub use exponential::{EXP_ULP, EXPM1_ULP, exp, expm1};
pub use hyperbolic::{COSH_ULP, SIGMOID_ULP, SINH_ULP, SOFTPLUS_ULP, TANH_ULP, cosh, sigmoid, sinh, softplus, tanh};
pub use inverse::{ACOS_ULP, ASIN_ULP, ATAN_ULP, ATAN2_ULP, acos, asin, atan, atan2};
pub use logarithm::{LOG_ULP, LOG1P_ULP, log, log1p};
pub use power::{POW_ULP, pow};
pub use trigonometric::{COS_ULP, SIN_ULP, TAN_ULP, TRIGONOMETRIC_LIMIT, cos, sin, tan};

use super::lanes::Lanes;

/// `c[0] + c[1] x + c[2] x² + …`, by Horner's rule.
#[inline(always)]
fn polynomial<L: Lanes, const N: usize>(x: L, coefficients: [f64; N]) -> L {
    let mut sum = x.constant(coefficients[N - 1]);
    let mut i = N - 1;
    while i > 0 {
        i -= 1;
        sum = sum.mul_add(x, x.constant(coefficients[i]));
    }
    sum
}

/// ln 2 in two parts; the first has 15 bits, so that its product with a small whole number is exact.
const LN2_HIGH: f64 = 0.693145751953125;
const LN2_LOW: f64 = 1.428606765330187e-06;

/// The smallest normal `f32`, 2^-126.
const SMALLEST_NORMAL: f64 = f32::MIN_POSITIVE as f64;

/// 1.5 · 2^23: beside it the last bits of an `f32` count ones, so adding it rounds and leaves the whole number there.
const COUNTS_ONES: f64 = 12582912.0;

#[cfg(test)]
mod tests;
