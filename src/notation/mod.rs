//! Expressions of the graph as a textbook prints them.
//!
//! `derivation` decides what gets a line and what each line says, as data (`Derivation`, of `Expression`s); the renderers spell
//! it: `text` for people, `nn` in the language's own syntax, `latex`, `json`.
mod assemble;
pub mod derivation;
pub mod expression;
pub mod gradient;
pub mod json;
pub mod latex;
pub mod linear;
pub mod names;
pub mod nn;
pub mod numbers;
mod opening;
mod outline;
pub mod place;
mod pools;
mod prepare;
mod reading;
pub mod scans;
pub mod text;
pub mod writer;

pub use assemble::{derivation, expression};
pub use derivation::{Derivation, Form, Left, Line, Request, Role, Titles, Wanted, Where};
pub use expression::Expression;
pub use gradient::{gradient, raw_gradient};

use crate::graph::{Graph, NodeId};

/// A value as people speak of it, in the text form: its name, else the formula.
pub fn expression_text(graph: &Graph, id: NodeId) -> String {
    linear::print(&expression(graph, id, false), &linear::TEXT)
}

/// The formula of a value, in the text form, even if the value has a name.
pub fn definition_text(graph: &Graph, id: NodeId) -> String {
    linear::print(&expression(graph, id, true), &linear::TEXT)
}

#[cfg(test)]
mod tests;
