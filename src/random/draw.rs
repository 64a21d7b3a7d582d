//! Fresh draws: numbers for each element, each row of the data and each step, by (seed, site, step, row, element).
use super::{Purpose, Stream, draw_counter, normal_block, uniform};

/// What a fresh draw is drawn from; other means and deviations are made of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Noise {
    /// Uniform in (0, 1].
    Uniform,
    /// Normal, of mean 0 and deviation 1.
    Normal,
}

impl Noise {
    /// As one writes it.
    pub fn name(self) -> &'static str {
        match self {
            Noise::Uniform => "uniform(0, 1)",
            Noise::Normal => "normal(1)",
        }
    }
    /// Four numbers of a block of random words.
    fn four(self, words: [u32; 4]) -> [f64; 4] {
        match self {
            Noise::Uniform => words.map(uniform),
            Noise::Normal => normal_block(words),
        }
    }
}

/// Where one site draws: its numbers are those of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Site {
    pub noise: Noise,
    pub stream: Stream,
}

impl Site {
    /// The site of a name under a seed.
    pub fn new(noise: Noise, seed: u64, name: &str) -> Site {
        Site { noise, stream: Stream::named(seed, Purpose::Draw, name) }
    }
    /// The elements of a value for one row of the data in one step, one after the other.
    pub fn each(self, row: u32, step: u64, count: usize, mut to: impl FnMut(usize, f64)) {
        for block in 0..count.div_ceil(4) {
            let words = self.stream.block(draw_counter(block as u32, row, step));
            for (k, number) in self.noise.four(words).into_iter().enumerate() {
                let at = 4 * block + k;
                if at < count {
                    to(at, number);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_have_their_mean_and_deviation_and_depend_on_all_that_they_are_for() {
        let all = |noise, seed, name: &str, row, step| {
            let mut values = vec![];
            Site::new(noise, seed, name).each(row, step, 4099, |_, number| values.push(number));
            values
        };
        for (noise, mean, variance) in [(Noise::Uniform, 0.5, 1.0 / 12.0), (Noise::Normal, 0.0, 1.0)] {
            let values = all(noise, 1, "h.u", 3, 7);
            assert_eq!(values.len(), 4099);
            let own = values.iter().sum::<f64>() / 4099.0;
            let spread = values.iter().map(|v| (v - own).powi(2)).sum::<f64>() / 4099.0;
            assert!((own - mean).abs() < 0.03 && (spread - variance).abs() < 0.05, "{noise:?}: {own}, {spread}");
            let others = [
                all(noise, 2, "h.u", 3, 7),
                all(noise, 1, "h.v", 3, 7),
                all(noise, 1, "h.u", 4, 7),
                all(noise, 1, "h.u", 3, 8),
            ];
            for other in others {
                let same = values.iter().zip(&other).filter(|(a, b)| a == b).count();
                assert!(same < 5, "{same} are the same");
            }
        }
    }
}
