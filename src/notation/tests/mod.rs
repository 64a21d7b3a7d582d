//! Golden derivations, and laws of what is printed.
mod claims;
mod derivations;
mod laws;
mod programs;
mod setting;
