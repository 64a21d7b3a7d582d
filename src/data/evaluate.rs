//! Evaluates a resolved expression, some rows at a time, in f64. A missing cell is NaN and makes what is computed from it NaN.
use super::resolve::{Node, Resolved};
use super::table::{Cells, MISSING, Table};
use std::collections::BTreeSet;
use std::ops::Range;

/// The values of all rows, row-major.
pub fn all_rows(resolved: &Resolved, table: &Table) -> Vec<f64> {
    let mut values = Vec::with_capacity(table.rows * resolved.width());
    chunks(table.rows, resolved.width()).for_each(|range| rows(resolved, table, range, &mut values));
    values
}

/// The same in single precision, without an f64 of each in memory; none if one of them is not finite.
pub fn all_rows_f32(resolved: &Resolved, table: &Table) -> Option<Vec<f32>> {
    let mut values = Vec::with_capacity(table.rows * resolved.width());
    let mut chunk = vec![];
    for range in chunks(table.rows, resolved.width()) {
        chunk.clear();
        rows(resolved, table, range, &mut chunk);
        values.extend(chunk.iter().map(|value| *value as f32));
    }
    all_finite(&values).then_some(values)
}

/// Whether no number is infinite or NaN: zero times such a one is NaN.
pub fn all_finite<T: Copy + Into<f64>>(values: &[T]) -> bool {
    // Eight sums, so that one addition needn't wait for the one before.
    let mut sums = [0.0; 8];
    let (eights, rest) = values.as_chunks::<8>();
    eights.iter().for_each(|eight| sums.iter_mut().zip(eight).for_each(|(sum, value)| *sum += 0.0 * (*value).into()));
    let rest: f64 = rest.iter().map(|value| 0.0 * (*value).into()).sum();
    sums.iter().sum::<f64>() + rest == 0.0
}

/// Rows that are computed at once: their values and operands stay in the cache.
fn chunks(rows: usize, width: usize) -> impl Iterator<Item = Range<usize>> {
    const VALUES: usize = 4096;
    let step = (VALUES / width.max(1)).max(1);
    (0..rows).step_by(step).map(move |first| first..(first + step).min(rows))
}

/// Adds the values of some rows to `out`.
fn rows(resolved: &Resolved, table: &Table, range: Range<usize>, out: &mut Vec<f64>) {
    let count = range.len() * resolved.width();
    match &resolved.node {
        Node::Constant(number) => out.extend(std::iter::repeat_n(*number, count)),
        Node::Column(column) => {
            let column = &table.columns[*column];
            let width = column.width();
            column.cells.numbers(range.start * width..range.end * width, out);
        }
        Node::IsWord { column, code, equal } => {
            let column = &table.columns[*column];
            let Cells::Words(words) = &column.cells else { return };
            let width = column.width();
            out.extend(words.codes[range.start * width..range.end * width].iter().map(|cell| match *cell {
                MISSING => f64::NAN,
                cell => f64::from(u8::from((Some(cell) == *code) == *equal)),
            }));
        }
        Node::Unary(op, of) => {
            let start = out.len();
            rows(of, table, range, out);
            out[start..]
                .iter_mut()
                .for_each(|value| *value = if value.is_nan() { f64::NAN } else { (op.value)(*value) });
        }
        Node::Binary(op, a, b) => {
            let (mut left, mut right) = (vec![], vec![]);
            rows(a, table, range.clone(), &mut left);
            rows(b, table, range.clone(), &mut right);
            let value = |x: f64, y: f64| if x.is_nan() || y.is_nan() { f64::NAN } else { (op.value)(x, y) };
            let (a_width, b_width, width) = (a.width().max(1), b.width().max(1), resolved.width().max(1));
            if a_width == b_width {
                out.extend(left.iter().zip(&right).map(|(x, y)| value(*x, *y)));
                return;
            }
            for (x, y) in left.chunks(a_width).zip(right.chunks(b_width)) {
                out.extend(x.iter().cycle().zip(y.iter().cycle()).take(width).map(|(x, y)| value(*x, *y)));
            }
        }
        Node::Join { items, places } => {
            let parts: Vec<(usize, Vec<f64>)> = items
                .iter()
                .map(|item| {
                    let mut values = vec![];
                    rows(item, table, range.clone(), &mut values);
                    (item.width() / places, values)
                })
                .collect();
            for at in 0..range.len() * places {
                parts.iter().for_each(|(width, values)| out.extend_from_slice(&values[at * width..(at + 1) * width]));
            }
        }
        Node::Part { of, start, count } => {
            let mut whole = vec![];
            rows(of, table, range, &mut whole);
            whole.chunks(of.width()).for_each(|row| out.extend_from_slice(&row[*start..*start + *count]));
        }
    }
}

/// The column and the cell that makes this value missing, if one does.
pub fn missing_cell(resolved: &Resolved, table: &Table, row: usize, element: usize) -> Option<(usize, usize)> {
    cell_where(resolved, table, row, element, Cells::is_missing)
}

/// The first cell that this value is computed from: its column, and its place there.
pub fn first_cell(resolved: &Resolved, table: &Table, row: usize, element: usize) -> Option<(usize, usize)> {
    cell_where(resolved, table, row, element, |_, _| true)
}

