//! From a resolved expression to the values of an input or target that is a number or a truth value: shape, gaps, statistics, precision.
use super::dataset::Values;
use super::evaluate::{all_finite, all_rows, all_rows_f32, missing_cell, source_of, word_column};
use super::fitting::{Fitting, Wish};
use super::gaps::{close, stand_ins};
use super::moments::moments;
use super::resolve::{Node, Resolved, ResolvedKind, word_error};
use super::table::Cells;
use crate::diagnostic::{Diagnostic, Span};
use crate::kernel::Float;
use crate::schema::Statistics;
use rustc_hash::FxHashMap;

/// What a column of the data is called in a message.
pub fn describe(fitting: &Fitting) -> String {
    match fitting.resolved.columns().as_slice() {
        [column] if matches!(fitting.resolved.node, Node::Column(_)) => {
            format!("`{}`", fitting.table.columns[*column].name)
        }
        _ => "the expression".to_string(),
    }
}

/// So many words are shown, each as an edit.
const CHOICES: usize = 3;

/// The values of a number, and their statistics if any were asked for.
pub fn numbers(fitting: &Fitting, wish: &Wish) -> Result<(Values, Option<Statistics>), Diagnostic> {
    let untouched = wish.fill.is_none() && !wish.standardize && wish.given.is_none() && fitting.lengths.is_none();
    if let Some(values) = as_they_stand(fitting, wish.precision).filter(|_| untouched) {
        return Ok((values, None));
    }
    if untouched
        && wish.precision == Float::F32
        && let Some(values) = all_rows_f32(fitting.resolved, fitting.table)
    {
        return Ok((Values::F32(values), None));
    }
    let mut values = all_rows(fitting.resolved, fitting.table);
    let width = fitting.resolved.width();
    check_finite(fitting, &mut values)?;
    fitting.without_padding(&mut values);
    let fill = stand_ins(fitting, wish, &values, None)?;
    close(fitting, wish, &mut values, &fill)?;
    let mut statistics = Statistics { fill, ..Statistics::default() };
    let standardized = wish.standardize || wish.given.is_some_and(|given| !given.mean.is_empty());
    if standardized {
        (statistics.mean, statistics.deviation) = match wish.given {
            Some(given) if given.mean.len() == width && given.deviation.len() == width => {
                (given.mean.clone(), given.deviation.clone())
            }
            _ if fitting.lengths.is_some() => {
                // The entries of all rows together, each with its own weight.
                let places = fitting.alike();
                let inner = places.iter().max().map_or(1, |most| most + 1);
                let (rows, all): (Vec<f64>, Vec<u32>) = entries(&values, width, inner, wish.train);
                let (mean, deviation) = moments(&rows, inner, &all);
                (places.iter().map(|at| mean[*at]).collect(), places.iter().map(|at| deviation[*at]).collect())
            }
            _ => of_places(fitting, moments(&values, width, wish.train)),
        };
        for row in values.chunks_mut(width.max(1)) {
            for ((value, mean), deviation) in row.iter_mut().zip(&statistics.mean).zip(&statistics.deviation) {
                *value = (*value - mean) / deviation;
            }
        }
    }
    (0..values.len()).filter(|at| fitting.is_padding(*at)).for_each(|at| values[at] = 0.0);
    let asked = !statistics.fill.is_empty() || standardized;
    Ok((in_precision(fitting, values, wish.precision)?, asked.then_some(statistics)))
}

/// The entries of sequences, of `inner` numbers each, that are there in these rows; and their numbers.
fn entries(values: &[f64], width: usize, inner: usize, train: &[u32]) -> (Vec<f64>, Vec<u32>) {
    let rows = train.iter().flat_map(|row| values[*row as usize * width..][..width].chunks(inner));
    let there: Vec<f64> = rows.filter(|entry| entry.iter().all(|v| !v.is_nan())).flatten().copied().collect();
    let count = (there.len() / inner.max(1)) as u32;
    (there, (0..count).collect())
}

