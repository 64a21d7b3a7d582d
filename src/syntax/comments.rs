//! Comments that were hardly meant as such: `n // 2` is a quotient in Python.
use super::source::Source;
use super::tree::*;
use crate::diagnostic::{Diagnostic, Span};

/// A warning for each value whose comment reads as the other half of a whole quotient: nothing but a number, or a name that the
/// program binds, at most one space away. A number that says what the value is (`28 * 28 // 784`) is a comment.
pub fn quotients(source: Source, tree: &Tree, root: &[Statement]) -> Vec<Diagnostic> {
    let blocks = tree.iter().filter_map(|(_, node)| match &node.kind {
        NodeKind::Block(statements) => Some(&statements[..]),
        _ => None,
    });
    let statements: Vec<&Statement> = std::iter::once(root).chain(blocks).flatten().collect();
    let bound: Vec<&str> = statements.iter().flat_map(|statement| bound(tree, statement)).collect();
    let values = statements.iter().filter_map(|statement| match &statement.kind {
        StatementKind::Binding { target: Target::Name(name), value, .. } => Some((name.name.as_str(), *value)),
        StatementKind::Value(value) => Some(("", *value)),
        StatementKind::Definition(definition) => Some(("", definition.body)),
        _ => None,
    });
    values
        .filter_map(|(own, value)| quotient(source, tree, value, &|name| name != own && bound.contains(&name)))
        .collect()
}

/// The names that a statement binds, for itself or for what stands in it.
fn bound<'t>(tree: &'t Tree, statement: &'t Statement) -> Vec<&'t str> {
    match &statement.kind {
        StatementKind::Binding { target, .. } => target.names().iter().map(|name| name.name.as_str()).collect(),
        StatementKind::Declare { items, .. } => items.iter().map(|item| item.name.name.as_str()).collect(),
        StatementKind::Definition(definition) => {
            let sizes = definition.parameters.iter().filter_map(|parameter| parameter.ty.as_ref());
            let sizes = sizes.flat_map(|ty| &ty.shape).filter_map(|size| tree.name(*size));
            definition.parameters.iter().map(|parameter| parameter.name.name.as_str()).chain(sizes).collect()
        }
        _ => vec![],
    }
}

fn quotient(source: Source, tree: &Tree, value: TreeId, is_bound: &dyn Fn(&str) -> bool) -> Option<Diagnostic> {
    let end = tree.span(value).end as usize;
    let line = source.text[end..].lines().next()?;
    let comment = line.strip_prefix(' ').unwrap_or(line).strip_prefix("//")?;
    let divisor = comment.strip_prefix(' ').unwrap_or(comment).trim_end();
    // What is divided: of a sum its last term.
    let dividend = match tree.kind(value) {
        NodeKind::Sum { rest, .. } => rest.last()?.1,
        _ => value,
    };
    let number = divisor.parse::<f64>().ok().filter(|number| number.is_finite());
    let reads_as_divisor = match number {
        Some(number) => divisor.starts_with(|c: char| c.is_ascii_digit()) && exact(tree, value) != Some(number),
        None => is_bound(divisor),
    };
    if !reads_as_divisor || !may_be_divided(tree, dividend) {
        return None;
    }
    let start = source.text.len() - source.text[end..].len() + line.len() - line.trim_start().len();
    let sign = source.span(start..start + 2);
    let whole = tree.span(dividend).to(source.span(end..end + line.trim_end().len()));
    let right = format!("floor({} / {divisor})", source.slice(tree.span(dividend)));
    let apart = Span { start: end as u32, end: sign.start, ..sign };
    Some(
        Diagnostic::warning("W0101", format!("`// {divisor}` is read as a comment"))
            .at(sign, "begins a comment")
            .also(tree.span(value), "so this is the whole value")
            .edit("a quotient that is rounded down", whole, right, false)
            .edit("for a comment, two spaces before it say so", apart, "  ", false),
    )
}

/// Whether a value is simple enough to be a size or a number: names, numbers, and what arithmetic makes of them.
fn may_be_divided(tree: &Tree, id: TreeId) -> bool {
    match tree.kind(id) {
        NodeKind::Name(_) | NodeKind::Number(_) => true,
        NodeKind::Paren(_) | NodeKind::Product { .. } | NodeKind::Power { .. } | NodeKind::Sum { .. } => {
            let mut all = true;
            tree.kind(id).for_each_child(&mut |child| all = all && may_be_divided(tree, child));
            all
        }
        _ => false,
    }
}

/// The value of arithmetic with nothing but numbers.
fn exact(tree: &Tree, id: TreeId) -> Option<f64> {
    match tree.kind(id) {
        NodeKind::Number(number) => Some(*number),
        NodeKind::Paren(inner) => exact(tree, *inner),
        NodeKind::Negate(of) => exact(tree, *of).map(|value| -value),
        NodeKind::Power { base, exponent } => Some(exact(tree, *base)?.powf(exact(tree, *exponent)?)),
        NodeKind::Sum { first, rest } => rest.iter().try_fold(exact(tree, *first)?, |sum, (sign, term)| {
            let term = exact(tree, *term)?;
            Some(if *sign == SumSign::Plus { sum + term } else { sum - term })
        }),
        NodeKind::Product { first, rest } => rest.iter().try_fold(exact(tree, *first)?, |product, (sign, factor)| {
            let factor = exact(tree, *factor)?;
            Some(if *sign == ProductSign::Over { product / factor } else { product * factor })
        }),
        _ => None,
    }
}
