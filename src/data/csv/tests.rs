//! Texts and the tables that they are.
use super::*;
use crate::data::table::{Cells, WordsBuilder};

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
    check("a,\"heart\r\nrate\"\n,1\nNA,2\n", &[("a", words(&["", ""])), ("heart rate", Cells::F64(vec![1.0, 2.0]))]);
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
