//! How loops and rows of the batch are shared out among threads. Each thread takes a run of whole groups; elements that two
//! steps share out the same way need no barrier between them.
use super::buffer::{Extent, Float};
use super::instruction::For;

/// Rows of the batch go to threads in groups of this many, in kernels and products alike.
pub const ROWS_TOGETHER: usize = 16;

/// How many iterations of a parallel loop stay together: whole cache lines of what it writes.
pub fn together(one: &For, float: Float) -> usize {
    match (one.extent, one.lanes) {
        (Extent::Batch, _) => ROWS_TOGETHER,
        (Extent::Fixed(_), true) => float.padding(),
        (Extent::Fixed(_), false) => 1,
    }
}
