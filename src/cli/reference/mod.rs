//! The reference of the prelude: what each name means, with its definition, and what Keras and PyTorch call it.
//!
//! Signatures, meanings and definitions are the prelude's own text; formulas and the other tools' names stand in tables.
mod language;
mod table;
mod training;

use super::paragraph::wrapped;
use crate::model::prelude;
use crate::syntax::{Definition, DefinitionKind, Statement, StatementKind};

/// Entries that belong together.
struct Group {
    title: &'static str,
    about: &'static str,
    rows: &'static [Row],
}

/// One entry.
struct Row {
    name: &'static str,
    /// What the prelude's text would say, if it does not define the name.
    own: Option<Own>,
    formula: &'static str,
    /// A use of it, and the same in Keras and in PyTorch; empty if there is no such thing.
    gradus: &'static str,
    keras: &'static str,
    pytorch: &'static str,
    /// Where they differ; empty if they don't.
    differs: &'static str,
}

struct Own {
    signature: &'static str,
    meaning: &'static str,
}

const fn row(
    name: &'static str,
    formula: &'static str,
    gradus: &'static str,
    keras: &'static str,
    pytorch: &'static str,
    differs: &'static str,
) -> Row {
    Row { name, own: None, formula, gradus, keras, pytorch, differs }
}

/// A row of what no file of the prelude defines.
const fn own(signature: &'static str, meaning: &'static str, row: Row) -> Row {
    Row { own: Some(Own { signature, meaning }), ..row }
}

fn groups() -> impl Iterator<Item = &'static Group> {
    table::GROUPS.iter().chain(training::GROUPS)
}

/// A definition of the prelude, with its statement.
fn defined(name: &str) -> Option<(&'static Statement, &'static Definition)> {
    prelude::parsed().root.iter().find_map(|statement| match &statement.kind {
        StatementKind::Definition(definition) if definition.name.name == name => Some((statement, &**definition)),
        _ => None,
    })
}

impl Row {
    /// As one calls it: a name with its arguments and their defaults.
    fn signature(&self) -> String {
        if let Some(own) = &self.own {
            return own.signature.to_string();
        }
        let Some((_, definition)) = defined(self.name) else { return self.name.to_string() };
        // Training gives the weight and its gradient.
        let first = if definition.kind == DefinitionKind::Optimizer { 2 } else { 0 };
        let Some(first) = definition.parameters.get(first) else { return format!("{}()", self.name) };
        let tree = &prelude::parsed().tree;
        let until_body = &prelude::TEXT[first.name.span.start as usize..tree.span(definition.body).start as usize];
        format!("{}({}", self.name, until_body.trim_end().trim_end_matches('=').trim_end())
    }
    /// How it is called, and its formula below.
    fn head(&self) -> String {
        let formula: String = wrapped(self.formula).lines().map(|line| format!("    {line}\n")).collect();
        format!("{}\n{formula}", self.signature())
    }
    /// In a sentence.
    fn meaning(&self) -> String {
        match &self.own {
            Some(own) => own.meaning.to_string(),
            None => defined(self.name).and_then(|(statement, _)| statement.doc.clone()).unwrap_or_default(),
        }
    }
    fn definition(&self) -> Option<&'static str> {
        if self.own.is_some() {
            return None;
        }
        defined(self.name).map(|(statement, _)| &prelude::TEXT[statement.span.range()])
    }
    /// What each tool calls it, if another tool has it.
    fn tools(&self) -> Vec<(&'static str, &'static str)> {
        let mut all = vec![("Gradus", self.gradus), ("Keras", self.keras), ("PyTorch", self.pytorch)];
        all.retain(|(_, text)| !text.is_empty());
        if all.len() > 1 { all } else { vec![] }
    }
}

/// The entry of a name, for a terminal.
pub fn entry(name: &str) -> Option<String> {
    let Some(row) = groups().flat_map(|group| group.rows).find(|row| row.name == name) else {
        return language::entry(name);
    };
    let mut out = format!("{}\n{}\n", row.head(), wrapped(&row.meaning()));
    let tools: String = row.tools().iter().map(|(tool, text)| format!("    {tool:<7}  {text}\n")).collect();
    if !tools.is_empty() {
        out.push_str(&format!("\n{tools}"));
    }
    if !row.differs.is_empty() {
        out.push_str(&format!("\n{}\n", wrapped(row.differs)));
    }
    if let Some(definition) = row.definition() {
        let lines: Vec<String> = definition.lines().map(|line| format!("    {line}").trim_end().to_string()).collect();
        out.push_str(&format!("\nIts definition\n\n{}\n", lines.join("\n")));
    }
    Some(out)
}

