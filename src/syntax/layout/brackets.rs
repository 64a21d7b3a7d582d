//! Brackets: what they touch, and how they are made to match.
use super::LayoutPass;
use crate::diagnostic::{Diagnostic, Span};
use crate::limits::BRACKET_DEPTH;
use crate::syntax::lexeme::LexemeKind;
use crate::syntax::significant::Significant;
use crate::syntax::token::Token;
use crate::syntax::tree::SectionKind;

/// A bracket that stands open.
pub(super) struct Open {
    shape: Shape,
    pub(super) span: Span,
    /// It touches what it indexes.
    index: bool,
    /// What a brace is the block of, if of a section.
    pub(super) section: Option<SectionKind>,
    /// Where its line and its statement begin.
    line_column: usize,
    statement_column: usize,
    /// A block of another language, which ends where the lines are no longer indented.
    indented: bool,
}

impl Open {
    pub(super) fn indented(span: Span, column: usize) -> Open {
        let (line_column, statement_column) = (column, column);
        Open { shape: Shape::Brace, span, index: false, section: None, line_column, statement_column, indented: true }
    }
    /// Does a line that begins in this column end it?
    pub(super) fn ends_at(&self, column: usize) -> bool {
        self.indented && column <= self.line_column
    }
    pub(super) fn is_brace(&self) -> bool {
        self.shape == Shape::Brace
    }
    pub(super) fn is_index(&self) -> bool {
        self.index
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Shape {
    Paren,
    Bracket,
    Brace,
}

impl Shape {
    fn of(kind: LexemeKind) -> Option<Shape> {
        match kind {
            LexemeKind::ParenOpen | LexemeKind::ParenClose => Some(Shape::Paren),
            LexemeKind::BracketOpen | LexemeKind::BracketClose => Some(Shape::Bracket),
            LexemeKind::BraceOpen | LexemeKind::BraceClose => Some(Shape::Brace),
            _ => None,
        }
    }
    fn closing(self) -> (&'static str, Token) {
        match self {
            Shape::Paren => (")", Token::ParenClose),
            Shape::Bracket => ("]", Token::BracketClose),
            Shape::Brace => ("}", Token::BraceClose),
        }
    }
}

/// Do all brackets match?
pub(super) fn balanced(lexemes: &[Significant]) -> bool {
    let mut open = vec![];
    for lexeme in lexemes {
        if lexeme.kind.opens() {
            open.push(Shape::of(lexeme.kind));
        } else if lexeme.kind.closes() && open.pop() != Some(Shape::of(lexeme.kind)) {
            return false;
        }
    }
    open.is_empty()
}

impl LayoutPass<'_, '_> {
    pub(super) fn open_bracket(&mut self, lexeme: Significant) -> Option<Token> {
        let span = self.source.span(lexeme.start..lexeme.end);
        if self.open.len() >= BRACKET_DEPTH {
            self.diagnostics.push(
                Diagnostic::error("E0901", format!("brackets are nested more than {BRACKET_DEPTH} deep"))
                    .at(span, "nothing is read from here on")
                    .help("give the inner parts names"),
            );
            self.full = true;
            return None;
        }
        let shape = Shape::of(lexeme.kind)?;
        let token = match shape {
            Shape::Paren if lexeme.touches && self.after_function() => Token::CallOpen,
            Shape::Paren => Token::ParenOpen,
            Shape::Bracket if lexeme.touches && self.after_indexable() => Token::IndexOpen,
            Shape::Bracket => Token::BracketOpen,
            Shape::Brace => Token::BraceOpen,
        };
        let mut section = None;
        if shape == Shape::Brace {
            section = self.section.take();
            self.directive = None;
        }
        let (line_column, statement_column) = (self.line_column, self.statement_column);
        let index = token == Token::IndexOpen;
        self.open.push(Open { shape, span, index, section, line_column, statement_column, indented: false });
        Some(token)
    }

    /// `f(`, and with ticks between, `u'(` and `u''(`.
    fn after_function(&self) -> bool {
        self.tokens.iter().rev().find(|token| token.1 != Token::Tick).is_some_and(|token| token.1 == Token::Name)
    }

    fn after_indexable(&self) -> bool {
        use Token::*;
        matches!(self.last(), Name | Text | Part | ParenClose | BracketClose | BraceClose | Tick | Superscript)
    }

    pub(super) fn close_bracket(&mut self, lexeme: Significant) -> Option<Token> {
        let shape = Shape::of(lexeme.kind)?;
        let span = self.source.span(lexeme.start..lexeme.end);
        // How many stand open inside the one that this closes? Round and square ones don't reach through a brace.
        let inside = |open: &&Open| open.shape != shape && (shape == Shape::Brace || !open.is_brace());
        let count = self.open.iter().rev().take_while(inside).count();
        let is_open = self.open.iter().rev().nth(count).is_some_and(|open| open.shape == shape);
        if !is_open {
            self.report_stray(shape, span);
            return None;
        }
        for _ in 0..count {
            self.close_missing();
        }
        if shape == Shape::Brace {
            self.end_statement();
        }
        self.open.pop();
        Some(shape.closing().1)
    }

    /// A closing bracket that fits none. It stands for the one that is open, if that is no brace.
    fn report_stray(&mut self, shape: Shape, span: Span) {
        let sign = shape.closing().0;
        match self.open.last() {
            Some(open) if !open.is_brace() && shape != Shape::Brace => {
                let right = open.shape.closing().0;
                self.diagnostics.push(
                    Diagnostic::error("E0108", format!("`{sign}` can't close `{}`", self.source.slice(open.span)))
                        .at(span, format!("expected `{right}`"))
                        .also(open.span, "opened here")
                        .edit(format!("write `{right}`"), span, right, false),
                );
                self.close_silently();
            }
            _ => {
                // A row of them is one mistake.
                let row = self.stray.filter(|row| row.end == span.start);
                let (row, what) = match row {
                    Some(row) => {
                        self.diagnostics.pop();
                        (row.to(span), "these brackets".to_string())
                    }
                    None => (span, format!("this `{sign}`")),
                };
                self.stray = Some(row);
                let [label, edit] =
                    if row == span { ["closes nothing", "remove it"] } else { ["close nothing", "remove them"] };
                self.diagnostics.push(
                    Diagnostic::error("E0108", format!("nothing is open that {what} could close"))
                        .at(row, label)
                        .edit(edit, row, "", false),
                );
            }
        }
    }

    /// Was the innermost bracket left open, seeing how far left the line at `at` begins?
    pub(super) fn was_left_open(&self, at: usize) -> bool {
        let column = self.lexemes[at].column;
        self.open.last().is_some_and(|open| match open.shape {
            Shape::Brace => column <= open.line_column.min(open.statement_column) && self.looks_like_statement(at),
            _ => column <= open.statement_column,
        })
    }

    /// Closes the innermost bracket, which the text does not.
    pub(super) fn close_missing(&mut self) {
        if let Some(open) = self.open.last().filter(|open| !self.full && !open.indented) {
            if !open.is_brace() {
                self.unclosed.insert(open.span.start as usize);
                if let Some(error) = self.comment_in_brackets(open.span, open.shape.closing().0) {
                    self.diagnostics.push(error);
                    return self.close_silently();
                }
            }
            let right = open.shape.closing().0;
            let end = self.source.span(self.last_end()..self.last_end());
            let title =
                if open.is_brace() { "close it after the statements that belong to it" } else { "close it here" };
            let text = if open.is_brace() { format!("\n{right}") } else { right.to_string() };
            self.diagnostics.push(
                Diagnostic::error("E0108", format!("this `{}` is never closed", self.source.slice(open.span)))
                    .at(open.span, "opened here")
                    .edit(title, end, text, false),
            );
        }
        self.close_silently();
    }

    pub(super) fn close_silently(&mut self) {
        if self.open.last().is_some_and(Open::is_brace) {
            self.end_statement();
        }
        let Some(open) = self.open.pop() else { return };
        let at = self.last_end();
        self.tokens.push((at, open.shape.closing().1, at));
    }
}
