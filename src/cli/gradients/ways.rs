//! One gradient in all the ways that it can be had in.
use super::oracle_failed;
use crate::cli::Exit;
use crate::cli::prepare::failed;
use crate::cli::processor;
use crate::data::Dataset;
use crate::gradient::{adjoints, tangent};
use crate::graph::{Graph, Leaf, NodeId, Op, Type};
use crate::kernel::Float;
use crate::model::Model;
use crate::oracle::{Environment, Jet, Oracle, Values, evaluate};
use crate::pipeline::{self, Executing, Obstacle};
use crate::simplify::{Stage, simplify};
use crate::step::{self, StepGraph, Target};
use crate::train::Batch;
use std::sync::atomic::AtomicBool;

/// The ways of a derivative, as people speak of them.
pub const WAYS: [&str; 5] = ["backwards", "simplified", "compiled", "forwards", "by dual numbers"];
/// The one that knows neither mode, and the kinks' conventions.
pub const DUAL: usize = 4;
/// Those of which the whole gradient is there.
pub const WHOLE: usize = 3;

/// The graphs of a number's derivatives by all parameters.
pub struct Derived {
    pub graph: Graph,
    /// What is differentiated, after recognition.
    pub of: NodeId,
    /// The mean gradient by each parameter.
    gradients: Vec<NodeId>,
    /// The derivative along a direction, whose parts are holes.
    tangent: NodeId,
    speeds: Vec<NodeId>,
    time: NodeId,
}

impl Derived {
    pub fn new(model: &Model, of: NodeId) -> Derived {
        let recognised = simplify(&model.graph, &[of], Stage::Recognise);
        let (mut graph, of) = (recognised.graph, recognised.roots[0]);
        let leaves: Vec<NodeId> =
            (0..model.parameters.len() as u32).map(|i| graph.intern(Op::Leaf(Leaf::Parameter(i)))).collect();
        let found = adjoints(&mut graph, of, &leaves);
        let mut gradients = vec![];
        for &leaf in &leaves {
            let shape = graph.shape(leaf).to_vec();
            let gradient = found.of(leaf).unwrap_or_else(|| graph.constant(0.0, &shape));
            gradients.push(step::mean(&mut graph, gradient));
        }
        // The parameters are those of a time, and the time moves.
        let time = graph.hole(Type::real(&[], false));
        let (mut speeds, mut moving) = (vec![], vec![]);
        for &leaf in &leaves {
            let shape = graph.shape(leaf).to_vec();
            let (speed, wide) = (graph.hole(Type::real(&shape, false)), graph.expand_to(time, &shape));
            let way = graph.multiply(wide, speed);
            moving.push((leaf, graph.add(leaf, way)));
            speeds.push(speed);
        }
        let of_time = graph.substitute(&[of], &moving)[0];
        let tangent = tangent(&mut graph, of_time, time, None);
        Derived { graph, of, gradients, tangent, speeds, time }
    }
}

/// The derivatives at one point.
pub struct Ways<'d> {
    derived: &'d Derived,
    /// The whole gradients: by the way, then by the parameter.
    pub whole: [Vec<Vec<f64>>; WHOLE],
    forward: Oracle<'d>,
    dual: Oracle<'d>,
    env: Environment,
}

impl<'d> Ways<'d> {
    pub fn new(derived: &'d Derived, dataset: &Dataset, env: &Environment) -> Result<Ways<'d>, Exit> {
        let flat = |values: Vec<Values>| values.iter().map(|v| v.flat()).collect::<Vec<_>>();
        let (graph, roots) = (&derived.graph, &derived.gradients);
        let backwards = flat(evaluate(graph, roots, env).map_err(oracle_failed)?);
        let simple = simplify(graph, roots, Stage::Simplify);
        let simplified = flat(evaluate(&simple.graph, &simple.roots, env).map_err(oracle_failed)?);
        // A step that puts each gradient in the place of its parameter.
        let updates = roots.iter().enumerate().map(|(at, &root)| (Target::Parameter(at as u32), root)).collect();
        let step = StepGraph { graph: graph.clone(), updates, logged: vec![], outputs: vec![], gradients: vec![] };
        let compiled = compiled(&step, dataset, env).map_err(failed)?;
        let forward = Oracle::new(graph, &[derived.tangent]).map_err(oracle_failed)?;
        let dual = Oracle::new(graph, &[derived.of]).map_err(oracle_failed)?;
        let mut env = env.clone();
        env.holes.insert(derived.time, Values::Uniform(vec![0.0]));
        for (speed, values) in derived.speeds.iter().zip(env.parameters.clone()) {
            env.holes.insert(*speed, Values::Uniform(vec![0.0; values.len()]));
        }
        Ok(Ways { derived, whole: [backwards, simplified, compiled], forward, dual, env })
    }

    /// The derivative along a direction in a parameter, by elements and their weights, in each of `WAYS`.
    pub fn along(&mut self, parameter: usize, direction: &[(usize, f64)]) -> Result<[f64; 5], Exit> {
        let [backwards, simplified, compiled] =
            [0, 1, 2].map(|way| direction.iter().map(|&(at, weight)| self.whole[way][parameter][at] * weight).sum());
        let mut speeds = vec![0.0; self.env.parameters[parameter].len()];
        direction.iter().for_each(|&(at, weight)| speeds[at] = weight);
        let moves = |leaf: &Leaf, at: usize| match leaf {
            Leaf::Parameter(number) if *number as usize == parameter => speeds[at],
            _ => 0.0,
        };
        let dual = self.dual.moved::<Jet>(&self.env, &moves).map_err(oracle_failed)?[0].speed();
        let hole = self.derived.speeds[parameter];
        let still = Values::Uniform(vec![0.0; speeds.len()]);
        self.env.holes.insert(hole, Values::Uniform(speeds));
        let forwards = self.forward.run(&self.env).map_err(oracle_failed)?[0].number();
        self.env.holes.insert(hole, still);
        Ok([backwards, simplified, compiled, forwards, dual])
    }
}

fn compiled(step: &StepGraph, dataset: &Dataset, env: &Environment) -> Result<Vec<Vec<f64>>, Obstacle> {
    let executing = Executing { float: Float::F64, threads: 1, interpreted: false, path: processor::path(), seed: 1 };
    let rows = &dataset.parts.train;
    let mut executor = pipeline::executor(&pipeline::batched(step, true), &executing, rows.len(), dataset, (1, 1))?;
    let parameters = env.parameters.iter().enumerate().map(|(at, v)| (Target::Parameter(at as u32), v));
    let states = env.states.iter().enumerate().map(|(at, v)| (Target::State(at as u32), v));
    parameters.chain(states).for_each(|(target, values)| executor.write(target, values));
    let batch = Batch { first: 0, rows: rows.len(), step: 1, epoch: 1 };
    executor.run(rows, &[batch], &AtomicBool::new(false), &mut vec![])?;
    Ok((0..env.parameters.len() as u32).map(|at| executor.read(Target::Parameter(at))).collect())
}
