//! The order of the passes. The only file that knows it; the verifier runs between them.
use crate::data;
use crate::diagnostic::{Diagnostic, Explanation, Sources};
use crate::graph::show::shape_text;
use crate::graph::{BATCH, Graph, Leaf, NodeId, Op, verify};
use crate::interpreter::Interpreter;
use crate::kernel::{Fault, Float};
use crate::limits;
use crate::memory;
use crate::model::{self, Declarations, Model};
use crate::plan::{self, Plan, Request};
use crate::schema;
use crate::simplify::{Stage, simplify};
use crate::step::{self, StepGraph, Target};
use crate::syntax::{self, NodeKind, SectionKind, Statement, StatementKind, Tree, TreeId};
use crate::train::interpreted::{Interpreted, Roots};
use crate::train::{Executor, native::Native};
use crate::vector::Path;
use std::cell::RefCell;

/// A file that was read: its texts, its model in training and outside of it, and what is to be said about it.
pub struct Source {
    pub sources: Sources,
    pub parsed: syntax::Parsed,
    /// With `training` true; none if there was an error.
    pub training: Option<Model>,
    /// With `training` false.
    pub evaluation: Option<Model>,
    pub diagnostics: Vec<Diagnostic>,
    /// The rows of the data, if names that only the data knows were looked up there. Whoever loads it takes them.
    rows: RefCell<Option<data::Gathered>>,
}

impl Source {
    /// The data of a plan, without reading a file a second time.
    pub fn load(&self, plan: &schema::DataPlan, options: &data::Options) -> Result<data::Dataset, Vec<Diagnostic>> {
        let dataset = match self.rows.take().filter(|rows| rows.is_for(plan, options)) {
            Some(rows) => data::load_gathered(plan, options, &rows),
            None => data::load(plan, options),
        }?;
        let wrong = self.lists_compared(&dataset.facts);
        if wrong.is_empty() { Ok(dataset) } else { Err(wrong) }
    }

    /// Comparisons of classes whose lists, as the data shows now, have different names: by index they would say nothing.
    fn lists_compared(&self, facts: &schema::Facts) -> Vec<Diagnostic> {
        let both: Vec<&Model> = self.training.iter().chain(&self.evaluation).collect();
        let mut wrong: Vec<Diagnostic> = vec![];
        for compared in both.iter().flat_map(|model| &model.compared) {
            let [p, q] = &compared.lists;
            let (Some(first), Some(second)) = (facts.class_names(p), facts.class_names(q)) else { continue };
            let error =
                Diagnostic::error("E0620", format!("`{p}` and `{q}` are compared, and have a list of names each"));
            let shown = |names: &[String]| schema::quoted_list(&names.iter().map(String::as_str).collect::<Vec<_>>());
            let error = error.at(compared.spans[0], shown(first)).also(compared.spans[1], shown(second));
            let error = error.note("a class is known by its name; equal places in two lists say nothing");
            let line = model::classes::line_for(&compared.lists);
            let error = match &compared.line {
                Some((place, text)) => error.edit("one list for both", *place, text.clone(), false),
                None => error.help(format!("`{line}` in a `data` section makes one list for both")),
            };
            if !wrong.contains(&error) {
                wrong.push(error);
            }
        }
        wrong
    }

    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// Every code with its explanation, sorted.
pub fn explanations() -> Vec<&'static Explanation> {
    let lists =
        [syntax::CODES, model::codes::CODES, schema::CODES, crate::oracle::claims::CODES, crate::train::codes::CODES];
    let mut all: Vec<&Explanation> = lists.into_iter().flatten().collect();
    all.sort_by_key(|e| e.code);
    all
}

/// Text to models. The names of classes are those of `options`.
pub fn read(name: &str, text: &str, options: &model::Options) -> Source {
    let (sources, parsed) = parse(name, text);
    elaborated(sources, parsed, options)
}

