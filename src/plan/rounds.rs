//! A loop as steps of the program: what it carries, what it leaves behind.
use super::*;

impl Planner<'_> {
    /// What is carried is set before the loop and handed on at the end of each round.
    pub(super) fn looped(&mut self, of: LoopId, body: &[Item]) -> Outcome<Vec<Command>> {
        let looped = self.graph.looped(of).clone();
        let mut steps = vec![];
        let carried: Vec<_> =
            looped.binders.iter().filter(|b| self.memory.stored.contains_key(&b.leaf)).cloned().collect();
        for b in &carried {
            let to = &self.memory.stored[&b.leaf];
            let written = kernels::copy(&self.memory, "start of a loop", self.float, to, b.ty.kind, b.init)?;
            steps.push(self.push_kernel(written)?);
        }
        let variable = LoopVariable(of.0);
        self.loops.push((of, variable));
        let mut inner = vec![];
        // Carried values that are stacked are written down before they change.
        let stacked: Vec<(NodeId, NodeId)> = self
            .memory
            .stored
            .keys()
            .filter_map(|&id| match *self.graph.op(id) {
                Op::Stacked { of: l, x } if l == of && !self.memory.stacks.contains_key(&x) => Some((id, x)),
                _ => None,
            })
            .collect();
        let mut stacked = stacked;
        stacked.sort();
        let (early, late): (Vec<_>, Vec<_>) =
            stacked.into_iter().partition(|(_, x)| matches!(self.graph.op(*x), Op::Leaf(_)));
        for (stack, x) in early {
            let written =
                kernels::push_on_stack(&self.memory, "stack", self.float, &self.memory.stored[&stack], of, stack, x)?;
            inner.push(self.push_kernel(written)?);
        }
        // So is what is carried into the last round.
        for last in self.last_carried(of) {
            let Op::Last { x, .. } = *self.graph.op(last) else { continue };
            let written = kernels::copy(
                &self.memory,
                "carried",
                self.float,
                &self.memory.stored[&last],
                self.graph.ty(last).kind,
                x,
            )?;
            inner.push(self.push_kernel(written)?);
        }
        inner.extend(self.steps(body)?);
        for (stack, x) in late {
            let written =
                kernels::push_on_stack(&self.memory, "stack", self.float, &self.memory.stored[&stack], of, stack, x)?;
            inner.push(self.push_kernel(written)?);
        }
        for b in carried.iter().filter(|b| b.next != b.leaf) {
            let to = &self.memory.stored[&b.leaf];
            let written = kernels::copy(&self.memory, "next round", self.float, to, b.ty.kind, b.next)?;
            inner.push(self.push_kernel(written)?);
        }
        self.loops.pop();
        // What a round is made of may be known from its place alone.
        if !inner.is_empty() {
            steps.push(Command::Loop { variable, length: looped.length, reverse: looped.reverse, body: inner });
        }
        Ok(steps)
    }

    /// The projections of what a loop carries into its last round.
    fn last_carried(&self, of: LoopId) -> Vec<NodeId> {
        let mut all: Vec<NodeId> = self.memory.stored.keys().copied().collect();
        all.retain(|&id| {
            matches!(*self.graph.op(id), Op::Last { of: l, x } if l == of && matches!(self.graph.op(x), Op::Leaf(Leaf::Binder(b, _)) if *b == of))
        });
        all.sort();
        all
    }
}
