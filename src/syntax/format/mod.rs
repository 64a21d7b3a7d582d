//! The formatter: spaces and indentation, never tokens. Lines stay lines, comments stay, and so do columns that were aligned by hand.
mod columns;
mod indent;
mod lines;
mod spacing;

use super::layout::lay_file;
use super::lexeme::{LexemeKind, lex};
use super::source::Source;
use super::token::Token;
use lines::Line;

/// One step of indentation.
const STEP: usize = 4;

/// The text with its spaces in order; none if formatting would change what is said, which would be a defect of the formatter.
/// The text must be free of errors. Formatting twice is formatting once.
pub fn format(text: &str) -> Option<String> {
    let mut formatted = once(text);
    // What one pass moves may stand by chance where the next takes it for aligned.
    for _ in 0..PASSES {
        let again = once(&formatted);
        if again == formatted {
            break;
        }
        formatted = again;
    }
    (said(text) == said(&formatted)).then_some(formatted)
}

const PASSES: usize = 8;

fn once(text: &str) -> String {
    let mut lines = lines::cut(text);
    indent::indent(&mut lines);
    columns::place(&mut lines);
    written(&lines, if text.contains("\r\n") { "\r\n" } else { "\n" })
}

/// At most one empty line in a row, none at the ends.
fn written(lines: &[Line], newline: &str) -> String {
    let mut out = String::new();
    let mut empty = false;
    for line in lines {
        if line.words.is_empty() {
            empty = !out.is_empty();
            continue;
        }
        if std::mem::take(&mut empty) {
            out.push_str(newline);
        }
        let mut column = 0;
        for word in &line.words {
            out.extend(std::iter::repeat_n(' ', word.column - column));
            out.push_str(&word.text);
            column = word.column + word.width();
        }
        out.push_str(newline);
    }
    out
}

/// What a text says: its tokens, and its comments among them.
fn said(text: &str) -> Vec<(Option<Token>, &str)> {
    let tokens = lay_file(Source { file: 0, text }).tokens;
    let mut all: Vec<(usize, Option<Token>, &str)> = tokens
        .into_iter()
        .map(|(start, token, end)| (start, Some(token), if token == Token::End { "" } else { &text[start..end] }))
        .collect();
    let comments = lex(text).into_iter().filter(|l| l.kind == Some(LexemeKind::Comment));
    all.extend(comments.map(|c| (c.start, None, text[c.range()].trim_end())));
    all.sort_by_key(|one| one.0);
    all.into_iter().map(|(_, token, text)| (token, text)).collect()
}

#[cfg(test)]
mod tests;
