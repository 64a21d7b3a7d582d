//! From tokens to the tree, statement by statement. It never fails: a statement that can't be read is an `Error` and a diagnostic.
use super::builder::{Builder, Entry};
use super::comments;
use super::explain::explain;
use super::grammar::EntryParser;
use super::layout::{Laid, lay_expression, lay_file};
use super::source::Source;
use super::spoken::Spoken;
use super::token::{Spanned, Token};
use super::tree::*;
use super::{Parsed, ParsedExpression};
use crate::diagnostic::Diagnostic;
use lalrpop_util::ParseError;

/// Reads a file.
pub fn parse(file: u32, text: &str) -> Parsed {
    let source = Source { file, text };
    let laid = lay_file(source);
    let mut parser = Parser::new(source, &laid);
    let root = parser.statements(1, laid.tokens.len());
    parser.builder.check_no_value(&root);
    let (tree, mut diagnostics) = parser.finish();
    // In a text that can't be read, they might be part of what is wrong.
    if diagnostics.is_empty() {
        diagnostics = comments::quotients(source, &tree, &root);
    }
    Parsed { tree, root, diagnostics, used: vec![], others: vec![] }
}

/// Reads a lone expression.
pub fn parse_expression(file: u32, text: &str) -> ParsedExpression {
    let source = Source { file, text };
    let laid = lay_expression(source);
    let mut parser = Parser::new(source, &laid);
    let root = match parser.entry(0, laid.tokens.len() - 1) {
        Some(Entry::Expression(root)) => root,
        _ => parser.builder.add(0, text.len(), NodeKind::Error),
    };
    let (tree, diagnostics) = parser.finish();
    ParsedExpression { tree, root, diagnostics }
}

struct Parser<'l, 's> {
    builder: Builder<'s>,
    laid: &'l Laid,
    grammar: EntryParser,
    /// For each `{` its `}`.
    closing: Vec<usize>,
    spoken: Spoken,
    /// The section that is being read.
    section: Option<SectionKind>,
}

impl<'l, 's> Parser<'l, 's> {
    fn new(source: Source<'s>, laid: &'l Laid) -> Self {
        let (closing, spoken) = (closing_braces(&laid.tokens), Spoken::new(&laid.diagnostics));
        Parser { builder: Builder::new(source), laid, grammar: EntryParser::new(), closing, spoken, section: None }
    }

    /// The statements in tokens `from..to`, each of which has its `End`.
    fn statements(&mut self, from: usize, to: usize) -> Vec<Statement> {
        let (mut statements, mut first, mut at) = (vec![], from, from);
        while at < to {
            match self.laid.tokens[at].1 {
                Token::BraceOpen => at = self.closing[at],
                Token::End => {
                    statements.push(self.statement(first, at));
                    first = at + 1;
                }
                _ => {}
            }
            at += 1;
        }
        statements
    }

    /// The statement in tokens `from..to`, where `to` is its `End`.
    fn statement(&mut self, from: usize, to: usize) -> Statement {
        let start = self.laid.tokens[from].0;
        let mut statement = match self.entry(from, to) {
            // With a bracket that is not closed, what was read is a guess.
            Some(Entry::Statement(statement)) if !self.has_unclosed(from, to) => statement,
            _ => {
                let binds = self.bound_names(&self.laid.tokens[from..to]);
                self.builder.statement(start, self.laid.tokens[to].2, StatementKind::Error { binds })
            }
        };
        statement.doc = self.laid.docs.get(&start).cloned();
        statement
    }

    /// Whether a bracket of the statement is not closed; what stands in braces speaks for itself.
    fn has_unclosed(&self, from: usize, to: usize) -> bool {
        let mut at = from;
        while at < to && !self.laid.unclosed.is_empty() {
            let (start, token, _) = self.laid.tokens[at];
            if self.laid.unclosed.contains(&start) {
                return true;
            }
            at = if token == Token::BraceOpen { self.closing[at] } else { at } + 1;
        }
        false
    }

    /// What the grammar makes of tokens `from..to`; what stands in braces comes first. None if it was reported.
    fn entry(&mut self, from: usize, to: usize) -> Option<Entry> {
        let before = self.builder.diagnostics.len();
        let tokens = self.with_blocks_read(from, to);
        let mut read = 0usize;
        let counted = tokens.iter().copied().inspect(|_| read += 1);
        let expected = match self.grammar.parse(&mut self.builder, counted) {
            Ok(entry) => return Some(entry),
            Err(ParseError::UnrecognizedToken { expected, .. } | ParseError::UnrecognizedEof { expected, .. }) => {
                expected
            }
            Err(ParseError::InvalidToken { .. } | ParseError::ExtraToken { .. } | ParseError::User { .. }) => vec![],
        };
        self.report_stop(&tokens, read.saturating_sub(1), &expected, before);
        None
    }

    /// Explains why the statement could not be read beyond the token at `at`.
    fn report_stop(&mut self, tokens: &[Spanned], at: usize, expected: &[String], before: usize) {
        // Without a sound head no one knows what the block should hold: then its errors may be none.
        let has_head =
            tokens.iter().any(|(_, token, _)| token.is_loop() || matches!(token, Token::Define | Token::Section));
        let blocks: Vec<_> = tokens.iter().filter(|(_, token, _)| matches!(token, Token::Block(_))).collect();
        if !has_head || blocks.len() > 1 {
            self.builder.diagnostics.truncate(before);
        }
        // A statement that the layout has spoken about says no more; but what stands in braces speaks for itself.
        let (start, end) = (tokens[0].0, tokens[tokens.len() - 1].0);
        let in_braces = |place: usize| blocks.iter().any(|(open, _, close)| *open < place && place < *close);
        if !self.spoken.starts_between(start, end, |place| !in_braces(place)) {
            self.builder.report(explain(self.builder.source, tokens, at, expected, self.section));
        }
    }

