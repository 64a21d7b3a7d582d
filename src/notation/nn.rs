//! Derivations in the language's own syntax: explanations and shared adjoints as bindings, derivatives as claims.
//!
//! A loop is a `scan`, one within it a `scan` in its body. Rounds of loops that stand deeper are comments, their places below them (`δ_t`),
//! and so is all that needs them.
use super::derivation::{Derivation, Line, Recurrence, Said, State, Where};
use super::expression::{Expression, Part, Running, Symbol};
use super::linear::{NN, each, print, print_with};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeSet;

/// A loop that is longer stands on several lines.
const WIDTH: usize = 80;

pub fn render(derivation: &Derivation) -> String {
    let mut program = Program { text: String::new(), lasts: &derivation.lasts, unsaid: FxHashSet::default() };
    let all = derivation.lines.iter().flat_map(|line| {
        let loops = line.recurrences.iter().map(Statement::Loop);
        let all: Vec<Statement> =
            line.wheres.iter().map(Statement::Value).chain(loops).chain([Statement::Line(line)]).collect();
        in_order(&all)
    });
    for statement in needed(all.collect()) {
        match statement {
            // What is no value, is a loop's length, or stands before its rounds.
            Statement::Value(w) => program.say(&w.left, &w.indices, w.axes, &w.right, w.node.is_none()),
            Statement::Loop(recurrence) => program.text += &scan(recurrence),
            Statement::Line(line) => program.line(line),
        }
    }
    program.text
}

/// Without explanations that no later statement speaks of: on paper a letter also stands for what an adjoint is called after.
fn needed(all: Vec<Statement>) -> Vec<Statement> {
    let mut spoken_of: FxHashSet<Symbol> = FxHashSet::default();
    let mut kept: Vec<Statement> = vec![];
    for statement in all.into_iter().rev() {
        let is_line = matches!(statement, Statement::Line(_));
        if is_line || statement.symbols().iter().any(|symbol| spoken_of.contains(symbol)) {
            statement.each_symbol(&mut |symbol| {
                spoken_of.insert(symbol.clone());
            });
            kept.push(statement);
        }
    }
    kept.reverse();
    kept
}

/// A line, and what is explained there.
#[derive(Clone, Copy)]
enum Statement<'a> {
    Value(&'a Where),
    Loop(&'a Recurrence),
    Line(&'a Line),
}

impl Statement<'_> {
    fn symbols(&self) -> Vec<Symbol> {
        let of = |left: &Expression| match defined(left) {
            Expression::Symbol(symbol) => Some(symbol.clone()),
            _ => None,
        };
        match self {
            Statement::Value(explained) => of(&explained.left).into_iter().collect(),
            Statement::Line(line) => line.left.iter().filter_map(of).collect(),
            Statement::Loop(recurrence) => recurrence.states.iter().map(|s| Symbol::Name(s.name.clone())).collect(),
        }
    }
    fn each_symbol(&self, f: &mut dyn FnMut(&Symbol)) {
        match self {
            Statement::Value(explained) => explained.right.each_symbol(f),
            Statement::Line(line) => line.right.each_symbol(f),
            Statement::Loop(recurrence) => recurrence.formulas().for_each(|formula| formula.each_symbol(f)),
        }
    }
}

/// Statements behind those that they need: on paper it is the other way round. Of those that may come, the first comes.
fn in_order<'a>(all: &[Statement<'a>]) -> Vec<Statement<'a>> {
    let defines: Vec<Vec<Symbol>> = all.iter().map(Statement::symbols).collect();
    let mut places: FxHashMap<&Symbol, Vec<usize>> = FxHashMap::default();
    for (at, symbols) in defines.iter().enumerate() {
        for symbol in symbols {
            places.entry(symbol).or_default().push(at);
        }
    }
    // Which ones wait for one, and for how many one waits.
    let (mut waiting, mut missing) = (vec![vec![]; all.len()], vec![0; all.len()]);
    for (at, explained) in all.iter().enumerate() {
        let mut needed = BTreeSet::new();
        explained.each_symbol(&mut |symbol| needed.extend(places.get(symbol).into_iter().flatten().copied()));
        for other in needed.into_iter().filter(|&other| defines[other] != defines[at]) {
            waiting[other].push(at);
            missing[at] += 1;
        }
    }
    let mut left: BTreeSet<usize> = (0..all.len()).collect();
    let mut ready: BTreeSet<usize> = left.iter().copied().filter(|&at| missing[at] == 0).collect();
    let mut order = Vec::with_capacity(all.len());
    // Those that need each other come as they stand.
    while let Some(next) = ready.pop_first().or_else(|| left.first().copied()) {
        left.remove(&next);
        order.push(all[next]);
        for &at in waiting[next].iter().filter(|at| left.contains(at)) {
            missing[at] -= 1;
            if missing[at] == 0 {
                ready.insert(at);
            }
        }
    }
    order
}

