//! Outputs as lines of CSV: `predict` writes them.
use crate::graph::show::indices;
use crate::graph::{Graph, Kind, NodeId};
use crate::kernel::Float;
use crate::model::{Model, Role};
use crate::schema::Facts;

/// An output, and how it is written.
pub struct Answer {
    pub columns: Vec<String>,
    width: usize,
    /// It is the same for all rows.
    uniform: bool,
    /// Whether it ends where an example does: no number is written behind it.
    ends: bool,
    kind: Written,
}

enum Written {
    Numbers,
    /// A class; its names, if it has any.
    Class(Vec<String>),
    /// A probability for each class: the most probable one's name comes first.
    Probabilities(Vec<String>),
}

/// How the outputs of a step are written. Names of classes are those of `facts`.
pub fn answers(model: &Model, graph: &Graph, outputs: &[(String, NodeId)], facts: &Facts) -> Vec<Answer> {
    let names_of = |count: usize, name: &str| -> Vec<String> {
        facts.class_names(name).map_or_else(|| (0..count).map(|i| i.to_string()).collect(), <[String]>::to_vec)
    };
    // The target of so many classes, by its name.
    let classes = |count: usize| {
        let targets = model.graph.inputs.iter().zip(&model.inputs).filter(|(_, input)| input.role == Role::Target);
        let mut fitting = targets
            .filter(|(v, _)| v.ty.shape.is_empty() && matches!(v.ty.kind, Kind::Class(_, own) if own == count))
            .map(|(v, _)| v.name.clone());
        fitting.next().filter(|_| fitting.next().is_none())
    };
    let mut answered: Vec<String> = vec![];
    let answer = |(name, id): &(String, NodeId)| {
        let ty = graph.ty(*id);
        let own = model.outputs.iter().find(|(own, _)| own == name).map(|(_, id)| *id);
        let ends = own.zip(model.lengths.as_ref()).is_some_and(|(id, lengths)| lengths.has_end(id));
        let uniform = ty.shape.first() != Some(&crate::graph::BATCH);
        let shape: Vec<usize> = ty.shape.iter().copied().filter(|&n| n != crate::graph::BATCH).collect();
        let width = shape.iter().product();
        let numbered = || {
            (0..width)
                .map(|flat| {
                    let places: Vec<String> = indices(flat, &shape).iter().map(usize::to_string).collect();
                    format!("{name}[{}]", places.join(","))
                })
                .collect()
        };
        if let Some(count) = ty.kind.count() {
            // A class is called as in its own column, a place as the target of so many classes.
            let of = match ty.kind {
                Kind::Class(list, _) => model.graph.inputs.get(list.0 as usize).map(|input| input.name.clone()),
                Kind::Real | Kind::Bool | Kind::Index(_) => classes(count),
            };
            let names = of.map(|of| names_of(count, &of)).unwrap_or_default();
            let columns = if shape.is_empty() { vec![name.clone()] } else { numbered() };
            return Answer { columns, width, uniform, ends, kind: Written::Class(names) };
        }
        if let [count] = shape[..]
            && let Some(target) = classes(count).filter(|target| !answered.contains(target))
        {
            let names = names_of(count, &target);
            let columns = std::iter::once(target.clone()).chain(names.iter().map(|n| format!("{name}[{n}]"))).collect();
            answered.push(target);
            return Answer { columns, width, uniform, ends, kind: Written::Probabilities(names) };
        }
        let columns = if shape.is_empty() { vec![name.clone()] } else { numbered() };
        Answer { columns, width, uniform, ends, kind: Written::Numbers }
    };
    outputs.iter().map(answer).collect()
}

impl Answer {
    /// The fields of one of `rows` rows.
    pub fn fields(&self, all: &[f64], row: usize, rows: usize, float: Float) -> Vec<String> {
        let at = if self.uniform || rows == 0 { 0 } else { row };
        let values = &all[at * self.width..(at + 1) * self.width];
        let number = |value: &f64| match self.ends && value.is_nan() {
            true => String::new(),
            false => number(*value, float),
        };
        let named = |names: &[String], class: usize| names.get(class).cloned().unwrap_or_else(|| class.to_string());
        match &self.kind {
            Written::Numbers => values.iter().map(number).collect(),
            Written::Class(names) => values.iter().map(|value| named(names, *value as usize)).collect(),
            Written::Probabilities(names) => {
                // Of equal ones the first, as `argmax` takes it.
                let best = (0..values.len()).rev().max_by(|&a, &b| values[a].total_cmp(&values[b])).unwrap_or(0);
                std::iter::once(named(names, best)).chain(values.iter().map(number)).collect()
            }
        }
    }
}

/// The shortest form that is read back to the same number.
pub fn number(value: f64, float: Float) -> String {
    match float {
        Float::F32 => shortest((value as f32).to_string(), format!("{:e}", value as f32), value),
        Float::F64 => shortest(value.to_string(), format!("{value:e}"), value),
    }
}

/// The first line.
pub fn header(answers: &[Answer]) -> String {
    line(&answers.iter().flat_map(|answer| answer.columns.clone()).collect::<Vec<_>>())
}

/// The line of a row without an answer. A single field is quoted, for many readers pass over an empty line.
pub fn nothing(fields: usize) -> String {
    if fields == 1 { "\"\"\n".to_string() } else { ",".repeat(fields.saturating_sub(1)) + "\n" }
}

/// A line of CSV, quoted where that is needed (RFC 4180).
pub fn line(fields: &[String]) -> String {
    let quoted = |field: &String| {
        if field.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", field.replace('"', "\"\""))
        } else {
            field.clone()
        }
    };
    fields.iter().map(quoted).collect::<Vec<_>>().join(",") + "\n"
}

/// The decimal form of a number, or that with an exponent where the number is small or large and it is shorter.
fn shortest(decimal: String, exponent: String, value: f64) -> String {
    let is_plain = (1e-4..1e16).contains(&value.abs());
    if !is_plain && exponent.len() < decimal.len() { exponent } else { decimal }
}
