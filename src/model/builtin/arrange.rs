//! Functions that put elements elsewhere: concat, stack, split, reshape, flatten, pad, transpose, reverse, sort; and cumsum, beside them.
use super::probability::back_in_place;
use super::{Arguments, Builtin};
use crate::diagnostic::{Diagnostic, Span};
use crate::graph::named::Named;
use crate::graph::show::shape_text;
use crate::graph::{NamedOp, NodeId, ordered};
use crate::model::call::Given;
use crate::model::elaborator::{Elaborator, Outcome};
use crate::model::value::{Tensor, Value};

pub static ROWS: &[Builtin] = &[
    Builtin { name: "concat", parameters: &["..", "?axis"], apply: concat },
    Builtin { name: "stack", parameters: &["..", "?axis"], apply: stack },
    Builtin { name: "split", parameters: &["x", "count", "?axis"], apply: split },
    Builtin { name: "reshape", parameters: &["x", ".."], apply: reshape },
    Builtin { name: "flatten", parameters: &["x"], apply: flatten },
    Builtin { name: "pad", parameters: &["x", "before", "?behind", "?axis"], apply: pad },
    Builtin { name: "transpose", parameters: &["x", "?axes"], apply: transpose },
    Builtin { name: "reverse", parameters: &["x", "?axis"], apply: reverse },
    Builtin { name: "dot", parameters: &["a", "b"], apply: dot },
    Builtin { name: "cumsum", parameters: &["x", "?axis"], apply: cumsum },
    Builtin { name: "sort", parameters: &["x", "?axis", "?by"], apply: sort },
];

/// The values of `..`; a tuple or a list of values is taken apart.
fn parts<'a>(e: &mut Elaborator<'a>, arguments: &Arguments<'a>) -> Outcome<Vec<(Tensor, Span)>> {
    let mut all = vec![];
    for Given { value, span, .. } in arguments.rest.clone() {
        match value {
            Value::Tuple(items) => {
                for item in items {
                    all.push((e.tensor_of(item, span)?, span));
                }
            }
            value => all.push((e.tensor_of(value, span)?, span)),
        }
    }
    Ok(all)
}

fn concat<'a>(e: &mut Elaborator<'a>, arguments: Arguments<'a>) -> Outcome<Value<'a>> {
    let all = parts(e, &arguments)?;
    e.one_kind_in_concat(&all)?;
    let (first, first_span) = &all[0];
    let shape = e.shape(first);
    if shape.is_empty() {
        let error = Diagnostic::error("E0313", "`concat` puts vectors behind each other; this is a number")
            .at(*first_span, "a number");
        let error = e.as_one_entry(error, first.id, *first_span);
        return e.fail(error);
    }
    let axis = e.axis_option(&arguments, shape.len(), -1)?;
    for (part, span) in &all[1..] {
        let other = e.shape(part);
        let fits = other.len() == shape.len() && (0..shape.len()).all(|a| a == axis || shape[a] == other[a]);
        if !fits {
            let error = Diagnostic::error("E0313", "shapes do not fit in `concat`");
            let error = e.label_operand(error, (part, *span), true);
            let error = e.label_operand(error, (first, *first_span), false);
            let error = if other.is_empty() && shape.len() == 1 {
                e.as_one_entry(error, part.id, *span)
            } else {
                error.note(format!("they may differ along axis {axis} alone"))
            };
            return e.fail(error);
        }
    }
    let ids: Vec<_> = all.iter().map(|(part, _)| part.id).collect();
    Ok(Tensor::new(e.graph.join(axis, &ids)).into())
}

fn stack<'a>(e: &mut Elaborator<'a>, arguments: Arguments<'a>) -> Outcome<Value<'a>> {
    let all = parts(e, &arguments)?;
    let stacked = e.stacked_parts(&all, arguments.span)?;
    let axes = e.graph.shape(stacked.id).len();
    let axis = e.axis_option(&arguments, axes, 0)?;
    if axis == 0 {
        return Ok(stacked.into());
    }
    let mut order: Vec<usize> = (1..axes).collect();
    order.insert(axis, 0);
    Ok(Tensor::new(e.graph.permute(stacked.id, &order)).into())
}

