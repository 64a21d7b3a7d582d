//! Programs as graphs.
use super::{Options, model, read, shown, value};
use crate::graph::show;
use insta::assert_snapshot;

const LINE: &str = "
input x
target t
param w, b
y = w x + b
loss = (y - t)^2
train { minimize loss; optimizer sgd(rate = 0.05); epochs 200 }
";

const IRIS: &str = r#"
input  x: [4]
target t: class(3)

layer dense(x: [n], m) {          // also in the prelude
    param w: [m, n] ~ glorot
    param b: [m]
    w x + b
}

h = relu(dense(x, 16))
z = dense(h, 3)
y = softmax(z)

loss = cross_entropy(y, t)
metric accuracy = argmax(y) == t

data "data/iris.csv" {
    x = [sepal_length, sepal_width, petal_length, petal_width]
    t = species
    standardize x
    test 0.2
}

train {
    minimize  loss + 1e-4 * norm(weights)^2
    optimizer adam(rate = 0.01 * 0.98^(epoch - 1))
    batch     32
    epochs    60
    seed      7
}
"#;

const XOR: &str = "
input  x: [2]
target t: bool

h = tanh(dense(x, 8))
y = sigmoid(neuron(h))

loss = binary_cross_entropy(y, t)
metric accuracy = (y > 0.5) == t

data { x: [0, 0], [0, 1], [1, 0], [1, 1];  t: 0, 1, 1, 0 }
train { minimize loss; optimizer sgd(rate = 0.5); batch all; epochs 2000 }
";

const DIGITS: &str = "
input  x: [64]
target t: class(10)

y = x
    |> dense(128) |> relu
    |> dense(64)  |> relu
    |> dense(10)  |> softmax

loss = cross_entropy(y, t)
metric accuracy = argmax(y) == t
train { minimize loss; optimizer momentum(rate = one_cycle(0.1)); batch 64; epochs 40 }
";

#[test]
fn a_line() {
    let model = model(LINE);
    assert_snapshot!(shown(&model, &["y", "loss"]));
}

#[test]
fn a_step_of_descent() {
    let model = model(LINE);
    let update = &model.training.unwrap().optimizer.updates[0];
    assert_snapshot!(show::show(&model.graph, &[update.next]));
}

#[test]
fn iris() {
    let model = model(IRIS);
    assert_snapshot!(shown(&model, &["y", "loss"]));
}

#[test]
fn the_objective_of_iris_has_its_weights_in_it() {
    let model = model(IRIS);
    assert_snapshot!(show::show(&model.graph, &[model.objective.unwrap(), model.metrics[0].value]));
}

#[test]
fn a_step_of_adam() {
    let model = model(IRIS);
    let update = &model.training.unwrap().optimizer.updates[1];
    let mut roots = vec![update.next];
    roots.extend(update.states.iter().map(|s| s.1));
    assert_snapshot!(show::show(&model.graph, &roots));
}

#[test]
fn xor() {
    let model = model(XOR);
    assert_snapshot!(shown(&model, &["y", "loss"]));
}

#[test]
fn digits() {
    let model = model(DIGITS);
    assert_snapshot!(shown(&model, &["y", "loss"]));
}

#[test]
fn elman_over_a_sequence() {
    let model = model(
        "
input  x: [100, 6]
target t: class(4)
layer elman(xs: [t, n], m) {
    param u: [m, n] ~ glorot
    param w: [m, m] ~ orthogonal
    param b: [m]
    fold v in xs with h = zeros(m) { tanh(u v + w h + b) }
}
y    = x |> elman(64) |> dense(4) |> softmax
loss = cross_entropy(y, t)
",
    );
    assert_snapshot!(shown(&model, &["loss"]));
}

#[test]
fn a_dilated_causal_convolution() {
    let model = model(
        "
input  x: [256, 32]
layer gated(x: [t, n], d) {
    f = conv1d(x, n, 2, dilation = d, padding = causal)
    g = conv1d(x, n, 2, dilation = d, padding = causal)
    dense(tanh(f) * sigmoid(g), n)
}
(h, skips) = repeat d in [1, 2] with h = x, skips = 0 {
    z = gated(h, d)
    (h + z, skips + z)
}
",
    );
    assert_snapshot!(shown(&model, &["skips"]));
}

#[test]
fn batch_standardisation() {
    let model = model(
        "
input x: [20]
layer standard(x: [n]) {
    param gain: [n] = 1
    param bias: [n] = 0
    m = batch_mean(x)
    v = batch_mean((x - m)^2)
    gain * (x - m) / sqrt(v + 1e-5) + bias
}
y = standard(x)
",
    );
    assert_snapshot!(shown(&model, &["y"]));
}

#[test]
fn batch_mean_averages_over_mapped_axes_too() {
    let model = model(
        "
input x: [5, 20]
layer centred(x: [n]) {
    param bias: [n] = 0
    x - batch_mean(x) + bias
}
y = centred(x)
",
    );
    assert_snapshot!(shown(&model, &["y"]));
}

#[test]
fn batch_norm_steps_its_states_when_training_alone() {
    let text = "input x: [5, 20]\ny = x |> dense(3) |> batch_norm\n";
    let trained = read(text, &Options { training: true, ..Options::default() }).unwrap().0;
    let names: Vec<&str> = trained.graph.states.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["y.2.center", "y.2.spread"]);
    let mut roots = vec![value(&trained, "y")];
    roots.extend(trained.states.iter().map(|s| s.next.unwrap()));
    assert_snapshot!(show::show(&trained.graph, &roots));
    let other = model(text);
    assert!(other.states.iter().all(|s| s.next.is_none()));
}

#[test]
fn a_shared_batch_norm_goes_on_from_its_first_call() {
    let text = "input a, b: [2]\nmodel n(x: [n]) = batch_norm(x)\ny = n(a) - n(b)\n";
    let trained = read(text, &Options { training: true, ..Options::default() }).unwrap().0;
    assert_eq!(trained.states.len(), 2);
    assert_snapshot!(show::show(&trained.graph, &[trained.states[0].next.unwrap()]));
}

#[test]
fn a_net_that_obeys_a_wave_equation() {
    let model = model(
        "
input x, t
c = 1
model u(x, t) = [x, t] |> dense(3) |> tanh |> neuron
fn velocity(x, t) = grad(u(x, t), t)
y     = u(x, t)
inner = ∂²y/∂t² - c² ∂²y/∂x²
begin = u(x, 0) - sin(π x)
still = velocity(x, 0)
ends  = u(0, t)^2 + u(1, t)^2
loss  = inner² + 10 begin²
      + 10 still²
      + 10 ends
train { minimize loss; optimizer adam(rate = 1e-3); batch 100; epochs 500 }
",
    );
    let paths: Vec<&str> = model.graph.parameters.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(paths, ["u.1.w", "u.1.b", "u.2.w", "u.2.b"]);
    assert_snapshot!(shown(&model, &["begin", "still", "ends"]));
}

#[test]
fn a_function_and_its_derivatives() {
    let model = model(
        "
input x
model u(x) = [x] |> dense(2) |> tanh |> neuron
y    = u(x)
loss = (u''(x) + y)^2 + u(0)^2 + (u'(0) - 1)^2
",
    );
    assert_snapshot!(shown(&model, &["loss"]));
}

/// What `stop_gradient` holds counts as a constant, so no derivative goes through a mean that stands in it.
#[test]
fn a_mean_over_the_batch_that_counts_as_a_constant() {
    let model = model("input x\nm = x * stop_gradient(batch_mean(x))\nd = grad(m, x)\n");
    assert_snapshot!(shown(&model, &["d"]));
}
