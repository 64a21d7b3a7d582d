//! The state of an elaboration: where it stands in the tree, in the scopes and in the path, and how it reports errors.
use super::path::{FrameId, Frames};
use super::scope::{ScopeId, Scopes};
use super::value::{Defined, Tensor, Value};
use super::{Claim, Input, Metric, Options, Parameter, State, optimizer, prelude};
use crate::diagnostic::{Diagnostic, Sources, Span};
use crate::graph::range::Ranges;
use crate::graph::{Graph, LoopId, NodeId};
use crate::syntax::{Parsed, Tree, TreeId, Used};
use indexmap::{IndexMap, IndexSet};
use rustc_hash::FxHashMap;

/// What went wrong was reported: nothing more is to be said about what depends on it.
#[derive(Clone, Copy, Debug)]
pub struct Reported;

pub type Outcome<T> = Result<T, Reported>;

/// A call that is being gone through.
pub struct CallSite<'a> {
    pub span: Span,
    pub defined: Defined<'a>,
    pub arguments: Vec<ArgumentSite>,
}

/// Where the argument of a parameter stands; of one that is no whole number, also its arithmetic, in case it should have been one.
#[derive(Clone)]
pub struct ArgumentSite {
    pub parameter: String,
    pub span: Span,
    /// If it is a number that is known when compiling.
    pub number: Option<f64>,
    pub arithmetic: Option<String>,
}

/// Reads a file's tree into a model.
pub struct Elaborator<'a> {
    pub graph: Graph,
    pub sources: &'a Sources,
    pub options: &'a Options,
    /// The tree that is being read: the file's or the prelude's.
    pub tree: &'a Tree,
    /// The files that are used, and by which.
    pub used: &'a [Used],
    pub others: &'a [Parsed],
    pub scopes: Scopes<'a>,
    pub scope: ScopeId,
    pub frames: Frames,
    pub frame: FrameId,
    pub calls: Vec<CallSite<'a>>,
    pub optimizer: Option<optimizer::Context>,
    pub declared: Declared,
    pub sites: Sites,
    pub classes: ClassLists,
    pub facts: Facts<'a>,
    pub reading: Reading,
    pub reported: Reports,
}

/// What the file turned out to say, as the model will have it.
#[derive(Default)]
pub struct Declared {
    pub inputs: Vec<Input>,
    /// How much each example counts.
    pub weight: Option<NodeId>,
    pub parameters: Vec<Parameter>,
    pub states: Vec<State>,
    pub metrics: Vec<Metric>,
    pub claims: Vec<Claim>,
    /// Derivatives, as the file asks for them.
    pub derivatives: IndexSet<super::Derivative>,
    /// Names of the top level and their values.
    pub bindings: Vec<(String, NodeId)>,
    /// Values inside of layers and the paths of their names; names of the top level go first.
    pub inner_names: Vec<(NodeId, FrameId, String)>,
}

/// Where layers put what they have: parameters and states are found again by frame and name.
#[derive(Default)]
pub struct Sites {
    /// The paths of parameters are made at the end.
    pub parameters: IndexMap<(FrameId, String), u32>,
    pub states: IndexMap<(FrameId, String), u32>,
    /// Which names of which block are states.
    pub state_names: FxHashMap<(ScopeId, String), u32>,
    /// The layers' states that got a next value, one after the other.
    pub stepped: Vec<u32>,
    /// Where fresh draws stand, and their names; the paths are made at the end.
    pub draws: Vec<(FrameId, String)>,
    /// Models that were called: their parameters are there.
    pub models: FxHashMap<FrameId, Span>,
    /// Where `weights` or `params` was used, and how many parameters there were.
    pub gathered: Vec<(Span, usize, bool)>,
}

/// Which lists of classes are one.
#[derive(Default)]
pub struct ClassLists {
    /// The names of inputs whose classes are of one list, as the `data` section says.
    pub same: Vec<Vec<String>>,
    /// That section.
    pub section: Option<Span>,
    pub compared: Vec<super::classes::Compared>,
}

/// A hole for an element, what it is an element of, and a hole for its place there.
#[derive(Clone, Copy)]
pub struct Element {
    pub hole: NodeId,
    pub all: NodeId,
    pub place: Option<NodeId>,
}

/// A derivative in a loop's round: of what, by what, and where it stands.
#[derive(Clone)]
pub struct InRound {
    pub of: NodeId,
    pub by: NodeId,
    /// The loops that bind what it is by in their rounds.
    pub own: Vec<LoopId>,
    pub whole: Span,
}

