//! Proves that every read finds the version of a value that it means. Memory is shared: by values that are never needed together,
//! and by a value and its next one.
//!
//! The steps are gone through in their order, the bodies of loops twice, with a map from the bytes of memory to the buffer that was
//! written there last. Nothing is taken on trust from whoever planned the program and laid out its memory. Outside of loops a value is
//! written before it is read, and not again.
use super::{Fault, Scope, bounds, products, races};
use crate::kernel::affine::{Affine, Interval, LoopVariable};
use crate::kernel::buffer::*;
use crate::kernel::instruction::{Access, Instruction, Kernel, Statement};
use crate::kernel::program::*;
use crate::vector::Store;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

impl Program {
    /// Whether every read finds what it means, and the step leaves behind what is read after it.
    pub(super) fn owners(&self) -> Result<(), Fault> {
        let fault = |reason| Fault { place: "the memory".to_string(), reason };
        let all = (0..).map(BufferId).zip(&self.buffers);
        let next = all.filter_map(|(id, buffer)| Some((buffer.overwrites?, id))).collect();
        let mut owners = Owners {
            program: self,
            map: Map::default(),
            next,
            kernels: FxHashMap::default(),
            rounds: vec![],
            gone_through: FxHashMap::default(),
            read: FxHashMap::default(),
            now: vec![],
        };
        owners.begin().map_err(fault)?;
        let mut scope = Scope {
            buffers: &self.buffers,
            batch: self.batch,
            padding: self.float.padding(),
            variables: FxHashMap::default(),
        };
        owners.steps(&self.steps, &mut scope).map_err(fault)?;
        owners.end().map_err(fault)
    }
}

/// Who owns which line of memory. A buffer that begins to live takes all of its bytes, so that rows may have room between them; what
/// another one takes from it afterwards, it gets back only by writing it.
struct Owners<'p> {
    program: &'p Program,
    map: Map,
    /// By value: its next one.
    next: FxHashMap<BufferId, BufferId>,
    kernels: FxHashMap<KernelId, Rc<Summary>>,
    /// The loops around, and whether this is their second round.
    rounds: Vec<(LoopVariable, bool)>,
    /// Loops, by their bodies, that were gone through, with what owned the memory before and after: of nests that is mostly the same again.
    gone_through: FxHashMap<*const Command, Vec<(Before, Map)>>,
    /// What was read so far, and by the step that is looked at: several values may stand side by side in one buffer.
    read: FxHashMap<BufferId, Vec<Range<usize>>>,
    now: Vec<(BufferId, Range<usize>)>,
}

/// What a kernel reads of the time before it, and what it writes: buffers and bytes of memory. What is written depends on these
/// parameters.
#[derive(Default)]
struct Summary {
    reads: Vec<(BufferId, Range<usize>)>,
    writes: Vec<(BufferId, Range<usize>, Vec<usize>)>,
}

