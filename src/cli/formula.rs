//! `gradus grad -e`: a formula of the command line as a program, with shapes for the names that it does not declare.
//!
//! The text is a program whose last statement is a value. A name that nothing declares is an input; its shape is the likeliest with
//! which the value is a number: clues in the text (`x'`, `sum(x)`, `y[t]`, a capital letter) order the candidates of each name, and
//! the cheapest choice that can be read is taken.
use super::Exit;
use super::source::{complain, say};
use crate::graph::NodeId;
use crate::model::{Model, Options};
use crate::pipeline::{self, Source};
use crate::syntax::{self, NodeKind, ProductSign, Statement, StatementKind, Tree, TreeId};
use indexmap::IndexSet;
use std::fmt::Write;

/// A formula that was read.
pub struct Formula {
    pub source: Source,
    /// What the value is called.
    pub name: String,
}

/// Shapes that a name may have; the sizes are as good as any.
const SHAPES: [&str; 6] = ["[]", "[3]", "[2]", "class(3)", "[2, 3]", "[3, 3]"];
/// What each shape costs a name without clues, and one among capital letters; one that stands where vectors do, and a weight
/// there; one with a capital letter; one that stands where classes do.
const PLAIN: [u32; 6] = [0, 2, 3, 6, 5, 6];
const AMONG_CAPITALS: [u32; 6] = [2, 0, 1, 8, 5, 6];
const VECTOR: [u32; 6] = [5, 0, 1, 8, 4, 5];
const WEIGHT: [u32; 6] = [5, 0, 1, 8, 2, 3];
const CAPITAL: [u32; 6] = [7, 4, 5, 9, 0, 1];
const CLASS: [u32; 6] = [8, 7, 8, 0, 9, 9];
/// Names without a declaration; beyond, there are too many choices.
const NAMES: usize = 6;
/// Choices that are tried.
const TRIES: usize = 500;
/// Names for the value; the first that the formula does not use.
const VALUES: [&str; 5] = ["f", "g", "e", "u", "value"];
/// Functions that take a vector when they stand alone.
const OF_VECTORS: [&str; 14] = [
    "sum",
    "mean",
    "norm",
    "prod",
    "var",
    "std",
    "dot",
    "softmax",
    "log_softmax",
    "logsumexp",
    "argmax",
    "cumsum",
    "sort",
    "cross_entropy",
];

/// Reads the text of `-e`.
pub fn read(text: &str) -> Result<Formula, Exit> {
    refuse_operator(text)?;
    let program = program(text)?;
    let Found { names, shapes, mut source } = found(&program);
    if NAMES < names.len() {
        let names = crate::schema::quoted_list(&names.iter().map(String::as_str).collect::<Vec<_>>());
        complain(&format!(
            "error: {names} are not declared\n  = help: declare them: `-e \"x: [5]; A: [2, 5]; t: class(3); …\"`"
        ));
        return Err(Exit::Failure);
    }
    let unread: Vec<_> = source.parsed.diagnostics.iter().filter(|d| d.is_error()).cloned().collect();
    // Of a text that could not be read, names say nothing.
    say(if unread.is_empty() { &source.diagnostics } else { &unread }, &source.sources);
    let is_about_shapes = |code: &str| code.starts_with("E03") || code.starts_with("E04");
    let matters = !source.has_errors() || source.diagnostics.iter().any(|d| is_about_shapes(d.code));
    if let (Some(first), true) = (names.first(), matters) {
        let taken = names.iter().zip(&shapes).map(|(name, &shape)| match SHAPES[shape] {
            "[]" => format!("`{name}` for a number"),
            shape => format!("`{name}` for {shape}"),
        });
        let taken = taken.collect::<Vec<_>>().join(", ");
        complain(&format!("note: this takes {taken}; declare what is to be something else: `-e \"{first}: [5]; …\"`"));
    }
    for (name, meant) in misread(&source.parsed.tree, &names) {
        complain(&format!("note: in this `{name}` is a name like any other; {meant}"));
    }
    if source.has_errors() {
        return Err(Exit::Failure);
    }
    if program.invented
        && let Some((_, id)) = value_of(&source, &program.name)
        && let Some(model) = &mut source.training
    {
        // Nobody knows the value by this name.
        model.graph.unname(id);
    }
    Ok(Formula { source, name: program.name })
}

/// Refuses `d/dw (w x - t)^2`: a derivative of a formula is asked for by `--wrt`.
fn refuse_operator(text: &str) -> Result<(), Exit> {
    let rest = text.trim().strip_prefix("d/d").or_else(|| text.trim().strip_prefix("∂/∂"));
    let Some(rest) = rest else { return Ok(()) };
    let name = &rest[..rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())];
    if name.is_empty() {
        return Ok(());
    }
    let operator = text.trim().strip_suffix(rest).unwrap_or_default();
    let formula = rest[name.len()..].trim().trim_start_matches(['[', '{']).trim_end_matches([']', '}']);
    complain(&format!(
        "error: `-e` takes the formula alone, and `{operator}{name}` asks for its derivative\n  \
         = help: write `gradus grad -e \"{formula}\" --wrt {name}`"
    ));
    Err(Exit::Failure)
}

