//! Numbers of the whole step: settings, schedules, bias corrections. They are f64 whatever the precision is.
use crate::graph::{Graph, Leaf, NodeId, Op, Runtime};
use crate::op::{BinaryOp, UnaryOp};
use rustc_hash::FxHashMap;

/// How a number is had; operands are earlier numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Source {
    Constant(f64),
    Setting(usize),
    Runtime(Runtime),
    Unary(UnaryOp, usize),
    Binary(BinaryOp, usize, usize),
    Select([usize; 3]),
}

/// The numbers of a graph, in order.
#[derive(Clone, Debug, Default)]
pub struct Numbers {
    sources: Vec<Source>,
    places: FxHashMap<NodeId, usize>,
    pub values: Vec<f64>,
}

impl Numbers {
    /// The place of a node among the numbers, if it is one: it depends only on constants, settings and run-time numbers.
    /// The element of a constant of any shape is a number.
    pub fn place(&mut self, graph: &Graph, id: NodeId) -> Option<usize> {
        if let Some(&place) = self.places.get(&id) {
            return Some(place);
        }
        let of = |x: NodeId| if graph.shape(x).is_empty() { self.places.get(&x).copied() } else { None };
        let source = match graph.op(id) {
            Op::Leaf(Leaf::Constant(value, _)) => Source::Constant(value.0),
            Op::Leaf(Leaf::Setting(number)) => Source::Setting(*number as usize),
            Op::Leaf(Leaf::Runtime(what)) => Source::Runtime(*what),
            Op::Unary(op, x) => Source::Unary(*op, of(*x)?),
            Op::Binary(op, x, y) => Source::Binary(*op, of(*x)?, of(*y)?),
            Op::Select { condition, yes, no } => Source::Select([of(*condition)?, of(*yes)?, of(*no)?]),
            _ => return None,
        };
        let place = self.sources.len();
        self.sources.push(source);
        self.values.push(0.0);
        self.places.insert(id, place);
        Some(place)
    }

    /// Computes all numbers.
    pub fn run(&mut self, settings: &[f64], runtime: impl Fn(Runtime) -> f64) {
        for place in 0..self.sources.len() {
            let of = |x: usize| self.values[x];
            self.values[place] = match self.sources[place] {
                Source::Constant(value) => value,
                Source::Setting(number) => settings.get(number).copied().unwrap_or(f64::NAN),
                Source::Runtime(what) => runtime(what),
                Source::Unary(op, x) => (op.value)(of(x)),
                Source::Binary(op, x, y) => (op.value)(of(x), of(y)),
                Source::Select([condition, yes, no]) => of(if of(condition) != 0.0 { yes } else { no }),
            };
        }
    }
}
