//! The memory of a program: buffers, what they hold and where they stand.
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
