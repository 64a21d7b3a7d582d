//! What kind of value something is stays what it is: a class is never a number wherever one is expected, lists of classes are compared
//! by their names, and a rewrite gives back what it took.
use gradus::data::Options as DataOptions;
use gradus::diagnostic::{Diagnostic, Sources, apply, render};
use gradus::graph::class::{Linear, facts};
use gradus::graph::{Graph, Leaf, NodeId, Op, Type};
use gradus::kernel::Float;
use gradus::model::{Model, Options};
use gradus::oracle::{Environment, evaluate};
use gradus::pipeline::{self, Executing};
use gradus::simplify::{Stage, simplify};
use gradus::step::StepGraph;
use gradus::train::Batch;
use gradus::vector::Path as Machine;
use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

/// Inputs of every kind, and values made of them.
const HEAD: &str = "\
input  p: class(3), q: class(3), ps: [4] class(3), b: bool, bs: [4] bool, x: [2], xs: [4], n
target t
param  w: [3, 2], a: [4], c
model  net(v: [k]) = tanh(c * v)
layer  row(v: [k]) {
    state m: [k] = 0
    m <- batch_mean(v)
    v - m
}
";
const DATA: &str = "
data {
    same classes p, q, ps
    p: 0, 1, 2
    q: 2, 1, 0
    ps: [0, 1, 2, 0], [1, 1, 1, 1], [2, 0, 1, 2]
    b: false, true, true
    bs: [true, false, true, false], [false, false, true, true], [true, true, true, true]
    x: [1, 2], [3, 4], [5, 6]
    xs: [1, 2, 3, 4], [0, 0, 1, -1], [2, -2, 1, 0]
    n: -1, 0, 2
    t: 1, 2, 3
}
train { minimize loss; steps 1 }
";

/// Places where a number is expected, with `@` for what stands there: of a class `p`, then of classes `ps`.
const NUMBERS: &[&str] = &[
    "if b then @ else 1",
    "if b then 1 else @",
    "if b then @ else n",
    "if b then @ else b",
    "if n > 0 then @ else argmax(x)",
    "if b then n else if n > 0 then @ else 2",
    "sum([@])",
    "sum([@, 1])",
    "sum([1, @])",
    "sum([1, @, n, @])",
    "sum(stack(@, n))",
    "sum(stack(n, @))",
    "sum(concat(x, @))",
    "sum(concat(@, x))",
    "sum(concat(x, [@]))",
    "sum(concat([@], x))",
    "sum(concat(x, [1, @]))",
    "@ + 1",
    "1 - @",
    "n * @",
    "2 @",
    "@ / 2",
    "n^@",
    "@^2",
    "-@",
    "abs(@)",
    "exp(@)",
    "relu(@)",
    "sigmoid(@)",
    "sqrt(@)",
    "max(@, 0)",
    "min(n, @)",
    "clip(@, 0, 1)",
    "sum(@)",
    "mean(@)",
    "prod(@)",
    "max(@)",
    "norm(@)",
    "std(@)",
    "batch_mean(@)",
    "sum(x @)",
    "sum(w x) @",
    "sum(dense(@, 2))",
    "sum(dense([@], 2))",
    "neuron(@)",
    "sum(@ |> dense(2))",
    "sum(net(@))",
    "sum(row(@))",
    "sum(softmax(@))",
    "sum(cumsum(@))",
    "sum(sort(@))",
    "sum(pad(@, 1))",
    "(@ - t)^2",
    "binary_cross_entropy(@, b)",
    "@ < 1",
    "1 <= @",
    "fold v in xs with s = 0 { if v > 0 then @ else s }",
    "fold v in xs with s = 0 { s + @ }",
    "sum(scan v in xs with s = @ { v })",
    "sum(for v in xs { v + @ })",
    "sum(repeat i in 0..2 with s = x { s * @ })",
    "grad(n * @, n)",
    "stop_gradient(@)",
    "floor(@)",
    "dot(x, @)",
    "sum(x' @)",
];

/// Statements and sections in which a class stands for a number.
const STATEMENTS: &[&str] = &[
    "metric m = p",
    "metric m = mean(ps)",
    "output o = p + 1",
    "param u = p",
    "train { minimize p; steps 1 }",
    "param u\nloss = u * n\noptimizer mine(w, g) { state s = 0; s <- p; w <- w - g }\ntrain { minimize loss; optimizer mine(); steps 1 }",
    "layer f(v: [k], z: class(3)) {\n    state m = 0\n    m <- z\n    v - m\n}\ny = f(x, p)",
    "u = n^2\n∂u/∂n = p",
    "y = fold v in xs with s = p { s + v }",
    "y = fold v in xs with s = 0 { p }",
    "fn half(v) = v / 2\ny = half(p)",
    "fn slope(u) = u^2\ny = slope'(p)",
];

