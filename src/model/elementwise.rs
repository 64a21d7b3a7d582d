//! What works element by element: two shapes that fit, comparisons, and which kinds of values may be computed with.
use super::elaborator::{Elaborator, Outcome};
use super::value::{Tensor, Value};
use crate::diagnostic::{Diagnostic, Span};
use crate::graph::{Kind, Op, Shape};
use crate::op::{Binary, Result as Gives, Unary, activation, comparison};
use crate::syntax::{Relation, TreeId};
use std::rc::Rc;

/// A value and where it stands.
pub type Operand = (Tensor, Span);

/// Beyond this, a whole number is not exact.
const EXACT: f64 = 9_007_199_254_740_992.0;

impl<'a> Elaborator<'a> {
    /// A function of two arguments, element by element.
    pub fn element_wise(&mut self, row: &'static Binary, left: Operand, right: Operand) -> Outcome<Tensor> {
        let ((x, x_span), (y, y_span)) = (&left, &right);
        let is_logic = row.result == Gives::Bool;
        if !is_logic {
            let beside = |this: &Self, other: &Tensor| (!this.is_class(other.id)).then(|| this.shape(other));
            let (of_x, of_y) = (beside(self, y), beside(self, x));
            let first = self.numeric_beside(x, *x_span, of_x.as_deref());
            let second = self.numeric_beside(y, *y_span, of_y.as_deref());
            first.and(second)?;
        }
        let known = match (x.number(), y.number()) {
            (Some(x), Some(y)) => Some((row.value)(x, y)),
            _ => None,
        };
        if let Some(value) = known
            && !is_logic
            && value.fract() == 0.0
            && value.abs() < EXACT
            && [x, y]
                .iter()
                .all(|t| self.graph.constant_of(t.id).is_some() && t.number().is_some_and(|v| v.fract() == 0.0))
        {
            return Ok(self.constant(value));
        }
        let shape = self.common_shape((x, *x_span), (y, *y_span), x_span.to(*y_span))?;
        let (x, y) = (self.graph.expand_to(x.id, &shape), self.graph.expand_to(y.id, &shape));
        Ok(Tensor { id: self.graph.binary(row, x, y), row: false, known: known.map(|v| Rc::from([v])) })
    }
    /// A function of one argument, element by element.
    pub fn element_wise_unary(&mut self, row: &'static Unary, (x, span): Operand) -> Outcome<Tensor> {
        self.numeric(&x, span)?;
        let known = x.known.as_ref().map(|all| all.iter().map(|v| (row.value)(*v)).collect());
        Ok(Tensor { id: self.graph.unary(row, x.id), row: false, known })
    }

    /// The shape of two values taken together: one is the tail of the other.
    pub fn common_shape(&mut self, left: (&Tensor, Span), right: (&Tensor, Span), whole: Span) -> Outcome<Shape> {
        let (a, b) = (self.shape(left.0), self.shape(right.0));
        self.refuse_vector_of_one(left, right)?;
        if a.ends_with(&b) {
            return Ok(a);
        }
        if b.ends_with(&a) {
            return Ok(b);
        }
        let mut error = Diagnostic::error("E0304", format!("shapes do not fit in {}", self.quote_span(whole)));
        error = self.label_operand(error, left, true);
        error = self.label_operand(error, right, false);
        let without_ones = |shape: &[usize]| -> Shape { shape.iter().copied().filter(|&n| n != 1).collect() };
        if without_ones(&a) == without_ones(&b) || a.contains(&1) || b.contains(&1) {
            error = error.note(
                "a size of 1 is never stretched to fit: in other tools that silently makes a matrix of two vectors",
            );
            error = match (&a[..], &b[..]) {
                ([n, 1], [m]) | ([m], [n, 1]) if n == m => {
                    let column = if a.len() == 2 { left.1 } else { right.1 };
                    let flat = format!("flatten({})", self.text(column));
                    error.edit(format!("its only column, [{n}]"), column, flat, false)
                }
                _ => error,
            };
        } else {
            error = error.note("element by element, shapes are equal, or one is the tail of the other: [n] fits [t, n], a number fits all");
            if a.len() == b.len() {
                error = self.redeclared(error, right.1, &a);
                error = self.redeclared(error, left.1, &b);
            }
            if a.len() == 2 && b.len() == 1 && a[0] == b[0] {
                error = error.help(format!(
                    "[{}] does not run along the rows; write a function for one row and let it map",
                    b[0]
                ));
            }
        }
        self.fail(error)
    }

