//! Kernels and programs as text, for `gradus show --stage kernels`, golden tests and the messages of the verifier.
use std::fmt::{self, Display, Formatter, Write};

use super::affine::{Affine, LoopVariable};
use super::buffer::*;
use super::instruction::*;
use super::program::*;
use crate::vector::{Axis, Store};

impl Kernel {
    /// The kernel with the names of the program's buffers.
    pub fn text(&self, buffers: &[Buffer]) -> String {
        let mut text = format!("kernel {} {}", self.name, self.float);
        for parameter in &self.parameters {
            let _ = write!(text, ", {} in 0..{}", parameter.variable, parameter.length);
        }
        text.push('\n');
        block(&mut text, &self.body, &Names { buffers, kernel: self }, 1);
        text
    }
}

impl Program {
    /// Buffers, kernels and steps.
    pub fn text(&self) -> String {
        let mut text = format!("program {}, batch of at most {}, {} bytes\n", self.float, self.batch, self.arena_bytes);
        let names =
            |ids: &[BufferId]| ids.iter().map(|&id| self.buffer(id).name.clone()).collect::<Vec<_>>().join(", ");
        if !self.scalars.is_empty() {
            let _ = writeln!(text, "each step is given {}", names(&self.scalars));
        }
        if !self.outputs.is_empty() {
            let _ = writeln!(text, "each step gives {}", names(&self.outputs));
        }
        text.push_str("\nbuffers\n");
        for Buffer { name, element, elements, place, role, overwrites } in &self.buffers {
            let over = overwrites.map_or(String::new(), |old| format!(", over {}", self.buffer(old).name));
            let _ = writeln!(text, "  {name}: {element} × {elements}, {role}, {place}{over}");
        }
        for kernel in &self.kernels {
            let _ = write!(text, "\n{}", kernel.text(&self.buffers));
        }
        text.push_str("\nsteps\n");
        self.print_steps(&mut text, &self.steps, 1);
        text
    }

    fn print_steps(&self, text: &mut String, steps: &[Command], depth: usize) {
        for step in steps {
            let _ = write!(text, "{:1$}", "", 2 * depth);
            let _ = match step {
                Command::Kernel { kernel, arguments } => {
                    let kernel = self.kernel(*kernel);
                    let arguments: Vec<_> = arguments.iter().map(|a| a.to_string()).collect();
                    let arguments =
                        if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) };
                    let threads = if kernel.divided() { "divided" } else { "one thread" };
                    writeln!(text, "run {}{arguments}, {threads}", kernel.name)
                }
                Command::Loop { variable, length, reverse, body } => {
                    let direction = if *reverse { " downwards" } else { "" };
                    let _ = writeln!(text, "for {variable} in {length}{direction}");
                    self.print_steps(text, body, depth + 1);
                    Ok(())
                }
                Command::Product(product) => writeln!(text, "{}", self.multiplication(product)),
                Command::Transpose(one) => {
                    let operand = |o: &Operand| format!("{}[{}]", self.buffer(o.buffer).name, o.start);
                    let (rows, columns) = (extent_text(one.rows), extent_text(one.columns));
                    let (from, to) = (operand(&one.from), operand(&one.to));
                    let strides = format!("from {}, to {}", one.from_stride, one.to_stride);
                    let threads = if one.divided { "divided" } else { "one thread" };
                    writeln!(text, "{to} = {from} transposed, rows {rows}, columns {columns} ({strides}), {threads}")
                }
                Command::Draw(id) => {
                    let one = self.drawing(*id);
                    let threads = if one.divided { "divided" } else { "one thread" };
                    let (to, noise) = (&self.buffer(one.to.buffer).name, one.noise.name());
                    writeln!(
                        text,
                        "{to} = {noise} of `{}`, {} runs of {} a row, {threads}",
                        one.name, one.runs, one.run
                    )
                }
                Command::Barrier => writeln!(text, "barrier"),
            };
        }
    }
}

impl Program {
    /// `c[0] += a[0] · b[0], rows 32 (a 16, c 16) · sum 16 (a 1, b 64) · columns 64`.
    fn multiplication(&self, step: &Multiplication) -> String {
        let operand = |o: &Operand| format!("{}[{}]", self.buffer(o.buffer).name, o.start);
        let product = &self.products[step.product.0 as usize];
        let bias = step.bias.as_ref().map(|b| format!("{} + ", operand(b))).unwrap_or_default();
        let sign = if product.store == Store::Add { "+=" } else { "=" };
        let mut text = format!("{} {sign} {bias}{} · {}", operand(&step.c), operand(&step.a), operand(&step.b));
        for (name, axes) in [("batch", &product.batch), ("rows", &product.rows), ("sum", &product.inner)] {
            for Axis { extent, a, b, c, bias } in axes {
                let strides = [("a", a), ("b", b), ("c", c), ("bias", bias)];
                let strides: Vec<_> =
                    strides.iter().filter(|s| *s.1 != 0).map(|(of, stride)| format!("{of} {stride}")).collect();
                let _ = write!(text, ", {name} {} ({})", extent_text(*extent), strides.join(", "));
            }
        }
        let division = match step.division {
            Division::Alone => "one thread",
            Division::Tiles => "divided by tiles",
            Division::Batch => "divided by rows of the batch",
        };
        let _ = write!(text, ", columns {}, {division}", extent_text(product.columns));
        text
    }
}

