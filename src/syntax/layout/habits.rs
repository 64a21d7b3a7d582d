//! Blocks and functions as other languages write them: `def f(x):` with indented lines, `lambda x: …`.
use super::{LayoutPass, brackets::Open};
use crate::diagnostic::{Diagnostic, Span};
use crate::syntax::lexeme::LexemeKind;
use crate::syntax::source::suggest;
use crate::syntax::token::Token;

impl LayoutPass<'_, '_> {
    /// The colon at `at`, outside of brackets and sections, if a block or a body was meant by it.
    pub(super) fn foreign_colon(&mut self, at: usize) -> Option<Token> {
        let begins_block = !self.on_same_line(at + 1);
        // The colons of a long declaration are not worth a look back, each of them.
        if !begins_block && self.last() != Token::ParenClose {
            return None;
        }
        let first = self.first_of_statement_so_far();
        let has_loop = self.tokens_of_statement().any(|token| token.is_loop());
        let is_lost = self.lost == Some(self.statement_start());
        let span = self.source.span(self.lexemes[at].start..self.lexemes[at].end);
        match first {
            Token::Define if !begins_block => {
                self.diagnostics.push(
                    Diagnostic::error("E0105", "a function of one line is written with `=`")
                        .at(span, "the colon of other languages")
                        .edit("write `=`", span, " =", true),
                );
                Some(Token::Assign)
            }
            Token::If if begins_block => {
                // The `else` of it says no more.
                if !self.tokens_of_statement().any(|token| token == Token::BraceClose) {
                    let error = Diagnostic::error("E0115", "an `if` is a value, and has no block")
                        .at(span, "the colon of other languages");
                    let start = self.tokens[self.statement_start()].0;
                    self.diagnostics.push(match self.choice_of_blocks(start) {
                        Some((place, choice)) => error.edit("bind what it gives", place, choice, false),
                        None => error.help("bind what it gives, as in `y = if x > 0 then x else 0`"),
                    });
                }
                Some(self.indented_block(span))
            }
            _ if begins_block && is_lost => Some(self.indented_block(span)),
            _ if begins_block && (first == Token::Define || has_loop || self.is_section_without_brace()) => {
                let mut error =
                    Diagnostic::error("E0105", "a block stands in braces").at(span, "the colon of other languages");
                match self.end_of_indented(at) {
                    Some(end) => {
                        let closing = format!("\n{}}}", " ".repeat(self.line_column));
                        let changes = vec![(span, " {".to_string()), (self.source.span(end..end), closing)];
                        suggest(&mut error, "write the braces", changes, true);
                    }
                    None => error = error.help("as in `fn f(x) { … }` or `for v in xs { … }`"),
                }
                self.diagnostics.push(error);
                Some(self.indented_block(span))
            }
            _ => None,
        }
    }

    /// `train` or `data`, alone or with a file, before a colon.
    fn is_section_without_brace(&self) -> bool {
        let start = self.statement_start();
        let Some(&(from, first, to)) = self.tokens.get(start) else { return false };
        let is_word = first == Token::Name && matches!(&self.source.text[from..to], "train" | "data");
        let is_section = first == Token::Section;
        is_section || is_word && start + 1 == self.tokens.len()
    }

    /// `if c:`, `y = a`, `else:`, `y = b` on four lines, the first of which begins at `start`, as one choice.
    fn choice_of_blocks(&self, start: usize) -> Option<(Span, String)> {
        let lines: Vec<&str> = self.source.text[start..].lines().take(4).collect();
        let [condition, then, word, otherwise] = lines[..] else { return None };
        let condition = condition.strip_prefix("if ")?.trim_end().strip_suffix(':')?;
        let (name, then) = then.trim().split_once(" = ")?;
        let otherwise = otherwise.trim().strip_prefix(name)?.strip_prefix(" = ")?;
        let is_whole = word.trim() == "else:" && !lines.iter().any(|line| line.contains("//"));
        let end = lines[3].as_ptr() as usize + lines[3].trim_end().len() - self.source.text.as_ptr() as usize;
        let choice = format!("{name} = if {condition} then {then} else {otherwise}");
        is_whole.then(|| (self.source.span(start..end), choice))
    }

    /// Opens a block that ends where the lines are no longer indented.
    fn indented_block(&mut self, span: Span) -> Token {
        self.open.push(Open::indented(span, self.line_column));
        Token::BraceOpen
    }
    /// Where the lines below `at` that are indented more than its own end.
    fn end_of_indented(&self, at: usize) -> Option<usize> {
        let column = self.lexemes[at].column;
        let inside = self.lexemes[at + 1..].iter().take_while(|lexeme| lexeme.column > column);
        inside.last().map(|last| last.end)
    }
    /// Closes blocks that are indented more than the line that begins at `at`.
    pub(super) fn close_indented(&mut self, at: usize) {
        while self.open.last().is_some_and(|open| open.ends_at(self.lexemes[at].column)) {
            self.close_silently();
        }
    }

