//! The loop over epochs and steps.
use super::ahead::Ahead;
use super::executor::Executor;
use super::schedule::Schedule;
use crate::kernel::Fault;
use std::sync::atomic::{AtomicBool, Ordering};

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The logged numbers of a step: those of its batch before its update.
    Step { step: usize, epoch: usize, logged: Vec<f64> },
    /// Their means over an epoch, weighted by rows. The epoch may have been cut short.
    Epoch { step: usize, epoch: usize, logged: Vec<f64> },
}

/// How training ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    pub steps: usize,
    /// The step at which the objective was no longer a number.
    pub diverged: Option<usize>,
    pub interrupted: bool,
    /// The epoch at whose end it was ended.
    pub stopped: Option<usize>,
    /// From the start to the end of the first step, in seconds.
    pub first_step: f64,
    pub seconds: f64,
}

/// A call into the executor takes about this long, so that an interruption is noticed.
const CHUNK_SECONDS: f64 = 0.05;
/// And has at most so many steps, for the memory that their records take.
const CHUNK_STEPS: usize = 1 << 16;

/// The means of what an epoch logs, weighted by rows.
struct Means {
    sums: Vec<f64>,
    weight: f64,
}

impl Means {
    fn add(&mut self, values: &[f64], rows: usize) {
        for (sum, value) in self.sums.iter_mut().zip(values) {
            *sum += value * rows as f64;
        }
        self.weight += rows as f64;
    }
    /// The means so far; what follows begins anew.
    fn take(&mut self) -> Vec<f64> {
        let means = self.sums.iter().map(|s| s / self.weight).collect();
        self.sums.fill(0.0);
        self.weight = 0.0;
        means
    }
}

