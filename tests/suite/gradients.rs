//! Derived gradients against central differences of the oracle: as derived, and simplified.
use gradus::data::Dataset;
use gradus::graph::view::rows;
use gradus::graph::{Graph, Kind, Leaf, NamedOp, NodeId, Op, Row, Type, Variable, named, ordered, verify};
use gradus::kernel::Float;
use gradus::op::{ReduceOp, activation, comparison, exponential, trigonometric};
use gradus::oracle::{Environment, Quantity, evaluate, finite_differences};
use gradus::pipeline;
use gradus::simplify::{Stage, simplify};
use gradus::step::{StepGraph, Target};
use gradus::train::native::Native;
use gradus::train::{Batch, Executor};
use gradus::vector::Path;
use std::sync::atomic::AtomicBool;

fn input(g: &mut Graph, shape: &[usize], kind: Kind) -> NodeId {
    g.inputs.push(Variable {
        name: format!("x{}", g.inputs.len()),
        ty: Type { shape: shape.to_vec(), kind, varying: true },
        span: Default::default(),
    });
    let number = g.inputs.len() as u32 - 1;
    g.intern(Op::Leaf(Leaf::Input(number)))
}
fn parameter(g: &mut Graph, shape: &[usize]) -> NodeId {
    g.parameters.push(Variable {
        name: format!("w{}", g.parameters.len()),
        ty: Type::real(shape, false),
        span: Default::default(),
    });
    let number = g.parameters.len() as u32 - 1;
    g.intern(Op::Leaf(Leaf::Parameter(number)))
}

/// Checks the gradient of the mean of `loss` by every parameter, in four examples.
#[track_caller]
fn check(mut g: Graph, loss: NodeId) -> (Graph, Vec<NodeId>) {
    let leaves: Vec<NodeId> = (0..g.parameters.len() as u32).map(|i| g.intern(Op::Leaf(Leaf::Parameter(i)))).collect();
    let env = Environment::random(&g, 4, 11);
    let found = gradus::gradient::adjoints(&mut g, loss, &leaves);
    let gradients: Vec<NodeId> = leaves
        .iter()
        .map(|&w| found.of(w).expect("a parameter without a gradient"))
        .map(|d| gradus::step::mean(&mut g, d))
        .collect();
    verify::verify(&g, &gradients).unwrap();
    let simple = simplify(&g, &gradients, Stage::Simplify);
    verify::verify(&simple.graph, &simple.roots).unwrap();
    let raw = evaluate(&g, &gradients, &env).unwrap();
    let short = evaluate(&simple.graph, &simple.roots, &env).unwrap();
    for (number, (raw, short)) in raw.iter().zip(&short).enumerate() {
        let elements: Vec<usize> = (0..raw.of(0).len()).collect();
        let differences = finite_differences(&g, loss, Quantity::Parameter(number), &elements, &env).unwrap();
        for (at, wanted) in differences.iter().enumerate() {
            for (how, got) in [("derived", raw.of(0)[at]), ("simplified", short.of(0)[at])] {
                assert!(
                    (got - wanted).abs() < 1e-6 * (1.0 + wanted.abs()),
                    "{how}, parameter {number}, element {at}: {got}, differences say {wanted}\n{}",
                    gradus::graph::show::show(&simple.graph, &simple.roots)
                );
            }
        }
    }
    runs(g, loss, &leaves, &gradients, &env);
    (simple.graph, simple.roots)
}

