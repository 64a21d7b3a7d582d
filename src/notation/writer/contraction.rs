//! Contractions as paper writes them: `w x`, `wᵀ δ`, `δ hᵀ`, `xᵀ y`; what has no such form as a sum over named indices.
use super::atom::compared;
use super::product::Factors;
use super::{At, Axis, Hint, Needs, Piece, Result, Writer};
use crate::graph::{Contraction, NodeId, Op};
use crate::notation::derivation::Form;
use crate::notation::expression::{Expression, Running, elementwise, product};
use crate::notation::place::{Affine, Place};

/// A label that must be at a place.
struct Stuck {
    label: u8,
    hint: Hint,
}

/// One operand: what stands before it, the rest as one formula, and the labels of its axes.
struct Side {
    before: Factors,
    expression: Expression,
    labels: Vec<u8>,
}

impl Writer<'_> {
    pub(super) fn contraction(&mut self, c: &Contraction, at: &At) -> Result<Factors> {
        let extents = c.extents(self.graph.shape(c.a), self.graph.shape(c.b));
        let mut places: Vec<Option<Place>> = vec![None; extents.len()];
        for (axis, &label) in at.axes.iter().zip(&c.out_axes) {
            if let Axis::At(place) = axis {
                places[label as usize] = Some(place.clone());
            }
        }
        // A sum of which all terms but one are zero is that one.
        for (x, axes) in [(c.a, &c.a_axes), (c.b, &c.b_axes)] {
            for (axis, &label) in axes.iter().enumerate().filter(|(_, label)| !c.out_axes.contains(label)) {
                if let Some(place) = self.only_place(x, axis) {
                    places[label as usize] = Some(Place::Affine(Affine::number(place)));
                }
            }
        }
        let before = self.in_use.len();
        let mut running: Vec<Running> = vec![];
        // What a loop stacked is summed over its rounds.
        for (x, axes) in [(c.a, &c.a_axes), (c.b, &c.b_axes)] {
            if let Op::Stacked { of, .. } = *self.graph.op(x)
                && !self.names.has(x)
                && !c.out_axes.contains(&axes[0])
                && places[axes[0] as usize].is_none()
            {
                let letter = self.names.loop_letter(of).0;
                running.push(Running { symbol: letter.clone(), length: extents[axes[0] as usize] });
                places[axes[0] as usize] = Some(Place::Affine(Affine::letter(&letter)));
            }
        }
        let factors = loop {
            match self.at_places(c, at, &places, &extents) {
                Ok(factors) => break factors,
                Err(Stuck { label, .. }) if !c.out_axes.contains(&label) && extents[label as usize] == 1 => {
                    places[label as usize] = Some(Place::Affine(Affine::number(0)));
                }
                Err(Stuck { label, hint }) if !c.out_axes.contains(&label) => {
                    let letter = self.fresh_letter(hint);
                    self.in_use.push(letter.clone());
                    running.push(Running { symbol: letter.clone(), length: extents[label as usize] });
                    places[label as usize] = Some(Place::Affine(Affine::letter(&letter)));
                }
                Err(Stuck { label, hint }) => {
                    self.in_use.truncate(before);
                    let axis = c.out_axes.iter().position(|&l| l == label).unwrap_or(0);
                    return Err(Needs { axis, hint });
                }
            }
        };
        self.in_use.truncate(before);
        if running.is_empty() {
            return Ok(factors);
        }
        let coefficient = factors.coefficient;
        let shape: Vec<usize> = c.out_axes.iter().map(|&l| extents[l as usize]).collect();
        let (_, body) = self.finish_product(Factors { coefficient: 1.0, ..factors }, &shape)?;
        let expression = Expression::SumOver(running, Box::new(body.expression));
        Ok(Factors { coefficient, factors: vec![Piece { expression, axes: body.axes }], ..Factors::default() })
    }

    fn at_places(
        &mut self,
        c: &Contraction,
        at: &At,
        places: &[Option<Place>],
        extents: &[usize],
    ) -> std::result::Result<Factors, Stuck> {
        let mut a = self.side(c.a, &c.a_axes, at, places)?;
        let mut b = self.side(c.b, &c.b_axes, at, places)?;
        // An axis of one element that only one of them has says nothing on paper; a program must say which element.
        let alone = |l: &u8, other: &[u8]| extents[*l as usize] == 1 && !c.out_axes.contains(l) && !other.contains(l);
        if self.form == Form::Program {
            let (of_a, of_b) = (a.labels.iter(), b.labels.iter());
            let stuck = of_a.filter(|l| alone(l, &b.labels)).chain(of_b.filter(|l| alone(l, &a.labels))).next();
            if let Some(&label) = stuck {
                return Err(Stuck { label, hint: Hint::Any });
            }
        }
        a.labels.retain(|l| !alone(l, &b.labels));
        b.labels.retain(|l| !alone(l, &a.labels));
        let (left, right) = (a.before, b.before);
        let mut result = left.times(right);
        let position = |label: u8| c.out_axes.iter().position(|&l| l == label);
        let out: Vec<u8> = c
            .out_axes
            .iter()
            .copied()
            .filter(|l| places[*l as usize].is_none() && (a.labels.contains(l) || b.labels.contains(l)))
            .collect();
        for label in c.summed().into_iter().filter(|l| places[*l as usize].is_none()) {
            match (a.labels.contains(&label), b.labels.contains(&label)) {
                (true, true) => {}
                // Both repeat along it.
                (false, false) => result.coefficient *= extents[label as usize] as f64,
                _ => return Err(Stuck { label, hint: self.hint_of(c, label) }),
            }
        }
        let both: Vec<u8> = a.labels.iter().copied().filter(|l| b.labels.contains(l)).collect();
        let summed: Vec<u8> = both.iter().copied().filter(|l| !out.contains(l)).collect();
        let shared: Vec<u8> = both.iter().copied().filter(|l| out.contains(l)).collect();
        let axes = |labels: &[u8]| labels.iter().filter_map(|&l| position(l)).collect::<Vec<usize>>();
        let small = a.labels.len() <= 2 && b.labels.len() <= 2;

        if summed.is_empty() && (both.len() == a.labels.len() || both.len() == b.labels.len()) {
            // Element by element, or by a number.
            for side in [(a.expression, a.labels), (b.expression, b.labels)] {
                result = result.times(Factors::one(Piece { axes: axes(&side.1), expression: side.0 }));
            }
            return Ok(result);
        }
        if shared.is_empty() && small && (summed.len() == 1 || (summed.is_empty() && out.len() == 2)) {
            let expression = chain((a.expression, &a.labels), (b.expression, &b.labels), &out);
            result.factors.push(Piece { expression, axes: axes(&out) });
            return Ok(result);
        }
        let same = both.len() == a.labels.len() && both.len() == b.labels.len();
        if same && !summed.is_empty() && (shared.is_empty() || summed.len() == 1) {
            // The sum of the products of all elements, or those of each row.
            let piece = |expression: Expression, labels: &[u8]| {
                let axes = labels.iter().filter_map(|l| a.labels.iter().position(|x| x == l)).collect();
                Piece { expression, axes }.ascending().expression
            };
            let factors = elementwise(vec![piece(a.expression, &a.labels), piece(b.expression, &b.labels)]);
            let mut options = vec![];
            if !shared.is_empty() {
                let axis = a.labels.iter().position(|l| *l == summed[0]).unwrap_or(0);
                options.push(("axis".to_string(), Expression::Number(axis as f64)));
            }
            let kept: Vec<u8> = a.labels.iter().copied().filter(|l| out.contains(l)).collect();
            let expression = Expression::Call { name: "sum".into(), arguments: vec![factors], options };
            result.factors.push(Piece { expression, axes: axes(&kept) });
            return Ok(result);
        }
        // No form of linear algebra: one index gets a name. Summed ones first, then those along which both run.
        let label = if summed.len() > 1 {
            summed[0]
        } else if let Some(&label) = shared.first() {
            label
        } else {
            let larger = if a.labels.len() >= b.labels.len() { &a.labels } else { &b.labels };
            *larger.iter().find(|l| out.contains(l)).unwrap_or(&larger[0])
        };
        Err(Stuck { label, hint: self.hint_of(c, label) })
    }

    /// What letter a label wants: one that runs within the windows of an operand is a tap.
    fn hint_of(&self, c: &Contraction, label: u8) -> Hint {
        for (x, axes) in [(c.a, &c.a_axes), (c.b, &c.b_axes)] {
            let Op::View(view) = self.graph.op(x) else { continue };
            let Some(axis) = axes.iter().position(|&l| l == label) else { continue };
            let row = view.rows.iter().find(|r| r.terms.len() > 1 && r.terms.iter().any(|t| t.0 == axis));
            if let Some(row) = row {
                return super::view::hint(row, axis, view);
            }
        }
        Hint::Any
    }

    fn side(&mut self, x: NodeId, axes: &[u8], at: &At, places: &[Option<Place>]) -> std::result::Result<Side, Stuck> {
        let looked: Vec<Axis> = axes.iter().map(|&l| places[l as usize].clone().map_or(Axis::Free, Axis::At)).collect();
        let stuck = |needs: Needs| Stuck { label: axes[needs.axis], hint: needs.hint };
        let factors = self.factors(x, &at.with(looked)).map_err(stuck)?;
        let (mut before, rest) = factors.split_scalars();
        let (negative, piece) = self.finish_product(rest, self.graph.shape(x)).map_err(stuck)?;
        if negative {
            before.coefficient = -before.coefficient;
        }
        Ok(Side { before, expression: piece.expression, labels: piece.axes.iter().map(|&k| axes[k]).collect() })
    }

    /// `Σ values where they belong` is a product by `onehot(index)`.
    pub(super) fn scatter(&mut self, id: NodeId, at: &At) -> Result<Factors> {
        self.scattered(id, at, false)
    }

    /// With a name for every place of the index, if `all`.
    fn scattered(&mut self, id: NodeId, at: &At, all: bool) -> Result<Factors> {
        let Op::ScatterAdd { index, values, shared, .. } = *self.graph.op(id) else {
            return Ok(Factors::number(0.0));
        };
        if let Some(axis) = (0..shared).find(|&k| at.axes[k] == Axis::Free) {
            return Err(Needs { axis, hint: Hint::Any });
        }
        let places = self.graph.shape(index).len() - shared;
        let kept = at.axes.len() - shared - 1;
        let leading = at.axes[..shared].to_vec();
        // Sums over rounds, and over all but one axis of the index, have names.
        let mut running = vec![];
        let mut inner = leading.clone();
        let before = self.in_use.len();
        for k in 0..places {
            let letter = match *self.graph.op(values) {
                Op::Stacked { of, .. } if k == 0 && !self.names.has(values) => self.names.loop_letter(of).0,
                _ if all || places - k > 1 || kept > 1 || at.axes[shared] != Axis::Free => self.fresh_letter(Hint::Any),
                _ => {
                    inner.push(Axis::Free);
                    continue;
                }
            };
            self.in_use.push(letter.clone());
            inner.push(Axis::At(Place::Affine(Affine::letter(&letter))));
            running.push(Running { length: self.graph.shape(index)[shared + k], symbol: letter });
        }
        let at_index = at.with(inner.clone());
        let at_values = at.with(inner.into_iter().chain(at.axes[shared + 1..].iter().cloned()).collect());
        let whole = self.value_or_letter(index, &at_index)?;
        let place = whole.expression.clone();
        let (scalars, rest) = match self.factors(values, &at_values) {
            Ok(factors) if running.is_empty() => factors.split_scalars(),
            Ok(factors) => {
                let coefficient = factors.coefficient;
                (Factors::number(coefficient), Factors { coefficient: 1.0, ..factors })
            }
            Err(_) => (Factors::number(1.0), Factors::one(self.value_or_letter(values, &at_values)?)),
        };
        let (negative, piece) = self.finish_product(rest, self.graph.shape(values))?;
        let scalars = if negative { scalars.times(Factors::number(-1.0)) } else { scalars };
        self.in_use.truncate(before);
        let first = shared + places;
        // The same value for all places of the index: each is named.
        if (shared..first).any(|k| at_values.axes[k] == Axis::Free && !piece.axes.contains(&k)) {
            return self.scattered(id, at, true);
        }
        let hot = self.hot(index, whole, self.graph.shape(id)[shared]);
        let rest: Vec<usize> = piece.axes.iter().filter(|&&k| k >= first).map(|k| k - first + shared + 1).collect();
        if rest.len() > 1 && at.axes[shared] == Axis::Free {
            // A row of a matrix, no more.
            return Err(Needs { axis: shared, hint: Hint::Any });
        }
        let result = match &at.axes[shared] {
            Axis::At(own) => {
                let hit = compared("==", place, self.as_number(own), true);
                let hit = Piece::scalar(Expression::Bracket(Box::new(hit)));
                Factors::one(Piece { expression: piece.expression, axes: rest }).times(Factors::one(hit))
            }
            Axis::Free if running.len() < places => {
                let expression = product(vec![], vec![hot.transposed(), piece.expression]);
                Factors::one(Piece { expression, axes: std::iter::once(shared).chain(rest).collect() })
            }
            Axis::Free if rest.is_empty() => {
                let hot = Piece { expression: hot, axes: vec![shared] };
                Factors::one(Piece { expression: piece.expression, axes: vec![] }).times(Factors::one(hot))
            }
            Axis::Free => {
                let expression = product(vec![], vec![hot, piece.expression.transposed()]);
                Factors::one(Piece { expression, axes: std::iter::once(shared).chain(rest).collect() })
            }
        };
        if running.is_empty() {
            return Ok(scalars.times(result));
        }
        let (negative, body) = self.finish_product(result, self.graph.shape(id))?;
        let sum = Piece { expression: Expression::SumOver(running, Box::new(body.expression)), axes: body.axes };
        let sign = if negative { -1.0 } else { 1.0 };
        Ok(scalars.times(Factors::one(sum)).times(Factors::number(sign)))
    }
}

