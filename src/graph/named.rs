//! Named functions of whole values: each knows its definition as a graph and its derivative in closed form.
//!
//! They stand here and not in `op`, because a definition is written with the graph's constructors.
use super::linear::{Linear, dot_last};
use super::{Graph, Kind, NodeId, Shape, Type, ordered};
use crate::op::exponential::{EXP, LOG};
use crate::op::{Interval, ReduceOp};

/// A row: a function over the last axis.
pub struct Named {
    pub name: &'static str,
    pub doc: &'static str,
    pub shape: fn(&[&Type]) -> Shape,
    pub range: Interval,
    /// What the entries behind the end of an axis that is as long as an example are to it.
    pub behind: Behind,
    /// Whether its values along the last axis are shares of one: they sum to 1.
    pub shares: bool,
    /// Whether its values are elements of its first argument, or sums of them, in whichever order.
    pub keeps_elements: bool,
    /// The function in terms of other classes: what is computed, in its stable form.
    pub definition: fn(&mut Graph, &[NodeId]) -> NodeId,
    /// `(arguments, answer, which argument)`: its differential by one argument, as a linear map; none where it is zero.
    pub differential: fn(&mut Graph, &[NodeId], NodeId, usize) -> Option<Linear>,
}

/// What stands behind the end of the last axis, to a function of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Behind {
    /// This number there changes nothing.
    Holds(f64),
    /// An entry is made of none that stand behind it.
    Later,
    /// All entries count.
    Seen,
}

/// A row as a value that can be copied, compared and hashed.
#[derive(Clone, Copy)]
pub struct NamedOp(pub &'static Named);

crate::op::row::identity!(NamedOp, Named);

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

fn along_last_like(g: &mut Graph, x: NodeId, like: NodeId) -> NodeId {
    let shape = g.shape(like).to_vec();
    g.along_last(x, &shape)
}
/// The map `t ↦ Σ c t` along the last axis.
fn weighted(g: &Graph, coefficients: NodeId) -> Option<Linear> {
    Some(Linear::Weighted { coefficients, axes: vec![last_axis(g, coefficients)] })
}
pub(super) fn last_axis(g: &Graph, x: NodeId) -> usize {
    g.shape(x).len() - 1
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
    behind: Behind::Holds(f64::NEG_INFINITY),
    range: Interval::UNIT,
    shares: true,
    keeps_elements: false,
    definition: |g, a| {
        let axis = last_axis(g, a[0]);
        let max = g.reduce(ReduceOp::Max, &[axis], a[0]);
        let max = along_last_like(g, max, a[0]);
        let shifted = g.subtract(a[0], max);
        let e = g.unary(&EXP, shifted);
        let sum = g.sum(&[axis], e);
        let sum = along_last_like(g, sum, e);
        g.divide(e, sum)
    },
    // Its Jacobian, diag(p) − p pᵀ, is symmetric.
    differential: |_, _, p, _| Some(Linear::Softmax { p }),
};

pub static LOGSUMEXP: Named = Named {
    name: "logsumexp",
    doc: "log(sum(exp(z))) over the last axis",
    shape: without_last,
    behind: Behind::Holds(f64::NEG_INFINITY),
    range: Interval::ALL,
    shares: false,
    keeps_elements: false,
    definition: |g, a| {
        let axis = last_axis(g, a[0]);
        let max = g.reduce(ReduceOp::Max, &[axis], a[0]);
        let wide = along_last_like(g, max, a[0]);
        let shifted = g.subtract(a[0], wide);
        let e = g.unary(&EXP, shifted);
        let sum = g.sum(&[axis], e);
        let log = g.unary(&LOG, sum);
        g.add(max, log)
    },
    differential: |g, a, _, _| {
        let p = g.named(NamedOp(&SOFTMAX), &[a[0]]);
        weighted(g, p)
    },
};

pub static LOG_SOFTMAX: Named = Named {
    name: "log_softmax",
    doc: "z - logsumexp(z), the logarithm of softmax(z)",
    shape: same,
    behind: Behind::Holds(f64::NEG_INFINITY),
    range: Interval { low: f64::NEG_INFINITY, high: 0.0 },
    shares: false,
    keeps_elements: false,
    definition: |g, a| {
        let total = (LOGSUMEXP.definition)(g, a);
        let total = along_last_like(g, total, a[0]);
        g.subtract(a[0], total)
    },
    differential: |g, a, _, _| Some(Linear::Centred { p: g.named(NamedOp(&SOFTMAX), &[a[0]]) }),
};

pub static CROSS_ENTROPY: Named = Named {
    name: "cross_entropy",
    doc: "-log(p[t]) of probabilities p and a class t, or -sum(t log(p)) of two vectors of probabilities",
    shape: without_last,
    behind: Behind::Seen,
    range: Interval::NONNEGATIVE,
    shares: false,
    keeps_elements: false,
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
    differential: |g, a, _, argument| {
        let is_class = g.ty(a[1]).kind.is_whole();
        if argument == 1 {
            let log = (!is_class).then(|| g.unary(&LOG, a[0]))?;
            let slope = g.negate(log);
            return weighted(g, slope);
        }
        // Where the target is 0, the probability may be, too: there is nothing to gain.
        let shape = g.shape(a[0]).to_vec();
        let (t, zero) = (distribution(g, a[1], a[0]), g.constant(0.0, &shape));
        let (some, weight) = if is_class {
            (t, g.constant(1.0, &shape))
        } else {
            (g.binary(&crate::op::comparison::UNEQUAL, t, zero), t)
        };
        let share = g.divide(weight, a[0]);
        let share = g.negate(share);
        let safe = g.select(some, share, zero);
        weighted(g, safe)
    },
};

/// What `cross_entropy(softmax(z), t)` is recognised as.
pub static SOFTMAX_CROSS_ENTROPY: Named = Named {
    name: "softmax_cross_entropy",
    doc: "cross_entropy(softmax(z), t), computed as logsumexp(z) - z[t]",
    shape: without_last,
    behind: Behind::Seen,
    range: Interval::NONNEGATIVE,
    shares: false,
    keeps_elements: false,
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
    differential: |g, a, _, argument| {
        if argument == 1 {
            let is_class = g.ty(a[1]).kind.is_whole();
            let log = (!is_class).then(|| g.named(NamedOp(&LOG_SOFTMAX), &[a[0]]))?;
            let slope = g.negate(log);
            return weighted(g, slope);
        }
        let p = g.named(NamedOp(&SOFTMAX), &[a[0]]);
        let t = distribution(g, a[1], a[0]);
        let difference = g.subtract(p, t);
        weighted(g, difference)
    },
};

pub static NORM: Named = Named {
    name: "norm",
    doc: "the square root of the sum of the squares over the last axis; norm'(0) = 0",
    shape: without_last,
    behind: Behind::Holds(0.0),
    range: Interval::NONNEGATIVE,
    shares: false,
    keeps_elements: false,
    definition: |g, a| {
        let inner = dot_last(g, a[0], a[0]);
        g.unary(&crate::op::power::ROOT, inner)
    },
    differential: |g, a, y, _| {
        let shape = g.shape(a[0]).to_vec();
        let y = g.along_last(y, &shape);
        let unit = g.divide(a[0], y);
        let zero = g.constant(0.0, &shape);
        let some = g.binary(&crate::op::comparison::GREATER, y, zero);
        let safe = g.select(some, unit, zero);
        weighted(g, safe)
    },
};
