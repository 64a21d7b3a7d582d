//! Random well-typed graphs from a script of bytes, for property tests: shrinking the script shrinks the graph.
//!
//! Values stay near 1 and functions away from their poles, so that evaluators of any precision can be compared. What jumps
//! (comparisons, `floor`, `argmax`) is only applied to values that every evaluator has exactly.
mod kinked;
mod looped;
mod more;

use gradus::graph::view::{Row, rows};
use gradus::graph::{Draw, Graph, Kind, Leaf, NamedOp, NodeId, Op, Runtime, Type, Variable, named};
use gradus::op::row::{Binary, Unary};
use gradus::op::{
    BinaryOp, ReduceOp, UnaryOp, activation, arithmetic, comparison, exponential, loss, rounding, trigonometric,
};
use gradus::random::Noise;

/// A graph of one example and some values of it.
pub struct RandomGraph {
    pub graph: Graph,
    pub roots: Vec<NodeId>,
}

/// The graph that a script describes. Every script is right; a longer one makes a larger graph.
///
/// Its inputs, parameters, states and settings are the same for all scripts; `Environment::random` gives them values.
pub fn random_graph(script: &[u8]) -> RandomGraph {
    built(script, false)
}

/// The same without kinks and without `stop_gradient`: what finite differences can check.
pub fn smooth_graph(script: &[u8]) -> RandomGraph {
    built(script, true)
}

fn built(script: &[u8], smooth: bool) -> RandomGraph {
    let kinds = match script.first() {
        Some(&MORE) => KINDS + more::KINDS,
        Some(&KINKED) => KINDS + more::KINDS + kinked::KINDS,
        _ => KINDS,
    };
    let mut builder = Builder { g: Graph::new(), script, at: usize::from(kinds > KINDS), depth: 0, smooth, kinds };
    let mut values = builder.leaves();
    let first = values.len();
    while builder.at < script.len() {
        builder.operation(&mut values);
    }
    let mut roots: Vec<NodeId> = values[first..].iter().rev().take(6).map(|v| v.id).collect();
    if roots.is_empty() {
        roots.push(values[0].id);
    }
    RandomGraph { graph: builder.g, roots }
}

/// A value and what is known of it.
#[derive(Clone, Copy)]
struct Value {
    id: NodeId,
    /// No element is larger.
    bound: f64,
    /// No rounding took part in it.
    exact: bool,
}

struct Builder<'s> {
    g: Graph,
    script: &'s [u8],
    at: usize,
    /// Loops that are open.
    depth: usize,
    /// Whether functions with kinks are left out.
    smooth: bool,
    /// How many kinds of operations there are.
    kinds: usize,
}

/// A script that begins so may have operations of `more`; others keep the meaning that they had when they found a mistake.
pub const MORE: u8 = 255;
/// One that begins so may have those of `kinked`, too.
pub const KINKED: u8 = 254;
const KINDS: usize = 16;

const CLASSES: usize = 4;

