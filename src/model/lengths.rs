//! Axes that are as long as each example says, `input x: [t <= 100, 6]`: how they are declared, and what indices, ranges and loops make of them.
//! What may see such an axis is known to `graph::lengths`.
use super::elaborator::{Elaborator, Outcome};
use super::value::{Tensor, Value};
use super::{Input, Role};
use crate::diagnostic::{Diagnostic, Span};
use crate::graph::lengths::{Ends, Lost};
use crate::graph::{Kind, Leaf, NodeId, Op, Type, Variable};
use crate::op::arithmetic::{ADD, SUBTRACT};
use crate::op::comparison::EQUAL;
use crate::op::{BinaryOp, ReduceOp};
use crate::syntax::{NodeKind, Relation, TreeId, Type as WrittenType};

impl<'a> Elaborator<'a> {
    /// The name and the greatest length, if a size is written as `t <= 100`.
    pub(super) fn written_length(&self, size: TreeId) -> Option<(TreeId, TreeId)> {
        match self.tree.kind(size) {
            NodeKind::Compare { first, rest } => match rest[..] {
                [(Relation::LessEqual, most)] if self.tree.name(*first).is_some() => Some((*first, most)),
                _ => None,
            },
            _ => None,
        }
    }
    /// Where a value of this type ends, if it is declared with sizes that are lengths: `noise: [t]`.
    pub(super) fn ends_of_type(&mut self, ty: &WrittenType) -> Outcome<Ends> {
        let mut ends = vec![];
        if self.graph.lengths.is_none() {
            return Ok(ends);
        }
        for &size in &ty.shape {
            let tensor = self.tensor(size)?;
            ends.push(self.known_length(tensor.id));
        }
        Ok(ends)
    }
    /// Declares the lengths that a type of an input names, and gives back where it ends along each axis.
    pub(super) fn declared_lengths(&mut self, ty: &WrittenType) -> Outcome<Ends> {
        let mut ends = vec![];
        for (axis, &size) in ty.shape.iter().enumerate() {
            let is_length = self.written_length(size).is_some()
                || {
                    let named = self.tree.name(size).and_then(|name| self.scopes.find(self.scope, name));
                    matches!(named.map(|(_, entry)| &entry.slot), Some(super::scope::Slot::Value(Value::Tensor(tensor))) if self.graph.is_length(tensor.id))
                };
            if axis > 0 && is_length {
                let error = Diagnostic::error("E0317", "only the first axis of an input has a length of its own");
                return self.fail(error.at(self.span(size), "another axis").help("as in `input x: [t <= 100, 6]`"));
            }
            ends.push(match self.written_length(size) {
                Some((name, most)) => Some(self.declared_length(name, most, self.span(size))?),
                None => match self.tree.name(size).and_then(|name| self.scopes.find(self.scope, name)) {
                    Some((_, entry)) => match &entry.slot {
                        super::scope::Slot::Value(Value::Tensor(tensor)) if self.graph.is_length(tensor.id) => {
                            Some(tensor.id)
                        }
                        _ => None,
                    },
                    None => None,
                },
            });
        }
        Ok(ends)
    }
    /// `t <= 100`: a number that each example has for itself, and a size of 100 where sizes are asked for.
    fn declared_length(&mut self, name: TreeId, most: TreeId, whole: Span) -> Outcome<NodeId> {
        let (span, most) = (self.span(name), self.size(most)?);
        let text = self.tree.name(name).unwrap_or_default();
        if self.is_bound(text) {
            let error = Diagnostic::error("E0203", format!("`{text}` has a meaning already")).at(span, "a length");
            let is_length = self.scopes.find(self.scope, text).is_some_and(|(_, entry)| {
                matches!(&entry.slot, super::scope::Slot::Value(Value::Tensor(tensor)) if self.graph.is_length(tensor.id))
            });
            return self.fail(match is_length {
                true => error.edit("an axis of the same length", whole, text, false),
                false => error.help("call the length by another name"),
            });
        }
        self.graph.inputs.push(Variable { name: text.to_string(), ty: Type::real(&[], true), span });
        let leaf = self.graph.intern(Op::Leaf(Leaf::Input(self.graph.inputs.len() as u32 - 1)));
        self.graph.name(leaf, text);
        self.mark(leaf, span);
        self.graph.declare_length(leaf);
        self.declared.inputs.push(Input { role: Role::Length, leaf, probability: false });
        self.declared.bindings.push((text.to_string(), leaf));
        let value = Tensor::known(leaf, most as f64);
        self.scopes.set(self.scope, text, super::scope::Slot::Value(value.into()), span);
        Ok(leaf)
    }
    /// The length that a whole number stands for: a declared one, or one more or less than such. None if it is the same for all examples; what
    /// is another number of each example is refused.
    pub(super) fn as_length(&mut self, tensor: &Tensor, span: Span) -> Outcome<Option<NodeId>> {
        if !self.graph.ty(tensor.id).varying || tensor.number().is_none() {
            return Ok(None);
        }
        if let Some(length) = self.known_length(tensor.id) {
            return Ok(Some(length));
        }
        let error = Diagnostic::error("E0317", format!("{} is no length", self.quote_span(span)));
        let error = error.at(span, "made of the length of an example");
        self.fail(error.help("a range ends at a length, or at one and a number: `0..t`, `0..t - 1`"))
    }
    fn known_length(&mut self, id: NodeId) -> Option<NodeId> {
        if self.graph.is_length(id) {
            return Some(id);
        }
        let Op::Binary(op, length, by) = *self.graph.op(id) else { return None };
        let by = self.graph.constant_of(by).filter(|_| self.graph.is_length(length))?;
        let more = match op {
            _ if op == BinaryOp(&ADD) => by,
            _ if op == BinaryOp(&SUBTRACT) => -by,
            _ => return None,
        };
        Some(self.graph.fitting(length, 1 - more as i64, 1))
    }

