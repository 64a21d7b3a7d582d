//! The commands as a user runs them: what they print, what they say on stderr, how they end.
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Runs the binary in the project's folder.
fn gradus(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gradus"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}
fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}
fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Runs what must succeed, and answers with what it prints.
#[track_caller]
fn printed(arguments: &[&str]) -> String {
    let output = gradus(arguments);
    assert_eq!(code(&output), 0, "{}", err(&output));
    out(&output)
}

/// A folder with one program.
fn program(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.nn");
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

const CLASSIFIER: &str = "input x: [3]\ntarget t: class(4)\nloss = cross_entropy(softmax(dense(x, 4)), t)\n\
    metric accuracy = argmax(dense(x, 4)) == t\n";

#[test]
fn every_command_explains_itself_with_examples() {
    let all = printed(&["--help"]);
    for command in ["check", "run", "grad", "bench", "show"] {
        assert!(all.contains(&format!("\n  {command} ")), "{command} is not listed:\n{all}");
        let help = printed(&[command, "--help"]);
        assert!(help.contains("Example"), "{help}");
        assert!(help.contains(&format!("\n  gradus {command} ")), "{help}");
    }
}

#[test]
fn bench_says_what_was_measured() {
    let report: Value = serde_json::from_str(&printed(&["bench", "examples/iris.nn", "--json"])).unwrap();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<String>>();
    let wanted = ["arena_bytes", "interpreter", "jit", "max_difference", "ratio", "threads", "unsimplified"];
    assert_eq!(keys(&report), wanted);
    assert_eq!(keys(&report["jit"]), ["compile_ms", "step_us"]);
    assert_eq!(keys(&report["interpreter"]), ["step_us"]);
    assert_eq!(keys(&report["unsimplified"]), ["step_us"]);
    let number = |value: &Value| value.as_f64().unwrap();
    for positive in [
        &report["arena_bytes"],
        &report["ratio"],
        &report["jit"]["step_us"],
        &report["jit"]["compile_ms"],
        &report["interpreter"]["step_us"],
        &report["unsimplified"]["step_us"],
    ] {
        assert!(0.0 < number(positive), "{report}");
    }
    assert_eq!(report["threads"], 1);
    let difference = number(&report["max_difference"]);
    assert!(0.0 < difference && difference < 1e-4, "{report}");
    let ratio = number(&report["interpreter"]["step_us"]) / number(&report["jit"]["step_us"]);
    assert!((number(&report["ratio"]) - ratio).abs() < 1e-9 * ratio, "{report}");
}

#[test]
fn bench_draws_what_it_needs_where_there_is_no_data() {
    let (_folder, file) = program(&format!("{CLASSIFIER}train {{ minimize loss; batch all; epochs 3 }}"));
    let output = gradus(&["bench", text(&file), "--precision", "f64", "--threads", "2"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    assert_eq!(err(&output), "note: this program has no data: inputs and targets are drawn\n");
    let text = out(&output);
    assert!(text.starts_with("model.nn on drawn numbers: batches of 32, f64, 2 threads\n\n"), "{text}");
    for line in ["native code", "interpreter", "  without rules", "compiled in", "memory of a step"] {
        assert!(text.lines().any(|l| l.starts_with(line)), "{text}");
    }
    assert!(!text.contains('\x1b'), "colour where no terminal is:\n{text}");
}

#[test]
fn bench_needs_something_to_train() {
    let (_folder, file) = program(CLASSIFIER);
    let output = gradus(&["bench", text(&file)]);
    assert_eq!((code(&output), out(&output).as_str()), (1, ""));
    assert!(err(&output).contains("no `train` section"), "{}", err(&output));
    assert_eq!(code(&gradus(&["bench"])), 2);
}
