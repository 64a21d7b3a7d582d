//! Reverse accumulation. Inside a loop, backpropagation through time: the backward loop is a loop of its own.
use super::differential::{Differential, differential};
use super::scope::Scope;
use super::support::{self, Cotangent};
use crate::graph::range::Ranges;
use crate::graph::steep::is_steep;
use crate::graph::{Contraction, Graph, Leaf, Linear, LoopId, NodeId, Op};
use rustc_hash::FxHashMap;

/// The cotangents of a number with respect to the values that it depends on.
pub struct Adjoints {
    found: FxHashMap<NodeId, NodeId>,
    rounds: Vec<(NodeId, NodeId)>,
}

impl Adjoints {
    /// `∂of/∂x`; none if it is zero everywhere.
    pub fn of(&self, x: NodeId) -> Option<NodeId> {
        self.found.get(&x).copied()
    }
    /// All values that have an adjoint, in the order of the forward graph.
    pub fn all(&self) -> Vec<(NodeId, NodeId)> {
        let mut all: Vec<_> = self.found.iter().map(|(x, d)| (*x, *d)).collect();
        all.sort();
        all
    }
    /// Values of loops' bodies and their adjoints in the backward loops: what a derivation calls them by.
    pub fn in_rounds(&self) -> &[(NodeId, NodeId)] {
        &self.rounds
    }
}

/// The adjoints of the number `of`, for all that stands between it and `by`.
pub fn adjoints(graph: &mut Graph, of: NodeId, by: &[NodeId]) -> Adjoints {
    let order = graph.reachable(&[of]);
    let marks = graph.dependents(by);
    let home = graph.node(of).loops.to_vec();
    let order: Vec<NodeId> =
        order.into_iter().filter(|id| graph.node(*id).loops.iter().all(|l| home.contains(l))).collect();
    let varies = graph.ids().any(|id| graph.ty(id).varying);
    let by = by.to_vec();
    let (scope, ranges) = (Scope::default(), Ranges::default());
    let mut pass = Pass { marks, by, home, varies, scope, rounds: vec![], ranges };
    let seed = graph.number(1.0);
    let mut shares = Shares::default();
    shares.add(of, Cotangent::everywhere(seed));
    pass.sweep(graph, &order, &mut shares, &mut vec![]);
    let mut found = shares.found;
    found.retain(|x, _| pass.is_active(*x));
    pass.rounds.sort();
    Adjoints { found, rounds: pass.rounds }
}

/// A share for a value from outside of the loop whose rounds are being gone through; it is summed over the rounds.
type Outside = Vec<(NodeId, Cotangent)>;

/// Cotangents while a scope is gone through.
#[derive(Default)]
struct Shares {
    /// What users have given to values that were not visited yet.
    pending: FxHashMap<NodeId, Vec<Cotangent>>,
    /// The adjoints of those that were, zero where they do not matter.
    found: FxHashMap<NodeId, NodeId>,
    /// What loops read and leave element by element: it is met again where it matters on the other side.
    elements: FxHashMap<NodeId, Cotangent>,
}

impl Shares {
    fn add(&mut self, x: NodeId, share: Cotangent) {
        self.pending.entry(x).or_default().push(share);
    }
}

struct Pass {
    /// Which forward nodes depend on what is differentiated by.
    marks: Vec<bool>,
    by: Vec<NodeId>,
    /// The loops in whose rounds the differentiated number is: their states are values like others.
    home: Vec<LoopId>,
    /// Whether anything differs from example to example: then what a loop carries back may.
    varies: bool,
    scope: Scope,
    rounds: Vec<(NodeId, NodeId)>,
    ranges: Ranges,
}

impl Pass {
    fn is_active(&self, x: NodeId) -> bool {
        self.marks.get(x.index()) == Some(&true)
    }

    /// Goes through the nodes of one scope from the last to the first.
    fn sweep(&mut self, graph: &mut Graph, order: &[NodeId], shares: &mut Shares, outside: &mut Outside) {
        // A loop is gone through when its first projection is met: all that uses it is done then, loops that read what it leaves, too.
        let mut first: FxHashMap<LoopId, NodeId> = FxHashMap::default();
        let mut projections: FxHashMap<LoopId, Vec<NodeId>> = FxHashMap::default();
        let whole = graph.in_whole_loops(order, |_| None);
        for &id in &whole {
            if let Some(of) = graph.op(id).loop_used() {
                first.entry(of).or_insert(id);
                projections.entry(of).or_default().push(id);
            }
        }
        for &y in whole.iter().rev() {
            let cotangent = shares.pending.remove(&y).and_then(|all| support::sum(graph, all));
            let is_loop = graph.op(y).loop_used();
            let is_of_elements = matches!(graph.op(y), Op::Stacked { .. } | Op::Element { .. });
            if let Some(d) = cotangent.as_ref().filter(|_| is_of_elements) {
                shares.elements.insert(y, d.clone());
            }
            // Its adjoint is spoken of, or carried by a loop, or it ends here.
            let is_spoken_of = graph.name_of(y).is_some() || self.by.contains(&y) || is_loop.is_some();
            let cotangent = match cotangent {
                Some(d) if is_spoken_of => Some(d.cleaned(graph)),
                other => other,
            };
            if let Some(d) = &cotangent {
                let value = d.clone().cleaned(graph).value;
                shares.found.insert(y, value);
            }
            if let Some(of) = is_loop {
                if first[&of] == y {
                    let given = projections[&of].iter().filter_map(|p| {
                        let whole = shares.found.get(p).map(|d| Cotangent::everywhere(*d));
                        Some((*p, shares.elements.get(p).cloned().or(whole)?))
                    });
                    let given: Vec<(NodeId, Cotangent)> = given.collect();
                    for (x, share) in self.backward_loop(graph, of, &given) {
                        self.give(order, shares, outside, x, share);
                    }
                }
                continue;
            }
            let Some(d) = cotangent.filter(|_| self.is_active(y)) else { continue };
            self.distribute(graph, y, d, order, shares, outside);
        }
    }

