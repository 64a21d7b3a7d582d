//! Goldens: gradients of programs as they are printed.
use super::setting::{Both, Setting, forms};
use crate::graph::NodeId;
use crate::notation::Form;

#[track_caller]
fn printed(text: &str) -> String {
    let (setting, loss) = Setting::of_source(text);
    forms(&setting.gradient(loss))
}

#[test]
fn an_lstm() {
    insta::assert_snapshot!(printed(
        "input x: [100, 6]
target t: class(4)
layer lstm(xs: [t, n], m) {
    param w: [4m, n] ~ glorot
    param u: [4m, m] ~ glorot
    param b: [4m]
    (hs, cs) = scan x in xs with h = zeros(m), c = zeros(m) {
        (i, f, g, o) = split(w x + u h + b, 4)
        c = sigmoid(f) * c + sigmoid(i) * tanh(g)
        h = sigmoid(o) * tanh(c)
        (h, c)
    }
    hs
}
h = lstm(x, 64)[-1]
y = softmax(dense(h, 4))
loss = cross_entropy(y, t)
"
    ));
}

#[test]
fn a_scan_of_which_all_states_count() {
    insta::assert_snapshot!(printed(
        "input x: [12, 2], t: [12]
h = rnn(x, 5)
y = neuron(h)
loss = sum((y - t)^2)
"
    ));
}

