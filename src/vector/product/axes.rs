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
#[derive(Clone, Copy, Debug)]
pub(super) struct Axes<'a> {
    merged: &'a [Merged],
    batch_rows: usize,
}

impl<'a> Axes<'a> {
    pub fn new(merged: &'a [Merged], batch_rows: usize) -> Axes<'a> {
        Axes { merged, batch_rows }
    }

    pub fn len(self) -> usize {
        self.merged.len()
    }

    /// 1 beyond the last axis.
    #[inline]
    pub fn extent(self, axis: usize) -> usize {
        self.merged.get(axis).map_or(1, |axis| axis.count.with(self.batch_rows))
    }

    /// 0 beyond the last axis.
    #[inline]
    pub fn strides(self, axis: usize) -> Strides {
        self.merged.get(axis).map_or(Strides::default(), |axis| axis.strides)
    }

    /// The axes outside the innermost so many.
    pub fn without_inner(self, inner: usize) -> Axes<'a> {
        Axes { merged: self.merged.get(inner..).unwrap_or(&[]), ..self }
    }

    /// Positions in all.
    pub fn count(self) -> usize {
        self.merged.iter().map(|axis| axis.count.with(self.batch_rows)).product()
    }

    /// Where a position is.
    #[inline]
    pub fn offset(self, position: usize) -> Strides {
        let mut at = Strides::default();
        let mut rest = position;
        let mut axis = 0;
        while rest > 0 {
            let extent = self.extent(axis);
            at = at.plus(self.strides(axis), (rest % extent) as isize);
            rest /= extent;
            axis += 1;
        }
        at
    }
}

/// A position on axes that goes on step by step, and its offset in each array.
pub(super) struct Cursor<'a> {
    axes: Axes<'a>,
    index: [usize; AXES],
    pub at: Strides,
}

impl<'a> Cursor<'a> {
    pub fn new(axes: Axes<'a>, position: usize) -> Cursor<'a> {
        let mut index = [0; AXES];
        let mut rest = position;
        for (axis, index) in index.iter_mut().enumerate().take(axes.len()) {
            *index = rest % axes.extent(axis);
            rest /= axes.extent(axis);
        }
        Cursor { axes, index, at: axes.offset(position) }
    }

    /// One position on; after the last one anywhere.
    #[inline]
    pub fn next(&mut self) {
        for axis in 0..self.axes.len() {
            self.index[axis] += 1;
            self.at = self.at.plus(self.axes.strides(axis), 1);
            if self.index[axis] < self.axes.extent(axis) {
                return;
            }
            self.at = self.at.plus(self.axes.strides(axis), -(self.index[axis] as isize));
            self.index[axis] = 0;
        }
    }
}
