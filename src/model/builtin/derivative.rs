//! Derivatives by name: `grad`, `jacobian`, `hessian`.
use super::{Arguments, Builtin};
use crate::model::elaborator::{Elaborator, Outcome};
use crate::model::value::Value;

pub static ROWS: &[Builtin] = &[
    Builtin { name: "grad", parameters: &["of", "by"], apply: grad },
    Builtin { name: "jacobian", parameters: &["of", "by"], apply: jacobian },
    Builtin { name: "hessian", parameters: &["of", "by"], apply: hessian },
];

fn grad<'a>(e: &mut Elaborator<'a>, arguments: Arguments<'a>) -> Outcome<Value<'a>> {
    let (of, by) = (e.argument(&arguments, "of"), e.argument(&arguments, "by"));
    let (of, by) = (of?, by?);
    Ok(e.derivative(&of, arguments.span_of("of"), &by, arguments.span_of("by"), arguments.span)?.into())
}

/// `[shape of y, shape of x]`.
fn jacobian<'a>(e: &mut Elaborator<'a>, arguments: Arguments<'a>) -> Outcome<Value<'a>> {
    let (of, by) = (e.argument(&arguments, "of"), e.argument(&arguments, "by"));
    let (of, by) = (of?, by?);
    Ok(e.jacobian(&of, arguments.span_of("of"), &by, arguments.span_of("by"), arguments.span)?.into())
}

/// The Jacobian of the gradient; zero where the gradient does not depend on `by` any more.
fn hessian<'a>(e: &mut Elaborator<'a>, arguments: Arguments<'a>) -> Outcome<Value<'a>> {
    let (of, by) = (e.argument(&arguments, "of"), e.argument(&arguments, "by"));
    let (of, by) = (of?, by?);
    let (of_span, by_span) = (arguments.span_of("of"), arguments.span_of("by"));
    let gradient = e.derivative(&of, of_span, &by, by_span, arguments.span)?;
    if !e.depends(&gradient, &by) {
        let shape = e.shape(&by).repeat(2);
        return Ok(crate::model::value::Tensor::new(e.graph.constant(0.0, &shape)).into());
    }
    Ok(e.jacobian(&gradient, of_span, &by, by_span, arguments.span)?.into())
}
