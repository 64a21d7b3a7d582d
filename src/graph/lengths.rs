//! Axes that are as long as each example says: `input x: [t <= 100, 6]`.
//!
//! A value is stored with its greatest length. What stands behind the end of an example is padding, and is never seen: while a model is built,
//! whatever mixes the places of such an axis gets an operand that is sealed, with what changes nothing behind the end (0 of a sum, −∞ of a
//! maximum), or is refused. So the passes that follow know nothing of lengths, and derivatives are right because what is differentiated is.
#![deny(clippy::wildcard_enum_match_arm)]
use super::named::{Behind, CROSS_ENTROPY, NamedOp};
use super::{Contraction, Graph, Kind, Leaf, LoopId, NodeId, Op};
use crate::op::comparison::LESS;
use crate::op::rounding::FLOOR;
use crate::op::{BinaryOp, ReduceOp};
use indexmap::IndexMap;
use rustc_hash::FxHashMap;

/// The length of each axis of a value, where examples differ.
pub type Ends = Vec<Option<NodeId>>;

/// What is known of lengths while a model is built.
#[derive(Clone, Debug, Default)]
pub struct Lengths {
    /// Of values that have such an axis.
    of: FxHashMap<NodeId, Ends>,
    /// A length that is `floor((other - cut) / stride) + 1` of another one.
    made_of: FxHashMap<NodeId, (NodeId, i64, i64)>,
    /// How many entries each declared length has at least, by its leaf: else a part of it would be empty.
    least: IndexMap<NodeId, i64>,
    /// While it is above zero, what is made is a copy of what was looked at before, or a derivative of it.
    unwatched: usize,
    /// Whether a part of an axis that is made now was found to lie before every end.
    fixed: bool,
    /// What could not be told to end where an example does.
    lost: Option<Lost>,
}

impl Lengths {
    /// Whether a value has an axis that ends where an example does.
    pub fn has_end(&self, x: NodeId) -> bool {
        self.of.contains_key(&x)
    }
}

/// A length as an input, and the inputs that are so long: what is drawn for them must make sense.
#[derive(Clone, Debug)]
pub struct Sequence {
    /// The number of that input.
    pub length: usize,
    pub least: usize,
    pub most: usize,
    /// Inputs whose first axis ends there.
    pub inputs: Vec<usize>,
}

/// Why the length of an axis is no longer known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// The operation mixes places, or moves them by what depends on the length.
    Mixed,
    /// Two lengths along one axis.
    Two,
}

