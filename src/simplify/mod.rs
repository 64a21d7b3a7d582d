//! Simplification: rules as data for scalars, one function a rule for the structure of values, recognisers of spelled-out functions.
//!
//! Recognisers run before differentiation, rules after it and again after batching. A rule never makes a value dearer;
//! whether it is exact in floating point or only in real numbers is said beside it, and tested.
pub mod bypass;
pub mod choice;
pub mod contraction;
pub mod fraction;
pub mod logarithm;
pub mod logistic;
mod multiple;
pub mod normal;
pub mod parts;
pub mod pattern;
mod picks;
mod reading;
pub mod recognise;
pub mod reduction;
pub mod root;
mod rules;
pub mod shape;
pub mod size;
pub mod softplus;
pub mod sums;
pub mod truth;
mod within;

pub use within::recognised_within;

use crate::graph::fit::Signature;
use crate::graph::rebuild::Rebuild;
use crate::graph::{Graph, Kind, NodeId, Op};
use crate::op::UnaryOp;
use crate::op::arithmetic::NEGATE;
use pattern::Rule;
use std::rc::Rc;

/// Which rules run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Before differentiation: spelled-out functions become named ones.
    Recognise,
    /// After differentiation, and after batching.
    Simplify,
    /// Nothing but removal of what is not needed: what `bench` compares with.
    Collect,
}

/// A structural rule: the value that a node may be replaced by.
pub struct StructuralRule {
    pub name: &'static str,
    pub apply: fn(&mut Simplifier, NodeId) -> Option<NodeId>,
}

/// Rewrites of one node stop here; a rule set that went in circles would be seen in the tests as this limit.
const REWRITES_PER_NODE: usize = 64;

/// The name of the rule that scalar functions of constants are constants.
const FOLDED: &str = "constant folding";

/// A graph whose nodes are simplified as they are made.
pub struct Simplifier {
    pub graph: Graph,
    stage: Stage,
    scalar: Rc<[Rule]>,
    structural: Rc<[&'static StructuralRule]>,
    rewrites: Vec<Rewrite>,
    done: rustc_hash::FxHashMap<NodeId, NodeId>,
}

impl Simplifier {
    fn new(graph: Graph, stage: Stage) -> Simplifier {
        let scalar = match stage {
            Stage::Recognise => rules::recognisers(),
            Stage::Simplify => rules::simplifications(),
            Stage::Collect => vec![],
        };
        let structural: Vec<&StructuralRule> = match stage {
            Stage::Recognise => {
                let rules = truth::RULES.iter().chain(recognise::RULES).chain(choice::RULES);
                let rules = rules.chain(logarithm::RULES).chain(logistic::RULES);
                rules.chain(fraction::RULES).chain(softplus::RULES).chain(size::RULES).collect()
            }
            Stage::Simplify => {
                let shape = truth::RULES.iter().chain(shape::RULES);
                shape.chain(reduction::RULES).chain(contraction::RULES).chain(sums::RULES).chain(root::RULES).collect()
            }
            Stage::Collect => vec![],
        };
        Simplifier {
            graph,
            stage,
            scalar: scalar.into(),
            structural: structural.into(),
            rewrites: vec![],
            done: Default::default(),
        }
    }

    /// The simplified node of an operation whose operands are simplified.
    pub fn make(&mut self, op: Op) -> NodeId {
        let mut id = self.graph.intern(op);
        if let Some(&known) = self.done.get(&id) {
            return known;
        }
        let first = id;
        let signature = self.graph.signature_of(first);
        for _ in 0..REWRITES_PER_NODE {
            let Some((rule, to)) = self.rewrite(id, &signature) else { break };
            self.rewrites.push(Rewrite { rule, from: id, to });
            if to == id {
                break;
            }
            id = to;
        }
        self.done.insert(first, id);
        id
    }

