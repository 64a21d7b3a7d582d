//! Functions of whole values that the language knows by name, family by family. Scalar functions are rows of `op`; the rest is the prelude's.
mod arrange;
mod convolution;
mod derivative;
mod make;
mod probability;
mod reduce;
mod windows;

pub use probability::{raw_value_first, warn_of_squashed};

use super::call::{Given, meant_option};
use super::elaborator::{Elaborator, Outcome};
use super::value::{Tensor, Value};
use crate::diagnostic::{Diagnostic, Span};
use crate::syntax::Ident;

/// A function that works on whole values.
pub struct Builtin {
    pub name: &'static str,
    /// Its parameters in order; those behind `?` may be missing; `..` takes any number of values.
    pub parameters: &'static [&'static str],
    pub apply: for<'e, 'a> fn(&'e mut Elaborator<'a>, Arguments<'a>) -> Outcome<Value<'a>>,
}

impl std::fmt::Debug for Builtin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// All of them, by family.
pub static ALL: [&[Builtin]; 7] =
    [reduce::ROWS, probability::ROWS, arrange::ROWS, make::ROWS, windows::ROWS, convolution::ROWS, derivative::ROWS];

pub fn by_name(name: &str) -> Option<&'static Builtin> {
    ALL.iter().flat_map(|family| family.iter()).find(|builtin| builtin.name == name)
}

/// The arguments of a call, by the places of the parameters.
pub struct Arguments<'a> {
    pub builtin: &'static Builtin,
    slots: Vec<Option<Given<'a>>>,
    /// What `..` takes.
    pub rest: Vec<Given<'a>>,
    pub span: Span,
}

impl<'a> Arguments<'a> {
    fn place(&self, name: &str) -> usize {
        self.builtin.parameters.iter().position(|p| p.trim_start_matches('?') == name).unwrap_or(usize::MAX)
    }
    pub fn given(&self, name: &str) -> Option<&Given<'a>> {
        self.slots.get(self.place(name)).and_then(|slot| slot.as_ref())
    }
    /// Where an argument stands, or else the call.
    pub fn span_of(&self, name: &str) -> Span {
        self.given(name).map_or(self.span, |given| given.span)
    }
}

