//! Views: places go through rows; slices, reversal and padding of whole axes are spelled out.
use super::product::Factors;
use super::{At, Axis, Hint, Needs, Piece, Result, Writer};
use crate::graph::{LoopId, NodeId, Op, Row, View};
use crate::notation::derivation::Form;
use crate::notation::expression::{Expression, Part};
use crate::notation::place::{Affine, Place, through};
use crate::op::Linearity;
use crate::op::arithmetic::DIVIDE;
use crate::op::exponential::POW;
use rustc_hash::FxHashSet;

/// What a row does to an axis that stays whole.
#[derive(Clone, Debug, PartialEq)]
enum Change {
    None,
    Range(Option<i64>, Option<i64>),
    Reverse,
    Pad(i64, i64),
    /// `reverse(pad(x, before, behind))`.
    ReversedPad(i64, i64),
}

impl Writer<'_> {
    /// How the operand of a view is looked at, and its axes' names outside; none if an axis that stays whole is changed.
    pub(super) fn rows(&self, view: &View, at: &At) -> Result<Option<(Vec<Axis>, Vec<usize>)>> {
        let (axes, names, changes) = self.changes(view, at)?;
        Ok(changes.iter().all(|c| *c == Change::None).then_some((axes, names)))
    }

    fn changes(&self, view: &View, at: &At) -> Result<(Vec<Axis>, Vec<usize>, Vec<Change>)> {
        let (mut axes, mut names, mut changes) = (vec![], vec![], vec![]);
        for (k, row) in view.rows.iter().enumerate() {
            let free: Vec<usize> = row.terms.iter().map(|t| t.0).filter(|&o| at.axes[o] == Axis::Free).collect();
            let change = match free[..] {
                [] => {
                    let places: Vec<(&Place, i64)> = row
                        .terms
                        .iter()
                        .filter_map(|&(o, c)| match &at.axes[o] {
                            Axis::At(place) => Some((place, c)),
                            Axis::Free => None,
                        })
                        .collect();
                    let beyond = beyond(row, view, &places, self.graph.shape(view.x)[k] as i64);
                    axes.push(Axis::At(through(row, &places).beyond(beyond)));
                    names.push(row.terms.first().map_or(0, |t| t.0));
                    changes.push(Change::None);
                    continue;
                }
                // One entry among zeros has no reading as a whole.
                [axis] if self.graph.shape(view.x)[k] == 1 && !self.fills_silently(row, view, k) => {
                    return Err(Needs { axis, hint: Hint::Any });
                }
                [axis] if row.terms.len() == 1 => change(row, axis, view, self.graph.shape(view.x)[k] as i64)
                    .ok_or(Needs { axis, hint: Hint::Any })?,
                [axis, ..] => return Err(Needs { axis, hint: hint(row, axis, view) }),
            };
            axes.push(Axis::Free);
            names.push(free[0]);
            changes.push(change);
        }
        Ok((axes, names, changes))
    }

    /// A view with zeros around a value that has no name to be looked up beyond its ends, at places: `[i ≥ 1] tanh(x[i])`.
    pub(super) fn filled(&mut self, view: &View, at: &At) -> Result<Option<Factors>> {
        let Some((axes, names)) = self.rows(view, at)? else { return Ok(None) };
        if self.form == Form::Program && self.breaks_at_zero(view.x) {
            // 0 / 0 beyond the ends is no number, whatever it is multiplied by.
            self.call_by_letter(view.x);
        }
        let mut inner = at.with(axes);
        let conditions = self.conditions(view, at, &mut inner);
        if self.graph.is_known_true(view.x) && !conditions.factors.is_empty() {
            // Where there is something, no more.
            let whole = Factors::number(conditions.coefficient);
            return Ok(Some(conditions.factors.into_iter().fold(whole, Factors::where_holds)));
        }
        let factors = self.factors(view.x, &inner).map_err(|needs| Needs { axis: names[needs.axis], ..needs })?;
        let factors = factors.renamed(&names).times(Factors::number(conditions.coefficient));
        Ok(Some(conditions.factors.into_iter().fold(factors, Factors::where_holds)))
    }

    /// What must hold that the places of a view have something behind them.
    fn conditions(&self, view: &View, at: &At, inner: &mut At) -> Factors {
        let mut conditions = Factors::number(1.0);
        for (k, row) in view.rows.iter().enumerate() {
            if let Axis::At(Place::Value(place)) = &inner.axes[k]
                && row.high - row.low == 1
                && !row.is_total(&view.shape)
            {
                // A place that is computed, against the only one that there is.
                let only = Box::new(Expression::number(row.low as f64));
                let here = Expression::Compare("==", Box::new(place.clone()), only);
                conditions = conditions.times(Factors::one(Piece::scalar(Expression::Bracket(Box::new(here)))));
                inner.axes[k] = Axis::At(Place::Affine(Affine::number(row.low)));
                continue;
            }
            let Axis::At(Place::Affine(place)) = &mut inner.axes[k] else { continue };
            if self.fills_silently(row, view, k) || place.divisor != 1 {
                continue;
            }
            let shift = self.letters_of_loops(place);
            let places: Vec<(&Place, i64)> = (row.terms.iter())
                .filter_map(|&(axis, c)| match &at.axes[axis] {
                    Axis::At(place) => Some((place, c)),
                    Axis::Free => None,
                })
                .collect();
            let (least, most) = reach(row, view, &places);
            let may_leave = (least < row.low, most >= row.high);
            for condition in place.within(row.low + shift, row.high + shift, may_leave) {
                conditions = conditions.times(match condition {
                    Some(condition) => {
                        let condition = self.last_round_by_letter(condition);
                        Factors::one(Piece::scalar(Expression::Bracket(Box::new(condition))))
                    }
                    None => Factors::number(0.0),
                });
            }
            if row.high - row.low == 1 {
                *place = Affine::number(row.low);
            }
        }
        conditions
    }

    /// The last round of a loop is its letter's: `s = S`, not `s = 100`.
    fn last_round_by_letter(&self, condition: Expression) -> Expression {
        let Expression::Compare(sign, letter, number) = &condition else { return condition };
        if self.in_body {
            return condition;
        }
        let loops = (0..self.graph.loops.len() as u32).map(LoopId);
        let mut ends = loops.map(|of| (self.names.loop_letter(of), self.graph.looped(of).length as f64));
        let end = ends.find(|((own, _), length)| {
            **letter == Expression::name(own.clone()) && **number == Expression::Number(*length)
        });
        match end {
            Some(((_, end), _)) => Expression::Compare(sign, letter.clone(), Box::new(Expression::name(end))),
            None => condition,
        }
    }

    /// The only place along an axis where a value is not zero, if that is known.
    pub(super) fn only_place(&self, id: NodeId, axis: usize) -> Option<i64> {
        if self.names.has(id) {
            return None;
        }
        match *self.graph.op(id) {
            Op::View(ref view) => view.rows.iter().enumerate().find_map(|(k, row)| {
                let is_one = self.graph.shape(view.x)[k] == 1 && !self.fills_silently(row, view, k);
                (is_one && row.terms == [(axis, 1)] && row.divisor == 1).then_some(row.low - row.offset)
            }),
            Op::Unary(op, x) if op.scale.is_some() => self.only_place(x, axis),
            Op::Binary(op, x, y) => match op.linear {
                Linearity::Each => self.only_place(x, axis).or_else(|| self.only_place(y, axis)),
                Linearity::First => self.only_place(x, axis),
                Linearity::Sum(_) | Linearity::No => None,
            },
            _ => None,
        }
    }

    /// Whether a formula without a name has no value where what it is made of is zero.
    fn breaks_at_zero(&self, id: NodeId) -> bool {
        let (mut seen, mut todo) = (FxHashSet::default(), vec![id]);
        while let Some(id) = todo.pop() {
            if self.names.has(id) || !seen.insert(id) {
                continue;
            }
            match *self.graph.op(id) {
                Op::Unary(op, _) if !(op.value)(0.0).is_finite() => return true,
                Op::Binary(op, _, y) if op == DIVIDE && self.graph.constant_of(y).is_none() => return true,
                Op::Binary(op, _, n) if op == POW && self.graph.constant_of(n).is_none_or(|n| n < 0.0) => {
                    return true;
                }
                _ => todo.extend(self.graph.op(id).operands()),
            }
        }
        false
    }

    /// Whether a row fills in no zeros, or those that are there anyway when a value is looked up beyond its ends.
    fn fills_silently(&self, row: &Row, view: &View, axis: usize) -> bool {
        let reads_all = row.low <= 0 && row.high >= self.graph.shape(view.x)[axis] as i64;
        row.is_total(&view.shape) || (reads_all && self.vanishes_beyond(view.x, axis))
    }

    /// Whether a value is zero beyond its ends when what bears a name in it is.
    fn vanishes_beyond(&self, id: NodeId, axis: usize) -> bool {
        if self.names.has(id) {
            return true;
        }
        match *self.graph.op(id) {
            Op::Unary(op, x) => (op.value)(0.0) == 0.0 && self.vanishes_beyond(x, axis),
            Op::Binary(op, x, y) => {
                let (x, y) = (self.vanishes_beyond(x, axis), self.vanishes_beyond(y, axis));
                match op.linear {
                    Linearity::Each => x || y,
                    Linearity::First => x,
                    Linearity::Sum(_) => x && y,
                    Linearity::No => false,
                }
            }
            // Beyond a part there is the rest of the whole.
            Op::View(ref inner) => (inner.rows.iter().zip(self.graph.shape(inner.x)))
                .position(|(row, &extent)| *row == Row::axis(axis, extent) && inner.shape[axis] == extent)
                .is_some_and(|k| self.vanishes_beyond(inner.x, k)),
            Op::Contract(ref c) => {
                let place = |axes: &[u8]| axes.iter().position(|&l| l == c.out_axes[axis]);
                place(&c.a_axes).is_some_and(|k| self.vanishes_beyond(c.a, k))
                    || place(&c.b_axes).is_some_and(|k| self.vanishes_beyond(c.b, k))
            }
            Op::Stacked { x, .. } => self.names.has(x) || (axis > 0 && self.vanishes_beyond(x, axis - 1)),
            _ => false,
        }
    }

    /// A view that changes whole axes: `x[1..]`, `reverse(x)`, `pad(x, 1, 1)`.
    pub(super) fn changed(&mut self, view: &View, at: &At) -> Result<Piece> {
        let (axes, names, changes) = self.changes(view, at)?;
        let mut inner = at.with(axes);
        let conditions = self.conditions(view, at, &mut inner);
        let piece = self.value_or_letter(view.x, &inner)?;
        let mut expression = piece.expression.bracketed();
        let mut parts: Vec<Part> = vec![];
        for (place, &k) in piece.axes.iter().enumerate() {
            // Without a word `reverse` takes the first axis, and `pad` the last.
            let axis = |name: &str, mut arguments: Vec<Expression>, expression: Expression| {
                arguments.insert(0, expression);
                let mut options = vec![];
                let silent = if name == "pad" { piece.axes.len() - 1 } else { 0 };
                if place != silent {
                    options.push(("axis".into(), Expression::Number(place as f64)));
                }
                Expression::Call { name: name.into(), arguments, options }
            };
            let mut part = Part::Range(None, None);
            match changes[k] {
                Change::None => {}
                Change::Range(from, to) => part = Part::Range(from, to),
                Change::Reverse => expression = axis("reverse", vec![], expression),
                Change::Pad(before, behind) | Change::ReversedPad(before, behind) => {
                    let numbers = vec![Expression::Number(before as f64), Expression::Number(behind as f64)];
                    expression = axis("pad", numbers, expression);
                    if let Change::ReversedPad(..) = changes[k] {
                        expression = axis("reverse", vec![], expression);
                    }
                }
            }
            parts.push(part);
        }
        // A place before a range is written in one pair of brackets.
        expression = match expression {
            Expression::Index(x, before) if before.iter().all(|p| !matches!(p, Part::Range(..))) => {
                (*x).index(before.into_iter().chain(parts).collect())
            }
            other => other.index(parts),
        };
        let is_padded = |k: usize| matches!(changes[k], Change::Pad(..) | Change::ReversedPad(..));
        let lost = (0..changes.len()).find(|&k| is_padded(k) && !piece.axes.contains(&k));
        if let Some(k) = lost
            && inner.axes[k] == Axis::Free
        {
            return Err(Needs { axis: names[k], hint: Hint::Any });
        }
        let piece = Factors::one(Piece { expression, axes: piece.axes }.renamed(&names));
        let (negative, piece) = self.finish_product(piece.times(conditions), &view.shape)?;
        Ok(Piece { expression: if negative { piece.expression.negated() } else { piece.expression }, ..piece })
    }
}

