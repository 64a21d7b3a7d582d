//! The oracle: a graph of one example, as it was written, in f64. It is slow and plain: the others are measured by it.
pub mod claims;
pub mod differences;
pub mod operations;
#[doc(hidden)]
pub mod scalar;
pub mod schedule;
pub mod steps;
pub mod values;

pub use differences::{Probe, Quantity, Slopes, finite_differences, held};
pub use scalar::{Jet, Scalar};
pub use schedule::{LoopRun, Visit, schedule};
pub use steps::{Left, Steps};
pub use values::{Draws, Environment, Values};

use crate::graph::{BATCH, Graph, Leaf, LoopId, NodeId, Op, Runtime, infer};
use crate::op::ReduceOp;
use crate::random::Site;
use rustc_hash::FxHashMap;

/// The values of the roots: one for each example where a root varies, else one.
///
/// # Errors
/// The graph is batched, a leaf has no value or one of another size, an index is out of its range. All are told in words;
/// data that was read and a graph that was verified lead to none of them.
pub fn evaluate(graph: &Graph, roots: &[NodeId], env: &Environment) -> Result<Vec<Values>, String> {
    Oracle::new(graph, roots)?.run(env)
}

/// A graph made ready to be evaluated again and again.
pub struct Oracle<'a> {
    graph: &'a Graph,
    roots: Vec<NodeId>,
    plan: Plan,
}

/// The order of evaluation, and what named functions are.
struct Plan {
    steps: Vec<Visit>,
    definitions: FxHashMap<NodeId, Definition>,
}

/// A named function written out for the types of its arguments, which are holes.
struct Definition {
    graph: Graph,
    holes: Vec<NodeId>,
    result: NodeId,
    plan: Plan,
}

impl<'a> Oracle<'a> {
    /// # Errors
    /// The graph is batched, or a loop's values are used outside of it.
    pub fn new(graph: &'a Graph, roots: &[NodeId]) -> Result<Oracle<'a>, String> {
        Ok(Oracle { graph, roots: roots.to_vec(), plan: Plan::new(graph, roots)? })
    }
    /// The values of the roots.
    ///
    /// # Errors
    /// As `evaluate`.
    pub fn run(&self, env: &Environment) -> Result<Vec<Values>, String> {
        self.moved(env, &|_, _| 0.0)
    }
    /// The values of the roots as leaves move along a direction: how fast each element of a leaf does (elements of all examples, one behind the
    /// other) is asked of `speed`. Of `Jet`s, the first two derivatives along it.
    ///
    /// # Errors
    /// As `evaluate`.
    pub fn moved<T: Scalar>(
        &self,
        env: &Environment,
        speed: &dyn Fn(&Leaf, usize) -> f64,
    ) -> Result<Vec<Values<T>>, String> {
        let mut run: Run<T> = Run::new(self.graph, &self.plan, env, FxHashMap::default(), speed);
        run.steps(&self.plan.steps)?;
        self.roots.iter().map(|&root| run.result(root)).collect()
    }
}

impl Plan {
    fn new(graph: &Graph, roots: &[NodeId]) -> Result<Plan, String> {
        let mut definitions = FxHashMap::default();
        for id in graph.reachable(roots) {
            if graph.shape(id).contains(&BATCH) {
                return Err(format!("%{} has an axis of examples: the oracle evaluates one example at a time", id.0));
            }
            if let Op::Named(op, arguments) = graph.op(id) {
                let mut inner = Graph::new();
                let holes: Vec<NodeId> = arguments.iter().map(|&a| inner.hole(graph.ty(a).clone())).collect();
                let result = (op.definition)(&mut inner, &holes);
                let plan = Plan::new(&inner, &[result])?;
                definitions.insert(id, Definition { graph: inner, holes, result, plan });
            }
        }
        Ok(Plan { steps: schedule(graph, roots)?, definitions })
    }
}

/// One evaluation.
struct Run<'a, T> {
    graph: &'a Graph,
    plan: &'a Plan,
    env: &'a Environment,
    /// Arguments of a named function that is evaluated.
    holes: FxHashMap<NodeId, Values<T>>,
    speed: &'a dyn Fn(&Leaf, usize) -> f64,
    values: Vec<Option<Values<T>>>,
    /// The place that each loop is at.
    places: Vec<usize>,
}

