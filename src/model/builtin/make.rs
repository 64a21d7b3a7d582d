//! Functions that make values of nothing but sizes, and `clip`.
use super::{Arguments, Builtin};
use crate::diagnostic::{Diagnostic, Span};
use crate::graph::{Leaf, Op};
use crate::model::elaborator::{Elaborator, Outcome};
use crate::model::value::{Tensor, Value};
use crate::op::arithmetic;
use std::rc::Rc;

pub static ROWS: &[Builtin] = &[
    Builtin { name: "zeros", parameters: &[".."], apply: |e, a| filled(e, a, 0.0) },
    Builtin { name: "ones", parameters: &[".."], apply: |e, a| filled(e, a, 1.0) },
    Builtin { name: "identity", parameters: &["n"], apply: identity },
    Builtin { name: "linspace", parameters: &["from", "to", "count"], apply: linspace },
    Builtin { name: "shape", parameters: &["x"], apply: shape },
    Builtin { name: "clip", parameters: &["x", "low", "high"], apply: clip },
];

/// `zeros(n)`, `zeros(n, m)`, `zeros([n, m])`
fn filled<'a>(e: &mut Elaborator<'a>, arguments: Arguments<'a>, value: f64) -> Outcome<Value<'a>> {
    let shape = e.shape_arguments(&arguments.rest, arguments.span)?;
    let mut made = e.graph.constant(value, &shape);
    let sizes: Vec<(Value, Span)> = arguments.rest.iter().map(|given| (given.value.clone(), given.span)).collect();
    let mut axis = 0;
    for (size, span) in sizes {
        let Value::Tensor(size) = size else { continue };
        // A list of sizes is made of them.
        let parts = match e.graph.op(size.id) {
            Op::Join { parts, .. } => parts.iter().map(|part| e.seen_through(*part)).collect(),
            _ if e.shape(&size).is_empty() => vec![size.id],
            _ => vec![],
        };
        for part in &parts {
            let known =
                size.known.as_ref().and_then(|known| known.get(if parts.len() == 1 { 0 } else { axis }).copied());
            let one = known.map_or(Tensor::new(*part), |known| Tensor::known(*part, known));
            if let Some(end) = e.as_length(&one, span)? {
                made = e.graph.ending(made, axis, end);
            }
            axis += 1;
        }
    }
    Ok(Tensor::new(made).into())
}

fn identity<'a>(e: &mut Elaborator<'a>, arguments: Arguments<'a>) -> Outcome<Value<'a>> {
    let n = e.size_argument(&arguments, "n")?;
    e.check_limits(&[n, n], arguments.span)?;
    let places = e.graph.intern(Op::Leaf(Leaf::Iota(n)));
    let mut made = e.graph.one_hot(places, n);
    let size = e.argument(&arguments, "n")?;
    if let Some(end) = e.as_length(&size, arguments.span_of("n"))? {
        made = e.graph.ending(made, 0, end);
        made = e.graph.ending(made, 1, end);
    }
    Ok(Tensor::new(made).into())
}

/// Numbers at equal distances, both ends among them.
fn linspace<'a>(e: &mut Elaborator<'a>, arguments: Arguments<'a>) -> Outcome<Value<'a>> {
    let count = e.size_argument(&arguments, "count")?;
    let size = e.argument(&arguments, "count")?;
    if e.as_length(&size, arguments.span_of("count"))?.is_some() {
        let error = Diagnostic::error("E0317", "`linspace` has as many numbers in each example");
        let error = error.at(arguments.span_of("count"), "a length");
        return e.fail(error.help("`for i in 0..t { i / (t - 1) }` goes from 0 to 1 in each"));
    }
    e.check_table(count, arguments.span)?;
    let mut ends = [0.0; 2];
    for (end, name) in ends.iter_mut().zip(["from", "to"]) {
        let tensor = e.argument(&arguments, name)?;
        match tensor.number() {
            Some(value) => *end = value,
            None => return e.not_known(arguments.span_of(name)),
        }
    }
    let [from, to] = ends;
    let step = |k: usize| if count == 1 { from } else { from + (to - from) * k as f64 / (count - 1) as f64 };
    let values: Vec<f64> = (0..count).map(step).collect();
    let id = e.graph.table(&values, &[count]);
    Ok(Tensor { id, row: false, known: Some(Rc::from(values)) }.into())
}

/// The sizes of a value's axes, as a list that is known: `shape(x)[-1]` is the size of the last.
fn shape<'a>(e: &mut Elaborator<'a>, arguments: Arguments<'a>) -> Outcome<Value<'a>> {
    let x = e.argument(&arguments, "x")?;
    let sizes: Vec<f64> = e.shape(&x).iter().map(|&size| size as f64).collect();
    if sizes.is_empty() {
        let error = Diagnostic::error("E0308", "a number has no axes").at(arguments.span_of("x"), "a number");
        return e.fail(error);
    }
    let ends = e.graph.ends(x.id);
    let id = match ends.iter().any(Option::is_some) {
        true => {
            let number = |(size, end): (&f64, Option<_>)| end.unwrap_or_else(|| e.graph.number(*size));
            let all: Vec<_> = sizes.iter().zip(ends).map(number).collect();
            e.graph.stack(&all)
        }
        false => e.graph.table(&sizes, &[sizes.len()]),
    };
    Ok(Tensor { id, row: false, known: Some(Rc::from(sizes)) }.into())
}

/// `min(max(x, low), high)`
fn clip<'a>(e: &mut Elaborator<'a>, arguments: Arguments<'a>) -> Outcome<Value<'a>> {
    let x = e.argument(&arguments, "x")?;
    let (low, high) = (e.argument(&arguments, "low")?, e.argument(&arguments, "high")?);
    let span = arguments.span_of("x");
    let above = e.element_wise(&arithmetic::MAX, (x, span), (low, arguments.span_of("low")))?;
    Ok(e.element_wise(&arithmetic::MIN, (above, span), (high, arguments.span_of("high")))?.into())
}
