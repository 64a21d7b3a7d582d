//! Sizes: whole numbers that are known when compiling, types of declarations, axes.
use super::elaborator::{Elaborator, Outcome, Reported};
use super::prelude;
use super::value::{Tensor, Value};
use crate::diagnostic::{Diagnostic, Span};
use crate::graph::show::shape_text;
use crate::graph::{Kind, ListId, Shape, Type};
use crate::limits;
use crate::syntax::{Element, NodeKind, TreeId, Type as WrittenType};
use std::collections::BTreeMap;

/// So large no whole number is read.
const LARGEST: f64 = 1e15;

impl<'a> Elaborator<'a> {
    /// A size, or an end of a range: a whole number that is known when compiling.
    pub fn whole_number(&mut self, id: TreeId) -> Outcome<i64> {
        Ok(self.whole_and_value(id)?.0)
    }
    /// The same, with the value: of a length it is another one in each example.
    pub(super) fn whole_and_value(&mut self, id: TreeId) -> Outcome<(i64, Tensor)> {
        let value = self.expression(id)?;
        let span = self.span(id);
        let tensor = self.tensor_of(value, span)?;
        // What is wrong with a parameter of a definition is wrong with the argument of the call.
        let site = self.tree.name(id).and_then(|name| {
            self.calls.last().and_then(|call| call.arguments.iter().find(|site| site.parameter == name).cloned())
        });
        let at = site.as_ref().map_or(span, |site| site.span);
        match tensor.number() {
            Some(value) if value.fract() == 0.0 && value.abs() < LARGEST => Ok((value as i64, tensor)),
            Some(value) if LARGEST <= value.abs() => {
                let error = Diagnostic::error("E0307", "a size is a whole number, and this is too large");
                self.fail(
                    error.at(at, format!("this is {value}")).help("memory ends long before: `gradus explain E0909`"),
                )
            }
            Some(value) => {
                let shown = match site.and_then(|site| site.arithmetic) {
                    Some(shown) => shown,
                    None => self.shown_arithmetic(span, value),
                };
                let is_literal = matches!(self.tree.kind(id), NodeKind::Number(_)) || self.is_number(at);
                let what = if is_literal {
                    "a whole number is needed here".to_string()
                } else {
                    format!("a size is a whole number: {shown}")
                };
                let mut error = Diagnostic::error("E0307", what).at(at, format!("this is {value}"));
                if is_literal {
                    let (below, above) = (value.floor(), value.ceil());
                    error = error.edit(format!("write `{above}`"), at, above.to_string(), false);
                    if below >= 1.0 {
                        error = error.edit(format!("write `{below}`"), at, below.to_string(), false);
                    }
                } else if at.file != prelude::FILE {
                    let text = self.text(at).to_string();
                    error = error.edit("if it is to be rounded down", at, format!("floor({text})"), false);
                }
                self.fail(error)
            }
            None => self.no_number(&tensor, at),
        }
    }
    /// A whole number out of a value that was elaborated before.
    pub fn whole(&mut self, value: Value<'a>, span: Span) -> Outcome<i64> {
        let tensor = self.tensor_of(value, span)?;
        match tensor.number() {
            Some(value) if value.fract() == 0.0 && value.abs() < LARGEST => Ok(value as i64),
            Some(value) => {
                let shown = self.shown_arithmetic(span, value);
                let error = Diagnostic::error("E0307", format!("a whole number is needed here: {shown}"))
                    .at(span, format!("this is {value}"));
                self.fail(error)
            }
            None => self.no_number(&tensor, span),
        }
    }
    /// What was to be a number is not: it has a shape, or is not known.
    fn no_number<T>(&mut self, tensor: &Tensor, span: Span) -> Outcome<T> {
        let shape = self.graph.shape(tensor.id).to_vec();
        if shape.is_empty() || shape == [1] {
            return self.not_known(span);
        }
        let found = crate::schema::shape_text(&shape);
        let error = Diagnostic::error("E0307", format!("one whole number is needed here, and this is {found}"));
        let error = error.at(span, found);
        self.fail(match &tensor.known {
            Some(known) if span.file != prelude::FILE && known[0] >= 1.0 && known[0].fract() == 0.0 => {
                error.edit("take the first", span, known[0].to_string(), false)
            }
            _ => error.help("an entry of a list is `k[0]`"),
        })
    }
    pub fn not_known<T>(&mut self, span: Span) -> Outcome<T> {
        let error = Diagnostic::error("E0404", format!("{} is not known when compiling", self.quote_span(span)))
            .at(span, "a size or an option is a number, a setting, or made of such")
            .help("bind it at the top level: `k = 5`");
        self.fail(error)
    }
    /// A size: a whole number, not negative.
    pub fn size(&mut self, id: TreeId) -> Outcome<usize> {
        let number = self.whole_number(id)?;
        match self.argument_in(id) {
            Some(site) if number < 1 => {
                let own = site.number.filter(|own| own.fract() == 0.0 && *own < 1.0).map_or(number, |own| own as i64);
                self.positive(own, site.span)
            }
            _ => self.positive(number, self.span(id)),
        }
    }
    pub fn positive(&mut self, number: i64, span: Span) -> Outcome<usize> {
        if number < 1 {
            let error = Diagnostic::error("E0307", format!("a size is 1 or more; this is {number}"))
                .at(span, format!("this is {number}"));
            return self.fail(match span.file == prelude::FILE || self.is_number(span) {
                true => error.edit("the smallest size is 1", span, "1", false),
                false => error,
            });
        }
        Ok(number as usize)
    }

