//! The labels of a contraction: where each of its axes occurs.

/// A label: its extent, and its strides in `a`, `b` and the result; `None` where it does not occur.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Label {
    pub extent: usize,
    pub strides: [Option<isize>; 3],
}

impl Label {
    /// The stride in an operand; 0 where the label does not occur.
    pub fn stride(&self, operand: usize) -> isize {
        self.strides[operand].unwrap_or(0)
    }
    /// Whether it occurs in `a`, in `b` and in the result.
    pub fn is_in(&self, pattern: [bool; 3]) -> bool {
        self.strides.map(|s| s.is_some()) == pattern
    }
}

pub const BATCHED: [bool; 3] = [true, true, true];
pub const ROWS: [bool; 3] = [true, false, true];
pub const COLUMNS: [bool; 3] = [false, true, true];
pub const SUMMED: [bool; 3] = [true, true, false];
