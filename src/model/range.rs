//! What a value may be: an interval for every node, from the rows of the tables. `cross_entropy` asks whether it gets probabilities.
use super::elaborator::Elaborator;
use crate::graph::{Graph, Kind, Leaf, NodeId, Op};
use crate::op::arithmetic::MULTIPLY;
use crate::op::{Interval, Linearity, ReduceOp};

impl Elaborator<'_> {
    /// The range of a value.
    pub fn range_of(&mut self, id: NodeId) -> Interval {
        for at in self.ranges.len()..=id.index() {
            let range = range(&self.graph, NodeId(at as u32), &self.ranges);
            self.ranges.push(range);
        }
        self.ranges[id.index()]
    }

    /// Whether a value is known to go beyond 1 for some parameters: a function, as `relu` or `exp`, of what can be any number. A range is
    /// no more than a bound: a mean of probabilities has a wider one.
    pub fn may_exceed_one(&self, id: NodeId) -> bool {
        let exceeds = |range: Interval| range.high > 1.0;
        match self.graph.op(self.seen_through(id)) {
            Op::Unary(op, x) => exceeds((op.range)(Interval::ALL)) && self.is_any_number(*x),
            Op::Binary(op, x, y) if x == y => *op == MULTIPLY && self.is_any_number(*x),
            Op::Binary(op, x, y) => match (self.graph.constant_of(*x), self.graph.constant_of(*y)) {
                (None, Some(c)) => exceeds((op.range)(Interval::ALL, Interval::point(c))) && self.is_any_number(*x),
                (Some(c), None) => exceeds((op.range)(Interval::point(c), Interval::ALL)) && self.is_any_number(*y),
                _ => false,
            },
            _ => false,
        }
    }
    /// Whether parameters of its own can make any number of a value: it is one, or a product with one, or one is added.
    fn is_any_number(&self, id: NodeId) -> bool {
        let id = self.seen_through(id);
        let parameter = |x: NodeId| {
            let x = self.seen_through(x);
            matches!(self.graph.op(x), Op::Leaf(Leaf::Parameter(_))).then_some(x)
        };
        let is_own = |p: NodeId, other: NodeId| !self.graph.reachable(&[other]).contains(&p);
        match self.graph.op(id) {
            Op::Leaf(Leaf::Parameter(_)) => true,
            Op::Contract(c) => {
                [(c.a, c.b), (c.b, c.a)].iter().any(|&(w, x)| parameter(w).is_some_and(|w| is_own(w, x)))
            }
            Op::Binary(op, x, y) if matches!(op.linear, Linearity::Sum(_)) => {
                [(*x, *y), (*y, *x)].iter().any(|&(b, x)| parameter(b).is_some_and(|b| is_own(b, x)))
            }
            _ => false,
        }
    }
    /// What a value is but for the order and the number of its elements.
    pub fn seen_through(&self, mut id: NodeId) -> NodeId {
        loop {
            id = match self.graph.op(id) {
                Op::View(view) if view.is_total() => view.x,
                Op::Reshape { x, .. } => *x,
                _ => return id,
            };
        }
    }
}

/// The range of a node from those of all before it.
#[deny(clippy::wildcard_enum_match_arm)]
fn range(graph: &Graph, id: NodeId, known: &[Interval]) -> Interval {
    let of = |x: NodeId| known[x.index()];
    match graph.op(id) {
        Op::Leaf(leaf) => match leaf {
            Leaf::Constant(value, _) => Interval::point(value.0),
            Leaf::Table(values, _) => {
                values.iter().map(|v| Interval::point(v.0)).reduce(Interval::hull).unwrap_or(Interval::ALL)
            }
            Leaf::Setting(number) => Interval::point(graph.settings[*number as usize].1),
            Leaf::Runtime(_) => Interval::new(1.0, f64::INFINITY),
            // What a loop carries may become anything.
            Leaf::Parameter(_) | Leaf::State(_) | Leaf::Binder(..) => Interval::ALL,
            Leaf::Iota(_) | Leaf::LoopIndex(_) | Leaf::Input(_) | Leaf::Hole(..) => of_kind(graph.ty(id).kind),
        },
        Op::Unary(op, x) => (op.range)(of(*x)),
        // A value times itself is a square, whatever its sign.
        Op::Binary(op, x, y) if x == y && *op == MULTIPLY => of(*x).times(of(*x)).absolute().hull(Interval::point(0.0)),
        Op::Binary(op, x, y) => (op.range)(of(*x), of(*y)),
        Op::Select { yes, no, .. } => of(*yes).hull(of(*no)),
        Op::Reduce { op, axes, x } => {
            let shape = graph.shape(*x);
            (op.row().range)(of(*x), Some(axes.iter().map(|a| shape[*a]).product()))
        }
        Op::Contract(c) => {
            let extents = c.extents(graph.shape(c.a), graph.shape(c.b));
            let count: usize = c.summed().iter().map(|label| extents[*label as usize]).product();
            let product = if c.a == c.b && c.a_axes == c.b_axes {
                of(c.a).times(of(c.a)).absolute()
            } else {
                of(c.a).times(of(c.b))
            };
            (ReduceOp::Sum.row().range)(product, Some(count))
        }
        Op::View(view) if view.is_total() => of(view.x),
        Op::View(view) => of(view.x).hull(Interval::point(0.0)),
        Op::Reshape { x, .. }
        | Op::BatchMean { x, .. }
        | Op::Element { x, .. }
        | Op::Last { x, .. }
        | Op::Stacked { x, .. } => of(*x),
        Op::Join { parts, .. } => parts.iter().map(|p| of(*p)).reduce(Interval::hull).unwrap_or(Interval::ALL),
        Op::OneHot { .. } => Interval::UNIT,
        Op::Gather { table, .. } => of(*table),
        Op::ScatterAdd { values, .. } => {
            let range = of(*values);
            if range.low >= 0.0 { Interval::NONNEGATIVE } else { Interval::ALL }
        }
        Op::Named(op, _) => op.range,
    }
}

fn of_kind(kind: Kind) -> Interval {
    match kind {
        Kind::Real => Interval::ALL,
        Kind::Bool => Interval::UNIT,
        Kind::Index(size) | Kind::Class(_, size) => Interval::new(0.0, size.saturating_sub(1) as f64),
    }
}
