//! The order of a plan: which values are computed in one loop nest, which loops stand where, and that a parameter is read before
//! it is overwritten.
use super::emit::Memory;
use super::grouped::Groups;
use crate::graph::class::facts;
use crate::graph::{Graph, Leaf, LoopId, NodeId, Op};
use crate::step::Target;
use rustc_hash::{FxHashMap, FxHashSet};

/// A piece of work.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// Element-wise values of one shape.
    Group(Vec<NodeId>),
    /// A product, a reduction, a join, a scatter.
    Single(NodeId),
    /// Products that share a factor.
    Together(Vec<NodeId>),
    Loop {
        of: LoopId,
        body: Vec<Item>,
    },
}

/// The innermost loop around a node.
struct Homes {
    depth: FxHashMap<LoopId, usize>,
}

impl Homes {
    fn new(graph: &Graph, order: &[NodeId]) -> Homes {
        let mut around: FxHashMap<LoopId, FxHashSet<LoopId>> = FxHashMap::default();
        for &id in order {
            if let Some(of) = graph.op(id).loop_used() {
                around.entry(of).or_default().extend(graph.node(id).loops.iter());
            }
        }
        let depth = around.iter().map(|(l, outer)| (*l, outer.len())).collect();
        Homes { depth }
    }
    fn of(&self, graph: &Graph, id: NodeId) -> Option<LoopId> {
        graph.node(id).loops.iter().copied().max_by_key(|l| self.depth.get(l).copied().unwrap_or(0))
    }
}

/// The work in order. `updated` is what `updated_last` says.
pub fn schedule(graph: &Graph, order: &[NodeId], memory: &Memory, updated: &FxHashSet<NodeId>) -> Vec<Item> {
    let homes = Homes::new(graph, order);
    let order = dependency_order(graph, order, &memory.groups);
    let mut items = scope(&Scope { graph, order: &order, memory, homes: &homes, updated }, None);
    // Updates come last, in their order: what reads the old values is done then.
    let writes = |item: &Item| match item {
        Item::Group(members) => members.iter().any(|m| updated.contains(m)),
        Item::Single(id) => updated.contains(id),
        Item::Together(_) | Item::Loop { .. } => false,
    };
    let (late, early): (Vec<Item>, Vec<Item>) = items.drain(..).partition(writes);
    early.into_iter().chain(late).collect()
}

/// The same nodes, so that all that a loop starts from, and all that its body reads from outside, stands before the first value that
/// the loop leaves: several values may be left by one loop, and a node's number says only what itself needs. Products of a group
/// stand together, behind all that any of them needs.
pub fn dependency_order(graph: &Graph, order: &[NodeId], groups: &Groups) -> Vec<NodeId> {
    let mut bodies: FxHashMap<LoopId, Vec<NodeId>> = FxHashMap::default();
    for &id in order {
        for &of in &graph.node(id).loops {
            bodies.entry(of).or_default().push(id);
        }
    }
    let known: FxHashSet<NodeId> = order.iter().copied().collect();
    let mut seen: FxHashSet<NodeId> = FxHashSet::default();
    let mut out = Vec::with_capacity(order.len());
    for &first in order {
        let mut todo = vec![(first, false)];
        while let Some((id, ready)) = todo.pop() {
            let alone = [id];
            let together = groups.of(id).map_or(&alone[..], |group| &group.members);
            if ready {
                out.extend(together);
                continue;
            }
            if seen.contains(&id) {
                continue;
            }
            seen.extend(together);
            todo.push((id, true));
            let mut needed = graph.op(id).loop_used().and_then(|of| bodies.remove(&of)).unwrap_or_default();
            together.iter().for_each(|&x| graph.each_below(x, |below| needed.push(below)));
            let before = todo.len();
            todo.extend(needed.into_iter().filter(|x| known.contains(x) && !seen.contains(x)).map(|x| (x, false)));
            todo[before..].reverse();
        }
    }
    out
}

/// What scheduling looks at.
struct Scope<'a> {
    graph: &'a Graph,
    order: &'a [NodeId],
    memory: &'a Memory<'a>,
    homes: &'a Homes,
    updated: &'a FxHashSet<NodeId>,
}

fn scope(all: &Scope, home: Option<LoopId>) -> Vec<Item> {
    let &Scope { graph, order, memory, homes, updated } = all;
    let mut items: Vec<Item> = vec![];
    // At which item a value is there.
    let mut made: FxHashMap<NodeId, usize> = FxHashMap::default();
    let mut done: FxHashSet<LoopId> = FxHashSet::default();
    for &id in order {
        if homes.of(graph, id) != home {
            continue;
        }
        if let Some(of) = graph.op(id).loop_used() {
            if done.insert(of) {
                items.push(Item::Loop { of, body: scope(all, Some(of)) });
            }
            made.insert(id, items.len() - 1);
            continue;
        }
        let lives = memory.stored.contains_key(&id) || memory.stacks.contains_key(&id);
        if !lives || matches!(graph.op(id), Op::Leaf(_)) {
            continue;
        }
        if let Some(group) = memory.groups.of(id) {
            if !made.contains_key(&id) {
                items.push(Item::Together(group.members.clone()));
                made.extend(group.members.iter().map(|&m| (m, items.len() - 1)));
            }
            continue;
        }
        if !facts(graph.op(id)).made.is_anywhere() {
            items.push(Item::Single(id));
            made.insert(id, items.len() - 1);
            continue;
        }
        let reads = reads(graph, memory, id);
        let earliest = reads
            .iter()
            .filter_map(|(x, direct)| made.get(x).map(|&at| if *direct { at } else { at + 1 }))
            .max()
            .unwrap_or(0);
        let joins = (earliest..items.len()).rev().find(|&at| {
            let Item::Group(members) = &items[at] else { return false };
            let float = |m: NodeId| memory.stored.get(&m).map(|s| (s.float, s.layout.order.clone()));
            members.len() < 24
                && graph.shape(members[0]) == graph.shape(id)
                && float(members[0]) == float(id)
                // A group with an update comes last as a whole.
                && updated.contains(&members[0]) == updated.contains(&id)
                && memory.stacks.contains_key(&members[0]) == memory.stacks.contains_key(&id)
        });
        match joins {
            Some(at) => {
                if let Item::Group(members) = &mut items[at] {
                    members.push(id);
                }
                made.insert(id, at);
            }
            None => {
                items.push(Item::Group(vec![id]));
                made.insert(id, items.len() - 1);
            }
        }
    }
    items
}

