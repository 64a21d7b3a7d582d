//! Sums of products of values with named axes: `Σ_k 2 w[i, k] x[k]²`.
//!
//! A label is an axis of the whole, by its number, or one that is summed over; equal sums of products are equal after `ordered`.

/// An axis of the whole below `SUMMED`, else one that is summed over.
pub type Label = u16;
pub const SUMMED: Label = 1 << 12;
/// An axis of one element.
pub const SINGLE: Label = Label::MAX;

/// More terms than this are one value that is not looked into.
pub const MOST_TERMS: usize = 200;
/// Orders of so many labels are all tried; of more, one is taken.
const MOST_LABELS: usize = 4;

/// A value that is not looked into, by its number, to a power.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Factor {
    pub atom: u32,
    pub power: i32,
    /// One for each axis of the atom.
    pub labels: Vec<Label>,
}

/// A number times factors, summed over labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    pub coefficient: f64,
    pub factors: Vec<Factor>,
    /// How many places `SUMMED + k` has.
    pub summed: Vec<usize>,
}

/// A sum of terms; none is zero.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Polynomial {
    pub terms: Vec<Term>,
}

/// What is known of the atoms.
pub trait Atoms {
    /// 0 or 1, so that its powers are itself.
    fn is_truth(&self, atom: u32) -> bool;
    /// 1 where both axes are at the same place, else 0.
    fn is_identity(&self, atom: u32) -> bool;
    /// 1 at one place of its last axis, else 0.
    fn is_hot(&self, atom: u32) -> bool;
}

impl Factor {
    fn uses(&self, label: Label) -> bool {
        self.labels.contains(&label)
    }
    fn rename(&mut self, from: Label, to: Label) {
        self.labels.iter_mut().filter(|l| **l == from).for_each(|l| *l = to);
    }
}

impl Term {
    pub fn number(coefficient: f64) -> Term {
        Term { coefficient, factors: vec![], summed: vec![] }
    }

    /// The product; labels that are summed over are told apart.
    pub fn times(&self, other: &Term) -> Term {
        let shift = self.summed.len() as Label;
        let moved = other.factors.iter().cloned().map(|mut factor| {
            factor.labels.iter_mut().filter(|l| (SUMMED..SINGLE).contains(l)).for_each(|l| *l += shift);
            factor
        });
        Term {
            coefficient: self.coefficient * other.coefficient,
            factors: self.factors.iter().cloned().chain(moved).collect(),
            summed: self.summed.iter().chain(&other.summed).copied().collect(),
        }
    }

    /// Identities put in, equal factors put together, labels in their order.
    fn ordered(mut self, atoms: &dyn Atoms) -> Term {
        self.put_in_identities(atoms);
        self.collect(atoms);
        self.sum_hot(atoms);
        // A label that nothing has is so many equal terms.
        let used = |term: &Term, label| term.factors.iter().any(|factor| factor.uses(label));
        let labels: Vec<(Label, usize)> =
            (0..self.summed.len()).map(|k| (SUMMED + k as Label, self.summed[k])).collect();
        let (kept, idle): (Vec<_>, Vec<_>) = labels.into_iter().partition(|(label, _)| used(&self, *label));
        self.coefficient *= idle.iter().map(|(_, extent)| *extent as f64).product::<f64>();
        let best = orders(kept.len()).into_iter().map(|order| {
            let place = |label: Label| match kept.iter().position(|k| k.0 == label) {
                Some(at) => SUMMED + order[at] as Label,
                None => label,
            };
            let mut factors = self.factors.clone();
            factors.iter_mut().for_each(|f| f.labels.iter_mut().for_each(|l| *l = place(*l)));
            factors.sort();
            let mut summed = vec![0; kept.len()];
            kept.iter().zip(&order).for_each(|((_, extent), &to)| summed[to] = *extent);
            (factors, summed)
        });
        let (factors, summed) = best.min().unwrap_or_default();
        Term { coefficient: self.coefficient, factors, summed }
    }

