//! The commands as a user runs them: what they print, what they say on stderr, how they end.
use gradus::vector;
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

const CLASSIFIER: &str = "input x: [3]\ntarget t: class(4)\ny = softmax(dense(x, 4))\nloss = cross_entropy(y, t)\n\
    metric accuracy = argmax(y) == t\n";

/// Runs the binary with vectors of a certain width.
fn with_vectors(name: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gradus"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).env("GRADUS_CPU", name).args(arguments).output().unwrap()
}

#[test]
fn vectors_are_those_that_are_asked_for() {
    // Whatever this run was asked for itself.
    let widest = out(&with_vectors("", &["show", "examples/iris.nn", "--stage", "clif"]));
    for (number, path) in vector::Path::available().into_iter().enumerate() {
        // Only what every processor has, has no sum of a product that is rounded once.
        let shown = with_vectors(path.name(), &["show", "examples/iris.nn", "--stage", "clif"]);
        let fused = path != vector::Path::Portable || !cfg!(target_arch = "x86_64");
        assert_eq!(out(&shown).contains(" fma "), fused, "{path:?}");
        assert!(number > 0 || out(&shown) == widest, "{path:?}");
        for executor in ["jit", "interpreter"] {
            let run = with_vectors(path.name(), &["run", "examples/iris.nn", "--epochs", "30", "--executor", executor]);
            assert_eq!(code(&run), 0, "{path:?}: {}", err(&run));
            assert!(out(&run).contains("test  loss 0."), "{path:?}: {}", out(&run));
        }
    }
    for unknown in ["sse", "AVX2"] {
        let run = with_vectors(unknown, &["run", "examples/iris.nn"]);
        let said = format!("error: GRADUS_CPU is `{unknown}`, and there are no such vectors; this processor has ");
        assert_eq!((code(&run), out(&run).as_str()), (2, ""));
        assert!(err(&run).starts_with(&said) && err(&run).ends_with("portable\n"), "{}", err(&run));
    }
    for lacking in vector::Path::ALL.into_iter().filter(|path| !path.is_available()) {
        let run = with_vectors(lacking.name(), &["check", "examples/iris.nn"]);
        assert_eq!(code(&run), 2);
        assert!(err(&run).contains("which this processor lacks; it has "), "{}", err(&run));
    }
    // Nothing is asked for.
    assert_eq!(code(&with_vectors("", &["check", "examples/iris.nn"])), 0);
    assert!(printed(&["--help"]).contains("GRADUS_CPU=avx512|avx2|portable"));
}

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
    // How far the two are apart is a matter of the processor: on some they agree to the bit.
    assert!((0.0..1e-4).contains(&difference), "{report}");
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
    assert!(text.starts_with("model.nn on drawn numbers: batches of 32, f64, 1 thread\n\n"), "{text}");
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

/// What `gradus grad` makes of a formula: what it prints, and what it says about it.
fn of_formula(formula: &str, more: &[&str]) -> String {
    let mut arguments = vec!["grad", "-e", formula];
    arguments.extend(more);
    let output = gradus(&arguments);
    let head = if code(&output) == 0 { String::new() } else { format!("exit {}\n", code(&output)) };
    format!("{head}{}{}", err(&output), out(&output))
}

