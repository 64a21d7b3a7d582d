//! What a value is, as rules ask for it.
use super::Simplifier;
use crate::graph::named::Named;
use crate::graph::{NodeId, Op};
use crate::op::arithmetic::{ADD, DIVIDE, MULTIPLY, SUBTRACT};
use crate::op::exponential::{POW, RECIPROCAL};
use crate::op::{Binary, BinaryOp, ReduceOp, Unary};

/// The argument of this function, if a value is one of its.
pub(super) fn unary_of(s: &Simplifier, id: NodeId, row: &'static Unary) -> Option<NodeId> {
    match s.graph.op(id) {
        Op::Unary(op, x) if *op == *row => Some(*x),
        _ => None,
    }
}
pub(super) fn binary_of(s: &Simplifier, id: NodeId, row: &'static Binary) -> Option<(NodeId, NodeId)> {
    match *s.graph.op(id) {
        Op::Binary(op, x, y) if op == *row => Some((x, y)),
        _ => None,
    }
}
/// Of a sum or a difference the operation, its terms, and whether the second is subtracted.
pub(super) fn sum_of(s: &Simplifier, id: NodeId) -> Option<(BinaryOp, NodeId, NodeId, bool)> {
    match *s.graph.op(id) {
        Op::Binary(op, x, y) if op == ADD || op == SUBTRACT => Some((op, x, y, op == SUBTRACT)),
        _ => None,
    }
}
pub(super) fn named_of(s: &Simplifier, id: NodeId, row: &'static Named) -> Option<Vec<NodeId>> {
    match s.graph.op(id) {
        Op::Named(op, arguments) if *op == *row => Some(arguments.clone()),
        _ => None,
    }
}
/// The factors of a product of two; of one with a condition, the condition comes first.
pub(super) fn product_of(s: &Simplifier, id: NodeId) -> Option<(NodeId, NodeId)> {
    match *s.graph.op(id) {
        Op::Binary(op, a, b) if op == MULTIPLY => Some((a, b)),
        Op::Select { condition, yes, no } if s.graph.constant_of(no) == Some(0.0) => Some((condition, yes)),
        _ => None,
    }
}
/// The operand of a sum over the last axis.
pub(super) fn sum_last(s: &Simplifier, id: NodeId) -> Option<NodeId> {
    match s.graph.op(id) {
        Op::Reduce { op: ReduceOp::Sum, axes, x } if axes[..] == [s.graph.shape(*x).len() - 1] => Some(*x),
        _ => None,
    }
}
/// The operand of an expansion along the last axis.
pub(super) fn along_last(s: &Simplifier, id: NodeId) -> Option<NodeId> {
    match s.graph.op(id) {
        Op::View(view) if view.as_expansion(s.graph.shape(view.x))? == [view.shape.len() - 1] => Some(view.x),
        _ => None,
    }
}
/// The operand of a sum, and its axes.
pub(super) fn sum_over(s: &Simplifier, id: NodeId) -> Option<(NodeId, Vec<usize>)> {
    match s.graph.op(id) {
        Op::Reduce { op: ReduceOp::Sum, axes, x } => Some((*x, axes.clone())),
        _ => None,
    }
}
/// The operand of an expansion, and the axes along which it is repeated.
pub(super) fn repeated(s: &Simplifier, id: NodeId) -> Option<(NodeId, Vec<usize>)> {
    match s.graph.op(id) {
        Op::View(view) => Some((view.x, view.as_expansion(s.graph.shape(view.x))?)),
        _ => None,
    }
}
/// What a value is one over, by whichever spelling.
pub(super) fn reciprocal_of(s: &Simplifier, id: NodeId) -> Option<NodeId> {
    let is = |id: NodeId, number: f64| s.graph.constant_of(id) == Some(number);
    match *s.graph.op(id) {
        Op::Binary(op, one, x) if op == DIVIDE && is(one, 1.0) => Some(x),
        Op::Binary(op, x, power) if op == POW && is(power, -1.0) => Some(x),
        Op::Unary(op, x) if op == RECIPROCAL => Some(x),
        _ => None,
    }
}
/// Of what elements are taken, nothing filled in between.
pub(super) fn table_of(op: &Op) -> Option<NodeId> {
    match op {
        Op::View(view) if view.is_total() => Some(view.x),
        Op::Reshape { x, .. } => Some(*x),
        Op::Gather { table, .. } => Some(*table),
        _ => None,
    }
}
/// The same of a value, and how they are taken.
pub(super) fn picked(s: &Simplifier, x: NodeId) -> Option<(NodeId, Op)> {
    let op = s.graph.op(x);
    Some((table_of(op)?, op.clone()))
}
