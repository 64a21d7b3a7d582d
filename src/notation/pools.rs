//! Windows side by side in a graph, and the adjoints of pools, which have names: `max_unpool2d(d, x, 2)`, `upsample2d(d, 2)`.
use crate::graph::{Graph, NodeId, Op};
use crate::op::ReduceOp;
use crate::op::arithmetic::MULTIPLY;

/// A call of the prelude that a value is: its name, the values that go in, and the sizes of windows.
pub struct Unpooled {
    pub name: &'static str,
    pub values: Vec<NodeId>,
    pub sizes: Vec<usize>,
}

/// The adjoint of a pool, if the value is one.
pub fn unpooled(graph: &Graph, id: NodeId) -> Option<Unpooled> {
    of_greatest(graph, id).or_else(|| of_means(graph, id))
}

/// Each place several times.
fn of_means(graph: &Graph, id: NodeId) -> Option<Unpooled> {
    let Op::Reshape { x: spread, .. } = *graph.op(id) else { return None };
    let Op::View(view) = graph.op(spread) else { return None };
    let (name, sizes, joined) = match (view.as_expansion(graph.shape(view.x))?.as_slice(), graph.shape(spread)) {
        ([1], &[t, k, n]) => ("upsample1d", vec![k], vec![t * k, n]),
        ([1, 3], &[h, k, w, l, n]) => ("upsample2d", vec![k, l], vec![h * k, w * l, n]),
        _ => return None,
    };
    let is_series = graph.shape(view.x).len() == joined.len() && graph.shape(id) == joined;
    is_series.then(|| Unpooled { name, values: vec![view.x], sizes })
}

/// What is put where the greatest of each window was.
fn of_greatest(graph: &Graph, id: NodeId) -> Option<Unpooled> {
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
    let (x, sizes) = windows(graph, &axes, cut)?;
    let Op::View(spread) = graph.op(spread) else { return None };
    let is_alike = op == MULTIPLY && graph.shape(x) == graph.shape(id);
    let d = (spread.as_expansion(graph.shape(spread.x))? == [last] && is_alike).then_some(spread.x)?;
    let name = if is_image { "max_unpool2d" } else { "max_unpool1d" };
    (graph.shape(d).len() == last).then(|| Unpooled { name, values: vec![d, x], sizes })
}

/// The series `[t, n]` or the image `[height, width, n]` of which these axes of `x` are windows side by side, and their sizes.
pub fn windows(graph: &Graph, axes: &[usize], x: NodeId) -> Option<(NodeId, Vec<usize>)> {
    // Axes of windows may have been put behind the others.
    let (cut, axes) = match graph.op(x) {
        Op::View(view) => {
            let order = view.as_permutation(graph.shape(view.x))?;
            let left: Vec<usize> = (0..order.len()).filter(|k| !axes.contains(k)).map(|k| order[k]).collect();
            let mut inner: Vec<usize> = axes.iter().map(|k| order[*k]).collect();
            inner.sort_unstable();
            (view.x, left.is_sorted().then_some(inner)?)
        }
        _ => (x, axes.to_vec()),
    };
    let Op::Reshape { x: whole, shape } = graph.op(cut) else { return None };
    let own = graph.shape(*whole);
    let (sizes, joined) = match (&axes[..], &shape[..]) {
        ([1], &[t, k, n]) => (vec![k], vec![t * k, n]),
        ([1, 3], &[h, k, w, l, n]) => (vec![k, l], vec![h * k, w * l, n]),
        _ => return None,
    };
    (own == joined && sizes.iter().all(|size| *size > 1)).then_some((*whole, sizes))
}
