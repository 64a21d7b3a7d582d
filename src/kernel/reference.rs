//! A slow evaluator of kernels in safe Rust, to test the JIT against. It works on as many lanes at once as the machine that
//! it imitates, so that even sums agree to the last bit; like the JIT it makes denormal numbers zero.
use super::affine::{Affine, LoopVariable};
use super::buffer::*;
use super::groups::strands;
use super::instruction::*;
use super::program::*;
use rustc_hash::FxHashMap;

/// The machine to imitate.
#[derive(Clone, Copy, Debug)]
pub struct Machine {
    /// Bytes of a vector: 16 for the JIT.
    pub vector: usize,
    /// `mul_add` rounds once.
    pub fused: bool,
}

/// The memory of a program.
#[derive(Clone, Debug, PartialEq)]
pub struct Memory {
    pub arena: Vec<u8>,
    /// What is bound to each slot: bytes, little-endian, and the number of rows.
    pub slots: Vec<(Vec<u8>, usize)>,
}

impl Memory {
    pub fn new(program: &Program) -> Memory {
        Memory { arena: vec![0; program.arena_bytes], slots: vec![(vec![], 0); program.slots] }
    }
}

/// The rows of one step.
#[derive(Clone, Copy, Debug)]
pub struct Rows {
    pub first: usize,
    pub count: usize,
}

/// Runs a verified kernel.
pub fn run_kernel(
    machine: Machine,
    program: &Program,
    kernel: &Kernel,
    arguments: &[i64],
    rows: Rows,
    memory: &mut Memory,
) {
    let mut run = Run {
        machine,
        program,
        kernel,
        rows,
        memory,
        registers: vec![vec![]; kernel.registers.len()],
        accumulators: vec![vec![]; kernel.accumulators.len()],
        variables: kernel.parameters.iter().map(|p| p.variable).zip(arguments.iter().copied()).collect(),
        lanes: None,
        divided: vec![],
    };
    run.block(&kernel.body);
}

/// One lane of a register.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Cell {
    Float(f64),
    Integer(i64),
    Mask(bool),
}

struct Run<'a> {
    machine: Machine,
    program: &'a Program,
    kernel: &'a Kernel,
    rows: Rows,
    memory: &'a mut Memory,
    /// One cell if uniform, else one a lane.
    registers: Vec<Vec<Cell>>,
    accumulators: Vec<Vec<Cell>>,
    variables: FxHashMap<LoopVariable, i64>,
    /// The variable of the loop over lanes that is open, and how many lanes run.
    lanes: Option<(LoopVariable, usize)>,
    /// Divisions in force: quotient, remainder, dividend, divisor. Lanes make their own.
    divided: Vec<(LoopVariable, LoopVariable, Affine, usize)>,
}

impl<'a> Run<'a> {
    fn block(&mut self, body: &'a [Statement]) {
        let divided = self.divided.len();
        for statement in body {
            match statement {
                Statement::For(one) if one.lanes => self.lanes_loop(one),
                Statement::For(one) => {
                    for at in self.range(one) {
                        self.variables.insert(one.variable, at as i64);
                        self.block(&one.body);
                    }
                }
                Statement::Let { register, instruction } => {
                    let count = self.lanes.map_or(1, |l| l.1);
                    let cells = (0..count).map(|lane| self.instruction(instruction, lane)).collect();
                    self.registers[register.0 as usize] = cells;
                }
                Statement::Divide { quotient, remainder, dividend, divisor } => {
                    self.divided.push((*quotient, *remainder, dividend.clone(), *divisor));
                }
                Statement::Start { accumulator, value } => {
                    let lanes = self.lanes.map_or(1, |l| l.1);
                    let cells = (0..lanes).map(|lane| self.cell(*value, lane)).collect();
                    self.accumulators[accumulator.0 as usize] = cells;
                }
                Statement::Accumulate { accumulator, value, times } => self.accumulate(*accumulator, *value, *times),
                Statement::Store { to, value } => {
                    for lane in 0..self.lanes.map_or(1, |l| l.1) {
                        let value = self.cell(*value, lane);
                        self.write(to, lane, value);
                    }
                }
                Statement::Add { to, value } => {
                    for lane in 0..self.lanes.map_or(1, |l| l.1) {
                        let sum = self.binary(Binary::Add, self.read(to, lane), self.cell(*value, lane));
                        self.write(to, lane, sum);
                    }
                }
            }
        }
        self.divided.truncate(divided);
    }

