//! CSV: finds the separator and the header, types each column, reads it.
use super::cell::{Marks, comma_number, is_dash, is_missing, number, thousands_number, truth};
use super::table::{Cells, Origin, Table, TableColumn, WordsBuilder, column_name};
use csv::{ByteRecord, ReaderBuilder, Trim};

/// How a CSV text is read.
pub struct Reading<'a> {
    /// Columns that are texts, whatever stands in them.
    pub are_texts: &'a dyn Fn(&str) -> bool,
    /// Whether rows of another length are kept in `Table::broken`, instead of being an error.
    pub skip_bad: bool,
}

/// What a column is.
#[derive(Clone, Copy, PartialEq)]
enum Type {
    /// Nothing but missing values.
    Unknown,
    Number,
    /// Numbers with a decimal comma.
    CommaNumber,
    /// Numbers with commas between thousands.
    ThousandsNumber,
    Truth,
    Word,
}

/// What the cells of a column have been so far.
#[derive(Clone, Copy)]
struct Seen {
    ty: Type,
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

/// Reads a CSV text: columns separated by `,`, `;` or tabs. The error is one sentence.
///
/// The first row is a header if no cell of it is a number, or if one is a text above numbers or truth values. Headerless columns are `column_0`, ….
/// A column is of numbers if all of its cells are, of truth values if all are `true` or `false`, else of words. For commas in numbers see `decide`.
/// Rows of empty cells at the end are none.
pub fn read_csv(bytes: &[u8], file: &str, reading: &Reading) -> Result<Table, String> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    check_text(bytes)?;
    let (separator, bytes, told) = separator(bytes);
    let mut seen: Vec<Seen> = vec![];
    let mut lines: Vec<u32> = vec![];
    let mut first = ByteRecord::new();
    let mut broken = vec![];
    let mut rows = 0;
    for_each_record(bytes, separator, |index, line, record| {
        let line = line + u32::from(told);
        if index == 0 {
            seen = vec![Seen { ty: Type::Unknown, marks: Some(Written::default()) }; record.len()];
            first = record.clone();
        }
        lines.push(line);
        let is_empty = record.iter().all(<[u8]>::is_empty);
        if !is_empty {
            rows = lines.len();
        }
        if record.len() != seen.len() {
            let text = unequal(record, seen.len(), line);
            // Of an empty one the end of the file tells whether it is a row.
            if !reading.skip_bad && !is_empty {
                return Err(text);
            }
            broken.push((lines.len() - 1, text));
            return Ok(());
        }
        if 0 < index {
            record.iter().zip(&mut seen).for_each(|(cell, seen)| seen.add(cell, separator));
        }
        Ok(())
    })?;
    lines.truncate(rows);
    broken.retain(|(row, _): &(usize, String)| *row < rows);
    if let Some((_, text)) = broken.first().filter(|_| !reading.skip_bad) {
        return Err(text.clone());
    }
    let headerless = !is_header(&first, &seen);
    let names = if headerless {
        first.iter().zip(&mut seen).for_each(|(cell, seen)| seen.add(cell, separator));
        (0..seen.len()).map(|index| format!("column_{index}")).collect()
    } else if !lines.is_empty() {
        lines.remove(0);
        rows -= 1;
        broken.iter_mut().for_each(|(row, _)| *row -= 1);
        header(&first)
    } else {
        header(&first)
    };
    let mut types = decide(&seen);
    for (ty, name) in types.iter_mut().zip(&names) {
        if *ty == Type::Unknown || (reading.are_texts)(name) {
            *ty = Type::Word;
        }
    }
    let cells = read_cells(bytes, separator, &types, usize::from(!headerless), rows)?;
    let columns = names.iter().zip(cells).map(|(name, cells)| TableColumn::new(name, vec![], cells)).collect();
    let origin = Origin { file: file.to_string(), first_row: 0, lines };
    let named = |holds: &dyn Fn(&Seen, Type) -> bool| -> Vec<String> {
        let columns = names.iter().zip(seen.iter().zip(&types));
        columns.filter(|(_, (seen, ty))| holds(seen, **ty)).map(|(name, _)| column_name(name)).collect()
    };
    let decimal_commas = named(&|_, ty| ty == Type::CommaNumber);
    let thousands = named(&|_, ty| ty == Type::ThousandsNumber);
    let unclear_points = named(&|seen, ty| seen.ty == Type::Number && ty == Type::Word);
    let origins = vec![origin];
    Ok(Table { columns, rows, origins, unread: vec![], headerless, broken, decimal_commas, thousands, unclear_points })
}

