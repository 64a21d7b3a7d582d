//! The expression graph: hash-consed nodes, operands before users, so that every pass is a loop over a `Vec`.
//!
//! Constructors do not simplify: the graph that `model` and `gradient` build says exactly what was written, and the oracle evaluates that.
//! A graph is of one example until `batch` gives every varying value a leading axis of the extent `BATCH`.
mod apart;
pub mod build;
pub mod class;
pub mod contraction;
pub mod copies;
mod ends;
pub mod fit;
pub mod infer;
pub mod lengths;
pub mod lift;
pub mod linear;
pub mod loops;
mod merge;
pub mod named;
pub mod node;
mod order;
pub mod ordered;
pub mod places;
pub mod range;
pub mod rebuild;
pub mod show;
pub mod steep;
pub mod template;
pub mod verify;
pub mod view;

pub use contraction::Contraction;
pub use linear::Linear;
pub use loops::{Binder, Loop, LoopId};
pub use named::NamedOp;
pub use node::{Kind, Leaf, ListId, Node, NodeId, Op, Runtime, Shape, Type};
pub use view::{Row, View};

use crate::diagnostic::Span;
use crate::random::Noise;
use indexmap::IndexMap;
use rustc_hash::{FxHashMap, FxHashSet};

/// The extent of the axis of examples, known only when running.
pub const BATCH: usize = usize::MAX;

/// What a leaf stands for, by its number: names as people see them, types, and what begins them.
#[derive(Clone, Debug)]
pub struct Variable {
    pub name: String,
    pub ty: Type,
    pub span: Span,
}

/// A fresh draw: numbers for each example and each step.
#[derive(Clone, Debug)]
pub struct Draw {
    /// The path of its name, which its numbers are a function of; two that would bear one name are numbered.
    pub name: String,
    pub noise: Noise,
    /// What stands for it, with the axes that it was mapped over and those of the loops around it in front.
    pub leaf: NodeId,
}

/// The graph: an arena of nodes and side tables about them.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    nodes: Vec<Node>,
    interned: FxHashMap<Op, NodeId>,
    pub loops: Vec<Loop>,
    /// Inputs and targets, in the order of declaration.
    pub inputs: Vec<Variable>,
    pub parameters: Vec<Variable>,
    pub states: Vec<Variable>,
    /// Fresh draws, by the number of their leaf.
    pub draws: Vec<Draw>,
    /// Named numbers of the top level, with the values that they have.
    pub settings: Vec<(String, f64)>,
    /// What the program calls things that are no values: functions, layers, models.
    pub words: Vec<String>,
    holes: u32,
    /// The names that people gave to values; the first one is shown.
    names: IndexMap<NodeId, String>,
    /// Other forms of values that have names: they are called by those, but are not what a name means.
    forms: FxHashMap<NodeId, NodeId>,
    spans: FxHashMap<NodeId, Span>,
    /// Derivatives of values by a number, and what that is called: they are spoken of by the value's name.
    tangents: FxHashMap<NodeId, (NodeId, String)>,
    /// Which axes end where an example does; only while a model is built.
    pub lengths: Option<Box<lengths::Lengths>>,
    /// Inputs that say how long others are.
    pub sequences: Vec<lengths::Sequence>,
    /// The first rewrite that did not keep a type, in words: `verify` refuses such a graph.
    flaw: Option<String>,
}

