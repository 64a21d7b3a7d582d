//! Constructors of nodes. They do not simplify (see `simplify`); they only save their callers from writing shapes and labels out.
use super::node::Number;
use super::view::{Row, View};
use super::{Binder, Contraction, Graph, Kind, Leaf, Loop, LoopId, NamedOp, NodeId, Op, Runtime, Type};
use crate::op::row::{Binary, Unary};
use crate::op::{BinaryOp, ReduceOp, UnaryOp, arithmetic, comparison};

impl Graph {
    pub fn constant(&mut self, value: f64, shape: &[usize]) -> NodeId {
        self.intern(Op::Leaf(Leaf::Constant(Number(value), shape.to_vec())))
    }
    pub fn number(&mut self, value: f64) -> NodeId {
        self.constant(value, &[])
    }
    pub fn table(&mut self, values: &[f64], shape: &[usize]) -> NodeId {
        self.intern(Op::Leaf(Leaf::Table(values.iter().map(|&v| Number(v)).collect(), shape.to_vec())))
    }
    pub fn runtime(&mut self, what: Runtime) -> NodeId {
        self.intern(Op::Leaf(Leaf::Runtime(what)))
    }
    /// A new value to be put in later.
    pub fn hole(&mut self, ty: Type) -> NodeId {
        self.holes += 1;
        self.intern(Op::Leaf(Leaf::Hole(self.holes, ty)))
    }
    /// The number, if the node is a constant.
    pub fn constant_of(&self, id: NodeId) -> Option<f64> {
        match self.op(id) {
            Op::Leaf(Leaf::Constant(value, _)) => Some(value.0),
            _ => None,
        }
    }

    pub fn unary(&mut self, op: &'static Unary, x: NodeId) -> NodeId {
        self.intern(Op::Unary(UnaryOp(op), x))
    }
    /// Element by element; shapes must be equal (see `expand_to`).
    pub fn binary(&mut self, op: &'static Binary, x: NodeId, y: NodeId) -> NodeId {
        self.intern(Op::Binary(BinaryOp(op), x, y))
    }
    pub fn add(&mut self, x: NodeId, y: NodeId) -> NodeId {
        self.binary(&arithmetic::ADD, x, y)
    }
    pub fn subtract(&mut self, x: NodeId, y: NodeId) -> NodeId {
        self.binary(&arithmetic::SUBTRACT, x, y)
    }
    pub fn multiply(&mut self, x: NodeId, y: NodeId) -> NodeId {
        self.binary(&arithmetic::MULTIPLY, x, y)
    }
    pub fn divide(&mut self, x: NodeId, y: NodeId) -> NodeId {
        self.binary(&arithmetic::DIVIDE, x, y)
    }
    pub fn negate(&mut self, x: NodeId) -> NodeId {
        self.unary(&arithmetic::NEGATE, x)
    }
    pub fn not(&mut self, x: NodeId) -> NodeId {
        self.unary(&comparison::NOT, x)
    }
    pub fn and(&mut self, x: NodeId, y: NodeId) -> NodeId {
        self.binary(&comparison::AND, x, y)
    }
    pub fn or(&mut self, x: NodeId, y: NodeId) -> NodeId {
        self.binary(&comparison::OR, x, y)
    }
    pub fn greater(&mut self, x: NodeId, y: NodeId) -> NodeId {
        self.binary(&comparison::GREATER, x, y)
    }
    pub fn select(&mut self, condition: NodeId, yes: NodeId, no: NodeId) -> NodeId {
        self.intern(Op::Select { condition, yes, no })
    }
    /// Multiplied by a number.
    pub fn scale(&mut self, x: NodeId, factor: f64) -> NodeId {
        let shape = self.shape(x).to_vec();
        let factor = self.constant(factor, &shape);
        self.multiply(factor, x)
    }

    /// Over these axes, ascending; none gives the value itself, as the number that a reduction is.
    pub fn reduce(&mut self, op: ReduceOp, axes: &[usize], x: NodeId) -> NodeId {
        if axes.is_empty() && !op.picks_index() {
            return self.as_kind(x, Kind::Real).unwrap_or(x);
        }
        self.intern(Op::Reduce { op, axes: axes.to_vec(), x })
    }
    pub fn sum(&mut self, axes: &[usize], x: NodeId) -> NodeId {
        self.reduce(ReduceOp::Sum, axes, x)
    }
    pub fn sum_all(&mut self, x: NodeId) -> NodeId {
        let axes: Vec<usize> = (0..self.shape(x).len()).collect();
        self.sum(&axes, x)
    }

