//! Expressions as s-expressions.
use super::forms::Form;
use crate::syntax::tree::*;
use std::rc::Rc;

/// The form of each expression of a tree. Operands come before what uses them, so none is made by recursion.
pub struct Forms {
    forms: Vec<Rc<Form>>,
}

impl Forms {
    pub fn of(tree: &Tree) -> Forms {
        let mut forms = Forms { forms: Vec::with_capacity(tree.len()) };
        for (_, node) in tree.iter() {
            let form = forms.make(&node.kind);
            forms.forms.push(form);
        }
        forms
    }

    pub fn get(&self, id: TreeId) -> Rc<Form> {
        Rc::clone(&self.forms[id.0 as usize])
    }

    fn make(&self, kind: &NodeKind) -> Rc<Form> {
        let one = |id: &TreeId| self.get(*id);
        let many = |head: &str, ids: &[TreeId]| Form::list(head, ids.iter().map(one));
        match kind {
            NodeKind::Name(name) => Form::word(name),
            NodeKind::Number(value) => Form::word(value.to_string()),
            NodeKind::Text(text) => Form::word(format!("{text:?}")),
            NodeKind::Bool(value) => Form::word(value.to_string()),
            NodeKind::Paren(inner) => many("paren", &[*inner]),
            NodeKind::Tuple(items) => many("tuple", items),
            NodeKind::List(items) => many("list", items),
            NodeKind::Negate(of) => many("neg", &[*of]),
            NodeKind::Not(of) => many("not", &[*of]),
            NodeKind::Sum { first, rest } => self.chain("+", *first, rest, |sign| match sign {
                SumSign::Plus => None,
                SumSign::Minus => Some("-"),
            }),
            NodeKind::Product { first, rest } => self.chain("*", *first, rest, |sign| match sign {
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
            NodeKind::Loop(looped) => self.looped(looped),
            NodeKind::Block(statements) => {
                Form::list("block", statements.iter().map(|statement| self.statement(statement)))
            }
            NodeKind::Error => Form::list("error", []),
        }
    }

    /// A flat chain: `b` alone where its sign is the usual one, else `(sign b)`.
    fn chain<Sign: Copy>(
        &self,
        head: &str,
        first: TreeId,
        rest: &[(Sign, TreeId)],
        unusual: impl Fn(Sign) -> Option<&'static str>,
    ) -> Rc<Form> {
        let rest = rest.iter().map(|(sign, operand)| match unusual(*sign) {
            None => self.get(*operand),
            Some(sign) => Form::list(sign, [self.get(*operand)]),
        });
        Form::list(head, std::iter::once(self.get(first)).chain(rest))
    }

    fn looped(&self, looped: &Loop) -> Rc<Form> {
        let mut parts: Vec<Rc<Form>> = looped.variables.iter().map(|variable| Form::word(&variable.name)).collect();
        parts.push(Form::list("in", [self.get(looped.over)]));
        if !looped.states.is_empty() {
            let state = |state: &LoopState| Form::list("=", [Form::word(&state.name.name), self.get(state.start)]);
            parts.push(Form::list("with", looped.states.iter().map(state)));
        }
        parts.push(self.get(looped.body));
        Form::list(looped.kind.word(), parts)
    }
}
