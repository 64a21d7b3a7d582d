//! Products in the order of paper: sign, number, scalars, values, conditions, over a denominator.
use super::axes::union;
use super::{At, Piece, Result, Writer};
use crate::graph::NodeId;
use crate::notation::expression::{Expression, Symbol, elementwise, fraction, product};
use crate::notation::numbers;

/// The factors of a product, and what it is divided by.
#[derive(Clone, Debug, Default)]
pub struct Factors {
    /// With the sign.
    pub coefficient: f64,
    pub factors: Vec<Piece>,
    pub under: Vec<Piece>,
    /// Factors that are sums, and of how many elements: with the right number before them they are means.
    pub sums: Vec<(Expression, usize)>,
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
        Factors { coefficient, factors: vec![Piece { expression, ..piece }], ..Factors::default() }
    }
    pub fn times(mut self, other: Factors) -> Factors {
        self.coefficient *= other.coefficient;
        self.factors.extend(other.factors);
        self.under.extend(other.under);
        self.sums.extend(other.sums);
        self
    }
    /// Times what is 1 where a condition holds, else 0: once is enough.
    pub fn where_holds(mut self, condition: Piece) -> Factors {
        if !self.factors.contains(&condition) {
            self.factors.push(condition);
        }
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
    /// What does not depend on any axis, taken out. Behind a condition that does, only what has a value everywhere.
    pub fn split_scalars(self) -> (Factors, Factors) {
        let is_masked = self.factors.iter().any(|p| !p.axes.is_empty() && p.expression.has_condition());
        let is_plain =
            |e: &Expression| matches!(e, Expression::Number(_) | Expression::Bracket(_)) || e.looked_up().is_some();
        let leaves = |p: &Piece| p.axes.is_empty() && (!is_masked || is_plain(&p.expression));
        let leaves_below =
            |p: &Piece| p.axes.is_empty() && (!is_masked || matches!(p.expression, Expression::Number(_)));
        let (scalars, factors) = self.factors.into_iter().partition(leaves);
        let (under_scalars, under) = self.under.into_iter().partition(leaves_below);
        (
            Factors { coefficient: self.coefficient, factors: scalars, under: under_scalars, sums: self.sums },
            Factors { coefficient: 1.0, factors, under, sums: vec![] },
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
        let factors = self.factors(kept, at)?;
        Ok(Some(match mask.expression {
            // A condition that is told by a number, as where it always holds.
            Expression::Number(_) | Expression::Negate(_) => factors.times(Factors::one(mask)),
            _ => factors.where_holds(mask),
        }))
    }

    /// A quotient of the program that bears a name is spoken of by it: `g d / σ` is `g x̂` where `x̂ = d / σ`.
    pub(super) fn with_names(&mut self, id: NodeId, at: &At, mut product: Factors) -> Result<Factors> {
        if product.under.is_empty() || self.defining.is_some_and(|d| self.quotients.contains(&d)) {
            return Ok(product);
        }
        for quotient in self.quotients.clone() {
            if self.graph.shape(quotient) != self.graph.shape(id) || quotient >= id {
                continue;
            }
            let own = self.own_factors(quotient, at)?;
            let within = |all: &[Piece], some: &[Piece]| some.iter().all(|p| all.contains(p));
            if own.coefficient != 1.0 || !within(&product.factors, &own.factors) || !within(&product.under, &own.under)
            {
                continue;
            }
            let Some(name) = self.reference(quotient, at) else { continue };
            for (all, some) in [(&mut product.factors, &own.factors), (&mut product.under, &own.under)] {
                for piece in some {
                    if let Some(place) = all.iter().position(|p| p == piece) {
                        all.remove(place);
                    }
                }
            }
            product.factors.push(name);
        }
        Ok(product)
    }

    /// A product as one formula, its sign apart.
    pub(super) fn finish_product(&self, product: Factors, shape: &[usize]) -> Result<(bool, Piece)> {
        let Factors { coefficient, factors, under, .. } = with_means(product);
        let lone = factors.len() == 1 && under.is_empty() && coefficient.abs() == 1.0;
        let ready = |pieces: Vec<Piece>| -> Vec<Piece> {
            let ascending = pieces.into_iter().map(Piece::ascending);
            ascending.map(|p| if lone { p } else { Piece { expression: p.expression.bracketed(), ..p } }).collect()
        };
        let (factors, under) = (ready(factors), ready(under));
        let axes = union(factors.iter().chain(&under), shape, self.form)?;
        if coefficient == 0.0 {
            return Ok((false, Piece { expression: Expression::Number(0.0), axes: vec![] }));
        }
        let ratio = numbers::ratio(coefficient.abs());
        let numerator = joined(ratio.above, factors);
        let denominator = joined(ratio.below, under);
        Ok((coefficient < 0.0, Piece { expression: fraction(numerator, denominator), axes }))
    }
}

/// Numbers before values, conditions last.
fn joined(mut numbers: Vec<Expression>, pieces: Vec<Piece>) -> Expression {
    let (mut scalars, mut tensors): (Vec<Piece>, Vec<Piece>) = pieces.into_iter().partition(|p| p.axes.is_empty());
    for list in [&mut scalars, &mut tensors] {
        list.sort_by_key(|p| order(&p.expression));
    }
    let mut scalars = powers(scalars);
    let mut tensors = powers(tensors);
    // One product of linear algebra that gives a number stands at the end, without parentheses: 2 xᵀ y.
    if tensors.is_empty()
        && let [at] = (0..scalars.len()).filter(|&k| scalars[k].is_chain()).collect::<Vec<_>>()[..]
        && !scalars.iter().any(|s| matches!(s, Expression::Bracket(_)))
    {
        tensors.push(scalars.remove(at));
    }
    numbers.extend(scalars);
    let scalars = numbers;
    if tensors.is_empty() {
        return product(scalars, vec![]);
    }
    let first = product(scalars, vec![tensors.remove(0)]);
    elementwise(std::iter::once(first).chain(tensors).collect())
}

/// A local derivative stands before what comes from behind, a condition last: `(1 − h²) ⊙ (wᵀ δ)`, `(wᵀ δ) ⊙ [a > 0]`.
fn order(factor: &Expression) -> u8 {
    match factor {
        Expression::Bracket(_) => 2,
        Expression::Product { .. } | Expression::Sum(_) | Expression::SumOver(..) => {
            let mut behind = 0;
            factor.each_symbol(&mut |symbol| behind |= u8::from(matches!(symbol, Symbol::Adjoint(_))));
            behind
        }
        _ => 0,
    }
}

/// Equal factors as powers.
fn powers(pieces: Vec<Piece>) -> Vec<Expression> {
    let mut all: Vec<(Expression, f64)> = vec![];
    for piece in pieces {
        let (base, exponent) = match piece.expression {
            Expression::Power(base, exponent) => match *exponent {
                Expression::Number(n) => (*base, n),
                other => (Expression::Power(base, Box::new(other)), 1.0),
            },
            other => (other, 1.0),
        };
        match all.iter_mut().find(|known| known.0 == base) {
            Some(known) => known.1 += exponent,
            None => all.push((base, exponent)),
        }
    }
    let power = |(base, n): (Expression, f64)| {
        // A condition is 1 or 0: once is enough.
        let n = if matches!(base, Expression::Bracket(_)) { n.min(1.0) } else { n };
        base.power(Expression::Number(n))
    };
    all.into_iter().map(power).collect()
}

/// `1/16 sum(x)` of sixteen elements is `mean(x)`.
fn with_means(mut product: Factors) -> Factors {
    let [(sum, count)] = &product.sums[..] else { return product };
    let mean = product.coefficient * *count as f64;
    if product.coefficient.fract() == 0.0 || (mean - mean.round()).abs() > 1e-12 * mean.abs() {
        return product;
    }
    if let Some(piece) = product.factors.iter_mut().find(|p| p.expression == *sum)
        && let Expression::Call { name, .. } = &mut piece.expression
    {
        *name = "mean".into();
        product.coefficient = mean.round();
    }
    product
}
