//! What `gradus grad --format nn` prints is a program: behind the file that it was made of, it is read without errors, and says the same
//! numbers as the oracle has for the gradient. What the language has no words for yet stands in comments; here it is counted.
use crate::draw::graph::smooth_graph;
use crate::rounds::{TOGETHER, program};
use gradus::gradient::adjoints;
use gradus::graph::{Graph, Kind, Leaf, NodeId, Op, Runtime, show};
use gradus::model::Options;
use gradus::notation::Form;
use gradus::oracle::{Draws, Environment, evaluate};
use gradus::{data, notation, pipeline};
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestError, TestRunner};
use std::cmp::Ordering;
use std::path::{Path, PathBuf};
use std::process::Command;

const SEEDS: u64 = 4;
const EXAMPLES: usize = 3;
/// Models with more numbers than this are large.
const LARGE: usize = 5000;
const TOLERANCE: f64 = 1e-9;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What the command prints for a file.
fn printed(path: &Path) -> String {
    let output =
        Command::new(env!("CARGO_BIN_EXE_gradus")).args(["grad", "--format", "nn"]).arg(path).output().unwrap();
    assert!(output.status.success(), "{}: {}", path.display(), String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What is wrong with what is printed for a file; nothing if it holds.
fn wrong(path: &Path) -> Option<String> {
    let text = std::fs::read_to_string(path).unwrap();
    let printed = printed(path);
    let whole = format!("{text}\n{printed}");
    let own = text.lines().filter(|line| line.starts_with('∂')).count();
    let source = pipeline::read_with_data("model.nn", &whole, &Options::default(), &gradus::used::alone, || {
        data::Options::beside(path)
    });
    let said: Vec<&str> = source.diagnostics.iter().filter(|d| d.is_error()).map(|d| d.message.as_str()).collect();
    let Some(model) = &source.training else { return Some(format!("{said:?}\n{printed}")) };
    let claims = &model.claims[own..];
    for (number, parameter) in model.parameters.iter().enumerate() {
        let name = model.graph.parameters[number].name.as_str();
        let is_said = claims.iter().any(|claim| claim.by == [parameter.leaf]);
        let is_comment = printed.contains(&format!("\n// ∂loss/∂{name} = "));
        if !is_said || is_comment {
            return Some(format!("what is said of {name}?\n{printed}"));
        }
    }
    // Of a large model one example says enough.
    let numbers: usize = model.graph.parameters.iter().map(|v| v.ty.shape.iter().product::<usize>()).sum();
    let (seeds, examples) = if LARGE < numbers { (1, 1) } else { (SEEDS, EXAMPLES) };
    let roots: Vec<NodeId> = claims.iter().flat_map(|claim| [claim.derivative, claim.value]).collect();
    for seed in 0..seeds {
        let env = Environment::random(&model.graph, examples, 1 + seed);
        let found = evaluate(&model.graph, &roots, &env).unwrap();
        for (claim, found) in claims.iter().zip(found.chunks(2)) {
            for example in 0..examples {
                for (derived, said) in found[0].of(example).iter().zip(found[1].of(example)) {
                    let off = (derived - said).abs() / (1.0 + derived.abs());
                    if off.is_nan() || TOLERANCE < off {
                        let claim = source.sources.slice(claim.span);
                        return Some(format!("{claim}\nit is {derived}, not {said}\n{printed}"));
                    }
                }
            }
        }
    }
    None
}

/// Programs with what the examples have not.
const PROGRAMS: [&str; 43] = [
    "input x: [t <= 4, 2]\ntarget y\nh = rnn(x, 2)\np = h[-1][0]\nloss = (p - y)^2",
    "input x: [t <= 4, 2]\ntarget y\nh = lstm(x, 3)\np = mean(mean(h, axis = 0))\nloss = (p - y)^2",
    "input x: [t <= 4, 2]\ntarget y\nh = gru(x, 2)\np = max(max(h, axis = 0))\nloss = (p - y)^2",
    "input x: [t <= 4, 2]\ntarget y\nh = bidirectional(x, 2, rnn)\np = mean(h[-1])\nloss = (p - y)^2",
    "input x: [t <= 4, 2]\ntarget y\nh = self_attention(dense(x, 4), 2)\np = sum(h)\nloss = (p - y)^2",
    "input x: [t <= 4, 2]\ntarget y\nparam w: [2]\ns = fold v in x with s = 0 { tanh(s + w' v) }\nloss = (s - y)^2",
    "input x: [4, 3]\nparam w, b\ny = fold v in x with s = 0 { tanh(fold z in v with q = s { sin(w q + z) }) }\nloss = y^2 + b^2",
    "input m: [3, 3]\nparam y: [3] = [0.3, -0.7, 1.1]\nk = sum(m - reverse(sin(y)), axis = 1)\nloss = sum(sin(k))",
    "input x: [12, 2]\ntarget t: [8, 3]\nh = tanh(conv1d(x, 4, 3, padding = causal))\ny = conv1d(h, 3, 3, dilation = 2)\nloss = sum((y - t)^2)",
    "input x: [5]\ntarget t: [3]\nh = gelu(dense(x, 6)) |> layer_norm\ny = rms_norm(dense(h, 3))\nloss = mean(huber(y, t))",
    "input x: [5]\ntarget t: class(3)\nh = relu(batch_norm(dense(x, 6)))\nz = dense(h, 3)\nloss = cross_entropy(softmax(z), t)",
    "input x: [6] class(9)\ntarget t: class(2)\ne = embedding(x, 4)\nz = dense(mean(e, axis = 0), 2)\nloss = cross_entropy(softmax(z), t)",
    "input x: [5]\ntarget t: [3]\np = softmax(dense(elu(dense(x, 4)), 3))\nloss = kl(p, softmax(t))",
    "input x: [4]\ntarget t: bool\ny = neuron(silu(dense(mish(dense(x, 3)), 3)))\nloss = hinge(y, t) + 0.1 * sum(abs(weights))",
    // What is recognised goes around y, all else through it.
    "input x: [4]\ntarget t: class(3)\nparam w: [3, 4], m: [5, 3], q: [5]\ny = softmax(w x)\nr = m y - q\nloss = cross_entropy(y, t) + sum(r^4)",
    // A stride spreads what comes back over every second place.
    "input x: [9, 2]\ntarget t: [5, 3]\nh = tanh(conv1d(x, 4, 3, padding = same))\ny = conv1d(h, 3, 3, stride = 2, padding = 1)\nloss = sum((y - t)^2)",
    "input x: [13, 2]\nh = relu(conv1d(x, 3, 3, stride = 2))\nq = tanh(conv1d(h, 2, 3, stride = 3, padding = 2))\nloss = sum(q^2) + sum(h)",
    "input x: [12]\nparam w: [12], k: [3]\nh = w * x\nloss = sum((for i in 0..4 { k[0] h[3i + 1] - h[2i] })^2)",
    // Names that letters would be given.
    "input x: [4], i, p\ntarget t: class(3)\nparam a: [5, 4], c: [3, 5], k: [3]\nδ = tanh(a x)\nδa = c δ + k * i\nloss = cross_entropy(softmax(δa + p), t)",
    "input x: [4]\ntarget t: [4]\nparam w: [4], S\nd = for i in 0..3 { w[i + 1] x[i] - S w[i] }\nloss = sum(d^2) + sum(w * t)",
    "input x: [3]\nparam a: [3, 3]\nloss = dot(for i in 0..3 { a[i, i] }, x)",
    "input x: [3]\nparam a: [4, 5]\nd = for i in 0..3 { a[i, i + 1] x[i] }\nloss = sum(d^2) + a[1, 2] a[0, 3]",
    "input x: [3]\nparam a: [3, 5]\nd = for i in 0..3 { for j in 0..2 { a[i, i + j] x[2 - i] } }\nloss = sum(d^2)",
    "input x: [3]\nparam q: [4]\nloss = sum(q[1..]) + x[0] q[0]",
    "input x: [3]\nparam q: [6], a: [3, 2]\nloss = x[1] sum(q[1..4]) + q[0] - sum(q[4..]) + sum(a[1..]) + x[2] sum(a[0])",
    "input x: [4, 3]\nparam w: [3], b\ns = for v in x { tanh(w' v + b) }\nloss = logsumexp(s) + max(s) + norm(s)",
    "input x: [3]\nparam a: [3, 3]\nloss = x' a a' x + sum(a) * prod(x)",
    "input x\nparam w: [2]\nfn u(x) = w[0] sin(w[1] x)\nloss = (u''(x) + u(x))^2 + u'(0)^2",
    "input x: [4]\nparam w: [4]\nloss = if x[0] > 0 then sum(sqrt(exp(w))) else w' x",
    "input x: [2, 3]\nparam w: [3, 2]\n(low, high) = split(x w, 2)\nloss = sum(low * reverse(high)) + std(x w) + var(w)",
    "input x: [4]\nparam w: [4]\ny = concat(w, x, [1])[1..8]\nloss = sum(y^2 * pad(w, 1, 2))",
    "λ = 0.1\ninput x: [3]\ntarget t\ny = neuron(tanh(dense(x, 2)))\nloss = (y - t)^2 + λ norm(weights)^2 + λ norm(params(y))",
    "input x: [3]\ntarget t\ny = neuron(tanh(dense(x, 2)))\nloss = (y - t)^2\ntrain { minimize loss + 0.1 * sum(weights^4); steps 3 }",
    "input x\ntarget t\nparam w, b\nz = w x + b\ny = 1 / (1 + exp(-z))\nloss = -t log(y) - (1 - t) log(1 - y)",
    "input x: [3]\nparam w: [3]\nloss = sum(erf(w * x) + atan2(w, exp(x)) + w^3 / (1 + x^2) + mod(w, 0.7) + clip(w, -0.5, 0.5))",
    // One element of a value: beside it are zeros.
    "input x: [4]\nparam w: [4]\nz = softmax(w * x)\nloss = z[0]^2 + z[2]",
    "input x: [4], s: [2, 3]\nparam w: [4], m: [3, 2]\nz = cumsum(w * x)\na = tanh(m s)\nloss = z[1]^2 + a[1, 2]^2 + sum(a[.., 0])^2",
    "input x: [4]\nparam w: [4]\nz = sort(w + x)\nq = sort(x * w, by = -x)\nloss = z[0]^2 + sum(q * cumsum(w))",
    "input x: [3]\nparam w: [3], v: [3]\nloss = sum(hessian(norm(w * x)^2, w)) * sum(v) + dot(w, v)",
    // Entries of a steep value that has a name.
    "param w: [4]\ny = sqrt(exp(w))\nk = argmax(w)\nloss = y[0] + 2 y[k] + sum(y[1..3]) * y[3] + sort(y)[1]",
    "param a: [2, 3]\ny = exp(a)\nloss = y[0, 0] y[1, 2] + sum(log(y)[1])",
    "param b\nloss = 2 * 3^b + 4 * 2^b * b",
    "param w: [3]\nloss = sum(exp(w) / sum(exp(w)) * w) + log(sum(exp([[1], [2]] * w[0]), axis = 0))[0] + exp(w[1]) / sum(exp(w))",
];

/// Loops: each is one `scan`.
const LOOPS: [&str; 21] = [
    // A list of one truth value.
    "param a: [3], b\ny = fold v in a with h = 1 { h / 2 + v }\nloss = min(sum([y, sin(b^2), a[2]]), 2 b)",
    "param a: [3], b\ny = fold v in a with h = 1 { h / 2 + v }\nloss = min([y, sin(b), cos(b)])",
    "input x: [5, 2]\ntarget t: class(3)\nh = lstm(x, 3)[-1]\nz = dense(relu(dense(h, 4)), 3)\nloss = cross_entropy(softmax(z), t)",
    "input x: [5, 2]\ntarget t\nh = gru(x, 3)[-1]\nloss = (neuron(h) - t)^2",
    "input x: [5, 2]\ntarget t: [5]\nh = x |> rnn(3) |> lstm(2)\nparam v: [2]\nloss = sum((h v - t)^2)",
    "input x: [6]\ntarget t\nparam a = 0.5, b = 0.1\ns = fold v in x with s = 1 { a s + b v }\nloss = (s - t)^2",
    "input x: [6]\ntarget t\nparam a = 0.5, b = 0.1\ns = fold v in reverse(x) with s = b { tanh(a s + v) }\nloss = (s - t)^2",
    "input x: [4, 3]\nparam w: [3, 3], u: [3]\nss = scan v in x with s = u { tanh(w s + v) }\nloss = sum(ss^2) + ss[1, 2]",
    "input x: [3]\nparam w: [3, 3]\nq = fold i in 0..4 with s = x { w s / norm(w s) }\nloss = dot(q, x)",
    "input x: [3]\nparam w: [3, 3], k: [4]\nq = fold i in 0..4 with s = x { tanh(w s) * k[i] + i }\nloss = dot(q, x)",
    "input x: [6]\nparam w, v\n(a, b) = fold z in x with a = 0, b = 1 { (b + w z, a * v) }\nloss = a^2 + b",
    "input x: [6]\nparam w, v\n(a, b) = scan z in x with a = 0, b = 1 { (z, a * v + w) }\nloss = sum(a * b)",
    "input x: [4, 2], y: [3, 2]\nparam u: [2, 2], w: [2, 2]\na = fold v in x with h = zeros(2) { tanh(u v + w h) }\nb = scan v in y with h = a { tanh(w v + u h) }\nloss = sum(b^2)",
    "input x: [4, 2]\nparam u: [2, 2], w: [2, 2]\nf = scan v in x with h = zeros(2) { tanh(u v + w h) }\nb = reverse(scan v in reverse(x) with h = zeros(2) { tanh(w v + u h) })\nloss = sum(f * b)",
    "input x: [4]\nparam w: [2, 2]\nm = fold v in x with m = w { tanh(m w + v) }\nloss = sum(m)",
    "input x\nparam a, b\nfn u(x) = fold i in 0..3 with s = x { sin(a s) + b }\nloss = (u'(x) - u(x))^2",
    "input x: [4]\ntarget t: [4]\nparam w, b\nloss = fold i in 0..4 with s = 0 { s + (w x[i] + b - t[i])^2 }",
    "input x: [4, 3]\nparam w: [3]\nh = scan v in x with s = zeros(3) { if sum(v) > 0 then s * w else s + v }\nloss = sum(h)",
    "input x: [4, 3]\nparam w: [3, 3]\nh = scan v in x with s = zeros(3) { layer_norm_free(w s + v) }\nfn layer_norm_free(z) = (z - mean(z)) / sqrt(var(z) + 0.1)\nloss = sum(h^2)",
    "input x: [4]\nparam c, k\ns = fold v in x with p = 0, q = 1 { e = tanh(c p + v); g = e * q; (e + g, k q + e) }\n(p, q) = s\nloss = p q",
    "input x: [1, 2]\nparam w: [2, 2]\nh = fold v in x with s = ones(2) { tanh(w s + v) }\nloss = sum(h)",
];

#[test]
fn every_construct() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.nn");
    let mut all = String::new();
    for program in PROGRAMS.iter().chain(&LOOPS) {
        std::fs::write(&path, program).unwrap();
        if let Some(why) = wrong(&path) {
            all += &format!("{program}\n--- {why}\n\n");
        }
    }
    assert!(all.is_empty(), "{all}");
}

/// What loops hand on in circles and in lines, drawn: on paper, too, where a value of a round is named after another round's.
#[test]
fn what_loops_hand_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.nn");
    let mut draws = Draws(5);
    let mut all = String::new();
    let drawn = (0..25).map(|case| (program(&mut draws, case % 4 == 1).0, true));
    // Loops within loops stand in comments.
    let nested = |text: &str| text.matches(" in ").count() > 1;
    let together = TOGETHER.iter().map(|(text, _)| (text.to_string(), !nested(text) && !text.contains('\'')));
    for (program, is_said) in drawn.chain(together) {
        std::fs::write(&path, &program).unwrap();
        let paper = Command::new(env!("CARGO_BIN_EXE_gradus")).arg("grad").arg(&path).output().unwrap();
        if !paper.status.success() {
            all += &format!("{program}\n--- {}\n\n", String::from_utf8_lossy(&paper.stderr));
        }
        if let Some(why) = wrong(&path).filter(|_| is_said) {
            all += &format!("{program}\n--- {why}\n\n");
        }
    }
    assert!(all.is_empty(), "{all}");
}

