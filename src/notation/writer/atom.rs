//! What stands as one factor: calls, powers, comparisons, choices, joins, tables.
use super::axes::union;
use super::{At, Axis, Hint, Needs, Piece, Result, Writer};
use crate::graph::{Kind, Leaf, NamedOp, NodeId, Op, named, ordered};
use crate::notation::derivation::Form;
use crate::notation::expression::{Expression, Part, fraction, sum};
use crate::notation::numbers;
use crate::notation::place::Place;
use crate::op::activation::SIGMOID;
use crate::op::comparison::{AND, NOT, OR};
use crate::op::exponential::{RSQRT, SQRT};
use crate::op::loss::{BINARY_CROSS_ENTROPY, LOGISTIC_LOSS};
use crate::op::{BinaryOp, Notation, Unary, UnaryOp};

impl Writer<'_> {
    #[deny(clippy::wildcard_enum_match_arm)]
    pub(super) fn atom(&mut self, id: NodeId, at: &At) -> Result<Piece> {
        match self.graph.op(id).clone() {
            Op::Leaf(leaf) => Ok(self.leaf(&leaf, at)),
            Op::Unary(op, x) => self.unary(op, x, at),
            Op::Binary(op, x, y) => self.binary(op, x, y, at),
            Op::Select { condition, yes, no } => {
                if self.guards_division(condition, yes) && self.graph.constant_of(no) == Some(0.0) {
                    return self.value(yes, at);
                }
                let is_truth = self.graph.ty(condition).kind == Kind::Bool;
                let mut condition = self.value(condition, at)?;
                if !is_truth {
                    let number = Box::new(condition.expression.bracketed());
                    condition.expression = Expression::Compare("!=", number, Box::new(Expression::Number(0.0)));
                }
                let (yes, no) = (self.value(yes, at)?, self.value(no, at)?);
                let axes = union([&condition, &yes, &no].into_iter(), self.graph.shape(id), self.form)?;
                let expression = Expression::If {
                    condition: Box::new(condition.expression.condition()),
                    yes: Box::new(yes.expression),
                    no: Box::new(no.expression),
                };
                Ok(Piece { expression, axes })
            }
            Op::Reduce { op, axes, x } => self.picked(op, &axes, x, at),
            Op::View(view) => self.changed(&view, at),
            Op::Reshape { x, shape } => {
                if let Some(piece) = self.unpooled(id, at)? {
                    return Ok(piece);
                }
                let all = At { axes: vec![Axis::Free; self.graph.shape(x).len()], ..at.clone() };
                let goes_back = self.form == Form::Paper && self.goes_back(x, &shape);
                if goes_back {
                    self.going_back.push(shape.clone());
                }
                let piece = self.value_or_letter(x, &all);
                if goes_back {
                    self.going_back.pop();
                }
                let piece = piece?;
                // What repeats along an axis is said with that axis: the elements are counted anew. A number may be anything.
                let is_number = piece.axes.is_empty() && self.form == Form::Paper;
                let piece = if is_number { piece } else { self.in_full(x, piece, &all)? };
                let without_units = |shape: &[usize]| shape.iter().copied().filter(|n| *n != 1).collect::<Vec<_>>();
                let comes_from = self.graph.shape(x);
                let is_same = goes_back
                    || self.going_back.last().is_some_and(|back| back == comes_from)
                    || without_units(comes_from) == without_units(&shape);
                let expression = match (&shape[..], self.form) {
                    // Axes of one element need no word on paper; elements that are counted anew do.
                    ([_], Form::Paper) if !is_same => Expression::call("flatten", vec![piece.expression.bracketed()]),
                    (_, Form::Paper) if !is_same && !is_number => {
                        let sizes = shape.iter().map(|&n| Expression::Number(n as f64)).collect();
                        Expression::call("reshape", vec![piece.expression.bracketed(), Expression::List(sizes)])
                    }
                    _ => Expression::Reshaped(Box::new(piece.expression), shape.clone()),
                };
                Ok(self.at_places_of(expression, at))
            }
            Op::Join { axis, parts } => self.join(axis, &parts, at),
            Op::OneHot { index, size } => self.one_hot(index, size, at),
            Op::Gather { table, index, shared } => self.gather(table, index, shared, at),
            Op::Named(op, arguments) => self.named(op, &arguments, at),
            Op::Stacked { x, .. } => {
                // A place that is computed: of all rounds, that one.
                let rest = at.with(at.axes[1..].to_vec());
                let piece = self.value_or_letter(x, &rest)?;
                let Axis::At(place) = &at.axes[0] else { return Err(Needs { axis: 0, hint: Hint::Any }) };
                if let (Form::Paper, Place::Value(value), Some(title)) = (self.form, place, self.names.get(x))
                    && rest.axes.iter().all(|axis| *axis == Axis::Free)
                {
                    // Rounds count from 1.
                    let one = (false, Expression::Number(1.0));
                    let round = one_more(value).unwrap_or_else(|| sum(vec![(false, value.clone()), one]));
                    let expression = Expression::Symbol(title.symbol.clone()).subscript(vec![round]);
                    return Ok(Piece { expression, axes: (1..at.axes.len()).collect() });
                }
                let expression = piece.expression.index(vec![place.part()]);
                Ok(Piece { expression, axes: piece.axes.iter().map(|k| k + 1).collect() })
            }
            // The product's and the sum's own classes never come here.
            Op::Contract(_) | Op::ScatterAdd { .. } | Op::BatchMean { .. } | Op::Element { .. } | Op::Last { .. } => {
                Ok(Piece::scalar(Expression::name("…")))
            }
        }
    }

    fn leaf(&self, leaf: &Leaf, at: &At) -> Piece {
        let expression = match leaf {
            Leaf::Constant(value, _) => return Piece::scalar(numbers::number(value.0)),
            Leaf::Table(values, shape)
                if self.form == Form::Program || (shape.len() == 1 && values.len() <= SHORT_TABLE) =>
            {
                table(&values.iter().map(|v| v.0).collect::<Vec<f64>>(), shape)
            }
            Leaf::Table(..) => Expression::name("table"),
            Leaf::Iota(n) => match &at.axes[0] {
                Axis::At(place) => return Piece::scalar(self.as_number(place)),
                Axis::Free => Expression::Count(*n),
            },
            Leaf::Runtime(what) => Expression::name(what.name()),
            Leaf::Hole(..) => Expression::name("g"),
            Leaf::Input(_) | Leaf::Parameter(_) | Leaf::State(_) | Leaf::Setting(_) | Leaf::Draw(..) => {
                Expression::name("value")
            }
            Leaf::Binder(..) | Leaf::LoopIndex(_) => Expression::name("state"),
        };
        self.at_places_of(expression, at)
    }

    /// Whether a value is made of one that had this shape before, without sums.
    fn goes_back(&self, x: NodeId, shape: &[usize]) -> bool {
        match self.graph.op(x) {
            Op::Reshape { x: before, .. } => self.graph.shape(*before) == shape,
            Op::Reduce { .. } | Op::Contract(_) | Op::Leaf(_) => false,
            op => op.operands().iter().any(|&operand| self.goes_back(operand, shape)),
        }
    }

    /// A formula of all axes, indexed where they are at places.
    pub(super) fn at_places_of(&self, expression: Expression, at: &At) -> Piece {
        let parts = at.axes.iter().map(|axis| match axis {
            Axis::Free => Part::Range(None, None),
            Axis::At(place) => self.index_of(place),
        });
        Piece { expression: expression.index(parts.collect()), axes: at.free().collect() }
    }

    fn unary(&mut self, op: UnaryOp, x: NodeId, at: &At) -> Result<Piece> {
        let piece = self.value(x, at)?;
        let x = piece.expression;
        let expression = match op.notation {
            Notation::Bars => Expression::Bars(Box::new(x.bracketed())),
            _ if op == NOT => Expression::Not(Box::new(x.condition())),
            _ if op == RSQRT => fraction(Expression::Number(1.0), Expression::call(SQRT.name, vec![x.bracketed()])),
            _ => Expression::call(op.name, vec![x.bracketed()]),
        };
        Ok(Piece { expression, axes: piece.axes })
    }

    fn binary(&mut self, op: BinaryOp, x: NodeId, y: NodeId, at: &At) -> Result<Piece> {
        // The stable form of a loss is spelled as the loss.
        if op == LOGISTIC_LOSS {
            let z = self.value(x, at)?;
            let t = self.value(y, at)?;
            let axes = union([&z, &t].into_iter(), &vec![0; at.axes.len()], self.form)?;
            let p = self
                .of_function(&SIGMOID, x, at)
                .unwrap_or(Piece { expression: Expression::call(SIGMOID.name, vec![z.expression]), axes: z.axes });
            let expression = Expression::call(BINARY_CROSS_ENTROPY.name, vec![p.expression, t.expression.bracketed()]);
            return Ok(Piece { expression, axes });
        }
        let is_whole = self.is_whole(y);
        let (x, y) = (self.value(x, at)?.ascending(), self.value(y, at)?.ascending());
        let axes = union([&x, &y].into_iter(), &vec![0; at.axes.len()], self.form)?;
        let (a, b) = (x.expression, y.expression);
        let expression = match op.notation {
            Notation::Power => a.bracketed().power(b.bracketed()),
            _ if op == AND => a.condition().and(b.condition()),
            _ if op == OR => Expression::Or(Box::new(a.condition()), Box::new(b.condition())),
            // Within the length of a sequence the language takes an end: a program says the same without one.
            Notation::Infix("<", _) if is_whole && self.form == Form::Program => {
                Expression::Compare(">", Box::new(b.bracketed()), Box::new(a.bracketed()))
            }
            Notation::Infix(sign, _) => compared(sign, a.bracketed(), b.bracketed(), is_whole),
            _ => Expression::call(op.name, vec![a.bracketed(), b.bracketed()]),
        };
        Ok(Piece { expression, axes })
    }

    /// Whether a value is a whole number in each example: a class, or how long a sequence is.
    fn is_whole(&self, id: NodeId) -> bool {
        let mut id = id;
        while let Op::View(view) = self.graph.op(id) {
            id = view.x;
        }
        let is_length = matches!(self.graph.op(id), Op::Leaf(Leaf::Input(number))
            if self.graph.sequences.iter().any(|sequence| sequence.length == *number as usize));
        is_length || self.graph.ty(id).kind.is_whole()
    }

    /// A named value that is this function of `x`.
    fn of_function(&mut self, row: &'static Unary, x: NodeId, at: &At) -> Option<Piece> {
        let wanted = Op::Unary(UnaryOp(row), x);
        let id = self.names.given().find(|id| *self.graph.op(*id) == wanted)?;
        self.reference(id, at)
    }

    fn named(&mut self, op: NamedOp, arguments: &[NodeId], at: &At) -> Result<Piece> {
        // A function of the last axis; the axes before it map.
        let lead = self.graph.shape(arguments[0]).len() - 1;
        let mut all = vec![];
        let mut axes: Vec<usize> = vec![];
        let whole_last = at.axes.len() > lead;
        for &argument in arguments {
            let rank = self.graph.shape(argument).len();
            let mut looked = at.axes[..lead.min(rank)].to_vec();
            looked.resize(rank, Axis::Free);
            let piece = match self.value(argument, &at.with(looked.clone())) {
                Err(needs) if needs.axis >= lead => self.value_or_letter(argument, &at.with(looked))?,
                other => other?,
            };
            let piece = self.along_the_last(argument, piece, lead)?;
            let leading: Vec<usize> = piece.axes.iter().copied().filter(|k| *k < lead).collect();
            if self.form == Form::Program && !all.is_empty() && leading != axes {
                // Arguments are mapped together.
                let lacking = leading.iter().chain(&axes).find(|k| !(leading.contains(k) && axes.contains(k)));
                return Err(Needs { axis: lacking.copied().unwrap_or_default(), hint: Hint::Any });
            }
            axes.extend(leading);
            all.push(piece.expression.bracketed());
        }
        if op == named::SOFTMAX_CROSS_ENTROPY {
            let softmax = Op::Named(NamedOp(&named::SOFTMAX), vec![arguments[0]]);
            let known = self.names.given().find(|id| *self.graph.op(*id) == softmax);
            let mut looked = at.axes[..lead].to_vec();
            looked.push(Axis::Free);
            let known = known.and_then(|id| self.reference(id, &at.with(looked)));
            let logits = all[0].clone();
            all[0] = known.map_or_else(|| Expression::call(named::SOFTMAX.name, vec![logits]), |p| p.expression);
        }
        let mut options = vec![];
        let name = match op {
            _ if op == named::SOFTMAX_CROSS_ENTROPY => named::CROSS_ENTROPY.name,
            _ if op == ordered::SORT_BY => {
                options.extend(all.pop().map(|keys| ("by".to_string(), keys)));
                ordered::SORT.name
            }
            _ => op.name,
        };
        axes.sort();
        axes.dedup();
        // Without a word, the norm is that of all elements.
        if op == named::NORM && !axes.is_empty() {
            options.push(("axis".to_string(), Expression::Number(axes.len() as f64)));
        }
        let mut expression = Expression::Call { name: name.into(), arguments: all, options };
        if whole_last {
            match &at.axes[lead] {
                Axis::Free => axes.push(lead),
                Axis::At(place) => {
                    let mut parts = vec![Part::Range(None, None); axes.len()];
                    parts.push(place.part());
                    expression = expression.index(parts);
                }
            }
        }
        Ok(Piece { expression, axes })
    }

    /// The argument of a function of the last axis: one that repeats along it must have it in a program.
    fn along_the_last(&self, argument: NodeId, piece: Piece, lead: usize) -> Result<Piece> {
        let shape = self.graph.shape(argument);
        if self.form == Form::Paper || shape.len() <= lead || piece.axes.contains(&lead) {
            return Ok(piece);
        }
        match piece.axes.first() {
            Some(&axis) => Err(Needs { axis, hint: Hint::Any }),
            None => repeated(piece, lead, shape[lead]),
        }
    }

    /// `[x]`. A truth value that has a name would be a condition in brackets.
    pub(in crate::notation) fn list_of_one(&self, part: NodeId, expression: Expression) -> Expression {
        let is_truth = self.graph.ty(part).kind == Kind::Bool
            || self.graph.truth_of(part).is_some()
            || expression
                .looked_up()
                .and_then(|name| self.names.bearer(name))
                .is_some_and(|id| self.graph.ty(id).kind == Kind::Bool);
        let only = match expression {
            bracket @ Expression::Bracket(_) => bracket,
            name if is_truth => Expression::Sum(vec![(false, Expression::Number(0.0)), (false, name)]),
            other => other,
        };
        Expression::List(vec![only])
    }

    fn join(&mut self, axis: usize, parts: &[NodeId], at: &At) -> Result<Piece> {
        let mut looked = at.axes.clone();
        looked[axis] = Axis::Free;
        let mut all = vec![];
        let mut axes = vec![];
        let mut owns = vec![];
        let mut stacked = true;
        for &part in parts {
            let mut piece = self.value_or_letter(part, &at.with(looked.clone()))?;
            let count = self.graph.shape(part)[axis];
            if count != 1 && !piece.axes.contains(&axis) {
                piece = repeated(piece, axis, count)?;
            }
            stacked &= !piece.axes.contains(&axis);
            axes.extend(&piece.axes);
            owns.push(piece.axes);
            all.push(piece.expression.bracketed());
        }
        axes.push(axis);
        axes.sort();
        axes.dedup();
        if self.form == Form::Program {
            let whole: Vec<usize> = axes.iter().copied().filter(|&k| !stacked || k != axis).collect();
            for ((&part, own), expression) in parts.iter().zip(&mut owns).zip(&mut all) {
                if let Some(full) = self.part_in_full(part, own, expression, &whole, axis)? {
                    (*expression, *own) = (full, whole.clone());
                }
            }
        }
        if !stacked {
            // A number among vectors: a part of one entry.
            for ((expression, own), &part) in all.iter_mut().zip(&owns).zip(parts) {
                if own.is_empty() {
                    *expression = self.list_of_one(part, expression.clone());
                }
            }
        }
        let place = axes.iter().position(|&a| a == axis).unwrap_or(0);
        let number = |k: usize| vec![("axis".to_string(), Expression::Number(k as f64))];
        let mut expression = if stacked && axes.len() == 1 {
            match (&parts, &all[..]) {
                ([part], [only]) => self.list_of_one(*part, only.clone()),
                _ => Expression::List(all),
            }
        } else if stacked {
            let options = if place == 0 { vec![] } else { number(place) };
            Expression::Call { name: "stack".into(), arguments: all, options }
        } else {
            let options = if place + 1 == axes.len() { vec![] } else { number(place) };
            Expression::Call { name: "concat".into(), arguments: all, options }
        };
        if let Axis::At(at) = &at.axes[axis] {
            let mut parts = vec![Part::Range(None, None); place];
            parts.push(at.part());
            expression = expression.index(parts);
            axes.retain(|&a| a != axis);
        }
        Ok(Piece { expression, axes })
    }

    /// A part of what is put together along an axis with all axes of the others, if it lacks some: a program's shapes must be right.
    fn part_in_full(
        &self,
        part: NodeId,
        own: &[usize],
        expression: &Expression,
        whole: &[usize],
        axis: usize,
    ) -> Result<Option<Expression>> {
        if own == whole || whole == [axis] {
            return Ok(None);
        }
        let shape = self.graph.shape(part);
        let full: Vec<usize> = whole.iter().map(|&k| shape[k]).collect();
        let value = self.graph.constant_of(part).filter(|_| own.iter().all(|k| *k == axis));
        let missing = || whole.iter().copied().filter(|k| !own.contains(k));
        match (value, missing().find(|&k| k != axis && shape[k] != 1)) {
            (Some(value), _) => Ok(Some(Expression::filled(numbers::number(value), &full))),
            (None, Some(axis)) => Err(Needs { axis, hint: Hint::Any }),
            // One of several behind each other: its axis there has one element.
            (None, None) => Ok(Some(Expression::Reshaped(Box::new(expression.clone()), full))),
        }
    }
}

