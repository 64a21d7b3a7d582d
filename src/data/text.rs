//! Texts: a row for each character, in one column `characters`. Ends of lines are `\n`, whatever the file has.
use super::table::{Cells, Origin, Table, TableColumn, WordsBuilder};

/// The column of a text.
pub const CHARACTERS: &str = "characters";

/// Reads a text. The error is one sentence.
pub fn read_text(bytes: &[u8], file: &str) -> Result<Table, String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
        format!("{file} is not UTF-8 text: line {line} has a byte that is none")
    })?;
    let mut builder = WordsBuilder::default();
    let mut lines = vec![];
    let mut line = 1;
    let mut characters = text.chars().peekable();
    let mut buffer = [0; 4];
    while let Some(mut character) = characters.next() {
        if character == '\r' {
            characters.next_if_eq(&'\n');
            character = '\n';
        }
        builder.push(Some(character.encode_utf8(&mut buffer)));
        lines.push(line);
        line += u32::from(character == '\n');
    }
    let rows = lines.len();
    let column = TableColumn::new(CHARACTERS, vec![], Cells::Words(builder.words));
    let origin = Origin { file: file.to_string(), first_row: 0, above: 0, lines };
    Ok(Table { columns: vec![column], rows, origins: vec![origin], ..Table::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_its_characters() {
        let table = read_text("\u{feff}é a\r\nb\r".as_bytes(), "t.txt").unwrap();
        let Cells::Words(words) = &table.columns[0].cells else { panic!() };
        let all: Vec<&str> = words.codes.iter().map(|code| words.word(*code).unwrap()).collect();
        assert_eq!(all, ["é", " ", "a", "\n", "b", "\n"]);
        assert_eq!(table.place(4), "row 5 of t.txt (line 2)");
        assert!(read_text(b"a\n\xff", "t.txt").unwrap_err().contains("line 2"));
    }
}