/// `split(z, 4)`: a tuple of equal parts.
fn split<'a>(e: &mut Elaborator<'a>, arguments: Arguments<'a>) -> Outcome<Value<'a>> {
    let x = e.argument(&arguments, "x")?;
    let count = e.size_argument(&arguments, "count")?;
    let shape = e.shape(&x);
    let axis = e.axis_option(&arguments, shape.len(), -1)?;
    let extent = shape[axis];
    if !extent.is_multiple_of(count) {
        let error = Diagnostic::error(
            "E0314",
            format!(
                "{extent} entries do not split into {count} equal parts: {extent} = {count} · {} + {}",
                extent / count,
                extent % count
            ),
        );
        let error = e.label_operand(error, (&x, arguments.span_of("x")), true);
        return e.fail(error.help("`x[0..3]` takes a part of any length"));
    }
    let length = extent / count;
    let parts = (0..count).map(|k| Tensor::new(e.graph.slice(x.id, axis, k * length, 1, length)).into()).collect();
    Ok(Value::Tuple(parts))
}

fn reshape<'a>(e: &mut Elaborator<'a>, arguments: Arguments<'a>) -> Outcome<Value<'a>> {
    let x = e.argument(&arguments, "x")?;
    let shape = e.shape_arguments(&arguments.rest, arguments.span)?;
    let own = e.shape(&x);
    let (from, to): (usize, usize) = (own.iter().product(), shape.iter().product());
    if from != to {
        let product = |shape: &[usize]| shape.iter().map(|n| n.to_string()).collect::<Vec<_>>().join(" · ");
        let error = Diagnostic::error(
            "E0314",
            format!("{} has {from} elements, and {} has {to}", shape_text(&own), shape_text(&shape)),
        )
        .at(arguments.span, if shape.len() > 1 { format!("{} = {to}", product(&shape)) } else { to.to_string() });
        let error = e.label_operand(error, (&x, arguments.span_of("x")), false);
        let flat = format!("flatten({})", e.text(arguments.span_of("x")));
        return e.fail(match shape.len() {
            1 => error.edit("all of them as a vector", arguments.span, flat, false),
            _ => error.help(format!("the sizes multiply to {from}")),
        });
    }
    Ok(Tensor { id: e.graph.reshape(x.id, &shape), row: false, known: x.known }.into())
}
fn flatten<'a>(e: &mut Elaborator<'a>, arguments: Arguments<'a>) -> Outcome<Value<'a>> {
    let x = e.argument(&arguments, "x")?;
    Ok(Tensor { id: e.flattened(x.id), row: false, known: x.known }.into())
}

/// `pad(x, before, behind)`: zeros along an axis, the last if none is named.
fn pad<'a>(e: &mut Elaborator<'a>, arguments: Arguments<'a>) -> Outcome<Value<'a>> {
    let x = e.numeric_argument(&arguments, "x")?;
    let axes = e.graph.shape(x.id).len();
    let axis = e.axis_option(&arguments, axes, -1)?;
    let before = e.whole_option(&arguments, "before", 0)?;
    let behind = e.whole_option(&arguments, "behind", before)?;
    if before < 0 || behind < 0 {
        let error = Diagnostic::error("E0307", "a number of zeros is 0 or more")
            .at(arguments.span, "negative")
            .help("`x[1..]` cuts off");
        return e.fail(error);
    }
    Ok(Tensor::new(e.graph.pad(x.id, axis, before as usize, behind as usize)).into())
}

