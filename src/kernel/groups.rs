//! How many vectors a loop over lanes works on at once. Several hide the latency of arithmetic and share what is uniform; too
//! many do not fit the registers. The answer decides the order in which accumulators add up, so the JIT and the reference
//! evaluator both ask here.
use rustc_hash::FxHashMap;

use super::instruction::{For, Instruction, Register, Statement};
use super::program::Extent;

/// Vector registers that one group's values may fill, all groups together; the rest of 16 are for what is uniform.
const REGISTERS: usize = 12;
/// Statements of all groups together, so that code stays small.
const STATEMENTS: usize = 160;

/// 1, 2 or 4 vectors of `width` lanes for a loop over lanes.
pub fn groups(one: &For, width: usize) -> usize {
    let (mut live, mut statements) = (Live::default(), 0);
    live.walk(&one.body, &mut statements);
    let fits = |groups: usize| {
        let enough = match one.extent {
            Extent::Fixed(n) => groups * width <= n.next_multiple_of(if one.padded { width } else { 1 }),
            Extent::Batch => true,
        };
        enough && !live.calls && groups * live.most() <= REGISTERS && groups * statements <= STATEMENTS
    };
    [4, 2].into_iter().find(|&g| fits(g)).unwrap_or(1)
}

/// Where registers are born and last used, in the order of the text.
#[derive(Default)]
struct Live {
    at: usize,
    spans: FxHashMap<Register, (usize, usize)>,
    accumulators: usize,
    calls: bool,
}

impl Live {
    fn walk(&mut self, body: &[Statement], statements: &mut usize) {
        for statement in body {
            self.at += 1;
            *statements += 1;
            match statement {
                Statement::For(inner) => self.walk(&inner.body, statements),
                Statement::Let { register, instruction } => {
                    // No vector register survives a call.
                    self.calls |= matches!(instruction, Instruction::Call(..));
                    instruction.operands().into_iter().for_each(|r| self.read(r));
                    self.spans.insert(*register, (self.at, self.at));
                }
                Statement::Start { value, .. } => {
                    self.accumulators += 1;
                    self.read(*value);
                }
                Statement::Accumulate { value, times, .. } => {
                    self.read(*value);
                    times.iter().for_each(|r| self.read(*r));
                }
                Statement::Store { value, .. } | Statement::Add { value, .. } => self.read(*value),
                Statement::Divide { .. } => {}
            }
        }
    }

    fn read(&mut self, register: Register) {
        if let Some(span) = self.spans.get_mut(&register) {
            span.1 = self.at;
        }
    }

    fn most(&self) -> usize {
        let mut change = vec![0_i32; self.at + 2];
        for (born, last) in self.spans.values() {
            change[*born] += 1;
            change[*last + usize::from(born == last)] -= 1;
        }
        let mut now = 0;
        let most = change.iter().map(|c| {
            now += c;
            now
        });
        most.max().unwrap_or(0) as usize + self.accumulators
    }
}
