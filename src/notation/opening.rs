//! A graph without loops: what a loop carries becomes a value with an axis of rounds, and all else that its body computes is mapped over that
//! axis.
//!
//! Of loops within each other the inner ones are opened first: what one carries is then a value of each round of the outer loop, said by a
//! `scan` in the outer one's body, which hands it out beside what it carries itself.
use super::derivation::{Request, Role, Titles, Wanted};
use super::expression::Symbol;
use super::names::{Names, last_word, value_of_rounds};
use super::scans::{Carried, Scan, Scans};
use crate::graph::lift::{Lifted, lifted, widened};
use crate::graph::{Graph, Kind, Leaf, LoopId, NodeId, Op, Type};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeSet;

/// The graph without loops, the request in its terms, and the loops as they are said; nothing if there is no loop, or they stand deeper than
/// one in another.
pub fn opened(graph: &Graph, request: &Request, roots: &[NodeId]) -> Option<(Graph, Request, Scans)> {
    let mut roots = roots.to_vec();
    roots.extend(request.titles.values().flatten().filter_map(Role::forward));
    let order = graph.reachable(&roots);
    match order.iter().map(|&id| graph.node(id).loops.len()).max() {
        Some(1) => Some(opened_outer(graph, request, &order, Scans::default())),
        Some(2) => {
            let (graph, request, inner) = opened_inner(graph, request, &order)?;
            let mut roots: Vec<NodeId> = request.results.iter().map(|wanted| wanted.node).collect();
            roots.extend(&request.values);
            roots.extend(request.titles.keys());
            roots.extend(request.titles.values().flatten().filter_map(Role::forward));
            roots.extend(graph.names().map(|n| n.0).filter(|id| graph.node(*id).loops.is_empty()));
            roots.extend(
                inner
                    .all
                    .iter()
                    .flat_map(|scan| scan.carried.iter().flat_map(|c| [c.stack, c.element, c.init, c.next])),
            );
            let order = graph.reachable(&roots);
            Some(opened_outer(&graph, &request, &order, inner))
        }
        _ => None,
    }
}

/// Opens the loops that no other loop is around.
fn opened_outer(graph: &Graph, request: &Request, order: &[NodeId], inner: Scans) -> (Graph, Request, Scans) {
    let mut graph = graph.clone();
    // What a layer calls all rounds of what a loop carries is called so here.
    for id in
        order.iter().copied().filter(|&id| graph.name_of(id).is_some_and(|name| name.contains('.'))).collect::<Vec<_>>()
    {
        let of_rounds = value_of_rounds(&graph, id);
        if of_rounds != id && graph.loops.iter().any(|looped| looped.binders.iter().any(|b| b.next == of_rounds)) {
            graph.unname(id);
        }
    }
    let graph = &graph;
    let mut names = Names::new(graph, order, &request.titles);
    inner.all.iter().for_each(|scan| scan.take_names(&mut names));
    let within: FxHashSet<LoopId> = inner.all.iter().map(|scan| scan.of).collect();
    let opens = (0..graph.loops.len() as u32).map(LoopId).filter(|of| !within.contains(of)).collect();
    let mut opening = Opening::new(graph, graph.emptied(), request, opens);
    opening.inner = inner.all;
    for &id in order {
        opening.node(id);
    }
    let mut rounds: FxHashSet<NodeId> = opening.rounds.keys().map(|id| opening.images[id]).collect();
    rounds.extend(inner.rounds.iter().filter_map(|id| opening.images.get(id)));
    let scans = Scans { all: opening.scans(request, &mut names), rounds };
    let request = opening.request(request);
    (opening.to, request, scans)
}

/// Opens the loops that stand in others: what they carry is a value of these.
fn opened_inner(graph: &Graph, request: &Request, order: &[NodeId]) -> Option<(Graph, Request, Scans)> {
    // A loop that was begun within another comes behind it.
    let mut around: FxHashMap<LoopId, LoopId> = FxHashMap::default();
    for &id in order {
        if let [a, b] = *graph.node(id).loops {
            let (outer, inner) = (a.min(b), a.max(b));
            if *around.entry(inner).or_insert(outer) != outer {
                return None;
            }
        }
    }
    if around.values().any(|outer| around.contains_key(outer)) {
        return None;
    }
    let mut names = Names::new(graph, order, &request.titles);
    let mut opening = Opening::new(graph, graph.clone(), request, around.keys().copied().collect());
    opening.around = around;
    for &id in order {
        opening.node(id);
    }
    opening.close();
    let rounds = opening.rounds.keys().map(|id| opening.images[id]).collect();
    let scans = Scans { all: opening.scans(request, &mut names), rounds };
    let request = opening.request(request);
    Some((opening.to, request, scans))
}