    /// `out[…] = Σ a[…] b[…]`, by labels.
    pub fn contract(&mut self, a: NodeId, b: NodeId, a_axes: &[u8], b_axes: &[u8], out_axes: &[u8]) -> NodeId {
        self.intern(Op::Contract(Contraction::new(a, b, a_axes, b_axes, out_axes)))
    }
    /// `w x` of a matrix and a vector, `a b` of two matrices, `aᵀ b` of two vectors: the last axis of `a` with the first of `b`.
    pub fn matmul(&mut self, a: NodeId, b: NodeId) -> NodeId {
        let (n, m) = (self.shape(a).len() as u8, self.shape(b).len() as u8);
        let a_axes: Vec<u8> = (0..n).collect();
        let b_axes: Vec<u8> = (n - 1..n - 1 + m).collect();
        let out: Vec<u8> = (0..n - 1).chain(n..n - 1 + m).collect();
        self.contract(a, b, &a_axes, &b_axes, &out)
    }
    /// `a bᵀ` of two vectors.
    pub fn outer(&mut self, a: NodeId, b: NodeId) -> NodeId {
        self.contract(a, b, &[0], &[1], &[0, 1])
    }
    /// The sum of the products of all elements of two values of one shape.
    pub fn dot(&mut self, a: NodeId, b: NodeId) -> NodeId {
        let axes: Vec<u8> = (0..self.shape(a).len() as u8).collect();
        self.contract(a, b, &axes, &axes, &[])
    }

    pub fn view(&mut self, x: NodeId, shape: Vec<usize>, rows: Vec<Row>) -> NodeId {
        self.intern(Op::View(View { x, shape, rows }))
    }
    /// Repeats a value to a shape of which its own is the tail (of the part behind a leading `BATCH`).
    pub fn expand_to(&mut self, x: NodeId, shape: &[usize]) -> NodeId {
        let own = self.shape(x).to_vec();
        if own == shape {
            return x;
        }
        if let Some(value) = self.constant_of(x) {
            return self.constant(value, shape);
        }
        let batched = usize::from(own.first() == Some(&super::BATCH));
        let skip = shape.len() - own.len();
        let axes: Vec<usize> = (0..batched).chain(batched + skip..shape.len()).collect();
        self.expand_at(x, shape, &axes)
    }
    /// Repeats a value: its axis `k` becomes axis `axes[k]` of the shape.
    pub fn expand_at(&mut self, x: NodeId, shape: &[usize], axes: &[usize]) -> NodeId {
        let rows = axes.iter().zip(self.shape(x).to_vec()).map(|(&axis, extent)| Row::axis(axis, extent)).collect();
        self.view(x, shape.to_vec(), rows)
    }
    /// A value of one axis less, repeated along a new last axis, to this shape.
    pub fn along_last(&mut self, x: NodeId, shape: &[usize]) -> NodeId {
        let axes: Vec<usize> = (0..shape.len() - 1).collect();
        self.expand_at(x, shape, &axes)
    }
    /// `order[k]` is the axis of `x` that comes to place `k`.
    pub fn permute(&mut self, x: NodeId, order: &[usize]) -> NodeId {
        if order.iter().copied().eq(0..order.len()) {
            return x;
        }
        let from = self.shape(x).to_vec();
        let shape = order.iter().map(|&axis| from[axis]).collect();
        let rows = (0..from.len())
            .map(|axis| Row::axis(order.iter().position(|&o| o == axis).unwrap_or(axis), from[axis]))
            .collect();
        self.view(x, shape, rows)
    }
    /// `x[start], x[start + step], …`, `length` of them, along an axis.
    pub fn slice(&mut self, x: NodeId, axis: usize, start: usize, step: i64, length: usize) -> NodeId {
        let from = self.shape(x).to_vec();
        let mut rows: Vec<Row> = from.iter().enumerate().map(|(a, &n)| Row::axis(a, n)).collect();
        rows[axis] = super::view::rows::slice(axis, from[axis], start, step);
        let mut shape = from;
        shape[axis] = length;
        self.view(x, shape, rows)
    }
    /// `x[at]` along an axis, which disappears.
    pub fn index(&mut self, x: NodeId, axis: usize, at: usize) -> NodeId {
        let from = self.shape(x).to_vec();
        let kept: Vec<usize> = (0..from.len()).filter(|&a| a != axis).collect();
        let rows = (0..from.len())
            .map(|a| match kept.iter().position(|&k| k == a) {
                Some(place) => Row::axis(place, from[a]),
                None => Row { offset: at as i64, terms: vec![], divisor: 1, low: 0, high: from[a] as i64 },
            })
            .collect();
        let shape = kept.iter().map(|&a| from[a]).collect();
        self.view(x, shape, rows)
    }
    /// Zeros before and behind, along an axis.
    pub fn pad(&mut self, x: NodeId, axis: usize, before: usize, behind: usize) -> NodeId {
        let from = self.shape(x).to_vec();
        let mut rows: Vec<Row> = from.iter().enumerate().map(|(a, &n)| Row::axis(a, n)).collect();
        rows[axis] = super::view::rows::pad(axis, from[axis], before);
        let mut shape = from;
        shape[axis] += before + behind;
        self.view(x, shape, rows)
    }
    pub fn reshape(&mut self, x: NodeId, shape: &[usize]) -> NodeId {
        if self.shape(x) == shape {
            return x;
        }
        self.intern(Op::Reshape { x, shape: shape.to_vec() })
    }
    pub fn join(&mut self, axis: usize, parts: &[NodeId]) -> NodeId {
        match parts {
            [one] => *one,
            _ => self.intern(Op::Join { axis, parts: parts.to_vec() }),
        }
    }
    /// Values of one shape behind each other, along a new first axis.
    pub fn stack(&mut self, parts: &[NodeId]) -> NodeId {
        let parts: Vec<NodeId> = parts
            .iter()
            .map(|&p| {
                let mut shape = vec![1];
                shape.extend(self.shape(p));
                self.reshape(p, &shape)
            })
            .collect();
        self.join(0, &parts)
    }

