//! The everyday commands, run as people run them: predict, fmt, check --fix, explain, completions.

use crate::command::{gradus, out, said};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The lines of `--json`.
fn events(output: &Output) -> Vec<serde_json::Value> {
    assert!(output.status.success(), "{}", said(output));
    out(output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

#[test]
fn predicting_what_was_trained() {
    let folder = tempfile::tempdir().unwrap();
    let iris = example("iris.nn").display().to_string();
    let run = gradus(folder.path(), &["run", &iris, "--save", "w.safetensors"], "");
    assert!(run.status.success(), "{}", said(&run));
    // Columns in another order, one too many, no target.
    let flowers = "petal_width,id,sepal_length,sepal_width,petal_length\n0.2,1,5.1,3.5,1.4\n2.5,2,6.3,3.3,6.0\n";
    let predicted = gradus(folder.path(), &["predict", &iris, "--weights", "w.safetensors", "--data", "-"], flowers);
    assert!(predicted.status.success(), "{}", said(&predicted));
    let text = out(&predicted);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "t,y[setosa],y[versicolor],y[virginica]");
    assert!(lines[1].starts_with("setosa,0.9") && lines[2].starts_with("virginica,"), "{text}");
    assert_eq!(lines.len(), 3);
    let probabilities: f64 = lines[2].split(',').skip(1).map(|p| p.parse::<f64>().unwrap()).sum();
    assert!((probabilities - 1.0).abs() < 1e-5);
    // What a batch of many rows says, each row says.
    let many = gradus(folder.path(), &["predict", &iris, "--weights", "w.safetensors"], "");
    assert_eq!(out(&many).lines().count(), 151);
}

#[test]
fn predicting_a_number_and_what_goes_wrong() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(example("line.nn"), folder.path().join("line.nn")).unwrap();
    let at = folder.path();
    assert!(gradus(at, &["run", "line.nn", "--save", "w.safetensors"], "").status.success());
    let predicted = gradus(at, &["predict", "line.nn", "--weights", "w.safetensors", "--data", "-"], "x\n10\n20\n");
    let text = out(&predicted);
    let numbers: Vec<f64> = text.lines().skip(1).map(|line| line.parse().unwrap()).collect();
    assert!(text.starts_with("y\n") && (numbers[1] - numbers[0] - 19.6).abs() < 0.5, "{text}");
    for (input, wanted) in [("z\n1\n", "E0615"), ("x\nmany\n", "E0605"), ("", "stdin")] {
        let wrong = gradus(at, &["predict", "line.nn", "--weights", "w.safetensors", "--data", "-"], input);
        assert_eq!(wrong.status.code(), Some(1));
        assert!(said(&wrong).contains(wanted), "{}", said(&wrong));
    }
    let missing = gradus(at, &["predict", "line.nn", "--weights", "none.safetensors"], "");
    assert!(said(&missing).contains("E0801") && missing.status.code() == Some(1));
    assert_eq!(gradus(at, &["predict", "line.nn"], "").status.code(), Some(2));
}

#[test]
fn states_of_layers_are_saved_and_read() {
    let folder = tempfile::tempdir().unwrap();
    let text = "input x: [2]\ntarget t\nh = batch_norm(dense(x, 3))\ny = neuron(h)\nloss = (y - t)^2\n\
                data { x: [9, 1], [8, 2], [7, 1], [9, 3]; t: 1, 2, 3, 4 }\ntrain { minimize loss; batch all; epochs 50 }\n";
    std::fs::write(folder.path().join("m.nn"), text).unwrap();
    let run = gradus(folder.path(), &["run", "m.nn", "--save", "w.safetensors"], "");
    assert!(run.status.success(), "{}", said(&run));
    let first = gradus(folder.path(), &["predict", "m.nn", "--weights", "w.safetensors"], "");
    let again = gradus(
        folder.path(),
        &["run", "m.nn", "--weights", "w.safetensors", "--steps", "1", "--save", "v.safetensors"],
        "",
    );
    assert!(first.status.success() && again.status.success(), "{}{}", said(&first), said(&again));
    // With the running means forgotten (0 and 1) inputs near 9 would be far off.
    let bytes = std::fs::read(folder.path().join("w.safetensors")).unwrap();
    let header = String::from_utf8_lossy(&bytes).into_owned();
    assert!(header.contains("h.2.center") && header.contains("h.2.spread"));
    let predicted: Vec<f64> = out(&first).lines().skip(1).map(|line| line.parse().unwrap()).collect();
    assert!(predicted.iter().all(|y| y.abs() < 10.0), "{predicted:?}");
}

