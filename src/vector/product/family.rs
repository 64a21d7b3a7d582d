//! The tiles of each path: which sizes there are, as tables of compiled kernels.

use super::tile::{Kernel, Tile, tile};
use crate::vector::machine::{Element, Path};

/// Chains of a sum in the tiles for few elements.
pub(super) const CHAINS: usize = 4;

/// The tiles of one path for one element type.
pub(super) struct Family<T: 'static> {
    /// Lanes of a vector.
    pub width: usize,
    /// By the vectors of columns, less one: tiles for full and for partial last vectors.
    pub sizes: &'static [Size<T>],
    /// The same with [`CHAINS`], for products of few elements.
    pub chained: &'static [Size<T>],
}

/// Tiles of one number of vectors, by the rows, less one.
pub(super) struct Size<T: 'static> {
    pub full: &'static [Kernel<T>],
    pub edge: &'static [Kernel<T>],
}

/// A table of the kernels of `$function` with one to so many rows.
macro_rules! kernels {
    ($function:ident, $vectors:literal, $chains:expr, $edge:literal, $($rows:literal)*) => {
        &[$($function::<T, $rows, $vectors, { $chains }, $edge>),*]
    };
}

/// A compiled tile of one path.
macro_rules! compiled {
    ($name:ident, $vector:ident $(, $features:literal)?) => {
        $(#[target_feature(enable = $features)])?
        unsafe fn $name<T: Element, const R: usize, const V: usize, const C: usize, const EDGE: bool>(arguments: &Tile<T>) {
            // SAFETY: the caller's promise, handed on.
            unsafe { tile::<T::$vector, R, V, C, EDGE>(arguments) }
        }
    };
}

#[cfg(target_arch = "x86_64")]
compiled!(avx512, Avx512, "avx512f,avx512dq,avx512vl,avx512bw,avx2,fma");
#[cfg(target_arch = "x86_64")]
compiled!(avx2, Avx2, "avx2,fma");
compiled!(portable, Portable);

impl<T: Element> Family<T> {
    /// The tiles of a path.
    pub fn of(path: Path) -> &'static Family<T> {
        match path {
            #[cfg(target_arch = "x86_64")]
            Path::Avx512 => Self::AVX512,
            #[cfg(target_arch = "x86_64")]
            Path::Avx2 => Self::AVX2,
            _ => Self::PORTABLE,
        }
    }

    /// 32 registers: up to 24 sums, a row of B and an element of A.
    #[cfg(target_arch = "x86_64")]
    const AVX512: &'static Family<T> = &Family {
        width: 64 / size_of::<T>(),
        sizes: &[
            Size::masked(kernels!(avx512, 1, 1, true, 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16)),
            Size::masked(kernels!(avx512, 2, 1, true, 1 2 3 4 5 6 7 8 9 10 11 12)),
            Size::masked(kernels!(avx512, 3, 1, true, 1 2 3 4 5 6 7 8)),
        ],
        chained: &[
            Size::masked(kernels!(avx512, 1, CHAINS, true, 1 2 3 4 5 6)),
            Size::masked(kernels!(avx512, 2, CHAINS, true, 1 2 3)),
            Size::masked(kernels!(avx512, 3, CHAINS, true, 1 2)),
        ],
    };

    /// 16 registers: up to 12 sums.
    #[cfg(target_arch = "x86_64")]
    const AVX2: &'static Family<T> = &Family {
        width: 32 / size_of::<T>(),
        sizes: &[
            Size::masked(kernels!(avx2, 1, 1, true, 1 2 3 4 5 6 7 8 9 10 11 12)),
            Size::masked(kernels!(avx2, 2, 1, true, 1 2 3 4 5 6)),
        ],
        chained: &[
            Size::masked(kernels!(avx2, 1, CHAINS, true, 1 2 3)),
            Size::masked(kernels!(avx2, 2, CHAINS, true, 1)),
        ],
    };

    /// 16 or 32 registers, according to the target.
    const PORTABLE: &'static Family<T> = &Family {
        width: 16 / size_of::<T>(),
        sizes: &[
            Size { full: kernels!(portable, 1, 1, false, 1 2 3 4), edge: kernels!(portable, 1, 1, true, 1 2 3 4) },
            Size { full: kernels!(portable, 2, 1, false, 1 2 3 4), edge: kernels!(portable, 2, 1, true, 1 2 3 4) },
        ],
        chained: &[
            Size {
                full: kernels!(portable, 1, CHAINS, false, 1 2 3),
                edge: kernels!(portable, 1, CHAINS, true, 1 2 3),
            },
            Size { full: kernels!(portable, 2, CHAINS, false, 1), edge: kernels!(portable, 2, CHAINS, true, 1) },
        ],
    };
}

impl<T> Size<T> {
    /// Where a masked load costs nothing, one kernel does for both.
    const fn masked(kernels: &'static [Kernel<T>]) -> Size<T> {
        Size { full: kernels, edge: kernels }
    }
}
