//! Lists of axes as a run needs them: merged where they are one in memory, the innermost first, with lengths known.

use super::{Axis, Extent};
use crate::limits::AXES;

/// A length that may be a multiple of the number of batch rows, as when axes were merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Count {
    pub fixed: usize,
    pub is_batch: bool,
}

impl Count {
    pub fn of(extent: Extent) -> Count {
        match extent {
            Extent::Fixed(fixed) => Count { fixed, is_batch: false },
            Extent::Batch => Count { fixed: 1, is_batch: true },
        }
    }

    pub fn with(self, batch_rows: usize) -> usize {
        if self.is_batch { self.fixed * batch_rows } else { self.fixed }
    }
}

/// An axis whose length may be a multiple of the number of batch rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Merged {
    pub count: Count,
    pub strides: Strides,
}

/// How far apart neighbours are, or how far from the beginning a position is, in each array.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Strides {
    pub a: isize,
    pub b: isize,
    pub c: isize,
    pub bias: isize,
}

impl Strides {
    #[inline]
    pub fn plus(self, other: Strides, times: isize) -> Strides {
        Strides {
            a: self.a + other.a * times,
            b: self.b + other.b * times,
            c: self.c + other.c * times,
            bias: self.bias + other.bias * times,
        }
    }
}

/// The axes, the innermost first, without those of length 1, and with neighbours that are one axis in memory made one.
pub(super) fn merge(axes: &[Axis]) -> Vec<Merged> {
    let mut merged: Vec<Merged> = Vec::new();
    for axis in axes.iter().rev().filter(|axis| axis.extent != Extent::Fixed(1)) {
        let count = Count::of(axis.extent);
        let strides = Strides { a: axis.a as isize, b: axis.b as isize, c: axis.c as isize, bias: axis.bias as isize };
        match merged.last_mut() {
            Some(inside) if is_continued(inside, strides) => {
                inside.count = Count { fixed: inside.count.fixed * count.fixed, is_batch: count.is_batch };
            }
            _ => merged.push(Merged { count, strides }),
        }
    }
    assert!(merged.len() <= AXES, "a product of more than {AXES} axes of a kind");
    merged
}

/// Whether an axis with these strides goes on where the inside one ends.
fn is_continued(inside: &Merged, outside: Strides) -> bool {
    !inside.count.is_batch && Strides::default().plus(inside.strides, inside.count.fixed as isize) == outside
}

/// Axes with lengths known, the innermost first.
#[derive(Clone, Debug)]
pub(super) struct Axes {
    pub len: usize,
    pub extent: [usize; AXES],
    pub strides: [Strides; AXES],
}

impl Axes {
    pub fn new(merged: &[Merged], batch_rows: usize) -> Axes {
        let mut axes = Axes { len: merged.len(), extent: [1; AXES], strides: [Strides::default(); AXES] };
        for (i, axis) in merged.iter().enumerate() {
            axes.extent[i] = axis.count.with(batch_rows);
            axes.strides[i] = axis.strides;
        }
        axes
    }

    /// Where a position is.
    #[inline]
    pub fn offset(&self, position: usize) -> Strides {
        let mut at = Strides::default();
        let mut rest = position;
        let mut axis = 0;
        while rest > 0 {
            at = at.plus(self.strides[axis], (rest % self.extent[axis]) as isize);
            rest /= self.extent[axis];
            axis += 1;
        }
        at
    }

    /// The axes outside the innermost so many.
    pub fn without_inner(&self, inner: usize) -> Axes {
        let mut axes =
            Axes { len: self.len.saturating_sub(inner), extent: [1; AXES], strides: [Strides::default(); AXES] };
        for i in 0..axes.len {
            axes.extent[i] = self.extent[i + inner];
            axes.strides[i] = self.strides[i + inner];
        }
        axes
    }

    /// Positions in all.
    pub fn count(&self) -> usize {
        self.extent[..self.len].iter().product()
    }
}

/// A position on axes that goes on step by step, and its offset in each array.
pub(super) struct Cursor<'a> {
    axes: &'a Axes,
    index: [usize; AXES],
    pub at: Strides,
}

impl<'a> Cursor<'a> {
    pub fn new(axes: &'a Axes, position: usize) -> Cursor<'a> {
        let mut index = [0; AXES];
        let mut rest = position;
        for (index, extent) in index.iter_mut().zip(&axes.extent[..axes.len]) {
            *index = rest % extent;
            rest /= extent;
        }
        Cursor { axes, index, at: axes.offset(position) }
    }

    /// One position on; after the last one anywhere.
    #[inline]
    pub fn next(&mut self) {
        for axis in 0..self.axes.len {
            self.index[axis] += 1;
            self.at = self.at.plus(self.axes.strides[axis], 1);
            if self.index[axis] < self.axes.extent[axis] {
                return;
            }
            self.at = self.at.plus(self.axes.strides[axis], -(self.index[axis] as isize));
            self.index[axis] = 0;
        }
    }
}
