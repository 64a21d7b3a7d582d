//! A table as a file holds it: named columns of cells, and where each row stands.
use crate::schema::CellType;
use rustc_hash::FxHashMap;
use std::ops::Range;
use unicode_normalization::UnicodeNormalization;

/// Columns of equal numbers of rows, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    pub columns: Vec<TableColumn>,
    pub rows: usize,
    /// The files whose rows follow one another.
    pub origins: Vec<Origin>,
    /// Arrays of the file that nobody asked for and that were not read.
    pub unread: Vec<String>,
    /// Whether the first row of a CSV file was data, so that columns are named by number.
    pub headerless: bool,
    /// Rows that are no rows, each with the reason: all of their cells are missing.
    pub broken: Vec<(usize, String)>,
    /// Columns whose numbers have a decimal comma in the file.
    pub decimal_commas: Vec<String>,
    /// Columns whose numbers have commas between their thousands.
    pub thousands: Vec<String>,
    /// Columns of words that look like numbers, and of which it is not known whether their points are decimal.
    pub unclear_points: Vec<String>,
    /// How the cells of columns are written in the file, as far as it shows.
    pub written: Vec<(String, CellType)>,
    /// If its rows are windows.
    pub windows: Option<Cut>,
    /// If rows were left out: the rows of the files that these are.
    pub kept: Option<Vec<usize>>,
}

/// Windows over the rows of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Cut {
    /// At which row of the file each begins.
    pub starts: Vec<usize>,
    /// How many rows each has, at most.
    pub size: usize,
    /// How many each has, where they differ: what follows is padding.
    pub lengths: Option<Vec<usize>>,
}

/// One column, or an array whose first axis is the rows.
#[derive(Clone, Debug, PartialEq)]
pub struct TableColumn {
    /// After NFKC, as names of the language are.
    pub name: String,
    /// Of one row; empty for a single cell.
    pub shape: Vec<usize>,
    pub cells: Cells,
}

/// Cells, row-major. A missing number or truth value is NaN, a missing word `MISSING`.
#[derive(Clone, Debug, PartialEq)]
pub enum Cells {
    F64(Vec<f64>),
    F32(Vec<f32>),
    U8(Vec<u8>),
    /// 0 or 1.
    Truths(Vec<f64>),
    Words(Words),
}

/// Texts by their number in a list of distinct words, in the order of appearance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Words {
    pub codes: Vec<u32>,
    pub words: Vec<String>,
    /// How those of them that are numbers are written.
    pub written: CellType,
}

/// The code of a word that is missing.
pub const MISSING: u32 = u32::MAX;

/// The rows of one file.
#[derive(Clone, Debug, PartialEq)]
pub struct Origin {
    /// As people see it.
    pub file: String,
    pub first_row: usize,
    /// Rows of the file that stand above the first of these.
    pub above: usize,
    /// The line on which each row begins; empty if the file has no lines.
    pub lines: Vec<u32>,
}

impl Table {
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// `row 17 of data/iris.csv (line 18)`; rows are counted from 1 in each file, without its header.
    pub fn place(&self, row: usize) -> String {
        match &self.windows {
            Some(cut) if row < cut.starts.len() => {
                let what = if cut.lengths.is_some() { "recording" } else { "window" };
                format!("the {what} from {}", self.place_of_row(cut.starts[row]))
            }
            _ => self.place_of_row(row),
        }
    }
    /// The row of a cell; of a window that of its place, not where the window begins.
    pub fn place_of_cell(&self, column: usize, at: usize) -> String {
        let width = self.columns[column].width().max(1);
        let (row, within) = (at / width, at % width);
        match &self.windows {
            Some(cut) if row < cut.starts.len() && cut.lengths.is_none() => {
                self.place_of_row(cut.starts[row] + within / (width / cut.size).max(1))
            }
            _ => self.place(row),
        }
    }
    fn place_of_row(&self, row: usize) -> String {
        let row = self.kept.as_ref().and_then(|kept| kept.get(row)).copied().unwrap_or(row);
        let Some(origin) = self.origins.iter().rfind(|origin| origin.first_row <= row) else {
            return format!("row {}", row + 1);
        };
        let here = row - origin.first_row;
        let line = origin.lines.get(here).map_or(String::new(), |line| format!(" (line {line})"));
        format!("row {} of {}{line}", origin.above + here + 1, origin.file)
    }

