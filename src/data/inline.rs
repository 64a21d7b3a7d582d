//! Columns that stand in the program: listed rows and drawn ones.
use super::table::{Cells, Origin, Table, TableColumn, WordsBuilder};
use crate::diagnostic::Diagnostic;
use crate::memory;
use crate::random::{Distribution, Purpose, Stream, normal_values, uniform_values};
use crate::schema::{DataPlan, Drawn, ListedValues};

/// Adds the columns that the program lists. They have the rows of the table, or bring their own.
pub fn add_listed(plan: &DataPlan, table: &mut Table) {
    let Some(first) = plan.listed.first() else { return };
    bring_rows(table, first.rows);
    for listed in &plan.listed {
        let cells = match &listed.values {
            ListedValues::Numbers(numbers) => Cells::F64(numbers.clone()),
            ListedValues::Truths(truths) => {
                Cells::Truths(truths.iter().map(|truth| f64::from(u8::from(*truth))).collect())
            }
            ListedValues::Words(texts) => {
                let mut words = WordsBuilder::default();
                texts.iter().for_each(|text| words.push(Some(text)));
                Cells::Words(words.words)
            }
        };
        table.columns.push(TableColumn::new(&listed.name, listed.shape.clone(), cells));
    }
}

/// Adds the columns that are drawn, by (split seed, name).
///
/// # Errors
/// E0909: there is not so much memory.
pub fn add_drawn(plan: &DataPlan, table: &mut Table) -> Result<(), Diagnostic> {
    let Some(first) = plan.drawn.first() else { return Ok(()) };
    let rows = if table.origins.is_empty() { plan.rows.unwrap_or(0) } else { table.rows };
    let elements = |drawn: &Drawn| drawn.shape.iter().fold(1, |product: u128, &n| product.saturating_mul(n as u128));
    let of_row: u128 = plan.drawn.iter().map(elements).sum();
    let needed = (rows as u128).saturating_mul(of_row.saturating_mul(ELEMENT).saturating_add(ROW));
    if let Some(free) = memory::available().filter(|free| *free < needed) {
        let message =
            format!("{rows} rows need {} of memory, and {} are free", memory::text(needed), memory::text(free));
        let error = Diagnostic::error("E0909", message).at(first.span, "drawn before training begins");
        return Err(error.help("fewer `rows` need less"));
    }
    bring_rows(table, rows);
    for drawn in &plan.drawn {
        let stream = Stream::named(plan.split_seed, Purpose::Generated, &drawn.name);
        let count = table.rows * drawn.shape.iter().product::<usize>();
        let values = match drawn.distribution {
            Distribution::Normal { mean, deviation } => normal_values(count, stream, mean, deviation),
            Distribution::Uniform { low, high } => uniform_values(count, stream, low, high),
            // The plan has no others.
            _ => vec![0.0; count],
        };
        table.columns.retain(|column| column.name != drawn.name);
        table.columns.push(TableColumn::new(&drawn.name, drawn.shape.clone(), Cells::F64(values)));
    }
    Ok(())
}

/// Bytes of a drawn element, as it is drawn and as it is trained with, and of a row's number where it is sorted and shuffled.
const ELEMENT: u128 = 16;
const ROW: u128 = 16;

fn bring_rows(table: &mut Table, rows: usize) {
    if table.origins.is_empty() {
        table.rows = rows;
        table.origins.push(Origin { file: "`data`".to_string(), first_row: 0, above: 0, lines: vec![] });
    }
}
