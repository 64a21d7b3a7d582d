//! Nets that are drawn from the prelude's layers, with draws, dropout, states, sequences of unequal length, weights and clipped gradients: two
//! steps by both executors are the oracle's, and the derivatives of the loss are those of dual numbers, to the second order.
//! `GRADUS_NETS` sets how many there are, `GRADUS_NETS_SEED` where they begin.
use crate::duals::{Outcome, along_a_direction};
use crate::steps::{by_the_oracle, differs, executed};
use gradus::data::Dataset;
use gradus::kernel::Float;
use gradus::model::Options;
use gradus::oracle::{Draws, Environment};
use gradus::pipeline::{self, Executing, Source};
use gradus::simplify::{Stage, simplify};
use gradus::train::initial;
use gradus::vector::Path;

/// So many examples are in a batch.
const ROWS: usize = 3;

/// What a value of a net is.
#[derive(Clone, Copy, PartialEq)]
enum Of {
    Vector(usize),
    /// Places and channels; of an unequal length no more than these.
    Series(usize, usize, bool),
    Image(usize, usize, usize),
}

/// A net being written.
struct Net {
    dice: Draws,
    lines: Vec<String>,
    /// How many of the lines are values `h1`, `h2`, …
    values: usize,
    of: Of,
    /// Whether all is smooth enough to be differentiated twice at any point.
    smooth: bool,
}