/// Text to models, of a program with its data: a class may be called by the name that it has there, `t == "setosa"`, and what
/// `standardize t` learned is `t.mean` and `t.std`.
///
/// Only if the program has such names in it, `data` is asked where they come from, and the data is read first unless weights bring
/// them along; what can't be read is an error only if a name then has no meaning.
pub fn read_with_data(
    name: &str,
    text: &str,
    options: &model::Options,
    data: impl FnOnce() -> data::Options,
) -> Source {
    let (sources, parsed) = parse(name, text);
    if !parsed.root.iter().any(|statement| asks_the_data(&parsed.tree, statement)) {
        return elaborated(sources, parsed, options);
    }
    let data = data();
    let mut rows = None;
    let facts = match &data.facts {
        Some(facts) => Ok(facts.clone()),
        None => {
            let declared = model::declarations(&parsed, &sources, options);
            let plan = plan_of(&parsed, &declared);
            plan.and_then(|plan| {
                let rows = rows.insert(data::gather(&plan, &data)?);
                Ok(data::load_gathered(&plan, &data, rows)?.facts)
            })
        }
    };
    let (classes, statistics, errors) = match facts {
        Ok(facts) => {
            let known = facts.statistics.into_iter().filter(|(_, found)| !found.mean.is_empty());
            (facts.classes.into_iter().collect(), Some(known.collect()), vec![])
        }
        Err(errors) => (vec![], None, errors),
    };
    let mut source = elaborated(
        sources,
        parsed,
        &model::Options { classes, statistics, of_weights: data.facts.is_some(), ..options.clone() },
    );
    source.rows = rows.into();
    // Names that the data would have said are unknown because it can't be read: that is the mistake.
    let lacks_names = |diagnostic: &Diagnostic| diagnostic.code == "E0406";
    if !errors.is_empty() && source.diagnostics.iter().any(lacks_names) {
        source.diagnostics.retain(|diagnostic| !lacks_names(diagnostic));
        source.diagnostics.extend(errors);
    }
    source
}

fn parse(name: &str, text: &str) -> (Sources, syntax::Parsed) {
    let mut sources = Sources::default();
    let file = sources.add(name, text);
    (sources, syntax::parse(file, text))
}

fn elaborated(sources: Sources, parsed: syntax::Parsed, options: &model::Options) -> Source {
    let mut diagnostics = parsed.diagnostics.clone();
    let mut reading = |training: bool| {
        let options = model::Options { training, ..options.clone() };
        let (model, said) = model::elaborate(&parsed, &sources, &options);
        // The second reading says again what the first one said, and what is wrong outside of training alone.
        let new: Vec<Diagnostic> = said.into_iter().filter(|diagnostic| !diagnostics.contains(diagnostic)).collect();
        diagnostics.extend(new);
        model
    };
    let training = reading(true);
    let evaluation = training.as_ref().and_then(|_| reading(false));
    shorten(&mut diagnostics);
    let training = training.filter(|_| evaluation.is_some());
    Source { sources, parsed, training, evaluation, diagnostics, rows: RefCell::default() }
}

/// Keeps the first diagnostics, errors before warnings, and says how many there are beyond.
fn shorten(diagnostics: &mut Vec<Diagnostic>) {
    let Some(more) = diagnostics.len().checked_sub(limits::DIAGNOSTICS).filter(|more| *more > 0) else { return };
    diagnostics.sort_by_key(|diagnostic| !diagnostic.is_error());
    diagnostics.truncate(limits::DIAGNOSTICS);
    if let Some(last) = diagnostics.last_mut() {
        last.notes.push(format!("{more} more are not shown"));
    }
}

/// Whether a statement outside of sections compares something with a text, or speaks of statistics: only the data knows both.
fn asks_the_data(tree: &Tree, statement: &Statement) -> bool {
    fn is_in(tree: &Tree, id: TreeId) -> bool {
        let mut found = false;
        let compares = matches!(tree.kind(id), NodeKind::Compare { .. });
        tree.kind(id).for_each_child(&mut |child| {
            let is_text = compares && matches!(tree.kind(tree.bare(child)), NodeKind::Text(_));
            found = found || is_text || is_statistic(tree, child) || is_in(tree, child);
        });
        found
    }
    let mut found = false;
    if !matches!(statement.kind, StatementKind::Section(_)) {
        statement.for_each_child(&mut |child| found = found || is_statistic(tree, child) || is_in(tree, child));
    }
    found
}

fn is_statistic(tree: &Tree, id: TreeId) -> bool {
    tree.path(id).is_some_and(|path| matches!(path[..], [_, "mean" | "std"]))
}

/// Whether the program speaks of what `standardize` learned: `t.mean`, `t.std`.
pub fn asks_for_statistics(source: &Source) -> bool {
    let tree = &source.parsed.tree;
    tree.iter().any(|(id, _)| is_statistic(tree, id))
}

/// A step over the batch: what the executors take.
pub struct Batched {
    pub graph: Graph,
    pub updates: Vec<(Target, NodeId)>,
    pub logged: Vec<(String, NodeId)>,
    pub outputs: Vec<(String, NodeId)>,
    /// Rewrites on the way, for tests of growth.
    pub rewrites: usize,
}

