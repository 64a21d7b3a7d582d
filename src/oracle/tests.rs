//! Every class of nodes against values worked out by hand.
use super::*;
use crate::graph::view::{Row, rows};
use crate::graph::{Kind, NamedOp, Runtime, Type, Variable, named};
use crate::op::{activation, arithmetic, comparison};

fn declare(to: &mut Vec<Variable>, ty: Type) -> u32 {
    to.push(Variable { name: format!("v{}", to.len()), ty, span: Default::default() });
    to.len() as u32 - 1
}
fn input(g: &mut Graph, shape: &[usize], kind: Kind) -> NodeId {
    let number = declare(&mut g.inputs, Type { shape: shape.to_vec(), kind, varying: true });
    g.intern(Op::Leaf(Leaf::Input(number)))
}
fn parameter(g: &mut Graph, shape: &[usize]) -> NodeId {
    let number = declare(&mut g.parameters, Type::real(shape, false));
    g.intern(Op::Leaf(Leaf::Parameter(number)))
}
/// 1, 2, 3, … as a table.
fn counting(g: &mut Graph, shape: &[usize]) -> NodeId {
    let values: Vec<f64> = (1..=shape.iter().product::<usize>()).map(|i| i as f64).collect();
    g.table(&values, shape)
}
#[track_caller]
fn uniform(g: &Graph, x: NodeId) -> Vec<f64> {
    crate::graph::verify::verify(g, &[x]).unwrap();
    match &evaluate(g, &[x], &Environment::new(g, 2)).unwrap()[0] {
        Values::Uniform(value) => value.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_neuron_of_two_examples() {
    let mut g = Graph::new();
    let (w, b, x) = (parameter(&mut g, &[2, 3]), parameter(&mut g, &[2]), input(&mut g, &[3], Kind::Real));
    let wx = g.matmul(w, x);
    let z = g.add(wx, b);
    let h = g.unary(&activation::RELU, z);
    let mean = g.batch_mean(h);
    let mut env = Environment::new(&g, 2);
    env.parameters = vec![vec![1.0, 2.0, 3.0, -1.0, 0.0, 1.0], vec![0.5, -0.5]];
    env.inputs = vec![vec![1.0, 1.0, 1.0, 2.0, 0.0, -1.0]];
    let values = evaluate(&g, &[h, mean, b], &env).unwrap();
    assert_eq!(values[0], Values::Varying(vec![vec![6.5, 0.0], vec![0.0, 0.0]]));
    assert_eq!(values[1], Values::Uniform(vec![3.25, 0.0]));
    assert_eq!(values[2], Values::Uniform(vec![0.5, -0.5]));
}

#[test]
fn leaves() {
    let mut g = Graph::new();
    g.settings.push(("rate".into(), 0.25));
    let setting = g.intern(Op::Leaf(Leaf::Setting(0)));
    let (size, step) = (g.runtime(Runtime::BatchSize), g.runtime(Runtime::Step));
    let (iota, constant) = (g.intern(Op::Leaf(Leaf::Iota(3))), g.constant(7.0, &[2]));
    let hole = g.hole(Type::real(&[2], true));
    let mut env = Environment::new(&g, 5);
    env.set_runtime(Runtime::Step, 4.0);
    env.holes.insert(hole, Values::Uniform(vec![1.0, 2.0]));
    let roots = [setting, size, step, iota, constant];
    let values: Vec<Vec<f64>> = evaluate(&g, &roots, &env).unwrap().iter().map(|v| v.flat()).collect();
    assert_eq!(values, [vec![0.25], vec![5.0], vec![4.0], vec![0.0, 1.0, 2.0], vec![7.0, 7.0]]);
    assert_eq!(evaluate(&g, &[hole], &env).unwrap()[0].of(4), [1.0, 2.0]);
    env.holes.clear();
    assert!(evaluate(&g, &[hole], &env).is_err());
}

#[test]
fn reductions_take_the_first_of_equals() {
    let mut g = Graph::new();
    let x = g.table(&[1.0, 5.0, 5.0, -2.0, -2.0, 0.0], &[2, 3]);
    let cases = [
        (ReduceOp::Sum, 1, vec![11.0, -4.0]),
        (ReduceOp::Mean, 0, vec![-0.5, 1.5, 2.5]),
        (ReduceOp::Max, 1, vec![5.0, 0.0]),
        (ReduceOp::Min, 0, vec![-2.0, -2.0, 0.0]),
        (ReduceOp::Product, 1, vec![25.0, 0.0]),
        (ReduceOp::Argmax, 1, vec![1.0, 2.0]),
        (ReduceOp::Argmin, 1, vec![0.0, 0.0]),
    ];
    for (op, axis, expected) in cases {
        let reduced = g.reduce(op, &[axis], x);
        assert_eq!(uniform(&g, reduced), expected, "{op:?}");
    }
    let all = g.sum_all(x);
    assert_eq!(uniform(&g, all), [7.0]);
}

#[test]
fn contractions() {
    let mut g = Graph::new();
    let (a, b) = (counting(&mut g, &[2, 3]), counting(&mut g, &[3, 2]));
    let product = g.matmul(a, b);
    assert_eq!(uniform(&g, product), [22.0, 28.0, 49.0, 64.0]);
    let transposed = g.contract(a, b, &[0, 1], &[1, 2], &[2, 0]);
    assert_eq!(uniform(&g, transposed), [22.0, 49.0, 28.0, 64.0]);
    let rows = g.contract(a, a, &[0, 1], &[0, 1], &[0]);
    assert_eq!(uniform(&g, rows), [14.0, 77.0]);
    let v = counting(&mut g, &[2]);
    let outer = g.outer(v, v);
    assert_eq!(uniform(&g, outer), [1.0, 2.0, 2.0, 4.0]);
}

#[test]
fn views_fill_with_zeros() {
    let mut g = Graph::new();
    let x = counting(&mut g, &[4]);
    let padded = g.pad(x, 0, 1, 2);
    assert_eq!(uniform(&g, padded), [0.0, 1.0, 2.0, 3.0, 4.0, 0.0, 0.0]);
    let odd = g.slice(x, 0, 3, -2, 2);
    assert_eq!(uniform(&g, odd), [4.0, 2.0]);
    let windows = g.view(x, vec![3, 3], vec![rows::window(0, 1, 4, 2, 1, 1)]);
    assert_eq!(uniform(&g, windows), [0.0, 1.0, 2.0, 2.0, 3.0, 4.0, 4.0, 0.0, 0.0]);
    let spread = g.view(x, vec![7], vec![Row { offset: 0, terms: vec![(0, 1)], divisor: 2, low: 0, high: 4 }]);
    assert_eq!(uniform(&g, spread), [1.0, 0.0, 2.0, 0.0, 3.0, 0.0, 4.0]);
    let m = counting(&mut g, &[2, 3]);
    let t = g.permute(m, &[1, 0]);
    assert_eq!(uniform(&g, t), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    let v = counting(&mut g, &[2]);
    let columns = g.expand_at(v, &[2, 2], &[0]);
    assert_eq!(uniform(&g, columns), [1.0, 1.0, 2.0, 2.0]);
    let flat = g.reshape(t, &[2, 3]);
    let row = g.index(flat, 0, 1);
    assert_eq!(uniform(&g, row), [5.0, 3.0, 6.0]);
    let joined = g.join(1, &[columns, m]);
    assert_eq!(uniform(&g, joined), [1.0, 1.0, 1.0, 2.0, 3.0, 2.0, 2.0, 4.0, 5.0, 6.0]);
}

#[test]
fn classes_index() {
    let mut g = Graph::new();
    let t = input(&mut g, &[2], Kind::Class(crate::graph::ListId(0), 3));
    let table = counting(&mut g, &[3, 2]);
    let rows = g.gather(table, t, 0);
    let hot = g.one_hot(t, 3);
    let scores = input(&mut g, &[2, 3], Kind::Real);
    let picked = g.gather(scores, t, 1);
    let summed = g.scatter_add(t, rows, 0, 3);
    let shared = g.scatter_add(t, picked, 1, 3);
    let mut env = Environment::new(&g, 2);
    env.inputs = vec![vec![2.0, 0.0, 1.0, 1.0], (0..12).map(f64::from).collect()];
    let roots = [rows, hot, picked, summed, shared];
    crate::graph::verify::verify(&g, &roots).unwrap();
    let values: Vec<Vec<f64>> = evaluate(&g, &roots, &env).unwrap().iter().map(|v| v.of(1).to_vec()).collect();
    assert_eq!(values[0], [3.0, 4.0, 3.0, 4.0]);
    assert_eq!(values[1], [0.0, 1.0, 0.0, 0.0, 1.0, 0.0]);
    assert_eq!(values[2], [7.0, 10.0]);
    assert_eq!(values[3], [0.0, 0.0, 6.0, 8.0, 0.0, 0.0]);
    assert_eq!(values[4], [0.0, 7.0, 0.0, 0.0, 10.0, 0.0]);
    env.inputs[0][0] = 3.0;
    assert!(evaluate(&g, &[hot], &env).unwrap_err().contains("from 0 to 2"));
}

#[test]
fn named_functions_are_their_definitions() {
    let mut g = Graph::new();
    let z = g.table(&[0.0, 2f64.ln(), 1000.0, 1000.0], &[2, 2]);
    let p = g.named(NamedOp(&named::SOFTMAX), &[z]);
    let values = uniform(&g, p);
    let expected = [1.0 / 3.0, 2.0 / 3.0, 0.5, 0.5];
    assert!(values.iter().zip(expected).all(|(v, e)| (v - e).abs() < 1e-15), "{values:?}");
    // 1000 + log 2 has no more digits than that.
    let t = input(&mut g, &[2], Kind::Class(crate::graph::ListId(0), 2));
    let loss = g.named(NamedOp(&named::SOFTMAX_CROSS_ENTROPY), &[z, t]);
    let mut env = Environment::new(&g, 1);
    env.inputs = vec![vec![1.0, 0.0]];
    let values = evaluate(&g, &[loss], &env).unwrap()[0].flat();
    assert!((values[0] - 1.5f64.ln()).abs() < 1e-15 && (values[1] - 2f64.ln()).abs() < 1e-13, "{values:?}");
}

#[test]
fn select_and_comparison() {
    let mut g = Graph::new();
    let (x, zero) = (g.table(&[-1.0, 0.0, 3.0], &[3]), g.constant(0.0, &[3]));
    let positive = g.binary(&comparison::GREATER, x, zero);
    let (one, half) = (g.constant(1.0, &[3]), g.scale(x, 0.5));
    let chosen = g.select(positive, half, one);
    assert_eq!(uniform(&g, chosen), [1.0, 1.0, 1.5]);
}

/// `h = max(2 h, x)` over a sequence, in either direction.
#[test]
fn loops_carry_values() {
    for (reverse, last, all) in [(false, 8.0, [1.0, 5.0, 10.0, 20.0]), (true, 12.0, [16.0, 8.0, 4.0, 2.0])] {
        let mut g = Graph::new();
        let x = input(&mut g, &[4], Kind::Real);
        let zero = g.number(0.0);
        let of = g.begin_loop(4, reverse, &[(zero, true)]);
        let h = g.looped(of).binders[0].leaf;
        let doubled = g.scale(h, 2.0);
        let element = g.element(of, x);
        let next = g.binary(&arithmetic::MAX, doubled, element);
        g.set_next(of, 0, next);
        let (end, states) = (g.last(of, next), g.stacked(of, next));
        let place = g.intern(Op::Leaf(Leaf::LoopIndex(of)));
        let places = g.stacked(of, place);
        let mut env = Environment::new(&g, 2);
        env.inputs = vec![vec![1.0, 5.0, 0.0, 2.0, 1.0, 0.0, 3.0, 0.0]];
        let values = evaluate(&g, &[end, states, places], &env).unwrap();
        assert_eq!(values[1].of(0), all);
        assert_eq!(values[0].of(1), [last]);
        assert_eq!(values[2], Values::Uniform(vec![0.0, 1.0, 2.0, 3.0]));
    }
}

/// Running sums of rows inside of a running sum: the inner loop starts from what the outer one carries.
#[test]
fn loops_nest_and_read_what_is_outside() {
    let mut g = Graph::new();
    let x = input(&mut g, &[2, 3], Kind::Real);
    let w = parameter(&mut g, &[]);
    let zero = g.number(0.0);
    let outer = g.begin_loop(2, false, &[(zero, true)]);
    let total = g.looped(outer).binders[0].leaf;
    let row = g.element(outer, x);
    let inner = g.begin_loop(3, false, &[(total, true)]);
    let sum = g.looped(inner).binders[0].leaf;
    let number = g.element(inner, row);
    let scaled = g.multiply(number, w);
    let next = g.add(sum, scaled);
    g.set_next(inner, 0, next);
    let (end, all) = (g.last(inner, next), g.stacked(inner, next));
    g.set_next(outer, 0, end);
    let (result, table) = (g.last(outer, end), g.stacked(outer, all));
    let mean = g.batch_mean(result);
    crate::graph::verify::verify(&g, &[mean, table]).unwrap();
    let mut env = Environment::new(&g, 2);
    env.parameters = vec![vec![10.0]];
    env.inputs = vec![(1..=12).map(f64::from).collect()];
    let values = evaluate(&g, &[result, table, mean], &env).unwrap();
    assert_eq!(values[0].flat(), [210.0, 570.0]);
    assert_eq!(values[1].of(0), [10.0, 30.0, 60.0, 100.0, 150.0, 210.0]);
    assert_eq!(values[2].flat(), [390.0]);
}

/// What is taken out of a loop is used to take more out of it: the loop runs twice.
#[test]
fn a_projection_may_need_another_one() {
    let mut g = Graph::new();
    let x = g.table(&[1.0, 2.0, 3.0], &[3]);
    let zero = g.number(0.0);
    let of = g.begin_loop(3, false, &[(zero, false)]);
    let sum = g.looped(of).binders[0].leaf;
    let element = g.element(of, x);
    let next = g.add(sum, element);
    g.set_next(of, 0, next);
    let total = g.last(of, next);
    let share = g.divide(next, total);
    let shares = g.stacked(of, share);
    assert_eq!(uniform(&g, shares), [1.0 / 6.0, 0.5, 1.0]);
}

/// The mean over the batch in a round takes part in the next one.
#[test]
fn examples_meet_in_a_loop() {
    let mut g = Graph::new();
    let x = input(&mut g, &[], Kind::Real);
    let of = g.begin_loop(2, false, &[(x, true)]);
    let h = g.looped(of).binders[0].leaf;
    let mean = g.batch_mean(h);
    let centred = g.subtract(h, mean);
    let next = g.scale(centred, 2.0);
    g.set_next(of, 0, next);
    let end = g.last(of, next);
    let mut env = Environment::new(&g, 3);
    env.inputs = vec![vec![1.0, 2.0, 6.0]];
    assert_eq!(evaluate(&g, &[end], &env).unwrap()[0].flat(), [-8.0, -4.0, 12.0]);
}

#[test]
fn a_loop_of_no_rounds_gives_its_start() {
    let mut g = Graph::new();
    let start = g.number(3.0);
    let of = g.begin_loop(0, false, &[(start, false)]);
    let next = g.scale(g.looped(of).binders[0].leaf, 2.0);
    g.set_next(of, 0, next);
    let (end, all) = (g.last(of, next), g.stacked(of, next));
    assert_eq!(uniform(&g, end), [3.0]);
    assert_eq!(uniform(&g, all), [0.0; 0]);
}

#[test]
fn a_value_of_a_round_has_no_place_outside() {
    let mut g = Graph::new();
    let start = g.number(3.0);
    let of = g.begin_loop(2, false, &[(start, false)]);
    let h = g.looped(of).binders[0].leaf;
    let doubled = g.scale(h, 2.0);
    assert!(evaluate(&g, &[doubled], &Environment::new(&g, 1)).unwrap_err().contains("outside"));
}

#[test]
fn thousands_of_layers_are_no_recursion() {
    let mut g = Graph::new();
    let mut x = input(&mut g, &[], Kind::Real);
    let one = g.number(1.0);
    for _ in 0..20_000 {
        x = g.add(x, one);
    }
    assert_eq!(evaluate(&g, &[x], &Environment::new(&g, 1)).unwrap()[0].flat(), [20_000.0]);
}

/// `mean((w x)²)`: its derivative by w is `2 w mean(x²)`.
#[test]
fn differences_approach_the_derivative() {
    let mut g = Graph::new();
    let (w, x) = (parameter(&mut g, &[]), input(&mut g, &[], Kind::Real));
    let wx = g.multiply(w, x);
    let square = g.multiply(wx, wx);
    let mut env = Environment::new(&g, 2);
    env.parameters = vec![vec![1.5]];
    env.inputs = vec![vec![1.0, -3.0]];
    let by_w = finite_differences(&g, square, Quantity::Parameter(0), &[0], &env).unwrap();
    assert!((by_w[0] - 15.0).abs() < 1e-8, "{by_w:?}");
    let by_x = finite_differences(&g, square, Quantity::Input(0), &[0, 1], &env).unwrap();
    assert!((by_x[0] - 2.25).abs() < 1e-8 && (by_x[1] + 6.75).abs() < 1e-8, "{by_x:?}");
    assert!(finite_differences(&g, square, Quantity::Parameter(1), &[0], &env).is_err());
}
