//! Parameters and gradients taken together as one vector: `weights`, `params`, `params(h)`, `gradients`.
use super::elaborator::{Elaborator, Outcome, Reported};
use super::path::is_below;
use super::value::{Tensor, Value};
use crate::diagnostic::{Diagnostic, Span};
use crate::graph::NodeId;
use crate::syntax::{Argument, NodeKind, TreeId};

impl<'a> Elaborator<'a> {
    /// `weights`, or `params`.
    pub fn gathered_parameters(&mut self, weights: bool, span: Span) -> Outcome<Value<'a>> {
        if self.optimizer.is_some() {
            let error = Diagnostic::error("E0208", "an optimizer has one parameter at a time")
                .at(span, "all of them")
                .help("`gradients` are all gradients");
            return self.fail(error);
        }
        let leaves = self.selected(weights);
        if leaves.is_empty() {
            // Those that should be there may be missing because of a mistake above.
            if self.reported.diagnostics.iter().any(Diagnostic::is_error) {
                return Err(Reported);
            }
            let (what, help) = if weights {
                (
                    "no parameter multiplies, so `weights` is empty",
                    "weights have two axes or more, or are factors of a product",
                )
            } else {
                ("there are no parameters yet", "`param w: [n]`, or a layer, makes some")
            };
            return self.fail(Diagnostic::error("E0208", what).at(span, "empty").help(help));
        }
        self.sites.gathered.push((span, leaves.len(), weights));
        Ok(self.as_one_vector(&leaves).into())
    }
    fn selected(&self, weights: bool) -> Vec<NodeId> {
        self.declared.parameters.iter().filter(|p| !weights || p.multiplies).map(|p| p.leaf).collect()
    }
    /// Parameters made below a use of `weights` would be missing from it.
    pub fn check_gathered(&mut self) {
        for (span, count, weights) in std::mem::take(&mut self.sites.gathered) {
            if self.selected(weights).len() != count {
                let name = if weights { "weights" } else { "params" };
                let error = Diagnostic::error("E0214", format!("`{name}` stands above parameters that it should hold"))
                    .at(span, "more are made below")
                    .help("use it below them, or in `minimize`");
                self.report(error);
            }
        }
    }

    /// `params(h)`: those below a name.
    pub fn parameters_below(&mut self, arguments: &'a [Argument], span: Span) -> Outcome<Value<'a>> {
        let path = match arguments {
            [Argument { name: None, value }] => self.path_of_parameters(*value)?,
            _ => {
                let error = Diagnostic::error("E0206", "`params(h)` takes the name of a binding or a path")
                    .at(span, "as in `params(h)`, `params(h.0)`");
                return self.fail(error);
            }
        };
        let numbers = self.parameters_of(&path, span)?;
        let leaves: Vec<NodeId> =
            numbers.into_iter().map(|number| self.declared.parameters[number as usize].leaf).collect();
        Ok(self.as_one_vector(&leaves).into())
    }
    /// The path that stands for the parameters below it: `h`, `h.0`.
    pub fn path_of_parameters(&mut self, id: TreeId) -> Outcome<String> {
        let path = match self.tree.kind(id) {
            NodeKind::Name(_) | NodeKind::Field { .. } => self.tree.path(id).map(|parts| parts.join(".")),
            _ => None,
        };
        match path {
            Some(path) => Ok(path),
            None => {
                let error = Diagnostic::error("E0206", "parameters are named by a binding or a path")
                    .at(self.span(id), "as in `h`, `h.0`, `h.0.w`");
                self.fail(error)
            }
        }
    }
    /// The numbers of the parameters of this path and below it: one or more.
    pub fn parameters_of(&mut self, path: &str, span: Span) -> Outcome<Vec<u32>> {
        let paths = self.parameter_paths();
        let there = paths.iter().filter(|(known, _)| is_below(known, path));
        let numbers: Vec<u32> = there.map(|(_, number)| *number).collect();
        if !numbers.is_empty() {
            return Ok(numbers);
        }
        let names: Vec<String> = paths.into_iter().map(|(path, _)| path).collect();
        let error = Diagnostic::error("E0208", format!("there are no parameters below `{path}`")).at(span, "empty");
        let error =
            if names.is_empty() { error } else { error.help(format!("there are {}", super::call::listed(&names))) };
        self.fail(error)
    }

    /// `gradients`: of all parameters, in an optimizer.
    pub fn gathered_gradients(&mut self, span: Span) -> Outcome<Value<'a>> {
        match &self.optimizer {
            Some(context) => {
                let holes = context.gradients.clone();
                Ok(self.as_one_vector(&holes).into())
            }
            None => {
                let error = Diagnostic::error("E0208", "`gradients` are known in an optimizer only")
                    .at(span, "outside of an optimizer")
                    .help("`grad(loss, w)` is the gradient of one");
                self.fail(error)
            }
        }
    }

    /// Values behind each other, row by row.
    pub fn as_one_vector(&mut self, values: &[NodeId]) -> Tensor {
        let flat: Vec<NodeId> = values.iter().map(|&x| self.flattened(x)).collect();
        Tensor::new(self.graph.join(0, &flat))
    }
    pub fn flattened(&mut self, x: NodeId) -> NodeId {
        let count: usize = self.graph.shape(x).iter().product();
        self.graph.reshape(x, &[count])
    }
}
