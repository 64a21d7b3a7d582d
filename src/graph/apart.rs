//! A loop stands inside of the loops that its body needs. What it computes for rounds of an outer loop and what it computes once for all are two
//! loops: a tangent runs beside its value, and may know nothing of the rounds around.
use super::copies::LoopCopies;
use super::{Binder, Graph, Leaf, LoopId, NodeId, Op};
use rustc_hash::{FxHashMap, FxHashSet};

impl Graph {
    /// The roots, with each loop's projections standing in the same loops: those that need fewer are of a loop of their own.
    pub fn with_loops_apart(&mut self, roots: &[NodeId]) -> Vec<NodeId> {
        let mut roots = roots.to_vec();
        let mut tried: FxHashSet<LoopId> = FxHashSet::default();
        while let Some((of, projections)) = self.outer_projections(&roots, &tried) {
            match self.of_their_own(of, &projections) {
                Some(pairs) => roots = self.with_projections(&roots, &pairs),
                None => _ = tried.insert(of),
            }
        }
        roots
    }

    /// A loop whose projections stand in different loops, and those that stand in the fewest.
    fn outer_projections(&self, roots: &[NodeId], tried: &FxHashSet<LoopId>) -> Option<(LoopId, Vec<NodeId>)> {
        let mut projections: FxHashMap<LoopId, Vec<NodeId>> = FxHashMap::default();
        if self.loops.len() < 2 {
            return None;
        }
        for id in self.reachable(roots) {
            if let Some(of) = self.op(id).loop_used() {
                projections.entry(of).or_default().push(id);
            }
        }
        let mut all: Vec<(LoopId, Vec<NodeId>)> = projections.into_iter().filter(|p| !tried.contains(&p.0)).collect();
        all.sort();
        all.into_iter().find_map(|(of, all)| {
            let around = |id: &NodeId| self.node(*id).loops.clone();
            let fewest = all.iter().map(around).min_by_key(|loops| loops.len())?;
            let (outer, others): (Vec<NodeId>, Vec<NodeId>) = all.iter().partition(|id| around(id) == fewest);
            (!others.is_empty()).then_some((of, outer))
        })
    }

    /// The same projections of a new loop, which has what they need and nothing else. None if that needs more loops around than they say, or has
    /// loops in it.
    fn of_their_own(&mut self, of: LoopId, projections: &[NodeId]) -> Option<Vec<(NodeId, NodeId)>> {
        let around = self.node(projections[0]).loops.clone();
        let looped = self.looped(of).clone();
        let mut body: Vec<NodeId> = vec![];
        let mut seen: FxHashSet<NodeId> = FxHashSet::default();
        let mut todo: Vec<NodeId> = projections.iter().flat_map(|&p| self.op(p).operands()).collect();
        while let Some(id) = todo.pop() {
            let node = self.node(id);
            if !node.loops.contains(&of) || !seen.insert(id) {
                continue;
            }
            if node.op.loop_used().is_some() || node.loops.iter().any(|l| *l != of && !around.contains(l)) {
                return None;
            }
            body.push(id);
            match node.op {
                Op::Leaf(Leaf::Binder(l, number)) if l == of => todo.push(looped.binders[number as usize].next),
                _ => self.op(id).each_operand(|x| todo.push(x)),
            }
        }
        body.sort();
        body.extend(projections);
        let mut copies = LoopCopies::default();
        copies.begin(self, of);
        let mut map: FxHashMap<NodeId, NodeId> = FxHashMap::default();
        for id in body {
            let op = self.op(id).clone();
            let image = |x: NodeId| map.get(&x).copied().unwrap_or(x);
            let next = |_: &mut Graph, b: &Binder| map.contains_key(&b.leaf).then(|| image(b.next));
            let new = match copies.visit(self, &op, |l| l == of, |_, b| b.init, next) {
                Some(leaf) => leaf,
                None => self.intern(op.map(image, |l| copies.of(l))),
            };
            map.insert(id, new);
        }
        Some(projections.iter().map(|id| (*id, map[id])).collect())
    }
}