/// The best reading of a program: the names that it does not declare, and their shapes by number.
struct Found {
    names: Vec<String>,
    shapes: Vec<usize>,
    source: Source,
}

fn found(program: &Program) -> Found {
    let attempt = |names: &[String], shapes: Vec<usize>| -> Found {
        let mut text = String::new();
        for (name, &shape) in names.iter().zip(&shapes) {
            let _ = writeln!(text, "input {name}: {}", SHAPES[shape]);
        }
        let source = pipeline::read("-e", &(text + &program.text), &Options::default());
        Found { names: names.to_vec(), shapes, source }
    };
    let mut best = attempt(&[], vec![]);
    // What is unknown comes to light by and by: one mistake may hide another.
    'names: loop {
        let names: Vec<String> = best.names.iter().cloned().chain(unknown(&best.source)).collect();
        let is_unread = best.source.parsed.diagnostics.iter().any(|d| d.is_error());
        if names.len() == best.names.len() || NAMES < names.len() || is_unread {
            return Found { names, ..best };
        }
        let costs = Clues::of(&program.text).costs(&names);
        let errors = |found: &Found| found.source.diagnostics.iter().filter(|d| d.is_error()).count();
        let mut sound: Option<Found> = None;
        let mut nearest: Option<Found> = None;
        for shapes in cheapest(&costs).into_iter().take(TRIES) {
            let tried = attempt(&names, shapes);
            if !unknown(&tried.source).is_empty() {
                best = tried;
                continue 'names;
            }
            if tried.source.has_errors() {
                nearest = match nearest {
                    Some(nearest) if errors(&nearest) <= errors(&tried) => Some(nearest),
                    _ => Some(tried),
                };
                continue;
            }
            if value_of(&tried.source, &program.name).is_some_and(|(model, id)| model.graph.shape(id).is_empty()) {
                return tried;
            }
            sound = sound.or(Some(tried));
        }
        best = match sound.or(nearest) {
            Some(found) => return found,
            None => best,
        };
    }
}

