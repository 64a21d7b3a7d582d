//! One cell of a CSV file: whether it is missing, a number, a truth value, and how its number is written.
use crate::schema::CellType;

/// What stands for a missing value.
pub const MISSING_WORDS: [&str; 11] = ["", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "null", "NULL", "?"];

/// What stands for a missing value in a column of numbers or truth values. Among texts they are texts.
const DASHES: [&str; 3] = ["-", "--", "None"];

/// A cell that counts as missing.
pub fn is_missing(cell: &[u8]) -> bool {
    // Most cells are numbers, which are told at once.
    if cell.first().is_some_and(u8::is_ascii_digit) {
        return false;
    }
    MISSING_WORDS.iter().any(|word| word.as_bytes() == cell)
}

/// A cell that counts as missing among numbers.
pub fn is_dash(cell: &[u8]) -> bool {
    DASHES.iter().any(|word| word.as_bytes() == cell)
}

/// A number with a decimal point.
pub fn number(cell: &[u8]) -> Option<f64> {
    std::str::from_utf8(cell).ok()?.parse().ok()
}

/// A number that is written in this way. `1.234` is none where the comma is decimal, unless points stand between thousands.
pub fn number_as(cell: &[u8], ty: CellType) -> Option<f64> {
    let has = |mark: u8| cell.contains(&mark);
    let plain = |thousands: char| std::str::from_utf8(cell).ok()?.replace(thousands, "").replace(',', ".").parse().ok();
    match ty {
        CellType::Number => number(cell),
        CellType::CommaNumber if has(b'.') => None,
        CellType::CommaNumber => plain('.'),
        CellType::ThousandsNumber if !has(b',') => number(cell),
        CellType::ThousandsNumber => {
            matches!(Marks::of(cell), Marks::CommaOrThousands | Marks::PointAndThousands).then(|| plain(','))?
        }
        CellType::CommaThousandsNumber if !has(b'.') => plain('.'),
        CellType::CommaThousandsNumber => {
            matches!(Marks::of(cell), Marks::PointOrThousands | Marks::CommaAndThousands).then(|| plain('.'))?
        }
        CellType::Truth if cell == b"0" || cell == b"1" => number(cell),
        CellType::Truth => truth(cell).map(|truth| f64::from(u8::from(truth))),
        CellType::Text => None,
    }
}

/// `true` or `false`, in any case.
pub fn truth(cell: &[u8]) -> Option<bool> {
    if cell.eq_ignore_ascii_case(b"true") {
        Some(true)
    } else if cell.eq_ignore_ascii_case(b"false") {
        Some(false)
    } else {
        None
    }
}

/// What the points and commas of a number say about how a file writes numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marks {
    /// It has none: `12`, `-3e5`.
    None,
    /// `3.14`, `0.123`: a decimal point.
    Point,
    /// `1.234`, which is a thousand and more where the comma is decimal.
    PointOrThousands,
    /// `3,14`, `0,123`: a decimal comma.
    Comma,
    /// `1,234`, which is a thousand and more where the point is decimal.
    CommaOrThousands,
    /// `1.234,5` or `1.234.567`: the comma is decimal, points are between thousands.
    CommaAndThousands,
    /// `1,234.5` or `1,234,567`: the point is decimal, commas are between thousands.
    PointAndThousands,
    /// No number.
    Text,
}

