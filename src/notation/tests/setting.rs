//! Small models built by hand, and their way through recognition, differentiation and simplification.
use crate::graph::{Graph, Kind, Leaf, NodeId, Op, Type, Variable, verify};
use crate::notation::gradient::request;
use crate::notation::{Derivation, Form, Request, derivation, latex, nn, text};

#[derive(Default)]
pub struct Setting {
    pub g: Graph,
    pub parameters: Vec<(String, NodeId)>,
}

impl Setting {
    pub fn input(&mut self, name: &str, shape: &[usize]) -> NodeId {
        self.input_of(name, Type::real(shape, true))
    }
    pub fn class(&mut self, name: &str, shape: &[usize], count: usize) -> NodeId {
        self.input_of(
            name,
            Type { shape: shape.to_vec(), kind: Kind::Class(crate::graph::ListId(0), count), varying: true },
        )
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
    pub fn gradient(mut self, loss: NodeId) -> Both {
        self.g.name(loss, "loss");
        let mut kept: Vec<NodeId> = vec![loss];
        kept.extend(self.parameters.iter().map(|p| p.1));
        verify::verify(&self.g, &kept).unwrap();
        let (graph, request) = request(&self.g, &[("loss".into(), loss)], &self.parameters);
        let roots: Vec<NodeId> = request.results.iter().map(|r| r.node).collect();
        verify::verify(&graph, &roots).unwrap();
        if std::env::var("SHOW").is_ok() {
            eprintln!("{}\n{:?}", crate::graph::show::show(&graph, &roots), request.titles);
        }
        Both::of(&graph, request)
    }
}

/// A derivation for either reader.
pub struct Both {
    pub paper: Derivation,
    pub program: Derivation,
}

impl Both {
    pub fn of(graph: &Graph, request: Request) -> Both {
        let paper = derivation(graph, &request);
        Both { paper, program: derivation(graph, &Request { form: Form::Program, ..request }) }
    }
}

/// All forms that are read by people, for goldens.
pub fn forms(both: &Both) -> String {
    format!(
        "{}\n--- nn\n{}\n--- latex\n{}",
        text::render(&both.paper, 100, false),
        nn::render(&both.program),
        latex::render(&both.paper)
    )
}
