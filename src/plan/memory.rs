//! What the planner knows of the memory when kernels are written: where each value stands, and which are computed together.
use super::layout::Layout;
use crate::graph::{Graph, Leaf, LoopId, NodeId, Op};
use crate::kernel::{BufferId, Float};
use rustc_hash::FxHashMap;

/// All of it.
pub struct Memory<'g> {
    pub graph: &'g Graph,
    /// Rows of a batch at most.
    pub batch: usize,
    pub stored: FxHashMap<NodeId, Stored>,
    /// Values of a loop's body that are written straight onto a stack: the loop and the stack's node.
    pub stacks: FxHashMap<NodeId, (LoopId, NodeId)>,
    /// Products that are computed together.
    pub groups: Groups,
    /// The counters of the step.
    pub runtime: FxHashMap<crate::graph::Runtime, BufferId>,
    /// The instructions that each node takes in a kernel.
    pub weights: Vec<usize>,
}

/// A value in memory.
#[derive(Clone, Debug)]
pub struct Stored {
    pub buffer: BufferId,
    /// Elements of the buffer in front of it: several values may stand in one.
    pub offset: usize,
    pub layout: Layout,
    /// The precision it is kept in: numbers that are the same for the whole step, or are only told, are f64.
    pub float: Float,
}

/// Contractions alike but for one operand.
#[derive(Debug)]
pub struct Grouped {
    pub members: Vec<NodeId>,
    /// The operand in which they differ, by member.
    pub operands: Vec<NodeId>,
}

/// The groups, by each of their members.
#[derive(Default)]
pub struct Groups {
    all: Vec<Grouped>,
    by_member: FxHashMap<NodeId, usize>,
}

impl Groups {
    /// The group of a contraction.
    pub fn of(&self, member: NodeId) -> Option<&Grouped> {
        self.by_member.get(&member).map(|&at| &self.all[at])
    }

    pub fn push(&mut self, group: Grouped) {
        self.by_member.extend(group.members.iter().map(|&m| (m, self.all.len())));
        self.all.push(group);
    }
}

/// What needs no memory of its own: leaves have theirs, constants none.
pub fn is_free(graph: &Graph, id: NodeId) -> bool {
    match graph.op(id) {
        Op::Leaf(Leaf::Table(..)) => false,
        Op::Leaf(_) => true,
        // It stands where the loop's body left it.
        // But what is carried goes on to its next value: its last one is written down.
        Op::Last { of, x } => !matches!(graph.op(*x), Op::Leaf(Leaf::Binder(own, _)) if own == of),
        _ => false,
    }
}
