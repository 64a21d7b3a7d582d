//! Plans of small steps: verified, printed, and run by the kernels' reference evaluator.
use super::*;
use crate::graph::{Type, Variable};
use crate::simplify::{Stage, simplify};
use crate::step::mean;

/// A dense layer, its relu, a squared loss, and one step of gradient descent with momentum.
fn step() -> (Graph, Vec<(Target, NodeId)>, Vec<NodeId>) {
    let mut g = Graph::new();
    let variable = |name: &str, shape: &[usize], varying| Variable {
        name: name.into(),
        ty: Type::real(shape, varying),
        span: Default::default(),
    };
    g.inputs.push(variable("x", &[4], true));
    g.parameters.push(variable("w", &[3, 4], false));
    g.parameters.push(variable("b", &[3], false));
    g.states.push(variable("v", &[3, 4], false));
    let x = g.intern(Op::Leaf(Leaf::Input(0)));
    let (w, b) = (g.intern(Op::Leaf(Leaf::Parameter(0))), g.intern(Op::Leaf(Leaf::Parameter(1))));
    let v = g.intern(Op::Leaf(Leaf::State(0)));
    let product = g.matmul(w, x);
    let z = g.add(product, b);
    let h = g.unary(&crate::op::activation::RELU, z);
    let loss = g.dot(h, h);
    let found = crate::gradient::adjoints(&mut g, loss, &[w, b]);
    let (dw, db) = (found.of(w).unwrap(), found.of(b).unwrap());
    let (dw, db, loss) = (mean(&mut g, dw), mean(&mut g, db), mean(&mut g, loss));
    let decayed = g.scale(v, 0.9);
    let next_v = g.add(decayed, dw);
    let scaled = g.scale(next_v, 0.1);
    let next_w = g.subtract(w, scaled);
    let scaled = g.scale(db, 0.1);
    let next_b = g.subtract(b, scaled);
    let roots = [next_w, next_v, next_b, loss];
    let one = simplify(&g, &roots, Stage::Simplify);
    let (batched, roots) = crate::batch::batch(&one.graph, &one.roots);
    let all = simplify(&batched, &roots, Stage::Simplify);
    let r = all.roots;
    let updates = vec![(Target::Parameter(0), r[0]), (Target::State(0), r[1]), (Target::Parameter(1), r[2])];
    (all.graph, updates, vec![r[3]])
}

#[test]
fn a_step_is_planned_in_place_and_verified() {
    let (graph, updates, outputs) = step();
    for float in [Float::F32, Float::F64] {
        let plan =
            plan(&Request { graph: &graph, updates: &updates, logged: &outputs, outputs: &outputs, float, batch: 8 })
                .unwrap();
        if let Err(fault) = plan.program.verify() {
            panic!("{fault:?}\n{}", plan.program.text());
        }
        if float == Float::F32 {
            insta::assert_snapshot!(plan.program.text());
        }
    }
}

/// Runs a planned step with the reference evaluator and gives the updated parameters, states and the outputs.
mod run {
    use super::*;
    use crate::kernel::reference::{Machine, Memory as Bytes, Rows, run_kernel};
    use crate::kernel::{Command as Work, *};
    use crate::oracle::Environment;

    const MACHINE: Machine = Machine { vector: 16, fused: true };

    fn put(program: &Program, memory: &mut Bytes, buffer: BufferId, at: usize, value: f64) {
        let b = program.buffer(buffer);
        let Location::Arena { offset } = b.place else { panic!("not in the arena") };
        let start = offset + at * b.element.bytes();
        match b.element {
            Element::F64 => memory.arena[start..start + 8].copy_from_slice(&value.to_le_bytes()),
            Element::F32 => memory.arena[start..start + 4].copy_from_slice(&(value as f32).to_le_bytes()),
            _ => memory.arena[start..start + 4].copy_from_slice(&(value as u32).to_le_bytes()),
        }
    }
    fn take(program: &Program, memory: &Bytes, buffer: BufferId, at: usize) -> f64 {
        let b = program.buffer(buffer);
        let Location::Arena { offset } = b.place else { panic!("not in the arena") };
        let start = offset + at * b.element.bytes();
        let bytes = &memory.arena[start..start + b.element.bytes()];
        match b.element {
            Element::F64 => f64::from_le_bytes(bytes.try_into().unwrap()),
            Element::F32 => f64::from(f32::from_le_bytes(bytes.try_into().unwrap())),
            _ => f64::from(u32::from_le_bytes(bytes.try_into().unwrap())),
        }
    }
    /// Places of a value's elements, row by row.
    fn places(binding: &Binding, rows: usize) -> Vec<usize> {
        let shape: Vec<usize> =
            binding.shape.iter().map(|&n| if n == crate::graph::BATCH { rows } else { n }).collect();
        let count: usize = shape.iter().product();
        (0..count)
            .map(|flat| {
                let mut rest = flat;
                let mut place = 0;
                for axis in (0..shape.len()).rev() {
                    place += rest % shape[axis] * binding.layout.strides[axis];
                    rest /= shape[axis];
                }
                place
            })
            .collect()
    }

