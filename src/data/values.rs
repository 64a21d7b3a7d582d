//! From a resolved expression to the values of an input or target that is a number or a truth value: shape, gaps, statistics, precision.
use super::dataset::Values;
use super::evaluate::{all_finite, all_rows, all_rows_f32, column_of, missing_column};
use super::resolve::{Node, Resolved, ResolvedKind};
use super::table::{Cells, Table};
use crate::diagnostic::{Diagnostic, Span};
use crate::graph::Kind;
use crate::kernel::Float;
use crate::schema::{Declared, FillWith, Statistics, shape_text};

/// An input or target and the expression that is to fill it.
pub struct Fitting<'a> {
    pub declared: &'a Declared,
    pub resolved: &'a Resolved,
    pub table: &'a Table,
}

/// What is asked of the values of an input or target.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    pub fill: Option<FillWith>,
    pub standardize: bool,
    /// Statistics that came with weights: they hold.
    pub given: Option<&'a Statistics>,
    pub precision: Float,
    /// The rows that statistics are taken from.
    pub train: &'a [u32],
}

impl Fitting<'_> {
    /// Marks the expression, or else the declaration of an input that is taken by its name.
    pub fn at(&self, diagnostic: Diagnostic, label: impl Into<String>) -> Diagnostic {
        diagnostic.at(self.resolved.span.unwrap_or(self.declared.span), label)
    }

    /// Marks the declaration too, unless `at` does.
    pub fn declaration(&self, diagnostic: Diagnostic) -> Diagnostic {
        match self.resolved.span {
            Some(_) => diagnostic.also(self.declared.span, "declared here"),
            None => diagnostic,
        }
    }

    /// The row of a value, and its column where a row has several.
    pub fn place(&self, at: usize) -> String {
        let width = self.resolved.width().max(1);
        let row = self.table.place(at / width);
        match column_of(self.resolved, self.table, at % width) {
            Some(column) if column != self.declared.name => format!("{row}, column `{column}`"),
            _ => row,
        }
    }

    /// Whether the values of a row are those of the declared shape (E0604).
    ///
    /// A flat row of n values fits every shape of n values, and the other way round; axes of one entry may be missing or too many.
    pub fn check_shape(&self) -> Result<(), Diagnostic> {
        let (wanted, found) = (&self.declared.shape, &self.resolved.shape);
        let squeezed = |shape: &[usize]| shape.iter().copied().filter(|size| *size != 1).collect::<Vec<_>>();
        let flat = (found.len() == 1 || wanted.len() == 1) && self.declared.width() == self.resolved.width();
        if flat || squeezed(wanted) == squeezed(found) {
            return Ok(());
        }
        let name = &self.declared.name;
        let wanted = match (self.declared.kind, wanted.as_slice()) {
            (Kind::Class(_), []) => "one class".to_string(),
            (Kind::Bool, []) => "one truth value".to_string(),
            (_, shape) => shape_text(shape),
        };
        let text = format!("`{name}` is {wanted}, but a row of the data has {}", shape_text(found));
        let error = self.at(Diagnostic::error("E0604", text), shape_text(found));
        let error = if self.resolved.span.is_some() { error.also(self.declared.span, wanted) } else { error };
        Err(match (self.declared.kind, found.as_slice()) {
            (Kind::Class(count), [width]) if *width == count => {
                error.help(format!("a class is one whole number from 0 to {}, not a row of {count} numbers", count - 1))
            }
            (Kind::Real, []) => error.help(format!("declare `{name}` without a shape")),
            (Kind::Real, _) => error.help(format!("declare `{name}: {}`", shape_text(found))),
            _ => error,
        })
    }
}

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

