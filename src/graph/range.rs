//! What a value may be: an interval for every node, from the rows of the tables.
use super::{Graph, Kind, Leaf, NodeId, Op};
use crate::op::arithmetic::MULTIPLY;
use crate::op::{Interval, ReduceOp};
use crate::random::Noise;

/// The ranges of the nodes that were asked for, and of all before them.
#[derive(Default)]
pub struct Ranges(Vec<Interval>);

impl Ranges {
    /// The range of a value of this graph, which only grows meanwhile.
    pub fn of(&mut self, graph: &Graph, id: NodeId) -> Interval {
        for at in self.0.len()..=id.index() {
            let range = range(graph, NodeId(at as u32), &self.0);
            self.0.push(range);
        }
        self.0[id.index()]
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
            Leaf::Draw(number, _) => match graph.draws[*number as usize].noise {
                Noise::Uniform => Interval::UNIT,
                Noise::Normal => Interval::ALL,
            },
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
