//! Errors: every code with its text, several in a run, and one mistake one error.
use super::*;
use crate::diagnostic::Edit;
use crate::syntax::codes::CODES;

#[test]
fn each_code_has_a_text_that_has_it_and_one_that_has_not() {
    for explanation in CODES {
        let codes: Vec<_> = parse(0, explanation.wrong).diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
        assert_eq!(codes, [explanation.code], "{}", explanation.wrong);
        assert_eq!(errors(explanation.right), "", "{}", explanation.right);
    }
    assert!(CODES.is_sorted_by(|a, b| a.code < b.code));
}

#[test]
fn errors_teach() {
    let shown: Vec<String> = CODES.iter().map(|explanation| errors(explanation.wrong)).collect();
    let shown = shown.join("\n");
    insta::assert_snapshot!(shown);
}

/// The text with the certain edits of its diagnostics.
fn fixed(text: &str) -> String {
    let edits: Vec<Edit> = parse(0, text).diagnostics.into_iter().flat_map(|diagnostic| diagnostic.edits).collect();
    let mut changes: Vec<_> = edits.into_iter().filter(|edit| edit.certain).flat_map(|edit| edit.changes).collect();
    changes.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
    let mut text = text.to_string();
    for (span, right) in changes {
        text.replace_range(span.range(), &right);
    }
    text
}

#[test]
fn certain_edits_make_a_text_right() {
    for (wrong, right) in [
        ("y = x ** 2 # power\n# more", "y = x ^ 2 // power\n// more"),
        ("y = a&&b || !c", "y = a and b or not c"),
        ("y := 0xff + .5 + 1_ + 2.", "y = 255 + 0.5 + 1 + 2.0"),
        ("y = x[1:3]", "y = x[1..3]"),
        ("def f(x) { return x }", "fn f(x) { x }"),
        ("let y = 1 – 2", "y = 1 - 2"),
        ("use 'a.nn'\nuse “b.nn”", "use \"a.nn\"\nuse \"b.nn\""),
        ("y ＝ f（x）", "y = f(x)"),
        ("y = w ' x", "y = w' x"),
        ("train { minimize loss; epochs = 60; batch: all }", "train { minimize loss; epochs 60; batch all }"),
        ("a, b = f(x)", "(a, b) = f(x)"),
        ("y = 6 ÷ 2...3", "y = 6 / 2..3"),
    ] {
        assert_eq!(fixed(wrong), right);
        assert_eq!(errors(right), "", "{right}");
    }
}

#[test]
fn a_row_of_brackets_that_close_nothing_is_one_error() {
    assert_eq!(codes(&format!("y = x{} + 1", ")".repeat(2000))), ["1:E0108"]);
    assert_eq!(codes("y = x) + 1)]"), ["1:E0108", "1:E0108"]);
}

#[test]
fn independent_errors_are_reported_in_one_run() {
    let text =
        "input x: [4]\nh = relu(dense(x 16))\nz = dense(h, 3)\ny = softmax z) +\nloss = if y > 0 then 1\nok = x + 1\n";
    assert_eq!(codes(text), ["2:E0112", "4:E0108", "5:E0115"]);
    let nested = "layer f(x) {\n    h = fold v in x with h = 0 { v + * h }\n    z = (h +\n    h\n}\nq = 1 2\n";
    assert_eq!(codes(nested), ["2:E0110", "3:E0108", "6:E0112"]);
}

#[test]
fn one_mistake_is_one_error() {
    for (text, expected) in [
        (
            "layer dense(x: [n], m) {\n    param w: [m, n]\n    w x\n\ninput x: [4]\ntrain {\n    minimize x\n}\n",
            "1:E0108",
        ),
        ("layer f(x blah: [n], m) {\n    param w: [m, n]\n    w x +\n    b\n}\ny = 3\n", "1:E0111"),
        ("a = b +\nc = d\ne = f\n", "1:E0110"),
        ("h = relu(dense(x, 16)\nz = dense(h, 3)\n", "1:E0108"),
        ("y = 3\n}\nz = 4", "2:E0108"),
        ("x = sum(v for v in xs if v > 0)", "1:E0116"),
    ] {
        assert_eq!(codes(text), [expected], "{text}");
    }
}

#[test]
fn names_of_broken_statements_are_kept() {
    let bound = |text: &str| show_tree(&parse(0, text).tree, &parse(0, text).root);
    assert_eq!(bound("y = 3 +* x"), "(error y)\n");
    // What an unclosed bracket was to hold is not known.
    assert_eq!(bound("(a, b) = f(x"), "(error a b)\n");
    assert_eq!(bound("f(x) = 2 x"), "(error f)\n");
    assert_eq!(bound("(a, b) = f(x 2)"), "(error a b)\n");
    assert_eq!(bound("param w: [n 3], b"), "(error w b)\n");
    assert_eq!(bound("layer f(x blah) { x }"), "(error f)\n");
    assert_eq!(bound("x[0] = 2"), "(error)\n");
}

/// Errors that have no code of their own, or more than one form.
#[test]
fn errors_in_many_places() {
    let shown: Vec<String> = [
        "y = a + if b then c else d",
        "y = e^2x + 1 / n sum(n) + p / -q r",
        "y = w @ x × z",
        "y = f (x, k = 2)",
        "y = if x<-1 then 0 else x",
        "y = x 2 + w(3) 4",
        "y = 1,000",
        "y = x |> 3",
        "y = a |> f(b) + c",
        "y = ∂/∂x",
        "y = ∂²u/∂x ∂t",
        "y = ∂⁰u/∂x⁰",
        "h′ = xⁿ",
        "w x = 3",
        "q = a[]",
        "fn g(a, b) {\n    q = a\n    - b\n}",
        "fn g(a, b) {\n    q = a\n    -b\n    q\n}",
        "for (a, b) in xs { a }",
        "for i in range(10):\n    y = i",
        "y = fold v xs with h = 0 { h }",
        "output softmax(z)",
        "output y, code h",
        "use \"a.nn\" b",
        "layer (x) { x }",
        "param",
        "metric = 3; metric m",
        "input x: class, y: bool(2), z: class(2, 3)",
        "∂loss/∂w: [3] = x",
        "∂loss/∂w == x",
        "data {\n    param w\n    metric m = 3\n    x = all except\n    y <- 2\n}",
        "train {\n    stop when validation.loss has not improved since 10\n    minimize loss for 3\n    clip norm\n    rate 0.1\n    test 0.2\n    loss = 3\n}",
        "optimizer o(w, g) {\n    w <- w - g\n    w\n}",
        "y += 1; a = b if c else d; r = +3; g = {1, 2}",
        "for i in 1:10 { i }",
        "w = \\sigma(x); q = |x|; z = a ? b : c",
        "layer g(x: [n], m)\n",
        "data iris.csv { x = a }",
        "train { minimize loss, epochs 60 }",
        "data { x: 1, 2, t: 2, 3 }",
        "y = 1e999",
        "y = \u{200b}2",
        "종 = (δ × 2 + wx",
    ]
    .iter()
    .map(|text| errors(text))
    .collect();
    let shown = shown.join("\n");
    insta::assert_snapshot!(shown);
}
