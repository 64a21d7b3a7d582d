//! `exp` and `expm1`.

use super::super::lanes::{BitLanes, Lanes};
use super::{COUNTS_ONES, LN2_HIGH, LN2_LOW, polynomial};

pub const EXP_ULP: f64 = 1.1;
pub const EXPM1_ULP: f64 = 1.6;

/// `e^x` is finite up to here.
const LARGEST: f64 = 88.72283172607422;
/// `e^x` is a normal number from here.
const SMALLEST: f64 = -87.33654022216797;

/// `e^x`; 0 where that is below the normal range.
#[inline(always)]
pub fn exp<L: Lanes>(x: L) -> L {
    let y = exp_corrected(x, x.constant(0.0));
    L::select(x.greater(x.constant(LARGEST)), x.constant(f64::INFINITY), y)
}

/// `e^(x + rest)` where it does not overflow, else any value; `rest` is a correction below the last bit of `x`.
#[inline(always)]
pub(super) fn exp_corrected<L: Lanes>(x: L, rest: L) -> L {
    let Reduced { remainder, integer } = reduce(x);
    let r = remainder + rest;
    let r2 = r * r;
    let q = polynomial(
        r,
        [0.4999999403953552, 0.1666652113199234, 0.04166826233267784, 0.00836867094039917, 0.0013820999301970005],
    );
    let mantissa = q.mul_add(r2, r) + x.constant(1.0);
    // Adding to the exponent's bits multiplies by 2^integer, as the answer is a normal number.
    let y = L::from_bits(mantissa.to_bits() + integer.shift_left(23));
    // `max` hands on a NaN.
    L::select(x.constant(SMALLEST).less_equal(x), y, x.constant(0.0).max(x))
}

/// `e^x − 1`, with the sign of `x`, also of a zero.
#[inline(always)]
pub fn expm1<L: Lanes>(x: L) -> L {
    let quarter = quarter_of_expm1(x);
    (quarter * x.constant(4.0)).copy_sign(x)
}

/// `(e^x − 1) / 4`, which is finite however large `x`, as it stops at 89.5.
#[inline(always)]
pub(super) fn quarter_of_expm1<L: Lanes>(x: L) -> L {
    // Below -25 it is −1/4 to the last bit; at 89.5 twice of it is infinite. The order of the operands hands on a NaN.
    let x = x.constant(89.5).min(x.constant(-25.0).max(x));
    let Reduced { remainder: r, integer } = reduce(x);
    let q = polynomial(
        r,
        [0.4999999701976776, 0.1666654646396637, 0.04166744276881218, 0.008366252295672894, 0.0013869943795725703],
    );
    let y = q.mul_add(r * r, r);
    // 2^(integer − 2)
    let scale = L::from_bits(integer.shift_left(23) + integer.constant(0x3e80_0000));
    y.mul_add(scale, scale - x.constant(0.25))
}

struct Reduced<L: Lanes> {
    /// In [-ln 2 / 2, ln 2 / 2].
    remainder: L,
    /// A whole number in the lowest nine bits, with anything above them.
    integer: L::Bits,
}

/// `x = integer · ln 2 + remainder`, for |x| below 2^8.
#[inline(always)]
fn reduce<L: Lanes>(x: L) -> Reduced<L> {
    let counted = x.mul_add(x.constant(std::f64::consts::LOG2_E), x.constant(COUNTS_ONES));
    let n = counted - x.constant(COUNTS_ONES);
    let remainder = n.mul_add(x.constant(-LN2_LOW), n.mul_add(x.constant(-LN2_HIGH), x));
    Reduced { remainder, integer: counted.to_bits() }
}
