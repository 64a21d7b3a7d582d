//! Loops: `for` maps, `fold` and `scan` carry states through a loop of the graph, `repeat` is unrolled.
use super::elaborator::{Elaborator, Outcome, Reported};
use super::path::Label;
use super::value::{Tensor, Value};
use crate::diagnostic::{Diagnostic, Span};
use crate::graph::show::shape_text;
use crate::graph::view::rows;
use crate::graph::{Kind, Leaf, LoopId, NodeId, Op, Type};
use crate::limits;
use crate::syntax::{Loop, LoopKind, NodeKind, TreeId};

/// What a loop runs over.
#[derive(Clone)]
enum Over {
    /// The elements of a value's first axis.
    Elements(Tensor),
    /// The whole numbers from 0.
    Places(usize),
}

/// What a loop runs over, for each variable, and how often.
struct Rounds {
    overs: Vec<Over>,
    length: usize,
    /// How many rounds count, if examples differ.
    end: Option<NodeId>,
    reverse: bool,
}

impl<'a> Elaborator<'a> {
    pub fn looped(&mut self, of: &'a Loop, span: Span) -> Outcome<Value<'a>> {
        match of.kind {
            // That a state is missing was said when it was read.
            LoopKind::Fold | LoopKind::Scan | LoopKind::Repeat if of.states.is_empty() => Err(Reported),
            LoopKind::For => self.map(of),
            LoopKind::Fold | LoopKind::Scan => self.carried(of, span),
            LoopKind::Repeat => self.unrolled(of),
        }
    }

    /// What each variable runs over, how many places there are, and whether from the last to the first.
    fn over(&mut self, of: &'a Loop) -> Outcome<Rounds> {
        let (inner, reverse) = self.without_reverse(of.over);
        let ids: Vec<TreeId> = match self.tree.kind(self.tree.bare(inner)) {
            NodeKind::Tuple(items) => items.clone(),
            _ => vec![inner],
        };
        let span = self.span(of.over);
        let mut values: Vec<(Value<'a>, Span)> = vec![];
        for id in ids {
            match self.expression(id)? {
                Value::Tuple(items) => values.extend(items.into_iter().map(|item| (item, self.span(id)))),
                value => values.push((value, self.span(id))),
            }
        }
        if values.len() != of.variables.len() {
            let error = Diagnostic::error(
                "E0310",
                format!("{} over {}", counted(of.variables.len(), "name"), counted(values.len(), "value")),
            )
            .at(span, format!("{} here", values.len()))
            .help("`for a, b in (xs, ys)` runs over both at once");
            return self.fail(error);
        }
        let mut overs = vec![];
        let mut length: Option<(usize, Span)> = None;
        let mut all_end: Option<NodeId> = None;
        for (value, at) in values {
            let (over, n, end) = match value {
                Value::Range { from: 0, to, end } => (Over::Places(to as usize), to as usize, end),
                value => {
                    let x = self.tensor_of(value, at)?;
                    match self.graph.shape(x.id).first() {
                        Some(&n) => {
                            let end = self.graph.end(x.id, 0);
                            (Over::Elements(x), n, end)
                        }
                        None => {
                            let error =
                                Diagnostic::error("E0310", "a loop runs over a list or a range, not over a number")
                                    .at(at, "a number")
                                    .help("`0..n` are the whole numbers below n");
                            return self.fail(error);
                        }
                    }
                }
            };
            match length {
                Some((other, other_at)) if other != n => {
                    let error = Diagnostic::error("E0310", "what a loop runs over has one length")
                        .at(at, format!("{n} elements"))
                        .also(other_at, format!("{other} elements"));
                    return self.fail(error);
                }
                _ => length = Some((n, at)),
            }
            match (all_end, end) {
                (Some(one), Some(other)) if one != other => {
                    let error =
                        Diagnostic::error("E0310", "what a loop runs over has one length").at(at, "another length");
                    return self.fail(error.note("both are as long as each example says, and not by the same name"));
                }
                _ => all_end = all_end.or(end),
            }
            overs.push(over);
        }
        Ok(Rounds { overs, length: length.map_or(0, |(n, _)| n), end: all_end, reverse })
    }
    /// `xs` of `reverse(xs)`: the loop runs the other way.
    fn without_reverse(&self, over: TreeId) -> (TreeId, bool) {
        if let NodeKind::Call { callee, arguments } = self.tree.kind(over)
            && self.tree.name(*callee) == Some("reverse")
            && !self.is_bound("reverse")
            && let [argument] = &arguments[..]
        {
            return (argument.value, true);
        }
        (over, false)
    }

    /// `for`: the body for one element, lifted over all of them.
    fn map(&mut self, of: &'a Loop) -> Outcome<Value<'a>> {
        let Rounds { overs, length, end, reverse } = self.over(of)?;
        let scope = self.inner_scope();
        let mut pairs: Vec<(NodeId, NodeId)> = vec![];
        for (name, over) in of.variables.iter().zip(overs) {
            let (hole, all) = match over {
                Over::Elements(x) => {
                    let all = if reverse { self.reversed(x.id, 0) } else { x.id };
                    (self.element_hole(all), all)
                }
                Over::Places(n) => {
                    let ty = Type { shape: vec![], kind: Kind::Index(n), varying: false };
                    let (hole, all) = (self.graph.hole(ty), self.graph.intern(Op::Leaf(Leaf::Iota(n))));
                    let all = end.map_or(all, |end| self.graph.ending(all, 0, end));
                    (hole, if reverse { self.reversed(all, 0) } else { all })
                }
            };
            self.facts.ended_places.extend(end.map(|end| (hole, end)));
            pairs.push((hole, all));
            self.scopes.set(scope, &name.name, super::scope::Slot::Value(Tensor::new(hole).into()), name.span);
        }
        let (steps, draws) = (self.sites.stepped.len(), self.graph.draws.len());
        let value = self.in_scope(scope, |this| this.loop_body(of.body))?;
        pairs.extend(self.draws_for_each(draws, length));
        self.lift_steps(steps, &pairs, length, self.span(of.over))?;
        let value = self.lifted_value(value, &pairs, length);
        Ok(match end {
            Some(end) => self.ending_value(value, end),
            None => value,
        })
    }
    /// A value that a loop made of each element: where the elements end, it does.
    pub(super) fn ending_value(&mut self, value: Value<'a>, end: NodeId) -> Value<'a> {
        let mut nodes = vec![];
        value.nodes(&mut nodes);
        let ending: Vec<NodeId> = nodes.into_iter().map(|id| self.graph.ending(id, 0, end)).collect();
        value.with_nodes(&mut ending.into_iter())
    }
    fn loop_body(&mut self, body: TreeId) -> Outcome<Value<'a>> {
        match self.tree.kind(body) {
            NodeKind::Block(statements) => self.block_with(statements, self.frame),
            _ => self.expression(body),
        }
    }
    /// The elements along an axis, from the last to the first.
    pub fn reversed(&mut self, x: NodeId, axis: usize) -> NodeId {
        if let Some(length) = self.graph.end(x, axis) {
            return self.last_to_first(x, axis, length);
        }
        let shape = self.graph.shape(x).to_vec();
        let mut all: Vec<_> = shape.iter().enumerate().map(|(a, &n)| crate::graph::Row::axis(a, n)).collect();
        all[axis] = rows::slice(axis, shape[axis], shape[axis] - 1, -1);
        self.graph.view(x, shape, all)
    }

    /// `fold` and `scan`.
    fn carried(&mut self, of: &'a Loop, span: Span) -> Outcome<Value<'a>> {
        let Rounds { overs, length, end, reverse } = self.over(of)?;
        let mut starts: Vec<(Tensor, Span)> = vec![];
        for state in &of.states {
            let span = self.span(state.start);
            starts.push((self.tensor(state.start)?, span));
        }
        let over_varies = overs.iter().any(|over| matches!(over, Over::Elements(x) if self.graph.ty(x.id).varying));
        let over_varies = over_varies || end.is_some();
        let mut varying: Vec<bool> =
            starts.iter().map(|(start, _)| over_varies || self.graph.ty(start.id).varying).collect();
        let mut kinds: Vec<Kind> = starts.iter().map(|(start, _)| self.graph.ty(start.id).kind).collect();
        let sources = self.frames.sources(self.frame);
        let draws = self.graph.draws.len();
        let mut rounds = 0;
        loop {
            let id = self.graph.begin_loop(length, reverse, &[]);
            for (((start, _), kind), varying) in starts.iter().zip(&kinds).zip(&varying) {
                self.graph.add_binder(id, start.id, *kind, *varying);
            }
            self.frames.set_sources(self.frame, sources);
            self.reading.replaying += rounds;
            let steps = self.sites.stepped.len();
            self.graph.draws.truncate(draws);
            if let Some(end) = end {
                let place = self.graph.intern(Op::Leaf(Leaf::LoopIndex(id)));
                self.facts.ended_places.insert(place, end);
            }
            let next = self.round(of, id, &overs);
            self.reading.replaying -= rounds;
            let next = next?;
            if steps < self.sites.stepped.len() {
                let error = Diagnostic::error("E0410", "a `state` can't step inside of a loop")
                    .at(span, "it would step in each round")
                    .help("call the layer outside, or in a `for`");
                return self.fail(error);
            }
            self.check_states(of, &starts, &next)?;
            let now: Vec<bool> =
                varying.iter().zip(&next).map(|(v, next)| *v || self.graph.ty(next.id).varying).collect();
            let kinds_now = self.kinds_of_states(of, &kinds, &starts, &next)?;
            if now != varying || kinds_now != kinds {
                // A state that starts uniform and becomes varying, or as a whole number and goes on as another: the body is read again
                // with what it is from the second round on.
                (varying, kinds, rounds) = (now, kinds_now, 1);
                continue;
            }
            let mut next = next;
            for (index, next) in next.iter_mut().enumerate() {
                // Behind the end nothing changes.
                if let Some(end) = end {
                    let (shape, before) = (self.shape(next), self.graph.looped(id).binders[index].leaf);
                    let counts = self.graph.round_counts(id, end, &shape);
                    let kind = kinds[index];
                    let now = self.graph.as_kind(next.id, kind).unwrap_or(next.id);
                    *next = Tensor::new(self.graph.select(counts, now, before));
                }
                self.graph.set_next(id, index, next.id);
            }
            self.within_rounds(id)?;
            let mut results: Vec<Value<'a>> = vec![];
            for next in &next {
                let node = match of.kind {
                    LoopKind::Scan => {
                        let all = self.graph.stacked(id, next.id);
                        let all = end.map_or(all, |end| self.graph.ending(all, 0, end));
                        if reverse { self.reversed(all, 0) } else { all }
                    }
                    _ => self.graph.last(id, next.id),
                };
                self.mark(node, span);
                results.push(Tensor::new(node).into());
            }
            return Ok(match results.len() {
                1 => results.remove(0),
                _ => Value::Tuple(results),
            });
        }
    }
    /// The body of one round; the next values of the states.
    fn round(&mut self, of: &'a Loop, id: LoopId, overs: &[Over]) -> Outcome<Vec<Tensor>> {
        let scope = self.inner_scope();
        let mut taken: Vec<NodeId> = vec![];
        for (name, over) in of.variables.iter().zip(overs) {
            let node = match over {
                Over::Elements(x) => {
                    // Two names for elements of one list are two values: each may be differentiated by.
                    let (mut all, shape) = (x.id, self.graph.shape(x.id).to_vec());
                    while taken.contains(&all) {
                        all = self.graph.intern(Op::Reshape { x: all, shape: shape.clone() });
                    }
                    taken.push(all);
                    self.graph.element(id, all)
                }
                Over::Places(_) => self.graph.intern(Op::Leaf(Leaf::LoopIndex(id))),
            };
            self.scopes.set(scope, &name.name, super::scope::Slot::Value(Tensor::new(node).into()), name.span);
        }
        for (index, state) in of.states.iter().enumerate() {
            let leaf = self.graph.looped(id).binders[index].leaf;
            if self.calls.is_empty() {
                self.graph.name(leaf, state.name.name.clone());
            } else {
                self.declared.inner_names.push((leaf, self.frame, state.name.name.clone()));
            }
            self.scopes.set(
                scope,
                &state.name.name,
                super::scope::Slot::Value(Tensor::new(leaf).into()),
                state.name.span,
            );
        }
        self.reading.rounds.push((id, scope));
        let value = self.in_scope(scope, |this| this.loop_body(of.body));
        self.reading.rounds.pop();
        let at = self.value_span(of.body);
        self.states_of(value?, of, at)
    }
    /// Where the value of a loop's body stands.
    fn value_span(&self, body: TreeId) -> Span {
        match self.tree.kind(body) {
            NodeKind::Block(statements) => statements.last().map_or(self.span(body), |s| s.span),
            _ => self.span(body),
        }
    }
    fn states_of(&mut self, value: Value<'a>, of: &'a Loop, at: Span) -> Outcome<Vec<Tensor>> {
        let values = match value {
            Value::Tuple(items) => items,
            value => vec![value],
        };
        if values.len() != of.states.len() {
            let names: Vec<&str> = of.states.iter().map(|s| s.name.name.as_str()).collect();
            let shown = if names.len() == 1 { format!("`{}`", names[0]) } else { format!("`({})`", names.join(", ")) };
            let error = Diagnostic::error(
                "E0310",
                format!(
                    "the body gives {}, for {}: {shown}",
                    counted(values.len(), "value"),
                    counted(names.len(), "state")
                ),
            )
            .at(at, "the next state");
            return self.fail(error);
        }
        let all: Vec<Outcome<Tensor>> = values.into_iter().map(|value| self.tensor_of(value, at)).collect();
        all.into_iter().collect()
    }
    fn check_states(&mut self, of: &'a Loop, starts: &[(Tensor, Span)], next: &[Tensor]) -> Outcome<()> {
        for ((state, (start, start_span)), next) in of.states.iter().zip(starts).zip(next) {
            let (from, to) = (self.shape(start), self.shape(next));
            if from != to {
                let error = Diagnostic::error(
                    "E0310",
                    format!("`{}` starts as {} and goes on as {}", state.name.name, spoken(&from), spoken(&to)),
                )
                .at(self.value_span(of.body), spoken(&to))
                .also(*start_span, spoken(&from));
                let error = match to[..] {
                    [n] if from.is_empty() => {
                        error.edit("start with a vector", *start_span, format!("zeros({n})"), false)
                    }
                    _ => error.help("in `fold` and `scan` a state keeps its shape; in `repeat` it may change"),
                };
                return self.fail(error);
            }
        }
        Ok(())
    }

    /// What the states are in all rounds: numbers of two kinds are numbers.
    fn kinds_of_states(
        &mut self,
        of: &'a Loop,
        kinds: &[Kind],
        starts: &[(Tensor, Span)],
        next: &[Tensor],
    ) -> Outcome<Vec<Kind>> {
        let mut all = vec![];
        for ((kind, (start, start_span)), next) in kinds.iter().zip(starts).zip(next) {
            match kind.with(self.graph.ty(next.id).kind) {
                Some(kind) => all.push(kind),
                None => {
                    let at = self.value_span(of.body);
                    // A state keeps its shape: of a class beside a number, no vector is offered.
                    let (first, last) = (self.is_class(start.id), self.is_class(next.id));
                    return match (first, last) {
                        (true, false) => self.numeric_here(start, *start_span),
                        (false, _) => self.numeric_here(next, at),
                        (true, true) => self.one_kind((start, *start_span), (next, at), &[]),
                    }
                    .map(|()| vec![]);
                }
            }
        }
        Ok(all)
    }

    /// `repeat`: each round is read on its own, with parameters of its own.
    fn unrolled(&mut self, of: &'a Loop) -> Outcome<Value<'a>> {
        let Rounds { overs, length, end, reverse } = self.over(of)?;
        if end.is_some() {
            let error = Diagnostic::error("E0317", "`repeat` is unrolled: it has as many rounds in each example");
            let error = error.at(self.span(of.over), "as long as each example says");
            return self.fail(error.help("`fold` and `scan` stop where an example ends"));
        }
        if length > limits::REPEAT_ROUNDS {
            let error = Diagnostic::error("E0905", format!("`repeat` has at most {} rounds", limits::REPEAT_ROUNDS))
                .at(self.span(of.over), format!("{length} rounds"))
                .help("`repeat` is unrolled when compiling; `fold` and `scan` are loops when running");
            return self.fail(error);
        }
        let starts: Vec<TreeId> = of.states.iter().map(|state| state.start).collect();
        let mut states = self.all(&starts)?;
        let source = self.frames.enter_source(self.frame);
        let places: Vec<usize> = if reverse { (0..length).rev().collect() } else { (0..length).collect() };
        for (round, place) in places.into_iter().enumerate() {
            let scope = self.inner_scope();
            for (name, over) in of.variables.iter().zip(&overs) {
                let value = self.element_at(over, place);
                self.scopes.set(scope, &name.name, super::scope::Slot::Value(value.into()), name.span);
            }
            for (state, value) in of.states.iter().zip(&states) {
                self.scopes.set(scope, &state.name.name, super::scope::Slot::Value(value.clone()), state.name.span);
            }
            let frame = self.frames.enter(source, Label::Round(round));
            let value = self.in_scope(scope, |this| {
                this.in_frame(frame, |this| match this.tree.kind(of.body) {
                    NodeKind::Block(statements) => this.block(statements),
                    _ => this.expression(of.body),
                })
            })?;
            let at = self.value_span(of.body);
            states = match (value, of.states.len()) {
                (value, 1) => vec![value],
                (value, _) => self.states_of(value, of, at)?.into_iter().map(Value::Tensor).collect(),
            };
        }
        Ok(match states.len() {
            1 => states.remove(0),
            _ => Value::Tuple(states),
        })
    }
    fn element_at(&mut self, over: &Over, place: usize) -> Tensor {
        match over {
            Over::Places(_) => self.constant(place as f64),
            Over::Elements(x) => match &x.known {
                Some(known) if self.graph.shape(x.id).len() == 1 => {
                    let value = known[place];
                    self.constant(value)
                }
                _ => Tensor::new(self.graph.index(x.id, 0, place)),
            },
        }
    }
}

/// `1 value`, `2 values`
fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn spoken(shape: &[usize]) -> String {
    if shape.is_empty() { "a number".into() } else { shape_text(shape) }
}
