//! The register tile: a few rows by a few vectors of columns, summed over all of k without leaving the registers.
//!
//! `C[r, j] = start + Σ_k A[r, k] · B[k, j]`. Each element of A is loaded alone and spread over the lanes, so A may lie
//! anywhere: a row is an offset from a list, and k runs through nested strides. B and C lie with j along the lanes. An
//! element's sum is one chain of multiply-adds in the order of k (or four chains, see `CHAINS`), whatever tile it falls
//! into, so its bits do not depend on how a product is cut into tiles.

use crate::limits::AXES;
use crate::vector::machine::{Element, Vector};

/// Most rows of a tile, on any path.
pub(super) const MOST_ROWS: usize = 12;

/// One tile, compiled for one path.
pub(super) type Kernel<T> = unsafe fn(&Tile<T>);

/// What a tile works on. Offsets and steps are in elements.
pub(super) struct Tile<'a, T> {
    /// Where row offset 0 and k = 0 are.
    pub a: *const T,
    /// Where k = 0 and the tile's first column are.
    pub b: *const T,
    /// Where row offset 0 and the tile's first column are.
    pub c: *mut T,
    /// Offsets of the rows.
    pub rows: &'a RowOffsets,
    /// How k runs.
    pub inner: &'a Inner,
    /// Columns in the last of the tile's vectors, at least 1.
    pub last: usize,
    /// What the sums begin with.
    pub start: Start<T>,
}

/// Offsets of the rows of a tile from where row offset 0 is.
pub(super) struct RowOffsets {
    pub a: [isize; MOST_ROWS],
    pub c: [isize; MOST_ROWS],
    pub bias: [isize; MOST_ROWS],
}

impl RowOffsets {
    pub const ZERO: RowOffsets = RowOffsets { a: [0; MOST_ROWS], c: [0; MOST_ROWS], bias: [0; MOST_ROWS] };
}

/// What the sums of a tile begin with.
#[derive(Clone, Copy)]
pub(super) enum Start<T> {
    Zero,
    /// What stands in C.
    Accumulate,
    /// One number a row, at the row's bias offset.
    BiasOfRow(*const T),
    /// One number a column; the tile's first is here.
    BiasOfColumn(*const T),
}

/// The nested strides of k: segments of constant stride, and axes around them, the innermost first.
#[derive(Clone)]
pub(super) struct Inner {
    /// Length and strides of a segment.
    pub len: usize,
    pub a: isize,
    pub b: isize,
    /// Axes around the segment.
    pub outer: usize,
    pub extent: [usize; AXES],
    /// From the beginning of a segment to that of the next, where this axis goes on and the axes inside it begin anew.
    pub a_step: [isize; AXES],
    pub b_step: [isize; AXES],
}

/// The tile of `ROWS` rows and `VECTORS` vectors of columns.
///
/// With `CHAINS` above one, successive k of a segment go to different sums, which are added at the end: for products of
/// so few elements that one chain would wait for each multiply-add. `EDGE` is for a last vector that is not full; paths
/// on which masks are free use it always.
///
/// # Safety
/// The processor has the features of `V`; every element that the offsets, steps and strides of `tile` reach lies in
/// memory that may be read (A, B, bias) or written (C), and nothing else writes to it meanwhile.
#[inline(always)]
pub(super) unsafe fn tile<V: Vector, const ROWS: usize, const VECTORS: usize, const CHAINS: usize, const EDGE: bool>(
    tile: &Tile<V::Element>,
) {
    // SAFETY: the caller's promise covers every load and store below.
    unsafe {
        let zero = V::splat(V::Element::ZERO);
        let mut sums = [[[zero; VECTORS]; ROWS]; CHAINS];
        begin::<V, ROWS, VECTORS, EDGE>(tile, &mut sums[0]);

        let Inner { len, a: a_stride, b: b_stride, .. } = *tile.inner;
        let mut rows = [0isize; ROWS];
        let mut r = 0;
        while r < ROWS {
            rows[r] = tile.rows.a[r];
            r += 1;
        }

        let mut segment_a = tile.a;
        let mut segment_b = tile.b;
        let mut index = [0usize; AXES];
        loop {
            let (mut a, mut b) = (segment_a, segment_b);
            let mut left = len;
            if CHAINS > 1 {
                while left >= CHAINS {
                    let mut chain = 0;
                    while chain < CHAINS {
                        step::<V, ROWS, VECTORS, EDGE>(a, b, &rows, tile.last, &mut sums[chain]);
                        a = a.wrapping_offset(a_stride);
                        b = b.wrapping_offset(b_stride);
                        chain += 1;
                    }
                    left -= CHAINS;
                }
            }
            while left > 0 {
                step::<V, ROWS, VECTORS, EDGE>(a, b, &rows, tile.last, &mut sums[0]);
                a = a.wrapping_offset(a_stride);
                b = b.wrapping_offset(b_stride);
                left -= 1;
            }

            // The next segment, as an odometer counts.
            let mut axis = 0;
            loop {
                if axis == tile.inner.outer {
                    return end::<V, ROWS, VECTORS, CHAINS, EDGE>(tile, &mut sums);
                }
                index[axis] += 1;
                if index[axis] < tile.inner.extent[axis] {
                    break;
                }
                index[axis] = 0;
                axis += 1;
            }
            segment_a = segment_a.wrapping_offset(tile.inner.a_step[axis]);
            segment_b = segment_b.wrapping_offset(tile.inner.b_step[axis]);
        }
    }
}

