//! Exponentials, logarithms, powers and roots.
use super::lowering::{arithmetic, polynomial};
use super::row::{Notation, Result, Tie, Zeros, rows};
use super::{Interval, power};
use crate::vector::functions;

rows! { UNARY: Unary;
    EXP {
        name: "exp",
        doc: "the exponential function",
        notation: Notation::Call,
        spelled: None,
        result: Result::Real,
        samples: (-20.0, 20.0),
        kinks: &[],
        tie: Tie::Nowhere,
        zeros: Zeros::Lost,
        range: |x| x.rising(libm::exp),
        value: libm::exp,
        slopes: |x| [libm::exp(x); 2],
        lower: polynomial!(x => functions::exp(x), libm::exp),
        derivative: |_, y, d| d * y,
    }
    EXPM1 {
        name: "expm1",
        doc: "exp(x) - 1, precise near 0",
        notation: Notation::Call,
        spelled: None,
        result: Result::Real,
        samples: (-20.0, 20.0),
        kinks: &[],
        tie: Tie::Nowhere,
        zeros: Zeros::Lost,
        range: |x| x.rising(libm::expm1),
        value: libm::expm1,
        slopes: |x| [libm::exp(x); 2],
        lower: polynomial!(x => functions::expm1(x), libm::expm1),
        // Not y + 1, which cancels where x is far below 0.
        derivative: |x, _, d| d * x.exp(),
    }
    LOG {
        name: "log",
        doc: "the natural logarithm",
        notation: Notation::Call,
        spelled: None,
        result: Result::Real,
        samples: (0.01, 100.0),
        kinks: &[],
        tie: Tie::Nowhere,
        zeros: Zeros::Lost,
        range: |x| Interval::new(x.low.max(0.0), x.high.max(0.0)).rising(libm::log),
        value: libm::log,
        slopes: |x| [1.0 / x, -1.0 / (x * x)],
        lower: polynomial!(x => functions::log(x), libm::log),
        derivative: |x, _, d| d / x,
    }
    LOG1P {
        name: "log1p",
        doc: "log(1 + x), precise near 0",
        notation: Notation::Call,
        spelled: None,
        result: Result::Real,
        samples: (-0.9, 100.0),
        kinks: &[],
        tie: Tie::Nowhere,
        zeros: Zeros::Lost,
        range: |x| Interval::new(x.low.max(-1.0), x.high.max(-1.0)).rising(libm::log1p),
        value: libm::log1p,
        slopes: |x| [1.0 / (1.0 + x), -1.0 / ((1.0 + x) * (1.0 + x))],
        lower: polynomial!(x => functions::log1p(x), libm::log1p),
        derivative: |x, _, d| d / (1.0 + x),
    }
    SQRT {
        name: "sqrt",
        doc: "the square root",
        notation: Notation::Call,
        spelled: None,
        result: Result::Real,
        samples: (0.01, 100.0),
        kinks: &[],
        tie: Tie::Nowhere,
        zeros: Zeros::Lost,
        range: |x| Interval::new(x.low.max(0.0), x.high.max(0.0)).rising(f64::sqrt),
        value: f64::sqrt,
        slopes: |x| [0.5 / x.sqrt(), -0.25 / (x * x.sqrt())],
        lower: arithmetic!(x => x.sqrt()),
        derivative: |_, y, d| d / (2.0 * y),
    }
    RSQRT {
        name: "rsqrt",
        doc: "1 / sqrt(x)",
        notation: Notation::Call,
        spelled: None,
        result: Result::Real,
        samples: (0.01, 100.0),
        kinks: &[],
        tie: Tie::Nowhere,
        zeros: Zeros::Lost,
        range: |_| Interval::NONNEGATIVE,
        value: |x| 1.0 / x.sqrt(),
        slopes: |x| [-0.5 / (x * x.sqrt()), 0.75 / (x * x * x.sqrt())],
        lower: arithmetic!(x => x.constant(1.0) / x.sqrt()),
        derivative: |x, y, d| -(d * y / (2.0 * x)),
    }
    RECIPROCAL {
        name: "reciprocal",
        doc: "1 / x",
        notation: Notation::Call,
        spelled: None,
        result: Result::Real,
        samples: (0.1, 10.0),
        kinks: &[],
        tie: Tie::Nowhere,
        zeros: Zeros::Lost,
        range: |x| if x.low > 0.0 || x.high < 0.0 { Interval::new(1.0 / x.high, 1.0 / x.low) } else if x.low >= 0.0 { Interval::NONNEGATIVE } else { Interval::ALL },
        value: |x| 1.0 / x,
        slopes: |x| [-1.0 / (x * x), 2.0 / (x * x * x)],
        lower: arithmetic!(x => x.constant(1.0) / x),
        derivative: |_, y, d| -(d * y.squared()),
    }
    ERF {
        name: "erf",
        doc: "the error function",
        notation: Notation::Call,
        spelled: None,
        result: Result::Real,
        samples: (-4.0, 4.0),
        kinks: &[],
        tie: Tie::Nowhere,
        zeros: Zeros::Lost,
        range: |x| x.rising(libm::erf),
        value: libm::erf,
        slopes: |x| { let g = std::f64::consts::FRAC_2_SQRT_PI * libm::exp(-x * x); [g, -2.0 * x * g] },
        lower: polynomial!(x => functions::erf(x), libm::erf),
        derivative: |x, _, d| d * (std::f64::consts::FRAC_2_SQRT_PI * (-x.squared()).exp()),
    }
}

rows! { BINARY: Binary;
    POW {
        name: "pow",
        doc: "x to the power y",
        notation: Notation::Power,
        spelled: None,
        result: Result::Real,
        samples: [(0.1, 5.0), (-3.0, 3.0)],
        kink: |x, _| x.abs() < 1e-3,
        tie: Tie::Nowhere,
        zeros: Zeros::Lost,
        commutative: false,
        range: |x, y| {
            let even = y.low == y.high && y.low % 2.0 == 0.0 && y.low > 0.0;
            if even {
                x.absolute().rising(|v| v.powf(y.low))
            } else if x.low >= 0.0 {
                Interval::NONNEGATIVE
            } else {
                Interval::ALL
            }
        },
        value: libm::pow,
        slopes: power::slopes,
        lower: polynomial!(x, y => functions::pow(x, y), libm::pow),
        derivative_x: |x, y, _, d| d * x.power_slope(y),
        derivative_y: |x, y, _, d| d * x.power_log(y),
    }
}
