//! Statements.
use super::Builder;
use super::targets::leibniz;
use crate::diagnostic::{Diagnostic, Span};
use crate::syntax::tree::*;
use crate::syntax::words::declaring;

/// A statement that was reported, and binds nothing.
const WRONG: StatementKind = StatementKind::Error { binds: vec![] };

impl Builder<'_> {
    pub fn statement(&mut self, start: usize, end: usize, kind: StatementKind) -> Statement {
        Statement { kind, span: self.source.span(start..end), doc: None }
    }

    /// `name = e`, or a claim about a derivative.
    pub fn binding(&mut self, left: TreeId, ty: Option<Type>, value: TreeId) -> StatementKind {
        if ty.is_none() && self.is_derivative(left) {
            return StatementKind::Claim { derivative: left, value };
        }
        if ty.is_none()
            && let Some(error) = self.equation_turned(left, value)
        {
            self.report(error);
            let name = self.tree.name(value).unwrap_or("").to_string();
            return StatementKind::Error { binds: vec![Ident { name, span: self.span(value) }] };
        }
        match self.target(left) {
            Some(target) => StatementKind::Binding { target, ty, value },
            None => StatementKind::Error { binds: self.named_first(left) },
        }
    }

    /// `w x + b = y`, whose sides may be exchanged.
    fn equation_turned(&self, left: TreeId, value: TreeId) -> Option<Diagnostic> {
        let is_formula = match self.tree.kind(left) {
            NodeKind::Sum { .. } | NodeKind::Power { .. } | NodeKind::Negate(_) => true,
            NodeKind::Product { .. } => leibniz(self.source.slice(self.span(left))).is_none(),
            NodeKind::Juxtaposition(factors) => !factors.iter().all(|factor| self.tree.name(*factor).is_some()),
            _ => false,
        };
        let name = self.tree.name(value).filter(|_| is_formula && !self.contains_derivative(left))?;
        let (left, whole) = (self.span(left), self.span(left).to(self.span(value)));
        let turned = format!("{name} = {}", self.source.slice(left));
        let error =
            Diagnostic::error("E0126", "only a name can be bound, and it stands on the left").at(left, "not a name");
        Some(error.edit(format!("bind `{name}`"), whole, turned, false))
    }

    /// `∂u/∂x`, `grad(u, x)`, `u''(x)`, `hessian(u, x)`, or an entry of one.
    fn is_derivative(&self, id: TreeId) -> bool {
        let is_made = |id: TreeId| match self.tree.kind(id) {
            NodeKind::Derivative { .. } => true,
            NodeKind::Call { callee, .. } => match self.tree.kind(*callee) {
                NodeKind::Ticks { of, .. } => self.tree.name(*of).is_some(),
                NodeKind::Name(name) => matches!(name.as_str(), "grad" | "jacobian" | "hessian"),
                _ => false,
            },
            _ => false,
        };
        match self.tree.kind(id) {
            NodeKind::Index { of, .. } => is_made(self.tree.bare(*of)),
            _ => is_made(id),
        }
    }

    /// `f` of `f(x) = …`: a name that was to mean something.
    fn named_first(&self, left: TreeId) -> Vec<Ident> {
        match *self.tree.kind(left) {
            NodeKind::Call { callee, .. } => {
                let name = self.tree.name(callee).map(str::to_string);
                name.map(|name| Ident { name, span: self.span(callee) }).into_iter().collect()
            }
            _ => vec![],
        }
    }

    pub fn draw(&mut self, left: TreeId, ty: Option<Type>, distribution: TreeId) -> StatementKind {
        match self.single_target(left) {
            Some(name) => StatementKind::Draw { name, ty, distribution },
            None => WRONG,
        }
    }

    pub fn update(&mut self, left: TreeId, value: TreeId) -> StatementKind {
        match self.single_target(left) {
            Some(name) => StatementKind::Update { name, value },
            None => WRONG,
        }
    }

    pub fn metric(&mut self, left: TreeId, value: TreeId) -> StatementKind {
        match self.single_target(left) {
            Some(name) => StatementKind::Metric { name, value },
            None => WRONG,
        }
    }

    pub fn require(&mut self, condition: TreeId, why: Option<TreeId>) -> StatementKind {
        // `require k > 2 "why"` reads as a product with the text.
        let end = self.span(condition).end;
        let text = |node: &TreeId| matches!(self.tree.kind(*node), NodeKind::Text(_)) && self.span(*node).end == end;
        let last = self.tree.iter().map(|node| node.0).find(text);
        if let (None, Some(text)) = (why, last) {
            let start = self.span(text).start;
            let start = self.source.text[..start as usize].trim_end().len() as u32;
            let place = Span { start, end: start, ..self.span(text) };
            self.report(
                Diagnostic::error("E0112", "a comma is missing before this text")
                    .at(self.span(text), "expected `,`")
                    .edit("write the comma", place, ",", true),
            );
            return WRONG;
        }
        let why = match why.map(|why| (self.tree.kind(why), self.span(why))) {
            None => None,
            Some((NodeKind::Text(text), _)) => Some(text.clone()),
            Some((_, span)) => {
                self.report(
                    Diagnostic::error("E0118", "what a condition is for stands in quotes behind it")
                        .at(span, "expected a text")
                        .help("as in `require 0 <= rate < 1, \"the share that is left out\"`; two conditions are two lines"),
                );
                return WRONG;
            }
        };
        StatementKind::Require { condition, why }
    }

    /// Names before a type or a start share it: `input a, b: [64]`, `state m, v = 0`.
    pub fn declare(&mut self, word: Ident, mut items: Vec<Declared>) -> StatementKind {
        let kind = match declaring(&word.name).unwrap_or(&word.name) {
            "input" => DeclareKind::Input,
            "target" => DeclareKind::Target,
            "param" | "var" => DeclareKind::Param,
            _ => DeclareKind::State,
        };
        let mut shared: (Option<Type>, Option<Start>) = (None, None);
        for item in items.iter_mut().rev() {
            if item.ty.is_some() || item.start.is_some() {
                shared = (item.ty.clone(), item.start);
            } else {
                (item.ty, item.start) = shared.clone();
            }
        }
        StatementKind::Declare { kind, items }
    }

    pub fn definition(&mut self, word: Ident, name: Ident, parameters: Vec<Parameter>, body: TreeId) -> StatementKind {
        let kind = match word.name.as_str() {
            "layer" => DefinitionKind::Layer,
            "model" => DefinitionKind::Model,
            "optimizer" => DefinitionKind::Optimizer,
            _ => DefinitionKind::Fn,
        };
        self.check_types_of_parameters(&parameters);
        let is_block = matches!(self.tree.kind(body), NodeKind::Block(_));
        match kind {
            DefinitionKind::Optimizer if is_block => self.check_block_has_no_value(body),
            DefinitionKind::Optimizer => self.report(
                Diagnostic::error("E0133", "an optimizer is a block")
                    .at(self.span(body), "expected `{`")
                    .help("as in `optimizer descent(w, g, rate = 0.01) { w <- w - rate g }`"),
            ),
            _ if is_block => {
                let what = if kind == DefinitionKind::Fn { "function" } else { kind.word() };
                self.check_block_has_value(&format!("the {what} `{}`", name.name), body)
            }
            _ => {}
        }
        StatementKind::Definition(Box::new(Definition { kind, name, parameters, body }))
    }

    /// Each parameter has its own type; a bare one before a typed one could be read in two ways.
    fn check_types_of_parameters(&mut self, parameters: &[Parameter]) {
        for pair in parameters.windows(2) {
            let bare = pair[0].ty.is_none() && pair[0].default.is_none();
            let Some(ty) = pair[1].ty.as_ref().filter(|_| bare) else { continue };
            let (first, second, shape) = (&pair[0].name, &pair[1].name, self.source.quoted(ty.span));
            let typed = format!("{}: {shape}", self.source.slice(first.span));
            let both = self.source.span(first.span.start as usize..ty.span.end as usize);
            let swapped = format!("{}, {}", self.source.quoted(second.span.to(ty.span)), self.source.slice(first.span));
            self.report(
                Diagnostic::error("E0128", format!("does `{shape}` belong to `{}` too?", first.name))
                    .at(first.span, "has no type of its own")
                    .also(ty.span, format!("the type of `{}`", second.name))
                    .edit("if it does", first.span, typed, false)
                    .edit("if it does not, put the one without a type last", both, swapped, false),
            );
        }
    }
}
