//! What a name is where it stands: reserved, the word of a statement or a directive, or a name.
use super::{LayoutPass, OpenDirective};
use crate::diagnostic::Diagnostic;
use crate::syntax::directives::phrases;
use crate::syntax::lexeme::LexemeKind;
use crate::syntax::source::suggest;
use crate::syntax::token::Token;
use crate::syntax::tree::SectionKind;
use crate::syntax::words::{Meant, foreign_word};

impl LayoutPass<'_, '_> {
    /// The token of the name at `at`; none if it is read as if it were not there.
    pub(super) fn name(&mut self, at: usize) -> Option<Token> {
        let word = self.word(at);
        // `test by fold`: a column may be named by any word.
        if self.last() == Token::PhraseWord && self.last_text() == "by" {
            return Some(Token::Name);
        }
        if self.is_in_phrase(at) {
            return Some(Token::PhraseWord);
        }
        if self.renamed.contains(word) || self.is_bound_word(at) {
            return Some(Token::Name);
        }
        if let Some(token) = Token::reserved(word) {
            if token.is_loop() {
                self.loops.push(self.open.len());
            }
            return Some(token);
        }
        if let Some(token) = self.word_inside(at) {
            return Some(token);
        }
        if word == "return" && self.last() == Token::Assign && self.on_same_line(at + 1) {
            let rest = self.source.span(self.lexemes[at].start..self.lexemes[at + 1].start);
            self.diagnostics.push(
                Diagnostic::error("E0107", "a value has no `return` before it")
                    .at(self.source.span(self.lexemes[at].start..self.lexemes[at].end), "a word of other languages")
                    .edit("remove `return`", rest, "", true),
            );
            return None;
        }
        let is_value = matches!(self.last(), Token::Assign | Token::CallOpen | Token::Comma);
        if word == "lambda" && is_value && self.on_same_line(at + 1) && self.kind(at + 1) == Some(LexemeKind::Name) {
            self.lambda(at);
        }
        if !self.at_start() || self.last() == Token::Lone {
            return Some(Token::Name);
        }
        if let Some(section) = self.open.last().and_then(|open| open.section) {
            return Some(self.first_of_section(at, section));
        }
        match self.statement_token(at) {
            Some(Token::Section) => {
                self.section = Some(if word == "data" { SectionKind::Data } else { SectionKind::Train });
                Some(Token::Section)
            }
            Some(token) => Some(token),
            None => self.first_of_statement(at),
        }
    }

    /// `scan = …`: a word of the language that is bound as a name is read as one from here on, which is one error.
    fn is_bound_word(&mut self, at: usize) -> bool {
        let word = self.word(at);
        let is_word = Token::reserved(word).is_some() && !matches!(word, "true" | "false");
        if !is_word || !self.at_start() || self.kind(at + 1) != Some(LexemeKind::Assign) || !self.on_same_line(at + 1) {
            return false;
        }
        self.renamed.insert(word.to_string());
        let other = format!("{word}_");
        let places = (at..self.lexemes.len()).filter(|place| self.word(*place) == word);
        let place = |at: usize| self.source.span(self.lexemes[at].start..self.lexemes[at].end);
        let changes = places.map(|at| (place(at), other.clone())).collect();
        let mut error = Diagnostic::error("E0119", format!("`{word}` is a word of the language, not a name"))
            .at(place(at), "expected a name");
        suggest(&mut error, format!("call it `{word}_`, say"), changes, false);
        self.diagnostics.push(error);
        true
    }

    /// A word inside a statement, by what stands around it.
    fn word_inside(&mut self, at: usize) -> Option<Token> {
        match self.word(at) {
            "in" if self.loops.last() == Some(&self.open.len()) && !self.last().is_loop() => {
                self.loops.pop();
                Some(Token::In)
            }
            "as" if self.last() == Token::Text
                && self.tokens.iter().rev().nth(1).is_some_and(|token| token.1 == Token::Use) =>
            {
                Some(Token::As)
            }
            "all" if self.word(at + 1) == "except" && self.inside_data() => Some(Token::All),
            "except" if self.last() == Token::All => Some(Token::Except),
            _ => None,
        }
    }

