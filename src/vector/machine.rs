//! Machine vectors: lanes with a width and an address, and the element types that have one on every path.

use super::lanes::Lanes;

/// Lanes that the processor holds in a register.
///
/// # Safety
///
/// A value may exist only inside a function compiled for the processor features of its type, running on a processor
/// that has them: the arithmetic of [`Lanes`] executes their instructions without asking. So every way to make a value
/// from nothing is `unsafe`, and its caller vouches for the features.
pub unsafe trait Vector: Lanes {
    type Element: Element;

    /// Lanes in a register.
    const WIDTH: usize;
    /// Whether loading or storing the first few lanes costs no more than all of them.
    const FREE_MASKS: bool;

    /// # Safety
    /// The features of the type are present.
    unsafe fn splat(value: Self::Element) -> Self;

    /// # Safety
    /// The features of the type are present; `WIDTH` elements can be read at `from`, which needs no alignment.
    unsafe fn load(from: *const Self::Element) -> Self;

    /// The first `count` (at most `WIDTH`) elements at `from`; the other lanes are zero and not read.
    ///
    /// # Safety
    /// The features of the type are present; `count` elements can be read at `from`.
    unsafe fn load_first(from: *const Self::Element, count: usize) -> Self;

    /// # Safety
    /// `WIDTH` elements can be written at `to`, which needs no alignment.
    unsafe fn store(self, to: *mut Self::Element);

    /// Stores the first `count` (at most `WIDTH`) lanes and writes nothing else.
    ///
    /// # Safety
    /// `count` elements can be written at `to`.
    unsafe fn store_first(self, to: *mut Self::Element, count: usize);

    /// `self · factor + sum` at full speed: fused on AVX, product and sum rounded apart on the portable path, where
    /// [`Lanes::mul_add`] is slow.
    fn multiply_accumulate(self, factor: Self, sum: Self) -> Self;
}

/// A type of array elements: `f32` or `f64`.
pub trait Element: Copy + Send + Sync + PartialEq + std::fmt::Debug + 'static {
    const ZERO: Self;

    #[cfg(target_arch = "x86_64")]
    type Avx512: Vector<Element = Self>;
    #[cfg(target_arch = "x86_64")]
    type Avx2: Vector<Element = Self>;
    type Portable: Vector<Element = Self>;
}

impl Element for f32 {
    const ZERO: f32 = 0.0;

    #[cfg(target_arch = "x86_64")]
    type Avx512 = super::avx512::F32x16;
    #[cfg(target_arch = "x86_64")]
    type Avx2 = super::avx2::F32x8;
    type Portable = super::portable::F32x4;
}

impl Element for f64 {
    const ZERO: f64 = 0.0;

    #[cfg(target_arch = "x86_64")]
    type Avx512 = super::avx512::F64x8;
    #[cfg(target_arch = "x86_64")]
    type Avx2 = super::avx2::F64x4;
    type Portable = super::portable::F64x2;
}

/// Which vectors run. Chosen once; `GRADUS_CPU` and tests may choose a narrower one than the processor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Path {
    /// 512 bits: AVX-512 F, DQ, VL and BW.
    Avx512,
    /// 256 bits with fused multiply-add.
    Avx2,
    /// Arrays of 128 bits that any processor runs.
    Portable,
}

impl Path {
    /// From the widest to the narrowest.
    pub const ALL: [Path; 3] = [Path::Avx512, Path::Avx2, Path::Portable];

    /// The widest path of this processor.
    pub fn detect() -> Path {
        Path::ALL.into_iter().find(|path| path.is_available()).unwrap_or(Path::Portable)
    }

    /// Every path that this processor can run, the widest first. Never empty.
    pub fn available() -> Vec<Path> {
        Path::ALL.into_iter().filter(|path| path.is_available()).collect()
    }

    /// The name in options and reports: `avx512`, `avx2`, `portable`.
    pub fn name(self) -> &'static str {
        match self {
            Path::Avx512 => "avx512",
            Path::Avx2 => "avx2",
            Path::Portable => "portable",
        }
    }

    /// The path with that name, whether or not this processor has it.
    pub fn by_name(name: &str) -> Option<Path> {
        Path::ALL.into_iter().find(|path| path.name() == name)
    }

    /// Whether this processor can run it. Cheap: the answer is cached by the standard library.
    #[cfg(target_arch = "x86_64")]
    pub fn is_available(self) -> bool {
        let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        match self {
            Path::Avx512 => {
                avx2 && is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("avx512bw")
            }
            Path::Avx2 => avx2,
            Path::Portable => true,
        }
    }

    /// Whether this processor can run it.
    #[cfg(not(target_arch = "x86_64"))]
    pub fn is_available(self) -> bool {
        self == Path::Portable
    }
}

/// Calls a function generic over [`Vector`] with the vectors of a path, compiled for the features of that path.
///
/// `dispatch!(path, T, function::<V, Other>(arguments) -> Answer)` where `function` is `unsafe`, `#[inline(always)]` and
/// generic over the vector `V`. Must stand in an `unsafe` block whose reason covers the call; that the processor has
/// the path is checked here.
macro_rules! dispatch {
    ($path:expr, $T:ty, $function:ident::<V $(, $other:ident: $bound:path)*>($($argument:ident: $type:ty),*) $(-> $answer:ty)?) => {{
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx2,fma")]
        unsafe fn avx512<T: $crate::vector::machine::Element $(, $other: $bound)*>($($argument: $type),*) $(-> $answer)? {
            // SAFETY: the caller's promise, handed on.
            unsafe { $function::<T::Avx512 $(, $other)*>($($argument),*) }
        }
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx2,fma")]
        unsafe fn avx2<T: $crate::vector::machine::Element $(, $other: $bound)*>($($argument: $type),*) $(-> $answer)? {
            // SAFETY: the caller's promise, handed on.
            unsafe { $function::<T::Avx2 $(, $other)*>($($argument),*) }
        }
        let path: $crate::vector::machine::Path = $path;
        debug_assert!(path.is_available());
        match path {
            #[cfg(target_arch = "x86_64")]
            $crate::vector::machine::Path::Avx512 => avx512::<$T $(, $other)*>($($argument),*),
            #[cfg(target_arch = "x86_64")]
            $crate::vector::machine::Path::Avx2 => avx2::<$T $(, $other)*>($($argument),*),
            _ => $function::<<$T as $crate::vector::machine::Element>::Portable $(, $other)*>($($argument),*),
        }
    }};
}
pub(super) use dispatch;
