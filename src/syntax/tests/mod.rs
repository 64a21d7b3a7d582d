//! Tests of the whole way from text to tree.
mod errors;
mod fuzz;
mod layout;
mod limits;
mod programs;
mod trees;

use super::{parse, parse_expression, show_expression, show_tree};
use crate::diagnostic::{Sources, render};

/// The tree of a text that has no errors.
#[track_caller]
fn tree(text: &str) -> String {
    let parsed = parse(0, text);
    let messages: Vec<_> = parsed.diagnostics.iter().map(|diagnostic| &diagnostic.message).collect();
    assert!(messages.is_empty(), "{text}: {messages:?}");
    show_tree(&parsed.tree, &parsed.root)
}

/// The tree of a lone expression that has no errors.
#[track_caller]
fn expression(text: &str) -> String {
    let parsed = parse_expression(0, text);
    let messages: Vec<_> = parsed.diagnostics.iter().map(|diagnostic| &diagnostic.message).collect();
    assert!(messages.is_empty(), "{text}: {messages:?}");
    show_expression(&parsed.tree, parsed.root).trim_end().to_string()
}

/// The errors of a text as people see them.
fn errors(text: &str) -> String {
    let mut sources = Sources::default();
    let file = sources.add("a.nn", text);
    parse(file, text).diagnostics.iter().map(|diagnostic| render(diagnostic, &sources, false) + "\n").collect()
}

/// The codes of a text's errors, each with its line.
fn codes(text: &str) -> Vec<String> {
    let mut sources = Sources::default();
    let file = sources.add("a.nn", text);
    let line = |at: u32| sources.line_column(file, at as usize).0;
    let diagnostics = parse(file, text).diagnostics;
    diagnostics.iter().map(|d| format!("{}:{}", line(d.span().map_or(0, |span| span.start)), d.code)).collect()
}
