//! Where a value may stand by itself: as the last statement of a block that gives one.
use super::Builder;
use crate::diagnostic::{Diagnostic, Span};
use crate::syntax::directives::DirectiveRule;
use crate::syntax::tree::*;
use crate::syntax::words::need;

impl Builder<'_> {
    /// A body whose last statement must be its value. `owner` is what it is the body of, for the message.
    pub(super) fn check_block_has_value(&mut self, owner: &str, block: TreeId) {
        let NodeKind::Block(statements) = self.tree.kind(block) else { return };
        let statements = statements.clone();
        let Some((last, others)) = statements.split_last() else {
            return self.report(
                Diagnostic::error("E0131", format!("{owner} gives no value"))
                    .at(self.span(block), "an empty block")
                    .help("its last line must be its value"),
            );
        };
        self.check_no_value(others);
        let any_error = statements.iter().any(|statement| matches!(statement.kind, StatementKind::Error { .. }));
        if any_error || matches!(last.kind, StatementKind::Value(_)) {
            return;
        }
        let diagnostic = Diagnostic::error("E0131", format!("{owner} gives no value"))
            .at(last.span, "the last line of its block")
            .help("its last line must be its value, without a name");
        self.report(match &last.kind {
            StatementKind::Binding { target: Target::Name(name), .. } => {
                let after = Span { start: last.span.end, ..last.span };
                diagnostic.edit(
                    format!("give `{}` as the value", name.name),
                    after,
                    format!("; {}", self.source.slice(name.span)),
                    false,
                )
            }
            _ => diagnostic,
        });
    }

    pub(super) fn check_block_has_no_value(&mut self, block: TreeId) {
        if let NodeKind::Block(statements) = self.tree.kind(block) {
            let statements = statements.clone();
            self.check_no_value(&statements);
        }
    }

    /// None of these statements may be a value by itself.
    pub fn check_no_value(&mut self, statements: &[Statement]) {
        for statement in statements {
            if let StatementKind::Value(value) = statement.kind
                && !matches!(self.tree.kind(value), NodeKind::Error)
            {
                let diagnostic = self.unused_value(value);
                if matches!(self.tree.kind(value), NodeKind::Loop(_)) {
                    // A loop that was to change something needs no value: that is the same mistake.
                    let whole = self.span(value);
                    let is_inside = |span: Span| whole.start <= span.start && span.end <= whole.end;
                    self.diagnostics.retain(|said| said.code != "E0131" || !said.span().is_some_and(is_inside));
                }
                self.report(diagnostic);
            }
        }
    }

    fn unused_value(&self, value: TreeId) -> Diagnostic {
        let span = self.span(value);
        let needs = |word: TreeId| {
            let need = need(self.source.slice(self.span(word)))?;
            let message = format!("`{}` needs {} after it", self.quoted(word), need.what);
            Some(
                Diagnostic::error("E0118", message)
                    .at(span, "stands for nothing")
                    .help(format!("as in `{}`", need.example)),
            )
        };
        let diagnostic = Diagnostic::error("E0130", format!("the value `{}` is not used", self.quoted(value)))
            .at(span, "has no name");
        match self.tree.kind(value) {
            NodeKind::Juxtaposition(factors) if self.is_directive(factors[0]) => {
                let word = self.quoted(factors[0]);
                let line = self.quoted(value);
                Diagnostic::error("E0134", format!("`{word}` stands in a `train` section"))
                    .at(span, "outside of one")
                    .edit("begin the section", span, format!("train {{\n    {line}\n}}"), false)
            }
            NodeKind::Call { callee, .. } if let Some(help) = self.called_for_effect(*callee) => {
                diagnostic.help(help).edit("remove it", span, "", false)
            }
            NodeKind::Name(_) if let Some(diagnostic) = needs(value) => diagnostic,
            NodeKind::Juxtaposition(factors) if let Some(diagnostic) = needs(factors[0]) => diagnostic,
            NodeKind::Compare { first, rest } if rest.len() == 1 && rest[0].0 == Relation::Equal => {
                let sign = Span { start: self.span(*first).end, end: self.span(rest[0].1).start, ..span };
                match self.tree.kind(*first) {
                    NodeKind::Name(_) => diagnostic.edit("to bind a name, write one `=`", sign, " = ", false),
                    NodeKind::Derivative { .. } => {
                        diagnostic.edit("to claim that they are equal, write one `=`", sign, " = ", false)
                    }
                    _ => diagnostic.help("give it a name: `name = …`"),
                }
            }
            NodeKind::Loop(_) => diagnostic
                .note("a loop changes nothing outside of it: what it makes is its value")
                .help("give it a name, as in `hs = for v in xs { tanh(v) }`"),
            NodeKind::Negate(of) => diagnostic.help("give it a name: `name = …`").edit(
                "if it goes on from the line above, put a space after the minus",
                Span { end: self.span(*of).start, ..span },
                "- ",
                false,
            ),
            _ => diagnostic.help("give it a name: `name = …`"),
        }
    }

    /// `minimize loss`, `epochs 60`
    fn is_directive(&self, word: TreeId) -> bool {
        let word = self.source.slice(self.span(word));
        DirectiveRule::of(SectionKind::Train, word).is_some()
    }

    /// `print(y)`, `loss.backward()`: what is called elsewhere for what it does, and has no counterpart.
    fn called_for_effect(&self, callee: TreeId) -> Option<&'static str> {
        let path = self.tree.path(callee)?;
        Some(match *path.last()? {
            "print" | "display" => "what is to be seen is a `metric`, an `output`, or `gradus run --print NAME`",
            "backward" | "step" | "zero_grad" | "fit" | "compile" | "train" | "eval" => {
                "the gradient and the steps are made by the `train` section: `train { minimize loss; epochs 60 }`"
            }
            "plot" | "show" | "savefig" | "figure" => "pictures are made from what `gradus run --json` prints",
            "save" => "weights are saved by `gradus run --save w.safetensors`",
            _ => return None,
        })
    }
}
