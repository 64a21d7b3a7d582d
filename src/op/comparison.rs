//! Comparisons and logic. A truth value counts as 0 or 1; their derivatives are zero.
use super::Interval;
use super::lowering::{arithmetic, both, either, same, truth as truth_of};
use super::row::{Again, Linearity, Notation, Parity, Result, Tie, Zeros, rows};

fn truth(value: bool) -> f64 {
    f64::from(u8::from(value))
}

rows! { UNARY: Unary;
    NOT {
        name: "not",
        doc: "true where the argument is false",
        notation: Notation::Prefix("not ", 5),
        spelled: None,
        result: Result::Bool,
        samples: (0.0, 1.0),
        kinks: &[0.0],
        tie: Tie::Nowhere,
        zeros: Zeros::Lost,
        scale: None,
        parity: Parity::Even,
        stops: false,
        again: Again::Everywhere,
        range: |_| Interval::UNIT,
        value: |x| truth(x == 0.0),
        slopes: |_| [0.0, 0.0],
        lower: arithmetic!(x => truth_of(x, x.equal(x.constant(0.0)))),
        derivative: |_, _, d| d.constant(0.0),
    }
}

macro_rules! comparisons {
    ($($(#[$doc:meta])* $id:ident $name:literal $sign:literal $commutative:literal $whole:expr, $about:literal $value:expr, $lower:expr;)*) => {
        rows! { BINARY: Binary;
            $($id {
                name: $name,
                doc: $about,
                notation: Notation::Infix($sign, 6),
                spelled: None,
                result: Result::Bool,
                samples: [(-10.0, 10.0), (-10.0, 10.0)],
                kink: |x, y| (x - y).abs() < 1e-3,
                tie: Tie::Nowhere,
                zeros: Zeros::Lost,
                linear: Linearity::No,
                repeats: None,
                whole: $whole,
                again: Again::Everywhere,
                commutative: $commutative,
                range: |_, _| Interval::UNIT,
                value: $value,
                slopes: |_, _| [0.0; 5],
                lower: $lower,
                derivative_x: |_, _, _, d| d.constant(0.0),
                derivative_y: |_, _, _, d| d.constant(0.0),
            })*
            AND {
                name: "and",
                doc: "true where both are",
                notation: Notation::Infix("and", 4),
                spelled: None,
                result: Result::Bool,
                samples: [(0.0, 1.0), (0.0, 1.0)],
                kink: |_, _| true,
                tie: Tie::Nowhere,
                zeros: Zeros::Lost,
                linear: Linearity::No,
                repeats: None,
                whole: None,
                again: Again::Everywhere,
                commutative: true,
                range: |_, _| Interval::UNIT,
                value: |x, y| truth(x != 0.0 && y != 0.0),
                slopes: |_, _| [0.0; 5],
                lower: arithmetic!(x, y => truth_of(x, both(x, y))),
                derivative_x: |_, _, _, d| d.constant(0.0),
                derivative_y: |_, _, _, d| d.constant(0.0),
            }
            OR {
                name: "or",
                doc: "true where one is, or both",
                notation: Notation::Infix("or", 3),
                spelled: None,
                result: Result::Bool,
                samples: [(0.0, 1.0), (0.0, 1.0)],
                kink: |_, _| true,
                tie: Tie::Nowhere,
                zeros: Zeros::Lost,
                linear: Linearity::No,
                repeats: None,
                whole: None,
                again: Again::Everywhere,
                commutative: true,
                range: |_, _| Interval::UNIT,
                value: |x, y| truth(x != 0.0 || y != 0.0),
                slopes: |_, _| [0.0; 5],
                lower: arithmetic!(x, y => truth_of(x, either(x, y))),
                derivative_x: |_, _, _, d| d.constant(0.0),
                derivative_y: |_, _, _, d| d.constant(0.0),
            }
        }
    };
}

comparisons! {
    EQUAL "eq" "==" true Some(same), "true where both are equal" |x, y| truth(x == y), arithmetic!(x, y => truth_of(x, x.equal(y)));
    UNEQUAL "ne" "!=" true None, "true where they differ" |x, y| truth(x != y), arithmetic!(x, y => truth_of(x, !x.equal(y)));
    LESS "lt" "<" false None, "true where the first is less" |x, y| truth(x < y), arithmetic!(x, y => truth_of(x, x.less(y)));
    AT_MOST "le" "<=" false None, "true where the first is not greater" |x, y| truth(x <= y), arithmetic!(x, y => truth_of(x, x.less_equal(y)));
    GREATER "gt" ">" false None, "true where the first is greater" |x, y| truth(x > y), arithmetic!(x, y => truth_of(x, x.greater(y)));
    AT_LEAST "ge" ">=" false None, "true where the first is not less" |x, y| truth(x >= y), arithmetic!(x, y => truth_of(x, x.greater_equal(y)));
}
