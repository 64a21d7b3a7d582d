//! Where a cotangent can be other than zero.
//!
//! What flows into a branch of an `if` matters only where the branch is taken. It is not masked when it enters, but when it leaves: on its way a slope
//! may be infinite where the branch is not taken, and 0 · ∞ is no number. So a cotangent knows the conditions under which it matters, and
//! meets them again before it is mixed with what matters elsewhere: once for each way, however many nodes the way has.
use crate::graph::linear::{picked, spread};
use crate::graph::places;
use crate::graph::{Graph, Leaf, Linear, LoopId, NodeId, Op};
use crate::op::ReduceOp;
use rustc_hash::{FxBuildHasher, FxHashMap};
use std::hash::BuildHasher;

/// Conditions that all hold: truth values (of the cotangent's shape, or one for all elements) and the side that each is on. None: everywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Support(Vec<(NodeId, bool)>);

impl Support {
    pub fn is_everywhere(&self) -> bool {
        self.0.is_empty()
    }
    /// Whether a condition would have to hold and not hold.
    fn is_nowhere(&self) -> bool {
        self.0.iter().any(|&(condition, side)| side && self.0.contains(&(condition, false)))
    }

    /// What is left of it where the condition is on this side, too.
    pub fn within(&self, graph: &Graph, condition: NodeId, side: bool) -> Support {
        // One number for all elements fits any shape.
        let base = graph.unexpanded(condition);
        let condition = if graph.shape(base).is_empty() { base } else { condition };
        let mut all = self.clone();
        if let Err(at) = all.0.binary_search(&(condition, side)) {
            all.0.insert(at, (condition, side));
        }
        all
    }

    /// The condition of which two supports are the two sides, if they are the same but for it; and what they have in common.
    fn complement(&self, other: &Support) -> Option<(NodeId, bool, Support)> {
        let only = |a: &Support, b: &Support| -> Vec<(NodeId, bool)> {
            a.0.iter().copied().filter(|l| !b.0.contains(l)).collect()
        };
        match (&only(self, other)[..], &only(other, self)[..]) {
            (&[(condition, side)], &[(other_condition, other_side)])
                if condition == other_condition && side != other_side =>
            {
                let common = self.0.iter().copied().filter(|l| *l != (condition, side)).collect();
                Some((condition, side, Support(common)))
            }
            _ => None,
        }
    }

    /// As one truth value of a shape.
    fn condition(&self, graph: &mut Graph, shape: &[usize]) -> Option<NodeId> {
        let mut all = None;
        for &(condition, side) in &self.0 {
            let wide = graph.expand_to(condition, shape);
            let holds = if side { wide } else { graph.not(wide) };
            all = Some(all.map_or(holds, |before| graph.and(before, holds)));
        }
        all
    }

    fn is_of_numbers(&self, graph: &Graph) -> bool {
        self.0.iter().all(|(condition, _)| graph.shape(*condition).is_empty())
    }
}

/// A cotangent, or a share of one. Outside of its support it is zero if it is `clean`, else it may be anything.
#[derive(Clone, Debug)]
pub struct Cotangent {
    pub value: NodeId,
    pub support: Support,
    pub clean: bool,
}

impl Cotangent {
    pub fn everywhere(value: NodeId) -> Cotangent {
        Cotangent { value, support: Support::default(), clean: true }
    }

    /// Zero outside of its support.
    pub fn cleaned(mut self, graph: &mut Graph) -> Cotangent {
        if !self.clean {
            let shape = graph.shape(self.value).to_vec();
            let zero = graph.constant(0.0, &shape);
            for &(condition, side) in &self.support.0 {
                let condition = graph.expand_to(condition, &shape);
                let (yes, no) = if side { (self.value, zero) } else { (zero, self.value) };
                self.value = graph.select(condition, yes, no);
            }
            self.clean = true;
        }
        self
    }

