//! How much each row counts: the weights of a part have the mean 1, so that a mean of weighted numbers is their weighted mean.
use super::dataset::{Column, Parts, Values};
use crate::diagnostic::Diagnostic;
use crate::kernel::Float;
use crate::schema::{DataPlan, Role, SlotValue};

/// Brings the column of weights, if there is one, into this form (E0623).
pub(super) fn weigh(
    plan: &DataPlan,
    columns: &mut [Column],
    parts: &Parts,
    precision: Float,
) -> Result<(), Diagnostic> {
    let Some(at) = plan.slots.iter().position(|slot| slot.declared.role == Role::Weight) else { return Ok(()) };
    let slot = &plan.slots[at];
    let mut weights = match slot.value {
        // To predict, the classes are not read.
        SlotValue::Balanced(of) if columns[of].is_absent() => vec![],
        SlotValue::Balanced(of) => balanced(&columns[of], parts),
        SlotValue::Expression(_) | SlotValue::ByName => columns[at].to_f64(),
    };
    if weights.is_empty() {
        return Ok(());
    }
    let of = slot.declared.span;
    // Rows that `train where` leaves out are not judged.
    let mut judged = [&parts.train, &parts.validation, &parts.test].into_iter().flatten().map(|row| *row as usize);
    if let Some(row) = judged.find(|row| !weights[*row].is_finite() || weights[*row] < 0.0) {
        let text = format!("the weight of row {} is {}", row + 1, weights[row]);
        let error = Diagnostic::error("E0623", text).at(of, "a weight is 0 or more");
        return Err(error.help("0 leaves a row out, 2 counts it twice; `train where` leaves rows out too"));
    }
    for (part, rows) in [("training", &parts.train), ("validation", &parts.validation), ("test", &parts.test)] {
        let mean = rows.iter().map(|row| weights[*row as usize]).sum::<f64>() / rows.len().max(1) as f64;
        if mean > 0.0 {
            rows.iter().for_each(|row| weights[*row as usize] /= mean);
        } else if !rows.is_empty() {
            let text = format!("all weights of the {part} part are 0");
            let error = Diagnostic::error("E0623", text).at(of, "no row counts");
            return Err(error.help("a row that is to count has a weight above 0"));
        }
    }
    columns[at].values = Values::of(weights, precision);
    Ok(())
}

/// One over the number of rows that are trained on and of this row's class. A class that no such row has weighs like the mean of the others.
fn balanced(classes: &Column, parts: &Parts) -> Vec<f64> {
    let all: Vec<usize> = classes.to_f64().iter().map(|class| *class as usize).collect();
    let mut counts = vec![0_usize; all.iter().max().map_or(0, |most| most + 1)];
    parts.train.iter().for_each(|row| counts[all[*row as usize]] += 1);
    let known = counts.iter().filter(|count| **count > 0).count();
    let neutral = known as f64 / parts.train.len().max(1) as f64;
    all.iter().map(|&class| if counts[class] == 0 { neutral } else { 1.0 / counts[class] as f64 }).collect()
}
