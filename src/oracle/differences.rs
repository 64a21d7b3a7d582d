//! Derivatives by finite differences of the oracle: what symbolic ones are checked against.
use super::{Environment, Oracle, Values, evaluate};
use crate::graph::{Graph, NodeId, Op};

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
    /// A hole with a value in the environment; its elements are those of all examples.
    Hole(NodeId),
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
    let mut probe = Probe::new(graph, of, env)?;
    elements.iter().map(|&element| Ok(probe.slopes(by, &[(element, 1.0)], 1.0)?.central)).collect()
}

/// The graph with what counts as a constant held: values that `stop_gradient` keeps are leaves, which have their values in the environment.
/// Those in rounds of loops are left as they are.
///
/// # Errors
/// As `evaluate`.
pub fn held(graph: &Graph, roots: &[NodeId], env: &Environment) -> Result<(Graph, Environment), String> {
    let is_held =
        |id: &NodeId| matches!(graph.op(*id), Op::Unary(row, _) if row.stops) && graph.node(*id).loops.is_empty();
    let held: Vec<NodeId> = graph.reachable(roots).into_iter().filter(is_held).collect();
    let mut env = env.clone();
    for (id, values) in held.iter().zip(evaluate(graph, &held, &env)?) {
        env.holes.insert(*id, values);
    }
    let mut graph = graph.clone();
    graph.hide(&held);
    Ok((graph, env))
}

/// A number that is asked for its slopes at one point.
pub struct Probe<'g> {
    oracle: Oracle<'g>,
    env: Environment,
    /// Its value there.
    pub value: f64,
}

/// The slopes of a number along a direction. At a kink they differ to the left and to the right.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slopes {
    pub left: f64,
    pub central: f64,
    pub right: f64,
}

impl Slopes {
    /// By how much the slope changes.
    pub fn bend(self) -> f64 {
        (self.right - self.left).abs()
    }
}

impl<'g> Probe<'g> {
    /// # Errors
    /// `of` is no number; as `evaluate`.
    pub fn new(graph: &'g Graph, of: NodeId, env: &Environment) -> Result<Probe<'g>, String> {
        if !graph.shape(of).is_empty() {
            return Err(format!("%{} is no number", of.0));
        }
        let oracle = Oracle::new(graph, &[of])?;
        let value = oracle.run(env)?[0].number();
        Ok(Probe { oracle, env: env.clone(), value })
    }

    /// The slopes along a direction, given by elements and their weights, of a quantity. The step is the usual one times `scale`.
    ///
    /// # Errors
    /// There is no such element; as `evaluate`.
    pub fn slopes(&mut self, by: Quantity, direction: &[(usize, f64)], scale: f64) -> Result<Slopes, String> {
        let mut before = vec![];
        for &(element, _) in direction {
            before.push(*entry(&mut self.env, by, element)?);
        }
        let h = scale * f64::EPSILON.cbrt() * before.iter().fold(1.0, |most: f64, x| most.max(x.abs()));
        // What the steps are after rounding.
        let (mut squares, mut width) = (0.0, 0.0);
        let mut at = |this: &mut Self, sign: f64| -> Result<f64, String> {
            for (&(element, weight), &before) in direction.iter().zip(&before) {
                let place = entry(&mut this.env, by, element)?;
                *place = before + sign * h * weight;
                squares += weight * weight;
                width += sign * weight * (*place - before);
            }
            Ok(this.oracle.run(&this.env)?[0].number())
        };
        let (more, less) = (at(self, 1.0)?, at(self, -1.0)?);
        let step = width / squares;
        for (&(element, _), before) in direction.iter().zip(before) {
            *entry(&mut self.env, by, element)? = before;
        }
        Ok(Slopes {
            left: (self.value - less) / step,
            central: (more - less) / (2.0 * step),
            right: (more - self.value) / step,
        })
    }
}

fn entry(env: &mut Environment, by: Quantity, element: usize) -> Result<&mut f64, String> {
    let found = match by {
        Quantity::Parameter(k) => env.parameters.get_mut(k).and_then(|v| v.get_mut(element)),
        Quantity::State(k) => env.states.get_mut(k).and_then(|v| v.get_mut(element)),
        Quantity::Input(k) => env.inputs.get_mut(k).and_then(|v| v.get_mut(element)),
        Quantity::Setting(k) => env.settings.get_mut(k),
        Quantity::Hole(id) => env.holes.get_mut(&id).and_then(|values| match values {
            Values::Uniform(value) => value.get_mut(element),
            Values::Varying(each) => {
                let size = each.first().map_or(1, Vec::len).max(1);
                each.get_mut(element / size).and_then(|value| value.get_mut(element % size))
            }
        }),
    };
    found.ok_or_else(|| format!("{by:?} has no element {element}"))
}
