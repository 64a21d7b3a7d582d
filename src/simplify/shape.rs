//! Rules for views, reshapes, joins and selections. All of them are exact.
use super::reading::binary_of;
use super::{Simplifier, StructuralRule};
use crate::graph::class::facts;
use crate::graph::{BATCH, Kind, Leaf, NodeId, Op, Row, View};
use crate::op::BinaryOp;
use crate::op::arithmetic::{DIVIDE, MULTIPLY, NEGATE};
use crate::op::comparison::GREATER;

pub static RULES: &[StructuralRule] = &[
    StructuralRule { name: "table of zeros", apply: table_of_zeros },
    StructuralRule { name: "view of a constant", apply: constant_view },
    StructuralRule { name: "view of all", apply: identity_view },
    StructuralRule { name: "view of a view", apply: composed },
    StructuralRule { name: "slice of a join", apply: part_of_join },
    StructuralRule { name: "reshape of a reshape", apply: reshaped },
    StructuralRule { name: "function of elements between reshapes", apply: in_own_shape },
    StructuralRule { name: "the same in every round", apply: in_every_round },
    StructuralRule { name: "expansions together", apply: expanded_last },
    StructuralRule { name: "multiple of an expanded multiple", apply: multiple },
    StructuralRule { name: "if of a constant", apply: selected },
    StructuralRule { name: "[c] > 0", apply: truth_above_zero },
    StructuralRule { name: "entries at places of a loop", apply: at_places },
];

/// What a `for` over places picks is a part of a value: `x[i + 1]`. Before differentiation too, so that its adjoint is a view's.
pub fn at_places(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let Op::Gather { table, mut index, shared } = *s.graph.op(id) else { return None };
    while let Some(seen_at_once) = composed(s, index) {
        index = seen_at_once;
    }
    let places = match s.graph.op(index) {
        Op::Leaf(Leaf::Iota(n)) => Row::axis(0, *n),
        Op::View(view) if matches!(s.graph.op(view.x), Op::Leaf(Leaf::Iota(_))) && view.is_total() => {
            view.rows.first().filter(|row| row.divisor == 1)?.clone()
        }
        _ => return None,
    };
    let (inner, outer, shape) = (s.graph.shape(table), s.graph.shape(index).len(), s.graph.shape(id).to_vec());
    if inner.contains(&BATCH) || shape.contains(&BATCH) {
        return None;
    }
    let mut rows: Vec<Row> = (0..shared).map(|k| Row::axis(k, inner[k])).collect();
    rows.push(Row { low: 0, high: inner[shared] as i64, ..places });
    rows.extend((shared + 1..inner.len()).map(|k| Row::axis(outer + k - shared - 1, inner[k])));
    let view = View { x: table, shape, rows };
    view.has_single_axes().then(|| s.make(Op::View(view)))
}

/// `[0]` in a boundary condition.
fn table_of_zeros(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let Op::Leaf(Leaf::Table(values, shape)) = s.graph.op(id) else { return None };
    let shape = shape.clone();
    values.iter().all(|value| value.0 == 0.0).then(|| s.graph.constant(0.0, &shape))
}

pub fn constant_view(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let Op::View(view) = s.graph.op(id) else { return None };
    let (value, shape) = (s.graph.constant_of(view.x)?, view.shape.clone());
    (value == 0.0 || view.is_total()).then(|| s.graph.constant(value, &shape))
}

fn identity_view(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let Op::View(view) = s.graph.op(id) else { return None };
    let same = view.shape == s.graph.shape(view.x);
    (same && view.as_permutation(s.graph.shape(view.x)).is_some_and(|order| order.iter().copied().eq(0..order.len())))
        .then_some(view.x)
}

