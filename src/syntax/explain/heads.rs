//! Statements that begin wrongly, and directives.
use super::Stop;
use crate::diagnostic::Diagnostic;
use crate::syntax::directives::DirectiveRule;
use crate::syntax::habit_lines::meant_line;
use crate::syntax::source::suggest;
use crate::syntax::token::Token;
use crate::syntax::tree::SectionKind;
use crate::syntax::words::{foreign_word, need};

/// Behind so many tokens a mistake is hardly one of the statement's first word.
const HEAD: usize = 8;

impl Stop<'_> {
    pub(super) fn head(&self) -> Option<Diagnostic> {
        let second = self.kind(1);
        let binds = matches!(second, Some(Token::Assign | Token::Update | Token::Tilde | Token::Colon));
        let word = if matches!(self.first(), Token::Name) { self.text_of(0) } else { "" };
        if self.first().is_reserved() && binds {
            return Some(self.reserved(0));
        }
        if let Some(foreign) = foreign_word(word).filter(|_| self.at <= 2 && !binds) {
            let message = format!("no statement begins with `{word}`");
            return Some(
                Diagnostic::error("E0107", message).at(self.span_of(0), "a word of other languages").help(foreign.help),
            );
        }
        if word == "data"
            && let [_, (start, Token::Name, _), (_, Token::Period, _), (_, Token::Name, end), ..] = self.tokens
        {
            let file = self.source.span(*start..*end);
            let text = format!("\"{}\"", self.source.slice(file));
            let error = Diagnostic::error("E0118", "the name of a file stands in quotes").at(file, "expected a text");
            return Some(error.edit(format!("write `{text}`"), file, text, true));
        }
        if let Some(need) = need(word).filter(|_| self.at <= HEAD && !binds) {
            let message = format!("`{word}` needs {} after it", need.what);
            let label = format!("expected {} behind it", need.what);
            return Some(
                Diagnostic::error("E0118", message)
                    .at(self.span_of(0), label)
                    .help(format!("as in `{}`", need.example)),
            );
        }
        if let Some(need) = need(self.text_of(0)).filter(|_| self.first() == Token::Define && self.at <= 2) {
            let label = if self.at == 1 { "expected a name" } else { "expected `(` and its parameters" };
            let message = format!("`{}` needs a name and parameters", self.text_of(0));
            return Some(self.error("E0118", message, label).help(format!("as in `{}`", need.example)));
        }
        if self.first() == Token::Output && !self.had(Token::Assign) && self.at >= 2 && !self.had(Token::Comma) {
            let names_no_value =
                matches!(self.token(), Token::CallOpen | Token::Period | Token::IndexOpen | Token::Part)
                    || self.is_operator();
            return names_no_value.then(|| {
                self.error("E0118", "an output has a name", "an expression begins here")
                    .help("as in `output y, code = dense(h, 2)`")
            });
        }
        None
    }

    fn is_operator(&self) -> bool {
        use Token::*;
        matches!(self.token(), Plus | Minus | Star | Slash | Dot | Caret | Pipe | Tick | Superscript)
    }

    /// The error for a reserved word in place of a name.
    pub(super) fn reserved(&self, at: usize) -> Diagnostic {
        let word = self.text_of(at);
        Diagnostic::error("E0119", format!("`{word}` is a word of the language, not a name"))
            .at(self.span_of(at), "expected a name")
            .help("choose another name")
    }

    pub(super) fn reserved_name(&self) -> Option<Diagnostic> {
        let only_a_name = self.expects("NAME") && !self.expects_value();
        if self.token().is_reserved() && only_a_name {
            return Some(self.reserved(self.at));
        }
        let stray_with = self.token() == Token::With && !self.previous().ends_operand();
        stray_with.then(|| {
            self.reserved(self.at).help("`with` stands before the states of a loop: `fold v in xs with h = 0 { … }`")
        })
    }

    /// A directive that can't go on, outside of its brackets.
    pub(super) fn directive(&self) -> Option<Diagnostic> {
        if let Some(comma) = self.comma_before_directive() {
            let message = "a comma does not separate the lines of a section";
            let next = self.source.quoted(self.span_of(comma + 1));
            return Some(
                Diagnostic::error("E0135", message)
                    .at(self.span_of(comma), format!("`{next}` would be one more value"))
                    .edit("write `;`, or begin a new line", self.span_of(comma), ";", false),
            );
        }
        if self.first() != Token::Directive || self.open().is_some() {
            return None;
        }
        let word = self.text_of(0);
        let rules: Vec<_> = [SectionKind::Data, SectionKind::Train]
            .into_iter()
            .filter_map(|section| DirectiveRule::of(section, word))
            .collect();
        if rules.is_empty() {
            need(word)?;
            let diagnostic = Diagnostic::error("E0136", format!("`{word}` can't stand in a section"));
            let diagnostic = diagnostic.at(self.span_of(0), "not a word of a section");
            return Some(self.moved_above(diagnostic));
        }
        if word == "optimizer" && self.token() == Token::Assign && self.at == 3 {
            let mut error =
                self.error("E0135", "the settings of an optimizer stand in parentheses", "binds nothing here");
            let space = self.source.span(self.tokens[1].2..self.tokens[2].0);
            let end = self.tokens[self.tokens.len() - 2].2;
            let changes = vec![(space, "(".to_string()), (self.source.span(end..end), ")".to_string())];
            suggest(&mut error, "write the parentheses", changes, true);
            return Some(error);
        }
        let line = self.source.span(self.tokens[0].0..self.tokens[self.tokens.len() - 1].0);
        if let Some(section) = self.section
            && let Some(meant) = meant_line(section, self.source.slice(line))
        {
            let error = Diagnostic::error("E0135", format!("`{word}` is not written like this"));
            let error = error.at(line, "has other parts");
            return Some(error.edit(format!("write `{meant}`"), line, meant, false));
        }
        let had_phrase = self.had(Token::PhraseWord);
        let lacks_value = self.token() == Token::End && self.previous() == Token::PhraseWord;
        let goes_on_in_words = self.previous().ends_operand()
            && matches!(self.token(), Token::Not | Token::With | Token::PhraseWord)
            || self.had_stray_loop();
        let wrong_phrase = self.token() == Token::Number && rules.iter().any(|rule| rule.has_phrases());
        if !lacks_value && !goes_on_in_words && !wrong_phrase && (!had_phrase || self.token() == Token::End) {
            return None;
        }
        let message = format!("`{word}` is not written like this");
        let label =
            if lacks_value { "expected a value".to_string() } else { format!("can't go on with {}", self.here()) };
        let help = rules.iter().map(|rule| rule.help()).collect::<Vec<_>>().join("; ");
        Some(self.error("E0135", message, label).help(help))
    }

    /// Adds the edit that moves a line of a section above it, where both begin lines.
    fn moved_above(&self, mut error: Diagnostic) -> Diagnostic {
        let text = self.source.text;
        let (start, end) = (self.tokens[0].0, self.tokens[self.tokens.len() - 1].0);
        let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let begins = |word: &str| text[..start].rfind(&format!("\n{word}")).map(|at| at + 1);
        let section = begins("train").max(begins("data"));
        let is_line = text[line..start].trim().is_empty() && text[end..].starts_with('\n');
        let Some(section) = section.filter(|_| is_line) else { return error.help("put it above the section") };
        let moved = format!("{}\n", text[start..end].trim_end());
        let changes =
            vec![(self.source.span(section..section), moved), (self.source.span(line..end + 1), String::new())];
        suggest(&mut error, "put it above the section", changes, false);
        error
    }

    /// `minimize loss, epochs 60`: the comma, outside of brackets and in a section.
    fn comma_before_directive(&self) -> Option<usize> {
        let in_section = self.first() == Token::Directive || self.had(Token::RowColon);
        let comma = self
            .before()
            .iter()
            .rposition(|token| token.1 == Token::Comma)
            .filter(|_| in_section && self.open().is_none())?;
        let is_word = |section| DirectiveRule::of(section, self.text_of(comma + 1)).is_some();
        (is_word(SectionKind::Data) || is_word(SectionKind::Train)).then_some(comma)
    }

    /// `minimize loss for 3`: a loop behind a value is none.
    fn had_stray_loop(&self) -> bool {
        self.before().windows(2).any(|pair| pair[0].1.ends_operand() && pair[1].1.is_loop())
    }

    /// A name behind a name in `output`, or behind the file in `use`.
    pub(super) fn missing_word(&self) -> Option<Diagnostic> {
        if self.token() != Token::Name || self.open().is_some() {
            return None;
        }
        let behind = self.behind_previous();
        match (self.first(), self.previous()) {
            (Token::Output, Token::Name) if !self.expects_value() => Some(
                self.error(
                    "E0118",
                    format!("an output's value stands behind `=`, found {}", self.here()),
                    "expected `=` or `,`",
                )
                .edit("if this is its value", behind, " =", false)
                .edit("if this is another output", behind, ",", false),
            ),
            (Token::Use, Token::Text) => Some(
                self.error(
                    "E0118",
                    format!("the name of a file's parts stands behind `as`, found {}", self.here()),
                    "expected `as`",
                )
                .edit("write `as`", behind, " as", false),
            ),
            _ => None,
        }
    }
}
