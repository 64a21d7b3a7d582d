//! Arithmetic: signs, sums, products, quotients, the greater and the lesser of two.
use super::Interval;
use super::lowering::arithmetic;
use super::row::{Notation, Result, Tie, Zeros, rows};

rows! { UNARY: Unary;
    NEGATE {
        name: "neg",
        doc: "the number with the other sign",
        notation: Notation::Prefix("-", 10),
        spelled: None,
        result: Result::Real,
        samples: (-10.0, 10.0),
        kinks: &[],
        tie: Tie::Nowhere,
        zeros: Zeros::Stay,
        range: |x| x.negate(),
        value: |x| -x,
        slopes: |_| [-1.0, 0.0],
        lower: arithmetic!(x => -x),
        derivative: |_, _, d| -d,
    }
    ABS {
        name: "abs",
        doc: "the absolute value; abs'(0) = 0",
        notation: Notation::Bars,
        spelled: None,
        result: Result::Real,
        samples: (-10.0, 10.0),
        kinks: &[0.0],
        tie: Tie::Neither,
        zeros: Zeros::Lost,
        range: |x| x.absolute(),
        value: f64::abs,
        slopes: |x| [if x == 0.0 { 0.0 } else { x.signum() }, 0.0],
        lower: arithmetic!(x => x.abs()),
        derivative: |x, _, d| d * x.sign(),
    }
    SIGN {
        name: "sign",
        doc: "-1, 0 or 1; its derivative is zero",
        notation: Notation::Call,
        spelled: None,
        result: Result::Real,
        samples: (-10.0, 10.0),
        kinks: &[0.0],
        tie: Tie::Nowhere,
        zeros: Zeros::Lost,
        range: |_| Interval::SIGNED_UNIT,
        value: |x| if x > 0.0 { 1.0 } else if x < 0.0 { -1.0 } else { 0.0 },
        slopes: |_| [0.0, 0.0],
        lower: arithmetic!(x => L::select(x.greater(x.constant(0.0)), x.constant(1.0), L::select(x.less(x.constant(0.0)), x.constant(-1.0), x.constant(0.0)))),
        derivative: |_, _, d| d.constant(0.0),
    }
    STOP_GRADIENT {
        name: "stop_gradient",
        doc: "the value itself, whose derivative is taken to be zero",
        notation: Notation::Call,
        spelled: None,
        result: Result::Real,
        samples: (0.0, 0.0),
        kinks: &[0.0],
        tie: Tie::Nowhere,
        zeros: Zeros::Lost,
        range: |x| x,
        value: |x| x,
        slopes: |_| [0.0, 0.0],
        lower: arithmetic!(x => x),
        derivative: |_, _, d| d.constant(0.0),
    }
}

