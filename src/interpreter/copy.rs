//! Copies: a value to another layout, and views that fill in zeros.
use super::layout::Strided;
use super::memory::{Memory, Operand};
use super::nest::Nest;
use super::real::Real;
use crate::graph::{BATCH, View};

/// A value to another layout of the same shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Copy {
    from: Operand,
    to: Operand,
    nest: Nest<2>,
}

impl Copy {
    pub fn new(from: &Strided, to: &Strided, rows: usize) -> Copy {
        let nest = Nest::new(&to.extents(rows), [&from.strides, &to.strides]);
        Copy { from: Operand::of(from), to: Operand::of(to), nest }
    }
    pub fn run<T: Real>(&self, memory: &mut Memory<T>) {
        let starts = [memory.start(&self.from), memory.start(&self.to)];
        memory.write(&self.to, |memory, to| {
            let from = memory.of(&self.from);
            self.nest.each(starts, |starts| copy(from, to, starts, self.nest.strides, self.nest.length));
        });
    }
}

/// `length` elements from one slice to another.
#[inline]
pub fn copy<T: Real>(from: &[T], to: &mut [T], starts: [isize; 2], strides: [isize; 2], length: usize) {
    let [x, y] = starts;
    match strides {
        [1, 1] => to[y as usize..y as usize + length].copy_from_slice(&from[x as usize..x as usize + length]),
        [0, 1] => to[y as usize..y as usize + length].fill(from[x as usize]),
        [sx, 1] => {
            let to = &mut to[y as usize..y as usize + length];
            to.iter_mut().enumerate().for_each(|(i, t)| *t = from[(x + i as isize * sx) as usize]);
        }
        [sx, sy] => {
            for i in 0..length as isize {
                to[(y + i * sy) as usize] = from[(x + i * sx) as usize];
            }
        }
    }
}

/// Equally spaced elements of an example that a view takes from its operand.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Piece {
    from: isize,
    to: isize,
    strides: [isize; 2],
    length: usize,
}

/// A view that fills in zeros, to a dense layout.
#[derive(Clone, Debug, PartialEq)]
pub struct Filled {
    from: Operand,
    to: Operand,
    rows: usize,
    /// From one example to the next.
    strides: [isize; 2],
    pieces: std::rc::Rc<Pieces>,
}

/// The places of one example's view that are not zero, found once.
#[derive(Clone, Debug, PartialEq)]
pub struct Pieces {
    pieces: Vec<Piece>,
    size: usize,
}

impl Pieces {
    /// Of a view of a value of this layout.
    pub fn new(view: &View, x: &Strided) -> Pieces {
        let batched = view.shape.first() == Some(&BATCH);
        let shape: Vec<usize> = view.shape.iter().map(|&n| if n == BATCH { 1 } else { n }).collect();
        let size = shape.iter().product();
        let mut pieces: Vec<Piece> = vec![];
        // The innermost loop runs along the axis that makes the longest pieces.
        let along = (usize::from(batched)..shape.len()).max_by_key(|&axis| (shape[axis], axis));
        let strides = super::layout::dense_strides(&shape);
        let mut outer = shape.clone();
        if let Some(along) = along {
            outer[along] = shape[along].min(1);
        }
        crate::oracle::operations::each_index(&outer, |at| {
            let mut at = at.to_vec();
            let to: isize = at.iter().zip(&strides).map(|(&i, s)| i as isize * s).sum();
            let (count, step) = along.map_or((1, 0), |axis| (shape[axis], strides[axis]));
            let mut line: Vec<(isize, isize)> = vec![];
            for i in 0..count {
                if let Some(axis) = along {
                    at[axis] = i;
                }
                let place = view.rows.iter().zip(&x.strides).try_fold(0, |sum, (row, stride)| {
                    let index = if row.high < 0 { Some(0) } else { row.index(&at) };
                    index.map(|index| sum + index as isize * stride)
                });
                if let Some(from) = place {
                    line.push((from, to + i as isize * step));
                }
            }
            push_pieces(&line, &mut pieces);
        });
        Pieces { pieces, size }
    }
}

/// Cuts a line of `(from, to)` into equally spaced pieces.
fn push_pieces(line: &[(isize, isize)], pieces: &mut Vec<Piece>) {
    let mut at = 0;
    while at < line.len() {
        let (from, to) = line[at];
        let strides = line.get(at + 1).map_or([1, 1], |next| [next.0 - from, next.1 - to]);
        let fits = |k: usize| line[k].0 - line[k - 1].0 == strides[0] && line[k].1 - line[k - 1].1 == strides[1];
        let length = 1 + (at + 1..line.len()).take_while(|&k| fits(k)).count();
        pieces.push(Piece { from, to, strides, length });
        at += length;
    }
}

impl Filled {
    pub fn new(pieces: std::rc::Rc<Pieces>, view: &View, from: &Strided, to: &Strided, rows: usize) -> Filled {
        let batched = view.shape.first() == Some(&BATCH);
        let strides =
            if batched { [if from.is_batched() { from.strides[0] } else { 0 }, to.strides[0]] } else { [0, 0] };
        let rows = if batched { rows } else { 1 };
        Filled { from: Operand::of(from), to: Operand::of(to), rows, strides, pieces }
    }
    pub fn run<T: Real>(&self, memory: &mut Memory<T>) {
        let [x, y] = [memory.start(&self.from), memory.start(&self.to)];
        memory.write(&self.to, |memory, to| {
            let from = memory.of(&self.from);
            for row in 0..self.rows as isize {
                let (x, y) = (x + row * self.strides[0], y + row * self.strides[1]);
                to[y as usize..y as usize + self.pieces.size].fill(T::ZERO);
                for p in &self.pieces.pieces {
                    copy(from, to, [x + p.from, y + p.to], p.strides, p.length);
                }
            }
        });
    }
}
