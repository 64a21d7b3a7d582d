//! The type of a node from its operation and its operands' types.
#![deny(clippy::wildcard_enum_match_arm)]
use super::{BATCH, Graph, Kind, Leaf, LoopId, NodeId, Op, Shape, Type};
use crate::op::row::Result;

/// The type that an operation gives. Operands must fit (`verify` says whether they do).
pub fn type_of(graph: &Graph, op: &Op) -> Type {
    let varying = |ids: &[NodeId]| ids.iter().any(|&id| graph.ty(id).varying);
    let kind = |result: Result| match result {
        Result::Real => Kind::Real,
        Result::Bool => Kind::Bool,
    };
    match op {
        Op::Leaf(leaf) => leaf_type(graph, leaf),
        Op::Unary(op, x) => Type { kind: kind(op.result), ..graph.ty(*x).clone() },
        Op::Binary(op, x, y) => {
            Type { shape: graph.shape(*x).to_vec(), kind: kind(op.result), varying: varying(&[*x, *y]) }
        }
        Op::Select { condition, yes, no } => {
            // `verify` refuses a class beside something else.
            let kind = graph.ty(*yes).kind.with(graph.ty(*no).kind).unwrap_or(Kind::Real);
            Type { shape: graph.shape(*yes).to_vec(), kind, varying: varying(&[*condition, *yes, *no]) }
        }
        Op::Reduce { op, axes, x } => {
            let ty = graph.ty(*x);
            let kind = match axes[..] {
                [axis] if op.picks_index() => Kind::Index(ty.shape[axis]),
                _ => Kind::Real,
            };
            Type { shape: without(&ty.shape, axes), kind, varying: ty.varying }
        }
        Op::Contract(c) => {
            let extents = c.extents(graph.shape(c.a), graph.shape(c.b));
            Type {
                shape: c.out_axes.iter().map(|&l| extents[l as usize]).collect(),
                kind: Kind::Real,
                varying: varying(&[c.a, c.b]),
            }
        }
        Op::View(view) => {
            let ty = graph.ty(view.x);
            Type { shape: view.shape.clone(), kind: ty.kind, varying: ty.varying }
        }
        Op::Reshape { x, shape } => Type { shape: shape.clone(), ..graph.ty(*x).clone() },
        Op::Join { axis, parts } => {
            let mut shape = graph.shape(parts[0]).to_vec();
            shape[*axis] = parts.iter().map(|&p| graph.shape(p)[*axis]).sum();
            let first = graph.ty(parts[0]).kind;
            let kind = parts.iter().try_fold(first, |kind, &part| kind.with(graph.ty(part).kind)).unwrap_or(Kind::Real);
            Type { shape, kind, varying: varying(parts) }
        }
        Op::OneHot { index, size } => {
            let mut shape = graph.shape(*index).to_vec();
            shape.push(*size);
            Type { shape, kind: Kind::Bool, varying: graph.ty(*index).varying }
        }
        Op::Gather { table, index, shared } => {
            let mut shape = graph.shape(*index).to_vec();
            shape.extend(&graph.shape(*table)[shared + 1..]);
            Type { shape, kind: graph.ty(*table).kind, varying: varying(&[*table, *index]) }
        }
        Op::ScatterAdd { index, values, shared, size } => {
            let mut shape = graph.shape(*values)[..*shared].to_vec();
            shape.push(*size);
            shape.extend(&graph.shape(*values)[graph.shape(*index).len()..]);
            Type { shape, kind: Kind::Real, varying: varying(&[*index, *values]) }
        }
        Op::Named(op, arguments) => {
            let types: Vec<&Type> = arguments.iter().map(|&a| graph.ty(a)).collect();
            Type { shape: (op.shape)(&types), kind: Kind::Real, varying: varying(arguments) }
        }
        Op::BatchMean { x, axes } => Type::real(&without(graph.shape(*x), axes), false),
        Op::Element { x, .. } => {
            let ty = graph.ty(*x);
            // After batching the axis of examples stands before that of the loop.
            let axis = usize::from(ty.shape.first() == Some(&BATCH));
            Type { shape: without(&ty.shape, &[axis]), ..ty.clone() }
        }
        Op::Last { of, x } => {
            let ty = graph.ty(*x).clone();
            // A loop of no rounds gives what it started from.
            let varying =
                ty.varying || graph.looped(*of).binders.iter().any(|b| b.next == *x && graph.ty(b.init).varying);
            Type { varying, ..ty }
        }
        Op::Stacked { of, x } => {
            let ty = graph.ty(*x);
            let mut shape = ty.shape.clone();
            shape.insert(usize::from(shape.first() == Some(&BATCH)), graph.looped(*of).length);
            Type { shape, ..ty.clone() }
        }
    }
}

