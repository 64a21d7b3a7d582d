//! The program of a training step: its buffers, its kernels, its products of matrices, and the order in which they run.
use super::affine::{Affine, LoopVariable};
use super::instruction::Kernel;
use crate::vector::Product;
pub use crate::vector::product::Extent;

/// The precision of a program's or a kernel's floats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Float {
    F32,
    F64,
}

impl Float {
    pub fn bytes(self) -> usize {
        match self {
            Float::F32 => 4,
            Float::F64 => 8,
        }
    }
    /// A padded row is a multiple of this many elements (64 bytes), and starts at one.
    pub fn padding(self) -> usize {
        ROW_BYTES / self.bytes()
    }
    pub fn element(self) -> Element {
        match self {
            Float::F32 => Element::F32,
            Float::F64 => Element::F64,
        }
    }
}

/// Rows are padded to whole vectors of the widest machine: 512 bits.
pub const ROW_BYTES: usize = 64;

/// What a buffer holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Element {
    F32,
    F64,
    I32,
    /// Indices. In a kernel of f64 zeros come in front, in one of f32 it has the bits of an `I32`.
    U32,
}

impl Element {
    pub fn bytes(self) -> usize {
        match self {
            Element::F32 | Element::I32 | Element::U32 => 4,
            Element::F64 => 8,
        }
    }
    pub fn is_float(self) -> bool {
        matches!(self, Element::F32 | Element::F64)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BufferId(pub u32);
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KernelId(pub u32);
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProductId(pub u32);

/// A piece of memory with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buffer {
    /// For people, such as `h.w` or `∂h`.
    pub name: String,
    pub element: Element,
    /// How many elements, padding included, with the batch at its largest. Of a table or a window: how many in one row.
    pub elements: usize,
    pub place: Location,
    pub role: Role,
    /// The buffer whose next value this is, in the same memory: who reads that one means the value from before the step, who reads
    /// this one the value from after it.
    pub overwrites: Option<BufferId>,
}

impl BufferId {
    /// The buffer that the memory is called by: of a value and its next value the older.
    pub fn memory(self, buffers: &[Buffer]) -> BufferId {
        buffers.get(self.0 as usize).and_then(|buffer| buffer.overwrites).unwrap_or(self)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Location {
    /// Bytes from the start of the program's memory; a multiple of 64. Buffers that are never live together may overlap.
    Arena { offset: usize },
    /// A column of the data: any number of rows, bound before a run, read through `Access::row`. Never written.
    Table { slot: u32 },
    /// The same kind of thing, seen from the record's `first` row on: row b of the batch is row `first + b`. An index is
    /// `elements · b + rest` with `b` the variable of a loop over the batch. Never written.
    Window { slot: u32 },
}

/// What a buffer is for, and so when it holds something: `kernel/verify/owners` goes by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Holds a value when a step begins, and that or its next value when it ends.
    Parameter,
    /// The same.
    State,
    /// Set once, before the first step.
    Constant,
    Data,
    /// One number that a record gives or a step computes: a setting, the step's number.
    Scalar,
    /// Read after the step.
    Output,
    /// A value, an adjoint, scratch memory: nothing before it is written, nothing after the step.
    Value,
}

impl Role {
    /// Whether there is a value before the first step of a program writes one.
    pub fn is_kept(self) -> bool {
        matches!(self, Role::Parameter | Role::State | Role::Constant)
    }
}

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
    pub steps: Vec<Command>,
}

impl Program {
    pub fn buffer(&self, id: BufferId) -> &Buffer {
        &self.buffers[id.0 as usize]
    }
    pub fn kernel(&self, id: KernelId) -> &Kernel {
        &self.kernels[id.0 as usize]
    }
    /// Whether threads share any of the work. If not, more than one only wait for each other.
    pub fn is_divided(&self) -> bool {
        fn any(program: &Program, steps: &[Command]) -> bool {
            steps.iter().any(|step| match step {
                Command::Kernel { kernel, .. } => program.kernel(*kernel).divided(),
                Command::Product(product) => product.division != Division::Alone,
                Command::Transpose(transposition) => transposition.divided,
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
    /// Runs `body` for `variable` in `0..length`, downwards if `reverse`.
    Loop { variable: LoopVariable, length: usize, reverse: bool, body: Vec<Command> },
    /// No thread goes on before all are here. Needed between a step that writes and one whose threads read or write the
    /// same elements under another division; `Program::insert_barriers` puts them in.
    Barrier,
}
