//! The interpreter as an executor.
use super::executor::{Batch, Executor};
use crate::data::{Dataset, Values};
use crate::graph::{Graph, NodeId, Runtime};
use crate::interpreter::{Interpreter, Real};
use crate::kernel::Fault;
use crate::step::Target;
use crate::vector::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// A batched step on the interpreter, with its data.
pub struct Interpreted<T> {
    interpreter: Interpreter<T>,
    /// By number of the input; none if the step does not read it.
    columns: Vec<Option<Column<T>>>,
    /// What changes, and the number of the root that says how. Logged numbers and outputs follow behind these roots.
    updates: Vec<(Target, usize)>,
    logged: usize,
    /// Rows of the data before those that are bound.
    rows_before: usize,
    prepare_ms: f64,
}

/// All rows of an input.
struct Column<T> {
    values: Vec<T>,
    width: usize,
}

/// What a step computes.
pub struct Roots<'a> {
    pub graph: &'a Graph,
    pub updates: &'a [(Target, NodeId)],
    pub logged: &'a [NodeId],
    pub outputs: &'a [NodeId],
}

impl<T: Real> Interpreted<T> {
    /// Makes a batched step ready and takes over the data. A fault is a mistake of the compiler.
    pub fn new(
        roots: &Roots,
        dataset: &Dataset,
        path: Path,
        rows: usize,
        totals: (usize, usize),
    ) -> Result<Interpreted<T>, Fault> {
        let clock = Instant::now();
        let updates = roots.updates.iter().map(|u| u.1);
        let all: Vec<NodeId> = updates.chain(roots.logged.iter().chain(roots.outputs).copied()).collect();
        let mut interpreter = Interpreter::on(roots.graph, &all, rows, path).map_err(fault)?;
        interpreter.set_runtime(Runtime::Steps, totals.0 as f64);
        interpreter.set_runtime(Runtime::Epochs, totals.1 as f64);
        let columns = columns(&interpreter, dataset);
        let updates = roots.updates.iter().enumerate().map(|(root, update)| (update.0, root)).collect();
        let prepare_ms = clock.elapsed().as_secs_f64() * 1e3;
        Ok(Interpreted { interpreter, columns, updates, logged: roots.logged.len(), rows_before: 0, prepare_ms })
    }

    fn step(&mut self, order: &[u32], batch: &Batch, log: &mut Vec<f64>) -> Result<(), String> {
        let rows = &order[batch.first..batch.first + batch.rows];
        for (number, column) in self.columns.iter().enumerate() {
            let Some(column) = column else { continue };
            let to = self.interpreter.input_mut(number, rows.len());
            for (to, &row) in to.chunks_exact_mut(column.width.max(1)).zip(rows) {
                let at = row as usize * column.width;
                to.copy_from_slice(&column.values[at..at + column.width]);
            }
        }
        let before = self.rows_before as u32;
        self.interpreter.draw_for(rows.iter().map(|row| before.wrapping_add(*row)));
        self.interpreter.set_runtime(Runtime::Step, batch.step as f64);
        self.interpreter.set_runtime(Runtime::Epoch, batch.epoch as f64);
        self.interpreter.run(batch.rows)?;
        let first = self.updates.len();
        log.extend((first..first + self.logged).map(|root| self.interpreter.read(root)[0].to_f64()));
        self.interpreter.advance(&self.updates);
        Ok(())
    }
}

/// The rows of the inputs that the step reads.
fn columns<T: Real>(interpreter: &Interpreter<T>, dataset: &Dataset) -> Vec<Option<Column<T>>> {
    let column = |(number, column): (usize, &crate::data::Column)| {
        let values = match &column.values {
            _ if !interpreter.reads_input(number) => return None,
            Values::F32(values) => values.iter().map(|&v| T::from_f64(v.into())).collect(),
            Values::F64(values) => values.iter().map(|&v| T::from_f64(v)).collect(),
            Values::Classes(values) => values.iter().map(|&v| T::from_f64(v.into())).collect(),
        };
        Some(Column { values, width: column.shape.iter().product() })
    };
    dataset.columns.iter().enumerate().map(column).collect()
}

fn fault(reason: String) -> Fault {
    Fault { place: "the interpreter".into(), reason }
}

impl<T: Real> Executor for Interpreted<T> {
    fn write(&mut self, target: Target, values: &[f64]) {
        self.interpreter.set(target, values);
    }
    fn read(&self, target: Target) -> Vec<f64> {
        self.interpreter.value(target).iter().map(|v| v.to_f64()).collect()
    }
    fn bind(&mut self, dataset: &Dataset) -> Result<(), Fault> {
        self.columns = columns(&self.interpreter, dataset);
        Ok(())
    }
    fn draw_from(&mut self, seed: u64, rows_before: usize) {
        self.interpreter.draw_from(seed);
        self.rows_before = rows_before;
    }
    fn run(&mut self, order: &[u32], batches: &[Batch], stop: &AtomicBool, log: &mut Vec<f64>) -> Result<usize, Fault> {
        for (done, batch) in batches.iter().enumerate() {
            if stop.load(Ordering::Relaxed) {
                return Ok(done);
            }
            self.step(order, batch, log).map_err(fault)?;
        }
        Ok(batches.len())
    }
    fn output(&self, number: usize, rows: usize) -> Vec<f64> {
        let root = self.updates.len() + self.logged + number;
        self.interpreter.read_rows(root, rows).iter().map(|v| v.to_f64()).collect()
    }
    fn threads(&self) -> usize {
        1
    }
    fn compile_ms(&self) -> f64 {
        self.prepare_ms
    }
    fn arena_bytes(&self) -> usize {
        self.interpreter.bytes()
    }
}