struct Opening<'a> {
    from: &'a Graph,
    to: Graph,
    /// What the numbers need that are differentiated.
    forward: BTreeSet<NodeId>,
    /// What a value has become; one of a body has an axis of rounds in front.
    images: FxHashMap<NodeId, NodeId>,
    /// What a value of a body is within a round.
    rounds: FxHashMap<NodeId, NodeId>,
    loops: FxHashMap<LoopId, LoopId>,
    /// For each value that a loop carries, by its leaf, all its rounds with its start.
    stacks: FxHashMap<NodeId, NodeId>,
    /// The loops that are opened.
    opens: FxHashSet<LoopId>,
    /// The loops that others stand in, by these: they stay.
    around: FxHashMap<LoopId, LoopId>,
    /// Loops of bodies that were opened before.
    inner: Vec<Scan>,
}

impl<'a> Opening<'a> {
    fn new(from: &'a Graph, to: Graph, request: &Request, opens: FxHashSet<LoopId>) -> Opening<'a> {
        Opening {
            from,
            forward: from.reachable(&request.values).into_iter().collect(),
            to,
            images: FxHashMap::default(),
            rounds: FxHashMap::default(),
            loops: FxHashMap::default(),
            stacks: FxHashMap::default(),
            opens,
            around: FxHashMap::default(),
            inner: vec![],
        }
    }

    /// The loop that is opened and in whose rounds a value differs.
    fn opened_around(&self, id: NodeId) -> Option<LoopId> {
        self.from.node(id).loops.iter().copied().find(|of| self.opens.contains(of))
    }

    fn node(&mut self, id: NodeId) {
        let op = self.from.op(id).clone();
        if self.inner.iter().any(|scan| self.from.node(id).loops.contains(&scan.of)) {
            return self.inner_node(id, &op);
        }
        if self.inner.iter().any(|scan| scan.makes(id)) {
            return self.inner_stack(id);
        }
        match op {
            Op::Leaf(Leaf::Binder(of, number)) if self.opens.contains(&of) => self.binder(id, of, number),
            Op::Leaf(Leaf::LoopIndex(of)) if self.opens.contains(&of) => {
                let places = self.to.intern(Op::Leaf(Leaf::Iota(self.from.looped(of).length)));
                let to = self.loop_for(of);
                let place = self.to.intern(Op::Leaf(Leaf::LoopIndex(to)));
                self.set(id, places, Some(place));
            }
            Op::Element { of, x } if self.opens.contains(&of) => {
                let x = self.images[&x];
                let to = self.loop_for(of);
                let element = self.to.element(to, x);
                self.set(id, x, Some(element));
            }
            Op::Stacked { of, x } if self.opens.contains(&of) => {
                let x = self.lifted(x);
                let image = widened(&mut self.to, x, self.from.looped(of).length);
                self.set(id, image, None);
            }
            Op::Last { of, x } if self.opens.contains(&of) => {
                let image = match self.lifted(x) {
                    (x, true) => {
                        let (length, reverse) = (self.from.looped(of).length, self.from.looped(of).reverse);
                        self.to.index(x, 0, if reverse { 0 } else { length - 1 })
                    }
                    (x, false) => x,
                };
                self.set(id, image, None);
            }
            _ => match self.opened_around(id) {
                Some(of) => self.of_body(id, of, &op),
                None => {
                    let op = op.map(|x| self.images[&x], |of| of);
                    let image = self.to.intern(op);
                    self.set(id, image, None);
                }
            },
        }
        let image = self.images[&id];
        if let Some(name) = self.from.name_of(id) {
            // A name of a body is known in it alone: it is explained, as a layer's are.
            let is_stack = match self.to.op(image) {
                Op::View(view) => matches!(self.to.op(view.x), Op::Leaf(_)),
                op => matches!(op, Op::Leaf(_)),
            };
            if self.from.node(id).loops.is_empty() || (name.contains('.') && !is_stack) {
                // A graph that was copied has the name already, of what this was.
                if image != id && !self.around.is_empty() {
                    self.to.unname(id);
                }
                self.to.name(image, name);
            }
        }
        if let Some((of, by)) = self.from.tangent_of(id)
            && let Some(&of) = self.images.get(&of)
        {
            self.to.set_tangent(image, of, by);
        }
    }

    /// What the body of an inner loop computes: within a round, as the statement of that loop says it.
    fn inner_node(&mut self, id: NodeId, op: &Op) {
        let round = match *op {
            Op::Element { of, x } if self.inner.iter().any(|scan| scan.of == of) => {
                let (x, of) = (self.in_round(x), self.loop_for(of));
                self.to.element(of, x)
            }
            Op::Leaf(Leaf::LoopIndex(of)) => {
                let of = self.loop_for(of);
                self.to.intern(Op::Leaf(Leaf::LoopIndex(of)))
            }
            _ => self.to.intern(op.map(|x| self.in_round(x), |of| self.loops.get(&of).copied().unwrap_or(of))),
        };
        self.set(id, round, Some(round));
    }

    /// The rounds of an inner loop, which the loop around hands out in each of its own.
    fn inner_stack(&mut self, id: NodeId) {
        let Some(of) = self.opened_around(id) else { return };
        let Type { shape, kind, varying } = self.from.ty(id).clone();
        let shape = std::iter::once(self.from.looped(of).length).chain(shape).collect();
        let all = self.to.hole(Type { shape, kind, varying });
        let to = self.loop_for(of);
        let round = self.to.element(to, all);
        self.set(id, all, Some(round));
    }

    /// The loops that stay carry on what their bodies have become.
    fn close(&mut self) {
        for number in 0..self.from.loops.len() {
            for (at, binder) in self.from.loops[number].binders.iter().enumerate() {
                let own = &mut self.to.loops[number].binders[at];
                if !self.opens.contains(&LoopId(number as u32)) {
                    own.init = self.images.get(&binder.init).copied().unwrap_or(binder.init);
                    own.next = self.images.get(&binder.next).copied().unwrap_or(binder.next);
                }
            }
        }
    }

    /// What a body computes: with an axis of rounds, and within one.
    fn of_body(&mut self, id: NodeId, of: LoopId, op: &Op) {
        let extent = self.from.looped(of).length;
        let round = self.to.intern(op.map(|x| self.in_round(x), |of| of));
        // What is carried on is there already.
        let carried = self.from.looped(of).binders.iter().find(|b| b.next == id).and_then(|b| self.stacks.get(&b.leaf));
        let image = match (carried.copied(), op) {
            (Some(stack), _) => self.part(stack, of, false),
            // Each round has a mean over the examples of its own.
            (None, Op::BatchMean { x, axes }) => {
                let axes = axes.iter().map(|axis| axis + 1).collect();
                self.to.intern(Op::BatchMean { x: self.images[x], axes })
            }
            (None, op) => {
                let images: FxHashMap<NodeId, Lifted> = op.operands().iter().map(|&x| (x, self.lifted(x))).collect();
                lifted(&mut self.to, op, extent, &|x| images[&x]).0
            }
        };
        self.set(id, image, Some(round));
    }

    fn binder(&mut self, leaf: NodeId, of: LoopId, number: u32) {
        let binder = &self.from.looped(of).binders[number as usize];
        let is_zero = |id: NodeId| self.from.constant_of(id) == Some(0.0);
        if binder.next == leaf || (is_zero(binder.init) && is_zero(binder.next)) {
            // It is only handed on.
            let init = self.images[&binder.init];
            let image = widened(&mut self.to, (init, false), self.from.looped(of).length);
            return self.set(leaf, image, Some(init));
        }
        let Type { shape, kind, varying } = binder.ty.clone();
        let length = self.from.looped(of).length;
        let shape: Vec<usize> = std::iter::once(length + 1).chain(shape).collect();
        let stack = match self.around.get(&of) {
            // A value of each round of the loop around.
            Some(&outer) => {
                let shape = std::iter::once(self.from.looped(outer).length).chain(shape).collect();
                let all = self.to.hole(Type { shape, kind, varying });
                self.to.element(outer, all)
            }
            None => self.to.hole(Type { shape, kind, varying }),
        };
        self.stacks.insert(leaf, stack);
        let before = self.part(stack, of, true);
        let to = self.loop_for(of);
        let element = self.to.element(to, before);
        self.set(leaf, before, Some(element));
    }

    /// The states before each round, or behind each.
    fn part(&mut self, stack: NodeId, of: LoopId, before: bool) -> NodeId {
        let (length, reverse) = (self.from.looped(of).length, self.from.looped(of).reverse);
        self.to.slice(stack, 0, usize::from(before == reverse), 1, length)
    }

    /// What a value is within a round; one from outside is there as it is.
    fn in_round(&self, id: NodeId) -> NodeId {
        self.rounds.get(&id).copied().unwrap_or_else(|| self.images[&id])
    }

    /// The image of a value, and whether it has an axis of rounds.
    fn lifted(&self, id: NodeId) -> Lifted {
        (self.images[&id], self.opened_around(id).is_some())
    }

    fn set(&mut self, id: NodeId, image: NodeId, round: Option<NodeId>) {
        self.images.insert(id, image);
        self.rounds.extend(round.map(|round| (id, round)));
    }

    fn loop_for(&mut self, of: LoopId) -> LoopId {
        let (length, reverse) = (self.from.looped(of).length, self.from.looped(of).reverse);
        *self.loops.entry(of).or_insert_with(|| self.to.begin_loop(length, reverse, &[]))
    }

    /// The loops that carry something, with names for it.
    fn scans(&mut self, request: &Request, names: &mut Names) -> Vec<Scan> {
        let mut scans = vec![];
        let graph = self.from;
        for (number, looped) in graph.loops.iter().enumerate() {
            let from = LoopId(number as u32);
            let Some(&of) = self.loops.get(&from) else { continue };
            if !self.opens.contains(&from) {
                continue;
            }
            let mut carried = vec![];
            for binder in &looped.binders {
                let Some(&stack) = self.stacks.get(&binder.leaf) else { continue };
                let base = self.called(request, names, binder.leaf, binder.next);
                // `hs` are all rounds of `h`; `losss` were hard to read.
                let all = if base.trim_start_matches('δ').len() > 1 && base.ends_with('s') { "_rounds" } else { "s" };
                carried.push(Carried {
                    stack,
                    has_start: true,
                    name: names.take(&format!("{base}{all}")),
                    rounds: String::new(),
                    state: base,
                    element: self.rounds[&binder.leaf],
                    init: self.images[&binder.init],
                    next: self.in_round(binder.next),
                });
            }
            let inner = self.inner_scans(from);
            for one in inner.iter().flat_map(|scan| &scan.carried) {
                let Op::Element { x: all, .. } = *self.to.op(one.stack) else { continue };
                let shape = self.to.shape(one.stack).to_vec();
                let init = match self.to.ty(one.stack).kind {
                    Kind::Bool => self.to.known(false, &shape),
                    Kind::Real | Kind::Index(_) | Kind::Class(..) => self.to.constant(0.0, &shape),
                };
                carried.push(Carried {
                    stack: all,
                    has_start: false,
                    name: names.take(&format!("{}_rounds", one.name)),
                    rounds: String::new(),
                    state: one.name.clone(),
                    element: one.stack,
                    init,
                    next: one.stack,
                });
            }
            if carried.len() > 1 {
                for one in &mut carried {
                    // What has no start, and is in the order of places, is the rounds.
                    one.rounds = match one.has_start || looped.reverse {
                        true => names.take(&format!("{}_next", one.name)),
                        false => one.name.clone(),
                    };
                }
            }
            if !carried.is_empty() {
                scans.push(Scan { of, carried, inner });
            }
        }
        scans
    }

    /// The loops in the body of this one, in terms of its rounds.
    fn inner_scans(&self, outer: LoopId) -> Vec<Scan> {
        let own = |x: NodeId| self.in_round(x);
        let stands_there =
            |scan: &&Scan| scan.carried.first().is_some_and(|c| self.from.node(c.stack).loops.contains(&outer));
        let carried = |c: &Carried| Carried {
            stack: own(c.stack),
            element: own(c.element),
            init: own(c.init),
            next: own(c.next),
            ..c.clone()
        };
        let scan = |scan: &Scan| {
            let of = self.loops.get(&scan.of).copied().unwrap_or(scan.of);
            Scan { of, carried: scan.carried.iter().map(carried).collect(), inner: vec![] }
        };
        self.inner.iter().filter(stands_there).map(scan).collect()
    }

    /// What a carried value is called: as the program does, or after the value whose adjoint it is.
    fn called(&self, request: &Request, names: &Names, leaf: NodeId, next: NodeId) -> String {
        let own = |id: NodeId| match names.get(id).map(|title| &title.symbol) {
            Some(Symbol::Name(name)) => Some(name.clone()),
            _ => self.from.name_of(id).map(last_word),
        };
        let known = own(next).or_else(|| own(leaf));
        let adjoint = || {
            let roles = [leaf, next].into_iter().flat_map(|id| request.titles.get(&id).into_iter().flatten());
            roles.filter_map(Role::forward).find_map(own)
        };
        let unnamed = || if self.forward.contains(&leaf) { "s" } else { "δ" }.to_string();
        known.unwrap_or_else(|| adjoint().map_or_else(unnamed, |name| format!("δ{name}")))
    }

    fn request(&self, request: &Request) -> Request {
        let new = |id: &NodeId| self.images[id];
        let mut titles = Titles::default();
        for (node, roles) in &request.titles {
            let roles = roles.iter().map(|role| match role {
                Role::Adjoint(forward) => Role::Adjoint(new(forward)),
                other => other.clone(),
            });
            titles.entry(new(node)).or_default().extend(roles);
        }
        let results = request.results.iter().map(|w| Wanted { node: new(&w.node), left: w.left.clone() }).collect();
        // What a body computes on the way to the numbers, is on the way to the stacks.
        let rounds = self.forward.iter().filter(|id| !self.from.node(**id).loops.is_empty());
        let values = request.values.iter().chain(rounds).map(new).collect();
        Request { values, results, titles, ..request.clone() }
    }
}
