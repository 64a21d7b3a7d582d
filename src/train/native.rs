//! The JIT as an executor.
use super::executor::{Batch, Executor};
use crate::data::{Dataset, Values};
use crate::graph::BATCH;
use crate::jit::{Column, Executable, Log, Options, Records};
use crate::kernel::Fault;
use crate::plan::{Binding, Plan};
use crate::step::Target;
use crate::vector::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A compiled step with its data bound.
pub struct Native {
    plan: Plan,
    executable: Executable,
    order: Arc<[u32]>,
    /// How many steps and epochs there will be: numbers that formulas may use.
    totals: (usize, usize),
    threads: usize,
    records: Records,
    log: Log,
}

impl Native {
    /// Compiles a plan and binds the data. A fault is a mistake of the compiler.
    pub fn new(
        plan: Plan,
        dataset: &Dataset,
        path: Path,
        threads: usize,
        totals: (usize, usize),
    ) -> Result<Native, Fault> {
        // What is too small to be shared runs on one thread.
        let threads = if plan.program.is_divided() { threads } else { 1 };
        let mut executable = Executable::compile(plan.program.clone(), Options { path, threads })?;
        for (binding, values) in &plan.constants {
            executable.write(binding.buffer, &spread(binding, values));
        }
        let records = Records::new(plan.program.scalars.len());
        let mut native =
            Native { plan, executable, order: Arc::from([]), totals, threads, records, log: Log::default() };
        native.bind(dataset)?;
        native.bind_order(&[0])?;
        Ok(native)
    }

    fn bind_order(&mut self, order: &[u32]) -> Result<(), Fault> {
        if *self.order != *order {
            self.order = order.into();
            self.executable.bind(self.plan.order_slot, Column::U32(self.order.clone()))?;
        }
        Ok(())
    }

    fn binding(&self, target: Target) -> &Binding {
        match target {
            Target::Parameter(i) => &self.plan.parameters[i as usize],
            Target::State(i) => &self.plan.states[i as usize],
        }
    }
    fn values(&self, binding: &Binding, rows: usize) -> Vec<f64> {
        let all = self.executable.read(binding.buffer);
        places(binding, rows).map(|place| all[place]).collect()
    }
}

/// Where the elements of a value stand, row by row.
fn places(binding: &Binding, rows: usize) -> impl Iterator<Item = usize> + '_ {
    let shape: Vec<usize> = binding.shape.iter().map(|&n| if n == BATCH { rows } else { n }).collect();
    (0..shape.iter().product()).map(move |flat| {
        let (mut rest, mut place) = (flat, 0);
        for axis in (0..shape.len()).rev() {
            place += rest % shape[axis] * binding.layout.strides[axis];
            rest /= shape[axis];
        }
        place
    })
}

/// A buffer's elements, padding included, from the values of its own shape.
fn spread(binding: &Binding, values: &[f64]) -> Vec<f64> {
    let mut all = vec![0.0; binding.layout.elements];
    for (place, value) in places(binding, 1).zip(values) {
        all[place] = *value;
    }
    all
}

impl Executor for Native {
    fn write(&mut self, target: Target, values: &[f64]) {
        let binding = self.binding(target);
        let (buffer, all) = (binding.buffer, spread(binding, values));
        self.executable.write(buffer, &all);
    }
    fn read(&self, target: Target) -> Vec<f64> {
        self.values(self.binding(target), 1)
    }
    fn bind(&mut self, dataset: &Dataset) -> Result<(), Fault> {
        for (input, column) in self.plan.inputs.iter().zip(&dataset.columns) {
            let Some(input) = input else { continue };
            let column = match &column.values {
                Values::F32(values) => Column::F32(values.as_slice().into()),
                Values::F64(values) => Column::F64(values.as_slice().into()),
                Values::Classes(values) => Column::U32(values.as_slice().into()),
            };
            self.executable.bind(input.slot, column)?;
        }
        Ok(())
    }
    fn draw_from(&mut self, seed: u64, rows_before: usize) {
        self.executable.draw_from(seed, rows_before as u32);
    }
    fn run(&mut self, order: &[u32], batches: &[Batch], stop: &AtomicBool, log: &mut Vec<f64>) -> Result<usize, Fault> {
        self.bind_order(order)?;
        self.records.clear();
        for b in batches {
            // In the order of `Runtime::ALL`.
            let scalars = [b.rows, b.step, b.epoch, self.totals.0, self.totals.1].map(|n| n as f64);
            self.records.push(b.first, b.rows, &scalars);
        }
        self.log.clear();
        let done = self.executable.run(&self.records, stop, &mut self.log)?;
        log.extend(self.log.values());
        Ok(done)
    }
    fn output(&self, number: usize, rows: usize) -> Vec<f64> {
        self.values(&self.plan.outputs[number], rows)
    }
    fn threads(&self) -> usize {
        self.threads
    }
    fn compile_ms(&self) -> f64 {
        self.executable.compile_time().as_secs_f64() * 1e3
    }
    fn arena_bytes(&self) -> usize {
        self.plan.program.arena_bytes
    }
}
