//! Signs and numbers that can't stand where they do, each from a habit or from a rule that is easy to forget.
use super::Stop;
use crate::diagnostic::{Diagnostic, Span};
use crate::syntax::source::{parenthesised, suggest};
use crate::syntax::token::Token;
use crate::syntax::tree::SectionKind;

impl Stop<'_> {
    /// A number behind an operand.
    pub(super) fn number(&self) -> Option<Diagnostic> {
        if self.token() != Token::Number || !self.previous().ends_operand() {
            return None;
        }
        if matches!(self.open(), Some(Token::BracketOpen | Token::CallOpen | Token::IndexOpen)) {
            let message = "a comma is missing before this number";
            let error = self.error("E0112", message, "expected `,`");
            // `adam(rate 0.1)`: the number is the option's.
            let is_option = self.open() == Some(Token::CallOpen)
                && self.previous() == Token::Name
                && self.at >= 2
                && match self.kind(self.at - 2) {
                    Some(Token::Comma) => true,
                    // What is first in a formula is a value.
                    Some(Token::CallOpen) => self.section == Some(SectionKind::Train),
                    _ => false,
                };
            let space = self.source.span(self.tokens[self.at - 1].2..self.tokens[self.at].0);
            let error = match is_option {
                true => error.edit("if it is an option of that name, write `=`", space, " = ", false),
                false => error,
            };
            return Some(error.edit("write the comma", self.behind_previous(), ",", false));
        }
        let (number, before) = (self.text_of(self.at), self.at - 1);
        let message = match self.previous() {
            Token::Number => "a number can't follow a number directly".to_string(),
            _ => format!("a number can't follow `{}` directly", self.source.quoted(self.span_of(before))),
        };
        let diagnostic = self.error("E0112", message, "a number comes first in a product").edit(
            "multiply",
            self.source.span(self.tokens[before].2..self.tokens[self.at].0),
            " * ",
            false,
        );
        Some(match self.previous() {
            Token::Name => {
                let name = self.text_of(before);
                diagnostic.edit(
                    "put the number first",
                    self.span_of(before).to(self.span()),
                    format!("{number} {name}"),
                    false,
                )
            }
            _ => diagnostic,
        })
    }

    /// `if` without `then` or `else`, or behind an operator.
    pub(super) fn condition(&self) -> Option<Diagnostic> {
        let example = "as in `if x > 0 then x else 0`";
        if self.token() == Token::If && self.previous().ends_operand() {
            let error = self.error("E0115", "`if` comes before its values, not between them", "follows a value");
            return Some(self.conditional_in_order(error).help(example));
        }
        if self.expects("\"then\"") && !self.expects_value() {
            let message = format!("`if` needs `then`, found {}", self.here());
            return self.unless_equals(self.error("E0115", message, "expected `then`").help(example));
        }
        if self.expects("\"else\"") && !self.expects_value() {
            let message = format!("`if` needs `else`, found {}", self.here());
            let help = format!("{example}: an `if` has a value, whatever holds");
            let error = self.error("E0115", message, "expected `else`").help(help);
            let error = match self.token() {
                Token::End => error.edit("if it is 0 otherwise", self.behind_previous(), " else 0", false),
                _ => error,
            };
            return self.unless_equals(error);
        }
        (self.token() == Token::If && self.expects_value()).then(|| {
            self.error("E0110", "`if` can't follow an operator", "needs parentheses")
                .help("as in `a + (if c then x else y)`")
        })
    }

    /// `a if c else b`, if it is all that stands behind a `=`.
    fn conditional_in_order(&self, error: Diagnostic) -> Diagnostic {
        let begins = (0..self.at).rfind(|at| matches!(self.tokens[*at].1, Token::Assign)).map(|at| at + 1);
        let otherwise = (self.at..self.tokens.len()).find(|at| self.tokens[*at].1 == Token::Else);
        let (Some(begin), Some(otherwise), None) = (begins, otherwise, self.open()) else { return error };
        let end = self.tokens.len() - 1;
        let text = |from: usize, to: usize| self.source.text[self.tokens[from].0..self.tokens[to - 1].2].to_string();
        if self.at + 1 >= otherwise || otherwise + 1 >= end {
            return error;
        }
        let (value, condition) = (text(begin, self.at), text(self.at + 1, otherwise));
        let right = format!("if {condition} then {value} else {}", text(otherwise + 1, end));
        let whole = self.source.span(self.tokens[begin].0..self.tokens[end - 1].2);
        error.edit("put them in order", whole, right, true)
    }

    /// `if a = 3 then …` is about `=`, not about `then`.
    fn unless_equals(&self, diagnostic: Diagnostic) -> Option<Diagnostic> {
        (!matches!(self.token(), Token::Assign | Token::Update)).then_some(diagnostic)
    }

    pub(super) fn pipeline(&self) -> Option<Diagnostic> {
        if self.previous() == Token::Pipe {
            let message = format!("`|>` needs a function after it, found {}", self.here());
            return Some(
                self.error("E0117", message, "expected a name or a call").help("as in `x |> dense(16) |> relu`"),
            );
        }
        use Token::{Caret, Dot, IndexOpen, Minus, Name, ParenOpen, Plus, Slash, Star, Tick};
        let pipe = self.before().iter().rposition(|token| token.1 == Token::Pipe)?;
        let goes_on =
            matches!(self.token(), Plus | Minus | Star | Slash | Dot | Caret | ParenOpen | Tick | IndexOpen | Name);
        let same_bracket = self.opener().is_none_or(|open| open < pipe);
        if !goes_on || !same_bracket {
            return None;
        }
        let mut diagnostic = self.error(
            "E0117",
            format!("{} can't follow a stage of a pipeline", self.here()),
            "expected `|>`, or the end",
        );
        let begin = self.begin_of_pipeline(pipe);
        let whole = self.source.span(self.tokens[begin].0..self.tokens[self.at - 1].2);
        suggest(&mut diagnostic, "put the pipeline into parentheses", parenthesised(whole), false);
        Some(diagnostic)
    }

    /// The first token of the pipeline that the `|>` at `pipe` belongs to.
    fn begin_of_pipeline(&self, pipe: usize) -> usize {
        let ends = |token: Token| {
            use Token::*;
            matches!(token, Assign | Update | Tilde | Then | Else | If | RowColon | In | Directive | PhraseWord | Lone)
                || token == Comma
        };
        let mut closed = 0;
        let before = (0..pipe).rev().find(|&at| {
            let token = self.tokens[at].1;
            if closed == 0 && (token.opens() || ends(token)) {
                return true;
            }
            closed += i32::from(token.closes());
            closed -= i32::from(token.opens());
            false
        });
        before.map_or(0, |at| at + 1)
    }

    pub(super) fn derivative(&self) -> Option<Diagnostic> {
        if self.previous() == Token::Partial && self.token() == Token::Slash {
            return Some(
                self.error("E0123", "a derivative names what is differentiated", "expected a name before this")
                    .help("as in `∂u/∂x`; of a longer expression `grad(u^2 + v, x)`"),
            );
        }
        let partial = self.before().iter().rposition(|token| token.1 == Token::Partial)?;
        let is_claim = self.first() == Token::Partial && self.next() == Some(Token::Assign);
        if is_claim && self.token() == Token::Tick && partial + 2 == self.at {
            let by = self.text_of(self.at - 1);
            let mut error = self.error("E0123", "a derivative is by a value as it is", "by its transposed");
            let right = self.source.span(self.tokens[self.at + 2].0..self.tokens[self.tokens.len() - 2].2);
            let mut changes = vec![(self.span(), String::new())];
            changes.extend(parenthesised(right));
            if let Some((_, close)) = changes.last_mut() {
                close.push('\'');
            }
            suggest(&mut error, format!("by `{by}`, transpose the right side"), changes, false);
            return Some(error);
        }
        let lacks_slash = self.expects("\"/\"") && !self.expects_value() && partial + 1 < self.at;
        if !lacks_slash {
            return None;
        }
        if partial > 0 && self.tokens[partial - 1].1 == Token::Slash {
            return self.entry_of_derivative(partial);
        }
        if let Some(slash) = self.line_of_derivative() {
            let mut error = self.error(
                "E0123",
                "what is differentiated is one name, or stands in parentheses",
                "not part of a name",
            );
            let of = self.source.span(self.tokens[partial].2..self.tokens[slash - 1].2);
            suggest(&mut error, "put it into parentheses", parenthesised(of), true);
            return Some(error);
        }
        let diagnostic = self.error(
            "E0123",
            format!(
                "`{}` lacks what it is differentiated by",
                self.source.quoted(self.span_of(partial).to(self.span_of(self.at - 1)))
            ),
            "expected `/∂`",
        );
        let second_of_two = partial > 0 && self.tokens[partial - 1].1.ends_operand();
        Some(match second_of_two {
            true => {
                let space = self.source.span(self.tokens[partial - 1].2..self.tokens[partial].0);
                diagnostic.help("as in `∂u/∂x`").edit(
                    "for a derivative by both, write them together as in `∂²u/∂x∂t`",
                    space,
                    "",
                    false,
                )
            }
            false => diagnostic.help("as in `∂u/∂x`"),
        })
    }

    /// The `/` of `/∂`, further on in this statement and in no bracket that opens here.
    fn line_of_derivative(&self) -> Option<usize> {
        let mut depth = 0;
        for at in self.at..self.tokens.len() - 1 {
            let token = self.tokens[at].1;
            depth += i32::from(token.opens()) - i32::from(token.closes());
            if depth < 0 || matches!(token, Token::Assign | Token::Comma | Token::Partial) {
                return None;
            }
            if depth == 0 && token == Token::Slash && self.tokens[at + 1].1 == Token::Partial {
                return Some(at);
            }
        }
        None
    }

    /// `∂u/∂w[0]`, whose second `∂` is at `below`.
    fn entry_of_derivative(&self, below: usize) -> Option<Diagnostic> {
        let above = self.tokens[..below - 1].iter().rposition(|token| token.1 == Token::Partial)?;
        if self.token() != Token::IndexOpen || below + 2 != self.at {
            return None;
        }
        let whole = self.source.span(self.tokens[above].0..self.tokens[self.at - 1].2);
        let mut error = self
            .error("E0123", "a derivative is by a whole value, not by an entry of one", "an entry begins here")
            .note("the derivative by a vector is a vector: its entries are the derivatives by the entries");
        suggest(&mut error, "take the entry of the derivative", parenthesised(whole), true);
        Some(error)
    }

    /// `=` and `<-` where nothing is bound.
    pub(super) fn equals(&self) -> Option<Diagnostic> {
        let compare = |diagnostic: Diagnostic| {
            let in_condition = self.had(Token::If) && self.open().is_none();
            diagnostic.edit("to compare, write `==`", self.span(), "==", in_condition)
        };
        let previous = self.previous();
        let touches = self.at > 0 && self.span_of(self.at - 1).end == self.span().start;
        match self.token() {
            Token::Assign if touches && matches!(previous, Token::Plus | Token::Minus | Token::Star | Token::Slash) => {
                let sign = self.source.quoted(self.span_of(self.at - 1).to(self.span()));
                let message = format!("there is no `{sign}`: values do not change");
                let error =
                    self.error("E0113", message, "binds a name").help("bind a new name; a state is updated with `<-`");
                Some(self.joined_with_line_above(error))
            }
            Token::Assign if self.open() == Some(Token::ParenOpen) && self.is_behind_name(self.opener()) => {
                let open = self.opener().unwrap_or(0);
                let space = self.source.span(self.tokens[open - 1].2..self.tokens[open].0);
                let diagnostic = self.error("E0113", "an argument with a name needs a call", "no call is open here");
                Some(diagnostic.edit("let the `(` touch the function", space, "", false))
            }
            Token::Assign if self.open().is_some() || self.had(Token::If) => {
                Some(compare(self.error("E0113", "`=` binds a name, and nothing can be bound here", "binds a name")))
            }
            Token::Assign if self.first() == Token::Require => {
                let error = self.error("E0113", "a condition compares, and `=` binds a name", "binds a name");
                Some(error.edit("to compare, write `==`", self.span(), "==", true))
            }
            Token::Assign if self.had(Token::Assign) => {
                let diagnostic = compare(self.error("E0113", "a statement has one `=`", "the second one"));
                Some(diagnostic.help("to bind two names, write two statements"))
            }
            Token::Update if self.had(Token::If) || self.had(Token::Assign) || self.open().is_some() => {
                let right = if touches { " < -" } else { "< -" };
                let message = "`<-` updates a state, and nothing can be updated here";
                let title = "to compare with a negative number, put a space between";
                Some(self.error("E0113", message, "reads as one sign").edit(title, self.span(), right, false))
            }
            _ => None,
        }
    }

    /// `y += b`, directly below `y = a`: the edit makes one line of the two.
    fn joined_with_line_above(&self, mut error: Diagnostic) -> Diagnostic {
        let (start, end) = (self.tokens[0].0, self.tokens[self.tokens.len() - 2].2);
        let above = self.source.text[..start].trim_end();
        let line = &above[above.rfind('\n').map_or(0, |at| at + 1)..];
        let name = self.text_of(0);
        let value = line.trim_start().strip_prefix(name).and_then(|rest| rest.trim_start().strip_prefix("= "));
        let sign = self.text_of(self.at - 1);
        let is_sum = matches!(self.previous(), Token::Plus | Token::Minus);
        let is_simple = |value: &str| !["//", ";", "if ", "|>", "<", ">", "=="].iter().any(|sign| value.contains(sign));
        let Some(value) = value.filter(|value| self.at == 2 && is_simple(value)) else { return error };
        let added = &self.source.text[self.tokens[self.at].2..end];
        let is_one = added.trim().chars().all(|c| c.is_alphanumeric() || "_.".contains(c)) || sign == "+";
        let added = if is_one { added.trim().to_string() } else { format!("({})", added.trim()) };
        let (from, to) = (above.len() - value.len(), above.len());
        let joined = if is_sum { format!("{value} {sign} {added}") } else { format!("({value}) {sign} {added}") };
        let changes = vec![(self.source.span(from..to), joined), (self.source.span(to..end), String::new())];
        suggest(&mut error, "write it in one line", changes, false);
        error
    }

    fn is_behind_name(&self, at: Option<usize>) -> bool {
        at.and_then(|at| at.checked_sub(1)).and_then(|at| self.kind(at)) == Some(Token::Name)
    }

    /// `1,000`
    fn groups_digits(&self) -> bool {
        let touches = |at: usize| at + 1 < self.tokens.len() && self.tokens[at].2 == self.tokens[at + 1].0;
        self.next() == Some(Token::Number)
            && self.text_of(self.at + 1).chars().take_while(char::is_ascii_digit).count() == 3
            && touches(self.at - 1)
            && touches(self.at)
    }

    /// `3, 4` and `3 * 4`, from here on.
    fn sizes_without_brackets(&self) -> Vec<&str> {
        let mut sizes = vec![self.text_of(self.at)];
        let mut at = self.at + 1;
        while matches!(self.kind(at), Some(Token::Comma | Token::Star)) && self.kind(at + 1) == Some(Token::Number) {
            sizes.push(self.text_of(at + 1));
            at += 2;
        }
        sizes
    }

    /// Commas that separate nothing, and commas that are missing.
    pub(super) fn comma(&self) -> Option<Diagnostic> {
        let behind = self.behind_previous();
        match self.token() {
            Token::RowColon if self.at >= 2 && self.kind(self.at - 2) == Some(Token::Comma) => {
                Some(self.error("E0111", "a row ends with its line, or with `;`", "a second row").edit(
                    "write `;`, or begin a new line",
                    self.span_of(self.at - 2),
                    ";",
                    false,
                ))
            }
            Token::Comma if self.open().is_none() && self.first() == Token::Number => Some(
                self.error("E0111", "no statement begins with a row of numbers", "expected the end of the statement")
                    .help("a row that goes on in the next line ends in a comma"),
            ),
            Token::Comma if self.open().is_none() && self.expects("\"=\"") => {
                let mut diagnostic =
                    self.error("E0111", "names that are bound together stand in parentheses", "expected `=`");
                let names =
                    self.tokens.iter().take_while(|token| matches!(token.1, Token::Name | Token::Comma)).count();
                if self.kind(names) == Some(Token::Assign) {
                    let names = self.span_of(0).to(self.span_of(names - 1));
                    suggest(&mut diagnostic, "write the parentheses", parenthesised(names), true);
                }
                Some(diagnostic)
            }
            Token::Comma if self.open().is_none() && self.previous() == Token::Number && self.groups_digits() => {
                let number = self.span_of(self.at - 1).to(self.span_of(self.at + 1));
                let plain: String =
                    self.source.slice(number).chars().filter(|c| !c.is_whitespace() && *c != ',').collect();
                let grouped = self.source.slice(number).replace(',', "_");
                Some(
                    self.error("E0104", "a comma separates; it does not group digits", "not part of a number")
                        .edit(format!("write `{plain}`"), number, plain, false)
                        .edit(format!("or `{grouped}`"), number, grouped, false),
                )
            }
            Token::Comma if self.open().is_none() && self.kind(1) == Some(Token::Assign) && self.at > 2 => {
                let (sign, last) = (self.source.span(self.tokens[0].2..self.tokens[1].2), self.tokens.len() - 2);
                let values = self.span_of(2).to(self.span_of(last));
                let error = self.error("E0111", "a name is bound to one value", "a second value");
                let touches = self.tokens[self.at - 1].2 == self.span().start as usize
                    && self.tokens.get(self.at + 1).is_some_and(|next| next.0 == self.span().end as usize);
                let is_decimal = touches && self.previous() == Token::Number && self.next() == Some(Token::Number);
                let error = match is_decimal {
                    true => error.edit("a decimal number has a point", self.span(), ".", false),
                    false => error,
                };
                let is_data = self.section == Some(SectionKind::Data);
                let mut error = match is_data {
                    true => error.edit("examples are listed behind `:`", sign, ":", false),
                    false => error,
                };
                let brackets = vec![
                    (Span { end: values.start, ..values }, "[".to_string()),
                    (Span { start: values.end, ..values }, "]".to_string()),
                ];
                let title = if is_data { "several columns are a list" } else { "a list stands in brackets" };
                suggest(&mut error, title, brackets, false);
                Some(error)
            }
            Token::IndexOpen
                if self.first() == Token::Declare
                    && self.text_of(self.at - 1) == "class"
                    && self.kind(self.at + 1) == Some(Token::Number) =>
            {
                let closing = self.tokens.get(self.at + 2).filter(|token| token.1 == Token::BracketClose)?;
                let place = self.source.span(self.tokens[self.at].0..closing.2);
                let right = format!("({})", self.text_of(self.at + 1));
                let error = self.error("E0111", "the number of classes stands in parentheses", "expected `(`");
                Some(error.edit(format!("write `class{right}`"), place, right, true))
            }
            Token::IndexOpen | Token::BracketOpen
                if self.first() == Token::Declare && self.previous() == Token::Name && self.open().is_none() =>
            {
                let place = self.source.span(self.tokens[self.at - 1].2..self.span().start as usize);
                let error = self.error("E0111", "a shape stands behind a colon", "expected `:`");
                Some(error.edit("write the colon", place, ": ", true))
            }
            Token::ParenOpen if self.first() == Token::Declare && self.previous() == Token::Colon => {
                let error = self.error("E0111", "a shape stands in brackets", "expected `[`");
                let mut depth = 0;
                let closing = (self.at..self.tokens.len()).find(|at| {
                    depth += i32::from(self.tokens[*at].1.opens()) - i32::from(self.tokens[*at].1.closes());
                    depth == 0
                });
                Some(match closing {
                    Some(closing) => {
                        let inner = self.source.text[self.tokens[self.at].2..self.tokens[closing].0].trim();
                        let right = format!("[{}]", inner.trim_end_matches(','));
                        error.edit(format!("write `{right}`"), self.span().to(self.span_of(closing)), right, true)
                    }
                    None => error.help("as in `input x: [3, 4]`"),
                })
            }
            Token::Number if self.first() == Token::Declare && self.previous() == Token::Colon => {
                let sizes = self.sizes_without_brackets();
                let right = format!("[{}]", sizes.join(", "));
                let last = self.at + 2 * (sizes.len() - 1);
                let error = self.error("E0111", "a shape stands in brackets", "expected `[`");
                Some(error.edit(format!("write `{right}`"), self.span().to(self.span_of(last)), right, true))
            }
            Token::Name
                if self.first() == Token::Declare
                    && self.previous().ends_operand()
                    && self.expects("\",\"")
                    && self.open().is_none() =>
            {
                let message = format!("a comma is missing before {}", self.here());
                Some(self.error("E0112", message, "expected `,`").edit("write the comma", behind, ",", false))
            }
            _ => None,
        }
    }
}
