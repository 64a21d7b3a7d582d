//! Derivations in the language's own syntax: explanations and shared adjoints as bindings, derivatives as claims.
//!
//! A recurrence has no claim of its own: what speaks of the rounds of a loop stands in comments, its places below it (`δ_t`); so does
//! what is spread over places by a stride (`δ[(p + 1)/2]`), and all that needs either.
use super::derivation::{Derivation, Where};
use super::expression::{Expression, Part, Running, Symbol};
use super::linear::{NN, each, print, print_with};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeSet;

pub fn render(derivation: &Derivation) -> String {
    let mut program = Program { text: String::new(), lasts: &derivation.lasts, unsaid: FxHashSet::default() };
    for line in &derivation.lines {
        for explained in in_order(&line.wheres) {
            program.say(&explained.left, &explained.indices, explained.axes, &explained.right);
        }
        let [first, more @ ..] = &line.left[..] else { continue };
        program.say(first, &line.indices, line.axes, &line.right);
        for left in more {
            let (left, right) = match (defined(left), has_rounds(left, &[])) {
                (_, true) => (left, first),
                (left, false) => (left, defined(first)),
            };
            program.say(left, &[], line.axes, right);
        }
    }
    program.text
}

/// Explanations behind those that they need: on paper it is the other way round. Of those that may come, the first comes.
fn in_order(wheres: &[Where]) -> Vec<&Where> {
    let mut places: FxHashMap<&Symbol, Vec<usize>> = FxHashMap::default();
    for (at, explained) in wheres.iter().enumerate() {
        if let Expression::Symbol(symbol) = defined(&explained.left) {
            places.entry(symbol).or_default().push(at);
        }
    }
    // Which ones wait for one, and for how many one waits.
    let (mut waiting, mut missing) = (vec![vec![]; wheres.len()], vec![0; wheres.len()]);
    for (at, explained) in wheres.iter().enumerate() {
        let mut needed = BTreeSet::new();
        explained.right.each_symbol(&mut |symbol| needed.extend(places.get(symbol).into_iter().flatten().copied()));
        for other in needed.into_iter().filter(|&other| wheres[other].left != explained.left) {
            waiting[other].push(at);
            missing[at] += 1;
        }
    }
    let mut left: BTreeSet<usize> = (0..wheres.len()).collect();
    let mut ready: BTreeSet<usize> = left.iter().copied().filter(|&at| missing[at] == 0).collect();
    let mut order = Vec::with_capacity(wheres.len());
    // Those that need each other come as they stand.
    while let Some(next) = ready.pop_first().or_else(|| left.first().copied()) {
        left.remove(&next);
        order.push(&wheres[next]);
        for &at in waiting[next].iter().filter(|at| left.contains(at)) {
            missing[at] -= 1;
            if missing[at] == 0 {
                ready.insert(at);
            }
        }
    }
    order
}

struct Program<'a> {
    text: String,
    /// Last rounds that the program has as values: they are spoken of by their names.
    lasts: &'a [(Expression, String)],
    /// What stands in a comment: what speaks of it can't be said either.
    unsaid: FxHashSet<&'a Symbol>,
}

impl<'a> Program<'a> {
    /// `left = right`; a left side with indices is a map over them.
    fn say(&mut self, left: &'a Expression, indices: &[Running], axes: usize, right: &'a Expression) {
        let mut unsaid = has_rounds(left, &[]) || has_rounds(right, self.lasts) || has_shared_places(right);
        right.each_symbol(&mut |symbol| unsaid |= self.unsaid.contains(symbol));
        if unsaid {
            self.text += "// ";
            if let Expression::Symbol(symbol) = defined(left) {
                self.unsaid.insert(symbol);
            }
        }
        let right = print_with(right, &NN, self.lasts);
        self.text += &match left {
            Expression::Index(base, parts) if !indices.is_empty() => {
                format!("{} = {}\n", print(base, &NN), in_place(each(indices, &right), parts, axes))
            }
            _ => format!("{} = {right}\n", print(left, &NN)),
        };
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

/// Whether a formula asks for places that only come out even now and then: `x[(p + 1)/2]`.
fn has_shared_places(formula: &Expression) -> bool {
    let is_shared = |part: &Part| {
        matches!(part, Part::At(Expression::Fraction(..)) | Part::Beyond { within: Expression::Fraction(..), .. })
    };
    let mut found = matches!(formula, Expression::Index(_, parts) if parts.iter().any(is_shared));
    formula.each_child(&mut |child| found |= has_shared_places(child));
    found
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
