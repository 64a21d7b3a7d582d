//! Every path against a product in three loops: random axes, strides and signs, exact numbers, and nothing written beside C.

use proptest::prelude::*;

use super::prepared::Panels;
use super::*;
use crate::vector::machine::{Element, Path};

/// A number type that a test can make and compare.
trait Number: Element {
    fn of(value: f64) -> Self;
    fn get(self) -> f64;
    fn bits(self) -> u64;
}

impl Number for f32 {
    fn of(value: f64) -> f32 {
        value as f32
    }
    fn get(self) -> f64 {
        self.into()
    }
    fn bits(self) -> u64 {
        self.to_bits().into()
    }
}

impl Number for f64 {
    fn of(value: f64) -> f64 {
        value
    }
    fn get(self) -> f64 {
        self
    }
    fn bits(self) -> u64 {
        self.to_bits()
    }
}

/// What stands where nothing may be written.
const CANARY: f64 = 1234.5;
/// Elements around each array.
const MARGIN: i64 = 64;

/// The arrays of one product, with margins. Numbers are whole and small, so that sums are exact in any order, or fractions.
struct Arrays<T> {
    a: Vec<T>,
    b: Vec<T>,
    c: Vec<T>,
    bias: Vec<T>,
    reach: Reach,
}

impl<T: Number> Arrays<T> {
    fn new(product: &Product, batch_rows: usize, is_whole: bool) -> Arrays<T> {
        let reach = product.reach(batch_rows);
        let fill = |range: &Range<i64>, seed: u64| {
            let len = range.end - range.start + 2 * MARGIN;
            (0..len as u64)
                .map(|i| {
                    let random = (i + seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
                    T::of(if is_whole { (random % 7) as f64 - 3.0 } else { random as f64 / 16777216.0 - 0.5 })
                })
                .collect()
        };
        let c = vec![T::of(CANARY); (reach.c.end - reach.c.start + 2 * MARGIN) as usize];
        Arrays { a: fill(&reach.a, 1), b: fill(&reach.b, 2), bias: fill(&reach.bias, 3), c, reach }
    }

    fn run(&mut self, prepared: &Prepared<T>, batch_rows: usize, part: Part) {
        let at = |range: &Range<i64>| (MARGIN - range.start) as usize;
        let reach = &self.reach;
        // SAFETY: each array has what the product reaches.
        unsafe {
            prepared.run(
                self.a.as_ptr().wrapping_add(at(&reach.a)),
                self.b.as_ptr().wrapping_add(at(&reach.b)),
                self.c.as_mut_ptr().wrapping_add(at(&reach.c)),
                self.bias.as_ptr().wrapping_add(at(&reach.bias)),
                batch_rows,
                part,
            )
        }
    }

    /// The same in plain loops and f64.
    fn run_plainly(&mut self, product: &Product, batch_rows: usize) {
        let positions = |axes: &[Axis]| {
            let mut all = vec![(0i64, 0i64, 0i64, 0i64)];
            for axis in axes {
                let step = |&(a, b, c, bias): &(i64, i64, i64, i64), i: i64| {
                    (a + i * axis.a, b + i * axis.b, c + i * axis.c, bias + i * axis.bias)
                };
                let extent = axis.extent.with(batch_rows) as i64;
                all = all.iter().flat_map(|at| (0..extent).map(move |i| step(at, i))).collect();
            }
            all
        };
        let (batch, rows, inner) = (positions(&product.batch), positions(&product.rows), positions(&product.inner));
        let get = |array: &[T], range: &Range<i64>, at: i64| array[(at - range.start + MARGIN) as usize].get();
        for z in &batch {
            for row in &rows {
                for j in 0..product.columns.with(batch_rows) as i64 {
                    let c = z.2 + row.2 + j;
                    let bias = z.3 + row.3;
                    let mut sum = match product.store {
                        Store::Set => 0.0,
                        Store::Add => get(&self.c, &self.reach.c, c),
                        Store::BiasOfRow => get(&self.bias, &self.reach.bias, bias),
                        Store::BiasOfColumn => get(&self.bias, &self.reach.bias, bias + j),
                    };
                    for k in &inner {
                        sum +=
                            get(&self.a, &self.reach.a, z.0 + row.0 + k.0) * get(&self.b, &self.reach.b, z.1 + k.1 + j);
                    }
                    let at = (c - self.reach.c.start + MARGIN) as usize;
                    self.c[at] = T::of(sum);
                }
            }
        }
    }
}

/// On every path: exact against plain loops, canaries included, and the same bits in one, two and three parts, whatever the width of
/// vectors. (Processors without fused multiplication round each product.)
fn check<T: Number>(product: &Product, batch_rows: usize) {
    let mut fused: Option<Vec<u64>> = None;
    let mut plain = Arrays::<T>::new(product, batch_rows, true);
    plain.run_plainly(product, batch_rows);
    for path in Path::available() {
        let prepared = Prepared::<T>::new(product, path);
        let mut whole = Arrays::<T>::new(product, batch_rows, true);
        whole.run(&prepared, batch_rows, Part::WHOLE);
        for (i, (got, expected)) in whole.c.iter().zip(&plain.c).enumerate() {
            assert_eq!(got.get(), expected.get(), "{path:?}, element {i} of C, {batch_rows} rows, {product:?}");
        }
        let mut fractions = Arrays::<T>::new(product, batch_rows, false);
        fractions.run(&prepared, batch_rows, Part::WHOLE);
        if path != Path::Portable || !cfg!(target_arch = "x86_64") {
            let bits: Vec<u64> = fractions.c.iter().map(|v| v.bits()).collect();
            assert!(*fused.get_or_insert_with(|| bits.clone()) == bits, "{path:?} has other bits, {product:?}");
        }
        for of in 2..4 {
            let mut parts = Arrays::<T>::new(product, batch_rows, false);
            for index in 0..of {
                parts.run(&prepared, batch_rows, Part { index, of });
            }
            let same = parts.c.iter().zip(&fractions.c).all(|(x, y)| x.bits() == y.bits());
            assert!(same, "{path:?}, {of} parts, {product:?}");
        }
    }
}

fn extent(most: usize) -> impl Strategy<Value = Extent> {
    prop_oneof![8 => (1..=most).prop_map(Extent::Fixed), 1 => Just(Extent::Batch)]
}

/// Lengths of the axes of each kind, then strides for reading at random; C gets a layout in which no two are the same.
fn products() -> impl Strategy<Value = (Product, usize)> {
    let axes = |most: usize| prop::collection::vec((extent(most), -40i64..40, -90i64..90, -3i64..9), 0..4);
    let kind = prop_oneof![Just(Store::Set), Just(Store::Add), Just(Store::BiasOfRow), Just(Store::BiasOfColumn)];
    let columns = prop_oneof![6 => (1usize..100).prop_map(Extent::Fixed), 1 => Just(Extent::Batch)];
    (axes(2), axes(6), axes(5), columns, kind, 1usize..9, any::<u64>()).prop_map(
        |(batch, rows, inner, columns, store, batch_rows, seed)| {
            let axis = |(extent, a, b, bias)| Axis { extent, a, b, c: 0, bias };
            let mut batch: Vec<Axis> = batch.into_iter().map(axis).collect();
            let mut rows: Vec<Axis> = rows
                .into_iter()
                .map(|it| Axis { b: 0, bias: if store == Store::BiasOfColumn { 0 } else { it.3 }, ..axis(it) })
                .collect();
            let inner = inner.into_iter().map(|it| Axis { bias: 0, ..axis(it) }).collect();
            // C: columns, then the other axes in some order, forwards or backwards, with gaps.
            let mut random = seed;
            let mut next = |below: u64| {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (random >> 33) % below
            };
            let mut others: Vec<&mut Axis> = batch.iter_mut().chain(&mut rows).collect();
            let mut stride = (columns.with(batch_rows) as u64 + next(4)) as i64;
            while !others.is_empty() {
                let axis = others.swap_remove(next(others.len() as u64) as usize);
                axis.c = if next(4) == 0 { -stride } else { stride };
                stride = stride * axis.extent.with(batch_rows) as i64 + next(3) as i64;
            }
            (Product { batch, rows, inner, columns, store }, batch_rows)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_products_of_f32((product, batch_rows) in products()) {
        check::<f32>(&product, batch_rows);
    }

    #[test]
    fn random_products_of_f64((product, batch_rows) in products()) {
        check::<f64>(&product, batch_rows);
    }
}

/// `rows × inner · inner × columns`, all contiguous.
fn plain(rows: usize, columns: usize, inner: usize, store: Store) -> Product {
    Product {
        batch: vec![],
        rows: vec![
            Axis::row(Extent::Fixed(rows), inner as i64, columns as i64)
                .with_bias(i64::from(store == Store::BiasOfRow)),
        ],
        inner: vec![Axis::inner(Extent::Fixed(inner), 1, columns as i64)],
        columns: Extent::Fixed(columns),
        store,
    }
}

#[test]
fn every_number_of_rows_and_columns_around_the_tiles() {
    for rows in 1..=26 {
        for columns in [1, 3, 4, 7, 8, 15, 16, 17, 31, 32, 33, 47, 48, 49, 64, 65, 95, 97] {
            check::<f32>(&plain(rows, columns, 5, Store::Set), 1);
        }
    }
}

#[test]
fn sums_long_enough_to_be_cut_or_chained() {
    for (rows, columns, inner) in [(1, 5, 1000), (3, 16, 128), (2, 40, 129), (6, 16, 77), (10, 50, 1111), (2, 5, 9000)]
    {
        for store in [Store::Set, Store::Add, Store::BiasOfRow, Store::BiasOfColumn] {
            check::<f32>(&plain(rows, columns, inner, store), 1);
            check::<f64>(&plain(rows, columns, inner, store), 1);
        }
    }
}

/// More rows than are worked on at once, and many bundles.
#[test]
fn sums_of_many_bundles() {
    for store in [Store::Set, Store::Add, Store::BiasOfRow, Store::BiasOfColumn] {
        check::<f32>(&plain(131, 3, 4200, store), 1);
    }
}

/// Sums over several axes, each of another length, with the batch among them: cut at any of them, in one bundle or more.
#[test]
fn sums_over_several_axes_are_cut_at_each() {
    let lengths = [[2, 3, 1500, 2], [40, 30, 5, 7], [3, 5000, 2, 1], [1, 1, 3000, 2], [2, 30, 28, 28]];
    for (number, lengths) in lengths.into_iter().enumerate() {
        for batched in [None, Some(0), Some(1), Some(2)] {
            let extent = |axis: usize| if batched == Some(axis) { Extent::Batch } else { Extent::Fixed(lengths[axis]) };
            let strides = [11, 7, 1, 3];
            let inner = (0..4).map(|k| Axis::inner(extent(k), strides[k], 24 * strides[(k + number) % 4])).collect();
            let rows = vec![Axis::row(Extent::Fixed(3), 5, 24)];
            let product = Product { batch: vec![], rows, inner, columns: Extent::Fixed(20), store: Store::Set };
            check::<f32>(&product, batched.map_or(1, |axis| lengths[axis]));
        }
    }
}

/// A million unequal terms, some of them large, of either sign or of one.
#[test]
fn a_million_terms_lose_nothing() {
    const COUNT: usize = 1_000_003;
    let term = |i: usize| ((i * 7919) % 10_007) as f32 / 10_007.0;
    for path in Path::available() {
        for (columns, signed) in [(1, false), (1, true), (17, false)] {
            let product = plain(1, columns, COUNT, Store::Set);
            let mut arrays = Arrays::<f32>::new(&product, 1, true);
            let (mut exact, mut magnitudes) = (vec![0.0; columns], vec![0.0; columns]);
            for i in 0..COUNT {
                let a = term(i) * if signed && i % 3 == 0 { -1.0 } else { 1.0 };
                arrays.a[MARGIN as usize + i] = a;
                for j in 0..columns {
                    let b = term(i + 31 * j) + 0.5;
                    arrays.b[MARGIN as usize + i * columns + j] = b;
                    exact[j] += f64::from(a) * f64::from(b);
                    magnitudes[j] += (f64::from(a) * f64::from(b)).abs();
                }
            }
            arrays.run(&Prepared::new(&product, path), 1, Part::WHOLE);
            for j in 0..columns {
                let off = (f64::from(arrays.c[MARGIN as usize + j]) - exact[j]).abs() / magnitudes[j];
                assert!(off <= 5e-7, "{path:?}, {columns} columns: {off}");
            }
        }
    }
}

/// What is infinite or no number stays so, also where a sum has many bundles.
#[test]
fn a_long_sum_of_what_is_infinite_is_infinite() {
    for path in Path::available() {
        for (put, wanted) in
            [(f32::INFINITY, f32::INFINITY), (f32::NEG_INFINITY, f32::NEG_INFINITY), (f32::NAN, f32::NAN)]
        {
            let product = plain(1, 1, 10_000, Store::Set);
            let mut arrays = Arrays::<f32>::new(&product, 1, true);
            arrays.b.fill(1.0);
            arrays.a[MARGIN as usize + 7000] = put;
            arrays.run(&Prepared::new(&product, path), 1, Part::WHOLE);
            let found = arrays.c[MARGIN as usize];
            assert!(found == wanted || found.is_nan() && wanted.is_nan(), "{path:?}: {found}, not {wanted}");
        }
    }
}

/// A long sum keeps its digits: 16,384 times 0.1, where one chain of f32 is wrong in the fourth.
#[test]
fn long_sums_are_rounded_as_short_ones() {
    let count = 16_384;
    let one_chain = (0..count).fold(0.0, |sum: f32, _| sum + 0.1);
    let exact = f64::from(0.1f32) * count as f64;
    assert!((f64::from(one_chain) / exact - 1.0).abs() > 1e-5);
    for path in Path::available() {
        for (rows, columns) in [(1, 1), (1, 40), (20, 40)] {
            let product = plain(rows, columns, count, Store::Set);
            let mut arrays = Arrays::<f32>::new(&product, 1, true);
            arrays.a.fill(0.1);
            arrays.b.fill(1.0);
            arrays.run(&Prepared::new(&product, path), 1, Part::WHOLE);
            let relative = f64::from(arrays.c[MARGIN as usize]) / exact - 1.0;
            assert!(relative.abs() < 3e-6, "{path:?}, {rows} × {columns}: {relative}");
        }
    }
}

/// A convolution where the image lies: rows are pixels, k is kernel rows of (column, channel) together.
#[test]
fn a_convolution_in_place() {
    let (side, channels, kernel, out, stride) = (9i64, 3i64, 3i64, 5i64, 2i64);
    let pixels = (side - kernel) / stride + 1;
    let product = Product {
        batch: vec![],
        rows: vec![
            Axis::row(Extent::Batch, side * side * channels, pixels * pixels * out),
            Axis::row(Extent::Fixed(pixels as usize), stride * side * channels, pixels * out),
            Axis::row(Extent::Fixed(pixels as usize), stride * channels, out),
        ],
        inner: vec![
            Axis::inner(Extent::Fixed(kernel as usize), side * channels, kernel * channels * out),
            Axis::inner(Extent::Fixed(kernel as usize), channels, channels * out),
            Axis::inner(Extent::Fixed(channels as usize), 1, out),
        ],
        columns: Extent::Fixed(out as usize),
        store: Store::BiasOfColumn,
    };
    for batch_rows in [0, 1, 3] {
        check::<f32>(&product, batch_rows);
    }
}

/// The bits of an example do not depend on how many there are beside it.
#[test]
fn bits_of_a_row_do_not_depend_on_the_batch() {
    let lanes = |columns| Product {
        batch: vec![],
        rows: vec![Axis::row(Extent::Fixed(2), 50, 200).with_bias(1)],
        inner: vec![Axis::inner(Extent::Fixed(50), 1, 200)],
        columns,
        store: Store::BiasOfRow,
    };
    for path in Path::available() {
        let prepared = Prepared::<f32>::new(&lanes(Extent::Batch), path);
        let mut whole = Arrays::<f32>::new(&lanes(Extent::Fixed(200)), 200, false);
        whole.run(&prepared, 200, Part::WHOLE);
        for count in [1, 5, 17, 33, 64, 199] {
            let mut some = Arrays::<f32>::new(&lanes(Extent::Fixed(200)), 200, false);
            some.run(&prepared, count, Part::WHOLE);
            for row in 0..2 {
                let from = MARGIN as usize + row * 200;
                let same = (from..from + count).all(|i| some.c[i].to_bits() == whole.c[i].to_bits());
                assert!(same, "{path:?}, {count} of 200");
            }
        }
    }
}

/// No terms: C becomes the bias, or zero. No columns: nothing happens.
#[test]
fn empty_products() {
    let mut product = plain(3, 20, 0, Store::BiasOfRow);
    check::<f32>(&product, 1);
    product.store = Store::Set;
    check::<f32>(&product, 1);
    product.columns = Extent::Fixed(0);
    check::<f32>(&product, 1);
    check::<f32>(&plain(0, 20, 4, Store::Set), 1);
}

#[test]
fn panels_cover_the_columns_once() {
    for columns in 0..400 {
        for (width, widest) in [(16, 3), (8, 3), (8, 2), (4, 2)] {
            let panels = Panels::new(columns, width, widest);
            let mut next = 0;
            for index in 0..panels.count() {
                let panel = panels.get(index);
                assert_eq!(panel.column, next);
                assert!((1..=widest).contains(&panel.vectors) && (1..=width).contains(&panel.last));
                next += (panel.vectors - 1) * width + panel.last;
            }
            assert_eq!(next, columns);
        }
    }
}
