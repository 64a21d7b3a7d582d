//! Which values live in memory, and how the others are read: where they are used.
//!
//! Products, reductions, joins, scatters and what loops carry are kept. Element-wise work is done again where it is used, unless
//! several kernels need it and it is not cheap; views are addresses.
use super::memory::is_free;
use super::weight::Weights;
use crate::graph::class::{Made, facts};
use crate::graph::{BATCH, Graph, Kind, Leaf, NodeId, Op, View};
use crate::kernel::Float;
use crate::op::{Again, ReduceOp};
use rustc_hash::{FxHashMap, FxHashSet};

/// Which nodes get a buffer.
pub struct Kept {
    pub kept: Vec<bool>,
    /// Those that a reshape reads element by element: their layout has no padding.
    pub dense: Vec<bool>,
    /// The instructions that each node takes in a kernel.
    pub weights: Vec<usize>,
}

/// Whether the value is one number for the whole step, made of settings and counters alone.
pub fn step_scalars(graph: &Graph) -> Vec<bool> {
    let mut marks = vec![false; graph.len()];
    for id in graph.ids() {
        let operands = graph.op(id).operands();
        marks[id.index()] = graph.shape(id).is_empty()
            && match graph.op(id) {
                Op::Leaf(Leaf::Constant(..) | Leaf::Setting(_) | Leaf::Runtime(_)) => true,
                op => facts(op).reads_own_index && operands.iter().all(|x| marks[x.index()]),
            };
    }
    marks
}

/// Numbers that are told: means and sums over the examples, and what is made of them. They are computed in f64, whatever the precision of
/// the model, and what else needs them reads them so.
pub fn told(graph: &Graph, order: &[NodeId], logged: &[NodeId]) -> Vec<bool> {
    let mut told = vec![false; graph.len()];
    logged.iter().for_each(|id| told[id.index()] = true);
    // Users stand behind what they use: all of them have been seen when a node's turn comes.
    for &id in order.iter().rev() {
        let own = match graph.op(id) {
            Op::Unary(..) | Op::Binary(..) | Op::Select { .. } => true,
            Op::Reduce { op: ReduceOp::Sum | ReduceOp::Mean, x, .. } => graph.shape(*x) == [BATCH],
            _ => false,
        };
        let is_number = graph.shape(id).is_empty() && graph.ty(id).kind == Kind::Real;
        told[id.index()] &= own && is_number && graph.node(id).loops.is_empty();
        if told[id.index()] && !matches!(graph.op(id), Op::Reduce { .. }) {
            graph.op(id).each_operand(|x| told[x.index()] = true);
        }
    }
    told
}

pub fn keep(graph: &Graph, order: &[NodeId], roots: &[NodeId], scalars: &[bool], told: &[bool], float: Float) -> Kept {
    let mut kept = vec![false; graph.len()];
    let mut dense = vec![false; graph.len()];
    let mut users: FxHashMap<NodeId, usize> = FxHashMap::default();
    for &id in order {
        graph.op(id).each_operand(|x| *users.entry(x).or_default() += 1);
    }
    for looped in &graph.loops {
        for b in &looped.binders {
            kept[b.next.index()] |= !is_free(graph, b.next);
            kept[b.init.index()] |= !is_free(graph, b.init);
        }
    }
    for &root in roots {
        kept[root.index()] |= !is_free(graph, root);
    }
    for &id in order {
        let must = match facts(graph.op(id)).made {
            Made::Together => true,
            Made::ByLoop => matches!(graph.op(id), Op::Last { .. }) && !is_free(graph, id),
            Made::AnywhereByWork => {
                let many = users.get(&id).copied().unwrap_or(0) > 1;
                scalars[id.index()] || many && !is_cheap(graph, id)
            }
            Made::Given | Made::Anywhere | Made::ByDefinition => false,
        };
        kept[id.index()] |= must;
        // What others read from memory must be there.
        match graph.op(id) {
            Op::Contract(c) => {
                for x in [c.a, c.b] {
                    let base = base_of(graph, x);
                    kept[base.index()] |= !is_free(graph, base);
                }
            }
            Op::View(view) if !view.is_total() => kept[view.x.index()] |= !is_free(graph, view.x),
            Op::Gather { table, .. } => kept[table.index()] |= !is_free(graph, *table),
            Op::Reduce { x, .. } | Op::ScatterAdd { values: x, .. } => {
                // An expensive operand of a reduction is made once for its other users too, and in the model's precision.
                let many = users.get(x).copied().unwrap_or(0) > 1;
                let is_dear = told[id.index()] && float != Float::F64 && is_dear(graph, *x, told);
                kept[x.index()] |= (many || is_dear) && !is_free(graph, *x) && !is_cheap(graph, *x);
            }
            Op::Reshape { x, shape } if !only_ones_differ(graph.shape(*x), shape) => {
                let base = left_by(graph, *x);
                kept[base.index()] |= !is_constant(graph, base);
                dense[base.index()] = true;
            }
            Op::Element { x, .. } => {
                kept[x.index()] |= !is_free(graph, *x) && !matches!(graph.op(*x), Op::Stacked { .. })
            }
            Op::Last { x, .. } | Op::Stacked { x, .. } => kept[x.index()] |= !is_free(graph, *x),
            _ => {}
        }
    }
    let mut weights = Weights::new(graph, float);
    weights.keep(order, &mut kept);
    Kept { kept, dense, weights: weights.of }
}

