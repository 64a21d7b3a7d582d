//! Random graphs: every evaluator gives the oracle's values, simplified or not, and derivatives are those of finite differences.
use crate::draw::graph::{random_graph, smooth_graph};
use gradus::data::Dataset;
use gradus::gradient::adjoints;
use gradus::graph::show::show;
use gradus::graph::verify::verify;
use gradus::graph::{Graph, Kind, Leaf, NodeId, Op, Variable};
use gradus::kernel::Float;
use gradus::op::{ReduceOp, trigonometric};
use gradus::oracle::{Environment, Quantity, evaluate, finite_differences};
use gradus::pipeline::{self, Batched, Executing};
use gradus::simplify::{Stage, normal, simplify};
use gradus::step::{StepGraph, Target, mean};
use gradus::train::{Batch, Executor};
use gradus::vector::Path;
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};
use std::sync::atomic::AtomicBool;

/// No random program may be beyond native code.
fn unplanned(why: pipeline::Obstacle) -> gradus::kernel::Fault {
    gradus::kernel::Fault { place: "a plan".into(), reason: why.to_string() }
}

fn config(cases: u32) -> ProptestConfig {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let seed = number("GRADUS_PROGRAMS_SEED").unwrap_or(3);
    let cases = number("PROPTEST_CASES").map_or(cases, |cases| cases as u32);
    ProptestConfig { cases, rng_seed: RngSeed::Fixed(seed), failure_persistence: None, ..ProptestConfig::default() }
}
fn scripts() -> impl Strategy<Value = Vec<u8>> {
    let bytes = || proptest::collection::vec(any::<u8>(), 0..100);
    prop_oneof![bytes(), bytes().prop_map(with_more)]
}

/// A script with diagonals, order, products that share a factor.
fn with_more(mut script: Vec<u8>) -> Vec<u8> {
    script.insert(0, 255);
    script
}

/// Random values that are the same in both precisions.
fn environment(graph: &Graph, examples: usize, seed: u64) -> Environment {
    let mut env = Environment::random(graph, examples, seed);
    for all in [&mut env.inputs, &mut env.parameters, &mut env.states] {
        all.iter_mut().flatten().for_each(|v| *v = f64::from(*v as f32));
    }
    env
}

/// The sum of the means of all roots that are numbers, not classes: one number of each example, or of all.
fn objective(graph: &mut Graph, roots: &[NodeId]) -> NodeId {
    let mut sum = graph.number(0.0);
    for &root in roots.iter().filter(|&&r| !graph.ty(r).kind.is_whole()).collect::<Vec<_>>() {
        let axes: Vec<usize> = (0..graph.shape(root).len()).collect();
        let mean = graph.reduce(ReduceOp::Mean, &axes, root);
        sum = graph.add(sum, mean);
    }
    sum
}

/// A step that logs a number for each root, the sum of its elements with different weights, and changes a parameter.
fn step(mut graph: Graph, roots: &[NodeId]) -> StepGraph {
    let mut logged = vec![];
    for (k, &root) in roots.iter().enumerate() {
        let shape = graph.shape(root).to_vec();
        // A class is no number: which of them it is.
        let (root, shape) = match graph.ty(root).kind {
            Kind::Class(_, count) => (graph.one_hot(root, count), [&shape[..], &[count]].concat()),
            _ => (root, shape),
        };
        let count = shape.iter().product::<usize>();
        let weights: Vec<f64> = (0..count).map(|i| (1 + i % 7) as f64 / count as f64).collect();
        let mut sum = root;
        if !shape.is_empty() {
            let weights = graph.table(&weights, &shape);
            let weighted = graph.multiply(root, weights);
            sum = graph.sum_all(weighted);
        }
        let number = graph.intern(Op::BatchMean { x: sum, axes: vec![] });
        logged.push((format!("root {k}"), number));
    }
    let varying = objective(&mut graph, roots);
    let number = mean(&mut graph, varying);
    let parameter = graph.intern(Op::Leaf(Leaf::Parameter(1)));
    let shape = graph.shape(parameter).to_vec();
    let change = graph.expand_to(number, &shape);
    let sum = graph.add(parameter, change);
    let next = graph.unary(&trigonometric::TANH, sum);
    // A state that the next parameter and a logged number read after it was set, as `s <- …` in a layer does; and one that
    // reads the old parameter.
    let state = graph.intern(Op::Leaf(Leaf::State(0)));
    let shape = graph.shape(state).to_vec();
    let change = graph.expand_to(number, &shape);
    let set = graph.add(state, change);
    let axes: Vec<usize> = (0..shape.len()).collect();
    let total = graph.reduce(ReduceOp::Mean, &axes, set);
    let after = graph.unary(&trigonometric::TANH, total);
    if roots.len().is_multiple_of(2) {
        logged.push(("the state".into(), after));
    }
    let shape = graph.shape(next).to_vec();
    let spread = graph.expand_to(after, &shape);
    let next = graph.add(next, spread);
    let axes: Vec<usize> = (0..shape.len()).collect();
    let old = graph.reduce(ReduceOp::Mean, &axes, parameter);
    let shape = graph.shape(set).to_vec();
    let old = graph.expand_to(old, &shape);
    let set = if roots.len().is_multiple_of(3) { graph.add(set, old) } else { set };
    let updates = vec![(Target::Parameter(1), next), (Target::State(0), set)];
    StepGraph { graph, updates, logged, outputs: vec![], gradients: vec![] }
}

