//! Writing kernels: a recorder notes what is done with its values, in loops given as closures.
use std::cell::RefCell;

use super::affine::{Affine, LoopVariable};
use super::buffer::{Extent, Float};
use super::hoist::hoist;
use super::instruction::*;
use super::unused;
use super::value::{Integers, Truth, Value};

/// Writes one kernel down. Its values are handles that bear arithmetic and implement `Lanes`, so a function generic over
/// lanes is recorded by calling it.
pub struct Recorder {
    state: RefCell<State>,
}

struct State {
    kernel: Kernel,
    /// Numbers and integers stand in front of everything else, each once.
    constants: Vec<(Constant, Register)>,
    /// The statements of the open blocks, the innermost last.
    blocks: Vec<Vec<Statement>>,
    variables: u32,
}

#[derive(Clone, Copy, PartialEq)]
enum Constant {
    Number(u64),
    Integer(i64),
}

/// A loop about to be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loop {
    extent: Extent,
    each: usize,
    within: Option<(LoopVariable, usize)>,
    lanes: bool,
    padded: bool,
    parallel: bool,
}

impl Loop {
    pub fn over(extent: Extent) -> Loop {
        Loop { extent, each: 1, within: None, lanes: false, padded: false, parallel: false }
    }
    pub fn fixed(count: usize) -> Loop {
        Loop::over(Extent::Fixed(count))
    }
    pub fn batch() -> Loop {
        Loop::over(Extent::Batch)
    }
    /// Pieces of so many iterations are counted instead of the iterations.
    pub fn pieces(self, each: usize) -> Loop {
        Loop { each, ..self }
    }
    /// Only what one piece has of them, whose number is the variable of a loop over pieces; a whole piece has so many.
    pub fn within(self, piece: LoopVariable, size: usize) -> Loop {
        Loop { within: Some((piece, size)), ..self }
    }
    /// Whole vectors at once.
    pub fn lanes(self) -> Loop {
        Loop { lanes: true, ..self }
    }
    /// Whole vectors at once, over rows that are padded to whole vectors.
    pub fn padded_lanes(self) -> Loop {
        Loop { lanes: true, padded: true, ..self }
    }
    /// Shared out among threads.
    pub fn parallel(self) -> Loop {
        Loop { parallel: true, ..self }
    }
}

impl Recorder {
    pub fn new(name: impl Into<String>, float: Float) -> Recorder {
        let kernel = Kernel {
            name: name.into(),
            float,
            parameters: vec![],
            registers: vec![],
            accumulators: vec![],
            body: vec![],
        };
        Recorder { state: RefCell::new(State { kernel, constants: vec![], blocks: vec![vec![]], variables: 0 }) }
    }

    /// The kernel, with what does not depend on a loop moved in front of it.
    pub fn finish(self) -> Kernel {
        let State { mut kernel, constants, mut blocks, .. } = self.state.into_inner();
        assert!(blocks.len() == 1, "a kernel is finished inside one of its loops");
        kernel.body = constants
            .into_iter()
            .map(|(constant, register)| Statement::Let {
                register,
                instruction: match constant {
                    Constant::Number(bits) => Instruction::Number(f64::from_bits(bits)),
                    Constant::Integer(value) => Instruction::Integer(value),
                },
            })
            .chain(blocks.remove(0))
            .collect();
        unused::remove(&mut kernel);
        hoist(&mut kernel);
        kernel
    }

    /// How many values are computed so far, but for constants.
    pub fn instructions(&self) -> usize {
        let state = self.state.borrow();
        state.kernel.registers.len() - state.constants.len()
    }
    pub fn float(&self) -> Float {
        self.state.borrow().kernel.float
    }

    /// A loop variable that the step gives: `0 <= variable < length`.
    pub fn parameter(&self, length: usize) -> LoopVariable {
        let variable = self.variable();
        self.state.borrow_mut().kernel.parameters.push(Parameter { variable, length });
        variable
    }

    /// Records a loop; the closure is called once and records the body.
    pub fn for_each(&self, over: Loop, body: impl FnOnce(LoopVariable)) {
        let variable = self.variable();
        self.state.borrow_mut().blocks.push(vec![]);
        body(variable);
        let body = self.state.borrow_mut().blocks.pop().unwrap_or_default();
        let Loop { extent, each, within, lanes, padded, parallel } = over;
        self.push(Statement::For(For { variable, extent, each, within, lanes, padded, parallel, body }));
    }

    /// The quotient, rounded down, and the remainder of a division by a positive number, for use in indices and guards.
    pub fn divide(&self, dividend: impl Into<Affine>, divisor: usize) -> (LoopVariable, LoopVariable) {
        let (quotient, remainder) = (self.variable(), self.variable());
        self.push(Statement::Divide { quotient, remainder, dividend: dividend.into(), divisor });
        (quotient, remainder)
    }

