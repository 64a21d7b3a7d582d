//! Loops that are written as in other languages.
use super::Stop;
use crate::diagnostic::Diagnostic;
use crate::syntax::token::Token;

impl Stop<'_> {
    pub(super) fn in_loop(&self) -> Option<Diagnostic> {
        let at = self.before().iter().rposition(|token| token.1.is_loop())?;
        let word = self.text_of(at);
        let example = match self.kind(at) {
            Some(Token::For) => "for v in xs { … }".to_string(),
            _ => format!("{word} v in xs with h = zeros(m) {{ … }}"),
        };
        let follows_value = at > 0 && self.tokens[at - 1].1.ends_operand();
        let had_in = self.tokens[at..self.at].iter().any(|token| token.1 == Token::In);
        if follows_value && !self.expects_value() {
            return Some(
                Diagnostic::error("E0116", "a loop comes before what it does, not after it")
                    .at(self.span_of(at), "follows a value")
                    .help(format!(
                        "as in `{example}`; {}",
                        if word == "for" { "all results are stacked" } else { "the last state is its value" }
                    )),
            );
        }
        if at + 1 == self.at && self.token() == Token::ParenOpen {
            return Some(
                self.error("E0116", "the names of a loop stand without parentheses", "expected a name")
                    .help(format!("as in `{word} a, b in (xs, ys) {{ … }}`")),
            );
        }
        if self.token() == Token::Colon && had_in && matches!(self.next(), Some(Token::Number | Token::Name)) {
            return Some(self.error("E0114", "a range is written with two dots", "the range of other languages").edit(
                "write `..`",
                self.span(),
                "..",
                false,
            ));
        }
        let lacks_block = had_in && self.expects("BLOCK") && !self.expects_value();
        if self.token() == Token::Colon && had_in || self.token() == Token::End && lacks_block {
            return Some(
                self.error("E0116", "what a loop does stands in braces", "expected `{`")
                    .help(format!("as in `{example}`")),
            );
        }
        let lacks_in = self.expects("\"in\"") && !had_in;
        lacks_in.then(|| {
            self.error("E0116", format!("`{word}` needs `in`, found {}", self.here()), "expected `in`")
                .help(format!("as in `{example}`"))
        })
    }
}
