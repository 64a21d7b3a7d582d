//! The branch of an `if` that is not taken contributes nothing to a gradient, not even a NaN.
//!
//! A branch's own nodes are those that only it uses. What leaves them towards shared values is masked by the condition, where a
//! function with an infinite derivative stands between: `if x > 0 then log(x) else 0` at 0 would give 0 · ∞.
//!
//! A mask says for each element whether it matters, so it holds only where elements are still those of the `if`: of a condition
//! with axes not below what moves or mixes elements, of one that differs between examples not below a mean over the batch.
use crate::graph::{Graph, LoopId, NodeId, Op};
use rustc_hash::FxHashMap;

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
        let uses = Uses::count(graph, order);
        let mut masks = Masks::default();
        for select in selects {
            let Op::Select { condition, yes, no } = *graph.op(select) else { continue };
            for (branch, side) in [(yes, true), (no, false)] {
                let shared = |id: NodeId| yes == no || id == condition || roots.contains(&id);
                let own = uses.own_nodes(graph, branch, |id| shared(id) || !keeps_places(graph, id, select, condition));
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

/// How often each node is used, and how many results of each loop are.
#[derive(Default)]
struct Uses {
    nodes: FxHashMap<NodeId, usize>,
    results: FxHashMap<LoopId, usize>,
}

impl Uses {
    fn count(graph: &Graph, order: &[NodeId]) -> Uses {
        let mut uses = Uses::default();
        for &id in order {
            graph.op(id).each_operand(|x| *uses.nodes.entry(x).or_default() += 1);
            let Some(of) = graph.op(id).loop_used() else { continue };
            let results = uses.results.entry(of).or_default();
            *results += 1;
            if *results == 1 {
                carried(graph, of).for_each(|x| *uses.nodes.entry(x).or_default() += 1);
            }
        }
        uses
    }

    /// The nodes below a branch all of whose uses are in the branch: a node is its own when it has been met as often as it is used.
    /// So is a loop, when all of its results are.
    fn own_nodes(&self, graph: &Graph, branch: NodeId, shared: impl Fn(NodeId) -> bool) -> Vec<NodeId> {
        let mut met = Uses::default();
        let mut own = vec![];
        let mut todo = vec![branch];
        while let Some(id) = todo.pop() {
            let times = met.nodes.entry(id).or_default();
            *times += 1;
            if self.nodes.get(&id) != Some(times) || shared(id) || matches!(graph.op(id), Op::Leaf(_)) {
                continue;
            }
            own.push(id);
            graph.op(id).each_operand(|x| todo.push(x));
            let Some(of) = graph.op(id).loop_used() else { continue };
            let results = met.results.entry(of).or_default();
            *results += 1;
            if self.results.get(&of) == Some(results) {
                todo.extend(carried(graph, of));
            }
        }
        own
    }
}

/// Whether each element of a node below a `select` gives only to the same element of it, or the condition is the same for all that
/// it gives to.
fn keeps_places(graph: &Graph, id: NodeId, select: NodeId, condition: NodeId) -> bool {
    let (own, of) = (&graph.node(id).loops, &graph.node(select).loops);
    if !of.iter().all(|l| own.contains(l)) {
        return false;
    }
    match graph.op(id) {
        Op::Unary(..) | Op::Binary(..) | Op::Select { .. } => true,
        Op::BatchMean { .. } if graph.ty(condition).varying => false,
        _ => graph.shape(graph.unexpanded(condition)).is_empty(),
    }
}

/// What a loop's states start from and go on as.
fn carried(graph: &Graph, of: LoopId) -> impl Iterator<Item = NodeId> + '_ {
    graph.looped(of).binders.iter().flat_map(|binder| [binder.init, binder.next])
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
