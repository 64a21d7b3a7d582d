//! Lanes: what a straight-line numeric function may do with a vector of floats of unspecified width.
//!
//! A function generic over [`Lanes`] is written once and runs on sixteen, eight, four or two numbers at a time, and on a
//! symbolic handle that writes down kernel IR instead of computing. Three rules follow from that last use:
//! there is no width, there are no branches (only [`Lanes::select`]), and a constant is made from a value that already
//! exists (`x.constant(2.0)`), because a handle needs to know into which kernel it belongs.

use std::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Neg, Not, Sub};

/// A vector of `f32` or of `f64`, of any width, or a handle that stands for one.
///
/// Arithmetic is IEEE 754, rounded to nearest even, lane by lane.
pub trait Lanes:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self> + Neg<Output = Self>
{
    /// The answer of a comparison, one truth value a lane.
    type Mask: MaskLanes;
    /// Signed integers as wide as the floats: `i32` beside `f32`, `i64` beside `f64`.
    type Bits: BitLanes<Mask = Self::Mask>;

    /// `value`, rounded to the lane's type, in every lane. Nothing of `self` is used but where it lives.
    fn constant(self, value: f64) -> Self;

    /// `self · factor + addend`. Fused (one rounding) wherever the processor has it; see the portable lanes for the rest.
    fn mul_add(self, factor: Self, addend: Self) -> Self;

    fn abs(self) -> Self;

    /// The correctly rounded square root; NaN below zero, `-0` of `-0`.
    fn sqrt(self) -> Self;

    /// `if self < other { self } else { other }`: so `other` where either is NaN, and of two zeros.
    /// `c.min(x)` hands on a NaN of `x`, `x.min(c)` hides it.
    fn min(self, other: Self) -> Self;

    /// `if self > other { self } else { other }`: so `other` where either is NaN, and of two zeros.
    /// `c.max(x)` hands on a NaN of `x`, `x.max(c)` hides it.
    fn max(self, other: Self) -> Self;

    fn floor(self) -> Self;

    /// The nearest whole number, ties to the even one. Keeps the sign of a zero.
    fn round_even(self) -> Self;

    /// The magnitude of `self` with the sign bit of `sign`.
    fn copy_sign(self, sign: Self) -> Self;

    /// False where either is NaN.
    fn equal(self, other: Self) -> Self::Mask;

    /// False where either is NaN.
    fn less(self, other: Self) -> Self::Mask;

    /// False where either is NaN.
    fn less_equal(self, other: Self) -> Self::Mask;

    /// `then` where the mask holds, else `otherwise`. The lane not chosen has no effect, not even as a NaN.
    fn select(mask: Self::Mask, then: Self, otherwise: Self) -> Self;

    /// The same bits, read as an integer.
    fn to_bits(self) -> Self::Bits;

    /// The same bits, read as a float.
    fn from_bits(bits: Self::Bits) -> Self;

    /// A float that is a whole number, as an integer. Any value at all, but no trap, where it is not whole, is NaN, or
    /// its magnitude exceeds 2^30 (`f32`) or 2^51 (`f64`).
    fn to_integer(self) -> Self::Bits;

    /// An integer as a float. Any value at all where its magnitude exceeds 2^51 (`f64`).
    fn from_integer(integer: Self::Bits) -> Self;

    /// `1 / self`, within [`RECIPROCAL_ULP`] where the answer is a normal number. Infinite of zero, zero of infinity.
    #[inline(always)]
    fn reciprocal(self) -> Self {
        self.constant(1.0) / self
    }

    /// `1 / √self`, within [`RSQRT_ULP`]. Infinite of zero (with its sign), zero of infinity, NaN below zero.
    #[inline(always)]
    fn rsqrt(self) -> Self {
        self.constant(1.0) / self.sqrt()
    }

    #[inline(always)]
    fn ceil(self) -> Self {
        -(-self).floor()
    }

    /// False where either is NaN.
    #[inline(always)]
    fn greater(self, other: Self) -> Self::Mask {
        other.less(self)
    }

    /// False where either is NaN.
    #[inline(always)]
    fn greater_equal(self, other: Self) -> Self::Mask {
        other.less_equal(self)
    }

    #[inline(always)]
    fn is_nan(self) -> Self::Mask {
        !self.equal(self)
    }
}

/// Largest error of [`Lanes::reciprocal`] in units in the last place, where `self` and the answer are normal numbers.
pub const RECIPROCAL_ULP: f64 = 2.0;
/// Largest error of [`Lanes::rsqrt`] in units in the last place, where `self` is a normal number.
pub const RSQRT_ULP: f64 = 2.0;

/// Truth values, one a lane.
pub trait MaskLanes: Copy + BitAnd<Output = Self> + BitOr<Output = Self> + Not<Output = Self> {}

/// Signed integers, one a lane, as wide as the floats beside them. Sums and differences wrap.
pub trait BitLanes:
    Copy + Add<Output = Self> + Sub<Output = Self> + BitAnd<Output = Self> + BitOr<Output = Self> + BitXor<Output = Self>
{
    type Mask: MaskLanes;

    /// `value`, cut to the lane's width, in every lane.
    fn constant(self, value: i64) -> Self;

    /// By the same number of places in every lane; `places` is below the lane's width.
    fn shift_left(self, places: u32) -> Self;

    /// With the sign carried along (an arithmetic shift).
    fn shift_right(self, places: u32) -> Self;

    fn equal(self, other: Self) -> Self::Mask;
}
