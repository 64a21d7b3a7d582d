//! `gradus explain`: what a code means, with a program that has it, what is said about it, and the program as it should be; what a
//! name of the prelude means.
use super::paragraph::wrapped;
use super::source::complain;
use super::{Exit, print, reference};
use crate::diagnostic::{Diagnostic, Explanation, render};
use crate::pipeline;
use crate::schema::nearest;
use clap::Args;

/// Explain the code of an error, or a layer, a function or a word by its name
///
/// Names that Keras and PyTorch have for them will do.
///
/// Examples:
///   gradus explain E0301
///   gradus explain dense
///   gradus explain nn.Linear
///   gradus explain --all
#[derive(Args)]
#[command(verbatim_doc_comment, arg_required_else_help = true)]
pub struct Explain {
    /// The code, as in `error[E0301]`, or a name: of a layer, a function, a loss, an optimizer, a word
    #[arg(required_unless_present_any = ["all", "prelude"])]
    code: Option<String>,
    /// All codes, as Markdown
    #[arg(long, conflicts_with = "code")]
    all: bool,
    /// All names of the prelude, as Markdown
    #[arg(long, conflicts_with_all = ["code", "all"])]
    prelude: bool,
}

impl Explain {
    pub fn run(self) -> Exit {
        let Some(code) = &self.code else {
            return print(&if self.prelude { reference::markdown() } else { markdown() });
        };
        if let Some(found) = reference::entry(code) {
            return print(&found);
        }
        let wanted = code.to_uppercase();
        let all = pipeline::explanations();
        if let Some(found) = all.iter().find(|e| e.code == wanted) {
            return print(&text(found));
        }
        if let Some(found) = reference::foreign(code) {
            return print(&found);
        }
        let names: Vec<&str> = reference::names().collect();
        let codes: Vec<&str> = all.iter().map(|e| e.code).collect();
        let near = nearest(code, &names).or_else(|| nearest(&wanted, &codes));
        let near = near.map_or(String::new(), |near| format!("; did you mean {near}?"));
        complain(&format!(
            "error: {code} is neither a code nor a name of the language{near}\n  \
             = help: `gradus explain --all` shows all codes, `gradus explain --prelude` all names"
        ));
        Exit::Failure
    }
}

/// One code for a terminal.
fn text(e: &Explanation) -> String {
    let said = said(e).map_or(String::new(), |said| format!("\nWhat gradus says\n\n{}", indented(said.trim_end())));
    format!(
        "{}: {}\n\n{}\n\nWrong\n\n{}{said}\nRight\n\n{}",
        e.code,
        e.title,
        wrapped(e.text),
        indented(e.wrong),
        indented(e.right)
    )
}

/// What reading the wrong text says; nothing for a code that needs data or weights.
fn said(e: &Explanation) -> Option<String> {
    let source = pipeline::read("model.nn", e.wrong, &Default::default());
    let about: Vec<&Diagnostic> = source.diagnostics.iter().filter(|d| d.code == e.code).collect();
    let first = about.first()?;
    Some(anstream::adapter::strip_str(&render(first, &source.sources, false)).to_string())
}

fn indented(text: &str) -> String {
    text.lines().map(|line| if line.is_empty() { "\n".to_string() } else { format!("    {line}\n") }).collect()
}

/// The first letters of codes, and what they are about.
const GROUPS: [(&str, &str); 10] = [
    ("E01", "Text"),
    ("E02", "Names"),
    ("E03", "Shapes"),
    ("E04", "Kinds and ranges"),
    ("E05", "Derivatives"),
    ("E06", "Data"),
    ("E07", "Training"),
    ("E08", "Weights"),
    ("E09", "Limits"),
    ("W", "Warnings"),
];

/// All codes: `docs/errors.md`.
pub fn markdown() -> String {
    let all = pipeline::explanations();
    let mut out = String::from(
        "# Errors\n\nEvery error and warning has a code. `gradus explain CODE` shows its entry here. This file is written by\n`gradus explain --all`.\n",
    );
    for (letters, title) in GROUPS {
        out.push_str(&format!("\n## {title}\n"));
        for e in all.iter().filter(|e| e.code.starts_with(letters)) {
            out.push_str(&format!("\n### {}: {}\n\n{}\n\n", e.code, e.title, wrapped(e.text)));
            out.push_str(&format!("```text\n{}\n```\n", e.wrong));
            if let Some(said) = said(e) {
                out.push_str(&format!("\nis answered by\n\n```text\n{}\n```\n", said.trim_end()));
            }
            out.push_str(&format!("\nand should be\n\n```text\n{}\n```\n", e.right));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written anew with `GRADUS_WRITE=1`.
    #[test]
    fn docs_have_every_code() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/errors.md");
        if std::env::var_os("GRADUS_WRITE").is_some() {
            std::fs::write(&path, markdown()).unwrap();
        }
        assert!(
            std::fs::read_to_string(&path).unwrap() == markdown(),
            "docs/errors.md is old: gradus explain --all > docs/errors.md"
        );
    }

    #[test]
    fn every_code_belongs_to_one_group() {
        for e in pipeline::explanations() {
            assert_eq!(GROUPS.iter().filter(|g| e.code.starts_with(g.0)).count(), 1, "{}", e.code);
        }
    }

    #[test]
    fn one_code() {
        let all = pipeline::explanations();
        insta::assert_snapshot!(text(all.iter().find(|e| e.code == "E0201").unwrap()));
    }
}
