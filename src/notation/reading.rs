//! What would be read if the results were written out with no names but the program's: who uses what, and how much there is to write.
use super::derivation::{Request, Role};
use super::names::{Kind, Multiple, Names};
use super::pools::unpooled;
use super::scans::{Scan, Scans};
use crate::graph::{Graph, Leaf, NodeId, Op};
use crate::op::arithmetic::{DIVIDE, MULTIPLY};
use rustc_hash::{FxHashMap, FxHashSet};

/// Costs are counted so far: what is beyond is long in any case.
const MOST: usize = 100;

/// What is read when the results are written, before any of it has a name of its own.
pub struct Reading<'a> {
    pub graph: &'a Graph,
    pub request: &'a Request,
    /// What the numbers that are differentiated need.
    pub forward: FxHashSet<NodeId>,
    /// Ascending.
    pub reached: Vec<NodeId>,
    pub users: FxHashMap<NodeId, Vec<NodeId>>,
    pub results: FxHashMap<NodeId, usize>,
    pub scans: &'a Scans,
}

impl<'a> Reading<'a> {
    pub fn new(graph: &'a Graph, request: &'a Request, names: &Names, scans: &'a Scans) -> Reading<'a> {
        let forward: FxHashSet<NodeId> = graph.reachable(&request.values).into_iter().collect();
        let mut results: FxHashMap<NodeId, usize> = FxHashMap::default();
        for wanted in &request.results {
            *results.entry(wanted.node).or_default() += 1;
        }
        let users = FxHashMap::default();
        let mut reading = Reading { graph, request, forward, reached: vec![], users, results, scans };
        let mut seen: FxHashSet<NodeId> = FxHashSet::default();
        let mut todo: Vec<NodeId> = request.results.iter().map(|w| w.node).collect();
        while let Some(id) = todo.pop() {
            if !seen.insert(id) {
                continue;
            }
            reading.reached.push(id);
            for child in reading.children(id, names) {
                reading.users.entry(child).or_default().push(id);
                todo.push(child);
            }
        }
        reading.reached.sort();
        reading
    }

    /// What is written where this node is, if it has no name.
    pub fn children(&self, id: NodeId, names: &Names) -> Vec<NodeId> {
        // A name of an inner block is explained, so what it is made of is read, too.
        if names.get(id).is_some_and(|t| t.kind == Kind::Given) {
            return vec![];
        }
        match *self.graph.op(id) {
            Op::Leaf(Leaf::Binder(of, index)) => {
                let binder = &self.graph.looped(of).binders[index as usize];
                vec![binder.next, binder.init]
            }
            _ => match unpooled(self.graph, id) {
                Some(call) => call.values,
                None => self.graph.op(id).operands(),
            },
        }
    }

    /// Whether paper does not show the node, or as a sign only.
    pub fn is_transparent(&self, id: NodeId) -> bool {
        match self.graph.op(id) {
            Op::Reshape { .. } => unpooled(self.graph, id).is_none(),
            Op::View(_) | Op::Element { .. } | Op::Last { .. } | Op::Stacked { .. } => true,
            Op::Leaf(Leaf::Binder(..)) => true,
            Op::Unary(op, _) => op.scale.is_some(),
            Op::Binary(op, c, _) if *op == MULTIPLY => self.graph.constant_of(*c).is_some(),
            Op::Binary(op, _, c) if *op == DIVIDE => self.graph.constant_of(*c).is_some(),
            _ => false,
        }
    }

    /// How often a value would be written out.
    pub fn uses(&self, id: NodeId) -> usize {
        self.uses_along(id, &mut FxHashSet::default())
    }
    fn uses_along(&self, id: NodeId, path: &mut FxHashSet<NodeId>) -> usize {
        if !path.insert(id) {
            return 0;
        }
        let mut count = self.results.get(&id).copied().unwrap_or(0);
        for &user in self.users.get(&id).into_iter().flatten() {
            count += if self.is_transparent(user) { self.uses_along(user, path) } else { 1 };
        }
        count
    }
    /// The values that are made of this one, behind what paper does not show.
    pub fn users_of(&self, id: NodeId) -> Vec<NodeId> {
        let mut found = vec![];
        let mut seen = FxHashSet::default();
        let mut todo = vec![id];
        while let Some(at) = todo.pop() {
            for &user in self.users.get(&at).into_iter().flatten() {
                if self.is_transparent(user) {
                    if seen.insert(user) {
                        todo.push(user);
                    }
                } else {
                    found.push(user);
                }
            }
        }
        found
    }

    /// Operations that would be written, names counting nothing; at most `MOST`.
    pub fn cost(&self, id: NodeId, names: &Names) -> usize {
        self.cost_along(id, &|id| names.has(id) || names.multiple_of(id).is_some(), names, &mut vec![], &mut 0)
    }
    /// The same, forward values counting nothing, either.
    pub fn own_cost(&self, id: NodeId, names: &Names) -> usize {
        let spoken_of = |id| names.has(id) || names.multiple_of(id).is_some() || self.forward.contains(&id);
        self.cost_along(id, &spoken_of, names, &mut vec![], &mut 0)
    }
    fn cost_along(
        &self,
        id: NodeId,
        spoken_of: &dyn Fn(NodeId) -> bool,
        names: &Names,
        path: &mut Vec<NodeId>,
        visits: &mut usize,
    ) -> usize {
        if (!path.is_empty() && spoken_of(id)) || path.contains(&id) {
            return 0;
        }
        *visits += 1;
        if *visits > MOST || path.len() > MOST {
            return MOST;
        }
        path.push(id);
        let mut total = match self.graph.op(id) {
            _ if self.is_transparent(id) => 0,
            Op::Leaf(_) | Op::OneHot { .. } => 0,
            _ => 1,
        };
        for child in self.children(id, names) {
            total = (total + self.cost_along(child, spoken_of, names, path, visits)).min(MOST);
        }
        path.pop();
        total
    }

    /// The forward value that an adjoint is best called after: one with a name, else the nearest to the loss.
    pub fn forward_of(&self, id: NodeId, names: &Names) -> Option<NodeId> {
        let roles = self.request.titles.get(&id)?;
        let adjoints = roles.iter().filter_map(Role::forward);
        adjoints.max_by_key(|&f| {
            let leaf = matches!(self.graph.op(f), Op::Leaf(_));
            (!leaf, names.is_given(f), f)
        })
    }

    /// The value of which this one is a multiple by a number, and the number; whether it is transposed.
    pub fn core(&self, id: NodeId, names: &Names) -> Option<(NodeId, f64, bool)> {
        let (inner, factor, transposed) = match self.graph.op(id) {
            Op::Unary(op, x) => (*x, op.scale?, false),
            Op::Binary(op, c, x) if *op == MULTIPLY => (*x, self.graph.constant_of(*c)?, false),
            Op::Binary(op, x, c) if *op == DIVIDE => (*x, 1.0 / self.graph.constant_of(*c)?, false),
            Op::View(view) if view.as_permutation(self.graph.shape(view.x)).as_deref() == Some(&[1, 0]) => {
                (view.x, 1.0, true)
            }
            _ => return None,
        };
        if names.has(inner) {
            return None;
        }
        let (core, more, again) = self.core(inner, names).unwrap_or((inner, 1.0, false));
        Some((core, more * factor, again != transposed))
    }

    /// The forward value of an adjoint, if it is none of the leaves.
    pub fn own_forward(&self, id: NodeId, names: &Names) -> Option<NodeId> {
        self.forward_of(id, names).filter(|&f| !matches!(self.graph.op(f), Op::Leaf(_)))
    }

    /// Whether a result is made of it by one product, or it is a part of what is put together.
    pub fn feeds(&self, id: NodeId) -> bool {
        let makes = |user: &NodeId| {
            let op = self.graph.op(*user);
            let product = matches!(op, Op::Contract(_) | Op::ScatterAdd { .. } | Op::Reduce { .. });
            // Gates are put together before the product.
            product && self.leads_to_result(*user) || matches!(op, Op::Join { .. })
        };
        self.results.contains_key(&id) || self.users_of(id).iter().any(makes)
    }
    pub fn leads_to_result(&self, id: NodeId) -> bool {
        // What a loop hands round leads back to itself.
        let (mut todo, mut seen) = (vec![id], FxHashSet::default());
        while let Some(id) = todo.pop() {
            if self.results.contains_key(&id) {
                return true;
            }
            if seen.insert(id) {
                let users = self.users.get(&id).into_iter().flatten();
                todo.extend(users.copied().filter(|user| self.is_transparent(*user)));
            }
        }
        false
    }

    /// The values with a name that are read where a node is written; `defines` if it is written out although it has one.
    pub fn needed(&self, node: NodeId, names: &Names, defines: bool) -> FxHashSet<NodeId> {
        let mut found = FxHashSet::default();
        let mut seen = FxHashSet::default();
        let mut todo = vec![node];
        while let Some(id) = todo.pop() {
            if !seen.insert(id) {
                continue;
            }
            if names.has(id) && !(defines && id == node) {
                found.insert(id);
                // What is explained there needs what it is made of; a loop is said before what speaks of it.
                let is_explained = match names.get(id).map(|title| title.kind) {
                    Some(Kind::Inner) => !self.forward.contains(&id),
                    Some(Kind::Letter) => names.has_multiples() || !self.scans.all.is_empty(),
                    _ => false,
                };
                if is_explained {
                    todo.extend(self.children(id, names));
                }
                todo.extend(self.scans.all.iter().filter(|s| s.makes(id)).flat_map(Scan::operands));
            } else if let Some(Multiple { line, .. }) = names.multiple_of(id)
                && !(defines && line == node)
            {
                found.insert(line);
            } else if let (true, Op::Leaf(Leaf::Binder(of, index))) = (defines, self.graph.op(id)) {
                // The round before is no matter of order.
                todo.push(self.graph.looped(*of).binders[*index as usize].init);
            } else {
                todo.extend(self.children(id, names));
            }
        }
        found
    }
}