/// A loop: `hs = concat([h_0], scan t in 0..8 with h_t = h_0 { … }, axis = 0)`.
fn scan(recurrence: &Recurrence) -> String {
    let Recurrence { place, reverse, states, body } = recurrence;
    let all = |of: &dyn Fn(&State) -> String| states.iter().map(of).collect::<Vec<_>>().join(", ");
    let tuple = |text: String| if states.len() > 1 { format!("({text})") } else { text };
    let places = format!("0..{}", place.length);
    let places = if *reverse { format!("reverse({places})") } else { places };
    let starts = all(&|s| format!("{} = {}", s.state, print(&s.first, &NN)));
    let next = tuple(all(&|s| print(&s.next, &NN)));
    let said: Vec<Statement> = body
        .iter()
        .map(|said| match said {
            Said::Value(explained) => Statement::Value(explained),
            Said::Loop(inner) => Statement::Loop(inner),
        })
        .collect();
    let said = in_order(&said).into_iter().map(|statement| match statement {
        Statement::Value(w) => binding(&w.left, &w.indices, w.axes, &print(&w.right, &NN)),
        Statement::Loop(inner) => scan(inner).trim_end().to_string(),
        Statement::Line(_) => String::new(),
    });
    let mut lines: Vec<String> = said.flat_map(|text| text.lines().map(str::to_string).collect::<Vec<_>>()).collect();
    let is_short = !body.iter().any(|said| matches!(said, Said::Loop(_)));
    lines.push(next);
    let head = format!("scan {} in {places} with {starts}", place.symbol);
    let with_start = |state: &State, rounds: &str| {
        let stack = match (&state.only, reverse) {
            (Some(first), false) => format!("concat({}, {rounds}, axis = 0)", print(first, &NN)),
            (Some(first), true) => format!("concat(reverse({rounds}), {}, axis = 0)", print(first, &NN)),
            (None, false) => rounds.to_string(),
            (None, true) => format!("reverse({rounds})"),
        };
        format!("{} = {stack}\n", state.name)
    };
    let whole = |body: &str| {
        let scan = format!("{head} {{{body}}}");
        match &states[..] {
            [one] => with_start(one, &scan),
            _ => {
                let apart = states.iter().filter(|s| s.rounds != s.name);
                let stacks: String = apart.map(|s| with_start(s, &s.rounds)).collect();
                format!("({}) = {scan}\n{stacks}", all(&|s| s.rounds.clone()))
            }
        }
    };
    let short = whole(&format!(" {} ", lines.join("; ")));
    let fits = is_short && short.lines().all(|line| line.chars().count() <= WIDTH);
    if fits { short } else { whole(&format!("\n    {}\n", lines.join("\n    "))) }
}

/// A left side and what it is; one with indices is a map over them.
fn binding(left: &Expression, indices: &[Running], axes: usize, right: &str) -> String {
    match left {
        Expression::Index(base, parts) if !indices.is_empty() => {
            format!("{} = {}", print(base, &NN), in_place(each(indices, right), parts, axes))
        }
        _ => format!("{} = {right}", print(left, &NN)),
    }
}

struct Program<'a> {
    text: String,
    /// Last rounds that the program has as values: they are spoken of by their names.
    lasts: &'a [(Expression, String)],
    /// What stands in a comment: what speaks of it can't be said either.
    unsaid: FxHashSet<&'a Symbol>,
}

impl<'a> Program<'a> {
    fn line(&mut self, line: &'a Line) {
        let [first, more @ ..] = &line.left[..] else { return };
        self.say(first, &line.indices, line.axes, &line.right, false);
        for left in more {
            let (left, right) = match (defined(left), has_rounds(left, &[])) {
                (_, true) => (left, first),
                (left, false) => (left, defined(first)),
            };
            self.say(left, &[], line.axes, right, false);
        }
    }

    /// `left = right`; a left side with indices is a map over them.
    fn say(&mut self, left: &'a Expression, indices: &[Running], axes: usize, right: &'a Expression, of_rounds: bool) {
        let mut unsaid = of_rounds || has_rounds(left, &[]) || has_rounds(right, self.lasts);
        right.each_symbol(&mut |symbol| unsaid |= self.unsaid.contains(symbol));
        if unsaid {
            self.text += "// ";
            if let Expression::Symbol(symbol) = defined(left) {
                self.unsaid.insert(symbol);
            }
        }
        let right = print_with(right, &NN, self.lasts);
        self.text += &binding(left, indices, axes, &right);
        self.text.push('\n');
    }
}

/// A map stacks its results along first axes: they go to where the left side has its indices.
fn in_place(map: String, parts: &[Part], axes: usize) -> String {
    let is_index = |k: &usize| matches!(parts.get(*k), Some(part) if !matches!(part, Part::Range(..)));
    let indices = (0..axes).filter(is_index).count();
    if (0..indices).all(|k| is_index(&k)) {
        return map;
    }
    let order: Vec<String> = (0..axes)
        .map(|k| {
            let before = (0..k).filter(is_index).count();
            if is_index(&k) { before } else { indices + k - before }
        })
        .map(|k| k.to_string())
        .collect();
    format!("transpose({map}, [{}])", order.join(", "))
}

/// What a left side defines, without its indices.
fn defined(left: &Expression) -> &Expression {
    match left {
        Expression::Index(base, _) | Expression::Subscript(base, _) => defined(base),
        other => other,
    }
}

/// Whether a formula speaks of the rounds of a loop, those apart that have names.
fn has_rounds(formula: &Expression, named: &[(Expression, String)]) -> bool {
    if named.iter().any(|last| last.0 == *formula) {
        return false;
    }
    let mut found = matches!(formula, Expression::Subscript(..));
    formula.each_child(&mut |child| found |= has_rounds(child, named));
    found
}
