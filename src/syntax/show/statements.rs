//! Statements as s-expressions.
use super::expressions::Forms;
use super::forms::Form;
use crate::syntax::tree::*;
use std::rc::Rc;

impl Forms {
    pub fn statement(&self, statement: &Statement) -> Rc<Form> {
        let form = statement_form(self, &statement.kind);
        match &statement.doc {
            Some(doc) => Form::list("doc", [Form::word(format!("{doc:?}")), form]),
            None => form,
        }
    }
}

fn statement_form(forms: &Forms, kind: &StatementKind) -> Rc<Form> {
    let expression = |id: TreeId| forms.get(id);
    let word = |ident: &Ident| Form::word(&ident.name);
    match kind {
        StatementKind::Binding { target, ty, value } => {
            let target = match target {
                Target::Name(name) => word(name),
                Target::Tuple(names) => Form::list("tuple", names.iter().map(word)),
            };
            Form::list("=", [typed(forms, target, ty), expression(*value)])
        }
        StatementKind::Draw { name, ty, distribution } => {
            Form::list("~", [typed(forms, word(name), ty), expression(*distribution)])
        }
        StatementKind::Update { name, value } => Form::list("<-", [word(name), expression(*value)]),
        StatementKind::Value(value) => Form::list("value", [expression(*value)]),
        StatementKind::Declare { kind, items } => {
            Form::list(kind.word(), items.iter().map(|item| declared(forms, item)))
        }
        StatementKind::Output(items) => {
            let items = items.iter().map(|item| match item.value {
                Some(value) => Form::list("=", [word(&item.name), expression(value)]),
                None => word(&item.name),
            });
            Form::list("output", items)
        }
        StatementKind::Metric { name, value } => Form::list("metric", [word(name), expression(*value)]),
        StatementKind::Require { condition, why } => {
            let why = why.iter().map(|why| Form::word(format!("{why:?}")));
            Form::list("require", std::iter::once(expression(*condition)).chain(why))
        }
        StatementKind::Definition(definition) => {
            let parameters = definition.parameters.iter().map(|parameter| {
                let name = typed(forms, word(&parameter.name), &parameter.ty);
                match parameter.default {
                    Some(default) => Form::list("=", [name, expression(default)]),
                    None => name,
                }
            });
            let (name, parameters) = (word(&definition.name), Form::list("parameters", parameters));
            Form::list(definition.kind.word(), [name, parameters, expression(definition.body)])
        }
        StatementKind::Use { file, alias } => {
            let alias = alias.iter().map(|alias| Form::list("as", [word(alias)]));
            Form::list("use", std::iter::once(Form::word(format!("{:?}", file.path))).chain(alias))
        }
        StatementKind::Section(section) => {
            let file = section.file.iter().map(|file| Form::word(format!("{:?}", file.path)));
            let statements = section.statements.iter().map(|statement| forms.statement(statement));
            Form::list(section.kind.word(), file.chain(statements))
        }
        StatementKind::Claim { derivative, value } => {
            Form::list("claim", [expression(*derivative), expression(*value)])
        }
        StatementKind::Row { name, values } => {
            Form::list("row", std::iter::once(word(name)).chain(values.iter().map(|value| expression(*value))))
        }
        StatementKind::Directive(directive) => {
            let phrases = directive.phrases.iter().map(|phrase| {
                let values = phrase.values.iter().map(|value| expression(*value));
                Form::list(&phrase.words.name.replace(' ', "-"), values)
            });
            Form::list(&directive.word.name, directive.values.iter().map(|value| expression(*value)).chain(phrases))
        }
        StatementKind::Error { binds } => Form::list("error", binds.iter().map(word)),
    }
}

fn declared(forms: &Forms, item: &Declared) -> Rc<Form> {
    let name = typed(forms, Form::word(&item.name.name), &item.ty);
    match item.start {
        Some(Start::Value(value)) => Form::list("=", [name, forms.get(value)]),
        Some(Start::Draw(distribution)) => Form::list("~", [name, forms.get(distribution)]),
        None => name,
    }
}

/// `name`, or `(: name type)`.
fn typed(forms: &Forms, name: Rc<Form>, ty: &Option<Type>) -> Rc<Form> {
    let Some(ty) = ty else { return name };
    let shape = Form::list("shape", ty.shape.iter().map(|size| forms.get(*size)));
    let element = match ty.element {
        Element::Number | Element::Wrong => None,
        Element::Bool => Some(Form::word("bool")),
        Element::Class(count) => Some(Form::list("class", [forms.get(count)])),
    };
    let has_shape = !ty.shape.is_empty() || element.is_none();
    Form::list(":", [Some(name), has_shape.then_some(shape), element].into_iter().flatten())
}

impl DeclareKind {
    pub fn word(self) -> &'static str {
        match self {
            DeclareKind::Input => "input",
            DeclareKind::Target => "target",
            DeclareKind::Param => "param",
            DeclareKind::State => "state",
        }
    }
}

impl DefinitionKind {
    pub fn word(self) -> &'static str {
        match self {
            DefinitionKind::Fn => "fn",
            DefinitionKind::Layer => "layer",
            DefinitionKind::Model => "model",
            DefinitionKind::Optimizer => "optimizer",
        }
    }
}
