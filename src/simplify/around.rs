//! Recognition before differentiation by a value on the way: what stands behind the value must go on standing there.
//!
//! `cross_entropy(softmax(z), t)` becomes one function of `z`; its derivative by `y = softmax(z)` would be lost.
use super::{Stage, simplify};
use crate::graph::{Graph, NodeId, Op};

/// A graph in which functions were recognised, but never across the values that are differentiated by.
pub struct Recognised {
    pub graph: Graph,
    pub numbers: Vec<NodeId>,
    pub by: Vec<NodeId>,
    pub others: Vec<NodeId>,
}

/// Recognises what `numbers` and `others` are made of; `numbers` will be differentiated `by` these values. `stage` may be one that does
/// nothing.
pub fn recognised(graph: &Graph, numbers: &[NodeId], by: &[NodeId], others: &[NodeId], stage: Stage) -> Recognised {
    let mut graph = graph.clone();
    let is_on_the_way = |id: &NodeId| !matches!(graph.op(*id), Op::Leaf(_)) && graph.node(*id).loops.is_empty();
    let cut: Vec<NodeId> = by.iter().copied().filter(is_on_the_way).collect();
    let holes: Vec<NodeId> =
        cut.iter().map(|&id| graph.ty(id).clone()).collect::<Vec<_>>().into_iter().map(|ty| graph.hole(ty)).collect();
    // What is made of such a value is made of a hole for a while; names go with it.
    let behind = graph.dependents(&cut);
    let is_behind = |id: NodeId| behind.get(id.index()).is_some_and(|is| *is) && !cut.contains(&id);
    let named: Vec<(NodeId, String)> =
        graph.names().filter(|(id, _)| is_behind(*id)).map(|(id, name)| (id, name.to_string())).collect();
    let mut moved = numbers.to_vec();
    moved.extend(named.iter().map(|n| n.0));
    if !cut.is_empty() {
        let pairs: Vec<(NodeId, NodeId)> = cut.iter().copied().zip(holes.iter().copied()).collect();
        moved = graph.substitute(&moved, &pairs);
        named.iter().for_each(|(id, _)| graph.unname(*id));
    }
    let kept = [&moved[..], by, others, &cut, &holes].concat();
    let known = simplify(&graph, &kept, stage);
    let mut graph = known.graph;
    let mut roots = known.roots.into_iter();
    let mut take = |count: usize| -> Vec<NodeId> { roots.by_ref().take(count).collect() };
    let (mut moved, by, others) = (take(moved.len()), take(by.len()), take(others.len()));
    let (cut, holes) = (take(cut.len()), take(holes.len()));
    if !cut.is_empty() {
        let pairs: Vec<(NodeId, NodeId)> = holes.into_iter().zip(cut).collect();
        moved = graph.substitute(&moved, &pairs);
        moved[numbers.len()..].iter().zip(&named).for_each(|(&id, (_, name))| graph.name(id, name.as_str()));
    }
    moved.truncate(numbers.len());
    Recognised { graph, numbers: moved, by, others }
}
