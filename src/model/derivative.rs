//! Derivatives that a file asks for: `grad(u, x)`, `∂u/∂x`, `u'(x)`.
use super::Derivative;
use super::call::Given;
use super::elaborator::{Elaborator, InRound, Outcome};
use super::scope::ScopeId;
use super::value::{Defined, Function, Tensor, Value};
use crate::diagnostic::{Diagnostic, Span};
use crate::gradient::{self, Failure};
use crate::graph::show::shape_text;
use crate::graph::{Leaf, LoopId, NodeId, Op, Type};
use crate::limits::DERIVATIVE_ORDER;
use crate::syntax::{DefinitionKind, TreeId};

impl<'a> Elaborator<'a> {
    /// `∂of/∂by`.
    pub fn derivative(
        &mut self,
        of: &Tensor,
        of_span: Span,
        by: &Tensor,
        by_span: Span,
        whole: Span,
    ) -> Outcome<Tensor> {
        let (seen, back) = self.through_elements(of.id, by.id);
        let of = &Tensor { id: seen, ..of.clone() };
        self.check_derivative(of, of_span, by, by_span, whole)?;
        let order = 1 + self.order_of(of.id);
        if DERIVATIVE_ORDER < order {
            let error = Diagnostic::error("E0907", format!("derivatives go up to the order {DERIVATIVE_ORDER}"))
                .at(whole, format!("of the order {order}"))
                .help("their terms grow with about the fourth power of the order");
            return self.fail(error);
        }
        let (is_same, before) = (of.id == by.id, self.graph.len());
        let result = if is_same && self.graph.shape(of.id).is_empty() {
            Ok(self.graph.number(1.0))
        } else {
            let called = Some(self.text(by_span)).filter(|text| text.chars().all(|c| c.is_alphanumeric() || c == '_'));
            let called = called.map(str::to_string);
            self.graph.unwatched(|graph| gradient::derivative(graph, of.id, by.id, called.as_deref()))
        };
        match result {
            Ok(seen) => {
                let id = self.with_elements(seen, &back);
                // What was there already, as the 1 of `x + 1`, has not grown.
                if before <= id.index() && !matches!(self.graph.op(id), Op::Leaf(_)) {
                    self.facts.orders.insert(id, order);
                }
                self.asked_for(seen, of.id, (by.id, by_span), whole);
                Ok(Tensor::new(id))
            }
            Err(failure) => self.derivative_failed(failure, of, of_span, by_span, whole),
        }
    }
    /// The highest order of the derivatives that a value is made of.
    fn order_of(&self, id: NodeId) -> usize {
        if self.facts.orders.is_empty() {
            return 0;
        }
        self.graph.reachable(&[id]).iter().filter_map(|x| self.facts.orders.get(x).copied()).max().unwrap_or(0)
    }
    /// The same for a claim: of a number it may go across `batch_mean`, as what `gradus grad` prints does. Then it is the share of one
    /// example in the derivative of the mean over the batch.
    pub fn claimed_gradient(
        &mut self,
        of: &Tensor,
        of_span: Span,
        by: &Tensor,
        by_span: Span,
        whole: Span,
    ) -> Outcome<Tensor> {
        let of = &Tensor { id: self.with_originals(of.id, by.id), ..of.clone() };
        if gradient::crosses_batch(&self.graph, of.id, by.id) && self.graph.shape(of.id).is_empty() {
            self.check_derivative(of, of_span, by, by_span, whole)?;
            return Ok(Tensor::new(self.graph.unwatched(|graph| gradient::across_batch(graph, of.id, by.id))));
        }
        self.derivative(of, of_span, by, by_span, whole)
    }
    /// What no derivative may be: by a class, or zero everywhere.
    fn check_derivative(&mut self, of: &Tensor, of_span: Span, by: &Tensor, by_span: Span, whole: Span) -> Outcome<()> {
        if self.is_class(by.id) {
            let error = Diagnostic::error("E0502", "a class has no derivative")
                .at(by_span, "differentiated by")
                .help("it is a name, not a number");
            return self.fail(error);
        }
        if let Op::Leaf(Leaf::Constant(..) | Leaf::Table(..)) = self.graph.op(by.id) {
            let shown = self.quote_span(by_span);
            let error =
                Diagnostic::error("E0503", format!("{shown} is a plain number here, which may stand elsewhere, too"))
                    .at(by_span, "differentiated by")
                    .help(
                        "differentiate by a parameter, an input or a setting, or a function by its argument: `f'(0.8)`",
                    );
            return self.fail(error);
        }
        if !self.depends(of, by) {
            let error = Diagnostic::error(
                "E0503",
                format!("{} was not computed from {}", self.quote_span(of_span), self.quote_span(by_span)),
            )
            .at(whole, "this derivative is zero everywhere")
            .also(of_span, "does not depend on it")
            .help("differentiate by a value that stands in its formula, or in what that is made of");
            return self.fail(error);
        }
        Ok(())
    }
    pub fn depends(&mut self, of: &Tensor, by: &Tensor) -> bool {
        let (seen, _) = self.through_elements(of.id, by.id);
        self.graph.dependents(&[by.id])[seen.index()]
    }
    /// `∂of/∂by` of the shape of `of`, then that of `by`.
    pub fn jacobian(&mut self, of: &Tensor, of_span: Span, by: &Tensor, by_span: Span, whole: Span) -> Outcome<Tensor> {
        let (seen, back) = self.through_elements(of.id, by.id);
        let of = &Tensor { id: seen, ..of.clone() };
        self.check_derivative(of, of_span, by, by_span, whole)?;
        let mut shape = self.shape(of);
        shape.extend(self.shape(by));
        self.check_limits(&shape, whole)?;
        match self.graph.unwatched(|graph| gradient::jacobian(graph, of.id, by.id)) {
            Ok(seen) => {
                // Of what ends, in both directions.
                let ends = [self.graph.ends(of.id), self.graph.ends(by.id)].concat();
                let ending = |value, (axis, end): (usize, Option<NodeId>)| match end {
                    Some(end) => self.graph.ending(value, axis, end),
                    None => value,
                };
                let seen = ends.into_iter().enumerate().fold(seen, ending);
                self.asked_for(seen, of.id, (by.id, by_span), whole);
                Ok(Tensor::new(self.with_elements(seen, &back)))
            }
            Err(failure) => self.derivative_failed(failure, of, of_span, by_span, whole),
        }
    }
    fn asked_for(&mut self, value: NodeId, of: NodeId, (by, by_span): (NodeId, Span), whole: Span) {
        if !self.graph.node(of).loops.is_empty() {
            let bound = self.scopes.find(self.scope, self.text(by_span)).map(|(scope, _)| scope);
            let is_in = |scope: ScopeId| bound.is_some_and(|bound| self.scopes.is_within(bound, scope));
            let own = self.reading.rounds.iter().filter(|(_, scope)| is_in(*scope)).map(|(of_loop, _)| *of_loop);
            let own = own.collect();
            self.facts.in_rounds.push(InRound { of, by, own, whole });
        }
        let derivative = Derivative { text: self.text(whole).to_string(), value, of, by };
        if of != by {
            self.declared.derivatives.insert(derivative);
        }
    }
    /// Refuses derivatives in the rounds of a loop that go back through earlier ones, when it is known what the loop carries on. By a value of
    /// the round itself they do not: that of another round is another one.
    pub(super) fn within_rounds(&mut self, of_loop: LoopId) -> Outcome<()> {
        let asked = self.facts.in_rounds.clone();
        for InRound { of, by, own, whole } in asked {
            let is_here = |id: NodeId| self.graph.node(id).loops.contains(&of_loop);
            let is_own = is_here(by) || own.contains(&of_loop);
            if is_here(of) && !is_own && gradient::crosses_rounds(&self.graph, of, by) {
                return self.derivative_failed(Failure::AcrossRounds, &Tensor::new(of), whole, whole, whole);
            }
        }
        Ok(())
    }
    fn derivative_failed<T>(
        &mut self,
        failure: Failure,
        of: &Tensor,
        of_span: Span,
        by_span: Span,
        whole: Span,
    ) -> Outcome<T> {
        let error = match &failure {
            Failure::NotANumber(_) => {
                let text = self.text(of_span);
                Diagnostic::error("E0504", "only a number has a gradient by a vector or a matrix")
                    .at(of_span, shape_text(self.graph.shape(of.id)))
                    .edit("the gradient of their sum", of_span, format!("sum({text})"), false)
                    .help("`jacobian` has the derivatives of all entries by all entries")
            }
            Failure::ByIndex => Diagnostic::error("E0502", "a class or a truth value has no derivative")
                .at(by_span, "differentiated by"),
            Failure::AcrossBatch => {
                Diagnostic::error("E0505", "this derivative crosses `batch_mean`: of which example would it be?")
                    .at(whole, "not of one example")
                    .help("`stop_gradient(batch_mean(…))` counts as a constant")
            }
            Failure::AcrossRounds => Diagnostic::error(
                "E0505",
                "this derivative goes back through earlier rounds of the loop that it stands in: through how many?",
            )
            .at(whole, "of this round")
            .help("take the derivative behind the loop, or by the state: `∂f/∂s`"),
        };
        self.fail(error)
    }

