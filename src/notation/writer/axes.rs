//! Pieces of formulas and their axes: which axes of a value a formula has, and whether several fit together on paper.
use super::{At, Axis, Hint, Needs, Result};
use crate::notation::derivation::Form;
use crate::notation::expression::{Expression, Part};

/// A formula, and which axes of the value in question its own axes are. Along the axes that it lacks the value repeats.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    pub expression: Expression,
    pub axes: Vec<usize>,
}

impl Piece {
    pub fn scalar(expression: Expression) -> Piece {
        Piece { expression, axes: vec![] }
    }
    /// What stands too deep, or too far behind, to be read.
    pub fn elided(at: &At) -> Piece {
        Piece { expression: Expression::name("…"), axes: at.free().collect() }
    }
    /// The same seen from outside: axis `k` is called `axes[k]` there.
    pub fn renamed(self, axes: &[usize]) -> Piece {
        Piece { axes: self.axes.iter().map(|&a| axes[a]).collect(), ..self }
    }
    /// A value with all its axes, of which some are at places.
    pub fn taken(self, at: &At) -> Piece {
        let piece = self.ascending();
        let part = |k: &usize| match &at.axes[*k] {
            Axis::At(place) => place.part(),
            Axis::Free => Part::Range(None, None),
        };
        let expression = piece.expression.index(piece.axes.iter().map(part).collect());
        Piece { expression, axes: piece.axes.into_iter().filter(|&k| at.axes[k] == Axis::Free).collect() }
    }
    /// With its axes in ascending order: transposed, if need be.
    pub fn ascending(self) -> Piece {
        if self.axes.is_sorted() {
            return self;
        }
        let mut axes = self.axes.clone();
        axes.sort();
        let expression = if axes.len() == 2 {
            self.expression.transposed()
        } else {
            let order = axes.iter().filter_map(|a| self.axes.iter().position(|o| o == a));
            let order = Expression::List(order.map(|k| Expression::Number(k as f64)).collect());
            Expression::call("transpose", vec![self.expression, order])
        };
        Piece { expression, axes }
    }
}

/// All axes of pieces that are combined element by element. The smaller must be the tail of the larger (a vector and the rows of a
/// matrix); on paper axes of one element fit anywhere.
pub fn union<'a>(pieces: impl Iterator<Item = &'a Piece> + Clone, shape: &[usize], form: Form) -> Result<Vec<usize>> {
    let mut all: Vec<usize> = pieces.clone().flat_map(|p| p.axes.iter().copied()).collect();
    all.sort();
    all.dedup();
    let counting = |axes: &[usize]| -> Vec<usize> {
        axes.iter().copied().filter(|&a| form == Form::Program || shape[a] != 1).collect()
    };
    let whole = counting(&all);
    for piece in pieces {
        let own = counting(&piece.axes);
        if !whole.ends_with(&own) {
            let single = whole.iter().copied().find(|&a| shape[a] == 1 && !own.contains(&a));
            return Err(Needs { axis: single.unwrap_or(own[0]), hint: Hint::Any });
        }
    }
    Ok(all)
}

/// A value as a whole may repeat along its leading axes without a word; any other axis that a formula lacks puts the rest to a place.
pub fn tail(piece: &Piece, at: &At, shape: &[usize]) -> Option<Needs> {
    let long = |k: &usize| shape[*k] != 1;
    let free: Vec<usize> = at.free().filter(long).collect();
    let own: Vec<usize> = at.free().filter(|k| piece.axes.contains(k)).filter(long).collect();
    (!free.ends_with(&own)).then(|| Needs { axis: own[0], hint: Hint::Any })
}
