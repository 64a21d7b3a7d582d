//! Lanes of 512 bits: sixteen `f32` or eight `f64` (AVX-512 F, DQ, VL, BW).

use std::arch::x86_64::*;
use std::ops::{BitAnd, BitOr, Not};

use super::lanes::{Lanes, MaskLanes};
use super::x86::{floats, integers, memory, operators};

/// Sixteen `f32`.
#[derive(Clone, Copy)]
pub struct F32x16(__m512);
/// Eight `f64`.
#[derive(Clone, Copy)]
pub struct F64x8(__m512d);
/// Sixteen `i32`.
#[derive(Clone, Copy)]
pub struct I32x16(__m512i);
/// Eight `i64`.
#[derive(Clone, Copy)]
pub struct I64x8(__m512i);
/// Sixteen truth values.
#[derive(Clone, Copy)]
pub struct Mask16(__mmask16);
/// Eight truth values.
#[derive(Clone, Copy)]
pub struct Mask8(__mmask8);

operators!(F32x16: Add add _mm512_add_ps, Sub sub _mm512_sub_ps, Mul mul _mm512_mul_ps, Div div _mm512_div_ps);
operators!(F64x8: Add add _mm512_add_pd, Sub sub _mm512_sub_pd, Mul mul _mm512_mul_pd, Div div _mm512_div_pd);
operators!(I32x16: Add add _mm512_add_epi32, Sub sub _mm512_sub_epi32);
operators!(I32x16: BitAnd bitand _mm512_and_si512, BitOr bitor _mm512_or_si512, BitXor bitxor _mm512_xor_si512);
operators!(I64x8: Add add _mm512_add_epi64, Sub sub _mm512_sub_epi64);
operators!(I64x8: BitAnd bitand _mm512_and_si512, BitOr bitor _mm512_or_si512, BitXor bitxor _mm512_xor_si512);

macro_rules! mask {
    ($type:ident) => {
        impl BitAnd for $type {
            type Output = $type;
            #[inline(always)]
            fn bitand(self, other: $type) -> $type {
                $type(self.0 & other.0)
            }
        }
        impl BitOr for $type {
            type Output = $type;
            #[inline(always)]
            fn bitor(self, other: $type) -> $type {
                $type(self.0 | other.0)
            }
        }
        impl Not for $type {
            type Output = $type;
            #[inline(always)]
            fn not(self) -> $type {
                $type(!self.0)
            }
        }
        impl MaskLanes for $type {}
    };
}
mask!(Mask16);
mask!(Mask8);

integers! { I32x16 of i32, Mask16;
    set _mm512_set1_epi32, left _mm512_sll_epi32;

    #[inline(always)]
    fn shift_right(self, places: u32) -> Self {
        // SAFETY: as in `constant`.
        I32x16(unsafe { _mm512_sra_epi32(self.0, _mm_cvtsi32_si128(places as i32)) })
    }

    #[inline(always)]
    fn equal(self, other: Self) -> Mask16 {
        // SAFETY: as in `constant`.
        Mask16(unsafe { _mm512_cmpeq_epi32_mask(self.0, other.0) })
    }
}

integers! { I64x8 of i64, Mask8;
    set _mm512_set1_epi64, left _mm512_sll_epi64;

    #[inline(always)]
    fn shift_right(self, places: u32) -> Self {
        // SAFETY: as in `constant`.
        I64x8(unsafe { _mm512_sra_epi64(self.0, _mm_cvtsi32_si128(places as i32)) })
    }

    #[inline(always)]
    fn equal(self, other: Self) -> Mask8 {
        // SAFETY: as in `constant`.
        Mask8(unsafe { _mm512_cmpeq_epi64_mask(self.0, other.0) })
    }
}