/// The values of a truth value, 0 or 1, and what stands for missing ones.
pub fn truths(fitting: &Fitting, wish: &Wish) -> Result<(Values, Vec<f64>), Diagnostic> {
    let has_words = fitting.resolved.kind == ResolvedKind::Words;
    if has_words && fitting.skipped.is_none() {
        words_are_truths(fitting)?;
    }
    let mut values = all_rows(fitting.resolved, fitting.table);
    let width = fitting.resolved.width().max(1);
    for (at, value) in values.iter_mut().enumerate().filter(|(_, value)| **value != 0.0 && **value != 1.0) {
        let (row, element) = (at / width, at % width);
        if missing_cell(fitting.resolved, fitting.table, row, element).is_some() {
            continue;
        }
        if let Some((column, at)) = word_column(fitting.resolved, fitting.table, row, element)
            && let Some(truth) = fitting.table.columns[column].cells.truth(at)
        {
            *value = f64::from(u8::from(truth));
            continue;
        }
        fitting.refuse(at, || not_a_truth(fitting, *value, at))?;
        *value = 0.0;
    }
    fitting.without_padding(&mut values);
    let fill = stand_ins(fitting, wish, &values, None)?;
    close(fitting, wish, &mut values, &fill)?;
    values.iter_mut().filter(|value| value.is_nan()).for_each(|value| *value = 0.0);
    Ok((in_precision(fitting, values, wish.precision)?, fill))
}

fn not_a_truth(fitting: &Fitting, value: f64, at: usize) -> Diagnostic {
    let width = fitting.resolved.width().max(1);
    let name = &fitting.declared.name;
    let word = word_column(fitting.resolved, fitting.table, at / width, at % width);
    let word = word.and_then(|(column, at)| fitting.table.columns[column].cells.word(at));
    let shown = word.map_or_else(|| value.to_string(), |word| format!("the word `{word}`"));
    let text = format!("`{name}` is a truth value, 0 or 1; it is {shown} in {}", fitting.place(at));
    let label = if word.is_some() { "a word" } else { "a number" };
    let error = fitting.declaration(fitting.at(Diagnostic::error("E0608", text), label));
    match word {
        Some(_) => error.help("truth values are `true` and `false`, in any case, and 0 and 1"),
        None => error.help(format!("compare it, as in `{name} = {} > 0`", describe(fitting).trim_matches('`'))),
    }
}

/// Words are no truth values (E0608); a column without any word may be missing throughout.
fn words_are_truths(fitting: &Fitting) -> Result<(), Diagnostic> {
    let name = &fitting.declared.name;
    let words = fitting.resolved.columns().into_iter().find_map(|column| match &fitting.table.columns[column].cells {
        Cells::Words(words) if !words.words.is_empty() => {
            Some((fitting.table.columns[column].name.clone(), words.words.clone()))
        }
        _ => None,
    });
    let Some((column, words)) = words else { return Ok(()) };
    let error = Diagnostic::error("E0608", format!("`{name}` is a truth value, but `{column}` has words"));
    let error = fitting.declaration(fitting.at(error, "words are neither true nor false"));
    let is_plain = matches!(fitting.resolved.node, Node::Column(_));
    let Some(span) = fitting.resolved.span.filter(|_| is_plain && words.len() <= CHOICES) else {
        let first = words.first().map(String::as_str).unwrap_or_default();
        return Err(error.help(format!("compare it: `{name} = {column} == \"{first}\"`")));
    };
    let behind = Span { start: span.end, ..span };
    Err(words
        .iter()
        .fold(error, |error, word| error.edit(format!("true for `{word}`"), behind, format!(" == \"{word}\""), false)))
}

/// The cells themselves, if they are a column of the right precision in which no value is missing.
fn as_they_stand(fitting: &Fitting, precision: Float) -> Option<Values> {
    let Node::Column(column) = fitting.resolved.node else { return None };
    match (&fitting.table.columns[column].cells, precision) {
        (Cells::F32(values), Float::F32) => all_finite(values).then(|| Values::F32(values.clone())),
        (Cells::F64(values), Float::F64) => all_finite(values).then(|| Values::F64(values.clone())),
        _ => None,
    }
}

