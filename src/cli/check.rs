//! `gradus check`: errors, and every name with its shape.
use super::fix::fixed;
use super::settings::Settings;
use super::source::{complain, read_to_judge, say, text_beside, text_of, understood};
use super::{Exit, gradients, print};
use crate::diagnostic::{self, Diagnostic};
use crate::graph::show::shape_text;
use crate::graph::{Kind, Leaf, Op, Type, Variable};
use crate::model::{Model, Role};
use crate::oracle::claims::{Verdict, judge};
use crate::pipeline::{self, Source};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

/// Say what is wrong with a file, shapes of its names, its claims
///
/// A claim, such as `∂loss/∂z = y - onehot(t)`, is compared with what is derived.
///
/// With `--gradients`, every derivative of what is minimized is compared with central differences of a slow, plain evaluator in
/// f64: derived backwards, simplified, compiled to native code, derived forwards, and by dual numbers. So are derivatives that
/// the program itself asks for. It takes a few rows of the data, or draws some.
///
/// Examples:
///   gradus check iris.nn
///   gradus check iris.nn --gradients
///   gradus check iris.nn --fix
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct Check {
    /// The program
    file: PathBuf,
    /// Check every derivative against differences too; the exit code is 1 if one does not hold
    #[arg(long)]
    gradients: bool,
    /// Apply the edits that are certain, then check
    #[arg(long)]
    fix: bool,
    /// One JSON object: diagnostics with places and edits, names with shapes, claims
    #[arg(long, conflicts_with = "gradients")]
    json: bool,
    #[command(flatten)]
    settings: Settings,
}

impl Check {
    pub fn run(self) -> Exit {
        self.checked().unwrap_or_else(|exit| exit)
    }

    fn checked(&self) -> Result<Exit, Exit> {
        if self.fix {
            self.fix()?;
        }
        if self.json {
            return self.as_json();
        }
        let source = read_to_judge(&self.file, &self.settings.options())?;
        let Some(model) = &source.training else { return Err(Exit::Failure) };
        let wrong = data_errors(&source, model);
        if !wrong.is_empty() {
            say(&wrong, &source.sources);
            return Err(Exit::Failure);
        }
        let (claims, hold) = claims(&source, model);
        let mut exit = print(&(report(model) + &claims));
        if !hold || source.has_errors() {
            return Err(Exit::Failure);
        }
        if self.gradients && exit == Exit::Success {
            let (text, holds) = gradients::check(&self.file, &source, model)?;
            exit = print(&format!("\n{text}"));
            if !holds {
                return Err(Exit::Failure);
            }
        }
        Ok(exit)
    }
}

impl Check {
    /// Writes the file anew, if anything is certain.
    fn fix(&self) -> Result<(), Exit> {
        let text = text_of(&self.file)?;
        let (fixed, done) = fixed(&self.file.display().to_string(), &text, &|file| text_beside(&self.file, file));
        for (line, title) in &done {
            complain(&format!("fixed line {line}: {title}"));
        }
        if done.is_empty() {
            return Ok(());
        }
        super::source::replace(&self.file, &fixed)
    }

    fn as_json(&self) -> Result<Exit, Exit> {
        let source = understood(&self.file, &self.file.display().to_string(), &self.settings.options(), None, None)?;
        let wrong = source.training.iter().flat_map(|model| data_errors(&source, model)).collect::<Vec<_>>();
        let said = source.diagnostics.iter().chain(&wrong);
        let diagnostics: Vec<_> = said.map(|d| diagnostic::json(d, &source.sources)).collect();
        let names: Vec<_> = source
            .training
            .iter()
            .flat_map(names)
            .map(|row| json!({"role": row.role, "name": row.name, "type": row.ty}))
            .collect();
        let mut right = !source.has_errors() && wrong.is_empty();
        let claims: Vec<_> = source
            .training
            .iter()
            .flat_map(|model| model.claims.iter().map(move |claim| (model, claim)))
            .map(|(model, claim)| {
                let verdict = match judge(&model.graph, claim) {
                    Ok(Verdict::Same) => "same",
                    Ok(Verdict::Agrees { .. }) => "agrees",
                    Ok(Verdict::Wrong(_)) => {
                        right = false;
                        "wrong"
                    }
                    Err(_) => "undecided",
                };
                json!({"claim": source.sources.slice(claim.span), "verdict": verdict})
            })
            .collect();
        let exit = print(&format!("{}\n", json!({"diagnostics": diagnostics, "names": names, "claims": claims})));
        if right { Ok(exit) } else { Err(Exit::Failure) }
    }
}

