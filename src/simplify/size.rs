//! Roots and powers of what is a size: a sum of even powers or of absolute values, which is zero only where all of them are. Their derivative there
//! is 0, as that of `norm`; that of a root of anything else is infinite.
use super::{Simplifier, StructuralRule};
use crate::graph::named::NORM;
use crate::graph::{Graph, Leaf, NodeId, Op, Runtime};
use crate::op::arithmetic::{ABS, ADD, DIVIDE, MULTIPLY};
use crate::op::exponential::{POW, SQRT};
use crate::op::power::{ROOT, SIZE_POWER};
use crate::op::{BinaryOp, ReduceOp, UnaryOp};

pub static RULES: &[StructuralRule] = &[
    StructuralRule { name: "an even power of a size", apply: even_power },
    StructuralRule { name: "the root of a size", apply: root },
    StructuralRule { name: "a power of a size", apply: power },
];

/// Operations between a root and the squares under it.
const DEEPEST: usize = 24;

fn root(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let Op::Unary(op, x) = *s.graph.op(id) else { return None };
    (op == SQRT && is_size(&s.graph, x, DEEPEST)).then(|| s.make(Op::Unary(UnaryOp(&ROOT), x)))
}

fn power(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let Op::Binary(op, x, y) = *s.graph.op(id) else { return None };
    // Of a whole power every derivative is finite; what a learned one will be is not known.
    let has_root = number(&s.graph, y).is_none_or(|y| 0.0 < y && y % 1.0 != 0.0);
    let fits = op == POW && has_root && is_size(&s.graph, x, DEEPEST);
    fits.then(|| s.make(Op::Binary(BinaryOp(&SIZE_POWER), x, y)))
}

/// Powers that are whole and even in the end, however they came about, need no root: `|x|^2`, `sqrt(x^4)`, `norm(x)^2`, `(x^2)^0.5` times itself.
fn even_power(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let (inner, outer) = match *s.graph.op(id) {
        Op::Binary(op, x, y) if op == POW || op == SIZE_POWER => (x, s.graph.constant_of(y)?),
        Op::Binary(op, x, y) if op == MULTIPLY && x == y => (x, 2.0),
        Op::Unary(op, x) if op == SQRT || op == ROOT => (x, 0.5),
        _ => return None,
    };
    // Of what, to which power, and whether that is never negative.
    let (base, power, is_size) = match s.graph.op(inner).clone() {
        Op::Unary(op, x) if op == ABS => (x, 1.0, false),
        Op::Unary(op, x) if op == ROOT => (x, 0.5, true),
        Op::Named(op, arguments) if op == NORM => {
            let x = arguments[0];
            let n = s.graph.shape(x).len() as u8;
            let axes: Vec<u8> = (0..n).collect();
            (s.graph.contract(x, x, &axes, &axes, &axes[..n as usize - 1]), 0.5, true)
        }
        Op::Binary(op, x, y) if op == SIZE_POWER => (x, s.graph.constant_of(y)?, true),
        Op::Binary(op, x, y) if op == POW => match s.graph.constant_of(y)? {
            power if power > 0.0 && power % 2.0 == 0.0 => (x, power, false),
            _ => return None,
        },
        _ => return None,
    };
    let total = power * outer;
    // Of a size any whole power, of a number an even one.
    if total <= 0.0 || total % if is_size { 1.0 } else { 2.0 } != 0.0 {
        return None;
    }
    // A whole power of a whole power is what it is.
    if outer % 1.0 == 0.0 && power % 2.0 == 0.0 {
        return None;
    }
    if total == 1.0 {
        return Some(base);
    }
    let total = s.constant_like(total, id);
    Some(s.make(Op::Binary(BinaryOp(&POW), base, total)))
}

fn is_size(graph: &Graph, id: NodeId, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let is_positive = |id: NodeId| number(graph, id).is_some_and(|value| value > 0.0 && value.is_finite());
    match graph.op(id) {
        Op::Unary(op, x) => *op == ABS || *op == ROOT && is_size(graph, *x, depth),
        Op::Binary(op, x, y) if *op == POW || *op == SIZE_POWER => {
            let exponent = number(graph, *y);
            let is_even = exponent.is_some_and(|y| y > 0.0 && y % 2.0 == 0.0);
            let is_learned = number(graph, *y).is_none();
            is_even || (is_learned || is_positive(*y)) && is_size(graph, *x, depth)
        }
        Op::Binary(op, x, y) if *op == ADD => is_size(graph, *x, depth) && is_size(graph, *y, depth),
        Op::Binary(op, x, y) if *op == MULTIPLY => {
            x == y || is_positive(*x) && is_size(graph, *y, depth) || is_positive(*y) && is_size(graph, *x, depth)
        }
        Op::Binary(op, x, y) if *op == DIVIDE => is_positive(*y) && is_size(graph, *x, depth),
        Op::Contract(c) => c.a == c.b && c.a_axes == c.b_axes,
        Op::Reduce { op: ReduceOp::Sum | ReduceOp::Mean, x, .. } | Op::BatchMean { x, .. } | Op::Reshape { x, .. } => {
            is_size(graph, *x, depth)
        }
        Op::View(view) => is_size(graph, view.x, depth),
        Op::Named(op, _) => *op == NORM,
        _ => false,
    }
}

/// A number that is known while the program is read, however it is spelled: of settings, too. A count is some positive one.
fn number(graph: &Graph, id: NodeId) -> Option<f64> {
    match graph.op(id) {
        Op::Leaf(Leaf::Constant(value, _)) => Some(value.0),
        Op::Leaf(Leaf::Setting(setting)) => Some(graph.settings[*setting as usize].1),
        Op::Leaf(Leaf::Runtime(Runtime::BatchSize)) => Some(1.0),
        Op::Unary(op, x) => Some((op.value)(number(graph, *x)?)),
        Op::Binary(op, x, y) => Some((op.value)(number(graph, *x)?, number(graph, *y)?)),
        Op::View(_) => {
            let base = graph.unexpanded(id);
            if base == id { None } else { number(graph, base) }
        }
        _ => None,
    }
}