    /// Blocks of several vectors, then single ones, then, with the vectors' parts of each sum put together, what is left.
    fn lanes_loop(&mut self, one: &'a For) {
        let width = self.machine.vector / self.kernel.float.bytes();
        let wide = width * strands(one, width);
        let range = self.range(one);
        let count = range.end;
        let outer: Vec<_> = (0..self.accumulators.len())
            .filter(|&a| one.crossed_by(Accumulator(a as u32)))
            .map(|a| (a, self.accumulators[a].clone()))
            .collect();
        for (a, _) in &outer {
            let (of, reducer) = self.kernel.accumulators[*a];
            self.accumulators[*a] = vec![identity(of, reducer); wide];
        }
        let mut at = range.start;
        for lanes in [wide, width] {
            while at + lanes <= count {
                self.lanes = Some((one.variable, lanes));
                self.variables.insert(one.variable, at as i64);
                self.block(&one.body);
                at += lanes;
            }
        }
        for (a, start) in outer {
            let reducer = self.kernel.accumulators[a].1;
            let mut parts = std::mem::take(&mut self.accumulators[a]);
            while 1 < parts.len() {
                let upper = parts.split_off(parts.len() / 2);
                parts = parts.iter().zip(upper).map(|(l, u)| self.reduce(reducer, *l, u)).collect();
            }
            self.accumulators[a] = vec![self.reduce(reducer, start[0], parts[0])];
        }
        self.lanes = Some((one.variable, 1));
        for at in at..count {
            self.variables.insert(one.variable, at as i64);
            self.block(&one.body);
        }
        self.lanes = None;
    }

    /// The iterations of a loop, or of a piece of it.
    fn range(&self, one: &For) -> std::ops::Range<usize> {
        let count = one.count(self.rows.count, self.machine.vector / self.kernel.float.bytes());
        match one.within {
            None => 0..count,
            Some((piece, size)) => {
                let low = self.variables[&piece] as usize * size;
                low..(low + size).min(count)
            }
        }
    }

    fn accumulate(&mut self, accumulator: Accumulator, value: Register, times: Option<Register>) {
        let at = accumulator.0 as usize;
        let reducer = self.kernel.accumulators[at].1;
        let lanes = self.lanes.map_or(1, |l| l.1);
        for lane in 0..lanes {
            let (held, value) = (self.accumulators[at][lane], self.cell(value, lane));
            self.accumulators[at][lane] = match times {
                Some(times) => self.mul_add(value, self.cell(times, lane), held),
                None => self.reduce(reducer, held, value),
            };
        }
    }

    fn reduce(&self, reducer: Reducer, held: Cell, value: Cell) -> Cell {
        match reducer {
            Reducer::Sum => self.binary(Binary::Add, held, value),
            Reducer::Product => self.binary(Binary::Multiply, held, value),
            Reducer::Maximum => self.binary(Binary::Maximum, held, value),
            Reducer::Minimum => self.binary(Binary::Minimum, held, value),
            Reducer::Replace => value,
        }
    }

    fn cell(&self, register: Register, lane: usize) -> Cell {
        let cells = &self.registers[register.0 as usize];
        cells[lane % cells.len()]
    }

    /// The value of an index in one lane.
    fn index(&self, index: &Affine, lane: usize) -> i64 {
        index.at(|variable| {
            if let Some((variable, _)) = self.lanes.filter(|l| l.0 == variable) {
                return self.variables[&variable] + lane as i64;
            }
            match self.divided.iter().find(|d| d.0 == variable || d.1 == variable) {
                Some((quotient, _, dividend, divisor)) => {
                    let (of, by) = (self.index(dividend, lane), *divisor as i64);
                    if variable == *quotient { of.div_euclid(by) } else { of.rem_euclid(by) }
                }
                None => self.variables[&variable],
            }
        })
    }

    /// The element that an access means in one lane; `None` if a guard fails.
    fn element(&self, access: &Access, lane: usize) -> Option<usize> {
        let holds = |g: &Guard| (g.low..g.high).contains(&self.index(&g.index, lane));
        if !access.guards.iter().all(holds) {
            return None;
        }
        let buffer = self.program.buffer(access.buffer);
        let mut at = self.index(&access.index, lane);
        if let Some(Row { register, stride, count }) = access.row {
            let count = match buffer.place {
                Location::Table { slot } => self.memory.slots[slot as usize].1,
                _ => count,
            };
            let Cell::Integer(row) = self.cell(register, lane) else { panic!("{register} is no integer") };
            at += row.max(0).min(count as i64 - 1) * stride as i64;
        }
        let mut elements = buffer.elements;
        if let Location::Table { slot } | Location::Window { slot } = buffer.place {
            elements *= self.memory.slots[slot as usize].1;
        }
        if let Location::Window { .. } = buffer.place {
            at += (self.rows.first * buffer.elements) as i64;
        }
        assert!(0 <= at && at < elements as i64, "{at} is outside of `{}`", buffer.name);
        Some(at as usize)
    }