    /// `(128 - 5)/2 + 1 = 62.5`: what is written, with numbers in the place of names, and its value.
    pub fn shown_arithmetic(&self, span: Span, value: f64) -> String {
        let arithmetic = self.arithmetic(span);
        if arithmetic == value.to_string() { arithmetic } else { format!("{arithmetic} = {value}") }
    }
    fn arithmetic(&self, whole: Span) -> String {
        let text = self.text(whole);
        let mut names: BTreeMap<usize, (usize, f64)> = BTreeMap::new();
        let inside: Vec<(Span, String)> = self
            .tree
            .iter()
            .filter(|(_, node)| {
                whole.start <= node.span.start && node.span.end <= whole.end && node.span.file == whole.file
            })
            .filter_map(|(_, node)| match &node.kind {
                NodeKind::Name(name) => Some((node.span, name.clone())),
                _ => None,
            })
            .collect();
        for (span, name) in inside {
            let found = self.scopes.find(self.scope, &name).map(|(_, entry)| entry.slot.clone());
            if let Some(super::scope::Slot::Value(Value::Tensor(tensor))) = found
                && let Some(value) = tensor.number()
            {
                names.insert((span.start - whole.start) as usize, ((span.end - whole.start) as usize, value));
            }
        }
        let mut out = String::new();
        let mut at = 0;
        for (start, (end, value)) in names {
            out.push_str(&text[at..start]);
            // `4n` with n = 3 is not 43.
            if out.ends_with(|c: char| c.is_ascii_digit()) {
                out.push('·');
            }
            out.push_str(&value.to_string());
            at = end;
        }
        out.push_str(&text[at..]);
        out
    }

