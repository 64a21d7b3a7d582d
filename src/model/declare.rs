//! Declarations: inputs, targets, parameters and how they begin, settings.
use super::elaborator::{Elaborator, Outcome, Reported};
use super::scope::Slot;
use super::value::{Tensor, Value};
use super::{Initial, Input, Parameter, Role};
use crate::diagnostic::{Diagnostic, Span};
use crate::graph::show::shape_text;
use crate::graph::{Kind, Leaf, Op, Variable};
use crate::random::Distribution;
use crate::syntax::{Declared, DefinitionKind, Ident, NodeKind, Start, Tree, TreeId};

/// The number that an expression is, if it is written as one: `0.01`, `-1`.
pub fn literal(tree: &Tree, id: TreeId) -> Option<f64> {
    match tree.kind(id) {
        NodeKind::Number(value) => Some(*value),
        NodeKind::Negate(of) => match tree.kind(*of) {
            NodeKind::Number(value) => Some(-value),
            _ => None,
        },
        _ => None,
    }
}

/// What other tools' distributions are called here.
pub fn foreign_distribution(name: &str) -> Option<&'static str> {
    Some(match name.to_lowercase().as_str() {
        "xavier" | "xavier_uniform" | "glorot_uniform" => "glorot",
        "kaiming" | "kaiming_normal" | "he_normal" => "he",
        "lecun_normal" => "lecun",
        "randn" | "gaussian" | "random_normal" => "normal(1)",
        "rand" | "random" | "random_uniform" => "uniform(0, 1)",
        _ => return None,
    })
}

impl<'a> Elaborator<'a> {
    pub fn inputs(&mut self, role: Role, items: &'a [Declared]) -> Outcome<()> {
        let mut all = Ok(());
        for item in items {
            let made = self.input(role, item);
            if made.is_err()
                && matches!(self.scopes.own(self.scope, &item.name.name).map(|e| &e.slot), Some(Slot::Below))
            {
                self.scopes.set(self.scope, &item.name.name, Slot::Broken, item.name.span);
            }
            all = all.and(made);
        }
        all
    }
    fn input(&mut self, role: Role, item: &'a Declared) -> Outcome<()> {
        let name = &item.name;
        self.is_taken(name)?;
        if let Some(Start::Value(id) | Start::Draw(id)) = item.start {
            let error = Diagnostic::error("E0212", "an input comes from the data, it has no value of its own")
                .at(self.span(id), "not here");
            return self.fail(error);
        }
        let mut ends = vec![];
        let mut ty = match &item.ty {
            Some(ty) => {
                // What follows counts the inputs: those that are lengths come first.
                ends = self.declared_lengths(ty)?;
                self.written_type(ty, true)?
            }
            None => crate::graph::Type::real(&[], true),
        };
        if let Kind::Class(list, _) = &mut ty.kind {
            *list = self.list_of(&name.name);
        }
        self.graph.inputs.push(Variable { name: name.name.clone(), ty, span: name.span });
        let leaf = self.graph.intern(Op::Leaf(Leaf::Input(self.graph.inputs.len() as u32 - 1)));
        self.graph.name(leaf, name.name.clone());
        self.graph.set_ends(leaf, ends);
        self.mark(leaf, name.span);
        if let Some(ty) = &item.ty {
            self.name_axes(leaf, ty, 0);
        }
        self.declared.inputs.push(Input { role, leaf, probability: false });
        self.declared.bindings.push((name.name.clone(), leaf));
        self.scopes.set(self.scope, &name.name, Slot::Value(Tensor::new(leaf).into()), name.span);
        Ok(())
    }

    /// The weight of each example, that a line of the data gives. An input or target of that name is what the line is about instead.
    pub(super) fn weight_of_examples(&mut self, at: Span) {
        let name = crate::schema::WEIGHT;
        if self.graph.inputs.iter().any(|input| input.name == name) {
            return;
        }
        self.graph.inputs.push(Variable { name: name.into(), ty: crate::graph::Type::real(&[], true), span: at });
        let leaf = self.graph.intern(Op::Leaf(Leaf::Input(self.graph.inputs.len() as u32 - 1)));
        self.declared.inputs.push(Input { role: Role::Weight, leaf, probability: false });
        self.declared.weight = Some(leaf);
    }

