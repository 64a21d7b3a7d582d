//! Initial values of parameters and states, by (seed, path).
use crate::graph::{Graph, Leaf, NodeId, Op};
use crate::kernel::Fault;
use crate::model::{Initial, Model};
use crate::oracle::{Environment, evaluate};
use crate::random::initial_values;
use crate::simplify::{Stage, simplify};

/// The values that parameters begin with, in their order.
///
/// # Errors
/// A start depends on what is not known before training: the model should have refused it.
pub fn parameters(model: &Model, seed: u64) -> Result<Vec<Vec<f64>>, Fault> {
    let all = model.parameters.iter().zip(&model.graph.parameters);
    all.map(|(parameter, variable)| match &parameter.initial {
        Initial::Draw(distribution) => {
            Ok(initial_values(*distribution, &variable.ty.shape, parameter.gates, seed, &variable.name))
        }
        Initial::Value(node) => value(&model.graph, *node, &variable.name),
    })
    .collect()
}

/// The values that states begin with, in their order.
///
/// # Errors
/// As those of `parameters`.
pub fn states(model: &Model, seed: u64) -> Result<Vec<Vec<f64>>, Fault> {
    let all = model.states.iter().zip(&model.graph.states);
    all.map(|(state, variable)| match &state.initial {
        Initial::Draw(distribution) => Ok(initial_values(*distribution, &variable.ty.shape, 1, seed, &variable.name)),
        Initial::Value(node) => value(&model.graph, *node, &variable.name),
    })
    .collect()
}

/// The elements of a value that depends on no data and no parameter.
fn value(graph: &Graph, node: NodeId, path: &str) -> Result<Vec<f64>, Fault> {
    if let Op::Leaf(Leaf::Constant(value, shape)) = graph.op(node) {
        return Ok(vec![value.0; shape.iter().product()]);
    }
    let simple = simplify(graph, &[node], Stage::Collect);
    let values = evaluate(&simple.graph, &simple.roots, &Environment::new(&simple.graph, 1));
    let fault = |reason| Fault { place: format!("the start of `{path}`"), reason };
    values.map_err(fault).map(|values| values[0].flat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline;

    #[test]
    fn starts_are_numbers_settings_and_what_is_made_of_them() {
        let text = "k = 2\nparam a\nparam b = 3, c: [3] = [k, 2k, 1], d: [2, 2] = identity(2) * k, e: [3] = 0..3\n";
        let source = pipeline::read("model.nn", text, &Default::default());
        let found = parameters(source.training.as_ref().unwrap(), 1).unwrap();
        let wanted: [&[f64]; 5] = [&[0.0], &[3.0], &[2.0, 4.0, 1.0], &[2.0, 0.0, 0.0, 2.0], &[0.0, 1.0, 2.0]];
        assert_eq!(found, wanted);
    }
}
