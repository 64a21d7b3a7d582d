//! Forward mode: the total derivative by a number, as a stream beside the values.
//!
//! `D(D(u))` gives u, u′, u″ with shared work, because equal nodes are one node. Beside a loop runs a loop of its own, in the same direction, that
//! carries the tangents of what the loop carries.
use super::differential::{Differential, differential};
use super::scope::Scope;
use crate::graph::linear::applied;
use crate::graph::{Graph, Linear, LoopId, NodeId, Op};
use rustc_hash::FxHashMap;

/// `d of / d by` of any value by a number; the shape is that of `of`. `called` is the number's name.
pub fn tangent(graph: &mut Graph, of: NodeId, by: NodeId, called: Option<&str>) -> NodeId {
    let home = graph.node(of).loops.to_vec();
    let order = graph.reachable(&[of]);
    let order: Vec<NodeId> =
        order.into_iter().filter(|id| graph.node(*id).loops.iter().all(|l| home.contains(l))).collect();
    let one = graph.number(1.0);
    let mut pass = Pass {
        marks: graph.dependents(&[by]),
        by,
        called,
        home,
        scope: Scope::default(),
        tangents: FxHashMap::from_iter([(by, one)]),
        beside: FxHashMap::default(),
    };
    pass.sweep(graph, &order);
    pass.tangents.get(&of).copied().unwrap_or_else(|| zeros(graph, of))
}

struct Pass<'a> {
    /// Which forward nodes depend on the number.
    marks: Vec<bool>,
    by: NodeId,
    called: Option<&'a str>,
    /// The loops in whose rounds the differentiated value is.
    home: Vec<LoopId>,
    scope: Scope,
    tangents: FxHashMap<NodeId, NodeId>,
    /// The loops of tangents, by those that they run beside.
    beside: FxHashMap<LoopId, LoopId>,
}

fn zeros(graph: &mut Graph, like: NodeId) -> NodeId {
    let shape = graph.shape(like).to_vec();
    graph.constant(0.0, &shape)
}

/// A tangent that a condition makes zero, behind a map of elements: it is still zero there, though the slope may be infinite.
fn where_it_changes(graph: &mut Graph, map: &Linear, t: NodeId, shape: &[usize]) -> Option<NodeId> {
    let (condition, side, value) = graph.value_or_zero(t)?;
    let condition = match map {
        Linear::View(view) if !view.is_total() => return None,
        Linear::View(_) | Linear::Reshape { .. } => map.apply(graph, condition, shape),
        _ => condition,
    };
    let share = map.apply(graph, value, shape);
    Some(Linear::Choose { condition, side }.apply(graph, share, shape))
}

impl Pass<'_> {
    fn is_active(&self, x: NodeId) -> bool {
        self.marks.get(x.index()) == Some(&true)
    }
    fn get(&self, x: NodeId) -> Option<NodeId> {
        self.tangents.get(&x).copied()
    }

    /// Goes through the nodes of one scope from the first to the last.
    fn sweep(&mut self, graph: &mut Graph, order: &[NodeId]) {
        for &y in order {
            if !self.is_active(y) || y == self.by || self.tangents.contains_key(&y) {
                continue;
            }
            let tangent = match *graph.op(y) {
                Op::Last { of, x } => self.within(graph, of, x).map(|(beside, t)| graph.last(beside, t)),
                Op::Stacked { of, x } => self.within(graph, of, x).map(|(beside, t)| graph.stacked(beside, t)),
                Op::Element { of, x } => match (self.get(x), self.beside.get(&of)) {
                    (Some(t), Some(&beside)) => Some(graph.element(beside, t)),
                    // Of a loop around all that is differentiated.
                    (Some(t), None) => Some(graph.element(of, t)),
                    (None, _) => None,
                },
                _ => self.by_rule(graph, y),
            };
            let Some(t) = tangent else { continue };
            self.tangents.insert(y, t);
            if let Some(called) = self.called {
                graph.set_tangent(t, y, called);
            }
        }
    }

    fn by_rule(&mut self, graph: &mut Graph, y: NodeId) -> Option<NodeId> {
        let mut maps: Vec<(Linear, NodeId, Option<NodeId>)> = vec![];
        let together = matches!(graph.op(y), Op::Select { .. } | Op::Join { .. });
        for (place, x) in graph.op(y).operands().into_iter().enumerate() {
            let t = self.get(x);
            if !together && t.is_none() {
                continue;
            }
            if let Some(Differential { map, .. }) = differential(graph, &mut self.scope, y, place) {
                maps.push((map, x, t));
            }
        }
        let shape = graph.shape(y).to_vec();
        if let [(map @ (Linear::Slope(_) | Linear::Reshape { .. } | Linear::View(_)), _, Some(t))] = &maps[..]
            && let Some(share) = where_it_changes(graph, map, *t, &shape)
        {
            return Some(share);
        }
        applied(graph, &maps, &shape)
    }

    /// The loop beside a loop, and the tangent there of a value of the loop's body; none if it is zero.
    fn within(&mut self, graph: &mut Graph, of: LoopId, x: NodeId) -> Option<(LoopId, NodeId)> {
        let looped = graph.looped(of).clone();
        let is_new = !self.beside.contains_key(&of);
        let active: Vec<usize> =
            (0..looped.binders.len()).filter(|&i| self.is_active(looped.binders[i].leaf)).collect();
        if is_new {
            let beside = graph.begin_loop(looped.length, looped.reverse, &[]);
            graph.loops[beside.0 as usize].origin = Some(of);
            self.beside.insert(of, beside);
            for binder in active.iter().map(|&i| &looped.binders[i]) {
                let start = self.get(binder.init).unwrap_or_else(|| zeros(graph, binder.init));
                let leaf = graph.add_binder(beside, start, crate::graph::Kind::Real, binder.ty.varying);
                self.tangents.insert(binder.leaf, leaf);
            }
        }
        let beside = self.beside[&of];
        let mut tips = vec![x];
        if is_new {
            tips.extend(active.iter().map(|&i| looped.binders[i].next));
        }
        let body = graph.reachable(&tips).into_iter();
        let body: Vec<NodeId> = body.filter(|&id| self.is_own(graph, id, of)).collect();
        self.scope.enter(of, beside);
        self.sweep(graph, &body);
        self.scope.leave();
        if is_new {
            for (place, binder) in active.iter().map(|&i| &looped.binders[i]).enumerate() {
                let next = self.get(binder.next).unwrap_or_else(|| zeros(graph, binder.next));
                graph.set_next(beside, place, next);
            }
        }
        self.get(x).map(|t| (beside, t))
    }

    /// Whether a node is of the body of a loop, not of a loop inside of it.
    fn is_own(&self, graph: &Graph, id: NodeId, of: LoopId) -> bool {
        let is_around = |l: &LoopId| self.home.contains(l) || self.scope.levels.iter().any(|level| level.forward == *l);
        let loops = &graph.node(id).loops;
        loops.contains(&of) && loops.iter().all(|l| *l == of || is_around(l))
    }
}
