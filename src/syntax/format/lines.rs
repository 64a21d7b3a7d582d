//! A text as lines of words: pieces between which a space stands.
use super::super::layout::lay_file;
use super::super::lexeme::{LexemeKind, lex};
use super::super::source::Source;
use super::super::token::Token;
use super::spacing::{Piece, gap};
use rustc_hash::{FxHashMap, FxHashSet};

/// A line of the text.
#[derive(Debug, Default)]
pub struct Line {
    pub words: Vec<Word>,
    /// It begins a statement; else it goes on with one.
    pub begins: bool,
    /// The brackets that it opens (true) and closes, in order.
    pub brackets: Vec<bool>,
    /// It begins with a closing bracket.
    pub closes: bool,
    /// It is a comment alone.
    pub is_comment: bool,
    pub indent: usize,
}

/// Pieces that touch.
#[derive(Debug)]
pub struct Word {
    pub text: String,
    /// Where it stood, in characters.
    pub source: usize,
    /// The spaces that stood before it.
    pub space: usize,
    pub comment: bool,
    /// Where it will stand.
    pub column: usize,
}

impl Word {
    pub fn width(&self) -> usize {
        self.text.chars().count()
    }
}

/// Cuts a text into lines, and lines into words.
pub fn cut(text: &str) -> Vec<Line> {
    let laid = lay_file(Source { file: 0, text });
    let tokens: FxHashMap<usize, Token> =
        laid.tokens.iter().filter(|t| !matches!(t.1, Token::File | Token::End)).map(|t| (t.0, t.1)).collect();
    let begins: FxHashSet<usize> = laid
        .tokens
        .windows(2)
        .filter(|pair| matches!(pair[0].1, Token::File | Token::End | Token::BraceOpen))
        .map(|pair| pair[1].0)
        .collect();
    let mut lines = vec![Line::default()];
    let (mut line_start, mut last, mut end): (usize, Option<Piece>, usize) = (0, None, 0);
    for lexeme in lex(text) {
        let here = &text[lexeme.range()];
        match lexeme.kind {
            Some(LexemeKind::Newline) => {
                lines.push(Line::default());
                line_start = lexeme.end;
                continue;
            }
            Some(LexemeKind::Space) => continue,
            _ if here == "\u{feff}" => {
                line_start = lexeme.end;
                continue;
            }
            _ => {}
        }
        let Some(line) = lines.last_mut() else { continue };
        let comment = lexeme.kind == Some(LexemeKind::Comment);
        let token = tokens.get(&lexeme.start).copied();
        let source = text[line_start..lexeme.start].chars().count();
        let first = line.words.is_empty();
        let space = if first { source } else { text[end..lexeme.start].chars().count() };
        let piece = Piece {
            token,
            comment,
            semicolon: lexeme.kind == Some(LexemeKind::Semicolon),
            begins: begins.contains(&lexeme.start),
            space,
            next_space: spaces_after(text, lexeme.end),
            is_prefix: matches!(token, Some(Token::Minus | Token::Plus))
                && (begins.contains(&lexeme.start)
                    || !first && !last.is_some_and(|p| p.token.is_some_and(Token::ends_operand))),
        };
        if first {
            line.begins = piece.begins;
            line.is_comment = comment;
            line.closes = lexeme.kind.is_some_and(LexemeKind::closes);
        }
        if let Some(kind) = lexeme.kind.filter(|k| k.opens() || k.closes()) {
            line.brackets.push(kind.opens());
        }
        let joined = !first && last.is_some_and(|before| gap(&before, &piece) == 0);
        match line.words.last_mut() {
            Some(word) if joined => word.text.push_str(here),
            _ => line.words.push(Word { text: here.trim_end().to_string(), source, space, comment, column: 0 }),
        }
        // A comment says nothing about whether a sign after it is a prefix.
        last = Some(if comment { Piece { token: last.and_then(|p| p.token), ..piece } } else { piece });
        end = lexeme.end;
    }
    lines
}

fn spaces_after(text: &str, at: usize) -> usize {
    text[at..].chars().take_while(|c| c.is_whitespace() && !matches!(c, '\n' | '\r')).count()
}
