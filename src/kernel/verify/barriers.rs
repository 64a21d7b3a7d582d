//! Where threads must wait for each other: between two steps that touch the same memory, one of them writing, unless each
//! thread meets only what it did itself.
use super::{Scope, batch_strides};
use crate::kernel::affine::{Affine, LoopVariable};
use crate::kernel::buffer::*;
use crate::kernel::instruction::{Access, For, Instruction, Kernel, Statement};
use crate::kernel::program::*;
use crate::kernel::share;
use rustc_hash::{FxHashMap, FxHashSet};
use std::rc::Rc;

impl Program {
    /// Puts a barrier wherever one is needed and none is there.
    pub fn insert_barriers(&mut self) {
        let steps = std::mem::take(&mut self.steps);
        self.steps = Placing::of(self).place(steps, 0, &mut Pending::default());
    }

    /// How many barriers are missing.
    pub(super) fn missing_barriers(&self) -> usize {
        let placed = Placing::of(self).place(self.steps.clone(), 0, &mut Pending::default());
        count(&placed) - count(&self.steps)
    }
}

fn count(steps: &[Command]) -> usize {
    let one = |step: &Command| match step {
        Command::Barrier => 1,
        Command::Loop { body, .. } => count(body),
        _ => 0,
    };
    steps.iter().map(one).sum()
}

/// A buffer that a step touches.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Touch {
    buffer: BufferId,
    writes: bool,
    owner: Owner,
}

/// Which thread touches which element.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Owner {
    /// The first thread all of them.
    First,
    /// The thread that has iteration i of a loop of this extent, shared out in groups, touches the elements of row i.
    Share {
        extent: Extent,
        together: usize,
        layout: Pattern,
    },
    Unknown,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Pattern {
    /// Row i is `stride · i` to `stride · (i + 1)`.
    Rows(i64),
    /// Row i is every element i modulo `width`.
    Columns(i64),
}

/// What has been touched since the last barrier. The first thread does not wait for itself, so what it touched stands apart: a long
/// program on one thread is gone through once.
#[derive(Clone, Default)]
struct Pending {
    first: Vec<Touch>,
    others: Vec<Touch>,
    /// What is known of a buffer is said once.
    known: FxHashSet<Touch>,
}

impl Pending {
    fn add(&mut self, touch: Touch) {
        if self.known.insert(touch) {
            if touch.owner == Owner::First { self.first.push(touch) } else { self.others.push(touch) }
        }
    }
    fn conflicts(&self, program: &Program, touch: &Touch) -> bool {
        let first = if touch.owner == Owner::First { &[][..] } else { &self.first };
        self.others.iter().chain(first).any(|pending| conflict(program, pending, touch))
    }
}

/// Barriers while they are put into a program.
struct Placing<'p> {
    program: &'p Program,
    kernels: FxHashMap<KernelId, Rc<[Touch]>>,
    /// By the number of a loop, in the order of the program: what was pending before it when it was gone through, and after it.
    gone_through: FxHashMap<usize, Vec<(Pending, Pending)>>,
}

