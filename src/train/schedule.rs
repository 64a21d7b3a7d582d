//! How long training goes on.

/// How long, in which order, and how often to speak.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// The rows of the training part, by their number in the data.
    pub rows: Vec<u32>,
    pub batch: usize,
    pub epochs: Option<usize>,
    pub steps: Option<usize>,
    pub seed: u64,
    pub shuffle: bool,
    /// An event every so many steps; 0 for none.
    pub log_every: usize,
    /// The executor stands at the end of an epoch when that is told, as for a validation: the loop is left for it.
    pub pause_each_epoch: bool,
}

impl Schedule {
    pub fn steps_per_epoch(&self) -> usize {
        self.rows.len().div_ceil(self.batch.max(1)).max(1)
    }
    /// How many steps there are in all. Steps given win over epochs.
    pub fn total_steps(&self) -> usize {
        self.steps.unwrap_or_else(|| self.epochs.unwrap_or(1) * self.steps_per_epoch())
    }
    pub fn total_epochs(&self) -> usize {
        self.total_steps().div_ceil(self.steps_per_epoch())
    }
}
