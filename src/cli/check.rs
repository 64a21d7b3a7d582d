//! `gradus check`: errors, and every name with its shape.
use super::source::{read, say};
use super::{Exit, gradients, print};
use crate::graph::show::shape_text;
use crate::graph::{Kind, Type};
use crate::model::{Model, Options};
use crate::oracle::claims::{Verdict, judge};
use crate::pipeline::Source;
use clap::Args;
use std::path::PathBuf;

/// Check a file: its errors, every name with its shape, its parameters
///
/// A claim, such as `∂loss/∂z = y - onehot(t)`, is compared with what is derived.
///
/// With `--gradients`, every derivative of what is minimized is compared with central differences of a slow, plain evaluator in
/// f64: as it was derived, simplified, and compiled to native code. It takes a few rows of the data, or draws some.
///
/// Examples:
///   gradus check iris.nn
///   gradus check iris.nn --gradients
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct Check {
    /// The program
    file: PathBuf,
    /// Check every derivative against differences too; the exit code is 1 if one does not hold
    #[arg(long)]
    gradients: bool,
}

impl Check {
    pub fn run(self) -> Exit {
        self.checked().unwrap_or_else(|exit| exit)
    }

    fn checked(&self) -> Result<Exit, Exit> {
        let source = read(&self.file, &Options::default())?;
        let Some(model) = &source.training else { return Err(Exit::Failure) };
        let (claims, hold) = claims(&source, model);
        let mut exit = print(&(report(model) + &claims));
        if !hold {
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
                "wrong".to_string()
            }
            Err(why) => format!("not decided: {why}"),
        };
        hold &= verdict != "wrong";
        lines.push((text, verdict));
    }
    let width = lines.iter().map(|line| line.0.chars().count()).max().unwrap_or(0);
    (lines.iter().map(|(text, verdict)| format!("claim  {text:<width$}  {verdict}\n")).collect(), hold)
}

/// Inputs, values and parameters, a line each.
fn report(model: &Model) -> String {
    let mut rows: Vec<(String, String, String)> = vec![];
    for (variable, input) in model.graph.inputs.iter().zip(&model.inputs) {
        let role = if input.role == crate::model::Role::Input { "input" } else { "target" };
        rows.push((role.into(), variable.name.clone(), type_text(&variable.ty)));
    }
    let mut count = 0;
    for variable in &model.graph.parameters {
        count += variable.ty.shape.iter().product::<usize>();
        rows.push(("param".into(), variable.name.clone(), type_text(&variable.ty)));
    }
    for (name, id) in &model.bindings {
        rows.push(("value".into(), name.clone(), type_text(model.graph.ty(*id))));
    }
    let width =
        |f: fn(&(String, String, String)) -> &String| rows.iter().map(|r| f(r).chars().count()).max().unwrap_or(0);
    let (first, second) = (width(|r| &r.0), width(|r| &r.1));
    let mut text: String =
        rows.iter().map(|(role, name, ty)| format!("{role:<first$}  {name:<second$}  {ty}\n")).collect();
    let plural = if model.graph.parameters.len() == 1 { "" } else { "s" };
    text += &format!("{count} numbers to learn, in {} parameter{plural}\n", model.graph.parameters.len());
    text
}

fn type_text(ty: &Type) -> String {
    let shape = if ty.shape.is_empty() { String::new() } else { shape_text(&ty.shape) };
    let kind = match ty.kind {
        Kind::Real if ty.shape.is_empty() => "number".to_string(),
        Kind::Real => String::new(),
        Kind::Bool => "bool".to_string(),
        Kind::Class(k) => format!("class({k})"),
    };
    [shape, kind].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(" ")
}
