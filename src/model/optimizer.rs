//! Optimizers: the definition is read once for each parameter, with the parameter's shape, a hole for its gradient and leaves for its states.
use super::call::Given;
use super::elaborator::{CallSite, Elaborator, Outcome, Reported};
use super::scope::Slot;
use super::value::{Defined, Function, Tensor, Value};
use super::{Initial, Optimizer, State, Update};
use crate::diagnostic::{Diagnostic, Span};
use crate::graph::show::shape_text;
use crate::graph::{Leaf, NodeId, Op, Type, Variable};
use crate::op::{arithmetic, exponential};
use crate::syntax::{
    Argument, DeclareKind, Declared, DefinitionKind, Ident, NodeKind, Start, Statement, StatementKind, Target, TreeId,
};
use indexmap::IndexMap;

/// A parameter's gradient: the hole for it, and what an optimizer sees of it, which may be clipped.
#[derive(Clone, Copy)]
pub struct Gradient {
    pub hole: NodeId,
    pub seen: NodeId,
}

/// What holds while one parameter's step is read.
pub struct Context {
    /// The gradient of each parameter.
    pub gradients: Vec<NodeId>,
    /// The value that is updated, and its next value by now.
    variable: String,
    shape: Vec<usize>,
    next: Option<NodeId>,
    states: IndexMap<String, (u32, NodeId)>,
}

