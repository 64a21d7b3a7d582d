//! Convolution: a window view of the input, contracted with a kernel `[size, in, out]`; the plan reads the window in place.
use super::{Arguments, Builtin};
use crate::diagnostic::Diagnostic;
use crate::graph::view::rows;
use crate::graph::{NodeId, Row};
use crate::model::elaborator::{Elaborator, Outcome};
use crate::model::value::{Tensor, Value};

pub static ROWS: &[Builtin] = &[Builtin {
    name: "convolve1d",
    parameters: &["x", "kernel", "?stride", "?dilation", "?padding"],
    apply: convolve1d,
}];

/// How many zeros stand before and behind, for a window that spans `reach` places.
fn padding<'a>(
    e: &mut Elaborator<'a>,
    arguments: &Arguments<'a>,
    reach: usize,
    extent: usize,
    stride: usize,
) -> Outcome<(usize, usize)> {
    let Some(given) = arguments.given("padding").cloned() else { return Ok((0, 0)) };
    match given.value {
        Value::Word("valid") => Ok((0, 0)),
        Value::Word("causal") => Ok((reach - 1, 0)),
        // As many places as the input has, divided by the stride and rounded up; the odd zero stands behind.
        Value::Word("same") => {
            let places = extent.div_ceil(stride);
            let total = ((places - 1) * stride).saturating_add(reach).saturating_sub(extent);
            Ok((total / 2, total - total / 2))
        }
        value => {
            let number = e.whole(value, given.span)?;
            match usize::try_from(number) {
                Ok(zeros) => Ok((zeros, zeros)),
                Err(_) => {
                    let error =
                        Diagnostic::error("E0307", "padding is `valid`, `same`, `causal`, or a number of zeros")
                            .at(given.span, format!("this is {number}"));
                    e.fail(error)
                }
            }
        }
    }
}

/// `x: [t, in]` and `kernel: [size, in, out]` give `[places, out]`.
fn convolve1d<'a>(e: &mut Elaborator<'a>, arguments: Arguments<'a>) -> Outcome<Value<'a>> {
    let (x, kernel) = (e.numeric_argument(&arguments, "x")?, e.numeric_argument(&arguments, "kernel")?);
    let stride = whole_above_zero(e, &arguments, "stride")?;
    let dilation = whole_above_zero(e, &arguments, "dilation")?;
    let (shape, kernel_shape) = (e.shape(&x), e.shape(&kernel));
    let ([extent, channels], [size, into, _]) = (&shape[..], &kernel_shape[..]) else {
        let error = Diagnostic::error("E0306", "`convolve1d` takes `[t, in]` and a kernel `[size, in, out]`");
        let error = e.label_operand(error, (&x, arguments.span_of("x")), true);
        let error = e.label_operand(error, (&kernel, arguments.span_of("kernel")), false);
        return e.fail(error);
    };
    if channels != into {
        let error =
            Diagnostic::error("E0306", format!("the input has {channels} channels, and the kernel takes {into}"));
        let error = e.label_operand(error, (&x, arguments.span_of("x")), true);
        let error = e.label_operand(error, (&kernel, arguments.span_of("kernel")), false);
        return e.fail(error);
    }
    let reach = (size - 1).saturating_mul(dilation).saturating_add(1);
    let (before, behind) = padding(e, &arguments, reach, *extent, stride)?;
    let padded = extent.saturating_add(before).saturating_add(behind);
    if padded < reach {
        let error = Diagnostic::error("E0306", format!("a window of {reach} places does not fit into {padded}"))
            .at(arguments.span, format!("({size} − 1) · {dilation} + 1 = {reach}"));
        let error = e.label_operand(error, (&x, arguments.span_of("x")), false);
        return e.fail(error.help("`padding = same` adds zeros on both sides"));
    }
    let places = (padded - reach) / stride + 1;
    let window = window(e, x.id, (*extent, *channels), (places, *size), (stride, dilation, before));
    Ok(Tensor::new(e.graph.contract(window, kernel.id, &[0, 1, 2], &[1, 2, 3], &[0, 3])).into())
}

/// `[places, size, channels]`, zero outside of the input.
fn window(
    e: &mut Elaborator<'_>,
    x: NodeId,
    (extent, channels): (usize, usize),
    (places, size): (usize, usize),
    (stride, dilation, before): (usize, usize, usize),
) -> NodeId {
    let row = rows::window(0, 1, extent, stride, dilation, before);
    e.graph.view(x, vec![places, size, channels], vec![row, Row::axis(2, channels)])
}

fn whole_above_zero<'a>(e: &mut Elaborator<'a>, arguments: &Arguments<'a>, name: &str) -> Outcome<usize> {
    let number = e.whole_option(arguments, name, 1)?;
    e.positive(number, arguments.span_of(name))
}
