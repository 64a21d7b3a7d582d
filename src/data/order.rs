//! `order by [shop, date]`: rows in the order of columns, before anything else is done with them. Equal rows stay as they stand.
use super::dataset::Targets;
use super::dates::{Moment, Order, moment};
use super::evaluate::all_rows;
use super::loading::Loading;
use super::resolve::{Node, Resolver};
use super::series::moments;
use super::table::{Cells, MISSING, Table};
use crate::diagnostic::{Diagnostic, Span};
use crate::schema::{ColumnExpression, ColumnTerm, DataPlan, shape_text};
use std::cmp::Ordering;

impl Loading<'_> {
    /// The rows of each file in the order that is asked for; none if none is. Rows that are predicted one by one have their answers in the
    /// order of the file.
    pub(super) fn sorted(&mut self, table: &Table) -> Result<Option<Table>, Diagnostic> {
        if self.options.targets == Targets::Unread && self.plan.window.is_none() {
            return Ok(None);
        }
        self.plan.order.as_ref().map(|by| in_order(table, by, self.plan, &mut self.warnings)).transpose()
    }
}

/// The rows of each file in the order of these columns.
pub(super) fn in_order(
    table: &Table,
    by: &ColumnExpression,
    plan: &DataPlan,
    warnings: &mut Vec<Diagnostic>,
) -> Result<Table, Diagnostic> {
    let named = match &by.term {
        ColumnTerm::List(items) => items.as_slice(),
        _ => std::slice::from_ref(by),
    };
    let mut resolver = Resolver { table, settings: &plan.settings, skips: false, warnings: vec![] };
    let mut keys = vec![];
    if named.is_empty() {
        let error = Diagnostic::error("E0609", "rows are put in order by at least one column").at(by.span, "no column");
        return Err(error.help("as in `order by [shop, date]`"));
    }
    for one in named {
        let resolved = resolver.resolve(one)?;
        if resolved.width() != 1 || resolved.columns().is_empty() {
            let error = Diagnostic::error("E0609", "rows are put in order by columns of one value a row");
            return Err(error.at(one.span, shape_text(&resolved.shape)).help("as in `order by [shop, date]`"));
        }
        keys.push(match resolved.node {
            Node::Column(column) => Key::of(table, column, one.span)?,
            _ => Key::Numbers(all_rows(&resolver.number(resolved)?, table)),
        });
    }
    warnings.append(&mut resolver.warnings);
    let firsts = table.origins.iter().map(|origin| origin.first_row).chain([table.rows]).collect::<Vec<_>>();
    let mut rows: Vec<usize> = (0..table.rows).collect();
    for file in firsts.windows(2) {
        rows[file[0]..file[1]].sort_by(|a, b| {
            keys.iter().map(|key| key.compare(*a, *b)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
        });
    }
    Ok(table.with_rows(rows))
}

/// A column that rows are put in order by.
enum Key {
    /// A number for each row; what is missing comes last.
    Numbers(Vec<f64>),
    /// A moment for each row.
    Moments(Vec<Option<Moment>>),
    /// The rank of the word of each row, by their letters.
    Ranks(Vec<usize>),
}

impl Key {
    /// E0605 where nearly all cells are dates or numbers, and one is not: by their letters they would be in no order.
    fn of(table: &Table, column: usize, span: Span) -> Result<Key, Diagnostic> {
        let Cells::Words(words) = &table.columns[column].cells else {
            let mut numbers = vec![];
            table.columns[column].cells.numbers(0..table.rows, &mut numbers);
            return Ok(Key::Numbers(numbers));
        };
        if let Some(moments) = moments(&table.columns[column]) {
            return Ok(Key::Moments(moments));
        }
        let there: Vec<u32> = words.codes.iter().copied().filter(|code| *code != MISSING).collect();
        let is_number: Vec<bool> = words.words.iter().map(|word| words.as_number(word).is_some()).collect();
        let is_date: Vec<bool> =
            words.words.iter().map(|word| Order::ALL.iter().any(|order| moment(word, *order).is_some())).collect();
        for (is_one, what) in [(is_number, "a number"), (is_date, "a date")] {
            let count = there.iter().filter(|code| is_one[**code as usize]).count();
            let odd = words.codes.iter().position(|code| *code != MISSING && !is_one[*code as usize]);
            if let (Some(row), true) = (odd, 2 * count > there.len()) {
                let (name, word) = (&table.columns[column].name, words.word(words.codes[row]).unwrap_or_default());
                let text = format!("`{name}` puts rows in order, and \"{word}\" in {} is not {what}", table.place(row));
                let error = Diagnostic::error("E0605", text).at(span, format!("{what} in other rows"));
                return Err(error.help("an empty cell comes last; correct the file"));
            }
        }
        let mut order: Vec<u32> = (0..words.words.len() as u32).collect();
        order.sort_by_key(|code| &words.words[*code as usize]);
        let mut ranks = vec![0; order.len()];
        order.iter().enumerate().for_each(|(rank, code)| ranks[*code as usize] = rank);
        let rank = |code: &u32| if *code == MISSING { usize::MAX } else { ranks[*code as usize] };
        Ok(Key::Ranks(words.codes.iter().map(rank).collect()))
    }

    fn compare(&self, a: usize, b: usize) -> Ordering {
        match self {
            Key::Ranks(ranks) => ranks[a].cmp(&ranks[b]),
            // What is missing comes last.
            Key::Moments(all) => all[a].is_none().cmp(&all[b].is_none()).then(all[a].cmp(&all[b])),
            // −0 and 0 are one number.
            Key::Numbers(numbers) => {
                let (a, b) = (numbers[a], numbers[b]);
                a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
            }
        }
    }
}