/// `transpose(w)`, `transpose(x, [1, 0, 2])`
fn transpose<'a>(e: &mut Elaborator<'a>, arguments: Arguments<'a>) -> Outcome<Value<'a>> {
    let x = e.argument(&arguments, "x")?;
    let axes = e.graph.shape(x.id).len();
    let order = match arguments.given("axes").cloned() {
        Some(given) => e.known_list(&given)?.into_iter().map(|a| a as usize).collect(),
        None if axes == 2 => vec![1, 0],
        None => {
            let error =
                Diagnostic::error("E0308", "`transpose` of a matrix needs no order of axes; of anything else it does");
            let error = e.label_operand(error, (&x, arguments.span_of("x")), true);
            return e.fail(error.help("as in `transpose(x, [1, 0, 2])`"));
        }
    };
    let mut sorted: Vec<usize> = order.clone();
    sorted.sort();
    if !sorted.iter().copied().eq(0..axes) {
        let all: Vec<String> = (0..axes).map(|a| a.to_string()).collect();
        let error = Diagnostic::error("E0308", format!("the order of axes is {} in some order", all.join(", ")))
            .at(arguments.span_of("axes"), "not each axis once");
        return e.fail(error);
    }
    Ok(Tensor::new(e.graph.permute(x.id, &order)).into())
}

fn reverse<'a>(e: &mut Elaborator<'a>, arguments: Arguments<'a>) -> Outcome<Value<'a>> {
    let x = e.argument(&arguments, "x")?;
    let axes = e.graph.shape(x.id).len();
    let axis = e.axis_option(&arguments, axes, 0)?;
    let known = x.known.filter(|_| axes == 1).map(|k| k.iter().rev().copied().collect());
    Ok(Tensor { id: e.reversed(x.id, axis), row: false, known }.into())
}

fn cumsum<'a>(e: &mut Elaborator<'a>, arguments: Arguments<'a>) -> Outcome<Value<'a>> {
    let x = e.numeric_argument(&arguments, "x")?;
    let axis = axis_of_vectors(e, &arguments, &x)?;
    Ok(Tensor::new(over_axis(e, &ordered::CUMSUM, &[x.id], axis)).into())
}

/// `sort(x)`; `sort(x, by = keys)` puts x in the order of the keys.
fn sort<'a>(e: &mut Elaborator<'a>, arguments: Arguments<'a>) -> Outcome<Value<'a>> {
    let x = e.numeric_argument(&arguments, "x")?;
    let axis = axis_of_vectors(e, &arguments, &x)?;
    if arguments.given("by").is_none() {
        return Ok(Tensor::new(over_axis(e, &ordered::SORT, &[x.id], axis)).into());
    }
    let keys = e.argument(&arguments, "by")?;
    e.numeric_here(&keys, arguments.span_of("by"))?;
    let (shape, own) = (e.shape(&x), e.shape(&keys));
    if shape != own {
        let error = Diagnostic::error("E0313", "`sort` wants a key for each element")
            .at(arguments.span_of("by"), shape_text(&own))
            .also(arguments.span_of("x"), shape_text(&shape));
        return e.fail(error);
    }
    Ok(Tensor::new(over_axis(e, &ordered::SORT_BY, &[x.id, keys.id], axis)).into())
}

/// The axis of an option, else the last; a number has none.
fn axis_of_vectors<'a>(e: &mut Elaborator<'a>, arguments: &Arguments<'a>, x: &Tensor) -> Outcome<usize> {
    let axes = e.shape(x).len();
    if axes == 0 {
        let error = Diagnostic::error("E0306", format!("`{}` is along an axis", arguments.builtin.name))
            .at(arguments.span_of("x"), "a number has none");
        return e.fail(error);
    }
    e.axis_option(arguments, axes, -1)
}

/// A function of the last axis along another one.
fn over_axis(e: &mut Elaborator<'_>, row: &'static Named, arguments: &[NodeId], axis: usize) -> NodeId {
    let arguments: Vec<NodeId> = arguments.iter().map(|&x| e.moved_to_back(x, axis)).collect();
    let result = e.graph.named(NamedOp(row), &arguments);
    back_in_place(e, result, axis)
}

fn dot<'a>(e: &mut Elaborator<'a>, arguments: Arguments<'a>) -> Outcome<Value<'a>> {
    let (a, b) = (e.argument(&arguments, "a"), e.argument(&arguments, "b"));
    Ok(e.dot((a?, arguments.span_of("a")), (b?, arguments.span_of("b")))?.into())
}
