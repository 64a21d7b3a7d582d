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
        let extent = self.graph.shape(x)[axis] as i64;
        let lengths: Vec<usize> = places.terms.iter().map(|term| self.length_of(term.0)).collect();
        let own = places.terms.iter().enumerate().map(|(k, term)| (k, term.1)).collect();
        let mut row = Row { offset: places.offset, terms: own, divisor: 1, low: 0, high: extent };
        let (least, most) = row.reach(&lengths);
        if least < 0 || extent <= most {
            let span = self.span(index);
            let text = self.quote_span(span);
            let error =
                Diagnostic::error("E0309", format!("{text} goes from {least} to {most}, outside of 0..{extent}"))
                    .at(span, format!("the axis has {extent} entries"))
                    .help("`pad(x, before, behind)` has zeros around it");
            return Some(self.fail(error));
        }
        // The axis becomes one for each loop.
        let count = places.terms.len();
        let mut shape = self.graph.shape(x).to_vec();
        let mut rows: Vec<Row> = vec![];
        for (k, &n) in shape.iter().enumerate() {
            rows.push(Row::axis(if k < axis { k } else { (k + count).saturating_sub(1) }, n));
        }
        row.terms.iter_mut().for_each(|term| term.0 += axis);
        rows[axis] = row;
        shape.splice(axis..=axis, lengths);
        let mut result = self.graph.view(x, shape, rows);
        for (place, _) in places.terms {
            let first = self.moved_to_front(result, axis);
            result = self.placed(first, place);
        }
        Some(Ok(result))
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