fn extent_text(extent: Extent) -> String {
    match extent {
        Extent::Fixed(n) => n.to_string(),
        Extent::Batch => "batch".to_string(),
    }
}

struct Names<'a> {
    buffers: &'a [Buffer],
    kernel: &'a Kernel,
}

fn block(text: &mut String, body: &[Statement], names: &Names, depth: usize) {
    for statement in body {
        let _ = write!(text, "{:1$}", "", 2 * depth);
        let _ = match statement {
            Statement::For(one) => {
                let _ = writeln!(text, "{one}");
                block(text, &one.body, names, depth + 1);
                Ok(())
            }
            Statement::Let { register, instruction } => {
                writeln!(text, "{register} = {}", names.instruction(instruction))
            }
            Statement::Divide { quotient, remainder, dividend, divisor } => {
                writeln!(text, "{quotient}, {remainder} = divide {dividend} by {divisor}")
            }
            Statement::Start { accumulator, value } => {
                writeln!(text, "{} starts at {value}", names.accumulator(*accumulator))
            }
            Statement::Accumulate { accumulator, value, times } => match times {
                Some(times) => writeln!(text, "{accumulator} ⊕= {value} · {times}"),
                None => writeln!(text, "{accumulator} ⊕= {value}"),
            },
            Statement::Store { to, value } => writeln!(text, "{} = {value}", names.access(to)),
            Statement::Add { to, value } => writeln!(text, "{} += {value}", names.access(to)),
        };
    }
}

impl Names<'_> {
    fn access(&self, access: &Access) -> String {
        let buffer = self.buffers.get(access.buffer.0 as usize);
        let name = buffer.map_or(format!("buffer{}", access.buffer.0), |b| b.name.clone());
        let mut text = format!("{name}[");
        if access.row.is_none() || access.index != Affine::default() {
            let plus = if access.row.is_some() { " + " } else { "" };
            let _ = write!(text, "{}{plus}", access.index);
        }
        if let Some(Row { register, stride, count }) = access.row {
            let _ = match buffer.map(|b| b.place) {
                Some(Location::Table { .. }) => write!(text, "{register} rows"),
                _ => write!(text, "{stride} {register} below {count}"),
            };
        }
        text.push(']');
        for Guard { index, low, high } in &access.guards {
            let _ = write!(text, " where {low} <= {index} < {high}");
        }
        text
    }

    fn accumulator(&self, accumulator: Accumulator) -> String {
        match self.kernel.accumulators.get(accumulator.0 as usize) {
            Some((of, reducer)) => format!("{accumulator}: {reducer} of {of}"),
            None => accumulator.to_string(),
        }
    }

    fn instruction(&self, instruction: &Instruction) -> String {
        match instruction {
            Instruction::Number(value) => format!("{value:?}"),
            Instruction::Integer(value) => format!("integer {value}"),
            Instruction::Load(access) => format!("load {}", self.access(access)),
            Instruction::Index(index) => format!("index {index}"),
            Instruction::Unary(operation, a) => format!("{} {a}", word(operation)),
            Instruction::Binary(operation, a, b) => format!("{} {a} {b}", word(operation)),
            Instruction::MulAdd(a, b, c) => format!("mul_add {a} {b} {c}"),
            Instruction::Compare(operation, a, b) => format!("{} {a} {b}", word(operation)),
            Instruction::Select(mask, a, b) => format!("select {mask} {a} {b}"),
            Instruction::Shift(operation, a, places) => format!("shift_{} {a} by {places}", word(operation)),
            Instruction::Call(function, arguments) => {
                let arguments: Vec<_> = arguments.iter().map(|a| a.to_string()).collect();
                format!("call {} {}", function.name, arguments.join(" "))
            }
            Instruction::Total(accumulator) => format!("total {accumulator}"),
        }
    }
}

/// `MultiplyHigh` as `multiply_high`.
fn word(operation: &impl fmt::Debug) -> String {
    let mut word = String::new();
    for letter in format!("{operation:?}").chars() {
        if letter.is_uppercase() && !word.is_empty() {
            word.push('_');
        }
        word.extend(letter.to_lowercase());
    }
    word
}

impl Display for For {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "for {} in {}", self.variable, extent_text(self.extent))?;
        if self.each != 1 {
            write!(f, " by {}", self.each)?;
        }
        if let Some((piece, size)) = self.within {
            write!(f, " within {piece} of {size}")?;
        }
        let words = [(self.parallel, " parallel"), (self.padded, " padded"), (self.lanes, " lanes")];
        words.iter().filter(|w| w.0).try_for_each(|w| f.write_str(w.1))
    }
}

impl Display for Location {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Location::Arena { offset } => write!(f, "at {offset}"),
            Location::Table { slot } => write!(f, "a row of table {slot}"),
            Location::Window { slot } => write!(f, "a row of window {slot}"),
        }
    }
}

impl Display for Affine {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(|v| v.to_string()))
    }
}

macro_rules! show {
    ($($of:ty, $value:ident => $text:expr;)*) => {$(
        impl Display for $of {
            fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
                let $value = self;
                f.write_str(&$text)
            }
        }
    )*};
}

show! {
    LoopVariable, v => format!("i{}", v.0);
    Register, r => format!("r{}", r.0);
    Accumulator, a => format!("a{}", a.0);
    Float, f => word(f);
    Element, e => word(e);
    Role, r => word(r);
    Type, t => word(t);
    Reducer, r => word(r);
}