/// Comparisons that a class can't be part of, or that say nothing.
const COMPARISONS: &[&str] = &[
    "p == n",
    "p == x",
    "p != 3",
    "p == -1",
    "p == 0.5",
    "p == b",
    "p > q",
    "p == argmax(xs)",
    "[argmax(xs) == p]",
    "for i in 0..5 { p == i }",
    "p == r",
    "p == true",
    "p != (if b then true else false)",
    "sum([p == [1.5, 1]])",
    "sum([p == [0, 3]])",
    "sum([ps == [0, 1, -1, 0]])",
    "p < \"red\"",
    "\"red\" >= p",
    "\"blue\" < p < \"red\"",
];

fn sentence(template: &str, value: &str) -> String {
    template.replace('@', value)
}

struct Said {
    all: Vec<Diagnostic>,
    sources: Sources,
    model: Option<Model>,
}

/// What is said about a program, with its data.
fn read(text: &str, folder: &Path) -> Said {
    let source = pipeline::read("model.nn", text, &Options::default());
    let mut all = source.diagnostics.clone();
    if let Some(model) = source.training.as_ref().filter(|model| model.data.is_some()) {
        let loaded = pipeline::data_plan(&source, model).and_then(|plan| source.load(&plan, &DataOptions::new(folder)));
        match loaded {
            Ok(dataset) => all.extend(dataset.warnings),
            Err(errors) => all.extend(errors),
        }
    }
    Said { all, sources: source.sources, model: source.training }
}

fn errors(said: &Said) -> Vec<&Diagnostic> {
    said.all.iter().filter(|diagnostic| diagnostic.is_error()).collect()
}

fn shown(said: &Said) -> String {
    said.all.iter().map(|one| render(one, &said.sources, false)).collect::<Vec<_>>().join("\n")
}

/// What is wrong with how a class in a number's place is answered: an error about it, at its place, whose first correction, if there is one,
/// takes it away and brings no other.
fn faults(text: &str, at: &str) -> Option<String> {
    let here = Path::new(".");
    let said = read(text, here);
    let found = errors(&said);
    if found.is_empty() {
        return Some("is accepted".into());
    }
    let about = |one: &Diagnostic| matches!(one.code, "E0401" | "E0404" | "E0405" | "E0406" | "E0502");
    if let Some(other) = found.iter().find(|one| !about(one)) {
        return Some(format!("{}: {}", other.code, other.message));
    }
    let first = found[0];
    let spot = first.span().map(|span| said.sources.slice(span).to_string()).unwrap_or_default();
    if !at.is_empty() && !spot.contains(at.trim_matches(['(', ')'])) {
        return Some(format!("is marked at `{spot}`"));
    }
    // What a start is made of is said by its code.
    if first.helps.is_empty() && first.edits.is_empty() && first.code != "E0404" {
        return Some("no help".into());
    }
    // Every mistake is corrected by the first suggestion; two rounds, where one stands inside of another.
    let mut text = text.to_string();
    for _ in 0..3 {
        let said = read(&text, here);
        let found = errors(&said);
        let (changed, made) = apply(&text, found.iter().filter_map(|one| one.edits.first()));
        if made.is_empty() {
            break;
        }
        text = changed;
    }
    let said = read(&text, here);
    let left = errors(&said);
    // Where nothing is offered, the help names what can be written.
    let told = left.iter().all(|one| about(one) && (!one.helps.is_empty() || one.code == "E0404"));
    (!told).then(|| format!("is corrected to\n{text}\n{}", shown(&said)))
}

fn program(expression: &str) -> String {
    format!("{HEAD}y = {expression}\nloss = n * c + 0 * sum(w) + 0 * sum(a)\n{DATA}")
}