    /// What the cotangent of a node gives to each operand.
    fn distribute(
        &mut self,
        graph: &mut Graph,
        y: NodeId,
        d: Cotangent,
        order: &[NodeId],
        shares: &mut Shares,
        outside: &mut Outside,
    ) {
        for (place, x) in graph.op(y).operands().into_iter().enumerate() {
            if !self.is_active(x) {
                continue;
            }
            let found = match *graph.op(y) {
                // What the rounds of a loop around all that is differentiated are made from.
                Op::Element { of, x } if self.home.contains(&of) => {
                    let index = graph.intern(Op::Leaf(Leaf::LoopIndex(of)));
                    let map = Linear::Gather { index, shared: 0, size: graph.shape(x)[0] };
                    Some(Differential { map, keeps_zeros: true })
                }
                _ => differential(graph, &mut self.scope, y, place),
            };
            let Some(Differential { map, keeps_zeros }) = found else { continue };
            let share = match map {
                // It is met again where it leaves.
                Linear::Choose { condition, side } => d.on_side(graph, condition, side),
                Linear::Pick { index, axes } if is_steep(graph, &mut self.ranges, x) => {
                    let shape = graph.shape(x).to_vec();
                    d.clone().picked(graph, index, &axes, &shape)
                }
                map @ (Linear::View(_) | Linear::Gather { .. }) if is_steep(graph, &mut self.ranges, x) => {
                    let shape = graph.shape(x).to_vec();
                    d.clone().of_entries(graph, &map, keeps_zeros, &shape)
                }
                map => {
                    let shape = graph.shape(x).to_vec();
                    let share = d.clone().through(graph, &map, keeps_zeros, &shape);
                    let chosen = if let Linear::Slope(_) = map { share.chosen(graph) } else { None };
                    // Where nothing behind it is steep, zero stays zero.
                    chosen.filter(|_| is_steep(graph, &mut self.ranges, x)).unwrap_or(share)
                }
            };
            self.give(order, shares, outside, x, share);
        }
    }

    fn give(&self, order: &[NodeId], shares: &mut Shares, outside: &mut Outside, x: NodeId, share: Cotangent) {
        if order.binary_search(&x).is_ok() {
            shares.add(x, share);
        } else {
            outside.push((x, share));
        }
    }