fn dataset(inputs: &[Variable], env: &Environment, float: Float) -> Dataset {
    Dataset::of(inputs, env.inputs.clone(), env.examples, float, "a test")
}

/// What an executor gives after one step: the logged numbers, then the parameter.
fn after_a_step(executor: &mut dyn Executor, env: &Environment) -> Result<Vec<f64>, String> {
    for (number, values) in env.parameters.iter().enumerate() {
        executor.write(Target::Parameter(number as u32), values);
    }
    for (number, values) in env.states.iter().enumerate() {
        executor.write(Target::State(number as u32), values);
    }
    let order: Vec<u32> = (0..env.examples as u32).collect();
    let batch = Batch { first: 0, rows: env.examples, step: 1, epoch: 1 };
    let mut all = vec![];
    executor.run(&order, &[batch], &AtomicBool::new(false), &mut all).map_err(|fault| fault.to_string())?;
    all.extend(executor.read(Target::Parameter(1)));
    all.extend(executor.read(Target::State(0)));
    Ok(all)
}

fn expected(step: &StepGraph, env: &Environment) -> Result<Vec<f64>, String> {
    let roots: Vec<NodeId> = step.logged.iter().map(|l| l.1).chain(step.updates.iter().map(|u| u.1)).collect();
    Ok(evaluate(&step.graph, &roots, env)?.iter().flat_map(|value| value.of(0).to_vec()).collect())
}

fn compare(what: &str, found: &[f64], wanted: &[f64], tolerance: f64) -> Result<(), String> {
    let near = |(f, w): (&f64, &f64)| (f - w).abs() <= tolerance * (1.0 + w.abs()) || (f.is_nan() && w.is_nan());
    if found.len() == wanted.len() && found.iter().zip(wanted).all(near) {
        return Ok(());
    }
    Err(format!("{what}: {found:?}, the oracle says {wanted:?}"))
}

type Made = Result<Box<dyn Executor>, gradus::kernel::Fault>;

/// Each path of this machine in turn.
fn path(seed: u64) -> Path {
    let paths = Path::available();
    paths[seed as usize % paths.len()]
}

/// One step in both precisions, of the graph as it is and simplified.
fn agree(script: &[u8], seed: u64, make: impl Fn(&Batched, Float, &Dataset) -> Made) -> Result<(), String> {
    let random = random_graph(script);
    verify(&random.graph, &random.roots)?;
    let step = step(random.graph, &random.roots);
    let env = environment(&step.graph, 3, seed);
    let wanted = expected(&step, &env)?;
    for rules in [false, true] {
        let batched = pipeline::batched(&step, rules);
        for (float, tolerance) in [(Float::F64, 1e-9), (Float::F32, 2e-4)] {
            let data = dataset(&step.graph.inputs, &env, float);
            let mut executor = make(&batched, float, &data).map_err(|fault| fault.to_string())?;
            let found = after_a_step(executor.as_mut(), &env)?;
            compare(&format!("{float:?}, rules {rules}"), &found, &wanted, tolerance).map_err(|why| {
                let roots: Vec<NodeId> = batched.logged.iter().map(|l| l.1).collect();
                format!("{why}\n{}", show(&batched.graph, &roots))
            })?;
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(150))]
    #[test]
    fn the_interpreter_agrees_with_the_oracle(script in scripts(), seed in 0u64..1000) {
        let made = |b: &Batched, float, data: &Dataset| {
            let how = Executing { float, threads: 1, interpreted: true, path: path(seed) , seed: 1};
            pipeline::executor(b, &how, 3, data, (1, 1)).map_err(unplanned)
        };
        agree(&script, seed, made).map_err(TestCaseError::fail)?;
    }
}

