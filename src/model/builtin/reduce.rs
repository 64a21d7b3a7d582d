//! Reductions over axes, and the mean over the batch.
use super::{Arguments, Builtin};
use crate::diagnostic::Diagnostic;
use crate::graph::{NamedOp, NodeId, named};
use crate::model::elaborator::{Elaborator, Outcome};
use crate::model::value::{Tensor, Value};
use crate::op::{ReduceOp, arithmetic, exponential};
use std::rc::Rc;

pub static ROWS: &[Builtin] = &[
    Builtin { name: "sum", parameters: &["x", "?axis"], apply: |e, a| reduced(e, a, ReduceOp::Sum) },
    Builtin { name: "mean", parameters: &["x", "?axis"], apply: |e, a| reduced(e, a, ReduceOp::Mean) },
    Builtin { name: "prod", parameters: &["x", "?axis"], apply: |e, a| reduced(e, a, ReduceOp::Product) },
    Builtin { name: "max", parameters: &["x", "?y", "?axis"], apply: |e, a| extreme(e, a, ReduceOp::Max) },
    Builtin { name: "min", parameters: &["x", "?y", "?axis"], apply: |e, a| extreme(e, a, ReduceOp::Min) },
    Builtin { name: "argmax", parameters: &["x", "?axis"], apply: |e, a| position(e, a, ReduceOp::Argmax) },
    Builtin { name: "argmin", parameters: &["x", "?axis"], apply: |e, a| position(e, a, ReduceOp::Argmin) },
    Builtin { name: "norm", parameters: &["x", "?axis"], apply: norm },
    Builtin { name: "var", parameters: &["x", "?axis"], apply: |e, a| Ok(Tensor::new(variance(e, a)?).into()) },
    Builtin { name: "std", parameters: &["x", "?axis"], apply: deviation },
    Builtin { name: "batch_mean", parameters: &["x"], apply: batch_mean },
];

fn reduced<'a>(e: &mut Elaborator<'a>, arguments: Arguments<'a>, op: ReduceOp) -> Outcome<Value<'a>> {
    let x = e.numeric_argument(&arguments, "x")?;
    let count = e.graph.shape(x.id).len();
    let axes = e.axes_option(&arguments, count)?.unwrap_or_else(|| (0..count).collect());
    // Of sizes that are known one more is: `prod(shape(x))`.
    let known = x.known.filter(|_| axes.len() == count && op != ReduceOp::Mean && !op.picks_index());
    let known = known.map(|all| Rc::from([all.iter().fold(op.row().initial, |y, &x| (op.row().combine)(y, x))]));
    Ok(Tensor { id: e.graph.reduce(op, &axes, x.id), row: false, known }.into())
}

/// `max(x)` over axes, `max(a, b)` element by element.
fn extreme<'a>(e: &mut Elaborator<'a>, arguments: Arguments<'a>, op: ReduceOp) -> Outcome<Value<'a>> {
    if arguments.given("y").is_none() {
        return reduced(e, arguments, op);
    }
    if let Some(axis) = arguments.given("axis") {
        let error = Diagnostic::error("E0206", format!("`{}` of two is element by element", arguments.builtin.name))
            .at(axis.span, "has no axis");
        return e.fail(error);
    }
    let x = e.argument(&arguments, "x");
    let y = e.argument(&arguments, "y");
    let row = if op == ReduceOp::Max { &arithmetic::MAX } else { &arithmetic::MIN };
    Ok(e.element_wise(row, (x?, arguments.span_of("x")), (y?, arguments.span_of("y")))?.into())
}

fn position<'a>(e: &mut Elaborator<'a>, arguments: Arguments<'a>, op: ReduceOp) -> Outcome<Value<'a>> {
    let x = e.numeric_argument(&arguments, "x")?;
    let count = e.graph.shape(x.id).len();
    let axis = e.axis_option(&arguments, count, -1)?;
    Ok(Tensor::new(e.graph.reduce(op, &[axis], x.id)).into())
}

