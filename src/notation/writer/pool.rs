//! Pooling, as the prelude calls it: the greatest or the mean of windows that lie side by side, which the graph has as parts of axes.
use super::{At, Axis, Piece, Result, Writer};
use crate::graph::NodeId;
use crate::notation::expression::Expression;
use crate::notation::pools::{Unpooled, unpooled, windows};
use crate::op::ReduceOp;

impl Writer<'_> {
    /// `max_pool2d(x, 2)`, of the places that are asked for; nothing if these axes are no windows of a series or an image.
    pub(super) fn pooled(&mut self, op: ReduceOp, axes: &[usize], x: NodeId, at: &At) -> Result<Option<Piece>> {
        let Some((whole, sizes)) = windows(self.graph, axes, x) else { return Ok(None) };
        let name = match (op, sizes.len()) {
            (ReduceOp::Max, 1) => "max_pool1d",
            (ReduceOp::Max, _) => "max_pool2d",
            (ReduceOp::Mean, 1) => "mean_pool1d",
            (ReduceOp::Mean, _) => "mean_pool2d",
            _ => return Ok(None),
        };
        if self.names.is_taken(name) {
            return Ok(None);
        }
        let shape = self.graph.shape(whole).to_vec();
        let piece = self.value_or_letter(whole, &at.with(vec![Axis::Free; shape.len()]))?;
        if piece.axes != (0..shape.len()).collect::<Vec<_>>() {
            return Ok(None);
        }
        let call = Expression::call(name, vec![piece.expression.bracketed(), size(&sizes)]);
        Ok(Some(self.at_places_of(call, at)))
    }

    /// `max_unpool2d(d, x, 2)`, `upsample2d(d, 2)`: what the adjoints of pools are.
    pub(super) fn unpooled(&mut self, id: NodeId, at: &At) -> Result<Option<Piece>> {
        let Some(Unpooled { name, values, sizes }) = unpooled(self.graph, id) else { return Ok(None) };
        if self.names.is_taken(name) {
            return Ok(None);
        }
        let mut arguments = vec![];
        for value in values {
            arguments.push(self.whole_argument(value, at)?);
        }
        arguments.push(size(&sizes));
        Ok(Some(self.at_places_of(Expression::call(name, arguments), at)))
    }

    /// A value with all of its axes, those of one element too.
    fn whole_argument(&mut self, value: NodeId, at: &At) -> Result<Expression> {
        let shape = self.graph.shape(value).to_vec();
        let whole = at.with(vec![Axis::Free; shape.len()]);
        let piece = self.value_or_letter(value, &whole)?;
        let piece = self.in_full(value, piece, &whole)?.ascending();
        let has_all = piece.axes.len() == shape.len();
        let expression = piece.expression.bracketed();
        Ok(if has_all { expression } else { Expression::Reshaped(Box::new(expression), shape) })
    }
}

/// How large windows are: one number, if they are alike along all axes.
fn size(sizes: &[usize]) -> Expression {
    match sizes {
        [one] => Expression::Number(*one as f64),
        [one, other] if one == other => Expression::Number(*one as f64),
        _ => Expression::List(sizes.iter().map(|&size| Expression::Number(size as f64)).collect()),
    }
}
