//! Whole trainings through the library: every example learns, and weights do not depend on the number of threads.
#[path = "training/examples.rs"]
mod examples;
#[path = "training/program.rs"]
mod program;
#[path = "training/threads.rs"]
mod threads;
