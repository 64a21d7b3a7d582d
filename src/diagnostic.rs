//! What the compiler has to say to its user: a diagnostic is data (code, places, words, edits); `Renderer` alone turns it into text.
use crate::limits;
use annotate_snippets::{
    AnnotationKind, Element, Group, Level, Origin, Patch, Renderer as Snippets, Snippet, renderer::DecorStyle,
};
use std::ops::Range;
use unicode_width::UnicodeWidthStr;

/// A place in one of the texts of a `Sources`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span {
    pub file: u32,
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub fn new(file: u32, range: Range<usize>) -> Span {
        Span { file, start: range.start as u32, end: range.end as u32 }
    }
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
    /// The smallest span that holds both (of one file).
    pub fn to(self, other: Span) -> Span {
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// The texts that diagnostics point into: `.nn` files, the prelude, an expression of the command line.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<(String, String)>,
}

impl Sources {
    /// Adds a text under the name that people see; returns the number that spans carry.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> u32 {
        self.files.push((name.into(), text.into()));
        self.files.len() as u32 - 1
    }
    pub fn name(&self, file: u32) -> &str {
        &self.files[file as usize].0
    }
    pub fn text(&self, file: u32) -> &str {
        &self.files[file as usize].1
    }
    pub fn slice(&self, span: Span) -> &str {
        &self.text(span.file)[span.range()]
    }
    /// Line and column, both from 1; columns count characters.
    pub fn line_column(&self, file: u32, at: usize) -> (usize, usize) {
        let text = self.text(file);
        let before = &text[..at.min(text.len())];
        let start = before.rfind('\n').map_or(0, |n| n + 1);
        (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Error,
    Warning,
    Note,
}

/// A marked place with a few words; the primary one is where the mistake is.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    pub span: Span,
    pub text: String,
    pub primary: bool,
}

/// A change of the text that would help. `certain` ones may be applied by a machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    pub title: String,
    pub changes: Vec<(Span, String)>,
    pub certain: bool,
}

/// One error, warning or note. `code` is like `E0301` and never changes its meaning.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    pub code: &'static str,
    pub severity: Severity,
    pub message: String,
    pub labels: Vec<Label>,
    pub notes: Vec<String>,
    pub helps: Vec<String>,
    pub edits: Vec<Edit>,
}

impl Diagnostic {
    pub fn error(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Error, code, message)
    }
    pub fn warning(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Warning, code, message)
    }
    /// What is worth knowing and no mistake.
    pub fn remark(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Note, code, message)
    }
    fn new(severity: Severity, code: &'static str, message: impl Into<String>) -> Diagnostic {
        let message = message.into();
        Diagnostic { code, severity, message, labels: vec![], notes: vec![], helps: vec![], edits: vec![] }
    }
    /// The place of the mistake, with a few words.
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into(), primary: true });
        self
    }
    /// Another place that explains it.
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into(), primary: false });
        self
    }
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.helps.push(text.into());
        self
    }
    /// A suggested replacement of one place; `certain` if it can be applied unseen.
    pub fn edit(mut self, title: impl Into<String>, span: Span, text: impl Into<String>, certain: bool) -> Self {
        self.edits.push(Edit { title: title.into(), changes: vec![(span, text.into())], certain });
        self
    }
    /// The place of the mistake, if there is one.
    pub fn span(&self) -> Option<Span> {
        self.labels.iter().find(|l| l.primary).or(self.labels.first()).map(|l| l.span)
    }
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// The text of the first file with these edits made, and those that were made: one that touches the place of another before it is
/// left out, as is one that changes another file.
pub fn apply<'e>(text: &str, edits: impl IntoIterator<Item = &'e Edit>) -> (String, Vec<&'e Edit>) {
    let (mut changes, mut made): (Vec<&(Span, String)>, Vec<&Edit>) = (vec![], vec![]);
    let meets = |a: Span, b: Span| a.start < b.end && b.start < a.end || a.start == b.start;
    for edit in edits {
        let own = edit.changes.iter().all(|(span, _)| span.file == 0);
        let clear = edit.changes.iter().all(|(span, _)| changes.iter().all(|(other, _)| !meets(*span, *other)));
        if own && clear && !edit.changes.is_empty() {
            changes.extend(&edit.changes);
            made.push(edit);
        }
    }
    // From the back, so that places stay where they are.
    changes.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
    let mut text = text.to_string();
    for (span, with) in changes {
        text.replace_range(span.range(), with);
    }
    (text, made)
}

