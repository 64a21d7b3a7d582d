//! Where a cotangent can be other than zero.
//!
//! What flows into a branch of an `if` matters only where the branch is taken. It is not masked when it enters, but when it leaves: on its way a slope
//! may be infinite where the branch is not taken, and 0 · ∞ is no number. So a cotangent knows the conditions under which it matters, and
//! meets them again before it is mixed with what matters elsewhere: once for each way, however many nodes the way has.
use crate::graph::{Graph, Linear, NodeId};
use crate::op::comparison::{AND, NOT, OR};

/// Conditions that all hold: truth values (of the cotangent's shape, or one for all elements) and the side that each is on. None: everywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Support(Vec<(NodeId, bool)>);

impl Support {
    pub fn is_everywhere(&self) -> bool {
        self.0.is_empty()
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
            let holds = if side { wide } else { graph.unary(&NOT, wide) };
            all = Some(all.map_or(holds, |before| graph.binary(&AND, before, holds)));
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
        let value = map.transpose(graph, self.value, shape);
        Cotangent { value, clean: support.is_everywhere() || self.clean && keeps_zeros, support }
    }

    fn carried(&self, graph: &mut Graph, map: &Linear, shape: &[usize]) -> Option<Support> {
        if self.support.is_everywhere() {
            return Some(Support::default());
        }
        let moves = |graph: &mut Graph, by: &dyn Fn(&mut Graph, NodeId) -> NodeId| {
            let mut all: Vec<(NodeId, bool)> = vec![];
            for &(condition, side) in &self.support.0 {
                let same = graph.shape(condition).is_empty();
                // What is not there any more is not taken.
                let holds = if side || same { condition } else { graph.unary(&NOT, condition) };
                let side = side || !same;
                all.push((if same { condition } else { by(graph, holds) }, side));
            }
            all.sort();
            all.dedup();
            Some(Support(all))
        };
        match map {
            Linear::Slope(_) | Linear::Choose { .. } => Some(self.support.clone()),
            // A condition of one example is none of the others.
            Linear::Examples { .. } => None,
            Linear::View(view) => {
                let seen = view.with_pivots();
                let gives_once = seen.shape.len() == view.shape.len() && seen.adjoint(self.value, shape).1.is_empty();
                if gives_once {
                    moves(graph, &|graph, condition| map.transpose(graph, condition, shape))
                } else {
                    self.support.is_of_numbers(graph).then(|| self.support.clone())
                }
            }
            Linear::Reshape { .. } | Linear::Part { .. } => {
                moves(graph, &|graph, condition| map.transpose(graph, condition, shape))
            }
            _ => self.support.is_of_numbers(graph).then(|| self.support.clone()),
        }
    }
}

/// The sum of shares: those that matter at the same places are added as they are, two that never matter together are one choice, what is left is
/// cleaned first.
pub fn sum(graph: &mut Graph, shares: Vec<Cotangent>) -> Option<Cotangent> {
    let mut groups: Vec<Cotangent> = vec![];
    for share in shares {
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
        let support = match conditions {
            (Some(a), Some(b)) => Support(vec![(graph.binary(&OR, a, b), true)]),
            _ => Support::default(),
        };
        let (a, b) = (sum.cleaned(graph).value, share.cleaned(graph).value);
        Cotangent { value: graph.add(a, b), support, clean: true }
    }))
}

/// Two shares that never matter together, though one of them always does where what they have in common holds.
fn pair(groups: &[Cotangent]) -> Option<(usize, usize, (NodeId, bool, Support))> {
    (0..groups.len()).find_map(|first| {
        (first + 1..groups.len()).find_map(|second| {
            let complement = groups[first].support.complement(&groups[second].support)?;
            Some((first, second, complement))
        })
    })
}
