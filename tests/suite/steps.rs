//! A step reads as it is written: after `v <- …` v is new, and whatever else a step reads of parameters and states, in an optimizer, in a
//! layer, in what it logs, is from before it.
//!
//! First programs of which each was wrong once, with what is right by hand; then programs that are drawn (`written`), against a reading
//! of their text, line by line; then steps that are drawn as graphs (`random`), against the oracle. `GRADUS_STEPS` sets how many of the
//! last there are, `GRADUS_STEPS_SEED` where they begin.
mod programs;
mod random;
mod spoilt;
mod written;

use super::command::{gradus, out};
use gradus::data::{self, Dataset};
use gradus::graph::{Runtime, Variable};
use gradus::kernel::Float;
use gradus::model::{Model, Options};
use gradus::oracle::{Environment, Left, Steps};
use gradus::pipeline::{self, Executing, Source};
use gradus::step::{StepGraph, Target};
use gradus::train::{Batch, Executor, initial};
use gradus::vector::Path;
use std::sync::atomic::AtomicBool;

/// Random numbers (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn below(&mut self, n: usize) -> usize {
        (self.roll() % n as u64) as usize
    }
    fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }
}

/// One step of all examples.
fn batch(env: &Environment, step: usize) -> Batch {
    Batch { first: 0, rows: env.examples, step, epoch: step }
}

/// What so many steps leave behind, one after the other, with this number of outputs.
pub fn executed(
    executor: &mut dyn Executor,
    env: &Environment,
    outputs: usize,
    steps: usize,
) -> Result<Vec<Left>, gradus::kernel::Fault> {
    let targets = |count: usize, of: fn(u32) -> Target| (0..count as u32).map(of).collect::<Vec<Target>>();
    let (parameters, states) =
        (targets(env.parameters.len(), Target::Parameter), targets(env.states.len(), Target::State));
    for (targets, values) in [(&parameters, &env.parameters), (&states, &env.states)] {
        targets.iter().zip(values).for_each(|(target, values)| executor.write(*target, values));
    }
    let order: Vec<u32> = (0..env.examples as u32).collect();
    let mut all = vec![];
    for step in 1..=steps {
        let mut logged = vec![];
        executor.run(&order, &[batch(env, step)], &AtomicBool::new(false), &mut logged)?;
        all.push(Left {
            parameters: parameters.iter().map(|&target| executor.read(target)).collect(),
            states: states.iter().map(|&target| executor.read(target)).collect(),
            logged,
            outputs: (0..outputs).map(|number| executor.output(number, env.examples)).collect(),
        });
    }
    Ok(all)
}

/// The same by the oracle.
pub fn by_the_oracle(step: &StepGraph, env: &Environment, steps: usize) -> Result<Vec<Left>, String> {
    let oracle = Steps::new(step)?;
    let mut env = env.clone();
    env.set_runtime(Runtime::Steps, steps as f64);
    env.set_runtime(Runtime::Epochs, steps as f64);
    let mut all = vec![];
    for number in 1..=steps {
        env.set_runtime(Runtime::Step, number as f64);
        env.set_runtime(Runtime::Epoch, number as f64);
        let left = oracle.after(&env)?;
        (env.parameters, env.states) = (left.parameters.clone(), left.states.clone());
        all.push(left);
    }
    Ok(all)
}

/// The first number that is another than it should be.
pub fn differs(found: &[Left], wanted: &[Left], tolerance: f64) -> Option<String> {
    let kinds =
        |left: &Left| [left.parameters.clone(), left.states.clone(), vec![left.logged.clone()], left.outputs.clone()];
    for (step, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        for ((found, wanted), kind) in
            kinds(found).iter().zip(&kinds(wanted)).zip(["parameter", "state", "log", "output"])
        {
            for (number, (found, wanted)) in found.iter().zip(wanted).enumerate() {
                let near =
                    |(f, w): (&f64, &f64)| (f - w).abs() <= tolerance * (1.0 + w.abs()) || f.is_nan() && w.is_nan();
                // What turns out not to differ from example to example is there once.
                let fits = found.len() == wanted.len() || kind == "output" && wanted.len().is_multiple_of(found.len());
                if !fits || !found.iter().cycle().zip(wanted).all(near) {
                    return Some(format!("after step {}, {kind} {number} is {found:?}, not {wanted:?}", step + 1));
                }
            }
        }
    }
    (found.len() != wanted.len()).then(|| format!("{} steps, not {}", found.len(), wanted.len()))
}