fn leaf_type(graph: &Graph, leaf: &Leaf) -> Type {
    match leaf {
        Leaf::Constant(_, shape) | Leaf::Table(_, shape) => Type::real(shape, false),
        Leaf::Iota(n) => Type { shape: vec![*n], kind: Kind::Index(*n), varying: false },
        Leaf::Input(i) => graph.inputs[*i as usize].ty.clone(),
        Leaf::Parameter(i) => graph.parameters[*i as usize].ty.clone(),
        Leaf::State(i) => graph.states[*i as usize].ty.clone(),
        Leaf::Setting(_) | Leaf::Runtime(_) => Type::real(&[], false),
        Leaf::Binder(of, index) => graph.looped(*of).binders[*index as usize].ty.clone(),
        Leaf::LoopIndex(of) => Type { shape: vec![], kind: Kind::Index(graph.looped(*of).length), varying: false },
        // With an axis of examples, all of them are there.
        Leaf::Draw(_, shape) => Type::real(shape, shape.first() != Some(&BATCH)),
        Leaf::Hole(_, ty) => ty.clone(),
    }
}

/// The loops in whose rounds the value differs.
pub fn loops_of(graph: &Graph, op: &Op) -> Box<[LoopId]> {
    let mut all: Vec<LoopId> = vec![];
    op.each_operand(|x| all.extend(graph.node(x).loops.iter()));
    match op {
        Op::Leaf(leaf) => match leaf {
            Leaf::Binder(of, index) => {
                all.push(*of);
                all.extend(graph.node(graph.looped(*of).binders[*index as usize].init).loops.iter());
            }
            Leaf::LoopIndex(of) => all.push(*of),
            Leaf::Constant(..)
            | Leaf::Table(..)
            | Leaf::Iota(_)
            | Leaf::Input(_)
            | Leaf::Parameter(_)
            | Leaf::State(_)
            | Leaf::Setting(_)
            | Leaf::Runtime(_)
            | Leaf::Draw(..)
            | Leaf::Hole(..) => {}
        },
        Op::Element { of, .. } => all.push(*of),
        Op::Last { of, .. } | Op::Stacked { of, .. } => {
            // What the loop starts from may differ in the rounds of a loop around it.
            for binder in &graph.looped(*of).binders {
                all.extend(graph.node(binder.init).loops.iter());
                all.extend(graph.node(binder.next).loops.iter());
            }
            all.retain(|l| l != of);
        }
        Op::Unary(..)
        | Op::Binary(..)
        | Op::Select { .. }
        | Op::Reduce { .. }
        | Op::Contract(_)
        | Op::View(_)
        | Op::Reshape { .. }
        | Op::Join { .. }
        | Op::OneHot { .. }
        | Op::Gather { .. }
        | Op::ScatterAdd { .. }
        | Op::Named(..)
        | Op::BatchMean { .. } => {}
    }
    all.sort();
    all.dedup();
    all.into_boxed_slice()
}

/// A shape without these axes.
pub fn without(shape: &[usize], axes: &[usize]) -> Shape {
    (0..shape.len()).filter(|axis| !axes.contains(axis)).map(|axis| shape[axis]).collect()
}
