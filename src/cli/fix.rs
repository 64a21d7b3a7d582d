//! Edits that are certain, applied.
use crate::diagnostic::{Edit, apply};
use crate::pipeline;
use crate::used::Texts;

/// One edit may make room for the next.
const ROUNDS: usize = 20;

/// The text with all certain edits in it, and what was done: the line, and the edit's title.
pub fn fixed(name: &str, text: &str, texts: Texts) -> (String, Vec<(usize, String)>) {
    let (mut text, mut done) = (text.to_string(), vec![]);
    for _ in 0..ROUNDS {
        let source = pipeline::read_beside(name, &text, &Default::default(), texts);
        // What is wrong with another file is mended there.
        let is_own = |edit: &Edit| edit.certain && edit.changes.iter().all(|(span, _)| span.file == 0);
        let certain = source.diagnostics.iter().filter_map(|d| d.edits.iter().find(|e| is_own(e)));
        let (changed, made) = apply(&text, certain);
        if made.is_empty() {
            break;
        }
        let line = |edit: &Edit| source.sources.line_column(0, edit.changes[0].0.start as usize).0;
        done.extend(made.into_iter().map(|edit| (line(edit), edit.title.clone())));
        text = changed;
    }
    (text, done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alone(text: &str) -> (String, Vec<(usize, String)>) {
        fixed("model.nn", text, &|_| Ok(String::new()))
    }

    #[test]
    fn habits_of_other_languages() {
        let (text, done) = alone("# a line\ninput x\nparam w, b\ny := w * x ** 2 + sin x\nz = 1.5 && y\n");
        insta::assert_snapshot!(format!("{text}\n{done:#?}"));
    }

    #[test]
    fn what_is_not_certain_is_left() {
        let text = "input x\nparam w\ny = wx\n";
        assert_eq!(alone(text), (text.to_string(), vec![]));
    }
}