    /// An output, with no numbers behind the ends of its axes.
    pub(super) fn ending_output(&mut self, id: NodeId) -> NodeId {
        // Truth values are written as numbers.
        let id = if self.graph.ty(id).kind == Kind::Bool && self.graph.ends(id).iter().any(Option::is_some) {
            self.graph.number_of(id)
        } else {
            id
        };
        if self.graph.ty(id).kind != Kind::Real {
            return id;
        }
        let axes: Vec<usize> = (0..self.graph.shape(id).len()).collect();
        self.graph.sealed(id, &axes, f64::NAN)
    }

    /// Says it where a length was lost, if one was.
    pub(super) fn check_lengths(&mut self, span: Span) -> Outcome<()> {
        let Some(why) = self.graph.lost_length() else { return Ok(()) };
        let error = Diagnostic::error(
            "E0317",
            match why {
                Lost::Mixed => {
                    format!("{} would see what stands behind the end of shorter examples", self.quote_span(span))
                }
                Lost::Two => format!("{} has two lengths along one axis", self.quote_span(span)),
            },
        );
        let error = match why {
            Lost::Mixed => error.at(span, "along an axis that is as long as each example").help(
                "sums, means, maxima, softmax, products, loops, `x[-1]`, `x[1..]` and `reverse` know where an example ends; so do convolutions and pooling with a stride or with padding, but not with both",
            ),
            Lost::Two => error.at(span, "of unequal length").help("what stands element by element has one length"),
        };
        self.fail(error)
    }

