//! The verifier: types, scopes, bounds of every access, and that loops over lanes and threads may run in any order.
//! It runs between the planner and the JIT; what it refuses is a mistake of the compiler, never of the user.
mod barriers;
mod bounds;
mod owners;
mod products;
mod program;
mod races;
#[cfg(test)]
mod tests;

pub use products::batch_strides;
use std::fmt;

use rustc_hash::FxHashMap;

use super::affine::{Affine, Interval, LoopVariable};
use super::buffer::{Buffer, BufferId, Extent, Location};
use super::instruction::*;
use crate::limits;

/// A program or a kernel that may not run: where, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The kernel or step.
    pub place: String,
    pub reason: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "in {}: {}", self.place, self.reason)
    }
}

impl Kernel {
    /// Whether the kernel may run on these buffers with batches of at most `batch` rows.
    pub fn verify(&self, buffers: &[Buffer], batch: usize) -> Result<(), Fault> {
        let mut check = Check {
            kernel: self,
            scope: Scope { buffers, batch, padding: self.float.padding(), variables: FxHashMap::default() },
            registers: vec![Life::Unborn; self.registers.len()],
            accumulators: vec![None; self.accumulators.len()],
            loops: vec![],
            instructions: 0,
        };
        check.kernel().map_err(|reason| Fault { place: format!("kernel `{}`", self.name), reason })
    }
}

/// The loop variables that may be used, with their values.
#[derive(Clone)]
struct Scope<'a> {
    buffers: &'a [Buffer],
    batch: usize,
    padding: usize,
    /// The values (none after the variable's block), and whether it counts the rows of the batch and no others.
    variables: FxHashMap<LoopVariable, (Option<Interval>, bool)>,
}

impl Scope<'_> {
    fn interval(&self, index: &Affine) -> Option<Interval> {
        index.interval(|v| self.variables.get(&v).and_then(|x| x.0))
    }
    fn is_row(&self, variable: LoopVariable) -> bool {
        self.variables.get(&variable).is_some_and(|x| x.1)
    }
    fn open(&mut self, one: &For) {
        let most = one.count(self.batch, self.padding);
        let is_row = one.extent == Extent::Batch && !one.padded && one.each == 1;
        self.variables.insert(one.variable, (Some(Interval::below(most)), is_row));
    }
    fn divide(&mut self, quotient: LoopVariable, remainder: LoopVariable, dividend: &Affine, divisor: usize) {
        if let Some(of) = self.interval(dividend) {
            let by = divisor.max(1) as i64;
            let of = Interval::new(of.low.div_euclid(by), of.high.div_euclid(by));
            self.variables.insert(quotient, (Some(of), false));
            self.variables.insert(remainder, (Some(Interval::below(divisor)), false));
        }
    }
    /// The buffer that its memory is called by.
    fn memory(&self, buffer: BufferId) -> BufferId {
        buffer.memory(self.buffers)
    }
    fn name(&self, buffer: BufferId) -> String {
        self.buffers.get(buffer.0 as usize).map_or(format!("buffer{}", buffer.0), |b| b.name.clone())
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Life {
    Unborn,
    Alive,
    /// Its block has ended.
    Dead,
}

struct Check<'a> {
    kernel: &'a Kernel,
    scope: Scope<'a>,
    registers: Vec<Life>,
    /// How many loops were open where it started, and that it is still alive.
    accumulators: Vec<Option<(usize, bool)>>,
    /// The open loops, the outermost first.
    loops: Vec<&'a For>,
    instructions: usize,
}

impl<'a> Check<'a> {
    fn kernel(&mut self) -> Result<(), String> {
        for Parameter { variable, length } in &self.kernel.parameters {
            positive(*length, "the length of a parameter")?;
            if self.scope.variables.insert(*variable, (Some(Interval::below(*length)), false)).is_some() {
                return Err(format!("{variable} is defined twice"));
            }
        }
        self.block(&self.kernel.body)?;
        if self.kernel.divided() {
            self.division()?;
        }
        if limits::KERNEL_INSTRUCTIONS < self.instructions {
            return Err(format!(
                "it has {} instructions, more than {}",
                self.instructions,
                limits::KERNEL_INSTRUCTIONS
            ));
        }
        Ok(())
    }

