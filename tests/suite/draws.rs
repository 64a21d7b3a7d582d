//! Fresh draws: what they are a function of, and that all who compute agree about them to the last bit.
use crate::values::{Way, trained};
use gradus::data;
use gradus::kernel::Float;
use gradus::model::Options;
use gradus::oracle::{Environment, Values, evaluate};
use gradus::pipeline::{self, Executing};
use gradus::train::Batch;
use gradus::vector::Path;
use std::sync::atomic::AtomicBool;

const ROWS: &str = "data { x: 1, 2, 3, 4, 5, 6, 7 }\n";

/// The values of `y` for the rows of an order, in batches of so many, as they stand in a training step of this number.
#[track_caller]
fn drawn(text: &str, how: Executing, order: &[u32], batch: usize, step: usize) -> Vec<f64> {
    let source = pipeline::read("a test", &format!("input x\n{text}\noutput y\n{ROWS}"), &Options::default());
    assert!(!source.has_errors(), "{text}: {:?}", source.diagnostics);
    let model = source.evaluation.as_ref().unwrap();
    let plan = pipeline::data_plan(&source, model).unwrap();
    let dataset = source.load(&plan, &data::Options { precision: how.float, ..data::Options::new(".") }).unwrap();
    let prediction = pipeline::batched(&pipeline::prediction_step(model), true);
    let mut executor = pipeline::executor(&prediction, &how, batch, &dataset, (9, 9)).unwrap();
    let mut all = vec![];
    for rows in order.chunks(batch) {
        let batch = Batch { first: 0, rows: rows.len(), step, epoch: 1 };
        executor.run(rows, &[batch], &AtomicBool::new(false), &mut vec![]).unwrap();
        all.extend(executor.output(0, rows.len()));
    }
    all
}

fn how(float: Float, interpreted: bool, threads: usize, path: Path) -> Executing {
    Executing { float, threads, interpreted, path, seed: 1 }
}
fn plainly(text: &str) -> Vec<f64> {
    drawn(text, how(Float::F64, false, 1, Path::detect()), &[0, 1, 2, 3, 4, 5, 6], 7, 1)
}

const PROGRAMS: [&str; 7] = [
    "y ~ normal(1)",
    "y: [5, 3] ~ uniform(-1, 2)",
    // Rows of runs that are no whole vectors.
    "u: [3, 4, 7] ~ normal(0, 1)\ny = u[1..] + x",
    "v = for i in 0..5 { n: [3] ~ normal(x); n + i }\ny = v",
    "y = scan i in 0..6 with h = zeros(2) { n: [2] ~ normal(1); h / 2 + n }",
    "y = for i in 0..3 { fold j in 0..4 with h = 0 { n ~ uniform(0, 1); h + n * x } }",
    "fn noisy(v: [2]) { n: [2] ~ normal(1); v + n }\ny = noisy(zeros(3, 4, 2))",
];

