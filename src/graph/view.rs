//! Views: affine maps of indices with zero fill. Slices, strides, reversal, padding, transposition, windows, expansion, and their adjoints.
use super::NodeId;

/// How one axis of the operand is indexed: `i = (offset + Σ coefficient · o) / divisor`, over the view's own indices `o`.
///
/// Where the division does not come out even, or `i` is outside `low..high`, the view is zero.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Row {
    pub offset: i64,
    /// `(axis of the view, coefficient)`, axes ascending, coefficients not zero.
    pub terms: Vec<(usize, i64)>,
    pub divisor: i64,
    pub low: i64,
    pub high: i64,
}

/// A view of `x`. An axis of the view occurs in one row, or in a second one if the first has it alone, as it is;
/// one that occurs in none repeats.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct View {
    pub x: NodeId,
    pub shape: Vec<usize>,
    /// One for each axis of `x`.
    pub rows: Vec<Row>,
}

impl Row {
    /// The axis itself: `i = o`.
    pub fn axis(axis: usize, extent: usize) -> Row {
        Row { offset: 0, terms: vec![(axis, 1)], divisor: 1, low: 0, high: extent as i64 }
    }
    /// `i` at these indices of the view, if it is inside.
    pub fn index(&self, at: &[usize]) -> Option<usize> {
        let sum = self.offset + self.terms.iter().map(|&(axis, c)| c * at[axis] as i64).sum::<i64>();
        let index = sum.div_euclid(self.divisor);
        let inside = sum.rem_euclid(self.divisor) == 0 && self.low <= index && index < self.high;
        inside.then_some(index as usize)
    }
    /// Whether every index of the view is inside and divides evenly: no zero is ever filled in.
    /// `extents` are the view's; an axis of the extent `BATCH` must run over the whole axis of `x`.
    pub fn is_total(&self, extents: &[usize]) -> bool {
        if let [(axis, 1)] = self.terms[..]
            && extents[axis] == super::BATCH
        {
            return self.offset == 0 && self.divisor == 1;
        }
        let (least, most) = self.reach(extents);
        let even = self.offset % self.divisor == 0
            && self.terms.iter().all(|&(a, c)| c % self.divisor == 0 || extents[a] == 1);
        even && least >= self.low && most < self.high
    }
    /// Whether `i` is the place along an axis of the view.
    fn is_plain(&self, axis: usize) -> bool {
        self.terms == [(axis, 1)] && self.offset == 0 && self.divisor == 1
    }
    /// The least and the greatest `i` that a view of these extents asks for, inside or not.
    pub fn reach(&self, extents: &[usize]) -> (i64, i64) {
        let reaches = self.terms.iter().map(|&(axis, c)| c.saturating_mul(extents[axis] as i64 - 1));
        let least = reaches.clone().fold(self.offset, |sum, reach| sum.saturating_add(reach.min(0)));
        let most = reaches.fold(self.offset, |sum, reach| sum.saturating_add(reach.max(0)));
        (least.div_euclid(self.divisor), most.div_euclid(self.divisor))
    }
}

impl View {
    /// Whether no zero is ever filled in.
    pub fn is_total(&self) -> bool {
        self.rows.iter().all(|row| row.is_total(&self.shape))
    }
    /// The axes of the view that occur in no row: along them the value repeats.
    pub fn repeated(&self) -> Vec<usize> {
        (0..self.shape.len()).filter(|axis| !self.rows.iter().any(|r| r.terms.iter().any(|t| t.0 == *axis))).collect()
    }
    /// Whether an axis of the view occurs in one row, or in a second one if the first has it alone, as it is.
    pub fn has_single_axes(&self) -> bool {
        let plain = |axis: usize| self.rows.iter().any(|r| r.is_plain(axis));
        (0..self.shape.len()).all(|axis| self.uses(axis) <= if plain(axis) { 2 } else { 1 })
    }
    /// In how many rows an axis of the view occurs.
    fn uses(&self, axis: usize) -> usize {
        self.rows.iter().filter(|r| r.terms.iter().any(|t| t.0 == axis)).count()
    }
    /// Whether each axis of `x`, of this shape, is an axis of the view of its own, whole and as it is: not so the first entries of one,
    /// nor a diagonal.
    pub fn keeps_axes(&self, x_shape: &[usize]) -> bool {
        let keeps = |row: &Row, n: usize| {
            let whole = matches!(row.terms[..], [(axis, 1)] if self.shape[axis] == n && self.uses(axis) == 1);
            whole && row.offset == 0 && row.divisor == 1
        };
        self.rows.iter().zip(x_shape).all(|(row, &n)| keeps(row, n)) && self.is_total()
    }
    /// If the view of an `x` of this shape only repeats (and keeps the order of axes), the axes along which it does.
    pub fn as_expansion(&self, x_shape: &[usize]) -> Option<Vec<usize>> {
        let axes: Vec<usize> = self.rows.iter().filter_map(|r| r.terms.first().map(|t| t.0)).collect();
        (self.keeps_axes(x_shape) && axes.is_sorted()).then(|| self.repeated())
    }
    /// If the view of an `x` of this shape only reorders axes: `order[k]` is the axis of `x` that stands at place `k`.
    pub fn as_permutation(&self, x_shape: &[usize]) -> Option<Vec<usize>> {
        if !self.keeps_axes(x_shape) || self.rows.len() != self.shape.len() {
            return None;
        }
        let mut order = vec![0; self.shape.len()];
        for (axis, row) in self.rows.iter().enumerate() {
            order[row.terms[0].0] = axis;
        }
        Some(order)
    }

