//! Fresh draws as steps of the program: each site's numbers for the rows of this batch, before all that reads them.
use super::*;
use crate::kernel::{Drawing, DrawingId, Operand};

impl Planner<'_> {
    /// The fresh draws of this step.
    pub(super) fn draw(&mut self, order: &[NodeId]) {
        for &id in order {
            let Op::Leaf(Leaf::Draw(number, shape)) = self.graph.op(id) else { continue };
            let draw = &self.graph.draws[*number as usize];
            let stored = self.memory.stored[&id].clone();
            let run = if shape.len() > 1 { shape[shape.len() - 1] } else { 1 };
            let row: usize = shape[1..].iter().product();
            let strides = &stored.layout.strides;
            self.program.draws.push(Drawing {
                name: draw.name.clone(),
                noise: draw.noise,
                to: Operand::new(stored.buffer, stored.offset as i64),
                runs: row / run,
                run,
                stride: if shape.len() > 2 { strides[shape.len() - 2] } else { run },
                row_stride: strides[0],
                order: self.order,
                step: self.memory.runtime[&Runtime::Step],
                divided: stored.layout.elements >= kernels::DIVIDED_ELEMENTS,
            });
            self.program.steps.push(Command::Draw(DrawingId(self.program.draws.len() as u32 - 1)));
        }
    }
}
