//! Loops as scopes: a loop says what it carries; any value of its body is taken out by a projection (`Last`, `Stacked`).
use super::{NodeId, Type};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LoopId(pub u32);

/// One value that a loop carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binder {
    /// Its type: as `init`, but it varies with the example if any round makes it so.
    pub ty: Type,
    /// The leaf that stands for it in the body.
    pub leaf: NodeId,
    /// Its value in the first round.
    pub init: NodeId,
    /// Its value in the next round.
    pub next: NodeId,
}

/// A loop over `length` places, from the last to the first if `reverse`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loop {
    pub length: usize,
    pub reverse: bool,
    pub binders: Vec<Binder>,
    /// The loop that this one was derived from: its backward or tangent loop. For printing.
    pub origin: Option<LoopId>,
}
