//! A product made ready: axes merged, tile sizes chosen, and everything that does not depend on the batch computed.

use super::axes::{Axes, Merged, merge};
use super::family::Family;
use super::tile::{Inner, Kernel, RowOffsets};
use super::{Extent, Product, Store};
use crate::limits::AXES;
use crate::vector::machine::{Element, Path};

/// A product ready to run on one path. It holds no pointers to arrays.
pub struct Prepared<T: 'static> {
    pub(super) family: &'static Family<T>,
    pub(super) store: Store,
    batch: Vec<Merged>,
    rows: Vec<Merged>,
    inner: Vec<Merged>,
    columns: Extent,
    is_chained: bool,
    /// The whole geometry, where it does not depend on the number of batch rows.
    fixed: Option<Geometry>,
}

/// The extents and cuts of one run.
pub(super) struct Geometry {
    pub batch: Axes,
    pub batches: usize,
    pub rows: Axes,
    /// Offsets of rows in line on the innermost axis.
    pub row_offsets: RowOffsets,
    /// Tiles down the rows: the first `taller` of them have a row more than `height`.
    pub blocks: usize,
    pub height: usize,
    pub taller: usize,
    /// Panels of columns, the wider ones first.
    pub panels: Panels,
    pub inner: Inner,
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
    /// [`AXES`] axes of a kind after merging.
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
            fixed: None,
        };
        prepared.is_chained = prepared.has_few_outputs();
        let axes = || [&prepared.batch, &prepared.rows, &prepared.inner].into_iter().flatten();
        if product.columns != Extent::Batch && axes().all(|axis| !axis.count.is_batch) {
            prepared.fixed = Some(prepared.geometry(0));
        }
        prepared
    }

    /// Whether four chains of sums pay. Decided by fixed extents alone: the number of batch rows differs from thread to
    /// thread and for the last batch, and the bits of an element must not.
    fn has_few_outputs(&self) -> bool {
        let vectors = match self.columns {
            Extent::Fixed(columns) => columns.div_ceil(self.family.width).min(self.family.sizes.len()),
            Extent::Batch => self.family.sizes.len(),
        };
        let rows = self.rows.iter().fold(1, |rows: usize, axis| match axis.count.is_batch {
            true => usize::MAX,
            false => rows.saturating_mul(axis.count.fixed),
        });
        let terms =
            self.inner.first().map_or(1, |axis| if axis.count.is_batch { usize::MAX } else { axis.count.fixed });
        rows.saturating_mul(vectors) <= self.family.chained_most && terms >= 8
    }

    /// Calls `with` on the geometry of a run with this number of batch rows.
    #[inline]
    pub(super) fn with_geometry<R>(&self, batch_rows: usize, with: impl FnOnce(&Geometry) -> R) -> R {
        match &self.fixed {
            Some(fixed) => with(fixed),
            None => with(&self.geometry(batch_rows)),
        }
    }

    fn geometry(&self, batch_rows: usize) -> Geometry {
        let batch = Axes::new(&self.batch, batch_rows);
        let rows = Axes::new(&self.rows, batch_rows);
        let panels = Panels::new(self.columns.with(batch_rows), self.family.width, self.family.sizes.len());
        let count = rows.count();
        let tallest = self.kernels_of(panels.wide_vectors.max(panels.narrow_vectors), false).len();
        let blocks = count.div_ceil(tallest);
        let mut row_offsets = RowOffsets::ZERO;
        for row in 0..row_offsets.a.len() {
            row_offsets.a[row] = rows.strides[0].a * row as isize;
            row_offsets.c[row] = rows.strides[0].c * row as isize;
            row_offsets.bias[row] = rows.strides[0].bias * row as isize;
        }
        Geometry {
            batches: batch.count(),
            batch,
            rows,
            row_offsets,
            blocks,
            height: count.checked_div(blocks).unwrap_or(0),
            taller: count.checked_rem(blocks).unwrap_or(0),
            panels,
            inner: inner(&Axes::new(&self.inner, batch_rows)),
        }
    }

    /// The kernels for so many vectors, by rows less one.
    #[inline]
    pub(super) fn kernels_of(&self, vectors: usize, is_full: bool) -> &'static [Kernel<T>] {
        let sizes = if self.is_chained { self.family.chained } else { self.family.sizes };
        let size = &sizes[vectors.max(1) - 1];
        if is_full { size.full } else { size.edge }
    }
}

/// How k runs.
fn inner(axes: &Axes) -> Inner {
    let mut inner = Inner { len: 1, a: 0, b: 0, outer: 0, extent: [1; AXES], a_step: [0; AXES], b_step: [0; AXES] };
    if axes.count() == 0 {
        inner.len = 0;
        return inner;
    }
    if axes.len == 0 {
        return inner;
    }
    inner.len = axes.extent[0];
    inner.a = axes.strides[0].a;
    inner.b = axes.strides[0].b;
    inner.outer = axes.len - 1;
    // When an axis goes on, the axes inside it go back from their last index to 0.
    let (mut a_back, mut b_back) = (0, 0);
    for outer in 0..inner.outer {
        let (extent, strides) = (axes.extent[outer + 1], axes.strides[outer + 1]);
        inner.extent[outer] = extent;
        inner.a_step[outer] = strides.a - a_back;
        inner.b_step[outer] = strides.b - b_back;
        a_back += strides.a * (extent as isize - 1);
        b_back += strides.b * (extent as isize - 1);
    }
    inner
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
