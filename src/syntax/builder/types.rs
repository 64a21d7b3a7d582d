//! Types: `[n, m]`, `class(k)`, `bool`, `[t] class(k)`.
use super::Builder;
use crate::diagnostic::{Diagnostic, Span};
use crate::syntax::tree::*;

/// The element of a type as it is written.
pub enum Written {
    Bool,
    Class(TreeId),
    /// It was reported.
    Wrong,
}

impl Builder<'_> {
    pub fn shape(&mut self, start: usize, end: usize, shape: Vec<TreeId>) -> Type {
        Type { shape, element: Element::Number, span: self.source.span(start..end) }
    }

    pub fn typed(&mut self, start: usize, end: usize, shape: Vec<TreeId>, element: Written) -> Type {
        let element = match element {
            Written::Bool => Element::Bool,
            Written::Class(count) => Element::Class(count),
            Written::Wrong => Element::Wrong,
        };
        Type { shape, element, span: self.source.span(start..end) }
    }

    pub fn element(&mut self, name: Ident, sizes: Option<Vec<TreeId>>) -> Written {
        match (name.name.as_str(), sizes.as_deref()) {
            ("bool", None) => Written::Bool,
            ("class", Some([count])) => Written::Class(*count),
            ("bool", Some(_)) => self.wrong(name.span, "`bool` takes nothing in parentheses", "write `bool`"),
            ("class", Some(names)) if names.len() > 1 => {
                let whole = name.span.to(self.span(names[names.len() - 1]));
                let right = format!("class({}", names.len());
                let error = Diagnostic::error("E0129", "`class` takes the number of classes")
                    .at(name.span, "not a type")
                    .help("the data says how they are called");
                self.report(error.edit(format!("write `{right})`"), whole, right, false));
                Written::Wrong
            }
            ("class", _) => self.wrong(name.span, "`class` takes the number of classes", "as in `class(3)`"),
            ("boolean" | "logical" | "truth", None) => {
                let error = Diagnostic::error("E0129", format!("there is no type `{}`", name.name));
                self.report(error.at(name.span, "not a type").edit("write `bool`", name.span, "bool", true));
                Written::Wrong
            }
            ("categorical" | "category" | "classes" | "onehot" | "one_hot", Some([_])) => {
                let error = Diagnostic::error("E0129", format!("there is no type `{}`", name.name));
                self.report(error.at(name.span, "not a type").edit("write `class`", name.span, "class", true));
                Written::Wrong
            }
            ("int" | "float" | "float32" | "double" | "number" | "real" | "integer" | "scalar", None) => {
                let before = self.source.text[..name.span.start as usize].trim_end();
                let colon = before.strip_suffix(':').map(|before| before.trim_end().len());
                let error =
                    Diagnostic::error("E0129", format!("there is no type `{}`", name.name)).at(name.span, "not a type");
                self.report(match colon {
                    Some(start) => {
                        let place = self.source.span(start..name.span.end as usize);
                        error.edit("a number needs no type", place, "", false)
                    }
                    None => error.help("numbers need no type"),
                });
                Written::Wrong
            }
            _ => {
                let message = format!("there is no type `{}`", name.name);
                let written = self.source.slice(name.span);
                if sizes.is_none() && self.is_bound_by_a_line(written) {
                    let shape = format!("[{written}]");
                    let error = Diagnostic::error("E0129", message).at(name.span, "not a type");
                    self.report(error.edit("a size stands in brackets", name.span, shape, false));
                    return Written::Wrong;
                }
                self.wrong(
                    name.span,
                    &message,
                    "a type is a shape as `[3, 4]`, `class(3)`, `bool`, or `[8] class(3)`; a number needs none",
                )
            }
        }
    }

    /// Whether a line of the text begins with `name =`.
    fn is_bound_by_a_line(&self, name: &str) -> bool {
        let binds = |line: &str| {
            let value = line.trim_start().strip_prefix(name).and_then(|rest| rest.trim_start().strip_prefix('='));
            value.is_some_and(|value| !value.starts_with('='))
        };
        self.source.text.lines().any(binds)
    }

    fn wrong(&mut self, span: Span, message: &str, help: &str) -> Written {
        self.report(Diagnostic::error("E0129", message).at(span, "not a type").help(help));
        Written::Wrong
    }
}
