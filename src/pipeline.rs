//! The order of the passes. The only file that knows it; the verifier runs between them.
use crate::data;
use crate::diagnostic::{Diagnostic, Explanation, Sources};
use crate::graph::{Graph, NodeId, verify};
use crate::kernel::{Fault, Float};
use crate::limits;
use crate::model::{self, Declarations, Model};
use crate::plan::{self, Plan, Request};
use crate::room::{NoRoom, Room};
use crate::schema;
use crate::simplify::{Stage, simplify};
use crate::step::{self, StepGraph, Target};
use crate::syntax::{self, NodeKind, SectionKind, Statement, StatementKind, Tree, TreeId};
use crate::train::interpreted::{Interpreted, Roots};
use crate::train::{Executor, native::Native};
use crate::used::{self, Texts};
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

/// Text to models. The names of classes are those of `options`. It can't use other files.
pub fn read(name: &str, text: &str, options: &model::Options) -> Source {
    read_beside(name, text, options, &used::alone)
}

/// The same of a program that may use others.
pub fn read_beside(name: &str, text: &str, options: &model::Options, texts: Texts) -> Source {
    let (sources, parsed) = parse(name, text, texts);
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
    texts: Texts,
    data: impl FnOnce() -> data::Options,
) -> Source {
    let (sources, parsed) = parse(name, text, texts);
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

fn parse(name: &str, text: &str, texts: Texts) -> (Sources, syntax::Parsed) {
    let mut sources = Sources::default();
    let file = sources.add(name, text);
    let mut parsed = syntax::parse(file, text);
    used::read_all(&mut parsed, &mut sources, texts);
    (sources, parsed)
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
    Batched {
        graph: all.graph,
        updates,
        logged,
        outputs,
        rewrites: one.history.rewrites.len() + all.history.rewrites.len(),
    }
}

/// Why a step can't be run.
#[derive(Clone, Debug)]
pub enum Obstacle {
    /// A mistake of the compiler.
    Fault(Fault),
    /// A value that can't be computed natively, with its place.
    Refused(Box<Diagnostic>),
}

impl From<NoRoom> for Obstacle {
    fn from(why: NoRoom) -> Obstacle {
        match why {
            NoRoom::Refused(diagnostic) => Obstacle::Refused(diagnostic),
            NoRoom::Fault(fault) => Obstacle::Fault(fault),
        }
    }
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
    step::training(model)
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
    let declared = declarations.inputs.iter().zip(&declarations.lengths).map(|((role, variable), (length, least))| {
        let role = match role {
            model::Role::Input => schema::Role::Input,
            model::Role::Target => schema::Role::Target,
            model::Role::Length => schema::Role::Length,
            model::Role::Weight => schema::Role::Weight,
        };
        schema::Declared { length: *length, least: *least, ..schema::Declared::of(variable, role) }
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
    /// What fresh draws follow from.
    pub seed: u64,
}

/// An executor of a step over this data, with memory for so many rows of a batch.
pub fn executor(
    batched: &Batched,
    how: &Executing,
    rows: usize,
    dataset: &data::Dataset,
    totals: (usize, usize),
) -> Result<Box<dyn Executor>, Obstacle> {
    let room = Room { graph: &batched.graph, rows, float: how.float };
    if how.interpreted {
        let updates = batched.updates.iter().map(|u| u.1);
        let roots: Vec<NodeId> = updates.chain(batched.logged.iter().chain(&batched.outputs).map(|r| r.1)).collect();
        room.of_interpreter(&roots)?;
        let mut executor = interpreter(batched, how, rows, dataset, totals)?;
        executor.draw_from(how.seed, 0);
        return Ok(executor);
    }
    room.of_values(0)?;
    let plan = planned(batched, how.float, rows)?;
    room.of_values(plan.program.arena_bytes as u128)?;
    let mut executor = Native::new(plan, dataset, how.path, how.threads, totals)?;
    executor.draw_from(how.seed, 0);
    Ok(Box::new(executor))
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