/// What is wrong with the `data` section as it is written; no file is read.
fn data_errors(source: &Source, model: &Model) -> Vec<Diagnostic> {
    let has_section = model.data.is_some();
    if has_section { pipeline::data_plan(source, model).err().unwrap_or_default() } else { vec![] }
}

/// What became of each claim, a line each; what is refuted is said as an error.
fn claims(source: &Source, model: &Model) -> (String, bool) {
    let (mut lines, mut hold) = (vec![], true);
    for claim in &model.claims {
        let text = source.sources.slice(claim.span);
        let verdict = match judge(&model.graph, claim) {
            Ok(Verdict::Same) => "the same, simplified".to_string(),
            Ok(Verdict::Agrees { points, .. }) => format!("equal at {points} random points"),
            Ok(Verdict::Wrong(refutation)) => {
                say(&[refutation.diagnostic(claim, text)], &source.sources);
                hold = false;
                "wrong".to_string()
            }
            Err(why) => format!("not decided: {why}"),
        };
        lines.push((text, verdict));
    }
    let width = lines.iter().map(|line| line.0.chars().count()).max().unwrap_or(0);
    (lines.iter().map(|(text, verdict)| format!("claim  {text:<width$}  {verdict}\n")).collect(), hold)
}

/// A name of the program.
struct Row {
    role: &'static str,
    name: String,
    ty: String,
}

/// Inputs, parameters, and values that are none of these.
fn names(model: &Model) -> Vec<Row> {
    let row = |role, variable: &Variable| Row { role, name: variable.name.clone(), ty: type_text(&variable.ty) };
    let mut rows: Vec<Row> = vec![];
    for (variable, input) in model.graph.inputs.iter().zip(&model.inputs) {
        let role = match input.role {
            Role::Input => "input",
            Role::Target => "target",
            Role::Length => "length",
            Role::Weight => "weight",
        };
        rows.push(row(role, variable));
    }
    rows.extend(model.graph.parameters.iter().map(|variable| row("param", variable)));
    for (name, id) in model.bindings.iter().filter(|b| !is_variable(model.graph.op(b.1))) {
        rows.push(Row { role: "value", name: name.clone(), ty: type_text(model.graph.ty(*id)) });
    }
    rows
}

fn is_variable(op: &Op) -> bool {
    matches!(op, Op::Leaf(Leaf::Input(_) | Leaf::Parameter(_) | Leaf::State(_)))
}

/// Names with their shapes, a line each.
fn report(model: &Model) -> String {
    let rows = names(model);
    let width = |of: fn(&Row) -> &str| rows.iter().map(|row| of(row).chars().count()).max().unwrap_or(0);
    let (first, second) = (width(|row| row.role), width(|row| &row.name));
    let mut text: String =
        rows.iter().map(|Row { role, name, ty }| format!("{role:<first$}  {name:<second$}  {ty}\n")).collect();
    let count: usize = model.graph.parameters.iter().map(|v| v.ty.shape.iter().product::<usize>()).sum();
    let plural = if model.graph.parameters.len() == 1 { "" } else { "s" };
    let numbers = if count == 1 { "number" } else { "numbers" };
    text += &format!("{count} {numbers} to learn, in {} parameter{plural}\n", model.graph.parameters.len());
    text
}

fn type_text(ty: &Type) -> String {
    let shape = if ty.shape.is_empty() { String::new() } else { shape_text(&ty.shape) };
    let kind = match ty.kind {
        Kind::Real if ty.shape.is_empty() => "number".to_string(),
        Kind::Real => String::new(),
        Kind::Bool => "bool".to_string(),
        Kind::Index(_) if ty.shape.is_empty() => "number".to_string(),
        Kind::Index(_) => String::new(),
        Kind::Class(_, k) => format!("class({k})"),
    };
    [shape, kind].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(" ")
}
