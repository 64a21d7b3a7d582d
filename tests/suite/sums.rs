//! Long sums on every road a number goes: 1,000,003 unequal terms in f32, by native code and by the interpreter, lose no more than short
//! ones; and neither threads nor the width of vectors change a bit of what is learned.
//!
//! `GRADUS_NETS` sets how many random nets are trained.
use gradus::data::Dataset;
use gradus::kernel::Float;
use gradus::pipeline::{self, Batched, Executing, Source};
use gradus::step::Target;
use gradus::train::{Batch, initial};
use gradus::vector::Path;
use std::sync::atomic::AtomicBool;

const COUNT: usize = 1_000_003;
/// Where there are several elements of each.
const FEWER: usize = COUNT / 3;
/// Of the sum of all magnitudes.
const MOST: f64 = 5e-7;

fn read(text: &str) -> Source {
    let source = pipeline::read("a test", text, &Default::default());
    assert!(!source.has_errors(), "{text}\n{:?}", source.diagnostics);
    source
}

/// Numbers of f32, none like the one before, in `low..high`.
fn numbers(count: usize, seed: u64, low: f64, high: f64) -> Vec<f64> {
    let unit = |i: usize| ((i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15 ^ seed) >> 40) as f64 / 16_777_216.0;
    (0..count).map(|i| f64::from((low + (high - low) * unit(i)) as f32)).collect()
}

/// What a step logs, by name, and the parameters after it.
struct After {
    logged: Vec<(String, f64)>,
    parameters: Vec<Vec<f64>>,
}

/// One step with all rows, from these parameters.
fn step(step: &Batched, how: &Executing, data: &Dataset, parameters: &[Vec<f64>]) -> After {
    let rows = data.rows;
    let mut executor = pipeline::executor(step, how, rows, data, (1, 1)).unwrap();
    for (number, values) in parameters.iter().enumerate() {
        executor.write(Target::Parameter(number as u32), values);
    }
    let order: Vec<u32> = (0..rows as u32).collect();
    let mut log = vec![];
    let batch = Batch { first: 0, rows, step: 1, epoch: 1 };
    executor.run(&order, &[batch], &AtomicBool::new(false), &mut log).unwrap();
    let logged = step.logged.iter().map(|l| l.0.clone()).zip(log).collect();
    let parameters = (0..parameters.len()).map(|number| executor.read(Target::Parameter(number as u32))).collect();
    After { logged, parameters }
}

impl After {
    #[track_caller]
    fn logs(&self, how: &Executing, wanted: &[(&str, f64, f64)]) {
        for &(name, value, magnitude) in wanted {
            let found = self.logged.iter().find(|l| l.0 == name).unwrap_or_else(|| panic!("{name} is not logged")).1;
            assert!((found - value).abs() <= MOST * magnitude, "{name} is {found}, not {value}: {how:?}");
        }
    }
}

/// Native code on every path, and the interpreter.
fn ways() -> Vec<Executing> {
    let native = Path::available().into_iter().map(|path| (path, false));
    let ways = native.chain([(Path::detect(), true)]);
    ways.map(|(path, interpreted)| Executing { float: Float::F32, threads: 2, interpreted, path, seed: 1 }).collect()
}

#[test]
fn a_million_terms_along_axes() {
    terms(COUNT, [(0.0, 1.0), (0.5, 2.0), (0.0, 3.0), (-1.0, 1.0)]);
}

#[test]
fn terms_that_are_nearly_alike() {
    let near = |x: f64| (x, x + 1e-5);
    terms(FEWER, [near(1.0 / 3.0), near(0.1), near(1.7), near(0.7)]);
}

