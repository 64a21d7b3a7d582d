//! What a first program predicts: the column that is named, or the last that anyone would predict.
use crate::data::{Content, Recordings, Summary};
use crate::schema::column_word;
use crate::schema::{nearest, shape_text};

/// A column of the data by its name.
pub type Column = (String, Content);

/// In fewer rows any texts may be classes.
pub const FEWEST_ROWS: usize = 10;

/// What is predicted.
pub struct Goal<'a> {
    pub column: &'a str,
    /// As the data section says it.
    pub line: String,
    pub kind: GoalKind,
    pub missing: bool,
    /// The values of a row, if the target is the last one of the only array.
    pub of_array: Option<usize>,
    /// Columns behind it that no one would predict, each with the reason.
    pub passed: Vec<String>,
}

pub enum GoalKind {
    Class(usize),
    Truth,
    Number,
    Numbers(usize),
}

impl Goal<'_> {
    /// The column of this name; else the last one, or of arrays the last with one value a row. The error is for people.
    pub fn of<'a>(found: &'a Summary, name: Option<&str>) -> Result<Goal<'a>, String> {
        let mut passed: Vec<String> = vec![];
        let names: Vec<&str> = found.columns.iter().map(|c| c.0.as_str()).collect();
        let is_array = |c: &&Column| matches!(c.1, Content::Array { .. });
        let column = match name {
            Some(name) => found.columns.iter().find(|c| c.0 == name).ok_or_else(|| {
                let near = nearest(name, &names).map_or(String::new(), |near| format!("; there is `{near}`"));
                format!("error: the data have no column `{name}`{near}")
            })?,
            None => {
                let singles = || found.columns.iter().rev().filter(|c| !is_array(c));
                let fits = |c: &&Column| {
                    let unfit = unfit(found, c);
                    passed.extend(unfit.map(|why| format!("{} ({why})", c.0)));
                    unfit.is_none()
                };
                let mut passing = singles();
                let single = passing.find(fits).or(singles().next());
                single.or(found.columns.last()).ok_or("error: the data have no columns")?
            }
        };
        if unfit(found, column).is_some() {
            passed.clear();
        }
        let (mut line, mut of_array) = (column_word(&column.0), None);
        let kind = match column.1 {
            Content::Words { distinct, .. } if FEWEST_ROWS <= found.rows && found.rows < 2 * distinct => {
                let other = found.columns.iter().rfind(|c| c.0 != column.0).map_or("", |c| &c.0);
                let why = why_no_number(column).map_or(String::new(), |why| format!("\n  = note: {why}"));
                return Err(format!(
                    "error: `{}` has {distinct} different texts in {} rows: no classes to learn{why}\n  \
                     = help: name another column, as in `--target {}`",
                    column.0,
                    found.rows,
                    column_word(other)
                ));
            }
            Content::Words { distinct: 0, .. } => {
                return Err(format!("error: every cell of `{}` is missing", column.0));
            }
            Content::Words { distinct, .. } => GoalKind::Class(distinct),
            Content::Numbers { classes: Some(classes), .. } => GoalKind::Class(classes),
            // 1, 2, … may as well be measured: the name decides.
            Content::Numbers { counted_from_one: Some(classes), .. } if is_called_class(&column.0) => {
                line += " - 1";
                GoalKind::Class(classes)
            }
            Content::Numbers { of_two: Some(greater), .. } => {
                line += &format!(" == {greater}");
                GoalKind::Truth
            }
            Content::Numbers { .. } => GoalKind::Number,
            Content::Truths { .. } => GoalKind::Truth,
            // Of a lone table of numbers, the last column is predicted.
            Content::Array { ref shape, numbers: true, .. } if found.columns.len() == 1 && shape.len() == 1 => {
                line += "[-1]";
                of_array = Some(shape[0]);
                GoalKind::Number
            }
            Content::Array { ref shape, numbers: true, .. } if shape.len() == 1 => GoalKind::Numbers(shape[0]),
            Content::Array { ref shape, .. } => {
                return Err(format!(
                    "error: `{}` is {} in each row: no first program predicts that\n  \
                     = help: name another array, as in `--target labels`",
                    column.0,
                    shape_text(shape)
                ));
            }
        };
        let missing = match column.1 {
            Content::Numbers { missing, .. }
            | Content::Truths { missing }
            | Content::Words { missing, .. }
            | Content::Array { missing, .. } => missing,
        };
        Ok(Goal { column: &column.0, line, kind, missing, of_array, passed })
    }
}

/// Why a column is nothing to predict, unless it is named.
fn unfit(found: &Summary, (name, content): &Column) -> Option<&'static str> {
    let tells_the_time = found.clock.as_ref().is_some_and(|clock| clock.columns.contains(name));
    let is_fixed = found.recordings.as_ref().is_some_and(|all| all.clock.is_some() && all.fixed.contains(name));
    let names_each = |distinct: usize| {
        let is_one = |all: &Recordings| all.column == *name || all.fixed.contains(name) && 2 * distinct > all.count;
        found.recordings.as_ref().is_some_and(is_one)
    };
    match content {
        Content::Words { distinct, .. } if names_each(*distinct) => Some("names each series"),
        Content::Numbers { .. }
            if found.recordings.as_ref().is_some_and(|all| all.scattered && all.column == *name) =>
        {
            Some("names each series")
        }
        Content::Numbers { classes: None, .. } if is_fixed => Some("is the same throughout each series"),
        _ if tells_the_time => Some("tells the time"),
        Content::Numbers { counts_rows: true, .. } => Some("names the rows"),
        Content::Numbers { constant: true, .. } => Some("is one number"),
        Content::Numbers { of_time: true, .. } => Some("is called as a time"),
        Content::Words { distinct: 0, .. } => Some("is empty"),
        Content::Words { distinct: 1, .. } => Some("is one text"),
        // A number that is written otherwise is meant: that is said.
        Content::Words { distinct, otherwise: None, odd: None, .. }
            if FEWEST_ROWS <= found.rows && found.rows < 2 * distinct =>
        {
            Some("has a text of its own in most rows")
        }
        _ => None,
    }
}

/// Why the texts of a column are no numbers, if they look as if they should be.
pub fn why_no_number((name, content): &Column) -> Option<String> {
    match content {
        Content::Words { otherwise: Some(how), .. } => Some(format!("`{name}`: {how}")),
        Content::Words { odd: Some(odd), .. } => Some(format!("`{name}`: {odd}")),
        _ => None,
    }
}

/// Words in the names of columns that are classes.
const CLASS_NAMES: [&str; 7] = ["class", "label", "target", "kind", "type", "category", "cluster"];

fn is_called_class(column: &str) -> bool {
    let name = column.to_lowercase();
    CLASS_NAMES.iter().any(|word| name.contains(word))
}
