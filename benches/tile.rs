//! The register tile by hand: GFLOP/s of the products that networks are made of, on every path of this machine.
//!
//! `cargo bench --bench tile` prints a table, `cargo bench --bench tile -- dense` the lines that begin so. The best of many repetitions counts, as the machine is shared.

use std::time::{Duration, Instant};

use gradus::vector::{Axis, Extent, Part, Path, Prepared, Product, Store};

/// A product with a name, and the name of what it stands for.
struct Case {
    name: &'static str,
    product: Product,
}

/// Rows of arrays are whole vectors apart, and never a multiple of 1 KiB: the planner sees to both.
fn padded(len: i64) -> i64 {
    let vectors = (len + 15) / 16 * 16;
    if vectors % 256 == 0 { vectors + 16 } else { vectors }
}

/// `C[rows, columns] = A[rows, inner] · B[inner, columns]`, A by rows.
fn by_rows(name: &'static str, rows: i64, columns: i64, inner: i64) -> Case {
    let (a, b, c) = (padded(inner), padded(columns), padded(columns));
    plain(name, (rows, a, c), (inner, 1, b), columns)
}

/// The same with A by columns: `A[inner, rows]`.
fn by_columns(name: &'static str, rows: i64, columns: i64, inner: i64) -> Case {
    let (a, b, c) = (padded(rows), padded(columns), padded(columns));
    plain(name, (rows, 1, c), (inner, a, b), columns)
}

fn plain(name: &'static str, rows: (i64, i64, i64), inner: (i64, i64, i64), columns: i64) -> Case {
    let product = Product {
        batch: vec![],
        rows: vec![Axis::row(Extent::Fixed(rows.0 as usize), rows.1, rows.2)],
        inner: vec![Axis::inner(Extent::Fixed(inner.0 as usize), inner.1, inner.2)],
        columns: Extent::Fixed(columns as usize),
        store: Store::Set,
    };
    Case { name, product }
}

/// A convolution in place: images `[batch, side, side, channels]`, a kernel `[k, k, channels, out]`.
fn convolution(name: &'static str, batch: usize, side: i64, channels: i64, kernel: i64, out: i64) -> Case {
    let pixels = side - kernel + 1;
    let fixed = |extent: i64| Extent::Fixed(extent as usize);
    let product = Product {
        batch: vec![],
        rows: vec![
            Axis::row(Extent::Fixed(batch), side * side * channels, pixels * pixels * out),
            Axis::row(fixed(pixels), side * channels, pixels * out),
            Axis::row(fixed(pixels), channels, out),
        ],
        inner: vec![
            Axis::inner(fixed(kernel), side * channels, kernel * channels * out),
            Axis::inner(fixed(kernel), channels, channels * out),
            Axis::inner(fixed(channels), 1, out),
        ],
        columns: fixed(out),
        store: Store::Set,
    };
    Case { name, product }
}

/// The gradient of that kernel: the rows are (k, k, channels), the sum is over the pixels of the batch.
fn convolution_gradient(name: &'static str, batch: usize, side: i64, channels: i64, kernel: i64, out: i64) -> Case {
    let pixels = side - kernel + 1;
    let fixed = |extent: i64| Extent::Fixed(extent as usize);
    let product = Product {
        batch: vec![],
        rows: vec![
            Axis::row(fixed(kernel), side * channels, kernel * channels * out),
            Axis::row(fixed(kernel), channels, channels * out),
            Axis::row(fixed(channels), 1, out),
        ],
        inner: vec![
            Axis::inner(Extent::Fixed(batch), side * side * channels, pixels * pixels * out),
            Axis::inner(fixed(pixels), side * channels, pixels * out),
            Axis::inner(fixed(pixels), channels, out),
        ],
        columns: fixed(out),
        store: Store::Set,
    };
    Case { name, product }
}

/// The gradient of a bias: ones times rows of the batch.
fn bias_gradient(name: &'static str, columns: i64, batch: i64) -> Case {
    plain(name, (1, 0, 0), (batch, 0, padded(columns)), columns)
}

