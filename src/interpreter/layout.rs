//! Where a value lies: a buffer, an offset and a stride for each axis. Most views are only another layout of their operand.
use crate::graph::{BATCH, View};

/// A strided part of a buffer. An axis of the extent `BATCH` stands first, if there is one.
#[derive(Clone, Debug, PartialEq)]
pub struct Strided {
    pub buffer: usize,
    pub offset: isize,
    pub shape: Vec<usize>,
    pub strides: Vec<isize>,
    /// `(loop, stride)`: the part that a loop is at begins that much later for each place.
    pub places: Vec<(usize, isize)>,
}

impl Strided {
    /// Row by row from the beginning of a buffer.
    pub fn dense(buffer: usize, shape: &[usize]) -> Strided {
        let strides = dense_strides(shape);
        Strided { buffer, offset: 0, shape: shape.to_vec(), strides, places: vec![] }
    }
    /// The same element at every place of a shape.
    pub fn repeated(buffer: usize, offset: usize, shape: &[usize]) -> Strided {
        let strides = vec![0; shape.len()];
        Strided { buffer, offset: offset as isize, shape: shape.to_vec(), strides, places: vec![] }
    }
    /// Whether the elements lie row by row from the buffer's beginning.
    pub fn is_dense(&self) -> bool {
        let strides = dense_strides(&self.shape);
        let same = |k: usize| self.shape[k] == 1 || self.strides[k] == strides[k];
        self.offset == 0 && self.places.is_empty() && (0..self.shape.len()).all(same)
    }
    /// Whether the axis of examples stands first.
    pub fn is_batched(&self) -> bool {
        self.shape.first() == Some(&BATCH)
    }
    /// The shape for a number of examples.
    pub fn extents(&self, rows: usize) -> Vec<usize> {
        extents(&self.shape, rows)
    }

    /// The elements that a view takes, if it fills in no zeros.
    pub fn viewed(&self, view: &View) -> Option<Strided> {
        if !view.is_total() {
            return None;
        }
        let mut offset = self.offset;
        let mut strides = vec![0; view.shape.len()];
        for (row, &stride) in view.rows.iter().zip(&self.strides) {
            offset += (row.offset / row.divisor) as isize * stride;
            for &(axis, coefficient) in &row.terms {
                // Along an axis of one element it does not matter whether this comes out even.
                strides[axis] += (coefficient / row.divisor) as isize * stride;
            }
        }
        Some(Strided { buffer: self.buffer, offset, shape: view.shape.clone(), strides, places: self.places.clone() })
    }
    /// The same elements row by row in another shape, if strides can say it.
    pub fn reshaped(&self, shape: &[usize]) -> Option<Strided> {
        let batched = usize::from(self.is_batched());
        let mut strides = self.strides[..batched].to_vec();
        strides.extend(reshaped_strides(&self.shape[batched..], &self.strides[batched..], &shape[batched..])?);
        Some(Strided { shape: shape.to_vec(), strides, ..self.clone() })
    }
    /// The part at a loop's place, along the axis that the loop runs over.
    pub fn element(&self, of: usize) -> Strided {
        let axis = usize::from(self.is_batched());
        let mut part = self.clone();
        part.shape.remove(axis);
        part.places.push((of, part.strides.remove(axis)));
        part
    }
    /// With a loop standing at a place for good.
    pub fn fixed(mut self, of: usize, place: usize) -> Strided {
        let at_place: isize = self.places.iter().filter(|p| p.0 == of).map(|p| p.1 * place as isize).sum();
        self.offset += at_place;
        self.places.retain(|p| p.0 != of);
        self
    }
    /// The part of some length from a start, along an axis.
    pub fn part(&self, axis: usize, start: usize, length: usize) -> Strided {
        let mut part = self.clone();
        part.offset += start as isize * self.strides[axis];
        part.shape[axis] = length;
        part
    }
}

/// Where the first element lies, with loops at these places.
pub fn start(offset: isize, of_loops: &[(usize, isize)], places: &[usize]) -> isize {
    of_loops.iter().fold(offset, |sum, &(of, stride)| sum + places[of] as isize * stride)
}

/// A shape for a number of examples.
pub fn extents(shape: &[usize], rows: usize) -> Vec<usize> {
    shape.iter().map(|&n| if n == BATCH { rows } else { n }).collect()
}

/// Strides of a shape row by row. That of the first axis never depends on its extent, so `BATCH` may stand there.
pub fn dense_strides(shape: &[usize]) -> Vec<isize> {
    let mut strides = vec![1; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis] as isize;
    }
    strides
}

/// Strides of another shape for the same elements in the same order: axes that lie behind each other are joined, then cut.
fn reshaped_strides(shape: &[usize], strides: &[isize], to: &[usize]) -> Option<Vec<isize>> {
    if shape.contains(&0) || to.contains(&0) {
        return Some(dense_strides(to));
    }
    let mut joined: Vec<(usize, isize)> = vec![];
    for (&n, &stride) in shape.iter().zip(strides).filter(|a| *a.0 != 1) {
        match joined.last_mut() {
            Some(last) if last.1 == stride * n as isize => *last = (last.0 * n, stride),
            _ => joined.push((n, stride)),
        }
    }
    let mut out = vec![0; to.len()];
    let mut axis = to.len();
    for (extent, stride) in joined.into_iter().rev() {
        let mut taken = 1;
        while taken < extent {
            axis = axis.checked_sub(1)?;
            out[axis] = stride * taken as isize;
            taken *= to[axis];
        }
        if taken != extent {
            return None;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reshaping_joins_and_cuts_axes() {
        assert_eq!(reshaped_strides(&[2, 3, 4], &[12, 4, 1], &[6, 4]), Some(vec![4, 1]));
        assert_eq!(reshaped_strides(&[2, 12], &[12, 1], &[2, 3, 1, 4]), Some(vec![12, 4, 4, 1]));
        assert_eq!(reshaped_strides(&[3, 2], &[1, 3], &[6]), None);
        assert_eq!(reshaped_strides(&[4, 2], &[10, 1], &[2, 2, 2]), Some(vec![20, 10, 1]));
        assert_eq!(reshaped_strides(&[4, 2], &[0, 0], &[8]), Some(vec![0]));
        assert_eq!(reshaped_strides(&[], &[], &[1, 1]), Some(vec![0, 0]));
    }
}
