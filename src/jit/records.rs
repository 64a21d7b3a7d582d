//! What a chunk of steps is given and what it gives back, in the form that native code reads and writes.

/// Fields of a record in front of its scalars.
pub(super) const RECORD_HEAD: usize = 2;

/// A record for each step of a chunk: which rows, and the program's scalars.
#[derive(Clone, Debug)]
pub struct Records {
    scalars: usize,
    words: Vec<u64>,
}

impl Records {
    /// For a program with so many scalars.
    pub fn new(scalars: usize) -> Records {
        Records { scalars, words: vec![] }
    }

    /// A step on `rows` rows from `first` on (of the order, or of the data itself), with a value for each scalar; missing ones
    /// are zero.
    pub fn push(&mut self, first: usize, rows: usize, scalars: &[f64]) {
        self.words.extend([first as u64, rows as u64]);
        self.words.extend((0..self.scalars).map(|at| scalars.get(at).copied().unwrap_or(0.0).to_bits()));
    }

    /// Forgets the records and keeps their memory.
    pub fn clear(&mut self) {
        self.words.clear();
    }

    pub fn len(&self) -> usize {
        self.words.len() / self.width()
    }

    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    pub(super) fn width(&self) -> usize {
        RECORD_HEAD + self.scalars
    }

    pub(super) fn words(&self) -> &[u64] {
        &self.words
    }

    /// First row and number of rows of each step.
    pub(super) fn rows(&self) -> impl Iterator<Item = (usize, usize)> {
        self.words.chunks_exact(self.width()).map(|record| (record[0] as usize, record[1] as usize))
    }
}

/// The outputs of the steps that have been run, in order.
#[derive(Clone, Debug, Default)]
pub struct Log {
    width: usize,
    values: Vec<f64>,
    /// Where the run that is going on begins.
    begun: usize,
}

impl Log {
    /// The outputs of each step, one after the other.
    pub fn steps(&self) -> impl Iterator<Item = &[f64]> {
        self.values.chunks_exact(self.width.max(1))
    }

    /// All values: `outputs` of them a step.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Forgets the values and keeps their memory.
    pub fn clear(&mut self) {
        self.values.clear();
    }

    /// Room for so many steps behind what is there.
    pub(super) fn start(&mut self, width: usize, steps: usize) {
        (self.width, self.begun) = (width, self.values.len());
        self.values.resize(self.begun + width * steps, 0.0);
    }

    pub(super) fn room(&mut self) -> *mut f64 {
        self.values[self.begun..].as_mut_ptr()
    }

    /// Forgets the room of the steps that were not done.
    pub(super) fn finish(&mut self, steps: usize) {
        self.values.truncate(self.begun + self.width * steps);
    }
}
