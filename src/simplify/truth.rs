//! Truth values among numbers. `[b]` is the number that a truth value is, `select(b, 1, 0)`; what computes with it takes `b` itself, which
//! is 1 or 0 already, so the number is only made where its kind is seen: as a root, in a list, as a branch.
use super::{Simplifier, StructuralRule};
use crate::graph::{Kind, NodeId, Op, View, infer};

pub static RULES: &[StructuralRule] = &[StructuralRule { name: "truth value as a number", apply: computed_with }];

fn computed_with(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let op = s.graph.op(id).clone();
    let mut found = false;
    let mut operands = vec![];
    for x in op.operands() {
        let bare = bare(s, x);
        found |= bare.is_some();
        operands.push(bare.unwrap_or(x));
    }
    if !found {
        return None;
    }
    let mut next = operands.into_iter();
    let new = op.map(|x| next.next().unwrap_or(x), |l| l);
    // A view or a list of truth values is no number: there the kind is seen.
    (infer::type_of(&s.graph, &new) == *s.graph.ty(id)).then(|| s.make(new))
}

/// The truth value that a number is made of, laid out as the number is.
fn bare(s: &mut Simplifier, x: NodeId) -> Option<NodeId> {
    if s.graph.ty(x).kind != Kind::Real {
        return None;
    }
    if let Some(truth) = s.graph.truth_of(x) {
        return Some(truth);
    }
    match s.graph.op(x).clone() {
        Op::View(view) => {
            let inner = bare(s, view.x)?;
            Some(s.make(Op::View(View { x: inner, ..view })))
        }
        Op::Reshape { x, shape } => {
            let inner = bare(s, x)?;
            Some(s.make(Op::Reshape { x: inner, shape }))
        }
        _ => None,
    }
}
