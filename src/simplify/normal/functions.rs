//! Functions of elements in normal form: arithmetic is done, all others are atoms of what they are applied to.
use super::polynomial::{Factor, Key, Label, MOST_TERMS, Polynomial, SINGLE, SUMMED, Term, orders};
use super::{Atom, Facts, Normal, OUTER};
use crate::graph::{Kind, NodeId, Op};
use crate::op::exponential::{EXP, LOG, POW, SQRT};
use crate::op::{BinaryOp, UnaryOp};

/// Larger powers are not multiplied out.
const LARGEST_POWER: f64 = 4.0;
/// Functions with f(−x) = −f(x), and with f(−x) = f(x).
const ODD: [&str; 8] = ["tanh", "sin", "tan", "asin", "atan", "sinh", "asinh", "erf"];
const EVEN: [&str; 2] = ["cos", "cosh"];

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
        Some(match row.name {
            "neg" => x.scaled(-1.0),
            "not" => one().minus(&x, &self.atoms),
            "reciprocal" => self.inverse(&x),
            "relu" => self.times_positive(&x),
            "abs" => self.times_positive(&x).scaled(2.0).minus(&x, &self.atoms),
            "sign" => {
                let above = self.positive(&x);
                let below = self.positive(&x.scaled(-1.0));
                above.minus(&below, &self.atoms)
            }
            "expm1" => self.function(UnaryOp(&EXP), x).minus(&one(), &self.atoms),
            "log1p" => {
                let x = x.plus(&one(), &self.atoms);
                self.function(UnaryOp(&LOG), x)
            }
            "rsqrt" => {
                let root = self.function(UnaryOp(&SQRT), x);
                self.inverse(&root)
            }
            "exp" if is_negative => {
                let inverse = self.function(UnaryOp(&EXP), x.scaled(-1.0));
                self.inverse(&inverse)
            }
            "sigmoid" if is_negative => {
                let opposite = self.function(row, x.scaled(-1.0));
                one().minus(&opposite, &self.atoms)
            }
            name if is_negative && ODD.contains(&name) => self.function(row, x.scaled(-1.0)).scaled(-1.0),
            name if is_negative && EVEN.contains(&name) => self.function(row, x.scaled(-1.0)),
            "stop_gradient" => x,
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
        if let ("sqrt", Some(term)) = (row.name, form.terms.first()) {
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

    pub(super) fn binary(&mut self, id: NodeId, name: &str, x: Polynomial, y: Polynomial) -> Option<Polynomial> {
        let one = Polynomial::number(1.0);
        let from_one = |normal: &Self, form: Polynomial| one.minus(&form, &normal.atoms);
        Some(match name {
            "add" => x.plus(&y, &self.atoms),
            "sub" => x.minus(&y, &self.atoms),
            "mul" | "and" => self.product(&x, &y),
            "div" => {
                let inverse = self.inverse(&y);
                self.product(&x, &inverse)
            }
            "or" => {
                let both = self.product(&x, &y);
                x.plus(&y, &self.atoms).minus(&both, &self.atoms)
            }
            "gt" | "le" | "lt" | "ge" => {
                let (from, to) = if matches!(name, "gt" | "le") { (x, y) } else { (y, x) };
                let above = self.positive(&from.minus(&to, &self.atoms));
                if matches!(name, "gt" | "lt") { above } else { from_one(self, above) }
            }
            "eq" | "ne" => {
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
                if name == "eq" { equal } else { from_one(self, equal) }
            }
            "max" => {
                let more = self.times_positive(&x.minus(&y, &self.atoms));
                y.plus(&more, &self.atoms)
            }
            "min" => {
                let more = self.times_positive(&x.minus(&y, &self.atoms));
                x.minus(&more, &self.atoms)
            }
            "pow" => return self.power(&x, &y),
            _ => {
                let Op::Binary(row, ..) = *self.graph.op(id) else { return None };
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