    /// The first rewrite that keeps the type, and its rule.
    fn rewrite(&mut self, id: NodeId, signature: &Signature) -> Option<(&'static str, NodeId)> {
        if let Some(value) = self.folded(id).and_then(|value| self.graph.as_kind(value, signature.ty.kind)) {
            return Some((FOLDED, value));
        }
        for rule in self.scalar.clone().iter() {
            if let Some(new) = rule.apply(self, id).and_then(|new| self.fitted(new, signature, rule.name)) {
                return Some((rule.name, new));
            }
        }
        for rule in self.structural.clone().iter() {
            if let Some(new) = (rule.apply)(self, id).and_then(|new| self.fitted(new, signature, rule.name)) {
                return Some((rule.name, new));
            }
        }
        None
    }
    /// What a rule made, as what it takes the place of: `1 x` of a truth value is the number `[x]`. Nothing if it is of a kind that can't
    /// stand there; a rule that changes the shape is a defect.
    fn fitted(&mut self, new: NodeId, signature: &Signature, rule: &str) -> Option<NodeId> {
        let new = self.graph.as_kind(new, signature.ty.kind)?;
        self.graph.keeps_type(new, signature, rule);
        Some(new)
    }

    /// A scalar function of constants.
    fn folded(&mut self, id: NodeId) -> Option<NodeId> {
        // A truth value is a factor that chooses, before it is a number.
        let is_of_truths = self.graph.op(id).operands().iter().any(|x| self.graph.ty(*x).kind == Kind::Bool);
        if self.stage == Stage::Collect || self.stage == Stage::Recognise && is_of_truths {
            return None;
        }
        let value = self.known(id)?;
        let shape = self.graph.shape(id).to_vec();
        Some(self.graph.constant(value, &shape))
    }
    /// The one number that a value is at every place, if it is a scalar function of constants or of truth values that are known.
    fn known(&self, id: NodeId) -> Option<f64> {
        let of = |x: NodeId| match self.graph.constant_of(x) {
            None if self.graph.ty(x).kind == Kind::Bool => self.known(x),
            constant => constant,
        };
        match self.graph.op(id) {
            Op::Unary(op, x) if !op.stops => Some((op.value)(of(*x)?)),
            Op::Binary(op, x, y) => Some((op.value)(of(*x)?, of(*y)?)),
            Op::View(view) if view.is_total() && self.graph.ty(id).kind == Kind::Bool => of(view.x),
            Op::Reshape { x, .. } if self.graph.ty(id).kind == Kind::Bool => of(*x),
            _ => None,
        }
    }
    /// Whether a condition holds everywhere or nowhere, if that is known.
    fn known_condition(&self, id: NodeId) -> Option<bool> {
        self.graph.constant_of(id).or_else(|| self.known(id)).map(|value| value != 0.0)
    }

    fn negated(&mut self, x: NodeId) -> NodeId {
        self.make(Op::Unary(UnaryOp(&NEGATE), x))
    }

    /// A constant of the shape of a node.
    pub fn constant_like(&mut self, value: f64, like: NodeId) -> NodeId {
        let shape = self.graph.shape(like).to_vec();
        self.graph.constant(value, &shape)
    }
}

/// One value in the place of another one, and the rule that says so. Both stand in the arena of the `History`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rewrite {
    pub rule: &'static str,
    pub from: NodeId,
    pub to: NodeId,
}

/// How a graph was simplified: every rewrite in its order, and the arena in which all values stand that were made on the way.
pub struct History {
    pub arena: Graph,
    pub rewrites: Vec<Rewrite>,
}

/// What became of a graph, and how.
pub struct Simplified {
    pub graph: Graph,
    pub roots: Vec<NodeId>,
    pub history: History,
}

/// Rebuilds what the roots need, simplified.
pub fn simplify(graph: &Graph, roots: &[NodeId], stage: Stage) -> Simplified {
    let mut rebuild = Rebuild::new(graph);
    let mut simplifier = Simplifier::new(Graph::new(), stage);
    let picked = match stage {
        Stage::Recognise => picks::found(graph, &graph.reachable(roots), roots),
        Stage::Simplify | Stage::Collect => Default::default(),
    };
    let roots = rebuild.run(roots, |to, old, op| {
        std::mem::swap(&mut simplifier.graph, to);
        let new = if picked.contains(&old) { picks::moved(&mut simplifier, op) } else { simplifier.make(op) };
        std::mem::swap(&mut simplifier.graph, to);
        new
    });
    let roots = if stage == Stage::Collect { roots } else { rebuild.to.with_equal_loops_merged(&roots) };
    // What rules made on the way and nobody uses is left behind.
    let (graph, roots) = crate::graph::rebuild::garbage_collected(&rebuild.to, &roots);
    Simplified { graph, roots, history: History { arena: rebuild.to, rewrites: simplifier.rewrites } }
}

#[cfg(test)]
mod tests;