/// Two views become one where the inner rows have at most one term, so that the outer bounds can be carried inwards.
pub fn composed(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let Op::View(outer) = s.graph.op(id) else { return None };
    let Op::View(inner) = s.graph.op(outer.x) else { return None };
    let mut rows = Vec::with_capacity(inner.rows.len());
    for row in &inner.rows {
        rows.push(match row.terms[..] {
            [] => row.clone(),
            [(axis, c)] => through(row, c, &outer.rows[axis], inner.shape[axis])?,
            _ => {
                // Several terms: only whole axes pass.
                let mut terms = vec![];
                for &(axis, c) in &row.terms {
                    let via = &outer.rows[axis];
                    match via.terms[..] {
                        [(to, 1)] if via.offset == 0 && via.divisor == 1 && via.is_total(&outer.shape) => {
                            terms.push((to, c))
                        }
                        _ => return None,
                    }
                }
                terms.sort();
                Row { terms, ..row.clone() }
            }
        });
    }
    // A zero that the outer view fills along an axis that the inner one repeats can't be said in the inner one's rows.
    let used: Vec<usize> = inner.rows.iter().flat_map(|r| r.terms.iter().map(|t| t.0)).collect();
    if (0..inner.shape.len()).any(|axis| !used.contains(&axis) && !outer.rows[axis].is_total(&outer.shape)) {
        return None;
    }
    // Bounds that nothing is cut off by are those of the axis: such a view has an adjoint.
    for (row, &n) in rows.iter_mut().zip(s.graph.shape(inner.x)) {
        if row.is_total(&outer.shape) && n != BATCH {
            (row.low, row.high) = (0, n as i64);
        }
    }
    let view = View { x: inner.x, shape: outer.shape.clone(), rows };
    view.has_single_axes().then(|| s.make(Op::View(view)))
}

/// `inner` of one term, whose index is what `outer` gives.
fn through(inner: &Row, c: i64, outer: &Row, extent: usize) -> Option<Row> {
    if extent == BATCH {
        return Some(Row { terms: outer.terms.clone(), ..inner.clone() });
    }
    if inner.divisor != 1 || outer.divisor != 1 {
        let plain = c == 1 && inner.offset == 0 && inner.divisor == 1 && inner.low == 0 && inner.high >= extent as i64;
        return plain.then(|| outer.clone());
    }
    let terms = outer.terms.iter().map(|&(axis, k)| (axis, k * c)).collect();
    let offset = inner.offset + c * outer.offset;
    // i = offset + c m with m in low..high: what of it lies inside.
    let (first, last) = (inner.offset + c * outer.low, inner.offset + c * (outer.high - 1));
    // Where nothing does, the bounds are still those of the axis.
    let low = inner.low.max(first.min(last)).min(inner.high);
    let high = inner.high.min(first.max(last) + 1);
    Some(Row { offset, terms, divisor: 1, low, high: high.max(low) })
}

pub fn part_of_join(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let Op::View(view) = s.graph.op(id).clone() else { return None };
    let Op::Join { axis, parts } = s.graph.op(view.x).clone() else { return None };
    let row = &view.rows[axis];
    let extent = match row.terms[..] {
        [] => 1,
        [(along, 1)] if row.divisor == 1 => view.shape[along] as i64,
        _ => return None,
    };
    let mut start = 0;
    for part in parts {
        let n = s.graph.shape(part)[axis] as i64;
        if row.offset >= start && row.offset + extent <= start + n {
            let mut rows = view.rows.clone();
            rows[axis] = Row { offset: row.offset - start, low: 0, high: n, ..row.clone() };
            return Some(s.make(Op::View(View { x: part, shape: view.shape, rows })));
        }
        start += n;
    }
    None
}

fn reshaped(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let Op::Reshape { x, shape } = s.graph.op(id).clone() else { return None };
    if let Some(value) = s.graph.constant_of(x) {
        return Some(s.graph.constant(value, &shape));
    }
    if s.graph.shape(x) == shape {
        return Some(x);
    }
    match *s.graph.op(x) {
        Op::Reshape { x, .. } => Some(s.make(Op::Reshape { x, shape })),
        _ => None,
    }
}

