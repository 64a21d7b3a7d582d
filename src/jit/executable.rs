//! A compiled program with its memory: what the rest of the compiler sees of the JIT. Safe to use whatever one binds, writes
//! and runs.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use cranelift_frontend::FunctionBuilderContext;
use cranelift_module::FuncId;

use super::barrier::Barrier;
use super::driver::{self, Draws, Driver, Products, Run, Slot};
use super::lower;
use super::module::{Code, Options};
use super::records::{Log, RECORD_HEAD, Records};
use crate::kernel::*;
use crate::vector::FlushToZero;

/// Rows of the data, or the order in which to take them. Shared, not copied.
#[derive(Clone, Debug)]
pub enum Column {
    F32(Arc<[f32]>),
    F64(Arc<[f64]>),
    I32(Arc<[i32]>),
    U32(Arc<[u32]>),
}

/// A program in native code, its memory, and the data that is bound to it.
pub struct Executable {
    program: Program,
    threads: usize,
    driver: Driver,
    /// Owns what `driver` points to.
    _code: Code,
    arena: Vec<Line>,
    products: Products,
    draws: Draws,
    slots: Vec<Option<Column>>,
    barrier: Barrier,
    compile_time: Duration,
}

/// A cache line, so that memory is aligned.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([u8; 64]);

/// A verified program as functions, and the one that runs all steps. Their text is kept if there is room for it.
fn translated(program: &Program, options: Options, clif: Option<String>) -> Result<(Code, FuncId), Fault> {
    program.verify()?;
    if !options.path.is_available() {
        return Err(super::module::fault(format!("this processor has no {}", options.path.name())));
    }
    let threads = options.threads.max(1);
    let mut code = Code::new(options.path, &driver::symbols(program, options.path)?)?;
    code.clif = clif;
    let mut contexts = FunctionBuilderContext::new();
    let mut kernels = vec![];
    for (at, kernel) in program.kernels.iter().enumerate() {
        let signature = lower::signature(&mut code, kernel.parameters.len())?;
        let id = code.declare(&format!("kernel{at}"), &signature)?;
        lower::kernel(&mut code, &mut contexts, id, program, kernel, Options { threads, ..options })?;
        kernels.push(id);
    }
    let id = driver::driver(&mut code, &mut contexts, program, &kernels, threads)?;
    Ok((code, id))
}

impl Executable {
    /// Verifies and compiles a program. All memory is zero. A fault is a mistake of the compiler.
    pub fn compile(program: Program, options: Options) -> Result<Executable, Fault> {
        let start = Instant::now();
        let threads = options.threads.max(1);
        let (mut code, id) = translated(&program, options, None)?;
        code.finish()?;
        let address = code.address(id)?;
        // SAFETY: the function was compiled with this signature, and lives as long as `code` beside it.
        let driver = unsafe { std::mem::transmute::<*const u8, Driver>(address) };
        Ok(Executable {
            products: Products::new(&program, options.path),
            draws: Draws::new(&program, 1, 0),
            threads,
            driver,
            _code: code,
            arena: vec![Line([0; 64]); program.arena_bytes.div_ceil(64)],
            slots: vec![None; program.slots],
            barrier: Barrier::new(threads),
            compile_time: start.elapsed(),
            program,
        })
    }

    pub fn program(&self) -> &Program {
        &self.program
    }

    /// The code before machine code, for `gradus show --stage clif`.
    pub fn clif(program: &Program, options: Options) -> Result<String, Fault> {
        let (mut code, _) = translated(program, options, Some(String::new()))?;
        Ok(code.clif.take().unwrap_or_default())
    }

    /// How long `compile` took.
    pub fn compile_time(&self) -> Duration {
        self.compile_time
    }

    /// Binds rows to a slot: a whole number of rows of every buffer there, of the buffers' element.
    pub fn bind(&mut self, slot: u32, column: Column) -> Result<(), Fault> {
        for buffer in self.of_slot(slot) {
            if buffer.element != column.element()
                || column.is_empty()
                || !column.len().is_multiple_of(buffer.elements.max(1))
            {
                let (element, len) = (column.element(), column.len());
                let reason = format!("{len} {element} are no rows of `{}`", buffer.name);
                return Err(Fault { place: format!("slot {slot}"), reason });
            }
        }
        match self.slots.get_mut(slot as usize) {
            Some(bound) => *bound = Some(column),
            None => return Err(Fault { place: format!("slot {slot}"), reason: "it does not exist".to_string() }),
        }
        Ok(())
    }