/// One k: a row of B, and for each row of the tile one element of A.
#[inline(always)]
unsafe fn step<V: Vector, const ROWS: usize, const VECTORS: usize, const EDGE: bool>(
    a: *const V::Element,
    b: *const V::Element,
    rows: &[isize; ROWS],
    last: usize,
    sums: &mut [[V; VECTORS]; ROWS],
) {
    // SAFETY: the promise of `tile`.
    unsafe {
        let columns = row_of::<V, VECTORS, EDGE>(b, last);
        let mut r = 0;
        while r < ROWS {
            let factor = V::splat(*a.offset(rows[r]));
            let mut v = 0;
            while v < VECTORS {
                sums[r][v] = factor.multiply_accumulate(columns[v], sums[r][v]);
                v += 1;
            }
            r += 1;
        }
    }
}

/// Fills the sums with what they begin with.
#[inline(always)]
unsafe fn begin<V: Vector, const ROWS: usize, const VECTORS: usize, const EDGE: bool>(
    tile: &Tile<V::Element>,
    sums: &mut [[V; VECTORS]; ROWS],
) {
    // SAFETY: the promise of `tile`.
    unsafe {
        match tile.start {
            Start::Zero => {}
            Start::Accumulate => {
                let mut r = 0;
                while r < ROWS {
                    sums[r] = row_of::<V, VECTORS, EDGE>(tile.c.offset(tile.rows.c[r]), tile.last);
                    r += 1;
                }
            }
            Start::BiasOfRow(bias) => {
                let mut r = 0;
                while r < ROWS {
                    sums[r] = [V::splat(*bias.offset(tile.rows.bias[r])); VECTORS];
                    r += 1;
                }
            }
            Start::BiasOfColumn(bias) => {
                let row = row_of::<V, VECTORS, EDGE>(bias, tile.last);
                let mut r = 0;
                while r < ROWS {
                    sums[r] = row;
                    r += 1;
                }
            }
        }
    }
}

/// Adds the chains and stores the tile.
#[inline(always)]
unsafe fn end<V: Vector, const ROWS: usize, const VECTORS: usize, const CHAINS: usize, const EDGE: bool>(
    tile: &Tile<V::Element>,
    sums: &mut [[[V; VECTORS]; ROWS]; CHAINS],
) {
    let is_full = !EDGE || tile.last == V::WIDTH;
    let mut r = 0;
    while r < ROWS {
        let mut v = 0;
        while v < VECTORS {
            let mut sum = sums[0][r][v];
            let mut chain = 1;
            while chain < CHAINS {
                sum = sum + sums[chain][r][v];
                chain += 1;
            }
            // SAFETY: the promise of `tile`.
            unsafe {
                let to = tile.c.offset(tile.rows.c[r]).add(v * V::WIDTH);
                if v + 1 < VECTORS || is_full { sum.store(to) } else { sum.store_first(to, tile.last) }
            }
            v += 1;
        }
        r += 1;
    }
}

/// The vectors of one row, the last one perhaps in part.
#[inline(always)]
unsafe fn row_of<V: Vector, const VECTORS: usize, const EDGE: bool>(
    from: *const V::Element,
    last: usize,
) -> [V; VECTORS] {
    // SAFETY: the promise of `tile`.
    unsafe {
        let mut row = [V::splat(V::Element::ZERO); VECTORS];
        let mut v = 0;
        while v < VECTORS {
            let at = from.add(v * V::WIDTH);
            row[v] = if EDGE && v + 1 == VECTORS { V::load_first(at, last) } else { V::load(at) };
            v += 1;
        }
        row
    }
}
