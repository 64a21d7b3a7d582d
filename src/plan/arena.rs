//! Where in memory the buffers of a step stand: those that are never needed together share it.
use crate::kernel::{BufferId, Command, Instruction, Location, Program, Role, Statement};
use rustc_hash::FxHashMap;

/// Gives every value's buffer a place that is its own from the first step that touches it to the last. Parameters, states, constants,
/// scalars and what is read after the step keep their places for good; a next value stands where the value stands that it follows.
pub fn share(program: &mut Program) {
    let mut lives: FxHashMap<BufferId, (usize, usize)> = FxHashMap::default();
    for (at, step) in program.steps.iter().enumerate() {
        for buffer in touched(program, step) {
            let life = lives.entry(buffer.memory(&program.buffers)).or_insert((at, at));
            life.1 = at;
        }
    }
    let end = program.steps.len();
    let mut fixed = 0;
    let mut shared: Vec<(usize, usize, BufferId, usize)> = vec![];
    for number in 0..program.buffers.len() {
        let id = BufferId(number as u32);
        let buffer = &mut program.buffers[number];
        let Location::Arena { offset } = &mut buffer.place else { continue };
        if buffer.overwrites.is_some() {
            continue;
        }
        let bytes = (buffer.elements * buffer.element.bytes()).next_multiple_of(64);
        if buffer.role != Role::Value {
            *offset = fixed;
            fixed += bytes;
        } else {
            let (first, last) = lives.get(&id).copied().unwrap_or((end, end));
            shared.push((first, last, id, bytes));
        }
    }
    shared.sort_by_key(|s| (s.0, s.2));
    // Offsets in use, with the step after which they are free again.
    let mut used: Vec<(usize, usize, usize)> = vec![];
    let mut top = fixed;
    for (first, last, id, bytes) in shared {
        used.retain(|u| u.2 >= first);
        used.sort();
        let mut offset = fixed;
        for &(start, size, _) in &used {
            if offset + bytes <= start {
                break;
            }
            offset = offset.max(start + size);
        }
        used.push((offset, bytes, last));
        top = top.max(offset + bytes);
        program.buffers[id.0 as usize].place = Location::Arena { offset };
    }
    program.arena_bytes = top;
    for number in 0..program.buffers.len() {
        if let Some(old) = program.buffers[number].overwrites {
            program.buffers[number].place = program.buffer(old).place;
        }
    }
}

/// All buffers that a step reads or writes.
fn touched(program: &Program, step: &Command) -> Vec<BufferId> {
    match step {
        Command::Kernel { kernel, .. } => {
            let mut all = vec![];
            in_block(&program.kernel(*kernel).body, &mut all);
            all
        }
        Command::Loop { body, .. } => body.iter().flat_map(|s| touched(program, s)).collect(),
        Command::Product(one) => {
            let operands = [Some(&one.a), Some(&one.b), Some(&one.c), one.bias.as_ref()];
            operands.into_iter().flatten().map(|o| o.buffer).collect()
        }
        Command::Transpose(one) => vec![one.from.buffer, one.to.buffer],
        Command::Draw(id) => vec![program.drawing(*id).to.buffer],
        Command::Barrier => vec![],
    }
}

fn in_block(body: &[Statement], all: &mut Vec<BufferId>) {
    for statement in body {
        match statement {
            Statement::For(one) => in_block(&one.body, all),
            Statement::Let { instruction: Instruction::Load(access), .. } => all.push(access.buffer),
            Statement::Store { to, .. } | Statement::Add { to, .. } => all.push(to.buffer),
            _ => {}
        }
    }
}
