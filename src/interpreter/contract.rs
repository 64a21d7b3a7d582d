//! Contractions: which of them are products of matrices, and the loops of those that are not.
use super::elementwise::{Elementwise, product};
use super::label::{COLUMNS, Label, ROWS, SUMMED};
use super::layout::Strided;
use super::memory::{Memory, Operand};
use super::nest::Nest;
use super::product::Product;
use super::real::Real;
use super::sums::{Row, SLICE, Total};
use crate::graph::Contraction;

/// How a contraction is computed.
#[derive(Clone, Debug, PartialEq)]
pub enum Contract {
    /// Nothing is summed.
    Product(Elementwise<3>),
    /// As a product of matrices.
    Matrices(Box<Product>),
    /// As loops: dots, or vectors times numbers.
    Loops(Loops),
}

impl Contract {
    pub fn new(c: &Contraction, [a, b, out]: [&Strided; 3], rows: usize) -> Contract {
        let labels = labels(c, [a, b, out], rows);
        if !labels.iter().any(|l| l.is_in(SUMMED)) {
            let wide = |operand: usize, layout: &Strided| {
                let axes = [&c.a_axes, &c.b_axes][operand];
                let stride = |label: &u8| axes.iter().position(|l| l == label).map_or(0, |k| layout.strides[k]);
                let strides = c.out_axes.iter().map(stride).collect();
                Strided { shape: out.shape.clone(), strides, ..layout.clone() }
            };
            return Contract::Product(product([&wide(0, a), &wide(1, b), out], rows));
        }
        let labels = merged(labels);
        let operands = [a, b, out].map(Operand::of);
        let empty = labels.iter().any(|l| l.extent == 0);
        if !empty && labels.iter().any(|l| l.is_in(ROWS)) && labels.iter().any(|l| l.is_in(COLUMNS)) {
            Contract::Matrices(Box::new(Product::new(labels, operands)))
        } else {
            Contract::Loops(Loops::new(labels, operands))
        }
    }
    /// # Errors
    /// None that a graph can cause.
    pub fn run<T: Real>(&self, memory: &mut Memory<T>) -> Result<(), String> {
        match self {
            Contract::Product(product) => product.run(memory),
            Contract::Matrices(product) => return product.run(memory),
            Contract::Loops(loops) => loops.run(memory),
        }
        Ok(())
    }
}

fn labels(c: &Contraction, [a, b, out]: [&Strided; 3], rows: usize) -> Vec<Label> {
    let extents = c.extents(&a.extents(rows), &b.extents(rows));
    let stride = |axes: &[u8], layout: &Strided, label: usize| {
        axes.iter().position(|&l| l as usize == label).map(|k| layout.strides[k])
    };
    let all = (0..extents.len()).map(|l| Label {
        extent: extents[l],
        strides: [stride(&c.a_axes, a, l), stride(&c.b_axes, b, l), stride(&c.out_axes, out, l)],
    });
    all.filter(|l| l.extent != 1).collect()
}

/// Labels that lie behind each other in every operand become one.
fn merged(mut labels: Vec<Label>) -> Vec<Label> {
    let behind = |outer: &Label, inner: &Label| {
        (0..3).all(|k| match (outer.strides[k], inner.strides[k]) {
            (Some(o), Some(i)) => o == i * inner.extent as isize,
            (None, None) => true,
            _ => false,
        })
    };
    loop {
        let pairs = (0..labels.len()).flat_map(|o| (0..labels.len()).map(move |i| (o, i)));
        let Some((o, i)) = pairs.into_iter().find(|&(o, i)| o != i && behind(&labels[o], &labels[i])) else {
            return labels;
        };
        labels[o] = Label { extent: labels[o].extent * labels[i].extent, strides: labels[i].strides };
        labels.remove(i);
    }
}

/// `out += a b` over all labels, the innermost over slices where it can be.
#[derive(Clone, Debug, PartialEq)]
pub struct Loops {
    operands: [Operand; 3],
    /// The labels of the result but for the innermost, and what is summed but for it.
    kept: Nest<3>,
    summed: Nest<3>,
    inner: Label,
}

