//! The JIT against the reference evaluator: the same bits, whatever the kernel and however many threads.
mod network;
mod programs;

use std::sync::atomic::AtomicBool;

use proptest::prelude::*;

use super::*;
use crate::draw_kernel::{Case, Dice, case};
use crate::kernel::reference::{Machine, Rows, run_kernel};
use crate::kernel::*;
use crate::vector::Path;

/// The JIT's machine.
fn machine(path: Path) -> Machine {
    Machine { vector: 16, fused: fused(path) }
}

/// Compiles a case and binds its memory and data.
fn executable(case: &Case, path: Path, threads: usize) -> Executable {
    let mut executable = Executable::compile(case.program.clone(), Options { path, threads }).unwrap();
    executable.memory_mut().copy_from_slice(&case.memory.arena);
    for buffer in &case.program.buffers {
        if let Location::Table { slot } | Location::Window { slot } = buffer.place {
            let bytes = &case.memory.slots[slot as usize].0;
            let column = match buffer.element {
                Element::F32 => {
                    Column::F32(bytes.chunks(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect())
                }
                Element::F64 => {
                    Column::F64(bytes.chunks(8).map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect())
                }
                other => panic!("data of {other}"),
            };
            executable.bind(slot, column).unwrap();
        }
    }
    executable
}

/// The first element in which two runs differ; NaNs are all the same.
fn difference(program: &Program, ours: &[u8], reference: &[u8]) -> Option<String> {
    for buffer in &program.buffers {
        let Location::Arena { offset } = buffer.place else { continue };
        let bytes = buffer.element.bytes();
        for at in 0..buffer.elements {
            let range = offset + at * bytes..offset + (at + 1) * bytes;
            let (a, b) = (&ours[range.clone()], &reference[range]);
            let number = |b: &[u8]| match buffer.element {
                Element::F32 => f32::from_le_bytes(b.try_into().unwrap()) as f64,
                Element::F64 => f64::from_le_bytes(b.try_into().unwrap()),
                Element::I32 | Element::U32 => i32::from_le_bytes(b.try_into().unwrap()) as f64,
            };
            if a != b && !(number(a).is_nan() && number(b).is_nan()) {
                return Some(format!("{}[{at}] is {} and should be {}", buffer.name, number(a), number(b)));
            }
        }
    }
    None
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]
    #[test]
    fn random_kernels_give_the_bits_of_the_reference(seed: u64, narrow: bool, threads in 1..4_usize) {
        let case = case(seed, if narrow { Float::F32 } else { Float::F64 });
        let mut dice = Dice(seed);
        let rows = 1 + dice.below(case.program.batch);
        let first = dice.below(case.rows - rows + 1);
        let mut memory = case.memory.clone();
        let paths = Path::available();
        let path = paths[dice.below(paths.len())];
        let rows_of = Rows { first, count: rows };
        run_kernel(machine(path), &case.program, &case.program.kernels[0], &[], rows_of, &mut memory);
        let mut executable = executable(&case, path, threads);
        let mut records = Records::new(0);
        records.push(first, rows, &[]);
        executable.run(&records, &AtomicBool::new(false), &mut Log::default()).unwrap();
        let difference = difference(&case.program, executable.memory(), &memory.arena);
        prop_assert!(
            difference.is_none(),
            "{} with {rows} rows from {first}, {path:?}\n{}",
            difference.unwrap(),
            case.program.text(),
        );
    }
}
