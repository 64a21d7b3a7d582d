//! Vectors: lanes of several widths, polynomial functions over them, and the register tile that multiplies matrices.

pub mod draw;
pub mod flush;
pub mod functions;
pub mod lanes;
pub mod machine;
pub mod map;
pub mod product;
pub mod transpose;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;
#[cfg(target_arch = "x86_64")]
mod x86;

#[cfg(test)]
mod tests;

pub use draw::{Drawn, draw_f32, draw_f64};
pub use flush::FlushToZero;
pub use lanes::{BitLanes, Lanes, MaskLanes};
pub use machine::{Element, Path, Vector};
pub use map::{
    BinaryFunction, TernaryFunction, UnaryFunction, map_binary, map_scalar, map_scalars, map_ternary, map_unary,
};
pub use product::{Axis, Extent, Part, Prepared, Product, Reach, Store, product_f32, product_f64};
pub use transpose::{Transposition, transpose_f32, transpose_f64};