#[test]
fn formatting() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.nn");
    std::fs::write(&file, "input x\nparam w,b\ny=w x+b   // a line\n").unwrap();
    let check = gradus(folder.path(), &["fmt", "--check", "a.nn"], "");
    assert_eq!((check.status.code(), out(&check).as_str()), (Some(1), "a.nn\n"));
    assert!(gradus(folder.path(), &["fmt", "a.nn"], "").status.success());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "input x\nparam w, b\ny = w x + b   // a line\n");
    assert_eq!(gradus(folder.path(), &["fmt", "--check", "a.nn"], "").status.code(), Some(0));
    let piped = gradus(folder.path(), &["fmt", "-"], "y=1");
    assert_eq!(out(&piped), "y = 1\n");
    std::fs::write(&file, "y = (1 +\n").unwrap();
    let broken = gradus(folder.path(), &["fmt", "a.nn"], "");
    assert_eq!((broken.status.code(), std::fs::read_to_string(&file).unwrap().as_str()), (Some(1), "y = (1 +\n"));
}

#[test]
fn fixing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.nn");
    std::fs::write(&file, "input x  # the input\nparam w\ny := w ** 2 * x\n").unwrap();
    assert_eq!(gradus(folder.path(), &["check", "a.nn"], "").status.code(), Some(1));
    let fixed = gradus(folder.path(), &["check", "a.nn", "--fix"], "");
    assert!(fixed.status.success(), "{}", said(&fixed));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "input x  // the input\nparam w\ny = w ^ 2 * x\n");
    let json = gradus(folder.path(), &["check", "a.nn", "--json"], "");
    let value: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(value["diagnostics"].as_array().map(Vec::len), Some(0));
    assert_eq!(value["names"][1], serde_json::json!({"role": "param", "name": "w", "type": "number"}));
}

#[test]
fn claims_are_judged() {
    let folder = tempfile::tempdir().unwrap();
    let text = |claim: &str| format!("input x\ntarget t\nparam w\ny = w x\nloss = (y - t)^2\n∂loss/∂w = {claim}\n");
    std::fs::write(folder.path().join("right.nn"), text("2 (y - t) x")).unwrap();
    std::fs::write(folder.path().join("wrong.nn"), text("(y - t) x")).unwrap();
    let right = gradus(folder.path(), &["check", "right.nn"], "");
    assert!(right.status.success() && out(&right).contains("the same"), "{}", out(&right));
    let wrong = gradus(folder.path(), &["check", "wrong.nn"], "");
    assert_eq!(wrong.status.code(), Some(1));
    assert!(said(&wrong).contains("E0507") && said(&wrong).contains("2 times what is claimed"), "{}", said(&wrong));
}

#[test]
fn explaining_and_completing() {
    let here = Path::new(".");
    let explained = gradus(here, &["explain", "e0301"], "");
    assert!(out(&explained).starts_with("E0301: ") && explained.status.success());
    let unknown = gradus(here, &["explain", "E0298"], "");
    assert_eq!(unknown.status.code(), Some(1));
    assert!(said(&unknown).contains("did you mean E02"));
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(out(&gradus(here, &["completions", shell], "")).contains("GRADUS_COMPLETE"));
    }
    assert_eq!(gradus(here, &["completions", "csh"], "").status.code(), Some(2));
}

