//! `gradus run`: trains a model, or evaluates it.
use super::look;
use super::numbers;
use super::prepare::{self, Given, PrecisionName, Start, failed, stopped};
use super::processor;
use super::progress::{Progress, number};
use super::settings::Settings;
use super::source::{complain, say};
use super::{Exit, print};
use crate::data::Dataset;
use crate::diagnostic::Diagnostic;
use crate::kernel::Float;
use crate::model::{Length, Model, Stop, Training, Watched, When};
use crate::pipeline::{self, Executing, Obstacle, Source};
use crate::train::{self, Event, Executor, Judge, Moment, Schedule, Stopping, weights};
use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

/// Train a model on its data
///
/// Examples:
///   gradus run iris.nn
///   gradus run iris.nn --epochs 100 --save iris.safetensors
///   gradus run iris.nn --weights iris.safetensors --epochs 10
///   gradus run iris.nn --data mine.csv --json
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct Run {
    #[command(flatten)]
    given: Given,
    /// Write the trained weights here
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Epochs, in the place of the program's
    #[arg(long, conflicts_with = "steps", value_parser = numbers::count, allow_negative_numbers = true)]
    epochs: Option<usize>,
    /// Steps, in the place of the program's epochs or steps
    #[arg(long, value_parser = numbers::count, allow_negative_numbers = true)]
    steps: Option<usize>,
    /// Rows of a batch
    #[arg(long, value_parser = numbers::positive, allow_negative_numbers = true)]
    batch: Option<NonZeroUsize>,
    /// The seed of initial values and of the order of rows
    #[arg(long, value_parser = numbers::seed, allow_negative_numbers = true)]
    seed: Option<u64>,
    /// Take the rows in the order of the file
    #[arg(long)]
    no_shuffle: bool,
    /// Threads to work on
    #[arg(long, default_value = "1", value_parser = numbers::positive, allow_negative_numbers = true)]
    threads: NonZeroUsize,
    /// Precision of all numbers
    #[arg(long, value_enum)]
    precision: Option<PrecisionName>,
    /// What computes: native code, or the interpreter
    #[arg(long, value_enum, default_value = "jit")]
    executor: ExecutorName,
    /// Say something every so many steps (0: every epoch)
    #[arg(long, default_value_t = 0, value_parser = numbers::count, allow_negative_numbers = true)]
    log_every: usize,
    /// One JSON object a line on stdout
    #[arg(long)]
    json: bool,
    /// After training, show this value for the first rows of the data, or this parameter; may be said several times
    #[arg(long, value_name = "NAME")]
    print: Vec<String>,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Clone, Copy, ValueEnum, PartialEq)]
enum ExecutorName {
    Jit,
    Interpreter,
}

/// Set by Ctrl-C: the step is finished, then the loop ends.
static STOP: AtomicBool = AtomicBool::new(false);

impl Run {
    pub fn run(self) -> Exit {
        self.train().unwrap_or_else(|exit| exit)
    }

