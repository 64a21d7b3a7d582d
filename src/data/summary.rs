//! What a file holds, column by column: enough to write a first program for it.
use super::dataset::Options;
use super::resolve::is_decimal_comma;
use super::series::clock;
use super::source::Files;
use super::table::{Cells, MISSING};
use crate::diagnostic::Diagnostic;
use std::collections::BTreeSet;
use std::path::Path;

/// A file's columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    pub rows: usize,
    pub columns: Vec<(String, Content)>,
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
    Truths,
    Words {
        missing: bool,
        distinct: usize,
        /// Numbers with a decimal comma, all of them.
        decimal_commas: bool,
    },
    /// An array of more than one number a row.
    Array(Vec<usize>),
}

/// Reads a file that the command line names. Errors: E0601, E0611, E0616.
pub fn summary(path: &Path) -> Result<Summary, Diagnostic> {
    let options = Options::new("");
    let table = Files { options: &options, wanted: &|_| true }.given(path)?;
    let columns = table.columns.iter().map(|column| {
        let content = match &column.cells {
            _ if !column.shape.is_empty() => Content::Array(column.shape.clone()),
            Cells::Truths(_) => Content::Truths,
            Cells::Words(words) => {
                let decimal_commas =
                    words.words.iter().all(|word| is_decimal_comma(word) || word.parse::<f64>().is_ok());
                Content::Words { missing: words.codes.contains(&MISSING), distinct: words.words.len(), decimal_commas }
            }
            cells => {
                let mut values = vec![];
                cells.numbers(0..table.rows, &mut values);
                numbers(&values)
            }
        };
        (column.name.clone(), content)
    });
    Ok(Summary { rows: table.rows, columns: columns.collect(), clock: clock(&table).map(str::to_string) })
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
