//! One kernel as one Cranelift function: loops, blocks and accumulators. A register is one vector if it is uniform (all its
//! lanes equal), or one for each group of the loop over lanes. What is left of such a loop runs as uniform code, so that an
//! element has the same bits wherever it falls.
mod access;
mod arithmetic;
mod loops;

pub(super) use loops::share_of;

use cranelift_codegen::ir::{self, AbiParam, FuncRef, InstBuilder, MemFlagsData, Signature, types};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext, Variable};
use rustc_hash::FxHashMap;

use super::module::{Code, Options, fault};
use crate::kernel::*;

/// Parameters of a kernel's function, all `i64`: memory, slots, first row, rows, thread; then the kernel's own.
pub(super) const FIXED_PARAMETERS: usize = 5;

/// Bytes of a `Slot`: the address of the bound data and its number of rows.
pub(super) const SLOT_BYTES: i32 = 16;

pub(super) fn signature(code: &mut Code, parameters: usize) -> Result<Signature, Fault> {
    let mut signature = code.signature()?;
    signature.params = vec![AbiParam::new(types::I64); FIXED_PARAMETERS + parameters];
    Ok(signature)
}

/// Compiles a verified kernel into the function that was declared for it.
pub(super) fn kernel(
    code: &mut Code,
    contexts: &mut FunctionBuilderContext,
    id: cranelift_module::FuncId,
    program: &Program,
    kernel: &Kernel,
    options: Options,
) -> Result<(), Fault> {
    let mut function = ir::Function::new();
    function.signature = signature(code, kernel.parameters.len())?;
    let calls = calls(code, &mut function, kernel)?;
    let mut builder = FunctionBuilder::new(&mut function, contexts);
    let entry = builder.create_block();
    builder.append_block_params_for_function_params(entry);
    builder.switch_to_block(entry);
    builder.seal_block(entry);
    let given = builder.block_params(entry).to_vec();
    let (scalar, integer) = match kernel.float {
        Float::F32 => (types::F32, types::I32),
        Float::F64 => (types::F64, types::I64),
    };
    let width = 16 / kernel.float.bytes();
    let mut lowering = Lowering {
        program,
        kernel,
        threads: options.threads,
        calls,
        width,
        integer,
        floats: scalar.by(width as u32).ok_or_else(|| fault("no vectors of floats"))?,
        integers: integer.by(width as u32).ok_or_else(|| fault("no vectors of integers"))?,
        arena: given[0],
        slots: given[1],
        first: given[2],
        rows: given[3],
        thread: given[4],
        fused: super::module::fused(options.path),
        spare: None,
        data: FxHashMap::default(),
        registers: vec![vec![]; kernel.registers.len()],
        varying: vec![false; kernel.registers.len()],
        accumulators: vec![vec![]; kernel.accumulators.len()],
        lane_accumulators: vec![false; kernel.accumulators.len()],
        strands: vec![None; kernel.accumulators.len()],
        cycle: None,
        strand: None,
        variables: kernel
            .parameters
            .iter()
            .map(|p| p.variable)
            .zip(given[FIXED_PARAMETERS..].iter().copied())
            .collect(),
        divided: vec![],
        lanes: None,
        builder,
    };
    lowering.bound_data();
    if any_access(&kernel.body, &|access| !access.guards.is_empty()) {
        lowering.make_spare();
    }
    lowering.block(&kernel.body);
    lowering.builder.ins().return_(&[]);
    let frontend = code.frontend()?;
    lowering.builder.finalize(frontend);
    code.define(id, &format!("kernel {}", kernel.name), function)
}

/// The functions that a kernel calls, by name.
fn calls(
    code: &mut Code,
    function: &mut ir::Function,
    kernel: &Kernel,
) -> Result<FxHashMap<&'static str, FuncRef>, Fault> {
    let mut calls = FxHashMap::default();
    for called in functions(&kernel.body) {
        if calls.contains_key(called.name) {
            continue;
        }
        let float = AbiParam::new(if called.float() == Float::F32 { types::F32 } else { types::F64 });
        let mut signature = code.signature()?;
        signature.params = vec![float; called.arity()];
        signature.returns = vec![float];
        let id = code.import(called.name, &signature)?;
        calls.insert(called.name, code.reference(id, function)?);
    }
    Ok(calls)
}

/// Every function that statements call, in the order of the text.
pub(super) fn functions(body: &[Statement]) -> Vec<ScalarFunction> {
    let mut found = vec![];
    for statement in body {
        match statement {
            Statement::For(inner) => found.extend(functions(&inner.body)),
            Statement::Let { instruction: Instruction::Call(function, _), .. } => found.push(*function),
            _ => {}
        }
    }
    found
}

