//! Forward mode: the total derivative by a number, as a stream beside the values.
//!
//! `D(D(u))` gives u, u′, u″ with shared work, because equal nodes are one node.
use super::Failure;
use super::templates::{self, Places};
use crate::graph::{Contraction, Graph, NodeId, Op, View};
use crate::op::ReduceOp;
use rustc_hash::FxHashMap;

/// `d of / d by` of any value by a number; the shape is that of `of`. `called` is the number's name.
pub fn tangent(graph: &mut Graph, of: NodeId, by: NodeId, called: Option<&str>) -> Result<NodeId, Failure> {
    let marks = graph.dependents(&[by]);
    let one = graph.number(1.0);
    let mut tangents: FxHashMap<NodeId, NodeId> = FxHashMap::from_iter([(by, one)]);
    for id in graph.reachable(&[of]) {
        if marks[id.index()]
            && id != by
            && let Some(t) = rule(graph, id, &tangents)?
        {
            tangents.insert(id, t);
            if let Some(called) = called {
                graph.set_tangent(t, id, called);
            }
        }
    }
    Ok(tangents.get(&of).copied().unwrap_or_else(|| {
        let shape = graph.shape(of).to_vec();
        graph.constant(0.0, &shape)
    }))
}

/// The tangent of a node from its operands'; none is zero.
fn rule(graph: &mut Graph, y: NodeId, tangents: &FxHashMap<NodeId, NodeId>) -> Result<Option<NodeId>, Failure> {
    let get = |x: NodeId| tangents.get(&x).copied();
    let mut parts: Vec<NodeId> = vec![];
    match graph.op(y).clone() {
        Op::Leaf(_) | Op::OneHot { .. } => {}
        Op::Unary(op, x) => {
            if let Some(t) = get(x) {
                let places = Places { argument: &mut |_, _| x, answer: &mut |_| y, adjoint: t };
                parts.extend(templates::unary(graph, op, places));
            }
        }
        Op::Binary(op, x, z) => {
            for (argument, t) in [get(x), get(z)].into_iter().enumerate() {
                let Some(t) = t else { continue };
                let places = Places { argument: &mut |_, i| [x, z][i], answer: &mut |_| y, adjoint: t };
                parts.extend(templates::binary(graph, op, argument, places));
            }
        }
        Op::Select { condition, yes, no } => {
            let shape = graph.shape(y).to_vec();
            let zero = graph.constant(0.0, &shape);
            if get(yes).is_some() || get(no).is_some() {
                parts.push(graph.select(condition, get(yes).unwrap_or(zero), get(no).unwrap_or(zero)));
            }
        }
        Op::Reduce { op, axes, x } => {
            if let Some(t) = get(x) {
                match op {
                    ReduceOp::Sum | ReduceOp::Mean => parts.push(graph.reduce(op, &axes, t)),
                    ReduceOp::Argmax | ReduceOp::Argmin => {}
                    ReduceOp::Product => {
                        let share = graph.divide(t, x);
                        let sum = graph.sum(&axes, share);
                        parts.push(graph.multiply(sum, y));
                    }
                    ReduceOp::Max | ReduceOp::Min => {
                        // The tangent of the picked element: the adjoint's mask, applied and summed.
                        let shape = graph.shape(y).to_vec();
                        let one = graph.constant(1.0, &shape);
                        let mask = super::rules::shares(graph, &mut Default::default(), y, one, &|o| o == x);
                        if let [(_, mask)] = mask[..] {
                            let picked = graph.multiply(mask, t);
                            parts.push(graph.sum(&axes, picked));
                        }
                    }
                }
            }
        }
        Op::Contract(c) => {
            if let Some(a) = get(c.a) {
                parts.push(graph.intern(Op::Contract(Contraction { a, ..c.clone() })));
            }
            if let Some(b) = get(c.b) {
                parts.push(graph.intern(Op::Contract(Contraction { b, ..c.clone() })));
            }
        }
        Op::View(view) => parts.extend(get(view.x).map(|x| graph.intern(Op::View(View { x, ..view.clone() })))),
        Op::Reshape { x, shape } => parts.extend(get(x).map(|t| graph.reshape(t, &shape))),
        Op::Join { axis, parts: all } => {
            let streams: Vec<NodeId> = all
                .iter()
                .map(|&p| {
                    get(p).unwrap_or_else(|| {
                        let shape = graph.shape(p).to_vec();
                        graph.constant(0.0, &shape)
                    })
                })
                .collect();
            if all.iter().any(|&p| get(p).is_some()) {
                parts.push(graph.join(axis, &streams));
            }
        }
        Op::Gather { table, index, shared } => parts.extend(get(table).map(|t| graph.gather(t, index, shared))),
        Op::ScatterAdd { index, values, shared, size } => {
            parts.extend(get(values).map(|t| graph.scatter_add(index, t, shared, size)));
        }
        Op::Named(op, arguments) => {
            for (place, &argument) in arguments.iter().enumerate() {
                let Some(t) = get(argument) else { continue };
                if let Some(tangent) = op.tangent {
                    parts.extend(tangent(graph, &arguments, y, t, place));
                } else {
                    let shape = graph.shape(y).to_vec();
                    let one = graph.constant(1.0, &shape);
                    if let Some(slope) = (op.derivative)(graph, &arguments, y, one, place) {
                        let product = graph.multiply(slope, t);
                        let axis = graph.shape(argument).len() - 1;
                        parts.push(graph.sum(&[axis], product));
                    }
                }
            }
        }
        Op::BatchMean { x, axes } => {
            parts.extend(get(x).map(|x| graph.intern(Op::BatchMean { x, axes })));
        }
        Op::Element { .. } | Op::Last { .. } | Op::Stacked { .. } => return Err(Failure::ThroughLoop),
    }
    Ok(parts.into_iter().reduce(|a, b| graph.add(a, b)))
}
