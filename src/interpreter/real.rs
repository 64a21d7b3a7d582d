//! The two precisions.
use crate::op::{BinaryOp, UnaryOp};
use crate::vector::lanes::Lanes;
use crate::vector::{BinaryFunction, Element, Path, map_binary};
use ndarray::LinalgScalar;
use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2, ShapeBuilder};
use std::ops::{AddAssign, MulAssign};

/// `f32` or `f64`.
pub trait Real: Element + LinalgScalar + PartialOrd + AddAssign + MulAssign {
    /// The greatest bound below which every whole number is exact.
    const WHOLE: usize;
    const LEAST: Self;
    const GREATEST: Self;

    fn from_f64(value: f64) -> Self;
    fn to_f64(self) -> f64;
    /// The function over slices: `out[i] = f(x[i])`.
    fn unary(op: UnaryOp) -> fn(Path, &[Self], &mut [Self]);
    /// The function over slices: `out[i] = f(x[i], y[i])`.
    fn binary(op: BinaryOp) -> fn(Path, &[Self], &[Self], &mut [Self]);
    /// `out[i] = x[i] y[i]`: what a contraction multiplies.
    fn product(path: Path, x: &[Self], y: &[Self], out: &mut [Self]);
}

struct Product;

impl BinaryFunction for Product {
    #[inline(always)]
    fn apply<L: Lanes>(x: L, y: L) -> L {
        x * y
    }
}

impl Real for f32 {
    const WHOLE: usize = 1 << 24;
    const LEAST: f32 = f32::NEG_INFINITY;
    const GREATEST: f32 = f32::INFINITY;

    fn from_f64(value: f64) -> f32 {
        value as f32
    }
    fn to_f64(self) -> f64 {
        self.into()
    }
    fn unary(op: UnaryOp) -> fn(Path, &[f32], &mut [f32]) {
        op.0.lower.map_f32
    }
    fn binary(op: BinaryOp) -> fn(Path, &[f32], &[f32], &mut [f32]) {
        op.0.lower.map_f32
    }
    fn product(path: Path, x: &[f32], y: &[f32], out: &mut [f32]) {
        map_binary::<f32, Product>(path, x, y, out);
    }
}

impl Real for f64 {
    const WHOLE: usize = 1 << 53;
    const LEAST: f64 = f64::NEG_INFINITY;
    const GREATEST: f64 = f64::INFINITY;

    fn from_f64(value: f64) -> f64 {
        value
    }
    fn to_f64(self) -> f64 {
        self
    }
    fn unary(op: UnaryOp) -> fn(Path, &[f64], &mut [f64]) {
        op.0.lower.map_f64
    }
    fn binary(op: BinaryOp) -> fn(Path, &[f64], &[f64], &mut [f64]) {
        op.0.lower.map_f64
    }
    fn product(path: Path, x: &[f64], y: &[f64], out: &mut [f64]) {
        map_binary::<f64, Product>(path, x, y, out);
    }
}

/// A matrix in a slice: where it begins, and its strides, none of them negative.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Matrix {
    pub start: usize,
    pub strides: [usize; 2],
}

/// `c = a b + keep · c`, of `[m, k]` and `[k, n]`; `keep` is 0 or 1. The product is matrixmultiply's, through ndarray.
pub fn multiply<T: Real>(
    [m, n, k]: [usize; 3],
    (a, of_a): (&[T], Matrix),
    (b, of_b): (&[T], Matrix),
    keep: bool,
    (c, of_c): (&mut [T], Matrix),
) -> Result<(), ndarray::ShapeError> {
    let strided = |shape: [usize; 2], of: Matrix| (shape[0], shape[1]).strides((of.strides[0], of.strides[1]));
    let a = ArrayView2::from_shape(strided([m, k], of_a), &a[of_a.start..])?;
    let b = ArrayView2::from_shape(strided([k, n], of_b), &b[of_b.start..])?;
    let mut c = ArrayViewMut2::from_shape(strided([m, n], of_c), &mut c[of_c.start..])?;
    general_mat_mul(T::one(), &a, &b, if keep { T::one() } else { T::zero() }, &mut c);
    Ok(())
}
