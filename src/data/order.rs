//! `order by [shop, date]`: rows in the order of columns, before anything else is done with them. Equal rows stay as they stand.
use super::dataset::Targets;
use super::loading::Loading;
use super::resolve::Resolver;
use super::series::moments;
use super::table::{Cells, MISSING, Table, TableColumn};
use crate::diagnostic::Diagnostic;
use crate::schema::{ColumnExpression, ColumnTerm, DataPlan};
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
    for one in named {
        let resolved = resolver.resolve(one)?;
        let single = resolved.columns().into_iter().filter(|column| table.columns[*column].width() == 1);
        keys.extend(single.map(|column| Key::of(&table.columns[column])));
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
    /// The rank of the word of each row: dates by time, others by their letters.
    Ranks(Vec<usize>),
}

impl Key {
    fn of(column: &TableColumn) -> Key {
        if let Some(moments) = moments(column) {
            let mut all = moments.clone();
            all.sort();
            return Key::Ranks(moments.iter().map(|moment| all.partition_point(|other| other < moment)).collect());
        }
        match &column.cells {
            Cells::Words(words) => {
                let mut order: Vec<u32> = (0..words.words.len() as u32).collect();
                order.sort_by_key(|code| &words.words[*code as usize]);
                let mut ranks = vec![0; order.len()];
                order.iter().enumerate().for_each(|(rank, code)| ranks[*code as usize] = rank);
                let rank = |code: &u32| if *code == MISSING { usize::MAX } else { ranks[*code as usize] };
                Key::Ranks(words.codes.iter().map(rank).collect())
            }
            cells => {
                let mut numbers = vec![];
                cells.numbers(0..cells.len(), &mut numbers);
                Key::Numbers(numbers)
            }
        }
    }

    fn compare(&self, a: usize, b: usize) -> Ordering {
        match self {
            Key::Ranks(ranks) => ranks[a].cmp(&ranks[b]),
            // −0 and 0 are one number.
            Key::Numbers(numbers) => {
                let (a, b) = (numbers[a], numbers[b]);
                a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
            }
        }
    }
}
