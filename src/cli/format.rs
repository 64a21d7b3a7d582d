//! `gradus fmt`: spaces, indentation and columns in order.
use super::source::{complain, replace, say, text_of};
use super::{Exit, print};
use crate::diagnostic::{Diagnostic, Sources};
use crate::syntax::{format, parse};
use clap::Args;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Format files: spaces, indentation, empty lines
///
/// Comments stay, and so do columns that are aligned by hand. A file with errors is left as it is. `-` reads from stdin and writes to stdout.
///
/// Examples:
///   gradus fmt iris.nn
///   gradus fmt --check examples/*.nn
///   cat iris.nn | gradus fmt -
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct Fmt {
    /// The programs
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Write nothing: name the files that are not formatted, exit with 1 if there are any
    #[arg(long)]
    check: bool,
}

impl Fmt {
    pub fn run(self) -> Exit {
        let mut exit = Exit::Success;
        for path in &self.files {
            if self.format(path).is_err() {
                exit = Exit::Failure;
            }
        }
        exit
    }

    fn format(&self, path: &Path) -> Result<(), Exit> {
        let is_stdin = path == Path::new("-");
        let text = if is_stdin { stdin()? } else { text_of(path)? };
        let parsed = parse(0, &text);
        let errors: Vec<Diagnostic> = parsed.diagnostics.into_iter().filter(Diagnostic::is_error).collect();
        if !errors.is_empty() {
            let mut sources = Sources::default();
            sources.add(path.display().to_string(), text);
            say(&errors, &sources);
            return Err(Exit::Failure);
        }
        let Some(formatted) = format(&text) else {
            complain(&format!(
                "error: `{}` can't be formatted, which is a defect of gradus; it is left as it is",
                path.display()
            ));
            return Err(Exit::Failure);
        };
        if self.check {
            if formatted != text {
                print(&format!("{}\n", path.display()));
                return Err(Exit::Failure);
            }
        } else if is_stdin {
            print(&formatted);
        } else if formatted != text {
            replace(path, &formatted)?;
        }
        Ok(())
    }
}

fn stdin() -> Result<String, Exit> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(|error| {
        complain(&format!("error: can't read stdin: {error}"));
        Exit::Failure
    })?;
    Ok(text)
}
