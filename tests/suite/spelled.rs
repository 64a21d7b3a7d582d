//! Losses as people spell them out: recognised, they are the same number with the same derivative, print as in a textbook, and stay finite
//! where the plain form does not.
use gradus::data;
use gradus::gradient::adjoints;
use gradus::kernel::Float;
use gradus::notation::{self, Form};
use gradus::oracle::claims::{Verdict, judge};
use gradus::oracle::{Environment, evaluate};
use gradus::pipeline::{self, Executing, Source};
use gradus::simplify::{Stage, simplify};
use gradus::step::Target;
use gradus::train::Batch;
use gradus::vector::Path;
use std::sync::atomic::AtomicBool;

const HEAD: &str = "\
input  ts: [4], t
target k: class(4)
target b: bool
param  z: [4]
e = 0.1
y = sigmoid(z)
s = sigmoid(z[0])
p = softmax(z)
";
const TAIL: &str = "
data {
    ts: [1, 0, 0.3, 1], [0, 0, 1, 0.5], [0, 1, 0.1, 1]
    t: 0, 1, 0.2
    k: 0, 3, 2
    b: 0, 1, 1
}
optimizer derivative(w, g) { w <- g }
train { minimize loss; optimizer derivative(); batch 3; steps 1 }
";

/// Each with what is printed for `∂loss/∂z`.
const LOGISTIC: &[(&str, &str)] = &[
    ("-sum(ts * log(y) + (1 - ts) * log(1 - y))", "y − ts"),
    ("-mean(ts * log(y) + (1 - ts) * log(1 - y))", "(y − ts) / 4"),
    ("-sum((1 - ts) * log(1 - y) + ts * log(y))", "y − ts"),
    ("-sum(log(1 - y) * (1 - ts) + log(y) * ts)", "y − ts"),
    ("sum(-ts * log(y) - (1 - ts) * log(1 - y))", "y − ts"),
    ("sum(-(ts * log(y)) - (1 - ts) * log(1 - y))", "y − ts"),
    ("-sum(ts * log(y)) - sum((1 - ts) * log(1 - y))", "y − ts"),
    ("-(ts' log(y) + (1 - ts)' log(1 - y))", "y − ts"),
    ("-dot(ts, log(y)) - dot(1 - ts, log(1 - y))", "y − ts"),
    ("-sum(t * log(y) + (1 - t) * log(1 - y))", "y − t"),
    ("-sum(b * log(y) + (1 - b) * log(1 - y))", "y − b"),
    ("-sum(0.9 * log(y) + 0.1 * log(1 - y))", "y − 0.9"),
    ("-sum(0.1 * log(1 - y) + 0.9 * log(y))", "y − 0.9"),
    ("-sum((1 - 0.1) * log(y) + 0.1 * log(1 - y))", "y − 0.9"),
    ("-sum((1 - e) * log(y) + e * log(1 - y))", "y − 1 + e"),
    ("-sum(log(y) * [b] + [not b] * log(1 - y))", "y − b"),
    ("-(t log(y[1]) + (1 - t) log(1 - y[1]))", "(sigmoid(z[1]) − t) [i = 1]"),
    ("-(log(y[0]) + log(1 - y[1]))", "sigmoid(z[1]) [i = 1] − sigmoid(−z[0]) [i = 0]"),
    ("-(t log(y[k]) + (1 - t) log((1 - y)[k]))", "(sigmoid(z[k]) − t) onehot(k)"),
    ("-sum(log(if b then y else 1 - y))", "y − b"),
    ("-sum(if b then log(y) else log(1 - y))", "y − b"),
    ("sum(if b then -log(y) else -log(1 - y))", "y − b"),
    ("-sum(ts * log(1 / (1 + exp(-z))) + (1 - ts) * log(1 - 1 / (1 + exp(-z))))", "y − ts"),
    ("-log(prod(y^ts * (1 - y)^(1 - ts)))", "y − ts"),
    ("-sum(log(y))", "−sigmoid(−z)"),
    ("-sum(log(1 - y))", "y"),
    ("sum(log(y))", "sigmoid(−z)"),
    ("-sum(log1p(-y))", "y"),
    ("sum(log(1 + exp(z)))", "y"),
    ("sum(log(y / (1 - y)))", "1"),
    ("sum(z^2) - sum(ts * log(y)) + sum(z) - sum((1 - ts) * log(1 - y))", "y − ts + 1 + 2 z"),
];
const SOFTMAX: &[(&str, &str)] = &[
    ("-log(p[k])", "p − onehot(k)"),
    ("log(p[k])", "onehot(k) − p"),
    ("-log(p)[k]", "p − onehot(k)"),
    ("-log(p[1])", "p[i] − [i = 1]"),
    ("-log(exp(z[k]) / sum(exp(z)))", "p − onehot(k)"),
    ("-(z[k] - log(sum(exp(z))))", "p − onehot(k)"),
    ("log(sum(exp(z))) - z[k]", "p − onehot(k)"),
    ("max(z) + log(sum(exp(z - max(z)))) - z[k]", "p − onehot(k)"),
    ("-(z - logsumexp(z))[k]", "p − onehot(k)"),
    ("-sum(onehot(k) * log(p))", "p − onehot(k)"),
    ("sum(-onehot(k) * log(p))", "p − onehot(k)"),
    ("-onehot(k)' log(p)", "p − onehot(k)"),
    ("-sum(ts * log(p))", "sum(ts) p − ts"),
    ("-sum(p * log(p))", "p ⊙ (pᵀ log_softmax(z) − log_softmax(z))"),
];

