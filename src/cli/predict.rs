//! `gradus predict`: the outputs of a trained program for rows of data, as CSV.
use super::numbers;
use super::prepare::{self, PrecisionName, Start, failed, refused};
use super::settings::Settings;
use super::source::{complain, read_over, say};
use super::{Exit, print};
use crate::data::{self, Dataset, Targets};
use crate::diagnostic::Diagnostic;
use crate::graph::show::indices;
use crate::graph::{Graph, Kind, NodeId};
use crate::kernel::Float;
use crate::model::{Model, Role};
use crate::pipeline::{self, Executing, Source};
use crate::schema::{self, DataPlan, Facts, Fill, FillWith, Statistics, quoted_list};
use crate::train::{Batch, weights};
use clap::Args;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

/// Write what a trained program gives for each row of data, as CSV
///
/// The columns of the data are named as for training; those of targets may be absent. What
/// `standardize` and `fill` learned, and the names of classes, come with the weights.
///
/// Examples:
///   gradus run iris.nn --save iris.safetensors
///   gradus predict iris.nn --weights iris.safetensors --data flowers.csv > answers.csv
///   head -n 5 flowers.csv | gradus predict iris.nn --weights iris.safetensors --data -
///   gradus predict iris.nn --weights iris.safetensors --data new.csv --skip-bad
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct Predict {
    /// The program
    file: PathBuf,
    /// What `gradus run --save` has written
    #[arg(long, value_name = "FILE")]
    weights: PathBuf,
    /// The rows, instead of the program's own; `-` reads CSV from stdin
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// Go on where a row can't be read: its line has empty fields, and stderr says why
    #[arg(long)]
    skip_bad: bool,
    /// The precision of all numbers
    #[arg(long)]
    precision: Option<PrecisionName>,
    /// Of what is drawn
    #[arg(long, value_parser = numbers::seed, allow_negative_numbers = true)]
    seed: Option<u64>,
    #[command(flatten)]
    settings: Settings,
}

/// So many rows are computed and written at once.
const ROWS: usize = 256;
/// Of so many rows that can't be read it is said why.
const SAID: usize = 10;

impl Predict {
    pub fn run(self) -> Exit {
        self.predict().unwrap_or_else(|exit| exit)
    }

    fn predict(&self) -> Result<Exit, Exit> {
        // What comes through a pipe is read once.
        let data = self.data.as_ref().filter(|path| path.as_os_str() != "-");
        let source = read_over(&self.file, &self.settings.options(), data, Some(&self.weights))?;
        let Some(model) = &source.evaluation else { return Err(Exit::Failure) };
        if model.outputs.is_empty() {
            complain(
                "error: this program does not say what it predicts\n  = help: add `output y`, with the name of a value that needs no target",
            );
            return Err(Exit::Failure);
        }
        let float = prepare::float(self.precision, model.training.as_ref());
        let trained = source.training.as_ref().unwrap_or(model);
        let mut weights = prepare::read_weights(&self.weights, trained, &source)?;
        // `if training` may leave parameters out.
        let held = weights::kept(trained);
        let place = |name: &str| held.iter().position(|(_, v)| v.name == name);
        let wanted = weights::kept(model).into_iter().filter_map(|(_, v)| weights.values.get(place(&v.name)?).cloned());
        weights.values = wanted.collect();
        let dataset = self.load(&source, model, float, weights.facts.as_ref())?;

        let step = pipeline::batched(&pipeline::prediction_step(model), true);
        let executing = Executing { float, threads: 1, interpreted: false };
        let rows = dataset.rows.clamp(1, ROWS);
        let mut executor = pipeline::executor(&step, &executing, rows, &dataset, (0, 0)).map_err(failed)?;
        Start::new(model, self.seed.unwrap_or(1), Some(&weights))?.set(executor.as_mut());

        let facts = weights.facts.as_ref().unwrap_or(&dataset.facts);
        let answers = answers(model, &step.graph, &step.outputs, facts);
        let mut out = header(&answers);
        let fields: usize = answers.iter().map(|answer| answer.columns.len()).sum();
        let mut skipped = dataset.skipped.iter().map(|(row, _)| *row as usize).peekable();
        self.say_skipped(&dataset)?;
        let order: Vec<u32> = (0..dataset.rows as u32).collect();
        for first in (0..dataset.rows).step_by(rows) {
            let here = rows.min(dataset.rows - first);
            let batch = Batch { first: 0, rows: here, step: 1, epoch: 1 };
            let order = &order[first..first + here];
            executor.run(order, &[batch], &AtomicBool::new(false), &mut vec![]).map_err(failed)?;
            let values: Vec<Vec<f64>> = (0..answers.len()).map(|number| executor.output(number, here)).collect();
            for row in 0..here {
                if skipped.next_if_eq(&(first + row)).is_some() {
                    out.push_str(&nothing(fields));
                    continue;
                }
                let fields: Vec<String> = answers
                    .iter()
                    .zip(&values)
                    .flat_map(|(answer, all)| answer.fields(all, row, here, float))
                    .collect();
                out.push_str(&line(&fields));
            }
            let exit = print(&std::mem::take(&mut out));
            if exit != Exit::Success {
                return Err(exit);
            }
        }
        Ok(Exit::Success)
    }

