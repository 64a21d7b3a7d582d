//! Every example is without an error and without a warning, and learns.
use super::program::{Program, read, root};
use gradus::kernel::Float;
use gradus::pipeline::{self, Executing};
use gradus::vector::Path;
use std::path::PathBuf;

fn examples() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("examples")).unwrap().map(|entry| entry.unwrap().path());
    let mut all: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|e| e == "nn")).collect();
    all.sort();
    assert!(all.len() >= 7);
    all
}

/// Steps of each example: enough to see the objective fall, in an unoptimised build.
const STEPS: usize = 60;

#[test]
fn every_example_learns() {
    for path in examples() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let source = read(&text);
        let model = source.training.as_ref().unwrap();
        if model.data.is_none() {
            // It has no data of its own: then it is compiled, down to its program.
            pipeline::planned(&pipeline::batched(&pipeline::training_step(model), true), Float::F32, 32).unwrap();
            continue;
        }
        let program = Program::new(source, root().join("examples"));
        let trained = program.train(1, false, Some(STEPS), None);
        let losses = &trained.objectives;
        assert_eq!((losses.len(), trained.outcome.diverged), (STEPS, None), "{name}");
        let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
        let (begin, end) = (mean(&losses[..5]), mean(&losses[STEPS - 5..]));
        assert!(end < 0.9 * begin, "{name}: the objective goes from {begin} to {end}");
        // The interpreter goes the same way, and so does native code with vectors of every width.
        for (path, interpreted) in Path::available().into_iter().flat_map(|path| [(path, true), (path, false)]) {
            let how = Executing { float: Float::F32, threads: 1, interpreted, path, seed: 1 };
            for (native, other) in losses.iter().zip(&program.train_by(&how, Some(5), None).objectives) {
                assert!((native - other).abs() <= 1e-4 * native.abs(), "{name}, {how:?}: {native} and {other}");
            }
        }
    }
}

#[test]
fn irises_are_told_apart() {
    let program = Program::new(read(include_str!("../../../examples/iris.nn")), root().join("examples"));
    let mut accuracies: Vec<f64> = (1..=10)
        .map(|seed| {
            let trained = program.train(1, false, None, Some(seed));
            trained.test.iter().find(|metric| metric.0 == "accuracy").unwrap().1
        })
        .collect();
    accuracies.sort_by(f64::total_cmp);
    assert!((accuracies[4] + accuracies[5]) / 2.0 >= 0.93, "{accuracies:?}");
}
