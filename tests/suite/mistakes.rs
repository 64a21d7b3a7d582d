//! What a person meets on the first day: a folder of mistakes, by what they are about, each with what is said of it.
//!
//! A program in `tests/suite/mistakes` is right but for one mistake. Beside it stands what `gradus` says, and what becomes of the program
//! if it is corrected as the first suggestion says: it must be right then. Every other suggestion must take its error away too.
use gradus::diagnostic::{Diagnostic, Edit, Sources, Span, apply, render};
use gradus::{data, pipeline};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One correction may make room for the next.
const ROUNDS: usize = 9;

/// Every so many characters of a program it is broken.
const STEP: usize = 17;

/// In these, one mistake is made of several, as a whole function in another language's clothes.
const SEVERAL: [&str; 9] = [
    "data/16_listed_with_equals",
    "data/22_list_with_colons",
    "names/27_activation_in_single_quotes",
    "paper/04_hats_and_bold_letters",
    "python/05_def_of_one_line",
    "python/06_def",
    "python/07_def_of_several_lines",
    "python/17_for",
    "python/49_annotations",
];

/// All that is said about a program and its data.
fn said(path: &Path, text: &str) -> (Vec<Diagnostic>, Sources) {
    let name = path.file_name().unwrap().to_string_lossy();
    let beside = || data::Options::beside(path);
    let source = pipeline::read_with_data(&name, text, &Default::default(), &gradus::used::alone, beside);
    let mut all = source.diagnostics.clone();
    let needs_data = path.parent().unwrap().ends_with("data");
    if let Some(model) = source.training.as_ref().filter(|model| model.data.is_some() || needs_data) {
        match pipeline::data_plan(&source, model).and_then(|plan| data::load(&plan, &beside())) {
            Ok(dataset) => all.extend(dataset.warnings),
            Err(errors) => all.extend(errors),
        }
    }
    (all, source.sources)
}

fn shown(all: &[Diagnostic], sources: &Sources, folder: &Path) -> String {
    let text: Vec<String> = all.iter().map(|diagnostic| render(diagnostic, sources, false)).collect();
    let lines = text.join("\n\n").replace(&format!("{}/", folder.display()), "");
    lines.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// The program with the first suggestion of everything that is said, until nothing is suggested; and the titles of what was done.
fn corrected(path: &Path, text: &str) -> (String, Vec<String>) {
    let (mut text, mut done) = (text.to_string(), vec![]);
    for _ in 0..ROUNDS {
        let (all, _) = said(path, &text);
        let (changed, made) = apply(&text, all.iter().filter_map(|diagnostic| diagnostic.edits.first()));
        if made.is_empty() {
            break;
        }
        done.extend(made.into_iter().map(|edit| edit.title.clone()));
        text = changed;
    }
    (text, done)
}

/// Whether an error is gone once an edit is made.
fn helps(path: &Path, text: &str, edit: &Edit, error: &Diagnostic) -> bool {
    let (changed, made) = apply(text, [edit]);
    let count = |all: Vec<Diagnostic>| {
        all.iter().filter(|other| (other.code, &other.message) == (error.code, &error.message)).count()
    };
    !made.is_empty() && count(said(path, &changed).0) < count(said(path, text).0)
}

/// What is wrong with how a program is corrected.
fn faults(path: &Path, name: &str, text: &str) -> Vec<String> {
    let (all, _) = said(path, text);
    let mut faults = vec![];
    if all.len() != 1 && !SEVERAL.contains(&name) {
        faults.push(format!("{} things are said of one mistake", all.len()));
    }
    for diagnostic in &all {
        if diagnostic.edits.is_empty() && diagnostic.helps.is_empty() {
            faults.push(format!("{} says no way out", diagnostic.code));
        }
        let vain = diagnostic.edits.iter().filter(|edit| !helps(path, text, edit, diagnostic));
        faults.extend(vain.map(|edit| format!("{}: `{}` does not help", diagnostic.code, edit.title)));
    }
    faults
}

fn programs() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/mistakes");
    let inside = |folder: &Path| -> Vec<PathBuf> {
        let mut all: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        all.sort();
        all
    };
    let is_program = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "nn");
    inside(&root).iter().flat_map(|group| inside(group)).filter(is_program).collect()
}

