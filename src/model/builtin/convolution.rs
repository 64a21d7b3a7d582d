//! Convolution: a window view of the input, contracted with a kernel `[sizes…, in, out]`; the plan reads the window in place.
//! The transposed one is the same of an input between whose entries zeros stand.
use super::windows::{Along, Padding, along_axes, padding, whole_for_each, window};
use super::{Arguments, Builtin};
use crate::diagnostic::Diagnostic;
use crate::graph::{NodeId, Row};
use crate::model::elaborator::{Elaborator, Outcome};
use crate::model::value::{Tensor, Value};

const PARAMETERS: &[&str] = &["x", "kernel", "?stride", "?dilation", "?padding", "?groups"];
const TRANSPOSED: &[&str] = &["x", "kernel", "?stride", "?dilation", "?padding", "?output_padding", "?groups"];

pub static ROWS: &[Builtin] = &[
    Builtin { name: "convolve1d", parameters: PARAMETERS, apply: |e, a| convolve(e, a, 1) },
    Builtin { name: "convolve2d", parameters: PARAMETERS, apply: |e, a| convolve(e, a, 2) },
    Builtin { name: "convolve1d_transposed", parameters: TRANSPOSED, apply: |e, a| transposed(e, a, 1) },
    Builtin { name: "convolve2d_transposed", parameters: TRANSPOSED, apply: |e, a| transposed(e, a, 2) },
];

/// What is convolved: `x` as `[spatial…, groups, in / groups]` and the kernel as `[sizes…, in / groups, groups, out / groups]`; without
/// groups their axes are left out.
struct Operands {
    x: Tensor,
    kernel: NodeId,
    sizes: Vec<usize>,
    groups: usize,
    out: usize,
}

fn operands<'a>(e: &mut Elaborator<'a>, arguments: &Arguments<'a>, axes: usize) -> Outcome<Operands> {
    let (x, kernel) = (e.numeric_argument(arguments, "x")?, e.numeric_argument(arguments, "kernel")?);
    let groups = e.whole_option(arguments, "groups", 1)?;
    let groups = e.positive(groups, arguments.span_of("groups"))?;
    let (shape, kernel_shape) = (e.shape(&x), e.shape(&kernel));
    let both = |e: &mut Elaborator<'a>, error: Diagnostic| {
        let error = e.label_operand(error, (&x, arguments.span_of("x")), true);
        e.label_operand(error, (&kernel, arguments.span_of("kernel")), false)
    };
    if shape.len() != axes + 1 || kernel_shape.len() != axes + 2 {
        let (input, sizes) = if axes == 1 { ("[t, in]", "size") } else { ("[height, width, in]", "sizes…") };
        let name = arguments.builtin.name;
        let error = Diagnostic::error("E0306", format!("`{name}` takes `{input}` and a kernel `[{sizes}, in, out]`"));
        let error = both(e, error);
        return e.fail(error);
    }
    let (channels, into, out) = (shape[axes], kernel_shape[axes], kernel_shape[axes + 1]);
    let sizes = kernel_shape[..axes].to_vec();
    if channels != into * groups {
        let of_groups = if groups == 1 { String::new() } else { format!(" in each of {groups} groups") };
        let error = Diagnostic::error(
            "E0306",
            format!("the input has {channels} channels, and the kernel takes {into}{of_groups}"),
        );
        let error = both(e, error);
        return e.fail(error);
    }
    if !out.is_multiple_of(groups) {
        let error = Diagnostic::error("E0306", format!("{out} channels do not come from {groups} equal groups"))
            .at(arguments.span_of("groups"), format!("{out} = {groups} · {} + {}", out / groups, out % groups))
            .help(format!(
                "make {} channels of it, or {}",
                out / groups * groups + groups,
                (out / groups * groups).max(groups)
            ));
        return e.fail(error);
    }
    if groups == 1 {
        return Ok(Operands { x, kernel: kernel.id, sizes, groups, out });
    }
    let grouped = [&shape[..axes], &[groups, into]].concat();
    let x = Tensor::new(e.graph.reshape(x.id, &grouped));
    let grouped = [&kernel_shape[..axes + 1], &[groups, out / groups]].concat();
    let kernel = e.graph.reshape(kernel.id, &grouped);
    Ok(Operands { x, kernel, sizes, groups, out })
}