/// What another tool calls so: `nn.Linear`, `Dense`, `CrossEntropyLoss`. Modules and capitals say nothing.
pub fn foreign(name: &str) -> Option<String> {
    let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_lowercase();
    let wanted = last(name);
    let is_letter = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    // What stands before an opening parenthesis is called.
    let calls = |text: &str| {
        let mut all = text.split('(').map(|before| last(before.rsplit(|c| !is_letter(c)).next().unwrap_or_default()));
        all.any(|called| called == wanted)
    };
    // A call that is the whole example says more than one that stands within.
    let is_called = |text: &str| {
        text.split_once('(').is_some_and(|(before, _)| before.chars().all(is_letter) && last(before) == wanted)
    };
    let rows = || groups().flat_map(|group| group.rows);
    let row = rows()
        .find(|row| row.name == wanted || is_called(row.keras) || is_called(row.pytorch))
        .or_else(|| rows().find(|row| calls(row.keras) || calls(row.pytorch)))
        .map(|row| row.name)
        .or_else(|| crate::model::alias(&wanted));
    row.and_then(entry)
}

/// All names that have an entry.
pub fn names() -> impl Iterator<Item = &'static str> {
    let words = language::WORDS.iter().map(|word| word.name).filter(|name| !prelude_names().any(|own| own == *name));
    prelude_names().chain(words)
}
/// Those of the prelude.
fn prelude_names() -> impl Iterator<Item = &'static str> {
    groups().flat_map(|group| group.rows).map(|row| row.name)
}

const HEAD: &str = "# The prelude

Layers, activations, losses, metrics, optimizers and schedules: what each means, and what Keras and PyTorch call it. Most are written
in Gradus itself, and their definitions stand here: read them, copy them, change them. `gradus explain NAME` shows an entry; this file
is written by `gradus explain --prelude`. How to write a program is in [language.md](language.md).

In the examples, `x`, `y` and `t` are vectors of 4 numbers, `xs` is a sequence of 10 such vectors, `img` an image of 6 × 5 such
vectors, `z` are 3 logits, `u` and `v` numbers, `p` is a probability, `p3` and `t3` are 3 probabilities, `k` is one of 3 classes, `s` a
truth value. A program says one example; the others' tensors have an axis of examples in front. Keras' names are below `keras`; `F` is `torch.nn.functional`, `optim` is
`torch.optim`, with parameters `w` and an optimizer `o`. What stands in one row of Layers, Activations, Losses or Metrics has been computed by both
others from the same numbers, by `tests/suite/prelude/reference.py`, and is compared by the tests.
";

/// All entries: `docs/prelude.md`.
pub fn markdown() -> String {
    let mut out = HEAD.to_string();
    out.push_str("\n| | |\n|---|---|\n");
    for group in groups() {
        let links: Vec<String> =
            group.rows.iter().map(|row| format!("[{}](#{})", row.name, row.name.replace(' ', "-"))).collect();
        out.push_str(&format!("| {} | {} |\n", group.title, links.join(" · ")));
    }
    for group in groups() {
        out.push_str(&format!("\n## {}\n\n{}\n", group.title, wrapped(group.about)));
        for row in group.rows {
            out.push_str(&format!("\n### {}\n\n", row.name));
            out.push_str(&format!("{}\n\n```text\n{}```\n", wrapped(&row.meaning()), row.head()));
            let tools: String = row.tools().iter().map(|(tool, text)| format!("| {tool} | `{text}` |\n")).collect();
            if !tools.is_empty() {
                out.push_str(&format!("\n| | |\n|---|---|\n{tools}"));
            }
            if !row.differs.is_empty() {
                out.push_str(&format!("\n{}\n", wrapped(row.differs)));
            }
            if let Some(definition) = row.definition() {
                out.push_str(&format!("\n```text\n{definition}\n```\n"));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Written anew with `GRADUS_WRITE=1`.
    #[test]
    fn docs_have_the_prelude() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/prelude.md");
        if std::env::var_os("GRADUS_WRITE").is_some() {
            std::fs::write(&path, markdown()).unwrap();
        }
        assert!(
            std::fs::read_to_string(&path).unwrap() == markdown(),
            "docs/prelude.md is old: gradus explain --prelude > docs/prelude.md"
        );
    }

    #[test]
    fn every_definition_has_one_entry_with_a_meaning() {
        let all: Vec<&str> = prelude_names().collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "a name twice");
        for statement in &prelude::parsed().root {
            let StatementKind::Definition(definition) = &statement.kind else { continue };
            assert!(all.contains(&definition.name.name.as_str()), "no entry for {}", definition.name.name);
        }
        for row in groups().flat_map(|group| group.rows) {
            assert!(row.meaning().ends_with('.'), "{}: {:?}", row.name, row.meaning());
            let is_metric = row.signature().starts_with("metric ");
            assert!(!is_metric || row.signature().ends_with(&format!(" = {}", row.gradus)), "{}", row.name);
            assert_eq!(row.own.is_some(), defined(row.name).is_none(), "{}", row.name);
            assert!(row.tools().iter().all(|(_, text)| !text.contains('|')), "{}: a bar ends a cell", row.name);
        }
    }

    #[test]
    fn entries_on_a_terminal() {
        insta::assert_snapshot!(
            ["elu", "momentum", "softmax", "shift"].map(|name| entry(name).unwrap()).join("\n---\n\n")
        );
    }
}
