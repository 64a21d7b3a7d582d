//! Recognition within one arena: what a value is made of is brought to recognised forms, and what nothing rewrites keeps its place.
//!
//! It runs before every derivative, wherever it stands, so that there is one convention for all of them: that of the recognised form.
use super::{Simplifier, Stage, picks};
use crate::graph::copies::LoopCopies;
use crate::graph::{Binder, Graph, LoopId, NodeId, Op};
use rustc_hash::{FxHashMap, FxHashSet};

/// The recognised forms of values that will be differentiated `by` others, which nothing is recognised across: of `-log(y[k])` with
/// `y = softmax(z)` what is left would need `z` and no longer `y`.
///
/// A loop of which any part is rewritten is copied as a whole.
pub fn recognised_within(graph: &mut Graph, of: &[NodeId], by: &[NodeId]) -> Vec<NodeId> {
    // The rounds that all of this stands in are what they are.
    let home: Vec<LoopId> = of.iter().chain(by).flat_map(|id| graph.node(*id).loops.to_vec()).collect();
    let hidden = graph.hide(by);
    let order = graph.reachable(of);
    let picked = picks::found(graph, &order, of);
    let mut simplifier = Simplifier::new(std::mem::take(graph), Stage::Recognise);
    let mut copied: FxHashSet<LoopId> = FxHashSet::default();
    let map = loop {
        let map = pass(&mut simplifier, &order, &picked, &copied);
        let mut changed = changed_loops(&simplifier.graph, &order, &map);
        changed.retain(|of| !home.contains(of));
        let before = copied.len();
        copied.extend(changed);
        if copied.len() == before {
            break map;
        }
    };
    *graph = std::mem::take(&mut simplifier.graph);
    graph.show_again(hidden);
    for &id in &order {
        let new = map[&id];
        graph.set_form(new, id);
        if new != id
            && let Some((of, by)) = graph.tangent_of(id).map(|(of, by)| (of, by.to_string()))
        {
            graph.set_tangent(new, map.get(&of).copied().unwrap_or(of), by);
        }
    }
    of.iter().map(|id| map[id]).collect()
}

/// The loops of which some part is another one now.
fn changed_loops(graph: &Graph, order: &[NodeId], map: &FxHashMap<NodeId, NodeId>) -> FxHashSet<LoopId> {
    let is_other = |id: NodeId| map.get(&id).is_some_and(|new| *new != id);
    let mut changed: FxHashSet<LoopId> = FxHashSet::default();
    for &id in order {
        if is_other(id) {
            changed.extend(graph.node(id).loops.iter());
        }
        if let Some(of) = graph.op(id).loop_used()
            && graph.looped(of).binders.iter().any(|b| is_other(b.init) || is_other(b.next))
        {
            changed.insert(of);
        }
    }
    changed
}

/// Goes through the nodes from the first to the last; these loops are copied.
fn pass(
    s: &mut Simplifier,
    order: &[NodeId],
    picked: &FxHashSet<NodeId>,
    copied: &FxHashSet<LoopId>,
) -> FxHashMap<NodeId, NodeId> {
    let mut map: FxHashMap<NodeId, NodeId> = FxHashMap::default();
    let mut loops = LoopCopies::default();
    for &id in order {
        let op = s.graph.op(id).clone();
        let next = |_: &mut Graph, b: &Binder| map.contains_key(&b.leaf).then(|| map[&b.next]);
        if let Some(leaf) = loops.visit(&mut s.graph, &op, |l| copied.contains(&l), |_, b| map[&b.init], next) {
            map.insert(id, leaf);
            continue;
        }
        let new = op.map(|x| map[&x], |l| loops.of(l));
        let is_leaf = matches!(new, Op::Leaf(_));
        let new = match new {
            // What is hidden is a leaf, too, that stands for itself.
            same if is_leaf && same == op => id,
            leaf if is_leaf => s.graph.intern(leaf),
            new if picked.contains(&id) => picks::moved(s, new),
            new => s.make(new),
        };
        map.insert(id, new);
    }
    map
}
