//! Where statements end, and what the layout makes of names and brackets.
use super::*;
use crate::syntax::show_tokens;

/// How many statements a text has, which has no errors.
#[track_caller]
fn statements(text: &str) -> usize {
    tree(text).lines().filter(|line| line.starts_with('(')).count()
}

#[test]
fn a_line_goes_on_where_it_cannot_end() {
    for text in [
        "y = a +\n    b",
        "y =\n    b",
        "y = f(a,\n    b)",
        "y = [a\n,\nb]",
        "y = if a\nthen b\nelse c",
        "y = if a then\nb else\nc",
        "y = x |>\n    f",
        "input x,\n      y: [64]",
        "y = fold v in xs\n    with h = 0 { h }",
        "layer f(x)\n{\n    x\n}",
        "y = not\na",
        "y ~\nnormal(1)",
    ] {
        assert_eq!(statements(text), 1, "{text}");
    }
}

#[test]
fn a_line_goes_on_where_the_next_cannot_begin() {
    for text in [
        "y = a\n    + b",
        "y = a\n    - b",
        "y = a\n    * b",
        "y = a\n    |> f\n    // between\n\n    |> g",
        "y = a\n    and b",
        "y = a\n    == b",
        "y = a\n    ^ 2",
    ] {
        assert_eq!(statements(text), 1, "{text}");
    }
}

#[test]
fn everywhere_else_a_line_ends_a_statement() {
    assert_eq!(statements("a = 1\nb = 2"), 2);
    assert_eq!(statements("a = 1; b = 2;; c = 3;"), 3);
    assert_eq!(statements("a = 1\n\n\n// c\nb = 2\n"), 2);
    assert_eq!(statements("a = 1\r\nb = 2\rc = 3"), 3);
    assert_eq!(tree("layer f(a, b) {\n    q = a\n    -b\n}"), tree("layer f(a, b) { q = a; -b }"));
    assert_eq!(statements("\u{feff}a = 1"), 1);
}

#[test]
fn a_dangling_operator_is_reported_on_its_own_line() {
    for text in [
        "a = b +\nc = d\n",
        "a = b +\nc <- d\n",
        "a = b +\nc ~ d\n",
        "a = b +\nparam w\n",
        "a = b +\nlayer f(x) { x }\n",
    ] {
        assert_eq!(codes(text), ["1:E0110"], "{text}");
    }
}

#[test]
fn the_indentation_says_which_bracket_was_left_open() {
    assert_eq!(codes("a = f(g(x)\nb = 2\nc = 3 +\n"), ["1:E0108", "3:E0110"]);
    assert_eq!(codes("a = [1, 2\n     3, 4]\n"), ["2:E0112"]);
    assert_eq!(codes("layer f(x) {\n    y = x\n    y\n\nb = 2\nc = 3 +\n"), ["1:E0108", "6:E0110"]);
}

#[test]
fn tokens_can_be_shown() {
    let text = "layer f(x) { w [x[0], (x)] }\ndata { x: 1; test by in; y = all except z }\ny = ∂²u/∂x∂t + for in in in { 2.5 }\n";
    let shown = show_tokens(text);
    insta::assert_snapshot!(shown);
}
