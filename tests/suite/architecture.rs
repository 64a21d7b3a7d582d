//! The shape of the house: imports run one way, files stay small, `unsafe` stands only where it may.
use std::fs;
use std::path::{Path, PathBuf};

/// From the left to the right; a module imports only from those before it.
const ORDER: &[&str] = &[
    "limits",
    "diagnostic",
    "random",
    "vector",
    "kernel",
    "op",
    "syntax",
    "graph",
    "schema",
    "simplify",
    "gradient",
    "model",
    "notation",
    "batch",
    "step",
    "plan",
    "oracle",
    "interpreter",
    "jit",
    "data",
    "train",
    "pipeline",
    "cli",
];

/// What may stand to the right of its reader: each with its reason.
const EXCEPTIONS: &[(&str, &str, &str)] = &[];

const LINES: usize = 500;

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = vec![];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            all.push(path);
        }
    }
    all.sort();
    all
}

fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    files(&root)
        .into_iter()
        .map(|p| (p.strip_prefix(&root).unwrap().to_path_buf(), fs::read_to_string(&p).unwrap()))
        .collect()
}

/// The first part of a path below `src`: the module.
fn module(path: &Path) -> String {
    path.components().next().unwrap().as_os_str().to_string_lossy().trim_end_matches(".rs").to_string()
}

/// The code of a file without the tests at its end.
fn code(text: &str) -> &str {
    text.split("\n#[cfg(test)]\nmod tests {").next().unwrap()
}

#[test]
fn imports_run_one_way() {
    let mut wrong = vec![];
    for (path, text) in sources() {
        let own = module(&path);
        let is_test = path.ends_with("tests.rs") || path.components().any(|c| c.as_os_str() == "tests");
        let Some(place) = ORDER.iter().position(|m| *m == own) else { continue };
        if is_test {
            continue;
        }
        for (number, line) in code(&text).lines().enumerate() {
            let line = line.split("//").next().unwrap();
            for part in line.split("crate::").skip(1) {
                let names = if let Some(group) = part.strip_prefix('{') {
                    group.split(['}', ',']).map(str::trim).collect()
                } else {
                    vec![part]
                };
                for name in names {
                    let name: String = name.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                    let later = ORDER.iter().position(|m| *m == name).is_some_and(|p| p > place);
                    let excused = EXCEPTIONS.iter().any(|e| e.0 == own && e.1 == name);
                    if later && !excused {
                        wrong.push(format!("{}:{}: {own} imports {name}", path.display(), number + 1));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "imports against the order:\n{}", wrong.join("\n"));
}

#[test]
fn every_module_has_a_place_in_the_order() {
    for (path, _) in sources() {
        let own = module(&path);
        assert!(
            ORDER.contains(&own.as_str()) || own == "lib" || own == "main" || own == "prelude",
            "{own} has no place in the order"
        );
    }
}

#[test]
fn files_are_short_and_say_what_they_own() {
    let mut wrong = vec![];
    for (path, text) in sources() {
        let lines = text.lines().count();
        if lines > LINES {
            wrong.push(format!("{} has {lines} lines", path.display()));
        }
        if !text.starts_with("//!") {
            wrong.push(format!("{} does not say what it owns", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn unsafe_stands_where_it_may_with_its_reason() {
    let mut wrong = vec![];
    for (path, text) in sources() {
        let own = module(&path);
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let code = line.split("//").next().unwrap();
            let blocks = code.contains("unsafe {") || code.contains("unsafe impl");
            if !code.contains("unsafe ") {
                continue;
            }
            if own != "vector" && own != "jit" {
                wrong.push(format!("{}:{}: unsafe outside of vector and jit", path.display(), at + 1));
            }
            let explained = lines[at.saturating_sub(12)..=at].iter().any(|l| l.contains("SAFETY"));
            if blocks && !explained {
                wrong.push(format!("{}:{}: unsafe without a SAFETY reason", path.display(), at + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_is_left_over() {
    let mut wrong = vec![];
    for (path, text) in sources() {
        for (at, line) in text.lines().enumerate() {
            if ["todo!(", "unimplemented!(", "FIXME", "TODO", "dbg!("].iter().any(|word| line.contains(word)) {
                wrong.push(format!("{}:{}: {}", path.display(), at + 1, line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What must have a rule for each class of nodes: by file, and how often the lint is denied there that lets a wildcard pass.
const EXHAUSTIVE: &[&str] = &[
    "graph/class.rs",
    "graph/infer.rs",
    "graph/lift.rs",
    "graph/node.rs",
    "graph/verify.rs",
    "interpreter/compile.rs",
    "model/range.rs",
    "notation/writer/atom.rs",
    "oracle/mod.rs",
    "oracle/operations.rs",
    "plan/emit.rs",
    "simplify/normal/mod.rs",
];

/// A value that stands for what was not computed.
const MADE_UP: &[&str] = &["NAN", "number(0.0)", "integer(0)", "constant(0.0"];

#[test]
fn a_new_class_of_nodes_does_not_compile_where_it_needs_a_rule() {
    let mut wrong = vec![];
    for (path, text) in sources() {
        let name = path.display().to_string();
        let denies = text.contains("[deny(clippy::wildcard_enum_match_arm)]");
        if EXHAUSTIVE.contains(&name.as_str()) != denies {
            wrong.push(format!("{name}: {}", if denies { "is not in the list" } else { "lets a wildcard pass" }));
        }
        if text.contains("allow(clippy::wildcard_enum_match_arm)") {
            wrong.push(format!("{name}: allows what is denied"));
        }
        // No arm for whatever else there is makes a value.
        for (at, line) in code(&text).lines().enumerate() {
            let Some((_, made)) = line.trim_start().split_once("_ => ") else { continue };
            if MADE_UP.iter().any(|value| made.contains(value)) {
                wrong.push(format!("{name}:{}: {}", at + 1, line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
