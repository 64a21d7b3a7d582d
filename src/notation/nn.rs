//! Derivations in the language's own syntax: explanations and shared adjoints as bindings, derivatives as claims.
//!
//! A recurrence has no claim of its own: what speaks of the rounds of a loop stands in comments, its places below it (`δ_t`).
use super::derivation::Derivation;
use super::expression::{Expression, Running};
use super::linear::{NN, each, print};

pub fn render(derivation: &Derivation) -> String {
    let mut out = String::new();
    for line in &derivation.lines {
        // What is explained by another explanation comes after it on paper, before it in a program.
        for explained in line.wheres.iter().rev() {
            out += &statement(&explained.left, &explained.indices, &explained.right);
        }
        let mut right = line.right.clone();
        for left in &line.left {
            out += &statement(left, &line.indices, &right);
            right = defined(&line.left[0]);
        }
    }
    out
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
fn defined(left: &Expression) -> Expression {
    match left {
        Expression::Index(base, _) => defined(base),
        other => other.clone(),
    }
}

/// Whether a formula speaks of the rounds of a loop.
fn has_rounds(formula: &Expression) -> bool {
    let mut found = matches!(formula, Expression::Subscript(..));
    formula.each_child(&mut |child| found |= has_rounds(child));
    found
}
