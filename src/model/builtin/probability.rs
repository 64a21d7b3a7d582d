//! Softmax and its kin, cross-entropies, and the check that what they get are probabilities.
use super::{Arguments, Builtin};
use crate::diagnostic::{Diagnostic, Span};
use crate::graph::show::shape_text;
use crate::graph::{Kind, Leaf, NamedOp, Op, named};
use crate::model::Role;
use crate::model::call::Given;
use crate::model::elaborator::{Elaborator, Outcome};
use crate::model::value::{Function, Tensor, Value};
use crate::op::{activation, loss};

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
    if axes == 0 {
        let error = Diagnostic::error("E0308", format!("`{}` takes a vector; this is a number", row.name))
            .at(arguments.span_of("z"), "a number");
        let error = match NamedOp(row) == named::SOFTMAX {
            true => e.call_instead(error, &arguments, activation::SIGMOID.name),
            false => error.help(format!("as in `{}(z)` with `z: [3]`", row.name)),
        };
        return e.fail(error);
    }
    let axis = e.axis_option(&arguments, axes, -1)?;
    if NamedOp(row) == named::SOFTMAX && is_softmax(e, &z) {
        let (whole, inner) = (arguments.span, arguments.span_of("z"));
        let text = e.quote_span(inner);
        // As a stage it stands behind what it is called with.
        let is_stage = inner.end <= whole.start;
        let place = if is_stage { Span { start: inner.end, ..whole } } else { whole };
        let left = if is_stage { String::new() } else { e.text(inner).to_string() };
        e.warn(
            Diagnostic::warning("W0401", "softmax of a softmax")
                .at(arguments.span, format!("{text} is a softmax already"))
                .help("one of the two is too many: it flattens the probabilities")
                .edit("leave this one out", place, left, false),
        );
    }
    let last = e.moved_to_back(z.id, axis);
    let result = e.graph.named(NamedOp(row), &[last]);
    let same = e.graph.shape(result).len() == axes;
    let id = if same { back_in_place(e, result, axis) } else { result };
    Ok(Tensor::new(id).into())
}
/// The last axis back where it was.
pub fn back_in_place(e: &mut Elaborator<'_>, x: crate::graph::NodeId, axis: usize) -> crate::graph::NodeId {
    let axes = e.graph.shape(x).len();
    let mut order: Vec<usize> = (0..axes - 1).collect();
    order.insert(axis, axes - 1);
    e.graph.permute(x, &order)
}
fn is_softmax(e: &Elaborator<'_>, x: &Tensor) -> bool {
    matches!(e.graph.op(x.id), Op::Named(op, _) if *op == named::SOFTMAX)
}

