//! What a file holds, column by column: enough to write a first program for it.
use super::dataset::Options;
use super::resolve::written_otherwise;
use super::series::{Clock, clock, clock_within, is_named_so};
use super::source::Files;
use super::table::{Cells, MISSING, Table, TableColumn, Words};
use crate::diagnostic::Diagnostic;
use indexmap::IndexMap;
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
    /// What puts the rows in order of time.
    pub clock: Option<Clock>,
    /// Rows that follow each other as recordings, if they do.
    pub recordings: Option<Recordings>,
}

/// Successive rows of one thing: a person's, a shop's.
#[derive(Clone, Debug, PartialEq)]
pub struct Recordings {
    /// What tells them apart.
    pub column: String,
    pub count: usize,
    /// How many rows the longest has, and the shortest.
    pub longest: usize,
    pub shortest: usize,
    /// Columns that are the same throughout each, and not in all: they are of the recording, not of the moment.
    pub labels: Vec<String>,
    /// Columns that are the same throughout each, however many values they have.
    pub fixed: Vec<String>,
    /// What tells the time within each.
    pub clock: Option<String>,
    /// Whether the rows of one stand between those of others, as in a log.
    pub scattered: bool,
}

impl Recordings {
    /// The columns by which the rows of each come together, in order of time.
    pub fn order(&self) -> Vec<String> {
        std::iter::once(&self.column).chain(&self.clock).cloned().collect()
    }
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
        /// The greater of two whole numbers, if there are no more.
        of_two: Option<i64>,
        /// Whether all are one number.
        constant: bool,
        /// Whether they are called as a time is: `year`, `hour`.
        of_time: bool,
    },
    Truths {
        missing: bool,
    },
    Words {
        missing: bool,
        distinct: usize,
        /// How they would be numbers, if all of them are written as numbers in another way.
        otherwise: Option<String>,
        /// The first cell that is no number, and its place, where most are.
        odd: Option<String>,
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
                Content::Words { missing, distinct, otherwise: first.filter(|_| all), odd: odd(&table, words) }
            }
            cells => {
                let mut values = vec![];
                cells.numbers(0..table.rows, &mut values);
                // Row names have a column without a name.
                let name = if column.name == "column_0" && !table.headerless { "" } else { &column.name };
                numbers(name, &values)
            }
        };
        (column.name.clone(), content)
    });
    let (unread, headerless, clock) = (table.unread.clone(), table.headerless, clock(&table));
    let columns = columns.collect();
    Ok(Summary {
        rows: table.rows,
        columns,
        headerless,
        unread,
        clock,
        recordings: recordings(&table).or_else(|| scattered(&table)),
    })
}

/// Of a column of words in which nearly all cells are numbers: `60 of 61 cells are numbers; row 11 has "<5"`.
fn odd(table: &Table, words: &Words) -> Option<String> {
    let is_number: Vec<bool> = words.words.iter().map(|word| words.as_number(word).is_some()).collect();
    let there: Vec<u32> = words.codes.iter().copied().filter(|code| *code != MISSING).collect();
    let numbers = there.iter().filter(|code| is_number[**code as usize]).count();
    if numbers == there.len() || numbers * 5 < there.len() * 4 {
        return None;
    }
    let row = words.codes.iter().position(|code| *code != MISSING && !is_number[*code as usize])?;
    let cell = words.word(words.codes[row])?;
    Some(format!("{numbers} of {} cells are numbers; {} has \"{cell}\"", there.len(), table.place(row)))
}

/// Fewer than these say little of what recordings have in common.
const FEWEST_RECORDINGS: usize = 4;
/// Shorter ones are rows that belong together rather than recordings.
const SHORTEST_RECORDING: usize = 5;

/// For each row a number that is the same where the column is.
fn keys(column: &TableColumn) -> Option<Vec<u64>> {
    match &column.cells {
        _ if !column.shape.is_empty() => None,
        Cells::Words(words) => Some(words.codes.iter().map(|code| u64::from(*code)).collect()),
        Cells::F64(values) => Some(values.iter().map(|value| value.to_bits()).collect()),
        Cells::F32(_) | Cells::U8(_) | Cells::Truths(_) => None,
    }
}

/// The rows of these keys, those of equal ones together.
fn together(keys: &[u64]) -> Vec<usize> {
    let mut all: IndexMap<u64, Vec<usize>> = IndexMap::default();
    keys.iter().enumerate().for_each(|(row, key)| all.entry(*key).or_default().push(row));
    all.into_values().flatten().collect()
}

