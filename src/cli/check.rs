//! `gradus check`: errors, and every name with its shape.
use super::source::read;
use super::{Exit, gradients, print};
use crate::graph::show::shape_text;
use crate::graph::{Kind, Type};
use crate::model::{Model, Options};
use clap::Args;
use std::path::PathBuf;

/// Check a file: its errors, every name with its shape, its parameters
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
        let mut exit = print(&report(model));
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
