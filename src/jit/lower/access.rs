//! Loads and stores: addresses from affine indices, rows that a register chooses, guards, and elements of another type.
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData, StackSlotData, StackSlotKind, types};

use super::Lowering;
use crate::kernel::*;

/// What an access is along the lanes.
enum Along {
    /// The same element in every lane.
    Same,
    /// One element after the other, of the kernel's own type.
    Contiguous,
    /// One element after the other, each half as wide as the kernel's own type.
    Narrow,
    /// Anything else: lane by lane.
    Apart,
}

/// An address: a value and a fixed number of bytes.
#[derive(Clone, Copy)]
struct At(ir::Value, i32);

/// Memory is in bounds, which the verifier has proven, but vectors need not be aligned.
const FLAGS: MemFlagsData = MemFlagsData::new().with_notrap();

impl Lowering<'_> {
    /// The values of a load: one if it is the same in every lane, else one a group.
    pub(super) fn load(&mut self, access: &Access) -> Vec<ir::Value> {
        let buffer = self.program.buffer(access.buffer);
        let of = if buffer.element.is_float() { self.floats } else { self.integers };
        let groups = self.groups();
        match self.along(access) {
            Along::Same => {
                let at = self.guarded(access, 0, 1, false);
                let scalar = self.load_scalar(buffer.element, at);
                vec![self.builder.ins().splat(of, scalar)]
            }
            Along::Contiguous => (0..groups).map(|group| self.load_vector(access, of, group * self.width)).collect(),
            Along::Narrow => (0..groups).map(|group| self.load_widened(access, group * self.width)).collect(),
            Along::Apart => (0..groups).map(|group| self.load_lanes(access, of, group * self.width)).collect(),
        }
    }

    /// Two narrow elements at once, as two of the kernel's own type.
    fn load_widened(&mut self, access: &Access, lane: usize) -> ir::Value {
        let At(base, offset) = self.address(access, lane);
        match self.program.buffer(access.buffer).element {
            Element::I32 => self.builder.ins().sload32x2(FLAGS, base, offset),
            Element::U32 => self.builder.ins().uload32x2(FLAGS, base, offset),
            Element::F32 | Element::F64 => {
                let both = self.builder.ins().load(types::I64, FLAGS, base, offset);
                let low = self.builder.ins().scalar_to_vector(types::I64X2, both);
                let flags = MemFlagsData::new().with_endianness(ir::Endianness::Little);
                let floats = self.builder.ins().bitcast(types::F32X4, flags, low);
                self.builder.ins().fvpromote_low(floats)
            }
        }
    }

    fn load_vector(&mut self, access: &Access, of: ir::Type, lane: usize) -> ir::Value {
        if access.guards.iter().all(|g| !self.varies(&g.index)) {
            let at = self.guarded(access, lane, self.width, false);
            return self.vector_at(of, at);
        }
        // All lanes inside is the rule, so it gets a path of its own.
        let inside = self.inside(access, lane, self.width);
        let [fast, slow, done] = [(); 3].map(|()| self.builder.create_block());
        let loaded = self.builder.append_block_param(done, of);
        self.builder.ins().brif(inside, fast, &[], slow, &[]);
        self.enter(fast);
        let at = self.address(access, lane);
        let vector = self.vector_at(of, at);
        self.builder.ins().jump(done, &[vector.into()]);
        self.enter(slow);
        let vector = self.load_lanes(access, of, lane);
        self.builder.ins().jump(done, &[vector.into()]);
        self.enter(done);
        loaded
    }

    /// A vector that need not be aligned. Without AVX a comparison faults on operands in memory that are not, and Cranelift (0.135) leaves them
    /// there for `cmpps` and `cmppd`: read as bytes, the vector is in a register before it is one of floats.
    fn vector_at(&mut self, of: ir::Type, At(base, offset): At) -> ir::Value {
        if self.fused || !of.lane_type().is_float() {
            return self.builder.ins().load(of, FLAGS, base, offset);
        }
        let bytes = self.builder.ins().load(types::I8X16, FLAGS, base, offset);
        let flags = MemFlagsData::new().with_endianness(ir::Endianness::Little);
        self.builder.ins().bitcast(of, flags, bytes)
    }

    fn load_lanes(&mut self, access: &Access, of: ir::Type, lane: usize) -> ir::Value {
        let element = self.program.buffer(access.buffer).element;
        let scalars: Vec<_> = (0..self.width)
            .map(|one| {
                let at = self.guarded(access, lane + one, 1, false);
                self.load_scalar(element, at)
            })
            .collect();
        self.assemble(of, &scalars)
    }

    pub(super) fn store(&mut self, to: &Access, value: Register) {
        let values: Vec<_> = (0..self.groups()).map(|group| self.get(value, group)).collect();
        self.store_values(to, &values);
    }

    pub(super) fn add(&mut self, to: &Access, value: Register) {
        let held = self.load(to);
        let values: Vec<_> = (0..self.groups())
            .map(|group| {
                let held = held[if held.len() == 1 { 0 } else { group }];
                let value = self.get(value, group);
                self.builder.ins().fadd(held, value)
            })
            .collect();
        self.store_values(to, &values);
    }

    fn store_values(&mut self, to: &Access, values: &[ir::Value]) {
        for (group, value) in values.iter().enumerate() {
            let lane = group * self.width;
            match self.along(to) {
                Along::Same => self.store_lanes(to, *value, lane, 1),
                Along::Contiguous => self.store_vector(to, *value, lane),
                Along::Narrow | Along::Apart => self.store_lanes(to, *value, lane, self.width),
            }
        }
    }

    fn store_vector(&mut self, to: &Access, value: ir::Value, lane: usize) {
        if to.guards.iter().all(|g| !self.varies(&g.index)) {
            let At(base, offset) = self.guarded(to, lane, self.width, true);
            self.builder.ins().store(FLAGS, value, base, offset);
            return;
        }
        let inside = self.inside(to, lane, self.width);
        let [fast, slow, done] = [(); 3].map(|()| self.builder.create_block());
        self.builder.ins().brif(inside, fast, &[], slow, &[]);
        self.enter(fast);
        let At(base, offset) = self.address(to, lane);
        self.builder.ins().store(FLAGS, value, base, offset);
        self.builder.ins().jump(done, &[]);
        self.enter(slow);
        self.store_lanes(to, value, lane, self.width);
        self.builder.ins().jump(done, &[]);
        self.enter(done);
    }

    fn store_lanes(&mut self, to: &Access, value: ir::Value, lane: usize, count: usize) {
        let element = self.program.buffer(to.buffer).element;
        for one in 0..count {
            let At(base, offset) = self.guarded(to, lane + one, 1, true);
            let scalar = self.builder.ins().extractlane(value, one as u8);
            let scalar = match (element, self.kernel.float) {
                (Element::F32, Float::F64) => self.builder.ins().fdemote(types::F32, scalar),
                (Element::F64, Float::F32) => self.builder.ins().fpromote(types::F64, scalar),
                (Element::I32 | Element::U32, Float::F64) => self.builder.ins().ireduce(types::I32, scalar),
                _ => scalar,
            };
            self.builder.ins().store(FLAGS, scalar, base, offset);
        }
    }

    /// One element, as a scalar of the kernel.
    fn load_scalar(&mut self, element: Element, At(base, offset): At) -> ir::Value {
        let of = match element {
            Element::F32 => types::F32,
            Element::F64 => types::F64,
            Element::I32 | Element::U32 => types::I32,
        };
        let loaded = self.builder.ins().load(of, FLAGS, base, offset);
        match (element, self.kernel.float) {
            (Element::F32, Float::F64) => self.builder.ins().fpromote(types::F64, loaded),
            (Element::F64, Float::F32) => self.builder.ins().fdemote(types::F32, loaded),
            (Element::I32, Float::F64) => self.builder.ins().sextend(types::I64, loaded),
            (Element::U32, Float::F64) => self.builder.ins().uextend(types::I64, loaded),
            _ => loaded,
        }
    }

    fn enter(&mut self, block: ir::Block) {
        self.builder.switch_to_block(block);
        self.builder.seal_block(block);
    }

    pub(super) fn differs_in_lanes(&self, access: &Access) -> bool {
        !matches!(self.along(access), Along::Same)
    }

    fn along(&self, access: &Access) -> Along {
        let Some((variable, _)) = self.lanes else { return Along::Same };
        let element = self.program.buffer(access.buffer).element;
        let uniform_row = access.row.is_none_or(|r| !self.varying[r.register.0 as usize]);
        match self.steady(&access.index, variable) {
            Some(0) if uniform_row && access.guards.iter().all(|g| !self.varies(&g.index)) => Along::Same,
            Some(1) if uniform_row && element.bytes() == self.kernel.float.bytes() => {
                // A path for all lanes is taken if the first and the last are inside.
                let straight = access.guards.iter().all(|g| self.steady(&g.index, variable).is_some());
                if straight { Along::Contiguous } else { Along::Apart }
            }
            Some(1) if uniform_row && access.guards.is_empty() && element.bytes() < self.kernel.float.bytes() => {
                Along::Narrow
            }
            _ => Along::Apart,
        }
    }

    /// The address of one lane, or that of a spare vector if a guard fails for it; guards may not differ between `count` lanes.
    fn guarded(&mut self, access: &Access, lane: usize, count: usize, write: bool) -> At {
        let at = self.address(access, lane);
        if access.guards.is_empty() {
            return at;
        }
        let inside = self.inside(access, lane, count);
        let At(base, offset) = at;
        let address = self.builder.ins().iadd_imm_s(base, offset as i64);
        let (zeros, anywhere) = self.spare.unwrap_or((address, address));
        At(self.builder.ins().select(inside, address, if write { anywhere } else { zeros }), 0)
    }

    /// Whether all guards hold for `count` lanes from `lane` on, which are steps of an arithmetic sequence.
    fn inside(&mut self, access: &Access, lane: usize, count: usize) -> ir::Value {
        let mut all = None;
        for Guard { index, low, high } in &access.guards {
            let ends = if count == 1 || !self.varies(index) { vec![lane] } else { vec![lane, lane + count - 1] };
            for end in ends {
                // One unsigned comparison for both bounds.
                let above = self.affine(&(index.clone() - *low), end);
                let room = self.builder.ins().iconst(types::I64, (high - low).max(0));
                let holds = self.builder.ins().icmp(IntCC::UnsignedLessThan, above, room);
                all = Some(match all {
                    None => holds,
                    Some(so_far) => self.builder.ins().band(so_far, holds),
                });
            }
        }
        all.unwrap_or_else(|| self.builder.ins().iconst(types::I8, 1))
    }

    /// Sixteen bytes of zeros and sixteen to be overwritten, on the stack, for accesses whose guards fail.
    pub(super) fn make_spare(&mut self) {
        let mut room = || {
            let slot = StackSlotData::new(StackSlotKind::ExplicitSlot, 16, 4);
            let slot = self.builder.create_sized_stack_slot(slot);
            self.builder.ins().stack_addr(types::I64, slot, 0)
        };
        let (zeros, anywhere) = (room(), room());
        let zero = self.builder.ins().iconst(types::I64, 0);
        for offset in [0, 8] {
            self.builder.ins().store(FLAGS, zero, zeros, offset);
        }
        self.spare = Some((zeros, anywhere));
    }

    /// The address of an access in one lane, guards aside.
    fn address(&mut self, access: &Access, lane: usize) -> At {
        let buffer = self.program.buffer(access.buffer);
        let bytes = buffer.element.bytes() as i64;
        let (mut base, start) = match buffer.place {
            Location::Arena { offset } => (self.arena, offset as i64),
            Location::Table { .. } | Location::Window { .. } => (self.data[&access.buffer].0, 0),
        };
        if let Some(row) = access.row {
            let row = self.row_offset(access.buffer, row, lane, bytes);
            base = self.builder.ins().iadd(base, row);
        }
        let mut offset = start + bytes * access.index.constant;
        // Outer variables first, so that what does not change in a loop is computed in front of it.
        for &(variable, factor) in &access.index.terms {
            let lanes = self.lanes.filter(|l| l.0 == variable);
            let value = if lanes.is_some() {
                offset += bytes * factor * lane as i64;
                self.variables[&variable]
            } else {
                self.variable(variable, lane)
            };
            let scaled = self.times(value, bytes * factor);
            base = self.builder.ins().iadd(base, scaled);
        }
        match i32::try_from(offset) {
            Ok(offset) => At(base, offset),
            Err(_) => At(self.builder.ins().iadd_imm_s(base, offset), 0),
        }
    }

    /// The bytes that a row adds, with the row put into its bounds.
    fn row_offset(&mut self, buffer: BufferId, row: Row, lane: usize, bytes: i64) -> ir::Value {
        let vector = self.get(row.register, lane / self.width);
        let uniform = !self.varying[row.register.0 as usize];
        let chosen = self.builder.ins().extractlane(vector, if uniform { 0 } else { (lane % self.width) as u8 });
        let chosen = if self.integer == types::I64 { chosen } else { self.builder.ins().sextend(types::I64, chosen) };
        let last = match self.program.buffer(buffer).place {
            Location::Table { .. } => self.builder.ins().iadd_imm_s(self.data[&buffer].1, -1),
            _ => self.builder.ins().iconst(types::I64, row.count as i64 - 1),
        };
        let zero = self.builder.ins().iconst(types::I64, 0);
        let chosen = self.builder.ins().smax(chosen, zero);
        let chosen = self.builder.ins().smin(chosen, last);
        self.times(chosen, bytes * row.stride as i64)
    }

    /// The value of an affine function in one lane, as `i64`.
    pub(super) fn affine(&mut self, index: &Affine, lane: usize) -> ir::Value {
        let mut sum: Option<ir::Value> = None;
        for &(variable, factor) in &index.terms {
            let value = self.variable(variable, lane);
            let scaled = self.times(value, factor);
            sum = Some(match sum {
                Some(sum) => self.builder.ins().iadd(sum, scaled),
                None => scaled,
            });
        }
        match sum {
            Some(sum) if index.constant == 0 => sum,
            Some(sum) => self.builder.ins().iadd_imm_s(sum, index.constant),
            None => self.builder.ins().iconst(types::I64, index.constant),
        }
    }

    fn times(&mut self, value: ir::Value, factor: i64) -> ir::Value {
        match factor {
            1 => value,
            _ if factor.count_ones() == 1 => self.builder.ins().ishl_imm_s(value, factor.trailing_zeros() as i64),
            _ => self.builder.ins().imul_imm_s(value, factor),
        }
    }

    /// A loop variable in one lane; quotients and remainders that differ between lanes are computed for this one.
    fn variable(&mut self, variable: LoopVariable, lane: usize) -> ir::Value {
        if self.lanes.is_some_and(|l| l.0 == variable) {
            let first = self.variables[&variable];
            return if lane == 0 { first } else { self.builder.ins().iadd_imm_s(first, lane as i64) };
        }
        let divided = self.divided.iter().find(|d| d.0 == variable || d.1 == variable).cloned();
        match divided {
            Some((quotient, _, dividend, divisor)) if self.varies(&dividend) => {
                let dividend = self.affine(&dividend, lane);
                let (q, r) = self.quotient(dividend, divisor as i64);
                if variable == quotient { q } else { r }
            }
            _ => self.variables[&variable],
        }
    }

    /// Brings a quotient and a remainder into force.
    pub(super) fn divide(
        &mut self,
        quotient: LoopVariable,
        remainder: LoopVariable,
        dividend: &Affine,
        divisor: usize,
    ) {
        if !self.varies(dividend) {
            let dividend = self.affine(dividend, 0);
            let (q, r) = self.quotient(dividend, divisor as i64);
            self.variables.insert(quotient, q);
            self.variables.insert(remainder, r);
        }
        self.divided.push((quotient, remainder, dividend.clone(), divisor));
    }

    /// Rounded down, by a positive number.
    fn quotient(&mut self, dividend: ir::Value, divisor: i64) -> (ir::Value, ir::Value) {
        if divisor.count_ones() == 1 {
            let quotient = self.builder.ins().sshr_imm_s(dividend, divisor.trailing_zeros() as i64);
            return (quotient, self.builder.ins().band_imm_s(dividend, divisor - 1));
        }
        let by = self.builder.ins().iconst(types::I64, divisor);
        let toward_zero = self.builder.ins().sdiv(dividend, by);
        let back = self.builder.ins().imul(toward_zero, by);
        let rest = self.builder.ins().isub(dividend, back);
        let sign = self.builder.ins().sshr_imm_s(rest, 63);
        let quotient = self.builder.ins().iadd(toward_zero, sign);
        let added = self.builder.ins().band(by, sign);
        (quotient, self.builder.ins().iadd(rest, added))
    }

    /// Whether an index differs between lanes.
    pub(super) fn varies(&self, index: &Affine) -> bool {
        let Some((lanes, _)) = self.lanes else { return false };
        index.terms.iter().any(|&(variable, _)| {
            variable == lanes || self.divided.iter().any(|d| (d.0 == variable || d.1 == variable) && self.varies(&d.2))
        })
    }

    /// The step from one lane to the next, if it is always the same.
    pub(super) fn steady(&self, index: &Affine, lanes: LoopVariable) -> Option<i64> {
        let others = index.terms.iter().filter(|t| t.0 != lanes);
        let others = Affine { constant: 0, terms: others.copied().collect() };
        (!self.varies(&others)).then(|| index.coefficient(lanes))
    }
}
