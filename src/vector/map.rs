//! Functions of numbers, mapped over slices.
//!
//! A function generic over [`Lanes`] is a type that implements [`UnaryFunction`], [`BinaryFunction`] or
//! [`TernaryFunction`]; `map_unary::<f32, Exp>` is then a plain `fn(Path, &[f32], &mut [f32])` for a table. The last few
//! elements run in a vector whose other lanes are zero, so an element's answer does not depend on where it stands.

use super::lanes::Lanes;
use super::machine::{Element, Path, Vector, dispatch};

/// A function of one number.
///
/// Mark `apply`, and what it calls, `#[inline(always)]`: what is compiled apart lacks the features of the path.
pub trait UnaryFunction {
    fn apply<L: Lanes>(x: L) -> L;
}

/// A function of two numbers; inlined as those of one.
pub trait BinaryFunction {
    fn apply<L: Lanes>(x: L, y: L) -> L;
}

/// A function of three numbers; inlined as those of one.
pub trait TernaryFunction {
    fn apply<L: Lanes>(x: L, y: L, z: L) -> L;
}

/// `out[i] = F(x[i])`. Panics where the lengths differ.
pub fn map_unary<T: Element, F: UnaryFunction>(path: Path, x: &[T], out: &mut [T]) {
    #[inline(always)]
    unsafe fn run<V: Vector, F: UnaryFunction>(x: *const V::Element, out: *mut V::Element, len: usize) {
        // SAFETY: `i + count <= len`, and both slices have `len` elements; the features are the caller's promise.
        unsafe {
            each_vector::<V>(
                len,
                #[inline(always)]
                |i| F::apply(V::load(x.add(i))).store(out.add(i)),
                #[inline(always)]
                |i, count| F::apply(V::load_first(x.add(i), count)).store_first(out.add(i), count),
            )
        }
    }
    assert_eq!(x.len(), out.len(), "lengths of the slices");
    let (len, x, out) = (out.len(), x.as_ptr(), out.as_mut_ptr());
    // SAFETY: the lengths are equal; `dispatch!` checks the features.
    unsafe { dispatch!(path, T, run::<V, F: UnaryFunction>(x: *const T, out: *mut T, len: usize)) }
}

/// `out[i] = F(x[i], y[i])`. Panics where the lengths differ.
pub fn map_binary<T: Element, F: BinaryFunction>(path: Path, x: &[T], y: &[T], out: &mut [T]) {
    #[inline(always)]
    unsafe fn run<V: Vector, F: BinaryFunction>(
        x: *const V::Element,
        y: *const V::Element,
        out: *mut V::Element,
        len: usize,
    ) {
        // SAFETY: `i + count <= len`, and each slice has `len` elements; the features are the caller's promise.
        unsafe {
            each_vector::<V>(
                len,
                #[inline(always)]
                |i| F::apply(V::load(x.add(i)), V::load(y.add(i))).store(out.add(i)),
                #[inline(always)]
                |i, count| {
                    let answer = F::apply(V::load_first(x.add(i), count), V::load_first(y.add(i), count));
                    answer.store_first(out.add(i), count)
                },
            )
        }
    }
    assert_eq!((x.len(), y.len()), (out.len(), out.len()), "lengths of the slices");
    let (len, x, y, out) = (out.len(), x.as_ptr(), y.as_ptr(), out.as_mut_ptr());
    // SAFETY: the lengths are equal; `dispatch!` checks the features.
    unsafe { dispatch!(path, T, run::<V, F: BinaryFunction>(x: *const T, y: *const T, out: *mut T, len: usize)) }
}