#[test]
fn a_class_is_never_a_number() {
    let mut wrong = vec![];
    let mut tried = 0;
    for template in NUMBERS {
        for value in ["p", "ps[1]", "(if b then p else p)"] {
            let text = program(&sentence(template, value));
            tried += 1;
            wrong.extend(faults(&text, value).map(|why| format!("{}: {why}", sentence(template, value))));
        }
    }
    for template in [
        "sum(@)",
        "@ + 1",
        "sum(concat(xs, @))",
        "sum(concat(@, xs))",
        "sum([@, xs])",
        "xs' @",
        "a * @",
        "exp(@)",
        "mean(@)",
        "sum(stack(@, xs))",
        "if b then @ else xs",
        "if bs then @ else 0",
        "for v in @ { v + 1 }",
        "fold v in @ with s = 0 { s + v }",
        "sum(for v in @ { [v] })",
        "softmax(@)",
        "sum(w' @)",
        "dense(@, 2)",
        "max(@)",
        "cumsum(@)",
        "sort(xs, by = @)",
        "batch_mean(@)",
    ] {
        for value in ["ps", "reverse(ps)", "ps[0..4]"] {
            let text = program(&sentence(template, value));
            tried += 1;
            wrong.extend(faults(&text, "").map(|why| format!("{}: {why}", sentence(template, value))));
        }
    }
    for statement in STATEMENTS {
        let has_training = statement.contains("train {");
        let tail = if has_training { "" } else { "loss = n * c + 0 * sum(w) + 0 * sum(a)\n" };
        let data = if has_training { DATA.split("train {").next().unwrap() } else { DATA };
        tried += 1;
        let text = format!("{HEAD}{statement}\n{tail}{data}");
        wrong.extend(faults(&text, "").map(|why| format!("{statement}: {why}")));
    }
    for comparison in COMPARISONS {
        tried += 1;
        let text = program(comparison)
            .replace("q: class(3)", "q: class(3), r: class(4)")
            .replace("    q: 2", "    r: 0, 1, 3\n    q: 2");
        wrong.extend(faults(&text, "").map(|why| format!("{comparison}: {why}")));
    }
    assert!(tried >= 250, "{tried}");
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
}

/// Where a class, a place or a truth value may stand, with a value that must be the same by the oracle, simplified, by native code and by the
/// interpreter, in both precisions. Kinds stay on the way.
const RIGHT: &[&str] = &[
    "[p == 1]",
    "[p == q]",
    "sum([p == [0, 2]])",
    "if (if b then true else n > 0) then 1 else 2",
    "[not (if n > 0 then true else false)] n",
    "if b and (if b then false else true) then 1 else n",
    "true + n",
    "[true] n - [false] * n",
    "sum([b, true] n)",
    "sum(if [true, b] then [n, 2] else [0, 1])",
    "fold v in xs with s = true { if v > 0 then s else false }",
    "[p != q] n",
    "onehot(p)",
    "onehot(if b then p else ps[0])",
    "sum(onehot(ps), axis = 0)",
    "a[p]",
    "a[ps]",
    "w[p]",
    "[argmax(w x) == p]",
    "[p == argmax(w x)]",
    "if b then p else ps[1]",
    "if bs then ps else reverse(ps)",
    "concat(ps, reverse(ps))",
    "reshape(ps, [2, 2])",
    "for v in ps { [v == p] }",
    "for v in ps { a[v] }",
    "fold v in ps with s = p { if b then v else s }",
    "fold v in xs with k = argmax(xs) { k + 1 }",
    "fold i in 0..4 with k = 0 { i }",
    "scan i in 0..4 with k = argmax(x) { if b then i else k }",
    "for i in 0..4 { [i == argmax(xs)] }",
    "for i in 0..4 { i * n }",
    "for i in 0..4 { xs[i] + i }",
    "[argmax(xs), n]",
    "concat(xs, [argmax(xs)])",
    "concat([argmax(xs)], xs, stack(b))",
    "stack(argmax(xs), argmax(x))",
    "if b then argmax(xs) else n",
    "if n > 0 then argmax(xs) else argmax(x)",
    "if b then argmax(xs) else 0.5",
    "[b] + [n > 0]",
    "[b]",
    "[b] [n > 0]",
    "1 * [b]",
    "0 + [b]",
    "[b]^1",
    "[b] / 1",
    "[b] - 0",
    "-(-[b])",
    "max([b], [n > 0])",
    "sum([[b], 1])",
    "concat(xs, [[b]])",
    "if b then [n > 0] else n",
    "if b then [n > 0] else 0",
    "reshape(1 * [bs], [2, 2])",
    "fold v in xs with s = [b] { s * [v > 0] }",
    "scan v in xs with s = b { v > 0 and s }",
    "scan v in xs with s = 0 { [v > s] }",
    "∂relu(n)/∂n",
    "grad(sum(relu(xs)), xs)",
    "∂abs(n)/∂n",
    "∂max(n, 1)/∂n",
    "grad(sum(if bs then xs else 0), xs)",
    "grad(max(xs), xs)",
    "∂(if b then n else 0)/∂n",
    "∂clip(n, -1, 1)/∂n",
    "jacobian(relu(xs), xs)",
    "grad(sum(sort(xs)), xs)",
    "grad(a[p], a)",
    "hessian(sum(relu(xs)^2), xs)",
    "for i in 0..2 { 1 * i }",
    "for i in 0..3 { i + 0 }",
    "argmax(xs) + 0",
    "argmax(xs) * 1",
    "grad(n * argmax(xs), n)",
    "∂(argmax(xs) n)/∂n",
];

