//! Computes the outputs of a trained program for rows of data, so many at a time.
use super::Exit;
use super::answers::{Answer, line, nothing};
use super::prepare::{Start, failed, stopped};
use super::{processor, write};
use crate::data::Dataset;
use crate::kernel::Float;
use crate::model::{Length, Model};
use crate::pipeline::{self, Batched, Executing, Obstacle, Source};
use crate::train::{Batch, Executor, Moment};
use std::sync::atomic::AtomicBool;

/// So many rows are computed and written at once, if so many have come.
pub const ROWS: usize = 256;

/// Computes answers.
pub struct Computing {
    pub step: Batched,
    start: Start,
    pub float: Float,
    pub seed: u64,
    executor: Option<Box<dyn Executor>>,
    /// The end of training, as far as the program says when that is.
    moment: Moment,
    /// So many rows the executor computes at once.
    room: usize,
    /// So many rows have come before: what is drawn for a row does not depend on how they come.
    pub before: usize,
}

impl Computing {
    pub fn new(model: &Model, start: Start, float: Float, seed: u64) -> Computing {
        let step = pipeline::batched(&pipeline::prediction_step(model), true);
        Computing { step, start, float, seed, executor: None, moment: end_of(model), room: 0, before: 0 }
    }

    /// The outputs for the one row of this data.
    pub fn one(&mut self, dataset: &Dataset, source: &Source) -> Result<Vec<Vec<f64>>, Exit> {
        self.bind(dataset).map_err(stopped(source))?;
        let Some(executor) = &mut self.executor else { return Ok(vec![]) };
        executor.draw_from(self.seed, self.before);
        let batch = Batch::at(self.moment, 1);
        executor.run(&[0], &[batch], &AtomicBool::new(false), &mut vec![]).map_err(failed)?;
        Ok((0..self.step.outputs.len()).map(|number| executor.output(number, 1)).collect())
    }

    /// Writes the answers of the first rows behind `out`: empty fields for those that can't be read.
    pub fn answer(
        &mut self,
        dataset: &Dataset,
        rows: usize,
        answers: &[Answer],
        source: &Source,
        out: &mut String,
    ) -> Result<(), Exit> {
        let fields: usize = answers.iter().map(|answer| answer.columns.len()).sum();
        let mut skipped = dataset.skipped.iter().map(|(row, _)| *row as usize).peekable();
        let order: Vec<u32> = (0..rows as u32).collect();
        if 0 < rows {
            self.bind(dataset).map_err(stopped(source))?;
        }
        let Some(executor) = &mut self.executor else { return Ok(()) };
        executor.draw_from(self.seed, self.before);
        for first in (0..rows).step_by(self.room) {
            let here = self.room.min(rows - first);
            let batch = Batch::at(self.moment, here);
            let order = &order[first..first + here];
            executor.run(order, &[batch], &AtomicBool::new(false), &mut vec![]).map_err(failed)?;
            let values: Vec<Vec<f64>> = (0..answers.len()).map(|number| executor.output(number, here)).collect();
            for row in 0..here {
                if skipped.next_if_eq(&(first + row)).is_some() {
                    out.push_str(&nothing(fields));
                    continue;
                }
                let fields: Vec<String> = answers
                    .iter()
                    .zip(&values)
                    .flat_map(|(answer, all)| answer.fields(all, row, here, self.float))
                    .collect();
                out.push_str(&line(&fields));
            }
            write(&std::mem::take(out))?;
        }
        Ok(())
    }

    /// Takes rows over. What computes them has room for as many as come at once: few need little memory.
    fn bind(&mut self, dataset: &Dataset) -> Result<(), Obstacle> {
        let wanted = dataset.rows.min(ROWS);
        if let Some(executor) = self.executor.as_mut().filter(|_| wanted <= self.room) {
            return Ok(executor.bind(dataset)?);
        }
        self.room = wanted.max(2 * self.room).min(ROWS);
        let executing =
            Executing { float: self.float, threads: 1, interpreted: false, path: processor::path(), seed: self.seed };
        let mut executor =
            pipeline::executor(&self.step, &executing, self.room, dataset, (self.moment.step, self.moment.epoch))?;
        self.start.set(executor.as_mut());
        self.executor = Some(executor);
        Ok(())
    }
}

/// The end of training, as far as the program says when that is.
fn end_of(model: &Model) -> Moment {
    match model.training.as_ref().map(|training| training.length) {
        Some(Length::Epochs(epoch)) => Moment { step: 1, epoch },
        Some(Length::Steps(step)) => Moment { step, epoch: 1 },
        None => Moment { step: 1, epoch: 1 },
    }
}
