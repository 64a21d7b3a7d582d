//! A contraction as a step of the program.
use super::*;

impl Planner<'_> {
    /// A contraction on the register tile, with a turned copy of an operand before it if it needs one.
    pub(super) fn product(&mut self, id: NodeId) -> Option<Vec<Step>> {
        let Op::Contract(c) = self.graph.op(id) else { return None };
        let to = self.destination(id);
        let mut steps = vec![];
        let planned = match products::product(&self.memory, &self.loops, c, &to)? {
            Ok(planned) => planned,
            Err(turned) => {
                let shape = self.graph.shape(turned.x).to_vec();
                let mut order: Vec<usize> = (0..shape.len()).filter(|&a| a != turned.innermost).collect();
                order.push(turned.innermost);
                let layout = self.ordered(&shape, Some(order));
                let name = format!("{} turned", self.name(turned.x));
                let stored = self.new_stored(&name, Kind::Real, layout, self.float, Role::Value);
                let written = kernels::copy(&self.memory, &name, self.float, &stored, turned.x);
                steps.push(self.push_kernel(written));
                // For this product alone the copy stands for the value.
                let before = self.memory.stored.insert(turned.x, stored);
                let again = products::product(&self.memory, &self.loops, c, &to);
                match before {
                    Some(before) => self.memory.stored.insert(turned.x, before),
                    None => self.memory.stored.remove(&turned.x),
                };
                again?.ok()?
            }
        };
        let division =
            if to.stored.layout.elements >= kernels::DIVIDED_ELEMENTS { Division::Tiles } else { Division::Alone };
        self.program.products.push(planned.product);
        steps.push(Step::Product(Multiplication {
            product: ProductId(self.program.products.len() as u32 - 1),
            a: planned.a,
            b: planned.b,
            c: planned.c,
            bias: None,
            division,
        }));
        Some(steps)
    }
}
