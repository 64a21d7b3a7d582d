//! Rows of a CSV text on their way into a table, column by column.
use super::cell::{is_dash, is_missing, number_as};
use super::records::Record;
use super::table::{Cells, WordsBuilder};
use crate::schema::CellType;

/// The rows that have been read.
pub struct Rows {
    /// None of a column that is not wanted.
    columns: Vec<Option<ColumnBuilder>>,
    /// The line on which each begins.
    lines: Vec<u32>,
    /// Rows of another number of cells, each with what is said about it.
    broken: Vec<(usize, String)>,
    /// Rows of empty cells, by line and number of cells: at the end of a text they are none.
    empty: Vec<(u32, usize)>,
}

/// Rows that are ready for a table.
pub struct Taken {
    /// Of the columns that are wanted.
    pub cells: Vec<Cells>,
    pub lines: Vec<u32>,
    pub broken: Vec<(usize, String)>,
}

impl Rows {
    /// No rows, of columns of these types; a column without one is not wanted.
    pub fn new(types: &[Option<CellType>], capacity: usize) -> Rows {
        let column = |ty: &Option<CellType>| ty.map(|ty| ColumnBuilder::new(ty, capacity));
        let columns = types.iter().map(column).collect();
        Rows { columns, lines: Vec::with_capacity(capacity), broken: vec![], empty: vec![] }
    }

    pub fn len(&self) -> usize {
        self.lines.len()
    }

    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    pub fn add(&mut self, record: &Record) {
        if record.is_empty() {
            self.empty.push((record.line, record.len()));
            return;
        }
        for (line, cells) in std::mem::take(&mut self.empty) {
            self.fits(line, cells, true);
            self.columns.iter_mut().flatten().for_each(|column| column.push(b""));
        }
        let ends_empty = record.cells().next_back().is_some_and(<[u8]>::is_empty);
        if self.fits(record.line, record.len(), ends_empty) {
            let columns = self.columns.iter_mut().zip(record.cells());
            columns.for_each(|(column, cell)| column.iter_mut().for_each(|column| column.push(cell)));
        } else {
            self.columns.iter_mut().flatten().for_each(|column| column.push(b""));
        }
    }

    /// Counts a row; whether it has as many cells as there are columns.
    fn fits(&mut self, line: u32, found: usize, ends_empty: bool) -> bool {
        let wanted = self.columns.len();
        if found != wanted {
            self.broken.push((self.lines.len(), unequal(line, found, wanted, ends_empty)));
        }
        self.lines.push(line);
        found == wanted
    }

    /// All columns that are wanted.
    pub fn columns(&mut self) -> impl Iterator<Item = &mut ColumnBuilder> {
        self.columns.iter_mut().flatten()
    }

    /// Takes the rows out; others may follow.
    pub fn take(&mut self) -> Taken {
        let cells = self.columns().map(ColumnBuilder::take).collect();
        Taken { cells, lines: std::mem::take(&mut self.lines), broken: std::mem::take(&mut self.broken) }
    }
}

/// What is wrong with a row of another length than the first.
fn unequal(line: u32, found: usize, wanted: usize, ends_empty: bool) -> String {
    let text = format!("line {line} has another number of values than the lines before it: {found}, not {wanted}");
    if ends_empty && found == wanted + 1 {
        text + "; it ends in a separator, and the first line does not"
    } else if wanted == 1 {
        text + "; the names of the columns, or the first row, stand on the first line"
    } else {
        text
    }
}

/// Cells of one column. Where one is not of its type, all are words.
pub struct ColumnBuilder {
    ty: CellType,
    numbers: Vec<f64>,
    words: Option<WordsBuilder>,
}

impl ColumnBuilder {
    fn new(ty: CellType, capacity: usize) -> ColumnBuilder {
        let is_text = ty == CellType::Text;
        let numbers = Vec::with_capacity(if is_text { 0 } else { capacity });
        ColumnBuilder { ty, numbers, words: is_text.then(WordsBuilder::default) }
    }

    fn push(&mut self, cell: &[u8]) {
        if self.words.is_none() {
            match number_as(cell, self.ty) {
                Some(number) => return self.numbers.push(number),
                None if is_missing(cell) || is_dash(cell) => return self.numbers.push(f64::NAN),
                None => self.turn_to_words(),
            }
        }
        let Some(words) = &mut self.words else { return };
        let truth = if self.ty == CellType::Truth { number_as(cell, self.ty) } else { None };
        match truth {
            _ if is_missing(cell) || self.ty != CellType::Text && is_dash(cell) => words.push(None),
            Some(truth) => words.push(Some(&as_text(truth, self.ty))),
            None => words.push(Some(&String::from_utf8_lossy(cell))),
        }
    }

    fn turn_to_words(&mut self) {
        let mut words = WordsBuilder::written(self.ty);
        for number in std::mem::take(&mut self.numbers) {
            words.push((!number.is_nan()).then(|| as_text(number, self.ty)).as_deref());
        }
        self.words = Some(words);
    }

    /// The texts so far, if it has the type of texts.
    pub fn texts(&self) -> &[String] {
        match &self.words {
            Some(words) if self.ty == CellType::Text => &words.words.words,
            _ => &[],
        }
    }

    /// Reads the texts so far, and what follows, as of another type.
    pub fn set_type(&mut self, ty: CellType) {
        let rows = self.words.as_ref().map_or(0, |words| words.words.codes.len());
        let old = std::mem::replace(self, ColumnBuilder::new(ty, rows));
        let words = old.words.unwrap_or_default().words;
        words.codes.iter().for_each(|code| self.push(words.word(*code).unwrap_or_default().as_bytes()));
    }

    fn take(&mut self) -> Cells {
        let ColumnBuilder { ty, numbers, words } = std::mem::replace(self, ColumnBuilder::new(self.ty, 0));
        match words {
            Some(words) => Cells::Words(words.words),
            None if ty == CellType::Truth => Cells::Truths(numbers),
            None => Cells::F64(numbers),
        }
    }
}

/// A number or truth value in the way of its column.
fn as_text(number: f64, ty: CellType) -> String {
    match ty {
        CellType::Truth => (number == 1.0).to_string(),
        _ if ty.has_decimal_comma() => number.to_string().replace('.', ","),
        _ => number.to_string(),
    }
}
