//! Carries a plan out: source, test file, split, then each input and target.
use super::classes::{classes, words};
use super::dataset::{Column, Dataset, Options, Parts, Targets, Values};
use super::fitting::{Fitting, Said, Wish};
use super::gather::Gathered;
use super::loading::{Loading, source_name};
use super::resolve::{Resolved, Resolver};
use super::sequences::of_declared_length;
use super::series::split_at_random;
use super::skipped::Skipped;
use super::table::{Cells, Table};
use super::values::{numbers, truths};
use super::weights::weigh;
use crate::diagnostic::Diagnostic;
use crate::graph::Kind;
use crate::kernel::Float;
use crate::schema::{DataPlan, Facts, FillWith, Role, Slot, SlotValue, Statistics};
use crate::schema::{nearest, quoted_list};

/// Reads the data of a plan. All errors that do not depend on each other are found in one run (E0601 … E0618).
pub fn load(plan: &DataPlan, options: &Options) -> Result<Dataset, Vec<Diagnostic>> {
    load_gathered(plan, options, &gather(plan, options)?)
}

/// The rows of all files that a plan names, before anything is made of them.
pub fn gather(plan: &DataPlan, options: &Options) -> Result<Gathered, Vec<Diagnostic>> {
    with(plan, options, |loading| loading.gather(plan).map_err(|error| vec![error]))
}

/// The same as `load`, of rows that were gathered for this plan and these options.
pub fn load_gathered(plan: &DataPlan, options: &Options, gathered: &Gathered) -> Result<Dataset, Vec<Diagnostic>> {
    with(plan, options, |loading| {
        if loading.asks_for_nothing() {
            return Ok(without_inputs(plan, options.precision));
        }
        loading.run(&gathered.table, gathered.own_rows, &gathered.file_parts)
    })
}

fn with<T>(plan: &DataPlan, options: &Options, then: impl FnOnce(Loading) -> T) -> T {
    let replaced = options.data.as_ref().map(|_| without_listed_rows(plan));
    then(Loading::new(replaced.as_ref().unwrap_or(plan), options))
}

/// `--data` replaces rows that stand in the program, and the lines about them, but for `test` and `validation`.
pub(super) fn without_listed_rows(plan: &DataPlan) -> DataPlan {
    let mut plan = plan.clone();
    if plan.file.is_none() && (!plan.listed.is_empty() || !plan.drawn.is_empty()) {
        plan.listed.clear();
        plan.drawn.clear();
        plan.standardize.clear();
        plan.fill.clear();
        plan.train_where = None;
        plan.slots.iter_mut().for_each(|slot| slot.value = SlotValue::ByName);
    }
    plan
}

/// A program that asks for nothing has one example, of nothing: an objective to be made small.
fn without_inputs(plan: &DataPlan, precision: Float) -> Dataset {
    let facts = Facts { split_seed: plan.split_seed, ..Facts::default() };
    Dataset { facts, ..Dataset::of(&[], vec![], 1, precision, "no data") }
}

/// What a slot became.
struct Filled {
    column: Column,
    classes: Option<Vec<String>>,
    statistics: Option<Statistics>,
}