    /// The rows to predict: all of them, none is held back.
    fn load(&self, source: &Source, model: &Model, float: Float, facts: Option<&Facts>) -> Result<Dataset, Exit> {
        let plan = pipeline::data_plan(source, model).map_err(|errors| refused(&errors, source))?;
        let plan = DataPlan { test: None, validation: None, train_where: None, ..plan };
        let lacking = lacking(&plan, facts);
        if !lacking.is_empty() {
            let names: Vec<&str> = lacking.iter().map(String::as_str).collect();
            complain(&format!(
                "warning: the weights carry no statistics of {}: those of the rows given here are used\n  \
                 = help: train anew with this program",
                quoted_list(&names)
            ));
        }
        let options = data::Options {
            precision: float,
            data: self.data.clone(),
            facts: facts.cloned(),
            // Without names of classes from the weights, targets bring them.
            targets: if facts.is_some() { Targets::Unread } else { Targets::Optional },
            skip_bad: self.skip_bad,
            ..data::Options::beside(&self.file)
        };
        let of_rows = |error: &Diagnostic| {
            matches!(error.code, "E0605" | "E0606" | "E0607" | "E0608" | "E0618")
                || error.code == "E0611" && error.message.contains("another number of values")
        };
        let dataset = data::load(&plan, &options).map_err(|mut errors| {
            let last = errors.iter_mut().rfind(|error| of_rows(error)).filter(|_| !self.skip_bad);
            if let Some(last) = last {
                *last = last
                    .clone()
                    .help("with `--skip-bad`, rows that can't be read have empty fields, and the others their answers");
            }
            refused(&errors, source)
        })?;
        // Words that no row has may be in others.
        let warnings: Vec<Diagnostic> = dataset.warnings.iter().filter(|w| w.code != "W0602").cloned().collect();
        say(&warnings, &source.sources);
        Ok(dataset)
    }

    /// Says which rows have no answer. A failure if none has one.
    fn say_skipped(&self, dataset: &Dataset) -> Result<(), Exit> {
        for (_, why) in dataset.skipped.iter().take(SAID) {
            complain(&format!("warning: no answer: {}", why.message));
        }
        if let Some(more) = dataset.skipped.len().checked_sub(SAID).filter(|more| 0 < *more) {
            complain(&format!("warning: no answer for {more} more rows, of {}", dataset.rows));
        }
        if dataset.skipped.len() < dataset.rows {
            return Ok(());
        }
        complain("error: no row can be read\n  = help: without `--skip-bad`, the error of the first one says more");
        Err(Exit::Failure)
    }
}

/// The inputs whose statistics are asked for and did not come with the weights.
fn lacking(plan: &DataPlan, facts: Option<&Facts>) -> Vec<String> {
    let known = |name: &str| facts.and_then(|facts| facts.statistics.get(name));
    let is_lacking = |slot: &usize, found: fn(&Statistics) -> bool| {
        let declared = &plan.slots[*slot].declared;
        declared.role == schema::Role::Input && !known(&declared.name).is_some_and(found)
    };
    let of_rows = |fill: &&Fill| matches!(fill.with, FillWith::Mean | FillWith::MostFrequent);
    let filled =
        plan.fill.iter().filter(of_rows).map(|fill| fill.slot).filter(|slot| is_lacking(slot, |s| !s.fill.is_empty()));
    let scaled = plan.standardize.iter().map(|wish| wish.slot).filter(|slot| is_lacking(slot, |s| !s.mean.is_empty()));
    let mut slots: Vec<usize> = filled.chain(scaled).collect();
    slots.sort_unstable();
    slots.dedup();
    slots.iter().map(|slot| plan.slots[*slot].declared.name.clone()).collect()
}

/// An output, and how it is written.
struct Answer {
    columns: Vec<String>,
    width: usize,
    /// It is the same for all rows.
    uniform: bool,
    kind: Written,
}

