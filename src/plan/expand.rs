//! Named functions become what they are computed by.
use crate::graph::rebuild::Rebuild;
use crate::graph::{Graph, NodeId, Op};
use crate::simplify::{Stage, simplify};

/// The graph in basic classes, simplified once more.
pub fn expand(graph: &Graph, roots: &[NodeId]) -> (Graph, Vec<NodeId>) {
    let mut rebuild = Rebuild::new(graph);
    let roots = rebuild.run(roots, |to, _, op| match op {
        Op::Named(row, arguments) => (row.definition)(to, &arguments),
        op => to.intern(op),
    });
    let simple = simplify(&rebuild.to, &roots, Stage::Simplify);
    (simple.graph, simple.roots)
}