    /// `dense(h, 1)` against a target: they look alike and are not.
    fn refuse_vector_of_one(&mut self, left: (&Tensor, Span), right: (&Tensor, Span)) -> Outcome<()> {
        let is_one = |this: &Self, t: &Tensor| this.graph.shape(t.id) == [1];
        let is_varying_number =
            |this: &Self, t: &Tensor| this.graph.shape(t.id).is_empty() && this.graph.ty(t.id).varying;
        // Inside of a definition a size may happen to be 1.
        if !self.calls.is_empty() {
            return Ok(());
        }
        let (vector, number) = if is_one(self, left.0) && is_varying_number(self, right.0) {
            (left, right)
        } else if is_one(self, right.0) && is_varying_number(self, left.0) {
            (right, left)
        } else {
            return Ok(());
        };
        let error = Diagnostic::error("E0305", "a vector of one entry against a number");
        let error = self.label_operand(error, vector, true);
        let error = self.label_operand(error, number, false);
        let entry = format!("{}[0]", self.touchable(vector.1));
        self.fail(error.help("`neuron(h)` gives a number where `dense(h, 1)` gives a vector of one entry").edit(
            "take the entry out",
            vector.1,
            entry,
            false,
        ))
    }

    /// Adds an operand's shape to an error, and where its name was bound.
    pub fn label_operand(&self, error: Diagnostic, (tensor, span): (&Tensor, Span), primary: bool) -> Diagnostic {
        let shape = self.spoken_type(tensor);
        let error = if primary { error.at(span, &shape) } else { error.also(span, &shape) };
        match self.origin(span) {
            Some((at, name)) if at != span => error.also(at, format!("`{name}` is {shape}")),
            _ => error,
        }
    }
    /// Where the name that stands here was bound.
    pub fn origin(&self, span: Span) -> Option<(Span, String)> {
        let text = self.text(span);
        let (_, entry) = self.scopes.find(self.scope, text)?;
        Some((entry.span, text.to_string()))
    }

    /// Where a value that is the sigmoid of another was made, if it is one.
    pub fn made_by_sigmoid(&self, x: &Tensor, span: Span) -> Option<Span> {
        let made = self.seen_through(x.id);
        let is_sigmoid = matches!(self.graph.op(made), Op::Unary(op, _) if *op == activation::SIGMOID);
        is_sigmoid.then(|| match self.origin(span) {
            Some(_) => self.graph.span_of(made).unwrap_or(span),
            None => span,
        })
    }
    /// The only place of a word in a place.
    pub fn word_in(&self, span: Span, word: &str) -> Option<Span> {
        let text = self.text(span);
        let is_letter = |c: char| c.is_alphanumeric() || c == '_';
        let mut all = text
            .match_indices(word)
            .map(|(at, _)| at)
            .filter(|at| !text[..*at].ends_with(is_letter) && !text[at + word.len()..].starts_with(is_letter));
        let at = span.start + all.next()? as u32;
        all.next().is_none().then_some(Span { start: at, end: at + word.len() as u32, ..span })
    }

    /// Refuses what is no truth value.
    pub fn truthful(&mut self, x: &Tensor, span: Span) -> Outcome<()> {
        if self.graph.ty(x.id).kind == Kind::Bool {
            return Ok(());
        }
        let error = Diagnostic::error("E0403", format!("{} is no truth value", self.quote_span(span)))
            .at(span, "true or false is needed here")
            .help("a truth value comes from a comparison, or is declared `bool`");
        let error = match span.file == crate::model::prelude::FILE {
            true => error.edit("write `true`", span, "true", false),
            false => error,
        };
        let error = error.edit("compare it", span, format!("{} > 0", self.touchable(span)), false);
        self.fail(error)
    }

