//! Windows over successive rows: `window 25`, `window 100 by person step 50`. A row of what comes out is a window, and each column has an axis
//! of its places in front. No window crosses the end of a recording, of a file or of a part of the data.
use super::dataset::{Parts, Targets};
use super::evaluate::last_place;
use super::loading::Loading;
use super::moments::pooled;
use super::names::wanted;
use super::parts::empty_help;
use super::recordings::{apart, cut_up, keys};
use super::resolve::Resolver;
use super::sequences::out_of_bounds;
use super::split::{Choice, split};
use super::table::{Cells, Cut, Table, TableColumn};
use crate::diagnostic::{Diagnostic, Span};
use crate::schema::{ColumnExpression, ColumnTerm, Part, PartRequest, Role, SlotValue, Statistics, Windows};
use std::ops::Range;

/// Which part a row of the file is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum In {
    Train,
    Validation,
    Test,
    /// Left out by `train where`.
    Nothing,
}

/// Windows as rows, the parts that they are in, and the statistics of columns.
pub(super) struct Windowed {
    pub table: Table,
    pub parts: Parts,
    pub statistics: Vec<(String, Statistics)>,
}

impl Loading<'_> {
    /// The windows of a table, as the plan asks. E0621 if none fits.
    pub(super) fn windowed(
        &mut self,
        table: &Table,
        own_rows: usize,
        file_parts: &[Option<usize>],
        asked: &Windows,
    ) -> Result<Windowed, Diagnostic> {
        let (mut rows, by_chance) = self.rows_of_parts(table, own_rows, file_parts, asked)?;
        let recordings = self.recordings(table, asked)?;
        if asked.whole {
            // A recording is in one part, that of its first row.
            for run in runs(table, &vec![In::Train; table.rows], &recordings) {
                let part = rows[run.start];
                rows[run].fill(part);
            }
        }
        let stretches = || runs(table, &vec![In::Train; table.rows], &recordings);
        let again = asked.by.as_ref().and_then(|by| cut_up(table, &recordings, &stretches(), by, self.plan));
        let lie_apart = again.is_some();
        self.warnings.extend(again);
        let before = table;
        let runs = runs(table, &rows, &recordings);
        let mut scaled = table.clone();
        self.carry_on(&mut scaled, &rows, &recordings)?;
        let statistics = self.scale_columns(&mut scaled, &rows)?;
        // To predict, the places that only targets look at may lie behind the end.
        let size = match self.options.targets {
            Targets::Unread => self.places_of_inputs(table, asked.size)?,
            _ => asked.size,
        };
        let (mut starts, mut parts) = (vec![], Parts::default());
        let mut lengths = vec![];
        for run in &runs {
            if rows[run.start] == In::Nothing {
                continue;
            }
            if asked.whole {
                lengths.push(run.len());
            }
            let size = if asked.whole { run.len() } else { size };
            let step = if asked.whole { run.len() } else { asked.step };
            for start in run.clone().step_by(step).take_while(|start| start + size <= run.end) {
                let part = match rows[start] {
                    In::Test => &mut parts.test,
                    In::Validation => &mut parts.validation,
                    _ => &mut parts.train,
                };
                part.push(starts.len() as u32);
                starts.push(start);
            }
        }
        if starts.is_empty() {
            let longest = runs.iter().map(|run| run.len()).max().unwrap_or(0);
            let text = format!("no window of {size} rows fits: there are at most {longest} successive rows");
            let error = Diagnostic::error("E0621", text).at(asked.span, "longer than the data");
            if let Some(by) = asked.by.as_ref().filter(|_| lie_apart) {
                return Err(error.help(apart(by, table, self.plan)));
            }
            return Err(error.help(match asked.by {
                Some(_) => "a window stays within one recording and one part of the data: make it shorter",
                None => "a window stays within one part of the data: make it shorter",
            }));
        }
        if let Some((test, validation)) = by_chance {
            parts = split(starts.len(), None, &test, &validation, self.plan.split_seed);
        }
        self.none_is_empty(&parts, starts.len())?;
        let lengths = asked.whole.then_some(lengths);
        let mut of_windows = Cut { starts, size: asked.size, lengths };
        let too_long = self.cut_short(&mut of_windows);
        if let Some(lengths) = &of_windows.lengths
            && let Some(row) = lengths.iter().position(|length| asked.size < *length)
        {
            let place = Table {
                windows: Some(of_windows.clone()),
                origins: table.origins.clone(),
                kept: table.kept.clone(),
                ..Table::default()
            };
            let slot = self.plan.slots.iter().find(|slot| slot.declared.role == Role::Length);
            let (name, span) = slot.map_or(("t", asked.span), |slot| (&slot.declared.name, slot.declared.span));
            return Err(out_of_bounds(&place, row, lengths[row], (1, asked.size), name, span));
        }
        let mut table = cut(&scaled, &of_windows, &wanted(self.plan));
        let why = |(row, length): (usize, usize)| {
            (row, format!("{} has {length} rows, and at most {} are taken", table.place(row), asked.size))
        };
        table.broken = too_long.into_iter().map(why).collect();
        // What was filled was missing.
        let asks = !self.plan.skip_missing.is_empty();
        let unfilled = asks.then(|| cut(before, &of_windows, &wanted(self.plan)));
        if let Some(unfilled) = &unfilled
            && let Some(complete) = self.complete_rows(unfilled)?
        {
            let mut number = 0;
            let numbers: Vec<u32> = complete
                .iter()
                .map(|keep| {
                    number += u32::from(*keep);
                    number.wrapping_sub(1)
                })
                .collect();
            for part in [&mut parts.train, &mut parts.validation, &mut parts.test] {
                part.retain(|row| complete[*row as usize]);
                part.iter_mut().for_each(|row| *row = numbers[*row as usize]);
            }
            let kept =
                |all: &[usize]| (all.iter().zip(&complete)).filter(|(_, keep)| **keep).map(|(one, _)| *one).collect();
            let Cut { starts, size, lengths } = of_windows;
            let of_windows = Cut { starts: kept(&starts), size, lengths: lengths.as_deref().map(kept) };
            if of_windows.starts.is_empty() {
                let error =
                    self.section_error("E0617", format!("all {} windows lack what `skip missing` names", starts.len()));
                return Err(error.help("take the line out, or fill the column: `fill level with previous`"));
            }
            table = cut(&scaled, &of_windows, &wanted(self.plan));
            self.none_is_empty(&parts, of_windows.starts.len())?;
        }
        Ok(Windowed { table, parts, statistics })
    }

    /// Recordings that are longer than any may be, where such are skipped, each with its length: they are cut for the while.
    fn cut_short(&self, windows: &mut Cut) -> Vec<(usize, usize)> {
        let (Some(lengths), true) = (&mut windows.lengths, self.options.skip_bad) else { return vec![] };
        let size = windows.size;
        let too_long: Vec<(usize, usize)> =
            lengths.iter().copied().enumerate().filter(|(_, length)| size < *length).collect();
        lengths.iter_mut().for_each(|length| *length = (*length).min(size));
        too_long
    }

    /// The part of each row; or that windows, which do not overlap, are dealt out by chance.
    fn rows_of_parts(
        &mut self,
        table: &Table,
        own_rows: usize,
        file_parts: &[Option<usize>],
        asked: &Windows,
    ) -> Result<(Vec<In>, Option<(Choice, Choice)>), Diagnostic> {
        let mut rows = vec![In::Train; table.rows];
        let mut by_chance = [Choice::None, Choice::None];
        let requests = [(&self.plan.test, "test", In::Test), (&self.plan.validation, "validation", In::Validation)];
        let mut next = own_rows;
        for (at, (request, word, part)) in requests.into_iter().enumerate() {
            let Some(PartRequest { part: asked_for, span }) = request else { continue };
            match asked_for {
                Part::File(_) => {
                    let count = file_parts[at].unwrap_or(0);
                    rows[next..next + count].fill(part);
                    next += count;
                }
                // Whole recordings by chance.
                Part::Share(share) if asked.by.is_some() => {
                    let keys = self.recordings(table, asked)?;
                    self.deal_groups(&mut rows[..own_rows], &keys, *share, part);
                }
                Part::Share(share) if asked.size <= asked.step => by_chance[at] = Choice::Share(*share),
                Part::Share(share) => {
                    let error = Diagnostic::error("E0610", "windows that overlap can't be dealt out by chance")
                        .at(*span, "most rows of these would be trained on as well");
                    return Err(error.edit("take the last rows", *span, format!("{word} last {share}"), false));
                }
                Part::ShareBy(share, column) => {
                    let keys = self.keys(table, column)?;
                    self.deal_groups(&mut rows[..own_rows], &keys, *share, part);
                }
                Part::Last(_) | Part::By(_) => {
                    let choice = self.choice(request, word, table, own_rows, &[])?;
                    let free = |row: &usize| rows[*row] == In::Train;
                    let chosen: Vec<usize> = match choice {
                        // Of several series, the last rows of each.
                        Choice::Last(share) if asked.by.is_some() && !asked.whole => {
                            let keys = self.recordings(table, asked)?;
                            let of_each = runs(table, &vec![In::Train; table.rows], &keys);
                            let last = |run: Range<usize>| {
                                let count = (share * run.len() as f64).round() as usize;
                                run.rev().filter(free).take(count).collect::<Vec<usize>>()
                            };
                            of_each.into_iter().filter(|run| run.end <= own_rows).flat_map(last).collect()
                        }
                        Choice::Last(share) => {
                            let count = (share * own_rows as f64).round() as usize;
                            (0..own_rows).rev().filter(free).take(count).collect()
                        }
                        Choice::Rows(truths) => (0..own_rows).filter(|row| truths[*row] && free(row)).collect(),
                        Choice::None | Choice::Share(_) => vec![],
                    };
                    chosen.into_iter().for_each(|row| rows[row] = part);
                }
            }
        }
        if let Some(condition) = &self.plan.train_where {
            let keep = self.truth_of_rows(condition, table, "train where")?;
            for (row, keep) in rows.iter_mut().zip(keep) {
                if *row == In::Train && !keep {
                    *row = In::Nothing;
                }
            }
        }
        let [test, validation] = by_chance;
        let is_dealt = test != Choice::None || validation != Choice::None;
        Ok((rows, is_dealt.then_some((test, validation))))
    }

    /// A share of the groups, with all of their rows.
    fn deal_groups(&self, rows: &mut [In], keys: &[u64], share: f64, part: In) {
        let chosen =
            super::split::groups(&keys[..rows.len()], share, self.plan.split_seed, |row| rows[row] == In::Train);
        for (row, key) in rows.iter_mut().zip(keys) {
            if *row == In::Train && chosen.contains(key) {
                *row = part;
            }
        }
    }

    /// Which recording each row is of.
    fn recordings(&mut self, table: &Table, asked: &Windows) -> Result<Vec<u64>, Diagnostic> {
        match &asked.by {
            Some(column) => self.keys(table, column),
            None => Ok(vec![0; table.rows]),
        }
    }

    /// A number for each row, equal where all values of these columns are.
    pub(super) fn keys(&mut self, table: &Table, column: &ColumnExpression) -> Result<Vec<u64>, Diagnostic> {
        keys(table, column, self.plan, &mut self.warnings)
    }

    /// A column that a line names; of numbers, if it must be.
    fn column_named(
        &self,
        table: &Table,
        name: &str,
        span: Span,
        is_number: bool,
    ) -> Result<Option<usize>, Diagnostic> {
        let mut resolver = Resolver { table, settings: &self.plan.settings, skips: false, warnings: vec![] };
        let term = ColumnTerm::Column(name.to_string());
        let resolved = resolver.resolve(&ColumnExpression { term, span })?;
        let resolved = if is_number { resolver.number(resolved)? } else { resolved };
        let [column] = resolved.columns()[..] else { return Ok(None) };
        Ok(Some(column))
    }

    /// Columns that `fill … with previous` names. What is trained on sees nothing of the rows that are tested on; these may go on from what
    /// was before them.
    fn carry_on(&mut self, table: &mut Table, rows: &[In], recordings: &[u64]) -> Result<(), Diagnostic> {
        let runs = runs(table, rows, recordings);
        for (name, span) in &self.plan.carried {
            let Some(column) = self.column_named(table, name, *span, false)? else { continue };
            let cells = &mut table.columns[column];
            let width = cells.width();
            let mut before: Option<usize> = None;
            for run in &runs {
                let follows = before.filter(|row| {
                    row + 1 == run.start && recordings[*row] == recordings[run.start] && rows[run.start] != In::Train
                });
                carry(&mut cells.cells, width, run.clone(), follows);
                before = Some(run.end - 1);
            }
        }
        Ok(())
    }

    /// Columns that `standardize` names, each by its own mean and deviation over the rows that are trained on.
    fn scale_columns(&mut self, table: &mut Table, rows: &[In]) -> Result<Vec<(String, Statistics)>, Diagnostic> {
        let mut all = vec![];
        for (name, span) in &self.plan.scaled {
            let Some(column) = self.column_named(table, name, *span, true)? else { continue };
            let width = table.columns[column].width();
            let mut values = vec![];
            table.columns[column].cells.numbers(0..table.rows * width, &mut values);
            let given = self.options.facts.as_ref().and_then(|facts| facts.statistics.get(name));
            let statistics = match given {
                Some(given) if given.mean.len() == width => given.clone(),
                _ => {
                    let trained: Vec<f64> = (0..table.rows)
                        .filter(|row| rows[*row] == In::Train)
                        .flat_map(|row| values[row * width..(row + 1) * width].to_vec())
                        .filter(|value| !value.is_nan())
                        .collect();
                    pooled(&trained, width)
                }
            };
            for row in values.chunks_mut(width.max(1)) {
                for ((value, mean), deviation) in row.iter_mut().zip(&statistics.mean).zip(&statistics.deviation) {
                    *value = (*value - mean) / deviation;
                }
            }
            table.columns[column].cells = Cells::F64(values);
            all.push((name.clone(), statistics));
        }
        Ok(all)
    }

    /// How many places of a window the inputs look at.
    fn places_of_inputs(&mut self, table: &Table, size: usize) -> Result<usize, Diagnostic> {
        let probe = cut(table, &Cut { starts: vec![0], size, lengths: None }, &wanted(self.plan));
        let mut resolver = Resolver { table: &probe, settings: &self.plan.settings, skips: true, warnings: vec![] };
        let mut most = 1;
        for slot in self.plan.slots.iter().filter(|slot| slot.declared.role == Role::Input) {
            let resolved = match &slot.value {
                SlotValue::Expression(expression) => Some(resolver.resolve(expression)?),
                SlotValue::ByName => resolver.by_name(&slot.declared.name),
                SlotValue::Balanced(_) => None,
            };
            most = most.max(resolved.map_or(1, |resolved| last_place(&resolved, &probe, size) + 1));
        }
        Ok(most)
    }

    fn none_is_empty(&self, parts: &Parts, windows: usize) -> Result<(), Diagnostic> {
        let requests =
            [(&self.plan.test, &parts.test, "test"), (&self.plan.validation, &parts.validation, "validation")];
        for (request, part, word) in requests {
            if let (Some(request), true) = (request, part.is_empty()) {
                let text = format!("the {word} part is empty: none of {windows} windows is in it");
                return Err(Diagnostic::error("E0610", text).at(request.span, "takes no window").help(
                    match &request.part {
                        Part::By(_) => empty_help(&request.part),
                        _ => "take a larger share: a window stays within one part of the data",
                    },
                ));
            }
        }
        if parts.train.is_empty() && self.options.targets == Targets::Required && self.options.facts.is_none() {
            let error = self.section_error("E0617", "no window is left for training".to_string());
            return Err(error.help("give `test` and `validation` less, or make the windows shorter"));
        }
        Ok(())
    }
}