enum Written {
    Numbers,
    /// A class; its names, if it has any.
    Class(Vec<String>),
    /// A probability for each class: the most probable one's name comes first.
    Probabilities(Vec<String>),
}

fn answers(model: &Model, graph: &Graph, outputs: &[(String, NodeId)], facts: &Facts) -> Vec<Answer> {
    let names_of = |count: usize, name: &str| -> Vec<String> {
        facts.class_names(name).map_or_else(|| (0..count).map(|i| i.to_string()).collect(), <[String]>::to_vec)
    };
    // The target of so many classes, by its name.
    let classes = |count: usize| {
        let targets = model.graph.inputs.iter().zip(&model.inputs).filter(|(_, input)| input.role == Role::Target);
        let mut fitting = targets
            .filter(|(v, _)| v.ty.shape.is_empty() && v.ty.kind == Kind::Class(count))
            .map(|(v, _)| v.name.clone());
        fitting.next().filter(|_| fitting.next().is_none())
    };
    let mut answered: Vec<String> = vec![];
    let answer = |(name, id): &(String, NodeId)| {
        let ty = graph.ty(*id);
        let uniform = ty.shape.first() != Some(&crate::graph::BATCH);
        let shape: Vec<usize> = ty.shape.iter().copied().filter(|&n| n != crate::graph::BATCH).collect();
        let width = shape.iter().product();
        let numbered = || {
            (0..width)
                .map(|flat| {
                    let places: Vec<String> = indices(flat, &shape).iter().map(usize::to_string).collect();
                    format!("{name}[{}]", places.join(","))
                })
                .collect()
        };
        if let Kind::Class(count) = ty.kind {
            let names = classes(count).map(|target| names_of(count, &target)).unwrap_or_default();
            let columns = if shape.is_empty() { vec![name.clone()] } else { numbered() };
            return Answer { columns, width, uniform, kind: Written::Class(names) };
        }
        if let [count] = shape[..]
            && let Some(target) = classes(count).filter(|target| !answered.contains(target))
        {
            let names = names_of(count, &target);
            let columns = std::iter::once(target.clone()).chain(names.iter().map(|n| format!("{name}[{n}]"))).collect();
            answered.push(target);
            return Answer { columns, width, uniform, kind: Written::Probabilities(names) };
        }
        let columns = if shape.is_empty() { vec![name.clone()] } else { numbered() };
        Answer { columns, width, uniform, kind: Written::Numbers }
    };
    outputs.iter().map(answer).collect()
}

impl Answer {
    /// The fields of one of `rows` rows.
    fn fields(&self, all: &[f64], row: usize, rows: usize, float: Float) -> Vec<String> {
        let at = if self.uniform || rows == 0 { 0 } else { row };
        let values = &all[at * self.width..(at + 1) * self.width];
        let number = |value: &f64| match float {
            Float::F32 => shortest((*value as f32).to_string(), format!("{:e}", *value as f32), *value),
            Float::F64 => shortest(value.to_string(), format!("{value:e}"), *value),
        };
        let named = |names: &[String], class: usize| names.get(class).cloned().unwrap_or_else(|| class.to_string());
        match &self.kind {
            Written::Numbers => values.iter().map(number).collect(),
            Written::Class(names) => values.iter().map(|value| named(names, *value as usize)).collect(),
            Written::Probabilities(names) => {
                // Of equal ones the first, as `argmax` takes it.
                let best = (0..values.len()).rev().max_by(|&a, &b| values[a].total_cmp(&values[b])).unwrap_or(0);
                std::iter::once(named(names, best)).chain(values.iter().map(number)).collect()
            }
        }
    }
}

/// The decimal form of a number, or that with an exponent where the number is small or large and it is shorter.
fn shortest(decimal: String, exponent: String, value: f64) -> String {
    let is_plain = (1e-4..1e16).contains(&value.abs());
    if !is_plain && exponent.len() < decimal.len() { exponent } else { decimal }
}

fn header(answers: &[Answer]) -> String {
    line(&answers.iter().flat_map(|answer| answer.columns.clone()).collect::<Vec<_>>())
}

/// The line of a row without an answer. A single field is quoted, for many readers pass over an empty line.
fn nothing(fields: usize) -> String {
    if fields == 1 { "\"\"\n".to_string() } else { ",".repeat(fields.saturating_sub(1)) + "\n" }
}

/// A line of CSV, quoted where that is needed (RFC 4180).
fn line(fields: &[String]) -> String {
    let quoted = |field: &String| {
        if field.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", field.replace('"', "\"\""))
        } else {
            field.clone()
        }
    };
    fields.iter().map(quoted).collect::<Vec<_>>().join(",") + "\n"
}
