//! Files import each other in one direction, too: a newcomer can read each after those that it needs.
use crate::architecture::{code, sources};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Circles that stay, each with its reason: files that are read together. Each is written in its order.
const CIRCLES: &[(&[&str], &str)] = &[
    (
        &["graph/linear", "graph/named", "graph/ordered"],
        "the differential of a named function is a linear map, and some maps are named functions",
    ),
    (&["kernel/recorder", "kernel/value"], "a value records what is done with it"),
    (
        &["vector/avx2", "vector/avx512", "vector/machine", "vector/portable", "vector/x86"],
        "what a machine is, which there are, and which this one is",
    ),
    (
        &[
            "model/builtin",
            "model/call",
            "model/classes",
            "model/declare",
            "model/elaborator",
            "model/foreign",
            "model/names",
            "model/optimizer",
            "model/prelude",
            "model/scope",
            "model/value",
        ],
        "a name may stand for a definition, whose body has names: elaboration goes down the tree and through calls",
    ),
];

type Module = Vec<String>;

/// The module that a file is, below the crate.
fn module(file: &Path) -> Module {
    let mut parts: Module = file.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if parts.last().is_some_and(|last| last == "mod") {
        parts.pop();
    }
    parts
}

/// The paths that begin with `crate` or `super` in a text, those in braces one by one: `super::{a::B, c}` is `super::a::B` and `super::c`.
fn paths(text: &str) -> Vec<Vec<String>> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut all = vec![];
    for (at, _) in text.match_indices("crate::").chain(text.match_indices("super::")) {
        let before = &text[..at];
        if before.ends_with("::") || before.ends_with(is_word) {
            continue;
        }
        let end = text[at..].find(|c: char| !is_word(c) && c != ':').map_or(text.len(), |n| at + n);
        let stem: Vec<String> = text[at..end].split("::").filter(|w| !w.is_empty()).map(str::to_string).collect();
        let inner = text[end..].strip_prefix('{').and_then(|rest| rest.split_once('}'));
        match inner.filter(|_| text[..end].ends_with("::")) {
            None => all.push(stem),
            Some((names, _)) => all.extend(names.split(',').map(|name| {
                let parts = name.trim().split("::").map(|w| w.split_whitespace().next().unwrap_or("").to_string());
                stem.iter().cloned().chain(parts).collect()
            })),
        }
    }
    all
}

/// Which modules each one mentions.
fn imports() -> BTreeMap<Module, BTreeSet<Module>> {
    let sources = sources();
    let modules: BTreeSet<Module> = sources.iter().map(|(file, _)| module(file)).collect();
    let mut all = BTreeMap::new();
    for (file, text) in &sources {
        let own = module(file);
        if own.iter().any(|part| part == "tests") {
            continue;
        }
        let lines = code(text).lines().filter(|line| !line.trim_start().starts_with("//"));
        let code: String = lines.map(|line| format!("{line}\n")).collect();
        let target = |path: Vec<String>| {
            let ups = path.iter().take_while(|part| *part == "super").count();
            let down = &path[ups.max(1)..];
            let base = if ups == 0 { &[][..] } else { &own[..own.len().saturating_sub(ups)] };
            let full: Module = base.iter().chain(down).cloned().collect();
            (1..=full.len()).rev().map(|n| full[..n].to_vec()).find(|m| modules.contains(m) && *m != own)
        };
        all.insert(own.clone(), paths(&code).into_iter().filter_map(target).collect());
    }
    all
}

/// What can be reached from a module.
fn reached(from: &Module, imports: &BTreeMap<Module, BTreeSet<Module>>) -> BTreeSet<Module> {
    let (mut seen, mut todo) = (BTreeSet::new(), vec![from.clone()]);
    while let Some(next) = todo.pop() {
        for to in imports.get(&next).into_iter().flatten() {
            if seen.insert(to.clone()) {
                todo.push(to.clone());
            }
        }
    }
    seen
}

#[test]
fn files_make_no_circles() {
    let imports = imports();
    let reached: BTreeMap<&Module, BTreeSet<Module>> = imports.keys().map(|m| (m, reached(m, &imports))).collect();
    let mut circles: BTreeSet<Vec<String>> = BTreeSet::new();
    for (own, all) in &reached {
        if all.contains(*own) {
            let together = all.iter().filter(|m| reached.get(m).is_some_and(|back| back.contains(*own)));
            circles.insert(together.map(|m| m.join("/")).collect());
        }
    }
    let known: BTreeSet<Vec<String>> =
        CIRCLES.iter().map(|(files, _)| files.iter().map(|f| f.to_string()).collect()).collect();
    assert_eq!(circles, known, "a file needs one that needs it");
}

#[test]
fn paths_are_read_as_they_are_written() {
    let found = paths("use super::{a::B, c as d};\nuse crate::x::y;\nlet z = super::super::q(1); use supper::v;");
    let text: Vec<String> = found.iter().map(|path| path.join(" ")).collect();
    assert_eq!(text, ["crate x y", "super a B", "super c", "super super q"]);
}