/// Comparisons into mask registers, selection by them, and conversions.
macro_rules! floats_with_masks {
    (
        $type:ident of $element:ident, $mask:ident, $bits:ident, set $set:ident, fma $fma:ident, sqrt $sqrt:ident,
        min $min:ident, max $max:ident, round $round:ident, to_bits $to_bits:ident, from_bits $from_bits:ident,
        compare $compare:ident, blend $blend:ident, to_integer $to_integer:ident, from_integer $from_integer:ident;
        $($own:item)*
    ) => {
        floats! { $type of $element, $mask, $bits;
            set $set, fma $fma, sqrt $sqrt, min $min, max $max, round $round, to_bits $to_bits, from_bits $from_bits;

            #[inline(always)]
            fn equal(self, other: Self) -> $mask {
                // SAFETY: as in `constant`.
                $mask(unsafe { $compare::<_CMP_EQ_OQ>(self.0, other.0) })
            }

            #[inline(always)]
            fn less(self, other: Self) -> $mask {
                // SAFETY: as in `constant`.
                $mask(unsafe { $compare::<_CMP_LT_OQ>(self.0, other.0) })
            }

            #[inline(always)]
            fn less_equal(self, other: Self) -> $mask {
                // SAFETY: as in `constant`.
                $mask(unsafe { $compare::<_CMP_LE_OQ>(self.0, other.0) })
            }

            #[inline(always)]
            fn select(mask: $mask, then: Self, otherwise: Self) -> Self {
                // SAFETY: as in `constant`.
                $type(unsafe { $blend(mask.0, otherwise.0, then.0) })
            }

            #[inline(always)]
            fn to_integer(self) -> $bits {
                // SAFETY: as in `constant`.
                $bits(unsafe { $to_integer(self.0) })
            }

            #[inline(always)]
            fn from_integer(integer: $bits) -> Self {
                // SAFETY: as in `constant`.
                $type(unsafe { $from_integer(integer.0) })
            }

            $($own)*
        }
    };
}

floats_with_masks! { F32x16 of f32, Mask16, I32x16, set _mm512_set1_ps, fma _mm512_fmadd_ps, sqrt _mm512_sqrt_ps,
    min _mm512_min_ps, max _mm512_max_ps, round _mm512_roundscale_ps, to_bits _mm512_castps_si512, from_bits _mm512_castsi512_ps,
    compare _mm512_cmp_ps_mask, blend _mm512_mask_blend_ps, to_integer _mm512_cvtps_epi32, from_integer _mm512_cvtepi32_ps;

    /// An estimate of 14 bits and a step of Newton's: about half the time of a division.
    #[inline(always)]
    fn reciprocal(self) -> Self {
        // SAFETY: as in `constant`.
        let estimate = F32x16(unsafe { _mm512_rcp14_ps(self.0) });
        let error = (-self).mul_add(estimate, self.constant(1.0));
        refined(estimate, error.mul_add(estimate, estimate))
    }

    /// An estimate of 14 bits and a step of Newton's: no square root and no division.
    #[inline(always)]
    fn rsqrt(self) -> Self {
        // SAFETY: as in `constant`.
        let estimate = F32x16(unsafe { _mm512_rsqrt14_ps(self.0) });
        let error = (-(self * estimate)).mul_add(estimate, self.constant(1.0));
        refined(estimate, (error * self.constant(0.5)).mul_add(estimate, estimate))
    }
}

floats_with_masks! { F64x8 of f64, Mask8, I64x8, set _mm512_set1_pd, fma _mm512_fmadd_pd, sqrt _mm512_sqrt_pd,
    min _mm512_min_pd, max _mm512_max_pd, round _mm512_roundscale_pd, to_bits _mm512_castpd_si512, from_bits _mm512_castsi512_pd,
    compare _mm512_cmp_pd_mask, blend _mm512_mask_blend_pd, to_integer _mm512_cvtpd_epi64, from_integer _mm512_cvtepi64_pd;
}

/// The step, but the estimate where the step is NaN: at zero, at infinity, and where the answer overflows.
#[inline(always)]
fn refined(estimate: F32x16, step: F32x16) -> F32x16 {
    F32x16::select(step.is_nan(), estimate, step)
}

memory! { F32x16 of f32, 16, free masks true;
    set _mm512_set1_ps, load _mm512_loadu_ps, store _mm512_storeu_ps,
    load_mask |from, count| _mm512_maskz_loadu_ps(first(count), from),
    store_mask |to, count, value| _mm512_mask_storeu_ps(to, first(count), value)
}
memory! { F64x8 of f64, 8, free masks true;
    set _mm512_set1_pd, load _mm512_loadu_pd, store _mm512_storeu_pd,
    load_mask |from, count| _mm512_maskz_loadu_pd(first(count) as __mmask8, from),
    store_mask |to, count, value| _mm512_mask_storeu_pd(to, first(count) as __mmask8, value)
}

/// A mask of the first `count` lanes.
#[inline(always)]
fn first(count: usize) -> __mmask16 {
    ((1u32 << count) - 1) as __mmask16
}