impl Owners<'_> {
    /// What holds a value when a step begins.
    fn begin(&mut self) -> Result<(), String> {
        for id in self.kept() {
            let lines = self.lines(id);
            if let Some(other) = self.map.over(&lines).find_map(|part| part.1) {
                let (one, other) = (self.name(id), self.name(other));
                return Err(format!("`{one}` and `{other}` hold their values in the same memory"));
            }
            self.map.take(lines, id);
        }
        Ok(())
    }

    /// What is read after a step, or by the next one, is there.
    fn end(&self) -> Result<(), String> {
        let all = (0..).map(BufferId).zip(&self.program.buffers);
        let outputs = all.filter(|(_, buffer)| buffer.role == Role::Output).map(|(id, _)| id);
        let kept = self.kept().into_iter().map(|id| self.next.get(&id).copied().unwrap_or(id));
        for id in outputs.chain(self.program.outputs.iter().copied()).chain(kept) {
            self.holds(id, self.lines(id)).map_err(|why| format!("after the step {why}"))?;
        }
        Ok(())
    }

    /// What has a value before the first step writes one.
    fn kept(&self) -> Vec<BufferId> {
        let all = (0..).map(BufferId).zip(&self.program.buffers);
        let is_kept = |(id, b): &(BufferId, &Buffer)| {
            let in_memory = matches!(b.place, Location::Arena { .. }) && b.overwrites.is_none();
            in_memory && (b.role.is_kept() || self.program.scalars.contains(id))
        };
        all.filter(is_kept).map(|(id, _)| id).collect()
    }
    fn name(&self, id: BufferId) -> &str {
        &self.program.buffer(id).name
    }
    /// The bytes of a buffer, in whole lines.
    fn lines(&self, id: BufferId) -> Range<usize> {
        match self.program.buffer(id) {
            Buffer { place: Location::Arena { offset }, element, elements, .. } => {
                lines(*offset..offset + elements * element.bytes())
            }
            _ => 0..0,
        }
    }

    fn steps(&mut self, steps: &[Command], scope: &mut Scope) -> Result<(), String> {
        for step in steps {
            match step {
                Command::Kernel { kernel, arguments } => {
                    let summary = self.summary(*kernel)?;
                    let name = &self.program.kernel(*kernel).name;
                    let within = |why| format!("{why}, in kernel `{name}`");
                    for (id, bytes) in &summary.reads {
                        self.read(*id, bytes.clone()).map_err(within)?;
                    }
                    for (id, bytes, parameters) in &summary.writes {
                        let again = parameters.iter().any(|&at| self.is_second_round(&arguments[at]));
                        self.write(*id, bytes.clone(), again).map_err(within)?;
                    }
                }
                Command::Product(one) => self.product(one, scope)?,
                Command::Transpose(one) => {
                    let (from, to) = products::transposition_reach(self.program, one);
                    self.operand(&one.from, &from, scope, false)?;
                    self.operand(&one.to, &to, scope, true)?;
                }
                Command::Draw(id) => {
                    let one = self.program.drawing(*id);
                    self.operand(&one.to, &products::draw_reach(self.program, one), scope, true)?;
                }
                Command::Loop { variable, length, body, .. } => {
                    scope.variables.insert(*variable, (Some(Interval::below(*length)), false));
                    let before = Before { map: self.map.clone(), again: self.written_again(body)? };
                    let known = self.gone_through.get(&body.as_ptr());
                    if let Some((_, after)) = known.and_then(|all| all.iter().find(|(known, _)| *known == before)) {
                        self.map = after.clone();
                        continue;
                    }
                    for second in [false, true] {
                        self.rounds.push((*variable, second));
                        self.steps(body, scope)?;
                        self.rounds.pop();
                        self.hand_on(body);
                    }
                    self.gone_through.entry(body.as_ptr()).or_default().push((before, self.map.clone()));
                }
                Command::Barrier => {}
            }
            for (id, bytes) in self.now.drain(..) {
                let known = self.read.entry(id).or_default();
                if !known.contains(&bytes) {
                    known.push(bytes);
                }
            }
        }
        Ok(())
    }

    /// Of every write in a loop, whether its place depends on a loop around that is in its second round.
    fn written_again(&mut self, body: &[Command]) -> Result<Vec<bool>, String> {
        let mut all = vec![];
        for step in body {
            match step {
                Command::Kernel { kernel, arguments } => {
                    let summary = self.summary(*kernel)?;
                    let of =
                        |parameters: &Vec<usize>| parameters.iter().any(|&at| self.is_second_round(&arguments[at]));
                    all.extend(summary.writes.iter().map(|(_, _, parameters)| of(parameters)));
                }
                Command::Product(one) => all.push(self.is_second_round(&one.c.start)),
                Command::Transpose(one) => all.push(self.is_second_round(&one.to.start)),
                Command::Draw(id) => all.push(self.is_second_round(&self.program.drawing(*id).to.start)),
                Command::Loop { body, .. } => all.extend(self.written_again(body)?),
                Command::Barrier => {}
            }
        }
        Ok(all)
    }

    /// At the end of a round, the next values of what the loop carries are what it carries.
    fn hand_on(&mut self, body: &[Command]) {
        for step in body {
            let Command::Kernel { kernel, .. } = step else { continue };
            for (id, _, _) in self.kernels.get(kernel).cloned().iter().flat_map(|summary| &summary.writes) {
                if let Buffer { overwrites: Some(old), role: Role::Value, .. } = self.program.buffer(*id) {
                    let lines = self.lines(*id);
                    if self.map.over(&lines).any(|part| part.1 == Some(*id)) {
                        self.map.take(lines, *old);
                    }
                }
            }
        }
    }

    fn product(&mut self, step: &Multiplication, scope: &Scope) -> Result<(), String> {
        let product = &self.program.products[step.product.0 as usize];
        let reach = product.reach(self.program.batch);
        self.operand(&step.a, &reach.a, scope, false)?;
        self.operand(&step.b, &reach.b, scope, false)?;
        if let Some(bias) = &step.bias {
            self.operand(bias, &reach.bias, scope, false)?;
        }
        if product.store == Store::Add {
            self.operand(&step.c, &reach.c, scope, false)?;
        }
        self.operand(&step.c, &reach.c, scope, true)
    }

    fn operand(&mut self, of: &Operand, reach: &Range<i64>, scope: &Scope, writes: bool) -> Result<(), String> {
        let bytes = products::operand(self.program, of, reach, scope)?;
        match writes {
            true => self.write(of.buffer, bytes, self.is_second_round(&of.start)),
            false => self.read(of.buffer, bytes),
        }
    }

    /// Whether a place depends on a loop that is in its second round: in the first one another place was meant.
    fn is_second_round(&self, place: &Affine) -> bool {
        self.rounds.iter().any(|&(variable, second)| second && place.uses(variable))
    }

    fn read(&mut self, id: BufferId, bytes: Range<usize>) -> Result<(), String> {
        self.now.push((id, bytes.clone()));
        self.holds(id, bytes)
    }

    /// Whether what stands there is this buffer's.
    fn holds(&self, id: BufferId, bytes: Range<usize>) -> Result<(), String> {
        match self.map.over(&lines(bytes)).map(|part| part.1).find(|owner| *owner != Some(id)) {
            None => Ok(()),
            Some(Some(other)) => {
                Err(format!("`{}` is read where `{}` was written last", self.name(id), self.name(other)))
            }
            Some(None) => Err(format!("`{}` is read where nothing was written", self.name(id))),
        }
    }

    /// `again`: other parts of the buffer were written in rounds before.
    fn write(&mut self, id: BufferId, bytes: Range<usize>, again: bool) -> Result<(), String> {
        if let Some(next) = self.next.get(&id)
            && self.program.buffer(id).role.is_kept()
        {
            return Err(format!("`{}` is written, and its next value is `{}`", self.name(id), self.name(*next)));
        }
        if self.program.buffer(id).role == Role::Constant {
            return Err(format!("`{}` is written, and is constant", self.name(id)));
        }
        let role = self.program.buffer(id).role;
        let was_read = || self.read.get(&id).is_some_and(|known| known.iter().any(|read| meets(read, &bytes)));
        if self.rounds.is_empty() && matches!(role, Role::Value | Role::Output) && was_read() {
            return Err(format!("`{}` is written after it was read", self.name(id)));
        }
        let whole = self.lines(id);
        let owners: Vec<Option<BufferId>> = self.map.over(&whole).map(|part| part.1).collect();
        match owners.iter().find(|owner| **owner != Some(id)) {
            None => {}
            Some(other) if again => {
                let other = other.map_or("nothing", |other| self.name(other));
                return Err(format!("`{other}` is written over rounds of `{}`", self.name(id)));
            }
            Some(_) if owners.contains(&Some(id)) => self.map.take(lines(bytes), id),
            Some(_) => self.map.take(whole, id),
        }
        Ok(())
    }

    /// What a kernel reads and writes. It may read a value and write what shares its memory only where that is the value's next one, and
    /// every load comes before the store.
    fn summary(&mut self, id: KernelId) -> Result<Rc<Summary>, String> {
        if let Some(known) = self.kernels.get(&id) {
            return Ok(known.clone());
        }
        let kernel = self.program.kernel(id);
        let program = self.program;
        let within = |why| format!("{why}, in kernel `{}`", kernel.name);
        let mut scope = Scope {
            buffers: &program.buffers,
            batch: program.batch,
            padding: kernel.float.padding(),
            variables: FxHashMap::default(),
        };
        for parameter in &kernel.parameters {
            scope.variables.insert(parameter.variable, (Some(Interval::below(parameter.length)), false));
        }
        let outside = scope.clone();
        let mut walk =
            Walk { kernel, summary: Summary::default(), stored: FxHashMap::default(), loaded: FxHashSet::default() };
        walk.block(&kernel.body, &mut scope);
        let mut stored: Vec<BufferId> = walk.stored.keys().copied().collect();
        stored.sort();
        for &new in &stored {
            let lines = self.lines(new);
            let touched = walk.stored.keys().chain(&walk.loaded).filter(|other| **other != new);
            for &other in touched.filter(|other| meets(&lines, &self.lines(**other))) {
                if program.buffer(new).overwrites == Some(other) && !walk.stored.contains_key(&other) {
                    races::loads_first(&kernel.body, &outside, other, new).map_err(within)?;
                } else {
                    let (new, other) = (self.name(new), self.name(other));
                    return Err(within(format!("`{new}` is written in the memory of `{other}`")));
                }
            }
        }
        let summary = Rc::new(walk.summary);
        self.kernels.insert(id, summary.clone());
        Ok(summary)
    }
}