impl Net {
    fn below(&mut self, n: usize) -> usize {
        self.dice.below(n)
    }
    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        from[self.dice.below(from.len())]
    }
    /// `h3 = … h2 …`
    fn bind(&mut self, value: &str, of: Of) {
        let number = self.values;
        self.values += 1;
        self.lines.push(format!("h{} = {}", number + 1, value.replace('$', &format!("h{number}"))));
        self.of = of;
    }

    fn layer(&mut self) {
        let of = self.of;
        let (m, rate) = (2 + self.below(3), self.pick(&["0.2", "0.5"]));
        match (self.below(9), of) {
            (0, _) => self.bind(&format!("dropout($, {rate})"), of),
            (1, _) => {
                let norm = self.pick(&["layer_norm", "batch_norm", "rms_norm"]);
                self.bind(&format!("{norm}($)"), of);
            }
            (2, Of::Vector(n)) => {
                let draw = self.pick(&["normal(0.5)", "uniform(-1, 1)"]);
                let name = format!("e{}", self.values + 1);
                self.lines.push(format!("{name}: [{n}] ~ {draw}"));
                self.bind(&format!("$ + {name}"), of);
            }
            (2, Of::Series(..)) => self.bind("for v in $ { e ~ normal(0.5); v * (1 + e) }", of),
            (3, _) => {
                let bend = self.pick(&["tanh", "gelu", "silu", "softmax", "relu"]);
                self.smooth &= bend != "relu";
                self.bind(&format!("{bend}($)"), of);
            }
            (_, Of::Vector(n)) => match self.below(3) {
                0 => self.bind(&format!("$ + tanh(dense($, {n}))"), of),
                1 => self.bind(&format!("concat($, dense($, {m}, bias = false))"), Of::Vector(n + m)),
                _ => self.bind(&format!("dense($, {m}, activation = sigmoid)"), Of::Vector(m)),
            },
            (_, Of::Series(t, n, ragged)) => self.of_series(t, n, ragged, m),
            (_, Of::Image(h, w, n)) => self.of_image(h, w, n, m),
        }
    }

    fn of_series(&mut self, t: usize, n: usize, ragged: bool, m: usize) {
        let of = |t| Of::Series(t, m, ragged);
        match self.below(9) {
            0 => {
                let cell = self.pick(&["rnn", "gru", "lstm"]);
                self.bind(&format!("{cell}($, {m})"), of(t));
            }
            1 => {
                let cell = self.pick(&["rnn", "gru", "lstm"]);
                self.bind(&format!("bidirectional($, {m}, {cell})"), Of::Series(t, 2 * m, ragged));
            }
            2 => {
                let padding = self.pick(&["same", "causal", "1"]);
                self.bind(&format!("conv1d($, {m}, 3, padding = {padding})"), of(t));
            }
            3 => self.bind(&format!("conv1d($, {m}, 2, dilation = 2, padding = causal)"), of(t)),
            4 if n.is_multiple_of(2) => {
                let causal = self.pick(&["true", "false"]);
                self.bind(&format!("$ + self_attention($, 2, causal = {causal})"), self.of);
            }
            5 if !ragged => self.bind("learned_positions($)", self.of),
            6 if !ragged && t > 3 => {
                let pool = self.pick(&["max_pool1d", "mean_pool1d"]);
                self.bind(&format!("{pool}($, 2)"), Of::Series(t / 2, n, ragged));
            }
            7 if !ragged => self.bind(&format!("conv1d_transposed($, {m}, 2, stride = 2)"), of(2 * t)),
            _ => self.bind(
                &format!(
                    "scan v in $ with s = zeros({m}) {{ e: [{m}] ~ normal(0.3); tanh(dense(v, {m}) + 0.5 s + e) }}"
                ),
                of(t),
            ),
        }
    }

    fn of_image(&mut self, h: usize, w: usize, n: usize, m: usize) {
        match self.below(6) {
            0 => self.bind(&format!("conv2d($, {m}, 3, padding = same)"), Of::Image(h, w, m)),
            1 if h > 2 && w > 2 => self.bind(&format!("conv2d($, {m}, [2, 3])"), Of::Image(h - 1, w - 2, m)),
            2 if h > 2 && w > 2 => {
                self.bind(
                    &format!("conv2d($, {m}, 3, stride = 2, padding = 1)"),
                    Of::Image(h.div_ceil(2), w.div_ceil(2), m),
                );
            }
            3 if n.is_multiple_of(2) => self.bind(&format!("conv2d($, {n}, 3, padding = same, groups = 2)"), self.of),
            4 if h > 1 && w > 1 => {
                let pool = self.pick(&["max_pool2d", "mean_pool2d"]);
                self.bind(&format!("{pool}($, 2)"), Of::Image(h / 2, w / 2, n));
            }
            _ if n.is_multiple_of(2) => self.bind("group_norm($, 2)", self.of),
            _ => self.bind(&format!("conv2d_transposed($, {m}, 2, stride = 2)"), Of::Image(2 * h, 2 * w, m)),
        }
    }

    /// To a vector.
    fn end(&mut self) {
        match self.of {
            Of::Vector(_) => {}
            Of::Series(t, n, ragged) => {
                let value = self.pick(&["mean($, axis = 0)", "max($, axis = 0)", "$[-1]", "sum($, axis = 0)"]);
                let value = if !ragged && self.below(4) == 0 { "flatten($)" } else { value };
                self.bind(value, Of::Vector(if value.starts_with("flatten") { t * n } else { n }));
            }
            Of::Image(h, w, n) => match self.below(2) {
                0 => self.bind("flatten($)", Of::Vector(h * w * n)),
                _ => self.bind("mean($, axis = [0, 1])", Of::Vector(n)),
            },
        }
    }
}

