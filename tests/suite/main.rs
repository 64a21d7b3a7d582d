//! All tests from outside of the library in one program, which is linked once: `cargo test --test suite gradients::` runs those of one
//! file. What counts the memory of its whole process stands beside it, alone.
mod architecture;
mod codes;
mod command;
mod commands;
mod documents;
mod everyday;
mod gradients;
mod jacobians;
mod learning;
mod limits;
mod mistakes;
mod optimizers;
mod places;
mod prelude;
mod printed;
mod random_programs;
mod rows;
mod spelled;
mod stages;
mod structure;
mod sums;
mod training;
