//! From nodes to formulas, with every axis of a value either whole or at a place.
//!
//! A place is pushed inwards through all classes of nodes down to the names, so that any contraction or view has a reading:
//! `Σ_p δ[p] x[p + 2k]ᵀ`. Where a value has no reading as a whole, `Needs` names an axis that must be at a place, and whoever
//! can give it one (a contraction that sums over it, the left side of a line) tries again.
mod atom;
mod axes;
mod contraction;
mod gather;
mod pool;
mod product;
mod reduce;
mod reference;
mod see_through;
mod view;

use super::derivation::Form;
use super::expression::{Expression, Symbol, sum};
use super::names::Names;
use super::place::{Affine, Place};
use crate::graph::{Graph, Leaf, LoopId, NodeId, Op};
use crate::limits::{NOTATION_DEPTH, NOTATION_WORK};
use crate::op::ReduceOp;
use crate::op::arithmetic::{ADD, DIVIDE, MULTIPLY, NEGATE, SUBTRACT};
use crate::op::exponential::{POW, RECIPROCAL};

pub use axes::{Piece, tail};
use product::Factors;

/// One axis of a value that is being written.
#[derive(Clone, Debug, PartialEq)]
pub enum Axis {
    Free,
    At(Place),
}

/// How a value is looked at: its axes, and where the loops stand.
#[derive(Clone, Debug)]
pub struct At {
    pub axes: Vec<Axis>,
    pub loops: Vec<(LoopId, Affine)>,
}

impl At {
    pub fn whole(rank: usize) -> At {
        At { axes: vec![Axis::Free; rank], loops: vec![] }
    }
    fn with(&self, axes: Vec<Axis>) -> At {
        At { axes, loops: self.loops.clone() }
    }
    fn in_loop(&self, of: LoopId, place: Affine, axes: Vec<Axis>) -> At {
        let mut loops: Vec<_> = self.loops.iter().filter(|l| l.0 != of).cloned().collect();
        loops.push((of, place));
        At { axes, loops }
    }
    fn free(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.axes.len()).filter(|&k| self.axes[k] == Axis::Free)
    }
}

/// What letter an axis that must be at a place wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// Where a window stands: `p`.
    Window,
    /// Where one is within the window: `k`.
    Tap,
    /// A round of a loop: the loop's own letter.
    Round(LoopId),
    Any,
}

/// The value has no reading with this axis whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    pub axis: usize,
    pub hint: Hint,
}

type Result<T> = std::result::Result<T, Needs>;

/// Writes nodes of one graph, and remembers which names have been explained.
pub struct Writer<'g> {
    pub graph: &'g Graph,
    pub names: Names,
    /// Carried values of backward loops that were gone through, with their loops.
    pub crossed: Vec<(LoopId, NodeId)>,
    /// Index letters that stand for something where we are.
    pub in_use: Vec<String>,
    /// The value whose right side is being written.
    pub defining: Option<NodeId>,
    /// Sums and products that may still be begun; what is beyond is `…`.
    pub work: usize,
    /// Levels of formulas that are being written.
    depth: usize,
    /// Quotients that bear a name of the program.
    quotients: Vec<NodeId>,
    pub form: Form,
    /// Whether the body of a `scan` is written: its places count from 0 and stand in brackets, its values are those of the round.
    pub in_body: bool,
    /// Shapes to which what is being written goes back, so that how its elements were counted meanwhile needs no word.
    going_back: Vec<Vec<usize>>,
}

/// Without pairs of terms that are nothing together: their axes are none of the sum's.
fn without_opposites(terms: impl Iterator<Item = (bool, Piece)>) -> Vec<(bool, Piece)> {
    let mut kept: Vec<(bool, Piece)> = vec![];
    for (negative, piece) in terms {
        match kept.iter().position(|known| known.0 != negative && known.1 == piece) {
            Some(at) => drop(kept.remove(at)),
            None => kept.push((negative, piece)),
        }
    }
    kept
}

