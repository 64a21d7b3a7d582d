//! What the data says that the model needs, and what the model wants of the data: columns, kinds, requests, classes, statistics. It reads no file.
//!
//! `plan` turns a `data` section into a `DataPlan`; `data::load` carries it out and answers with a `Dataset` and its `Facts`.
mod codes;
mod column;
mod directive;
mod expression;
mod facts;
mod fill;
mod lines;
mod plan;
mod read;
mod weight;

pub use codes::CODES;
pub use column::{ColumnExpression, ColumnTerm};
pub use directive::{same_classes, standardized};
pub use facts::{CellType, Facts, Statistics};
pub use plan::{
    DataPlan, Declared, Drawn, FileSource, Fill, FillWith, LENGTH, Listed, ListedValues, Part, PartRequest, Role, Slot,
    SlotValue, Standardize, Windows,
};
pub use read::{default_plan, plan, shape_text};
pub use weight::{WEIGHT, weighs};

use crate::syntax::is_reserved;

/// A column as a data section names it: in quotes, if it is no name.
pub fn column_word(name: &str) -> String {
    let mut letters = name.chars();
    let is_name = letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && letters.all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !is_reserved(name)
        && !matches!(name, "all" | "except");
    if is_name { name.to_string() } else { format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"")) }
}

/// The name that was probably meant: the nearest one, if it is near.
pub fn nearest(name: &str, known: &[&str]) -> Option<String> {
    let distance = |other: &str| strsim::damerau_levenshtein(&name.to_lowercase(), &other.to_lowercase());
    let (distance, near) = known.iter().map(|other| (distance(other), *other)).min()?;
    let length = name.chars().count();
    (distance <= 1 + length / 5 && distance < length).then(|| near.to_string())
}

/// `a`, `b` and `c`, each in backticks; a long list is cut.
pub fn quoted_list(names: &[&str]) -> String {
    const SHOWN: usize = 12;
    // An end of a line is no end of this one.
    let quoted: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{}`", plain(name))).collect();
    match quoted.split_last() {
        _ if SHOWN < names.len() => format!("{} and {} more", quoted.join(", "), names.len() - SHOWN),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => "none".to_string(),
    }
}

/// A word with signs for what can't be seen: `\n`.
fn plain(word: &str) -> String {
    word.chars().map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() }).collect()
}
