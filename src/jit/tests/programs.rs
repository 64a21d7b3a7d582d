//! Programs of several steps: loops in both directions, arguments, scalars, stopping, and what is refused.
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::network::Buffers;
use crate::jit::*;
use crate::kernel::*;
use crate::vector::Path;

fn options(threads: usize) -> Options {
    Options { path: Path::detect(), threads }
}

/// A program of f64 with one kernel, run by `steps`.
fn program(all: Buffers, kernel: Kernel, steps: Vec<Command>) -> Program {
    Program {
        float: Float::F64,
        batch: 4,
        arena_bytes: all.bytes,
        buffers: all.all,
        slots: 0,
        scalars: vec![],
        outputs: vec![],
        kernels: vec![kernel],
        products: vec![],
        draws: vec![],
        steps,
    }
}

fn run(executable: &mut Executable, steps: usize) -> usize {
    let mut records = Records::new(executable.program().scalars.len());
    (0..steps).for_each(|step| records.push(0, 1, &[step as f64]));
    executable.run(&records, &AtomicBool::new(false), &mut Log::default()).unwrap()
}

#[test]
fn loops_run_in_both_directions_and_nest() {
    for threads in [1, 2] {
        let mut all = Buffers::default();
        let next = all.arena("next", Element::F64, 1);
        let seen = all.arena("seen", Element::F64, 2 * 3 * 2);
        let k = Recorder::new("visit", Float::F64);
        let at = k.parameter(12);
        let now = k.load(Access::new(next, 0));
        k.store(Access::new(seen, at), now);
        k.store(Access::new(next, 0), now + k.number(1.0));
        let [i, j] = [0, 1].map(LoopVariable);
        let visit = |which: i64| Command::Kernel { kernel: KernelId(0), arguments: vec![i * 6 + j * 2 + which] };
        let inner = Command::Loop { variable: j, length: 3, reverse: true, body: vec![visit(0), visit(1)] };
        let outer = Command::Loop { variable: i, length: 2, reverse: false, body: vec![inner] };
        let mut executable = Executable::compile(program(all, k.finish(), vec![outer]), options(threads)).unwrap();
        run(&mut executable, 1);
        assert_eq!(executable.read(seen), [4.0, 5.0, 2.0, 3.0, 0.0, 1.0, 10.0, 11.0, 8.0, 9.0, 6.0, 7.0]);
    }
}

#[test]
fn an_executable_may_go_to_another_thread() {
    fn sends<T: Send>(_: &T) {}
    let executable = Executable::compile(counter().0, options(1)).unwrap();
    sends(&executable);
    let count = std::thread::spawn(move || {
        let mut executable = executable;
        run(&mut executable, 3)
    });
    assert_eq!(count.join().unwrap(), 3);
}

/// Counts steps in `count`, logged.
fn counter() -> (Program, BufferId) {
    let mut all = Buffers::default();
    let count = all.arena("count", Element::F64, 1);
    let step = all.arena("step", Element::F32, 1);
    let k = Recorder::new("count", Float::F64);
    k.store(Access::new(count, 0), k.load(Access::new(count, 0)) + k.load(Access::new(step, 0)));
    let mut program = program(all, k.finish(), vec![Command::Kernel { kernel: KernelId(0), arguments: vec![] }]);
    program.scalars = vec![step];
    program.outputs = vec![count, step];
    (program, count)
}

#[test]
fn scalars_come_in_and_outputs_go_out_at_each_step() {
    for threads in [1, 3] {
        let mut executable = Executable::compile(counter().0, options(threads)).unwrap();
        let mut records = Records::new(1);
        [2.0, 0.5, 4.0].iter().for_each(|s| records.push(0, 1, &[*s]));
        let mut log = Log::default();
        for _ in 0..2 {
            assert_eq!(executable.run(&records, &AtomicBool::new(false), &mut log).unwrap(), 3);
        }
        let steps: Vec<_> = log.steps().map(|s| s[0]).collect();
        assert_eq!(steps, [2.0, 2.5, 6.5, 8.5, 9.0, 13.0]);
        assert_eq!(log.steps().map(|s| s[1]).collect::<Vec<_>>(), [2.0, 0.5, 4.0, 2.0, 0.5, 4.0]);
    }
}

#[test]
fn denormal_numbers_are_zero_in_a_run_and_only_there() {
    for threads in [1, 2] {
        let mut all = Buffers::default();
        let x = all.arena("x", Element::F64, 64);
        let k = Recorder::new("halve", Float::F64);
        k.for_each(Loop::fixed(64).lanes().parallel(), |i| {
            k.store(Access::new(x, i), k.load(Access::new(x, i)) * k.number(0.5));
        });
        let step = Command::Kernel { kernel: KernelId(0), arguments: vec![] };
        let mut executable = Executable::compile(program(all, k.finish(), vec![step]), options(threads)).unwrap();
        executable.write(x, &[f64::MIN_POSITIVE; 64]);
        run(&mut executable, 1);
        assert_eq!(executable.read(x), [0.0; 64]);
        assert!(std::hint::black_box(f64::MIN_POSITIVE) * 0.5 > 0.0);
    }
}

