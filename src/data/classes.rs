//! Classes: indices from words or whole numbers, and their names.
use super::evaluate::{all_rows, source_of};
use super::resolve::{Node, Resolved, ResolvedKind};
use super::table::{Cells, MISSING, Table};
use super::values::{Fitting, describe, missing_error};
use crate::diagnostic::{Diagnostic, Span};
use crate::schema::{nearest, quoted_list};
use rustc_hash::FxHashMap;

/// The classes of all rows, and their names if they come from text.
#[derive(Debug)]
pub struct Classes {
    pub indices: Vec<u32>,
    pub names: Option<Vec<String>>,
    pub warning: Option<Diagnostic>,
}

/// Indices below `count`. `given` are the names that came with weights.
pub fn classes(fitting: &Fitting, count: usize, given: Option<&[String]>) -> Result<Classes, Diagnostic> {
    match (fitting.resolved.kind, given) {
        (ResolvedKind::Words, _) => from_words(fitting, count, given),
        (ResolvedKind::Truth, None) if is_column(fitting) => Ok(Classes {
            names: (count == 2).then(|| vec!["false".to_string(), "true".to_string()]),
            ..from_numbers(fitting, count)?
        }),
        _ => from_numbers(fitting, count),
    }
}

fn is_column(fitting: &Fitting) -> bool {
    let columns = fitting.resolved.columns();
    matches!(columns.as_slice(), [column] if matches!(fitting.table.columns[*column].cells, Cells::Truths(_)))
}

/// Words, sorted, are the classes: the first is 0.
fn from_words(fitting: &Fitting, count: usize, given: Option<&[String]>) -> Result<Classes, Diagnostic> {
    let Fitting { declared, resolved, table } = fitting;
    let cells = word_cells(resolved, table).ok_or_else(|| {
        fitting.at(
            Diagnostic::error("E0608", format!("`{}` is a class: its texts are taken as they stand", declared.name)),
            "not plain columns",
        )
    })?;
    if let Some(at) = cells.iter().position(Option::is_none) {
        return Err(missing_error(fitting, at));
    }
    let words: Vec<&str> = cells.into_iter().flatten().collect();
    let mut distinct = words.clone();
    distinct.sort_unstable();
    distinct.dedup();
    let mut warning = None;
    let names: Vec<String> = match given {
        Some(given) => given.to_vec(),
        None if count < distinct.len() => {
            let text = format!(
                "`{}` is class({count}), but {} has {} words",
                declared.name,
                describe(fitting),
                distinct.len()
            );
            let error = fitting.at(Diagnostic::error("E0607", text), format!("{} words", distinct.len()));
            return Err(fitting
                .declaration(error)
                .note(format!("the words are {}", quoted_list(&distinct)))
                .help(format!("declare `class({})`", distinct.len())));
        }
        None => {
            if distinct.len() < count {
                let text = format!(
                    "`{}` is class({count}), but {} has only {} words",
                    declared.name,
                    describe(fitting),
                    distinct.len()
                );
                let found = fitting.at(Diagnostic::warning("W0601", text), quoted_list(&distinct));
                let found =
                    found.help(format!("declare `class({})`, unless rows with others are to come", distinct.len()));
                warning = Some(fitting.declaration(found));
            }
            distinct.iter().map(|word| word.to_string()).collect()
        }
    };
    let index_of: FxHashMap<&str, u32> =
        names.iter().enumerate().map(|(at, name)| (name.as_str(), at as u32)).collect();
    let mut indices = Vec::with_capacity(words.len());
    for (at, word) in words.iter().enumerate() {
        match index_of.get(word) {
            Some(index) => indices.push(*index),
            None => return Err(unknown_class(fitting, word, at, &names)),
        }
    }
    Ok(Classes { indices, names: Some(names), warning })
}

fn unknown_class(fitting: &Fitting, word: &str, at: usize, names: &[String]) -> Diagnostic {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let place = fitting.place(at);
    let error =
        Diagnostic::error("E0607", format!("`{word}` is none of the classes of `{}`: {place}", fitting.declared.name));
    let error = fitting.at(error, "a class that the weights don't know");
    let error = error.note(format!("the weights file has the classes {}", quoted_list(&names)));
    match nearest(word, &names) {
        Some(near) => error.help(format!("`{near}` is one of them")),
        None => error.help("take the row out, or train anew with this data"),
    }
}

/// Whole numbers are the classes themselves; nothing is renumbered.
fn from_numbers(fitting: &Fitting, count: usize) -> Result<Classes, Diagnostic> {
    let values = all_rows(fitting.resolved, fitting.table);
    if let Some(at) = values.iter().position(|value| value.is_nan()) {
        return Err(missing_error(fitting, at));
    }
    let name = &fitting.declared.name;
    if let Some(at) = values.iter().position(|value| value.fract() != 0.0 || !value.is_finite()) {
        let text = format!("`{name}` is a class, a whole number from 0; it is {} in {}", values[at], fitting.place(at));
        return Err(fitting
            .at(Diagnostic::error("E0607", text), "not a whole number")
            .help("round it in the file, or declare a number"));
    }
    if let Some(at) = values.iter().position(|value| *value < 0.0 || count as f64 <= *value) {
        let (low, high) =
            values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(*v), high.max(*v)));
        let text = format!(
            "`{name}` is class({count}), an index from 0 to {}; it is {} in {}",
            count as i64 - 1,
            values[at],
            fitting.place(at)
        );
        let error = Diagnostic::error("E0607", text).note(format!("{} goes from {low} to {high}", describe(fitting)));
        let error = fitting.declaration(fitting.at(error, format!("{low} to {high}")));
        return Err(if low == 1.0 && high == count as f64 {
            counted_from_one(fitting, error)
        } else if 0.0 <= low {
            error.help(format!("declare `class({})`", high + 1.0))
        } else {
            error.help("classes are counted from 0")
        });
    }
    Ok(Classes { indices: values.iter().map(|value| *value as u32).collect(), names: None, warning: None })
}

/// 1..k: the edit takes 1 off.
fn counted_from_one(fitting: &Fitting, error: Diagnostic) -> Diagnostic {
    let error = error.note("classes are counted from 0, and are never renumbered in silence");
    let name = &fitting.declared.name;
    match fitting.resolved.span {
        Some(span) => error.edit("take 1 off", Span { start: span.end, ..span }, " - 1", false),
        None => error.help(format!("add the line `{name} = {name} - 1` to the `data` section")),
    }
}

/// The words of all rows, row-major; none if the expression computes.
fn word_cells<'t>(resolved: &Resolved, table: &'t Table) -> Option<Vec<Option<&'t str>>> {
    let word_at = |resolved: &Resolved, row: usize, element: usize| -> Option<Option<&'t str>> {
        let mut resolved = resolved;
        let mut element = element;
        loop {
            match &resolved.node {
                Node::Column(column) => {
                    let column = &table.columns[*column];
                    let Cells::Words(words) = &column.cells else { return None };
                    let code = words.codes[row * column.width() + element];
                    return Some(if code == MISSING { None } else { words.word(code) });
                }
                _ => (resolved, element) = source_of(resolved, element)?,
            }
        }
    };
    let width = resolved.width();
    (0..table.rows * width).map(|at| word_at(resolved, at / width, at % width)).collect()
}
