//! CSV: finds the separator and the header, types each column, reads it.
use super::table::{Cells, Origin, Table, TableColumn, WordsBuilder, column_name};
use csv::{ByteRecord, ReaderBuilder, Trim};

/// What stands for a missing value.
pub const MISSING_WORDS: [&str; 8] = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "?"];

/// What a column has been so far.
#[derive(Clone, Copy, PartialEq)]
enum Type {
    /// Nothing but missing values.
    Unknown,
    Number,
    Truth,
    Word,
}

/// Reads a CSV text: columns separated by `,`, `;` or tabs; a header unless a cell of the first row is a number. The error is one sentence.
///
/// A column is of numbers if all of its cells are, of truth values if all are `true` or `false`, else of words. Headerless columns are `column_0`, ….
pub fn read_csv(bytes: &[u8], file: &str) -> Result<Table, String> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let separator = separator(bytes);
    let mut types: Vec<Type> = vec![];
    let mut lines: Vec<u32> = vec![];
    let mut names: Option<Vec<String>> = None;
    for_each_record(bytes, separator, |index, line, record| {
        if index == 0 {
            types = vec![Type::Unknown; record.len()];
            if !record.iter().any(is_number) {
                names = Some(header(record));
                return Ok(());
            }
        }
        lines.push(line);
        for (cell, seen) in record.iter().zip(&mut types) {
            *seen = seen.with(cell);
        }
        Ok(())
    })?;
    let headerless = names.is_none();
    let names = names.unwrap_or_else(|| (0..types.len()).map(|index| format!("column_{index}")).collect());
    let cells = read_cells(bytes, separator, &types, usize::from(!headerless), lines.len())?;
    let columns = names.iter().zip(cells).map(|(name, cells)| TableColumn::new(name, vec![], cells)).collect();
    let origin = Origin { file: file.to_string(), first_row: 0, lines };
    Ok(Table { columns, rows: origin.lines.len(), origins: vec![origin], unread: vec![], headerless })
}

/// A cell that counts as missing.
pub fn is_missing(cell: &[u8]) -> bool {
    // Most cells are numbers, which are told at once.
    if cell.first().is_some_and(u8::is_ascii_digit) {
        return false;
    }
    MISSING_WORDS.iter().any(|word| word.as_bytes() == cell)
}

impl Type {
    /// The type of a column with one cell more.
    fn with(self, cell: &[u8]) -> Type {
        if self == Type::Word || is_missing(cell) {
            return self;
        }
        let own = match truth(cell) {
            Some(_) => Type::Truth,
            None if is_number(cell) => Type::Number,
            None => Type::Word,
        };
        if self == Type::Unknown || self == own { own } else { Type::Word }
    }
}

fn read_cells(bytes: &[u8], separator: u8, types: &[Type], skip: usize, rows: usize) -> Result<Vec<Cells>, String> {
    let mut numbers: Vec<Vec<f64>> =
        types.iter().map(|ty| Vec::with_capacity(if *ty == Type::Word { 0 } else { rows })).collect();
    let mut words: Vec<WordsBuilder> = types.iter().map(|_| WordsBuilder::default()).collect();
    for_each_record(bytes, separator, |index, line, record| {
        if index < skip {
            return Ok(());
        }
        for (column, cell) in record.iter().enumerate() {
            let missing = is_missing(cell);
            match types[column] {
                _ if missing && types[column] != Type::Word => numbers[column].push(f64::NAN),
                Type::Truth => numbers[column].push(truth(cell).map_or(f64::NAN, |truth| f64::from(u8::from(truth)))),
                Type::Word => {
                    let word = std::str::from_utf8(cell).map_err(|_| format!("line {line} is not UTF-8"))?;
                    words[column].push(if missing { None } else { Some(word) });
                }
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
    let mut reader = ReaderBuilder::new().has_headers(false).delimiter(separator).trim(Trim::All).from_reader(bytes);
    let mut record = ByteRecord::new();
    let mut index = 0;
    while reader.read_byte_record(&mut record).map_err(explain)? {
        let line = record.position().map_or(0, |position| position.line() as u32);
        each(index, line, &record)?;
        index += 1;
    }
    Ok(())
}

fn explain(error: csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { pos, expected_len, len } => {
            let line = pos.as_ref().map_or(0, csv::Position::line);
            format!("line {line} has another number of values than the lines before it: {len}, not {expected_len}")
        }
        _ => error.to_string(),
    }
}

fn header(record: &ByteRecord) -> Vec<String> {
    let name = |(index, cell): (usize, &[u8])| match column_name(&String::from_utf8_lossy(cell)) {
        empty if empty.is_empty() => format!("column_{index}"),
        name => name,
    };
    record.iter().enumerate().map(name).collect()
}

/// A tab or a semicolon in the first line, outside of quotes, separates; else a comma does.
fn separator(bytes: &[u8]) -> u8 {
    let mut quoted = false;
    let mut found = b',';
    for byte in bytes.iter().take_while(|byte| !matches!(byte, b'\n' | b'\r')) {
        match byte {
            b'"' => quoted = !quoted,
            b'\t' if !quoted => return b'\t',
            b';' if !quoted => found = b';',
            _ => {}
        }
    }
    found
}

fn number(cell: &[u8]) -> Option<f64> {
    std::str::from_utf8(cell).ok()?.parse().ok()
}

fn is_number(cell: &[u8]) -> bool {
    !is_missing(cell) && number(cell).is_some()
}

fn truth(cell: &[u8]) -> Option<bool> {
    if cell.eq_ignore_ascii_case(b"true") {
        Some(true)
    } else if cell.eq_ignore_ascii_case(b"false") {
        Some(false)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(&str, Cells)]) {
        let table = read_csv(text.as_bytes(), "data.csv").unwrap();
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
                ("e", Cells::F64(vec![f64::NAN; 3])),
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
        check("a,b\n", &[("a", Cells::F64(vec![])), ("b", Cells::F64(vec![]))]);
    }

    #[test]
    fn quotes_may_hold_separators_line_ends_and_quotes() {
        let table = read_csv(b"name,n\n\"a;\nb \"\"c\"\"\",1\nd,2\n", "q.csv").unwrap();
        assert_eq!(table.columns[0].cells, words(&["a;\nb \"c\"", "d"]));
        assert_eq!(table.place(1), "row 2 of q.csv (line 4)");
    }

    #[test]
    fn rows_of_unequal_length_and_bytes_that_are_no_text_are_named() {
        assert_eq!(
            read_csv(b"a,b\n1,2\n3\n", "x").unwrap_err(),
            "line 3 has another number of values than the lines before it: 1, not 2"
        );
        assert_eq!(read_csv(b"a\n\xff\n", "x").unwrap_err(), "line 2 is not UTF-8");
    }
}