#[test]
fn each_mistake_is_explained_and_its_correction_is_right() {
    let (mut wrong, mut number, mut with_edit) = (vec![], 0, 0);
    for path in programs() {
        let folder = path.parent().unwrap();
        let group = folder.file_name().unwrap().to_string_lossy().into_owned();
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        let name = format!("{group}/{stem}");
        let text = fs::read_to_string(&path).unwrap();
        let (all, sources) = said(&path, &text);
        let (better, done) = corrected(&path, &text);
        let (left, left_sources) = said(&path, &better);
        let mut report = shown(&all, &sources, folder);
        let done_text = done.join("; ");
        if !done.is_empty() && left.is_empty() {
            report += &format!("\nwith what is suggested ({done_text}), the program is right\n");
            with_edit += 1;
        } else if !done.is_empty() && SEVERAL.contains(&&*name) {
            report += &format!("\nwith what is suggested ({done_text}), this is left:\n\n");
            report += &shown(&left, &left_sources, folder);
        } else if !done.is_empty() {
            wrong.push(format!("{name}: with {done:?} still\n{}", shown(&left, &left_sources, folder)));
        }
        number += 1;
        wrong.extend(faults(&path, &name, &text).iter().map(|fault| format!("{name}: {fault}")));
        let snapshots = format!("mistakes/{group}");
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => snapshots }, {
            insta::assert_snapshot!(stem, report);
        });
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(with_edit * 6 >= number * 5, "only {with_edit} of {number} are corrected by a suggestion");
}

/// `gradus check --fix` makes the corrections that are certain, and none of what they are for is left.
#[test]
fn what_is_certain_is_corrected_by_the_command() {
    let mut number = 0;
    for path in programs() {
        let text = fs::read_to_string(&path).unwrap();
        let is_certain = |diagnostic: &&Diagnostic| diagnostic.edits.iter().any(|edit| edit.certain);
        let (all, _) = said(&path, &text);
        let certain: Vec<&Diagnostic> = all.iter().filter(is_certain).collect();
        if certain.is_empty() {
            continue;
        }
        number += 1;
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("model.nn");
        fs::write(&copy, &text).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_gradus")).args(["check", "--fix"]).arg(&copy).output().unwrap();
        let (left, sources) = said(&copy, &fs::read_to_string(&copy).unwrap());
        let is_left =
            |one: &&Diagnostic| left.iter().any(|other| (one.code, &one.message) == (other.code, &other.message));
        assert!(!certain.iter().any(is_left), "{path:?}\n{}", shown(&left, &sources, folder.path()));
        if certain.len() == all.len() && left.is_empty() {
            assert!(output.status.success(), "{path:?}\n{}", String::from_utf8_lossy(&output.stderr));
        }
    }
    assert!(number >= 30, "only {number} programs have a correction that is certain");
}

/// A program that is broken anywhere: whatever is said, its places and its corrections are places of the text.
#[test]
fn broken_anywhere_corrections_can_be_made() {
    for (number, path) in programs().iter().enumerate() {
        let text = fs::read_to_string(path).unwrap();
        for (at, character) in text.char_indices().skip(number % STEP).step_by(STEP) {
            let behind = at + character.len_utf8();
            let without = format!("{}{}", &text[..at], &text[behind..]);
            let with_sign = format!("{}é'){}", &text[..at], &text[at..]);
            for broken in [without, with_sign, text[..at].to_string()] {
                for diagnostic in said(path, &broken).0 {
                    for edit in &diagnostic.edits {
                        let is_place = |(span, _): &(Span, String)| broken.get(span.range()).is_some();
                        assert!(edit.changes.iter().all(is_place), "{broken}\n{diagnostic:?}");
                        apply(&broken, [edit]);
                    }
                }
            }
        }
    }
}
