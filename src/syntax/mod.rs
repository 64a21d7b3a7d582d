//! From text to tree: lexemes, the layout that cuts statements, the grammar, and the errors of a text that can't be read.
mod builder;
mod children;
mod codes;
mod comments;
mod directives;
mod explain;
mod foreign;
mod format;
mod habit_lines;
mod layout;
mod lexeme;
mod marks;
mod name;
mod paper;
mod parser;
mod show;
mod significant;
mod source;
mod spoken;
#[cfg(test)]
mod tests;
mod token;
pub mod tree;
mod words;
lalrpop_util::lalrpop_mod!(
    #[allow(clippy::all, unused)]
    grammar,
    "/gradus.rs"
);

use crate::diagnostic::Diagnostic;
pub use builder::quotient_readings;
pub use codes::CODES;
pub use format::format;
pub use parser::{parse, parse_expression};
pub use show::{show_expression, show_tokens, show_tree};
pub use tree::*;

/// Whether a name is a word of the language wherever it stands.
pub fn is_reserved(name: &str) -> bool {
    token::Token::reserved(name).is_some()
}

/// Whether a line of this section may begin with a word.
pub fn is_directive(section: SectionKind, word: &str) -> bool {
    directives::DirectiveRule::of(section, word).is_some()
}

/// A file as a tree. What could not be read is an `Error` in it and a diagnostic; no `Error` is without one.
#[derive(Clone, Debug)]
pub struct Parsed {
    pub tree: Tree,
    pub root: Vec<Statement>,
    pub diagnostics: Vec<Diagnostic>,
    /// The files that this one and those use: whoever reads files puts them in.
    pub used: Vec<Used>,
    pub others: Vec<Parsed>,
}

/// `use "blocks.nn"`, as it stands in a file.
#[derive(Clone, Debug)]
pub struct Used {
    /// The file that names it, and how.
    pub by: u32,
    pub written: String,
    /// Its place among the others; none if it can't be read, which was said.
    pub file: Option<usize>,
}

/// A lone expression as a tree.
#[derive(Clone, Debug)]
pub struct ParsedExpression {
    pub tree: Tree,
    pub root: TreeId,
    pub diagnostics: Vec<Diagnostic>,
}
