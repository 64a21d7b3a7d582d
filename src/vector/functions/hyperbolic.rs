//! `tanh`, `sinh`, `cosh` and what is made of them in networks: `sigmoid` and `softplus`.

use super::super::lanes::Lanes;
use super::exponential::{exp_corrected, quarter_of_expm1};
use super::logarithm::log_of_sum;

pub const TANH_ULP: f64 = 2.6;
pub const SINH_ULP: f64 = 2.5;
pub const COSH_ULP: f64 = 2.0;
pub const SIGMOID_ULP: f64 = 2.5;
pub const SOFTPLUS_ULP: f64 = 2.0;

/// `−t / (2 + t)` with `t = e^(−2|x|) − 1`, and the sign of `x`: accurate to the last bits also beside 0.
#[inline(always)]
pub fn tanh<L: Lanes>(x: L) -> L {
    let quarter = quarter_of_expm1(x.abs() * x.constant(-2.0));
    (quarter / (quarter + x.constant(0.5))).copy_sign(x)
}

/// `(t + t / (1 + t)) / 2` with `t = e^|x| − 1`, and the sign of `x`.
#[inline(always)]
pub fn sinh<L: Lanes>(x: L) -> L {
    let quarter = quarter_of_expm1(x.abs());
    let exponential = quarter.mul_add(x.constant(4.0), x.constant(1.0));
    let half = quarter + quarter / exponential;
    (half + half).copy_sign(x)
}

/// `(e^|x| + e^−|x|) / 2`.
#[inline(always)]
pub fn cosh<L: Lanes>(x: L) -> L {
    let quarter = quarter_of_expm1(x.abs());
    let exponential = quarter.mul_add(x.constant(4.0), x.constant(1.0));
    let half = x.constant(0.5);
    (quarter + quarter) + (half + half / exponential)
}

/// `1 / (1 + e^−x)`, with full accuracy also where it is near 0; 0 where it is below the normal range.
#[inline(always)]
pub fn sigmoid<L: Lanes>(x: L) -> L {
    let (zero, one) = (x.constant(0.0), x.constant(1.0));
    let exponential = exp_corrected(-x.abs(), zero);
    L::select(x.less(zero), exponential, one) / (one + exponential)
}

/// `log(1 + e^x)` as `max(x, 0) + log1p(e^−|x|)`.
#[inline(always)]
pub fn softplus<L: Lanes>(x: L) -> L {
    let (zero, one) = (x.constant(0.0), x.constant(1.0));
    let exponential = exp_corrected(-x.abs(), zero);
    let sum = one + exponential;
    // `max` hands on a NaN.
    zero.max(x) + log_of_sum(sum, exponential - (sum - one))
}
