//! What the training loop wants of an executor: the JIT and the interpreter are driven alike.
use crate::data::Dataset;
use crate::kernel::Fault;
use crate::step::Target;
use std::sync::atomic::AtomicBool;

/// One step: which rows of the order it takes, and the counters that formulas may use.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Batch {
    /// The first place in the order.
    pub first: usize,
    pub rows: usize,
    pub step: usize,
    pub epoch: usize,
}

impl Batch {
    /// The first so many rows, at a moment of training: what is judged, shown or predicted may speak of it.
    pub fn at(moment: Moment, rows: usize) -> Batch {
        Batch { first: 0, rows, step: moment.step, epoch: moment.epoch }
    }
}

/// How far training is; steps and epochs count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    pub step: usize,
    pub epoch: usize,
}

/// Runs steps of one graph.
pub trait Executor {
    /// Parameters and states, in their own shape, row by row.
    fn write(&mut self, target: Target, values: &[f64]);
    fn read(&self, target: Target) -> Vec<f64>;
    /// Puts other rows in the place of those it was made with, of the same columns.
    fn bind(&mut self, dataset: &Dataset) -> Result<(), Fault>;
    /// What fresh draws follow from: the seed, and how many rows of the data stand before those that are bound (of a file that is read in
    /// parts). They are 1 and 0 until then.
    fn draw_from(&mut self, seed: u64, rows_before: usize);
    /// Runs the batches, taking rows by their number in the data from `order`; writes the logged numbers of each step behind `log`.
    /// Stops early if `stop` is set; the number of steps done. A fault is a mistake of the compiler.
    fn run(&mut self, order: &[u32], batches: &[Batch], stop: &AtomicBool, log: &mut Vec<f64>) -> Result<usize, Fault>;
    /// The values of an output of the last step that ran, row by row.
    fn output(&self, number: usize, rows: usize) -> Vec<f64>;
    fn threads(&self) -> usize;
    /// Milliseconds that compilation took.
    fn compile_ms(&self) -> f64;
    /// The memory of buffers.
    fn arena_bytes(&self) -> usize;
}
