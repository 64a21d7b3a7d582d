//! The training loop as one native function: for each record it writes the scalars, runs the steps, logs the outputs.
//! Every thread runs it, with a number of its own.
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, AbiParam, BlockArg, FuncRef, InstBuilder, MemFlagsData, types};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_module::FuncId;
use rustc_hash::FxHashMap;

mod draws;
mod products;
mod transpositions;

use super::barrier::Barrier;
use super::module::{Code, fault};
use super::records::RECORD_HEAD;
use crate::kernel::*;
use crate::limits::CALLS;
use crate::vector::{Drawn, Path};
pub(super) use draws::Draws;
pub(super) use products::Products;

/// What a run is given. Compiled code reads and writes it at the offsets of its fields.
#[repr(C)]
pub(super) struct Run {
    pub arena: *mut u8,
    pub slots: *const Slot,
    /// The address of each product that was made ready.
    pub products: *const usize,
    /// What is drawn, one behind the other.
    pub draws: *const Drawn,
    /// `first`, `rows`, then the scalars as `f64`, for each step.
    pub records: *const u64,
    pub count: i64,
    /// The outputs as `f64`, for each step.
    pub log: *mut f64,
    /// Not zero: stop before the next step.
    pub stop: *const u8,
    pub barrier: *const Barrier,
    /// Thread 0's answer to whether to stop, for the others.
    pub stopping: u64,
    /// Steps done.
    pub done: i64,
}

/// What is bound to a slot.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct Slot {
    pub address: *const u8,
    pub rows: i64,
}

/// The driver's type: a run and the thread's number.
pub(super) type Driver = unsafe extern "C" fn(*mut Run, i64);

const FLAGS: MemFlagsData = MemFlagsData::trusted();

/// Compiles the loop of a verified program whose kernels have been declared.
pub(super) fn driver(
    code: &mut Code,
    contexts: &mut FunctionBuilderContext,
    program: &Program,
    kernels: &[FuncId],
    threads: usize,
) -> Result<FuncId, Fault> {
    // A function that calls too much takes long to compile, and the more so the longer it is.
    let mut parts = vec![];
    if CALLS < program.steps.len() {
        for (at, steps) in program.steps.chunks(CALLS).enumerate() {
            let name = format!("steps{at}");
            parts.push(function(code, contexts, program, (kernels, &[]), threads, &name, 4, |writer| {
                writer.steps(steps)
            })?);
        }
    }
    let steps = &program.steps[..];
    function(code, contexts, program, (kernels, &parts), threads, "run", 2, |writer| writer.all_records(steps))
}

/// A function of a run, a thread and, in a part of a step, the step's first row and its number of rows.
#[allow(clippy::too_many_arguments)]
fn function(
    code: &mut Code,
    contexts: &mut FunctionBuilderContext,
    program: &Program,
    (kernels, parts): (&[FuncId], &[FuncId]),
    threads: usize,
    name: &str,
    arguments: usize,
    write: impl FnOnce(&mut Writer),
) -> Result<FuncId, Fault> {
    let mut signature = code.signature()?;
    signature.params = vec![AbiParam::new(types::I64); arguments];
    let id = code.declare(name, &signature)?;
    let mut wait = code.signature()?;
    wait.params = vec![AbiParam::new(types::I64)];
    let wait = code.import("wait", &wait)?;

    let mut function = ir::Function::new();
    function.signature = signature;
    let wait = code.reference(wait, &mut function)?;
    let multiply = products::import(code, &mut function, program.float)?;
    let transpose = transpositions::import(code, &mut function)?;
    let draw = draws::import(code, &mut function)?;
    // The whole calls its parts, a part its kernels.
    let called = if parts.is_empty() { kernels } else { &[] };
    let kernels = called.iter().map(|&id| code.reference(id, &mut function)).collect::<Result<Vec<_>, _>>()?;
    let parts = parts.iter().map(|&id| code.reference(id, &mut function)).collect::<Result<Vec<_>, _>>()?;
    let mut builder = FunctionBuilder::new(&mut function, contexts);
    let entry = builder.create_block();
    builder.append_block_params_for_function_params(entry);
    builder.switch_to_block(entry);
    builder.seal_block(entry);
    let given = builder.block_params(entry).to_vec();
    let (run, thread) = (given[0], given[1]);
    let mut writer = Writer {
        program,
        threads,
        kernels,
        parts,
        wait,
        multiply,
        transpose,
        draw,
        run,
        thread,
        arena: run,
        slots: run,
        first: given.get(2).copied().unwrap_or(run),
        rows: given.get(3).copied().unwrap_or(run),
        variables: FxHashMap::default(),
        builder,
    };
    writer.arena = writer.field(std::mem::offset_of!(Run, arena));
    writer.slots = writer.field(std::mem::offset_of!(Run, slots));
    write(&mut writer);
    writer.builder.ins().return_(&[]);
    let frontend = code.frontend()?;
    writer.builder.finalize(frontend);
    code.define(id, name, function)?;
    Ok(id)
}

