//! The table of operations. A row holds every fact about one operation; the passes match on classes, never on rows.
//!
//! A new scalar function is one row in the file of its family: its name is then known to the language, it is
//! differentiated, printed, interpreted, compiled and tested.
pub mod activation;
pub mod arithmetic;
pub mod comparison;
pub mod exponential;
pub mod interval;
pub mod loss;
pub mod lowering;
pub mod power;
pub mod reduction;
pub mod rounding;
pub mod row;
pub mod sym;
pub mod trigonometric;

pub use interval::Interval;
pub use reduction::ReduceOp;
pub use row::{Again, Binary, BinaryOp, Linearity, Notation, Parity, Result, Tie, Unary, UnaryOp, Zeros};
pub use sym::{Sym, Template};

/// All scalar functions of one argument, family by family.
pub fn unary_rows() -> impl Iterator<Item = &'static Unary> {
    [
        arithmetic::UNARY,
        exponential::UNARY,
        power::UNARY,
        trigonometric::UNARY,
        activation::UNARY,
        rounding::UNARY,
        comparison::UNARY,
    ]
    .into_iter()
    .flatten()
    .copied()
}

/// All scalar functions of two arguments, family by family.
pub fn binary_rows() -> impl Iterator<Item = &'static Binary> {
    [
        arithmetic::BINARY,
        exponential::BINARY,
        power::BINARY,
        trigonometric::BINARY,
        comparison::BINARY,
        rounding::BINARY,
        loss::BINARY,
    ]
    .into_iter()
    .flatten()
    .copied()
}

/// The function of one argument that bears this name in the language.
pub fn unary_by_name(name: &str) -> Option<UnaryOp> {
    unary_rows().find(|row| row.name == name && row.spelled.is_none()).map(UnaryOp)
}

/// The function of two arguments that bears this name in the language.
pub fn binary_by_name(name: &str) -> Option<BinaryOp> {
    binary_rows().find(|row| row.name == name && row.spelled.is_none()).map(BinaryOp)
}

#[cfg(test)]
mod tests;
