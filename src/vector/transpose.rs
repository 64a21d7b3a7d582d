//! Transposed copies: `to[column, row] = from[row, column]`, block by block in registers.

use super::machine::{Element, Path};

/// A transposition of one element type on one path, for compiled kernels to call: `from`, its row stride, `to`, its row
/// stride, rows and columns of `from`. Strides are in elements.
///
/// # Safety
/// `rows` rows of `columns` elements can be read at `from`, and `columns` rows of `rows` written at `to`; the two do not
/// overlap, and nothing else writes to either meanwhile.
pub type Transposition<T> = unsafe extern "C" fn(*const T, usize, *mut T, usize, usize, usize);

/// The transposition of `f32` on a path that the processor has.
pub fn transpose_f32(path: Path) -> Transposition<f32> {
    assert!(path.is_available(), "this processor has no {}", path.name());
    match path {
        #[cfg(target_arch = "x86_64")]
        Path::Avx512 | Path::Avx2 => x86::eight_by_eight,
        _ => plain::<f32>,
    }
}

/// The transposition of `f64` on a path that the processor has.
pub fn transpose_f64(path: Path) -> Transposition<f64> {
    assert!(path.is_available(), "this processor has no {}", path.name());
    match path {
        #[cfg(target_arch = "x86_64")]
        Path::Avx512 | Path::Avx2 => x86::four_by_four,
        _ => plain::<f64>,
    }
}

/// Columns after which the rows begin anew, so that the pages written to stay few.
const COLUMNS: usize = 64;

/// Calls `block(row, column)` for blocks of `side` that cover everything, the last ones perhaps in part: two blocks down
/// at a time, as they share the cache lines that are written.
#[inline(always)]
fn each_block(side: usize, rows: usize, columns: usize, block: impl Fn(usize, usize)) {
    for from in (0..columns).step_by(COLUMNS) {
        for pair in (0..rows).step_by(2 * side) {
            for column in (from..columns.min(from + COLUMNS)).step_by(side) {
                block(pair, column);
                if pair + side < rows {
                    block(pair + side, column);
                }
            }
        }
    }
}

