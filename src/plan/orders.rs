//! In which order the axes of parameters stand in memory, and of all that is computed beside them.
//!
//! Products run their lanes along the innermost axis of what they make. A weight `[out, in]` of a first layer is read with the lanes
//! along `out` alone (nothing needs the gradient of the data): it is kept as `[in][out]`. Its gradient and the optimizer's states, which are
//! updated element by element beside it, follow. Weights are saved in their own order.
use crate::graph::{Graph, Leaf, NodeId, Op};
use crate::step::Target;
use rustc_hash::{FxHashMap, FxHashSet};

/// Orders that differ from the natural one.
#[derive(Default)]
pub struct Orders {
    pub targets: FxHashMap<Target, Vec<usize>>,
    pub values: FxHashMap<NodeId, Vec<usize>>,
}

pub fn orders(graph: &Graph, order: &[NodeId], updates: &[(Target, NodeId)]) -> Orders {
    let mut votes: FxHashMap<u32, (usize, usize)> = FxHashMap::default();
    for &id in order {
        let Op::Contract(c) = graph.op(id) else { continue };
        let Some(inner) = c.out_axes.last() else { continue };
        for (x, axes, other) in [(c.a, &c.a_axes, &c.b_axes), (c.b, &c.b_axes, &c.a_axes)] {
            let Op::Leaf(Leaf::Parameter(p)) = graph.op(x) else { continue };
            if other.contains(inner) {
                continue;
            }
            let vote = votes.entry(*p).or_default();
            match axes.iter().position(|l| l == inner) {
                Some(0) if axes.len() == 2 => vote.0 += 1,
                Some(_) => vote.1 += 1,
                None => {}
            }
        }
    }
    let mut found = Orders::default();
    let mut permuted: Vec<u32> = votes.into_iter().filter(|(_, v)| v.0 > 0 && v.1 == 0).map(|(p, _)| p).collect();
    permuted.sort();
    for parameter in permuted {
        let target = Target::Parameter(parameter);
        let mut targets: FxHashSet<Target> = FxHashSet::from_iter([target]);
        let mut beside: FxHashSet<NodeId> = FxHashSet::default();
        // States are found beside the parameter, and their updates lead to more: until nothing is new.
        loop {
            let before = (targets.len(), beside.len());
            for (target, update) in updates {
                if targets.contains(target) || beside.contains(update) {
                    targets.insert(*target);
                    walk(graph, *update, &mut targets, &mut beside);
                }
            }
            if before == (targets.len(), beside.len()) {
                break;
            }
        }
        // Another parameter beside it would be permuted against its own votes.
        if targets.iter().any(|t| matches!(t, Target::Parameter(p) if *p != parameter)) {
            continue;
        }
        found.targets.extend(targets.into_iter().map(|t| (t, vec![1, 0])));
        found
            .values
            .extend(beside.into_iter().filter(|&x| !matches!(graph.op(x), Op::Leaf(_))).map(|x| (x, vec![1, 0])));
    }
    found
}

/// All of one shape that an update is computed from, element by element.
fn walk(graph: &Graph, from: NodeId, targets: &mut FxHashSet<Target>, beside: &mut FxHashSet<NodeId>) {
    let shape = graph.shape(from);
    let mut todo = vec![from];
    while let Some(id) = todo.pop() {
        if graph.shape(id) != shape || !beside.insert(id) {
            continue;
        }
        match graph.op(id) {
            Op::Leaf(Leaf::Parameter(p)) => {
                targets.insert(Target::Parameter(*p));
            }
            Op::Leaf(Leaf::State(s)) => {
                targets.insert(Target::State(*s));
            }
            Op::Unary(..) | Op::Binary(..) | Op::Select { .. } => todo.extend(graph.op(id).operands()),
            _ => {}
        }
    }
}