/// What a loop leaves of a value that does not depend on its rounds, or of one that it carries on as it is.
fn in_every_round(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let (Op::Last { of, x } | Op::Stacked { of, x }) = *s.graph.op(id) else { return None };
    let value = match *s.graph.op(x) {
        Op::Leaf(Leaf::Binder(own, number)) if own == of => {
            let binder = &s.graph.looped(of).binders[number as usize];
            (binder.next == binder.leaf).then_some(binder.init)?
        }
        _ if s.graph.node(x).loops.contains(&of) => return None,
        _ => x,
    };
    if let Op::Last { .. } = s.graph.op(id) {
        return Some(value);
    }
    let (shape, own) = (s.graph.shape(id).to_vec(), s.graph.shape(value).to_vec());
    // The axis of the rounds stands behind that of the examples.
    let rounds = usize::from(shape.first() == Some(&BATCH));
    let batched = usize::from(own.first() == Some(&BATCH));
    let axes: Vec<usize> = (0..batched).chain((batched..own.len()).map(|axis| axis + rounds + 1 - batched)).collect();
    Some(s.graph.expand_at(value, &shape, &axes))
}

/// Functions of elements between a reshape and its inverse are done in the shape that the value has: `A / norm(A)` of a matrix.
fn in_own_shape(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let Op::Reshape { x, shape } = s.graph.op(id).clone() else { return None };
    let way = inside(s, x, &shape, FUNCTIONS_BETWEEN)?;
    way.undoes_a_reshape().then(|| in_shape(s, &way, &shape))
}

/// Functions of elements that are looked through for the other reshape.
const FUNCTIONS_BETWEEN: usize = 4;

/// How a value is had in the shape that it will be seen in.
enum InShape {
    /// It was reshaped from that.
    As(NodeId),
    /// A function of elements, of operands in that shape.
    Function(Op, Vec<InShape>),
    Constant(f64),
    /// The same number everywhere.
    Expanded(NodeId),
}

impl InShape {
    fn undoes_a_reshape(&self) -> bool {
        match self {
            InShape::As(_) => true,
            InShape::Function(_, operands) => operands.iter().any(InShape::undoes_a_reshape),
            InShape::Constant(_) | InShape::Expanded(_) => false,
        }
    }
}

/// Nothing if some operand can't be had in the shape for nothing.
fn inside(s: &Simplifier, x: NodeId, shape: &[usize], depth: usize) -> Option<InShape> {
    match s.graph.op(x) {
        Op::Reshape { x, .. } => (s.graph.shape(*x) == shape).then_some(InShape::As(*x)),
        op if depth > 0 && facts(op).reads_own_index => {
            let operands = op.operands().into_iter().map(|x| inside(s, x, shape, depth - 1));
            Some(InShape::Function(op.clone(), operands.collect::<Option<_>>()?))
        }
        _ => match (s.graph.constant_of(x), s.graph.unexpanded(x)) {
            (Some(value), _) => Some(InShape::Constant(value)),
            (None, number) => s.graph.shape(number).is_empty().then_some(InShape::Expanded(number)),
        },
    }
}

fn in_shape(s: &mut Simplifier, way: &InShape, shape: &[usize]) -> NodeId {
    match way {
        InShape::As(x) => *x,
        InShape::Function(op, operands) => {
            let mut next = operands.iter().map(|way| in_shape(s, way, shape)).collect::<Vec<_>>().into_iter();
            s.make(op.map(|x| next.next().unwrap_or(x), |l| l))
        }
        InShape::Constant(value) => s.graph.constant(*value, shape),
        InShape::Expanded(number) => s.graph.expand_to(*number, shape),
    }
}

/// The expansion of a node, or of a constant: what is expanded, and along which axes.
fn expansion(s: &Simplifier, id: NodeId) -> Option<(NodeId, Vec<usize>)> {
    match s.graph.op(id) {
        Op::View(view) => {
            view.as_expansion(s.graph.shape(view.x)).filter(|axes| !axes.is_empty()).map(|axes| (view.x, axes))
        }
        _ => None,
    }
}

