//! `log` and `log1p`.

use super::super::lanes::{BitLanes, Lanes};
use super::{LN2_HIGH, LN2_LOW, SMALLEST_NORMAL, polynomial};

pub const LOG_ULP: f64 = 1.0;
pub const LOG1P_ULP: f64 = 1.5;

/// The natural logarithm: −∞ of 0, NaN below.
#[inline(always)]
pub fn log<L: Lanes>(x: L) -> L {
    let Split { fraction, exponent, .. } = split(x);
    at_the_ends(x, log_of_split(fraction, exponent))
}

/// `log(1 + x)`, with the sign of `x`, also of a zero: −∞ of −1, NaN below.
#[inline(always)]
pub fn log1p<L: Lanes>(x: L) -> L {
    let one = x.constant(1.0);
    let sum = one + x;
    // What the sum lost, exactly (Knuth's two-sum).
    let back = sum - one;
    let lost = (x - back) + (one - (sum - back));
    at_the_ends(sum, log_of_sum(sum, lost)).copy_sign(x)
}

/// `log(sum + lost)`, where `lost` is below the last bit of `sum`, a positive normal number.
#[inline(always)]
pub(super) fn log_of_sum<L: Lanes>(sum: L, lost: L) -> L {
    let Split { fraction, exponent, bits } = split(sum);
    // Beyond 2^26 nothing is lost that matters, and 2^-exponent might not be a number.
    let scale = L::from_bits(bits.constant(0x3f80_0000) - bits);
    let scale = L::select(sum.less(sum.constant(67108864.0)), scale, sum.constant(0.0));
    log_of_split(lost.mul_add(scale, fraction), exponent)
}

/// Zero, infinity, NaN and what has no logarithm.
#[inline(always)]
fn at_the_ends<L: Lanes>(x: L, y: L) -> L {
    let smallest = x.constant(SMALLEST_NORMAL);
    let below = L::select(x.abs().less(smallest), x.constant(f64::NEG_INFINITY), x.constant(f64::NAN));
    let y = L::select(x.less(x.constant(f64::INFINITY)), y, x);
    L::select(x.less(smallest), below, y)
}

pub(super) struct Split<L: Lanes> {
    /// In [√½ − 1, √2 − 1].
    pub fraction: L,
    /// A whole number.
    pub exponent: L,
    /// The exponent where a float has it: shifted left by 23.
    pub bits: L::Bits,
}

/// `x = 2^exponent · (1 + fraction)` for a positive normal number.
#[inline(always)]
pub(super) fn split<L: Lanes>(x: L) -> Split<L> {
    let bits = x.to_bits();
    // The bits of √½, so that the mantissa is taken from there on.
    let exponent = (bits - bits.constant(0x3f35_04f3)).shift_right(23);
    let shifted = exponent.shift_left(23);
    let fraction = L::from_bits(bits - shifted) - x.constant(1.0);
    Split { fraction, exponent: L::from_integer(exponent), bits: shifted }
}

/// `exponent · ln 2 + log(1 + fraction)`.
#[inline(always)]
fn log_of_split<L: Lanes>(fraction: L, exponent: L) -> L {
    let square = fraction * fraction;
    let y = cubic_rest(fraction) * (square * fraction);
    let y = exponent.mul_add(y.constant(LN2_LOW), y);
    let y = square.mul_add(y.constant(-0.5), y);
    exponent.mul_add(y.constant(LN2_HIGH), fraction + y)
}

/// `(log(1 + f) − f + f²/2) / f³` for `f` in [√½ − 1, √2 − 1].
#[inline(always)]
pub(super) fn cubic_rest<L: Lanes>(f: L) -> L {
    polynomial(
        f,
        [
            0.3333333134651184,
            -0.2500081956386566,
            0.2000124156475067,
            -0.166234090924263,
            0.14201582968235016,
            -0.1315961629152298,
            0.1276218295097351,
            -0.07636362314224243,
        ],
    )
}