/// A graph of one example, simplified and batched. With `rules` false nothing is simplified: what `bench` compares with.
pub fn batched(step: &StepGraph, rules: bool) -> Batched {
    let stage = if rules { Stage::Simplify } else { Stage::Collect };
    let roots: Vec<NodeId> = step
        .updates
        .iter()
        .map(|u| u.1)
        .chain(step.logged.iter().map(|l| l.1))
        .chain(step.outputs.iter().map(|o| o.1))
        .collect();
    checked("the training step", &step.graph, &roots);
    let one = simplify(&step.graph, &roots, stage);
    checked("simplification", &one.graph, &one.roots);
    let (graph, roots) = crate::batch::batch(&one.graph, &one.roots);
    checked("batching", &graph, &roots);
    let all = simplify(&graph, &roots, stage);
    checked("simplification after batching", &all.graph, &all.roots);
    let mut roots = all.roots.iter().copied();
    let mut take = || roots.next().unwrap_or(NodeId(0));
    let updates = step.updates.iter().map(|u| (u.0, take())).collect();
    let logged = step.logged.iter().map(|l| (l.0.clone(), take())).collect();
    let outputs = step.outputs.iter().map(|o| (o.0.clone(), take())).collect();
    Batched { graph: all.graph, updates, logged, outputs, rewrites: one.rewrites + all.rewrites }
}

/// Why a step can't be run.
#[derive(Clone, Debug)]
pub enum Obstacle {
    /// A mistake of the compiler.
    Fault(Fault),
    /// A value that can't be computed natively, with its place.
    Refused(Box<Diagnostic>),
}

impl From<Fault> for Obstacle {
    fn from(fault: Fault) -> Obstacle {
        Obstacle::Fault(fault)
    }
}

impl std::fmt::Display for Obstacle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Obstacle::Fault(fault) => fault.fmt(f),
            Obstacle::Refused(diagnostic) => f.write_str(&diagnostic.message),
        }
    }
}

/// The program of a batched step.
///
/// # Errors
/// E0908: no kernel computes a value.
pub fn planned(batched: &Batched, float: Float, rows: usize) -> Result<Plan, Obstacle> {
    let logged: Vec<NodeId> = batched.logged.iter().map(|l| l.1).collect();
    let outputs: Vec<NodeId> = batched.outputs.iter().map(|o| o.1).collect();
    let (graph, updates) = (&batched.graph, &batched.updates[..]);
    let request = Request { graph, updates, logged: &logged, outputs: &outputs, float, batch: rows };
    plan::plan(&request).map_err(|refused| Obstacle::Refused(Box::new(refusal(refused))))
}

/// What is said of a value that no kernel computes.
fn refusal(refused: plan::Refused) -> Diagnostic {
    let value = refused.name.map_or_else(|| "a value".to_string(), |name| format!("`{name}`"));
    let error = Diagnostic::error("E0908", format!("{value} can't be computed by native code: it {}", refused.why));
    let error = match refused.span {
        Some(span) => error.at(span, "this value"),
        None => error,
    };
    error.help("`gradus run --executor interpreter` computes it, slowly")
}

/// A graph that breaks a rule is a defect of the compiler: it stops here, with the rule and the node.
fn checked(pass: &str, graph: &Graph, roots: &[NodeId]) {
    if let Err(why) = verify::verify(graph, roots) {
        panic!("after {pass} the graph is not right, which is a defect of gradus: {why}");
    }
}

/// The step of a model in training.
pub fn training_step(model: &Model) -> StepGraph {
    step::training(model, &[])
}

/// The evaluation of a model.
pub fn evaluation_step(model: &Model) -> StepGraph {
    step::evaluation(model)
}

/// The outputs of a model.
pub fn prediction_step(model: &Model) -> StepGraph {
    step::prediction(model)
}

/// What the program's `data` section asks for.
pub fn data_plan(source: &Source, model: &Model) -> Result<schema::DataPlan, Vec<Diagnostic>> {
    plan_of(&source.parsed, &model.declarations())
}

fn plan_of(parsed: &syntax::Parsed, declarations: &Declarations) -> Result<schema::DataPlan, Vec<Diagnostic>> {
    let declared = declarations.inputs.iter().map(|(role, variable)| {
        let role = if *role == model::Role::Input { schema::Role::Input } else { schema::Role::Target };
        schema::Declared::of(variable, role)
    });
    let declared: Vec<schema::Declared> = declared.collect();
    let settings = declarations.settings.iter().cloned().collect();
    let section = parsed.root.iter().find_map(|statement| match &statement.kind {
        StatementKind::Section(section) if section.kind == SectionKind::Data => Some((section, statement.span)),
        _ => None,
    });
    match section {
        Some((section, span)) => schema::plan(&parsed.tree, section, span, &declared, &settings),
        None => Ok(schema::default_plan(&declared, &settings)),
    }
}

