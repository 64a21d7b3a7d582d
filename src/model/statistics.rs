//! `t.mean`, `t.std`: what `standardize t` has learned from the data, so that an output can be in its own unit.
use super::elaborator::{Elaborator, Outcome};
use super::value::Tensor;
use crate::diagnostic::{Diagnostic, Span};
use crate::graph::{Leaf, Op};

impl Elaborator<'_> {
    /// The value of such a path; none if it is another one. As long as no data is known, a mean is 0 and a deviation 1.
    pub(super) fn statistic(&mut self, path: &str, span: Span) -> Outcome<Option<Tensor>> {
        let Some((name, which)) = path.split_once('.').filter(|(_, which)| matches!(*which, "mean" | "std")) else {
            return Ok(None);
        };
        let Some(variable) = self.graph.inputs.iter().find(|v| v.name == name) else { return Ok(None) };
        let (shape, declared) = (variable.ty.shape.clone(), variable.span);
        let count: usize = shape.iter().product();
        let neutral = vec![if which == "mean" { 0.0 } else { 1.0 }; count];
        let values = match &self.options.statistics {
            None => neutral,
            Some(all) => match all.iter().find(|(of, _)| of == name) {
                Some((_, found)) if which == "mean" => found.mean.clone(),
                Some((_, found)) => found.deviation.clone(),
                None => {
                    let error = Diagnostic::error("E0411", format!("`{name}` is not standardized"))
                        .at(span, "has no mean and no deviation here")
                        .also(declared, "declared here")
                        .help(format!("say `standardize {name}` in the data section"));
                    return self.fail(error);
                }
            },
        };
        if values.len() != count {
            let error =
                Diagnostic::error("E0411", format!("the statistics of `{name}` are of {} numbers", values.len()))
                    .at(span, format!("{count} are needed"))
                    .also(declared, "declared here");
            return self.fail(error);
        }
        if let [value] = values[..]
            && shape.is_empty()
        {
            // A setting: formulas show it by its name.
            let number = match self.graph.settings.iter().position(|(known, _)| known == path) {
                Some(number) => number,
                None => {
                    self.graph.settings.push((path.to_string(), value));
                    self.graph.settings.len() - 1
                }
            };
            let leaf = self.graph.intern(Op::Leaf(Leaf::Setting(number as u32)));
            self.graph.name(leaf, path.to_string());
            return Ok(Some(Tensor::new(leaf)));
        }
        let table = self.graph.table(&values, &shape);
        self.graph.name(table, path.to_string());
        Ok(Some(Tensor::new(table)))
    }
}