unsafe extern "C" fn plain<T: Element>(
    from: *const T,
    from_stride: usize,
    to: *mut T,
    to_stride: usize,
    rows: usize,
    columns: usize,
) {
    const SIDE: usize = 8;
    each_block(SIDE, rows, columns, |row, column| {
        for column in column..columns.min(column + SIDE) {
            for row in row..rows.min(row + SIDE) {
                // SAFETY: within both arrays, by the caller's promise.
                unsafe { *to.add(column * to_stride + row) = *from.add(row * from_stride + column) }
            }
        }
    });
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    //! Blocks of registers of 256 bits; wider ones gain nothing, as shuffles and memory are what it costs.

    use super::each_block;
    use std::arch::x86_64::*;

    /// # Safety
    /// The processor has AVX2, and the promise of [`Transposition`](super::Transposition).
    pub unsafe extern "C" fn eight_by_eight(
        from: *const f32,
        from_stride: usize,
        to: *mut f32,
        to_stride: usize,
        rows: usize,
        columns: usize,
    ) {
        // SAFETY: the caller's promise, handed on.
        unsafe { eight(from, from_stride, to, to_stride, rows, columns) }
    }

    #[target_feature(enable = "avx2")]
    unsafe fn eight(from: *const f32, from_stride: usize, to: *mut f32, to_stride: usize, rows: usize, columns: usize) {
        each_block(
            8,
            rows,
            columns,
            #[inline(always)]
            |row, column| {
                let (height, width) = ((rows - row).min(8), (columns - column).min(8));
                // SAFETY: within both arrays, by the caller's promise; parts of a block are loaded and stored by mask.
                unsafe {
                    let from = from.add(row * from_stride + column);
                    let to = to.add(column * to_stride + row);
                    let mut block = [_mm256_setzero_ps(); 8];
                    if height == 8 && width == 8 {
                        for (i, line) in block.iter_mut().enumerate() {
                            *line = _mm256_loadu_ps(from.add(i * from_stride));
                        }
                        for (i, line) in transposed_eight(block).into_iter().enumerate() {
                            _mm256_storeu_ps(to.add(i * to_stride), line);
                        }
                    } else {
                        let lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
                        let across = _mm256_cmpgt_epi32(_mm256_set1_epi32(width as i32), lanes);
                        let down = _mm256_cmpgt_epi32(_mm256_set1_epi32(height as i32), lanes);
                        for (i, line) in block.iter_mut().enumerate().take(height) {
                            *line = _mm256_maskload_ps(from.add(i * from_stride), across);
                        }
                        for (i, line) in transposed_eight(block).into_iter().enumerate().take(width) {
                            _mm256_maskstore_ps(to.add(i * to_stride), down, line);
                        }
                    }
                }
            },
        );
    }

    /// Pairs of lines, then fours, then the halves of the registers.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn transposed_eight(a: [__m256; 8]) -> [__m256; 8] {
        let low = |i: usize| _mm256_unpacklo_ps(a[i], a[i + 1]);
        let high = |i: usize| _mm256_unpackhi_ps(a[i], a[i + 1]);
        let fours = |i: usize| {
            let (low0, low1, high0, high1) = (low(i), low(i + 2), high(i), high(i + 2));
            [
                _mm256_shuffle_ps::<0x44>(low0, low1),
                _mm256_shuffle_ps::<0xee>(low0, low1),
                _mm256_shuffle_ps::<0x44>(high0, high1),
                _mm256_shuffle_ps::<0xee>(high0, high1),
            ]
        };
        let (top, bottom) = (fours(0), fours(4));
        let mut all = top;
        let mut rest = bottom;
        for i in 0..4 {
            all[i] = _mm256_permute2f128_ps::<0x20>(top[i], bottom[i]);
            rest[i] = _mm256_permute2f128_ps::<0x31>(top[i], bottom[i]);
        }
        [all[0], all[1], all[2], all[3], rest[0], rest[1], rest[2], rest[3]]
    }

    /// # Safety
    /// The processor has AVX2, and the promise of [`Transposition`](super::Transposition).
    pub unsafe extern "C" fn four_by_four(
        from: *const f64,
        from_stride: usize,
        to: *mut f64,
        to_stride: usize,
        rows: usize,
        columns: usize,
    ) {
        // SAFETY: the caller's promise, handed on.
        unsafe { four(from, from_stride, to, to_stride, rows, columns) }
    }

    #[target_feature(enable = "avx2")]
    unsafe fn four(from: *const f64, from_stride: usize, to: *mut f64, to_stride: usize, rows: usize, columns: usize) {
        each_block(
            4,
            rows,
            columns,
            #[inline(always)]
            |row, column| {
                let (height, width) = ((rows - row).min(4), (columns - column).min(4));
                // SAFETY: within both arrays, by the caller's promise; parts of a block are loaded and stored by mask.
                unsafe {
                    let from = from.add(row * from_stride + column);
                    let to = to.add(column * to_stride + row);
                    let lanes = _mm256_setr_epi64x(0, 1, 2, 3);
                    let across = _mm256_cmpgt_epi64(_mm256_set1_epi64x(width as i64), lanes);
                    let down = _mm256_cmpgt_epi64(_mm256_set1_epi64x(height as i64), lanes);
                    let mut block = [_mm256_setzero_pd(); 4];
                    for (i, line) in block.iter_mut().enumerate().take(height) {
                        *line = _mm256_maskload_pd(from.add(i * from_stride), across);
                    }
                    for (i, line) in transposed_four(block).into_iter().enumerate().take(width) {
                        _mm256_maskstore_pd(to.add(i * to_stride), down, line);
                    }
                }
            },
        );
    }

    /// Pairs of lines, then the halves of the registers.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn transposed_four(a: [__m256d; 4]) -> [__m256d; 4] {
        let (low0, low1) = (_mm256_unpacklo_pd(a[0], a[1]), _mm256_unpacklo_pd(a[2], a[3]));
        let (high0, high1) = (_mm256_unpackhi_pd(a[0], a[1]), _mm256_unpackhi_pd(a[2], a[3]));
        [
            _mm256_permute2f128_pd::<0x20>(low0, low1),
            _mm256_permute2f128_pd::<0x20>(high0, high1),
            _mm256_permute2f128_pd::<0x31>(low0, low1),
            _mm256_permute2f128_pd::<0x31>(high0, high1),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: Element>(transpose: Transposition<T>, convert: fn(usize) -> T) {
        let sides = [0, 1, 3, 4, 7, 8, 9, 15, 16, 17, 33, 70, 129];
        for rows in sides {
            for columns in sides {
                let (from_stride, to_stride) = (columns + 3, rows + 2);
                let from: Vec<T> = (0..rows * from_stride).map(convert).collect();
                let canary = convert(1_000_000);
                let mut to = vec![canary; columns * to_stride];
                // SAFETY: both have so many rows of those strides.
                unsafe { transpose(from.as_ptr(), from_stride, to.as_mut_ptr(), to_stride, rows, columns) }
                for (i, got) in to.into_iter().enumerate() {
                    let (column, row) = (i / to_stride, i % to_stride);
                    let expected = if row < rows { from[row * from_stride + column] } else { canary };
                    assert_eq!(got, expected, "{rows}×{columns} at row {row}, column {column}");
                }
            }
        }
    }

    #[test]
    fn all_shapes_on_every_path() {
        for path in Path::available() {
            check(transpose_f32(path), |i| i as f32);
            check(transpose_f64(path), |i| i as f64);
        }
    }
}
