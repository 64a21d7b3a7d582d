//! Fresh draws into memory: for some rows of the batch, the numbers of one site.
use crate::random::Site;

/// One site's draws as they stand in memory; compiled code has its address.
#[derive(Clone, Copy, Debug)]
pub struct Drawn {
    pub site: Site,
    /// Rows of the data before the first that is bound: of a file that is read in parts.
    pub rows_before: u32,
    /// Runs of neighbouring elements in a row, how long each is, and how far it is from one to the next.
    pub runs: usize,
    pub run: usize,
    pub stride: usize,
    /// How far it is from row to row.
    pub row_stride: usize,
}

/// Draws of one element type, for compiled code to call: what is drawn, where the first row goes, the rows' numbers in the data, how many
/// they are, and the step.
///
/// # Safety
/// The first points to what is drawn; `rows` rows, each as it says, can be written at the second and numbers of as many read at the third;
/// the step can be read; nothing else writes to any of it meanwhile.
pub type Drawing<T> = unsafe extern "C" fn(*const Drawn, *mut T, *const u32, usize, *const f64);

/// The draws of `f32`.
///
/// # Safety
/// As [`Drawing`].
pub unsafe extern "C" fn draw_f32(drawn: *const Drawn, to: *mut f32, order: *const u32, rows: usize, step: *const f64) {
    // SAFETY: the caller's promise, handed on.
    unsafe { draw(drawn, to, order, rows, step, |number| number as f32) }
}

/// The draws of `f64`.
///
/// # Safety
/// As [`Drawing`].
pub unsafe extern "C" fn draw_f64(drawn: *const Drawn, to: *mut f64, order: *const u32, rows: usize, step: *const f64) {
    // SAFETY: the caller's promise, handed on.
    unsafe { draw(drawn, to, order, rows, step, |number| number) }
}

/// # Safety
/// As [`Drawing`].
unsafe fn draw<T>(
    drawn: *const Drawn,
    to: *mut T,
    order: *const u32,
    rows: usize,
    step: *const f64,
    of: impl Fn(f64) -> T,
) {
    // SAFETY: both can be read, by the caller's promise.
    let (drawn, step) = unsafe { (&*drawn, *step as u64) };
    for row in 0..rows {
        // SAFETY: the numbers of so many rows can be read.
        let number = drawn.rows_before.wrapping_add(unsafe { *order.add(row) });
        drawn.site.each(number, step, drawn.runs * drawn.run, |at, value| {
            let place = row * drawn.row_stride + at / drawn.run * drawn.stride + at % drawn.run;
            // SAFETY: an element of a row, which can be written.
            unsafe { *to.add(place) = of(value) }
        });
    }
}
