//! Values that are spoken of by name, at their places.
use super::{At, Axis, Piece, Writer};
use crate::graph::{Leaf, LoopId, NodeId, Op};
use crate::notation::expression::{Expression, Part};
use crate::notation::place::{Affine, Place};

impl Writer<'_> {
    /// The name of a value with its places, if it has one.
    pub(super) fn reference(&mut self, id: NodeId, at: &At) -> Option<Piece> {
        // What a loop carries is what it handed on a round before.
        if let Op::Leaf(Leaf::Binder(of, index)) = *self.graph.op(id) {
            let next = self.graph.looped(of).binders[index as usize].next;
            let place = self.place_of(of, at);
            // What a loop only hands on is what it began with.
            if place == self.start_of(of) || next == id || !self.names.has(next) {
                return None;
            }
            let before = place.plus(if self.graph.looped(of).reverse { 1 } else { -1 });
            self.crossed.push((of, self.graph.looped(of).binders[index as usize].init));
            return self.reference(next, &at.in_loop(of, before, at.axes.clone()));
        }
        if let Some(title) = self.names.get(id) {
            let symbol = Expression::Symbol(title.symbol.clone());
            return Some(self.placed(symbol, &self.graph.node(id).loops.clone(), at));
        }
        match *self.graph.op(id) {
            // All values of a named value of a loop are called as it is, without a place.
            Op::Stacked { of, x } if at.axes[0] == Axis::Free && self.names.has(x) => {
                let title = self.names.get(x)?;
                let symbol = Expression::Symbol(title.symbol.clone());
                let loops: Vec<LoopId> = self.graph.node(x).loops.iter().copied().filter(|l| *l != of).collect();
                Some(self.placed(symbol, &loops, at))
            }
            Op::Element { of, x } => {
                let name = self.names.element(x, self.names.root(of))?.to_string();
                Some(self.placed(Expression::name(name), &self.graph.node(id).loops.clone(), at))
            }
            Op::Leaf(Leaf::LoopIndex(of)) => {
                let place = self.place_of(of, at);
                // Letters of loops count from 1, indices of the language from 0.
                let place = if place.terms.is_empty() { place } else { place.plus(-1) };
                Some(Piece::scalar(place.expression()))
            }
            _ => None,
        }
    }

    /// A name with its subscripts and indices.
    pub(super) fn placed(&self, symbol: Expression, loops: &[LoopId], at: &At) -> Piece {
        let mut subscripts: Vec<Expression> = loops.iter().map(|&l| self.place_of(l, at).expression()).collect();
        let mut parts = vec![];
        let mut axes = vec![];
        for (k, axis) in at.axes.iter().enumerate() {
            match axis {
                // The place of a loop stands below: x_t.
                Axis::At(Place::Affine(place)) if parts.is_empty() && self.is_loop_place(place) => {
                    subscripts.push(place.expression());
                }
                Axis::At(place) => parts.push(self.index_of(place)),
                Axis::Free => {
                    parts.push(Part::Range(None, None));
                    axes.push(k);
                }
            }
        }
        if let (Some(Part::Beyond { last, .. }), Some(Axis::At(_))) = (parts.last_mut(), at.axes.last()) {
            *last = true;
        }
        Piece { expression: symbol.subscript(subscripts).index(parts), axes }
    }

    /// `[i == 1]`: whether a place is the only one that is there.
    pub(super) fn is_first(&self, place: &Affine) -> Expression {
        let before = place.terms.iter().filter(|t| self.names.is_loop_letter(&t.0)).map(|t| t.1).sum::<i64>();
        let letters = Affine { offset: 0, beyond: (0, 0), ..place.clone() }.expression();
        let number = before - place.offset;
        // A loop's last round has a letter.
        let is_end = |of: &LoopId| {
            let own = Affine::letter(&self.names.loop_letter(*of).0);
            place.terms == own.terms && self.graph.looped(*of).length as i64 == number
        };
        let end = (0..self.graph.loops.len() as u32).map(LoopId).find(is_end);
        let number = match end {
            Some(of) => Affine::letter(&self.names.loop_letter(of).1),
            None => Affine::number(number),
        };
        let number = number.expression();
        Expression::Bracket(Box::new(Expression::Compare("==", Box::new(letters), Box::new(number))))
    }

    /// A place in brackets: there indices count from 0, the letters of loops from 1.
    fn index_of(&self, place: &Place) -> Part {
        let Place::Affine(affine) = place else { return place.part() };
        let shift = affine.terms.iter().filter(|t| self.names.is_loop_letter(&t.0)).map(|t| t.1).sum::<i64>();
        Affine { offset: affine.offset - shift, ..affine.clone() }.part()
    }

    fn is_loop_place(&self, place: &Affine) -> bool {
        place.is_simple() && place.terms.first().is_some_and(|t| self.names.is_loop_letter(&t.0))
    }
}