    /// The backward loop of a loop, from the cotangents of its projections; what it gives to values outside.
    fn backward_loop(&mut self, graph: &mut Graph, forward: LoopId, given: &[(NodeId, Cotangent)]) -> Outside {
        if given.is_empty() {
            return vec![];
        }
        let looped = graph.looped(forward).clone();
        let tips: Vec<NodeId> = looped
            .binders
            .iter()
            .map(|b| b.next)
            .chain(given.iter().flat_map(|(p, _)| graph.op(*p).operands()))
            .collect();
        let body: Vec<NodeId> = graph
            .reachable(&tips)
            .into_iter()
            .filter(|id| graph.node(*id).loops.contains(&forward) && !self.in_inner(graph, *id, forward))
            .collect();
        let backward = graph.begin_loop(looped.length, !looped.reverse, &[]);
        graph.loops[backward.0 as usize].origin = Some(forward);
        // The adjoints that are carried from round to round begin as those of the final state.
        let mut active: Vec<usize> =
            (0..looped.binders.len()).filter(|&i| self.is_active(looped.binders[i].leaf)).collect();
        let mut starts: Vec<Option<NodeId>> = vec![None; looped.binders.len()];
        let mut extra: Vec<(NodeId, NodeId)> = vec![];
        let mut seeds: Vec<(NodeId, Cotangent)> = vec![];
        for (projection, d) in given {
            match *graph.op(*projection) {
                Op::Stacked { x, .. } => seeds.push((x, d.clone())),
                Op::Last { x, .. } => {
                    let d = d.value;
                    match active.iter().find(|&&i| looped.binders[i].next == x && starts[i].is_none()) {
                        Some(&i) => starts[i] = Some(d),
                        None => extra.push((x, d)),
                    }
                }
                _ => {}
            }
        }
        // What the body does not read and nothing asks for at its end has no adjoint.
        active.retain(|&i| starts[i].is_some() || body.binary_search(&looped.binders[i].leaf).is_ok());
        let carries: Vec<NodeId> = active
            .iter()
            .map(|&i| {
                let ty = looped.binders[i].ty.clone();
                let start = starts[i].unwrap_or_else(|| graph.constant(0.0, &ty.shape));
                graph.add_binder(backward, start, crate::graph::Kind::Real, self.varies)
            })
            .collect();
        let mut within = Shares::default();
        let mut passed_on: Vec<(usize, NodeId)> = vec![];
        let mut outside: Outside = vec![];
        for (&i, &carry) in active.iter().zip(&carries) {
            let next = looped.binders[i].next;
            if graph.node(next).loops.contains(&forward) {
                within.add(next, Cotangent::everywhere(carry));
            } else if self.is_active(next) {
                outside.push((next, Cotangent::everywhere(carry)));
            }
        }
        for (x, d) in seeds {
            let at = d.at_each(graph, &|graph, d| graph.element(backward, d));
            within.add(x, at);
        }
        // A value at the last round alone: it is carried into the first backward round, and zero after that.
        for &(x, d) in &extra {
            let index = graph.looped(backward).binders.len();
            let leaf = graph.add_binder(backward, d, crate::graph::Kind::Real, graph.ty(d).varying);
            let shape = graph.shape(d).to_vec();
            let zero = graph.constant(0.0, &shape);
            passed_on.push((index, zero));
            within.add(x, Cotangent::everywhere(leaf));
        }
        self.scope.enter(forward, backward);
        self.sweep(graph, &body, &mut within, &mut outside);
        self.scope.leave();
        let adjoint = within.found;
        self.rounds.extend(adjoint.iter().map(|(x, d)| (*x, *d)));

        for (place, &i) in active.iter().enumerate() {
            let shape = graph.shape(carries[place]).to_vec();
            let next = adjoint.get(&looped.binders[i].leaf).copied().unwrap_or_else(|| graph.constant(0.0, &shape));
            graph.set_next(backward, place, next);
        }
        for (index, zero) in passed_on {
            graph.set_next(backward, index, zero);
        }
        let mut shares: Outside = vec![];
        for &i in &active {
            if let Some(&d) = adjoint.get(&looped.binders[i].leaf)
                && self.is_active(looped.binders[i].init)
            {
                shares.push((looped.binders[i].init, Cotangent::everywhere(graph.last(backward, d))));
            }
        }
        for &id in &body {
            if let (Op::Element { of, x }, Some(d)) = (graph.op(id).clone(), within.elements.get(&id))
                && of == forward
                && self.is_active(x)
            {
                shares.push((x, d.at_each(graph, &|graph, d| graph.stacked(backward, d))));
            }
        }
        for (x, share) in outside {
            shares.push((x, share.over_rounds(graph, backward, |graph, d| sum_over_rounds(graph, backward, d))));
        }
        shares
    }

    /// Whether a body's node belongs to a loop inside of this one: it is that loop's to go through.
    fn in_inner(&self, graph: &Graph, id: NodeId, forward: LoopId) -> bool {
        let is_around = |of: &LoopId| self.home.contains(of) || self.scope.levels.iter().any(|l| l.forward == *of);
        graph.node(id).loops.iter().any(|l| *l != forward && !is_around(l))
    }
}

/// The sum of a body's value over all rounds. A contraction is cut: its operands are stacked and contracted once after the loop,
/// so that no value of a parameter's shape is carried.
fn sum_over_rounds(graph: &mut Graph, of: LoopId, x: NodeId) -> NodeId {
    if let Op::Contract(c) = graph.op(x).clone() {
        let label = c.labels();
        let inside = |g: &Graph, id: NodeId| g.node(id).loops.contains(&of);
        let with = |axes: &[u8]| -> Vec<u8> { std::iter::once(label).chain(axes.iter().copied()).collect() };
        match (inside(graph, c.a), inside(graph, c.b)) {
            (true, true) => {
                let (a, b) = (graph.stacked(of, c.a), graph.stacked(of, c.b));
                let cut = Contraction::new(a, b, &with(&c.a_axes), &with(&c.b_axes), &c.out_axes);
                return graph.intern(Op::Contract(cut));
            }
            (true, false) => {
                let a = sum_over_rounds(graph, of, c.a);
                return graph.intern(Op::Contract(Contraction { a, ..c }));
            }
            (false, true) => {
                let b = sum_over_rounds(graph, of, c.b);
                return graph.intern(Op::Contract(Contraction { b, ..c }));
            }
            (false, false) => {}
        }
    }
    let all = graph.stacked(of, x);
    graph.sum(&[0], all)
}
