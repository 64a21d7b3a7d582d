//! `pow`, for exponents that are not known when compiling.

use super::super::lanes::Lanes;
use super::exponential::exp_corrected;
use super::logarithm::{Split, cubic_rest, split};
use super::{LN2_HIGH, LN2_LOW, SMALLEST_NORMAL};

/// Where the answer is near the ends of the range; 2.5 where it is between 1/1000 and 1000.
pub const POW_ULP: f64 = 24.0;

/// `x^y` as `e^(y log x)`, the logarithm in two parts. Signs, zeros and infinities as IEEE 754 has them: a negative
/// number to a whole power has its sign, to any other NaN; `x^0` and `1^y` are 1. Infinite from 3.402e38.
#[inline(always)]
pub fn pow<L: Lanes>(x: L, y: L) -> L {
    let (zero, one, infinity) = (x.constant(0.0), x.constant(1.0), x.constant(f64::INFINITY));
    let base = x.abs();
    let (high, low) = log_in_two_parts(base);
    // A NaN and infinity are their own logarithms.
    let high = L::select(base.less(infinity), high, base);
    let high = L::select(base.less(x.constant(SMALLEST_NORMAL)), -infinity, high);

    let product = y * high;
    let rest = low.mul_add(y, y.mul_add(high, -product));
    let power = exp_corrected(product, rest);
    let power = L::select(product.greater(x.constant(LARGEST)), infinity, power);
    let power = L::select(base.equal(one) | y.equal(zero), one, power);

    let half = y * x.constant(0.5);
    let is_whole = y.floor().equal(y);
    let is_odd = is_whole & !half.floor().equal(half);
    let is_negative = one.copy_sign(x).less(zero);
    let power = L::select(is_negative & is_odd, -power, power);
    let has_no_root = x.less(zero) & base.less(infinity) & !is_whole;
    L::select(has_no_root, x.constant(f64::NAN), power)
}

/// A little below the logarithm of the largest number, so that the rest of the product cannot carry over it.
const LARGEST: f64 = 88.7227;

/// `log x` of a positive normal number as a sum of which the second part is below the last bit of the first.
#[inline(always)]
fn log_in_two_parts<L: Lanes>(x: L) -> (L, L) {
    let Split { fraction: f, exponent, .. } = split(x);
    let half = f * x.constant(0.5);
    let square = f * half;
    let square_rest = f.mul_add(half, -square);
    let near = f - square;
    let near_rest = ((f - near) - square) - square_rest;
    let multiple = exponent * x.constant(LN2_HIGH);
    let sum = multiple + near;
    let sum_rest = (multiple - sum) + near;
    let cubic = cubic_rest(f) * (f * f * f);
    let rest = exponent.mul_add(x.constant(LN2_LOW), cubic + (near_rest + sum_rest));
    let high = sum + rest;
    (high, (sum - high) + rest)
}
