//! Expressions: which kind of expression is read by which rule, and the rules of the simple ones.
use super::elaborator::{Elaborator, Outcome, Reported};
use super::value::{Tensor, Value};
use crate::diagnostic::{Diagnostic, Span};
use crate::graph::{Kind, Leaf, NodeId, Op};
use crate::limits;
use crate::op::{Binary, BinaryOp, arithmetic, comparison, exponential};
use crate::syntax::{NodeKind, ProductSign, SumSign, TreeId};
use std::rc::Rc;

impl<'a> Elaborator<'a> {
    /// The value of an expression.
    pub fn expression(&mut self, id: TreeId) -> Outcome<Value<'a>> {
        if self.reading.depth >= limits::EXPRESSION_DEPTH {
            let message = format!("more than {} expressions inside each other", limits::EXPRESSION_DEPTH);
            return self.fail(Diagnostic::error("E0904", message).at(self.span(id), "too deep"));
        }
        self.count_expression(id)?;
        self.reading.depth += 1;
        let value = self.expression_of_kind(id);
        self.reading.depth -= 1;
        let value = value?;
        self.check_lengths(self.span(id))?;
        if let Value::Tensor(tensor) = &value {
            let span = self.span(id);
            let shape = self.shape(tensor);
            self.check_limits(&shape, span)?;
            self.mark(tensor.id, span);
        }
        Ok(value)
    }
    /// Counts what is read. Beyond the limit nothing more is read, which is said once.
    fn count_expression(&mut self, id: TreeId) -> Outcome<()> {
        if self.optimizer.is_some() {
            return Ok(());
        }
        let is_number = |id: TreeId| matches!(self.tree.kind(id), NodeKind::Number(..));
        // A sign belongs to its number, a row of numbers to them.
        let own = match self.tree.kind(id) {
            NodeKind::Negate(of) if is_number(*of) => 0,
            NodeKind::Number(_) => 1,
            NodeKind::List(items) if items.iter().any(|item| is_number(*item)) => 1,
            _ => limits::NUMBERS_AN_EXPRESSION,
        };
        const MOST: usize = limits::EXPRESSIONS * limits::NUMBERS_AN_EXPRESSION;
        let before = self.reading.numbers;
        self.reading.numbers += own;
        if self.reading.numbers < MOST {
            return Ok(());
        }
        if MOST <= before {
            return Err(Reported);
        }
        let message = format!("more than {} expressions, with all calls and rounds of `repeat`", limits::EXPRESSIONS);
        let error = Diagnostic::error("E0906", message)
            .at(self.span(id), "nothing is read from here on")
            .help("`fold` and `scan` are loops when running, `repeat` is unrolled when compiling");
        self.fail(error)
    }
    fn expression_of_kind(&mut self, id: TreeId) -> Outcome<Value<'a>> {
        let tree = self.tree;
        let span = tree.span(id);
        let value = match tree.kind(id) {
            NodeKind::Name(name) => return self.name(name, span),
            NodeKind::Number(value) => self.constant(*value).into(),
            NodeKind::Text(text) => Value::Text(Rc::from(text.as_str())),
            NodeKind::Bool(truth) => Value::Truth(*truth),
            NodeKind::Paren(inner) => return self.expression(*inner),
            NodeKind::Tuple(items) => Value::Tuple(self.all(items)?),
            NodeKind::List(items) => self.list(items, span)?,
            NodeKind::Negate(of) => self.negation(*of)?,
            NodeKind::Not(of) => self.not(*of)?,
            NodeKind::Sum { first, rest } => self.sum(*first, rest)?,
            NodeKind::Product { first, rest } => self.element_product(*first, rest)?,
            NodeKind::Juxtaposition(factors) => self.juxtaposition(id, factors)?,
            NodeKind::Power { base, exponent } => {
                self.power_of_paper(*base, *exponent, self.span(id))?;
                self.power(*base, *exponent)?
            }
            NodeKind::Compare { first, rest } => self.comparison(*first, rest)?,
            NodeKind::And(items) => self.logic(&comparison::AND, items)?,
            NodeKind::Or(items) => self.logic(&comparison::OR, items)?,
            NodeKind::If { condition, then, otherwise } => self.choice(*condition, *then, *otherwise)?,
            NodeKind::Ticks { of, .. } => self.ticks(id, *of)?,
            NodeKind::Call { callee, arguments } => self.call(id, *callee, arguments)?,
            NodeKind::Index { of, at } => self.indexing(id, *of, at)?,
            NodeKind::Field { .. } => self.field(id)?,
            NodeKind::Range { from, to } => self.range(*from, *to, span)?,
            NodeKind::Pipe { value, stages } => self.pipeline(*value, stages)?,
            NodeKind::Derivative { of, by } => self.derivative_by(*of, by, span)?,
            NodeKind::Loop(looped) => self.looped(looped, span)?,
            NodeKind::AllExcept(_) => {
                let error = Diagnostic::error("E0405", "`all except` names columns, in a `data` section")
                    .at(span, "not a value");
                return self.fail(error);
            }
            NodeKind::Block(statements) => self.block(statements)?,
            NodeKind::Error => return Err(Reported),
        };
        Ok(value)
    }
    /// The value of an expression that must be a node, and no row.
    pub fn tensor(&mut self, id: TreeId) -> Outcome<Tensor> {
        let value = self.expression(id)?;
        self.tensor_of(value, self.tree.span(id))
    }
    /// The values of several expressions; all their errors are reported.
    pub fn all(&mut self, ids: &[TreeId]) -> Outcome<Vec<Value<'a>>> {
        let values: Vec<Outcome<Value<'a>>> = ids.iter().map(|id| self.expression(*id)).collect();
        values.into_iter().collect()
    }
    fn both(&mut self, left: TreeId, right: TreeId) -> Outcome<(Tensor, Tensor)> {
        let (left, right) = (self.tensor(left), self.tensor(right));
        Ok((left?, right?))
    }

    fn negation(&mut self, of: TreeId) -> Outcome<Value<'a>> {
        let x = self.tensor(of)?;
        self.numeric(&x, self.span(of))?;
        if let (Some(value), Op::Leaf(Leaf::Constant(..))) = (x.number(), self.graph.op(x.id)) {
            return Ok(self.constant(-value).into());
        }
        let known = x.known.map(|all| all.iter().map(|v| -v).collect());
        Ok(Tensor { id: self.graph.negate(x.id), row: false, known }.into())
    }
    fn not(&mut self, of: TreeId) -> Outcome<Value<'a>> {
        let x = self.expression(of)?;
        if let Value::Truth(truth) = x {
            return Ok(Value::Truth(!truth));
        }
        let span = self.span(of);
        let x = self.tensor_of(x, span)?;
        self.truthful(&x, span)?;
        Ok(Tensor::new(self.graph.unary(&comparison::NOT, x.id)).into())
    }
    fn sum(&mut self, first: TreeId, rest: &[(SumSign, TreeId)]) -> Outcome<Value<'a>> {
        let mut total = self.tensor(first);
        let mut span = self.span(first);
        for (sign, term) in rest {
            let right = self.tensor(*term);
            let row = match sign {
                SumSign::Plus => &arithmetic::ADD,
                SumSign::Minus => &arithmetic::SUBTRACT,
            };
            let right_span = self.span(*term);
            total = match (total, right) {
                (Ok(left), Ok(right)) => self.element_wise(row, (left, span), (right, right_span)),
                _ => Err(Reported),
            };
            span = span.to(right_span);
        }
        Ok(total?.into())
    }
    fn element_product(&mut self, first: TreeId, rest: &[(ProductSign, TreeId)]) -> Outcome<Value<'a>> {
        self.quotient_of_differentials(first, rest)?;
        let mut total = self.tensor(first);
        let mut span = self.span(first);
        for (sign, factor) in rest {
            let right = self.tensor(*factor);
            let right_span = self.span(*factor);
            total = match (total, right) {
                (Ok(left), Ok(right)) => match sign {
                    ProductSign::Times => self.element_wise(&arithmetic::MULTIPLY, (left, span), (right, right_span)),
                    ProductSign::Over => self.element_wise(&arithmetic::DIVIDE, (left, span), (right, right_span)),
                    ProductSign::Dot => self.dot((left, span), (right, right_span)),
                },
                _ => Err(Reported),
            };
            span = span.to(right_span);
        }
        Ok(total?.into())
    }
    fn power(&mut self, base: TreeId, exponent: TreeId) -> Outcome<Value<'a>> {
        // `n(n + 1)^2` with a value `n` has two readings.
        if let NodeKind::Call { callee, .. } = self.tree.kind(base)
            && !self.is_function(*callee)
        {
            let whole = self.span(base).to(self.span(exponent));
            let name = self.text(self.span(*callee));
            let rest = &self.text(self.span(base))[name.len()..];
            let power = self.text(Span { start: self.span(base).end, ..whole });
            let error = Diagnostic::error("E0211", format!("{} has two readings", self.quote_span(whole)))
                .at(whole, format!("`{name}` is a value, so this is a product"))
                .edit("the power of the factor", whole, format!("{name} {rest}{power}"), false)
                .edit("the power of the product", whole, format!("({name} {rest}){power}"), false);
            let error = match self.called_like_a_function(base) {
                Some((value, callee)) => self.or_a_model(error, &value, callee),
                None => error,
            };
            return self.fail(error);
        }
        let (left, right) = self.both(base, exponent)?;
        Ok(self.element_wise(&exponential::POW, (left, self.span(base)), (right, self.span(exponent)))?.into())
    }
    fn logic(&mut self, row: &'static Binary, items: &[TreeId]) -> Outcome<Value<'a>> {
        let values = self.all(items)?;
        let is_and = BinaryOp(row) == comparison::AND;
        let mut known: Option<bool> = None;
        let mut total: Option<Tensor> = None;
        let mut span = self.span(items[0]);
        for (value, id) in values.into_iter().zip(items) {
            if let Value::Truth(truth) = value {
                known = Some(known.map_or(truth, |k| if is_and { k && truth } else { k || truth }));
                continue;
            }
            let here = self.span(*id);
            let right = self.tensor_of(value, here)?;
            self.truthful(&right, here)?;
            total = Some(match total {
                None => right,
                Some(left) => self.element_wise(row, (left, span), (right, here))?,
            });
            span = span.to(here);
        }
        // What is known either decides or changes nothing.
        Ok(match (known, total) {
            (Some(truth), None) => Value::Truth(truth),
            (Some(truth), Some(_)) if truth != is_and => Value::Truth(truth),
            (_, Some(total)) => total.into(),
            (None, None) => Value::Truth(is_and),
        })
    }

    /// `if c then a else b`: a choice when compiling, or element by element.
    fn choice(&mut self, condition: TreeId, then: TreeId, otherwise: TreeId) -> Outcome<Value<'a>> {
        let c = self.expression(condition)?;
        if let Value::Truth(truth) = c {
            return self.expression(if truth { then } else { otherwise });
        }
        let c_span = self.span(condition);
        let c = self.tensor_of(c, c_span)?;
        self.truthful(&c, c_span)?;
        let (yes, no) = self.both(then, otherwise)?;
        let (yes_span, no_span) = (self.span(then), self.span(otherwise));
        let among = self.shape(&c);
        self.one_kind((&yes, yes_span), (&no, no_span), &among)?;
        let shape = self.common_shape((&yes, yes_span), (&no, no_span), yes_span.to(no_span))?;
        let probe = self.graph.constant(0.0, &shape);
        // A single condition chooses between vectors of one entry, too: it is no number that was meant to be one.
        let shape = if among.is_empty() {
            shape
        } else {
            self.common_shape((&c, c_span), (&Tensor::new(probe), yes_span.to(no_span)), c_span.to(no_span))?
        };
        let (c, yes, no) = (
            self.graph.expand_to(c.id, &shape),
            self.graph.expand_to(yes.id, &shape),
            self.graph.expand_to(no.id, &shape),
        );
        Ok(Tensor::new(self.graph.select(c, yes, no)).into())
    }

    /// `[a, b]`; `[x > 0]` is Iverson's bracket, the truth value as 0 or 1.
    fn list(&mut self, items: &[TreeId], span: Span) -> Outcome<Value<'a>> {
        let values = self.all(items)?;
        if let [Value::Truth(truth)] = values[..] {
            let known: Option<Rc<[f64]>> = Some(Rc::from([f64::from(u8::from(truth))]));
            let id = self.truth(truth).id;
            return Ok(Tensor { id: self.graph.number_of(id), row: false, known }.into());
        }
        let mut parts = vec![];
        for (value, item) in values.into_iter().zip(items) {
            parts.push((self.tensor_of(value, self.tree.span(*item))?, self.tree.span(*item)));
        }
        match &parts[..] {
            [] => {
                let error = Diagnostic::error("E0405", "an empty list has no shape")
                    .at(span, "no elements")
                    .help("no value is filled later: results of a loop are stacked, `for v in xs { … }`; `zeros(4)` is a vector");
                self.fail(error)
            }
            [(one, _)] if self.graph.ty(one.id).kind == Kind::Bool => {
                Ok(Tensor { id: self.graph.number_of(one.id), row: false, known: one.known.clone() }.into())
            }
            _ => Ok(self.stacked_parts(&parts, span)?.into()),
        }
    }
    /// Values of one shape behind each other, along a new first axis.
    pub fn stacked_parts(&mut self, parts: &[(Tensor, Span)], whole: Span) -> Outcome<Tensor> {
        self.no_classes_in_list(parts, whole)?;
        let (first, first_span) = &parts[0];
        for (part, span) in &parts[1..] {
            if self.graph.shape(part.id) != self.graph.shape(first.id) {
                let error = Diagnostic::error("E0313", "the elements of a list have one shape");
                let error = self.label_operand(error, (part, *span), true);
                let error = self
                    .label_operand(error, (first, *first_span), false)
                    .help("`concat(a, b)` puts vectors of different lengths behind each other");
                return self.fail(error);
            }
        }
        let mut known: Vec<f64> = vec![];
        let all_known = parts.iter().all(|(part, _)| {
            part.known.as_ref().is_some_and(|k| {
                known.extend(k.iter());
                true
            })
        });
        let known: Option<Rc<[f64]>> = all_known.then(|| Rc::from(known));
        let written = parts
            .iter()
            .all(|(part, _)| matches!(self.graph.op(part.id), Op::Leaf(Leaf::Constant(..) | Leaf::Table(..))));
        let id = match &known {
            Some(values) if written => {
                let mut shape = vec![parts.len()];
                shape.extend(self.graph.shape(first.id));
                self.graph.table(values, &shape)
            }
            _ => {
                let ids: Vec<_> = parts.iter().map(|(part, _)| part.id).collect();
                self.graph.stack(&ids)
            }
        };
        Ok(Tensor { id, row: false, known })
    }
    /// `from..to` as a list of whole numbers.
    pub fn range_values(&mut self, from: i64, to: i64, end: Option<NodeId>, span: Span) -> Outcome<Tensor> {
        let count = (to - from) as usize;
        self.check_table(count, span)?;
        let values: Vec<f64> = (from..to).map(|v| v as f64).collect();
        let id = if from == 0 {
            self.graph.intern(Op::Leaf(Leaf::Iota(count)))
        } else {
            self.graph.table(&values, &[count])
        };
        if let Some(end) = end {
            return Ok(Tensor::new(self.graph.ending(id, 0, end)));
        }
        Ok(Tensor { id, row: false, known: Some(Rc::from(values)) })
    }
    /// Refuses lists of numbers that are too long to be kept one by one.
    pub fn check_table(&mut self, count: usize, span: Span) -> Outcome<()> {
        if count <= limits::TABLE {
            return Ok(());
        }
        let error = Diagnostic::error("E0903", format!("a list of {count} numbers; there may be {}", limits::TABLE));
        self.fail(error.at(span, "too long"))
    }
    fn range(&mut self, from: Option<TreeId>, to: Option<TreeId>, span: Span) -> Outcome<Value<'a>> {
        let (Some(from), Some(to)) = (from, to) else {
            let error =
                Diagnostic::error("E0405", "a range without an end can only be an index").at(span, "as in `x[2..]`");
            return self.fail(error);
        };
        let (low, high) = (self.whole_and_value(from), self.whole_and_value(to));
        let ((low, start), (high, stop)) = (low?, high?);
        if self.as_length(&start, self.span(from))?.is_some() {
            let error = Diagnostic::error("E0317", "a range begins at a number that is the same for all examples");
            return self.fail(error.at(self.span(from), "a length").help("as in `0..t`"));
        }
        let end = match self.as_length(&stop, self.span(to))? {
            Some(length) => Some(self.graph.fitting(length, 1 + low, 1)),
            None => None,
        };
        if high <= low {
            let error = Diagnostic::error("E0309", format!("the range {low}..{high} is empty"))
                .at(span, "from a number to a greater one");
            return self.fail(error);
        }
        Ok(Value::Range { from: low, to: high, end })
    }
}