    /// Tokens `from..to` and an `End`, with one token for each `{ … }`.
    fn with_blocks_read(&mut self, from: usize, to: usize) -> Vec<Spanned> {
        let (mut tokens, mut at) = (Vec::with_capacity(to - from + 1), from);
        while at < to {
            let (start, token, mut end) = self.laid.tokens[at];
            let token = if token == Token::BraceOpen {
                let close = self.closing[at];
                end = self.laid.tokens[close].2;
                let is_section = tokens.iter().any(|token: &Spanned| token.1 == Token::Section);
                let own = is_section.then(|| match &self.builder.source.text[tokens[0].0..tokens[0].2] {
                    "data" => SectionKind::Data,
                    _ => SectionKind::Train,
                });
                let outside = std::mem::replace(&mut self.section, own);
                let statements = self.statements(at + 1, close);
                self.section = outside;
                at = close;
                Token::Block(self.builder.add(start, end, NodeKind::Block(statements)))
            } else {
                token
            };
            tokens.push((start, token, end));
            at += 1;
        }
        let end = self.laid.tokens[to].0;
        tokens.push((end, Token::End, end));
        tokens
    }

    /// The names that a statement would have bound, had it been read.
    fn bound_names(&mut self, tokens: &[Spanned]) -> Vec<Ident> {
        let kind = |at: usize| tokens.get(at).map(|token| token.1);
        let mut places = vec![];
        match (kind(0), kind(1)) {
            (Some(Token::Name), Some(Token::Assign | Token::Colon | Token::Tilde)) => places.push(0),
            (Some(Token::Metric | Token::Define), Some(Token::Name)) => places.push(1),
            // What blocks of other languages bind.
            (Some(Token::If | Token::For), _) => {
                let binds = |at: &usize| kind(*at) == Some(Token::Name) && kind(*at + 1) == Some(Token::Assign);
                let begins = |at: &usize| matches!(kind(*at - 1), Some(Token::BraceOpen | Token::End));
                places.extend((1..tokens.len()).filter(|at| binds(at) && begins(at)));
            }
            (Some(Token::Declare), _) => {
                let mut depth = 0;
                for (at, (_, token, _)) in tokens.iter().enumerate().skip(1) {
                    depth += i32::from(token.opens()) - i32::from(token.closes());
                    // Where the comma is missing, too.
                    let begins_item = matches!(tokens[at - 1].1, Token::Declare | Token::Comma | Token::Name);
                    if *token == Token::Name && depth == 0 && begins_item {
                        places.push(at);
                    }
                }
            }
            (Some(Token::ParenOpen), _) => {
                let names =
                    tokens[1..].iter().take_while(|token| matches!(token.1, Token::Name | Token::Comma)).count();
                if kind(names + 1) == Some(Token::ParenClose) && kind(names + 2) == Some(Token::Assign) {
                    places.extend((1..=names).filter(|at| tokens[*at].1 == Token::Name));
                }
            }
            _ => {}
        }
        places.into_iter().map(|at| self.builder.ident(tokens[at].0, tokens[at].2)).collect()
    }

    /// The tree, and everything that is to be said, in the order of the text.
    fn finish(self) -> (Tree, Vec<Diagnostic>) {
        let Builder { source, tree, mut diagnostics, .. } = self.builder;
        diagnostics.iter_mut().for_each(|diagnostic| explain_continued_minus(source, self.laid, diagnostic));
        // Where the layout has spoken, the tree says no more.
        diagnostics.retain(|diagnostic| diagnostic.span().is_none_or(|span| !self.spoken.overlaps(span)));
        diagnostics.extend(self.laid.diagnostics.iter().cloned());
        diagnostics.sort_by_key(|diagnostic| diagnostic.span());
        (tree, diagnostics)
    }
}

/// A block that ends in a binding, with a line `- b` in it that was meant as the block's value.
fn explain_continued_minus(source: Source, laid: &Laid, diagnostic: &mut Diagnostic) {
    let Some(span) = diagnostic.span().filter(|_| diagnostic.code == "E0131") else { return };
    let is_minus = |place: usize| source.text[place..].starts_with(['-', '−']);
    let inside = |place: usize| (span.start as usize) < place && place < span.end as usize;
    if let Some(&place) = laid.continued.iter().find(|place| inside(**place) && is_minus(**place)) {
        let sign = source.character(place);
        let rest = &source.text[sign.end as usize..];
        let space = rest.len() - rest.trim_start_matches(' ').len();
        let sign_and_space = source.span(place..sign.end as usize + space);
        *diagnostic = Diagnostic::error("E0131", diagnostic.message.clone())
            .at(sign, "this line goes on from the line above")
            .note(
                "a line that begins with a minus and a space goes on; one that begins with `-b` is a value of its own",
            )
            .edit("make it a value of its own", sign_and_space, "-", false);
    }
}

/// For each `{` its `}`; the layout has seen to it that there is one.
fn closing_braces(tokens: &[Spanned]) -> Vec<usize> {
    let (mut closing, mut open) = (vec![0; tokens.len()], vec![]);
    for (at, (_, token, _)) in tokens.iter().enumerate() {
        match token {
            Token::BraceOpen => open.push(at),
            Token::BraceClose => {
                if let Some(opening) = open.pop() {
                    closing[opening] = at;
                }
            }
            _ => {}
        }
    }
    closing
}
