//! Puts the template of a row's derivative into a graph.
use crate::graph::{Graph, NodeId};
use crate::op::sym::{Template, binary_template, unary_template};
use crate::op::{BinaryOp, UnaryOp};

/// What the places of a template stand for. Values are asked for only where the derivative uses them.
pub struct Places<'a> {
    pub argument: &'a mut dyn FnMut(&mut Graph, usize) -> NodeId,
    pub answer: &'a mut dyn FnMut(&mut Graph) -> NodeId,
    pub adjoint: NodeId,
}

pub fn unary(graph: &mut Graph, op: UnaryOp, places: Places) -> Option<NodeId> {
    let (template, root) = unary_template(op);
    instantiate(graph, &template, root, places)
}

pub fn binary(graph: &mut Graph, op: BinaryOp, argument: usize, places: Places) -> Option<NodeId> {
    let (template, root) = binary_template(op, argument);
    instantiate(graph, &template, root, places)
}

/// The node of the root, or none if the derivative is the constant zero.
fn instantiate(graph: &mut Graph, template: &[Template], root: usize, places: Places) -> Option<NodeId> {
    if matches!(template[root], Template::Constant(0.0)) {
        return None;
    }
    let mut used = vec![false; template.len()];
    used[root] = true;
    for (at, node) in template.iter().enumerate().rev() {
        if used[at] {
            for operand in operands(node) {
                used[operand] = true;
            }
        }
    }
    let shape = graph.shape(places.adjoint).to_vec();
    let mut nodes: Vec<Option<NodeId>> = vec![None; template.len()];
    for (at, node) in template.iter().enumerate().filter(|(at, _)| used[*at]) {
        let get = |i: usize| nodes[i].unwrap_or(places.adjoint);
        nodes[at] = Some(match *node {
            Template::Argument(i) => (places.argument)(graph, i),
            Template::Answer => (places.answer)(graph),
            Template::Adjoint => places.adjoint,
            Template::Constant(value) => graph.constant(value, &shape),
            Template::Unary(op, x) => graph.unary(op.0, get(x)),
            Template::Binary(op, x, y) => graph.binary(op.0, get(x), get(y)),
            Template::Select(c, x, y) => graph.select(get(c), get(x), get(y)),
        });
    }
    nodes[root]
}

fn operands(node: &Template) -> Vec<usize> {
    match *node {
        Template::Argument(_) | Template::Answer | Template::Adjoint | Template::Constant(_) => vec![],
        Template::Unary(_, x) => vec![x],
        Template::Binary(_, x, y) => vec![x, y],
        Template::Select(c, x, y) => vec![c, x, y],
    }
}