impl<'g> Writer<'g> {
    pub fn new(graph: &'g Graph, names: Names, form: Form) -> Writer<'g> {
        let is_quotient = |id: &NodeId| matches!(graph.op(*id), Op::Binary(op, ..) if *op == DIVIDE);
        let quotients = names.given().filter(is_quotient).collect();
        Writer {
            graph,
            names,
            crossed: vec![],
            in_use: vec![],
            defining: None,
            work: NOTATION_WORK,
            depth: 0,
            quotients,
            form,
            in_body: false,
            going_back: vec![],
        }
    }

    /// The value as a formula, its axes in ascending order.
    pub fn value(&mut self, id: NodeId, at: &At) -> Result<Piece> {
        if let Some(piece) = self.reference(id, at) {
            return Ok(piece);
        }
        let mut terms = vec![];
        self.terms(id, at, false, &mut terms)?;
        self.finish_sum(terms, self.graph.shape(id))
    }
    /// The formula itself, with names left aside for this node: the right side of a line.
    pub fn definition(&mut self, id: NodeId, at: &At) -> Result<Piece> {
        let before = self.defining.replace(id);
        let mut terms = vec![];
        let written = self.own_terms(id, at, false, &mut terms);
        self.defining = before;
        written?;
        self.finish_sum(terms, self.graph.shape(id))
    }
    /// A multiple of a value that has a line: what is 2 (y − t) is δ, so y − t is δ / 2.
    fn multiple(&mut self, id: NodeId, at: &At) -> Option<Factors> {
        let multiple = self.names.multiple_of(id)?;
        if self.defining == Some(multiple.line) {
            return None;
        }
        let piece = if multiple.transposed {
            let swapped = at.with(at.axes.iter().rev().cloned().collect());
            self.reference(multiple.line, &swapped)?.renamed(&[1, 0])
        } else {
            self.reference(multiple.line, at)?
        };
        Some(Factors::one(piece).times(Factors::number(multiple.factor)))
    }

    fn finish_sum(&self, terms: Vec<(bool, Piece)>, shape: &[usize]) -> Result<Piece> {
        let mut terms: Vec<(bool, Piece)> = without_opposites(terms.into_iter().map(|(n, p)| (n, p.ascending())));
        let axes = axes::union(terms.iter().map(|t| &t.1), shape, self.form)?;
        // A derivative that something is added to comes first.
        terms.sort_by_key(|t| !matches!(t.1.expression, Expression::Symbol(Symbol::Derivative { .. })));
        let expression = match terms.len() {
            1 => terms.into_iter().map(|(n, p)| if n { p.expression.negated() } else { p.expression }).next(),
            // Conditions that are added up are numbers.
            _ => Some(sum(terms.into_iter().map(|(n, p)| (n, p.expression.bracketed())).collect())),
        };
        Ok(Piece { expression: expression.unwrap_or(Expression::Number(0.0)), axes })
    }

    /// The terms of a sum, signs apart.
    fn terms(&mut self, id: NodeId, at: &At, negative: bool, out: &mut Vec<(bool, Piece)>) -> Result<()> {
        self.summed(id, at, negative, out, false)
    }
    /// The same, with the node's own name left aside.
    fn own_terms(&mut self, id: NodeId, at: &At, negative: bool, out: &mut Vec<(bool, Piece)>) -> Result<()> {
        self.summed(id, at, negative, out, true)
    }

    fn summed(&mut self, id: NodeId, at: &At, negative: bool, out: &mut Vec<(bool, Piece)>, own: bool) -> Result<()> {
        if !self.goes_on() {
            out.push((negative, Piece::elided(at)));
            return Ok(());
        }
        self.depth += 1;
        let written = self.summed_in_turn(id, at, negative, out, own);
        self.depth -= 1;
        written
    }

    /// A sum may be long: its terms are gone through in a loop.
    fn summed_in_turn(
        &mut self,
        id: NodeId,
        at: &At,
        negative: bool,
        out: &mut Vec<(bool, Piece)>,
        mut own: bool,
    ) -> Result<()> {
        let mut todo = vec![(id, negative)];
        while let Some((id, negative)) = todo.pop() {
            if !std::mem::replace(&mut own, false) {
                if let Some(piece) = self.reference(id, at) {
                    out.push((negative, piece));
                    continue;
                }
                if let Some(factors) = self.multiple(id, at) {
                    let (more, piece) = self.finish_product(factors, self.graph.shape(id))?;
                    out.push((negative != more, piece));
                    continue;
                }
            }
            match *self.graph.op(id) {
                Op::Binary(op, x, y) if op == ADD || op == SUBTRACT => {
                    todo.extend([(y, negative != (op == SUBTRACT)), (x, negative)]);
                    continue;
                }
                Op::Unary(op, x) if op == NEGATE => {
                    todo.push((x, !negative));
                    continue;
                }
                _ => {}
            }
            // What is transposed is a product: each of its factors is; so is what has zeros around it.
            let fills =
                matches!(self.graph.op(id), Op::View(view) if !view.is_total()) || self.is_handed_on(id, at).is_some();
            if !fills && let Some(inner) = self.see_through(id, at)?.filter(|inner| !inner.is_transposed()) {
                let mut terms = vec![];
                self.terms(inner.id, &inner.at, negative, &mut terms).map_err(|e| inner.outward(e))?;
                out.extend(terms.into_iter().map(|(n, p)| (n, p.renamed(&inner.axes))));
                continue;
            }
            let factors = self.own_factors(id, at)?;
            let factors = self.with_names(id, at, factors)?;
            let (more, piece) = self.finish_product(factors, self.graph.shape(id))?;
            out.push((negative != more, piece));
        }
        Ok(())
    }

    /// The factors of a product.
    fn factors(&mut self, id: NodeId, at: &At) -> Result<Factors> {
        self.multiplied(id, at, false)
    }
    /// The same, with the node's own name left aside.
    fn own_factors(&mut self, id: NodeId, at: &At) -> Result<Factors> {
        self.multiplied(id, at, true)
    }

    fn multiplied(&mut self, id: NodeId, at: &At, own: bool) -> Result<Factors> {
        if !self.goes_on() {
            return Ok(Factors::one(Piece::elided(at)));
        }
        self.depth += 1;
        let product = self.multiplied_in_turn(id, at, own);
        self.depth -= 1;
        product
    }

    /// So may a product.
    fn multiplied_in_turn(&mut self, id: NodeId, at: &At, mut own: bool) -> Result<Factors> {
        let mut product = Factors::number(1.0);
        let mut todo = vec![(id, false)];
        while let Some((id, under)) = todo.pop() {
            let named = if std::mem::replace(&mut own, false) {
                None
            } else {
                self.reference(id, at).map(Factors::one).or_else(|| self.multiple(id, at))
            };
            let factors = match (named, self.graph.op(id)) {
                (Some(factors), _) => factors,
                (None, Op::Binary(op, x, y)) if *op == MULTIPLY => {
                    todo.extend([(*y, under), (*x, under)]);
                    continue;
                }
                (None, Op::Binary(op, x, y)) if *op == DIVIDE => {
                    todo.extend([(*y, !under), (*x, under)]);
                    continue;
                }
                (None, Op::Unary(op, x)) if *op == RECIPROCAL => {
                    todo.push((*x, !under));
                    continue;
                }
                (None, Op::Unary(op, x)) if *op == NEGATE => {
                    product.coefficient = -product.coefficient;
                    todo.push((*x, under));
                    continue;
                }
                _ => self.factor(id, at)?,
            };
            product = if under { product.over(factors) } else { product.times(factors) };
        }
        Ok(product)
    }

    /// What is no product of two: a number, a contraction, a sum as one factor, a call.
    fn factor(&mut self, id: NodeId, at: &At) -> Result<Factors> {
        if let Some(value) = self.graph.constant_of(id) {
            return Ok(Factors::number(value));
        }
        match self.graph.op(id).clone() {
            Op::Binary(op, ..) if op == ADD || op == SUBTRACT => {
                let mut terms = vec![];
                self.own_terms(id, at, false, &mut terms)?;
                return Ok(Factors::one(self.finish_sum(terms, self.graph.shape(id))?));
            }
            Op::Binary(op, x, n) if op == POW => {
                if let Some(factors) = self.power_of_multiple(x, n, at)? {
                    return Ok(factors);
                }
            }
            Op::Select { condition, yes, no } => {
                if let Some(factors) = self.masked(condition, yes, no, at)? {
                    return Ok(factors);
                }
            }
            Op::Contract(c) => return self.contraction(&c, at),
            Op::ScatterAdd { .. } => return self.scatter(id, at),
            Op::Reduce { op: op @ (ReduceOp::Sum | ReduceOp::Mean), axes, x } => {
                return self.reduction(op, &axes, x, at);
            }
            Op::BatchMean { x, axes } => return self.batch_mean(x, &axes, at),
            Op::View(view) if !view.is_total() => {
                if let Some(factors) = self.filled(&view, at)? {
                    return Ok(factors);
                }
            }
            _ => {}
        }
        if let Some((of, binder)) = self.is_handed_on(id, at) {
            return self.handed_on(of, &binder, at);
        }
        if let Some(inner) = self.see_through(id, at)? {
            let factors = self.factors(inner.id, &inner.at).map_err(|e| inner.outward(e))?;
            return Ok(factors.renamed(&inner.axes));
        }
        Ok(Factors::one(self.atom(id, at)?))
    }

    /// `(2 x)²` is `4 x²`.
    fn power_of_multiple(&mut self, x: NodeId, n: NodeId, at: &At) -> Result<Option<Factors>> {
        let whole = self.graph.constant_of(n).filter(|n| n.fract() == 0.0 && n.abs() <= 4.0);
        let Some(n) = whole else { return Ok(None) };
        let base = self.factors(x, at)?;
        let coefficient = base.coefficient;
        if coefficient == 1.0 {
            return Ok(None);
        }
        let (_, base) = self.finish_product(Factors { coefficient: 1.0, ..base }, self.graph.shape(x))?;
        let power = base.expression.bracketed().power(Expression::number(n));
        let power = Factors::one(Piece { expression: power, axes: base.axes });
        Ok(Some(power.times(Factors::number(coefficient.powf(n)))))
    }

    /// Whether there is room for one more level; counts it as work.
    fn goes_on(&mut self) -> bool {
        self.work = self.work.saturating_sub(1);
        self.work > 0 && self.depth < NOTATION_DEPTH
    }

    /// `value` where whoever asks can't give an axis a place: a value without a reading gets a letter and a line of its own.
    fn value_or_letter(&mut self, id: NodeId, at: &At) -> Result<Piece> {
        match self.value(id, at) {
            Ok(piece) => Ok(piece),
            Err(needs) => {
                // What a loop carries bears no name itself, but what it starts with or is handed on does.
                if let Op::Leaf(Leaf::Binder(..)) = self.graph.op(id)
                    && let Some(inner) = self.see_through(id, at)?.filter(|inner| inner.id != id)
                {
                    return self.value_or_letter(inner.id, &inner.at);
                }
                self.call_by_letter(id);
                self.reference(id, at).ok_or(needs)
            }
        }
    }

    /// A letter for a value without a name.
    fn call_by_letter(&mut self, id: NodeId) {
        if !self.names.has(id) {
            self.names.indices.clone_from(&self.in_use);
            self.names.give_letter(self.graph, id);
            self.names.indices.clear();
        }
    }

    /// A formula with all free axes of the value, where it must not only be said once for all places that it repeats at.
    fn in_full(&mut self, id: NodeId, piece: Piece, at: &At) -> Result<Piece> {
        let shape = self.graph.shape(id).to_vec();
        let free: Vec<usize> = at.free().collect();
        let mut lacking = free.iter().copied().filter(|&k| shape[k] != 1 && !piece.axes.contains(&k));
        let Some(axis) = lacking.next() else { return Ok(piece) };
        if piece.axes.is_empty() {
            let sizes: Vec<usize> = free.iter().map(|&k| shape[k]).collect();
            return Ok(Piece { expression: Expression::filled(piece.expression.bracketed(), &sizes), axes: free });
        }
        self.call_by_letter(id);
        self.reference(id, at).ok_or(Needs { axis, hint: Hint::Any })
    }

    /// A sign with its subscripts and indices: the left side of a line.
    pub fn left(&self, id: NodeId, symbol: Symbol, at: &At) -> Expression {
        self.placed(id, Expression::Symbol(symbol), &self.graph.node(id).loops, at).expression
    }
    /// The place of a loop's first round.
    pub fn start_place(&self, of: LoopId) -> Affine {
        self.start_of(of)
    }
    /// The number of rounds, if the sign is the letter of a loop's last one.
    pub fn end_of_loop(&self, symbol: &Symbol) -> Option<(String, usize)> {
        let Symbol::Name(name) = symbol else { return None };
        let of = (0..self.graph.loops.len() as u32).map(LoopId).find(|l| self.names.loop_letter(*l).1 == *name)?;
        Some((name.clone(), self.graph.looped(of).length))
    }

    /// A letter for an index that nothing else stands for.
    pub fn fresh_letter(&self, hint: Hint) -> String {
        if let Hint::Round(of) = hint {
            let (letter, _) = self.names.loop_letter(of);
            if !self.in_use.contains(&letter) {
                return letter;
            }
        }
        let wanted: &[&str] = match hint {
            Hint::Window => &["p", "q", "r", "s"],
            Hint::Tap => &["k", "l", "m", "n"],
            Hint::Any | Hint::Round(_) => &["i", "j", "k", "l", "m", "n"],
        };
        let free = |letter: &str| !self.in_use.iter().any(|l| l == letter) && !self.names.is_taken(letter);
        let rest = ["i", "j", "k", "l", "m", "n", "p", "q", "r", "s", "u", "v"];
        wanted
            .iter()
            .chain(&rest)
            .find(|l| free(l))
            .map_or_else(|| (1..).map(|n| format!("i{n}")).find(|l| free(l)).unwrap_or_default(), |l| (*l).to_string())
    }
    /// Where a loop stands: its own letter, if nothing else was said.
    fn place_of(&self, of: LoopId, at: &At) -> Affine {
        match at.loops.iter().find(|l| l.0 == of) {
            Some((_, place)) => place.clone(),
            None => Affine::letter(&self.names.loop_letter(of).0),
        }
    }
}
