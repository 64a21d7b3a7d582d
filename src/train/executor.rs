//! What the training loop wants of an executor: the JIT and the interpreter are driven alike.
use crate::graph::Kind;
use crate::step::Target;

/// All rows of one input, row by row.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// Numbers; truth values are 0 or 1.
    Numbers(Vec<f64>),
    Classes(Vec<u32>),
}

/// A column, its kind, and how many elements a row has.
#[derive(Clone, Debug)]
pub struct Table {
    pub column: Column,
    pub kind: Kind,
    pub width: usize,
}

/// One step: which rows of the order it takes, and the counters that formulas may use.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Batch {
    /// The first place in the order.
    pub first: usize,
    pub rows: usize,
    pub step: usize,
    pub epoch: usize,
}

/// Runs steps of one graph.
pub trait Executor {
    /// Parameters and states, in their own shape, row by row.
    fn write(&mut self, target: Target, values: &[f64]);
    fn read(&self, target: Target) -> Vec<f64>;
    /// Runs the batches, taking rows by their number in the data from `order`; writes the logged numbers of each step behind `log`.
    /// Stops early if `stop` says so; the number of steps done.
    fn run(&mut self, order: &[u32], batches: &[Batch], stop: &dyn Fn() -> bool, log: &mut Vec<f64>) -> usize;
    /// The values of an output of the last step that ran, row by row.
    fn output(&self, number: usize, rows: usize) -> Vec<f64>;
    fn threads(&self) -> usize;
    /// Milliseconds that compilation took.
    fn compile_ms(&self) -> f64;
    /// The memory of buffers.
    fn arena_bytes(&self) -> usize;
}
