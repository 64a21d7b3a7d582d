//! Named functions in which the order of elements counts: running sums, and sorting.
//!
//! Both compare or add each element with each other one, so they are for vectors, not for whole tables: n² steps, no memory for them.
use super::linear::Linear;
use super::named::{Behind, Named, NamedOp, last_axis, same};
use super::{Graph, NodeId, Row};
use crate::op::{Interval, ReduceOp, comparison};

/// `x` of shape `[…, n]` as `[…, n, n]`: `[…, i, j]` is `x[…, i]` (`first`) or `x[…, j]`.
fn each_with_each(g: &mut Graph, x: NodeId, first: bool) -> NodeId {
    let axis = last_axis(g, x);
    let mut shape = g.shape(x).to_vec();
    shape.push(shape[axis]);
    let axes: Vec<usize> = (0..axis).chain([if first { axis } else { axis + 1 }]).collect();
    g.expand_at(x, &shape, &axes)
}

/// `0, 1, … n − 1` along the last but one axis of the shape (`first`), or along its last.
fn places(g: &mut Graph, shape: &[usize], first: bool) -> NodeId {
    let n = shape[shape.len() - 1];
    let numbers: Vec<f64> = (0..n).map(|k| k as f64).collect();
    let table = g.table(&numbers, &[n]);
    g.expand_at(table, shape, &[shape.len() - if first { 2 } else { 1 }])
}

pub static CUMSUM: Named = Named {
    name: "cumsum",
    doc: "x[0], x[0] + x[1], … along the last axis",
    shape: same,
    behind: Behind::Later,
    range: Interval::ALL,
    shares: false,
    keeps_elements: true,
    definition: |g, a| {
        // x[i − k] for k from 0, with zeros before the beginning.
        let axis = last_axis(g, a[0]);
        let mut shape = g.shape(a[0]).to_vec();
        let n = shape[axis];
        let mut rows: Vec<Row> = shape[..axis].iter().enumerate().map(|(axis, &n)| Row::axis(axis, n)).collect();
        rows.push(Row { terms: vec![(axis, 1), (axis + 1, -1)], ..Row::axis(axis, n) });
        shape.push(n);
        let before = g.view(a[0], shape, rows);
        g.sum(&[axis + 1], before)
    },
    differential: |_, _, _, _| Some(Linear::Prefix),
};

pub static SORT: Named = Named {
    name: "sort",
    doc: "the elements in ascending order, along the last axis",
    shape: same,
    behind: Behind::Seen,
    range: Interval::ALL,
    shares: false,
    keeps_elements: true,
    definition: |g, a| (SORT_BY.definition)(g, &[a[0], a[0]]),
    differential: |_, a, _, _| Some(Linear::Order { keys: a[0] }),
};

/// Equal keys keep their order.
pub static SORT_BY: Named = Named {
    name: "sort_by",
    doc: "values in the ascending order of keys, along the last axis",
    shape: same,
    behind: Behind::Seen,
    range: Interval::ALL,
    shares: false,
    keeps_elements: true,
    definition: |g, a| {
        // An element's place: how many keys are less, and how many equal ones stand before it.
        let (own, other) = (each_with_each(g, a[1], true), each_with_each(g, a[1], false));
        let shape = g.shape(own).to_vec();
        let (own_place, other_place) = (places(g, &shape, true), places(g, &shape, false));
        let less = g.binary(&comparison::LESS, other, own);
        let equal = g.binary(&comparison::EQUAL, other, own);
        let before = g.binary(&comparison::LESS, other_place, own_place);
        let tied = g.binary(&comparison::AND, equal, before);
        let counted = g.binary(&comparison::OR, less, tied);
        let last = shape.len() - 1;
        let place = g.reduce(ReduceOp::Sum, &[last], counted);
        // At each place the one value that belongs there: along the last axis are the elements.
        let place = each_with_each(g, place, false);
        let here = g.binary(&comparison::EQUAL, place, own_place);
        let value = each_with_each(g, a[0], false);
        let zero = g.constant(0.0, &shape);
        let chosen = g.select(here, value, zero);
        g.sum(&[last], chosen)
    },
    differential: |_, a, _, argument| (argument == 0).then(|| Linear::Order { keys: a[1] }),
};

/// What was put in the order of the keys, back to where it came from: sorted by the places that sorting took it from.
pub(super) fn put_back(g: &mut Graph, sorted: NodeId, keys: NodeId) -> NodeId {
    let shape = g.shape(keys).to_vec();
    let numbers = places(g, &shape, false);
    let from = g.named(NamedOp(&SORT_BY), &[numbers, keys]);
    g.named(NamedOp(&SORT_BY), &[sorted, from])
}
