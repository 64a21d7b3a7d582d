//! Contractions: all products of linear algebra as one operation with named axes (einsum).
use super::NodeId;

/// `out[o…] = Σ a[…] · b[…]` over the labels that `out` does not have.
///
/// Every label of an operand occurs in the other operand or in `out`; each at most once in a place. Labels are
/// numbered in the order in which they first occur in `a`, then `b`, so that equal contractions are equal nodes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Contraction {
    pub a: NodeId,
    pub b: NodeId,
    pub a_axes: Vec<u8>,
    pub b_axes: Vec<u8>,
    pub out_axes: Vec<u8>,
}

impl Contraction {
    /// With labels renumbered to their canonical form.
    pub fn new(a: NodeId, b: NodeId, a_axes: &[u8], b_axes: &[u8], out_axes: &[u8]) -> Contraction {
        let mut order: Vec<u8> = vec![];
        for &label in a_axes.iter().chain(b_axes) {
            if !order.contains(&label) {
                order.push(label);
            }
        }
        let number = |axes: &[u8]| -> Vec<u8> {
            axes.iter().map(|l| order.iter().position(|o| o == l).map_or(u8::MAX, |i| i as u8)).collect()
        };
        Contraction { a, b, a_axes: number(a_axes), b_axes: number(b_axes), out_axes: number(out_axes) }
    }
    /// How many labels there are.
    pub fn labels(&self) -> u8 {
        self.a_axes.iter().chain(&self.b_axes).map(|l| l + 1).max().unwrap_or(0)
    }
    /// The labels that are summed over, ascending.
    pub fn summed(&self) -> Vec<u8> {
        (0..self.labels()).filter(|l| !self.out_axes.contains(l)).collect()
    }
    /// The extent of each label, from the operands' shapes.
    pub fn extents(&self, a_shape: &[usize], b_shape: &[usize]) -> Vec<usize> {
        let mut extents = vec![1; self.labels() as usize];
        for (axes, shape) in [(&self.a_axes, a_shape), (&self.b_axes, b_shape)] {
            for (&label, &extent) in axes.iter().zip(shape) {
                extents[label as usize] = extent;
            }
        }
        extents
    }
    /// Which operand has the label.
    pub fn in_a(&self, label: u8) -> bool {
        self.a_axes.contains(&label)
    }
    pub fn in_b(&self, label: u8) -> bool {
        self.b_axes.contains(&label)
    }
}
