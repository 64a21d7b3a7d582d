//! The prelude's optimizers and schedules beside PyTorch's: the same net from the same start, in f64, has the same parameters after 100
//! and 1,000 steps. `optimizers/reference.py` says how PyTorch's numbers came about.
use crate::values::{Way, trained};
use gradus::data::Dataset;
use gradus::graph::Runtime;
use gradus::kernel::Float;
use gradus::model::{Model, Options, prelude};
use gradus::oracle::{Environment, Steps};
use gradus::pipeline::{self, Executing, Source};
use gradus::step::Target;
use gradus::syntax::{DefinitionKind, StatementKind};
use gradus::train::{Batch, initial};
use gradus::vector::Path;
use serde_json::Value;
use std::sync::atomic::AtomicBool;

const ROWS: usize = 24;
const BATCH: usize = 4;
const MARKS: [usize; 2] = [100, 1000];
const STEPS: usize = 1000;
const TOLERANCE: f64 = 1e-9;

/// PyTorch's parameters: for each case, as a `.nn` file spells it, those after so many steps as `MARKS` says.
fn reference() -> Vec<(String, [Vec<f64>; 2])> {
    let all: Value = serde_json::from_str(include_str!("optimizers/reference.json")).unwrap();
    let numbers = |marks: &Value, step: usize| -> Vec<f64> {
        marks[step.to_string()].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
    };
    let cases = all["cases"].as_object().unwrap();
    cases.iter().map(|(name, marks)| (name.clone(), MARKS.map(|step| numbers(marks, step)))).collect()
}

fn program(optimizer: &str) -> Source {
    let text = include_str!("optimizers/model.nn");
    let train =
        format!("train {{ minimize loss; optimizer {optimizer}; batch {BATCH}; steps {STEPS}; precision f64 }}\n");
    let source = pipeline::read("model.nn", &format!("{text}\n{train}"), &Options::default());
    assert!(source.diagnostics.is_empty(), "{:?}", source.diagnostics);
    source
}

/// As `fraction` in `reference.py`: the same bits.
fn fraction(k: usize, factor: usize, modulus: usize) -> f64 {
    (factor * k % modulus) as f64 / modulus as f64 - 0.5
}

/// The rows of the input and of the target.
fn rows() -> Vec<Vec<f64>> {
    let x = (0..3 * ROWS).map(|k| 4.0 * fraction(k, 29, 73));
    let t = (0..2 * ROWS).map(|k| 2.0 * fraction(k, 17, 49));
    vec![x.collect(), t.collect()]
}

fn start(model: &Model) -> Vec<Vec<f64>> {
    let sizes = model.graph.parameters.iter().map(|variable| variable.ty.shape.iter().product());
    sizes.enumerate().map(|(at, size)| (0..size).map(|k| fraction(k + 10 * at + 1, 13, 41)).collect()).collect()
}

fn epoch(step: usize) -> usize {
    step.div_ceil(ROWS / BATCH)
}

fn batch(step: usize) -> Batch {
    Batch { first: (step - 1) * BATCH % ROWS, rows: BATCH, step, epoch: epoch(step) }
}

/// The parameters by an executor, at each of the marks.
fn executed(optimizer: &str, interpreted: bool) -> [Vec<f64>; 2] {
    let source = program(optimizer);
    let model = source.training.as_ref().unwrap();
    let step = pipeline::batched(&pipeline::training_step(model), true);
    let how = Executing { float: Float::F64, threads: 1, interpreted, path: Path::detect(), seed: 1 };
    let dataset = Dataset::of(&model.graph.inputs, rows(), ROWS, Float::F64, "a formula");
    let mut executor = pipeline::executor(&step, &how, BATCH, &dataset, (STEPS, epoch(STEPS))).unwrap();
    let start = start(model);
    for (at, values) in start.iter().enumerate() {
        executor.write(Target::Parameter(at as u32), values);
    }
    for (at, values) in initial::states(model, 1).unwrap().iter().enumerate() {
        executor.write(Target::State(at as u32), values);
    }
    let order: Vec<u32> = (0..ROWS as u32).collect();
    let mut done = 0;
    MARKS.map(|mark| {
        let batches: Vec<Batch> = (done + 1..=mark).map(batch).collect();
        done = mark;
        executor.run(&order, &batches, &AtomicBool::new(false), &mut vec![]).unwrap();
        (0..start.len() as u32).flat_map(|at| executor.read(Target::Parameter(at))).collect()
    })
}

