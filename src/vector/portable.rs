//! Lanes of 128 bits as plain arrays, for processors without AVX2: four `f32` or two `f64`.
//!
//! The compiler turns the loops into whatever vectors the target has. Results are those of the AVX lanes, except that a
//! product and a sum of `f64` are rounded apart where the target has no fused instruction.

use std::array::from_fn;
use std::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Neg, Not, Sub};

use super::lanes::{BitLanes, Lanes, MaskLanes};
use super::machine::Vector;

/// Whether every processor of the target that this program was compiled for multiplies and adds in one instruction.
const HAS_FMA: bool = cfg!(any(target_feature = "fma", target_arch = "aarch64"));

/// Truth values.
#[derive(Clone, Copy)]
pub struct MaskArray<const N: usize>([bool; N]);

impl<const N: usize> BitAnd for MaskArray<N> {
    type Output = Self;
    #[inline(always)]
    fn bitand(self, other: Self) -> Self {
        MaskArray(from_fn(|lane| self.0[lane] & other.0[lane]))
    }
}

impl<const N: usize> BitOr for MaskArray<N> {
    type Output = Self;
    #[inline(always)]
    fn bitor(self, other: Self) -> Self {
        MaskArray(from_fn(|lane| self.0[lane] | other.0[lane]))
    }
}

impl<const N: usize> Not for MaskArray<N> {
    type Output = Self;
    #[inline(always)]
    fn not(self) -> Self {
        MaskArray(from_fn(|lane| !self.0[lane]))
    }
}

impl<const N: usize> MaskLanes for MaskArray<N> {}

/// Operators of a wrapper of an array, lane by lane.
macro_rules! operators {
    ($type:ident: $($trait:ident $method:ident $operation:expr),*) => {$(
        impl $trait for $type {
            type Output = $type;
            #[inline(always)]
            fn $method(self, other: $type) -> $type {
                $type(from_fn(|lane| $operation(self.0[lane], other.0[lane])))
            }
        }
    )*};
}

