//! Pooling, as the prelude calls it: the greatest or the mean of windows that lie side by side, which the graph has as parts of axes.
use super::{At, Axis, Piece, Result, Writer};
use crate::graph::{NodeId, Op};
use crate::notation::expression::Expression;
use crate::op::ReduceOp;
use crate::op::arithmetic::MULTIPLY;

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
        let call = Expression::call(name, vec![piece.expression.bracketed(), size(&sizes)]);
        Ok(Some(self.at_places_of(call, at)))
    }

    /// `max_unpool2d(d, x, 2)`, the adjoint of the same: `d` where the greatest of each window was, zeros elsewhere.
    pub(super) fn unpooled(&mut self, id: NodeId, at: &At) -> Result<Option<Piece>> {
        let Some(Unpooled { d, x, sizes }) = self.unpooling(id) else { return Ok(None) };
        let name = if sizes.len() == 1 { "max_unpool1d" } else { "max_unpool2d" };
        if self.names.is_taken(name) {
            return Ok(None);
        }
        let mut arguments = vec![];
        for value in [d, x] {
            let whole = at.with(vec![Axis::Free; self.graph.shape(value).len()]);
            let piece = self.value_or_letter(value, &whole)?;
            arguments.push(self.in_full(value, piece, &whole)?.ascending().expression.bracketed());
        }
        arguments.push(size(&sizes));
        Ok(Some(self.at_places_of(Expression::call(name, arguments), at)))
    }

    /// `upsample2d(d, 2)`, each place several times, as the adjoint of a mean over windows has it.
    pub(super) fn upsampled(&mut self, id: NodeId, at: &At) -> Result<Option<Piece>> {
        let Op::Reshape { x: spread, .. } = *self.graph.op(id) else { return Ok(None) };
        let Op::View(view) = self.graph.op(spread) else { return Ok(None) };
        let shape = self.graph.shape(spread);
        let (name, sizes, joined) = match (view.as_expansion(self.graph.shape(view.x)).as_deref(), shape) {
            (Some([1]), &[t, k, n]) => ("upsample1d", vec![k], vec![t * k, n]),
            (Some([1, 3]), &[h, k, w, l, n]) => ("upsample2d", vec![k, l], vec![h * k, w * l, n]),
            _ => return Ok(None),
        };
        if self.names.is_taken(name) || self.graph.shape(id) != joined {
            return Ok(None);
        }
        let x = view.x;
        let whole = at.with(vec![Axis::Free; self.graph.shape(x).len()]);
        let piece = self.value_or_letter(x, &whole)?;
        let piece = self.in_full(x, piece, &whole)?.ascending();
        let call = Expression::call(name, vec![piece.expression.bracketed(), size(&sizes)]);
        Ok(Some(self.at_places_of(call, at)))
    }

    /// What is put where the greatest of each window was, the series or image of the windows, and their sizes.
    fn unpooling(&self, id: NodeId) -> Option<Unpooled> {
        let graph = self.graph;
        let Op::Reshape { x: turned, .. } = graph.op(id) else { return None };
        let Op::View(view) = graph.op(*turned) else { return None };
        let order = view.as_permutation(graph.shape(view.x))?;
        // Of an image the places of a window are one axis, while its greatest is looked for.
        let (product, is_image) = match (graph.op(view.x), &order[..]) {
            (Op::Reshape { x, .. }, [0, 3, 1, 4, 2]) => (*x, true),
            (_, [0, 2, 1]) => (view.x, false),
            _ => return None,
        };
        let Op::Binary(op, a, b) = *graph.op(product) else { return None };
        let last = graph.shape(product).len() - 1;
        let greatest = |hot: NodeId| -> Option<NodeId> {
            let Op::OneHot { index, .. } = *graph.op(hot) else { return None };
            match graph.op(index) {
                Op::Reduce { op: ReduceOp::Argmax, axes, x } if axes[..] == [last] => Some(*x),
                _ => None,
            }
        };
        let (cut, spread) = greatest(b).map(|x| (x, a)).or_else(|| greatest(a).map(|x| (x, b)))?;
        let (cut, axes) = match (is_image, graph.op(cut)) {
            (true, Op::Reshape { x, .. }) => (*x, vec![3, 4]),
            (false, _) => (cut, vec![2]),
            (true, _) => return None,
        };
        let (x, sizes) = self.windows(&axes, cut)?;
        let Op::View(spread) = graph.op(spread) else { return None };
        let is_alike = op == MULTIPLY && graph.shape(x) == graph.shape(id);
        let d = (spread.as_expansion(graph.shape(spread.x))? == [last] && is_alike).then_some(spread.x)?;
        (graph.shape(d).len() == last).then_some(Unpooled { d, x, sizes })
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

/// See [`Writer::unpooling`].
struct Unpooled {
    d: NodeId,
    x: NodeId,
    sizes: Vec<usize>,
}

/// How large windows are: one number, if they are alike along all axes.
fn size(sizes: &[usize]) -> Expression {
    match sizes {
        [one] => Expression::Number(*one as f64),
        [one, other] if one == other => Expression::Number(*one as f64),
        _ => Expression::List(sizes.iter().map(|&size| Expression::Number(size as f64)).collect()),
    }
}
