//! Sums of very many pieces: bundles of pieces are summed beside C, and added to it with nothing lost.

use std::cell::Cell;
use std::mem::MaybeUninit;

use super::run::{Arrays, BlockRange, Run, StartOf, Strip, Work};
use super::terms::BUNDLE;
use super::tile::{MOST_ROWS, RowOffsets};
use crate::vector::machine::{Element, Vector};

/// Blocks of rows that are worked on together: their sums beside C stay in the cache.
const BLOCKS: usize = 8;
/// Vectors of 64 bytes in a row of a panel, on any path.
const VECTORS: usize = 3;

/// A row of a panel for each row of some blocks.
#[repr(C, align(64))]
struct Rows(MaybeUninit<[[u8; 64 * VECTORS]; BLOCKS * MOST_ROWS]>);

/// Tiles that go beside C.
struct Beside<'a, T: 'static> {
    strip: Strip<'a, T>,
    to: *mut T,
    /// Elements of a row there.
    stride: usize,
    /// Rows that are done.
    done: Cell<usize>,
}

/// How the total is joined with what stands beside it: two numbers for each element, what it is, in C, and what its additions lost.
struct Join<T> {
    bundle: *const T,
    lost: *mut T,
    stride: usize,
    columns: usize,
    step: Phase,
    done: Cell<usize>,
}

#[derive(Clone, Copy)]
enum Phase {
    /// The first bundle is the total.
    Set,
    /// What stands in C is the total so far, and nothing was lost.
    Begin,
    /// A bundle is added.
    Add,
    /// The two become one.
    End,
}

impl<T: Element> Run<'_, T> {
    /// Some blocks of one panel, whose sum has more pieces than one bundle. The arrays are those at the panel.
    ///
    /// # Safety
    /// That of `run`.
    // Its room on the stack must not burden the products that need none.
    #[inline(never)]
    pub(super) unsafe fn bundles(&self, arrays: Arrays<T>, range: BlockRange, strip: &Strip<'_, T>, vectors: usize) {
        let (mut bundle, mut lost) = (Rows(MaybeUninit::uninit()), Rows(MaybeUninit::uninit()));
        let (bundle, lost) = ((&raw mut bundle.0).cast::<T>(), (&raw mut lost.0).cast::<T>());
        let (terms, width) = (&self.geometry.terms, self.prepared.family.width);
        let (stride, columns) = (vectors * width, (vectors - 1) * width + strip.last);
        let bundles = terms.pieces.div_ceil(BUNDLE);
        let mut first = range.first;
        while first < range.first + range.count {
            let range = BlockRange { first, count: BLOCKS.min(range.first + range.count - first) };
            let join = |step: Phase| Join { bundle, lost, stride, columns, step, done: Cell::new(0) };
            if strip.start == StartOf::C {
                // SAFETY: as below.
                unsafe { self.blocks(arrays, range, &join(Phase::Begin)) }
            }
            for at in 0..bundles {
                for index in at * BUNDLE..terms.pieces.min((at + 1) * BUNDLE) {
                    let piece = terms.piece(self.prepared.inner(self.batch_rows), index);
                    let start = match index % BUNDLE {
                        0 if index > 0 || strip.start == StartOf::C => StartOf::Zero,
                        0 => strip.start,
                        _ => StartOf::C,
                    };
                    let strip = Strip { inner: &piece.inner, start, ..*strip };
                    // SAFETY: the caller's promise, handed on; the piece begins where A and B reach, and the rows of so many blocks
                    // are room for what they write.
                    unsafe {
                        let arrays = arrays.further(piece.a, piece.b);
                        self.blocks(arrays, range, &Beside { strip, to: bundle, stride, done: Cell::new(0) })
                    }
                }
                let step = if at == 0 && strip.start != StartOf::C { Phase::Set } else { Phase::Add };
                // SAFETY: the caller's promise, handed on; the bundle was written, and what was lost by the first step.
                unsafe { self.blocks(arrays, range, &join(step)) }
            }
            // SAFETY: as above.
            unsafe { self.blocks(arrays, range, &join(Phase::End)) }
            first += range.count;
        }
    }
}

impl<T: Element> Work<T> for Beside<'_, T> {
    unsafe fn block(&self, arrays: Arrays<T>, height: usize, rows: &RowOffsets) {
        let mut offsets = RowOffsets { c: [0; MOST_ROWS], ..*rows };
        for row in 0..height {
            offsets.c[row] = (row * self.stride) as isize;
        }
        let done = self.done.replace(self.done.get() + height);
        // SAFETY: the caller's promise, handed on; the rows of all blocks have room there.
        unsafe {
            let c = self.to.add(done * self.stride);
            self.strip.block(Arrays { c, ..arrays }, height, &offsets)
        }
    }
}

impl<T: Element> Work<T> for Join<T> {
    unsafe fn block(&self, arrays: Arrays<T>, height: usize, rows: &RowOffsets) {
        let done = self.done.replace(self.done.get() + height);
        for row in 0..height {
            // SAFETY: the caller's promise for C, and the rows of all blocks have room beside it. The portable path needs no features.
            unsafe {
                let beside = (done + row) * self.stride;
                let (c, bundle, lost) = (arrays.c.offset(rows.c[row]), self.bundle.add(beside), self.lost.add(beside));
                let mut column = 0;
                while column < self.columns {
                    let count = (self.columns - column).min(T::Portable::WIDTH);
                    join::<T::Portable>(self.step, c.add(column), bundle.add(column), lost.add(column), count);
                    column += count;
                }
            }
        }
    }
}

/// # Safety
/// So many elements may be read and written at each place that the step has a use for.
#[inline]
unsafe fn join<V: Vector>(
    step: Phase,
    c: *mut V::Element,
    bundle: *const V::Element,
    lost: *mut V::Element,
    count: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        match step {
            Phase::Set => {
                V::load_first(bundle, count).store_first(c, count);
                V::splat(V::Element::ZERO).store_first(lost, count);
            }
            Phase::Begin => V::splat(V::Element::ZERO).store_first(lost, count),
            Phase::Add => {
                // Knuth's two-sum.
                let (before, value) = (V::load_first(c, count), V::load_first(bundle, count));
                let after = before + value;
                let added = after - before;
                let error = (before - (after - added)) + (value - added);
                after.store_first(c, count);
                (V::load_first(lost, count) + error).store_first(lost, count);
            }
            Phase::End => {
                let (total, lost) = (V::load_first(c, count), V::load_first(lost, count));
                // Of what is infinite, nothing that is a number is lost.
                V::select(lost.equal(lost), total + lost, total).store_first(c, count);
            }
        }
    }
}