    fn block(&mut self, body: &'a [Statement]) -> Result<(), String> {
        let (mut born, mut started, variables) = (vec![], vec![], self.scope.variables.clone());
        for statement in body {
            self.instructions += 1;
            match statement {
                Statement::For(one) => self.for_each(one)?,
                Statement::Let { register, instruction } => {
                    let of = self.instruction(instruction)?;
                    match self.registers.get_mut(register.0 as usize) {
                        Some(life) if *life == Life::Unborn => *life = Life::Alive,
                        Some(_) => return Err(format!("{register} is assigned twice")),
                        None => return Err(format!("{register} has no type")),
                    }
                    let declared = self.kernel.registers[register.0 as usize];
                    if declared != of {
                        return Err(format!("{register} is a {declared} and is given a {of}"));
                    }
                    born.push(*register);
                }
                Statement::Divide { quotient, remainder, dividend, divisor } => {
                    positive(*divisor, "a divisor")?;
                    self.new_variable(*quotient)?;
                    self.new_variable(*remainder)?;
                    self.scope.interval(dividend).ok_or(format!("`{dividend}` has a variable that is not in scope"))?;
                    self.scope.divide(*quotient, *remainder, dividend, *divisor);
                }
                Statement::Start { accumulator, value } => {
                    self.start(*accumulator, *value)?;
                    started.push(*accumulator);
                }
                Statement::Accumulate { accumulator, value, times } => self.accumulate(*accumulator, *value, *times)?,
                Statement::Store { to, value } => self.store(to, *value)?,
                Statement::Add { to, value } => {
                    self.store(to, *value)?;
                    if self.type_of(*value)? != Type::Float {
                        return Err(format!("only floats are added to a buffer; {value} is none"));
                    }
                }
            }
        }
        for register in born {
            self.registers[register.0 as usize] = Life::Dead;
        }
        for accumulator in started {
            self.accumulators[accumulator.0 as usize] = self.accumulators[accumulator.0 as usize].map(|a| (a.0, false));
        }
        // The variables of this block may not be used after it; that no number is used again is checked by `new_variable`.
        for (variable, value) in &mut self.scope.variables {
            if !variables.contains_key(variable) {
                *value = DEAD;
            }
        }
        Ok(())
    }

    fn for_each(&mut self, one: &'a For) -> Result<(), String> {
        let variable = one.variable;
        self.new_variable(variable)?;
        if let Extent::Fixed(n) = one.extent {
            positive(n, "the extent of a loop")?;
        }
        self.cut(one)?;
        if one.lanes && self.loops.iter().any(|l| l.lanes) {
            return Err(format!("the loop over {variable} has lanes inside another loop over lanes"));
        }
        if one.padded && !one.lanes {
            return Err(format!("the loop over {variable} is padded and has no lanes"));
        }
        if one.parallel && !self.loops.is_empty() {
            return Err(format!("the loop over {variable} is parallel and not an outermost one"));
        }
        self.scope.open(one);
        if one.lanes || one.parallel {
            races::check(variable, &one.body, &self.scope)?;
        }
        self.loops.push(one);
        self.block(&one.body)?;
        self.loops.pop();
        self.scope.variables.insert(variable, DEAD);
        Ok(())
    }

    /// Whether the pieces of a loop are pieces.
    fn cut(&self, one: &For) -> Result<(), String> {
        let variable = one.variable;
        positive(one.each, "the size of a piece")?;
        if one.parallel && (one.each != 1 || one.within.is_some()) {
            return Err(format!("the loop over {variable} is parallel and cut"));
        }
        if one.lanes && one.each != 1 {
            return Err(format!("the loop over {variable} counts pieces and has lanes"));
        }
        let Some((piece, size)) = one.within else { return Ok(()) };
        positive(size, "the size of a piece")?;
        if one.padded && !size.is_multiple_of(self.scope.padding) {
            return Err(format!("the loop over {variable} is padded, and its pieces are no whole vectors"));
        }
        let whole = |l: &&&For| l.extent == one.extent && l.padded == one.padded && l.each == one.each * size;
        match self.loops.iter().find(|l| l.variable == piece).filter(whole) {
            Some(_) => Ok(()),
            None => Err(format!("{piece} does not count the pieces of the loop over {variable}")),
        }
    }

