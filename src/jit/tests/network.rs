//! A small network trained by a program of kernels and products, against the same training in plain f64.
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::jit::*;
use crate::kernel::*;
use crate::vector::functions::{exp, log};
use crate::vector::{Axis, Lanes, Path, Product, Store};

/// Features, hidden units, classes, examples, the largest batch.
const SIZES: [usize; 5] = [5, 20, 3, 70, 40];
/// Strides of rows.
const X: i64 = 16;
const H: i64 = 32;
const Z: i64 = 16;

/// Buffers one after the other.
#[derive(Default)]
pub struct Buffers {
    pub all: Vec<Buffer>,
    pub bytes: usize,
}

impl Buffers {
    /// Kept from step to step.
    pub fn arena(&mut self, name: &str, element: Element, elements: usize) -> BufferId {
        let id = self.value(name, element, elements);
        self.all[id.0 as usize].role = Role::State;
        id
    }
    /// Of one step.
    pub fn value(&mut self, name: &str, element: Element, elements: usize) -> BufferId {
        let place = Location::Arena { offset: self.bytes };
        self.bytes += (elements * element.bytes()).next_multiple_of(ROW_BYTES);
        self.data(name, element, elements, place)
    }
    pub fn data(&mut self, name: &str, element: Element, elements: usize, place: Location) -> BufferId {
        let name = name.to_string();
        self.all.push(Buffer { name, element, elements, place, role: Role::Value, overwrites: None });
        BufferId(self.all.len() as u32 - 1)
    }
}

pub struct Network {
    pub program: Program,
    pub w1: BufferId,
    pub w2: BufferId,
}

