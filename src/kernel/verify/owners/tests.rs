//! Small programs that read the version they mean, and some that do not.
use crate::kernel::*;
use crate::vector::{Axis, Product, Store};

/// `w` and `v` with their next values, a value, and an output, of 16 numbers each; `t`, of 16 for each of 4 places.
const W: BufferId = BufferId(0);
const NEXT_W: BufferId = BufferId(1);
const V: BufferId = BufferId(2);
const NEXT_V: BufferId = BufferId(3);
const X: BufferId = BufferId(4);
const Y: BufferId = BufferId(5);
const T: BufferId = BufferId(6);

fn program(kernels: Vec<Kernel>, steps: Vec<Command>) -> Program {
    let buffer = |name: &str, line: usize, elements: usize, role, overwrites| {
        let place = Location::Arena { offset: line * ROW_BYTES };
        Buffer { name: name.into(), element: Element::F32, elements, place, role, overwrites }
    };
    let buffers = vec![
        buffer("w", 0, 16, Role::Parameter, None),
        buffer("next w", 0, 16, Role::Parameter, Some(W)),
        buffer("v", 1, 16, Role::State, None),
        buffer("next v", 1, 16, Role::State, Some(V)),
        buffer("x", 2, 16, Role::Value, None),
        buffer("y", 3, 16, Role::Output, None),
        buffer("t", 4, 64, Role::Value, None),
    ];
    let mut program = Program {
        float: Float::F32,
        batch: 1,
        buffers,
        arena_bytes: 16 * ROW_BYTES,
        slots: 0,
        scalars: vec![],
        outputs: vec![],
        kernels,
        products: vec![],
        draws: vec![],
        steps,
    };
    program.insert_barriers();
    program
}

fn run(kernel: u32) -> Command {
    Command::Kernel { kernel: KernelId(kernel), arguments: vec![] }
}
/// Copies one buffer after the other; each pair in the order of loads and stores that is given.
fn copies(pairs: &[(BufferId, BufferId)]) -> Kernel {
    let k = Recorder::new("copies", Float::F32);
    k.for_each(Loop::fixed(16).lanes(), |i| {
        let loaded: Vec<Value> = pairs.iter().map(|(from, _)| k.load(Access::new(*from, i))).collect();
        pairs.iter().zip(loaded).for_each(|((_, to), value)| k.store(Access::new(*to, i), value));
    });
    k.finish()
}
/// What the verifier says of kernels that run one after the other, when all else is done.
fn verdict(kernels: Vec<Kernel>) -> Result<(), String> {
    let first = copies(&[(W, Y), (W, NEXT_W), (V, NEXT_V)]);
    let kernels: Vec<Kernel> = kernels.into_iter().chain([first]).collect();
    let steps = (0..kernels.len() as u32).map(run).collect();
    program(kernels, steps).verify().map_err(|fault| fault.reason)
}
fn only(kernels: Vec<Kernel>) -> Result<(), String> {
    let steps = (0..kernels.len() as u32).map(run).collect();
    program(kernels, steps).verify().map_err(|fault| fault.reason)
}
fn refused(verdict: Result<(), String>, why: &str) {
    assert_eq!(verdict, Err(why.to_string()));
}

#[test]
fn a_value_may_be_read_until_its_next_one_is_written() {
    assert_eq!(verdict(vec![copies(&[(W, X)])]), Ok(()));
    // A swap, in one kernel and with one value put aside.
    assert_eq!(only(vec![copies(&[(W, Y)]), copies(&[(V, NEXT_W), (W, NEXT_V)])]), Ok(()));
    let aside = vec![copies(&[(W, Y)]), copies(&[(W, X)]), copies(&[(V, NEXT_W)]), copies(&[(X, NEXT_V)])];
    assert_eq!(only(aside), Ok(()));
    refused(
        only(vec![copies(&[(W, Y)]), copies(&[(V, NEXT_W)]), copies(&[(W, NEXT_V)])]),
        "`w` is read where `next w` was written last, in kernel `copies`",
    );
    refused(
        only(vec![copies(&[(W, NEXT_W), (V, NEXT_V)]), copies(&[(W, Y)])]),
        "`w` is read where `next w` was written last, in kernel `copies`",
    );
    refused(verdict(vec![copies(&[(NEXT_W, X)])]), "`next w` is read where `w` was written last, in kernel `copies`");
    refused(only(vec![copies(&[(W, Y), (W, NEXT_W)])]), "after the step `next v` is read where `v` was written last");
    refused(verdict(vec![copies(&[(X, T)])]), "`x` is read where nothing was written, in kernel `copies`");
    refused(verdict(vec![copies(&[(V, W)])]), "`w` is written, and its next value is `next w`, in kernel `copies`");
}

