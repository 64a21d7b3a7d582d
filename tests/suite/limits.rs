//! What is too much is said, at once and with little work, and what is said is said once.
use gradus::data;
use gradus::kernel::Float;
use gradus::limits;
use gradus::model::Options;
use gradus::pipeline::{self, Executing, Obstacle, Source};
use gradus::room::Room;
use gradus::vector::Path;

use crate::values::{Way, trained};

fn read(text: &str) -> Source {
    pipeline::read("model.nn", text, &Options::default())
}
fn codes(text: &str) -> Vec<&'static str> {
    read(text).diagnostics.iter().map(|diagnostic| diagnostic.code).collect()
}

#[test]
fn what_is_too_large_has_a_limit() {
    for (text, code) in [
        ("y = repeat i in 0..100000000 with h = x { h + 1 }", "E0905"),
        ("y = repeat i in 0..1000 with a = x { repeat j in 0..1000 with b = a { b + j } }", "E0906"),
        ("y = 0..100000000", "E0903"),
        ("y = linspace(0, 1, 100000000)", "E0903"),
        ("y = zeros([100000, 100000, 100000])", "E0903"),
        ("param w: [100000, 100000]", "E0903"),
        ("param w: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]", "E0902"),
        ("a = zeros([100000])\nb = [a, a]' [a, a]", "E0903"),
        ("y = [1, 2][0..9999999999999999999]", "E0307"),
    ] {
        let text = format!("input x\n{text}\n");
        assert_eq!(codes(&text), [code], "{text}");
    }
}

/// Rows that are drawn are counted before they are, and so is what the interpreter makes of definitions and constants.
#[test]
fn memory_that_nobody_has_is_not_asked_for() {
    let train = "train { minimize loss; optimizer sgd(rate = 0); steps 1 }\n";
    for (text, interpreted, code) in [
        (
            "input x\nparam w\nloss = (w x - 1)^2\ndata {\n    x ~ uniform(0, 1)\n    rows 1000000000000000\n}\n",
            false,
            "E0909",
        ),
        ("param x: [50000000]\nloss = sum(cumsum(x)^2)\n", true, "E0909"),
        ("param x: [2000000]\nloss = sum(sort(x)^2)\n", true, "E0909"),
        ("param w\nloss = sum(for i in 0..16777217 { w * sin(i) })\n", true, "E0908"),
    ] {
        let source = read(&format!("{text}{train}"));
        let model = source.training.as_ref().unwrap_or_else(|| panic!("{:?}", source.diagnostics));
        let options = data::Options { precision: Float::F32, ..data::Options::new(".") };
        let plan = pipeline::data_plan(&source, model).unwrap();
        let said = match data::load(&plan, &options) {
            Err(errors) => errors[0].code,
            Ok(dataset) => {
                let how = Executing { float: Float::F32, threads: 1, interpreted, path: Path::detect(), seed: 1 };
                let step = pipeline::batched(&pipeline::training_step(model), true);
                match pipeline::executor(&step, &how, 1, &dataset, (1, 1)) {
                    Err(Obstacle::Refused(error)) => error.code,
                    Err(Obstacle::Fault(fault)) => panic!("{text}: {fault}"),
                    Ok(_) => panic!("{text}: is run"),
                }
            }
        };
        assert_eq!(said, code, "{text}");
    }
}

#[test]
fn calls_that_double_are_too_much() {
    let mut text = "input x\nfn f0(a) = a + 1\n".to_string();
    for level in 1..40 {
        text += &format!("fn f{level}(a) = f{}(a) + f{}(2 a)\n", level - 1, level - 1);
    }
    text += "y = f39(x)\n";
    assert_eq!(codes(&text), ["E0906"]);
}

#[test]
fn of_many_errors_the_first_are_shown() {
    let count = 3 * limits::DIAGNOSTICS;
    let source = read(&"y = nothing\n".repeat(count));
    assert_eq!(source.diagnostics.len(), limits::DIAGNOSTICS);
    let last = source.diagnostics.last().unwrap();
    assert!(last.notes.iter().any(|note| note.ends_with("more are not shown")), "{last:?}");
}

#[test]
fn what_is_wrong_outside_of_training_alone_is_said() {
    let text = |wrong: &str| format!("input x\nparam w\ny = if training then w x else {wrong}\n");
    assert_eq!(codes(&text("nothing")), ["E0201"]);
    assert_eq!(codes("input x\nparam w\ny = nothing\n"), ["E0201"]);
    assert!(read(&text("nothing")).training.is_none());
    assert!(codes(&text("x")).is_empty());
}

