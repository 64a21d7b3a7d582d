//! A tree, and the tokens of a text, as text: what `gradus show` prints.
mod expressions;
mod forms;
mod statements;

use super::layout::lay_file;
use super::source::Source;
use super::token::Token;
use super::tree::{Statement, Tree, TreeId};
use expressions::Forms;

/// Statements as s-expressions.
pub fn show_tree(tree: &Tree, root: &[Statement]) -> String {
    let forms = Forms::of(tree);
    root.iter().map(|statement| forms.statement(statement).text() + "\n").collect()
}

/// One expression as an s-expression.
pub fn show_expression(tree: &Tree, root: TreeId) -> String {
    Forms::of(tree).get(root).text() + "\n"
}

/// The tokens of a file, a line a statement: each as its text, with what the layout made of it where that is not plain.
pub fn show_tokens(text: &str) -> String {
    let laid = lay_file(Source { file: 0, text });
    let (mut out, mut depth, mut at_start) = (String::new(), 0usize, true);
    for (start, token, end) in laid.tokens {
        let word = match token {
            Token::File | Token::Lone | Token::Block(_) => continue,
            Token::End => {
                out.push('\n');
                at_start = true;
                continue;
            }
            _ => shown(token, &text[start..end]),
        };
        if token == Token::BraceClose {
            depth = depth.saturating_sub(1);
        }
        let gap = if at_start { "    ".repeat(depth) } else { " ".to_string() };
        out.push_str(&gap);
        out.push_str(&word);
        at_start = token == Token::BraceOpen;
        if at_start {
            out.push('\n');
            depth += 1;
        }
    }
    out
}

/// `f(` and `x[` are other tokens than `(` and `[`; a word is another than a name.
fn shown(token: Token, text: &str) -> String {
    match token {
        Token::CallOpen => "call(".into(),
        Token::IndexOpen => "index[".into(),
        Token::ParenClose => ")".into(),
        Token::BracketClose => "]".into(),
        Token::BraceClose => "}".into(),
        Token::Number | Token::Text | Token::Superscript | Token::Part | Token::Name | Token::RowColon => {
            format!("{token:?}:{text}")
        }
        Token::In | Token::As | Token::All | Token::Except => format!("{token:?}:{text}"),
        _ if token.begins_statement() || token.is_reserved() || token == Token::PhraseWord => {
            format!("{token:?}:{text}")
        }
        Token::PartialNext => "also∂".into(),
        _ => text.to_string(),
    }
}
