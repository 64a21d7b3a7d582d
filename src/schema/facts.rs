//! What was learned from the training part of a data set and travels with the weights: names of classes, statistics, columns.
use indexmap::IndexMap;

/// The facts of a data set, by the name of the input or target.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// Names of the classes that came from text, sorted; one that came from whole numbers has no entry.
    pub classes: IndexMap<String, Vec<String>>,
    /// The columns that each input and target reads, in the order of its components.
    pub columns: IndexMap<String, Vec<String>>,
    /// Only of those that `standardize` or `fill` names.
    pub statistics: IndexMap<String, Statistics>,
    /// What the cells of the columns are, by the column's name, as far as a CSV file has shown it.
    pub cells: IndexMap<String, CellType>,
    /// The seed of the split, so that the test part can be found again.
    pub split_seed: u64,
}

/// Statistics of the training part, one number a component.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statistics {
    /// What stands where a value was missing: in the file's own unit, a truth value as 0 or 1, a class by its index. Empty without `fill`.
    pub fill: Vec<f64>,
    /// Empty without `standardize`.
    pub mean: Vec<f64>,
    /// The population's standard deviation; 1 where that is 0. Empty without `standardize`.
    pub deviation: Vec<f64>,
}

/// What the cells of a column of a CSV file are, and how its numbers are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CellType {
    /// `1234.5`
    #[default]
    Number,
    /// `1234,5`
    CommaNumber,
    /// `1,234.5`
    ThousandsNumber,
    /// `1.234,5`
    CommaThousandsNumber,
    Truth,
    Text,
}

impl CellType {
    /// Each by the name that it has in a file of weights.
    pub const NAMES: [(CellType, &str); 6] = [
        (CellType::Number, "1234.5"),
        (CellType::CommaNumber, "1234,5"),
        (CellType::ThousandsNumber, "1,234.5"),
        (CellType::CommaThousandsNumber, "1.234,5"),
        (CellType::Truth, "true"),
        (CellType::Text, "text"),
    ];

    pub fn is_number(self) -> bool {
        !matches!(self, CellType::Truth | CellType::Text)
    }

    pub fn has_decimal_comma(self) -> bool {
        matches!(self, CellType::CommaNumber | CellType::CommaThousandsNumber)
    }
}

impl Facts {
    /// Whether the classes of an input or target are texts of this column.
    pub fn are_texts_of(&self, column: &str) -> bool {
        self.classes.iter().any(|(slot, names)| {
            *names != ["false", "true"] && self.columns.get(slot).is_some_and(|read| read.iter().any(|c| c == column))
        })
    }

    /// The names of the classes of an input or target, if they came from text.
    pub fn class_names(&self, slot: &str) -> Option<&[String]> {
        self.classes.get(slot).map(Vec::as_slice)
    }

    /// `t.mean`, one number a component, if `t` was standardized.
    pub fn mean(&self, slot: &str) -> Option<&[f64]> {
        self.statistics.get(slot).map(|statistics| statistics.mean.as_slice()).filter(|mean| !mean.is_empty())
    }

    /// `t.std`, one number a component, if `t` was standardized.
    pub fn deviation(&self, slot: &str) -> Option<&[f64]> {
        self.statistics.get(slot).map(|statistics| statistics.deviation.as_slice()).filter(|values| !values.is_empty())
    }
}
