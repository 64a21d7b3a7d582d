//! The verifier of graphs: it runs between passes. A failure is a defect of the compiler, not of a program.
#![deny(clippy::wildcard_enum_match_arm)]
use super::{BATCH, Graph, Kind, Leaf, LoopId, NodeId, Op, infer};

/// The first rule that is broken, in words.
pub fn verify(graph: &Graph, roots: &[NodeId]) -> Result<(), String> {
    if let Some(why) = graph.flaw() {
        return Err(why.to_string());
    }
    for id in graph.reachable(roots) {
        check(graph, id).map_err(|why| format!("%{}: {why}\n{}", id.0, super::show::show(graph, &[id])))?;
    }
    for (number, l) in graph.loops.iter().enumerate() {
        for b in &l.binders {
            let (init, next) = (graph.ty(b.init), graph.ty(b.next));
            ensure(init.shape == b.ty.shape && next.shape == b.ty.shape, || {
                format!(
                    "loop {number} carries {:?}, which starts as {:?} and goes on as {:?}",
                    b.ty.shape, init.shape, next.shape
                )
            })?;
            ensure(b.ty.varying || !next.varying, || {
                format!("loop {number} carries a uniform value that becomes varying")
            })?;
            let holds = |kind: Kind| b.ty.kind.with(kind) == Some(b.ty.kind);
            ensure(holds(init.kind) && holds(next.kind), || {
                format!(
                    "loop {number} carries {:?}, which starts as {:?} and goes on as {:?}",
                    b.ty.kind, init.kind, next.kind
                )
            })?;
        }
    }
    Ok(())
}

fn ensure(holds: bool, why: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(why()) }
}

fn check(graph: &Graph, id: NodeId) -> Result<(), String> {
    let op = graph.op(id);
    let shape = |x: NodeId| graph.shape(x);
    let mut order = Ok(());
    op.each_operand(|x| {
        if x >= id {
            order = Err(format!("operand %{} does not come before", x.0));
        }
    });
    order?;
    ensure(infer::type_of(graph, op) == *graph.ty(id), || "the type is not that of the operation".into())?;
    ensure(graph.shape(id).iter().skip(1).all(|&n| n != BATCH), || "the batch axis is not the first".into())?;
    classes_are_no_numbers(graph, op)?;
    match op {
        Op::Binary(_, x, y) => ensure(shape(*x) == shape(*y), || format!("shapes {:?} and {:?}", shape(*x), shape(*y))),
        Op::Select { condition, yes, no } => {
            ensure(shape(*condition) == shape(*yes) && shape(*yes) == shape(*no), || {
                format!("shapes {:?}, {:?}, {:?}", shape(*condition), shape(*yes), shape(*no))
            })
        }
        Op::Reduce { op, axes, x } => {
            ensure(axes.is_sorted_by(|a, b| a < b) && axes.iter().all(|&a| a < shape(*x).len()), || {
                format!("axes {axes:?}")
            })?;
            ensure(!op.picks_index() || axes.len() == 1, || "an index is along one axis".into())
        }
        Op::Contract(c) => {
            ensure(c.a_axes.len() == shape(c.a).len() && c.b_axes.len() == shape(c.b).len(), || {
                "labels and axes differ in number".into()
            })?;
            for (axes, x) in [(&c.a_axes, c.a), (&c.b_axes, c.b)] {
                for (k, label) in axes.iter().enumerate() {
                    ensure(!axes[..k].contains(label), || "a label occurs twice in one operand".into())?;
                    let other = if x == c.a { (&c.b_axes, shape(c.b)) } else { (&c.a_axes, shape(c.a)) };
                    let there = other.0.iter().position(|l| l == label);
                    ensure(c.out_axes.contains(label) || there.is_some(), || {
                        "a label is summed in one operand alone".into()
                    })?;
                    if let Some(there) = there {
                        ensure(other.1[there] == shape(x)[k], || {
                            format!("a label has extents {} and {}", other.1[there], shape(x)[k])
                        })?;
                    }
                }
            }
            ensure(c.out_axes.iter().all(|l| *l < c.labels()), || "a label of the result occurs in no operand".into())
        }
        Op::View(view) => {
            ensure(view.rows.len() == shape(view.x).len(), || "one row for each axis".into())?;
            for (row, &n) in view.rows.iter().zip(shape(view.x)) {
                ensure(row.divisor >= 1 && row.terms.iter().all(|t| t.0 < view.shape.len() && t.1 != 0), || {
                    "a row".into()
                })?;
                ensure(row.low >= 0 && (n == BATCH || row.high <= n as i64), || "bounds beyond the axis".into())?;
                if n == BATCH {
                    let whole = matches!(row.terms[..], [(axis, 1)] if view.shape[axis] == BATCH) && row.offset == 0;
                    ensure(whole, || "the batch axis is kept as it is".into())?;
                }
            }
            ensure(view.has_single_axes(), || "an axis in two rows".into())
        }
        Op::Reshape { x, shape: to } => {
            let count = |s: &[usize]| s.iter().filter(|&&n| n != BATCH).product::<usize>();
            let batched = |s: &[usize]| s.first() == Some(&BATCH);
            ensure(count(shape(*x)) == count(to) && batched(shape(*x)) == batched(to), || {
                format!("{:?} to {to:?}", shape(*x))
            })
        }
        Op::Join { axis, parts } => {
            let rest = |x: NodeId| infer::without(shape(x), &[*axis]);
            ensure(!parts.is_empty() && parts.iter().all(|&p| rest(p) == rest(parts[0])), || {
                "parts of different shapes".into()
            })
        }
        Op::Gather { table, index, shared } => {
            let fits = shape(*index).len() >= *shared
                && shape(*table).len() > *shared
                && shape(*index)[..*shared] == shape(*table)[..*shared];
            ensure(fits, || "index and table do not fit".into())?;
            ensure(graph.ty(*index).kind.is_whole() || graph.constant_of(*index).is_some(), || {
                "an index is a whole number".into()
            })
        }
        Op::ScatterAdd { index, values, shared, .. } => {
            let n = shape(*index).len();
            ensure(n >= *shared && shape(*values).len() >= n && shape(*values)[..n] == *shape(*index), || {
                "index and values do not fit".into()
            })
        }
        Op::Element { of, x } => {
            let axis = usize::from(shape(*x).first() == Some(&BATCH));
            ensure(shape(*x).get(axis) == Some(&graph.looped(*of).length), || {
                "the loop's length is not that of the axis".into()
            })?;
            // A loop stands in the rounds that its body needs.
            let is_within = |l: &LoopId| {
                let binders = &graph.looped(*l).binders;
                l == of || binders.iter().any(|b| [b.init, b.next].iter().any(|x| graph.node(*x).loops.contains(of)))
            };
            ensure(!graph.node(*x).loops.iter().any(is_within), || "an element of a value of the loop itself".into())
        }
        Op::Leaf(leaf) => leaf_is_right(graph, id, leaf),
        Op::Named(_, arguments) => ensure(!arguments.is_empty(), || "a function of nothing".into()),
        Op::BatchMean { x, axes } => ensure(axes.iter().all(|&a| a < shape(*x).len()), || format!("axes {axes:?}")),
        Op::Unary(..) | Op::OneHot { .. } | Op::Last { .. } | Op::Stacked { .. } => Ok(()),
    }
}