    /// A top-level `name = number`.
    pub fn setting(&mut self, name: &'a Ident, written: f64) -> Outcome<()> {
        self.is_taken(name)?;
        let given = self.options.settings.iter().rev().find(|(of, _)| *of == name.name).map(|(_, value)| *value);
        let value = given.unwrap_or(written);
        self.graph.settings.push((name.name.clone(), value));
        let leaf = self.graph.intern(Op::Leaf(Leaf::Setting(self.graph.settings.len() as u32 - 1)));
        self.graph.name(leaf, name.name.clone());
        self.mark(leaf, name.span);
        self.declared.bindings.push((name.name.clone(), leaf));
        self.scopes.set(self.scope, &name.name, Slot::Value(Tensor::known(leaf, value).into()), name.span);
        Ok(())
    }
    /// `--set` of what is no setting.
    pub fn check_settings(&mut self) {
        // What `standardize` learns, `t.mean`, is no setting, though formulas show it as they show one.
        let is_setting = |name: &str| !name.contains('.');
        let all = self.graph.settings.iter().map(|(name, _)| name.clone());
        let known: Vec<String> = all.filter(|name| is_setting(name)).collect();
        for (name, _) in &self.options.settings {
            if !known.contains(name) {
                let error = Diagnostic::error("E0213", format!("there is no setting `{name}`"));
                if self.graph.settings.iter().any(|(known, _)| known == name) {
                    self.report(
                        error.help("it is learned from the data by `standardize`, and travels with the weights"),
                    );
                    continue;
                }
                let error = error.note("a setting is a `name = number` of the top level");
                self.report(if known.is_empty() {
                    error
                } else {
                    error.help(format!("there are {}", super::call::listed(&known)))
                });
            }
        }
    }

    /// `param w: [m, n] ~ glorot`
    pub fn parameter(&mut self, item: &'a Declared) -> Outcome<()> {
        let made = self.made_parameter(item);
        let slot = match &made {
            Ok(tensor) => Slot::Value(Value::Tensor(tensor.clone())),
            Err(Reported) => Slot::Broken,
        };
        if made.is_ok()
            || matches!(self.scopes.own(self.scope, &item.name.name).map(|e| &e.slot), None | Some(Slot::Below))
        {
            self.scopes.set(self.scope, &item.name.name, slot, item.name.span);
        }
        made.map(|_| ())
    }
    /// The type of a parameter or a state: of numbers, and not in a `fn`.
    pub(super) fn type_of_numbers(
        &mut self,
        item: &'a Declared,
        what: &str,
        word: &str,
        why: &str,
    ) -> Outcome<crate::graph::Type> {
        let name = &item.name;
        self.is_taken(name)?;
        if let Some(call) = self.calls.last()
            && call.defined.definition.kind == DefinitionKind::Fn
        {
            let error = Diagnostic::error("E0209", format!("a `fn` has no {what}s of its own"))
                .at(name.span, format!("a `{word}`"))
                .also(call.defined.definition.name.span, "this is a `fn`")
                .help("make it a `layer`");
            return self.fail(error);
        }
        let ty = match &item.ty {
            Some(ty) => self.written_type(ty, false)?,
            None => crate::graph::Type::real(&[], false),
        };
        if ty.kind != Kind::Real {
            let error = Diagnostic::error("E0405", format!("a {what} is made of numbers")).at(name.span, why);
            return self.fail(error);
        }
        Ok(ty)
    }
    fn made_parameter(&mut self, item: &'a Declared) -> Outcome<Tensor> {
        let name = &item.name;
        let ty = self.type_of_numbers(item, "parameter", "param", "a class or a truth value can't be learned")?;
        let key = (self.frame, name.name.clone());
        if let Some(&number) = self.sites.parameters.get(&key) {
            return self.same_parameter(number, &ty.shape, name);
        }
        let initial = self.initial(item, &ty.shape)?;
        let ends = match &item.ty {
            Some(ty) => self.ends_of_type(ty)?,
            None => vec![],
        };
        let gates = item.ty.as_ref().map_or(1, |ty| self.gates(ty));
        let shown = self.visible_span(name.span);
        let multiplies = ty.shape.len() >= 2;
        self.graph.parameters.push(Variable { name: name.name.clone(), ty, span: shown });
        let number = self.graph.parameters.len() as u32 - 1;
        let leaf = self.graph.intern(Op::Leaf(Leaf::Parameter(number)));
        self.mark(leaf, name.span);
        if let Some(ty) = &item.ty {
            self.graph.set_ends(leaf, ends);
            self.name_axes(leaf, ty, 0);
        }
        self.declared.parameters.push(Parameter { leaf, initial, gates, multiplies });
        self.sites.parameters.insert(key, number);
        self.frames.note_parameter(self.frame);
        if self.frame == super::path::Frames::ROOT {
            self.declared.bindings.push((name.name.clone(), leaf));
        }
        Ok(Tensor::new(leaf))
    }
    /// The parameter that is there already: of a model that is called again.
    fn same_parameter(&mut self, number: u32, shape: &[usize], name: &Ident) -> Outcome<Tensor> {
        let path = self.frames.path_of(self.frame, &name.name);
        let first = &self.graph.parameters[number as usize];
        let (before, first_span) = (first.ty.shape.clone(), first.span);
        if self.reading.replaying == 0 {
            let error = Diagnostic::error("E0207", format!("two parameters would bear the name `{path}`"))
                .at(name.span, "the second")
                .also(first_span, "the first")
                .help("bind the calls to names of their own: `a = …`, `b = …`");
            return self.fail(error);
        }
        if before != shape {
            let error = Diagnostic::error(
                "E0306",
                format!("`{path}` is {}, and this call needs {}", shape_text(&before), shape_text(shape)),
            )
            .at(name.span, "shared by all calls of a model")
            .help("a `layer` makes parameters of its own for each call");
            return self.fail(error);
        }
        Ok(Tensor::new(self.declared.parameters[number as usize].leaf))
    }

