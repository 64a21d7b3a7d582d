//! Arithmetic: signs, sums, products, quotients, the greater and the lesser of two.
use super::Interval;
use super::lowering::arithmetic;
use super::row::{Notation, Result, rows};

rows! { UNARY: Unary;
    NEGATE {
        name: "neg",
        doc: "the number with the other sign",
        notation: Notation::Prefix("-", 10),
        result: Result::Real,
        samples: (-10.0, 10.0),
        kinks: &[],
        smooth: true,
        range: |x| x.negate(),
        value: |x| -x,
        lower: arithmetic!(x => -x),
        derivative: |_, _, d| -d,
    }
    ABS {
        name: "abs",
        doc: "the absolute value; abs'(0) = 0",
        notation: Notation::Bars,
        result: Result::Real,
        samples: (-10.0, 10.0),
        kinks: &[0.0],
        smooth: true,
        range: |x| x.absolute(),
        value: f64::abs,
        lower: arithmetic!(x => x.abs()),
        derivative: |x, _, d| d * x.sign(),
    }
    SIGN {
        name: "sign",
        doc: "-1, 0 or 1; its derivative is zero",
        notation: Notation::Call,
        result: Result::Real,
        samples: (-10.0, 10.0),
        kinks: &[0.0],
        smooth: true,
        range: |_| Interval::SIGNED_UNIT,
        value: |x| if x > 0.0 { 1.0 } else if x < 0.0 { -1.0 } else { 0.0 },
        lower: arithmetic!(x => L::select(x.greater(x.constant(0.0)), x.constant(1.0), L::select(x.less(x.constant(0.0)), x.constant(-1.0), x.constant(0.0)))),
        derivative: |_, _, d| d.constant(0.0),
    }
    STOP_GRADIENT {
        name: "stop_gradient",
        doc: "the value itself, whose derivative is taken to be zero",
        notation: Notation::Call,
        result: Result::Real,
        samples: (0.0, 0.0),
        kinks: &[0.0],
        smooth: true,
        range: |x| x,
        value: |x| x,
        lower: arithmetic!(x => x),
        derivative: |_, _, d| d.constant(0.0),
    }
}

rows! { BINARY: Binary;
    ADD {
        name: "add",
        doc: "the sum",
        notation: Notation::Infix("+", 8),
        result: Result::Real,
        samples: [(-10.0, 10.0), (-10.0, 10.0)],
        kink: |_, _| false,
        smooth: true,
        commutative: true,
        range: |x, y| x.plus(y),
        value: |x, y| x + y,
        lower: arithmetic!(x, y => x + y),
        derivative_x: |_, _, _, d| d,
        derivative_y: |_, _, _, d| d,
    }
    SUBTRACT {
        name: "sub",
        doc: "the difference",
        notation: Notation::Infix("-", 8),
        result: Result::Real,
        samples: [(-10.0, 10.0), (-10.0, 10.0)],
        kink: |_, _| false,
        smooth: true,
        commutative: false,
        range: |x, y| x.plus(y.negate()),
        value: |x, y| x - y,
        lower: arithmetic!(x, y => x - y),
        derivative_x: |_, _, _, d| d,
        derivative_y: |_, _, _, d| -d,
    }
    MULTIPLY {
        name: "mul",
        doc: "the product, element by element",
        notation: Notation::Infix("*", 9),
        result: Result::Real,
        samples: [(-10.0, 10.0), (-10.0, 10.0)],
        kink: |_, _| false,
        smooth: true,
        commutative: true,
        range: |x, y| x.times(y),
        value: |x, y| x * y,
        lower: arithmetic!(x, y => x * y),
        derivative_x: |_, y, _, d| d * y,
        derivative_y: |x, _, _, d| d * x,
    }
    DIVIDE {
        name: "div",
        doc: "the quotient, element by element",
        notation: Notation::Fraction,
        result: Result::Real,
        samples: [(-10.0, 10.0), (0.1, 10.0)],
        kink: |_, y| y.abs() < 1e-3,
        smooth: false,
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
        lower: arithmetic!(x, y => x / y),
        derivative_x: |_, y, _, d| d / y,
        derivative_y: |_, y, q, d| -(d * q / y),
    }
    MAX {
        name: "max",
        doc: "the greater of two, element by element; at equal values the derivative goes to the second, and none to a constant",
        notation: Notation::Call,
        result: Result::Real,
        samples: [(-10.0, 10.0), (-10.0, 10.0)],
        kink: |x, y| (x - y).abs() < 1e-3,
        smooth: true,
        commutative: false,
        range: |x, y| Interval::new(x.low.max(y.low), x.high.max(y.high)),
        value: |x, y| if x > y || x.is_nan() { x } else { y },
        lower: arithmetic!(x, y => x.max(y)),
        derivative_x: |x, y, _, d| d * x.greater(y),
        derivative_y: |x, y, _, d| d * y.at_least(x),
    }
    MIN {
        name: "min",
        doc: "the lesser of two, element by element; at equal values the derivative goes to the second, and none to a constant",
        notation: Notation::Call,
        result: Result::Real,
        samples: [(-10.0, 10.0), (-10.0, 10.0)],
        kink: |x, y| (x - y).abs() < 1e-3,
        smooth: true,
        commutative: false,
        range: |x, y| Interval::new(x.low.min(y.low), x.high.min(y.high)),
        value: |x, y| if x < y || x.is_nan() { x } else { y },
        lower: arithmetic!(x, y => x.min(y)),
        derivative_x: |x, y, _, d| d * x.less(y),
        derivative_y: |x, y, _, d| d * y.at_most(x),
    }
}
