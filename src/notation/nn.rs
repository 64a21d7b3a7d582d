//! Derivations in the language's own syntax: explanations and shared adjoints as bindings, derivatives as claims.
//!
//! A recurrence has no claim of its own: its steps are printed with their places in brackets.
use super::derivation::{Derivation, Line};
use super::expression::{Expression, Running, Symbol};
use super::linear::{NN, each, print};

pub fn render(derivation: &Derivation) -> String {
    let mut out = String::new();
    for line in &derivation.lines {
        // What is explained by another explanation comes after it on paper, before it in a program.
        for explained in line.wheres.iter().rev() {
            out += &statement(&explained.left, &explained.indices, &print(&explained.right, &NN));
        }
        let mut right = print(&line.right, &NN);
        for left in &line.left {
            out += &statement(left, &line.indices, &right);
            right = symbol_of(&line.left[0]).map_or(right, |s| super::linear::symbol(s));
        }
    }
    out
}

/// `left = right`; a left side with indices is a map over them.
fn statement(left: &Expression, indices: &[Running], right: &str) -> String {
    match left {
        Expression::Index(base, _) if !indices.is_empty() => {
            format!("{} = {}\n", print(base, &NN), each(indices, right))
        }
        _ => format!("{} = {right}\n", print(left, &NN)),
    }
}

fn symbol_of(left: &Expression) -> Option<&Symbol> {
    match left {
        Expression::Symbol(symbol) => Some(symbol),
        _ => None,
    }
}

/// Whether a line is a step of a recurrence.
pub fn is_step(line: &Line) -> bool {
    line.left.iter().any(|l| matches!(l, Expression::Subscript(..)))
}
