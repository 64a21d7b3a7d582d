//! Vectors: lanes of several widths, polynomial functions over them, and the register tile that multiplies matrices.

pub mod lanes;