#[test]
fn everyone_draws_the_same() {
    let order = [4, 0, 6, 2, 5, 1, 3];
    for text in PROGRAMS {
        for float in [Float::F32, Float::F64] {
            let wanted = drawn(text, how(float, true, 1, Path::detect()), &order, 7, 3);
            let width = wanted.len() / 7;
            for path in Path::available() {
                for (threads, batch) in [(1, 7), (2, 7), (2, 3), (1, 1)] {
                    for interpreted in [false, true] {
                        let found = drawn(text, how(float, interpreted, threads, path), &order, batch, 3);
                        let near =
                            |(a, b): (&f64, &f64)| (a - b).abs() <= if float == Float::F32 { 4e-6 } else { 1e-12 };
                        assert!(
                            found.len() == wanted.len() && found.iter().zip(&wanted).all(near),
                            "{text}, {float:?}, {path:?}, {threads} threads, batches of {batch}, {interpreted}: {found:?}, not {wanted:?}"
                        );
                    }
                }
            }
            // A row has its own, wherever it stands in the order.
            let sorted = drawn(text, how(float, false, 1, Path::detect()), &[0, 1, 2, 3, 4, 5, 6], 7, 3);
            for (at, row) in order.iter().enumerate() {
                let own = &sorted[*row as usize * width..(*row as usize + 1) * width];
                assert_eq!(&wanted[at * width..(at + 1) * width].len(), &own.len());
                for (a, b) in wanted[at * width..(at + 1) * width].iter().zip(own) {
                    assert!((a - b).abs() <= 4e-6, "{text}: row {row}");
                }
            }
        }
        // And the oracle.
        let source = pipeline::read("a test", &format!("input x\n{text}\n{ROWS}"), &Options::default());
        let model = source.evaluation.as_ref().unwrap();
        let y = model.bindings.iter().find(|(name, _)| name == "y").unwrap().1;
        let mut env = Environment::new(&model.graph, 7);
        env.inputs[0] = (1..8).map(f64::from).collect();
        let Values::Varying(each) = &evaluate(&model.graph, &[y], &env).unwrap()[0] else { panic!("{text}") };
        for (found, wanted) in each.concat().iter().zip(plainly(text)) {
            assert!((found - wanted).abs() <= 1e-12, "{text}");
        }
    }
}

/// How many of the numbers occur more than once.
fn repeated(values: &[f64]) -> usize {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.windows(2).filter(|pair| pair[0] == pair[1]).count()
}

#[test]
fn each_example_place_round_call_and_step_draws_anew() {
    for text in [
        "y: [40] ~ normal(1)",
        "fn noise(v: []) { n ~ normal(1); n + 0 v }\ny = noise(zeros(4, 5))",
        "y = for i in 0..20 { n ~ normal(1); n }",
        "y = for i in 0..4 { for j in 0..5 { n ~ normal(1); n } }",
        "y = scan i in 0..20 with h = 0 { n ~ normal(1); n + 0 h }",
        "y = scan i in 0..4 with h = zeros(5) { (for j in 0..5 { n ~ normal(1); n }) + 0 h }",
        "y = for j in 0..5 { scan i in 0..4 with h = 0 { n ~ normal(1); n + 0 h } }",
        "model u(v) { n ~ normal(1); n + 0 v }\ny = stack(u(x), u(x), u(2 x), u(x))",
        "y = repeat k in 0..4 with h = zeros(3) { n: [3] ~ normal(1); n + 0 h }",
        "layer noise(v: []) { n ~ normal(1); n + 0 v }\na = noise(x)\nb = noise(x)\ny = stack(a, b)",
        "y = fold i in 0..2 with h = zeros(7) { k = fold j in 0..3 with g = zeros(7) { n: [7] ~ normal(1); n + 0 g }; k + 0 h }",
    ] {
        let values = plainly(text);
        assert_eq!(repeated(&values), 0, "{text}: {values:?}");
        let later = drawn(text, how(Float::F64, false, 1, Path::detect()), &[0, 1, 2, 3, 4, 5, 6], 7, 2);
        assert_eq!(repeated(&[values, later].concat()), 0, "{text}");
        let other = Executing { seed: 2, ..how(Float::F64, false, 1, Path::detect()) };
        let other = drawn(text, other, &[0, 1, 2, 3, 4, 5, 6], 7, 1);
        assert_eq!(repeated(&[plainly(text), other].concat()), 0, "{text}");
    }
}

#[test]
fn a_draw_is_one_value_wherever_it_is_used() {
    for text in [
        "n: [3] ~ normal(1)\ny = n - n + 1",
        "n: [3] ~ normal(1)\ny = (for i in 0..3 { n[i] }) - n + 1",
        "n: [3] ~ normal(1)\ny = ones(3) + (scan i in 0..3 with h = zeros(3) { n })[1] - n",
        // A derivative draws nothing: that of Σ n x by x is Σ n.
        "n: [3] ~ normal(1)\ny = ones(3) + grad(sum(n * x), x) - sum(n)",
        "n: [3] ~ normal(1)\nv = n * x\ny = sum(abs(jacobian(v^2, n) - 2 x^2 * n * identity(3)), axis = 0) + 1",
    ] {
        for y in plainly(text) {
            assert!((y - 1.0).abs() < 1e-12, "{text}: {y}");
        }
    }
}

