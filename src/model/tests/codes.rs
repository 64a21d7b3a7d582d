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
    for explanation in CODES {
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

/// What needs an option of the command line, or a program too long to show.
const UNSHOWN: [&str; 4] = ["E0213", "E0411", "E0501", "E0904"];

#[test]
fn each_code_that_is_used_is_explained() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/model");
    let mut folders = vec![folder];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            for start in text.match_indices("\"E0").chain(text.match_indices("\"W0")).map(|(at, _)| at + 1) {
                let Some(code) =
                    text.get(start..start + 5).filter(|code| code[1..].bytes().all(|b| b.is_ascii_digit()))
                else {
                    continue;
                };
                seen += 1;
                assert!(
                    UNSHOWN.contains(&code) || CODES.iter().any(|e| e.code == code),
                    "{code} in {}",
                    path.display()
                );
            }
        }
    }
    assert!(seen > 100);
}
