//! Training steps that are drawn as graphs: parameters and states that take values of each other, parts, swaps, delays, classes and places,
//! gradients, values of loops; logged numbers and outputs that are leaves. Five of each by native code, the interpreter and the oracle.
use super::{Dice, by_the_oracle, differs, executed};
use gradus::data::Dataset;
use gradus::gradient::adjoints;
use gradus::graph::verify::verify;
use gradus::graph::{Draw, Graph, Kind, Leaf, NodeId, Op, Type, Variable};
use gradus::kernel::Float;
use gradus::op::{ReduceOp, Tie, activation, arithmetic, comparison, trigonometric};
use gradus::oracle::Environment;
use gradus::pipeline::{self, Executing};
use gradus::random::Noise;
use gradus::step::{StepGraph, Target, mean};
use gradus::vector::Path;

const STEPS: usize = 5;
const EXAMPLES: usize = 3;

/// A step being drawn.
struct Drawn {
    g: Graph,
    dice: Dice,
    /// What may be read: leaves, and what was made of them and of next values.
    values: Vec<NodeId>,
    targets: Vec<(Target, NodeId)>,
}

/// The step of a seed.
pub fn step(seed: u64) -> StepGraph {
    let mut drawn = Drawn { g: Graph::new(), dice: Dice(seed), values: vec![], targets: vec![] };
    drawn.leaves();
    // Of the seeds that found something once, none is among these.
    if seed % 7 == 1 {
        drawn.draws();
    }
    for _ in 0..drawn.dice.below(5) {
        drawn.value();
    }
    if drawn.dice.below(3) > 0 {
        drawn.gradients();
    }
    let mut updates = vec![];
    let mut left = drawn.targets.clone();
    while !left.is_empty() {
        for _ in 0..drawn.dice.below(2) {
            drawn.value();
        }
        let at = drawn.dice.below(left.len());
        let (target, leaf) = left.swap_remove(at);
        if drawn.dice.once_in(6) {
            continue;
        }
        let next = drawn.next(leaf);
        drawn.values.push(next);
        updates.push((target, next));
    }
    let logged = (0..1 + drawn.dice.below(3)).map(|k| (format!("number {k}"), drawn.number())).collect();
    let outputs = (0..drawn.dice.below(3)).map(|k| (format!("output {k}"), drawn.pick())).collect();
    StepGraph { graph: drawn.g, updates, logged, outputs, gradients: vec![] }
}

impl Drawn {
    fn leaves(&mut self) {
        let shapes: [&[usize]; 4] = [&[], &[3], &[2, 3], &[4]];
        // Few shapes, so that many have the same.
        let first = self.dice.below(4);
        let shapes = [shapes[first], shapes[self.dice.below(4)], shapes[first]];
        let variable = |name: String, shape: &[usize], varying| Variable {
            name,
            ty: Type::real(shape, varying),
            span: Default::default(),
        };
        let count = 1 + self.dice.below(3);
        for (k, shape) in shapes.into_iter().enumerate().take(count) {
            self.g.parameters.push(variable(format!("w{k}"), shape, false));
            self.targets.push((Target::Parameter(k as u32), self.g.intern(Op::Leaf(Leaf::Parameter(k as u32)))));
        }
        for k in 0..self.dice.below(4) {
            let shape = self.dice.pick(&shapes);
            self.g.states.push(variable(format!("s{k}"), shape, false));
            self.targets.push((Target::State(k as u32), self.g.intern(Op::Leaf(Leaf::State(k as u32)))));
        }
        self.values.extend(self.targets.iter().map(|t| t.1));
        self.g.inputs.push(variable("x".into(), &[3], true));
        let class = Type { shape: vec![], kind: Kind::Class(gradus::graph::ListId(0), 4), varying: true };
        self.g.inputs.push(Variable { name: "t".into(), ty: class, span: Default::default() });
        self.values.push(self.g.intern(Op::Leaf(Leaf::Input(0))));
    }

    fn draws(&mut self) {
        for (noise, shape) in [(Noise::Normal, vec![3]), (Noise::Uniform, vec![2, 3]), (Noise::Normal, vec![])] {
            let number = self.g.draws.len() as u32;
            let leaf = self.g.intern(Op::Leaf(Leaf::Draw(number, shape)));
            self.g.draws.push(Draw { name: format!("u{number}"), noise, leaf });
            self.values.push(leaf);
        }
    }

