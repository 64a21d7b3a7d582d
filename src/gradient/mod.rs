//! Symbolic differentiation: graph to graph with adjoints.
//!
//! Adjoints of numbers by anything are reverse accumulation (`reverse`); derivatives by a number of any value are forward mode (`forward`), so
//! that derivatives of higher order share their work. Both read the differential of each class of nodes off one place (`differential`), build
//! ordinary nodes of the same graph and nest freely. Before every derivative functions are recognised: conventions are those of what was
//! recognised. The adjoint of a varying value is the textbook's: of the loss of this example, without the 1/B.
mod differential;
pub mod forward;
mod jacobian;
pub mod reverse;
mod scope;
mod support;

pub use forward::tangent;
pub use jacobian::jacobian;
pub use reverse::{Adjoints, adjoints};

use crate::graph::{Graph, Kind, Leaf, NodeId, Op};
use crate::simplify::recognised_within;

/// Why a derivative can't be taken. The caller knows the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Only numbers have a gradient; this is the shape of what was given.
    NotANumber(Vec<usize>),
    /// A class or an index has no derivative.
    ByIndex,
    /// The way from one to the other crosses the mean over the batch: of which example?
    AcrossBatch,
    /// The way goes back through earlier rounds of the loop that the derivative itself stands in.
    AcrossRounds,
}

impl Failure {
    /// In words, for a diagnostic.
    pub fn message(&self) -> String {
        match self {
            Failure::NotANumber(shape) => {
                format!("only a number has a gradient; this has the shape {}", crate::graph::show::shape_text(shape))
            }
            Failure::ByIndex => "a class or an index has no derivative".into(),
            Failure::AcrossBatch => "this derivative crosses `batch_mean`: of which example would it be?".into(),
            Failure::AcrossRounds => {
                "this derivative goes back through earlier rounds of the loop that it stands in".into()
            }
        }
    }
}

/// `∂of/∂by`: by a number, of any value (its shape is that of `of`); else of a number (its shape is that of `by`).
/// If `of` does not depend on `by`, zeros. `called` is what people call `by`.
pub fn derivative(graph: &mut Graph, of: NodeId, by: NodeId, called: Option<&str>) -> Result<NodeId, Failure> {
    if !matches!(graph.ty(by).kind, Kind::Real) {
        return Err(Failure::ByIndex);
    }
    let of = recognised_within(graph, &[of], &[by])[0];
    if crosses_batch(graph, of, by) {
        return Err(Failure::AcrossBatch);
    }
    if crosses_rounds(graph, of, by) {
        return Err(Failure::AcrossRounds);
    }
    if graph.shape(by).is_empty() {
        let marks = graph.reached(&[by], |id| stops(graph, id));
        let home = graph.node(of).loops.to_vec();
        let is_of_loop =
            |id: NodeId| graph.op(id).loop_used().is_some() || graph.node(id).loops.iter().any(|l| !home.contains(l));
        let within_loops = graph.reachable(&[of]).iter().any(|&id| marks[id.index()] && is_of_loop(id));
        // Through a loop, a number's derivative is shorter backwards.
        if !within_loops || !graph.shape(of).is_empty() {
            return Ok(tangent(graph, of, by, called));
        }
    }
    if !graph.shape(of).is_empty() {
        return Err(Failure::NotANumber(graph.shape(of).to_vec()));
    }
    Ok(across_batch(graph, of, by))
}

/// Whether nothing is differentiated through a value: it is no number, or counts as a constant.
fn stops(graph: &Graph, id: NodeId) -> bool {
    graph.ty(id).kind != Kind::Real || matches!(graph.op(id), Op::Unary(row, _) if row.stops)
}

/// Whether a value of one example depends on another through a mean over the batch: then it has no derivative of its own.
pub fn crosses_batch(graph: &Graph, of: NodeId, by: NodeId) -> bool {
    let is_mean = |id: NodeId| matches!(graph.op(id), Op::BatchMean { .. });
    graph.ty(of).varying && passes(graph, of, by, is_mean)
}

/// Whether a value of a loop's round depends on another one through what the loop has carried there, too. Known when the loop's next values are.
pub fn crosses_rounds(graph: &Graph, of: NodeId, by: NodeId) -> bool {
    let home = &graph.node(of).loops;
    let is_carried = |id: NodeId| id != by && matches!(graph.op(id), Op::Leaf(Leaf::Binder(l, _)) if home.contains(l));
    !home.is_empty() && passes(graph, of, by, is_carried)
}

/// Whether a value depends on another one through some of these.
fn passes(graph: &Graph, of: NodeId, by: NodeId, is_one: impl Fn(NodeId) -> bool) -> bool {
    let marks = graph.reached(&[by], |id| stops(graph, id));
    let between: Vec<NodeId> = graph.ids().filter(|id| marks[id.index()] && is_one(*id)).collect();
    !between.is_empty() && graph.reached(&between, |id| stops(graph, id))[of.index()]
}

/// The adjoint of anything, where a number is differentiated: zeros if that does not depend on it. Across a mean over the batch it is
/// the share of one example in the derivative of the mean of the number, as training takes it.
pub fn across_batch(graph: &mut Graph, of: NodeId, by: NodeId) -> NodeId {
    let of = recognised_within(graph, &[of], &[by])[0];
    let found = adjoints(graph, of, &[by]);
    found.of(by).unwrap_or_else(|| {
        let shape = graph.shape(by).to_vec();
        graph.constant(0.0, &shape)
    })
}

#[cfg(test)]
mod tests;