#[test]
fn every_example() {
    let mut all: Vec<PathBuf> =
        std::fs::read_dir(root().join("examples")).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.retain(|path| path.extension().is_some_and(|extension| extension == "nn"));
    all.sort();
    assert!(all.len() >= 17);
    for path in &all {
        if let Some(why) = wrong(path) {
            panic!("{}: {why}", path.display());
        }
    }
}

/// The declarations of what a random graph begins with, behind which its gradients are read.
fn declarations(graph: &Graph) -> String {
    let mut text = String::new();
    for variable in &graph.inputs {
        let shape = show::shape_text(&variable.ty.shape);
        let kind = match variable.ty.kind {
            Kind::Real => String::new(),
            Kind::Bool => "bool".into(),
            Kind::Index(count) | Kind::Class(_, count) => format!("class({count})"),
        };
        text += &format!("input {}: {}\n", variable.name, declared(&shape, &kind));
    }
    for variable in graph.parameters.iter().chain(&graph.states) {
        text += &format!("param {}: {}\n", variable.name, declared(&show::shape_text(&variable.ty.shape), ""));
    }
    for (name, value) in &graph.settings {
        text += &format!("{name} = {value}\n");
    }
    for draw in &graph.draws {
        let shape = show::shape_text(graph.shape(draw.leaf));
        text += &format!("{}: {} ~ {}\n", draw.name, declared(&shape, ""), draw.noise.name());
    }
    text + "param step\n"
}