/// A program with its data, and where it begins.
struct Program {
    source: Source,
    dataset: Dataset,
    env: Environment,
}

impl Program {
    #[track_caller]
    fn new(text: &str, float: Float) -> Program {
        let source = pipeline::read("model.nn", text, &Options::default());
        assert!(!source.has_errors(), "{:?}\n{text}", source.diagnostics);
        let model = source.training.as_ref().unwrap();
        let options = data::Options { precision: float, ..data::Options::new(".") };
        let dataset = source.load(&pipeline::data_plan(&source, model).unwrap(), &options).unwrap();
        let mut env = Environment::new(&model.graph, dataset.rows);
        env.inputs = dataset.columns.iter().map(|column| column.to_f64()).collect();
        env.parameters = initial::parameters(model, 1).unwrap();
        env.states = initial::states(model, 1).unwrap();
        Program { source, dataset, env }
    }
    fn model(&self) -> &Model {
        self.source.training.as_ref().unwrap()
    }
    /// What so many steps leave behind.
    fn run(&self, float: Float, interpreted: bool, steps: usize) -> Vec<Left> {
        let step = pipeline::batched(&pipeline::training_step(self.model()), true);
        let how = Executing { float, threads: 2, interpreted, path: Path::available()[0], seed: 1 };
        let mut executor = pipeline::executor(&step, &how, self.dataset.rows, &self.dataset, (steps, steps)).unwrap();
        executed(executor.as_mut(), &self.env, 0, steps).unwrap()
    }
    fn by_the_oracle(&self, steps: usize) -> Vec<Left> {
        by_the_oracle(&pipeline::training_step(self.model()), &self.env, steps).unwrap()
    }
}