    /// In a divided kernel every thread runs what is outside of its parallel loops, and none waits for another.
    fn division(&self) -> Result<(), String> {
        let mut loops = vec![];
        for statement in &self.kernel.body {
            let one = std::slice::from_ref(statement);
            match statement {
                Statement::For(l) if l.parallel => loops.push((l.variable, races::buffers(&l.body, &self.scope))),
                other if !races::buffers(one, &self.scope).0.is_empty() => {
                    let at = if let Statement::For(l) = other { l.variable.to_string() } else { "a store".to_string() };
                    return Err(format!("it is divided, and {at} writes outside of its parallel loops"));
                }
                _ => {}
            }
        }
        for (variable, (written, _)) in &loops {
            for (other, (_, touched)) in loops.iter().filter(|l| l.0 != *variable) {
                if let Some(buffer) = written.iter().find(|b| touched.contains(b)) {
                    let name = self.scope.name(*buffer);
                    return Err(format!(
                        "the parallel loops over {variable} and {other} both use `{name}`, with no barrier"
                    ));
                }
            }
        }
        let outside = self.kernel.body.iter().filter(|s| !matches!(s, Statement::For(l) if l.parallel));
        for statement in outside {
            let touched = races::buffers(std::slice::from_ref(statement), &self.scope).1;
            if let Some((variable, _)) = loops.iter().find(|l| l.1.0.iter().any(|b| touched.contains(b))) {
                return Err(format!("every thread reads what the parallel loop over {variable} writes"));
            }
        }
        Ok(())
    }

    fn new_variable(&self, variable: LoopVariable) -> Result<(), String> {
        match self.scope.variables.contains_key(&variable) {
            true => Err(format!("{variable} is defined twice")),
            false => Ok(()),
        }
    }

    fn type_of(&self, register: Register) -> Result<Type, String> {
        match self.registers.get(register.0 as usize) {
            Some(Life::Alive) => Ok(self.kernel.registers[register.0 as usize]),
            Some(Life::Dead) => Err(format!("{register} is used outside of its block")),
            Some(Life::Unborn) | None => Err(format!("{register} is used before it has a value")),
        }
    }

    fn expect(&self, register: Register, of: Type) -> Result<(), String> {
        let found = self.type_of(register)?;
        if found == of { Ok(()) } else { Err(format!("{register} is a {found}, where a {of} is needed")) }
    }

    fn instruction(&self, instruction: &Instruction) -> Result<Type, String> {
        match instruction {
            Instruction::Number(_) => Ok(Type::Float),
            Instruction::Integer(_) => Ok(Type::Integer),
            Instruction::Index(index) => match self.scope.interval(index) {
                Some(_) => Ok(Type::Integer),
                None => Err(format!("`{index}` has a variable that is not in scope")),
            },
            Instruction::Load(access) => self.access(access),
            Instruction::Unary(operation, a) => {
                let (from, to) = match operation {
                    Unary::ToBits | Unary::ToInteger => (Type::Float, Type::Integer),
                    Unary::FromBits | Unary::FromInteger => (Type::Integer, Type::Float),
                    Unary::Not => (Type::Mask, Type::Mask),
                    _ => (Type::Float, Type::Float),
                };
                self.expect(*a, from)?;
                Ok(to)
            }
            Instruction::Binary(operation, a, b) => {
                let of = self.type_of(*a)?;
                self.expect(*b, of)?;
                let takes: &[Type] = match operation {
                    Binary::Add | Binary::Subtract | Binary::Multiply => &[Type::Float, Type::Integer],
                    Binary::Divide | Binary::Minimum | Binary::Maximum | Binary::CopySign => &[Type::Float],
                    Binary::And | Binary::Or => &[Type::Integer, Type::Mask],
                    Binary::Xor | Binary::MultiplyHigh => &[Type::Integer],
                };
                if takes.contains(&of) { Ok(of) } else { Err(format!("`{operation:?}` is not for a {of} such as {a}")) }
            }
            Instruction::MulAdd(a, b, c) => {
                [a, b, c].iter().try_for_each(|r| self.expect(**r, Type::Float))?;
                Ok(Type::Float)
            }
            Instruction::Compare(_, a, b) => {
                let of = self.type_of(*a)?;
                self.expect(*b, of)?;
                if of == Type::Mask { Err(format!("{a} is a mask and can't be compared")) } else { Ok(Type::Mask) }
            }
            Instruction::Select(mask, a, b) => {
                self.expect(*mask, Type::Mask)?;
                let of = self.type_of(*a)?;
                self.expect(*b, of)?;
                if of == Type::Mask { Err(format!("{a} is a mask and can't be selected")) } else { Ok(of) }
            }
            Instruction::Shift(_, a, places) => {
                self.expect(*a, Type::Integer)?;
                let width = 8 * self.kernel.float.bytes() as u32;
                if *places < width { Ok(Type::Integer) } else { Err(format!("a shift by {places} of {width} bits")) }
            }
            Instruction::Call(function, arguments) => {
                arguments.iter().try_for_each(|r| self.expect(*r, Type::Float))?;
                if function.float() != self.kernel.float || function.arity() != arguments.len() {
                    return Err(format!("`{}` does not take {} {}", function.name, arguments.len(), self.kernel.float));
                }
                Ok(Type::Float)
            }
            Instruction::Total(accumulator) => {
                let (depth, of, _) = self.running(*accumulator)?;
                if let Some(l) = self.loops[depth..].iter().find(|l| l.lanes && l.crossed_by(*accumulator)) {
                    return Err(format!("{accumulator} has no total inside the loop over lanes {}", l.variable));
                }
                Ok(of)
            }
        }
    }

