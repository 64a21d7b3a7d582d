//! Adding a leading axis to values: what maps a function over an axis, and what batching is.
//!
//! Each class of nodes has one rule here; `model` uses it for leading axes and `for`, `batch` for the axis of examples.
#![deny(clippy::wildcard_enum_match_arm)]
use super::copies::LoopCopies;
use super::view::Row;
use super::{BATCH, Binder, Contraction, Graph, NodeId, Op, View};
use crate::op::ReduceOp;
use rustc_hash::FxHashMap;

/// An operand in the new graph, and whether it has the new axis.
pub type Lifted = (NodeId, bool);

/// `op` with the axis of this extent in front, where an operand has it; else as it is. Binders and projections of loops
/// are the callers' (they know which loop has become which): here their operands are operands like others.
pub fn lifted(to: &mut Graph, op: &Op, extent: usize, get: &dyn Fn(NodeId) -> Lifted) -> Lifted {
    if !op.operands().iter().any(|&x| get(x).1) {
        let plain = op.map(|x| get(x).0, |l| l);
        // What does not vary is its own mean over the examples.
        if let Op::BatchMean { x, axes } = op
            && extent == BATCH
        {
            return (to.reduce(ReduceOp::Mean, axes, get(*x).0), false);
        }
        return (to.intern(plain), false);
    }
    let wide = |to: &mut Graph, x: NodeId| widened(to, get(x), extent);
    let node =
        match op {
            Op::Leaf(_) => return (to.intern(op.clone()), false),
            Op::Unary(op, x) => to.intern(Op::Unary(*op, get(*x).0)),
            Op::Binary(op, x, y) => {
                let (x, y) = (wide(to, *x), wide(to, *y));
                to.intern(Op::Binary(*op, x, y))
            }
            Op::Select { condition, yes, no } => {
                let (condition, yes, no) = (wide(to, *condition), wide(to, *yes), wide(to, *no));
                to.select(condition, yes, no)
            }
            Op::Reduce { op, axes, x } => {
                let axes: Vec<usize> = axes.iter().map(|a| a + 1).collect();
                to.reduce(*op, &axes, get(*x).0)
            }
            Op::Contract(c) => lift_contraction(to, c, get(c.a), get(c.b)),
            Op::View(view) => {
                let mut rows = vec![Row::axis(0, extent)];
                rows.extend(view.rows.iter().map(|row| Row {
                    terms: row.terms.iter().map(|&(axis, c)| (axis + 1, c)).collect(),
                    ..row.clone()
                }));
                if extent == BATCH {
                    rows[0].high = i64::MAX;
                }
                let mut shape = vec![extent];
                shape.extend(&view.shape);
                to.intern(Op::View(View { x: get(view.x).0, shape, rows }))
            }
            Op::Reshape { x, shape } => {
                let mut wider = vec![extent];
                wider.extend(shape);
                to.reshape(get(*x).0, &wider)
            }
            Op::Join { axis, parts } => {
                let parts: Vec<NodeId> = parts.iter().map(|&p| wide(to, p)).collect();
                to.join(axis + 1, &parts)
            }
            Op::OneHot { index, size } => to.one_hot(get(*index).0, *size),
            Op::Gather { table, index, shared } => {
                if *shared == 0 && !get(*table).1 {
                    to.gather(get(*table).0, get(*index).0, 0)
                } else {
                    let (table, index) = (wide(to, *table), wide(to, *index));
                    to.gather(table, index, shared + 1)
                }
            }
            Op::ScatterAdd { index, values, shared, size } => {
                let (index, values) = (wide(to, *index), wide(to, *values));
                to.scatter_add(index, values, shared + 1, *size)
            }
            Op::Named(op, arguments) => {
                let arguments: Vec<NodeId> = arguments.iter().map(|&a| wide(to, a)).collect();
                to.named(*op, &arguments)
            }
            Op::BatchMean { x, axes } => {
                let mut all = vec![0];
                all.extend(axes.iter().map(|a| a + 1));
                let x = get(*x).0;
                let mean = if extent == BATCH {
                    to.reduce(ReduceOp::Mean, &all, x)
                } else {
                    to.intern(Op::BatchMean { x, axes: all })
                };
                return (mean, false);
            }
            Op::Element { of, x } => {
                let x = if extent == BATCH { get(*x).0 } else { swapped(to, get(*x).0) };
                to.element(*of, x)
            }
            Op::Last { of, x } => to.intern(Op::Last { of: *of, x: get(*x).0 }),
            Op::Stacked { of, x } => {
                let stacked = to.intern(Op::Stacked { of: *of, x: get(*x).0 });
                if extent == BATCH { stacked } else { swapped(to, stacked) }
            }
        };
    (node, true)
}

