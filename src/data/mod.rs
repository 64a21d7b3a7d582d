//! From files to arrays: reads what a `DataPlan` names, splits the rows, fills and standardizes, and answers with a `Dataset`.
mod cell;
mod classes;
mod csv;
mod dataset;
mod evaluate;
mod fitting;
mod gaps;
mod gather;
mod growing;
mod idx;
mod inline;
mod load;
mod loading;
mod moments;
mod names;
mod numpy;
mod parts;
mod records;
mod resolve;
mod rows;
mod sample;
mod series;
mod skipped;
mod sound;
mod source;
mod split;
mod stream;
mod summary;
mod table;
mod text;
mod values;
mod weights;
mod windows;

pub use cell::MISSING_WORDS;
pub use dataset::{Column, Dataset, Options, Parts, Targets, Values};
pub use gather::Gathered;
pub use growing::{Filler, Growing};
pub use load::{gather, load, load_gathered};
pub use sample::sample;
pub use sound::write_sound;
pub use source::DataFile;
pub use stream::Stream;
pub use summary::{Content, Summary, summary};
pub use text::CHARACTERS;

#[cfg(test)]
mod tests;