    /// A type as it is written, with its sizes known.
    pub fn written_type(&mut self, ty: &WrittenType, varying: bool) -> Outcome<Type> {
        if varying {
            self.no_axis_of_rows(ty)?;
        }
        let size = |id: &TreeId| match self.written_length(*id) {
            Some((_, most)) if varying => self.size(most),
            Some(_) => {
                let error = Diagnostic::error("E0317", "only inputs and targets have lengths of their own");
                Err(self.report(error.at(self.span(*id), "not here").help("as in `input x: [t <= 100, 6]`")))
            }
            None => match self.tree.kind(*id) {
                NodeKind::Compare { first, .. } if varying && self.tree.name(*first).is_some() => {
                    let error = Diagnostic::error("E0317", "a length is declared with the greatest that it may be");
                    Err(self.report(error.at(self.span(*id), "not such").help("as in `input x: [t <= 100, 6]`")))
                }
                _ => self.size(*id),
            },
        };
        let sizes: Vec<Outcome<usize>> = ty.shape.iter().map(size).collect();
        let kind = match ty.element {
            Element::Number => Ok(Kind::Real),
            Element::Wrong => Err(Reported),
            Element::Bool => Ok(Kind::Bool),
            // The list of a declared input is that of its column; no other value is declared a class.
            Element::Class(count) => {
                let own = ListId(self.graph.inputs.len() as u32);
                self.size(count).map(|count| Kind::Class(own, count))
            }
        };
        let shape: Shape = sizes.into_iter().collect::<Outcome<_>>()?;
        self.check_limits(&shape, ty.span)?;
        Ok(Type { shape, kind: kind?, varying })
    }
    /// Refuses `input x: [None, 4]` and `[batch_size, 4]`.
    fn no_axis_of_rows(&mut self, ty: &WrittenType) -> Outcome<()> {
        let Some(&first) = ty.shape.first() else { return Ok(()) };
        let Some(name @ ("None" | "none" | "batch_size" | "batch" | "B")) = self.tree.name(first) else {
            return Ok(());
        };
        if self.is_bound(name) {
            return Ok(());
        }
        let place = self.span(first);
        let error = Diagnostic::error("E0404", format!("`{name}` is no size"))
            .at(place, "an axis of rows")
            .note("a program says one example: the rows of the data are no axis of it");
        let (title, behind) = ("leave it out", ty.shape.get(1));
        let error = match behind {
            Some(next) => error.edit(title, Span { end: self.span(*next).start, ..place }, "", false),
            // `: [None]`, with the brackets: what is left is a number, or `: class(3)`.
            None => {
                let text = self.text(ty.span);
                let length = text.find(']').map_or(text.len(), |at| at + 1);
                let rest = text[length..].trim_start();
                let colon = self.text(Span { start: 0, end: ty.span.start, ..ty.span }).trim_end();
                let start = if rest.is_empty() {
                    colon.strip_suffix(':').map_or(ty.span.start, |c| c.len() as u32)
                } else {
                    ty.span.start
                };
                let end = ty.span.end - rest.len() as u32;
                error.edit(title, Span { start, end, ..ty.span }, "", false)
            }
        };
        self.fail(error)
    }
    /// Refuses values that are too large to be meant.
    pub fn check_limits(&mut self, shape: &[usize], span: Span) -> Outcome<()> {
        if shape.len() > limits::AXES {
            let error = Diagnostic::error("E0902", format!("a value has at most {} axes", limits::AXES))
                .at(span, format!("{} axes", shape.len()))
                .help("`reshape` and `flatten` join axes");
            return self.fail(error);
        }
        let elements = shape.iter().try_fold(1usize, |product, n| product.checked_mul(*n));
        if elements.is_none_or(|n| n > limits::ELEMENTS) {
            let error = Diagnostic::error("E0903", format!("{} has more than 2^31 elements", shape_text(shape)))
                .at(span, "too large")
                .help("a program says one example: the rows of the data are no axis of it");
            return self.fail(error);
        }
        Ok(())
    }
    /// Checks the declared shape of a binding.
    pub fn check_declared(&mut self, ty: &WrittenType, tensor: &Tensor, span: Span) -> Outcome<()> {
        let declared = self.written_type(ty, false)?;
        let shape = self.shape(tensor);
        if declared.shape != shape {
            let error = Diagnostic::error(
                "E0312",
                format!(
                    "{} is {}, but is said to be {}",
                    self.quote_span(span),
                    shape_text(&shape),
                    shape_text(&declared.shape)
                ),
            )
            .at(span, shape_text(&shape))
            .also(ty.span, "declared here");
            let is_shape = matches!(ty.element, Element::Number) && !shape.is_empty();
            return self.fail(match is_shape {
                true => error.edit("declare what it is", ty.span, shape_text(&shape), false),
                false => error.help("say what it is, or nothing"),
            });
        }
        let kind = self.graph.ty(tensor.id).kind;
        let fits = match (declared.kind, kind) {
            (Kind::Class(_, said), Kind::Class(_, count)) => said == count,
            (Kind::Bool, Kind::Bool) => true,
            (Kind::Class(..) | Kind::Bool, _) => false,
            (Kind::Real | Kind::Index(_), kind) => !kind.is_class(),
        };
        if !fits {
            let (is, said) = (self.spoken_type(tensor), self.text(ty.span));
            let error =
                Diagnostic::error("E0405", format!("{} is {is}, but is said to be {said}", self.quote_span(span)))
                    .at(span, is)
                    .also(ty.span, "declared here")
                    .help("say what it is, or nothing: a name is of the kind of its value");
            return self.fail(error);
        }
        Ok(())
    }

    /// An axis by number; negative ones count from the last.
    pub fn axis(&mut self, number: i64, axes: usize, span: Span) -> Outcome<usize> {
        let axis = if number < 0 { number + axes as i64 } else { number };
        if (0..axes as i64).contains(&axis) {
            return Ok(axis as usize);
        }
        let what = match axes {
            0 => "a number has no axes".to_string(),
            1 => "a vector has the axis 0 alone".to_string(),
            _ => format!("there are axes 0 to {}", axes - 1),
        };
        let error = Diagnostic::error("E0308", format!("no axis {number}: {what}")).at(span, "no such axis");
        let error = error.help("axes are counted from 0; the last is -1");
        let is_written = self.text(span).parse::<i64>().is_ok();
        self.fail(if is_written && axes > 0 { error.edit("take the last", span, "-1", false) } else { error })
    }
}
