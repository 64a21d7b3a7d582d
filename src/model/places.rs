//! Places that are computed from those of loops: `x[i + 1]`, `x[p + 2k]`.
//!
//! A value is looked at through a window with an axis for each loop, and each loop then takes its own place of that. So the index needs no
//! arithmetic at run time, and that all of it lies inside is known when compiling.
use super::elaborator::{Elaborator, Outcome};
use super::value::Value;
use crate::diagnostic::Diagnostic;
use crate::graph::{Kind, Leaf, NodeId, Op, Row, Type};
use crate::syntax::{NodeKind, ProductSign, SumSign, TreeId};

/// `offset + Σ coefficient · place`, over the places of loops.
#[derive(Clone, Debug, Default)]
struct Places {
    terms: Vec<(NodeId, i64)>,
    offset: i64,
}

impl Places {
    fn times(mut self, factor: i64) -> Option<Places> {
        self.offset = self.offset.checked_mul(factor)?;
        for term in &mut self.terms {
            term.1 = term.1.checked_mul(factor)?;
        }
        Some(self)
    }
    fn plus(mut self, other: Places) -> Option<Places> {
        self.offset = self.offset.checked_add(other.offset)?;
        for (place, more) in other.terms {
            match self.terms.iter_mut().find(|term| term.0 == place) {
                Some(term) => term.1 = term.1.checked_add(more)?,
                None => self.terms.push((place, more)),
            }
        }
        Some(self)
    }
}

impl<'a> Elaborator<'a> {
    /// An axis of a value at a place that is computed from those of loops; none if the index is something else.
    pub fn at_places(&mut self, x: NodeId, axis: usize, index: TreeId) -> Option<Outcome<NodeId>> {
        let mut places = self.places(index)?;
        places.terms.retain(|term| term.1 != 0);
        if places.terms.is_empty() {
            return None;
        }
        Some(self.looked_at(x, axis, places, None, index))
    }
    /// A part of an axis that begins at such a place, `x[i..i + 3]`; none if both ends are known. How long it is must be known.
    pub fn part_at_places(
        &mut self,
        x: NodeId,
        axis: usize,
        (from, to): (Option<TreeId>, Option<TreeId>),
        range: TreeId,
    ) -> Option<Outcome<NodeId>> {
        let mut ends = [from, to].map(|end| end.and_then(|id| self.places(id)));
        let is_computed =
            |end: &Option<Places>| end.as_ref().is_some_and(|end| end.terms.iter().any(|term| term.1 != 0));
        if !ends.iter().any(is_computed) {
            return None;
        }
        if from.is_none() {
            ends[0] = Some(Places::default());
        }
        let length = match &ends {
            [Some(from), Some(to)] => from.clone().times(-1).and_then(|from| to.clone().plus(from)),
            _ => None,
        };
        let length = length.filter(|length| length.terms.iter().all(|term| term.1 == 0)).map(|length| length.offset);
        let span = self.span(range);
        match (ends, length) {
            ([Some(mut from), _], Some(length)) if length > 0 => {
                from.terms.retain(|term| term.1 != 0);
                Some(self.looked_at(x, axis, from, Some(length as usize), range))
            }
            (_, Some(length)) => {
                let error = Diagnostic::error("E0309", format!("{} has {length} entries", self.quote_span(span)));
                Some(
                    self.fail(
                        error.at(span, "nothing is left").note("a range is half-open: `x[i..i + 3]` are 3 entries"),
                    ),
                )
            }
            (_, None) => {
                let error = Diagnostic::error(
                    "E0404",
                    format!("how long {} is changes from round to round", self.quote_span(span)),
                )
                .at(span, "the length of a part is known when compiling")
                .help("`x[i..i + 3]` has 3 entries in each round; `if j < i then x[j] else 0` leaves entries out");
                Some(self.fail(error))
            }
        }
    }