impl Graph {
    /// A leaf that says how long axes of an example are.
    pub fn declare_length(&mut self, leaf: NodeId) {
        self.lengths.get_or_insert_default().least.insert(leaf, 1);
    }
    /// Says where a leaf ends along its axes.
    pub fn set_ends(&mut self, leaf: NodeId, ends: Ends) {
        if let Some(lengths) = self.lengths.as_mut().filter(|_| ends.iter().any(Option::is_some)) {
            lengths.of.insert(leaf, ends);
        }
    }
    /// The lengths that are inputs, for whoever brings values for them.
    pub fn note_sequences(&mut self) {
        let Some(lengths) = &self.lengths else { return };
        let leaf = |number: &usize| self.interned.get(&Op::Leaf(Leaf::Input(*number as u32))).copied();
        let inputs = 0..self.inputs.len();
        let sequence = |length: usize| {
            let own = leaf(&length)?;
            let least = *lengths.least.get(&own)? as usize;
            let ends_there = |input: &usize| leaf(input).and_then(|x| self.end(x, 0)) == Some(own);
            let of_it: Vec<usize> = inputs.clone().filter(ends_there).collect();
            let most = of_it.iter().map(|input| self.inputs[*input].ty.shape[0]).min()?;
            Some(Sequence { length, least, most, inputs: of_it })
        };
        self.sequences = inputs.clone().filter_map(sequence).collect();
    }
    /// The lengths of all axes of a value.
    pub fn ends(&self, x: NodeId) -> Ends {
        let known = self.lengths.as_ref().and_then(|lengths| lengths.of.get(&x).cloned());
        known.unwrap_or_else(|| vec![None; self.shape(x).len()])
    }
    /// The length of an axis, if examples differ.
    pub fn end(&self, x: NodeId, axis: usize) -> Option<NodeId> {
        self.lengths.as_ref()?.of.get(&x)?.get(axis).copied().flatten()
    }
    /// Whether this says how long an axis is.
    pub fn is_length(&self, id: NodeId) -> bool {
        let is_one = |l: &Lengths| l.least.contains_key(&id) || l.made_of.contains_key(&id);
        self.lengths.as_ref().is_some_and(|lengths| is_one(lengths))
    }
    /// What was lost since this was asked last.
    pub fn lost_length(&mut self) -> Option<Lost> {
        self.lengths.as_mut()?.lost.take()
    }
    pub(super) fn lose(&mut self, why: Lost) {
        if let Some(lengths) = self.lengths.as_mut().filter(|lengths| lengths.unwatched == 0) {
            lengths.lost.get_or_insert(why);
        }
    }
    /// Makes copies of what was looked at already, or derivatives of it.
    pub fn unwatched<T>(&mut self, make: impl FnOnce(&mut Graph) -> T) -> T {
        let count = |graph: &mut Graph, by: isize| {
            if let Some(lengths) = &mut graph.lengths {
                lengths.unwatched = lengths.unwatched.saturating_add_signed(by);
            }
        };
        count(self, 1);
        let made = make(self);
        count(self, -1);
        made
    }
    /// Makes a part of an axis that has so many entries in every example.
    pub fn fixed_part<T>(&mut self, x: NodeId, axis: usize, entries: usize, make: impl FnOnce(&mut Graph) -> T) -> T {
        let Some(length) = self.end(x, axis) else { return make(self) };
        self.needs(length, entries as i64);
        let set = |graph: &mut Graph, fixed: bool| {
            if let Some(lengths) = &mut graph.lengths {
                lengths.fixed = fixed;
            }
        };
        set(self, true);
        let made = make(self);
        set(self, false);
        made
    }
    /// The declared length that a length is made of.
    pub fn declared_end(&self, length: NodeId) -> NodeId {
        match self.lengths.as_ref().and_then(|lengths| lengths.made_of.get(&length)) {
            Some((of, ..)) => self.declared_end(*of),
            None => length,
        }
    }
    /// Whether it does so.
    pub(super) fn makes_fixed_part(&self) -> bool {
        self.lengths.as_ref().is_some_and(|lengths| lengths.fixed)
    }
    /// Says that a length is never less than this.
    pub fn needs(&mut self, mut length: NodeId, mut entries: i64) {
        let Some(lengths) = &mut self.lengths else { return };
        while let Some((of, cut, stride)) = lengths.made_of.get(&length) {
            entries = cut + stride * (entries - 1);
            length = *of;
        }
        if let Some(least) = lengths.least.get_mut(&length) {
            *least = entries.max(*least);
        }
    }
    /// How many windows fit: `floor((length - cut) / stride) + 1`, which is at least one.
    pub fn fitting(&mut self, length: NodeId, cut: i64, stride: i64) -> NodeId {
        if (cut, stride) == (1, 1) {
            return length;
        }
        // One more and one less is as many.
        let made_of = self.lengths.as_ref().and_then(|lengths| lengths.made_of.get(&length).copied());
        if let (Some((of, before, 1)), 1) = (made_of, stride) {
            self.needs(length, cut);
            return self.fitting(of, before + cut - 1, 1);
        }
        let made = if stride == 1 {
            let less = self.number((cut - 1) as f64);
            self.subtract(length, less)
        } else {
            let (less, stride, one) = (self.number(cut as f64), self.number(stride as f64), self.number(1.0));
            let left = self.subtract(length, less);
            let quotient = self.divide(left, stride);
            let whole = self.unary(&FLOOR, quotient);
            self.add(whole, one)
        };
        if let Some(lengths) = &mut self.lengths {
            lengths.made_of.insert(made, (length, cut, stride));
        }
        self.needs(made, 1);
        made
    }
    /// Which places lie before the end along an axis, in this shape.
    fn inside(&mut self, shape: &[usize], axis: usize, length: NodeId) -> NodeId {
        let n = shape[axis];
        let places = self.intern(Op::Leaf(Leaf::Iota(n)));
        let length = self.expand_to(length, &[n]);
        let before = self.binary(&LESS, places, length);
        self.expand_at(before, shape, &[axis])
    }
    /// The value, of which is known that it ends there along an axis.
    pub fn ending(&mut self, x: NodeId, axis: usize, length: NodeId) -> NodeId {
        if self.end(x, axis) == Some(length) {
            return x;
        }
        let shape = self.shape(x).to_vec();
        let inside = self.inside(&shape, axis, length);
        self.select(inside, x, x)
    }
    /// The value with a number behind its ends along these axes.
    pub fn sealed(&mut self, x: NodeId, axes: &[usize], with: f64) -> NodeId {
        let mut sealed = x;
        for &axis in axes {
            let Some(length) = self.end(x, axis) else { continue };
            if self.is_sealed(sealed, axis, length, with) {
                continue;
            }
            let shape = self.shape(sealed).to_vec();
            sealed = self.as_kind(sealed, Kind::Real).unwrap_or(sealed);
            let (inside, outside) = (self.inside(&shape, axis, length), self.constant(with, &shape));
            sealed = self.select(inside, sealed, outside);
        }
        sealed
    }
    fn is_sealed(&self, mut x: NodeId, axis: usize, length: NodeId, with: f64) -> bool {
        while let Op::Select { condition, yes, no } = *self.op(x)
            && self.constant_of(no) == Some(with)
        {
            if self.as_inside(condition) == Some((axis, length)) {
                return true;
            }
            x = yes;
        }
        false
    }
    /// The axis and the length, if a condition says where one ends.
    pub(super) fn as_inside(&self, condition: NodeId) -> Option<(usize, NodeId)> {
        if let Op::View(view) = self.op(condition) {
            let (axis, length) = self.as_inside(view.x)?;
            let row = &view.rows[axis];
            let [(to, 1)] = row.terms[..] else { return None };
            return (row.offset == 0 && view.shape[to] == self.shape(view.x)[axis]).then_some((to, length));
        }
        let Op::Binary(op, places, length) = *self.op(condition) else { return None };
        let is_places = matches!(self.op(places), Op::Leaf(Leaf::Iota(_)));
        let length = self.unexpanded(length);
        (op == BinaryOp(&LESS) && is_places && self.is_length(length)).then_some((0, length))
    }
    /// Whether a loop is in a round before the end, as a truth value of this shape.
    pub fn round_counts(&mut self, of: LoopId, length: NodeId, shape: &[usize]) -> NodeId {
        let place = self.intern(Op::Leaf(Leaf::LoopIndex(of)));
        let counts = self.binary(&LESS, place, length);
        self.expand_to(counts, shape)
    }
    /// In how many rounds of a loop anything changes, if examples differ.
    pub(super) fn end_of_loop(&self, of: LoopId) -> Option<NodeId> {
        self.looped(of).binders.iter().find_map(|binder| {
            let Op::Select { condition, .. } = *self.op(binder.next) else { return None };
            let Op::Binary(op, place, length) = *self.op(self.unexpanded(condition)) else { return None };
            let is_place = matches!(*self.op(self.unexpanded(place)), Op::Leaf(Leaf::LoopIndex(own)) if own == of);
            let length = self.unexpanded(length);
            (op == BinaryOp(&LESS) && is_place && self.is_length(length)).then_some(length)
        })
    }

