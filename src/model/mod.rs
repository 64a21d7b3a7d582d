//! From the tree to the graph of one example: names, shapes, layers, parameters by path, the training section.
//!
//! `elaborate` reads what a file says and leaves a `Model`: a graph, and which of its nodes are outputs, losses, metrics and updates.
//! The `data` section is handed on as it stands in the tree; `schema` reads it.
mod axis_names;
mod builtin;
mod call;
mod claim;
pub mod classes;
pub mod codes;
mod declare;
mod derivative;
mod draws;
mod elaborator;
mod elements;
mod elementwise;
mod expression;
mod file;
mod foreign;
mod foreign_layer;
mod foreign_value;
mod gather;
mod index;
mod juxtaposition;
mod layer;
mod lengths;
mod loops;
mod mend;
mod names;
mod optimizer;
mod path;
mod places;
pub mod prelude;
mod product;
mod range;
mod require;
mod scope;
mod shape;
mod state;
mod statement;
mod statistics;
mod stop;
#[cfg(test)]
mod tests;
mod train;
mod uses;
mod value;
mod warnings;

use crate::diagnostic::{Diagnostic, Sources, Span};
use crate::graph::lengths::Lengths;
use crate::graph::{Graph, NodeId, Variable};
use crate::limits;
use crate::random::Distribution;
use crate::syntax::{Parsed, Section};
use elaborator::Elaborator;
pub use foreign::alias;
pub use names::{is_of_the_language, of_the_language};
pub use stop::{Condition, Stop, Watched, When};

/// What a file means. Inputs, parameters and states are numbered as in `graph.inputs`, `graph.parameters`, `graph.states`.
#[derive(Clone, Debug)]
pub struct Model {
    pub graph: Graph,
    pub inputs: Vec<Input>,
    pub parameters: Vec<Parameter>,
    /// Those of the optimizer (and of layers): each is read at its leaf and gets its next value once a step.
    pub states: Vec<State>,
    /// What `predict` gives, by name; empty if the file names nothing.
    pub outputs: Vec<(String, NodeId)>,
    pub metrics: Vec<Metric>,
    /// The top-level value named `loss`, of one example.
    pub loss: Option<NodeId>,
    /// What `minimize` says: a number, of one example (training takes its mean over the batch).
    pub objective: Option<NodeId>,
    /// How much each example counts in the mean of the objective, if the data says so.
    pub weight: Option<NodeId>,
    /// Which axes end where an example does, if any do.
    pub lengths: Option<Lengths>,
    pub claims: Vec<Claim>,
    /// Comparisons that may only be made where the classes have no names.
    pub compared: Vec<classes::Compared>,
    /// Derivatives that the file asks for, the inner ones first.
    pub derivatives: Vec<Derivative>,
    /// None without a `train` section.
    pub training: Option<Training>,
    pub data: Option<Section>,
    /// Every value that has a name at the top level, in the order of the text.
    pub bindings: Vec<(String, NodeId)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Input,
    Target,
    /// How long axes of an example are.
    Length,
    /// How much an example counts: a line of the data says so, the program never reads it.
    Weight,
}

/// An input or a target; its name, type and span are those of `graph.inputs` at the same place.
#[derive(Clone, Debug)]
pub struct Input {
    pub role: Role,
    pub leaf: NodeId,
    /// Whether a loss takes it for probabilities: the data must be in 0..1.
    pub probability: bool,
}

/// A parameter; its path, shape and span are those of `graph.parameters` at the same place.
#[derive(Clone, Debug)]
pub struct Parameter {
    pub leaf: NodeId,
    pub initial: Initial,
    /// Equal blocks along the first axis that begin independently (an LSTM's `[4m, n]` has four); else 1.
    pub gates: usize,
    /// Whether it multiplies: two axes or more, or a factor of a product. Those are the `weights`.
    pub multiplies: bool,
}

/// How a parameter or a state begins.
#[derive(Clone, Debug, PartialEq)]
pub enum Initial {
    /// A value of its shape that depends on no input and no parameter.
    Value(NodeId),
    /// `glorot`, `normal(0.1)`
    Draw(Distribution),
}

/// A state; its name, shape and span are those of `graph.states` at the same place.
#[derive(Clone, Debug)]
pub struct State {
    pub leaf: NodeId,
    pub initial: Initial,
    /// Its value for the next step, if it is a layer's. An optimizer's stand in its `Update`.
    pub next: Option<NodeId>,
}

/// `metric name = e`: varying (its mean over the examples is meant) or uniform (it holds a `batch_mean`).
#[derive(Clone, Debug)]
pub struct Metric {
    pub name: String,
    pub value: NodeId,
    pub span: Span,
}

/// `∂of/∂by`, as a file asks for it: of the shape of `of`, then that of `by`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Derivative {
    /// How it is written there.
    pub text: String,
    pub value: NodeId,
    pub of: NodeId,
    pub by: NodeId,
}

/// `∂of/∂by = value`, as the file claims it, and the derivative that was derived.
#[derive(Clone, Debug)]
pub struct Claim {
    /// What is differentiated, and by what, one after the other; if by nothing, it is the derivative itself, which a function has made
    /// (`u''(x)`, `hessian(loss, w)`).
    pub of: NodeId,
    pub by: Vec<NodeId>,
    pub derivative: NodeId,
    pub value: NodeId,
    pub span: Span,
}

