//! What recognition bypasses. Of `-log(y[k])` with `y = softmax(z)`, what is left needs `z` and no longer `y`: a derivative by `y` can't
//! be read off that, so by such values differentiation is prepared apart; and what has an adjoint there is not called `∂loss/∂y`.
use super::{Stage, simplify};
use crate::graph::{Graph, Leaf, NodeId, Op};
use rustc_hash::{FxHashMap, FxHashSet};

/// A graph in which functions were recognised, but never across the values that are differentiated by.
pub struct Recognised {
    pub graph: Graph,
    pub numbers: Vec<NodeId>,
    pub by: Vec<NodeId>,
    pub others: Vec<NodeId>,
    /// Whether anything was recognised.
    pub is_changed: bool,
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
    // What a loop carries that nobody asks for has no rounds.
    let needed: FxHashSet<NodeId> = graph.reachable(&[numbers, others].concat()).into_iter().collect();
    let is_behind = |id: NodeId| {
        behind.get(id.index()).is_some_and(|is| *is)
            && !cut.contains(&id)
            && (needed.contains(&id) || graph.node(id).loops.is_empty())
    };
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
    let is_changed = !known.history.rewrites.is_empty();
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
    Recognised { graph, numbers: moved, by, others, is_changed }
}

/// A graph before and after recognition.
pub struct Bypass<'a> {
    before: &'a Graph,
    after: &'a Graph,
    /// Values whose images are known: what is learned and given, and what was kept.
    images: Vec<(NodeId, NodeId)>,
}

impl<'a> Bypass<'a> {
    pub fn new(before: &'a Graph, after: &'a Graph, kept: impl IntoIterator<Item = (NodeId, NodeId)>) -> Bypass<'a> {
        let leaf = |graph: &'a Graph, id: NodeId| match graph.op(id) {
            Op::Leaf(leaf @ (Leaf::Input(_) | Leaf::Parameter(_) | Leaf::State(_))) => Some(leaf),
            _ => None,
        };
        let known: FxHashMap<&Leaf, NodeId> = after.ids().filter_map(|id| Some((leaf(after, id)?, id))).collect();
        let mut images: Vec<(NodeId, NodeId)> = kept.into_iter().collect();
        images.extend(before.ids().filter_map(|id| Some((id, *known.get(leaf(before, id)?)?))));
        Bypass { before, after, images }
    }

    /// Whether a root needs something below `x` without `x` that it needed through `x` alone. Both are given before and after.
    pub fn bypasses(&self, root: (NodeId, NodeId), x: (NodeId, NodeId)) -> bool {
        let below = needed_without(self.after, x.1, None);
        if below.len() == 1 {
            return false;
        }
        let old = needed_without(self.before, root.0, Some(x.0));
        let new = needed_without(self.after, root.1, Some(x.1));
        self.images
            .iter()
            .any(|(m, image)| *image != x.1 && below.contains(image) && new.contains(image) && !old.contains(m))
    }
}

/// What a value needs, but for what it needs through another one.
fn needed_without(graph: &Graph, root: NodeId, without: Option<NodeId>) -> FxHashSet<NodeId> {
    let mut seen = FxHashSet::default();
    let mut todo = vec![root];
    while let Some(id) = todo.pop() {
        if Some(id) != without && seen.insert(id) {
            graph.each_below(id, |x| todo.push(x));
        }
    }
    seen
}