proptest! {
    #![proptest_config(config(150))]
    #[test]
    fn native_code_agrees_with_the_oracle(script in scripts(), seed in 0u64..1000) {
        let made = |b: &Batched, float, data: &Dataset| {
            let threads = (seed / 3 % 3 + 1) as usize;
            pipeline::executor(b, &Executing { float, threads, interpreted: false, path: path(seed) , seed: 1}, 3, data, (1, 1))
                .map_err(unplanned)
        };
        agree(&script, seed, made).map_err(TestCaseError::fail)?;
    }
}

/// The gradient by every parameter, as derived and simplified.
fn differentiates(script: &[u8], seed: u64) -> Result<(), String> {
    let mut random = smooth_graph(script);
    let g = &mut random.graph;
    let loss = objective(g, &random.roots);
    let leaves: Vec<NodeId> = (0..g.parameters.len() as u32).map(|i| g.intern(Op::Leaf(Leaf::Parameter(i)))).collect();
    let found = adjoints(g, loss, &leaves);
    let gradients: Vec<NodeId> = leaves
        .iter()
        .map(|&leaf| match found.of(leaf) {
            Some(gradient) => mean(g, gradient),
            None => {
                let shape = g.shape(leaf).to_vec();
                g.constant(0.0, &shape)
            }
        })
        .collect();
    verify(g, &gradients)?;
    let simple = simplify(g, &gradients, Stage::Simplify);
    verify(&simple.graph, &simple.roots)?;
    let env = Environment::random(g, 3, seed);
    let derived = evaluate(g, &gradients, &env)?;
    let short = evaluate(&simple.graph, &simple.roots, &env)?;
    for number in 0..leaves.len() {
        let elements: Vec<usize> = (0..env.parameters[number].len()).collect();
        let wanted = finite_differences(g, loss, Quantity::Parameter(number), &elements, &env)?;
        for (what, found) in [("as derived", &derived[number]), ("simplified", &short[number])] {
            compare(&format!("{what}, by parameter {number}"), found.of(0), &wanted, 1e-5)
                .map_err(|why| format!("{why}\n{}", show(g, &[loss])))?;
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(150))]
    #[test]
    fn gradients_agree_with_finite_differences(script in scripts(), seed in 0u64..1000) {
        differentiates(&script, seed).map_err(TestCaseError::fail)?;
    }
}

/// Programs that were once wrong.
const FOUND: [&[u8]; 5] = [
    // What a loop carries becomes what another one was.
    &[
        255, 134, 0, 0, 0, 44, 1, 1, 0, 0, 28, 0, 0, 0, 7, 21, 0, 42, 0, 0, 0, 108, 2, 2, 0, 173, 0, 62, 69, 5, 0, 0,
        70, 65, 85, 0, 0, 0, 182, 0, 0, 0, 0, 2, 0, 254, 0, 0, 0, 31, 0, 0, 0, 0, 0, 0, 0, 0, 82, 0, 0, 13, 1, 2, 129,
        154, 32, 5, 121, 61, 69, 220, 189, 99, 54, 119, 218,
    ],
    // A mean over the examples inside a loop that carries it on.
    &[229, 126, 0, 0, 0, 46, 180, 0, 0, 32, 0, 0, 234, 155, 88, 208, 118, 0, 36, 0, 0, 47, 176, 0, 0, 0, 0, 0, 0, 0],
    // A loop leaves two values; what the second needs stands after the first.
    &[
        108, 0, 0, 5, 107, 7, 13, 92, 110, 67, 39, 0, 188, 28, 0, 0, 131, 16, 0, 0, 0, 0, 220, 0, 0, 6, 0, 0, 91, 0, 0,
        188, 0, 0, 0, 88, 45, 45, 0, 14, 98, 84, 46, 0, 0, 0, 133, 184, 24, 0, 0, 21, 2, 2, 3, 55, 34, 3, 1, 0, 0, 2,
        0, 142, 76, 0, 0, 32, 45, 3, 0, 5, 18, 52, 2, 0, 0, 0, 112, 1, 2, 0, 0, 0, 0, 0, 0, 1, 65, 0, 0, 0, 0,
    ],
    // An inner loop's last value, reshaped.
    &[
        108, 0, 0, 5, 142, 67, 2, 0, 216, 88, 4, 0, 110, 16, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 104, 78, 41, 2, 0,
        188, 237, 45, 0, 74, 88, 0, 0, 0, 77, 164, 0, 0, 3, 43, 0, 0, 91, 5, 85, 11, 14, 0, 0, 118, 34, 118, 0, 0, 89,
        25, 0, 142, 0, 0, 0, 32, 64, 1, 0, 5, 18, 0, 0, 0, 0, 2, 0, 0, 0, 113, 0, 0, 56, 0, 0, 0, 0, 0, 0, 8, 0,
    ],
    // A scatter onto an outer loop's stack.
    &[
        109, 42, 0, 88, 0, 0, 0, 0, 2, 2, 0, 0, 240, 0, 0, 28, 0, 2, 0, 0, 0, 0, 2, 0, 206, 0, 0, 0, 128, 0, 0, 0, 71,
        168, 69, 0, 0, 123, 0, 0, 59, 0, 0, 0, 0, 0, 16, 76, 13,
    ],
];

