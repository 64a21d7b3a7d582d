//! The batched graph as lines over buffers, for any number of examples; a program of tasks is made from them for each number.
use super::contract::Contract;
use super::copy::{Copy, Filled, Pieces};
use super::elementwise::{Elementwise, Function};
use super::index::{Access, Indexed};
use super::layout::Strided;
use super::memory::Memory;
use super::real::Real;
use super::reduce::Reduce;
use crate::graph::{Contraction, View};
use crate::op::{BinaryOp, ReduceOp, UnaryOp};
use std::rc::Rc;

/// One operation and where its operands and result lie.
#[derive(Clone, Debug)]
pub enum Line {
    Unary {
        op: UnaryOp,
        x: Strided,
        out: Strided,
    },
    Binary {
        op: BinaryOp,
        x: Strided,
        y: Strided,
        out: Strided,
    },
    Select {
        condition: Strided,
        yes: Strided,
        no: Strided,
        out: Strided,
    },
    Reduce {
        op: ReduceOp,
        axes: Vec<usize>,
        x: Strided,
        out: Strided,
    },
    Contract {
        contraction: Contraction,
        a: Strided,
        b: Strided,
        out: Strided,
    },
    Copy {
        from: Strided,
        to: Strided,
    },
    Filled {
        view: View,
        pieces: Rc<Pieces>,
        x: Strided,
        out: Strided,
    },
    Indexed {
        access: Access,
        shared: usize,
        index: Strided,
        data: Strided,
        out: Strided,
    },
    /// The place of a loop as a number.
    Place {
        of: usize,
        out: Strided,
    },
    /// Fresh draws, by the number of their site.
    Draw {
        number: usize,
        out: Strided,
    },
    Loop(LoopLines),
}

/// A loop: what is carried is copied to the binders' buffers before it and after each round.
#[derive(Clone, Debug)]
pub struct LoopLines {
    pub of: usize,
    pub length: usize,
    pub reverse: bool,
    pub before: Vec<Line>,
    pub body: Vec<Line>,
    /// At the end of a round: values to their stacks.
    pub stacks: Vec<Line>,
    /// Then: next values to the binders.
    pub hand_on: Vec<Line>,
    /// After all rounds, or instead of any.
    pub after: Vec<Line>,
}

impl Line {
    /// All layouts that are read or written. Those of a loop's lines are its lines'.
    pub fn layouts(&mut self) -> Vec<&mut Strided> {
        match self {
            Line::Unary { x, out, .. } | Line::Reduce { x, out, .. } | Line::Filled { x, out, .. } => vec![x, out],
            Line::Binary { x, y, out, .. } => vec![x, y, out],
            Line::Select { condition, yes, no, out } => vec![condition, yes, no, out],
            Line::Contract { a, b, out, .. } => vec![a, b, out],
            Line::Copy { from, to } => vec![from, to],
            Line::Indexed { index, data, out, .. } => vec![index, data, out],
            Line::Place { out, .. } | Line::Draw { out, .. } => vec![out],
            Line::Loop(_) => vec![],
        }
    }
}

/// A line for a number of examples.
#[derive(Debug)]
enum Task {
    Unary(Elementwise<2>),
    Binary(Elementwise<3>),
    Select(Elementwise<4>),
    Reduce(Reduce),
    Contract(Contract),
    Copy(Copy),
    Filled(Filled),
    Indexed(Indexed),
    Place { of: usize, out: Strided },
    Draw { number: usize, buffer: usize, row: usize, rows: usize },
    Loop(Box<LoopTasks>),
}

#[derive(Debug)]
struct LoopTasks {
    of: usize,
    length: usize,
    reverse: bool,
    before: Tasks,
    body: Tasks,
    stacks: Tasks,
    hand_on: Tasks,
    after: Tasks,
}

/// Lines for a number of examples.
#[derive(Debug)]
pub struct Tasks(Vec<Task>);

impl Tasks {
    pub fn new(lines: &[Line], rows: usize) -> Tasks {
        Tasks(lines.iter().map(|line| task(line, rows)).collect())
    }
    /// # Errors
    /// An index is out of its range.
    pub fn run<T: Real>(&self, memory: &mut Memory<T>) -> Result<(), String> {
        for task in &self.0 {
            match task {
                Task::Unary(task) => task.run(memory),
                Task::Binary(task) => task.run(memory),
                Task::Select(task) => task.run(memory),
                Task::Reduce(task) => task.run(memory),
                Task::Contract(task) => task.run(memory)?,
                Task::Copy(task) => task.run(memory),
                Task::Filled(task) => task.run(memory),
                Task::Indexed(task) => task.run(memory)?,
                Task::Place { of, out } => {
                    memory.buffers[out.buffer][out.offset as usize] = T::from_f64(memory.places[*of] as f64);
                }
                Task::Draw { number, buffer, row, rows } => memory.draw(*number, *buffer, *row, *rows),
                Task::Loop(task) => task.run(memory)?,
            }
        }
        Ok(())
    }
}

impl LoopTasks {
    fn run<T: Real>(&self, memory: &mut Memory<T>) -> Result<(), String> {
        self.before.run(memory)?;
        for round in 0..self.length {
            memory.places[self.of] = if self.reverse { self.length - 1 - round } else { round };
            self.body.run(memory)?;
            self.stacks.run(memory)?;
            // After the last round binders keep what they had in it.
            if round + 1 < self.length {
                self.hand_on.run(memory)?;
            }
        }
        self.after.run(memory)
    }
}

fn task(line: &Line, rows: usize) -> Task {
    match line {
        Line::Unary { op, x, out } => Task::Unary(Elementwise::new(Function::Unary(*op), [x, out], rows)),
        Line::Binary { op, x, y, out } => Task::Binary(Elementwise::new(Function::Binary(*op), [x, y, out], rows)),
        Line::Select { condition, yes, no, out } => {
            Task::Select(Elementwise::new(Function::Select, [condition, yes, no, out], rows))
        }
        Line::Reduce { op, axes, x, out } => Task::Reduce(Reduce::new(*op, axes, x, out, rows)),
        Line::Contract { contraction, a, b, out } => Task::Contract(Contract::new(contraction, [a, b, out], rows)),
        Line::Copy { from, to } => Task::Copy(Copy::new(from, to, rows)),
        Line::Filled { view, pieces, x, out } => Task::Filled(Filled::new(pieces.clone(), view, x, out, rows)),
        Line::Indexed { access, shared, index, data, out } => {
            Task::Indexed(Indexed::new(*access, *shared, [index, data, out], rows))
        }
        Line::Place { of, out } => Task::Place { of: *of, out: out.clone() },
        Line::Draw { number, out } => {
            let row = out.shape[1..].iter().product();
            Task::Draw { number: *number, buffer: out.buffer, row, rows }
        }
        Line::Loop(l) => Task::Loop(Box::new(LoopTasks {
            of: l.of,
            length: l.length,
            reverse: l.reverse,
            before: Tasks::new(&l.before, rows),
            body: Tasks::new(&l.body, rows),
            stacks: Tasks::new(&l.stacks, rows),
            hand_on: Tasks::new(&l.hand_on, rows),
            after: Tasks::new(&l.after, rows),
        })),
    }
}