fn model_of(text: &str) -> Model {
    let said = read(text, Path::new("."));
    match said.model.as_ref() {
        Some(model) if errors(&said).is_empty() => model.clone(),
        _ => panic!("{text}\n{}", shown(&said)),
    }
}

const EXAMPLES: usize = 3;

/// What each of the roots is by native code or by the interpreter.
fn executed(model: &Model, root: NodeId, env: &Environment, float: Float, interpreted: bool) -> Vec<f64> {
    let outputs = vec![(String::new(), root)];
    let step = StepGraph { graph: model.graph.clone(), updates: vec![], logged: vec![], outputs, gradients: vec![] };
    let batched = pipeline::batched(&step, true);
    let (before, after) = (model.graph.ty(root).kind, batched.graph.ty(batched.outputs[0].1).kind);
    assert!(after.replaces(before), "{before:?} became {after:?}");
    let dataset = gradus::data::Dataset::of(&model.graph.inputs, env.inputs.clone(), EXAMPLES, float, "a test");
    let how = Executing { float, threads: 1, interpreted, path: Machine::detect(), seed: 1 };
    let mut executor = pipeline::executor(&batched, &how, EXAMPLES, &dataset, (1, 1)).unwrap();
    for (number, values) in env.parameters.iter().enumerate() {
        executor.write(gradus::step::Target::Parameter(number as u32), values);
    }
    let batch = Batch { first: 0, rows: EXAMPLES, step: 1, epoch: 1 };
    let order: Vec<u32> = (0..EXAMPLES as u32).collect();
    executor.run(&order, &[batch], &AtomicBool::new(false), &mut vec![]).unwrap();
    executor.output(0, EXAMPLES)
}

#[test]
fn kinds_stay_what_they_are() {
    for expression in RIGHT {
        let model = model_of(&program(expression));
        let root = model.bindings.iter().find(|b| b.0 == "y").unwrap().1;
        let env = Environment::random(&model.graph, EXAMPLES, 11);
        let wanted = evaluate(&model.graph, &[root], &env).unwrap().remove(0).flat();
        for stage in [Stage::Recognise, Stage::Simplify] {
            let simple = simplify(&model.graph, &[root], stage);
            let (before, after) = (model.graph.ty(root), simple.graph.ty(simple.roots[0]));
            assert!(
                after.kind.replaces(before.kind) && after.shape == before.shape,
                "{expression}: {before:?}, {after:?}"
            );
            let found = evaluate(&simple.graph, &simple.roots, &env).unwrap().remove(0).flat();
            close(expression, &format!("{stage:?}"), &found, &wanted, 1e-12);
        }
        for (float, tolerance) in [(Float::F64, 1e-12), (Float::F32, 1e-5)] {
            for interpreted in [false, true] {
                let found = executed(&model, root, &env, float, interpreted);
                close(expression, &format!("{float:?}, interpreted: {interpreted}"), &found, &wanted, tolerance);
            }
        }
    }
}

#[track_caller]
fn close(expression: &str, way: &str, found: &[f64], wanted: &[f64], tolerance: f64) {
    // A value that is the same for all examples may be told once.
    let wanted = &wanted[..found.len().min(wanted.len())];
    assert_eq!(found.len(), wanted.len(), "{expression}, {way}");
    for (f, w) in found.iter().zip(wanted) {
        assert!((f - w).abs() <= tolerance * (1.0 + w.abs()), "{expression}, {way}: {found:?}, not {wanted:?}");
    }
}

