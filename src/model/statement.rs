//! Statements: bindings and what names they give, definitions, and the order of a block.
use super::declare;
use super::elaborator::{Elaborator, Outcome, Reported};
use super::path::{Frames, Label};
use super::scope::Slot;
use super::value::{Defined, Function, Tensor, Value};
use crate::diagnostic::{Diagnostic, Span};
use crate::graph::{Leaf, Op};
use crate::syntax::{DeclareKind, Definition, Ident, Statement, StatementKind, Target, TreeId, Type};

impl<'a> Elaborator<'a> {
    /// The value of `{ … }`: a body whose bindings stand below the current frame.
    pub fn block(&mut self, statements: &'a [Statement]) -> Outcome<Value<'a>> {
        let frame = self.frames.enter(self.frame, Label::Value);
        self.block_with(statements, frame)
    }
    /// The same; the last line is read in this frame.
    pub fn block_with(&mut self, statements: &'a [Statement], value_frame: super::path::FrameId) -> Outcome<Value<'a>> {
        let scope = self.inner_scope();
        self.in_scope(scope, |this| {
            this.announce(statements);
            let mut result = None;
            let mut broken = false;
            for statement in statements {
                match &statement.kind {
                    StatementKind::Value(value) => {
                        result = Some(this.in_frame(value_frame, |this| this.expression(*value)));
                    }
                    // What follows relies on it.
                    StatementKind::Require { condition, why } => this.require(*condition, why.as_deref())?,
                    _ => broken |= this.inner_statement(statement).is_err(),
                }
            }
            match result {
                Some(value) if !broken => value,
                Some(_) => Err(Reported),
                // That a block has no value was said when it was read.
                None => Err(Reported),
            }
        })
    }
    /// Makes the names of a block known: definitions at once, values as bound further down.
    pub fn announce(&mut self, statements: &'a [Statement]) {
        for statement in statements {
            match &statement.kind {
                StatementKind::Binding { target, .. } => {
                    target.names().iter().for_each(|name| self.announce_name(name))
                }
                StatementKind::Draw { name, .. } => self.announce_name(name),
                StatementKind::Declare { items, .. } => items.iter().for_each(|item| self.announce_name(&item.name)),
                StatementKind::Definition(definition) => self.define(definition),
                _ => {}
            }
        }
    }
    fn announce_name(&mut self, name: &Ident) {
        if self.scopes.own(self.scope, &name.name).is_none() {
            self.scopes.set(self.scope, &name.name, Slot::Below, name.span);
        }
    }
    fn define(&mut self, definition: &'a Definition) {
        self.graph.words.push(definition.name.name.clone());
        let name = &definition.name;
        if self.is_taken(name).is_err() {
            return;
        }
        let defined = Defined { definition, tree: self.tree, scope: self.scope, frame: self.frame };
        self.scopes.set(self.scope, &name.name, Slot::Value(Value::Function(Function::Defined(defined))), name.span);
    }

    fn inner_statement(&mut self, statement: &'a Statement) -> Outcome<()> {
        match &statement.kind {
            StatementKind::Binding { target, ty, value } => self.binding(target, ty.as_ref(), *value),
            StatementKind::Draw { name, ty, distribution } => {
                self.draw(name, ty.as_ref(), *distribution, statement.span)
            }
            StatementKind::Declare { kind, items } => match kind {
                DeclareKind::Param => {
                    // All of them are read, whatever is wrong with one.
                    let all: Vec<Outcome<()>> = items.iter().map(|item| self.parameter(item)).collect();
                    all.into_iter().collect()
                }
                DeclareKind::State => {
                    let all: Vec<Outcome<()>> = items.iter().map(|item| self.state(item)).collect();
                    all.into_iter().collect()
                }
                DeclareKind::Input | DeclareKind::Target => {
                    let error = Diagnostic::error("E0212", "inputs and targets are declared at the top level")
                        .at(statement.span, "inside a block")
                        .help("a layer gets its input as a parameter: `layer f(x: [n]) { … }`");
                    self.fail(error)
                }
            },
            StatementKind::Require { condition, why } => self.require(*condition, why.as_deref()),
            StatementKind::Update { name, value } => self.state_update(name, *value, statement.span),
            StatementKind::Error { binds } => {
                binds.iter().for_each(|name| self.scopes.set(self.scope, &name.name, Slot::Broken, name.span));
                Err(Reported)
            }
            StatementKind::Definition(_) | StatementKind::Value(_) => Ok(()),
            _ => {
                let error = Diagnostic::error("E0212", "this stands at the top level of a file")
                    .at(statement.span, "inside a block");
                self.fail(error)
            }
        }
    }

    /// A statement of the top level.
    pub fn top_statement(&mut self, statement: &'a Statement) -> Outcome<()> {
        match &statement.kind {
            StatementKind::Declare { kind: DeclareKind::Input, items } => self.inputs(super::Role::Input, items),
            StatementKind::Declare { kind: DeclareKind::Target, items } => self.inputs(super::Role::Target, items),
            StatementKind::Binding { target: Target::Name(name), ty: None, value }
                if declare::literal(self.tree, *value).is_some() =>
            {
                self.setting(name, declare::literal(self.tree, *value).unwrap_or(0.0))
            }
            StatementKind::Metric { name, value } => self.metric(name, *value, statement.span),
            // Files that are used come first, the others when everything else is known.
            StatementKind::Use { .. }
            | StatementKind::Section(_)
            | StatementKind::Output(_)
            | StatementKind::Claim { .. } => Ok(()),
            StatementKind::Row { .. } | StatementKind::Directive(_) => {
                self.fail(Diagnostic::error("E0212", "this stands in a section").at(statement.span, "at the top level"))
            }
            _ => self.inner_statement(statement),
        }
    }
    fn metric(&mut self, name: &'a Ident, value: TreeId, span: Span) -> Outcome<()> {
        if let Some(first) = self.declared.metrics.iter().find(|metric| metric.name == name.name) {
            let error = Diagnostic::error("E0202", format!("there are two metrics `{}`", name.name))
                .at(name.span, "the second")
                .also(first.span, "the first");
            return self.fail(error);
        }
        let frame = self.frames.enter(Frames::ROOT, Label::Name(name.name.clone()));
        let x = self.in_frame(frame, |this| this.tensor(value))?;
        self.number_for(&x, value, "a metric is one number for an example", "E0316")?;
        self.declared.metrics.push(super::Metric { name: name.name.clone(), value: x.id, span });
        Ok(())
    }
    /// Refuses what is no number, and offers `sum` and `mean`.
    pub fn number_for(&mut self, x: &Tensor, at: TreeId, what: &str, code: &'static str) -> Outcome<()> {
        self.numeric(x, self.span(at))?;
        if self.graph.shape(x.id).is_empty() {
            return Ok(());
        }
        let (span, text) = (self.span(at), self.text(self.span(at)));
        let shape = crate::graph::show::shape_text(self.graph.shape(x.id));
        let error = Diagnostic::error(code, format!("{what}; this is {shape}")).at(span, &shape);
        let error = self.label_source(error, x.id);
        let error = self.without_rows(error, x.id);
        let error = self.last_state_for_one(error, x.id, span);
        let error = self.without_shape(error, x.id).edit("their mean", span, format!("mean({text})"), false).edit(
            "their sum",
            span,
            format!("sum({text})"),
            false,
        );
        self.fail(error)
    }

    /// `name = e`, `(a, b) = e`
    fn binding(&mut self, target: &'a Target, ty: Option<&'a Type>, value: TreeId) -> Outcome<()> {
        let names = target.names();
        for name in names {
            self.is_taken(name)?;
        }
        let frame = self.frames.enter(self.frame, Label::Name(names[0].name.clone()));
        let result = self
            .in_frame(frame, |this| this.expression(value))
            .and_then(|result| self.taken_apart(target, ty, result, value));
        match result {
            Ok(values) => {
                for (name, value) in names.iter().zip(values) {
                    self.give_name(name, &value);
                    self.scopes.set(self.scope, &name.name, Slot::Value(value), name.span);
                }
                Ok(())
            }
            Err(reported) => {
                names.iter().for_each(|name| self.scopes.set(self.scope, &name.name, Slot::Broken, name.span));
                Err(reported)
            }
        }
    }
    fn taken_apart(
        &mut self,
        target: &Target,
        ty: Option<&Type>,
        value: Value<'a>,
        id: TreeId,
    ) -> Outcome<Vec<Value<'a>>> {
        let span = self.span(id);
        match (target, value) {
            (
                Target::Name(_),
                value @ (Value::Function(_) | Value::Truth(_) | Value::Tuple(_) | Value::Text(_) | Value::Word(_)),
            ) => Ok(vec![value]),
            (Target::Name(_), value) => {
                let tensor = self.tensor_of(value, span)?;
                if let Some(ty) = ty {
                    self.check_declared(ty, &tensor, span)?;
                }
                Ok(vec![tensor.into()])
            }
            (Target::Tuple(names), Value::Tuple(values)) if names.len() == values.len() => Ok(values),
            (Target::Tuple(names), Value::Tuple(values)) => {
                let error = Diagnostic::error("E0405", format!("{} names for {} values", names.len(), values.len()))
                    .at(span, format!("a tuple of {}", values.len()));
                self.fail(error)
            }
            (Target::Tuple(names), other) => {
                let error = Diagnostic::error(
                    "E0405",
                    format!("{} names for {}, which is no tuple", names.len(), other.spoken()),
                )
                .at(span, "not a tuple")
                .help("`split(z, 2)` makes two of one");
                self.fail(error)
            }
        }
    }
    /// Tells the graph what a value is called. Leaves have names of their own.
    pub fn give_name(&mut self, name: &Ident, value: &Value<'a>) {
        let Value::Tensor(tensor) = value else { return };
        let is_top = self.frame == Frames::ROOT && self.calls.is_empty();
        if is_top {
            self.declared.bindings.push((name.name.clone(), tensor.id));
        }
        if matches!(self.graph.op(tensor.id), Op::Leaf(leaf) if !matches!(leaf, Leaf::Table(..))) {
            return;
        }
        if is_top {
            self.graph.name(tensor.id, name.name.clone());
        } else {
            self.declared.inner_names.push((tensor.id, self.frame, name.name.clone()));
        }
    }
    /// Refuses a name that the block binds already.
    pub fn is_taken(&mut self, name: &Ident) -> Outcome<()> {
        let before = self
            .scopes
            .own(self.scope, &name.name)
            .filter(|entry| !matches!(entry.slot, Slot::Below))
            .map(|entry| entry.span);
        match before {
            Some(first) => {
                let declared = self.graph.inputs.iter().chain(&self.graph.parameters);
                let is_declared = declared.into_iter().any(|variable| variable.span == first);
                let error = Diagnostic::error("E0202", format!("`{}` is bound twice", name.name))
                    .at(name.span, "bound again")
                    .also(first, "first bound here")
                    .help(if is_declared {
                        "a name means one value in its block: call the second something else"
                    } else {
                        "a name means one value in its block: call the second something else, or write one step behind the other, `x |> f |> g`"
                    });
                let between = Span { start: first.end, end: name.span.start.max(first.end), ..first };
                let is_next = first.file == name.span.file && self.text(between).trim() == ",";
                let second = Span { start: first.end, ..name.span };
                self.fail(if is_next { error.edit("remove the second", second, "", false) } else { error })
            }
            None => {
                if self.frame == Frames::ROOT
                    && self.calls.is_empty()
                    && self.scopes.own(super::scope::Scopes::PRELUDE, &name.name).is_some()
                {
                    self.note(
                        "W0201",
                        format!("`{}` of the prelude is bound anew", name.name),
                        name.span,
                        "means this from here on",
                    );
                }
                Ok(())
            }
        }
    }
}
