//! The closed set of node classes.
#![deny(clippy::wildcard_enum_match_arm)]
use super::{Contraction, LoopId, NamedOp, View};
use crate::op::{BinaryOp, ReduceOp, UnaryOp};
use std::hash::{Hash, Hasher};

/// A node's number; operands have smaller ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u32);

impl NodeId {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Extents of the axes; `BATCH` may stand first after batching.
pub type Shape = Vec<usize>;

/// The list of names that classes are of: that of an input's column, by the number of the first input that has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ListId(pub u32);

/// What the elements of a value are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Real,
    /// A truth value: 0 or 1.
    Bool,
    /// A place among so many, from 0: a number, though a whole one.
    Index(usize),
    /// One of a list of so many names, by its place there. It is no number: it is told from others and chooses, no more.
    Class(ListId, usize),
}

impl Kind {
    /// How many places or classes there are, of what is stored as a whole number.
    pub fn count(self) -> Option<usize> {
        match self {
            Kind::Real | Kind::Bool => None,
            Kind::Index(count) | Kind::Class(_, count) => Some(count),
        }
    }
    /// Whether it is stored as a whole number.
    pub fn is_whole(self) -> bool {
        self.count().is_some()
    }
    pub fn is_class(self) -> bool {
        matches!(self, Kind::Class(..))
    }
    /// What values of two kinds are together: numbers of any kinds are numbers, classes have classes of their own list beside them and
    /// nothing else.
    pub fn with(self, other: Kind) -> Option<Kind> {
        match (self, other) {
            _ if self == other => Some(self),
            (Kind::Index(a), Kind::Index(b)) => Some(Kind::Index(a.max(b))),
            (Kind::Class(..), _) | (_, Kind::Class(..)) => None,
            (Kind::Real | Kind::Bool | Kind::Index(_), _) => Some(Kind::Real),
        }
    }
    /// Whether a value of this kind may stand where one of another kind stood: it is of the same kind, or a place among fewer.
    pub fn replaces(self, other: Kind) -> bool {
        match (self, other) {
            (Kind::Index(own), Kind::Index(most)) => own <= most,
            _ => self == other,
        }
    }
}

/// The type of a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Type {
    pub shape: Shape,
    pub kind: Kind,
    /// Whether it differs from example to example. After batching nothing does: the axis says it.
    pub varying: bool,
}

impl Type {
    pub fn real(shape: &[usize], varying: bool) -> Type {
        Type { shape: shape.to_vec(), kind: Kind::Real, varying }
    }
}

/// Numbers known only when running, the same for all examples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Runtime {
    BatchSize,
    /// The number of the step, from 1.
    Step,
    /// The number of the epoch, from 1.
    Epoch,
    Steps,
    Epochs,
}

impl Runtime {
    pub const ALL: [Runtime; 5] = [Runtime::BatchSize, Runtime::Step, Runtime::Epoch, Runtime::Steps, Runtime::Epochs];

    pub fn name(self) -> &'static str {
        match self {
            Runtime::BatchSize => "batch_size",
            Runtime::Step => "step",
            Runtime::Epoch => "epoch",
            Runtime::Steps => "steps",
            Runtime::Epochs => "epochs",
        }
    }
}

/// A number compared and hashed by its bits.
#[derive(Clone, Copy, Debug)]
pub struct Number(pub f64);

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}
impl Eq for Number {}
impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

/// What has no operands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Leaf {
    /// The same number at every place of a shape.
    Constant(Number, Shape),
    /// A list of numbers, row by row.
    Table(Vec<Number>, Shape),
    /// 0, 1, … n − 1.
    Iota(usize),
    /// By its number in `Graph::inputs`.
    Input(u32),
    Parameter(u32),
    State(u32),
    Setting(u32),
    Runtime(Runtime),
    /// What a loop carries, by its number among the loop's binders.
    Binder(LoopId, u32),
    /// Which element a loop is at, from 0.
    LoopIndex(LoopId),
    /// Numbers drawn anew for each example and step, by its number in `Graph::draws`.
    Draw(u32, Shape),
    /// A value to be put in later: a function's argument, an element that is mapped over, an upstream gradient.
    Hole(u32, Type),
}

/// A node's operation and operands. Passes match on the class, exhaustively.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    Leaf(Leaf),
    /// Element by element.
    Unary(UnaryOp, NodeId),
    /// Element by element, of equal shapes.
    Binary(BinaryOp, NodeId, NodeId),
    /// `yes` where the condition holds, else `no`; of equal shapes.
    Select {
        condition: NodeId,
        yes: NodeId,
        no: NodeId,
    },
    /// Over the axes named (ascending), which disappear. Those that pick an index take one axis.
    Reduce {
        op: ReduceOp,
        axes: Vec<usize>,
        x: NodeId,
    },
    /// A sum of products over named axes.
    Contract(Contraction),
    /// An affine map of indices, zero outside.
    View(View),
    /// The same elements, row by row, in another shape.
    Reshape {
        x: NodeId,
        shape: Shape,
    },
    /// Values behind each other along an axis.
    Join {
        axis: usize,
        parts: Vec<NodeId>,
    },
    /// 1 at the index, else 0: a last axis of this size is added.
    OneHot {
        index: NodeId,
        size: usize,
    },
    /// `out[s…, i…, rest…] = table[s…, index[s…, i…], rest…]`, with `shared` leading axes.
    Gather {
        table: NodeId,
        index: NodeId,
        shared: usize,
    },
    /// Its transpose: `out[s…, size, rest…]` sums `values[s…, i…, rest…]` where they belong.
    ScatterAdd {
        index: NodeId,
        values: NodeId,
        shared: usize,
        size: usize,
    },
    /// A function that knows its definition and its derivative.
    Named(NamedOp, Vec<NodeId>),
    /// The mean over the examples; `axes` of each example are averaged too (those that a function was mapped over).
    BatchMean {
        x: NodeId,
        axes: Vec<usize>,
    },
    /// `x[i]` at a loop's place `i`; `x` is from outside the loop.
    Element {
        of: LoopId,
        x: NodeId,
    },
    /// A value of a loop's body at the last round.
    Last {
        of: LoopId,
        x: NodeId,
    },
    /// A value of a loop's body at every place, stacked.
    Stacked {
        of: LoopId,
        x: NodeId,
    },
}

