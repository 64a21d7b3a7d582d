//! The numbers are the published ones, fill their ranges, and depend on nothing but what they are for.
use super::*;
use initial::{normal_values, uniform_values};
use proptest::prelude::*;

fn moments(values: &[f64]) -> (f64, f64) {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64;
    (mean, variance)
}

#[test]
fn uniform_is_above_zero_and_reaches_one_in_f32_too() {
    assert_eq!(uniform(0), 2f64.powi(-24));
    assert_eq!(uniform(u32::MAX), 1.0);
    assert_eq!(f64::from(uniform(0x1234_5678) as f32), uniform(0x1234_5678));
}

#[test]
fn uniform_values_have_the_moments_of_their_interval() {
    let values = uniform_values(100_001, Stream::named(1, Purpose::Initial, "w"), -1.0, 3.0);
    assert_eq!(values.len(), 100_001);
    assert!(values.iter().all(|v| -1.0 < *v && *v <= 3.0));
    let (mean, variance) = moments(&values);
    assert!((mean - 1.0).abs() < 0.02 && (variance - 16.0 / 12.0).abs() < 0.02, "{mean} {variance}");
}

#[test]
fn normal_values_have_the_moments_of_a_normal_distribution() {
    let values = normal_values(200_000, Stream::named(7, Purpose::Initial, "w"), 2.0, 0.5);
    let (mean, variance) = moments(&values);
    let standard: Vec<f64> = values.iter().map(|v| (v - mean) / variance.sqrt()).collect();
    let kurtosis = standard.iter().map(|v| v.powi(4)).sum::<f64>() / 200_000.0;
    let within_one = standard.iter().filter(|v| v.abs() <= 1.0).count() as f64 / 200_000.0;
    assert!((mean - 2.0).abs() < 0.005 && (variance - 0.25).abs() < 0.005, "{mean} {variance}");
    assert!((kurtosis - 3.0).abs() < 0.06 && (within_one - 0.6827).abs() < 0.005, "{kurtosis} {within_one}");
}

#[test]
fn purposes_names_and_seeds_have_streams_of_their_own() {
    let mut keys = vec![];
    for seed in [0, 1, 1 << 32] {
        for purpose in [Purpose::Initial, Purpose::Shuffle, Purpose::Draw, Purpose::Split, Purpose::Generated] {
            keys.extend(["h.w", "h.b", "z.w"].map(|name| Stream::named(seed, purpose, name).key));
        }
    }
    let count = keys.len();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), count);
}

/// What a seed gave yesterday it must give tomorrow: these are pinned.
#[test]
fn streams_do_not_change_from_version_to_version() {
    assert_eq!(text_hash("a"), 0xaf63_dc4c_8601_ec8c, "the published answer of FNV-1a");
    let values = initial_values(Distribution::Glorot, &[2, 2], 1, 1, "h.w");
    insta::assert_snapshot!(format!("{values:.6?}"), @"[0.273680, 0.988834, -0.366282, -0.266204]");
    let mut rows: Vec<u32> = (0..12).collect();
    shuffle_epoch(&mut rows, 1, 1);
    insta::assert_snapshot!(format!("{rows:?}"), @"[4, 0, 8, 3, 2, 9, 11, 6, 10, 1, 7, 5]");
}

#[test]
fn fans_are_those_of_the_reference() {
    let check = |shape: &[usize], fan_in: f64, fan_out: f64| assert_eq!(fans(shape), Fans { fan_in, fan_out });
    check(&[], 1.0, 1.0);
    check(&[5], 5.0, 1.0);
    check(&[16, 4], 4.0, 16.0);
    check(&[3, 3, 16, 32], 144.0, 288.0);
}

#[test]
fn distributions_by_name_scale_with_their_fans() {
    let values = |name: &str, shape: &[usize], gates| {
        initial_values(Distribution::from_name(name, &[]).unwrap(), shape, gates, 3, "w")
    };
    let bound = (6.0f64 / 300.0).sqrt();
    let glorot = values("glorot", &[200, 100], 1);
    assert!(glorot.iter().all(|v| v.abs() <= bound) && glorot.iter().any(|v| 0.99 * bound < v.abs()));
    assert!((moments(&values("he", &[200, 100], 1)).1 - 0.02).abs() < 0.001);
    assert!((moments(&values("lecun", &[200, 100], 1)).1 - 0.01).abs() < 0.0005);
    let gated = values("glorot", &[400, 100], 4);
    let gate_bound = (6.0f64 / 200.0).sqrt();
    assert!(gated.iter().all(|v| v.abs() <= gate_bound) && gated.iter().any(|v| 0.99 * gate_bound < v.abs()));
}

#[test]
fn orthogonal_rows_or_columns_are_orthonormal() {
    for (rows, columns, gates) in [(3, 5, 1), (5, 3, 1), (8, 4, 2), (1, 1, 1)] {
        let values = initial_values(Distribution::Orthogonal, &[rows, columns], gates, 1, "u");
        for gate in values.chunks(rows / gates * columns) {
            let rows = rows / gates;
            let at = |row: usize, column: usize| gate[row * columns + column];
            let by_row = rows <= columns;
            let (vectors, length) = if by_row { (rows, columns) } else { (columns, rows) };
            for a in 0..vectors {
                for b in 0..vectors {
                    let dot: f64 =
                        (0..length).map(|k| if by_row { at(a, k) * at(b, k) } else { at(k, a) * at(k, b) }).sum();
                    assert!((dot - f64::from(u8::from(a == b))).abs() < 1e-12, "{rows}×{columns}: {a}·{b} = {dot}");
                }
            }
        }
    }
}

#[test]
fn a_wrong_distribution_says_what_is_expected() {
    assert_eq!(
        Distribution::from_name("normal", &[]).unwrap_err(),
        "`normal` takes a deviation, or a mean and a deviation"
    );
    assert_eq!(
        Distribution::from_name("uniform", &[1.0, 0.0]).unwrap_err(),
        "`uniform(low, high)`: 1 is not less than 0"
    );
    assert!(Distribution::from_name("xavier", &[]).unwrap_err().contains("glorot, he, lecun"));
}

proptest! {
    #[test]
    fn a_shuffle_keeps_every_row(count in 0u32..400, seed: u64, epoch in 1u64..1000) {
        let mut rows: Vec<u32> = (0..count).collect();
        shuffle_epoch(&mut rows, seed, epoch);
        let mut again: Vec<u32> = (0..count).collect();
        shuffle_epoch(&mut again, seed, epoch);
        prop_assert_eq!(&rows, &again);
        rows.sort_unstable();
        prop_assert_eq!(rows, (0..count).collect::<Vec<_>>());
    }
}

/// Each row comes to each place equally often.
#[test]
fn a_shuffle_is_fair() {
    let mut counts = [[0u32; 5]; 5];
    for seed in 0..10_000 {
        let mut rows = [0u32, 1, 2, 3, 4];
        shuffle_epoch(&mut rows, seed, 1);
        rows.iter().enumerate().for_each(|(place, row)| counts[place][*row as usize] += 1);
    }
    assert!(counts.iter().flatten().all(|count| (1850..=2150).contains(count)), "{counts:?}");
}
