//! The adjoint rule of each class of nodes: what a node's cotangent gives to each operand.
use super::scope::Scope;
use super::templates::{self, Places};
use crate::graph::{Graph, Leaf, NodeId, Op};
use crate::op::ReduceOp;

/// `(operand, its share of the cotangent)` for each operand that is `active`. Loops are `reverse`'s own.
pub fn shares(
    graph: &mut Graph,
    scope: &mut Scope,
    y: NodeId,
    dy: NodeId,
    active: &dyn Fn(NodeId) -> bool,
) -> Vec<(NodeId, NodeId)> {
    let mut out = vec![];
    match graph.op(y).clone() {
        Op::Leaf(_) | Op::OneHot { .. } | Op::Element { .. } | Op::Last { .. } | Op::Stacked { .. } => {}
        Op::Unary(op, x) => {
            if active(x) {
                let share = scoped(graph, scope, &[x], y, dy, |g, places| templates::unary(g, op, places));
                out.extend(share.map(|s| (x, s)));
            }
        }
        Op::Binary(op, x, z) => {
            for (argument, operand) in [x, z].into_iter().enumerate().filter(|(_, o)| active(*o)) {
                let picks = op.name == "max" || op.name == "min";
                let other = if argument == 0 { z } else { x };
                // The greater of a value and a constant takes nothing at equality: max(0, x) is the ReLU.
                let share = if picks && argument == 1 && graph.constant_of(other).is_some() {
                    scoped(graph, scope, &[z, x], y, dy, |g, places| templates::binary(g, op, 0, places))
                } else {
                    scoped(graph, scope, &[x, z], y, dy, |g, places| templates::binary(g, op, argument, places))
                };
                out.extend(share.map(|s| (operand, s)));
            }
        }
        Op::Select { condition, yes, no } => {
            let condition = scope.value(graph, condition);
            let shape = graph.shape(dy).to_vec();
            let zero = graph.constant(0.0, &shape);
            if active(yes) {
                out.push((yes, graph.select(condition, dy, zero)));
            }
            if active(no) {
                out.push((no, graph.select(condition, zero, dy)));
            }
        }
        Op::Reduce { op, axes, x } => {
            if active(x)
                && let Some(share) = reduction(graph, scope, op, &axes, x, dy)
            {
                out.push((x, share));
            }
        }
        Op::Contract(c) => {
            if active(c.a) {
                let b = scope.value(graph, c.b);
                out.push((c.a, graph.contract(dy, b, &c.out_axes, &c.b_axes, &c.a_axes)));
            }
            if active(c.b) {
                let a = scope.value(graph, c.a);
                // The cotangent first where it leads the result: `δ xᵀ`, `wᵀ δ` are told apart when printing.
                let first_from_dy = c.b_axes.first().is_some_and(|l| c.out_axes.contains(l));
                out.push(if first_from_dy {
                    (c.b, graph.contract(dy, a, &c.out_axes, &c.a_axes, &c.b_axes))
                } else {
                    (c.b, graph.contract(a, dy, &c.a_axes, &c.out_axes, &c.b_axes))
                });
            }
        }
        Op::View(view) => {
            if active(view.x) {
                out.push((view.x, view_adjoint(graph, &view, dy)));
            }
        }
        Op::Reshape { x, .. } => {
            if active(x) {
                let shape = graph.shape(x).to_vec();
                out.push((x, graph.reshape(dy, &shape)));
            }
        }
        Op::Join { axis, parts } => {
            let mut start = 0;
            for part in parts {
                let extent = graph.shape(part)[axis];
                if active(part) {
                    out.push((part, graph.slice(dy, axis, start, 1, extent)));
                }
                start += extent;
            }
        }
        Op::Gather { table, index, shared } => {
            if active(table) {
                let index = scope.value(graph, index);
                let size = graph.shape(table)[shared];
                out.push((
                    table,
                    gather_adjoint(graph, index, dy, shared, size, graph.shape(table).len() == shared + 1),
                ));
            }
        }
        Op::ScatterAdd { index, values, shared, .. } => {
            if active(values) {
                let index = scope.value(graph, index);
                out.push((values, graph.gather(dy, index, shared)));
            }
        }
        Op::Named(op, arguments) => {
            let values: Vec<NodeId> = arguments.iter().map(|&a| scope.value(graph, a)).collect();
            for (place, &argument) in arguments.iter().enumerate().filter(|(_, a)| active(**a)) {
                let answer = scope.value(graph, y);
                if let Some(share) = (op.derivative)(graph, &values, answer, dy, place) {
                    out.push((argument, share));
                }
            }
        }
        // `spread` is the adjoint of the mean over the batch, and the mean that of `spread`: what each example gives to the
        // mean is averaged, and every example gets the same.
        Op::BatchMean { x, axes } => {
            if active(x) {
                let mut dy = if graph.ty(dy).varying { graph.batch_mean(dy) } else { dy };
                // Within an example it is a mean like others.
                let count: usize = axes.iter().map(|&a| graph.shape(x)[a]).product();
                if count != 1 {
                    let shape = graph.shape(dy).to_vec();
                    let n = graph.constant(count as f64, &shape);
                    dy = graph.divide(dy, n);
                }
                out.push((x, spread(graph, dy, x, &axes)));
            }
        }
    }
    out
}

