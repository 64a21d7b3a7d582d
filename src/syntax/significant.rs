//! The lexemes that count: spaces and comments fall away, and signs of other languages are reported and read as what was meant.
use super::foreign::{foreign, hash_comments};
use super::lexeme::{Lexeme, LexemeKind, lex};
use super::paper;
use super::source::Source;
use crate::diagnostic::{Diagnostic, Span};
use std::collections::BTreeMap;
use unicode_normalization::UnicodeNormalization;

/// A lexeme that counts, and what the layout asks about its neighbours.
#[derive(Clone, Copy, Debug)]
pub struct Significant {
    pub kind: LexemeKind,
    pub start: usize,
    pub end: usize,
    /// It is the first of its line.
    pub first: bool,
    /// It touches the one before.
    pub touches: bool,
    /// The one after touches it.
    pub touched: bool,
    /// The column in which its line begins.
    pub column: usize,
}

#[derive(Debug, Default)]
pub struct Significants {
    pub lexemes: Vec<Significant>,
    /// The `///` lines above the lexeme that begins at this place.
    pub docs: BTreeMap<usize, String>,
    pub diagnostics: Vec<Diagnostic>,
}

pub fn significant(source: Source) -> Significants {
    let mut reader = Reader {
        source,
        out: Significants::default(),
        first: true,
        line_start: 0,
        skip_to: 0,
        doc: None,
        bars: vec![],
        hashes: vec![],
    };
    for lexeme in lex(source.text) {
        reader.read(lexeme);
    }
    reader.out.diagnostics.extend(hash_comments(source, &reader.hashes));
    reader.out
}

pub(super) struct Reader<'s> {
    pub(super) source: Source<'s>,
    pub(super) out: Significants,
    pub(super) first: bool,
    line_start: usize,
    /// Lexemes before this place belong to one that was already read: `/* … */`, `'text'`.
    pub(super) skip_to: usize,
    doc: Option<String>,
    /// The second bars of `|x|` that are to come.
    pub(super) bars: Vec<usize>,
    /// Comments that begin with `#`.
    hashes: Vec<Span>,
}