/// What a shell is answered that asks how these words go on.
#[test]
fn what_a_shell_completes() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.nn", "b.csv", "c.npz", "w.safetensors", "notes.md", "t.txt"] {
        std::fs::write(folder.path().join(name), "").unwrap();
    }
    std::fs::create_dir(folder.path().join("deep")).unwrap();
    let asked = |words: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gradus"));
        command.current_dir(folder.path()).env("GRADUS_COMPLETE", "fish").arg("--").args(words.split(' '));
        let answered = command.output().unwrap();
        let text = out(&answered);
        let values: Vec<&str> = text.lines().map(|line| line.split('\t').next().unwrap()).collect();
        values.iter().take_while(|value| !value.starts_with("--h")).map(|v| v.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(asked("gradus expl"), ["explain"]);
    assert_eq!(asked("gradus run --no"), ["--no-shuffle"]);
    for command in ["run", "grad", "check", "predict", "bench", "show", "fmt"] {
        assert_eq!(asked(&format!("gradus {command} "))[..2], ["a.nn", "deep/"], "{command}");
    }
    assert_eq!(asked("gradus run a.nn --data "), ["b.csv", "c.npz", "t.txt", "deep/"]);
    assert_eq!(asked("gradus predict a.nn --weights "), ["w.safetensors", "deep/"]);
    assert_eq!(asked("gradus explain lst"), ["lstm"]);
    assert_eq!(asked("gradus explain cross"), ["cross_entropy"]);
    assert_eq!(asked("gradus explain E0301"), ["E0301"]);
    assert_eq!(asked("gradus show a.nn --stage si"), ["simplified"]);
    assert_eq!(asked("gradus completions z"), ["zsh"]);
}

#[test]
fn a_derivation_with_a_wrong_line() {
    let judged = gradus(Path::new("."), &["check", &example("claims.nn").display().to_string()], "");
    assert_eq!(judged.status.code(), Some(1));
    assert_eq!(out(&judged).matches("the same").count(), 3);
    assert!(said(&judged).contains("everywhere the derivative is -1 times what is claimed"), "{}", said(&judged));
}

#[test]
fn settings_of_the_command_line() {
    let at = Path::new(".");
    let optimizers = example("optimizers.nn").display().to_string();
    let overshoots =
        gradus(at, &["run", &optimizers, "--set", "first=1.2", "--json", "--log-every", "10", "--steps", "10"], "");
    let events = events(&overshoots);
    let last = events.iter().rfind(|e| e["event"] == "step").unwrap();
    assert!(last["loss"].as_f64().unwrap() > 1e6, "{last}");
    let unknown = gradus(at, &["check", &optimizers, "--set", "frist=1"], "");
    assert!(unknown.status.code() == Some(1) && said(&unknown).contains("E0213"), "{}", said(&unknown));
    assert_eq!(gradus(at, &["check", &optimizers, "--set", "first"], "").status.code(), Some(2));
}

#[test]
fn a_program_without_data() {
    let run = gradus(
        Path::new("."),
        &["run", &example("rosenbrock.nn").display().to_string(), "--json", "--log-every", "3000"],
        "",
    );
    let events = events(&run);
    let last = events.iter().find(|e| e["event"] == "step").unwrap();
    assert_eq!(last["step"], 3000);
    assert!(last["distance"].as_f64().unwrap() < 1e-3, "{last}");
}

#[test]
fn a_first_program_runs() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data");
    for (name, target, more) in
        [("iris", "species", "accuracy"), ("cancer", "diagnosis", "accuracy"), ("penguins", "body_mass_g", "off")]
    {
        let file = format!("{name}.csv");
        std::fs::copy(data.join(&file), at.join(&file)).unwrap();
        let new = gradus(at, &["new", "--data", &file, "--target", target], "");
        assert!(new.status.success(), "{}", said(&new));
        let program = format!("{name}.nn");
        assert_eq!(gradus(at, &["fmt", "--check", &program], "").status.code(), Some(0), "{program}");
        let run = gradus(at, &["run", &program, "--epochs", "20"], "");
        assert!(run.status.success() && out(&run).contains(more), "{}", said(&run));
        // Nothing is written over.
        assert_eq!(gradus(at, &["new", "--data", &file], "").status.code(), Some(1));
    }
    insta::assert_snapshot!(std::fs::read_to_string(at.join("penguins.nn")).unwrap());
    assert!(gradus(at, &["new"], "").status.success());
    assert!(gradus(at, &["run", "model.nn"], "").status.success());
    // A series: its last rows are the test, its texts are classes, its times no input.
    let mut rows = String::from("when,machine state,flow,power\n");
    for row in 0..40 {
        let state = ["idle", "running", "fault"][row % 3];
        rows +=
            &format!("2024-03-{:02} {:02}:00,{state},{}.5,{}\n", 1 + row / 24, row % 24, row * 7 % 11, row * 5 % 17);
    }
    std::fs::write(at.join("machine.csv"), rows).unwrap();
    assert!(gradus(at, &["new", "--data", "machine.csv"], "").status.success());
    insta::assert_snapshot!(std::fs::read_to_string(at.join("machine.nn")).unwrap());
    let run = gradus(at, &["run", "machine.nn", "--epochs", "2"], "");
    assert!(run.status.success() && !said(&run).contains("warning"), "{}", said(&run));
    let unlike = gradus(at, &["new", "when.nn", "--data", "machine.csv", "--target", "when"], "");
    assert!(said(&unlike).contains("has 40 different texts in 40 rows"), "{}", said(&unlike));
    let data = gradus(at, &["run", "iris.csv"], "");
    assert!(said(&data).contains("`gradus new --data iris.csv`") && data.status.code() == Some(1), "{}", said(&data));
    let wrong = gradus(at, &["new", "a.nn", "--data", "iris.csv", "--target", "specis"], "");
    assert!(said(&wrong).contains("there is `species`") && wrong.status.code() == Some(1), "{}", said(&wrong));
}

