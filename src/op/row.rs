//! What a row of the table of scalar functions is. No field has a default: a missing fact does not compile.
use super::lowering::{BinaryLowering, UnaryLowering};
use super::{Interval, Sym};
use crate::kernel::{Integers, Truth};

/// How an operation is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notation {
    /// `name(x)`, `name(x, y)`.
    Call,
    /// `-x`, `not x`: the sign and its level of precedence (language reference, "Expressions").
    Prefix(&'static str, u8),
    /// `x + y`: the sign and its level of precedence.
    Infix(&'static str, u8),
    /// `x^y`, `x²`.
    Power,
    /// `x / y`, a fraction in LaTeX.
    Fraction,
    /// `|x|`.
    Bars,
}

/// What kind of value an operation gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Result {
    Real,
    /// A truth value, which counts as 0 or 1.
    Bool,
}

/// Who takes the derivative where a function chooses between values that are equal there: the convention, in every mode and at every order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tie {
    /// It chooses nothing.
    Nowhere,
    /// The derivative is 0.
    Neither,
    /// The second of two; but an argument that meets one made of numbers and settings alone takes nothing: `max(0, x)` is the ReLU.
    Second,
}

/// Whether zero times the slope is zero, whatever the arguments are: infinite, or no number at all. If not, a cotangent is masked
/// again behind the function (see `gradient::support`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zeros {
    /// The slope is a number, or the cotangent is chosen, not multiplied.
    Stay,
    /// It is if the other argument is a finite number.
    StayBesideNumbers,
    /// It is, by the first argument, if the second is a finite number and not zero; by the second it is lost.
    StayOverNumbers,
    Lost,
}

/// What happens to a function where its argument changes sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parity {
    /// f(−x) = −f(x).
    Odd,
    /// f(−x) = f(x).
    Even,
    Neither,
}

/// Of what a function of two arguments is a linear function.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Linearity {
    /// Of both together: the first and so many times the second.
    Sum(f64),
    /// Of each, the other being as it is.
    Each,
    /// Of the first alone.
    First,
    No,
}

/// Whether it is better computed again than kept in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// Wherever its value is needed.
    Everywhere,
    /// Only in the loop beside a loop, which would read it from a stack of all rounds.
    BesideLoops,
    /// Its value is kept.
    Never,
}

/// A scalar function of one argument.
pub struct Unary {
    pub name: &'static str,
    pub doc: &'static str,
    pub notation: Notation,
    /// If it has no name in the language, the formula that it stands for: how it is printed, and what it is recognised in.
    pub spelled: Option<for<'a> fn(Sym<'a>) -> Sym<'a>>,
    pub result: Result,
    /// Where tests sample it.
    pub samples: (f64, f64),
    /// Points at which it has no derivative. The convention holds there; finite differences stay away.
    pub kinks: &'static [f64],
    /// What its derivative is where it has a kink.
    pub tie: Tie,
    /// Whether a cotangent that is zero is still zero behind it.
    pub zeros: Zeros,
    /// If it is a multiple of its argument: how many times.
    pub scale: Option<f64>,
    pub parity: Parity,
    /// Whether its value counts as a constant where it is differentiated, whatever it is made of.
    pub stops: bool,
    pub again: Again,
    /// The range of its values over a range of arguments.
    pub range: fn(Interval) -> Interval,
    /// Its value in f64: the oracle's.
    pub value: fn(f64) -> f64,
    /// Its first and second derivative in f64: the oracle's, of which `derivative` knows nothing.
    pub slopes: fn(f64) -> [f64; 2],
    /// How the executors compute it.
    pub lower: UnaryLowering,
    /// `(x, y = f(x), dy) -> dx`: its adjoint, linear in `dy`.
    pub derivative: for<'a> fn(Sym<'a>, Sym<'a>, Sym<'a>) -> Sym<'a>,
}

/// A scalar function of two arguments.
pub struct Binary {
    pub name: &'static str,
    pub doc: &'static str,
    pub notation: Notation,
    /// If it has no name in the language, the formula that it stands for: how it is printed, and what it is recognised in.
    pub spelled: Option<for<'a> fn(Sym<'a>, Sym<'a>) -> Sym<'a>>,
    pub result: Result,
    pub samples: [(f64, f64); 2],
    /// Whether `(x, y)` is too near a point without a derivative for finite differences.
    pub kink: fn(f64, f64) -> bool,
    /// What its derivatives are where both arguments are equal.
    pub tie: Tie,
    /// Whether a cotangent that is zero is still zero behind it.
    pub zeros: Zeros,
    pub linear: Linearity,
    /// The function that makes `f(x, n)` of n x's, for small whole n: then executors apply that.
    pub repeats: Option<&'static Binary>,
    /// How indices and classes are compared without making floats of them.
    pub whole: Option<for<'k> fn(Integers<'k>, Integers<'k>) -> Truth<'k>>,
    pub again: Again,
    /// `f(x, y) = f(y, x)`, exactly.
    pub commutative: bool,
    pub range: fn(Interval, Interval) -> Interval,
    pub value: fn(f64, f64) -> f64,
    /// Its derivatives by x, y, twice x, x and y, twice y, in f64: the oracle's.
    pub slopes: fn(f64, f64) -> [f64; 5],
    /// How the executors compute it.
    pub lower: BinaryLowering,
    /// `(x, y, f(x, y), d) -> dx`, linear in `d`.
    pub derivative_x: for<'a> fn(Sym<'a>, Sym<'a>, Sym<'a>, Sym<'a>) -> Sym<'a>,
    /// `(x, y, f(x, y), d) -> dy`, linear in `d`.
    pub derivative_y: for<'a> fn(Sym<'a>, Sym<'a>, Sym<'a>, Sym<'a>) -> Sym<'a>,
}

/// A row as a value that can be copied, compared and hashed: two are equal if they are the same row.
#[derive(Clone, Copy)]
pub struct UnaryOp(pub &'static Unary);

/// A row as a value that can be copied, compared and hashed: two are equal if they are the same row.
#[derive(Clone, Copy)]
pub struct BinaryOp(pub &'static Binary);

/// A row is a static: it is told by its address.
macro_rules! identity {
    ($op:ident, $row:ident) => {
        impl std::ops::Deref for $op {
            type Target = $row;
            fn deref(&self) -> &$row {
                self.0
            }
        }
        impl PartialEq<$row> for $op {
            fn eq(&self, row: &$row) -> bool {
                std::ptr::eq(self.0, row)
            }
        }
        impl PartialEq for $op {
            fn eq(&self, other: &Self) -> bool {
                *self == *other.0
            }
        }
        impl Eq for $op {}
        impl std::hash::Hash for $op {
            fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
                std::ptr::hash(self.0, state);
            }
        }
        impl std::fmt::Debug for $op {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.0.name)
            }
        }
    };
}
pub(crate) use identity;
identity!(UnaryOp, Unary);
identity!(BinaryOp, Binary);

/// Writes rows and the list of them, so that a row stands in one place.
macro_rules! rows {
    ($list:ident: $row:ident; $($(#[$doc:meta])* $id:ident { $($field:tt)* })*) => {
        $($(#[$doc])* pub static $id: $crate::op::row::$row = $crate::op::row::$row { $($field)* };)*
        pub static $list: &[&$crate::op::row::$row] = &[$(&$id),*];
    };
}
pub(crate) use rows;
