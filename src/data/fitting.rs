//! An input or target, the expression that fills it, and what is asked of its values.
use super::evaluate::{column_of, first_cell, kinds_of_elements};
use super::resolve::Resolved;
use super::skipped::Skipped;
use super::table::{Cut, Table};
use crate::diagnostic::{Diagnostic, Span};
use crate::graph::Kind;
use crate::kernel::Float;
use crate::schema::{Declared, FillWith, Role, Statistics, shape_text};
use rustc_hash::FxHashMap;

/// An input or target and the expression that is to fill it.
pub struct Fitting<'a> {
    pub declared: &'a Declared,
    pub resolved: &'a Resolved,
    pub table: &'a Table,
    /// How long the sequence of each row is, if rows differ.
    pub lengths: Option<&'a [usize]>,
    /// Where rows that can't be read are noted; without it, the first is an error.
    pub skipped: Option<&'a Skipped>,
}

/// What is asked of the values of an input or target.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    pub fill: Option<&'a FillWith>,
    pub standardize: bool,
    /// Statistics that came with weights: they hold.
    pub given: Option<&'a Statistics>,
    /// Whether weights came that know its classes as whole numbers.
    pub numbered: bool,
    pub precision: Float,
    /// The rows that statistics are taken from.
    pub train: &'a [u32],
    /// The words of the other columns that have one list with this one.
    pub shared: &'a [String],
    /// What the program says already of missing values, and whether it would help.
    pub said: Said<'a>,
}

/// What a program says of missing values besides `fill … with` a value.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// The columns of `fill … with previous`.
    pub previous: &'a [(String, Span)],
    /// Whether rows are predicted: each has an answer, whatever `skip missing` leaves out of training.
    pub predicts: bool,
}

impl Fitting<'_> {
    /// For each element of a row the first that differs from it by its place in a window alone: they have their statistics in common, as a
    /// cell stands in many windows, each time at another place.
    pub fn alike(&self) -> Vec<usize> {
        let Some(Cut { size, .. }) = self.table.windows else { return self.alike_in_sequence() };
        let mut first: FxHashMap<u64, usize> = FxHashMap::default();
        let kinds = kinds_of_elements(self.resolved, self.table, size);
        kinds.into_iter().enumerate().map(|(at, kind)| *first.entry(kind).or_insert(at)).collect()
    }

    /// Of a sequence whose rows differ in length the entries are alike; of anything else none are.
    fn alike_in_sequence(&self) -> Vec<usize> {
        let inner = match (self.lengths, self.resolved.shape.split_first()) {
            (Some(_), Some((_, rest))) => rest.iter().product(),
            _ => self.resolved.width(),
        };
        (0..self.resolved.width()).map(|at| at % inner.max(1)).collect()
    }

    /// The value at this place can't be read: its row is left out, or that is an error.
    pub fn refuse(&self, at: usize, why: impl FnOnce() -> Diagnostic) -> Result<(), Diagnostic> {
        match self.skipped {
            Some(skipped) => skipped.add(at / self.resolved.width().max(1), why),
            None => return Err(why()),
        }
        Ok(())
    }

    /// Marks the expression, or else the declaration of an input that is taken by its name.
    pub fn at(&self, diagnostic: Diagnostic, label: impl Into<String>) -> Diagnostic {
        diagnostic.at(self.resolved.span.unwrap_or(self.declared.span), label)
    }

    /// Marks the declaration too, unless `at` does.
    pub fn declaration(&self, diagnostic: Diagnostic) -> Diagnostic {
        match self.resolved.span {
            Some(_) => diagnostic.also(self.declared.span, "declared here"),
            None => diagnostic,
        }
    }

    /// The row of a value, and its column where a row has several.
    pub fn place(&self, at: usize) -> String {
        let width = self.resolved.width().max(1);
        let row = match first_cell(self.resolved, self.table, at / width, at % width) {
            Some((column, at)) => self.table.place_of_cell(column, at),
            None => self.table.place(at / width),
        };
        match column_of(self.resolved, self.table, at % width) {
            Some(column) if column != self.declared.name => format!("{row}, column `{column}`"),
            _ => row,
        }
    }

    /// Whether the values of a row are those of the declared shape (E0604).
    ///
    /// A flat row of n values fits every shape of n values, and the other way round; axes of one entry may be missing or too many.
    pub fn check_shape(&self) -> Result<(), Diagnostic> {
        let (wanted, found) = (&self.declared.shape, &self.resolved.shape);
        let squeezed = |shape: &[usize]| shape.iter().copied().filter(|size| *size != 1).collect::<Vec<_>>();
        let flat = (found.len() == 1 || wanted.len() == 1) && self.declared.width() == self.resolved.width();
        let is_sequence = match (self.declared.length, wanted.split_first(), found.split_first()) {
            (Some(_), Some((_, rest)), Some((_, inner))) => squeezed(rest) == squeezed(inner),
            _ => false,
        };
        if is_sequence || flat || squeezed(wanted) == squeezed(found) {
            return Ok(());
        }
        let name = &self.declared.name;
        let wanted = match (self.declared.kind, wanted.as_slice()) {
            (Kind::Class(..), []) => "one class".to_string(),
            (Kind::Bool, []) => "one truth value".to_string(),
            (_, shape) => shape_text(shape),
        };
        let text = format!("`{name}` is {wanted}, but a row of the data has {}", shape_text(found));
        let error = self.at(Diagnostic::error("E0604", text), shape_text(found));
        let error = if self.resolved.span.is_some() { error.also(self.declared.span, wanted) } else { error };
        if self.declared.role == Role::Weight {
            return Err(error.help(
                "a weight is one number for each row: a column, or what is made of columns, as `weight = 1 / size`",
            ));
        }
        Err(match (self.declared.kind, found.as_slice()) {
            (Kind::Class(_, count), [width]) if *width == count => {
                error.help(format!("a class is one whole number from 0 to {}, not a row of {count} numbers", count - 1))
            }
            (Kind::Real, []) => error.help(format!("declare `{name}` without a shape")),
            (Kind::Real, _) => error.help(format!("declare `{name}: {}`", shape_text(found))),
            _ => error,
        })
    }
}
