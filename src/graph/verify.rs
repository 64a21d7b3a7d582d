//! The verifier of graphs: it runs between passes. A failure is a defect of the compiler, not of a program.
use super::{BATCH, Graph, Kind, Leaf, NodeId, Op, infer};

/// The first rule that is broken, in words.
pub fn verify(graph: &Graph, roots: &[NodeId]) -> Result<(), String> {
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
            ensure(graph.ty(*index).kind != Kind::Real || graph.constant_of(*index).is_some(), || {
                "an index is a class".into()
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
            ensure(!graph.node(*x).loops.contains(of), || "an element of a value of the loop itself".into())
        }
        Op::Leaf(Leaf::Binder(of, index)) => {
            ensure(graph.looped(*of).binders.get(*index as usize).is_some_and(|b| b.leaf == id), || {
                "a binder without its loop".into()
            })
        }
        _ => Ok(()),
    }
}
