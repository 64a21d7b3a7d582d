//! NumPy's NPZ and NPY: arrays whose first axis is the rows.
use super::table::{Cells, Origin, Table, TableColumn, WordsBuilder, column_name};
use npyz::npz::{array_name_from_file_name, file_name_from_array_name};
use npyz::{DType, Endianness, NpyFile, Order, TypeChar};
use std::io::{Read, Seek};
use zip::ZipArchive;
use zip::result::ZipError;

/// The column of a file that has one array without a name.
pub const LONE_ARRAY: &str = "values";

/// Reads the arrays of an NPZ file that are `wanted`; names of the others are kept in `unread`. The error is one sentence.
pub fn read_npz(reader: impl Read + Seek, file: &str, wanted: &dyn Fn(&str) -> bool) -> Result<Table, String> {
    let mut archive = ZipArchive::new(reader).map_err(|error| match error {
        ZipError::InvalidArchive(_) => "it is no NPZ archive, or is cut off".to_string(),
        error => format!("it is no NPZ archive: {error}"),
    })?;
    let of_file = |file: &str| array_name_from_file_name(file).map(str::to_string);
    let mut names: Vec<String> = archive.file_names().filter_map(|file| of_file(&file.ok()?)).collect();
    names.sort();
    let mut columns: Vec<TableColumn> = vec![];
    let mut unread = vec![];
    for name in names {
        if !wanted(&column_name(&name)) {
            unread.push(column_name(&name));
            continue;
        }
        let file = match archive.by_name(&file_name_from_array_name(&name)) {
            Err(ZipError::FileNotFound) => continue,
            file => file.map_err(|error| format!("array `{name}`: {error}"))?,
        };
        let array = NpyFile::new(file).map_err(|error| format!("array `{name}`: {error}"))?;
        columns.push(read_array(&name, array)?);
    }
    table(columns, unread, file)
}

/// Reads an NPY file: one column, named `values`.
pub fn read_npy(bytes: &[u8], file: &str) -> Result<Table, String> {
    let array = NpyFile::new(bytes).map_err(|error| format!("it is no NPY file: {error}"))?;
    table(vec![read_array(LONE_ARRAY, array)?], vec![], file)
}

/// A table of arrays, which must agree on the number of rows.
pub fn table(columns: Vec<TableColumn>, unread: Vec<String>, file: &str) -> Result<Table, String> {
    let rows_of = |column: &TableColumn| column.cells.len().checked_div(column.width()).unwrap_or(0);
    let rows = columns.first().map_or(0, rows_of);
    if let Some(other) = columns.iter().find(|column| rows_of(column) != rows) {
        let first = &columns[0];
        return Err(format!("array `{}` has {rows} rows, `{}` has {}", first.name, other.name, rows_of(other)));
    }
    let origin = Origin { file: file.to_string(), first_row: 0, above: 0, lines: vec![] };
    Ok(Table { columns, rows, origins: vec![origin], unread, ..Table::default() })
}

fn read_array<R: Read>(name: &str, array: NpyFile<R>) -> Result<TableColumn, String> {
    let wrong = |text: &str| format!("array `{name}` {text}");
    let shape: Vec<usize> = array.shape().iter().map(|size| *size as usize).collect();
    let order = array.order();
    if array.header().uses_pickled_array() {
        return Err(wrong("holds objects, which only Python can read"));
    }
    let DType::Plain(ty) = array.dtype() else { return Err(wrong("has records; each needs an array of its own")) };
    let Some((_, row_shape)) = shape.split_first() else { return Err(wrong("is one number, without an axis of rows")) };
    let count = shape.iter().try_fold(1usize, |product, size| product.checked_mul(*size));
    let expected = count.zip(ty.num_bytes()).and_then(|(count, size)| count.checked_mul(size));
    let expected = expected.ok_or_else(|| wrong("is too large"))?;
    let size = ty.num_bytes().unwrap_or(1);
    let in_place = order == Order::C && ty.endianness() == Endianness::Little;
    let mut reader = array.into_inner().take(expected as u64);
    let ended = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::UnexpectedEof => wrong("ends early: the file is cut off"),
        _ => wrong(&format!("can't be read: {error}")),
    };
    let quick = match (ty.type_char(), size) {
        (TypeChar::Float, 4) if in_place => {
            Some(Cells::F32(read_numbers(reader.by_ref(), expected / 4, f32::from_le_bytes).map_err(ended)?))
        }
        (TypeChar::Float, 8) if in_place => {
            Some(Cells::F64(read_numbers(reader.by_ref(), expected / 8, f64::from_le_bytes).map_err(ended)?))
        }
        _ => None,
    };
    if let Some(cells) = quick {
        return Ok(TableColumn::new(name, row_shape.to_vec(), cells));
    }
    let bytes = read_numbers(reader, expected, |[byte]| byte).map_err(ended)?;
    let bytes = if order == Order::Fortran { row_major(&bytes, &shape, size) } else { bytes };
    let bytes = if ty.endianness() == Endianness::Big { little_endian(bytes, ty.type_char(), size) } else { bytes };
    let cells = cells(&bytes, ty.type_char(), size).ok_or_else(|| {
        wrong(&format!("has elements of the type `{ty}`; numbers, truth values and texts can be read"))
    })?;
    Ok(TableColumn::new(name, row_shape.to_vec(), cells))
}

