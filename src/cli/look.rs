//! `run --print NAME`: a value of the trained program, for some rows.
use super::Exit;
use super::prepare::failed;
use super::source::complain;
use crate::data::Dataset;
use crate::graph::{BATCH, Kind, NodeId};
use crate::model::{Model, Role};
use crate::pipeline::{self, Executing};
use crate::schema::{nearest, quoted_list};
use crate::train::{Batch, Executor, Moment, judge};
use serde_json::{Value, json};
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

/// What training has reached.
pub struct Trained<'a> {
    pub model: &'a Model,
    /// The same as it is when it is judged.
    pub evaluated: &'a Model,
    pub executor: &'a dyn Executor,
    pub moment: Moment,
    /// Steps and epochs in all.
    pub totals: (usize, usize),
}

/// The values of these names for the first rows of the data, with what training has reached: as text, or a line of JSON for each name.
pub fn look(
    names: &[String],
    trained: &Trained,
    dataset: &Dataset,
    executing: &Executing,
    json: bool,
) -> Result<String, Exit> {
    let Trained { model, evaluated, executor, moment, totals } = *trained;
    let mut shown = evaluated.clone();
    let all = self::shown(evaluated);
    let of = |name: &String| all.iter().find(|b| b.0 == *name).cloned();
    shown.outputs = names.iter().filter_map(of).collect();
    let rows = dataset.rows.min(ROWS);
    let step = pipeline::batched(&pipeline::prediction_step(&shown), true);
    let mut looking = pipeline::executor(&step, executing, rows.max(1), dataset, totals).map_err(failed)?;
    for (from, to) in judge::pairs(&model.graph, &evaluated.graph) {
        looking.write(to, &executor.read(from));
    }
    let order: Vec<u32> = (0..rows as u32).collect();
    looking.run(&order, &[Batch::at(moment, rows)], &AtomicBool::new(false), &mut vec![]).map_err(failed)?;
    let mut out = String::new();
    for (number, (name, id)) in step.outputs.iter().enumerate() {
        let shape = step.graph.shape(*id);
        let width: usize = shape.iter().filter(|&&n| n != BATCH).product();
        let values = looking.output(number, rows);
        let kind = step.graph.ty(*id).kind;
        if json {
            let element = |value: &f64| match kind {
                Kind::Real => json!(value),
                Kind::Bool => json!(*value != 0.0),
                Kind::Index(_) | Kind::Class(..) => json!(class_name(evaluated, dataset, kind, *value as usize)),
            };
            let is_varying = shape.first() == Some(&BATCH);
            let shape: Vec<usize> = shape.iter().map(|&n| if n == BATCH { rows } else { n }).collect();
            let mut line =
                json!({"event": "value", "name": name, "value": nested(values.iter().map(element).collect(), &shape)});
            if is_varying {
                line["rows"] = json!(rows);
            }
            out += &format!("{line}\n");
            continue;
        }
        let written = |value: f64| match kind {
            Kind::Real => number_text(value),
            Kind::Bool => (value != 0.0).to_string(),
            Kind::Index(_) | Kind::Class(..) => class_name(evaluated, dataset, kind, value as usize),
        };
        let listed = |values: &[f64], is_single: bool| {
            let texts: Vec<String> = values.iter().take(NUMBERS).map(|value| written(*value)).collect();
            let more = values.len().checked_sub(NUMBERS).filter(|more| 0 < *more);
            let more = more.map_or(String::new(), |more| format!(" … {more} more"));
            if is_single { texts.concat() } else { format!("[{}]{more}", texts.join(" ")) }
        };
        if let ([_, width], false) = (shape, shape.first() == Some(&BATCH)) {
            out += &format!("{name}\n");
            let last = shape[0].min(MATRIX).saturating_sub(1).to_string().len();
            for (row, values) in values.chunks((*width).max(1)).enumerate().take(MATRIX) {
                out += &format!("  {row:>last$}  {}\n", listed(values, false));
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

/// Lists in lists, by the shape.
fn nested(all: Vec<Value>, shape: &[usize]) -> Value {
    let mut all = all;
    for &size in shape.iter().skip(1).rev() {
        all = all.chunks(size.max(1)).map(|part| Value::Array(part.to_vec())).collect();
    }
    match shape {
        [] => all.into_iter().next().unwrap_or_default(),
        _ => Value::Array(all),
    }
}

/// Four decimals, or four digits of what would lose them.
fn number_text(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 || (1e-3..1e6).contains(&size) || !value.is_finite() {
        format!("{value:>8.4}")
    } else {
        format!("{value:>8.3e}")
    }
}

/// The name of a class in its list; of a place, in that of the only target of so many classes.
fn class_name(model: &Model, dataset: &Dataset, kind: Kind, class: usize) -> String {
    let inputs = model.graph.inputs.iter().zip(&model.inputs);
    let is_of_so_many = |own: Kind| own.is_class() && own.count() == kind.count();
    let mut targets = inputs.filter(|(v, i)| i.role == Role::Target && is_of_so_many(v.ty.kind));
    let of = match kind {
        Kind::Class(list, _) => model.graph.inputs.get(list.0 as usize),
        Kind::Real | Kind::Bool | Kind::Index(_) => targets.next().map(|t| t.0).filter(|_| targets.next().is_none()),
    };
    let names = of.and_then(|variable| dataset.facts.class_names(&variable.name));
    names.and_then(|names| names.get(class)).cloned().unwrap_or_else(|| class.to_string())
}