    pub fn step(plan: &Plan, graph: &Graph, env: &Environment) -> (Vec<Vec<f64>>, Vec<Vec<f64>>, Vec<Vec<f64>>) {
        let program = &plan.program;
        program.verify().unwrap_or_else(|fault| panic!("{fault:?}\n{}", program.text()));
        let mut memory = Bytes::new(program);
        for (bindings, values) in [(&plan.parameters, &env.parameters), (&plan.states, &env.states)] {
            for (binding, values) in bindings.iter().zip(values) {
                for (place, value) in places(binding, 1).into_iter().zip(values) {
                    put(program, &mut memory, binding.buffer, place, *value);
                }
            }
        }
        for (binding, values) in &plan.constants {
            for (place, value) in places(binding, 1).into_iter().zip(values) {
                put(program, &mut memory, binding.buffer, place, *value);
            }
        }
        for (what, &buffer) in Runtime::ALL.iter().zip(&program.scalars) {
            put(program, &mut memory, buffer, 0, env.runtime(*what));
        }
        // The rows stand in the opposite order in the tables, so that the order of rows matters.
        let n = env.examples;
        memory.slots[plan.order_slot as usize] = ((0..n as u32).rev().flat_map(u32::to_le_bytes).collect(), n);
        for (input, values) in plan.inputs.iter().zip(&env.inputs) {
            let Some(input) = input else { continue };
            let rows: Vec<&[f64]> = values.chunks(input.row).rev().collect();
            let all = rows.concat();
            let bytes = all.iter().flat_map(|v| match (input.kind, program.float) {
                (Kind::Class(..) | Kind::Index(_), _) => (*v as u32).to_le_bytes().to_vec(),
                (_, Float::F32) => (*v as f32).to_le_bytes().to_vec(),
                (_, Float::F64) => v.to_le_bytes().to_vec(),
            });
            memory.slots[input.slot as usize] = (bytes.collect(), n);
        }
        work(program, &program.steps, &mut vec![], Rows { first: 0, count: n }, &mut memory);
        let read = |bindings: &[Binding]| -> Vec<Vec<f64>> {
            bindings
                .iter()
                .map(|b| places(b, n).into_iter().map(|p| take(program, &memory, b.buffer, p)).collect())
                .collect()
        };
        let _ = graph;
        (read(&plan.parameters), read(&plan.states), read(&plan.outputs))
    }

    /// A product, term by term.
    fn multiply(program: &Program, one: &Multiplication, starts: [i64; 3], rows: usize, memory: &mut Bytes) {
        let product = &program.products[one.product.0 as usize];
        let places = |axes: &[crate::vector::Axis]| -> Vec<[i64; 3]> {
            axes.iter().fold(vec![[0; 3]], |all, axis| {
                let each = |p: &[i64; 3]| {
                    let p = *p;
                    (0..axis.extent.with(rows) as i64)
                        .map(move |i| [p[0] + i * axis.a, p[1] + i * axis.b, p[2] + i * axis.c])
                };
                all.iter().flat_map(each).collect()
            })
        };
        let (outer, inner) = (places(&[&product.batch[..], &product.rows[..]].concat()), places(&product.inner));
        for o in &outer {
            for j in 0..product.columns.with(rows) as i64 {
                let sum: f64 = inner
                    .iter()
                    .map(|k| {
                        let a = take(program, memory, one.a.buffer, (starts[0] + o[0] + k[0]) as usize);
                        a * take(program, memory, one.b.buffer, (starts[1] + o[1] + k[1] + j) as usize)
                    })
                    .sum();
                put(program, memory, one.c.buffer, (starts[2] + o[2] + j) as usize, sum);
            }
        }
    }

