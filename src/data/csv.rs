//! CSV: finds the header, types each column by all of its cells, reads it.
use super::cell::{Marks, is_dash, is_missing, number, truth};
use super::records::{Next, Record, Records};
use super::rows::Rows;
use super::table::{Origin, Table, TableColumn, column_name};
use crate::schema::CellType;

/// How a CSV text is read.
pub struct Reading<'a> {
    /// Columns that are texts, whatever stands in them.
    pub are_texts: &'a dyn Fn(&str) -> bool,
    /// Whether rows of another length are kept in `Table::broken`, instead of being an error.
    pub skip_bad: bool,
}

/// What the cells of a column have been so far.
#[derive(Clone, Copy)]
pub struct Seen {
    /// Numbers with a decimal point, truth values or texts; none as long as all are missing.
    ty: Option<CellType>,
    /// How its numbers are written, while all of its cells are numbers in one way or the other.
    marks: Option<Written>,
}

/// Which marks the numbers of a column have.
#[derive(Clone, Copy, Default)]
struct Written {
    comma: bool,
    point: bool,
    comma_or_thousands: bool,
    point_or_thousands: bool,
    comma_and_thousands: bool,
    point_and_thousands: bool,
}

/// What is known of the columns after all of their cells have been seen.
pub struct Decided {
    /// None of a column whose cells are all missing.
    pub types: Vec<Option<CellType>>,
    /// What another file of this kind has there, as far as this one shows it: whole numbers are written as the numbers of other columns.
    pub written: Vec<Option<CellType>>,
    /// Whether it looks like numbers, and it is not known whether their points are decimal.
    pub unclear: Vec<bool>,
}

/// Reads a CSV text: columns separated by `,`, `;` or tabs. The error is one sentence.
///
/// The first row is a header if no cell of it is a number, or if one is a text above numbers or truth values. Headerless columns are `column_0`, ….
/// A column is of numbers if all of its cells are, of truth values if all are `true` or `false`, else of words. For commas in numbers see `decide`.
/// Rows of empty cells at the end are none.
pub fn read_csv(bytes: &[u8], file: &str, reading: &Reading) -> Result<Table, String> {
    let mut records = Records::new(bytes)?;
    let separator = records.separator;
    let first = match records.next(true)? {
        Next::Record(record) => record.clone(),
        _ => Record::default(),
    };
    let mut seen = vec![Seen::default(); first.len()];
    let mut count = 1;
    while let Next::Record(record) = records.next(true)? {
        count += 1;
        if record.len() == seen.len() {
            record.cells().zip(&mut seen).for_each(|(cell, seen)| seen.add(cell, separator));
        }
    }
    let headerless = !is_header(&first, &seen);
    if headerless {
        first.cells().zip(&mut seen).for_each(|(cell, seen)| seen.add(cell, separator));
    }
    let names = names(&first, headerless);
    let Decided { mut types, written, unclear } = decide(&seen);
    for (ty, name) in types.iter_mut().zip(&names) {
        if ty.is_none() || (reading.are_texts)(name) {
            *ty = Some(CellType::Text);
        }
    }
    let mut records = Records::new(bytes)?;
    let mut rows = Rows::new(&types, count);
    let mut is_header = !headerless;
    while let Next::Record(record) = records.next(true)? {
        if !std::mem::take(&mut is_header) {
            rows.add(record);
        }
    }
    let taken = rows.take();
    if let Some((_, text)) = taken.broken.first().filter(|_| !reading.skip_bad) {
        return Err(text.clone());
    }
    let columns = names.iter().zip(taken.cells).map(|(name, cells)| TableColumn::new(name, vec![], cells)).collect();
    let all =
        |holds: &dyn Fn(usize) -> bool| (0..names.len()).filter(|at| holds(*at)).map(|at| names[at].clone()).collect();
    Ok(Table {
        columns,
        rows: taken.lines.len(),
        headerless,
        decimal_commas: all(&|at| types[at].is_some_and(CellType::has_decimal_comma)),
        thousands: all(&|at| types[at] == Some(CellType::ThousandsNumber)),
        unclear_points: all(&|at| unclear[at]),
        written: names.iter().zip(written).filter_map(|(name, written)| Some((name.clone(), written?))).collect(),
        origins: vec![Origin { file: file.to_string(), first_row: 0, above: 0, lines: taken.lines }],
        broken: taken.broken,
        unread: vec![],
        windows: None,
        kept: None,
    })
}

impl Default for Seen {
    fn default() -> Seen {
        Seen { ty: None, marks: Some(Written::default()) }
    }
}

impl Seen {
    /// What these cells have been.
    pub fn of(cells: &[String], separator: u8) -> Seen {
        let mut seen = Seen::default();
        cells.iter().for_each(|cell| seen.add(cell.as_bytes(), separator));
        seen
    }

