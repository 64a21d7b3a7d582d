//! Aligned columns for people. Colour is `anstream`'s to strip where no terminal is.
use unicode_width::UnicodeWidthStr;

/// How a cell stands in its column.
#[derive(Clone, Copy, PartialEq)]
pub enum Align {
    Left,
    Right,
}

/// A cell's words and its colour.
pub struct Cell {
    pub text: String,
    pub style: Style,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Style {
    Plain,
    Bold,
    Faint,
    Good,
    Bad,
}

impl Style {
    fn codes(self) -> Option<&'static str> {
        match self {
            Style::Plain => None,
            Style::Bold => Some("1"),
            Style::Faint => Some("2"),
            Style::Good => Some("32"),
            Style::Bad => Some("31"),
        }
    }
    pub fn paint(self, text: &str) -> String {
        self.codes().map_or_else(|| text.to_string(), |codes| format!("\x1b[{codes}m{text}\x1b[0m"))
    }
}

pub fn cell(text: impl Into<String>) -> Cell {
    Cell { text: text.into(), style: Style::Plain }
}

impl Cell {
    pub fn styled(self, style: Style) -> Cell {
        Cell { style, ..self }
    }
}

/// Rows of cells as lines; two spaces stand between columns, none at the end of a line.
pub fn table(columns: &[Align], rows: &[Vec<Cell>]) -> String {
    let width = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.text.width()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (at, cell) in row.iter().enumerate() {
            let space = " ".repeat(widths[at].saturating_sub(cell.text.width()));
            let gap = if at == 0 { "" } else { "  " };
            let painted = if cell.text.is_empty() { String::new() } else { cell.style.paint(&cell.text) };
            line += &match columns[at] {
                Align::Left => format!("{gap}{painted}{space}"),
                Align::Right => format!("{gap}{space}{painted}"),
            };
        }
        text += line.trim_end();
        text += "\n";
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_lines_end_in_words() {
        let rows = [vec![cell("δ"), cell("1.5")], vec![cell("longer"), cell("10.25")], vec![cell("last"), cell("")]];
        assert_eq!(table(&[Align::Left, Align::Right], &rows), "δ         1.5\nlonger  10.25\nlast\n");
        assert_eq!(table(&[Align::Left], &[vec![cell("a").styled(Style::Good)]]), "\x1b[32ma\x1b[0m\n");
    }
}