impl Seen {
    fn add(&mut self, cell: &[u8], separator: u8) {
        if (self.ty == Type::Word && self.marks.is_none()) || is_missing(cell) {
            return;
        }
        if is_dash(cell) {
            return;
        }
        let own = match truth(cell) {
            Some(_) => Type::Truth,
            None if number(cell).is_some() => Type::Number,
            None => Type::Word,
        };
        self.ty = if self.ty == Type::Unknown || self.ty == own { own } else { Type::Word };
        let Some(written) = &mut self.marks else { return };
        // Beside a decimal point, another one says nothing new.
        if own == Type::Number && (written.point || !cell.contains(&b'.')) {
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
fn decide(seen: &[Seen]) -> Vec<Type> {
    let shows_comma = |seen: &Seen| seen.marks.is_some_and(|w| w.allows_comma() && (w.comma || w.comma_and_thousands));
    let shows_thousands = |seen: &Seen| seen.marks.is_some_and(|w| w.allows_thousands() && w.point_and_thousands);
    let shows_point =
        |seen: &Seen| shows_thousands(seen) || seen.marks.is_some_and(|w| w.allows_thousands() && w.point);
    let (commas, points) = (seen.iter().any(shows_comma), seen.iter().any(shows_point));
    let ty = |seen: &Seen| match seen.marks {
        _ if shows_comma(seen) => Type::CommaNumber,
        _ if shows_thousands(seen) => Type::ThousandsNumber,
        Some(w) if commas && !points && w.comma_or_thousands && w.allows_comma() => Type::CommaNumber,
        Some(w) if points && !commas && w.comma_or_thousands && w.allows_thousands() => Type::ThousandsNumber,
        Some(w) if commas && !points && w.point_or_thousands && seen.ty == Type::Number => Type::Word,
        _ => seen.ty,
    };
    seen.iter().map(ty).collect()
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

fn read_cells(bytes: &[u8], separator: u8, types: &[Type], skip: usize, rows: usize) -> Result<Vec<Cells>, String> {
    let mut numbers: Vec<Vec<f64>> =
        types.iter().map(|ty| Vec::with_capacity(if *ty == Type::Word { 0 } else { rows })).collect();
    let mut words: Vec<WordsBuilder> = types.iter().map(|_| WordsBuilder::default()).collect();
    for_each_record(bytes, separator, |index, _, record| {
        if index < skip || skip + rows <= index {
            return Ok(());
        }
        let is_broken = record.len() != types.len();
        for (column, ty) in types.iter().enumerate() {
            let cell = if is_broken { b"" } else { record.get(column).unwrap_or_default() };
            let missing = is_missing(cell);
            match ty {
                Type::Word if missing => words[column].push(None),
                Type::Word => words[column].push(Some(&String::from_utf8_lossy(cell))),
                _ if missing => numbers[column].push(f64::NAN),
                Type::Truth => numbers[column].push(truth(cell).map_or(f64::NAN, |truth| f64::from(u8::from(truth)))),
                Type::CommaNumber => numbers[column].push(comma_number(cell).unwrap_or(f64::NAN)),
                Type::ThousandsNumber => numbers[column].push(thousands_number(cell).unwrap_or(f64::NAN)),
                _ => numbers[column].push(number(cell).unwrap_or(f64::NAN)),
            }
        }
        Ok(())
    })?;
    let cells = types.iter().zip(numbers).zip(words).map(|((ty, numbers), words)| match ty {
        Type::Word => Cells::Words(words.words),
        Type::Truth => Cells::Truths(numbers),
        _ => Cells::F64(numbers),
    });
    Ok(cells.collect())
}

fn for_each_record(
    bytes: &[u8],
    separator: u8,
    mut each: impl FnMut(usize, u32, &ByteRecord) -> Result<(), String>,
) -> Result<(), String> {
    let mut builder = ReaderBuilder::new();
    let mut reader = builder.has_headers(false).flexible(true).delimiter(separator).trim(Trim::All).from_reader(bytes);
    let mut record = ByteRecord::new();
    let mut index = 0;
    while reader.read_byte_record(&mut record).map_err(|error| error.to_string())? {
        let line = record.position().map_or(0, |position| position.line() as u32);
        each(index, line, &record)?;
        index += 1;
    }
    Ok(())
}

/// Bytes of another encoding than UTF-8 are no text.
fn check_text(bytes: &[u8]) -> Result<(), String> {
    let Err(error) = std::str::from_utf8(bytes) else { return Ok(()) };
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        return Err("it is UTF-16, and UTF-8 is wanted".to_string());
    }
    let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
    Err(format!("line {line} is not UTF-8"))
}

fn header(record: &ByteRecord) -> Vec<String> {
    let name = |(index, cell): (usize, &[u8])| {
        // A line break in a name is a space.
        let text = String::from_utf8_lossy(cell).replace("\r\n", " ").replace(['\n', '\r', '\t'], " ");
        match column_name(&text) {
            empty if empty.is_empty() => format!("column_{index}"),
            name => name,
        }
    };
    record.iter().enumerate().map(name).collect()
}

/// What is wrong with a row of another length than the first.
fn unequal(record: &ByteRecord, wanted: usize, line: u32) -> String {
    let found = record.len();
    let text = format!("line {line} has another number of values than the lines before it: {found}, not {wanted}");
    match record.iter().next_back() {
        Some(b"") if found == wanted + 1 => text + "; it ends in a separator, and the first line does not",
        _ if wanted == 1 => text + "; the names of the columns, or the first row, stand on the first line",
        _ => text,
    }
}

/// A tab or a semicolon in the first line, outside of quotes, separates; else a comma does. A first line `sep=;` tells it, as spreadsheets write it,
/// and is left out.
fn separator(bytes: &[u8]) -> (u8, &[u8], bool) {
    let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(bytes.len());
    if let [b's', b'e', b'p', b'=', told] = bytes[..end] {
        let rest = &bytes[end..];
        return (told, rest.strip_prefix(b"\r\n").or(rest.get(1..)).unwrap_or_default(), true);
    }
    let mut quoted = false;
    let mut found = b',';
    for byte in &bytes[..end] {
        match byte {
            b'"' => quoted = !quoted,
            b'\t' if !quoted => return (b'\t', bytes, false),
            b';' if !quoted => found = b';',
            _ => {}
        }
    }
    (found, bytes, false)
}

/// Whether the first row names the columns, of which the other rows have been seen.
fn is_header(first: &ByteRecord, seen: &[Seen]) -> bool {
    let is_number = |cell: &[u8]| !is_missing(cell) && Marks::of(cell) != Marks::Text;
    let is_text = |cell: &[u8]| !is_missing(cell) && !is_number(cell) && truth(cell).is_none() && !is_dash(cell);
    let above_numbers = |(cell, seen): (&[u8], &Seen)| is_text(cell) && matches!(seen.ty, Type::Number | Type::Truth);
    !first.iter().any(is_number) || first.iter().zip(seen).any(above_numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Table, String> {
        read_csv(bytes, "data.csv", &Reading { are_texts: &|_| false, skip_bad: false })
    }

    #[track_caller]
    fn check(text: &str, expected: &[(&str, Cells)]) {
        let table = read(text.as_bytes()).unwrap();
        let found: Vec<String> = table.columns.iter().map(|c| format!("{}: {:?}", c.name, c.cells)).collect();
        let expected: Vec<String> = expected.iter().map(|(name, cells)| format!("{name}: {cells:?}")).collect();
        assert_eq!(found, expected);
    }

    fn words(cells: &[&str]) -> Cells {
        let mut builder = WordsBuilder::default();
        cells.iter().for_each(|cell| builder.push(if cell.is_empty() { None } else { Some(cell) }));
        Cells::Words(builder.words)
    }

    #[test]
    fn columns_are_numbers_truths_or_words() {
        check(
            "\u{feff}a, b,\"c, d\",e\n1,true,x y,\n-2.5e3,FALSE,NA,NA\n,?,7,\n",
            &[
                ("a", Cells::F64(vec![1.0, -2500.0, f64::NAN])),
                ("b", Cells::Truths(vec![1.0, 0.0, f64::NAN])),
                ("c, d", words(&["x y", "", "7"])),
                ("e", words(&["", "", ""])),
            ],
        );
    }

    #[test]
    fn semicolons_and_tabs_separate_and_a_first_row_with_a_number_is_data() {
        check("a;b\n1;2\n", &[("a", Cells::F64(vec![1.0])), ("b", Cells::F64(vec![2.0]))]);
        check("a\tb,c\n1\t2\n", &[("a", Cells::F64(vec![1.0])), ("b,c", Cells::F64(vec![2.0]))]);
        check(
            "5.1,setosa\r\n4,virginica",
            &[("column_0", Cells::F64(vec![5.1, 4.0])), ("column_1", words(&["setosa", "virginica"]))],
        );
        check("a,b\n", &[("a", words(&[])), ("b", words(&[]))]);
    }

    #[test]
    fn a_first_line_may_tell_the_separator() {
        check("sep=|\r\na|b;c\r\n1|2\r\n", &[("a", Cells::F64(vec![1.0])), ("b;c", Cells::F64(vec![2.0]))]);
        assert_eq!(read(b"sep=;\na;b\n1;2\n").unwrap().place(0), "row 1 of data.csv (line 3)");
    }

    #[test]
    fn quotes_may_hold_separators_line_ends_and_quotes() {
        let table = read(b"name,n\n\"a;\nb \"\"c\"\"\",1\nd,2\n").unwrap();
        assert_eq!(table.columns[0].cells, words(&["a;\nb \"c\"", "d"]));
        assert_eq!(table.place(1), "row 2 of data.csv (line 4)");
    }

    #[test]
    fn rows_of_unequal_length_and_bytes_that_are_no_text_are_named() {
        assert_eq!(
            read(b"a,b\n1,2\n3\n").unwrap_err(),
            "line 3 has another number of values than the lines before it: 1, not 2"
        );
        let ends = read(b"a,b\n1,2,\n").unwrap_err();
        assert!(ends.ends_with("3, not 2; it ends in a separator, and the first line does not"), "{ends}");
        let title = read(b"a title\na,b\n1,2\n").unwrap_err();
        assert!(title.ends_with("the names of the columns, or the first row, stand on the first line"), "{title}");
        assert_eq!(read(b"a\n\xff\n").unwrap_err(), "line 2 is not UTF-8");
    }

    #[test]
    fn missing_throughout_is_a_column_of_words_and_the_line_breaks_of_a_name_are_spaces() {
        check(
            "a,\"heart\r\nrate\"\n,1\nNA,2\n",
            &[("a", words(&["", ""])), ("heart rate", Cells::F64(vec![1.0, 2.0]))],
        );
    }

    #[test]
    fn a_dash_is_missing_among_numbers_and_a_text_among_texts() {
        check(
            "a,b,c\n1,x,true\n-,-,--\nNone,y,\n",
            &[
                ("a", Cells::F64(vec![1.0, f64::NAN, f64::NAN])),
                ("b", words(&["x", "-", "y"])),
                ("c", Cells::Truths(vec![1.0, f64::NAN, f64::NAN])),
            ],
        );
    }

    #[test]
    fn rows_of_empty_cells_at_the_end_are_none() {
        check(
            "a;b\n1;2\n;\n3;\n;\n;\n",
            &[("a", Cells::F64(vec![1.0, f64::NAN, 3.0])), ("b", Cells::F64(vec![2.0, f64::NAN, f64::NAN]))],
        );
        check("a,b\n,\n,\n", &[("a", words(&[])), ("b", words(&[]))]);
        // However many separators they have.
        check("a;b\n1;2\n;;;\n;\n", &[("a", Cells::F64(vec![1.0])), ("b", Cells::F64(vec![2.0]))]);
        assert!(read(b"a;b\n;;;\n1;2\n").unwrap_err().starts_with("line 2 has another number of values"));
    }

    #[test]
    fn decimal_commas_are_read_where_the_file_shows_them() {
        let numbers = |values: &[f64]| Cells::F64(values.to_vec());
        // Shown by the column itself.
        check("a;b\n3,25;1\n2;2\n;3\n", &[("a", numbers(&[3.25, 2.0, f64::NAN])), ("b", numbers(&[1.0, 2.0, 3.0]))]);
        check("a\tb\n0,125\tx\n-1,5e3\ty\n", &[("a", numbers(&[0.125, -1500.0])), ("b", words(&["x", "y"]))]);
        check("a;b\n1.234,5;1\n1.234;2\n", &[("a", numbers(&[1234.5, 1234.0])), ("b", numbers(&[1.0, 2.0]))]);
        // Shown by another column.
        check("a;b\n1,234;0,5\n2,000;1\n", &[("a", numbers(&[1.234, 2.0])), ("b", numbers(&[0.5, 1.0]))]);
        // Shown by none, or the file shows decimal points too.
        check("a;b\n1,234;5\n2,000;1\n", &[("a", words(&["1,234", "2,000"])), ("b", numbers(&[5.0, 1.0]))]);
        check("a;b\n1,234.5;5\n1,000;\n", &[("a", numbers(&[1234.5, 1000.0])), ("b", numbers(&[5.0, f64::NAN]))]);
        check("a,b\n\"1,234\",5.5\n999,2\n", &[("a", numbers(&[1234.0, 999.0])), ("b", numbers(&[5.5, 2.0]))]);
        check("a,b\n\"1,234\",5\n999,2\n", &[("a", words(&["1,234", "999"])), ("b", numbers(&[5.0, 2.0]))]);
        check("a;b;c\n1,234;0,5;0.5\n", &[("a", words(&["1,234"])), ("b", numbers(&[0.5])), ("c", numbers(&[0.5]))]);
        // In such a file `1.234` may be more than a thousand.
        check("a;b\n1.234;0,5\n", &[("a", words(&["1.234"])), ("b", numbers(&[0.5]))]);
        check("a;b\n1.234;5\n", &[("a", numbers(&[1.234])), ("b", numbers(&[5.0]))]);
        // One column that has both.
        check("a;b\n3,5;1\n3.5;2\n", &[("a", words(&["3,5", "3.5"])), ("b", numbers(&[1.0, 2.0]))]);
        check("a;b\n3,5;1\n1.234;2\n", &[("a", words(&["3,5", "1.234"])), ("b", numbers(&[1.0, 2.0]))]);
        // Where commas separate, none is decimal.
        check("a,b\n\"3,5\",1\n", &[("a", words(&["3,5"])), ("b", numbers(&[1.0]))]);
    }

    #[test]
    fn bad_rows_may_be_kept_apart_and_columns_be_texts() {
        let reading = Reading { are_texts: &|name| name == "b", skip_bad: true };
        let table = read_csv(b"a,b\n1,01\n2\n3,4\n", "d.csv", &reading).unwrap();
        assert_eq!(
            table.broken,
            [(1, "line 3 has another number of values than the lines before it: 1, not 2".to_string())]
        );
        assert_eq!(table.columns[1].cells, words(&["01", "", "4"]));
        assert_eq!(table.rows, 3);
    }

    #[test]
    fn a_text_above_numbers_is_a_name() {
        check(
            "id,2020,kind\n1,5,x\n2,7,y\n",
            &[("id", Cells::F64(vec![1.0, 2.0])), ("2020", Cells::F64(vec![5.0, 7.0])), ("kind", words(&["x", "y"]))],
        );
        check(
            "5,setosa,?\n6,virginica,1\n",
            &[
                ("column_0", Cells::F64(vec![5.0, 6.0])),
                ("column_1", words(&["setosa", "virginica"])),
                ("column_2", Cells::F64(vec![f64::NAN, 1.0])),
            ],
        );
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_read_has_as_many_cells_in_each_column(text in "(sep=)?([a1,;.\"\t\r\n -]|NA|true|1,234|0,5){0,40}", skip_bad: bool) {
            if let Ok(table) = read_csv(text.as_bytes(), "d.csv", &Reading { are_texts: &|_| false, skip_bad }) {
                for column in &table.columns {
                    proptest::prop_assert_eq!(column.cells.len(), table.rows);
                }
                proptest::prop_assert_eq!(table.origins[0].lines.len(), table.rows);
                proptest::prop_assert!(table.broken.iter().all(|(row, _)| *row < table.rows));
            }
        }
    }
}