    /// Adds the rows of another table below. Columns are matched by name; the error names one that does not match and why.
    pub fn append(&mut self, other: Table) -> Result<(), (String, &'static str)> {
        let mut others = other.columns;
        for column in &mut self.columns {
            let Some(at) = others.iter().position(|other| other.name == column.name) else {
                return Err((column.name.clone(), "is not in it"));
            };
            let other = others.swap_remove(at);
            if other.shape != column.shape {
                return Err((column.name.clone(), "has another shape in it"));
            }
            column.cells.append(other.cells);
        }
        self.origins.extend(other.origins.into_iter().map(|origin| Origin { first_row: self.rows, ..origin }));
        self.rows += other.rows;
        self.decimal_commas.extend(other.decimal_commas);
        self.thousands.extend(other.thousands);
        self.unclear_points.extend(other.unclear_points);
        // Where files differ, the first one's holds.
        let known = |name: &String| self.written.iter().any(|(known, _)| known == name);
        let new: Vec<_> = other.written.into_iter().filter(|(name, _)| !known(name)).collect();
        self.written.extend(new);
        Ok(())
    }
}

impl TableColumn {
    pub fn new(name: &str, shape: Vec<usize>, cells: Cells) -> TableColumn {
        TableColumn { name: column_name(name), shape, cells }
    }

    /// Cells of one row.
    pub fn width(&self) -> usize {
        self.shape.iter().product()
    }
}

/// A name as the language compares it.
pub fn column_name(name: &str) -> String {
    name.trim().nfkc().collect()
}

impl Cells {
    /// Adds these cells to `out` as numbers. Words that are no numbers are NaN: `Resolved` has excluded them.
    pub fn numbers(&self, range: Range<usize>, out: &mut Vec<f64>) {
        match self {
            Cells::F64(values) | Cells::Truths(values) => out.extend_from_slice(&values[range]),
            Cells::F32(values) => out.extend(values[range].iter().map(|v| f64::from(*v))),
            Cells::U8(values) => out.extend(values[range].iter().map(|v| f64::from(*v))),
            Cells::Words(words) => out.extend(words.codes[range].iter().map(|code| words.number(*code))),
        }
    }

    /// The cells at these places, one after another.
    pub fn picked(&self, places: impl Iterator<Item = usize>) -> Cells {
        match self {
            Cells::F64(values) => Cells::F64(places.map(|at| values[at]).collect()),
            Cells::F32(values) => Cells::F32(places.map(|at| values[at]).collect()),
            Cells::U8(values) => Cells::U8(places.map(|at| values[at]).collect()),
            Cells::Truths(values) => Cells::Truths(places.map(|at| values[at]).collect()),
            Cells::Words(words) => {
                Cells::Words(Words { codes: places.map(|at| words.codes[at]).collect(), ..words.clone() })
            }
        }
    }
    pub fn is_missing(&self, at: usize) -> bool {
        match self {
            Cells::F64(values) | Cells::Truths(values) => values[at].is_nan(),
            Cells::F32(values) => values[at].is_nan(),
            Cells::U8(_) => false,
            Cells::Words(words) => words.codes[at] == MISSING,
        }
    }

    /// Makes a cell as another one.
    pub fn copy(&mut self, from: usize, to: usize) {
        match self {
            Cells::F64(values) | Cells::Truths(values) => values[to] = values[from],
            Cells::F32(values) => values[to] = values[from],
            Cells::U8(values) => values[to] = values[from],
            Cells::Words(words) => words.codes[to] = words.codes[from],
        }
    }

    /// The word of a cell of words, unless it is missing.
    pub fn word(&self, at: usize) -> Option<&str> {
        match self {
            Cells::Words(words) => words.word(words.codes[at]),
            _ => None,
        }
    }

    /// Whether a cell is a word and no number.
    pub fn is_word(&self, at: usize) -> bool {
        match self {
            Cells::Words(words) => words.word(words.codes[at]).is_some_and(|word| words.as_number(word).is_none()),
            _ => false,
        }
    }

