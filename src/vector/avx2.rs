//! Lanes of 256 bits: eight `f32` or four `f64` (AVX2 and FMA).

use std::arch::x86_64::*;
use std::ops::Not;

use super::lanes::{Lanes, MaskLanes};
use super::x86::{floats, integers, memory, operators};

/// Eight `f32`.
#[derive(Clone, Copy)]
pub struct F32x8(__m256);
/// Four `f64`.
#[derive(Clone, Copy)]
pub struct F64x4(__m256d);
/// Eight `i32`.
#[derive(Clone, Copy)]
pub struct I32x8(__m256i);
/// Four `i64`.
#[derive(Clone, Copy)]
pub struct I64x4(__m256i);
/// Truth values of eight or four lanes: all bits of a lane, or none.
#[derive(Clone, Copy)]
pub struct Mask256(__m256i);

operators!(F32x8: Add add _mm256_add_ps, Sub sub _mm256_sub_ps, Mul mul _mm256_mul_ps, Div div _mm256_div_ps);
operators!(F64x4: Add add _mm256_add_pd, Sub sub _mm256_sub_pd, Mul mul _mm256_mul_pd, Div div _mm256_div_pd);
operators!(I32x8: Add add _mm256_add_epi32, Sub sub _mm256_sub_epi32);
operators!(I32x8: BitAnd bitand _mm256_and_si256, BitOr bitor _mm256_or_si256, BitXor bitxor _mm256_xor_si256);
operators!(I64x4: Add add _mm256_add_epi64, Sub sub _mm256_sub_epi64);
operators!(I64x4: BitAnd bitand _mm256_and_si256, BitOr bitor _mm256_or_si256, BitXor bitxor _mm256_xor_si256);
operators!(Mask256: BitAnd bitand _mm256_and_si256, BitOr bitor _mm256_or_si256);

impl Not for Mask256 {
    type Output = Mask256;
    #[inline(always)]
    fn not(self) -> Mask256 {
        // SAFETY: a value of this type exists only where the processor has its features.
        Mask256(unsafe { _mm256_xor_si256(self.0, _mm256_set1_epi32(-1)) })
    }
}

impl MaskLanes for Mask256 {}

integers! { I32x8 of i32, Mask256;
    set _mm256_set1_epi32, left _mm256_sll_epi32;

    #[inline(always)]
    fn shift_right(self, places: u32) -> Self {
        // SAFETY: as in `constant`.
        I32x8(unsafe { _mm256_sra_epi32(self.0, _mm_cvtsi32_si128(places as i32)) })
    }

    #[inline(always)]
    fn equal(self, other: Self) -> Mask256 {
        // SAFETY: as in `constant`.
        Mask256(unsafe { _mm256_cmpeq_epi32(self.0, other.0) })
    }
}

integers! { I64x4 of i64, Mask256;
    set _mm256_set1_epi64x, left _mm256_sll_epi64;

    /// AVX2 shifts 64 bits without the sign only, so the sign bit, where it lands, is spread by a carry.
    #[inline(always)]
    fn shift_right(self, places: u32) -> Self {
        // SAFETY: as in `constant`.
        let shifted = I64x4(unsafe { _mm256_srl_epi64(self.0, _mm_cvtsi32_si128(places as i32)) });
        let sign = self.constant((i64::MIN as u64 >> places) as i64);
        (shifted ^ sign) - sign
    }

    #[inline(always)]
    fn equal(self, other: Self) -> Mask256 {
        // SAFETY: as in `constant`.
        Mask256(unsafe { _mm256_cmpeq_epi64(self.0, other.0) })
    }
}