impl<'a> Elaborator<'a> {
    /// `optimizer adam(rate = 1e-3)`: a name, or a call of one.
    pub fn optimizer(&mut self, id: TreeId, gradients: &[Gradient], numbers: &[u32]) -> Outcome<Optimizer> {
        let tree = self.tree;
        let (callee, arguments): (TreeId, &'a [Argument]) = match tree.kind(id) {
            NodeKind::Call { callee, arguments } => (*callee, arguments),
            _ => (id, &[]),
        };
        let span = self.span(id);
        let of_file = tree.path(callee).filter(|path| path.len() > 1).map(|path| path.join("."));
        let Some(name) = tree.name(callee).map(str::to_string).or(of_file) else {
            let mut error = Diagnostic::error("E0704", "an optimizer is named").at(span, "not a name");
            error = match tree.kind(id) {
                NodeKind::Text(name) => {
                    let name = name.to_lowercase();
                    error.edit(format!("write `{name}`"), span, name, true)
                }
                _ => error.help("as in `optimizer adam(rate = 1e-3)`"),
            };
            return self.fail(error);
        };
        let mut given = vec![];
        for argument in arguments {
            let value = self.expression(argument.value)?;
            let span = self.span(argument.value);
            if let Value::Tensor(tensor) = &value {
                self.one_for_all(tensor.id, span, "a setting of an optimizer")?;
            }
            given.push(Given { name: argument.name.as_ref(), value, span });
        }
        self.optimizer_named(&name, given, (self.span(callee), span), gradients, numbers)
    }
    /// The steps of the parameters with these numbers.
    pub fn optimizer_named(
        &mut self,
        name: &str,
        given: Vec<Given<'a>>,
        (name_span, span): (Span, Span),
        gradients: &[Gradient],
        numbers: &[u32],
    ) -> Outcome<Optimizer> {
        let defined = match self.function_named(name) {
            Some(Function::Defined(defined)) if defined.definition.kind == DefinitionKind::Optimizer => defined,
            Some(_) => {
                let error = Diagnostic::error("E0204", format!("`{name}` is no optimizer")).at(name_span, "a function");
                return self.fail(error);
            }
            None => return self.unknown_optimizer(name, name_span),
        };
        let definition = defined.definition;
        let [variable, gradient, ..] = &definition.parameters[..] else {
            let error =
                Diagnostic::error("E0704", format!("the optimizer `{name}` needs a parameter and its gradient"))
                    .at(definition.name.span, "as in `optimizer descent(w, g, rate = 0.01) { w <- w - rate g }`");
            return self.fail(error);
        };
        // The first two are the compiler's.
        let mut all = vec![];
        for (place, parameter) in [variable, gradient].into_iter().enumerate() {
            if let Some(given) = given.iter().find(|g| g.name.is_some_and(|n| n.name == parameter.name.name)) {
                let what = if place == 0 { "the parameter" } else { "its gradient" };
                let error = Diagnostic::error(
                    "E0206",
                    format!("`{}` of `{name}` is {what}: training gives it", parameter.name.name),
                )
                .at(given.span, "not an option");
                return self.fail(error);
            }
            all.push(Given { name: None, value: self.constant(0.0).into(), span });
        }
        all.extend(given);
        let slots = self.matched(defined, all, span)?;
        let mut updates = vec![];
        for &number in numbers {
            updates.push(self.update(defined, &slots, number, gradients, span)?);
        }
        Ok(Optimizer { name: name.to_string(), updates })
    }
    /// A hole for the gradient of each parameter.
    pub fn gradient_holes(&mut self) -> Vec<Gradient> {
        (0..self.graph.parameters.len())
            .map(|number| {
                let shape = self.graph.parameters[number].ty.shape.clone();
                let hole = self.graph.hole(Type::real(&shape, false));
                Gradient { hole, seen: hole }
            })
            .collect()
    }
    /// Shortens all gradients alike where their norm is more than so much: `g min(1, most / (‖g‖ + 1e-6))`, as in PyTorch. Those of frozen
    /// parameters do not count.
    pub fn clipped(&mut self, gradients: &mut [Gradient], most: NodeId, frozen: &[u32]) {
        let moving = gradients.iter().enumerate().filter(|(number, _)| !frozen.contains(&(*number as u32)));
        let squares: Vec<NodeId> = moving.map(|(_, g)| self.graph.dot(g.hole, g.hole)).collect();
        let Some(sum) = squares.into_iter().reduce(|a, b| self.graph.add(a, b)) else { return };
        let (norm, little) = (self.graph.unary(&exponential::SQRT, sum), self.graph.number(1e-6));
        let norm = self.graph.add(norm, little);
        let (ratio, one) = (self.graph.divide(most, norm), self.graph.number(1.0));
        let factor = self.graph.binary(&arithmetic::MIN, ratio, one);
        for gradient in gradients {
            let shape = self.graph.shape(gradient.hole).to_vec();
            let factor = self.graph.expand_to(factor, &shape);
            gradient.seen = self.graph.multiply(factor, gradient.hole);
        }
    }
    /// Refuses what differs from example to example.
    pub(super) fn one_for_all(&mut self, id: NodeId, span: Span, what: &str) -> Outcome<()> {
        if !self.graph.ty(id).varying {
            return Ok(());
        }
        let error = Diagnostic::error("E0410", format!("{what} is the same for all examples"))
            .at(span, "differs from example to example")
            .help("`batch_mean(…)` is the mean over the batch");
        self.fail(error)
    }
    fn unknown_optimizer<T>(&mut self, name: &str, span: Span) -> Outcome<T> {
        if self.reading.lacks_used_file {
            return Err(Reported);
        }
        let known: Vec<String> = self
            .scopes
            .visible(self.scope)
            .filter(|(_, entry)| {
                matches!(entry.slot, Slot::Value(Value::Function(Function::Defined(d))) if d.definition.kind == DefinitionKind::Optimizer)
            })
            .map(|(name, _)| name.to_string())
            .collect();
        let error = Diagnostic::error("E0201", format!("there is no optimizer `{name}`")).at(span, "not known");
        let error = match super::names::nearest(name, known.iter().map(String::as_str)) {
            Some(near) => {
                let is_same = near == name.to_lowercase();
                error.edit(format!("did you mean `{near}`?"), span, near, is_same)
            }
            None => error.help(format!("there are {}", super::call::listed(&known))),
        };
        self.fail(error)
    }

