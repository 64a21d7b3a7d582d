//! Native code for programs of kernels: Cranelift makes one function of each kernel and one of the whole training loop, which
//! every thread runs. No Cranelift type leaves this module.
//!
//! ```
//! use gradus::jit::{Executable, Log, Options, Records};
//! use gradus::kernel::*;
//! use gradus::vector::Path;
//! use std::sync::atomic::AtomicBool;
//!
//! // x ← x + rate, logged.
//! let (x, rate) = (BufferId(0), BufferId(1));
//! let scalar = |name: &str, offset| Buffer {
//!     name: name.to_string(),
//!     element: Element::F64,
//!     elements: 1,
//!     place: Location::Arena { offset },
//!     role: Role::State,
//!     overwrites: None,
//! };
//! let k = Recorder::new("update", Float::F64);
//! k.store(Access::new(x, 0), k.load(Access::new(x, 0)) + k.load(Access::new(rate, 0)));
//! let program = Program {
//!     float: Float::F64,
//!     batch: 1,
//!     buffers: vec![scalar("x", 0), scalar("rate", 64)],
//!     arena_bytes: 128,
//!     slots: 0,
//!     scalars: vec![rate],
//!     outputs: vec![x],
//!     kernels: vec![k.finish()],
//!     products: vec![],
//!     draws: vec![],
//!     steps: vec![Command::Kernel { kernel: KernelId(0), arguments: vec![] }],
//! };
//! let mut executable = Executable::compile(program, Options { path: Path::detect(), threads: 1 }).unwrap();
//! let mut records = Records::new(1);
//! (1..=3).for_each(|step| records.push(0, 1, &[step as f64]));
//! let mut log = Log::default();
//! executable.run(&records, &AtomicBool::new(false), &mut log).unwrap();
//! assert_eq!(log.values(), [1.0, 3.0, 6.0]);
//! ```
mod barrier;
mod driver;
mod executable;
mod lower;
mod module;
mod records;
#[cfg(test)]
mod tests;

pub use executable::{Column, Executable};
pub use module::Options;
pub use module::fused;
pub use records::{Log, Records};
