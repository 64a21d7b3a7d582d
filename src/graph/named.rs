//! Named functions of whole values: each knows its definition as a graph and its derivative in closed form.
//!
//! They stand here and not in `op`, because a definition is written with the graph's constructors.
use super::{Graph, Kind, NodeId, Shape, Type, ordered};
use crate::op::exponential::{EXP, LOG};
use crate::op::{Interval, ReduceOp};
use std::hash::{Hash, Hasher};

/// A row: a function over the last axis.
pub struct Named {
    pub name: &'static str,
    pub doc: &'static str,
    pub shape: fn(&[&Type]) -> Shape,
    pub range: Interval,
    /// The function in terms of other classes: what is computed, in its stable form.
    pub definition: fn(&mut Graph, &[NodeId]) -> NodeId,
    /// `(arguments, answer, cotangent, which argument)`: the cotangent of one argument.
    pub derivative: fn(&mut Graph, &[NodeId], NodeId, NodeId, usize) -> Option<NodeId>,
    /// `(arguments, answer, tangent, of which argument)`: the tangent of the answer. Where there is none, the answer is one number for each row,
    /// and its tangent is the product with the gradient.
    pub tangent: Option<Tangent>,
}

/// How a tangent of one argument goes through.
pub type Tangent = fn(&mut Graph, &[NodeId], NodeId, NodeId, usize) -> Option<NodeId>;

