//! Gradus: a small language for neural networks and its compiler.
//!
//! The modules are listed in the order of the pipeline; a module imports only from those above it.
//! `tests/suite/architecture.rs` holds that order.
pub mod limits;
pub mod memory;

pub mod diagnostic;

pub mod random;

pub mod vector;

pub mod kernel;

pub mod op;

pub mod syntax;

pub mod graph;

pub mod schema;

pub mod used;

pub mod gradient;

pub mod model;

pub mod simplify;

pub mod notation;

pub mod batch;

pub mod step;

pub mod plan;

pub mod oracle;

pub mod interpreter;

pub mod jit;

pub mod data;

pub mod train;

pub mod room;

pub mod pipeline;

pub mod cli;

#[cfg(test)]
extern crate self as gradus;

#[cfg(test)]
#[path = "../tests/draw/mod.rs"]
pub mod draw;

#[cfg(test)]
#[path = "../tests/draw/kernel.rs"]
mod draw_kernel;