/// The square root of the sum of the squares, over the axes named or all.
fn norm<'a>(e: &mut Elaborator<'a>, arguments: Arguments<'a>) -> Outcome<Value<'a>> {
    let x = e.numeric_argument(&arguments, "x")?;
    let shape = e.shape(&x);
    let axes = e.axes_option(&arguments, shape.len())?.unwrap_or_else(|| (0..shape.len()).collect());
    if shape.is_empty() {
        return Ok(Tensor::new(e.graph.unary(&arithmetic::ABS, x.id)).into());
    }
    Ok(Tensor::new(norm_over(e, x.id, &axes)).into())
}
fn norm_over(e: &mut Elaborator, x: NodeId, axes: &[usize]) -> NodeId {
    let shape = e.graph.shape(x).to_vec();
    let kept: Vec<usize> = (0..shape.len()).filter(|axis| !axes.contains(axis)).collect();
    let order: Vec<usize> = kept.iter().chain(axes).copied().collect();
    let mut flat: Vec<usize> = kept.iter().map(|axis| shape[*axis]).collect();
    flat.push(axes.iter().map(|axis| shape[*axis]).product());
    let sealed = e.graph.sealed(x, axes, 0.0);
    // Zeros behind the end add nothing, wherever they come to stand.
    e.graph.unwatched(|graph| {
        let ordered = graph.permute(sealed, &order);
        let flat = graph.reshape(ordered, &flat);
        graph.named(NamedOp(&named::NORM), &[flat])
    })
}

/// A value, its distances from its mean over these axes, and the axes.
fn distances<'a>(e: &mut Elaborator<'a>, arguments: &Arguments<'a>) -> Outcome<(Tensor, NodeId, Vec<usize>)> {
    let x = e.numeric_argument(arguments, "x")?;
    let shape = e.shape(&x);
    let axes = e.axes_option(arguments, shape.len())?.unwrap_or_else(|| (0..shape.len()).collect());
    let mean = e.graph.reduce(ReduceOp::Mean, &axes, x.id);
    let kept: Vec<usize> = (0..shape.len()).filter(|axis| !axes.contains(axis)).collect();
    let wide = e.graph.expand_at(mean, &shape, &kept);
    let distance = e.graph.subtract(x.id, wide);
    Ok((x, distance, axes))
}
/// The population's variance: the mean of the squared distances from the mean.
fn variance<'a>(e: &mut Elaborator<'a>, arguments: Arguments<'a>) -> Outcome<NodeId> {
    let (_, distance, axes) = distances(e, &arguments)?;
    Ok(mean_square(e, distance, &axes))
}
fn mean_square(e: &mut Elaborator, distance: NodeId, axes: &[usize]) -> NodeId {
    let shape = e.graph.shape(distance).to_vec();
    let two = e.graph.constant(2.0, &shape);
    let square = e.graph.binary(&exponential::POW, distance, two);
    e.graph.reduce(ReduceOp::Mean, axes, square)
}
fn deviation<'a>(e: &mut Elaborator<'a>, arguments: Arguments<'a>) -> Outcome<Value<'a>> {
    let (x, distance, axes) = distances(e, &arguments)?;
    if axes.iter().any(|axis| e.graph.end(x.id, *axis).is_some()) {
        // The root of a variance is not told from others behind a mask: the norm of the distances has a slope where all are zero.
        let norm = norm_over(e, distance, &axes);
        let count = e.graph.count(x.id, &axes);
        let root = e.graph.unary(&exponential::SQRT, count);
        let shape = e.graph.shape(norm).to_vec();
        let root = e.graph.expand_to(root, &shape);
        return Ok(Tensor::new(e.graph.divide(norm, root)).into());
    }
    let variance = mean_square(e, distance, &axes);
    Ok(Tensor::new(e.graph.unary(&exponential::SQRT, variance)).into())
}

fn batch_mean<'a>(e: &mut Elaborator<'a>, arguments: Arguments<'a>) -> Outcome<Value<'a>> {
    let x = e.numeric_argument(&arguments, "x")?;
    Ok(Tensor::new(e.graph.batch_mean(x.id)).into())
}