    fn put_in_identities(&mut self, atoms: &dyn Atoms) {
        let mut at = 0;
        while at < self.factors.len() {
            let factor = self.factors[at].clone();
            let ([i, j], true) = (&factor.labels[..], atoms.is_identity(factor.atom)) else {
                at += 1;
                continue;
            };
            let (from, to) = (*i.max(j), *i.min(j));
            if from == to || from >= SUMMED {
                self.factors.remove(at);
                self.factors.iter_mut().for_each(|f| f.rename(from, to));
                if from != to && from < SINGLE {
                    // The label has gone; `ordered` must not count its places.
                    self.summed[(from - SUMMED) as usize] = 1;
                }
                at = 0;
            } else {
                let others =
                    self.factors.iter_mut().enumerate().filter(|(k, f)| *k != at && !atoms.is_identity(f.atom));
                others.for_each(|(_, f)| f.rename(from, to));
                at += 1;
            }
        }
    }

    /// Over its classes, an indicator of a class sums up to 1.
    fn sum_hot(&mut self, atoms: &dyn Atoms) {
        for k in 0..self.summed.len() {
            let label = SUMMED + k as Label;
            let mut with = (0..self.factors.len()).filter(|&at| self.factors[at].uses(label));
            if let (Some(at), None) = (with.next(), with.next())
                && let Factor { atom, power: 1, labels } = &self.factors[at]
                && atoms.is_hot(*atom)
                && labels.iter().position(|l| *l == label) == Some(labels.len() - 1)
            {
                self.factors.remove(at);
                self.summed[k] = 1;
            }
        }
    }

    fn collect(&mut self, atoms: &dyn Atoms) {
        let mut all: Vec<Factor> = vec![];
        for factor in std::mem::take(&mut self.factors) {
            match all.iter_mut().find(|known| known.atom == factor.atom && known.labels == factor.labels) {
                Some(known) => known.power += factor.power,
                None => all.push(factor),
            }
        }
        all.retain(|factor| factor.power != 0);
        all.iter_mut().filter(|f| f.power > 1 && atoms.is_truth(f.atom)).for_each(|f| f.power = 1);
        self.factors = all;
    }
}

impl Polynomial {
    pub fn number(value: f64) -> Polynomial {
        Polynomial { terms: if value == 0.0 { vec![] } else { vec![Term::number(value)] } }
    }
    pub fn atom(atom: u32, labels: Vec<Label>, power: i32) -> Polynomial {
        Polynomial {
            terms: vec![Term { coefficient: 1.0, factors: vec![Factor { atom, power, labels }], summed: vec![] }],
        }
    }

    pub fn scaled(&self, factor: f64) -> Polynomial {
        let mut terms = self.terms.clone();
        terms.iter_mut().for_each(|term| term.coefficient *= factor);
        Polynomial { terms: if factor == 0.0 { vec![] } else { terms } }
    }
    pub fn plus(&self, other: &Polynomial, atoms: &dyn Atoms) -> Polynomial {
        Polynomial { terms: self.terms.iter().chain(&other.terms).cloned().collect() }.ordered(atoms)
    }
    pub fn minus(&self, other: &Polynomial, atoms: &dyn Atoms) -> Polynomial {
        self.plus(&other.scaled(-1.0), atoms)
    }
    /// Multiplied out; nothing if that has too many terms.
    pub fn times(&self, other: &Polynomial, atoms: &dyn Atoms) -> Option<Polynomial> {
        (self.terms.len() * other.terms.len() <= MOST_TERMS).then(|| self.multiplied(other, atoms))
    }
    /// Multiplied out, however many terms that has.
    pub fn multiplied(&self, other: &Polynomial, atoms: &dyn Atoms) -> Polynomial {
        let terms = self.terms.iter().flat_map(|a| other.terms.iter().map(move |b| a.times(b))).collect();
        Polynomial { terms }.ordered(atoms)
    }
    /// One over it, if it is one product.
    pub fn inverse(&self) -> Option<Polynomial> {
        let [term] = &self.terms[..] else { return None };
        if !term.summed.is_empty() {
            return None;
        }
        let factors = term.factors.iter().map(|f| Factor { power: -f.power, ..f.clone() }).collect();
        Some(Polynomial { terms: vec![Term { coefficient: 1.0 / term.coefficient, factors, summed: vec![] }] })
    }