    /// The first name of a line in a section: a binding's, a row's, or the word of a directive.
    fn first_of_section(&mut self, at: usize, section: SectionKind) -> Token {
        use LexemeKind::{Assign, Colon, Tilde, Update};
        if self.on_same_line(at + 1) && matches!(self.kind(at + 1), Some(Assign | Colon | Update | Tilde)) {
            return Token::Name;
        }
        self.directive = Some(OpenDirective { section, first: at, depth: self.open.len() });
        Token::Directive
    }

    /// A name that begins a statement, and is no word of this language; is it one of another's?
    fn first_of_statement(&mut self, at: usize) -> Option<Token> {
        let word = self.word(at);
        let Some(foreign) = foreign_word(word) else { return Some(Token::Name) };
        let is_declared = matches!(foreign.meant, Meant::Declare(_));
        if !self.is_followed_like_a_word(at) || is_declared && !self.open.is_empty() {
            return Some(Token::Name);
        }
        let binds = self.on_same_line(at + 2) && self.kind(at + 2) == Some(LexemeKind::Assign);
        let meant = match word {
            "var" if !binds => Meant::Declare("param"),
            "import" | "include" | "require" if self.kind(at + 1) == Some(LexemeKind::Text) => Meant::Use,
            _ => foreign.meant,
        };
        let (start, end) = (self.lexemes[at].start, self.lexemes[at].end);
        let diagnostic = Diagnostic::error("E0107", format!("no statement begins with `{word}`"))
            .at(self.source.span(start..end), "a word of other languages")
            .help(if meant == Meant::Declare("param") { "a learned value is a `param`" } else { foreign.help });
        self.diagnostics.push(match meant {
            Meant::Nothing => {
                let up_to_next = self.source.span(start..self.lexemes[at + 1].start);
                diagnostic.edit(format!("remove `{word}`"), up_to_next, "", true)
            }
            Meant::Declare(word) => {
                diagnostic.edit(format!("write `{word}`"), self.source.span(start..end), word, !matches!(word, "param"))
            }
            Meant::Fn => diagnostic.edit("write `fn`", self.source.span(start..end), "fn", true),
            Meant::Require => diagnostic.edit("write `require`", self.source.span(start..end), "require", true),
            Meant::Use => diagnostic.edit("write `use`", self.source.span(start..end), "use", true),
            Meant::Lost if matches!(word, "import" | "from" | "include" | "require") => {
                let rest = self.lexemes[at + 1..].iter().take_while(|lexeme| !lexeme.first);
                let line = self.source.span(start..rest.last().map_or(end, |last| last.end));
                diagnostic.edit("all functions are there without it", line, "", false)
            }
            Meant::Lost => diagnostic,
        });
        if meant == Meant::Lost {
            self.lost = Some(self.tokens.len());
        }
        match meant {
            Meant::Nothing => None,
            Meant::Declare(_) => Some(Token::Declare),
            Meant::Fn => Some(Token::Define),
            Meant::Require => Some(Token::Require),
            Meant::Use => Some(Token::Use),
            Meant::Lost => Some(Token::Name),
        }
    }

    /// `let x`, `return 3`: two operands in a row, of which the first is a word.
    fn is_followed_like_a_word(&self, at: usize) -> bool {
        use LexemeKind::{BracketOpen, Minus, Name, Number, ParenOpen, Text};
        if !self.on_same_line(at + 1) {
            return false;
        }
        let next = self.kind(at + 1);
        let value =
            matches!(next, Some(Number | ParenOpen | BracketOpen | Text | Minus)) && !self.lexemes[at + 1].touches;
        let is_file = next == Some(Text) && matches!(self.word(at), "import" | "include" | "require");
        next == Some(Name) || value && self.word(at) == "return" || is_file
    }

    /// Is this name part of a phrase of the directive being read: `has not improved for`?
    fn is_in_phrase(&self, at: usize) -> bool {
        let Some(directive) = self.directive.filter(|directive| directive.depth == self.open.len()) else {
            return false;
        };
        let spelled =
            |from: usize, phrase: &[&str]| phrase.iter().enumerate().all(|(k, word)| self.word(from + k) == *word);
        phrases(directive.section, self.word(directive.first))
            .any(|phrase| (0..phrase.len()).any(|k| at > directive.first + k && spelled(at - k, &phrase)))
    }
}
