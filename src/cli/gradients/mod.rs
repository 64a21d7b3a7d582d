//! `gradus check --gradients`: each derivative in all the ways that it can be had in (backwards, simplified, compiled, forwards, by dual
//! numbers) against central differences of the oracle; and those that the program writes itself.
mod compare;
mod report;
mod ways;
mod written;

use super::Exit;
use super::prepare::failed;
use super::progress::Waiting;
use super::source::complain;
use crate::data::{self, Dataset};
use crate::graph::show::indices;
use crate::graph::{Graph, NodeId, Op, Runtime};
use crate::kernel::{Fault, Float};
use crate::model::Model;
use crate::oracle::{Draws, Environment, Probe, Quantity, held};
use crate::pipeline::{self, Source};
use crate::train::initial;
use compare::{Comparison, Finding};
use std::path::Path;
use ways::{DUAL, Derived, WAYS, Ways};

/// Examples of the check.
const EXAMPLES: usize = 4;
/// Elements of one parameter that are looked at one by one; of more, a few are, and all of them along one direction.
const ELEMENTS: usize = 24;
const FEW: usize = 4;
/// Numbers that may be computed for all of it, so that large models take seconds: then fewer examples and fewer elements are looked at.
const WORK: usize = 300_000_000;
/// So often a model is evaluated along one direction.
const EVALUATIONS: usize = 8;
/// Parameters are moved by this from where they begin, off the kinks that zeros stand at.
const MOVED: f64 = 0.1;

/// Checks all derivatives of what is minimized, else of the loss, and answers with a table and whether all hold.
pub fn check(file: &Path, source: &Source, model: &Model) -> Result<(String, bool), Exit> {
    let Some((name, of)) = model.objective.map(|o| ("minimize", o)).or(model.loss.map(|l| ("loss", l))) else {
        complain(
            "error: there is neither a `loss` nor a `train` section that minimizes something: there is nothing to differentiate",
        );
        return Err(Exit::Failure);
    };
    let each = work(&model.graph, of).saturating_mul(EVALUATIONS * model.parameters.len().max(1)).max(1);
    // One direction for each parameter, of one example, is the least.
    let examples = if each.saturating_mul(EXAMPLES * FEW) <= WORK { EXAMPLES } else { 1 };
    let limit = (WORK / each.saturating_mul(examples)).min(ELEMENTS);
    let dataset = rows(file, source, model, examples);
    let env = environment(model, &dataset).map_err(failed)?;
    let waiting = Waiting::new();
    waiting.tell("evaluating derivatives");
    let derived = Derived::new(model, of);
    let (written, at) = held(&model.graph, &[of], &env).map_err(oracle_failed)?;
    let recognised;
    let mut probe = Probe::new(&written, of, &at).map_err(oracle_failed)?;
    if !probe.value.is_finite() {
        // What overflows as it is written may be recognised: `log(1 + exp(x))`.
        recognised = held(&derived.graph, &[derived.of], &env).map_err(oracle_failed)?;
        probe = Probe::new(&recognised.0, derived.of, &recognised.1).map_err(oracle_failed)?;
    }
    if !probe.value.is_finite() {
        let help = match model.inputs.is_empty() {
            true => "begin with other values of the parameters",
            false => "give it data: drawn numbers may be where it is not defined",
        };
        complain(&format!(
            "error: `{name}` is no number here, so that its derivatives can't be checked\n  = help: {help}"
        ));
        return Err(Exit::Failure);
    }
    let mut ways = Ways::new(&derived, &dataset, &env)?;
    let mut parameters = vec![];
    for number in 0..model.parameters.len() {
        waiting.tell(&format!("checking `{}`", model.graph.parameters[number].name));
        parameters.push(finding(model, number, limit, &mut ways, &mut probe)?);
    }
    waiting.tell("checking derivatives of the program");
    let (written, left_out) = written::findings(model, &env)?;
    drop(waiting);
    let holds = parameters.iter().chain(&written).all(|f| f.wrong.is_empty());
    Ok((report::report(name, &dataset, &parameters, &written, left_out), holds))
}