/// A program, and whether it is smooth.
fn written(seed: u64) -> (String, bool) {
    let mut dice = Draws(seed);
    let (n, t) = (2 + dice.below(3), 4 + dice.below(4));
    let (input, of) = match dice.below(4) {
        0 => (format!("input x: [{n}]"), Of::Vector(n)),
        1 => (format!("input x: [{t}, {n}]"), Of::Series(t, n, false)),
        2 => (format!("input x: [t <= {t}, {n}]"), Of::Series(t, n, true)),
        _ => (format!("input x: [{t}, 5, {n}]"), Of::Image(t, 5, n)),
    };
    let mut net = Net { dice, lines: vec!["h1 = x".to_string()], values: 1, of, smooth: true };
    for _ in 0..1 + net.below(4) {
        net.layer();
    }
    net.end();
    if net.below(2) == 0 {
        net.layer();
    }
    let last = net.values;
    let (target, loss) = match net.below(3) {
        0 => ("target t1", format!("y = neuron(h{last})\nloss = (y - t1)^2")),
        1 => ("target t1: class(3)", format!("y = softmax(dense(h{last}, 3))\nloss = cross_entropy(y, t1)")),
        _ => ("target t1: bool", format!("y = sigmoid(neuron(h{last}))\nloss = binary_cross_entropy(y, t1)")),
    };
    let penalty = net.pick(&["", " + 0.01 * norm(weights)^2"]);
    let optimizer =
        net.pick(&["sgd(rate = 0.1)", "momentum(rate = 0.05)", "adam(rate = 0.01)", "rmsprop(rate = 0.01)"]);
    let clip = net.pick(&["", "clip norm 0.5; "]);
    let lines = net.lines.join("\n");
    let text = format!(
        "{input}\n{target}\n{lines}\n{loss}\ntrain {{ minimize loss{penalty}; optimizer {optimizer}; {clip}steps 2; seed 1 }}\n"
    );
    (text, net.smooth)
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

fn read(text: &str) -> Source {
    let source = pipeline::read("a net", text, &Options::default());
    assert!(!source.has_errors(), "{:?}\n{text}", source.diagnostics.iter().map(|d| &d.message).collect::<Vec<_>>());
    source
}

#[test]
fn drawn_nets_step_as_the_oracle_says() {
    let from = number("GRADUS_NETS_SEED", 1);
    for seed in from..from + number("GRADUS_NETS", 60) {
        let (text, _) = written(seed);
        let source = read(&text);
        let model = source.training.as_ref().unwrap();
        let step = pipeline::training_step(model);
        let mut env = Environment::random(&step.graph, ROWS, seed);
        env.inputs.iter_mut().flatten().for_each(|v| *v = f64::from(*v as f32));
        env.parameters = initial::parameters(model, seed).unwrap();
        env.parameters.iter_mut().flatten().for_each(|v| *v = f64::from(*v as f32));
        env.states = initial::states(model, seed).unwrap();
        let wanted = by_the_oracle(&step, &env, 2).unwrap();
        let paths = Path::available();
        for rules in [true, false] {
            let batched = pipeline::batched(&step, rules);
            for (float, interpreted, threads, tolerance) in [
                (Float::F64, true, 1, 1e-8),
                (Float::F64, false, 1 + seed as usize % 3, 1e-8),
                (Float::F32, true, 1, 5e-3),
                (Float::F32, false, 1 + seed as usize % 3, 5e-3),
            ] {
                // Divided by its own size, a gradient that is zero but for rounding is a step of 1.
                if float == Float::F32 && ["adam", "rmsprop"].iter().any(|own| text.contains(own)) {
                    continue;
                }
                let data = Dataset::of(&step.graph.inputs, env.inputs.clone(), ROWS, float, "a test");
                let how = Executing { float, threads, interpreted, path: paths[seed as usize % paths.len()], seed: 1 };
                let mut executor = pipeline::executor(&batched, &how, ROWS, &data, (2, 2)).unwrap();
                let found = executed(executor.as_mut(), &env, 0, 2).unwrap();
                if let Some(why) = differs(&found, &wanted, tolerance) {
                    panic!(
                        "seed {seed}, {float:?}, interpreted {interpreted}, {threads} threads, rules {rules}: {why}\n{text}"
                    );
                }
            }
        }
    }
}

#[test]
fn drawn_nets_have_the_derivatives_of_dual_numbers() {
    let from = number("GRADUS_NETS_SEED", 1);
    let mut outcome = Outcome::default();
    for seed in from..from + number("GRADUS_NETS", 60) {
        let (text, smooth) = written(seed);
        if !smooth {
            continue;
        }
        let source = read(&text);
        let model = source.training.as_ref().unwrap();
        let mut graph = model.graph.clone();
        let objective = model.objective.unwrap();
        let mean = if graph.ty(objective).varying { graph.batch_mean(objective) } else { objective };
        let known = simplify(&graph, &[mean], Stage::Recognise);
        let mut env = Environment::random(&known.graph, ROWS, seed);
        env.parameters = initial::parameters(model, seed).unwrap();
        env.states = initial::states(model, seed).unwrap();
        along_a_direction(known.graph, known.roots[0], env, Draws(seed), &format!("seed {seed}\n{text}"), &mut outcome);
    }
    assert!(outcome.infinite * 4 < outcome.compared, "{} of {} were infinite", outcome.infinite, outcome.compared);
}
