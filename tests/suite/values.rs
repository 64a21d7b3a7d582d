//! What programs compute: parameters after training, by each executor and in each precision.
use gradus::data::{self, Dataset};
use gradus::kernel::Float;
use gradus::model::Length;
use gradus::pipeline::{self, Executing};
use gradus::step::Target;
use gradus::train::{Schedule, initial, train};
use gradus::vector::Path;
use std::sync::atomic::AtomicBool;

/// An executor and a precision.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    pub float: Float,
    pub interpreted: bool,
}

impl Way {
    pub fn in_f64() -> [Way; 2] {
        [false, true].map(|interpreted| Way { float: Float::F64, interpreted })
    }
    pub fn in_f32() -> [Way; 2] {
        [false, true].map(|interpreted| Way { float: Float::F32, interpreted })
    }
    /// How far results may be from exact ones, relative to their size.
    pub fn tolerance(self) -> f64 {
        match self.float {
            Float::F64 => 1e-9,
            Float::F32 => 4e-6,
        }
    }
}

/// A parameter or a state after the steps that the program asks for. Its data stand in it; batches are all rows.
#[track_caller]
pub fn trained(text: &str, way: Way, name: &str) -> Vec<f64> {
    let after = trained_from(text, way, &|_, _| None);
    after.into_iter().find(|(of, _)| of == name).unwrap_or_else(|| panic!("no `{name}`")).1
}

/// All parameters and states by name, after the steps that the program asks for. Those that `start` has a value for, by name and number
/// of elements, begin with it.
#[track_caller]
pub fn trained_from(text: &str, way: Way, start: &dyn Fn(&str, usize) -> Option<Vec<f64>>) -> Vec<(String, Vec<f64>)> {
    let source = pipeline::read("a test", text, &Default::default());
    assert!(!source.has_errors(), "{:?}\n{text}", source.diagnostics);
    let model = source.training.as_ref().unwrap();
    let plan = pipeline::data_plan(&source, model).unwrap();
    let options = data::Options { precision: way.float, ..data::Options::new(".") };
    let dataset: Dataset = data::load(&plan, &options).unwrap_or_else(|errors| panic!("{errors:?}"));
    let rows = dataset.parts.train.clone();
    let batch = rows.len().max(1);
    let (epochs, steps) = match model.training.as_ref().unwrap().length {
        Length::Epochs(epochs) => (Some(epochs), None),
        Length::Steps(steps) => (None, Some(steps)),
    };
    let schedule =
        Schedule { rows, batch, epochs, steps, seed: 1, shuffle: false, log_every: 0, pause_each_epoch: false };
    let step = pipeline::batched(&pipeline::training_step(model), true);
    let how = Executing { float: way.float, threads: 1, interpreted: way.interpreted, path: Path::detect(), seed: 1 };
    let totals = (schedule.total_steps(), schedule.total_epochs());
    let mut executor = pipeline::executor(&step, &how, batch, &dataset, totals).unwrap();
    let parameters = model.graph.parameters.iter().zip(initial::parameters(model, 1).unwrap());
    let states = model.graph.states.iter().zip(initial::states(model, 1).unwrap());
    let parameters = parameters.zip(0..).map(|((of, values), at)| (Target::Parameter(at), of.name.clone(), values));
    let states = states.zip(0..).map(|((of, values), at)| (Target::State(at), of.name.clone(), values));
    let all: Vec<(Target, String, Vec<f64>)> = parameters.chain(states).collect();
    for (target, name, values) in &all {
        executor.write(*target, &start(name, values.len()).unwrap_or(values.clone()));
    }
    train(executor.as_mut(), &schedule, step.logged.len(), &AtomicBool::new(false), &mut |_, _| true).unwrap();
    all.into_iter().map(|(target, name, _)| (name, executor.read(target))).collect()
}