struct Writer<'a> {
    program: &'a Program,
    threads: usize,
    kernels: Vec<FuncRef>,
    /// The steps in several functions, if they are too many for one.
    parts: Vec<FuncRef>,
    wait: FuncRef,
    multiply: FuncRef,
    transpose: FuncRef,
    draw: FuncRef,
    run: ir::Value,
    thread: ir::Value,
    arena: ir::Value,
    slots: ir::Value,
    first: ir::Value,
    rows: ir::Value,
    variables: FxHashMap<LoopVariable, ir::Value>,
    builder: FunctionBuilder<'a>,
}

impl Writer<'_> {
    fn field(&mut self, offset: usize) -> ir::Value {
        self.builder.ins().load(types::I64, FLAGS, self.run, offset as i32)
    }

    fn all_records(&mut self, steps: &[Command]) {
        let record_bytes = 8 * (RECORD_HEAD + self.program.scalars.len()) as i64;
        let log_bytes = 8 * self.program.outputs.len() as i64;
        let records = self.field(std::mem::offset_of!(Run, records));
        let count = self.field(std::mem::offset_of!(Run, count));
        let log = self.field(std::mem::offset_of!(Run, log));
        let stop = self.field(std::mem::offset_of!(Run, stop));
        let [head, body, done] = [(); 3].map(|()| self.builder.create_block());
        let [step, record, entry] = [(); 3].map(|()| self.builder.append_block_param(head, types::I64));
        let zero = self.builder.ins().iconst(types::I64, 0);
        self.builder.ins().jump(head, &[zero.into(), records.into(), log.into()]);

        self.builder.switch_to_block(head);
        self.on_first_thread(|w| {
            w.builder.ins().store(FLAGS, step, w.run, std::mem::offset_of!(Run, done) as i32);
            let flag = w.builder.ins().load(types::I8, MemFlagsData::new().with_notrap(), stop, 0);
            let over = w.builder.ins().icmp(IntCC::SignedGreaterThanOrEqual, step, count);
            let stopping = w.builder.ins().bor(flag, over);
            let stopping = w.builder.ins().uextend(types::I64, stopping);
            w.builder.ins().store(FLAGS, stopping, w.run, std::mem::offset_of!(Run, stopping) as i32);
            // The last record's scalars may stand when the loop is over; they are not read again.
            let [go, on] = [(); 2].map(|()| w.builder.create_block());
            w.builder.ins().brif(stopping, on, &[], go, &[]);
            w.enter(go);
            w.write_scalars(record);
            w.builder.ins().jump(on, &[]);
            w.enter(on);
        });
        self.barrier();
        let stopping = self.field(std::mem::offset_of!(Run, stopping));
        self.builder.ins().brif(stopping, done, &[], body, &[]);

        self.enter(body);
        self.first = self.builder.ins().load(types::I64, FLAGS, record, 0);
        self.rows = self.builder.ins().load(types::I64, FLAGS, record, 8);
        if self.parts.is_empty() {
            self.steps(steps);
        }
        for part in self.parts.clone() {
            self.builder.ins().call(part, &[self.run, self.thread, self.first, self.rows]);
        }
        self.barrier();
        self.on_first_thread(|w| w.write_outputs(entry));
        let next = self.builder.ins().iadd_imm_s(step, 1);
        let record = self.builder.ins().iadd_imm_s(record, record_bytes);
        let entry = self.builder.ins().iadd_imm_s(entry, log_bytes);
        self.builder.ins().jump(head, &[next.into(), record.into(), entry.into()]);
        self.builder.seal_block(head);
        self.enter(done);
    }

    fn enter(&mut self, block: ir::Block) {
        self.builder.switch_to_block(block);
        self.builder.seal_block(block);
    }

    fn on_first_thread(&mut self, write: impl FnOnce(&mut Self)) {
        if self.threads == 1 {
            return write(self);
        }
        let [only, on] = [(); 2].map(|()| self.builder.create_block());
        self.builder.ins().brif(self.thread, on, &[], only, &[]);
        self.enter(only);
        write(self);
        self.builder.ins().jump(on, &[]);
        self.enter(on);
    }

    fn barrier(&mut self) {
        if 1 < self.threads {
            let barrier = self.field(std::mem::offset_of!(Run, barrier));
            self.builder.ins().call(self.wait, &[barrier]);
        }
    }

    /// Where a scalar is: an address and an offset.
    fn scalar(&mut self, id: BufferId) -> (ir::Value, i32, Element) {
        let buffer = self.program.buffer(id);
        let Location::Arena { offset } = buffer.place else { return (self.arena, 0, buffer.element) };
        let address = self.builder.ins().iadd_imm_s(self.arena, offset as i64);
        (address, 0, buffer.element)
    }

    fn write_scalars(&mut self, record: ir::Value) {
        for (at, id) in self.program.scalars.iter().enumerate() {
            let value = self.builder.ins().load(types::F64, FLAGS, record, 8 * (RECORD_HEAD + at) as i32);
            let (address, offset, element) = self.scalar(*id);
            let value = if element == Element::F32 { self.builder.ins().fdemote(types::F32, value) } else { value };
            self.builder.ins().store(FLAGS, value, address, offset);
        }
    }

    fn write_outputs(&mut self, entry: ir::Value) {
        for (at, id) in self.program.outputs.iter().enumerate() {
            let (address, offset, element) = self.scalar(*id);
            let value = match element {
                Element::F32 => {
                    let value = self.builder.ins().load(types::F32, FLAGS, address, offset);
                    self.builder.ins().fpromote(types::F64, value)
                }
                _ => self.builder.ins().load(types::F64, FLAGS, address, offset),
            };
            self.builder.ins().store(FLAGS, value, entry, 8 * at as i32);
        }
    }

    fn steps(&mut self, steps: &[Command]) {
        for step in steps {
            match step {
                Command::Kernel { kernel, arguments } => {
                    let mut given = vec![self.arena, self.slots, self.first, self.rows, self.thread];
                    given.extend(arguments.iter().map(|a| self.affine(a)).collect::<Vec<_>>());
                    let function = self.kernels[kernel.0 as usize];
                    let call = |w: &mut Self| {
                        w.builder.ins().call(function, &given);
                    };
                    if self.program.kernel(*kernel).divided() { call(self) } else { self.on_first_thread(call) }
                }
                Command::Loop { variable, length, reverse, body } => self.repeat(*variable, *length, *reverse, body),
                Command::Product(one) => self.multiply(one),
                Command::Transpose(one) => self.transpose(one),
                Command::Draw(id) => self.draw(*id),
                Command::Barrier => self.barrier(),
            }
        }
    }

    fn repeat(&mut self, variable: LoopVariable, length: usize, reverse: bool, body: &[Command]) {
        let (start, end, step) = if reverse { (length as i64 - 1, -1, -1) } else { (0, length as i64, 1) };
        let [inner, done] = [(); 2].map(|()| self.builder.create_block());
        let at = self.builder.append_block_param(inner, types::I64);
        let start = self.builder.ins().iconst(types::I64, start);
        self.builder.ins().jump(inner, &[start.into()]);
        self.builder.switch_to_block(inner);
        self.variables.insert(variable, at);
        self.steps(body);
        let next = self.builder.ins().iadd_imm_s(at, step);
        let over = self.builder.ins().icmp_imm_s(IntCC::Equal, next, end);
        self.builder.ins().brif(over, done, &[], inner, &[BlockArg::from(next)]);
        self.builder.seal_block(inner);
        self.enter(done);
    }

    fn affine(&mut self, index: &Affine) -> ir::Value {
        let start = self.builder.ins().iconst(types::I64, index.constant);
        index.terms.iter().fold(start, |sum, &(variable, factor)| {
            let scaled = self.builder.ins().imul_imm_s(self.variables[&variable], factor);
            self.builder.ins().iadd(sum, scaled)
        })
    }
}

/// The functions that compiled code may call: the barrier, and those of the kernels.
pub(super) fn symbols(program: &Program, path: Path) -> Result<Vec<(&'static str, *const u8)>, Fault> {
    let mut symbols = vec![("wait", super::barrier::wait as *const u8)];
    symbols.extend(products::SYMBOLS);
    symbols.push(transpositions::symbol(program.float, path));
    symbols.push(draws::symbol(program.float));
    let taken = symbols.len();
    for function in program.kernels.iter().flat_map(|k| super::lower::functions(&k.body)) {
        if symbols[..taken].iter().any(|s| s.0 == function.name) {
            return Err(fault(format!("a function of a kernel is called `{}`", function.name)));
        }
        symbols.push((function.name, function.code.address() as *const u8));
    }
    Ok(symbols)
}
