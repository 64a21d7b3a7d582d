//! Reductions over axes.
use super::layout::Strided;
use super::memory::{Memory, Operand};
use super::nest::Nest;
use super::real::Real;
use super::sums::{Row, SLICE, Total};
use crate::op::ReduceOp;

/// A reduction to a dense layout.
#[derive(Clone, Debug, PartialEq)]
pub struct Reduce {
    op: ReduceOp,
    x: Operand,
    out: Operand,
    /// Over all elements of `x`: `[out, x]`. For an index: over those of the result, `[x, out]`.
    nest: Nest<2>,
    /// For a sum: over the elements of the result, `[out, x]`, and over those of `x` that one is made of.
    kept: Nest<2>,
    gone: Nest<1>,
    /// How many elements each result is made of, and the stride between them if an index is picked.
    count: usize,
    stride: isize,
    size: usize,
}

impl Reduce {
    pub fn new(op: ReduceOp, axes: &[usize], x: &Strided, out: &Strided, rows: usize) -> Reduce {
        let extents = x.extents(rows);
        let size = out.extents(rows).iter().product();
        let mut wide = vec![0; extents.len()];
        let kept = (0..extents.len()).filter(|a| !axes.contains(a));
        kept.zip(&out.strides).for_each(|(axis, &stride)| wide[axis] = stride);
        let count = axes.iter().map(|&a| extents[a]).product();
        let of = |axes: &[usize]| -> (Vec<usize>, Vec<isize>, Vec<isize>) {
            let all = axes.iter().map(|&a| (extents[a], wide[a], x.strides[a]));
            let (mut shape, mut to, mut from) = (vec![], vec![], vec![]);
            all.for_each(|(n, o, i)| {
                shape.push(n);
                to.push(o);
                from.push(i);
            });
            (shape, to, from)
        };
        let left: Vec<usize> = (0..extents.len()).filter(|a| !axes.contains(a)).collect();
        let ((shape, to, from), (gone, _, strides)) = (of(&left), of(axes));
        let (kept, gone) = (Nest::new(&shape, [&to, &from]), Nest::new(&gone, [&strides]));
        let (nest, stride) = if op.picks_index() {
            let kept: Vec<usize> = (0..extents.len()).filter(|a| !axes.contains(a)).collect();
            let shape: Vec<usize> = kept.iter().map(|&a| extents[a]).collect();
            let strides: Vec<isize> = kept.iter().map(|&a| x.strides[a]).collect();
            (Nest::new(&shape, [&strides, &out.strides]), x.strides[axes[0]])
        } else {
            (Nest::new(&extents, [&wide, &x.strides]), 0)
        };
        Reduce { op, x: Operand::of(x), out: Operand::of(out), nest, kept, gone, count, stride, size }
    }

    pub fn run<T: Real>(&self, memory: &mut Memory<T>) {
        match self.op {
            ReduceOp::Sum => self.sum(memory),
            ReduceOp::Product => self.fold(memory, T::one(), |x, y| x * y),
            // A NaN is passed over, as the table of reductions has it.
            ReduceOp::Max => self.fold(memory, T::LEAST, |x, y| if y > x { y } else { x }),
            ReduceOp::Min => self.fold(memory, T::GREATEST, |x, y| if y < x { y } else { x }),
            ReduceOp::Mean => {
                self.sum(memory);
                let start = memory.start(&self.out) as usize;
                let number = T::from_f64(self.count as f64);
                memory.buffers[self.out.buffer][start..start + self.size].iter_mut().for_each(|v| *v = *v / number);
            }
            ReduceOp::Argmax => self.pick(memory, |best, x| x > best, T::LEAST),
            ReduceOp::Argmin => self.pick(memory, |best, x| x < best, T::GREATEST),
        }
    }

