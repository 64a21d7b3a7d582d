//! Kernel IR: what the planner writes and the JIT compiles. A kernel is a loop nest over straight-line code on vectors of no
//! particular width; a program is the buffers, kernels and products of one training step, and their order.
//!
//! `relu(a x + b)` for each row of the batch, rows padded to 32 elements, and a softmax over its 20 numbers:
//!
//! ```
//! use gradus::kernel::{Access, BufferId, Float, Loop, Recorder};
//! use gradus::kernel::{Buffer, Element, Location, Role};
//! use gradus::vector::{Lanes, functions::exp};
//!
//! let [a, b, x, y] = [0, 1, 2, 3].map(BufferId);
//! let k = Recorder::new("relu_affine", Float::F32);
//! k.for_each(Loop::batch().parallel(), |row| {
//!     k.for_each(Loop::fixed(20).padded_lanes(), |j| {
//!         let scaled = k.load(Access::new(a, j)).mul_add(k.load(Access::new(x, row * 32 + j)), k.load(Access::new(b, j)));
//!         k.store(Access::new(y, row * 32 + j), k.number(0.0).max(scaled));
//!     });
//! });
//! let relu_affine = k.finish();
//!
//! let (z, p) = (BufferId(4), BufferId(5));
//! let k = Recorder::new("softmax", Float::F32);
//! k.for_each(Loop::batch().parallel(), |row| {
//!     let largest = k.maximum();
//!     k.for_each(Loop::fixed(20).lanes(), |j| largest.put(k.load(Access::new(z, row * 32 + j))));
//!     let sum = k.sum();
//!     k.for_each(Loop::fixed(20).lanes(), |j| {
//!         let power = exp(k.load(Access::new(z, row * 32 + j)) - largest.total());
//!         sum.put(power);
//!         k.store(Access::new(p, row * 32 + j), power);
//!     });
//!     let inverse = k.number(1.0) / sum.total();
//!     k.for_each(Loop::fixed(20).lanes(), |j| {
//!         k.store(Access::new(p, row * 32 + j), k.load(Access::new(p, row * 32 + j)) * inverse);
//!     });
//! });
//! let softmax = k.finish();
//!
//! let buffers: Vec<Buffer> = [("a", 32), ("b", 32), ("x", 320), ("y", 320), ("z", 320), ("p", 320)]
//!     .iter()
//!     .enumerate()
//!     .map(|(at, &(name, elements))| Buffer {
//!         name: name.to_string(),
//!         element: Element::F32,
//!         elements,
//!         place: Location::Arena { offset: 2048 * at },
//!         role: Role::Value,
//!         overwrites: None,
//!     })
//!     .collect();
//! assert_eq!(relu_affine.verify(&buffers, 10), Ok(())); // with batches of at most ten rows
//! assert_eq!(softmax.verify(&buffers, 10), Ok(()));
//! assert!(relu_affine.verify(&buffers, 11).is_err());
//! ```

mod affine;
mod buffer;
mod groups;
mod hoist;
mod instruction;
mod print;
mod program;
mod recorder;
#[cfg(test)]
pub mod reference;
pub mod share;
mod unused;
mod value;
mod verify;

pub use affine::{Affine, Interval, LoopVariable};
pub use buffer::{Buffer, BufferId, Element, Extent, Float, Location, ROW_BYTES, Role};
pub use groups::{groups, strands};
pub use instruction::{
    Access, Accumulator, Binary, Compare, For, Guard, Instruction, Kernel, Parameter, Reducer, Register, Row,
    ScalarCode, ScalarFunction, Shift, Statement, Type, Unary,
};
pub use program::{
    Command, Division, Drawing, DrawingId, KernelId, Multiplication, Operand, ProductId, Program, Transposition,
};
pub use recorder::{Loop, Recorder, Running, RunningIntegers};
pub use value::{Integers, Truth, Value};
pub use verify::{Fault, batch_strides};
