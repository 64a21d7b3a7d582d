//! Which recording each row is of, and what is said where the rows of one lie apart.
use super::resolve::Resolver;
use super::series::clocks;
use super::table::{Cells, Table};
use crate::diagnostic::Diagnostic;
use crate::schema::{ColumnExpression, ColumnTerm, DataPlan, column_word};
use rustc_hash::FxHashSet;
use std::ops::Range;

/// A number for each row, equal where all values of these columns are.
pub(super) fn keys(
    table: &Table,
    column: &ColumnExpression,
    plan: &DataPlan,
    warnings: &mut Vec<Diagnostic>,
) -> Result<Vec<u64>, Diagnostic> {
    let mut resolver = Resolver { table, settings: &plan.settings, skips: false, warnings: vec![] };
    // Columns of a list need not be of one kind: none is computed with.
    let named = match &column.term {
        ColumnTerm::List(items) => items.as_slice(),
        _ => std::slice::from_ref(column),
    };
    let mut columns = vec![];
    for one in named {
        columns.extend(resolver.resolve(one)?.columns());
    }
    warnings.append(&mut resolver.warnings);
    let key = |row: usize| {
        columns.iter().fold(0_u64, |key, &column| {
            let cells = &table.columns[column];
            let range = row * cells.width()..(row + 1) * cells.width();
            let mut numbers = vec![];
            match &cells.cells {
                Cells::Words(words) => numbers.extend(words.codes[range].iter().map(|code| f64::from(*code))),
                other => other.numbers(range, &mut numbers),
            }
            let mix = |key: u64, bits: u64| (key.rotate_left(5) ^ bits).wrapping_mul(0x517c_c1b7_2722_0a95);
            numbers.into_iter().fold(key, |key, number| mix(key, number.to_bits()))
        })
    };
    Ok((0..table.rows).map(key).collect())
}

/// W0607: recordings that come again further down, so that each stretch of rows is one of its own.
pub(super) fn cut_up(
    table: &Table,
    recordings: &[u64],
    stretches: &[Range<usize>],
    by: &ColumnExpression,
    plan: &DataPlan,
) -> Option<Diagnostic> {
    let keys: FxHashSet<u64> = recordings.iter().copied().collect();
    let (mut seen, mut again) = (FxHashSet::default(), None);
    for run in stretches {
        if !seen.insert(recordings[run.start]) && again.is_none() {
            again = Some(run.start);
        }
    }
    // A recording that goes on in another file is one more.
    if stretches.len() < keys.len() + table.origins.len() {
        return None;
    }
    let place = table.place(again?);
    let text =
        format!("{} recordings lie in {} stretches of rows: one comes again in {place}", keys.len(), stretches.len());
    let whole = plan.window.as_ref().is_some_and(|window| window.whole);
    let warning = if whole { Diagnostic::warning("W0607", text) } else { Diagnostic::remark("W0607", text) };
    Some(
        warning
            .at(by.span, "told by this")
            .help(format!("each stretch is a recording of its own; {}", apart(by, table, plan))),
    )
}

/// How the rows of one recording come together: by what tells them apart, and then by time.
pub(super) fn apart(by: &ColumnExpression, table: &Table, plan: &DataPlan) -> String {
    let named = |expression: &ColumnExpression| -> Vec<String> {
        let items = match &expression.term {
            ColumnTerm::List(items) => items.as_slice(),
            _ => std::slice::from_ref(expression),
        };
        let name = |item: &ColumnExpression| match &item.term {
            ColumnTerm::Column(name) => column_word(name),
            _ => "…".to_string(),
        };
        items.iter().map(name).collect()
    };
    let mut all = named(by);
    let then = plan
        .order
        .as_ref()
        .map(named)
        .unwrap_or_else(|| clocks(table).iter().take(1).map(|c| column_word(c)).collect());
    all.extend(then.into_iter().filter(|name| !named(by).contains(name)));
    let line = match &all[..] {
        [one] => format!("order by {one}"),
        many => format!("order by [{}]", many.join(", ")),
    };
    format!("if all rows of one are one recording, put them together: `{line}`")
}