/// One step of gradient descent in native code, in both precisions, on one, two and three threads, against the oracle.
#[track_caller]
fn runs(mut g: Graph, loss: NodeId, leaves: &[NodeId], gradients: &[NodeId], env: &Environment) {
    let mut roots: Vec<NodeId> = leaves
        .iter()
        .zip(gradients)
        .map(|(&w, &d)| {
            let scaled = g.scale(d, 0.1);
            g.subtract(w, scaled)
        })
        .collect();
    roots.push(gradus::step::mean(&mut g, loss));
    let wanted = evaluate(&g, &roots, env).unwrap();
    let step = StepGraph {
        graph: g.clone(),
        updates: (0..leaves.len()).map(|i| (Target::Parameter(i as u32), roots[i])).collect(),
        logged: vec![("loss".into(), roots[leaves.len()])],
        outputs: vec![],
        gradients: vec![],
    };
    let batched = pipeline::batched(&step, true);
    for (float, tolerance) in [(Float::F64, 1e-9), (Float::F32, 1e-3)] {
        let mut bits: Vec<Vec<f64>> = vec![];
        for threads in 1..=3 {
            let dataset = Dataset::of(&g.inputs, env.inputs.clone(), env.examples, float, "a test");
            let plan = pipeline::planned(&batched, float, 7).unwrap();
            let mut native = Native::new(plan, &dataset, Path::detect(), threads, (1, 1)).unwrap();
            for (number, values) in env.parameters.iter().enumerate() {
                native.write(Target::Parameter(number as u32), values);
            }
            let order: Vec<u32> = (0..env.examples as u32).rev().collect();
            let mut log = vec![];
            let batch = Batch { first: 0, rows: env.examples, step: 1, epoch: 1 };
            native.run(&order, &[batch], &AtomicBool::new(false), &mut log).unwrap();
            let mut got: Vec<f64> = (0..leaves.len()).flat_map(|i| native.read(Target::Parameter(i as u32))).collect();
            got.extend(&log);
            for (got, wanted) in got.iter().zip(wanted.iter().flat_map(|v| v.flat())) {
                assert!(
                    (got - wanted).abs() <= tolerance * (1.0 + wanted.abs()),
                    "{float:?}, {threads} threads: {got}, the oracle says {wanted}"
                );
            }
            bits.push(got);
        }
        assert!(bits.iter().all(|b| *b == bits[0]), "other bits on other numbers of threads");
    }
}

fn dense(g: &mut Graph, x: NodeId, m: usize) -> NodeId {
    let n = g.shape(x)[0];
    let (w, b) = (parameter(g, &[m, n]), parameter(g, &[m]));
    let product = g.matmul(w, x);
    g.add(product, b)
}

#[test]
fn a_classifier() {
    let mut g = Graph::new();
    let (x, t) = (input(&mut g, &[4], Kind::Real), input(&mut g, &[], Kind::Class(gradus::graph::ListId(0), 3)));
    let a = dense(&mut g, x, 5);
    let h = g.unary(&activation::RELU, a);
    let z = dense(&mut g, h, 3);
    let loss = g.named(NamedOp(&named::SOFTMAX_CROSS_ENTROPY), &[z, t]);
    check(g, loss);
}

#[test]
fn named_functions_and_reductions() {
    let mut g = Graph::new();
    let x = input(&mut g, &[4], Kind::Real);
    let a = dense(&mut g, x, 6);
    let p = g.named(NamedOp(&named::SOFTMAX), &[a]);
    let l = g.named(NamedOp(&named::LOG_SOFTMAX), &[a]);
    let product = g.multiply(p, l);
    let sum = g.sum(&[0], product);
    let n = g.named(NamedOp(&named::NORM), &[a]);
    let top = g.reduce(ReduceOp::Max, &[0], a);
    let mean = g.reduce(ReduceOp::Mean, &[0], product);
    let e = g.named(NamedOp(&named::LOGSUMEXP), &[a]);
    let loss = [n, top, mean, e].into_iter().fold(sum, |s, x| g.add(s, x));
    check(g, loss);
}

#[test]
fn elman() {
    let mut g = Graph::new();
    let xs = input(&mut g, &[5, 2], Kind::Real);
    let (u, w, b) = (parameter(&mut g, &[3, 2]), parameter(&mut g, &[3, 3]), parameter(&mut g, &[3]));
    let zero = g.constant(0.0, &[3]);
    let of = g.begin_loop(5, false, &[(zero, true)]);
    let h = g.looped(of).binders[0].leaf;
    let x = g.element(of, xs);
    let (ux, wh) = (g.matmul(u, x), g.matmul(w, h));
    let sum = g.add(ux, wh);
    let a = g.add(sum, b);
    let next = g.unary(&trigonometric::TANH, a);
    g.set_next(of, 0, next);
    let last = g.last(of, next);
    let loss = g.dot(last, last);
    let (graph, roots) = check(g, loss);
    // No value of a parameter's shape is carried, and the products by parameters are taken once, after the loop.
    for looped in &graph.loops {
        assert!(looped.binders.iter().all(|b| b.ty.shape.len() < 2), "a matrix is carried");
    }
    let text = gradus::graph::show::show(&graph, &roots);
    insta::assert_snapshot!(text);
}

