//! What a step leaves behind: next values of parameters and states, numbers that are logged, values that are read after it.
//!
//! After `v <- …` v is new; whatever else reads it means the value from before the step. Next values are written over the old ones, so
//! all that reads an old value comes before its writer. All other work is done by then; what is left is brought into an order. Where
//! that is a circle, one kernel computes all values of it before it stores the first, if each is read where it is written; else an old
//! value is put aside first.
use super::schedule::{GROUP, Lateness, reads};
use super::*;
use crate::graph::class::facts;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A late piece of work.
enum Work {
    /// A value is computed where it lives, or copied to where it is wanted.
    Assign { of: NodeId, to: Stored, name: String },
    /// A product, a reduction, a join, a scatter.
    Single(NodeId),
}

impl Work {
    /// What is computed.
    fn node(&self) -> NodeId {
        match self {
            Work::Assign { of, .. } => *of,
            Work::Single(id) => *id,
        }
    }
}

/// The same with the items of the other work that stand in front of it: in the order of the graph, and at least.
struct Late {
    work: Work,
    place: [usize; 2],
}

/// One piece of work comes before another, or in one kernel with it unless it is `strict`: it reads an old value that the other writes
/// over, or it computes what the other reads.
struct Edge {
    from: usize,
    to: usize,
    strict: bool,
    /// What is written over.
    old: Option<BufferId>,
}

/// Pieces of work in one kernel.
struct Together {
    works: Vec<usize>,
    /// Behind how many items of the other work it stands.
    place: usize,
}

