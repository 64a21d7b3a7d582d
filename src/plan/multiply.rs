//! A contraction as a step of the program.
use super::memory::Grouped;
use super::products::StridedBatch;
use super::*;
use crate::graph::{BATCH, Contraction};
use crate::kernel::{Extent, Operand, Transposition};

impl Planner<'_> {
    /// A contraction on the register tile, with a repacked copy of an operand before it if it needs one.
    pub(super) fn product(&mut self, id: NodeId) -> Outcome<Option<Vec<Command>>> {
        self.multiply(id, None)
    }

    /// All products of the group with this first member as one: it has one more axis.
    pub(super) fn grouped_product(&mut self, first: NodeId) -> Outcome<Option<Vec<Command>>> {
        let Some(Grouped { members, operands }) = self.memory.groups.of(first) else { return Ok(None) };
        let distance = |values: &[NodeId]| {
            let offset = |id: NodeId| self.memory.stored[&id].offset as i64;
            offset(values[1]) - offset(values[0])
        };
        let group = StridedBatch {
            count: members.len(),
            operand: operands[0],
            stride: distance(operands),
            result_stride: distance(members),
        };
        self.multiply(first, Some(group))
    }

    fn multiply(&mut self, id: NodeId, group: Option<StridedBatch>) -> Outcome<Option<Vec<Command>>> {
        let Op::Contract(c) = self.graph.op(id) else { return Ok(None) };
        let to = self.destination(id);
        let mut steps = vec![];
        let Some(first) = products::product(&self.memory, &self.loops, c, &to, group) else { return Ok(None) };
        let planned = match first {
            Ok(planned) => planned,
            // Of a group's operands, the first alone would be repacked.
            Err(repacked) if group.is_some_and(|it| it.operand == repacked.x) => return Ok(None),
            // A matrix times a vector reads each element once: a repacked copy costs more than it saves.
            Err(repacked) if is_matrix_times_vector(c, repacked.x) => return Ok(None),
            Err(repacked) => {
                let shape = self.graph.shape(repacked.x).to_vec();
                let mut order: Vec<usize> = (0..shape.len()).filter(|&a| a != repacked.innermost).collect();
                order.push(repacked.innermost);
                let layout = self.ordered(&shape, Some(order));
                let name = format!("{} repacked", self.name(repacked.x));
                let stored = self.new_stored(&name, Kind::Real, layout, self.float, Role::Value);
                match self.transposition(repacked.x, &stored) {
                    Some(step) => steps.push(step),
                    None => {
                        let written = kernels::copy(&self.memory, &name, self.float, &stored, Kind::Real, repacked.x)?;
                        steps.push(self.push_kernel(written)?);
                    }
                }
                // For this product alone the copy stands for the value.
                let before = self.memory.stored.insert(repacked.x, stored);
                let again = products::product(&self.memory, &self.loops, c, &to, group);
                match before {
                    Some(before) => self.memory.stored.insert(repacked.x, before),
                    None => self.memory.stored.remove(&repacked.x),
                };
                match again {
                    Some(Ok(planned)) => planned,
                    Some(Err(_)) | None => return Ok(None),
                }
            }
        };
        let elements = to.stored.layout.elements * group.map_or(1, |it| it.count);
        let division = if elements >= kernels::DIVIDED_ELEMENTS { Division::Tiles } else { Division::Alone };
        self.program.products.push(planned.product);
        steps.push(Command::Product(Multiplication {
            product: ProductId(self.program.products.len() as u32 - 1),
            a: planned.a,
            b: planned.b,
            c: planned.c,
            bias: None,
            division,
        }));
        Ok(Some(steps))
    }

    /// The copy of a stored matrix with its axes exchanged in memory, block by block.
    fn transposition(&self, x: NodeId, to: &Stored) -> Option<Command> {
        let from = self.memory.stored.get(&x).filter(|from| from.float == to.float)?;
        let [outer, inner] = from.layout.order[..] else { return None };
        let shape = self.graph.shape(x);
        let neighbours = from.layout.strides[inner] == 1 && to.layout.strides[outer] == 1;
        let extent = |axis: usize| if shape[axis] == BATCH { Extent::Batch } else { Extent::Fixed(shape[axis]) };
        neighbours.then(|| {
            Command::Transpose(Transposition {
                from: Operand::new(from.buffer, from.offset as i64),
                from_stride: from.layout.strides[outer],
                to: Operand::new(to.buffer, to.offset as i64),
                to_stride: to.layout.strides[inner],
                rows: extent(outer),
                columns: extent(inner),
                divided: from.layout.elements >= kernels::DIVIDED_ELEMENTS,
            })
        })
    }
}

/// Whether the other factor has no axis but those that are summed over.
fn is_matrix_times_vector(c: &Contraction, matrix: NodeId) -> bool {
    let vector = if c.a == matrix { &c.b_axes } else { &c.a_axes };
    vector.iter().all(|label| !c.out_axes.contains(label))
}
