//! `skip missing t`: rows in which these values are missing are in no part of the data. Of windows, those.
use super::dataset::Targets;
use super::evaluate::missing_cell;
use super::loading::Loading;
use super::resolve::{Resolved, Resolver};
use super::table::{Table, TableColumn};
use crate::diagnostic::Diagnostic;
use crate::schema::SlotValue;

impl Loading<'_> {
    /// Which rows have all that they are not to lack; none if nothing is asked for. To predict, each row has an answer.
    pub(super) fn complete_rows(&mut self, table: &Table) -> Result<Option<Vec<bool>>, Diagnostic> {
        if self.plan.skip_missing.is_empty() || self.options.targets == Targets::Unread {
            return Ok(None);
        }
        let mut resolver = Resolver { table, settings: &self.plan.settings, skips: true, warnings: vec![] };
        let mut complete = vec![true; table.rows];
        for &(slot, _) in &self.plan.skip_missing {
            let slot = &self.plan.slots[slot];
            let resolved = match &slot.value {
                SlotValue::Expression(expression) => Some(resolver.resolve(expression)?),
                SlotValue::ByName => resolver.by_name(&slot.declared.name),
                SlotValue::Balanced(_) => None,
            };
            // That there is no such column is said where its values are read.
            let Some(resolved) = resolved else { continue };
            complete.iter_mut().enumerate().for_each(|(row, complete)| *complete &= !lacks(&resolved, table, row));
        }
        Ok(Some(complete))
    }
}

fn lacks(resolved: &Resolved, table: &Table, row: usize) -> bool {
    (0..resolved.width().max(1)).any(|element| missing_cell(resolved, table, row, element).is_some())
}

impl Table {
    /// The same of these rows alone, which are still called by their places in the file.
    pub(super) fn of_rows(&self, keep: &[bool]) -> Table {
        self.with_rows((0..self.rows).filter(|row| keep[*row]).collect())
    }

    /// The same of these rows in this order.
    pub(super) fn with_rows(&self, rows: Vec<usize>) -> Table {
        let column = |column: &TableColumn| {
            let width = column.width();
            let cells = column.cells.picked(rows.iter().flat_map(|row| row * width..(row + 1) * width));
            TableColumn { name: column.name.clone(), shape: column.shape.clone(), cells }
        };
        let place = |row: usize| rows.iter().position(|own| *own == row);
        Table {
            columns: self.columns.iter().map(column).collect(),
            rows: rows.len(),
            broken: self.broken.iter().filter_map(|(row, why)| Some((place(*row)?, why.clone()))).collect(),
            kept: Some(rows.iter().map(|row| self.kept.as_ref().map_or(*row, |kept| kept[*row])).collect()),
            ..self.clone()
        }
    }
}