    /// What fresh draws follow from: the seed, and how many rows of the data stand before those that are bound. The seed is 1 until then.
    pub fn draw_from(&mut self, seed: u64, rows_before: u32) {
        self.draws = Draws::new(&self.program, seed, rows_before);
    }

    /// All elements of a buffer in memory, padding included, as numbers. Empty for data.
    pub fn read(&self, id: BufferId) -> Vec<f64> {
        let buffer = self.program.buffer(id);
        let bytes = self.bytes(id);
        let numbers = bytes.chunks_exact(buffer.element.bytes());
        numbers
            .map(|chunk| match (buffer.element, chunk) {
                (Element::F32, &[a, b, c, d]) => f32::from_ne_bytes([a, b, c, d]) as f64,
                (Element::I32, &[a, b, c, d]) => i32::from_ne_bytes([a, b, c, d]) as f64,
                (Element::U32, &[a, b, c, d]) => u32::from_ne_bytes([a, b, c, d]) as f64,
                (Element::F64, &[a, b, c, d, e, f, g, h]) => f64::from_ne_bytes([a, b, c, d, e, f, g, h]),
                (_, _) => f64::NAN,
            })
            .collect()
    }

    /// Writes the first elements of a buffer in memory, rounded to its type. What does not fit is left out.
    pub fn write(&mut self, id: BufferId, values: &[f64]) {
        let element = self.program.buffer(id).element;
        let bytes = self.bytes_mut(id);
        for (chunk, &value) in bytes.chunks_exact_mut(element.bytes()).zip(values) {
            match element {
                Element::F32 => chunk.copy_from_slice(&(value as f32).to_ne_bytes()),
                Element::F64 => chunk.copy_from_slice(&value.to_ne_bytes()),
                Element::I32 => chunk.copy_from_slice(&(value as i32).to_ne_bytes()),
                Element::U32 => chunk.copy_from_slice(&(value as u32).to_ne_bytes()),
            }
        }
    }

    /// The bytes of a buffer in memory, in the machine's order. Empty for data.
    pub fn bytes(&self, id: BufferId) -> &[u8] {
        match self.program.buffer(id).place {
            Location::Arena { offset } => &self.memory()[offset..offset + self.byte_count(id)],
            _ => &[],
        }
    }

    /// The bytes of a buffer in memory, to be changed. Any bytes are allowed: kernels put indices into their bounds.
    pub fn bytes_mut(&mut self, id: BufferId) -> &mut [u8] {
        match self.program.buffer(id).place {
            Location::Arena { offset } => {
                let end = offset + self.byte_count(id);
                &mut self.memory_mut()[offset..end]
            }
            _ => &mut [],
        }
    }

    fn byte_count(&self, id: BufferId) -> usize {
        let buffer = self.program.buffer(id);
        buffer.elements * buffer.element.bytes()
    }

    /// All of the program's memory, for snapshots.
    pub fn memory(&self) -> &[u8] {
        let (start, len) = (self.arena.as_ptr(), self.program.arena_bytes);
        // SAFETY: the lines are that many bytes or more, all initialised.
        unsafe { std::slice::from_raw_parts(start.cast(), len) }
    }

    /// All of the program's memory, to put a snapshot back.
    pub fn memory_mut(&mut self) -> &mut [u8] {
        let (start, len) = (self.arena.as_mut_ptr(), self.program.arena_bytes);
        // SAFETY: the lines are that many bytes or more, all initialised, and any bytes are lines.
        unsafe { std::slice::from_raw_parts_mut(start.cast(), len) }
    }

