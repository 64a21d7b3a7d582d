//! `gradus new`: a first program, for a file of data if one is named.
use super::goal::{Column, Goal, GoalKind, why_no_number};
use super::naming::is_known;
use super::source::{complain, say};
use super::{Exit, forecast, print};
use crate::data::{CHARACTERS, Content, Recordings, SOUND, Summary, summary};
use crate::schema::column_word;
use crate::schema::shape_text;
use crate::syntax;
use clap::Args;
use std::path::{Path, PathBuf};

/// Write a first program that runs, for a file of data if one is named
///
/// The program stands beside the data, under the same name, and predicts the last column that can be predicted from the others; of
/// arrays, the last that has one value a row. Where rows follow each other, by dates or times, it says the next row from those before; of a
/// text, the next character. Without data it fits a line through five points.
///
/// Examples:
///   gradus new
///   gradus new flowers.csv
///   gradus new iris.nn --data flowers.csv --target species
///   gradus new --data images.npz --target labels
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct New {
    /// The program to write; without it, `model.nn`, or the data's name. A file of data may stand here instead
    file: Option<PathBuf>,
    /// The data: CSV, NPZ, NPY, IDX, a text (.txt) or a sound (.wav)
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// The column to predict, instead of the last
    #[arg(long, value_name = "COLUMN")]
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
        // A file that is called as data is data.
        let data = self.data.as_ref().or(self.file.as_ref().filter(|file| is_data(file)));
        let file = self.file.as_ref().filter(|file| !is_data(file));
        if let (Some(target), None) = (&self.target, data) {
            complain(&format!(
                "error: `{target}` is a column of no file\n  = help: name the data, as in `gradus new data.csv --target {target}`"
            ));
            return Err(Exit::Failure);
        }
        let (file, text) = match data {
            None => (file.cloned().unwrap_or_else(|| "model.nn".into()), LINE.to_string()),
            Some(data) => {
                let file = file.cloned().unwrap_or_else(|| beside(data));
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

/// Whether a file is called as data are.
fn is_data(file: &Path) -> bool {
    const ENDINGS: [&str; 9] = ["csv", "tsv", "npz", "npy", "idx", "txt", "wav", "gz", "data"];
    file.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known)))
}

/// The program of a file of data: beside it, under its name.
fn beside(data: &Path) -> PathBuf {
    let name = data.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let packed = name.strip_suffix(".gz").unwrap_or(&name);
    data.with_file_name(packed).with_extension("nn")
}

