//! What is allowed and hardly meant: values that nothing uses, parameters that nothing teaches, layers that nothing bends.
use super::{Model, prelude};
use crate::diagnostic::{Diagnostic, Span};
use crate::gradient::adjoints;
use crate::graph::{Graph, Leaf, NodeId, Op};
use crate::op::arithmetic::ADD;
use crate::syntax::{Ident, OutputItem, Parsed, SectionKind, StatementKind, Target};
use indexmap::IndexMap;
use rustc_hash::{FxHashMap, FxHashSet};

/// Of a program that trains; one without is a set of formulas, and each may be looked at for itself.
pub fn warnings(model: &Model, parsed: &Parsed) -> Vec<Diagnostic> {
    if model.training.is_none() {
        return vec![];
    }
    if model.parameters.is_empty() {
        return vec![nothing_to_learn(parsed)];
    }
    let (mut out, unused) = never_used(model, parsed);
    out.extend(all_frozen(model, parsed));
    out.extend(without_gradient(model, &unused));
    out.extend(linear_twice(model));
    out
}

fn nothing_to_learn(parsed: &Parsed) -> Diagnostic {
    let is_train = |kind: &StatementKind| matches!(kind, StatementKind::Section(s) if s.kind == SectionKind::Train);
    let warning = Diagnostic::warning("W0701", "there is nothing to learn: the program has no parameters")
        .help("what is learned is a `param`, or made by a layer such as `dense(x, 3)`");
    match parsed.root.iter().find(|statement| is_train(&statement.kind)) {
        Some(train) => warning.at(train.span, "changes nothing"),
        None => warning,
    }
}

/// `freeze` of all that there is.
fn all_frozen(model: &Model, parsed: &Parsed) -> Option<Diagnostic> {
    let frozen = &model.training.as_ref()?.frozen.parameters;
    if (0..model.parameters.len() as u32).any(|number| !frozen.contains(&number)) {
        return None;
    }
    let lines = parsed.root.iter().filter_map(|statement| match &statement.kind {
        StatementKind::Section(section) if section.kind == SectionKind::Train => Some(&section.statements),
        _ => None,
    });
    let freeze =
        lines.flatten().find(|line| matches!(&line.kind, StatementKind::Directive(d) if d.word.name == "freeze"))?;
    let warning = Diagnostic::warning("W0701", "there is nothing to learn: all parameters are frozen");
    Some(warning.at(freeze.span, "changes nothing").edit("without it they learn", freeze.span, "", false))
}

/// Names of the top level that stand nowhere else.
fn never_used(model: &Model, parsed: &Parsed) -> (Vec<Diagnostic>, FxHashSet<String>) {
    let tree = &parsed.tree;
    let mut used: FxHashSet<&str> = model.outputs.iter().map(|o| o.0.as_str()).chain(["loss"]).collect();
    let mut bound: Vec<&Ident> = vec![];
    for statement in &parsed.root {
        match &statement.kind {
            StatementKind::Binding { target: Target::Name(name), .. } => bound.push(name),
            StatementKind::Declare { items, .. } => bound.extend(items.iter().map(|item| &item.name)),
            StatementKind::Output(items) => {
                used.extend(items.iter().map(|OutputItem { name, .. }| name.name.as_str()));
            }
            _ => {}
        }
    }
    // The left side of `=` is a place of the name, too.
    let places: FxHashSet<_> = bound.iter().map(|name| name.span.range().start).collect();
    used.extend(
        tree.iter().filter(|(_, n)| !places.contains(&n.span.range().start)).filter_map(|(id, _)| tree.name(id)),
    );
    let unused: Vec<&Ident> = bound.into_iter().filter(|name| !used.contains(name.name.as_str())).collect();
    let warning = |name: &&Ident| {
        Diagnostic::warning("W0202", format!("`{}` is never used", name.name))
            .at(name.span, "stands nowhere else")
            .help("remove it, or say `output` or `metric` if it is to be seen")
    };
    (unused.iter().map(warning).collect(), unused.iter().map(|name| name.name.clone()).collect())
}

