//! Training steps by the oracle: what a step leaves behind, from what it begins with.
use super::{Environment, Oracle};
use crate::graph::NodeId;
use crate::step::{StepGraph, Target};

/// A training step made ready to be done again and again.
pub struct Steps<'a> {
    step: &'a StepGraph,
    oracle: Oracle<'a>,
}

/// What a step leaves behind.
#[derive(Clone, Debug, PartialEq)]
pub struct Left {
    /// Next values, in the order of the graph's parameters; those that have none stay as they are.
    pub parameters: Vec<Vec<f64>>,
    /// The same of the states.
    pub states: Vec<Vec<f64>>,
    /// Logged numbers: of the step's batch, in their order.
    pub logged: Vec<f64>,
    /// The elements of each output, example after example.
    pub outputs: Vec<Vec<f64>>,
}

impl<'a> Steps<'a> {
    /// # Errors
    /// As `evaluate`.
    pub fn new(step: &'a StepGraph) -> Result<Steps<'a>, String> {
        let updates = step.updates.iter().map(|u| u.1);
        let read = step.logged.iter().chain(&step.outputs).map(|r| r.1);
        let roots: Vec<NodeId> = updates.chain(read).collect();
        Ok(Steps { step, oracle: Oracle::new(&step.graph, &roots)? })
    }

    /// One step: every value in it is from before the step but those that it gives itself, wherever they are read.
    ///
    /// # Errors
    /// As `evaluate`.
    pub fn after(&self, env: &Environment) -> Result<Left, String> {
        let values = self.oracle.run(env)?;
        let (next, read) = values.split_at(self.step.updates.len());
        let (logged, outputs) = read.split_at(self.step.logged.len());
        let (mut parameters, mut states) = (env.parameters.clone(), env.states.clone());
        for ((target, _), value) in self.step.updates.iter().zip(next) {
            match *target {
                Target::Parameter(number) => parameters[number as usize] = value.flat(),
                Target::State(number) => states[number as usize] = value.flat(),
            }
        }
        let logged = logged.iter().map(|value| value.number()).collect();
        Ok(Left { parameters, states, logged, outputs: outputs.iter().map(|value| value.flat()).collect() })
    }
}
