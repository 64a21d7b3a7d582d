//! A product made ready: axes merged, tile sizes chosen, and everything that does not depend on the batch computed.

use super::axes::{Axes, Merged, merge};
use super::family::{CHAINS, Family};
use super::terms::Terms;
use super::tile::{Kernel, MOST_ROWS, RowOffsets};
use super::{Extent, Product, Store};
use crate::vector::machine::{Element, Path};

/// Bytes of the widest vector of any path.
const WIDEST: usize = 64;
/// So many of them, four times, fit its registers.
const FEW: usize = 6;

/// A product ready to run on one path. It holds no pointers to arrays.
pub struct Prepared<T: 'static> {
    pub(super) family: &'static Family<T>,
    pub(super) store: Store,
    batch: Vec<Merged>,
    rows: Vec<Merged>,
    inner: Vec<Merged>,
    columns: Extent,
    is_chained: bool,
    /// Offsets of rows that lie in line on the innermost axis.
    pub(super) row_offsets: RowOffsets,
    /// How runs of the usual size are cut.
    pub(super) cut: Option<Usual>,
}

/// How one run is cut. Small, and quick to compute, as it depends on the number of batch rows.
#[derive(Clone, Copy)]
pub(super) struct Geometry {
    pub batches: usize,
    /// Panels of columns, the wider ones first.
    pub panels: Panels,
    pub blocks: Blocks,
    pub terms: Terms,
}

/// Rows cut into blocks as high as a tile: lines of equal length, and each line into the same blocks.
///
/// A line is the innermost axis; or all rows, where axes are too short for good tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Blocks {
    /// Blocks in all.
    pub count: usize,
    pub per_line: usize,
    /// The first `taller` blocks of a line have a row more than `height`.
    pub height: usize,
    pub taller: usize,
}

/// Columns cut into panels of one, two or three vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Panels {
    pub columns: usize,
    pub width: usize,
    /// Vectors in each of the first `wide` panels.
    pub wide_vectors: usize,
    pub wide: usize,
    /// Vectors in each of the `narrow` panels after them.
    pub narrow_vectors: usize,
    pub narrow: usize,
}

/// How runs with the usual number of batch rows are cut.
pub(super) struct Usual {
    pub batch_rows: usize,
    pub geometry: Geometry,
}

/// One panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Panel {
    pub column: usize,
    pub vectors: usize,
    /// Columns in the last vector.
    pub last: usize,
}

impl<T: Element> Prepared<T> {
    /// Prepares a product for a path, which the processor must have.
    ///
    /// Panics where `product` is not one: a row with a stride in B, an inner axis with one in C, a bias of columns
    /// with a stride by rows, or more than
    /// [`AXES`](crate::limits::AXES) axes of a kind after merging.
    pub fn new(product: &Product, path: Path) -> Prepared<T> {
        assert!(path.is_available(), "this processor has no {}", path.name());
        assert!(product.rows.iter().all(|axis| axis.b == 0), "a row axis with a stride in B: {product:?}");
        assert!(
            product.inner.iter().all(|axis| axis.c == 0 && axis.bias == 0),
            "an inner axis with a stride in C: {product:?}"
        );
        assert!(
            product.store != Store::BiasOfColumn || product.rows.iter().all(|axis| axis.bias == 0),
            "a bias of columns with a stride by rows: {product:?}"
        );
        let family = Family::of(path);
        let mut prepared = Prepared {
            family,
            store: product.store,
            batch: merge(&product.batch),
            rows: merge(&product.rows),
            inner: merge(&product.inner),
            columns: product.columns,
            is_chained: false,
            row_offsets: RowOffsets::ZERO,
            cut: None,
        };
        prepared.is_chained = prepared.has_few_outputs();
        let stride = Axes::new(&prepared.rows, 0).strides(0);
        for row in 0..MOST_ROWS {
            prepared.row_offsets.a[row] = stride.a * row as isize;
            prepared.row_offsets.c[row] = stride.c * row as isize;
            prepared.row_offsets.bias[row] = stride.bias * row as isize;
        }
        prepared
    }

    /// Cuts once for runs with this number of batch rows; any other run is cut when it begins.
    pub fn usually(mut self, batch_rows: usize) -> Prepared<T> {
        self.cut = Some(Usual { batch_rows, geometry: self.cut(batch_rows) });
        self
    }