impl<'a, T: Scalar> Run<'a, T> {
    fn new(
        graph: &'a Graph,
        plan: &'a Plan,
        env: &'a Environment,
        holes: FxHashMap<NodeId, Values<T>>,
        speed: &'a dyn Fn(&Leaf, usize) -> f64,
    ) -> Run<'a, T> {
        let (values, places) = (vec![None; graph.len()], vec![0; graph.loops.len()]);
        Run { graph, plan, env, holes, speed, values, places }
    }
    fn result(&self, root: NodeId) -> Result<Values<T>, String> {
        Ok(match (self.get(root)?, self.graph.ty(root).varying) {
            (Values::Uniform(value), true) => Values::Varying(vec![value.clone(); self.env.examples]),
            (value, _) => value.clone(),
        })
    }
    fn get(&self, id: NodeId) -> Result<&Values<T>, String> {
        self.values[id.index()].as_ref().ok_or_else(|| format!("%{} is used before it has a value", id.0))
    }

    fn steps(&mut self, steps: &[Visit]) -> Result<(), String> {
        for step in steps {
            match step {
                Visit::Node(id) => self.values[id.index()] = Some(self.node(*id)?),
                Visit::Loop(run) => self.run_loop(run)?,
            }
        }
        Ok(())
    }

    #[deny(clippy::wildcard_enum_match_arm)]
    fn node(&self, id: NodeId) -> Result<Values<T>, String> {
        let op = self.graph.op(id);
        if let Op::Leaf(leaf) = op {
            return self.leaf(id, leaf);
        }
        if let Op::BatchMean { x, axes } = op {
            return self.batch_mean(*x, axes);
        }
        let operands: Vec<(NodeId, &Values<T>)> =
            op.operands().into_iter().map(|x| Ok((x, self.get(x)?))).collect::<Result<_, String>>()?;
        let of_example = |example: usize| -> Result<Vec<T>, String> {
            let get = |x: NodeId| operands.iter().find(|o| o.0 == x).map_or(&[][..], |o| o.1.of(example));
            match op {
                Op::Named(..) => self.named(id, &operands, example),
                Op::Element { of, x } => {
                    let size: usize = self.graph.shape(id).iter().product();
                    let at = self.places[of.0 as usize];
                    Ok(get(*x)[at * size..(at + 1) * size].to_vec())
                }
                Op::Leaf(_)
                | Op::Unary(..)
                | Op::Binary(..)
                | Op::Select { .. }
                | Op::Reduce { .. }
                | Op::Contract(_)
                | Op::View(_)
                | Op::Reshape { .. }
                | Op::Join { .. }
                | Op::OneHot { .. }
                | Op::Gather { .. }
                | Op::ScatterAdd { .. }
                | Op::BatchMean { .. }
                | Op::Last { .. }
                | Op::Stacked { .. } => operations::value(self.graph, id, get),
            }
        };
        if self.graph.ty(id).varying {
            (0..self.env.examples).map(of_example).collect::<Result<_, String>>().map(Values::Varying)
        } else {
            of_example(0).map(Values::Uniform)
        }
    }

    fn leaf(&self, id: NodeId, leaf: &Leaf) -> Result<Values<T>, String> {
        let ty = self.graph.ty(id);
        let size: usize = ty.shape.iter().product();
        let moving = |values: &[f64], from: usize| -> Vec<T> {
            values.iter().enumerate().map(|(at, &v)| T::moving(v, (self.speed)(leaf, from + at))).collect()
        };
        let sized = |values: Option<&Vec<f64>>, what: &str, number: u32| match values {
            Some(values) if values.len() == size => Ok(Values::Uniform(moving(values, 0))),
            Some(values) => Err(format!("{what} {number} has {size} elements; {} were given", values.len())),
            None => Err(format!("{what} {number} was not given")),
        };
        match leaf {
            Leaf::Constant(value, _) => Ok(Values::Uniform(vec![T::constant(value.0); size])),
            Leaf::Table(values, _) => Ok(Values::Uniform(values.iter().map(|v| T::constant(v.0)).collect())),
            Leaf::Iota(n) => Ok(Values::Uniform((0..*n).map(|i| T::constant(i as f64)).collect())),
            Leaf::Input(i) if !ty.varying => sized(self.env.inputs.get(*i as usize), "input", *i),
            Leaf::Input(i) => {
                let values = self.env.inputs.get(*i as usize).ok_or_else(|| format!("input {i} was not given"))?;
                if values.len() != size * self.env.examples {
                    let examples = self.env.examples;
                    let given = values.len();
                    return Err(format!(
                        "{examples} examples of input {i} have {size} elements each; {given} were given"
                    ));
                }
                let each = |e: usize| moving(&values[e * size..(e + 1) * size], e * size);
                Ok(Values::Varying((0..self.env.examples).map(each).collect()))
            }
            Leaf::Parameter(i) => sized(self.env.parameters.get(*i as usize), "parameter", *i),
            Leaf::State(i) => sized(self.env.states.get(*i as usize), "state", *i),
            Leaf::Setting(i) => match self.env.settings.get(*i as usize) {
                Some(&value) => Ok(Values::Uniform(moving(&[value], 0))),
                None => Err(format!("setting {i} was not given")),
            },
            Leaf::Runtime(what) => Ok(Values::Uniform(vec![T::constant(self.env.runtime(*what))])),
            Leaf::Draw(number, _) => {
                let draw = &self.graph.draws[*number as usize];
                let site = Site::new(draw.noise, self.env.seed, &draw.name);
                let each = |e: usize| {
                    let mut values = vec![T::constant(0.0); size];
                    site.each(e as u32, self.env.runtime(Runtime::Step) as u64, size, |at, v| {
                        values[at] = T::constant(v)
                    });
                    values
                };
                Ok(Values::Varying((0..self.env.examples).map(each).collect()))
            }
            Leaf::LoopIndex(of) => Ok(Values::Uniform(vec![T::constant(self.places[of.0 as usize] as f64)])),
            Leaf::Hole(..) => {
                let given = || {
                    Some(match self.env.holes.get(&id)? {
                        Values::Uniform(values) => Values::Uniform(moving(values, 0)),
                        Values::Varying(each) => {
                            Values::Varying(each.iter().enumerate().map(|(e, v)| moving(v, e * size)).collect())
                        }
                    })
                };
                self.holes.get(&id).cloned().or_else(given).ok_or_else(|| format!("%{} is a hole", id.0))
            }
            Leaf::Binder(of, _) => Err(format!("%{} is carried by loop {}, which does not run", id.0, of.0)),
        }
    }

    /// The mean over the examples and over axes of each.
    fn batch_mean(&self, x: NodeId, axes: &[usize]) -> Result<Values<T>, String> {
        let value = self.get(x)?;
        let shape = self.graph.shape(x);
        let size: usize = infer::without(shape, axes).iter().product();
        let mut sum = vec![T::constant(0.0); size];
        for example in 0..self.env.examples {
            let mean = operations::reduce(ReduceOp::Mean, axes, shape, value.of(example));
            sum.iter_mut().zip(mean).for_each(|(s, m)| *s = s.plus(m));
        }
        sum.iter_mut().for_each(|s| *s = s.over(self.env.examples as f64));
        Ok(Values::Uniform(sum))
    }

    fn named(&self, id: NodeId, operands: &[(NodeId, &Values<T>)], example: usize) -> Result<Vec<T>, String> {
        let definition = &self.plan.definitions[&id];
        let env = Environment::new(&definition.graph, 1);
        let given = definition.holes.iter().zip(operands);
        let holes = given.map(|(&hole, (_, value))| (hole, Values::Uniform(value.of(example).to_vec()))).collect();
        let mut run: Run<T> = Run::new(&definition.graph, &definition.plan, &env, holes, self.speed);
        run.steps(&definition.plan.steps)?;
        Ok(run.get(definition.result)?.of(0).to_vec())
    }

    fn run_loop(&mut self, run: &LoopRun) -> Result<(), String> {
        let of = self.graph.looped(run.of);
        let binders: Vec<_> = run.binders.iter().map(|&k| &of.binders[k]).collect();
        let mut carried: Vec<Values<T>> =
            binders.iter().map(|b| self.get(b.init).cloned()).collect::<Result<_, String>>()?;
        let body_of: Vec<NodeId> = run.projections.iter().flat_map(|&p| self.graph.op(p).operands()).collect();
        let mut rounds: Vec<Vec<Values<T>>> = vec![];
        for round in 0..of.length {
            self.places[run.of.0 as usize] = if of.reverse { of.length - 1 - round } else { round };
            for (binder, value) in binders.iter().zip(carried) {
                self.values[binder.leaf.index()] = Some(value);
            }
            self.steps(&run.body)?;
            rounds.push(body_of.iter().map(|&x| self.get(x).cloned()).collect::<Result<_, String>>()?);
            carried = binders.iter().map(|b| self.get(b.next).cloned()).collect::<Result<_, String>>()?;
        }
        for (k, &projection) in run.projections.iter().enumerate() {
            let value = match rounds.last() {
                _ if matches!(self.graph.op(projection), Op::Stacked { .. }) => {
                    self.stacked(projection, rounds.iter().map(|r| &r[k]), of.reverse)
                }
                Some(last) => last[k].clone(),
                None => self.without_rounds(run.of, body_of[k])?,
            };
            self.values[projection.index()] = Some(value);
        }
        Ok(())
    }

    fn stacked<'v>(
        &self,
        id: NodeId,
        rounds: impl DoubleEndedIterator<Item = &'v Values<T>>,
        reverse: bool,
    ) -> Values<T>
    where
        T: 'v,
    {
        let places: Vec<&Values<T>> = if reverse { rounds.rev().collect() } else { rounds.collect() };
        let of = |example: usize| places.iter().flat_map(|v| v.of(example)).copied().collect();
        if self.graph.ty(id).varying {
            Values::Varying((0..self.env.examples).map(of).collect())
        } else {
            Values::Uniform(of(0))
        }
    }

    /// What a loop of no rounds hands on is what it started from.
    fn without_rounds(&self, of: LoopId, x: NodeId) -> Result<Values<T>, String> {
        let binders = &self.graph.looped(of).binders;
        let binder = binders.iter().find(|b| b.next == x || b.leaf == x);
        let binder = binder.ok_or_else(|| format!("%{} has no value in a loop of no rounds", x.0))?;
        self.get(binder.init).cloned()
    }
}

#[cfg(test)]
mod tests;
