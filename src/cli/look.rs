//! `run --print NAME`: a value of the trained program, for some rows.
use super::Exit;
use super::prepare::failed;
use super::source::complain;
use crate::data::Dataset;
use crate::graph::{BATCH, NodeId};
use crate::model::Model;
use crate::pipeline::{self, Executing};
use crate::schema::{nearest, quoted_list};
use crate::train::{Batch, Executor, judge};
use std::sync::atomic::AtomicBool;

/// So many rows are shown.
const ROWS: usize = 5;
/// So many rows of a matrix that is the same for all examples.
const MATRIX: usize = 20;
/// And so many numbers of each.
const NUMBERS: usize = 8;

/// The names that are to be looked at, checked before any training.
pub fn checked(names: &[String], model: &Model) -> Result<(), Exit> {
    for name in names {
        let all = shown(model);
        if all.iter().any(|b| b.0 == *name) {
            continue;
        }
        let known: Vec<&str> = all.iter().map(|b| b.0.as_str()).collect();
        let help = match nearest(name, &known) {
            Some(near) => format!("there is `{near}`"),
            None => format!("there are {}", quoted_list(&known)),
        };
        complain(&format!("error: no value of the top level and no parameter is named `{name}`\n  = help: {help}"));
        return Err(Exit::Failure);
    }
    Ok(())
}

/// What can be shown: values of the top level, and parameters by their paths.
fn shown(model: &Model) -> Vec<(String, NodeId)> {
    let parameters = model.graph.parameters.iter().zip(&model.parameters).map(|(v, p)| (v.name.clone(), p.leaf));
    model.bindings.iter().map(|b| (b.0.clone(), b.1)).chain(parameters).collect()
}

/// The values of these names for the first rows of the data, with what training has reached.
pub fn look(
    names: &[String],
    trained: &Model,
    evaluated: &Model,
    executor: &dyn Executor,
    dataset: &Dataset,
    executing: &Executing,
) -> Result<String, Exit> {
    let mut shown = evaluated.clone();
    let all = self::shown(evaluated);
    let of = |name: &String| all.iter().find(|b| b.0 == *name).cloned();
    shown.outputs = names.iter().filter_map(of).collect();
    let rows = dataset.rows.min(ROWS);
    let step = pipeline::batched(&pipeline::prediction_step(&shown), true);
    let mut looking = pipeline::executor(&step, executing, rows.max(1), dataset, (0, 0)).map_err(failed)?;
    for (from, to) in judge::pairs(&trained.graph, &evaluated.graph) {
        looking.write(to, &executor.read(from));
    }
    let order: Vec<u32> = (0..rows as u32).collect();
    let batch = Batch { first: 0, rows, step: 1, epoch: 1 };
    looking.run(&order, &[batch], &AtomicBool::new(false), &mut vec![]).map_err(failed)?;
    let mut out = String::new();
    for (number, (name, id)) in step.outputs.iter().enumerate() {
        let shape = step.graph.shape(*id);
        let width: usize = shape.iter().filter(|&&n| n != BATCH).product();
        let values = looking.output(number, rows);
        if let ([_, width], false) = (shape, shape.first() == Some(&BATCH)) {
            out += &format!("{name}\n");
            for (row, values) in values.chunks((*width).max(1)).enumerate().take(MATRIX) {
                out += &format!("  {row}  {}\n", listed(values, false));
            }
            if shape[0] > MATRIX {
                out += &format!("  … {} more\n", shape[0] - MATRIX);
            }
            continue;
        }
        if shape.first() != Some(&BATCH) {
            out += &format!("{name}  {}\n", listed(&values, shape.is_empty()));
            continue;
        }
        out += &format!("{name}, of the first {rows} rows\n");
        for (row, values) in values.chunks(width.max(1)).enumerate() {
            out += &format!("  {row}  {}\n", listed(values, shape.len() == 1));
        }
    }
    Ok(out)
}

fn listed(values: &[f64], is_number: bool) -> String {
    let texts: Vec<String> = values.iter().take(NUMBERS).map(|v| format!("{v:>8.4}")).collect();
    let more = if values.len() > NUMBERS { format!(" … {} more", values.len() - NUMBERS) } else { String::new() };
    if is_number { texts.concat() } else { format!("[{}]{more}", texts.join(" ")) }
}
