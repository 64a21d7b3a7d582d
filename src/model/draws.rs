//! Fresh draws: `noise: [3] ~ normal(1)` without `param`, numbers drawn anew for each example and each step.
//!
//! A draw is a leaf. Its numbers are a function of the seed, the path of its name, the step, the row of the data and the place in the leaf.
//! So what is drawn for each place that a function is mapped over, or in each round of a loop, is one leaf with axes for those in front:
//! mapping adds one, and a loop takes its elements.
use super::declare::foreign_distribution;
use super::elaborator::{Elaborator, Outcome};
use super::scope::Slot;
use super::value::{Tensor, Value};
use crate::diagnostic::{Diagnostic, Span};
use crate::graph::lengths::Ends;
use crate::graph::show::shape_text;
use crate::graph::{Draw, Kind, Leaf, NodeId, Op, Type};
use crate::op::arithmetic;
use crate::random::{Distribution, Noise};
use crate::syntax::{Ident, NodeKind, TreeId, Type as WrittenType};

impl<'a> Elaborator<'a> {
    /// `name: [n] ~ normal(1)`
    pub fn draw(&mut self, name: &'a Ident, ty: Option<&'a WrittenType>, from: TreeId, whole: Span) -> Outcome<()> {
        self.is_taken(name)?;
        let drawn = self.drawn(name, ty, from, whole);
        let slot = match &drawn {
            Ok(tensor) => Slot::Value(tensor.clone().into()),
            Err(_) => Slot::Broken,
        };
        if let Ok(tensor) = &drawn {
            self.give_name(name, &Value::Tensor(tensor.clone()));
        }
        self.scopes.set(self.scope, &name.name, slot, name.span);
        drawn.map(|_| ())
    }

    fn drawn(&mut self, name: &Ident, ty: Option<&'a WrittenType>, from: TreeId, whole: Span) -> Outcome<Tensor> {
        self.may_draw(whole)?;
        let written = ty;
        let ty = match ty {
            Some(ty) => self.written_type(ty, false)?,
            None => Type::real(&[], false),
        };
        if ty.kind != Kind::Real {
            let error = Diagnostic::error("E0405", "what is drawn are numbers")
                .at(name.span, "a class or a truth value")
                .help("`u ~ uniform(0, 1)` and `u < 0.3` is true for three of ten");
            return self.fail(error);
        }
        let (noise, location, scale) = self.noise(from)?;
        let is_leaf = location.is_none() && scale.is_none();
        let own = if is_leaf { name.name.clone() } else { format!("{}.ε", name.name) };
        let ends = match written {
            Some(written) => self.ends_of_type(written)?,
            None => vec![],
        };
        let leaf = self.leaf_of_draw(own, noise, &ty.shape, ends);
        self.mark(leaf, name.span);
        let mut value = (Tensor::new(leaf), name.span);
        for (operand, row) in [(scale, &arithmetic::MULTIPLY), (location, &arithmetic::ADD)] {
            let Some(operand) = operand else { continue };
            let own = self.shape(&operand.0);
            if !ty.shape.ends_with(&own) {
                let what =
                    format!("{} is {}, and what it is drawn from {}", name.name, spoken(&ty.shape), spoken(&own));
                let error = Diagnostic::error("E0312", what);
                let error = self.label_operand(error, (&operand.0, operand.1), true);
                let declared = format!("{}: {}", self.text(name.span), shape_text(&own));
                let place = written.map_or(name.span, |ty| name.span.to(ty.span));
                return self.fail(error.edit("draw as many", place, declared, false));
            }
            value = (self.element_wise(row, operand, value)?, name.span);
        }
        self.mark(value.0.id, name.span);
        Ok(value.0)
    }

    /// Refuses draws where they would mean nothing.
    fn may_draw(&mut self, whole: Span) -> Outcome<()> {
        let (what, why) = if self.optimizer.is_some() {
            ("an optimizer draws nothing", "a draw is made for each example, and a step is taken for all of them")
        } else if self.reading.claiming {
            ("a claim draws nothing", "what it draws would be other numbers than those that the loss has drawn")
        } else {
            return Ok(());
        };
        let error = Diagnostic::error("E0412", what).at(whole, "drawn here").note(why);
        let error = match self.reading.claiming {
            true => error.help("say it by names: bind what is drawn at the top level, as in `noise: [3] ~ normal(1)`"),
            false => error,
        };
        self.fail(error)
    }

    /// The leaf, as it is in this round of the loops around it.
    fn leaf_of_draw(&mut self, name: String, noise: Noise, shape: &[usize], ends: Ends) -> NodeId {
        self.sites.draws.truncate(self.graph.draws.len());
        self.sites.draws.push((self.frame, name.clone()));
        let rounds: Vec<_> = self.reading.rounds.iter().map(|(of, _)| *of).collect();
        let lengths = rounds.iter().map(|of| self.graph.looped(*of).length);
        let shape: Vec<usize> = lengths.chain(shape.iter().copied()).collect();
        let leaf = self.graph.intern(Op::Leaf(Leaf::Draw(self.graph.draws.len() as u32, shape)));
        self.graph.set_ends(leaf, [vec![None; rounds.len()], ends].concat());
        self.graph.draws.push(Draw { name, noise, leaf });
        rounds.into_iter().fold(leaf, |value, of| self.graph.element(of, value))
    }