/// Goes through a kernel.
struct Walk<'k> {
    kernel: &'k Kernel,
    summary: Summary,
    /// Elements that were stored so far.
    stored: FxHashMap<BufferId, Vec<Interval>>,
    loaded: FxHashSet<BufferId>,
}

impl Walk<'_> {
    fn block(&mut self, body: &[Statement], scope: &mut Scope) {
        for statement in body {
            match statement {
                Statement::For(one) => {
                    scope.open(one);
                    self.block(&one.body, scope);
                }
                Statement::Divide { quotient, remainder, dividend, divisor } => {
                    scope.divide(*quotient, *remainder, dividend, *divisor);
                }
                Statement::Let { instruction: Instruction::Load(access), .. } => self.load(access, scope),
                Statement::Store { to, .. } => self.store(to, scope),
                Statement::Add { to, .. } => {
                    self.load(to, scope);
                    self.store(to, scope);
                }
                Statement::Let { .. } | Statement::Start { .. } | Statement::Accumulate { .. } => {}
            }
        }
    }

    fn load(&mut self, access: &Access, scope: &Scope) {
        let Some((reach, bytes)) = touched(access, scope) else { return };
        self.loaded.insert(access.buffer);
        // What the kernel has stored itself is no matter of the time before it.
        let own = self.stored.get(&access.buffer).is_some_and(|all| all.iter().any(|s| s.contains(reach)));
        if !own && !self.summary.reads.iter().any(|r| r.0 == access.buffer && r.1 == bytes) {
            self.summary.reads.push((access.buffer, bytes));
        }
    }

    fn store(&mut self, access: &Access, scope: &Scope) {
        let Some((reach, bytes)) = touched(access, scope) else { return };
        self.stored.entry(access.buffer).or_default().push(reach);
        let parameters = self.kernel.parameters.iter().enumerate();
        let used = parameters.filter(|(_, p)| access.index.uses(p.variable)).map(|(at, _)| at).collect();
        self.summary.writes.push((access.buffer, bytes, used));
    }
}

