//! Rounding and remainders: piecewise constant, or nearly.
use super::lowering::arithmetic;
use super::row::{Notation, Result, Tie, Zeros, rows};

rows! { UNARY: Unary;
    FLOOR {
        name: "floor",
        doc: "the greatest whole number that is not greater; its derivative is zero",
        notation: Notation::Call,
        spelled: None,
        result: Result::Real,
        samples: (-10.3, 10.3),
        kinks: &[-10.0, -9.0, -8.0, -7.0, -6.0, -5.0, -4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0],
        tie: Tie::Nowhere,
        zeros: Zeros::Lost,
        range: |x| x.rising(f64::floor),
        value: f64::floor,
        slopes: |_| [0.0, 0.0],
        lower: arithmetic!(x => x.floor()),
        derivative: |_, _, d| d.constant(0.0),
    }
    CEIL {
        name: "ceil",
        doc: "the least whole number that is not less; its derivative is zero",
        notation: Notation::Call,
        spelled: None,
        result: Result::Real,
        samples: (-10.3, 10.3),
        kinks: &[-10.0, -9.0, -8.0, -7.0, -6.0, -5.0, -4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0],
        tie: Tie::Nowhere,
        zeros: Zeros::Lost,
        range: |x| x.rising(f64::ceil),
        value: f64::ceil,
        slopes: |_| [0.0, 0.0],
        lower: arithmetic!(x => x.ceil()),
        derivative: |_, _, d| d.constant(0.0),
    }
    ROUND {
        name: "round",
        doc: "the nearest whole number, halves to the even one; its derivative is zero",
        notation: Notation::Call,
        spelled: None,
        result: Result::Real,
        samples: (-4.3, 4.3),
        kinks: &[-3.5, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5],
        tie: Tie::Nowhere,
        zeros: Zeros::Lost,
        range: |x| x.rising(f64::round_ties_even),
        value: f64::round_ties_even,
        slopes: |_| [0.0, 0.0],
        lower: arithmetic!(x => x.round_even()),
        derivative: |_, _, d| d.constant(0.0),
    }
}

rows! { BINARY: Binary;
    MODULO {
        name: "mod",
        doc: "x - y floor(x / y): the remainder, with the sign of y",
        notation: Notation::Call,
        spelled: None,
        result: Result::Real,
        samples: [(0.0, 10.0), (2.9, 3.1)],
        kink: |x, y| { let r = x - y * (x / y).floor(); r < 1e-2 || y - r < 1e-2 },
        tie: Tie::Nowhere,
        zeros: Zeros::Lost,
        commutative: false,
        range: |_, y| if y.low > 0.0 { super::Interval::new(0.0, y.high) } else { super::Interval::ALL },
        value: |x, y| x - y * (x / y).floor(),
        slopes: |x, y| [1.0, -(x / y).floor(), 0.0, 0.0, 0.0],
        lower: arithmetic!(x, y => x - y * (x / y).floor()),
        derivative_x: |_, _, _, d| d,
        derivative_y: |x, y, _, d| -(d * (x / y).floor()),
    }
}