/// Comparisons into whole lanes and selection by them.
macro_rules! floats_with_masks {
    (
        $type:ident of $element:ident, $bits:ident, set $set:ident, fma $fma:ident, sqrt $sqrt:ident,
        min $min:ident, max $max:ident, round $round:ident, to_bits $to_bits:ident, from_bits $from_bits:ident,
        compare $compare:ident, blend $blend:ident;
        $($own:item)*
    ) => {
        floats! { $type of $element, Mask256, $bits;
            set $set, fma $fma, sqrt $sqrt, min $min, max $max, round $round, to_bits $to_bits, from_bits $from_bits;

            #[inline(always)]
            fn equal(self, other: Self) -> Mask256 {
                // SAFETY: as in `constant`.
                Mask256(unsafe { $to_bits($compare::<_CMP_EQ_OQ>(self.0, other.0)) })
            }

            #[inline(always)]
            fn less(self, other: Self) -> Mask256 {
                // SAFETY: as in `constant`.
                Mask256(unsafe { $to_bits($compare::<_CMP_LT_OQ>(self.0, other.0)) })
            }

            #[inline(always)]
            fn less_equal(self, other: Self) -> Mask256 {
                // SAFETY: as in `constant`.
                Mask256(unsafe { $to_bits($compare::<_CMP_LE_OQ>(self.0, other.0)) })
            }

            #[inline(always)]
            fn select(mask: Mask256, then: Self, otherwise: Self) -> Self {
                // SAFETY: as in `constant`.
                $type(unsafe { $blend(otherwise.0, then.0, $from_bits(mask.0)) })
            }

            $($own)*
        }
    };
}

floats_with_masks! { F32x8 of f32, I32x8, set _mm256_set1_ps, fma _mm256_fmadd_ps, sqrt _mm256_sqrt_ps,
    min _mm256_min_ps, max _mm256_max_ps, round _mm256_round_ps, to_bits _mm256_castps_si256, from_bits _mm256_castsi256_ps,
    compare _mm256_cmp_ps, blend _mm256_blendv_ps;

    #[inline(always)]
    fn to_integer(self) -> I32x8 {
        // SAFETY: as in `constant`.
        I32x8(unsafe { _mm256_cvtps_epi32(self.0) })
    }

    #[inline(always)]
    fn from_integer(integer: I32x8) -> Self {
        // SAFETY: as in `constant`.
        F32x8(unsafe { _mm256_cvtepi32_ps(integer.0) })
    }
}

floats_with_masks! { F64x4 of f64, I64x4, set _mm256_set1_pd, fma _mm256_fmadd_pd, sqrt _mm256_sqrt_pd,
    min _mm256_min_pd, max _mm256_max_pd, round _mm256_round_pd, to_bits _mm256_castpd_si256, from_bits _mm256_castsi256_pd,
    compare _mm256_cmp_pd, blend _mm256_blendv_pd;

    /// AVX2 has no such instruction; beside 1.5 · 2^52 the last bits of a float count ones.
    #[inline(always)]
    fn to_integer(self) -> I64x4 {
        let ones = self.constant(COUNTS_ONES);
        (self + ones).to_bits() - ones.to_bits()
    }

    #[inline(always)]
    fn from_integer(integer: I64x4) -> Self {
        // SAFETY: as in `constant`.
        let ones = F64x4(unsafe { _mm256_set1_pd(COUNTS_ONES) });
        Self::from_bits(integer + ones.to_bits()) - ones
    }
}

/// 1.5 · 2^52.
const COUNTS_ONES: f64 = 6755399441055744.0;

memory! { F32x8 of f32, 8, free masks false;
    set _mm256_set1_ps, load _mm256_loadu_ps, store _mm256_storeu_ps,
    load_mask |from, count| _mm256_maskload_ps(from, first_of_eight(count)),
    store_mask |to, count, value| _mm256_maskstore_ps(to, first_of_eight(count), value)
}
memory! { F64x4 of f64, 4, free masks false;
    set _mm256_set1_pd, load _mm256_loadu_pd, store _mm256_storeu_pd,
    load_mask |from, count| _mm256_maskload_pd(from, first_of_four(count)),
    store_mask |to, count, value| _mm256_maskstore_pd(to, first_of_four(count), value)
}

/// A mask of the first `count` of eight lanes.
///
/// # Safety
/// The processor has AVX2.
#[inline(always)]
unsafe fn first_of_eight(count: usize) -> __m256i {
    // SAFETY: the caller's promise.
    unsafe { _mm256_cmpgt_epi32(_mm256_set1_epi32(count as i32), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)) }
}

/// A mask of the first `count` of four lanes.
///
/// # Safety
/// The processor has AVX2.
#[inline(always)]
unsafe fn first_of_four(count: usize) -> __m256i {
    // SAFETY: the caller's promise.
    unsafe { _mm256_cmpgt_epi64(_mm256_set1_epi64x(count as i64), _mm256_setr_epi64x(0, 1, 2, 3)) }
}
