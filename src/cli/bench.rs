//! `gradus bench`: what compiling gains over interpreting the same graph, and what simplifying gains.
use super::numbers;
use super::prepare::{self, Given, PrecisionName, Start, failed, stopped};
use super::processor;
use super::progress::Waiting;
use super::settings::Settings;
use super::source::complain;
use super::table::{Align, Style, cell, table};
use super::{Exit, print};
use crate::data::{self, Dataset};
use crate::kernel::Float;
use crate::model::{Model, Training};
use crate::pipeline::{self, Executing, Source};
use crate::train::measure::{self, BLOCK, BLOCKS, COMPARED_STEPS, Course};
use crate::train::weights::Weights;
use crate::train::{Executor, Schedule};
use clap::Args;
use serde_json::json;
use std::num::NonZeroUsize;
use std::time::Instant;

/// Measure a training step, in native code and interpreted
///
/// A step is forward pass, backward pass and update on the next contiguous rows of the training part: no shuffling, no
/// metrics, whole batches only. Times are medians of blocks, which native code and interpreter run in turns. A program
/// without data gets drawn numbers.
///
/// "without rules" is the interpreter on the graph as it was derived: what simplifying alone gains. The parameters are
/// compared after 20 steps from one start, relative to the largest entry of each parameter.
///
/// Examples:
///   gradus bench iris.nn
///   gradus bench iris.nn --batch 128 --threads 2
///   gradus bench mnist.nn --data train.npz --weights start.safetensors --json
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct Bench {
    #[command(flatten)]
    given: Given,
    /// Rows of a batch
    #[arg(long, value_parser = numbers::positive, allow_negative_numbers = true)]
    batch: Option<NonZeroUsize>,
    /// Threads of native code; the interpreter has one
    #[arg(long, default_value = "1", value_parser = numbers::positive, allow_negative_numbers = true)]
    threads: NonZeroUsize,
    /// Precision of all numbers
    #[arg(long, value_enum)]
    precision: Option<PrecisionName>,
    /// The seed of initial values and of drawn data
    #[arg(long, value_parser = numbers::seed, allow_negative_numbers = true)]
    seed: Option<u64>,
    /// One JSON object on stdout
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: Settings,
}

/// What was measured.
struct Report {
    jit_us: f64,
    compile_ms: f64,
    interpreter_us: f64,
    unsimplified_us: f64,
    max_difference: f64,
    arena_bytes: usize,
    threads: usize,
}

/// What `batch all` means of rows that are drawn.
const DRAWN_BATCH: usize = 32;
/// Batches that are drawn where there is no data.
const DRAWN_BATCHES: usize = 8;

impl Bench {
    pub fn run(self) -> Exit {
        self.measured().map_or_else(|exit| exit, |text| print(&text))
    }

    fn measured(&self) -> Result<String, Exit> {
        let source = self.given.read(&self.settings.options())?;
        let Some(model) = &source.training else { return Err(Exit::Failure) };
        let training = prepare::training(model)?;
        let float = prepare::float(self.precision, Some(training));
        let seed = self.seed.unwrap_or(training.seed);
        let weights = self.given.weights(model, &source)?;
        let (dataset, batch) = self.data(&source, model, training, float, seed, weights.as_ref())?;
        let (epochs, steps) = prepare::length(None, training);
        let rows = &dataset.parts.train;
        let schedule = Schedule {
            rows: rows.clone(),
            batch,
            epochs,
            steps,
            seed,
            shuffle: false,
            log_every: 0,
            pause_each_epoch: false,
        };
        let totals = (schedule.total_steps(), schedule.total_epochs());
        let waiting = Waiting::new();
        waiting.tell("compiling");
        let mut step = pipeline::training_step(model);
        step.logged.retain(|logged| logged.0 == "objective");
        let executor = |rules: bool, interpreted: bool| {
            let executing =
                Executing { float, threads: self.threads.get(), interpreted, path: processor::path(), seed };
            pipeline::executor(&pipeline::batched(&step, rules), &executing, batch, &dataset, totals)
                .map_err(stopped(&source))
        };
        let clock = Instant::now();
        let jit = executor(true, false)?;
        let compile_ms = clock.elapsed().as_secs_f64() * 1e3;
        let mut executors = [jit, executor(true, true)?, executor(false, true)?];

        let fitting = self.given.fitting(model, &source)?;
        let start = Start::new(model, seed, weights.as_ref(), fitting.as_ref())?;
        let course = Course { rows, batch, start: &|executor: &mut dyn Executor| start.set(executor) };
        waiting.tell("comparing parameters");
        let count = model.parameters.len();
        let [jit, interpreter, _] = &mut executors;
        let after =
            |executor: &mut dyn Executor| course.parameters_after(executor, COMPARED_STEPS, count).map_err(failed);
        let max_difference = measure::largest_difference(&after(jit.as_mut())?, &after(interpreter.as_mut())?);
        let (arena_bytes, threads) = (jit.arena_bytes(), jit.threads());
        let [jit_us, interpreter_us, unsimplified_us] =
            measure::in_turns(&mut executors, &course, &|what| waiting.tell(what)).map_err(failed)?;
        drop(waiting);
        let report =
            Report { jit_us, compile_ms, interpreter_us, unsimplified_us, max_difference, arena_bytes, threads };
        let head = || self.head(batch, float, &dataset.source, threads);
        Ok(if self.json { report.json() } else { head() + &report.text() })
    }