impl Marks {
    pub fn of(cell: &[u8]) -> Marks {
        let Ok(text) = std::str::from_utf8(cell) else { return Marks::Text };
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (digits, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((digits, exponent)) => (digits, Some(exponent)),
            None => (unsigned, None),
        };
        if !digits.contains([',', '.']) {
            return if number(cell).is_some() { Marks::None } else { Marks::Text };
        }
        let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let grouped = |text: &str, mark: char| {
            let mut groups = text.split(mark);
            let first = groups.next().unwrap_or_default();
            let rest: Vec<&str> = groups.collect();
            let starts = all_digits(first) && first.len() <= 3 && !first.starts_with('0');
            starts && !rest.is_empty() && rest.iter().all(|group| all_digits(group) && group.len() == 3)
        };
        if exponent.is_some_and(|exponent| !all_digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))) {
            return Marks::Text;
        }
        for (decimal, other, marks) in [
            ('.', ',', [Marks::Point, Marks::PointOrThousands, Marks::CommaAndThousands, Marks::PointAndThousands]),
            (',', '.', [Marks::Comma, Marks::CommaOrThousands, Marks::PointAndThousands, Marks::CommaAndThousands]),
        ] {
            let [plain, either, as_groups, with_groups] = marks;
            match (digits.matches(decimal).count(), digits.matches(other).count()) {
                (1, 0) if exponent.is_none() && grouped(digits, decimal) => return either,
                (1, 0) => {
                    let (whole, part) = digits.split_once(decimal).unwrap_or_default();
                    let is_number = (whole.is_empty() || all_digits(whole)) && (part.is_empty() || all_digits(part));
                    return if is_number && !(whole.is_empty() && part.is_empty()) { plain } else { Marks::Text };
                }
                (2.., 0) => return if grouped(digits, decimal) { as_groups } else { Marks::Text },
                (1, 1..) if digits.rfind(other) < digits.find(decimal) => {
                    let (whole, part) = digits.split_once(decimal).unwrap_or_default();
                    return if grouped(whole, other) && all_digits(part) { with_groups } else { Marks::Text };
                }
                _ => {}
            }
        }
        Marks::Text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_and_commas_of_numbers() {
        for (cells, expected) in [
            (&["12", "-3e5", "+7", "inf"][..], Marks::None),
            (&["3.14", "0.123", ".5", "5.", "1234.567", "-1.5e-3", "1.234e5", "12.3456"], Marks::Point),
            (&["1.234", "-999.000", "12.345"], Marks::PointOrThousands),
            (&["3,14", "0,123", "1234,567", "-1,5e-3", ",5", "00,123"], Marks::Comma),
            (&["1,234", "+12,345"], Marks::CommaOrThousands),
            (&["1.234,5", "1.234.567", "-1.234.567,89"], Marks::CommaAndThousands),
            (&["1,234.5", "1,234,567", "-1,234,567.89"], Marks::PointAndThousands),
            (
                &[
                    "",
                    "x",
                    "12%",
                    "1.2.3",
                    "1,2,3",
                    "1.23,4",
                    "12.03.2024",
                    ",",
                    ".",
                    "1,5x",
                    "1e",
                    "1,5e",
                    "1,234.5,6",
                ],
                Marks::Text,
            ),
        ] {
            for cell in cells {
                assert_eq!(Marks::of(cell.as_bytes()), expected, "{cell}");
            }
        }
    }

    #[test]
    fn numbers_are_read_as_their_column_writes_them() {
        let ways = CellType::NAMES.map(|(ty, _)| ty);
        let none = [None; 4];
        for (cell, [point, comma, thousands, comma_thousands]) in [
            ("12", [Some(12.0); 4]),
            ("1.5", [Some(1.5), None, Some(1.5), None]),
            ("1,5", [None, Some(1.5), None, Some(1.5)]),
            ("-1,5e3", [None, Some(-1500.0), None, Some(-1500.0)]),
            ("1.234", [Some(1.234), None, Some(1.234), Some(1234.0)]),
            ("1,234", [None, Some(1.234), Some(1234.0), Some(1.234)]),
            ("1,234.5", [None, None, Some(1234.5), None]),
            ("1.234.567,5", [None, None, None, Some(1234567.5)]),
            ("1,5,5", none),
            ("x", none),
            ("", none),
        ] {
            let found: Vec<Option<f64>> = ways[..4].iter().map(|ty| number_as(cell.as_bytes(), *ty)).collect();
            assert_eq!(found, [point, comma, thousands, comma_thousands], "{cell}");
        }
        let truths = ["TRUE", "false", "1", "2"].map(|cell| number_as(cell.as_bytes(), CellType::Truth));
        assert_eq!(truths, [Some(1.0), Some(0.0), Some(1.0), None]);
    }
}
