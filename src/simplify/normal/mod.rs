//! Whether two values are the same by the laws of arithmetic: both are multiplied out to sums of products with named axes.
//!
//! What is no sum or product (`exp`, `softmax`, a window) is an atom, told from others by what it is applied to, in normal form.
//! It holds in real numbers, and where neither side divides by zero.
mod axes;
mod functions;
mod polynomial;

use crate::graph::named::{LOG_SOFTMAX, LOGSUMEXP, NORM};
use crate::graph::rebuild::Rebuild;
use crate::graph::{Graph, Kind, Leaf, NamedOp, NodeId, Op, Shape};
use crate::op::exponential::SQRT;
use crate::op::{ReduceOp, UnaryOp};
use polynomial::{Atoms, Key, Label, Polynomial, SINGLE, SUMMED};
use rustc_hash::FxHashMap;

/// Larger graphs are not looked into.
const MOST_NODES: usize = 5_000;

/// Whether two values of a graph are the same by the laws of arithmetic. `false` says nothing: it may not have been seen.
pub fn is_same(graph: &Graph, a: NodeId, b: NodeId) -> bool {
    if graph.shape(a) != graph.shape(b) {
        return false;
    }
    if graph.reachable(&[a, b]).len() > MOST_NODES {
        return false;
    }
    // What has no name in the language is what it stands for.
    let mut rebuild = Rebuild::new(graph);
    let roots = rebuild.run(&[a, b], |to, _, op| to.spelled_out(&op).unwrap_or_else(|| to.intern(op)));
    let (graph, a, b) = (&rebuild.to, roots[0], roots[1]);
    let order = graph.reachable(&[a, b]);
    let mut normal = Normal {
        graph,
        forms: FxHashMap::default(),
        classes: FxHashMap::default(),
        members: FxHashMap::default(),
        roots: FxHashMap::default(),
        atoms: Known::default(),
    };
    for id in order {
        let form = normal.form(id);
        normal.forms.insert(id, form);
    }
    normal.forms[&a].key() == normal.forms[&b].key()
}

/// What an atom is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Atom {
    /// An operation on values of these classes (in the place of operands) and shapes.
    Of(Op, Vec<Shape>),
    /// Whether a value of this class is above zero, and whether it is zero.
    Positive(u32),
    Zero(u32),
    /// A sum that is not multiplied out.
    Whole(u32),
    Mean(u32),
    /// Which of so many classes a value of this class is.
    Hot(u32, usize),
    Identity(usize),
}

#[derive(Default)]
struct Known {
    numbers: FxHashMap<Atom, u32>,
    facts: Vec<Facts>,
}

#[derive(Default)]
struct Facts {
    truth: bool,
    identity: bool,
    hot: bool,
    varying: bool,
}

impl Atoms for Known {
    fn is_truth(&self, atom: u32) -> bool {
        self.facts[atom as usize].truth
    }
    fn is_identity(&self, atom: u32) -> bool {
        self.facts[atom as usize].identity
    }
    fn is_hot(&self, atom: u32) -> bool {
        self.facts[atom as usize].hot
    }
}

struct Normal<'a> {
    graph: &'a Graph,
    forms: FxHashMap<NodeId, Polynomial>,
    /// Equal polynomials have one number.
    classes: FxHashMap<Key, u32>,
    /// What functions of elements are applied to.
    members: FxHashMap<u32, Polynomial>,
    /// The classes that atoms are the roots of.
    roots: FxHashMap<u32, u32>,
    atoms: Known,
}