/// `out[i] = F(x[i], y[i], z[i])`. Panics where the lengths differ.
pub fn map_ternary<T: Element, F: TernaryFunction>(path: Path, x: &[T], y: &[T], z: &[T], out: &mut [T]) {
    #[inline(always)]
    unsafe fn run<V: Vector, F: TernaryFunction>(
        x: *const V::Element,
        y: *const V::Element,
        z: *const V::Element,
        out: *mut V::Element,
        len: usize,
    ) {
        // SAFETY: `i + count <= len`, and each slice has `len` elements; the features are the caller's promise.
        unsafe {
            each_vector::<V>(
                len,
                #[inline(always)]
                |i| F::apply(V::load(x.add(i)), V::load(y.add(i)), V::load(z.add(i))).store(out.add(i)),
                #[inline(always)]
                |i, count| {
                    let (x, y) = (V::load_first(x.add(i), count), V::load_first(y.add(i), count));
                    F::apply(x, y, V::load_first(z.add(i), count)).store_first(out.add(i), count)
                },
            )
        }
    }
    assert_eq!((x.len(), y.len(), z.len()), (out.len(), out.len(), out.len()), "lengths of the slices");
    let (len, x, y, z, out) = (out.len(), x.as_ptr(), y.as_ptr(), z.as_ptr(), out.as_mut_ptr());
    // SAFETY: the lengths are equal; `dispatch!` checks the features.
    unsafe {
        dispatch!(
            path,
            T,
            run::<V, F: TernaryFunction>(x: *const T, y: *const T, z: *const T, out: *mut T, len: usize)
        )
    }
}

/// `whole(i)` for each full vector that begins at `i`, then `part(i, count)` for what is left.
#[inline(always)]
fn each_vector<V: Vector>(len: usize, whole: impl Fn(usize), part: impl Fn(usize, usize)) {
    let full = len - len % V::WIDTH;
    let mut i = 0;
    while i < full {
        whole(i);
        i += V::WIDTH;
    }
    if full < len {
        part(full, len - full);
    }
}

/// `out[i] = function(x[i])`, one element at a time: the transcendental functions of `f64`.
pub fn map_scalar(function: fn(f64) -> f64, x: &[f64], out: &mut [f64]) {
    assert_eq!(x.len(), out.len(), "lengths of the slices");
    for (out, &x) in out.iter_mut().zip(x) {
        *out = function(x);
    }
}

/// `out[i] = function(x[i], y[i])`, one element at a time.
pub fn map_scalars(function: fn(f64, f64) -> f64, x: &[f64], y: &[f64], out: &mut [f64]) {
    assert_eq!((x.len(), y.len()), (out.len(), out.len()), "lengths of the slices");
    for (out, (&x, &y)) in out.iter_mut().zip(x.iter().zip(y)) {
        *out = function(x, y);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Affine;
    impl UnaryFunction for Affine {
        fn apply<L: Lanes>(x: L) -> L {
            x * x.constant(2.0) + x.constant(1.0)
        }
    }

    struct Larger;
    impl BinaryFunction for Larger {
        fn apply<L: Lanes>(x: L, y: L) -> L {
            x.max(y)
        }
    }

    struct Clip;
    impl TernaryFunction for Clip {
        fn apply<L: Lanes>(x: L, low: L, high: L) -> L {
            high.min(low.max(x))
        }
    }

    #[test]
    fn every_length_on_every_path() {
        for path in Path::available() {
            for len in 0..50 {
                let x: Vec<f32> = (0..len).map(|i| i as f32 - 9.5).collect();
                let y: Vec<f32> = x.iter().map(|x| -x).collect();
                let z = vec![3.0; len];
                let mut out = vec![0.0; len];
                map_unary::<f32, Affine>(path, &x, &mut out);
                assert!(out.iter().zip(&x).all(|(out, x)| *out == 2.0 * x + 1.0), "{path:?} {len}");
                map_binary::<f32, Larger>(path, &x, &y, &mut out);
                assert!(out.iter().zip(&x).all(|(out, x)| *out == x.abs()), "{path:?} {len}");
                map_ternary::<f32, Clip>(path, &x, &y, &z, &mut out);
                let expected = |x: f32| x.max(-x).min(3.0);
                assert!(out.iter().zip(&x).all(|(out, x)| *out == expected(*x)), "{path:?} {len}");
            }
        }
    }

    #[test]
    fn a_row_of_a_table_can_hold_them() {
        let row: fn(Path, &[f64], &mut [f64]) = map_unary::<f64, Affine>;
        let mut out = [0.0; 3];
        row(Path::detect(), &[1.0, 2.0, 3.0], &mut out);
        assert_eq!(out, [3.0, 5.0, 7.0]);
        map_scalar(libm::exp, &[0.0, 1.0, 2.0], &mut out);
        assert_eq!(out, [1.0, libm::exp(1.0), libm::exp(2.0)]);
    }
}
