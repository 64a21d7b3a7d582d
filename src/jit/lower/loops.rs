//! Loops: what a thread takes of them, whole vectors and what is left, and accumulators across lanes.
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData, StackSlotData, StackSlotKind, types};
use cranelift_frontend::{FunctionBuilder, Variable};

use super::Lowering;
use crate::kernel::*;

/// A loop that is known to run at most so often, with few statements in all, has no jumps.
const UNROLLED_ROUNDS: usize = 8;
const UNROLLED_STATEMENTS: usize = 32;

/// Bytes of a vector.
const VECTOR_BYTES: usize = 16;

/// The iterations that a thread runs: known, or computed.
#[derive(Clone, Copy)]
enum Range {
    Known(usize, usize),
    Computed(ir::Value, ir::Value),
}

impl Lowering<'_> {
    pub(super) fn for_each(&mut self, one: &For) {
        let range = self.range(one);
        if one.lanes {
            return self.lanes_loop(one, range);
        }
        match range {
            Range::Known(low, high)
                if high - low <= 1
                    || high - low <= UNROLLED_ROUNDS && (high - low) * statements(&one.body) <= UNROLLED_STATEMENTS =>
            {
                for at in low..high {
                    let at = self.builder.ins().iconst(types::I64, at as i64);
                    self.round(one, at);
                }
            }
            _ => {
                let (low, high) = self.bounds(range);
                self.while_room(low, high, 1, matches!(range, Range::Known(..)), one);
            }
        }
    }

    /// One iteration, or one of each of several vectors' lanes.
    fn round(&mut self, one: &For, at: ir::Value) {
        self.variables.insert(one.variable, at);
        if let Some((_, bytes)) = self.cycle.filter(|c| c.0 == one.variable) {
            // A loop begins at a multiple of all its strands, and they are a power of two.
            let passed = self.builder.ins().imul_imm_s(at, self.kernel.float.bytes() as i64);
            self.strand = Some(self.builder.ins().band_imm_s(passed, bytes as i64 - 1));
        }
        self.block(&one.body);
    }

    fn range(&mut self, one: &For) -> Range {
        let divided = one.parallel && 1 < self.threads;
        let whole = match one.extent {
            Extent::Fixed(_) => Range::Known(0, one.count(0, self.width)),
            Extent::Batch => {
                let zero = self.builder.ins().iconst(types::I64, 0);
                let rows = if one.padded { round_up(&mut self.builder, self.rows, self.width) } else { self.rows };
                // A division takes as long as a short loop.
                let rounds = match one.each {
                    1 => rows,
                    each => {
                        let up = self.builder.ins().iadd_imm_s(rows, each as i64 - 1);
                        self.builder.ins().udiv_imm_u(up, each as i64)
                    }
                };
                Range::Computed(zero, rounds)
            }
        };
        if let Some((piece, size)) = one.within {
            let (_, end) = self.bounds(whole);
            let low = self.builder.ins().imul_imm_s(self.variables[&piece], size as i64);
            let high = self.builder.ins().iadd_imm_s(low, size as i64);
            return Range::Computed(low, self.builder.ins().umin(high, end));
        }
        if !divided {
            return whole;
        }
        let together = share::together(one, self.kernel.float);
        let (_, end) = self.bounds(whole);
        let (low, high) = share_of(&mut self.builder, end, together, self.thread, self.threads);
        Range::Computed(low, high)
    }

    fn bounds(&mut self, range: Range) -> (ir::Value, ir::Value) {
        match range {
            Range::Known(low, high) => {
                let low = self.builder.ins().iconst(types::I64, low as i64);
                (low, self.builder.ins().iconst(types::I64, high as i64))
            }
            Range::Computed(low, high) => (low, high),
        }
    }

    /// Runs the body with the variable at `low`, `low + step`, … as long as a whole step has room below `high`; returns where
    /// it stopped. `entered` says that the first step is known to have room.
    fn while_room(&mut self, low: ir::Value, high: ir::Value, step: usize, entered: bool, one: &For) -> ir::Value {
        let [body, done] = [(); 2].map(|()| self.builder.create_block());
        let at = self.builder.append_block_param(body, types::I64);
        let stopped = self.builder.append_block_param(done, types::I64);
        let last = self.builder.ins().iadd_imm_s(high, -(step as i64));
        if entered {
            self.builder.ins().jump(body, &[low.into()]);
        } else {
            let room = self.builder.ins().icmp(IntCC::SignedLessThanOrEqual, low, last);
            self.builder.ins().brif(room, body, &[low.into()], done, &[low.into()]);
        }
        self.builder.switch_to_block(body);
        self.round(one, at);
        let next = self.builder.ins().iadd_imm_s(at, step as i64);
        let room = self.builder.ins().icmp(IntCC::SignedLessThanOrEqual, next, last);
        self.builder.ins().brif(room, body, &[next.into()], done, &[next.into()]);
        self.builder.seal_block(body);
        self.builder.seal_block(done);
        self.builder.switch_to_block(done);
        stopped
    }

    /// Blocks of several vectors, then single vectors, then, with the parts of each sum put together, what is left.
    fn lanes_loop(&mut self, one: &For, range: Range) {
        let (groups, strands) = (groups(one, self.width), strands(one, self.width));
        let crossing = self.spread_accumulators(one, groups, strands);
        let mut at = range;
        if !crossing.is_empty() && groups < strands {
            // Whole rounds of all strands, some of their vectors at a time.
            let (whole, rest) = self.whole_blocks(at, strands * self.width);
            self.lanes = Some((one.variable, groups));
            self.cycle = Some((one.variable, strands * VECTOR_BYTES));
            self.steps(one, whole, groups * self.width);
            (self.cycle, self.strand) = (None, None);
            at = rest;
        } else if groups > 1 {
            self.lanes = Some((one.variable, groups));
            at = self.steps(one, at, groups * self.width);
        }
        self.lanes = Some((one.variable, 1));
        at = self.steps(one, at, self.width);
        self.lanes = None;
        self.gather_accumulators(crossing);
        // Nothing is left of a padded row, and the padding is a multiple of the vector.
        if !one.padded {
            self.steps(one, at, 1);
        }
    }

    /// Runs whole steps of the range; what is left of it is returned.
    fn steps(&mut self, one: &For, range: Range, step: usize) -> Range {
        let Range::Known(low, high) = range else {
            let (low, high) = self.bounds(range);
            let stopped = self.while_room(low, high, step, false, one);
            return Range::Computed(stopped, high);
        };
        let rounds = (high - low) / step;
        let end = low + rounds * step;
        if rounds == 1 || 0 < rounds && rounds <= 2 && statements(&one.body) <= UNROLLED_STATEMENTS {
            for at in (low..end).step_by(step) {
                let at = self.builder.ins().iconst(types::I64, at as i64);
                self.round(one, at);
            }
        } else if 0 < rounds {
            let (low, high) = self.bounds(Range::Known(low, end));
            self.while_room(low, high, step, true, one);
        }
        Range::Known(end, high)
    }

    /// As many whole blocks as there are, and what is left.
    fn whole_blocks(&mut self, range: Range, block: usize) -> (Range, Range) {
        match range {
            Range::Known(low, high) => {
                let end = low + (high - low) / block * block;
                (Range::Known(low, end), Range::Known(end, high))
            }
            Range::Computed(low, high) => {
                let count = self.builder.ins().isub(high, low);
                let whole = self.builder.ins().band_imm_s(count, -(block as i64));
                let end = self.builder.ins().iadd(low, whole);
                (Range::Computed(low, end), Range::Computed(end, high))
            }
        }
    }

    /// Gives every accumulator that the loop crosses a part for each lane of its strands: in registers, if all of them are at work at
    /// once, else in memory. Returns what they were.
    fn spread_accumulators(&mut self, one: &For, groups: usize, strands: usize) -> Vec<(usize, Vec<Variable>)> {
        let mut crossing = vec![];
        for at in 0..self.accumulators.len() {
            if one.crossed_by(Accumulator(at as u32)) {
                let (of, reducer) = self.kernel.accumulators[at];
                let start = self.identity(of, reducer);
                if groups < strands {
                    let bytes = (strands * VECTOR_BYTES) as u32;
                    let slot = StackSlotData::new(StackSlotKind::ExplicitSlot, bytes, 4);
                    let slot = self.builder.create_sized_stack_slot(slot);
                    for strand in 0..strands {
                        self.builder.ins().stack_store(types::I64, start, slot, (strand * VECTOR_BYTES) as i32);
                    }
                    self.strands[at] = Some(slot);
                    crossing.push((at, std::mem::take(&mut self.accumulators[at])));
                    continue;
                }
                let parts = (0..strands)
                    .map(|_| {
                        let part = self.builder.declare_var(self.vector(of));
                        self.builder.def_var(part, start);
                        part
                    })
                    .collect();
                crossing.push((at, std::mem::replace(&mut self.accumulators[at], parts)));
            }
        }
        crossing
    }

    /// What an accumulator holds in the strand of one vector.
    pub(super) fn held(&mut self, accumulator: Accumulator, group: usize) -> ir::Value {
        let at = accumulator.0 as usize;
        let Some(slot) = self.strands[at] else { return self.builder.use_var(self.accumulators[at][group]) };
        let of = self.vector(self.kernel.accumulators[at].0);
        let from = self.strand_address(slot);
        self.builder.ins().load(of, MemFlagsData::trusted(), from, (group * VECTOR_BYTES) as i32)
    }

    /// Puts a new value there.
    pub(super) fn hold(&mut self, accumulator: Accumulator, group: usize, value: ir::Value) {
        let at = accumulator.0 as usize;
        let Some(slot) = self.strands[at] else {
            return self.builder.def_var(self.accumulators[at][group], value);
        };
        let to = self.strand_address(slot);
        self.builder.ins().store(MemFlagsData::trusted(), value, to, (group * VECTOR_BYTES) as i32);
    }

    fn strand_address(&mut self, slot: ir::StackSlot) -> ir::Value {
        let first = self.builder.ins().stack_addr(types::I64, slot, 0);
        match self.strand {
            Some(bytes) => self.builder.ins().iadd(first, bytes),
            None => first,
        }
    }

    /// Combines the parts, upper half onto lower half, and puts the result into what the accumulator was.
    fn gather_accumulators(&mut self, crossing: Vec<(usize, Vec<Variable>)>) {
        for (at, outer) in crossing {
            let (of, reducer) = self.kernel.accumulators[at];
            let variables = std::mem::replace(&mut self.accumulators[at], outer);
            let mut parts: Vec<_> = match self.strands[at].take() {
                Some(slot) => {
                    let (of, bytes) = (self.vector(of), self.builder.func.sized_stack_slots[slot].size as usize);
                    let strands = (0..bytes).step_by(VECTOR_BYTES);
                    strands.map(|from| self.builder.ins().stack_load(types::I64, of, slot, from as i32)).collect()
                }
                None => variables.into_iter().map(|v| self.builder.use_var(v)).collect(),
            };
            while 1 < parts.len() {
                let upper = parts.split_off(parts.len() / 2);
                parts = parts.iter().zip(upper).map(|(l, u)| self.reduce(reducer, of, *l, u)).collect();
            }
            let mut vector = parts[0];
            let mut half = self.width / 2;
            while 0 < half {
                let upper = self.rotate(vector, half);
                vector = self.reduce(reducer, of, vector, upper);
                half /= 2;
            }
            let total = self.splat_first(vector);
            let held = self.builder.use_var(self.accumulators[at][0]);
            let total = self.reduce(reducer, of, held, total);
            self.builder.def_var(self.accumulators[at][0], total);
        }
    }
}