    fn work(program: &Program, steps: &[Work], around: &mut Vec<(LoopVariable, i64)>, rows: Rows, memory: &mut Bytes) {
        for step in steps {
            match step {
                Work::Kernel { kernel, arguments } => {
                    let value = |v: LoopVariable| around.iter().find(|a| a.0 == v).map_or(0, |a| a.1);
                    let arguments: Vec<i64> = arguments.iter().map(|a| a.at(value)).collect();
                    run_kernel(MACHINE, program, program.kernel(*kernel), &arguments, rows, memory);
                }
                Work::Loop { variable, length, reverse, body } => {
                    for at in 0..*length {
                        let at = if *reverse { length - 1 - at } else { at };
                        around.push((*variable, at as i64));
                        work(program, body, around, rows, memory);
                        around.pop();
                    }
                }
                Work::Product(one) => {
                    let value = |v: LoopVariable| around.iter().find(|a| a.0 == v).map_or(0, |a| a.1);
                    multiply(program, one, [&one.a, &one.b, &one.c].map(|o| o.start.at(value)), rows.count, memory);
                }
                Work::Transpose(one) => {
                    let value = |v: LoopVariable| around.iter().find(|a| a.0 == v).map_or(0, |a| a.1);
                    let [from, to] = [&one.from, &one.to].map(|o| o.start.at(value) as usize);
                    for row in 0..one.rows.with(rows.count) {
                        for column in 0..one.columns.with(rows.count) {
                            let value = take(program, memory, one.from.buffer, from + row * one.from_stride + column);
                            put(program, memory, one.to.buffer, to + column * one.to_stride + row, value);
                        }
                    }
                }
                Work::Draw(id) => {
                    let one = program.drawing(*id);
                    let site = crate::random::Site::new(one.noise, 1, &one.name);
                    let start = one.to.start.at(|_| 0) as usize;
                    for row in 0..rows.count {
                        site.each(row as u32, 1, one.runs * one.run, |at, value| {
                            let place = row * one.row_stride + at / one.run * one.stride + at % one.run;
                            put(program, memory, one.to.buffer, start + place, value);
                        });
                    }
                }
                Work::Barrier => {}
            }
        }
    }
}

/// One step of gradient descent on `loss` by every parameter, planned and run, against the oracle on the graph as it was derived.
#[track_caller]
fn descends(mut g: Graph, loss: NodeId) {
    use crate::oracle::{Environment, evaluate};
    let leaves: Vec<NodeId> = (0..g.parameters.len() as u32).map(|i| g.intern(Op::Leaf(Leaf::Parameter(i)))).collect();
    let found = crate::gradient::adjoints(&mut g, loss, &leaves);
    let mut roots: Vec<NodeId> = leaves
        .iter()
        .map(|&w| {
            let d = found.of(w).expect("a gradient");
            let d = mean(&mut g, d);
            let scaled = g.scale(d, 0.1);
            g.subtract(w, scaled)
        })
        .collect();
    roots.push(mean(&mut g, loss));
    roots.push(loss);
    let env = Environment::random(&g, 5, 3);
    let wanted = evaluate(&g, &roots, &env).unwrap();
    let one = simplify(&g, &roots, Stage::Simplify);
    let (batched, batched_roots) = crate::batch::batch(&one.graph, &one.roots);
    let all = simplify(&batched, &batched_roots, Stage::Simplify);
    for (float, tolerance) in [(Float::F64, 1e-9), (Float::F32, 2e-4)] {
        let count = leaves.len();
        let updates: Vec<(Target, NodeId)> = (0..count).map(|i| (Target::Parameter(i as u32), all.roots[i])).collect();
        let request = Request {
            graph: &all.graph,
            updates: &updates,
            logged: &[],
            outputs: &all.roots[count..],
            float,
            batch: 8,
        };
        let plan = plan(&request).unwrap();
        let (parameters, _, outputs) = run::step(&plan, &all.graph, &env);
        for (got, wanted) in parameters.iter().chain(&outputs).zip(&wanted) {
            for (got, wanted) in got.iter().zip(wanted.flat()) {
                assert!(
                    (got - wanted).abs() <= tolerance * (1.0 + wanted.abs()),
                    "{float:?}: {got}, the oracle says {wanted}\n{}",
                    plan.program.text()
                );
            }
        }
    }
}

fn declared(g: &mut Graph, name: &str, shape: &[usize], kind: Option<Kind>) -> NodeId {
    let variable = Variable {
        name: name.into(),
        ty: Type { shape: shape.to_vec(), kind: kind.unwrap_or(Kind::Real), varying: kind.is_some() },
        span: Default::default(),
    };
    let leaf = if kind.is_some() {
        g.inputs.push(variable);
        Leaf::Input(g.inputs.len() as u32 - 1)
    } else {
        g.parameters.push(variable);
        Leaf::Parameter(g.parameters.len() as u32 - 1)
    };
    g.intern(Op::Leaf(leaf))
}
fn dense(g: &mut Graph, x: NodeId, m: usize) -> NodeId {
    let n = g.shape(x)[0];
    let (w, b) = (declared(g, "w", &[m, n], None), declared(g, "b", &[m], None));
    let product = g.matmul(w, x);
    g.add(product, b)
}

