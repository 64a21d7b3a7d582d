//! Contractions as products of the register tile: which axes are rows, columns and sums, and where they stand in memory.
use super::kernels::Destination;
use super::memory::{Memory, Stored};
use crate::graph::{BATCH, Contraction, LoopId, NodeId, Op};
use crate::kernel::{Affine, Float, LoopVariable, Operand};
use crate::vector::product::{Axis, Extent, Product, Store};

/// A value as memory: its first element, and the stride of each axis.
#[derive(Clone, Debug)]
pub struct Address {
    pub operand: Operand,
    pub strides: Vec<i64>,
}

/// Where a value stands, if it stands in memory: views and a loop's elements are addresses, too.
pub fn address(memory: &Memory, loops: &[(LoopId, LoopVariable)], float: Float, x: NodeId) -> Option<Address> {
    let graph = memory.graph;
    if graph.ty(x).kind.is_whole() {
        return None;
    }
    if let Some(stored) = memory.stored.get(&x) {
        // Numbers of the whole step are f64, whatever a product takes.
        return (stored.float == float).then(|| start_of(stored));
    }
    if let Some(&(within, stack)) = memory.stacks.get(&x) {
        return at_place(memory, loops, within, stack, start_of(&memory.stored[&stack]));
    }
    match graph.op(x) {
        Op::View(view) if view.is_total() && view.rows.iter().all(|r| r.divisor == 1) => {
            let inner = address(memory, loops, float, view.x)?;
            let mut strides = vec![0; view.shape.len()];
            let mut start = inner.operand.start;
            for (row, stride) in view.rows.iter().zip(&inner.strides) {
                start = start + row.offset * stride;
                for &(axis, c) in &row.terms {
                    strides[axis] += c * stride;
                }
            }
            Some(Address { operand: Operand { start, ..inner.operand }, strides })
        }
        Op::Element { of: within, x: all } => {
            let inner = address(memory, loops, float, *all)?;
            at_place(memory, loops, *within, *all, inner)
        }
        _ => None,
    }
}

/// The first element of what is stored.
fn start_of(stored: &Stored) -> Address {
    Address {
        operand: Operand::new(stored.buffer, Affine::from(stored.offset as i64)),
        strides: stored.layout.strides.iter().map(|&s| s as i64).collect(),
    }
}

/// A stack, or a value that a loop goes through, at the place where the loop is.
fn at_place(
    memory: &Memory,
    loops: &[(LoopId, LoopVariable)],
    within: LoopId,
    all: NodeId,
    mut address: Address,
) -> Option<Address> {
    let axis = usize::from(memory.graph.shape(all).first() == Some(&BATCH));
    let variable = loops.iter().find(|l| l.0 == within)?.1;
    let stride = address.strides.remove(axis);
    address.operand.start = address.operand.start + variable * stride;
    Some(address)
}

/// A product, and its operands.
pub struct Planned {
    pub product: Product,
    pub a: Operand,
    pub b: Operand,
    pub c: Operand,
}

/// The operand that must be copied so that its elements along an axis are neighbours.
pub struct Repacked {
    pub x: NodeId,
    pub innermost: usize,
}

/// More products of the same kind, whose results and one of whose operands stand at equal distances.
#[derive(Clone, Copy)]
pub struct StridedBatch {
    /// Products in all.
    pub count: usize,
    /// The operand in which they differ: that of the first.
    pub operand: NodeId,
    /// How far the operands are apart, in elements.
    pub stride: i64,
    /// How far the results are.
    pub result_stride: i64,
}

/// A contraction as a product; or what has to be copied first; or nothing, if no tile fits it.
pub fn product(
    memory: &Memory,
    loops: &[(LoopId, LoopVariable)],
    c: &Contraction,
    to: &Destination,
    group: Option<StridedBatch>,
) -> Option<Result<Planned, Repacked>> {
    let float = to.stored.float;
    let extents = c.extents(memory.graph.shape(c.a), memory.graph.shape(c.b));
    let target = match to.stack {
        None => start_of(&to.stored),
        Some((within, stack)) => at_place(memory, loops, within, stack, start_of(&to.stored))?,
    };
    let (a, b) = (address(memory, loops, float, c.a)?, address(memory, loops, float, c.b)?);
    let stride = |axes: &[u8], address: &Address, label: u8| {
        axes.iter().position(|l| *l == label).map_or(0, |k| address.strides[k])
    };
    let in_c = |label: u8| stride(&c.out_axes, &target, label);
    // The columns: neighbours in the result, and in one operand alone.
    let column = c.out_axes.iter().copied().find(|&l| in_c(l) == 1 && c.in_a(l) != c.in_b(l))?;
    let from_b = c.in_b(column);
    let (other, other_axes, wide, wide_axes, wide_node) =
        if from_b { (&a, &c.a_axes, &b, &c.b_axes, c.b) } else { (&b, &c.b_axes, &a, &c.a_axes, c.a) };
    if stride(wide_axes, wide, column) != 1 {
        let axis = wide_axes.iter().position(|l| *l == column)?;
        return Some(Err(Repacked { x: wide_node, innermost: axis }));
    }
    let extent = |label: u8| match extents[label as usize] {
        BATCH => Extent::Batch,
        n => Extent::Fixed(n),
    };
    let (mut batch, mut rows, mut inner) = (vec![], vec![], vec![]);
    if let Some(StridedBatch { count, operand, stride: operand_stride, result_stride }) = group {
        let count = Extent::Fixed(count);
        match operand == wide_node {
            true => batch.push(Axis::batch(count, 0, operand_stride, result_stride)),
            false => rows.push(Axis::row(count, operand_stride, result_stride)),
        }
    }
    for label in (0..c.labels()).filter(|&l| l != column) {
        let (of_a, of_b) = (stride(other_axes, other, label), stride(wide_axes, wide, label));
        if !c.out_axes.contains(&label) {
            inner.push(Axis::inner(extent(label), of_a, of_b));
        } else if wide_axes.contains(&label) {
            batch.push(Axis::batch(extent(label), of_a, of_b, in_c(label)));
        } else {
            rows.push(Axis::row(extent(label), of_a, in_c(label)));
        }
    }
    // The longest strides outside: the innermost sum runs through neighbours.
    inner.sort_by_key(|axis| std::cmp::Reverse(axis.b.abs().max(axis.a.abs())));
    let product = Product { batch, rows, inner, columns: extent(column), store: Store::Set };
    Some(Ok(Planned { product, a: other.operand.clone(), b: wide.operand.clone(), c: target.operand }))
}