/// What a row does that reads one whole axis; none if it needs a place.
fn change(row: &Row, axis: usize, view: &View, extent: i64) -> Option<Change> {
    let length = view.shape[axis] as i64;
    if row.divisor != 1 {
        return None;
    }
    let total = row.is_total(&view.shape);
    match row.terms[0].1 {
        1 if total && row.offset == 0 && length == extent => Some(Change::None),
        1 if total => {
            let end = row.offset + length;
            Some(Change::Range((row.offset != 0).then_some(row.offset), (end != extent).then_some(end)))
        }
        -1 if total && row.offset == extent - 1 && length == extent => Some(Change::Reverse),
        // One element behind zeros is said by its place.
        1 if row.low == 0 && row.high == extent && extent != 1 => {
            let (before, behind) = (-row.offset, length - extent + row.offset);
            (before >= 0 && behind >= 0).then_some(Change::Pad(before, behind))
        }
        -1 if row.low == 0 && row.high == extent => {
            let before = length - 1 - row.offset;
            let behind = length - extent - before;
            (before >= 0 && behind >= 0).then_some(Change::ReversedPad(before, behind))
        }
        _ => None,
    }
}

/// How far a row reaches beyond the axis that it reads.
fn beyond(row: &Row, view: &View, places: &[(&Place, i64)], extent: i64) -> (i64, i64) {
    let (least, most) = reach(row, view, places);
    ((-least).max(0), (most - extent + 1).max(0))
}

/// The least and the greatest index that a row asks for, at places that may lie beyond its own axes already.
fn reach(row: &Row, view: &View, places: &[(&Place, i64)]) -> (i64, i64) {
    let (mut least, mut most) = row.reach(&view.shape);
    for (place, c) in places {
        let Place::Affine(place) = place else { continue };
        let (before, behind) = if *c < 0 { (place.beyond.1, place.beyond.0) } else { place.beyond };
        least -= c.abs() * before;
        most += c.abs() * behind;
    }
    (least, most)
}

/// Of the two axes of a window, the shorter is the one within it.
pub(super) fn hint(row: &Row, axis: usize, view: &View) -> Hint {
    let shortest = row.terms.iter().map(|t| t.0).min_by_key(|&o| (view.shape[o], usize::MAX - o));
    if row.terms.len() < 2 {
        Hint::Any
    } else if shortest == Some(axis) {
        Hint::Tap
    } else {
        Hint::Window
    }
}
