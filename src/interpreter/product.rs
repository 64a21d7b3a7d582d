//! Contractions as products of matrices: operands are read in place where strides can say it, else packed part by part.
use super::copy::copy;
use super::label::{BATCHED, COLUMNS, Label, ROWS, SUMMED};
use super::memory::{Memory, Operand};
use super::nest::Nest;
use super::real::{Matrix, Real, multiply};
use super::sums::{add, settled};

/// Multiplications from which products in place, with loops around them, are better than one of packed operands.
const ENOUGH: usize = 1 << 18;
/// Elements of a packed operand: what stays in the second-level cache.
const PACKED: usize = 1 << 18;

/// Products of matrices: one result for each place outside, each the sum of some products.
#[derive(Clone, Debug, PartialEq)]
pub struct Product {
    operands: [Operand; 3],
    outside: Nest<3>,
    summed: Nest<3>,
    /// `a` as `[m, k]` and `b` as `[k, n]`.
    parts: [Part; 2],
    out: [usize; 2],
    /// `m`, `n`, `k`.
    sizes: [usize; 3],
}

/// How an operand becomes a matrix.
#[derive(Clone, Debug, PartialEq)]
enum Part {
    /// By its strides.
    InPlace([usize; 2]),
    /// By copying it, to a matrix of these strides.
    Packed(Nest<2>, [usize; 2]),
}

impl Product {
    /// Of labels that occur in the result or in both operands, of which each operand has one alone.
    pub fn new(labels: Vec<Label>, operands: [Operand; 3]) -> Product {
        let class =
            |pattern: [bool; 3]| -> Vec<Label> { labels.iter().filter(|l| l.is_in(pattern)).copied().collect() };
        let (mut m, mut n, mut k, mut outside) = (class(ROWS), class(COLUMNS), class(SUMMED), class(BATCHED));
        let mut summed = vec![];
        falling(&mut m, 2);
        falling(&mut n, 2);
        let forward = labels.iter().all(|l| l.strides.iter().flatten().all(|&s| s > 0));
        if forward && largest(&m) * largest(&n) * largest(&k) >= ENOUGH {
            outside.extend(all_but_largest(&mut m));
            outside.extend(all_but_largest(&mut n));
            summed.extend(all_but_largest(&mut k));
        } else {
            if matrix(&m, &n, 2).is_none() {
                outside.extend(all_but_largest(&mut m));
                outside.extend(all_but_largest(&mut n));
            }
            // What is summed goes in the order of the operand that it is dearer to pack.
            let [first, second] = [0, 1].map(|operand| {
                let mut k = k.clone();
                falling(&mut k, operand);
                k
            });
            k = if packing(&m, &n, &first) <= packing(&m, &n, &second) { first } else { second };
            cut(&mut m, &mut n, &mut k, &mut outside, &mut summed);
        }
        let parts = [Part::new(&m, &k, 0), Part::new(&k, &n, 1)];
        let out = matrix(&m, &n, 2).unwrap_or([1, 1]);
        let sizes = [count(&m), count(&n), count(&k)];
        Product { operands, outside: nest(&outside), summed: nest(&summed), parts, out, sizes }
    }

