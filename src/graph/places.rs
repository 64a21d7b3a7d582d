//! Which elements a view reads, as a truth value: `[i = 2]`, `[i > 0]`.
use super::linear::view_adjoint;
use super::{Graph, Leaf, NodeId, Op, Row, View};
use crate::op::comparison;

/// Where a view reads elements of an operand of this shape; none if it reads them all.
pub fn read(graph: &mut Graph, view: &View, shape: &[usize]) -> Option<NodeId> {
    let seen = view.with_pivots();
    let mut all: Option<NodeId> = None;
    for (axis, row) in seen.rows.iter().enumerate() {
        let is_alone =
            |&(of, _): &(usize, i64)| seen.rows.iter().filter(|r| r.terms.iter().any(|t| t.0 == of)).count() == 1;
        let Some((from, to)) = run(row, &seen.shape).filter(|_| row.terms.iter().all(is_alone)) else {
            return Some(by_counting(graph, view, shape));
        };
        let n = shape[axis];
        if from <= 0 && n as i64 <= to {
            continue;
        }
        let between = within(graph, n, from, to);
        let wide = graph.expand_at(between, shape, &[axis]);
        all = Some(all.map_or(wide, |before| graph.and(before, wide)));
    }
    all
}

/// From which to which place (that one not) of its axis a row reads, if it leaves none out between.
fn run(row: &Row, extents: &[usize]) -> Option<(i64, i64)> {
    let is_run = row.divisor == 1 && row.terms.iter().all(|t| t.1.abs() == 1 || extents[t.0] == 1);
    let (least, most) = row.reach(extents);
    is_run.then(|| (least.max(row.low), row.high.min(most + 1)))
}

/// The places from one to another among so many, as a truth value of each.
fn within(graph: &mut Graph, n: usize, from: i64, to: i64) -> NodeId {
    let places = graph.intern(Op::Leaf(Leaf::Iota(n)));
    let number = |graph: &mut Graph, k: i64| graph.constant(k as f64, &[n]);
    if to == from + 1 {
        let only = number(graph, from);
        return graph.binary(&comparison::EQUAL, places, only);
    }
    let (before, end) = (number(graph, from - 1), number(graph, to));
    let behind = graph.binary(&comparison::GREATER, places, before);
    let ahead = graph.binary(&comparison::LESS, places, end);
    match (from <= 0, n as i64 <= to) {
        (true, _) => ahead,
        (_, true) => behind,
        _ => graph.and(behind, ahead),
    }
}

/// The same by how often each element is read.
fn by_counting(graph: &mut Graph, view: &View, shape: &[usize]) -> NodeId {
    let ones = graph.constant(1.0, &view.shape);
    let count = view_adjoint(graph, view, ones, shape);
    let zero = graph.constant(0.0, shape);
    graph.greater(count, zero)
}

/// A value with zeros around single entries, with the entries there, too.
pub fn spread(graph: &mut Graph, value: NodeId) -> Option<NodeId> {
    let Op::View(mut view) = graph.op(value).clone() else { return None };
    let extents = view.shape.clone();
    let mut single = view.rows.iter_mut().filter(|row| row.high - row.low == 1 && !row.is_total(&extents)).peekable();
    single.peek()?;
    single.for_each(|row| *row = Row { offset: row.low, terms: vec![], divisor: 1, ..*row });
    Some(graph.intern(Op::View(view)))
}
