//! Random graphs, which the property tests of the modules and those of the suite draw. Kernels (`kernel.rs`) are drawn by the modules
//! alone.
//!
//! The library includes these files when it is built for its tests, and calls itself `gradus` there.
pub mod graph;