impl Planner<'_> {
    /// A buffer for the next value, in the memory of the old one.
    pub(super) fn next_of(&mut self, old: BufferId) -> BufferId {
        let buffer = self.program.buffer(old);
        let next = Buffer { name: format!("next {}", buffer.name), overwrites: Some(old), ..buffer.clone() };
        self.program.buffers.push(next);
        BufferId(self.program.buffers.len() as u32 - 1)
    }
    pub(super) fn follow(&mut self, target: Target, old: BufferId) {
        let next = self.next_of(old);
        self.next.insert(target, next);
    }

    /// Where a next value is written.
    fn stored_next(&self, target: Target) -> Stored {
        let old = match target {
            Target::Parameter(i) => &self.parameters[i as usize],
            Target::State(i) => &self.states[i as usize],
        };
        Stored { buffer: self.next[&target], offset: 0, layout: old.layout.clone(), float: self.float }
    }

    /// Finds the updates that nothing but updates needs: they come last. Those of them that are computed element by element live
    /// where they are wanted. (A layer may read the state that it has just set: such a value is copied at the end.)
    pub(super) fn place_updates(
        &mut self,
        order: &[NodeId],
        updates: &[(Target, NodeId)],
        kept: &[bool],
        scalars: &[bool],
    ) {
        let graph = self.graph;
        let updated: FxHashSet<NodeId> = updates.iter().map(|u| u.1).collect();
        // Loops run before, also where only an update wants what they leave: so does all that they start from.
        let runs = |x: &NodeId| graph.op(*x).loop_used().is_some() || kept[x.index()] && !updated.contains(x);
        let others: Vec<NodeId> = order.iter().copied().filter(runs).collect();
        let needed: FxHashSet<NodeId> = graph.reachable(&others).into_iter().collect();
        let is_late = |id: &NodeId| {
            let op = graph.op(*id);
            !needed.contains(id) && !matches!(op, Op::Leaf(_)) && op.loop_used().is_none()
        };
        self.late = updated.into_iter().filter(is_late).collect();
        for &(target, id) in updates {
            let is_number = !graph.ty(id).kind.is_whole() && graph.constant_of(id).is_none();
            let fits =
                self.late.contains(&id) && is_number && facts(graph.op(id)).made.is_anywhere() && !scalars[id.index()];
            if fits && !self.memory.stored.contains_key(&id) {
                let home = self.stored_next(target);
                self.memory.stored.insert(id, home);
            }
        }
    }

    /// Does the late work; where each of the values that are read after the step is found.
    pub(super) fn leave(
        &mut self,
        lateness: &Lateness,
        updates: &[(Target, NodeId)],
        outputs: &[NodeId],
    ) -> Outcome<Vec<Binding>> {
        let mut all: Vec<Late> = lateness.iter().map(|&(id, place)| Late { work: self.computed(id), place }).collect();
        // What is copied stands behind all other work.
        let copy = |of: NodeId, to: Stored, name: &str| Late {
            work: Work::Assign { of, to, name: name.into() },
            place: [usize::MAX, 0],
        };
        for &(target, id) in updates {
            let to = self.stored_next(target);
            if self.memory.stored.get(&id).is_none_or(|home| home.buffer != to.buffer) {
                all.push(copy(id, to, "update"));
            }
        }
        let mut found: FxHashMap<NodeId, Binding> = FxHashMap::default();
        for &id in outputs {
            if found.contains_key(&id) {
                continue;
            }
            let stored = match self.read_where_it_is(id) {
                Some(stored) => stored,
                None => {
                    let layout = self.natural(self.graph.shape(id));
                    let name = self.name(id);
                    let stored = self.new_stored(&name, Kind::Real, layout, self.float, Role::Output);
                    all.push(copy(id, stored.clone(), "output"));
                    stored
                }
            };
            let shape = self.graph.shape(id).to_vec();
            found.insert(id, Binding { buffer: stored.buffer, shape, layout: stored.layout });
        }
        let mut aside = vec![];
        let together = loop {
            match self.arranged(&all, &aside) {
                Ok(together) => break together,
                Err(olds) => aside.extend(olds),
            }
        };
        for old in aside {
            self.put_aside(old)?;
        }
        for Together { works, .. } in together {
            let steps = self.late_steps(works.iter().map(|&at| &all[at].work))?;
            self.program.steps.extend(steps);
        }
        Ok(outputs.iter().map(|id| found[id].clone()).collect())
    }

    fn computed(&self, id: NodeId) -> Work {
        match facts(self.graph.op(id)).made.is_anywhere() {
            true => Work::Assign { of: id, to: self.memory.stored[&id].clone(), name: self.name(id) },
            false => Work::Single(id),
        }
    }

    /// A value that is in memory and stays there to the end of the step. A class is not: it is read and logged as a number.
    fn read_where_it_is(&mut self, id: NodeId) -> Option<Stored> {
        let class = self.graph.ty(id).kind.is_whole();
        let stored = self.memory.stored.get(&id).filter(|_| !class)?;
        if self.next.values().any(|&next| self.program.buffer(next).overwrites == Some(stored.buffer)) {
            return None;
        }
        let role = &mut self.program.buffers[stored.buffer.0 as usize].role;
        if *role == Role::Value {
            *role = Role::Output;
        }
        Some(stored.clone())
    }

    /// Copies an old value: from here on it is read there.
    fn put_aside(&mut self, old: BufferId) -> Outcome<()> {
        let leaf = self.memory.stored.iter().find(|(_, stored)| stored.buffer == old).map(|(id, s)| (*id, s.clone()));
        let Some((leaf, stored)) = leaf else { return Ok(()) };
        let name = format!("old {}", self.program.buffer(old).name);
        let to = self.new_stored(&name, Kind::Real, stored.layout, self.float, Role::Value);
        let written = kernels::copy(&self.memory, &name, self.float, &to, Kind::Real, leaf)?;
        let step = self.push_kernel(written)?;
        self.program.steps.push(step);
        self.memory.stored.insert(leaf, to);
        Ok(())
    }

    fn late_steps<'w>(&mut self, works: impl Iterator<Item = &'w Work>) -> Outcome<Vec<Command>> {
        let (mut all, mut names) = (vec![], vec![]);
        for work in works {
            match work {
                Work::Single(id) => return self.single(*id),
                Work::Assign { of, to, name } => {
                    all.push(Destination { id: *of, stored: to.clone(), stack: None });
                    names.push(name.as_str());
                }
            }
        }
        let written = kernels::pointwise(&self.memory, &names.join(", "), all[0].stored.float, &all)?;
        Ok(vec![self.push_kernel(written)?])
    }

    /// The work in its order, some of it in one kernel; or old values that must be put aside for it, as those `aside` are.
    fn arranged(&self, all: &[Late], aside: &[BufferId]) -> Result<Vec<Together>, Vec<BufferId>> {
        let edges = self.edges(all, aside);
        let part = components(all.len(), &edges);
        let mut parts: Vec<Vec<usize>> = vec![vec![]; all.len()];
        (0..all.len()).for_each(|at| parts[part[at]].push(at));
        let mut inside: Vec<Vec<&Edge>> = all.iter().map(|_| vec![]).collect();
        for edge in edges.iter().filter(|e| part[e.from] == part[e.to]) {
            inside[part[edge.from]].push(edge);
        }
        let alike = |one: usize, other: usize| self.is_alike(&all[one].work, &all[other].work);
        let parted = |e: &Edge| e.strict || !alike(e.from, e.to);
        let mut olds = vec![];
        for (members, inside) in parts.iter().zip(&inside) {
            let fits = members.len() <= GROUP && members.iter().all(|&m| alike(members[0], m));
            if inside.iter().all(|e| e.from == e.to && !e.strict) || fits && !inside.iter().any(|e| parted(e)) {
                continue;
            }
            // What is computed never needs itself: there is an old value in each circle.
            let over = inside.iter().filter_map(|e| Some((!parted(e), e.old?)));
            olds.extend(over.min_by_key(|&(fits, old)| (fits, self.program.buffer(old).elements, old)).map(|o| o.1));
        }
        if olds.is_empty() { Ok(self.grouped(all, &edges, &part, &parts)) } else { Err(olds) }
    }

    /// Lists the parts, each as early in the order of the graph as it may stand; what fits into a kernel before it joins that.
    fn grouped(&self, all: &[Late], edges: &[Edge], part: &[usize], parts: &[Vec<usize>]) -> Vec<Together> {
        let mut waits = vec![0; all.len()];
        let mut before: Vec<Vec<&Edge>> = all.iter().map(|_| vec![]).collect();
        let mut behind: Vec<Vec<usize>> = vec![vec![]; all.len()];
        for edge in edges.iter().filter(|e| part[e.from] != part[e.to]) {
            waits[part[edge.to]] += 1;
            before[part[edge.to]].push(edge);
            behind[part[edge.from]].push(part[edge.to]);
        }
        let ready = (0..parts.len()).filter(|&at| !parts[at].is_empty() && waits[at] == 0);
        let mut ready: BinaryHeap<Reverse<usize>> = ready.map(Reverse).collect();
        let mut out: Vec<Together> = vec![];
        let mut stands = vec![0; all.len()];
        while let Some(Reverse(at)) = ready.pop() {
            let members = &parts[at];
            let earliest = before[at].iter().map(|e| stands[part[e.from]] + usize::from(e.strict)).max().unwrap_or(0);
            let needs = members.iter().map(|&m| all[m].place[1]).max().unwrap_or(0);
            let joins = (earliest..out.len()).rev().find(|&k| {
                let Together { works, place } = &out[k];
                works.len() + members.len() <= GROUP
                    && self.memory.fit_together(works.iter().chain(members).map(|&m| all[m].work.node()))
                    && needs <= *place
                    && self.is_alike(&all[works[0]].work, &all[members[0]].work)
            });
            stands[at] = joins.unwrap_or(out.len());
            match joins {
                Some(k) => out[k].works.extend(members),
                None => {
                    let place = members.iter().map(|&m| all[m].place[0]).max().unwrap_or(0);
                    out.push(Together { works: members.clone(), place });
                }
            }
            for &next in &behind[at] {
                waits[next] -= 1;
                if waits[next] == 0 {
                    ready.push(Reverse(next));
                }
            }
        }
        out
    }

    /// What must come before what.
    fn edges(&self, all: &[Late], aside: &[BufferId]) -> Vec<Edge> {
        let mut makers: FxHashMap<NodeId, usize> = FxHashMap::default();
        let mut writers: FxHashMap<BufferId, usize> = FxHashMap::default();
        let is_home = |of: &NodeId, to: &Stored| self.memory.stored.get(of).is_some_and(|s| s.buffer == to.buffer);
        for (at, late) in all.iter().enumerate() {
            match &late.work {
                Work::Single(id) => {
                    makers.insert(*id, at);
                }
                Work::Assign { of, to, .. } => {
                    if is_home(of, to) {
                        makers.insert(*of, at);
                    }
                    writers.extend(self.program.buffer(to.buffer).overwrites.map(|old| (old, at)));
                }
            }
        }
        let mut edges = vec![];
        for (at, late) in all.iter().enumerate() {
            let (root, computed, whole) = match &late.work {
                Work::Single(id) => (*id, true, true),
                Work::Assign { of, to, .. } => (*of, is_home(of, to), false),
            };
            for (x, direct) in reads(self.graph, &self.memory, root, computed) {
                let strict = whole || !direct;
                if let Some(&from) = makers.get(&x) {
                    let strict = strict || matches!(all[from].work, Work::Single(_));
                    edges.push(Edge { from, to: at, strict, old: None });
                }
                let Some(stored) = self.memory.stored.get(&x) else { continue };
                if let Some(&to) = writers.get(&stored.buffer).filter(|_| !aside.contains(&stored.buffer)) {
                    edges.push(Edge { from: at, to, strict, old: Some(stored.buffer) });
                }
            }
        }
        edges
    }

    /// Whether one kernel may do both: of one shape, layout and precision.
    fn is_alike(&self, one: &Work, other: &Work) -> bool {
        let (Work::Assign { of: a, to, .. }, Work::Assign { of: b, to: other, .. }) = (one, other) else {
            return false;
        };
        let same_shape = self.graph.shape(*a) == self.graph.shape(*b);
        same_shape && to.float == other.float && to.layout.order == other.layout.order
    }
}

