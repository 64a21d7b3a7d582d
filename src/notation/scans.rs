//! Loops for the language's own syntax, which has no sign for a round: `h_{t−1}`.
//!
//! What a loop carries becomes a value of its own, `hs`, with an axis of rounds; all else that its body computes is mapped over that
//! axis, so that no loop is left. How the rounds come about, one after another, is said by one `scan`.
use super::derivation::{Request, Role, Titles, Wanted};
use super::expression::Symbol;
use super::names::{Names, last_word, value_of_rounds};
use crate::graph::lift::{Lifted, lifted, widened};
use crate::graph::{Graph, Leaf, LoopId, NodeId, Op, Type};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeSet;

/// One value that a loop carries.
#[derive(Clone, Debug)]
pub struct Carried {
    /// Its rounds behind its start, in the order of places: a loop that runs backwards ends at the first.
    pub stack: NodeId,
    pub name: String,
    /// The rounds without the start, where one statement makes several.
    pub rounds: String,
    /// What it is called within a round.
    pub state: String,
    /// Its value in a round, in terms of the loop's body.
    pub element: NodeId,
    pub init: NodeId,
    /// Its value in the next round, in terms of the loop's body.
    pub next: NodeId,
}

/// The loops of a graph that has none any more.
#[derive(Clone, Debug, Default)]
pub struct Scans {
    pub all: Vec<Scan>,
    /// Values that were computed in a body. What such a value is differentiated by, goes through later rounds, too: no claim of the
    /// language says that.
    pub rounds: FxHashSet<NodeId>,
}

/// A loop that carries something.
#[derive(Clone, Debug)]
pub struct Scan {
    pub of: LoopId,
    pub carried: Vec<Carried>,
}

impl Scan {
    /// Whether a value is the rounds of what the loop carries.
    pub fn makes(&self, id: NodeId) -> bool {
        self.carried.iter().any(|c| c.stack == id)
    }
    /// The values that its statement is made of.
    pub fn operands(&self) -> Vec<NodeId> {
        self.carried.iter().flat_map(|c| [c.init, c.next]).collect()
    }

    /// What it carries is called so outside of it and within a round.
    pub fn give_names(&self, names: &mut Names) {
        for carried in &self.carried {
            names.give_explained(carried.stack, &carried.name);
            names.give_known(carried.element, &carried.state);
            names.take(&carried.rounds);
        }
    }

    /// Values of the body that get a name: more than one value is made of them, or they are long. In the order of the body.
    pub fn shared(&self, graph: &Graph, names: &Names) -> Vec<NodeId> {
        let mut uses: FxHashMap<NodeId, usize> = FxHashMap::default();
        let mut seen: FxHashSet<NodeId> = FxHashSet::default();
        let mut todo: Vec<NodeId> = self.carried.iter().map(|c| c.next).collect();
        while let Some(id) = todo.pop() {
            *uses.entry(id).or_default() += 1;
            if !graph.node(id).loops.is_empty() && seen.insert(id) {
                todo.extend(graph.op(id).operands());
            }
        }
        let mut body: Vec<NodeId> = seen.into_iter().collect();
        body.sort();
        // So many operations are written where a value is.
        let mut lengths: FxHashMap<NodeId, usize> = FxHashMap::default();
        let mut shared = vec![];
        for id in body {
            let own = usize::from(match *graph.op(id) {
                Op::Element { x, .. } => !names.has(x) && is_written(graph, x),
                _ => is_written(graph, id),
            });
            let length = own + graph.op(id).operands().iter().filter_map(|x| lengths.get(x)).sum::<usize>();
            let is_next = self.carried.iter().any(|c| c.next == id);
            let is_worth = (length >= LONG && !is_next) || (length > 1 && uses[&id] > 1);
            let is_named = names.has(id) || (own > 0 && is_worth);
            lengths.insert(id, if is_named { 0 } else { length });
            if is_named && !names.has(id) {
                shared.push(id);
            }
        }
        shared
    }
}

/// Whether a formula shows the operation.
fn is_written(graph: &Graph, id: NodeId) -> bool {
    match graph.op(id) {
        Op::Leaf(_) | Op::Reshape { .. } | Op::Element { .. } => false,
        Op::View(view) => !view.is_total(),
        _ => true,
    }
}

/// So many operations are enough for one formula of a body.
const LONG: usize = 8;