/// A row as a value that can be copied, compared and hashed.
#[derive(Clone, Copy)]
pub struct NamedOp(pub &'static Named);

impl std::ops::Deref for NamedOp {
    type Target = Named;
    fn deref(&self) -> &Named {
        self.0
    }
}
impl PartialEq for NamedOp {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}
impl Eq for NamedOp {}
impl Hash for NamedOp {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}
impl std::fmt::Debug for NamedOp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

pub static ROWS: &[&Named] = &[
    &SOFTMAX,
    &LOG_SOFTMAX,
    &LOGSUMEXP,
    &CROSS_ENTROPY,
    &SOFTMAX_CROSS_ENTROPY,
    &NORM,
    &ordered::CUMSUM,
    &ordered::SORT,
    &ordered::SORT_BY,
];

pub fn by_name(name: &str) -> Option<NamedOp> {
    ROWS.iter().find(|row| row.name == name).map(|row| NamedOp(row))
}

pub(super) fn same(types: &[&Type]) -> Shape {
    types[0].shape.clone()
}
fn without_last(types: &[&Type]) -> Shape {
    types[0].shape[..types[0].shape.len() - 1].to_vec()
}

/// `x` of one axis less, repeated along a new last axis, to the shape of `like`.
fn along_last(g: &mut Graph, x: NodeId, like: NodeId) -> NodeId {
    let shape = g.shape(like).to_vec();
    let axes: Vec<usize> = (0..shape.len() - 1).collect();
    g.expand_at(x, &shape, &axes)
}
pub(super) fn last_axis(g: &Graph, x: NodeId) -> usize {
    g.shape(x).len() - 1
}
/// The sum over the last axis of a product.
fn dot_last(g: &mut Graph, x: NodeId, y: NodeId) -> NodeId {
    let n = g.shape(x).len() as u8;
    let axes: Vec<u8> = (0..n).collect();
    g.contract(x, y, &axes, &axes, &axes[..n as usize - 1])
}
/// Class targets as a vector of zeros and a one; probabilities as they are.
fn distribution(g: &mut Graph, t: NodeId, like: NodeId) -> NodeId {
    match g.ty(t).kind {
        Kind::Class(..) | Kind::Index(_) => {
            let size = g.shape(like)[last_axis(g, like)];
            g.one_hot(t, size)
        }
        _ => t,
    }
}

pub static SOFTMAX: Named = Named {
    name: "softmax",
    doc: "exp(z) / sum(exp(z)) over the last axis",
    shape: same,
    range: Interval::UNIT,
    definition: |g, a| {
        let axis = last_axis(g, a[0]);
        let max = g.reduce(ReduceOp::Max, &[axis], a[0]);
        let max = along_last(g, max, a[0]);
        let shifted = g.subtract(a[0], max);
        let e = g.unary(&EXP, shifted);
        let sum = g.sum(&[axis], e);
        let sum = along_last(g, sum, e);
        g.divide(e, sum)
    },
    derivative: |g, _, p, d, _| {
        let inner = dot_last(g, d, p);
        let inner = along_last(g, inner, p);
        let centred = g.subtract(d, inner);
        Some(g.multiply(p, centred))
    },
    // Its Jacobian is symmetric: the tangent is made as the cotangent is.
    tangent: Some(|g, a, p, t, which| (SOFTMAX.derivative)(g, a, p, t, which)),
};

pub static LOGSUMEXP: Named = Named {
    name: "logsumexp",
    doc: "log(sum(exp(z))) over the last axis",
    shape: without_last,
    range: Interval::ALL,
    definition: |g, a| {
        let axis = last_axis(g, a[0]);
        let max = g.reduce(ReduceOp::Max, &[axis], a[0]);
        let wide = along_last(g, max, a[0]);
        let shifted = g.subtract(a[0], wide);
        let e = g.unary(&EXP, shifted);
        let sum = g.sum(&[axis], e);
        let log = g.unary(&LOG, sum);
        g.add(max, log)
    },
    derivative: |g, a, _, d, _| {
        let p = g.named(NamedOp(&SOFTMAX), &[a[0]]);
        let d = along_last(g, d, p);
        Some(g.multiply(d, p))
    },
    tangent: None,
};

pub static LOG_SOFTMAX: Named = Named {
    name: "log_softmax",
    doc: "z - logsumexp(z), the logarithm of softmax(z)",
    shape: same,
    range: Interval { low: f64::NEG_INFINITY, high: 0.0 },
    definition: |g, a| {
        let total = (LOGSUMEXP.definition)(g, a);
        let total = along_last(g, total, a[0]);
        g.subtract(a[0], total)
    },
    derivative: |g, a, _, d, _| {
        let p = g.named(NamedOp(&SOFTMAX), &[a[0]]);
        let axis = last_axis(g, d);
        let sum = g.sum(&[axis], d);
        let sum = along_last(g, sum, p);
        let share = g.multiply(p, sum);
        Some(g.subtract(d, share))
    },
    // t − Σ p t.
    tangent: Some(|g, a, _, t, _| {
        let p = g.named(NamedOp(&SOFTMAX), &[a[0]]);
        let inner = dot_last(g, p, t);
        let inner = along_last(g, inner, t);
        Some(g.subtract(t, inner))
    }),
};

pub static CROSS_ENTROPY: Named = Named {
    name: "cross_entropy",
    doc: "-log(p[t]) of probabilities p and a class t, or -sum(t log(p)) of two vectors of probabilities",
    shape: without_last,
    range: Interval::NONNEGATIVE,
    definition: |g, a| {
        let log = g.unary(&LOG, a[0]);
        let inner = match g.ty(a[1]).kind {
            Kind::Class(..) | Kind::Index(_) => {
                let shared = g.shape(a[1]).len();
                g.gather(log, a[1], shared)
            }
            _ => {
                let axis = last_axis(g, a[0]);
                let product = g.multiply(a[1], log);
                // 0 log 0 = 0, also where log is infinite.
                let shape = g.shape(a[0]).to_vec();
                let zero = g.constant(0.0, &shape);
                let some = g.binary(&crate::op::comparison::UNEQUAL, a[1], zero);
                let safe = g.select(some, product, zero);
                g.sum(&[axis], safe)
            }
        };
        g.negate(inner)
    },
    derivative: |g, a, _, d, argument| {
        let d = along_last(g, d, a[0]);
        if argument == 1 {
            if matches!(g.ty(a[1]).kind, Kind::Class(..) | Kind::Index(_)) {
                return None;
            }
            let log = g.unary(&LOG, a[0]);
            let product = g.multiply(d, log);
            return Some(g.negate(product));
        }
        let t = distribution(g, a[1], a[0]);
        let share = g.divide(t, a[0]);
        let scaled = g.multiply(d, share);
        Some(g.negate(scaled))
    },
    tangent: None,
};

/// What `cross_entropy(softmax(z), t)` is recognised as.
pub static SOFTMAX_CROSS_ENTROPY: Named = Named {
    name: "softmax_cross_entropy",
    doc: "cross_entropy(softmax(z), t), computed as logsumexp(z) - z[t]",
    shape: without_last,
    range: Interval::NONNEGATIVE,
    definition: |g, a| {
        let total = (LOGSUMEXP.definition)(g, &a[..1]);
        let inner = match g.ty(a[1]).kind {
            Kind::Class(..) | Kind::Index(_) => {
                let shared = g.shape(a[1]).len();
                g.gather(a[0], a[1], shared)
            }
            _ => dot_last(g, a[1], a[0]),
        };
        g.subtract(total, inner)
    },
    derivative: |g, a, _, d, argument| {
        if argument == 1 {
            if matches!(g.ty(a[1]).kind, Kind::Class(..) | Kind::Index(_)) {
                return None;
            }
            let log = g.named(NamedOp(&LOG_SOFTMAX), &[a[0]]);
            let d = along_last(g, d, a[0]);
            let product = g.multiply(d, log);
            return Some(g.negate(product));
        }
        let p = g.named(NamedOp(&SOFTMAX), &[a[0]]);
        let t = distribution(g, a[1], a[0]);
        let difference = g.subtract(p, t);
        let d = along_last(g, d, a[0]);
        Some(g.multiply(d, difference))
    },
    tangent: None,
};

pub static NORM: Named = Named {
    name: "norm",
    doc: "the square root of the sum of the squares over the last axis; norm'(0) = 0",
    shape: without_last,
    range: Interval::NONNEGATIVE,
    definition: |g, a| {
        let inner = dot_last(g, a[0], a[0]);
        g.unary(&crate::op::exponential::SQRT, inner)
    },
    derivative: |g, a, y, d, _| {
        let shape = g.shape(a[0]).to_vec();
        let (y, d) = (along_last(g, y, a[0]), along_last(g, d, a[0]));
        let unit = g.divide(a[0], y);
        let zero = g.constant(0.0, &shape);
        let some = g.binary(&crate::op::comparison::GREATER, y, zero);
        let safe = g.select(some, unit, zero);
        Some(g.multiply(d, safe))
    },
    tangent: None,
};