/// E0606, of the value at this place.
pub fn missing_error(fitting: &Fitting, at: usize) -> Diagnostic {
    let width = fitting.resolved.width().max(1);
    let (row, element) = (at / width, at % width);
    let name = &fitting.declared.name;
    let column = missing_column(fitting.resolved, fitting.table, row, element).unwrap_or(name);
    let text = format!("`{column}` is missing in {}", fitting.table.place(row));
    let error = fitting.at(Diagnostic::error("E0606", text), format!("`{name}` needs it"));
    match fitting.declared.kind {
        Kind::Real => {
            let error = error.help(format!("add the line `fill {name} with mean`, or take the row out of the file"));
            match fitting.resolved.span {
                Some(span) => {
                    let behind = Span { start: span.end, ..span };
                    error.edit("take the mean of the others for it", behind, format!("; fill {name} with mean"), false)
                }
                None => error,
            }
        }
        _ => error.help("take the row out of the file"),
    }
}

/// The values of a number, and their statistics if any were asked for.
pub fn numbers(fitting: &Fitting, wish: &Wish) -> Result<(Values, Option<Statistics>), Diagnostic> {
    let untouched = wish.fill.is_none() && !wish.standardize && wish.given.is_none();
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
    let mut statistics = Statistics::default();
    let gaps = gaps(fitting, &values)?;
    let filled = wish.fill.is_some() || wish.given.is_some_and(|given| !given.fill.is_empty());
    if let Some(first) = gaps.first().filter(|_| !filled) {
        return Err(missing_error(fitting, *first));
    }
    if filled {
        statistics.fill = match (wish.given, wish.fill) {
            (Some(given), _) if given.fill.len() == width => given.fill.clone(),
            (_, Some(FillWith::Number(number))) => vec![number; width],
            _ => fill_means(fitting, &values, wish.train)?,
        };
        gaps.iter().for_each(|at| values[*at] = statistics.fill[at % width]);
    }
    let standardized = wish.standardize || wish.given.is_some_and(|given| !given.mean.is_empty());
    if standardized {
        (statistics.mean, statistics.deviation) = match wish.given {
            Some(given) if given.mean.len() == width && given.deviation.len() == width => {
                (given.mean.clone(), given.deviation.clone())
            }
            _ => moments(&values, width, wish.train),
        };
        for row in values.chunks_mut(width.max(1)) {
            for ((value, mean), deviation) in row.iter_mut().zip(&statistics.mean).zip(&statistics.deviation) {
                *value = (*value - mean) / deviation;
            }
        }
    }
    let asked = filled || standardized;
    Ok((in_precision(fitting, values, wish.precision)?, asked.then_some(statistics)))
}

