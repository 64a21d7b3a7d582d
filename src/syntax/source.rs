//! The text that is being read, with the number that its spans carry.
use crate::diagnostic::{Diagnostic, Edit, Span};
use std::ops::Range;

#[derive(Clone, Copy, Debug)]
pub struct Source<'s> {
    pub file: u32,
    pub text: &'s str,
}

impl<'s> Source<'s> {
    pub fn span(self, range: Range<usize>) -> Span {
        Span::new(self.file, range)
    }
    pub fn slice(self, span: Span) -> &'s str {
        &self.text[span.range()]
    }
    /// The text of a place on one line and not too long to be quoted in a message.
    pub fn quoted(self, span: Span) -> String {
        let words: Vec<&str> = self.slice(span).split_whitespace().collect();
        let line = words.join(" ");
        if line.chars().count() <= QUOTED { line } else { line.chars().take(QUOTED - 1).chain(['…']).collect() }
    }
    /// The character at a place, as a span; empty at the end of a line.
    pub fn character(self, at: usize) -> Span {
        let character = self.text[at..].chars().next().filter(|c| !matches!(c, '\n' | '\r'));
        self.span(at..at + character.map_or(0, char::len_utf8))
    }
    /// The next of these characters on the line, from a place on.
    pub fn find_on_line(self, at: usize, characters: &str) -> Option<(usize, char)> {
        let is_wanted = |c: char| matches!(c, '\n' | '\r') || characters.contains(c);
        let (offset, found) = self.text[at..].char_indices().find(|(_, c)| is_wanted(*c))?;
        characters.contains(found).then_some((at + offset, found))
    }
}

/// Longer quotations in messages are cut.
const QUOTED: usize = 60;

/// A suggestion that changes several places at once.
pub fn suggest(diagnostic: &mut Diagnostic, title: impl Into<String>, changes: Vec<(Span, String)>, certain: bool) {
    diagnostic.edits.push(Edit { title: title.into(), changes, certain });
}

/// The changes that put parentheses around a place.
pub fn parenthesised(span: Span) -> Vec<(Span, String)> {
    let at = |place: u32| Span { start: place, end: place, ..span };
    vec![(at(span.start), "(".into()), (at(span.end), ")".into())]
}
