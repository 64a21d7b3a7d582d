//! The sum over k, cut into pieces that a tile runs at a time.
//!
//! A tile nests three axes; axes beyond them, and long sums, become pieces that add to C one after the other. Each piece is
//! summed for itself: the rounding error of a sum grows with the longest chain, not with all terms (blocked summation:
//! Higham, Accuracy and Stability of Numerical Algorithms, §4.2). How a sum is cut depends on its own axes alone, so its
//! bits do not depend on what else is computed beside it.

use super::axes::Axes;
use super::tile::{Inner, Outer};

/// Terms of one chain after which a sum is cut: for its rounding, and so that the part of B that the blocks of a panel share stays in
/// the cache.
const LONGEST: usize = 256;

/// The pieces of a sum.
#[derive(Clone, Copy)]
pub(super) struct Terms {
    /// All of it, when there is one piece.
    pub inner: Inner,
    pub pieces: usize,
    /// The axis of `inner` that is cut: 0 for the segment, 1 and 2 for those around it.
    cut_axis: usize,
    cuts: usize,
}

/// One piece, and where it begins in A and B.
pub(super) struct Piece {
    pub inner: Inner,
    pub a: isize,
    pub b: isize,
}

impl Terms {
    /// For a sum that runs in so many chains.
    pub fn new(axes: Axes<'_>, chains: usize) -> Terms {
        let longest = LONGEST * chains;
        let outer = |axis: usize| {
            let strides = axes.strides(axis);
            Outer { extent: axes.extent(axis), a: strides.a, b: strides.b }
        };
        let strides = axes.strides(0);
        let mut inner = Inner { len: axes.extent(0), a: strides.a, b: strides.b, outer: [outer(1), outer(2)] };
        if axes.count() == 0 {
            (inner.len, inner.outer[0].extent, inner.outer[1].extent) = (0, 1, 1);
            return Terms { inner, pieces: 1, cut_axis: 0, cuts: 1 };
        }
        let mut terms = Terms { inner, pieces: beyond(axes).count(), cut_axis: 0, cuts: 1 };
        let extents = [inner.len, inner.outer[0].extent, inner.outer[1].extent];
        let count = extents.iter().product::<usize>();
        if count > longest {
            terms.cut_axis = axes.len().clamp(1, 3) - 1;
            terms.cuts = count.div_ceil(longest).min(extents[terms.cut_axis]);
            terms.pieces *= terms.cuts;
        }
        terms
    }

    /// The piece with this number, in the order of the sum over these axes.
    pub fn piece(&self, axes: Axes<'_>, index: usize) -> Piece {
        let at = beyond(axes).offset(index / self.cuts);
        let (mut inner, cut) = (self.inner, index % self.cuts);
        let (extent, a, b) = match self.cut_axis {
            0 => (&mut inner.len, inner.a, inner.b),
            axis => {
                let Outer { extent, a, b } = &mut inner.outer[axis - 1];
                (extent, *a, *b)
            }
        };
        let (from, to) = (*extent * cut / self.cuts, *extent * (cut + 1) / self.cuts);
        *extent = to - from;
        Piece { inner, a: at.a + a * from as isize, b: at.b + b * from as isize }
    }
}

/// Axes that a tile does not nest.
fn beyond(axes: Axes<'_>) -> Axes<'_> {
    axes.without_inner(3)
}