fn scoped(
    graph: &mut Graph,
    scope: &mut Scope,
    arguments: &[NodeId],
    answer: NodeId,
    adjoint: NodeId,
    make: impl FnOnce(&mut Graph, Places) -> Option<NodeId>,
) -> Option<NodeId> {
    let scope = std::cell::RefCell::new(scope);
    make(
        graph,
        Places {
            argument: &mut |g, i| scope.borrow_mut().value(g, arguments[i]),
            answer: &mut |g| scope.borrow_mut().value(g, answer),
            adjoint,
        },
    )
}

/// The cotangent of a view's operand.
pub fn view_adjoint(graph: &mut Graph, view: &crate::graph::View, dy: NodeId) -> NodeId {
    let x_shape = graph.shape(view.x).to_vec();
    let seen = view.with_pivots();
    let dy = if seen.shape.len() > view.shape.len() { graph.reshape(dy, &seen.shape) } else { dy };
    debug_assert!(seen.has_adjoint(&x_shape), "a view that was narrowed has no adjoint of this form");
    let (adjoint, summed) = seen.adjoint(dy, &x_shape);
    // What only selects itself whole is no view.
    let whole =
        adjoint.shape == graph.shape(dy) && adjoint.as_permutation(graph.shape(dy)).is_some_and(|o| o.is_sorted());
    let spread = if whole { dy } else { graph.intern(Op::View(adjoint)) };
    graph.sum(&summed, spread)
}

fn gather_adjoint(
    graph: &mut Graph,
    index: NodeId,
    dy: NodeId,
    shared: usize,
    size: usize,
    of_numbers: bool,
) -> NodeId {
    let same = graph.shape(index).len() == shared;
    if same && of_numbers {
        let mut shape = graph.shape(dy).to_vec();
        shape.push(size);
        let hot = graph.one_hot(index, size);
        let axes: Vec<usize> = (0..shape.len() - 1).collect();
        let wide = graph.expand_at(dy, &shape, &axes);
        return graph.multiply(wide, hot);
    }
    graph.scatter_add(index, dy, shared, size)
}

/// `dy`, of a shape without `axes`, repeated along them to the shape of `x`.
pub fn spread(graph: &mut Graph, dy: NodeId, x: NodeId, axes: &[usize]) -> NodeId {
    let shape = graph.shape(x).to_vec();
    let kept: Vec<usize> = (0..shape.len()).filter(|a| !axes.contains(a)).collect();
    if kept.len() == shape.len() {
        return dy;
    }
    graph.expand_at(dy, &shape, &kept)
}

