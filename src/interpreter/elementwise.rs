//! Element by element: functions of one, two or three operands over slices.
use super::layout::Strided;
use super::memory::{Memory, Operand, TILE, tiled};
use super::nest::Nest;
use super::real::Real;
use crate::op::{BinaryOp, UnaryOp};

/// What is done with the elements.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Function {
    Unary(UnaryOp),
    Binary(BinaryOp),
    Product,
    /// The second operand where the first is not zero, else the third.
    Select,
}

/// A function over operands of one shape; `N` is the number of operands and one, for the result, which stands last.
#[derive(Clone, Debug, PartialEq)]
pub struct Elementwise<const N: usize> {
    function: Function,
    operands: [Operand; N],
    nest: Nest<N>,
}

impl<const N: usize> Elementwise<N> {
    pub fn new(function: Function, layouts: [&Strided; N], rows: usize) -> Elementwise<N> {
        let shape = layouts[N - 1].extents(rows);
        let nest = Nest::new(&shape, layouts.map(|l| &l.strides[..]));
        Elementwise { function, operands: layouts.map(Operand::of), nest }
    }

    pub fn run<T: Real>(&self, memory: &mut Memory<T>) {
        let (out, nest) = (&self.operands[N - 1], &self.nest);
        let starts = std::array::from_fn(|k| memory.start(&self.operands[k]));
        // An operand that the result is written over lies as the result does; it is read tile by tile before that.
        let written_over: [bool; N] = std::array::from_fn(|k| self.operands[k].buffer == out.buffer);
        memory.write_with_tiles(out, |memory, buffer, tiles| {
            let sources: [&[T]; N] = std::array::from_fn(|k| memory.of(&self.operands[k]));
            let mut filled = [false; N];
            nest.each(starts, |starts| {
                for from in (0..nest.length).step_by(TILE) {
                    let length = TILE.min(nest.length - from);
                    let to = (starts[N - 1] + from as isize * nest.strides[N - 1]) as usize;
                    let mut rest = &mut tiles[..];
                    let mut slices: [&[T]; N] = [&[]; N];
                    for k in 0..N - 1 {
                        let Some((tile, others)) = rest.split_first_mut() else { break };
                        rest = others;
                        let start = starts[k] + from as isize * nest.strides[k];
                        // One element for the whole value is spread over its tile once.
                        if written_over[k] {
                            tile[..length].copy_from_slice(&buffer[to..to + length]);
                            slices[k] = &tile[..length];
                        } else if nest.is_single(k) {
                            if !filled[k] {
                                tile.fill(sources[k][start as usize]);
                                filled[k] = true;
                            }
                            slices[k] = &tile[..length];
                        } else {
                            slices[k] = tiled(sources[k], start, nest.strides[k], length, tile);
                        }
                    }
                    self.apply(memory, slices, &mut buffer[to..to + length]);
                }
            });
        });
    }

    #[inline]
    fn apply<T: Real>(&self, memory: &Memory<T>, slices: [&[T]; N], out: &mut [T]) {
        match (self.function, &slices[..]) {
            (Function::Unary(op), [x, _]) => T::unary(op)(memory.path, x, out),
            (Function::Binary(op), [x, y, _]) => T::binary(op)(memory.path, x, y, out),
            (Function::Product, [x, y, _]) => T::product(memory.path, x, y, out),
            (Function::Select, [c, y, n, _]) => {
                for (((out, &c), &y), &n) in out.iter_mut().zip(*c).zip(*y).zip(*n) {
                    *out = if c != T::ZERO { y } else { n };
                }
            }
            _ => {}
        }
    }
}

/// `out = a b` element by element: a product without a sum.
pub fn product(layouts: [&Strided; 3], rows: usize) -> Elementwise<3> {
    Elementwise::new(Function::Product, layouts, rows)
}
