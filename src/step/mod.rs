//! The training step as one graph: its roots are the next value of each parameter and state, and the numbers that are logged.
//!
//! It is still a graph of one example; what is wanted of all of them stands under `batch_mean`. A sum of a part that varies and one
//! that does not (a loss and a regulariser) is averaged part by part.
use crate::gradient::adjoints;
use crate::graph::{Graph, Leaf, NodeId, Op};
use crate::model::Model;
use crate::op::Linearity;
use crate::simplify::{Stage, simplify};
use std::collections::BTreeMap;

/// What a step gives a new value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    Parameter(u32),
    State(u32),
}

/// One training step, or one evaluation if there are no updates.
#[derive(Clone, Debug)]
pub struct StepGraph {
    pub graph: Graph,
    pub updates: Vec<(Target, NodeId)>,
    /// Numbers of the batch, by name: `objective`, `loss`, then the metrics.
    pub logged: Vec<(String, NodeId)>,
    /// Values of each example, by name: what `predict` gives.
    pub outputs: Vec<(String, NodeId)>,
    /// The gradient of each parameter, the mean over the batch; none if it is zero.
    pub gradients: Vec<Option<NodeId>>,
}

/// What is logged of a batch.
fn logged(graph: &mut Graph, model: &Roots) -> Vec<(String, NodeId)> {
    let mut all = vec![];
    if let Some(objective) = model.objective {
        all.push(("objective".to_string(), mean(graph, objective)));
    }
    if let Some(loss) = model.loss {
        all.push(("loss".to_string(), mean(graph, loss)));
    }
    for (name, value) in &model.metrics {
        let value = mean(graph, *value);
        all.push((name.clone(), value));
    }
    all
}

/// The training step of a model.
pub fn training(model: &Model) -> StepGraph {
    let (mut graph, roots) = recognised(model);
    let leaves: Vec<NodeId> =
        (0..graph.parameters.len() as u32).map(|i| graph.intern(Op::Leaf(Leaf::Parameter(i)))).collect();
    let mut gradients = vec![None; leaves.len()];
    if let Some(objective) = roots.objective {
        let found = adjoints(&mut graph, objective, &leaves);
        for (gradient, leaf) in gradients.iter_mut().zip(&leaves) {
            *gradient = found.of(*leaf).map(|d| mean(&mut graph, d));
        }
    }
    let logged = logged(&mut graph, &roots);
    let frozen = model.training.as_ref().map(|training| training.frozen.clone()).unwrap_or_default();
    let mut pairs = vec![];
    for update in &roots.updates {
        let shape = graph.shape(update.gradient).to_vec();
        let gradient = gradients[update.parameter as usize].unwrap_or_else(|| graph.constant(0.0, &shape));
        pairs.push((update.gradient, gradient));
    }
    let mut updates = vec![];
    for update in &roots.updates {
        if !frozen.parameters.contains(&update.parameter) {
            updates.push((Target::Parameter(update.parameter), update.next));
            updates.extend(update.states.iter().map(|s| (Target::State(s.0), s.1)));
        }
    }
    let is_frozen = |target: Target| matches!(target, Target::State(number) if frozen.states.contains(&number));
    updates.extend(roots.states.iter().filter(|state| !is_frozen(state.0)).copied());
    let values: Vec<NodeId> = updates.iter().map(|u| u.1).collect();
    let values = graph.substitute(&values, &pairs);
    let updates: Vec<(Target, NodeId)> = updates.iter().zip(values).map(|(u, v)| (u.0, v)).collect();
    StepGraph { graph, updates, logged, outputs: vec![], gradients }
}

/// The evaluation of a model: what is logged, and its outputs.
pub fn evaluation(model: &Model) -> StepGraph {
    let (mut graph, roots) = recognised(model);
    let logged = logged(&mut graph, &roots);
    StepGraph { graph, updates: vec![], logged, outputs: roots.outputs, gradients: vec![] }
}

/// The outputs alone: they need no target.
pub fn prediction(model: &Model) -> StepGraph {
    let (graph, roots) = recognised(model);
    StepGraph { graph, updates: vec![], logged: vec![], outputs: roots.outputs, gradients: vec![] }
}

/// The model's values after recognition.
struct Roots {
    objective: Option<NodeId>,
    loss: Option<NodeId>,
    metrics: Vec<(String, NodeId)>,
    outputs: Vec<(String, NodeId)>,
    updates: Vec<crate::model::Update>,
    states: Vec<(Target, NodeId)>,
}

fn recognised(model: &Model) -> (Graph, Roots) {
    let updates = model.training.as_ref().map_or(&[][..], |t| &t.optimizer.updates[..]);
    let states: Vec<(Target, NodeId)> = model
        .states
        .iter()
        .enumerate()
        .filter_map(|(i, s)| s.next.map(|next| (Target::State(i as u32), next)))
        .collect();
    let mut all: Vec<NodeId> = vec![];
    all.extend(model.objective);
    all.extend(model.weight);
    all.extend(model.loss);
    all.extend(model.metrics.iter().map(|m| m.value));
    all.extend(model.outputs.iter().map(|o| o.1));
    for u in updates {
        all.extend([u.gradient, u.next]);
        all.extend(u.states.iter().map(|s| s.1));
    }
    all.extend(states.iter().map(|s| s.1));
    let mut simple = simplify(&model.graph, &all, Stage::Recognise);
    let mut new = simple.roots.iter().copied();
    let mut take = || new.next().unwrap_or(NodeId(0));
    let objective = model.objective.map(|_| take());
    let weight = model.weight.map(|_| take());
    let loss = model.loss.map(|_| take());
    let metrics = model.metrics.iter().map(|m| (m.name.clone(), take())).collect();
    let outputs = model.outputs.iter().map(|o| (o.0.clone(), take())).collect();
    let updates = updates
        .iter()
        .map(|u| {
            let (gradient, next) = (take(), take());
            let states = u.states.iter().map(|s| (s.0, take())).collect();
            crate::model::Update { parameter: u.parameter, gradient, next, states }
        })
        .collect();
    let states = states.iter().map(|s| (s.0, take())).collect();
    let objective = objective.map(|objective| match weight {
        Some(weight) => weighted(&mut simple.graph, objective, weight),
        None => objective,
    });
    (simple.graph, Roots { objective, loss, metrics, outputs, updates, states })
}