/// The numbers of a reader, through a small buffer, so that the bytes of a large array are never all in memory beside it.
fn read_numbers<T, const N: usize>(
    mut reader: impl Read,
    count: usize,
    number: fn([u8; N]) -> T,
) -> std::io::Result<Vec<T>> {
    const BUFFER: usize = 1 << 16;
    let mut buffer = [0; BUFFER];
    // A header may lie: what is more than this grows as it is read.
    let mut numbers = Vec::with_capacity(count.min(1 << 26));
    while numbers.len() < count {
        let bytes = &mut buffer[..BUFFER.min((count - numbers.len()) * N)];
        reader.read_exact(bytes)?;
        numbers.extend(bytes.as_chunks().0.iter().map(|chunk| number(*chunk)));
    }
    Ok(numbers)
}

/// The elements, little-endian, by their type; none if it can't be read. Whole numbers beyond 2⁵³ lose their last digits.
fn cells(bytes: &[u8], kind: TypeChar, size: usize) -> Option<Cells> {
    macro_rules! numbers {
        ($ty:ty) => {
            bytes.as_chunks().0.iter().map(|chunk| <$ty>::from_le_bytes(*chunk))
        };
    }
    Some(match (kind, size) {
        (TypeChar::Float, 4) => Cells::F32(numbers!(f32).collect()),
        (TypeChar::Float, 8) => Cells::F64(numbers!(f64).collect()),
        (TypeChar::Uint, 1) => Cells::U8(bytes.to_vec()),
        (TypeChar::Uint, 2) => Cells::F64(numbers!(u16).map(f64::from).collect()),
        (TypeChar::Uint, 4) => Cells::F64(numbers!(u32).map(f64::from).collect()),
        (TypeChar::Uint, 8) => Cells::F64(numbers!(u64).map(|v| v as f64).collect()),
        (TypeChar::Int, 1) => Cells::F64(bytes.iter().map(|v| f64::from(*v as i8)).collect()),
        (TypeChar::Int, 2) => Cells::F64(numbers!(i16).map(f64::from).collect()),
        (TypeChar::Int, 4) => Cells::F64(numbers!(i32).map(f64::from).collect()),
        (TypeChar::Int, 8) => Cells::F64(numbers!(i64).map(|v| v as f64).collect()),
        (TypeChar::Bool, 1) => Cells::Truths(bytes.iter().map(|v| f64::from(u8::from(*v != 0))).collect()),
        (TypeChar::UnicodeStr, size) if 0 < size => words(bytes.chunks_exact(size).map(utf32)),
        (TypeChar::ByteStr, size) if 0 < size => {
            words(bytes.chunks_exact(size).map(|word| String::from_utf8_lossy(word).trim_end_matches('\0').to_string()))
        }
        _ => return None,
    })
}

/// A text of four bytes a character, filled up with zeros.
fn utf32(bytes: &[u8]) -> String {
    let codes = bytes.as_chunks().0.iter().map(|code| u32::from_le_bytes(*code));
    codes.take_while(|code| *code != 0).filter_map(char::from_u32).collect()
}

/// Turns each number around; a text is a row of numbers of four bytes.
fn little_endian(mut bytes: Vec<u8>, kind: TypeChar, size: usize) -> Vec<u8> {
    let size = if kind == TypeChar::UnicodeStr { 4 } else { size };
    bytes.chunks_exact_mut(size.max(1)).for_each(<[u8]>::reverse);
    bytes
}

fn words(texts: impl Iterator<Item = String>) -> Cells {
    let mut builder = WordsBuilder::default();
    texts.for_each(|text| builder.push(if text.is_empty() { None } else { Some(text.as_str()) }));
    Cells::Words(builder.words)
}

/// An array that was stored column by column, row by row.
fn row_major(bytes: &[u8], shape: &[usize], size: usize) -> Vec<u8> {
    let mut strides = vec![size; shape.len()];
    for axis in 1..shape.len() {
        strides[axis] = strides[axis - 1] * shape[axis - 1];
    }
    let mut index = vec![0; shape.len()];
    let mut ordered = Vec::with_capacity(bytes.len());
    while ordered.len() < bytes.len() {
        let at: usize = index.iter().zip(&strides).map(|(index, stride)| index * stride).sum();
        ordered.extend_from_slice(&bytes[at..at + size]);
        for axis in (0..shape.len()).rev() {
            index[axis] += 1;
            if index[axis] < shape[axis] {
                break;
            }
            index[axis] = 0;
        }
    }
    ordered
}