#[test]
fn all_states_of_a_loop_and_a_start_that_is_learned() {
    let mut g = Graph::new();
    let xs = input(&mut g, &[4, 3], Kind::Real);
    let (w, start) = (parameter(&mut g, &[3, 3]), parameter(&mut g, &[3]));
    let of = g.begin_loop(4, true, &[(start, true), (start, true)]);
    let (h, c) = (g.looped(of).binders[0].leaf, g.looped(of).binders[1].leaf);
    let x = g.element(of, xs);
    let wh = g.matmul(w, h);
    let gate = g.unary(&activation::SIGMOID, wh);
    let kept = g.multiply(gate, c);
    let next_c = g.add(kept, x);
    let squashed = g.unary(&trigonometric::TANH, next_c);
    let next_h = g.multiply(squashed, gate);
    g.set_next(of, 0, next_h);
    g.set_next(of, 1, next_c);
    let (all, last, inner) = (g.stacked(of, next_h), g.last(of, next_c), g.last(of, gate));
    let squared = g.dot(all, all);
    let (a, b) = (g.sum_all(last), g.dot(inner, inner));
    let sum = g.add(squared, a);
    let loss = g.add(sum, b);
    check(g, loss);
}

#[test]
fn a_dilated_convolution() {
    let mut g = Graph::new();
    let x = input(&mut g, &[9, 2], Kind::Real);
    let first = parameter(&mut g, &[1, 2, 3]);
    let kernel = parameter(&mut g, &[3, 3, 4]);
    // A pointwise layer first, so that the convolution has an input gradient.
    let wide = g.contract(x, first, &[0, 1], &[2, 1, 3], &[0, 3, 2]);
    let h = g.reshape(wide, &[9, 3]);
    let windows = g.view(h, vec![9, 3, 3], vec![rows::window(0, 1, 9, 1, 2, 4), Row::axis(2, 3)]);
    let z = g.contract(windows, kernel, &[0, 1, 2], &[1, 2, 3], &[0, 3]);
    let y = g.unary(&trigonometric::TANH, z);
    let loss = g.dot(y, y);
    check(g, loss);
}

/// Two convolutions, so that the second has an input gradient, with every way to go over the ends and to leave places out.
#[test]
fn convolutions_of_every_kind() {
    for (stride, dilation, before, places) in
        [(1, 1, 0, 7), (1, 1, 1, 9), (1, 3, 0, 3), (1, 3, 6, 9), (2, 1, 1, 5), (1, 4, 0, 1), (3, 2, 2, 3)]
    {
        let mut g = Graph::new();
        let x = input(&mut g, &[9, 2], Kind::Real);
        let first = parameter(&mut g, &[3, 2, 3]);
        let kernel = parameter(&mut g, &[3, 3, 4]);
        let windows = g.view(x, vec![9, 3, 2], vec![rows::window(0, 1, 9, 1, 1, 1), Row::axis(2, 2)]);
        let wide = g.contract(windows, first, &[0, 1, 2], &[1, 2, 3], &[0, 3]);
        let h = g.unary(&trigonometric::TANH, wide);
        let taps = vec![rows::window(0, 1, 9, stride, dilation, before), Row::axis(2, 3)];
        let windows = g.view(h, vec![places, 3, 3], taps);
        let z = g.contract(windows, kernel, &[0, 1, 2], &[1, 2, 3], &[0, 3]);
        let y = g.unary(&trigonometric::TANH, z);
        let loss = g.dot(y, y);
        check(g, loss);
    }
}

#[test]
fn standardised_over_the_batch() {
    let mut g = Graph::new();
    let x = input(&mut g, &[3], Kind::Real);
    let a = dense(&mut g, x, 2);
    let mean = g.batch_mean(a);
    let d = g.subtract(a, mean);
    let two = g.constant(2.0, &[2]);
    let squared = g.binary(&exponential::POW, d, two);
    let variance = g.batch_mean(squared);
    let small = g.constant(1e-3, &[2]);
    let safe = g.add(variance, small);
    let deviation = g.unary(&exponential::SQRT, safe);
    let standard = g.divide(d, deviation);
    let y = dense(&mut g, standard, 2);
    let e = g.unary(&exponential::EXP, y);
    let loss = g.sum_all(e);
    let mut with_bias = g.clone();
    let leaves: Vec<NodeId> = (0..4).map(|i| with_bias.intern(Op::Leaf(Leaf::Parameter(i)))).collect();
    assert_eq!(leaves.len(), 4);
    check(g, loss);
}

#[test]
fn derivatives_by_an_input_inside_the_loss() {
    let mut g = Graph::new();
    let x = input(&mut g, &[], Kind::Real);
    let xs = g.reshape(x, &[1]);
    let a = dense(&mut g, xs, 4);
    let h = g.unary(&trigonometric::TANH, a);
    let w = parameter(&mut g, &[4]);
    let u = g.dot(w, h);
    let first = gradus::gradient::derivative(&mut g, u, x, None).unwrap();
    let second = gradus::gradient::derivative(&mut g, first, x, None).unwrap();
    let residual = g.add(second, u);
    let squared = g.multiply(residual, residual);
    let slope = g.multiply(first, first);
    let loss = g.add(squared, slope);
    // The bias of u's last layer is not there; every parameter acts.
    check(g, loss);
}

