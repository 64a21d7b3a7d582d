//! Kernels as data: loops, straight-line instructions on registers, and accesses to buffers.
use super::affine::{Affine, LoopVariable};
use super::buffer::{BufferId, Extent, Float};

/// A loop nest over a straight-line body. What it computes does not depend on how many lanes the machine has, but for the
/// order in which an accumulator adds up.
#[derive(Clone, Debug, PartialEq)]
pub struct Kernel {
    /// For people: what it computes, such as `relu_affine`.
    pub name: String,
    /// The type of its float registers. Accesses convert where a buffer's element differs.
    pub float: Float,
    /// Loop variables that the step which runs it gives, such as the time of a `scan`.
    pub parameters: Vec<Parameter>,
    /// The type of each register, by number.
    pub registers: Vec<Type>,
    /// The type and reducer of each accumulator, by number.
    pub accumulators: Vec<(Type, Reducer)>,
    pub body: Vec<Statement>,
}

impl Kernel {
    /// Whether its outermost loops may be shared out among threads. Any other kernel runs on one.
    pub fn divided(&self) -> bool {
        self.body.iter().any(|s| matches!(s, Statement::For(f) if f.parallel))
    }
}

/// A loop variable from outside: `0 <= variable < length`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    pub variable: LoopVariable,
    pub length: usize,
}

/// A value, assigned once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Register(pub u32);

/// A value that a loop builds up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Accumulator(pub u32);

/// What a register holds, one of it a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// Of the kernel's `float`.
    Float,
    /// A signed integer as wide as the kernel's float, wrapping.
    Integer,
    /// A truth value.
    Mask,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Statement {
    For(For),
    Let {
        register: Register,
        instruction: Instruction,
    },
    /// `quotient = ⌊dividend / divisor⌋`, `remainder = dividend − divisor · quotient`, from here to the end of the block.
    Divide {
        quotient: LoopVariable,
        remainder: LoopVariable,
        dividend: Affine,
        divisor: usize,
    },
    /// Starts an accumulator, which lives to the end of the block.
    Start {
        accumulator: Accumulator,
        value: Register,
    },
    /// `accumulator ⊕= value`, or with `times` `accumulator += value · times`, fused like `mul_add`.
    /// In a loop over lanes that lies inside the accumulator's block every lane adds up its own part, and the parts are
    /// combined at the end of that loop.
    Accumulate {
        accumulator: Accumulator,
        value: Register,
        times: Option<Register>,
    },
    Store {
        to: Access,
        value: Register,
    },
    /// Adds to what is there.
    Add {
        to: Access,
        value: Register,
    },
}

/// `for variable in 0..extent`, or a part of it.
#[derive(Clone, Debug, PartialEq)]
pub struct For {
    pub variable: LoopVariable,
    pub extent: Extent,
    /// It counts pieces of so many iterations instead of the iterations: `0..⌈extent / each⌉`. 1 for a loop that is not cut.
    pub each: usize,
    /// It runs those that one piece has of them: the variable of a loop around it that counts pieces of the same extent, and how
    /// many there are in a whole piece.
    pub within: Option<(LoopVariable, usize)>,
    /// Whole vectors of iterations run at once, in no stated order. Loops over lanes do not nest.
    pub lanes: bool,
    /// Iterations up to the next multiple of `Float::padding` may run too, so that no part of a vector is left over: the rows
    /// it touches are padded, and hold finite numbers there. Only with `lanes`; no accumulator may cross it.
    pub padded: bool,
    /// Iterations may be shared out among threads. Only an outermost loop; no accumulator may cross it.
    pub parallel: bool,
    pub body: Vec<Statement>,
}

impl For {
    /// How often it runs in all pieces together, with this number of batch rows and rows padded to a multiple of `padding`.
    pub fn count(&self, batch: usize, padding: usize) -> usize {
        let all = self.extent.with(batch);
        (if self.padded { all.next_multiple_of(padding) } else { all }).div_ceil(self.each)
    }
    /// Whether the body puts something into an accumulator that started in front of the loop.
    pub fn crossed_by(&self, accumulator: Accumulator) -> bool {
        fn any(body: &[Statement], accumulator: Accumulator, start: bool) -> bool {
            body.iter().any(|s| match s {
                Statement::For(inner) => any(&inner.body, accumulator, start),
                Statement::Accumulate { accumulator: a, .. } => *a == accumulator && !start,
                Statement::Start { accumulator: a, .. } => *a == accumulator && start,
                _ => false,
            })
        }
        any(&self.body, accumulator, false) && !any(&self.body, accumulator, true)
    }
}

/// Where a load or a store goes: `buffer[index + row · stride]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Access {
    pub buffer: BufferId,
    pub index: Affine,
    /// A row that a register chooses: the row of a class, of an example.
    pub row: Option<Row>,
    /// A load gives zero where one of them fails, a store does nothing.
    pub guards: Vec<Guard>,
}

/// `register · stride`, where the register, an integer, is first put into `0..count`: a wrong index can't leave the buffer.
/// For a buffer in `Location::Table` the stride is the table's row, and the count that of the rows which are bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    pub register: Register,
    pub stride: usize,
    pub count: usize,
}

/// `low <= index < high`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard {
    pub index: Affine,
    pub low: i64,
    pub high: i64,
}

