//! Adding rows where an index says that they belong: the adjoint of choosing rows.
use super::emit::Emitter;
use super::kernels::{Destination, Inner, Written, indices, nest, written};
use super::memory::Memory;
use super::refusal::Outcome;
use crate::graph::{BATCH, NodeId};
use crate::kernel::{Access, Affine, Float, Value};
use crate::vector::lanes::Lanes;

/// Rows that may add up in one place without a table beside it of what their additions lose.
const FEW: usize = 256;

/// Whether so many rows are scattered by this index that what the additions lose is kept in a table of its own.
pub fn loses(memory: &Memory, index: NodeId, shared: usize) -> bool {
    let extents = memory.graph.shape(index)[shared..].iter();
    extents.map(|&n| if n == BATCH { memory.batch } else { n }).product::<usize>() > FEW
}

/// Adds rows where they belong, after the table was cleared. One thread, in the order of the rows. `lost` is a table beside that of the
/// result, if `loses` asks for one.
pub fn scatter(
    memory: &Memory,
    name: &str,
    float: Float,
    to: &Destination,
    lost: Option<&Destination>,
    (index, values, shared): (NodeId, NodeId, usize),
) -> Outcome<Written> {
    let (shape, v_shape) = (memory.graph.shape(to.id).to_vec(), memory.graph.shape(values).to_vec());
    let rank = memory.graph.shape(index).len();
    let whole: Vec<(usize, usize)> = (0..shape.len()).map(|a| (a, shape[a])).collect();
    written(name, float, &|recorder, inner, loops| {
        if inner == Inner::Padded {
            return Ok(true);
        }
        let emitter = || Emitter::new(recorder, memory, &[to.id], None, loops);
        let tables = || [Some(to), lost].into_iter().flatten();
        nest(recorder, &whole, Inner::Scalar, false, &mut vec![], &mut |at| {
            let e = emitter();
            tables().for_each(|t| recorder.store(t.access(&e, &indices(shape.len(), at)), recorder.number(0.0)));
            Ok(())
        })?;
        let all: Vec<(usize, usize)> = (0..v_shape.len()).map(|a| (a, v_shape[a])).collect();
        nest(recorder, &all, Inner::Scalar, false, &mut vec![], &mut |at| {
            let e = emitter();
            let here = indices(v_shape.len(), at);
            let row = e.integer(index, &here[..rank])?;
            let mut there: Vec<Affine> = here[..shared].to_vec();
            there.push(Affine::from(0));
            there.extend(here[rank..].iter().cloned());
            let access = |table: &Destination| -> Access {
                table.access(&e, &there).row(row, table.stride(memory, shared), shape[shared])
            };
            let value = e.float(values, &here)?;
            let Some(lost) = lost else {
                recorder.add(access(to), value);
                return Ok(());
            };
            // Knuth's two-sum.
            let before = recorder.load(access(to));
            let after = before + value;
            let added = after - before;
            recorder.add(access(lost), (before - (after - added)) + (value - added));
            recorder.store(access(to), after);
            Ok(())
        })?;
        if let Some(lost) = lost {
            nest(recorder, &whole, Inner::Scalar, false, &mut vec![], &mut |at| {
                let e = emitter();
                let at = indices(shape.len(), at);
                let (total, lost) = (recorder.load(to.access(&e, &at)), recorder.load(lost.access(&e, &at)));
                // Of what is infinite, nothing that is a number is lost.
                recorder.store(to.access(&e, &at), Value::select(lost.equal(lost), total + lost, total));
                Ok(())
            })?;
        }
        Ok(true)
    })
}
