//! Rules for reductions and means over the batch. They hold in real numbers; sums may be taken in another order.
use super::reading::binary_of;
use super::{Simplifier, StructuralRule};
use crate::graph::{BATCH, Graph, Leaf, NodeId, Op, Row, Runtime, View};
use crate::op::arithmetic::MULTIPLY;
use crate::op::exponential::RECIPROCAL;
use crate::op::{BinaryOp, Linearity, ReduceOp, UnaryOp};

pub static RULES: &[StructuralRule] = &[
    StructuralRule { name: "sum of a constant or an expansion", apply: of_repeated },
    StructuralRule { name: "sum of a onehot", apply: of_hot },
    StructuralRule { name: "sum of shares", apply: of_shares },
    StructuralRule { name: "sum of what is padded", apply: of_padded },
    StructuralRule { name: "sum of what is permuted", apply: of_permuted },
    StructuralRule { name: "sum of a sum", apply: nested },
    StructuralRule { name: "sum over an axis of one", apply: over_one },
    StructuralRule { name: "mean of a product", apply: mean_of_contraction },
    StructuralRule { name: "sum of means of products", apply: common_count },
    StructuralRule { name: "sum of a product", apply: sum_of_contraction },
    StructuralRule { name: "sum over the batch of a product", apply: sum_in_operand },
    StructuralRule { name: "sum of a negative or a multiple", apply: linear },
    StructuralRule { name: "mean over the batch of a scatter", apply: sum_of_scatter },
];

/// One of its places is the one.
fn of_hot(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let Op::Reduce { op: ReduceOp::Sum, axes, x } = s.graph.op(id) else { return None };
    let last = s.graph.shape(*x).len().checked_sub(1)?;
    let is_hot = axes[..] == [last] && matches!(s.graph.op(*x), Op::OneHot { .. });
    is_hot.then(|| s.constant_like(1.0, id))
}

fn of_repeated(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let Op::Reduce { op, axes, x } = s.graph.op(id).clone() else { return None };
    if !matches!(op, ReduceOp::Sum | ReduceOp::Mean | ReduceOp::Max | ReduceOp::Min) {
        return None;
    }
    let shape = s.graph.shape(x).to_vec();
    let out = s.graph.shape(id).to_vec();
    let repeats = |s: &mut Simplifier, value: NodeId, over: &[usize]| -> NodeId {
        let mut value = value;
        if op == ReduceOp::Sum {
            for &axis in over {
                let factor = if shape[axis] == BATCH {
                    s.graph.runtime(Runtime::BatchSize)
                } else {
                    s.graph.number(shape[axis] as f64)
                };
                let own = s.graph.shape(value).to_vec();
                let factor = s.graph.expand_to(factor, &own);
                value = s.make(Op::Binary(BinaryOp(&MULTIPLY), factor, value));
            }
        }
        value
    };
    if let Some(value) = s.graph.constant_of(x) {
        let value = s.graph.constant(value, &out);
        return Some(repeats(s, value, &axes));
    }
    let Op::View(view) = s.graph.op(x).clone() else { return None };
    let repeated = view.as_expansion(s.graph.shape(view.x))?;
    let (over, left): (Vec<usize>, Vec<usize>) = axes.iter().partition(|a| repeated.contains(a));
    if over.is_empty() {
        return None;
    }
    // The expansion without the axes that are reduced.
    let kept: Vec<usize> = (0..shape.len()).filter(|a| !over.contains(a)).collect();
    let small: Vec<usize> = kept.iter().map(|&a| shape[a]).collect();
    let place = |axis: usize| kept.iter().position(|&k| k == axis).unwrap_or(0);
    let own: Vec<usize> = view.rows.iter().map(|r| place(r.terms[0].0)).collect();
    let value = if small.len() == own.len() { view.x } else { s.graph.expand_at(view.x, &small, &own) };
    let value = repeats(s, value, &over);
    let left: Vec<usize> = left.iter().map(|&a| place(a)).collect();
    Some(if left.is_empty() { value } else { s.make(Op::Reduce { op, axes: left, x: value }) })
}

/// The classes' shares of a softmax or of a class are one together.
fn of_shares(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let Op::Reduce { op: ReduceOp::Sum, axes, x } = s.graph.op(id) else { return None };
    let shares = match s.graph.op(*x) {
        Op::Named(op, _) => op.shares,
        Op::OneHot { .. } => true,
        _ => false,
    };
    (shares && axes[..] == [s.graph.shape(*x).len() - 1]).then(|| s.constant_like(1.0, id))
}