    fn read(&self, access: &Access, lane: usize) -> Cell {
        let buffer = self.program.buffer(access.buffer);
        let at = self.element(access, lane);
        let bytes: Option<&[u8]> = at.map(|at| match buffer.place {
            Location::Arena { offset } => &self.memory.arena[offset + at * buffer.element.bytes()..],
            Location::Table { slot } | Location::Window { slot } => {
                &self.memory.slots[slot as usize].0[at * buffer.element.bytes()..]
            }
        });
        let Some(bytes) = bytes else {
            return if buffer.element.is_float() { Cell::Float(0.0) } else { Cell::Integer(0) };
        };
        match buffer.element {
            Element::F32 => Cell::Float(f32::from_le_bytes(first(bytes)) as f64),
            Element::F64 => self.round(f64::from_le_bytes(first(bytes))),
            Element::I32 => Cell::Integer(i32::from_le_bytes(first(bytes)) as i64),
            Element::U32 => self.wrap(u32::from_le_bytes(first(bytes)) as i64),
        }
    }

    fn write(&mut self, to: &Access, lane: usize, value: Cell) {
        let Some(at) = self.element(to, lane) else { return };
        let buffer = self.program.buffer(to.buffer);
        let Location::Arena { offset } = buffer.place else { panic!("`{}` is not writable", buffer.name) };
        let at = offset + at * buffer.element.bytes();
        let bytes = match (buffer.element, value) {
            (Element::F32, Cell::Float(x)) => narrow(x).to_le_bytes().to_vec(),
            (Element::F64, Cell::Float(x)) => x.to_le_bytes().to_vec(),
            (_, Cell::Integer(x)) => (x as i32).to_le_bytes().to_vec(),
            (element, value) => panic!("{value:?} in a buffer of {element}"),
        };
        self.memory.arena[at..at + bytes.len()].copy_from_slice(&bytes);
    }

    /// A float of the kernel's type, where a denormal number is zero.
    fn round(&self, value: f64) -> Cell {
        Cell::Float(match self.kernel.float {
            Float::F32 => narrow(value) as f64,
            Float::F64 if value.is_subnormal() => 0.0_f64.copysign(value),
            Float::F64 => value,
        })
    }

    /// An integer of the kernel's width.
    fn wrap(&self, value: i64) -> Cell {
        Cell::Integer(match self.kernel.float {
            Float::F32 => value as i32 as i64,
            Float::F64 => value,
        })
    }

    fn mul_add(&self, a: Cell, b: Cell, c: Cell) -> Cell {
        let (Cell::Float(x), Cell::Float(y), Cell::Float(z)) = (a, b, c) else { panic!("mul_add of {a:?}") };
        match (self.machine.fused, self.kernel.float) {
            (false, _) => self.binary(Binary::Add, self.binary(Binary::Multiply, a, b), c),
            (true, Float::F32) => self.round((x as f32).mul_add(y as f32, z as f32) as f64),
            (true, Float::F64) => self.round(x.mul_add(y, z)),
        }
    }

    fn instruction(&self, instruction: &Instruction, lane: usize) -> Cell {
        let cell = |r: &Register| self.cell(*r, lane);
        match instruction {
            Instruction::Number(value) => self.round(*value),
            Instruction::Integer(value) => self.wrap(*value),
            Instruction::Load(access) => self.read(access, lane),
            Instruction::Index(index) => self.wrap(self.index(index, lane)),
            Instruction::Unary(operation, a) => self.unary(*operation, cell(a)),
            Instruction::Binary(operation, a, b) => self.binary(*operation, cell(a), cell(b)),
            Instruction::MulAdd(a, b, c) => self.mul_add(cell(a), cell(b), cell(c)),
            Instruction::Compare(operation, a, b) => Cell::Mask(match (operation, cell(a), cell(b)) {
                (Compare::Equal, a, b) => a == b,
                (Compare::Less, Cell::Float(a), Cell::Float(b)) => a < b,
                (Compare::Less, Cell::Integer(a), Cell::Integer(b)) => a < b,
                (Compare::LessEqual, Cell::Float(a), Cell::Float(b)) => a <= b,
                (Compare::LessEqual, Cell::Integer(a), Cell::Integer(b)) => a <= b,
                (_, a, b) => panic!("{a:?} against {b:?}"),
            }),
            Instruction::Select(mask, a, b) => {
                if cell(mask) == Cell::Mask(true) {
                    cell(a)
                } else {
                    cell(b)
                }
            }
            Instruction::Shift(shift, a, places) => {
                let Cell::Integer(x) = cell(a) else { panic!("a shift of {:?}", cell(a)) };
                self.wrap(match (shift, self.kernel.float) {
                    (Shift::Left, _) => x << places,
                    (Shift::Right, _) => x >> places,
                    (Shift::RightLogical, Float::F32) => (x as u32 >> places) as i64,
                    (Shift::RightLogical, Float::F64) => (x as u64 >> places) as i64,
                })
            }
            Instruction::Call(function, arguments) => {
                let float = |at: usize| match self.cell(arguments[at], lane) {
                    Cell::Float(x) => x,
                    other => panic!("a call with {other:?}"),
                };
                Cell::Float(match function.code {
                    ScalarCode::F32(f) => f(float(0) as f32) as f64,
                    ScalarCode::F32Pair(f) => f(float(0) as f32, float(1) as f32) as f64,
                    ScalarCode::F64(f) => f(float(0)),
                    ScalarCode::F64Pair(f) => f(float(0), float(1)),
                })
            }
            Instruction::Total(accumulator) => {
                let held = &self.accumulators[accumulator.0 as usize];
                held[lane % held.len()]
            }
        }
    }

