//! Windows over leading axes: how they lie, by size, stride, dilation and padding. Pooling reduces them, convolution contracts them.
use super::{Arguments, Builtin};
use crate::diagnostic::{Diagnostic, Span};
use crate::graph::view::rows;
use crate::graph::{NodeId, Row};
use crate::model::elaborator::{Elaborator, Outcome};
use crate::model::prelude;
use crate::model::value::{Tensor, Value};

pub static ROWS: &[Builtin] = &[
    Builtin {
        name: "windows",
        parameters: &["x", "size", "?stride", "?padding", "?dilation", "?outside"],
        apply: windows,
    },
    Builtin { name: "per_axis", parameters: &["x", "count"], apply: per_axis },
];

/// How the windows lie along one axis.
pub struct Along {
    pub extent: usize,
    pub size: usize,
    pub stride: usize,
    pub dilation: usize,
    /// Zeros before the first entry.
    pub before: usize,
    /// How many windows there are.
    pub places: usize,
}

impl Along {
    /// How many places a window spans, from its first entry to its last.
    pub fn reach(size: usize, dilation: usize) -> usize {
        (size - 1).saturating_mul(dilation).saturating_add(1)
    }
    /// Whether windows lie side by side, from the first entry on.
    fn is_tile(&self) -> bool {
        self.stride == self.size && self.dilation == 1 && self.before == 0 && !self.leaves()
    }
    /// Whether a window looks beyond the ends.
    fn leaves(&self) -> bool {
        let last = (self.places - 1) * self.stride + Along::reach(self.size, self.dilation);
        self.before > 0 || last > self.before + self.extent
    }
}

/// What `padding` asks for along one axis.
#[derive(Clone, Copy)]
pub enum Padding {
    Valid,
    Same,
    Causal,
    Zeros(usize),
}

impl Padding {
    /// How many zeros stand before and behind, for a window that spans `reach` places.
    fn around(self, reach: usize, extent: usize, stride: usize) -> (usize, usize) {
        match self {
            Padding::Valid => (0, 0),
            Padding::Causal => (reach - 1, 0),
            // As many places as the input has, divided by the stride and rounded up; the odd zero stands behind.
            Padding::Same => {
                let places = extent.div_ceil(stride);
                let total = ((places - 1) * stride).saturating_add(reach).saturating_sub(extent);
                (total / 2, total - total / 2)
            }
            Padding::Zeros(zeros) => (zeros, zeros),
        }
    }
}

/// The values of an option, one for each axis: a number or a word holds for all.
fn each<'a>(
    e: &mut Elaborator<'a>,
    arguments: &Arguments<'a>,
    name: &str,
    axes: usize,
) -> Outcome<Option<(Vec<Value<'a>>, Span)>> {
    let Some(given) = arguments.given(name).cloned() else { return Ok(None) };
    let items = match given.value {
        Value::Tuple(items) => items,
        Value::Tensor(ref tensor) if !e.shape(tensor).is_empty() => {
            let known = e.known_list(&given)?;
            known.into_iter().map(|number| e.constant(number).into()).collect()
        }
        one => vec![one; axes],
    };
    if items.len() != axes {
        let needed = if axes == 1 { "one number".to_string() } else { format!("one number, or {axes} in a list") };
        // What it is called in the prelude is what the author gave.
        let name = if given.span.file == prelude::FILE { e.text(given.span) } else { name };
        let error = Diagnostic::error("E0306", format!("`{name}` is {needed}"))
            .at(given.span, format!("{} of them", items.len()));
        let first = items.iter().take(axes).filter_map(|item| match item {
            Value::Tensor(tensor) => tensor.number().map(|number| number.to_string()),
            _ => None,
        });
        let first: Vec<String> = first.collect();
        let error = match first.len() == axes {
            true => error.edit(format!("the first {axes}"), given.span, format!("[{}]", first.join(", ")), false),
            false => error,
        };
        return e.fail(error);
    }
    Ok(Some((items, given.span)))
}

