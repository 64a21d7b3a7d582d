//! The interpreter: the batched graph node by node on ndarray, with buffers that are allocated once.
//!
//! It is the opponent of the compiled code in `gradus bench`: products run at matrixmultiply's full speed, functions of
//! elements over slices in the widest vectors of the processor, views cost nothing, and a step allocates nothing.
mod compile;
mod contract;
mod copy;
mod elementwise;
mod index;
mod label;
mod layout;
mod memory;
mod nest;
mod numbers;
mod pool;
mod product;
mod program;
mod real;
mod reduce;
mod sums;

pub use real::Real;

use crate::graph::{Graph, Leaf, NodeId, Op, Runtime, Variable};
use crate::oracle::values::place;
use crate::random::{Noise, Site};
use crate::step::Target;
use crate::vector::Path;
use compile::Compiled;
use layout::Strided;
use memory::Memory;
use numbers::Numbers;
use program::{Line, Tasks};

/// Programs for this many numbers of rows are kept: whole batches and the last one, in training and in validation.
const PROGRAMS: usize = 4;

/// A batched graph ready to run, with its parameters, states and inputs.
pub struct Interpreter<T> {
    lines: Vec<Line>,
    numbers: Numbers,
    numbers_at: usize,
    roots: Vec<Strided>,
    memory: Memory<T>,
    /// By number of rows, the latest last.
    programs: Vec<(usize, Tasks)>,
    settings: Vec<f64>,
    runtime: [f64; Runtime::ALL.len()],
    parameters: usize,
    states: usize,
    /// Elements of a row of each input, and whether it is read.
    widths: Vec<usize>,
    reads: Vec<bool>,
    max_rows: usize,
    /// The rows of the last run.
    rows: usize,
    /// What is drawn from, and the paths of the sites.
    draws: Vec<(Noise, String)>,
}

impl<T: Real> Interpreter<T> {
    /// Makes the roots of a batched graph ready, for up to `max_rows` examples at once.
    ///
    /// # Errors
    /// The graph is not batched or has holes; a class has more values than the precision can count.
    pub fn new(graph: &Graph, roots: &[NodeId], max_rows: usize) -> Result<Interpreter<T>, String> {
        Interpreter::on(graph, roots, max_rows, Path::detect())
    }
    /// The same with vectors of a given width.
    ///
    /// # Errors
    /// As `new`.
    pub fn on(graph: &Graph, roots: &[NodeId], max_rows: usize, path: Path) -> Result<Interpreter<T>, String> {
        let mut reads = vec![false; graph.inputs.len()];
        for id in graph.reachable(roots) {
            if let Op::Leaf(Leaf::Input(number)) = graph.op(id) {
                reads[*number as usize] = true;
            }
            if let Some(size) = graph.ty(id).kind.count()
                && size > T::WHOLE
                && size != crate::graph::BATCH
            {
                return Err(format!("%{} has {size} classes; in this precision they can't be told apart", id.0));
            }
        }
        let Compiled { mut lines, numbers, sizes, tables, roots } = compile::compile(graph, roots, max_rows)?;
        let numbers_at = graph.parameters.len() + graph.states.len() + graph.inputs.len();
        let fixed: Vec<usize> = roots.iter().map(|r| r.buffer).chain(tables.iter().map(|t| t.0)).collect();
        let sizes = pool::shared(&mut lines, &sizes, numbers_at + 1, &fixed);
        let mut memory = Memory::new(&sizes, graph.loops.len(), path);
        for (buffer, values) in tables {
            let table = &mut memory.buffers[buffer];
            table.iter_mut().zip(values).for_each(|(t, v)| *t = T::from_f64(v));
        }
        let width = |v: &Variable| crate::oracle::values::count(&v.ty);
        let mut interpreter = Interpreter {
            lines,
            numbers,
            numbers_at,
            roots,
            memory,
            programs: vec![],
            settings: graph.settings.iter().map(|s| s.1).collect(),
            runtime: [1.0; Runtime::ALL.len()],
            parameters: graph.parameters.len(),
            states: graph.states.len(),
            widths: graph.inputs.iter().map(width).collect(),
            reads,
            max_rows,
            rows: 0,
            draws: graph.draws.iter().map(|draw| (draw.noise, draw.name.clone())).collect(),
        };
        interpreter.draw_from(1);
        Ok(interpreter)
    }
    /// The seed that fresh draws follow from; 1 until then.
    pub fn draw_from(&mut self, seed: u64) {
        self.memory.sites = self.draws.iter().map(|(noise, name)| Site::new(*noise, seed, name)).collect();
    }
    /// The numbers of the rows in the data, which fresh draws follow from.
    pub fn draw_for(&mut self, rows: impl Iterator<Item = u32>) {
        self.memory.data_rows.clear();
        self.memory.data_rows.extend(rows);
    }