/// Programs whose gradients were once wrong.
const DERIVED: [&[u8]; 2] = [
    // A mean over the examples in a branch of an `if` that each example decides for itself.
    &[
        6, 0, 0, 7, 147, 0, 118, 211, 1, 0, 0, 0, 38, 8, 24, 83, 3, 1, 13, 0, 141, 1, 1, 0, 154, 0, 0, 2, 226, 0, 0, 0,
        0, 190, 205, 7, 67, 43, 52, 0, 0, 173, 5, 106, 1, 26, 5, 5, 0, 22, 75, 6, 75, 52, 0, 0, 0, 0, 10, 10, 0, 0, 0,
        8, 33, 56,
    ],
    // A condition of the examples leaves entries of all rounds out.
    &[
        216, 1, 1, 0, 52, 142, 251, 4, 0, 65, 0, 0, 126, 0, 0, 15, 178, 48, 0, 0, 0, 0, 238, 0, 0, 0, 0, 0, 0, 45, 232,
        8, 7, 7, 0, 13, 0, 0, 0, 180, 0, 0, 54, 2, 0, 0, 0, 0, 52, 0, 0, 0, 0, 0, 0, 68, 0, 0, 0, 0, 0, 0, 108, 61, 61,
        107, 66, 34, 10, 100, 0, 4, 4, 0, 5,
    ],
];

#[test]
fn what_was_once_derived_wrongly_stays_right() -> Result<(), String> {
    DERIVED.iter().try_for_each(|script| differentiates(script, 0))
}

#[test]
fn what_was_once_wrong_stays_right() -> Result<(), String> {
    for script in FOUND {
        for interpreted in [true, false] {
            let executing = |float| Executing { float, threads: 2, interpreted, path: Path::detect(), seed: 1 };
            agree(script, 0, |b, float, data| {
                pipeline::executor(b, &executing(float), 3, data, (1, 1)).map_err(unplanned)
            })?;
        }
    }
    Ok(())
}

/// What is held for the same by arithmetic has the same values.
#[test]
fn the_same_by_arithmetic() {
    let mut runner = TestRunner::new(config(60));
    let pairs = std::cell::Cell::new(0);
    let result = runner.run(&scripts(), |script| {
        let random = smooth_graph(&script);
        let mut graph = random.graph;
        let loss = objective(&mut graph, &random.roots);
        let by: Vec<NodeId> =
            (0..graph.parameters.len() as u32).map(|k| graph.intern(Op::Leaf(Leaf::Parameter(k)))).collect();
        adjoints(&mut graph, loss, &by);
        let outside = |id: &NodeId| graph.node(*id).loops.is_empty() && graph.ty(*id).kind == Kind::Real;
        let nodes: Vec<NodeId> = graph.ids().filter(outside).collect();
        let env = environment(&graph, 2, 1 + script.len() as u64);
        // Each with the few that come next, and have its shape.
        for (at, &a) in nodes.iter().enumerate() {
            let rest = nodes[at + 1..].iter().copied().filter(|&b| graph.shape(b) == graph.shape(a)).take(6);
            for b in rest.filter(|&b| normal::is_same(&graph, a, b)) {
                pairs.set(pairs.get() + 1);
                let values = evaluate(&graph, &[a, b], &env).unwrap();
                for example in 0..2 {
                    for (x, y) in values[0].of(example).iter().zip(values[1].of(example)) {
                        let off = (x - y).abs() / (1.0 + x.abs());
                        let both = if x.is_finite() { off < 1e-7 } else { true };
                        prop_assert!(both, "{a:?} is {x}, {b:?} is {y}\n{}", show(&graph, &[a, b]));
                    }
                }
            }
        }
        Ok(())
    });
    if let Err(why) = result {
        panic!("{why}");
    }
    assert!(pairs.get() > 100, "{} pairs", pairs.get());
}