/// The floats and integers of one width.
macro_rules! lanes {
    ($float:ident $element:ident, $bits:ident $integer:ident, $width:literal, $mul_add:expr) => {
        #[doc = concat!("Lanes of `", stringify!($element), "`.")]
        #[derive(Clone, Copy)]
        pub struct $float([$element; $width]);

        #[doc = concat!("Lanes of `", stringify!($integer), "`.")]
        #[derive(Clone, Copy)]
        pub struct $bits([$integer; $width]);

        operators!($float: Add add $element::add, Sub sub $element::sub, Mul mul $element::mul, Div div $element::div);
        operators!($bits: Add add $integer::wrapping_add, Sub sub $integer::wrapping_sub);
        operators!($bits: BitAnd bitand $integer::bitand, BitOr bitor $integer::bitor, BitXor bitxor $integer::bitxor);

        impl Neg for $float {
            type Output = $float;
            #[inline(always)]
            fn neg(self) -> $float {
                $float(self.0.map(|x| -x))
            }
        }

        impl BitLanes for $bits {
            type Mask = MaskArray<$width>;

            #[inline(always)]
            fn constant(self, value: i64) -> Self {
                $bits([value as $integer; $width])
            }

            #[inline(always)]
            fn shift_left(self, places: u32) -> Self {
                $bits(self.0.map(|x| x << places))
            }

            #[inline(always)]
            fn shift_right(self, places: u32) -> Self {
                $bits(self.0.map(|x| x >> places))
            }

            #[inline(always)]
            fn equal(self, other: Self) -> Self::Mask {
                MaskArray(from_fn(|lane| self.0[lane] == other.0[lane]))
            }
        }

        impl Lanes for $float {
            type Mask = MaskArray<$width>;
            type Bits = $bits;

            #[inline(always)]
            fn constant(self, value: f64) -> Self {
                $float([value as $element; $width])
            }

            #[inline(always)]
            fn mul_add(self, factor: Self, addend: Self) -> Self {
                $float(from_fn(|lane| $mul_add(self.0[lane], factor.0[lane], addend.0[lane])))
            }

            #[inline(always)]
            fn abs(self) -> Self {
                $float(self.0.map($element::abs))
            }

            #[inline(always)]
            fn sqrt(self) -> Self {
                $float(self.0.map($element::sqrt))
            }

            #[inline(always)]
            fn min(self, other: Self) -> Self {
                Self::select(self.less(other), self, other)
            }

            #[inline(always)]
            fn max(self, other: Self) -> Self {
                Self::select(other.less(self), self, other)
            }

            #[inline(always)]
            fn floor(self) -> Self {
                let nearest = self.round_even();
                let above = Self::select(self.less(nearest), self.constant(1.0), self.constant(0.0));
                (nearest - above).copy_sign(self)
            }

            /// Adding and subtracting 2^(digits - 1) rounds; a call of the C library for each lane would be slow.
            #[inline(always)]
            fn round_even(self) -> Self {
                let whole_from = self.constant((1u64 << ($element::MANTISSA_DIGITS - 1)) as f64);
                let rounded = (self.abs() + whole_from) - whole_from;
                Self::select(self.abs().less(whole_from), rounded.copy_sign(self), self)
            }

            #[inline(always)]
            fn copy_sign(self, sign: Self) -> Self {
                $float(from_fn(|lane| self.0[lane].copysign(sign.0[lane])))
            }

            #[inline(always)]
            fn equal(self, other: Self) -> Self::Mask {
                MaskArray(from_fn(|lane| self.0[lane] == other.0[lane]))
            }

            #[inline(always)]
            fn less(self, other: Self) -> Self::Mask {
                MaskArray(from_fn(|lane| self.0[lane] < other.0[lane]))
            }

            #[inline(always)]
            fn less_equal(self, other: Self) -> Self::Mask {
                MaskArray(from_fn(|lane| self.0[lane] <= other.0[lane]))
            }

            #[inline(always)]
            fn select(mask: Self::Mask, then: Self, otherwise: Self) -> Self {
                $float(from_fn(|lane| if mask.0[lane] { then.0[lane] } else { otherwise.0[lane] }))
            }

            #[inline(always)]
            fn to_bits(self) -> $bits {
                $bits(self.0.map(|x| x.to_bits() as $integer))
            }

            #[inline(always)]
            fn from_bits(bits: $bits) -> Self {
                $float(bits.0.map(|x| $element::from_bits(x as _)))
            }

            #[inline(always)]
            fn to_integer(self) -> $bits {
                $bits(self.0.map(|x| x as $integer))
            }

            #[inline(always)]
            fn from_integer(integer: $bits) -> Self {
                $float(integer.0.map(|x| x as $element))
            }
        }

        // SAFETY: any processor of the target runs these.
        unsafe impl Vector for $float {
            type Element = $element;
            const WIDTH: usize = $width;
            const FREE_MASKS: bool = false;

            #[inline(always)]
            unsafe fn splat(value: $element) -> Self {
                $float([value; $width])
            }

            #[inline(always)]
            unsafe fn load(from: *const $element) -> Self {
                // SAFETY: the caller promises `WIDTH` elements at `from`.
                $float(unsafe { from.cast::<[$element; $width]>().read_unaligned() })
            }

            #[inline(always)]
            unsafe fn load_first(from: *const $element, count: usize) -> Self {
                // SAFETY: the caller promises `count` elements at `from`.
                $float(from_fn(|lane| if lane < count { unsafe { *from.add(lane) } } else { 0.0 }))
            }

            #[inline(always)]
            unsafe fn store(self, to: *mut $element) {
                // SAFETY: the caller promises `WIDTH` elements at `to`.
                unsafe { to.cast::<[$element; $width]>().write_unaligned(self.0) }
            }

            #[inline(always)]
            unsafe fn store_first(self, to: *mut $element, count: usize) {
                for (lane, value) in self.0.into_iter().enumerate().take(count) {
                    // SAFETY: the caller promises `count` elements at `to`.
                    unsafe { *to.add(lane) = value }
                }
            }

            #[inline(always)]
            fn multiply_accumulate(self, factor: Self, sum: Self) -> Self {
                if HAS_FMA { self.mul_add(factor, sum) } else { self * factor + sum }
            }
        }
    };
}

lanes!(F32x4 f32, I32x4 i32, 4, fused_f32);
lanes!(F64x2 f64, I64x2 i64, 2, fused_f64);

/// Rounded once, as good as always: the product is exact in f64, and only the sum's second rounding, to f32, can meet a
/// tie that is none. The functions need this exactness; products of matrices use `multiply_accumulate` instead.
#[inline(always)]
fn fused_f32(x: f32, y: f32, z: f32) -> f32 {
    if HAS_FMA { x.mul_add(y, z) } else { (f64::from(x) * f64::from(y) + f64::from(z)) as f32 }
}

/// Rounded twice where the target has no such instruction: the C library's would take thirty times as long.
#[inline(always)]
fn fused_f64(x: f64, y: f64, z: f64) -> f64 {
    if HAS_FMA { x.mul_add(y, z) } else { x * y + z }
}
