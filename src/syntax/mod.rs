//! From text to tree: lexemes, the layout that cuts statements, the grammar, and the errors of a text that can't be read.
pub mod tree;

use crate::diagnostic::Diagnostic;
pub use tree::*;

/// A file as a tree. What could not be read is an `Error` in it and a diagnostic.
#[derive(Clone, Debug)]
pub struct Parsed {
    pub tree: Tree,
    pub root: Vec<Statement>,
    pub diagnostics: Vec<Diagnostic>,
}

/// A lone expression as a tree.
#[derive(Clone, Debug)]
pub struct ParsedExpression {
    pub tree: Tree,
    pub root: TreeId,
    pub diagnostics: Vec<Diagnostic>,
}
