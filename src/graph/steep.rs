//! Where the slopes behind a value may be infinite, so that zero times them is no number.
use crate::graph::class::{Made, facts};
use crate::graph::range::Ranges;
use crate::graph::{Graph, NodeId, Op, View};
use crate::op::row::Zeros;
use crate::op::{Interval, ReduceOp, UnaryOp};
use rustc_hash::FxHashSet;

/// Values that are looked at; among more, one may well be steep.
const MOST: usize = 256;

/// Whether a value is made, element by element, by a function whose slope has no bound: `exp(x)`, `log(x)`, a quotient by what may be zero.
/// Lists are looked into, and what elements are taken from or added up; products end the search: there a cotangent is cleaned (see
/// `gradient::support`).
pub fn is_steep(graph: &Graph, ranges: &mut Ranges, value: NodeId) -> bool {
    let (mut todo, mut seen) = (vec![value], FxHashSet::default());
    while let Some(id) = todo.pop() {
        if !seen.insert(id) || graph.constant_of(id).is_some() {
            continue;
        }
        if MOST < seen.len() {
            return true;
        }
        let is_steep = match graph.op(id) {
            Op::Unary(row, x) => has_steep_slope(*row, ranges.of(graph, *x)),
            // A quotient.
            Op::Binary(row, _, y) if row.zeros == Zeros::StayOverNumbers => {
                let below = ranges.of(graph, *y);
                below.low <= 0.0 && 0.0 <= below.high
            }
            // A power that is whole is steep only far out, where the value itself overflows.
            Op::Binary(row, x, y) => {
                let (power, argument) = (graph.constant_of(*y).unwrap_or(0.5), ranges.of(graph, *x));
                let mut there = [0.0, -1.0].into_iter().filter(|&x| argument.low <= x && x <= argument.high);
                graph.constant_of(*x).is_none() && there.any(|x| !(row.slopes)(x, power)[0].is_finite())
            }
            _ => false,
        };
        if is_steep {
            return true;
        }
        let is_list = matches!(graph.op(id), Op::Join { .. });
        if is_list || matches!(facts(graph.op(id)).made, Made::Anywhere | Made::AnywhereByWork) {
            graph.op(id).each_operand(|x| todo.push(x));
        } else {
            todo.extend(arranged(graph, id));
        }
    }
    false
}

/// By its slopes at zero, one, and far out on both sides; and where a tangent has a pole: as far as the argument may be there.
fn has_steep_slope(row: UnaryOp, argument: Interval) -> bool {
    let points = [0.0, 1.0, -1.0, 1e3, -1e3, 1e30, -1e30, std::f64::consts::FRAC_PI_2];
    let mut there = points.into_iter().filter(|&x| argument.low <= x && x <= argument.high);
    !row.stops && there.any(|x| (row.slopes)(x)[0].abs() > 1e10)
}

/// What a node's elements are, or are sums of, in whichever order.
fn arranged(graph: &Graph, id: NodeId) -> Option<NodeId> {
    match graph.op(id) {
        Op::View(View { x, .. }) | Op::Reshape { x, .. } | Op::Gather { table: x, .. } => Some(*x),
        Op::Reduce { op: ReduceOp::Sum | ReduceOp::Mean, x, .. } => Some(*x),
        Op::Element { x, .. } | Op::Stacked { x, .. } | Op::Last { x, .. } => Some(*x),
        Op::Named(row, arguments) => row.0.keeps_elements.then(|| arguments[0]),
        _ => None,
    }
}