    fn train(&self) -> Result<Exit, Exit> {
        let source = self.given.read(&self.settings.options())?;
        let (Some(model), Some(evaluated)) = (&source.training, &source.evaluation) else { return Err(Exit::Failure) };
        let training = prepare::training(model)?;
        look::checked(&self.print, evaluated)?;
        let float = prepare::float(self.precision, Some(training));
        let weights = self.given.weights(model, &source)?;
        let fitting = self.given.fitting(model, &source)?;
        let dataset = self.given.dataset(&source, model, float, weights.as_ref())?;
        let seed = self.seed.unwrap_or(training.seed);
        let rows = dataset.parts.train.len();
        if rows == 0 {
            complain("error: the training part has no rows");
            return Err(Exit::Failure);
        }
        can_watch(training, &dataset, &source)?;
        let batch = prepare::batch_rows(self.batch.map(NonZeroUsize::get), training, rows);
        let asked = self.steps.map(Length::Steps).or(self.epochs.map(Length::Epochs));
        let (epochs, steps) = prepare::length(asked, training);
        let schedule = Schedule {
            rows: dataset.parts.train.clone(),
            batch,
            epochs,
            steps,
            seed,
            shuffle: !self.no_shuffle,
            pause_each_epoch: !dataset.parts.validation.is_empty() || training.stop.is_some(),
            log_every: if self.log_every > 0 {
                self.log_every
            } else if self.json {
                1
            } else {
                0
            },
        };
        let clock = std::time::Instant::now();
        let interpreted = self.executor == ExecutorName::Interpreter;
        let executing = Executing { float, threads: self.threads.get(), interpreted, path: processor::path(), seed };
        let totals = (schedule.total_steps(), schedule.total_epochs());
        let step = pipeline::batched(&pipeline::training_step(model), true);
        let names: Vec<String> = step.logged.iter().map(|l| l.0.clone()).collect();
        let mut executor = pipeline::executor(&step, &executing, batch, &dataset, totals).map_err(stopped(&source))?;
        Start::new(model, seed, weights.as_ref(), fitting.as_ref())?.set(executor.as_mut());
        let compile = clock.elapsed().as_secs_f64();
        let _ = ctrlc::set_handler(|| STOP.store(true, Ordering::Relaxed));

        let evaluation = pipeline::batched(&pipeline::evaluation_step(evaluated), true);
        let mut progress = Progress::new(self.json, schedule.total_epochs());
        let judge_of = |rows: &[u32]| -> Result<Option<Judge>, Obstacle> {
            if rows.is_empty() {
                return Ok(None);
            }
            let executor = pipeline::executor(&evaluation, &executing, rows.len(), &dataset, totals)?;
            let names = evaluation.logged.iter().map(|l| l.0.clone()).collect();
            Ok(Some(Judge::new(&model.graph, &evaluated.graph, executor, rows, names)))
        };
        let mut validation = judge_of(&dataset.parts.validation).map_err(stopped(&source))?;
        let mut stopping = training.stop.as_ref().map(|stop| {
            let kept = weights::kept(model).into_iter().map(|(target, _)| target).collect();
            Stopping::new(stop, kept)
        });
        let mut fault = None;
        let mut reached = Moment { step: 1, epoch: 1 };
        let outcome = train::train(executor.as_mut(), &schedule, names.len(), &STOP, &mut |executor, event| {
            let (kind, step, epoch, logged) = match event {
                Event::Step { step, epoch, logged } => ("step", step, epoch, logged),
                Event::Epoch { step, epoch, logged } => ("epoch", step, epoch, logged),
            };
            reached = Moment { step, epoch };
            let is_shown = self.json || progress.wants(kind, epoch);
            let mut stopping = stopping.as_mut().filter(|_| kind == "epoch");
            if !is_shown && stopping.is_none() {
                return true;
            }
            let mut values: Vec<(String, f64)> = names.iter().cloned().zip(logged).collect();
            if kind == "epoch" {
                values.truncate(values.iter().take_while(|v| is_loss(&v.0)).count());
                match validation.as_mut().map(|v| v.judge(executor, reached)).transpose() {
                    Ok(judged) => values.extend(judged.into_iter().flatten().map(|(n, v)| (of_validation(&n), v))),
                    Err(found) => fault = Some(found),
                }
            }
            let told = |watched: &Watched| {
                let name = if watched.of_validation { of_validation(&watched.name) } else { watched.name.clone() };
                values.iter().find(|(own, _)| *own == name).map_or(f64::NAN, |(_, value)| *value)
            };
            let ends = stopping.as_mut().is_some_and(|stopping| stopping.ends(executor, reached, &told));
            // What is minimised has a rate, a penalty: it is training's.
            values.retain(|(name, _)| *name != of_validation("objective"));
            if self.json {
                let mut line = Map::from_iter([
                    ("event".to_string(), json!(kind)),
                    ("step".into(), json!(step)),
                    ("epoch".into(), json!(epoch)),
                ]);
                line.extend(values.into_iter().map(|(n, v)| (n, json!(v))));
                print(&format!("{}\n", Value::Object(line)));
            } else if is_shown || ends {
                progress.tell(kind, step, epoch, &values);
            }
            !ends && fault.is_none()
        })
        .map_err(failed)?;
        progress.finish();
        if let Some(step) = outcome.diverged {
            let text = format!("the objective is no longer a number at step {step}");
            let help = "a smaller rate, or data on one scale (`standardize`), is what mostly helps";
            say(&[Diagnostic::error("E0706", text).help(help)], &source.sources);
            return Err(Exit::Failure);
        }
        if let Some(fault) = fault {
            return Err(failed(fault));
        }
        let best = stopping.as_ref().and_then(|stopping| stopping.restore(executor.as_mut(), reached));
        let mut test = match judge_of(&dataset.parts.test).map_err(stopped(&source))? {
            Some(mut judge) => judge.judge(executor.as_ref(), reached).map_err(failed)?,
            None => vec![],
        };
        test.retain(|(name, _)| name != "objective");
        if let Some(path) = &self.save {
            save(path, model, executor.as_ref(), &dataset, float)?;
        }
        let ended = Ended { stop: training.stop.as_ref(), best };
        self.done(&outcome, &ended, test, executor.as_ref(), compile);
        if !self.print.is_empty() {
            let trained = look::Trained { model, evaluated, executor: executor.as_ref(), moment: reached, totals };
            let text = look::look(&self.print, &trained, &dataset, &executing, self.json)?;
            print(&text);
        }
        Ok(if outcome.interrupted { Exit::Interrupted } else { Exit::Success })
    }