fn spelled() -> impl Iterator<Item = (&'static str, &'static str)> {
    LOGISTIC.iter().chain(SOFTMAX).copied()
}

fn read(loss: &str, precision: &str) -> Source {
    let tail = TAIL.replace("steps 1", &format!("steps 1; precision {precision}"));
    let source = pipeline::read("a test", &format!("{HEAD}loss = {loss}\n{tail}"), &Default::default());
    assert!(!source.has_errors(), "{loss}: {:?}", source.diagnostics);
    source
}

#[test]
fn they_print_as_in_a_textbook() {
    for (loss, wanted) in spelled() {
        let source = read(loss, "f64");
        let model = source.training.as_ref().unwrap();
        let z = model.parameters[0].leaf;
        let of = [("loss".to_string(), model.loss.unwrap())];
        let text = notation::text::render(
            &notation::gradient(&model.graph, &of, &[("z".to_string(), z)], Form::Paper),
            100,
            false,
        );
        let line = text.lines().find(|line| line.contains("∂loss/∂z")).unwrap_or(&text);
        assert_eq!(line.split_once(" = ").unwrap().1.trim(), wanted, "{loss}\n{text}");
    }
}

#[test]
fn they_are_the_same_numbers() {
    for (loss, _) in spelled() {
        let source = read(loss, "f64");
        let model = source.training.as_ref().unwrap();
        let (of, z) = (model.loss.unwrap(), model.parameters[0].leaf);
        let derived = |stages: [Stage; 2]| {
            let known = simplify(&model.graph, &[of, z], stages[0]);
            let mut graph = known.graph;
            let d = adjoints(&mut graph, known.roots[0], &[known.roots[1]]).of(known.roots[1]).unwrap();
            simplify(&graph, &[known.roots[0], d], stages[1])
        };
        let (plain, known) = (derived([Stage::Collect; 2]), derived([Stage::Recognise, Stage::Simplify]));
        for seed in 0..4 {
            let mut env = Environment::random(&model.graph, 3, seed);
            env.parameters[0].iter_mut().for_each(|v| *v *= 3.0);
            let values = |of: &gradus::simplify::Simplified| evaluate(&of.graph, &of.roots, &env).unwrap();
            for (plain, known) in values(&plain).iter().zip(&values(&known)) {
                for example in 0..3 {
                    for (plain, known) in plain.of(example).iter().zip(known.of(example)) {
                        assert!((plain - known).abs() < 1e-9 * (1.0 + plain.abs()), "{loss}: {plain} and {known}");
                    }
                }
            }
        }
    }
}

#[test]
fn they_are_finite_far_from_zero() {
    for (loss, _) in spelled() {
        for interpreted in [false, true] {
            let source = read(loss, "f32");
            let model = source.training.as_ref().unwrap();
            let options = data::Options { precision: Float::F32, ..data::Options::new(".") };
            let dataset = data::load(&pipeline::data_plan(&source, model).unwrap(), &options).unwrap();
            let step = pipeline::batched(&pipeline::training_step(model), true);
            let how = Executing { float: Float::F32, threads: 1, interpreted, path: Path::detect(), seed: 1 };
            let mut executor = pipeline::executor(&step, &how, 3, &dataset, (1, 1)).unwrap();
            for z in [[200.0, -200.0, 200.0, -200.0], [-200.0; 4], [-200.0, 200.0, 0.0, 100.0]] {
                executor.write(Target::Parameter(0), &z);
                let mut numbers = vec![];
                let batch = Batch { first: 0, rows: 3, step: 1, epoch: 1 };
                executor.run(&dataset.parts.train, &[batch], &AtomicBool::new(false), &mut numbers).unwrap();
                numbers.extend(executor.read(Target::Parameter(0)));
                assert!(numbers.iter().all(|v| v.is_finite()), "{loss} at {z:?}: {numbers:?}");
            }
        }
    }
}

/// The derivative by a value that the recognised form needs no longer: of the whole loss, not of what is left of the value.
#[test]
fn derivatives_by_what_recognition_goes_around_are_whole() {
    for (loss, derivative, part) in [
        ("-log(p[k])", "-onehot(k) / p[k]", "0 p"),
        ("-log(p[k]) + sum(p^2)", "2 p - onehot(k) / p[k]", "2 p"),
        ("-sum(ts * log(p)) + sum(p^2)", "2 p - ts / p", "2 p"),
    ] {
        let source = read(&format!("{loss}\n∂loss/∂p = {derivative}\n∂loss/∂p = {part}"), "f64");
        let model = source.training.as_ref().unwrap();
        let verdicts: Vec<Verdict> = model.claims.iter().map(|claim| judge(&model.graph, claim).unwrap()).collect();
        assert!(matches!(verdicts[..], [Verdict::Same, Verdict::Wrong(_)]), "{loss}: {verdicts:?}");
        // What is printed of `p` where it is not asked for is no part of it either.
        let of = [("loss".to_string(), model.loss.unwrap())];
        let z = [("z".to_string(), model.parameters[0].leaf)];
        let text = notation::text::render(&notation::gradient(&model.graph, &of, &z, Form::Paper), 100, false);
        assert!(!text.contains("∂loss/∂p"), "{text}");
        let p = [("p".to_string(), model.bindings.iter().find(|b| b.0 == "p").unwrap().1)];
        let text = notation::text::render(&notation::gradient(&model.graph, &of, &p, Form::Paper), 100, false);
        assert!(text.contains("∂loss/∂p = ") && text.contains('/') && !text.contains("= 0"), "{text}");
    }
}
