//! What scripts have only if they ask for it: diagonals, order, products that share a factor.
use super::*;
use gradus::graph::ordered;

/// How many kinds of operations there are here.
pub(super) const KINDS: usize = 4;

impl Builder<'_> {
    pub(super) fn more(&mut self, kind: usize, values: &mut Vec<Value>) {
        match kind {
            0 => self.diagonal(values),
            1 => self.ordered(values),
            2 => self.sharing(values),
            _ => self.shifted(values),
        }
    }

    /// `x[i, i + k]`, zero where that is outside.
    fn diagonal(&mut self, values: &mut Vec<Value>) {
        let Some(x) = self.choose(values, |g, v| g.shape(v.id).len() > 1) else { return };
        let shape = self.g.shape(x.id).to_vec();
        let (offset, step) = (self.pick(3) as i64 - 1, if self.pick(2) == 0 { 1 } else { -1 });
        let offset = if step < 0 { shape[1] as i64 - 1 - offset } else { offset };
        let mut rows = vec![Row::axis(0, shape[0])];
        rows.push(Row { offset, terms: vec![(0, step)], divisor: 1, low: 0, high: shape[1] as i64 });
        rows.extend((2..shape.len()).map(|axis| Row::axis(axis - 1, shape[axis])));
        let to = std::iter::once(shape[0]).chain(shape[2..].iter().copied()).collect();
        let id = self.g.view(x.id, to, rows);
        self.keep(values, id, x.bound, x.exact);
    }

    /// Running sums, and what is sorted.
    fn ordered(&mut self, values: &mut Vec<Value>) {
        let real = |g: &Graph, v: &Value| !g.shape(v.id).is_empty() && g.ty(v.id).kind == Kind::Real;
        let Some(x) = self.choose(values, real) else { return };
        let size = self.g.shape(x.id)[self.g.shape(x.id).len() - 1];
        if self.smooth || self.pick(2) == 0 {
            let id = self.g.named(NamedOp(&ordered::CUMSUM), &[x.id]);
            return self.keep(values, id, x.bound * size as f64, false);
        }
        let id = self.g.named(NamedOp(&ordered::SORT), &[x.id]);
        self.keep(values, id, x.bound, x.exact);
    }

    /// Two products with one matrix, and a loop behind them, which may start with one.
    fn sharing(&mut self, values: &mut Vec<Value>) {
        let matrix = self.choose(values, |g, v| g.shape(v.id).len() == 2 && g.ty(v.id).kind == Kind::Real);
        let Some(matrix) = matrix else { return };
        let inner = self.g.shape(matrix.id)[1];
        for _ in 0..2 {
            let vector = self.choose(values, |g, v| g.shape(v.id) == [inner] && g.ty(v.id).kind == Kind::Real);
            if let Some(vector) = vector {
                let id = self.g.matmul(matrix.id, vector.id);
                self.keep(values, id, matrix.bound * vector.bound * inner as f64, false);
            }
        }
        if self.depth < 2 {
            self.looped(values);
        }
    }

    /// What stands a place further on: `x[i + 1]` against `x[i]`.
    fn shifted(&mut self, values: &mut Vec<Value>) {
        let fits =
            |g: &Graph, v: &Value| g.shape(v.id).first().is_some_and(|&n| n > 1) && g.ty(v.id).kind == Kind::Real;
        let Some(x) = self.choose(values, fits) else { return };
        let n = self.g.shape(x.id)[0];
        let (first, second) = (self.g.slice(x.id, 0, 0, 1, n - 1), self.g.slice(x.id, 0, 1, 1, n - 1));
        let id = self.g.subtract(second, first);
        self.keep(values, id, 2.0 * x.bound, false);
    }
}