impl Placing<'_> {
    fn of(program: &Program) -> Placing<'_> {
        Placing { program, kernels: FxHashMap::default(), gone_through: FxHashMap::default() }
    }

    /// The steps with barriers; `number` is that of the first loop in them.
    fn place(&mut self, steps: Vec<Command>, mut number: usize, pending: &mut Pending) -> Vec<Command> {
        let program = self.program;
        let mut placed = vec![];
        for step in steps {
            let touches: Rc<[Touch]> = match step {
                Command::Barrier => {
                    *pending = Pending::default();
                    [].into()
                }
                Command::Kernel { kernel, .. } => {
                    let known = self.kernels.entry(kernel);
                    known.or_insert_with(|| of_kernel(program, program.kernel(kernel)).into()).clone()
                }
                Command::Product(ref one) => of_product(program, one).into(),
                Command::Transpose(ref one) => of_transposition(one).into(),
                Command::Draw(id) => of_draw(program.drawing(id)).into(),
                Command::Loop { variable, length, reverse, body } => {
                    let inside = loops(&body);
                    let body = self.round(body, number, pending);
                    placed.push(Command::Loop { variable, length, reverse, body });
                    number += 1 + inside;
                    continue;
                }
            };
            if touches.iter().any(|touch| pending.conflicts(program, touch)) {
                placed.push(Command::Barrier);
                *pending = Pending::default();
            }
            touches.iter().for_each(|touch| pending.add(*touch));
            placed.push(step);
        }
        placed
    }

    /// The body of a loop, of which a round also follows the one before it. Where no more is pending than when it was gone through before,
    /// it needs no more barriers than it has: a loop in a nest is gone through a few times, not twice as often as the one around it.
    fn round(&mut self, body: Vec<Command>, number: usize, pending: &mut Pending) -> Vec<Command> {
        let known = self.gone_through.get(&number).into_iter().flatten();
        if let Some((_, after)) = known.into_iter().find(|(before, _)| pending.known.is_subset(&before.known)) {
            *pending = after.clone();
            return body;
        }
        let before = pending.clone();
        let body = self.place(body, number + 1, pending);
        before.first.iter().chain(&before.others).for_each(|touch| pending.add(*touch));
        let body = self.place(body, number + 1, pending);
        self.gone_through.entry(number).or_default().push((before, pending.clone()));
        body
    }
}

/// How many loops there are in steps, those in loops among them.
fn loops(steps: &[Command]) -> usize {
    let one = |step: &Command| match step {
        Command::Loop { body, .. } => 1 + loops(body),
        _ => 0,
    };
    steps.iter().map(one).sum()
}

fn conflict(program: &Program, one: &Touch, other: &Touch) -> bool {
    let bytes = |id: BufferId| {
        let buffer = program.buffer(id);
        match buffer.place {
            Location::Arena { offset } => offset..offset + buffer.elements * buffer.element.bytes(),
            _ => 0..0,
        }
    };
    let (a, b) = (bytes(one.buffer), bytes(other.buffer));
    let same_threads = match (one.owner, other.owner) {
        (Owner::First, Owner::First) => true,
        (Owner::Unknown, _) => false,
        (a, b) => one.buffer.memory(&program.buffers) == other.buffer.memory(&program.buffers) && a == b,
    };
    (one.writes || other.writes) && a.start < b.end && b.start < a.end && !same_threads
}

fn of_product(program: &Program, step: &Multiplication) -> Vec<Touch> {
    let product = &program.products[step.product.0 as usize];
    let batch = batch_strides(product).filter(|_| step.division == Division::Batch);
    let reach = product.reach(program.batch);
    let operands = [
        (Some(&step.a), batch.map(|x| x.a), reach.a, false),
        (Some(&step.b), batch.map(|x| x.b), reach.b, false),
        (Some(&step.c), batch.map(|x| x.c), reach.c, true),
        (step.bias.as_ref(), batch.map(|x| x.bias), reach.bias, false),
    ];
    let touch = |(operand, stride, reach, writes): (Option<&Operand>, Option<i64>, std::ops::Range<i64>, bool)| {
        let operand = operand?;
        let owner = match (step.division, stride) {
            (Division::Alone, _) => Owner::First,
            // All rows but the last take `stride · (batch − 1)` of the reach.
            (Division::Batch, Some(stride))
                if 1 < stride
                    && operand.start == Affine::default()
                    && reach.start == 0
                    && reach.end - stride * (program.batch as i64 - 1) <= stride =>
            {
                Owner::Share { extent: Extent::Batch, together: share::ROWS_TOGETHER, layout: Pattern::Rows(stride) }
            }
            (Division::Batch, Some(1)) if operand.start == Affine::default() => match lines(product, writes) {
                Some(width) if program.batch as i64 <= width => {
                    let layout = Pattern::Columns(width);
                    Owner::Share { extent: Extent::Batch, together: share::ROWS_TOGETHER, layout }
                }
                _ => Owner::Unknown,
            },
            _ => Owner::Unknown,
        };
        Some(Touch { buffer: operand.buffer, writes, owner })
    };
    operands.into_iter().filter_map(touch).collect()
}