/// As many small products: scores of attention, `[batch · heads]` of `t × t` over `width`.
fn batched(name: &'static str, count: usize, rows: i64, columns: i64, inner: i64) -> Case {
    let mut case = by_rows(name, rows, columns, inner);
    let (a, b, c) = (padded(inner) * rows, padded(columns) * inner, padded(columns) * rows);
    case.product.batch = vec![Axis::batch(Extent::Fixed(count), a, b, c)];
    case
}

fn cases() -> Vec<Case> {
    vec![
        by_rows("dense 784→512, 128 rows: forward", 512, 128, 784),
        by_rows("dense 784→512: dw, delta by rows", 512, 784, 128),
        by_columns("dense 784→512: dw, delta by columns", 512, 784, 128),
        by_columns("dense 784→512: dx", 128, 784, 512),
        by_rows("dense 1024→1024, 256 rows: forward", 1024, 256, 1024),
        by_rows("dense 1024→1024: dw", 1024, 1024, 256),
        by_columns("dense 1024→1024: dx", 256, 1024, 1024),
        convolution("conv 3×3×16→32 on 13×13, 64 rows", 64, 13, 16, 3, 32),
        convolution_gradient("conv 3×3×16→32: dw", 64, 13, 16, 3, 32),
        convolution("conv 3×3×1→16 on 28×28, 16 rows", 16, 28, 1, 3, 16),
        by_rows("12×256×64", 12, 256, 64),
        by_rows("384×32×32", 384, 32, 32),
        by_rows("64×128×64", 64, 128, 64),
        by_rows("1024×192×64", 1024, 192, 64),
        by_rows("128×10×128", 128, 10, 128),
        batched("32 of 64×64×16", 32, 64, 64, 16),
        batched("32 of 64×16×64", 32, 64, 16, 64),
        by_rows("32×16×4", 32, 16, 4),
        by_rows("4×8×2", 4, 8, 2),
        by_rows("3×16×128", 3, 16, 128),
        bias_gradient("1×512×128", 512, 128),
        bias_gradient("1×16×128", 16, 128),
    ]
}

fn main() {
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    println!("{:<38} {:>9}   GFLOP/s", "f32, one thread", "µs");
    for case in cases().into_iter().filter(|case| case.name.starts_with(&wanted)) {
        print!("{:<38}", case.name);
        for path in Path::available() {
            let seconds = time(&case.product, path);
            let rate = case.product.operations(1) as f64 / seconds * 1e-9;
            print!(" {:>9.3} {} {rate:<5.0}", seconds * 1e6, path.name());
        }
        println!();
    }
}

/// Seconds of one run: the best of several batches of runs.
fn time(product: &Product, path: Path) -> f64 {
    let prepared = Prepared::<f32>::new(product, path);
    let reach = product.reach(1);
    let array = |range: std::ops::Range<i64>| Aligned::new((range.end - range.start) as usize);
    let (a, b, mut c) = (array(reach.a), array(reach.b), array(reach.c));
    let mut run = || {
        // SAFETY: the arrays have what the product reaches, from offset 0 on.
        unsafe { prepared.run(a.start(), b.start(), c.start_mut(), std::ptr::null(), 1, Part::WHOLE) }
    };
    let repetitions = {
        let start = Instant::now();
        let mut count = 0u32;
        while start.elapsed() < Duration::from_millis(5) {
            run();
            count += 1;
        }
        (count / 5).max(1)
    };
    let mut best = f64::INFINITY;
    let end = Instant::now() + Duration::from_millis(400);
    while Instant::now() < end {
        let start = Instant::now();
        for _ in 0..repetitions {
            run();
        }
        best = best.min(start.elapsed().as_secs_f64() / f64::from(repetitions));
    }
    best
}

/// Numbers that begin at a cache line, as in the planner's arena.
struct Aligned {
    numbers: Vec<f32>,
    from: usize,
}

impl Aligned {
    fn new(len: usize) -> Aligned {
        let numbers: Vec<f32> = (0..len + 16).map(|i| (i % 97) as f32 * 0.01).collect();
        let from = numbers.as_ptr().align_offset(64);
        Aligned { numbers, from }
    }

    fn start(&self) -> *const f32 {
        self.numbers[self.from..].as_ptr()
    }

    fn start_mut(&mut self) -> *mut f32 {
        self.numbers[self.from..].as_mut_ptr()
    }
}
