//! `order by`: a program of rows in any order is one of the same rows in order.
use crate::windows::{load, numbers};
use gradus::random::{Purpose, Stream};
use std::path::Path;

/// Rows of several shops over days: shop, the day as a date and as a number, and what stands in the row.
fn rows() -> Vec<(String, String, usize, f64)> {
    let shops = [("north", 14), ("east", 9), ("west", 11)];
    let of = |(shop, days): (&str, usize)| {
        let shop = shop.to_string();
        (0..days).map(move |day| {
            let value = (shop.len() * 100 + day) as f64;
            (shop.clone(), format!("{}.{}.2024", 27 - 3 * (day % 9), 1 + day / 9), day, value)
        })
    };
    let mut all: Vec<_> = shops.into_iter().flat_map(of).collect();
    all.sort_by_key(|row| (row.0.clone(), row.2 / 9, 27 - 3 * (row.2 % 9)));
    all
}

fn file(folder: &Path, name: &str, rows: &[(String, String, usize, f64)]) {
    let lines: String = rows.iter().map(|(shop, date, day, value)| format!("{shop},{date},{day},{value}\n")).collect();
    std::fs::write(folder.join(name), format!("shop,date,day,value\n{lines}")).unwrap();
}

fn shuffled<T>(mut rows: Vec<T>, seed: u64) -> Vec<T> {
    let stream = Stream::named(seed, Purpose::Draw, "ordered");
    for at in (1..rows.len()).rev() {
        let other = (u64::from(stream.word(at as u64)) * (at as u64 + 1)) >> 32;
        rows.swap(at, other as usize);
    }
    rows
}

#[test]
fn rows_in_any_order_are_put_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    file(at, "sorted.csv", &rows());
    for seed in 0..20 {
        file(at, "d.csv", &shuffled(rows(), seed));
        for lines in ["window 3 by shop\n x = value[0..2]\n t = value[2]", "window 4\n x = value[0..2]\n t = value[3]"]
        {
            for part in ["", "test last 0.3", "test 0.4 by shop", "validation last 0.2; test last 0.2"] {
                let text = |name: &str, sort: &str| {
                    format!(
                        "input x: [2]\ntarget t\nloss = mean(x) * t\ndata \"{name}\" {{\n{lines}\n{sort}\n{part}\n}}\n"
                    )
                };
                let known = load(&text("sorted.csv", ""), at).unwrap();
                let found = load(&text("d.csv", "order by [shop, date]"), at).unwrap();
                assert_eq!(numbers(&known, 0), numbers(&found, 0), "{lines} {part}");
                assert_eq!(numbers(&known, 1), numbers(&found, 1), "{lines} {part}");
                assert_eq!(known.parts, found.parts, "{lines} {part}");
            }
        }
    }
}

#[test]
fn equal_rows_stay_as_they_stand_and_what_is_missing_comes_last() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("d.csv"), "k,v\n2,1\n,2\n1,3\n2,4\n-5,5\n1,6\n").unwrap();
    let text = "input x\ntarget t\nloss = x t\ndata \"d.csv\" { x = v; t = v; order by k }\n";
    assert_eq!(numbers(&load(text, folder.path()).unwrap(), 0), [5.0, 3.0, 6.0, 1.0, 4.0, 2.0]);
    let text = text.replace("order by k", "order by nothing");
    assert_eq!(load(&text, folder.path()).map(|_| ()).unwrap_err(), ["E0603"]);
}

#[test]
fn each_file_is_put_in_order_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("d.csv"), "k,v\n3,1\n2,2\n").unwrap();
    std::fs::write(at.join("e.csv"), "k,v\n1,3\n0,4\n").unwrap();
    let text = "input x\ntarget t\nloss = x t\ndata \"d.csv\" { x = v; t = v; order by k; test \"e.csv\" }\n";
    let found = load(text, at).unwrap();
    assert_eq!(numbers(&found, 0), [2.0, 1.0, 4.0, 3.0]);
    assert_eq!(found.parts.test, [2, 3]);
}