/// The value with the new axis: repeated along it if it did not have it.
pub fn widened(to: &mut Graph, (x, has): Lifted, extent: usize) -> NodeId {
    if has {
        return x;
    }
    let own = to.shape(x).to_vec();
    let mut shape = vec![extent];
    shape.extend(&own);
    if let Some(value) = to.constant_of(x) {
        return to.constant(value, &shape);
    }
    let axes: Vec<usize> = (1..shape.len()).collect();
    to.expand_at(x, &shape, &axes)
}

fn lift_contraction(to: &mut Graph, c: &Contraction, (a, a_has): Lifted, (b, b_has): Lifted) -> NodeId {
    let label = c.labels();
    let with = |has: bool, axes: &[u8]| -> Vec<u8> {
        if has { std::iter::once(label).chain(axes.iter().copied()).collect() } else { axes.to_vec() }
    };
    to.contract(a, b, &with(a_has, &c.a_axes), &with(b_has, &c.b_axes), &with(true, &c.out_axes))
}

/// The first two axes exchanged.
fn swapped(to: &mut Graph, x: NodeId) -> NodeId {
    let mut order: Vec<usize> = (0..to.shape(x).len()).collect();
    order.swap(0, 1);
    to.permute(x, &order)
}

impl Graph {
    /// Maps values over a leading axis: the roots with `lifted` values (which have that axis in front) in the place of holes.
    /// A root that does not depend on any hole stays as it is, and says so.
    pub fn lift(&mut self, roots: &[NodeId], pairs: &[(NodeId, NodeId)], extent: usize) -> Vec<Lifted> {
        let pairs: Vec<(NodeId, NodeId)> = pairs
            .iter()
            .map(|&(hole, x)| {
                let mut signature = self.signature_of(hole);
                signature.ty.shape.insert(0, extent);
                (hole, self.in_place_of(x, signature))
            })
            .collect();
        let holes: Vec<NodeId> = pairs.iter().map(|p| p.0).collect();
        // A mean over the examples is one value for all of them, also where a loop carries it on.
        let marks = self.reached(&holes, |id| matches!(self.op(id), Op::BatchMean { .. }));
        let order = self.reachable(roots);
        let mut map: FxHashMap<NodeId, Lifted> = pairs.into_iter().map(|(hole, x)| (hole, (x, true))).collect();
        let mut loops = LoopCopies::default();
        let (changed, touched) = self.changed(&marks);
        for id in order {
            if map.contains_key(&id) {
                continue;
            }
            let op = self.op(id).clone();
            if !changed[id.index()] {
                map.insert(id, (id, false));
                continue;
            }
            let start = |g: &mut Graph, b: &Binder| match (map[&b.init], marks[id.index()]) {
                (init, true) => widened(g, init, extent),
                ((init, _), false) => init,
            };
            let next = |g: &mut Graph, b: &Binder| match (map.get(&b.leaf)?, map[&b.next]) {
                ((_, true), next) => Some(widened(g, next, extent)),
                ((_, false), (next, _)) => Some(next),
            };
            if let Some(leaf) = loops.visit(self, &op, |l| touched[l.0 as usize], start, next) {
                map.insert(id, (leaf, marks[id.index()]));
                continue;
            }
            let op = op.map(|x| x, |l| loops.of(l));
            let new =
                if let Op::Leaf(_) = op { (self.intern(op), false) } else { lifted(self, &op, extent, &|x| map[&x]) };
            let mut signature = self.signature_of(id);
            if new.1 {
                signature.ty.shape.insert(0, extent);
            }
            (signature.ty.varying, signature.loops) = (true, self.node(new.0).loops.clone());
            self.keeps_type(new.0, &signature, "lifting");
            // What a batched value is was written where the value was.
            if extent == BATCH
                && let Some(span) = self.span_of(id)
            {
                self.set_span(new.0, span);
            }
            map.insert(id, new);
        }
        roots.iter().map(|r| map[r]).collect()
    }
}
