//! Reductions and means over the batch.
use super::product::Factors;
use super::{At, Axis, Hint, Piece, Result, Writer};
use crate::graph::{NodeId, Op};
use crate::notation::expression::{Expression, Running};
use crate::notation::place::{Affine, Place};
use crate::op::ReduceOp;

impl Writer<'_> {
    pub(super) fn reduction(&mut self, op: ReduceOp, axes: &[usize], x: NodeId, at: &At) -> Result<Piece> {
        let rank = self.graph.shape(x).len();
        let kept: Vec<usize> = (0..rank).filter(|k| !axes.contains(k)).collect();
        let mut looked = vec![Axis::Free; rank];
        for (axis, &k) in at.axes.iter().zip(&kept) {
            looked[k] = axis.clone();
        }
        let leading = at.free().count() > 0 && axes.iter().all(|a| kept.iter().all(|k| a < k));
        let stack = matches!(self.graph.op(x), Op::Stacked { .. }) && axes.contains(&0) && !self.names.has(x);
        if op == ReduceOp::Sum && (leading || stack) {
            return self.named_sum(axes, &kept, x, at, looked);
        }
        let inner = at.with(looked.clone());
        let piece = match self.value(x, &inner) {
            Ok(piece) => piece,
            Err(needs) if axes.contains(&needs.axis) && op == ReduceOp::Sum => {
                return self.named_sum(axes, &kept, x, at, looked);
            }
            Err(needs) if axes.contains(&needs.axis) => self.value_or_letter(x, &inner)?,
            Err(needs) => {
                let axis = kept.iter().position(|&k| k == needs.axis).unwrap_or(0);
                return Err(super::Needs { axis, ..needs });
            }
        };
        let outer = |k: &usize| kept.iter().position(|o| o == k);
        let own: Vec<usize> = piece.axes.iter().filter_map(outer).collect();
        if piece.axes.iter().all(|k| !axes.contains(k)) && matches!(op, ReduceOp::Mean | ReduceOp::Max | ReduceOp::Min) {
            // It repeats along all of them.
            return Ok(Piece { expression: piece.expression, axes: own });
        }
        let mut factor = 1.0;
        if op == ReduceOp::Sum {
            let absent = axes.iter().filter(|k| !piece.axes.contains(k));
            factor = absent.map(|&k| self.graph.shape(x)[k] as f64).product();
        }
        let over: Vec<usize> = (0..piece.axes.len()).filter(|&p| axes.contains(&piece.axes[p])).collect();
        let expression = if over.is_empty() {
            piece.expression
        } else {
            over_axes(op.row().name, piece.expression.bracketed(), &over, piece.axes.len())
        };
        let product = Factors::number(factor).times(Factors::one(Piece { expression, axes: own }));
        let shape: Vec<usize> = kept.iter().map(|&k| self.graph.shape(x)[k]).collect();
        let (negative, piece) = self.finish_product(product, &shape)?;
        Ok(if negative { Piece { expression: piece.expression.negated(), ..piece } } else { piece })
    }

    /// `Σ_i x[i]`
    fn named_sum(
        &mut self,
        axes: &[usize],
        kept: &[usize],
        x: NodeId,
        at: &At,
        mut looked: Vec<Axis>,
    ) -> Result<Piece> {
        let before = self.in_use.len();
        let mut running = vec![];
        for &k in axes {
            let letter = match *self.graph.op(x) {
                Op::Stacked { of, .. } if k == 0 => self.names.loop_letter(of).0,
                _ => self.fresh_letter(Hint::Any),
            };
            self.in_use.push(letter.clone());
            looked[k] = Axis::At(Place::Affine(Affine::letter(&letter)));
            running.push(Running { symbol: letter, length: self.graph.shape(x)[k] });
        }
        let piece = self.value(x, &at.with(looked)).map_err(|needs| {
            let axis = kept.iter().position(|&k| k == needs.axis).unwrap_or(0);
            super::Needs { axis, ..needs }
        });
        self.in_use.truncate(before);
        let piece = piece?;
        let (negative, body) = piece.expression.bracketed().unsigned();
        let sum = Expression::SumOver(running, Box::new(body));
        let axes = piece.axes.iter().filter_map(|k| kept.iter().position(|o| o == k)).collect();
        Ok(Piece { expression: if negative { sum.negated() } else { sum }, axes })
    }

    pub(super) fn batch_mean(&mut self, x: NodeId, axes: &[usize], at: &At) -> Result<Piece> {
        let kept: Vec<usize> = (0..self.graph.shape(x).len()).filter(|k| !axes.contains(k)).collect();
        let mut looked = vec![Axis::Free; kept.len() + axes.len()];
        for (axis, &k) in at.axes.iter().zip(&kept) {
            looked[k] = axis.clone();
        }
        let piece = self.value(x, &at.with(looked)).map_err(|needs| {
            let axis = kept.iter().position(|&k| k == needs.axis).unwrap_or(0);
            super::Needs { axis, ..needs }
        })?;
        let own = piece.axes.iter().filter_map(|k| kept.iter().position(|o| o == k)).collect();
        Ok(Piece { expression: Expression::call("batch_mean", vec![piece.expression.bracketed()]), axes: own })
    }
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
