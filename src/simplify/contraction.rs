//! Rules for contractions: constants, signs, permutations and expansions are taken out of them. They hold in real numbers.
use super::{Simplifier, StructuralRule};
use crate::graph::{BATCH, Contraction, Leaf, NodeId, Op, Row, View};
use crate::op::{BinaryOp, ReduceOp, arithmetic};

pub static RULES: &[StructuralRule] = &[
    StructuralRule { name: "product by a constant", apply: constant_operand },
    StructuralRule { name: "product by the identity", apply: identity_operand },
    StructuralRule { name: "product with a number", apply: number_operand },
    StructuralRule { name: "product of a negative or a multiple", apply: factor_out },
    StructuralRule { name: "product of a transposed or expanded value", apply: seen_through },
    StructuralRule { name: "sum of shifted products", apply: product_of_shifted },
];

/// One operand and its labels, and the other.
fn sides(c: &Contraction) -> [(NodeId, &[u8], NodeId, &[u8], bool); 2] {
    [(c.a, &c.a_axes, c.b, &c.b_axes, true), (c.b, &c.b_axes, c.a, &c.a_axes, false)]
}

fn constant_operand(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let Op::Contract(c) = s.graph.op(id).clone() else { return None };
    for (x, _, other, other_axes, _) in sides(&c) {
        let Some(value) = s.graph.constant_of(x) else { continue };
        let shape = s.graph.shape(id).to_vec();
        if value == 0.0 {
            return Some(s.graph.constant(0.0, &shape));
        }
        let result = arranged(s, other, other_axes, &c.out_axes, &shape);
        let factor = s.graph.constant(value, &shape);
        return Some(s.make(Op::Binary(BinaryOp(&arithmetic::MULTIPLY), factor, result)));
    }
    None
}

/// An operand alone in the place of the product: what the result has not is summed, what only the result has is repeated.
fn arranged(s: &mut Simplifier, x: NodeId, axes: &[u8], out: &[u8], shape: &[usize]) -> NodeId {
    let summed: Vec<usize> = (0..axes.len()).filter(|&k| !out.contains(&axes[k])).collect();
    let kept: Vec<u8> = axes.iter().copied().filter(|l| out.contains(l)).collect();
    let mut result = if summed.is_empty() { x } else { s.make(Op::Reduce { op: ReduceOp::Sum, axes: summed, x }) };
    // In the order of the result.
    let wanted: Vec<u8> = out.iter().copied().filter(|l| kept.contains(l)).collect();
    let order: Vec<usize> = wanted.iter().map(|l| kept.iter().position(|k| k == l).unwrap_or(0)).collect();
    result = s.graph.permute(result, &order);
    let places: Vec<usize> = wanted.iter().map(|l| out.iter().position(|o| o == l).unwrap_or(0)).collect();
    if places.len() < shape.len() { s.graph.expand_at(result, shape, &places) } else { result }
}

/// The identity renames the summed label.
fn identity_operand(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let Op::Contract(c) = s.graph.op(id).clone() else { return None };
    for (x, axes, other, other_axes, _) in sides(&c) {
        let Op::OneHot { index, size } = *s.graph.op(x) else { continue };
        if !matches!(s.graph.op(index), Op::Leaf(Leaf::Iota(n)) if *n == size) {
            continue;
        }
        for (from, to) in [(axes[0], axes[1]), (axes[1], axes[0])] {
            let renames = from != to && other_axes.contains(&from) && !c.out_axes.contains(&from);
            if renames && c.out_axes.contains(&to) && !other_axes.contains(&to) {
                let renamed: Vec<u8> = other_axes.iter().map(|&l| if l == from { to } else { l }).collect();
                let shape = s.graph.shape(id).to_vec();
                return Some(arranged(s, other, &renamed, &c.out_axes, &shape));
            }
        }
    }
    None
}

/// A number times a value is done element by element.
fn number_operand(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let Op::Contract(c) = s.graph.op(id).clone() else { return None };
    let (x, _, other, other_axes, _) = sides(&c).into_iter().find(|side| side.1.is_empty())?;
    let shape = s.graph.shape(id).to_vec();
    let number = s.graph.expand_to(x, &shape);
    let value = arranged(s, other, other_axes, &c.out_axes, &shape);
    Some(s.make(Op::Binary(BinaryOp(&arithmetic::MULTIPLY), number, value)))
}

fn factor_out(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let Op::Contract(c) = s.graph.op(id).clone() else { return None };
    for (x, _, _, _, first) in sides(&c) {
        let with =
            |x: NodeId| if first { Contraction { a: x, ..c.clone() } } else { Contraction { b: x, ..c.clone() } };
        if let Op::Unary(op, inner) = *s.graph.op(x)
            && op.scale.is_some()
        {
            let product = s.make(Op::Contract(with(inner)));
            return Some(s.make(Op::Unary(op, product)));
        }
    }
    None
}

