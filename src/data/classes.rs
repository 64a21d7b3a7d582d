//! Classes: indices from words or whole numbers, and their names.
use super::evaluate::{all_rows, source_of};
use super::fitting::{Fitting, Wish};
use super::gaps::{close, stand_ins};
use super::resolve::{Node, Resolved, ResolvedKind};
use super::table::{Cells, MISSING, Table};
use super::values::{check_finite, describe};
use crate::diagnostic::{Diagnostic, Span};
use crate::schema::{FillWith, nearest, quoted_list};
use rustc_hash::FxHashMap;

/// The classes of all rows, and their names if they come from text.
#[derive(Debug)]
pub struct Classes {
    pub indices: Vec<u32>,
    pub names: Option<Vec<String>>,
    /// What stands for a missing one, for each component; empty if nothing does.
    pub fill: Vec<f64>,
    pub warning: Option<Diagnostic>,
}

/// Indices below `count`. `given` are the names that came with weights.
pub fn classes(fitting: &Fitting, count: usize, given: Option<&[String]>, wish: &Wish) -> Result<Classes, Diagnostic> {
    match (fitting.resolved.kind, given) {
        (ResolvedKind::Number | ResolvedKind::Truth, None) if !wish.shared.is_empty() => {
            Err(numbers_among_words(fitting))
        }
        // What was a number in training is none now: no text of this data says which class it is.
        (ResolvedKind::Words, None) if wish.numbered => from_numbers(fitting, count, wish),
        (ResolvedKind::Words, _) => from_words(fitting, count, given, wish),
        (ResolvedKind::Truth, None) if is_column(fitting) => Ok(Classes {
            names: (count == 2).then(|| vec!["false".to_string(), "true".to_string()]),
            ..from_numbers(fitting, count, wish)?
        }),
        _ => from_numbers(fitting, count, wish),
    }
}

fn is_column(fitting: &Fitting) -> bool {
    let columns = fitting.resolved.columns();
    matches!(columns.as_slice(), [column] if matches!(fitting.table.columns[*column].cells, Cells::Truths(_)))
}