#[test]
fn gathers_joins_and_powers() {
    let mut g = Graph::new();
    let (x, t) = (input(&mut g, &[2], Kind::Real), input(&mut g, &[], Kind::Class(gradus::graph::ListId(0), 5)));
    let table = parameter(&mut g, &[5, 3]);
    let row = g.gather(table, t, 0);
    let joined = g.join(0, &[row, x]);
    let two = g.constant(3.0, &[5]);
    let cubes = g.binary(&exponential::POW, joined, two);
    let a = dense(&mut g, cubes, 4);
    let s = g.unary(&activation::SOFTPLUS, a);
    let part = g.slice(s, 0, 3, -2, 2);
    let loss = g.dot(part, part);
    check(g, loss);
}

#[test]
fn running_sums_and_sorted_values() {
    for row in [&ordered::CUMSUM, &ordered::SORT, &ordered::SORT_BY] {
        let mut g = Graph::new();
        let (x, w) = (input(&mut g, &[2, 5], Kind::Real), parameter(&mut g, &[2, 5]));
        let product = g.multiply(x, w);
        let arguments = if row.name == "sort_by" { vec![product, x] } else { vec![product] };
        let y = g.named(NamedOp(row), &arguments);
        let weights = parameter(&mut g, &[2, 5]);
        let bent = g.unary(&trigonometric::TANH, y);
        let loss = g.contract(bent, weights, &[0, 1], &[0, 1], &[]);
        check(g, loss);
    }
}

/// Forward mode goes through them, too: by a number, then by a parameter.
#[test]
fn tangents_of_running_sums_and_sorted_values() {
    for row in [&ordered::CUMSUM, &ordered::SORT, &ordered::SORT_BY] {
        let mut g = Graph::new();
        let (x, s, w) = (input(&mut g, &[4], Kind::Real), input(&mut g, &[], Kind::Real), parameter(&mut g, &[4]));
        let wide = g.expand_to(s, &[4]);
        let product = g.multiply(wide, w);
        let bent = g.unary(&trigonometric::TANH, product);
        let sum = g.add(bent, x);
        let arguments = if row.name == "sort_by" { vec![sum, x] } else { vec![sum] };
        let y = g.named(NamedOp(row), &arguments);
        let slope = gradus::gradient::derivative(&mut g, y, s, None).unwrap();
        let loss = g.dot(slope, y);
        check(g, loss);
    }
}

#[test]
fn the_branch_not_taken_gives_nothing_not_even_a_nan() {
    let mut g = Graph::new();
    let w = parameter(&mut g, &[3]);
    let zero = g.constant(0.0, &[3]);
    let positive = g.binary(&comparison::GREATER, w, zero);
    let log = g.unary(&exponential::LOG, w);
    let root = g.unary(&exponential::SQRT, w);
    let both = g.multiply(log, root);
    let safe = g.select(positive, both, zero);
    let loss = g.sum_all(safe);
    let found = gradus::gradient::adjoints(&mut g, loss, &[w]);
    let d = found.of(w).unwrap();
    let mut env = Environment::new(&g, 1);
    env.parameters = vec![vec![0.0, -1.0, 1.0]];
    for rules in [Stage::Collect, Stage::Simplify] {
        let simple = simplify(&g, &[d], rules);
        let value = evaluate(&simple.graph, &simple.roots, &env).unwrap()[0].flat();
        assert_eq!(value, [0.0, 0.0, 1.0], "{rules:?}");
    }
}

/// `b` is used in both branches: what comes to it from one must not be masked by the other's condition.
#[test]
fn a_value_of_both_branches_is_neither_ones_own() {
    for other_side in [false, true] {
        let mut g = Graph::new();
        let x = input(&mut g, &[3], Kind::Real);
        let w = parameter(&mut g, &[3]);
        let squared = g.multiply(w, w);
        let one = g.constant(1.5, &[3]);
        let positive = g.add(squared, one);
        let b = g.unary(&exponential::LOG, positive);
        let e = g.unary(&exponential::EXP, b);
        let zero = g.constant(0.0, &[3]);
        let condition = g.binary(&comparison::GREATER, x, zero);
        let y = if other_side { g.select(condition, b, e) } else { g.select(condition, e, b) };
        let loss = g.dot(y, y);
        check(g, loss);
    }
}

