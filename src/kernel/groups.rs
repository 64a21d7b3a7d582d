//! How many vectors a loop over lanes works on at once. Several hide the latency of arithmetic and share what is uniform; too
//! many do not fit the registers. In how many strands its accumulators add up is another question: the length of the loop alone
//! answers it, so that a sum has one order whatever is computed beside it. The JIT and the reference evaluator both ask here.
use rustc_hash::{FxHashMap, FxHashSet};

use super::buffer::Extent;
use super::instruction::{Accumulator, For, Instruction, Register, Statement};

/// Vector registers that one group's values may fill, all groups together; the rest of 16 are for what is uniform.
const REGISTERS: usize = 12;
/// Statements of all groups together, so that code stays small.
const STATEMENTS: usize = 160;

/// 1, 2 or 4 vectors of `width` lanes for a loop over lanes: no more than there are strands.
pub fn groups(one: &For, width: usize) -> usize {
    let (mut live, mut statements) = (Live::default(), 0);
    live.walk(&one.body, &mut statements, false);
    let fits = |groups: usize| !live.calls && groups * live.most() <= REGISTERS && groups * statements <= STATEMENTS;
    let strands = strands(one, width);
    [4, 2].into_iter().find(|&g| g <= strands && fits(g)).unwrap_or(1)
}

/// 1, 2 or 4 vectors of `width` lanes in which what crosses a loop over lanes adds up: vector after vector goes to the next of them.
pub fn strands(one: &For, width: usize) -> usize {
    let enough = |strands: usize| match one.extent {
        Extent::Fixed(n) => strands * width <= n.next_multiple_of(if one.padded { width } else { 1 }),
        Extent::Batch => true,
    };
    [4, 2].into_iter().find(|&s| enough(s)).unwrap_or(1)
}

/// Where registers are born and last used, in the order of the text.
#[derive(Default)]
struct Live {
    at: usize,
    spans: FxHashMap<Register, (usize, usize)>,
    accumulators: FxHashSet<Accumulator>,
    calls: bool,
}

impl Live {
    /// What is done once for each piece of a loop is `rare`: its values need not stay in registers meanwhile.
    fn walk(&mut self, body: &[Statement], statements: &mut usize, rare: bool) {
        for statement in body {
            self.at += 1;
            *statements += 1;
            match statement {
                Statement::For(inner) => self.walk(&inner.body, statements, inner.each != 1),
                Statement::Let { register, instruction } => {
                    // No vector register survives a call.
                    self.calls |= matches!(instruction, Instruction::Call(..));
                    instruction.operands().into_iter().for_each(|r| self.read(r));
                    if !rare {
                        self.spans.insert(*register, (self.at, self.at));
                    }
                }
                Statement::Start { value, .. } => self.read(*value),
                Statement::Accumulate { accumulator, value, times } => {
                    if !rare {
                        self.accumulators.insert(*accumulator);
                    }
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
        most.max().unwrap_or(0) as usize + self.accumulators.len()
    }
}