/// The values of a truth value: 0 or 1.
pub fn truths(fitting: &Fitting, precision: Float) -> Result<Values, Diagnostic> {
    let name = &fitting.declared.name;
    if fitting.resolved.kind == ResolvedKind::Words {
        let words =
            fitting.resolved.columns().into_iter().find_map(|column| match &fitting.table.columns[column].cells {
                Cells::Words(words) => Some((fitting.table.columns[column].name.clone(), words.words.clone())),
                _ => None,
            });
        let (column, words) = words.unwrap_or_default();
        let error = Diagnostic::error("E0608", format!("`{name}` is a truth value, but `{column}` has words"));
        let error = fitting.declaration(fitting.at(error, "words are neither true nor false"));
        let is_plain = matches!(fitting.resolved.node, Node::Column(_));
        let Some(span) = fitting.resolved.span.filter(|_| is_plain && words.len() <= CHOICES) else {
            let first = words.first().map(String::as_str).unwrap_or_default();
            return Err(error.help(format!("compare it: `{name} = {column} == \"{first}\"`")));
        };
        let behind = Span { start: span.end, ..span };
        return Err(words.iter().fold(error, |error, word| {
            error.edit(format!("true for `{word}`"), behind, format!(" == \"{word}\""), false)
        }));
    }
    let values = all_rows(fitting.resolved, fitting.table);
    match values.iter().position(|value| *value != 0.0 && *value != 1.0) {
        None => in_precision(fitting, values, precision),
        Some(at) if values[at].is_nan() => Err(missing_error(fitting, at)),
        Some(at) => {
            let text = format!("`{name}` is a truth value, 0 or 1; it is {} in {}", values[at], fitting.place(at));
            let error = fitting.declaration(fitting.at(Diagnostic::error("E0608", text), "a number"));
            Err(error.help(format!("compare it, as in `{name} = {} > 0`", describe(fitting).trim_matches('`'))))
        }
    }
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

/// The places of missing values. What was computed and is not finite is an error (E0618).
fn gaps(fitting: &Fitting, values: &[f64]) -> Result<Vec<usize>, Diagnostic> {
    let width = fitting.resolved.width().max(1);
    let mut gaps = vec![];
    for (at, value) in values.iter().enumerate().filter(|(_, value)| !value.is_finite()) {
        if value.is_nan() && missing_column(fitting.resolved, fitting.table, at / width, at % width).is_some() {
            gaps.push(at);
            continue;
        }
        let text = format!("`{}` is {value} in {}", fitting.declared.name, fitting.place(at));
        let error = fitting.at(Diagnostic::error("E0618", text), "not a finite number");
        return Err(match fitting.resolved.node {
            Node::Column(_) => error.help("correct the value in the file"),
            _ => error.help(
                "the expression has no finite value there, as `log(0)` has none: use another, such as `log1p(x)`",
            ),
        });
    }
    Ok(gaps)
}

/// The mean of each component over the training rows that have it.
fn fill_means(fitting: &Fitting, values: &[f64], train: &[u32]) -> Result<Vec<f64>, Diagnostic> {
    let width = fitting.resolved.width();
    let mut sums = vec![(0.0, 0usize); width];
    for row in train {
        let row = &values[*row as usize * width..][..width];
        for (sum, value) in sums.iter_mut().zip(row).filter(|(_, value)| !value.is_nan()) {
            *sum = (sum.0 + value, sum.1 + 1);
        }
    }
    if let Some(element) = sums.iter().position(|sum| sum.1 == 0) {
        let column = column_of(fitting.resolved, fitting.table, element).unwrap_or(&fitting.declared.name);
        let text = format!("`{column}` is missing in every row of the training part: it has no mean");
        return Err(fitting.at(Diagnostic::error("E0606", text), "nothing to fill with").help("leave the column out"));
    }
    Ok(sums.iter().map(|(sum, count)| sum / *count as f64).collect())
}

/// Mean and population deviation of each component over the training rows, in two passes. A deviation of 0 counts as 1.
fn moments(values: &[f64], width: usize, train: &[u32]) -> (Vec<f64>, Vec<f64>) {
    let rows = || train.iter().map(|row| &values[*row as usize * width..][..width]);
    let count = train.len().max(1) as f64;
    let mut mean = vec![0.0; width];
    rows().for_each(|row| mean.iter_mut().zip(row).for_each(|(mean, value)| *mean += value));
    mean.iter_mut().for_each(|mean| *mean /= count);
    let mut deviation = vec![0.0; width];
    for row in rows() {
        for ((sum, value), mean) in deviation.iter_mut().zip(row).zip(&mean) {
            *sum += (value - mean) * (value - mean);
        }
    }
    let root = |sum: f64| if sum == 0.0 { 1.0 } else { libm::sqrt(sum / count) };
    deviation.iter_mut().for_each(|sum| *sum = root(*sum));
    (mean, deviation)
}

fn in_precision(fitting: &Fitting, values: Vec<f64>, precision: Float) -> Result<Values, Diagnostic> {
    if precision == Float::F64 {
        return Ok(Values::F64(values));
    }
    let singles: Vec<f32> = values.iter().map(|value| *value as f32).collect();
    if all_finite(&singles) {
        return Ok(Values::F32(singles));
    }
    let at = singles.iter().position(|value| !value.is_finite()).unwrap_or(0);
    let text =
        format!("`{}` is {} in {}, beyond what f32 can hold", fitting.declared.name, values[at], fitting.place(at));
    let error = fitting.at(Diagnostic::error("E0618", text), "too large");
    Err(error.help(format!("add the line `standardize {}`, or train with `precision f64`", fitting.declared.name)))
}
