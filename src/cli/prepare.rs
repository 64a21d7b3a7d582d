//! What commands that execute a program need before a first step: the precision, weights, data, initial values.
use super::Exit;
use super::source::{complain, read_over, say};
use crate::data::{self, DataFile, Dataset};
use crate::diagnostic::Diagnostic;
use crate::kernel::Float;
use crate::model::{Batch, Length, Model, Options, Precision, Training};
use crate::pipeline::{self, Obstacle, Source};
use crate::schema::{DataPlan, FileSource};
use crate::step::Target;
use crate::train::weights::{self, Fitting, Weights};
use crate::train::{Executor, initial};
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};

/// The precision of all numbers, as the command line names it.
#[derive(Clone, Copy, ValueEnum)]
pub enum PrecisionName {
    F32,
    F64,
}

/// A program, and what may stand in the place of its data and of its initial values.
#[derive(Args)]
pub struct Given {
    /// The program
    pub file: PathBuf,
    /// A data file in the place of the program's
    #[arg(long, value_name = "FILE")]
    pub data: Option<PathBuf>,
    /// Start from these weights
    #[arg(long, value_name = "FILE")]
    pub weights: Option<PathBuf>,
}

impl Given {
    /// The program, read; a failure if there is an error.
    pub fn read(&self, options: &Options) -> Result<Source, Exit> {
        read_over(&self.file, options, self.data.as_ref(), self.weights.as_ref())
    }
    /// The weights that are named, if any are.
    pub fn weights(&self, model: &Model, source: &Source) -> Result<Option<Weights>, Exit> {
        self.weights.as_deref().map(|path| read_weights(path, model, source)).transpose()
    }
    /// What `start` in the program takes from a file of weights, unless the command line names others.
    pub fn fitting(&self, model: &Model, source: &Source) -> Result<Option<Fitting>, Exit> {
        let Some((name, span)) = model.training.as_ref().and_then(|training| training.start.clone()) else {
            return Ok(None);
        };
        if self.weights.is_some() {
            return Ok(None);
        }
        let named = FileSource { path: name.clone(), span };
        let path = DataFile::beside(&data::Options::beside(&self.file), &named);
        let found = path.and_then(|path| weights::load_fitting(&path, &tensors(model), span));
        let found = found.map_err(|error| refused(&[error], source))?;
        if !found.others.is_empty() {
            let fit = found.values.iter().flatten().count();
            let text = format!("{fit} of {} tensors begin as in `{name}`, the others anew", found.values.len());
            let note = Diagnostic::remark("W0801", text).at(span, "this file");
            say(&[found.others.iter().fold(note, |note, why| note.note(why.clone()))], &source.sources);
        }
        Ok(Some(found))
    }
    /// The data of the program, or of the file that stands in its place. Statistics and classes that came with weights hold.
    pub fn dataset(
        &self,
        source: &Source,
        model: &Model,
        float: Float,
        weights: Option<&Weights>,
    ) -> Result<Dataset, Exit> {
        let plan = pipeline::data_plan(source, model).map_err(|errors| refused(&errors, source))?;
        let facts = weights.and_then(|w| w.facts.clone());
        let options =
            data::Options { precision: float, data: self.data.clone(), facts, ..data::Options::beside(&self.file) };
        let dataset = load(&plan, &options, source)?;
        // Who writes `t.mean` knows that it is standardized.
        let knows = pipeline::asks_for_statistics(source);
        let notes: Vec<Diagnostic> =
            dataset.notes.iter().filter(|note| !knows || note.code != "W0603").cloned().collect();
        say(&notes, &source.sources);
        Ok(dataset)
    }
}

/// What the command line says about precision, else what the program says, if it trains.
pub fn float(asked: Option<PrecisionName>, training: Option<&Training>) -> Float {
    match (asked, training.map(|t| t.precision)) {
        (Some(PrecisionName::F64), _) | (None, Some(Precision::F64)) => Float::F64,
        _ => Float::F32,
    }
}

/// Rows of a batch: what the command line says, else the program; none for all of them.
pub fn wanted_batch(asked: Option<usize>, training: &Training) -> Option<usize> {
    match (asked, training.batch) {
        (Some(rows), _) | (None, Batch::Rows(rows)) => Some(rows.max(1)),
        (None, Batch::All) => None,
    }
}