    fn done(
        &self,
        outcome: &train::Outcome,
        ended: &Ended,
        judged: Vec<(String, f64)>,
        executor: &dyn Executor,
        compile: f64,
    ) {
        let step_us = if outcome.steps > 0 { outcome.seconds / outcome.steps as f64 * 1e6 } else { 0.0 };
        if self.json {
            let test: Map<String, Value> = judged.into_iter().map(|(n, v)| (n, json!(v))).collect();
            let mut line = json!({
                "event": "done", "steps": outcome.steps, "seconds": outcome.seconds, "compile_ms": compile * 1e3,
                "first_step_ms": (compile + outcome.first_step) * 1e3, "step_us": step_us, "peak_bytes": peak_bytes(),
                "threads_used": executor.threads(), "test": test,
            });
            if let Some(epoch) = outcome.stopped {
                line["stopped_after_epoch"] = json!(epoch);
            }
            if let Some((moment, value)) = ended.best {
                line["kept"] = json!({ "epoch": moment.epoch, "step": moment.step, "value": value });
            }
            print(&format!("{line}\n"));
            return;
        }
        let values: String = judged.iter().map(|(n, v)| format!("  {n} {}", number(*v))).collect();
        let tested = if values.is_empty() { String::new() } else { format!("test{values}\n") };
        let steps = if outcome.steps == 1 { "1 step".to_string() } else { format!("{} steps", outcome.steps) };
        let time = if outcome.seconds < 0.1 {
            format!("{:.1} ms", outcome.seconds * 1e3)
        } else {
            format!("{:.2} s", outcome.seconds)
        };
        let early = ended.text(outcome);
        print(&format!("{tested}{early}{steps} in {time}, compiled in {:.0} ms\n", compile * 1e3));
        if outcome.interrupted {
            let saved =
                self.save.as_ref().map_or(String::new(), |path| format!(": its weights are in `{}`", path.display()));
            complain(&format!("interrupted after step {}{saved}", outcome.steps));
        }
    }
}

/// How training ended, as far as the program says when it is to.
struct Ended<'a> {
    stop: Option<&'a Stop>,
    /// The epoch whose parameters are kept, if it is not the last, and what was watched then.
    best: Option<(Moment, f64)>,
}

impl Ended<'_> {
    /// A line about it; none if there is nothing to be said.
    fn text(&self, outcome: &train::Outcome) -> String {
        let Some(stop) = self.stop else { return String::new() };
        let kept = self.best.map(|(moment, value)| {
            format!("the parameters are those of epoch {}, with {} {}", moment.epoch, stop.text, number(value))
        });
        match (outcome.stopped, &stop.when, kept) {
            (Some(epoch), When::NoBetter { epochs, .. }, kept) => {
                let kept = kept.map_or(String::new(), |kept| format!("; {kept}"));
                let epochs = if *epochs == 1 { "1 epoch".to_string() } else { format!("{epochs} epochs") };
                format!("stopped after epoch {epoch}: {} has not improved for {epochs}{kept}\n", stop.text)
            }
            (Some(epoch), When::Holds(_), _) => format!("stopped after epoch {epoch}: {}\n", stop.text),
            (None, _, Some(kept)) => format!("{kept}\n"),
            (None, _, None) => String::new(),
        }
    }
}

/// Refuses to watch a validation part that is not there.
fn can_watch(training: &Training, dataset: &Dataset, source: &Source) -> Result<(), Exit> {
    let Some(stop) = &training.stop else { return Ok(()) };
    if !dataset.parts.validation.is_empty() || stop.watched().iter().all(|watched| !watched.of_validation) {
        return Ok(());
    }
    let error =
        Diagnostic::error("E0707", format!("`{}` can't be watched: the data has no validation part", stop.text))
            .at(stop.span, "nothing is told of it")
            .help("`validation 0.1` in the `data` section keeps a tenth of the rows for it");
    Err(prepare::refused(&[error], source))
}

/// What is told of training at the end of an epoch, whatever parts there are.
fn is_loss(name: &str) -> bool {
    matches!(name, "objective" | "loss")
}
/// What a number of the validation part is called beside those of training.
fn of_validation(name: &str) -> String {
    if is_loss(name) { format!("validation.{name}") } else { name.to_string() }
}

/// Writes the parameters, and what the data said.
fn save(
    path: &std::path::Path,
    model: &Model,
    executor: &dyn Executor,
    dataset: &Dataset,
    float: Float,
) -> Result<(), Exit> {
    let kept = weights::kept(model);
    let values: Vec<Vec<f64>> = kept.iter().map(|(target, _)| executor.read(*target)).collect();
    let variables = kept.iter().zip(&values);
    let tensors: Vec<weights::Tensor> =
        variables.map(|((_, v), values)| weights::Tensor { path: &v.name, shape: &v.ty.shape, values }).collect();
    weights::save(path, &tensors, float, &dataset.facts).map_err(|error| {
        say(&[error], &Default::default());
        Exit::Failure
    })
}

/// The most memory that the process has had, where the system tells.
fn peak_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmHWM:"));
    line.and_then(|l| l.split_whitespace().nth(1)).and_then(|n| n.parse::<u64>().ok()).unwrap_or(0) * 1024
}