/// A condition for each element says nothing about elements that a branch has moved or mixed.
#[test]
fn a_branch_that_moves_its_elements() {
    let mut g = Graph::new();
    let (x, z, w) = (input(&mut g, &[3], Kind::Real), parameter(&mut g, &[3]), parameter(&mut g, &[3, 3]));
    let zero = g.constant(0.0, &[3]);
    let positive = g.binary(&comparison::GREATER, x, zero);
    let square = g.multiply(z, z);
    let one = g.constant(1.0, &[3]);
    let more = g.add(one, square);
    let log = g.unary(&exponential::LOG, more);
    let moved = g.slice(log, 0, 2, -1, 3);
    let mixed = g.matmul(w, log);
    let root = g.unary(&exponential::SQRT, more);
    let mixed = g.multiply(mixed, root);
    let y = g.select(positive, moved, mixed);
    let loss = g.dot(y, y);
    check(g, loss);
}

/// A loop whose last state is taken by a branch, and all of whose states are taken outside.
#[test]
fn a_loop_that_is_not_a_branchs_own() {
    let mut g = Graph::new();
    let (x, xs) = (input(&mut g, &[], Kind::Real), input(&mut g, &[4], Kind::Real));
    let w = parameter(&mut g, &[]);
    let of = g.begin_loop(4, false, &[(w, true)]);
    let h = g.looped(of).binders[0].leaf;
    let v = g.element(of, xs);
    let a = g.multiply(w, h);
    let sum = g.add(a, v);
    let squared = g.multiply(sum, sum);
    let one = g.number(1.0);
    let positive = g.add(squared, one);
    let next = g.unary(&exponential::LOG, positive);
    g.set_next(of, 0, next);
    let (last, all) = (g.last(of, next), g.stacked(of, next));
    let zero = g.number(0.0);
    let condition = g.binary(&comparison::GREATER, x, zero);
    let chosen = g.select(condition, last, w);
    let squares = g.dot(all, all);
    let loss = g.add(chosen, squares);
    check(g, loss);
}

#[test]
fn a_thousand_layers_cost_twice_as_much_as_five_hundred() {
    let of = |layers: usize| {
        let mut g = Graph::new();
        let mut h = input(&mut g, &[4], Kind::Real);
        for _ in 0..layers {
            let a = dense(&mut g, h, 4);
            h = g.unary(&activation::RELU, a);
        }
        let loss = g.dot(h, h);
        let leaves: Vec<NodeId> =
            (0..g.parameters.len() as u32).map(|i| g.intern(Op::Leaf(Leaf::Parameter(i)))).collect();
        let found = gradus::gradient::adjoints(&mut g, loss, &leaves);
        let roots: Vec<NodeId> =
            leaves.iter().map(|&w| found.of(w).unwrap()).map(|d| gradus::step::mean(&mut g, d)).collect();
        let one = simplify(&g, &roots, Stage::Simplify);
        let (batched, roots) = gradus::batch::batch(&one.graph, &one.roots);
        let all = simplify(&batched, &roots, Stage::Simplify);
        (all.graph.len() as f64, (one.history.rewrites.len() + all.history.rewrites.len()) as f64)
    };
    let (short, long) = (of(500), of(1000));
    assert!(long.0 <= 2.1 * short.0, "nodes: {} and {}", short.0, long.0);
    assert!(long.1 <= 2.1 * short.1, "rewrites: {} and {}", short.1, long.1);
}

#[test]
fn one_number() {
    let mut g = Graph::new();
    let x = input(&mut g, &[], Kind::Real);
    let w = parameter(&mut g, &[]);
    let y = g.multiply(w, x);
    let loss = g.multiply(y, y);
    check(g, loss);
}

#[test]
fn one_layer() {
    let mut g = Graph::new();
    let x = input(&mut g, &[2], Kind::Real);
    let y = dense(&mut g, x, 3);
    let loss = g.dot(y, y);
    check(g, loss);
}

#[test]
fn one_function() {
    let mut g = Graph::new();
    let x = input(&mut g, &[], Kind::Real);
    let w = parameter(&mut g, &[]);
    let y = g.multiply(w, x);
    let loss = g.unary(&trigonometric::TANH, y);
    check(g, loss);
}

#[test]
fn one_kink() {
    let mut g = Graph::new();
    let x = input(&mut g, &[2], Kind::Real);
    let y = dense(&mut g, x, 3);
    let y = g.unary(&activation::RELU, y);
    let loss = g.dot(y, y);
    check(g, loss);
}

#[test]
fn one_row_of_a_table() {
    let mut g = Graph::new();
    let t = input(&mut g, &[], Kind::Class(gradus::graph::ListId(0), 3));
    let w = parameter(&mut g, &[3]);
    let y = g.gather(w, t, 0);
    let loss = g.multiply(y, y);
    check(g, loss);
}