impl Loading<'_> {
    /// What the plan makes of a table: its first rows are of the section, those of other files follow.
    pub(super) fn run(
        mut self,
        table: &Table,
        own_rows: usize,
        file_parts: &[Option<usize>],
    ) -> Result<Dataset, Vec<Diagnostic>> {
        if table.rows == 0 {
            let error = self.section_error("E0617", format!("{} has no rows", source_name(table)));
            let why = match self.options.targets {
                Targets::Unread => "there is nothing to predict",
                _ => "training needs rows",
            };
            return Err(vec![error.help(format!("{why}; a header alone is no row"))]);
        }
        let sorted = self.sorted(table).map_err(|error| vec![error])?;
        let table = sorted.as_ref().unwrap_or(table);
        let asked = self.plan.window.as_ref();
        let complete = match asked {
            None => self.complete_rows(table).map_err(|error| vec![error])?,
            // Of a series, windows are left out.
            Some(_) => None,
        };
        let kept = complete.as_ref().map(|keep| table.of_rows(keep));
        let count = |range: std::ops::Range<usize>| match &complete {
            Some(keep) => keep[range].iter().filter(|keep| **keep).count(),
            None => range.len(),
        };
        let mut next = own_rows;
        let file_parts: Vec<Option<usize>> = file_parts
            .iter()
            .map(|rows| {
                let first = next;
                next += rows.unwrap_or(0);
                rows.map(|rows| count(first..first + rows))
            })
            .collect();
        let (table, own_rows, file_parts) = (kept.as_ref().unwrap_or(table), count(0..own_rows), &file_parts[..]);
        if let Some(left) = complete.as_ref().filter(|_| table.rows == 0) {
            let error = self.section_error("E0617", format!("all {} rows lack what `skip missing` names", left.len()));
            return Err(vec![error.help("take the line out, or look at the column: has it another name?")]);
        }
        let windowed = asked.map(|asked| self.windowed(table, own_rows, file_parts, asked)).transpose();
        let windowed = windowed.map_err(|error| vec![error])?;
        let table = windowed.as_ref().map_or(table, |windowed| &windowed.table);
        for (request, name) in [(&self.plan.test, "test"), (&self.plan.validation, "validation")] {
            if asked.is_some() {
                break;
            }
            self.warnings.extend(request.as_ref().and_then(|request| split_at_random(table, request, name)));
        }
        let skipped = Skipped::default();
        for (row, why) in &table.broken {
            skipped.add(*row, || Diagnostic::error("E0611", format!("{}: {why}", source_name(table))));
        }
        let skips = self.options.skip_bad.then_some(&skipped);
        let with_characters = self.with_characters(table);
        let table = with_characters.as_ref().unwrap_or(table);
        let resolved = self.resolve_slots(table)?;
        self.places_are_there(table, &resolved).map_err(|error| vec![error])?;
        let lengths = self.lengths_of_slots(table, &resolved).map_err(|error| vec![error])?;
        let mut facts = Facts { split_seed: self.plan.split_seed, ..Facts::default() };
        let parts = match &windowed {
            Some(windowed) => {
                facts.statistics.extend(windowed.statistics.iter().cloned());
                windowed.parts.clone()
            }
            None => self.parts(table, own_rows, file_parts, &resolved).map_err(|error| vec![error])?,
        };
        let mut columns = vec![];
        let mut errors = vec![];
        for (index, (slot, one)) in self.plan.slots.iter().zip(&resolved).enumerate() {
            if let (Role::Length, Some(lengths)) = (slot.declared.role, &lengths[index]) {
                let numbers = lengths.iter().map(|length| *length as f64).collect();
                columns.push(self.column(slot, Values::of(numbers, self.options.precision)));
                continue;
            }
            let Some(one) = one else {
                columns.push(self.column(slot, Values::Classes(vec![])));
                continue;
            };
            let fitting = Fitting {
                declared: &slot.declared,
                resolved: one,
                table,
                lengths: lengths[index].as_deref(),
                skipped: skips,
            };
            let shared = self.shared_words(index, table, &resolved);
            match self.fill(index, &fitting, &parts, &shared) {
                Err(error) => errors.push(error),
                Ok(filled) => {
                    let name = &slot.declared.name;
                    let read = one.columns().iter().map(|column| table.columns[*column].name.clone()).collect();
                    facts.columns.insert(name.clone(), read);
                    facts.classes.extend(filled.classes.map(|names| (name.clone(), names)));
                    facts.statistics.extend(filled.statistics.map(|statistics| (name.clone(), statistics)));
                    let mut column = filled.column;
                    if lengths[index].is_some() {
                        column.values = of_declared_length(column.values, &one.shape, &slot.declared);
                    }
                    columns.push(column);
                }
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        weigh(self.plan, &mut columns, &parts, self.options.precision).map_err(|error| vec![error])?;
        let is_read = |column: &String| facts.columns.values().flatten().any(|read| read == column);
        facts.cells = table.written.iter().filter(|(column, _)| is_read(column)).cloned().collect();
        let source = source_name(table);
        self.notes.extend(self.commas(table, &facts));
        self.notes.extend(self.facts_that_hold(&facts));
        let skipped = skipped.into_rows();
        let Loading { warnings, notes, .. } = self;
        Ok(Dataset { columns, rows: table.rows, parts, facts, source, warnings, notes, skipped })
    }

    fn resolve_slots(&mut self, table: &Table) -> Result<Vec<Option<Resolved>>, Vec<Diagnostic>> {
        let skips = self.options.skip_bad;
        let mut resolver = Resolver { table, settings: &self.plan.settings, skips, warnings: vec![] };
        let mut answers = vec![];
        let mut errors = vec![];
        for slot in &self.plan.slots {
            let answers_to_inputs = matches!(slot.declared.role, Role::Target | Role::Weight);
            if answers_to_inputs && self.options.targets == Targets::Unread {
                answers.push(None);
                continue;
            }
            let optional = answers_to_inputs && self.options.targets == Targets::Optional;
            let answer = match &slot.value {
                SlotValue::Expression(expression) => {
                    resolver.resolve(expression).and_then(|resolved| match slot.declared.kind {
                        Kind::Real => resolver.number(resolved),
                        _ => Ok(resolved),
                    })
                }
                SlotValue::Balanced(_) => {
                    answers.push(None);
                    continue;
                }
                // Where no line says it, what is so long does.
                SlotValue::ByName if slot.declared.role == Role::Length => {
                    answers.push(None);
                    continue;
                }
                SlotValue::ByName => match resolver.by_name(&slot.declared.name) {
                    Some(resolved) if slot.declared.kind == Kind::Real => resolver.number(resolved),
                    Some(resolved) => Ok(resolved),
                    None => Err(self.no_values(slot, table)),
                },
            };
            match answer {
                Ok(resolved) => {
                    let shape =
                        Fitting { declared: &slot.declared, resolved: &resolved, table, lengths: None, skipped: None }
                            .check_shape();
                    errors.extend(shape.err());
                    answers.push(Some(resolved));
                }
                Err(error) if optional && matches!(error.code, "E0603" | "E0615") => answers.push(None),
                Err(error) if error.labels.is_empty() => errors.push(error.at(slot.declared.span, "taken by its name")),
                Err(error) => errors.push(error),
            }
        }
        self.warnings.append(&mut resolver.warnings);
        if errors.is_empty() { Ok(answers) } else { Err(errors) }
    }

    /// E0615: an input without a line and without a column of its name.
    fn no_values(&self, slot: &Slot, table: &Table) -> Diagnostic {
        let Slot { declared, .. } = slot;
        let name = &declared.name;
        let mut columns: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
        columns.extend(table.unread.iter().map(String::as_str));
        let what = declared.role_name();
        let error = Diagnostic::error("E0615", format!("the data says nothing about the {what} `{name}`"))
            .at(declared.span, "needs a value for each row");
        let error = match self.plan.span {
            Some(span) => error.also(span, format!("no line `{name} = …` here, and no column of that name")),
            None => error.note(format!("{} has no column of that name", source_name(table))),
        };
        match nearest(name, &columns) {
            Some(near) => error.help(format!("add the line `{name} = {near}`")),
            None if columns.is_empty() => error.help(format!("add a line such as `{name}: 0, 1, 2`")),
            None => error.help(format!("add a line `{name} = …`; the columns are {}", quoted_list(&columns))),
        }
    }

    fn fill(
        &mut self,
        index: usize,
        fitting: &Fitting,
        parts: &Parts,
        shared: &[String],
    ) -> Result<Filled, Diagnostic> {
        let declared = fitting.declared;
        let wish = Wish { shared, ..self.wish(index, &parts.train) };
        let mut filled = Filled {
            column: self.column(&self.plan.slots[index], Values::Classes(vec![])),
            classes: None,
            statistics: None,
        };
        let filling = |fill: Vec<f64>| (!fill.is_empty()).then(|| Statistics { fill, ..Statistics::default() });
        match declared.kind {
            Kind::Index(count) | Kind::Class(_, count) => {
                let found = classes(fitting, count, self.given_classes(&declared.name), &wish)?;
                filled.column.values = Values::Classes(found.indices);
                filled.classes = found.names;
                filled.statistics = filling(found.fill);
                self.warnings.extend(found.warning);
            }
            Kind::Bool => {
                let (values, fill) = truths(fitting, &wish)?;
                filled.column.values = values;
                filled.statistics = filling(fill);
            }
            Kind::Real => {
                (filled.column.values, filled.statistics) = numbers(fitting, &wish)?;
                self.notes.extend(self.standardized_target(index, filled.statistics.as_ref()));
            }
        }
        Ok(filled)
    }

    /// The words of the other inputs and targets whose classes are of the same list as these: it is learned from all of them.
    fn shared_words(&self, index: usize, table: &Table, resolved: &[Option<Resolved>]) -> Vec<String> {
        let Kind::Class(list, _) = self.plan.slots[index].declared.kind else { return vec![] };
        let mut all = vec![];
        for (at, (slot, resolved)) in self.plan.slots.iter().zip(resolved).enumerate() {
            let is_of_it = at != index && matches!(slot.declared.kind, Kind::Class(own, _) if own == list);
            if let Some(resolved) = resolved.as_ref().filter(|_| is_of_it) {
                all.extend(words(resolved, table));
                all.extend(self.plan.fill.iter().filter(|fill| fill.slot == at).filter_map(|fill| match &fill.with {
                    FillWith::Text(text) => Some(text.clone()),
                    FillWith::Mean | FillWith::MostFrequent | FillWith::Number(_) => None,
                }));
            }
        }
        all
    }

    /// What is asked of an input or target; statistics are taken from the rows of `train`.
    pub(super) fn wish<'t>(&'t self, index: usize, train: &'t [u32]) -> Wish<'t> {
        let name = &self.plan.slots[index].declared.name;
        let known = self.options.facts.as_ref().filter(|facts| facts.columns.contains_key(name));
        Wish {
            fill: self.plan.fill.iter().find(|fill| fill.slot == index).map(|fill| &fill.with),
            standardize: self.plan.standardize.iter().any(|wish| wish.slot == index),
            shared: &[],
            given: self.options.facts.as_ref().and_then(|facts| facts.statistics.get(name)),
            numbered: known.is_some_and(|facts| !facts.classes.contains_key(name)),
            precision: self.options.precision,
            train,
            said: Said { previous: &self.plan.carried, predicts: self.options.targets == Targets::Unread },
        }
    }

    /// W0603: what is predicted for a standardized target counts deviations.
    fn standardized_target(&self, index: usize, statistics: Option<&Statistics>) -> Option<Diagnostic> {
        let wish = self.plan.standardize.iter().find(|wish| wish.slot == index)?;
        let declared = &self.plan.slots[index].declared;
        if declared.role != Role::Target {
            return None;
        }
        let text = format!(
            "`{0}` is standardized: what is predicted for `{0}` counts deviations from its mean",
            declared.name
        );
        let note = Diagnostic::remark("W0603", text).at(wish.span, "a target");
        let note = note.help(format!("`output value = {0}.std y + {0}.mean` is in its own unit", declared.name));
        Some(match statistics {
            Some(Statistics { mean, deviation, .. }) if mean.len() == 1 => {
                note.note(format!("its mean is {}, its deviation {}", brief(mean[0]), brief(deviation[0])))
            }
            _ => note,
        })
    }

    /// W0606: how the commas of numbers are read, in the columns that are.
    fn commas(&self, table: &Table, facts: &Facts) -> Vec<Diagnostic> {
        let is_read = |column: &&str| facts.columns.values().flatten().any(|read| read == column);
        let notes = [(&table.decimal_commas, "commas are decimal"), (&table.thousands, "commas are between thousands")];
        let note = |(columns, what): (&Vec<String>, &str)| {
            let columns: Vec<&str> = columns.iter().map(String::as_str).filter(is_read).collect();
            let first = columns.first()?;
            let note = Diagnostic::remark("W0606", format!("{what} in {}", quoted_list(&columns)));
            let note = match table.columns.iter().find(|column| column.name == *first).map(|column| &column.cells) {
                Some(Cells::F64(values)) => match values.iter().find(|value| !value.is_nan()) {
                    Some(value) => note.note(format!("the first number of `{first}` is {value}")),
                    None => note,
                },
                _ => note,
            };
            Some(match self.plan.file.as_ref().filter(|_| self.options.data.is_none()) {
                Some(file) => note.at(file.span, "this file"),
                None => note,
            })
        };
        notes.into_iter().filter_map(note).collect()
    }

    /// W0604: what came with the weights is not taken from this data.
    fn facts_that_hold(&self, facts: &Facts) -> Option<Diagnostic> {
        let given = self.options.facts.as_ref()?;
        let statistics = facts.statistics.keys().any(|name| given.statistics.contains_key(name));
        let classes = facts.classes.keys().any(|name| given.classes.contains_key(name));
        let what = match (statistics, classes) {
            (true, true) => "the statistics and the names of classes are those",
            (true, false) => "the statistics are those",
            (false, true) => "the names of classes are those",
            (false, false) => return None,
        };
        let note = Diagnostic::remark("W0604", format!("{what} of the weights, not of this data"));
        Some(match self.plan.file.as_ref().map(|file| file.span).or(self.plan.span) {
            Some(span) => note.at(span, "not learned here"),
            None => note,
        })
    }

    fn column(&self, slot: &Slot, values: Values) -> Column {
        let Slot { declared, .. } = slot;
        Column { name: declared.name.clone(), kind: declared.kind, shape: declared.shape.clone(), values }
    }
}

/// A number as people write it, to six digits.
fn brief(value: f64) -> String {
    let rounded: f64 = format!("{value:.5e}").parse().unwrap_or(value);
    rounded.to_string()
}