    /// The place so many before the end, along an axis of `n` entries: `-1` is the last.
    fn place_before_end(&mut self, n: usize, length: NodeId, back: i64) -> NodeId {
        self.graph.needs(length, back);
        let places = self.graph.intern(Op::Leaf(Leaf::Iota(n)));
        let back = self.graph.number(back as f64);
        let place = self.graph.subtract(length, back);
        let place = self.graph.expand_to(place, &[n]);
        let is_it = self.graph.binary(&EQUAL, places, place);
        self.graph.reduce(ReduceOp::Argmax, &[0], is_it)
    }
    /// `x[t - 1]`: the entry at a place that is a number of each example.
    pub(super) fn entry_at(&mut self, x: NodeId, axis: usize, place: NodeId) -> NodeId {
        let n = self.graph.shape(x)[axis];
        let places = self.graph.intern(Op::Leaf(Leaf::Iota(n)));
        let wide = self.graph.expand_to(place, &[n]);
        let is_it = self.graph.binary(&EQUAL, places, wide);
        let place = self.graph.reduce(ReduceOp::Argmax, &[0], is_it);
        let first = self.moved_to_front(x, axis);
        self.graph.gather(first, place, 0)
    }
    /// `x[-2]` of an axis that ends where the example does.
    pub(super) fn entry_before_end(&mut self, x: NodeId, axis: usize, length: NodeId, back: i64) -> NodeId {
        let place = self.place_before_end(self.graph.shape(x)[axis], length, back);
        let first = self.moved_to_front(x, axis);
        self.graph.gather(first, place, 0)
    }
    /// `x[from..to]` of such an axis; counted from the end where negative, and `to` is the end if it is 0.
    pub(super) fn part_to_end(
        &mut self,
        x: NodeId,
        axis: usize,
        length: NodeId,
        (from, to): (i64, i64),
        span: Span,
    ) -> Outcome<NodeId> {
        let n = self.graph.shape(x)[axis] as i64;
        let count = if from < 0 { to - from } else { n + to - from };
        if count < 1 || to > 0 {
            let error = Diagnostic::error("E0309", format!("{} is empty in some examples", self.quote_span(span)));
            return self.fail(
                error.at(span, "an end that depends on the length").help("as in `x[1..]`, `x[..-1]`, `x[-3..]`"),
            );
        }
        let (n, count) = (n as usize, count as usize);
        let index = if from < 0 {
            let places: Vec<NodeId> = (0..count as i64).map(|k| self.place_before_end(n, length, -from - k)).collect();
            self.graph.stack(&places)
        } else {
            let all = self.graph.intern(Op::Leaf(Leaf::Iota(n)));
            let part = self.graph.slice(all, 0, from as usize, 1, count);
            let rest = self.graph.fitting(length, 1 + from - to, 1);
            self.graph.ending(part, 0, rest)
        };
        Ok(self.gathered(x, axis, index))
    }
    /// The entries of such an axis, the last first.
    pub(super) fn last_to_first(&mut self, x: NodeId, axis: usize, length: NodeId) -> NodeId {
        let n = self.graph.shape(x)[axis];
        // Place i is where j = length − 1 − i.
        let one = self.graph.number(1.0);
        let last = self.graph.subtract(length, one);
        let places = self.graph.intern(Op::Leaf(Leaf::Iota(n)));
        let last = self.graph.expand_to(last, &[n]);
        let wanted = self.graph.subtract(last, places);
        let wanted = self.graph.along_last(wanted, &[n, n]);
        let each = self.graph.expand_to(places, &[n, n]);
        let is_it = self.graph.binary(&EQUAL, each, wanted);
        let index = self.graph.reduce(ReduceOp::Argmax, &[1], is_it);
        let index = self.graph.ending(index, 0, length);
        self.gathered(x, axis, index)
    }
    /// The entries of an axis at these places, which stand there instead.
    fn gathered(&mut self, x: NodeId, axis: usize, index: NodeId) -> NodeId {
        let axes = self.graph.shape(x).len();
        let first = self.moved_to_front(x, axis);
        let gathered = self.graph.gather(first, index, 0);
        let mut order: Vec<usize> = (1..=axis).collect();
        order.push(0);
        order.extend(axis + 1..axes);
        self.graph.permute(gathered, &order)
    }
}