    /// A value to be read: mostly one of the last, or a leaf.
    fn pick(&mut self) -> NodeId {
        match self.dice.below(3) {
            0 => {
                let leaves: Vec<NodeId> = self.targets.iter().map(|t| t.1).collect();
                self.dice.pick(&leaves)
            }
            _ => {
                let values = self.values.clone();
                self.dice.pick(&values)
            }
        }
    }
    fn real(&mut self) -> NodeId {
        let x = self.pick();
        if self.g.ty(x).kind.is_whole() { self.values[0] } else { x }
    }
    /// A value in a shape: repeated, in another order, a part, with zeros behind it, or its mean everywhere.
    fn fit(&mut self, x: NodeId, shape: &[usize]) -> NodeId {
        let own = self.g.shape(x).to_vec();
        if shape.ends_with(&own) {
            return self.g.expand_to(x, shape);
        }
        if own.iter().product::<usize>() == shape.iter().product::<usize>() {
            return self.g.reshape(x, shape);
        }
        if self.g.ty(x).kind.is_whole() {
            let first = self.g.index(x, 0, 0);
            return self.fit(first, shape);
        }
        if let (&[n], &[m]) = (&own[..], shape) {
            if m < n {
                let start = self.dice.below(n - m + 1);
                return self.g.slice(x, 0, start, 1, m);
            }
            return self.g.pad(x, 0, 0, m - n);
        }
        if own.len() == shape.len() + 1 && own.ends_with(shape) {
            let at = self.dice.below(own[0]);
            return self.g.index(x, 0, at);
        }
        let axes: Vec<usize> = (0..own.len()).collect();
        let mean = self.g.reduce(ReduceOp::Mean, &axes, x);
        self.g.expand_to(mean, shape)
    }
    fn uniform(&mut self, x: NodeId) -> NodeId {
        if self.g.ty(x).varying { self.g.batch_mean(x) } else { x }
    }

    /// One more value, not much larger than 1.
    fn value(&mut self) {
        let x = self.real();
        let shape = self.g.shape(x).to_vec();
        let made = match self.dice.below(13) {
            0 => self.g.unary(self.dice.pick(&[&trigonometric::TANH, &trigonometric::SIN, &activation::SIGMOID]), x),
            1..=3 => {
                let y = self.real();
                let y = self.fit(y, &shape);
                let op =
                    self.dice.pick(&[&arithmetic::ADD, &arithmetic::SUBTRACT, &arithmetic::MULTIPLY, &arithmetic::MAX]);
                let made = self.g.binary(op, x, y);
                if self.dice.once_in(2) { self.g.unary(&trigonometric::TANH, made) } else { self.g.scale(made, 0.5) }
            }
            4 => {
                let (y, z) = (self.real(), self.real());
                let (y, z) = (self.fit(y, &shape), self.fit(z, &shape));
                let zero = self.g.constant(0.03125, &shape);
                let condition = self.g.binary(&comparison::GREATER, x, zero);
                self.g.select(condition, y, z)
            }
            5 if !shape.is_empty() => {
                let op = self.dice.pick(&[ReduceOp::Mean, ReduceOp::Max, ReduceOp::Sum]);
                let axis = self.dice.below(shape.len());
                let sum = self.g.reduce(op, &[axis], x);
                self.g.unary(&trigonometric::TANH, sum)
            }
            6 if matches!(shape.len(), 1 | 2) => {
                let y = self.real();
                let y = self.fit(y, &shape);
                let made = if shape.len() == 2 {
                    self.g.contract(x, y, &[0, 1], &[0, 2], &[1, 2])
                } else {
                    self.g.outer(x, y)
                };
                self.g.unary(&trigonometric::TANH, made)
            }
            7 if !shape.is_empty() => {
                let (axis, n) = (shape.len() - 1, shape[shape.len() - 1]);
                self.g.slice(x, axis, n - 1, -1, n)
            }
            8 if !shape.is_empty() => {
                let (axis, n) = (shape.len() - 1, shape[shape.len() - 1]);
                let (rest, first) = (self.g.slice(x, axis, 1, 1, n - 1), self.g.slice(x, axis, 0, 1, 1));
                self.g.join(axis, &[rest, first])
            }
            9 if shape.len() == 2 && shape[0] != shape[1] => {
                let turned = self.g.permute(x, &[1, 0]);
                self.g.reshape(turned, &shape)
            }
            10 => self.g.intern(Op::Leaf(Leaf::Iota(3))),
            11 => {
                let t = self.g.intern(Op::Leaf(Leaf::Input(1)));
                let one = self.g.one_hot(t, 4);
                let y = self.real();
                let y = self.fit(y, &[4]);
                self.g.multiply(one, y)
            }
            12 if !shape.is_empty() && shape[0] > 0 => self.looped(x),
            _ => self.g.unary(&trigonometric::TANH, x),
        };
        if self.g.shape(made).iter().product::<usize>() <= 24 {
            self.values.push(made);
        }
    }

