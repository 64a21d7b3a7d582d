//! `gradus predict`: the outputs of a trained program for rows of data, as CSV.
use super::Exit;
use super::answers::{answers, header};
use super::computing::{Computing, ROWS};
use super::numbers;
use super::prepare::{self, PrecisionName, Start, refused};
use super::settings::Settings;
use super::source::{complain, read_over, say};
use super::writing::Writing;
use crate::data::{self, Dataset, Stream, Targets};
use crate::diagnostic::Diagnostic;
use crate::kernel::Float;
use crate::model::Model;
use crate::pipeline::{self, Source};
use crate::schema::{self, DataPlan, Facts, Fill, FillWith, Statistics, quoted_list};
use crate::train::weights;
use clap::Args;
use std::path::PathBuf;

/// Write what a trained program gives for each row of data, as CSV
///
/// The columns of the data are named as for training; those of targets may be absent. What
/// `standardize` and `fill` learned, the names of classes, and how numbers are written (with a
/// decimal comma or point) come with the weights.
///
/// CSV is read as a stream: each row is answered as soon as it has come, and memory does not grow
/// with their number. An error comes after the answers of the rows before it.
///
/// With `--steps` it writes on: a text, a series or a sound, of which the program's `data` has a
/// window. The last places go in, and what comes out becomes the next row.
///
/// Examples:
///   gradus run iris.nn --save iris.safetensors
///   gradus predict iris.nn --weights iris.safetensors --data flowers.csv > answers.csv
///   tail -n +1 -f flowers.csv | gradus predict iris.nn --weights iris.safetensors --data -
///   gradus predict iris.nn --weights iris.safetensors --data new.csv --skip-bad
///   gradus predict gpt.nn --weights gpt.safetensors --prompt "Shall I" --steps 200 --temperature 0.8
///   gradus predict sunspots.nn --weights sunspots.safetensors --steps 20
///   gradus predict wavenet.nn --weights wavenet.safetensors --steps 8000 --out song.wav
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
    writing: Writing,
    #[command(flatten)]
    settings: Settings,
}

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
        let seed = self.seed.or(model.training.as_ref().map(|training| training.seed)).unwrap_or(1);
        let mut computing = Computing::new(model, Start::new(model, seed, Some(&weights), None)?, float, seed);
        if let Some(steps) = self.writing.steps {
            let plan = pipeline::data_plan(&source, model).map_err(|errors| refused(&errors, &source))?;
            let options = self.options(float, facts);
            return self.writing.run(steps, &source, &plan, &options, &mut computing);
        }
        let mut rows = self.rows(&source, model, float, facts)?;
        let Some(mut dataset) = self.next(&mut rows, &source)? else { return Ok(Exit::Success) };
        // Words that no row has may be in others.
        let said = dataset.warnings.iter().filter(|warning| warning.code != "W0602");
        let said = said.chain(dataset.notes.iter().filter(|note| note.code == "W0606"));
        say(&said.cloned().collect::<Vec<_>>(), &source.sources);

        let answers = answers(model, &computing.step.graph, &computing.step.outputs, facts.unwrap_or(&dataset.facts));
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

    /// How data is read.
    fn options(&self, float: Float, facts: Option<&Facts>) -> data::Options {
        data::Options {
            precision: float,
            data: self.data.clone(),
            facts: facts.cloned(),
            // Without names of classes from the weights, targets bring them.
            targets: if facts.is_some() { Targets::Unread } else { Targets::Optional },
            skip_bad: self.skip_bad,
            ..data::Options::beside(&self.file)
        }
    }

    /// The rows to predict: all of them, none is held back. Where the weights say all that a file would have to, they come as they are read.
    fn rows(&self, source: &Source, model: &Model, float: Float, facts: Option<&Facts>) -> Result<Rows, Exit> {
        let plan = pipeline::data_plan(source, model).map_err(|errors| refused(&errors, source))?;
        let plan = plan.undivided();
        let lacking = lacking(&plan, facts);
        let options = self.options(float, facts);
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
