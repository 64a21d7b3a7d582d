//! Indices that are computed from the places of loops (`x[i + 1]`) mean what slices mean, and so do their derivatives: as they are
//! written, simplified, and compiled.
use gradus::data::Dataset;
use gradus::gradient::derivative;
use gradus::graph::NodeId;
use gradus::kernel::Float;
use gradus::model::{Model, Options};
use gradus::oracle::{Environment, evaluate};
use gradus::pipeline::{self, Executing};
use gradus::simplify::{Stage, simplify};
use gradus::step::StepGraph;
use gradus::train::Batch;
use gradus::vector::Path;
use std::sync::atomic::AtomicBool;

const EXAMPLES: usize = 3;

/// With a loop, and without.
const PAIRS: [(&str, &str); 13] = [
    ("for i in 0..4 { x[i + 1] - x[i] }", "x[1..] - x[..4]"),
    ("for i in 0..5 { x[4 - i] }", "reverse(x)"),
    ("for i in 0..2 { x[2i + n - 2] }", "[x[1], x[3]]"),
    ("for i in reverse(0..4) { x[i + 1] }", "reverse(x[1..])"),
    ("for p in 0..3 { for k in 0..2 { x[p + 2 * k] } }", "[[x[0], x[2]], [x[1], x[3]], [x[2], x[4]]]"),
    ("for p in 0..3 { sum(for k in 0..2 { x[k] x[p - k + 1] }) }", "x[0] x[1..4] + x[1] x[..3]"),
    ("for i in 0..3 { a[i, i + 1] }", "[a[0, 1], a[1, 2], a[2, 3]]"),
    ("for i in 0..3 { a[i, i] }", "[a[0, 0], a[1, 1], a[2, 2]]"),
    ("for i in 0..2 { for j in 0..2 { a[i, i + j + 1] } }", "[[a[0, 1], a[0, 2]], [a[1, 2], a[1, 3]]]"),
    ("for i in 0..2 { a[i + 1] }", "a[1..]"),
    ("for i in 0..2 { a[.., 2 - i] }", "[a[.., 2], a[.., 1]]"),
    ("fold i in 0..4 with h = 0 { h + x[i + 1] * x[i] }", "dot(x[1..], x[..4])"),
    ("scan i in 0..2 with h = 0 { h + x[2i + 1] }", "[x[1], x[1] + x[3]]"),
];

#[test]
fn they_are_slices() {
    for (looped, sliced) in PAIRS {
        let text = format!(
            "n = 3\ninput x: [5]\nparam a: [3, 4]\ne = {looped}\nf = {sliced}\nu = sum(e^2 + sum(e)) + 0 * sum(a) + 0 * sum(x)\n\
             v = sum(f^2 + sum(f)) + 0 * sum(a) + 0 * sum(x)\nd = grad(u, x)\nc = grad(v, x)\nb = grad(u, a)\ng = grad(v, a)\n"
        );
        let source = pipeline::read("model.nn", &text, &Options::default());
        let said: Vec<&str> = source.diagnostics.iter().filter(|d| d.is_error()).map(|d| d.message.as_str()).collect();
        let model = source.training.as_ref().unwrap_or_else(|| panic!("{looped}: {said:?}"));
        let value = |name: &str| model.bindings.iter().find(|b| b.0 == name).unwrap().1;
        let roots = ["e", "f", "d", "c", "b", "g"].map(value);
        let env = Environment::random(&model.graph, EXAMPLES, 7);
        let written = evaluate(&model.graph, &roots, &env).unwrap();
        let simple = simplify(&model.graph, &roots, Stage::Simplify);
        let simplified = evaluate(&simple.graph, &simple.roots, &env).unwrap();
        let derived = derived(model, value("u"), &env);
        // Without the loop and the index there is nothing left to gather.
        let step = StepGraph {
            graph: model.graph.clone(),
            updates: vec![],
            logged: vec![],
            outputs: roots.iter().map(|root| (String::new(), *root)).collect(),
            gradients: vec![],
        };
        let how = Executing { float: Float::F64, threads: 1, interpreted: false, path: Path::detect(), seed: 1 };
        let dataset = Dataset::of(&model.graph.inputs, env.inputs.clone(), EXAMPLES, Float::F64, "a test");
        let mut native = pipeline::executor(&pipeline::batched(&step, true), &how, EXAMPLES, &dataset, (1, 1)).unwrap();
        native.write(gradus::step::Target::Parameter(0), &env.parameters[0]);
        let batch = Batch { first: 0, rows: EXAMPLES, step: 1, epoch: 1 };
        let order: Vec<u32> = (0..EXAMPLES as u32).collect();
        native.run(&order, &[batch], &AtomicBool::new(false), &mut vec![]).unwrap();
        let by_parameter = 4;
        compare(looped, "derived as in training", &derived, &written[by_parameter + 1].flat());
        for pair in [0, 2, by_parameter] {
            let wanted = written[pair + 1].flat();
            let found = [written[pair].flat(), simplified[pair].flat(), native.output(pair, EXAMPLES)];
            for (way, found) in ["written", "simplified", "native"].iter().zip(found) {
                compare(looped, &format!("value {pair}, {way}"), &found, &wanted);
            }
        }
    }
}

/// The derivative by the parameter as training takes it: places are parts of a value before it is derived.
fn derived(model: &Model, of: NodeId, env: &Environment) -> Vec<f64> {
    let mut recognised = simplify(&model.graph, &[of, model.parameters[0].leaf], Stage::Recognise);
    let derivative = derivative(&mut recognised.graph, recognised.roots[0], recognised.roots[1], None).unwrap();
    evaluate(&recognised.graph, &[derivative], env).unwrap()[0].flat()
}

#[track_caller]
fn compare(program: &str, what: &str, found: &[f64], wanted: &[f64]) {
    assert_eq!(found.len(), wanted.len(), "{program}, {what}");
    for (f, w) in found.iter().zip(wanted) {
        assert!((f - w).abs() < 1e-12 * (1.0 + w.abs()), "{program}, {what}: {f}, not {w}");
    }
}
