//! Whole programs to graphs, names of parameters, and each error, as golden text.
mod codes;
mod errors;
mod names;
mod prelude;
mod programs;

use super::{Model, Options, elaborate};
use crate::diagnostic::{Sources, render};
use crate::graph::{NodeId, show, verify};
use crate::syntax::parse;

/// A program's model, or its diagnostics as they are shown.
fn read(text: &str, options: &Options) -> Result<(Model, String), String> {
    let mut sources = Sources::default();
    let file = sources.add("model.nn", text);
    let parsed = parse(file, text);
    let (model, mut diagnostics) = elaborate(&parsed, &sources, options);
    diagnostics.extend(parsed.diagnostics.clone());
    let text: Vec<String> = diagnostics.iter().map(|d| render(d, &sources, false)).collect();
    match model {
        Some(model) => {
            verify::verify(&model.graph, &roots(&model)).unwrap();
            Ok((model, text.join("\n")))
        }
        None => Err(text.join("\n")),
    }
}

/// The model of a program that has no errors.
#[track_caller]
fn model(text: &str) -> Model {
    match read(text, &Options::default()) {
        Ok((model, _)) => model,
        Err(text) => panic!("{text}"),
    }
}

/// All that a model says.
fn roots(model: &Model) -> Vec<NodeId> {
    let mut roots: Vec<NodeId> = model.bindings.iter().map(|(_, id)| *id).collect();
    roots.extend(model.outputs.iter().map(|(_, id)| *id));
    roots.extend(model.metrics.iter().map(|m| m.value));
    roots.extend(model.objective);
    roots.extend(model.claims.iter().flat_map(|c| [c.derivative, c.value]));
    if let Some(training) = &model.training {
        for update in &training.optimizer.updates {
            roots.push(update.next);
            roots.extend(update.states.iter().map(|s| s.1));
        }
    }
    roots
}

/// The graph of some top-level values.
fn shown(model: &Model, names: &[&str]) -> String {
    let roots: Vec<NodeId> = names.iter().map(|name| value(model, name)).collect();
    show::show(&model.graph, &roots)
}
fn value(model: &Model, name: &str) -> NodeId {
    model.bindings.iter().find(|(known, _)| known == name).unwrap().1
}
