//! Edits that are certain, applied.
use crate::diagnostic::Span;
use crate::pipeline;

/// One edit may make room for the next.
const ROUNDS: usize = 20;

/// The text with all certain edits in it, and what was done: the line, and the edit's title.
pub fn fixed(name: &str, text: &str) -> (String, Vec<(usize, String)>) {
    let (mut text, mut done) = (text.to_string(), vec![]);
    for _ in 0..ROUNDS {
        let source = pipeline::read(name, &text, &Default::default());
        let mut changes: Vec<(Span, String)> = vec![];
        for edit in source.diagnostics.iter().filter_map(|d| d.edits.iter().find(|e| e.certain)) {
            let own = edit.changes.iter().all(|(span, _)| span.file == 0);
            let clear = edit.changes.iter().all(|(span, _)| changes.iter().all(|(other, _)| !overlap(*span, *other)));
            let Some((first, _)) = edit.changes.first().filter(|_| own && clear) else { continue };
            done.push((source.sources.line_column(0, first.start as usize).0, edit.title.clone()));
            changes.extend(edit.changes.iter().cloned());
        }
        if changes.is_empty() {
            break;
        }
        // From the back, so that places stay where they are.
        changes.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
        for (span, with) in changes {
            text.replace_range(span.range(), &with);
        }
    }
    (text, done)
}

fn overlap(a: Span, b: Span) -> bool {
    a.start < b.end && b.start < a.end || a.start == b.start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn habits_of_other_languages() {
        let (text, done) = fixed("model.nn", "# a line\ninput x\nparam w, b\ny := w * x ** 2 + sin x\nz = 1.5 && y\n");
        insta::assert_snapshot!(format!("{text}\n{done:#?}"));
    }

    #[test]
    fn what_is_not_certain_is_left() {
        let text = "input x\nparam w\ny = wx\n";
        assert_eq!(fixed("model.nn", text), (text.to_string(), vec![]));
    }
}
