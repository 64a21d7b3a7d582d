//! One name, however it is spelled: what the tree keeps of names, numbers and texts.
use std::borrow::Cow;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

/// A name after NFKC: `w₁` is `w1`, `µ` (micro) is `μ` (mu). `π` and `∞` have other spellings, `pi` and `infinity`.
pub fn normalised(name: &str) -> Cow<'_, str> {
    match name {
        "π" => return Cow::Borrowed("pi"),
        "∞" => return Cow::Borrowed("infinity"),
        _ => {}
    }
    // It was reported; what it stands for is a name all the same.
    if let Some((letter, _)) = super::paper::letter(name) {
        return Cow::Owned(letter);
    }
    match is_nfkc_quick(name.chars()) {
        IsNormalized::Yes => Cow::Borrowed(name),
        _ => Cow::Owned(name.nfkc().collect()),
    }
}

/// The value of a number as it is written; none if it is none, or too large for an `f64`.
pub fn number(text: &str) -> Option<f64> {
    let digits = text.nfkc().filter(|&c| c != '_').collect::<String>();
    digits.parse().ok().filter(|value: &f64| value.is_finite())
}

/// The value of superscript digits, `⁻¹²` too.
pub fn superscript(text: &str) -> Option<f64> {
    number(&text.nfkc().map(|c| if c == '\u{2212}' { '-' } else { c }).collect::<String>())
}

/// What stands between the quotes. `\"` and `\\` are a quote and a backslash; any other backslash is itself.
pub fn unquoted(text: &str) -> String {
    let inner = text.strip_prefix('"').unwrap_or(text);
    let inner = inner.strip_suffix('"').unwrap_or(inner);
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner.chars().peekable();
    while let Some(c) = rest.next() {
        match rest.peek() {
            Some(&next @ ('"' | '\\')) if c == '\\' => {
                out.push(next);
                rest.next();
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_are_one() {
        assert_eq!(normalised("w₁"), "w1");
        assert_eq!(normalised("µ"), "μ");
        assert_eq!(normalised("π"), "pi");
        assert_eq!(normalised("∞"), "infinity");
        assert_eq!(normalised("π̂"), "π̂");
        assert_eq!(normalised("종"), "종");
    }

    #[test]
    fn numbers_are_read_with_underscores_and_superscripts() {
        assert_eq!(number("1_000.5e-3"), Some(1.0005));
        assert_eq!(number("1e999"), None);
        assert_eq!(superscript("²"), Some(2.0));
        assert_eq!(superscript("⁻¹⁰"), Some(-10.0));
    }

    #[test]
    fn texts_lose_quotes_and_escapes() {
        assert_eq!(unquoted(r#""a \"b\" \\ c:\d""#), r#"a "b" \ c:\d"#);
    }
}
