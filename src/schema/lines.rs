//! What lines of a `data` section have in common: each is there once and speaks of what is declared.
use super::{DataPlan, FileSource, Role};
use crate::diagnostic::{Diagnostic, Span};
use crate::syntax::{FileName, Ident};
use indexmap::IndexMap;

/// The lines that were read, by what they say, so that a second one is noticed.
#[derive(Default)]
pub(super) struct Lines {
    said: IndexMap<String, Span>,
    /// Whether the line about windows could not be read.
    pub lacks_window: bool,
}

impl Lines {
    /// An error if there was a line about `what` before.
    pub fn first(&mut self, code: &'static str, what: &str, span: Span) -> Result<(), Diagnostic> {
        match self.said.insert(what.to_string(), span) {
            None => Ok(()),
            Some(earlier) => Err(Diagnostic::error(code, format!("{what} is given twice"))
                .at(span, "a second time")
                .also(earlier, "first here")
                .help("keep one of the two lines")),
        }
    }
}

pub(super) fn file_source(file: &FileName) -> FileSource {
    FileSource { path: file.path.clone(), span: file.span }
}

/// The input or target of this name, or E0615.
pub(super) fn slot_index(plan: &DataPlan, name: &Ident) -> Result<usize, Diagnostic> {
    if let Some(index) = plan.slots.iter().position(|slot| slot.declared.name == name.name) {
        return Ok(index);
    }
    let declared = plan.slots.iter().map(|slot| &slot.declared).filter(|declared| declared.role != Role::Weight);
    let names: Vec<&str> = declared.map(|declared| declared.name.as_str()).collect();
    let error = Diagnostic::error("E0615", format!("`{}` is neither an input nor a target", name.name))
        .at(name.span, "no input or target of this name");
    Err(match super::nearest(&name.name, &names) {
        Some(near) => error.edit(format!("write `{near}`"), name.span, near, false),
        None if names.is_empty() => error.help("declare it above, as in `input x: [4]`"),
        None => error.help(format!("the program has {}", super::quoted_list(&names))),
    })
}