    /// What a loop leaves that goes over a value and carries one on.
    fn looped(&mut self, over: NodeId) -> NodeId {
        let start = self.real();
        let start = self.uniform(start);
        let varying = self.g.ty(over).varying;
        let (length, reverse) = (self.g.shape(over)[0], self.dice.once_in(2));
        let of = self.g.begin_loop(length, reverse, &[(start, varying)]);
        let carried = self.g.looped(of).binders[0].leaf;
        let (element, shape) = (self.g.element(of, over), self.g.shape(start).to_vec());
        let element = self.fit(element, &shape);
        let other = self.real();
        let other = self.uniform(other);
        let other = self.fit(other, &shape);
        let product = self.g.multiply(carried, other);
        let sum = self.g.add(product, element);
        let next = self.g.unary(&trigonometric::TANH, sum);
        self.g.set_next(of, 0, next);
        match self.dice.below(4) {
            0 => self.g.stacked(of, next),
            1 => self.g.last(of, carried),
            2 => self.g.last(of, other),
            _ => self.g.last(of, next),
        }
    }

    /// The gradients of some objective by all parameters.
    fn gradients(&mut self) {
        let parameters: Vec<NodeId> =
            self.targets.iter().filter(|t| matches!(t.0, Target::Parameter(_))).map(|t| t.1).collect();
        let mut objective = self.g.number(0.0);
        for _ in 0..1 + self.dice.below(3) {
            let (x, y) = (self.dice.pick(&parameters), self.real());
            let shape = self.g.shape(x).to_vec();
            let y = self.fit(y, &shape);
            let product = self.g.multiply(x, y);
            let sum = self.g.sum_all(product);
            objective = self.g.add(objective, sum);
        }
        let found = adjoints(&mut self.g, objective, &parameters);
        for &parameter in &parameters {
            if let Some(gradient) = found.of(parameter) {
                let gradient = mean(&mut self.g, gradient);
                self.values.push(gradient);
            }
        }
    }

    /// The next value of a leaf: a value as it is, or a step from the leaf.
    fn next(&mut self, leaf: NodeId) -> NodeId {
        let shape = self.g.shape(leaf).to_vec();
        let x = self.pick();
        let x = self.uniform_of(x);
        let fitted = self.fit(x, &shape);
        if self.dice.below(2) == 0 || self.g.ty(fitted).kind.is_whole() {
            return fitted;
        }
        let scaled = self.g.scale(fitted, 0.25);
        let stepped = self.g.subtract(leaf, scaled);
        self.g.unary(&trigonometric::TANH, stepped)
    }
    /// A class that differs from example to example has no mean.
    fn uniform_of(&mut self, x: NodeId) -> NodeId {
        if self.g.ty(x).varying && self.g.ty(x).kind.is_whole() { self.values[0] } else { self.uniform(x) }
    }

    /// A number to log: a leaf where one fits.
    fn number(&mut self) -> NodeId {
        let x = self.pick();
        let x = self.uniform_of(x);
        match self.g.shape(x).len() {
            0 => x,
            _ if self.dice.once_in(2) && self.g.shape(x).len() == 1 => self.g.index(x, 0, 1),
            _ => {
                let x = if self.g.ty(x).kind.is_whole() { self.values[0] } else { x };
                let axes: Vec<usize> = (0..self.g.shape(x).len()).collect();
                if axes.is_empty() { x } else { self.g.reduce(ReduceOp::Mean, &axes, x) }
            }
        }
    }
}

/// Values that are the same in both precisions.
pub fn environment(graph: &Graph, seed: u64) -> Environment {
    let mut env = Environment::random(graph, EXAMPLES, seed);
    for all in [&mut env.inputs, &mut env.parameters, &mut env.states] {
        all.iter_mut().flatten().for_each(|v| *v = f64::from(*v as f32));
    }
    env
}

