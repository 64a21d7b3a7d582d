//! `gradus predict`: the outputs of a trained program for rows of data, as CSV.
use super::answers::{Answer, answers, header, line, nothing};
use super::numbers;
use super::prepare::{self, PrecisionName, Start, failed, refused, stopped};
use super::processor;
use super::settings::Settings;
use super::source::{complain, read_over, say};
use super::{Exit, write};
use crate::data::{self, Dataset, Stream, Targets};
use crate::diagnostic::Diagnostic;
use crate::kernel::Float;
use crate::model::{Length, Model};
use crate::pipeline::{self, Batched, Executing, Obstacle, Source};
use crate::schema::{self, DataPlan, Facts, Fill, FillWith, Statistics, quoted_list};
use crate::train::{Batch, Executor, Moment, weights};
use clap::Args;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

/// Write what a trained program gives for each row of data, as CSV
///
/// The columns of the data are named as for training; those of targets may be absent. What
/// `standardize` and `fill` learned, the names of classes, and how numbers are written (with a
/// decimal comma or point) come with the weights.
///
/// CSV is read as a stream: each row is answered as soon as it has come, and memory does not grow
/// with their number. An error comes after the answers of the rows before it.
///
/// Examples:
///   gradus run iris.nn --save iris.safetensors
///   gradus predict iris.nn --weights iris.safetensors --data flowers.csv > answers.csv
///   tail -n +1 -f flowers.csv | gradus predict iris.nn --weights iris.safetensors --data -
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

/// So many rows are computed and written at once, if so many have come.
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
        let facts = weights.facts.as_ref();
        let mut rows = self.rows(&source, model, float, facts)?;
        let Some(mut dataset) = self.next(&mut rows, &source)? else { return Ok(Exit::Success) };
        // Words that no row has may be in others.
        let said = dataset.warnings.iter().filter(|warning| warning.code != "W0602");
        let said = said.chain(dataset.notes.iter().filter(|note| note.code == "W0606"));
        say(&said.cloned().collect::<Vec<_>>(), &source.sources);

        let step = pipeline::batched(&pipeline::prediction_step(model), true);
        let answers = answers(model, &step.graph, &step.outputs, facts.unwrap_or(&dataset.facts));
        let seed = self.seed.or(model.training.as_ref().map(|training| training.seed)).unwrap_or(1);
        let start = Start::new(model, seed, Some(&weights), None)?;
        let mut computing =
            Computing { step, start, float, seed, executor: None, moment: end_of(model), room: 0, before: 0 };
        let mut out = header(&answers);
        let (mut all, mut bad) = (0, 0);
        loop {
            // The first row that can't be read ends it, unless such rows have empty lines.
            let end = dataset.skipped.first().filter(|_| !self.skip_bad);
            let good = end.map_or(dataset.rows, |(row, _)| *row as usize);
            if self.skip_bad {
                for (_, why) in dataset.skipped.iter().take(SAID.saturating_sub(bad)) {
                    complain(&format!("warning: no answer: {}", why.message));
                }
                bad += dataset.skipped.len();
            }
            all += dataset.rows;
            computing.answer(&dataset, good, &answers, &source, &mut out)?;
            computing.before += dataset.rows;
            if let Some((_, why)) = end {
                return Err(refused(&[with_a_way_out(why)], &source));
            }
            match self.next(&mut rows, &source)? {
                Some(next) => dataset = next,
                None => break,
            }
        }
        if let Some(more) = bad.checked_sub(SAID).filter(|more| 0 < *more) {
            complain(&format!("warning: no answer for {more} more rows, of {all}"));
        }
        if bad < all {
            return Ok(Exit::Success);
        }
        complain("error: no row can be read\n  = help: without `--skip-bad`, the error of the first one says more");
        Err(Exit::Failure)
    }

    /// The rows to predict: all of them, none is held back. Where the weights say all that a file would have to, they come as they are read.
    fn rows(&self, source: &Source, model: &Model, float: Float, facts: Option<&Facts>) -> Result<Rows, Exit> {
        let plan = pipeline::data_plan(source, model).map_err(|errors| refused(&errors, source))?;
        let plan = DataPlan { test: None, validation: None, train_where: None, ..plan };
        let lacking = lacking(&plan, facts);
        let options = data::Options {
            precision: float,
            data: self.data.clone(),
            facts: facts.cloned(),
            // Without names of classes from the weights, targets bring them.
            targets: if facts.is_some() { Targets::Unread } else { Targets::Optional },
            skip_bad: self.skip_bad,
            ..data::Options::beside(&self.file)
        };
        // A window needs the rows behind it.
        if plan.window.is_some() {
        } else if lacking.is_empty() {
            let stream = Stream::open(&plan, &options).map_err(|error| refused(&[error], source))?;
            if let Some(stream) = stream {
                return Ok(Rows::Coming(Box::new(stream)));
            }
        } else {
            let names: Vec<&str> = lacking.iter().map(String::as_str).collect();
            complain(&format!(
                "warning: the weights carry no statistics of {}: those of the rows given here are used\n  \
                 = help: train anew with this program",
                quoted_list(&names)
            ));
        }
        let of_rows = |error: &Diagnostic| {
            matches!(error.code, "E0605" | "E0606" | "E0607" | "E0608" | "E0618")
                || error.code == "E0611" && error.message.contains("another number of values")
        };
        let dataset = data::load(&plan, &options).map_err(|mut errors| {
            if let Some(last) = errors.iter_mut().rfind(|error| of_rows(error)).filter(|_| !self.skip_bad) {
                *last = with_a_way_out(last);
            }
            refused(&errors, source)
        })?;
        Ok(Rows::Whole(Some(Box::new(dataset))))
    }

    fn next(&self, rows: &mut Rows, source: &Source) -> Result<Option<Dataset>, Exit> {
        match rows {
            Rows::Coming(stream) => stream.next(ROWS).map_err(|errors| refused(&errors, source)),
            Rows::Whole(dataset) => Ok(dataset.take().map(|dataset| *dataset)),
        }
    }
}

