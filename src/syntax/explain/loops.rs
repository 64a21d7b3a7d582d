//! Loops that are written as in other languages.
use super::Stop;
use crate::diagnostic::Diagnostic;
use crate::syntax::source::suggest;
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
            let error = Diagnostic::error("E0116", "a loop comes before what it does, not after it")
                .at(self.span_of(at), "follows a value")
                .help(format!(
                    "as in `{example}`; {}",
                    if word == "for" { "all results are stacked" } else { "the last state is its value" }
                ));
            return Some(self.comprehension_in_order(error, at));
        }
        if at + 1 == self.at && self.token() == Token::ParenOpen {
            return Some(
                self.error("E0116", "the names of a loop stand without parentheses", "expected a name")
                    .help(format!("as in `{word} a, b in (xs, ys) {{ … }}`")),
            );
        }
        if self.token() == Token::Comma
            && had_in
            && self.kind(at) == Some(Token::For)
            && self.open().is_none()
            && self.next() == Some(Token::Name)
            && self.kind(self.at + 2).is_some()
            && self.text_of(self.at + 2) == "in"
        {
            let mut error = self.error("E0116", "a loop runs over one thing", "a second loop");
            let block = self.tokens[self.at..].iter().rfind(|token| matches!(token.1, Token::Block(_)));
            if let Some((_, _, end)) = block {
                let behind = self.source.span(*end..*end);
                let comma = self.source.span(self.span().start as usize..self.tokens[self.at + 1].0);
                let changes = vec![(comma, " { for ".to_string()), (behind, " }".to_string())];
                suggest(&mut error, "one inside the other", changes, false);
            }
            return Some(error.help("together, they run side by side: `for a, b in (xs, ys) { … }`"));
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
            if self.token() == Token::Assign {
                let error = self.error("E0116", format!("`{word}` needs `in`, found `=`"), "expected `in`");
                return error.edit("write `in`", self.span(), "in", true);
            }
            self.error("E0116", format!("`{word}` needs `in`, found {}", self.here()), "expected `in`")
                .help(format!("as in `{example}`"))
        })
    }

    /// `[f(v) for v in xs]`, where the loop is at `at`.
    fn comprehension_in_order(&self, error: Diagnostic, at: usize) -> Diagnostic {
        let (mut depth, mut open) = (0, None);
        for place in (0..at).rev() {
            let token = self.tokens[place].1;
            if token.opens() && depth == 0 {
                open = Some(place);
                break;
            }
            depth += i32::from(token.closes()) - i32::from(token.opens());
        }
        let Some(open) = open.filter(|open| {
            let is_open = matches!(self.tokens[*open].1, Token::BracketOpen | Token::CallOpen);
            is_open && open + 1 < at
        }) else {
            return error;
        };
        depth = 0;
        let closing = (open..self.tokens.len()).find(|place| {
            depth += i32::from(self.tokens[*place].1.opens()) - i32::from(self.tokens[*place].1.closes());
            depth == 0
        });
        let Some(closing) = closing else { return error };
        let inside = &self.tokens[at..closing];
        if inside.iter().any(|token| matches!(token.1, Token::If | Token::Comma)) {
            return error;
        }
        let text = |from: usize, to: usize| &self.source.text[self.tokens[from].0..self.tokens[to - 1].2];
        let right = format!("{} {{ {} }}", text(at, closing), text(open + 1, at));
        // The parentheses of a call stay.
        let is_call = self.tokens[open].1 == Token::CallOpen;
        let right = if is_call { format!("({right})") } else { right };
        error.edit("put them in order", self.span_of(open).to(self.span_of(closing)), right, true)
    }
}
