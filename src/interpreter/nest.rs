//! Loops over strided arrays: axes that lie behind each other become one, the innermost is left to a kernel over slices.

/// Loops over the same places of `N` arrays.
#[derive(Clone, Debug, PartialEq)]
pub struct Nest<const N: usize> {
    /// Extents and strides, from the outermost to the second but last.
    outer: Vec<(usize, [isize; N])>,
    /// The innermost axis.
    pub length: usize,
    pub strides: [isize; N],
}

impl<const N: usize> Nest<N> {
    /// The axes are sorted so that the last array's strides fall; axes of equal strides keep their order.
    pub fn new(shape: &[usize], strides: [&[isize]; N]) -> Nest<N> {
        let mut axes: Vec<(usize, [isize; N])> =
            (0..shape.len()).map(|axis| (shape[axis], strides.map(|s| s[axis]))).collect();
        axes.sort_by_key(|a| std::cmp::Reverse(a.1[N - 1].abs()));
        Nest::in_order(axes)
    }
    /// The axes in the order given.
    pub fn in_order(axes: Vec<(usize, [isize; N])>) -> Nest<N> {
        if axes.iter().any(|a| a.0 == 0) {
            return Nest { outer: vec![], length: 0, strides: [0; N] };
        }
        let mut merged: Vec<(usize, [isize; N])> = vec![];
        for axis in axes.into_iter().filter(|a| a.0 != 1) {
            match merged.last_mut() {
                Some(last) if behind_each_other(last, &axis) => *last = (last.0 * axis.0, axis.1),
                _ => merged.push(axis),
            }
        }
        let (length, strides) = merged.pop().unwrap_or((1, [0; N]));
        Nest { outer: merged, length, strides }
    }
    /// Whether an array is one element at every place.
    pub fn is_single(&self, array: usize) -> bool {
        self.strides[array] == 0 && self.outer.iter().all(|axis| axis.1[array] == 0)
    }

    /// Calls `f` with each place of every array.
    pub fn each_place(&self, starts: [isize; N], mut f: impl FnMut([isize; N])) {
        self.each(starts, |starts| {
            for i in 0..self.length as isize {
                f(std::array::from_fn(|k| starts[k] + i * self.strides[k]));
            }
        });
    }
    /// Calls `f` with where each array's innermost axis begins.
    #[inline]
    pub fn each(&self, mut starts: [isize; N], mut f: impl FnMut([isize; N])) {
        if self.length == 0 {
            return;
        }
        let depth = self.outer.len();
        // Deeper nests than this don't come from values of at most `limits::AXES` axes.
        let mut at = [0usize; 2 * crate::limits::AXES + 4];
        loop {
            f(starts);
            let mut axis = depth;
            loop {
                if axis == 0 {
                    return;
                }
                axis -= 1;
                let (extent, strides) = &self.outer[axis];
                at[axis] += 1;
                if at[axis] < *extent {
                    (0..N).for_each(|k| starts[k] += strides[k]);
                    break;
                }
                at[axis] = 0;
                (0..N).for_each(|k| starts[k] -= strides[k] * (*extent as isize - 1));
            }
        }
    }
}

fn behind_each_other<const N: usize>(outer: &(usize, [isize; N]), inner: &(usize, [isize; N])) -> bool {
    (0..N).all(|k| outer.1[k] == inner.1[k] * inner.0 as isize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(nest: &Nest<2>) -> Vec<[isize; 2]> {
        let mut all = vec![];
        nest.each([0, 0], |starts| {
            for i in 0..nest.length as isize {
                all.push([starts[0] + i * nest.strides[0], starts[1] + i * nest.strides[1]]);
            }
        });
        all
    }

    #[test]
    fn dense_arrays_are_one_loop() {
        let nest = Nest::new(&[2, 3, 4], [&[12, 4, 1], &[12, 4, 1]]);
        assert_eq!((nest.length, nest.strides, nest.outer.len()), (24, [1, 1], 0));
    }

    #[test]
    fn every_place_is_visited_in_the_last_arrays_order() {
        let nest = Nest::new(&[2, 3, 2], [&[1, 4, 2], &[6, 2, 1]]);
        let all = places(&nest);
        assert_eq!(all.iter().map(|p| p[1]).collect::<Vec<_>>(), (0..12).collect::<Vec<_>>());
        assert_eq!(all[7], [3, 7]);
        assert_eq!(places(&Nest::new(&[], [&[], &[]])), [[0, 0]]);
        assert!(places(&Nest::new(&[3, 0], [&[0, 0], &[0, 0]])).is_empty());
    }
}