/// The same, of so many rows.
pub fn batch_rows(asked: Option<usize>, training: &Training, rows: usize) -> usize {
    wanted_batch(asked, training).unwrap_or(rows).clamp(1, rows.max(1))
}

/// Epochs or steps: what the command line says, else the program.
pub fn length(asked: Option<Length>, training: &Training) -> (Option<usize>, Option<usize>) {
    match asked.unwrap_or(training.length) {
        Length::Epochs(epochs) => (Some(epochs), None),
        Length::Steps(steps) => (None, Some(steps)),
    }
}

/// The `train` section, without which nothing runs.
pub fn training(model: &Model) -> Result<&Training, Exit> {
    model.training.as_ref().ok_or_else(|| {
        complain(
            "error: this program has no `train` section\n  = help: add `train { minimize loss; epochs 10 }`; `gradus check`, `grad` and `show` work without one",
        );
        Exit::Failure
    })
}

/// The weights that a file holds.
pub fn read_weights(path: &Path, model: &Model, source: &Source) -> Result<Weights, Exit> {
    weights::load(path, &tensors(model), None).map_err(|error| refused(&[error], source))
}

/// The paths and shapes of what a weights file has of a model.
fn tensors(model: &Model) -> Vec<(&str, &[usize])> {
    weights::kept(model).into_iter().map(|(_, v)| (v.name.as_str(), v.ty.shape.as_slice())).collect()
}

/// Carries a plan out, and says its warnings.
pub fn load(plan: &DataPlan, options: &data::Options, source: &Source) -> Result<Dataset, Exit> {
    let dataset = source.load(plan, options).map_err(|errors| refused(&errors, source))?;
    say(&dataset.warnings, &source.sources);
    Ok(dataset)
}

/// The values that parameters and states begin with: those of a file, else by the seed.
pub struct Start {
    values: Vec<(Target, Vec<f64>)>,
}

impl Start {
    pub fn new(model: &Model, seed: u64, weights: Option<&Weights>, fitting: Option<&Fitting>) -> Result<Start, Exit> {
        let parameters = initial::parameters(model, seed).map_err(failed)?;
        let states = initial::states(model, seed).map_err(failed)?;
        let parameters = parameters.into_iter().enumerate().map(|(at, v)| (Target::Parameter(at as u32), v));
        let states = states.into_iter().enumerate().map(|(at, v)| (Target::State(at as u32), v));
        // What the file holds comes later, and holds.
        let read = weights.into_iter().flat_map(|read| {
            weights::kept(model).into_iter().map(|(target, _)| target).zip(read.values.iter().cloned())
        });
        let fitting = fitting.into_iter().flat_map(|fitting| {
            let all = weights::kept(model).into_iter().map(|(target, _)| target).zip(&fitting.values);
            all.filter_map(|(target, values)| Some((target, values.clone()?)))
        });
        Ok(Start { values: parameters.chain(states).chain(read).chain(fitting).collect() })
    }

    /// Puts an executor at the start.
    pub fn set(&self, executor: &mut dyn Executor) {
        self.values.iter().for_each(|(target, values)| executor.write(*target, values));
    }
}

/// Shows errors that end the command.
pub fn refused(errors: &[Diagnostic], source: &Source) -> Exit {
    say(errors, &source.sources);
    Exit::Failure
}

/// A fault is a mistake of the compiler, and is said as such.
pub fn failed(what: impl Into<Obstacle>) -> Exit {
    match what.into() {
        Obstacle::Fault(fault) => {
            complain(&format!("error: gradus made a mistake in {}: {}", fault.place, fault.reason));
        }
        Obstacle::Refused(diagnostic) => complain(&format!("error[{}]: {}", diagnostic.code, diagnostic.message)),
    }
    Exit::Failure
}

/// The same with the place of what can't be computed.
pub fn stopped(source: &Source) -> impl Fn(Obstacle) -> Exit {
    move |what| match what {
        Obstacle::Refused(diagnostic) => refused(&[*diagnostic], source),
        fault @ Obstacle::Fault(_) => failed(fault),
    }
}