impl Loops {
    fn new(mut labels: Vec<Label>, operands: [Operand; 3]) -> Loops {
        // Innermost is what is contiguous: in the result and an operand, or in both operands.
        let fitness = |l: &Label| {
            let plain = l.strides.iter().all(|s| matches!(s, None | Some(0 | 1)));
            let contiguous = l.strides.iter().filter(|s| **s == Some(1)).count();
            (plain && l.extent >= 4, contiguous, l.extent)
        };
        let inner = (0..labels.len()).max_by_key(|&k| fitness(&labels[k]));
        let one = Label { extent: 1, strides: [None; 3] };
        let inner = inner.map_or(one, |k| labels.remove(k));
        // The others: those of the result outside, so that what is summed stays near.
        labels.sort_by_key(|l| std::cmp::Reverse(l.stride(2).abs()));
        let (kept, summed): (Vec<Label>, Vec<Label>) = labels.into_iter().partition(|l| l.strides[2].is_some());
        let nest = |labels: &[Label]| {
            Nest::in_order(labels.iter().map(|l| (l.extent, [l.stride(0), l.stride(1), l.stride(2)])).collect())
        };
        Loops { operands, kept: nest(&kept), summed: nest(&summed), inner }
    }

    fn run<T: Real>(&self, memory: &mut Memory<T>) {
        let starts = [0, 1, 2].map(|k| memory.start(&self.operands[k]));
        memory.write_with_sums(&self.operands[2], |memory, out, sums| {
            let (a, b) = (memory.of(&self.operands[0]), memory.of(&self.operands[1]));
            let (n, strides) = (self.inner.extent, [0, 1, 2].map(|k| self.inner.stride(k)));
            let slice = |from: isize| from as usize..from as usize + n;
            if self.inner.strides[2].is_none() {
                self.kept.each_place(starts, |[x, y, o]| {
                    let mut total = Total::new();
                    self.summed.each_place([x, y, o], |[x, y, _]| match strides {
                        [1, 1, _] => {
                            let slices = a[slice(x)].chunks(SLICE).zip(b[slice(y)].chunks(SLICE));
                            slices.for_each(|(a, b)| total.add(dot(a, b)));
                        }
                        [sx, sy, _] => {
                            (0..n as isize)
                                .for_each(|i| total.term(a[(x + i * sx) as usize] * b[(y + i * sy) as usize]));
                        }
                    });
                    out[o as usize] = total.value();
                });
                return;
            }
            let mut row = Row::new(sums, n);
            self.kept.each_place(starts, |[x, y, o]| {
                self.summed.each_place([x, y, o], |[x, y, _]| {
                    let to = row.next(out, o, strides[2]);
                    match strides {
                        [1, 1, _] => {
                            let products = a[slice(x)].iter().zip(&b[slice(y)]);
                            to.iter_mut().zip(products).for_each(|(o, (&x, &y))| *o += x * y);
                        }
                        [1, 0, _] => scaled(&a[slice(x)], b[y as usize], to),
                        [0, 1, _] => scaled(&b[slice(y)], a[x as usize], to),
                        [sx, sy, _] => {
                            for (i, o) in to.iter_mut().enumerate() {
                                let i = i as isize;
                                *o += a[(x + i * sx) as usize] * b[(y + i * sy) as usize];
                            }
                        }
                    }
                });
                row.finish(out, o, strides[2]);
            });
        });
    }
}

fn scaled<T: Real>(x: &[T], factor: T, out: &mut [T]) {
    out.iter_mut().zip(x).for_each(|(o, &x)| *o += x * factor);
}

/// In sixteen strands, so that it becomes vector instructions.
fn dot<T: Real>(x: &[T], y: &[T]) -> T {
    let (xs, ys) = (x.chunks_exact(16), y.chunks_exact(16));
    let rest = xs.remainder().iter().zip(ys.remainder()).fold(T::ZERO, |sum, (&x, &y)| sum + x * y);
    let mut strands = [T::ZERO; 16];
    for (x, y) in xs.zip(ys) {
        for k in 0..16 {
            strands[k] += x[k] * y[k];
        }
    }
    strands.iter().fold(rest, |sum, &s| sum + s)
}
