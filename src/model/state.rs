//! States of layers: `state center: [n] = 0`, and `center <- e`, which gives it its value for the next step.
use super::Initial;
use super::elaborator::{Elaborator, Outcome, Reported};
use super::scope::Slot;
use super::value::{Tensor, Value};
use crate::diagnostic::{Diagnostic, Span};
use crate::graph::lift::widened;
use crate::graph::show::shape_text;
use crate::graph::{Leaf, NodeId, Op, Variable};
use crate::syntax::{Declared, Ident, Start, TreeId};

impl<'a> Elaborator<'a> {
    /// `state center: [n] = 0`
    pub fn state(&mut self, item: &'a Declared) -> Outcome<()> {
        let made = self.made_state(item);
        let name = &item.name;
        match made {
            Ok((number, value)) => {
                self.sites.state_names.insert((self.scope, name.name.clone()), number);
                self.scopes.set(self.scope, &name.name, Slot::Value(Tensor::new(value).into()), name.span);
                Ok(())
            }
            Err(Reported) => {
                self.scopes.set(self.scope, &name.name, Slot::Broken, name.span);
                Err(Reported)
            }
        }
    }
    /// The state's number, and the value that it has by now: a model that is called again goes on from its first call.
    fn made_state(&mut self, item: &'a Declared) -> Outcome<(u32, NodeId)> {
        let name = &item.name;
        let ty = self.type_of_numbers(item, "state", "state", "not of classes or truth values")?;
        let key = (self.frame, name.name.clone());
        if let Some(&number) = self.sites.states.get(&key) {
            return self.same_state(number, &ty.shape, name);
        }
        let initial = match item.start {
            None => self.graph.constant(0.0, &ty.shape),
            Some(Start::Value(id)) => self.initial_value(id, &ty.shape)?,
            Some(Start::Draw(id)) => {
                let error = Diagnostic::error("E0405", "a state begins with a value")
                    .at(self.span(id), "drawn")
                    .help("as in `state v = 0`");
                return self.fail(error);
            }
        };
        let span = self.visible_span(name.span);
        self.graph.states.push(Variable { name: name.name.clone(), ty, span });
        let number = self.graph.states.len() as u32 - 1;
        let leaf = self.graph.intern(Op::Leaf(Leaf::State(number)));
        self.mark(leaf, name.span);
        self.declared.states.push(super::State { leaf, initial: Initial::Value(initial), next: None });
        self.sites.states.insert(key, number);
        Ok((number, leaf))
    }
    fn same_state(&mut self, number: u32, shape: &[usize], name: &Ident) -> Outcome<(u32, NodeId)> {
        let path = self.frames.path_of(self.frame, &name.name);
        let first = &self.graph.states[number as usize];
        let (before, first_span) = (first.ty.shape.clone(), first.span);
        if self.reading.replaying == 0 {
            let error = Diagnostic::error("E0207", format!("two states would bear the name `{path}`"))
                .at(name.span, "the second")
                .also(first_span, "the first")
                .help("bind the calls to names of their own: `a = …`, `b = …`");
            return self.fail(error);
        }
        if before != shape {
            let message = format!("`{path}` is {}, and this call needs {}", shape_text(&before), shape_text(shape));
            return self.fail(Diagnostic::error("E0306", message).at(name.span, "shared by all calls of a model"));
        }
        let state = &self.declared.states[number as usize];
        Ok((number, state.next.unwrap_or(state.leaf)))
    }