/// An option of whole numbers above zero, one for each axis.
pub fn whole_for_each<'a>(
    e: &mut Elaborator<'a>,
    arguments: &Arguments<'a>,
    name: &str,
    axes: usize,
) -> Outcome<Vec<usize>> {
    let Some((items, span)) = each(e, arguments, name, axes)? else { return Ok(vec![1; axes]) };
    let mut all = vec![];
    for item in items {
        let number = e.whole(item, span)?;
        all.push(e.positive(number, span)?);
    }
    Ok(all)
}

/// The option `padding`, for each axis.
pub fn padding<'a>(e: &mut Elaborator<'a>, arguments: &Arguments<'a>, axes: usize) -> Outcome<Vec<Padding>> {
    let Some((items, span)) = each(e, arguments, "padding", axes)? else { return Ok(vec![Padding::Valid; axes]) };
    let mut all = vec![];
    for item in items {
        all.push(match item {
            Value::Word("valid") => Padding::Valid,
            Value::Word("causal") => Padding::Causal,
            Value::Word("same") => Padding::Same,
            value => {
                let number = e.whole(value, span)?;
                let Ok(zeros) = usize::try_from(number) else {
                    let error =
                        Diagnostic::error("E0307", "padding is `valid`, `same`, `causal`, or a number of zeros")
                            .at(span, format!("this is {number}"))
                            .edit("without padding", span, "0", false);
                    return e.fail(error);
                };
                Padding::Zeros(zeros)
            }
        });
    }
    Ok(all)
}

/// How windows of these sizes lie along the leading axes of `x`, as the options say.
pub fn along_axes<'a>(
    e: &mut Elaborator<'a>,
    arguments: &Arguments<'a>,
    x: &Tensor,
    sizes: &[usize],
) -> Outcome<Vec<Along>> {
    let axes = sizes.len();
    let strides = whole_for_each(e, arguments, "stride", axes)?;
    let dilations = whole_for_each(e, arguments, "dilation", axes)?;
    let paddings = padding(e, arguments, axes)?;
    let mut all = vec![];
    for axis in 0..axes {
        let (extent, size, stride, dilation) = (e.shape(x)[axis], sizes[axis], strides[axis], dilations[axis]);
        let reach = Along::reach(size, dilation);
        let (before, behind) = paddings[axis].around(reach, extent, stride);
        let padded = extent.saturating_add(before).saturating_add(behind);
        if padded < reach {
            let error = Diagnostic::error("E0306", format!("a window of {reach} places does not fit into {padded}"));
            let error = match dilation {
                1 => error.at(arguments.span, format!("the axis {axis} has {extent} entries")),
                _ => error.at(arguments.span, format!("({size} − 1) · {dilation} + 1 = {reach}")),
            };
            let error = e.label_operand(error, (x, arguments.span_of("x")), false);
            let error = error.help("`padding = same` adds zeros on both sides");
            let error = e.with_option(error, arguments.span, "padding", "same");
            return e.fail(error);
        }
        let places = (padded - reach) / stride + 1;
        all.push(Along { extent, size, stride, dilation, before, places });
    }
    Ok(all)
}

/// `[places…, sizes…, rest…]` of an `x` with these leading axes; zero outside of it.
pub fn window(e: &mut Elaborator<'_>, x: NodeId, along: &[Along]) -> NodeId {
    let axes = along.len();
    let rest = e.graph.shape(x)[axes..].to_vec();
    let window = |(axis, a): (usize, &Along)| rows::window(axis, axes + axis, a.extent, a.stride, a.dilation, a.before);
    let mut all: Vec<Row> = along.iter().enumerate().map(window).collect();
    all.extend(rest.iter().enumerate().map(|(k, &extent)| Row::axis(2 * axes + k, extent)));
    let mut shape: Vec<usize> = along.iter().map(|a| a.places).collect();
    shape.extend(along.iter().map(|a| a.size));
    shape.extend(rest);
    e.graph.view(x, shape, all)
}