/// The zeros around a value add nothing: it is summed itself.
fn of_padded(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let Op::Reduce { op: ReduceOp::Sum, axes, x } = s.graph.op(id).clone() else { return None };
    let Op::View(view) = s.graph.op(x).clone() else { return None };
    let inner = s.graph.shape(view.x).to_vec();
    if view.is_total() {
        return None;
    }
    let stands_whole = |k: usize| {
        let (row, n) = (&view.rows[k], inner[k] as i64);
        let [(axis, 1)] = row.terms[..] else { return false };
        // Each element stands there, once.
        let whole = row.low == 0 && row.high == n && row.offset <= 0 && row.offset + view.shape[axis] as i64 >= n;
        let alone = view.rows.iter().flat_map(|r| &r.terms).filter(|t| t.0 == axis).count() == 1;
        inner[k] != BATCH && axes.contains(&axis) && row.divisor == 1 && whole && alone
    };
    let (summed, rest): (Vec<usize>, Vec<usize>) = (0..inner.len()).partition(|&k| stands_whole(k));
    if summed.is_empty() {
        return None;
    }
    let gone: Vec<usize> = summed.iter().map(|&k| view.rows[k].terms[0].0).collect();
    let kept: Vec<usize> = (0..view.shape.len()).filter(|axis| !gone.contains(axis)).collect();
    let place = |axis: usize| kept.iter().position(|&k| k == axis);
    let rows = rest.iter().map(|&k| {
        let row = &view.rows[k];
        Row { terms: row.terms.iter().filter_map(|&(axis, c)| Some((place(axis)?, c))).collect(), ..row.clone() }
    });
    let (rows, shape) = (rows.collect(), kept.iter().map(|&axis| view.shape[axis]).collect());
    let sum = s.make(Op::Reduce { op: ReduceOp::Sum, axes: summed, x: view.x });
    let sum = s.make(Op::View(View { x: sum, shape, rows }));
    let left: Vec<usize> = axes.iter().filter_map(|&axis| place(axis)).collect();
    Some(if left.is_empty() { sum } else { s.make(Op::Reduce { op: ReduceOp::Sum, axes: left, x: sum }) })
}

/// In which order axes stand is no matter to what is reduced over them: those that are left are permuted, and what was transposed is not.
fn of_permuted(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let Op::Reduce { op, axes, x } = s.graph.op(id).clone() else { return None };
    let Op::View(view) = s.graph.op(x) else { return None };
    let (x, order) = (view.x, view.as_permutation(s.graph.shape(view.x))?);
    if op.picks_index() {
        return None;
    }
    let mut inner: Vec<usize> = axes.iter().map(|&axis| order[axis]).collect();
    inner.sort();
    let kept: Vec<usize> = (0..order.len()).filter(|axis| !axes.contains(axis)).map(|axis| order[axis]).collect();
    let reduced = s.make(Op::Reduce { op, axes: inner, x });
    let mut ascending = kept.clone();
    ascending.sort();
    let order: Vec<usize> = kept.iter().filter_map(|axis| ascending.iter().position(|own| own == axis)).collect();
    Some(if order.is_sorted() { reduced } else { s.graph.permute(reduced, &order) })
}

fn nested(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let Op::Reduce { op, axes, x } = s.graph.op(id).clone() else { return None };
    let Op::Reduce { op: inner, axes: first, x } = s.graph.op(x).clone() else { return None };
    if inner != op || op.picks_index() {
        return None;
    }
    let rank = s.graph.shape(x).len();
    let kept: Vec<usize> = (0..rank).filter(|a| !first.contains(a)).collect();
    let mut all: Vec<usize> = first.iter().copied().chain(axes.iter().map(|&a| kept[a])).collect();
    all.sort();
    Some(s.make(Op::Reduce { op, axes: all, x }))
}

fn over_one(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let Op::Reduce { op, axes, x } = s.graph.op(id).clone() else { return None };
    if op.picks_index() || axes.iter().any(|&a| s.graph.shape(x)[a] != 1) {
        return None;
    }
    let shape = s.graph.shape(id).to_vec();
    Some(s.make(Op::Reshape { x, shape }))
}

/// The mean over the batch of a product over it is one product, divided by the number of examples: no product is kept for each example.
fn mean_of_contraction(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let Op::Reduce { op: ReduceOp::Mean, axes, x } = s.graph.op(id).clone() else { return None };
    let linear = match s.graph.op(x) {
        Op::Contract(_) | Op::ScatterAdd { .. } => true,
        Op::Unary(op, _) => op.scale.is_some(),
        Op::Reduce { op: ReduceOp::Sum, .. } => true,
        _ => false,
    };
    if axes[..] != [0] || s.graph.shape(x)[0] != BATCH || !linear {
        return None;
    }
    let sum = s.make(Op::Reduce { op: ReduceOp::Sum, axes, x });
    let count = s.graph.runtime(Runtime::BatchSize);
    let inverse = s.make(Op::Unary(UnaryOp(&RECIPROCAL), count));
    let shape = s.graph.shape(sum).to_vec();
    let inverse = s.graph.expand_to(inverse, &shape);
    Some(s.make(Op::Binary(BinaryOp(&MULTIPLY), inverse, sum)))
}

