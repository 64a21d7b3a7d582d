//! Weights of rows: a row that weighs as much as several is several rows.
use crate::values::{Way, trained};
use crate::windows::{load, numbers};
use gradus::random::{Purpose, Stream};
use std::path::Path;

fn listed(rows: &[(f64, bool, usize)], weight: &str) -> String {
    let all = |text: &dyn Fn(&(f64, bool, usize)) -> String| rows.iter().map(text).collect::<Vec<_>>().join(", ");
    let weight = weight.replace("WEIGHTS", &all(&|row| row.2.to_string()));
    format!(
        "input x\ntarget t: bool\nparam w = 0.3, b = 0.1\nloss = logistic_loss(w x + b, t)\n\
         data {{ x: {}; t: {}; {weight} }}\n\
         train {{ minimize loss + 0.05 w^2; optimizer sgd(rate = 0.5); batch all; epochs 7; precision f64 }}\n",
        all(&|row| row.0.to_string()),
        all(&|row| row.1.to_string()),
    )
}

#[test]
fn a_row_that_weighs_three_is_three_rows() {
    let numbers = Stream::named(1, Purpose::Draw, "weights");
    for case in 0..20 {
        let row = |at: u64| {
            let bits = numbers.word(100 * case + at);
            (f64::from(bits % 1000) / 250.0 - 2.0, bits & 1024 != 0, (bits >> 16) as usize % 4)
        };
        let mut rows: Vec<(f64, bool, usize)> = (0..9).map(row).collect();
        rows.push((0.5, true, 1));
        let several: Vec<_> = rows.iter().flat_map(|row| vec![(row.0, row.1, 1); row.2]).collect();
        for way in Way::in_f64() {
            let (weighed, repeated) = (listed(&rows, "weight: WEIGHTS"), listed(&several, ""));
            for name in ["w", "b"] {
                let (one, other) = (trained(&weighed, way, name)[0], trained(&repeated, way, name)[0]);
                assert!((one - other).abs() < 1e-12, "{name} {way:?}: {one} and {other}\n{weighed}");
                assert!((one - trained(&listed(&rows, ""), way, name)[0]).abs() > 1e-9, "no weight told");
            }
        }
    }
}

#[test]
fn balanced_classes_count_equally() {
    // Three of one class, one of the other, whose row weighs three times as much.
    let rows = [(0.1, true, 1), (0.7, true, 1), (-0.4, true, 1), (0.9, false, 3)];
    for way in Way::in_f64() {
        let balanced = trained(&listed(&rows, "weight balanced t"), way, "w")[0];
        let by_hand = trained(&listed(&rows, "weight: WEIGHTS"), way, "w")[0];
        assert!((balanced - by_hand).abs() < 1e-12, "{balanced} and {by_hand}");
    }
}

#[test]
fn each_part_has_its_own_mean() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..30).map(|row| format!("{row},{},{}\n", ["a", "b", "b"][row % 3], 1 + row % 5)).collect();
    std::fs::write(folder.path().join("d.csv"), format!("a,kind,w\n{rows}")).unwrap();
    for weight in ["weight = w", "weight = 2 * w", "weight balanced t"] {
        let text = format!(
            "input x\ntarget t: class(2)\nloss = cross_entropy(softmax(dense([x], 2)), t)\n\
             data \"d.csv\" {{ x = a; t = kind; test 0.3; validation 0.2; {weight} }}\ntrain {{ minimize loss; steps 1 }}\n"
        );
        let dataset = load(&text, folder.path()).unwrap();
        let weights = numbers(&dataset, 2);
        for part in [&dataset.parts.train, &dataset.parts.validation, &dataset.parts.test] {
            let mean = part.iter().map(|row| weights[*row as usize]).sum::<f64>() / part.len() as f64;
            assert!((mean - 1.0).abs() < 1e-6, "{weight}: {mean}");
        }
    }
}

#[test]
fn what_is_no_weight_is_said() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("d.csv"), "a,t,w,z\n1,0,1,0\n2,1,-1,0\n3,0,2,0\n").unwrap();
    for (weight, code) in [
        ("weight = w", "E0623"),
        ("weight = z", "E0623"),
        ("weight balanced x", "E0623"),
        ("weight balanced 3", "E0623"),
        ("weight balanced u", "E0615"),
        ("weight = v", "E0603"),
        ("weight = w; train where w > 0; standardize weight", "E0623"),
    ] {
        let text = format!(
            "input x\ntarget t: bool\nparam w\nloss = logistic_loss(w x, t)\n\
             data \"d.csv\" {{ x = a; {weight} }}\ntrain {{ minimize loss; steps 1 }}\n"
        );
        assert_eq!(load(&text, Path::new(folder.path())).unwrap_err(), [code], "{weight}");
    }
}

/// An input that bears the name is an input.
#[test]
fn an_input_called_weight_is_none() {
    let text = "input weight\ntarget t\nparam w\nloss = (w weight - t)^2\n\
                data { weight: 1, 2, 3; t: 2, 4, 6 }\ntrain { minimize loss; optimizer sgd(rate = 0.05); epochs 400; precision f64 }\n";
    assert!((trained(text, Way::in_f64()[0], "w")[0] - 2.0).abs() < 1e-6);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("d.csv"), "weight,t\n1,0\n2,1\n3,1\n").unwrap();
    let text = "input weight\ntarget t: bool\nparam w\nloss = logistic_loss(w weight, t)\n\
                data \"d.csv\" { weight balanced t }\ntrain { minimize loss; steps 1 }\n";
    assert_eq!(load(text, folder.path()).unwrap_err(), ["E0623"]);
}

/// Rows that `train where` leaves out may weigh anything.
#[test]
fn weights_that_are_left_out_are_not_judged() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("d.csv"), "a,t,w\n1,0,1\n2,1,-1\n3,0,2\n").unwrap();
    let text = "input x\ntarget t: bool\nparam w\nloss = logistic_loss(w x, t)\n\
                data \"d.csv\" { x = a; weight = w; train where w > 0 }\ntrain { minimize loss; steps 1 }\n";
    assert!(load(text, folder.path()).is_ok());
}

/// To predict, neither classes nor weights are read, whether they are there or not.
#[test]
fn predicting_needs_no_weights() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_gradus"))
            .args(arguments)
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    std::fs::write(folder.path().join("d.csv"), "a,k,w\n1,p,1\n2,q,2\n3,q,1\n4,r,1\n").unwrap();
    std::fs::write(folder.path().join("e.csv"), "a\n1\n2\n").unwrap();
    for weight in ["weight balanced t", "weight = w"] {
        let text = format!(
            "input x\ntarget t: class(3)\ny = softmax(dense([x], 3))\nloss = cross_entropy(y, t)\n\
             data \"d.csv\" {{ x = a; t = k; {weight} }}\ntrain {{ minimize loss; epochs 2 }}\n"
        );
        std::fs::write(folder.path().join("m.nn"), text).unwrap();
        run(&["run", "m.nn", "--save", "w.safetensors"]);
        for (data, rows) in [("d.csv", 4), ("e.csv", 2)] {
            let answers = run(&["predict", "m.nn", "--weights", "w.safetensors", "--data", data]);
            assert_eq!(answers.lines().count(), rows + 1, "{weight} {data}");
        }
    }
}
