//! What a value may be: `cross_entropy` asks whether it gets probabilities.
use super::elaborator::Elaborator;
use crate::graph::{Leaf, NodeId, Op};
use crate::op::arithmetic::MULTIPLY;
use crate::op::{Interval, Linearity};

impl Elaborator<'_> {
    /// The range of a value.
    pub fn range_of(&mut self, id: NodeId) -> Interval {
        self.facts.ranges.of(&self.graph, id)
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