    fn sum<T: Real>(&self, memory: &mut Memory<T>) {
        let starts = [memory.start(&self.out), memory.start(&self.x)];
        memory.write_with_sums(&self.out, |memory, out, sums| {
            let x = memory.of(&self.x);
            let (length, [so, si]) = (self.kept.length, self.kept.strides);
            // Where neighbours are left, they get their terms row by row.
            if si == 1 && length >= 8 {
                let mut row = Row::new(sums, length);
                self.kept.each(starts, |[o, i]| {
                    self.gone.each_place([i], |[i]| {
                        let x = &x[i as usize..i as usize + length];
                        row.next(out, o, so).iter_mut().zip(x).for_each(|(sum, &x)| *sum += x);
                    });
                    row.finish(out, o, so);
                });
                return;
            }
            self.kept.each_place(starts, |[o, i]| out[o as usize] = self.one_sum(x, i));
        });
    }

    /// The sum of the elements that one of the result is made of.
    fn one_sum<T: Real>(&self, x: &[T], start: isize) -> T {
        let (length, [stride]) = (self.gone.length, self.gone.strides);
        let mut total = Total::new();
        self.gone.each([start], |[i]| match stride {
            1 => {
                let x = &x[i as usize..i as usize + length];
                x.chunks(SLICE).for_each(|x| total.add(fold_slice(x, T::ZERO, |x, y| x + y)));
            }
            _ => (0..length as isize).for_each(|k| total.term(x[(i + k * stride) as usize])),
        });
        total.value()
    }

    fn fold<T: Real>(&self, memory: &mut Memory<T>, initial: T, combine: impl Fn(T, T) -> T + Copy) {
        let starts = [memory.start(&self.out), memory.start(&self.x)];
        memory.write(&self.out, |memory, out| {
            let x = memory.of(&self.x);
            out[starts[0] as usize..starts[0] as usize + self.size].fill(initial);
            let length = self.nest.length;
            self.nest.each(starts, |[o, i]| match self.nest.strides {
                [0, 1] => {
                    let o = &mut out[o as usize];
                    *o = combine(*o, fold_slice(&x[i as usize..i as usize + length], initial, combine));
                }
                [1, 1] => {
                    let out = &mut out[o as usize..o as usize + length];
                    let x = &x[i as usize..i as usize + length];
                    out.iter_mut().zip(x).for_each(|(o, &x)| *o = combine(*o, x));
                }
                [so, si] => {
                    for k in 0..length as isize {
                        let o = &mut out[(o + k * so) as usize];
                        *o = combine(*o, x[(i + k * si) as usize]);
                    }
                }
            });
        });
    }

    fn pick<T: Real>(&self, memory: &mut Memory<T>, better: impl Fn(T, T) -> bool, initial: T) {
        let starts = [memory.start(&self.x), memory.start(&self.out)];
        memory.write(&self.out, |memory, out| {
            let x = memory.of(&self.x);
            self.nest.each(starts, |[i, o]| {
                for k in 0..self.nest.length as isize {
                    let first = i + k * self.nest.strides[0];
                    let (mut best, mut index) = (initial, 0);
                    for place in 0..self.count {
                        let value = x[(first + place as isize * self.stride) as usize];
                        if better(best, value) {
                            (best, index) = (value, place);
                        }
                    }
                    out[(o + k * self.nest.strides[1]) as usize] = T::from_f64(index as f64);
                }
            });
        });
    }
}

/// Over contiguous elements, in sixteen strands, so that it becomes vector instructions.
#[inline]
fn fold_slice<T: Real>(x: &[T], initial: T, combine: impl Fn(T, T) -> T + Copy) -> T {
    let chunks = x.chunks_exact(16);
    let rest = chunks.remainder().iter().fold(initial, |sum, &x| combine(sum, x));
    if x.len() < 16 {
        return rest;
    }
    let mut strands = [initial; 16];
    for chunk in chunks {
        strands.iter_mut().zip(chunk).for_each(|(s, &x)| *s = combine(*s, x));
    }
    strands.iter().fold(rest, |sum, &s| combine(sum, s))
}
