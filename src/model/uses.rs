//! `use "blocks.nn"`: the functions, layers, models and optimizers of another file. Of its other lines only settings count, as plain numbers,
//! for definitions may speak of them.
use super::declare::literal;
use super::elaborator::Elaborator;
use super::path::{FrameId, Frames, Label};
use super::scope::{ScopeId, Scopes, Slot};
use super::value::{Defined, Function, Value};
use crate::diagnostic::{Diagnostic, Span};
use crate::syntax::{Ident, Statement, StatementKind, Target};

impl<'a> Elaborator<'a> {
    /// Makes known what the files have that these statements use. That a file could not be read was said when it was looked for.
    pub fn uses(&mut self, statements: &'a [Statement]) {
        let is_broken = |file: &crate::syntax::Parsed| file.diagnostics.iter().any(|said| said.is_error());
        self.reading.lacks_used_file |= self.others.iter().any(is_broken);
        let mut seen: Vec<(usize, Option<&str>, Span)> = vec![];
        for statement in statements {
            let StatementKind::Use { file, alias } = &statement.kind else { continue };
            let Some(number) = self.used_file(file.span.file, &file.path) else {
                self.reading.lacks_used_file = true;
                continue;
            };
            let known_as = alias.as_ref().map(|alias| alias.name.as_str());
            if let Some((_, _, first)) = seen.iter().find(|(other, alias, _)| (*other, *alias) == (number, known_as)) {
                self.report(
                    Diagnostic::error("E0215", format!("`{}` is used twice", file.path))
                        .at(statement.span, "the second")
                        .also(*first, "the first")
                        .edit("remove it", statement.span, "", true),
                );
                continue;
            }
            seen.push((number, known_as, statement.span));
            let frame = match alias {
                Some(alias) => self.frames.enter(Frames::ROOT, Label::Name(alias.name.clone())),
                None => Frames::ROOT,
            };
            let scope = self.scope_of_file(number, frame);
            for (name, function) in self.functions_of_file(number, scope, frame) {
                let known = match alias {
                    Some(alias) => format!("{}.{}", alias.name, name.name),
                    None => name.name.clone(),
                };
                self.graph.words.push(known.clone());
                if alias.is_none() && self.is_taken(name).is_err() {
                    continue;
                }
                self.scopes.set(self.scope, &known, Slot::Value(Value::Function(function)), name.span);
            }
        }
    }

    /// The number of the file that a file names.
    fn used_file(&self, by: u32, written: &str) -> Option<usize> {
        self.used.iter().find(|used| used.by == by && used.written == written).and_then(|used| used.file)
    }

    /// What the names in a file mean: its definitions, its settings, and what it uses itself.
    fn scope_of_file(&mut self, number: usize, frame: FrameId) -> ScopeId {
        let others: &'a [crate::syntax::Parsed] = self.others;
        let scope = self.scopes.inside(Scopes::PRELUDE);
        for statement in &others[number].root {
            match &statement.kind {
                StatementKind::Use { file, alias } => {
                    let Some(inner) = self.used_file(file.span.file, &file.path) else { continue };
                    let inner_scope = self.scope_of_file(inner, frame);
                    for (name, function) in self.functions_of_file(inner, inner_scope, frame) {
                        let known = match alias {
                            Some(alias) => format!("{}.{}", alias.name, name.name),
                            None => name.name.clone(),
                        };
                        self.scopes.set(scope, &known, Slot::Value(Value::Function(function)), name.span);
                    }
                }
                StatementKind::Binding { target: Target::Name(name), ty: None, value } => {
                    if let Some(number) = literal(&others[number].tree, *value) {
                        let constant = self.constant(number);
                        self.scopes.set(scope, &name.name, Slot::Value(constant.into()), name.span);
                    }
                }
                _ => {}
            }
        }
        for (name, function) in self.functions_of_file(number, scope, frame) {
            self.scopes.set(scope, &name.name, Slot::Value(Value::Function(function)), name.span);
        }
        scope
    }

    /// The definitions of a file, in this scope.
    fn functions_of_file(&self, number: usize, scope: ScopeId, frame: FrameId) -> Vec<(&'a Ident, Function<'a>)> {
        let file = &self.others[number];
        let definitions = file.root.iter().filter_map(|statement| match &statement.kind {
            StatementKind::Definition(definition) => Some(&**definition),
            _ => None,
        });
        definitions
            .map(|definition| {
                let defined = Defined { definition, tree: &file.tree, scope, frame };
                (&definition.name, Function::Defined(defined))
            })
            .collect()
    }
}
