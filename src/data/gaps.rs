//! Missing values: what stands for them, and what is said where nothing does.
use super::evaluate::{column_of, missing_cell};
use super::fitting::{Fitting, Wish};
use crate::diagnostic::{Diagnostic, Span};
use crate::graph::Kind;
use crate::schema::{FillWith, column_word, quoted_list};
use rustc_hash::FxHashMap;

/// What stands for a missing value, for each component; empty if nothing does. What came with weights holds.
///
/// `values` are all rows, row-major, with NaN where one is missing; a class is its index. `names` are those of classes that are texts.
pub fn stand_ins(
    fitting: &Fitting,
    wish: &Wish,
    values: &[f64],
    names: Option<&[String]>,
) -> Result<Vec<f64>, Diagnostic> {
    let width = fitting.resolved.width();
    match (wish.given, wish.fill) {
        (Some(given), _) if !given.fill.is_empty() && given.fill.len() == width => Ok(given.fill.clone()),
        (_, None) => Ok(vec![]),
        (_, Some(FillWith::Number(number))) => Ok(vec![*number; width]),
        (_, Some(FillWith::Text(text))) => match names.and_then(|names| names.iter().position(|name| name == text)) {
            Some(index) => Ok(vec![index as f64; width]),
            None => Err(no_class(fitting, text, names)),
        },
        (_, Some(FillWith::Mean)) => means(fitting, values, wish.train),
        (_, Some(FillWith::MostFrequent)) => most_frequent(fitting, values, wish.train),
    }
}

/// Puts the stand-ins where values are missing; a row without one is refused (E0606).
pub fn close(fitting: &Fitting, wish: &Wish, values: &mut [f64], stand_ins: &[f64]) -> Result<(), Diagnostic> {
    let width = fitting.resolved.width().max(1);
    for (at, value) in values.iter_mut().enumerate().filter(|(_, value)| value.is_nan()) {
        if fitting.is_padding(at) {
            continue;
        }
        match stand_ins.get(at % width) {
            Some(stand_in) => *value = *stand_in,
            None => {
                fitting.refuse(at, || missing_error(fitting, wish, at))?;
                *value = 0.0;
            }
        }
    }
    Ok(())
}

/// The mean of each component over the training rows that have it; of a window, over all of its places.
fn means(fitting: &Fitting, values: &[f64], train: &[u32]) -> Result<Vec<f64>, Diagnostic> {
    let alike = fitting.alike();
    let width = alike.len();
    let mut sums = vec![(0.0, 0usize); width];
    for row in train {
        let row = &values[*row as usize * width..][..width];
        for (first, value) in alike.iter().zip(row).filter(|(_, value)| !value.is_nan()) {
            sums[*first] = (sums[*first].0 + value, sums[*first].1 + 1);
        }
    }
    let mean = |first: &usize| match sums[*first] {
        (_, 0) => Err(never_there(fitting, *first, "mean")),
        (sum, count) => Ok(sum / count as f64),
    };
    alike.iter().map(mean).collect()
}

/// What stands most often in each component over the training rows, of a window at all of its places; of equals the least.
fn most_frequent(fitting: &Fitting, values: &[f64], train: &[u32]) -> Result<Vec<f64>, Diagnostic> {
    let alike = fitting.alike();
    let width = alike.len();
    let mut counts: Vec<FxHashMap<u64, usize>> = vec![FxHashMap::default(); width];
    for row in train {
        let row = &values[*row as usize * width..][..width];
        for (first, value) in alike.iter().zip(row).filter(|(_, value)| !value.is_nan()) {
            // −0 and 0 are one number.
            *counts[*first].entry((value + 0.0).to_bits()).or_default() += 1;
        }
    }
    let most: Vec<Option<f64>> = counts
        .into_iter()
        .map(|counts| {
            let counted = counts.into_iter().map(|(bits, count)| (count, f64::from_bits(bits)));
            counted.max_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1))).map(|(_, value)| value)
        })
        .collect();
    alike.iter().map(|first| most[*first].ok_or_else(|| never_there(fitting, *first, "most frequent value"))).collect()
}

fn never_there(fitting: &Fitting, element: usize, what: &str) -> Diagnostic {
    let column = column_of(fitting.resolved, fitting.table, element).unwrap_or(&fitting.declared.name);
    let text = format!("`{column}` is missing in every row of the training part: it has no {what}");
    fitting.at(Diagnostic::error("E0606", text), "nothing to fill with").help("leave the column out")
}

/// E0609: the text that is to stand for a missing class is none of the classes.
fn no_class(fitting: &Fitting, text: &str, names: Option<&[String]>) -> Diagnostic {
    let name = &fitting.declared.name;
    match names {
        Some(names) => {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let error = Diagnostic::error("E0609", format!("`{text}` is none of the classes of `{name}`"));
            let error = fitting.at(error, "filled with a class that the weights don't know");
            error
                .note(format!("the weights file has the classes {}", quoted_list(&names)))
                .help("train anew with this line")
        }
        None => {
            let text = format!("the classes of `{name}` are whole numbers: `{text}` is none of them");
            fitting
                .at(Diagnostic::error("E0609", text), "numbers, not texts")
                .help(format!("fill it with an index, as in `fill {name} with 0`"))
        }
    }
}

/// E0606, of the value at this place.
fn missing_error(fitting: &Fitting, wish: &Wish, at: usize) -> Diagnostic {
    let width = fitting.resolved.width().max(1);
    let (row, element) = (at / width, at % width);
    let name = &fitting.declared.name;
    let missing = missing_cell(fitting.resolved, fitting.table, row, element);
    let (column, place) = match missing {
        Some((column, at)) => (&fitting.table.columns[column].name, fitting.table.place_of_cell(column, at)),
        None => (name, fitting.table.place(row)),
    };
    let text = format!("`{column}` is missing in {place}");
    let error = fitting.at(Diagnostic::error("E0606", text), format!("`{name}` needs it"));
    let (what, title) = match fitting.declared.kind {
        Kind::Real => ("mean", "take the mean of the others for it"),
        _ => ("most_frequent", "take what stands most often for it"),
    };
    let span = fitting.resolved.span;
    if wish.said.previous.iter().any(|(name, _)| name == column) {
        let error = error.note(format!("there is nothing to go on from: no row of its recording has a `{column}`"));
        return error.help(match wish.said.predicts {
            true => format!("train with the line `fill {name} with {what}`: what is missing here is filled, too"),
            false => format!("add the line `skip missing {name}`, which leaves such windows out"),
        });
    }
    // Of rows that follow each other the one before is nearer than a mean.
    let follows = fitting.table.windows.as_ref().is_some_and(|cut| cut.lengths.is_none());
    if let (Some(_), true, Some(span)) = (missing, follows, span) {
        let line = format!("fill {} with previous", column_word(column));
        let behind = Span { start: span.end, ..span };
        return error.help(format!("add the line `{line}`: the value before stands for it")).edit(
            "take the value before for it",
            behind,
            format!("; {line}"),
            false,
        );
    }
    if wish.said.predicts {
        return error
            .help(format!("train with the line `fill {name} with {what}`: what is missing here is filled, too"));
    }
    let mut line = format!("add the line `fill {name} with {what}`");
    if fitting.declared.kind.is_class() {
        line += &format!(", or `fill {name} with \"unknown\"` and one class more");
    }
    let error = error.help(format!("{line}; or `skip missing {name}`, which leaves such rows out"));
    match span {
        Some(span) => {
            let behind = Span { start: span.end, ..span };
            error.edit(title, behind, format!("; fill {name} with {what}"), false)
        }
        None => error,
    }
}