impl Graph {
    pub fn new() -> Graph {
        Graph::default()
    }
    /// A graph with the same side tables (inputs, parameters, states, settings) and no nodes.
    pub fn emptied(&self) -> Graph {
        Graph {
            inputs: self.inputs.clone(),
            parameters: self.parameters.clone(),
            states: self.states.clone(),
            draws: self.draws.clone(),
            settings: self.settings.clone(),
            words: self.words.clone(),
            sequences: self.sequences.clone(),
            holes: self.holes,
            flaw: self.flaw.clone(),
            ..Graph::default()
        }
    }
    pub fn len(&self) -> usize {
        self.nodes.len()
    }
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = NodeId> + use<> {
        (0..self.nodes.len() as u32).map(NodeId)
    }
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }
    pub fn op(&self, id: NodeId) -> &Op {
        &self.node(id).op
    }
    pub fn ty(&self, id: NodeId) -> &Type {
        &self.node(id).ty
    }
    pub fn shape(&self, id: NodeId) -> &[usize] {
        &self.node(id).ty.shape
    }
    pub fn looped(&self, of: LoopId) -> &Loop {
        &self.loops[of.0 as usize]
    }

    /// The node of this operation: an old one if it is there already.
    pub fn intern(&mut self, op: Op) -> NodeId {
        if self.lengths.is_some() {
            return self.intern_with_lengths(op);
        }
        self.intern_plainly(op)
    }
    fn intern_plainly(&mut self, op: Op) -> NodeId {
        if let Some(&id) = self.interned.get(&op) {
            return id;
        }
        let ty = infer::type_of(self, &op);
        let loops = infer::loops_of(self, &op);
        let id = NodeId(self.nodes.len() as u32);
        self.nodes.push(Node { op: op.clone(), ty, loops });
        self.interned.insert(op, id);
        id
    }

    /// Gives a value the name that people see; a value that has one keeps it.
    pub fn name(&mut self, id: NodeId, name: impl Into<String>) {
        self.names.entry(id).or_insert_with(|| name.into());
    }
    /// Takes a value's name away: it is spoken of by its formula.
    pub fn unname(&mut self, id: NodeId) {
        self.names.shift_remove(&id);
    }
    pub fn name_of(&self, id: NodeId) -> Option<&str> {
        let named = |id: &NodeId| self.names.get(id).map(String::as_str);
        named(&id).or_else(|| named(self.forms.get(&id)?))
    }
    /// Says that a value is another form of one that may have a name.
    pub fn set_form(&mut self, form: NodeId, of: NodeId) {
        if form != of && !matches!(self.op(form), Op::Leaf(_)) && self.name_of(form).is_none() {
            let of = self.forms.get(&of).copied().unwrap_or(of);
            if self.names.contains_key(&of) {
                self.forms.insert(form, of);
            }
        }
    }
    /// What a value is another form of.
    pub fn form_of(&self, id: NodeId) -> Option<NodeId> {
        self.forms.get(&id).copied()
    }
    /// Leaves in the place of what these values are made of, for a while: nobody sees through them. Gives back what they were.
    pub fn hide(&mut self, ids: &[NodeId]) -> Vec<(NodeId, Op)> {
        let is_made = |id: &NodeId| !matches!(self.op(*id), Op::Leaf(_));
        let ids: Vec<NodeId> = ids.iter().copied().filter(is_made).collect();
        ids.into_iter()
            .map(|id| {
                self.holes += 1;
                let leaf = Op::Leaf(Leaf::Hole(self.holes, self.ty(id).clone()));
                (id, std::mem::replace(&mut self.nodes[id.index()].op, leaf))
            })
            .collect()
    }
    /// Undoes `hide`.
    pub fn show_again(&mut self, hidden: Vec<(NodeId, Op)>) {
        for (id, op) in hidden.into_iter().rev() {
            self.nodes[id.index()].op = op;
        }
    }
    /// The value that bears a name: the last that was given it.
    pub fn named_value(&self, name: &str) -> Option<NodeId> {
        self.names.iter().rev().find(|(_, n)| *n == name).map(|(id, _)| *id)
    }
    pub fn names(&self) -> impl Iterator<Item = (NodeId, &str)> {
        self.names.iter().map(|(id, name)| (*id, name.as_str()))
    }
    /// Where a value was written.
    pub fn set_span(&mut self, id: NodeId, span: Span) {
        self.spans.entry(id).or_insert(span);
    }
    /// Says that a value is the derivative of another one by a number of this name: of the last that is said, as a sum with a bias has
    /// the derivative of the product in it. Leaves and constants are spoken of as they are.
    pub fn set_tangent(&mut self, tangent: NodeId, of: NodeId, by: impl Into<String>) {
        if tangent != of && !matches!(self.op(tangent), Op::Leaf(_)) && self.constant_of(tangent).is_none() {
            self.tangents.insert(tangent, (of, by.into()));
        }
    }
    /// The value that is repeated, if a value only repeats another one.
    pub fn unexpanded(&self, id: NodeId) -> NodeId {
        match self.op(id) {
            Op::View(view) if view.as_expansion(self.shape(view.x)).is_some() => self.unexpanded(view.x),
            _ => id,
        }
    }
    /// What a value is with its axes in another order.
    pub fn unpermuted(&self, id: NodeId) -> NodeId {
        match self.op(id) {
            Op::View(view) if view.as_permutation(self.shape(view.x)).is_some() => self.unpermuted(view.x),
            _ => id,
        }
    }
    /// What a value is the derivative of, and by what.
    pub fn tangent_of(&self, id: NodeId) -> Option<(NodeId, &str)> {
        self.tangents.get(&id).map(|(of, by)| (*of, by.as_str()))
    }
    pub fn span_of(&self, id: NodeId) -> Option<Span> {
        self.spans.get(&id).copied()
    }

    /// The nodes that these depend on (loops' bodies included), in ascending order.
    pub fn reachable(&self, roots: &[NodeId]) -> Vec<NodeId> {
        let mut seen = vec![false; self.nodes.len()];
        let mut todo: Vec<NodeId> = roots.to_vec();
        while let Some(id) = todo.pop() {
            if std::mem::replace(&mut seen[id.0 as usize], true) {
                continue;
            }
            self.each_below(id, |x| todo.push(x));
        }
        (0..seen.len()).filter(|&i| seen[i]).map(|i| NodeId(i as u32)).collect()
    }

    /// Some node that a value depends on for which `wanted` holds. It looks at no more than what the value depends on.
    pub fn find_below(&self, root: NodeId, wanted: impl Fn(&Op) -> bool) -> Option<NodeId> {
        let mut seen = FxHashSet::default();
        let mut todo = vec![root];
        while let Some(id) = todo.pop() {
            if !seen.insert(id) {
                continue;
            }
            if wanted(self.op(id)) {
                return Some(id);
            }
            self.each_below(id, |x| todo.push(x));
        }
        None
    }

    /// Whether a value is made of numbers and settings alone, however it is spelled: a constant, where a function chooses.
    pub fn is_made_of_numbers(&self, id: NodeId) -> bool {
        let is_other = |op: &Op| match op {
            Op::Leaf(leaf) => !matches!(leaf, Leaf::Constant(..) | Leaf::Table(..) | Leaf::Iota(_) | Leaf::Setting(_)),
            _ => false,
        };
        self.find_below(id, is_other).is_none()
    }

    /// What a node needs: its operands, and what a loop's result takes from the loop.
    pub fn each_below(&self, id: NodeId, mut visit: impl FnMut(NodeId)) {
        self.op(id).each_operand(&mut visit);
        if let Some(of) = self.op(id).loop_used() {
            self.looped(of).binders.iter().flat_map(|b| [b.init, b.next, b.leaf]).for_each(visit);
        }
    }

    /// Whether a value depends on another one, for every node: `marks[id]`.
    pub fn dependents(&self, on: &[NodeId]) -> Vec<bool> {
        self.reached(on, |_| false)
    }

    /// Which values are reached from these when nothing passes through one that `ends` it.
    pub fn reached(&self, on: &[NodeId], ends: impl Fn(NodeId) -> bool) -> Vec<bool> {
        let mut marks = vec![false; self.nodes.len()];
        for &id in on {
            marks[id.0 as usize] = true;
        }
        // A binder depends on what its loop starts from and hands on; `next` comes after the binder, so loops need rounds.
        loop {
            let mut changed = false;
            for id in self.ids() {
                if marks[id.0 as usize] || ends(id) {
                    continue;
                }
                let mut mark = false;
                self.op(id).each_operand(|x| mark |= marks[x.0 as usize]);
                if let Op::Leaf(Leaf::Binder(of, index)) = *self.op(id)
                    && let Some(binder) = self.looped(of).binders.get(index as usize)
                {
                    mark |= marks[binder.init.0 as usize] || marks.get(binder.next.0 as usize) == Some(&true);
                }
                if mark {
                    marks[id.0 as usize] = true;
                    changed = true;
                }
            }
            if !changed || self.loops.is_empty() {
                return marks;
            }
        }
    }

    /// What can't stay as it is when these nodes are replaced: by node and by loop. A loop of which any part changes is copied as
    /// a whole, and so is what uses it, also where the part used does not depend on what is replaced.
    pub fn changed(&self, marks: &[bool]) -> (Vec<bool>, Vec<bool>) {
        let mut nodes = marks.to_vec();
        let mut loops = vec![false; self.loops.len()];
        loop {
            for id in self.ids() {
                let op = self.op(id);
                let mut mark = nodes[id.index()] || op.loop_used().is_some_and(|of| loops[of.0 as usize]);
                mark |= self.node(id).loops.iter().any(|of| loops[of.0 as usize]);
                op.each_operand(|x| mark |= nodes[x.index()]);
                nodes[id.index()] = mark;
            }
            let before = loops.clone();
            for (of, l) in self.loops.iter().enumerate() {
                loops[of] |= l.binders.iter().any(|b| nodes[b.init.index()] || nodes[b.next.index()]);
            }
            if loops == before {
                return (nodes, loops);
            }
        }
    }
}

#[cfg(test)]
mod tests;
