//! Reading a `.nn` file and saying what is wrong with it.
use super::Exit;
use crate::data;
use crate::diagnostic::{Diagnostic, Sources, render};
use crate::model::Options;
use crate::pipeline::{self, Source};
use crate::schema::{self, FileSource};
use crate::train::weights;
use std::io::Write;
use std::path::{Path, PathBuf};

/// How names of files of data end.
const DATA: [&str; 7] = [".csv", ".tsv", ".npz", ".npy", ".idx", ".txt", ".wav"];

/// The file's text, or a message.
pub fn text_of(path: &Path) -> Result<String, Exit> {
    let failed = |why: String| {
        complain(&format!("error: {why}"));
        Exit::Failure
    };
    let name = path.to_string_lossy().to_lowercase();
    if DATA.iter().any(|ending| name.trim_end_matches(".gz").ends_with(ending)) {
        let file = path.display();
        return Err(failed(format!(
            "`{file}` holds data, and a program is wanted\n  = help: `gradus new --data {file}` writes a first one for it"
        )));
    }
    let bytes = std::fs::read(path).map_err(|error| failed(format!("can't read `{}`: {error}", path.display())))?;
    String::from_utf8(bytes).map_err(|error| {
        let line = error.as_bytes()[..error.utf8_error().valid_up_to()].iter().filter(|b| **b == b'\n').count() + 1;
        failed(format!("`{}` is not UTF-8 text: line {line} has a byte that is none", path.display()))
    })
}

/// Writes a file anew, wholly or not at all; where it is a link, what it leads to.
pub fn replace(path: &Path, text: &str) -> Result<(), Exit> {
    let place = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    crate::train::weights::write_whole(&place, text.as_bytes()).map_err(|error| {
        complain(&format!("error: can't write `{}`: {error}", path.display()));
        Exit::Failure
    })
}

/// Reads a file and shows all that is to be said about it; a failure if there is an error.
pub fn read(path: &Path, options: &Options) -> Result<Source, Exit> {
    read_over(path, options, None, None)
}

/// Reads a file and shows all that is to be said about it; a failure if there is an error outside of its claims, of which those that can be
/// read are to be judged.
pub fn read_to_judge(path: &Path, options: &Options) -> Result<Source, Exit> {
    let source = understood(path, &name_of(path), options, None, None)?;
    say(&source.diagnostics, &source.sources);
    if source.training.is_none() { Err(Exit::Failure) } else { Ok(source) }
}

/// How messages call a file.
fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned())
}

/// Reads a file that is to go with this data instead of its own, and with these weights: they say how classes are called.
pub fn read_over(
    path: &Path,
    options: &Options,
    data: Option<&PathBuf>,
    weights: Option<&PathBuf>,
) -> Result<Source, Exit> {
    let source = understood(path, &name_of(path), options, data, weights)?;
    say(&source.diagnostics, &source.sources);
    if source.has_errors() { Err(Exit::Failure) } else { Ok(source) }
}

/// The same under this name, and nothing is said about it yet.
pub fn understood(
    path: &Path,
    name: &str,
    options: &Options,
    data: Option<&PathBuf>,
    weights: Option<&PathBuf>,
) -> Result<Source, Exit> {
    let text = text_of(path)?;
    Ok(pipeline::read_with_data(name, &text, options, &|file| text_beside(path, file), || data::Options {
        data: data.cloned(),
        facts: weights.and_then(|weights| weights::facts(weights)),
        targets: data::Targets::Optional,
        ..data::Options::beside(path)
    }))
}

/// The text of another file that a program uses: it stands below the program's folder.
pub fn text_beside(program: &Path, file: &FileSource) -> Result<String, Diagnostic> {
    let place = data::DataFile::beside(&data::Options::beside(program), file)?;
    let failed = |why: &str| {
        Err(Diagnostic::error("E0215", format!("`{}` can't be used: {why}", file.path)).at(file.span, "this file"))
    };
    match std::fs::read(&place) {
        Ok(bytes) => String::from_utf8(bytes).or_else(|_| failed("it is not UTF-8 text")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let folder = place.parent().unwrap_or(Path::new("."));
            let names = std::fs::read_dir(folder).into_iter().flatten().flatten();
            let names: Vec<String> = names.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
            let programs = names.iter().filter(|name| name.ends_with(".nn")).map(String::as_str);
            let wanted = place.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            let near = schema::nearest(&wanted, &programs.collect::<Vec<_>>()).map(|near| near.to_string());
            failed("there is no such file").map_err(|error| match near {
                Some(near) => error.help(format!("there is `{near}`")),
                None => error.help("a path is relative to the folder of the file that names it"),
            })
        }
        Err(error) => failed(&error.to_string()),
    }
}

/// Shows diagnostics on stderr.
pub fn say(diagnostics: &[Diagnostic], sources: &Sources) {
    for diagnostic in diagnostics {
        complain(&format!("{}\n", render(diagnostic, sources, true)));
    }
}

/// A line on stderr; colour goes where a terminal is.
pub fn complain(text: &str) {
    let _ = writeln!(anstream::stderr(), "{text}");
}
