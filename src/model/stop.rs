//! `stop when …`: what ends training before its last epoch.
use super::elaborator::{Elaborator, Outcome};
use crate::diagnostic::{Diagnostic, Span};
use crate::graph::Kind;
use crate::op::{self, Binary, BinaryOp, UnaryOp, arithmetic, comparison, exponential};
use crate::syntax::{Directive, NodeKind, ProductSign, SumSign, TreeId};

/// What ends training early. It is asked at the end of each epoch.
#[derive(Clone, Debug)]
pub struct Stop {
    /// As it is written behind `when`.
    pub text: String,
    pub span: Span,
    pub when: When,
}

#[derive(Clone, Debug)]
pub enum When {
    /// A number has not become better for so many epochs; the parameters of the best are kept.
    NoBetter {
        watched: Watched,
        more: bool,
        epochs: usize,
    },
    Holds(Condition),
}

/// A number that is told at the end of an epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// As it is logged: `objective`, `loss`, the name of a metric.
    pub name: String,
    /// Of the validation part; else of the epoch's batches.
    pub of_validation: bool,
}

/// A formula of such numbers.
#[derive(Clone, Debug)]
pub enum Condition {
    Number(f64),
    Watched(Watched),
    Step,
    Epoch,
    Unary(UnaryOp, Box<Condition>),
    Binary(BinaryOp, Box<Condition>, Box<Condition>),
}

impl Condition {
    /// Its value, a truth value as 0 or 1; `told` says what a number is.
    pub fn value(&self, step: usize, epoch: usize, told: &dyn Fn(&Watched) -> f64) -> f64 {
        match self {
            Condition::Number(number) => *number,
            Condition::Watched(watched) => told(watched),
            Condition::Step => step as f64,
            Condition::Epoch => epoch as f64,
            Condition::Unary(row, x) => (row.value)(x.value(step, epoch, told)),
            Condition::Binary(row, x, y) => (row.value)(x.value(step, epoch, told), y.value(step, epoch, told)),
        }
    }
    /// Whether it holds.
    pub fn holds(&self, step: usize, epoch: usize, told: &dyn Fn(&Watched) -> f64) -> bool {
        self.value(step, epoch, told) != 0.0
    }
    /// All numbers that it is made of.
    pub fn watched(&self) -> Vec<&Watched> {
        match self {
            Condition::Number(_) | Condition::Step | Condition::Epoch => vec![],
            Condition::Watched(watched) => vec![watched],
            Condition::Unary(_, x) => x.watched(),
            Condition::Binary(_, x, y) => [x.watched(), y.watched()].concat(),
        }
    }
}

impl Stop {
    /// All numbers that it needs.
    pub fn watched(&self) -> Vec<&Watched> {
        match &self.when {
            When::NoBetter { watched, .. } => vec![watched],
            When::Holds(condition) => condition.watched(),
        }
    }
}

impl<'a> Elaborator<'a> {
    /// `stop when validation.loss has not improved for 10`, `stop when loss < 0.01`
    pub fn stop(&mut self, directive: &'a Directive) -> Outcome<Stop> {
        let mut phrases = directive.phrases.iter();
        let Some(&when) = phrases.next().and_then(|phrase| phrase.values.first()) else {
            return Err(super::elaborator::Reported);
        };
        let span = self.span(when);
        let text = self.text(span).to_string();
        let Some(phrase) = phrases.next() else {
            let condition = self.condition(when)?;
            if !self.is_condition(&condition) {
                let error = Diagnostic::error("E0403", format!("{} is no condition", self.quote(when)))
                    .at(span, "a number")
                    .help(format!("compare it: `{text} < 0.1`, or `{text} has not improved for 10`"));
                return self.fail(error);
            }
            return Ok(Stop { text, span, when: When::Holds(condition) });
        };
        let Condition::Watched(watched) = self.condition(when)? else {
            let error = Diagnostic::error("E0704", "what improves is a number that is told at the end of each epoch")
                .at(span, "something else")
                .help(format!("there are {}", super::call::listed(&self.told_names())));
            return self.fail(error);
        };
        let Some(&count) = phrase.values.first() else { return Err(super::elaborator::Reported) };
        self.counts_epochs(count)?;
        let epochs = self.size(count)?;
        let more = match phrase.words.name.as_str() {
            "has not fallen for" => false,
            "has not risen for" => true,
            _ => match self.is_better_when_more(&watched) {
                Some(more) => more,
                None => {
                    let words = phrase.words.span;
                    let error = Diagnostic::error(
                        "E0704",
                        format!("is `{}` better when it falls or when it rises?", watched.name),
                    )
                    .at(words, "a metric may be either")
                    .edit("it is to fall", words, "has not fallen for", false)
                    .edit("it is to rise", words, "has not risen for", false);
                    return self.fail(error);
                }
            },
        };
        Ok(Stop { text, span, when: When::NoBetter { watched, more, epochs } })
    }

