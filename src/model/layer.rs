//! Calls of `fn`, `layer` and `model`: arguments and parameters, sizes by their names, leading axes, frames of the path.
use super::call::{Given, meant_option};
use super::elaborator::{ArgumentSite, CallSite, Elaborator, Outcome};
use super::names::language_function;
use super::path::Label;
use super::prelude;
use super::scope::{ScopeId, Slot};
use super::value::{Defined, Tensor, Value};
use crate::diagnostic::{Diagnostic, Span};
use crate::graph::show::shape_text;
use crate::graph::{Kind, NodeId};
use crate::limits;
use crate::syntax::{DefinitionKind, Element, NodeKind, Parameter, TreeId, Type as WrittenType};

/// An argument of a parameter with a type, and how many leading axes it has beyond it.
struct Typed<'a> {
    parameter: &'a Parameter,
    tensor: Tensor,
    span: Span,
    leading: usize,
}

impl<'a> Elaborator<'a> {
    pub fn call_defined(&mut self, defined: Defined<'a>, given: Vec<Given<'a>>, span: Span) -> Outcome<Value<'a>> {
        let definition = defined.definition;
        let name = &definition.name.name;
        if definition.kind == DefinitionKind::Optimizer {
            let error = Diagnostic::error("E0204", format!("`{name}` is an optimizer"))
                .at(span, "called as a function")
                .help("an optimizer stands in the `train` section");
            let error = self.optimizer_in_section(error, span);
            return self.fail(error);
        }
        if self.calls.iter().any(|call| std::ptr::eq(call.defined.definition, definition)) {
            let error = Diagnostic::error("E0203", format!("`{name}` calls itself"))
                .at(span, "inside of its own definition")
                .help("`fold` and `scan` repeat; `repeat` is unrolled");
            return self.fail(error);
        }
        if self.calls.len() >= limits::CALL_DEPTH {
            let error = Diagnostic::error("E0904", format!("more than {} calls inside each other", limits::CALL_DEPTH))
                .at(span, "too deep")
                .help("`repeat` does one thing many times");
            return self.fail(error);
        }
        let scope = self.scopes.inside(defined.scope);
        let given = self.matched(defined, given, span)?;
        let arguments = self.argument_sites(defined, &given);
        self.calls.push(CallSite { span, defined, arguments });
        let result =
            self.in_scope(scope, |this| this.in_tree(defined.tree, |this| this.bound_and_called(defined, given, span)));
        self.calls.pop();
        result
    }

    /// Where each argument of a call stands.
    pub fn argument_sites(&self, defined: Defined<'a>, given: &[Option<Given<'a>>]) -> Vec<ArgumentSite> {
        let pairs = defined.definition.parameters.iter().zip(given);
        pairs
            .filter_map(|(parameter, given)| {
                let given = given.as_ref()?;
                let number = match &given.value {
                    Value::Tensor(tensor) => tensor.number(),
                    _ => None,
                };
                let arithmetic =
                    number.filter(|n| n.fract() != 0.0).map(|value| self.shown_arithmetic(given.span, value));
                Some(ArgumentSite { parameter: parameter.name.name.clone(), span: given.span, number, arithmetic })
            })
            .collect()
    }

    /// The arguments in the order of the parameters; none where the default holds.
    pub fn matched(
        &mut self,
        defined: Defined<'a>,
        given: Vec<Given<'a>>,
        span: Span,
    ) -> Outcome<Vec<Option<Given<'a>>>> {
        let definition = defined.definition;
        let name = &definition.name.name;
        let mut slots: Vec<Option<Given<'a>>> = vec![None; definition.parameters.len()];
        let signature = || {
            // The first two of an optimizer are given by training.
            let own = if definition.kind == DefinitionKind::Optimizer { 2 } else { 0 };
            let parts: Vec<&str> = definition.parameters.iter().skip(own).map(|p| p.name.name.as_str()).collect();
            format!("it is `{name}({})`", parts.join(", "))
        };
        for (place, argument) in given.into_iter().enumerate() {
            let at = match argument.name {
                None => (place < slots.len()).then_some(place),
                Some(named) => definition.parameters.iter().position(|p| p.name.name == named.name),
            };
            let problem = match (at, argument.name) {
                (Some(at), _) if slots[at].is_none() => {
                    slots[at] = Some(argument);
                    continue;
                }
                (Some(at), _) => format!("`{}` of `{name}` is given twice", definition.parameters[at].name.name),
                (None, Some(named)) => format!("`{name}` has no parameter `{}`", named.name),
                (None, None) => format!("too many arguments for `{name}`"),
            };
            let at = argument.name.map_or(argument.span, |named| named.span);
            let error = Diagnostic::error("E0206", problem).at(at, "not expected").help(signature());
            let error = self.activation_around(error, &argument.value, argument.span);
            if let Some(named) = argument.name.filter(|named| named.name == "betas" && name.starts_with("adam")) {
                let text = self.text(argument.span).trim_matches(['(', ')', '[', ']']);
                if let Some((first, second)) = text.split_once(',') {
                    let both = format!("beta1 = {}, beta2 = {}", first.trim(), second.trim());
                    let place = named.span.to(argument.span);
                    return self.fail(error.edit(format!("write `{both}`"), place, both, true));
                }
            }
            if let Some(named) = argument.name.filter(|named| named.name == "momentum" && name == "sgd")
                && self.text(span).starts_with("sgd")
            {
                let place = Span { end: span.start + 3, ..span };
                let title = format!("with {}, it is the optimizer `momentum`", named.name);
                return self.fail(error.edit(title, place, "momentum", false));
            }
            let parameters = definition.parameters.iter().map(|p| p.name.name.as_str());
            return self.fail(meant_option(error, argument.name, parameters));
        }
        if let Some(error) = self.sizes_misplaced(defined, &slots, span) {
            return self.fail(error.help(signature()));
        }
        for (slot, parameter) in slots.iter().zip(&definition.parameters) {
            if let Some(given) = slot
                && let Value::Function(function) = &given.value
                && (parameter.ty.is_some()
                    || matches!(
                        parameter.default.map(|default| defined.tree.kind(default)),
                        Some(NodeKind::Bool(_) | NodeKind::Number(_))
                    ))
            {
                let what =
                    format!("`{}` of `{name}` is no function, and gets `{}`", parameter.name.name, function.name());
                let error = Diagnostic::error("E0205", what).at(given.span, "a function").help(signature());
                let error = self.activation_around(error, &given.value, given.span);
                return self.fail(error);
            }
            if let Some(given) = slot
                && !matches!(given.value, Value::Function(_))
                && parameter.default.is_some_and(|default| self.is_function_of(defined, default))
            {
                let what = given.value.spoken();
                let what = format!("`{}` of `{name}` takes a function, and gets {what}", parameter.name.name);
                let error = Diagnostic::error("E0206", what).at(given.span, "not a function").help(signature());
                let error = self.function_for(error, &given.value, given.span);
                return self.fail(error);
            }
            let is_of_prelude = definition.name.span.file == prelude::FILE;
            if let (Some(given), true) = (slot, is_of_prelude)
                && let Value::Text(text) = &given.value
            {
                let what = format!("`{}` of `{name}` gets a text", parameter.name.name);
                let error = Diagnostic::error("E0405", what).at(given.span, "in quotes").help(signature());
                let is_word = text.parse::<f64>().is_ok() || self.is_bound(text);
                return self.fail(match is_word {
                    true => error.edit("without the quotes", given.span, text.to_string(), false),
                    false => error,
                });
            }
            if let (Some(given), true) = (slot, is_of_prelude && self.is_called(defined, &parameter.name.name))
                && !matches!(given.value, Value::Function(_))
            {
                let what = format!("`{}` of `{name}` takes a layer or a function", parameter.name.name);
                let error = Diagnostic::error("E0205", what).at(given.span, given.value.spoken()).help(signature());
                return self.fail(error);
            }
            if slot.is_none() && parameter.default.is_none() {
                let error = Diagnostic::error("E0206", format!("`{name}` needs `{}`", parameter.name.name))
                    .at(span, "missing")
                    .help(signature());
                return self.fail(error);
            }
        }
        Ok(slots)
    }

    /// Whether a definition calls what a parameter is given.
    fn is_called(&self, defined: Defined<'a>, parameter: &str) -> bool {
        let body = defined.tree.span(defined.definition.body);
        let is_inside = |span: Span| body.start <= span.start && span.end <= body.end;
        defined.tree.iter().any(|(_, node)| match &node.kind {
            NodeKind::Call { callee, .. } => is_inside(node.span) && defined.tree.name(*callee) == Some(parameter),
            _ => false,
        })
    }

    /// Whether a default in a definition names a function.
    fn is_function_of(&self, defined: Defined<'a>, default: TreeId) -> bool {
        let Some(name) = defined.tree.name(default) else { return false };
        match self.scopes.find(defined.scope, name) {
            Some((_, entry)) => matches!(entry.slot, Slot::Value(Value::Function(_))),
            None => language_function(name).is_some(),
        }
    }

    /// Binds the parameters in the current scope, then reads the body, mapped over leading axes.
    fn bound_and_called(
        &mut self,
        defined: Defined<'a>,
        given: Vec<Option<Given<'a>>>,
        span: Span,
    ) -> Outcome<Value<'a>> {
        let mut typed = vec![];
        for (slot, parameter) in given.into_iter().zip(&defined.definition.parameters) {
            let (value, at) = match slot {
                Some(given) => (given.value, given.span),
                None => match parameter.default {
                    Some(default) => (self.expression(default)?, self.span(default)),
                    None => continue,
                },
            };
            if parameter.ty.is_some() {
                let tensor = self.tensor_of(value, at)?;
                typed.push(Typed { parameter, tensor, span: at, leading: 0 });
            } else {
                self.bind(&parameter.name.name, value, parameter.name.span);
            }
        }
        for argument in &mut typed {
            argument.leading = self.fit_to_type(argument)?;
        }
        let leading = self.shared_leading(&typed)?;
        let frame = match defined.definition.kind {
            DefinitionKind::Model => {
                self.frames.enter(defined.frame, Label::Name(defined.definition.name.name.clone()))
            }
            _ => self.frames.enter_source(self.frame),
        };
        let seen = defined.definition.kind == DefinitionKind::Model && self.sites.models.insert(frame, span).is_some();
        self.reading.replaying += usize::from(seen);
        let result = self.in_frame(frame, |this| this.mapped(defined, &typed, &leading));
        self.reading.replaying -= usize::from(seen);
        result
    }
    pub fn bind(&mut self, name: &str, value: Value<'a>, span: Span) {
        self.scopes.set(self.scope, name, Slot::Value(value), span);
    }

    /// Checks an argument against its type, which may bind names of sizes. How many leading axes are beyond it.
    fn fit_to_type(&mut self, argument: &Typed<'a>) -> Outcome<usize> {
        let Some(ty) = &argument.parameter.ty else { return Ok(0) };
        let name = &argument.parameter.name.name;
        let shape = self.shape(&argument.tensor);
        let kind = self.graph.ty(argument.tensor.id).kind;
        self.fit_kind(argument, ty, kind)?;
        if shape.len() < ty.shape.len() {
            let error = Diagnostic::error(
                "E0306",
                format!("`{name}` has {}, and gets {}", axes_text(ty.shape.len()), spoken_shape(&shape)),
            )
            .at(argument.span, spoken_shape(&shape))
            .also(ty.span, "declared here");
            let error = if shape.is_empty() && ty.shape.len() == 1 {
                let error = self.input_meant(error, &argument.tensor, argument.span);
                self.as_one_entry(error, argument.tensor.id, argument.span)
            } else if !shape.is_empty() && ty.shape.len() == shape.len() + 1 {
                self.with_axis_of_one(error, argument.tensor.id, argument.span)
            } else {
                error
            };
            return self.fail(error);
        }
        let leading = shape.len() - ty.shape.len();
        let ends = self.graph.ends(argument.tensor.id);
        for (&written, (&size, &end)) in ty.shape.iter().zip(shape.iter().zip(&ends).skip(leading)) {
            self.fit_size(argument, ty, written, (size, end))?;
        }
        self.name_axes(argument.tensor.id, ty, leading);
        Ok(leading)
    }
    fn fit_kind(&mut self, argument: &Typed<'a>, ty: &WrittenType, kind: Kind) -> Outcome<()> {
        let name = &argument.parameter.name.name;
        let class = self.is_class(argument.tensor.id);
        let problem = match ty.element {
            Element::Number if class => format!("`{name}` is made of numbers, and gets a class"),
            Element::Bool if kind != Kind::Bool => format!("`{name}` is a truth value, and gets something else"),
            Element::Class(written) => match kind.count() {
                Some(size) => return self.fit_size(argument, ty, written, (size, None)),
                None => format!("`{name}` is a class, and gets something else"),
            },
            _ => return Ok(()),
        };
        let error =
            Diagnostic::error("E0405", problem).at(argument.span, "of another kind").also(ty.span, "declared here");
        let error = match class {
            // A class where a vector is wanted, or classes where rows are.
            true if self.shape(&argument.tensor).len() < ty.shape.len() => {
                let vector = format!("onehot({})", self.text(argument.span));
                error.edit("its vector of zeros and a one", argument.span, vector, false)
            }
            _ if matches!(ty.element, Element::Class(_)) => {
                error.help("classes are declared, as in `input x: class(5)`")
            }
            true => error.help("`onehot(…)` makes a vector of a class, `[… == 1]` a number"),
            false => error,
        };
        self.fail(error)
    }
    /// A size of a type: a name that is not bound yet is bound to it.
    fn fit_size(
        &mut self,
        argument: &Typed<'a>,
        ty: &WrittenType,
        written: TreeId,
        (size, end): (usize, Option<NodeId>),
    ) -> Outcome<()> {
        if let NodeKind::Name(name) = self.tree.kind(written)
            && self.scopes.own(self.scope, name).is_none()
        {
            let value = match end {
                Some(length) => Tensor::known(length, size as f64),
                None => self.constant(size as f64),
            };
            self.bind(name, value.into(), self.span(written));
            return Ok(());
        }
        let expected = self.size(written)?;
        if expected == size {
            return Ok(());
        }
        let shape = self.shape(&argument.tensor);
        let error = Diagnostic::error(
            "E0306",
            format!(
                "`{}` of `{}` does not fit",
                argument.parameter.name.name,
                self.calls.last().map_or("", |c| &c.defined.definition.name.name)
            ),
        )
        .at(argument.span, spoken_shape(&shape))
        .also(ty.span, format!("{} is {expected} here, not {size}", self.quote(written)));
        self.fail(error)
    }

    /// The leading axes that the arguments share.
    fn shared_leading(&mut self, typed: &[Typed<'a>]) -> Outcome<Vec<usize>> {
        let mut shared: Option<(Vec<usize>, Span)> = None;
        for argument in typed.iter().filter(|argument| argument.leading > 0) {
            let axes = self.shape(&argument.tensor)[..argument.leading].to_vec();
            match &shared {
                None => shared = Some((axes, argument.span)),
                Some((others, at)) if *others != axes => {
                    let error = Diagnostic::error("E0311", "arguments with leading axes share them")
                        .at(argument.span, format!("{} leads", shape_text(&axes)))
                        .also(*at, format!("{} leads", shape_text(others)))
                        .help("a function that maps over several arguments takes one element of each; `for` goes over one alone");
                    return self.fail(error);
                }
                Some(_) => {}
            }
        }
        Ok(shared.map_or(vec![], |(axes, _)| axes))
    }

    /// Reads the body for one element of the leading axes, and lifts what comes out over them.
    fn mapped(&mut self, defined: Defined<'a>, typed: &[Typed<'a>], leading: &[usize]) -> Outcome<Value<'a>> {
        let Some((&extent, rest)) = leading.split_first() else {
            for argument in typed {
                self.bind(&argument.parameter.name.name, argument.tensor.clone().into(), argument.parameter.name.span);
            }
            return self.differentiable_body(defined);
        };
        let mut pairs = vec![];
        let inner: Vec<Typed<'a>> = typed
            .iter()
            .map(|argument| {
                let mut inner = Typed { tensor: argument.tensor.clone(), ..*argument };
                if argument.leading > 0 {
                    let hole = self.element_hole(argument.tensor.id);
                    pairs.push((hole, argument.tensor.id));
                    inner.tensor = Tensor::new(hole);
                    inner.leading -= 1;
                }
                inner
            })
            .collect();
        let (steps, draws) = (self.sites.stepped.len(), self.graph.draws.len());
        let value = self.mapped(defined, &inner, rest)?;
        pairs.extend(self.draws_for_each(draws, extent));
        let at = self.calls.last().map_or(defined.definition.name.span, |call| call.span);
        self.lift_steps(steps, &pairs, extent, at)?;
        let value = self.lifted_value(value, &pairs, extent);
        let end = pairs.iter().find_map(|(_, all)| self.graph.end(*all, 0));
        Ok(match end {
            Some(end) => self.ending_value(value, end),
            None => value,
        })
    }
    /// The body; parameters that it differentiates by are holes until it is there.
    fn differentiable_body(&mut self, defined: Defined<'a>) -> Outcome<Value<'a>> {
        let by = self.differentiated_by(defined);
        if by.is_empty() {
            return self.body(defined);
        }
        let mut pairs = vec![];
        for parameter in defined.definition.parameters.iter().filter(|p| by.contains(&p.name.name.as_str())) {
            let name = &parameter.name.name;
            let value = self.scopes.own(self.scope, name).map(|entry| entry.slot.clone());
            if let Some(Slot::Value(Value::Tensor(tensor))) = value {
                let hole = self.argument_hole(tensor.id);
                pairs.push((hole, tensor.id));
                self.bind(name, Tensor::new(hole).into(), parameter.name.span);
            }
        }
        let steps = self.sites.stepped.len();
        let value = self.body(defined)?;
        let pairs = self.arguments_in_place(&pairs);
        self.substitute_steps(steps, &pairs);
        Ok(self.substituted(value, &pairs))
    }
    /// A value with nodes in the place of holes.
    pub fn substituted(&mut self, value: Value<'a>, pairs: &[(NodeId, NodeId)]) -> Value<'a> {
        let mut nodes = vec![];
        value.nodes(&mut nodes);
        let put = self.graph.unwatched(|graph| graph.substitute(&nodes, pairs));
        value.with_nodes(&mut put.into_iter())
    }
    /// The names of parameters by which the body differentiates.
    fn differentiated_by(&self, defined: Defined<'a>) -> Vec<&'a str> {
        let body = defined.tree.span(defined.definition.body);
        let mut names = vec![];
        for (_, node) in defined.tree.iter() {
            if node.span.start < body.start || body.end < node.span.end {
                continue;
            }
            match &node.kind {
                NodeKind::Derivative { by, .. } => names.extend(by.iter().filter_map(|(id, _)| defined.tree.name(*id))),
                NodeKind::Call { callee, arguments }
                    if matches!(defined.tree.name(*callee), Some("grad" | "jacobian" | "hessian")) =>
                {
                    names.extend(arguments.get(1).and_then(|argument| defined.tree.name(argument.value)));
                }
                _ => {}
            }
        }
        names
    }

    pub fn body(&mut self, defined: Defined<'a>) -> Outcome<Value<'a>> {
        let body = defined.definition.body;
        if let NodeKind::Block(statements) = self.tree.kind(body) {
            return self.block(statements);
        }
        let frame = self.frames.enter(self.frame, Label::Value);
        self.in_frame(frame, |this| this.expression(body))
    }
    /// A scope inside of the current one.
    pub fn inner_scope(&mut self) -> ScopeId {
        self.scopes.inside(self.scope)
    }
}

fn axes_text(axes: usize) -> String {
    match axes {
        0 => "no axes".into(),
        1 => "one axis".into(),
        n => format!("{n} axes"),
    }
}

fn spoken_shape(shape: &[usize]) -> String {
    if shape.is_empty() { "a number".into() } else { shape_text(shape) }
}
