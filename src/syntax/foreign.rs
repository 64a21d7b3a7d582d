//! Signs of other languages: what is said about each, and what it is then read as.
use super::lexeme::LexemeKind;
use super::source::{Source, suggest};
use crate::diagnostic::{Diagnostic, Span};

/// A sign that has another spelling here, or none.
pub struct Foreign {
    code: &'static str,
    message: &'static str,
    /// Words for the place that is marked.
    label: &'static str,
    cure: Cure,
    /// None: as if it were not there.
    pub meant: Option<LexemeKind>,
}

/// What to write instead.
enum Cure {
    /// This, in its place; a machine may do it.
    Certain(&'static str),
    /// One of these, in its place; only the author knows which.
    Choice(&'static [(&'static str, &'static str)]),
    Help(&'static str),
    /// This, behind it.
    Behind(&'static str),
}

/// The entry of a sign, if it is one of another language.
pub fn foreign(kind: LexemeKind) -> Option<&'static Foreign> {
    Some(match kind {
        LexemeKind::StarStar => &POWER,
        LexemeKind::At => &MATRIX_PRODUCT,
        LexemeKind::Percent => &REMAINDER,
        LexemeKind::ColonAssign => &COLON_ASSIGN,
        LexemeKind::AndAnd => &AND,
        LexemeKind::OrOr => &OR,
        LexemeKind::Bang => &NOT,
        LexemeKind::Times => &TIMES,
        LexemeKind::Divide => &DIVIDE,
        LexemeKind::Dash => &DASH,
        LexemeKind::Ellipsis => &ELLIPSIS,
        LexemeKind::Arrow | LexemeKind::FatArrow => &ARROW,
        LexemeKind::OpenText => &OPEN_TEXT,
        LexemeKind::Prime => &PRIME,
        _ => return None,
    })
}

static POWER: Foreign = Foreign {
    code: "E0105",
    message: "a power is written `^`",
    label: "the power of other languages",
    cure: Cure::Certain("^"),
    meant: Some(LexemeKind::Caret),
};
static MATRIX_PRODUCT: Foreign = Foreign {
    code: "E0105",
    message: "the product of linear algebra has no sign",
    label: "the factors stand side by side, as in `w x`",
    cure: Cure::Choice(&[("write the factors side by side", " ")]),
    meant: None,
};
static REMAINDER: Foreign = Foreign {
    code: "E0105",
    message: "there is no operator `%`",
    label: "not a sign of this language",
    cure: Cure::Help("the remainder is `mod(a, b)`; ten per cent are `0.1`"),
    meant: Some(LexemeKind::Star),
};
static COLON_ASSIGN: Foreign = Foreign {
    code: "E0105",
    message: "a name is bound with `=`",
    label: "the binding of other languages",
    cure: Cure::Certain("="),
    meant: Some(LexemeKind::Assign),
};
static AND: Foreign = Foreign {
    code: "E0105",
    message: "this is written `and`",
    label: "the conjunction of other languages",
    cure: Cure::Certain("and"),
    meant: Some(LexemeKind::AndAnd),
};
static OR: Foreign = Foreign {
    code: "E0105",
    message: "this is written `or`",
    label: "the disjunction of other languages",
    cure: Cure::Certain("or"),
    meant: Some(LexemeKind::OrOr),
};
static NOT: Foreign = Foreign {
    code: "E0105",
    message: "this is written `not`",
    label: "the negation of other languages",
    cure: Cure::Certain("not"),
    meant: Some(LexemeKind::Bang),
};
static TIMES: Foreign = Foreign {
    code: "E0105",
    message: "`×` could be more than one product",
    label: "which product?",
    cure: Cure::Choice(&[("element by element", "*"), ("linear algebra's product", " ")]),
    meant: Some(LexemeKind::Star),
};
static DIVIDE: Foreign = Foreign {
    code: "E0105",
    message: "a quotient is written `/`",
    label: "not a sign of this language",
    cure: Cure::Certain("/"),
    meant: Some(LexemeKind::Slash),
};
static DASH: Foreign = Foreign {
    code: "E0105",
    message: "this is a dash, not a minus sign",
    label: "a dash",
    cure: Cure::Certain("-"),
    meant: Some(LexemeKind::Minus),
};
static ELLIPSIS: Foreign = Foreign {
    code: "E0105",
    message: "a range is written with two dots",
    label: "three dots",
    cure: Cure::Certain(".."),
    meant: Some(LexemeKind::DotDot),
};
static ARROW: Foreign = Foreign {
    code: "E0105",
    message: "there are no arrows of this kind",
    label: "not a sign of this language",
    cure: Cure::Help("a state is updated with `<-`; a function is `fn f(x) = …`"),
    meant: None,
};
static OPEN_TEXT: Foreign = Foreign {
    code: "E0103",
    message: "this text has no closing `\"`",
    label: "a text ends on the line on which it begins",
    cure: Cure::Behind("\""),
    meant: Some(LexemeKind::Text),
};
static PRIME: Foreign = Foreign {
    code: "E0106",
    message: "a prime is not part of a name",
    label: "a prime",
    cure: Cure::Choice(&[("for the transpose `h'` or the derivative `u'(x)`", "'"), ("for another name", "_next")]),
    meant: Some(LexemeKind::Tick),
};

impl Foreign {
    /// The error for this sign at `span`.
    pub fn diagnostic(&self, source: Source, span: Span) -> Diagnostic {
        let diagnostic = Diagnostic::error(self.code, self.message).at(span, self.label);
        match self.cure {
            Cure::Certain(right) => {
                diagnostic.edit(format!("write `{right}`"), span, spaced(source, span, right), true)
            }
            Cure::Choice(choices) => choices.iter().fold(diagnostic, |diagnostic, (title, right)| {
                let place = if *right == " " { with_spaces(source, span) } else { span };
                diagnostic.edit(*title, place, *right, false)
            }),
            Cure::Help(help) => diagnostic.help(help),
            Cure::Behind(sign) => {
                let text = source.slice(span).trim_end();
                let whole = Span { end: span.start + text.len() as u32, ..span };
                // The brace of a section is hardly part of its file's name.
                let text = text.trim_end_matches('{').trim_end();
                let behind =
                    Span { start: span.start + text.len() as u32, end: span.start + text.len() as u32, ..whole };
                diagnostic.edit(format!("write `{sign}` where the text ends"), behind, sign, false)
            }
        }
    }
}

/// The place with the spaces around it.
fn with_spaces(source: Source, span: Span) -> Span {
    let (before, after) = (&source.text[..span.start as usize], &source.text[span.end as usize..]);
    let start = before.trim_end_matches(' ').len();
    let end = span.end as usize + after.len() - after.trim_start_matches(' ').len();
    source.span(start..end)
}

/// A word needs a space before and after it where the sign needed none.
fn spaced(source: Source, span: Span, right: &str) -> String {
    let is_word = right.starts_with(char::is_alphabetic);
    let (before, after) = (&source.text[..span.start as usize], &source.text[span.end as usize..]);
    let touches_before = before.ends_with(|c: char| !c.is_whitespace() && !"([{".contains(c));
    let touches_after = after.starts_with(|c: char| !c.is_whitespace());
    let space = |needed: bool| if is_word && needed { " " } else { "" };
    format!("{}{right}{}", space(touches_before), space(touches_after))
}

/// One error for all comments of a text that begin with `#` or `%`.
pub fn hash_comments(source: Source, places: &[Span]) -> Option<Diagnostic> {
    let first = *places.first()?;
    let sign = |span: Span| Span { end: span.start + 1, ..span };
    let mut diagnostic =
        Diagnostic::error("E0102", "a comment begins with `//`").at(sign(first), "not a sign of this language");
    let changes = places
        .iter()
        .map(|&place| (Span { end: place.start + hashes(source.slice(place)), ..place }, "//".to_string()))
        .collect();
    suggest(&mut diagnostic, "write `//`", changes, true);
    Some(diagnostic)
}

fn hashes(comment: &str) -> u32 {
    comment.bytes().take_while(|&b| b == b'#' || b == b'%').count() as u32
}