/// The column whose equal values follow each other, in the most recordings, if there is one.
fn recordings(table: &Table) -> Option<Recordings> {
    let tells_apart = |name: &str| {
        let column = table.columns.iter().find(|column| column.name == name);
        !matches!(column.map(|column| &column.cells), Some(Cells::F64(values)) if values.iter().any(|v| v.fract() != 0.0))
    };
    let all: Vec<(&str, Vec<u64>)> =
        table.columns.iter().filter_map(|column| Some((column.name.as_str(), keys(column)?))).collect();
    let runs = |keys: &[u64]| -> Vec<std::ops::Range<usize>> {
        let ends = (1..=keys.len()).filter(|row| *row == keys.len() || keys[*row] != keys[*row - 1]);
        let mut start = 0;
        ends.map(|end| std::mem::replace(&mut start, end)..end).collect()
    };
    // Of equal ones the first column: the last that is the greatest, from behind.
    let found = all.iter().rev().filter_map(|(name, keys)| {
        let runs = runs(keys);
        let distinct: BTreeSet<u64> = runs.iter().map(|run| keys[run.start]).collect();
        let shortest = runs.iter().map(|run| run.len()).min()?;
        let fewest = if clock_within(table, &runs).is_some() { 2 } else { FEWEST_RECORDINGS };
        let is_one = distinct.len() == runs.len() && runs.len() >= fewest && shortest >= SHORTEST_RECORDING;
        (is_one && tells_apart(name) && !is_named_so(name)).then_some((*name, runs))
    });
    // A label is the same for several recordings: those are told apart by what has the most values.
    let (column, runs) = found.max_by_key(|(_, runs)| runs.len())?;
    let is_fixed = |(name, keys): &&(&str, Vec<u64>)| {
        *name != column && runs.iter().all(|run| keys[run.clone()].iter().all(|key| *key == keys[run.start]))
    };
    let is_label = |one: &&(&str, Vec<u64>)| {
        let values: BTreeSet<u64> = runs.iter().map(|run| one.1[run.start]).collect();
        is_fixed(one) && (2..=runs.len() / 2).contains(&values.len())
    };
    Some(Recordings {
        column: column.to_string(),
        count: runs.len(),
        longest: runs.iter().map(|run| run.len()).max().unwrap_or(0),
        shortest: runs.iter().map(|run| run.len()).min().unwrap_or(0),
        fixed: all.iter().filter(is_fixed).map(|(name, _)| name.to_string()).collect(),
        labels: all.iter().filter(is_label).map(|(name, _)| name.to_string()).collect(),
        clock: clock_within(table, &runs),
        scattered: false,
    })
}

/// How columns are called that tell things apart of which each has a series of its own.
#[rustfmt::skip]
const THINGS: [&str; 30] = [
    "sensor", "device", "machine", "station", "shop", "store", "user", "customer", "person", "patient", "subject", "player", "vehicle",
    "unit", "meter", "node", "host", "site", "symbol", "ticker", "stock", "country", "city", "channel", "animal", "participant", "account",
    "who", "region", "product",
];

/// Rows in order of time, each time of several things: of shops, of sensors. What tells them apart has, of each, one row at a time.
fn scattered(table: &Table) -> Option<Recordings> {
    // The newest row may be the first.
    let forwards = |table: &Table| clock(table).filter(|clock| !clock.backwards);
    let reversed;
    let (table, clock) = match forwards(table) {
        Some(clock) => (table, clock),
        None => {
            reversed = table.with_rows((0..table.rows).rev().collect());
            (&reversed, forwards(&reversed)?)
        }
    };
    let is_thing = |name: &str| {
        let lower = name.to_lowercase();
        lower.split(|c: char| !c.is_alphanumeric()).next_back().is_some_and(|word| THINGS.contains(&word))
    };
    let candidates =
        table.columns.iter().filter(|column| clock.repeats || is_named_row(&column.name) || is_thing(&column.name));
    let found = candidates.filter_map(|column| {
        let table = table.with_rows(together(&keys(column)?));
        recordings(&table).filter(|found| found.column == column.name && found.clock.is_some())
    });
    Some(Recordings { scattered: true, ..found.max_by_key(|found| found.count)? })
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
const ROW_NAMES: [&str; 12] =
    ["id", "ids", "index", "key", "nr", "row", "identifier", "zip", "phone", "account", "rownames", "uuid"];

/// Whether a column is called as what names its rows: `id`, `patient_id`, `AirportID`, or not at all.
fn is_named_row(name: &str) -> bool {
    let last_word = name.split(|c: char| !c.is_alphanumeric()).next_back().unwrap_or_default();
    let is_word = ROW_NAMES.contains(&last_word.to_lowercase().as_str());
    is_word || name.ends_with("ID") || name.ends_with("Id") || name.is_empty()
}

fn numbers(name: &str, values: &[f64]) -> Content {
    let there: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
    let missing = there.len() < values.len();
    let whole = there.iter().all(|v| v.fract() == 0.0) && !missing;
    let is_whole = there.iter().all(|v| v.fract() == 0.0);
    let distinct: BTreeSet<i64> = if is_whole { there.iter().map(|v| *v as i64).collect() } else { BTreeSet::new() };
    let count = distinct.len() as i64;
    let few = (2..=MOST_CLASSES).contains(&distinct.len()) && 4 * distinct.len() <= values.len();
    let go_from = |first: i64| whole && few && distinct.iter().copied().eq(first..first + count);
    let by_one = values.windows(2).all(|pair| pair[1] == pair[0] + 1.0);
    // A name may stand several times; what counts does not.
    let names_rows = is_named_row(name) && 3 * distinct.len() >= values.len();
    let counts = distinct.len() == values.len() && by_one;
    Content::Numbers {
        missing,
        classes: go_from(0).then_some(distinct.len()),
        counted_from_one: go_from(1).then_some(distinct.len()),
        counts_rows: whole && values.len() > 8 && (counts || names_rows),
        of_two: distinct.last().copied().filter(|_| is_whole && distinct.len() == 2 && values.len() >= 10),
        of_time: is_named_so(name),
        constant: there.windows(2).all(|pair| pair[0] == pair[1]),
    }
}