/// The elements and the bytes of memory that an access touches; none of data.
fn touched(access: &Access, scope: &Scope) -> Option<(Interval, Range<usize>)> {
    let buffer = scope.buffers.get(access.buffer.0 as usize)?;
    let Location::Arena { offset } = buffer.place else { return None };
    let reach = bounds::reach(access, buffer, scope)?;
    let (first, end) = (reach.low.max(0) as usize, (reach.high + 1).max(0) as usize);
    let size = buffer.element.bytes();
    Some((reach, offset + first * size..offset + end * size))
}

/// Bytes in whole lines: buffers begin at lines, and the rest of a line behind a row is the row's.
fn lines(bytes: Range<usize>) -> Range<usize> {
    bytes.start / ROW_BYTES * ROW_BYTES..bytes.end.next_multiple_of(ROW_BYTES)
}

fn meets(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.end && other.start < one.end
}

/// All that going through a loop depends on.
#[derive(PartialEq)]
struct Before {
    map: Map,
    again: Vec<bool>,
}

/// Owners of ranges of bytes.
#[derive(Clone, Default, PartialEq)]
struct Map(BTreeMap<usize, (usize, BufferId)>);

impl Map {
    /// The parts of a range with their owners, and those between that have none.
    fn over(&self, range: &Range<usize>) -> impl Iterator<Item = (Range<usize>, Option<BufferId>)> {
        let Range { start, end } = *range;
        let before = self.0.range(..start).next_back().filter(|part| start < part.1.0);
        let mut parts = vec![];
        let mut at = start;
        for (&from, &(to, owner)) in before.into_iter().chain(self.0.range(start..end.max(start))) {
            let (from, to) = (from.max(start), to.min(end));
            if at < from {
                parts.push((at..from, None));
            }
            parts.push((from..to, Some(owner)));
            at = to;
        }
        if at < end {
            parts.push((at..end, None));
        }
        parts.into_iter()
    }

    fn take(&mut self, range: Range<usize>, owner: BufferId) {
        if range.is_empty() {
            return;
        }
        let cut: Vec<(usize, (usize, BufferId))> = {
            let before = self.0.range(..range.start).next_back().filter(|part| range.start < part.1.0);
            before.into_iter().chain(self.0.range(range.clone())).map(|(&from, &part)| (from, part)).collect()
        };
        for (from, (to, of)) in cut {
            self.0.remove(&from);
            if from < range.start {
                self.0.insert(from, (range.start, of));
            }
            if range.end < to {
                self.0.insert(range.end, (to, of));
            }
        }
        self.0.insert(range.start, (range.end, owner));
    }
}

#[cfg(test)]
mod tests;
