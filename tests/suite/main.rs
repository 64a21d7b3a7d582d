//! All tests from outside of the library in one program, which is linked once: `cargo test --test suite gradients::` runs those of one
//! file. What counts the memory of its whole process stands beside it, alone.
mod architecture;
mod circles;
mod codes;
mod command;
mod commands;
mod documents;
#[path = "../draw/mod.rs"]
mod draw;
mod draws;
mod duals;
mod everyday;
mod gradients;
mod jacobians;
mod kinks;
mod layers;
mod learning;
mod limits;
mod mistakes;
mod optimizers;
mod places;
mod prelude;
mod printed;
mod random_programs;
mod reread;
mod rewrites;
mod rounds;
mod rows;
mod spelled;
mod spellings;
mod stages;
mod steps;
mod structure;
mod sums;
mod training;
mod types;
mod values;