    /// The node of an operation that never sees padding.
    pub(super) fn intern_with_lengths(&mut self, op: Op) -> NodeId {
        let is_watched = self.lengths.as_ref().is_some_and(|lengths| lengths.unwatched == 0);
        let op = match self.without_padding(op, is_watched) {
            Ok(op) => op,
            Err(made) => return made,
        };
        let known = self.len();
        let id = self.intern_plainly(op);
        if known <= id.index() {
            let ends = self.ends_of(id);
            self.set_ends(id, ends);
        }
        id
    }
    /// The operation with operands that are sealed where it mixes places, or what stands in its place.
    fn without_padding(&mut self, op: Op, watched: bool) -> Result<Op, NodeId> {
        let has = |graph: &Graph, x: NodeId, axes: &[usize]| axes.iter().any(|axis| graph.end(x, *axis).is_some());
        match op {
            // What is mapped over such an axis is averaged over what is there.
            Op::BatchMean { x, axes } if has(self, x, &axes) => {
                let sealed = self.sealed(x, &axes, 0.0);
                let sum = self.sum(&axes, sealed);
                let count = self.count(x, &axes);
                let (sum, count) = (self.batch_mean(sum), self.batch_mean(count));
                let shape = self.shape(sum).to_vec();
                let count = self.expand_to(count, &shape);
                Err(self.divide(sum, count))
            }
            op if !watched => Ok(op),
            // Some examples have no such place: of which would it be the mean?
            Op::BatchMean { x, axes } => {
                if self.ends(x).iter().any(Option::is_some) {
                    self.lose(Lost::Mixed);
                }
                Ok(Op::BatchMean { x, axes })
            }
            Op::Reduce { op: ReduceOp::Mean, axes, x } if has(self, x, &axes) => {
                let sum = self.sum(&axes, x);
                let shape = self.shape(sum).to_vec();
                let count = self.count(x, &axes);
                let count = self.expand_to(count, &shape);
                Err(self.divide(sum, count))
            }
            Op::Reduce { op, axes, x } => {
                let x = self.sealed(x, &axes, op.row().initial);
                Ok(Op::Reduce { op, axes, x })
            }
            Op::Contract(c) => {
                let summed = |axes: &[u8]| -> Vec<usize> {
                    (0..axes.len()).filter(|at| !c.out_axes.contains(&axes[*at])).collect()
                };
                let (of_a, of_b) = (summed(&c.a_axes), summed(&c.b_axes));
                let (a, b) = (self.sealed(c.a, &of_a, 0.0), self.sealed(c.b, &of_b, 0.0));
                Ok(Op::Contract(Contraction { a, b, ..c }))
            }
            Op::Named(op, mut arguments) => {
                let last = self.shape(arguments[0]).len().saturating_sub(1);
                if arguments.iter().any(|x| has(self, *x, &[last])) {
                    let by_class = op == NamedOp(&CROSS_ENTROPY) && self.ty(arguments[1]).kind.is_whole();
                    match op.behind {
                        Behind::Holds(with) => arguments[0] = self.sealed(arguments[0], &[last], with),
                        Behind::Later => {}
                        Behind::Seen if by_class => {}
                        Behind::Seen => self.lose(Lost::Mixed),
                    }
                }
                Ok(Op::Named(op, arguments))
            }
            Op::View(view) => Ok(Op::View(self.view_without_padding(view))),
            Op::Reshape { x, shape } => {
                if self.ends_of_reshape(x, &shape).1 {
                    self.lose(Lost::Mixed);
                }
                Ok(Op::Reshape { x, shape })
            }
            Op::Join { axis, parts } => {
                if parts.iter().rev().skip(1).any(|part| has(self, *part, &[axis])) {
                    self.lose(Lost::Mixed);
                }
                Ok(Op::Join { axis, parts })
            }
            Op::Gather { table, index, shared } => {
                let is_real = self.ty(table).kind == Kind::Real;
                let table = if is_real { self.sealed(table, &[shared], 0.0) } else { table };
                Ok(Op::Gather { table, index, shared })
            }
            Op::Leaf(_)
            | Op::Unary(..)
            | Op::Binary(..)
            | Op::Select { .. }
            | Op::OneHot { .. }
            | Op::ScatterAdd { .. }
            | Op::Element { .. }
            | Op::Last { .. }
            | Op::Stacked { .. } => Ok(op),
        }
    }
    /// How many entries an example has along these axes together.
    pub fn count(&mut self, x: NodeId, axes: &[usize]) -> NodeId {
        let mut count = self.number(1.0);
        for &axis in axes {
            let more = match self.end(x, axis) {
                Some(length) => length,
                None => self.number(self.shape(x)[axis] as f64),
            };
            count = if self.constant_of(count) == Some(1.0) { more } else { self.multiply(count, more) };
        }
        count
    }
    /// Sealed with zero, if it is not sealed with anything.
    pub(super) fn sealed_with_any(&mut self, x: NodeId, axis: usize) -> NodeId {
        let Some(length) = self.end(x, axis) else { return x };
        let with = if let Op::Select { no, .. } = *self.op(x) { self.constant_of(no) } else { None };
        let is_sealed = with.is_some_and(|with| self.is_sealed(x, axis, length, with));
        if is_sealed { x } else { self.sealed(x, &[axis], 0.0) }
    }
}
