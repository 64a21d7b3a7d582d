//! Loops are not hash-consed: two that do the same would run twice. A value and its derivative may be made of a loop and of its recognised form.
use super::{Graph, Leaf, LoopId, NodeId, Op};
use rustc_hash::{FxHashMap, FxHashSet};

impl Graph {
    /// The roots, with what loops leave read from the first of those that do the same: equal in length, direction, starts and bodies.
    pub fn with_equal_loops_merged(&mut self, roots: &[NodeId]) -> Vec<NodeId> {
        let mut roots = roots.to_vec();
        if self.loops.len() < 2 {
            return roots;
        }
        while let Some(pairs) = self.equal_projections(&roots) {
            roots = self.with_projections(&roots, &pairs);
        }
        roots
    }

    /// Projections of one loop in the place of those of another one. A root stays in the rounds that it was in; where their loop is made anew,
    /// all roots go with it.
    pub(super) fn with_projections(&mut self, roots: &[NodeId], pairs: &[(NodeId, NodeId)]) -> Vec<NodeId> {
        let new = self.substitute(roots, pairs);
        let mut copies: FxHashMap<LoopId, LoopId> = FxHashMap::default();
        for (&old, &new) in roots.iter().zip(&new) {
            let mut signature = self.signature_of(old);
            let (before, after) = (&self.node(old).loops, &self.node(new).loops);
            let only = |these: &[LoopId], others: &[LoopId]| -> Vec<LoopId> {
                these.iter().copied().filter(|l| !others.contains(l)).collect()
            };
            for (from, to) in only(before, after).into_iter().zip(only(after, before)) {
                copies.entry(from).or_insert(to);
            }
            signature.loops.iter_mut().for_each(|l| *l = copies.get(l).copied().unwrap_or(*l));
            self.keeps_type(new, &signature, "a loop in the place of another one");
        }
        new
    }

    /// The projections of some loop that does what an earlier one does, and those of that one.
    fn equal_projections(&mut self, roots: &[NodeId]) -> Option<Vec<(NodeId, NodeId)>> {
        let order = self.reachable(roots);
        let mut projections: Vec<(LoopId, Vec<NodeId>)> = vec![];
        for &id in &order {
            let Some(of) = self.op(id).loop_used() else { continue };
            match projections.iter_mut().find(|known| known.0 == of) {
                Some((_, all)) => all.push(id),
                None => projections.push((of, vec![id])),
            }
        }
        for later in 1..projections.len() {
            for earlier in 0..later {
                let (of, all) = &projections[later];
                if let Some(pairs) = self.images(*of, projections[earlier].0, all, &order) {
                    return Some(pairs);
                }
            }
        }
        None
    }

    /// A loop's projections as ones of another loop, if both do the same.
    fn images(
        &mut self,
        of: LoopId,
        other: LoopId,
        projections: &[NodeId],
        order: &[NodeId],
    ) -> Option<Vec<(NodeId, NodeId)>> {
        let (own, others) = (self.looped(of).clone(), self.looped(other).clone());
        let starts = |l: &super::Loop| l.binders.iter().map(|b| (b.init, b.ty.clone())).collect::<Vec<_>>();
        if own.length != others.length || own.reverse != others.reverse || starts(&own) != starts(&others) {
            return None;
        }
        // Neither may wait for what the other leaves: as one loop it would wait for itself.
        if self.waits_for(of, other, order) || self.waits_for(other, of, order) {
            return None;
        }
        let body: Vec<NodeId> = order.iter().copied().filter(|id| self.node(*id).loops.contains(&of)).collect();
        // A loop within would have to be made anew.
        let is_inner = |id: &NodeId| {
            let node = self.node(*id);
            node.op.loop_used().is_some()
                || node.loops.iter().any(|l| self.node(projections[0]).loops.binary_search(l).is_err() && *l != of)
        };
        if body.iter().any(is_inner) {
            return None;
        }
        let mut map: FxHashMap<NodeId, NodeId> = FxHashMap::default();
        for id in body {
            let op = self.op(id).clone();
            let image = match op {
                Op::Leaf(Leaf::Binder(l, number)) if l == of => others.binders[number as usize].leaf,
                op => {
                    let op = op.map(|x| map.get(&x).copied().unwrap_or(x), |l| if l == of { other } else { l });
                    self.intern(op)
                }
            };
            map.insert(id, image);
        }
        let image = |id: NodeId| map.get(&id).copied().unwrap_or(id);
        if own.binders.iter().zip(&others.binders).any(|(own, other)| image(own.next) != other.next) {
            return None;
        }
        let pairs = projections.iter().map(|&id| {
            let op = self.op(id).map(|x| map.get(&x).copied().unwrap_or(x), |l| if l == of { other } else { l });
            (id, op)
        });
        let pairs: Vec<(NodeId, Op)> = pairs.collect();
        Some(pairs.into_iter().map(|(id, op)| (id, self.intern(op))).collect())
    }

    /// Whether a loop needs another one to have run: by its starts, or by anything in its body. A loop runs as a whole.
    fn waits_for(&self, of: LoopId, other: LoopId, order: &[NodeId]) -> bool {
        let mut seen: FxHashSet<NodeId> = FxHashSet::default();
        let mut run: FxHashSet<LoopId> = FxHashSet::default();
        let whole = |l: LoopId| {
            let starts = self.looped(l).binders.iter().flat_map(|b| [b.init, b.next]);
            starts.chain(order.iter().copied().filter(move |id| self.node(*id).loops.contains(&l))).collect::<Vec<_>>()
        };
        let mut todo = whole(of);
        run.insert(of);
        while let Some(id) = todo.pop() {
            if !seen.insert(id) {
                continue;
            }
            if let Some(used) = self.op(id).loop_used() {
                if used == other {
                    return true;
                }
                if run.insert(used) {
                    todo.extend(whole(used));
                }
            }
            self.op(id).each_operand(|x| todo.push(x));
        }
        false
    }
}