/// The column and the cell with the word that keeps this value from being a number, if one does.
pub fn word_column(resolved: &Resolved, table: &Table, row: usize, element: usize) -> Option<(usize, usize)> {
    cell_where(resolved, table, row, element, Cells::is_word)
}

/// The first cell that a value is computed from for which this holds: its column, and its place there.
fn cell_where(
    resolved: &Resolved,
    table: &Table,
    row: usize,
    element: usize,
    holds: fn(&Cells, usize) -> bool,
) -> Option<(usize, usize)> {
    match &resolved.node {
        Node::Constant(_) => None,
        Node::Column(column) | Node::IsWord { column, .. } => {
            let cells = &table.columns[*column];
            let at = row * cells.width() + element;
            holds(&cells.cells, at).then_some((*column, at))
        }
        Node::Unary(_, of) => cell_where(of, table, row, element, holds),
        Node::Binary(_, a, b) => cell_where(a, table, row, element % a.width().max(1), holds)
            .or_else(|| cell_where(b, table, row, element % b.width().max(1), holds)),
        Node::Join { .. } | Node::Part { .. } => {
            let (inner, element) = source_of(resolved, element)?;
            cell_where(inner, table, row, element, holds)
        }
    }
}

/// The column that one element of a row comes from, if it is no more than a cell, or the first that it is computed from.
pub fn column_of<'t>(resolved: &Resolved, table: &'t Table, element: usize) -> Option<&'t str> {
    match &resolved.node {
        Node::Join { .. } | Node::Part { .. } => {
            let (inner, element) = source_of(resolved, element)?;
            column_of(inner, table, element)
        }
        _ => resolved.columns().first().map(|column| table.columns[*column].name.as_str()),
    }
}

/// One step into a list or a part: the operand that has the element, and which of its elements it is.
pub fn source_of(resolved: &Resolved, element: usize) -> Option<(&Resolved, usize)> {
    match &resolved.node {
        Node::Part { of, start, .. } => Some((of, start + element)),
        Node::Join { items, places } => {
            let width: usize = items.iter().map(|item| item.width() / places).sum();
            let (place, mut element) = (element / width.max(1), element % width.max(1));
            for item in items {
                let own = item.width() / places;
                if element < own {
                    return Some((item, place * own + element));
                }
                element -= own;
            }
            None
        }
        _ => None,
    }
}

/// The last place of a window that a value looks at; windows have so many.
pub fn last_place(resolved: &Resolved, table: &Table, size: usize) -> usize {
    places(resolved, table, size).last().copied().unwrap_or(0)
}

/// The places of a window that a value looks at.
pub fn places(resolved: &Resolved, table: &Table, size: usize) -> BTreeSet<usize> {
    let mut all = BTreeSet::new();
    (0..resolved.width()).for_each(|element| add_places(resolved, table, element, size, &mut all));
    all
}

fn add_places(resolved: &Resolved, table: &Table, element: usize, size: usize, all: &mut BTreeSet<usize>) {
    match &resolved.node {
        Node::Constant(_) => {}
        Node::Column(column) | Node::IsWord { column, .. } => {
            all.insert(element / (table.columns[*column].width() / size).max(1));
        }
        Node::Unary(_, of) => add_places(of, table, element, size, all),
        Node::Binary(_, a, b) => {
            add_places(a, table, element % a.width().max(1), size, all);
            add_places(b, table, element % b.width().max(1), size, all);
        }
        Node::Join { .. } | Node::Part { .. } => {
            if let Some((inner, element)) = source_of(resolved, element) {
                add_places(inner, table, element, size, all);
            }
        }
    }
}

/// What an element of a window is, wherever in the window it stands: equal for elements that differ by their place alone.
pub fn kinds_of_elements(resolved: &Resolved, table: &Table, size: usize) -> Vec<u64> {
    (0..resolved.width()).map(|element| kind_of(resolved, table, element, size)).collect()
}

fn kind_of(resolved: &Resolved, table: &Table, element: usize, size: usize) -> u64 {
    let mix = |parts: [u64; 3]| {
        parts.iter().fold(0_u64, |key, part| (key.rotate_left(5) ^ part).wrapping_mul(0x517c_c1b7_2722_0a95))
    };
    match &resolved.node {
        Node::Constant(number) => mix([1, number.to_bits(), 0]),
        Node::Column(column) | Node::IsWord { column, .. } => {
            let width = (table.columns[*column].width() / size).max(1);
            mix([2, *column as u64, (element % width) as u64])
        }
        Node::Unary(op, of) => mix([crate::random::text_hash(op.name), kind_of(of, table, element, size), 0]),
        Node::Binary(op, a, b) => mix([
            crate::random::text_hash(op.name),
            kind_of(a, table, element % a.width().max(1), size),
            kind_of(b, table, element % b.width().max(1), size),
        ]),
        Node::Join { .. } | Node::Part { .. } => match source_of(resolved, element) {
            Some((inner, element)) => kind_of(inner, table, element, size),
            None => 0,
        },
    }
}