    /// The paths of all draws, which are not those of parameters. A model that is called again draws anew: `u.z`, `u.z.2`.
    pub fn draw_paths(&self) -> Vec<String> {
        let mut all: Vec<String> = vec![];
        let parameters = self.parameter_paths();
        let is_free =
            |name: &String, all: &[String]| !all.contains(name) && parameters.iter().all(|(path, _)| path != name);
        for (frame, name) in self.sites.draws.iter().take(self.graph.draws.len()) {
            let path = self.frames.path_of(*frame, name);
            let numbered = (2..).map(|number| format!("{path}.{number}"));
            let free = std::iter::once(path.clone()).chain(numbered).find(|name| is_free(name, &all));
            all.push(free.unwrap_or(path));
        }
        all
    }

    /// What the draws since a place in their list are once their body is mapped over an axis: drawn for each place of it.
    pub fn draws_for_each(&mut self, since: usize, extent: usize) -> Vec<(NodeId, NodeId)> {
        let mut pairs = vec![];
        for number in since..self.graph.draws.len() {
            let leaf = self.graph.draws[number].leaf;
            let shape = [&[extent], self.graph.shape(leaf)].concat();
            let wide = self.graph.intern(Op::Leaf(Leaf::Draw(number as u32, shape)));
            let ends = [vec![None], self.graph.ends(leaf)].concat();
            self.graph.set_ends(wide, ends);
            self.graph.draws[number].leaf = wide;
            pairs.push((leaf, wide));
        }
        pairs
    }

    /// `normal(1)`, `normal(m, s)`, `uniform(0, 1)`: what is drawn from, what is added, and what it is multiplied by.
    fn noise(&mut self, from: TreeId) -> Outcome<(Noise, Option<(Tensor, Span)>, Option<(Tensor, Span)>)> {
        let span = self.span(from);
        let tree = self.tree;
        let (name, arguments): (Option<&str>, &[crate::syntax::Argument]) = match tree.kind(from) {
            NodeKind::Call { callee, arguments } => (tree.name(*callee), arguments),
            _ => (tree.name(from), &[]),
        };
        let Some(name) = name.filter(|name| matches!(*name, "normal" | "uniform")) else {
            let what = self.quote(from);
            let error = match name {
                Some(name) if Distribution::NAMES.contains(&name) => Diagnostic::error(
                    "E0206",
                    format!("`{name}` is how a parameter begins"),
                )
                .at(span, "nothing to be drawn anew in each step")
                .help("`param w: [3, 4] ~ glorot` declares a parameter; noise is `~ normal(1)` or `~ uniform(0, 1)`"),
                _ => Diagnostic::error("E0201", format!("{what} is no distribution")).at(span, "not known"),
            };
            return self.fail(match name.and_then(foreign_distribution) {
                Some(own) => error.edit(format!("here this is `{own}`"), span, own, false),
                None => {
                    error.help("fresh draws are `normal(deviation)`, `normal(mean, deviation)`, `uniform(low, high)`")
                }
            });
        };
        let mut given: Vec<(Tensor, Span)> = vec![];
        for argument in arguments {
            let at = self.span(argument.value);
            let value = self.tensor(argument.value)?;
            self.numeric(&value, at)?;
            given.push((value, at));
        }
        let known: Option<Vec<f64>> = given.iter().map(|(value, _)| value.number()).collect();
        // Numbers that are known, and how many there are, are what they are of a parameter.
        let numbers = known.clone().unwrap_or_else(|| match (name, given.len()) {
            ("uniform", 2) => vec![0.0, 1.0],
            (_, count) => vec![1.0; count],
        });
        if let Err(why) = Distribution::from_name(name, &numbers) {
            return self.fail(Diagnostic::error("E0206", why).at(span, "can't be drawn from"));
        }
        let is = |operand: &(Tensor, Span), number: f64| operand.0.number() == Some(number);
        let mut given = given.into_iter();
        Ok(match (name, given.next(), given.next()) {
            ("normal", Some(deviation), None) => (Noise::Normal, None, Some(deviation).filter(|s| !is(s, 1.0))),
            ("normal", Some(mean), Some(deviation)) => {
                (Noise::Normal, Some(mean).filter(|m| !is(m, 0.0)), Some(deviation).filter(|s| !is(s, 1.0)))
            }
            (_, Some(low), Some(high)) => {
                let width = self.element_wise(&arithmetic::SUBTRACT, high.clone(), low.clone())?;
                let width = (width, high.1);
                (Noise::Uniform, Some(low).filter(|low| !is(low, 0.0)), Some(width).filter(|w| !is(w, 1.0)))
            }
            _ => (Noise::Normal, None, None),
        })
    }
}

fn spoken(shape: &[usize]) -> String {
    if shape.is_empty() { "a number".into() } else { shape_text(shape) }
}
