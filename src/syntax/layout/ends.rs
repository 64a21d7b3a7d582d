//! Where a statement ends.
use super::LayoutPass;
use crate::syntax::lexeme::LexemeKind;
use crate::syntax::significant::Significant;
use crate::syntax::token::Token;
use crate::syntax::words::{After, statement_word};

impl LayoutPass<'_, '_> {
    /// Ends the statement, if one was begun.
    pub(super) fn end_statement(&mut self) {
        if self.at_start() {
            return;
        }
        let at = self.last_end();
        self.tokens.push((at, Token::End, at));
        self.directive = None;
        self.section = None;
        let depth = self.open.len();
        self.loops.retain(|&around| around < depth);
    }

    /// Does a statement end before the lexeme at `at`, which begins a line?
    pub(super) fn ends_before(&self, at: usize) -> bool {
        // `name =` can't go on with an expression: whatever is missing, is missing in the line above.
        let begins_row = self.in_section() && matches!(self.kind(at + 1), Some(LexemeKind::Colon | LexemeKind::Assign));
        if begins_row && self.kind(at) == Some(LexemeKind::Name) && self.on_same_line(at + 1) {
            return true;
        }
        if !self.in_list() && self.looks_like_statement(at) {
            return true;
        }
        self.can_end() && self.can_begin(at)
    }

    /// Would a statement begin with the lexeme at `at`?
    pub(super) fn looks_like_statement(&self, at: usize) -> bool {
        let binds = matches!(
            self.kind(at + 1),
            Some(LexemeKind::Assign | LexemeKind::Update | LexemeKind::Tilde | LexemeKind::Colon)
        );
        // `else:` is a line of another language.
        let binds = binds && !(self.kind(at + 1) == Some(LexemeKind::Colon) && self.word(at) == "else");
        self.kind(at) == Some(LexemeKind::Name) && (binds || self.statement_token(at).is_some())
    }

    /// The token of a word that begins a statement, from what follows it on its line.
    pub(super) fn statement_token(&self, at: usize) -> Option<Token> {
        let after = match self.lexemes.get(at + 1) {
            Some(next) if next.kind == LexemeKind::BraceOpen => After::Brace,
            Some(next) if next.kind == LexemeKind::Name && !next.first => After::Name,
            Some(next) if !next.first && !next.touches && begins_value(next) => After::Value,
            Some(next) if next.kind == LexemeKind::Text && !next.first => After::Text,
            _ => After::Other,
        };
        statement_word(self.word(at), after)
    }

    /// The last token wants another name, which may have a `:` or `=` of its own.
    fn in_list(&self) -> bool {
        matches!(
            self.last(),
            Token::Comma | Token::With | Token::In | Token::Tilde | Token::Colon | Token::Period | Token::DotDot
        )
    }

    fn can_end(&self) -> bool {
        let last = self.last();
        last.ends_operand() || last.begins_statement() || last == Token::PhraseWord
    }

    fn can_begin(&self, at: usize) -> bool {
        use LexemeKind::*;
        match self.lexemes[at].kind {
            // `- b` goes on, `-b` begins.
            Minus => self.lexemes[at].touched,
            Comma | Colon | Assign | Update | Tilde | Pipe | Plus | Star | Slash | Dot | Caret => false,
            Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual | DotDot | Period | Tick | AndAnd | OrOr => {
                false
            }
            BraceOpen | ParenClose | BracketClose => false,
            Name => !matches!(self.word(at), "then" | "else" | "and" | "or" | "with"),
            _ => true,
        }
    }
}

/// Whether a value begins here that is no name: a number, a bracket, a sign that touches what follows.
fn begins_value(lexeme: &Significant) -> bool {
    match lexeme.kind {
        LexemeKind::Number | LexemeKind::ParenOpen | LexemeKind::BracketOpen => true,
        LexemeKind::Minus => lexeme.touched,
        _ => false,
    }
}
