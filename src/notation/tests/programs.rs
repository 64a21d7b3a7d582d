//! Goldens: gradients of programs as they are printed.
use super::setting::{Setting, forms};

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
    let derivation = crate::notation::gradient(&setting.g, &of, &setting.parameters);
    insta::assert_snapshot!(forms(&derivation));
}
