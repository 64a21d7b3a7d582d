//! The loops around the tile: batch, panels of columns, pieces of the sum, lines of rows, blocks of a line.

use super::axes::{Cursor, Strides};
use super::prepared::{Blocks, Geometry, Panel, Prepared};
use super::terms::BUNDLE;
use super::tile::{Inner, Kernel, RowOffsets, Start, Tile};
use super::{Part, Store};
use crate::vector::machine::Element;

/// The arrays of a run, where it stands.
#[derive(Clone, Copy)]
pub(super) struct Arrays<T> {
    pub a: *const T,
    pub b: *const T,
    pub c: *mut T,
    pub bias: *const T,
}

impl<T> Arrays<T> {
    /// The same C, with A and B so much further.
    ///
    /// # Safety
    /// A and B reach there.
    #[inline]
    pub unsafe fn further(self, a: isize, b: isize) -> Arrays<T> {
        // SAFETY: the caller's promise.
        unsafe { self.at(Strides { a, b, c: 0, bias: 0 }) }
    }

    /// So much further.
    ///
    /// # Safety
    /// A, B and C reach there, and the bias if there is one.
    #[inline]
    unsafe fn at(self, offset: Strides) -> Arrays<T> {
        // SAFETY: the caller's promise; of the bias no more than the address is computed.
        unsafe {
            Arrays {
                a: self.a.offset(offset.a),
                b: self.b.offset(offset.b),
                c: self.c.offset(offset.c),
                bias: self.bias.wrapping_offset(offset.bias),
            }
        }
    }
}

/// Blocks of rows one after the other.
#[derive(Clone, Copy)]
pub(super) struct BlockRange {
    pub first: usize,
    pub count: usize,
}

/// One run.
pub(super) struct Run<'a, T: 'static> {
    pub prepared: &'a Prepared<T>,
    pub geometry: &'a Geometry,
    pub batch_rows: usize,
}

/// What is done with one block of rows of a panel after the other.
pub(super) trait Work<T> {
    /// # Safety
    /// That of `run`, for a block of so many rows with these offsets.
    unsafe fn block(&self, arrays: Arrays<T>, height: usize, rows: &RowOffsets);
}

/// What the tiles of one panel and one piece of the sum have in common.
#[derive(Clone, Copy)]
pub(super) struct Strip<'a, T: 'static> {
    pub kernels: &'static [Kernel<T>],
    pub inner: &'a Inner,
    pub last: usize,
    pub start: StartOf,
}

/// What sums begin with; [`Start`] without the address.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum StartOf {
    Zero,
    C,
    BiasOfRow,
    BiasOfColumn,
}

impl<T: Element> Prepared<T> {
    /// Computes one part of the product. `bias` is read only where the product has one.
    ///
    /// Parts may run at the same time. An element's bits depend neither on the part it falls into nor on how many there are.
    ///
    /// # Safety
    /// With `batch_rows` batch rows, everything in [`Product::reach`](super::Product::reach) may be read, and that of C
    /// written, behind these pointers; C overlaps neither A nor B nor the bias; no two positions of the batch and row
    /// axes and columns are the same element of C; nothing else writes to any of them, and nothing but the other parts
    /// of this product reads C, during the run.
    pub unsafe fn run(&self, a: *const T, b: *const T, c: *mut T, bias: *const T, batch_rows: usize, part: Part) {
        let arrays = Arrays { a, b, c, bias };
        let cut;
        let geometry = match &self.cut {
            Some(usual) if usual.batch_rows == batch_rows => &usual.geometry,
            _ => {
                cut = self.cut(batch_rows);
                &cut
            }
        };
        // SAFETY: the caller's promise, handed on.
        unsafe { Run { prepared: self, geometry, batch_rows }.part(arrays, part) }
    }
}

