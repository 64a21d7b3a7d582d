//! What may stand in the place of another value: one of the same shape and kind. It may cease to vary and be the same in more rounds of
//! loops than before (`x - x`), never the reverse.
use super::{Graph, Kind, LoopId, NodeId, Op, Type};
use crate::op::comparison::GREATER;

/// A type, and the loops in whose rounds a value differs: what has to be kept.
#[derive(Clone, Debug)]
pub struct Signature {
    pub ty: Type,
    pub loops: Box<[LoopId]>,
}

impl Graph {
    /// What a value has to keep where another one takes its place.
    pub fn signature_of(&self, id: NodeId) -> Signature {
        let node = self.node(id);
        Signature { ty: node.ty.clone(), loops: node.loops.clone() }
    }
    /// Why a value may not stand for one of this signature, if it may not.
    pub fn misfit(&self, new: NodeId, signature: &Signature) -> Option<String> {
        let node = self.node(new);
        let (ty, old) = (&node.ty, &signature.ty);
        let fits = ty.shape == old.shape
            && ty.kind.replaces(old.kind)
            && (old.varying || !ty.varying)
            && node.loops.iter().all(|l| signature.loops.contains(l));
        (!fits).then(|| {
            format!(
                "%{} is {ty:?} in loops {:?}, and stands in the place of {old:?} in loops {:?}",
                new.0, node.loops, signature.loops
            )
        })
    }
    /// The value as what it takes the place of: a truth value or a place as a number, if that is needed. Nothing if there is no way, as
    /// from a number to a truth value, and from a class to anything.
    pub fn as_kind(&mut self, new: NodeId, kind: Kind) -> Option<NodeId> {
        match (self.ty(new).kind, kind) {
            (own, kind) if own.replaces(kind) => Some(new),
            (Kind::Bool, Kind::Real) => Some(self.number_of(new)),
            // A place is a number already where it is computed with.
            (Kind::Index(_), Kind::Real) => Some(self.scale(new, 1.0)),
            _ => None,
        }
    }
    /// A value for a hole: of its shape, and of its kind. It may vary where the hole did not: what is made of it is typed anew.
    pub fn in_place_of(&mut self, x: NodeId, mut signature: Signature) -> NodeId {
        let fitted = self.as_kind(x, signature.ty.kind).unwrap_or(x);
        (signature.ty.varying, signature.loops) = (true, self.node(fitted).loops.clone());
        self.keeps_type(fitted, &signature, "a value that is put in");
        fitted
    }
    /// A truth value as a number, 1 or 0: `[b]`.
    pub fn number_of(&mut self, truth: NodeId) -> NodeId {
        let shape = self.shape(truth).to_vec();
        let (one, zero) = (self.constant(1.0, &shape), self.constant(0.0, &shape));
        self.select(truth, one, zero)
    }
    /// Of a choice between a value and zero: the condition, the side of it where the value is, and the value.
    pub fn value_or_zero(&self, id: NodeId) -> Option<(NodeId, bool, NodeId)> {
        let Op::Select { condition, yes, no } = *self.op(id) else { return None };
        let is_zero = |id: NodeId| self.constant_of(id) == Some(0.0);
        match (is_zero(yes), is_zero(no)) {
            (false, true) => Some((condition, true, yes)),
            (true, false) => Some((condition, false, no)),
            _ => None,
        }
    }
    /// A truth value that is known.
    pub fn known(&mut self, truth: bool, shape: &[usize]) -> NodeId {
        let (more, less) = if truth { (1.0, 0.0) } else { (0.0, 1.0) };
        let (more, less) = (self.constant(more, shape), self.constant(less, shape));
        self.greater(more, less)
    }
    /// Whether it is what `known` gives for what is true.
    pub fn is_known_true(&self, id: NodeId) -> bool {
        let number = |id: NodeId, value: f64| self.constant_of(id) == Some(value);
        matches!(*self.op(id), Op::Binary(op, more, less) if op == GREATER && number(more, 1.0) && number(less, 0.0))
    }
    /// The truth value that a number is made of, if it is `[b]`.
    pub fn truth_of(&self, id: NodeId) -> Option<NodeId> {
        match *self.op(id) {
            Op::Select { condition, yes, no } => {
                let is_number = self.constant_of(yes) == Some(1.0) && self.constant_of(no) == Some(0.0);
                (is_number && self.ty(condition).kind == Kind::Bool).then_some(condition)
            }
            _ => None,
        }
    }
    /// A value was put in a place: one that does not fit is a defect of the compiler, which `verify` reports.
    pub fn keeps_type(&mut self, new: NodeId, signature: &Signature, who: &str) {
        if let Some(why) = self.misfit(new, signature) {
            debug_assert!(false, "{who} does not keep the type: {why}");
            self.flaw.get_or_insert(format!("{who} does not keep the type: {why}"));
        }
    }
    /// What `keeps_type` noted first.
    pub fn flaw(&self) -> Option<&str> {
        self.flaw.as_deref()
    }
}