/// `z = w2' relu(w1' x + b1)`, softmax, cross entropy, gradient descent.
pub fn network() -> Network {
    let [n, m, classes, _, batch] = SIZES;
    let mut all = Buffers::default();
    let f = Element::F32;
    let data = all.data("data.x", f, n, Location::Table { slot: 0 });
    let labels = all.data("data.t", Element::I32, 1, Location::Table { slot: 1 });
    let order = all.data("order", Element::U32, 1, Location::Window { slot: 2 });
    let rate = all.value("rate", f, 1);
    let rows = all.value("batch_size", f, 1);
    let loss = all.value("loss", f, 1);
    let x = all.value("x", f, batch * X as usize);
    let t = all.value("t", Element::I32, batch);
    let h = all.value("h", f, batch * H as usize);
    let dh = all.value("∂h", f, batch * H as usize);
    let z = all.value("z", f, batch * Z as usize);
    let dz = all.value("∂z", f, batch * Z as usize);
    let losses = all.value("losses", f, batch);
    let w1 = all.arena("w1", f, n * H as usize);
    let b1 = all.arena("b1", f, H as usize);
    let w2 = all.arena("w2", f, m * Z as usize);
    let dw1 = all.value("∂w1", f, n * H as usize);
    let db1 = all.value("∂b1", f, H as usize);
    let dw2 = all.value("∂w2", f, m * Z as usize);

    let k = Recorder::new("gather", Float::F32);
    k.for_each(Loop::batch().parallel(), |b| {
        let row = k.load_integer(Access::new(order, b));
        k.for_each(Loop::fixed(n).lanes(), |j| {
            k.store(Access::new(x, b * X + j), k.load(Access::new(data, j).row(row, n, 1)));
        });
        k.store_integer(Access::new(t, b), k.load_integer(Access::new(labels, 0).row(row, 1, 1)));
    });
    let gather = k.finish();

    let k = Recorder::new("relu", Float::F32);
    k.for_each(Loop::batch().parallel(), |b| {
        k.for_each(Loop::fixed(m).padded_lanes(), |j| {
            let at = Access::new(h, b * H + j);
            k.store(at.clone(), k.number(0.0).max(k.load(at)));
        });
    });
    let relu = k.finish();

    let k = Recorder::new("cross_entropy", Float::F32);
    k.for_each(Loop::batch().parallel(), |b| {
        let largest = k.maximum();
        k.for_each(Loop::fixed(classes).lanes(), |j| largest.put(k.load(Access::new(z, b * Z + j))));
        let largest = largest.total();
        let sum = k.sum();
        k.for_each(Loop::fixed(classes).lanes(), |j| {
            let power = exp(k.load(Access::new(z, b * Z + j)) - largest);
            sum.put(power);
            k.store(Access::new(dz, b * Z + j), power);
        });
        let sum = sum.total();
        let class = k.load_integer(Access::new(t, b));
        k.for_each(Loop::fixed(classes).lanes(), |j| {
            use crate::vector::BitLanes;
            let at = Access::new(dz, b * Z + j);
            let is_class = Lanes::select(k.index(j).equal(class), k.number(1.0), k.number(0.0));
            k.store(at.clone(), (k.load(at) / sum - is_class) / k.load(Access::new(rows, 0)));
        });
        let of_class = k.load(Access::new(z, b * Z).row(class, 1, classes));
        k.store(Access::new(losses, b), log(sum) + largest - of_class);
    });
    let cross_entropy = k.finish();

    let k = Recorder::new("mean_loss", Float::F32);
    let sum = k.sum();
    k.for_each(Loop::batch().lanes(), |b| sum.put(k.load(Access::new(losses, b))));
    k.store(Access::new(loss, 0), sum.total() / k.load(Access::new(rows, 0)));
    let mean_loss = k.finish();

    let k = Recorder::new("hidden_gradient", Float::F32);
    k.for_each(Loop::batch().parallel(), |b| {
        k.for_each(Loop::fixed(m).lanes(), |j| {
            let sum = k.sum();
            k.for_each(Loop::fixed(classes), |i| {
                sum.put_product(k.load(Access::new(dz, b * Z + i)), k.load(Access::new(w2, j * Z + i)));
            });
            let alive = k.number(0.0).less(k.load(Access::new(h, b * H + j)));
            k.store(Access::new(dh, b * H + j), Lanes::select(alive, sum.total(), k.number(0.0)));
        });
    });
    let hidden_gradient = k.finish();

    let k = Recorder::new("bias_gradient", Float::F32);
    k.for_each(Loop::fixed(m).lanes().parallel(), |j| {
        let sum = k.sum();
        k.for_each(Loop::batch(), |b| sum.put(k.load(Access::new(dh, b * H + j))));
        k.store(Access::new(db1, j), sum.total());
    });
    let bias_gradient = k.finish();

    let k = Recorder::new("update", Float::F32);
    for (w, dw, count) in [(w1, dw1, n * H as usize), (b1, db1, H as usize), (w2, dw2, m * Z as usize)] {
        k.for_each(Loop::fixed(count).padded_lanes().parallel(), |i| {
            let step = k.load(Access::new(rate, 0)) * k.load(Access::new(dw, i));
            k.store(Access::new(w, i), k.load(Access::new(w, i)) - step);
        });
    }
    let update = k.finish();

    let batch_axis = Extent::Batch;
    let product = |rows, inner, columns: usize, store| Product {
        batch: vec![],
        rows: vec![rows],
        inner: vec![inner],
        columns: Extent::Fixed(columns),
        store,
    };
    let products = vec![
        product(Axis::row(batch_axis, X, H), Axis::inner(Extent::Fixed(n), 1, H), m, Store::BiasOfColumn),
        product(Axis::row(batch_axis, H, Z), Axis::inner(Extent::Fixed(m), 1, Z), classes, Store::Set),
        product(Axis::row(Extent::Fixed(m), 1, Z), Axis::inner(batch_axis, H, Z), classes, Store::Set),
        product(Axis::row(Extent::Fixed(n), 1, H), Axis::inner(batch_axis, X, H), m, Store::Set),
    ];
    let multiply = |product, a, b, c, bias: Option<BufferId>, division| {
        Command::Product(Multiplication {
            product: ProductId(product),
            a: Operand::new(a, 0),
            b: Operand::new(b, 0),
            c: Operand::new(c, 0),
            bias: bias.map(|b| Operand::new(b, 0)),
            division,
        })
    };
    let run = |kernel| Command::Kernel { kernel: KernelId(kernel), arguments: vec![] };
    let mut program = Program {
        float: Float::F32,
        batch,
        arena_bytes: all.bytes,
        buffers: all.all,
        slots: 3,
        scalars: vec![rate, rows],
        outputs: vec![loss],
        kernels: vec![gather, relu, cross_entropy, mean_loss, hidden_gradient, bias_gradient, update],
        products,
        draws: vec![],
        steps: vec![
            run(0),
            multiply(0, x, w1, h, Some(b1), Division::Batch),
            run(1),
            multiply(1, h, w2, z, None, Division::Batch),
            run(2),
            run(3),
            run(4),
            multiply(2, h, dz, dw2, None, Division::Tiles),
            multiply(3, x, dh, dw1, None, Division::Tiles),
            run(5),
            run(6),
        ],
    };
    program.insert_barriers();
    Network { program, w1, w2 }
}

/// Examples that can be learnt: the class is the largest of three sums of features.
pub fn examples() -> (Vec<f64>, Vec<usize>) {
    let [n, _, _, count, _] = SIZES;
    let x: Vec<f64> = (0..count * n).map(|i| ((i * 7919) % 201) as f64 / 100.0 - 1.0).collect();
    let score = |x: &[f64], class: usize| x[class] + 0.5 * x[(class + 2) % n];
    let class = |x: &[f64]| (0..3).max_by(|a, b| score(x, *a).total_cmp(&score(x, *b))).unwrap_or(0);
    let t = x.chunks(n).map(class).collect();
    (x, t)
}

