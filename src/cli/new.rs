//! `gradus new`: a first program, for a file of data if one is named.
use super::source::{complain, say};
use super::{Exit, print, reference};
use crate::data::{Content, Summary, summary};
use crate::model::is_of_the_language;
use crate::schema::nearest;
use crate::syntax::{self, is_reserved};
use clap::Args;
use std::path::{Path, PathBuf};

/// Write a first program that runs, for a CSV file if one is named
///
/// The program stands beside the data, under the same name, and predicts the last column from the others. Without data it
/// fits a line through five points.
///
/// Examples:
///   gradus new
///   gradus new --data flowers.csv
///   gradus new --data flowers.csv --target species
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct New {
    /// The program to write; without it, `model.nn`, or the data's name
    file: Option<PathBuf>,
    /// A CSV file
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// The column to predict, instead of the last
    #[arg(long, requires = "data", value_name = "COLUMN")]
    target: Option<String>,
}

const LINE: &str = "\
// A line through five points. `gradus run` fits it, `gradus grad` derives its gradient.
input  x
target t
param  w, b

y    = w x + b
loss = (y - t)^2

data {
    x: 0,   1,   2,   3,   4
    t: 1.1, 2.9, 5.2, 7.1, 8.8
}

train {
    minimize  loss
    optimizer sgd(rate = 0.05)
    epochs    200
}
";

impl New {
    pub fn run(self) -> Exit {
        self.write().unwrap_or_else(|exit| exit)
    }

    fn write(&self) -> Result<Exit, Exit> {
        let (file, text) = match &self.data {
            None => (self.file.clone().unwrap_or_else(|| "model.nn".into()), LINE.to_string()),
            Some(data) => {
                let file = self.file.clone().unwrap_or_else(|| data.with_extension("nn"));
                let found = summary(data).map_err(|error| {
                    say(&[error], &Default::default());
                    Exit::Failure
                })?;
                (file.clone(), program(&found, data, &file, self.target.as_deref())?)
            }
        };
        if file.exists() {
            complain(&format!(
                "error: `{}` is there already\n  = help: name another, as in `gradus new other.nn`",
                file.display()
            ));
            return Err(Exit::Failure);
        }
        std::fs::write(&file, &text).map_err(|error| {
            complain(&format!("error: can't write `{}`: {error}", file.display()));
            Exit::Failure
        })?;
        Ok(print(&format!("{} is written; now: gradus run {}\n", file.display(), file.display())))
    }
}