/// The stored values that a node's computation reads, and whether each is read at the node's own indices only.
pub fn reads(graph: &Graph, memory: &Memory, id: NodeId) -> Vec<(NodeId, bool)> {
    let lives = |x: NodeId| memory.stored.contains_key(&x) || memory.stacks.contains_key(&x);
    reads_where(graph, id, &lives)
}

fn reads_where(graph: &Graph, id: NodeId, lives: &dyn Fn(NodeId) -> bool) -> Vec<(NodeId, bool)> {
    let mut out: Vec<(NodeId, bool)> = vec![];
    let mut seen: FxHashSet<(NodeId, bool)> = FxHashSet::default();
    let direct_here = |x: NodeId| facts(graph.op(x)).reads_own_index;
    let mut todo: Vec<(NodeId, bool)> = graph.op(id).operands().into_iter().map(|x| (x, direct_here(id))).collect();
    while let Some((x, direct)) = todo.pop() {
        if !seen.insert((x, direct)) {
            continue;
        }
        // What a loop leaves is there when the loop has run, wherever it stands.
        if lives(x) || graph.op(x).loop_used().is_some() {
            out.push((x, direct && graph.op(x).loop_used().is_none()));
        } else {
            let direct = direct && direct_here(x);
            todo.extend(graph.op(x).operands().into_iter().map(|o| (o, direct)));
        }
    }
    out
}

/// The updates that nothing but updates needs: they come last. (A layer may read the state that it has just set.)
pub fn updated_last(graph: &Graph, order: &[NodeId], updates: &[(Target, NodeId)], kept: &[bool]) -> FxHashSet<NodeId> {
    let updated: FxHashSet<NodeId> = updates.iter().map(|u| u.1).collect();
    let others = order.iter().copied().filter(|x| kept[x.index()] && !updated.contains(x)).collect::<Vec<_>>();
    let needed: FxHashSet<NodeId> = graph.reachable(&others).into_iter().collect();
    updated.into_iter().filter(|u| !needed.contains(u)).collect()
}

/// The updates that may be written over the old values at once: the old value is read only by work that comes before, or by the
/// update itself at the same place.
pub fn in_place(
    graph: &Graph,
    order: &[NodeId],
    updates: &[(Target, NodeId)],
    kept: &[bool],
    last: &FxHashSet<NodeId>,
) -> FxHashSet<(Target, NodeId)> {
    let lives = |x: NodeId| kept.get(x.index()) == Some(&true) || matches!(graph.op(x), Op::Leaf(_));
    let mut times: FxHashMap<NodeId, usize> = FxHashMap::default();
    updates.iter().for_each(|u| *times.entry(u.1).or_default() += 1);
    let leaves: FxHashMap<Target, NodeId> = order.iter().filter_map(|&id| Some((target_of(graph, id)?, id))).collect();
    // Which updates read a value, and whether each at its own indices only.
    let mut readers: FxHashMap<NodeId, Vec<(usize, bool)>> = FxHashMap::default();
    for (at, update) in updates.iter().enumerate() {
        for (x, direct) in reads_where(graph, update.1, &lives) {
            readers.entry(x).or_default().push((at, direct));
        }
    }
    let mut out = FxHashSet::default();
    for (at, &(target, id)) in updates.iter().enumerate() {
        // What is not an update and needs the updated value would run before it is there: such an update is not among the last.
        // A class is copied: it becomes a number.
        let number = !graph.ty(id).kind.is_whole();
        let pointwise = number && facts(graph.op(id)).reads_own_index;
        if !pointwise || times[&id] > 1 || !last.contains(&id) || !graph.node(id).loops.is_empty() {
            continue;
        }
        let old = leaves.get(&target).and_then(|old| readers.get(old));
        let hazard = old.is_some_and(|readers| readers.iter().any(|&(other, direct)| other != at || !direct));
        if !hazard {
            out.insert((target, id));
        }
    }
    out
}

/// What a leaf holds that a step gives a new value.
fn target_of(graph: &Graph, id: NodeId) -> Option<Target> {
    match *graph.op(id) {
        Op::Leaf(Leaf::Parameter(number)) => Some(Target::Parameter(number)),
        Op::Leaf(Leaf::State(number)) => Some(Target::State(number)),
        _ => None,
    }
}
