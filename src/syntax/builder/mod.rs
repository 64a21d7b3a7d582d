//! Builds the tree for the grammar, and checks what syntax alone can decide.
mod blocks;
mod expressions;
mod sections;
mod statements;
mod targets;
mod types;

pub use expressions::quotient_readings;
pub use types::Written;

use super::name;
use super::source::Source;
use super::tree::*;
use crate::diagnostic::{Diagnostic, Span};
use crate::limits::TREE_DEPTH;

/// What the grammar reads.
#[derive(Debug)]
pub enum Entry {
    Statement(Statement),
    Expression(TreeId),
}

#[derive(Debug)]
pub struct Builder<'s> {
    pub source: Source<'s>,
    pub tree: Tree,
    pub diagnostics: Vec<Diagnostic>,
    /// The depth of each expression, by its id.
    depths: Vec<u32>,
    too_deep: bool,
}

impl<'s> Builder<'s> {
    pub fn new(source: Source<'s>) -> Self {
        Builder { source, tree: Tree::default(), diagnostics: vec![], depths: vec![], too_deep: false }
    }

    /// A new expression. One that would be too deep is an `Error` instead, so that whoever walks the tree may recurse.
    pub fn add(&mut self, start: usize, end: usize, kind: NodeKind) -> TreeId {
        let span = self.source.span(start..end);
        let mut depth = 1;
        kind.for_each_child(&mut |child| depth = depth.max(1 + self.depths[child.0 as usize]));
        let fits = depth <= TREE_DEPTH;
        if !fits && !self.too_deep {
            self.too_deep = true;
            self.report(
                Diagnostic::error("E0901", format!("this is nested more than {TREE_DEPTH} levels deep"))
                    .at(span, "the outermost part that does not fit")
                    .help("give the inner parts names"),
            );
        }
        self.depths.push(if fits { depth } else { 1 });
        self.tree.add(if fits { kind } else { NodeKind::Error }, span)
    }

    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    pub fn span(&self, id: TreeId) -> Span {
        self.tree.span(id)
    }
    /// The text of an expression, for a message.
    fn quoted(&self, id: TreeId) -> String {
        self.source.quoted(self.span(id))
    }

    // Leaves.

    pub fn ident(&mut self, start: usize, end: usize) -> Ident {
        Ident { name: name::normalised(&self.source.text[start..end]).into_owned(), span: self.source.span(start..end) }
    }

    /// `.1` of a path, as the name `1`.
    pub fn part(&mut self, start: usize, end: usize) -> Ident {
        self.ident(start + 1, end)
    }

    pub fn name(&mut self, start: usize, end: usize) -> TreeId {
        let name = self.ident(start, end).name;
        self.add(start, end, NodeKind::Name(name))
    }

    pub fn text(&mut self, start: usize, end: usize) -> TreeId {
        let text = name::unquoted(&self.source.text[start..end]);
        self.add(start, end, NodeKind::Text(text))
    }

    pub fn file_name(&mut self, start: usize, end: usize) -> FileName {
        FileName { path: name::unquoted(&self.source.text[start..end]), span: self.source.span(start..end) }
    }

    pub fn number(&mut self, start: usize, end: usize) -> TreeId {
        let value = name::number(&self.source.text[start..end]);
        self.number_or_error(start, end, value)
    }

    pub fn superscript(&mut self, start: usize, end: usize) -> TreeId {
        let value = name::superscript(&self.source.text[start..end]);
        self.number_or_error(start, end, value)
    }

    fn number_or_error(&mut self, start: usize, end: usize, value: Option<f64>) -> TreeId {
        // A number in hexadecimal is reported where lexemes are read.
        let is_decimal = !self.source.text[start..end].contains(['x', 'X', 'b', 'B', 'o', 'O']);
        if value.is_none() && is_decimal {
            self.report(
                Diagnostic::error("E0104", "this number is too large")
                    .at(self.source.span(start..end), "the largest is about 1.8e308"),
            );
        }
        self.add(start, end, value.map_or(NodeKind::Error, NodeKind::Number))
    }
}

/// One item, then the others.
pub fn with<Item>(first: Item, rest: Vec<Item>) -> Vec<Item> {
    std::iter::once(first).chain(rest).collect()
}