/// Long programs of many kinds, each of which would be one kernel beyond every limit: they are cut where they are planned.
fn long() -> Vec<(String, String)> {
    let mut all = vec![];
    let mut add = |what: &str, n: usize, text: String| {
        all.push((
            format!("{what}, {n}"),
            format!("{text}train {{ minimize loss; optimizer sgd(rate = 1e-6); steps 1; batch all }}\n"),
        ));
    };
    for (function, n) in
        [("sin", 140), ("exp", 300), ("tanh", 200), ("sigmoid", 260), ("erf", 150), ("log1p", 150), ("sqrt", 900)]
    {
        let term = |x: &str| format!("{function}({x}) / 3");
        let sum = format!("repeat k in 1..{n} with s = 0 {{ s + {} }}", term("abs(k * w) / 40 + 0.1"));
        add("a sum", n, format!("param w = 0.5\ny = {sum}\nloss = y^2\n"));
        let product = format!("repeat k in 1..{n} with s = 1 {{ s * (1 + {} / 100) }}", term("abs(w) + 1 / k"));
        add("a product", n, format!("param w = 0.5\ny = {product}\nloss = y^2\n"));
        let chain = format!("repeat k in 1..{n} with s = v {{ tanh({}) }}", term("abs(s) + 0.2"));
        add("a chain", n, format!("param v: [3] = 0.5\ny = {chain}\nloss = sum(y^2)\n"));
        let batch = format!("repeat k in 1..{n} with s = 0 {{ s + {} }}", term("abs(k * w * x) / 40 + 0.1"));
        add("of a batch", n, format!("input x\nparam w = 0.5\ny = {batch}\nloss = y^2\ndata {{ x: 0.1, 0.2, 0.3 }}\n"));
        let row = format!("repeat k in 1..{} with s = v {{ concat(s, {}) }}", n / 4, term("abs(s[..2]) + 0.2"));
        add("a row that grows", n, format!("param v: [2] = 0.5\ny = {row}\nloss = sum(y^2)\n"));
        let shifted = format!("repeat k in 1..{} with s = v {{ tanh({} + reverse(s)) }}", n / 8, term("abs(s) + 0.2"));
        add("turned round and round", n, format!("param v: [4] = 0.1\ny = {shifted}\nloss = mean(y^2)\n"));
        let looped = format!(
            "fold i in 0..3 with h = w {{ repeat k in 1..{n} with s = h {{ s + {} }} }}",
            term("abs(k * h) / 4e3 + 0.1")
        );
        add("in a loop", n, format!("param w = 0.5\ny = {looped}\nloss = tanh(y / 1e3)^2\n"));
    }
    for order in 5..9 {
        let primes = "'".repeat(order);
        let text = format!("param w = 0.3\nfn u(x) = tanh(sin(x) * exp(x) / (1 + x^2))\nloss = (u{primes}(w))^2\n");
        add("a derivative of the order", order, text);
    }
    for n in [300, 1500] {
        let names: Vec<String> = (0..n).map(|k| format!("a{k}")).collect();
        let declared: String =
            names.iter().enumerate().map(|(k, name)| format!("param {name} = {}\n", k % 7)).collect();
        add("a list of names", n, format!("{declared}v = [{}]\nloss = sum(v^2)\n", names.join(", ")));
    }
    all
}

#[test]
fn long_programs_are_planned_in_kernels_that_are_short_enough() {
    let all = long();
    assert!(all.len() >= 50);
    for (what, text) in &all {
        let source = read(text);
        assert!(!source.has_errors(), "{what}: {:?}", source.diagnostics);
        let step = pipeline::batched(&pipeline::training_step(source.training.as_ref().unwrap()), true);
        for float in [Float::F32, Float::F64] {
            let plan = pipeline::planned(&step, float, 3).unwrap_or_else(|why| panic!("{what}: {why}"));
            plan.program.verify().unwrap_or_else(|fault| panic!("{what}: {fault}"));
        }
    }
}

/// Cutting changes no number.
#[test]
fn long_programs_compute_what_the_interpreter_does() {
    for (what, text) in long().iter().step_by(6) {
        let name = if text.contains("param w") {
            "w"
        } else if text.contains("param v") {
            "v"
        } else {
            "a3"
        };
        let [native, interpreted] = Way::in_f64().map(|way| trained(text, way, name));
        for (n, i) in native.iter().zip(&interpreted) {
            assert!((n - i).abs() <= 1e-9 * (1.0 + i.abs()), "{what}: {n} and {i}");
        }
    }
}

/// What a plan would need is added up before anything is asked for.
#[test]
fn more_memory_than_any_machine_has_is_refused() {
    let programs = [
        "param a: [46000, 46000], b: [46000, 46000]\nloss = norm(a b)^2\n".to_string(),
        "param w: [40000, 40000]\nloss = norm(w)^2\n".to_string(),
        "param w: [40000] ~ normal(1)\nloss = norm(w w')^2\n".to_string(),
    ];
    for program in programs {
        let source = read(&format!("{program}train {{ minimize loss; epochs 1 }}\n"));
        let step = pipeline::batched(&pipeline::training_step(source.training.as_ref().unwrap()), true);
        let plan = pipeline::planned(&step, Float::F32, 1).unwrap();
        let most = plan.program.buffers.iter().map(|buffer| buffer.elements).max().unwrap();
        assert!(plan.program.arena_bytes >= 4 * most, "{program}");
        let room = Room { graph: &step.graph, rows: 1, float: Float::F32 };
        let said = room.too_large(plan.program.arena_bytes as u128, 1 << 30);
        assert_eq!(said.code, "E0909");
    }
}