struct Lowering<'a> {
    program: &'a Program,
    kernel: &'a Kernel,
    threads: usize,
    calls: FxHashMap<&'static str, FuncRef>,
    builder: FunctionBuilder<'a>,
    /// Lanes of a vector.
    width: usize,
    integer: ir::Type,
    floats: ir::Type,
    integers: ir::Type,
    arena: ir::Value,
    slots: ir::Value,
    first: ir::Value,
    rows: ir::Value,
    thread: ir::Value,
    fused: bool,
    /// Addresses of a vector of zeros to read and of one to write, where a guard fails.
    spare: Option<(ir::Value, ir::Value)>,
    /// The address and the number of rows of each buffer of the data that the kernel reads.
    data: FxHashMap<BufferId, (ir::Value, ir::Value)>,
    registers: Vec<Vec<ir::Value>>,
    /// The registers whose lanes differ.
    varying: Vec<bool>,
    accumulators: Vec<Vec<Variable>>,
    /// The accumulators that started in a loop over lanes.
    lane_accumulators: Vec<bool>,
    /// The accumulators that add up in more strands than the open loop over lanes has vectors at once: their strands are in memory.
    strands: Vec<Option<ir::StackSlot>>,
    /// The loop over lanes whose vectors go through them in turn, and how many bytes all of them have.
    cycle: Option<(LoopVariable, usize)>,
    /// How many bytes the strand of this iteration's first vector is from the first strand; none for that one itself.
    strand: Option<ir::Value>,
    variables: FxHashMap<LoopVariable, ir::Value>,
    /// Divisions in force: quotient, remainder, dividend, divisor.
    divided: Vec<(LoopVariable, LoopVariable, Affine, usize)>,
    /// The variable of the loop over lanes that is open and how many vectors it works on; none in uniform code.
    lanes: Option<(LoopVariable, usize)>,
}

impl Lowering<'_> {
    /// Loads the addresses of the data that the kernel reads, and moves windows to the first row.
    fn bound_data(&mut self) {
        for at in 0..self.program.buffers.len() {
            let id = BufferId(at as u32);
            let buffer = self.program.buffer(id);
            let (Location::Table { slot } | Location::Window { slot }) = buffer.place else { continue };
            if !any_access(&self.kernel.body, &|access| access.buffer == id) {
                continue;
            }
            let flags = MemFlagsData::trusted().with_readonly();
            let mut address = self.builder.ins().load(types::I64, flags, self.slots, SLOT_BYTES * slot as i32);
            let rows = self.builder.ins().load(types::I64, flags, self.slots, SLOT_BYTES * slot as i32 + 8);
            if let Location::Window { .. } = buffer.place {
                let bytes = (buffer.elements * buffer.element.bytes()) as i64;
                let skipped = self.builder.ins().imul_imm_s(self.first, bytes);
                address = self.builder.ins().iadd(address, skipped);
            }
            self.data.insert(id, (address, rows));
        }
    }

    fn block(&mut self, body: &[Statement]) {
        let divided = self.divided.len();
        for statement in body {
            match statement {
                Statement::For(one) => self.for_each(one),
                Statement::Let { register, instruction } => {
                    let values = self.instruction(instruction, self.kernel.registers[register.0 as usize]);
                    self.registers[register.0 as usize] = values;
                    self.varying[register.0 as usize] = self.differs(instruction);
                }
                Statement::Divide { quotient, remainder, dividend, divisor } => {
                    self.divide(*quotient, *remainder, dividend, *divisor)
                }
                Statement::Start { accumulator, value } => {
                    let (of, _) = self.kernel.accumulators[accumulator.0 as usize];
                    let variables = (0..self.groups())
                        .map(|group| {
                            let variable = self.builder.declare_var(self.vector(of));
                            let value = self.get(*value, group);
                            self.builder.def_var(variable, value);
                            variable
                        })
                        .collect();
                    self.accumulators[accumulator.0 as usize] = variables;
                    self.lane_accumulators[accumulator.0 as usize] = self.lanes.is_some();
                }
                Statement::Accumulate { accumulator, value, times } => {
                    let (of, reducer) = self.kernel.accumulators[accumulator.0 as usize];
                    for group in 0..self.groups() {
                        let held = self.held(*accumulator, group);
                        let value = self.get(*value, group);
                        let next = match times {
                            Some(times) => {
                                let times = self.get(*times, group);
                                self.mul_add(value, times, held)
                            }
                            None => self.reduce(reducer, of, held, value),
                        };
                        self.hold(*accumulator, group, next);
                    }
                }
                Statement::Store { to, value } => self.store(to, *value),
                Statement::Add { to, value } => self.add(to, *value),
            }
        }
        self.divided.truncate(divided);
    }

    /// How many vectors a register has that is not uniform.
    fn groups(&self) -> usize {
        self.lanes.map_or(1, |l| l.1)
    }

    fn get(&self, register: Register, group: usize) -> ir::Value {
        let values = &self.registers[register.0 as usize];
        if values.len() == 1 { values[0] } else { values[group] }
    }

    /// Whether an instruction's lanes differ. One vector of different lanes is not uniform.
    fn differs(&self, instruction: &Instruction) -> bool {
        self.lanes.is_some()
            && match instruction {
                Instruction::Load(access) => self.differs_in_lanes(access),
                Instruction::Index(index) => self.varies(index),
                Instruction::Total(accumulator) => self.lane_accumulators[accumulator.0 as usize],
                other => other.operands().iter().any(|r| self.varying[r.0 as usize]),
            }
    }

    fn vector(&self, of: Type) -> ir::Type {
        if of == Type::Float { self.floats } else { self.integers }
    }
}

/// Whether a load or store is like this.
fn any_access(body: &[Statement], like: &dyn Fn(&Access) -> bool) -> bool {
    body.iter().any(|statement| match statement {
        Statement::For(inner) => any_access(&inner.body, like),
        Statement::Let { instruction: Instruction::Load(access), .. }
        | Statement::Store { to: access, .. }
        | Statement::Add { to: access, .. } => like(access),
        _ => false,
    })
}