/// How a program is executed.
#[derive(Clone, Copy, Debug)]
pub struct Executing {
    pub float: Float,
    pub threads: usize,
    /// By the interpreter instead of native code.
    pub interpreted: bool,
    /// With vectors of this width.
    pub path: Path,
}

/// An executor of a step over this data, with memory for so many rows of a batch.
pub fn executor(
    batched: &Batched,
    how: &Executing,
    rows: usize,
    dataset: &data::Dataset,
    totals: (usize, usize),
) -> Result<Box<dyn Executor>, Obstacle> {
    let own = leaves(batched, how.float);
    if how.interpreted {
        counts(batched, how.float)?;
        // Constants are in f64 before they are in the precision of the model.
        let is_table = |id: &NodeId| matches!(batched.graph.op(*id), Op::Leaf(Leaf::Iota(_) | Leaf::Table(..)));
        let tables = batched.graph.ids().filter(is_table);
        let own = tables.map(|id| bytes(batched.graph.shape(id), rows, Float::F64)).sum::<u128>() + own;
        fits(batched, own, rows, how.float)?;
        let (all, largest) = written_out(&batched.graph, rows, how.float);
        fits(batched, own + largest, rows, how.float)?;
        // Only if all values together would be too much it is looked at closely which of them share memory.
        if memory::available().is_some_and(|free| free < own + all) {
            fits(batched, own + interpreted_bytes(batched, how.float, rows)?, rows, how.float)?;
        }
        return Ok(interpreter(batched, how, rows, dataset, totals)?);
    }
    fits(batched, own, rows, how.float)?;
    let plan = planned(batched, how.float, rows)?;
    fits(batched, own + plan.program.arena_bytes as u128, rows, how.float)?;
    Ok(Box::new(Native::new(plan, dataset, how.path, how.threads, totals)?))
}

/// E0908, where the interpreter has more places to tell apart than its numbers can count.
fn counts(batched: &Batched, float: Float) -> Result<(), Obstacle> {
    let graph = &batched.graph;
    let most = match float {
        Float::F32 => 1 << f32::MANTISSA_DIGITS,
        Float::F64 => 1 << f64::MANTISSA_DIGITS,
    };
    let too_many = |id: &NodeId| graph.ty(*id).kind.count().is_some_and(|n| most < n && n != BATCH);
    let Some(id) = graph.ids().find(too_many) else { return Ok(()) };
    let precision = if float == Float::F32 { "f32" } else { "f64" };
    let message = format!("the interpreter computes with indices as numbers, and in {precision} counts to {most} only");
    let error = Diagnostic::error("E0908", message);
    let count = graph.ty(id).kind.count().unwrap_or_default();
    let error = match graph.span_of(id) {
        Some(span) => error.at(span, format!("{count} places")),
        None => error.note(format!("here are {count} places")),
    };
    Err(Obstacle::Refused(Box::new(error.help("native code has no such limit, nor `--precision f64`"))))
}

/// The bytes of all values of a graph, named functions written out, and of the largest.
fn written_out(graph: &Graph, rows: usize, float: Float) -> (u128, u128) {
    let (mut all, mut largest) = (0_u128, 0);
    for id in graph.ids() {
        let size = bytes(graph.shape(id), rows, float);
        let (inner, most) = match graph.op(id) {
            Op::Named(op, arguments) => {
                let mut written = Graph::new();
                let holes: Vec<NodeId> = arguments.iter().map(|&a| written.hole(graph.ty(a).clone())).collect();
                (op.definition)(&mut written, &holes);
                written_out(&written, rows, float)
            }
            _ => (0, 0),
        };
        all = all.saturating_add(size).saturating_add(inner);
        largest = largest.max(size).max(most);
    }
    (all, largest)
}

/// The bytes of the interpreter's values.
fn interpreted_bytes(batched: &Batched, float: Float, rows: usize) -> Result<u128, Fault> {
    let updates = batched.updates.iter().map(|u| u.1);
    let roots: Vec<NodeId> = updates.chain(batched.logged.iter().chain(&batched.outputs).map(|r| r.1)).collect();
    let needed = match float {
        Float::F32 => Interpreter::<f32>::needed(&batched.graph, &roots, rows),
        Float::F64 => Interpreter::<f64>::needed(&batched.graph, &roots, rows),
    };
    needed.map_err(|reason| Fault { place: "the interpreter".into(), reason })
}