    /// Whether the word of a cell is `true` or `false`, in any case.
    pub fn truth(&self, at: usize) -> Option<bool> {
        self.word(at).and_then(|word| super::cell::truth(word.as_bytes()))
    }

    /// Adds cells below. Those of another kind become numbers, or words if there are words in either.
    fn append(&mut self, other: Cells) {
        match (&mut *self, other) {
            (Cells::F64(a), Cells::F64(b)) | (Cells::Truths(a), Cells::Truths(b)) => a.extend(b),
            (Cells::F32(a), Cells::F32(b)) => a.extend(b),
            (Cells::U8(a), Cells::U8(b)) => a.extend(b),
            (Cells::Words(a), Cells::Words(b)) => a.append(b),
            (Cells::Words(a), b) => a.append(b.to_words()),
            (a, Cells::Words(b)) => {
                let mut words = a.to_words();
                words.append(b);
                *self = Cells::Words(words);
            }
            (a, b) => {
                let mut numbers = vec![];
                a.numbers(0..a.len(), &mut numbers);
                b.numbers(0..b.len(), &mut numbers);
                *self = Cells::F64(numbers);
            }
        }
    }

    pub fn len(&self) -> usize {
        match self {
            Cells::F64(values) | Cells::Truths(values) => values.len(),
            Cells::F32(values) => values.len(),
            Cells::U8(values) => values.len(),
            Cells::Words(words) => words.codes.len(),
        }
    }

    fn to_words(&self) -> Words {
        let mut numbers = vec![];
        self.numbers(0..self.len(), &mut numbers);
        let mut builder = WordsBuilder::default();
        for number in numbers {
            builder.push(if number.is_nan() { None } else { Some(number.to_string()) }.as_deref());
        }
        builder.words
    }
}

impl Words {
    pub fn word(&self, code: u32) -> Option<&str> {
        self.words.get(code as usize).map(String::as_str)
    }

    pub fn code(&self, word: &str) -> Option<u32> {
        self.words.iter().position(|known| known == word).map(|at| at as u32)
    }

    /// A word read as a number: NaN if it is missing or none.
    pub fn number(&self, code: u32) -> f64 {
        self.word(code).and_then(|word| self.as_number(word)).unwrap_or(f64::NAN)
    }

    /// What a word says as a number, if it is one.
    pub fn as_number(&self, word: &str) -> Option<f64> {
        super::cell::number_as(word.as_bytes(), self.written)
    }

    /// The first cell that is a word and no number.
    pub fn first_word(&self) -> Option<usize> {
        let is_word: Vec<bool> = self.words.iter().map(|word| self.as_number(word).is_none()).collect();
        self.codes.iter().position(|code| is_word.get(*code as usize).copied().unwrap_or(false))
    }

    fn append(&mut self, other: Words) {
        let mut builder = WordsBuilder::from(std::mem::take(self));
        other.codes.iter().for_each(|code| builder.push(other.word(*code)));
        *self = builder.words;
    }
}

/// Gives each distinct word a code.
#[derive(Default)]
pub struct WordsBuilder {
    pub words: Words,
    known: FxHashMap<String, u32>,
}

impl WordsBuilder {
    /// No words, among which numbers are written like this.
    pub fn written(written: CellType) -> WordsBuilder {
        WordsBuilder { words: Words { written, ..Words::default() }, ..WordsBuilder::default() }
    }

    /// The next cell; none is missing.
    pub fn push(&mut self, word: Option<&str>) {
        let Some(word) = word else {
            self.words.codes.push(MISSING);
            return;
        };
        let code = match self.known.get(word) {
            Some(code) => *code,
            None => {
                let code = self.words.words.len() as u32;
                self.words.words.push(word.to_string());
                self.known.insert(word.to_string(), code);
                code
            }
        };
        self.words.codes.push(code);
    }
}

impl From<Words> for WordsBuilder {
    fn from(words: Words) -> WordsBuilder {
        let known = words.words.iter().enumerate().map(|(code, word)| (word.clone(), code as u32)).collect();
        WordsBuilder { words, known }
    }
}
