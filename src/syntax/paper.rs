//! Signs of paper and of LaTeX: `√2`, `½`, `∑(x)`, `\frac{a}{b}`, `\sigma`; what is said about each, and what it is then read as.
use super::lexeme::LexemeKind;
use super::source::Source;
use crate::diagnostic::{Diagnostic, Span};
use std::ops::Range;
use unicode_normalization::UnicodeNormalization;

/// What is said of a sign, where it ends, and what it is read as; none: as if it were not there.
pub struct Paper {
    pub error: Diagnostic,
    pub end: usize,
    pub meant: Option<LexemeKind>,
}

/// Something that has a value, and that no one can say more about: a number that is none is an error that was reported.
const VALUE: Option<LexemeKind> = Some(LexemeKind::Number);

/// Commands for letters, and the letters.
#[rustfmt::skip]
const LETTERS: [(&str, &str); 36] = [
    ("alpha", "α"), ("beta", "β"), ("gamma", "γ"), ("delta", "δ"), ("epsilon", "ε"), ("varepsilon", "ε"), ("zeta", "ζ"), ("eta", "η"),
    ("theta", "θ"), ("iota", "ι"), ("kappa", "κ"), ("lambda", "λ"), ("mu", "μ"), ("nu", "ν"), ("xi", "ξ"), ("pi", "π"), ("rho", "ρ"),
    ("sigma", "σ"), ("tau", "τ"), ("phi", "φ"), ("varphi", "φ"), ("chi", "χ"), ("psi", "ψ"), ("omega", "ω"), ("Gamma", "Γ"),
    ("Delta", "Δ"), ("Theta", "Θ"), ("Lambda", "Λ"), ("Xi", "Ξ"), ("Pi", "Π"), ("Sigma", "Σ"), ("Phi", "Φ"), ("Psi", "Ψ"),
    ("Omega", "Ω"), ("ell", "l"), ("upsilon", "υ"),
];
/// Commands for signs.
#[rustfmt::skip]
const SIGNS: [(&str, &str, LexemeKind); 14] = [
    ("cdot", "·", LexemeKind::Dot), ("times", "*", LexemeKind::Star), ("odot", "⊙", LexemeKind::Star),
    ("circ", "⊙", LexemeKind::Star), ("ast", "*", LexemeKind::Star), ("div", "/", LexemeKind::Slash),
    ("le", "<=", LexemeKind::LessEqual), ("leq", "<=", LexemeKind::LessEqual), ("ge", ">=", LexemeKind::GreaterEqual),
    ("geq", ">=", LexemeKind::GreaterEqual), ("ne", "!=", LexemeKind::NotEqual), ("neq", "!=", LexemeKind::NotEqual),
    ("leftarrow", "<-", LexemeKind::Update), ("partial", "∂", LexemeKind::Partial),
];
/// Marks above a letter.
const MARKS: [(&str, char); 4] = [("hat", '\u{302}'), ("bar", '\u{304}'), ("tilde", '\u{303}'), ("dot", '\u{307}')];

/// `\…`, where the backslash stands at `at`.
pub fn latex(source: Source, at: usize) -> Paper {
    let rest = &source.text[at + 1..];
    let command = &rest[..rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len())];
    let end = at + 1 + command.len();
    let error = |end: usize| match command {
        "" => Diagnostic::error("E0101", "`\\` (U+005C) has no meaning here")
            .at(source.span(at..end), "not a sign of this language"),
        _ => Diagnostic::error("E0101", format!("`\\{command}` is a command of LaTeX, and has no meaning here"))
            .at(source.span(at..end), "LaTeX's spelling"),
    };
    let replaced = |end: usize, right: &str, meant: Option<LexemeKind>| {
        // Two signs and a function could be something else.
        let is_certain = !matches!(command, "cdot" | "times" | "ast" | "circ" | "sigma");
        let error = error(end).edit(format!("write `{right}`"), source.span(at..end), right, is_certain);
        Paper { error, end, meant }
    };
    let behind = &source.text[end..];
    if command == "sigma" && behind.starts_with('(') {
        return replaced(end, "sigmoid", VALUE);
    }
    if let Some((letter, length)) = letter(&source.text[at..]) {
        return replaced(at + length, &letter, Some(LexemeKind::Name));
    }
    if let Some((_, sign, kind)) = SIGNS.iter().find(|(name, ..)| *name == command) {
        return replaced(end, sign, Some(*kind));
    }
    let in_braces = |from: usize| braced(source.text, from);
    match command {
        "frac" | "dfrac" | "tfrac" if let Some((above, middle)) = in_braces(end) => {
            if let Some((below, end)) = in_braces(middle) {
                let quotient = format!("({} / {})", operand(above), operand(below));
                return replaced(end, &quotient, VALUE);
            }
        }
        "sqrt" if let Some((inner, end)) = in_braces(end) => return replaced(end, &format!("sqrt({inner})"), VALUE),
        _ => {}
    }
    let slash = at..at + 1;
    match command {
        "exp" | "log" | "sin" | "cos" | "tan" | "sinh" | "cosh" | "tanh" | "max" | "min" | "argmax" => {
            let error = error(at + 1).edit("without the backslash", source.span(slash), "", false);
            Paper { error, end: at + 1, meant: None }
        }
        "left" | "right" | "quad" | "" => {
            let end = if command.is_empty() && behind.starts_with([',', ';', ':', '!']) { end + 1 } else { end };
            let error = error(end).edit("remove it", source.span(at..end), "", false);
            let is_end = command.is_empty() && behind.trim_start_matches([' ', '\t']).starts_with(['\n', '\r']);
            let note = "a line goes on in the next where it can't end, and in parentheses";
            Paper { error: if is_end { error.note(note) } else { error }, end, meant: None }
        }
        _ => {
            let error = error(end).help("letters of any script are written as themselves: `σ`");
            Paper { error, end: at + 1, meant: None }
        }
    }
}

