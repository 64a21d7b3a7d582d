//! From the tree of an expression in a `data` section to an expression over columns, or to a number.
use super::{ColumnExpression, ColumnTerm};
use crate::diagnostic::{Diagnostic, Span};
use crate::limits::COLUMN_DEPTH;
use crate::op::row::Notation;
use crate::op::{BinaryOp, UnaryOp, arithmetic, binary_rows, comparison, exponential, unary_rows};
use crate::syntax::{Argument, NodeKind, ProductSign, Relation, SumSign, Tree, TreeId};
use indexmap::IndexMap;
use std::cell::Cell;

/// Reads expressions of one tree.
pub struct Reader<'t> {
    pub tree: &'t Tree,
    /// Named numbers of the top level, for constants.
    pub settings: &'t IndexMap<String, f64>,
    /// Levels of the expression that is being read.
    pub depth: Cell<usize>,
}

type Read = Result<ColumnExpression, Diagnostic>;

impl Reader<'_> {
    /// An expression over columns. E0619 if it is none, E0901 if it is nested too deep.
    pub fn expression(&self, id: TreeId) -> Read {
        if self.depth.get() == COLUMN_DEPTH {
            let error = Diagnostic::error("E0901", format!("columns are nested more than {COLUMN_DEPTH} deep"));
            return Err(error
                .at(self.tree.span(id), "one level too many")
                .help("give a part of it a column of its own"));
        }
        self.depth.set(self.depth.get() + 1);
        let read = self.level(id);
        self.depth.set(self.depth.get() - 1);
        read
    }

    fn level(&self, id: TreeId) -> Read {
        let span = self.tree.span(id);
        let term = match self.tree.kind(id) {
            NodeKind::Name(name) if name == "all" => ColumnTerm::All { except: vec![] },
            NodeKind::Name(name) => ColumnTerm::Column(name.clone()),
            NodeKind::Text(name) => ColumnTerm::Column(name.clone()),
            NodeKind::Number(number) => ColumnTerm::Number(*number),
            NodeKind::Bool(truth) => ColumnTerm::Truth(*truth),
            NodeKind::Paren(inner) => return Ok(ColumnExpression { span, ..self.expression(*inner)? }),
            NodeKind::List(items) => {
                ColumnTerm::List(items.iter().map(|item| self.expression(*item)).collect::<Result<_, _>>()?)
            }
            NodeKind::Negate(of) => ColumnTerm::Unary(UnaryOp(&arithmetic::NEGATE), Box::new(self.expression(*of)?)),
            NodeKind::Not(of) => ColumnTerm::Unary(UnaryOp(&comparison::NOT), Box::new(self.expression(*of)?)),
            NodeKind::Sum { first, rest } => {
                let rest = rest.iter().map(|(sign, term)| match sign {
                    SumSign::Plus => (BinaryOp(&arithmetic::ADD), *term),
                    SumSign::Minus => (BinaryOp(&arithmetic::SUBTRACT), *term),
                });
                return self.chain(*first, rest);
            }
            NodeKind::Product { first, rest } => {
                if let Some((_, factor)) = rest.iter().find(|(sign, _)| *sign == ProductSign::Dot) {
                    return Err(self.not_here(*factor, "columns are taken element by element: write `*`"));
                }
                let rest = rest.iter().map(|(sign, factor)| match sign {
                    ProductSign::Over => (BinaryOp(&arithmetic::DIVIDE), *factor),
                    _ => (BinaryOp(&arithmetic::MULTIPLY), *factor),
                });
                return self.chain(*first, rest);
            }
            NodeKind::Juxtaposition(factors) => match factors.as_slice() {
                [number, factor] if matches!(self.tree.kind(*number), NodeKind::Number(_)) => {
                    return self.chain(*number, [(BinaryOp(&arithmetic::MULTIPLY), *factor)].into_iter());
                }
                _ => {
                    return Err(self.not_here(
                        id,
                        "columns are taken element by element: write `*` for a product, `f(x)` for a call",
                    ));
                }
            },
            NodeKind::Power { base, exponent } => {
                return self.chain(*base, [(BinaryOp(&exponential::POW), *exponent)].into_iter());
            }
            NodeKind::And(terms) => return self.logic(BinaryOp(&comparison::AND), terms),
            NodeKind::Or(terms) => return self.logic(BinaryOp(&comparison::OR), terms),
            NodeKind::Compare { first, rest } => return self.comparison(*first, rest, span),
            NodeKind::Range { from: Some(from), to: Some(to) } => {
                match (self.column_name(*from), self.column_name(*to)) {
                    (Some(from), Some(to)) => ColumnTerm::Between(from, to),
                    _ => return Err(self.not_here(id, "a range goes from one column to another: `a .. b`")),
                }
            }
            NodeKind::AllExcept(left_out) => self.all_except(*left_out)?,
            NodeKind::Index { of, at } => self.index(*of, at, id)?,
            NodeKind::Call { callee, arguments } => return self.call(*callee, arguments, id),
            _ => {
                return Err(self.not_here(
                    id,
                    "it has columns, numbers, lists, `+ - * / ^`, comparisons and functions such as `log`",
                ));
            }
        };
        Ok(ColumnExpression::new(term, span))
    }

    /// A number that is known here: digits, settings, `pi`, arithmetic.
    pub fn constant(&self, id: TreeId) -> Result<f64, Diagnostic> {
        match self.tree.kind(id) {
            NodeKind::Number(number) => Ok(*number),
            NodeKind::Paren(inner) => self.constant(*inner),
            NodeKind::Negate(of) => Ok(-self.constant(*of)?),
            NodeKind::Name(name) if self.settings.contains_key(name) => Ok(self.settings[name]),
            NodeKind::Name(name) if name == "pi" => Ok(std::f64::consts::PI),
            NodeKind::Juxtaposition(factors) => {
                factors.iter().try_fold(1.0, |product, factor| Ok(product * self.constant(*factor)?))
            }
            NodeKind::Power { base, exponent } => Ok(libm::pow(self.constant(*base)?, self.constant(*exponent)?)),
            NodeKind::Sum { first, rest } => rest.iter().try_fold(self.constant(*first)?, |sum, (sign, term)| {
                let term = self.constant(*term)?;
                Ok(if *sign == SumSign::Plus { sum + term } else { sum - term })
            }),
            NodeKind::Product { first, rest } => {
                rest.iter().try_fold(self.constant(*first)?, |product, (sign, factor)| {
                    let factor = self.constant(*factor)?;
                    Ok(if *sign == ProductSign::Over { product / factor } else { product * factor })
                })
            }
            _ => Err(Diagnostic::error("E0619", "a number is expected here")
                .at(self.tree.span(id), "not a number that is known before the data is read")
                .help("write digits, or the name of a setting such as `rate = 0.1`")),
        }
    }

    /// A whole number from 0.
    pub fn whole(&self, id: TreeId, what: &str) -> Result<usize, Diagnostic> {
        let number = self.constant(id)?;
        if (0.0..=9e15).contains(&number) && number.fract() == 0.0 {
            return Ok(number as usize);
        }
        let error = Diagnostic::error("E0619", format!("{what} is a whole number, 0 or more"));
        Err(error.at(self.tree.span(id), format!("this is {number}")))
    }

    fn chain(&self, first: TreeId, rest: impl Iterator<Item = (BinaryOp, TreeId)>) -> Read {
        let mut left = self.expression(first)?;
        for (op, id) in rest {
            left = binary(op, left, self.expression(id)?);
        }
        Ok(left)
    }

    fn logic(&self, op: BinaryOp, terms: &[TreeId]) -> Read {
        let (first, rest) = terms.split_first().ok_or_else(|| Diagnostic::error("E0619", "an empty expression"))?;
        self.chain(*first, rest.iter().map(|term| (op, *term)))
    }

    /// `0 < x <= 1`: all of its comparisons hold. Beside `==` and `!=`, one quoted text is a text and not a column.
    fn comparison(&self, first: TreeId, rest: &[(Relation, TreeId)], span: Span) -> Read {
        let mut left = first;
        let mut whole: Option<ColumnExpression> = None;
        for (relation, right) in rest {
            let equality = matches!(relation, Relation::Equal | Relation::NotEqual);
            let is_text = |id: TreeId| matches!(self.tree.kind(self.tree.bare(id)), NodeKind::Text(_));
            let is_number = |id: TreeId| self.constant(id).is_ok();
            let right_text = equality && is_text(*right) && !is_number(left);
            let left_text = equality && is_text(left) && !is_text(*right) && !is_number(*right);
            let pair = binary(relation_op(*relation), self.side(left, left_text)?, self.side(*right, right_text)?);
            whole = Some(match whole {
                None => pair,
                Some(before) => binary(BinaryOp(&comparison::AND), before, pair),
            });
            left = *right;
        }
        let whole = whole.ok_or_else(|| Diagnostic::error("E0619", "an empty comparison"))?;
        Ok(ColumnExpression { span, ..whole })
    }

    fn side(&self, id: TreeId, text: bool) -> Read {
        match self.tree.kind(self.tree.bare(id)) {
            NodeKind::Text(word) if text => {
                Ok(ColumnExpression::new(ColumnTerm::Text(word.clone()), self.tree.span(id)))
            }
            _ => self.expression(id),
        }
    }

    fn column_name(&self, id: TreeId) -> Option<String> {
        match self.tree.kind(self.tree.bare(id)) {
            NodeKind::Name(name) | NodeKind::Text(name) => Some(name.clone()),
            _ => None,
        }
    }

    fn all_except(&self, left_out: TreeId) -> Result<ColumnTerm, Diagnostic> {
        let items = match self.tree.kind(self.tree.bare(left_out)) {
            NodeKind::List(items) => items.clone(),
            _ => vec![left_out],
        };
        let except = items.iter().map(|item| {
            let column = self.expression(*item)?;
            match column.term {
                ColumnTerm::Column(_) | ColumnTerm::Between(..) => Ok(column),
                _ => Err(self.not_here(*item, "after `except` stand columns: `all except [id, a .. c]`")),
            }
        });
        Ok(ColumnTerm::All { except: except.collect::<Result<_, _>>()? })
    }

    fn index(&self, of: TreeId, at: &[TreeId], whole: TreeId) -> Result<ColumnTerm, Diagnostic> {
        let [at] = at else {
            return Err(self.not_here(whole, "a column is indexed along its first axis: `pixels[0]`, `pixels[0..64]`"));
        };
        // A quoted name is a column here, too.
        let of = Box::new(match self.column_name(of) {
            Some(name) => ColumnExpression::new(ColumnTerm::Column(name), self.tree.span(of)),
            None => self.expression(of)?,
        });
        if let NodeKind::Range { from, to } = self.tree.kind(*at) {
            let from = from.map_or(Ok(0), |from| self.signed(from))?;
            let to = to.map(|to| self.signed(to)).transpose()?;
            return Ok(ColumnTerm::Slice { of, from, to });
        }
        Ok(ColumnTerm::Element { of, at: self.signed(*at)? })
    }

    fn signed(&self, id: TreeId) -> Result<i64, Diagnostic> {
        let number = self.constant(id)?;
        if number.fract() == 0.0 && number.abs() < 9e15 {
            return Ok(number as i64);
        }
        let error = Diagnostic::error("E0619", "an index is a whole number");
        Err(error.at(self.tree.span(id), format!("this is {number}")))
    }

    fn call(&self, callee: TreeId, arguments: &[Argument], id: TreeId) -> Read {
        let span = self.tree.span(id);
        let Some(name) = self.tree.name(callee) else {
            return Err(self.not_here(callee, "a call begins with the name of a function: `log(price)`"));
        };
        if let Some(named) = arguments.iter().find(|argument| argument.name.is_some()) {
            return Err(self.not_here(named.value, "these functions have no named arguments"));
        }
        if name == "file" {
            return match arguments {
                [path] if let NodeKind::Text(path) = self.tree.kind(path.value) => {
                    Ok(ColumnExpression::new(ColumnTerm::File(path.clone()), span))
                }
                _ => Err(self.not_here(id, "`file` takes a quoted name: `file(\"labels.idx.gz\")`")),
            };
        }
        let unary = unary_rows().find(|row| row.name == name && row.spelled.is_none() && is_call(row.notation));
        let binary_row = binary_rows().find(|row| row.name == name && row.spelled.is_none() && is_call(row.notation));
        match (unary, binary_row, arguments) {
            (Some(row), _, [of]) => {
                let of = Box::new(self.expression(of.value)?);
                Ok(ColumnExpression::new(ColumnTerm::Unary(UnaryOp(row), of), span))
            }
            (_, Some(row), [a, b]) => {
                let pair = binary(BinaryOp(row), self.expression(a.value)?, self.expression(b.value)?);
                Ok(ColumnExpression { span, ..pair })
            }
            (None, None, _) => Err(unknown_function(name, self.tree.span(callee))),
            _ => {
                let count = if unary.is_some() { "one argument" } else { "two arguments" };
                Err(self.not_here(id, &format!("`{name}` takes {count}")))
            }
        }
    }

    fn not_here(&self, id: TreeId, help: &str) -> Diagnostic {
        Diagnostic::error("E0619", "an expression over columns can't have this")
            .at(self.tree.span(id), "not over columns")
            .help(help)
    }
}