/// The product of two values of one or two axes in the order of the result's axes.
fn chain(a: (Expression, &[u8]), b: (Expression, &[u8]), out: &[u8]) -> Expression {
    // As a matrix with these rows and columns; a vector is a column where its label is the row, else a row.
    let oriented = |(expression, labels): (Expression, &[u8]), row: Option<u8>| match (labels, row) {
        ([first, _], Some(row)) if *first == row => expression,
        ([_, _], _) => expression.transposed(),
        ([only], Some(row)) if *only == row => expression,
        _ => expression.transposed(),
    };
    let summed = a.1.iter().copied().find(|l| !out.contains(l));
    match out {
        [] => {
            // The simpler one stands as the row: xᵀ A x.
            let simple = |e: &Expression| matches!(e, Expression::Symbol(_) | Expression::Subscript(..));
            let (row, column) = if !simple(&a.0) && simple(&b.0) { (b.0, a.0) } else { (a.0, b.0) };
            product(vec![], vec![row.transposed(), column])
        }
        [row, ..] => {
            let (left, right) = if a.1.contains(row) { (a, b) } else { (b, a) };
            let right = match (out, summed) {
                ([_, column], None) if right.1 == [*column] => right.0.transposed(),
                (_, summed) => oriented(right, summed),
            };
            product(vec![], vec![oriented(left, Some(*row)), right])
        }
    }
}