    /// With other labels; those that were summed over stay as they are.
    pub fn renamed(&self, name: impl Fn(Label) -> Label, atoms: &dyn Atoms) -> Polynomial {
        let mut terms = self.terms.clone();
        for label in terms.iter_mut().flat_map(|t| &mut t.factors).flat_map(|f| &mut f.labels) {
            if *label < SUMMED {
                *label = name(*label);
            }
        }
        Polynomial { terms }.ordered(atoms)
    }

    /// Summed over axes of the whole, the others being numbered anew.
    pub fn summed(&self, axes: &[(Label, usize)], atoms: &dyn Atoms) -> Polynomial {
        let mut terms = self.terms.clone();
        for term in &mut terms {
            let first = SUMMED + term.summed.len() as Label;
            for label in term.factors.iter_mut().flat_map(|f| &mut f.labels).filter(|l| **l < SUMMED) {
                *label = match axes.iter().position(|a| a.0 == *label) {
                    Some(at) => first + at as Label,
                    None => *label - axes.iter().filter(|a| a.0 < *label).count() as Label,
                };
            }
            term.summed.extend(axes.iter().map(|a| a.1));
        }
        Polynomial { terms }.ordered(atoms)
    }

    /// The largest coefficient, without its sign; 1 if there is none.
    pub fn largest(&self) -> f64 {
        self.terms.iter().map(|term| term.coefficient.abs()).reduce(f64::max).unwrap_or(1.0)
    }
    /// The sign of the first term.
    pub fn sign(&self) -> f64 {
        self.terms.first().map_or(1.0, |term| term.coefficient.signum())
    }
    /// The axes of the whole that occur.
    pub fn labels(&self) -> Vec<Label> {
        let all = self.terms.iter().flat_map(|t| &t.factors).flat_map(|f| &f.labels);
        let mut labels: Vec<Label> = all.copied().filter(|&l| l < SUMMED).collect();
        labels.sort();
        labels.dedup();
        labels
    }

    /// Terms in their order, equal ones together. What rounding leaves of a difference is nothing.
    fn ordered(self, atoms: &dyn Atoms) -> Polynomial {
        let mut terms: Vec<Term> = self.terms.into_iter().map(|term| term.ordered(atoms)).collect();
        terms.sort_by(|a, b| (&a.factors, &a.summed).cmp(&(&b.factors, &b.summed)));
        // With the largest coefficient that went into each.
        let mut all: Vec<(Term, f64)> = vec![];
        for term in terms {
            let size = term.coefficient.abs();
            match all.last_mut() {
                Some((last, largest)) if last.factors == term.factors && last.summed == term.summed => {
                    last.coefficient += term.coefficient;
                    *largest = largest.max(size);
                }
                _ => all.push((term, size)),
            }
        }
        all.retain(|(term, largest)| term.coefficient.abs() > 1e-12 * largest);
        Polynomial { terms: all.into_iter().map(|(term, _)| term).collect() }
    }

    /// What equal ones have in common: factors, sums, and coefficients but for rounding.
    pub fn key(&self) -> Key {
        let number = |value: f64| format!("{value:.10e}");
        self.terms.iter().map(|t| (t.factors.clone(), t.summed.clone(), number(t.coefficient))).collect()
    }
}

pub type Key = Vec<(Vec<Factor>, Vec<usize>, String)>;

/// All orders of so many things; one, if they are too many.
pub fn orders(count: usize) -> Vec<Vec<usize>> {
    if count > MOST_LABELS {
        return vec![(0..count).collect()];
    }
    (0..count).fold(vec![vec![]], |orders, next| {
        let longer = |order: Vec<usize>| {
            (0..=order.len()).map(move |at| {
                let mut order = order.clone();
                order.insert(at, next);
                order
            })
        };
        orders.into_iter().flat_map(longer).collect()
    })
}