/// Sums over one axis and over several, of which the lanes are or are not, means, squares, norms, softmax; of numbers in four ranges.
fn terms(count: usize, ranges: [(f64, f64); 4]) {
    let fewer = count / 3;
    let text = format!(
        "param x: [{count}] = 0, z: [{fewer}, 9] = 0, v: [3, {fewer}, 5] = 0, s: [{count}] = 0\nloss = sum(x)\n\
         metric total = sum(x)\nmetric average = mean(x)\nmetric signed = sum(s)\nmetric length = norm(x)\n\
         metric square = x' x\nmetric product = x' s\nmetric lse = logsumexp(x)\nmetric share = softmax(x)[7]\n\
         metric deviation = std(x)\nmetric column = sum(z, axis = 0)[4]\nmetric mean_of_column = mean(z, axis = 0)[8]\n\
         metric middle = sum(v, axis = 1)[1, 2]\nmetric two = mean(v, axis = [0, 1])[3]\nmetric all = sum(v)\n\
         metric bent = sum(tanh(x) * exp(-x))\ntrain {{ minimize loss; optimizer sgd(rate = 0); steps 1 }}\n"
    );
    let source = read(&text);
    let model = source.training.as_ref().unwrap();
    let drawn = |number: usize, count: usize| numbers(count, 1 + number as u64, ranges[number].0, ranges[number].1);
    let (x, z, v, s) = (drawn(0, count), drawn(1, 9 * fewer), drawn(2, 15 * fewer), drawn(3, count));
    let sum = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>();
    let n = count as f64;
    let (total, square) = (sum(&mut x.iter().copied()), sum(&mut x.iter().map(|x| x * x)));
    let magnitude = sum(&mut s.iter().map(|s| s.abs()));
    let products = || x.iter().zip(&s).map(|(x, s)| x * s);
    let powers = sum(&mut x.iter().map(|x| x.exp()));
    let at = |i: usize, j: usize, k: usize| v[(i * fewer + j) * 5 + k];
    let column = |k: usize| z.iter().skip(k).step_by(9).sum::<f64>();
    let middle: f64 = (0..fewer).map(|j| at(1, j, 2)).sum();
    let two = (0..3).flat_map(|i| (0..fewer).map(move |j| (i, j))).map(|(i, j)| at(i, j, 3)).sum::<f64>();
    let bent = sum(&mut x.iter().map(|x| x.tanh() * (-x).exp()));
    let deviation = (sum(&mut x.iter().map(|x| (x - total / n).powi(2))) / n).sqrt();
    let two = two / (3 * fewer) as f64;
    let all: f64 = v.iter().sum();
    let wanted = [
        ("total", total, total),
        ("average", total / n, total / n),
        ("signed", s.iter().sum(), magnitude),
        ("length", square.sqrt(), square.sqrt()),
        ("square", square, square),
        ("product", products().sum(), products().map(f64::abs).sum()),
        ("lse", powers.ln(), powers.ln()),
        ("share", x[7].exp() / powers, x[7].exp() / powers),
        // Of nearly equal numbers what is left is less than what they are rounded by.
        ("deviation", deviation, deviation.max(0.1 * total / n)),
        ("column", column(4), column(4)),
        ("mean_of_column", column(8) / fewer as f64, column(8) / fewer as f64),
        ("middle", middle, middle),
        ("two", two, two),
        ("all", all, all),
        ("bent", bent, bent),
    ];
    let data = Dataset::of(&[], vec![], 1, Float::F32, "a test");
    let batched = pipeline::batched(&pipeline::training_step(model), true);
    for how in ways() {
        step(&batched, &how, &data, &[x.clone(), z.clone(), v.clone(), s.clone()]).logs(&how, &wanted);
    }
}

#[test]
fn a_million_rows() {
    rows(COUNT, (0.0, 1.0), (-0.5, 1.5));
}

/// Each addition rounds nearly the same number to nearly the same side: errors don't cancel.
#[test]
fn rows_that_are_nearly_alike() {
    rows(FEWER / 3, (1.0 / 3.0, 1.0 / 3.0 + 1e-6), (0.7, 0.700_01));
    rows(FEWER / 3, (1.0 / 3.0, 1.0 / 3.0 + 1e-6), (1.0 / 3.0, 1.0 / 3.0 + 1e-6));
    rows(FEWER / 3, (1.7, 1.700_1), (1.1, 1.100_01));
}