/// Where rows follow each other, the first program says the next one, and then writes on.
#[test]
fn a_first_program_forecasts() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data");
    for (name, file, target, steps) in [
        ("sunspots", "sunspots.csv", "spots", true),
        ("co2", "co2.csv", "co2", true),
        ("weather", "weather.csv", "temp_max", false),
        ("sonnets", "sonnets.txt", "characters", true),
        ("melody", "melody.wav", "sound", true),
    ] {
        std::fs::copy(data.join(file), at.join(file)).unwrap();
        if name == "sonnets" {
            let text = std::fs::read_to_string(data.join(file)).unwrap();
            std::fs::write(at.join(file), &text[..6000]).unwrap();
        }
        let new = gradus(at, &["new", "--data", file, "--target", target], "");
        assert!(new.status.success(), "{}", said(&new));
        let program = format!("{name}.nn");
        assert_eq!(gradus(at, &["fmt", "--check", &program], "").status.code(), Some(0), "{program}");
        let run = gradus(at, &["run", &program, "--epochs", "2", "--save", "w.safetensors"], "");
        assert!(run.status.success() && out(&run).contains("test  loss"), "{}", said(&run));
        assert!(!said(&run).contains("warning") && !said(&run).contains("note"), "{}", said(&run));
        let on = gradus(at, &["predict", &program, "--weights", "w.safetensors", "--steps", "3"], "");
        assert_eq!(on.status.success(), steps, "{}", said(&on));
        let rows = gradus(at, &["predict", &program, "--weights", "w.safetensors", "--data", file], "");
        assert!(rows.status.success(), "{}", said(&rows));
    }
    insta::assert_snapshot!("forecast", std::fs::read_to_string(at.join("sunspots.nn")).unwrap());
    insta::assert_snapshot!("forecast_of_many", std::fs::read_to_string(at.join("weather.nn")).unwrap());
    insta::assert_snapshot!("next_character", std::fs::read_to_string(at.join("sonnets.nn")).unwrap());
    // Columns that are called as a program calls its own.
    for name in ["x", "t", "y", "v"] {
        let row = |i: usize| 1000.0 + i as f64 + 20.0 * (i as f64 / 2.0).sin();
        let rows: String = (0..150).map(|i| format!("{},{}\n", 1800 + i, row(i))).collect();
        std::fs::write(at.join("own.csv"), format!("year,{name}\n{rows}")).unwrap();
        let file = format!("own_{name}.nn");
        assert!(gradus(at, &["new", &file, "--data", "own.csv"], "").status.success());
        let run = gradus(at, &["run", &file, "--save", "w.safetensors", "--epochs", "40"], "");
        assert!(run.status.success(), "{}", said(&run));
        let on = out(&gradus(at, &["predict", &file, "--weights", "w.safetensors", "--steps", "1"], ""));
        let next: f64 = on.lines().nth(1).unwrap().parse().unwrap();
        assert!((next - row(150)).abs() < 30.0, "{name}: {next} and {}", row(150));
    }
    // A name that can't stand in a formula; a program in another folder.
    let mut rows = String::from("day,exp,units (1000s)\n");
    (0..80).for_each(|row| {
        rows += &format!("2024-{:02}-{:02},{},{}.5\n", 1 + row / 28, 1 + row % 28, row % 7, row * 5 % 17)
    });
    std::fs::write(at.join("odd.csv"), rows).unwrap();
    std::fs::create_dir(at.join("deep")).unwrap();
    for (target, file) in [("units (1000s)", "odd.nn"), ("exp", "deep/odd.nn")] {
        let new = gradus(at, &["new", file, "--data", "odd.csv", "--target", target], "");
        assert!(new.status.success(), "{}", said(&new));
        let run = gradus(at, &["run", file, "--data", "odd.csv", "--epochs", "2"], "");
        assert!(run.status.success() && !said(&run).contains("warning"), "{}", said(&run));
    }
}

