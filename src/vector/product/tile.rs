//! The register tile: a few rows by a few vectors of columns, summed over all of k without leaving the registers.
//!
//! `C[r, j] = start + Σ_k A[r, k] · B[k, j]`. Each element of A is loaded alone and spread over the lanes, so A may lie
//! anywhere: a row is an offset from a list, and k runs through nested strides. B and C lie with j along the lanes. An
//! element's sum is one chain of multiply-adds in the order of k (or four chains, see `CHAINS`), whatever tile it falls
//! into, so its bits do not depend on how a product is cut into tiles. What is added to C is summed for itself first.

use crate::vector::machine::{Element, Vector};

/// Most rows of a tile, on any path.
pub(super) const MOST_ROWS: usize = 16;

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
    /// What the sums begin with, or are added to.
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
    /// With zero; when they are finished, they are added to what stands in C.
    Accumulate,
    /// One number a row, at the row's bias offset.
    BiasOfRow(*const T),
    /// One number a column; the tile's first is here.
    BiasOfColumn(*const T),
}

/// The nested strides of k: segments of constant stride, and two axes around them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Inner {
    /// Length and strides of a segment.
    pub len: usize,
    pub a: isize,
    pub b: isize,
    /// The axes around it, the nearer first. With `len` 0 they are of length 1.
    pub outer: [Outer; 2],
}

/// An axis around the segments of k.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outer {
    /// At least 1.
    pub extent: usize,
    pub a: isize,
    pub b: isize,
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

        let mut rows = [0isize; ROWS];
        let mut r = 0;
        while r < ROWS {
            rows[r] = tile.rows.a[r];
            r += 1;
        }

        let Inner { len, a: a_stride, b: b_stride, outer: [near, far] } = *tile.inner;
        let (mut far_a, mut far_b) = (tile.a, tile.b);
        let mut far_left = far.extent;
        loop {
            let (mut near_a, mut near_b) = (far_a, far_b);
            let mut near_left = near.extent;
            loop {
                let (mut a, mut b) = (near_a, near_b);
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
                near_left -= 1;
                if near_left == 0 {
                    break;
                }
                near_a = near_a.wrapping_offset(near.a);
                near_b = near_b.wrapping_offset(near.b);
            }
            far_left -= 1;
            if far_left == 0 {
                break;
            }
            far_a = far_a.wrapping_offset(far.a);
            far_b = far_b.wrapping_offset(far.b);
        }
        end::<V, ROWS, VECTORS, CHAINS, EDGE>(tile, &mut sums)
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
            Start::Zero | Start::Accumulate => {}
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

/// Adds the chains, and what stands in C if that is asked for, and stores the tile.
#[inline(always)]
unsafe fn end<V: Vector, const ROWS: usize, const VECTORS: usize, const CHAINS: usize, const EDGE: bool>(
    tile: &Tile<V::Element>,
    sums: &mut [[[V; VECTORS]; ROWS]; CHAINS],
) {
    let is_full = !EDGE || tile.last == V::WIDTH;
    let is_added = matches!(tile.start, Start::Accumulate);
    let mut r = 0;
    while r < ROWS {
        // SAFETY: the promise of `tile`.
        unsafe {
            let to = tile.c.offset(tile.rows.c[r]);
            let mut before = [V::splat(V::Element::ZERO); VECTORS];
            if is_added {
                before = row_of::<V, VECTORS, EDGE>(to, tile.last);
            }
            let mut v = 0;
            while v < VECTORS {
                let mut sum = sums[0][r][v];
                let mut chain = 1;
                while chain < CHAINS {
                    sum = sum + sums[chain][r][v];
                    chain += 1;
                }
                if is_added {
                    sum = before[v] + sum;
                }
                let to = to.add(v * V::WIDTH);
                if v + 1 < VECTORS || is_full {
                    sum.store(to)
                } else {
                    sum.store_first(to, tile.last)
                }
                v += 1;
            }
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
