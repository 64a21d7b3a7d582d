//! Initial values of parameters: the distributions by name, their fans, and the numbers, by (seed, path).
use super::{Purpose, Stream, normal_block, uniform};

/// How a parameter begins. Beside Keras and PyTorch: `Glorot` is Keras' `GlorotUniform` and PyTorch's `xavier_uniform_`, `He` is `HeNormal` (untruncated)
/// and `kaiming_normal_(mode="fan_in", nonlinearity="relu")`, `Lecun` is `LecunNormal` (untruncated), `Orthogonal` is `orthogonal_` with gain 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Distribution {
    /// Uniform in ±√(6 / (fan in + fan out)) (Glorot and Bengio, 2010).
    Glorot,
    /// Normal with variance 2 / fan in (He et al., 2015).
    He,
    /// Normal with variance 1 / fan in (LeCun et al., 1998).
    Lecun,
    /// Rows (or, of a tall matrix, columns) of length 1 at right angles (Saxe et al., 2014).
    Orthogonal,
    Uniform {
        low: f64,
        high: f64,
    },
    Normal {
        mean: f64,
        deviation: f64,
    },
}

impl Distribution {
    /// The distribution of a name and its numbers, as in `~ normal(0.1)`. The error says what was expected.
    pub fn from_name(name: &str, numbers: &[f64]) -> Result<Distribution, String> {
        let distribution = match (name, numbers) {
            ("glorot", []) => Distribution::Glorot,
            ("he", []) => Distribution::He,
            ("lecun", []) => Distribution::Lecun,
            ("orthogonal", []) => Distribution::Orthogonal,
            ("uniform", [low, high]) if low < high => Distribution::Uniform { low: *low, high: *high },
            ("uniform", [low, high]) => return Err(format!("`uniform(low, high)`: {low} is not less than {high}")),
            ("normal", [.., deviation]) if *deviation < 0.0 => {
                return Err(format!("the deviation of `normal` is 0 or more, not {deviation}"));
            }
            ("normal", [deviation]) => Distribution::Normal { mean: 0.0, deviation: *deviation },
            ("normal", [mean, deviation]) => Distribution::Normal { mean: *mean, deviation: *deviation },
            ("glorot" | "he" | "lecun" | "orthogonal", _) => return Err(format!("`{name}` takes no numbers")),
            ("uniform", _) => return Err("`uniform` takes two numbers: `uniform(low, high)`".to_string()),
            ("normal", _) => return Err("`normal` takes a deviation, or a mean and a deviation".to_string()),
            _ => return Err(format!("distributions are {}", Distribution::NAMES.join(", "))),
        };
        Ok(distribution)
    }

    /// The names that `from_name` knows.
    pub const NAMES: [&'static str; 6] = ["glorot", "he", "lecun", "orthogonal", "uniform", "normal"];
}

/// How many numbers flow into and out of one unit of a parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fans {
    pub fan_in: f64,
    pub fan_out: f64,
}

/// The fans of a shape: `[n]` is n and 1, `[out, in]`, a kernel `[size.., in, out]` counts its size on both sides. A number is 1 and 1.
pub fn fans(shape: &[usize]) -> Fans {
    let (fan_in, fan_out) = match shape {
        [] => (1, 1),
        [n] => (*n, 1),
        [out, into] => (*into, *out),
        [size @ .., into, out] => {
            let size: usize = size.iter().product();
            (size * into, size * out)
        }
    };
    Fans { fan_in: fan_in as f64, fan_out: fan_out as f64 }
}

/// The initial values of the parameter `path`, row-major.
///
/// `gates` is the number of equal blocks along the first axis that begin independently, each with its own fans (an LSTM's `[4m, n]` is four); else 1.
pub fn initial_values(distribution: Distribution, shape: &[usize], gates: usize, seed: u64, path: &str) -> Vec<f64> {
    let stream = Stream::named(seed, Purpose::Initial, path);
    let count: usize = shape.iter().product();
    let mut gate_shape = shape.to_vec();
    if let Some(first) = gate_shape.first_mut().filter(|first| 1 < gates && **first % gates == 0) {
        *first /= gates;
    }
    let Fans { fan_in, fan_out } = fans(&gate_shape);
    match distribution {
        Distribution::Glorot => {
            let bound = libm::sqrt(6.0 / (fan_in + fan_out));
            uniform_values(count, stream, -bound, bound)
        }
        Distribution::He => normal_values(count, stream, 0.0, libm::sqrt(2.0 / fan_in)),
        Distribution::Lecun => normal_values(count, stream, 0.0, libm::sqrt(1.0 / fan_in)),
        Distribution::Uniform { low, high } => uniform_values(count, stream, low, high),
        Distribution::Normal { mean, deviation } => normal_values(count, stream, mean, deviation),
        Distribution::Orthogonal => {
            let mut values = normal_values(count, stream, 0.0, 1.0);
            let gate_size: usize = gate_shape.iter().product();
            if gate_size != 0 {
                values.chunks_mut(gate_size).for_each(|gate| orthogonalise(gate, &gate_shape));
            }
            values
        }
    }
}

/// `count` numbers in (low, high].
pub fn uniform_values(count: usize, stream: Stream, low: f64, high: f64) -> Vec<f64> {
    values(count, stream, |words| words.map(|word| low + (high - low) * uniform(word)))
}

/// `count` numbers with this mean and standard deviation.
pub fn normal_values(count: usize, stream: Stream, mean: f64, deviation: f64) -> Vec<f64> {
    values(count, stream, |words| normal_block(words).map(|number| mean + deviation * number))
}

fn values(count: usize, stream: Stream, four: impl Fn([u32; 4]) -> [f64; 4]) -> Vec<f64> {
    let mut values = Vec::with_capacity(count.next_multiple_of(4));
    for block in 0..count.div_ceil(4) as u64 {
        values.extend(four(stream.block([block as u32, (block >> 32) as u32, 0, 0])));
    }
    values.truncate(count);
    values
}

/// Turns a matrix of normal numbers into one with orthonormal rows, or columns if there are more rows than columns. Axes before the last (of a kernel)
/// are taken together. Gram and Schmidt's process, each vector twice, which is as exact as Householder's ("twice is enough").
fn orthogonalise(values: &mut [f64], shape: &[usize]) {
    let columns = if shape.len() < 2 { values.len() } else { shape[shape.len() - 1] };
    let rows = values.len() / columns;
    let mut vectors: Vec<Vec<f64>> = if rows <= columns {
        values.chunks(columns).map(<[f64]>::to_vec).collect()
    } else {
        (0..columns).map(|column| (0..rows).map(|row| values[row * columns + column]).collect()).collect()
    };
    for current in 0..vectors.len() {
        let (done, rest) = vectors.split_at_mut(current);
        let vector = &mut rest[0];
        for _ in 0..2 {
            for other in done.iter() {
                let along = dot(vector, other);
                vector.iter_mut().zip(other).for_each(|(v, o)| *v -= along * o);
            }
        }
        let length = libm::sqrt(dot(vector, vector));
        vector.iter_mut().for_each(|v| *v /= length);
    }
    for (index, value) in values.iter_mut().enumerate() {
        let (row, column) = (index / columns, index % columns);
        *value = if rows <= columns { vectors[row][column] } else { vectors[column][row] };
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