/// What a thread takes of `0..end`, in groups of `together`.
pub(in crate::jit) fn share_of(
    builder: &mut FunctionBuilder,
    end: ir::Value,
    together: usize,
    thread: ir::Value,
    threads: usize,
) -> (ir::Value, ir::Value) {
    let parts = round_up(builder, end, together);
    let parts = builder.ins().udiv_imm_u(parts, together as i64);
    let low = builder.ins().imul(parts, thread);
    let high = builder.ins().iadd(low, parts);
    let [low, high] = [low, high].map(|product| {
        let share = builder.ins().udiv_imm_u(product, threads as i64);
        let at = builder.ins().imul_imm_u(share, together as i64);
        builder.ins().umin(at, end)
    });
    (low, high)
}

fn round_up(builder: &mut FunctionBuilder, value: ir::Value, to: usize) -> ir::Value {
    let more = builder.ins().iadd_imm_s(value, to as i64 - 1);
    builder.ins().band_imm_s(more, -(to as i64))
}

/// Statements, with those of inner loops as often as they run.
fn statements(body: &[Statement]) -> usize {
    let count = |s: &Statement| match s {
        Statement::For(inner) => match inner.extent {
            Extent::Fixed(n) if !inner.lanes && inner.each == 1 && inner.within.is_none() => {
                n.min(UNROLLED_STATEMENTS) * statements(&inner.body)
            }
            _ => UNROLLED_STATEMENTS,
        },
        _ => 1,
    };
    body.iter().map(count).sum()
}