/// The value whose memory a product reads: views that only address are looked through.
pub fn base_of(graph: &Graph, mut x: NodeId) -> NodeId {
    while let Op::View(View { x: inner, .. }) = graph.op(x) {
        if !matches!(graph.op(x), Op::View(v) if v.is_total() && v.rows.iter().all(|r| r.divisor == 1)) {
            break;
        }
        x = *inner;
    }
    x
}

/// What a loop leaves is read where the loop's body wrote it.
fn left_by(graph: &Graph, mut x: NodeId) -> NodeId {
    while let Op::Last { x: inner, .. } = graph.op(x)
        && is_free(graph, x)
    {
        x = *inner;
    }
    x
}

/// Whether terms of a sum that is told in f64 would call functions of f64 for each of them, and lose nothing where they don't: they would,
/// if a number that is told itself is subtracted from them.
fn is_dear(graph: &Graph, terms: NodeId, told: &[bool]) -> bool {
    let (mut todo, mut seen, mut is_dear) = (vec![terms], FxHashSet::default(), false);
    while let Some(id) = todo.pop() {
        if !seen.insert(id) || facts(graph.op(id)).made == Made::Given {
            continue;
        }
        if told[id.index()] {
            return false;
        }
        is_dear |= match graph.op(id) {
            Op::Unary(row, _) => row.lower.call.is_some(),
            Op::Binary(row, ..) => row.lower.call.is_some(),
            _ => false,
        };
        if matches!(facts(graph.op(id)).made, Made::Anywhere | Made::AnywhereByWork) {
            graph.op(id).each_operand(|x| todo.push(x));
        }
    }
    is_dear
}

fn is_constant(graph: &Graph, id: NodeId) -> bool {
    graph.constant_of(id).is_some()
}

/// Worth doing twice: one arithmetic step on what is in memory anyway.
fn is_cheap(graph: &Graph, id: NodeId) -> bool {
    let leafy = |x: NodeId| facts(graph.op(x)).made != Made::AnywhereByWork;
    // A truth value as a number is what it is.
    let id = graph.truth_of(id).unwrap_or(id);
    match graph.op(id) {
        Op::Unary(op, x) => op.again == Again::Everywhere && leafy(*x),
        Op::Binary(op, x, y) => op.again == Again::Everywhere && leafy(*x) && leafy(*y),
        Op::Select { .. } | Op::Gather { .. } => false,
        _ => true,
    }
}

/// Whether two shapes are the same but for axes of extent 1.
pub fn only_ones_differ(from: &[usize], to: &[usize]) -> bool {
    let real = |shape: &[usize]| -> Vec<usize> { shape.iter().copied().filter(|&n| n != 1).collect() };
    real(from) == real(to)
}

/// Whether an axis is that of the examples.
pub fn is_batch(extent: usize) -> bool {
    extent == BATCH
}