    /// The same in each round of a loop, or of all rounds: conditions go where the elements go.
    pub fn at_each(&self, graph: &mut Graph, map: &dyn Fn(&mut Graph, NodeId) -> NodeId) -> Cotangent {
        let shape = graph.shape(self.value).to_vec();
        let mut all: Vec<(NodeId, bool)> = vec![];
        for &(condition, side) in &self.support.0 {
            let wide = graph.expand_to(condition, &shape);
            all.push((map(graph, wide), side));
        }
        all.sort();
        all.dedup();
        Cotangent { value: map(graph, self.value), support: Support(all), clean: self.clean }
    }

    /// What a side of a choice gets.
    pub fn on_side(&self, graph: &Graph, condition: NodeId, side: bool) -> Cotangent {
        let support = self.support.within(graph, condition, side);
        let clean = self.clean && support == self.support;
        Cotangent { value: self.value, support, clean }
    }

    /// What goes through the transpose of a map to an operand of this shape: the conditions go with it where each element gives to one,
    /// or they are the same for all. Else it is cleaned, and may then be anywhere.
    pub fn through(self, graph: &mut Graph, map: &Linear, keeps_zeros: bool, shape: &[usize]) -> Cotangent {
        let support = match self.carried(graph, map, shape) {
            Some(support) => support,
            None => {
                let value = self.cleaned(graph).value;
                return Cotangent::everywhere(map.transpose(graph, value, shape));
            }
        };
        // What is not taken must not be mixed in.
        let mixes = matches!(map, Linear::View(_) | Linear::Gather { .. } | Linear::Prefix);
        let mixes = mixes && !self.support.is_of_numbers(graph);
        let cotangent = if mixes { self.cleaned(graph) } else { self };
        let value = map.transpose(graph, cotangent.value, shape);
        let clean = support.is_everywhere() || cotangent.clean && keeps_zeros;
        Cotangent { value, clean, support }
    }

    /// A slope that is a choice between a value and zero, as that of `max(x, y)`, is met like a branch that is not taken: where it leaves.
    /// None of any other.
    pub fn chosen(&self, graph: &Graph) -> Option<Cotangent> {
        let (condition, side, value) = graph.value_or_zero(self.value)?;
        Some(Cotangent { value, support: self.support.within(graph, condition, side), clean: false })
    }

    /// What goes to the operand of `max` or `min` over axes: it is met again where its elements leave.
    pub fn picked(self, graph: &mut Graph, index: NodeId, axes: &[usize], shape: &[usize]) -> Cotangent {
        let of_numbers = self.support.is_of_numbers(graph);
        let d = if of_numbers { self } else { Cotangent::everywhere(self.cleaned(graph).value) };
        let (value, condition) = picked(graph, index, axes, d.value, shape);
        Cotangent { value, support: d.support.within(graph, condition, true), clean: false }
    }

    /// The same through a map that says where elements stand: those that are given nothing are not taken, like a branch.
    pub fn of_entries(self, graph: &mut Graph, map: &Linear, keeps_zeros: bool, shape: &[usize]) -> Cotangent {
        let (given, before) = (graph.shape(self.value).to_vec(), self.value);
        let mut share = self.through(graph, map, keeps_zeros, shape);
        let taken = match map {
            Linear::View(view) => {
                let taken = places::read(graph, view, shape);
                if let Some(spread) = taken.and_then(|_| places::spread(graph, share.value)) {
                    (share.value, share.clean) = (spread, false);
                }
                taken
            }
            Linear::Gather { index, shared, size }
                if graph.shape(*index).len() == *shared && given.len() == *shared =>
            {
                (share.value, share.clean) = (graph.along_last(before, shape), false);
                Some(graph.one_hot(*index, *size))
            }
            Linear::Gather { .. } => {
                let all = graph.known(true, &given);
                Some(where_any(graph, map, all, shape))
            }
            _ => None,
        };
        if let Some(taken) = taken {
            share.support = share.support.within(graph, taken, true);
        }
        share
    }