/// What is known of values beside their types.
#[derive(Default)]
pub struct Facts<'a> {
    pub ranges: Ranges,
    /// Derivatives by a number or of a number, and of which order they are.
    pub orders: FxHashMap<NodeId, usize>,
    /// Derivatives in rounds of loops.
    pub in_rounds: Vec<InRound>,
    /// Elements that bodies are read for.
    pub elements: Vec<Element>,
    /// The columns that the `data` section standardizes.
    pub scaled: Vec<(String, Span)>,
    /// The places of loops that run as long as an example, and how long.
    pub ended_places: FxHashMap<NodeId, NodeId>,
    /// How declarations call the sizes of values.
    pub axis_names: FxHashMap<NodeId, Vec<Option<&'a str>>>,
}

/// How the reading goes on.
#[derive(Default)]
pub struct Reading {
    /// Expressions inside each other, through all calls.
    pub depth: usize,
    /// What was read, but for optimizers: plain numbers, and as so many of them each other expression.
    pub numbers: usize,
    /// The loops whose rounds are being read, outermost first, and the scopes of their bodies.
    pub rounds: Vec<(LoopId, ScopeId)>,
    /// Above zero while something is read again whose parameters are there already.
    pub replaying: usize,
    /// Whether a claim is being read.
    pub claiming: bool,
    /// A `use` that was refused: names that are not known may come from there.
    pub lacks_used_file: bool,
}

/// What was said.
#[derive(Default)]
pub struct Reports {
    pub diagnostics: Vec<Diagnostic>,
    /// How many errors are about claims, and about nothing else of the file.
    pub of_claims: usize,
}

impl<'a> Elaborator<'a> {
    pub fn new(parsed: &'a Parsed, sources: &'a Sources, options: &'a Options) -> Elaborator<'a> {
        let mut scopes = Scopes::new();
        let scope = scopes.inside(Scopes::PRELUDE);
        Elaborator {
            graph: Graph::new(),
            sources,
            options,
            tree: &parsed.tree,
            used: &parsed.used,
            others: &parsed.others,
            scopes,
            scope,
            frames: Frames::new(),
            frame: Frames::ROOT,
            calls: vec![],
            optimizer: None,
            declared: Declared::default(),
            sites: Sites::default(),
            classes: ClassLists::default(),
            facts: Facts::default(),
            reading: Reading::default(),
            reported: Reports::default(),
        }
    }

    pub fn span(&self, id: TreeId) -> Span {
        self.tree.span(id)
    }
    pub fn text(&self, span: Span) -> &'a str {
        if span.file == prelude::FILE { &prelude::TEXT[span.range()] } else { self.sources.slice(span) }
    }
    /// An expression in backticks, if it is short and on one line; else "this".
    pub fn quote(&self, id: TreeId) -> String {
        self.quote_span(self.span(id))
    }
    pub fn quote_span(&self, span: Span) -> String {
        let text = self.text(span);
        if text.is_empty() || text.contains('\n') || text.chars().count() > 48 {
            "this".to_string()
        } else {
            format!("`{text}`")
        }
    }

