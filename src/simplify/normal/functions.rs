//! Functions of elements in normal form: arithmetic is done, all others are atoms of what they are applied to.
use super::polynomial::{Factor, Key, Label, MOST_TERMS, Polynomial, SINGLE, SUMMED, Term, orders};
use super::{Atom, Facts, Normal, OUTER};
use crate::graph::{Kind, NodeId, Op};
use crate::op::activation::{RELU, SIGMOID};
use crate::op::arithmetic::{ABS, ADD, DIVIDE, MAX, MIN, MULTIPLY, SIGN, SUBTRACT};
use crate::op::comparison::{AND, AT_LEAST, AT_MOST, EQUAL, GREATER, LESS, NOT, OR, UNEQUAL};
use crate::op::exponential::{EXP, EXPM1, LOG, LOG1P, POW, RECIPROCAL, RSQRT, SQRT};
use crate::op::{BinaryOp, Parity, UnaryOp};

/// Larger powers are not multiplied out.
const LARGEST_POWER: f64 = 4.0;

impl Normal<'_> {
    /// A function of elements: only axes that its arguments have, in the order that makes them least.
    pub(super) fn elementwise(
        &mut self,
        arguments: &[Polynomial],
        power: i32,
        make: impl FnOnce(&[u32]) -> (Atom, bool),
    ) -> Polynomial {
        let mut used: Vec<Label> = arguments.iter().flat_map(Polynomial::labels).collect();
        used.sort();
        used.dedup();
        let ordered = orders(used.len()).into_iter().map(|order| {
            let place = |label: Label| used.iter().position(|u| *u == label).map_or(label, |at| order[at] as Label);
            let forms: Vec<Polynomial> = arguments.iter().map(|form| form.renamed(place, &self.atoms)).collect();
            let keys: Vec<Key> = forms.iter().map(Polynomial::key).collect();
            (keys, order, forms)
        });
        let Some((_, order, forms)) = ordered.min_by(|a, b| a.0.cmp(&b.0)) else { return Polynomial::default() };
        let mut labels = vec![0; used.len()];
        used.iter().zip(&order).for_each(|(&label, &at)| labels[at] = label);
        let classes: Vec<u32> = forms.iter().map(|form| self.class(form)).collect();
        self.members.extend(classes.iter().copied().zip(forms));
        let varying = arguments.iter().any(|form| self.varies(form));
        let (atom, truth) = make(&classes);
        let number = self.atom(atom, Facts { truth, varying, ..Facts::default() });
        Polynomial::atom(number, labels, power)
    }
    fn varies(&self, form: &Polynomial) -> bool {
        form.terms.iter().flat_map(|t| &t.factors).any(|f| self.atoms.facts[f.atom as usize].varying)
    }

    /// 1 where it is above zero.
    fn positive(&mut self, form: &Polynomial) -> Polynomial {
        let Some(first) = form.terms.first() else { return Polynomial::default() };
        if let ([term], true) = (&form.terms[..], first.factors.is_empty()) {
            return Polynomial::number(f64::from(u8::from(term.coefficient > 0.0)));
        }
        let form = form.scaled(1.0 / form.largest());
        self.elementwise(&[form], 1, |classes| (Atom::Positive(classes[0]), true))
    }

    /// The whole as one atom, to a power.
    fn whole(&mut self, form: &Polynomial, power: i32) -> Polynomial {
        let lead = form.largest() * form.sign();
        let form = form.scaled(1.0 / lead);
        let whole = self.elementwise(&[form], power, |classes| (Atom::Whole(classes[0]), false));
        whole.scaled(lead.powi(power))
    }
    fn inverse(&mut self, form: &Polynomial) -> Polynomial {
        form.inverse().unwrap_or_else(|| self.whole(form, -1))
    }
    pub(super) fn product(&mut self, a: &Polynomial, b: &Polynomial) -> Polynomial {
        match a.times(b, &self.atoms) {
            Some(product) => self.without_squares(&product).unwrap_or(product),
            None => {
                let (a, b) = (self.whole(a, 1), self.whole(b, 1));
                a.multiplied(&b, &self.atoms)
            }
        }
    }
    /// The same, as one atom if it has too many terms.
    pub(super) fn bounded(&mut self, form: Polynomial) -> Polynomial {
        if form.terms.len() > MOST_TERMS { self.whole(&form, 1) } else { form }
    }
    pub(super) fn times_positive(&mut self, form: &Polynomial) -> Polynomial {
        let mask = self.positive(form);
        self.product(form, &mask)
    }

    pub(super) fn unary(&mut self, id: NodeId, row: UnaryOp, x: Polynomial) -> Option<Polynomial> {
        let is_negative = x.sign() < 0.0;
        let one = || Polynomial::number(1.0);
        if let Some(times) = row.scale {
            return Some(x.scaled(times));
        }
        if row.stops {
            return Some(x);
        }
        Some(match row {
            _ if row == NOT => one().minus(&x, &self.atoms),
            _ if row == RECIPROCAL => self.inverse(&x),
            _ if row == RELU => self.times_positive(&x),
            _ if row == ABS => self.times_positive(&x).scaled(2.0).minus(&x, &self.atoms),
            _ if row == SIGN => {
                let above = self.positive(&x);
                let below = self.positive(&x.scaled(-1.0));
                above.minus(&below, &self.atoms)
            }
            _ if row == EXPM1 => self.function(UnaryOp(&EXP), x).minus(&one(), &self.atoms),
            _ if row == LOG1P => {
                let x = x.plus(&one(), &self.atoms);
                self.function(UnaryOp(&LOG), x)
            }
            _ if row == RSQRT => {
                let root = self.function(UnaryOp(&SQRT), x);
                self.inverse(&root)
            }
            _ if is_negative && row == EXP => {
                let inverse = self.function(UnaryOp(&EXP), x.scaled(-1.0));
                self.inverse(&inverse)
            }
            _ if is_negative && row == SIGMOID => {
                let opposite = self.function(row, x.scaled(-1.0));
                one().minus(&opposite, &self.atoms)
            }
            _ if is_negative && row.parity == Parity::Odd => self.function(row, x.scaled(-1.0)).scaled(-1.0),
            _ if is_negative && row.parity == Parity::Even => self.function(row, x.scaled(-1.0)),
            _ if self.graph.ty(id).kind == Kind::Bool => return None,
            _ => self.function(row, x),
        })
    }
    /// A function of elements.
    pub(super) fn function(&mut self, row: UnaryOp, x: Polynomial) -> Polynomial {
        let mut class = 0;
        let form = self.elementwise(&[x], 1, |classes| {
            class = classes[0];
            (Atom::Of(Op::Unary(row, NodeId(class)), vec![]), false)
        });
        if let Some(term) = form.terms.first()
            && row == SQRT
        {
            self.roots.insert(term.factors[0].atom, class);
        }
        form
    }

    /// The square of a root is what it is the root of; nothing if that has too many terms.
    fn without_squares(&mut self, form: &Polynomial) -> Option<Polynomial> {
        let is_square = |normal: &Self, f: &Factor| f.power.abs() > 1 && normal.roots.contains_key(&f.atom);
        if !form.terms.iter().any(|term| term.factors.iter().any(|f| is_square(self, f))) {
            return Some(form.clone());
        }
        let mut all = Polynomial::default();
        for term in &form.terms {
            let (squares, others): (Vec<_>, Vec<_>) = term.factors.iter().cloned().partition(|f| is_square(self, f));
            // Its sums are taken when all is multiplied.
            let labels = |l: Label| if (SUMMED..SINGLE).contains(&l) { l - SUMMED + OUTER } else { l };
            let outside =
                |factor: Factor| Factor { labels: factor.labels.iter().copied().map(labels).collect(), ..factor };
            let rest = Term {
                coefficient: term.coefficient,
                factors: others.into_iter().map(outside).collect(),
                summed: vec![],
            };
            let mut product = Polynomial { terms: vec![rest] };
            for factor in squares.into_iter().map(outside) {
                let under = self.members[&self.roots[&factor.atom]].clone();
                let under = under.renamed(|l| factor.labels[usize::from(l)], &self.atoms);
                let base = if factor.power < 0 { self.inverse(&under) } else { under };
                for _ in 0..factor.power.abs() / 2 {
                    product = product.times(&base, &self.atoms)?;
                }
                let left = Polynomial::atom(factor.atom, factor.labels, factor.power % 2);
                product = product.times(&left, &self.atoms)?;
            }
            for inner in &mut product.terms {
                let shift = inner.summed.len() as Label;
                let back = |l: &mut Label| {
                    if (OUTER..SUMMED).contains(l) {
                        *l = *l - OUTER + SUMMED + shift;
                    }
                };
                inner.factors.iter_mut().flat_map(|f| &mut f.labels).for_each(back);
                inner.summed.extend(&term.summed);
            }
            all = all.plus(&product, &self.atoms);
        }
        Some(all)
    }

    pub(super) fn binary(&mut self, id: NodeId, row: BinaryOp, x: Polynomial, y: Polynomial) -> Option<Polynomial> {
        let one = Polynomial::number(1.0);
        let from_one = |normal: &Self, form: Polynomial| one.minus(&form, &normal.atoms);
        Some(match row {
            _ if row == ADD => x.plus(&y, &self.atoms),
            _ if row == SUBTRACT => x.minus(&y, &self.atoms),
            _ if row == MULTIPLY || row == AND => self.product(&x, &y),
            _ if row == DIVIDE => {
                let inverse = self.inverse(&y);
                self.product(&x, &inverse)
            }
            _ if row == OR => {
                let both = self.product(&x, &y);
                x.plus(&y, &self.atoms).minus(&both, &self.atoms)
            }
            _ if row == GREATER || row == LESS || row == AT_MOST || row == AT_LEAST => {
                let (from, to) = if row == GREATER || row == AT_MOST { (x, y) } else { (y, x) };
                let above = self.positive(&from.minus(&to, &self.atoms));
                if row == GREATER || row == LESS { above } else { from_one(self, above) }
            }
            _ if row == EQUAL || row == UNEQUAL => {
                let off = x.minus(&y, &self.atoms);
                let lead = off.largest() * off.sign();
                let equal = match &off.terms[..] {
                    [] => one.clone(),
                    [term] if term.factors.is_empty() => Polynomial::default(),
                    _ => {
                        let off = off.scaled(1.0 / lead);
                        self.elementwise(&[off], 1, |classes| (Atom::Zero(classes[0]), true))
                    }
                };
                if row == EQUAL { equal } else { from_one(self, equal) }
            }
            _ if row == MAX => {
                let more = self.times_positive(&x.minus(&y, &self.atoms));
                y.plus(&more, &self.atoms)
            }
            _ if row == MIN => {
                let more = self.times_positive(&x.minus(&y, &self.atoms));
                x.minus(&more, &self.atoms)
            }
            _ if row == POW => return self.power(&x, &y),
            _ => {
                let truth = self.graph.ty(id).kind == Kind::Bool;
                self.elementwise(&[x, y], 1, |classes| {
                    (Atom::Of(Op::Binary(row, NodeId(classes[0]), NodeId(classes[1])), vec![]), truth)
                })
            }
        })
    }

    fn power(&mut self, x: &Polynomial, y: &Polynomial) -> Option<Polynomial> {
        let exponent = match &y.terms[..] {
            [] => 0.0,
            [Term { coefficient, factors, .. }] if factors.is_empty() => *coefficient,
            _ => return self.general_power(x, y),
        };
        if exponent == 0.5 {
            return Some(self.function(UnaryOp(&SQRT), x.clone()));
        }
        if exponent.fract() != 0.0 || exponent.abs() > LARGEST_POWER {
            return self.general_power(x, y);
        }
        let base = if exponent < 0.0 { self.inverse(x) } else { x.clone() };
        let times = exponent.abs() as usize;
        Some((0..times).fold(Polynomial::number(1.0), |product, _| self.product(&product, &base)))
    }
    fn general_power(&mut self, x: &Polynomial, y: &Polynomial) -> Option<Polynomial> {
        let row = BinaryOp(&POW);
        Some(self.elementwise(&[x.clone(), y.clone()], 1, |classes| {
            (Atom::Of(Op::Binary(row, NodeId(classes[0]), NodeId(classes[1])), vec![]), false)
        }))
    }

    /// `[c] yes + (1 − [c]) no`
    pub(super) fn select(&mut self, condition: Polynomial, yes: Polynomial, no: Polynomial) -> Option<Polynomial> {
        let yes = self.product(&condition, &yes);
        let otherwise = Polynomial::number(1.0).minus(&condition, &self.atoms);
        let no = self.product(&otherwise, &no);
        Some(yes.plus(&no, &self.atoms))
    }
}