    /// One parameter's step.
    fn update(
        &mut self,
        defined: Defined<'a>,
        slots: &[Option<Given<'a>>],
        number: u32,
        gradients: &[Gradient],
        span: Span,
    ) -> Outcome<Update> {
        let definition = defined.definition;
        let (variable, gradient) = (&definition.parameters[0].name, &definition.parameters[1].name);
        let leaf = self.declared.parameters[number as usize].leaf;
        let Gradient { hole, seen } = gradients[number as usize];
        let shape = self.graph.shape(leaf).to_vec();
        self.optimizer = Some(Context {
            gradients: gradients.iter().map(|gradient| gradient.seen).collect(),
            variable: variable.name.clone(),
            shape,
            next: None,
            states: IndexMap::new(),
        });
        let scope = self.scopes.inside(defined.scope);
        self.scopes.set(scope, &variable.name, Slot::Value(Tensor::new(leaf).into()), variable.span);
        self.scopes.set(scope, &gradient.name, Slot::Value(Tensor::new(seen).into()), gradient.span);
        let arguments = self.argument_sites(defined, slots);
        self.calls.push(CallSite { span, defined, arguments });
        let result = self.in_scope(scope, |this| this.in_tree(defined.tree, |this| this.steps(defined, slots, number)));
        self.calls.pop();
        let context = self.optimizer.take();
        result?;
        match context {
            Some(Context { next: Some(next), states, .. }) => {
                Ok(Update { parameter: number, gradient: hole, next, states: states.into_values().collect() })
            }
            _ => {
                let error = Diagnostic::error(
                    "E0704",
                    format!("the optimizer `{}` never gives `{}` a next value", definition.name.name, variable.name),
                )
                .at(self.visible_span(definition.name.span), "no step")
                .help(format!("end it in `{} <- {} - …`", variable.name, variable.name));
                self.fail(error)
            }
        }
    }
    fn steps(&mut self, defined: Defined<'a>, slots: &[Option<Given<'a>>], number: u32) -> Outcome<()> {
        for (slot, parameter) in slots.iter().zip(&defined.definition.parameters).skip(2) {
            let value = match (slot, parameter.default) {
                (Some(given), _) => given.value.clone(),
                (None, Some(default)) => self.expression(default)?,
                (None, None) => return Err(Reported),
            };
            self.bind(&parameter.name.name, value, parameter.name.span);
        }
        let NodeKind::Block(statements) = self.tree.kind(defined.definition.body) else { return Err(Reported) };
        let mut result = Ok(());
        for statement in statements {
            if let StatementKind::Require { condition, why } = &statement.kind {
                self.require(*condition, why.as_deref())?;
                continue;
            }
            let one = self.step_statement(statement, number);
            result = result.and(one);
        }
        result
    }
    fn step_statement(&mut self, statement: &'a Statement, number: u32) -> Outcome<()> {
        match &statement.kind {
            StatementKind::Declare { kind: DeclareKind::State, items } => {
                items.iter().try_for_each(|item| self.optimizer_state(item, number))
            }
            StatementKind::Update { name, value } => {
                let next = self.tensor(*value)?;
                self.step_to(name, next, self.span(*value))
            }
            StatementKind::Binding { target: Target::Name(name), value, .. } => {
                let of_steps = self.optimizer.as_ref();
                if of_steps.is_some_and(|c| c.variable == name.name || c.states.contains_key(&name.name)) {
                    return self.bound_for_updated(name, *value);
                }
                let value = self.expression(*value)?;
                self.bind(&name.name, value, name.span);
                Ok(())
            }
            StatementKind::Binding { target: Target::Tuple(names), value, .. } => {
                let value = self.expression(*value)?;
                match value {
                    Value::Tuple(items) if items.len() == names.len() => {
                        names.iter().zip(items).for_each(|(name, item)| self.bind(&name.name, item, name.span));
                        Ok(())
                    }
                    _ => self.fail(
                        Diagnostic::error("E0405", "not a tuple of as many values").at(statement.span, "does not fit"),
                    ),
                }
            }
            StatementKind::Draw { name, ty, distribution } => {
                self.draw(name, ty.as_ref(), *distribution, statement.span)
            }
            StatementKind::Error { .. } => Err(Reported),
            _ => {
                let error = Diagnostic::error("E0212", "an optimizer has states, bindings and steps `w <- …`")
                    .at(statement.span, "not in an optimizer");
                self.fail(error)
            }
        }
    }

