//! Elements that a body is read for: of what `for` goes over, and of what a function is mapped over.
//!
//! A body is read once, with a hole for one element, and lifted over all of them then. A derivative that stands in it looks through the hole: what the
//! element is taken from may depend on what is differentiated by.
use super::elaborator::{Elaborator, Element};
use crate::graph::{Kind, Leaf, NodeId, Op, Type};

impl Elaborator<'_> {
    /// A hole for one element of a value's first axis.
    pub fn element_hole(&mut self, all: NodeId) -> NodeId {
        let ty = self.graph.ty(all);
        let ty = Type { shape: ty.shape[1..].to_vec(), kind: ty.kind, varying: ty.varying };
        let hole = self.graph.hole(ty);
        let ends = self.graph.ends(all)[1..].to_vec();
        self.graph.set_ends(hole, ends);
        self.facts.elements.push(Element { hole, all, place: None });
        hole
    }
    /// A hole for an argument, by which a function differentiates before it is put in: the element of a list of one.
    pub fn argument_hole(&mut self, argument: NodeId) -> NodeId {
        let shape = [&[1], self.graph.shape(argument)].concat();
        let all = self.graph.reshape(argument, &shape);
        self.element_hole(all)
    }
    /// What is put in the places of such holes: the arguments, and their places where a derivative asked for them.
    pub fn arguments_in_place(&mut self, pairs: &[(NodeId, NodeId)]) -> Vec<(NodeId, NodeId)> {
        let mut all = self.put_in_place(pairs);
        for (_, places) in &mut all[pairs.len()..] {
            *places = self.graph.index(*places, 0, 0);
        }
        all
    }
    /// What is put in the places of holes when their body is lifted: over all elements, and over their places where a derivative asked for them.
    pub fn put_in_place(&mut self, pairs: &[(NodeId, NodeId)]) -> Vec<(NodeId, NodeId)> {
        let mut all = pairs.to_vec();
        for element in &self.facts.elements {
            if let Some(place) = element.place
                && pairs.iter().any(|(hole, _)| *hole == element.hole)
            {
                let size = self.graph.shape(element.all)[0];
                all.push((place, self.graph.intern(Op::Leaf(Leaf::Iota(size)))));
            }
        }
        all
    }

    /// A value that is differentiated by another one, with elements that depend on that as what they are taken from; and what puts the holes back.
    pub(super) fn through_elements(&mut self, of: NodeId, by: NodeId) -> (NodeId, Vec<(NodeId, NodeId)>) {
        let of = self.with_originals(of, by);
        if self.facts.elements.is_empty() {
            return (of, vec![]);
        }
        // Those that it is made of; what they are taken from may be made of elements of loops around theirs.
        let (mut roots, mut within) = (vec![of], vec![]);
        let mut below = self.graph.reachable(&roots);
        for (at, element) in self.facts.elements.iter().enumerate().rev() {
            if below.binary_search(&element.hole).is_ok() {
                roots.push(element.all);
                within.push(at);
                below = self.graph.reachable(&roots);
            }
        }
        let mut sources = vec![by];
        let mut dependent: Vec<usize> = vec![];
        for at in within.into_iter().rev() {
            let Element { hole, all, .. } = self.facts.elements[at];
            if hole != by && self.graph.dependents(&sources)[all.index()] {
                sources.push(hole);
                dependent.push(at);
            }
        }
        let (mut seen, mut back) = (of, vec![]);
        for at in dependent.into_iter().rev() {
            let Element { hole, all, place } = self.facts.elements[at];
            let kind = Kind::Index(self.graph.shape(all)[0]);
            let place = place.unwrap_or_else(|| self.graph.hole(Type { shape: vec![], kind, varying: false }));
            self.facts.elements[at].place = Some(place);
            let taken = self.graph.gather(all, place, 0);
            seen = self.graph.unwatched(|graph| graph.substitute(&[seen], &[(hole, taken)]))[0];
            back.insert(0, (taken, hole));
        }
        (seen, back)
    }
    /// What is recognised before a derivative is taken has other nodes; where one of them is another form of what is differentiated by, that stands
    /// in its place.
    pub(super) fn with_originals(&mut self, of: NodeId, by: NodeId) -> NodeId {
        if self.graph.name_of(by).is_none() {
            return of;
        }
        let is_form = |id: &NodeId| self.graph.form_of(*id) == Some(by);
        let pairs: Vec<(NodeId, NodeId)> =
            self.graph.reachable(&[of]).into_iter().filter(is_form).map(|id| (id, by)).collect();
        if pairs.is_empty() { of } else { self.graph.unwatched(|graph| graph.substitute(&[of], &pairs))[0] }
    }
    /// The derivative of what was seen through elements, with the holes for them again.
    pub(super) fn with_elements(&mut self, derivative: NodeId, back: &[(NodeId, NodeId)]) -> NodeId {
        back.iter()
            .fold(derivative, |value, pair| self.graph.unwatched(|graph| graph.substitute(&[value], &[*pair]))[0])
    }
}
