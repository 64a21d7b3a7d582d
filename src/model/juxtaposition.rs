//! Juxtaposition with parentheses: `n(n + 1)` is a product; `x(2)`, `u(0)`, `loss'(w)` are hardly meant as one.
use super::elaborator::{Elaborator, Outcome};
use super::scope::Slot;
use super::value::{Tensor, Value};
use crate::diagnostic::{Diagnostic, Span};
use crate::graph::{Leaf, NodeId, Op};
use crate::syntax::{Argument, NodeKind, TreeId};

impl<'a> Elaborator<'a> {
    /// `n(n + 1)` where `n` is a value: a product.
    pub fn product_by_call(&mut self, callee: TreeId, arguments: &'a [Argument], span: Span) -> Outcome<Value<'a>> {
        let [Argument { name: None, value }] = arguments else {
            let what = self.expression(callee)?;
            let error = Diagnostic::error("E0204", format!("{} is {}, no function", self.quote(callee), what.spoken()))
                .at(self.span(callee), "called with several arguments")
                .help("behind a value stands one factor in parentheses, as in `n(n + 1)`; a function is a `fn`");
            return self.fail(error);
        };
        if let NodeKind::Ticks { of, .. } = *self.tree.kind(callee)
            && self.tree.name(of).is_some()
            && matches!(self.tensor(of), Ok(tensor) if self.shape(&tensor).is_empty())
        {
            // A number has no transpose.
            self.no_derivative_of_a_value(callee, arguments, span)?;
        }
        let left_span = self.span(callee);
        let left = self.expression(callee).and_then(|v| self.factor_of(v, left_span));
        let right_span = self.span(*value);
        let right = self.expression(*value).and_then(|v| self.factor_of(v, right_span));
        let left = left?;
        match self.graph.shape(left.id) {
            [] => self.product_like_a_call(&left, callee, *value, span),
            _ => self.product_like_an_entry(&left, left_span, *value, span),
        }
        Ok(self.product(vec![(left, left_span), (right?, right_span)], span)?.into())
    }

    /// Refuses `loss'(w)` where `loss` is a value: what is meant is a derivative.
    pub fn no_derivative_of_a_value(&mut self, callee: TreeId, arguments: &[Argument], whole: Span) -> Outcome<()> {
        let NodeKind::Ticks { of, count } = *self.tree.kind(callee) else { return Ok(()) };
        if self.is_function(of) {
            return Ok(());
        }
        let name = self.text(self.span(of));
        let error = Diagnostic::error("E0204", format!("`{name}` is a value, no function"))
            .at(whole, format!("`{name}'` is the transposed"))
            .note("`u'(x)` is a derivative where `u` is a `fn` or a `model`");
        let by = match arguments {
            [Argument { name: None, value }] if self.tree.path(*value).is_some() => self.text(self.span(*value)),
            _ => return self.fail(error.help(format!("a derivative of a value is `∂{name}/∂x`"))),
        };
        let derivative = match count {
            1 => format!("∂{name}/∂{by}"),
            2 => format!("∂²{name}/∂{by}²"),
            _ => return self.fail(error.help(format!("a derivative of a value is `∂{name}/∂{by}`"))),
        };
        self.fail(error.edit(format!("for the derivative, write `{derivative}`"), whole, derivative, false))
    }

    /// `u(0)` of a number is 0 times it, and elsewhere the value of a function: that is a warning.
    fn product_like_a_call(&mut self, of: &Tensor, callee: TreeId, argument: TreeId, whole: Span) {
        let Some(number) = self.lone_number(argument).filter(|_| self.tree.path(callee).is_some()) else { return };
        let text = self.text(self.span(callee));
        let mut warning = Diagnostic::warning("W0302", format!("`{}` is a product", self.text(whole)))
            .at(whole, format!("{number} times `{text}`"));
        let factor = if number.starts_with('-') { format!("({number})") } else { number.to_string() };
        for product in [format!("{text} ({number})"), format!("{text} * {factor}")] {
            warning = warning.edit(format!("for the product, write `{product}`"), whole, product, false);
        }
        self.warn(self.or_a_model(warning, of, callee));
    }
    /// Adds that a value may be evaluated elsewhere if it is a model of what it depends on.
    pub fn or_a_model(&self, said: Diagnostic, of: &Tensor, callee: TreeId) -> Diagnostic {
        let text = self.text(self.span(callee));
        match self.inputs_of(of.id).as_deref() {
            Some([input]) => said.help(format!(
                "`{text}` is a value, of the `{input}` of an example; to evaluate it elsewhere, make it a model: `model {text}({input}) = …`"
            )),
            Some(inputs @ [_, ..]) if inputs.len() < 4 => said.help(format!(
                "`{text}` is a value, of the inputs of an example; to evaluate it elsewhere, make it a model: `model {text}({}) = …`",
                inputs.join(", ")
            )),
            _ => said,
        }
    }
    /// The names of the numbers among the inputs that a value depends on; none if it depends on other inputs.
    fn inputs_of(&self, id: NodeId) -> Option<Vec<&str>> {
        let number = |x: &NodeId| match self.graph.op(*x) {
            Op::Leaf(Leaf::Input(number)) => Some(&self.graph.inputs[*number as usize]),
            _ => None,
        };
        let order = self.graph.reachable(&[id]);
        let all: Vec<_> = order.iter().filter_map(number).collect();
        all.iter().all(|v| v.ty.shape.is_empty()).then(|| all.iter().map(|v| v.name.as_str()).collect())
    }
    /// The text of a number that stands alone: `0`, `-1.5`.
    fn lone_number(&self, argument: TreeId) -> Option<&'a str> {
        let inner = match *self.tree.kind(argument) {
            NodeKind::Negate(inner) => inner,
            _ => argument,
        };
        matches!(self.tree.kind(inner), NodeKind::Number(_)).then(|| self.text(self.span(argument)))
    }
    /// Whether `u(0)^2` begins with a value and a number, and the value.
    pub fn called_like_a_function(&self, base: TreeId) -> Option<(Tensor, TreeId)> {
        let NodeKind::Call { callee, arguments } = self.tree.kind(base) else { return None };
        let [Argument { name: None, value }] = arguments[..] else { return None };
        self.lone_number(value)?;
        match &self.scopes.find(self.scope, self.tree.name(*callee)?)?.1.slot {
            Slot::Value(Value::Tensor(tensor)) => Some((tensor.clone(), *callee)),
            _ => None,
        }
    }

    /// `x(2)` of a vector is two times it, and an entry in MATLAB: that is a warning.
    fn product_like_an_entry(&mut self, of: &Tensor, at: Span, argument: TreeId, whole: Span) {
        let (NodeKind::Number(number), Some(&size)) = (self.tree.kind(argument), self.graph.shape(of.id).first())
        else {
            return;
        };
        let (text, index) = (self.text(at), *number as usize);
        if number.fract() != 0.0 || size < index {
            return;
        }
        let mut warning = Diagnostic::warning("W0302", format!("`{}` is a product", self.text(whole)))
            .at(whole, format!("{number} times `{text}`"))
            .note("an entry stands in brackets, and is counted from 0");
        for (entry, from) in [(index.checked_sub(1), 1), (Some(index).filter(|index| *index < size), 0)] {
            let Some(entry) = entry else { continue };
            let entry = format!("{text}[{entry}]");
            warning = warning.edit(format!("counted from {from}, the entry is `{entry}`"), whole, entry, false);
        }
        let product = format!("{number} {text}");
        self.warn(warning.edit(format!("for the product, write `{product}`"), whole, product, false));
    }
}