    /// The bytes that `on` will take.
    ///
    /// # Errors
    /// As `new`.
    pub fn needed(graph: &Graph, roots: &[NodeId], max_rows: usize) -> Result<u128, String> {
        let Compiled { mut lines, sizes, tables, roots, .. } = compile::compile(graph, roots, max_rows)?;
        let numbers_at = graph.parameters.len() + graph.states.len() + graph.inputs.len();
        let fixed: Vec<usize> = roots.iter().map(|r| r.buffer).chain(tables.iter().map(|t| t.0)).collect();
        let sizes = pool::shared(&mut lines, &sizes, numbers_at + 1, &fixed);
        Ok(sizes.iter().map(|&n| n as u128 * size_of::<T>() as u128).sum())
    }

    fn buffer(&self, target: Target) -> usize {
        match target {
            Target::Parameter(number) => number as usize,
            Target::State(number) => self.parameters + number as usize,
        }
    }
    /// A parameter's or state's elements, row by row.
    pub fn value(&self, target: Target) -> &[T] {
        &self.memory.buffers[self.buffer(target)]
    }
    pub fn value_mut(&mut self, target: Target) -> &mut [T] {
        let buffer = self.buffer(target);
        &mut self.memory.buffers[buffer]
    }
    /// Gives a parameter or a state its elements, row by row.
    pub fn set(&mut self, target: Target, values: &[f64]) {
        self.value_mut(target).iter_mut().zip(values).for_each(|(to, &from)| *to = T::from_f64(from));
    }
    pub fn set_setting(&mut self, number: usize, value: f64) {
        self.settings[number] = value;
    }
    /// The batch's size is set by `run`.
    pub fn set_runtime(&mut self, what: Runtime, value: f64) {
        self.runtime[place(what)] = value;
    }

    /// Whether any root depends on an input.
    pub fn reads_input(&self, number: usize) -> bool {
        self.reads[number]
    }
    /// The elements of an input's first rows, to be written: a class is its number, a truth value 0 or 1.
    pub fn input_mut(&mut self, number: usize, rows: usize) -> &mut [T] {
        let length = self.widths[number] * rows.min(self.max_rows);
        &mut self.memory.buffers[self.parameters + self.states + number][..length]
    }
    /// Gives an input the numbers of a batch.
    pub fn bind(&mut self, number: usize, values: &[T]) {
        let rows = values.len() / self.widths[number].max(1);
        self.input_mut(number, rows).copy_from_slice(values);
    }
    /// Gives an input the classes of a batch.
    pub fn bind_classes(&mut self, number: usize, values: &[u32]) {
        let rows = values.len() / self.widths[number].max(1);
        let to = self.input_mut(number, rows);
        to.iter_mut().zip(values).for_each(|(to, &from)| *to = T::from_f64(from.into()));
    }
    /// Gives an input the truth values of a batch.
    pub fn bind_truths(&mut self, number: usize, values: &[u8]) {
        let rows = values.len() / self.widths[number].max(1);
        let to = self.input_mut(number, rows);
        to.iter_mut().zip(values).for_each(|(to, &from)| *to = if from == 0 { T::ZERO } else { T::one() });
    }

    /// Computes all roots for the first rows of the inputs, at most `max_rows`.
    ///
    /// # Errors
    /// More rows than there is room for; a class that is not below its bound.
    pub fn run(&mut self, rows: usize) -> Result<(), String> {
        if rows > self.max_rows {
            return Err(format!("{rows} rows; there is room for {}", self.max_rows));
        }
        self.rows = rows;
        let runtime = self.runtime;
        self.numbers.run(&self.settings, |what| match what {
            Runtime::BatchSize => rows as f64,
            what => runtime[place(what)],
        });
        let numbers = &mut self.memory.buffers[self.numbers_at];
        numbers.iter_mut().zip(&self.numbers.values).for_each(|(to, &from)| *to = T::from_f64(from));
        let at = match self.programs.iter().position(|p| p.0 == rows) {
            Some(at) => at,
            None => {
                if self.programs.len() == PROGRAMS {
                    self.programs.remove(0);
                }
                self.programs.push((rows, Tasks::new(&self.lines, rows)));
                self.programs.len() - 1
            }
        };
        self.memory.step = self.runtime[place(Runtime::Step)] as u64;
        self.programs[at].1.run(&mut self.memory)
    }
    /// The elements of a root, by its number, as the last run computed them. A root that `advance` has used is no longer there.
    pub fn read(&self, root: usize) -> &[T] {
        self.read_rows(root, self.rows)
    }
    /// The same of the first rows only, if the root has an axis of examples.
    pub fn read_rows(&self, root: usize, rows: usize) -> &[T] {
        let layout = &self.roots[root];
        let length = layout.extents(rows.min(self.rows)).iter().product();
        &self.memory.buffers[layout.buffer][..length]
    }

    /// Gives parameters and states the values of roots, by their numbers; all at once, so that none sees another's new value. Each root has
    /// a buffer of its own, whole and computed, so that buffers change places.
    pub fn advance(&mut self, updates: &[(Target, usize)]) {
        for &(target, root) in updates {
            let (to, from) = (self.buffer(target), self.roots[root].buffer);
            self.memory.buffers.swap(to, from);
        }
    }

    /// The memory of all buffers.
    pub fn bytes(&self) -> usize {
        self.memory.bytes()
    }
}

#[cfg(test)]
mod tests;
