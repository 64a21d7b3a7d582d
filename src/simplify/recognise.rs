//! Recognisers of functions of whole values: spelled-out softmax, logsumexp and cross-entropy become named ones.
use super::{Simplifier, StructuralRule};
use crate::graph::named::{CROSS_ENTROPY, LOG_SOFTMAX, LOGSUMEXP, NORM, SOFTMAX, SOFTMAX_CROSS_ENTROPY};
use crate::graph::{Kind, NamedOp, NodeId, Op};
use crate::op::loss::LOGISTIC_LOSS;
use crate::op::{BinaryOp, ReduceOp};

pub static RULES: &[StructuralRule] = &[
    StructuralRule { name: "exp(z) / sum(exp(z))", apply: softmax },
    StructuralRule { name: "log(sum(exp(z)))", apply: logsumexp },
    StructuralRule { name: "log(softmax(z))", apply: log_softmax },
    StructuralRule { name: "cross_entropy(softmax(z), t)", apply: cross_entropy },
    StructuralRule { name: "-log(softmax(z)[t])", apply: picked },
    StructuralRule { name: "-sum(t log_softmax(z))", apply: weighted },
    StructuralRule { name: "if t then -log(s) else -log(1 - s)", apply: chosen },
    StructuralRule { name: "norm(x)^2", apply: squared_norm },
    StructuralRule { name: "entries at places of a loop", apply: super::shape::at_places },
];

fn unary_of(s: &Simplifier, id: NodeId, name: &str) -> Option<NodeId> {
    match s.graph.op(id) {
        Op::Unary(op, x) if op.name == name => Some(*x),
        _ => None,
    }
}
fn named_of(s: &Simplifier, id: NodeId, name: &str) -> Option<Vec<NodeId>> {
    match s.graph.op(id) {
        Op::Named(op, arguments) if op.name == name => Some(arguments.clone()),
        _ => None,
    }
}
/// The operand of a sum over the last axis.
fn sum_last(s: &Simplifier, id: NodeId) -> Option<NodeId> {
    match s.graph.op(id) {
        Op::Reduce { op: ReduceOp::Sum, axes, x } if axes[..] == [s.graph.shape(*x).len() - 1] => Some(*x),
        _ => None,
    }
}
/// The operand of an expansion along the last axis.
fn along_last(s: &Simplifier, id: NodeId) -> Option<NodeId> {
    match s.graph.op(id) {
        Op::View(view) if view.as_expansion(s.graph.shape(view.x))? == [view.shape.len() - 1] => Some(view.x),
        _ => None,
    }
}

fn softmax(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let Op::Binary(op, e, total) = *s.graph.op(id) else { return None };
    if op.name != "div" || sum_last(s, along_last(s, total)?)? != e {
        return None;
    }
    let z = unary_of(s, e, "exp")?;
    // exp(z - max(z)) is the stable spelling of the same.
    Some(s.make(Op::Named(NamedOp(&SOFTMAX), vec![unshifted(s, z)])))
}

/// `z`, if the value is `z − max(z)`.
fn unshifted(s: &Simplifier, shifted: NodeId) -> NodeId {
    if let Op::Binary(op, z, wide) = s.graph.op(shifted)
        && op.name == "sub"
        && let Some(max) = along_last(s, *wide)
        && let Op::Reduce { op: ReduceOp::Max, axes, x } = s.graph.op(max)
        && x == z
        && axes[..] == [s.graph.shape(*z).len() - 1]
    {
        return *z;
    }
    shifted
}

fn logsumexp(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let z = unary_of(s, sum_last(s, unary_of(s, id, "log")?)?, "exp")?;
    Some(s.make(Op::Named(NamedOp(&LOGSUMEXP), vec![z])))
}

fn log_softmax(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let arguments = named_of(s, unary_of(s, id, "log")?, "softmax")?;
    Some(s.make(Op::Named(NamedOp(&LOG_SOFTMAX), arguments)))
}

fn cross_entropy(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let arguments = named_of(s, id, CROSS_ENTROPY.name)?;
    let z = named_of(s, arguments[0], "softmax")?;
    Some(s.make(Op::Named(NamedOp(&SOFTMAX_CROSS_ENTROPY), vec![z[0], arguments[1]])))
}

/// Both `-log(p)[t]` and `-log(p[t])`.
fn picked(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let inner = unary_of(s, id, "neg")?;
    let logs = unary_of(s, inner, "log");
    let Op::Gather { table, index, shared } = *s.graph.op(logs.unwrap_or(inner)) else { return None };
    let of_last = shared + 1 == s.graph.shape(table).len() && s.graph.shape(index).len() == shared;
    if !of_last || !matches!(s.graph.ty(index).kind, Kind::Class(_)) {
        return None;
    }
    let z = named_of(s, table, if logs.is_some() { "softmax" } else { "log_softmax" })?;
    Some(s.make(Op::Named(NamedOp(&SOFTMAX_CROSS_ENTROPY), vec![z[0], index])))
}

fn weighted(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let product = sum_last(s, unary_of(s, id, "neg")?)?;
    let Op::Binary(op, a, b) = *s.graph.op(product) else { return None };
    if op.name != "mul" {
        return None;
    }
    let (t, z) = match (named_of(s, a, "log_softmax"), named_of(s, b, "log_softmax")) {
        (Some(z), _) => (b, z[0]),
        (_, Some(z)) => (a, z[0]),
        _ => return None,
    };
    // `p − t` is the derivative only if `t` sums to one: true of onehot, not known of others.
    let Op::OneHot { index, .. } = *s.graph.op(t) else { return None };
    Some(s.make(Op::Named(NamedOp(&SOFTMAX_CROSS_ENTROPY), vec![z, index])))
}

/// The two ways a truth value may come out, of a probability that is a sigmoid; the sign before the choice or in it.
fn chosen(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let outside = unary_of(s, id, "neg");
    let Op::Select { condition, yes, no } = *s.graph.op(outside.unwrap_or(id)) else { return None };
    let logarithm = |branch: NodeId| {
        let inside = if outside.is_some() { Some(branch) } else { unary_of(s, branch, "neg") };
        unary_of(s, inside?, "log")
    };
    let (p, other) = (logarithm(yes)?, logarithm(no)?);
    let Op::Binary(op, one, rest) = *s.graph.op(other) else { return None };
    let complement = op.name == "sub" && s.graph.constant_of(one) == Some(1.0) && rest == p;
    if !complement || s.graph.ty(condition).kind != Kind::Bool {
        return None;
    }
    let z = unary_of(s, p, "sigmoid")?;
    Some(s.make(Op::Binary(BinaryOp(&LOGISTIC_LOSS), z, condition)))
}

fn squared_norm(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let Op::Binary(op, root, two) = *s.graph.op(id) else { return None };
    if op.name != "pow" || s.graph.constant_of(two) != Some(2.0) {
        return None;
    }
    let x = named_of(s, root, NORM.name)?[0];
    let n = s.graph.shape(x).len() as u8;
    let axes: Vec<u8> = (0..n).collect();
    Some(s.graph.contract(x, x, &axes, &axes, &axes[..n as usize - 1]))
}
