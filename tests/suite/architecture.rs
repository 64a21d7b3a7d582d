//! The shape of the house: imports run one way, files stay small, `unsafe` stands only where it may.
use std::fs;
use std::path::{Path, PathBuf};

/// From the left to the right; a module imports only from those before it.
const ORDER: &[&str] = &[
    "limits",
    "memory",
    "diagnostic",
    "random",
    "vector",
    "kernel",
    "op",
    "syntax",
    "graph",
    "schema",
    "used",
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
    "room",
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

pub fn sources() -> Vec<(PathBuf, String)> {
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
pub fn code(text: &str) -> &str {
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
    "graph/ends.rs",
    "graph/infer.rs",
    "graph/lengths.rs",
    "graph/lift.rs",
    "graph/node.rs",
    "graph/verify.rs",
    "interpreter/compile.rs",
    "graph/range.rs",
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

/// What knows no row: it asks what a row says.
const BEHIND_THE_MODEL: &[&str] = &["plan", "interpreter", "jit", "kernel", "batch", "step", "gradient", "oracle"];
/// Where the table is. The constructors of graphs have names of their own for some rows.
const TABLE: &[&str] = &["op/", "graph/named.rs", "graph/ordered.rs"];
/// Where the name of a row may stand as text, each with its reason.
const TEXTS: &[(&str, &str)] = &[
    ("syntax/", "words and signs of the language"),
    ("cli/", "the reference, and formulas that are read without a model"),
    ("model/foreign.rs", "names of other tools, and which of ours they are"),
    ("notation/json.rs", "kinds of printed expressions"),
    ("notation/latex.rs", "the functions that LaTeX has a command for"),
];

/// The names of all rows.
fn names_of_rows() -> Vec<&'static str> {
    let unary = gradus::op::unary_rows().map(|row| row.name);
    let binary = gradus::op::binary_rows().map(|row| row.name);
    let named = gradus::graph::named::ROWS.iter().map(|row| row.name);
    unary.chain(binary).chain(named).collect()
}

/// The statics that rows are: `EXP {` in a list of rows, `LESS "lt" …` in that of comparisons, `pub static NORM: Named = …`.
fn statics_of_rows() -> Vec<String> {
    let is_static = |id: &str| id.len() > 1 && id.chars().all(is_of_static);
    let mut all = vec![];
    for (path, text) in sources().into_iter().filter(|(path, _)| is_in(path, TABLE)) {
        if path.ends_with("tests.rs") {
            continue;
        }
        for line in text.lines().map(str::trim) {
            let id = match line.strip_prefix("pub static ") {
                Some(rest) => rest.strip_suffix(": Named = Named {"),
                None => line.strip_suffix(" {").or_else(|| line.split_once(" \"").map(|(id, _)| id)),
            };
            all.extend(id.filter(|id| is_static(id)).map(str::to_string));
        }
    }
    all
}

fn is_of_static(c: char) -> bool {
    c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'
}

/// Whether a file is one of these, or in one of these folders.
fn is_in(path: &Path, parts: &[&str]) -> bool {
    let name = path.display().to_string();
    parts.iter().any(|part| name.starts_with(part))
}

/// The lines of a file that are no comments, without the tests at its end; none of a file of tests.
fn lines_of_code<'a>(path: &Path, text: &'a str) -> Vec<(usize, &'a str)> {
    let is_test = path.components().any(|part| part.as_os_str().to_string_lossy().trim_end_matches(".rs") == "tests");
    let lines = if is_test { "" } else { code(text) }.lines().enumerate();
    lines.map(|(at, line)| (at + 1, line.split("//").next().unwrap())).collect()
}

/// The statics of rows that a line mentions. `usize::MAX` is another.
fn rows_in<'a>(line: &'a str, statics: &[String]) -> Vec<&'a str> {
    const NUMBERS: [&str; 12] = ["usize", "u8", "u16", "u32", "u64", "u128", "isize", "i8", "i32", "i64", "f32", "f64"];
    let mut found = vec![];
    let mut start = 0;
    for word in line.split_inclusive(|c: char| !c.is_alphanumeric() && c != '_') {
        let before = &line[..start];
        start += word.len();
        let word = word.trim_end_matches(|c: char| !c.is_alphanumeric() && c != '_');
        let of_number = NUMBERS.iter().any(|number| before.ends_with(&format!("{number}::")));
        if !of_number && statics.iter().any(|id| id == word) {
            found.push(word);
        }
    }
    found
}

