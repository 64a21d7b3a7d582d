//! Products as plain functions, for compiled kernels to call.

use super::{Part, Prepared};

/// [`Prepared::run`] for `f32`.
///
/// # Safety
/// `prepared` points to one, and the promise of [`Prepared::run`].
#[allow(clippy::too_many_arguments)]
pub unsafe extern "C" fn product_f32(
    prepared: *const Prepared<f32>,
    a: *const f32,
    b: *const f32,
    c: *mut f32,
    bias: *const f32,
    batch_rows: usize,
    index: usize,
    of: usize,
) {
    // SAFETY: the caller's promise, handed on.
    unsafe { (*prepared).run(a, b, c, bias, batch_rows, Part { index, of }) }
}

/// [`Prepared::run`] for `f64`.
///
/// # Safety
/// `prepared` points to one, and the promise of [`Prepared::run`].
#[allow(clippy::too_many_arguments)]
pub unsafe extern "C" fn product_f64(
    prepared: *const Prepared<f64>,
    a: *const f64,
    b: *const f64,
    c: *mut f64,
    bias: *const f64,
    batch_rows: usize,
    index: usize,
    of: usize,
) {
    // SAFETY: the caller's promise, handed on.
    unsafe { (*prepared).run(a, b, c, bias, batch_rows, Part { index, of }) }
}