/// The `train` section.
#[derive(Clone, Debug)]
pub struct Training {
    pub optimizer: Optimizer,
    pub batch: Batch,
    pub length: Length,
    pub seed: u64,
    pub precision: Precision,
    pub frozen: Frozen,
    /// A file of weights to begin with, as it is named, and where.
    pub start: Option<(String, Span)>,
    pub stop: Option<Stop>,
}

/// What stays as it begins, by number.
#[derive(Clone, Debug, Default)]
pub struct Frozen {
    pub parameters: Vec<u32>,
    pub states: Vec<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Batch {
    Rows(usize),
    All,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    Epochs(usize),
    Steps(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    F32,
    F64,
}

/// An optimizer, elaborated for each parameter in turn.
#[derive(Clone, Debug)]
pub struct Optimizer {
    pub name: String,
    /// One for each parameter, in their order. To take a step, substitute each `gradient` hole (in all updates at once:
    /// `gradients` names them all) by the batch mean of the objective's derivative.
    pub updates: Vec<Update>,
}

/// One parameter's step, as values of the model's graph.
#[derive(Clone, Debug)]
pub struct Update {
    /// Its number in `graph.parameters`.
    pub parameter: u32,
    /// A hole of the parameter's shape, for its gradient.
    pub gradient: NodeId,
    /// The parameter's next value: of its leaf, the hole, the states' leaves, `step`, `epoch` ….
    pub next: NodeId,
    /// Numbers in `graph.states`, and the states' next values.
    pub states: Vec<(u32, NodeId)>,
}

/// What an elaboration is told from outside the file.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The value of `training`: a file is elaborated once with each.
    pub training: bool,
    /// `--set name=value`.
    pub settings: Vec<(String, f64)>,
    /// The names of classes, by input, as far as the data is known.
    pub classes: Vec<(String, Vec<String>)>,
    /// What `standardize` learned, by input; none as long as the data is not known.
    pub statistics: Option<Vec<(String, crate::schema::Statistics)>>,
    /// Whether classes and statistics come with weights, not from the data that the program names.
    pub of_weights: bool,
}

/// What a file declares that its data is read for.
#[derive(Clone, Debug, Default)]
pub struct Declarations {
    pub inputs: Vec<(Role, Variable)>,
    /// For each of them: the input that says how long its first axis is; of such an input, the least that the program can do with.
    pub lengths: Vec<(Option<usize>, usize)>,
    pub settings: Vec<(String, f64)>,
}

impl Model {
    pub fn declarations(&self) -> Declarations {
        declarations_of(&self.graph, &self.inputs)
    }
}

/// The meaning of a tree, and what is to be said about it. There is a model unless there is an error outside of the claims; of these it
/// has those that could be read.
pub fn elaborate(parsed: &Parsed, sources: &Sources, options: &Options) -> (Option<Model>, Vec<Diagnostic>) {
    let (model, diagnostics, of_claims) = on_deep_stack(|| {
        let mut elaborator = Elaborator::new(parsed, sources, options);
        elaborator.load_prelude();
        let model = elaborator.file(&parsed.root);
        (model, elaborator.reported.diagnostics, elaborator.reported.of_claims)
    });
    let errors = diagnostics.iter().chain(&parsed.diagnostics).filter(|said| said.is_error()).count();
    let sound = errors == of_claims;
    let (model, mut diagnostics) = (model.filter(|_| sound), diagnostics);
    if let Some(model) = model.as_ref().filter(|_| options.training) {
        diagnostics.extend(warnings::warnings(model, parsed));
    }
    (model, diagnostics)
}

/// The declarations of a tree that may not be meaningful yet, because the names of classes are not known.
pub fn declarations(parsed: &Parsed, sources: &Sources, options: &Options) -> Declarations {
    on_deep_stack(|| {
        let mut elaborator = Elaborator::new(parsed, sources, options);
        elaborator.load_prelude();
        match elaborator.file(&parsed.root) {
            Some(model) => model.declarations(),
            None => {
                elaborator.graph.note_sequences();
                declarations_of(&elaborator.graph, &elaborator.declared.inputs)
            }
        }
    })
}

fn declarations_of(graph: &Graph, inputs: &[Input]) -> Declarations {
    let of = |number: usize| {
        let own = graph.sequences.iter().find(|sequence| sequence.length == number);
        let around = graph.sequences.iter().find(|sequence| sequence.inputs.contains(&number));
        (around.map(|sequence| sequence.length), own.map_or(1, |sequence| sequence.least))
    };
    Declarations {
        inputs: inputs.iter().zip(&graph.inputs).map(|(input, v)| (input.role, v.clone())).collect(),
        lengths: (0..inputs.len()).map(of).collect(),
        settings: graph.settings.clone(),
    }
}

/// Expressions are read by recursion, for which a main thread's stack may be too small.
fn on_deep_stack<T: Send>(read: impl Fn() -> T + Sync) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(limits::ELABORATION_STACK).spawn_scoped(scope, &read);
        match thread.map(|thread| thread.join()) {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            // No thread to be had: then here.
            Err(_) => read(),
        }
    })
}