/// The same where windows lie side by side: each leading axis is cut into pieces, so that none is read twice.
fn tiles(e: &mut Elaborator<'_>, x: NodeId, along: &[Along]) -> NodeId {
    let (axes, mut x) = (along.len(), x);
    for (axis, a) in along.iter().enumerate() {
        if a.places * a.size < a.extent {
            x = e.graph.slice(x, axis, 0, 1, a.places * a.size);
        }
    }
    let rest = e.graph.shape(x)[axes..].to_vec();
    let cut: Vec<usize> = along.iter().flat_map(|a| [a.places, a.size]).chain(rest.iter().copied()).collect();
    let cut = e.graph.reshape(x, &cut);
    let order: Vec<usize> =
        (0..axes).map(|k| 2 * k).chain((0..axes).map(|k| 2 * k + 1)).chain(2 * axes..2 * axes + rest.len()).collect();
    e.graph.permute(cut, &order)
}

/// `windows(x, 3)` of `[t, n]` is `[places, 3, n]`, `windows(x, [3, 3])` of `[h, w, n]` is `[places, places, 3, 3, n]`.
fn windows<'a>(e: &mut Elaborator<'a>, arguments: Arguments<'a>) -> Outcome<Value<'a>> {
    let x = e.numeric_argument(&arguments, "x")?;
    let axes = match arguments.given("size").map(|given| &given.value) {
        Some(Value::Tensor(tensor)) => e.shape(tensor).first().copied().unwrap_or(1),
        _ => 1,
    };
    if e.shape(&x).len() < axes {
        let error = Diagnostic::error("E0306", format!("windows of {axes} axes need a value of as many"));
        let error = e.label_operand(error, (&x, arguments.span_of("x")), true);
        return e.fail(error.at(arguments.span_of("size"), "the sizes"));
    }
    let sizes = whole_for_each(e, &arguments, "size", axes)?;
    let along = along_axes(e, &arguments, &x, &sizes)?;
    let outside = match arguments.given("outside").cloned() {
        Some(given) => {
            let tensor = e.tensor_of(given.value, given.span)?;
            match tensor.number() {
                Some(number) => number,
                None => return e.not_known(given.span),
            }
        }
        None => 0.0,
    };
    let unequal: Vec<usize> = (0..axes).filter(|axis| e.graph.end(x.id, *axis).is_some()).collect();
    let leaves: Vec<usize> = unequal.iter().copied().filter(|axis| along[*axis].leaves()).collect();
    let sealed = e.graph.sealed(x.id, &leaves, outside);
    let view = match unequal.is_empty() && along.iter().all(Along::is_tile) {
        true => tiles(e, x.id, &along),
        false => window(e, sealed, &along),
    };
    let whole = e.graph.shape(view).to_vec();
    e.check_limits(&whole, arguments.span)?;
    if outside == 0.0 || !along.iter().any(Along::leaves) {
        return Ok(Tensor::new(view).into());
    }
    if let Some(alone) = along.iter().find(|a| a.before >= Along::reach(a.size, a.dilation)) {
        let error = Diagnostic::error("E0307", format!("a window of {} would see nothing but padding", alone.size))
            .at(arguments.span_of("padding"), format!("{} places before the first entry", alone.before))
            .help("the padding is less than what the window spans");
        return e.fail(error);
    }
    // Where an entry of x is: what is true of all of them, seen through the same windows.
    let shape = e.graph.shape(x.id).to_vec();
    let everywhere = e.graph.known(true, &shape);
    let inside = window(e, everywhere, &along);
    let outside = e.graph.constant(outside, &whole);
    Ok(Tensor::new(e.graph.select(inside, view, outside)).into())
}

/// A number or a list of as many, as a list: `per_axis(3, 2)` is `[3, 3]`.
fn per_axis<'a>(e: &mut Elaborator<'a>, arguments: Arguments<'a>) -> Outcome<Value<'a>> {
    let count = e.size_argument(&arguments, "count")?;
    let sizes = whole_for_each(e, &arguments, "x", count)?;
    let values: Vec<f64> = sizes.iter().map(|&size| size as f64).collect();
    let id = e.graph.table(&values, &[count]);
    Ok(Tensor { id, row: false, known: Some(values.into()) }.into())
}
