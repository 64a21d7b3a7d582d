//! Jacobians: the derivatives of all entries by all entries.
use super::{Failure, derivative};
use crate::graph::{Graph, Leaf, NodeId, Op, Type};

/// `∂of/∂by` of the shape of `of`, then that of `by`.
///
/// The product of a row with the Jacobian is a gradient: of `v · of`, in reverse mode. That is mapped over the rows `v` of the
/// identity, as one graph; no entry is differentiated alone.
pub fn jacobian(graph: &mut Graph, of: NodeId, by: NodeId) -> Result<NodeId, Failure> {
    let (rows, columns) = (graph.shape(of).to_vec(), graph.shape(by).to_vec());
    if rows.is_empty() || columns.is_empty() {
        return derivative(graph, of, by, None);
    }
    let count = rows.iter().product();
    let flat = graph.reshape(of, &[count]);
    let row = graph.hole(Type::real(&[count], false));
    let product = graph.dot(row, flat);
    let gradient = derivative(graph, product, by, None)?;
    let places = graph.intern(Op::Leaf(Leaf::Iota(count)));
    let identity = graph.one_hot(places, count);
    let (mapped, depends) = graph.lift(&[gradient], &[(row, identity)], count)[0];
    let mut shape = rows;
    shape.extend(&columns);
    if depends {
        return Ok(graph.reshape(mapped, &shape));
    }
    // Every row is the same: zero.
    Ok(graph.constant(0.0, &shape))
}