fn cross_entropy<'a>(e: &mut Elaborator<'a>, arguments: Arguments<'a>) -> Outcome<Value<'a>> {
    in_order(e, &arguments)?;
    let (p, t) = (e.numeric_argument(&arguments, "p"), e.argument(&arguments, "t"));
    let (p, t) = (p?, t?);
    let (p_span, t_span) = (arguments.span_of("p"), arguments.span_of("t"));
    check_probabilities(e, &p, p_span, named::CROSS_ENTROPY.name, named::SOFTMAX.name)?;
    let (p_shape, t_shape) = (e.shape(&p), e.shape(&t));
    let Some((&classes, before)) = p_shape.split_last() else {
        let error = Diagnostic::error("E0306", "`cross_entropy` wants a probability for each class")
            .at(p_span, "a number")
            .help("of one probability and a truth value: `binary_cross_entropy(p, t)`");
        let error = e.call_instead(error, &arguments, loss::BINARY_CROSS_ENTROPY.name);
        return e.fail(error);
    };
    match e.graph.ty(t.id).kind {
        Kind::Class(_, count) | Kind::Index(count) if e.is_class(t.id) || t_shape == before => {
            warn_of_sigmoid(e, &p, p_span);
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
                let error = e.label_operand(error, (&t, t_span), false);
                let error = e.with_as_many(error, p.id, t.id, classes, count);
                return e.fail(error.help("each class has one probability"));
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
    let mut error = error.note(format!("it takes {wanted}, or probabilities of the shape {}", shape_text(shape)));
    if shape.len() > 1 && e.graph.shape(t.0.id).is_empty() {
        error = e.last_state(error, p.0.id, p.1);
        error = error
            .help("an example that has several axes becomes a vector by `flatten(x)`")
            .help("rows of the data are no axis: a program says one example, as in `input x: [4]`");
        error = e.with_one_axis(error, p.0.id);
    } else {
        error = error.help("a class is declared as `target t: class(3)`");
    }
    e.fail(error)
}

fn is_target(given: Option<&Given<'_>>, e: &Elaborator<'_>) -> bool {
    match given.map(|given| &given.value) {
        Some(Value::Tensor(tensor)) => match *e.graph.op(tensor.id) {
            Op::Leaf(Leaf::Input(number)) => {
                e.declared.inputs.get(number as usize).is_some_and(|x| x.role == Role::Target)
            }
            _ => false,
        },
        _ => false,
    }
}

/// Refuses `logistic_loss(t, z)` and `hinge(t, z)`.
pub fn raw_value_first<'a>(e: &mut Elaborator<'a>, name: &str, given: &[Given<'a>]) -> Outcome<()> {
    let [z, t] = given else { return Ok(()) };
    if !is_target(Some(z), e) || is_target(Some(t), e) || z.name.is_some() || t.name.is_some() {
        return Ok(());
    }
    let (z, t) = (z.span, t.span);
    let error = Diagnostic::error("E0401", format!("`{name}` takes the raw value first, then the target"));
    let error = error.at(z, "a target");
    let error = match z.end <= t.start {
        true => error.edit("the other way round", z.to(t), format!("{}, {}", e.text(t), e.text(z)), false),
        false => error.help(format!("as in `{name}(z, t)`")),
    };
    e.fail(error)
}

/// Refuses `cross_entropy(t, p)`.
fn in_order<'a>(e: &mut Elaborator<'a>, arguments: &Arguments<'a>) -> Outcome<()> {
    let is_class = |given: Option<&Given<'a>>, e: &Elaborator<'a>| match given.map(|given| &given.value) {
        Some(Value::Tensor(tensor)) => e.is_class(tensor.id),
        _ => false,
    };
    let (p, t) = (arguments.given("p"), arguments.given("t"));
    let has_class = is_class(p, e) && !is_class(t, e);
    if !has_class && (!is_target(p, e) || is_target(t, e)) {
        return Ok(());
    }
    let (p, t) = (arguments.span_of("p"), arguments.span_of("t"));
    let name = arguments.builtin.name;
    let (second, label) = if has_class { ("class", "a class") } else { ("target", "a target") };
    let error =
        Diagnostic::error("E0401", format!("`{name}` takes probabilities first, then the {second}")).at(p, label);
    // In a pipeline the first one stands elsewhere.
    let error = match arguments.span.start <= p.start && p.end <= t.start {
        true => error.edit("the other way round", p.to(t), format!("{}, {}", e.text(t), e.text(p)), false),
        false => error.help(format!("as in `{name}(y, t)`")),
    };
    e.fail(error)
}

fn binary_cross_entropy<'a>(e: &mut Elaborator<'a>, arguments: Arguments<'a>) -> Outcome<Value<'a>> {
    // A class has no place in it, the first or the second.
    e.numeric_argument(&arguments, "p")?;
    in_order(e, &arguments)?;
    if let Some(Value::Tensor(t)) = arguments.given("t").map(|given| &given.value)
        && e.is_class(t.id)
    {
        let error = Diagnostic::error("E0401", "`binary_cross_entropy` takes a truth value, not a class")
            .at(arguments.span_of("t"), "a class");
        // One probability is that of a truth.
        let is_one = match arguments.given("p").map(|given| &given.value) {
            Some(Value::Tensor(p)) => e.graph.shape(p.id).is_empty(),
            _ => false,
        };
        if is_one {
            let name = e.text(arguments.span_of("t")).to_string();
            return e.fail(error.help(format!("declare it as what is true or not: `target {name}: bool`")));
        }
        let error = error.help("declare it `bool`, or give each class a probability and take `cross_entropy`");
        let error = e.call_instead(error, &arguments, named::CROSS_ENTROPY.name);
        return e.fail(error);
    }
    let (p, t) = (e.numeric_argument(&arguments, "p"), e.numeric_argument(&arguments, "t"));
    let (p, t) = (p?, t?);
    let (p_span, t_span) = (arguments.span_of("p"), arguments.span_of("t"));
    check_probabilities(e, &p, p_span, loss::BINARY_CROSS_ENTROPY.name, activation::SIGMOID.name)?;
    note_probability(e, &t);
    Ok(e.element_wise(&loss::BINARY_CROSS_ENTROPY, (p, p_span), (t, t_span))?.into())
}

/// Refuses what may be negative or more than 1: logits, a bare parameter, what comes out of a `relu`.
fn check_probabilities<'a>(e: &mut Elaborator<'a>, p: &Tensor, span: Span, name: &str, function: &str) -> Outcome<()> {
    let range = e.range_of(p.id);
    let is_negative = range.low < 0.0;
    if !is_negative && !e.may_exceed_one(p.id) {
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
        .at(span, if is_negative { "may be negative" } else { "may be more than 1" })
        .edit(format!("make it probabilities: `{function}`"), span, format!("{function}({text})"), false);
    if let Some((at, bound)) = e.origin(span)
        && at != span
    {
        error = error.also(at, format!("`{bound}` is bound here"));
    }
    e.fail(error)
}
/// Warns of probabilities of one class among several that are made one by one.
fn warn_of_sigmoid(e: &mut Elaborator<'_>, p: &Tensor, span: Span) {
    let Some(made) = e.made_by_sigmoid(p, span) else { return };
    let warning = Diagnostic::warning("W0402", "probabilities of classes that do not sum to 1")
        .at(span, "each is between 0 and 1")
        .note("an example is of one class: with `softmax` one grows as the others fall");
    let warning = match e.word_in(made, activation::SIGMOID.name) {
        Some(place) => warning.edit("write `softmax`", place, named::SOFTMAX.name, false),
        None => warning.help("make them by `softmax`"),
    };
    e.warn(warning);
}
/// Warns of `logistic_loss(sigmoid(z), t)` and `hinge(sigmoid(z), t)`, which take what a sigmoid is made of.
pub fn warn_of_squashed(e: &mut Elaborator<'_>, function: &Function<'_>, given: &[Given<'_>], whole: Span) {
    let name = function.name();
    let [Given { value: Value::Tensor(value), span, .. }, ..] = given else { return };
    let Some(made) = e.made_by_sigmoid(value, *span) else { return };
    let text = e.quote_span(*span);
    let mut warning = Diagnostic::warning("W0402", format!("`{name}` wants the raw value; {text} is a sigmoid"))
        .at(*span, "between 0 and 1")
        .note("what is above 0 is taken for true");
    if made == *span
        && let Some(inner) = e.text(made).strip_prefix("sigmoid(").and_then(|rest| rest.strip_suffix(')'))
    {
        warning = warning.edit("without it", made, inner, false);
    }
    let is_logistic = function.is(&loss::LOGISTIC_LOSS);
    warning = match e.word_in(whole, name).filter(|_| is_logistic) {
        Some(place) => {
            let right = loss::BINARY_CROSS_ENTROPY.name;
            warning.edit(format!("of a probability, it is `{right}`"), place, right, false)
        }
        None => warning.help(format!("give `{name}` what the sigmoid is taken of")),
    };
    e.warn(warning);
}

/// An input that is taken for probabilities: its data is checked.
fn note_probability(e: &mut Elaborator<'_>, t: &Tensor) {
    if let Op::Leaf(Leaf::Input(number)) = *e.graph.op(t.id)
        && e.graph.ty(t.id).kind == Kind::Real
        && let Some(input) = e.declared.inputs.get_mut(number as usize)
    {
        input.probability = true;
    }
}

fn one_hot<'a>(e: &mut Elaborator<'a>, arguments: Arguments<'a>) -> Outcome<Value<'a>> {
    let t = e.argument(&arguments, "t")?;
    let Some(classes) = e.graph.ty(t.id).kind.count() else {
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