/// Parameters whose gradient is zero, whatever the data: they stay as they begin.
fn without_gradient(model: &Model, unused: &FxHashSet<String>) -> Vec<Diagnostic> {
    let Some(objective) = model.objective else { return vec![] };
    let leaves: Vec<NodeId> = model.parameters.iter().map(|p| p.leaf).collect();
    let mut graph = model.graph.clone();
    let found = adjoints(&mut graph, objective, &leaves);
    // By the place where they are made: a layer's are one mistake.
    let mut places: IndexMap<Span, Vec<String>> = IndexMap::new();
    for (parameter, variable) in model.parameters.iter().zip(&model.graph.parameters) {
        let zero = found.of(parameter.leaf).is_none_or(|gradient| graph.constant_of(gradient) == Some(0.0));
        if zero && !unused.contains(&variable.name) {
            places.entry(variable.span).or_default().push(format!("`{}`", variable.name));
        }
    }
    let warning = |(span, names): (Span, Vec<String>)| {
        let (verb, their) = if names.len() == 1 { ("learns", "its gradient") } else { ("learn", "their gradients") };
        let is = if names.len() == 1 { "is" } else { "are" };
        let text = format!("{} {verb} nothing: {their} {is} zero", names.join(", "));
        let warning = Diagnostic::warning("W0501", text);
        let warning = if span.file == prelude::FILE { warning } else { warning.at(span, "stays as it begins") };
        warning
            .note("what is minimized does not depend on it, or only through what has no slope (`argmax`, comparisons)")
            .help("minimize what changes smoothly with it, as `cross_entropy` does, or take it out")
    };
    places.into_iter().map(warning).collect()
}

/// Linear layers directly behind each other: the two together are one. (A narrow one between wide ones keeps a rank low, and is meant.)
fn linear_twice(model: &Model) -> Vec<Diagnostic> {
    let graph = &model.graph;
    let Some(objective) = model.objective else { return vec![] };
    let order = graph.reachable(&[objective]);
    let mut users: FxHashMap<NodeId, usize> = FxHashMap::default();
    order.iter().for_each(|&id| graph.op(id).each_operand(|x| *users.entry(x).or_default() += 1));
    let mut out: Vec<Diagnostic> = vec![];
    for &second in &order {
        let Some((_, between)) = linear(graph, second) else { continue };
        let Some(first) = unbent(graph, between, &users) else { continue };
        let Some((made_in, input)) = linear(graph, first) else { continue };
        let size = |id: NodeId| graph.shape(id).iter().product::<usize>();
        let (Some(at), Some(before)) = (graph.span_of(second), graph.span_of(first)) else { continue };
        if size(first) < size(input).min(size(second)) || at == before {
            continue;
        }
        let mut warning = Diagnostic::warning("W0502", "two linear layers in a row")
            .at(at, "takes the other's values as they are")
            .also(before, "linear")
            .note("a linear function of a linear function is linear: the two can do no more than one");
        // Where the call of a layer made the parameter, what bends can be put behind it.
        warning = match graph.parameters[made_in].span == before {
            true => {
                let behind = Span::new(before.file, before.range().end..before.range().end);
                warning.edit("put an activation between them", behind, " |> relu", false)
            }
            false => warning.help("put an activation between them: `relu`, `tanh`, `gelu` …"),
        };
        out.push(warning);
    }
    out
}

/// The parameter and the varying operand, if a value is their product.
fn linear(graph: &Graph, id: NodeId) -> Option<(usize, NodeId)> {
    let Op::Contract(c) = graph.op(id) else { return None };
    [(c.a, c.b), (c.b, c.a)].into_iter().find_map(|(w, x)| match graph.op(w) {
        Op::Leaf(Leaf::Parameter(number)) if graph.ty(x).varying => Some((*number as usize, x)),
        _ => None,
    })
}

/// What a value is but for a bias and the order of its elements, if nothing else uses what lies between.
fn unbent(graph: &Graph, mut id: NodeId, users: &FxHashMap<NodeId, usize>) -> Option<NodeId> {
    loop {
        if users.get(&id) != Some(&1) {
            return None;
        }
        id =
            match *graph.op(id) {
                Op::Contract(_) => return Some(id),
                Op::Binary(op, x, y) if op == ADD && graph.ty(x).varying != graph.ty(y).varying => {
                    if graph.ty(x).varying { x } else { y }
                }
                Op::Reshape { x, .. } => x,
                Op::View(ref view) => view.x,
                _ => return None,
            };
    }
}
