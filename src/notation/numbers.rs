//! Numbers as people write them: short ratios, roots and multiples of π where digits would say less.
use super::expression::{Expression, fraction, product};
use crate::op::exponential::SQRT;

/// `numerator / denominator`: integers or short decimals with roots beside them.
pub struct Ratio {
    pub above: Vec<Expression>,
    pub below: Vec<Expression>,
}

impl Ratio {
    fn of(above: f64, below: f64) -> Ratio {
        Ratio { above: vec![Expression::Number(above)], below: vec![Expression::Number(below)] }
    }
}

/// A number that is not negative as a ratio.
pub fn ratio(value: f64) -> Ratio {
    let value = snapped(value);
    let inverse = (1.0 / value).round();
    // Halves, quarters, eighths are divisions; other short decimals stay as they are.
    let halves = inverse.is_normal() && inverse > 1.0 && inverse.log2().fract() == 0.0 && value * inverse == 1.0;
    if digits(value) < 3 && !halves {
        return Ratio::of(value, 1.0);
    }
    if inverse > 1.0 && inverse <= 1e6 && is_near(value * inverse, 1.0) {
        return Ratio::of(1.0, inverse);
    }
    if digits(value) < 7 {
        return Ratio::of(value, 1.0);
    }
    if let Some((p, q)) = whole_ratio(value, 10_000) {
        return Ratio::of(p, q);
    }
    multiple_of_pi(value).or_else(|| root(value)).unwrap_or_else(|| Ratio::of(value, 1.0))
}

/// A number as one formula.
pub fn number(value: f64) -> Expression {
    let Ratio { above, below } = ratio(value.abs());
    let formula = fraction(product(above, vec![]), product(below, vec![]));
    if value < 0.0 { formula.negated() } else { formula }
}

/// What rounding in a product of constants has left: 0.5000000000000001 is 0.5.
fn snapped(value: f64) -> f64 {
    let short: f64 = format!("{value:.13e}").parse().unwrap_or(value);
    if digits(short) + 4 < digits(value) { short } else { value }
}

/// Significant digits of the shortest decimal.
fn digits(value: f64) -> usize {
    format!("{value:e}").split('e').next().map_or(0, |m| m.chars().filter(char::is_ascii_digit).count())
}

fn is_near(x: f64, y: f64) -> bool {
    (x - y).abs() <= 1e-13 * y.abs()
}

fn whole_ratio(value: f64, most: u32) -> Option<(f64, f64)> {
    (1..=most).map(f64::from).find_map(|q| {
        let p = (value * q).round();
        ((1.0..=1000.0).contains(&p) && is_near(value * q, p)).then_some((p, q))
    })
}

/// `p π / q`, `p π² / q`, `p / (q π)` with small whole numbers.
fn multiple_of_pi(value: f64) -> Option<Ratio> {
    use std::f64::consts::PI;
    let pi = || Expression::name("π");
    let number = |n: f64| Expression::Number(n);
    if let Some((p, q)) = whole_ratio(value / PI, 16) {
        return Some(Ratio { above: vec![number(p), pi()], below: vec![number(q)] });
    }
    if let Some((p, q)) = whole_ratio(value / (PI * PI), 16) {
        return Some(Ratio { above: vec![number(p), pi().power(number(2.0))], below: vec![number(q)] });
    }
    let (p, q) = whole_ratio(value * PI, 16)?;
    Some(Ratio { above: vec![number(p)], below: vec![number(q), pi()] })
}

/// `sqrt(p/q)`, `sqrt(p π / q)`, `sqrt(p / (q π))` with small whole numbers.
fn root(value: f64) -> Option<Ratio> {
    use std::f64::consts::PI;
    let square = value * value;
    let pi = || Expression::name("π");
    for (scale, above, below) in [(1.0, false, false), (1.0 / PI, true, false), (PI, false, true)] {
        let Some((p, q)) = whole_ratio(square * scale, 16) else { continue };
        let side = |n: f64, with_pi: bool| -> Vec<Expression> {
            let whole = n.sqrt().fract() == 0.0;
            let outside = if whole { n.sqrt() } else { 1.0 };
            let inside = if whole { 1.0 } else { n };
            let under = match (inside == 1.0, with_pi) {
                (true, false) => None,
                (true, true) => Some(pi()),
                (false, false) => Some(Expression::Number(inside)),
                (false, true) => Some(product(vec![Expression::Number(inside)], vec![pi()])),
            };
            let root = under.map(|under| Expression::call(SQRT.name, vec![under]));
            std::iter::once(Expression::Number(outside)).chain(root).collect()
        };
        return Some(Ratio { above: side(p, above), below: side(q, below) });
    }
    None
}
