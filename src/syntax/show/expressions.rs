//! Expressions as s-expressions.
use super::forms::Form;
use crate::syntax::tree::*;

impl Form {
    pub fn expression(tree: &Tree, id: TreeId) -> Form {
        let one = |id: &TreeId| Form::expression(tree, *id);
        let many = |head: &str, ids: &[TreeId]| Form::list(head, ids.iter().map(one));
        match tree.kind(id) {
            NodeKind::Name(name) => Form::word(name),
            NodeKind::Number(value) => Form::word(value.to_string()),
            NodeKind::Text(text) => Form::word(format!("{text:?}")),
            NodeKind::Bool(value) => Form::word(value.to_string()),
            NodeKind::Paren(inner) => many("paren", &[*inner]),
            NodeKind::Tuple(items) => many("tuple", items),
            NodeKind::List(items) => many("list", items),
            NodeKind::Negate(of) => many("neg", &[*of]),
            NodeKind::Not(of) => many("not", &[*of]),
            NodeKind::Sum { first, rest } => chain(tree, "+", *first, rest, |sign| match sign {
                SumSign::Plus => None,
                SumSign::Minus => Some("-"),
            }),
            NodeKind::Product { first, rest } => chain(tree, "*", *first, rest, |sign| match sign {
                ProductSign::Times => None,
                ProductSign::Over => Some("/"),
                ProductSign::Dot => Some("·"),
            }),
            NodeKind::Juxtaposition(factors) => many("juxt", factors),
            NodeKind::Power { base, exponent } => many("^", &[*base, *exponent]),
            NodeKind::Compare { first, rest } => {
                let rest = rest.iter().flat_map(|(relation, operand)| [Form::word(relation.sign()), one(operand)]);
                Form::list("compare", std::iter::once(one(first)).chain(rest))
            }
            NodeKind::And(items) => many("and", items),
            NodeKind::Or(items) => many("or", items),
            NodeKind::If { condition, then, otherwise } => many("if", &[*condition, *then, *otherwise]),
            NodeKind::Ticks { of, count } => many(&"'".repeat(*count as usize), &[*of]),
            NodeKind::Call { callee, arguments } => {
                let arguments = arguments.iter().map(|argument| match &argument.name {
                    Some(name) => Form::list("=", [Form::word(&name.name), one(&argument.value)]),
                    None => one(&argument.value),
                });
                Form::list("call", std::iter::once(one(callee)).chain(arguments))
            }
            NodeKind::Index { of, at } => Form::list("index", std::iter::once(of).chain(at).map(one)),
            NodeKind::Field { of, name } => Form::list(".", [one(of), Form::word(&name.name)]),
            NodeKind::Range { from, to } => {
                let end = |end: &Option<TreeId>| end.as_ref().map_or(Form::word("_"), one);
                Form::list("..", [end(from), end(to)])
            }
            NodeKind::AllExcept(columns) => many("all-except", &[*columns]),
            NodeKind::Pipe { value, stages } => Form::list("|>", std::iter::once(value).chain(stages).map(one)),
            NodeKind::Derivative { of, by } => {
                let by = by.iter().map(|(variable, order)| match order {
                    1 => one(variable),
                    _ => Form::list("order", [Form::word(order.to_string()), one(variable)]),
                });
                Form::list("∂", std::iter::once(one(of)).chain(by))
            }
            NodeKind::Loop(looped) => loop_form(tree, looped),
            NodeKind::Block(statements) => {
                Form::list("block", statements.iter().map(|statement| Form::statement(tree, statement)))
            }
            NodeKind::Error => Form::list("error", []),
        }
    }
}

/// A flat chain: `b` alone where its sign is the usual one, else `(sign b)`.
fn chain<Sign: Copy>(
    tree: &Tree,
    head: &str,
    first: TreeId,
    rest: &[(Sign, TreeId)],
    unusual: impl Fn(Sign) -> Option<&'static str>,
) -> Form {
    let rest = rest.iter().map(|(sign, operand)| match unusual(*sign) {
        None => Form::expression(tree, *operand),
        Some(sign) => Form::list(sign, [Form::expression(tree, *operand)]),
    });
    Form::list(head, std::iter::once(Form::expression(tree, first)).chain(rest))
}

fn loop_form(tree: &Tree, looped: &Loop) -> Form {
    let mut parts: Vec<Form> = looped.variables.iter().map(|variable| Form::word(&variable.name)).collect();
    parts.push(Form::list("in", [Form::expression(tree, looped.over)]));
    if !looped.states.is_empty() {
        let states = looped
            .states
            .iter()
            .map(|state| Form::list("=", [Form::word(&state.name.name), Form::expression(tree, state.start)]));
        parts.push(Form::list("with", states));
    }
    parts.push(Form::expression(tree, looped.body));
    Form::list(looped.kind.word(), parts)
}
