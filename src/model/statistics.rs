//! `t.mean`, `t.std`: what `standardize t` has learned from the data, so that an output can be in its own unit.
use super::elaborator::{Elaborator, Outcome};
use super::names::nearest;
use super::value::Tensor;
use crate::diagnostic::{Diagnostic, Span};
use crate::graph::{Leaf, Op};

impl Elaborator<'_> {
    /// `mean` or `std`, if another word for it stands behind an input.
    pub(super) fn statistic_meant(&self, object: &str, written: &str) -> Option<&'static str> {
        let is_input = self.graph.inputs.iter().any(|input| input.name == object);
        let meant = match written {
            "average" | "mu" | "μ" => "mean",
            "deviation" | "stddev" | "sd" | "sigma" | "σ" => "std",
            _ => nearest(written, ["mean", "std"].into_iter())
                .filter(|_| !written.is_empty())
                .and_then(|near| ["mean", "std"].into_iter().find(|known| *known == near))?,
        };
        is_input.then_some(meant)
    }

    /// The value of such a path; none if it is another one. As long as no data is known, a mean is 0 and a deviation 1.
    pub(super) fn statistic(&mut self, path: &str, span: Span) -> Outcome<Option<Tensor>> {
        let Some((name, which)) = path.split_once('.').filter(|(_, which)| matches!(*which, "mean" | "std")) else {
            return Ok(None);
        };
        let variable = self.graph.inputs.iter().find(|v| v.name == name).map(|v| (v.ty.shape.clone(), v.span));
        // A column of a series that is standardized for all that read it.
        let column = || self.facts.scaled.iter().find(|(own, _)| own == name).map(|(_, span)| (vec![], *span));
        let Some((shape, declared)) = variable.or_else(column) else { return Ok(None) };
        let count: usize = shape.iter().product();
        let neutral = vec![if which == "mean" { 0.0 } else { 1.0 }; count];
        let values = match &self.options.statistics {
            None => neutral,
            Some(all) => {
                match all.iter().find(|(of, _)| of == name) {
                    Some((_, found)) if which == "mean" => found.mean.clone(),
                    Some((_, found)) => found.deviation.clone(),
                    None if self.options.of_weights => {
                        let error = Diagnostic::error("E0411", format!("the weights know no mean and no deviation of `{name}`"))
                        .at(span, "is not in the weights")
                        .also(declared, "declared here")
                        .help(format!("they are of another program, or of this one before it said `standardize {name}`: train it anew"));
                        return self.fail(error);
                    }
                    None => {
                        let error = Diagnostic::error("E0411", format!("`{name}` is not standardized"))
                            .at(span, "has no mean and no deviation here")
                            .also(declared, "declared here")
                            .help(format!("say `standardize {name}` in the data section"));
                        return self.fail(error);
                    }
                }
            }
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
