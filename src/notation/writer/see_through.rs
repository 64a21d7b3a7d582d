//! Nodes that paper does not show: expansions, permutations, places of loops, axes of one element.
use super::axes::union;
use super::product::Factors;
use super::{At, Axis, Needs, Piece, Result, Writer};
use crate::graph::{Binder, Leaf, LoopId, NodeId, Op};
use crate::notation::expression::{Expression, Symbol};
use crate::notation::names::value_of_rounds;
use crate::notation::place::{Affine, Place};
use crate::op::Interval;
use crate::op::arithmetic::DIVIDE;
use crate::op::comparison::GREATER;

/// What stands behind such a node, how it is looked at, and how its axes are called outside.
pub struct Inner {
    pub id: NodeId,
    pub at: At,
    /// Axis `k` of the inner value is axis `axes[k]` of the outer one; meaningless where it is at a place.
    pub axes: Vec<usize>,
}

impl Inner {
    /// Whether whole axes stand in another order outside.
    pub fn is_transposed(&self) -> bool {
        let whole: Vec<usize> = self.at.free().map(|k| self.axes[k]).collect();
        !whole.is_sorted()
    }
    /// A need of the inner value as one of the outer.
    pub fn outward(&self, needs: Needs) -> Needs {
        Needs { axis: self.axes[needs.axis], ..needs }
    }
}

