//! Entries of functions of elements are functions of entries: `log(a)[k]` is `log(a[k])`. What is left out is not computed, and its slope, which
//! may be infinite, meets no cotangent of zero. Done where the function is steep, nothing but entries of it are asked for, and it has no name.
use super::reading::table_of;
use super::{Rewrite, Simplifier, shape};
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
        let moves = is_of_elements(graph.op(id)) || arranges(graph.op(id));
        let is_candidate = moves && !is_spoken_of(graph, id) && !whole.contains(&id);
        let Some(users) = users.get(&id).filter(|_| is_candidate && graph.ty(id).kind == Kind::Real) else { continue };
        let of_user = |&user: &NodeId| {
            let (count, all) = (elements(graph, user, id), elements(graph, id, id));
            let is_few = match graph.op(user) {
                // Which ones is not known.
                Op::Gather { table, .. } => *table == id && count <= all,
                op => table_of(op) == Some(id) && count < all,
            };
            if is_few { Some(count) } else { asked.get(&user).copied() }
        };
        let Some(count) = users.iter().map(of_user).sum::<Option<usize>>() else { continue };
        if count <= elements(graph, id, id) && is_steep(graph, &mut ranges, id) {
            asked.insert(id, count);
            found.extend(users.iter().copied().filter(|&user| table_of(graph.op(user)) == Some(id)));
        }
    }
    found
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

/// Whether it says where elements of others stand.
fn arranges(op: &Op) -> bool {
    matches!(op, Op::View(_) | Op::Reshape { .. } | Op::Gather { .. } | Op::Join { .. })
}

/// The entries of a steep function of elements, made of entries of its arguments.
pub fn moved(s: &mut Simplifier, pick: Op) -> NodeId {
    let (mut done, mut ranges) = (FxHashMap::default(), Ranges::default());
    let Some(table) = table_of(&pick) else { return s.make(pick) };
    let to = inward(s, &pick, table, &mut ranges, &mut done);
    let from = s.graph.intern(pick);
    if from != to {
        s.rewrites.push(Rewrite { rule: "entries of a function of elements", from, to });
    }
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
        Op::Reshape { shape, .. } => Op::Reshape { x: table, shape: shape.clone() },
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
        within_arranged(s, entries)
    };
    done.insert(table, new);
    new
}

/// Entries of what arranges elements of others are entries of those: `concat(log(a), b)[0]` is `log(a)[0]`.
fn within_arranged(s: &mut Simplifier, entries: Op) -> NodeId {
    let first = s.make(entries);
    let mut at = first;
    loop {
        let Some(table) = table_of(s.graph.op(at)).filter(|&table| !is_spoken_of(&s.graph, table)) else {
            return first;
        };
        if is_of_elements(s.graph.op(table)) {
            let op = s.graph.op(at).clone();
            return if is_steep(&s.graph, &mut Ranges::default(), table) { moved(s, op) } else { first };
        }
        let Some(next) = shape::composed(s, at).or_else(|| shape::part_of_join(s, at)) else { return first };
        at = next;
    }
}
