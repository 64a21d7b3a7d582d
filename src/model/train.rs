//! The `train` section: what is minimised, by which optimizer, how long.
use super::elaborator::{Elaborator, Outcome};
use super::path::{Frames, Label};
use super::{Batch, Length, Optimizer, Precision, Training};
use crate::diagnostic::{Diagnostic, Span};
use crate::graph::NodeId;
use crate::syntax::{Directive, Section, StatementKind, TreeId};
use indexmap::IndexMap;

/// Lines that the language has and this version has not.
const NOT_YET: [&str; 4] = ["clip", "freeze", "start", "stop"];

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
        for statement in &section.statements {
            let StatementKind::Directive(directive) = &statement.kind else { continue };
            let word = directive.word.name.as_str();
            if NOT_YET.contains(&word) {
                sound = self.not_there_yet(statement.span, &format!("`{word}` in a `train` section is"));
            } else if let Some(first) = lines.insert(word, directive) {
                let error = Diagnostic::error("E0705", format!("`{word}` stands twice"))
                    .at(directive.word.span, "the second")
                    .also(first.word.span, "the first");
                sound = self.fail(error);
            }
        }
        let value = |word: &str| lines.get(word).and_then(|directive| directive.values.first().copied());
        let objective = match objective {
            Some(objective) => objective,
            None => {
                let error = Diagnostic::error("E0701", "a `train` section says what to minimize")
                    .at(span, "no `minimize`")
                    .help("as in `minimize loss`");
                self.fail(error)
            }
        };
        let length = self.length(value("epochs"), value("steps"), span);
        let batch = match value("batch") {
            Some(id) if self.tree.name(id) == Some("all") && !self.is_bound("all") => Ok(Batch::All),
            Some(id) => self.size(id).map(Batch::Rows),
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
        let optimizer = match value("optimizer") {
            Some(id) => self.optimizer(id),
            None => self.default_optimizer(span),
        };
        sound?;
        Ok((
            objective?,
            Training { optimizer: optimizer?, batch: batch?, length: length?, seed: seed?, precision: precision? },
        ))
    }
    fn objective(&mut self, id: TreeId) -> Outcome<NodeId> {
        let x = self.tensor(id)?;
        self.numeric(&x, self.span(id))?;
        self.number_for(&x, id, "`minimize` takes one number for each example", "E0703")?;
        Ok(x.id)
    }
    fn length(&mut self, epochs: Option<TreeId>, steps: Option<TreeId>, span: Span) -> Outcome<Length> {
        match (epochs, steps) {
            (Some(id), None) => self.size(id).map(Length::Epochs),
            (None, Some(id)) => self.size(id).map(Length::Steps),
            (Some(epochs), Some(steps)) => {
                let error = Diagnostic::error("E0705", "training is as long as `epochs` or `steps` say, not both")
                    .at(self.span(steps), "steps")
                    .also(self.span(epochs), "epochs");
                self.fail(error)
            }
            (None, None) => {
                let error = Diagnostic::error("E0702", "a `train` section says how long")
                    .at(span, "neither `epochs` nor `steps`")
                    .help("as in `epochs 60`: so many times through the data");
                self.fail(error)
            }
        }
    }
    fn seed(&mut self, id: TreeId) -> Outcome<u64> {
        let value = self.expression(id)?;
        let number = self.whole(value, self.span(id))?;
        match u64::try_from(number) {
            Ok(seed) => Ok(seed),
            Err(_) => {
                let error = Diagnostic::error("E0704", "a seed is a whole number, 0 or more")
                    .at(self.span(id), format!("this is {number}"));
                self.fail(error)
            }
        }
    }
    fn precision(&mut self, id: TreeId) -> Outcome<Precision> {
        match self.tree.name(id) {
            Some("f32") => Ok(Precision::F32),
            Some("f64") => Ok(Precision::F64),
            _ => {
                let error =
                    Diagnostic::error("E0704", format!("a precision is `f32` or `f64`, not {}", self.quote(id)))
                        .at(self.span(id), "not a precision");
                self.fail(error)
            }
        }
    }
    fn default_optimizer(&mut self, span: Span) -> Outcome<Optimizer> {
        self.optimizer_named("adam", vec![], span, span)
    }
}