/// `[places…, sizes…, channels]` with the kernel gives `[places…, out]`.
fn contracted(e: &mut Elaborator<'_>, windows: NodeId, operands: &Operands) -> NodeId {
    let axes = operands.sizes.len() as u8;
    let places: Vec<u8> = (0..axes).collect();
    let taps: Vec<u8> = (axes..2 * axes).collect();
    let (input, group, out) = (2 * axes, 2 * axes + 1, 2 * axes + 2);
    if operands.groups == 1 {
        let (a, b) = ([&places[..], &taps, &[input]].concat(), [&taps[..], &[input, out]].concat());
        return e.graph.contract(windows, operands.kernel, &a, &b, &[&places[..], &[out]].concat());
    }
    let (a, b) = ([&places[..], &taps, &[group, input]].concat(), [&taps[..], &[input, group, out]].concat());
    let grouped = e.graph.contract(windows, operands.kernel, &a, &b, &[&places[..], &[group, out]].concat());
    let mut shape = e.graph.shape(grouped)[..places.len()].to_vec();
    shape.push(operands.out);
    e.graph.reshape(grouped, &shape)
}

/// `x: [t, in]` and `kernel: [size, in, out]` give `[places, out]`; in two dimensions likewise.
fn convolve<'a>(e: &mut Elaborator<'a>, arguments: Arguments<'a>, axes: usize) -> Outcome<Value<'a>> {
    let operands = operands(e, &arguments, axes)?;
    let along = along_axes(e, &arguments, &operands.x, &operands.sizes)?;
    let windows = window(e, operands.x.id, &along);
    Ok(Tensor::new(contracted(e, windows, &operands)).into())
}

/// The adjoint of `convolve`, as a layer: `out[stride · place + dilation · tap − padding]` gets what `x[place]` gives by the kernel's tap.
fn transposed<'a>(e: &mut Elaborator<'a>, arguments: Arguments<'a>, axes: usize) -> Outcome<Value<'a>> {
    let operands = operands(e, &arguments, axes)?;
    let strides = whole_for_each(e, &arguments, "stride", axes)?;
    let dilations = whole_for_each(e, &arguments, "dilation", axes)?;
    let paddings = padding(e, &arguments, axes)?;
    let more = output_padding(e, &arguments, axes)?;
    let shape = e.graph.shape(operands.x.id).to_vec();
    let (mut places, mut rows) = (vec![], vec![]);
    for axis in 0..axes {
        let (stride, dilation) = (strides[axis], dilations[axis]);
        let reach = Along::reach(operands.sizes[axis], dilation);
        let whole = (shape[axis] - 1).saturating_mul(stride).saturating_add(reach);
        let (before, length) = match paddings[axis] {
            Padding::Valid => (0, Some(whole + more[axis])),
            Padding::Zeros(cut) => (cut, (whole + more[axis]).checked_sub(cut.saturating_mul(2))),
            // As many places as the input has, times the stride.
            Padding::Same => {
                ((whole.saturating_sub(shape[axis] * stride)) / 2, Some(shape[axis] * stride + more[axis]))
            }
            Padding::Causal => (0, Some(shape[axis] * stride + more[axis])),
        };
        let Some(length) = length.filter(|length| *length > 0) else {
            let error = Diagnostic::error("E0306", "the padding cuts everything off")
                .at(arguments.span_of("padding"), format!("from {whole} places"))
                .help("in a transposed convolution, padding cuts off what a convolution would pad");
            return e.fail(error);
        };
        places.push(length);
        let terms = vec![(axis, 1), (axes + axis, -(dilation as i64))];
        rows.push(Row { offset: before as i64, terms, divisor: stride as i64, low: 0, high: shape[axis] as i64 });
    }
    rows.extend(shape[axes..].iter().enumerate().map(|(k, &extent)| Row::axis(2 * axes + k, extent)));
    let whole = [&places[..], &operands.sizes, &shape[axes..]].concat();
    e.check_limits(&whole, arguments.span)?;
    let windows = e.graph.view(operands.x.id, whole, rows);
    Ok(Tensor::new(contracted(e, windows, &operands)).into())
}

/// How many places more than the least there are behind the last, for each axis: 0 if nothing is said.
fn output_padding<'a>(e: &mut Elaborator<'a>, arguments: &Arguments<'a>, axes: usize) -> Outcome<Vec<usize>> {
    let Some(given) = arguments.given("output_padding").cloned() else { return Ok(vec![0; axes]) };
    let mut known = e.known_list(&given)?;
    if known.len() == 1 {
        known = vec![known[0]; axes];
    }
    if known.len() != axes || known.iter().any(|n| n.fract() != 0.0 || *n < 0.0) {
        let error = Diagnostic::error("E0307", "`output_padding` is a number of places, for each axis")
            .at(given.span, "not such numbers");
        return e.fail(error);
    }
    Ok(known.into_iter().map(|n| n as usize).collect())
}
