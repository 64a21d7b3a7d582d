//! Products that share a factor are computed as one: `W a, W a′, W a″`, the value of a layer and its derivatives, are one product
//! whose rows are those of all three.
//!
//! The other factors stand one behind the other in one buffer, and so do the results; nothing is copied for it. Members of a
//! group stand equally deep: as many contractions lie on the longest way to each. So no group waits for itself, not even around
//! other groups. Large products gain nothing by being grouped, and would push each other out of the cache.
use super::kernels::DIVIDED_ELEMENTS;
use super::layout::Layout;
use super::memory::{Grouped, Groups};
use super::schedule::dependency_order;
use super::values::Kept;
use super::*;

/// What the members of a group have in common: the shared operand and whether it is the left one, the labels of the axes, the
/// other operand's shape, the depth.
#[derive(PartialEq, Eq, Hash)]
struct Likeness<'g> {
    shared: NodeId,
    is_left: bool,
    axes: [&'g [u8]; 3],
    shape: &'g [usize],
    depth: usize,
}

/// By node: how many contractions are on the longest way to it. What a loop leaves is deeper than all that its body reads and
/// all that it starts from.
fn depths(graph: &Graph, order: &[NodeId]) -> FxHashMap<NodeId, usize> {
    let mut depths: FxHashMap<NodeId, usize> = FxHashMap::default();
    let mut bodies: FxHashMap<LoopId, usize> = FxHashMap::default();
    for id in dependency_order(graph, order, &Groups::default()) {
        let mut depth = graph.op(id).loop_used().and_then(|of| bodies.get(&of).copied()).unwrap_or(0);
        graph.each_below(id, |x| depth = depth.max(depths.get(&x).copied().unwrap_or(0)));
        for &of in &graph.node(id).loops {
            let deepest = bodies.entry(of).or_default();
            *deepest = depth.max(*deepest);
        }
        depths.insert(id, depth + usize::from(matches!(graph.op(id), Op::Contract(_))));
    }
    depths
}

impl Planner<'_> {
    /// Finds the groups and gives their operands and results their places. Roots have places of their own.
    pub(super) fn place_groups(&mut self, order: &[NodeId], roots: &[NodeId], kept: &Kept, scalars: &[bool]) {
        let graph = self.graph;
        let roots: FxHashSet<NodeId> = roots.iter().copied().collect();
        let fits = |id: NodeId| {
            kept.kept[id.index()]
                && !kept.dense[id.index()]
                && !scalars[id.index()]
                && graph.node(id).loops.is_empty()
                && graph.op(id).loop_used().is_none()
                && !matches!(graph.op(id), Op::Leaf(_))
                && graph.ty(id).kind == Kind::Real
                && graph.constant_of(id).is_none()
                && !roots.contains(&id)
                && !self.memory.stored.contains_key(&id)
                && self.natural(graph.shape(id)).elements < DIVIDED_ELEMENTS
        };
        if !order.iter().any(|&id| matches!(graph.op(id), Op::Contract(_)) && fits(id)) {
            return;
        }
        let depths = depths(graph, order);
        let mut alike: FxHashMap<Likeness, usize> = FxHashMap::default();
        let mut found: Vec<Vec<(NodeId, NodeId)>> = vec![];
        for &id in order {
            let Op::Contract(c) = graph.op(id) else { continue };
            for (shared, other, is_left) in [(c.a, c.b, true), (c.b, c.a, false)] {
                if c.a == c.b || !fits(id) || !fits(other) {
                    continue;
                }
                let axes = [&c.a_axes[..], &c.b_axes[..], &c.out_axes[..]];
                let likeness = Likeness { shared, is_left, axes, shape: graph.shape(other), depth: depths[&id] };
                let at = *alike.entry(likeness).or_insert_with(|| {
                    found.push(vec![]);
                    found.len() - 1
                });
                found[at].push((id, other));
            }
        }
        // Each value stands in one group's memory: the largest groups choose first.
        found.sort_by_key(|members| std::cmp::Reverse(members.len()));
        let mut placed: FxHashSet<NodeId> = FxHashSet::default();
        let mut groups = Groups::default();
        for mut members in found {
            members.retain(|(id, other)| !placed.contains(id) && !placed.contains(other));
            let results: FxHashSet<NodeId> = members.iter().map(|m| m.0).collect();
            members.retain(|m| !results.contains(&m.1));
            if members.len() < 2 {
                continue;
            }
            let (members, operands): (Vec<NodeId>, Vec<NodeId>) = members.into_iter().unzip();
            for values in [&members, &operands] {
                placed.extend(values);
                self.place_side_by_side(values);
            }
            groups.push(Grouped { members, operands });
        }
        self.memory.groups = groups;
    }

    /// Values of one shape, one behind the other in one buffer.
    fn place_side_by_side(&mut self, values: &[NodeId]) {
        let layout: Layout = self.natural(self.graph.shape(values[0]));
        let name = format!("{} … {}", self.name(values[0]), self.name(values[values.len() - 1]));
        let elements = layout.elements;
        let buffer = self.allocate(&name, self.float.element(), elements * values.len(), Role::Value);
        for (at, &id) in values.iter().enumerate() {
            let stored = Stored { buffer, offset: at * elements, layout: layout.clone(), float: self.float };
            self.memory.stored.insert(id, stored);
        }
    }
}