/// A net of one hidden layer from all numbers, classes and arrays to the target.
fn program(found: &Summary, data: &Path, file: &Path, target: Option<&str>) -> Result<String, Exit> {
    let refuse = |text: String| {
        complain(&text);
        Exit::Failure
    };
    let name = data.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    if found.rows == 0 {
        return Err(refuse(format!("error: `{name}` has no rows to learn from")));
    }
    let stem = file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let before_data = elsewhere(data, file, &stem);
    if let Some(text) = forecast::of_text(found, &name, &stem, &before_data) {
        return Ok(syntax::format(&text).unwrap_or(text));
    }
    let is_alone = found.columns.len() == 1;
    let alone = found.columns.first().filter(|c| is_alone && !matches!(c.1, Content::Array { .. })).map(|c| &c.0[..]);
    let too_short = |what: &str, least: usize| {
        format!("error: `{name}` has {} {what}: too few to learn from ({least})", found.rows)
    };
    match alone {
        Some(CHARACTERS) => return Err(refuse(too_short("characters", forecast::FEWEST_CHARACTERS))),
        Some(SOUND) if found.rows < forecast::FEWEST_ROWS => {
            return Err(refuse(too_short("samples", forecast::FEWEST_ROWS)));
        }
        _ => {}
    }
    let target = Goal::of(found, target).map_err(refuse)?;
    match forecast::of_rows(found, &target, &name, &stem, &before_data) {
        Ok(Some(text)) => return Ok(syntax::format(&text).unwrap_or(text)),
        Ok(None) => {}
        Err(why) => return Err(refuse(why)),
    }
    if let Some(column) = alone {
        let few = format!("a series of {} rows is too short for a forecast ({})", found.rows, forecast::FEWEST_ROWS);
        return Err(refuse(format!(
            "error: `{name}` has one column, `{column}`, and nothing to predict it from\n  \
             = help: columns are separated by `,`, `;` or tabs; {few}"
        )));
    }
    if found.rows == 1 {
        return Err(refuse(format!("error: `{name}` has one row: too few to learn from")));
    }
    let others = || found.columns.iter().filter(|c| target.column != c.0);
    // What counts the rows is better than nothing, and so is the time; what tells recordings apart gives their labels away.
    let is_clock = |c: &Column| found.clock.as_ref().is_some_and(|clock| clock.columns.contains(&c.0));
    let tells_apart = |c: &Column| found.recordings.as_ref().is_some_and(|recordings| recordings.column == c.0);
    let counts = |c: &Column| matches!(c.1, Content::Numbers { counts_rows: true, .. }) || tells_apart(c);
    let is_any = |c: &Column| matches!(c.1, Content::Numbers { .. } | Content::Truths { .. });
    let is_kind = |c: &Column| {
        matches!(c.1, Content::Array { .. }) || !kinds(std::iter::once(c), found.rows, &mut Names::none()).is_empty()
    };
    let only_counts = others().all(|c| counts(c) || !is_any(c) && !is_kind(c));
    let is_number = |c: &Column| is_any(c) && (only_counts || !counts(c));
    let inputs: Vec<&Column> = others().filter(|c| is_number(c)).collect();
    let mut named = Names { given: vec![], x_is_free: inputs.is_empty() };
    let kinds = kinds(others().filter(|c| !is_clock(c) && !tells_apart(c)), found.rows, &mut named);
    let mut arrays = arrays(others(), &mut named);
    arrays.extend(rest_of_itself(&target, &mut named));
    let is_left = |c: &&Column| {
        !is_number(c) && kinds.iter().all(|kind| kind.column != c.0) && arrays.iter().all(|array| array.column != c.0)
    };
    let named_so = |holds: &dyn Fn(&Column) -> bool| -> Vec<&str> {
        others().filter(is_left).filter(|c| holds(c)).map(|c| c.0.as_str()).collect()
    };
    let ids = named_so(&counts);
    let written = named_so(&|c| why_no_number(c).is_some());
    let left = named_so(&|c| !counts(c) && why_no_number(c).is_none());
    if inputs.is_empty() && kinds.is_empty() && arrays.is_empty() {
        let why = |c: &Column| match &c.1 {
            _ if is_clock(c) && found.rows < forecast::FEWEST_ROWS => {
                format!(
                    "`{}` tells the time, and {} rows are too few for a forecast ({})",
                    c.0,
                    found.rows,
                    forecast::FEWEST_ROWS
                )
            }
            _ if is_clock(c) => format!("`{}` tells the time", c.0),
            Content::Words { distinct: 0, .. } => format!("`{}` is empty", c.0),
            Content::Words { distinct, .. } => {
                why_no_number(c).unwrap_or(format!("`{}` has {distinct} different texts", c.0))
            }
            _ => format!("`{}` names the rows", c.0),
        };
        let reasons: String = others().map(|c| format!("\n  = note: {}", why(c))).collect();
        let text =
            format!("error: the data have no column of numbers or of classes to predict `{}` from", target.column);
        return Err(refuse(format!("{text}{reasons}")));
    }
    let mut out = format!(
        "// {stem}: `{}` from {} of {name}, {} row{}\n",
        target.line,
        counted(inputs.len() + kinds.len() + arrays.len()),
        found.rows,
        if found.rows == 1 { "" } else { "s" }
    );
    if !target.passed.is_empty() {
        out += &format!("// Not what is predicted: {}; `--target` names another\n", target.passed.join(", "));
    }
    if found.headerless {
        out += "// The file names no columns: its first row is data\n";
    }
    if !left.is_empty() {
        out += &format!("// Left out, being neither numbers nor classes: {}\n", left.join(", "));
    }
    for column in written {
        let why = others().find(|c| c.0 == column).and_then(why_no_number).unwrap_or_default();
        out += &format!("// Left out, being no numbers as they are written: {}\n", why.replace('`', ""));
    }
    if !ids.is_empty() {
        out += &format!("// Left out, naming the rows: {}\n", ids.join(", "));
    }
    if !found.unread.is_empty() {
        out += &format!("// Left out, having fewer rows: {}\n", found.unread.join(", "));
    }
    let declared: Vec<String> = std::iter::once(format!("x: [{}]", inputs.len()))
        .filter(|_| !inputs.is_empty())
        .chain(kinds.iter().map(|kind| format!("{}: class({})", kind.name, kind.classes)))
        .chain(arrays.iter().map(|array| format!("{}: {}", array.name, shape_text(&array.shape))))
        .collect();
    out += &format!("input  {}\n", declared.join(", "));
    // What the net sees: numbers, a vector for each class, and arrays as vectors.
    let mut seen: Vec<String> = kinds.iter().map(|kind| format!("onehot({})", kind.name)).collect();
    if !inputs.is_empty() {
        seen.insert(0, "x".into());
    }
    seen.extend(arrays.iter().map(|array| match array.shape[..] {
        [_] => array.name.clone(),
        _ => format!("flatten({})", array.name),
    }));
    let x = if seen.len() == 1 { seen.concat() } else { format!("concat({})", seen.join(", ")) };
    out += &match target.kind {
        GoalKind::Class(k) => format!(
            "target t: class({k})\n\nh = relu(dense({x}, 16))\nz = dense(h, {k})\ny = softmax(z)\n\nloss = cross_entropy(y, t)\nmetric accuracy = argmax(y) == t\n"
        ),
        GoalKind::Truth => format!(
            "target t: bool\n\nh = relu(dense({x}, 16))\nz = neuron(h)\ny = sigmoid(z)\n\nloss = binary_cross_entropy(y, t)\nmetric accuracy = (y > 0.5) == t\n"
        ),
        GoalKind::Number => format!(
            "target t\n\nh = tanh(dense({x}, 16))\nz = neuron(h)\ny = t.std z + t.mean    // in the unit of the data\n\nloss = (z - t)^2\nmetric off = t.std * abs(z - t)\n"
        ),
        GoalKind::Numbers(n) => format!(
            "target t: [{n}]\n\nh = tanh(dense({x}, 16))\nz = dense(h, {n})\ny = t.std * z + t.mean    // in the unit of the data\n\nloss = mean((z - t)^2)\nmetric off = mean(t.std * abs(z - t))\n"
        ),
    };
    let columns: Vec<String> = inputs.iter().map(|c| column_word(&c.0)).collect();
    out += &before_data;
    out += &format!("data \"{name}\" {{\n");
    // Neighbours in the file are a range.
    let place = |c: &Column| found.columns.iter().position(|other| other.0 == c.0);
    let neighbours = inputs.windows(2).all(|pair| place(pair[0]).map(|p| p + 1) == place(pair[1]));
    match &columns[..] {
        [] => {}
        [first, .., last] if neighbours && columns.len() > 6 => out += &format!("    x = [{first} .. {last}]\n"),
        _ => out += &listed(&columns),
    }
    // A class or an array that is called as its column needs no line.
    for kind in kinds.iter().filter(|kind| kind.name != kind.column) {
        out += &format!("    {} = {}\n", kind.name, column_word(kind.column));
    }
    for array in arrays.iter().filter(|array| array.name != array.line) {
        out += &format!("    {} = {}\n", array.name, array.line);
    }
    out += &format!("    t = {}\n", target.line);
    let is_missing =
        |c: &&Column| matches!(c.1, Content::Numbers { missing: true, .. } | Content::Truths { missing: true });
    if inputs.iter().any(is_missing) {
        out += "    fill x with mean\n";
    }
    for kind in kinds.iter().filter(|kind| kind.missing) {
        out += &format!("    fill {} with most_frequent\n", kind.name);
    }
    for array in arrays.iter().filter(|array| array.missing) {
        out += &format!("    fill {} with mean\n", array.name);
    }
    let is_measured = matches!(target.kind, GoalKind::Number | GoalKind::Numbers(_));
    if target.missing {
        out += "    skip missing t    // nothing is learned from a row without it\n";
    }
    let scaled: Vec<&str> = std::iter::once("x")
        .filter(|_| !inputs.is_empty())
        .chain(arrays.iter().map(|array| array.name.as_str()))
        .chain(is_measured.then_some("t"))
        .collect();
    if !scaled.is_empty() {
        out += &format!("    standardize {}\n", scaled.join(", "));
    }
    // Of a series the last rows are what is to come. Of very few there is none to spare.
    let recordings = found.recordings.as_ref().filter(|_| found.clock.is_none());
    let are_many = |recordings: &&Recordings| forecast::FEWEST_RECORDINGS <= recordings.count;
    let is_in_time = found.clock.is_some() || recordings.is_some_and(|all| all.clock.is_some() && !are_many(&all));
    let last = if is_in_time { "last " } else { "" };
    if let Some(clock) = found.clock.as_ref().filter(|clock| clock.backwards) {
        out += &forecast::sorted_by(&clock.columns);
    }
    // What belongs together stays together.
    let by = recordings.filter(are_many).map_or(String::new(), |all| format!(" by {}", column_word(&all.column)));
    let is_watched = FEWEST_TO_WATCH <= found.rows;
    if is_watched {
        let share = if by.is_empty() { 0.15 } else { 0.2 };
        out += &format!("    validation {last}{share}{by}\n");
    }
    if FEWEST_TO_TEST <= found.rows {
        out += &format!("    test {last}0.2{by}\n");
    }
    out += "}\n\ntrain {\n    minimize  loss + 1e-4 * norm(weights)^2\n    optimizer adam(rate = 0.01)\n    batch     32\n";
    out += match is_watched {
        true => "    epochs    200\n    stop when validation.loss has not improved for 15\n}\n",
        false => "    epochs    60\n}\n",
    };
    Ok(syntax::format(&out).unwrap_or(out))
}

