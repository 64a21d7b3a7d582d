//! Random loops.
use super::*;

impl Builder<'_> {
    /// A loop with a body of some operations, and projections of what it computes.
    pub(super) fn looped(&mut self, values: &mut Vec<Value>) {
        let Some(over) = self.choose(values, |g, v| !g.shape(v.id).is_empty() && v.bound <= 8.0) else { return };
        let length = self.g.shape(over.id)[0];
        let reverse = self.pick(2) == 1;
        let mut starts = vec![];
        for _ in 0..1 + self.pick(if self.kinds > KINDS { 4 } else { 2 }) {
            starts.extend(self.choose(values, |g, v| g.ty(v.id).kind == Kind::Real));
        }
        let varying: Vec<(NodeId, bool)> = starts.iter().map(|v| (v.id, self.pick(3) > 0)).collect();
        let of = self.g.begin_loop(length, reverse, &varying);
        let outside = values.len();
        let mut body = values.clone();
        let place = self.g.intern(Op::Leaf(Leaf::LoopIndex(of)));
        body.push(Value { id: place, bound: 8.0, exact: true });
        let element = self.g.element(of, over.id);
        body.push(Value { id: element, bound: over.bound, exact: over.exact });
        let binders: Vec<(NodeId, Type)> = self.g.looped(of).binders.iter().map(|b| (b.leaf, b.ty.clone())).collect();
        // One may become what another one was.
        let largest = starts.iter().map(|v| v.bound).fold(1.0, f64::max);
        let bound = |k: usize| if self.kinds > KINDS { largest } else { starts[k].bound.max(1.0) };
        let bounds: Vec<f64> = (0..binders.len()).map(bound).collect();
        for (binder, &bound) in binders.iter().zip(&bounds) {
            body.push(Value { id: binder.0, bound, exact: false });
        }
        self.depth += 1;
        for _ in 0..1 + self.pick(5) {
            self.operation(&mut body);
        }
        self.depth -= 1;
        for (k, (leaf, ty)) in binders.iter().enumerate() {
            // A swap, a line of delays, what stays as it is.
            if self.kinds > KINDS && self.pick(3) == 0 {
                let same: Vec<NodeId> = binders.iter().filter(|b| b.1 == *ty).map(|b| b.0).collect();
                let next = same[self.pick(same.len())];
                self.g.set_next(of, k, next);
                body.push(Value { id: *leaf, bound: bounds[k], exact: false });
                continue;
            }
            let next = self.real(&body[outside..]);
            let next = if self.g.ty(next.id).varying && !ty.varying { self.g.batch_mean(next.id) } else { next.id };
            let next = self.fit(next, &ty.shape);
            let next = self.g.unary(&trigonometric::TANH, next);
            self.g.set_next(of, k, next);
            body.push(Value { id: next, bound: 1.0, exact: false });
        }
        for _ in 0..1 + self.pick(3) {
            let x = self.real(&body[outside..]);
            let id = if self.pick(2) == 0 { self.g.last(of, x.id) } else { self.g.stacked(of, x.id) };
            self.keep(values, id, x.bound, x.exact);
        }
    }
}
