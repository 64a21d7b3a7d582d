//! The order of a plan: which values are computed in one loop nest, which loops stand where. What a step leaves behind comes after all
//! else: `updates`.
use super::memory::{Groups, Memory};
use crate::graph::class::facts;
use crate::graph::{Graph, LoopId, NodeId, Op};
use rustc_hash::{FxHashMap, FxHashSet};

/// The most values that are computed in one loop nest.
pub const GROUP: usize = 24;

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

/// The work in order, without what is `late`; and of that, behind how much of the work each stands and needs to stand.
pub fn schedule(graph: &Graph, order: &[NodeId], memory: &Memory, late: &FxHashSet<NodeId>) -> (Vec<Item>, Lateness) {
    let homes = Homes::new(graph, order);
    let order = dependency_order(graph, order, &memory.groups);
    let mut lateness = vec![];
    let items = scope(&Scope { graph, order: &order, memory, homes: &homes, late }, None, &mut lateness);
    (items, lateness)
}

/// What is late, in an order in which each comes behind all that it needs, and how many items stand in front of it: in the order of the
/// graph, and at least, as it reads them.
pub type Lateness = Vec<(NodeId, [usize; 2])>;

/// The same nodes in the order of `in_whole_loops`. Products of a group stand together, behind all that any of them needs.
pub fn dependency_order(graph: &Graph, order: &[NodeId], groups: &Groups) -> Vec<NodeId> {
    graph.in_whole_loops(order, |id| groups.of(id).map(|group| &group.members[..]))
}

/// What scheduling looks at.
struct Scope<'a> {
    graph: &'a Graph,
    order: &'a [NodeId],
    memory: &'a Memory<'a>,
    homes: &'a Homes,
    late: &'a FxHashSet<NodeId>,
}

fn scope(all: &Scope, home: Option<LoopId>, lateness: &mut Lateness) -> Vec<Item> {
    let &Scope { graph, order, memory, homes, late } = all;
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
                items.push(Item::Loop { of, body: scope(all, Some(of), lateness) });
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
        let is_late = late.contains(&id);
        if !facts(graph.op(id)).made.is_anywhere() && !is_late {
            items.push(Item::Single(id));
            made.insert(id, items.len() - 1);
            continue;
        }
        let reads = reads(graph, memory, id, true);
        if is_late {
            let behind = reads.iter().filter_map(|(x, _)| made.get(x).map(|at| at + 1)).max();
            lateness.push((id, [items.len(), behind.unwrap_or(0)]));
            continue;
        }
        let earliest = reads
            .iter()
            .filter_map(|(x, direct)| made.get(x).map(|&at| if *direct { at } else { at + 1 }))
            .max()
            .unwrap_or(0);
        let joins = (earliest..items.len()).rev().find(|&at| {
            let Item::Group(members) = &items[at] else { return false };
            let float = |m: NodeId| memory.stored.get(&m).map(|s| (s.float, s.layout.order.clone()));
            members.len() < GROUP
                && memory.fit_together(members.iter().copied().chain([id]))
                && graph.shape(members[0]) == graph.shape(id)
                && float(members[0]) == float(id)
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

/// The values in memory that a node's value is read from, and whether each is read at the node's own indices only. The walk begins at the
/// node itself: a leaf reads that leaf, a view what it is a view of. What is `computed` here is not read.
pub fn reads(graph: &Graph, memory: &Memory, root: NodeId, computed: bool) -> Vec<(NodeId, bool)> {
    let mut out: Vec<(NodeId, bool)> = vec![];
    let mut seen: FxHashSet<(NodeId, bool)> = FxHashSet::default();
    let mut todo = vec![(root, true)];
    while let Some((x, direct)) = todo.pop() {
        if !seen.insert((x, direct)) {
            continue;
        }
        let op = graph.op(x);
        let lives = memory.stored.contains_key(&x) || memory.stacks.contains_key(&x);
        if lives && !(computed && x == root) {
            out.push((x, direct));
            continue;
        }
        // What a loop leaves is there when the loop has run, wherever it stands.
        if op.loop_used().is_some() {
            out.push((x, false));
        }
        let direct = direct && facts(op).reads_own_index;
        op.each_operand(|operand| todo.push((operand, direct)));
    }
    out
}