/// What a leaf holds that a step gives a new value.
pub(super) fn target_of(graph: &Graph, id: NodeId) -> Option<Target> {
    match *graph.op(id) {
        Op::Leaf(Leaf::Parameter(number)) => Some(Target::Parameter(number)),
        Op::Leaf(Leaf::State(number)) => Some(Target::State(number)),
        _ => None,
    }
}

/// Which pieces of work lie on circles with each other: the number of the part that each is in, its least member's.
fn components(count: usize, edges: &[Edge]) -> Vec<usize> {
    let mut next: Vec<Vec<usize>> = vec![vec![]; count];
    let mut before: Vec<Vec<usize>> = vec![vec![]; count];
    for edge in edges {
        next[edge.from].push(edge.to);
        before[edge.to].push(edge.from);
    }
    // Each behind all that is reached from it; then, from the last on, what reaches it and is in no part yet.
    let mut finished = Vec::with_capacity(count);
    let mut seen = vec![false; count];
    for start in 0..count {
        let mut todo = vec![(start, false)];
        while let Some((at, done)) = todo.pop() {
            if done {
                finished.push(at);
            } else if !std::mem::replace(&mut seen[at], true) {
                todo.push((at, true));
                todo.extend(next[at].iter().map(|&to| (to, false)));
            }
        }
    }
    let mut part = vec![usize::MAX; count];
    for &start in finished.iter().rev() {
        let mut members = vec![];
        let mut todo = vec![start];
        while let Some(at) = todo.pop() {
            if part[at] == usize::MAX {
                part[at] = start;
                members.push(at);
                todo.extend(&before[at]);
            }
        }
        let least = members.iter().copied().min().unwrap_or(start);
        members.into_iter().for_each(|at| part[at] = least);
    }
    part
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Type, Variable};

    /// The plan of a step on states of these shapes, whose next values are those that are drawn up.
    fn planned(shapes: &[&[usize]], next: impl Fn(&mut Graph, &[NodeId]) -> Vec<NodeId>) -> Program {
        let mut g = Graph::new();
        for (number, shape) in shapes.iter().enumerate() {
            let ty = Type::real(shape, false);
            g.states.push(Variable { name: format!("s{number}"), ty, span: Default::default() });
        }
        let leaves: Vec<NodeId> = (0..shapes.len() as u32).map(|k| g.intern(Op::Leaf(Leaf::State(k)))).collect();
        let next = next(&mut g, &leaves);
        let updates: Vec<(Target, NodeId)> = (0..).map(Target::State).zip(next).collect();
        let request = Request { graph: &g, updates: &updates, logged: &[], outputs: &[], float: Float::F32, batch: 1 };
        let program = plan(&request).unwrap().program;
        assert_eq!(program.verify(), Ok(()), "{}", program.text());
        program
    }
    fn steps(program: &Program) -> usize {
        program.steps.iter().filter(|step| **step != Command::Barrier).count()
    }
    fn aside(program: &Program) -> Vec<&str> {
        let names = program.buffers.iter().map(|buffer| buffer.name.as_str());
        names.filter(|name| name.starts_with("old ")).collect()
    }

    #[test]
    fn a_circle_of_elements_is_one_kernel() {
        // Each takes the place of the next, and the last one a step from all.
        let turned = |g: &mut Graph, s: &[NodeId]| {
            let sum = g.add(s[0], s[1]);
            vec![s[1], s[2], g.multiply(sum, s[2])]
        };
        let program = planned(&[&[40], &[40], &[40]], turned);
        assert_eq!((steps(&program), aside(&program).len()), (1, 0), "{}", program.text());
    }

    #[test]
    fn what_is_read_elsewhere_is_put_aside_once() {
        let reversed = |g: &mut Graph, s: &[NodeId]| vec![g.slice(s[0], 0, 39, -1, 40)];
        let program = planned(&[&[40]], reversed);
        assert_eq!((steps(&program), aside(&program)), (2, vec!["old s0"]), "{}", program.text());
        // Of a circle the smallest.
        let parts = |g: &mut Graph, s: &[NodeId]| vec![g.pad(s[1], 0, 1, 36), g.slice(s[0], 0, 5, 1, 3)];
        let program = planned(&[&[40], &[3]], parts);
        assert_eq!((steps(&program), aside(&program)), (3, vec!["old s1"]), "{}", program.text());
    }

    #[test]
    fn readers_come_before_the_writer_where_they_can() {
        // A delay line of different shapes: from its end to its beginning.
        let delays = |g: &mut Graph, s: &[NodeId]| {
            let half = g.scale(s[0], 0.5);
            vec![half, g.slice(s[0], 0, 0, 1, 20), g.slice(s[1], 0, 0, 1, 10)]
        };
        let program = planned(&[&[40], &[20], &[10]], delays);
        assert_eq!((steps(&program), aside(&program).len()), (3, 0), "{}", program.text());
    }

    /// The loop starts from a next value, and nothing but another next value wants what it leaves.
    #[test]
    fn what_a_loop_starts_from_is_there_before_it() {
        for stacked in [false, true] {
            let looped = |g: &mut Graph, s: &[NodeId]| {
                let start = g.scale(s[0], 0.5);
                let of = g.begin_loop(2, false, &[(start, false)]);
                let carried = g.looped(of).binders[0].leaf;
                let next = g.multiply(carried, s[1]);
                g.set_next(of, 0, next);
                let left = if stacked { g.stacked(of, next) } else { g.last(of, next) };
                let left = if stacked { g.index(left, 0, 1) } else { left };
                let sum = g.add(left, s[1]);
                vec![start, sum]
            };
            planned(&[&[8], &[8]], looped);
        }
    }

    #[test]
    fn more_than_a_kernel_takes_is_cut() {
        let shapes = vec![&[8_usize][..]; 2 * GROUP];
        let turned = |_: &mut Graph, s: &[NodeId]| s.iter().skip(1).chain(&s[..1]).copied().collect();
        let program = planned(&shapes, turned);
        assert_eq!(aside(&program), ["old s0"], "{}", program.text());
    }

    #[test]
    fn circles_are_found() {
        let edge = |(from, to): &(usize, usize)| Edge { from: *from, to: *to, strict: false, old: None };
        let edges: Vec<Edge> =
            [(0, 1), (1, 2), (2, 0), (2, 3), (3, 4), (4, 3), (5, 5), (6, 0)].iter().map(edge).collect();
        assert_eq!(components(7, &edges), [0, 0, 0, 3, 3, 5, 6]);
    }
}
