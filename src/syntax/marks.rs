//! Signs of paper and of other languages between the lexemes: bars around a value, bars and arrows of pipelines, `^⊤`.
use super::lexeme::LexemeKind;
use super::paper::{self, Paper};
use super::significant::Reader;
use super::source::suggest;
use crate::diagnostic::{Diagnostic, Span};

impl Reader<'_> {
    /// `|x|`, which is read as `(x)`.
    pub(super) fn bar(&mut self, span: Span) -> Option<LexemeKind> {
        if let Some(place) = self.bars.iter().position(|bar| *bar == span.start as usize) {
            self.bars.remove(place);
            return Some(LexemeKind::ParenClose);
        }
        let end = self.closing_bar(span, &["abs", "norm"])?;
        self.bars.push(end);
        Some(LexemeKind::ParenOpen)
    }

    /// Is this the only `|` on its line, behind a value?
    pub(super) fn is_disjunction(&self, span: Span) -> bool {
        let is_bar = self.source.slice(span) == "|" && self.bars.is_empty();
        let is_last = self.source.find_on_line(span.end as usize, "|").is_none();
        is_bar && is_last && !self.first && self.last_kind().is_some_and(LexemeKind::ends_operand)
    }

    /// Does a sign stand between a value and what may be called on it, with a space on each side?
    pub(super) fn is_pipe(&self, span: Span, sign: &str) -> bool {
        let (start, text) = (span.start as usize, self.source.text);
        let is_operand = !self.touches(start) && self.last_kind().is_some_and(LexemeKind::ends_operand);
        let behind = text[start..].strip_prefix(sign).filter(|behind| behind.starts_with(' '));
        let is_open = self.bars.is_empty() && is_operand && behind.is_some();
        is_open && paper::is_stage(self.source, start + sign.len(), "")
    }

    /// `||x||`, `‖x‖`: a value of which no more is said.
    pub(super) fn norm(&mut self, span: Span) -> Option<LexemeKind> {
        let end = self.closing_bar(span, &["norm"])?;
        self.skip_to = end + self.source.slice(span).len();
        Some(LexemeKind::Number)
    }

    /// Reports a bar, and which functions may have been meant; where the bar is that closes it.
    fn closing_bar(&mut self, span: Span, functions: &[&str]) -> Option<usize> {
        let (text, sign) = (self.source.text, self.source.slice(span));
        let code = sign.chars().next().map_or(0, u32::from);
        let mut error = Diagnostic::error("E0101", format!("`{sign}` (U+{code:04X}) has no meaning here"))
            .at(span, "not a sign of this language")
            .help("the absolute value is `abs(x)`, the length of a vector `norm(x)`");
        let line = text[span.end as usize..].lines().next().unwrap_or("");
        let closing = line.find(sign).map(|at| span.end as usize + at).filter(|end| {
            let inside = &text[span.end as usize..*end];
            let is_alone = !text[end + sign.len()..].starts_with(sign) && !inside.is_empty();
            is_alone && !inside.contains("//") && !inside.contains(['"', '#', ';'])
        });
        if let Some(end) = closing {
            for name in functions {
                let close = self.source.span(end..end + sign.len());
                let changes = vec![(span, format!("{name}(")), (close, ")".to_string())];
                suggest(&mut error, format!("write `{name}(…)`"), changes, false);
            }
        }
        self.report(error);
        closing
    }

    /// `^\top`, `^⊤`: the transposed, whose `^` was read.
    pub(super) fn transposed(&mut self, span: Span) -> Option<LexemeKind> {
        let rest = &self.source.text[span.start as usize..];
        let length = ["\\top", "\\intercal", "⊤"].iter().find(|sign| rest.starts_with(*sign))?.len();
        let caret = self.out.lexemes.last().filter(|last| last.kind == LexemeKind::Caret && last.touches).copied()?;
        self.out.lexemes.pop();
        self.skip_to = span.start as usize + length;
        let whole = self.source.span(caret.start..self.skip_to);
        let error = Diagnostic::error("E0101", "the transposed is written `'`").at(whole, "a sign of paper");
        self.report(error.edit("write `'`", whole, "'", true));
        Some(LexemeKind::Tick)
    }

    /// What LaTeX or paper writes so.
    pub(super) fn paper(&mut self, Paper { error, end, meant }: Paper) -> Option<LexemeKind> {
        self.skip_to = end;
        // The signs of one pipeline are one mistake.
        let first = self
            .out
            .diagnostics
            .last_mut()
            .filter(|last| meant == Some(LexemeKind::Pipe) && last.message == error.message);
        match first {
            Some(first) => {
                for (edit, other) in first.edits.iter_mut().zip(error.edits) {
                    edit.changes.extend(other.changes);
                }
            }
            None => self.report(error),
        }
        meant
    }
}
