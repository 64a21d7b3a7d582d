//! The files that a program uses, read and parsed: `use "blocks.nn"`, and what that uses in turn.
use crate::diagnostic::{Diagnostic, Sources};
use crate::schema::FileSource;
use crate::syntax::{self, Parsed, StatementKind, Used};
use std::path::Path;

/// The text of another `.nn` file that a program uses, by its path from the program's folder.
pub type Texts<'t> = &'t dyn Fn(&FileSource) -> Result<String, Diagnostic>;

/// Of a text that stands in no folder.
pub fn alone(file: &FileSource) -> Result<String, Diagnostic> {
    let error = Diagnostic::error("E0215", format!("`{}` can't be read", file.path));
    Err(error.at(file.span, "this text stands in no folder"))
}

/// Puts all files that a program uses into its tree, each once. What is wrong with one is said with the program's own mistakes.
pub fn read_all(parsed: &mut Parsed, sources: &mut Sources, texts: Texts) {
    // The path of each other file from the program's folder.
    let mut paths: Vec<String> = vec![];
    let (mut used, mut others, mut diagnostics) = (vec![], vec![], vec![]);
    let mut todo = wanted(parsed, "");
    while let Some((by, asked)) = todo.pop() {
        let known = paths.iter().position(|path| *path == asked.source.path);
        let file = match known {
            Some(known) => Some(known),
            None => match texts(&asked.source) {
                Ok(text) => {
                    let number = sources.add(asked.source.path.as_str(), text.as_str());
                    let other = syntax::parse(number, &text);
                    diagnostics.extend(other.diagnostics.iter().cloned());
                    paths.push(asked.source.path.clone());
                    todo.extend(wanted(&other, &asked.source.path));
                    others.push(other);
                    Some(others.len() - 1)
                }
                Err(error) => {
                    diagnostics.push(error);
                    None
                }
            },
        };
        used.push((Used { by, written: asked.written, file }, asked.source));
    }
    if let Some(error) = circle(&used, &others) {
        diagnostics.push(error);
        used.iter_mut().for_each(|(used, _)| used.file = None);
    }
    parsed.used = used.into_iter().map(|(used, _)| used).collect();
    parsed.others = others;
    parsed.diagnostics.extend(diagnostics);
}

/// A file that another one names.
struct Asked {
    written: String,
    /// Its path from the program's folder.
    source: FileSource,
}

/// The files that a file names, and its own number.
fn wanted(file: &Parsed, path: &str) -> Vec<(u32, Asked)> {
    let folder = Path::new(path).parent().unwrap_or(Path::new(""));
    let names = file.root.iter().filter_map(|statement| match &statement.kind {
        StatementKind::Use { file, .. } => Some(file),
        _ => None,
    });
    names
        .map(|name| {
            let path = folder.join(&name.path).to_string_lossy().into_owned();
            let source = FileSource { path, span: name.span };
            (name.span.file, Asked { written: name.path.clone(), source })
        })
        .collect()
}

/// Files that use each other have no order in which they could be read.
fn circle(used: &[(Used, FileSource)], others: &[Parsed]) -> Option<Diagnostic> {
    let number = |file: usize| others[file].root.first().map(|statement| statement.span.file);
    for (start, source) in used {
        let Some(first) = start.file else { continue };
        let (mut seen, mut todo) = (vec![], vec![first]);
        while let Some(at) = todo.pop() {
            let by = number(at);
            for (next, _) in used.iter().filter(|(next, _)| Some(next.by) == by) {
                let Some(file) = next.file else { continue };
                if file == first {
                    let error =
                        Diagnostic::error("E0215", format!("`{}` uses itself, by way of what it uses", source.path));
                    return Some(
                        error.at(source.span, "begins here").help("put what both need into a file of its own"),
                    );
                }
                if !seen.contains(&file) {
                    seen.push(file);
                    todo.push(file);
                }
            }
        }
    }
    None
}
