//! Which rows are for what. It depends on the number of rows, their labels and the split seed, and on nothing else.
use super::dataset::Parts;
use crate::random::{Purpose, Stream, shuffle};

/// How a part is chosen.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice {
    None,
    /// A share of all rows by chance.
    Share(f64),
    /// The last share of all rows.
    Last(f64),
    /// These rows: one truth value a row.
    Rows(Vec<bool>),
}

/// Chooses the rows for testing, then those for validation from the rest; the rest of that is for training.
///
/// Shares are of all `rows`. With `labels` (a class for each row) each class gives its share, to within one row. So that adding a validation part moves
/// no row into or out of the test part, both are cut from one order.
pub fn split(rows: usize, labels: Option<&[u32]>, test: &Choice, validation: &Choice, seed: u64) -> Parts {
    let mut free = vec![true; rows];
    let order = orders(rows, labels, seed);
    let mut parts = Parts { test: choose(test, rows, &order, &mut free), ..Parts::default() };
    parts.validation = choose(validation, rows, &order, &mut free);
    parts.train = (0..rows as u32).filter(|row| free[*row as usize]).collect();
    parts
}

/// The rows of each class in an order by chance; one class without labels.
fn orders(rows: usize, labels: Option<&[u32]>, seed: u64) -> Vec<Vec<u32>> {
    let classes = labels.and_then(|labels| labels.iter().max()).map_or(1, |most| *most as usize + 1);
    let mut orders = vec![vec![]; classes];
    for row in 0..rows {
        orders[labels.map_or(0, |labels| labels[row] as usize)].push(row as u32);
    }
    for (class, order) in orders.iter_mut().enumerate() {
        shuffle(order, Stream::new(seed, Purpose::Split, class as u64));
    }
    orders
}

fn choose(choice: &Choice, rows: usize, orders: &[Vec<u32>], free: &mut [bool]) -> Vec<u32> {
    let mut chosen: Vec<u32> = match choice {
        Choice::None => vec![],
        Choice::Last(share) => {
            let last = (0..rows as u32).rev().filter(|row| free[*row as usize]);
            last.take(count(*share, rows)).collect()
        }
        Choice::Rows(truths) => (0..rows as u32).filter(|row| truths[*row as usize] && free[*row as usize]).collect(),
        Choice::Share(share) => {
            let counts = allot(count(*share, rows), *share, orders);
            let of_class = |(order, count): (&Vec<u32>, usize)| -> Vec<u32> {
                order.iter().copied().filter(|row| free[*row as usize]).take(count).collect()
            };
            orders.iter().zip(counts).flat_map(of_class).collect()
        }
    };
    chosen.sort_unstable();
    chosen.iter().for_each(|row| free[*row as usize] = false);
    chosen
}

/// A share of the groups that free rows have, by chance: those rows are of one group that have one key. One group at least, and not all.
pub fn groups(keys: &[u64], share: f64, seed: u64, free: impl Fn(usize) -> bool) -> Vec<u64> {
    let mut all: Vec<u64> = vec![];
    for (row, key) in keys.iter().enumerate() {
        if free(row) && !all.contains(key) {
            all.push(*key);
        }
    }
    let most = all.len().saturating_sub(1);
    let count = count(share, all.len()).clamp(1.min(most), most);
    let mut order: Vec<usize> = (0..all.len()).collect();
    shuffle(&mut order, Stream::named(seed, Purpose::Split, "groups"));
    order.into_iter().take(count).map(|at| all[at]).collect()
}

fn count(share: f64, rows: usize) -> usize {
    (share * rows as f64).round() as usize
}

/// How many rows each class gives, `total` in all: its share, rounded so that the largest fractions are rounded up.
fn allot(total: usize, share: f64, orders: &[Vec<u32>]) -> Vec<usize> {
    let exact: Vec<f64> = orders.iter().map(|order| share * order.len() as f64).collect();
    let mut counts: Vec<usize> = exact.iter().map(|exact| exact.floor() as usize).collect();
    let mut by_fraction: Vec<usize> = (0..orders.len()).collect();
    by_fraction.sort_by(|a, b| exact[*b].fract().total_cmp(&exact[*a].fract()).then(a.cmp(b)));
    let left = total.saturating_sub(counts.iter().sum());
    by_fraction.iter().take(left).for_each(|class| counts[*class] += 1);
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn choices() -> impl Strategy<Value = Choice> {
        prop_oneof![
            Just(Choice::None),
            (0.01..0.6).prop_map(Choice::Share),
            (0.01..0.6).prop_map(Choice::Last),
            proptest::collection::vec(any::<bool>(), 200).prop_map(Choice::Rows),
        ]
    }

    proptest! {
        #[test]
        fn parts_are_disjoint_cover_all_rows_and_come_again(
            labels in proptest::collection::vec(0u32..4, 1..200), test in choices(), validation in choices(), seed: u64
        ) {
            let rows = labels.len();
            let parts = split(rows, Some(&labels), &test, &validation, seed);
            prop_assert_eq!(&parts, &split(rows, Some(&labels), &test, &validation, seed));
            let mut all = [parts.train.clone(), parts.validation.clone(), parts.test.clone()].concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..rows as u32).collect::<Vec<_>>());
        }

        #[test]
        fn each_class_gives_its_share(labels in proptest::collection::vec(0u32..5, 1..300), share in 0.05..0.5, seed: u64) {
            let parts = split(labels.len(), Some(&labels), &Choice::Share(share), &Choice::None, seed);
            prop_assert_eq!(parts.test.len(), (share * labels.len() as f64).round() as usize);
            for class in 0..5 {
                let of_class = |rows: &mut dyn Iterator<Item = u32>| rows.filter(|label| *label == class).count() as f64;
                let all = of_class(&mut labels.iter().copied());
                let tested = of_class(&mut parts.test.iter().map(|row| labels[*row as usize]));
                prop_assert!((tested - share * all).abs() < 1.0, "class {}: {} of {}", class, tested, all);
            }
        }

        #[test]
        fn a_validation_part_leaves_the_test_part_alone(rows in 1usize..200, test in choices(), validation in choices()) {
            let alone = split(rows, None, &test, &Choice::None, 0);
            prop_assert_eq!(alone.test, split(rows, None, &test, &validation, 0).test);
        }
    }

    #[test]
    fn the_last_rows_are_those_at_the_end() {
        let parts = split(10, None, &Choice::Last(0.2), &Choice::Last(0.1), 0);
        assert_eq!((parts.test, parts.validation), (vec![8, 9], vec![7]));
        assert_eq!(parts.train, (0..7).collect::<Vec<u32>>());
    }

    #[test]
    fn another_seed_is_another_split() {
        let test = |seed| split(100, None, &Choice::Share(0.3), &Choice::None, seed).test;
        assert_ne!(test(0), test(1));
        // Pinned: a split of today is that of tomorrow.
        assert_eq!(test(0)[..6], [2, 4, 6, 10, 14, 15]);
    }
}
