//! What tasks work on: the buffers, where loops are, and room for a tile of each operand.
use super::layout::{Strided, start};
use super::real::Real;
use crate::random::Site;
use crate::vector::Path;

/// Elements that a kernel over slices takes at once: operands that are not contiguous are copied to tiles of this length.
pub const TILE: usize = 1024;

pub struct Memory<T> {
    pub buffers: Vec<Vec<T>>,
    /// The place that each loop is at.
    pub places: Vec<usize>,
    pub path: Path,
    /// What fresh draws follow from: their sites, the rows' numbers in the data, the step.
    pub sites: Vec<Site>,
    pub data_rows: Vec<u32>,
    pub step: u64,
    pub tiles: [Vec<T>; 3],
    /// Packed operands of products.
    pub packed: [Vec<T>; 2],
    /// Room beside a row, or a matrix, of sums.
    pub sums: [Vec<T>; 2],
}

impl<T: Real> Memory<T> {
    pub fn new(sizes: &[usize], loops: usize, path: Path) -> Memory<T> {
        Memory {
            buffers: sizes.iter().map(|&n| vec![T::ZERO; n]).collect(),
            places: vec![0; loops],
            path,
            sites: vec![],
            data_rows: vec![],
            step: 1,
            tiles: std::array::from_fn(|_| vec![T::ZERO; TILE]),
            packed: std::array::from_fn(|_| vec![]),
            sums: std::array::from_fn(|_| vec![]),
        }
    }
    pub fn bytes(&self) -> usize {
        let all = self.buffers.iter().chain(&self.tiles).chain(&self.packed).chain(&self.sums);
        all.map(|b| b.capacity() * size_of::<T>()).sum()
    }
    /// Draws the numbers of a site for some rows, of so many elements each. Rows whose numbers were not told are those from 0 on.
    pub fn draw(&mut self, site: usize, buffer: usize, row: usize, rows: usize) {
        let (site, step, numbers) = (self.sites[site], self.step, &self.data_rows);
        let to = &mut self.buffers[buffer];
        for at in 0..rows {
            let number = numbers.get(at).copied().unwrap_or(at as u32);
            site.each(number, step, row, |k, value| to[at * row + k] = T::from_f64(value));
        }
    }
    pub fn of(&self, operand: &Operand) -> &[T] {
        &self.buffers[operand.buffer]
    }
    pub fn start(&self, operand: &Operand) -> isize {
        start(operand.offset, &operand.places, &self.places)
    }
    /// Lends a buffer out to be written while others are read. No task reads a buffer that it writes.
    pub fn write(&mut self, operand: &Operand, f: impl FnOnce(&Memory<T>, &mut [T])) {
        let mut buffer = std::mem::take(&mut self.buffers[operand.buffer]);
        f(self, &mut buffer);
        self.buffers[operand.buffer] = buffer;
    }
    /// The same, with room for sums.
    pub fn write_with_sums(&mut self, operand: &Operand, f: impl FnOnce(&Memory<T>, &mut [T], &mut [Vec<T>; 2])) {
        let mut sums = std::mem::take(&mut self.sums);
        self.write(operand, |memory, out| f(memory, out, &mut sums));
        self.sums = sums;
    }
    /// The same, with the tiles.
    pub fn write_with_tiles(&mut self, operand: &Operand, f: impl FnOnce(&Memory<T>, &mut [T], &mut [Vec<T>; 3])) {
        let mut buffer = std::mem::take(&mut self.buffers[operand.buffer]);
        let mut tiles = std::mem::take(&mut self.tiles);
        f(self, &mut buffer, &mut tiles);
        self.tiles = tiles;
        self.buffers[operand.buffer] = buffer;
    }
}

/// Where an operand begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Operand {
    pub buffer: usize,
    pub offset: isize,
    pub places: Vec<(usize, isize)>,
}

impl Operand {
    pub fn of(layout: &Strided) -> Operand {
        Operand { buffer: layout.buffer, offset: layout.offset, places: layout.places.clone() }
    }
}

/// `length` elements from `start`, as a slice: in place if they are contiguous, else copied to the tile.
#[inline]
pub fn tiled<'a, T: Real>(from: &'a [T], start: isize, stride: isize, length: usize, tile: &'a mut [T]) -> &'a [T] {
    if stride == 1 {
        return &from[start as usize..start as usize + length];
    }
    let tile = &mut tile[..length];
    if stride == 0 {
        tile.fill(from[start as usize]);
    } else {
        tile.iter_mut().enumerate().for_each(|(i, t)| *t = from[(start + i as isize * stride) as usize]);
    }
    tile
}
