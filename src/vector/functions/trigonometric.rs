//! `sin`, `cos` and `tan`.

use super::super::lanes::{BitLanes, Lanes};
use super::{COUNTS_ONES, polynomial};

pub const SIN_ULP: f64 = 2.5;
pub const COS_ULP: f64 = 2.5;
pub const TAN_ULP: f64 = 4.0;

/// The errors hold for arguments up to here, 2^20, where neighbouring `f32` are an eighth of a radian apart. Beyond, the
/// sine and cosine are some number in [−1, 1].
pub const TRIGONOMETRIC_LIMIT: f64 = 1048576.0;

/// NaN of infinity.
#[inline(always)]
pub fn sin<L: Lanes>(x: L) -> L {
    let Reduced { remainder, quarters } = reduce(x);
    in_quarter(remainder, quarters)
}

/// NaN of infinity.
#[inline(always)]
pub fn cos<L: Lanes>(x: L) -> L {
    let Reduced { remainder, quarters } = reduce(x);
    in_quarter(remainder, quarters + quarters.constant(1))
}

/// `sin x / cos x`. NaN of infinity.
#[inline(always)]
pub fn tan<L: Lanes>(x: L) -> L {
    let Reduced { remainder, quarters } = reduce(x);
    let (sine, cosine) = (sine(remainder), cosine(remainder));
    let even = is_even(quarters);
    L::select(even, sine, -cosine) / L::select(even, cosine, sine)
}

struct Reduced<L: Lanes> {
    /// In [-π/4, π/4], or a little outside where the argument is large.
    remainder: L,
    /// A whole number in the lowest bits, with anything above them.
    quarters: L::Bits,
}

/// `x = quarters · π/2 + remainder` (Cody and Waite). Fused products keep the differences exact; the three parts of π/2
/// are all positive, so that −0 stays −0.
#[inline(always)]
fn reduce<L: Lanes>(x: L) -> Reduced<L> {
    let counted = x.mul_add(x.constant(std::f64::consts::FRAC_2_PI), x.constant(COUNTS_ONES));
    let n = counted - x.constant(COUNTS_ONES);
    let r = n.mul_add(x.constant(-1.570796251296997), x);
    let r = n.mul_add(x.constant(-7.549789415861596e-08), r);
    let r = n.mul_add(x.constant(-5.390302529957765e-15), r);
    // Of no effect up to the limit. The order of the operands hands on a NaN.
    let remainder = x.constant(LARGEST_REMAINDER).min(x.constant(-LARGEST_REMAINDER).max(r));
    Reduced { remainder, quarters: counted.to_bits() }
}

/// 1.07 · π/4: up to here the polynomials are good.
const LARGEST_REMAINDER: f64 = 0.8403760;

/// `sin(remainder + quarters · π/2)`.
#[inline(always)]
fn in_quarter<L: Lanes>(remainder: L, quarters: L::Bits) -> L {
    let y = L::select(is_even(quarters), sine(remainder), cosine(remainder));
    let sign = (quarters & quarters.constant(2)).shift_left(30);
    L::from_bits(y.to_bits() ^ sign)
}

#[inline(always)]
fn is_even<L: BitLanes>(quarters: L) -> L::Mask {
    (quarters & quarters.constant(1)).equal(quarters.constant(0))
}

#[inline(always)]
fn sine<L: Lanes>(r: L) -> L {
    let r2 = r * r;
    let p = polynomial(r2, [-0.16666647791862488, 0.008331755176186562, -0.0001946351258084178]);
    // The sign is lost where r is −0.
    (p * r2).mul_add(r, r).copy_sign(r)
}

#[inline(always)]
fn cosine<L: Lanes>(r: L) -> L {
    let r2 = r * r;
    let p = polynomial(r2, [0.04166663438081741, -0.0013886797241866589, 2.4377153749810532e-05]);
    let half = r2.mul_add(r.constant(-0.5), r.constant(1.0));
    (p * r2).mul_add(r2, half)
}
