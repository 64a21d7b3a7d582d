//! Sums, means and places in normal form: axes get other labels.
use super::polynomial::{Factor, Label, Polynomial, SINGLE, SUMMED, Term};
use super::{Atom, Facts, Normal, OUTER};
use crate::graph::{Kind, Leaf, NodeId, Op, Row, View};
use crate::op::ReduceOp;

impl Normal<'_> {
    pub(super) fn reduced(&mut self, op: ReduceOp, axes: &[usize], x: NodeId) -> Polynomial {
        let shape = self.graph.shape(x);
        let summed: Vec<(Label, usize)> = axes.iter().map(|&axis| (axis as Label, shape[axis])).collect();
        let count: usize = if op == ReduceOp::Mean { axes.iter().map(|&axis| shape[axis]).product() } else { 1 };
        self.forms[&x].summed(&summed, &self.atoms).scaled(1.0 / count as f64)
    }

    /// The mean over the examples: of each term, what varies.
    pub(super) fn averaged(&mut self, form: &Polynomial) -> Polynomial {
        let mut all = Polynomial::default();
        for term in &form.terms {
            let varying = |f: &Factor| self.atoms.facts[f.atom as usize].varying;
            let (inner, outer): (Vec<_>, Vec<_>) = term.factors.iter().cloned().partition(varying);
            let outer = Term { factors: outer, ..term.clone() };
            if inner.is_empty() {
                all = all.plus(&Polynomial { terms: vec![outer] }, &self.atoms);
                continue;
            }
            // Labels of sums are like others here: they are summed over outside.
            let mut inner = Term { coefficient: 1.0, factors: inner, summed: vec![] };
            let shift = |l: &mut Label| match *l {
                SINGLE => {}
                l_own if l_own >= SUMMED => *l = l_own - SUMMED + OUTER,
                _ => {}
            };
            inner.factors.iter_mut().flat_map(|f| &mut f.labels).for_each(shift);
            let mean =
                self.elementwise(&[Polynomial { terms: vec![inner] }], 1, |classes| (Atom::Mean(classes[0]), false));
            let mut mean = mean.terms.into_iter().next().unwrap_or_else(|| Term::number(1.0));
            for factor in &mut mean.factors {
                // A mean is the same for all examples.
                self.atoms.facts[factor.atom as usize].varying = false;
                factor.labels.iter_mut().filter(|l| (OUTER..SUMMED).contains(l)).for_each(|l| *l = *l - OUTER + SUMMED);
            }
            let mut product = outer;
            product.factors.extend(mean.factors);
            all = all.plus(&Polynomial { terms: vec![product] }, &self.atoms);
        }
        all
    }

    /// Axes that are kept, repeated, exchanged, or read at the same place; else an atom whose axes are in the order of its rows.
    pub(super) fn viewed(&mut self, view: &View) -> Polynomial {
        let shape = self.graph.shape(view.x).to_vec();
        let name = |(row, &extent): (&Row, &usize)| match row.terms[..] {
            [(axis, 1)] if row.offset == 0 && row.divisor == 1 && view.shape[axis] == extent => Some(axis as Label),
            _ if extent == 1 && row.is_total(&view.shape) => Some(SINGLE),
            _ => None,
        };
        let names: Option<Vec<Label>> = view.rows.iter().zip(&shape).map(name).collect();
        if let Some(names) = names.filter(|_| view.is_total()) {
            return self.forms[&view.x].renamed(|label| names[usize::from(label)], &self.atoms);
        }
        let mut axes: Vec<(usize, i64, usize)> = vec![];
        for (number, row) in view.rows.iter().enumerate() {
            for &(axis, coefficient) in &row.terms {
                if view.shape[axis] != 1 && !axes.iter().any(|known| known.2 == axis) {
                    axes.push((number, coefficient, axis));
                }
            }
        }
        axes.sort();
        let place = |axis: usize| axes.iter().position(|known| known.2 == axis);
        let rows = view.rows.iter().map(|row| {
            let mut terms: Vec<(usize, i64)> = row.terms.iter().filter_map(|&(a, c)| Some((place(a)?, c))).collect();
            terms.sort();
            Row { terms, ..row.clone() }
        });
        let ordered = View { x: view.x, shape: axes.iter().map(|a| view.shape[a.2]).collect(), rows: rows.collect() };
        let ty = self.graph.ty(view.x);
        let (truth, varying) = (ty.kind == Kind::Bool, ty.varying);
        let rank = ordered.shape.clone();
        let atom = self.opaque(&Op::View(ordered), &rank, truth, varying);
        atom.renamed(|label| axes[usize::from(label)].2 as Label, &self.atoms)
    }

    /// Axes of one element come and go.
    pub(super) fn reshaped(&mut self, x: NodeId, shape: &[usize]) -> Option<Polynomial> {
        let from: Vec<usize> = (0..self.graph.shape(x).len()).filter(|&k| self.graph.shape(x)[k] != 1).collect();
        let to: Vec<usize> = (0..shape.len()).filter(|&k| shape[k] != 1).collect();
        let extents = |axes: &[usize], shape: &[usize]| axes.iter().map(|&k| shape[k]).collect::<Vec<_>>();
        if extents(&from, self.graph.shape(x)) != extents(&to, shape) {
            return None;
        }
        let name =
            |label: Label| from.iter().position(|&k| k == usize::from(label)).map_or(SINGLE, |at| to[at] as Label);
        Some(self.forms[&x].renamed(name, &self.atoms))
    }

    /// `onehot(index)`, its last axis being the one of the classes.
    pub(super) fn hot(&mut self, index: NodeId, size: usize) -> Polynomial {
        let form = self.forms[&index].clone();
        let last = self.graph.shape(index).len() as Label;
        if let [Term { coefficient: 1.0, factors, .. }] = &form.terms[..]
            && let [factor] = &factors[..]
            && self.atoms.numbers.get(&Atom::Of(Op::Leaf(Leaf::Iota(size)), vec![])) == Some(&factor.atom)
            && factor.power == 1
        {
            let identity = self.atom(Atom::Identity(size), Facts { truth: true, identity: true, ..Facts::default() });
            return Polynomial::atom(identity, vec![factor.labels[0], last], 1);
        }
        let mut hot = self.elementwise(&[form], 1, |classes| (Atom::Hot(classes[0], size), true));
        for factor in hot.terms.iter_mut().flat_map(|t| &mut t.factors) {
            factor.labels.push(last);
            self.atoms.facts[factor.atom as usize].hot = true;
        }
        hot
    }

    /// `table[index]` is `Σ_k onehot(index)[k] table[k]`.
    pub(super) fn gathered(&mut self, id: NodeId, table: NodeId, index: NodeId, shared: usize) -> Option<Polynomial> {
        let size = self.graph.shape(table)[shared];
        let (own, rank) = (self.graph.shape(index).len(), self.graph.shape(id).len());
        // The result's axes, then that of the classes.
        let hot = self.hot(index, size).renamed(|l| if usize::from(l) == own { rank as Label } else { l }, &self.atoms);
        let name = |l: Label| match usize::from(l) {
            k if k < shared => l,
            k if k == shared => rank as Label,
            k => (own + k - shared - 1) as Label,
        };
        let table = self.forms[&table].renamed(name, &self.atoms);
        Some(hot.times(&table, &self.atoms)?.summed(&[(rank as Label, size)], &self.atoms))
    }

    /// Values where they belong are `Σ_p onehot(index)[p, k] values[p]`.
    pub(super) fn scattered(
        &mut self,
        index: NodeId,
        values: NodeId,
        shared: usize,
        size: usize,
    ) -> Option<Polynomial> {
        let own = self.graph.shape(index).len();
        // Shared axes, that of the classes, the rest of the values; behind them the places that are summed over.
        let rest = self.graph.shape(values).len() - own;
        let rank = shared + 1 + rest;
        let name = |k: usize| match k {
            k if k < shared => k as Label,
            k => (rank + k - shared) as Label,
        };
        let hot = self.hot(index, size);
        let hot =
            hot.renamed(|l| if usize::from(l) == own { shared as Label } else { name(usize::from(l)) }, &self.atoms);
        let of_values = |l: Label| match usize::from(l) {
            k if k < own => name(k),
            k => (shared + 1 + k - own) as Label,
        };
        let form = self.forms[&values].renamed(of_values, &self.atoms);
        let places: Vec<(Label, usize)> = (shared..own).map(|k| (name(k), self.graph.shape(index)[k])).collect();
        Some(hot.times(&form, &self.atoms)?.summed(&places, &self.atoms))
    }
}