/// A scalar function of expansions along the same axes is done before expanding.
fn expanded_last(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let op = s.graph.op(id).clone();
    if !facts(&op).reads_own_index {
        return None;
    }
    let operands = op.operands();
    let (inner, axes) = operands.iter().find_map(|&x| expansion(s, x))?;
    let small = s.graph.shape(inner).to_vec();
    let mut mapped = vec![];
    for &x in &operands {
        mapped.push(match (s.graph.constant_of(x), expansion(s, x)) {
            (Some(value), _) => s.graph.constant(value, &small),
            (_, Some((inner, own))) if own == axes => inner,
            _ => return None,
        });
    }
    let mut next = mapped.into_iter();
    let small_op = op.map(|x| next.next().unwrap_or(x), |l| l);
    let value = s.make(small_op);
    let shape = s.graph.shape(id).to_vec();
    let kept: Vec<usize> = (0..shape.len()).filter(|a| !axes.contains(a)).collect();
    let rows = kept
        .iter()
        .zip(&small)
        .map(|(&axis, &n)| Row { high: if n == BATCH { i64::MAX } else { n as i64 }, ..Row::axis(axis, 1) })
        .collect();
    Some(s.make(Op::View(View { x: value, shape, rows })))
}

/// `c (x y)`, where `x` is an expanded number `d u` or `u / d`: both factors become one, `(c d) u`. So `2 (λ/2 w)` is `λ w`.
fn multiple(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let (factor, rest) = binary_of(s, id, &MULTIPLY)?;
    let value = s.graph.constant_of(factor)?;
    let (x, y) = binary_of(s, rest, &MULTIPLY)?;
    for (x, y) in [(x, y), (y, x)] {
        let Some((inner, _)) = expansion(s, x) else { continue };
        let scaled = match *s.graph.op(inner) {
            Op::Binary(op, a, _) if op == MULTIPLY => s.graph.constant_of(a).is_some(),
            Op::Binary(op, _, b) if op == DIVIDE => s.graph.constant_of(b).is_some(),
            _ => false,
        };
        if !scaled {
            continue;
        }
        let Op::View(view) = s.graph.op(x).clone() else { continue };
        let shape = s.graph.shape(inner).to_vec();
        let factor = s.graph.constant(value, &shape);
        let inner = s.make(Op::Binary(BinaryOp(&MULTIPLY), factor, inner));
        let x = s.make(Op::View(View { x: inner, ..view }));
        return Some(s.make(Op::Binary(BinaryOp(&MULTIPLY), x, y)));
    }
    None
}

/// `[c] > 0` is the condition.
fn truth_above_zero(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let (truth, zero) = binary_of(s, id, &GREATER)?;
    (s.graph.ty(truth).kind == Kind::Bool && s.graph.constant_of(zero) == Some(0.0)).then_some(truth)
}

fn selected(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let Op::Select { condition, yes, no } = *s.graph.op(id) else { return None };
    if yes == no {
        return Some(yes);
    }
    if let Some(holds) = s.known_condition(condition) {
        return Some(if holds { yes } else { no });
    }
    // Where it is known how the condition is, a choice by it is made.
    let within = |x: NodeId, side: bool| match *s.graph.op(x) {
        Op::Select { condition: c, yes, no } if c == condition => Some(if side { yes } else { no }),
        _ => None,
    };
    if within(yes, true).is_some() || within(no, false).is_some() {
        let (yes, no) = (within(yes, true).unwrap_or(yes), within(no, false).unwrap_or(no));
        return Some(s.make(Op::Select { condition, yes, no }));
    }
    multiple_or_nothing(s, id)
}

/// A sign or a number stands before `if c then x else 0`: it is finite, so that nothing comes out of what is not taken.
fn multiple_or_nothing(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let (condition, side, kept) = s.graph.value_or_zero(id)?;
    let is_number = |id: NodeId| s.graph.constant_of(id).is_some_and(f64::is_finite);
    let (outside, x) = match *s.graph.op(kept) {
        Op::Unary(op, x) if op == NEGATE => (None, x),
        Op::Binary(op, c, x) if op == MULTIPLY && is_number(c) && !is_number(x) => (Some(c), x),
        _ => return None,
    };
    let zero = s.constant_like(0.0, x);
    let (yes, no) = if side { (x, zero) } else { (zero, x) };
    let chosen = s.make(Op::Select { condition, yes, no });
    Some(match outside {
        None => s.negated(chosen),
        Some(c) => s.make(Op::Binary(BinaryOp(&MULTIPLY), c, chosen)),
    })
}
