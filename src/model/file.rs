//! A whole file: its statements in order, then training and outputs, then the names of parameters and inner values.
use super::elaborator::{Elaborator, Outcome, Reported};
use super::{Model, Role};
use crate::diagnostic::{Diagnostic, Span};
use crate::graph::{Leaf, NodeId, Op};
use crate::syntax::{OutputItem, Section, SectionKind, Statement, StatementKind};
use rustc_hash::FxHashSet;

impl<'a> Elaborator<'a> {
    /// None if something could not be read; that was reported.
    pub fn file(&mut self, statements: &'a [Statement]) -> Option<Model> {
        self.uses(statements);
        self.announce(statements);
        // Which classes are of one list is part of their types, wherever the section stands.
        for statement in statements {
            if let StatementKind::Section(section) = &statement.kind
                && section.kind == SectionKind::Data
                && self.classes.section.is_none()
            {
                self.classes.section = Some(statement.span);
                self.classes.same = crate::schema::same_classes(self.tree, section);
                self.facts.scaled = crate::schema::standardized(self.tree, section);
            }
        }
        let mut sound = Ok(());
        for statement in statements {
            let one = self.top_statement(statement);
            sound = sound.and(one);
        }
        let train = self.one_section(statements, SectionKind::Train);
        let data = self.one_section(statements, SectionKind::Data);
        let objective = train.and_then(|(section, _)| self.minimized(section));
        self.claims(statements, objective);
        let training = train.map(|(section, span)| self.train(section, span, objective.map(|o| o.0)));
        if let Some(at) = data.and_then(|(section, _)| crate::schema::weighs(section)) {
            self.weight_of_examples(at);
        }
        self.name_parameters();
        let outputs = self.outputs(statements);
        self.check_names();
        self.check_gathered();
        self.check_settings();
        self.name_inner_values();
        let (objective, training) = match training {
            Some(Ok((objective, training))) => (Some(objective), Some(training)),
            Some(Err(Reported)) => return None,
            None => (None, None),
        };
        sound.ok()?;
        let outputs = outputs.ok()?;
        self.graph.note_sequences();
        let lengths = self.graph.lengths.take().map(|lengths| *lengths);
        let loss = self.declared.bindings.iter().find(|(name, _)| name == "loss").map(|(_, id)| *id);
        // A class that is called so is none.
        let loss = loss.filter(|id| !self.graph.ty(*id).kind.is_class());
        Some(Model {
            graph: std::mem::take(&mut self.graph),
            inputs: std::mem::take(&mut self.declared.inputs),
            parameters: std::mem::take(&mut self.declared.parameters),
            states: std::mem::take(&mut self.declared.states),
            outputs,
            metrics: std::mem::take(&mut self.declared.metrics),
            loss,
            objective,
            weight: self.declared.weight,
            lengths,
            claims: std::mem::take(&mut self.declared.claims),
            compared: std::mem::take(&mut self.classes.compared),
            derivatives: std::mem::take(&mut self.declared.derivatives).into_iter().collect(),
            training,
            data: data.map(|(section, _)| section.clone()),
            bindings: std::mem::take(&mut self.declared.bindings),
        })
    }