    /// Runs a step for each record, one native call for each thread, until the records end or `stop` is set; appends what the
    /// steps log. Returns the number of steps done. Nothing is allocated once the threads run.
    pub fn run(&mut self, records: &Records, stop: &AtomicBool, log: &mut Log) -> Result<usize, Fault> {
        let slots = self.check(records)?;
        let width = self.program.outputs.len();
        log.start(width, records.len());
        let mut run = Run {
            arena: self.arena.as_mut_ptr().cast(),
            slots: slots.as_ptr(),
            products: self.products.addresses(),
            draws: self.draws.addresses(),
            records: records.words().as_ptr(),
            count: records.len() as i64,
            log: log.room(),
            stop: stop.as_ptr().cast(),
            barrier: &self.barrier,
            stopping: 0,
            done: 0,
        };
        let shared = Shared(&raw mut run);
        let driver = self.driver;
        std::thread::scope(|scope| {
            for thread in 1..self.threads {
                scope.spawn(move || {
                    let shared = shared;
                    // SAFETY: as below.
                    unsafe { drive(driver, shared, thread) }
                });
            }
            // SAFETY: the verifier has proven every access in bounds of the memory, of a bound column (checked above), or of the
            // records and the log, which have room for `count` steps; threads write disjoint parts between barriers.
            unsafe { drive(driver, shared, 0) }
        });
        let done = usize::try_from(run.done).unwrap_or(0);
        // The flag is read here so that the compiler can't move its setting behind the run.
        let _ = stop.load(Ordering::Acquire);
        log.finish(done);
        Ok(done)
    }

    /// Whether the records fit what is bound, and the slots as compiled code takes them.
    fn check(&self, records: &Records) -> Result<Vec<Slot>, Fault> {
        let fault = |reason: String| Fault { place: "a run".to_string(), reason };
        if records.width() != RECORD_HEAD + self.program.scalars.len() {
            return Err(fault(format!("a record gives {} scalars", self.program.scalars.len())));
        }
        let mut slots = vec![Slot { address: std::ptr::null(), rows: 0 }; self.slots.len()];
        let mut fewest = usize::MAX;
        for buffer in &self.program.buffers {
            let (Location::Table { slot } | Location::Window { slot }) = buffer.place else { continue };
            let Some(column) = &self.slots[slot as usize] else {
                return Err(fault(format!("nothing is bound to `{}`", buffer.name)));
            };
            let rows = column.len() / buffer.elements;
            slots[slot as usize] = Slot { address: column.address(), rows: rows as i64 };
            if let Location::Window { .. } = buffer.place {
                fewest = fewest.min(rows);
            }
        }
        for (first, rows) in records.rows() {
            if rows == 0 || self.program.batch < rows || first.checked_add(rows).is_none_or(|end| fewest < end) {
                return Err(fault(format!(
                    "a batch of {rows} rows from {first} on, of {fewest} (at most {})",
                    self.program.batch
                )));
            }
        }
        Ok(slots)
    }

    fn of_slot(&self, slot: u32) -> impl Iterator<Item = &Buffer> {
        let there = move |b: &&Buffer| matches!(b.place, Location::Table { slot: s } | Location::Window { slot: s } if s == slot);
        self.program.buffers.iter().filter(there)
    }
}

/// The run, which all threads share.
#[derive(Clone, Copy)]
struct Shared(*mut Run);

// SAFETY: threads read it, and only the first writes, `stopping` and `done`, between barriers.
unsafe impl Send for Shared {}

/// # Safety
/// The promise of the driver: everything in the run is valid for its steps.
unsafe fn drive(driver: Driver, run: Shared, thread: usize) {
    let _flush = FlushToZero::new();
    // SAFETY: the caller's promise.
    unsafe { driver(run.0, thread as i64) }
}

impl Column {
    pub fn element(&self) -> Element {
        match self {
            Column::F32(_) => Element::F32,
            Column::F64(_) => Element::F64,
            Column::I32(_) => Element::I32,
            Column::U32(_) => Element::U32,
        }
    }
    pub fn len(&self) -> usize {
        match self {
            Column::F32(all) => all.len(),
            Column::F64(all) => all.len(),
            Column::I32(all) => all.len(),
            Column::U32(all) => all.len(),
        }
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    fn address(&self) -> *const u8 {
        match self {
            Column::F32(all) => all.as_ptr().cast(),
            Column::F64(all) => all.as_ptr().cast(),
            Column::I32(all) => all.as_ptr().cast(),
            Column::U32(all) => all.as_ptr().cast(),
        }
    }
}
