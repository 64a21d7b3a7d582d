//! Products of matrices where they lie: `C[i, j] (=|+=|bias+) Σ_k A[i, k] · B[k, j]`, with i, k and a batch around them
//! each made of several axes of any stride, and j contiguous in B and C. Nothing is packed or copied.
//!
//! A [`Product`] says the shape, [`Prepared`] is what a planner keeps of it, and [`Prepared::run`] multiplies.

mod axes;
mod bundles;
mod calls;
mod family;
mod prepared;
mod run;
mod terms;
mod tile;

pub use calls::{product_f32, product_f64};
pub use prepared::Prepared;

use std::ops::Range;

/// How long an axis is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Extent {
    Fixed(usize),
    /// The number of batch rows, which is said when the product runs.
    Batch,
}

impl Extent {
    /// The length with this number of batch rows.
    pub fn with(self, batch_rows: usize) -> usize {
        match self {
            Extent::Fixed(extent) => extent,
            Extent::Batch => batch_rows,
        }
    }
}

/// One axis: its length, and how far apart neighbours on it are in each array, in elements. A stride may be 0 or negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    pub extent: Extent,
    pub a: i64,
    pub b: i64,
    pub c: i64,
    pub bias: i64,
}

impl Axis {
    /// An axis of C that B lacks.
    pub fn row(extent: Extent, a: i64, c: i64) -> Axis {
        Axis { extent, a, b: 0, c, bias: 0 }
    }

    /// An axis that is summed over.
    pub fn inner(extent: Extent, a: i64, b: i64) -> Axis {
        Axis { extent, a, b, c: 0, bias: 0 }
    }

    /// An axis that all three have: as many products, each for itself.
    pub fn batch(extent: Extent, a: i64, b: i64, c: i64) -> Axis {
        Axis { extent, a, b, c, bias: 0 }
    }

    /// The same axis, with a stride in the bias.
    pub fn with_bias(self, bias: i64) -> Axis {
        Axis { bias, ..self }
    }
}

/// What becomes of the sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Store {
    /// C is overwritten.
    Set,
    /// They are added to C, each when it is finished.
    Add,
    /// C is overwritten; the chain begins with a number for each row, at the bias strides of the row and batch axes.
    BiasOfRow,
    /// C is overwritten; the chain begins with a number for each column, contiguous, at the bias strides of the batch axes.
    BiasOfColumn,
}

/// The shape of a product. Axes are listed as loops would be written: the outermost first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// Axes that A, B and C share.
    pub batch: Vec<Axis>,
    /// Axes of A and C, flattened to the rows i; their strides in B must be 0.
    pub rows: Vec<Axis>,
    /// Axes of A and B, the sum over k in this order; their strides in C and the bias must be 0.
    pub inner: Vec<Axis>,
    /// The columns j, contiguous in B, C and a bias of columns; A lacks them.
    pub columns: Extent,
    pub store: Store,
}

/// Offsets that a product reaches, in elements from each pointer. Empty where an array is not touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    pub a: Range<i64>,
    pub b: Range<i64>,
    pub c: Range<i64>,
    pub bias: Range<i64>,
}

impl Product {
    /// What a run with this number of batch rows reads (of A, B and the bias) and writes (of C, and reads to add).
    pub fn reach(&self, batch_rows: usize) -> Reach {
        let columns = self.columns.with(batch_rows) as i64;
        let all = || self.batch.iter().chain(&self.rows).chain(&self.inner);
        let is_empty = |axes: &[Axis]| axes.iter().any(|axis| axis.extent.with(batch_rows) == 0);
        let range = |stride: fn(&Axis) -> i64, columns: i64| {
            let (mut low, mut high) = (0, 0);
            for axis in all() {
                let last = stride(axis) * (axis.extent.with(batch_rows) as i64 - 1);
                if last < 0 { low += last } else { high += last }
            }
            low..high + columns
        };
        let nothing = 0..0;
        let no_outputs = columns == 0 || is_empty(&self.batch) || is_empty(&self.rows);
        let no_terms = no_outputs || is_empty(&self.inner);
        let bias_columns = match self.store {
            Store::Set | Store::Add => 0,
            Store::BiasOfRow => 1,
            Store::BiasOfColumn => columns,
        };
        Reach {
            a: if no_terms { nothing.clone() } else { range(|axis| axis.a, 1) },
            b: if no_terms { nothing.clone() } else { range(|axis| axis.b, columns) },
            c: if no_outputs { nothing.clone() } else { range(|axis| axis.c, columns) },
            bias: if no_outputs || bias_columns == 0 { nothing } else { range(|axis| axis.bias, bias_columns) },
        }
    }

    /// Multiplications and additions of a run: two for each term of each sum.
    pub fn operations(&self, batch_rows: usize) -> u64 {
        let count = |axes: &[Axis]| axes.iter().map(|axis| axis.extent.with(batch_rows) as u64).product::<u64>();
        2 * count(&self.batch) * count(&self.rows) * count(&self.inner) * self.columns.with(batch_rows) as u64
    }
}

/// One of several parts that together are the whole product; each element of C belongs to one part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// From 0.
    pub index: usize,
    pub of: usize,
}

impl Part {
    pub const WHOLE: Part = Part { index: 0, of: 1 };

    /// This part's share of so many units.
    fn range(self, units: usize) -> Range<usize> {
        if self.of <= 1 {
            return 0..units;
        }
        units * self.index / self.of..units * (self.index + 1) / self.of
    }
}

#[cfg(test)]
mod tests;