/// What a code means, for `gradus explain`. Codes are never used for anything else later.
#[derive(Clone, Copy, Debug)]
pub struct Explanation {
    pub code: &'static str,
    pub title: &'static str,
    pub text: &'static str,
    /// A text with this error and no other.
    pub wrong: &'static str,
    /// The same, as it should be.
    pub right: &'static str,
}

/// A row of a list of codes.
pub const fn explain(
    code: &'static str,
    title: &'static str,
    text: &'static str,
    wrong: &'static str,
    right: &'static str,
) -> Explanation {
    Explanation { code, title, text, wrong, right }
}

/// Diagnostics as rustc shows them. Colour is `anstream`'s to strip.
pub fn render(diagnostic: &Diagnostic, sources: &Sources, colour: bool) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let mut body = Group::with_title(level.primary_title(wrapped(&diagnostic.message, COLUMNS)).id(diagnostic.code));
    for file in files_of(diagnostic) {
        let labels = || diagnostic.labels.iter().filter(|l| l.span.file == file);
        if labels().any(|label| !can_be_shown(label.span, sources)) {
            let first = labels().find(|l| l.primary).or(labels().next());
            body = body.elements(first.map(|label| {
                let (line, column) = place(label.span, sources);
                Origin::path(sources.name(file)).line(line).char_column(column)
            }));
            body = body.elements(labels().map(|label| {
                let (line, column) = place(label.span, sources);
                Level::NOTE.message(format!("line {line}, column {column}: {}", label.text))
            }));
            continue;
        }
        let mut snippet = Snippet::source(sources.text(file)).path(sources.name(file)).fold(true);
        for label in labels() {
            let kind = if label.primary { AnnotationKind::Primary } else { AnnotationKind::Context };
            snippet = snippet.annotation(kind.span(clamp(label.span, sources)).label(&label.text));
        }
        body = body.element(Element::from(snippet));
    }
    body = body.elements(diagnostic.notes.iter().map(|n| Level::NOTE.message(wrapped(n, COLUMNS))));
    body = body.elements(diagnostic.helps.iter().map(|h| Level::HELP.message(wrapped(h, COLUMNS))));
    let mut report = vec![body];
    for edit in &diagnostic.edits {
        let mut group = Group::with_title(Level::HELP.secondary_title(&edit.title));
        if let Some((first, _)) = edit.changes.first()
            && edit.changes.iter().all(|change| can_be_shown(change.0, sources))
        {
            let mut snippet = Snippet::source(sources.text(first.file)).path(sources.name(first.file)).fold(true);
            for (span, text) in &edit.changes {
                let (place, text) = match edit.changes.len() {
                    1 => seen(clamp(*span, sources), text, sources.text(span.file)),
                    _ => (clamp(*span, sources), text.clone()),
                };
                snippet = snippet.patch(Patch::new(place, text));
            }
            group = group.element(snippet);
        }
        report.push(group);
    }
    let renderer = if colour { Snippets::styled() } else { Snippets::plain() };
    renderer.decor_style(DecorStyle::Unicode).render(&report)
}

/// A change as it can be seen: where nothing but space goes, with the characters beside it.
fn seen(place: Range<usize>, text: &str, source: &str) -> (Range<usize>, String) {
    let is_space = text.is_empty() && !place.is_empty() && source[place.clone()].trim().is_empty();
    match (source[..place.start].chars().next_back(), source[place.end..].chars().next()) {
        (Some(before), Some(behind)) if is_space => {
            (place.start - before.len_utf8()..place.end + behind.len_utf8(), format!("{before}{behind}"))
        }
        _ => (place, text.to_string()),
    }
}

/// Columns of a line of text, so that it stands within 80 beside its frame and its title.
const COLUMNS: usize = 66;

