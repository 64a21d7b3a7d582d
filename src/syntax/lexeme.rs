//! Lexemes: what logos cuts a text into. Nothing is dropped; spaces and comments are lexemes too, for the formatter.
use logos::Logos;
use std::ops::Range;

/// A piece of the text; without a kind where no rule fits it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lexeme {
    pub kind: Option<LexemeKind>,
    pub start: usize,
    pub end: usize,
}

impl Lexeme {
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

/// Cuts the whole text. A run of characters without a meaning is one lexeme.
pub fn lex(text: &str) -> Vec<Lexeme> {
    let mut lexemes: Vec<Lexeme> = vec![];
    for (kind, range) in LexemeKind::lexer(text).spanned() {
        let kind = kind.ok();
        match lexemes.last_mut() {
            Some(last) if kind.is_none() && last.kind.is_none() && last.end == range.start => last.end = range.end,
            _ => lexemes.push(Lexeme { kind, start: range.start, end: range.end }),
        }
    }
    lexemes
}

#[derive(Logos, Clone, Copy, Debug, PartialEq, Eq)]
#[rustfmt::skip]
pub enum LexemeKind {
    // Between the words.
    #[regex(r"[\p{White_Space}--[\n\r]]+")] Space,
    #[regex(r"\r\n|\n|\r")] Newline,
    #[regex(r"//[^\n\r]*", allow_greedy = true)] Comment,

    // Words and literals. A name is as in Unicode's annex 31, without superscript letters and with subscript digits.
    #[regex(r"[\p{XID_Start}_--[ªºʰ-ʸˠ-ˤᴬ-ᵡᵸᶛ-ᶿⁱⁿ]][[\p{XID_Continue}₀-₉]--[ªºʰ-ʸˠ-ˤᴬ-ᵡᵸᶛ-ᶿⁱⁿ]]*")] #[token("∞")] Name,
    #[regex(r"[0-9][0-9_]*(\.[0-9][0-9_]*)?([eE][+-]?[0-9]+)?")] Number,
    #[regex(r#""([^"\\\n\r]|\\[^\n\r])*""#)] Text,
    #[regex("⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")] Superscript,
    /// `.1`: a part of a path where it touches a name (`y.1.w`), else a number that lacks its first digit.
    #[regex(r"\.[0-9]+([eE][+-]?[0-9]+)?", priority = 5)] DotNumber,

    #[token("(")] ParenOpen,
    #[token(")")] ParenClose,
    #[token("[")] BracketOpen,
    #[token("]")] BracketClose,
    #[token("{")] BraceOpen,
    #[token("}")] BraceClose,

    // Signs, each with its other spellings.
    #[token(",")] Comma,
    #[token(":")] Colon,
    #[token(";")] Semicolon,
    #[token("=")] Assign,
    #[token("<-")] #[token("←")] Update,
    #[token("~")] #[token("∼")] Tilde,
    #[token("|>")] Pipe,
    #[token("+")] Plus,
    #[token("-")] #[token("−")] Minus,
    #[token("*")] #[token("⊙")] Star,
    #[token("/")] Slash,
    #[token("·")] #[token("⋅")] Dot,
    #[token("^")] Caret,
    #[token("==")] Equal,
    #[token("!=")] #[token("≠")] NotEqual,
    #[token("<")] Less,
    #[token("<=")] #[token("≤")] LessEqual,
    #[token(">")] Greater,
    #[token(">=")] #[token("≥")] GreaterEqual,
    #[token("..")] DotDot,
    #[token(".")] Period,
    #[token("'")] #[token("ᵀ")] Tick,
    #[token("∂")] Partial,

    // Signs of other languages. Each is reported, then read as what was meant.
    #[regex(r"#[^\n\r]*", allow_greedy = true)] HashComment,
    #[token("/*")] BlockComment,
    #[regex(r#""([^"\\\n\r]|\\[^\n\r])*\\?"#)] OpenText,
    #[regex(r"0[xXbBoO][0-9a-fA-F_]+", priority = 9)] HexNumber,
    #[token("**")] StarStar,
    #[token("@")] At,
    #[token("%")] Percent,
    #[token(":=")] ColonAssign,
    #[token("->")] #[token("→")] Arrow,
    #[token("=>")] #[token("⇒")] FatArrow,
    #[token("&&")] #[token("∧")] AndAnd,
    #[token("||")] #[token("∨")] OrOr,
    #[token("!")] #[token("¬")] Bang,
    #[token("×")] Times,
    #[token("÷")] Divide,
    #[token("...")] #[token("…")] Ellipsis,
    #[regex("[“”„«»‘’`]")] Quote,
    #[regex("[–—]")] Dash,
    #[regex("[′″]")] Prime,
    #[regex("[ªºʰ-ʸˠ-ˤᴬ-ᵂᵃ-ᵡᵸᶛ-ᶿⁱⁿ]+")] SuperscriptLetter,
}

impl LexemeKind {
    /// May an operand end in this, so that a mark that touches it belongs to it?
    pub fn ends_operand(self) -> bool {
        use LexemeKind::*;
        matches!(self, Name | Number | DotNumber | Text | Superscript | ParenClose | BracketClose | BraceClose | Tick)
    }
    pub fn opens(self) -> bool {
        matches!(self, LexemeKind::ParenOpen | LexemeKind::BracketOpen | LexemeKind::BraceOpen)
    }
    pub fn closes(self) -> bool {
        matches!(self, LexemeKind::ParenClose | LexemeKind::BracketClose | LexemeKind::BraceClose)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lexemes_cover_the_whole_text() {
        for text in
            ["y = w x + b // line\r\n\tz", "δ₁ = ∂²u/∂x² “q” ?? ¿ \u{feff}", "\"open \\", "1.2.3 .5 0x1f x.1.w", ""]
        {
            let mut at = 0;
            for lexeme in lex(text) {
                assert_eq!(lexeme.start, at, "{text:?}");
                at = lexeme.end;
            }
            assert_eq!(at, text.len(), "{text:?}");
        }
    }

    #[test]
    fn names_have_subscripts_but_no_superscripts() {
        let kinds = |text| lex(text).iter().map(|l| (&text[l.range()], l.kind.unwrap())).collect::<Vec<_>>();
        use LexemeKind::*;
        assert_eq!(kinds("w₁²"), [("w₁", Name), ("²", Superscript)]);
        assert_eq!(kinds("wᵀ"), [("w", Name), ("ᵀ", Tick)]);
        assert_eq!(kinds("xⁿ"), [("x", Name), ("ⁿ", SuperscriptLetter)]);
        assert_eq!(kinds("m̂"), [("m̂", Name)]);
        assert_eq!(kinds("2x"), [("2", Number), ("x", Name)]);
        assert_eq!(kinds("1..3"), [("1", Number), ("..", DotDot), ("3", Number)]);
    }
}
