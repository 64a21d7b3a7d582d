//! Reductions and means over the batch. Those that are linear let numbers out.
use super::product::Factors;
use super::{At, Axis, Hint, Needs, Piece, Result, Writer};
use crate::graph::infer::without;
use crate::graph::{Leaf, NodeId, Op};
use crate::notation::derivation::Form;
use crate::notation::expression::{Expression, Running};
use crate::notation::place::{Affine, Place};
use crate::op::ReduceOp;
use crate::op::comparison::EQUAL;

/// A reduction that is being written: over which axes of what, and how that is looked at.
struct Over<'a> {
    axes: &'a [usize],
    kept: Vec<usize>,
    looked: Vec<Axis>,
    x: NodeId,
}

impl Over<'_> {
    /// A need of the operand as one of the result.
    fn outward(&self, needs: Needs) -> Needs {
        Needs { axis: self.kept.iter().position(|&k| k == needs.axis).unwrap_or(0), ..needs }
    }
    fn outer(&self, axes: &[usize]) -> Vec<usize> {
        axes.iter().filter_map(|k| self.kept.iter().position(|o| o == k)).collect()
    }
}

impl Writer<'_> {
    fn over<'a>(&self, axes: &'a [usize], x: NodeId, at: &At) -> Over<'a> {
        let rank = self.graph.shape(x).len();
        let kept: Vec<usize> = (0..rank).filter(|k| !axes.contains(k)).collect();
        let mut looked = vec![Axis::Free; rank];
        for (axis, &k) in at.axes.iter().zip(&kept) {
            looked[k] = axis.clone();
        }
        Over { axes, kept, looked, x }
    }

    /// Sums and means.
    pub(super) fn reduction(&mut self, op: ReduceOp, axes: &[usize], x: NodeId, at: &At) -> Result<Factors> {
        if let Some(pooled) = self.pooled(op, axes, x, at)? {
            return Ok(Factors::one(pooled));
        }
        // Behind a permutation the axes are others.
        if let Op::View(view) = self.graph.op(x)
            && let Some(order) = view.as_permutation(self.graph.shape(view.x))
            && !self.names.has(x)
        {
            let kept: Vec<usize> = (0..order.len()).filter(|k| !axes.contains(k)).map(|k| order[k]).collect();
            if kept.is_sorted() {
                let mut inner: Vec<usize> = axes.iter().map(|&k| order[k]).collect();
                inner.sort();
                return self.reduction(op, &inner, view.x, at);
            }
        }
        let over = self.over(axes, x, at);
        let on_paper = self.form == Form::Paper;
        let leading = on_paper && at.free().count() > 0 && axes.iter().all(|a| over.kept.iter().all(|k| a < k));
        let stack = matches!(self.graph.op(x), Op::Stacked { .. }) && axes.contains(&0) && !self.names.has(x);
        if op == ReduceOp::Sum && (leading || stack) {
            return self.named_sum(over, at);
        }
        let inner = at.with(over.looked.clone());
        let factors = match self.factors(x, &inner).and_then(|f| {
            let (before, rest) = f.split_scalars();
            Ok((before, self.finish_product(rest, self.graph.shape(x))?))
        }) {
            Ok((before, (negative, piece))) => (before.times(Factors::number(sign(negative))), piece),
            Err(needs) if !axes.contains(&needs.axis) => return Err(over.outward(needs)),
            Err(_) if op == ReduceOp::Sum => return self.named_sum(over, at),
            Err(_) => (Factors::number(1.0), self.value_or_letter(x, &inner)?),
        };
        let (before, piece) = factors;
        let extent = |k: &usize| self.graph.shape(x)[*k];
        let missing: usize = axes.iter().filter(|k| !piece.axes.contains(k)).map(extent).product();
        let summed: usize = axes.iter().filter(|k| piece.axes.contains(k)).map(extent).product();
        let own = over.outer(&piece.axes);
        let places: Vec<usize> = (0..piece.axes.len()).filter(|&p| axes.contains(&piece.axes[p])).collect();
        let mut result = before;
        if op == ReduceOp::Sum {
            result.coefficient *= missing as f64;
        }
        let expression = if places.is_empty() {
            piece.expression
        } else {
            let call = over_axes(op.row().name, piece.expression.bracketed(), &places, piece.axes.len());
            if op == ReduceOp::Sum {
                result.sums.push((call.clone(), summed));
            }
            call
        };
        Ok(result.times(Factors::one(Piece { expression, axes: own })))
    }

    /// Reductions that let nothing out: the greatest, the product.
    pub(super) fn picked(&mut self, op: ReduceOp, axes: &[usize], x: NodeId, at: &At) -> Result<Piece> {
        // Where all places are compared with one, it is that place.
        if let (ReduceOp::Argmax, [0], Op::Binary(equal, places, one)) = (op, axes, self.graph.op(x))
            && *equal == EQUAL
            && matches!(self.graph.op(*places), Op::Leaf(Leaf::Iota(_)))
            && self.form == Form::Paper
        {
            return self.value(*one, &at.with(vec![Axis::At(Place::Affine(Affine::number(0)))]));
        }
        if let Some(pooled) = self.pooled(op, axes, x, at)? {
            return Ok(pooled);
        }
        let over = self.over(axes, x, at);
        let inner = at.with(over.looked.clone());
        let piece = match self.value(x, &inner) {
            Err(needs) if axes.contains(&needs.axis) => self.value_or_letter(x, &inner)?,
            other => other.map_err(|needs| over.outward(needs))?,
        };
        // The product of equals is a power of them.
        let piece = match op {
            ReduceOp::Product if axes.iter().any(|k| !piece.axes.contains(k)) => self.in_full(x, piece, &inner)?,
            _ => piece,
        };
        let places: Vec<usize> = (0..piece.axes.len()).filter(|&p| axes.contains(&piece.axes[p])).collect();
        let own = over.outer(&piece.axes);
        let expression = match op {
            _ if op.picks_index() || !places.is_empty() => {
                over_axes(op.row().name, piece.expression.bracketed(), &places, piece.axes.len())
            }
            _ => piece.expression,
        };
        Ok(Piece { expression, axes: own })
    }

    /// `Σ_i x[i]`
    fn named_sum(&mut self, over: Over, at: &At) -> Result<Factors> {
        let before = self.in_use.len();
        let mut running = vec![];
        let mut looked = over.looked.clone();
        for &k in over.axes {
            let letter = match *self.graph.op(over.x) {
                Op::Stacked { of, .. } if k == 0 => self.names.loop_letter(of).0,
                _ => self.fresh_letter(Hint::Any),
            };
            self.in_use.push(letter.clone());
            looked[k] = Axis::At(Place::Affine(Affine::letter(&letter)));
            running.push(Running { symbol: letter, length: self.graph.shape(over.x)[k] });
        }
        let piece = self.factors(over.x, &at.with(looked)).and_then(|factors| {
            let coefficient = factors.coefficient;
            let rest = Factors { coefficient: 1.0, ..factors };
            Ok((coefficient, self.finish_product(rest, self.graph.shape(over.x))?.1))
        });
        self.in_use.truncate(before);
        let (coefficient, body) = piece.map_err(|needs| over.outward(needs))?;
        let expression = Expression::SumOver(running, Box::new(body.expression.bracketed()));
        let sum = Factors::one(Piece { expression, axes: over.outer(&body.axes) });
        Ok(sum.times(Factors::number(coefficient)))
    }

    /// The mean over the examples, of the mean over the axes that a function was mapped over.
    pub(super) fn batch_mean(&mut self, x: NodeId, axes: &[usize], at: &At) -> Result<Factors> {
        // A program takes the mean over the places of a map, too: there, one of all means is taken.
        let outside = self.form == Form::Program && at.axes.iter().any(|axis| matches!(axis, Axis::At(_)));
        let looked = if outside { at.with(vec![Axis::Free; at.axes.len()]) } else { at.clone() };
        let (coefficient, body) = match self.averaged(x, axes, &looked) {
            Err(_) if outside => {
                self.call_by_letter(x);
                self.averaged(x, axes, &looked)?
            }
            other => other?,
        };
        let expression = Expression::call("batch_mean", vec![body.expression.bracketed()]);
        let mean = Piece { expression, axes: body.axes };
        Ok(Factors::one(if outside { mean.taken(at) } else { mean }).times(Factors::number(coefficient)))
    }

    /// The mean over these axes, a number apart.
    fn averaged(&mut self, x: NodeId, axes: &[usize], at: &At) -> Result<(f64, Piece)> {
        let (shape, factors) = match axes {
            [] => (self.graph.shape(x).to_vec(), self.factors(x, at)?),
            _ => (without(self.graph.shape(x), axes), self.reduction(ReduceOp::Mean, axes, x, at)?),
        };
        let coefficient = factors.coefficient;
        let (_, body) = self.finish_product(Factors { coefficient: 1.0, ..factors }, &shape)?;
        Ok((coefficient, body))
    }
}

fn sign(negative: bool) -> f64 {
    if negative { -1.0 } else { 1.0 }
}

/// `sum(x)`, `sum(x, axis = 1)`.
fn over_axes(name: &str, x: Expression, over: &[usize], rank: usize) -> Expression {
    let number = |k: usize| Expression::Number(k as f64);
    let options = match over {
        _ if over.len() == rank => vec![],
        [one] => vec![("axis".to_string(), number(*one))],
        many => vec![("axis".to_string(), Expression::List(many.iter().map(|&k| number(k)).collect()))],
    };
    Expression::Call { name: name.into(), arguments: vec![x], options }
}
