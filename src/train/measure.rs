//! How fast executors are: long blocks of steps over whole batches, taken in turns, and the median of them.
use super::executor::{Batch, Executor};
use crate::kernel::Fault;
use crate::step::Target;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// A block takes about this long, so that the call itself weighs nothing.
pub const BLOCK: Duration = Duration::from_millis(60);
/// Blocks of each executor.
pub const BLOCKS: usize = 7;
/// Steps after which two executors are compared.
pub const COMPARED_STEPS: usize = 20;
/// Steps of one block at most: their records are written before they run.
const BLOCK_STEPS: usize = 1 << 19;

/// The first steps of a training that takes contiguous rows, without shuffling, and only whole batches:
/// step `i`, from 0, takes the slice `i mod (rows / batch)`.
pub fn whole_batches(rows: usize, batch: usize, steps: usize) -> Vec<Batch> {
    let each = (rows / batch.max(1)).max(1);
    (0..steps).map(|i| Batch { first: i % each * batch, rows: batch, step: i + 1, epoch: i / each + 1 }).collect()
}

/// The median microseconds of a step of each executor: a block of each, then the next block of each. `tell` hears what is done.
pub fn in_turns<const N: usize>(
    executors: &mut [Box<dyn Executor>; N],
    course: &Course,
    tell: &dyn Fn(&str),
) -> Result<[f64; N], Fault> {
    tell("warming up");
    let mut all = vec![];
    for executor in executors {
        all.push(Measured::new(executor.as_mut(), course)?);
    }
    for block in 1..=BLOCKS {
        tell(&format!("block {block} of {BLOCKS}"));
        for measured in &mut all {
            measured.block(course)?;
        }
    }
    Ok(std::array::from_fn(|at| all[at].step_us()))
}

/// An executor under measurement.
struct Measured<'a> {
    executor: &'a mut dyn Executor,
    /// Steps of a block.
    steps: usize,
    /// Seconds a step, of each block.
    seconds: Vec<f64>,
}

/// What is run: rows that are taken in order, so many a step, from one start.
#[derive(Clone, Copy)]
pub struct Course<'a> {
    pub rows: &'a [u32],
    pub batch: usize,
    /// Puts parameters and states at the start.
    pub start: &'a dyn Fn(&mut dyn Executor),
}

impl Course<'_> {
    /// Runs the first steps, and answers with the seconds that they took.
    fn run(&self, executor: &mut dyn Executor, steps: usize) -> Result<f64, Fault> {
        (self.start)(executor);
        let batches = whole_batches(self.rows.len(), self.batch, steps);
        let mut log = Vec::with_capacity(steps);
        let clock = Instant::now();
        executor.run(self.rows, &batches, &AtomicBool::new(false), &mut log)?;
        Ok(clock.elapsed().as_secs_f64())
    }

    /// The parameters after the first steps.
    pub fn parameters_after(
        &self,
        executor: &mut dyn Executor,
        steps: usize,
        parameters: usize,
    ) -> Result<Vec<Vec<f64>>, Fault> {
        self.run(executor, steps)?;
        Ok((0..parameters as u32).map(|at| executor.read(Target::Parameter(at))).collect())
    }
}

impl<'a> Measured<'a> {
    /// Finds out how many steps make a block; that warms up, too.
    fn new(executor: &'a mut dyn Executor, course: &Course) -> Result<Measured<'a>, Fault> {
        let mut measured = Measured { executor, steps: 1, seconds: vec![] };
        loop {
            let took = course.run(measured.executor, measured.steps)?;
            let wanted = BLOCK.as_secs_f64() / took.max(1e-9) * measured.steps as f64;
            if measured.steps == BLOCK_STEPS || took >= 0.5 * BLOCK.as_secs_f64() {
                measured.steps = (wanted.ceil() as usize).clamp(1, BLOCK_STEPS);
                return Ok(measured);
            }
            // A first step tells little of the next ones.
            measured.steps = (wanted as usize).clamp(measured.steps + 1, measured.steps * 16).min(BLOCK_STEPS);
        }
    }

    /// Takes the time of one block.
    fn block(&mut self, course: &Course) -> Result<(), Fault> {
        let took = course.run(self.executor, self.steps)?;
        self.seconds.push(took / self.steps as f64);
        Ok(())
    }

    /// The median of the blocks, in microseconds a step.
    fn step_us(&self) -> f64 {
        let mut sorted = self.seconds.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).map_or(f64::NAN, |median| median * 1e6)
    }
}

/// The largest difference of two sets of parameters, relative to the largest entry of the parameter it is in. Not a number if
/// one of them holds what is none.
pub fn largest_difference(left: &[Vec<f64>], right: &[Vec<f64>]) -> f64 {
    let of_one = |(left, right): (&Vec<f64>, &Vec<f64>)| {
        let scale = left.iter().chain(right).fold(0.0, |scale: f64, v| scale.max(v.abs()));
        let differences = left.iter().zip(right).map(|(l, r)| (l - r).abs());
        let largest =
            differences.fold(0.0, |most: f64, d| if d.is_nan() || most.is_nan() { f64::NAN } else { most.max(d) });
        if largest == 0.0 { 0.0 } else { largest / scale }
    };
    left.iter()
        .zip(right)
        .map(of_one)
        .fold(0.0, |most, d| if d.is_nan() || most.is_nan() { f64::NAN } else { most.max(d) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_whole_and_wrap_round() {
        let firsts: Vec<(usize, usize, usize)> =
            whole_batches(10, 4, 5).iter().map(|b| (b.first, b.rows, b.epoch)).collect();
        assert_eq!(firsts, [(0, 4, 1), (4, 4, 1), (0, 4, 2), (4, 4, 2), (0, 4, 3)]);
    }

    #[test]
    fn differences_are_relative_to_the_largest_entry_of_their_parameter() {
        let left = [vec![1.0, -4.0], vec![0.0]];
        assert_eq!(largest_difference(&left, &left), 0.0);
        assert_eq!(largest_difference(&left, &[vec![1.0, -4.0], vec![1e-9]]), 1.0);
        assert_eq!(largest_difference(&left, &[vec![2.0, -4.0], vec![0.0]]), 0.25);
        assert!(largest_difference(&left, &[vec![2.0, f64::NAN], vec![1.0]]).is_nan());
    }
}