#[test]
fn names_of_other_tools_are_explained() {
    let folder = tempfile::tempdir().unwrap();
    for (foreign, own) in [
        ("nn.Linear", "dense(x: [n]"),
        ("Dense", "dense(x: [n]"),
        ("CrossEntropyLoss", "cross_entropy("),
        ("SGD", "sgd("),
        ("StepLR", "step_decay("),
    ] {
        let explained = gradus(folder.path(), &["explain", foreign], "");
        assert!(out(&explained).starts_with(own), "{foreign}: {}{}", out(&explained), said(&explained));
    }
}

#[test]
fn a_prediction_in_the_unit_of_the_data() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let program = |standardize: &str| {
        format!(
            "input x\ntarget t\ny = neuron([x])\nloss = (y - t)^2\noutput price = t.std y + t.mean\n\
             data {{ x: 1, 2, 3, 4; t: 1000, 2000, 3000, 4000; {standardize} }}\n\
             train {{ minimize loss; optimizer sgd(rate = 0.1); batch all; epochs 200 }}\n"
        )
    };
    std::fs::write(at.join("m.nn"), program("standardize x, t")).unwrap();
    let run = gradus(at, &["run", "m.nn", "--save", "w.safetensors"], "");
    assert!(run.status.success(), "{}", said(&run));
    // Statistics come with the weights, not from these rows.
    let predicted = gradus(at, &["predict", "m.nn", "--weights", "w.safetensors", "--data", "-"], "x\n10\n");
    let price: f64 = out(&predicted).lines().nth(1).unwrap().parse().unwrap();
    assert!((price - 10_000.0).abs() < 1.0, "{price}");
    assert!(out(&gradus(at, &["check", "m.nn"], "")).contains("2 numbers to learn"));
    std::fs::write(at.join("m.nn"), program("standardize x")).unwrap();
    let wrong = gradus(at, &["run", "m.nn"], "");
    assert!(wrong.status.code() == Some(1) && said(&wrong).contains("E0411"), "{}", said(&wrong));
}

#[test]
fn a_value_is_looked_at() {
    let line = example("line.nn").display().to_string();
    let run = gradus(Path::new("."), &["run", &line, "--print", "y", "--print", "w"], "");
    let text = out(&run);
    assert!(text.contains("y, of the first 5 rows\n  0    1.09") && text.contains("\nw    1.96"), "{text}");
    let wrong = gradus(Path::new("."), &["run", &line, "--print", "yy"], "");
    assert!(wrong.status.code() == Some(1) && said(&wrong).contains("there is `y`"), "{}", said(&wrong));
    // Parameters of layers, too: a matrix by its rows.
    let xor = example("xor.nn").display().to_string();
    let run = gradus(Path::new("."), &["run", &xor, "--print", "y.1.w", "--epochs", "1"], "");
    assert!(out(&run).contains("\ny.1.w\n  0  [") && out(&run).contains("1 step in "), "{}", out(&run));
    let wrong = gradus(Path::new("."), &["run", &xor, "--print", "nothing"], "");
    assert!(said(&wrong).contains("`y.1.w`"), "{}", said(&wrong));
}

