//! What is to be made of the data, before any file is opened.
use super::ColumnExpression;
use crate::diagnostic::Span;
use crate::graph::{Kind, Variable};
use crate::random::Distribution;
use indexmap::IndexMap;

/// What stands behind the name of a column whose rows are sequences of unequal length, for the column of lengths.
pub const LENGTH: &str = ".length";

/// An input or target as the program declares it.
#[derive(Clone, Debug, PartialEq)]
pub struct Declared {
    pub name: String,
    pub role: Role,
    /// Of one example; empty for a single value.
    pub shape: Vec<usize>,
    pub kind: Kind,
    /// The declaration, for messages.
    pub span: Span,
    /// The slot that says how long the first axis is in each row, if rows differ.
    pub length: Option<usize>,
    /// Of a length: the least that the program can do with.
    pub least: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Input,
    Target,
    /// How long axes of a row are, that its data says.
    Length,
    /// How much a row counts: what the program never speaks of.
    Weight,
}

impl Declared {
    /// The input or target that a graph has as a leaf.
    pub fn of(variable: &Variable, role: Role) -> Declared {
        let Variable { name, ty, span } = variable;
        Declared {
            name: name.clone(),
            role,
            shape: ty.shape.to_vec(),
            kind: ty.kind,
            span: *span,
            length: None,
            least: 1,
        }
    }

    /// The number of values of one example.
    pub fn width(&self) -> usize {
        self.shape.iter().product()
    }

    /// What it is called in messages.
    pub fn role_name(&self) -> &'static str {
        match self.role {
            Role::Input => "input",
            Role::Target => "target",
            Role::Length => "length",
            Role::Weight => "weight of the rows",
        }
    }
}

/// Everything a `data` section asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct DataPlan {
    /// The section; none if the program has none.
    pub span: Option<Span>,
    pub file: Option<FileSource>,
    /// Examples that stand in the program: `x: 0, 1, 2`.
    pub listed: Vec<Listed>,
    /// Columns that are drawn: `x ~ uniform(0, 1)`.
    pub drawn: Vec<Drawn>,
    /// `rows 2000`, of drawn columns.
    pub rows: Option<usize>,
    /// One for each input and target, as they were declared.
    pub slots: Vec<Slot>,
    pub standardize: Vec<Standardize>,
    /// Columns of a windowed file that `standardize` names.
    pub scaled: Vec<(String, Span)>,
    pub window: Option<Windows>,
    /// Columns of a windowed file of which a missing cell is as the one before it.
    pub carried: Vec<(String, Span)>,
    pub fill: Vec<Fill>,
    /// Inputs and targets without which a row is left out, by their slots.
    pub skip_missing: Vec<(usize, Span)>,
    /// The columns that rows are put in order by, before anything else: the first counts most.
    pub order: Option<ColumnExpression>,
    /// Rows of the training part for which this does not hold are left out.
    pub train_where: Option<ColumnExpression>,
    pub test: Option<PartRequest>,
    pub validation: Option<PartRequest>,
    /// `split seed n`; 0 without.
    pub split_seed: u64,
    /// The settings of the program: numbers that an expression may name where no column bears the name.
    pub settings: IndexMap<String, f64>,
}

impl DataPlan {
    /// The same of all rows: none is held back or left out.
    pub fn undivided(self) -> DataPlan {
        DataPlan { test: None, validation: None, train_where: None, ..self }
    }
}

/// A file and where the program names it.
#[derive(Clone, Debug, PartialEq)]
pub struct FileSource {
    /// As written: relative to the program's folder.
    pub path: String,
    pub span: Span,
}

/// An input or target and where its values come from.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot {
    pub declared: Declared,
    pub value: SlotValue,
}

#[derive(Clone, Debug, PartialEq)]
pub enum SlotValue {
    /// `x = e`.
    Expression(ColumnExpression),
    /// `weight balanced t`: each class of this slot weighs as much as any other.
    Balanced(usize),
    /// No line: the column that bears its name.
    ByName,
}

/// The values of a column, row by row, as the program lists them.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    pub name: String,
    /// Of one row.
    pub shape: Vec<usize>,
    pub values: ListedValues,
    pub rows: usize,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ListedValues {
    /// Row-major.
    Numbers(Vec<f64>),
    Truths(Vec<bool>),
    Words(Vec<String>),
}

/// A column of random numbers, by (split seed, name).
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    pub name: String,
    /// Of one row.
    pub shape: Vec<usize>,
    pub distribution: Distribution,
    pub span: Span,
}

/// `window 100 by person step 50`: successive rows as one.
#[derive(Clone, Debug, PartialEq)]
pub struct Windows {
    pub size: usize,
    /// From the beginning of one to that of the next.
    pub step: usize,
    /// Whether each recording is one, however many rows it has, up to the size.
    pub whole: bool,
    /// What says which recording a row is of.
    pub by: Option<ColumnExpression>,
    pub span: Span,
}

/// `standardize x`: the slot by its index.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standardize {
    pub slot: usize,
    pub span: Span,
}

/// `fill x with mean`: the slot by its index.
#[derive(Clone, Debug, PartialEq)]
pub struct Fill {
    pub slot: usize,
    pub with: FillWith,
    pub span: Span,
}

/// What stands for a missing value.
#[derive(Clone, Debug, PartialEq)]
pub enum FillWith {
    /// The mean of the training part, for each component.
    Mean,
    /// What stands most often in the training part, for each component; of equals the first in order.
    MostFrequent,
    /// A number, a truth value (0 or 1), or a class by its index.
    Number(f64),
    /// A class by its name, which is one of the classes whether a cell has it or not.
    Text(String),
}

/// `test …` or `validation …`.
#[derive(Clone, Debug, PartialEq)]
pub struct PartRequest {
    pub part: Part,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// A share of all rows by chance, stratified for classes.
    Share(f64),
    /// The last share of all rows.
    Last(f64),
    /// A share of the groups that a column makes, each with all of its rows.
    ShareBy(f64, ColumnExpression),
    /// Rows for which this is true, 1 or the word `test` (`validation`).
    By(ColumnExpression),
    /// All rows of another file.
    File(FileSource),
}