/// Permutations rename labels. Along a repeated axis an operand has nothing to say: the label leaves it if the other operand has it.
fn seen_through(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let Op::Contract(c) = s.graph.op(id).clone() else { return None };
    for (x, axes, other, other_axes, first) in sides(&c) {
        let Op::View(view) = s.graph.op(x).clone() else { continue };
        if !view.keeps_axes(s.graph.shape(view.x)) {
            continue;
        }
        let repeated: Vec<u8> = view.repeated().iter().map(|&a| axes[a]).collect();
        // A repeated label must be in the other operand, and stay in the result.
        if repeated.iter().any(|l| !other_axes.contains(l) || !c.out_axes.contains(l)) {
            if repeated.iter().all(|l| other_axes.contains(l)) {
                return Some(summed_first(s, &c, &view, axes, other, other_axes, first, &repeated));
            }
            continue;
        }
        let inner: Vec<u8> = view.rows.iter().map(|r| axes[r.terms[0].0]).collect();
        let op = if first {
            Contraction::new(view.x, other, &inner, other_axes, &c.out_axes)
        } else {
            Contraction::new(other, view.x, other_axes, &inner, &c.out_axes)
        };
        return Some(s.make(Op::Contract(op)));
    }
    None
}

/// `Σ_b a b`, where `a` repeats along a summed label: the other operand is summed along it first.
#[allow(clippy::too_many_arguments)]
fn summed_first(
    s: &mut Simplifier,
    c: &Contraction,
    view: &crate::graph::View,
    axes: &[u8],
    other: NodeId,
    other_axes: &[u8],
    first: bool,
    repeated: &[u8],
) -> NodeId {
    let gone: Vec<u8> = repeated.iter().copied().filter(|l| !c.out_axes.contains(l)).collect();
    let over: Vec<usize> = (0..other_axes.len()).filter(|&k| gone.contains(&other_axes[k])).collect();
    let sum = s.make(Op::Reduce { op: ReduceOp::Sum, axes: over, x: other });
    let left: Vec<u8> = other_axes.iter().copied().filter(|l| !gone.contains(l)).collect();
    let inner: Vec<u8> = view.rows.iter().map(|r| axes[r.terms[0].0]).collect();
    let op = if first {
        Contraction::new(view.x, sum, &inner, &left, &c.out_axes)
    } else {
        Contraction::new(sum, view.x, &left, &inner, &c.out_axes)
    };
    s.make(Op::Contract(op))
}

/// `Σ_k p[i − k, k, …]` of a product `p` is a product of shifted operands: the input gradient of a convolution is itself one, of the
/// cotangent with the reversed kernel, and the cotangents of all windows are never there.
fn product_of_shifted(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let Op::Reduce { op: ReduceOp::Sum, axes: over, x } = s.graph.op(id).clone() else { return None };
    let Op::View(view) = s.graph.op(x).clone() else { return None };
    let Op::Contract(c) = s.graph.op(view.x).clone() else { return None };
    let whole = |row: &Row| matches!(row.terms[..], [(_, 1)]) && row.offset == 0 && row.is_total(&view.shape);
    if view.rows.iter().all(whole) || view.rows.iter().any(|row| row.divisor != 1 || row.terms.is_empty()) {
        return None;
    }
    // Zeros are multiplied where the shifted operand ends; that must not be more work than it saves memory.
    let count = |shape: &[usize]| shape.iter().filter(|n| **n != BATCH).product::<usize>();
    if count(&view.shape) > 2 * count(s.graph.shape(view.x)) {
        return None;
    }
    // The labels of the new product are the view's axes, then what the old one sums over.
    let axes = view.shape.len() as u8;
    let mut operands = vec![];
    for (x, labels, other) in [(c.a, &c.a_axes, &c.b_axes), (c.b, &c.b_axes, &c.a_axes)] {
        let shape = s.graph.shape(x).to_vec();
        let (mut names, mut extents, mut rows): (Vec<u8>, Vec<usize>, Vec<Row>) = (vec![], vec![], vec![]);
        for (&label, &n) in labels.iter().zip(&shape) {
            let place = c.out_axes.iter().position(|l| *l == label);
            let row = place.map(|at| &view.rows[at]);
            if row.is_some_and(|row| !whole(row) && other.contains(&label)) {
                return None;
            }
            let terms: Vec<(u8, i64)> = match row {
                Some(row) => row.terms.iter().map(|t| (t.0 as u8, t.1)).collect(),
                None => vec![(axes + label, 1)],
            };
            let terms = terms.into_iter().map(|(name, factor)| {
                let at = names.iter().position(|known| *known == name).unwrap_or_else(|| {
                    names.push(name);
                    extents.push(view.shape.get(name as usize).copied().unwrap_or(n));
                    names.len() - 1
                });
                (at, factor)
            });
            let mut terms: Vec<(usize, i64)> = terms.collect();
            terms.sort_unstable();
            let high = if n == BATCH { i64::MAX } else { n as i64 };
            rows.push(Row { terms, ..row.cloned().unwrap_or(Row { high, ..Row::axis(0, n) }) });
        }
        operands.push((x, names, extents, rows));
    }
    let out: Vec<u8> = (0..axes).filter(|axis| !over.contains(&(*axis as usize))).collect();
    // Each label stands in two of the three, or it would have nothing to be multiplied with.
    let [a, b] = &operands[..] else { return None };
    let twice = |name: &u8| [&a.1, &b.1, &out].iter().filter(|names| names.contains(name)).count() > 1;
    if !a.1.iter().chain(&b.1).chain(&out).all(twice) {
        return None;
    }
    let [a, b] = [a, b].map(|(x, names, extents, rows)| {
        let view = View { x: *x, shape: extents.clone(), rows: rows.clone() };
        (s.make(Op::View(view)), names)
    });
    Some(s.make(Op::Contract(Contraction::new(a.0, b.0, a.1, b.1, &out))))
}