/// Weights at the start, rows of `stride`.
fn weights(rows: usize, columns: usize, stride: usize) -> Vec<f64> {
    let at = |i: usize| if i % stride < columns { ((i * 131) % 97) as f64 / 97.0 - 0.5 } else { 0.0 };
    (0..rows * stride).map(at).collect()
}

/// The order in which rows are taken, and the batches, the last of each round shorter.
fn batches(round: usize) -> (Vec<usize>, Vec<(usize, usize)>) {
    let count = SIZES[3];
    let order = (0..count).map(|i| (i * 37 + round * 11) % count).collect();
    (order, vec![(0, 40), (40, 23), (63, 7)])
}

pub fn start(network: &Network, threads: usize) -> Executable {
    let [n, m, classes, _, _] = SIZES;
    let options = Options { path: Path::detect(), threads };
    let mut executable = Executable::compile(network.program.clone(), options).unwrap();
    let (x, t) = examples();
    executable.bind(0, Column::F32(x.iter().map(|&x| x as f32).collect())).unwrap();
    executable.bind(1, Column::I32(t.iter().map(|&t| t as i32).collect())).unwrap();
    executable.write(network.w1, &weights(n, m, H as usize));
    executable.write(network.w2, &weights(m, classes, Z as usize));
    executable
}

/// The losses of so many rounds.
pub fn train(network: &Network, threads: usize, rounds: usize) -> (Vec<f64>, Vec<u8>) {
    let mut executable = start(network, threads);
    let mut log = Log::default();
    for round in 0..rounds {
        let (order, batches) = batches(round);
        let order: Arc<[u32]> = order.iter().map(|&row| row as u32).collect();
        executable.bind(2, Column::U32(order)).unwrap();
        let mut records = Records::new(2);
        batches.iter().for_each(|&(first, rows)| records.push(first, rows, &[0.5, rows as f64]));
        assert_eq!(executable.run(&records, &AtomicBool::new(false), &mut log).unwrap(), batches.len());
    }
    (log.values().to_vec(), executable.memory().to_vec())
}

/// The same in plain f64.
fn plain(rounds: usize) -> Vec<f64> {
    let [n, m, classes, _, _] = SIZES;
    let (hs, zs) = (H as usize, Z as usize);
    let (x, t) = examples();
    let (mut w1, mut b1, mut w2) = (weights(n, m, hs), vec![0.0; m], weights(m, classes, zs));
    let mut losses = vec![];
    for round in 0..rounds {
        let (order, batches) = batches(round);
        for (first, count) in batches {
            let (mut dw1, mut db1, mut dw2, mut loss) = (vec![0.0; n * hs], vec![0.0; m], vec![0.0; m * zs], 0.0);
            for &row in &order[first..first + count] {
                let x = &x[row * n..(row + 1) * n];
                let a: Vec<f64> = (0..m).map(|j| b1[j] + (0..n).map(|k| x[k] * w1[k * hs + j]).sum::<f64>()).collect();
                let h: Vec<f64> = a.iter().map(|a| a.max(0.0)).collect();
                let z: Vec<f64> = (0..classes).map(|i| (0..m).map(|j| h[j] * w2[j * zs + i]).sum()).collect();
                let sum: f64 = z.iter().map(|z| z.exp()).sum();
                loss += (sum.ln() - z[t[row]]) / count as f64;
                for i in 0..classes {
                    let dz = (z[i].exp() / sum - f64::from(t[row] == i)) / count as f64;
                    for j in 0..m {
                        dw2[j * zs + i] += h[j] * dz;
                        let dh = if 0.0 < a[j] { dz * w2[j * zs + i] } else { 0.0 };
                        db1[j] += dh;
                        (0..n).for_each(|k| dw1[k * hs + j] += x[k] * dh);
                    }
                }
            }
            losses.push(loss);
            for (w, dw) in [(&mut w1, dw1), (&mut b1, db1), (&mut w2, dw2)] {
                w.iter_mut().zip(dw).for_each(|(w, dw)| *w -= 0.5 * dw);
            }
        }
    }
    losses
}

#[test]
fn a_network_learns_as_in_plain_f64_with_the_same_bits_on_any_number_of_threads() {
    let network = network();
    let (losses, memory) = train(&network, 1, 20);
    let expected = plain(20);
    for (step, (ours, plain)) in losses.iter().zip(&expected).enumerate() {
        assert!((ours - plain).abs() < 1e-4, "step {step}: {ours} and {plain}");
    }
    assert!(losses[57] < 0.5 * losses[0], "{} to {}", losses[0], losses[57]);
    for threads in [2, 3] {
        let other = train(&network, threads, 20);
        assert!(other == (losses.clone(), memory.clone()), "{threads} threads give other bits");
    }
}

#[test]
fn the_program_prints_with_its_barriers() {
    insta::assert_snapshot!(network().program.text());
}
