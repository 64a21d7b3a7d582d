//! The lines of a `train` section, and `use`: what they do, by the command that a user gives.
use crate::values::{Way, trained, trained_from};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

const IRIS: &str = "input x: [4]\ntarget t: class(3)\nfeatures = relu(dense(x, 16))\ny = softmax(dense(features, 3))\n\
    loss = cross_entropy(y, t)\nmetric accuracy = argmax(y) == t\nmetric margin = max(y)\n\
    data \"iris.csv\" { x = [sepal_length .. petal_width]; t = species; standardize x; validation 0.2; test 0.2 }\n";

/// A folder with the data and these files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy("examples/data/iris.csv", folder.path().join("iris.csv")).unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}
fn gradus(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gradus")).args(arguments).current_dir(folder).output().unwrap()
}
#[track_caller]
fn lines(folder: &Path, arguments: &[&str]) -> Vec<Value> {
    let output = gradus(folder, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
fn program(train: &str) -> String {
    format!("{IRIS}train {{ minimize loss; optimizer adam(rate = 0.03); seed 3; {train} }}\n")
}

#[test]
fn training_ends_when_nothing_improves_and_the_best_parameters_are_kept() {
    for (what, executor) in [("validation.loss", "jit"), ("validation.loss", "interpreter"), ("accuracy", "jit")] {
        let text = program(&format!("epochs 300; stop when {what} has not improved for 15"));
        let folder = folder(&[("a.nn", &text)]);
        let all = lines(folder.path(), &["run", "a.nn", "--json", "--executor", executor, "--save", "w.safetensors"]);
        let (done, epochs) =
            (all.last().unwrap(), all.iter().filter(|line| line["event"] == "epoch").collect::<Vec<_>>());
        let sign = if what == "accuracy" { -1.0 } else { 1.0 };
        let told: Vec<f64> = epochs.iter().map(|line| sign * line[what].as_f64().unwrap()).collect();
        // The first of the best.
        let best = (0..told.len()).fold(0, |best, at| if told[at] < told[best] { at } else { best });
        assert_eq!(done["stopped_after_epoch"], best + 1 + 15, "{what}: {told:?}");
        assert_eq!(told.len(), best + 1 + 15);
        assert_eq!(done["kept"]["epoch"], best + 1);
        // What was saved is what was judged, and training as long as that gives the same.
        let short = format!("{}", best + 1);
        let again = lines(folder.path(), &["run", "a.nn", "--json", "--executor", executor, "--epochs", &short]);
        assert_eq!(again.last().unwrap()["test"], done["test"]);
    }
}

#[test]
fn training_ends_when_a_condition_holds() {
    for (condition, holds) in [
        ("loss < 0.3", Box::new(|line: &Value| line["loss"].as_f64().unwrap() < 0.3) as Box<dyn Fn(&Value) -> bool>),
        ("epoch >= 4 and validation.loss < 10", Box::new(|line| line["epoch"].as_f64().unwrap() >= 4.0)),
        ("0.8 < validation.accuracy <= 1", Box::new(|line| line["accuracy"].as_f64().unwrap() > 0.8)),
        ("(objective + 0.1) / 2 < 0.2 or step > 1000", Box::new(|line| line["objective"].as_f64().unwrap() < 0.3)),
    ] {
        let folder = folder(&[("a.nn", &program(&format!("epochs 80; stop when {condition}")))]);
        let all = lines(folder.path(), &["run", "a.nn", "--json"]);
        let epochs: Vec<&Value> = all.iter().filter(|line| line["event"] == "epoch").collect();
        assert!(epochs.len() < 80 && holds(epochs.last().unwrap()), "{condition}: {:?}", epochs.last());
        assert!(epochs[..epochs.len() - 1].iter().all(|line| !holds(line)), "{condition}");
    }
}

#[test]
fn who_watches_a_part_that_is_not_there_is_told() {
    let text = program("epochs 3; stop when validation.loss < 1").replace("validation 0.2; ", "");
    let folder = folder(&[("a.nn", &text)]);
    let output = gradus(folder.path(), &["run", "a.nn"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(1) && said.contains("E0707") && said.contains("validation 0.1"), "{said}");
}

#[test]
fn gradients_are_clipped_by_the_norm_of_all_of_them() {
    // The gradients are a and b: (3, 4) and 12, of norm 13.
    let text = |clip: &str| {
        format!(
            "param a: [2] = [3, 4], b = 12\nminimum = norm(a)^2 / 2 + b^2 / 2\n\
             train {{ minimize minimum; optimizer sgd(rate = 1); steps 1; {clip} }}\n"
        )
    };
    for way in Way::in_f64().into_iter().chain(Way::in_f32()) {
        for (clip, factor) in [
            ("clip norm 1.3", 0.1),
            ("clip norm 13.5", 1.0),
            ("clip norm 1.3 * step", 0.1),
            ("freeze b; clip norm 2.5", 0.5),
        ] {
            let after = trained_from(&text(clip), way, &|_, _| None);
            let b = if clip.starts_with("freeze") { 12.0 } else { 12.0 * (1.0 - factor) };
            let wanted = [3.0 * (1.0 - factor), 4.0 * (1.0 - factor), b];
            let found: Vec<f64> = after.into_iter().flat_map(|(_, values)| values).collect();
            for (found, wanted) in found.iter().zip(wanted) {
                assert!((found - wanted).abs() < 3e-6, "{clip}, {way:?}: {found}, not {wanted}");
            }
        }
    }
}

#[test]
fn what_is_frozen_stays_and_others_have_optimizers_of_their_own() {
    let text = |lines: &str| {
        format!(
            "input x: [2]\nh = batch_norm(dense(x, 2))\nz = dense(h, 1)\ndata {{ x: [1, 2], [3, 1], [2, 2] }}\n\
             train {{ minimize sum(z^2) + sum(params); optimizer sgd(rate = 0.1); steps 2; {lines} }}\n"
        )
    };
    for way in Way::in_f64() {
        let start = trained_from(&text("").replace("steps 2", "steps 1; freeze h, z"), way, &|_, _| None);
        let plain = trained_from(&text(""), way, &|_, _| None);
        let frozen = trained_from(&text("freeze h"), way, &|_, _| None);
        let part = trained_from(&text("freeze h.1.w"), way, &|_, _| None);
        let two =
            trained_from(&text("optimizer sgd(rate = 0) for h; optimizer sgd(rate = 0.1) for h.1.b"), way, &|_, _| {
                None
            });
        for (number, (name, before)) in start.iter().enumerate() {
            assert_ne!(&plain[number].1, before, "{name}");
            assert_eq!(&frozen[number].1 == before, name.starts_with("h."), "{name}");
            assert_eq!(&part[number].1 == before, name == "h.1.w", "{name}");
            let is_state = name.ends_with("center") || name.ends_with("spread");
            assert_eq!(&two[number].1 == before, name.starts_with("h.") && name != "h.1.b" && !is_state, "{name}");
        }
    }
}

#[test]
fn a_start_takes_what_fits() {
    let first = program("epochs 3");
    let other = first.replace("y = softmax(dense(features, 3))", "z = dense(features, 4)\ny = softmax(dense(z, 3))");
    let second = other.replace("epochs 3", "steps 1; freeze features; start \"base.safetensors\"");
    let none = other
        .replace("features", "f")
        .replace("y = softmax(dense(z, 3))", "q = dense(z, 3)\ny = softmax(q)")
        .replace("epochs 3", "steps 1; start \"base.safetensors\"");
    let folder = folder(&[("a.nn", &first), ("b.nn", &second), ("c.nn", &none)]);
    assert!(gradus(folder.path(), &["run", "a.nn", "--save", "base.safetensors"]).status.success());
    let output = gradus(folder.path(), &["run", "b.nn", "--save", "b.safetensors"]);
    let said = String::from_utf8_lossy(&output.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        output.status.success()
            && said.contains("3 of 6 tensors")
            && said.contains("`y.w` is [3, 4] here and [3, 16] there"),
        "{said}"
    );
    let tensor = |file: &str, name: &str| {
        let bytes = std::fs::read(folder.path().join(file)).unwrap();
        safetensors::SafeTensors::deserialize(&bytes).unwrap().tensor(name).unwrap().data().to_vec()
    };
    assert_eq!(tensor("base.safetensors", "features.w"), tensor("b.safetensors", "features.w"));
    let output = gradus(folder.path(), &["run", "c.nn"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(1) && said.contains("E0806"), "{said}");
}

#[test]
fn definitions_of_other_files_are_used() {
    let blocks = "use \"more.nn\" as more\nwidth = 6\nlayer block(x: [n]) = more.twice(relu(dense(x, width)))\n\
                  optimizer mine(w, g, rate = 0.1) { w <- w - rate g }\ninput z\nparam q\ntrain { minimize q; steps 1 }\n";
    let with = "use \"lib/blocks.nn\"\nuse \"lib/blocks.nn\" as b\ninput x: [4]\nh = block(x)\n\
                y = neuron(b.block(h) |> b.block)\ndata { x: [1, 2, 3, 4] }\n\
                train { minimize y^2; steps 2; optimizer b.mine(rate = 0.01) }\n";
    let without = "input x: [4]\nlayer block(x: [n]) = 2 relu(dense(x, 6))\nh = block(x)\n\
                   y = neuron(block(h) |> block)\ndata { x: [1, 2, 3, 4] }\ntrain { minimize y^2; steps 2; optimizer sgd(rate = 0.01) }\n";
    let more = "fn twice(x) = 2 x\n";
    let folder = folder(&[("a.nn", with), ("b.nn", without), ("lib/blocks.nn", blocks), ("lib/more.nn", more)]);
    for (program, weights) in [("a.nn", "a.safetensors"), ("b.nn", "b.safetensors")] {
        let output = gradus(folder.path(), &["run", program, "--save", weights]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let bytes = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    assert_eq!(bytes("a.safetensors"), bytes("b.safetensors"));
    for (text, code, hint) in [
        ("use \"lib/block.nn\"\ninput x: [4]\ny = block(x)\n", "E0215", "there is `blocks.nn`"),
        ("use \"../elsewhere.nn\"\ninput x: [4]\ny = block(x)\n", "E0602", "outside of the program's folder"),
        ("use \"lib/blocks.nn\"\nlayer block(x: [n]) = x\n", "E0202", "bound twice"),
        ("use \"lib/blocks.nn\"\ninput x: [4]\ny = blok(x)\n", "E0201", "did you mean `block`"),
    ] {
        std::fs::write(folder.path().join("c.nn"), text).unwrap();
        let said = String::from_utf8_lossy(&gradus(folder.path(), &["check", "c.nn"]).stderr).into_owned();
        assert!(said.contains(code) && said.contains(hint) && said.matches("error[").count() == 1, "{said}");
    }
    std::fs::write(folder.path().join("lib/more.nn"), "use \"blocks.nn\"\nfn twice(x) = 2 x\n").unwrap();
    let said = String::from_utf8_lossy(&gradus(folder.path(), &["check", "a.nn"]).stderr).into_owned();
    assert!(said.contains("uses itself") && said.matches("error[").count() == 1, "{said}");
    std::fs::write(folder.path().join("lib/more.nn"), "fn twice(x = 2 x\n").unwrap();
    let said = String::from_utf8_lossy(&gradus(folder.path(), &["check", "a.nn"]).stderr).into_owned();
    assert!(said.contains("lib/more.nn:1:") && said.matches("error[").count() == 1, "{said}");
}

#[test]
fn a_later_state_is_trained_by_its_name() {
    // The gradient holes of two optimizers are those of one step: `gradients` names all of them.
    let text = "param a = 3, b = 4\noptimizer unit(w, g) { w <- w - g / norm(gradients) }\n\
                train { minimize a^2 / 2 + b^2 / 2; steps 1; optimizer unit; optimizer unit for b }\n";
    for way in Way::in_f64() {
        assert!((trained(text, way, "a")[0] - 2.4).abs() < 1e-12 && (trained(text, way, "b")[0] - 3.2).abs() < 1e-12);
    }
}
