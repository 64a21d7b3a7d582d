//! Whole trainings through the library: every example learns, and weights do not depend on the number of threads.
mod examples;
mod program;
mod quality;
mod threads;
