//! A loop as steps of the program: what it carries, what it leaves behind.
use super::*;
use crate::graph::Binder;

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
        inner.extend(self.handed_on(carried.iter().filter(|b| b.next != b.leaf).collect())?);
        self.loops.pop();
        // What a round is made of may be known from its place alone.
        if !inner.is_empty() {
            steps.push(Command::Loop { variable, length: looped.length, reverse: looped.reverse, body: inner });
        }
        Ok(steps)
    }

    /// What a round carries becomes what it has computed, all at once: one may be what another one was, as in a swap or a line of delays. So each is
    /// written when none that is still to come reads it; where they wait for each other, one of them is put aside.
    fn handed_on(&mut self, mut pending: Vec<&Binder>) -> Outcome<Vec<Command>> {
        let mut steps = vec![];
        let mut aside: FxHashMap<NodeId, Stored> = FxHashMap::default();
        while let Some(&first) = pending.first() {
            let waits = |b: &Binder| !aside.contains_key(&b.leaf) && pending.iter().any(|other| other.next == b.leaf);
            let Some(at) = pending.iter().position(|b| !waits(b)) else {
                let Stored { layout, float, .. } = self.memory.stored[&first.leaf].clone();
                let name = format!("{} before", self.name(first.leaf));
                let to = self.new_stored(&name, first.ty.kind, layout, float, Role::Value);
                let written = kernels::copy(&self.memory, "put aside", self.float, &to, first.ty.kind, first.leaf)?;
                steps.push(self.push_kernel(written)?);
                aside.insert(first.leaf, to);
                continue;
            };
            let b = pending.remove(at);
            let home = self.memory.stored[&b.leaf].clone();
            let next = Stored { buffer: self.next_of(home.buffer), ..home };
            // For this copy alone what was put aside stands for the value.
            let read = aside.get(&b.next).cloned().and_then(|aside| self.memory.stored.insert(b.next, aside));
            let written = kernels::copy(&self.memory, "next round", self.float, &next, b.ty.kind, b.next)?;
            self.memory.stored.extend(read.map(|read| (b.next, read)));
            steps.push(self.push_kernel(written)?);
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
