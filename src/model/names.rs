//! What a name means: bound by the file, by the prelude, or known to the language; and what was meant by one that isn't.
use super::builtin;
use super::declare::foreign_distribution;
use super::elaborator::{Elaborator, Outcome, Reported};
use super::foreign::{advice, alias};
use super::prelude;
use super::scope::Slot;
use super::value::{Function, Tensor, Value};
use crate::diagnostic::{Diagnostic, Label, Span};
use crate::graph::Runtime;
use crate::op;
use crate::random::Distribution;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Names that are values, if the file doesn't bind them.
const VALUES: [&str; 10] =
    ["pi", "infinity", "training", "batch_size", "step", "epoch", "steps", "epochs", "weights", "params"];

impl<'a> Elaborator<'a> {
    /// The value of a name.
    pub fn name(&mut self, name: &str, span: Span) -> Outcome<Value<'a>> {
        let found = self.scopes.find(self.scope, name).map(|(_, entry)| entry.clone());
        match found {
            Some(entry) => match entry.slot {
                Slot::Value(value) => Ok(value),
                Slot::Broken => Err(Reported),
                Slot::Below => match self.language_name(name, span) {
                    Some(value) => value,
                    None => {
                        let error = match self.binds(entry.span, span) {
                            true => {
                                let error = Diagnostic::error("E0203", format!("`{name}` is used in its own value"))
                                    .at(span, "has no value yet")
                                    .also(entry.span, "bound here")
                                    .help("a value does not change: give the new one a name of its own");
                                self.without_itself(error, span)
                            }
                            false => {
                                let message = format!("`{name}` is used before it is bound");
                                if self.was_said(&message, span) {
                                    return Err(Reported);
                                }
                                let error = Diagnostic::error("E0203", message)
                                    .at(span, "not bound yet")
                                    .also(entry.span, "bound here")
                                    .help("a value is bound above its first use");
                                self.line_moved_up(error, entry.span, span)
                            }
                        };
                        self.fail(error)
                    }
                },
            },
            None => match self.language_name(name, span) {
                Some(value) => value,
                None => self.unknown(name, span),
            },
        }
    }
    /// Adds the edit that takes `loss +` out of `loss = loss + …`, where nothing is added to.
    fn without_itself(&self, error: Diagnostic, span: Span) -> Diagnostic {
        let before = self.text(Span { start: 0, end: span.start, ..span }).trim_end();
        let behind = self.text(Span { start: span.end, end: self.sources.text(span.file).len() as u32, ..span });
        let Some(rest) = behind.trim_start_matches(' ').strip_prefix('+').filter(|_| before.ends_with('=')) else {
            return error;
        };
        let end = span.end + (behind.len() - rest.trim_start_matches(' ').len()) as u32;
        error.edit("begin with what is added", Span { end, ..span }, "", false)
    }
    /// Whether the binding of the name at `name` is what stands around `inside`: on its line, behind it.
    fn binds(&self, name: Span, inside: Span) -> bool {
        let between = Span { start: name.end, end: inside.start.max(name.end), ..name };
        name.end <= inside.start && name.file == inside.file && !self.text(between).contains(['\n', ';'])
    }
    /// The function that a name means, if it means one. Reports nothing.
    pub fn function_named(&mut self, name: &str) -> Option<Function<'a>> {
        let found = self.scopes.find(self.scope, name).map(|(_, entry)| entry.slot.clone());
        match found {
            Some(Slot::Value(Value::Function(function))) => Some(function),
            None | Some(Slot::Below) => language_function(name),
            _ => None,
        }
    }
    /// Whether a name is bound by the file or the prelude.
    pub fn is_bound(&self, name: &str) -> bool {
        self.scopes.find(self.scope, name).is_some_and(|(_, entry)| !matches!(entry.slot, Slot::Below))
    }

    fn language_name(&mut self, name: &str, span: Span) -> Option<Outcome<Value<'a>>> {
        let runtime = |this: &mut Self, what: Runtime| {
            let id = this.graph.runtime(what);
            Some(Ok(Tensor::new(id).into()))
        };
        match name {
            "pi" => Some(Ok(self.constant(std::f64::consts::PI).into())),
            "infinity" => Some(Ok(self.constant(f64::INFINITY).into())),
            "training" => Some(Ok(Value::Truth(self.options.training))),
            "weights" | "params" => Some(self.gathered_parameters(name == "weights", span)),
            "gradients" => Some(self.gathered_gradients(span)),
            "batch_size" => runtime(self, Runtime::BatchSize),
            "step" => runtime(self, Runtime::Step),
            "epoch" => runtime(self, Runtime::Epoch),
            "steps" => runtime(self, Runtime::Steps),
            "epochs" => runtime(self, Runtime::Epochs),
            _ => language_function(name).map(|function| Ok(Value::Function(function))),
        }
    }

    /// An error about a name that means nothing, with what may have been meant.
    pub fn unknown<T>(&mut self, name: &str, span: Span) -> Outcome<T> {
        // It may well come from a file that could not be brought in.
        if self.reading.lacks_used_file {
            return Err(Reported);
        }
        let message = format!("`{name}` is not known here");
        if self.was_said(&message, span) {
            return Err(Reported);
        }
        let mut error = Diagnostic::error("E0201", message).at(span, "no such name");
        if let Some((place, drawn)) = self.distribution_meant(name, span) {
            let error = error.help("a value stands behind `=`, what it is drawn from behind `~`");
            return self.fail(error.edit(format!("write `{drawn}`"), place, drawn, false));
        }
        if name.contains('·') {
            // Unicode has the point between letters of a word, as Catalan writes it.
            let product = name.replace('·', " · ");
            error = error.edit(format!("write the inner product `{product}`"), span, product, true);
        } else if let Some(edits) = self.entries_meant(name, span) {
            error.edits = edits;
        } else if let Some((left, right)) = self.product_of_names(name) {
            error = error.edit(format!("write the product `{left} {right}`"), span, format!("{left} {right}"), false);
        } else if let Some(own) = alias(name) {
            // `True` is nothing else; `linear` may be a layer that the author forgot.
            let is_same = own == name.to_lowercase();
            error = error.edit(format!("here this is `{own}`"), span, own, is_same);
        } else if let Some(advice) = advice(name) {
            error = error.help(advice);
            if name == "minimize" && self.is_bound("loss") {
                error = error.edit("write `loss`", span, "loss", false);
            }
            if let Some(option) = self.option_of_none(name, span) {
                error = error.edit("leave it out", option, "", false);
            }
        } else if let Some(near) = self.near(name) {
            let is_same = near.to_lowercase() == name.to_lowercase();
            error = error.edit(format!("did you mean `{near}`?"), span, near, is_same);
        } else {
            error = error.help("declare it (`input`, `target`, `param`), or bind it above: `name = …`");
        }
        self.fail(error)
    }

    /// Whether this was said about the same name at another place; then this place is shown with it, and corrected with it.
    fn was_said(&mut self, message: &str, span: Span) -> bool {
        let first = self.reported.diagnostics.iter_mut().find(|said| said.message == message);
        first.map(|first| stands_again(first, span)).is_some()
    }

    /// `wx` as `w` and `x`, if both are known values.
    fn product_of_names(&self, name: &str) -> Option<(String, String)> {
        let known = |part: &str| {
            let found = self.scopes.find(self.scope, part).map(|(_, entry)| &entry.slot);
            matches!(found, Some(Slot::Value(Value::Tensor(_)) | Slot::Broken))
        };
        name.char_indices()
            .skip(1)
            .map(|(at, _)| name.split_at(at))
            .find(|(left, right)| known(left) && known(right))
            .map(|(left, right)| (left.to_string(), right.to_string()))
    }

    /// `~ glorot` for `= glorot` or `= xavier`, whose name stands at `span`, and the place of it without its arguments.
    fn distribution_meant(&self, name: &str, span: Span) -> Option<(Span, String)> {
        let own = match Distribution::NAMES.contains(&name) {
            true => name,
            false => foreign_distribution(name)?,
        };
        let before = self.text(Span { start: 0, end: span.start, ..span }).trim_end();
        let declared = before.strip_suffix('=')?;
        let line = declared.rsplit('\n').next().unwrap_or("").trim_start();
        let place = Span { start: declared.len() as u32, ..span };
        line.starts_with("param ").then(|| (place, format!("~ {own}")))
    }

    /// The place of `, bias = None`, whose `None` stands at `span`.
    fn option_of_none(&self, name: &str, span: Span) -> Option<Span> {
        let before = self.text(Span { start: 0, end: span.start, ..span });
        let option = before.trim_end().strip_suffix('=')?.trim_end();
        let rest = option.trim_end_matches(|c: char| c.is_alphanumeric() || c == '_').trim_end();
        let is_option = matches!(name, "None" | "none" | "null" | "nothing") && rest.ends_with(',');
        is_option.then(|| Span { start: rest.len() as u32 - 1, ..span })
    }

    /// The known name that is most like this one.
    fn near(&self, name: &str) -> Option<String> {
        let mut all: Vec<&str> = self.scopes.visible(self.scope).map(|(known, _)| known).collect();
        // `y` for `ŷ`
        let plain = |name: &str| name.nfd().filter(|c| !is_combining_mark(*c)).collect::<String>();
        if let Some(marked) = all.iter().find(|known| **known != name && plain(known) == plain(name)) {
            return Some(marked.to_string());
        }
        for known in language_functions().chain(VALUES) {
            all.push(known);
        }
        // A part of the whole name: `positions` of `learned_positions`.
        let is_part = |known: &&str| {
            let rest = known.strip_suffix(name).and_then(|rest| rest.strip_suffix('_'));
            rest.or_else(|| known.strip_prefix(name)?.strip_prefix('_')).is_some()
        };
        nearest(name, all.iter().copied()).or_else(|| all.iter().copied().find(is_part).map(str::to_string))
    }
}

