//! The layout: from lexemes to tokens. It decides where a statement ends, which bracket touches what, and which names are words here;
//! none of these is LR(1), and each is one `if` on lexemes. Afterwards brackets match, and a statement ends before each `}`.
mod brackets;
mod ends;
mod habits;
mod names;

use super::lexeme::LexemeKind;
use super::significant::{Significant, significant};
use super::source::Source;
use super::token::{Spanned, Token};
use super::tree::SectionKind;
use crate::diagnostic::{Diagnostic, Span};
use brackets::Open;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug)]
pub struct Laid {
    pub tokens: Vec<Spanned>,
    /// The `///` lines above the token that begins at this place.
    pub docs: BTreeMap<usize, String>,
    /// Where lines begin that go on with the statement above.
    pub continued: Vec<usize>,
    /// Where brackets stand that the text does not close, but for braces: what was meant in them is not known.
    pub unclosed: BTreeSet<usize>,
    pub diagnostics: Vec<Diagnostic>,
}

/// The tokens of a file: `File`, then statements, each with an `End`.
pub fn lay_file(source: Source) -> Laid {
    lay(source, Token::File)
}

/// The tokens of a lone expression: `Lone`, the expression, `End`.
pub fn lay_expression(source: Source) -> Laid {
    let mut laid = lay(source, Token::Lone);
    if let [(_, Token::Lone, _)] = laid.tokens[..] {
        laid.tokens.push((0, Token::End, 0));
    }
    laid
}

fn lay(source: Source, first: Token) -> Laid {
    let significants = significant(source);
    let mut layout = LayoutPass {
        source,
        lexemes: &significants.lexemes,
        tokens: vec![(0, first, 0)],
        open: vec![],
        diagnostics: significants.diagnostics,
        continued: vec![],
        statement_column: 0,
        line_column: 0,
        section: None,
        directive: None,
        loops: vec![],
        stray: None,
        lost: None,
        renamed: BTreeSet::new(),
        unclosed: BTreeSet::new(),
        repair: !brackets::balanced(&significants.lexemes),
        full: false,
    };
    layout.run();
    let LayoutPass { tokens, continued, diagnostics, unclosed, .. } = layout;
    Laid { tokens, docs: significants.docs, continued, unclosed, diagnostics }
}

struct LayoutPass<'s, 'l> {
    source: Source<'s>,
    lexemes: &'l [Significant],
    /// Never empty: it begins with `File` or `Lone`.
    tokens: Vec<Spanned>,
    /// The brackets that stand open.
    open: Vec<Open>,
    diagnostics: Vec<Diagnostic>,
    continued: Vec<usize>,
    /// The column of the line in which the statement began, and that of the line being read.
    statement_column: usize,
    line_column: usize,
    /// `data` or `train` was read, and its `{` is to come.
    section: Option<SectionKind>,
    /// The directive being read.
    directive: Option<OpenDirective>,
    /// Loops whose `in` is to come, each by how many brackets stand around it.
    loops: Vec<usize>,
    /// The closing brackets without an opening one that were reported last.
    stray: Option<Span>,
    /// The first token of the last statement that begins with a word that has no counterpart.
    lost: Option<usize>,
    unclosed: BTreeSet<usize>,
    /// Words of the language that the text binds as names.
    renamed: BTreeSet<String>,
    /// Brackets don't match somewhere: then the indentation says which one was left open.
    repair: bool,
    /// Too many brackets stood open: nothing more is read.
    full: bool,
}

#[derive(Clone, Copy)]
struct OpenDirective {
    section: SectionKind,
    /// The lexeme that begins it.
    first: usize,
    /// How many brackets stand around it.
    depth: usize,
}

