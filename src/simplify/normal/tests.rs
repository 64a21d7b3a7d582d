//! What a person holds for the same is seen to be so; what is not the same is not.
use super::is_same;
use crate::diagnostic::Sources;
use crate::model::{Options, elaborate};
use crate::syntax::parse;

const DECLARATIONS: &str = "input x: [3], y: [4]\ninput r, s\ninput k: class(4)\ninput ks: [5] class(4)\ninput q: bool\n\
    param w: [4, 3], v: [3, 3], b: [4]\nparam a, c\n";

fn are_same(first: &str, second: &str) -> bool {
    let text = format!("{DECLARATIONS}first = {first}\nsecond = {second}\n");
    let mut sources = Sources::default();
    let file = sources.add("model.nn", &text);
    let (model, diagnostics) = elaborate(&parse(file, &text), &sources, &Options::default());
    let model = model.unwrap_or_else(|| {
        panic!("{first} and {second}: {:?}", diagnostics.iter().map(|d| &d.message).collect::<Vec<_>>())
    });
    let value = |name: &str| model.bindings.iter().find(|b| b.0 == name).unwrap().1;
    is_same(&model.graph, value("first"), value("second"))
}

#[test]
fn the_same() {
    for (first, second) in [
        ("(r + s)^2", "r^2 + 2 r s + s^2"),
        ("2 r (a r + c - s)", "2 a r^2 + 2 c r - 2 s r"),
        ("r / s", "r * (1 / s)"),
        ("(a r) / (s r)", "a / s"),
        ("a r / (s + c)", "a / (c + s) * r"),
        ("exp(-r) * exp(r)", "1 + 0 r"),
        ("1 - sigmoid(r)", "sigmoid(-r)"),
        ("tanh(r - s)", "-tanh(s - r)"),
        ("cos(r - s)", "cos(s - r)"),
        ("sqrt(r)", "r^0.5"),
        ("1 / sqrt(r)", "rsqrt(r)"),
        ("if r > s then r else s", "max(r, s)"),
        ("if r > 0 then r else 0", "relu(r)"),
        ("[r > s]", "1 - [r <= s]"),
        ("[2 r > 2 s]", "[s < r]"),
        ("[q and r > 0]", "[r > 0] * q"),
        ("(w x) * b", "b * (w x)"),
        ("w x + w x", "2 w x"),
        ("w (x + x)", "2 (w x)"),
        ("(w x)' y", "x' w' y"),
        ("y' w x", "dot(w x, y)"),
        ("sum(w x)", "sum(for i in 0..4 { sum(for j in 0..3 { w[i, j] x[j] }) })"),
        ("v v' v", "(v v') v"),
        ("(v x) (v x)'", "v (x x') v'"),
        ("norm(x)^2", "x' x"),
        ("x / norm(x)^2", "x / (x' x)"),
        ("x / sqrt(x' x + 1)^3", "x / ((x' x + 1) * sqrt(1 + x' x))"),
        ("sum(w * w)", "sum(w'^2)"),
        ("exp(v)'", "exp(v')"),
        ("mean(x) * 3", "sum(x)"),
        ("(y - b) x'", "y x' - b x'"),
        ("(y - onehot(k)) x'", "-(onehot(k) - y) x'"),
        ("sum(onehot(k))", "1 + 0 r"),
        ("y[k]", "sum(onehot(k) * y)"),
        ("w[ks]", "for i in 0..5 { w[ks[i]] }"),
        ("identity(3) x", "x"),
        ("identity(3) * (x x')", "identity(3) * (x^2)"),
        ("(identity(3) * x) v", "for i in 0..3 { x[i] v[i] }"),
        ("log_softmax(y)", "y - logsumexp(y)"),
        ("batch_mean(a r + c)", "a batch_mean(r) + c"),
        ("batch_mean(w x)", "w batch_mean(x)"),
    ] {
        assert!(are_same(first, second), "{first}  and  {second}");
    }
}

#[test]
fn not_the_same() {
    for (first, second) in [
        ("(r + s)^2", "r^2 + s^2"),
        ("w x", "(w x) * 2"),
        ("v", "v'"),
        ("v x", "v' x"),
        ("exp(v)", "exp(v')"),
        ("v v'", "v' v"),
        ("softmax(y)", "softmax(b)"),
        ("softmax(v)", "softmax(v')'"),
        ("logsumexp([r, r])", "logsumexp([r, r, r])"),
        ("batch_mean(r) * batch_mean(s)", "batch_mean(r s)"),
        ("batch_mean(r)", "r"),
        ("[r > s]", "[r >= s]"),
        ("x[1]", "x[2]"),
        ("x[1..]", "x[..2]"),
        ("cumsum(x)", "x"),
        ("r / s", "s / r"),
        ("x x'", "norm(x)^2 * identity(3)"),
        ("prod(x)", "sum(x)"),
        ("relu(r)", "r"),
        ("r + 1e-13 s", "r"),
        ("[r > 1e-13]", "[r > 0]"),
    ] {
        assert!(!are_same(first, second), "{first}  and  {second}");
    }
}

/// What has too many terms is not multiplied out, and is not nothing.
#[test]
fn too_many_terms() {
    let long = "r + s + a + c + x[0] + x[1] + x[2] + y[0] + y[1] + y[2] + y[3] + b[0] + b[1] + b[2] + b[3]";
    let product = format!("(sqrt({long}) * sqrt(1 + {long}))^2");
    assert!(!are_same(&product, "0 r"));
    assert!(!are_same(&product, &format!("(sqrt({long}) * sqrt(2 + {long}))^2")));
    assert!(are_same(&product, &format!("(sqrt(1 + {long}) * sqrt({long}))^2")));
}
