//! Takes out of a kernel what nobody reads: a truth value that was only chosen by, once its mask is chosen by directly.
use super::instruction::{Kernel, Register, Statement};
use rustc_hash::FxHashSet;

/// Registers are read behind where they are made, so one walk from the end to the beginning sees all readers first.
pub fn remove(kernel: &mut Kernel) {
    block(&mut kernel.body, &mut FxHashSet::default());
}

fn block(body: &mut Vec<Statement>, read: &mut FxHashSet<Register>) {
    let mut kept = vec![];
    for mut statement in std::mem::take(body).into_iter().rev() {
        match &mut statement {
            Statement::For(one) => block(&mut one.body, read),
            Statement::Let { register, instruction } => {
                if !read.contains(register) {
                    continue;
                }
                read.extend(instruction.operands());
            }
            Statement::Start { value, .. } => drop(read.insert(*value)),
            Statement::Accumulate { value, times, .. } => {
                read.insert(*value);
                read.extend(*times);
            }
            Statement::Store { to, value } | Statement::Add { to, value } => {
                read.insert(*value);
                read.extend(to.row.map(|row| row.register));
            }
            Statement::Divide { .. } => {}
        }
        kept.push(statement);
    }
    kept.reverse();
    *body = kept;
}