#[test]
fn a_flag_stops_the_loop_between_two_steps() {
    for threads in [1, 2] {
        let (program, count) = counter();
        let mut executable = Executable::compile(program, options(threads)).unwrap();
        let mut records = Records::new(1);
        (0..2_000_000).for_each(|_| records.push(0, 1, &[1.0]));
        let stop = AtomicBool::new(true);
        let mut log = Log::default();
        assert_eq!(executable.run(&records, &stop, &mut log).unwrap(), 0);
        assert!(log.values().is_empty());
        stop.store(false, std::sync::atomic::Ordering::Relaxed);
        let done = std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(std::time::Duration::from_millis(1));
                stop.store(true, std::sync::atomic::Ordering::Relaxed);
            });
            executable.run(&records, &stop, &mut log).unwrap()
        });
        assert_eq!(executable.read(count), [done as f64]);
        assert_eq!(log.steps().count(), done);
    }
}

#[test]
fn what_would_leave_memory_is_refused() {
    let mut all = Buffers::default();
    let y = all.arena("y", Element::F64, 4);
    let x = all.data("x", Element::F64, 2, Location::Window { slot: 0 });
    let k = Recorder::new("copy", Float::F64);
    k.for_each(Loop::batch(), |b| k.store(Access::new(y, b), k.load(Access::new(x, b * 2 + 1))));
    let mut program = program(all, k.finish(), vec![Command::Kernel { kernel: KernelId(0), arguments: vec![] }]);
    program.slots = 1;
    let mut executable = Executable::compile(program, options(1)).unwrap();
    let mut refused = vec![];
    let attempt = |executable: &mut Executable, first, rows| {
        let mut records = Records::new(0);
        records.push(first, rows, &[]);
        executable.run(&records, &AtomicBool::new(false), &mut Log::default()).map_err(|f| f.to_string())
    };
    refused.push(attempt(&mut executable, 0, 1).unwrap_err());
    let wrong = |column: Column, executable: &mut Executable| executable.bind(0, column).unwrap_err().to_string();
    refused.push(wrong(Column::F32(Arc::new([1.0, 2.0])), &mut executable));
    refused.push(wrong(Column::F64(Arc::new([1.0, 2.0, 3.0])), &mut executable));
    executable.bind(0, Column::F64((0..12).map(f64::from).collect())).unwrap();
    refused.push(attempt(&mut executable, 3, 4).unwrap_err());
    refused.push(attempt(&mut executable, 0, 5).unwrap_err());
    refused.push(attempt(&mut executable, usize::MAX, 2).unwrap_err());
    refused.push(attempt(&mut executable, 0, 0).unwrap_err());
    insta::assert_snapshot!(refused.join("\n"));
    assert_eq!(attempt(&mut executable, 2, 4), Ok(1));
    assert_eq!(executable.read(y), [5.0, 7.0, 9.0, 11.0]);
}

#[test]
fn a_transposed_copy_has_rows_and_columns_exchanged() {
    for (threads, rows) in [(1, Extent::Fixed(37)), (3, Extent::Fixed(37)), (2, Extent::Batch)] {
        let mut all = Buffers::default();
        let from = all.arena("from", Element::F64, 37 * 24);
        let to = all.arena("to", Element::F64, 21 * 40 + 5);
        let mut program = program(all, Recorder::new("none", Float::F64).finish(), vec![]);
        program.batch = 37;
        program.steps = vec![Command::Transpose(Transposition {
            from: Operand::new(from, 0),
            from_stride: 24,
            to: Operand::new(to, 5),
            to_stride: 40,
            rows,
            columns: Extent::Fixed(21),
            divided: true,
        })];
        let mut executable = Executable::compile(program, options(threads)).unwrap();
        let values: Vec<f64> = (0..37 * 24).map(f64::from).collect();
        executable.write(from, &values);
        let mut records = Records::new(0);
        records.push(0, 30, &[]);
        executable.run(&records, &AtomicBool::new(false), &mut Log::default()).unwrap();
        let (copy, count) = (executable.read(to), if rows == Extent::Batch { 30 } else { 37 });
        for row in 0..37 {
            for column in 0..21 {
                let expected = if row < count { values[row * 24 + column] } else { 0.0 };
                assert_eq!(copy[5 + column * 40 + row], expected, "{row}, {column}");
            }
        }
    }
}
