//! Puts the formulas of rows into a graph: a derivative, or what a row without a name is spelled as.
use super::{Graph, NodeId, Op};
use crate::op::sym::{Template, binary_spelling, unary_spelling};

/// A formula of a row, and what its places stand for.
#[derive(Clone, Debug)]
pub struct Formula {
    nodes: Vec<Template>,
    root: usize,
    arguments: [Option<NodeId>; 2],
    answer: Option<NodeId>,
}

impl Formula {
    /// The formula of these nodes with values in its places; `value` is asked only for arguments that the formula uses, and `answer` likewise.
    /// None if it is the constant zero.
    pub fn new(
        graph: &mut Graph,
        (nodes, root): (Vec<Template>, usize),
        mut argument: impl FnMut(&mut Graph, usize) -> NodeId,
        answer: impl FnOnce() -> NodeId,
        mut read: impl FnMut(&mut Graph, NodeId) -> NodeId,
    ) -> Option<Formula> {
        if matches!(nodes[root], Template::Constant(0.0)) {
            return None;
        }
        let used = used(&nodes, root);
        let mut formula = Formula { nodes, root, arguments: [None; 2], answer: None };
        for place in 0..2 {
            let is_used =
                |node: (usize, &Template)| used[node.0] && matches!(node.1, Template::Argument(i) if *i == place);
            if formula.nodes.iter().enumerate().any(is_used) {
                let value = argument(graph, place);
                formula.arguments[place] = Some(read(graph, value));
            }
        }
        if formula.nodes.iter().enumerate().any(|(at, node)| used[at] && matches!(node, Template::Answer)) {
            formula.answer = Some(read(graph, answer()));
        }
        Some(formula)
    }

    /// The formula's value, with `adjoint` in the place of what it is linear in; of that one's shape.
    pub fn of(&self, graph: &mut Graph, adjoint: NodeId) -> NodeId {
        let used = used(&self.nodes, self.root);
        let shape = graph.shape(adjoint).to_vec();
        let mut made: Vec<NodeId> = vec![adjoint; self.nodes.len()];
        for (at, node) in self.nodes.iter().enumerate().filter(|(at, _)| used[*at]) {
            made[at] = match *node {
                Template::Argument(i) => self.arguments[i].unwrap_or(adjoint),
                Template::Answer => self.answer.unwrap_or(adjoint),
                Template::Adjoint => adjoint,
                Template::Constant(value) => graph.constant(value, &shape),
                Template::Unary(op, x) => graph.unary(op.0, made[x]),
                Template::Binary(op, x, y) => graph.binary(op.0, made[x], made[y]),
                Template::Select(c, x, y) => graph.select(made[c], made[x], made[y]),
            };
        }
        made[self.root]
    }
}

fn used(nodes: &[Template], root: usize) -> Vec<bool> {
    let mut used = vec![false; nodes.len()];
    used[root] = true;
    for (at, node) in nodes.iter().enumerate().rev() {
        if used[at] {
            operands(node).into_iter().for_each(|operand| used[operand] = true);
        }
    }
    used
}

fn operands(node: &Template) -> Vec<usize> {
    match *node {
        Template::Argument(_) | Template::Answer | Template::Adjoint | Template::Constant(_) => vec![],
        Template::Unary(_, x) => vec![x],
        Template::Binary(_, x, y) => vec![x, y],
        Template::Select(c, x, y) => vec![c, x, y],
    }
}

impl Graph {
    /// The formula of a function without a name in the language, of the operation's own operands.
    pub fn spelled_out(&mut self, op: &Op) -> Option<NodeId> {
        let (spelling, arguments) = match *op {
            Op::Unary(row, x) => (unary_spelling(row)?, [x, x]),
            Op::Binary(row, x, y) => (binary_spelling(row)?, [x, y]),
            _ => return None,
        };
        let formula = Formula::new(self, spelling, |_, place| arguments[place], || arguments[0], |_, id| id)?;
        Some(formula.of(self, arguments[0]))
    }
}
