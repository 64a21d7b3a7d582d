//! Products in the order of paper: sign, number, scalars, values, conditions, over a denominator.
use super::axes::union;
use super::{At, Piece, Result, Writer};
use crate::graph::NodeId;
use crate::notation::expression::{Expression, elementwise, fraction, product};

/// The factors of a product, and what it is divided by.
#[derive(Clone, Debug, Default)]
pub struct Factors {
    /// With the sign.
    pub coefficient: f64,
    pub factors: Vec<Piece>,
    pub under: Vec<Piece>,
}

impl Factors {
    pub fn number(value: f64) -> Factors {
        Factors { coefficient: value, ..Factors::default() }
    }
    /// A formula that is a product already is not taken apart, but its sign is.
    pub fn one(piece: Piece) -> Factors {
        let (negative, expression) = piece.expression.unsigned();
        let coefficient = if negative { -1.0 } else { 1.0 };
        if let Expression::Number(value) = expression {
            return Factors::number(coefficient * value);
        }
        Factors { coefficient, factors: vec![Piece { expression, ..piece }], under: vec![] }
    }
    pub fn times(mut self, other: Factors) -> Factors {
        self.coefficient *= other.coefficient;
        self.factors.extend(other.factors);
        self.under.extend(other.under);
        self
    }
    pub fn over(mut self, other: Factors) -> Factors {
        self.coefficient /= other.coefficient;
        self.factors.extend(other.under);
        self.under.extend(other.factors);
        self
    }
    pub fn renamed(mut self, axes: &[usize]) -> Factors {
        for piece in self.factors.iter_mut().chain(&mut self.under) {
            piece.axes.iter_mut().for_each(|a| *a = axes[*a]);
        }
        self
    }
    /// What does not depend on any axis, taken out.
    pub fn split_scalars(self) -> (Factors, Factors) {
        let (scalars, factors) = self.factors.into_iter().partition(|p| p.axes.is_empty());
        let (under_scalars, under) = self.under.into_iter().partition(|p| p.axes.is_empty());
        (
            Factors { coefficient: self.coefficient, factors: scalars, under: under_scalars },
            Factors { coefficient: 1.0, factors, under },
        )
    }
}

impl Writer<'_> {
    /// `condition ? yes : 0` as a product by a condition; a division that is only kept from 0 / 0 as the division.
    pub(super) fn masked(&mut self, condition: NodeId, yes: NodeId, no: NodeId, at: &At) -> Result<Option<Factors>> {
        let zero = |id: NodeId| self.graph.constant_of(id) == Some(0.0);
        if zero(no) && self.guards_division(condition, yes) {
            return self.factors(yes, at).map(Some);
        }
        let (kept, opposite) = match (zero(yes), zero(no)) {
            (false, true) => (yes, false),
            (true, false) => (no, true),
            _ => return Ok(None),
        };
        let mask = self.value(condition, at)?;
        let expression = if opposite { mask.expression.opposite() } else { mask.expression };
        let mask = Piece { expression: expression.bracketed(), ..mask };
        Ok(Some(self.factors(kept, at)?.times(Factors::one(mask))))
    }

    /// A product as one formula, its sign apart.
    pub(super) fn finish_product(&self, product: Factors, shape: &[usize]) -> Result<(bool, Piece)> {
        let Factors { coefficient, factors, under } = product;
        let lone = factors.len() == 1 && under.is_empty() && coefficient.abs() == 1.0;
        let ready = |pieces: Vec<Piece>| -> Vec<Piece> {
            let ascending = pieces.into_iter().map(Piece::ascending);
            ascending.map(|p| if lone { p } else { Piece { expression: p.expression.bracketed(), ..p } }).collect()
        };
        let (factors, under) = (ready(factors), ready(under));
        let axes = union(factors.iter().chain(&under), shape)?;
        if coefficient == 0.0 {
            return Ok((false, Piece { expression: Expression::Number(0.0), axes: vec![] }));
        }
        let (above, below) = as_ratio(coefficient.abs());
        let numerator = joined(above, factors);
        let denominator = joined(below, under);
        Ok((coefficient < 0.0, Piece { expression: fraction(numerator, denominator), axes }))
    }
}

/// Numbers before values, conditions last.
fn joined(number: f64, pieces: Vec<Piece>) -> Expression {
    let (mut scalars, mut tensors): (Vec<Piece>, Vec<Piece>) = pieces.into_iter().partition(|p| p.axes.is_empty());
    for list in [&mut scalars, &mut tensors] {
        list.sort_by_key(|p| matches!(p.expression, Expression::Bracket(_)));
    }
    let mut scalars: Vec<Expression> = scalars.into_iter().map(|p| p.expression).collect();
    let mut tensors: Vec<Expression> = tensors.into_iter().map(|p| p.expression).collect();
    // One product of linear algebra that gives a number stands at the end, without parentheses: 2 xᵀ y.
    if tensors.is_empty()
        && let [at] = (0..scalars.len()).filter(|&k| scalars[k].is_chain()).collect::<Vec<_>>()[..]
        && !scalars.iter().any(|s| matches!(s, Expression::Bracket(_)))
    {
        tensors.push(scalars.remove(at));
    }
    scalars.insert(0, Expression::Number(number));
    if tensors.is_empty() {
        return product(scalars, vec![]);
    }
    let first = product(scalars, vec![tensors.remove(0)]);
    elementwise(std::iter::once(first).chain(tensors).collect())
}

/// A number as a short ratio where its digits would say less: 1/30 and not 0.0333….
fn as_ratio(value: f64) -> (f64, f64) {
    if format!("{value}").len() <= 7 {
        return (value, 1.0);
    }
    for q in 2..=10_000 {
        let p = value * f64::from(q);
        if p.round() >= 1.0 && p.round() <= 1000.0 && (p - p.round()).abs() < 1e-12 * p {
            return (p.round(), f64::from(q));
        }
    }
    (value, 1.0)
}