/// Sums that are divided by the number of examples are divided once, when they are added.
fn common_count(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let Op::Binary(op, a, b) = *s.graph.op(id) else { return None };
    let ((inverse, first), (other, second)) = (binary_of(s, a, &MULTIPLY)?, binary_of(s, b, &MULTIPLY)?);
    if inverse != other || !matches!(op.linear, Linearity::Sum(_)) || !is_inverse_count(&s.graph, inverse) {
        return None;
    }
    let sum = s.make(Op::Binary(op, first, second));
    Some(s.make(Op::Binary(BinaryOp(&MULTIPLY), inverse, sum)))
}

/// Whether a value is one over the number of examples.
fn is_inverse_count(graph: &Graph, id: NodeId) -> bool {
    match graph.op(graph.unexpanded(id)) {
        Op::Unary(op, x) => *op == RECIPROCAL && matches!(graph.op(*x), Op::Leaf(Leaf::Runtime(Runtime::BatchSize))),
        _ => false,
    }
}

/// A sum over the examples of a product with what is the same for all of them is the product with their sum: nothing of the
/// product's size is kept for each example.
fn sum_in_operand(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let Op::Reduce { op: ReduceOp::Sum, axes, x } = s.graph.op(id).clone() else { return None };
    let Op::Contract(mut c) = s.graph.op(x).clone() else { return None };
    if axes[..] != [0] || s.graph.shape(x)[0] != BATCH {
        return None;
    }
    let label = c.out_axes[0];
    let (operand, labels) = match (c.in_a(label), c.in_b(label)) {
        (true, false) => (&mut c.a, &mut c.a_axes),
        (false, true) => (&mut c.b, &mut c.b_axes),
        _ => return None,
    };
    let axis = labels.iter().position(|l| *l == label)?;
    *operand = s.make(Op::Reduce { op: ReduceOp::Sum, axes: vec![axis], x: *operand });
    labels.remove(axis);
    let op = crate::graph::Contraction::new(c.a, c.b, &c.a_axes, &c.b_axes, &c.out_axes[1..]);
    Some(s.make(Op::Contract(op)))
}

/// A sum over an axis of a product is a product that contracts it.
fn sum_of_contraction(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let Op::Reduce { op: ReduceOp::Sum, axes, x } = s.graph.op(id).clone() else { return None };
    let Op::Contract(c) = s.graph.op(x).clone() else { return None };
    let labels: Vec<u8> = axes.iter().map(|&a| c.out_axes[a]).collect();
    if labels.iter().any(|&l| !c.in_a(l) || !c.in_b(l)) {
        return None;
    }
    let out: Vec<u8> = c.out_axes.iter().copied().filter(|l| !labels.contains(l)).collect();
    let op = crate::graph::Contraction::new(c.a, c.b, &c.a_axes, &c.b_axes, &out);
    Some(s.make(Op::Contract(op)))
}

fn linear(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let Op::Reduce { op, axes, x } = s.graph.op(id).clone() else { return None };
    if !matches!(op, ReduceOp::Sum | ReduceOp::Mean) {
        return None;
    }
    match *s.graph.op(x) {
        Op::Unary(multiple, inner) if multiple.scale.is_some() => {
            let sum = s.make(Op::Reduce { op, axes, x: inner });
            Some(s.make(Op::Unary(multiple, sum)))
        }
        Op::Binary(multiply, c, inner) if multiply == MULTIPLY => {
            let value = s.graph.constant_of(c)?;
            let sum = s.make(Op::Reduce { op, axes, x: inner });
            let factor = s.constant_like(value, sum);
            Some(s.make(Op::Binary(multiply, factor, sum)))
        }
        _ => None,
    }
}

/// Rows of all examples are added into one table.
fn sum_of_scatter(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let Op::Reduce { op: ReduceOp::Sum, axes, x } = s.graph.op(id).clone() else { return None };
    let Op::ScatterAdd { index, values, shared, size } = *s.graph.op(x) else { return None };
    (axes[..] == [0] && shared == 1).then(|| s.make(Op::ScatterAdd { index, values, shared: 0, size }))
}
