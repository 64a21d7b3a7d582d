//! Rows of a CSV text as they come: some at a time, so that memory does not grow with their number, and each as soon as it is there.
use super::csv::{Seen, decide, is_number, names};
use super::dataset::{Dataset, Options};
use super::load::without_listed_rows;
use super::loading::Loading;
use super::names::{compared, file_terms, wanted};
use super::records::{Next, Record, Records};
use super::rows::Rows;
use super::source::DataFile;
use super::table::{Origin, Table, TableColumn};
use crate::diagnostic::Diagnostic;
use crate::schema::{CellType, DataPlan, Facts, Role, Slot};
use std::io::Read;

/// Rows to predict, of a text that is read once.
///
/// What a whole file would show is known before: which row is a header, which columns are texts and how numbers are written, the weights remember.
/// Of columns of which they say nothing, the first batch decides.
pub struct Stream {
    plan: DataPlan,
    options: Options,
    place: DataFile,
    records: Records<Box<dyn Read>>,
    /// Names of the columns that are read.
    names: Vec<String>,
    unread: Vec<String>,
    headerless: bool,
    rows: Rows,
    /// Numbers of the columns whose type is not known yet, among those that are read.
    undecided: Vec<usize>,
    /// How many rows have been given out.
    given: usize,
    /// Why there is nothing more to read.
    failed: Option<Diagnostic>,
}

impl Stream {
    /// Opens the text of a plan. None if its rows can't be read one by one: they are in an array or in the program, or the weights do
    /// not know an input, so that only all of them say how its classes are called.
    ///
    /// Errors: E0601, E0602, E0611, E0616.
    pub fn open(plan: &DataPlan, options: &Options) -> Result<Option<Stream>, Diagnostic> {
        let plan = if options.data.is_some() { without_listed_rows(plan) } else { plan.clone() };
        let Some(facts) = &options.facts else { return Ok(None) };
        let stands_elsewhere = !plan.listed.is_empty() || !plan.drawn.is_empty() || !file_terms(&plan).is_empty();
        let is_known =
            |slot: &Slot| slot.declared.role != Role::Input || facts.columns.contains_key(&slot.declared.name);
        let has_lengths = plan.slots.iter().any(|slot| slot.declared.role == Role::Length);
        if has_lengths || plan.slots.is_empty() || stands_elsewhere || !plan.slots.iter().all(is_known) {
            return Ok(None);
        }
        let Some(place) = DataFile::of(&plan, options)? else { return Ok(None) };
        let Some(text) = place.text()? else { return Ok(None) };
        let mut records = Records::new(text).map_err(|text| place.refused(&text))?;
        let first = match records.next(true).map_err(|text| place.refused(&text))? {
            Next::Record(record) => record.clone(),
            _ => Record::default(),
        };
        let headerless = !is_header(&first, facts);
        let all = names(&first, headerless);
        place.check_names(all.iter().map(String::as_str).collect())?;
        let (is_wanted, compared) = (wanted(&plan), compared(&plan));
        let mut undecided = vec![];
        let (mut names, mut unread, mut types) = (vec![], vec![], vec![]);
        for name in all {
            if !is_wanted(&name) {
                unread.push(name);
                types.push(None);
                continue;
            }
            let is_text = facts.are_texts_of(&name) || compared.contains(&name);
            let known = if is_text { Some(CellType::Text) } else { facts.cells.get(&name).copied() };
            if known.is_none() {
                undecided.push(names.len());
            }
            names.push(name);
            // Until they are known, all are texts.
            types.push(Some(known.map_or(CellType::Text, |ty| between(ty, records.separator))));
        }
        let mut rows = Rows::new(&types, 0);
        if headerless {
            rows.add(&first);
        }
        // Each row that can't be read has its own reason.
        let options = Options { skip_bad: true, ..options.clone() };
        Ok(Some(Stream {
            plan,
            options,
            place,
            records,
            names,
            unread,
            headerless,
            rows,
            undecided,
            given: 0,
            failed: None,
        }))
    }

    /// The next rows, at least one and about `most`: those that have come. None behind the last one. Rows that can't be read are in `skipped`.
    ///
    /// Errors, as of `load`, are said after the rows before them.
    pub fn next(&mut self, most: usize) -> Result<Option<Dataset>, Vec<Diagnostic>> {
        while self.failed.is_none() && self.rows.len() < most {
            match self.records.next(self.rows.is_empty()) {
                Ok(Next::Record(record)) => self.rows.add(record),
                Ok(Next::Later | Next::End) => break,
                Err(text) => self.failed = Some(self.place.refused(&text)),
            }
        }
        if self.rows.is_empty() {
            if let Some(failed) = self.failed.take() {
                return Err(vec![failed]);
            }
            if 0 < self.given {
                return Ok(None);
            }
        }
        let table = self.table();
        let mut dataset = Loading::new(&self.plan, &self.options).run(&table, table.rows, &[])?;
        // Only of what was decided here there is a note about commas.
        for note in dataset.notes.iter_mut().filter(|note| note.code == "W0606") {
            note.notes
                .push(format!("the weights do not say how numbers are written: the first {} rows do", table.rows));
        }
        Ok(Some(dataset))
    }

    fn table(&mut self) -> Table {
        let mut table = self.decide();
        let taken = self.rows.take();
        let columns = self.names.iter().zip(taken.cells);
        table.columns = columns.map(|(name, cells)| TableColumn::new(name, vec![], cells)).collect();
        table.rows = taken.lines.len();
        table.headerless = self.headerless;
        table.unread = self.unread.clone();
        table.broken = taken.broken;
        let file = self.place.shown.clone();
        table.origins = vec![Origin { file, first_row: 0, above: self.given, lines: taken.lines }];
        self.given += table.rows;
        table
    }

    /// Decides the types that are not known by the rows that are there; what there is to be said about it is in the table.
    fn decide(&mut self) -> Table {
        let mut table = Table::default();
        if self.undecided.is_empty() {
            return table;
        }
        let separator = self.records.separator;
        let undecided = std::mem::take(&mut self.undecided);
        let mut columns: Vec<_> = self.rows.columns().enumerate().filter(|(at, _)| undecided.contains(at)).collect();
        let seen: Vec<Seen> = columns.iter().map(|(_, column)| Seen::of(column.texts(), separator)).collect();
        let decided = decide(&seen);
        for ((at, column), (ty, unclear)) in columns.iter_mut().zip(decided.types.iter().zip(decided.unclear)) {
            // What is missing so far is taken for numbers: texts that follow are texts all the same.
            let ty = ty.unwrap_or_default();
            column.set_type(ty);
            let name = || self.names[*at].clone();
            table.decimal_commas.extend(ty.has_decimal_comma().then(name));
            table.thousands.extend((ty == CellType::ThousandsNumber).then(name));
            table.unclear_points.extend(unclear.then(name));
        }
        table
    }
}

/// Whether the first row names the columns: none of its cells is a number, or one is the name of a column that was trained on.
fn is_header(first: &Record, facts: &Facts) -> bool {
    let is_known = |name: &String| facts.columns.values().flatten().any(|known| known == name);
    !first.cells().any(is_number) || names(first, false).iter().any(is_known)
}

/// The type of a column in a text with this separator: where commas separate, none is decimal.
fn between(ty: CellType, separator: u8) -> CellType {
    match ty {
        CellType::CommaNumber if separator == b',' => CellType::Number,
        CellType::CommaThousandsNumber if separator == b',' => CellType::ThousandsNumber,
        ty => ty,
    }
}