fn of_transposition(step: &Transposition) -> Vec<Touch> {
    let touch = |operand: &Operand, writes, layout| {
        let start = operand.start == Affine::default();
        let owner = match step.rows {
            _ if !step.divided => Owner::First,
            Extent::Batch if start => Owner::Share { extent: Extent::Batch, together: share::ROWS_TOGETHER, layout },
            _ => Owner::Unknown,
        };
        Touch { buffer: operand.buffer, writes, owner }
    };
    vec![
        touch(&step.from, false, Pattern::Rows(step.from_stride as i64)),
        touch(&step.to, true, Pattern::Columns(step.to_stride as i64)),
    ]
}

fn of_draw(one: &Drawing) -> Vec<Touch> {
    let owner = match one.divided {
        false => Owner::First,
        true if one.to.start == Affine::default() => Owner::Share {
            extent: Extent::Batch,
            together: share::ROWS_TOGETHER,
            layout: Pattern::Rows(one.row_stride as i64),
        },
        true => Owner::Unknown,
    };
    vec![Touch { buffer: one.to.buffer, writes: true, owner }]
}

/// With the batch along the columns of C (or of B): what every other stride is a multiple of.
fn lines(product: &crate::vector::Product, of_c: bool) -> Option<i64> {
    if product.columns != Extent::Batch {
        return None;
    }
    let axes = product.batch.iter().chain(&product.rows).chain(&product.inner);
    let width = axes.fold(0, |width, axis| gcd(width, if of_c { axis.c } else { axis.b }.abs()));
    (width != 0).then_some(width)
}

fn of_kernel(program: &Program, kernel: &Kernel) -> Vec<Touch> {
    let mut scope = Scope {
        buffers: &program.buffers,
        batch: program.batch,
        padding: kernel.float.padding(),
        variables: FxHashMap::default(),
    };
    for parameter in &kernel.parameters {
        let values = crate::kernel::Interval::below(parameter.length);
        scope.variables.insert(parameter.variable, (Some(values), false));
    }
    let mut touches = vec![];
    let outside = if kernel.divided() { Owner::Unknown } else { Owner::First };
    walk(&kernel.body, kernel, &mut scope, None, outside, &mut touches);
    touches
}

fn walk(
    body: &[Statement],
    kernel: &Kernel,
    scope: &mut Scope,
    parallel: Option<&For>,
    outside: Owner,
    touches: &mut Vec<Touch>,
) {
    for statement in body {
        let (access, writes) = match statement {
            Statement::For(one) => {
                scope.open(one);
                let parallel = if one.parallel { Some(one) } else { parallel };
                walk(&one.body, kernel, scope, parallel, outside, touches);
                continue;
            }
            Statement::Divide { quotient, remainder, dividend, divisor } => {
                scope.divide(*quotient, *remainder, dividend, *divisor);
                continue;
            }
            Statement::Let { instruction: Instruction::Load(access), .. } => (access, false),
            Statement::Store { to, .. } | Statement::Add { to, .. } => (to, true),
            Statement::Let { .. } | Statement::Start { .. } | Statement::Accumulate { .. } => continue,
        };
        let owner = match parallel {
            Some(one) => match layout(access, one.variable, scope) {
                Some(layout) => {
                    Owner::Share { extent: one.extent, together: share::together(one, kernel.float), layout }
                }
                None => Owner::Unknown,
            },
            None => outside,
        };
        touches.push(Touch { buffer: access.buffer, writes, owner });
    }
}

/// How the elements of an access belong to the iterations of a loop.
fn layout(access: &Access, variable: LoopVariable, scope: &Scope) -> Option<Pattern> {
    let factor = access.index.coefficient(variable);
    let rest = access.index.add_scaled(&Affine::from(variable), -factor)?;
    let rows = access.row.map_or(Some(0), |row| (row.count as i64 - 1).checked_mul(row.stride as i64))?;
    let reach = scope.interval(&rest)?.plus(crate::kernel::Interval::new(0, rows))?;
    if factor <= 0 {
        return None;
    }
    if 0 <= reach.low && reach.high < factor {
        return Some(Pattern::Rows(factor));
    }
    let width = rest.terms.iter().fold(rest.constant.abs(), |width, term| gcd(width, term.1.abs()));
    let iterations = scope.interval(&Affine::from(variable))?;
    (factor == 1 && access.row.is_none() && iterations.high < width).then_some(Pattern::Columns(width))
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}
