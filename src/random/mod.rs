//! Random numbers that are a function of what they are for: Philox4x32-10, a counter-based generator, and the streams cut from it.
//!
//! There is no generator that walks along. A number is `philox(counter, key)`: the key says what it is for (the seed, a purpose, a name), the counter
//! says which one of them (an element, a row, a step). So numbers can be drawn in any order, on any number of threads, again after a restart, and are the same.
//!
//! Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
mod draw;
mod initial;
mod philox;

pub use draw::{Noise, Site};
pub use initial::{Distribution, Fans, fans, initial_values, normal_values, uniform_values};
pub use philox::philox4x32;

/// What a stream is for. Each purpose has keys of its own, so that no two purposes share a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Purpose {
    /// Initial values, by (seed, path of the parameter).
    Initial = 1,
    /// The order of the rows in an epoch, by (seed, epoch).
    Shuffle = 2,
    /// Fresh draws (noise, dropout), by (seed, site, step, row of the data).
    Draw = 3,
    /// Which rows are for testing, by (split seed, class).
    Split = 4,
    /// Columns that a `data` block draws, by (split seed, name).
    Generated = 5,
}

/// The key of one stream: Philox applied to the purpose and a name, under the seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    pub key: [u32; 2],
}

impl Stream {
    /// The stream of `purpose` and `name` (a hash, an index) under `seed`.
    pub fn new(seed: u64, purpose: Purpose, name: u64) -> Stream {
        let [low, high, ..] = philox4x32([name as u32, (name >> 32) as u32, purpose as u32, 0], halves(seed));
        Stream { key: [low, high] }
    }

    /// The stream of a purpose and a text, such as the path of a parameter.
    pub fn named(seed: u64, purpose: Purpose, name: &str) -> Stream {
        Stream::new(seed, purpose, text_hash(name))
    }

    /// Four words of 32 bits.
    pub fn block(self, counter: [u32; 4]) -> [u32; 4] {
        philox4x32(counter, self.key)
    }

    /// The `index`-th word of a stream that is read as one long list.
    pub fn word(self, index: u64) -> u32 {
        let block = index / 4;
        self.block([block as u32, (block >> 32) as u32, 0, 0])[(index % 4) as usize]
    }
}

/// The counter of a fresh draw: element `4 * block + 0..4` of a value, for one row of the data in one step.
pub fn draw_counter(block: u32, row: u32, step: u64) -> [u32; 4] {
    [block, row, step as u32, (step >> 32) as u32]
}

/// Uniform in (0, 1]: a multiple of 2⁻²⁴, so that f32 and f64 hold the same number and `log` of it is finite.
pub fn uniform(word: u32) -> f64 {
    f64::from((word >> 8) + 1) * (1.0 / 16_777_216.0)
}

/// Two independent standard normal numbers from two words (Box and Muller, 1958). None is farther out than 5.77.
pub fn normal_pair(first: u32, second: u32) -> [f64; 2] {
    let radius = libm::sqrt(-2.0 * libm::log(uniform(first)));
    let angle = std::f64::consts::TAU * uniform(second);
    [radius * libm::cos(angle), radius * libm::sin(angle)]
}

/// Four independent standard normal numbers from one block: words 0 and 1 make the first two, words 2 and 3 the others.
pub fn normal_block(words: [u32; 4]) -> [f64; 4] {
    let [a, b] = normal_pair(words[0], words[1]);
    let [c, d] = normal_pair(words[2], words[3]);
    [a, b, c, d]
}

/// Puts `items` into an order that the stream alone decides (Fisher and Yates, from the back).
///
/// An index below n is the high half of `word · n`, off from uniform by less than n · 2⁻³².
pub fn shuffle<T>(items: &mut [T], stream: Stream) {
    for last in (1..items.len()).rev() {
        let chosen = (u64::from(stream.word(last as u64)) * (last as u64 + 1)) >> 32;
        items.swap(last, chosen as usize);
    }
}

/// The rows of one epoch in the order in which they are trained on.
pub fn shuffle_epoch(rows: &mut [u32], seed: u64, epoch: u64) {
    shuffle(rows, Stream::new(seed, Purpose::Shuffle, epoch));
}

/// 64 bits of a text (FNV-1a), the same on every machine and in every version.
pub fn text_hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

fn halves(word: u64) -> [u32; 2] {
    [word as u32, (word >> 32) as u32]
}

#[cfg(test)]
mod tests;