#[test]
fn grad_of_a_formula() {
    insta::assert_snapshot!(of_formula("sum((A x - b)^2)", &["--wrt", "x"]), @r#"
    note: this takes `A` for [2, 3], `x` for [3], `b` for [2]; declare what is to be something else: `-e "A: [5]; …"`
    ∂f/∂x = 2 Aᵀ (A x − b)
    "#);
    insta::assert_snapshot!(of_formula("x' A x", &["--wrt", "x"]), @r#"
    note: this takes `x` for [3], `A` for [3, 3]; declare what is to be something else: `-e "x: [5]; …"`
    ∂f/∂x = A x + Aᵀ x
    "#);
    insta::assert_snapshot!(of_formula("-log(softmax(W x + b)[t])", &[]), @r#"
    note: this takes `W` for [3, 3], `x` for [3], `b` for [3], `t` for class(3); declare what is to be something else: `-e "W: [5]; …"`
    δa = softmax(a) − onehot(t)                  where a = W x + b
    ∂f/∂W = δa xᵀ
    ∂f/∂x = Wᵀ δa
    ∂f/∂b = δa
    "#);
    // A value that is bound is called by its name; what is declared needs no note.
    insta::assert_snapshot!(of_formula("x, y: [4]; param w; s = tanh(w x' y)", &[]), @r"
    δa = 1 − s²                                  where a = w c
                                                       c = xᵀ y
    ∂s/∂w = δa c
    δc = δa w
    ∂s/∂x = δc y
    ∂s/∂y = δc x
    ");
}

#[test]
fn grad_before_simplification() {
    let formula = "z: [10]; t: class(10); cross_entropy(softmax(z), t)";
    insta::assert_snapshot!(of_formula(formula, &["--wrt", "z"]), @"∂f/∂z = softmax(z) − onehot(t)");
    insta::assert_snapshot!(of_formula(formula, &["--wrt", "z", "--raw"]), @r"
    δa = −onehot(t) / a                          where a = softmax(z)
    ∂f/∂z = a ⊙ (δa − δaᵀ a)
    ");
    insta::assert_snapshot!(printed(&["grad", "examples/iris.nn", "--raw"]));
}

#[test]
fn grad_says_what_is_wrong_with_a_formula() {
    let answers: String = ["sofmax(z)", "x +", "x = 3", "", "softmax(z)", "x[7]", "a + b + c + d + e + g + h"]
        .map(|formula| format!("$ gradus grad -e \"{formula}\"\n{}\n", of_formula(formula, &[])))
        .concat();
    insta::assert_snapshot!(answers);
    let class = "z: [3]; t: class(3); cross_entropy(softmax(z), t)";
    insta::assert_snapshot!(of_formula(class, &["--wrt", "t"]), @"
    exit 1
    error: `t` is a class, and a class has no derivative
    ");
    assert_eq!(code(&gradus(&["grad"])), 2);
    assert_eq!(code(&gradus(&["grad", "examples/line.nn", "-e", "x"])), 2);
}

#[test]
fn grad_by_an_input() {
    insta::assert_snapshot!(printed(&["grad", "examples/iris.nn", "--wrt", "x"]));
    let output = gradus(&["grad", "examples/iris.nn", "--wrt", "hh"]);
    insta::assert_snapshot!(err(&output), @"
    error: no value, parameter or input is named `hh`
      = help: there is `h`
    ");
    let output = gradus(&["grad", "examples/iris.nn", "--wrt", "unknown"]);
    insta::assert_snapshot!(err(&output));
}

#[test]
fn numbers_of_the_command_line_say_what_they_take() {
    let wrong = ["--epochs -1", "--threads 0", "--steps x", "--seed -3", "--batch 1.5", "--seed 99999999999999999999"];
    let said = wrong.map(|option| {
        let words: Vec<&str> = ["run", "examples/line.nn"].into_iter().chain(option.split(' ')).collect();
        let output = gradus(&words);
        assert_eq!(code(&output), 2, "{option}");
        err(&output).lines().next().unwrap_or("").to_string()
    });
    insta::assert_snapshot!(said.join("\n"));
}

/// Examples whose derivatives take long to check.
pub const LARGE: [&str; 7] = ["cnn1d", "cnn1d_watch", "gpt", "gru", "lenet", "resnet", "wavenet"];

#[test]
fn check_confirms_the_derivatives_of_every_example() {
    let mut files: Vec<PathBuf> = std::fs::read_dir("examples").unwrap().map(|entry| entry.unwrap().path()).collect();
    // One of them claims something wrong, on purpose.
    files.retain(|path| path.extension().is_some_and(|e| e == "nn") && !path.ends_with("claims.nn"));
    files.sort();
    // The largest take seconds, unoptimised many: `quality` runs them.
    let is_large = |path: &PathBuf| LARGE.iter().any(|name| path.ends_with(format!("{name}.nn")));
    assert_eq!(files.iter().filter(|path| is_large(path)).count(), LARGE.len());
    files.retain(|path| !is_large(path));
    assert!(30 <= files.len());
    for file in files {
        let text = printed(&["check", text(&file), "--gradients"]);
        assert!(
            text.ends_with(
                "all derivatives hold: backwards, simplified, compiled, forwards and by dual numbers, to 1e-6\n"
            ),
            "{text}"
        );
    }
}

#[test]
fn check_draws_where_there_is_no_data() {
    let (folder, file) = program(&format!("{CLASSIFIER}data \"missing.csv\"\ntrain {{ minimize loss; epochs 1 }}"));
    let output = gradus(&["check", text(&file), "--gradients"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    assert!(err(&output).starts_with("note: the data can't be read ("), "{}", err(&output));
    assert!(out(&output).contains("4 examples of drawn numbers"), "{}", out(&output));
    // Without a `train` section, too; and there must be something to differentiate.
    std::fs::write(&file, CLASSIFIER).unwrap();
    assert!(printed(&["check", text(&file), "--gradients"]).contains("derivatives of `loss`"));
    std::fs::write(&file, "input x\ny = 2 x").unwrap();
    let output = gradus(&["check", text(&file), "--gradients"]);
    assert_eq!(code(&output), 1);
    assert!(err(&output).contains("nothing to differentiate"), "{}", err(&output));
    std::fs::write(&file, "input x\nparam w\nloss = log(w x)").unwrap();
    let output = gradus(&["check", text(&file), "--gradients"]);
    assert_eq!(code(&output), 1);
    assert!(err(&output).contains("`loss` is no number here"), "{}", err(&output));
    drop(folder);
}

#[test]
fn every_stage_is_shown() {
    let stages = ["tokens", "tree", "graph", "gradient", "simplified", "batched", "step", "plan", "kernels", "clif"];
    let shown = stages.map(|stage| printed(&["show", "examples/iris.nn", "--stage", stage]));
    for (at, text) in shown.iter().enumerate() {
        assert!(shown[..at].iter().all(|other| other != text), "{} shows what another stage does", stages[at]);
    }
    let help = printed(&["show", "--help"]);
    assert!(stages.iter().all(|stage| help.contains(&format!("- {stage}:"))), "{help}");
}

#[test]
fn show_has_cranelift_code_of_every_kernel_and_of_the_loop() {
    let titles = |stage: &str, mark: &str| -> Vec<String> {
        let text = printed(&["show", "examples/iris.nn", "--stage", stage]);
        let heads = text.lines().filter_map(|line| line.strip_prefix(mark).map(str::to_string));
        heads.map(|head| head.trim_end_matches(" f32").trim_end_matches(" f64").to_string()).collect()
    };
    let code = titles("clif", "; ");
    let mut wanted: Vec<String> = titles("kernels", "kernel ").iter().map(|title| format!("kernel {title}")).collect();
    assert!(10 < wanted.len());
    wanted.push("run".to_string());
    assert_eq!(code, wanted);
    let text = printed(&["show", "examples/iris.nn", "--stage", "clif"]);
    assert_eq!(text.matches("\nfunction ").count(), wanted.len());
    assert!(text.contains("f32x4"));
}

const FLOWERS: &str =
    "length,kind\n1.0,rose\n1.2,rose\n3.0,aster\n3.1,aster\n5.0,lily\n5.2,lily\n0.9,rose\n3.3,aster\n5.1,lily\n";
const NAMED: &str = "input x\ntarget t: class(3)\ny = softmax(dense([x], 3))\nloss = cross_entropy(y, t)\n\
    metric roses = t == \"rose\"\ndata \"flowers.csv\" { x = length; t = kind; standardize x; test 0.34 }\n\
    train { minimize loss; epochs 2; batch 3 }\n";

#[test]
fn classes_are_called_by_their_names_in_the_data() {
    let (folder, file) = program(NAMED);
    let csv = folder.path().join("flowers.csv");
    std::fs::write(&csv, FLOWERS).unwrap();
    let weights = folder.path().join("w.safetensors");
    let output = gradus(&["run", text(&file), "--save", text(&weights)]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    // One flower of three in the test part is a rose.
    assert!(out(&output).contains("roses 0.3333"), "{}", out(&output));
    for arguments in [&["check"][..], &["grad"], &["show", "--stage", "graph"], &["bench"]] {
        let all: Vec<&str> =
            arguments[..1].iter().copied().chain([text(&file)]).chain(arguments[1..].iter().copied()).collect();
        printed(&all);
    }
    // The names come with the weights: a program goes with them even where its data is not.
    std::fs::remove_file(&csv).unwrap();
    let other = folder.path().join("other.csv");
    std::fs::write(&other, "length\n1.1\n").unwrap();
    printed(&["predict", text(&file), "--weights", text(&weights), "--data", text(&other)]);
    let output = gradus(&["check", text(&file)]);
    assert_eq!(code(&output), 1);
    insta::assert_snapshot!(err(&output));
}

#[test]
fn a_name_that_no_class_has_is_an_error() {
    let (folder, file) = program(&NAMED.replace("\"rose\"", "\"ross\""));
    std::fs::write(folder.path().join("flowers.csv"), FLOWERS).unwrap();
    let output = gradus(&["check", text(&file)]);
    assert_eq!(code(&output), 1);
    insta::assert_snapshot!(err(&output));
}

#[test]
fn notes_of_the_data_are_shown_with_their_place() {
    let (folder, file) = program(
        "input x\ntarget t\nparam w, b\ny = w x + b\nloss = (y - t)^2\n\
        data \"d.csv\" { x = a; t = c; standardize t }\ntrain { minimize loss; epochs 1 }\n",
    );
    std::fs::write(folder.path().join("d.csv"), "a,c\n1,10\n2,20\n3,30\n").unwrap();
    let weights = folder.path().join("w.safetensors");
    let output = gradus(&["run", text(&file), "--save", text(&weights), "--json"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    insta::assert_snapshot!(err(&output));
    let output = gradus(&["run", text(&file), "--weights", text(&weights), "--json"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    insta::assert_snapshot!(err(&output));
}

#[test]
fn names_and_codes_are_explained() {
    let printed = printed(&["explain", "adamw"]);
    assert!(printed.starts_with("adamw(rate = 0.001, beta1 = 0.9, ") && printed.contains("optim.AdamW("), "{printed}");
    for (wanted, near) in [("sofmax", "softmax"), ("e0399", "did you mean E0"), ("dens", "dense")] {
        let output = gradus(&["explain", wanted]);
        assert_eq!(code(&output), 1);
        let said = err(&output);
        assert!(said.contains(&format!("{wanted} is neither a code nor a name")) && said.contains(near), "{said}");
    }
}

#[test]
fn claims_are_judged_beside_one_that_can_not_be_read() {
    let (_folder, path) = program(
        "input x: [3]\ntarget t: [2]\nparam w: [2, 3]\ny = w x\nloss = sum((y - t)^2)\n\
         ∂loss/∂x = 2 (y - t) w\n∂loss/∂y = 2 (y - t)\n∂loss/∂w = 2 (t - y) x'\n",
    );
    let output = gradus(&["check", text(&path)]);
    assert_eq!(code(&output), 1);
    assert!(out(&output).contains("∂loss/∂y = 2 (y - t)     the same"), "{}", out(&output));
    assert!(out(&output).contains("∂loss/∂w = 2 (t - y) x'  wrong"), "{}", out(&output));
    assert!(err(&output).contains("E0301") && err(&output).contains("E0507"), "{}", err(&output));
    // As JSON, too; and no command takes such a program for a right one.
    let json: Value = serde_json::from_str(&out(&gradus(&["check", text(&path), "--json"]))).unwrap();
    assert_eq!(json["claims"].as_array().unwrap().len(), 2, "{json}");
    assert_eq!(code(&gradus(&["grad", text(&path), "--of", "loss"])), 1);
}

#[test]
fn printed_values_are_lines_of_json() {
    let (_folder, path) = program(
        "input x\ntarget t: bool\nparam w: [2, 2]\ny = w [x, 1]\nloss = sum(y^2) + t\n\
         data { x: 1, 2, 3; t: 0, 1, 1 }\ntrain { minimize loss; epochs 1 }\n",
    );
    let all = printed(&["run", text(&path), "--json", "--print", "y", "--print", "t", "--print", "w"]);
    let lines: Vec<Value> = all.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let value = |name: &str| lines.iter().find(|line| line["name"] == name).unwrap();
    assert_eq!(value("t")["value"], serde_json::json!([false, true, true]));
    assert_eq!(value("t")["rows"], 3);
    let lengths =
        |name: &str| value(name)["value"].as_array().unwrap().iter().map(|v| v.as_array().unwrap().len()).collect();
    let (of_rows, of_matrix): (Vec<usize>, Vec<usize>) = (lengths("y"), lengths("w"));
    assert_eq!((of_rows, of_matrix), (vec![2; 3], vec![2; 2]));
    assert!(value("w").get("rows").is_none());
}

#[test]
fn small_numbers_are_predicted_with_an_exponent() {
    let (folder, path) = program(
        "input x\ntarget t\nparam w\ny = exp(x)\nloss = (w y - t)^2\noutput y\n\
         data { x: 0, 1; t: 0, 1 }\ntrain { minimize loss; steps 1 }\n",
    );
    let weights = folder.path().join("w.safetensors");
    printed(&["run", text(&path), "--save", text(&weights)]);
    let data = folder.path().join("d.csv");
    std::fs::write(&data, "x\n-40\n0\n-7\n").unwrap();
    let said = printed(&["predict", text(&path), "--weights", text(&weights), "--data", text(&data)]);
    let lines: Vec<&str> = said.lines().skip(1).collect();
    assert!(lines[0].ends_with("e-18") && lines[1] == "1" && lines[2].starts_with("0.0009"), "{said}");
}

#[test]
fn weights_of_another_program_are_said_to_be_so() {
    let (folder, path) = program(
        "input x\ntarget t\nparam w\ny = w x\nloss = (y - t)^2\n\
         data { x: 0, 1; t: 0, 1 }\ntrain { minimize loss; steps 1 }\n",
    );
    let weights = folder.path().join("w.safetensors");
    printed(&["run", text(&path), "--save", text(&weights)]);
    let other = folder.path().join("other.nn");
    let program = std::fs::read_to_string(&path).unwrap().replace("t: 0, 1", "t: 0, 1; standardize t");
    std::fs::write(&other, program + "output z = t.std y + t.mean\n").unwrap();
    let said = err(&gradus(&["predict", text(&other), "--weights", text(&weights)]));
    assert!(said.contains("E0411") && said.contains("the weights know no mean"), "{said}");
    assert!(!said.contains("in the data section"), "{said}");
}

#[test]
fn a_derivative_of_a_formula_is_asked_for_by_an_option() {
    for text in ["d/dw (w x - t)^2", "∂/∂w [(w x - t)^2]"] {
        let output = gradus(&["grad", "-e", text]);
        assert_eq!(code(&output), 1);
        assert!(err(&output).contains("gradus grad -e \"(w x - t)^2\" --wrt w"), "{}", err(&output));
    }
}

/// A loop that ends as what it does not compute is none; what it carries has a name all the same.
#[test]
fn claims_by_a_value_beside_a_loop_that_ignores_its_state() {
    let (_folder, path) = program(
        "input o: [2]\nparam k\nq = 3 k\ns = fold v in o with h = 0 { q }\nloss = q + 3\n∂loss/∂q = 1\n∂loss/∂k = 3\n",
    );
    printed(&["check", text(&path)]);
}
