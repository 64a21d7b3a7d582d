//! What was found, as people read it.
use super::compare::{Finding, TOLERANCE};
use crate::cli::table::{Align, Cell, Style, cell, table};
use crate::data::Dataset;

/// Wrong derivatives that are written out.
const SHOWN: usize = 8;

/// Of derivatives in the program `left_out` were not looked at.
pub fn report(name: &str, dataset: &Dataset, parameters: &[Finding], written: &[Finding], left_out: usize) -> String {
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let count = dataset.parts.train.len();
    let mut text = format!(
        "derivatives of `{name}` against central differences, {count} example{} of {}\n\n",
        plural(count),
        dataset.source
    );
    let faint = |text: &str| cell(text).styled(Style::Faint);
    let mut rows: Vec<Vec<Cell>> = vec![];
    for (head, findings) in [("parameter", parameters), ("in the program", written)] {
        if findings.is_empty() {
            continue;
        }
        if !rows.is_empty() {
            rows.push(vec![]);
        }
        rows.push(vec![faint(head), faint("elements"), faint("largest error"), cell("")]);
        rows.extend(findings.iter().map(row));
    }
    text += &table(&[Align::Left, Align::Right, Align::Right, Align::Left], &rows);
    text += "\n";
    if 0 < left_out {
        text += &format!("{left_out} more in the program were not looked at\n\n");
    }
    let wrong: Vec<&String> = parameters.iter().chain(written).flat_map(|f| &f.wrong).collect();
    if wrong.is_empty() {
        text += &format!(
            "all derivatives hold: backwards, simplified, compiled, forwards and by dual numbers, to {TOLERANCE:e}\n"
        );
    }
    for wrong in wrong.iter().take(SHOWN) {
        text += &format!("{} {wrong}\n", Style::Bad.paint("wrong"));
    }
    if SHOWN < wrong.len() {
        text += &format!("and {} more\n", wrong.len() - SHOWN);
    }
    text
}

fn row(found: &Finding) -> Vec<Cell> {
    let elements = match found.looked_at {
        all if all == found.elements => all.to_string(),
        some => format!("{some} and all of {}", found.elements),
    };
    let style = if found.wrong.is_empty() { Style::Good } else { Style::Bad };
    let mut remarks: Vec<String> = vec![];
    if found.kinks > 0 {
        remarks.push(format!("{} at a kink, by dual numbers", found.kinks));
    }
    if found.undefined > 0 {
        remarks.push(format!("{} where it is no number", found.undefined));
    }
    if !found.wrong.is_empty() {
        remarks.push("wrong".to_string());
    }
    let error = format!("{:.1e}", found.error);
    vec![cell(&found.name), cell(elements), cell(error).styled(style), cell(remarks.join(", ")).styled(style)]
}