/// `fill … with previous`, of rows that follow each other: a missing cell is as the one before it, behind the row `before` if there is one; at
/// the beginning as the first that is there.
pub(super) fn carry(cells: &mut Cells, width: usize, run: Range<usize>, before: Option<usize>) {
    for element in 0..width {
        let at = |row: usize| row * width + element;
        let missing: Vec<bool> = run.clone().map(|row| cells.is_missing(at(row))).collect();
        let is_there = |row: &usize| !missing[row - run.start];
        let before = before.filter(|row| !cells.is_missing(at(*row)));
        let mut known = before.or_else(|| run.clone().find(is_there));
        for row in run.clone() {
            match known {
                Some(from) if !is_there(&row) => cells.copy(at(from), at(row)),
                _ => known = Some(row),
            }
        }
    }
}

/// Successive rows of one recording, one file and one part.
fn runs(table: &Table, rows: &[In], recordings: &[u64]) -> Vec<Range<usize>> {
    let begins = |row: usize| table.origins.iter().any(|origin| origin.first_row == row);
    let (mut all, mut start) = (vec![], 0);
    for row in 1..=table.rows {
        let ends = row == table.rows
            || rows[row] != rows[row - 1]
            || recordings[row] != recordings[row - 1]
            || (table.origins.len() > 1 && begins(row));
        if ends {
            all.push(start..row);
            start = row;
        }
    }
    all
}

