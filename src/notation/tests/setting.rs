//! Small models built by hand, and their way through recognition, differentiation and simplification.
use crate::gradient::adjoints;
use crate::graph::{Graph, Kind, Leaf, NodeId, Op, Type, Variable, verify};
use crate::notation::{Derivation, Request, derivation, latex, nn, text};
use crate::simplify::{Stage, simplify};

#[derive(Default)]
pub struct Setting {
    pub g: Graph,
    parameters: Vec<(String, NodeId)>,
}

impl Setting {
    pub fn input(&mut self, name: &str, shape: &[usize]) -> NodeId {
        self.input_of(name, Type::real(shape, true))
    }
    pub fn class(&mut self, name: &str, shape: &[usize], count: usize) -> NodeId {
        self.input_of(name, Type { shape: shape.to_vec(), kind: Kind::Class(count), varying: true })
    }
    fn input_of(&mut self, name: &str, ty: Type) -> NodeId {
        self.g.inputs.push(Variable { name: name.into(), ty, span: Default::default() });
        self.g.intern(Op::Leaf(Leaf::Input(self.g.inputs.len() as u32 - 1)))
    }
    pub fn parameter(&mut self, name: &str, shape: &[usize]) -> NodeId {
        self.g.parameters.push(Variable { name: name.into(), ty: Type::real(shape, false), span: Default::default() });
        let id = self.g.intern(Op::Leaf(Leaf::Parameter(self.g.parameters.len() as u32 - 1)));
        self.parameters.push((name.into(), id));
        id
    }
    pub fn name(&mut self, id: NodeId, name: &str) -> NodeId {
        self.g.name(id, name);
        id
    }
    /// `w x + b`, with parameters below the path.
    pub fn dense(&mut self, path: &str, x: NodeId, m: usize) -> NodeId {
        let n = self.g.shape(x)[0];
        let w = self.parameter(&format!("{path}.w"), &[m, n]);
        let b = self.parameter(&format!("{path}.b"), &[m]);
        let product = self.g.matmul(w, x);
        self.g.add(product, b)
    }

    /// A program's model.
    pub fn of_source(text: &str) -> (Setting, NodeId) {
        let mut sources = crate::diagnostic::Sources::default();
        let file = sources.add("model.nn", text);
        let parsed = crate::syntax::parse(file, text);
        let options = crate::model::Options { training: true, ..Default::default() };
        let (model, diagnostics) = crate::model::elaborate(&parsed, &sources, &options);
        let model = model.unwrap_or_else(|| panic!("{diagnostics:?}"));
        let leaves = model.parameters.iter().map(|p| p.leaf);
        let parameters = model.graph.parameters.iter().map(|v| v.name.clone()).zip(leaves).collect();
        (Setting { parameters, g: model.graph }, model.loss.unwrap())
    }

    /// The derivation of the gradient of `loss` by all parameters.
    pub fn gradient(mut self, loss: NodeId) -> Derivation {
        self.g.name(loss, "loss");
        let mut kept: Vec<NodeId> = vec![loss];
        kept.extend(self.parameters.iter().map(|p| p.1));
        kept.extend(self.g.names().map(|n| n.0));
        verify::verify(&self.g, &kept).unwrap();
        let recognised = simplify(&self.g, &kept, Stage::Recognise);
        let (mut g, roots) = (recognised.graph, recognised.roots);
        let count = self.parameters.len();
        let found = adjoints(&mut g, roots[0], &roots[1..=count]);
        let pairs = found.all();
        let zeros: Vec<NodeId> = roots[1..=count]
            .iter()
            .map(|&p| {
                let shape = g.shape(p).to_vec();
                found.of(p).unwrap_or_else(|| g.constant(0.0, &shape))
            })
            .collect();
        let mut all = roots.clone();
        all.extend(&zeros);
        all.extend(pairs.iter().flat_map(|p| [p.0, p.1]));
        let simple = simplify(&g, &all, Stage::Simplify);
        verify::verify(&simple.graph, &simple.roots).unwrap();
        let (given, adjoint_pairs) = simple.roots.split_at(roots.len() + count);
        let results: Vec<(String, NodeId)> =
            self.parameters.iter().zip(&given[roots.len()..]).map(|((path, _), node)| (path.clone(), *node)).collect();
        let pairs: Vec<(NodeId, NodeId)> = adjoint_pairs.chunks(2).map(|p| (p[0], p[1])).collect();
        let request = Request::gradient("loss", given[0], &results, &pairs);
        if std::env::var("SHOW").is_ok() {
            eprintln!("{}", crate::graph::show::show(&simple.graph, given));
        }
        derivation(&simple.graph, &request)
    }
}

/// All forms that are read by people, for goldens.
pub fn forms(derivation: &Derivation) -> String {
    format!(
        "{}\n--- nn\n{}\n--- latex\n{}",
        text::render(derivation, 100, false),
        nn::render(derivation),
        latex::render(derivation)
    )
}
