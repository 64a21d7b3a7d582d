//! Where the elements of a value stand in memory: the order of its axes and their strides.
use crate::graph::BATCH;
use crate::kernel::Float;

/// The layout of one buffer. Rows are padded to whole vectors, and never a multiple of 1 KiB apart: such strides share cache sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Axes from the outermost to the innermost.
    pub order: Vec<usize>,
    /// In elements, by axis.
    pub strides: Vec<usize>,
    /// Of the whole buffer, padding included.
    pub elements: usize,
    /// Whether each row has room up to a whole vector.
    pub padded: bool,
}

impl Layout {
    /// Row by row in this order of axes, rows padded.
    pub fn padded(shape: &[usize], order: &[usize], batch: usize, float: Float) -> Layout {
        let padding = float.padding();
        let mut strides = vec![0; shape.len()];
        let mut size = 1;
        for (place, &axis) in order.iter().rev().enumerate() {
            strides[axis] = size;
            size = grown(size, extent(shape[axis], batch));
            if place == 0 {
                size = size.next_multiple_of(padding);
                if order.len() > 1 && (size * float.bytes()).is_multiple_of(1024) {
                    size += padding;
                }
            }
        }
        Layout { order: order.to_vec(), strides, elements: size.max(padding), padded: true }
    }
    /// Without any padding, in the order of the axes: what a reshape can read.
    pub fn dense(shape: &[usize], batch: usize, float: Float) -> Layout {
        let mut strides = vec![0; shape.len()];
        let mut size = 1;
        for axis in (0..shape.len()).rev() {
            strides[axis] = size;
            size = grown(size, extent(shape[axis], batch));
        }
        let elements = size.next_multiple_of(float.padding());
        Layout { order: (0..shape.len()).collect(), strides, elements, padded: false }
    }
    /// The axis along which elements are neighbours.
    pub fn innermost(&self) -> Option<usize> {
        self.order.last().copied()
    }
}

/// More elements than any memory has are all the same: whoever asks for memory is refused.
fn grown(size: usize, extent: usize) -> usize {
    size.saturating_mul(extent).min(1 << 58)
}

/// The extent of an axis when the batch is at its largest.
pub fn extent(n: usize, batch: usize) -> usize {
    if n == BATCH { batch } else { n }
}