fn leaf_is_right(graph: &Graph, id: NodeId, leaf: &Leaf) -> Result<(), String> {
    match leaf {
        Leaf::Binder(of, index) => {
            ensure(graph.looped(*of).binders.get(*index as usize).is_some_and(|b| b.leaf == id), || {
                "a binder without its loop".into()
            })
        }
        Leaf::Table(values, shape) => ensure(values.len() == shape.iter().product::<usize>(), || {
            format!("{} numbers for {shape:?}", values.len())
        }),
        Leaf::Constant(..)
        | Leaf::Iota(_)
        | Leaf::Input(_)
        | Leaf::Parameter(_)
        | Leaf::State(_)
        | Leaf::Setting(_)
        | Leaf::Runtime(_)
        | Leaf::LoopIndex(_)
        | Leaf::Draw(..)
        | Leaf::Hole(..) => Ok(()),
    }
}

/// A class is compared, chooses, and is put elsewhere. Nothing computes with it, and it stands among classes of its own list alone.
fn classes_are_no_numbers(graph: &Graph, op: &Op) -> Result<(), String> {
    let kind = |x: NodeId| graph.ty(x).kind;
    let number = |x: NodeId| ensure(!kind(x).is_class(), || format!("%{} is a class, and is computed with", x.0));
    let alike = |all: &[NodeId]| {
        let first = all.first().map(|&x| kind(x));
        let fits =
            all.iter().all(|&x| !kind(x).is_class() && !first.is_some_and(Kind::is_class) || Some(kind(x)) == first);
        ensure(fits, || "a class beside something else".into())
    };
    match op {
        Op::Leaf(_) => Ok(()),
        Op::Unary(_, x) | Op::Reduce { x, .. } | Op::BatchMean { x, .. } => number(*x),
        // What gives a truth value compares.
        Op::Binary(op, ..) if op.result == crate::op::Result::Bool => Ok(()),
        Op::Binary(_, x, y) => number(*x).and(number(*y)),
        Op::Select { condition, yes, no } => number(*condition).and(alike(&[*yes, *no])),
        Op::Contract(c) => number(c.a).and(number(c.b)),
        Op::Join { parts, .. } => alike(parts),
        Op::ScatterAdd { values, .. } => number(*values),
        // A target may be a class; it is an index in the definition.
        Op::Named(_, arguments) => arguments.first().map_or(Ok(()), |&x| number(x)),
        Op::View(_)
        | Op::Reshape { .. }
        | Op::OneHot { .. }
        | Op::Gather { .. }
        | Op::Element { .. }
        | Op::Last { .. }
        | Op::Stacked { .. } => Ok(()),
    }
}
