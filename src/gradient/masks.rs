//! The branch of an `if` that is not taken contributes nothing to a gradient, not even a NaN.
//!
//! A branch's own nodes are those that only it uses. What leaves them towards shared values is masked by the condition, where a
//! function with an infinite derivative stands between: `if x > 0 then log(x) else 0` at 0 would give 0 · ∞.
use crate::graph::{Graph, NodeId, Op};
use rustc_hash::{FxHashMap, FxHashSet};

/// A node's masks: the conditions under which it matters, with the side that must hold.
#[derive(Default)]
pub struct Masks {
    inside: FxHashMap<NodeId, Vec<(NodeId, NodeId, bool)>>,
}

impl Masks {
    /// Looks for branches among the nodes (ascending).
    pub fn find(graph: &Graph, order: &[NodeId], roots: &[NodeId]) -> Masks {
        let selects: Vec<NodeId> =
            order.iter().copied().filter(|&id| matches!(graph.op(id), Op::Select { .. })).collect();
        if selects.is_empty() {
            return Masks::default();
        }
        let mut users: FxHashMap<NodeId, Vec<NodeId>> = FxHashMap::default();
        for &id in order {
            graph.op(id).each_operand(|x| users.entry(x).or_default().push(id));
        }
        let mut masks = Masks::default();
        for select in selects {
            let Op::Select { condition, yes, no } = *graph.op(select) else { continue };
            for (branch, side) in [(yes, true), (no, false)] {
                let own = own_nodes(graph, select, branch, condition, yes == no, &users, roots);
                if own.iter().any(|&id| !is_smooth(graph, id)) {
                    for id in own {
                        masks.inside.entry(id).or_default().push((select, condition, side));
                    }
                }
            }
        }
        masks
    }

    /// The masks that a share meets on its way from `user` to `operand`.
    pub fn between(&self, user: NodeId, operand: NodeId) -> Vec<(NodeId, bool)> {
        let Some(inside) = self.inside.get(&user) else { return vec![] };
        let outer = self.inside.get(&operand);
        inside.iter().filter(|m| !outer.is_some_and(|o| o.contains(m))).map(|m| (m.1, m.2)).collect()
    }
}

fn own_nodes(
    graph: &Graph,
    select: NodeId,
    branch: NodeId,
    condition: NodeId,
    both: bool,
    users: &FxHashMap<NodeId, Vec<NodeId>>,
    roots: &[NodeId],
) -> Vec<NodeId> {
    let mut own: FxHashSet<NodeId> = FxHashSet::default();
    let mut list = vec![];
    let mut todo = vec![branch];
    while let Some(id) = todo.pop() {
        let shared = both || id == condition || roots.contains(&id) || own.contains(&id);
        let only_here = users.get(&id).is_some_and(|u| u.iter().all(|x| *x == select || own.contains(x)));
        if shared || !only_here || matches!(graph.op(id), Op::Leaf(_)) {
            continue;
        }
        own.insert(id);
        list.push(id);
        graph.op(id).each_operand(|x| todo.push(x));
    }
    list
}

fn is_smooth(graph: &Graph, id: NodeId) -> bool {
    match graph.op(id) {
        Op::Unary(op, _) => op.smooth,
        Op::Binary(op, x, y) if op.name == "pow" => {
            graph.constant_of(*y).is_some_and(|c| c >= 1.0) || graph.constant_of(*x).is_some_and(|c| c > 0.0)
        }
        Op::Binary(op, _, y) if op.name == "div" => graph.constant_of(*y).is_some_and(|c| c != 0.0),
        Op::Binary(op, ..) => op.smooth,
        Op::Named(op, _) => op.name != "cross_entropy" && op.name != "norm",
        _ => true,
    }
}
