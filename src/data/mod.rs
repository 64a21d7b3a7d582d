//! From files to arrays: reads what a `DataPlan` names, splits the rows, fills and standardizes, and answers with a `Dataset`.
mod classes;
mod csv;
mod dataset;
mod evaluate;
mod idx;
mod inline;
mod load;
mod names;
mod numpy;
mod resolve;
mod sample;
mod series;
mod source;
mod split;
mod summary;
mod table;
mod values;

pub use csv::MISSING_WORDS;
pub use dataset::{Column, Dataset, Options, Parts, Targets, Values};
pub use load::load;
pub use sample::sample;
pub use summary::{Content, Summary, summary};

#[cfg(test)]
mod tests;