    /// `a < b <= c`: known when compiling, or element by element.
    pub fn comparison(&mut self, first: TreeId, rest: &[(Relation, TreeId)]) -> Outcome<Value<'a>> {
        let mut ids = vec![first];
        ids.extend(rest.iter().map(|(_, id)| *id));
        let values = self.all(&ids)?;
        let mut total: Option<Value<'a>> = None;
        for (at, (relation, _)) in rest.iter().enumerate() {
            let pair = [at, at + 1].map(|k| (values[k].clone(), self.span(ids[k])));
            let [left, right] = pair;
            let next = self.compared(*relation, left, right)?;
            let span = self.span(first).to(self.span(ids[at + 1]));
            total = Some(match (total, next) {
                (None, next) => next,
                (Some(Value::Truth(a)), Value::Truth(b)) => Value::Truth(a && b),
                (Some(Value::Truth(false)), _) | (Some(_), Value::Truth(false)) => Value::Truth(false),
                (Some(Value::Truth(true)), other) | (Some(other), Value::Truth(true)) => other,
                (Some(a), b) => {
                    let (a, b) = (self.tensor_of(a, span)?, self.tensor_of(b, span)?);
                    let known = known_of_each(&comparison::AND, &a, &b);
                    Tensor { known, ..self.element_wise(&comparison::AND, (a, span), (b, span))? }.into()
                }
            });
        }
        Ok(total.unwrap_or(Value::Truth(true)))
    }
    fn compared(
        &mut self,
        relation: Relation,
        left: (Value<'a>, Span),
        right: (Value<'a>, Span),
    ) -> Outcome<Value<'a>> {
        let is_equality = matches!(relation, Relation::Equal | Relation::NotEqual);
        // In an order, a truth value is 0 or 1.
        let [left, right] = [left, right].map(|(value, span)| match value {
            Value::Truth(truth) if !is_equality => (self.constant(f64::from(u8::from(truth))).into(), span),
            other => (other, span),
        });
        match (&left.0, &right.0) {
            (Value::Text(a), Value::Text(b)) if is_equality => {
                return Ok(Value::Truth((a == b) == (relation == Relation::Equal)));
            }
            (Value::Word(a), Value::Word(b)) if is_equality => {
                return Ok(Value::Truth((a == b) == (relation == Relation::Equal)));
            }
            (Value::Word(_), _) | (_, Value::Word(_)) if is_equality => {
                return Ok(Value::Truth(relation == Relation::NotEqual));
            }
            (Value::Truth(a), Value::Truth(b)) if is_equality => {
                return Ok(Value::Truth((a == b) == (relation == Relation::Equal)));
            }
            (Value::Text(name), Value::Tensor(t)) | (Value::Tensor(t), Value::Text(name)) => {
                let (name, t) = (name.clone(), t.clone());
                let (text_span, t_span) =
                    if matches!(left.0, Value::Text(_)) { (left.1, right.1) } else { (right.1, left.1) };
                if self.is_class(t.id) && !is_equality {
                    return self.no_order((&t, t_span));
                }
                let index = self.class_of_name((&t, t_span), &name, text_span)?;
                let index = self.constant(index as f64);
                return Ok(self.element_wise(row_of(relation), (t, left.1), (index, right.1))?.into());
            }
            _ => {}
        }
        let (x, y) = (self.tensor_of(left.0, left.1)?, self.tensor_of(right.0, right.1)?);
        let single = |this: &Self, x: &Tensor| {
            let is_one = this.graph.shape(x.id).is_empty() && !this.graph.ty(x.id).varying;
            x.number().filter(|_| is_one)
        };
        if let (Some(x), Some(y)) = (single(self, &x), single(self, &y)) {
            return Ok(Value::Truth((row_of(relation).value)(x, y) != 0.0));
        }
        self.check_classes(is_equality, (&x, left.1), (&y, right.1))?;
        let known = known_of_each(row_of(relation), &x, &y);
        let compared = self.element_wise(row_of(relation), (x, left.1), (y, right.1))?;
        Ok(Tensor { known, ..compared }.into())
    }
}

/// What comes out of numbers that are known, one by one: two lists of one length, or a list and a number.
fn known_of_each(row: &'static Binary, x: &Tensor, y: &Tensor) -> Option<std::rc::Rc<[f64]>> {
    let (x, y) = (x.known.as_deref()?, y.known.as_deref()?);
    let length = x.len().max(y.len());
    let fits = |known: &[f64]| known.len() == length || known.len() == 1;
    let at = |known: &[f64], k: usize| known[if known.len() == 1 { 0 } else { k }];
    (fits(x) && fits(y)).then(|| (0..length).map(|k| (row.value)(at(x, k), at(y, k))).collect())
}

pub fn row_of(relation: Relation) -> &'static Binary {
    match relation {
        Relation::Equal => &comparison::EQUAL,
        Relation::NotEqual => &comparison::UNEQUAL,
        Relation::Less => &comparison::LESS,
        Relation::LessEqual => &comparison::AT_MOST,
        Relation::Greater => &comparison::GREATER,
        Relation::GreaterEqual => &comparison::AT_LEAST,
    }
}
