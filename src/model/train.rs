//! The `train` section: what is minimised, by which optimizer, how long.
use super::elaborator::{Elaborator, Outcome, Reported};
use super::optimizer::Gradient;
use super::path::is_below;
use super::path::{Frames, Label};
use super::value::Value;
use super::{Batch, Frozen, Length, Optimizer, Precision, Training};
use crate::diagnostic::{Diagnostic, Edit, Span};
use crate::graph::NodeId;
use crate::syntax::{Directive, Section, StatementKind, TreeId};
use indexmap::IndexMap;

impl<'a> Elaborator<'a> {
    /// What `minimize` says, if it stands there.
    pub fn minimized(&mut self, section: &'a Section) -> Option<(Outcome<NodeId>, Span)> {
        let mut lines = section.statements.iter().filter_map(|statement| match &statement.kind {
            StatementKind::Directive(directive) if directive.word.name == "minimize" => directive.values.first(),
            _ => None,
        });
        let id = *lines.next_back()?;
        let frame = self.frames.enter(Frames::ROOT, Label::Name("minimize".into()));
        Some((self.in_frame(frame, |this| this.objective(id)), self.span(id)))
    }
    /// The objective and the rest of the section. What `minimize` makes can't make parameters of its own.
    pub fn train(
        &mut self,
        section: &'a Section,
        span: Span,
        objective: Option<Outcome<NodeId>>,
    ) -> Outcome<(NodeId, Training)> {
        let mut lines: IndexMap<&str, &'a Directive> = IndexMap::new();
        let mut sound = Ok(());
        let mut some = vec![];
        for statement in &section.statements {
            let StatementKind::Directive(directive) = &statement.kind else { continue };
            let word = directive.word.name.as_str();
            if word == "optimizer" && !directive.phrases.is_empty() {
                some.push(directive);
            } else if let Some(first) = lines.insert(word, directive) {
                let error = Diagnostic::error("E0705", format!("`{word}` stands twice"))
                    .at(directive.word.span, "the second")
                    .also(first.word.span, "the first")
                    .help("keep one of the two");
                sound = self.fail(error);
            }
        }
        // A line that could not be read may have been the one that is missing.
        let is_whole =
            !section.statements.iter().any(|statement| matches!(statement.kind, StatementKind::Error { .. }));
        let value = |word: &str| lines.get(word).and_then(|directive| directive.values.first().copied());
        let objective = match objective {
            Some(objective) => objective,
            None => {
                let error =
                    Diagnostic::error("E0701", "a `train` section says what to minimize").at(span, "no `minimize`");
                match self.is_bound("loss") {
                    true if is_whole => self.missing_line(error, "minimize loss", span),
                    false if is_whole => self.fail(error.help("as in `minimize loss`")),
                    _ => Err(Reported),
                }
            }
        };
        let length = match (value("epochs"), value("steps")) {
            (None, None) if !is_whole => Err(Reported),
            (None, None) => {
                let error = Diagnostic::error("E0702", "a `train` section says how long")
                    .at(span, "neither `epochs` nor `steps`")
                    .note("an epoch is once through the data, a step is one batch");
                self.missing_line(error, "epochs 60", span)
            }
            (Some(_), Some(_)) => self.two_lengths(lines["epochs"], lines["steps"]),
            (Some(id), None) => self.size(id).map(Length::Epochs),
            (None, Some(id)) => self.size(id).map(Length::Steps),
        };
        let batch = match value("batch") {
            Some(id) if self.tree.name(id) == Some("all") && !self.is_bound("all") => Ok(Batch::All),
            Some(id) => self.rows_of_batch(id).map(Batch::Rows),
            None => Ok(Batch::Rows(32)),
        };
        let seed = match value("seed") {
            Some(id) => self.seed(id),
            None => Ok(1),
        };
        let precision = match value("precision") {
            Some(id) => self.precision(id),
            None => Ok(Precision::F32),
        };
        // The optimizer needs to know all parameters, and their paths.
        self.name_parameters();
        let frozen = match lines.get("freeze") {
            Some(directive) => self.frozen(&directive.values),
            None => Ok(Frozen::default()),
        };
        let clip = lines.get("clip").map(|directive| self.clip(directive)).transpose();
        let mut gradients = self.gradient_holes();
        if let (Ok(Some(most)), Ok(frozen)) = (&clip, &frozen) {
            self.clipped(&mut gradients, *most, &frozen.parameters);
        }
        let optimizer = clip.and_then(|_| self.optimizers(value("optimizer"), &some, &gradients, span));
        let start = value("start").map(|id| self.start(id)).transpose();
        let stop = lines.get("stop").map(|directive| self.stop(directive)).transpose();
        sound?;
        Ok((
            objective?,
            Training {
                optimizer: optimizer?,
                batch: batch?,
                length: length?,
                seed: seed?,
                precision: precision?,
                frozen: frozen?,
                start: start?,
                stop: stop?,
            },
        ))
    }

