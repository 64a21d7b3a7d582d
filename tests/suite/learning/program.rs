//! Programs trained through the library, as the command line does it.
use gradus::data::{self, Dataset};
use gradus::diagnostic::render;
use gradus::kernel::Float;
use gradus::model::{Length, Model, Options, Training};
use gradus::pipeline::{self, Executing, Source};
use gradus::step::Target;
use gradus::train::weights::{Tensor, to_bytes};
use gradus::train::{Event, Executor, Judge, Moment, Outcome, Schedule, initial, train};
use gradus::vector::Path;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

pub fn root() -> &'static std::path::Path {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A program that has no errors and no warnings.
#[track_caller]
pub fn read(text: &str) -> Source {
    let source = pipeline::read("model.nn", text, &Options::default());
    let said: Vec<String> = source.diagnostics.iter().map(|d| render(d, &source.sources, false)).collect();
    assert!(said.is_empty(), "{}", said.join("\n"));
    source
}

/// A program with its data, ready to be trained.
pub struct Program {
    pub source: Source,
    pub dataset: Dataset,
}

/// What a training left.
pub struct Trained {
    /// The objective of each step.
    pub objectives: Vec<f64>,
    /// The weights file.
    pub weights: Vec<u8>,
    /// What is measured on the test part.
    pub test: Vec<(String, f64)>,
    pub outcome: Outcome,
}

impl Program {
    #[track_caller]
    pub fn new(source: Source, folder: PathBuf) -> Program {
        let plan = pipeline::data_plan(&source, source.training.as_ref().unwrap()).unwrap();
        let dataset = data::load(&plan, &data::Options::new(folder)).unwrap_or_else(|errors| panic!("{errors:?}"));
        Program { source, dataset }
    }
    pub fn model(&self) -> &Model {
        self.source.training.as_ref().unwrap()
    }
    pub fn training(&self) -> &Training {
        self.model().training.as_ref().unwrap()
    }

    /// So many steps, or as many as the program says.
    pub fn train(&self, threads: usize, interpreted: bool, steps: Option<usize>, seed: Option<u64>) -> Trained {
        self.train_by(
            &Executing { float: Float::F32, threads, interpreted, path: Path::detect(), seed: 1 },
            steps,
            seed,
        )
    }

    /// The same by an executor of one's own choice.
    pub fn train_by(&self, how: &Executing, steps: Option<usize>, seed: Option<u64>) -> Trained {
        let training = self.training();
        let seed = seed.unwrap_or(training.seed);
        let batch = match training.batch {
            gradus::model::Batch::Rows(rows) => rows.min(self.dataset.parts.train.len()),
            gradus::model::Batch::All => self.dataset.parts.train.len(),
        };
        let (epochs, own_steps) = match training.length {
            Length::Epochs(epochs) => (Some(epochs), None),
            Length::Steps(steps) => (None, Some(steps)),
        };
        let schedule = Schedule {
            rows: self.dataset.parts.train.clone(),
            batch,
            epochs,
            steps: steps.or(own_steps),
            seed,
            shuffle: true,
            log_every: 1,
            pause_each_epoch: false,
        };
        let totals = (schedule.total_steps(), schedule.total_epochs());
        let step = pipeline::batched(&pipeline::training_step(self.model()), true);
        let mut executor = pipeline::executor(&step, how, batch, &self.dataset, totals).unwrap();
        assert!(how.interpreted || executor.threads() == how.threads);
        for (at, values) in initial::parameters(self.model(), seed).unwrap().iter().enumerate() {
            executor.write(Target::Parameter(at as u32), values);
        }
        for (at, values) in initial::states(self.model(), seed).unwrap().iter().enumerate() {
            executor.write(Target::State(at as u32), values);
        }
        let mut objectives = vec![];
        let stop = AtomicBool::new(false);
        let outcome = train(executor.as_mut(), &schedule, step.logged.len(), &stop, &mut |_, event| {
            if let Event::Step { logged, .. } = event {
                objectives.push(logged[0]);
            }
            true
        })
        .unwrap();
        let (test, weights) = (self.test(executor.as_ref(), how), self.weights(executor.as_ref()));
        Trained { objectives, weights, test, outcome }
    }

    fn weights(&self, executor: &dyn Executor) -> Vec<u8> {
        let parameters = &self.model().graph.parameters;
        let values: Vec<Vec<f64>> =
            (0..parameters.len()).map(|at| executor.read(Target::Parameter(at as u32))).collect();
        let tensors: Vec<Tensor> = parameters
            .iter()
            .zip(&values)
            .map(|(variable, values)| Tensor { path: &variable.name, shape: &variable.ty.shape, values })
            .collect();
        to_bytes(&tensors, Float::F32, &self.dataset.facts).unwrap()
    }

    fn test(&self, executor: &dyn Executor, how: &Executing) -> Vec<(String, f64)> {
        let rows = &self.dataset.parts.test;
        if rows.is_empty() {
            return vec![];
        }
        let evaluated = self.source.evaluation.as_ref().unwrap();
        let evaluation = pipeline::batched(&pipeline::evaluation_step(evaluated), true);
        let judging = pipeline::executor(&evaluation, how, rows.len(), &self.dataset, (1, 1)).unwrap();
        let names = evaluation.logged.iter().map(|l| l.0.clone()).collect();
        let mut judge = Judge::new(&self.model().graph, &evaluated.graph, judging, rows, names);
        judge.judge(executor, Moment { step: 1, epoch: 1 }).unwrap()
    }
}