/// The windows of the columns that are wanted. Places behind the end are those of the last row: nobody looks at them.
pub(super) fn cut(table: &Table, windows: &Cut, wanted: &dyn Fn(&str) -> bool) -> Table {
    let Cut { starts, size, lengths } = windows;
    let size = *size;
    let last = |at: usize| match lengths {
        Some(lengths) => starts[at] + lengths[at] - 1,
        None => table.rows.saturating_sub(1),
    };
    let column = |column: &TableColumn| {
        let width = column.width();
        let places = || {
            let rows = starts.iter().enumerate().flat_map(|(at, start)| {
                let last = last(at);
                (0..size).map(move |place| (start + place).min(last))
            });
            rows.flat_map(move |row| row * width..(row + 1) * width)
        };
        let cells = column.cells.picked(places());
        TableColumn { name: column.name.clone(), shape: [&[size], &column.shape[..]].concat(), cells }
    };
    let (kept, left): (Vec<&TableColumn>, Vec<&TableColumn>) =
        table.columns.iter().partition(|column| wanted(&column.name));
    Table {
        columns: kept.into_iter().map(column).collect(),
        rows: starts.len(),
        unread: table.unread.iter().cloned().chain(left.into_iter().map(|column| column.name.clone())).collect(),
        windows: Some(windows.clone()),
        kept: table.kept.clone(),
        origins: table.origins.clone(),
        headerless: table.headerless,
        broken: vec![],
        decimal_commas: table.decimal_commas.clone(),
        thousands: table.thousands.clone(),
        unclear_points: table.unclear_points.clone(),
        written: table.written.clone(),
    }
}