/// Two columns of words: their lists are learned apart, or together.
const COLUMNS: &str = "p,q,k\na,b,0\nb,c,1\nc,d,2\na,b,0\nb,b,1\n";

fn with_columns(declared: &str, same: &str, line: &str) -> String {
    format!(
        "input  {declared}\ntarget k: class(3)\nparam c\nsame = {same}\nloss = c^2 + 0 * sum([[same], 1])\n\
         data \"d.csv\" {{ {line} }}\ntrain {{ minimize loss; steps 1 }}\n"
    )
}

#[test]
fn two_lists_are_compared_by_their_names() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("d.csv"), COLUMNS).unwrap();
    // Words against other words: which class is which, only one list for both says.
    for same in ["p == q", "p != q", "not (p == q)", "(if p == 0 then p else p) == q", "p == 1 and q == p"] {
        let text = with_columns("p, q: class(3)", same, "");
        let said = read(&text, folder.path());
        let found = errors(&said);
        assert!(found.len() == 1 && found[0].code == "E0620", "{same}: {}", shown(&said));
        let (text, made) = apply(&text, found[0].edits.first());
        let line = ["same classes p, q", "same classes q, p"].into_iter().any(|line| text.contains(line));
        assert!(made.len() == 1 && line, "{text}");
        // Both columns have four words together.
        let said = read(&text, folder.path());
        assert!(
            errors(&said).iter().all(|one| one.code == "E0607" && one.message.contains("4 words")),
            "{}",
            shown(&said)
        );
        let said = read(&text.replace("p, q: class(3)", "p, q: class(4)"), folder.path());
        assert!(errors(&said).is_empty(), "{}", shown(&said));
    }
    // One list is learned from both, in whatever order they are read.
    let text = with_columns("q, p: class(4)", "p == q", "same classes q, p");
    let source = pipeline::read("model.nn", &text, &Options::default());
    let plan = pipeline::data_plan(&source, source.training.as_ref().unwrap()).unwrap();
    let dataset = source.load(&plan, &DataOptions::new(folder.path())).unwrap();
    for name in ["p", "q"] {
        assert_eq!(dataset.facts.class_names(name).unwrap(), ["a", "b", "c", "d"]);
    }
    assert_eq!(dataset.column("p").unwrap().to_f64(), [0.0, 1.0, 2.0, 0.0, 1.0]);
    assert_eq!(dataset.column("q").unwrap().to_f64(), [1.0, 2.0, 3.0, 1.0, 1.0]);
    // Whole numbers have no names: they are compared as they are, with each other and with places.
    for (declared, same) in [
        ("p: class(3), z: class(3)", "z == k"),
        ("p: class(3), z: class(3)", "z == argmax(onehot(k))"),
        ("p: class(3), z: class(3)", "p == k"),
        ("p: class(3), z: class(3)", "p == p"),
    ] {
        let said = read(&with_columns(declared, same, "z = k"), folder.path());
        assert!(errors(&said).is_empty(), "{same}: {}", shown(&said));
    }
}

#[test]
fn what_can_not_be_of_one_list_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("d.csv"), COLUMNS).unwrap();
    for (declared, line, code) in [
        ("p: class(3), q: class(4)", "same classes p, q", "E0609"),
        ("p: class(3), q: class(3), n", "n = k; same classes p, n", "E0609"),
        ("p: class(3), q: class(3)", "same classes p", "E0609"),
        ("p: class(3), q: class(3)", "same classes p, r", "E0615"),
        ("p: class(4), q: class(4)", "same classes p, q; same classes p, k", "E0609"),
        ("p: class(3), q: class(3)", "same classes p, k", "E0608"),
        ("p: class(3), q: class(3)", "same p, q", "E0135"),
        ("p: class(3), q: class(3)", "same classes", "E0135"),
    ] {
        let said = read(&with_columns(declared, "p == p", line), folder.path());
        let found = errors(&said);
        assert!(!found.is_empty() && found[0].code == code, "{line}: {code} expected\n{}", shown(&said));
    }
    // Branches of an `if` are of one list as well.
    let said = read(&with_columns("p, q: class(4)", "(if p == 0 then p else q) == 1", ""), folder.path());
    assert_eq!(errors(&said).iter().map(|one| one.code).collect::<Vec<_>>(), ["E0401"], "{}", shown(&said));
    let said =
        read(&with_columns("p, q: class(4)", "(if p == 0 then p else q) == 1", "same classes p, q"), folder.path());
    assert!(errors(&said).is_empty(), "{}", shown(&said));
}