impl<'s> LayoutPass<'s, '_> {
    fn run(&mut self) {
        for at in 0..self.lexemes.len() {
            if self.full {
                break;
            }
            if self.lexemes[at].first {
                self.begin_line(at);
            }
            self.lexeme(at);
        }
        while !self.open.is_empty() {
            self.close_missing();
        }
        self.end_statement();
    }

    fn begin_line(&mut self, at: usize) {
        let lexeme = self.lexemes[at];
        self.close_indented(at);
        while self.repair && !lexeme.kind.closes() && self.was_left_open(at) {
            self.close_missing();
        }
        self.line_column = lexeme.column;
        if self.in_braces() && !self.at_start() {
            if self.ends_before(at) {
                self.end_statement();
            } else {
                self.continued.push(lexeme.start);
            }
        }
    }

    fn lexeme(&mut self, at: usize) {
        let lexeme = self.lexemes[at];
        if lexeme.kind == LexemeKind::Semicolon {
            return self.semicolon(lexeme);
        }
        if self.at_start() && lexeme.kind != LexemeKind::BraceClose {
            self.statement_column = lexeme.column;
        }
        let token = match lexeme.kind {
            LexemeKind::Name => self.name(at),
            kind if kind.opens() => self.open_bracket(lexeme),
            kind if kind.closes() => self.close_bracket(lexeme),
            LexemeKind::Colon => Some(self.colon(at)),
            LexemeKind::Partial if lexeme.touches && self.in_denominator() => Some(Token::PartialNext),
            kind => Token::plain(kind),
        };
        if let Some(token) = token {
            self.tokens.push((lexeme.start, token, lexeme.end));
        }
    }

    /// `;` ends a statement as a line end does; in brackets it is a mistake.
    fn semicolon(&mut self, lexeme: Significant) {
        while self.repair && !self.in_braces() {
            self.close_missing();
        }
        if self.in_braces() {
            return self.end_statement();
        }
        let span = self.source.span(lexeme.start..lexeme.end);
        let error = Diagnostic::error("E0109", "`;` does not separate in brackets")
            .at(span, "ends a statement, and none can end here");
        match self.open.last().map(|open| open.span).and_then(|open| self.matrix(open)) {
            // Of its other rows no more is said.
            Some((place, _)) if place.start < span.start && self.has_said(place) => {}
            Some((place, rows)) => {
                self.diagnostics.push(error.edit(format!("write `{rows}`"), place, rows, true));
            }
            None => {
                let error = error.help("the rows of a matrix are lists: `[[1, 2], [3, 4]]`");
                self.diagnostics.push(error.edit("separate with a comma", span, ",", false));
            }
        }
        self.tokens.push((lexeme.start, Token::Comma, lexeme.end));
    }

    fn colon(&mut self, at: usize) -> Token {
        let lexeme = self.lexemes[at];
        if self.in_section() {
            return Token::RowColon;
        }
        if self.open.last().is_some_and(Open::is_index) {
            let span = self.source.span(lexeme.start..lexeme.end);
            self.diagnostics.push(
                Diagnostic::error("E0114", "a range is written with two dots")
                    .at(span, "the range of other languages")
                    .edit("write `..`", span, "..", true),
            );
            return Token::DotDot;
        }
        if self.in_braces()
            && let Some(meant) = self.foreign_colon(at)
        {
            return meant;
        }
        Token::Colon
    }

    /// Is the last token the end of a variable below the line of a derivative, so that `∂` goes on with it: `∂²u/∂x∂t`?
    fn in_denominator(&self) -> bool {
        let before = |token: &Token| !matches!(token, Token::Name | Token::Part | Token::Period | Token::Superscript);
        let mut tokens = self.tokens.iter().rev().map(|(_, token, _)| *token).skip_while(|token| !before(token));
        match tokens.next() {
            Some(Token::PartialNext) => true,
            Some(Token::Partial) => tokens.next() == Some(Token::Slash),
            _ => false,
        }
    }

    // Where are we?

    fn last(&self) -> Token {
        self.tokens.last().map_or(Token::File, |(_, token, _)| *token)
    }
    fn last_text(&self) -> &'s str {
        self.tokens.last().map_or("", |(start, _, end)| &self.source.text[*start..*end])
    }
    fn last_end(&self) -> usize {
        self.tokens.last().map_or(0, |(_, _, end)| *end)
    }
    /// A statement may begin here.
    fn at_start(&self) -> bool {
        self.last().is_boundary()
    }
    /// Line ends count here: the innermost bracket is a brace, or there is none.
    fn in_braces(&self) -> bool {
        self.open.last().is_none_or(Open::is_brace)
    }
    /// Directly in a section.
    fn in_section(&self) -> bool {
        self.open.last().is_some_and(|open| open.section.is_some())
    }
    /// In a `data` section, or in brackets in one.
    fn inside_data(&self) -> bool {
        self.open.iter().rev().find(|open| open.is_brace()).is_some_and(|open| open.section == Some(SectionKind::Data))
    }
    fn kind(&self, at: usize) -> Option<LexemeKind> {
        self.lexemes.get(at).map(|lexeme| lexeme.kind)
    }
    /// Is there a lexeme at this index that does not begin a line?
    fn on_same_line(&self, at: usize) -> bool {
        self.lexemes.get(at).is_some_and(|lexeme| !lexeme.first)
    }
    /// The name that the lexeme is; empty if it is none.
    fn word(&self, at: usize) -> &'s str {
        match self.lexemes.get(at) {
            Some(lexeme) if lexeme.kind == LexemeKind::Name => &self.source.text[lexeme.start..lexeme.end],
            _ => "",
        }
    }
}
