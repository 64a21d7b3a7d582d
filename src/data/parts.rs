//! Which rows are for training, validation and testing, as the plan asks.
use super::classes::classes;
use super::dataset::{Parts, Targets};
use super::evaluate::all_rows;
use super::fitting::Fitting;
use super::loading::Loading;
use super::resolve::{Resolved, ResolvedKind, Resolver};
use super::split::{Choice, split};
use super::table::{Cells, MISSING, Table};
use crate::diagnostic::Diagnostic;
use crate::graph::Kind;
use crate::schema::{ColumnExpression, Part, PartRequest, Role, Slot, quoted_list};

impl Loading<'_> {
    /// The rows of each part. E0610 if one that was asked for is empty, E0617 if none is left for training.
    pub(super) fn parts(
        &mut self,
        table: &Table,
        own_rows: usize,
        file_parts: &[Option<usize>],
        resolved: &[Option<Resolved>],
    ) -> Result<Parts, Diagnostic> {
        let labels = self.labels(table, resolved);
        let labels = labels.as_ref().map(|labels| &labels[..own_rows]);
        let test = self.choice(&self.plan.test, "test", table, own_rows, &[])?;
        let taken = if let Choice::Rows(taken) = &test { &taken[..] } else { &[] };
        let validation = self.choice(&self.plan.validation, "validation", table, own_rows, taken)?;
        let mut parts = split(own_rows, labels, &test, &validation, self.plan.split_seed);
        let mut next = own_rows as u32;
        for (rows, part) in file_parts.iter().zip([&mut parts.test, &mut parts.validation]) {
            if let Some(rows) = rows {
                *part = (next..next + *rows as u32).collect();
                next += *rows as u32;
            }
        }
        for (request, part, word) in
            [(&self.plan.test, &parts.test, "test"), (&self.plan.validation, &parts.validation, "validation")]
        {
            if let (Some(request), true) = (request, part.is_empty()) {
                let text = format!("the {word} part is empty: none of {own_rows} rows is in it");
                return Err(Diagnostic::error("E0610", text)
                    .at(request.span, "takes no row")
                    .help(empty_help(&request.part)));
            }
        }
        if let Some(condition) = &self.plan.train_where {
            let keep = self.truth_of_rows(condition, table, "train where")?;
            parts.train.retain(|row| keep[*row as usize]);
        }
        if parts.train.is_empty() && self.options.targets == Targets::Required && self.options.facts.is_none() {
            let error = self.section_error("E0617", "no row is left for training".to_string());
            return Err(error
                .note(format!(
                    "of {} rows, {} are for testing and {} for validation",
                    table.rows,
                    parts.test.len(),
                    parts.validation.len()
                ))
                .help("let `train where` keep more, or give `test` and `validation` less"));
        }
        Ok(parts)
    }

    /// A class for each row, of the first target that is a class or a truth value: what the split is stratified by.
    fn labels(&self, table: &Table, resolved: &[Option<Resolved>]) -> Option<Vec<u32>> {
        let stratifies = |slot: &&Slot| {
            slot.declared.role == Role::Target && slot.declared.shape.is_empty() && slot.declared.kind != Kind::Real
        };
        let index = self.plan.slots.iter().position(|slot| stratifies(&slot))?;
        let resolved = resolved[index].as_ref()?;
        let Slot { declared, .. } = &self.plan.slots[index];
        match declared.kind {
            Kind::Index(count) | Kind::Class(_, count) => {
                let fitting = Fitting { declared, resolved, table, lengths: None, skipped: None };
                // For what is missing, that of all rows may stand here.
                let all: Vec<u32> = (0..table.rows as u32).collect();
                let given = self.given_classes(&declared.name);
                Some(classes(&fitting, count, given, &self.wish(index, &all)).ok()?.indices)
            }
            Kind::Real | Kind::Bool if resolved.kind == ResolvedKind::Words => None,
            Kind::Real | Kind::Bool => {
                Some(all_rows(resolved, table).iter().map(|value| u32::from(*value == 1.0)).collect())
            }
        }
    }

    pub(super) fn given_classes(&self, name: &str) -> Option<&[String]> {
        self.options.facts.as_ref().and_then(|facts| facts.class_names(name))
    }

    pub(super) fn choice(
        &mut self,
        request: &Option<PartRequest>,
        word: &str,
        table: &Table,
        rows: usize,
        taken: &[bool],
    ) -> Result<Choice, Diagnostic> {
        Ok(match request.as_ref().map(|request| &request.part) {
            None | Some(Part::File(_)) => Choice::None,
            Some(Part::Share(share)) => Choice::Share(*share),
            Some(Part::Last(share)) => Choice::Last(*share),
            Some(Part::ShareBy(share, column)) => {
                let keys = self.keys(table, column)?;
                let chosen = super::split::groups(&keys[..rows], *share, self.plan.split_seed, |row| {
                    taken.get(row) != Some(&true)
                });
                Choice::Rows(keys[..rows].iter().map(|key| chosen.contains(key)).collect())
            }
            Some(Part::By(expression)) => {
                let mut truths = self.truth_of_rows(expression, table, word)?;
                truths.truncate(rows);
                Choice::Rows(truths)
            }
        })
    }

    /// The truth of an expression for each row. A column of words names the parts: those rows are meant whose word is `word`.
    pub(super) fn truth_of_rows(
        &mut self,
        expression: &ColumnExpression,
        table: &Table,
        word: &str,
    ) -> Result<Vec<bool>, Diagnostic> {
        let mut resolver = Resolver { table, settings: &self.plan.settings, skips: false, warnings: vec![] };
        let resolved = resolver.resolve(expression)?;
        self.warnings.append(&mut resolver.warnings);
        let wrong = |code, text: String, label: &str| Diagnostic::error(code, text).at(expression.span, label);
        if resolved.width() != 1 {
            return Err(wrong("E0610", format!("`{word}` wants one truth value for each row"), "several values"));
        }
        if let (ResolvedKind::Words, [column]) = (resolved.kind, resolved.columns().as_slice()) {
            let Cells::Words(words) = &table.columns[*column].cells else { return Ok(vec![]) };
            let Some(code) = words.code(word) else {
                let known: Vec<&str> = words.words.iter().map(String::as_str).collect();
                let name = &table.columns[*column].name;
                let text = format!("no row of `{name}` has the word `{word}`");
                return Err(wrong("E0610", text, "not a part of the data")
                    .note(format!("its words are {}", quoted_list(&known)))
                    .help(format!(
                        "say which rows are meant, as in `{name} == \"{}\"`",
                        known.first().unwrap_or(&word)
                    )));
            };
            return Ok(words.codes.iter().map(|cell| *cell != MISSING && *cell == code).collect());
        }
        let values = all_rows(&resolved, table);
        match values.iter().position(|value| *value != 0.0 && *value != 1.0) {
            None => Ok(values.iter().map(|value| *value == 1.0).collect()),
            Some(row) if values[row].is_nan() => {
                let text = format!("`{word}` can't be told for {}: a value is missing", table.place(row));
                Err(wrong("E0606", text, "missing there"))
            }
            Some(row) => {
                let text = format!("`{word}` wants true or false; this is {} in {}", values[row], table.place(row));
                Err(wrong("E0610", text, "a number").help("compare it, as in `fold == 3`"))
            }
        }
    }
}

/// What to do about a part that has nothing.
pub(super) fn empty_help(part: &Part) -> &'static str {
    match part {
        Part::By(_) => {
            "no row of those that are left is so: look at the words and numbers of the column, and at what the other part takes"
        }
        Part::File(_) => "the file has no row that fits",
        Part::Share(_) | Part::Last(_) | Part::ShareBy(..) => "take a larger share, or leave the line out",
    }
}