    /// `state v = 0`, of the parameter's shape, or `state q: [] = 0`, of its own. It is named by the parameter: `optimizer.h.w.v`.
    fn optimizer_state(&mut self, item: &'a Declared, number: u32) -> Outcome<()> {
        let Some(context) = &self.optimizer else { return Err(Reported) };
        let shape = match &item.ty {
            None => context.shape.clone(),
            Some(_) => self.type_of_numbers(item, "state", "state", "not of classes or truth values")?.shape.to_vec(),
        };
        let initial = match item.start {
            None => self.graph.constant(0.0, &shape),
            Some(Start::Value(id)) => self.initial_value(id, &shape)?,
            Some(Start::Draw(id)) => {
                let error = Diagnostic::error("E0405", "a state begins with a value")
                    .at(self.span(id), "drawn")
                    .help("as in `state v = 0`");
                return self.fail(error);
            }
        };
        let path = format!("optimizer.{}.{}", self.graph.parameters[number as usize].name, item.name.name);
        let span = self.visible_span(item.name.span);
        self.graph.states.push(Variable { name: path, ty: Type::real(&shape, false), span });
        let state = self.graph.states.len() as u32 - 1;
        let leaf = self.graph.intern(Op::Leaf(Leaf::State(state)));
        self.declared.states.push(State { leaf, initial: Initial::Value(initial), next: None });
        if let Some(context) = &mut self.optimizer {
            context.states.insert(item.name.name.clone(), (state, leaf));
        }
        self.bind(&item.name.name, Tensor::new(leaf).into(), item.name.span);
        Ok(())
    }
    /// `w = w - rate g`, as other tools write it: this would change nothing.
    fn bound_for_updated(&mut self, name: &Ident, value: TreeId) -> Outcome<()> {
        let sign = Span { start: name.span.end, end: self.span(value).start, ..name.span };
        let error = Diagnostic::error("E0704", format!("the next value of `{}` is given by `<-`", name.name))
            .at(sign, "would be a new value of this name")
            .edit("write `<-`", sign, " <- ", true);
        self.fail(error)
    }
    /// `w <- e`: from here on the name means its next value.
    fn step_to(&mut self, name: &Ident, next: Tensor, span: Span) -> Outcome<()> {
        let Some(context) = &self.optimizer else { return Err(Reported) };
        let is_variable = context.variable == name.name;
        let shape = match context.states.get(&name.name) {
            Some((state, _)) if !is_variable => self.graph.states[*state as usize].ty.shape.to_vec(),
            _ => context.shape.clone(),
        };
        if !is_variable && !context.states.contains_key(&name.name) {
            let error = Diagnostic::error("E0212", format!("`{}` is no state of this optimizer", name.name))
                .at(name.span, "gets a next value")
                .help(format!("declare it: `state {} = 0`; or bind it: `{} = …`", name.name, name.name));
            return self.fail(error);
        }
        self.numeric_here(&next, span)?;
        let own = self.shape(&next);
        if !shape.ends_with(&own) {
            let error = Diagnostic::error(
                "E0312",
                format!("the next `{}` is {}, and it is {}", name.name, shape_text(&own), shape_text(&shape)),
            )
            .at(span, shape_text(&own));
            let error = match is_variable {
                true => error,
                false => {
                    error.note("a state has the shape of the parameter, or what it is declared with: `state q: [] = 0`")
                }
            };
            return self.fail(error);
        }
        self.one_for_all(next.id, span, &format!("the next `{}`", name.name))?;
        let id = self.graph.expand_to(next.id, &shape);
        if let Some(context) = &mut self.optimizer {
            if is_variable {
                context.next = Some(id);
            } else if let Some(state) = context.states.get_mut(&name.name) {
                state.1 = id;
            }
        }
        self.bind(&name.name, Tensor::new(id).into(), name.span);
        Ok(())
    }
}
