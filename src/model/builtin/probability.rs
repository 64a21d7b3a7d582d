//! Softmax and its kin, cross-entropies, and the check that what they get are probabilities.
use super::{Arguments, Builtin};
use crate::diagnostic::{Diagnostic, Span};
use crate::graph::show::shape_text;
use crate::graph::{Kind, Leaf, NamedOp, Op, named};
use crate::model::elaborator::{Elaborator, Outcome};
use crate::model::value::{Tensor, Value};
use crate::op::loss;

pub static ROWS: &[Builtin] = &[
    Builtin { name: "softmax", parameters: &["z", "?axis"], apply: |e, a| over_last(e, a, &named::SOFTMAX) },
    Builtin { name: "log_softmax", parameters: &["z", "?axis"], apply: |e, a| over_last(e, a, &named::LOG_SOFTMAX) },
    Builtin { name: "logsumexp", parameters: &["z", "?axis"], apply: |e, a| over_last(e, a, &named::LOGSUMEXP) },
    Builtin { name: "cross_entropy", parameters: &["p", "t"], apply: cross_entropy },
    Builtin { name: "binary_cross_entropy", parameters: &["p", "t"], apply: binary_cross_entropy },
    Builtin { name: "onehot", parameters: &["t", "?size"], apply: one_hot },
];

/// A named function over the last axis, or the one that is named.
fn over_last<'a>(e: &mut Elaborator<'a>, arguments: Arguments<'a>, row: &'static named::Named) -> Outcome<Value<'a>> {
    let z = e.numeric_argument(&arguments, "z")?;
    let axes = e.graph.shape(z.id).len();
    let axis = e.axis_option(&arguments, axes, -1)?;
    if row.name == "softmax" && is_softmax(e, &z) {
        let text = e.quote_span(arguments.span_of("z"));
        e.warn(
            Diagnostic::warning("W0401", "softmax of a softmax")
                .at(arguments.span, format!("{text} is a softmax already"))
                .help("one of the two is too many: it flattens the probabilities"),
        );
    }
    let last = e.moved_to_back(z.id, axis);
    let result = e.graph.named(NamedOp(row), &[last]);
    let same = e.graph.shape(result).len() == axes;
    let id = if same { back_in_place(e, result, axis) } else { result };
    Ok(Tensor::new(id).into())
}
/// The last axis back where it was.
fn back_in_place(e: &mut Elaborator<'_>, x: crate::graph::NodeId, axis: usize) -> crate::graph::NodeId {
    let axes = e.graph.shape(x).len();
    let mut order: Vec<usize> = (0..axes - 1).collect();
    order.insert(axis, axes - 1);
    e.graph.permute(x, &order)
}
fn is_softmax(e: &Elaborator<'_>, x: &Tensor) -> bool {
    matches!(e.graph.op(x.id), Op::Named(op, _) if op.name == "softmax")
}

fn cross_entropy<'a>(e: &mut Elaborator<'a>, arguments: Arguments<'a>) -> Outcome<Value<'a>> {
    let (p, t) = (e.numeric_argument(&arguments, "p"), e.argument(&arguments, "t"));
    let (p, t) = (p?, t?);
    let (p_span, t_span) = (arguments.span_of("p"), arguments.span_of("t"));
    check_probabilities(e, &p, p_span, "cross_entropy", "softmax")?;
    let (p_shape, t_shape) = (e.shape(&p), e.shape(&t));
    let Some((&classes, before)) = p_shape.split_last() else {
        let error = Diagnostic::error("E0306", "`cross_entropy` wants a probability for each class")
            .at(p_span, "a number")
            .help("of one probability and a truth value: `binary_cross_entropy(p, t)`");
        return e.fail(error);
    };
    match e.graph.ty(t.id).kind {
        Kind::Class(_) if e.is_class(t.id) || t_shape == before => {
            let Kind::Class(count) = e.graph.ty(t.id).kind else { return Err(crate::model::elaborator::Reported) };
            if t_shape != before {
                return misfit(e, (&p, p_span), (&t, t_span));
            }
            if count != classes {
                let error = Diagnostic::error(
                    "E0306",
                    format!(
                        "{} has {classes} probabilities, and {} is one of {count} classes",
                        e.quote_span(p_span),
                        e.quote_span(t_span)
                    ),
                );
                let error = e.label_operand(error, (&p, p_span), true);
                let error = error.also(t_span, format!("class({count})"));
                return e.fail(error);
            }
        }
        Kind::Bool if t_shape == before => {
            let error = Diagnostic::error("E0405", "`cross_entropy` wants a class; this is a truth value")
                .at(t_span, "true or false")
                .help("of one probability and a truth value: `binary_cross_entropy(p, t)`");
            return e.fail(error);
        }
        _ if t_shape == p_shape => note_probability(e, &t),
        _ => return misfit(e, (&p, p_span), (&t, t_span)),
    }
    Ok(Tensor::new(e.graph.named(NamedOp(&named::CROSS_ENTROPY), &[p.id, t.id])).into())
}
fn misfit<'a, T>(e: &mut Elaborator<'a>, p: (&Tensor, Span), t: (&Tensor, Span)) -> Outcome<T> {
    let shape = e.graph.shape(p.0.id);
    let wanted = shape_text(&shape[..shape.len() - 1]);
    let error = Diagnostic::error("E0306", "probabilities and targets do not fit in `cross_entropy`");
    let error = e.label_operand(error, p, true);
    let error = e.label_operand(error, t, false);
    let wanted = if wanted == "[]" { "one class".to_string() } else { format!("classes of the shape {wanted}") };
    let error = error.note(format!("it takes {wanted}, or probabilities of the shape {}", shape_text(shape)));
    e.fail(error)
}