/// The name that a LaTeX command at the begin of a text writes, and how long the command is: `\sigma`, `\mathbf{w}`, `\hat{y}`.
pub fn letter(text: &str) -> Option<(String, usize)> {
    let rest = text.strip_prefix('\\')?;
    let command = &rest[..rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len())];
    let end = 1 + command.len();
    if let Some((_, letter)) = LETTERS.iter().find(|(name, _)| *name == command) {
        return Some((letter.to_string(), end));
    }
    let mark = match command {
        "mathbf" | "mathrm" | "mathit" | "boldsymbol" | "bm" | "vec" | "text" | "operatorname" => None,
        _ => Some(MARKS.iter().find(|(name, _)| *name == command)?.1),
    };
    let (inner, end) = braced(text, end)?;
    let inner = letter(inner).map_or(inner.to_string(), |(letter, _)| letter);
    Some((inner.chars().chain(mark).nfkc().collect(), end))
}

/// A sign of paper that stands at `at`, if it is one.
pub fn sign(source: Source, at: usize) -> Option<Paper> {
    let sign = source.text[at..].chars().next()?;
    let end = at + sign.len_utf8();
    let behind = &source.text[end..];
    let error = |end: usize| {
        let message = format!("`{sign}` (U+{:04X}) has no meaning here", sign as u32);
        Diagnostic::error("E0101", message).at(source.span(at..end), "a sign of paper")
    };
    let replaced = |end: usize, right: String| {
        let error = error(end).edit(format!("write `{right}`"), source.span(at..end), right, false);
        Some(Paper { error, end, meant: VALUE })
    };
    let word = |end: usize, name: &str| {
        let error = error(end).edit(format!("write `{name}(…)`"), source.span(at..end), name, false);
        Some(Paper { error, end, meant: VALUE })
    };
    match sign {
        '½' => replaced(end, "0.5".into()),
        '¼' => replaced(end, "0.25".into()),
        '¾' => replaced(end, "0.75".into()),
        '⅓' => replaced(end, "(1 / 3)".into()),
        '⅔' => replaced(end, "(2 / 3)".into()),
        '√' if behind.starts_with('(') => word(end, "sqrt"),
        '√' => {
            let length = behind.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '.').unwrap_or(behind.len());
            match &behind[..length] {
                "" => None,
                operand => replaced(end + length, format!("sqrt({operand})")),
            }
        }
        '∑' if behind.starts_with('(') => word(end, "sum"),
        '∏' if behind.starts_with('(') => word(end, "prod"),
        '∑' | '∏' => {
            let help = "a sum over the entries of a vector is `sum(x)`, of products `sum(w * x)` or `w' x`; a product `prod(x)`";
            Some(Paper { error: error(end).help(help), end, meant: VALUE })
        }
        _ => None,
    }
}

/// `x -> dense(8) -> relu`, `x | dense(8)`, `x >> relu`: the sign of a pipeline.
pub fn pipe(source: Source, place: Range<usize>) -> Paper {
    let end = place.end;
    let span = source.span(place);
    // In Python, `a | b` joins truth values.
    let is_certain = source.slice(span) != "|";
    let error = Diagnostic::error("E0105", "a pipeline is written `|>`").at(span, "not a sign of this language");
    let mut error = error.edit("write `|>`", span, "|>", is_certain);
    if !is_certain {
        error = error.edit("truth values are joined by `or`", span, "or", false);
    }
    Paper { error, end, meant: Some(LexemeKind::Pipe) }
}

