//! Where differentiation stands: outside of all loops, or in the loop beside a loop: the backward one, or that of tangents.
//!
//! Inside, a value of the forward body is read from what the forward loop stacked. Cheap element-wise work is done again
//! instead of being stored; contractions, reductions, gathers and transcendental functions are stored.
use crate::graph::{Graph, Leaf, LoopId, NodeId, Op};
use crate::op::Again;
use rustc_hash::FxHashMap;

/// One forward loop and the loop that runs beside it.
pub struct Level {
    pub forward: LoopId,
    pub beside: LoopId,
    known: FxHashMap<NodeId, NodeId>,
}

/// The loops around the place where derivatives are being made, outermost first.
#[derive(Default)]
pub struct Scope {
    pub levels: Vec<Level>,
}

impl Scope {
    pub fn enter(&mut self, forward: LoopId, beside: LoopId) {
        self.levels.push(Level { forward, beside, known: FxHashMap::default() });
    }
    pub fn leave(&mut self) {
        self.levels.pop();
    }

    /// The forward value `x` as it is read here.
    pub fn value(&mut self, graph: &mut Graph, x: NodeId) -> NodeId {
        self.value_at(graph, x, self.levels.len())
    }

    fn value_at(&mut self, graph: &mut Graph, x: NodeId, depth: usize) -> NodeId {
        let Some(at) = depth.checked_sub(1) else { return x };
        let (forward, beside) = (self.levels[at].forward, self.levels[at].beside);
        if !graph.node(x).loops.contains(&forward) {
            return self.value_at(graph, x, at);
        }
        if let Some(&known) = self.levels[at].known.get(&x) {
            return known;
        }
        let new = match graph.op(x).clone() {
            Op::Element { of, x: all } if of == forward => {
                let all = self.value_at(graph, all, at);
                graph.element(beside, all)
            }
            Op::Leaf(Leaf::LoopIndex(of)) if of == forward => graph.intern(Op::Leaf(Leaf::LoopIndex(beside))),
            op if is_cheap(graph, &op) && op.loop_used().is_none() => {
                let operands = op.operands();
                let mapped: Vec<NodeId> = operands.iter().map(|&o| self.value_at(graph, o, depth)).collect();
                let mut next = mapped.into_iter();
                let op = op.map(|o| next.next().unwrap_or(o), |l| l);
                graph.intern(op)
            }
            _ => {
                let stacked = graph.stacked(forward, x);
                let stacked = self.value_at(graph, stacked, at);
                graph.element(beside, stacked)
            }
        };
        self.levels[at].known.insert(x, new);
        new
    }
}

/// Worth doing again rather than storing: arithmetic, comparisons, views.
fn is_cheap(graph: &Graph, op: &Op) -> bool {
    match op {
        Op::Unary(op, _) => op.again != Again::Never,
        Op::Binary(op, ..) => op.again != Again::Never,
        Op::Select { .. } | Op::Reshape { .. } | Op::OneHot { .. } => true,
        Op::View(view) => view.is_total() && graph.shape(view.x).len() <= view.shape.len(),
        _ => false,
    }
}