    /// # Errors
    /// None that a graph can cause: strides and buffers fit.
    pub fn run<T: Real>(&self, memory: &mut Memory<T>) -> Result<(), String> {
        let starts = [0, 1, 2].map(|k| memory.start(&self.operands[k]));
        let mut packed = std::mem::take(&mut memory.packed);
        let mut result = Ok(());
        let [m, n, k] = self.sizes;
        memory.write_with_sums(&self.operands[2], |memory, out, sums| {
            let sources = [memory.of(&self.operands[0]), memory.of(&self.operands[1])];
            let mut packed_from = [None; 2];
            self.outside.each_place(starts, |starts| {
                let to = Matrix { start: starts[2] as usize, strides: self.out };
                let mut bundles = Bundles { sums, size: [m, n], pieces: 0, bundles: 0 };
                self.summed.each_place(starts, |starts| {
                    for k in 0..2 {
                        if let Part::Packed(nest, _) = &self.parts[k]
                            && packed_from[k].replace(starts[k]) != Some(starts[k])
                        {
                            pack(nest, sources[k], starts[k], &mut packed[k], self.sizes[2] * self.sizes[k]);
                        }
                    }
                    let of = |k: usize| match self.parts[k] {
                        Part::InPlace(strides) => (sources[k], Matrix { start: starts[k] as usize, strides }),
                        Part::Packed(_, strides) => (&packed[k][..], Matrix { start: 0, strides }),
                    };
                    let ((a, of_a), (b, of_b)) = (of(0), of(1));
                    let longest = if k > LONGEST { PIECE } else { LONGEST };
                    for first in (0..k.max(1)).step_by(longest) {
                        let terms = longest.min(k - first);
                        let of_a = Matrix { start: of_a.start + first * of_a.strides[1], ..of_a };
                        let of_b = Matrix { start: of_b.start + first * of_b.strides[0], ..of_b };
                        let (keep, (c, of_c)) = bundles.next(terms, out, to);
                        if let Err(why) = multiply([m, n, terms], (a, of_a), (b, of_b), keep, (c, of_c)) {
                            result = Err(format!("a product of matrices: {why}"));
                        }
                    }
                });
                bundles.finish(out, to);
            });
        });
        memory.packed = packed;
        result
    }
}

/// Terms that the library sums by itself, in chains of its own.
const LONGEST: usize = 4096;
/// Terms of one of its chains.
const CHAIN: usize = 256;
/// Of longer sums, the terms of one chain.
const PIECE: usize = 64;
/// Chains that one bundle is made of.
const BUNDLE: usize = 32;

/// The result of products that are added: what is summed before it is too much for one chain is a bundle, and bundles are added so
/// that nothing is lost.
struct Bundles<'a, T> {
    /// The bundle that is being made, if it is not the first, and what the additions of bundles have lost.
    sums: &'a mut [Vec<T>; 2],
    size: [usize; 2],
    /// Pieces of the bundle.
    pieces: usize,
    /// Bundles before it.
    bundles: usize,
}

impl<T: Real> Bundles<'_, T> {
    /// Where a product of so many terms goes, and whether it is added there.
    fn next<'a>(&'a mut self, terms: usize, out: &'a mut [T], to: Matrix) -> (bool, (&'a mut [T], Matrix)) {
        let pieces = terms.div_ceil(CHAIN).max(1);
        if self.pieces > 0 && self.pieces + pieces > BUNDLE {
            self.end(out, to);
        }
        let keep = self.pieces > 0;
        self.pieces += pieces;
        if self.bundles == 0 {
            return (keep, (out, to));
        }
        (keep, (&mut self.sums[0][..], Matrix { start: 0, strides: [self.size[1], 1] }))
    }

    fn end(&mut self, out: &mut [T], to: Matrix) {
        let [m, n] = self.size;
        let [bundle, lost] = &mut *self.sums;
        if self.bundles == 0 {
            for room in [&mut *bundle, &mut *lost] {
                if room.len() < m * n {
                    room.resize(m * n, T::ZERO);
                }
            }
            lost[..m * n].fill(T::ZERO);
        } else {
            for (k, (bundle, lost)) in bundle[..m * n].iter().zip(&mut lost[..m * n]).enumerate() {
                let at = to.start + k / n * to.strides[0] + k % n * to.strides[1];
                add(&mut out[at], lost, *bundle);
            }
        }
        self.bundles += 1;
        self.pieces = 0;
    }

    fn finish(&mut self, out: &mut [T], to: Matrix) {
        if self.bundles == 0 {
            return;
        }
        self.end(out, to);
        let [m, n] = self.size;
        for (k, lost) in self.sums[1][..m * n].iter().enumerate() {
            let at = to.start + k / n * to.strides[0] + k % n * to.strides[1];
            out[at] = settled(out[at], *lost);
        }
    }
}

