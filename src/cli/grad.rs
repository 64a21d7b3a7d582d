//! `gradus grad`: the gradient as one would write it on paper.
use super::source::{complain, read};
use super::{Exit, print};
use crate::graph::NodeId;
use crate::model::{Model, Options};
use crate::notation;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Print the gradient that is derived, as a textbook would
///
/// Examples:
///   gradus grad iris.nn
///   gradus grad iris.nn --wrt z
///   gradus grad iris.nn --of objective --format nn
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct Grad {
    /// The program
    file: PathBuf,
    /// What is differentiated: a value by its name, or `objective`; without it, `loss`
    #[arg(long)]
    of: Option<String>,
    /// By what: a parameter or a value by its name; without it, every parameter
    #[arg(long)]
    wrt: Vec<String>,
    /// How it is written
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// As on paper
    Text,
    /// In Gradus's own syntax
    Nn,
    Latex,
    Json,
}

impl Grad {
    pub fn run(self) -> Exit {
        self.text().map_or_else(|exit| exit, |text| print(&text))
    }

    fn text(&self) -> Result<String, Exit> {
        let source = read(&self.file, &Options::default())?;
        let Some(model) = &source.training else { return Err(Exit::Failure) };
        let of = self.of(model)?;
        let by = self.by(model)?;
        let shape = model.graph.shape(of.1);
        if !shape.is_empty() {
            let shape = crate::graph::show::shape_text(shape);
            complain(&format!(
                "error: only a number has a gradient; `{}` has the shape {shape}\n  = help: name a number with --of, such as `loss`",
                of.0
            ));
            return Err(Exit::Failure);
        }
        // What `minimize` has beyond the loss gets lines of its own.
        let more = model.objective.filter(|o| self.of.is_none() && *o != of.1).map(|o| ("minimize".to_string(), o));
        let of: Vec<(String, NodeId)> = std::iter::once(of).chain(more).collect();
        let derivation = notation::gradient(&model.graph, &of, &by);
        Ok(match self.format {
            Format::Text => notation::text::render(&derivation, 80, true),
            Format::Nn => notation::nn::render(&derivation),
            Format::Latex => notation::latex::render(&derivation),
            Format::Json => format!("{:#}\n", notation::json::render(&derivation)),
        })
    }

    fn of(&self, model: &Model) -> Result<(String, NodeId), Exit> {
        let named = |name: &str| model.bindings.iter().rev().find(|b| b.0 == name).map(|b| (b.0.clone(), b.1));
        match &self.of {
            Some(name) if name == "objective" || name == "minimize" => {
                model.objective.map(|o| ("minimize".into(), o)).ok_or_else(|| unknown(name, model))
            }
            Some(name) => named(name).ok_or_else(|| unknown(name, model)),
            None => model.loss.map(|l| ("loss".to_string(), l)).or(model.objective.map(|o| ("minimize".into(), o))).ok_or_else(|| {
                complain("error: there is neither a `loss` nor a `train` section that minimizes something\n  = help: name a number with --of");
                Exit::Failure
            }),
        }
    }

    fn by(&self, model: &Model) -> Result<Vec<(String, NodeId)>, Exit> {
        let parameters = || model.graph.parameters.iter().zip(&model.parameters).map(|(v, p)| (v.name.clone(), p.leaf));
        if self.wrt.is_empty() {
            return Ok(parameters().collect());
        }
        self.wrt
            .iter()
            .map(|name| {
                let value = model.bindings.iter().rev().find(|b| b.0 == *name).map(|b| (b.0.clone(), b.1));
                parameters().find(|p| p.0 == *name).or(value).ok_or_else(|| unknown(name, model))
            })
            .collect()
    }
}

fn unknown(name: &str, model: &Model) -> Exit {
    let known: Vec<&str> = model
        .bindings
        .iter()
        .map(|b| b.0.as_str())
        .chain(model.graph.parameters.iter().map(|p| p.name.as_str()))
        .collect();
    let near =
        crate::schema::nearest(name, &known).map_or(String::new(), |near| format!("\n  = help: there is `{near}`"));
    complain(&format!("error: no value or parameter is named `{name}`{near}"));
    Exit::Failure
}
