//! Instructions on vectors of 128 bits.
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{self, Endianness, InstBuilder, MemFlagsData, types};

use super::Lowering;
use crate::kernel::*;

impl Lowering<'_> {
    /// The values of an instruction: one if it is uniform, else one a group.
    pub(super) fn instruction(&mut self, instruction: &Instruction, of: Type) -> Vec<ir::Value> {
        match instruction {
            Instruction::Load(access) => return self.load(access),
            Instruction::Index(index) => return self.index_lanes(index),
            Instruction::Number(value) => return vec![self.number(*value)],
            Instruction::Integer(value) => return vec![self.integer(*value)],
            Instruction::Total(accumulator) => {
                let parts = self.accumulators[accumulator.0 as usize].clone();
                return parts.into_iter().map(|v| self.builder.use_var(v)).collect();
            }
            _ => {}
        }
        let operands = instruction.operands();
        let differs = self.differs(instruction);
        let groups = if differs { self.groups() } else { 1 };
        (0..groups)
            .map(|group| {
                let values: Vec<_> = operands.iter().map(|r| self.get(*r, group)).collect();
                let of_first = self.kernel.registers[operands[0].0 as usize];
                match instruction {
                    Instruction::Unary(operation, _) => self.unary(*operation, values[0]),
                    Instruction::Binary(operation, ..) => self.binary(*operation, of, values[0], values[1]),
                    Instruction::MulAdd(..) => self.mul_add(values[0], values[1], values[2]),
                    Instruction::Compare(compare, ..) => self.compare(*compare, of_first, values[0], values[1]),
                    Instruction::Select(..) => self.select(of, values[0], values[1], values[2]),
                    Instruction::Shift(shift, _, places) => self.shift(*shift, values[0], *places),
                    // A hook for later: calls of wide precompiled functions on tiles of 128 to 256 elements would be cut
                    // out of the loop before lowering; here a function takes one lane at a time.
                    Instruction::Call(function, _) => self.call(function.name, &values, !differs),
                    Instruction::Load(_)
                    | Instruction::Index(_)
                    | Instruction::Number(_)
                    | Instruction::Integer(_)
                    | Instruction::Total(_) => unreachable!("lowered above"),
                }
            })
            .collect()
    }

    /// A float in every lane.
    pub(super) fn number(&mut self, value: f64) -> ir::Value {
        let bytes: Vec<u8> = match self.kernel.float {
            Float::F32 => (value as f32).to_le_bytes().repeat(4),
            Float::F64 => value.to_le_bytes().repeat(2),
        };
        self.constant(self.floats, bytes)
    }

    /// An integer in every lane.
    pub(super) fn integer(&mut self, value: i64) -> ir::Value {
        self.each_integer(|_| value)
    }

    fn each_integer(&mut self, value: impl Fn(usize) -> i64) -> ir::Value {
        let bytes = (0..self.width).flat_map(|lane| match self.kernel.float {
            Float::F32 => (value(lane) as i32).to_le_bytes().to_vec(),
            Float::F64 => value(lane).to_le_bytes().to_vec(),
        });
        let bytes = bytes.collect();
        self.constant(self.integers, bytes)
    }

    fn constant(&mut self, of: ir::Type, bytes: Vec<u8>) -> ir::Value {
        let constant = self.builder.func.dfg.constants.insert(bytes.into());
        self.builder.ins().vconst(of, constant)
    }

    /// What changes nothing when an accumulator takes it in.
    pub(super) fn identity(&mut self, of: Type, reducer: Reducer) -> ir::Value {
        match (of, reducer) {
            (Type::Integer | Type::Mask, _) => self.integer(0),
            (Type::Float, Reducer::Sum | Reducer::Replace) => self.number(0.0),
            (Type::Float, Reducer::Product) => self.number(1.0),
            (Type::Float, Reducer::Maximum) => self.number(f64::NEG_INFINITY),
            (Type::Float, Reducer::Minimum) => self.number(f64::INFINITY),
        }
    }

    pub(super) fn reduce(&mut self, reducer: Reducer, of: Type, held: ir::Value, value: ir::Value) -> ir::Value {
        match reducer {
            Reducer::Sum => self.binary(Binary::Add, of, held, value),
            Reducer::Product => self.binary(Binary::Multiply, of, held, value),
            Reducer::Maximum => self.binary(Binary::Maximum, of, held, value),
            Reducer::Minimum => self.binary(Binary::Minimum, of, held, value),
            Reducer::Replace => value,
        }
    }

    pub(super) fn mul_add(&mut self, a: ir::Value, b: ir::Value, c: ir::Value) -> ir::Value {
        if self.fused {
            return self.builder.ins().fma(a, b, c);
        }
        let product = self.builder.ins().fmul(a, b);
        self.builder.ins().fadd(product, c)
    }

    fn as_floats(&mut self, integers: ir::Value) -> ir::Value {
        let flags = MemFlagsData::new().with_endianness(Endianness::Little);
        self.builder.ins().bitcast(self.floats, flags, integers)
    }

    fn as_integers(&mut self, floats: ir::Value) -> ir::Value {
        let flags = MemFlagsData::new().with_endianness(Endianness::Little);
        self.builder.ins().bitcast(self.integers, flags, floats)
    }

    fn unary(&mut self, operation: Unary, a: ir::Value) -> ir::Value {
        match operation {
            Unary::Negate => self.builder.ins().fneg(a),
            Unary::Absolute => self.builder.ins().fabs(a),
            Unary::Sqrt => self.builder.ins().sqrt(a),
            Unary::Floor => self.builder.ins().floor(a),
            Unary::RoundEven => self.builder.ins().nearest(a),
            Unary::Reciprocal => {
                let one = self.number(1.0);
                self.builder.ins().fdiv(one, a)
            }
            Unary::Rsqrt => {
                let root = self.builder.ins().sqrt(a);
                self.unary(Unary::Reciprocal, root)
            }
            Unary::ToBits => self.as_integers(a),
            Unary::FromBits => self.as_floats(a),
            Unary::ToInteger => self.whole(a),
            Unary::FromInteger => self.builder.ins().fcvt_from_sint(self.floats, a),
            Unary::Not => self.builder.ins().bnot(a),
        }
    }

    /// The float is whole. In f64 its bits are added to those of `1.5 · 2^52`, whose last bit counts ones.
    fn whole(&mut self, a: ir::Value) -> ir::Value {
        match self.kernel.float {
            Float::F32 if cfg!(target_arch = "x86_64") => self.builder.ins().x86_cvtt2dq(self.integers, a),
            Float::F32 => self.builder.ins().fcvt_to_sint_sat(self.integers, a),
            Float::F64 => {
                const SHIFT: f64 = 6_755_399_441_055_744.0;
                let shift = self.number(SHIFT);
                let shifted = self.builder.ins().fadd(a, shift);
                let bits = self.as_integers(shifted);
                let of_shift = self.integer(SHIFT.to_bits() as i64);
                self.builder.ins().isub(bits, of_shift)
            }
        }
    }

    fn binary(&mut self, operation: Binary, of: Type, a: ir::Value, b: ir::Value) -> ir::Value {
        let float = of == Type::Float;
        match operation {
            Binary::Add if float => self.builder.ins().fadd(a, b),
            Binary::Add => self.builder.ins().iadd(a, b),
            Binary::Subtract if float => self.builder.ins().fsub(a, b),
            Binary::Subtract => self.builder.ins().isub(a, b),
            Binary::Multiply if float => self.builder.ins().fmul(a, b),
            Binary::Multiply => self.builder.ins().imul(a, b),
            Binary::Divide => self.builder.ins().fdiv(a, b),
            // In this order of operands a comparison and a choice become one `minps` or `maxps`.
            Binary::Minimum => {
                let less = self.builder.ins().fcmp(FloatCC::LessThan, a, b);
                self.select(Type::Float, less, a, b)
            }
            Binary::Maximum => {
                let less = self.builder.ins().fcmp(FloatCC::LessThan, b, a);
                self.select(Type::Float, less, a, b)
            }
            Binary::CopySign => {
                let sign = self.number(-0.0);
                let sign = self.as_integers(sign);
                let (a, b) = (self.as_integers(a), self.as_integers(b));
                let magnitude = self.builder.ins().band_not(a, sign);
                let sign = self.builder.ins().band(b, sign);
                let both = self.builder.ins().bor(magnitude, sign);
                self.as_floats(both)
            }
            Binary::And => self.builder.ins().band(a, b),
            Binary::Or => self.builder.ins().bor(a, b),
            Binary::Xor => self.builder.ins().bxor(a, b),
            Binary::MultiplyHigh => self.multiply_high(a, b),
        }
    }

    fn multiply_high(&mut self, a: ir::Value, b: ir::Value) -> ir::Value {
        if self.kernel.float == Float::F64 {
            let low = self.integer(0xffff_ffff);
            let (a, b) = (self.builder.ins().band(a, low), self.builder.ins().band(b, low));
            let product = self.builder.ins().imul(a, b);
            return self.builder.ins().ushr_imm_s(product, 32);
        }
        let (a_low, b_low) = (self.builder.ins().uwiden_low(a), self.builder.ins().uwiden_low(b));
        let (a_high, b_high) = (self.builder.ins().uwiden_high(a), self.builder.ins().uwiden_high(b));
        let (low, high) = (self.builder.ins().imul(a_low, b_low), self.builder.ins().imul(a_high, b_high));
        // The upper halves of the four products.
        self.shuffle(low, high, [4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31], self.integers)
    }

    fn shuffle(&mut self, a: ir::Value, b: ir::Value, bytes: [u8; 16], of: ir::Type) -> ir::Value {
        let flags = MemFlagsData::new().with_endianness(Endianness::Little);
        let mask = self.builder.func.dfg.immediates.push(bytes[..].into());
        let [a, b] = [a, b].map(|v| self.builder.ins().bitcast(types::I8X16, flags, v));
        let mixed = self.builder.ins().shuffle(a, b, mask);
        self.builder.ins().bitcast(of, flags, mixed)
    }

    /// The vector with its lanes moved down by `by`, around the end.
    pub(super) fn rotate(&mut self, vector: ir::Value, by: usize) -> ir::Value {
        let of = self.builder.func.dfg.value_type(vector);
        let bytes = std::array::from_fn(|at| ((at + by * self.kernel.float.bytes()) % 16) as u8);
        self.shuffle(vector, vector, bytes, of)
    }

    /// The first lane in every lane.
    pub(super) fn splat_first(&mut self, vector: ir::Value) -> ir::Value {
        let of = self.builder.func.dfg.value_type(vector);
        let first = self.builder.ins().extractlane(vector, 0);
        self.builder.ins().splat(of, first)
    }

    fn compare(&mut self, compare: Compare, of: Type, a: ir::Value, b: ir::Value) -> ir::Value {
        let (float, integer) = match compare {
            Compare::Equal => (FloatCC::Equal, IntCC::Equal),
            Compare::Less => (FloatCC::LessThan, IntCC::SignedLessThan),
            Compare::LessEqual => (FloatCC::LessThanOrEqual, IntCC::SignedLessThanOrEqual),
        };
        if of == Type::Float { self.builder.ins().fcmp(float, a, b) } else { self.builder.ins().icmp(integer, a, b) }
    }

    fn select(&mut self, of: Type, mask: ir::Value, then: ir::Value, otherwise: ir::Value) -> ir::Value {
        let mask = if of == Type::Float { self.as_floats(mask) } else { mask };
        self.builder.ins().bitselect(mask, then, otherwise)
    }

    fn shift(&mut self, shift: Shift, a: ir::Value, places: u32) -> ir::Value {
        match shift {
            Shift::Left => self.builder.ins().ishl_imm_s(a, places as i64),
            Shift::Right => self.builder.ins().sshr_imm_s(a, places as i64),
            Shift::RightLogical => self.builder.ins().ushr_imm_s(a, places as i64),
        }
    }

    /// Calls a function for each lane, or once if all lanes are equal.
    fn call(&mut self, name: &str, values: &[ir::Value], uniform: bool) -> ir::Value {
        let function = self.calls[name];
        let mut answer = None;
        for lane in 0..if uniform { 1 } else { self.width } {
            let arguments: Vec<_> = values.iter().map(|v| self.builder.ins().extractlane(*v, lane as u8)).collect();
            let call = self.builder.ins().call(function, &arguments);
            let result = self.builder.inst_results(call)[0];
            answer = Some(match answer {
                None => self.builder.ins().splat(self.floats, result),
                Some(vector) => self.builder.ins().insertlane(vector, result, lane as u8),
            });
        }
        answer.unwrap_or(values[0])
    }

    /// An affine function in every lane, as integers.
    fn index_lanes(&mut self, index: &Affine) -> Vec<ir::Value> {
        let Some((variable, groups)) = self.lanes.filter(|_| self.varies(index)) else {
            let value = self.affine(index, 0);
            return vec![self.splat_integer(value)];
        };
        if let Some(step) = self.steady(index, variable) {
            let value = self.affine(index, 0);
            let start = self.splat_integer(value);
            return (0..groups)
                .map(|group| {
                    let width = self.width;
                    let offsets = self.each_integer(|lane| step.wrapping_mul((group * width + lane) as i64));
                    self.builder.ins().iadd(start, offsets)
                })
                .collect();
        }
        (0..groups)
            .map(|group| {
                let lanes =
                    (0..self.width).map(|lane| self.affine(index, group * self.width + lane)).collect::<Vec<_>>();
                let narrow: Vec<_> = lanes.into_iter().map(|v| self.narrow(v)).collect();
                self.assemble(self.integers, &narrow)
            })
            .collect()
    }

    /// An `i64` as an integer of the kernel.
    fn narrow(&mut self, value: ir::Value) -> ir::Value {
        if self.integer == types::I64 { value } else { self.builder.ins().ireduce(self.integer, value) }
    }

    fn splat_integer(&mut self, value: ir::Value) -> ir::Value {
        let value = self.narrow(value);
        self.builder.ins().splat(self.integers, value)
    }

    /// A vector of scalars.
    pub(super) fn assemble(&mut self, of: ir::Type, scalars: &[ir::Value]) -> ir::Value {
        let first = self.builder.ins().splat(of, scalars[0]);
        scalars
            .iter()
            .enumerate()
            .skip(1)
            .fold(first, |vector, (lane, scalar)| self.builder.ins().insertlane(vector, *scalar, lane as u8))
    }
}
