//! Whether the rows of a table follow each other in time. A part that is drawn from such rows at random lies between rows that were
//! trained on, and is easier than the time to come.
use super::table::{Cells, MISSING, Table, TableColumn};
use crate::diagnostic::Diagnostic;
use crate::schema::{Part, PartRequest};

/// Fewer rows say nothing about an order.
const FEWEST_ROWS: usize = 10;

/// What columns of times are called.
const NAMES: [&str; 12] =
    ["date", "datetime", "timestamp", "time", "year", "month", "week", "day", "hour", "minute", "second", "seconds"];

/// W0605: a share of all rows for a part, of rows that a column puts in order.
pub fn split_at_random(table: &Table, request: &PartRequest, name: &str) -> Option<Diagnostic> {
    let Part::Share(share) = request.part else { return None };
    let column = clock(table)?;
    let warning = Diagnostic::warning("W0605", "a series is split at random")
        .at(request.span, "drawn from all rows")
        .note(format!("the rows follow each other by `{column}`: what is drawn lies between rows that are trained on"))
        .edit("take the last rows", request.span, format!("{name} last {share}"), false);
    Some(warning)
}

/// The column that puts the rows in order of time, if there is one.
pub fn clock(table: &Table) -> Option<&str> {
    table.columns.iter().find(|column| is_clock(column, table.rows)).map(|column| column.name.as_str())
}

/// Whether a column tells the time, and it goes on from row to row.
fn is_clock(column: &TableColumn, rows: usize) -> bool {
    if rows < FEWEST_ROWS || !column.shape.is_empty() {
        return false;
    }
    let is_named = NAMES.contains(&column.name.to_lowercase().as_str());
    match &column.cells {
        Cells::F64(values) => is_named && values.is_sorted_by(|a, b| a < b),
        Cells::F32(values) => is_named && values.is_sorted_by(|a, b| a < b),
        // Dates from the year down are in order as texts are.
        Cells::Words(cells) => {
            let dates: Option<Vec<String>> = cells.words.iter().map(|word| from_the_year(word)).collect();
            let Some(dates) = dates else { return false };
            let date = |code: &u32| dates.get(*code as usize);
            cells.codes.iter().all(|code| *code != MISSING) && cells.codes.is_sorted_by(|a, b| date(a) < date(b))
        }
        Cells::U8(_) | Cells::Truths(_) => false,
    }
}

/// A date from the year down, of which texts are in order as times are; `17.05.2024 12:30` is turned around.
fn from_the_year(word: &str) -> Option<String> {
    if is_date(word) {
        return Some(word.to_string());
    }
    let (date, time) = word.split_once(' ').unwrap_or((word, ""));
    let parts: Vec<&str> = date.split('.').collect();
    let [day, month, year] = parts[..] else { return None };
    let turned = format!("{year}-{month:0>2}-{day:0>2} {time}");
    is_date(&turned).then_some(turned)
}

/// `2024-05`, `2024-05-17`, `2024/05/17 12:30` …
fn is_date(word: &str) -> bool {
    let mut parts = word.splitn(3, ['-', '/']);
    let is_number = |part: &str, digits: usize| part.len() == digits && part.bytes().all(|b| b.is_ascii_digit());
    let (year, month) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    let day = parts.next().is_none_or(|rest| rest.get(..2).is_some_and(|day| is_number(day, 2)));
    is_number(year, 4) && is_number(month, 2) && day
}