impl Writer<'_> {
    /// The value behind a node that only says where or how often, if it is one.
    pub(super) fn see_through(&mut self, id: NodeId, at: &At) -> Result<Option<Inner>> {
        Ok(match self.graph.op(id).clone() {
            Op::View(view) => match self.rows(&view, at)? {
                Some((axes, names)) => Some(Inner { id: view.x, at: at.with(axes), axes: names }),
                None => None,
            },
            Op::Reshape { x, shape } => unit_axes(self.graph.shape(x), &shape, at).map(|(axes, names)| Inner {
                id: x,
                at: at.with(axes),
                axes: names,
            }),
            Op::Element { of, x } => {
                let place = Place::Affine(self.along_axis(&self.place_of(of, at)));
                let axes = std::iter::once(Axis::At(place)).chain(at.axes.iter().cloned()).collect();
                let names = (0..=at.axes.len()).map(|k| k.saturating_sub(1)).collect();
                Some(Inner { id: x, at: at.with(axes), axes: names })
            }
            Op::Last { of, x } => {
                let place = self.end_of(of);
                Some(Inner { id: x, at: at.in_loop(of, place, at.axes.clone()), axes: (0..at.axes.len()).collect() })
            }
            Op::Stacked { of, x } => match &at.axes[0] {
                Axis::At(Place::Affine(place)) => {
                    let place = self.counted(of, place);
                    let inner = at.in_loop(of, place, at.axes[1..].to_vec());
                    Some(Inner { id: x, at: inner, axes: (1..at.axes.len()).collect() })
                }
                // A stack that has no name is spoken of by its rounds.
                Axis::Free if !matches!(self.graph.op(x), Op::Element { .. }) => {
                    return Err(Needs { axis: 0, hint: super::Hint::Round(of) });
                }
                _ => None,
            },
            Op::Leaf(Leaf::Binder(of, index)) => {
                let binder = self.graph.looped(of).binders[index as usize].clone();
                let place = self.place_of(of, at);
                let same = (0..at.axes.len()).collect();
                if place == self.start_of(of) || binder.next == id {
                    Some(Inner { id: binder.init, at: at.clone(), axes: same })
                } else {
                    self.crossed.push((of, binder.init));
                    let before = place.plus(if self.graph.looped(of).reverse { 1 } else { -1 });
                    Some(Inner { id: binder.next, at: at.in_loop(of, before, at.axes.clone()), axes: same })
                }
            }
            _ => None,
        })
    }

    /// The loop of a carried value that has no sign, where no line says the first round apart.
    pub(super) fn is_handed_on(&self, id: NodeId, at: &At) -> Option<(LoopId, Binder)> {
        let Op::Leaf(Leaf::Binder(of, index)) = *self.graph.op(id) else { return None };
        let binder = self.graph.looped(of).binders[index as usize].clone();
        let place = self.place_of(of, at);
        let has_line = self.defining.is_some_and(|line| self.graph.node(line).loops.contains(&of));
        let is_same = binder.next == id || binder.next == binder.init || self.names.has(binder.next);
        let is_known = has_line || is_same || place.terms.is_empty() || place == self.start_of(of);
        (!is_known).then_some((of, binder))
    }

    /// What a loop was given in its first round and hands on in the others: `[t = 1] c + [t ≠ 1] x_{t−1}`.
    pub(super) fn handed_on(&mut self, of: LoopId, binder: &Binder, at: &At) -> Result<Factors> {
        let Binder { init, next, .. } = *binder;
        let place = self.place_of(of, at);
        let before = place.plus(if self.graph.looped(of).reverse { 1 } else { -1 });
        let later = at.in_loop(of, before, at.axes.clone());
        let compare = |sign| {
            let (place, start) = (place.expression(), self.start_of(of).expression());
            Expression::Bracket(Box::new(Expression::Compare(sign, Box::new(place), Box::new(start))))
        };
        let (first, others) = (compare("=="), compare("!="));
        let is_zero = |id| self.graph.constant_of(id) == Some(0.0);
        if is_zero(next) {
            return Ok(self.factors(init, at)?.times(Factors::one(Piece::scalar(first))));
        }
        if is_zero(init) {
            return Ok(self.factors(next, &later)?.times(Factors::one(Piece::scalar(others))));
        }
        let (yes, no) = (self.value(init, at)?, self.value(next, &later)?);
        let axes = union([&yes, &no].into_iter(), self.graph.shape(init), self.form)?;
        let condition = Box::new(first.condition());
        let expression = Expression::If { condition, yes: Box::new(yes.expression), no: Box::new(no.expression) };
        Ok(Factors::one(Piece { expression, axes }))
    }

    /// The place of a loop's first round; places of loops count from 1.
    pub(super) fn start_of(&self, of: LoopId) -> Affine {
        let (_, end) = self.names.loop_letter(of);
        if self.graph.looped(of).reverse { Affine::letter(&end) } else { Affine::number(1) }
    }
    /// The place of its last one.
    pub(super) fn end_of(&self, of: LoopId) -> Affine {
        let (_, end) = self.names.loop_letter(of);
        if self.graph.looped(of).reverse { Affine::number(1) } else { Affine::letter(&end) }
    }
    /// How the last round of a loop is spoken of, `h_T`, if that is what a name of the top level stands for.
    pub fn last_round(&self, id: NodeId, name: &str) -> Option<Expression> {
        let (of, x, place) = match *self.graph.op(id) {
            Op::Last { of, x } => (of, x, self.end_of(of)),
            Op::View(ref view) => match *self.graph.op(view.x) {
                Op::Stacked { of, x } if value_of_rounds(self.graph, id) == x => {
                    (of, x, Affine::letter(&self.names.loop_letter(of).1))
                }
                _ => return None,
            },
            _ => return None,
        };
        let symbol = Symbol::Name(name.to_string());
        let is_it = self.graph.node(x).loops[..] == [of] && self.names.get(x).is_some_and(|t| t.symbol == symbol);
        is_it.then(|| Expression::Symbol(symbol).subscript(vec![place.expression()]))
    }
    /// A round as a place along an axis, the other way round than [`Self::counted`].
    fn along_axis(&self, round: &Affine) -> Affine {
        // Within the body of a loop its rounds count from 0, too.
        let is_place = self.in_body && !round.terms.is_empty();
        let less = if is_place { 0 } else { round.divisor - self.letters_of_loops(round) };
        Affine { offset: round.offset - less, ..round.clone() }
    }

    /// A place along a stack as one of its loop: letters are the same, numbers count from 1 and the last is the end's letter.
    fn counted(&self, of: LoopId, place: &Affine) -> Affine {
        if !place.terms.is_empty() || place.divisor != 1 {
            // Letters of loops count from 1, those of axes from 0.
            let less = place.divisor - self.letters_of_loops(place);
            return Affine { offset: place.offset + less, ..place.clone() };
        }
        let length = self.graph.looped(of).length as i64;
        if place.offset == length - 1 {
            Affine::letter(&self.names.loop_letter(of).1)
        } else {
            Affine::number(place.offset + 1)
        }
    }

    /// Whether a condition only keeps a quotient from 0 / 0: `if y > 0 then x / y else 0` of a `y` that is never below zero.
    pub(super) fn guards_division(&self, condition: NodeId, yes: NodeId) -> bool {
        let Op::Binary(greater, y, zero) = *self.graph.op(condition) else { return false };
        let Op::Binary(divide, _, below) = *self.graph.op(yes) else { return false };
        let base = |id| self.graph.unexpanded(id);
        let is_size = match self.graph.op(base(y)) {
            Op::Unary(op, _) => 0.0 <= (op.range)(Interval::ALL).low,
            Op::Binary(op, ..) => 0.0 <= (op.range)(Interval::ALL, Interval::ALL).low,
            Op::Named(op, _) => 0.0 <= op.range.low,
            _ => false,
        };
        is_size
            && greater == GREATER
            && divide == DIVIDE
            && self.graph.constant_of(zero) == Some(0.0)
            && base(y) == base(below)
    }
}

/// If two shapes differ in axes of one element only: how the inner value is looked at, and its axes' outer names.
fn unit_axes(inner: &[usize], outer: &[usize], at: &At) -> Option<(Vec<Axis>, Vec<usize>)> {
    let mut axes = vec![];
    let mut names = vec![];
    let mut k = 0;
    for &extent in inner {
        while k < outer.len() && outer[k] == 1 && extent != 1 {
            k += 1;
        }
        if k < outer.len() && outer[k] == extent {
            axes.push(at.axes[k].clone());
            names.push(k);
            k += 1;
        } else if extent == 1 {
            axes.push(Axis::At(Place::Affine(Affine::number(0))));
            names.push(0);
        } else {
            return None;
        }
    }
    outer[k..].iter().all(|&n| n == 1).then_some((axes, names))
}
