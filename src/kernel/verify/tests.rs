//! What the verifier accepts and what it refuses, each with its words.
use proptest::prelude::*;

use crate::draw_kernel::{Case, Dice, case};
use crate::kernel::reference::{Machine, Rows, run_kernel};
use crate::kernel::*;
use crate::vector::Lanes;

fn float(narrow: bool) -> Float {
    if narrow { Float::F32 } else { Float::F64 }
}

proptest! {
    #[test]
    fn random_programs_are_accepted(seed: u64, narrow: bool) {
        let case = case(seed, float(narrow));
        let verdict = case.program.verify();
        prop_assert!(verdict.is_ok(), "{}\n{}", verdict.unwrap_err(), case.program.text());
    }

    /// The reference evaluator panics at an access out of bounds.
    #[test]
    fn a_changed_program_that_is_still_accepted_stays_in_bounds(seed: u64, narrow: bool) {
        let mut case = case(seed, float(narrow));
        let mut dice = Dice(seed ^ 0x5eed);
        change(&mut case, &mut dice);
        if case.program.verify().is_ok() {
            let rows = Rows { first: case.rows - case.program.batch, count: case.program.batch };
            let machine = Machine { vector: 64, fused: true };
            run_kernel(machine, &case.program, &case.program.kernels[0], &[], rows, &mut case.memory);
        }
    }

    /// One element less than the last that is touched is too few.
    #[test]
    fn a_buffer_that_is_too_short_is_refused(extents in prop::collection::vec(1..9_usize, 1..4), guard in 0..3_i64) {
        let buffers = |elements| [buffer("x", elements), buffer("y", extents.iter().product())];
        let k = Recorder::new("copy", Float::F32);
        nest(&k, &extents, Affine::default(), &|index| {
            let shifted = index.clone() + 2;
            let guarded = Access::new(BufferId(0), shifted.clone()).within(shifted, guard, 1000);
            k.store(Access::new(BufferId(1), index), k.load(guarded));
        });
        let kernel = k.finish();
        let touched = extents.iter().product::<usize>() + 2;
        prop_assert_eq!(kernel.verify(&buffers(touched), 1), Ok(()));
        prop_assert!(kernel.verify(&buffers(touched - 1), 1).is_err());
    }
}

/// Loops over every extent, with the index that counts them all.
fn nest(k: &Recorder, extents: &[usize], index: Affine, body: &dyn Fn(Affine)) {
    match extents {
        [] => body(index),
        [first, rest @ ..] => {
            k.for_each(Loop::fixed(*first), |i| nest(k, rest, index * *first as i64 + i, body));
        }
    }
}

/// Changes an index, a guard or a row of the kernel by a little.
fn change(case: &mut Case, dice: &mut Dice) {
    let chosen = dice.below(12);
    let mut at = 0;
    accesses(&mut case.program.kernels[0].body, &mut |access| {
        at += 1;
        if at % 12 != chosen {
            return;
        }
        let by = dice.below(7) as i64 - 3;
        match dice.below(5) {
            0 => access.index.terms.iter_mut().for_each(|t| t.1 += if t.1 + by == 0 { 0 } else { by }),
            1 => access.guards.iter_mut().for_each(|g| g.high += by),
            2 => access.guards.iter_mut().for_each(|g| g.low += by),
            3 => access.guards.iter_mut().for_each(|g| g.index.constant += by),
            _ => access.index.constant += by,
        }
    });
}

fn accesses(body: &mut [Statement], change: &mut dyn FnMut(&mut Access)) {
    for statement in body {
        match statement {
            Statement::For(inner) => accesses(&mut inner.body, change),
            Statement::Let { instruction: Instruction::Load(access), .. }
            | Statement::Store { to: access, .. }
            | Statement::Add { to: access, .. } => change(access),
            _ => {}
        }
    }
}

fn buffer(name: &str, elements: usize) -> Buffer {
    let place = Location::Arena { offset: 0 };
    Buffer { name: name.to_string(), element: Element::F32, elements, place, role: Role::State, overwrites: None }
}

const X: BufferId = BufferId(0);
const Y: BufferId = BufferId(1);
const ROWS: BufferId = BufferId(2);

/// The verdict on a kernel of f32 with `x` and `y` of 320 numbers, `rows` (a window of two) and batches of 10.
fn verdict(record: impl FnOnce(&Recorder)) -> Result<(), String> {
    let k = Recorder::new("k", Float::F32);
    record(&k);
    let window = Buffer { place: Location::Window { slot: 0 }, ..buffer("rows", 2) };
    k.finish().verify(&[buffer("x", 320), buffer("y", 320), window], 10).map_err(|fault| fault.reason)
}

