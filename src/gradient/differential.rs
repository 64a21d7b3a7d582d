//! The differential of each class of nodes: the one place that knows it. Forward and reverse mode read it off here.
use super::scope::Scope;
use crate::graph::linear::{back_in_place, behind};
use crate::graph::template::Formula;
use crate::graph::{Contraction, Graph, Leaf, Linear, NodeId, Op};
use crate::op::sym::{binary_template, unary_template};
use crate::op::{ReduceOp, Tie, Zeros};

/// The differential of a node by one of its operands, and whether a cotangent that is zero stays zero on its way to it.
pub struct Differential {
    pub map: Linear,
    pub keeps_zeros: bool,
}

/// The differential by the operand at a place, with its coefficients as they are read in `scope`; none if it is zero everywhere. What
/// loops leave and their elements are the modes' own.
pub fn differential(graph: &mut Graph, scope: &mut Scope, y: NodeId, place: usize) -> Option<Differential> {
    let op = graph.op(y).clone();
    let operand = op.operands()[place];
    let map = match op {
        Op::Leaf(_) | Op::OneHot { .. } | Op::Element { .. } | Op::Last { .. } | Op::Stacked { .. } => return None,
        Op::Unary(row, x) => {
            let formula = Formula::new(graph, unary_template(row), |_, _| x, || y, |g, v| scope.value(g, v))?;
            return Some(Differential { map: Linear::Slope(formula), keeps_zeros: row.zeros == Zeros::Stay });
        }
        Op::Binary(row, a, b) => {
            let other = if place == 0 { b } else { a };
            // At a tie with a constant an argument takes nothing, wherever it stands: as the first does.
            let swapped = row.tie == Tie::Second && place == 1 && graph.is_made_of_numbers(other);
            let (arguments, place) = if swapped { ([b, a], 0) } else { ([a, b], place) };
            let template = binary_template(row, place);
            let formula = Formula::new(graph, template, |_, at| arguments[at], || y, |g, v| scope.value(g, v))?;
            let keeps_zeros = match row.zeros {
                Zeros::Stay => true,
                Zeros::StayBesideNumbers => graph.constant_of(other).is_some_and(f64::is_finite),
                Zeros::StayOverNumbers => {
                    place == 0 && graph.constant_of(other).is_some_and(|c| c.is_finite() && c != 0.0)
                }
                Zeros::Lost => false,
            };
            return Some(Differential { map: Linear::Slope(formula), keeps_zeros });
        }
        Op::Select { condition, .. } => match place {
            0 => return None,
            _ => Linear::Choose { condition: scope.value(graph, condition), side: place == 1 },
        },
        Op::Reduce { op: ReduceOp::Argmax | ReduceOp::Argmin, .. } => return None,
        Op::Reduce { op: ReduceOp::Sum, axes, .. } => Linear::Sum { axes },
        Op::Reduce { op: ReduceOp::Mean, axes, .. } => Linear::Mean { axes },
        Op::Reduce { op: ReduceOp::Product, axes, x } => {
            let x = scope.value(graph, x);
            Linear::Weighted { coefficients: products_of_others(graph, x, &axes), axes }
        }
        Op::Reduce { op: op @ (ReduceOp::Max | ReduceOp::Min), axes, x } => {
            let x = scope.value(graph, x);
            let pick = if op == ReduceOp::Max { ReduceOp::Argmax } else { ReduceOp::Argmin };
            let flat = behind(graph, x, &axes);
            let index = graph.reduce(pick, &[graph.shape(flat).len() - 1], flat);
            Linear::Pick { index, axes }
        }
        Op::Contract(c) => {
            let (a, b) = match place {
                0 => (c.a, scope.value(graph, c.b)),
                _ => (scope.value(graph, c.a), c.b),
            };
            Linear::Product { contraction: Contraction { a, b, ..c }, first: place == 0 }
        }
        Op::View(view) => Linear::View(view),
        Op::Reshape { shape, .. } => Linear::Reshape { shape },
        Op::Join { axis, parts } => {
            let extent = |part: &NodeId| graph.shape(*part)[axis];
            let (start, whole) = (parts[..place].iter().map(extent).sum(), parts.iter().map(extent).sum());
            Linear::Part { axis, start, whole }
        }
        Op::Gather { index, shared, .. } => match place {
            0 => Linear::Gather { index: scope.value(graph, index), shared, size: graph.shape(operand)[shared] },
            _ => return None,
        },
        Op::ScatterAdd { index, shared, size, .. } => match place {
            0 => return None,
            _ => Linear::Scatter { index: scope.value(graph, index), shared, size },
        },
        Op::Named(row, arguments) => {
            let values: Vec<NodeId> = arguments.iter().map(|&a| scope.value(graph, a)).collect();
            let answer = scope.value(graph, y);
            (row.differential)(graph, &values, answer, place)?
        }
        Op::BatchMean { axes, .. } => Linear::Examples { axes },
    };
    let keeps_zeros = map.keeps_zeros();
    Some(Differential { map, keeps_zeros })
}

/// For each element the product of the others over these axes, which is right also where elements are zero.
fn products_of_others(graph: &mut Graph, x: NodeId, axes: &[usize]) -> NodeId {
    let shape = graph.shape(x).to_vec();
    let flattened = behind(graph, x, axes);
    let flat = graph.shape(flattened).to_vec();
    let (depth, count) = (flat.len() - 1, flat[flat.len() - 1]);
    let pairs = [&flat[..], &[count]].concat();
    let others: Vec<usize> = (0..depth).chain([depth + 1]).collect();
    let each = graph.expand_at(flattened, &pairs, &others);
    let index = graph.intern(Op::Leaf(Leaf::Iota(count)));
    let own = graph.one_hot(index, count);
    let own = graph.expand_to(own, &pairs);
    let one = graph.constant(1.0, &pairs);
    let rest = graph.select(own, one, each);
    let rest = graph.reduce(ReduceOp::Product, &[depth + 1], rest);
    back_in_place(graph, rest, &shape, axes)
}