/// Words, sorted, are the classes: the first is 0.
fn from_words(fitting: &Fitting, count: usize, given: Option<&[String]>, wish: &Wish) -> Result<Classes, Diagnostic> {
    let Fitting { declared, resolved, table, .. } = fitting;
    let cells = word_cells(resolved, table).ok_or_else(|| {
        fitting.at(
            Diagnostic::error("E0608", format!("`{}` is a class: its texts are taken as they stand", declared.name)),
            "not plain columns",
        )
    })?;
    // What stands for a missing text is a class, whether one is missing here or not.
    let stand_in = match wish.fill {
        Some(FillWith::Text(text)) => Some(text.as_str()),
        _ => None,
    };
    let mut distinct: Vec<&str> = cells.iter().copied().flatten().collect();
    distinct.extend(wish.shared.iter().map(String::as_str));
    // Of a series all of it counts: what is one place later in it has the same list.
    let whole = resolved.columns().into_iter().filter(|_| table.windows.is_some());
    distinct.extend(whole.flat_map(|column| match &table.columns[column].cells {
        Cells::Words(words) => words.words.iter().map(String::as_str).collect(),
        _ => vec![],
    }));
    distinct.sort_unstable();
    distinct.dedup();
    let added = stand_in.filter(|text| !distinct.contains(text));
    if let Some(text) = added {
        distinct.push(text);
        distinct.sort_unstable();
    }
    let mut warning = None;
    let names: Vec<String> = match given {
        Some(given) => given.to_vec(),
        None if count < distinct.len() => {
            let text = format!(
                "`{}` is class({count}), but {} {} words",
                declared.name,
                describe(fitting),
                if wish.shared.is_empty() {
                    format!("has {}", distinct.len())
                } else {
                    format!("and what is of the same classes have {}", distinct.len())
                }
            );
            let error = fitting.at(Diagnostic::error("E0607", text), format!("{} words", distinct.len()));
            let error = fitting.declaration(error).note(format!("the words are {}", quoted_list(&distinct)));
            let error = match added {
                Some(text) => error.note(format!("`{text}` stands for a missing one, and is a class of its own")),
                None => error,
            };
            return Err(error.help(format!("declare `class({})`", distinct.len())));
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
    let mut values = Vec::with_capacity(cells.len());
    for (at, cell) in cells.iter().enumerate() {
        values.push(match cell.map(|word| (word, index_of.get(word))) {
            None => f64::NAN,
            Some((_, Some(index))) => f64::from(*index),
            Some((word, None)) => {
                fitting.refuse(at, || unknown_class(fitting, word, at, &names))?;
                0.0
            }
        });
    }
    let (indices, fill) = filled(fitting, values, count, Some(&names), wish)?;
    Ok(Classes { indices, names: Some(names), fill, warning })
}

/// The indices with what stands for missing ones, and that.
fn filled(
    fitting: &Fitting,
    mut values: Vec<f64>,
    count: usize,
    names: Option<&[String]>,
    wish: &Wish,
) -> Result<(Vec<u32>, Vec<f64>), Diagnostic> {
    // Weights may be those of a program with more classes.
    let given = wish.given.filter(|given| given.fill.iter().all(|index| (0.0..count as f64).contains(index)));
    fitting.without_padding(&mut values);
    let fill = stand_ins(fitting, &Wish { given, ..*wish }, &values, names)?;
    close(fitting, wish, &mut values, &fill)?;
    Ok((values.iter().map(|value| *value as u32).collect(), fill))
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
fn from_numbers(fitting: &Fitting, count: usize, wish: &Wish) -> Result<Classes, Diagnostic> {
    let mut values = all_rows(fitting.resolved, fitting.table);
    if fitting.resolved.kind == ResolvedKind::Words {
        check_finite(fitting, &mut values)?;
    }
    let (low, high) =
        values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(*v), high.max(*v)));
    for (at, value) in values.iter_mut().enumerate().filter(|(_, value)| !value.is_nan()) {
        if value.fract() != 0.0 || !value.is_finite() {
            fitting.refuse(at, || not_whole(fitting, *value, at))?;
            *value = 0.0;
        }
    }
    for (at, value) in values.iter_mut().enumerate().filter(|(_, value)| !value.is_nan()) {
        if *value < 0.0 || count as f64 <= *value {
            fitting.refuse(at, || out_of_range(fitting, count, *value, at, (low, high)))?;
            *value = 0.0;
        }
    }
    let (indices, fill) = filled(fitting, values, count, None, wish)?;
    Ok(Classes { indices, names: None, fill, warning: None })
}

fn not_whole(fitting: &Fitting, value: f64, at: usize) -> Diagnostic {
    let name = &fitting.declared.name;
    let text = format!("`{name}` is a class, a whole number from 0; it is {value} in {}", fitting.place(at));
    let error = fitting.at(Diagnostic::error("E0607", text), "not a whole number");
    error.help("round it in the file, or declare a number")
}

fn out_of_range(fitting: &Fitting, count: usize, value: f64, at: usize, (low, high): (f64, f64)) -> Diagnostic {
    let text = format!(
        "`{}` is class({count}), an index from 0 to {}; it is {value} in {}",
        fitting.declared.name,
        count as i64 - 1,
        fitting.place(at)
    );
    let error = Diagnostic::error("E0607", text).note(format!("{} goes from {low} to {high}", describe(fitting)));
    let error = fitting.declaration(fitting.at(error, format!("{low} to {high}")));
    if low == 1.0 && high == count as f64 {
        counted_from_one(fitting, error)
    } else if 0.0 <= low {
        error.help(format!("declare `class({})`", high + 1.0))
    } else {
        error.help("classes are counted from 0")
    }
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

/// A column of whole numbers in one list with a column of words.
fn numbers_among_words(fitting: &Fitting) -> Diagnostic {
    let name = &fitting.declared.name;
    let text = format!("`{name}` has whole numbers, and is of the same classes as what has words");
    let error = fitting.at(Diagnostic::error("E0608", text), "numbers are indices and have no names");
    fitting.declaration(error).help(format!("take `{name}` out of the line `same classes`, or take a column of words"))
}

/// The words of a column, each once; none if it has no words.
pub fn words(resolved: &Resolved, table: &Table) -> Vec<String> {
    if resolved.kind != ResolvedKind::Words {
        return vec![];
    }
    let mut all: Vec<&str> = word_cells(resolved, table).unwrap_or_default().into_iter().flatten().collect();
    all.sort_unstable();
    all.dedup();
    all.into_iter().map(str::to_string).collect()
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