#[test]
fn what_is_refused_and_why() {
    let at = |b: BufferId, index: Affine| Access::new(b, index);
    let copy = |k: &Recorder, to: Affine, from: Affine| k.store(at(Y, to), k.load(at(X, from)));
    let cases: Vec<Result<(), String>> = vec![
        verdict(|k| k.for_each(Loop::batch(), |b| copy(k, b * 32 + 1, b * 36))),
        verdict(|k| k.for_each(Loop::fixed(5).padded_lanes(), |i| copy(k, i + 310, i.into()))),
        verdict(|k| k.for_each(Loop::batch(), |b| copy(k, b * 32, b - 1))),
        verdict(|k| k.for_each(Loop::fixed(7).lanes(), |i| copy(k, i * 0, i.into()))),
        verdict(|k| {
            k.for_each(Loop::batch().parallel(), |b| k.for_each(Loop::fixed(33), |i| copy(k, b * 31 + i, i.into())))
        }),
        verdict(|k| k.for_each(Loop::fixed(8).lanes(), |i| k.store(at(Y, i.into()), k.load(at(Y, i + 1))))),
        verdict(|k| {
            k.for_each(Loop::batch(), |_| k.for_each(Loop::batch().parallel(), |b| copy(k, b.into(), b.into())))
        }),
        verdict(|k| {
            k.for_each(Loop::batch().lanes(), |_| k.for_each(Loop::batch().lanes(), |b| copy(k, b.into(), b.into())))
        }),
        verdict(|k| {
            let sum = k.sum();
            k.for_each(Loop::fixed(8).padded_lanes(), |i| sum.put(k.load(at(X, i.into()))));
        }),
        verdict(|k| {
            let latest = k.accumulate(Reducer::Replace, k.number(0.0));
            k.for_each(Loop::fixed(8).lanes(), |i| latest.put(k.load(at(X, i.into()))));
        }),
        verdict(|k| {
            let sum = k.sum();
            k.for_each(Loop::fixed(8).lanes(), |i| {
                sum.put(k.load(at(X, i.into())));
                k.store(at(Y, i.into()), sum.total());
            });
        }),
        verdict(|k| {
            let sum = k.sum();
            k.for_each(Loop::batch().parallel(), |b| sum.put(k.load(at(X, b.into()))));
        }),
        verdict(|k| {
            k.store(at(X, Affine::default()), k.number(1.0));
            k.for_each(Loop::batch().parallel(), |b| copy(k, b.into(), b + 1));
        }),
        verdict(|k| {
            k.for_each(Loop::batch().parallel(), |b| copy(k, b.into(), b.into()));
            k.for_each(Loop::batch().parallel(), |b| k.store(at(X, b.into()), k.number(1.0)));
        }),
        verdict(|k| k.for_each(Loop::batch().padded_lanes(), |b| k.store(at(Y, b.into()), k.load(at(ROWS, b * 2))))),
        verdict(|k| k.for_each(Loop::batch(), |b| k.store(at(ROWS, b * 2), k.number(1.0)))),
        verdict(|k| k.store(Access::new(Y, 0).row(k.integer(3), 40, 9), k.number(1.0))),
        verdict(|k| k.store(at(Y, LoopVariable(77).into()), k.number(1.0))),
        verdict(|k| k.store_integer(at(Y, Affine::default()), k.integer(1))),
        verdict(|k| {
            let mut outside = None;
            k.for_each(Loop::batch(), |b| outside = Some(k.load(at(X, b.into()))));
            k.store(at(Y, Affine::default()), outside.unwrap());
        }),
    ];
    let words: Vec<_> = cases.into_iter().map(|verdict| verdict.expect_err("it is accepted")).collect();
    insta::assert_snapshot!(words.join("\n"));
}

#[test]
fn what_is_accepted_though_it_looks_odd() {
    let at = |b: BufferId, index: Affine| Access::new(b, index);
    let accepted = [
        // In place, the row read twice.
        verdict(|k| {
            k.for_each(Loop::batch().parallel(), |b| {
                let sum = k.sum();
                k.for_each(Loop::fixed(20).lanes(), |j| sum.put(k.load(at(X, b * 32 + j))));
                let sum = sum.total();
                k.for_each(Loop::fixed(20).lanes(), |j| k.store(at(X, b * 32 + j), k.load(at(X, b * 32 + j)) / sum));
            });
        }),
        // Batch last, padded.
        verdict(|k| {
            k.for_each(Loop::batch().padded_lanes().parallel(), |b| {
                k.for_each(Loop::fixed(20), |j| k.store(at(X, j * 16 + b), k.load(at(X, j * 16 + b)).abs()));
            });
        }),
        // A padded window of an image, zero outside: two guards.
        verdict(|k| {
            k.for_each(Loop::fixed(10), |i| {
                k.for_each(Loop::fixed(32).lanes(), |j| {
                    k.for_each(Loop::fixed(3), |di| {
                        k.for_each(Loop::fixed(3), |dj| {
                            let (row, column) = (i + di - 1, j + dj - 1);
                            let x = at(X, row.clone() * 32 + column.clone()).within(row, 0, 10).within(column, 0, 32);
                            k.add(at(Y, i * 32 + j), k.load(x));
                        });
                    });
                });
            });
        }),
        // One row of a recurrence from the one before.
        verdict(|k| {
            let t = k.parameter(9);
            k.for_each(Loop::fixed(32).lanes(), |j| k.store(at(X, t * 32 + j + 32), k.load(at(X, t * 32 + j)).sqrt()));
        }),
        verdict(|k| k.for_each(Loop::batch(), |b| k.store(at(Y, b.into()), k.load(at(ROWS, b * 2 + 1))))),
    ];
    assert_eq!(accepted, [const { Ok(()) }; 5]);
}

#[test]
fn a_kernel_prints_as_it_was_written() {
    let k = Recorder::new("mixture", Float::F32);
    let t = k.parameter(9);
    k.for_each(Loop::batch().parallel(), |b| {
        let largest = k.maximum();
        k.for_each(Loop::fixed(20).lanes(), |j| {
            let (quotient, remainder) = k.divide(j + 3, 4);
            let x = k.load(Access::new(X, quotient * 4 + remainder - 3).within(j + 1, 2, 15));
            let inverse = k.number(1.0) / k.load(Access::new(Y, t));
            largest.put(x * inverse);
            k.add(Access::new(Y, b * 32 + j), x.floor());
        });
        let row = k.load_integer(Access::new(ROWS, b * 2));
        k.store(Access::new(Y, b * 32).row(row, 1, 20), largest.total());
    });
    let rows = Buffer { element: Element::U32, place: Location::Window { slot: 0 }, ..buffer("rows", 2) };
    insta::assert_snapshot!(k.finish().text(&[buffer("x", 320), buffer("y", 320), rows]));
}
