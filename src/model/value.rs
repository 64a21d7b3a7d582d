//! What an expression gives while a file is elaborated: a node of the graph mostly, but also tuples, truth values, functions.
use super::builtin::Builtin;
use super::path::FrameId;
use super::scope::ScopeId;
use crate::graph::NodeId;
use crate::op::{Binary, BinaryOp, Unary};
use crate::syntax::{Definition, Tree};
use std::rc::Rc;

#[derive(Clone, Debug)]
pub enum Value<'a> {
    Tensor(Tensor),
    Tuple(Vec<Value<'a>>),
    /// A truth that is known when compiling.
    Truth(bool),
    /// `from..to`, half-open; of values it is the list of whole numbers.
    /// Of examples of unequal length it ends earlier in some: `end` entries are there.
    Range {
        from: i64,
        to: i64,
        end: Option<NodeId>,
    },
    Text(Rc<str>),
    /// An option: `same`, `valid`, `causal`.
    Word(&'static str),
    Function(Function<'a>),
}

/// A node, and what is known of it when compiling.
#[derive(Clone, Debug)]
pub struct Tensor {
    pub id: NodeId,
    /// `v'` of a vector: it may only stand as a factor.
    pub row: bool,
    /// Its elements, if they are sizes, settings, or made of such.
    pub known: Option<Rc<[f64]>>,
}

impl Tensor {
    pub fn new(id: NodeId) -> Tensor {
        Tensor { id, row: false, known: None }
    }
    pub fn known(id: NodeId, value: f64) -> Tensor {
        Tensor { id, row: false, known: Some(Rc::from([value])) }
    }
    /// The number that it is known to be.
    pub fn number(&self) -> Option<f64> {
        match self.known.as_deref() {
            Some(&[value]) => Some(value),
            _ => None,
        }
    }
}

impl From<Tensor> for Value<'_> {
    fn from(tensor: Tensor) -> Self {
        Value::Tensor(tensor)
    }
}

impl Value<'_> {
    /// What it is, for messages: "a tuple".
    pub fn spoken(&self) -> &'static str {
        match self {
            Value::Tensor(_) => "a value",
            Value::Tuple(_) => "a tuple",
            Value::Truth(_) => "a truth value",
            Value::Range { .. } => "a range",
            Value::Text(_) => "a text",
            Value::Word(_) => "an option",
            Value::Function(_) => "a function",
        }
    }
    /// The nodes in it, in order.
    pub fn nodes(&self, into: &mut Vec<NodeId>) {
        match self {
            Value::Tensor(tensor) => into.push(tensor.id),
            Value::Tuple(items) => items.iter().for_each(|item| item.nodes(into)),
            _ => {}
        }
    }
    /// The same with other nodes in their place, in order; what was known is no longer.
    pub fn with_nodes(&self, nodes: &mut impl Iterator<Item = NodeId>) -> Self {
        match self {
            Value::Tensor(tensor) => match nodes.next() {
                Some(id) if id != tensor.id => Value::Tensor(Tensor { id, row: tensor.row, known: None }),
                _ => Value::Tensor(tensor.clone()),
            },
            Value::Tuple(items) => Value::Tuple(items.iter().map(|item| item.with_nodes(nodes)).collect()),
            other => other.clone(),
        }
    }
}

#[derive(Clone, Copy)]
pub enum Function<'a> {
    Defined(Defined<'a>),
    Unary(&'static Unary),
    Binary(&'static Binary),
    Builtin(&'static Builtin),
}

impl Function<'_> {
    /// Whether it is this row's.
    pub fn is(&self, row: &'static Binary) -> bool {
        matches!(self, Function::Binary(own) if BinaryOp(own) == *row)
    }
    /// Whether the file defines it, not the language.
    pub fn is_of_file(&self) -> bool {
        matches!(self, Function::Defined(defined) if defined.definition.name.span.file != super::prelude::FILE)
    }
    pub fn name(&self) -> &str {
        match self {
            Function::Defined(defined) => &defined.definition.name.name,
            Function::Unary(row) => row.name,
            Function::Binary(row) => row.name,
            Function::Builtin(builtin) => builtin.name,
        }
    }
}

impl std::fmt::Debug for Function<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// A `fn`, `layer`, `model` or `optimizer`, and where it stands.
#[derive(Clone, Copy)]
pub struct Defined<'a> {
    pub definition: &'a Definition,
    pub tree: &'a Tree,
    pub scope: ScopeId,
    /// Below which a model's parameters are named.
    pub frame: FrameId,
}

impl std::fmt::Debug for Defined<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.definition.name.name)
    }
}