    /// An axis at computed places, or so many entries from there on.
    fn looked_at(
        &mut self,
        x: NodeId,
        axis: usize,
        places: Places,
        part: Option<usize>,
        index: TreeId,
    ) -> Outcome<NodeId> {
        let extent = self.graph.shape(x)[axis] as i64;
        let lengths: Vec<usize> = places.terms.iter().map(|term| self.length_of(term.0)).collect();
        let mut own: Vec<(usize, i64)> = places.terms.iter().enumerate().map(|(k, term)| (k, term.1)).collect();
        let count = own.len();
        own.extend(part.map(|_| (count, 1)));
        let lengths: Vec<usize> = lengths.into_iter().chain(part).collect();
        let mut row = Row { offset: places.offset, terms: own, divisor: 1, low: 0, high: extent };
        let (least, most) = row.reach(&lengths);
        if least < 0 || extent <= most {
            let span = self.span(index);
            let text = self.quote_span(span);
            let error =
                Diagnostic::error("E0309", format!("{text} goes from {least} to {most}, outside of 0..{extent}"))
                    .at(span, format!("the axis has {extent} entries"))
                    .help("`pad(x, before, behind)` has zeros around it");
            return self.fail(error);
        }
        // The axis becomes one for each loop, and that of the part.
        let axes = lengths.len();
        let mut shape = self.graph.shape(x).to_vec();
        let mut rows: Vec<Row> = vec![];
        for (k, &n) in shape.iter().enumerate() {
            rows.push(Row::axis(if k < axis { k } else { (k + axes).saturating_sub(1) }, n));
        }
        row.terms.iter_mut().for_each(|term| term.0 += axis);
        rows[axis] = row;
        shape.splice(axis..=axis, lengths);
        // Rounds that do not count look at padding, and what they see is not seen.
        let ends_alike = |place: &NodeId| match (self.facts.ended_places.get(place), self.graph.end(x, axis)) {
            (Some(&of_loop), Some(length)) => self.graph.declared_end(of_loop) == self.graph.declared_end(length),
            _ => false,
        };
        let is_seen_as_far = places.terms.iter().all(|term| ends_alike(&term.0));
        let entries = if is_seen_as_far { 1 } else { most as usize + 1 };
        let mut result = self.graph.fixed_part(x, axis, entries, |graph| graph.view(x, shape, rows));
        for (place, _) in places.terms {
            let first = self.moved_to_front(result, axis);
            result = self.placed(first, place);
        }
        Ok(result)
    }
    /// The element of the first axis at a loop's own place. What is computed in the loop itself, or in one within, is gathered.
    fn placed(&mut self, x: NodeId, place: NodeId) -> NodeId {
        match *self.graph.op(place) {
            Op::Leaf(Leaf::LoopIndex(of)) if self.graph.stands_outside(x, of) => self.graph.element(of, x),
            _ => self.graph.gather(x, place, 0),
        }
    }
    fn length_of(&self, place: NodeId) -> usize {
        self.graph.ty(place).kind.count().unwrap_or_default()
    }

    /// Read without a word: what is none of this is read again as any other index.
    fn places(&mut self, id: TreeId) -> Option<Places> {
        let tree = self.tree;
        match tree.kind(id) {
            NodeKind::Paren(inner) => self.places(*inner),
            NodeKind::Negate(inner) => self.places(*inner)?.times(-1),
            NodeKind::Number(value) if value.fract() == 0.0 && value.abs() < 1e9 => {
                Some(Places { terms: vec![], offset: *value as i64 })
            }
            NodeKind::Name(name) => {
                let found = self.scopes.find(self.scope, name).map(|(_, entry)| entry.slot.clone());
                let Some(super::scope::Slot::Value(Value::Tensor(tensor))) = found else { return None };
                match tensor.number() {
                    Some(number) if number.fract() == 0.0 && number.abs() < 1e9 => {
                        Some(Places { terms: vec![], offset: number as i64 })
                    }
                    _ if self.is_place(tensor.id) => Some(Places { terms: vec![(tensor.id, 1)], offset: 0 }),
                    _ => None,
                }
            }
            NodeKind::Sum { first, rest } => {
                let mut sum = self.places(*first)?;
                for (sign, id) in rest {
                    let factor = if *sign == SumSign::Minus { -1 } else { 1 };
                    sum = sum.plus(self.places(*id)?.times(factor)?)?;
                }
                Some(sum)
            }
            NodeKind::Juxtaposition(factors) => self.product_of_places(factors),
            NodeKind::Product { first, rest } => {
                let all: Vec<TreeId> = std::iter::once(*first).chain(rest.iter().map(|r| r.1)).collect();
                if rest.iter().any(|(sign, _)| *sign == ProductSign::Over) {
                    None
                } else {
                    self.product_of_places(&all)
                }
            }
            _ => None,
        }
    }
    /// At most one of the factors is no number.
    fn product_of_places(&mut self, factors: &[TreeId]) -> Option<Places> {
        let mut product = Places { terms: vec![], offset: 1 };
        for factor in factors {
            let next = self.places(*factor)?;
            product = match (product.terms.is_empty(), next.terms.is_empty()) {
                (_, true) => product.times(next.offset)?,
                (true, false) => next.times(product.offset)?,
                _ => return None,
            };
        }
        Some(product)
    }
    fn is_place(&self, id: NodeId) -> bool {
        // Also one that a loop has from a list of places, as `reverse(0..n)`.
        let is_of_a_loop =
            matches!(self.graph.op(id), Op::Leaf(Leaf::LoopIndex(_) | Leaf::Hole(..)) | Op::Element { .. });
        is_of_a_loop && matches!(self.graph.ty(id), Type { shape, kind: Kind::Index(_), .. } if shape.is_empty())
    }
}
