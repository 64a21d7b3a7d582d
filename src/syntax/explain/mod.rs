//! The words of a syntax error: from the place where the grammar stopped and what it expected there, to what the author probably meant.
mod general;
mod heads;
mod loops;
mod signs;

use super::source::Source;
use super::token::{Spanned, Token};
use super::tree::SectionKind;
use crate::diagnostic::{Diagnostic, Span};

/// Why a statement can't be read. `at`: the token that does not fit; `expected`: the grammar's names of those that would.
/// `section`: the one that the statement stands in.
pub fn explain(
    source: Source,
    tokens: &[Spanned],
    at: usize,
    expected: &[String],
    section: Option<SectionKind>,
) -> Diagnostic {
    let stop = Stop { source, tokens, at, expected, section };
    stop.head()
        .or_else(|| stop.directive())
        .or_else(|| stop.in_loop())
        .or_else(|| stop.condition())
        .or_else(|| stop.reserved_name())
        .or_else(|| stop.number())
        .or_else(|| stop.pipeline())
        .or_else(|| stop.derivative())
        .or_else(|| stop.equals())
        .or_else(|| stop.comma())
        .or_else(|| stop.missing_word())
        .unwrap_or_else(|| stop.general())
}

/// The place where the grammar stopped.
struct Stop<'a> {
    source: Source<'a>,
    tokens: &'a [Spanned],
    at: usize,
    expected: &'a [String],
    section: Option<SectionKind>,
}

impl Stop<'_> {
    fn token(&self) -> Token {
        self.kind(self.at).unwrap_or(Token::End)
    }
    fn previous(&self) -> Token {
        self.at.checked_sub(1).and_then(|at| self.kind(at)).unwrap_or(Token::File)
    }
    fn next(&self) -> Option<Token> {
        self.kind(self.at + 1)
    }
    fn first(&self) -> Token {
        self.kind(0).unwrap_or(Token::End)
    }
    fn kind(&self, at: usize) -> Option<Token> {
        self.tokens.get(at).map(|token| token.1)
    }
    fn span_of(&self, at: usize) -> Span {
        let (start, _, end) = self.tokens[at];
        self.source.span(start..end)
    }
    fn text_of(&self, at: usize) -> &str {
        self.source.slice(self.span_of(at))
    }
    /// The tokens before the one that does not fit.
    fn before(&self) -> &[Spanned] {
        &self.tokens[..self.at]
    }
    fn had(&self, wanted: Token) -> bool {
        self.before().iter().any(|(_, token, _)| *token == wanted)
    }

    /// Where the mistake shows: the token, or what stands at the end of the line.
    fn span(&self) -> Span {
        let span = self.span_of(self.at);
        let is_whole = span.start < span.end && !matches!(self.token(), Token::Block(_));
        if is_whole { span } else { self.source.character(span.start as usize) }
    }
    /// The place just behind the token before.
    fn behind_previous(&self) -> Span {
        let end = self.at.checked_sub(1).map_or(0, |at| self.tokens[at].2);
        self.source.span(end..end)
    }
    /// The token as it is named in a message.
    fn here(&self) -> String {
        match self.token() {
            Token::End if self.first() == Token::Lone => "the end of the expression".into(),
            Token::End => "the end of the line".into(),
            Token::Block(_) => "`{`".into(),
            _ => format!("`{}`", self.source.quoted(self.span_of(self.at))),
        }
    }

    /// Would the grammar go on with this token, named as the grammar names it?
    fn expects(&self, name: &str) -> bool {
        self.expected.iter().any(|expected| expected == name)
    }
    fn expects_value(&self) -> bool {
        self.expects("NUMBER")
    }

    /// The bracket that stands open here.
    fn opener(&self) -> Option<usize> {
        let mut closed = 0;
        (0..self.at).rev().find(|&at| {
            let token = self.tokens[at].1;
            if token.opens() && closed == 0 {
                return true;
            }
            closed += i32::from(token.closes());
            closed -= i32::from(token.opens());
            false
        })
    }
    fn open(&self) -> Option<Token> {
        self.opener().and_then(|at| self.kind(at))
    }

    fn error(&self, code: &'static str, message: impl Into<String>, label: impl Into<String>) -> Diagnostic {
        Diagnostic::error(code, message).at(self.span(), label)
    }
}
