//! The program of a training step: its buffers, its kernels, its products of matrices, and the order in which they run.
use super::affine::{Affine, LoopVariable};
use super::buffer::{Buffer, BufferId, Extent, Float};
use super::instruction::Kernel;
use crate::random::Noise;
use crate::vector::Product;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KernelId(pub u32);
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProductId(pub u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DrawingId(pub u32);

/// One training step (or one evaluation of a batch), as the JIT takes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    pub float: Float,
    /// The most rows a batch can have.
    pub batch: usize,
    pub buffers: Vec<Buffer>,
    pub arena_bytes: usize,
    /// How many tables and windows are bound from outside.
    pub slots: usize,
    /// Scalars (one float each) that every record gives, in this order: the step's number, the epoch, batch size …
    pub scalars: Vec<BufferId>,
    /// Scalars (one float each) that every step writes into the log, in this order: the loss …
    pub outputs: Vec<BufferId>,
    pub kernels: Vec<Kernel>,
    pub products: Vec<Product>,
    pub draws: Vec<Drawing>,
    pub steps: Vec<Command>,
}

impl Program {
    pub fn buffer(&self, id: BufferId) -> &Buffer {
        &self.buffers[id.0 as usize]
    }
    pub fn kernel(&self, id: KernelId) -> &Kernel {
        &self.kernels[id.0 as usize]
    }
    pub fn drawing(&self, id: DrawingId) -> &Drawing {
        &self.draws[id.0 as usize]
    }
    /// Whether threads share any of the work. If not, more than one only wait for each other.
    pub fn is_divided(&self) -> bool {
        fn any(program: &Program, steps: &[Command]) -> bool {
            steps.iter().any(|step| match step {
                Command::Kernel { kernel, .. } => program.kernel(*kernel).divided(),
                Command::Product(product) => product.division != Division::Alone,
                Command::Transpose(transposition) => transposition.divided,
                Command::Draw(draw) => program.drawing(*draw).divided,
                Command::Loop { body, .. } => any(program, body),
                Command::Barrier => false,
            })
        }
        any(self, &self.steps)
    }
}

/// A product with its operands.
#[derive(Clone, Debug, PartialEq)]
pub struct Multiplication {
    pub product: ProductId,
    pub a: Operand,
    pub b: Operand,
    pub c: Operand,
    /// Where the product has one.
    pub bias: Option<Operand>,
    pub division: Division,
}

/// Where a product finds a matrix: the element at the beginning of all axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Operand {
    pub buffer: BufferId,
    /// Of the variables of the loops around the step.
    pub start: Affine,
}

impl Operand {
    pub fn new(buffer: BufferId, start: impl Into<Affine>) -> Operand {
        Operand { buffer, start: start.into() }
    }
}

/// `to[column, row] = from[row, column]`, of the program's `float`. Strides are those of rows, in elements.
#[derive(Clone, Debug, PartialEq)]
pub struct Transposition {
    pub from: Operand,
    pub from_stride: usize,
    pub to: Operand,
    pub to_stride: usize,
    /// Of `from`.
    pub rows: Extent,
    pub columns: Extent,
    /// Each thread takes some of the rows, and of the batch its own.
    pub divided: bool,
}

/// Numbers that are drawn anew for each row of the batch, of the program's `float`. A row is so many runs of neighbours.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawing {
    /// The site, which its numbers are a function of.
    pub name: String,
    pub noise: Noise,
    pub to: Operand,
    pub runs: usize,
    pub run: usize,
    /// From run to run, and from row to row.
    pub stride: usize,
    pub row_stride: usize,
    /// The numbers of the rows in the data, and that of the step.
    pub order: BufferId,
    pub step: BufferId,
    /// Each thread takes its own rows of the batch.
    pub divided: bool,
}

/// How threads share a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Division {
    /// The first thread does it alone.
    Alone,
    /// Each thread does some of the tiles of C.
    Tiles,
    /// Each thread does its rows of the batch, the same rows as in kernels with a parallel loop over the batch. The batch
    /// is an axis of C.
    Batch,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Runs a kernel, on all threads if it is divided, else on the first. Its parameters get `arguments`.
    Kernel { kernel: KernelId, arguments: Vec<Affine> },
    /// Multiplies matrices of the program's `float`.
    Product(Multiplication),
    /// Copies a matrix with rows and columns exchanged.
    Transpose(Transposition),
    /// Draws numbers.
    Draw(DrawingId),
    /// Runs `body` for `variable` in `0..length`, downwards if `reverse`.
    Loop { variable: LoopVariable, length: usize, reverse: bool, body: Vec<Command> },
    /// No thread goes on before all are here. Needed between a step that writes and one whose threads read or write the
    /// same elements under another division; `Program::insert_barriers` puts them in.
    Barrier,
}
