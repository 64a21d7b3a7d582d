//! What is said when nothing better is known: what was expected, and what was found.
use super::Stop;
use crate::diagnostic::Diagnostic;
use crate::syntax::token::Token;
use crate::syntax::words::need;

impl Stop<'_> {
    pub(super) fn general(&self) -> Diagnostic {
        let here = self.here();
        if self.expects_value() {
            return match self.token() {
                Token::End => self
                    .error("E0110", "the line ends where a value is expected", "expected a value")
                    .help("an expression may go on in the next line, if that does not begin a statement"),
                Token::Plus => {
                    // With the space behind it.
                    let (plus, next) = (self.span(), self.at + 1);
                    let end = if next < self.tokens.len() { self.span_of(next).start } else { plus.end };
                    let whole = self.source.span(plus.start as usize..end.max(plus.end) as usize);
                    let error = self.error("E0110", "a value has no `+` before it", "expected a value");
                    error.edit("remove it", whole, "", false)
                }
                Token::Block(_) if self.previous() == Token::Caret => {
                    let whole = self.span_of(self.at);
                    let inner = self.source.slice(whole).trim_matches(['{', '}']).trim();
                    let is_one = inner.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.');
                    let exponent = if is_one { inner.to_string() } else { format!("({inner})") };
                    self.error("E0110", "an exponent stands in parentheses, not in braces", "LaTeX's spelling").edit(
                        format!("write `{exponent}`"),
                        whole,
                        exponent,
                        true,
                    )
                }
                Token::Block(_) => self
                    .error("E0110", format!("expected a value, found {here}"), "expected a value")
                    .help("braces hold what a loop or a definition does; a list is `[1, 2]`"),
                _ => self.error("E0110", format!("expected a value, found {here}"), "expected a value"),
            };
        }
        if let Some(error) = self.subscript() {
            return error;
        }
        let expected = match self.open() {
            Some(Token::ParenOpen | Token::CallOpen) => "`,` or `)`".to_string(),
            Some(_) => "`,` or `]`".to_string(),
            None if self.first() == Token::Lone => "the end of the expression".to_string(),
            None if self.expects("END") => "the end of the statement".to_string(),
            None => self.all_expected(),
        };
        let diagnostic =
            self.error("E0111", format!("expected {expected}, found {here}"), format!("expected {expected}"));
        let need = need(self.text_of(0)).filter(|_| self.first() == Token::Define && self.expects("BLOCK"));
        match self.opener() {
            _ if let Some(need) = need => diagnostic.help(format!("as in `{}`", need.example)),
            Some(open) => diagnostic.also(self.span_of(open), "opened here"),
            None => diagnostic,
        }
    }

    /// `x_{1}`
    fn subscript(&self) -> Option<Diagnostic> {
        let name = self.at.checked_sub(1).filter(|_| matches!(self.token(), Token::Block(_)))?;
        let of = self.text_of(name).strip_suffix('_').filter(|_| self.previous() == Token::Name)?;
        let whole = self.span_of(name).to(self.span_of(self.at));
        let inner = self.source.slice(self.span_of(self.at)).trim_matches(['{', '}']).trim();
        let error = self.error("E0111", "a subscript stands in no braces", "LaTeX's spelling");
        let Ok(number) = inner.parse::<usize>() else {
            let is_name = !inner.is_empty() && inner.chars().all(|c| c.is_alphanumeric() || c == '_');
            let entry = format!("{of}[{inner}]");
            return Some(match is_name {
                true => error
                    .edit(
                        format!("if it is part of the name, write `{of}_{inner}`"),
                        whole,
                        format!("{of}_{inner}"),
                        false,
                    )
                    .edit(format!("an entry is `{entry}`"), whole, entry, false),
                false => error.help("an entry is `x[0]`; a name may end in digits: `x1`"),
            });
        };
        let entry = |at: usize| format!("{of}[{at}]");
        let first = number.checked_sub(1).map(entry);
        let error = match first {
            Some(entry) => error.edit(format!("if entries are counted from 1, it is `{entry}`"), whole, entry, false),
            None => error,
        };
        Some(error.edit(format!("entries are counted from 0 here: `{}`", entry(number)), whole, entry(number), false))
    }

    fn all_expected(&self) -> String {
        let mut all: Vec<String> = self.expected.iter().map(|name| shown(name)).collect();
        all.sort();
        all.dedup();
        match all.split_last() {
            Some((last, [])) => last.clone(),
            Some((last, others)) => format!("{} or {last}", others.join(", ")),
            None => "the end of the statement".into(),
        }
    }
}

/// A token of the grammar, as it is named in a message.
fn shown(name: &str) -> String {
    match name {
        "NAME" => "a name".into(),
        "NUMBER" => "a number".into(),
        "TEXT" => "a text".into(),
        "BLOCK" => "`{`".into(),
        "END" => "the end of the line".into(),
        "\"f(\"" => "`(`".into(),
        "\"x[\"" => "`[`".into(),
        "\"x∂\"" => "`∂`".into(),
        other => other.replace('"', "`"),
    }
}
