//! Rows that can't be read, where they are left out instead of refused.
use crate::diagnostic::Diagnostic;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Each such row with the first reason that was found.
#[derive(Debug, Default)]
pub struct Skipped(RefCell<BTreeMap<usize, Diagnostic>>);

impl Skipped {
    pub fn add(&self, row: usize, why: impl FnOnce() -> Diagnostic) {
        self.0.borrow_mut().entry(row).or_insert_with(why);
    }

    /// The rows in order.
    pub fn into_rows(self) -> Vec<(u32, Diagnostic)> {
        self.0.into_inner().into_iter().map(|(row, why)| (row as u32, why)).collect()
    }
}