/// What stands before the data section: of a file in another folder, how it is named.
fn elsewhere(data: &Path, file: &Path, stem: &str) -> String {
    match data.parent() == file.parent() {
        true => "\n".to_string(),
        false => format!("\n// The file is elsewhere: gradus run {stem} --data {}\n", data.display()),
    }
}

/// The other values of the array whose last one is predicted.
fn rest_of_itself<'a>(goal: &Goal<'a>, named: &mut Names) -> Option<Array<'a>> {
    let rest = goal.of_array? - 1;
    let line = format!("{}[0..{rest}]", column_word(goal.column));
    Some(Array { name: named.add("x"), column: goal.column, line, shape: vec![rest], missing: goal.missing })
}

/// An array of numbers that is an input.
struct Array<'a> {
    /// What the program calls it.
    name: String,
    column: &'a str,
    /// As the data section says it.
    line: String,
    shape: Vec<usize>,
    missing: bool,
}

fn arrays<'a>(columns: impl Iterator<Item = &'a Column>, named: &mut Names) -> Vec<Array<'a>> {
    let array = |(column, content): &'a Column| match content {
        Content::Array { shape, missing, numbers: true } if shape.iter().all(|size| 0 < *size) => Some(Array {
            name: named.add(column),
            column,
            line: column_word(column),
            shape: shape.clone(),
            missing: *missing,
        }),
        _ => None,
    };
    columns.filter_map(array).collect()
}

