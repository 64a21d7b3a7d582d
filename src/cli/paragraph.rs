//! Paragraphs for terminals.
use crate::diagnostic;

/// In lines of at most 80 columns.
pub fn wrapped(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    diagnostic::wrapped(&words.join(" "), 80)
}
