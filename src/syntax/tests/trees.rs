//! The tree of each construct.
use super::*;
use crate::syntax::tree::{NodeKind, Start, StatementKind};

/// Each text with its tree below it.
fn listed(texts: &[&str], show: impl Fn(&str) -> String) -> String {
    texts.iter().map(|text| format!("{text}\n    {}\n", show(text).trim_end().replace('\n', "\n    "))).collect()
}

#[test]
fn precedence_and_grouping() {
    let shown = listed(
        &[
            "if a or b and not c == d then x + y else -z",
            "x |> f(a) |> g |> m.dense(3, bias = false)",
            "0 < x <= 1",
            "a - b + c - d",
            "a * b / c · d ⊙ e ⋅ f",
            "-w x + -2 y",
            "- - x",
            "not not x",
            "-x^2",
            "w x^2",
            "2x^-y^2",
            "x' a x",
            "2 π r",
            "2^3 x",
            "a / (b c)",
            "a / f (x)",
            "a / b(c)",
            "(a / b) c",
            "0..n - 1",
            "a + (if b then c else d)",
        ],
        expression,
    );
    insta::assert_snapshot!(shown);
}

#[test]
fn touching_decides_grouping() {
    let shown = listed(
        &[
            "f(x)",
            "w (x + b)",
            "n(n + 1)/2",
            "n(n + 1)^2",
            "f (x)^2",
            "f (x, y)",
            "x[0]",
            "w [1, 2]",
            "a[0](x)",
            "f(x)(y)",
            "f(x)[0].a",
            "u'(x)",
            "u''(x)",
            "w'(x - y)",
            "w' (x - y)",
            "(a)(b)",
            "2(x)",
            "x.1.w(3)",
            "[x > 0](y)",
        ],
        expression,
    );
    insta::assert_snapshot!(shown);
}

#[test]
fn atoms_and_marks() {
    let shown = listed(
        &[
            "w₁ + µ + π + π̂",
            "1_000.5e-3",
            "\"a \\\"b\\\"\"",
            "true != false",
            "(a)",
            "(a,)",
            "(a, b)",
            "[]",
            "[a, b,]",
            "x²",
            "x⁻¹",
            "xᵀ",
            "2²",
            "x'²[0]",
            "f()",
            "f(a, k = 2, m = 3,)",
            "x[-1, 2.., ..3, .., 0..2]",
            "y.1.w",
            "t.mean",
            "∂y/∂x",
            "∂²y/∂x²",
            "∂³y/∂x∂t²",
            "c²∂²y/∂x²",
            "∂y/∂x ∂y/∂t",
            "∂h.w/∂y.1.b",
            "∂u(x, 0)/∂x",
            "∂(a b)/∂x",
            "∂y/∂x / 2",
        ],
        expression,
    );
    insta::assert_snapshot!(shown);
}

#[test]
fn loops() {
    let shown = listed(
        &[
            "for v in xs { f(v) }",
            "for a, b in (xs, ys) { a · b }",
            "fold v in reverse(xs) with h = zeros(m), c = 0 { (h, c) }",
            "scan x in xs with h = 0 { h + x }[-1] |> f",
            "repeat i in 0..4 with h = x { y = block(h, i); y }",
            "sum(for i in 0..t { for j in 0..t { i >= j } })",
        ],
        expression,
    );
    insta::assert_snapshot!(shown);
}

