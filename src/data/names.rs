//! Which columns and which other files the expressions of a plan name.
use crate::diagnostic::Span;
use crate::schema::{ColumnExpression, ColumnTerm, DataPlan, Part, PartRequest, SlotValue};
use rustc_hash::FxHashSet;

/// Whether an array of this name is needed: an expression names it, or it stands for an input by its name.
pub fn wanted(plan: &DataPlan) -> impl Fn(&str) -> bool + use<> {
    let mut names: FxHashSet<String> = FxHashSet::default();
    let mut everything = false;
    for slot in plan.slots.iter().filter(|slot| slot.value == SlotValue::ByName) {
        names.insert(slot.declared.name.clone());
    }
    for expression in expressions(plan) {
        walk(expression, &mut |term, _| match term {
            ColumnTerm::Column(name) => {
                names.insert(name.clone());
            }
            ColumnTerm::File(path) => {
                names.insert(super::resolve::file_column(path));
            }
            ColumnTerm::Between(..) | ColumnTerm::All { .. } => everything = true,
            _ => {}
        });
    }
    let named = move |name: &str| names.contains(name);
    move |name| everything || named(name) || name.strip_suffix(crate::schema::LENGTH).is_some_and(&named)
}

/// The columns that are compared with a text.
pub fn compared(plan: &DataPlan) -> Vec<String> {
    let mut columns = vec![];
    for expression in expressions(plan) {
        walk(expression, &mut |term, _| {
            if let ColumnTerm::Binary(_, a, b) = term
                && let (ColumnTerm::Column(name), ColumnTerm::Text(_)) | (ColumnTerm::Text(_), ColumnTerm::Column(name)) =
                    (&a.term, &b.term)
            {
                columns.push(name.clone());
            }
        });
    }
    columns
}

/// The files of `file("…")`, each once.
pub fn file_terms(plan: &DataPlan) -> Vec<(String, Span)> {
    let mut files: Vec<(String, Span)> = vec![];
    for expression in expressions(plan) {
        walk(expression, &mut |term, span| {
            if let ColumnTerm::File(path) = term
                && files.iter().all(|(known, _)| known != path)
            {
                files.push((path.clone(), span));
            }
        });
    }
    files
}

fn expressions(plan: &DataPlan) -> Vec<&ColumnExpression> {
    let of_slots = plan.slots.iter().filter_map(|slot| match &slot.value {
        SlotValue::Expression(expression) => Some(expression),
        SlotValue::Balanced(_) | SlotValue::ByName => None,
    });
    let of_parts = [&plan.test, &plan.validation].into_iter().filter_map(|request| match request {
        Some(PartRequest { part: Part::By(expression) | Part::ShareBy(_, expression), .. }) => Some(expression),
        _ => None,
    });
    let of_windows = plan.window.iter().filter_map(|window| window.by.as_ref());
    of_slots.chain(of_parts).chain(of_windows).chain(&plan.train_where).chain(&plan.order).collect()
}

fn walk(expression: &ColumnExpression, visit: &mut dyn FnMut(&ColumnTerm, Span)) {
    visit(&expression.term, expression.span);
    match &expression.term {
        ColumnTerm::List(items) | ColumnTerm::All { except: items } => items.iter().for_each(|item| walk(item, visit)),
        ColumnTerm::Element { of, .. } | ColumnTerm::Slice { of, .. } | ColumnTerm::Unary(_, of) => walk(of, visit),
        ColumnTerm::Binary(_, a, b) => {
            walk(a, visit);
            walk(b, visit);
        }
        ColumnTerm::Number(_)
        | ColumnTerm::Text(_)
        | ColumnTerm::Truth(_)
        | ColumnTerm::Column(_)
        | ColumnTerm::File(_)
        | ColumnTerm::Between(..) => {}
    }
}