    /// The same number in every lane.
    pub fn number(&self, value: f64) -> Value<'_> {
        Value { recorder: self, register: self.constant(Constant::Number(value.to_bits()), Type::Float) }
    }

    /// The same integer in every lane.
    pub fn integer(&self, value: i64) -> Integers<'_> {
        Integers { recorder: self, register: self.constant(Constant::Integer(value), Type::Integer) }
    }

    /// From a buffer of floats.
    pub fn load(&self, from: Access) -> Value<'_> {
        self.value(Instruction::Load(from))
    }

    /// From a buffer of integers.
    pub fn load_integer(&self, from: Access) -> Integers<'_> {
        self.integers(Instruction::Load(from))
    }

    /// An affine function of the loop variables as an integer.
    pub fn index(&self, index: impl Into<Affine>) -> Integers<'_> {
        self.integers(Instruction::Index(index.into()))
    }

    /// Calls a function for each lane.
    pub fn call(&self, function: ScalarFunction, arguments: &[Value<'_>]) -> Value<'_> {
        self.value(Instruction::Call(function, arguments.iter().map(|a| a.register).collect()))
    }

    pub fn store(&self, to: Access, value: Value<'_>) {
        self.push(Statement::Store { to, value: value.register });
    }

    pub fn store_integer(&self, to: Access, value: Integers<'_>) {
        self.push(Statement::Store { to, value: value.register });
    }

    /// Adds to what the buffer holds there.
    pub fn add(&self, to: Access, value: Value<'_>) {
        self.push(Statement::Add { to, value: value.register });
    }

    /// A sum that starts at zero.
    pub fn sum(&self) -> Running<'_> {
        self.accumulate(Reducer::Sum, self.number(0.0))
    }

    /// A maximum that starts at −∞.
    pub fn maximum(&self) -> Running<'_> {
        self.accumulate(Reducer::Maximum, self.number(f64::NEG_INFINITY))
    }

    /// An accumulator of floats that starts at a value.
    pub fn accumulate<'k>(&'k self, reducer: Reducer, start: Value<'k>) -> Running<'k> {
        Running { recorder: self, accumulator: self.start(reducer, Type::Float, start.register) }
    }

    /// An accumulator of integers: a sum, or a state that is replaced.
    pub fn accumulate_integers<'k>(&'k self, reducer: Reducer, start: Integers<'k>) -> RunningIntegers<'k> {
        RunningIntegers { recorder: self, accumulator: self.start(reducer, Type::Integer, start.register) }
    }

    fn start(&self, reducer: Reducer, of: Type, value: Register) -> Accumulator {
        let accumulator = {
            let accumulators = &mut self.state.borrow_mut().kernel.accumulators;
            accumulators.push((of, reducer));
            Accumulator(accumulators.len() as u32 - 1)
        };
        self.push(Statement::Start { accumulator, value });
        accumulator
    }

    fn constant(&self, constant: Constant, of: Type) -> Register {
        let state = &mut *self.state.borrow_mut();
        if let Some((_, register)) = state.constants.iter().find(|(known, _)| *known == constant) {
            return *register;
        }
        let register = Register(state.kernel.registers.len() as u32);
        state.kernel.registers.push(of);
        state.constants.push((constant, register));
        register
    }

    fn variable(&self) -> LoopVariable {
        let state = &mut *self.state.borrow_mut();
        state.variables += 1;
        LoopVariable(state.variables - 1)
    }

    fn push(&self, statement: Statement) {
        if let Some(block) = self.state.borrow_mut().blocks.last_mut() {
            block.push(statement);
        }
    }

    /// The mask, if a register is 1 where that holds and else 0.
    pub(super) fn mask_of(&self, of: Register) -> Option<Register> {
        let state = self.state.borrow();
        let number = |value: f64| {
            let constant = Constant::Number(value.to_bits());
            state.constants.iter().find(|(known, _)| *known == constant).map(|(_, register)| *register)
        };
        let (one, zero) = (number(1.0)?, number(0.0)?);
        state.blocks.iter().flatten().rev().find_map(|statement| match statement {
            Statement::Let { register, instruction: Instruction::Select(mask, yes, no) } if *register == of => {
                Some((*yes == one && *no == zero).then_some(*mask))
            }
            _ => None,
        })?
    }

    fn define(&self, of: Type, instruction: Instruction) -> Register {
        let register = {
            let registers = &mut self.state.borrow_mut().kernel.registers;
            registers.push(of);
            Register(registers.len() as u32 - 1)
        };
        self.push(Statement::Let { register, instruction });
        register
    }

    pub(super) fn value(&self, instruction: Instruction) -> Value<'_> {
        Value { recorder: self, register: self.define(Type::Float, instruction) }
    }

    pub(super) fn integers(&self, instruction: Instruction) -> Integers<'_> {
        Integers { recorder: self, register: self.define(Type::Integer, instruction) }
    }

    pub(super) fn truth(&self, instruction: Instruction) -> Truth<'_> {
        Truth { recorder: self, register: self.define(Type::Mask, instruction) }
    }
}

/// An accumulator of floats.
#[derive(Clone, Copy)]
pub struct Running<'k> {
    recorder: &'k Recorder,
    accumulator: Accumulator,
}

impl<'k> Running<'k> {
    /// Combines `value` in, as the reducer says.
    pub fn put(self, value: Value<'k>) {
        let (accumulator, value) = (self.accumulator, value.register);
        self.recorder.push(Statement::Accumulate { accumulator, value, times: None });
    }
    /// Adds `value · factor` to a sum, fused.
    pub fn put_product(self, value: Value<'k>, factor: Value<'k>) {
        let (accumulator, value, times) = (self.accumulator, value.register, Some(factor.register));
        self.recorder.push(Statement::Accumulate { accumulator, value, times });
    }
    /// What it holds now.
    pub fn total(self) -> Value<'k> {
        self.recorder.value(Instruction::Total(self.accumulator))
    }
}

/// An accumulator of integers.
#[derive(Clone, Copy)]
pub struct RunningIntegers<'k> {
    recorder: &'k Recorder,
    accumulator: Accumulator,
}

impl<'k> RunningIntegers<'k> {
    /// Combines `value` in, as the reducer says.
    pub fn put(self, value: Integers<'k>) {
        let (accumulator, value) = (self.accumulator, value.register);
        self.recorder.push(Statement::Accumulate { accumulator, value, times: None });
    }
    /// What it holds now.
    pub fn total(self) -> Integers<'k> {
        self.recorder.integers(Instruction::Total(self.accumulator))
    }
}