#[test]
fn a_classifier_descends() {
    let mut g = Graph::new();
    let (x, t) = (
        declared(&mut g, "x", &[4], Some(Kind::Real)),
        declared(&mut g, "t", &[], Some(Kind::Class(crate::graph::ListId(0), 3))),
    );
    let a = dense(&mut g, x, 20);
    let h = g.unary(&crate::op::activation::RELU, a);
    let z = dense(&mut g, h, 3);
    let loss = g.named(crate::graph::NamedOp(&crate::graph::named::SOFTMAX_CROSS_ENTROPY), &[z, t]);
    descends(g, loss);
}

#[test]
fn a_recurrent_net_descends() {
    let mut g = Graph::new();
    let xs = declared(&mut g, "xs", &[6, 2], Some(Kind::Real));
    let (u, w) = (declared(&mut g, "u", &[3, 2], None), declared(&mut g, "w", &[3, 3], None));
    let zero = g.constant(0.0, &[3]);
    let of = g.begin_loop(6, false, &[(zero, true)]);
    let h = g.looped(of).binders[0].leaf;
    let x = g.element(of, xs);
    let (ux, wh) = (g.matmul(u, x), g.matmul(w, h));
    let a = g.add(ux, wh);
    let next = g.unary(&crate::op::trigonometric::TANH, a);
    g.set_next(of, 0, next);
    let (last, all) = (g.last(of, next), g.stacked(of, next));
    let (end, path) = (g.dot(last, last), g.dot(all, all));
    let loss = g.add(end, path);
    descends(g, loss);
}

#[test]
fn a_dilated_convolution_descends() {
    use crate::graph::Row;
    use crate::graph::view::rows;
    let mut g = Graph::new();
    let x = declared(&mut g, "x", &[9, 2], Some(Kind::Real));
    let (first, kernel) = (declared(&mut g, "first", &[2, 3], None), declared(&mut g, "kernel", &[3, 3, 4], None));
    let h = g.contract(x, first, &[0, 1], &[1, 2], &[0, 2]);
    let windows = g.view(h, vec![9, 3, 3], vec![rows::window(0, 1, 9, 1, 2, 4), Row::axis(2, 3)]);
    let z = g.contract(windows, kernel, &[0, 1, 2], &[1, 2, 3], &[0, 3]);
    let y = g.unary(&crate::op::trigonometric::TANH, z);
    let flat = g.reshape(y, &[36]);
    let loss = g.dot(flat, flat);
    descends(g, loss);
}

#[test]
fn a_physics_informed_net_descends() {
    let mut g = Graph::new();
    let x = declared(&mut g, "x", &[], Some(Kind::Real));
    let xs = g.reshape(x, &[1]);
    let a = dense(&mut g, xs, 4);
    let h = g.unary(&crate::op::trigonometric::TANH, a);
    // The products of this layer and of its derivatives are one.
    let second = declared(&mut g, "second", &[4, 4], None);
    let a = g.matmul(second, h);
    let h = g.unary(&crate::op::trigonometric::TANH, a);
    let w = declared(&mut g, "v", &[4], None);
    let u = g.dot(w, h);
    let first = crate::gradient::derivative(&mut g, u, x, None).unwrap();
    let second = crate::gradient::derivative(&mut g, first, x, None).unwrap();
    let residual = g.add(second, u);
    let squared = g.multiply(residual, residual);
    let slope = g.multiply(first, first);
    let loss = g.add(squared, slope);
    descends(g, loss);
}

/// Two matrices that are used in either order: products with the same one stand at different depths, and none can wait for the other.
#[test]
fn products_that_need_each_other_are_not_taken_together() {
    let mut g = Graph::new();
    let (x, y) = (declared(&mut g, "x", &[3], Some(Kind::Real)), declared(&mut g, "y", &[3], Some(Kind::Real)));
    let (v, w) = (declared(&mut g, "v", &[3, 3], None), declared(&mut g, "w", &[3, 3], None));
    let both = |g: &mut Graph, first: NodeId, then: NodeId, x: NodeId| {
        let h = g.unary(&crate::op::trigonometric::TANH, x);
        let a = g.matmul(first, h);
        let h = g.unary(&crate::op::trigonometric::TANH, a);
        let b = g.matmul(then, h);
        g.dot(b, b)
    };
    let (one, two) = (both(&mut g, v, w, x), both(&mut g, w, v, y));
    let loss = g.add(one, two);
    descends(g, loss);
}