/// Rows of rows of numbers.
fn table(values: &[f64], shape: &[usize]) -> Expression {
    match shape {
        [] | [0, ..] => Expression::number(values.first().copied().unwrap_or_default()),
        [_] => Expression::List(values.iter().map(|&v| Expression::number(v)).collect()),
        [count, rest @ ..] => {
            Expression::List(values.chunks(values.len() / count).map(|row| table(row, rest)).collect())
        }
    }
}

/// So many numbers are spelled out on paper.
const SHORT_TABLE: usize = 8;

/// So many times the same number behind each other.
fn repeated(piece: Piece, axis: usize, count: usize) -> Result<Piece> {
    if let Some(&axis) = piece.axes.first() {
        return Err(Needs { axis, hint: Hint::Any });
    }
    Ok(Piece { expression: Expression::filled(piece.expression.bracketed(), &[count]), axes: vec![axis] })
}

/// A comparison. Letters of loops count from 1, and what is compared from 0: `s − 1 < t` is `s ≤ t` of whole numbers.
pub(super) fn compared(sign: &'static str, a: Expression, b: Expression, is_whole: bool) -> Expression {
    let (a, b, sign) = match (one_more(&a), one_more(&b), sign) {
        (Some(a), Some(b), _) => (a, b, sign),
        (Some(a), None, "<") if is_whole => (a, b, "<="),
        (Some(a), None, ">=") if is_whole => (a, b, ">"),
        _ => (a, b, sign),
    };
    Expression::Compare(sign, Box::new(a), Box::new(b))
}

/// `s` of `s − 1`.
fn one_more(less: &Expression) -> Option<Expression> {
    let Expression::Sum(terms) = less else { return None };
    match &terms[..] {
        [(false, rest), (true, Expression::Number(by))] if *by == 1.0 => Some(rest.clone()),
        _ => None,
    }
}
