//! Gradus: a small language for neural networks and its compiler.
//!
//! The modules are listed in the order of the pipeline; a module imports only from those above it.
//! `tests/architecture.rs` holds that order.
pub mod diagnostic;
pub mod jit;
pub mod kernel;
pub mod limits;
pub mod vector;
