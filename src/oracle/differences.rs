//! Derivatives by finite differences of the oracle: what symbolic ones are checked against.
use super::{Environment, Oracle};
use crate::graph::{Graph, NodeId};

/// What is differentiated by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// By number in the graph.
    Parameter(usize),
    State(usize),
    /// Its elements are those of all examples, one after the other.
    Input(usize),
    /// A setting is one element.
    Setting(usize),
}

/// Central differences of a number (its mean over the examples, if it varies) by some elements of a quantity.
///
/// `(f(x + h) − f(x − h)) / 2h` with `h = 6e-6 max(1, |x|)`, the cube root of the rounding error: for a smooth `f` near 1
/// it is true to about 1e-10.
///
/// # Errors
/// `of` is no number; as `evaluate`.
pub fn finite_differences(
    graph: &Graph,
    of: NodeId,
    by: Quantity,
    elements: &[usize],
    env: &Environment,
) -> Result<Vec<f64>, String> {
    if !graph.shape(of).is_empty() {
        return Err(format!("%{} is no number", of.0));
    }
    let oracle = Oracle::new(graph, &[of])?;
    let mut env = env.clone();
    let mut all = vec![];
    for &element in elements {
        let at = entry(&mut env, by, element)?;
        let before = *at;
        let h = f64::EPSILON.cbrt() * before.abs().max(1.0);
        let (above, below) = (before + h, before - h);
        *at = above;
        let more = oracle.run(&env)?[0].number();
        *entry(&mut env, by, element)? = below;
        let less = oracle.run(&env)?[0].number();
        *entry(&mut env, by, element)? = before;
        all.push((more - less) / (above - below));
    }
    Ok(all)
}

fn entry(env: &mut Environment, by: Quantity, element: usize) -> Result<&mut f64, String> {
    let found = match by {
        Quantity::Parameter(k) => env.parameters.get_mut(k).and_then(|v| v.get_mut(element)),
        Quantity::State(k) => env.states.get_mut(k).and_then(|v| v.get_mut(element)),
        Quantity::Input(k) => env.inputs.get_mut(k).and_then(|v| v.get_mut(element)),
        Quantity::Setting(k) => env.settings.get_mut(k),
    };
    found.ok_or_else(|| format!("{by:?} has no element {element}"))
}
