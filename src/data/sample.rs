//! Examples that are drawn, where a program has no data: `bench` and `check --gradients` do with them.
use super::dataset::Dataset;
use crate::graph::lengths::Lengths;
use crate::graph::{Kind, NodeId};
use crate::kernel::Float;
use crate::model::{Model, Role};
use crate::random::{Purpose, Stream, normal_values, uniform_values};

/// So many examples of a model's inputs and targets, all of them for training, by (seed, name): numbers are normal, classes and
/// truth values all alike, probabilities in 0..1 and, along the last axis of a vector, of the sum 1.
pub fn sample(model: &Model, rows: usize, precision: Float, seed: u64) -> Dataset {
    let numbers = model.graph.inputs.iter().zip(&model.inputs).map(|(variable, input)| {
        let stream = Stream::named(seed, Purpose::Generated, &variable.name);
        let shape = variable.ty.shape.to_vec();
        let count = rows * shape.iter().product::<usize>();
        let least = |lengths: &Lengths| lengths.least.get(&input.leaf).copied();
        match variable.ty.kind {
            Kind::Real if input.role == Role::Length => {
                let least = model.lengths.as_ref().and_then(least).unwrap_or(1) as f64;
                let most = longest(model, input.leaf) as f64;
                let length = |u: &f64| (least + (most - least + 1.0) * u).floor().min(most);
                uniform_values(count, stream, 0.0, 1.0).iter().map(length).collect()
            }
            Kind::Real if input.probability => probabilities(uniform_values(count, stream, 0.0, 1.0), shape.last()),
            Kind::Real => normal_values(count, stream, 0.0, 1.0),
            Kind::Bool => uniform_values(count, stream, 0.0, 1.0).iter().map(|u| (2.0 * u).floor().min(1.0)).collect(),
            Kind::Index(size) | Kind::Class(_, size) => {
                let index = |u: &f64| (size as f64 * u).floor().min(size as f64 - 1.0);
                uniform_values(count, stream, 0.0, 1.0).iter().map(index).collect()
            }
        }
    });
    Dataset::of(&model.graph.inputs, numbers.collect(), rows, precision, "drawn numbers")
}

/// The greatest length that is declared for axes of this length.
fn longest(model: &Model, length: NodeId) -> usize {
    let is_so_long = |leaf: NodeId| model.lengths.as_ref().and_then(|lengths| lengths.end_of(leaf)) == Some(length);
    let sizes =
        model.inputs.iter().filter(|input| is_so_long(input.leaf)).map(|input| model.graph.shape(input.leaf)[0]);
    sizes.min().unwrap_or(1)
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
