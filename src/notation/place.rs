//! Places along an axis as formulas of index letters: `t`, `t − 1`, `p + 2k`.
use super::expression::{Expression, Part, product, sum};
use crate::graph::Row;

/// `(offset + Σ coefficient · letter) / divisor`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Affine {
    pub terms: Vec<(String, i64)>,
    pub offset: i64,
    pub divisor: i64,
    /// How far it may lie before the first place and behind the last, where there are zeros.
    pub beyond: (i64, i64),
}

/// A place along an axis.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    Affine(Affine),
    /// A class or a whole number that the program computes.
    Value(Expression),
}

impl Affine {
    pub fn letter(name: &str) -> Affine {
        Affine { terms: vec![(name.into(), 1)], offset: 0, divisor: 1, beyond: (0, 0) }
    }
    pub fn number(value: i64) -> Affine {
        Affine { terms: vec![], offset: value, divisor: 1, beyond: (0, 0) }
    }
    pub fn plus(&self, steps: i64) -> Affine {
        Affine { offset: self.offset + steps * self.divisor, ..self.clone() }
    }
    /// Whether it is a letter, or a letter and a number: what a subscript can say.
    pub fn is_simple(&self) -> bool {
        self.divisor == 1 && self.terms.len() <= 1 && self.terms.iter().all(|t| t.1 == 1)
    }
    /// As a part of an index.
    pub fn part(&self) -> Part {
        match self.beyond {
            (0, 0) => Part::At(self.expression()),
            (before, behind) => {
                let within = self.plus(before).expression();
                Part::Beyond { at: self.expression(), within, before, behind, last: false }
            }
        }
    }
    /// The conditions under which it lies in `low..high`, as far as not all of its values do: whether it may leave it at either end;
    /// none in the place of one that never holds. Letters stand on the left: `i = 1`, `p + 2k ≥ 3`.
    pub fn within(&self, low: i64, high: i64, may_leave: (bool, bool)) -> Vec<Option<Expression>> {
        if self.terms.is_empty() {
            return if (low..high).contains(&self.offset) { vec![] } else { vec![None] };
        }
        // `i = 1`, not `−i = −1`.
        if self.terms.iter().all(|term| term.1 < 0) && self.divisor == 1 {
            let terms = self.terms.iter().map(|(name, c)| (name.clone(), -c)).collect();
            let opposite = Affine { terms, offset: -self.offset, ..self.clone() };
            return opposite.within(1 - high, 1 - low, (may_leave.1, may_leave.0));
        }
        let letters = Affine { offset: 0, beyond: (0, 0), ..self.clone() }.expression();
        let compare = |sign, bound: i64| {
            let bound = sum(vec![(bound < 0, Expression::Number(bound.unsigned_abs() as f64))]);
            Some(Expression::Compare(sign, Box::new(letters.clone()), Box::new(bound)))
        };
        if high - low == 1 {
            return vec![compare("==", low - self.offset)];
        }
        let least = may_leave.0.then(|| compare(">=", low - self.offset));
        let most = may_leave.1.then(|| compare("<", high - self.offset));
        least.into_iter().chain(most).collect()
    }
    pub fn expression(&self) -> Expression {
        let mut terms: Vec<(bool, Expression)> = self
            .terms
            .iter()
            .map(|(name, c)| {
                let factor = Expression::Number(c.unsigned_abs() as f64);
                (*c < 0, product(vec![factor], vec![Expression::name(name.clone())]))
            })
            .collect();
        terms.push((self.offset < 0, Expression::Number(self.offset.unsigned_abs() as f64)));
        let all = sum(terms);
        if self.divisor == 1 {
            all
        } else {
            Expression::Fraction(Box::new(all), Box::new(Expression::Number(self.divisor as f64)))
        }
    }
}

impl Place {
    pub fn expression(&self) -> Expression {
        match self {
            Place::Affine(affine) => affine.expression(),
            Place::Value(value) => value.clone(),
        }
    }
    /// As a part of an index.
    pub fn part(&self) -> Part {
        match self {
            Place::Affine(affine) => affine.part(),
            // What is computed chooses an entry as it is, of a value that is cut or padded by so much.
            Place::Value(at @ Expression::Sum(terms)) => match &terms[..] {
                [(false, value), (less, Expression::Number(by))] if by.fract() == 0.0 => {
                    let before = if *less { *by as i64 } else { -*by as i64 };
                    Part::Beyond { at: at.clone(), within: value.clone(), before, behind: 0, last: false }
                }
                _ => Part::At(at.clone()),
            },
            Place::Value(value) => Part::At(value.clone()),
        }
    }
    /// The same place of a row that reaches so far beyond its operand.
    pub fn beyond(self, beyond: (i64, i64)) -> Place {
        match self {
            Place::Affine(affine) => Place::Affine(Affine { beyond, ..affine }),
            value => value,
        }
    }
}

/// Where a row of a view reads, when its axes stand at these places.
pub fn through(row: &Row, at: &[(&Place, i64)]) -> Place {
    if let [(place, 1)] = at
        && row.offset == 0
        && row.divisor == 1
    {
        return (*place).clone();
    }
    let mut affines: Vec<(&Affine, i64)> = vec![];
    for (place, c) in at {
        match place {
            Place::Affine(affine) => affines.push((affine, *c)),
            Place::Value(_) => return computed(row, at),
        }
    }
    let common = affines.iter().fold(1, |d, (a, _)| d / gcd(d, a.divisor) * a.divisor);
    let (offset, divisor) = (row.offset * common, row.divisor * common);
    let mut result = Affine { terms: vec![], offset, divisor, beyond: (0, 0) };
    for (affine, c) in affines {
        let factor = c * (common / affine.divisor);
        result.offset += factor * affine.offset;
        for (name, k) in &affine.terms {
            match result.terms.iter_mut().find(|t| t.0 == *name) {
                Some(term) => term.1 += factor * k,
                None => result.terms.push((name.clone(), factor * k)),
            }
        }
    }
    result.terms.retain(|t| t.1 != 0);
    let shared = result.terms.iter().fold(gcd(result.divisor, result.offset.abs()), |d, t| gcd(d, t.1.abs()));
    result.terms.iter_mut().for_each(|t| t.1 /= shared);
    result.offset /= shared;
    result.divisor /= shared;
    Place::Affine(result)
}

/// The same where a place is a value that the program computes.
fn computed(row: &Row, at: &[(&Place, i64)]) -> Place {
    let mut terms: Vec<(bool, Expression)> = at
        .iter()
        .map(|(place, c)| {
            (*c < 0, product(vec![Expression::Number(c.unsigned_abs() as f64)], vec![place.expression()]))
        })
        .collect();
    terms.push((row.offset < 0, Expression::Number(row.offset.unsigned_abs() as f64)));
    Place::Value(super::expression::fraction(sum(terms), Expression::Number(row.divisor as f64)))
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a.max(1) } else { gcd(b, a % b) }
}
