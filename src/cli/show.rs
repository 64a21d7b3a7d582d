//! `gradus show`: what each stage of the compiler makes of a file.
use super::prepare::failed;
use super::processor;
use super::settings::Settings;
use super::source::{read, say, text_of};
use super::{Exit, print};
use crate::graph::show::show;
use crate::graph::{Graph, NodeId};
use crate::jit::{self, Executable};
use crate::kernel::Float;
use crate::model::{Model, Precision};
use crate::simplify::{Stage as Rules, simplify};
use crate::step::StepGraph;
use crate::{pipeline, syntax};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Show what a stage of the compiler makes of a file
///
/// Examples:
///   gradus show line.nn --stage tree
///   gradus show iris.nn --stage plan
///   gradus show iris.nn --stage clif --batch 128
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct Show {
    /// The program
    file: PathBuf,
    /// The stage whose result is shown
    #[arg(long, value_enum)]
    stage: Stage,
    /// Rows of a batch, for the stages from `plan` on
    #[arg(long, default_value_t = 32)]
    batch: usize,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Clone, Copy, ValueEnum, PartialEq, PartialOrd)]
enum Stage {
    /// The words and signs of the text
    Tokens,
    /// The tree of expressions
    Tree,
    /// The expression graph of one example
    Graph,
    /// With adjoints and updates, as they were derived
    Gradient,
    /// The same, simplified
    Simplified,
    /// With the axis of examples
    Batched,
    /// The training step's roots by name
    Step,
    /// Buffers and the order of work
    Plan,
    /// The kernels
    Kernels,
    /// Their code as Cranelift gets it
    Clif,
}

impl Show {
    pub fn run(self) -> Exit {
        self.text().map_or_else(|exit| exit, |text| print(&text))
    }

    fn text(&self) -> Result<String, Exit> {
        if self.stage <= Stage::Tree {
            let text = text_of(&self.file)?;
            if self.stage == Stage::Tokens {
                return Ok(syntax::show_tokens(&text));
            }
            let mut sources = crate::diagnostic::Sources::default();
            let file = sources.add(self.file.display().to_string(), text.clone());
            let parsed = syntax::parse(file, &text);
            say(&parsed.diagnostics, &sources);
            let shown = syntax::show_tree(&parsed.tree, &parsed.root);
            return if parsed.diagnostics.iter().any(|d| d.is_error()) { Err(Exit::Failure) } else { Ok(shown) };
        }
        let source = read(&self.file, &self.settings.options())?;
        let Some(model) = &source.training else { return Err(Exit::Failure) };
        self.stage_of(model)
    }

    fn stage_of(&self, model: &Model) -> Result<String, Exit> {
        if self.stage == Stage::Graph {
            let roots: Vec<NodeId> = model.bindings.iter().map(|b| b.1).chain(model.objective).collect();
            return Ok(show(&model.graph, &roots));
        }
        let step = pipeline::training_step(model);
        if self.stage == Stage::Gradient {
            return Ok(show(&step.graph, &roots_of(&step)));
        }
        if self.stage == Stage::Simplified {
            let simple = simplify(&step.graph, &roots_of(&step), Rules::Simplify);
            return Ok(format!("{}{} rewrites\n", show(&simple.graph, &simple.roots), simple.history.rewrites.len()));
        }
        let batched = pipeline::batched(&step, true);
        let roots: Vec<NodeId> =
            batched.updates.iter().map(|u| u.1).chain(batched.logged.iter().map(|l| l.1)).collect();
        if self.stage == Stage::Batched {
            return Ok(show(&batched.graph, &roots));
        }
        if self.stage == Stage::Step {
            return Ok(step_text(&batched.graph, &batched));
        }
        let double = model.training.as_ref().is_some_and(|t| t.precision == Precision::F64);
        let plan =
            pipeline::planned(&batched, if double { Float::F64 } else { Float::F32 }, self.batch).map_err(failed)?;
        if self.stage == Stage::Kernels {
            let kernels = plan.program.kernels.iter();
            return Ok(kernels.map(|k| format!("{}\n", k.text(&plan.program.buffers))).collect());
        }
        if self.stage == Stage::Clif {
            let options = jit::Options { path: processor::path(), threads: 1 };
            return Executable::clif(&plan.program, options).map_err(failed);
        }
        Ok(plan.program.text())
    }
}

fn roots_of(step: &StepGraph) -> Vec<NodeId> {
    step.updates.iter().map(|u| u.1).chain(step.logged.iter().map(|l| l.1)).collect()
}

fn step_text(graph: &Graph, batched: &pipeline::Batched) -> String {
    use crate::step::Target;
    let mut text = String::new();
    for (target, id) in &batched.updates {
        let name = match target {
            Target::Parameter(i) => &graph.parameters[*i as usize].name,
            Target::State(i) => &graph.states[*i as usize].name,
        };
        text += &format!("{name} <- %{}\n", id.0);
    }
    for (name, id) in &batched.logged {
        text += &format!("log {name} = %{}\n", id.0);
    }
    text
}