/// Runs all steps, or until `tell` says at the end of an epoch that it is enough. `logged` is how many numbers the executor logs a step; the first is the objective.
pub fn train(
    executor: &mut dyn Executor,
    schedule: &Schedule,
    logged: usize,
    stop: &AtomicBool,
    tell: &mut dyn FnMut(&mut dyn Executor, Event) -> bool,
) -> Result<Outcome, Fault> {
    let begin = std::time::Instant::now();
    let total = if schedule.rows.is_empty() { 0 } else { schedule.total_steps() };
    let mut outcome =
        Outcome { steps: 0, diverged: None, interrupted: false, stopped: None, first_step: 0.0, seconds: 0.0 };
    let mut ahead = Ahead::new(schedule);
    let mut log: Vec<f64> = vec![];
    let mut means = Means { sums: vec![0.0; logged], weight: 0.0 };
    let mut chunk = 1;
    while outcome.steps < total && outcome.diverged.is_none() && !outcome.interrupted && outcome.stopped.is_none() {
        ahead.plan(outcome.steps, chunk);
        let clock = std::time::Instant::now();
        log.clear();
        let done = executor.run(&ahead.order, &ahead.batches, stop, &mut log)?;
        let took = clock.elapsed().as_secs_f64();
        if outcome.steps == 0 {
            outcome.first_step = begin.elapsed().as_secs_f64();
        }
        for (batch, values) in ahead.batches[..done].iter().zip(log.chunks(logged.max(1))) {
            means.add(values, batch.rows);
            outcome.steps = batch.step;
            if values.first().is_some_and(|v| !v.is_finite()) {
                outcome.diverged = Some(batch.step);
            }
            if schedule.log_every > 0 && batch.step % schedule.log_every == 0 {
                tell(executor, Event::Step { step: batch.step, epoch: batch.epoch, logged: values.to_vec() });
            }
            if outcome.diverged.is_some() {
                break;
            }
            if (batch.step % schedule.steps_per_epoch() == 0 || batch.step == total)
                && !tell(executor, Event::Epoch { step: batch.step, epoch: batch.epoch, logged: means.take() })
            {
                outcome.stopped = Some(batch.epoch);
                break;
            }
        }
        outcome.interrupted = outcome.diverged.is_none()
            && outcome.stopped.is_none()
            && outcome.steps < total
            && (done < ahead.batches.len() || stop.load(Ordering::Relaxed));
        chunk = ((CHUNK_SECONDS / (took / done.max(1) as f64).max(1e-9)) as usize).clamp(1, CHUNK_STEPS);
    }
    outcome.seconds = begin.elapsed().as_secs_f64();
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::super::executor::Batch;
    use super::*;
    use crate::step::Target;

    /// Notes the rows it is given.
    struct Recorder(Vec<(usize, usize, Vec<u32>)>);

    impl Executor for Recorder {
        fn write(&mut self, _: Target, _: &[f64]) {}
        fn read(&self, _: Target) -> Vec<f64> {
            vec![]
        }
        fn bind(&mut self, _: &crate::data::Dataset) -> Result<(), Fault> {
            Ok(())
        }
        fn draw_from(&mut self, _: u64, _: usize) {}
        fn run(
            &mut self,
            order: &[u32],
            batches: &[Batch],
            _: &AtomicBool,
            log: &mut Vec<f64>,
        ) -> Result<usize, Fault> {
            for b in batches {
                self.0.push((b.step, b.epoch, order[b.first..b.first + b.rows].to_vec()));
                log.push(b.rows as f64);
            }
            Ok(batches.len())
        }
        fn output(&self, _: usize, _: usize) -> Vec<f64> {
            vec![]
        }
        fn threads(&self) -> usize {
            1
        }
        fn compile_ms(&self) -> f64 {
            0.0
        }
        fn arena_bytes(&self) -> usize {
            0
        }
    }

    fn schedule(epochs: Option<usize>, steps: Option<usize>, shuffle: bool) -> Schedule {
        Schedule {
            rows: (10..20).collect(),
            batch: 4,
            epochs,
            steps,
            seed: 7,
            shuffle,
            log_every: 1,
            pause_each_epoch: false,
        }
    }

    #[test]
    fn every_row_once_an_epoch_and_the_last_batch_is_short() {
        let mut executor = Recorder(vec![]);
        let mut epochs = vec![];
        let outcome =
            train(&mut executor, &schedule(Some(2), None, true), 1, &AtomicBool::new(false), &mut |_, event| {
                if let Event::Epoch { logged, .. } = event {
                    epochs.push(logged[0]);
                }
                true
            })
            .unwrap();
        assert_eq!(outcome.steps, 6);
        assert_eq!(epochs, [3.6, 3.6]);
        for epoch in [1, 2] {
            let mut rows: Vec<u32> = executor.0.iter().filter(|r| r.1 == epoch).flat_map(|r| r.2.clone()).collect();
            rows.sort();
            assert_eq!(rows, (10..20).collect::<Vec<u32>>());
        }
        assert_ne!(executor.0[0].2, executor.0[3].2);
    }

    #[test]
    fn steps_win_over_epochs_and_wrap_round() {
        let mut executor = Recorder(vec![]);
        let outcome =
            train(&mut executor, &schedule(Some(9), Some(4), false), 1, &AtomicBool::new(false), &mut |_, _| true)
                .unwrap();
        assert_eq!(outcome.steps, 4);
        assert_eq!(executor.0[3].2, [10, 11, 12, 13]);
        assert_eq!((executor.0[3].0, executor.0[3].1), (4, 2));
    }

    #[test]
    fn many_steps_ahead_read_the_rows_that_they_would_one_by_one() {
        let schedule = schedule(Some(5), None, true);
        let rows = |ahead: &Ahead| -> Vec<Vec<u32>> {
            ahead.batches.iter().map(|b| ahead.order[b.first..b.first + b.rows].to_vec()).collect()
        };
        let mut single = vec![];
        for done in 0..15 {
            let mut ahead = Ahead::new(&schedule);
            ahead.plan(done, 1);
            single.extend(rows(&ahead));
        }
        let (mut ahead, mut many) = (Ahead::new(&schedule), vec![]);
        for (done, count) in [(0, 2), (2, 8), (10, 99)] {
            ahead.plan(done, count);
            many.extend(rows(&ahead));
        }
        assert_eq!(single, many);
    }

    #[test]
    fn an_epoch_ends_a_call_where_it_is_asked_for() {
        let schedule = Schedule { pause_each_epoch: true, ..schedule(Some(5), None, false) };
        let mut ahead = Ahead::new(&schedule);
        ahead.plan(1, 99);
        assert_eq!(ahead.batches.iter().map(|b| b.step).collect::<Vec<_>>(), [2, 3]);
    }
}
