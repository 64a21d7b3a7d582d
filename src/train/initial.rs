//! Initial values of parameters and states, by (seed, path).
use crate::diagnostic::Diagnostic;
use crate::graph::{Graph, Leaf, NodeId, Op};
use crate::model::{Initial, Model};
use crate::random::{Distribution, initial_values};
use crate::simplify::{Stage, simplify};

/// The values that parameters begin with, in their order.
pub fn parameters(model: &Model, seed: u64) -> Result<Vec<Vec<f64>>, Diagnostic> {
    model
        .parameters
        .iter()
        .zip(&model.graph.parameters)
        .map(|(parameter, variable)| {
            values(&model.graph, &parameter.initial, &variable.ty.shape, parameter.gates, seed, &variable.name)
        })
        .collect()
}

/// The values that states begin with, in their order.
pub fn states(model: &Model, seed: u64) -> Result<Vec<Vec<f64>>, Diagnostic> {
    model
        .states
        .iter()
        .zip(&model.graph.states)
        .map(|(state, variable)| values(&model.graph, &state.initial, &variable.ty.shape, 1, seed, &variable.name))
        .collect()
}

fn values(
    graph: &Graph,
    initial: &Initial,
    shape: &[usize],
    gates: usize,
    seed: u64,
    path: &str,
) -> Result<Vec<f64>, Diagnostic> {
    match initial {
        Initial::Draw { distribution, numbers } => {
            let distribution =
                Distribution::from_name(distribution, numbers).map_err(|why| Diagnostic::error("E0408", why))?;
            Ok(initial_values(distribution, shape, gates, seed, path))
        }
        Initial::Value(node) => constant(graph, *node, shape).ok_or_else(|| {
            Diagnostic::error("E0409", format!("the start of `{path}` is not known before training begins"))
        }),
    }
}

/// The elements of a value that depends on nothing.
fn constant(graph: &Graph, node: NodeId, shape: &[usize]) -> Option<Vec<f64>> {
    let count = shape.iter().product();
    let simple = simplify(graph, &[node], Stage::Simplify);
    match simple.graph.op(simple.roots[0]) {
        Op::Leaf(Leaf::Constant(value, _)) => Some(vec![value.0; count]),
        Op::Leaf(Leaf::Table(values, _)) => Some(values.iter().map(|v| v.0).collect()),
        Op::Leaf(Leaf::Setting(number)) => Some(vec![simple.graph.settings[*number as usize].1; count]),
        _ => None,
    }
}