/// What is no word, and is finite or missing, may stay: NaN is left of missing values alone. Others are refused (E0605, E0618).
pub fn check_finite(fitting: &Fitting, values: &mut [f64]) -> Result<(), Diagnostic> {
    let width = fitting.resolved.width().max(1);
    for (at, value) in values.iter_mut().enumerate().filter(|(_, value)| !value.is_finite()) {
        let (row, element) = (at / width, at % width);
        if value.is_nan() && missing_cell(fitting.resolved, fitting.table, row, element).is_some() {
            continue;
        }
        fitting.refuse(at, || match word_column(fitting.resolved, fitting.table, row, element) {
            Some((column, at)) => word_error(fitting.table, fitting.resolved.span, column, at),
            None => not_finite(fitting, *value, at),
        })?;
        *value = 0.0;
    }
    Ok(())
}

/// Whether this element of a row is a cell as it stands.
fn is_cell(resolved: &Resolved, element: usize) -> bool {
    match source_of(resolved, element) {
        Some((inner, element)) => is_cell(inner, element),
        None => matches!(resolved.node, Node::Column(_)),
    }
}

fn not_finite(fitting: &Fitting, value: f64, at: usize) -> Diagnostic {
    let text = format!("`{}` is {value} in {}", fitting.declared.name, fitting.place(at));
    let error = fitting.at(Diagnostic::error("E0618", text), "not a finite number");
    match is_cell(fitting.resolved, at % fitting.resolved.width().max(1)) {
        true => error.help("correct the value in the file"),
        false => error
            .help("the expression has no finite value there, as `log(0)` has none: use another, such as `log1p(x)`"),
    }
}

/// The same statistics for what differs by its place in a window alone.
fn of_places(fitting: &Fitting, (mut mean, mut deviation): (Vec<f64>, Vec<f64>)) -> (Vec<f64>, Vec<f64>) {
    let mut of: FxHashMap<usize, Vec<usize>> = FxHashMap::default();
    fitting.alike().into_iter().enumerate().for_each(|(at, first)| of.entry(first).or_default().push(at));
    for places in of.into_values().filter(|places| 1 < places.len()) {
        let count = places.len() as f64;
        let whole = places.iter().map(|at| mean[*at]).sum::<f64>() / count;
        // A deviation of 1 may stand for one of 0: where all places are constant, nothing is lost by it.
        let square = |at: &usize| deviation[*at] * deviation[*at] + (mean[*at] - whole) * (mean[*at] - whole);
        let spread = libm::sqrt(places.iter().map(square).sum::<f64>() / count);
        for at in places {
            (mean[at], deviation[at]) = (whole, if spread == 0.0 { 1.0 } else { spread });
        }
    }
    (mean, deviation)
}

fn in_precision(fitting: &Fitting, values: Vec<f64>, precision: Float) -> Result<Values, Diagnostic> {
    if precision == Float::F64 {
        return Ok(Values::F64(values));
    }
    let mut singles: Vec<f32> = values.iter().map(|value| *value as f32).collect();
    if !all_finite(&singles) {
        for (at, value) in singles.iter_mut().enumerate().filter(|(_, value)| !value.is_finite()) {
            fitting.refuse(at, || too_large(fitting, values[at], at))?;
            *value = 0.0;
        }
    }
    Ok(Values::F32(singles))
}

fn too_large(fitting: &Fitting, value: f64, at: usize) -> Diagnostic {
    let name = &fitting.declared.name;
    let text = format!("`{name}` is {value:e} in {}, beyond what f32 can hold", fitting.place(at));
    let error = fitting.at(Diagnostic::error("E0618", text), "too large");
    error.help(format!("add the line `standardize {name}`, or train with `precision f64`"))
}