impl Access {
    pub fn new(buffer: BufferId, index: impl Into<Affine>) -> Access {
        Access { buffer, index: index.into(), row: None, guards: vec![] }
    }
    /// Adds `row · stride`, with the row put into `0..count`.
    pub fn row(mut self, row: impl Into<Register>, stride: usize, count: usize) -> Access {
        self.row = Some(Row { register: row.into(), stride, count });
        self
    }
    /// Only where `low <= index < high`.
    pub fn within(mut self, index: impl Into<Affine>, low: i64, high: i64) -> Access {
        self.guards.push(Guard { index: index.into(), low, high });
        self
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Instruction {
    /// A float, rounded to the kernel's type.
    Number(f64),
    Integer(i64),
    /// A float of a float buffer, an integer of an integer buffer.
    Load(Access),
    /// The value of an affine function as an integer.
    Index(Affine),
    Unary(Unary, Register),
    Binary(Binary, Register, Register),
    /// `a · b + c`, with one rounding if the machine has it (`Options::fused`), else two.
    MulAdd(Register, Register, Register),
    Compare(Compare, Register, Register),
    /// `if mask { then } else { otherwise }`, of floats or of integers.
    Select(Register, Register, Register),
    /// By a fixed number of places, less than the integer's width.
    Shift(Shift, Register, u32),
    /// A function called for each lane.
    Call(ScalarFunction, Vec<Register>),
    /// What an accumulator holds now. Not inside a loop over lanes that its additions cross.
    Total(Accumulator),
}

/// One operand, one answer. The first block takes and gives floats; definitions are those of `vector::lanes::Lanes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unary {
    Negate,
    Absolute,
    Sqrt,
    Floor,
    RoundEven,
    /// `1 / x` within `RECIPROCAL_ULP`.
    Reciprocal,
    /// `1 / √x` within `RSQRT_ULP`.
    Rsqrt,
    /// Float to integer, the same bits.
    ToBits,
    /// Integer to float, the same bits.
    FromBits,
    /// Float to integer; the float is whole and not too large.
    ToInteger,
    /// Integer to float.
    FromInteger,
    /// Of a mask.
    Not,
}

/// Two operands of one type, an answer of the same type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Binary {
    /// Floats, or integers wrapping.
    Add,
    Subtract,
    Multiply,
    /// Floats.
    Divide,
    /// Floats: `if a < b { a } else { b }`.
    Minimum,
    /// Floats: `if a > b { a } else { b }`.
    Maximum,
    /// Floats: the magnitude of a with the sign of b.
    CopySign,
    /// Integers or masks.
    And,
    Or,
    /// Integers.
    Xor,
    /// Integers: bits 32 to 63 of the product of the low 32 bits, unsigned. What counter-based random numbers are made of.
    MultiplyHigh,
}

/// Of two floats (false where one is NaN) or two integers (signed).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compare {
    Equal,
    Less,
    LessEqual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shift {
    Left,
    /// With the sign carried along.
    Right,
    /// With zeros from above.
    RightLogical,
}

/// How an accumulator combines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reducer {
    Sum,
    Product,
    /// Floats: `accumulator.max(value)` of `Lanes`, so it starts at −∞ or a value.
    Maximum,
    Minimum,
    /// The latest value: a state carried from one iteration to the next. May not cross a loop over lanes.
    Replace,
}

/// A function of one or two numbers outside the kernel, such as those of the `libm` crate. It must not unwind.
#[derive(Clone, Copy)]
pub struct ScalarFunction {
    /// Unique: one name, one function.
    pub name: &'static str,
    pub code: ScalarCode,
}

#[derive(Clone, Copy)]
pub enum ScalarCode {
    F32(extern "C" fn(f32) -> f32),
    F32Pair(extern "C" fn(f32, f32) -> f32),
    F64(extern "C" fn(f64) -> f64),
    F64Pair(extern "C" fn(f64, f64) -> f64),
}

impl ScalarFunction {
    pub fn float(&self) -> Float {
        match self.code {
            ScalarCode::F32(_) | ScalarCode::F32Pair(_) => Float::F32,
            ScalarCode::F64(_) | ScalarCode::F64Pair(_) => Float::F64,
        }
    }
    pub fn arity(&self) -> usize {
        match self.code {
            ScalarCode::F32(_) | ScalarCode::F64(_) => 1,
            ScalarCode::F32Pair(_) | ScalarCode::F64Pair(_) => 2,
        }
    }
}

impl PartialEq for ScalarFunction {
    fn eq(&self, other: &ScalarFunction) -> bool {
        self.name == other.name
    }
}

impl std::fmt::Debug for ScalarFunction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Instruction {
    /// The registers it reads, an access's row included.
    pub fn operands(&self) -> Vec<Register> {
        match self {
            Instruction::Number(_) | Instruction::Integer(_) | Instruction::Index(_) | Instruction::Total(_) => vec![],
            Instruction::Load(access) => access.row.iter().map(|r| r.register).collect(),
            Instruction::Unary(_, a) | Instruction::Shift(_, a, _) => vec![*a],
            Instruction::Binary(_, a, b) | Instruction::Compare(_, a, b) => vec![*a, *b],
            Instruction::MulAdd(a, b, c) | Instruction::Select(a, b, c) => vec![*a, *b, *c],
            Instruction::Call(_, arguments) => arguments.clone(),
        }
    }
}
