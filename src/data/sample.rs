//! Examples that are drawn, where a program has no data: `bench` and `check --gradients` do with them.
use super::dataset::Dataset;
use crate::graph::Kind;
use crate::graph::lengths::Sequence;
use crate::kernel::Float;
use crate::model::Model;
use crate::random::{Purpose, Stream, normal_values, uniform_values};

/// So many examples of a model's inputs and targets, all of them for training, by (seed, name): numbers are normal, classes and
/// truth values all alike, probabilities in 0..1 and, along the last axis of a vector, of the sum 1.
pub fn sample(model: &Model, rows: usize, precision: Float, seed: u64) -> Dataset {
    let inputs = model.graph.inputs.iter().zip(&model.inputs).enumerate();
    let numbers = inputs.map(|(number, (variable, input))| {
        let stream = Stream::named(seed, Purpose::Generated, &variable.name);
        let shape = variable.ty.shape.to_vec();
        let count = rows * shape.iter().product::<usize>();
        let sequence = model.graph.sequences.iter().find(|sequence| sequence.length == number);
        match (variable.ty.kind, sequence) {
            (_, Some(Sequence { least, most, .. })) => {
                let length = |u: &f64| (*least as f64 + ((most + 1 - least) as f64 * u).floor()).min(*most as f64);
                uniform_values(count, stream, 0.0, 1.0).iter().map(length).collect()
            }
            (Kind::Real, _) if input.probability => {
                probabilities(uniform_values(count, stream, 0.0, 1.0), shape.last())
            }
            (Kind::Real, _) => normal_values(count, stream, 0.0, 1.0),
            (Kind::Bool, _) => {
                uniform_values(count, stream, 0.0, 1.0).iter().map(|u| (2.0 * u).floor().min(1.0)).collect()
            }
            (Kind::Index(size) | Kind::Class(_, size), _) => {
                let index = |u: &f64| (size as f64 * u).floor().min(size as f64 - 1.0);
                uniform_values(count, stream, 0.0, 1.0).iter().map(index).collect()
            }
        }
    });
    Dataset::of(&model.graph.inputs, numbers.collect(), rows, precision, "drawn numbers")
}

fn probabilities(mut values: Vec<f64>, width: Option<&usize>) -> Vec<f64> {
    if let Some(&width) = width {
        for each in values.chunks_mut(width.max(1)) {
            let sum: f64 = each.iter().sum();
            each.iter_mut().for_each(|v| *v /= sum.max(f64::MIN_POSITIVE));
        }
    }
    values
}
