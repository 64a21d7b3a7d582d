//! Derivations in the language's own syntax: explanations and shared adjoints as bindings, derivatives as claims.
//!
//! A recurrence has no claim of its own: what speaks of the rounds of a loop stands in comments, its places below it (`δ_t`).
use super::derivation::{Derivation, Where};
use super::expression::{Expression, Running, Symbol};
use super::linear::{NN, each, print};
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

pub fn render(derivation: &Derivation) -> String {
    let mut out = String::new();
    for line in &derivation.lines {
        for explained in in_order(&line.wheres) {
            out += &statement(&explained.left, &explained.indices, &explained.right);
        }
        let [first, more @ ..] = &line.left[..] else { continue };
        out += &statement(first, &line.indices, &line.right);
        for left in more {
            let (left, right) = match (defined(left), has_rounds(left)) {
                (_, true) => (left, first),
                (left, false) => (left, defined(first)),
            };
            out += &statement(left, &[], right);
        }
    }
    out
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

/// `left = right`; a left side with indices is a map over them.
fn statement(left: &Expression, indices: &[Running], right: &Expression) -> String {
    let comment = if has_rounds(left) || has_rounds(right) { "// " } else { "" };
    let right = print(right, &NN);
    match left {
        Expression::Index(base, _) if !indices.is_empty() => {
            format!("{comment}{} = {}\n", print(base, &NN), each(indices, &right))
        }
        _ => format!("{comment}{} = {right}\n", print(left, &NN)),
    }
}

/// What a left side defines, without its indices.
fn defined(left: &Expression) -> &Expression {
    match left {
        Expression::Index(base, _) | Expression::Subscript(base, _) => defined(base),
        other => other,
    }
}

/// Whether a formula speaks of the rounds of a loop.
fn has_rounds(formula: &Expression) -> bool {
    let mut found = matches!(formula, Expression::Subscript(..));
    formula.each_child(&mut |child| found |= has_rounds(child));
    found
}