/// The mean over the batch. What does not vary is its own mean. Of the summands that do, those that are computed element by
/// element are averaged as one sum; each other one for itself: the mean of a product is one product over the batch.
pub fn mean(graph: &mut Graph, x: NodeId) -> NodeId {
    let [mut uniform, mut together, mut means] = [None; 3];
    for (term, times) in summands(graph, x) {
        let (sum, term) = if !graph.ty(term).varying {
            (&mut uniform, term)
        } else if is_elementwise(graph, term) {
            (&mut together, term)
        } else {
            (&mut means, graph.batch_mean(term))
        };
        *sum = Some(plus(graph, *sum, term, times));
    }
    let together = together.map(|sum| graph.batch_mean(sum));
    let parts = [means, together, uniform].into_iter().flatten();
    parts.reduce(|a, b| graph.add(a, b)).unwrap_or(x)
}

/// The summands that vary, times the weight of the example: a penalty on the parameters is no part of the data, and keeps its size.
fn weighted(graph: &mut Graph, x: NodeId, weight: NodeId) -> NodeId {
    let [mut uniform, mut varying] = [None; 2];
    for (term, times) in summands(graph, x) {
        let sum = if graph.ty(term).varying { &mut varying } else { &mut uniform };
        *sum = Some(plus(graph, *sum, term, times));
    }
    let varying = varying.map(|sum| graph.multiply(weight, sum));
    [varying, uniform].into_iter().flatten().reduce(|a, b| graph.add(a, b)).unwrap_or(x)
}

/// A sum, with so many times a term more.
fn plus(graph: &mut Graph, sum: Option<NodeId>, term: NodeId, times: f64) -> NodeId {
    match (sum, times) {
        (Some(sum), -1.0) => graph.subtract(sum, term),
        (None, -1.0) => graph.negate(term),
        _ => {
            let term = if times == 1.0 { term } else { graph.scale(term, times) };
            sum.map_or(term, |sum| graph.add(sum, term))
        }
    }
}

/// What a sum is made of, in the order of the graph, and how many times: negative where it is subtracted. Terms that do not vary are
/// left whole. Each part is looked at once, behind all that uses it: a sum of sums may double with each.
fn summands(graph: &Graph, x: NodeId) -> Vec<(NodeId, f64)> {
    let (mut found, mut todo) = (vec![], BTreeMap::from([(x, 1.0)]));
    while let Some((x, times)) = todo.pop_last() {
        let parts = match *graph.op(x) {
            Op::Binary(op, a, b) => match op.linear {
                Linearity::Sum(seconds) => vec![(a, times), (b, seconds * times)],
                _ => vec![],
            },
            Op::Unary(op, a) => op.scale.map(|scale| (a, scale * times)).into_iter().collect(),
            _ => vec![],
        };
        if parts.is_empty() || !graph.ty(x).varying {
            found.push((x, times));
            continue;
        }
        for (part, times) in parts {
            *todo.entry(part).or_insert(0.0) += times;
        }
    }
    found.reverse();
    found
}

/// Not a product, nor a multiple of one.
fn is_elementwise(graph: &Graph, x: NodeId) -> bool {
    match *graph.op(x) {
        Op::Binary(op, c, inner) if op.linear == Linearity::Each && graph.constant_of(c).is_some() => {
            is_elementwise(graph, inner)
        }
        Op::Unary(..) | Op::Binary(..) | Op::Select { .. } => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Type, Variable};
    use crate::oracle::{Environment, evaluate};

    /// Fibonacci's numbers: written out, the sum has a hundred million terms.
    #[test]
    fn a_sum_of_sums_is_averaged_in_as_many_steps_as_it_has() {
        let mut g = Graph::new();
        let ty = Type::real(&[], true);
        g.inputs.push(Variable { name: "x".into(), ty, span: Default::default() });
        let x = g.intern(Op::Leaf(Leaf::Input(0)));
        let (first, second) = (g.multiply(x, x), g.dot(x, x));
        let (mut a, mut b) = (first, second);
        for _ in 0..20 {
            (a, b) = (b, g.add(a, b));
            (a, b) = (b, g.subtract(b, a));
            (a, b) = (b, g.add(a, b));
            (a, b) = (b, g.add(b, a));
        }
        let averaged = mean(&mut g, b);
        let whole = g.batch_mean(b);
        let env = Environment::random(&g, 5, 3);
        let found = evaluate(&g, &[averaged, whole], &env).unwrap();
        let (found, wanted) = (found[0].flat()[0], found[1].flat()[0]);
        assert!((found - wanted).abs() <= 1e-12 * wanted.abs(), "{found}, not {wanted}");
    }
}
