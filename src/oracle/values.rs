//! What the oracle computes with: values of nodes, and what the leaves stand for.
use super::Jet;
use crate::graph::lengths::Sequence;
use crate::graph::{BATCH, Graph, Kind, NodeId, Runtime, Type};
use rustc_hash::FxHashMap;

/// The value of a node, elements row by row.
#[derive(Clone, Debug, PartialEq)]
pub enum Values<T = f64> {
    /// The same for each example.
    Uniform(Vec<T>),
    /// One for each example.
    Varying(Vec<Vec<T>>),
}

impl<T: Clone> Values<T> {
    /// The elements of an example's value.
    pub fn of(&self, example: usize) -> &[T] {
        match self {
            Values::Uniform(value) => value,
            Values::Varying(each) => &each[example],
        }
    }
    /// What an example's value comes to: the mean over the examples of a varying one.
    pub fn averaged(&self, of: impl Fn(&[T]) -> f64) -> f64 {
        match self {
            Values::Uniform(value) => of(value),
            Values::Varying(each) => each.iter().map(|value| of(value)).sum::<f64>() / each.len() as f64,
        }
    }
    /// All elements, example after example: as a batched value has them.
    pub fn flat(&self) -> Vec<T> {
        match self {
            Values::Uniform(value) => value.clone(),
            Values::Varying(each) => each.concat(),
        }
    }
}

impl Values<Jet> {
    /// How fast a number moves: the mean over the examples of a varying one.
    pub fn speed(&self) -> f64 {
        self.averaged(|value| value[0].first)
    }
}

impl Values {
    /// A uniform number, or the mean over the examples of a varying one.
    pub fn number(&self) -> f64 {
        self.averaged(|value| value[0])
    }
}

/// What the leaves of a graph stand for.
#[derive(Clone, Debug)]
pub struct Environment {
    /// How many examples there are.
    pub examples: usize,
    /// By number of the input: the examples' values one after the other. A class is its number, a truth value 0 or 1.
    pub inputs: Vec<Vec<f64>>,
    pub parameters: Vec<Vec<f64>>,
    pub states: Vec<Vec<f64>>,
    pub settings: Vec<f64>,
    /// In the order of `Runtime::ALL`.
    pub runtime: [f64; Runtime::ALL.len()],
    /// What fresh draws follow from.
    pub seed: u64,
    /// By their nodes.
    pub holes: FxHashMap<NodeId, Values>,
}

impl Environment {
    /// Zeros for inputs, parameters and states; settings as the graph has them; the first step of the first epoch of one.
    pub fn new(graph: &Graph, examples: usize) -> Environment {
        let zeros = |ty: &Type| vec![0.0; count(ty) * if ty.varying { examples } else { 1 }];
        Environment {
            examples,
            inputs: graph.inputs.iter().map(|v| zeros(&v.ty)).collect(),
            parameters: graph.parameters.iter().map(|v| zeros(&v.ty)).collect(),
            states: graph.states.iter().map(|v| zeros(&v.ty)).collect(),
            settings: graph.settings.iter().map(|s| s.1).collect(),
            runtime: Runtime::ALL.map(|what| if what == Runtime::BatchSize { examples as f64 } else { 1.0 }),
            seed: 1,
            holes: FxHashMap::default(),
        }
    }
    /// Numbers drawn from −1..1 for inputs, parameters and states; classes and truth values from all they may be.
    pub fn random(graph: &Graph, examples: usize, seed: u64) -> Environment {
        Environment::within(graph, examples, seed, 1.0)
    }
    /// The same with numbers of −`bound` to `bound`.
    pub fn within(graph: &Graph, examples: usize, seed: u64, bound: f64) -> Environment {
        let mut all = Environment::new(graph, examples);
        let mut draw = Draws(seed);
        for (values, variables) in [
            (&mut all.inputs, &graph.inputs),
            (&mut all.parameters, &graph.parameters),
            (&mut all.states, &graph.states),
        ] {
            for (values, variable) in values.iter_mut().zip(variables) {
                let scale = if variable.ty.kind == Kind::Real { bound } else { 1.0 };
                values.iter_mut().for_each(|v| *v = scale * draw.of(variable.ty.kind));
            }
        }
        // A length is one, and behind it nothing stands.
        for Sequence { length, least, most, inputs } in &graph.sequences {
            for example in 0..examples {
                let entries = least + (draw.unit() * (most + 1 - least) as f64) as usize;
                all.inputs[*length][example] = entries as f64;
                for &input in inputs {
                    let width = count(&graph.inputs[input].ty);
                    let row = &mut all.inputs[input][example * width..][..width];
                    row[entries * (width / most.max(&1)).max(1)..].fill(0.0);
                }
            }
        }
        all
    }
    pub fn runtime(&self, what: Runtime) -> f64 {
        self.runtime[place(what)]
    }
    pub fn set_runtime(&mut self, what: Runtime, value: f64) {
        self.runtime[place(what)] = value;
    }
}

/// A run-time number's place in `Runtime::ALL`.
pub fn place(what: Runtime) -> usize {
    Runtime::ALL.iter().position(|r| *r == what).unwrap_or_default()
}

/// How many elements one example's value has.
pub fn count(ty: &Type) -> usize {
    ty.shape.iter().filter(|&&n| n != BATCH).product()
}

/// A stream of numbers (splitmix64): for tests and checks, not for training.
pub struct Draws(pub u64);

impl Draws {
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    /// From 0 to below 1.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }
    /// A whole number below a bound.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.unit() * bound as f64) as usize
    }
    /// One that a value of the kind may be.
    pub fn of(&mut self, kind: Kind) -> f64 {
        match kind {
            Kind::Real => 2.0 * self.unit() - 1.0,
            Kind::Bool => self.below(2) as f64,
            Kind::Index(size) | Kind::Class(_, size) => self.below(size) as f64,
        }
    }
}
