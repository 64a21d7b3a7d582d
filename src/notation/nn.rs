//! Derivations in the language's own syntax: explanations and shared adjoints as bindings, derivatives as claims.
//!
//! A recurrence has no claim of its own: what speaks of the rounds of a loop stands in comments, its places below it (`δ_t`).
use super::derivation::{Derivation, Where};
use super::expression::{Expression, Running};
use super::linear::{NN, each, print};

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

/// Explanations behind those that they need: on paper it is the other way round.
fn in_order(wheres: &[Where]) -> Vec<&Where> {
    let mut order: Vec<&Where> = vec![];
    let mut left: Vec<&Where> = wheres.iter().collect();
    while !left.is_empty() {
        let waits =
            |w: &Where| left.iter().any(|other| speaks_of(&w.right, defined(&other.left)) && other.left != w.left);
        let next = left.iter().position(|w| !waits(w)).unwrap_or(0);
        order.push(left.remove(next));
    }
    order
}

fn speaks_of(formula: &Expression, part: &Expression) -> bool {
    let mut found = formula == part;
    formula.each_child(&mut |child| found |= speaks_of(child, part));
    found
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
