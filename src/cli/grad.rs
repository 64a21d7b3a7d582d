//! `gradus grad`: the gradient as one would write it on paper.
use super::formula::{self, Formula};
use super::settings::Settings;
use super::source::{complain, read};
use super::{Exit, print};
use crate::graph::{Kind, NodeId};
use crate::model::Model;
use crate::notation::{self, Form};
use clap::{Args, ValueEnum};
use indexmap::IndexSet;
use std::path::PathBuf;

/// Print the gradient that is derived, as a textbook would
///
/// A formula of `-e` is a program whose last line is a value. Names that it does not declare get shapes with which that value
/// is a number, and a note says which; `x: [5]` declares one.
///
/// Examples:
///   gradus grad iris.nn
///   gradus grad iris.nn --wrt z
///   gradus grad iris.nn --of objective --format nn
///   gradus grad iris.nn --raw
///   gradus grad -e "sum((A x - b)^2)" --wrt x
///   gradus grad -e "z: [10]; t: class(10); cross_entropy(softmax(z), t)" --wrt z
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct Grad {
    /// The program
    #[arg(required_unless_present = "expression")]
    file: Option<PathBuf>,
    /// A formula in the place of a program
    #[arg(short, long, value_name = "EXPR", conflicts_with = "file", allow_hyphen_values = true)]
    expression: Option<String>,
    /// What is differentiated: a value by its name, or `objective`; without it, `loss`
    #[arg(long)]
    of: Option<String>,
    /// By what: a parameter, an input or a value by its name; without it, every parameter (of `-e`, also every input)
    #[arg(long)]
    wrt: Vec<String>,
    /// As it was derived, before anything is simplified
    #[arg(long)]
    raw: bool,
    /// How it is written
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    #[command(flatten)]
    settings: Settings,
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
        let (source, value) = match (&self.file, &self.expression) {
            (_, Some(text)) => {
                let Formula { source, name } = formula::read(text)?;
                (source, Some(name))
            }
            (Some(file), None) => (read(file, &self.settings.options())?, None),
            (None, None) => return Err(Exit::Usage),
        };
        let Some(model) = &source.training else { return Err(Exit::Failure) };
        let of = self.of(model, value.as_deref())?;
        let by = self.by(model)?;
        let shape = model.graph.shape(of.1);
        if !shape.is_empty() {
            let shape = crate::graph::show::shape_text(shape);
            let (what, help) = match &self.expression {
                Some(_) => ("this value".to_string(), "`sum(…)` or `norm(…)` makes a number of it"),
                None => (format!("`{}`", of.0), "name a number with --of, such as `loss`"),
            };
            complain(&format!("error: only a number has a gradient; {what} has the shape {shape}\n  = help: {help}"));
            return Err(Exit::Failure);
        }
        // What `minimize` has beyond the loss gets lines of its own.
        let more = model.objective.filter(|o| self.of.is_none() && *o != of.1).map(|o| ("minimize".to_string(), o));
        let of: Vec<(String, NodeId)> = std::iter::once(of).chain(more).collect();
        let derive = if self.raw { notation::raw_gradient } else { notation::gradient };
        let form = if matches!(self.format, Format::Nn) { Form::Program } else { Form::Paper };
        let derivation = derive(&model.graph, &of, &by, form);
        Ok(match self.format {
            Format::Text => notation::text::render(&derivation, 80, true),
            Format::Nn => notation::nn::render(&derivation),
            Format::Latex => notation::latex::render(&derivation),
            Format::Json => format!("{:#}\n", notation::json::render(&derivation)),
        })
    }

    fn of(&self, model: &Model, value: Option<&str>) -> Result<(String, NodeId), Exit> {
        let named = |name: &str| model.bindings.iter().rev().find(|b| b.0 == name).map(|b| (b.0.clone(), b.1));
        match self.of.as_deref().or(value) {
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
        let inputs = || model.graph.inputs.iter().zip(&model.inputs).map(|(v, i)| (v.name.clone(), i.leaf));
        let is_number = |id: NodeId| model.graph.ty(id).kind == Kind::Real;
        if self.wrt.is_empty() {
            let inputs = inputs().filter(|input| self.expression.is_some() && is_number(input.1));
            let all: Vec<(String, NodeId)> = parameters().chain(inputs).collect();
            if all.is_empty() {
                complain("error: there is nothing to differentiate by\n  = help: name a value with --wrt");
                return Err(Exit::Failure);
            }
            return Ok(all);
        }
        let found = self.wrt.iter().map(|name| {
            let value = model.bindings.iter().rev().find(|b| b.0 == *name).map(|b| (b.0.clone(), b.1));
            let (name, id) = parameters()
                .find(|p| p.0 == *name)
                .or(value)
                .or_else(|| inputs().find(|i| i.0 == *name))
                .ok_or_else(|| unknown(name, model))?;
            if !is_number(id) {
                let what = if model.graph.ty(id).kind == Kind::Bool { "a truth value" } else { "a class" };
                complain(&format!("error: `{name}` is {what}, and {what} has no derivative"));
                return Err(Exit::Failure);
            }
            Ok((name, id))
        });
        found.collect()
    }
}

fn unknown(name: &str, model: &Model) -> Exit {
    let known: Vec<&str> = model
        .bindings
        .iter()
        .map(|b| b.0.as_str())
        .chain(model.graph.parameters.iter().chain(&model.graph.inputs).map(|v| v.name.as_str()))
        .collect();
    let help = match crate::schema::nearest(name, &known) {
        Some(near) => format!("there is `{near}`"),
        // Parameters are what one mostly differentiates by.
        None => {
            let parameters = model.graph.parameters.iter().map(|v| v.name.as_str());
            let all: IndexSet<&str> = parameters.chain(known.iter().copied()).collect();
            format!("there are {}", crate::schema::quoted_list(&all.into_iter().collect::<Vec<_>>()))
        }
    };
    let message = format!("error: no value, parameter or input is named `{name}`");
    complain(&if known.is_empty() { message } else { format!("{message}\n  = help: {help}") });
    Exit::Failure
}