/// A part of the data is judged, and values are shown, at the moment that training has reached.
#[test]
fn counters_go_on_where_a_part_is_judged() {
    let text = "input x\ntarget t\nparam w = 1\nannealed = (w x - t)^2 + epoch + 10 epochs\nloss = annealed\nmetric e = epoch + step / 100\n\
        more = w x + epoch\noutput more\ndata {\n    x: 1, 2, 3, 4, 5\n    t: 1, 2, 3, 4, 5\n    validation 0.2\n    test 0.2\n}\n\
        train { minimize loss; optimizer sgd(rate = 0); batch all; epochs 3 }\n";
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.nn"), text).unwrap();
    for executor in ["jit", "interpreter"] {
        let options =
            ["run", "a.nn", "--json", "--executor", executor, "--print", "annealed", "--save", "a.safetensors"];
        let run = gradus(folder.path(), &options, "");
        let events = events(&run);
        let epochs: Vec<&serde_json::Value> = events.iter().filter(|e| e["event"] == "epoch").collect();
        assert_eq!(epochs.len(), 3, "{}", said(&run));
        for (number, epoch) in epochs.iter().enumerate() {
            let wanted = number as f64 + 1.0;
            assert_eq!(epoch["validation.loss"].as_f64(), Some(wanted + 30.0), "{epoch}");
            assert!((epoch["e"].as_f64().unwrap() - 1.01 * wanted).abs() < 1e-6, "{epoch}");
        }
        let done = events.iter().find(|e| e["event"] == "done").unwrap();
        assert_eq!(done["test"]["loss"].as_f64(), Some(33.0), "{done}");
        let value = events.iter().find(|e| e["event"] == "value").unwrap();
        assert_eq!(value["value"][0].as_f64(), Some(33.0), "{value}");
    }
    std::fs::write(folder.path().join("b.csv"), "x\n2\n").unwrap();
    let told = gradus(folder.path(), &["predict", "a.nn", "--weights", "a.safetensors", "--data", "b.csv"], "");
    assert!(out(&told).ends_with("\n5\n"), "{}{}", out(&told), said(&told));
}

/// Numbers that are told are f64, whatever else needs them.
#[test]
fn one_metric_does_not_change_another() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("a.csv"),
        "x,t,p\n1,1,train\n1000000,1000000,test\n1000000,1000001,test\n1000001,1000001,test\n",
    )
    .unwrap();
    let metrics = [
        ("mx", "x", 3_000_001.0 / 3.0),
        ("cov", "batch_mean(x * t) - batch_mean(x) * batch_mean(t)", 1.0 / 9.0),
        ("dev", "sqrt(batch_mean((x - batch_mean(x))^2))", 2.0_f64.sqrt() / 3.0),
        ("fit", "1 - batch_mean((x - t)^2) / batch_mean((t - batch_mean(t))^2)", -0.5),
    ];
    let lines: String = metrics.iter().map(|(name, formula, _)| format!("metric {name} = {formula}\n")).collect();
    let text = format!(
        "input x\ntarget t\nparam w = 0\nloss = (w * t)^2\n{lines}data \"a.csv\" {{\n    x = x\n    t = t\n    test by p\n}}\n\
         train {{ minimize loss; optimizer sgd(rate = 0); steps 1 }}\n"
    );
    std::fs::write(folder.path().join("a.nn"), text).unwrap();
    let run = gradus(folder.path(), &["run", "a.nn", "--json"], "");
    let events = events(&run);
    let done = events.iter().find(|e| e["event"] == "done").unwrap_or_else(|| panic!("{}", said(&run)));
    for (name, _, wanted) in metrics {
        // Squares of a million have sixteen digits.
        let (got, scale) = (done["test"][name].as_f64().unwrap(), if name == "cov" { 1e3 } else { wanted.abs() });
        assert!((got - wanted).abs() < 1e-6 * scale, "{name}: {got}, not {wanted}");
    }
}

/// What paper reads otherwise is said.
#[test]
fn names_that_are_misread_in_a_formula() {
    for (formula, meant) in [("1 / (1 + e^-x)", "`exp(x)`"), ("x^T A x", "`x'`"), ("sin(x)", "")] {
        let grad = gradus(Path::new("."), &["grad", "-e", formula], "");
        assert!(grad.status.success());
        assert_eq!(said(&grad).contains("is a name like any other"), !meant.is_empty(), "{}", said(&grad));
        assert!(said(&grad).contains(meant), "{}", said(&grad));
    }
}

/// What `check` says for people it says for machines: both know how the data calls its classes.
#[test]
fn json_knows_the_names_of_classes() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("d.csv"), "x,kind\n1,cat\n2,dog\n3,dog\n").unwrap();
    let program =
        "input x\ntarget t: class(2)\nparam w\ny = w x\nloss = (y - [t == \"cat\"])^2\ndata \"d.csv\" { t = kind }\n";
    std::fs::write(folder.path().join("m.nn"), program).unwrap();
    assert!(gradus(folder.path(), &["check", "m.nn"], "").status.success());
    let json = gradus(folder.path(), &["check", "m.nn", "--json"], "");
    assert!(json.status.success(), "{}", out(&json));
}