#[test]
fn in_a_kernel_every_load_comes_before_the_store() {
    let kernel = |write: &dyn Fn(&Recorder)| {
        let k = Recorder::new("k", Float::F32);
        write(&k);
        only(vec![copies(&[(W, Y), (V, NEXT_V)]), k.finish()])
    };
    let step = |k: &Recorder, i: Affine, from: Affine| k.store(Access::new(NEXT_W, i), k.load(Access::new(W, from)));
    assert_eq!(kernel(&|k| k.for_each(Loop::fixed(16), |i| step(k, i.into(), i.into()))), Ok(()));
    let rows = |k: &Recorder| {
        k.for_each(Loop::fixed(4).parallel(), |i| {
            k.for_each(Loop::fixed(4).lanes(), |j| step(k, i * 4 + j, i * 4 + j));
        });
    };
    assert_eq!(kernel(&rows), Ok(()));
    // Of another iteration, and of the same one behind the store.
    let turned = kernel(&|k| k.for_each(Loop::fixed(15), |i| step(k, i.into(), i + 1)));
    refused(turned, "`w` is read at `i0 + 1` when `next w` may stand there, which is written at `i0`, in kernel `k`");
    let late = kernel(&|k| {
        k.for_each(Loop::fixed(16), |i| {
            k.store(Access::new(NEXT_W, i), k.number(1.0));
            k.store(Access::new(T, i), k.load(Access::new(W, i)));
        });
    });
    refused(late, "`w` is read at `i0` when `next w` may stand there, which is written at `i0`, in kernel `k`");
    // Two loops: all loads are over.
    let two = |k: &Recorder| {
        let sum = k.sum();
        k.for_each(Loop::fixed(16), |i| sum.put(k.load(Access::new(W, i))));
        k.for_each(Loop::fixed(16), |i| k.store(Access::new(NEXT_W, i), sum.total()));
    };
    assert_eq!(kernel(&two), Ok(()));
}

#[test]
fn memory_is_shared_by_what_is_never_needed_together() {
    let shared = |first: Vec<Kernel>| {
        let all: Vec<Kernel> = first.into_iter().chain([copies(&[(W, Y), (W, NEXT_W), (V, NEXT_V)])]).collect();
        let steps = (0..all.len() as u32).map(run).collect();
        let mut program = program(all, steps);
        program.buffers[X.0 as usize].place = Location::Arena { offset: 5 * ROW_BYTES };
        program.verify().map_err(|fault| fault.reason)
    };
    // x stands in the second row of t.
    let k = Recorder::new("part", Float::F32);
    k.for_each(Loop::fixed(16), |i| k.store(Access::new(T, i + 16), k.load(Access::new(W, i))));
    let part = k.finish();
    assert_eq!(shared(vec![copies(&[(W, X)]), copies(&[(X, Y)]), part.clone()]), Ok(()));
    refused(
        shared(vec![copies(&[(W, X)]), part, copies(&[(X, Y)])]),
        "`x` is read where `t` was written last, in kernel `copies`",
    );
    refused(shared(vec![copies(&[(W, X), (W, T)])]), "`x` is written in the memory of `t`, in kernel `copies`");
    refused(
        shared(vec![copies(&[(W, X)]), copies(&[(X, T)])]),
        "`t` is written in the memory of `x`, in kernel `copies`",
    );
}

#[test]
fn a_value_is_written_before_it_is_read() {
    refused(
        only(vec![copies(&[(W, X)]), copies(&[(X, T)]), copies(&[(V, X)])]),
        "`x` is written after it was read, in kernel `copies`",
    );
}

#[test]
fn what_the_rounds_of_a_loop_write_is_not_lost_to_each_other() {
    let k = Recorder::new("push", Float::F32);
    let place = k.parameter(4);
    k.for_each(Loop::fixed(16), |i| k.store(Access::new(T, place * 16 + i), k.load(Access::new(W, i))));
    let push = k.finish();
    let last = LoopVariable(9);
    let body = |extra: &[u32]| {
        let push = Command::Kernel { kernel: KernelId(0), arguments: vec![last.into()] };
        let body = [push].into_iter().chain(extra.iter().map(|&k| run(k))).collect();
        vec![Command::Loop { variable: last, length: 4, reverse: false, body }, run(2), run(3)]
    };
    let kernels = || {
        let stack = copies(&[(T, Y)]);
        vec![push.clone(), copies(&[(W, X)]), stack, copies(&[(W, NEXT_W), (V, NEXT_V)])]
    };
    assert_eq!(program(kernels(), body(&[1])).verify(), Ok(()));
    let mut program = program(kernels(), body(&[1]));
    program.buffers[X.0 as usize].place = program.buffers[T.0 as usize].place;
    refused(program.verify().map_err(|fault| fault.reason), "`x` is written over rounds of `t`, in kernel `push`");
}

#[test]
fn products_read_versions_too() {
    let product = Product {
        batch: vec![],
        rows: vec![Axis::row(Extent::Fixed(2), 2, 4)],
        inner: vec![Axis::inner(Extent::Fixed(2), 1, 4)],
        columns: Extent::Fixed(4),
        store: Store::Set,
    };
    let multiply = |a: BufferId| {
        let [a, b, c] = [a, V, X].map(|buffer| Operand::new(buffer, 0));
        Command::Product(Multiplication { product: ProductId(0), a, b, c, bias: None, division: Division::Alone })
    };
    let verdict = |steps: Vec<Command>| {
        let mut program = program(vec![copies(&[(W, Y), (W, NEXT_W)]), copies(&[(V, NEXT_V)])], vec![]);
        program.products = vec![product.clone()];
        program.steps = steps;
        program.insert_barriers();
        program.verify().map_err(|fault| fault.reason)
    };
    assert_eq!(verdict(vec![multiply(W), run(0), run(1)]), Ok(()));
    assert_eq!(verdict(vec![run(0), multiply(NEXT_W), run(1)]), Ok(()));
    refused(verdict(vec![run(0), multiply(W), run(1)]), "`w` is read where `next w` was written last");
    refused(verdict(vec![run(0), run(1), multiply(NEXT_W)]), "`v` is read where `next v` was written last");
}
