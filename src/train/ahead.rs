//! Which steps come next: many at once, over the ends of epochs, so that the native loop is entered seldom.
use super::executor::Batch;
use super::schedule::Schedule;
use crate::random::shuffle_epoch;
use std::ops::Range;

/// At most so many rows of orders are laid out ahead, but an epoch at least.
const ROWS_AHEAD: usize = 1 << 20;

/// Steps in their order, with the rows that they read.
pub(super) struct Ahead<'s> {
    schedule: &'s Schedule,
    pub order: Vec<u32>,
    pub batches: Vec<Batch>,
    /// The epochs that `order` holds, one after the other; none if every epoch has the same order.
    epochs: Range<usize>,
}

impl<'s> Ahead<'s> {
    pub fn new(schedule: &'s Schedule) -> Ahead<'s> {
        let order = if schedule.shuffle { vec![] } else { schedule.rows.clone() };
        Ahead { schedule, order, batches: vec![], epochs: 0..0 }
    }

    /// Lays out the steps after the first `done`: at most `count`, and fewer if the orders would be long.
    pub fn plan(&mut self, done: usize, count: usize) {
        let schedule = self.schedule;
        let (rows, per_epoch) = (schedule.rows.len(), schedule.steps_per_epoch());
        let current = done / per_epoch + 1;
        if schedule.shuffle && (self.epochs.is_empty() || self.epochs.start != current) {
            self.epochs = current..current;
            self.order.clear();
        }
        self.batches.clear();
        for step in done..schedule.total_steps().min(done + count) {
            let epoch = step / per_epoch + 1;
            if schedule.pause_each_epoch && epoch != current {
                break;
            }
            if schedule.shuffle && !self.epochs.contains(&epoch) {
                if !self.epochs.is_empty() && self.order.len() + rows > ROWS_AHEAD {
                    break;
                }
                let start = self.order.len();
                self.order.extend(&schedule.rows);
                shuffle_epoch(&mut self.order[start..], schedule.seed, epoch as u64);
                self.epochs.end = epoch + 1;
            }
            let start = if schedule.shuffle { (epoch - self.epochs.start) * rows } else { 0 };
            let first = step % per_epoch * schedule.batch;
            let size = schedule.batch.min(rows - first);
            self.batches.push(Batch { first: start + first, rows: size, step: step + 1, epoch });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program without data has an epoch of one step. Laying out must not look through the epochs before: so many would take minutes.
    #[test]
    fn many_short_epochs_are_laid_out() {
        let schedule = Schedule {
            rows: vec![0],
            batch: 1,
            epochs: Some(1 << 17),
            steps: None,
            seed: 1,
            log_every: 0,
            shuffle: true,
            pause_each_epoch: false,
        };
        let mut ahead = Ahead::new(&schedule);
        ahead.plan(0, 1 << 17);
        let last = ahead.batches.last().map(|b| (b.step, b.epoch, b.first, b.rows));
        assert_eq!(last, Some((1 << 17, 1 << 17, (1 << 17) - 1, 1)));
    }
}
