//! Parts of wholes: what is laid out as one vector, changed element by element and taken apart again, is changed part by part.
//!
//! These are no rules of `simplify`: values with names are left as they are, since what is printed speaks of them.
use crate::graph::{Contraction, Graph, NodeId, Op, Row, View};
use crate::op::arithmetic::{ADD, MULTIPLY};

/// A part by itself, parts that are put together again as one join; nothing if the operation is neither.
pub fn rewritten(to: &mut Graph, op: &Op) -> Option<NodeId> {
    match op {
        Op::View(view) => {
            let cut = Cut::of(to, view)?;
            part(to, view.x, &cut)
        }
        Op::Binary(op, x, y) if *op == ADD => joined(to, *x, *y),
        Op::Reshape { x, shape } => multiple_in_shape(to, *x, shape),
        _ => None,
    }
}

/// A multiple of a value that was laid out as a vector for it, in its own shape: of `2e-4 weights`, the part of one weight.
fn multiple_in_shape(to: &mut Graph, x: NodeId, shape: &[usize]) -> Option<NodeId> {
    let Op::Binary(op, x, y) = *to.op(x) else { return None };
    if op != MULTIPLY {
        return None;
    }
    let number = |to: &Graph, id: NodeId| {
        let base = to.unexpanded(id);
        to.shape(base).is_empty().then_some(base).or_else(|| to.constant_of(id).map(|_| id))
    };
    let (by, of) = match (number(to, x), number(to, y)) {
        (Some(by), None) => (by, y),
        (None, Some(by)) => (by, x),
        _ => return None,
    };
    let Op::Reshape { x: whole, .. } = *to.op(of) else { return None };
    if to.shape(whole) != shape {
        return None;
    }
    let by = match to.constant_of(by) {
        Some(value) => to.constant(value, shape),
        None => to.expand_to(by, shape),
    };
    Some(to.multiply(by, whole))
}

/// `x[from..to]` along one axis, all others being whole.
#[derive(Clone, Copy)]
struct Cut {
    axis: usize,
    from: usize,
    length: usize,
}

impl Cut {
    fn of(graph: &Graph, view: &View) -> Option<Cut> {
        let shape = graph.shape(view.x);
        if shape.len() != view.shape.len() || !view.is_total() {
            return None;
        }
        let mut changed =
            (0..shape.len()).filter(|&k| view.rows[k] != Row::axis(k, shape[k]) || view.shape[k] != shape[k]);
        let axis = changed.next()?;
        let row = &view.rows[axis];
        let plain = row.terms == [(axis, 1)] && row.divisor == 1 && changed.next().is_none();
        plain.then_some(Cut { axis, from: row.offset as usize, length: view.shape[axis] })
    }
}

/// The part of a value, where that is a part of a join under functions of elements.
fn part(to: &mut Graph, x: NodeId, cut: &Cut) -> Option<NodeId> {
    if to.name_of(x).is_some() {
        return None;
    }
    match to.op(x).clone() {
        Op::Join { axis, parts } if axis == cut.axis => {
            let mut start = 0;
            for part in parts {
                let extent = to.shape(part)[axis];
                if start == cut.from && extent == cut.length {
                    return Some(part);
                }
                start += extent;
            }
            None
        }
        Op::Unary(op, x) => {
            let x = part(to, x, cut)?;
            Some(to.unary(op.0, x))
        }
        Op::Contract(c) => {
            let label = c.out_axes[cut.axis];
            let mut side = |x: NodeId, axes: &[u8]| match axes.iter().position(|&l| l == label) {
                None => Some(x),
                Some(axis) => part(to, x, &Cut { axis, ..*cut }),
            };
            let (a, b) = (side(c.a, &c.a_axes)?, side(c.b, &c.b_axes)?);
            Some(to.intern(Op::Contract(Contraction { a, b, ..c })))
        }
        Op::Binary(op, x, y) => {
            let (a, b) = (repeated(to, x, cut), repeated(to, y, cut));
            // One of them must lead to a part; the other may be a number for all.
            let (a, b) = match (a, b) {
                (Some(_), Some(_)) => return None,
                (Some(a), None) => (a, part(to, y, cut)?),
                (None, Some(b)) => (part(to, x, cut)?, b),
                (None, None) => (part(to, x, cut)?, part(to, y, cut)?),
            };
            Some(to.binary(op.0, a, b))
        }
        _ => None,
    }
}

/// The part of a value that repeats along the axis.
fn repeated(to: &mut Graph, x: NodeId, cut: &Cut) -> Option<NodeId> {
    let mut shape = to.shape(x).to_vec();
    shape[cut.axis] = cut.length;
    if let Some(value) = to.constant_of(x) {
        return Some(to.constant(value, &shape));
    }
    let Op::View(view) = to.op(x).clone() else { return None };
    let expands = view.as_expansion(to.shape(view.x)).is_some_and(|axes| axes.contains(&cut.axis));
    expands.then(|| to.intern(Op::View(View { shape, ..view })))
}

/// A sum of values that are padded so that they lie behind each other. The first that does not fit ends the search: a sum of sums may
/// have more terms than anyone can count.
fn joined(to: &mut Graph, x: NodeId, y: NodeId) -> Option<NodeId> {
    let mut axis = None;
    let mut parts: Vec<(i64, NodeId)> = vec![];
    let mut room = to.shape(x).iter().copied().max().unwrap_or(0);
    let mut todo = vec![y, x];
    while let Some(id) = todo.pop() {
        if let Op::Binary(op, a, b) = *to.op(id)
            && op == ADD
            && to.name_of(id).is_none()
        {
            todo.extend([b, a]);
            continue;
        }
        let (own, start, part) = padded(to, id)?;
        if axis.is_some_and(|a| a != own) {
            return None;
        }
        axis = Some(own);
        room = room.checked_sub(1)?;
        parts.push((start, part));
    }
    let axis = axis?;
    parts.sort();
    let mut end = 0;
    for &(start, part) in &parts {
        if start != end {
            return None;
        }
        end += to.shape(part)[axis] as i64;
    }
    let parts: Vec<NodeId> = parts.into_iter().map(|p| p.1).collect();
    (end == to.shape(x)[axis] as i64).then(|| to.join(axis, &parts))
}

/// The axis along which a value is padded, where what it holds begins there, and that.
fn padded(graph: &Graph, id: NodeId) -> Option<(usize, i64, NodeId)> {
    let Op::View(view) = graph.op(id) else { return None };
    let shape = graph.shape(view.x);
    if shape.len() != view.shape.len() {
        return None;
    }
    let mut changed = (0..shape.len()).filter(|&k| shape[k] != view.shape[k]);
    let own = changed.next()?;
    let plain = view.rows.iter().enumerate().all(|(k, row)| {
        let offset_fits = k == own || row.offset == 0;
        let bounds = row.low == 0 && row.high == shape[k] as i64;
        row.terms == [(k, 1)] && row.divisor == 1 && offset_fits && bounds
    });
    (plain && changed.next().is_none()).then(|| (own, -view.rows[own].offset, view.x))
}
