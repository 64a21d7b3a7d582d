//! Whether the rows of a table follow each other in time. A part that is drawn from such rows at random lies between rows that were
//! trained on, and is easier than the time to come.
use super::dates::{Moment, Order, moment};
use super::table::{Cells, MISSING, Table, TableColumn};
use crate::diagnostic::Diagnostic;
use crate::schema::{Part, PartRequest};

/// Fewer rows say nothing about an order.
const FEWEST_ROWS: usize = 10;

/// What columns of times are called, in a word of their name.
const NAMES: [&str; 17] = [
    "date",
    "datetime",
    "timestamp",
    "time",
    "year",
    "quarter",
    "month",
    "week",
    "day",
    "hour",
    "minute",
    "second",
    "seconds",
    "ts",
    "epoch",
    "period",
    "yr",
];

/// W0605: a share of all rows for a part, of rows that a column puts in order.
pub fn split_at_random(table: &Table, request: &PartRequest, name: &str) -> Option<Diagnostic> {
    let Part::Share(share) = request.part else { return None };
    let clock = clock(table).filter(|clock| !clock.backwards)?;
    let column = clock.columns.join("`, `");
    let warning = Diagnostic::warning("W0605", "a series is split at random")
        .at(request.span, "drawn from all rows")
        .note(format!("the rows follow each other by `{column}`: what is drawn lies between rows that are trained on"))
        .edit("take the last rows", request.span, format!("{name} last {share}"), false);
    Some(warning)
}

/// The columns that put rows in order of time.
#[derive(Clone, Debug, PartialEq)]
pub struct Clock {
    /// One, or several of which the first counts most: a year and a month.
    pub columns: Vec<String>,
    /// Whether the newest row is the first.
    pub backwards: bool,
    /// Whether several rows are of each time: of several shops, say.
    pub repeats: bool,
}

/// What puts the rows in order of time, if anything does.
pub fn clock(table: &Table) -> Option<Clock> {
    if table.rows < FEWEST_ROWS {
        return None;
    }
    let times = times(table);
    let found = |columns: &[usize]| -> Option<Clock> {
        let backwards = direction(&times, columns, 0..table.rows)?;
        Some(Clock { columns: columns.iter().map(|at| times[*at].0.to_string()).collect(), backwards, repeats: false })
    };
    let singles = (0..times.len()).find_map(|at| found(&[at]));
    let pairs = || {
        (0..times.len())
            .flat_map(|a| (0..times.len()).filter(move |b| *b != a).map(move |b| [a, b]))
            .find_map(|pair| found(&pair))
    };
    let triples = || (2..times.len()).find_map(|at| found(&[at - 2, at - 1, at]));
    let repeated = || {
        let at = (0..times.len()).find(|at| are_times_of_several(&times[*at].1))?;
        Some(Clock { columns: vec![times[at].0.to_string()], backwards: false, repeats: true })
    };
    singles.or_else(pairs).or_else(triples).or_else(repeated)
}

/// Whether these never go back, and each stands several times, as dates of which several rows are.
fn are_times_of_several(times: &[Moment]) -> bool {
    let steps = times.windows(2).filter(|pair| pair[0] < pair[1]).count() + 1;
    times.is_sorted() && FEWEST_ROWS <= steps && 2 * steps <= times.len()
}

/// The column that tells the time within each of these ranges of rows, one after the other.
pub fn clock_within(table: &Table, ranges: &[std::ops::Range<usize>]) -> Option<String> {
    let times = times(table);
    let goes_on = |at: &usize| ranges.iter().all(|range| direction(&times, &[*at], range.clone()) == Some(false));
    (0..times.len()).find(goes_on).map(|at| times[at].0.to_string())
}

/// The columns that may tell the time, and the moment of each row.
fn times(table: &Table) -> Vec<(&str, Vec<Moment>)> {
    let of_number =
        |value: f64| -> Moment { [value.floor() as i64, ((value - value.floor()) * 1e9) as i64, 0, 0, 0, 0, 0] };
    let of_column = |column: &TableColumn| -> Option<Vec<Moment>> {
        match &column.cells {
            Cells::F64(values) if column.shape.is_empty() && is_named_so(&column.name) => {
                let all = values.iter().all(|value| value.is_finite());
                all.then(|| values.iter().map(|value| of_number(*value)).collect())
            }
            _ => moments(column)?.into_iter().collect(),
        }
    };
    table.columns.iter().filter_map(|column| Some((column.name.as_str(), of_column(column)?))).collect()
}

/// The columns that may tell the time.
pub(super) fn clocks(table: &Table) -> Vec<String> {
    times(table).into_iter().map(|(name, _)| name.to_string()).collect()
}

/// The moment of each row, if a column has dates or times; none where it is missing.
pub(super) fn moments(column: &TableColumn) -> Option<Vec<Option<Moment>>> {
    let Cells::Words(words) = &column.cells else { return None };
    if !column.shape.is_empty() || words.words.is_empty() {
        return None;
    }
    let read = |order: &Order| -> Option<(Order, Vec<Option<Moment>>)> {
        let known: Vec<Moment> = words.words.iter().map(|word| moment(word, *order)).collect::<Option<_>>()?;
        let of_code = |code: &u32| (*code != MISSING).then(|| known[*code as usize]);
        Some((*order, words.codes.iter().map(of_code).collect()))
    };
    let all: Vec<(Order, Vec<Option<Moment>>)> = Order::ALL.iter().filter_map(read).collect();
    // The order in which the rows go on is the right one: where several do, the first; where none does, a year of two digits is hardly first.
    let goes_on = |rows: &[Option<Moment>]| {
        let there: Vec<Moment> = rows.iter().copied().flatten().collect();
        is_sorted(&there, false) || is_sorted(&there, true)
    };
    let found = all.iter().find(|(_, rows)| goes_on(rows));
    let found = found.or_else(|| all.iter().find(|(order, _)| *order != Order::YearMonthDay)).or(all.first());
    found.map(|(_, rows)| rows.clone())
}

pub(super) fn is_named_so(column: &str) -> bool {
    let lower = column.to_lowercase();
    lower.split(|c: char| !c.is_alphanumeric()).any(|word| NAMES.contains(&word))
}

/// Whether rows go backwards by these columns; none if they are in no order.
fn direction(times: &[(&str, Vec<Moment>)], columns: &[usize], rows: std::ops::Range<usize>) -> Option<bool> {
    let row = |row: usize| -> Vec<Moment> { columns.iter().map(|at| times[*at].1[row]).collect() };
    let all: Vec<Vec<Moment>> = rows.map(row).collect();
    [false, true].into_iter().find(|backwards| is_sorted(&all, *backwards))
}

/// Whether these go on from row to row; two, or one in a hundred, may be as late as the one before.
fn is_sorted<T: Ord>(rows: &[T], backwards: bool) -> bool {
    let mut ties = 0;
    let mut goes_on = |pair: &[T]| {
        let order = if backwards { pair[1].cmp(&pair[0]) } else { pair[0].cmp(&pair[1]) };
        ties += usize::from(order.is_eq());
        order.is_le()
    };
    rows.windows(2).all(&mut goes_on) && 100 * ties <= rows.len().max(200)
}
