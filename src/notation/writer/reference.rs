//! Values that are spoken of by name, at their places.
use super::{At, Axis, Piece, Writer};
use crate::graph::{Leaf, LoopId, NodeId, Op};
use crate::notation::derivation::Form;
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
            // What goes round in circles is nothing else's: it has its own name.
            if self.only_circles(id) {
                let symbol = Expression::Symbol(self.names.get(id)?.symbol.clone());
                let loops = self.graph.node(id).loops.clone();
                return Some(self.placed(id, symbol, &loops, at));
            }
            return self.reference(next, &at.in_loop(of, before, at.axes.clone()));
        }
        if let Some(title) = self.names.get(id) {
            let symbol = Expression::Symbol(title.symbol.clone());
            return Some(self.placed(id, symbol, &self.graph.node(id).loops.clone(), at));
        }
        match *self.graph.op(id) {
            // All values of a named value of a loop are called as it is, without a place.
            Op::Stacked { of, x } if at.axes[0] == Axis::Free && self.names.has(x) => {
                let title = self.names.get(x)?;
                let symbol = Expression::Symbol(title.symbol.clone());
                let loops: Vec<LoopId> = self.graph.node(x).loops.iter().copied().filter(|l| *l != of).collect();
                Some(self.placed(id, symbol, &loops, at))
            }
            Op::Element { of, x } => {
                let name = self.names.element(x, self.names.root(of))?.to_string();
                Some(self.placed(id, Expression::name(name), &self.graph.node(id).loops.clone(), at))
            }
            Op::Leaf(Leaf::LoopIndex(of)) => {
                let place = self.place_of(of, at);
                Some(Piece::scalar(self.as_index(&place).expression()))
            }
            _ => None,
        }
    }

    /// Whether a loop hands on what it carries from one place to another alone, and back, as `(t, s)` of states `s` and `t`.
    fn only_circles(&self, id: NodeId) -> bool {
        let (mut at, mut seen) = (id, vec![]);
        while let Op::Leaf(Leaf::Binder(of, index)) = *self.graph.op(at) {
            if seen.contains(&at) {
                return at == id;
            }
            seen.push(at);
            at = self.graph.looped(of).binders[index as usize].next;
        }
        false
    }

    /// A name with its subscripts and indices.
    pub(super) fn placed(&self, id: NodeId, symbol: Expression, loops: &[LoopId], at: &At) -> Piece {
        let loops = if self.in_body { &[] } else { loops };
        let mut subscripts: Vec<Expression> = loops.iter().map(|&l| self.place_of(l, at).expression()).collect();
        let mut parts = vec![];
        let mut axes = vec![];
        for (k, axis) in at.axes.iter().enumerate() {
            match axis {
                // Which of one element it is, goes without saying.
                Axis::At(Place::Affine(place))
                    if self.form == Form::Paper && self.graph.shape(id)[k] == 1 && place.terms.is_empty() => {}
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

    /// A place in brackets.
    pub(super) fn index_of(&self, place: &Place) -> Part {
        match place {
            Place::Affine(affine) => self.as_index(affine).part(),
            Place::Value(_) => place.part(),
        }
    }

    /// A place as an index of the language: these count from 0, the letters of loops from 1.
    pub(super) fn as_index(&self, place: &Affine) -> Affine {
        Affine { offset: place.offset - self.letters_of_loops(place), ..place.clone() }
    }
    /// A place as a number of the program, as which it is compared.
    pub(super) fn as_number(&self, place: &Place) -> Expression {
        match place {
            Place::Affine(affine) => self.as_index(affine).expression(),
            Place::Value(value) => value.clone(),
        }
    }
    /// By how much a place is greater than the index that it stands for: on paper, letters of loops count from 1.
    pub(super) fn letters_of_loops(&self, place: &Affine) -> i64 {
        if self.in_body {
            return 0;
        }
        place.terms.iter().filter(|t| self.names.is_loop_letter(&t.0)).map(|t| t.1).sum()
    }

    fn is_loop_place(&self, place: &Affine) -> bool {
        !self.in_body && place.is_simple() && place.terms.first().is_some_and(|t| self.names.is_loop_letter(&t.0))
    }
}
