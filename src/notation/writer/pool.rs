//! Pooling, as the prelude calls it: the greatest or the mean of windows that lie side by side, which the graph has as parts of axes.
use super::{At, Axis, Piece, Result, Writer};
use crate::graph::{NodeId, Op};
use crate::notation::expression::Expression;
use crate::op::ReduceOp;

impl Writer<'_> {
    /// `max_pool2d(x, 2)`, of the places that are asked for; nothing if these axes are no windows of a series or an image.
    pub(super) fn pooled(&mut self, op: ReduceOp, axes: &[usize], x: NodeId, at: &At) -> Result<Option<Piece>> {
        let Some((whole, sizes)) = self.windows(axes, x) else { return Ok(None) };
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
        let numbers: Vec<Expression> = sizes.iter().map(|&size| Expression::Number(size as f64)).collect();
        let size = match &sizes[..] {
            [one] => Expression::Number(*one as f64),
            [one, other] if one == other => Expression::Number(*one as f64),
            _ => Expression::List(numbers),
        };
        let call = Expression::call(name, vec![piece.expression.bracketed(), size]);
        Ok(Some(self.at_places_of(call, at)))
    }

    /// The series `[t, n]` or the image `[height, width, n]` of which these axes of `x` are windows side by side, and their sizes.
    fn windows(&self, axes: &[usize], x: NodeId) -> Option<(NodeId, Vec<usize>)> {
        // Axes of windows may have been put behind the others.
        let (cut, axes) = match self.graph.op(x) {
            Op::View(view) => {
                let order = view.as_permutation(self.graph.shape(view.x))?;
                let left: Vec<usize> = (0..order.len()).filter(|k| !axes.contains(k)).map(|k| order[k]).collect();
                let mut inner: Vec<usize> = axes.iter().map(|k| order[*k]).collect();
                inner.sort_unstable();
                (view.x, left.is_sorted().then_some(inner)?)
            }
            _ => (x, axes.to_vec()),
        };
        let Op::Reshape { x: whole, shape } = self.graph.op(cut) else { return None };
        let own = self.graph.shape(*whole);
        let (sizes, joined) = match (&axes[..], &shape[..]) {
            ([1], &[t, k, n]) => (vec![k], vec![t * k, n]),
            ([1, 3], &[h, k, w, l, n]) => (vec![k, l], vec![h * k, w * l, n]),
            _ => return None,
        };
        (own == joined && sizes.iter().all(|size| *size > 1)).then_some((*whole, sizes))
    }
}