    fn unary(&self, operation: Unary, a: Cell) -> Cell {
        let narrow = self.kernel.float == Float::F32;
        match (operation, a) {
            (Unary::Negate, Cell::Float(x)) => Cell::Float(-x),
            (Unary::Absolute, Cell::Float(x)) => Cell::Float(x.abs()),
            (Unary::Sqrt, Cell::Float(x)) => self.round(x.sqrt()),
            (Unary::Floor, Cell::Float(x)) => Cell::Float(x.floor()),
            (Unary::RoundEven, Cell::Float(x)) => Cell::Float(x.round_ties_even()),
            (Unary::Reciprocal, Cell::Float(x)) => self.round(1.0 / x),
            (Unary::Rsqrt, Cell::Float(_)) => self.unary(Unary::Reciprocal, self.unary(Unary::Sqrt, a)),
            (Unary::ToBits, Cell::Float(x)) if narrow => Cell::Integer((x as f32).to_bits() as i32 as i64),
            (Unary::ToBits, Cell::Float(x)) => Cell::Integer(x.to_bits() as i64),
            (Unary::FromBits, Cell::Integer(x)) if narrow => Cell::Float(f32::from_bits(x as u32) as f64),
            (Unary::FromBits, Cell::Integer(x)) => Cell::Float(f64::from_bits(x as u64)),
            (Unary::ToInteger, Cell::Float(x)) => self.wrap(x as i64),
            (Unary::FromInteger, Cell::Integer(x)) => self.round(x as f64),
            (Unary::Not, Cell::Mask(x)) => Cell::Mask(!x),
            (operation, a) => panic!("{operation:?} of {a:?}"),
        }
    }

    fn binary(&self, operation: Binary, a: Cell, b: Cell) -> Cell {
        use Binary::*;
        match (a, b) {
            (Cell::Float(a), Cell::Float(b)) => self.round(match operation {
                Add => a + b,
                Subtract => a - b,
                Multiply => a * b,
                Divide => a / b,
                Minimum => {
                    if a < b {
                        a
                    } else {
                        b
                    }
                }
                Maximum => {
                    if a > b {
                        a
                    } else {
                        b
                    }
                }
                CopySign => a.copysign(b),
                And | Or | Xor | MultiplyHigh => panic!("{operation:?} of floats"),
            }),
            (Cell::Integer(a), Cell::Integer(b)) => self.wrap(match operation {
                Add => a.wrapping_add(b),
                Subtract => a.wrapping_sub(b),
                Multiply => a.wrapping_mul(b),
                And => a & b,
                Or => a | b,
                Xor => a ^ b,
                MultiplyHigh => ((a as u32 as u64 * b as u32 as u64) >> 32) as i64,
                Divide | Minimum | Maximum | CopySign => panic!("{operation:?} of integers"),
            }),
            (Cell::Mask(a), Cell::Mask(b)) => Cell::Mask(if operation == And { a & b } else { a | b }),
            (a, b) => panic!("{operation:?} of {a:?} and {b:?}"),
        }
    }
}

/// As f32, where a denormal number is zero.
fn narrow(value: f64) -> f32 {
    let value = value as f32;
    if value.is_subnormal() { 0.0_f32.copysign(value) } else { value }
}

/// What changes nothing when it is combined.
fn identity(of: Type, reducer: Reducer) -> Cell {
    match (of, reducer) {
        (Type::Integer, _) => Cell::Integer(0),
        (_, Reducer::Sum | Reducer::Replace) => Cell::Float(0.0),
        (_, Reducer::Product) => Cell::Float(1.0),
        (_, Reducer::Maximum) => Cell::Float(f64::NEG_INFINITY),
        (_, Reducer::Minimum) => Cell::Float(f64::INFINITY),
    }
}

fn first<const N: usize>(bytes: &[u8]) -> [u8; N] {
    std::array::from_fn(|at| bytes[at])
}