    /// `center <- e`: from here on the name means its next value. Only training steps.
    pub fn state_update(&mut self, name: &'a Ident, value: TreeId, whole: Span) -> Outcome<()> {
        let found = self.scopes.find(self.scope, &name.name).map(|(scope, _)| scope);
        let number = found
            .and_then(|scope| self.sites.state_names.get(&(scope, name.name.clone())).copied().map(|n| (scope, n)));
        let Some((scope, number)) = number else {
            if found
                .is_some_and(|scope| matches!(self.scopes.own(scope, &name.name).map(|e| &e.slot), Some(Slot::Broken)))
            {
                return Err(Reported);
            }
            let error = Diagnostic::error("E0212", format!("`{} <- …` gives a `state` its next value", name.name))
                .at(whole, "no state of this name here")
                .help(format!("a state is declared: `state {} = 0`", name.name));
            let between = Span { start: name.span.end, end: self.span(value).start, ..whole };
            let error = error.edit("to bind a value, write `=`", between, " = ", false);
            self.scopes.set(self.scope, &name.name, Slot::Broken, name.span);
            return self.fail(error);
        };
        let next = self.tensor(value)?;
        let span = self.span(value);
        self.numeric_here(&next, span)?;
        let (shape, own) = (self.graph.states[number as usize].ty.shape.clone(), self.shape(&next));
        if !shape.ends_with(&own) {
            let message = format!("the next `{}` is {}, and it is {}", name.name, shape_text(&own), shape_text(&shape));
            return self.fail(Diagnostic::error("E0312", message).at(span, shape_text(&own)));
        }
        if self.graph.ty(next.id).varying {
            let error = Diagnostic::error("E0410", format!("the next value of `{}` depends on the example", name.name))
                .at(span, "of which example would it be?")
                .help("a state is the same for all examples: take `batch_mean(…)` of what varies");
            return self.fail(error);
        }
        if !self.graph.node(next.id).loops.is_empty() {
            let error =
                Diagnostic::error("E0410", format!("the next value of `{}` depends on the round of a loop", name.name))
                    .at(span, "of which round would it be?")
                    .help("a state steps once a step; what a loop carries stands behind `with`");
            return self.fail(error);
        }
        if !self.options.training {
            return Ok(());
        }
        let id = self.graph.expand_to(next.id, &shape);
        self.declared.states[number as usize].next = Some(id);
        self.sites.stepped.push(number);
        let span = self.scopes.own(scope, &name.name).map_or(name.span, |entry| entry.span);
        self.scopes.set(scope, &name.name, Slot::Value(Value::Tensor(Tensor::new(id))), span);
        Ok(())
    }

    /// The steps since a place in their list, with nodes in the place of holes.
    pub fn substitute_steps(&mut self, since: usize, pairs: &[(NodeId, NodeId)]) {
        let numbers = self.stepped_since(since);
        let next: Vec<NodeId> = numbers.iter().filter_map(|n| self.declared.states[*n as usize].next).collect();
        let put = self.graph.unwatched(|graph| graph.substitute(&next, pairs));
        for (number, id) in numbers.iter().zip(put) {
            self.declared.states[*number as usize].next = Some(id);
        }
    }
    /// The steps since a place in their list, in a function that was mapped over an axis.
    pub fn lift_steps(&mut self, since: usize, pairs: &[(NodeId, NodeId)], extent: usize, at: Span) -> Outcome<()> {
        let numbers = self.stepped_since(since);
        let next: Vec<NodeId> = numbers.iter().filter_map(|n| self.declared.states[*n as usize].next).collect();
        let pairs = self.put_in_place(pairs);
        let lifted = self.graph.unwatched(|graph| graph.lift(&next, &pairs, extent));
        for (number, one) in numbers.iter().zip(lifted) {
            if one.1 {
                let name = self.graph.states[*number as usize].name.clone();
                // Leaves the graph sound: the step has the shape of the state.
                self.declared.states[*number as usize].next = None;
                let error = Diagnostic::error(
                    "E0410",
                    format!("the next value of `{name}` depends on the place that is mapped over"),
                )
                .at(at, "mapped here")
                .help("take `batch_mean(…)` of what varies: it averages over the mapped axes too");
                return self.fail(error);
            }
            self.declared.states[*number as usize].next = Some(one.0);
        }
        Ok(())
    }
    fn stepped_since(&self, since: usize) -> Vec<u32> {
        let mut numbers = self.sites.stepped[since..].to_vec();
        numbers.sort();
        numbers.dedup();
        numbers
    }
    /// A value over a new leading axis: the holes become all the elements of their partners.
    pub fn lifted_value(&mut self, value: Value<'a>, pairs: &[(NodeId, NodeId)], extent: usize) -> Value<'a> {
        let mut nodes = vec![];
        value.nodes(&mut nodes);
        let pairs = self.put_in_place(pairs);
        let lifted = self.graph.unwatched(|graph| graph.lift(&nodes, &pairs, extent));
        let mut wide: Vec<NodeId> = vec![];
        for one in lifted {
            wide.push(widened(&mut self.graph, one, extent));
        }
        value.with_nodes(&mut wide.into_iter())
    }
}
