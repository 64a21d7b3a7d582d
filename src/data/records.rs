//! The records of a CSV text, one after the other as they come: finds the separator, counts lines, and knows what has come already.
use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use std::io::{ErrorKind, Read};

/// So many bytes are read at once.
const BUFFER: usize = 1 << 18;

/// A text and how far it has been read.
pub struct Records<R> {
    source: R,
    parser: Reader,
    pub separator: u8,
    /// What has come and was not read yet is `buffer[at..end]`.
    buffer: Vec<u8>,
    at: usize,
    end: usize,
    /// Lines that `parser` has not seen.
    lines: u64,
    /// Whether the first bytes of the next record have been read.
    begun: bool,
    record: Record,
}

/// The cells of a row.
#[derive(Clone, Default)]
pub struct Record {
    bytes: Vec<u8>,
    /// Where each cell ends.
    ends: Vec<usize>,
    cells: usize,
    used: usize,
    /// The line on which it begins, from 1.
    pub line: u32,
}

/// What there is to read.
pub enum Next<'a> {
    Record(&'a Record),
    /// It has not come yet.
    Later,
    End,
}

impl Record {
    pub fn len(&self) -> usize {
        self.cells
    }

    /// The cells without the spaces around them.
    pub fn cells(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        (0..self.cells).map(|cell| {
            let begin = if cell == 0 { 0 } else { self.ends[cell - 1] };
            self.bytes[begin..self.ends[cell]].trim_ascii()
        })
    }

    pub fn is_empty(&self) -> bool {
        self.cells().all(<[u8]>::is_empty)
    }

    /// Bytes of another encoding than UTF-8 are no text.
    fn check_text(&self) -> Result<(), String> {
        if self.bytes[..self.used].is_ascii() {
            return Ok(());
        }
        let mut line = self.line as usize;
        for cell in self.cells() {
            let read = match std::str::from_utf8(cell) {
                Ok(_) => cell,
                Err(error) => &cell[..error.valid_up_to()],
            };
            line += read.iter().filter(|byte| **byte == b'\n').count();
            if read.len() < cell.len() {
                return Err(format!("line {line} is not UTF-8"));
            }
        }
        Ok(())
    }
}

impl<R: Read> Records<R> {
    /// Reads the first line to find the separator. The error is one sentence.
    pub fn new(source: R) -> Result<Records<R>, String> {
        let (buffer, record) = (vec![0; BUFFER], Record::default());
        let parser = Reader::new();
        let mut records =
            Records { source, parser, separator: b',', buffer, at: 0, end: 0, lines: 0, begun: false, record };
        let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
        while records.more()? && !records.buffer[..records.end].iter().any(is_end) {}
        let text = &records.buffer[..records.end];
        if text.starts_with(b"\xFF\xFE") || text.starts_with(b"\xFE\xFF") {
            return Err("it is UTF-16, and UTF-8 is wanted".to_string());
        }
        let mark = if text.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        let line = text[mark..].split(is_end).next().unwrap_or_default();
        let (separator, told) = separator(line);
        records.at = mark + if told { line.len() } else { 0 };
        records.separator = separator;
        records.parser = ReaderBuilder::new().delimiter(separator).build();
        Ok(records)
    }

