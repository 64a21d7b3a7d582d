//! The rows of all files of a plan, as one table: what is read before anything is made of it.
use super::dataset::Options;
use super::inline::{add_drawn, add_listed};
use super::loading::{Loading, source_name};
use super::names::{compared, file_terms, wanted};
use super::resolve::file_column;
use super::source::Files;
use super::table::{Cells, Table, TableColumn};
use crate::diagnostic::Diagnostic;
use crate::schema::{DataPlan, FileSource, Part, PartRequest};

/// Rows that were read, and for what.
#[derive(Debug)]
pub struct Gathered {
    pub(super) table: Table,
    /// The rows of the file of the section; those of other files follow.
    pub(super) own_rows: usize,
    /// The rows of `test "later.csv"` and of `validation "other.csv"`.
    pub(super) file_parts: Vec<Option<usize>>,
    plan: DataPlan,
    options: Options,
}

impl Gathered {
    /// Rows that did not come from a file.
    pub(super) fn of_table(table: Table, plan: &DataPlan, options: &Options) -> Gathered {
        let own_rows = table.rows;
        Gathered { table, own_rows, file_parts: vec![None, None], plan: plan.clone(), options: options.clone() }
    }

    /// Whether these are the rows that would be read for this plan: precision and targets are no matter of reading.
    pub fn is_for(&self, plan: &DataPlan, options: &Options) -> bool {
        let Options { folder, data, facts, skip_bad, .. } = &self.options;
        (folder, data, facts, *skip_bad) == (&options.folder, &options.data, &options.facts, options.skip_bad)
            && self.plan == *plan
    }
}

impl Loading<'_> {
    /// The rows of the plan's files; `plan` is the one that was asked for.
    pub(super) fn gather(self, plan: &DataPlan) -> Result<Gathered, Diagnostic> {
        let mut table = Table::default();
        let mut file_parts = vec![];
        let mut own_rows = 0;
        if !self.asks_for_nothing() {
            table = self.source()?;
            own_rows = table.rows;
            for request in [&self.plan.test, &self.plan.validation] {
                file_parts.push(self.append_part(&mut table, request)?);
            }
        }
        Ok(Gathered { table, own_rows, file_parts, plan: plan.clone(), options: self.options.clone() })
    }

    /// The table of the file, or of the rows in the program.
    fn source(&self) -> Result<Table, Diagnostic> {
        let wanted = wanted(self.plan);
        let compared = compared(self.plan);
        // What was a text in training is one now, though it looks like a number.
        let are_texts = |column: &str| {
            let facts = self.options.facts.as_ref();
            facts.is_some_and(|facts| facts.are_texts_of(column) || compared.iter().any(|text| text == column))
        };
        let files = Files { options: self.options, wanted: &wanted, are_texts: &are_texts };
        let mut table = match (&self.options.data, &self.plan.file) {
            (Some(path), _) => files.given(path)?,
            (None, Some(file)) => files.main(file)?,
            (None, None) => Table::default(),
        };
        let mut first = table.origins.is_empty();
        for (path, span) in file_terms(self.plan) {
            let read = files.other(&FileSource { path: path.clone(), span })?;
            let [column] = read.columns.as_slice() else {
                let error = Diagnostic::error("E0601", format!("`{path}` does not hold one array"));
                return Err(error.at(span, "expected an `.npy` or `.idx` file"));
            };
            if first {
                (table.rows, table.origins, first) = (read.rows, read.origins.clone(), false);
            }
            if read.rows != table.rows {
                let text = format!("`{path}` has {} rows, {} has {}", read.rows, source_name(&table), table.rows);
                return Err(Diagnostic::error("E0611", text).at(span, format!("{} rows", read.rows)));
            }
            table.columns.push(TableColumn { name: file_column(&path), ..column.clone() });
        }
        add_listed(self.plan, &mut table);
        let counted = !table.origins.is_empty();
        if counted || !self.plan.drawn.is_empty() {
            add_drawn(self.plan, &mut table)?;
            return Ok(table);
        }
        let error = self.section_error("E0601", "there is no data to read".to_string());
        Err(error
            .help("name a file, as in `data \"iris.csv\" { … }` or `--data iris.csv`, or list examples: `x: 0, 1, 2`"))
    }

    /// The rows of `test "other.csv"`, added below; how many there are.
    fn append_part(&self, table: &mut Table, request: &Option<PartRequest>) -> Result<Option<usize>, Diagnostic> {
        let Some(PartRequest { part: Part::File(file), .. }) = request else { return Ok(None) };
        let names: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
        let is_wanted = wanted(self.plan);
        let wanted = |name: &str| is_wanted(name) && names.iter().any(|known| known == name);
        let texts = table.columns.iter().filter(|column| matches!(column.cells, Cells::Words(_)));
        let texts: Vec<String> = texts.map(|column| column.name.clone()).collect();
        let are_texts = |name: &str| texts.iter().any(|text| text == name);
        let other = Files { options: self.options, wanted: &wanted, are_texts: &are_texts }.other(file)?;
        let rows = other.rows;
        let (kept, left): (Vec<_>, Vec<_>) =
            std::mem::take(&mut table.columns).into_iter().partition(|column| is_wanted(&column.name));
        table.columns = kept;
        table.unread.extend(left.into_iter().map(|column| column.name));
        table.append(other).map_err(|(column, why)| {
            Diagnostic::error("E0611", format!("`{}` does not fit: the column `{column}` {why}", file.path))
                .at(file.span, "has other columns")
                .help("both files need the columns that inputs and targets read")
        })?;
        Ok(Some(rows))
    }
}
