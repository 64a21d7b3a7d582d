//! What all steps of one loading have in common: the plan, what is asked beside it, and what is worth saying.
use super::dataset::Options;
use super::table::Table;
use crate::diagnostic::Diagnostic;
use crate::schema::DataPlan;

/// The state of one loading.
pub(super) struct Loading<'a> {
    pub plan: &'a DataPlan,
    pub options: &'a Options,
    pub warnings: Vec<Diagnostic>,
    pub notes: Vec<Diagnostic>,
}

impl<'a> Loading<'a> {
    pub(super) fn new(plan: &'a DataPlan, options: &'a Options) -> Loading<'a> {
        Loading { plan, options, warnings: vec![], notes: vec![] }
    }

    /// A program without inputs and without data has one example, of nothing.
    pub(super) fn asks_for_nothing(&self) -> bool {
        self.plan.slots.is_empty() && self.plan.span.is_none() && self.options.data.is_none()
    }

    pub(super) fn section_error(&self, code: &'static str, text: String) -> Diagnostic {
        let error = Diagnostic::error(code, text);
        match self.plan.span {
            Some(span) => error.at(span, "this section"),
            None => error,
        }
    }
}

/// What the rows come from, as it is called in messages.
pub(super) fn source_name(table: &Table) -> String {
    table.origins.first().map_or("the data".to_string(), |origin| origin.file.clone())
}