/// The bytes of a value; `rows` is the most rows of a batch.
fn bytes(shape: &[usize], rows: usize, float: Float) -> u128 {
    let extents = shape.iter().map(|&n| if n == BATCH { rows } else { n } as u128);
    extents.fold(float.bytes() as u128, |product, n| product.saturating_mul(n))
}

/// The bytes that what is learned and kept takes where it begins, in f64, before it is given to an executor.
fn leaves(batched: &Batched, float: Float) -> u128 {
    let variables = batched.graph.parameters.iter().chain(&batched.graph.states);
    variables.map(|v| bytes(&v.ty.shape, 1, Float::F64) + bytes(&v.ty.shape, 1, float)).sum()
}

/// E0909, if the machine has not so much memory.
fn fits(batched: &Batched, needed: u128, rows: usize, float: Float) -> Result<(), Obstacle> {
    let available = memory::available().unwrap_or(limits::ADDRESSES).min(limits::ADDRESSES);
    if needed <= available {
        return Ok(());
    }
    Err(Obstacle::Refused(Box::new(too_large(batched, needed, available, rows, float))))
}

/// What is said of a step that needs more memory than is free.
pub fn too_large(batched: &Batched, needed: u128, available: u128, rows: usize, float: Float) -> Diagnostic {
    let graph = &batched.graph;
    let mut largest: Vec<(u128, String, Option<crate::diagnostic::Span>)> = vec![];
    for variable in graph.parameters.iter().chain(&graph.states) {
        let size = bytes(&variable.ty.shape, rows, float);
        largest.push((size, format!("`{}` {}", variable.name, shape_text(&variable.ty.shape)), Some(variable.span)));
    }
    let unnamed = graph.ids().filter(|id| graph.name_of(*id).is_none() && !matches!(graph.op(*id), Op::Leaf(_)));
    for id in graph.names().map(|n| n.0).chain(unnamed) {
        let shape = graph.shape(id);
        let name = graph.name_of(id).map_or_else(|| "a value".to_string(), |name| format!("`{name}`"));
        let own: Vec<usize> = shape.iter().copied().filter(|n| *n != BATCH).collect();
        let times = if own.len() < shape.len() { format!(", {rows} times") } else { String::new() };
        largest.push((bytes(shape, rows, float), format!("{name} {}{times}", shape_text(&own)), graph.span_of(id)));
    }
    largest.sort_by_key(|value| std::cmp::Reverse(value.0));
    largest.dedup_by(|a, b| a.1 == b.1);
    largest.truncate(3);
    let message = format!("this needs {} of memory, and {} are free", memory::text(needed), memory::text(available));
    let error = Diagnostic::error("E0909", message);
    let (error, shown) = match largest.first() {
        Some((size, name, Some(span))) => (error.at(*span, format!("{name}: {}", memory::text(*size))), 1),
        _ => (error, 0),
    };
    let rest = largest.iter().skip(shown).map(|(size, name, _)| format!("{name}: {}", memory::text(*size)));
    let rest: Vec<String> = rest.collect();
    let which = if shown == 0 { "the largest are" } else { "next come" };
    let error = match rest.is_empty() {
        true => error,
        false => error.note(format!("{which} {}", rest.join(" and "))),
    };
    let smaller = if batched.graph.inputs.is_empty() {
        "smaller values need less"
    } else {
        "a smaller `batch` and smaller values need less"
    };
    error.help(smaller)
}

/// The interpreter as an executor: of the same graph, node by node.
fn interpreter(
    batched: &Batched,
    how: &Executing,
    rows: usize,
    dataset: &data::Dataset,
    totals: (usize, usize),
) -> Result<Box<dyn Executor>, Fault> {
    let logged: Vec<NodeId> = batched.logged.iter().map(|l| l.1).collect();
    let outputs: Vec<NodeId> = batched.outputs.iter().map(|o| o.1).collect();
    let roots = Roots { graph: &batched.graph, updates: &batched.updates, logged: &logged, outputs: &outputs };
    Ok(match how.float {
        Float::F32 => Box::new(Interpreted::<f32>::new(&roots, dataset, how.path, rows, totals)?),
        Float::F64 => Box::new(Interpreted::<f64>::new(&roots, dataset, how.path, rows, totals)?),
    })
}
