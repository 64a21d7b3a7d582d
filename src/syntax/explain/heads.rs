//! Statements that begin wrongly, and directives.
use super::Stop;
use crate::diagnostic::Diagnostic;
use crate::syntax::directives::DirectiveRule;
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
        if let Some(need) = need(word).filter(|_| self.at <= HEAD && !binds) {
            let message = format!("`{word}` needs {} after it", need.what);
            let label = format!("expected {}", need.what);
            return Some(self.error("E0118", message, label).help(format!("as in `{}`", need.example)));
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
        if self.first() != Token::Directive || self.open().is_some() {
            return None;
        }
        let word = self.text_of(0);
        let rule =
            [SectionKind::Data, SectionKind::Train].into_iter().find_map(|section| DirectiveRule::of(section, word))?;
        let ends_early = self.token() == Token::End;
        if ends_early && self.previous() != Token::PhraseWord {
            return None;
        }
        let wrong_words = self.previous().ends_operand()
            && matches!(self.token(), Token::Not | Token::For | Token::With | Token::PhraseWord);
        let message = format!("`{word}` is not written like this");
        (ends_early || wrong_words || self.before().iter().any(|token| token.1 == Token::PhraseWord)).then(|| {
            self.error("E0135", message, format!("can't go on with {}", self.here()))
                .help(self.usage(word).unwrap_or_else(|| rule.help()))
        })
    }

    /// `train` is a directive in `data` only; its help is the one of its own section.
    fn usage(&self, word: &str) -> Option<String> {
        DirectiveRule::of(SectionKind::Train, word).map(DirectiveRule::help)
    }
}
