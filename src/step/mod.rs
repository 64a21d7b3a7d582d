//! The training step as one graph: its roots are the next value of each parameter and state, and the numbers that are logged.
//!
//! It is still a graph of one example; what is wanted of all of them stands under `batch_mean`. A sum of a part that varies and one
//! that does not (a loss and a regulariser) is averaged part by part.
use crate::gradient::adjoints;
use crate::graph::{Graph, Leaf, NodeId, Op};
use crate::model::Model;
use crate::simplify::{Stage, simplify};

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
pub fn training(model: &Model, frozen: &[u32]) -> StepGraph {
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
    let mut pairs = vec![];
    for update in &roots.updates {
        let shape = graph.shape(update.gradient).to_vec();
        let gradient = gradients[update.parameter as usize].unwrap_or_else(|| graph.constant(0.0, &shape));
        pairs.push((update.gradient, gradient));
    }
    let mut updates = vec![];
    for update in &roots.updates {
        if !frozen.contains(&update.parameter) {
            updates.push((Target::Parameter(update.parameter), update.next));
            updates.extend(update.states.iter().map(|s| (Target::State(s.0), s.1)));
        }
    }
    updates.extend(roots.states.iter().copied());
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
    all.extend(model.loss);
    all.extend(model.metrics.iter().map(|m| m.value));
    all.extend(model.outputs.iter().map(|o| o.1));
    for u in updates {
        all.extend([u.gradient, u.next]);
        all.extend(u.states.iter().map(|s| s.1));
    }
    all.extend(states.iter().map(|s| s.1));
    let simple = simplify(&model.graph, &all, Stage::Recognise);
    let mut new = simple.roots.iter().copied();
    let mut take = || new.next().unwrap_or(NodeId(0));
    let objective = model.objective.map(|_| take());
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
    (simple.graph, Roots { objective, loss, metrics, outputs, updates, states })
}

/// The mean over the batch. What does not vary is its own mean. Of the summands that do, those that are computed element by
/// element are averaged as one sum; each other one for itself: the mean of a product is one product over the batch.
pub fn mean(graph: &mut Graph, x: NodeId) -> NodeId {
    let [mut uniform, mut together, mut means] = [None; 3];
    let add = |graph: &mut Graph, sum: &mut Option<NodeId>, is_negative: bool, term: NodeId| {
        *sum = Some(match (*sum, is_negative) {
            (Some(sum), false) => graph.add(sum, term),
            (Some(sum), true) => graph.subtract(sum, term),
            (None, false) => term,
            (None, true) => graph.negate(term),
        });
    };
    for (is_negative, term) in summands(graph, x) {
        if !graph.ty(term).varying {
            add(graph, &mut uniform, is_negative, term);
        } else if is_elementwise(graph, term) {
            add(graph, &mut together, is_negative, term);
        } else {
            let mean = graph.batch_mean(term);
            add(graph, &mut means, is_negative, mean);
        }
    }
    let together = together.map(|sum| graph.batch_mean(sum));
    let parts: Vec<NodeId> = [means, together, uniform].into_iter().flatten().collect();
    parts.into_iter().reduce(|a, b| graph.add(a, b)).unwrap_or(x)
}

/// What a sum is made of, from the left, and whether each is subtracted. Terms that do not vary are left whole.
fn summands(graph: &Graph, x: NodeId) -> Vec<(bool, NodeId)> {
    let (mut found, mut todo) = (vec![], vec![(false, x)]);
    while let Some((is_negative, x)) = todo.pop() {
        match *graph.op(x) {
            Op::Binary(op, a, b) if graph.ty(x).varying && matches!(op.name, "add" | "sub") => {
                todo.extend([(is_negative != (op.name == "sub"), b), (is_negative, a)]);
            }
            Op::Unary(op, a) if graph.ty(x).varying && op.name == "neg" => todo.push((!is_negative, a)),
            _ => found.push((is_negative, x)),
        }
    }
    found
}

/// Not a product, nor a multiple of one.
fn is_elementwise(graph: &Graph, x: NodeId) -> bool {
    match *graph.op(x) {
        Op::Binary(op, c, inner) if op.name == "mul" && graph.constant_of(c).is_some() => is_elementwise(graph, inner),
        Op::Unary(..) | Op::Binary(..) | Op::Select { .. } => true,
        _ => false,
    }
}