impl Normal<'_> {
    fn class(&mut self, form: &Polynomial) -> u32 {
        let next = self.classes.len() as u32;
        *self.classes.entry(form.key()).or_insert(next)
    }
    fn atom(&mut self, atom: Atom, facts: Facts) -> u32 {
        let next = self.atoms.facts.len() as u32;
        let number = *self.atoms.numbers.entry(atom).or_insert(next);
        if number == next {
            self.atoms.facts.push(facts);
        }
        number
    }

    #[deny(clippy::wildcard_enum_match_arm)]
    fn form(&mut self, id: NodeId) -> Polynomial {
        let op = self.graph.op(id).clone();
        let of = |normal: &Self, x: NodeId| normal.forms[&x].clone();
        let form = match &op {
            Op::Leaf(Leaf::Constant(value, _)) => Some(Polynomial::number(value.0)),
            Op::Unary(row, x) => self.unary(id, *row, of(self, *x)),
            Op::Binary(row, x, y) => self.binary(id, *row, of(self, *x), of(self, *y)),
            Op::Select { condition, yes, no } if self.graph.ty(*condition).kind == Kind::Bool => {
                self.select(of(self, *condition), of(self, *yes), of(self, *no))
            }
            Op::Reduce { op: op @ (ReduceOp::Sum | ReduceOp::Mean), axes, x } => Some(self.reduced(*op, axes, *x)),
            Op::BatchMean { x, axes } => {
                let within = self.reduced(ReduceOp::Mean, axes, *x);
                Some(self.averaged(&within))
            }
            Op::Contract(c) => {
                let extents = c.extents(self.graph.shape(c.a), self.graph.shape(c.b));
                let name =
                    |x: NodeId, axes: &[u8]| of(self, x).renamed(|l| Label::from(axes[usize::from(l)]), &self.atoms);
                let (a, b) = (name(c.a, &c.a_axes), name(c.b, &c.b_axes));
                let summed: Vec<(Label, usize)> =
                    c.summed().into_iter().map(|l| (Label::from(l), extents[usize::from(l)])).collect();
                // What is left is numbered in ascending order of labels, then put to the order of the result.
                let mut left: Vec<u8> = c.out_axes.clone();
                left.sort();
                let place = |l: Label| c.out_axes.iter().position(|o| *o == left[usize::from(l)]).unwrap_or(0) as Label;
                a.times(&b, &self.atoms).map(|product| product.summed(&summed, &self.atoms).renamed(place, &self.atoms))
            }
            Op::View(view) => Some(self.viewed(view)),
            Op::OneHot { index, size } => Some(self.hot(*index, *size)),
            Op::Reshape { x, shape } => self.reshaped(*x, shape),
            Op::Gather { table, index, shared } => self.gathered(id, *table, *index, *shared),
            Op::ScatterAdd { index, values, shared, size } => self.scattered(*index, *values, *shared, *size),
            Op::Named(row, arguments) if *row == NORM => {
                let x = of(self, arguments[0]);
                let axis = self.graph.shape(arguments[0]).len() - 1;
                let squares = self.product(&x, &x);
                let extent = self.graph.shape(arguments[0])[axis];
                let sum = squares.summed(&[(axis as Label, extent)], &self.atoms);
                Some(self.function(UnaryOp(&SQRT), sum))
            }
            Op::Named(row, arguments) if *row == LOG_SOFTMAX => {
                let all = of(self, arguments[0]);
                let rank = self.graph.shape(id).len() - 1;
                let sum = Op::Named(NamedOp(&LOGSUMEXP), arguments.clone());
                let sum = self.opaque(&sum, &self.graph.shape(id)[..rank], false, self.graph.ty(id).varying);
                Some(all.minus(&sum, &self.atoms))
            }
            // These are not looked into.
            Op::Leaf(_)
            | Op::Select { .. }
            | Op::Reduce { .. }
            | Op::Join { .. }
            | Op::Named(..)
            | Op::Element { .. }
            | Op::Last { .. }
            | Op::Stacked { .. } => None,
        };
        let form = form.unwrap_or_else(|| {
            let ty = self.graph.ty(id).clone();
            self.opaque(&op, &ty.shape, ty.kind == Kind::Bool, ty.varying)
        });
        self.bounded(form)
            .renamed(|label| if self.graph.shape(id)[usize::from(label)] == 1 { SINGLE } else { label }, &self.atoms)
    }

    /// An operation that is not looked into, with all its axes.
    fn opaque(&mut self, op: &Op, shape: &[usize], truth: bool, varying: bool) -> Polynomial {
        let shapes = op.operands().iter().map(|&x| self.graph.shape(x).to_vec()).collect();
        let classes: FxHashMap<NodeId, NodeId> = (op.operands().iter())
            .map(|&x| {
                let form = self.forms[&x].clone();
                (x, NodeId(self.class(&form)))
            })
            .collect();
        let key = Atom::Of(op.map(|x| classes[&x], |of| of), shapes);
        let number = self.atom(key, Facts { truth, varying, ..Facts::default() });
        Polynomial::atom(number, (0..shape.len() as Label).collect(), 1)
    }
}

/// Labels of sums, where they are told from the axes of the whole for a while.
const OUTER: Label = SUMMED / 2;

#[cfg(test)]
mod tests;