    /// The data of the program, or drawn numbers, and the rows of a batch.
    fn data(
        &self,
        source: &Source,
        model: &Model,
        training: &Training,
        float: Float,
        seed: u64,
        weights: Option<&Weights>,
    ) -> Result<(Dataset, usize), Exit> {
        let asked = self.batch.map(NonZeroUsize::get);
        if model.data.is_none() && self.given.data.is_none() {
            let batch = prepare::wanted_batch(asked, training).unwrap_or(DRAWN_BATCH);
            complain("note: this program has no data: inputs and targets are drawn");
            return Ok((data::sample(model, batch * DRAWN_BATCHES, float, seed), batch));
        }
        let dataset = self.given.dataset(source, model, float, weights)?;
        let batch = prepare::batch_rows(asked, training, dataset.parts.train.len());
        Ok((dataset, batch))
    }

    fn head(&self, batch: usize, float: Float, source: &str, threads: usize) -> String {
        let name = self.given.file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let plural = if threads == 1 { "" } else { "s" };
        let precision = if float == Float::F64 { "f64" } else { "f32" };
        format!("{name} on {source}: batches of {batch}, {precision}, {threads} thread{plural}\n\n")
    }
}

impl Report {
    fn ratio(&self) -> f64 {
        self.interpreter_us / self.jit_us
    }

    fn json(&self) -> String {
        let report = json!({
            "jit": {"step_us": self.jit_us, "compile_ms": self.compile_ms},
            "interpreter": {"step_us": self.interpreter_us},
            "unsimplified": {"step_us": self.unsimplified_us},
            "ratio": self.ratio(),
            "max_difference": self.max_difference,
            "arena_bytes": self.arena_bytes,
            "threads": self.threads,
        });
        format!("{report}\n")
    }

    /// A table for people.
    fn text(&self) -> String {
        let row = |name: &str, us: f64, style: Style| {
            let times = format!("{:.2} ×", us / self.jit_us);
            vec![cell(name).styled(style), cell(microseconds(us)).styled(style), cell(times)]
        };
        let faint = |text: &str| cell(text).styled(Style::Faint);
        let mut rows = vec![vec![cell(""), faint("µs a step"), faint("native code is 1")]];
        rows.push(row("native code", self.jit_us, Style::Bold));
        rows.push(row("interpreter", self.interpreter_us, Style::Plain));
        rows.push(row("  without rules", self.unsimplified_us, Style::Plain));
        let steps = table(&[Align::Left, Align::Right, Align::Right], &rows);
        let agree = if self.max_difference < TOLERANCE { Style::Good } else { Style::Bad };
        let facts = [
            ("compiled in", format!("{:.0} ms", self.compile_ms), Style::Plain),
            ("memory of a step", bytes(self.arena_bytes), Style::Plain),
            (
                "largest difference",
                format!("{:.1e}, of parameters after {COMPARED_STEPS} steps", self.max_difference),
                agree,
            ),
            ("measured in", format!("{BLOCKS} blocks of {} ms, medians", BLOCK.as_millis()), Style::Plain),
        ];
        let facts = facts.map(|(name, value, style)| vec![faint(name), cell(value).styled(style)]);
        format!("{steps}\n{}", table(&[Align::Left, Align::Left], &facts))
    }
}

/// Differences of the parameters beyond this are shown in red.
const TOLERANCE: f64 = 1e-4;

/// Four digits that say something, and no more behind the point than there are.
fn microseconds(us: f64) -> String {
    let digits = if us < 10.0 {
        3
    } else if us < 100.0 {
        2
    } else if us < 1000.0 {
        1
    } else {
        0
    };
    format!("{us:.digits$}")
}

fn bytes(count: usize) -> String {
    match count as f64 {
        count if count < 1024.0 => format!("{count} B"),
        count if count < 1024.0 * 1024.0 => format!("{:.1} KiB", count / 1024.0),
        count => format!("{:.1} MiB", count / 1024.0 / 1024.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        Report {
            jit_us: 4.5,
            compile_ms: 41.2,
            interpreter_us: 36.0,
            unsimplified_us: 1234.5,
            max_difference: 3e-7,
            arena_bytes: 12_595,
            threads: 1,
        }
    }

    #[test]
    fn a_report_for_people() {
        let plain = anstream::adapter::strip_str(&report().text()).to_string();
        insta::assert_snapshot!(plain, @r"
                         µs a step  native code is 1
        native code          4.500            1.00 ×
        interpreter          36.00            8.00 ×
          without rules       1234          274.33 ×

        compiled in         41 ms
        memory of a step    12.3 KiB
        largest difference  3.0e-7, of parameters after 20 steps
        measured in         7 blocks of 60 ms, medians
        ");
    }

    #[test]
    fn a_report_for_machines() {
        insta::assert_snapshot!(
            report().json(),
            @r#"{"arena_bytes":12595,"interpreter":{"step_us":36.0},"jit":{"compile_ms":41.2,"step_us":4.5},"max_difference":3e-7,"ratio":8.0,"threads":1,"unsimplified":{"step_us":1234.5}}"#
        );
    }
}
