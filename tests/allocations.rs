//! The training loop allocates nothing: a run of a thousand steps asks for memory as often as a run of ten.
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use gradus::jit::{Executable, Log, Options, Records};
use gradus::kernel::*;
use gradus::vector::functions::tanh;
use gradus::vector::{Axis, Path, Product, Store};

struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is handed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// `y = tanh(x w)` and a step of `w` towards it, with the batch in rows and in sums.
fn program() -> Program {
    let [x, w, y, dw, rate] = [0, 1, 2, 3, 4].map(BufferId);
    let buffer = |name: &str, elements: usize, offset: usize| Buffer {
        name: name.to_string(),
        element: Element::F32,
        elements,
        place: Location::Arena { offset },
        role: if ["x", "w"].contains(&name) { Role::State } else { Role::Value },
        overwrites: None,
    };
    let k = Recorder::new("tanh", Float::F32);
    k.for_each(Loop::batch().parallel(), |b| {
        k.for_each(Loop::fixed(16).lanes(), |j| {
            k.store(Access::new(y, b * 16 + j), tanh(k.load(Access::new(y, b * 16 + j))));
        });
    });
    let activation = k.finish();
    let k = Recorder::new("update", Float::F32);
    k.for_each(Loop::fixed(256).lanes().parallel(), |i| {
        let step = k.load(Access::new(rate, 0)) * k.load(Access::new(dw, i));
        k.store(Access::new(w, i), k.load(Access::new(w, i)) - step);
    });
    let update = k.finish();
    let product = |rows, inner| Product {
        batch: vec![],
        rows: vec![rows],
        inner: vec![inner],
        columns: Extent::Fixed(16),
        store: Store::Set,
    };
    let multiply = |product, a, b, c, division| {
        let [a, b, c] = [a, b, c].map(|buffer| Operand::new(buffer, 0));
        Command::Product(Multiplication { product: ProductId(product), a, b, c, bias: None, division })
    };
    let run = |kernel| Command::Kernel { kernel: KernelId(kernel), arguments: vec![] };
    let mut program = Program {
        float: Float::F32,
        batch: 64,
        buffers: vec![
            buffer("x", 64 * 16, 0),
            buffer("w", 256, 4096),
            buffer("y", 64 * 16, 8192),
            buffer("dw", 256, 16384),
            buffer("rate", 1, 20480),
        ],
        arena_bytes: 20544,
        slots: 0,
        scalars: vec![rate],
        outputs: vec![w],
        kernels: vec![activation, update],
        products: vec![
            product(Axis::row(Extent::Batch, 16, 16), Axis::inner(Extent::Fixed(16), 1, 16)),
            product(Axis::row(Extent::Fixed(16), 1, 16), Axis::inner(Extent::Batch, 16, 16)),
        ],
        draws: vec![],
        steps: vec![multiply(0, x, w, y, Division::Batch), run(0), multiply(1, x, y, dw, Division::Tiles), run(1)],
    };
    program.insert_barriers();
    program
}

#[test]
fn a_step_allocates_nothing() {
    for threads in [1, 2] {
        let options = Options { path: Path::detect(), threads };
        let mut executable = Executable::compile(program(), options).expect("the program is right");
        executable.write(BufferId(0), &vec![0.5; 64 * 16]);
        executable.write(BufferId(1), &[0.1; 256]);
        let mut log = Log::default();
        let mut count = |steps: usize| {
            let mut records = Records::new(1);
            (0..steps).for_each(|step| records.push(0, 1 + step % 64, &[0.01]));
            log.clear();
            let before = ALLOCATIONS.load(Ordering::Relaxed);
            assert_eq!(executable.run(&records, &AtomicBool::new(false), &mut log).ok(), Some(steps));
            ALLOCATIONS.load(Ordering::Relaxed) - before
        };
        // The log's memory grows once.
        count(1000);
        let few = count(10);
        assert_eq!(count(1000), few, "with {threads} threads");
    }
}
