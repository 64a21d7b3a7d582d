//! What the oracle computes with: numbers, or numbers with their derivatives along a direction.
use crate::op::row::{Binary, Unary};
use crate::op::{ReduceOp, Tie};

/// A number, as the evaluator sees it.
pub trait Scalar: Copy + PartialEq + std::fmt::Debug {
    fn constant(value: f64) -> Self;
    /// An element of a leaf, and how fast it moves along the direction.
    fn moving(value: f64, speed: f64) -> Self;
    fn value(self) -> f64;
    fn plus(self, other: Self) -> Self;
    fn times(self, other: Self) -> Self;
    fn over(self, count: f64) -> Self;
    fn unary(row: &Unary, x: Self) -> Self;
    /// `is_number` says of each argument whether it is made of numbers and settings alone.
    fn binary(row: &Binary, x: Self, y: Self, is_number: [bool; 2]) -> Self;

    /// One more element of a reduction.
    fn combined(op: ReduceOp, sum: Self, x: Self) -> Self {
        match op {
            ReduceOp::Sum | ReduceOp::Mean => sum.plus(x),
            ReduceOp::Product => sum.times(x),
            ReduceOp::Max | ReduceOp::Min | ReduceOp::Argmax | ReduceOp::Argmin => {
                let next = (op.row().combine)(sum.value(), x.value());
                if next == sum.value() { sum } else { x }
            }
        }
    }
}

impl Scalar for f64 {
    fn constant(value: f64) -> f64 {
        value
    }
    fn moving(value: f64, _: f64) -> f64 {
        value
    }
    fn value(self) -> f64 {
        self
    }
    fn plus(self, other: f64) -> f64 {
        self + other
    }
    fn times(self, other: f64) -> f64 {
        self * other
    }
    fn over(self, count: f64) -> f64 {
        self / count
    }
    fn unary(row: &Unary, x: f64) -> f64 {
        (row.value)(x)
    }
    fn binary(row: &Binary, x: f64, y: f64, _: [bool; 2]) -> f64 {
        (row.value)(x, y)
    }
}

/// A dual number of the second order: a value on its way along a direction, its speed and its acceleration there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Jet {
    pub value: f64,
    pub first: f64,
    pub second: f64,
}

impl Scalar for Jet {
    fn constant(value: f64) -> Jet {
        Jet { value, first: 0.0, second: 0.0 }
    }
    fn moving(value: f64, speed: f64) -> Jet {
        Jet { value, first: speed, second: 0.0 }
    }
    fn value(self) -> f64 {
        self.value
    }
    fn plus(self, other: Jet) -> Jet {
        Jet { value: self.value + other.value, first: self.first + other.first, second: self.second + other.second }
    }
    fn times(self, other: Jet) -> Jet {
        Jet {
            value: self.value * other.value,
            first: self.first * other.value + self.value * other.first,
            second: self.second * other.value + 2.0 * self.first * other.first + self.value * other.second,
        }
    }
    fn over(self, count: f64) -> Jet {
        Jet { value: self.value / count, first: self.first / count, second: self.second / count }
    }
    fn unary(row: &Unary, x: Jet) -> Jet {
        let [slope, bend] = (row.slopes)(x.value);
        Jet {
            value: (row.value)(x.value),
            first: moved(slope, x.first),
            second: moved(bend, x.first * x.first) + moved(slope, x.second),
        }
    }
    fn binary(row: &Binary, x: Jet, y: Jet, is_number: [bool; 2]) -> Jet {
        let value = (row.value)(x.value, y.value);
        // At a tie with a constant neither moves.
        if row.tie == Tie::Second && x.value == y.value && is_number.contains(&true) {
            return Jet::constant(value);
        }
        let [by_x, by_y, xx, xy, yy] = (row.slopes)(x.value, y.value);
        let bent = moved(xx, x.first * x.first) + moved(2.0 * xy, x.first * y.first) + moved(yy, y.first * y.first);
        Jet {
            value,
            first: moved(by_x, x.first) + moved(by_y, y.first),
            second: bent + moved(by_x, x.second) + moved(by_y, y.second),
        }
    }
}

/// What does not move stays, however steep it is there.
fn moved(slope: f64, by: f64) -> f64 {
    if by == 0.0 { 0.0 } else { slope * by }
}
