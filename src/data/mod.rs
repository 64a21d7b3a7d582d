//! From files to arrays: reads what a `DataPlan` names, splits the rows, fills and standardizes, and answers with a `Dataset`.
mod dataset;

pub use dataset::{Column, Dataset, Options, Parts, Targets, Values};