#[test]
fn statements() {
    let shown = listed(
        &[
            "y = 2 x",
            "y: [n, 2m] = x",
            "(a, b) = split(z, 2)",
            "(a) = 3",
            "ε: [2] ~ normal(1)",
            "u ∼ uniform(0, 1)",
            "s ← momentum s + g",
            "input x, y: [64], z",
            "input x: [], s: [8] class(65), t: [n] bool, k: class (4)",
            "target t: bool",
            "param w: [3, 4] ~ he, v: [3] = 1, b",
            "state m, v: [n] = 0",
            "output y, code = dense(h, 2)",
            "metric rmse = sqrt(batch_mean((y - t)^2))",
            "use \"a/b.nn\"",
            "use \"a.nn\" as parts",
            "fn f(x: [n], k = 2, g: [] = 1) = k x",
            "fn one() { 1 }",
            "layer f (x: [t, n], m,) { param w: [m, n]; w x }",
            "model u(x) = x |> dense(3)",
            "optimizer o(w, g) { w <- w - g }",
            "∂loss/∂h.w = δ x'",
            "∂²u/∂x∂t = a",
            "u''(x) = -u(x)",
            "hessian(u, w)[0, 1] = a",
            "grad(loss, b) = δ",
            "data \"iris.csv\"",
            "data { x: 1, 2, 3,; t: [0, 1], [1, 0] }",
            "data { x = [a .. b, \"c d\"]; y = all except [id, t] }",
            "data { x ~ uniform(0, 1); standardize x, t; train where not broken; test by for }",
            "train { optimizer adam; batch all; stop when validation.loss < 0.1 }",
        ],
        tree,
    );
    insta::assert_snapshot!(shown);
}

#[test]
fn words_are_names_where_they_can_be() {
    let shown = listed(
        &[
            "param = 3",
            "data = param + input",
            "train = data",
            "test(x, class)",
            "step",
            "in + as",
            "use",
            "all",
            "except",
            "model.layer[use]",
            "bool |> output",
            "x.in",
        ],
        |text| if text.contains(" = ") { tree(text) } else { expression(text) },
    );
    insta::assert_snapshot!(shown);
}

#[test]
fn documentation_belongs_to_the_next_statement() {
    let text = "/// one\n///two\ny = 2 // not this\n//// nor this\n\n/// three\n\n// between\nlayer f(x) {\n    /// four\n    z = x\n    z\n    /// lost\n}\n";
    insta::assert_snapshot!(tree(text), @r#"
    (doc "one\ntwo" (= y 2))
    (doc "three" (layer f (parameters x) (block (doc "four" (= z x)) (value z))))
    "#);
}

#[test]
fn spans_are_those_of_the_text() {
    let text = "y = w (x + b₁)ᵀ |> f(2)";
    let parsed = parse(0, text);
    let spans: Vec<_> = parsed.tree.iter().map(|(_, node)| &text[node.span.range()]).collect();
    assert_eq!(
        spans,
        [
            "y",
            "w",
            "x",
            "b₁",
            "x + b₁",
            "(x + b₁)",
            "(x + b₁)ᵀ",
            "w (x + b₁)ᵀ",
            "f",
            "2",
            "f(2)",
            "w (x + b₁)ᵀ |> f(2)"
        ]
    );
    assert_eq!(&text[parsed.root[0].span.range()], text);
}

#[test]
fn shared_types_are_repeated() {
    let parsed = parse(0, "state m, v: [n] = 0");
    let StatementKind::Declare { items, .. } = &parsed.root[0].kind else { panic!("{:?}", parsed.root) };
    assert_eq!(items[0].ty, items[1].ty);
    assert_eq!(items[0].start, items[1].start);
    assert!(matches!(items[0].start, Some(Start::Value(_))));
}

#[test]
fn names_are_normalised_wherever_they_stand() {
    let text = "fn f(β₁ = 1) = β₁\nπ = 1\n(a₁, µ) = f(x, k₂ = 3)\ny = x.w₁";
    let shown = tree(text);
    for name in ["β1", "(= pi 1)", "(tuple a1 μ)", "(= k2 3)", "(. x w1)"] {
        assert!(shown.contains(name), "{name} in {shown}");
    }
}

#[test]
fn a_lone_expression_is_one() {
    assert_eq!(expression("data + 1"), "(+ data 1)");
    assert_eq!(expression("grad(loss,\n  w)"), "(call grad loss w)");
    for text in ["", "a = 3", "a; b", "a\nb", "a +", "{ }"] {
        let parsed = parse_expression(0, text);
        assert_eq!(parsed.diagnostics.len(), 1, "{text:?}: {:?}", parsed.diagnostics);
        assert_eq!(parsed.tree.kind(parsed.root), &NodeKind::Error, "{text:?}");
    }
}