impl<'a> Elaborator<'a> {
    /// Puts the arguments of a call into their places.
    pub(super) fn match_builtin(
        &mut self,
        builtin: &'static Builtin,
        given: Vec<Given<'a>>,
        span: Span,
    ) -> Outcome<Arguments<'a>> {
        let parameters = builtin.parameters;
        let mut arguments = Arguments { builtin, slots: vec![None; parameters.len()], rest: vec![], span };
        let name = builtin.name;
        let signature = || {
            let shown: Vec<&str> =
                parameters.iter().map(|p| if *p == ".." { "…" } else { p.trim_start_matches('?') }).collect();
            format!("it is `{name}({})`", shown.join(", "))
        };
        let rest = parameters.iter().position(|p| *p == "..");
        for (place, argument) in given.into_iter().enumerate() {
            let at = match argument.name {
                None if rest.is_some_and(|rest| rest <= place) => {
                    arguments.rest.push(argument);
                    continue;
                }
                None => (place < parameters.len()).then_some(place),
                Some(Ident { name, .. }) => parameters.iter().position(|p| p.trim_start_matches('?') == name),
            };
            match at {
                Some(at) if arguments.slots[at].is_none() => arguments.slots[at] = Some(argument),
                _ => {
                    let at = argument.name.map_or(argument.span, |named| named.span);
                    let problem = match argument.name {
                        Some(named) => format!("`{name}` has no option `{}`", named.name),
                        None => format!("too many arguments for `{name}`"),
                    };
                    let error = Diagnostic::error("E0206", problem).at(at, "not expected").help(signature());
                    let error = match argument.name {
                        Some(named) if matches!(named.name.as_str(), "keepdims" | "keepdim") => {
                            let error = error.help("to normalise rows, write the function for one row, and let it map");
                            let before = self.text(Span { start: 0, end: named.span.start, ..named.span });
                            let start = before.trim_end().trim_end_matches(',').len() as u32;
                            let option = Span { start, end: argument.span.end, ..named.span };
                            error.edit("leave it out", option, "", false)
                        }
                        named => meant_option(error, named, parameters.iter().map(|p| p.trim_start_matches('?'))),
                    };
                    return self.fail(error);
                }
            }
        }
        let missing = parameters
            .iter()
            .zip(&arguments.slots)
            .find(|(p, slot)| slot.is_none() && !p.starts_with('?') && **p != "..");
        if let Some((parameter, _)) = missing {
            let error = Diagnostic::error("E0206", format!("`{name}` needs `{parameter}`"))
                .at(span, "missing")
                .help(signature());
            return self.fail(error);
        }
        if rest.is_some() && arguments.rest.is_empty() {
            let error =
                Diagnostic::error("E0206", format!("`{name}` needs a value")).at(span, "missing").help(signature());
            return self.fail(error);
        }
        Ok(arguments)
    }

    /// An argument as a node.
    fn argument(&mut self, arguments: &Arguments<'a>, name: &str) -> Outcome<Tensor> {
        match arguments.given(name).cloned() {
            Some(given) => self.tensor_of(given.value, given.span),
            None => Err(super::elaborator::Reported),
        }
    }
    /// An argument as a node of numbers.
    fn numeric_argument(&mut self, arguments: &Arguments<'a>, name: &str) -> Outcome<Tensor> {
        let x = self.argument(arguments, name)?;
        self.numeric(&x, arguments.span_of(name))?;
        Ok(x)
    }
    /// An option that is a whole number.
    fn whole_option(&mut self, arguments: &Arguments<'a>, name: &str, default: i64) -> Outcome<i64> {
        match arguments.given(name).cloned() {
            Some(given) => self.whole(given.value, given.span),
            None => Ok(default),
        }
    }
    /// A size among the arguments.
    fn size_argument(&mut self, arguments: &Arguments<'a>, name: &str) -> Outcome<usize> {
        let number = self.whole_option(arguments, name, 0)?;
        self.positive(number, arguments.span_of(name))
    }
    /// The option `axis`, one or several, ascending; none if it is not given.
    fn axes_option(&mut self, arguments: &Arguments<'a>, axes: usize) -> Outcome<Option<Vec<usize>>> {
        let Some(given) = arguments.given("axis").cloned() else { return Ok(None) };
        let tensor = self.tensor_of(given.value, given.span)?;
        let Some(known) = tensor.known.clone() else { return self.not_known(given.span) };
        let mut all = vec![];
        for &number in known.iter() {
            if number.fract() != 0.0 {
                let error = Diagnostic::error("E0307", format!("an axis is a whole number, not {number}"))
                    .at(given.span, "not whole");
                return self.fail(error);
            }
            all.push(self.axis(number as i64, axes, given.span)?);
        }
        all.sort();
        if let Some(twice) = all.windows(2).find(|pair| pair[0] == pair[1]) {
            let error = Diagnostic::error("E0308", format!("the axis {} stands here twice", twice[0]))
                .at(given.span, "each axis once")
                .help("axes are counted from 0; negative ones from the last");
            return self.fail(error);
        }
        Ok(Some(all))
    }
    /// The option `axis` as one axis, or a default.
    fn axis_option(&mut self, arguments: &Arguments<'a>, axes: usize, default: i64) -> Outcome<usize> {
        match self.axes_option(arguments, axes)?.as_deref() {
            None => self.axis(default, axes, arguments.span),
            Some([axis]) => Ok(*axis),
            Some(_) => {
                let error = Diagnostic::error("E0308", format!("`{}` is along one axis", arguments.builtin.name))
                    .at(arguments.span_of("axis"), "several axes");
                self.fail(error)
            }
        }
    }
    /// Numbers that are known: a list, or one.
    fn known_list(&mut self, given: &Given<'a>) -> Outcome<Vec<f64>> {
        if let Value::Tuple(_) = given.value
            && let Some(inner) = self.text(given.span).strip_prefix('(').and_then(|text| text.strip_suffix(')'))
        {
            let list = format!("[{}]", inner.trim().trim_end_matches(','));
            let error = Diagnostic::error("E0405", "several numbers are a list here, not a tuple")
                .at(given.span, "a tuple")
                .edit(format!("write `{list}`"), given.span, list, false);
            return self.fail(error);
        }
        let tensor = self.tensor_of(given.value.clone(), given.span)?;
        match tensor.known {
            Some(known) => Ok(known.to_vec()),
            None => self.not_known(given.span),
        }
    }
    /// A shape: sizes as a list, or one behind the other.
    fn shape_arguments(&mut self, given: &[Given<'a>], span: Span) -> Outcome<Vec<usize>> {
        let mut shape = vec![];
        for one in given {
            for number in self.known_list(one)? {
                if number.fract() != 0.0 {
                    let error = Diagnostic::error("E0307", format!("a size is a whole number, not {number}"))
                        .at(one.span, format!("this is {number}"));
                    return self.fail(error);
                }
                shape.push(self.positive(number as i64, one.span)?);
            }
        }
        self.check_limits(&shape, span)?;
        Ok(shape)
    }
}
