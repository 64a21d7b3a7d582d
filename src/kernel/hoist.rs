//! Moves what does not depend on a loop in front of it: parameters read once, `1 / sum` divided once.
use super::affine::{Affine, LoopVariable};
use super::buffer::BufferId;
use super::instruction::*;

/// Moves every `let` of the kernel as far out as its operands allow. Loads move past loops that do not write their buffer;
/// they stay in bounds wherever they stand, since bounds are proven for every value of the remaining variables.
pub fn hoist(kernel: &mut Kernel) {
    kernel.body = block(std::mem::take(&mut kernel.body));
}

fn block(body: Vec<Statement>) -> Vec<Statement> {
    let mut out = vec![];
    for statement in body {
        match statement {
            Statement::For(mut one) => {
                let mut inside = Inside { variables: vec![one.variable], ..Inside::default() };
                one.body = block(one.body);
                inside.written(&one.body);
                let (kept, moved): (Vec<_>, Vec<_>) = one.body.into_iter().partition(|s| inside.keeps(s));
                out.extend(moved);
                one.body = kept;
                out.push(Statement::For(one));
            }
            other => out.push(other),
        }
    }
    out
}

/// What a loop's body defines as it runs.
#[derive(Default)]
struct Inside {
    variables: Vec<LoopVariable>,
    registers: Vec<Register>,
    buffers: Vec<BufferId>,
    accumulators: Vec<Accumulator>,
}

impl Inside {
    fn written(&mut self, body: &[Statement]) {
        for statement in body {
            match statement {
                Statement::For(inner) => self.written(&inner.body),
                Statement::Store { to, .. } | Statement::Add { to, .. } => self.buffers.push(to.buffer),
                Statement::Start { accumulator, .. } | Statement::Accumulate { accumulator, .. } => {
                    self.accumulators.push(*accumulator);
                }
                Statement::Let { .. } | Statement::Divide { .. } => {}
            }
        }
    }

    /// Whether a statement must stay in the loop; notes what it defines if so.
    fn keeps(&mut self, statement: &Statement) -> bool {
        match statement {
            Statement::Let { register, instruction } => {
                let stays = self.holds(instruction);
                if stays {
                    self.registers.push(*register);
                }
                stays
            }
            Statement::Divide { quotient, remainder, .. } => {
                self.variables.extend([*quotient, *remainder]);
                true
            }
            _ => true,
        }
    }

    fn holds(&self, instruction: &Instruction) -> bool {
        let depends = |index: &Affine| self.variables.iter().any(|&v| index.uses(v));
        instruction.operands().iter().any(|r| self.registers.contains(r))
            || match instruction {
                Instruction::Total(accumulator) => self.accumulators.contains(accumulator),
                Instruction::Index(index) => depends(index),
                Instruction::Load(access) => {
                    self.buffers.contains(&access.buffer)
                        || depends(&access.index)
                        || access.guards.iter().any(|g| depends(&g.index))
                }
                _ => false,
            }
    }
}