fn declared(shape: &str, kind: &str) -> String {
    let shape = if shape.starts_with('[') { shape } else { "" };
    let both = [shape, kind].join(" ");
    if both.trim().is_empty() { "[]".into() } else { both.trim().into() }
}

/// Whether the printed gradients of a random graph, read as a program, have the values of the derived ones; why not, if they have not.
/// Nothing if they can't be said.
fn read_back(script: &[u8]) -> Option<Result<(), String>> {
    let random = smooth_graph(script);
    let mut graph = random.graph;
    // The language looks up a class where there is one place for each.
    let is_class_of = |index: NodeId, count: usize| graph.ty(index).kind.count() == Some(count);
    let is_sayable = |id: NodeId| match *graph.op(id) {
        Op::Gather { table, index, shared } => is_class_of(index, graph.shape(table)[shared]),
        _ => true,
    };
    if !graph.ids().all(is_sayable) {
        return None;
    }
    let sums: Vec<NodeId> = (random.roots.iter())
        .filter(|root| !graph.ty(**root).kind.is_whole())
        .map(|&root| (root, graph.shape(root).iter().product::<usize>() as f64))
        .collect::<Vec<_>>()
        .into_iter()
        .map(|(root, count)| {
            let squared = graph.multiply(root, root);
            let sum = graph.sum_all(squared);
            graph.scale(sum, 1.0 / count)
        })
        .collect();
    let loss = sums.into_iter().reduce(|a, b| graph.add(a, b))?;
    let by: Vec<(String, NodeId)> = (0..graph.parameters.len() as u32)
        .map(|k| (graph.parameters[k as usize].name.clone(), graph.intern(Op::Leaf(Leaf::Parameter(k)))))
        .collect();
    let derivation = notation::gradient(&graph, &[("loss".into(), loss)], &by, Form::Program);
    let printed = notation::nn::render(&derivation);
    if printed.contains("// ") {
        return None;
    }
    // There is no loss to make claims about: each derivative becomes a value of its own.
    let mut program = declarations(&graph) + &printed;
    for (name, _) in &by {
        program = program.replace(&format!("∂loss/∂{name}"), &format!("derivative_{name}"));
    }
    let source = pipeline::read("model.nn", &program, &Options::default());
    let errors: Vec<&str> = source.diagnostics.iter().filter(|d| d.is_error()).map(|d| d.message.as_str()).collect();
    let Some(model) = source.training.as_ref().filter(|_| errors.is_empty()) else {
        // The graph takes numbers for truth values; the language does not.
        let is_of_kinds = errors.iter().any(|error| error.contains("truth value") || error.contains("is one of"));
        return if is_of_kinds { None } else { Some(Err(format!("{errors:?}\n{program}"))) };
    };
    let mut env = Environment::random(&graph, EXAMPLES, 1 + script.len() as u64);
    let nodes: Vec<NodeId> = by.iter().map(|b| b.1).collect();
    let found = adjoints(&mut graph, loss, &nodes);
    let mut derived = vec![];
    for (_, node) in &by {
        let shape = graph.shape(*node).to_vec();
        let share = found.of(*node).unwrap_or_else(|| graph.constant(0.0, &shape));
        // The number may be one for all examples, and so is its derivative.
        let averages = graph.ty(share).varying && !graph.ty(loss).varying;
        derived.push(if averages { graph.batch_mean(share) } else { share });
    }
    let right = evaluate(&graph, &derived, &env).unwrap();
    let step = env.runtime[Runtime::ALL.iter().position(|r| *r == Runtime::Step).unwrap()];
    env.parameters.extend(std::mem::take(&mut env.states));
    env.parameters.push(vec![step]);
    // What is a number is a setting.
    env.settings.extend(model.graph.settings[graph.settings.len()..].iter().map(|setting| setting.1));
    for ((name, _), right) in by.iter().zip(&right) {
        let Some(binding) = model.bindings.iter().find(|b| b.0 == format!("derivative_{name}")) else {
            return Some(Err(format!("nothing is said of {name}\n{program}")));
        };
        let said = &evaluate(&model.graph, &[binding.1], &env).unwrap()[0];
        for example in 0..EXAMPLES {
            for (at, right) in right.of(example).iter().enumerate() {
                // A number is said once for all places.
                let said = said.of(example);
                let said = said[at % said.len()];
                if (right - said).abs().partial_cmp(&(1e-7 * (1.0 + right.abs()))) != Some(Ordering::Less) {
                    return Some(Err(format!("derivative_{name}[{at}] is {right}, not {said}\n{program}")));
                }
            }
        }
    }
    Some(Ok(()))
}