/// A net of one hidden layer from all numbers to the target.
fn program(found: &Summary, data: &Path, file: &Path, target: Option<&str>) -> Result<String, Exit> {
    let refuse = |text: String| {
        complain(&text);
        Exit::Failure
    };
    let names: Vec<&str> = found.columns.iter().map(|c| c.0.as_str()).collect();
    let target = match target {
        Some(name) => found.columns.iter().find(|c| c.0 == name).ok_or_else(|| {
            let near = nearest(name, &names).map_or(String::new(), |near| format!("; there is `{near}`"));
            refuse(format!("error: the data have no column `{name}`{near}"))
        })?,
        None => found.columns.last().ok_or_else(|| refuse("error: the data have no columns".to_string()))?,
    };
    let commas = |c: &&(String, Content)| matches!(c.1, Content::Words { decimal_commas: true, .. });
    if let Some((name, _)) = found.columns.iter().find(commas) {
        return Err(refuse(format!(
            "error: the numbers of `{name}` have a decimal comma\n  = help: numbers have a decimal point: change the file"
        )));
    }
    let is_number =
        |content: &Content| matches!(content, Content::Numbers { counts_rows: false, .. } | Content::Truths);
    let others = || found.columns.iter().filter(|c| c.0 != target.0);
    let inputs: Vec<&(String, Content)> = others().filter(|c| is_number(&c.1)).collect();
    let kinds = kinds(others().filter(|c| found.clock.as_ref() != Some(&c.0)), found.rows);
    let is_left = |c: &&(String, Content)| !is_number(&c.1) && kinds.iter().all(|kind| kind.column != c.0);
    let left: Vec<&str> = others().filter(is_left).map(|c| c.0.as_str()).collect();
    if inputs.is_empty() && kinds.is_empty() {
        return Err(refuse("error: the data have no column of numbers or of classes to predict from".to_string()));
    }
    if let Content::Words { distinct, .. } = target.1
        && FEWEST_ROWS <= found.rows
        && found.rows < 2 * distinct
    {
        return Err(refuse(format!(
            "error: `{}` has {distinct} different texts in {} rows: no classes to learn\n  \
             = help: name another column, as in `--target {}`",
            target.0,
            found.rows,
            quoted(others().next_back().map_or("", |c| &c.0))
        )));
    }
    let classes = match &target.1 {
        Content::Words { distinct, .. } => Some(*distinct),
        Content::Numbers { classes, .. } => *classes,
        Content::Truths | Content::Array(_) => None,
    };
    if let Content::Array(_) = target.1 {
        return Err(refuse(format!("error: `{}` holds arrays: no first program predicts them", target.0)));
    }
    let missing = |c: &&(String, Content)| matches!(c.1, Content::Numbers { missing: true, .. });
    let name = data.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let stem = file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let mut out = format!(
        "// {stem}: `{}` from {} of {name}, {} rows\n",
        target.0,
        counted(inputs.len() + kinds.len()),
        found.rows
    );
    if !left.is_empty() {
        out += &format!("// Left out, being neither numbers nor complete classes: {}\n", left.join(", "));
    }
    let declared: Vec<String> = std::iter::once(format!("x: [{}]", inputs.len()))
        .filter(|_| !inputs.is_empty())
        .chain(kinds.iter().map(|kind| format!("{}: class({})", kind.name, kind.classes)))
        .collect();
    out += &format!("input  {}\n", declared.join(", "));
    // What the net sees: numbers, and a vector for each class.
    let mut seen: Vec<String> = kinds.iter().map(|kind| format!("onehot({})", kind.name)).collect();
    if !inputs.is_empty() {
        seen.insert(0, "x".into());
    }
    let x = if seen.len() == 1 { seen.concat() } else { format!("concat({})", seen.join(", ")) };
    match (&target.1, classes) {
        (_, Some(k)) => {
            out += &format!(
                "target t: class({k})\n\nh = relu(dense({x}, 16))\nz = dense(h, {k})\ny = softmax(z)\n\nloss = cross_entropy(y, t)\nmetric accuracy = argmax(y) == t\n"
            )
        }
        (Content::Truths, _) => {
            out += &format!(
                "target t: bool\n\nh = relu(dense({x}, 16))\nz = neuron(h)\ny = sigmoid(z)\n\nloss = binary_cross_entropy(y, t)\nmetric accuracy = (y > 0.5) == t\n"
            );
        }
        _ => {
            out += &format!(
                "target t\n\nh = tanh(dense({x}, 16))\nz = neuron(h)\ny = t.std z + t.mean    // in the unit of the data\n\nloss = (z - t)^2\nmetric off = t.std * abs(z - t)\n"
            );
        }
    }
    let columns: Vec<String> = inputs.iter().map(|c| quoted(&c.0)).collect();
    if data.parent() != file.parent() {
        out += &format!("\n// The file is elsewhere: gradus run {stem} --data {}", data.display());
    }
    out += &format!("\ndata \"{name}\" {{\n");
    // Neighbours in the file are a range.
    let place = |c: &(String, Content)| found.columns.iter().position(|other| other.0 == c.0);
    let neighbours = inputs.windows(2).all(|pair| place(pair[0]).map(|p| p + 1) == place(pair[1]));
    match &columns[..] {
        [] => {}
        [first, .., last] if neighbours && columns.len() > 6 => out += &format!("    x = [{first} .. {last}]\n"),
        _ => out += &listed(&columns),
    }
    // A class that is called as its column needs no line.
    for kind in kinds.iter().filter(|kind| kind.name != kind.column) {
        out += &format!("    {} = {}\n", kind.name, quoted(kind.column));
    }
    out += &format!("    t = {}\n", quoted(&target.0));
    if inputs.iter().any(missing) {
        out += "    fill x with mean\n";
    }
    if classes.is_none() && missing(&target) {
        out += "    fill t with mean\n";
    }
    let is_measured = matches!(target.1, Content::Numbers { .. }) && classes.is_none();
    let scaled: Vec<&str> =
        [("x", !inputs.is_empty()), ("t", is_measured)].iter().filter(|s| s.1).map(|s| s.0).collect();
    if !scaled.is_empty() {
        out += &format!("    standardize {}\n", scaled.join(", "));
    }
    // Of a series the last rows are what is to come.
    out += if found.clock.is_some() { "    test last 0.2\n" } else { "    test 0.2\n" };
    out += "}\n\ntrain {\n    minimize  loss + 1e-4 * norm(weights)^2\n    optimizer adam(rate = 0.01)\n    batch     32\n    epochs    60\n}\n";
    Ok(syntax::format(&out).unwrap_or(out))
}

