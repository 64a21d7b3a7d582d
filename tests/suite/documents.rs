//! What documents show is so: every program in them is without errors and warnings and takes some steps, every command prints what
//! stands below it.
//!
//! A block of the kind `nn` is a whole program; if its first line names a file (`// line.nn: …`), the commands of later blocks of the
//! kind `console` find it there. In their output, `…` stands for anything.
use gradus::op;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A fenced block, the line it begins on, and its kind.
struct Block {
    line: usize,
    kind: String,
    text: String,
}

fn blocks(document: &str) -> Vec<Block> {
    let mut all: Vec<Block> = vec![];
    let mut open = false;
    for (number, line) in document.lines().enumerate() {
        match line.strip_prefix("```") {
            Some(_) if open => open = false,
            Some(kind) => {
                all.push(Block { line: number + 1, kind: kind.to_string(), text: String::new() });
                open = true;
            }
            None if open => all.last_mut().unwrap().text += &format!("{line}\n"),
            None => {}
        }
    }
    assert!(!open, "a block has no end");
    all
}

fn gradus(folder: &Path, arguments: &[String]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gradus")).args(arguments).current_dir(folder).output().unwrap()
}

/// The words of a command, texts in quotes as one.
fn words(command: &str) -> Vec<String> {
    let mut all = vec![];
    for (number, part) in command.split('"').enumerate() {
        if number % 2 == 1 {
            all.push(part.to_string());
        } else {
            all.extend(part.split_whitespace().map(str::to_string));
        }
    }
    all
}

/// Whether the lines are those that are shown, where a `…` stands for any text, and alone on its line for any lines.
fn as_shown(shown: &[&str], found: &[&str]) -> bool {
    match shown {
        [] => found.is_empty(),
        ["…", rest @ ..] => (0..=found.len()).any(|at| as_shown(rest, &found[at..])),
        [line, rest @ ..] => {
            let Some((first, others)) = found.split_first() else { return false };
            let fits = match line.split_once('…') {
                Some((before, after)) => first.starts_with(before) && first.ends_with(after),
                None => line == first,
            };
            fits && as_shown(rest, others)
        }
    }
}

/// Runs what a document shows, in a folder with the examples' data; the number of programs.
#[track_caller]
fn check(document: &str) -> usize {
    let mut wrong: Vec<String> = vec![];
    let text = fs::read_to_string(root().join(document)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    for inner in ["data", "examples/data"] {
        fs::create_dir_all(at.join(inner)).unwrap();
        for entry in fs::read_dir(root().join("examples/data")).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, at.join(inner).join(path.file_name().unwrap())).unwrap();
        }
    }
    let mut programs = 0;
    for block in blocks(&text) {
        let here = format!("{document}:{}", block.line);
        match block.kind.as_str() {
            "nn" => {
                programs += 1;
                let first = block.text.lines().next().unwrap_or_default();
                let name = first.strip_prefix("// ").and_then(|line| line.split(':').next()).unwrap_or("program.nn");
                fs::write(at.join(name), &block.text).unwrap();
                let output = gradus(at, &["check".into(), name.into()]);
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                if !output.status.success() || !said.is_empty() {
                    wrong.push(format!("{here}: {said}"));
                    continue;
                }
                if block.text.contains("\ntrain {") && block.text.contains("\ndata ") {
                    let output = gradus(at, &["run".into(), name.into(), "--steps".into(), "2".into()]);
                    if !output.status.success() {
                        wrong.push(format!("{here}: {}", String::from_utf8_lossy(&output.stderr)));
                    }
                }
            }
            "console" => {
                let mut lines = block.text.lines().peekable();
                while let Some(line) = lines.next() {
                    let command = line.strip_prefix("$ gradus ").unwrap_or_else(|| panic!("{here}: {line}"));
                    let mut shown: Vec<&str> = vec![];
                    while let Some(line) = lines.next_if(|line| !line.starts_with("$ ")) {
                        shown.push(line);
                    }
                    let output = gradus(at, &words(command));
                    let said = [output.stderr, output.stdout].concat();
                    let said = String::from_utf8(said).unwrap();
                    let found: Vec<&str> = said.lines().map(str::trim_end).collect();
                    if !as_shown(&shown, &found) {
                        wrong.push(format!("{here}: `{command}` says\n{said}"));
                    }
                }
            }
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    programs
}

#[test]
fn the_readme() {
    assert!(check("README.md") > 0);
}

#[test]
fn the_language() {
    assert!(check("docs/language.md") > 15);
}

/// Everything that a program may call has its place in the reference.
#[test]
fn every_function_is_in_the_reference() {
    let text = fs::read_to_string(root().join("docs/language.md")).unwrap();
    let mut names: Vec<String> = vec![];
    let rows = op::unary_rows().filter(|row| row.spelled.is_none()).map(|row| (row.name, row.notation));
    let rows = rows.chain(op::binary_rows().filter(|row| row.spelled.is_none()).map(|row| (row.name, row.notation)));
    names.extend(rows.filter(|row| row.1 == op::Notation::Call).map(|row| row.0.to_string()));
    for entry in fs::read_dir(root().join("src/model/builtin")).unwrap() {
        let code = fs::read_to_string(entry.unwrap().path()).unwrap();
        names.extend(code.split("name: \"").skip(1).map(|rest| rest.split('"').next().unwrap().to_string()));
    }
    let builtins = names.len();
    for entry in fs::read_dir(root().join("src/prelude")).unwrap() {
        let code = fs::read_to_string(entry.unwrap().path()).unwrap();
        let words = ["fn ", "layer ", "optimizer "];
        let definitions = code.lines().filter_map(|line| words.iter().find_map(|word| line.strip_prefix(word)));
        names.extend(definitions.map(|rest| rest.split('(').next().unwrap().to_string()));
    }
    assert!(builtins > 60 && names.len() > builtins + 30);
    let is_there = |name: &str| text.contains(&format!("`{name}`")) || text.contains(&format!("`{name}("));
    let missing: Vec<&String> = names.iter().filter(|name| !is_there(name)).collect();
    assert!(missing.is_empty(), "not in docs/language.md: {missing:?}");
}

#[test]
fn what_is_shown_is_compared() {
    assert!(as_shown(&["a", "…", "b…d"], &["a", "x", "y", "bcd"]));
    assert!(as_shown(&["a", "…"], &["a"]));
    assert!(!as_shown(&["a", "…", "b"], &["a", "x"]));
    assert!(!as_shown(&["a"], &["a", "b"]));
}
