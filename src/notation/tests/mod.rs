//! Golden derivations, and laws of what is printed.
mod derivations;
mod programs;
mod setting;