    /// `for 10 epochs` is `for 10`.
    fn counts_epochs(&mut self, count: TreeId) -> Outcome<()> {
        let span = self.span(count);
        let text = self.text(span);
        let number = text.strip_suffix("epochs").or(text.strip_suffix("epoch")).map(str::trim_end);
        match number {
            Some(number) if !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()) => {
                let number = number.to_string();
                let error = Diagnostic::error("E0404", "the number alone says how many epochs")
                    .at(span, "with a word behind it");
                self.fail(error.edit(format!("write `{number}`"), span, number, true))
            }
            _ => Ok(()),
        }
    }

    /// A loss falls; what is true of more examples is better. Of other metrics nobody knows.
    fn is_better_when_more(&self, watched: &Watched) -> Option<bool> {
        match self.declared.metrics.iter().find(|metric| metric.name == watched.name) {
            None => Some(false),
            Some(metric) => (self.graph.ty(metric.value).kind == Kind::Bool).then_some(true),
        }
    }

    fn is_condition(&self, condition: &Condition) -> bool {
        match condition {
            Condition::Unary(row, _) => row.result == op::Result::Bool,
            Condition::Binary(row, ..) => row.result == op::Result::Bool,
            _ => false,
        }
    }

    /// The names of what is told at the end of an epoch.
    fn told_names(&self) -> Vec<String> {
        let loss = self.declared.bindings.iter().any(|(name, _)| name == "loss");
        let own = std::iter::once("objective".to_string()).chain(loss.then(|| "loss".to_string()));
        let metrics = self.declared.metrics.iter().map(|metric| metric.name.clone());
        let all: Vec<String> = own.clone().chain(metrics).map(|name| format!("validation.{name}")).collect();
        own.chain(all).collect()
    }

    /// A formula of numbers that are told, settings, `step` and `epoch`.
    fn condition(&mut self, id: TreeId) -> Outcome<Condition> {
        let tree = self.tree;
        match tree.kind(id) {
            NodeKind::Paren(inner) => self.condition(*inner),
            NodeKind::Number(number) => Ok(Condition::Number(*number)),
            NodeKind::Negate(x) => Ok(Condition::Unary(UnaryOp(&arithmetic::NEGATE), self.condition(*x)?.into())),
            NodeKind::Not(x) => Ok(Condition::Unary(UnaryOp(&comparison::NOT), self.condition(*x)?.into())),
            NodeKind::And(all) => self.chained(all, &comparison::AND),
            NodeKind::Or(all) => self.chained(all, &comparison::OR),
            NodeKind::Name(name) if name == "step" => Ok(Condition::Step),
            NodeKind::Name(name) if name == "epoch" => Ok(Condition::Epoch),
            NodeKind::Name(_) | NodeKind::Field { .. } => self.told(id),
            NodeKind::Compare { first, rest } => {
                let mut left = self.condition(*first)?;
                let mut all: Option<Condition> = None;
                for (relation, right) in rest {
                    let right = self.condition(*right)?;
                    let row = super::elementwise::row_of(*relation);
                    let one = Condition::Binary(BinaryOp(row), left.into(), right.clone().into());
                    all = Some(match all {
                        Some(before) => Condition::Binary(BinaryOp(&comparison::AND), before.into(), one.into()),
                        None => one,
                    });
                    left = right;
                }
                all.ok_or(super::elaborator::Reported)
            }
            NodeKind::Sum { first, rest } => {
                let mut sum = self.condition(*first)?;
                for (sign, term) in rest {
                    let term = self.condition(*term)?;
                    let row = if *sign == SumSign::Minus { &arithmetic::SUBTRACT } else { &arithmetic::ADD };
                    sum = Condition::Binary(BinaryOp(row), sum.into(), term.into());
                }
                Ok(sum)
            }
            NodeKind::Product { first, rest } => {
                let mut product = self.condition(*first)?;
                for (sign, factor) in rest {
                    let factor = self.condition(*factor)?;
                    let row = if *sign == ProductSign::Over { &arithmetic::DIVIDE } else { &arithmetic::MULTIPLY };
                    product = Condition::Binary(BinaryOp(row), product.into(), factor.into());
                }
                Ok(product)
            }
            NodeKind::Juxtaposition(factors) => self.chained(factors, &arithmetic::MULTIPLY),
            NodeKind::Power { base, exponent } => {
                let (base, exponent) = (self.condition(*base)?, self.condition(*exponent)?);
                Ok(Condition::Binary(BinaryOp(&exponential::POW), base.into(), exponent.into()))
            }
            _ => self.no_condition(id),
        }
    }

    /// One behind the other, by a function of two.
    fn chained(&mut self, all: &[TreeId], row: &'static Binary) -> Outcome<Condition> {
        let mut result: Option<Condition> = None;
        for &one in all {
            let one = self.condition(one)?;
            result = Some(match result {
                Some(before) => Condition::Binary(BinaryOp(row), before.into(), one.into()),
                None => one,
            });
        }
        result.ok_or(super::elaborator::Reported)
    }

    fn no_condition<T>(&mut self, id: TreeId) -> Outcome<T> {
        let error = Diagnostic::error("E0704", format!("{} is not known at the end of an epoch", self.quote(id)))
            .at(self.span(id), "not told then")
            .help(format!("there are {}, `step` and `epoch`", super::call::listed(&self.told_names())));
        self.fail(error)
    }

    /// `validation.loss`, `loss`, a metric, a setting.
    fn told(&mut self, id: TreeId) -> Outcome<Condition> {
        let Some(path) = self.tree.path(id).map(|parts| parts.join(".")) else { return self.no_condition(id) };
        let (of_validation, name) = match path.strip_prefix("validation.") {
            Some(name) => (true, name),
            None => (false, path.as_str()),
        };
        let is_metric = self.declared.metrics.iter().any(|metric| metric.name == name);
        let known = self.told_names();
        if is_metric || known.contains(&path) {
            let watched = Watched { name: name.to_string(), of_validation: of_validation || is_metric };
            return Ok(Condition::Watched(watched));
        }
        let setting = self.graph.settings.iter().find(|(own, _)| *own == path).map(|(_, value)| *value);
        if let Some(value) = setting {
            return Ok(Condition::Number(value));
        }
        let alias = match path.as_str() {
            "val_loss" | "validation_loss" | "val.loss" => Some("validation.loss"),
            "val_accuracy" | "val_acc" => Some("validation.accuracy"),
            _ => None,
        };
        let near = alias.filter(|alias| known.iter().any(|name| name == alias)).map(str::to_string);
        let near = near.or_else(|| super::names::nearest(&path, known.iter().map(String::as_str)));
        let span = self.span(id);
        match near {
            Some(near) => {
                let error = Diagnostic::error("E0704", format!("`{path}` is not known at the end of an epoch"))
                    .at(span, "not told then")
                    .edit(format!("did you mean `{near}`?"), span, near, false);
                self.fail(error)
            }
            None => self.no_condition(id),
        }
    }
}
