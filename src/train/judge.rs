//! Metrics of a part of the data: the evaluation graph, compiled once, with the parameters and states that training has reached.
use super::executor::{Batch, Executor, Moment};
use crate::graph::{Graph, Variable};
use crate::kernel::Fault;
use crate::step::Target;
use std::sync::atomic::AtomicBool;

/// One part of the data under judgement.
pub struct Judge {
    executor: Box<dyn Executor>,
    rows: Vec<u32>,
    pairs: Vec<(Target, Target)>,
    names: Vec<String>,
}

impl Judge {
    /// `executor` runs the evaluation, with room for all `rows` as one batch; `names` are those of what it logs.
    pub fn new(
        training: &Graph,
        evaluated: &Graph,
        executor: Box<dyn Executor>,
        rows: &[u32],
        names: Vec<String>,
    ) -> Judge {
        Judge { executor, rows: rows.to_vec(), pairs: pairs(training, evaluated), names }
    }

    /// What is logged of the part at a moment of training, by name.
    pub fn judge(&mut self, trained: &dyn Executor, moment: Moment) -> Result<Vec<(String, f64)>, Fault> {
        for &(from, to) in &self.pairs {
            self.executor.write(to, &trained.read(from));
        }
        let whole = Batch::at(moment, self.rows.len());
        let mut log = vec![];
        self.executor.run(&self.rows, &[whole], &AtomicBool::new(false), &mut log)?;
        Ok(self.names.iter().cloned().zip(log).collect())
    }
}

/// Which parameter and state of training is which of the evaluation: by path, for `if training` may leave some out of either.
pub fn pairs(training: &Graph, evaluated: &Graph) -> Vec<(Target, Target)> {
    fn of(from: &[Variable], to: &[Variable], target: fn(u32) -> Target) -> Vec<(Target, Target)> {
        let place = |name: &str| from.iter().position(|v| v.name == name);
        to.iter().enumerate().filter_map(|(at, v)| Some((target(place(&v.name)? as u32), target(at as u32)))).collect()
    }
    let mut all = of(&training.parameters, &evaluated.parameters, Target::Parameter);
    all.extend(of(&training.states, &evaluated.states, Target::State));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Type;

    fn graph(parameters: &[&str], states: &[&str]) -> Graph {
        let variable =
            |name: &&str| Variable { name: name.to_string(), ty: Type::real(&[], false), span: Default::default() };
        let mut graph = Graph::new();
        graph.parameters = parameters.iter().map(variable).collect();
        graph.states = states.iter().map(variable).collect();
        graph
    }

    #[test]
    fn parameters_and_states_are_matched_by_path() {
        let training = graph(&["a.w", "y.w", "y.b"], &["m", "norm.center"]);
        let evaluated = graph(&["y.b", "y.w"], &["norm.center"]);
        let wanted = [
            (Target::Parameter(2), Target::Parameter(0)),
            (Target::Parameter(1), Target::Parameter(1)),
            (Target::State(1), Target::State(0)),
        ];
        assert_eq!(pairs(&training, &evaluated), wanted);
    }
}