/// The rows to predict.
enum Rows {
    Coming(Box<Stream>),
    /// All at once.
    Whole(Option<Box<Dataset>>),
}

/// The error of a row, where rows may be left out.
fn with_a_way_out(error: &Diagnostic) -> Diagnostic {
    error.clone().help("with `--skip-bad`, rows that can't be read have empty fields, and the others their answers")
}

/// Computes answers.
struct Computing {
    step: Batched,
    start: Start,
    float: Float,
    seed: u64,
    executor: Option<Box<dyn Executor>>,
    /// The end of training, as far as the program says when that is.
    moment: Moment,
    /// So many rows the executor computes at once.
    room: usize,
    /// So many rows have come before: what is drawn for a row does not depend on how they come.
    before: usize,
}

impl Computing {
    /// Writes the answers of the first rows behind `out`: empty fields for those that can't be read.
    fn answer(
        &mut self,
        dataset: &Dataset,
        rows: usize,
        answers: &[Answer],
        source: &Source,
        out: &mut String,
    ) -> Result<(), Exit> {
        let fields: usize = answers.iter().map(|answer| answer.columns.len()).sum();
        let mut skipped = dataset.skipped.iter().map(|(row, _)| *row as usize).peekable();
        let order: Vec<u32> = (0..rows as u32).collect();
        if 0 < rows {
            self.bind(dataset).map_err(stopped(source))?;
        }
        let Some(executor) = &mut self.executor else { return Ok(()) };
        executor.draw_from(self.seed, self.before);
        for first in (0..rows).step_by(self.room) {
            let here = self.room.min(rows - first);
            let batch = Batch::at(self.moment, here);
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
                    .flat_map(|(answer, all)| answer.fields(all, row, here, self.float))
                    .collect();
                out.push_str(&line(&fields));
            }
            write(&std::mem::take(out))?;
        }
        Ok(())
    }

    /// Takes rows over. What computes them has room for as many as come at once: few need little memory.
    fn bind(&mut self, dataset: &Dataset) -> Result<(), Obstacle> {
        let wanted = dataset.rows.min(ROWS);
        if let Some(executor) = self.executor.as_mut().filter(|_| wanted <= self.room) {
            return Ok(executor.bind(dataset)?);
        }
        self.room = wanted.max(2 * self.room).min(ROWS);
        let executing =
            Executing { float: self.float, threads: 1, interpreted: false, path: processor::path(), seed: self.seed };
        let mut executor =
            pipeline::executor(&self.step, &executing, self.room, dataset, (self.moment.step, self.moment.epoch))?;
        self.start.set(executor.as_mut());
        self.executor = Some(executor);
        Ok(())
    }
}

/// The inputs whose statistics are asked for and did not come with the weights.
fn lacking(plan: &DataPlan, facts: Option<&Facts>) -> Vec<String> {
    let known = |name: &str| facts.and_then(|facts| facts.statistics.get(name));
    let is_lacking = |slot: &usize, found: fn(&Statistics) -> &[f64]| {
        let declared = &plan.slots[*slot].declared;
        let fits = |statistics: &Statistics| found(statistics).len() == declared.width();
        declared.role == schema::Role::Input && !known(&declared.name).is_some_and(fits)
    };
    let of_rows = |fill: &&Fill| matches!(fill.with, FillWith::Mean | FillWith::MostFrequent);
    let filled = plan.fill.iter().filter(of_rows).map(|fill| fill.slot).filter(|slot| is_lacking(slot, |s| &s.fill));
    let scaled = plan.standardize.iter().map(|wish| wish.slot).filter(|slot| is_lacking(slot, |s| &s.mean));
    let mut slots: Vec<usize> = filled.chain(scaled).collect();
    slots.sort_unstable();
    slots.dedup();
    slots.iter().map(|slot| plan.slots[*slot].declared.name.clone()).collect()
}

/// The end of training, as far as the program says when that is.
fn end_of(model: &Model) -> Moment {
    match model.training.as_ref().map(|training| training.length) {
        Some(Length::Epochs(epoch)) => Moment { step: 1, epoch },
        Some(Length::Steps(step)) => Moment { step, epoch: 1 },
        None => Moment { step: 1, epoch: 1 },
    }
}