    pub fn one_hot(&mut self, index: NodeId, size: usize) -> NodeId {
        self.intern(Op::OneHot { index, size })
    }
    pub fn gather(&mut self, table: NodeId, index: NodeId, shared: usize) -> NodeId {
        self.intern(Op::Gather { table, index, shared })
    }
    pub fn scatter_add(&mut self, index: NodeId, values: NodeId, shared: usize, size: usize) -> NodeId {
        self.intern(Op::ScatterAdd { index, values, shared, size })
    }
    pub fn named(&mut self, op: NamedOp, arguments: &[NodeId]) -> NodeId {
        self.intern(Op::Named(op, arguments.to_vec()))
    }
    pub fn batch_mean(&mut self, x: NodeId) -> NodeId {
        self.intern(Op::BatchMean { x, axes: vec![] })
    }

    /// A loop whose binders' next values are set by `end_loop`. `starts` are the initial values and whether the binder varies.
    pub fn begin_loop(&mut self, length: usize, reverse: bool, starts: &[(NodeId, bool)]) -> LoopId {
        let of = LoopId(self.loops.len() as u32);
        self.loops.push(Loop { length, reverse, binders: vec![], origin: None });
        for &(init, varying) in starts {
            self.add_binder(of, init, self.ty(init).kind, varying);
        }
        of
    }
    /// One more value that an unfinished loop carries; its leaf. A number may go on as one of another kind than it starts as.
    pub fn add_binder(&mut self, of: LoopId, init: NodeId, kind: Kind, varying: bool) -> NodeId {
        let ty = Type { varying: varying || self.ty(init).varying, kind, ..self.ty(init).clone() };
        let index = self.looped(of).binders.len() as u32;
        // The leaf's type is read from the binder, so the binder comes first.
        self.loops[of.0 as usize].binders.push(Binder { ty, leaf: init, init, next: init });
        let leaf = self.intern(Op::Leaf(Leaf::Binder(of, index)));
        let binder = &mut self.loops[of.0 as usize].binders[index as usize];
        (binder.leaf, binder.next) = (leaf, leaf);
        leaf
    }
    pub fn set_next(&mut self, of: LoopId, index: usize, next: NodeId) {
        self.loops[of.0 as usize].binders[index].next = next;
    }
    /// Whether a value stands outside of a loop: in none of its rounds, nor in those of a loop that was begun within it.
    pub fn stands_outside(&self, x: NodeId, of: LoopId) -> bool {
        self.node(x).loops.iter().all(|around| *around < of)
    }
    pub fn element(&mut self, of: LoopId, x: NodeId) -> NodeId {
        self.intern(Op::Element { of, x })
    }
    /// The body's value at the last round.
    pub fn last(&mut self, of: LoopId, x: NodeId) -> NodeId {
        if !self.node(x).loops.contains(&of) {
            return x;
        }
        self.intern(Op::Last { of, x })
    }
    /// The body's value at every place.
    pub fn stacked(&mut self, of: LoopId, x: NodeId) -> NodeId {
        if let Op::Element { of: from, x } = *self.op(x)
            && from == of
        {
            return x;
        }
        if !self.node(x).loops.contains(&of) {
            let mut shape = self.shape(x).to_vec();
            let place = usize::from(shape.first() == Some(&super::BATCH));
            shape.insert(place, self.looped(of).length);
            let axes: Vec<usize> = (0..shape.len()).filter(|&a| a != place).collect();
            return self.expand_at(x, &shape, &axes);
        }
        self.intern(Op::Stacked { of, x })
    }
}
