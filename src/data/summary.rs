//! What a file holds, column by column: enough to write a first program for it.
use super::dataset::Options;
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
        /// Whole numbers, each once: a name rather than a measurement.
        counts_rows: bool,
    },
    Truths {
        missing: bool,
    },
    Words {
        missing: bool,
        distinct: usize,
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
                Content::Words { missing: words.codes.contains(&MISSING), distinct: words.words.len() }
            }
            cells => {
                let mut values = vec![];
                cells.numbers(0..table.rows, &mut values);
                numbers(&values)
            }
        };
        (column.name.clone(), content)
    });
    let unread = table.unread.clone();
    Ok(Summary { rows: table.rows, columns: columns.collect(), unread, clock: clock(&table).map(str::to_string) })
}

/// The file as a table; of an NPZ file whose arrays have different numbers of rows, the longest ones.
fn longest(path: &Path) -> Result<Table, Diagnostic> {
    let options = Options::new("");
    let read = |wanted: &dyn Fn(&str) -> bool| Files { options: &options, wanted }.given(path);
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

fn numbers(values: &[f64]) -> Content {
    let missing = values.iter().any(|v| v.is_nan());
    let whole = values.iter().all(|v| v.fract() == 0.0);
    let distinct: BTreeSet<i64> = if whole { values.iter().map(|v| *v as i64).collect() } else { BTreeSet::new() };
    let are_indices = distinct.iter().copied().eq(0..distinct.len() as i64);
    let few = (2..=MOST_CLASSES).contains(&distinct.len()) && 4 * distinct.len() <= values.len();
    Content::Numbers {
        missing,
        classes: (whole && are_indices && few).then_some(distinct.len()),
        counts_rows: whole && values.len() > 8 && distinct.len() == values.len(),
    }
}
