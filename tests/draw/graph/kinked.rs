//! Functions at their kinks, ties and zeros, and branches that are infinite where they are not taken: for evaluators that follow the same
//! conventions, not for finite differences.
use super::*;

/// How many kinds of operations there are here: the others seldom meet a kink.
pub(super) const KINDS: usize = 10;

impl Builder<'_> {
    pub(super) fn kinked(&mut self, kind: usize, values: &mut Vec<Value>) {
        let fits = |g: &Graph, v: &Value| g.ty(v.id).kind == Kind::Real;
        let Some(x) = self.choose(values, fits) else { return };
        let shape = self.g.shape(x.id).to_vec();
        let constant = |this: &mut Self, value: f64| this.g.constant(value, &shape);
        match kind {
            0 => {
                let two = constant(self, 2.0);
                let square = self.g.binary(&exponential::POW, x.id, two);
                let id = self.g.unary(&exponential::SQRT, square);
                self.keep(values, id, x.bound, false);
            }
            1 if !shape.is_empty() => {
                let id = self.g.named(NamedOp(&named::NORM), &[x.id]);
                self.keep(values, id, x.bound * shape[shape.len() - 1] as f64, false);
            }
            2 if !shape.is_empty() => {
                let size = self.g.unary(&arithmetic::ABS, x.id);
                let three = constant(self, 3.0);
                let cubes = self.g.binary(&exponential::POW, size, three);
                let sum = self.g.sum(&[shape.len() - 1], cubes);
                let own = self.g.shape(sum).to_vec();
                let third = self.g.constant(1.0 / 3.0, &own);
                let id = self.g.binary(&exponential::POW, sum, third);
                self.keep(values, id, x.bound * shape[shape.len() - 1] as f64, false);
            }
            3 if !shape.is_empty() => {
                let axis = self.pick(shape.len());
                let id = self.g.reduce(ReduceOp::Product, &[axis], x.id);
                self.keep(values, id, x.bound.max(1.0).powi(shape[axis] as i32), false);
            }
            4 => {
                let exponent = self.pick(5) as f64;
                let exponent = constant(self, exponent);
                let id = self.g.binary(&exponential::POW, x.id, exponent);
                self.keep(values, id, x.bound.max(1.0).powi(4), false);
            }
            5 => {
                // A number, or the same written as a sum.
                let (c, half) = (self.pick(3) as f64 / 2.0, self.pick(2) == 0);
                let mut other = constant(self, c);
                if half {
                    let part = constant(self, c / 2.0);
                    other = self.g.add(part, part);
                }
                let op = [&arithmetic::MAX, &arithmetic::MIN][self.pick(2)];
                let id =
                    if self.pick(2) == 0 { self.g.binary(op, x.id, other) } else { self.g.binary(op, other, x.id) };
                self.keep(values, id, x.bound.max(1.0), x.exact);
            }
            6 | 7 => {
                let zero = constant(self, 0.0);
                let condition = self.g.binary(&comparison::GREATER, x.id, zero);
                let steep = [&exponential::LOG, &exponential::SQRT, &exponential::RECIPROCAL, &exponential::RSQRT]
                    [self.pick(4)];
                let mut yes = self.g.unary(steep, x.id);
                if self.pick(2) == 0 {
                    yes = self.g.unary(&trigonometric::TANH, yes);
                }
                let other = self.pick(values.len());
                let no = self.fit(values[other].id, &shape);
                let no = if matches!(self.g.ty(no).kind, Kind::Real) { no } else { zero };
                let id = self.g.select(condition, yes, no);
                let id = self.g.unary(&trigonometric::TANH, id);
                self.keep(values, id, 1.0, false);
            }
            8 if !shape.is_empty() => {
                let axis = shape.len() - 1;
                let mean = self.g.reduce(ReduceOp::Mean, &[axis], x.id);
                let kept: Vec<usize> = (0..axis).collect();
                let wide = self.g.expand_at(mean, &shape, &kept);
                let off = self.g.subtract(x.id, wide);
                let two = constant(self, 2.0);
                let square = self.g.binary(&exponential::POW, off, two);
                let mean = self.g.reduce(ReduceOp::Mean, &[axis], square);
                let id = self.g.unary(&exponential::SQRT, mean);
                self.keep(values, id, 2.0 * x.bound, false);
            }
            _ => {
                // A softplus by hand.
                let (zero, one) = (constant(self, 0.0), constant(self, 1.0));
                let first = self.g.binary(&arithmetic::MAX, x.id, zero);
                let size = self.g.unary(&arithmetic::ABS, x.id);
                let negative = self.g.negate(size);
                let e = self.g.unary(&exponential::EXP, negative);
                let sum = self.g.add(one, e);
                let log = self.g.unary(&exponential::LOG, sum);
                let id = self.g.add(first, log);
                self.keep(values, id, x.bound + 1.0, false);
            }
        }
    }
}
