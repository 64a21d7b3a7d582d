//! Means and deviations of columns, from which `standardize` is fitted.
use crate::schema::Statistics;

/// Mean and population deviation of each component over the training rows, in two passes. A deviation of 0 counts as 1.
pub fn moments(values: &[f64], width: usize, train: &[u32]) -> (Vec<f64>, Vec<f64>) {
    let rows = || train.iter().map(|row| &values[*row as usize * width..][..width]);
    let count = train.len().max(1) as f64;
    let mut mean = vec![0.0; width];
    rows().for_each(|row| mean.iter_mut().zip(row).for_each(|(mean, value)| *mean += value));
    mean.iter_mut().for_each(|mean| *mean /= count);
    let mut deviation = vec![0.0; width];
    for row in rows() {
        for ((sum, value), mean) in deviation.iter_mut().zip(row).zip(&mean) {
            *sum += (value - mean) * (value - mean);
        }
    }
    let root = |sum: f64| if sum == 0.0 { 1.0 } else { libm::sqrt(sum / count) };
    deviation.iter_mut().for_each(|sum| *sum = root(*sum));
    (mean, deviation)
}

/// The same of all rows there are, as the statistics of a column.
pub fn pooled(values: &[f64], width: usize) -> Statistics {
    let rows: Vec<u32> = (0..(values.len() / width.max(1)) as u32).collect();
    let (mean, deviation) = moments(values, width, &rows);
    Statistics { mean, deviation, ..Statistics::default() }
}