    /// Reports an error. Inside a definition the call is shown too; what is wrong inside the prelude is wrong with the call.
    pub fn report(&mut self, mut diagnostic: Diagnostic) -> Reported {
        let mut calls = self.calls.iter().rev().filter(|call| call.span.file != prelude::FILE);
        if let Some(primary) = diagnostic.span()
            && primary.file == prelude::FILE
            && let Some(call) = calls.next()
        {
            let name = &call.defined.definition.name.name;
            let argument = self.argument_meant(primary);
            diagnostic.labels.retain(|label| label.primary);
            diagnostic.edits.retain_mut(|edit| match (argument, edit.changes.as_mut_slice()) {
                (Some(at), [(span, text)]) if *span == primary => {
                    *span = at;
                    // Names of the prelude mean nothing in the file.
                    is_literal(text) && (self.is_number(at) || self.text(at).starts_with('['))
                }
                (_, changes) => changes.iter().all(|(span, _)| span.file != prelude::FILE),
            });
            for label in &mut diagnostic.labels {
                match argument {
                    Some(at) => label.span = at,
                    None => {
                        label.span = call.span;
                        label.text = format!("inside `{name}`: {}", label.text);
                    }
                }
            }
        }
        if let Some(primary) = diagnostic.span()
            && let Some(call) = calls.find(|call| !(call.span.start <= primary.start && primary.end <= call.span.end))
        {
            diagnostic = diagnostic.also(call.span, format!("in this call of `{}`", call.defined.definition.name.name));
        }
        diagnostic.labels.retain(|label| label.span.file != prelude::FILE);
        if !self.reported.diagnostics.contains(&diagnostic) {
            self.reported.diagnostics.push(diagnostic);
        }
        Reported
    }
    /// The argument in the file that a place of the prelude is all about: it names one parameter of its definition, given by the call.
    fn argument_meant(&self, place: Span) -> Option<Span> {
        let mut place = place;
        for call in self.calls.iter().rev() {
            if place.file != prelude::FILE {
                break;
            }
            let words = self.text(place).split(|c: char| !c.is_alphanumeric() && c != '_');
            let parameters = &call.defined.definition.parameters;
            let mut named: Vec<&str> =
                words.filter(|word| parameters.iter().any(|parameter| parameter.name.name == *word)).collect();
            named.dedup();
            let [only] = named[..] else { return None };
            place = call.arguments.iter().find(|site| site.parameter == only)?.span;
        }
        Some(place).filter(|place| place.file != prelude::FILE)
    }
    /// Whether a number is written there.
    pub fn is_number(&self, span: Span) -> bool {
        is_number(self.text(span))
    }
    pub fn fail<T>(&mut self, diagnostic: Diagnostic) -> Outcome<T> {
        Err(self.report(diagnostic))
    }
    pub fn warn(&mut self, diagnostic: Diagnostic) {
        self.report(diagnostic);
    }
    pub fn note(&mut self, code: &'static str, message: String, span: Span, label: &str) {
        self.report(Diagnostic::remark(code, message).at(span, label));
    }
    /// Says where a node was written.
    pub fn mark(&mut self, id: NodeId, span: Span) {
        let own = Some(span).filter(|span| span.file != prelude::FILE);
        let call = || self.calls.iter().rev().map(|call| call.span).find(|span| span.file != prelude::FILE);
        if let Some(span) = own.or_else(call) {
            self.graph.set_span(id, span);
        }
    }
    pub fn shape(&self, tensor: &Tensor) -> Vec<usize> {
        self.graph.shape(tensor.id).to_vec()
    }
    /// A number that is known when compiling.
    pub fn constant(&mut self, value: f64) -> Tensor {
        Tensor::known(self.graph.number(value), value)
    }
    /// Reads with another frame, then goes back.
    pub fn in_frame<T>(&mut self, frame: FrameId, read: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.frame, frame);
        let result = read(self);
        self.frame = before;
        result
    }
    /// Reads in another scope, then goes back.
    pub fn in_scope<T>(&mut self, scope: ScopeId, read: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.scope, scope);
        let result = read(self);
        self.scope = before;
        result
    }
    /// Reads another text's tree, then goes back.
    pub fn in_tree<T>(&mut self, tree: &'a Tree, read: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.tree, tree);
        let result = read(self);
        self.tree = before;
        result
    }

    /// A value as a node of the graph.
    pub fn tensor_of(&mut self, value: Value<'a>, span: Span) -> Outcome<Tensor> {
        match value {
            Value::Tensor(tensor) if tensor.row => {
                let error = Diagnostic::error("E0303", "a row can only stand as a factor of a product")
                    .at(span, "`'` of a vector makes a row")
                    .help("`w' x` is a number, `x y'` a matrix");
                let text = self.text(span);
                let plain = text.trim_end_matches(['\'', 'ᵀ']);
                self.fail(match self.column_of_row(span) {
                    Some(column) => error.edit(format!("as a column it is `{column}`"), span, column, false),
                    None if plain != text => error.edit("without the `'` it is a vector", span, plain, false),
                    None => error,
                })
            }
            value => self.factor_of(value, span),
        }
    }
    /// A truth value that is known, as a node. It stays a truth value, wherever it stands.
    pub fn truth(&mut self, truth: bool) -> Tensor {
        Tensor::new(self.graph.known(truth, &[]))
    }
    /// A value as a node of the graph, in a place where a row may stand.
    pub fn factor_of(&mut self, value: Value<'a>, span: Span) -> Outcome<Tensor> {
        match value {
            Value::Tensor(tensor) => Ok(tensor),
            Value::Truth(truth) => Ok(self.truth(truth)),
            Value::Range { from, to, end } => self.range_values(from, to, end, span),
            Value::Function(function) => {
                let name = function.name().to_string();
                let error =
                    Diagnostic::error("E0205", format!("`{name}` is a function, and stands where a value is needed"))
                        .at(span, "not called")
                        .help(format!("call it: `{name}(…)`"));
                self.fail(error)
            }
            other => {
                let spoken = other.spoken();
                let mut error = Diagnostic::error("E0405", format!("a value is needed here, not {spoken}"))
                    .at(span, format!("this is {spoken}"));
                if matches!(other, Value::Tuple(_)) {
                    error = error.help("take it apart: `(a, b) = …`");
                }
                self.fail(error)
            }
        }
    }
}

fn is_number(text: &str) -> bool {
    text.trim_start_matches(['-', '−']).trim().parse::<f64>().is_ok()
}

/// A number, a truth value, or a list of numbers.
fn is_literal(text: &str) -> bool {
    let list = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    matches!(text, "true" | "false") || list.unwrap_or(text).split(',').all(is_number)
}
