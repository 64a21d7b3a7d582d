//! The sum over k, cut into pieces that a tile runs at a time.
//!
//! A tile nests three axes; axes beyond them, and long sums, become pieces that add to C one after the other. Each piece is
//! summed for itself: the rounding error of a sum grows with the longest chain, not with all terms (blocked summation:
//! Higham, Accuracy and Stability of Numerical Algorithms, §4.2). Where even the pieces are many, bundles of them are summed for
//! themselves, and the total of the bundles is kept as two numbers, so that it loses nothing. How a sum is cut depends on its own
//! axes alone, so its bits do not depend on what else is computed beside it, nor on the width of vectors.

use super::axes::Axes;
use super::tile::{Inner, Outer};

/// Terms of one chain after which a sum is cut: for its rounding, and so that the part of B that the blocks of a panel share stays in
/// the cache.
const LONGEST: usize = 64;

/// Pieces that add to C as they come; of more, so many make a bundle.
pub(super) const BUNDLE: usize = 32;

/// The pieces of a sum.
#[derive(Clone, Copy)]
pub(super) struct Terms {
    /// All of it, when there is one piece.
    pub inner: Inner,
    pub pieces: usize,
    /// The axis of `inner` that is cut: 0 for the segment, 1 and 2 for those around it. Of the axes outside of it a piece has one
    /// position.
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
        let outer = |axis: usize, extent: usize| {
            let strides = axes.strides(axis);
            Outer { extent, a: strides.a, b: strides.b }
        };
        let strides = axes.strides(0);
        let of = |len: usize, extents: [usize; 2]| Inner {
            len,
            a: strides.a,
            b: strides.b,
            outer: [outer(1, extents[0]), outer(2, extents[1])],
        };
        let count = axes.count();
        if count == 0 {
            return Terms { inner: of(0, [1, 1]), pieces: 1, cut_axis: 0, cuts: 1 };
        }
        let extents = [0, 1, 2].map(|axis| axes.extent(axis));
        if extents.iter().product::<usize>() <= longest {
            let pieces = axes.without_inner(3).count();
            return Terms { inner: of(extents[0], [extents[1], extents[2]]), pieces, cut_axis: 2, cuts: 1 };
        }
        // The outermost axis that leaves something to cut, for whole axes inside of a piece are quick; but not at any length.
        let inside = |axis: usize| extents[..axis].iter().product::<usize>();
        let outermost = axes.len().clamp(1, 3) - 1;
        let cut_axis = (0..=outermost).rev().find(|&axis| inside(axis) <= 4 * longest).unwrap_or(0);
        let cuts = inside(cut_axis + 1).div_ceil(longest).min(extents[cut_axis]);
        let kept = |axis: usize| if axis <= cut_axis { extents[axis] } else { 1 };
        let pieces = cuts * axes.without_inner(cut_axis + 1).count();
        Terms { inner: of(extents[0], [kept(1), kept(2)]), pieces, cut_axis, cuts }
    }

    /// The piece with this number, in the order of the sum over these axes.
    pub fn piece(&self, axes: Axes<'_>, index: usize) -> Piece {
        let at = axes.without_inner(self.cut_axis + 1).offset(index / self.cuts);
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
