//! IDX, the format of MNIST: a type, sizes, then the elements, big-endian.
use super::numpy::{LONE_ARRAY, table};
use super::table::{Cells, Table, TableColumn};

/// Reads an IDX file: one column, named `values`. The error is one sentence.
pub fn read_idx(bytes: &[u8], file: &str) -> Result<Table, String> {
    let [0, 0, kind, axes, rest @ ..] = bytes else { return Err("it does not begin as an IDX file does".to_string()) };
    let axes = usize::from(*axes);
    let (sizes, elements) = rest.split_at_checked(4 * axes).ok_or("the file is cut off")?;
    let shape: Vec<usize> = sizes.as_chunks().0.iter().map(|size| u32::from_be_bytes(*size) as usize).collect();
    let Some((_, row_shape)) = shape.split_first() else { return Err("it has no axis of rows".to_string()) };
    let size = match kind {
        0x08 | 0x09 => 1,
        0x0B => 2,
        0x0C | 0x0D => 4,
        0x0E => 8,
        _ => return Err(format!("it has elements of an unknown type ({kind:#04x})")),
    };
    let expected = shape.iter().try_fold(size, |product: usize, size| product.checked_mul(*size));
    if expected != Some(elements.len()) {
        return Err(format!("it has {} bytes of elements, its sizes {shape:?} ask for another number", elements.len()));
    }
    let cells = match kind {
        0x08 => Cells::U8(elements.to_vec()),
        0x09 => Cells::F64(elements.iter().map(|v| f64::from(*v as i8)).collect()),
        0x0B => Cells::F64(elements.as_chunks().0.iter().map(|v| f64::from(i16::from_be_bytes(*v))).collect()),
        0x0C => Cells::F64(elements.as_chunks().0.iter().map(|v| f64::from(i32::from_be_bytes(*v))).collect()),
        0x0D => Cells::F32(elements.as_chunks().0.iter().map(|v| f32::from_be_bytes(*v)).collect()),
        _ => Cells::F64(elements.as_chunks().0.iter().map(|v| f64::from_be_bytes(*v)).collect()),
    };
    table(vec![TableColumn::new(LONE_ARRAY, row_shape.to_vec(), cells)], vec![], file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_and_labels_are_read() {
        let images = read_idx(&[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 7, 8, 9, 255], "images").unwrap();
        assert_eq!((images.rows, images.columns[0].shape.as_slice()), (2, &[1, 2][..]));
        assert_eq!(images.columns[0].cells, Cells::U8(vec![7, 8, 9, 255]));
        let labels = read_idx(&[0, 0, 0x0C, 1, 0, 0, 0, 1, 255, 255, 255, 254], "labels").unwrap();
        assert_eq!(labels.columns[0].cells, Cells::F64(vec![-2.0]));
    }

    #[test]
    fn a_file_that_is_none_is_refused() {
        assert!(read_idx(b"\x1f\x8b", "x").unwrap_err().contains("does not begin"));
        assert!(read_idx(&[0, 0, 8, 1, 0, 0, 0, 3, 1], "x").unwrap_err().contains("another number"));
    }
}