fn reduction(
    graph: &mut Graph,
    scope: &mut Scope,
    op: ReduceOp,
    axes: &[usize],
    x: NodeId,
    dy: NodeId,
) -> Option<NodeId> {
    let shape = graph.shape(x).to_vec();
    let count: usize = axes.iter().map(|&a| shape[a]).product();
    match op {
        ReduceOp::Argmax | ReduceOp::Argmin => None,
        ReduceOp::Sum => Some(spread(graph, dy, x, axes)),
        ReduceOp::Mean => {
            let wide = spread(graph, dy, x, axes);
            let n = graph.constant(count as f64, &shape);
            Some(graph.divide(wide, n))
        }
        // Each element's share is the product of the others, which is right also where elements are zero.
        ReduceOp::Product => {
            let x = scope.value(graph, x);
            let flattened = behind(graph, x, axes);
            let flat = graph.shape(flattened).to_vec();
            let depth = flat.len() - 1;
            let pairs = [&flat[..], &[count]].concat();
            let others: Vec<usize> = (0..depth).chain([depth + 1]).collect();
            let each = graph.expand_at(flattened, &pairs, &others);
            let index = graph.intern(Op::Leaf(Leaf::Iota(count)));
            let own = graph.one_hot(index, count);
            let own = graph.expand_to(own, &pairs);
            let one = graph.constant(1.0, &pairs);
            let rest = graph.select(own, one, each);
            let rest = graph.reduce(ReduceOp::Product, &[depth + 1], rest);
            let places: Vec<usize> = (0..depth).collect();
            let wide = graph.expand_at(dy, &flat, &places);
            let share = graph.multiply(wide, rest);
            Some(back_in_place(graph, share, &shape, axes))
        }
        ReduceOp::Max | ReduceOp::Min => {
            let x = scope.value(graph, x);
            let pick = if op == ReduceOp::Max { ReduceOp::Argmax } else { ReduceOp::Argmin };
            let flattened = behind(graph, x, axes);
            let flat = graph.shape(flattened).to_vec();
            let index = graph.reduce(pick, &[flat.len() - 1], flattened);
            debug_assert!(graph.ty(index).kind.is_whole());
            let hot = graph.one_hot(index, count);
            let places: Vec<usize> = (0..flat.len() - 1).collect();
            let wide = graph.expand_at(dy, &flat, &places);
            let share = graph.multiply(wide, hot);
            Some(back_in_place(graph, share, &shape, axes))
        }
    }
}

/// The order in which these axes come behind the others.
fn order_behind(depth: usize, axes: &[usize]) -> Vec<usize> {
    (0..depth).filter(|a| !axes.contains(a)).chain(axes.iter().copied()).collect()
}

/// These axes brought together as the last one, so that what is first among them has one index.
fn behind(graph: &mut Graph, x: NodeId, axes: &[usize]) -> NodeId {
    let shape = graph.shape(x).to_vec();
    let order = order_behind(shape.len(), axes);
    let moved = graph.permute(x, &order);
    let mut flat: Vec<usize> = order[..shape.len() - axes.len()].iter().map(|&a| shape[a]).collect();
    flat.push(axes.iter().map(|&a| shape[a]).product());
    graph.reshape(moved, &flat)
}

/// The reverse of `behind`, for a value of that shape.
fn back_in_place(graph: &mut Graph, x: NodeId, shape: &[usize], axes: &[usize]) -> NodeId {
    let order = order_behind(shape.len(), axes);
    let moved: Vec<usize> = order.iter().map(|&a| shape[a]).collect();
    let unflattened = graph.reshape(x, &moved);
    let back: Vec<usize> = (0..shape.len()).map(|a| order.iter().position(|&o| o == a).unwrap_or(a)).collect();
    graph.permute(unflattened, &back)
}
