//! `require 0 <= rate < 1, "…"`: what has to hold of arguments. It is read with what is known when compiling; what is not, holds.
use super::elaborator::{ArgumentSite, Elaborator, Outcome};
use super::prelude;
use super::scope::Slot;
use super::value::Value;
use crate::diagnostic::{Diagnostic, Span};
use crate::syntax::{NodeKind, StatementKind, TreeId};

/// How far from what was given another whole number is looked for.
const NEIGHBOURS: i32 = 64;

impl<'a> Elaborator<'a> {
    pub fn require(&mut self, condition: TreeId, why: Option<&str>) -> Outcome<()> {
        if self.holds(condition)? != Some(false) {
            return Ok(());
        }
        let text = self.text(self.span(condition)).split_whitespace().collect::<Vec<_>>().join(" ");
        let of = self.calls.last().map(|call| call.defined.definition.name.name.clone());
        let message = match of {
            Some(name) => format!("`{name}` needs `{text}`"),
            None => format!("`{text}` does not hold"),
        };
        let mut error = Diagnostic::error("E0318", message);
        error = match self.argument_in(condition) {
            Some(site) => {
                let number = self.numbers_in(condition, &site);
                let error = error.at(site.span, number);
                match self.allowed(condition, &site)? {
                    Some(other) if site.span.file != prelude::FILE => {
                        error.edit(format!("`{other}` would do"), site.span, other.to_string(), false)
                    }
                    _ => error,
                }
            }
            None => error.at(self.span(condition), "does not hold"),
        };
        self.fail(match why {
            Some(why) => error.help(why),
            None => error,
        })
    }

    /// "`heads` is 3, `n` is 4"
    fn numbers_in(&self, condition: TreeId, site: &ArgumentSite) -> String {
        let mut names = vec![site.parameter.as_str()];
        names.extend(self.names_in(condition).into_iter().filter(|name| *name != site.parameter));
        let number = |name: &str| match &self.scopes.find(self.scope, name)?.1.slot {
            Slot::Value(Value::Tensor(tensor)) => tensor.number(),
            _ => None,
        };
        let shown = names.iter().filter_map(|name| Some(format!("`{name}` is {}", number(name)?)));
        shown.collect::<Vec<_>>().join(", ")
    }

    /// Whether it is known to hold or not to.
    fn holds(&mut self, condition: TreeId) -> Outcome<Option<bool>> {
        let value = self.expression(condition)?;
        let span = self.span(condition);
        match value {
            Value::Truth(truth) => Ok(Some(truth)),
            value => {
                let tensor = self.tensor_of(value, span)?;
                self.truthful(&tensor, span)?;
                Ok(tensor.known.map(|known| known.iter().all(|truth| *truth != 0.0)))
            }
        }
    }

    /// Offers to give an option to the call that stands in the file; `place` is that call's, or within the prelude.
    pub fn with_option(&self, error: Diagnostic, place: Span, name: &str, value: &str) -> Diagnostic {
        let call = match place.file == prelude::FILE {
            false => place,
            true => match self.calls.iter().rev().find(|call| call.span.file != prelude::FILE) {
                Some(call)
                    if call.defined.definition.parameters.iter().any(|parameter| parameter.name.name == name)
                        && call.arguments.iter().all(|site| site.parameter != name) =>
                {
                    call.span
                }
                _ => return error,
            },
        };
        match self.text(call).strip_suffix(')') {
            Some(_) => {
                let end = Span { start: call.end - 1, end: call.end - 1, ..call };
                error.edit(format!("with `{name} = {value}`"), end, format!(", {name} = {value}"), false)
            }
            None => error,
        }
    }

    /// The first argument of the call around whose parameter is named in an expression of its definition.
    pub fn argument_in(&self, id: TreeId) -> Option<ArgumentSite> {
        let arguments = &self.calls.last()?.arguments;
        self.names_in(id).into_iter().find_map(|name| arguments.iter().find(|site| site.parameter == name).cloned())
    }

    /// The names in an expression, from the left.
    fn names_in(&self, id: TreeId) -> Vec<&'a str> {
        let (mut names, mut open) = (vec![], vec![id]);
        while let Some(id) = open.pop() {
            names.extend(self.tree.name(id).filter(|name| !names.contains(name)));
            let from = open.len();
            self.tree.kind(id).for_each_child(&mut |child| open.push(child));
            open[from..].reverse();
        }
        names
    }

    /// What else the definition around requires, of names that are known by now.
    fn other_requirements(&self, condition: TreeId) -> Vec<TreeId> {
        let Some(call) = self.calls.last() else { return vec![] };
        let NodeKind::Block(statements) = self.tree.kind(call.defined.definition.body) else { return vec![] };
        let all = statements.iter().filter_map(|statement| match &statement.kind {
            StatementKind::Require { condition, .. } => Some(*condition),
            _ => None,
        });
        let is_known = |name: &&str| match self.scopes.find(self.scope, name) {
            Some((_, entry)) => matches!(entry.slot, Slot::Value(_)),
            None => true,
        };
        all.filter(|other| *other != condition && self.names_in(*other).iter().all(is_known)).collect()
    }

    /// Another number for an argument, with which the condition holds: of the other sign, the usual one, the next whole one, as a share.
    fn allowed(&mut self, condition: TreeId, site: &ArgumentSite) -> Outcome<Option<f64>> {
        let Some(given) = site.number else { return Ok(None) };
        let call = self.calls.last();
        let parameter = call.and_then(|call| {
            call.defined.definition.parameters.iter().find(|parameter| parameter.name.name == site.parameter)
        });
        let usual = parameter.and_then(|parameter| match self.tree.kind(parameter.default?) {
            NodeKind::Number(usual) => Some(*usual),
            _ => None,
        });
        let mut candidates: Vec<f64> = (given < 0.0).then_some(-given).into_iter().chain(usual).collect();
        if given.fract() == 0.0 {
            let near = |by: i32| [given - f64::from(by), given + f64::from(by)];
            candidates.extend((1..NEIGHBOURS).flat_map(near).filter(|&near| near >= 1.0));
        }
        candidates.extend(
            (given > 1.0 && given.fract() != 0.0).then_some([given.floor(), given.ceil()]).into_iter().flatten(),
        );
        candidates.extend((given >= 2.0).then_some(given / 100.0));
        candidates.push(0.5);
        let others = self.other_requirements(condition);
        for candidate in candidates {
            let scope = self.inner_scope();
            let value = self.constant(candidate);
            self.scopes.set(scope, &site.parameter, Slot::Value(value.into()), site.span);
            let mut hold = self.in_scope(scope, |this| this.holds(condition))? == Some(true);
            for &other in &others {
                hold = hold && self.in_scope(scope, |this| this.holds(other))? != Some(false);
            }
            if hold {
                return Ok(Some(candidate));
            }
        }
        Ok(None)
    }
}
