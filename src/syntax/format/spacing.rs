//! How many spaces belong between two pieces of a line: none or one.
use super::super::token::Token;

/// A token, a `;` or a comment.
#[derive(Clone, Copy, Debug)]
pub struct Piece {
    /// None of a comment and of `;`.
    pub token: Option<Token>,
    pub comment: bool,
    pub semicolon: bool,
    /// It begins a statement.
    pub begins: bool,
    /// The spaces that stood before it, and after it.
    pub space: usize,
    pub next_space: usize,
    /// A sign before its operand.
    pub is_prefix: bool,
}

/// The spaces between two neighbours of a line.
pub fn gap(before: &Piece, after: &Piece) -> usize {
    use Token::*;
    if after.comment || before.semicolon {
        return 1;
    }
    if after.semicolon {
        return 0;
    }
    let (Some(left), Some(right)) = (before.token, after.token) else { return 1 };
    let kept = after.space.min(1);
    match (left, right) {
        (BraceOpen, BraceClose) => 0,
        (BraceOpen, _) | (_, BraceOpen | BraceClose) => 1,
        (ParenOpen | CallOpen | BracketOpen | IndexOpen, _) | (_, ParenClose | BracketClose | CallOpen | IndexOpen) => {
            0
        }
        (_, Comma | Colon | RowColon) => 0,
        (Comma | Colon | RowColon, _) => 1,
        (Caret | Period | Partial | PartialNext, _) | (_, Caret | Period | Tick | Superscript | Part) => 0,
        // A fraction is written tight or loose.
        (Slash, _) => before.space.max(before.next_space).min(1),
        (_, Slash) => after.space.max(after.next_space).min(1),
        (DotDot, _) | (_, DotDot) => kept,
        (Plus | Minus, _) if before.is_prefix => 0,
        // A factor behind parentheses; what touches them otherwise belongs to them.
        (ParenClose, Name) => 1,
        _ if is_spaced(left) || is_spaced(right) => 1,
        _ => kept,
    }
}

/// Operators between two operands.
fn is_spaced(token: Token) -> bool {
    use Token::*;
    matches!(
        token,
        Assign
            | Update
            | Tilde
            | Pipe
            | Plus
            | Minus
            | Star
            | Dot
            | Equal
            | NotEqual
            | Less
            | LessEqual
            | Greater
            | GreaterEqual
    )
}