impl Builder<'_> {
    /// The next byte, below a bound.
    fn pick(&mut self, bound: usize) -> usize {
        let byte = self.script.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        usize::from(byte) % bound.max(1)
    }
    fn choose(&mut self, values: &[Value], fits: impl Fn(&Graph, &Value) -> bool) -> Option<Value> {
        let fitting: Vec<Value> = values.iter().copied().filter(|v| fits(&self.g, v)).collect();
        // Late values more often, so that graphs get deep.
        let back = self.pick(fitting.len()).min(self.pick(fitting.len()));
        fitting.len().checked_sub(1 + back).map(|k| fitting[k])
    }
    fn real(&mut self, values: &[Value]) -> Value {
        let found = self.choose(values, |g, v| !g.ty(v.id).kind.is_whole());
        found.unwrap_or(values[0])
    }
    fn leaves(&mut self) -> Vec<Value> {
        let kinds = [
            (vec![3], Kind::Real),
            (vec![], Kind::Real),
            (vec![2, 3], Kind::Real),
            (vec![4, 2, 3], Kind::Real),
            (vec![], Kind::Class(gradus::graph::ListId(0), CLASSES)),
            (vec![3], Kind::Class(gradus::graph::ListId(0), CLASSES)),
            (vec![3], Kind::Bool),
        ];
        let mut all = vec![];
        for (number, (shape, kind)) in kinds.into_iter().enumerate() {
            let ty = Type { shape, kind, varying: true };
            self.g.inputs.push(Variable { name: format!("x{number}"), ty, span: Default::default() });
            all.push(self.g.intern(Op::Leaf(Leaf::Input(number as u32))));
        }
        for (number, shape) in [vec![3, 3], vec![3], vec![CLASSES, 2], vec![]].into_iter().enumerate() {
            let ty = Type::real(&shape, false);
            self.g.parameters.push(Variable { name: format!("w{number}"), ty: ty.clone(), span: Default::default() });
            all.push(self.g.intern(Op::Leaf(Leaf::Parameter(number as u32))));
            if number == 1 {
                self.g.states.push(Variable { name: "s".into(), ty, span: Default::default() });
                all.push(self.g.intern(Op::Leaf(Leaf::State(0))));
            }
        }
        self.g.settings.push(("rate".into(), 0.3125));
        all.push(self.g.intern(Op::Leaf(Leaf::Setting(0))));
        all.push(self.g.table(&[0.5, -0.25, 1.0, 0.75, -1.0, 0.125], &[2, 3]));
        all.push(self.g.constant(0.5, &[2, 3]));
        all.push(self.g.intern(Op::Leaf(Leaf::Iota(3))));
        // In every second graph: what the others find stays found as often.
        let draws = if self.script.len() % 2 == 1 { 2 } else { 0 };
        for (name, noise, shape) in
            [("u", Noise::Uniform, vec![2, 3]), ("n", Noise::Uniform, vec![3])].into_iter().take(draws)
        {
            let leaf = self.g.intern(Op::Leaf(Leaf::Draw(self.g.draws.len() as u32, shape)));
            self.g.draws.push(Draw { name: name.into(), noise, leaf });
            all.push(leaf);
        }
        let bound = CLASSES as f64;
        let mut values: Vec<Value> = all.into_iter().map(|id| Value { id, bound, exact: true }).collect();
        let step = self.g.runtime(Runtime::Step);
        values.push(Value { id: step, bound, exact: true });
        values
    }

    /// Keeps a value, if it is small; what may be far from 1 is brought near by `tanh`.
    fn keep(&mut self, values: &mut Vec<Value>, id: NodeId, bound: f64, exact: bool) {
        let shape = self.g.shape(id);
        if shape.len() > 4 || shape.iter().product::<usize>() > 200 {
            return;
        }
        if bound <= 8.0 {
            values.push(Value { id, bound, exact });
        } else {
            let id = self.g.unary(&trigonometric::TANH, id);
            values.push(Value { id, bound: 1.0, exact: false });
        }
    }

    fn operation(&mut self, values: &mut Vec<Value>) {
        let kind = self.pick(self.kinds);
        match kind {
            0 | 1 => self.unary(values),
            2 | 3 => self.binary(values),
            4 => self.select(values),
            5 => self.reduce(values),
            6 | 7 => self.contract(values),
            8 | 9 => self.view(values),
            10 => self.shape(values),
            11 => self.classes(values),
            12 => self.named(values),
            13 => {
                let x = self.real(values);
                let axes = if self.g.shape(x.id).is_empty() { vec![] } else { vec![0; self.pick(2)] };
                let id = self.g.intern(Op::BatchMean { x: x.id, axes });
                self.keep(values, id, x.bound, false);
            }
            KINDS.. if kind < KINDS + more::KINDS => self.more(kind - KINDS, values),
            KINDS.. => self.kinked(kind - KINDS - more::KINDS, values),
            _ if self.depth < 2 => self.looped(values),
            _ => self.unary(values),
        }
    }

    fn unary(&mut self, values: &mut Vec<Value>) {
        const PLAIN: [&Unary; 12] = [
            &activation::SIGMOID,
            &activation::SOFTPLUS,
            &arithmetic::NEGATE,
            &trigonometric::TANH,
            &trigonometric::SIN,
            &trigonometric::COS,
            &trigonometric::ATAN,
            &exponential::ERF,
            &exponential::EXPM1,
            &activation::RELU,
            &arithmetic::ABS,
            &arithmetic::STOP_GRADIENT,
        ];
        /// Away from zero.
        const POSITIVE: [&Unary; 5] =
            [&exponential::LOG, &exponential::SQRT, &exponential::RSQRT, &exponential::RECIPROCAL, &exponential::LOG1P];
        const JUMPS: [&Unary; 5] =
            [&rounding::FLOOR, &rounding::CEIL, &rounding::ROUND, &arithmetic::SIGN, &comparison::NOT];
        /// Whole numbers stay whole numbers.
        const KEEP: [&Unary; 3] = [&arithmetic::NEGATE, &arithmetic::ABS, &activation::RELU];
        let x = self.real(values);
        match self.pick(4) {
            0 | 1 => {
                let op = PLAIN[self.pick(PLAIN.len() - if self.smooth { 3 } else { 0 })];
                let id = self.g.unary(op, x.id);
                let bound = if UnaryOp(op) == exponential::EXPM1 { x.bound.exp() } else { x.bound + 1.0 };
                self.keep(values, id, bound, x.exact && KEEP.iter().any(|kept| UnaryOp(op) == **kept));
            }
            2 => {
                let op = POSITIVE[self.pick(POSITIVE.len())];
                let safe = self.away_from_zero(x.id);
                let id = self.g.unary(op, safe);
                self.keep(values, id, x.bound + 2.0, false);
            }
            _ => {
                let op = JUMPS[self.pick(JUMPS.len())];
                if x.exact {
                    let id = self.g.unary(op, x.id);
                    self.keep(values, id, x.bound + 1.0, true);
                }
            }
        }
    }
    fn away_from_zero(&mut self, x: NodeId) -> NodeId {
        let shape = self.g.shape(x).to_vec();
        let (half, size) = (self.g.constant(0.5, &shape), self.g.unary(&activation::SOFTPLUS, x));
        self.g.add(size, half)
    }

    /// A value brought to a shape: expanded, reshaped, or its mean everywhere.
    fn fit(&mut self, x: NodeId, shape: &[usize]) -> NodeId {
        let own = self.g.shape(x).to_vec();
        if shape.ends_with(&own) {
            return self.g.expand_to(x, shape);
        }
        if own.iter().product::<usize>() == shape.iter().product::<usize>() {
            return self.g.reshape(x, shape);
        }
        let axes: Vec<usize> = (0..own.len()).collect();
        let mean = self.g.reduce(ReduceOp::Mean, &axes, x);
        self.g.expand_to(mean, shape)
    }

    fn binary(&mut self, values: &mut Vec<Value>) {
        const PLAIN: [&Binary; 6] = [
            &arithmetic::ADD,
            &arithmetic::SUBTRACT,
            &arithmetic::MULTIPLY,
            &loss::LOGISTIC_LOSS,
            &arithmetic::MAX,
            &arithmetic::MIN,
        ];
        const COMPARISONS: [&Binary; 4] =
            [&comparison::GREATER, &comparison::AT_MOST, &comparison::EQUAL, &comparison::AND];
        let (x, y) = (self.real(values), self.real(values));
        let shape = self.g.shape(x.id).to_vec();
        let exact = x.exact && y.exact && shape.ends_with(self.g.shape(y.id));
        let other = self.fit(y.id, &shape);
        match self.pick(10) {
            0 => {
                let safe = self.away_from_zero(other);
                let id = self.g.divide(x.id, safe);
                self.keep(values, id, 2.0 * x.bound, false);
            }
            1 => {
                let base = self.g.unary(&activation::SIGMOID, x.id);
                let base = self.away_from_zero(base);
                let exponent = self.g.unary(&trigonometric::TANH, other);
                let id = self.g.binary(&exponential::POW, base, exponent);
                self.keep(values, id, 2.0, false);
            }
            2 | 3 if exact => {
                let op = COMPARISONS[self.pick(COMPARISONS.len())];
                let id = self.g.binary(op, x.id, other);
                self.keep(values, id, 1.0, true);
            }
            _ => {
                let op = PLAIN[self.pick(PLAIN.len() - if self.smooth { 2 } else { 0 })];
                let id = self.g.binary(op, x.id, other);
                let is = |row: &'static Binary| BinaryOp(op) == *row;
                let bound = if is(&arithmetic::MULTIPLY) || is(&loss::LOGISTIC_LOSS) {
                    (x.bound + 1.0) * (y.bound + 1.0)
                } else {
                    x.bound + y.bound
                };
                self.keep(values, id, bound, exact && (is(&arithmetic::MAX) || is(&arithmetic::MIN)));
            }
        }
    }

    fn select(&mut self, values: &mut Vec<Value>) {
        let Some(condition) = self.choose(values, |g, v| g.ty(v.id).kind == Kind::Bool) else { return };
        let (yes, no) = (self.real(values), self.real(values));
        let shape = self.g.shape(yes.id).to_vec();
        if !shape.ends_with(self.g.shape(condition.id)) {
            return;
        }
        let exact = yes.exact && no.exact && shape.ends_with(self.g.shape(no.id));
        let (condition, other) = (self.fit(condition.id, &shape), self.fit(no.id, &shape));
        let id = self.g.select(condition, yes.id, other);
        self.keep(values, id, yes.bound.max(no.bound), exact);
    }

    fn reduce(&mut self, values: &mut Vec<Value>) {
        let x = self.real(values);
        let shape = self.g.shape(x.id).to_vec();
        let all = [ReduceOp::Sum, ReduceOp::Mean, ReduceOp::Product, ReduceOp::Max, ReduceOp::Min];
        let op = all[self.pick(all.len() - if self.smooth { 2 } else { 0 })];
        let chosen = self.pick(1 << shape.len()).max(1);
        let axes: Vec<usize> = (0..shape.len()).filter(|axis| chosen >> axis & 1 == 1).collect();
        if axes.is_empty() {
            return;
        }
        let count: usize = axes.iter().map(|&a| shape[a]).product();
        let bound = match op {
            ReduceOp::Sum => x.bound * count as f64,
            ReduceOp::Product => x.bound.max(1.0).powi(count as i32),
            _ => x.bound,
        };
        let id = self.g.reduce(op, &axes, x.id);
        self.keep(values, id, bound, x.exact && matches!(op, ReduceOp::Max | ReduceOp::Min));
    }

    /// Labels are shared between axes of one extent, at random; a shared label is summed or kept.
    fn contract(&mut self, values: &mut Vec<Value>) {
        let (a, b) = (self.real(values), self.real(values));
        let (a_shape, b_shape) = (self.g.shape(a.id).to_vec(), self.g.shape(b.id).to_vec());
        let a_axes: Vec<u8> = (0..a_shape.len() as u8).collect();
        let mut b_axes: Vec<u8> = vec![];
        let mut out: Vec<u8> = vec![];
        let mut count = 1;
        for (k, &n) in b_shape.iter().enumerate() {
            let free = a_axes.iter().copied().find(|&l| a_shape[l as usize] == n && !b_axes.contains(&l));
            match free {
                Some(label) if self.pick(4) > 0 => b_axes.push(label),
                _ => b_axes.push((a_shape.len() + k) as u8),
            }
        }
        for &label in a_axes.iter().chain(b_axes.iter().filter(|l| !a_axes.contains(l))) {
            let shared = a_axes.contains(&label) && b_axes.contains(&label);
            if shared && self.pick(3) > 0 {
                count *= a_shape[label as usize];
            } else {
                let place = self.pick(out.len() + 1);
                out.insert(place, label);
            }
        }
        if out.len() > 4 {
            return;
        }
        let id = self.g.contract(a.id, b.id, &a_axes, &b_axes, &out);
        self.keep(values, id, a.bound * b.bound * count as f64, false);
    }

    fn view(&mut self, values: &mut Vec<Value>) {
        let x = self.real(values);
        let shape = self.g.shape(x.id).to_vec();
        if shape.is_empty() {
            let extent = 1 + self.pick(4);
            let id = self.g.expand_to(x.id, &[extent]);
            return self.keep(values, id, x.bound, x.exact);
        }
        let axis = self.pick(shape.len());
        let n = shape[axis];
        let mut rows: Vec<Row> = shape.iter().enumerate().map(|(a, &n)| Row::axis(a, n)).collect();
        let mut to = shape.clone();
        match self.pick(9) {
            0 => {
                let order: Vec<usize> = (0..shape.len()).rev().collect();
                let id = self.g.permute(x.id, &order);
                return self.keep(values, id, x.bound, x.exact);
            }
            1 => rows[axis] = rows::slice(axis, n, n - 1, -1),
            2 => (rows[axis], to[axis]) = (rows::slice(axis, n, self.pick(2).min(n - 1), 2), n.div_ceil(2)),
            3 => (rows[axis], to[axis]) = (rows::pad(axis, n, self.pick(3)), n + 2),
            4 => {
                let (stride, before) = (1 + self.pick(2), self.pick(2));
                to.push(2);
                rows[axis] = rows::window(axis, shape.len(), n, stride, 1 + self.pick(2), before);
                to[axis] = n.div_ceil(stride);
            }
            5 => {
                rows[axis] = Row { offset: 0, terms: vec![(axis, 1)], divisor: 2, low: 0, high: n as i64 };
                to[axis] = 2 * n;
            }
            6 => {
                let at = self.pick(n);
                let id = self.g.index(x.id, axis, at);
                return self.keep(values, id, x.bound, x.exact);
            }
            7 => {
                to.insert(axis, 2);
                let axes: Vec<usize> = (0..to.len()).filter(|&a| a != axis).collect();
                let id = self.g.expand_at(x.id, &to, &axes);
                return self.keep(values, id, x.bound, x.exact);
            }
            _ => {
                // What a padded, reversed part becomes when two views are one.
                let row = Row { offset: n as i64, terms: vec![(axis, -1)], divisor: 1, low: 0, high: n as i64 };
                (rows[axis], to[axis]) = (row, n + 2);
            }
        }
        let id = self.g.view(x.id, to, rows);
        self.keep(values, id, x.bound, x.exact);
    }

    fn shape(&mut self, values: &mut Vec<Value>) {
        let x = self.real(values);
        let shape = self.g.shape(x.id).to_vec();
        let count: usize = shape.iter().product();
        if self.pick(2) == 0 || shape.is_empty() {
            let to = if shape.len() == 1 && count.is_multiple_of(2) { vec![count / 2, 2] } else { vec![count] };
            let id = self.g.reshape(x.id, &to);
            return self.keep(values, id, x.bound, x.exact);
        }
        let y = self.real(values);
        let exact = x.exact && y.exact && shape.ends_with(self.g.shape(y.id));
        let other = self.fit(y.id, &shape);
        let axis = self.pick(shape.len());
        let id = self.g.join(axis, &[x.id, other]);
        self.keep(values, id, x.bound.max(y.bound), exact);
    }

    fn classes(&mut self, values: &mut Vec<Value>) {
        let class = self.choose(values, |g, v| g.ty(v.id).kind.is_whole());
        let Some(class) = class else { return };
        let Some(size) = self.g.ty(class.id).kind.count() else { return };
        let depth = self.g.shape(class.id).len();
        match self.pick(4) {
            0 => {
                let id = self.g.one_hot(class.id, size);
                self.keep(values, id, 1.0, true);
            }
            1 => {
                let x = self.choose(values, |g, v| v.exact && g.shape(v.id).len() == 1 && !g.ty(v.id).kind.is_class());
                if let Some(x) = x {
                    let op = if self.pick(2) == 0 { ReduceOp::Argmax } else { ReduceOp::Argmin };
                    let id = self.g.reduce(op, &[0], x.id);
                    values.push(Value { id, bound: 8.0, exact: true });
                }
            }
            2 => {
                let shared = if depth > 0 { self.pick(2) } else { 0 };
                let own = self.g.shape(class.id).to_vec();
                let table = self.choose(values, |g, v| {
                    let shape = g.shape(v.id);
                    shape.len() > shared && shape[shared] >= size && shape[..shared] == own[..shared]
                });
                if let Some(table) = table {
                    let id = self.g.gather(table.id, class.id, shared);
                    self.keep(values, id, table.bound, table.exact);
                }
            }
            _ => {
                let shared = if depth > 0 { self.pick(2) } else { 0 };
                let own = self.g.shape(class.id).to_vec();
                let data = self.real(values);
                let mut shape = own.clone();
                shape.push(2);
                let fitted = self.fit(data.id, &shape);
                let id = self.g.scatter_add(class.id, fitted, shared, size);
                self.keep(values, id, data.bound * own.iter().product::<usize>() as f64, false);
            }
        }
    }

    fn named(&mut self, values: &mut Vec<Value>) {
        let z = self.choose(values, |g, v| !g.shape(v.id).is_empty() && g.ty(v.id).kind == Kind::Real);
        let Some(z) = z else { return };
        // The first six: scripts that once found a mistake keep their meaning. What depends on order has tests of its own.
        let op = NamedOp(named::ROWS[self.pick(6)]);
        let shape = self.g.shape(z.id).to_vec();
        let size = shape[shape.len() - 1];
        let mut arguments = vec![z.id];
        if op == named::CROSS_ENTROPY {
            arguments[0] = self.g.named(NamedOp(&named::SOFTMAX), &[z.id]);
        }
        if op == named::CROSS_ENTROPY || op == named::SOFTMAX_CROSS_ENTROPY {
            let class = self.choose(values, |g, v| {
                g.shape(v.id) == &shape[..shape.len() - 1] && g.ty(v.id).kind.count().is_some_and(|k| k <= size)
            });
            let target = class.map_or(z.id, |c| c.id);
            arguments.push(if class.is_some() { target } else { self.g.named(NamedOp(&named::SOFTMAX), &[z.id]) });
        }
        if op == named::NORM {
            arguments[0] = self.away_from_zero(z.id);
        }
        let id = self.g.named(op, &arguments);
        self.keep(values, id, (z.bound + 1.0) * size as f64, false);
    }
}