impl Op {
    pub fn each_operand(&self, mut f: impl FnMut(NodeId)) {
        match self {
            Op::Leaf(_) => {}
            Op::Unary(_, x)
            | Op::Reduce { x, .. }
            | Op::Reshape { x, .. }
            | Op::OneHot { index: x, .. }
            | Op::BatchMean { x, .. }
            | Op::Element { x, .. }
            | Op::Last { x, .. }
            | Op::Stacked { x, .. } => f(*x),
            Op::Binary(_, x, y) => {
                f(*x);
                f(*y);
            }
            Op::Select { condition, yes, no } => {
                f(*condition);
                f(*yes);
                f(*no);
            }
            Op::Contract(c) => {
                f(c.a);
                f(c.b);
            }
            Op::View(view) => f(view.x),
            Op::Join { parts, .. } => parts.iter().copied().for_each(f),
            Op::Gather { table, index, .. } => {
                f(*table);
                f(*index);
            }
            Op::ScatterAdd { index, values, .. } => {
                f(*index);
                f(*values);
            }
            Op::Named(_, arguments) => arguments.iter().copied().for_each(f),
        }
    }
    pub fn operands(&self) -> Vec<NodeId> {
        let mut all = vec![];
        self.each_operand(|x| all.push(x));
        all
    }
    /// The same operation on other operands. Loops are renamed by `of`.
    pub fn map(&self, mut f: impl FnMut(NodeId) -> NodeId, mut of_loop: impl FnMut(LoopId) -> LoopId) -> Op {
        match self {
            Op::Leaf(Leaf::Binder(of, index)) => Op::Leaf(Leaf::Binder(of_loop(*of), *index)),
            Op::Leaf(Leaf::LoopIndex(of)) => Op::Leaf(Leaf::LoopIndex(of_loop(*of))),
            Op::Leaf(leaf) => Op::Leaf(leaf.clone()),
            Op::Unary(op, x) => Op::Unary(*op, f(*x)),
            Op::Binary(op, x, y) => Op::Binary(*op, f(*x), f(*y)),
            Op::Select { condition, yes, no } => Op::Select { condition: f(*condition), yes: f(*yes), no: f(*no) },
            Op::Reduce { op, axes, x } => Op::Reduce { op: *op, axes: axes.clone(), x: f(*x) },
            Op::Contract(c) => Op::Contract(Contraction { a: f(c.a), b: f(c.b), ..c.clone() }),
            Op::View(view) => Op::View(View { x: f(view.x), ..view.clone() }),
            Op::Reshape { x, shape } => Op::Reshape { x: f(*x), shape: shape.clone() },
            Op::Join { axis, parts } => Op::Join { axis: *axis, parts: parts.iter().map(|&x| f(x)).collect() },
            Op::OneHot { index, size } => Op::OneHot { index: f(*index), size: *size },
            Op::Gather { table, index, shared } => Op::Gather { table: f(*table), index: f(*index), shared: *shared },
            Op::ScatterAdd { index, values, shared, size } => {
                Op::ScatterAdd { index: f(*index), values: f(*values), shared: *shared, size: *size }
            }
            Op::Named(op, arguments) => Op::Named(*op, arguments.iter().map(|&x| f(x)).collect()),
            Op::BatchMean { x, axes } => Op::BatchMean { x: f(*x), axes: axes.clone() },
            Op::Element { of, x } => Op::Element { of: of_loop(*of), x: f(*x) },
            Op::Last { of, x } => Op::Last { of: of_loop(*of), x: f(*x) },
            Op::Stacked { of, x } => Op::Stacked { of: of_loop(*of), x: f(*x) },
        }
    }
    /// The loop whose result this is.
    pub fn loop_used(&self) -> Option<LoopId> {
        match self {
            Op::Last { of, .. } | Op::Stacked { of, .. } => Some(*of),
            Op::Leaf(_)
            | Op::Unary(..)
            | Op::Binary(..)
            | Op::Select { .. }
            | Op::Reduce { .. }
            | Op::Contract(_)
            | Op::View(_)
            | Op::Reshape { .. }
            | Op::Join { .. }
            | Op::OneHot { .. }
            | Op::Gather { .. }
            | Op::ScatterAdd { .. }
            | Op::Named(..)
            | Op::BatchMean { .. }
            | Op::Element { .. } => None,
        }
    }
}

/// A node: its operation, its type, and the loops in whose rounds it has different values (ascending).
#[derive(Clone, Debug)]
pub struct Node {
    pub op: Op,
    pub ty: Type,
    pub loops: Box<[LoopId]>,
}