    /// `f = lambda x: 2 x`, which is `fn f(x) = 2 x`.
    pub(super) fn lambda(&mut self, at: usize) {
        let word = self.lexemes[at];
        let span = self.source.span(word.start..word.end);
        let mut error = Diagnostic::error("E0107", "there is no `lambda`").at(span, "a word of other languages");
        let parameters = self.lexemes[at + 1..]
            .iter()
            .take_while(|lexeme| matches!(lexeme.kind, LexemeKind::Name | LexemeKind::Comma))
            .count();
        let colon = self.lexemes.get(at + 1 + parameters).filter(|lexeme| lexeme.kind == LexemeKind::Colon);
        let tokens: Vec<Token> = self.tokens_of_statement().collect();
        if let (Some(colon), [Token::Name, Token::Assign]) = (colon, &tokens[..]) {
            let (start, _, end) = self.tokens[self.statement_start()];
            let names = self.source.text[word.end..colon.start].trim();
            let head = format!("fn {}({names}) =", &self.source.text[start..end]);
            error = error.edit(format!("write `{head} …`"), self.source.span(start..colon.end), head, true);
        } else {
            error = error.help("a function is `fn f(x) = …`, and an argument by its name");
        }
        self.diagnostics.push(error);
    }

    /// `dense(n // 2)`: the bracket is closed in what is a comment here, and a whole quotient elsewhere.
    pub(super) fn comment_in_brackets(&self, open: Span, closing: &str) -> Option<Diagnostic> {
        let rest = self.source.text[open.end as usize..].lines().next()?;
        let at = rest.find("//").filter(|at| rest[*at..].contains(closing))?;
        let sign = open.end as usize + at;
        let error = Diagnostic::error("E0108", format!("this `{}` is closed in a comment", self.source.slice(open)))
            .at(self.source.span(sign..sign + 2), "begins a comment")
            .also(open, "opened here");
        let is_simple = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let before = rest[..at].trim_end();
        let left = &before[before.trim_end_matches(is_simple).len()..];
        let behind = rest[at + 2..].trim_start();
        let right = &behind[..behind.len() - behind.trim_start_matches(is_simple).len()];
        if left.is_empty() || right.is_empty() {
            return Some(error.help("a quotient that is rounded down is `floor(a / b)`"));
        }
        let start = open.end as usize + before.len() - left.len();
        let end = open.end as usize + rest.len() - behind.len() + right.len();
        let quotient = format!("floor({left} / {right})");
        Some(error.edit("a quotient that is rounded down", self.source.span(start..end), quotient, false))
    }

    /// `[1 2; 3 4]`, whose `[` stands at `open`, as `[[1, 2], [3, 4]]`.
    pub(super) fn matrix(&self, open: Span) -> Option<(Span, String)> {
        let inner = self.source.text[open.start as usize..].strip_prefix('[')?;
        let inner = &inner[..inner.find(']')?];
        let is_plain = |c: char| c.is_alphanumeric() || " ,;._-+\n\t".contains(c);
        if !inner.chars().all(is_plain) || inner.contains("//") {
            return None;
        }
        let rows = inner.split(';').map(|row| {
            let entries: Vec<&str> = row.split([' ', ',', '\n', '\t']).filter(|entry| !entry.is_empty()).collect();
            format!("[{}]", entries.join(", "))
        });
        let rows = format!("[{}]", rows.collect::<Vec<_>>().join(", "));
        Some((Span { end: open.start + inner.len() as u32 + 2, ..open }, rows))
    }
    /// Whether something has been said about this place already.
    pub(super) fn has_said(&self, place: Span) -> bool {
        let is_inside = |span: Span| place.start <= span.start && span.end <= place.end;
        self.diagnostics.iter().any(|said| said.code == "E0109" && said.span().is_some_and(is_inside))
    }

    /// The index of the first token of the statement.
    pub(super) fn statement_start(&self) -> usize {
        // Blocks that are closed are part of the statement.
        let mut closed = 0;
        let is_before = |(_, token, _): &(usize, Token, usize)| match token {
            Token::BraceClose => {
                closed += 1;
                false
            }
            Token::BraceOpen if closed > 0 => {
                closed -= 1;
                false
            }
            token => closed == 0 && token.is_boundary(),
        };
        self.tokens.iter().rposition(is_before).map_or(0, |before| before + 1)
    }
    fn tokens_of_statement(&self) -> impl Iterator<Item = Token> {
        self.tokens[self.statement_start()..].iter().map(|token| token.1)
    }
    fn first_of_statement_so_far(&self) -> Token {
        self.tokens_of_statement().next().unwrap_or(Token::End)
    }
}