impl Reader<'_> {
    fn read(&mut self, lexeme: Lexeme) {
        if lexeme.kind == Some(LexemeKind::Newline) {
            self.first = true;
            self.line_start = lexeme.end;
        } else if lexeme.start >= self.skip_to
            && !self.is_byte_order_mark(lexeme)
            && let Some(kind) = self.meant(lexeme)
        {
            self.push(kind, lexeme.start, lexeme.end.max(self.skip_to));
        }
    }

    fn is_byte_order_mark(&self, lexeme: Lexeme) -> bool {
        lexeme.start == 0 && self.source.text[lexeme.range()] == *"\u{feff}"
    }

    fn push(&mut self, kind: LexemeKind, start: usize, end: usize) {
        let column = match self.out.lexemes.last() {
            Some(last) if !self.first => last.column,
            _ => self.source.text[self.line_start..start].chars().count(),
        };
        let touches = self.touches(start);
        if touches && let Some(last) = self.out.lexemes.last_mut() {
            last.touched = true;
        }
        if let Some(doc) = self.doc.take() {
            self.out.docs.insert(start, doc);
        }
        self.out.lexemes.push(Significant { kind, start, end, first: self.first, touches, touched: false, column });
        self.first = false;
    }

    pub(super) fn last_kind(&self) -> Option<LexemeKind> {
        self.out.lexemes.last().map(|last| last.kind)
    }

    pub(super) fn touches(&self, start: usize) -> bool {
        self.out.lexemes.last().is_some_and(|last| last.end == start)
    }

    fn touches_operand(&self, start: usize) -> bool {
        self.touches(start) && self.last_kind().is_some_and(LexemeKind::ends_operand)
    }

    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.out.diagnostics.push(diagnostic);
    }

    /// What this lexeme is read as, if as anything.
    fn meant(&mut self, lexeme: Lexeme) -> Option<LexemeKind> {
        let span = self.source.span(lexeme.range());
        let Some(kind) = lexeme.kind else { return self.unknown(span) };
        match kind {
            LexemeKind::Space => None,
            LexemeKind::Comment => {
                self.comment(self.source.slice(span));
                None
            }
            LexemeKind::HashComment => {
                self.hashes.push(span);
                None
            }
            LexemeKind::BlockComment => self.block_comment(lexeme),
            LexemeKind::Number => Some(self.number(span)),
            LexemeKind::HexNumber => Some(self.hex_number(span)),
            LexemeKind::DotNumber => self.dot_number(span),
            LexemeKind::Period => self.period(span),
            LexemeKind::SuperscriptLetter => self.superscript_letter(span),
            LexemeKind::Tick => self.tick(lexeme),
            LexemeKind::Quote => self.quote(lexeme),
            LexemeKind::Percent if self.touches(lexeme.start) && self.last_kind() == Some(LexemeKind::Number) => {
                self.per_cent(span)
            }
            LexemeKind::Percent
                if let Some(comment) = paper::per_cent_comment(self.source, lexeme.start, self.first) =>
            {
                self.skip_to = comment.end as usize;
                self.hashes.push(comment);
                None
            }
            LexemeKind::Arrow | LexemeKind::FatArrow
                if let Some(arrow) = paper::arrow(self.source, self.line_start, span) =>
            {
                self.paper(arrow)
            }
            LexemeKind::Greater if self.is_pipe(span, ">>") => {
                self.paper(paper::pipe(self.source, lexeme.start..lexeme.start + 2))
            }
            LexemeKind::Name if matches!(self.source.slice(span), "elif" | "elsif" | "elseif") && !self.first => {
                let error = Diagnostic::error("E0115", "a second condition is written `else if`");
                self.report(error.at(span, "a word of other languages").edit("write `else if`", span, "else if", true));
                Some(kind)
            }
            LexemeKind::OrOr if self.first || !self.last_kind().is_some_and(LexemeKind::ends_operand) => {
                self.norm(span)
            }
            kind => match foreign(kind) {
                Some(foreign) => {
                    self.report(foreign.diagnostic(self.source, span));
                    foreign.meant
                }
                None => Some(kind),
            },
        }
    }

    /// `/// …` documents what comes next; `//` and `////` don't.
    fn comment(&mut self, text: &str) {
        if let Some(line) = text.strip_prefix("///").filter(|line| !line.starts_with('/')) {
            let doc = self.doc.get_or_insert_default();
            if !doc.is_empty() {
                doc.push('\n');
            }
            doc.push_str(line.trim());
        }
    }

    fn block_comment(&mut self, lexeme: Lexeme) -> Option<LexemeKind> {
        let text = self.source.text;
        self.skip_to = text[lexeme.end..].find("*/").map_or(text.len(), |n| lexeme.end + n + 2);
        self.report(
            Diagnostic::error("E0102", "a comment begins with `//` and ends with its line")
                .at(self.source.span(lexeme.range()), "the comment of other languages")
                .help("put `//` before each line of it"),
        );
        None
    }

    fn number(&mut self, span: Span) -> LexemeKind {
        let text = self.source.slice(span);
        let mut digits = text.split(|c: char| !c.is_ascii_digit() && c != '_');
        if digits.any(|digits| digits.ends_with('_')) {
            let right = text.replace('_', "");
            self.report(
                Diagnostic::error("E0104", "`_` stands between two digits of a number").at(span, "ends in `_`").edit(
                    format!("write `{right}`"),
                    span,
                    right,
                    true,
                ),
            );
        }
        LexemeKind::Number
    }

    fn hex_number(&mut self, span: Span) -> LexemeKind {
        let text = self.source.slice(span).replace('_', "");
        let base = match text.as_bytes()[1] {
            b'x' | b'X' => 16,
            b'o' | b'O' => 8,
            _ => 2,
        };
        let diagnostic = Diagnostic::error("E0104", "a number is written in decimal").at(span, "not decimal");
        self.report(match u64::from_str_radix(&text[2..], base) {
            Ok(value) => diagnostic.edit(format!("write `{value}`"), span, value.to_string(), true),
            Err(_) => diagnostic,
        });
        LexemeKind::Number
    }

    /// `.1` is part of a path (`y.1.w`) where it touches a name, else a number without its first digit.
    fn dot_number(&mut self, span: Span) -> Option<LexemeKind> {
        let text = self.source.slice(span);
        let in_path = matches!(
            self.last_kind(),
            Some(LexemeKind::Name | LexemeKind::DotNumber | LexemeKind::BracketClose | LexemeKind::ParenClose)
        );
        if in_path && self.touches(span.start as usize) && text[1..].bytes().all(|b| b.is_ascii_digit()) {
            return Some(LexemeKind::DotNumber);
        }
        if self.last_kind() == Some(LexemeKind::Number) && self.touches(span.start as usize) {
            // As if it were part of the number before it.
            let error = Diagnostic::error("E0104", "a number has one point").at(span, "a second one");
            self.report(error.help("digits are grouped by `_`: `1_000`"));
            self.skip_to = span.end as usize;
            return None;
        }
        let right = format!("0{text}");
        self.report(Diagnostic::error("E0104", "a number begins with a digit").at(span, "begins with a point").edit(
            format!("write `{right}`"),
            span,
            right,
            true,
        ));
        Some(LexemeKind::Number)
    }

    fn period(&mut self, span: Span) -> Option<LexemeKind> {
        // `w .* x`, `tanh.(x)`
        let behind = &self.source.text[span.end as usize..];
        if behind.starts_with(['*', '^', '/', '(', '+', '-']) && self.last_kind() != Some(LexemeKind::Number) {
            let error = Diagnostic::error("E0105", "an operation of each element is written without a point")
                .at(span, "the point of other languages");
            self.report(error.edit("remove it", span, "", true));
            return None;
        }
        let after_number = self.last_kind() == Some(LexemeKind::Number) && self.touches(span.start as usize);
        if !after_number {
            return Some(LexemeKind::Period);
        }
        self.report(
            Diagnostic::error("E0104", "a number ends with a digit")
                .at(span, "a digit is missing after this point")
                .edit("write the digit", span, ".0", true),
        );
        None
    }

    /// `20%`
    fn per_cent(&mut self, span: Span) -> Option<LexemeKind> {
        let number = self.out.lexemes.last().map_or(span, |last| self.source.span(last.start..last.end));
        let error = Diagnostic::error("E0105", "there is no operator `%`").at(span, "not a sign of this language");
        self.report(match self.source.slice(number).parse::<f64>() {
            Ok(value) => {
                let share = (value / 100.0).to_string();
                let title = format!("write `{share}`, if per cent are meant");
                error.help("the remainder is `mod(a, b)`").edit(title, number.to(span), share, false)
            }
            Err(_) => error.help("the remainder is `mod(a, b)`; ten per cent are `0.1`"),
        });
        None
    }

    fn superscript_letter(&mut self, span: Span) -> Option<LexemeKind> {
        let text = self.source.slice(span);
        let plain: String = text.nfkc().collect();
        let right = if plain.chars().count() == 1 { format!("^{plain}") } else { format!("^({plain})") };
        self.report(
            Diagnostic::error("E0106", "only digits may stand as superscripts")
                .at(span, format!("`{text}` is no digit"))
                .edit(format!("write `{right}`"), span, right, false),
        );
        None
    }

    /// `w'` touches what it transposes; else a tick may open a text in single quotes.
    fn tick(&mut self, lexeme: Lexeme) -> Option<LexemeKind> {
        if self.touches_operand(lexeme.start) {
            return Some(LexemeKind::Tick);
        }
        let is_quote = self.source.text[lexeme.range()] == *"'";
        if is_quote && let Some((end, _)) = self.source.find_on_line(lexeme.end, "'") {
            return Some(self.quoted(lexeme.start, lexeme.end..end, 1));
        }
        let diagnostic = Diagnostic::error("E0106", "a transpose mark touches what it transposes")
            .at(self.source.span(lexeme.range()), "touches nothing");
        let before = self.out.lexemes.last().filter(|last| last.kind.ends_operand() && !self.first);
        self.report(match before {
            Some(last) => diagnostic.edit("remove the space", self.source.span(last.end..lexeme.start), "", true),
            None => diagnostic.help("as in `w' x`"),
        });
        None
    }

    /// `“text”` is read as a text, if it is closed on its line.
    fn quote(&mut self, lexeme: Lexeme) -> Option<LexemeKind> {
        if let Some((end, close)) = self.source.find_on_line(lexeme.end, "“”„«»‘’`") {
            return Some(self.quoted(lexeme.start, lexeme.end..end, close.len_utf8()));
        }
        self.report(
            Diagnostic::error("E0103", "a text stands between straight double quotes")
                .at(self.source.span(lexeme.range()), "not a straight double quote")
                .help("write `\"…\"`"),
        );
        None
    }

    /// A text between other quotes than ours: the opening one at `start`, the closing one of that length behind `inner`.
    fn quoted(&mut self, start: usize, inner: std::ops::Range<usize>, closing: usize) -> LexemeKind {
        self.skip_to = inner.end + closing;
        let right = format!("\"{}\"", &self.source.text[inner]);
        let span = self.source.span(start..self.skip_to);
        self.report(
            Diagnostic::error("E0103", "a text stands between straight double quotes").at(span, "other quotes").edit(
                format!("write `{right}`"),
                span,
                right,
                true,
            ),
        );
        LexemeKind::Text
    }

    /// `y = c ? a : b`
    fn choice(&self, error: Diagnostic, sign: Span) -> Diagnostic {
        let text = self.source.text;
        let (before, behind) = (&text[self.line_start..sign.start as usize], &text[sign.end as usize..]);
        let behind = behind.lines().next().unwrap_or("");
        let behind = behind.split("//").next().unwrap_or("").split(';').next().unwrap_or("").trim_end();
        let before = before.rsplit(';').next().unwrap_or("");
        match (before.split_once(" = "), behind.split_once(':')) {
            (Some((_, condition)), Some((then, otherwise))) if !otherwise.contains(['?', ':']) => {
                let start = sign.start as usize - condition.len();
                let choice = format!("if {} then {} else {}", condition.trim(), then.trim(), otherwise.trim());
                let whole = self.source.span(start..sign.end as usize + behind.len());
                error.edit("a choice is written with words", whole, choice, false)
            }
            _ => error.help("a choice is `if c then x else y`"),
        }
    }

    /// A character that no rule fits. If it is a wide form of one of ours, it is read as that.
    fn unknown(&mut self, span: Span) -> Option<LexemeKind> {
        let text = self.source.slice(span);
        match text.chars().next() {
            _ if text == "|" && self.is_pipe(span, "|") => {
                return self.paper(paper::pipe(self.source, span.range()));
            }
            _ if text == "‖" => return self.norm(span),
            _ if text == "&" || self.is_disjunction(span) => return self.paper(paper::logic(self.source, span)),
            _ if text == "|" => return self.bar(span),
            Some('\\' | '⊤') if let Some(mark) = self.transposed(span) => return Some(mark),
            Some('\\') => return self.paper(paper::latex(self.source, span.start as usize)),
            _ => {}
        }
        if let Some(paper) = paper::sign(self.source, span.start as usize) {
            return self.paper(paper);
        }
        let plain: String = text.chars().map(narrow).collect();
        let character = text.chars().next().unwrap_or('\u{fffd}');
        let diagnostic = Diagnostic::error("E0101", format!("{} has no meaning here", described(character)))
            .at(span, "not a sign of this language");
        self.report(match character {
            _ if plain != text => diagnostic.edit(format!("write `{plain}`"), span, &plain, true),
            '?' => self.choice(diagnostic, span),
            '∇' => diagnostic.help("a gradient is `∂loss/∂w`; of something longer `grad(u^2 + v, x)`"),
            '$' | '&' => diagnostic.help("truth values are joined by `and` and `or`; names have no sign before them"),
            _ => diagnostic.edit("remove it", span, "", false),
        });
        match lex(&plain)[..] {
            [only] if plain != text => only.kind.filter(|kind| foreign(*kind).is_none()),
            _ => None,
        }
    }
}

/// The ASCII form of a full-width character.
fn narrow(c: char) -> char {
    let is_wide = ('\u{ff01}'..='\u{ff5e}').contains(&c);
    if is_wide { char::from_u32(c as u32 - 0xfee0).unwrap_or(c) } else { c }
}

fn described(c: char) -> String {
    if c.is_control()
        || c.is_whitespace()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    {
        format!("the invisible character U+{:04X}", c as u32)
    } else {
        format!("`{c}` (U+{:04X})", c as u32)
    }
}
