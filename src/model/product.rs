//! Products by juxtaposition: linear algebra's product of any number of factors, with rows `v'`, in its cheapest order.
use super::axis_names::Sides;
use super::elaborator::{Elaborator, Outcome};
use super::elementwise::Operand;
use super::value::{Tensor, Value};
use crate::diagnostic::{Diagnostic, Span};
use crate::graph::show::shape_text;
use crate::graph::{Leaf, NodeId, Op};
use crate::op::arithmetic::MULTIPLY;
use crate::syntax::{NodeKind, TreeId};

/// A factor as a matrix: a vector is a column without the second axis, a row is one without the first.
#[derive(Clone, Copy)]
struct Factor {
    id: NodeId,
    span: Span,
    rows: Option<usize>,
    columns: Option<usize>,
}

impl Factor {
    fn sides(self) -> Sides {
        let rows = self.rows.map(|_| 0);
        let columns = self.columns.map(|_| usize::from(self.rows.is_some()));
        Sides { id: self.id, span: self.span, rows, columns }
    }
    fn is_number(&self) -> bool {
        self.rows.is_none() && self.columns.is_none()
    }
}

impl<'a> Elaborator<'a> {
    pub fn juxtaposition(&mut self, id: TreeId, factors: &[TreeId]) -> Outcome<Value<'a>> {
        let whole = self.span(id);
        let mut operands: Vec<Outcome<Operand>> = vec![];
        let mut at = 0;
        while at < factors.len() {
            let factor = factors[at];
            let span = self.span(factor);
            if self.is_function(factor) {
                let next = factors.get(at + 1).copied();
                operands.push(self.called_apart(factor, next));
                at += 2;
                continue;
            }
            if let Some(reported) = factors.get(at + 1).and_then(|next| self.foreign_layer(factor, *next)) {
                operands.push(Err(reported));
                at += 2;
                continue;
            }
            let value = self.expression(factor);
            operands.push(value.and_then(|value| Ok((self.factor_of(value, span)?, span))));
            at += 1;
        }
        let operands: Vec<Operand> = operands.into_iter().collect::<Outcome<_>>()?;
        Ok(self.product(operands, whole)?.into())
    }

    /// `f (x)`: a call, though it does not touch; `f x` is an error.
    fn called_apart(&mut self, function: TreeId, argument: Option<TreeId>) -> Outcome<Operand> {
        let span = self.span(function);
        let Some(argument) = argument else {
            let value = self.expression(function)?;
            return Ok((self.factor_of(value, span)?, span));
        };
        let name = self.text(span);
        let both = span.to(self.span(argument));
        if let NodeKind::Paren(inner) = *self.tree.kind(argument) {
            let value = self.call_with(function, &[inner], both)?;
            return Ok((self.factor_of(value, both)?, both));
        }
        let text = self.text(self.span(argument));
        let in_parentheses = match self.tree.kind(argument) {
            NodeKind::Power { base, .. } | NodeKind::Index { of: base, .. } | NodeKind::Ticks { of: base, .. } => {
                matches!(self.tree.kind(*base), NodeKind::Paren(_)).then_some(*base)
            }
            _ => None,
        };
        let error = match in_parentheses {
            Some(base) => {
                let inner = self.text(self.span(base));
                let rest = &text[inner.len()..];
                Diagnostic::error("E0211", format!("{} has two readings", self.quote_span(both)))
                    .at(both, "a call, or the function of what follows")
                    .edit("the call first", both, format!("{name}{inner}{rest}"), false)
                    .edit("the function of all that follows", both, format!("{name}({text})"), false)
            }
            None => Diagnostic::error("E0210", format!("`{name}` is a function; its argument stands in parentheses"))
                .at(span, "a function")
                .edit("call it", both, format!("{name}({text})"), true),
        };
        self.fail(error)
    }

    /// The product of these, left to right, where numbers may stand anywhere.
    pub fn product(&mut self, operands: Vec<Operand>, whole: Span) -> Outcome<Tensor> {
        self.numeric_factors(&operands)?;
        for (tensor, _) in &operands {
            self.note_multiplies(tensor.id);
        }
        let mut scale: Option<Operand> = None;
        let mut chain: Vec<Factor> = vec![];
        let tensors = operands.iter().filter(|(t, _)| !self.graph.shape(t.id).is_empty()).count();
        let mut wide: Option<Operand> = None;
        for (tensor, span) in operands {
            match (self.graph.shape(tensor.id), tensor.row) {
                ([], _) => scale = Some(self.scaled(scale, (tensor, span))?),
                (&[n], row) => {
                    let (rows, columns) = if row { (None, Some(n)) } else { (Some(n), None) };
                    chain.push(Factor { id: tensor.id, span, rows, columns });
                }
                (&[n, m], _) => chain.push(Factor { id: tensor.id, span, rows: Some(n), columns: Some(m) }),
                _ if tensors == 1 => wide = Some((tensor, span)),
                (shape, _) => {
                    let error = Diagnostic::error(
                        "E0301",
                        format!("a product takes vectors and matrices; this has {} axes", shape.len()),
                    )
                    .at(span, shape_text(shape))
                    .help("write a function for a matrix or a vector and let it map over the leading axes");
                    return self.fail(error);
                }
            }
        }
        if let Some(tensor) = wide {
            return self.scaled(scale, tensor).map(|(t, _)| t);
        }
        let mut segment: Vec<Factor> = vec![];
        let mut so_far: Option<Factor> = None;
        for factor in chain {
            so_far = Some(match so_far {
                None => factor,
                Some(left) => self.fitting(left, factor, &segment)?,
            });
            segment.push(factor);
            if so_far.is_some_and(|f| f.is_number()) {
                let number = self.cheapest(&segment);
                scale = Some(self.scaled(scale, (Tensor::new(number.id), number.span))?);
                (segment, so_far) = (vec![], None);
            }
        }
        if segment.is_empty() {
            return match scale {
                Some((tensor, _)) => Ok(tensor),
                None => Ok(self.constant(1.0)),
            };
        }
        let result = self.cheapest(&segment);
        self.mark(result.id, whole);
        let row = result.rows.is_none();
        let scaled = self.scaled(scale, (Tensor::new(result.id), result.span))?.0;
        Ok(Tensor { row, ..scaled })
    }
    fn scaled(&mut self, scale: Option<Operand>, by: Operand) -> Outcome<Operand> {
        match scale {
            None => Ok(by),
            Some(scale) => {
                let span = scale.1.to(by.1);
                // A number with a vector of one entry is a product like any other.
                let shape = self.shape(&by.0);
                if shape.is_empty() {
                    return Ok((self.element_wise(&MULTIPLY, scale, by)?, span));
                }
                let factor = self.graph.expand_to(scale.0.id, &shape);
                Ok((Tensor { id: self.graph.multiply(factor, by.0.id), row: by.0.row, known: None }, span))
            }
        }
    }

    /// What the product of two has for a shape, if they fit.
    fn fitting(&mut self, left: Factor, right: Factor, before: &[Factor]) -> Outcome<Factor> {
        let span = left.span.to(right.span);
        let result = Factor { id: right.id, span, rows: left.rows, columns: right.columns };
        match (left.columns, right.rows) {
            (Some(n), Some(m)) if n == m => {
                self.warn_of_equal_sizes(left.sides(), right.sides());
                Ok(result)
            }
            (None, None) => Ok(result),
            (Some(_), Some(_)) => self.product_does_not_fit(left, right, before),
            (None, Some(_)) if right.columns.is_none() => self.two_vectors(left, right),
            (None, Some(_)) => {
                let (vector, matrix) = (self.text(left.span), self.text(right.span));
                let plain = matrix.trim_end_matches(['\'', 'ᵀ']);
                let transposed = if plain == matrix { format!("{matrix}'") } else { plain.to_string() };
                let (title, matrix_first) = match right.columns == left.rows {
                    true => ("as a column behind the matrix, which gives a vector", matrix.to_string()),
                    false => ("as a column behind the transposed matrix, which gives a vector", transposed),
                };
                let error = Diagnostic::error("E0301", "a vector can't stand before a matrix")
                    .at(left.span, format!("[{}], a column: it stands behind a matrix", left.rows.unwrap_or(1)))
                    .also(right.span, shape_text(self.graph.shape(right.id)))
                    .edit(title, span, format!("{matrix_first} {vector}"), false)
                    .edit("as a row, which gives a row", span, format!("{vector}' {matrix}"), false);
                self.fail(error)
            }
            (Some(_), None) => {
                let error = Diagnostic::error("E0303", "a row can't stand behind a matrix or a row")
                    .at(right.span, "`'` of a vector makes a row")
                    .also(left.span, shape_text(self.graph.shape(left.id)))
                    .edit(
                        "without the `'` it is a column",
                        right.span,
                        self.text(right.span).trim_end_matches(['\'', 'ᵀ']),
                        false,
                    );
                self.fail(error)
            }
        }
    }
    fn two_vectors<T>(&mut self, left: Factor, right: Factor) -> Outcome<T> {
        let span = left.span.to(right.span);
        let (a, b) = (self.text(left.span), self.text(right.span));
        let error = Diagnostic::error("E0302", "the product of two vectors has no one reading")
            .at(left.span, format!("[{}]", left.rows.unwrap_or(1)))
            .also(right.span, format!("[{}]", right.rows.unwrap_or(1)))
            .edit("the inner product, a number", span, format!("{a}' {b}"), false)
            .edit("element by element, a vector", span, format!("{a} * {b}"), false)
            .edit("the outer product, a matrix", span, format!("{a} {b}'"), false);
        self.fail(error)
    }
    fn product_does_not_fit<T>(&mut self, left: Factor, right: Factor, before: &[Factor]) -> Outcome<T> {
        let last = before.last().copied().unwrap_or(left);
        let (left_text, right_text) = (self.text(last.span), self.text(right.span));
        let shapes = [last, right].map(|f| (shape_text(self.graph.shape(f.id)), f.rows.is_none()));
        let spoken =
            |(shape, is_row): &(String, bool)| if *is_row { format!("a row of {shape}") } else { shape.clone() };
        let (takes, has) = (last.columns.unwrap_or(1), right.rows.unwrap_or(1));
        let mut error =
            Diagnostic::error("E0301", format!("shapes do not fit in {}", self.quote_span(last.span.to(right.span))))
                .at(right.span, format!("{}: it has {has}", spoken(&shapes[1])))
                .also(last.span, format!("{}: it takes {takes}", spoken(&shapes[0])));
        for (factor, shape) in [(last, &shapes[0]), (right, &shapes[1])] {
            if let Some((at, name)) = self.origin(factor.span)
                && at != factor.span
            {
                error = error.also(at, format!("`{name}` is {}", shape.0));
            }
        }
        let is_vector = right.columns.is_none();
        if last.rows == Some(has) && last.columns.is_some() {
            error = error.edit("the transposed matrix fits", last.span, format!("{left_text}'"), false);
        }
        if right.columns == Some(takes) {
            error = error.edit("the transposed matrix fits", right.span, format!("{right_text}'"), false);
        }
        if error.edits.is_empty()
            && matches!(self.graph.op(last.id), Op::Leaf(Leaf::Parameter(_)))
            && let Some(rows) = last.rows
            && last.columns.is_some()
        {
            error = self.redeclared(error, last.span, &[rows, has]);
            if is_vector {
                error = error.help(format!("`dense({right_text}, {rows})` learns the size by itself"));
            }
        }
        if error.edits.is_empty() && error.helps.is_empty() {
            error = error.help("the last axis of the left side is as long as the first of the right side");
        }
        self.fail(error)
    }

    /// The product of factors that fit, in the order that multiplies least (dynamic programming over the places of brackets).
    fn cheapest(&mut self, factors: &[Factor]) -> Factor {
        let n = factors.len();
        let extent = |size: Option<usize>| size.unwrap_or(1) as f64;
        let mut cost = vec![vec![0.0f64; n]; n];
        let mut split = vec![vec![0usize; n]; n];
        for length in 2..=n {
            for from in 0..=n - length {
                let to = from + length - 1;
                cost[from][to] = f64::INFINITY;
                for at in from..to {
                    let work = extent(factors[from].rows) * extent(factors[at].columns) * extent(factors[to].columns);
                    let total = cost[from][at] + cost[at + 1][to] + work;
                    if total < cost[from][to] {
                        (cost[from][to], split[from][to]) = (total, at);
                    }
                }
            }
        }
        self.bracketed(factors, &split, 0, n - 1)
    }
    fn bracketed(&mut self, factors: &[Factor], split: &[Vec<usize>], from: usize, to: usize) -> Factor {
        if from == to {
            return factors[from];
        }
        let at = split[from][to];
        let left = self.bracketed(factors, split, from, at);
        let right = self.bracketed(factors, split, at + 1, to);
        let axes = |rows: Option<usize>, columns: Option<usize>, labels: [u8; 2]| -> Vec<u8> {
            rows.map(|_| labels[0]).into_iter().chain(columns.map(|_| labels[1])).collect()
        };
        let a_axes = axes(left.rows, left.columns, [0, 1]);
        let b_axes = axes(right.rows, right.columns, [1, 2]);
        let out_axes = axes(left.rows, right.columns, [0, 2]);
        let span = left.span.to(right.span);
        // A number in the middle multiplies what stands beside it.
        let id = if left.is_number() || right.is_number() {
            let (number, other) = if left.is_number() { (left, right) } else { (right, left) };
            let shape = self.graph.shape(other.id).to_vec();
            let wide = self.graph.expand_to(number.id, &shape);
            self.graph.multiply(wide, other.id)
        } else {
            self.graph.contract(left.id, right.id, &a_axes, &b_axes, &out_axes)
        };
        self.mark(id, span);
        Factor { id, span, rows: left.rows, columns: right.columns }
    }

    /// `a · b`: the sum of the products of the entries of two vectors.
    pub fn dot(&mut self, left: Operand, right: Operand) -> Outcome<Tensor> {
        self.numeric_factors(&[left.clone(), right.clone()])?;
        for (tensor, _) in [&left, &right] {
            self.note_multiplies(tensor.id);
        }
        let (a, b) = (self.shape(&left.0), self.shape(&right.0));
        match (&a[..], &b[..]) {
            ([], []) => self.element_wise(&MULTIPLY, left, right),
            ([n], [m]) if n == m => Ok(Tensor::new(self.graph.dot(left.0.id, right.0.id))),
            _ => {
                let whole = left.1.to(right.1);
                let error = Diagnostic::error("E0301", format!("shapes do not fit in {}", self.quote_span(whole)));
                let error = self.label_operand(error, (&left.0, left.1), true);
                let error = self.label_operand(error, (&right.0, right.1), false);
                let error = match (&a[..], &b[..]) {
                    ([], [_]) => self.redeclared(error, left.1, &b),
                    ([_], []) => self.redeclared(error, right.1, &a),
                    _ => error,
                };
                self.fail(error.note("`·` takes two vectors of one length; a product with a matrix is `w x`"))
            }
        }
    }

    /// A parameter that stands as a factor is one of the `weights`.
    fn note_multiplies(&mut self, mut id: NodeId) {
        while let Op::View(view) = self.graph.op(id) {
            id = view.x;
        }
        if let Op::Leaf(Leaf::Parameter(number)) = *self.graph.op(id)
            && let Some(parameter) = self.declared.parameters.get_mut(number as usize)
        {
            parameter.multiplies = true;
        }
    }

    /// `v'` a row, `w'` a matrix with its axes exchanged.
    pub fn ticks(&mut self, id: TreeId, of: TreeId) -> Outcome<Value<'a>> {
        let span = self.span(id);
        let NodeKind::Ticks { count, .. } = *self.tree.kind(id) else { return self.expression(of) };
        if self.is_function(of) {
            let text = self.text(span);
            let error =
                Diagnostic::error("E0205", format!("`{text}` is a function, and stands where a value is needed"))
                    .at(span, "the derivative of a function")
                    .help(format!("call it: `{text}(x)`"));
            return self.fail(error);
        }
        let value = self.expression(of)?;
        let x = self.factor_of(value, span)?;
        if count % 2 == 0 {
            return Ok(x.into());
        }
        match self.graph.shape(x.id).len() {
            0 => Ok(x.into()),
            1 => Ok(Tensor { row: !x.row, ..x }.into()),
            2 => Ok(Tensor::new(self.graph.permute(x.id, &[1, 0])).into()),
            axes => {
                let error =
                    Diagnostic::error("E0301", format!("`'` exchanges the axes of a matrix; this has {axes} axes"))
                        .at(span, shape_text(self.graph.shape(x.id)))
                        .help("`transpose(x, [1, 0, 2])` says where each axis goes");
                self.fail(error)
            }
        }
    }
}