/// The names of inputs beside the numbers, which are `x` if there are any.
struct Names {
    given: Vec<String>,
    x_is_free: bool,
}

impl Names {
    fn none() -> Names {
        Names { given: vec![], x_is_free: false }
    }
    /// A name for a column: its own, where that can be one.
    fn add(&mut self, column: &str) -> String {
        let words = column.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let mut name = words.collect::<Vec<_>>().join("_").to_lowercase();
        let is_new = |name: &str| {
            let is_name = name.starts_with(char::is_alphabetic) && !is_known(name);
            (is_name || self.x_is_free && name == "x") && self.given.iter().all(|given| given != name)
        };
        if !is_new(&name) {
            name = (1..).map(|n| format!("kind{n}")).find(|name| is_new(name)).unwrap_or_default();
        }
        self.given.push(name.clone());
        name
    }
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
    missing: bool,
}

/// More texts than this are names rather than classes.
const MOST_KINDS: usize = 20;
/// A fifth of fewer rows is none.
const FEWEST_TO_TEST: usize = 3;
/// Of fewer rows a part says little of when to stop.
const FEWEST_TO_WATCH: usize = 60;

fn kinds<'a>(columns: impl Iterator<Item = &'a Column>, rows: usize, named: &mut Names) -> Vec<Kind<'a>> {
    let kind = |(column, content): &'a Column| match *content {
        Content::Words { missing, distinct, otherwise: None, odd: None }
            if (2..=MOST_KINDS).contains(&distinct) && 4 * distinct <= rows =>
        {
            Some(Kind { name: named.add(column), column, classes: distinct, missing })
        }
        _ => None,
    };
    columns.filter_map(kind).collect()
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