    fn one_section(&mut self, statements: &'a [Statement], kind: SectionKind) -> Option<(&'a Section, Span)> {
        let mut found: Option<(&'a Section, Span)> = None;
        for statement in statements {
            if let StatementKind::Section(section) = &statement.kind
                && section.kind == kind
            {
                match found {
                    None => found = Some((section, statement.span)),
                    Some((_, first)) => {
                        let error = Diagnostic::error("E0705", format!("there are two `{}` sections", kind.word()))
                            .at(statement.span, "the second")
                            .also(first, "the first")
                            .help("a program has one: join their lines")
                            .edit("leave this one out", statement.span, "", false);
                        self.report(error);
                    }
                }
            }
        }
        found
    }

    /// `output y, code = h`; without it `y`, if that is no input.
    fn outputs(&mut self, statements: &'a [Statement]) -> Outcome<Vec<(String, NodeId)>> {
        let mut outputs: Vec<(String, NodeId)> = vec![];
        let mut said = false;
        let mut sound = Ok(());
        for statement in statements {
            let StatementKind::Output(items) = &statement.kind else { continue };
            said = true;
            for item in items {
                match self.output(item) {
                    Ok(id) => outputs.push((item.name.name.clone(), id)),
                    Err(Reported) => sound = Err(Reported),
                }
            }
        }
        let y = self.declared.bindings.iter().find(|(name, _)| name == "y").map(|(_, id)| *id);
        if !said && let Some(id) = y {
            // A `y` that needs a target is no answer; then `predict` asks for one.
            if !matches!(self.graph.op(id), Op::Leaf(Leaf::Input(_))) && self.target_of(id).is_none() {
                outputs.push(("y".to_string(), self.ending_output(id)));
            }
        }
        sound.map(|()| outputs)
    }
    fn output(&mut self, item: &'a OutputItem) -> Outcome<NodeId> {
        let (value, span) = match item.value {
            Some(value) => (self.tensor(value)?, self.span(value)),
            None => {
                let value = self.name(&item.name.name, item.name.span)?;
                (self.tensor_of(value, item.name.span)?, item.name.span)
            }
        };
        if let Some(target) = self.target_of(value.id) {
            let error = Diagnostic::error(
                "E0407",
                format!("an output may not need a target: {} depends on `{target}`", self.quote_span(span)),
            )
            .at(span, "not known when predicting")
            .help("what is measured with a target is a `metric`");
            return self.fail(error);
        }
        if item.value.is_some() {
            self.graph.name(value.id, item.name.name.clone());
        }
        Ok(self.ending_output(value.id))
    }
    /// A target that a value depends on.
    fn target_of(&self, id: NodeId) -> Option<String> {
        self.graph.reachable(&[id]).into_iter().find_map(|x| match self.graph.op(x) {
            Op::Leaf(Leaf::Input(number)) if self.declared.inputs[*number as usize].role == Role::Target => {
                Some(self.graph.inputs[*number as usize].name.clone())
            }
            _ => None,
        })
    }

    /// Gives parameters their paths. They may change while a binding is being read, so this comes when all is there.
    pub fn name_parameters(&mut self) {
        for (path, number) in self.parameter_paths() {
            self.graph.parameters[number as usize].name = path;
        }
        for (draw, path) in self.draw_paths().into_iter().enumerate() {
            self.graph.draws[draw].name = path;
        }
        for ((frame, name), number) in &self.sites.states {
            self.graph.states[*number as usize].name = self.frames.path_of(*frame, name);
        }
    }
    /// Two parameters that bear one name.
    fn check_names(&mut self) {
        let mut seen: FxHashSet<String> = FxHashSet::default();
        for number in 0..self.graph.parameters.len() {
            let variable = self.graph.parameters[number].clone();
            let leaf = self.declared.parameters[number].leaf;
            self.graph.name(leaf, variable.name.clone());
            if seen.insert(variable.name.clone()) {
                continue;
            }
            let first = self.graph.parameters.iter().find(|v| v.name == variable.name).map(|v| v.span);
            let mut error =
                Diagnostic::error("E0207", format!("two parameters would bear the name `{}`", variable.name))
                    .at(variable.span, "the second");
            if let Some(first) = first.filter(|first| *first != variable.span) {
                error = error.also(first, "the first");
            }
            self.report(error.help("bind the calls to names of their own: `a = dense(…)`, `b = dense(…)`"));
        }
    }
    fn name_inner_values(&mut self) {
        for (id, frame, name) in std::mem::take(&mut self.declared.inner_names) {
            let path = self.frames.path_of(frame, &name);
            self.graph.name(id, path);
        }
    }
}