/// At so many other places an unknown name is shown; those beyond are shown when these are corrected.
const PLACES: usize = 8;

/// The same unknown name at another place: shown with the first, and corrected with it.
fn stands_again(first: &mut Diagnostic, span: Span) {
    // Inside of the prelude there is nothing to see.
    if span.file == prelude::FILE || first.labels.len() > PLACES || first.labels.iter().any(|label| label.span == span)
    {
        return;
    }
    first.labels.push(Label { span, text: "and here".into(), primary: false });
    let place = first.span();
    for edit in &mut first.edits {
        // What replaces the name replaces it everywhere.
        if let Some((at, text)) = edit.changes.first().cloned()
            && Some(at) == place
        {
            edit.changes.push((span, text));
        }
    }
}

/// The candidate nearest to a name, if it is near enough to be meant. Capitals don't matter.
pub fn nearest<'n>(name: &str, candidates: impl Iterator<Item = &'n str>) -> Option<String> {
    let length = name.chars().count();
    let limit = match length {
        0..=4 => 1,
        5..=7 => 2,
        _ => 3,
    };
    let plain = name.to_lowercase();
    candidates
        .map(|known| (strsim::damerau_levenshtein(&plain, &known.to_lowercase()), known))
        .filter(|(distance, known)| *distance <= limit && *distance < known.chars().count().min(length))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known.to_string())
}

