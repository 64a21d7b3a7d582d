//! Circular and hyperbolic functions and their inverses.
use super::Interval;
use super::lowering::polynomial;
use super::row::{Notation, Result, Tie, Zeros, rows};
use crate::vector::functions;

rows! { UNARY: Unary;
    SIN {
        name: "sin",
        doc: "the sine, of radians",
        notation: Notation::Call,
        spelled: None,
        result: Result::Real,
        samples: (-10.0, 10.0),
        kinks: &[],
        tie: Tie::Nowhere,
        zeros: Zeros::Lost,
        range: |_| Interval::SIGNED_UNIT,
        value: libm::sin,
        slopes: |x| [libm::cos(x), -libm::sin(x)],
        lower: polynomial!(x => functions::sin(x), libm::sin),
        derivative: |x, _, d| d * x.cos(),
    }
    COS {
        name: "cos",
        doc: "the cosine, of radians",
        notation: Notation::Call,
        spelled: None,
        result: Result::Real,
        samples: (-10.0, 10.0),
        kinks: &[],
        tie: Tie::Nowhere,
        zeros: Zeros::Lost,
        range: |_| Interval::SIGNED_UNIT,
        value: libm::cos,
        slopes: |x| [-libm::sin(x), -libm::cos(x)],
        lower: polynomial!(x => functions::cos(x), libm::cos),
        derivative: |x, _, d| -(d * x.sin()),
    }
    TAN {
        name: "tan",
        doc: "the tangent, of radians",
        notation: Notation::Call,
        spelled: None,
        result: Result::Real,
        samples: (-1.4, 1.4),
        kinks: &[],
        tie: Tie::Nowhere,
        zeros: Zeros::Lost,
        range: |_| Interval::ALL,
        value: libm::tan,
        slopes: |x| { let c = 1.0 / (libm::cos(x) * libm::cos(x)); [c, 2.0 * libm::tan(x) * c] },
        lower: polynomial!(x => functions::tan(x), libm::tan),
        derivative: |_, y, d| d * (1.0 + y.squared()),
    }
    ASIN {
        name: "asin",
        doc: "the angle in [-π/2, π/2] with this sine",
        notation: Notation::Call,
        spelled: None,
        result: Result::Real,
        samples: (-0.95, 0.95),
        kinks: &[],
        tie: Tie::Nowhere,
        zeros: Zeros::Lost,
        range: |_| Interval::new(-std::f64::consts::FRAC_PI_2, std::f64::consts::FRAC_PI_2),
        value: libm::asin,
        slopes: |x| { let r = 1.0 - x * x; [1.0 / r.sqrt(), x / (r * r.sqrt())] },
        lower: polynomial!(x => functions::asin(x), libm::asin),
        derivative: |x, _, d| d / (1.0 - x.squared()).sqrt(),
    }
    ACOS {
        name: "acos",
        doc: "the angle in [0, π] with this cosine",
        notation: Notation::Call,
        spelled: None,
        result: Result::Real,
        samples: (-0.95, 0.95),
        kinks: &[],
        tie: Tie::Nowhere,
        zeros: Zeros::Lost,
        range: |_| Interval::new(0.0, std::f64::consts::PI),
        value: libm::acos,
        slopes: |x| { let r = 1.0 - x * x; [-1.0 / r.sqrt(), -x / (r * r.sqrt())] },
        lower: polynomial!(x => functions::acos(x), libm::acos),
        derivative: |x, _, d| -(d / (1.0 - x.squared()).sqrt()),
    }
    ATAN {
        name: "atan",
        doc: "the angle in [-π/2, π/2] with this tangent",
        notation: Notation::Call,
        spelled: None,
        result: Result::Real,
        samples: (-10.0, 10.0),
        kinks: &[],
        tie: Tie::Nowhere,
        zeros: Zeros::Lost,
        range: |x| x.rising(libm::atan),
        value: libm::atan,
        slopes: |x| { let r = 1.0 + x * x; [1.0 / r, -2.0 * x / (r * r)] },
        lower: polynomial!(x => functions::atan(x), libm::atan),
        derivative: |x, _, d| d / (1.0 + x.squared()),
    }
    SINH {
        name: "sinh",
        doc: "the hyperbolic sine",
        notation: Notation::Call,
        spelled: None,
        result: Result::Real,
        samples: (-5.0, 5.0),
        kinks: &[],
        tie: Tie::Nowhere,
        zeros: Zeros::Lost,
        range: |x| x.rising(libm::sinh),
        value: libm::sinh,
        slopes: |x| [libm::cosh(x), libm::sinh(x)],
        lower: polynomial!(x => functions::sinh(x), libm::sinh),
        derivative: |x, _, d| d * x.cosh(),
    }
    COSH {
        name: "cosh",
        doc: "the hyperbolic cosine",
        notation: Notation::Call,
        spelled: None,
        result: Result::Real,
        samples: (-5.0, 5.0),
        kinks: &[],
        tie: Tie::Nowhere,
        zeros: Zeros::Lost,
        range: |x| x.absolute().rising(libm::cosh),
        value: libm::cosh,
        slopes: |x| [libm::sinh(x), libm::cosh(x)],
        lower: polynomial!(x => functions::cosh(x), libm::cosh),
        derivative: |x, _, d| d * x.sinh(),
    }
    TANH {
        name: "tanh",
        doc: "the hyperbolic tangent",
        notation: Notation::Call,
        spelled: None,
        result: Result::Real,
        samples: (-5.0, 5.0),
        kinks: &[],
        tie: Tie::Nowhere,
        zeros: Zeros::Lost,
        range: |x| x.rising(libm::tanh),
        value: libm::tanh,
        slopes: |x| { let r = 1.0 / (libm::cosh(x) * libm::cosh(x)); [r, -2.0 * libm::tanh(x) * r] },
        lower: polynomial!(x => functions::tanh(x), libm::tanh),
        derivative: |_, y, d| d * (1.0 - y.squared()),
    }
    /// `log1p(a + a / (1/a + √(1/a² + 1)))` with `a = |x|`: no square overflows, and small arguments lose nothing.
    ASINH {
        name: "asinh",
        doc: "the number with this hyperbolic sine: log(x + √(x² + 1))",
        notation: Notation::Call,
        spelled: None,
        result: Result::Real,
        samples: (-10.0, 10.0),
        kinks: &[],
        tie: Tie::Nowhere,
        zeros: Zeros::Lost,
        range: |x| x.rising(libm::asinh),
        value: libm::asinh,
        slopes: |x| { let r = 1.0 + x * x; [1.0 / r.sqrt(), -x / (r * r.sqrt())] },
        lower: polynomial!(x => {
            let (one, size) = (x.constant(1.0), x.abs());
            let inverse = one / size;
            functions::log1p(size + size / (inverse + (inverse * inverse + one).sqrt())).copy_sign(x)
        }, libm::asinh),
        derivative: |x, _, d| d / (x.squared() + 1.0).sqrt(),
    }
}

rows! { BINARY: Binary;
    ATAN2 {
        name: "atan2",
        doc: "the angle of the point (y, x) with y first, in (-π, π]",
        notation: Notation::Call,
        spelled: None,
        result: Result::Real,
        samples: [(-5.0, 5.0), (0.5, 5.0)],
        kink: |y, x| y.abs() < 1e-3 && x < 1e-3,
        tie: Tie::Nowhere,
        zeros: Zeros::Lost,
        commutative: false,
        range: |_, _| Interval::new(-std::f64::consts::PI, std::f64::consts::PI),
        value: libm::atan2,
        slopes: |y, x| { let r = x * x + y * y; [x / r, -y / r, -2.0 * x * y / (r * r), (y * y - x * x) / (r * r), 2.0 * x * y / (r * r)] },
        lower: polynomial!(x, y => functions::atan2(x, y), libm::atan2),
        derivative_x: |y, x, _, d| d * x / (x.squared() + y.squared()),
        derivative_y: |y, x, _, d| -(d * y / (x.squared() + y.squared())),
    }
}