    fn carried(&self, graph: &mut Graph, map: &Linear, shape: &[usize]) -> Option<Support> {
        if self.support.is_everywhere() {
            return Some(Support::default());
        }
        match map {
            Linear::Slope(_) | Linear::Choose { .. } => Some(self.support.clone()),
            // A condition of one example is none of the others.
            Linear::Examples { .. } => None,
            Linear::View(_)
            | Linear::Reshape { .. }
            | Linear::Part { .. }
            | Linear::Sum { .. }
            | Linear::Mean { .. }
            | Linear::Weighted { .. } => Some(self.moved(graph, map, shape)),
            Linear::Gather { .. } | Linear::Scatter { .. } | Linear::Order { .. } | Linear::Prefix => {
                Some(self.moved(graph, map, shape))
            }
            Linear::Pick { .. } | Linear::Product { .. } | Linear::Softmax { .. } | Linear::Centred { .. } => {
                self.support.is_of_numbers(graph).then(|| self.support.clone())
            }
        }
    }

    /// The conditions where their elements go. Where several elements give to one, that matters if any of them does.
    fn moved(&self, graph: &mut Graph, map: &Linear, shape: &[usize]) -> Support {
        let mut all: Vec<(NodeId, bool)> = vec![];
        for &(condition, side) in &self.support.0 {
            if graph.shape(condition).is_empty() {
                all.push((condition, side));
                continue;
            }
            // What is not there any more is not taken.
            let holds = if side { condition } else { graph.not(condition) };
            let moved = match map {
                Linear::View(view) => {
                    let seen = view.with_pivots();
                    let holds = graph.reshape(holds, &seen.shape);
                    let (adjoint, summed) = seen.adjoint(holds, shape);
                    let there = graph.intern(crate::graph::Op::View(adjoint));
                    any(graph, there, &summed)
                }
                Linear::Sum { axes } | Linear::Mean { axes } | Linear::Weighted { axes, .. } => {
                    spread(graph, holds, shape, axes)
                }
                Linear::Reshape { .. } | Linear::Part { .. } => map.transpose(graph, holds, shape),
                map => where_any(graph, map, holds, shape),
            };
            all.push((moved, true));
        }
        all.sort();
        all.dedup();
        Support(all)
    }

    /// The sum over the rounds of a loop: where it matters in any of them.
    pub fn over_rounds(
        self,
        graph: &mut Graph,
        of: LoopId,
        sum: impl FnOnce(&mut Graph, NodeId) -> NodeId,
    ) -> Cotangent {
        let is_of_round = |graph: &Graph, condition: NodeId| graph.node(condition).loops.contains(&of);
        if !self.support.0.iter().any(|(condition, _)| is_of_round(graph, *condition)) {
            return Cotangent { value: sum(graph, self.value), ..self };
        }
        let shape = graph.shape(self.value).to_vec();
        let support = match self.support.condition(graph, &shape) {
            Some(condition) => {
                let all = graph.stacked(of, condition);
                Support(vec![(any(graph, all, &[0]), true)])
            }
            None => Support::default(),
        };
        let value = self.cleaned(graph).value;
        Cotangent { value: sum(graph, value), support, clean: true }
    }
}

/// Where a condition holds for anything that is added up in an element.
fn where_any(graph: &mut Graph, map: &Linear, holds: NodeId, shape: &[usize]) -> NodeId {
    let taken = graph.number_of(holds);
    let count = map.transpose(graph, taken, shape);
    let zero = graph.constant(0.0, shape);
    graph.greater(count, zero)
}

/// Whether a condition holds anywhere along axes.
fn any(graph: &mut Graph, condition: NodeId, axes: &[usize]) -> NodeId {
    if axes.is_empty() {
        return condition;
    }
    // In each row and each column of the identity there is a 1.
    if let ([_], Op::OneHot { index, size }) = (axes, graph.op(graph.unpermuted(condition)))
        && *graph.op(*index) == Op::Leaf(Leaf::Iota(*size))
    {
        return graph.known(true, &[*size]);
    }
    let most = graph.reduce(ReduceOp::Max, axes, condition);
    let shape = graph.shape(most).to_vec();
    let zero = graph.constant(0.0, &shape);
    graph.greater(most, zero)
}