    /// `optimizer adam(rate = 1e-3)`, and for parameters below a name `optimizer sgd(rate = 1e-4) for features`: the nearest name holds.
    fn optimizers(
        &mut self,
        all: Option<TreeId>,
        some: &[&'a Directive],
        gradients: &[Gradient],
        section: Span,
    ) -> Outcome<Optimizer> {
        let mut of: Vec<Option<(usize, Span, TreeId)>> = vec![None; self.graph.parameters.len()];
        for directive in some {
            let Some(&optimizer) = directive.values.first() else { return Err(Reported) };
            for &name in directive.phrases.iter().flat_map(|phrase| &phrase.values) {
                let (path, span) = (self.path_of_parameters(name)?, self.span(name));
                for number in self.parameters_of(&path, span)? {
                    match of[number as usize] {
                        Some((length, first, other)) if length == path.len() && other != optimizer => {
                            let error = Diagnostic::error("E0705", format!("two optimizers for `{path}`"))
                                .at(span, "the second")
                                .also(first, "the first");
                            return self.fail(error);
                        }
                        Some((length, ..)) if path.len() < length => {}
                        _ => of[number as usize] = Some((path.len(), span, optimizer)),
                    }
                }
            }
        }
        let numbers = |which: Option<TreeId>| -> Vec<u32> {
            let is_of = |own: &Option<(usize, Span, TreeId)>| own.map(|own| own.2) == which;
            (0..).zip(&of).filter(|(_, own)| is_of(own)).map(|(number, _)| number).collect()
        };
        let mut whole = match all {
            Some(id) => self.optimizer(id, gradients, &numbers(None))?,
            None => self.optimizer_named("adam", vec![], (section, section), gradients, &numbers(None))?,
        };
        for directive in some {
            let Some(&id) = directive.values.first() else { return Err(Reported) };
            let more = self.optimizer(id, gradients, &numbers(Some(id)))?;
            whole.updates.extend(more.updates);
        }
        whole.updates.sort_by_key(|update| update.parameter);
        Ok(whole)
    }

    /// `clip norm 1`
    fn clip(&mut self, directive: &'a Directive) -> Outcome<NodeId> {
        let Some(&id) = directive.phrases.iter().flat_map(|phrase| &phrase.values).next() else { return Err(Reported) };
        let (most, span) = (self.tensor(id)?, self.span(id));
        self.numeric(&most, span)?;
        self.one_for_all(most.id, span, "the norm that is clipped to")?;
        let is_number = self.graph.shape(most.id).is_empty();
        if !is_number || most.number().is_some_and(|number| number.is_nan() || number <= 0.0) {
            let error = Diagnostic::error("E0704", "`clip norm` takes a number above 0").at(span, "not such a number");
            return self.fail(error.help("the gradients are shortened where their norm is larger"));
        }
        Ok(most.id)
    }

    /// `freeze features, h.w`: what is below these names.
    fn frozen(&mut self, names: &[TreeId]) -> Outcome<Frozen> {
        let mut frozen = Frozen::default();
        for &name in names {
            let (path, span) = (self.path_of_parameters(name)?, self.span(name));
            frozen.parameters.extend(self.parameters_of(&path, span)?);
            let states = (0..).zip(&self.graph.states).filter(|(_, state)| is_below(&state.name, &path));
            frozen.states.extend(states.map(|(number, _)| number));
        }
        Ok(frozen)
    }

    /// `start "base.safetensors"`
    fn start(&mut self, id: TreeId) -> Outcome<(String, Span)> {
        let span = self.span(id);
        match self.expression(id)? {
            Value::Text(name) => Ok((name.to_string(), span)),
            other => {
                let error = Diagnostic::error("E0704", "`start` names a file of weights")
                    .at(span, other.spoken())
                    .help("as in `start \"base.safetensors\"`, which `gradus run --save` has written");
                self.fail(error)
            }
        }
    }
    fn objective(&mut self, id: TreeId) -> Outcome<NodeId> {
        let x = self.tensor(id)?;
        self.numeric(&x, self.span(id))?;
        self.number_for(&x, id, "`minimize` takes one number for each example", "E0703")?;
        Ok(x.id)
    }
    fn two_lengths(&mut self, epochs: &Directive, steps: &Directive) -> Outcome<Length> {
        let line = |this: &Self, directive: &Directive| {
            let values = directive.values.iter().map(|id| this.span(*id));
            values.fold(directive.word.span, Span::to)
        };
        let (epochs, steps) = (line(self, epochs), line(self, steps));
        let error = Diagnostic::error("E0705", "training is as long as `epochs` or `steps` say, not both")
            .at(steps, "steps")
            .also(epochs, "epochs")
            .edit("keep the epochs", steps, "", false)
            .edit("keep the steps", epochs, "", false);
        self.fail(error)
    }
    fn rows_of_batch(&mut self, id: TreeId) -> Outcome<usize> {
        let (number, span) = (self.whole_number(id)?, self.span(id));
        if number >= 1 {
            return Ok(number as usize);
        }
        let error = Diagnostic::error("E0704", "a batch has one row or more").at(span, format!("this is {number}"));
        self.fail(error.edit("all rows of the data are one batch", span, "all", false))
    }
    fn missing_line<T>(&mut self, error: Diagnostic, line: &str, section: Span) -> Outcome<T> {
        let (place, text) = self.line_at_end(section, line);
        self.fail(error.edit(format!("add a line such as `{line}`"), place, text, false))
    }
    /// Adds the edit that moves `optimizer = adam(…)`, whose value stands at `value`, into the section that has no optimizer yet.
    pub fn optimizer_in_section(&self, mut error: Diagnostic, value: Span) -> Diagnostic {
        let Some((_, binding)) = self.bound_to(value) else { return error };
        let text = self.sources.text(value.file);
        let start = text.find("\ntrain {").map(|at| at + 1).filter(|start| value.end as usize <= *start);
        let Some(start) = start else { return error };
        let Some(length) = text[start..].find('}') else { return error };
        let section = Span::new(value.file, start..start + length + 1);
        if self.text(section).contains("optimizer") {
            return error;
        }
        let line_end = text[value.end as usize..].find('\n').map_or(text.len(), |at| value.end as usize + at + 1);
        if !text[value.end as usize..line_end].trim().is_empty() {
            return error;
        }
        let (place, line) = self.line_at_end(section, &format!("optimizer {}", self.text(value)));
        let changes = vec![(Span { end: line_end as u32, ..binding }, String::new()), (place, line)];
        error.edits.push(Edit { title: "put it into the section".into(), changes, certain: false });
        error
    }
    /// The place and the text of one more line in a section: before its `}`, as the lines before it are written.
    pub(super) fn line_at_end(&self, section: Span, line: &str) -> (Span, String) {
        let text = self.text(section);
        let inner = text.strip_suffix('}').unwrap_or(text).trim_end();
        let end = section.start + inner.len() as u32;
        let place = Span { start: end, end, ..section };
        let last = inner.rsplit('\n').next().unwrap_or("");
        let indent = &last[..last.len() - last.trim_start().len()];
        let is_on_lines = inner.contains('\n');
        (
            place,
            if inner.ends_with('{') {
                format!(" {line}")
            } else if is_on_lines {
                format!("\n{indent}{line}")
            } else {
                format!("; {line}")
            },
        )
    }
    fn seed(&mut self, id: TreeId) -> Outcome<u64> {
        let value = self.expression(id)?;
        let number = self.whole(value, self.span(id))?;
        match u64::try_from(number) {
            Ok(seed) => Ok(seed),
            Err(_) => {
                let (span, positive) = (self.span(id), number.unsigned_abs());
                let error = Diagnostic::error("E0704", "a seed is a whole number, 0 or more")
                    .at(span, format!("this is {number}"));
                self.fail(error.edit(format!("write `{positive}`"), span, positive.to_string(), false))
            }
        }
    }
    fn precision(&mut self, id: TreeId) -> Outcome<Precision> {
        match self.tree.name(id) {
            Some("f32") => Ok(Precision::F32),
            Some("f64") => Ok(Precision::F64),
            _ => {
                let (span, mut error) = (
                    self.span(id),
                    Diagnostic::error("E0704", format!("a precision is `f32` or `f64`, not {}", self.quote(id))),
                );
                error = error.at(span, "not a precision");
                let is_double = self.text(span).contains("64") || self.text(span).contains("double");
                let meant = if is_double { "f64" } else { "f32" };
                self.fail(error.edit(format!("write `{meant}`"), span, meant, false))
            }
        }
    }
}
