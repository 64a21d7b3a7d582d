//! Affine functions of loop variables: how kernels and steps address their buffers, and the intervals that prove it in bounds.
use std::ops::{Add, Mul, Neg, Sub};

/// The variable of a loop. Numbers are unique within one kernel, and within the steps of one program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LoopVariable(pub u32);

/// `constant + Σ coefficient · variable`, in elements of a buffer (or whatever the user of it counts).
/// Terms are sorted by variable and have no zero coefficients, so equal functions are equal values.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Affine {
    pub constant: i64,
    pub terms: Vec<(LoopVariable, i64)>,
}

impl Affine {
    /// The factor of `variable`, 0 if it does not occur.
    pub fn coefficient(&self, variable: LoopVariable) -> i64 {
        self.terms.iter().find(|t| t.0 == variable).map_or(0, |t| t.1)
    }

    pub fn uses(&self, variable: LoopVariable) -> bool {
        self.coefficient(variable) != 0
    }

    /// The value, given the values of the variables.
    pub fn at(&self, value: impl Fn(LoopVariable) -> i64) -> i64 {
        self.constant + self.terms.iter().map(|&(v, c)| c * value(v)).sum::<i64>()
    }

    /// The smallest interval that holds the function, given those of the variables; `None` if that leaves 64 bits or a variable is unknown.
    pub fn interval(&self, of: impl Fn(LoopVariable) -> Option<Interval>) -> Option<Interval> {
        self.terms.iter().try_fold(Interval::point(self.constant), |sum, &(v, c)| sum.plus(of(v)?.times(c)?))
    }

    /// `self + factor · other`; `None` if a number leaves 64 bits.
    pub fn add_scaled(&self, other: &Affine, factor: i64) -> Option<Affine> {
        let mut sum = self.clone();
        sum.constant = sum.constant.checked_add(other.constant.checked_mul(factor)?)?;
        for &(variable, coefficient) in &other.terms {
            let added = coefficient.checked_mul(factor)?;
            match sum.terms.binary_search_by_key(&variable, |t| t.0) {
                Ok(at) => sum.terms[at].1 = sum.terms[at].1.checked_add(added)?,
                Err(at) => sum.terms.insert(at, (variable, added)),
            }
        }
        sum.terms.retain(|t| t.1 != 0);
        Some(sum)
    }

    /// As text, `64 i1 + i2 - 3`, with the names that `name` gives.
    pub fn text(&self, name: impl Fn(LoopVariable) -> String) -> String {
        let mut text = String::new();
        let mut sum = |factor: i64, name: Option<String>| {
            let sign = match (text.is_empty(), factor < 0) {
                (true, false) => "",
                (true, true) => "-",
                (false, false) => " + ",
                (false, true) => " - ",
            };
            text.push_str(sign);
            match (factor.unsigned_abs(), name) {
                (1, Some(name)) => text.push_str(&name),
                (size, Some(name)) => text.push_str(&format!("{size} {name}")),
                (size, None) => text.push_str(&size.to_string()),
            }
        };
        for &(variable, factor) in &self.terms {
            sum(factor, Some(name(variable)));
        }
        if self.constant != 0 || self.terms.is_empty() {
            sum(self.constant, None);
        }
        text
    }
}

/// All whole numbers from `low` to `high`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Interval {
    pub low: i64,
    pub high: i64,
}

impl Interval {
    pub fn new(low: i64, high: i64) -> Interval {
        Interval { low, high }
    }
    pub fn point(at: i64) -> Interval {
        Interval { low: at, high: at }
    }
    /// `0 .. count`, the values of a loop variable.
    pub fn below(count: usize) -> Interval {
        Interval { low: 0, high: count as i64 - 1 }
    }
    pub fn contains(self, inner: Interval) -> bool {
        self.low <= inner.low && inner.high <= self.high
    }
    pub fn meets(self, other: Interval) -> bool {
        self.low <= other.high && other.low <= self.high
    }
    pub fn plus(self, other: Interval) -> Option<Interval> {
        Some(Interval { low: self.low.checked_add(other.low)?, high: self.high.checked_add(other.high)? })
    }
    pub fn times(self, factor: i64) -> Option<Interval> {
        let (a, b) = (self.low.checked_mul(factor)?, self.high.checked_mul(factor)?);
        Some(Interval { low: a.min(b), high: a.max(b) })
    }
}

impl From<LoopVariable> for Affine {
    fn from(variable: LoopVariable) -> Affine {
        Affine { constant: 0, terms: vec![(variable, 1)] }
    }
}

impl From<i64> for Affine {
    fn from(constant: i64) -> Affine {
        Affine { constant, terms: vec![] }
    }
}

/// Arithmetic for whoever writes kernels: `b * 64 + j - 1`. A number that leaves 64 bits is a planner's mistake and saturates
/// into an index that the verifier refuses.
impl<T: Into<Affine>> Add<T> for Affine {
    type Output = Affine;
    fn add(self, other: T) -> Affine {
        self.add_scaled(&other.into(), 1).unwrap_or(Affine::from(i64::MAX))
    }
}

impl<T: Into<Affine>> Sub<T> for Affine {
    type Output = Affine;
    fn sub(self, other: T) -> Affine {
        self.add_scaled(&other.into(), -1).unwrap_or(Affine::from(i64::MAX))
    }
}

impl Mul<i64> for Affine {
    type Output = Affine;
    fn mul(self, factor: i64) -> Affine {
        Affine::default().add_scaled(&self, factor).unwrap_or(Affine::from(i64::MAX))
    }
}

impl Neg for Affine {
    type Output = Affine;
    fn neg(self) -> Affine {
        self * -1
    }
}

impl<T: Into<Affine>> Add<T> for LoopVariable {
    type Output = Affine;
    fn add(self, other: T) -> Affine {
        Affine::from(self) + other
    }
}

impl<T: Into<Affine>> Sub<T> for LoopVariable {
    type Output = Affine;
    fn sub(self, other: T) -> Affine {
        Affine::from(self) - other
    }
}

impl Mul<i64> for LoopVariable {
    type Output = Affine;
    fn mul(self, factor: i64) -> Affine {
        Affine::from(self) * factor
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const I: LoopVariable = LoopVariable(0);
    const J: LoopVariable = LoopVariable(1);

    #[test]
    fn equal_functions_are_equal_values() {
        assert_eq!(J + I * 64 - 3, I * 64 + (J - 3));
        assert_eq!(I + J - J, Affine::from(I));
        assert_eq!((I * 2 + J) * -1, -(J + I * 2));
    }

    #[test]
    fn text_reads_as_written() {
        let name = |v: LoopVariable| format!("i{}", v.0);
        assert_eq!((I * 64 + J - 3).text(name), "64 i0 + i1 - 3");
        assert_eq!((-Affine::from(J) + 7).text(name), "-i1 + 7");
        assert_eq!(Affine::default().text(name), "0");
    }

    #[test]
    fn intervals_follow_the_signs() {
        let of = |v: LoopVariable| Some(if v == I { Interval::below(10) } else { Interval::below(3) });
        assert_eq!((I * 4 - J * 2 + 1).interval(of), Some(Interval::new(-3, 37)));
        assert_eq!((I * i64::MAX).interval(of), None);
    }
}
