//! Loops for the language's own syntax, which has no sign for a round, `h_{t−1}`: what a loop carries is a value of its own, `hs`, with an axis
//! of rounds. How these come about, one after another, is said by one `scan`.
use super::names::Names;
use crate::graph::{Graph, LoopId, NodeId, Op};
use rustc_hash::{FxHashMap, FxHashSet};

/// One value that a loop carries.
#[derive(Clone, Debug)]
pub struct Carried {
    /// Its rounds behind its start, in the order of places: a loop that runs backwards ends at the first.
    pub stack: NodeId,
    /// Whether the stack has the start. What an inner loop makes in each round is not carried on, and has none.
    pub has_start: bool,
    pub name: String,
    /// The rounds without the start, where one statement makes several.
    pub rounds: String,
    /// What it is called within a round; before that has a letter, what that is made of.
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
    /// The loops of its body.
    pub inner: Vec<Scan>,
}

impl Scan {
    /// Whether a value is the rounds of what the loop carries.
    pub fn makes(&self, id: NodeId) -> bool {
        self.carried.iter().any(|c| c.stack == id)
    }
    /// The values that its statement is made of.
    pub fn operands(&self) -> Vec<NodeId> {
        let own = self.carried.iter().flat_map(|c| [c.init, c.next]);
        own.chain(self.inner.iter().flat_map(Scan::operands)).collect()
    }

    /// What it carries is called so outside of it and within a round: `h_t`, after its value and the letter of the loop.
    pub fn give_names(&mut self, names: &mut Names) {
        let letter = names.loop_letter(self.of).0;
        for carried in &mut self.carried {
            names.give_explained(carried.stack, &carried.name);
            carried.state = names.take(&format!("{}_{letter}", carried.state));
            if carried.has_start {
                names.give_known(carried.element, &carried.state);
            }
            names.take(&carried.rounds);
        }
        self.inner.iter_mut().for_each(|inner| inner.give_names(names));
    }

    /// Takes the names that it has.
    pub fn take_names(&self, names: &mut Names) {
        for carried in &self.carried {
            [&carried.name, &carried.rounds].into_iter().for_each(|name| {
                names.take(name);
            });
        }
    }

    /// Whether a value is one of its rounds, and not of a loop of its body.
    pub fn has_in_body(&self, graph: &Graph, id: NodeId) -> bool {
        let loops = &graph.node(id).loops;
        loops.contains(&self.of) && !self.inner.iter().any(|inner| loops.contains(&inner.of))
    }

    /// Values of the body that get a name: more than one value is made of them, or they are long. In the order of the body.
    pub fn shared(&self, graph: &Graph, names: &Names) -> Vec<NodeId> {
        let mut uses: FxHashMap<NodeId, usize> = FxHashMap::default();
        let mut seen: FxHashSet<NodeId> = FxHashSet::default();
        let mut todo: Vec<NodeId> = self.carried.iter().map(|c| c.next).collect();
        // Where an inner loop starts from is written twice: as its first round, too.
        let of_inner = self.inner.iter().flat_map(|inner| &inner.carried);
        todo.extend(of_inner.flat_map(|c| [c.init, c.init, c.next]));
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
            if is_named && !names.has(id) && self.has_in_body(graph, id) {
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