fn is_call(notation: Notation) -> bool {
    matches!(notation, Notation::Call | Notation::Bars)
}

fn binary(op: BinaryOp, left: ColumnExpression, right: ColumnExpression) -> ColumnExpression {
    let span = left.span.to(right.span);
    ColumnExpression::new(ColumnTerm::Binary(op, Box::new(left), Box::new(right)), span)
}

fn relation_op(relation: Relation) -> BinaryOp {
    BinaryOp(match relation {
        Relation::Equal => &comparison::EQUAL,
        Relation::NotEqual => &comparison::UNEQUAL,
        Relation::Less => &comparison::LESS,
        Relation::LessEqual => &comparison::AT_MOST,
        Relation::Greater => &comparison::GREATER,
        Relation::GreaterEqual => &comparison::AT_LEAST,
    })
}

fn unknown_function(name: &str, span: Span) -> Diagnostic {
    let unary = unary_rows().filter(|row| row.spelled.is_none() && is_call(row.notation)).map(|row| row.name);
    let binary = binary_rows().filter(|row| row.spelled.is_none() && is_call(row.notation)).map(|row| row.name);
    let known: Vec<&str> = unary.chain(binary).collect();
    let error = Diagnostic::error("E0619", format!("`{name}` is no function of columns")).at(span, "not known here");
    match super::nearest(name, &known) {
        Some(near) => error.edit(format!("write `{near}`"), span, near, false),
        None => error.help(format!("element by element there are {}", known.join(", "))),
    }
}