/// A parameter or a state by its name, or `objective`: its first step's number and the numbers after that and each later step.
struct Wanted(&'static str, usize, &'static [&'static [f64]]);

/// Both executors in both precisions, and the oracle.
#[track_caller]
fn holds(text: &str, wanted: &[Wanted]) {
    let steps = wanted.iter().map(|w| w.1 + w.2.len() - 1).max().unwrap();
    for (float, tolerance) in [(Float::F64, 1e-12), (Float::F32, 1e-6)] {
        let program = Program::new(text, float);
        let graph = &program.model().graph;
        let by = |variables: &[Variable], name: &str| variables.iter().position(|v| v.name == name);
        let ways = [("native", program.run(float, false, steps)), ("interpreted", program.run(float, true, steps))];
        for (way, all) in ways.into_iter().chain([("by the oracle", program.by_the_oracle(steps))]) {
            for Wanted(name, first, numbers) in wanted {
                for (left, numbers) in all[first - 1..].iter().zip(*numbers) {
                    let found = match (by(&graph.parameters, name), by(&graph.states, name)) {
                        (Some(number), _) => &left.parameters[number],
                        (_, Some(number)) => &left.states[number],
                        _ => &left.logged[..1].to_vec(),
                    };
                    let near = |(f, w): (&f64, &f64)| (f - w).abs() <= tolerance * (1.0 + w.abs());
                    let fits = found.len() == numbers.len() && found.iter().zip(*numbers).all(near);
                    assert!(fits, "`{name}`, {way}, {float:?}: {found:?}, not {numbers:?}\n{text}");
                }
            }
        }
    }
}

#[test]
fn the_weight_from_before_the_step_is_kept_after_the_weight_was_given() {
    let text = "param w = 1
        loss = w^2
        optimizer heavy(w, g, rate = 0.1) {
            state prev = 0
            old = w
            w <- w - rate * g + 0.5 * (w - prev)
            prev <- old
        }
        train { minimize loss; optimizer heavy; steps 2 }";
    holds(text, &[Wanted("w", 1, &[&[1.3], &[1.19], &[0.897]]), Wanted("optimizer.w.prev", 1, &[&[1.0], &[1.3]])]);
}

#[test]
fn the_weight_from_before_the_step_is_kept_before_the_weight_is_given() {
    let text = "param w = 1
        loss = w^2
        optimizer heavy(w, g, rate = 0.1, mu = 0.5) {
            state previous = 0
            d = w - previous
            previous <- w
            w <- w - rate * g + mu * d
        }
        train { minimize loss; optimizer heavy; steps 3 }";
    holds(text, &[Wanted("w", 1, &[&[1.3], &[1.19], &[0.897]]), Wanted("objective", 1, &[&[1.0], &[1.69]])]);
}

#[test]
fn a_state_holds_the_gradient_of_the_step_before() {
    let text = "param a: [2] = [2, 7], b: [2] = [3, 5]
        loss = sum(a * b)
        optimizer late(w, g, rate = 0.1) {
            state v = 0
            w <- w - rate * v
            v <- g
        }
        train { minimize loss; optimizer late; steps 3 }";
    holds(text, &[Wanted("a", 3, &[&[1.4, 6.0]]), Wanted("b", 3, &[&[2.6, 3.6]])]);
}

#[test]
fn parameters_take_each_others_place() {
    let text = "param a = 2, b = 5
        loss = a * b
        optimizer reveal(w, g) { w <- g }
        train { minimize loss; optimizer reveal; steps 1 }";
    holds(text, &[Wanted("a", 1, &[&[5.0], &[2.0], &[5.0]]), Wanted("b", 1, &[&[2.0], &[5.0], &[2.0]])]);
}

#[test]
fn states_of_a_layer_swap() {
    let text = "input x
        target t
        layer swap(x) {
            state p = 1
            state q = 2
            old = p
            p <- q
            q <- old
            x + old
        }
        param w
        y = swap(w x)
        loss = (y - t)^2
        data { x: 1, 2
         t: 1, 2 }
        train { minimize loss; optimizer sgd(rate = 0); batch all; steps 1 }";
    holds(text, &[Wanted("y.p", 1, &[&[2.0], &[1.0], &[2.0]]), Wanted("y.q", 1, &[&[1.0], &[2.0], &[1.0]])]);
}

#[test]
fn a_logged_parameter_is_that_before_the_step() {
    let text = "param w = 1
        loss = w
        train { minimize loss; optimizer sgd(rate = 0.25); steps 3 }";
    holds(text, &[Wanted("objective", 1, &[&[1.0], &[0.75], &[0.5]]), Wanted("w", 1, &[&[0.75], &[0.5]])]);
}

#[test]
fn a_state_is_a_part_of_another_one() {
    let text = "input x
        target t
        layer delay(x) {
            state line: [3] = [5, 6, 7]
            state first = 0
            old = line
            line <- concat(old[1..], old[..1])
            first <- old[0]
            x + old[0]
        }
        param w
        y = delay(w x)
        loss = (y - t)^2
        data { x: 1, 2
         t: 1, 2 }
        train { minimize loss; optimizer sgd(rate = 0); batch all; steps 1 }";
    let lines: &[&[f64]] = &[&[6.0, 7.0, 5.0], &[7.0, 5.0, 6.0], &[5.0, 6.0, 7.0]];
    holds(text, &[Wanted("y.first", 1, &[&[5.0], &[6.0], &[7.0]]), Wanted("y.line", 1, lines)]);
}

#[test]
fn a_parameter_is_a_part_of_another_one() {
    let text = "param a: [2] = [1, 2], b: [4] = [3, 4, 5, 6]
        loss = dot(a, b[..2])
        optimizer reveal(w, g) { w <- g }
        train { minimize loss; optimizer reveal; steps 1 }";
    let b: &[&[f64]] = &[&[1.0, 2.0, 0.0, 0.0], &[3.0, 4.0, 0.0, 0.0]];
    holds(text, &[Wanted("a", 1, &[&[3.0, 4.0], &[1.0, 2.0]]), Wanted("b", 1, b)]);
}

#[test]
fn gradients_that_are_other_parameters_hold() {
    let folder = tempfile::tempdir().unwrap();
    for text in [
        "param a = 2, b = 5\nloss = a * b\n",
        "input x: [3]\nparam g: [4] ~ normal(1)\ny = dense(x, 4)\nloss = sum(y * g)\n",
        "param a: [3] = [2, 4, 6], b: [3] = [5, 6, 7], c: [3] = [1, 2, 3]\nloss = dot(a, reverse(b)) + dot(b, c) + sum(a * c)\n",
    ] {
        std::fs::write(folder.path().join("model.nn"), text).unwrap();
        let output = gradus(folder.path(), &["check", "--gradients", "model.nn"], "");
        assert!(output.status.success() && out(&output).contains("all derivatives hold"), "{}\n{text}", out(&output));
    }
}