/// A text in lines, broken between words; what stands in backticks is not broken.
pub fn wrapped(text: &str, columns: usize) -> String {
    let mut lines = vec![String::new()];
    let mut rest = text;
    while !rest.is_empty() {
        let mut is_code = false;
        let is_end = |c: char| {
            is_code ^= c == '`';
            c == ' ' && !is_code
        };
        let (word, behind) = rest.split_at(rest.find(is_end).unwrap_or(rest.len()));
        rest = behind.strip_prefix(' ').unwrap_or(behind);
        let line = lines.last_mut().filter(|line| line.is_empty() || line.width() + 1 + word.width() <= columns);
        match line {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) => *line = format!("{line} {word}"),
            None => lines.push(word.to_string()),
        }
    }
    lines.join("\n")
}

/// The same diagnostic for machines: one JSON object.
pub fn json(diagnostic: &Diagnostic, sources: &Sources) -> serde_json::Value {
    use serde_json::json;
    let place = |span: Span| {
        let (line, column) = sources.line_column(span.file, span.start as usize);
        json!({"file": sources.name(span.file), "start": span.start, "end": span.end, "line": line, "column": column})
    };
    json!({
        "code": diagnostic.code,
        "severity": match diagnostic.severity { Severity::Error => "error", Severity::Warning => "warning", Severity::Note => "note" },
        "message": diagnostic.message,
        "labels": diagnostic.labels.iter().map(|l| json!({"span": place(l.span), "text": l.text, "primary": l.primary})).collect::<Vec<_>>(),
        "notes": diagnostic.notes,
        "helps": diagnostic.helps,
        "edits": diagnostic.edits.iter().map(|e| json!({
            "title": e.title,
            "certain": e.certain,
            "changes": e.changes.iter().map(|(s, t)| json!({"span": place(*s), "text": t})).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    })
}

fn files_of(diagnostic: &Diagnostic) -> Vec<u32> {
    let mut files: Vec<u32> = vec![];
    let ordered = diagnostic.labels.iter().filter(|l| l.primary).chain(diagnostic.labels.iter().filter(|l| !l.primary));
    for label in ordered {
        if !files.contains(&label.span.file) {
            files.push(label.span.file);
        }
    }
    files
}

/// Whether all lines of a place are short enough to be shown with carets under them.
fn can_be_shown(span: Span, sources: &Sources) -> bool {
    let (text, range) = (sources.text(span.file), clamp(span, sources));
    let start = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[range.end..].find('\n').map_or(text.len(), |at| range.end + at);
    text[start..end].split('\n').all(|line| line.len() <= limits::SHOWN_LINE)
}

/// Line and column of a place.
fn place(span: Span, sources: &Sources) -> (usize, usize) {
    sources.line_column(span.file, clamp(span, sources).start)
}

/// A span inside its text, on character boundaries and not empty where there is a character to mark.
fn clamp(span: Span, sources: &Sources) -> Range<usize> {
    let text = sources.text(span.file);
    let floor = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    floor(span.start as usize)..floor(span.end as usize).max(floor(span.start as usize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carets_stand_under_the_place_even_after_wide_characters() {
        let mut sources = Sources::default();
        let file = sources.add("wide.nn", "δ = 1\n종 = wx + 1\n");
        let at = "δ = 1\n종 = ".len();
        let diagnostic = Diagnostic::error("E0201", "`wx` is not known")
            .at(Span::new(file, at..at + 2), "no such name")
            .edit("write a product", Span::new(file, at..at + 2), "w x", true);
        insta::assert_snapshot!(render(&diagnostic, &sources, false));
    }

    #[test]
    fn a_line_that_is_too_long_to_show_is_named_by_its_place() {
        let mut sources = Sources::default();
        let file = sources.add("long.nn", format!("a = 1\nb = {}wx\n", "1 + ".repeat(1000)));
        let at = sources.text(file).len() - 3;
        let span = Span::new(file, at..at + 2);
        let diagnostic = Diagnostic::error("E0201", "`wx` is not known")
            .at(span, "no such name")
            .also(Span::new(file, 6..7), "bound here")
            .edit("write a product", span, "w x", true);
        insta::assert_snapshot!(render(&diagnostic, &sources, false), @"
        error[E0201]: `wx` is not known
         ╭▸ long.nn:2:4005
         ├ note: line 2, column 4005: no such name
         ╰ note: line 2, column 1: bound here
        help: write a product
        ");
    }
}
