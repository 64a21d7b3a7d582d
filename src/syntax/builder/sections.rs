//! Sections: which statements and directives may stand in `data` and `train`.
use super::Builder;
use crate::diagnostic::{Diagnostic, Span};
use crate::syntax::directives::{DirectiveRule, words};
use crate::syntax::habit_lines::{advice_on_line, meant_line, meant_word};
use crate::syntax::tree::*;
use crate::syntax::words::need;

impl Builder<'_> {
    pub fn section(&mut self, word: Ident, file: Option<FileName>, block: Option<TreeId>) -> StatementKind {
        let kind = if word.name == "data" { SectionKind::Data } else { SectionKind::Train };
        let statements = match block.map(|block| self.tree.kind(block)) {
            Some(NodeKind::Block(statements)) => statements.clone(),
            _ => vec![],
        };
        let statements = statements.into_iter().map(|statement| self.checked(kind, statement)).collect();
        StatementKind::Section(Section { kind, file, statements })
    }

    /// The statement, if it may stand in this section; else an error.
    fn checked(&mut self, section: SectionKind, statement: Statement) -> Statement {
        let problem = match (section, &statement.kind) {
            (_, StatementKind::Directive(directive)) => self.directive_problem(section, directive),
            (_, StatementKind::Error { .. }) => None,
            (
                SectionKind::Data,
                StatementKind::Binding { .. } | StatementKind::Draw { .. } | StatementKind::Row { .. },
            ) => None,
            (SectionKind::Train, _) => Some(self.train_problem(&statement)),
            (SectionKind::Data, _) => Some(misplaced(section, &statement)),
        };
        match problem {
            None => statement,
            Some(problem) => {
                self.report(problem);
                Statement { kind: StatementKind::Error { binds: vec![] }, ..statement }
            }
        }
    }

    /// `epochs = 60` in a `train` section, where no sign stands between.
    fn train_problem(&self, statement: &Statement) -> Diagnostic {
        let (name, value) = match &statement.kind {
            StatementKind::Binding { target: Target::Name(name), ty: None, value } => (name, *value),
            StatementKind::Row { name, values } if values.len() == 1 => (name, values[0]),
            StatementKind::Update { name, value } => (name, *value),
            _ => return misplaced(SectionKind::Train, statement),
        };
        let known = DirectiveRule::of(SectionKind::Train, &name.name).is_some();
        let line = format!("{} {}", name.name, self.quoted(value));
        // A `loss = …` is a value that stands above.
        let meant = meant_line(SectionKind::Train, &line).or_else(|| meant_word(SectionKind::Train, &line));
        let meant = meant.filter(|meant| !meant.starts_with("minimize"));
        if let Some(meant) = meant.filter(|_| !known) {
            let place = name.span.to(self.span(value));
            return Diagnostic::error("E0136", format!("a `train` section has no `{}`", name.name))
                .at(name.span, "not a word of this section")
                .edit(format!("write `{meant}`"), place, meant, false);
        }
        let sign = self.source.span(name.span.end as usize..self.span(value).start as usize);
        let diagnostic = Diagnostic::error("E0134", "a line of a `train` section has no sign after its word")
            .at(sign, "expected a value");
        if known {
            diagnostic.edit(format!("write `{} {}`", name.name, self.quoted(value)), sign, " ", true)
        } else {
            diagnostic.help("values are bound above the section; its own lines are `minimize loss`, `epochs 60`, …")
        }
    }

    fn directive_problem(&self, section: SectionKind, directive: &Directive) -> Option<Diagnostic> {
        let (word, span) = (directive.word.name.as_str(), directive.word.span);
        let Some(rule) = DirectiveRule::of(section, word) else {
            let known = words(section);
            let diagnostic = Diagnostic::error("E0136", format!("a `{}` section has no `{word}`", section.word()))
                .at(span, "not a word of this section");
            let near = known.iter().copied().min_by_key(|known| strsim::damerau_levenshtein(word, known));
            let near = near.filter(|near| strsim::damerau_levenshtein(word, near) <= (word.len() / 3).max(1));
            let other = if section == SectionKind::Data { SectionKind::Train } else { SectionKind::Data };
            let line = self.source.slice(self.directive_span(directive));
            return Some(match near {
                _ if let Some(meant) = meant_line(section, line) => {
                    diagnostic.edit(format!("write `{meant}`"), self.directive_span(directive), meant, false)
                }
                _ if let Some((meant, change)) = self.alias_of_directive(section, directive) => {
                    // The name alone is another; what is normalized, and how, only the author knows.
                    let is_certain = matches!(word, "maximize" | "batch_size" | "batchsize");
                    diagnostic.edit(format!("write `{meant}`"), self.directive_span(directive), change, is_certain)
                }
                _ if let Some(advice) = advice_on_line(section, word) => diagnostic.help(advice),
                _ if DirectiveRule::of(other, word).is_some() => {
                    diagnostic.help(format!("`{word}` stands in the `{}` section", other.word()))
                }
                _ if need(word).is_some() => diagnostic.help(format!("`{word}` stands outside, above the section")),
                Some(near) => diagnostic.edit(format!("write `{near}`"), span, near, false),
                None => diagnostic.help(format!("it has `{}`", known.join("`, `"))),
            });
        };
        (!rule.allows(directive)).then(|| {
            let diagnostic = Diagnostic::error("E0135", format!("`{word}` is not written like this"));
            if word == "minimize" && directive.values.len() > 1 {
                let terms: Vec<String> = directive.values.iter().map(|value| self.quoted(*value)).collect();
                let sum = terms.join(" + ");
                let spans = directive.values.iter().map(|value| self.span(*value));
                let values = spans.fold(self.span(directive.values[0]), Span::to);
                return diagnostic.at(values, "one number is minimized").edit("the sum of them", values, sum, false);
            }
            if let ("optimizer", &[name, rate]) = (word, &directive.values[..])
                && self.tree.name(name).is_some()
            {
                let (place, rate) = (self.span(name).to(self.span(rate)), self.quoted(rate));
                let right = format!("{}(rate = {rate})", self.quoted(name));
                let diagnostic = diagnostic.at(place, "its settings stand in parentheses");
                return diagnostic.edit(format!("write `{right}`"), place, right, false);
            }
            let place = self.directive_span(directive);
            let diagnostic = diagnostic.at(place, "has other parts").help(rule.help());
            match meant_line(section, self.source.slice(place)) {
                Some(meant) => diagnostic.edit(format!("write `{meant}`"), place, meant, false),
                None => diagnostic,
            }
        })
    }

    /// The line that is meant by a word of other tools, and how it is written here.
    fn alias_of_directive(&self, section: SectionKind, directive: &Directive) -> Option<(String, String)> {
        let word = directive.word.name.as_str();
        let rest = self.directive_span(directive);
        let rest = self.source.slice(Span { start: directive.word.span.end, ..rest });
        if (section, word) == (SectionKind::Train, "maximize") && directive.values.len() == 1 {
            let line = format!("minimize -({})", rest.trim());
            return Some((line.clone(), line));
        }
        let meant = meant_word(section, &format!("{word}{rest}"))?;
        let title = match meant.split_once(' ') {
            Some((first, rest)) if rest.trim() == rest && !meant.starts_with("optimizer") => first.to_string(),
            _ => meant.clone(),
        };
        Some((title, meant))
    }

    fn directive_span(&self, directive: &Directive) -> crate::diagnostic::Span {
        let values = directive.values.iter().chain(directive.phrases.iter().flat_map(|phrase| &phrase.values));
        let spans =
            values.map(|value| self.span(*value)).chain(directive.phrases.iter().map(|phrase| phrase.words.span));
        spans.fold(directive.word.span, |whole, span| whole.to(span))
    }

    pub fn row(&mut self, left: TreeId, values: Vec<TreeId>) -> StatementKind {
        match self.single_target(left) {
            Some(name) => StatementKind::Row { name, values },
            None => StatementKind::Error { binds: vec![] },
        }
    }

    pub fn directive(&mut self, word: Ident, values: Vec<TreeId>, phrases: Vec<Phrase>) -> StatementKind {
        StatementKind::Directive(Directive { word, values, phrases })
    }

    /// The words of a phrase stand between these places.
    pub fn phrase(&mut self, start: usize, end: usize, values: Vec<TreeId>) -> Phrase {
        let words = self.source.text[start..end].split_whitespace().collect::<Vec<_>>().join(" ");
        Phrase { words: Ident { name: words, span: self.source.span(start..end) }, values }
    }
}

fn misplaced(section: SectionKind, statement: &Statement) -> Diagnostic {
    Diagnostic::error("E0134", format!("this can't stand in a `{}` section", section.word()))
        .at(statement.span, "not a line of this section")
        .help("put it above the section")
}

impl SectionKind {
    pub fn word(self) -> &'static str {
        match self {
            SectionKind::Data => "data",
            SectionKind::Train => "train",
        }
    }
}
