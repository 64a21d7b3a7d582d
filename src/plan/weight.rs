//! How long kernels get: what is computed again inside a kernel is what makes it long. Values that would make one too long are kept.
use super::memory::{Memory, is_free};
use crate::graph::class::{Made, facts};
use crate::graph::{Graph, NodeId, Op};
use crate::kernel::{Access, Affine, BufferId, Float, Recorder, Value};
use crate::limits::KERNEL_WEIGHT;
use crate::op::{BinaryOp, UnaryOp};
use rustc_hash::{FxHashMap, FxHashSet};

/// What a call of a scalar function counts: no register of a vector survives it.
const CALL: usize = 10;
/// What an index that is computed counts: a division, a guard, a place that is looked up.
const INDEX: usize = 4;

/// The instructions of operations, each row's own lowering recorded once.
pub struct Weights<'g> {
    graph: &'g Graph,
    float: Float,
    unary: FxHashMap<UnaryOp, usize>,
    binary: FxHashMap<BinaryOp, usize>,
    /// By node: the instructions of a kernel that computes it and keeps nothing on the way, as far as they were counted.
    pub of: Vec<usize>,
}

impl<'g> Weights<'g> {
    pub fn new(graph: &'g Graph, float: Float) -> Weights<'g> {
        let (unary, binary) = (FxHashMap::default(), FxHashMap::default());
        Weights { graph, float, unary, binary, of: vec![0; graph.len()] }
    }

    /// Keeps values until no kernel that computes one value is heavier than `KERNEL_WEIGHT`. Of what a value that is too heavy is made of, the
    /// heaviest is kept first.
    pub fn keep(&mut self, order: &[NodeId], kept: &mut [bool]) {
        for &id in order {
            let mut total = self.own(id);
            self.graph
                .op(id)
                .each_operand(|x| total = total.saturating_add(if kept[x.index()] { 1 } else { self.of[x.index()] }));
            while KERNEL_WEIGHT < total {
                // Counted once wherever it is shared.
                total = self.exact(id, kept);
                if total <= KERNEL_WEIGHT {
                    break;
                }
                let Some(heaviest) = self.heaviest_below(id, kept) else { break };
                kept[heaviest.index()] = true;
            }
            self.of[id.index()] = total;
        }
    }

    /// The heaviest value that an operand is made of and that could be kept.
    fn heaviest_below(&mut self, id: NodeId, kept: &[bool]) -> Option<NodeId> {
        let mut candidates: Vec<(usize, NodeId)> = vec![];
        for operand in self.graph.op(id).operands() {
            let mut x = operand;
            // What only says where elements stand costs nothing itself.
            while facts(self.graph.op(x)).addresses && !kept[x.index()] {
                let Some(&below) = self.graph.op(x).operands().first() else { break };
                x = below;
            }
            let can_be_kept = facts(self.graph.op(x)).made == Made::AnywhereByWork && !is_free(self.graph, x);
            if can_be_kept && !kept[x.index()] {
                candidates.push((self.exact(x, kept), x));
            }
        }
        candidates.into_iter().filter(|c| c.0 > 1).max().map(|c| c.1)
    }

    /// The instructions of a kernel for one value: each value on the way once for each way in which it is looked at.
    fn exact(&mut self, root: NodeId, kept: &[bool]) -> usize {
        let mut ways: FxHashMap<(u32, NodeId), u32> = FxHashMap::default();
        let mut seen: FxHashSet<(NodeId, u32)> = FxHashSet::default();
        let mut todo = vec![(root, 0_u32)];
        let mut total = 0;
        while let Some((id, way)) = todo.pop() {
            if !seen.insert((id, way)) {
                continue;
            }
            if id != root && kept[id.index()] {
                total += 1;
                continue;
            }
            total += self.own(id);
            // Beyond this nobody asks.
            if total > 4 * KERNEL_WEIGHT {
                break;
            }
            let way = if facts(self.graph.op(id)).reads_own_index {
                way
            } else {
                let next = ways.len() as u32 + 1;
                *ways.entry((way, id)).or_insert(next)
            };
            self.graph.op(id).each_operand(|x| todo.push((x, way)));
        }
        total
    }

    /// The instructions of an operation itself.
    fn own(&mut self, id: NodeId) -> usize {
        let float = self.float;
        match *self.graph.op(id) {
            Op::Unary(row, _) => *self
                .unary
                .entry(row)
                .or_insert_with(|| recorded(float, row.lower.call.is_some(), |x| (row.lower.record)(x))),
            Op::Binary(row, ..) => *self
                .binary
                .entry(row)
                .or_insert_with(|| recorded(float, row.lower.call.is_some(), |x| (row.lower.record)(x, x))),
            Op::Select { .. } => 3,
            Op::View(_) | Op::Reshape { .. } | Op::OneHot { .. } | Op::Gather { .. } | Op::Element { .. } => INDEX,
            _ => 1,
        }
    }
}

impl Memory<'_> {
    /// Whether values fit into one kernel.
    pub fn fit_together(&self, members: impl IntoIterator<Item = NodeId>) -> bool {
        members.into_iter().map(|m| self.weights[m.index()]).sum::<usize>() <= 3 * KERNEL_WEIGHT
    }
}

/// The instructions of a function's lowering, as they are recorded.
fn recorded(float: Float, is_called: bool, record: impl for<'k> Fn(Value<'k>) -> Value<'k>) -> usize {
    if float == Float::F64 && is_called {
        return CALL;
    }
    let recorder = Recorder::new("the weight of a function", float);
    let access = || Access::new(BufferId(0), Affine::from(0));
    recorder.store(access(), record(recorder.load(access())));
    recorder.finish().registers.len()
}
