//! What hangs below an expression or a statement, in the order of the text.
use super::tree::*;

impl NodeKind {
    /// Calls `visit` with each expression directly below this one; a block's are those of its statements.
    pub fn for_each_child(&self, visit: &mut impl FnMut(TreeId)) {
        match self {
            NodeKind::Name(_) | NodeKind::Number(_) | NodeKind::Text(_) | NodeKind::Bool(_) | NodeKind::Error => {}
            NodeKind::Paren(of) | NodeKind::Negate(of) | NodeKind::Not(of) | NodeKind::AllExcept(of) => visit(*of),
            NodeKind::Ticks { of, count: _ } | NodeKind::Field { of, name: _ } => visit(*of),
            NodeKind::Tuple(items) | NodeKind::List(items) | NodeKind::Juxtaposition(items) => {
                items.iter().copied().for_each(visit)
            }
            NodeKind::And(items) | NodeKind::Or(items) => items.iter().copied().for_each(visit),
            NodeKind::Sum { first, rest } => chain(*first, rest, visit),
            NodeKind::Product { first, rest } => chain(*first, rest, visit),
            NodeKind::Compare { first, rest } => chain(*first, rest, visit),
            NodeKind::Power { base, exponent } => [*base, *exponent].into_iter().for_each(visit),
            NodeKind::If { condition, then, otherwise } => [*condition, *then, *otherwise].into_iter().for_each(visit),
            NodeKind::Call { callee, arguments } => {
                visit(*callee);
                arguments.iter().for_each(|argument| visit(argument.value));
            }
            NodeKind::Index { of, at } => {
                visit(*of);
                at.iter().copied().for_each(visit);
            }
            NodeKind::Range { from, to } => from.iter().chain(to).copied().for_each(visit),
            NodeKind::Pipe { value, stages } => {
                visit(*value);
                stages.iter().copied().for_each(visit);
            }
            NodeKind::Derivative { of, by } => {
                visit(*of);
                by.iter().for_each(|(variable, _)| visit(*variable));
            }
            NodeKind::Loop(looped) => {
                visit(looped.over);
                looped.states.iter().for_each(|state| visit(state.start));
                visit(looped.body);
            }
            NodeKind::Block(statements) => statements.iter().for_each(|statement| statement.for_each_child(visit)),
        }
    }
}

fn chain<Sign>(first: TreeId, rest: &[(Sign, TreeId)], visit: &mut impl FnMut(TreeId)) {
    visit(first);
    rest.iter().for_each(|(_, operand)| visit(*operand));
}

impl Statement {
    /// Calls `visit` with each expression directly below this statement, and below the statements of a section.
    pub fn for_each_child(&self, visit: &mut impl FnMut(TreeId)) {
        match &self.kind {
            StatementKind::Binding { target: _, ty, value } => typed(ty, *value, visit),
            StatementKind::Draw { name: _, ty, distribution } => typed(ty, *distribution, visit),
            StatementKind::Update { name: _, value } | StatementKind::Metric { name: _, value } => visit(*value),
            StatementKind::Value(value) | StatementKind::Require { condition: value, why: _ } => visit(*value),
            StatementKind::Declare { kind: _, items } => items.iter().for_each(|item| {
                below_type(&item.ty, visit);
                match item.start {
                    Some(Start::Value(value) | Start::Draw(value)) => visit(value),
                    None => {}
                }
            }),
            StatementKind::Output(items) => items.iter().filter_map(|item| item.value).for_each(visit),
            StatementKind::Definition(definition) => {
                for parameter in &definition.parameters {
                    below_type(&parameter.ty, visit);
                    parameter.default.into_iter().for_each(&mut *visit);
                }
                visit(definition.body);
            }
            StatementKind::Section(section) => {
                section.statements.iter().for_each(|statement| statement.for_each_child(visit))
            }
            StatementKind::Claim { derivative, value } => [*derivative, *value].into_iter().for_each(visit),
            StatementKind::Row { name: _, values } => values.iter().copied().for_each(visit),
            StatementKind::Directive(directive) => {
                directive.values.iter().copied().for_each(&mut *visit);
                directive.phrases.iter().flat_map(|phrase| &phrase.values).copied().for_each(visit);
            }
            StatementKind::Use { .. } | StatementKind::Error { .. } => {}
        }
    }
}

fn typed(ty: &Option<Type>, value: TreeId, visit: &mut impl FnMut(TreeId)) {
    below_type(ty, visit);
    visit(value);
}

fn below_type(ty: &Option<Type>, visit: &mut impl FnMut(TreeId)) {
    let Some(ty) = ty else { return };
    ty.shape.iter().copied().for_each(&mut *visit);
    if let Element::Class(count) = ty.element {
        visit(count);
    }
}