/// The sum of shares: those that matter at the same places are added as they are, two that never matter together are one choice, what is left is
/// cleaned first.
pub fn sum(graph: &mut Graph, shares: Vec<Cotangent>) -> Option<Cotangent> {
    let mut groups: Vec<Cotangent> = vec![];
    for share in shares.into_iter().filter(|share| !share.support.is_nowhere()) {
        match groups.iter_mut().find(|group| group.support == share.support) {
            Some(group) => {
                group.value = graph.add(group.value, share.value);
                group.clean &= share.clean;
            }
            None => groups.push(share),
        }
    }
    while let Some((first, second, complement)) = pair(&groups) {
        let other = groups.remove(second);
        let one = groups.remove(first);
        let (condition, side, support) = complement;
        let shape = graph.shape(one.value).to_vec();
        let condition = graph.expand_to(condition, &shape);
        let (yes, no) = if side { (one.value, other.value) } else { (other.value, one.value) };
        // Both are right where the condition is on their side and the rest holds.
        let value = graph.select(condition, yes, no);
        let merged = Cotangent { value, clean: support.is_everywhere() || one.clean && other.clean, support };
        match groups.iter_mut().find(|group| group.support == merged.support) {
            Some(group) => {
                group.value = graph.add(group.value, merged.value);
                group.clean &= merged.clean;
            }
            None => groups.insert(first, merged),
        }
    }
    let mut groups = groups.into_iter();
    let first = groups.next()?;
    Some(groups.fold(first, |sum, share| {
        let shape = graph.shape(sum.value).to_vec();
        let conditions = (sum.support.condition(graph, &shape), share.support.condition(graph, &shape));
        let within = |a: &Support, b: &Support| a.0.iter().all(|l| b.0.contains(l));
        let support = match conditions {
            // Where more conditions hold, fewer do, too.
            (Some(_), Some(_)) if within(&sum.support, &share.support) => sum.support.clone(),
            (Some(_), Some(_)) if within(&share.support, &sum.support) => share.support.clone(),
            (Some(a), Some(b)) => Support(vec![(graph.or(a, b), true)]),
            _ => Support::default(),
        };
        let (a, b) = (sum.cleaned(graph).value, share.cleaned(graph).value);
        Cotangent { value: graph.add(a, b), support, clean: true }
    }))
}

/// Two shares that never matter together, though one of them always does where what they have in common holds: the first such pair. A chain of
/// `else if` has as many shares as branches, so that they are found by what is left of each without one condition.
fn pair(groups: &[Cotangent]) -> Option<(usize, usize, (NodeId, bool, Support))> {
    let mut found: FxHashMap<(u64, NodeId, bool), Vec<usize>> = FxHashMap::default();
    let rests = |group: &Cotangent| {
        let hash = |literal: &(NodeId, bool)| FxBuildHasher.hash_one(literal);
        let whole = group.support.0.iter().map(hash).fold(0, u64::wrapping_add);
        let rest = move |literal: &(NodeId, bool)| (whole.wrapping_sub(hash(literal)), *literal);
        group.support.0.iter().map(rest).collect::<Vec<_>>()
    };
    for (at, group) in groups.iter().enumerate() {
        for (rest, (condition, side)) in rests(group) {
            found.entry((rest, condition, side)).or_default().push(at);
        }
    }
    groups.iter().enumerate().find_map(|(first, group)| {
        let others = rests(group).into_iter().filter_map(|(rest, (condition, side))| {
            found.get(&(rest, condition, !side))?.iter().copied().find(|&other| first < other)
        });
        let second = others.min()?;
        Some((first, second, group.support.complement(&groups[second].support)?))
    })
}
