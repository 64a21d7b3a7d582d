//! Why a step can't be planned.
use crate::graph::NodeId;

/// A value that can't be computed by any kernel, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// In the graph that is being planned.
    pub node: NodeId,
    /// Behind the value's name: "is read and stands nowhere".
    pub why: String,
}

pub type Outcome<T> = Result<T, Refusal>;