    /// `∂²u/∂x∂t`.
    pub fn derivative_by(&mut self, of: TreeId, by: &[(TreeId, u32)], span: Span) -> Outcome<Value<'a>> {
        let result = self.tensor(of);
        let variables: Vec<Outcome<Tensor>> = by.iter().map(|(id, _)| self.tensor(*id)).collect();
        let result = result?;
        let variables = variables.into_iter().collect::<Outcome<Vec<Tensor>>>()?;
        Ok(self.derivatives(&result, self.span(of), &variables, by, span)?.into())
    }
    /// By one variable after the other, each as often as it says.
    pub fn derivatives(
        &mut self,
        of: &Tensor,
        of_span: Span,
        variables: &[Tensor],
        by: &[(TreeId, u32)],
        span: Span,
    ) -> Outcome<Tensor> {
        let (mut result, mut first) = (of.clone(), true);
        for (variable, (id, times)) in variables.iter().zip(by) {
            for _ in 0..*times {
                if !first && !self.shape(&result).is_empty() && !self.shape(variable).is_empty() {
                    return self.no_second_derivative(&result, of_span, by, variable, span);
                }
                result = self.next_derivative(&result, of_span, variable, self.span(*id), span, first)?;
                first = false;
            }
        }
        Ok(result)
    }
    /// `∂²u/∂w²` of a vector: what would stand in one place has a shape twice.
    fn no_second_derivative<T>(
        &mut self,
        gradient: &Tensor,
        of_span: Span,
        by: &[(TreeId, u32)],
        last: &Tensor,
        whole: Span,
    ) -> Outcome<T> {
        let shape = [self.shape(gradient), self.shape(last)].concat();
        let texts: Vec<&str> = by.iter().map(|(id, _)| self.text(self.span(*id))).collect();
        let of = self.text(of_span);
        let text = match texts[..] {
            [v, .., w] => format!("jacobian(grad({of}, {v}), {w})"),
            _ => format!("hessian({of}, {})", texts.concat()),
        };
        let error = Diagnostic::error(
            "E0504",
            "by vectors or matrices there are as many second derivatives as pairs of entries",
        )
        .at(whole, format!("would be {}", shape_text(&shape)))
        .edit("all of them", whole, text, false)
        .help("`∂²u/∂x²` and `∂²u/∂x∂t` are by numbers; an entry of all of them is `hessian(u, w)[0, 1]`");
        self.fail(error)
    }
    /// A derivative of a derivative may well be zero; only the first must depend on its variable.
    fn next_derivative(
        &mut self,
        of: &Tensor,
        of_span: Span,
        by: &Tensor,
        by_span: Span,
        whole: Span,
        first: bool,
    ) -> Outcome<Tensor> {
        if !first && !self.depends(of, by) {
            let mut shape = self.shape(of);
            if shape.is_empty() {
                shape = self.shape(by);
            }
            return Ok(Tensor::new(self.graph.constant(0.0, &shape)));
        }
        self.derivative(of, of_span, by, by_span, whole)
    }

    /// `u'(x)`, `u''(x)`: of a function of one number, by its parameter, then with the argument in it.
    pub fn derivative_of_function(
        &mut self,
        function: Function<'a>,
        count: u32,
        given: Vec<Given<'a>>,
        span: Span,
    ) -> Outcome<Value<'a>> {
        let [Given { name: None, value, span: at }] = &given[..] else {
            let error = Diagnostic::error(
                "E0506",
                format!("`{}'` is the derivative of a function of one number", function.name()),
            )
            .at(span, format!("{} arguments", given.len()))
            .help("of several, write `grad(u(x, t), t)` or `∂u/∂t`");
            return self.fail(error);
        };
        let x = self.tensor_of(value.clone(), *at)?;
        self.numeric(&x, *at)?;
        let shape = self.shape(&x);
        let varying = self.graph.ty(x.id).varying;
        let hole = self.graph.hole(Type::real(&[], varying));
        let argument = Given { name: None, value: Tensor::new(hole).into(), span: *at };
        let (steps, parameters) = (self.sites.stepped.len(), self.declared.parameters.len());
        let layer = match &function {
            Function::Defined(defined) if defined.definition.kind == DefinitionKind::Layer => Some(*defined),
            _ => None,
        };
        let result = self.apply(function, vec![argument], span)?;
        if let Some(layer) = layer.filter(|_| parameters < self.declared.parameters.len()) {
            return self.derivative_of_layer(layer, span);
        }
        if steps < self.sites.stepped.len() {
            let error =
                Diagnostic::error("E0410", "a function with a `state` in it has no derivative by its argument here")
                    .at(span, "the state would step");
            return self.fail(error);
        }
        let mut result = self.tensor_of(result, span)?;
        for round in 0..count {
            result = self.next_derivative(&result, span, &Tensor::new(hole), *at, span, round == 0)?;
        }
        Ok(self.put_over(result.into(), hole, x.id, &shape))
    }
    /// Each call of a layer has parameters of its own: `u'(x)` would have nothing to do with `u(x)`.
    fn derivative_of_layer<T>(&mut self, layer: Defined<'a>, span: Span) -> Outcome<T> {
        let name = &layer.definition.name;
        let error = Diagnostic::error(
            "E0506",
            format!("`{0}'` of the layer `{0}` would have parameters of its own", name.name),
        )
        .at(span, "has nothing to do with other calls")
        .also(name.span, "a layer makes parameters in each call");
        let before = self.text(Span { start: 0, end: name.span.start, ..name.span }).trim_end();
        let error = match before.strip_suffix("layer") {
            Some(head) => {
                let word = Span { start: head.len() as u32, end: before.len() as u32, ..name.span };
                error.edit("a model makes them once, for all calls", word, "model", false)
            }
            None => error.help("a model makes them once, for all calls"),
        };
        self.fail(error)
    }
    /// A value with an argument in the place of a hole for a number; the axes of the argument are mapped over.
    fn put_over(&mut self, value: Value<'a>, hole: NodeId, x: NodeId, shape: &[usize]) -> Value<'a> {
        let Some((&extent, rest)) = shape.split_first() else {
            return self.substituted(value, &[(hole, x)]);
        };
        let element = self.element_hole(x);
        let value = self.put_over(value, hole, element, rest);
        self.lifted_value(value, &[(element, x)], extent)
    }
}