fn counted(columns: usize) -> String {
    if columns == 1 { "1 other column".into() } else { format!("{columns} other columns") }
}

/// A column of few different texts: an input that is a class.
struct Kind<'a> {
    /// What the program calls it.
    name: String,
    column: &'a str,
    classes: usize,
}

/// More texts than this are names rather than classes.
const MOST_KINDS: usize = 20;
/// In fewer rows any texts may be classes.
const FEWEST_ROWS: usize = 10;

fn kinds<'a>(columns: impl Iterator<Item = &'a (String, Content)>, rows: usize) -> Vec<Kind<'a>> {
    let mut kinds: Vec<Kind> = vec![];
    for (column, content) in columns {
        let Content::Words { missing: false, distinct, .. } = *content else { continue };
        if !(2..=MOST_KINDS).contains(&distinct) || rows < 4 * distinct {
            continue;
        }
        let plain: String = column.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        let mut name = plain.to_lowercase();
        let is_new = |name: &str| {
            name.starts_with(|c: char| c.is_ascii_alphabetic())
                && !is_known(name)
                && kinds.iter().all(|k| k.name != name)
        };
        if !is_new(&name) {
            name = (1..).map(|n| format!("kind{n}")).find(|name| is_new(name)).unwrap_or_default();
        }
        kinds.push(Kind { name, column, classes: distinct });
    }
    kinds
}

/// Whether a name means something to the program already.
fn is_known(name: &str) -> bool {
    is_reserved(name)
        || is_of_the_language(name)
        || reference::names().any(|known| known == name)
        || ["x", "t", "h", "z", "y", "loss", "off", "accuracy", "all", "except"].contains(&name)
}

/// `x = [a, b, c]`, in lines of at most 100 columns.
fn listed(columns: &[String]) -> String {
    let mut lines = vec![String::from("    x = [")];
    for (at, column) in columns.iter().enumerate() {
        let end = if at + 1 == columns.len() { "]" } else { ", " };
        let line = lines.len() - 1;
        if lines[line].chars().count() + column.chars().count() > 98 {
            lines[line] = lines[line].trim_end().to_string();
            lines.push(String::from("         "));
        }
        let line = lines.len() - 1;
        lines[line] += &format!("{column}{end}");
    }
    lines.join("\n") + "\n"
}

/// A column as a data section names it.
fn quoted(name: &str) -> String {
    let mut letters = name.chars();
    let plain = letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && letters.all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !is_reserved(name)
        && !matches!(name, "all" | "except");
    if plain { name.to_string() } else { format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"")) }
}