/// How many numbers are computed for one example of a value.
fn work(graph: &Graph, of: NodeId) -> usize {
    let each = |id: &NodeId| {
        let product = |sizes: &[usize]| sizes.iter().fold(1, |all: usize, size| all.saturating_mul(*size));
        let of_one = match graph.op(*id) {
            Op::Contract(c) => product(&c.extents(graph.shape(c.a), graph.shape(c.b))),
            _ => product(graph.shape(*id)),
        };
        let rounds = graph.node(*id).loops.iter().map(|of| graph.looped(*of).length);
        rounds.fold(of_one, usize::saturating_mul)
    };
    graph.reachable(&[of]).iter().map(each).fold(0, usize::saturating_add)
}

/// So many rows of the program's data, or drawn ones where there are none.
fn rows(file: &Path, source: &Source, model: &Model, examples: usize) -> Dataset {
    let drawn = || data::sample(model, examples, Float::F64, 1);
    if model.data.is_none() {
        return drawn();
    }
    let read = |plan| data::load(&plan, &data::Options { precision: Float::F64, ..data::Options::beside(file) });
    match pipeline::data_plan(source, model).and_then(read) {
        Ok(dataset) => {
            let all = &dataset.parts.train;
            let count = examples.min(all.len());
            // As a data set of their own: what is drawn for a row depends on its number.
            let rows: Vec<u32> = (0..count).map(|at| all[at * all.len() / count]).collect();
            dataset.only(&rows)
        }
        Err(errors) => {
            let why = errors.first().map_or("", |error| &error.message);
            complain(&format!("note: the data can't be read ({why}): inputs and targets are drawn"));
            drawn()
        }
    }
}

/// The examples, and parameters near where they begin.
fn environment(model: &Model, dataset: &Dataset) -> Result<Environment, Fault> {
    let rows = &dataset.parts.train;
    let mut env = Environment::new(&model.graph, rows.len());
    for (values, column) in env.inputs.iter_mut().zip(&dataset.columns) {
        let (all, width) = (column.to_f64(), column.width());
        *values = rows.iter().flat_map(|&row| &all[row as usize * width..][..width]).copied().collect();
    }
    let seed = model.training.as_ref().map_or(1, |training| training.seed);
    env.parameters = initial::parameters(model, seed)?;
    env.states = initial::states(model, seed)?;
    let mut draws = Draws(seed);
    for value in env.parameters.iter_mut().flatten() {
        *value += MOVED * (2.0 * draws.unit() - 1.0);
    }
    env.set_runtime(Runtime::BatchSize, rows.len() as f64);
    Ok(env)
}

/// Compares the derivatives by one parameter with differences.
fn finding(model: &Model, number: usize, limit: usize, ways: &mut Ways, probe: &mut Probe) -> Result<Finding, Exit> {
    let variable = &model.graph.parameters[number];
    let shape = &variable.ty.shape;
    let elements: usize = shape.iter().product();
    let mut draws = Draws(number as u64);
    let mut directions: Vec<(String, Vec<(usize, f64)>)> = vec![];
    let one = |element: usize| (place(&variable.name, shape, element), vec![(element, 1.0)]);
    if elements <= limit.max(1) {
        directions.extend((0..elements).map(one));
    } else {
        // Distinct ones, spread over the parameter.
        let of_part = |part: usize| part * elements / limit + draws.below(elements / limit);
        directions.extend((0..limit).map(of_part).collect::<Vec<_>>().into_iter().map(one));
        let weight = 1.0 / (elements as f64).sqrt();
        let all = (0..elements).map(|element| (element, if draws.below(2) == 0 { weight } else { -weight }));
        directions.push((format!("{} along a direction of all its elements", variable.name), all.collect()));
    }
    let mut found = Finding::new(&variable.name, elements);
    for (place, direction) in directions {
        if direction.len() == 1 {
            found.looked_at += 1;
        }
        let got = ways.along(number, &direction)?;
        let named: Vec<(&str, f64)> = WAYS.into_iter().zip(got).collect();
        let comparison = Comparison { place, ways: &named, dual: DUAL, quantity: Quantity::Parameter(number) };
        found.compare(comparison, &direction, probe)?;
    }
    Ok(found)
}

/// `w[3, 2]`: the element of a parameter.
fn place(name: &str, shape: &[usize], element: usize) -> String {
    let places: Vec<String> = indices(element, shape).iter().map(usize::to_string).collect();
    if places.is_empty() { format!("`{name}`") } else { format!("`{name}[{}]`", places.join(", ")) }
}

/// The oracle evaluates what was verified: where it can't, that is a mistake of the compiler.
fn oracle_failed(reason: String) -> Exit {
    failed(Fault { place: "the oracle".into(), reason })
}

#[cfg(test)]
mod tests;