/// The parameters by the oracle, at the first mark: example by example, without simplification.
fn by_the_oracle(optimizer: &str) -> Vec<f64> {
    let source = program(optimizer);
    let model = source.training.as_ref().unwrap();
    let step = pipeline::training_step(model);
    let oracle = Steps::new(&step).unwrap();
    let mut env = Environment::new(&step.graph, BATCH);
    env.parameters = start(model);
    env.states = initial::states(model, 1).unwrap();
    env.set_runtime(Runtime::Steps, STEPS as f64);
    env.set_runtime(Runtime::Epochs, epoch(STEPS) as f64);
    let rows = rows();
    for step_number in 1..=MARKS[0] {
        let batch = batch(step_number);
        for (values, all) in env.inputs.iter_mut().zip(&rows) {
            let width = all.len() / ROWS;
            *values = all[batch.first * width..][..BATCH * width].to_vec();
        }
        env.set_runtime(Runtime::Step, batch.step as f64);
        env.set_runtime(Runtime::Epoch, batch.epoch as f64);
        let left = oracle.after(&env).unwrap();
        (env.parameters, env.states) = (left.parameters, left.states);
    }
    env.parameters.concat()
}

/// The largest difference between two lists of numbers, relative to each number of the second.
fn difference(found: &[f64], wanted: &[f64]) -> f64 {
    assert_eq!(found.len(), wanted.len());
    let each = found.iter().zip(wanted).map(|(f, w)| if f == w { 0.0 } else { (f - w).abs() / w.abs() });
    // A NaN is the largest of all.
    each.fold(0.0, |most, d| if d > most || d.is_nan() { d } else { most })
}

/// Each case by one way of training; all that differ are told.
#[track_caller]
fn agree(way: &str, trained: impl Fn(&str) -> Vec<Vec<f64>>) {
    let mut wrong = String::new();
    for (optimizer, wanted) in reference() {
        for ((found, wanted), steps) in trained(&optimizer).iter().zip(&wanted).zip(MARKS) {
            let difference = difference(found, wanted);
            if difference.is_nan() || TOLERANCE < difference {
                wrong += &format!("{optimizer}, {steps} steps {way}: {difference:.1e} away from PyTorch\n");
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn native_code_follows_pytorch() {
    agree("in native code", |optimizer| executed(optimizer, false).to_vec());
}

#[test]
fn the_interpreter_follows_pytorch() {
    agree("interpreted", |optimizer| executed(optimizer, true).to_vec());
}

#[test]
fn the_oracle_follows_pytorch() {
    agree("by the oracle", |optimizer| vec![by_the_oracle(optimizer)]);
}

/// Nothing is left out: every optimizer of the prelude stands in the reference bare, and with all of its options; every schedule too.
#[test]
fn every_option_has_a_reference() {
    let cases: Vec<String> = reference().into_iter().map(|case| case.0).collect();
    let prelude = prelude::parsed();
    let mut optimizers = 0;
    for statement in &prelude.root {
        let StatementKind::Definition(definition) = &statement.kind else { continue };
        let name = &definition.name.name;
        if definition.kind == DefinitionKind::Optimizer {
            optimizers += 1;
            assert!(cases.contains(name), "{name} with PyTorch's numbers");
            let full = cases.iter().filter(|case| case.starts_with(&format!("{name}(")));
            let all = |case: &&String| {
                definition.parameters[2..].iter().all(|option| case.contains(&format!("{} = ", option.name.name)))
            };
            assert!(full.clone().any(|case| all(&case)), "{name} with all of its options");
        }
    }
    assert_eq!(optimizers, 7);
    let schedules = include_str!("../../src/prelude/schedules.nn").lines().filter_map(|line| line.strip_prefix("fn "));
    let mut count = 0;
    for schedule in schedules.map(|rest| rest.split('(').next().unwrap()) {
        count += 1;
        assert!(cases.iter().any(|case| case.contains(&format!(" = {schedule}("))), "{schedule}");
    }
    assert_eq!(count, 5);
}

/// A state has the parameter's shape, or its own.
#[test]
fn states_of_their_own_shape() {
    let text = "param a = 1, b: [3] = 1\nloss = a^2 / 2 + sum(b^2) / 2\noptimizer o(w, g) {\n    state q: [] = 0\n    state p: [2] = 0\n\
        q <- sum(g)\n    p <- [p[1], sum(w)]\n    w <- w - 0.1 * q + 0 * p[0]\n}\n\
        train { minimize loss; optimizer o; steps 2 }\n";
    for way in Way::in_f64() {
        for (name, wanted) in [
            ("a", vec![0.81]),
            ("b", vec![0.49; 3]),
            ("optimizer.b.q", vec![2.1]),
            ("optimizer.b.p", vec![3.0, 2.1]),
            ("optimizer.a.p", vec![1.0, 0.9]),
        ] {
            let got = trained(text, way, name);
            let close = got.len() == wanted.len() && got.iter().zip(&wanted).all(|(a, b)| (a - b).abs() < 1e-12);
            assert!(close, "{name}: {got:?}, not {wanted:?}");
        }
    }
    let wrong = text.replace("p <- [p[1], sum(w)]", "p <- g");
    let source = pipeline::read("a test", &wrong, &Default::default());
    assert_eq!(source.diagnostics.iter().map(|d| d.code).collect::<Vec<_>>(), ["E0312"]);
}