impl<T: Element> Run<'_, T> {
    /// # Safety
    /// That of `run`.
    unsafe fn part(&self, arrays: Arrays<T>, part: Part) {
        let geometry = self.geometry;
        let batch = self.prepared.batch(self.batch_rows);
        let (panels, blocks) = (geometry.panels.count(), geometry.blocks.count);
        let units = part.range(geometry.batches * panels * blocks);
        if units.is_empty() {
            return;
        }
        let (mut block, mut panel, mut position) = match units.start {
            0 => (0, 0, 0),
            start => (start % blocks, start / blocks % panels, start / blocks / panels),
        };
        let mut left = units.len();
        loop {
            // SAFETY: a position on the batch axes, which the arrays reach.
            let here = unsafe { arrays.at(batch.offset(position)) };
            while panel < panels {
                let range = BlockRange { first: block, count: left.min(blocks - block) };
                // SAFETY: the caller's promise, handed on.
                unsafe { self.panel(here, geometry.panels.get(panel), range) }
                left -= range.count;
                if left == 0 {
                    return;
                }
                block = 0;
                panel += 1;
            }
            panel = 0;
            position += 1;
        }
    }

    /// Some blocks of one panel, piece by piece of the sum.
    ///
    /// # Safety
    /// That of `run`.
    #[inline]
    unsafe fn panel(&self, arrays: Arrays<T>, panel: Panel, range: BlockRange) {
        let column = panel.column as isize;
        let (start, bias) = match self.prepared.store {
            Store::Set => (StartOf::Zero, 0),
            Store::Add => (StartOf::C, 0),
            Store::BiasOfRow => (StartOf::BiasOfRow, 0),
            Store::BiasOfColumn => (StartOf::BiasOfColumn, column),
        };
        // SAFETY: the panel's first column, which B and C reach, and a bias of columns.
        let arrays = unsafe { arrays.at(Strides { a: 0, b: column, c: column, bias }) };
        let is_full = panel.last == self.prepared.family.width;
        let (kernels, last) = (self.prepared.kernels_of(panel.vectors, is_full), panel.last);
        let terms = &self.geometry.terms;
        if terms.pieces == 1 {
            // SAFETY: the caller's promise, handed on.
            return unsafe { self.blocks(arrays, range, &Strip { kernels, inner: &terms.inner, last, start }) };
        }
        if terms.pieces > BUNDLE {
            let strip = Strip { kernels, inner: &terms.inner, last, start };
            // SAFETY: the caller's promise, handed on.
            return unsafe { self.bundles(arrays, range, &strip, panel.vectors) };
        }
        for index in 0..terms.pieces {
            let piece = terms.piece(self.prepared.inner(self.batch_rows), index);
            let strip =
                Strip { kernels, inner: &piece.inner, last, start: if index == 0 { start } else { StartOf::C } };
            // SAFETY: the caller's promise, handed on; the piece begins where A and B reach.
            unsafe {
                let arrays = arrays.at(Strides { a: piece.a, b: piece.b, c: 0, bias: 0 });
                self.blocks(arrays, range, &strip)
            }
        }
    }

    /// Some blocks of one panel. The arrays are those at the panel and the piece.
    ///
    /// # Safety
    /// That of `run`.
    #[inline]
    pub(super) unsafe fn blocks(&self, arrays: Arrays<T>, range: BlockRange, work: &impl Work<T>) {
        let Blocks { count, per_line, .. } = self.geometry.blocks;
        let rows = self.prepared.rows(self.batch_rows);
        // SAFETY: the caller's promise, handed on; a line's first row is one that the arrays reach.
        unsafe {
            if rows.len() <= 1 {
                self.line(arrays, range, work);
            } else if count == per_line {
                self.scattered(arrays, range, work);
            } else {
                let mut lines = Cursor::new(rows.without_inner(1), range.first / per_line);
                let mut first = range.first % per_line;
                let mut left = range.count;
                while left > 0 {
                    let range = BlockRange { first, count: left.min(per_line - first) };
                    self.line(arrays.at(lines.at), range, work);
                    lines.next();
                    first = 0;
                    left -= range.count;
                }
            }
        }
    }

    /// Some blocks of one line, whose rows have one stride. The arrays are those at the line.
    ///
    /// # Safety
    /// That of `run`.
    #[inline]
    unsafe fn line(&self, arrays: Arrays<T>, range: BlockRange, work: &impl Work<T>) {
        let stride = self.prepared.rows(self.batch_rows).strides(0);
        for block in range.first..range.first + range.count {
            let (row, height) = self.geometry.blocks.get(block);
            // SAFETY: a row that A, C and a bias of rows reach.
            unsafe {
                let at = arrays.at(Strides::default().plus(stride, row as isize));
                work.block(at, height, &self.prepared.row_offsets);
            }
        }
    }

    /// Some blocks of rows that lie in lines too short for tiles: each tile gets a list of its rows.
    ///
    /// # Safety
    /// That of `run`.
    unsafe fn scattered(&self, arrays: Arrays<T>, range: BlockRange, work: &impl Work<T>) {
        let blocks = &self.geometry.blocks;
        let mut rows = Cursor::new(self.prepared.rows(self.batch_rows), blocks.get(range.first).0);
        for block in range.first..range.first + range.count {
            let (_, height) = blocks.get(block);
            let mut offsets = RowOffsets::ZERO;
            for row in 0..height {
                offsets.a[row] = rows.at.a;
                offsets.c[row] = rows.at.c;
                offsets.bias[row] = rows.at.bias;
                rows.next();
            }
            // SAFETY: the caller's promise, handed on.
            unsafe { work.block(arrays, height, &offsets) }
        }
    }
}

impl<T: Element> Work<T> for Strip<'_, T> {
    #[inline]
    unsafe fn block(&self, arrays: Arrays<T>, height: usize, rows: &RowOffsets) {
        let start = match self.start {
            StartOf::Zero => Start::Zero,
            StartOf::C => Start::Accumulate,
            StartOf::BiasOfRow => Start::BiasOfRow(arrays.bias),
            StartOf::BiasOfColumn => Start::BiasOfColumn(arrays.bias),
        };
        let Arrays { a, b, c, .. } = arrays;
        // SAFETY: the caller's promise, handed on.
        unsafe { self.kernels[height - 1](&Tile { a, b, c, rows, inner: self.inner, last: self.last, start }) }
    }
}
