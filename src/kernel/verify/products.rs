//! Verifies a product of matrices: its shape, that its operands hold what it reaches, and that it may write where it does.
use super::Scope;
use crate::kernel::affine::Interval;
use crate::kernel::buffer::*;
use crate::kernel::program::*;
use crate::limits;
use crate::vector::{Axis, Product, Store};
use std::ops::Range;

pub(super) fn check(program: &Program, step: &Multiplication, scope: &Scope) -> Result<(), String> {
    let product = program.products.get(step.product.0 as usize);
    let product = product.ok_or(format!("product {} does not exist", step.product.0))?;
    shape(product, program.batch)?;
    let has_bias = matches!(product.store, Store::BiasOfRow | Store::BiasOfColumn);
    if has_bias != step.bias.is_some() {
        return Err("a product has a bias and no operand for it, or the other way round".to_string());
    }
    if step.division == Division::Batch && batch_strides(product).is_none() {
        return Err(
            "a product divided by rows of the batch needs the batch as one axis of C, and in no sum".to_string()
        );
    }
    let reach = product.reach(program.batch);
    let written = operand(program, &step.c, &reach.c, scope)?;
    let bias = step.bias.as_ref().map(|b| (b, &reach.bias));
    for (read, range) in [(&step.a, &reach.a), (&step.b, &reach.b)].into_iter().chain(bias) {
        let read_bytes = operand(program, read, range, scope)?;
        let apart = step.c.buffer == read.buffer && apart(&step.c, &reach.c, read, range, scope);
        if !apart && written.start < read_bytes.end && read_bytes.start < written.end {
            let (c, other) = (program.buffer(step.c.buffer), program.buffer(read.buffer));
            return Err(format!("a product reads `{}` where it writes `{}`", other.name, c.name));
        }
    }
    Ok(())
}

pub(super) fn check_transposition(program: &Program, step: &Transposition, scope: &Scope) -> Result<(), String> {
    let [rows, columns] = [step.rows, step.columns].map(|extent| extent.with(program.batch));
    if rows == 0 || columns == 0 || step.to_stride < rows || step.from_stride < columns {
        return Err(format!("a transposition of {rows} rows and {columns} columns with rows that overlap, or none"));
    }
    let (from_reach, to_reach) = transposition_reach(program, step);
    let read = operand(program, &step.from, &from_reach, scope)?;
    let written = operand(program, &step.to, &to_reach, scope)?;
    let apart = step.from.buffer == step.to.buffer && apart(&step.to, &to_reach, &step.from, &from_reach, scope);
    if !apart && written.start < read.end && read.start < written.end {
        return Err(format!("a transposition reads `{}` where it writes", program.buffer(step.from.buffer).name));
    }
    Ok(())
}

/// The elements that a transposition reads and those that it writes, from the start of each.
pub(super) fn transposition_reach(program: &Program, step: &Transposition) -> (Range<i64>, Range<i64>) {
    let [rows, columns] = [step.rows, step.columns].map(|extent| extent.with(program.batch));
    let reach = |stride: usize, rows: usize, columns: usize| 0..(stride * (rows.max(1) - 1) + columns) as i64;
    (reach(step.from_stride, rows, columns), reach(step.to_stride, columns, rows))
}

pub(super) fn check_draw(program: &Program, id: DrawingId, scope: &Scope) -> Result<(), String> {
    let one = program.draws.get(id.0 as usize).ok_or(format!("draw {} does not exist", id.0))?;
    if one.runs == 0 || one.run == 0 || one.stride < one.run || one.row_stride < one.runs * one.stride {
        return Err(format!("`{}` is drawn in runs or rows that overlap, or in none", one.name));
    }
    operand(program, &one.to, &draw_reach(program, one), scope)?;
    let is_order = program.buffers.get(one.order.0 as usize).is_some_and(|order| {
        matches!(order.place, Location::Window { .. }) && order.element == Element::U32 && order.elements == 1
    });
    let is_step = program.scalars.contains(&one.step) && program.buffer(one.step).element == Element::F64;
    if !is_order || !is_step {
        return Err(format!("`{}` is drawn without the order of the rows or the step's number", one.name));
    }
    Ok(())
}

