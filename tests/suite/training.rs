//! Training by native code and by the interpreter, in f64: after some epochs the same parameters and states.
use crate::values::{Way, trained as learned};
use gradus::data::{self, Dataset};
use gradus::kernel::Float;
use gradus::pipeline::{self, Executing};
use gradus::step::Target;
use gradus::train::{Schedule, initial, train};
use gradus::vector::Path;
use std::sync::atomic::AtomicBool;

const HEAD: &str = "input x: [4]\ntarget t: class(3)\n";
const TAIL: &str = "
loss = cross_entropy(y, t)
data {
    x: [1, 2, 3, 4], [2, 1, 0, 1], [0, 1, 5, 2], [4, 4, 1, 0], [1, 0, 0, 2], [3, 1, 2, 2], [0, 2, 2, 1]
    t: 0, 1, 2, 0, 1, 2, 1
}
";

/// All parameters, then all states, after five epochs of batches of three and a last one of one.
fn trained(model: &str, optimizer: &str, interpreted: bool, path: Path) -> Vec<f64> {
    let train_section = format!("train {{ minimize loss; optimizer {optimizer}; batch 3; epochs 5; precision f64 }}\n");
    let source = pipeline::read("a test", &format!("{HEAD}{model}{TAIL}{train_section}"), &Default::default());
    assert!(!source.has_errors(), "{:?}", source.diagnostics);
    let model = source.training.as_ref().unwrap();
    let plan = pipeline::data_plan(&source, model).unwrap();
    let options = data::Options { precision: Float::F64, ..data::Options::new(".") };
    let dataset: Dataset = data::load(&plan, &options).unwrap();
    let schedule = Schedule {
        rows: dataset.parts.train.clone(),
        batch: 3,
        epochs: Some(5),
        steps: None,
        seed: 1,
        shuffle: true,
        log_every: 0,
        pause_each_epoch: false,
    };
    let step = pipeline::batched(&pipeline::training_step(model), true);
    let how = Executing { float: Float::F64, threads: 2, interpreted, path, seed: 1 };
    let totals = (schedule.total_steps(), schedule.total_epochs());
    let mut executor = pipeline::executor(&step, &how, 3, &dataset, totals).unwrap();
    let parameters = initial::parameters(model, 1).unwrap().into_iter().zip(0..);
    let states = initial::states(model, 1).unwrap().into_iter().zip(0..);
    let start = parameters.map(|(v, i)| (Target::Parameter(i), v)).chain(states.map(|(v, i)| (Target::State(i), v)));
    let start: Vec<(Target, Vec<f64>)> = start.collect();
    start.iter().for_each(|(target, values)| executor.write(*target, values));
    let stop = AtomicBool::new(false);
    let outcome = train(executor.as_mut(), &schedule, step.logged.len(), &stop, &mut |_, _| true).unwrap();
    assert_eq!(outcome.steps, 15);
    start.iter().flat_map(|(target, _)| executor.read(*target)).collect()
}

fn alike(model: &str, optimizer: &str) {
    let interpreted = trained(model, optimizer, true, Path::detect());
    for path in Path::available() {
        let native = trained(model, optimizer, false, path);
        assert!(native.iter().all(|v| v.is_finite()));
        for (n, i) in native.iter().zip(&interpreted) {
            assert!((n - i).abs() <= 1e-9 * (1.0 + i.abs()), "{model}, {optimizer}, {path:?}: {n} and {i}");
        }
    }
}

#[test]
fn every_optimizer() {
    let model = "y = softmax(dense(relu(dense(x, 5)), 3))";
    for optimizer in ["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw"] {
        alike(model, &format!("{optimizer}(rate = 0.05)"));
    }
}

#[test]
fn every_norm() {
    for norm in ["batch_norm", "layer_norm", "rms_norm"] {
        alike(&format!("h = dense(x, 5) |> {norm} |> relu\ny = softmax(dense(h, 3))"), "adam(rate = 0.05)");
    }
}

#[test]
fn a_state_read_after_it_was_set() {
    let layer =
        "layer counted(x: [n]) {\n    state seen: [n] = 0\n    seen <- seen + batch_mean(x)\n    x + 0.1 seen\n}\n";
    alike(&format!("{layer}y = softmax(dense(counted(x), 3))"), "momentum(rate = 0.01)");
}

#[test]
fn recurrent_nets() {
    for cell in ["rnn", "lstm", "gru"] {
        let model = format!("xs = reshape(x, [4, 1])\nh = {cell}(xs, 3)[-1]\ny = softmax(dense(h, 3))");
        alike(&model, "adam(rate = 0.05)");
    }
}

/// Parameters and states are numbers, whatever they are given: places, places turned round, a choice of both.
#[test]
fn places_are_put_in_parameters_and_states() {
    for next in ["0..3", "reverse(0..3)", "if step > 3 then 0..3 else reverse(0..3)"] {
        for w in ["v", "w - 0.1 g"] {
            let optimizer = format!("optimizer places(w, g) {{\n    state v = 0\n    w <- {w}\n    v <- {next}\n}}\n");
            alike(&format!("{optimizer}param b: [3]\ny = softmax([x[0], x[1], x[2]] + b)"), "places()");
        }
    }
}

/// Derivatives of derivatives through loops whose bodies do not use their states, and through lists: what is computed beside each other neither
/// waits for itself nor is written over.
#[test]
fn values_and_two_derivatives_in_one_step() {
    for (text, name) in [
        (
            "input x\nparam w = 1\nb = sum(scan k in [0.5, 1] with s = 0 { exp(x * k) })\nloss = w * ∂²b/∂x²\ndata { x: 1, 2 }\n",
            "w",
        ),
        (
            "input x\nparam w = 1\nb = (scan k in [0.5, 1] with s = x { sqrt(1 + (x * k)^2) })[1]\nloss = w * ∂²b/∂x²\ndata { x: 1, 2 }\n",
            "w",
        ),
        (
            "input x\nparam w = 1\nb = sum(scan k in [0.5, 1] with s = 0 { (x * k)^2 + 0 * s })^2\nloss = w * ∂²b/∂x²\ndata { x: 1, 2 }\n",
            "w",
        ),
        ("input x\nparam y = 0.6\na = log([x, y] · [x, y])\nloss = a + ∂a/∂y + ∂²a/∂x²\ndata { x: 0.2, 0.5 }\n", "y"),
        ("param x = 0.3\na = [x > 0] * prod([x, 1 / x, x])\ng = grad(a, x)\nloss = a + g + ∂²a/∂x²\n", "x"),
        (
            "param x = 0.3, y = 2\na = dot(exp([0, x]) / sum(exp([0, x])), [x, y])\nloss = a + grad(a, x) + ∂²a/∂x² + ∂a/∂y\n",
            "x",
        ),
    ] {
        let text = format!("{text}train {{ minimize loss; optimizer sgd(rate = 0.1); steps 2; batch all }}\n");
        let [native, interpreted] = Way::in_f64().map(|way| learned(&text, way, name)[0]);
        assert!((native - interpreted).abs() < 1e-12 * native.abs().max(1.0), "{native}, {interpreted}\n{text}");
    }
}
