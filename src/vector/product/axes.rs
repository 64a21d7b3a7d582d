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

    /// Positions in all.
    pub fn count(&self) -> usize {
        self.extent[..self.len].iter().product()
    }
}

/// A position on axes, and its offset in each array.
pub(super) struct Cursor<'a> {
    axes: &'a Axes,
    index: [usize; AXES],
    pub at: Strides,
}

impl<'a> Cursor<'a> {
    pub fn new(axes: &'a Axes, position: usize) -> Cursor<'a> {
        let mut cursor = Cursor { axes, index: [0; AXES], at: Strides::default() };
        cursor.set(position);
        cursor
    }

    pub fn set(&mut self, position: usize) {
        self.index = [0; AXES];
        self.at = Strides::default();
        let mut rest = position;
        let mut axis = 0;
        while rest > 0 {
            self.index[axis] = rest % self.axes.extent[axis];
            rest /= self.axes.extent[axis];
            self.at = self.at.plus(self.axes.strides[axis], self.index[axis] as isize);
            axis += 1;
        }
    }

    /// Whether so many positions from here lie on the innermost axis.
    pub fn has_in_line(&self, positions: usize) -> bool {
        self.axes.len <= 1 || self.index[0] + positions <= self.axes.extent[0]
    }

    /// So many positions on, all but the last of which lie on the innermost axis.
    pub fn advance_in_line(&mut self, positions: usize) {
        self.index[0] += positions;
        self.at = self.at.plus(self.axes.strides[0], positions as isize);
        if self.axes.len > 1 && self.index[0] == self.axes.extent[0] {
            self.carry();
        }
    }

    /// The innermost axis has come to its end: the axes around it go on.
    fn carry(&mut self) {
        let mut axis = 0;
        while axis + 1 < self.axes.len && self.index[axis] == self.axes.extent[axis] {
            self.at = self.at.plus(self.axes.strides[axis], -(self.index[axis] as isize));
            self.index[axis] = 0;
            axis += 1;
            self.index[axis] += 1;
            self.at = self.at.plus(self.axes.strides[axis], 1);
        }
    }
}
