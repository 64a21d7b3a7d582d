//! How much each row counts: `weight = column`, `weight: 1, 2, 1`, `weight balanced t`.
//!
//! A program with such a line has one value more for each row, of the role `Weight`; the objective is the weighted mean.
use super::expression::Reader;
use super::lines::slot_index;
use super::{DataPlan, Role, SlotValue};
use crate::diagnostic::{Diagnostic, Span};
use crate::graph::Kind;
use crate::syntax::{Ident, Section, StatementKind, Target, TreeId};

/// The word of the line, and the name of the value.
pub const WEIGHT: &str = "weight";

/// The place of the line of a section that weighs its rows, before anything of the section is checked.
pub fn weighs(section: &Section) -> Option<Span> {
    section.statements.iter().find_map(|statement| match &statement.kind {
        StatementKind::Binding { target: Target::Name(name), .. } | StatementKind::Row { name, .. } => {
            (name.name == WEIGHT).then_some(name.span)
        }
        StatementKind::Directive(directive) => (directive.word.name == WEIGHT).then_some(directive.word.span),
        _ => None,
    })
}

/// `weight balanced t`: of a class or a truth value, one for each row (E0623).
pub(super) fn balanced(reader: &Reader, plan: &mut DataPlan, of: TreeId) -> Result<(), Diagnostic> {
    let span = reader.tree.span(of);
    let help = "as in `weight balanced t`, of a `target t: class(3)`";
    let Some(name) = reader.tree.name(of) else {
        let error = Diagnostic::error("E0623", "`weight balanced` takes the name of a class");
        return Err(error.at(span, "not a name").help(help));
    };
    let slot = slot_index(plan, &Ident { name: name.to_string(), span })?;
    let declared = &plan.slots[slot].declared;
    let counts = matches!(declared.kind, Kind::Class(..) | Kind::Bool);
    if !counts || !declared.shape.is_empty() {
        let text = format!("`weight balanced` makes classes equal; `{name}` is no class");
        let error = Diagnostic::error("E0623", text).at(span, "has no classes").also(declared.span, "declared here");
        return Err(error.help(help));
    }
    match plan.slots.iter_mut().find(|slot| slot.declared.role == Role::Weight) {
        Some(weight) => {
            weight.value = SlotValue::Balanced(slot);
            Ok(())
        }
        None => Err(taken(plan, span)),
    }
}

/// E0623: an input or a target bears the name that the line of weights needs.
fn taken(plan: &DataPlan, at: Span) -> Diagnostic {
    let error =
        Diagnostic::error("E0623", format!("`{WEIGHT}` is a value of this program, and can't be how much rows count"));
    let own = plan.slots.iter().find(|slot| slot.declared.name == WEIGHT);
    let error = error
        .at(at, "weighs nothing")
        .help(format!("call that value something else: `input {WEIGHT}_kg`, and `{WEIGHT}_kg = {WEIGHT}` in `data`"));
    match own {
        Some(slot) => error.also(slot.declared.span, "declared here"),
        None => error,
    }
}