fn binary_cross_entropy<'a>(e: &mut Elaborator<'a>, arguments: Arguments<'a>) -> Outcome<Value<'a>> {
    let (p, t) = (e.numeric_argument(&arguments, "p"), e.numeric_argument(&arguments, "t"));
    let (p, t) = (p?, t?);
    let (p_span, t_span) = (arguments.span_of("p"), arguments.span_of("t"));
    check_probabilities(e, &p, p_span, "binary_cross_entropy", "sigmoid")?;
    note_probability(e, &t);
    Ok(e.element_wise(&loss::BINARY_CROSS_ENTROPY, (p, p_span), (t, t_span))?.into())
}

/// Refuses what may be negative: logits, a bare parameter.
fn check_probabilities<'a>(e: &mut Elaborator<'a>, p: &Tensor, span: Span, name: &str, function: &str) -> Outcome<()> {
    let range = e.range_of(p.id);
    if range.low >= 0.0 {
        return Ok(());
    }
    let text = e.text(span);
    let is = if range.low == f64::NEG_INFINITY && range.high == f64::INFINITY {
        "any real number".to_string()
    } else if range.low == f64::NEG_INFINITY {
        format!("any number up to {}", range.high)
    } else if range.high == f64::INFINITY {
        format!("any number from {}", range.low)
    } else {
        format!("a number in {} to {}", range.low, range.high)
    };
    let mut error = Diagnostic::error("E0402", format!("`{name}` wants probabilities; {} is {is}", e.quote_span(span)))
        .at(span, "may be negative")
        .edit(format!("make it probabilities: `{function}`"), span, format!("{function}({text})"), false);
    if let Some((at, bound)) = e.origin(span)
        && at != span
    {
        error = error.also(at, format!("`{bound}` is bound here"));
    }
    e.fail(error)
}
/// An input that is taken for probabilities: its data is checked.
fn note_probability(e: &mut Elaborator<'_>, t: &Tensor) {
    if let Op::Leaf(Leaf::Input(number)) = *e.graph.op(t.id)
        && e.graph.ty(t.id).kind == Kind::Real
        && let Some(input) = e.inputs.get_mut(number as usize)
    {
        input.probability = true;
    }
}

fn one_hot<'a>(e: &mut Elaborator<'a>, arguments: Arguments<'a>) -> Outcome<Value<'a>> {
    let t = e.argument(&arguments, "t")?;
    let Kind::Class(classes) = e.graph.ty(t.id).kind else {
        let error = Diagnostic::error(
            "E0405",
            format!("`onehot` wants a class; {} is none", e.quote_span(arguments.span_of("t"))),
        )
        .at(arguments.span_of("t"), "not a class")
        .help("declare it so: `target t: class(3)`");
        return e.fail(error);
    };
    let size = if arguments.given("size").is_some() { e.size_argument(&arguments, "size")? } else { classes };
    if size < classes {
        let error = Diagnostic::error("E0309", format!("{classes} classes do not fit into {size} entries"))
            .at(arguments.span_of("size"), "too few");
        return e.fail(error);
    }
    Ok(Tensor::new(e.graph.one_hot(t.id, size)).into())
}
