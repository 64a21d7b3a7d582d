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

#[test]
fn a_word_among_dates_or_numbers_is_refused_and_rows_are_called_as_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let codes = |text: &str, order: &str| {
        std::fs::write(at.join("d.csv"), text).unwrap();
        let program = format!("input x\ntarget t\nloss = x t\ndata \"d.csv\" {{ x = v; t = v; order by {order} }}\n");
        load(&program, at).map(|dataset| numbers(&dataset, 0))
    };
    let dates = "d,v\n05.03.2020,1\n01.04.2020,2\n,3\n31.01.20,4\n02.12.2019,5\n";
    assert_eq!(codes(dates, "d").unwrap(), [5.0, 4.0, 1.0, 2.0, 3.0]);
    assert_eq!(codes("d,v\n03.11.19,1\n02.12.19,2\n25.01.20,3\n01.02.18,4\n", "d").unwrap(), [4.0, 1.0, 2.0, 3.0]);
    assert_eq!(codes("d,v\n05.03.2020,1\noops,2\n01.04.2020,3\n", "d").unwrap_err(), ["E0605"]);
    assert_eq!(codes("d,v\n5,1\nten,2\n3,3\n", "d").unwrap_err(), ["E0605"]);
    assert_eq!(codes("d,v\n5,1\n4,2\n3,3\n", "-d").unwrap(), [1.0, 2.0, 3.0]);
    assert_eq!(codes("d,v\n5,1\n4,2\n3,3\n", "[]").unwrap_err().len(), 1);
    std::fs::write(at.join("d.csv"), "k,a\n5,10\n9,\n3,30\n8,77\n1,20\n2,21\n").unwrap();
    let text = "input x: [2]\ntarget t\nloss = mean(x) t\ndata \"d.csv\" { order by k; window 3; x = a[0..2]; t = a[2] }\n\
                train { minimize loss; steps 1; optimizer sgd(rate = 0) }\n";
    std::fs::write(at.join("m.nn"), text).unwrap();
    let run = std::process::Command::new(env!("CARGO_BIN_EXE_gradus")).args(["run", "m.nn"]).current_dir(at).output();
    let said = String::from_utf8(run.unwrap().stderr).unwrap();
    assert!(said.contains("row 2 of d.csv (line 3)"), "{said}");
}

#[test]
fn what_was_filled_is_nothing_that_was_to_be_said() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..20).map(|row| if row % 7 == 5 { "\n".into() } else { format!("{row}\n") }).collect();
    std::fs::write(folder.path().join("d.csv"), format!("a,\n{}", rows.replace('\n', ",\n"))).unwrap();
    let text = "input x: [2]\ntarget t\nloss = mean(x) t\n\
                data \"d.csv\" { window 3; x = a[0..2]; t = a[2]; fill a with previous; skip missing t }\n";
    let known = load(text, folder.path()).unwrap();
    let wanted: Vec<f64> = (2..20).filter(|row| row % 7 != 5).map(f64::from).collect();
    assert_eq!(numbers(&known, 1), wanted);
}
