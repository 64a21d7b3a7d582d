//! Tokens: what the grammar sees. A token carries no text; its text is its span.
use super::lexeme::LexemeKind;
use super::tree::TreeId;

/// A token between two places of the text, as lalrpop wants it.
pub type Spanned = (usize, Token, usize);

#[derive(Clone, Copy, Debug, PartialEq)]
#[rustfmt::skip]
pub enum Token {
    // Made by the layout: where a text begins, where a statement ends; and by the parser: what stood in braces.
    File, Lone, End, Block(TreeId),
    Name, Number, Text, Superscript,
    /// `.1` in a path.
    Part,
    // Reserved.
    If, Then, Else, And, Or, Not, True, False, Fold, Scan, For, Repeat, With,
    // Names that are words by where they stand.
    In, Declare, Output, Metric, Require, Define, Use, As, Section,
    /// The word that begins a directive, and a word of a phrase in it.
    Directive, PhraseWord,
    All, Except,
    // `f(` and `x[` touch what stands before them.
    ParenOpen, CallOpen, ParenClose, BracketOpen, IndexOpen, BracketClose, BraceOpen, BraceClose,
    Comma, Colon,
    /// The colon of a row of data.
    RowColon,
    Assign, Update, Tilde, Pipe, Plus, Minus, Star, Slash, Dot, Caret,
    Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual, DotDot, Period, Tick,
    Partial,
    /// The second `∂` of `∂x∂t`.
    PartialNext,
}

impl Token {
    /// The token of a sign or a literal that means the same wherever it stands.
    pub fn plain(kind: LexemeKind) -> Option<Token> {
        Some(match kind {
            LexemeKind::Number => Token::Number,
            LexemeKind::Text => Token::Text,
            LexemeKind::Superscript => Token::Superscript,
            LexemeKind::DotNumber => Token::Part,
            LexemeKind::Comma => Token::Comma,
            LexemeKind::Colon => Token::Colon,
            LexemeKind::Assign => Token::Assign,
            LexemeKind::Update => Token::Update,
            LexemeKind::Tilde => Token::Tilde,
            LexemeKind::Pipe => Token::Pipe,
            LexemeKind::Plus => Token::Plus,
            LexemeKind::Minus => Token::Minus,
            LexemeKind::Star => Token::Star,
            LexemeKind::Slash => Token::Slash,
            LexemeKind::Dot => Token::Dot,
            LexemeKind::Caret => Token::Caret,
            LexemeKind::Equal => Token::Equal,
            LexemeKind::NotEqual => Token::NotEqual,
            LexemeKind::Less => Token::Less,
            LexemeKind::LessEqual => Token::LessEqual,
            LexemeKind::Greater => Token::Greater,
            LexemeKind::GreaterEqual => Token::GreaterEqual,
            LexemeKind::DotDot => Token::DotDot,
            LexemeKind::Period => Token::Period,
            LexemeKind::Tick => Token::Tick,
            LexemeKind::Partial => Token::Partial,
            LexemeKind::AndAnd => Token::And,
            LexemeKind::OrOr => Token::Or,
            LexemeKind::Bang => Token::Not,
            _ => return None,
        })
    }

    pub fn reserved(name: &str) -> Option<Token> {
        Some(match name {
            "if" => Token::If,
            "then" => Token::Then,
            "else" => Token::Else,
            "and" => Token::And,
            "or" => Token::Or,
            "not" => Token::Not,
            "true" => Token::True,
            "false" => Token::False,
            "fold" => Token::Fold,
            "scan" => Token::Scan,
            "for" => Token::For,
            "repeat" => Token::Repeat,
            "with" => Token::With,
            _ => return None,
        })
    }

    pub fn is_reserved(self) -> bool {
        use Token::*;
        matches!(self, If | Then | Else | And | Or | Not | True | False | With) || self.is_loop()
    }
    pub fn is_loop(self) -> bool {
        matches!(self, Token::Fold | Token::Scan | Token::For | Token::Repeat)
    }
    /// May an operand end in this?
    pub fn ends_operand(self) -> bool {
        use Token::*;
        matches!(
            self,
            Name | Number
                | Text
                | Superscript
                | Part
                | True
                | False
                | ParenClose
                | BracketClose
                | BraceClose
                | Tick
                | Block(_)
        )
    }
    /// The words that begin a statement, or a directive.
    pub fn begins_statement(self) -> bool {
        use Token::*;
        matches!(self, Declare | Output | Metric | Require | Define | Use | Section | Directive)
    }
    /// One that stands for nothing in the text, or for nothing yet.
    pub fn is_boundary(self) -> bool {
        matches!(self, Token::File | Token::Lone | Token::End | Token::BraceOpen)
    }
    pub fn opens(self) -> bool {
        matches!(self, Token::ParenOpen | Token::CallOpen | Token::BracketOpen | Token::IndexOpen)
    }
    pub fn closes(self) -> bool {
        matches!(self, Token::ParenClose | Token::BracketClose)
    }
}
