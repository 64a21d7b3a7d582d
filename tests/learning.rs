//! Whole trainings through the library: every example learns, and weights do not depend on the number of threads.
#[path = "learning/examples.rs"]
mod examples;
#[path = "learning/program.rs"]
mod program;
#[path = "learning/threads.rs"]
mod threads;
