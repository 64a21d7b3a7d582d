//! A derivative along a direction, as it was had in several ways, against differences.
use super::oracle_failed;
use crate::cli::Exit;
use crate::oracle::{Probe, Quantity};

/// A derivative may be so far from differences, relative to itself, or to a hundredth of the objective where it is less.
pub const TOLERANCE: f64 = 1e-6;

/// What was found of one parameter, or of one derivative of the program.
pub struct Finding {
    pub name: String,
    pub elements: usize,
    pub looked_at: usize,
    /// The largest relative error.
    pub error: f64,
    /// Places where the slope is another one on either side: differences say nothing there, the ways are compared with each other.
    pub kinks: usize,
    /// Places where there is no number.
    pub undefined: usize,
    pub wrong: Vec<String>,
}

/// What is to be compared.
pub struct Comparison<'a> {
    /// The place, as people call it.
    pub place: String,
    /// How each way is called, and what came out.
    pub ways: &'a [(&'a str, f64)],
    /// Which of the ways are dual numbers: it says what holds at kinks.
    pub dual: usize,
    pub quantity: Quantity,
}

impl Finding {
    pub fn new(name: &str, elements: usize) -> Finding {
        Finding { name: name.to_string(), elements, looked_at: 0, error: 0.0, kinks: 0, undefined: 0, wrong: vec![] }
    }

    /// Another place of the same.
    pub fn join(&mut self, other: Finding) {
        self.elements += other.elements;
        self.looked_at += other.looked_at;
        self.error = if other.error.is_nan() { other.error } else { self.error.max(other.error) };
        self.kinks += other.kinks;
        self.undefined += other.undefined;
        self.wrong.extend(other.wrong);
    }

    /// Compares all ways with differences along a direction.
    pub fn compare(
        &mut self,
        comparison: Comparison,
        direction: &[(usize, f64)],
        probe: &mut Probe,
    ) -> Result<(), Exit> {
        let Comparison { place, ways, dual, quantity } = comparison;
        let least = 1e-2 * probe.value.abs().max(1.0);
        let relative = |got: f64, wanted: f64| (got - wanted).abs() / got.abs().max(wanted.abs()).max(least);
        let worst = |wanted: f64| {
            let errors = ways.iter().map(|way| relative(way.1, wanted));
            errors.fold(0.0, |most: f64, error| if error.is_nan() { error } else { most.max(error) })
        };
        let mut slopes = probe.slopes(quantity, direction, 1.0).map_err(oracle_failed)?;
        // Not (worst > …): what is no number holds nowhere.
        let holds = |wanted: f64| worst(wanted) <= TOLERANCE;
        if !holds(slopes.central) {
            // A kink may lie between the two points; then it mostly does not between nearer ones.
            slopes = probe.slopes(quantity, direction, 0.125).map_err(oracle_failed)?;
        }
        let is_kink = ways.iter().all(|way| (way.1 - slopes.central).abs() <= slopes.bend());
        let (wanted, judge) = if holds(slopes.central) {
            (slopes.central, "")
        } else if !slopes.central.is_finite() && !ways[dual].1.is_finite() {
            self.undefined += 1;
            return Ok(());
        } else if is_kink {
            self.kinks += 1;
            (ways[dual].1, "dual numbers")
        } else {
            (slopes.central, "differences")
        };
        self.error = if worst(wanted).is_nan() { f64::NAN } else { self.error.max(worst(wanted)) };
        for (way, got) in ways {
            let error = relative(*got, wanted);
            if error.is_nan() || TOLERANCE < error {
                self.wrong.push(format!("by {place}, {way}: {got:.9e}; {judge} say {wanted:.9e}"));
            }
        }
        Ok(())
    }
}
