//! The order in which loops run. A loop runs as a whole, but its projections are nodes like others: a node's number says what that node itself
//! needs, and the loop may need more.
use super::{Graph, LoopId, NodeId};
use rustc_hash::{FxHashMap, FxHashSet};

impl Graph {
    /// The same nodes, so that all that a loop starts from, and all that its body reads from outside, stands before the first value that the loop
    /// leaves. What is `together` stands one behind the other, behind all that any of them needs.
    pub fn in_whole_loops<'a>(
        &self,
        order: &[NodeId],
        together: impl Fn(NodeId) -> Option<&'a [NodeId]>,
    ) -> Vec<NodeId> {
        let is_by_itself = |&id: &NodeId| self.op(id).loop_used().is_none() && together(id).is_none();
        if order.iter().all(is_by_itself) {
            return order.to_vec();
        }
        let mut bodies: FxHashMap<LoopId, Vec<NodeId>> = FxHashMap::default();
        for id in self.reachable(order) {
            for &of in &self.node(id).loops {
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
                let together = together(id).unwrap_or(&alone);
                if ready {
                    out.extend(together.iter().filter(|x| known.contains(x)));
                    continue;
                }
                if seen.contains(&id) {
                    continue;
                }
                seen.extend(together);
                todo.push((id, true));
                let mut needed = self.op(id).loop_used().and_then(|of| bodies.remove(&of)).unwrap_or_default();
                together.iter().for_each(|&x| self.each_below(x, |below| needed.push(below)));
                let before = todo.len();
                todo.extend(needed.into_iter().filter(|x| !seen.contains(x)).map(|x| (x, false)));
                todo[before..].reverse();
            }
        }
        out
    }
}