#[test]
fn random_graphs() {
    let seed = std::env::var("GRADUS_PROGRAMS_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(7);
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(200);
    let config =
        ProptestConfig { cases, rng_seed: RngSeed::Fixed(seed), failure_persistence: None, ..Default::default() };
    let mut runner = TestRunner::new(config);
    let said = std::cell::Cell::new(0);
    // Of those that begin with 255 each may have diagonals, sums that run, products that share a factor.
    let bytes = || proptest::collection::vec(any::<u8>(), 0..60);
    let with_more = bytes().prop_map(|script| [vec![255], script].concat());
    let result = runner.run(&prop_oneof![bytes(), with_more], |script| match read_back(&script) {
        Some(Err(why)) => Err(TestCaseError::fail(why)),
        Some(Ok(())) => {
            said.set(said.get() + 1);
            Ok(())
        }
        None => Ok(()),
    });
    if let Err(TestError::Fail(why, script)) = result {
        panic!("{script:?}\n{why}");
    }
    assert!(said.get() * 2 > cases, "{} of {cases} could be said", said.get());
}

/// Paper does not show a reshape, but where its axes are counted there is no reading without it.
#[test]
fn a_reshape_is_shown_where_its_axes_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let program = "input x: [4, 6]\nparam w: [6, 6]\n\
                   s = for i in 0..2 { reshape(x w, [4, 2, 3])[.., i] reshape(x w, [4, 2, 3])[.., i]' }\nloss = sum(s^2)\n";
    std::fs::write(folder.path().join("m.nn"), program).unwrap();
    let printed = |format: &str| {
        let arguments = ["grad", "m.nn", "--format", format];
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_gradus"))
            .args(arguments)
            .current_dir(folder.path())
            .output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    };
    assert!(printed("text").contains("reshape(x w, [4, 2, 3])[.., i]"), "{}", printed("text"));
    assert!(printed("latex").contains(r"\operatorname{reshape}(x \, w, [4, 2, 3])"), "{}", printed("latex"));
}