#[test]
fn means_and_deviations_may_be_values_and_are_differentiated_by() {
    // z = m + s ε: by m the derivative of Σ z is 1, by s it is ε = (z − m) / s.
    let text = "m = 2 x\ns = x / 4\nz ~ normal(m, s)\ny = stack(grad(z, m) - 1, grad(z, s) - (z - m) / s)";
    assert!(plainly(text).iter().all(|y| y.abs() < 1e-12));
    let text = "a = 3 x\nb = 5 x\nz ~ uniform(a, b)\ny = stack([a < z and z <= b], [abs(grad(z, a) + grad(z, b) - 1) < 1e-12])";
    assert!(plainly(text).iter().all(|y| *y == 1.0), "{:?}", plainly(text));
}

#[test]
fn dropout_leaves_out_its_share_while_training_and_nothing_later() {
    let text = |minimized: &str| {
        format!(
            "input x: [100]\nparam w: [100] = 1\nh = dropout(x, 0.25)\nloss = {minimized}\n\
             data {{ x: {ones}; }}\ntrain {{ minimize loss; optimizer sgd(rate = 1); steps 1; batch all }}\n",
            ones = vec![format!("[{}]", vec!["1"; 100].join(", ")); 40].join(", "),
        )
    };
    // The gradient is the mean over the rows of what is left.
    let left: Vec<Vec<f64>> = Way::in_f64().map(|way| trained(&text("w' h"), way, "w")).into();
    assert!(left[0].iter().zip(&left[1]).all(|(a, b)| (a - b).abs() < 1e-12));
    let kept: Vec<f64> = left[0].iter().map(|after| 1.0 - after).collect();
    let mean = kept.iter().sum::<f64>() / 100.0;
    assert!((mean - 1.0).abs() < 0.03, "{mean}");
    assert!(kept.iter().all(|k| (0.4..1.4).contains(k)), "{kept:?}");
    // Each row and entry is 0 or 1 / 0.75.
    let squares: f64 =
        trained(&text("w' h^2"), Way::in_f64()[0], "w").iter().map(|after| 1.0 - after).sum::<f64>() / 100.0;
    assert!((squares - mean / 0.75).abs() < 1e-9, "{squares}");
    assert!(plainly("y = dropout(x * ones(4), 0.5)").chunks(4).enumerate().all(|(row, y)| *y == [row as f64 + 1.0; 4]));
}

/// What is drawn inside of layers never bears the name of a parameter, nor that of another draw.
#[test]
fn draws_have_names_of_their_own() {
    let parts = ["dropout(0.5)", "gru(3)", "rnn(3)", "noisy", "dense(3)"];
    for code in 0..parts.len().pow(3) {
        let chosen: Vec<&str> = (0..3).map(|at| parts[code / parts.len().pow(at) % parts.len()]).collect();
        let text = format!(
            "input x: [4, 3]\nlayer noisy(v: [n]) {{\n param u: [n]\n u2: [n] ~ normal(1)\n b ~ normal(1)\n v + u * u2 + b\n}}\n\
             h = x |> {}\nloss = norm(h)^2\ntrain {{ minimize loss; steps 1 }}\n",
            chosen.join(" |> ")
        );
        let source = pipeline::read("m.nn", &text, &Default::default());
        let model = source.training.as_ref().unwrap_or_else(|| panic!("{:?}\n{text}", source.diagnostics));
        let of_draws = model.graph.draws.iter().map(|draw| draw.name.clone());
        let mut names: Vec<String> = of_draws.chain(model.graph.parameters.iter().map(|v| v.name.clone())).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count, "{names:?}\n{text}");
    }
}