/// Which groups of operands a class is linear in, by the table.
fn groups(linear: Linear, count: usize) -> Vec<Vec<usize>> {
    match linear {
        Linear::No | Linear::ByRow => vec![],
        Linear::Together => vec![(0..count).collect()],
        Linear::Each => (0..count).map(|at| vec![at]).collect(),
        Linear::BehindFirst => vec![(1..count).collect()],
        Linear::First => vec![vec![0]],
        Linear::Last => vec![vec![count - 1]],
    }
}

/// `f(2 a + 3 b) = 2 f(a) + 3 f(b)` in the operands that the table of classes names.
#[test]
fn classes_are_linear_where_the_table_says_so() {
    type Make = fn(&mut Graph, &[NodeId]) -> NodeId;
    let cases: [(usize, Make); 8] = [
        (3, |g, x| g.select(x[0], x[1], x[2])),
        (2, |g, x| g.dot(x[0], x[1])),
        (1, |g, x| g.slice(x[0], 0, 3, -1, 3)),
        (1, |g, x| g.reshape(x[0], &[2, 2])),
        (3, |g, x| g.join(0, x)),
        (1, |g, x| {
            let places = g.intern(Op::Leaf(Leaf::Iota(4)));
            g.gather(x[0], places, 0)
        }),
        (1, |g, x| {
            let places = g.intern(Op::Leaf(Leaf::Iota(4)));
            g.scatter_add(places, x[0], 0, 5)
        }),
        (1, |g, x| g.batch_mean(x[0])),
    ];
    for (at, (count, make)) in cases.into_iter().enumerate() {
        let mut g = Graph::new();
        let input = |g: &mut Graph| {
            let name = format!("x{}", g.inputs.len());
            g.inputs.push(gradus::graph::Variable { name, ty: Type::real(&[4], true), span: Default::default() });
            let number = g.inputs.len() as u32 - 1;
            g.intern(Op::Leaf(Leaf::Input(number)))
        };
        let a: Vec<NodeId> = (0..count).map(|_| input(&mut g)).collect();
        let b: Vec<NodeId> = (0..count).map(|_| input(&mut g)).collect();
        let first = make(&mut g, &a);
        let all = groups(facts(g.op(first)).linear, g.op(first).operands().len().min(count));
        assert!(!all.is_empty(), "{at}");
        for group in all {
            let put = |g: &mut Graph, with: &dyn Fn(&mut Graph, usize) -> NodeId| -> NodeId {
                let operands: Vec<NodeId> =
                    (0..count).map(|k| if group.contains(&k) { with(g, k) } else { a[k] }).collect();
                make(g, &operands)
            };
            let second = put(&mut g, &|_, k| b[k]);
            let mixed = put(&mut g, &|g, k| {
                let (twice, thrice) = (g.scale(a[k], 2.0), g.scale(b[k], 3.0));
                g.add(twice, thrice)
            });
            let (twice, thrice) = (g.scale(first, 2.0), g.scale(second, 3.0));
            let wanted = g.add(twice, thrice);
            let env = Environment::random(&g, EXAMPLES, 5);
            let found = evaluate(&g, &[mixed, wanted], &env).unwrap();
            close(&format!("case {at}"), &format!("{group:?}"), &found[0].flat(), &found[1].flat(), 1e-12);
        }
    }
}

/// What a name is said to be, it is.
#[test]
fn declared_kinds_are_kept() {
    let cases = [
        ("u: bool = p", "E0405"),
        ("u: class(2) = p", "E0405"),
        ("u: class(3) = n", "E0405"),
        ("u: bool = 0.5", "E0405"),
        ("u: [] = p", "E0405"),
        ("u: [4] = ps", "E0405"),
        ("u: class(3) = p", ""),
        ("u: [4] class(3) = ps", ""),
        ("u: bool = n > 0", ""),
        ("u: [4] bool = bs", ""),
        ("u: [2] = x", ""),
        ("u: [1] = [(0..1) == 0]", ""),
    ];
    for (statement, wanted) in cases {
        let said = read(&format!("{HEAD}{statement}\nloss = n * c + 0 * sum(w) + 0 * sum(a)\n{DATA}"), Path::new("."));
        let codes: Vec<&str> = errors(&said).iter().map(|one| one.code).collect();
        assert_eq!(codes.first().copied().unwrap_or_default(), wanted, "{statement}\n{}", shown(&said));
    }
}