    pub fn add(&mut self, cell: &[u8], separator: u8) {
        if (self.ty == Some(CellType::Text) && self.marks.is_none()) || is_missing(cell) {
            return;
        }
        if is_dash(cell) {
            return;
        }
        let own = match truth(cell) {
            Some(_) => CellType::Truth,
            None if number(cell).is_some() => CellType::Number,
            None => CellType::Text,
        };
        self.ty = Some(if self.ty.is_none_or(|ty| ty == own) { own } else { CellType::Text });
        let Some(written) = &mut self.marks else { return };
        // Beside a decimal point, another one says nothing new.
        if own == CellType::Number && (written.point || !cell.contains(&b'.')) {
            return;
        }
        match Marks::of(cell) {
            Marks::None => {}
            Marks::Point => written.point = true,
            Marks::PointOrThousands => written.point_or_thousands = true,
            // Where commas separate, none is decimal.
            Marks::Comma | Marks::CommaAndThousands if separator == b',' => self.marks = None,
            Marks::Comma => written.comma = true,
            Marks::CommaOrThousands => written.comma_or_thousands = true,
            Marks::CommaAndThousands => written.comma_and_thousands = true,
            Marks::PointAndThousands => written.point_and_thousands = true,
            Marks::Text => self.marks = None,
        }
    }
}

/// The types of the columns. What a comma in a number means is decided from the whole file:
///
/// - A column has decimal commas if all of its cells are numbers that allow it and one shows it: `3,14`, `0,123`, `1.234,5`; not `1,234`.
///   Where commas separate, none is decimal.
/// - It has commas between thousands if all of its cells allow that and one shows it: `1,234.5`, `1,234,567`.
/// - `1,234` alone is what the other columns show: more than a thousand if one shows decimal points and none shows decimal commas, and the
///   other way round.
/// - Where other columns show decimal commas, a column whose points may all be between thousands, `1.234`, is not read as numbers.
pub fn decide(seen: &[Seen]) -> Decided {
    use CellType::{CommaNumber, CommaThousandsNumber, Number, Text, ThousandsNumber};
    let marks = |seen: &Seen| seen.marks.unwrap_or_default();
    let shows_comma =
        |seen: &Seen| marks(seen).allows_comma() && (marks(seen).comma || marks(seen).comma_and_thousands);
    let shows_thousands = |seen: &Seen| marks(seen).allows_thousands() && marks(seen).point_and_thousands;
    let shows_point = |seen: &Seen| shows_thousands(seen) || marks(seen).allows_thousands() && marks(seen).point;
    let (commas, points) = (seen.iter().any(shows_comma), seen.iter().any(shows_point));
    let comma = |w: Written| if w.comma_and_thousands { CommaThousandsNumber } else { CommaNumber };
    let ty = |seen: &Seen| match seen.marks {
        Some(w) if shows_comma(seen) => Some(comma(w)),
        _ if shows_thousands(seen) => Some(ThousandsNumber),
        Some(w) if commas && !points && w.comma_or_thousands && w.allows_comma() => Some(comma(w)),
        Some(w) if points && !commas && w.comma_or_thousands && w.allows_thousands() => Some(ThousandsNumber),
        Some(w) if commas && !points && w.point_or_thousands && seen.ty == Some(Number) => Some(Text),
        _ => seen.ty,
    };
    let types: Vec<Option<CellType>> = seen.iter().map(ty).collect();
    let of_file = match (commas, points) {
        (true, false) if types.contains(&Some(CommaThousandsNumber)) => Some(CommaThousandsNumber),
        (true, false) => Some(CommaNumber),
        (false, true) if types.contains(&Some(ThousandsNumber)) => Some(ThousandsNumber),
        (false, true) => Some(Number),
        _ => None,
    };
    let written = |(seen, ty): (&Seen, &Option<CellType>)| match ty {
        Some(ty) if ty.is_number() => {
            of_file.or((*ty != Number || marks(seen).point || marks(seen).point_or_thousands).then_some(*ty))
        }
        other => *other,
    };
    let unclear = |(seen, ty): (&Seen, &Option<CellType>)| seen.ty == Some(Number) && *ty == Some(Text);
    let (written, unclear) =
        (seen.iter().zip(&types).map(written).collect(), seen.iter().zip(&types).map(unclear).collect());
    Decided { types, written, unclear }
}

impl Written {
    /// Whether a comma may be decimal in all of these numbers. `1.234` beside `1,5` is one or the other, unless a cell shows both marks.
    fn allows_comma(self) -> bool {
        !self.point && !self.point_and_thousands && (!self.point_or_thousands || self.comma_and_thousands)
    }

    /// Whether commas may be between thousands in all of them.
    fn allows_thousands(self) -> bool {
        !self.comma && !self.comma_and_thousands
    }
}

/// The names of the columns: what the first row says, or else their numbers.
pub fn names(first: &Record, headerless: bool) -> Vec<String> {
    let name = |(index, cell): (usize, &[u8])| {
        // A line break in a name is a space.
        let text = String::from_utf8_lossy(cell).replace("\r\n", " ").replace(['\n', '\r', '\t'], " ");
        match column_name(&text) {
            name if headerless || name.is_empty() => format!("column_{index}"),
            name => name,
        }
    };
    first.cells().enumerate().map(name).collect()
}

/// Whether a cell is a number, however it is written.
pub fn is_number(cell: &[u8]) -> bool {
    !is_missing(cell) && Marks::of(cell) != Marks::Text
}

/// Whether the first row names the columns, of which the other rows have been seen.
fn is_header(first: &Record, seen: &[Seen]) -> bool {
    let is_text = |cell: &[u8]| !is_missing(cell) && !is_number(cell) && truth(cell).is_none() && !is_dash(cell);
    let above_numbers =
        |(cell, seen): (&[u8], &Seen)| is_text(cell) && matches!(seen.ty, Some(CellType::Number | CellType::Truth));
    !first.cells().any(is_number) || first.cells().zip(seen).any(above_numbers)
}

#[cfg(test)]
mod tests;