    fn initial(&mut self, item: &'a Declared, shape: &[usize]) -> Outcome<Initial> {
        match item.start {
            None if shape.len() < 2 => Ok(Initial::Value(self.graph.constant(0.0, shape))),
            None => Ok(Initial::Draw(Distribution::Glorot)),
            Some(Start::Value(id)) => self.initial_value(id, shape).map(Initial::Value),
            Some(Start::Draw(id)) => self.distribution(id),
        }
    }
    /// A value that a parameter or a state begins with.
    pub fn initial_value(&mut self, id: TreeId, shape: &[usize]) -> Outcome<crate::graph::NodeId> {
        let value = self.tensor(id)?;
        let span = self.span(id);
        let own = self.shape(&value);
        if !shape.ends_with(&own) {
            let error =
                Diagnostic::error("E0312", format!("the start is {}, not {}", shape_text(&own), shape_text(shape)))
                    .at(span, shape_text(&own));
            let error = if shape.is_empty() { self.declare_start(error, span, &own) } else { error };
            return self.fail(error);
        }
        let unknown = |op: &Op| {
            matches!(
                op,
                Op::Leaf(Leaf::Input(_) | Leaf::Parameter(_) | Leaf::State(_) | Leaf::Hole(..) | Leaf::Runtime(_))
            )
        };
        if self.graph.find_below(value.id, unknown).is_some() {
            let error = Diagnostic::error("E0404", "a start is known before training")
                .at(span, "depends on data or on parameters");
            return self.fail(error);
        }
        Ok(self.graph.expand_to(value.id, shape))
    }
    /// `glorot`, `normal(0.1)`
    fn distribution(&mut self, id: TreeId) -> Outcome<Initial> {
        let span = self.span(id);
        let tree = self.tree;
        let (name, arguments): (Option<&str>, &[crate::syntax::Argument]) = match tree.kind(id) {
            NodeKind::Call { callee, arguments } => (tree.name(*callee), arguments),
            _ => (tree.name(id), &[]),
        };
        let mut numbers = vec![];
        for argument in arguments {
            let value = self.tensor(argument.value)?;
            match value.number() {
                Some(number) => numbers.push(number),
                None => return self.not_known(self.span(argument.value)),
            }
        }
        let Some(name) = name.filter(|name| Distribution::NAMES.contains(name)) else {
            let error =
                Diagnostic::error("E0201", format!("{} is no distribution", self.quote(id))).at(span, "not known");
            if let Some(own) = name.and_then(foreign_distribution) {
                return self.fail(error.edit(format!("here this is `{own}`"), span, own, false));
            }
            let error = match name.and_then(|name| super::names::nearest(name, Distribution::NAMES.iter().copied())) {
                Some(near) => error.edit(format!("did you mean `{near}`?"), span, near, false),
                None => {
                    error.help(format!("there are `{}`; a value stands behind `=`", Distribution::NAMES.join("`, `")))
                }
            };
            return self.fail(error);
        };
        match Distribution::from_name(name, &numbers) {
            Ok(distribution) => Ok(Initial::Draw(distribution)),
            Err(why) => self.fail(Diagnostic::error("E0206", why).at(span, "can't be drawn from")),
        }
    }
    /// `[4m, n]` has four gates.
    fn gates(&self, ty: &crate::syntax::Type) -> usize {
        let Some(NodeKind::Juxtaposition(factors)) = ty.shape.first().map(|id| self.tree.kind(*id)) else { return 1 };
        match factors.first().map(|id| self.tree.kind(*id)) {
            Some(NodeKind::Number(count)) if count.fract() == 0.0 && 1.0 < *count => *count as usize,
            _ => 1,
        }
    }
    /// A span that people can see: that of the call, for the prelude.
    pub fn visible_span(&self, span: Span) -> Span {
        if span.file != super::prelude::FILE {
            return span;
        }
        self.calls.iter().rev().map(|call| call.span).find(|s| s.file != super::prelude::FILE).unwrap_or(span)
    }
}
