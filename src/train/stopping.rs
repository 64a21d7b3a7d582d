//! What ends training before its last epoch, and the best parameters on the way.
use super::executor::{Executor, Moment};
use crate::model::{Stop, Watched, When};
use crate::step::Target;

/// Asked at the end of each epoch.
pub struct Stopping<'a> {
    stop: &'a Stop,
    /// What is kept of the best epoch: parameters and the states of layers.
    kept: Vec<Target>,
    best: Option<Best>,
}

/// The best epoch so far.
struct Best {
    value: f64,
    moment: Moment,
    values: Vec<Vec<f64>>,
}

impl<'a> Stopping<'a> {
    pub fn new(stop: &'a Stop, kept: Vec<Target>) -> Stopping<'a> {
        Stopping { stop, kept, best: None }
    }

    /// Whether training ends with this epoch. `told` says what a number is by now.
    pub fn ends(&mut self, executor: &dyn Executor, moment: Moment, told: &dyn Fn(&Watched) -> f64) -> bool {
        match &self.stop.when {
            When::Holds(condition) => condition.holds(moment.step, moment.epoch, told),
            When::NoBetter { watched, more, epochs } => {
                let value = told(watched);
                let is_better = |best: &Best| if *more { value > best.value } else { value < best.value };
                // What is no number is no better than anything, but the first that is one.
                if self.best.as_ref().is_none_or(|best| is_better(best) || best.value.is_nan() && !value.is_nan()) {
                    let values = self.kept.iter().map(|&target| executor.read(target)).collect();
                    self.best = Some(Best { value, moment, values });
                }
                self.best.as_ref().is_some_and(|best| best.moment.epoch + epochs <= moment.epoch)
            }
        }
    }

    /// Puts the parameters of the best epoch back, if that is not the last: when it was, and what was watched then.
    pub fn restore(&self, executor: &mut dyn Executor, last: Moment) -> Option<(Moment, f64)> {
        let best = self.best.as_ref().filter(|best| best.moment != last)?;
        self.kept.iter().zip(&best.values).for_each(|(&target, values)| executor.write(target, values));
        Some((best.moment, best.value))
    }
}
