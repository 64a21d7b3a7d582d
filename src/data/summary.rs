//! What a file holds, column by column: enough to write a first program for it.
use super::dataset::Options;
use super::resolve::written_otherwise;
use super::series::clock;
use super::source::Files;
use super::table::{Cells, MISSING, Table};
use crate::diagnostic::Diagnostic;
use std::collections::BTreeSet;
use std::path::Path;

/// A file's columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    pub rows: usize,
    pub columns: Vec<(String, Content)>,
    /// Whether the first row of a CSV file was data, so that columns are named by number.
    pub headerless: bool,
    /// Arrays of another number of rows.
    pub unread: Vec<String>,
    /// The column that puts the rows in order of time.
    pub clock: Option<String>,
}

/// What stands in a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// One number a row.
    Numbers {
        missing: bool,
        /// The number of classes, if these are the indices 0, 1, … of a few, each several times.
        classes: Option<usize>,
        /// The number of classes, if these are 1, 2, … of a few, each several times.
        counted_from_one: Option<usize>,
        /// Whole numbers, each once, that go on by one or are called so: a name rather than a measurement.
        counts_rows: bool,
    },
    Truths {
        missing: bool,
    },
    Words {
        missing: bool,
        distinct: usize,
        /// How they would be numbers, if all of them are written as numbers in another way.
        otherwise: Option<String>,
    },
    /// More than one value a row.
    Array {
        shape: Vec<usize>,
        missing: bool,
        numbers: bool,
    },
}

/// Reads a file that the command line names. Of arrays of different numbers of rows, those with the most are taken.
///
/// Errors: E0601, E0611, E0616.
pub fn summary(path: &Path) -> Result<Summary, Diagnostic> {
    let table = longest(path)?;
    let columns = table.columns.iter().map(|column| {
        let content = match &column.cells {
            // An array `[n, 1]` is one value a row.
            _ if column.width() != 1 => Content::Array {
                shape: column.shape.clone(),
                missing: (0..column.cells.len()).any(|at| column.cells.is_missing(at)),
                numbers: !matches!(column.cells, Cells::Words(_)),
            },
            Cells::Truths(values) => Content::Truths { missing: values.iter().any(|v| v.is_nan()) },
            Cells::Words(words) => {
                let first = words.words.first().and_then(|word| written_otherwise(word));
                let all =
                    words.words.iter().all(|word| word.parse::<f64>().is_ok() || written_otherwise(word).is_some());
                let (missing, distinct) = (words.codes.contains(&MISSING), words.words.len());
                Content::Words { missing, distinct, otherwise: first.filter(|_| all) }
            }
            cells => {
                let mut values = vec![];
                cells.numbers(0..table.rows, &mut values);
                numbers(&column.name, &values)
            }
        };
        (column.name.clone(), content)
    });
    let (unread, headerless, clock) = (table.unread.clone(), table.headerless, clock(&table).map(str::to_string));
    Ok(Summary { rows: table.rows, columns: columns.collect(), headerless, unread, clock })
}

/// The file as a table; of an NPZ file whose arrays have different numbers of rows, the longest ones.
fn longest(path: &Path) -> Result<Table, Diagnostic> {
    let options = Options::new("");
    let read = |wanted: &dyn Fn(&str) -> bool| Files { options: &options, wanted, are_texts: &|_| false }.given(path);
    let names = match read(&|_| true) {
        Err(error) if error.code == "E0611" => read(&|_| false)?.unread,
        done => return done,
    };
    let mut rows = vec![];
    for name in &names {
        rows.push(read(&|wanted| wanted == name)?.rows);
    }
    let most = rows.iter().copied().max().unwrap_or(0);
    let is_long = |name: &str| names.iter().zip(&rows).any(|(known, rows)| known == name && *rows == most);
    read(&is_long)
}

/// More classes than this are measurements.
const MOST_CLASSES: usize = 50;

/// How columns are called that name the rows.
const ROW_NAMES: [&str; 5] = ["id", "index", "key", "nr", "row"];

fn numbers(name: &str, values: &[f64]) -> Content {
    let missing = values.iter().any(|v| v.is_nan());
    let whole = values.iter().all(|v| v.fract() == 0.0);
    let distinct: BTreeSet<i64> = if whole { values.iter().map(|v| *v as i64).collect() } else { BTreeSet::new() };
    let count = distinct.len() as i64;
    let few = (2..=MOST_CLASSES).contains(&distinct.len()) && 4 * distinct.len() <= values.len();
    let go_from = |first: i64| whole && few && distinct.iter().copied().eq(first..first + count);
    let last_word = name.split(|c: char| !c.is_alphanumeric()).next_back().unwrap_or_default().to_lowercase();
    let is_named_so = ROW_NAMES.contains(&last_word.as_str());
    let by_one = values.windows(2).all(|pair| pair[1] == pair[0] + 1.0);
    Content::Numbers {
        missing,
        classes: go_from(0).then_some(distinct.len()),
        counted_from_one: go_from(1).then_some(distinct.len()),
        counts_rows: whole && values.len() > 8 && distinct.len() == values.len() && (by_one || is_named_so),
    }
}
