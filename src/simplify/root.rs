//! Roots and squares of each other: only of what is not negative is the square of the root the value itself.
use super::reading::{binary_of, unary_of};
use super::{Simplifier, StructuralRule};
use crate::graph::NodeId;
use crate::graph::range::Ranges;
use crate::op::exponential::{POW, SQRT};

pub static RULES: &[StructuralRule] = &[StructuralRule { name: "sqrt(x)^2", apply: squared_root }];

fn squared_root(s: &mut Simplifier, id: NodeId) -> Option<NodeId> {
    let (root, power) = binary_of(s, id, &POW)?;
    let x = unary_of(s, root, &SQRT).filter(|_| s.graph.constant_of(power) == Some(2.0))?;
    (0.0 <= Ranges::default().of(&s.graph, x).low).then_some(x)
}