/// Means of what is logged, gradients of weights and of biases, of few and of many outputs, and metrics of a part; of inputs and targets
/// between these numbers.
fn rows(count: usize, of_x: (f64, f64), of_t: (f64, f64)) {
    let text = "input x: [3]\ntarget t\nparam w: [5, 3] = 0, b: [5] = 0, u: [3] = 0, c = 0, e: [20] = 0\n\
                y = w x + b\nr = relu(e) t\nloss = t * (sum(y) + u' x + c) + sum(e * t) + 0.5 * x[0]\n\
                metric first = x[0]\nmetric signed = t\nmetric share = x[1] > 0.25\nmetric root = norm(x)\n\
                train { minimize loss; optimizer sgd(rate = 1); batch all; steps 1 }\n"
        .replace("r = relu(e) t\n", "");
    let source = read(&text);
    let model = source.training.as_ref().unwrap();
    let (x, t) = (numbers(3 * count, 5, of_x.0, of_x.1), numbers(count, 6, of_t.0, of_t.1));
    let n = count as f64;
    let row = |k: usize| x.iter().skip(k).step_by(3);
    let mean = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / n;
    let first = mean(&mut row(0).copied());
    let (of_t, magnitude) = (mean(&mut t.iter().copied()), mean(&mut t.iter().map(|t| t.abs())));
    let share = mean(&mut row(1).map(|&x| f64::from(x > 0.25)));
    let root = mean(&mut x.chunks(3).map(|x| x.iter().map(|x| x * x).sum::<f64>().sqrt()));
    let slopes: Vec<(f64, f64)> = (0..3)
        .map(|k| {
            let products = || row(k).zip(&t).map(|(x, t)| x * t);
            (mean(&mut products()), mean(&mut products().map(f64::abs)))
        })
        .collect();
    let variables = &model.graph.inputs;
    let data = Dataset::of(variables, vec![x.clone(), t.clone()], count, Float::F32, "a test");
    let zeros: Vec<Vec<f64>> = model.graph.parameters.iter().map(|p| vec![0.0; p.ty.shape.iter().product()]).collect();
    let logs = [("first", first, first), ("signed", of_t, magnitude), ("share", share, share), ("root", root, root)];
    let batched = pipeline::batched(&pipeline::training_step(model), true);
    let judged = pipeline::batched(&pipeline::evaluation_step(source.evaluation.as_ref().unwrap()), true);
    for how in ways() {
        let after = step(&batched, &how, &data, &zeros);
        after.logs(&how, &logs);
        after.logs(&how, &[("loss", 0.5 * first, 0.5 * first)]);
        step(&judged, &how, &data, &zeros).logs(&how, &logs);
        for (name, values) in model.graph.parameters.iter().map(|p| &p.name).zip(&after.parameters) {
            for (at, value) in values.iter().enumerate() {
                let (wanted, magnitude) = match name.as_str() {
                    "w" | "u" => slopes[at % 3],
                    _ => (of_t, magnitude),
                };
                assert!(
                    (value + wanted).abs() <= MOST * magnitude,
                    "{name}[{at}] is {value}, not {}: {how:?}",
                    -wanted
                );
            }
        }
    }
}

/// Equal terms over the rows of a batch and over axes, of drawn lengths: each addition of a chain may round to the same side.
#[test]
fn equal_terms_over_axes_of_any_length() {
    let mut dice = Dice(0x853c_49e6_748f_ea9b);
    for round in 0..24 {
        let long = [1, 3, 33, 60, 245, 1000][dice.below(6)];
        let (rows, a, b) = (1 + dice.below(long), 1 + dice.below(20), 1 + dice.below(40));
        let value = numbers(1, round, 1.0, 2.0)[0];
        let text = format!(
            "input x: [{a}, {b}]\nparam k = 0, v: [{a}] = 0, u: [{b}] = 0, w: [2, {b}] = 0\n\
             loss = k * sum(x) + sum(v + x u) + u' sum(x, axis = 0) + sum(for r in x {{ sum(w r) }})\nmetric whole = sum(x)\n\
             metric slope = mean(x)\ntrain {{ minimize loss; optimizer sgd(rate = 1); batch all; steps 1 }}\n"
        );
        let source = read(&text);
        let model = source.training.as_ref().unwrap();
        let data = Dataset::of(&model.graph.inputs, vec![vec![value; rows * a * b]], rows, Float::F32, "a test");
        let batched = pipeline::batched(&pipeline::training_step(model), true);
        let shapes = model.graph.parameters.iter().map(|p| p.ty.shape.iter().product());
        let zeros: Vec<Vec<f64>> = shapes.map(|count| vec![0.0; count]).collect();
        let of_a = a as f64 * value;
        let wanted = [of_a * b as f64, 1.0, 2.0 * of_a, of_a];
        let whole = wanted[0];
        for how in ways() {
            let after = step(&batched, &how, &data, &zeros);
            after.logs(&how, &[("whole", whole, whole), ("slope", value, value)]);
            for (values, wanted) in after.parameters.iter().zip(wanted) {
                for value in values {
                    let is_near = (value + wanted).abs() <= MOST * wanted.abs();
                    assert!(is_near, "{rows} rows [{a}, {b}] of {whole}: {value}, not {}: {how:?}", -wanted);
                }
            }
        }
    }
}

