//! Passes rebuild a graph into a fresh arena: this maps every node that some roots need, loops included.
use super::copies::LoopCopies;
use super::fit::Signature;
use super::{Binder, Graph, Leaf, LoopId, NodeId, Op};
use rustc_hash::{FxHashMap, FxHashSet};

/// A graph being made from another one.
pub struct Rebuild<'a> {
    pub from: &'a Graph,
    pub to: Graph,
    map: FxHashMap<NodeId, NodeId>,
    loops: FxHashMap<LoopId, LoopId>,
}

impl<'a> Rebuild<'a> {
    pub fn new(from: &'a Graph) -> Rebuild<'a> {
        Rebuild { from, to: from.emptied(), map: FxHashMap::default(), loops: FxHashMap::default() }
    }
    /// What an old node has become.
    pub fn get(&self, old: NodeId) -> NodeId {
        self.map[&old]
    }
    pub fn set(&mut self, old: NodeId, new: NodeId) {
        self.map.insert(old, new);
    }

    /// Maps all that the roots need, in order: `f` makes the new node from the operation on new operands.
    pub fn run(&mut self, roots: &[NodeId], mut f: impl FnMut(&mut Graph, NodeId, Op) -> NodeId) -> Vec<NodeId> {
        let order = self.from.reachable(roots);
        let mut pending: FxHashMap<LoopId, usize> = FxHashMap::default();
        for id in order {
            if self.map.contains_key(&id) {
                continue;
            }
            let op = self.from.op(id).clone();
            match op {
                Op::Leaf(Leaf::Binder(of, _)) => {
                    let to = self.loop_for(of);
                    // Binders come in order of their leaves' ids, which is that of their numbers.
                    for binder in self.from.looped(of).binders.clone() {
                        if binder.leaf == id {
                            let init = self.map[&binder.init];
                            let leaf = self.to.add_binder(to, init, binder.ty.kind, binder.ty.varying);
                            self.map.insert(id, leaf);
                            if let Some(name) = self.from.name_of(id) {
                                self.to.name(leaf, name);
                            }
                        }
                    }
                    pending.insert(of, 0);
                    continue;
                }
                Op::Last { of, .. } | Op::Stacked { of, .. } => {
                    self.loop_for(of);
                    if pending.remove(&of).is_some() {
                        self.finish(of);
                    }
                }
                Op::Leaf(Leaf::LoopIndex(of)) | Op::Element { of, .. } => {
                    self.loop_for(of);
                }
                _ => {}
            }
            let (map, loops) = (&self.map, &self.loops);
            let mapped = op.map(|x| map[&x], |l| loops[&l]);
            let new = f(&mut self.to, id, mapped);
            let old = self.from.node(id);
            let loops = old.loops.iter().filter_map(|l| self.loops.get(l).copied()).collect();
            self.to.keeps_type(new, &Signature { ty: old.ty.clone(), loops }, "a pass");
            self.map.insert(id, new);
            if let Some(of) = self.from.form_of(id) {
                if let Some(&of) = self.map.get(&of) {
                    self.to.set_form(new, of);
                }
            } else if let Some(name) = self.from.name_of(id) {
                self.to.name(new, name);
            }
            if let Some(span) = self.from.span_of(id) {
                self.to.set_span(new, span);
            }
            if let Some((of, by)) = self.from.tangent_of(id)
                && let Some(&of) = self.map.get(&of)
            {
                self.to.set_tangent(new, of, by);
            }
        }
        roots.iter().map(|r| self.map[r]).collect()
    }

    fn loop_for(&mut self, of: LoopId) -> LoopId {
        if let Some(&to) = self.loops.get(&of) {
            return to;
        }
        let old = self.from.looped(of);
        let (length, reverse, origin) = (old.length, old.reverse, old.origin);
        let origin = origin.and_then(|o| self.loops.get(&o).copied());
        let to = self.to.begin_loop(length, reverse, &[]);
        self.to.loops[to.0 as usize].origin = origin;
        self.loops.insert(of, to);
        to
    }
    fn finish(&mut self, of: LoopId) {
        let to = self.loops[&of];
        let binders = self.from.looped(of).binders.clone();
        // Only binders that are needed were mapped; they keep their order.
        let mapped: Vec<_> = binders.iter().filter(|b| self.map.contains_key(&b.leaf)).collect();
        for (index, binder) in mapped.into_iter().enumerate() {
            let next = self.map[&binder.next];
            self.to.set_next(to, index, next);
        }
    }
}

/// The graph that the roots need and nothing else. For a root inside of a loop of which nothing is needed outside, zeros stand: it has
/// no rounds any more.
pub fn garbage_collected(graph: &Graph, roots: &[NodeId]) -> (Graph, Vec<NodeId>) {
    let outside: Vec<NodeId> = roots.iter().copied().filter(|&root| graph.node(root).loops.is_empty()).collect();
    let live: FxHashSet<NodeId> = graph.reachable(&outside).into_iter().collect();
    let kept: Vec<NodeId> = roots.iter().copied().filter(|root| live.contains(root)).collect();
    let mut rebuild = Rebuild::new(graph);
    rebuild.run(&kept, |to, _, op| to.intern(op));
    let new = |&root: &NodeId| match rebuild.map.get(&root) {
        Some(&new) => new,
        None => rebuild.to.constant(0.0, graph.shape(root)),
    };
    let roots = roots.iter().map(new).collect();
    (rebuild.to, roots)
}

impl Graph {
    /// Puts values in the place of others (holes, mostly) in what the roots say, within the same arena.
    pub fn substitute(&mut self, roots: &[NodeId], pairs: &[(NodeId, NodeId)]) -> Vec<NodeId> {
        let pairs: Vec<(NodeId, NodeId)> =
            pairs.iter().map(|&(hole, x)| (hole, self.in_place_of(x, self.signature_of(hole)))).collect();
        let holes: Vec<NodeId> = pairs.iter().map(|p| p.0).collect();
        let marks = self.dependents(&holes);
        let mut loops = LoopCopies::default();
        let mut order = self.reachable_with_values(roots);
        let (changed, touched) = self.changed(&marks);
        // What is put in may stand in rounds of a loop that is copied: then it is copied with it.
        let is_moved = |x: NodeId| changed[x.index()] && !self.is_made_of(x, &holes);
        let (moved, fixed): (Vec<_>, Vec<_>) = pairs.iter().copied().partition(|(_, x)| is_moved(*x));
        let moved: FxHashMap<NodeId, NodeId> = moved.into_iter().collect();
        let mut map: FxHashMap<NodeId, NodeId> = fixed.into_iter().collect();
        if !moved.is_empty() {
            order = self.with_values_first(roots, &moved);
        }
        for &id in &order {
            if map.contains_key(&id) {
                continue;
            }
            if let Some(x) = moved.get(&id) {
                map.insert(id, map[x]);
                continue;
            }
            let op = self.op(id).clone();
            if !changed[id.index()] {
                map.insert(id, id);
                continue;
            }
            let next = |_: &mut Graph, b: &Binder| map.contains_key(&b.leaf).then(|| map[&b.next]);
            if let Some(leaf) = loops.visit(self, &op, |l| touched[l.0 as usize], |_, b| map[&b.init], next) {
                map.insert(id, leaf);
                continue;
            }
            let mapped = op.map(|x| map[&x], |l| loops.of(l));
            let new = self.intern(mapped);
            let mut signature = self.signature_of(id);
            (signature.ty.varying, signature.loops) = (true, self.node(new).loops.clone());
            self.keeps_type(new, &signature, "a substitution");
            map.insert(id, new);
        }
        // A derivative may be a value from before what it is the derivative of.
        for &id in &order {
            if let Some((of, by)) = self.tangent_of(id).map(|(of, by)| (of, by.to_string()))
                && let (new, Some(&of)) = (map[&id], map.get(&of))
                && new != id
            {
                self.set_tangent(new, of, by);
            }
        }
        roots.iter().map(|r| map[r]).collect()
    }
    /// Whether a value is made of one of these in the same round of the loops that it stands in.
    fn is_made_of(&self, x: NodeId, of: &[NodeId]) -> bool {
        let mut seen: FxHashSet<NodeId> = FxHashSet::default();
        let mut todo = vec![x];
        while let Some(id) = todo.pop() {
            if of.contains(&id) {
                return true;
            }
            if seen.insert(id) {
                self.each_below(id, |x| todo.push(x));
            }
        }
        false
    }
    /// What the roots depend on, each behind what it needs, where these values stand for others. What a loop carries comes in the order of its numbers.
    fn with_values_first(&self, roots: &[NodeId], values: &FxHashMap<NodeId, NodeId>) -> Vec<NodeId> {
        let mut seen: FxHashSet<NodeId> = FxHashSet::default();
        let mut out = vec![];
        let mut todo: Vec<(NodeId, bool)> =
            self.reachable_with_values(roots).into_iter().rev().map(|x| (x, false)).collect();
        while let Some((id, ready)) = todo.pop() {
            if ready {
                out.push(id);
                continue;
            }
            if !seen.insert(id) {
                continue;
            }
            todo.push((id, true));
            let mut needed = vec![];
            match (values.get(&id), self.op(id)) {
                (Some(&x), _) => needed.push(x),
                (None, &Op::Leaf(Leaf::Binder(of, number))) => {
                    let binders = &self.looped(of).binders[..=number as usize];
                    needed.extend(binders.iter().flat_map(|b| [b.init, b.leaf]).filter(|x| *x != id));
                }
                (None, op) => {
                    op.each_operand(|x| needed.push(x));
                    if let Some(of) = op.loop_used() {
                        let binders = &self.looped(of).binders;
                        needed.extend(
                            binders.iter().flat_map(|b| [b.init, b.leaf]).chain(binders.iter().map(|b| b.next)),
                        );
                    }
                }
            }
            todo.extend(needed.into_iter().rev().filter(|x| !seen.contains(x)).map(|x| (x, false)));
        }
        out
    }
    /// What the roots depend on, and the values whose derivatives stand in it.
    fn reachable_with_values(&self, roots: &[NodeId]) -> Vec<NodeId> {
        let mut roots = roots.to_vec();
        loop {
            let order = self.reachable(&roots);
            let values = order.iter().filter_map(|&id| self.tangent_of(id)).map(|(of, _)| of);
            let beyond: Vec<NodeId> = values.filter(|of| order.binary_search(of).is_err()).collect();
            if beyond.is_empty() {
                return order;
            }
            roots.extend(beyond);
        }
    }
}