    /// Whether four chains of sums pay, with the widest vectors. Decided by fixed extents alone: the number of batch rows differs
    /// from thread to thread and for the last batch, the width of vectors from machine to machine, and the bits of an element must not.
    fn has_few_outputs(&self) -> bool {
        let vectors = match self.columns {
            Extent::Fixed(columns) => columns.div_ceil(WIDEST / size_of::<T>()).min(3),
            Extent::Batch => 3,
        };
        let rows = self.rows.iter().fold(1, |rows: usize, axis| match axis.count.is_batch {
            true => usize::MAX,
            false => rows.saturating_mul(axis.count.fixed),
        });
        let terms =
            self.inner.first().map_or(1, |axis| if axis.count.is_batch { usize::MAX } else { axis.count.fixed });
        rows.saturating_mul(vectors) <= FEW && terms >= 8
    }

    /// How a run with this number of batch rows is cut.
    pub(super) fn cut(&self, batch_rows: usize) -> Geometry {
        let panels = Panels::new(self.columns.with(batch_rows), self.family.width, self.family.sizes.len());
        let vectors = panels.wide_vectors.max(panels.narrow_vectors);
        let tallest = self.kernels_of(vectors, false).len();
        let blocks = Blocks::new(self.rows(batch_rows), tallest, vectors);
        let terms = Terms::new(self.inner(batch_rows), if self.is_chained { CHAINS } else { 1 });
        Geometry { batches: self.batch(batch_rows).count(), panels, blocks, terms }
    }

    pub(super) fn batch(&self, batch_rows: usize) -> Axes<'_> {
        Axes::new(&self.batch, batch_rows)
    }

    pub(super) fn rows(&self, batch_rows: usize) -> Axes<'_> {
        Axes::new(&self.rows, batch_rows)
    }

    pub(super) fn inner(&self, batch_rows: usize) -> Axes<'_> {
        Axes::new(&self.inner, batch_rows)
    }

    /// The kernels for so many vectors, by rows less one.
    #[inline]
    pub(super) fn kernels_of(&self, vectors: usize, is_full: bool) -> &'static [Kernel<T>] {
        let sizes = if self.is_chained { self.family.chained } else { self.family.sizes };
        let size = &sizes[vectors.max(1) - 1];
        if is_full { size.full } else { size.edge }
    }
}

impl Blocks {
    /// Sums in flight that keep the multipliers busy: two a cycle, four cycles each.
    const ENOUGH_SUMS: usize = 8;

    /// Blocks do not cross from one line of the innermost axis to the next, unless lines are too short for good tiles.
    fn new(rows: Axes<'_>, tallest: usize, vectors: usize) -> Blocks {
        let count = rows.count();
        let is_cut_by_lines = rows.len() > 1 && rows.extent(0) * vectors >= Blocks::ENOUGH_SUMS;
        let line = if is_cut_by_lines { rows.extent(0) } else { count };
        let per_line = line.div_ceil(tallest);
        Blocks {
            count: if count == 0 { 0 } else { per_line * (count / line) },
            per_line,
            height: line.checked_div(per_line).unwrap_or(0),
            taller: line.checked_rem(per_line).unwrap_or(0),
        }
    }

    /// The first row of a block of a line, and how many it has.
    #[inline]
    pub fn get(&self, block: usize) -> (usize, usize) {
        (block * self.height + block.min(self.taller), self.height + usize::from(block < self.taller))
    }
}

impl Panels {
    /// As few vectors as possible in all, panels as wide as possible, but no panel of one vector beside wider ones.
    pub fn new(columns: usize, width: usize, widest: usize) -> Panels {
        let vectors = columns.div_ceil(width);
        let (mut wide, rest) = (vectors / widest, vectors % widest);
        let (mut narrow_vectors, mut narrow) = (rest, usize::from(rest > 0));
        if widest == 3 && rest == 1 && wide > 0 {
            wide -= 1;
            (narrow_vectors, narrow) = (2, 2);
        }
        Panels { columns, width, wide_vectors: if wide > 0 { widest } else { 0 }, wide, narrow_vectors, narrow }
    }

    pub fn count(&self) -> usize {
        self.wide + self.narrow
    }

    pub fn get(&self, index: usize) -> Panel {
        let (vectors, before) = if index < self.wide {
            (self.wide_vectors, index * self.wide_vectors)
        } else {
            (self.narrow_vectors, self.wide * self.wide_vectors + (index - self.wide) * self.narrow_vectors)
        };
        let column = before * self.width;
        let last = (self.columns - column).min(vectors * self.width) - (vectors - 1) * self.width;
        Panel { column, vectors, last }
    }
}
