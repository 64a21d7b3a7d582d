//! One example in terms of the file's columns, as a `data` section says it. Names are not resolved: only the file knows its columns.
use crate::diagnostic::Span;
use crate::op::{BinaryOp, UnaryOp};

/// An expression over columns and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnExpression {
    pub term: ColumnTerm,
    pub span: Span,
}

/// What an expression over columns is. It has a value for each row.
#[derive(Clone, Debug, PartialEq)]
pub enum ColumnTerm {
    Number(f64),
    /// A text beside a column in `==` or `!=`. Elsewhere a quoted name is a column.
    Text(String),
    Truth(bool),
    /// A column, or else a setting of the program.
    Column(String),
    /// `file("labels.idx.gz")`: the array of another file.
    File(String),
    /// `a .. b`: all columns from one to another, in the order of the file, both included.
    Between(String, String),
    /// `all`, `all except [a, b]`: the columns that are left, in the order of the file.
    All {
        except: Vec<ColumnExpression>,
    },
    /// `[a, b .. c]`: one after another.
    List(Vec<ColumnExpression>),
    /// `pixels[0]`, `pixels[0..64]`, along the first axis; −1 is the last.
    Element {
        of: Box<ColumnExpression>,
        at: i64,
    },
    Slice {
        of: Box<ColumnExpression>,
        from: i64,
        to: Option<i64>,
    },
    /// Element by element.
    Unary(UnaryOp, Box<ColumnExpression>),
    /// Element by element. A comparison with a missing value is missing.
    Binary(BinaryOp, Box<ColumnExpression>, Box<ColumnExpression>),
}

impl ColumnExpression {
    pub fn new(term: ColumnTerm, span: Span) -> ColumnExpression {
        ColumnExpression { term, span }
    }
}
