//! The loops around the tile.

use super::axes::Cursor;
use super::prepared::{Geometry, Panel, Prepared};
use super::tile::{Kernel, MOST_ROWS, RowOffsets, Start, Tile};
use super::{Part, Store};
use crate::vector::machine::Element;

/// The arrays of a run.
#[derive(Clone, Copy)]
struct Arrays<T> {
    a: *const T,
    b: *const T,
    c: *mut T,
    bias: *const T,
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
        // SAFETY: the caller's promise, handed on.
        self.with_geometry(batch_rows, |geometry| unsafe { self.run_part(geometry, arrays, part) })
    }

    /// # Safety
    /// That of `run`.
    unsafe fn run_part(&self, geometry: &Geometry, arrays: Arrays<T>, part: Part) {
        let (panels, blocks) = (geometry.panels.count(), geometry.blocks);
        let units = part.range(geometry.batches * panels * blocks);
        if units.is_empty() {
            return;
        }
        let first = units.start / blocks;
        let (mut block, mut panel, mut position) = (units.start % blocks, first % panels, first / panels);
        let mut left = units.len();
        let mut batch = Cursor::new(&geometry.batch, position);
        loop {
            let at = batch.at;
            // SAFETY: an offset on the batch axes, which the arrays reach.
            let here = unsafe {
                Arrays {
                    a: arrays.a.offset(at.a),
                    b: arrays.b.offset(at.b),
                    c: arrays.c.offset(at.c),
                    bias: arrays.bias.wrapping_offset(at.bias),
                }
            };
            while panel < panels {
                let count = left.min(blocks - block);
                // SAFETY: the caller's promise, handed on.
                unsafe { self.run_panel(geometry, here, geometry.panels.get(panel), block, count) }
                left -= count;
                if left == 0 {
                    return;
                }
                block = 0;
                panel += 1;
            }
            panel = 0;
            position += 1;
            batch.set(position);
        }
    }

    /// Tiles of one panel: `count` blocks of rows from `first` on.
    ///
    /// # Safety
    /// That of `run`.
    #[inline]
    unsafe fn run_panel(&self, geometry: &Geometry, arrays: Arrays<T>, panel: Panel, first: usize, count: usize) {
        let kernels = self.kernels_of(panel.vectors, panel.last == self.family.width);
        // SAFETY: the panel's first column, which B and C reach; the bias too, where it is read by columns.
        let (b, c) = unsafe { (arrays.b.add(panel.column), arrays.c.add(panel.column)) };
        let start = match self.store {
            Store::Set => Start::Zero,
            Store::Add => Start::Accumulate,
            Store::BiasOfRow => Start::BiasOfRow(arrays.bias),
            Store::BiasOfColumn => Start::BiasOfColumn(arrays.bias.wrapping_add(panel.column)),
        };
        let mut offsets = RowOffsets::ZERO;
        let mut rows = Cursor::new(&geometry.rows, first * geometry.height + first.min(geometry.taller));
        for block in first..first + count {
            let height = geometry.height + usize::from(block < geometry.taller);
            let kernel = kernels[height - 1];
            if rows.has_in_line(height) {
                let at = rows.at;
                // SAFETY: rows of the product, which A, C and a bias of rows reach.
                unsafe {
                    let start = match start {
                        Start::BiasOfRow(bias) => Start::BiasOfRow(bias.offset(at.bias)),
                        start => start,
                    };
                    let (a, c) = (arrays.a.offset(at.a), c.offset(at.c));
                    let rows = &geometry.row_offsets;
                    kernel(&Tile { a, b, c, rows, inner: &geometry.inner, last: panel.last, start });
                }
                rows.advance_in_line(height);
            } else {
                // SAFETY: as above.
                unsafe {
                    scattered(kernel, &mut rows, height, &mut offsets, geometry, (arrays.a, b, c), panel.last, start)
                }
            }
        }
    }
}

/// A tile whose rows do not lie in line.
///
/// # Safety
/// That of `run`.
#[allow(clippy::too_many_arguments)]
unsafe fn scattered<T>(
    kernel: Kernel<T>,
    rows: &mut Cursor<'_>,
    height: usize,
    offsets: &mut RowOffsets,
    geometry: &Geometry,
    (a, b, c): (*const T, *const T, *mut T),
    last: usize,
    start: Start<T>,
) {
    for row in 0..height.min(MOST_ROWS) {
        offsets.a[row] = rows.at.a;
        offsets.c[row] = rows.at.c;
        offsets.bias[row] = rows.at.bias;
        rows.advance_in_line(1);
    }
    // SAFETY: the caller's promise, handed on.
    unsafe { kernel(&Tile { a, b, c, rows: offsets, inner: &geometry.inner, last, start }) }
}