/// `a & b` and `a | b`, where the sign stands at `span`.
pub fn logic(source: Source, span: Span) -> Paper {
    let (word, what, kind) = match source.slice(span) {
        "&" => ("and", "conjunction", LexemeKind::AndAnd),
        _ => ("or", "disjunction", LexemeKind::OrOr),
    };
    let (before, behind) = (&source.text[..span.start as usize], &source.text[span.end as usize..]);
    let space = |is_there: bool| if is_there { "" } else { " " };
    let right = format!("{}{word}{}", space(before.ends_with(' ')), space(behind.starts_with(' ')));
    let error = Diagnostic::error("E0105", format!("this is written `{word}`"))
        .at(span, format!("the {what} of other languages"))
        .edit(format!("write `{word}`"), span, right, true);
    Paper { error, end: span.end as usize, meant: Some(kind) }
}

/// Whether what begins at `at` is a name, or a call that does not speak of `parameters`, up to the next sign of a pipeline or the
/// end of the line.
pub fn is_stage(source: Source, at: usize, parameters: &str) -> bool {
    let line = source.text[at..].lines().next().unwrap_or("");
    let line = line.split("//").next().unwrap_or("");
    let end = ["->", "→", "|", ">>", ";"].iter().filter_map(|sign| line.find(sign)).min().unwrap_or(line.len());
    let stage = line[..end].trim();
    let name = stage.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(stage.len());
    let arguments = &stage[name..];
    let mut words = arguments.split(|c: char| !c.is_alphanumeric() && c != '_');
    let is_call = arguments.starts_with('(') && arguments.find(')') == Some(arguments.len() - 1);
    let is_named = stage.starts_with(char::is_alphabetic);
    is_named && (arguments.is_empty() || is_call && !words.any(|word| !word.is_empty() && word == parameters))
}

/// `f = x -> 2 x`, `fn f(x) => 2 x`, `def f(x) -> float:`: an arrow at `span` in a line that begins at `line`.
pub fn arrow(source: Source, line: usize, span: Span) -> Option<Paper> {
    let (start, end) = (span.start as usize, span.end as usize);
    let before = source.text[line..start].trim();
    let error = |help: &str| {
        let error =
            Diagnostic::error("E0105", "there are no arrows of this kind").at(span, "not a sign of this language");
        if help.is_empty() { error } else { error.help(help) }
    };
    let is_definition =
        ["fn ", "def ", "function "].iter().any(|word| before.starts_with(word)) && before.ends_with(')');
    if is_definition {
        let behind = &source.text[end..];
        let ty = behind.trim_start_matches(|c: char| c.is_alphanumeric() || " _.[]".contains(c));
        let length = behind.len() - ty.len();
        if ty.starts_with([':', '{', '=']) && length > 0 {
            // With the space before it; one stays where a brace or a sign follows.
            let from = line + source.text[line..start].trim_end().len();
            let kept = if ty.starts_with(':') { "" } else { " " };
            let error = error("").edit("a function says no type", source.span(from..end + length), kept, true);
            return Some(Paper { error, end: end + length, meant: None });
        }
        let error = error("").edit("write `=`", span, "=", true);
        return Some(Paper { error, end, meant: Some(LexemeKind::Assign) });
    }
    let (name, parameters) = before.split_once('=')?;
    let (name, parameters) = (name.trim(), parameters.trim());
    if is_stage(source, end, parameters) {
        return Some(pipe(source, start..end));
    }
    let inner = parameters.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(parameters);
    let are_names = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || " _,".contains(c));
    if !are_names(name) || name.contains([' ', ',']) || !are_names(inner) {
        return None;
    }
    let head = format!("fn {name}({inner}) =");
    let from = line + source.text[line..start].len() - source.text[line..start].trim_start().len();
    let error = error("").edit(format!("write `{head} …`"), source.span(from..end), head, true);
    Some(Paper { error, end, meant: None })
}

/// What stands in the braces that open at `from`, and where they end.
fn braced(text: &str, from: usize) -> Option<(&str, usize)> {
    let inner = text.get(from..)?.strip_prefix('{')?;
    let mut depth = 1;
    for (at, character) in inner.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            '\n' => return None,
            _ => {}
        }
        if depth == 0 {
            return Some((inner[..at].trim(), from + 1 + at + 1));
        }
    }
    None
}

/// A text as an operand of `/`: in parentheses where it is not one name or number.
fn operand(text: &str) -> String {
    let is_one = text.chars().all(|c| c.is_alphanumeric() || "_.".contains(c));
    if is_one { text.to_string() } else { format!("({text})") }
}

/// Where the span of a LaTeX comment or MATLAB's ends, if `%` at `at` begins one: it begins a line, or words follow it and nothing else.
pub fn per_cent_comment(source: Source, at: usize, first: bool) -> Option<Span> {
    let line = source.text[at..].lines().next()?;
    let words = line.trim_start_matches('%').trim();
    let are_words = words.split(' ').count() > 1 && words.chars().all(|c| c.is_alphabetic() || " ,.-:'".contains(c));
    (first || are_words).then(|| source.span(at..at + line.len()))
}