rows! { BINARY: Binary;
    ADD {
        name: "add",
        doc: "the sum",
        notation: Notation::Infix("+", 8),
        spelled: None,
        result: Result::Real,
        samples: [(-10.0, 10.0), (-10.0, 10.0)],
        kink: |_, _| false,
        tie: Tie::Nowhere,
        zeros: Zeros::Stay,
        commutative: true,
        range: |x, y| x.plus(y),
        value: |x, y| x + y,
        slopes: |_, _| [1.0, 1.0, 0.0, 0.0, 0.0],
        lower: arithmetic!(x, y => x + y),
        derivative_x: |_, _, _, d| d,
        derivative_y: |_, _, _, d| d,
    }
    SUBTRACT {
        name: "sub",
        doc: "the difference",
        notation: Notation::Infix("-", 8),
        spelled: None,
        result: Result::Real,
        samples: [(-10.0, 10.0), (-10.0, 10.0)],
        kink: |_, _| false,
        tie: Tie::Nowhere,
        zeros: Zeros::Stay,
        commutative: false,
        range: |x, y| x.plus(y.negate()),
        value: |x, y| x - y,
        slopes: |_, _| [1.0, -1.0, 0.0, 0.0, 0.0],
        lower: arithmetic!(x, y => x - y),
        derivative_x: |_, _, _, d| d,
        derivative_y: |_, _, _, d| -d,
    }
    MULTIPLY {
        name: "mul",
        doc: "the product, element by element",
        notation: Notation::Infix("*", 9),
        spelled: None,
        result: Result::Real,
        samples: [(-10.0, 10.0), (-10.0, 10.0)],
        kink: |_, _| false,
        tie: Tie::Nowhere,
        zeros: Zeros::StayBesideNumbers,
        commutative: true,
        range: |x, y| x.times(y),
        value: |x, y| x * y,
        slopes: |x, y| [y, x, 0.0, 1.0, 0.0],
        lower: arithmetic!(x, y => x * y),
        derivative_x: |_, y, _, d| d * y,
        derivative_y: |x, _, _, d| d * x,
    }
    DIVIDE {
        name: "div",
        doc: "the quotient, element by element",
        notation: Notation::Fraction,
        spelled: None,
        result: Result::Real,
        samples: [(-10.0, 10.0), (0.1, 10.0)],
        kink: |_, y| y.abs() < 1e-3,
        tie: Tie::Nowhere,
        zeros: Zeros::StayBesideNumbers,
        commutative: false,
        range: |x, y| {
            if y.low > 0.0 || y.high < 0.0 {
                x.times(Interval::new(1.0 / y.high, 1.0 / y.low))
            } else if x.low >= 0.0 && y.low >= 0.0 {
                Interval::NONNEGATIVE
            } else {
                Interval::ALL
            }
        },
        value: |x, y| x / y,
        slopes: |x, y| [1.0 / y, -x / (y * y), 0.0, -1.0 / (y * y), 2.0 * x / (y * y * y)],
        lower: arithmetic!(x, y => x / y),
        derivative_x: |_, y, _, d| d / y,
        derivative_y: |_, y, q, d| -(d * q / y),
    }
    MAX {
        name: "max",
        doc: "the greater of two, element by element; at equal values the derivative goes to the second, and none to a constant",
        notation: Notation::Call,
        spelled: None,
        result: Result::Real,
        samples: [(-10.0, 10.0), (-10.0, 10.0)],
        kink: |x, y| (x - y).abs() < 1e-3,
        tie: Tie::Second,
        zeros: Zeros::Stay,
        commutative: false,
        range: |x, y| Interval::new(x.low.max(y.low), x.high.max(y.high)),
        value: |x, y| if x > y || x.is_nan() { x } else { y },
        slopes: |x, y| if x > y { [1.0, 0.0, 0.0, 0.0, 0.0] } else { [0.0, 1.0, 0.0, 0.0, 0.0] },
        lower: arithmetic!(x, y => x.max(y)),
        derivative_x: |x, y, _, d| x.greater(y).select(d, d.constant(0.0)),
        derivative_y: |x, y, _, d| y.at_least(x).select(d, d.constant(0.0)),
    }
    MIN {
        name: "min",
        doc: "the lesser of two, element by element; at equal values the derivative goes to the second, and none to a constant",
        notation: Notation::Call,
        spelled: None,
        result: Result::Real,
        samples: [(-10.0, 10.0), (-10.0, 10.0)],
        kink: |x, y| (x - y).abs() < 1e-3,
        tie: Tie::Second,
        zeros: Zeros::Stay,
        commutative: false,
        range: |x, y| Interval::new(x.low.min(y.low), x.high.min(y.high)),
        value: |x, y| if x < y || x.is_nan() { x } else { y },
        slopes: |x, y| if x < y { [1.0, 0.0, 0.0, 0.0, 0.0] } else { [0.0, 1.0, 0.0, 0.0, 0.0] },
        lower: arithmetic!(x, y => x.min(y)),
        derivative_x: |x, y, _, d| x.less(y).select(d, d.constant(0.0)),
        derivative_y: |x, y, _, d| y.at_most(x).select(d, d.constant(0.0)),
    }
}
