//! The order in which an evaluator walks over a graph: nodes one after the other, loops as steps with bodies of their own.
use crate::graph::{Graph, Leaf, LoopId, NodeId, Op};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;
use std::rc::Rc;

/// One step of an evaluation.
#[derive(Clone, Debug, PartialEq)]
pub enum Visit {
    Node(NodeId),
    Loop(LoopRun),
}

/// One run of a loop, which gives the values of its projections.
#[derive(Clone, Debug, PartialEq)]
pub struct LoopRun {
    pub of: LoopId,
    /// `Last` and `Stacked` nodes of this loop, ascending.
    pub projections: Vec<NodeId>,
    /// The binders that the body reads, by their numbers in the loop. Their leaves are no steps of the body.
    pub binders: Vec<usize>,
    pub body: Vec<Visit>,
}

/// What the roots need, in order. A loop runs once for all projections of it that can be had at once.
///
/// # Errors
/// A value that differs in the rounds of a loop is used outside of it, or an operand comes after its user.
pub fn schedule(graph: &Graph, roots: &[NodeId]) -> Result<Vec<Visit>, String> {
    Ok(Scheduling { graph, captured: FxHashMap::default() }.level(None, roots)?.steps)
}

struct Scheduling<'g> {
    graph: &'g Graph,
    /// What loops' bodies capture for a value that is taken out of them: in a nest it is asked for by each loop around.
    captured: FxHashMap<(LoopId, NodeId), Rc<[NodeId]>>,
}

/// The part of an evaluation that stands in one loop's body, or in none.
struct Level {
    steps: Vec<Visit>,
    binders: Vec<usize>,
    /// Values from outside the loop that the body reads or that its binders begin with.
    captured: Vec<NodeId>,
}

impl Scheduling<'_> {
    /// Values from outside of a loop that its body, or that its binders begin with, need for this one of it.
    fn captured(&mut self, of: LoopId, x: NodeId) -> Result<Rc<[NodeId]>, String> {
        if let Some(known) = self.captured.get(&(of, x)) {
            return Ok(known.clone());
        }
        let captured: Rc<[NodeId]> = self.level(Some(of), &[x])?.captured.into();
        self.captured.insert((of, x), captured.clone());
        Ok(captured)
    }

    /// Recursion is over nested loops only.
    fn level(&mut self, inside: Option<LoopId>, targets: &[NodeId]) -> Result<Level, String> {
        let graph = self.graph;
        let mut seen: FxHashSet<NodeId> = FxHashSet::default();
        let mut todo = targets.to_vec();
        let (mut steps, mut binders, mut captured) = (vec![], vec![], vec![]);
        let mut projections: BTreeMap<LoopId, Vec<(NodeId, NodeId)>> = BTreeMap::new();
        while let Some(id) = todo.pop() {
            if !seen.insert(id) {
                continue;
            }
            if inside.is_some_and(|of| !graph.node(id).loops.contains(&of)) {
                captured.push(id);
                continue;
            }
            let op = graph.op(id);
            match *op {
                Op::Leaf(Leaf::Binder(of, number)) => {
                    same_loop(id, inside, of)?;
                    let binder = &graph.looped(of).binders[number as usize];
                    binders.push(number as usize);
                    todo.extend([binder.next, binder.init]);
                    continue;
                }
                Op::Leaf(Leaf::LoopIndex(of)) | Op::Element { of, .. } => same_loop(id, inside, of)?,
                Op::Last { of, x } | Op::Stacked { of, x } => {
                    projections.entry(of).or_default().push((id, x));
                    todo.extend(self.captured(of, x)?.iter());
                    continue;
                }
                _ => {}
            }
            steps.push((id, Visit::Node(id)));
            todo.extend(op.operands());
        }
        for (of, mut of_loop) in projections {
            of_loop.sort();
            while !of_loop.is_empty() {
                steps.push(self.one_run(of, &mut of_loop)?);
            }
        }
        steps.sort_by_key(|(id, _)| *id);
        binders.sort_unstable();
        captured.sort_unstable();
        Ok(Level { steps: steps.into_iter().map(|(_, step)| step).collect(), binders, captured })
    }

    /// The run that gives the first of these projections, and all others that need nothing from after it.
    fn one_run(&mut self, of: LoopId, waiting: &mut Vec<(NodeId, NodeId)>) -> Result<(NodeId, Visit), String> {
        let first = waiting[0].0;
        let (mut now, mut later) = (vec![], vec![]);
        for &(id, x) in waiting.iter() {
            let ready = self.captured(of, x)?.last().is_none_or(|c| *c < first);
            if ready { now.push((id, x)) } else { later.push((id, x)) }
        }
        if now.first().is_none_or(|p| p.0 != first) {
            return Err(format!("%{} takes a value out of a loop that needs a later one", first.0));
        }
        *waiting = later;
        let targets: Vec<NodeId> = now.iter().map(|p| p.1).collect();
        let Level { steps: body, binders, .. } = self.level(Some(of), &targets)?;
        let projections = now.into_iter().map(|p| p.0).collect();
        Ok((first, Visit::Loop(LoopRun { of, projections, binders, body })))
    }
}

fn same_loop(id: NodeId, inside: Option<LoopId>, of: LoopId) -> Result<(), String> {
    if inside == Some(of) {
        return Ok(());
    }
    Err(format!("%{} is of a round of loop {} and is used outside of it", id.0, of.0))
}