/// Rows that are chosen: each gets what a third of a million rows give it.
#[test]
fn a_million_choices() {
    let text = "input k: class(3)\ntarget t\nparam w: [3, 2] = 0, v: [3] = 0\nloss = t * (sum(w[k]) + v[k])\n\
                train { minimize loss; optimizer sgd(rate = 1); batch all; steps 1 }\n";
    let source = read(text);
    let model = source.training.as_ref().unwrap();
    let t = numbers(COUNT, 8, -0.5, 1.5);
    let k: Vec<f64> =
        (0..COUNT).map(|i| (i * i % 3) as f64 + f64::from(u8::from(i % 7 == 0)) * (1.0 - (i * i % 3) as f64)).collect();
    let of = |class: usize, f: fn(f64) -> f64| {
        k.iter().zip(&t).filter(|(k, _)| **k == class as f64).map(|(_, t)| f(*t)).sum::<f64>() / COUNT as f64
    };
    let data = Dataset::of(&model.graph.inputs, vec![k.clone(), t.clone()], COUNT, Float::F32, "a test");
    let batched = pipeline::batched(&pipeline::training_step(model), true);
    for how in ways() {
        let after = step(&batched, &how, &data, &[vec![0.0; 6], vec![0.0; 3]]);
        for (values, width) in after.parameters.iter().zip([2, 1]) {
            for (at, value) in values.iter().enumerate() {
                let (wanted, magnitude) = (of(at / width, |t| t), of(at / width, f64::abs));
                assert!((value + wanted).abs() <= MOST * magnitude, "{value}, not {}: {how:?}", -wanted);
            }
        }
    }
}

/// What is infinite or no number is so in a long sum, too.
#[test]
fn what_is_infinite_stays_so() {
    let text = "param x: [5000] = 0\nloss = sum(x)\nmetric mean_of_x = mean(x)\n\
                train { minimize loss; optimizer sgd(rate = 0); steps 1 }\n";
    let source = read(text);
    let batched = pipeline::batched(&pipeline::training_step(source.training.as_ref().unwrap()), true);
    let data = Dataset::of(&[], vec![], 1, Float::F32, "a test");
    for how in ways() {
        for (put, wanted) in
            [(f64::INFINITY, f64::INFINITY), (f64::NEG_INFINITY, f64::NEG_INFINITY), (f64::NAN, f64::NAN)]
        {
            let mut x = numbers(5000, 1, 0.0, 1.0);
            x[3210] = put;
            for (name, found) in step(&batched, &how, &data, &[x]).logged {
                assert!(
                    found == wanted || found.is_nan() && wanted.is_nan(),
                    "{name} is {found}, not {wanted}: {how:?}"
                );
            }
        }
    }
}

/// Marsaglia's xorshift.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) as usize % bound
    }
    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

