//! Values that are picked by an index, and indices as values.
use super::atom::compared;
use super::{At, Axis, Hint, Needs, Piece, Result, Writer};
use crate::graph::NodeId;
use crate::notation::derivation::Form;
use crate::notation::expression::{Expression, Part};
use crate::notation::place::Place;

impl Writer<'_> {
    /// `y[t]`
    pub(super) fn gather(&mut self, table: NodeId, index: NodeId, shared: usize, at: &At) -> Result<Piece> {
        if let Some(axis) = (0..shared).find(|&k| at.axes[k] == Axis::Free) {
            return Err(Needs { axis, hint: Hint::Any });
        }
        let n = self.graph.shape(index).len();
        let place = self.value_or_letter(index, &at.with(at.axes[..n].to_vec()))?;
        let (leading, rest) = (at.axes[..shared].to_vec(), at.axes[n..].to_vec());
        if place.axes.is_empty() {
            let axes = leading.into_iter().chain([Axis::At(Place::Value(place.expression))]).chain(rest).collect();
            let piece = self
                .value(table, &at.with(axes))
                .map_err(|needs| Needs { axis: needs.axis + n - shared - 1, ..needs })?;
            let axes = piece.axes.iter().map(|k| k + n - shared - 1).collect();
            return Ok(Piece { axes, ..piece });
        }
        // A vector of indices picks rows.
        let axes = leading.into_iter().chain([Axis::Free]).chain(rest).collect();
        let piece = self.value_or_letter(table, &at.with(axes))?;
        let own = piece.axes.iter().filter(|k| **k > shared).map(|k| k + n - shared - 1);
        let axes = place.axes.iter().copied().chain(own).collect();
        Ok(Piece { expression: piece.expression.index(vec![Part::At(place.expression)]), axes })
    }

    /// `onehot(t)`; at a place, `[t = k]`.
    pub(super) fn one_hot(&mut self, index: NodeId, count: usize, at: &At) -> Result<Piece> {
        let last = at.axes.len() - 1;
        let piece = self.value_or_letter(index, &at.with(at.axes[..last].to_vec()))?;
        match &at.axes[last] {
            Axis::Free => {
                let axes = piece.axes.iter().copied().chain([last]).collect();
                Ok(Piece { expression: self.hot(index, piece, count), axes })
            }
            Axis::At(place) => {
                let hit = compared("==", piece.expression, self.as_number(place), true);
                Ok(Piece { expression: Expression::Bracket(Box::new(hit)), axes: piece.axes })
            }
        }
    }

    /// `onehot(t)` of so many entries. It takes a class or a place of as many; of a number, and in a program of all else, it is what compares all
    /// places with it.
    pub(super) fn hot(&self, index: NodeId, place: Piece, count: usize) -> Expression {
        use Expression::{Call, Index, Number, Subscript, Symbol};
        let is_place = matches!(place.expression, Symbol(_) | Subscript(..) | Index(..) | Call { .. });
        let fits = is_place && self.graph.ty(index).kind.count() == Some(count);
        let is_number = matches!(place.expression, Number(_));
        if is_number || self.form == Form::Program && place.axes.is_empty() && !fits {
            let hit = Expression::Compare("==", Box::new(Expression::Count(count)), Box::new(place.expression));
            return Expression::Bracket(Box::new(hit));
        }
        Expression::call("onehot", vec![place.expression])
    }
}
