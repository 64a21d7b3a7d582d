//! What stands left of `=`, `~` and `<-`. It was read as an expression; here it becomes a name, or names, or an error.
use super::Builder;
use crate::diagnostic::Diagnostic;
use crate::syntax::tree::*;

impl Builder<'_> {
    /// A name, or names in parentheses. None if it was reported.
    pub(super) fn target(&mut self, left: TreeId) -> Option<Target> {
        match self.tree.kind(left) {
            NodeKind::Name(_) => self.bound_name(left).map(Target::Name),
            NodeKind::Paren(inner) if self.tree.name(*inner).is_some() => self.bound_name(*inner).map(Target::Name),
            NodeKind::Tuple(items) if items.iter().all(|item| self.tree.name(*item).is_some()) => {
                let items = items.clone();
                Some(Target::Tuple(items.into_iter().filter_map(|item| self.bound_name(item)).collect()))
            }
            NodeKind::Error => None,
            _ => {
                let diagnostic = self.explain_target(left);
                // Of `d loss / d w` the two readings as a quotient say nothing.
                let whole = self.span(left);
                if leibniz(self.source.slice(whole)).is_some() {
                    self.diagnostics.retain(|said| said.code != "E0120" || said.span() != Some(whole));
                }
                self.report(diagnostic);
                None
            }
        }
    }

    /// One name. None if it was reported.
    pub(super) fn single_target(&mut self, left: TreeId) -> Option<Ident> {
        match self.target(left)? {
            Target::Name(name) => Some(name),
            Target::Tuple(_) => {
                self.report(
                    Diagnostic::error("E0126", "only `=` takes a tuple apart")
                        .at(self.span(left), "expected one name")
                        .help("write one statement for each name"),
                );
                None
            }
        }
    }

    fn bound_name(&self, id: TreeId) -> Option<Ident> {
        self.tree.name(id).map(|name| Ident { name: name.to_string(), span: self.span(id) })
    }

    /// `metric`, for `metrics off`: the place of the first word, and what was meant by it.
    fn word_of_statement(&self, factors: &[TreeId]) -> Option<(crate::diagnostic::Span, &'static str)> {
        let [first, _] = *factors else { return None };
        let word = match self.tree.name(first)? {
            "metrics" | "Metric" => "metric",
            "outputs" | "Output" => "output",
            "params" | "Param" => "param",
            _ => return None,
        };
        Some((self.span(first), word))
    }

    fn explain_target(&self, left: TreeId) -> Diagnostic {
        let span = self.span(left);
        let only_a_name = |label: &str| Diagnostic::error("E0126", "only a name can be bound").at(span, label);
        if self.contains_derivative(left) {
            let is_whole = matches!(self.tree.kind(left), NodeKind::Derivative { .. });
            let diagnostic = Diagnostic::error("E0127", "a claim is one derivative, `=`, and what it should be");
            return match is_whole {
                true => diagnostic.at(span, "nothing but `=` can follow").help("as in `∂loss/∂w = (y - t) x'`"),
                false => diagnostic
                    .at(span, "more than one derivative")
                    .help("bring everything else to the right side, as in `∂loss/∂w = (y - t) x'`"),
            };
        }
        match self.tree.kind(left) {
            NodeKind::Call { callee, .. } if self.tree.name(*callee).is_some() => {
                Diagnostic::error("E0125", "a function is defined with `fn`")
                    .at(span, format!("reads as a call of `{}`", self.quoted(*callee)))
                    .edit("define a function", crate::diagnostic::Span { end: span.start, ..span }, "fn ", true)
            }
            NodeKind::Juxtaposition(factors) if let Some((place, word)) = self.word_of_statement(factors) => {
                only_a_name("two words").edit(format!("write `{word}`"), place, word, false)
            }
            NodeKind::Juxtaposition(factors) if factors.iter().all(|factor| self.tree.name(*factor).is_some()) => {
                let joined = factors.iter().map(|factor| self.quoted(*factor)).collect::<Vec<_>>().join("_");
                only_a_name("a product").edit("a name has no spaces", span, joined, false)
            }
            NodeKind::Index { .. } => only_a_name("a part of a value").help("values do not change; bind a new name"),
            NodeKind::Field { .. } => only_a_name("a path").help("a name that is bound has no point in it"),
            NodeKind::Tuple(_) => only_a_name("not all of these are names").help("as in `(a, b) = split(z, 2)`"),
            NodeKind::Product { .. } if let Some(claim) = leibniz(&self.quoted(left)) => only_a_name("a quotient")
                .help(format!("a claim about a derivative is written `{claim} = …`"))
                .edit("write the derivative", span, claim, true),
            _ => only_a_name("not a name").help("to compare, write `==`"),
        }
    }

    /// Not by recursion: nothing needs to know how deep the tree is here.
    pub(super) fn contains_derivative(&self, id: TreeId) -> bool {
        let mut waiting = vec![id];
        while let Some(id) = waiting.pop() {
            let kind = self.tree.kind(id);
            if matches!(kind, NodeKind::Derivative { .. }) {
                return true;
            }
            kind.for_each_child(&mut |child| waiting.push(child));
        }
        false
    }
}

/// `dloss/dw`, or `d loss / d w`, as a derivative.
pub(super) fn leibniz(quotient: &str) -> Option<String> {
    let differential = |text: &str| {
        let name = text.trim().strip_prefix('d')?.trim_start().to_string();
        let is_path =
            name.starts_with(char::is_alphabetic) && name.chars().all(|c| c.is_alphanumeric() || "_.".contains(c));
        is_path.then_some(name)
    };
    let (of, by) = quotient.split_once('/')?;
    Some(format!("∂{}/∂{}", differential(of)?, differential(by)?))
}
