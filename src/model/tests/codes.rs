//! Each code has a program that has it, and one that has not.
use super::super::{Options, codes::CODES, elaborate};
use crate::diagnostic::Sources;
use crate::syntax::parse;

fn codes(text: &str) -> Vec<&'static str> {
    let mut sources = Sources::default();
    let file = sources.add("model.nn", text);
    let parsed = parse(file, text);
    assert!(parsed.diagnostics.is_empty(), "{text}");
    elaborate(&parsed, &sources, &Options { training: true, ..Options::default() }).1.iter().map(|d| d.code).collect()
}

#[test]
fn each_code_has_a_program_that_has_it_and_one_that_has_not() {
    for explanation in CODES.iter().filter(|e| !UNSHOWN.contains(&e.code)) {
        let found = codes(explanation.wrong);
        assert!(
            !found.is_empty() && found.iter().all(|code| *code == explanation.code),
            "{found:?}: {}",
            explanation.wrong
        );
        assert_eq!(codes(explanation.right), [] as [&str; 0], "{}: {}", explanation.code, explanation.right);
    }
    assert!(CODES.is_sorted_by(|a, b| a.code < b.code));
}

/// What needs an option of the command line, or a program too long to show: `tests/suite/codes.rs` has them.
const UNSHOWN: [&str; 3] = ["E0213", "E0215", "E0904"];