/// A function that the language has under this name, prelude apart.
pub fn language_function<'a>(name: &str) -> Option<Function<'a>> {
    if let Some(found) = builtin::by_name(name) {
        return Some(Function::Builtin(found));
    }
    if let Some(row) = op::unary_by_name(name).filter(|row| row.spelled.is_none() && is_called(row.notation)) {
        return Some(Function::Unary(row.0));
    }
    op::binary_by_name(name)
        .filter(|row| row.spelled.is_none() && is_called(row.notation))
        .map(|row| Function::Binary(row.0))
}

fn is_called(notation: op::Notation) -> bool {
    matches!(notation, op::Notation::Call | op::Notation::Bars)
}

/// All names that mean something in every program.
pub fn of_the_language() -> Vec<&'static str> {
    language_functions().chain(VALUES).collect()
}

/// Whether the language means something by a name, whatever a program says.
pub fn is_of_the_language(name: &str) -> bool {
    language_functions().chain(VALUES).any(|known| known == name)
}

fn language_functions() -> impl Iterator<Item = &'static str> {
    let unary = op::unary_rows().filter(|row| row.spelled.is_none() && is_called(row.notation)).map(|row| row.name);
    let binary = op::binary_rows().filter(|row| row.spelled.is_none() && is_called(row.notation)).map(|row| row.name);
    unary.chain(binary).chain(builtin::ALL.iter().flat_map(|family| family.iter()).map(|b| b.name))
}
