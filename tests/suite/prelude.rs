//! The examples of `docs/prelude.md`: each is read without errors, and means what PyTorch's beside it means, by the oracle to 1e-9.
//! `prelude/reference.py` says how PyTorch's numbers came about, and that Keras' are the same.
use gradus::graph::Kind;
use gradus::model::{Model, Options};
use gradus::oracle::{Environment, evaluate};
use gradus::pipeline::{self, Source};
use serde_json::Value;

const ROWS: usize = 6;
const TOLERANCE: f64 = 1e-9;
/// What stands beside a row of these groups is compared with it here.
const COMPARED: [&str; 4] = ["Layers", "Activations", "Losses", "Metrics"];

/// An example of the document.
struct Example {
    group: &'static str,
    name: &'static str,
    gradus: &'static str,
    pytorch: Option<&'static str>,
}

fn examples() -> Vec<Example> {
    let (mut group, mut name) = ("", "");
    let mut all: Vec<Example> = vec![];
    for line in include_str!("../../docs/prelude.md").lines() {
        let cell = |tool: &str| line.strip_prefix(&format!("| {tool} | `")).and_then(|rest| rest.strip_suffix("` |"));
        if let Some(title) = line.strip_prefix("## ") {
            group = title;
        } else if let Some(title) = line.strip_prefix("### ") {
            name = title;
        } else if let Some(gradus) = cell("Gradus") {
            all.push(Example { group, name, gradus, pytorch: None });
        } else if let Some(pytorch) = cell("PyTorch") {
            all.last_mut().unwrap().pytorch = Some(pytorch);
        }
    }
    all
}

/// The program with one more line.
#[track_caller]
fn program(line: &str) -> Source {
    let text = format!("{}\n{line}\n", include_str!("prelude/program.nn"));
    let source = pipeline::read("program.nn", &text, &Options::default());
    assert!(!source.has_errors(), "{line}: {:?}", source.diagnostics);
    source
}

/// As `fraction` in `reference.py`: the same bits.
fn fraction(k: usize, factor: usize, modulus: usize) -> f64 {
    (factor * k % modulus) as f64 / modulus as f64 - 0.5
}

/// As `reference.py` has them.
fn environment(model: &Model) -> Environment {
    let mut env = Environment::new(&model.graph, ROWS);
    for (at, (values, variable)) in env.inputs.iter_mut().zip(&model.graph.inputs).enumerate() {
        let value = |k: usize| match variable.ty.kind {
            Kind::Index(count) | Kind::Class(_, count) => (k % count) as f64,
            Kind::Bool => f64::from(k * k % 4 == 1),
            _ => 4.0 * fraction(k + 7 * at + 1, 29, 73),
        };
        values.iter_mut().enumerate().for_each(|(k, v)| *v = value(k));
    }
    for (at, values) in env.parameters.iter_mut().enumerate() {
        values.iter_mut().enumerate().for_each(|(k, v)| *v = fraction(k + 10 * at + 1, 13, 41));
    }
    env
}

#[test]
fn every_example_means_what_pytorchs_means() {
    let reference: Value = serde_json::from_str(include_str!("prelude/reference.json")).unwrap();
    let mut compared = 0;
    for example in examples().iter().filter(|example| COMPARED.contains(&example.group)) {
        let Example { name, gradus, .. } = example;
        let row = &reference["rows"][name];
        let beside = (row["Gradus"].as_str(), row["PyTorch"].as_str());
        assert_eq!(beside, (Some(*gradus), example.pytorch), "{name} has changed: tests/suite/prelude/reference.py");
        let wanted: Vec<f64> = row["values"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
        let source = program(&format!("e = {gradus}"));
        let model = source.training.as_ref().unwrap();
        let e = model.bindings.iter().find(|(name, _)| name == "e").unwrap().1;
        let value = &evaluate(&model.graph, &[e], &environment(model)).unwrap()[0];
        let found = if wanted.len() == 1 { vec![value.number()] } else { value.flat() };
        assert_eq!(found.len(), wanted.len(), "{name}");
        for (found, wanted) in found.iter().zip(&wanted) {
            assert!((found - wanted).abs() <= TOLERANCE * (1.0 + wanted.abs()), "{name}: {found}, PyTorch: {wanted}");
        }
        compared += 1;
    }
    assert_eq!(compared, reference["rows"].as_object().unwrap().len());
    assert!(compared > 40);
}

#[test]
fn every_other_example_is_read() {
    let mut read = 0;
    for Example { group, gradus, .. } in examples() {
        match group {
            "Optimizers" => program(&format!("param a\ntrain {{ minimize a^2; steps 1; optimizer {gradus} }}")),
            "Schedules" => program(&format!("e = {gradus} * x")),
            "How parameters begin" => program(gradus),
            _ => continue,
        };
        read += 1;
    }
    assert!(read > 15);
}
