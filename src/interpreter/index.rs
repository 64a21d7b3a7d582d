//! Classes as indices: one-hot vectors, gathering rows, adding rows where they belong.
use super::copy::copy;
use super::layout::Strided;
use super::memory::{Memory, Operand};
use super::nest::Nest;
use super::real::Real;
use super::sums::{add, settled};

/// What is done at the place that an index names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// `out[…, index] = 1`.
    OneHot,
    /// `out[…] = data[…, index, …]`.
    Gather,
    /// `out[…, index, …] += data[…]`.
    ScatterAdd,
}

/// One access for each index.
#[derive(Clone, Debug, PartialEq)]
pub struct Indexed {
    access: Access,
    index: Operand,
    data: Operand,
    out: Operand,
    /// Over the indices: `[index, data, out]`.
    indices: Nest<3>,
    /// Over what belongs to one index: `[data, out]`.
    rest: Nest<2>,
    /// The axis that is indexed: its extent and stride, in `data` or in `out`.
    extent: usize,
    stride: isize,
    /// Zeros to begin with.
    clear: usize,
}

impl Indexed {
    /// `data` is not used by `OneHot`. The result is dense; `shared` leading axes are the same in index and data.
    pub fn new(access: Access, shared: usize, [index, data, out]: [&Strided; 3], rows: usize) -> Indexed {
        let shape = index.extents(rows);
        let depth = shape.len();
        let (of_data, of_out, rest_data, rest_out, axis);
        match access {
            Access::OneHot => {
                (of_data, of_out) = (vec![0; depth], out.strides[..depth].to_vec());
                (rest_data, rest_out) = (vec![], vec![]);
                axis = (out, depth);
            }
            Access::Gather => {
                of_data = spread(&data.strides[..shared], depth);
                of_out = out.strides[..depth].to_vec();
                (rest_data, rest_out) = (data.strides[shared + 1..].to_vec(), out.strides[depth..].to_vec());
                axis = (data, shared);
            }
            Access::ScatterAdd => {
                of_data = data.strides[..depth].to_vec();
                of_out = spread(&out.strides[..shared], depth);
                (rest_data, rest_out) = (data.strides[depth..].to_vec(), out.strides[shared + 1..].to_vec());
                axis = (out, shared);
            }
        }
        let rest_shape = match access {
            Access::OneHot => vec![],
            Access::Gather => data.extents(rows)[shared + 1..].to_vec(),
            Access::ScatterAdd => data.extents(rows)[depth..].to_vec(),
        };
        // Rows are added in the order of the indices, whatever the strides are.
        let indices = (0..depth).map(|k| (shape[k], [index.strides[k], of_data[k], of_out[k]])).collect();
        Indexed {
            access,
            index: Operand::of(index),
            data: Operand::of(data),
            out: Operand::of(out),
            indices: Nest::in_order(indices),
            rest: Nest::new(&rest_shape, [&rest_data, &rest_out]),
            extent: axis.0.extents(rows)[axis.1],
            stride: axis.0.strides[axis.1],
            clear: if access == Access::Gather { 0 } else { out.extents(rows).iter().product() },
        }
    }

    /// # Errors
    /// An index is not a whole number below the extent.
    pub fn run<T: Real>(&self, memory: &mut Memory<T>) -> Result<(), String> {
        let starts = [memory.start(&self.index), memory.start(&self.data), memory.start(&self.out)];
        let mut wrong = None;
        memory.write_with_sums(&self.out, |memory, out, [lost, _]| {
            let (index, data) = (memory.of(&self.index), memory.of(&self.data));
            out[starts[2] as usize..starts[2] as usize + self.clear].fill(T::ZERO);
            let begin = starts[2];
            if self.access == Access::ScatterAdd {
                lost.clear();
                lost.resize(self.clear, T::ZERO);
            }
            let (length, strides) = (self.indices.length as isize, self.indices.strides);
            self.indices.each(starts, |[i, d, o]| {
                for k in 0..length {
                    let value = index[(i + k * strides[0]) as usize].to_f64();
                    let place = value as usize;
                    if place as f64 != value || place >= self.extent {
                        wrong.get_or_insert(value);
                        continue;
                    }
                    let shift = place as isize * self.stride;
                    let (d, o) = (d + k * strides[1], o + k * strides[2]);
                    self.access(data, out, lost, [d, o, begin], shift);
                }
            });
            if self.access == Access::ScatterAdd {
                let out = &mut out[begin as usize..begin as usize + self.clear];
                out.iter_mut().zip(lost).for_each(|(total, lost)| *total = settled(*total, *lost));
            }
        });
        match wrong {
            None => Ok(()),
            Some(value) => Err(format!("the index {value} is not a whole number below {}", self.extent)),
        }
    }

    #[inline]
    fn access<T: Real>(&self, data: &[T], out: &mut [T], lost: &mut [T], [d, o, begin]: [isize; 3], shift: isize) {
        let (length, strides) = (self.rest.length, self.rest.strides);
        match self.access {
            Access::OneHot => out[(o + shift) as usize] = T::one(),
            Access::Gather => self.rest.each([d + shift, o], |starts| copy(data, out, starts, strides, length)),
            Access::ScatterAdd => self.rest.each([d, o + shift], |[d, o]| {
                for k in 0..length as isize {
                    let to = o + k * strides[1];
                    let value = data[(d + k * strides[0]) as usize];
                    add(&mut out[to as usize], &mut lost[(to - begin) as usize], value);
                }
            }),
        }
    }
}

/// The strides of shared axes, and 0 for the others.
fn spread(shared: &[isize], depth: usize) -> Vec<isize> {
    let mut all = shared.to_vec();
    all.resize(depth, 0);
    all
}