    /// The next record. Unless it is to wait, only one that has come as a whole. The error is one sentence.
    pub fn next(&mut self, wait: bool) -> Result<Next<'_>, String> {
        let mut over = false;
        loop {
            if self.at == self.end && !over {
                if !wait {
                    return Ok(Next::Later);
                }
                (self.at, self.end) = (0, 0);
                over = !self.more()?;
            }
            if !self.begun {
                // The rest of a line's end and empty lines do not count as the beginning.
                while let Some(byte @ (b'\n' | b'\r')) = self.buffer[..self.end].get(self.at) {
                    self.lines += u64::from(*byte == b'\n');
                    self.at += 1;
                }
                if self.at == self.end && !over {
                    continue;
                }
                self.begun = true;
                self.record.line = (self.parser.line() + self.lines) as u32;
                (self.record.cells, self.record.used) = (0, 0);
            }
            let Record { bytes, ends, cells, used, .. } = &mut self.record;
            let input = &self.buffer[self.at..self.end];
            let (result, read, written, ended) =
                self.parser.read_record(input, &mut bytes[*used..], &mut ends[*cells..]);
            self.at += read;
            *used += written;
            *cells += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => bytes.resize((2 * bytes.len()).max(64), 0),
                ReadRecordResult::OutputEndsFull => ends.resize((2 * ends.len()).max(16), 0),
                ReadRecordResult::End => return Ok(Next::End),
                ReadRecordResult::Record => {
                    self.begun = false;
                    self.record.check_text()?;
                    return Ok(Next::Record(&self.record));
                }
            }
        }
    }

    /// Reads behind what has come; whether there was more.
    fn more(&mut self) -> Result<bool, String> {
        if self.end == self.buffer.len() {
            self.buffer.resize(2 * self.end, 0);
        }
        loop {
            match self.source.read(&mut self.buffer[self.end..]) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(format!("it can't be read: {error}")),
                Ok(count) => {
                    self.end += count;
                    return Ok(0 < count);
                }
            }
        }
    }
}

/// A tab or a semicolon in the first line, outside of quotes, separates; else a comma does. A first line `sep=;` tells it, as spreadsheets write it,
/// and is left out: the second value says so.
fn separator(line: &[u8]) -> (u8, bool) {
    if let [b's', b'e', b'p', b'=', told] = line {
        return (*told, true);
    }
    let mut quoted = false;
    let mut found = b',';
    for byte in line {
        match byte {
            b'"' => quoted = !quoted,
            b'\t' if !quoted => return (b'\t', false),
            b';' if !quoted => found = b';',
            _ => {}
        }
    }
    (found, false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Gives the bytes in pieces.
    struct Pieces<'a>(&'a [u8], usize);

    impl Read for Pieces<'_> {
        fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
            let count = self.1.min(self.0.len()).min(to.len());
            to[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    type Cells = Vec<Vec<u8>>;

    fn all(text: &[u8], piece: usize) -> Result<Vec<(u32, Cells)>, String> {
        let mut records = Records::new(Pieces(text, piece))?;
        let mut found = vec![];
        while let Next::Record(record) = records.next(true)? {
            found.push((record.line, record.cells().map(<[u8]>::to_vec).collect()));
        }
        Ok(found)
    }

    #[test]
    fn a_record_is_there_when_its_line_has_come() {
        let mut records = Records::new(Pieces(b"a,b\r\n1,\"x\ny\"\n2,3\n4", 11)).unwrap();
        let mut seen = vec![];
        for wait in [true, false, true, false, false, true, true] {
            seen.push(match records.next(wait).unwrap() {
                Next::Record(record) => String::from_utf8(record.cells().collect::<Vec<_>>().join(&b'|')).unwrap(),
                Next::Later => "later".to_string(),
                Next::End => "end".to_string(),
            });
        }
        assert_eq!(seen, ["a|b", "later", "1|x\ny", "2|3", "later", "4", "end"]);
    }

    #[test]
    fn lines_are_counted_however_they_end() {
        let lines = |text: &str| all(text.as_bytes(), 3).unwrap().iter().map(|(line, _)| *line).collect::<Vec<u32>>();
        assert_eq!(lines("a\nb\n\nc\n"), [1, 2, 4]);
        assert_eq!(lines("a\r\nb\r\n\r\nc"), [1, 2, 4]);
        assert_eq!(lines("\n\na\n\"b\n\nc\"\nd"), [3, 4, 7]);
        assert_eq!(lines("sep=;\r\na;b\r\n"), [2]);
    }

    proptest! {
        #[test]
        fn pieces_are_read_as_the_whole(text in "(\u{feff})?(sep=)?([ab1é,;\"\t\r\n ]){0,60}", piece in 1usize..9) {
            prop_assert_eq!(all(text.as_bytes(), piece), all(text.as_bytes(), usize::MAX));
        }
    }
}