/// The names of rows that a line holds as text.
fn names_in<'a>(line: &'a str, names: &[&str]) -> Vec<&'a str> {
    line.split('"').skip(1).step_by(2).filter(|text| names.contains(text)).collect()
}

#[test]
fn rows_are_found_as_they_are_written() {
    let (names, statics) = (names_of_rows(), statics_of_rows());
    assert_eq!(names.len(), statics.len(), "{statics:?}");
    let rows = |line| rows_in(line, &statics);
    assert_eq!(rows("use crate::op::comparison::{AND, GREATER};"), ["AND", "GREATER"]);
    assert_eq!(rows("if op == arithmetic::MULTIPLY && count < usize::MAX"), ["MULTIPLY"]);
    assert_eq!(rows("NamedOp(&named::SOFTMAX)"), ["SOFTMAX"]);
    assert!(rows("if x == f64::MIN { LIMIT } else { ADDRESS }").is_empty());
    assert_eq!(names_in(r#"op.name == "mul" || matches!(op.name, "pow" | "eq")"#, &names), ["mul", "pow", "eq"]);
    assert!(names_in(r#"format!("the mul of {x}")"#, &names).is_empty());
}

#[test]
fn nothing_behind_the_model_mentions_a_row() {
    let (names, statics) = (names_of_rows(), statics_of_rows());
    let mut wrong = vec![];
    for (path, text) in sources() {
        if !BEHIND_THE_MODEL.contains(&module(&path).as_str()) {
            continue;
        }
        for (number, line) in lines_of_code(&path, &text) {
            let by_name =
                ["unary_by_name", "binary_by_name", "by_name("].into_iter().filter(|call| line.contains(call));
            for row in names_in(line, &names).into_iter().chain(rows_in(line, &statics)).chain(by_name) {
                wrong.push(format!("{}:{number}: {row}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "a row is asked for what it says, not who it is:\n{}", wrong.join("\n"));
}

#[test]
fn rows_are_not_told_by_their_names() {
    let names = names_of_rows();
    let mut wrong = vec![];
    for (path, text) in sources() {
        let excused = TEXTS.iter().map(|text| text.0).chain(TABLE.iter().copied()).collect::<Vec<_>>();
        if is_in(&path, &excused) {
            continue;
        }
        for (number, line) in lines_of_code(&path, &text) {
            // The words that call built-in functions.
            let is_builtin = line.trim_start().starts_with("Builtin { name: \"");
            let told = ["==", "!="].iter().any(|sign| {
                line.match_indices(sign).any(|(at, _)| {
                    let (left, right) = (line[..at].trim_end(), line[at + 2..].trim_start());
                    let end = right.find(|c: char| !c.is_alphanumeric() && !"_:&.".contains(c)).unwrap_or(right.len());
                    is_name_of_static(left.rsplit([' ', '(']).next().unwrap()) || is_name_of_static(&right[..end])
                })
            });
            if told || !is_builtin && !names_in(line, &names).is_empty() {
                wrong.push(format!("{}:{number}: {}", path.display(), line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "rows are compared with rows, not names:\n{}", wrong.join("\n"));
}

/// `SOFTMAX.name`, `named::SOFTMAX.name`.
fn is_name_of_static(text: &str) -> bool {
    text.strip_suffix(".name").is_some_and(|row| {
        let id = row.rsplit("::").next().unwrap_or(row).trim_start_matches('&');
        !id.is_empty() && id.chars().all(is_of_static)
    })
}