/// Names without a declaration that paper reads as something else: `e^x`, `x^T`.
fn misread(tree: &Tree, names: &[String]) -> Vec<(&'static str, &'static str)> {
    let is = |id: TreeId, name: &str| tree.name(id) == Some(name) && names.iter().any(|n| n == name);
    let mut found = vec![];
    for (_, node) in tree.iter() {
        let NodeKind::Power { base, exponent } = node.kind else { continue };
        if is(base, "e") {
            found.push(("e", "a power of Euler's number is `exp(x)`"));
        }
        if is(exponent, "T") {
            found.push(("T", "the transposed is `x'`"));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The value of a formula that has a model.
fn value_of<'s>(source: &'s Source, name: &str) -> Option<(&'s Model, NodeId)> {
    let model = source.training.as_ref()?;
    model.bindings.iter().rev().find(|b| b.0 == name).map(|b| (model, b.1))
}

/// A formula as a program.
struct Program {
    text: String,
    /// What its value is called, and whether that name was invented here.
    name: String,
    invented: bool,
}

/// The text as statements, the last of which gives the value a name: `x: [3]` becomes a declaration, a lone value a binding.
fn program(text: &str) -> Result<Program, Exit> {
    let parsed = syntax::parse(0, text);
    let used: Vec<&str> = parsed.tree.iter().filter_map(|(id, _)| parsed.tree.name(id)).collect();
    let mut name = None;
    let mut program = text.to_string();
    for (at, statement) in parsed.root.iter().enumerate().rev() {
        let span = statement.span.range();
        match &statement.kind {
            StatementKind::Value(_) if at + 1 == parsed.root.len() => {
                let free = VALUES.iter().find(|name| !used.contains(name)).unwrap_or(&"value").to_string();
                program.insert_str(span.start, &format!("{free} = "));
                name = Some((free, true));
            }
            StatementKind::Binding { target, .. } if at + 1 == parsed.root.len() => {
                name = Some((target.names()[0].name.clone(), false));
            }
            _ if is_declaration(&text[span.clone()]) => program.insert_str(span.start, "input "),
            _ => {}
        }
    }
    let unread =
        |s: &Statement| matches!(s.kind, StatementKind::Error { .. }) && !is_declaration(&text[s.span.range()]);
    if name.is_none() && !parsed.root.iter().any(unread) {
        complain("error: there is no value in this\n  = help: `-e` takes a formula, as in `-e \"tanh(w x)\"`");
        return Err(Exit::Failure);
    }
    let (name, invented) = name.unwrap_or_default();
    Ok(Program { text: program + "\n", name, invented })
}

/// Whether a statement is names and a type: `x, y: [3]`.
fn is_declaration(statement: &str) -> bool {
    let Some((names, ty)) = statement.split_once(':') else { return false };
    let is_name = |name: &str| !name.trim().is_empty() && name.trim().chars().all(|c| c.is_alphanumeric() || c == '_');
    names.split(',').all(is_name) && !ty.contains(['=', '~'])
}

/// Names that nothing declares, but for those that are called: who calls a function means one that exists.
fn unknown(source: &Source) -> IndexSet<String> {
    let tree = &source.parsed.tree;
    let called: Vec<TreeId> = tree
        .iter()
        .filter_map(|(_, node)| match node.kind {
            NodeKind::Call { callee, .. } => Some(callee),
            _ => None,
        })
        .collect();
    let reported = source.diagnostics.iter().filter(|d| d.code == "E0201").filter_map(|d| d.span());
    reported
        .filter_map(|span| tree.iter().find(|(id, node)| node.span == span && tree.name(*id).is_some()))
        .filter(|(id, _)| !called.contains(id))
        .filter_map(|(id, _)| tree.name(id).map(str::to_string))
        .collect()
}

/// What the text says of its names.
#[derive(Default)]
struct Clues {
    vectors: IndexSet<String>,
    classes: IndexSet<String>,
}

impl Clues {
    fn of(text: &str) -> Clues {
        let parsed = syntax::parse(0, text);
        let tree = &parsed.tree;
        let mut clues = Clues::default();
        for (_, node) in tree.iter() {
            match &node.kind {
                NodeKind::Ticks { of, .. } => clues.names_below(tree, *of),
                NodeKind::Index { of, at } => {
                    clues.names_below(tree, *of);
                    clues.classes.extend(at.iter().filter_map(|id| tree.name(*id)).map(str::to_string));
                }
                NodeKind::Product { first, rest } if rest.iter().any(|(sign, _)| *sign == ProductSign::Dot) => {
                    clues.names_below(tree, *first);
                    rest.iter().for_each(|(_, factor)| clues.names_below(tree, *factor));
                }
                NodeKind::Call { callee, arguments } => {
                    let called = tree.name(*callee).unwrap_or_default();
                    let alone = arguments.iter().filter(|argument| argument.name.is_none()).count() == 1;
                    let of_one = alone && matches!(called, "max" | "min");
                    let class = match (called, &arguments[..]) {
                        ("onehot", [label, ..]) | ("cross_entropy", [_, label, ..]) => Some(label.value),
                        _ => None,
                    };
                    clues.classes.extend(class.and_then(|id| tree.name(id)).map(str::to_string));
                    if of_one || OF_VECTORS.contains(&called) {
                        arguments.iter().for_each(|argument| clues.names_below(tree, argument.value));
                    }
                }
                _ => {}
            }
        }
        clues
    }

    fn names_below(&mut self, tree: &Tree, id: TreeId) {
        self.vectors.extend(tree.name(id).map(str::to_string));
        // What stands in brackets picks entries, and is none itself.
        if let NodeKind::Index { of, .. } = tree.kind(id) {
            return self.names_below(tree, *of);
        }
        let mut below = vec![];
        tree.kind(id).for_each_child(&mut |child| below.push(child));
        below.into_iter().for_each(|child| self.names_below(tree, child));
    }

    /// What each shape costs each name.
    fn costs(&self, names: &[String]) -> Vec<[u32; 6]> {
        let plain = if names.iter().any(|name| is_capital(name)) { AMONG_CAPITALS } else { PLAIN };
        let of_one = |name: &String| {
            let is_vector = self.vectors.contains(name);
            match name.chars().next() {
                _ if self.classes.contains(name) => CLASS,
                _ if is_capital(name) => CAPITAL,
                Some('w' | 'u') if is_vector => WEIGHT,
                _ if is_vector => VECTOR,
                _ => plain,
            }
        };
        names.iter().map(of_one).collect()
    }
}

fn is_capital(name: &str) -> bool {
    name.chars().next().is_some_and(char::is_uppercase)
}

/// All choices of shapes, the cheapest first.
fn cheapest(costs: &[[u32; 6]]) -> Vec<Vec<usize>> {
    let mut all: Vec<(u32, Vec<usize>)> = vec![(0, vec![])];
    for costs in costs {
        all = all
            .iter()
            .flat_map(|(cost, shapes)| {
                costs.iter().enumerate().map(move |(shape, more)| {
                    (cost + more, shapes.iter().copied().chain([shape]).collect::<Vec<usize>>())
                })
            })
            .collect();
    }
    all.sort();
    all.into_iter().map(|(_, shapes)| shapes).collect()
}