/// A net over pictures of 8 × 8 with ten classes.
fn net(dice: &mut Dice) -> String {
    let first = match dice.below(4) {
        0 => format!("conv1d(x, {}, 3, padding = causal) |> tanh |> flatten", 3 + dice.below(14)),
        1 => {
            let width = 3 + dice.below(20);
            format!("fold v in x with s = zeros({width}) {{ tanh(dense(v, {width}) + dense(s, {width})) }}")
        }
        _ => "flatten(x)".to_string(),
    };
    let mut text = format!("input x: [8, 8]\ntarget t: class(10)\nh0 = {first}\n");
    let layers = 1 + dice.below(3);
    for layer in 0..layers {
        let width = [7, 16, 30, 65, 130, 300][dice.below(6)];
        let norm = dice.pick(&["", "", " |> layer_norm", " |> batch_norm", " |> rms_norm"]);
        let bend = dice.pick(&["relu", "tanh", "gelu", "sigmoid"]);
        text += &format!("h{} = dense(h{layer}, {width}){norm} |> {bend}\n", layer + 1);
    }
    text +=
        &format!("y = softmax(dense(h{layers}, 10))\nloss = cross_entropy(y, t)\nmetric accuracy = argmax(y) == t\n");
    let decay = dice.pick(&["", " + 1e-3 * norm(weights)^2", " + 1e-4 * sum(abs(weights))"]);
    let optimizer =
        dice.pick(&["adam(rate = 0.003)", "sgd(rate = 0.05)", "momentum(rate = 0.01)", "rmsprop(rate = 0.001)"]);
    text + &format!(
        "train {{ minimize loss{decay}; optimizer {optimizer}; batch {}; steps 5 }}\n",
        20 + dice.below(400)
    )
}

/// Everything that some steps leave and log, bit by bit; and the threads that ran.
fn learned(source: &Source, data: &Dataset, threads: usize, path: Path) -> (Vec<u64>, usize) {
    let model = source.training.as_ref().unwrap();
    let gradus::model::Batch::Rows(rows) = model.training.as_ref().unwrap().batch else { panic!("a number of rows") };
    let how = Executing { float: Float::F32, threads, interpreted: false, path, seed: 1 };
    let batched = pipeline::batched(&pipeline::training_step(model), true);
    let mut executor = pipeline::executor(&batched, &how, rows, data, (5, 1)).unwrap();
    let parameters =
        initial::parameters(model, 7).unwrap().into_iter().zip(0..).map(|(v, i)| (Target::Parameter(i), v));
    let states = initial::states(model, 7).unwrap().into_iter().zip(0..).map(|(v, i)| (Target::State(i), v));
    let start: Vec<(Target, Vec<f64>)> = parameters.chain(states).collect();
    start.iter().for_each(|(target, values)| executor.write(*target, values));
    let order: Vec<u32> = (0..data.rows as u32).collect();
    let mut log = vec![];
    // The last batch is short.
    let batch = |step: usize| Batch { first: 0, rows: if step == 5 { rows / 2 + 1 } else { rows }, step, epoch: 1 };
    let batches: Vec<Batch> = (1..=5).map(batch).collect();
    executor.run(&order, &batches, &AtomicBool::new(false), &mut log).unwrap();
    let values = start.iter().flat_map(|(target, _)| executor.read(*target));
    let bits: Vec<u64> = log.iter().copied().chain(values).map(f64::to_bits).collect();
    (bits, executor.threads())
}

#[test]
fn neither_threads_nor_vectors_change_a_bit() {
    let nets = std::env::var("GRADUS_NETS").ok().and_then(|text| text.parse().ok()).unwrap_or(6);
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    let mut divided = 0;
    for number in 0..nets {
        let text = net(&mut dice);
        let source = read(&text);
        let model = source.training.as_ref().unwrap();
        let x = numbers(64 * 420, number, -1.0, 1.0);
        let t = (0..420).map(|_| dice.below(10) as f64).collect();
        let data = Dataset::of(&model.graph.inputs, vec![x, t], 420, Float::F32, "a test");
        let (one, _) = learned(&source, &data, 1, Path::detect());
        assert!(one.iter().all(|bits| f64::from_bits(*bits).is_finite()), "{text}");
        for threads in [2, 3, 8] {
            let (more, ran) = learned(&source, &data, threads, Path::detect());
            divided += usize::from(ran == threads);
            assert!(one == more, "{threads} threads, net {number}:\n{text}");
        }
        // Only what every processor has rounds products before they are added.
        for path in Path::available() {
            let rounds_alike = (path == Path::Portable) == (Path::detect() == Path::Portable);
            if rounds_alike || !cfg!(target_arch = "x86_64") {
                assert!(one == learned(&source, &data, 2, path).0, "{path:?}, net {number}:\n{text}");
            }
        }
    }
    assert!(divided * 2 > nets as usize, "only {divided} runs were divided");
}
