//! Training: initial values, epochs and steps, metrics of the parts of the data, events for whoever shows them.
pub mod executor;
pub mod initial;
pub mod trainer;

pub use executor::{Batch, Column, Executor, Table};
pub use trainer::{Event, Outcome, Schedule, train};