/// The graph without loops, the request in its terms, and the loops as they are said; nothing if there is no loop, or one in another.
pub fn opened(graph: &Graph, request: &Request, roots: &[NodeId]) -> Option<(Graph, Request, Scans)> {
    let mut roots = roots.to_vec();
    roots.extend(request.titles.values().flatten().filter_map(Role::forward));
    let order = graph.reachable(&roots);
    let depth = order.iter().map(|&id| graph.node(id).loops.len()).max();
    if depth != Some(1) {
        return None;
    }
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
    let mut names = Names::new(graph, &order, &request.titles);
    let mut opening = Opening {
        from: graph,
        forward: graph.reachable(&request.values).into_iter().collect(),
        to: graph.emptied(),
        images: FxHashMap::default(),
        rounds: FxHashMap::default(),
        loops: FxHashMap::default(),
        stacks: FxHashMap::default(),
    };
    for &id in &order {
        opening.node(id);
    }
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
}

impl Opening<'_> {
    fn node(&mut self, id: NodeId) {
        let op = self.from.op(id).clone();
        match op {
            Op::Leaf(Leaf::Binder(of, number)) => self.binder(id, of, number),
            Op::Leaf(Leaf::LoopIndex(of)) => {
                let places = self.to.intern(Op::Leaf(Leaf::Iota(self.from.looped(of).length)));
                let to = self.loop_for(of);
                let place = self.to.intern(Op::Leaf(Leaf::LoopIndex(to)));
                self.set(id, places, Some(place));
            }
            Op::Element { of, x } => {
                let x = self.images[&x];
                let to = self.loop_for(of);
                let element = self.to.element(to, x);
                self.set(id, x, Some(element));
            }
            Op::Stacked { of, x } => {
                let x = self.lifted(x);
                let image = widened(&mut self.to, x, self.from.looped(of).length);
                self.set(id, image, None);
            }
            Op::Last { of, x } => {
                let image = match self.lifted(x) {
                    (x, true) => {
                        let (length, reverse) = (self.from.looped(of).length, self.from.looped(of).reverse);
                        self.to.index(x, 0, if reverse { 0 } else { length - 1 })
                    }
                    (x, false) => x,
                };
                self.set(id, image, None);
            }
            _ => match self.from.node(id).loops.first() {
                Some(&of) => self.of_body(id, of, &op),
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
                self.to.name(image, name);
            }
        }
        if let Some((of, by)) = self.from.tangent_of(id)
            && let Some(&of) = self.images.get(&of)
        {
            self.to.set_tangent(image, of, by);
        }
    }

    /// What a body computes: with an axis of rounds, and within one.
    fn of_body(&mut self, id: NodeId, of: LoopId, op: &Op) {
        let extent = self.from.looped(of).length;
        let round =
            self.to.intern(op.map(|x| self.rounds.get(&x).copied().unwrap_or_else(|| self.images[&x]), |of| of));
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
        let shape = std::iter::once(length + 1).chain(shape).collect();
        let stack = self.to.hole(Type { shape, kind, varying });
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

    /// The image of a value, and whether it has an axis of rounds.
    fn lifted(&self, id: NodeId) -> Lifted {
        (self.images[&id], !self.from.node(id).loops.is_empty())
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
    fn scans(&self, request: &Request, names: &mut Names) -> Vec<Scan> {
        let mut scans = vec![];
        for (number, looped) in self.from.loops.iter().enumerate() {
            let from = LoopId(number as u32);
            let Some(&of) = self.loops.get(&from) else { continue };
            let letter = names.loop_letter(from).0;
            let mut carried = vec![];
            for binder in &looped.binders {
                let Some(&stack) = self.stacks.get(&binder.leaf) else { continue };
                let base = self.called(request, names, binder.leaf, binder.next);
                // `hs` are all rounds of `h`; `losss` were hard to read.
                let all = if base.trim_start_matches('δ').len() > 1 && base.ends_with('s') { "_rounds" } else { "s" };
                carried.push(Carried {
                    stack,
                    name: names.take(&format!("{base}{all}")),
                    rounds: String::new(),
                    state: names.take(&format!("{base}_{letter}")),
                    element: self.rounds[&binder.leaf],
                    init: self.images[&binder.init],
                    next: self.rounds.get(&binder.next).copied().unwrap_or_else(|| self.images[&binder.next]),
                });
            }
            if carried.len() > 1 {
                for one in &mut carried {
                    one.rounds = names.take(&format!("{}_next", one.name));
                }
            }
            if !carried.is_empty() {
                scans.push(Scan { of, carried });
            }
        }
        scans
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