/// A loop starts from one product and ends in another with the same matrix, or starts from what is made after the first of them.
#[test]
fn what_a_loop_starts_from_is_there_before_it() {
    for of_a_product in [true, false] {
        let mut g = Graph::new();
        let [x, y] = ["x", "y"].map(|name| declared(&mut g, name, &[3], Some(Kind::Real)));
        let w = declared(&mut g, "w", &[3, 3], None);
        let tanh = |g: &mut Graph, x: NodeId| g.unary(&crate::op::trigonometric::TANH, x);
        let h = tanh(&mut g, x);
        let first = g.matmul(w, h);
        let start = if of_a_product { first } else { tanh(&mut g, y) };
        let of = g.begin_loop(4, false, &[(start, true)]);
        let h = g.looped(of).binders[0].leaf;
        let half = g.scale(h, 0.5);
        let next = g.add(half, y);
        g.set_next(of, 0, next);
        let last = g.last(of, next);
        let h = tanh(&mut g, last);
        let second = g.matmul(w, h);
        let (one, two) = (g.dot(first, first), g.dot(second, second));
        let loss = g.add(one, two);
        descends(g, loss);
    }
}

#[test]
fn what_is_standardised_over_the_batch_descends() {
    let mut g = Graph::new();
    let x = declared(&mut g, "x", &[3], Some(Kind::Real));
    let a = dense(&mut g, x, 2);
    let center = g.batch_mean(a);
    let d = g.subtract(a, center);
    let squared = g.multiply(d, d);
    let variance = g.batch_mean(squared);
    let small = g.constant(1e-2, &[2]);
    let safe = g.add(variance, small);
    let deviation = g.unary(&crate::op::exponential::SQRT, safe);
    let standard = g.divide(d, deviation);
    let y = dense(&mut g, standard, 2);
    let e = g.unary(&crate::op::exponential::EXP, y);
    let loss = g.sum_all(e);
    // Of a bias that standardising takes away, the gradient is zero but for rounding: it is left out.
    descends(g, loss);
}

#[test]
fn gathers_joins_picks_and_scatters_descend() {
    let mut g = Graph::new();
    let (x, t) = (
        declared(&mut g, "x", &[2], Some(Kind::Real)),
        declared(&mut g, "t", &[], Some(Kind::Class(crate::graph::ListId(0), 5))),
    );
    let table = declared(&mut g, "table", &[5, 3], None);
    let row = g.gather(table, t, 0);
    let joined = g.join(0, &[row, x]);
    let a = dense(&mut g, joined, 4);
    let top = g.reduce(crate::op::ReduceOp::Max, &[0], a);
    let s = g.unary(&crate::op::activation::SOFTPLUS, a);
    let part = g.slice(s, 0, 3, -2, 2);
    let sum = g.dot(part, part);
    let loss = g.add(sum, top);
    descends(g, loss);
}

#[test]
fn a_loop_of_two_states_in_reverse_descends() {
    let mut g = Graph::new();
    let xs = declared(&mut g, "xs", &[4, 3], Some(Kind::Real));
    let (w, start) = (declared(&mut g, "w", &[3, 3], None), declared(&mut g, "start", &[3], None));
    let of = g.begin_loop(4, true, &[(start, true), (start, true)]);
    let (h, c) = (g.looped(of).binders[0].leaf, g.looped(of).binders[1].leaf);
    let x = g.element(of, xs);
    let wh = g.matmul(w, h);
    let gate = g.unary(&crate::op::activation::SIGMOID, wh);
    let kept = g.multiply(gate, c);
    let next_c = g.add(kept, x);
    let squashed = g.unary(&crate::op::trigonometric::TANH, next_c);
    let next_h = g.multiply(squashed, gate);
    g.set_next(of, 0, next_h);
    g.set_next(of, 1, next_c);
    let (all, last, inner) = (g.stacked(of, next_h), g.last(of, next_c), g.last(of, gate));
    let squared = g.dot(all, all);
    let (a, b) = (g.sum_all(last), g.dot(inner, inner));
    for part in [a, squared, b] {
        descends(g.clone(), part);
    }
    let sum = g.add(squared, a);
    let loss = g.add(sum, b);
    descends(g, loss);
}
