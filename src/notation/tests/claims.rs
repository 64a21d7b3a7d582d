//! What is printed as a program is read back, and says the derivative: the same numbers as the one that was derived.
use super::setting::Setting;
use crate::diagnostic::Sources;
use crate::model::{Options, elaborate};
use crate::notation::nn;
use crate::oracle::{Environment, evaluate};

/// Appends the derivation to its program as claims, and compares them at random points. Returns how many there were.
#[track_caller]
fn check(program: &str) -> usize {
    let (setting, loss) = Setting::of_source(program);
    let printed = nn::render(&setting.gradient(loss).program);
    let text = format!("{program}\n{printed}");
    let mut sources = Sources::default();
    let file = sources.add("model.nn", &text);
    let parsed = crate::syntax::parse(file, &text);
    let (model, diagnostics) = elaborate(&parsed, &sources, &Options { training: true, ..Options::default() });
    let said: Vec<String> = parsed.diagnostics.iter().chain(&diagnostics).map(|d| d.message.clone()).collect();
    let model = model.unwrap_or_else(|| panic!("{said:?}\n{text}"));
    for (number, claim) in model.claims.iter().enumerate() {
        let env = Environment::random(&model.graph, 3, 5);
        let found = evaluate(&model.graph, &[claim.derivative, claim.value], &env).unwrap();
        for example in 0..3 {
            let (derived, claimed) = (found[0].of(example), found[1].of(example));
            for (a, b) in derived.iter().zip(claimed) {
                assert!((a - b).abs() < 1e-9 * (1.0 + a.abs()), "claim {number}: {a}, printed {b}\n{printed}");
            }
        }
    }
    model.claims.len()
}

#[test]
fn a_line() {
    assert_eq!(check("input x\ntarget t\nparam w, b\ny = w x + b\nloss = (y - t)^2"), 3);
}

#[test]
fn iris() {
    let text = "input x: [4]\ntarget t: class(3)\nh = relu(dense(x, 16))\nz = dense(h, 3)\ny = softmax(z)\nloss = cross_entropy(y, t)";
    assert_eq!(check(text), 5);
}

#[test]
fn logistic_regression() {
    check("input x: [30]\ntarget t: bool\ny = sigmoid(neuron(x))\nloss = binary_cross_entropy(y, t)");
}

#[test]
fn a_quadratic_form() {
    check("input A: [4, 4]\nparam x: [4] ~ normal(1)\nloss = x' A x");
}

#[test]
fn least_squares_over_a_sequence() {
    check("input x: [7, 4], t: [7, 3]\ny = dense(x, 3)\nloss = mean((y - t)^2)");
}

#[test]
fn a_margin() {
    check("input x: [4]\ntarget t\nparam w: [4], b\ny = w' x + b\nloss = max(0, 1 - t y) + 0.005 w' w");
}

#[test]
fn several_activations_and_a_norm() {
    let layers = ["gelu", "tanh", "silu", "sigmoid", "softplus", "elu", "layer_norm", "rms_norm", "mish", "gelu_tanh"];
    for layer in layers {
        check(&format!(
            "input x: [5]\ntarget t: [3]\nh1 = {layer}(dense(x, 6))\nh2 = {layer}(dense(h1, 3))\nloss = sum((h2 - t)^2) / 2"
        ));
    }
}

#[test]
fn attention() {
    check(
        "input x: [5, 4]\ntarget t: class(3)\nparam wq: [4, 4] ~ glorot, wk: [4, 4] ~ glorot, wv: [4, 4] ~ glorot
q = x wq'\nk = x wk'\nv = x wv'\nA = softmax(q k' / 2)\no = A v\nz = dense(mean(o, axis = 0), 3)\ny = softmax(z)
loss = cross_entropy(y, t)",
    );
}

#[test]
fn an_embedding() {
    check(
        "input x: [6] class(9)\ntarget t: class(2)\ne = embedding(x, 4)\nz = dense(mean(e, axis = 0), 2)\ny = softmax(z)
loss = cross_entropy(y, t)",
    );
}

#[test]
fn weights_with_a_penalty() {
    check(
        "input x: [4]\ntarget t: class(3)\nλ = 1e-2\nh = relu(dense(x, 6))\nz = dense(h, 3)\ny = softmax(z)
loss = cross_entropy(y, t) + λ norm(weights)^2",
    );
}

#[test]
fn what_can_not_be_claimed_is_read_nevertheless() {
    let convolution = "input x: [12, 2]\ntarget t: [10, 3]\ny = conv1d(x, 3, 3)\nloss = sum((y - t)^2)";
    let recurrence = "input x: [12, 2], t: [12]\nh = rnn(x, 5)\ny = neuron(h)\nloss = sum((y - t)^2)";
    for program in [convolution, recurrence] {
        let (setting, loss) = Setting::of_source(program);
        let text = nn::render(&setting.gradient(loss).program);
        let parsed = crate::syntax::parse(0, &text);
        assert!(parsed.diagnostics.is_empty(), "{:?}\n{text}", parsed.diagnostics);
    }
}

/// What was laid out as one vector is printed in the shape of each weight.
#[test]
fn a_penalty_of_all_weights() {
    let (setting, _) =
        Setting::of_source("input x: [4]\nz = dense(dense(x, 5), 3)\nloss = sum(z) + 1e-4 * norm(weights)^2");
    let loss = setting.g.names().find(|n| n.1 == "loss").unwrap().0;
    let printed = nn::render(&setting.gradient(loss).program);
    assert!(printed.contains("2e-4 z.1.w") && !printed.contains("reshape"), "{printed}");
}

/// An entry that is taken out gives its derivative to itself alone: `[i = 1]`.
#[test]
fn entries_that_are_taken_out() {
    for (input, of) in [
        ("[3]", "tanh(x)[1]"),
        ("[4]", "tanh(x)[1]^2"),
        ("[4]", "x[1] x[2]"),
        ("[4]", "exp(x[1]) + x[2]^3"),
        ("[4]", "max(x[0], x[1])"),
        ("[4]", "sum(tanh(x)[1..])"),
        ("[4]", "sum(tanh(x)[1..3])"),
        ("[4]", "sum(reverse(tanh(x))[1..])"),
        ("[4]", "softmax(x)[0]"),
        ("[4]", "-log(softmax(x)[1])"),
        ("[4]", "exp(x)[1] / sum(exp(x))"),
        ("[2, 3]", "x[0, 1]^2"),
        ("[2, 3]", "sum(x[1]^2)"),
        ("[2, 3]", "sum(sin(x)[.., 1])"),
        ("[3, 3]", "x[0, 0] + x[1, 1] * x[2, 2]"),
        ("[3, 3]", "(x [1, 2, 3])[0]^2 + sum(x)"),
        ("[4]", "sum(exp(x)[..2] * x[2..])"),
    ] {
        assert_eq!(check(&format!("param x: {input} ~ normal(1)\nloss = {of}")), 1, "{of}");
    }
}

/// A sign is given to what is spoken of again.
#[test]
fn no_line_is_idle() {
    for (program, expected) in [
        ("input t: [3]\nparam y: [3]\nloss = mean((y - t)^2)", "∂loss/∂y = 2 (y - t) / 3\n"),
        ("input a\nparam x\nloss = 1 / (1 + a^(-x))", "∂loss/∂x = "),
    ] {
        let (setting, loss) = Setting::of_source(program);
        let printed = nn::render(&setting.gradient(loss).program);
        assert!(printed.contains(expected) && !printed.contains("δ ="), "{printed}");
    }
}
