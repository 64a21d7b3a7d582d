//! What loading answers with: an array for each input and target, the rows of each part, and the facts.
use crate::diagnostic::Diagnostic;
use crate::graph::{Kind, Variable};
use crate::kernel::Float;
use crate::schema::Facts;
use std::path::{Path, PathBuf};

/// All rows of all inputs and targets, ready for an executor.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// One for each input and target, in the order of declaration.
    pub columns: Vec<Column>,
    pub rows: usize,
    pub parts: Parts,
    /// What travels with the weights.
    pub facts: Facts,
    /// Where the rows come from, as people see it: a path, or `data`.
    pub source: String,
    /// Warnings.
    pub warnings: Vec<Diagnostic>,
    /// What whoever trains should know.
    pub notes: Vec<Diagnostic>,
    /// Rows that can't be read, each with the reason, if `skip_bad` was asked for: their values mean nothing.
    pub skipped: Vec<(u32, Diagnostic)>,
}

/// The values of one input or target.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
    /// Of one row; empty for a single value.
    pub shape: Vec<usize>,
    /// Row-major and contiguous: `rows · width` values; none of a target that the file lacks, if `Targets::Optional` was asked for.
    pub values: Values,
}

/// Numbers in the precision that was asked for; a truth value is the number 0 or 1, as it counts in arithmetic. A class is its index.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    F32(Vec<f32>),
    F64(Vec<f64>),
    Classes(Vec<u32>),
}

/// Which rows are for what. They are disjoint and ascending; rows that `train where` leaves out are in none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parts {
    pub train: Vec<u32>,
    pub validation: Vec<u32>,
    pub test: Vec<u32>,
}

/// How a plan is carried out.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder of the `.nn` file. Paths in the program are relative to it and stay below it.
    pub folder: PathBuf,
    pub precision: Float,
    /// `--data FILE`: replaces the file of the section, or its rows. It may stand anywhere.
    pub data: Option<PathBuf>,
    /// Classes and statistics that came with weights: they hold, instead of what this data would give.
    pub facts: Option<Facts>,
    pub targets: Targets,
    /// Whether a row that can't be read is left out instead of being an error.
    pub skip_bad: bool,
}

/// Whether targets must be there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Targets {
    #[default]
    Required,
    Optional,
    /// They are not looked at, whether they are there or not: `predict` does without.
    Unread,
}

impl Values {
    /// Numbers in a precision.
    pub fn of(numbers: Vec<f64>, precision: Float) -> Values {
        match precision {
            Float::F32 => Values::F32(numbers.into_iter().map(|number| number as f32).collect()),
            Float::F64 => Values::F64(numbers),
        }
    }
}

impl Dataset {
    /// A data set of these rows alone, all of them for training.
    pub fn only(&self, rows: &[u32]) -> Dataset {
        fn chosen<T: Copy>(values: &[T], width: usize, rows: &[u32]) -> Vec<T> {
            rows.iter().flat_map(|row| values[*row as usize * width..][..width].iter().copied()).collect()
        }
        let column = |column: &Column| {
            let width = column.width();
            let values = match &column.values {
                _ if column.is_absent() => column.values.clone(),
                Values::F32(values) => Values::F32(chosen(values, width, rows)),
                Values::F64(values) => Values::F64(chosen(values, width, rows)),
                Values::Classes(values) => Values::Classes(chosen(values, width, rows)),
            };
            Column { values, ..column.clone() }
        };
        Dataset {
            columns: self.columns.iter().map(column).collect(),
            rows: rows.len(),
            parts: Parts { train: (0..rows.len() as u32).collect(), ..Parts::default() },
            facts: self.facts.clone(),
            source: self.source.clone(),
            warnings: vec![],
            notes: vec![],
            skipped: vec![],
        }
    }

    /// Rows of numbers for these inputs and targets, each with all its rows one after the other; all of them for training.
    pub fn of(variables: &[Variable], numbers: Vec<Vec<f64>>, rows: usize, precision: Float, source: &str) -> Dataset {
        let column = |(variable, numbers): (&Variable, Vec<f64>)| Column {
            name: variable.name.clone(),
            kind: variable.ty.kind,
            shape: variable.ty.shape.clone(),
            values: match (variable.ty.kind, precision) {
                (Kind::Index(_) | Kind::Class(..), _) => Values::Classes(numbers.iter().map(|v| *v as u32).collect()),
                _ => Values::of(numbers, precision),
            },
        };
        Dataset {
            columns: variables.iter().zip(numbers).map(column).collect(),
            rows,
            parts: Parts { train: (0..rows as u32).collect(), ..Parts::default() },
            facts: Facts::default(),
            source: source.to_string(),
            warnings: vec![],
            notes: vec![],
            skipped: vec![],
        }
    }

    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

impl Column {
    /// Whether it is a target that the data does not have.
    pub fn is_absent(&self) -> bool {
        match &self.values {
            Values::F32(values) => values.is_empty(),
            Values::F64(values) => values.is_empty(),
            Values::Classes(values) => values.is_empty(),
        }
    }

    /// The number of values of a row.
    pub fn width(&self) -> usize {
        self.shape.iter().product()
    }

    /// The least and the greatest value; none without rows, or of classes. A loss of probabilities wants them in 0..1.
    pub fn range(&self) -> Option<(f64, f64)> {
        fn range<T: Copy + PartialOrd>(values: &[T]) -> Option<(T, T)> {
            let first = *values.first()?;
            Some(values.iter().fold((first, first), |(low, high), v| {
                (if *v < low { *v } else { low }, if high < *v { *v } else { high })
            }))
        }
        match &self.values {
            Values::F32(values) => range(values).map(|(low, high)| (low.into(), high.into())),
            Values::F64(values) => range(values),
            Values::Classes(_) => None,
        }
    }

    /// The numbers as f64; the indices of classes too.
    pub fn to_f64(&self) -> Vec<f64> {
        match &self.values {
            Values::F32(values) => values.iter().map(|v| f64::from(*v)).collect(),
            Values::F64(values) => values.clone(),
            Values::Classes(values) => values.iter().map(|v| f64::from(*v)).collect(),
        }
    }
}

impl Options {
    /// The folder as the file system wants it: an empty path is where the command runs.
    pub fn folder_path(&self) -> &Path {
        if self.folder.as_os_str().is_empty() { Path::new(".") } else { &self.folder }
    }

    /// Of a program: its files stand below its own folder.
    pub fn beside(program: &Path) -> Options {
        Options::new(program.parent().map_or_else(PathBuf::new, PathBuf::from))
    }

    /// Single precision, files below `folder`, targets required.
    pub fn new(folder: impl Into<PathBuf>) -> Options {
        Options {
            folder: folder.into(),
            precision: Float::F32,
            data: None,
            facts: None,
            targets: Targets::Required,
            skip_bad: false,
        }
    }
}
