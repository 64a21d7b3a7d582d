//! What the AVX-512 and the AVX2 lanes have in common: the same code over intrinsics of other names.
//!
//! Every wrapper type is a tuple struct of one register. Whatever differs in more than a name is handed in as whole
//! functions.

/// Operators of a wrapper, each an intrinsic.
macro_rules! operators {
    ($type:ident: $($trait:ident $method:ident $intrinsic:ident),*) => {$(
        impl std::ops::$trait for $type {
            type Output = $type;
            #[inline(always)]
            fn $method(self, other: $type) -> $type {
                // SAFETY: a value of this type exists only where the processor has its features.
                $type(unsafe { $intrinsic(self.0, other.0) })
            }
        }
    )*};
}
pub(super) use operators;

/// The integers of one width: intrinsics to set all lanes and to shift left, and the functions that differ.
macro_rules! integers {
    ($type:ident of $integer:ty, $mask:ident; set $set:ident, left $left:ident; $($own:item)*) => {
        impl $crate::vector::lanes::BitLanes for $type {
            type Mask = $mask;

            #[inline(always)]
            fn constant(self, value: i64) -> Self {
                // SAFETY: a value of this type exists only where the processor has its features.
                $type(unsafe { $set(value as $integer) })
            }

            #[inline(always)]
            fn shift_left(self, places: u32) -> Self {
                // SAFETY: as in `constant`.
                $type(unsafe { $left(self.0, _mm_cvtsi32_si128(places as i32)) })
            }

            $($own)*
        }
    };
}
pub(super) use integers;

/// The floats of one width: intrinsics by their part, and the functions of [`Lanes`](super::lanes::Lanes) that differ.
macro_rules! floats {
    (
        $type:ident of $element:ident, $mask:ident, $bits:ident;
        set $set:ident, fma $fma:ident, sqrt $sqrt:ident, min $min:ident, max $max:ident, round $round:ident,
        to_bits $to_bits:ident, from_bits $from_bits:ident;
        $($own:item)*
    ) => {
        impl std::ops::Neg for $type {
            type Output = $type;
            #[inline(always)]
            fn neg(self) -> $type {
                Self::from_bits(self.to_bits() ^ self.constant(-0.0).to_bits())
            }
        }

        impl $crate::vector::lanes::Lanes for $type {
            type Mask = $mask;
            type Bits = $bits;

            #[inline(always)]
            fn constant(self, value: f64) -> Self {
                // SAFETY: a value of this type exists only where the processor has its features; so below.
                $type(unsafe { $set(value as $element) })
            }

            #[inline(always)]
            fn mul_add(self, factor: Self, addend: Self) -> Self {
                // SAFETY: as in `constant`.
                $type(unsafe { $fma(self.0, factor.0, addend.0) })
            }

            #[inline(always)]
            fn abs(self) -> Self {
                use $crate::vector::lanes::BitLanes as _;
                let all_but_the_sign = self.to_bits().constant(!(-0.0 as $element).to_bits() as i64);
                Self::from_bits(self.to_bits() & all_but_the_sign)
            }

            #[inline(always)]
            fn sqrt(self) -> Self {
                // SAFETY: as in `constant`.
                $type(unsafe { $sqrt(self.0) })
            }

            #[inline(always)]
            fn min(self, other: Self) -> Self {
                // SAFETY: as in `constant`.
                $type(unsafe { $min(self.0, other.0) })
            }

            #[inline(always)]
            fn max(self, other: Self) -> Self {
                // SAFETY: as in `constant`.
                $type(unsafe { $max(self.0, other.0) })
            }

            #[inline(always)]
            fn floor(self) -> Self {
                // SAFETY: as in `constant`.
                $type(unsafe { $round::<{ _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC }>(self.0) })
            }

            #[inline(always)]
            fn round_even(self) -> Self {
                // SAFETY: as in `constant`.
                $type(unsafe { $round::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(self.0) })
            }

            #[inline(always)]
            fn copy_sign(self, sign: Self) -> Self {
                let bit = self.constant(-0.0).to_bits();
                Self::from_bits(self.abs().to_bits() | (sign.to_bits() & bit))
            }

            #[inline(always)]
            fn to_bits(self) -> $bits {
                // SAFETY: as in `constant`.
                $bits(unsafe { $to_bits(self.0) })
            }

            #[inline(always)]
            fn from_bits(bits: $bits) -> Self {
                // SAFETY: as in `constant`.
                $type(unsafe { $from_bits(bits.0) })
            }

            $($own)*
        }
    };
}
pub(super) use floats;

/// The loads and stores of a float vector: intrinsics by their part, how a mask of the first lanes is made, and what a
/// masked store's last two arguments are.
macro_rules! memory {
    (
        $type:ident of $element:ident, $width:literal, free masks $free:literal;
        set $set:ident, load $load:ident, store $store:ident, load_mask $load_mask:expr, store_mask $store_mask:expr
    ) => {
        // SAFETY: every way to make a value is an unsafe function that asks for the features.
        unsafe impl $crate::vector::machine::Vector for $type {
            type Element = $element;
            const WIDTH: usize = $width;
            const FREE_MASKS: bool = $free;

            #[inline(always)]
            unsafe fn splat(value: $element) -> Self {
                // SAFETY: the caller's promise, handed on; so below.
                $type(unsafe { $set(value) })
            }

            #[inline(always)]
            unsafe fn load(from: *const $element) -> Self {
                // SAFETY: as in `splat`.
                $type(unsafe { $load(from) })
            }

            #[inline(always)]
            unsafe fn load_first(from: *const $element, count: usize) -> Self {
                // SAFETY: as in `splat`.
                $type(unsafe { $load_mask(from, count) })
            }

            #[inline(always)]
            unsafe fn store(self, to: *mut $element) {
                // SAFETY: as in `splat`.
                unsafe { $store(to, self.0) }
            }

            #[inline(always)]
            unsafe fn store_first(self, to: *mut $element, count: usize) {
                // SAFETY: as in `splat`.
                unsafe { $store_mask(to, count, self.0) }
            }

            #[inline(always)]
            fn multiply_accumulate(self, factor: Self, sum: Self) -> Self {
                $crate::vector::lanes::Lanes::mul_add(self, factor, sum)
            }
        }
    };
}
pub(super) use memory;