/// The elements that a draw writes, from the start of the first row.
pub(super) fn draw_reach(program: &Program, one: &Drawing) -> Range<i64> {
    0..(one.row_stride * (program.batch.max(1) - 1) + one.stride * (one.runs - 1) + one.run) as i64
}

/// What `Prepared::new` asks for, and that no two positions are the same element of C.
fn shape(product: &Product, batch: usize) -> Result<(), String> {
    let all = || product.batch.iter().chain(&product.rows).chain(&product.inner);
    if [&product.batch, &product.rows, &product.inner].iter().any(|axes| limits::AXES < axes.len()) {
        return Err(format!("a product has more than {} axes of a kind", limits::AXES));
    }
    if all().any(|axis| axis.extent == Extent::Fixed(0)) || product.columns == Extent::Fixed(0) {
        return Err("a product has an empty axis".to_string());
    }
    if product.rows.iter().any(|axis| axis.b != 0) || product.inner.iter().any(|axis| axis.c != 0 || axis.bias != 0) {
        return Err("a product has a row axis in B, or a sum in C".to_string());
    }
    let outer = product.batch.iter().chain(&product.rows).map(|axis| (axis.c.unsigned_abs(), axis.extent.with(batch)));
    let mut axes: Vec<_> = outer.chain([(1, product.columns.with(batch))]).filter(|axis| 1 < axis.1).collect();
    axes.sort_unstable();
    let mut below = 0_u64;
    for (stride, count) in axes {
        if stride <= below {
            return Err("two positions of a product are the same element of C".to_string());
        }
        below = below.saturating_add(stride.saturating_mul(count as u64 - 1));
    }
    Ok(())
}

/// Whether two operands in one buffer never meet, whatever the loops around them: a step of a recurrence reads the row
/// before the one that it writes.
fn apart(c: &Operand, c_reach: &Range<i64>, other: &Operand, reach: &Range<i64>, scope: &Scope) -> bool {
    let between = other.start.add_scaled(&c.start, -1).and_then(|d| scope.interval(&d));
    between.is_some_and(|d| c_reach.end <= d.low + reach.start || d.high + reach.end <= c_reach.start)
}

/// The bytes of memory that an operand may touch.
pub(super) fn operand(
    program: &Program,
    operand: &Operand,
    reach: &Range<i64>,
    scope: &Scope,
) -> Result<Range<usize>, String> {
    let buffer = program.buffers.get(operand.buffer.0 as usize);
    let buffer = buffer.ok_or(format!("buffer {} does not exist", operand.buffer.0))?;
    let Location::Arena { offset } = buffer.place else {
        return Err(format!("a product can't read `{}`, which is data", buffer.name));
    };
    if buffer.element != program.float.element() {
        return Err(format!("`{}` holds {}, and a product takes {}", buffer.name, buffer.element, program.float));
    }
    let start = scope.interval(&operand.start);
    let start = start.ok_or(format!("`{}` has a variable that is not in scope", operand.start))?;
    if reach.is_empty() {
        return Ok(0..0);
    }
    let all = start.plus(Interval::new(reach.start, reach.end - 1)).ok_or("an index is too large")?;
    if all.low < 0 || buffer.elements as i64 <= all.high {
        let Interval { low, high } = all;
        return Err(format!("a product reaches {low} to {high} of `{}`, which has {}", buffer.name, buffer.elements));
    }
    let bytes = buffer.element.bytes();
    Ok(offset + all.low as usize * bytes..offset + (all.high as usize + 1) * bytes)
}

/// How far one row of the batch is from the next in A, B, C and the bias, if the batch is one axis of C and no sum.
pub fn batch_strides(product: &Product) -> Option<Axis> {
    let is_batch = |axis: &&Axis| axis.extent == Extent::Batch;
    if product.inner.iter().any(|axis| is_batch(&axis)) {
        return None;
    }
    let bias = i64::from(product.store == Store::BiasOfColumn);
    let columns = (product.columns == Extent::Batch).then_some(Axis { extent: Extent::Batch, a: 0, b: 1, c: 1, bias });
    let outer = product.batch.iter().chain(&product.rows).filter(is_batch).copied();
    let mut all = outer.chain(columns);
    match (all.next(), all.next()) {
        (Some(one), None) => Some(one),
        _ => None,
    }
}