#[test]
fn attention() {
    insta::assert_snapshot!(printed(
        "input x: [10, 8]
target t: class(3)
param wq: [4, 8] ~ glorot, wk: [4, 8] ~ glorot, wv: [4, 8] ~ glorot
q = x wq'
k = x wk'
v = x wv'
A = softmax(q k' / 2)
o = A v
z = dense(mean(o, axis = 0), 3)
y = softmax(z)
loss = cross_entropy(y, t)
"
    ));
}

#[test]
fn an_embedding() {
    insta::assert_snapshot!(printed(
        "input x: [6] class(50)
target t: class(2)
e = embedding(x, 8)
z = dense(mean(e, axis = 0), 2)
y = softmax(z)
loss = cross_entropy(y, t)
"
    ));
}

#[test]
fn layers_of_many_kinds() {
    insta::assert_snapshot!(printed(
        "input x: [8]
target t: class(3)
λ = 1e-4
h1 = gelu(dense(x, 16))
h2 = tanh(dense(h1, 16))
h3 = layer_norm(h2)
z = dense(h3, 3)
y = softmax(z)
loss = cross_entropy(y, t) + λ norm(weights)^2
"
    ));
}

#[test]
fn a_convolution_with_pooling() {
    insta::assert_snapshot!(printed(
        "input x: [32, 2]
target t: class(3)
h = x |> conv1d(8, 3, dilation = 2, padding = causal) |> relu
y = softmax(dense(mean(h, axis = 0), 3))
loss = cross_entropy(y, t)
"
    ));
}

#[test]
fn standardised_over_the_batch() {
    insta::assert_snapshot!(printed(include_str!("../../../examples/standardise.nn").split("data").next().unwrap()));
}

#[test]
fn elman_as_a_program() {
    insta::assert_snapshot!(printed(include_str!("../../../examples/elman.nn").split("\ndata").next().unwrap()));
}

#[test]
fn what_minimize_adds() {
    let (setting, _) = Setting::of_source(
        "input x: [4]
target t: class(3)
h = relu(dense(x, 16))
z = dense(h, 3)
y = softmax(z)
loss = cross_entropy(y, t)
penalised = loss + 1e-4 * norm(weights)^2
",
    );
    let loss = setting.g.named_value("loss").unwrap();
    let penalised = setting.g.named_value("penalised").unwrap();
    let of = [("loss".to_string(), loss), ("minimize".to_string(), penalised)];
    let [paper, program] =
        [Form::Paper, Form::Program].map(|form| crate::notation::gradient(&setting.g, &of, &setting.parameters, form));
    insta::assert_snapshot!(forms(&Both { paper, program }));
}

#[test]
fn a_scan_in_reverse_and_a_gate() {
    insta::assert_snapshot!(printed(
        "input x: [9, 2]
target t: [9]
layer gated(xs: [t, n], m) {
    param w: [2m, n] ~ glorot
    param u: [2m, m] ~ glorot
    scan v in reverse(xs) with s = zeros(m) {
        (z, r) = split(w v + u s, 2)
        sigmoid(z) * s + (1 - sigmoid(z)) * tanh(r)
    }
}
h = gated(x, 4)
y = neuron(h)
loss = sum((y - t)^2)
"
    ));
}

#[test]
fn pooling_and_a_margin() {
    insta::assert_snapshot!(printed(
        "input x: [16]
target t
h = max(reshape(dense(x, 8), [4, 2]), axis = 1)
y = neuron(h)
loss = max(0, 1 - t y)
"
    ));
}

#[test]
fn naive_cross_entropy() {
    insta::assert_snapshot!(printed(
        "input x: [4]
target t: class(3)
z = dense(x, 3)
p = exp(z) / sum(exp(z))
loss = -log(p[t])
"
    ));
}

#[test]
fn a_net_of_two_numbers_and_its_slope() {
    insta::assert_snapshot!(printed(
        "input x, t
model u(x, t) = [x, t] |> dense(8) |> tanh |> neuron
y = u(x, t)
slope = ∂y/∂t
loss = (slope - y)^2
"
    ));
}

#[test]
fn shared_weights_and_a_norm() {
    insta::assert_snapshot!(printed(
        "input a: [6], b: [6]
target t
model embed(x: [6]) = tanh(dense(x, 3))
p = embed(a)
q = embed(b)
d = norm(p - q)
loss = (d - t)^2
"
    ));
}

#[test]
fn as_data() {
    let (setting, loss) = Setting::of_source("input x\ntarget t\nparam w\nloss = (w x - t)^2");
    let value = crate::notation::json::render(&setting.gradient(loss).paper);
    insta::assert_snapshot!(serde_json::to_string_pretty(&value).unwrap());
}

#[test]
fn values_in_messages() {
    let (setting, _) = Setting::of_source(
        "input x: [5, 4]
target t: [5] class(3)
z = softmax(tanh(dense(x, 3)) / 2)
e = if sum(x[1..]) > 1 then x[0, 2] else -x[-1, 0]
q = sum(z[2..4] * reverse(z[2..4])) + e
loss = -log(q^2 + 1)
",
    );
    let names = ["z", "e", "q", "loss"];
    let texts = names.map(|name| {
        let id = setting.g.named_value(name).unwrap();
        assert_eq!(crate::notation::expression_text(&setting.g, id), name);
        format!("{name} = {}", crate::notation::definition_text(&setting.g, id))
    });
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn long_formulas_are_cut_into_pieces() {
    let chain = (0..150).fold("x".to_string(), |inner, _| format!("tanh({inner})"));
    let sum = (0..3000).map(|k| format!("{k} x")).collect::<Vec<_>>().join(" + ");
    for formula in [chain, sum.clone(), sum.replace(" + ", " * ")] {
        let (setting, loss) = Setting::of_source(&format!("input x: [3]\nparam w: [3]\nloss = sum(w * ({formula}))^2"));
        let value = crate::notation::definition_text(&setting.g, loss);
        assert!(!value.is_empty());
        let derivation = setting.gradient(loss).paper;
        assert!(
            derivation
                .lines
                .iter()
                .all(|l| crate::notation::linear::print(&l.right, &crate::notation::linear::TEXT).len() < 100_000)
        );
    }
}

#[test]
fn loops_within_loops() {
    insta::assert_snapshot!(printed(
        "input x: [4, 6, 3]
target t: [4]
param u: [5, 3] ~ glorot, w: [5, 5] ~ glorot, v: [5, 5] ~ glorot
h = scan row in x with h = zeros(5) {
    inner = fold e in row with s = h { tanh(u e + w s) }
    tanh(v inner)
}
y = neuron(h)
loss = sum((y - t)^2)
"
    ));
}

/// Pooling is called by its name, and what repeats or is counted anew is said.
#[test]
fn pools_of_both_kinds() {
    insta::assert_snapshot!(printed(
        "input x: [6, 2]
target y: [3, 2]
loss = sum((mean_pool1d(dense(x, 2), 2) - y)^2)
"
    ));
    insta::assert_snapshot!(printed(
        "input image: [4, 4, 1]
target y
h = max_pool2d(tanh(conv2d(image, 2, 3, padding = same)), 2)
z = neuron(flatten(h))
loss = (z - y)^2
"
    ));
}

/// Rounds count from 1, places from 0: of a sequence s ≤ t are there.
#[test]
fn the_last_round_of_a_sequence() {
    insta::assert_snapshot!(printed(
        "input x: [t <= 3, 2]
target y
h = rnn(x, 2)
loss = (h[-1, 0] + mean(h) - y)^2
"
    ));
}

#[test]
fn multiples_of_pi() {
    insta::assert_snapshot!(printed(
        "input x
param a, b
y = a sin(π x) + b cos(2 π x)
g = ∂²y/∂x²
loss = (g + y)^2
"
    ));
}

#[test]
fn rounds_of_a_repeat() {
    insta::assert_snapshot!(printed(
        "input x: [4]
target t: [4]
h = repeat d in [1, 2] with h = x { h + tanh(dense(h, 4)) }
loss = sum(abs(h - t))
"
    ));
}

#[test]
fn derivatives_by_their_own_signs() {
    use crate::notation::{Left, Request, Role, Wanted};
    let mut s = Setting::default();
    let (x, w) = (s.input("x", &[]), s.parameter("w", &[]));
    let wx = s.g.multiply(w, x);
    let u = s.g.unary(&crate::op::trigonometric::TANH, wx);
    s.name(u, "u");
    let slope = crate::gradient::tangent(&mut s.g, u, x, Some("x"));
    let square = s.g.multiply(slope, slope);
    let value = s.g.add(square, u);
    let mut request = Request { of: "loss".into(), values: vec![value], ..Request::default() };
    request.title(slope, Role::Derivative { of: "u".into(), by: "x".into() });
    request.results.push(Wanted { node: value, left: Left::Name("loss".into()) });
    insta::assert_snapshot!(forms(&Both::of(&s.g, request)));
}

/// What is simplified away may have had names inside of a loop.
#[test]
fn a_loop_that_comes_to_nothing() {
    insta::assert_snapshot!(printed(
        "input x: [8]
param w: [6]
h = fold v in x with h = zeros(6) (fold i in 0..5 with g = 0 { g + i }) { tanh(v + w * h) }
loss = sum(h)
"
    ));
}

/// The last round of each has a number of its own.
#[test]
fn two_loops_of_different_lengths() {
    insta::assert_snapshot!(printed(
        "input x: [4], z: [6]
param u, w
a = fold v in x with h = 0 { tanh(v + u h) }
y = fold v in z with h = a { tanh(v + w h) }
loss = y^2
"
    ));
}

/// What a loop only hands on has no recurrence to print; its writing once had no end.
#[test]
fn a_loop_that_only_adds() {
    insta::assert_snapshot!(printed("input x: [4]\nparam w, b\nh = fold v in x with h = b { h + w v }\nloss = h^2\n"));
    insta::assert_snapshot!(printed(
        "input x: [4]\nparam w: [5]\nloss = fold i in 0..4 with h = 0 { h + w[i + 1] x[i] }\n"
    ));
}

/// Fibonacci's numbers: written out, the sum has more terms than can be gone through.
#[test]
fn a_sum_of_sums() {
    insta::assert_snapshot!(printed(
        "input x
param w, b
(p, q) = repeat k in 0..60 with p = x * w, q = tanh(x + b) { (q, p + q) }
loss = q
"
    ));
}

/// Both loops have three places, and are told apart.
#[test]
fn a_loop_within_a_loop_of_the_same_length() {
    insta::assert_snapshot!(printed(
        "input x: [3, 3]
param w
y = fold v in x with s = 0 { fold z in v with q = s { tanh(w q + z) } }
loss = y^2
"
    ));
}

/// What is only handed on is something else in the first round.
#[test]
fn a_value_of_the_round_before() {
    insta::assert_snapshot!(printed(
        "input x: [4]
param w, c
(a, p) = fold v in x with a = 0, p = c { (a + w p, v) }
loss = a
"
    ));
}

/// A loss is recognised, but not across the value that it is differentiated by.
#[test]
fn by_probabilities_and_logits() {
    let (setting, loss) = Setting::of_source(
        "input x: [4]
target t: class(3)
h = tanh(dense(x, 5))
z = dense(h, 3)
y = softmax(z)
loss = cross_entropy(y, t)
",
    );
    let of = [("loss".to_string(), loss)];
    let printed = |names: &[&str]| {
        let by: Vec<(String, NodeId)> =
            names.iter().map(|name| (name.to_string(), setting.g.named_value(name).unwrap())).collect();
        crate::notation::text::render(&crate::notation::gradient(&setting.g, &of, &by, Form::Paper), 80, false)
    };
    assert_eq!(printed(&["z"]), "δz = ∂loss/∂z = y − onehot(t)\n");
    assert_eq!(printed(&["y"]), "δy = ∂loss/∂y = −onehot(t) / y\n");
    insta::assert_snapshot!(printed(&["h", "z", "y"]));
}

/// A result that has a letter is explained where the letter stands first.
#[test]
fn a_result_that_is_a_letter() {
    insta::assert_snapshot!(printed("param a, b, c\ninput x\nloss = a * exp(-b * x) + c\n"));
}

/// Conditions that have letters are conditions, not numbers; one that is not met keeps its derivative from what is not defined there.
#[test]
fn conditions_with_and_without_letters() {
    insta::assert_snapshot!(printed(
        "param x, a
param v: [3]
h = if abs(x) < a then x^2 / 2 else a * (abs(x) - a / 2)
loss = h + (if x > 0 then log(x) else 0) + sum([v > 0] * log(v)) + norm(v)
"
    ));
}

#[test]
fn a_fold_in_reverse_begins_at_its_last_round() {
    insta::assert_snapshot!(printed(
        "input x: [5]
param a
h = fold v in reverse(x) with h = 0 { sin(a * h + v) }
loss = h
"
    ));
}

/// A place along an axis is counted from 0, the rounds of a loop from 1: what is summed over places speaks of the round before by its own.
#[test]
fn states_before_a_place() {
    let text = "input x: [4, 2]\ntarget t: [4, 2]\nparam p: [2]\n\
                m = scan a in p * x with r = zeros(2) { tanh(a * r + a) }\nloss = sum((m - t)^2)\n";
    insta::assert_snapshot!(printed(text));
}