    /// The same view with an axis of extent 1 behind the others for each row that has no axis of its own: one that reads one index
    /// only, or, as a diagonal's, at the place of another row. What the adjoint below solves for is then there.
    pub fn with_pivots(&self) -> View {
        let mut view = self.clone();
        let owner = |axis: usize| self.rows.iter().position(|r| r.is_plain(axis));
        for (at, row) in view.rows.iter_mut().enumerate() {
            if row.terms.iter().all(|&(axis, _)| owner(axis).is_some_and(|it| it != at)) {
                row.terms.push((view.shape.len(), 1));
                view.shape.push(1);
            }
        }
        view
    }
    /// The adjoint: a view of the cotangent `g` (which has this view's shape), and the axes over which it is then summed.
    ///
    /// For each axis `i` of `x` one axis `o` of the view, the pivot, is solved for: `o = (divisor · i − offset − Σ others) / c`.
    /// The axes that are not pivots are kept behind, and summed.
    pub fn adjoint(&self, g: NodeId, x_shape: &[usize]) -> (View, Vec<usize>) {
        // An axis that a row has alone is that row's pivot; the others choose among what is left.
        let alone: Vec<usize> = self.rows.iter().filter(|r| r.terms.len() == 1).map(|r| r.terms[0].0).collect();
        let pivots: Vec<Option<(usize, i64)>> = self
            .rows
            .iter()
            .map(|row| match row.terms[..] {
                [only] => Some(only),
                _ => row.terms.iter().copied().filter(|t| !alone.contains(&t.0)).max_by_key(|t| self.shape[t.0]),
            })
            .collect();
        let free: Vec<usize> =
            (0..self.shape.len()).filter(|axis| !pivots.iter().flatten().any(|p| p.0 == *axis)).collect();
        let mut shape = x_shape.to_vec();
        shape.extend(free.iter().map(|&axis| self.shape[axis]));
        // Where an axis that is no pivot of its row stands: kept behind, or solved for by the row that has it alone.
        let place = |axis: usize| match free.iter().position(|&f| f == axis) {
            Some(at) => x_shape.len() + at,
            None => self.rows.iter().position(|r| matches!(r.terms[..], [(a, _)] if a == axis)).unwrap_or(0),
        };
        let mut rows: Vec<Row> = (0..self.shape.len()).map(|axis| Row::axis(place(axis), self.shape[axis])).collect();
        for (i, (row, pivot)) in self.rows.iter().zip(&pivots).enumerate() {
            let Some((axis, c)) = *pivot else { continue };
            let sign = c.signum();
            let mut terms = vec![(i, sign * row.divisor)];
            terms.extend(row.terms.iter().filter(|t| t.0 != axis).map(|&(other, k)| (place(other), -sign * k)));
            terms.sort();
            let extent = self.shape[axis] as i64;
            rows[axis] = Row { offset: -sign * row.offset, terms, divisor: c.abs(), low: 0, high: extent };
        }
        (View { x: g, shape, rows }, (x_shape.len()..x_shape.len() + free.len()).collect())
    }

    /// Whether the adjoint above is right: each row has an axis of its own, and what `low..high` cuts off is outside `x`.
    /// (A row narrower than its axis needs its own bounds, which the adjoint's row can't say.)
    pub fn has_adjoint(&self, x_shape: &[usize]) -> bool {
        let is_whole = |row: &Row, n: usize| row.low == 0 && row.high == n as i64;
        self.with_pivots().shape.len() == self.shape.len()
            && self.rows.iter().zip(x_shape).all(|(row, &n)| is_whole(row, n))
    }
}

/// Constructors of rows, for each kind of view.
pub mod rows {
    use super::Row;

    /// Every `step`-th element from `start`; a negative step goes back.
    pub fn slice(axis: usize, extent: usize, start: usize, step: i64) -> Row {
        Row { offset: start as i64, terms: vec![(axis, step)], divisor: 1, low: 0, high: extent as i64 }
    }
    /// `before` zeros, then the elements.
    pub fn pad(axis: usize, extent: usize, before: usize) -> Row {
        Row { offset: -(before as i64), terms: vec![(axis, 1)], divisor: 1, low: 0, high: extent as i64 }
    }
    /// `x[stride · place + dilation · tap − before]`: windows over an axis, by two axes of the view.
    pub fn window(place: usize, tap: usize, extent: usize, stride: usize, dilation: usize, before: usize) -> Row {
        let mut terms = vec![(place, stride as i64), (tap, dilation as i64)];
        terms.sort();
        Row { offset: -(before as i64), terms, divisor: 1, low: 0, high: extent as i64 }
    }
}
