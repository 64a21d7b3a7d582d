//! What each example reaches: at seeds 1 to 5, the median at its quality and none far below. It takes some minutes:
//! `cargo test --release --test suite quality -- --ignored`. A quick form of each is `every_example_learns`.
use super::program::root;
use serde_json::Value;
use std::process::Command;
use std::time::Instant;

/// An example, what is measured, and what it must reach; more is better.
struct Quality {
    example: &'static str,
    /// A metric of the test part, or the share by which it is below another: `error of as_last_month`.
    measured: &'static str,
    at_least: f64,
}

const fn quality(example: &'static str, measured: &'static str, at_least: f64) -> Quality {
    Quality { example, measured, at_least }
}

const QUALITIES: &[Quality] = &[
    quality("iris", "accuracy", 0.93),
    quality("digits", "accuracy", 0.96),
    quality("cnn", "accuracy", 0.98),
    quality("resnet", "accuracy", 0.98),
    quality("lenet", "accuracy", 0.94),
    quality("mlp1d", "accuracy", 0.65),
    quality("cnn1d", "accuracy", 0.92),
    quality("gru", "accuracy", 0.88),
    quality("lstm", "accuracy", 0.87),
    quality("cnn1d_watch", "accuracy", 0.91),
    quality("recordings", "accuracy", 0.90),
    quality("forecast", "error of as_last_month", 0.65),
    quality("forecast", "error of as_last_year", 0.82),
    quality("sunspots", "error of as_last_year", 0.4),
    quality("weather", "error of as_yesterday", 0.03),
    quality("wavenet", "loss of as_before", 0.95),
    quality("denoise", "loss of before", 0.8),
    quality("siamese", "right_of_equal", 0.74),
    quality("siamese", "right_of_other", 0.98),
    quality("mixture", "loss of one_kind", 0.6),
    quality("features", "accuracy", 0.95),
    quality("factors", "error", -0.38),
    quality("ode", "error", -0.005),
    quality("attention", "accuracy", 0.99),
    quality("vae", "loss", -25.5),
    quality("anomaly", "loss", -0.25),
    // A trigram's, smoothed as well as may be, is 2.88.
    quality("gpt", "bits", -2.7),
];

/// What one training reaches on the test part.
fn reached(example: &str, seed: usize) -> (Value, f64) {
    let began = Instant::now();
    let file = root().join("examples").join(format!("{example}.nn"));
    let arguments = ["--json", "--threads", "2", "--seed", &seed.to_string()];
    let output = Command::new(env!("CARGO_BIN_EXE_gradus")).arg("run").arg(&file).args(arguments).output().unwrap();
    assert!(output.status.success(), "{example}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let done: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    (done["test"].clone(), began.elapsed().as_secs_f64())
}

#[test]
#[ignore = "some minutes: cargo test --release --test suite quality -- --ignored"]
fn examples_reach_their_quality() {
    let mut wrong = vec![];
    let mut names: Vec<&str> = QUALITIES.iter().map(|quality| quality.example).collect();
    names.dedup();
    for example in names {
        let runs: Vec<(Value, f64)> = (1..=5).map(|seed| reached(example, seed)).collect();
        let slowest = runs.iter().map(|run| run.1).fold(0.0, f64::max);
        for Quality { measured, at_least, .. } in QUALITIES.iter().filter(|quality| quality.example == example) {
            let number = |test: &Value, name: &str| test[name].as_f64().unwrap_or_else(|| panic!("{example}: {test}"));
            let mut values: Vec<f64> = runs
                .iter()
                .map(|(test, _)| match measured.split_once(" of ") {
                    Some((own, other)) => 1.0 - number(test, own) / number(test, other),
                    None if *at_least < 0.0 => -number(test, measured),
                    None => number(test, measured),
                })
                .collect();
            values.sort_by(f64::total_cmp);
            let line = format!("{example}, {measured}: {values:.4?}, to be {at_least}; {slowest:.1} s at most");
            println!("{line}");
            // 0.03, or of what is no share as much of its size.
            let slack = 0.03 * at_least.abs().max(if *at_least < 0.0 { 0.0 } else { 1.0 });
            if values[2] < *at_least || values[0] < at_least - slack {
                wrong.push(line);
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
#[ignore = "some minutes: cargo test --release --test suite quality -- --ignored"]
fn derivatives_of_large_examples_hold() {
    for name in crate::commands::LARGE {
        let file = root().join("examples").join(format!("{name}.nn"));
        let output = Command::new(env!("CARGO_BIN_EXE_gradus")).arg("check").arg(&file).arg("--gradients").output();
        let output = output.unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && said.contains("all derivatives hold"), "{name}: {said}");
    }
}
