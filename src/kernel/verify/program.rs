//! Verifies a program: its memory, its kernels, and the order of its steps.
use rustc_hash::{FxHashMap, FxHashSet};

use super::{Fault, Scope, products};
use crate::kernel::affine::Interval;
use crate::kernel::buffer::*;
use crate::kernel::instruction::{Instruction, Kernel, ScalarCode, Statement};
use crate::kernel::program::*;

impl Program {
    /// Whether the program may run: every kernel and every step in bounds, of the right types, free of races.
    pub fn verify(&self) -> Result<(), Fault> {
        let fault = |place: &str| {
            let place = place.to_string();
            move |reason| Fault { place, reason }
        };
        self.memory().map_err(fault("the buffers"))?;
        self.functions().map_err(fault("the functions"))?;
        for kernel in &self.kernels {
            kernel.verify(&self.buffers, self.batch)?;
        }
        let mut scope = Scope {
            buffers: &self.buffers,
            batch: self.batch,
            padding: self.float.padding(),
            variables: FxHashMap::default(),
        };
        self.steps(&self.steps, &mut scope).map_err(fault("the steps"))?;
        self.owners()?;
        match self.missing_barriers() {
            0 => Ok(()),
            missing => Err(fault("the steps")(format!("{missing} barriers are missing"))),
        }
    }

    fn memory(&self) -> Result<(), String> {
        if self.batch == 0 {
            return Err("a batch has no rows".to_string());
        }
        for Buffer { name, element, elements, place, .. } in &self.buffers {
            match *place {
                Location::Arena { offset } => {
                    let end = elements.checked_mul(element.bytes()).and_then(|b| b.checked_add(offset));
                    if offset % ROW_BYTES != 0 {
                        return Err(format!("`{name}` starts at {offset}, no multiple of {ROW_BYTES}"));
                    }
                    if end.is_none_or(|end| self.arena_bytes < end) {
                        return Err(format!("`{name}` leaves the {} bytes of memory", self.arena_bytes));
                    }
                }
                Location::Table { slot } | Location::Window { slot } => {
                    if self.slots <= slot as usize {
                        return Err(format!("`{name}` is in slot {slot} of {}", self.slots));
                    }
                }
            }
        }
        self.next_values()?;
        for id in self.scalars.iter().chain(&self.outputs) {
            let buffer = self.buffers.get(id.0 as usize).ok_or(format!("buffer {} does not exist", id.0))?;
            if !matches!(buffer.place, Location::Arena { .. }) || !buffer.element.is_float() || buffer.elements == 0 {
                return Err(format!("`{}` is no scalar that a record could give or a step could log", buffer.name));
            }
        }
        Ok(())
    }

    /// A next value stands where the value stands that it follows, and there is one of each.
    fn next_values(&self) -> Result<(), String> {
        let mut followed = FxHashSet::default();
        for next in &self.buffers {
            let Some(id) = next.overwrites else { continue };
            let old = self.buffers.get(id.0 as usize).ok_or(format!("buffer {} does not exist", id.0))?;
            let alike = next.place == old.place && next.element == old.element && next.elements == old.elements;
            // What a loop carries goes on from round to round.
            let goes_on = old.role.is_kept() || old.role == Role::Value;
            let is_alone = old.overwrites.is_none() && matches!(old.place, Location::Arena { .. });
            if !alike || !goes_on || !is_alone || !followed.insert(id) {
                return Err(format!("`{}` can't be the next value of `{}`", next.name, old.name));
            }
        }
        Ok(())
    }

    /// One name, one function.
    fn functions(&self) -> Result<(), String> {
        let mut known = FxHashMap::default();
        for kernel in &self.kernels {
            for_each_instruction(&kernel.body, &mut |instruction| {
                if let Instruction::Call(function, _) = instruction {
                    let address = function.code.address();
                    if *known.entry(function.name).or_insert(address) != address {
                        return Err(format!("two functions are called `{}`", function.name));
                    }
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    fn steps(&self, steps: &[Command], scope: &mut Scope) -> Result<(), String> {
        for step in steps {
            match step {
                Command::Kernel { kernel, arguments } => {
                    let kernel: &Kernel =
                        self.kernels.get(kernel.0 as usize).ok_or(format!("kernel {} does not exist", kernel.0))?;
                    if kernel.parameters.len() != arguments.len() {
                        return Err(format!("`{}` takes {} arguments", kernel.name, kernel.parameters.len()));
                    }
                    for (parameter, argument) in kernel.parameters.iter().zip(arguments) {
                        let of = scope
                            .interval(argument)
                            .ok_or(format!("`{argument}` has a variable that is not in scope"))?;
                        if !Interval::below(parameter.length).contains(of) {
                            let (low, high, most) = (of.low, of.high, parameter.length);
                            return Err(format!(
                                "`{argument}` is {low} to {high}, and `{}` takes 0 to {}",
                                kernel.name,
                                most - 1
                            ));
                        }
                    }
                }
                Command::Loop { variable, length, body, .. } => {
                    let values = (Some(Interval::below(*length)), false);
                    if *length == 0 || scope.variables.insert(*variable, values).is_some() {
                        return Err(format!("the loop over {variable} has no steps, or the variable is defined twice"));
                    }
                    self.steps(body, scope)?;
                    scope.variables.insert(*variable, super::DEAD);
                }
                Command::Product(one) => products::check(self, one, scope)?,
                Command::Transpose(one) => products::check_transposition(self, one, scope)?,
                Command::Draw(id) => products::check_draw(self, *id, scope)?,
                Command::Barrier => {}
            }
        }
        Ok(())
    }
}

impl ScalarCode {
    /// Where the function's code is.
    pub fn address(self) -> usize {
        match self {
            ScalarCode::F32(f) => f as usize,
            ScalarCode::F32Pair(f) => f as usize,
            ScalarCode::F64(f) => f as usize,
            ScalarCode::F64Pair(f) => f as usize,
        }
    }
}

fn for_each_instruction(
    body: &[Statement],
    visit: &mut impl FnMut(&Instruction) -> Result<(), String>,
) -> Result<(), String> {
    body.iter().try_for_each(|statement| match statement {
        Statement::For(inner) => for_each_instruction(&inner.body, visit),
        Statement::Let { instruction, .. } => visit(instruction),
        _ => Ok(()),
    })
}