    fn access(&self, access: &Access) -> Result<Type, String> {
        let buffer = self.scope.buffers.get(access.buffer.0 as usize);
        let buffer = buffer.ok_or(format!("buffer {} does not exist", access.buffer.0))?;
        if let Some(row) = access.row {
            self.expect(row.register, Type::Integer)?;
            positive(row.count, "the count of rows")?;
        }
        match (buffer.place, access.row) {
            (Location::Table { .. }, None) => return Err(format!("`{}` is a table and needs a row", buffer.name)),
            (Location::Table { .. }, Some(row)) if row.stride != buffer.elements => {
                return Err(format!("a row of `{}` has {} elements, not {}", buffer.name, buffer.elements, row.stride));
            }
            (Location::Window { .. }, Some(_)) => {
                return Err(format!("`{}` is a window: its rows are the batch's", buffer.name));
            }
            _ => {}
        }
        bounds::check(access, buffer, &self.scope)?;
        Ok(if buffer.element.is_float() { Type::Float } else { Type::Integer })
    }

    fn store(&self, to: &Access, value: Register) -> Result<(), String> {
        let of = self.access(to)?;
        self.expect(value, of)?;
        let buffer = &self.scope.buffers[to.buffer.0 as usize];
        match buffer.place {
            Location::Arena { .. } => Ok(()),
            _ => Err(format!("`{}` is data and can't be written", buffer.name)),
        }
    }

    fn start(&mut self, accumulator: Accumulator, value: Register) -> Result<(), String> {
        let at = accumulator.0 as usize;
        let Some(&(of, reducer)) = self.kernel.accumulators.get(at) else {
            return Err(format!("{accumulator} has no type"));
        };
        let takes = match reducer {
            Reducer::Sum | Reducer::Replace => of != Type::Mask,
            Reducer::Product | Reducer::Maximum | Reducer::Minimum => of == Type::Float,
        };
        if !takes {
            return Err(format!("{accumulator} can't be the {reducer} of a {of}"));
        }
        if self.accumulators[at].is_some() {
            return Err(format!("{accumulator} starts twice"));
        }
        self.expect(value, of)?;
        self.accumulators[at] = Some((self.loops.len(), true));
        Ok(())
    }

    fn accumulate(&self, accumulator: Accumulator, value: Register, times: Option<Register>) -> Result<(), String> {
        let (depth, of, reducer) = self.running(accumulator)?;
        self.expect(value, of)?;
        if let Some(times) = times {
            self.expect(times, Type::Float)?;
            if (of, reducer) != (Type::Float, Reducer::Sum) {
                return Err(format!("{accumulator} is no sum of floats and takes no product"));
            }
        }
        for crossed in &self.loops[depth..] {
            let what = match (reducer, crossed) {
                (Reducer::Replace, For { lanes: true, .. }) => "has lanes, which have no order",
                (_, For { parallel: true, .. }) => "is parallel",
                (_, For { padded: true, .. }) => "is padded",
                _ => continue,
            };
            return Err(format!("{accumulator} crosses the loop over {}, which {what}", crossed.variable));
        }
        Ok(())
    }

    fn running(&self, accumulator: Accumulator) -> Result<(usize, Type, Reducer), String> {
        match self.accumulators.get(accumulator.0 as usize) {
            Some(Some((depth, true))) => {
                let (of, reducer) = self.kernel.accumulators[accumulator.0 as usize];
                Ok((*depth, of, reducer))
            }
            _ => Err(format!("{accumulator} is used where it does not run")),
        }
    }
}

/// A loop variable after its block.
const DEAD: (Option<Interval>, bool) = (None, false);

fn positive(n: usize, what: &str) -> Result<(), String> {
    if n == 0 { Err(format!("{what} is zero")) } else { Ok(()) }
}