impl Part {
    fn new(first: &[Label], second: &[Label], operand: usize) -> Part {
        if let Some(strides) = matrix(first, second, operand) {
            return Part::InPlace(strides);
        }
        // The copy lies in the order of the original, as far as a matrix can; of two that are equally near the longer is innermost.
        let least = |of: &[Label]| {
            of.iter().map(|l| (l.stride(operand).abs(), std::cmp::Reverse(l.extent))).min().unwrap_or_default()
        };
        let (strides, ordered) = if least(second) <= least(first) {
            ([count(second), 1], [first, second].concat())
        } else {
            ([1, count(first)], [second, first].concat())
        };
        let mut to = 1;
        let mut axes: Vec<(usize, [isize; 2])> = vec![];
        for label in ordered.iter().rev() {
            axes.push((label.extent, [label.stride(operand), to]));
            to *= label.extent as isize;
        }
        axes.reverse();
        Part::Packed(Nest::in_order(axes), strides)
    }
}

fn pack<T: Real>(nest: &Nest<2>, from: &[T], start: isize, to: &mut Vec<T>, size: usize) {
    if to.len() < size {
        to.resize(size, T::ZERO);
    }
    nest.each([start, 0], |starts| copy(from, to, starts, nest.strides, nest.length));
}

fn count(labels: &[Label]) -> usize {
    labels.iter().map(|l| l.extent).product()
}
fn largest(labels: &[Label]) -> usize {
    labels.iter().map(|l| l.extent).max().unwrap_or(1)
}
fn falling(labels: &mut [Label], operand: usize) {
    labels.sort_by_key(|l| std::cmp::Reverse(l.stride(operand).abs()));
}
fn nest(labels: &[Label]) -> Nest<3> {
    Nest::in_order(labels.iter().map(|l| (l.extent, [l.stride(0), l.stride(1), l.stride(2)])).collect())
}

/// Leaves the largest label and gives the others.
fn all_but_largest(labels: &mut Vec<Label>) -> Vec<Label> {
    match (0..labels.len()).max_by_key(|&k| labels[k].extent) {
        Some(at) => {
            let kept = labels.remove(at);
            std::mem::replace(labels, vec![kept])
        }
        None => vec![],
    }
}

/// The strides of an operand as a matrix, if its labels lie behind each other in this order and go forward.
fn matrix(first: &[Label], second: &[Label], operand: usize) -> Option<[usize; 2]> {
    let stride = |labels: &[Label]| -> Option<usize> {
        let behind = |pair: &[Label]| pair[0].stride(operand) == pair[1].stride(operand) * pair[1].extent as isize;
        let last = labels.last().map_or(1, |l| l.stride(operand));
        (last > 0 && labels.windows(2).all(behind)).then_some(last as usize)
    };
    Some([stride(first)?, stride(second)?])
}

/// How many elements have to be packed.
fn packing(m: &[Label], n: &[Label], k: &[Label]) -> usize {
    let of_a = if matrix(m, k, 0).is_some() { 0 } else { count(m) * count(k) };
    let of_b = if matrix(k, n, 1).is_some() { 0 } else { count(k) * count(n) };
    of_a + of_b
}

/// Cuts a label so that what is packed stays small: its parts become loops around the product.
fn cut(m: &mut [Label], n: &mut [Label], k: &mut [Label], outside: &mut Vec<Label>, summed: &mut Vec<Label>) {
    let of_a = if matrix(m, k, 0).is_some() { 0 } else { count(m) * count(k) };
    let of_b = if matrix(k, n, 1).is_some() { 0 } else { count(k) * count(n) };
    let size = of_a.max(of_b);
    if size <= PACKED {
        return;
    }
    let (label, loops) = match (of_a, of_b) {
        (_, 0) if m[0].extent >= k[0].extent => (&mut m[0], outside),
        (0, _) if n[0].extent >= k[0].extent => (&mut n[0], outside),
        _ => (&mut k[0], summed),
    };
    let wanted = (PACKED / (size / label.extent)).max(1);
    let step = (1..=wanted.min(label.extent)).rev().find(|step| label.extent.is_multiple_of(*step)).unwrap_or(1);
    let strides = label.strides.map(|s| s.map(|s| s * step as isize));
    loops.push(Label { extent: label.extent / step, strides });
    label.extent = step;
}
