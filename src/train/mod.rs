//! Training: initial values, epochs and steps, metrics of the parts of the data, events for whoever shows them.
mod ahead;
pub mod codes;
pub mod executor;
pub mod initial;
pub mod interpreted;
pub mod judge;
pub mod measure;
pub mod native;
pub mod schedule;
pub mod stopping;
pub mod trainer;
pub mod weights;

pub use executor::{Batch, Executor, Moment};
pub use judge::Judge;
pub use schedule::Schedule;
pub use stopping::Stopping;
pub use trainer::{Event, Outcome, train};
