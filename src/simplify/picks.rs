//! Entries of functions of elements are functions of entries: `log(a)[k]` is `log(a[k])`. What is left out is not computed, and its slope, which
//! may be infinite, meets no cotangent of zero. Done where the function is steep, nothing but entries of it are asked for, and it has no name.
use super::{Rewrite, Simplifier};
use crate::graph::class::facts;
use crate::graph::range::Ranges;
use crate::graph::steep::is_steep;
use crate::graph::{Graph, Kind, NodeId, Op, View, infer};
use rustc_hash::{FxHashMap, FxHashSet};

/// Values that say where elements of another one stand, and are to be made of entries of its arguments.
pub fn found(graph: &Graph, order: &[NodeId], roots: &[NodeId]) -> FxHashSet<NodeId> {
    let mut users: FxHashMap<NodeId, Vec<NodeId>> = FxHashMap::default();
    let mut whole: FxHashSet<NodeId> = roots.iter().copied().collect();
    for &id in order {
        if let Some(of) = graph.op(id).loop_used() {
            whole.extend(graph.looped(of).binders.iter().flat_map(|b| [b.init, b.next]));
        }
        // What is no number has no cotangent.
        if graph.ty(id).kind == Kind::Real {
            graph.op(id).each_operand(|x| users.entry(x).or_default().push(id));
        }
    }
    let mut ranges = Ranges::default();
    // How many elements are asked for, where that is less than there are.
    let mut asked: FxHashMap<NodeId, usize> = FxHashMap::default();
    let mut found: FxHashSet<NodeId> = FxHashSet::default();
    for &id in order.iter().rev() {
        let moves = is_of_elements(graph.op(id)) || table_of(graph.op(id)).is_some();
        let is_candidate = moves && !is_spoken_of(graph, id) && !whole.contains(&id);
        let Some(users) = users.get(&id).filter(|_| is_candidate && graph.ty(id).kind == Kind::Real) else { continue };
        let of_user = |&user: &NodeId| {
            let is_pick = table_of(graph.op(user)) == Some(id);
            let few = is_pick.then(|| elements(graph, user, id)).filter(|&count| count < elements(graph, id, id));
            few.or_else(|| asked.get(&user).copied().filter(|_| is_pick || is_of_elements(graph.op(user))))
        };
        let Some(count) = users.iter().map(of_user).sum::<Option<usize>>() else { continue };
        if count <= elements(graph, id, id) && is_steep(graph, &mut ranges, table_or_self(graph, id)) {
            asked.insert(id, count);
            found.extend(users.iter().copied().filter(|&user| table_of(graph.op(user)) == Some(id)));
        }
    }
    found
}

/// What a steep function is looked for in.
fn table_or_self(graph: &Graph, id: NodeId) -> NodeId {
    table_of(graph.op(id)).unwrap_or(id)
}

/// How many elements there are, in all rounds of loops that another value does not stand in.
fn elements(graph: &Graph, id: NodeId, beside: NodeId) -> usize {
    let own = graph.shape(id).iter().product::<usize>();
    let around = graph.node(id).loops.iter().filter(|l| !graph.node(beside).loops.contains(l));
    around.map(|l| graph.looped(*l).length).fold(own, usize::saturating_mul)
}

/// What has a name is differentiated by that name.
fn is_spoken_of(graph: &Graph, id: NodeId) -> bool {
    graph.name_of(id).is_some()
}

fn is_of_elements(op: &Op) -> bool {
    let facts = facts(op);
    facts.reads_own_index && !facts.addresses
}

/// Of what elements are taken, nothing filled in between.
fn table_of(op: &Op) -> Option<NodeId> {
    match op {
        Op::View(view) if view.is_total() => Some(view.x),
        Op::Gather { table, .. } => Some(*table),
        _ => None,
    }
}

/// The entries of a steep function of elements, made of entries of its arguments.
pub fn moved(s: &mut Simplifier, pick: Op) -> NodeId {
    let (mut done, mut ranges) = (FxHashMap::default(), Ranges::default());
    let Some(table) = table_of(&pick) else { return s.make(pick) };
    let to = inward(s, &pick, table, &mut ranges, &mut done);
    let from = s.graph.intern(pick);
    s.rewrites.push(Rewrite { rule: "entries of a function of elements", from, to });
    to
}

fn inward(
    s: &mut Simplifier,
    pick: &Op,
    table: NodeId,
    ranges: &mut Ranges,
    done: &mut FxHashMap<NodeId, NodeId>,
) -> NodeId {
    if let Some(&known) = done.get(&table) {
        return known;
    }
    let op = s.graph.op(table).clone();
    let entries = match pick {
        Op::View(view) => Op::View(View { x: table, ..view.clone() }),
        Op::Gather { index, shared, .. } => Op::Gather { table, index: *index, shared: *shared },
        other => other.clone(),
    };
    let new = if is_of_elements(&op) && !is_spoken_of(&s.graph, table) && is_steep(&s.graph, ranges, table) {
        let new = op.map(|x| inward(s, pick, x, ranges, done), |l| l);
        s.make(new)
    } else if let Some(value) = s.graph.constant_of(table) {
        let shape = infer::type_of(&s.graph, &entries).shape;
        s.graph.constant(value, &shape)
    } else {
        s.make(entries)
    };
    done.insert(table, new);
    new
}
