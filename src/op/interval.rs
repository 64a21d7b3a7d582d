//! Intervals of real numbers: what a value may be, as far as the compiler knows.

/// `low <= x <= high`; infinite ends are open.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

impl Interval {
    pub const ALL: Interval = Interval { low: f64::NEG_INFINITY, high: f64::INFINITY };
    pub const UNIT: Interval = Interval { low: 0.0, high: 1.0 };
    pub const SIGNED_UNIT: Interval = Interval { low: -1.0, high: 1.0 };
    pub const NONNEGATIVE: Interval = Interval { low: 0.0, high: f64::INFINITY };

    pub fn new(low: f64, high: f64) -> Interval {
        if low.is_nan() || high.is_nan() || low > high { Interval::ALL } else { Interval { low, high } }
    }
    pub fn point(value: f64) -> Interval {
        Interval::new(value, value)
    }
    /// The image under a function that never falls.
    pub fn rising(self, f: impl Fn(f64) -> f64) -> Interval {
        Interval::new(f(self.low), f(self.high))
    }
    /// The smallest interval that holds both.
    pub fn hull(self, other: Interval) -> Interval {
        Interval::new(self.low.min(other.low), self.high.max(other.high))
    }
    pub fn within(self, other: Interval) -> bool {
        other.low <= self.low && self.high <= other.high
    }
    pub fn contains(self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }
    pub fn negate(self) -> Interval {
        Interval::new(-self.high, -self.low)
    }
    pub fn plus(self, other: Interval) -> Interval {
        Interval::new(self.low + other.low, self.high + other.high)
    }
    pub fn times(self, other: Interval) -> Interval {
        let product = |x: f64, y: f64| if x == 0.0 || y == 0.0 { 0.0 } else { x * y };
        let ends = [(self.low, other.low), (self.low, other.high), (self.high, other.low), (self.high, other.high)];
        let values = ends.map(|(x, y)| product(x, y));
        Interval::new(
            values.iter().copied().fold(f64::INFINITY, f64::min),
            values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        )
    }
    pub fn absolute(self) -> Interval {
        if self.low >= 0.0 {
            self
        } else if self.high <= 0.0 {
            self.negate()
        } else {
            Interval::new(0.0, self.high.max(-self.low))
        }
    }
}