/// Why a step is not the same by all, if it is not.
fn disagrees(seed: u64) -> Option<String> {
    let step = step(seed);
    let roots: Vec<NodeId> = step.updates.iter().map(|u| u.1).collect();
    if let Err(why) = verify(&step.graph, &roots) {
        return Some(why);
    }
    let env = environment(&step.graph, seed);
    let wanted = match by_the_oracle(&step, &env, STEPS) {
        Ok(wanted) => wanted,
        Err(why) => return Some(why),
    };
    let batched = pipeline::batched(&step, !seed.is_multiple_of(4));
    let narrow: &[bool] = if seed.is_multiple_of(5) { &[false, true] } else { &[false] };
    for &narrow in narrow {
        let (float, tolerance) = if narrow { (Float::F32, 1e-3) } else { (Float::F64, 1e-9) };
        let data = Dataset::of(&step.graph.inputs, env.inputs.clone(), EXAMPLES, float, "a test");
        for interpreted in [false, true] {
            let paths = Path::available();
            let how = Executing {
                float,
                threads: 1 + seed as usize % 2,
                interpreted,
                path: paths[seed as usize % paths.len()],
                seed: 1,
            };
            let way = format!("{} in {float:?}", if interpreted { "interpreted" } else { "native" });
            let found = pipeline::executor(&batched, &how, EXAMPLES, &data, (STEPS, STEPS))
                .and_then(|mut executor| Ok(executed(executor.as_mut(), &env, step.outputs.len(), STEPS)?));
            let why = match found {
                Ok(found) => differs(&found, &wanted, tolerance),
                Err(fault) => Some(fault.to_string()),
            };
            if let Some(why) = why.filter(|_| !is_decided_by_rounding(seed, &env)) {
                return Some(format!("{way}: {why}"));
            }
        }
    }
    None
}

/// Whether values are compared in a step, or the greatest taken, that are equal but for their last digits and not made of the same numbers, as a
/// number and the mean of as many as there are examples: then either answer is right.
fn is_decided_by_rounding(seed: u64, env: &Environment) -> bool {
    let mut step = step(seed);
    let (mut pairs, mut lists) = (vec![], vec![]);
    for id in step.graph.ids() {
        match step.graph.op(id).clone() {
            Op::Binary(row, a, b) if row.whole.is_some() || row.tie != Tie::Nowhere => pairs.push((a, b)),
            Op::Reduce { op, x, .. } if !matches!(op, ReduceOp::Sum | ReduceOp::Mean | ReduceOp::Product) => {
                lists.push(x);
            }
            Op::Named(row, arguments) if row.0.keeps_elements => lists.extend(arguments),
            _ => {}
        }
    }
    let is_real = |graph: &Graph, id: NodeId| graph.ty(id).kind == Kind::Real;
    pairs.retain(|(a, _)| is_real(&step.graph, *a));
    lists.retain(|x| is_real(&step.graph, *x));
    step.outputs.clear();
    for &(a, b) in &pairs {
        let difference = step.graph.subtract(a, b);
        step.outputs.extend([("a".into(), a), ("difference".into(), difference)]);
    }
    step.outputs.extend(lists.iter().map(|x| ("list".into(), *x)));
    let Ok(all) = by_the_oracle(&step, env, STEPS) else { return false };
    let is_near = |a: f64, difference: f64| a != 0.0 && difference.abs() <= 1e-12 * a.abs();
    all.iter().any(|left| {
        let (compared, listed) = left.outputs.split_at(2 * pairs.len());
        let mut of_pairs = compared.chunks(2).flat_map(|pair| pair[0].iter().zip(&pair[1]));
        let mut sorted: Vec<Vec<f64>> = listed.to_vec();
        sorted.iter_mut().for_each(|list| list.sort_by(f64::total_cmp));
        let mut neighbours = sorted.iter().flat_map(|list| list.windows(2));
        of_pairs.any(|(a, difference)| is_near(*a, *difference))
            || neighbours.any(|two| is_near(two[0], two[1] - two[0]))
    })
}

/// Steps that were once wrong: a loop started from a next value before that was there; then two that compared what is not aligned, without AVX.
/// The last two are decided by the last digit of a mean.
#[test]
fn what_was_once_wrong_stays_right() {
    for seed in [11326, 11972, 16126, 30457, 71098, 3_080_399, 3_083_063, 4_121_590, 6_116_477] {
        assert_eq!(disagrees(seed), None, "seed {seed}");
    }
}

fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn drawn_steps_are_the_same_by_all() {
    let (first, count) = (setting("GRADUS_STEPS_SEED", 0), setting("GRADUS_STEPS", 2000));
    // On two threads: they share nothing.
    let half = |odd: u64| -> Vec<String> {
        let seeds = (first..first + count).filter(|seed| seed % 2 == odd);
        let wrong = |seed| match std::panic::catch_unwind(|| disagrees(seed)) {
            Ok(why) => why.map(|why| format!("seed {seed}: {why}")),
            Err(_) => Some(format!("seed {seed}: a panic")),
        };
        seeds.filter_map(wrong).collect()
    };
    let wrong = std::thread::scope(|scope| {
        let other = scope.spawn(|| half(1));
        let mut wrong = half(0);
        wrong.extend(other.join().unwrap());
        wrong
    });
    assert!(wrong.is_empty(), "{} of {count} are wrong\n{}", wrong.len(), wrong[..wrong.len().min(20)].join("\n"));
}
