//! Meets the names of an expression with the columns of a table: shapes, kinds, and everything that can't be evaluated as an error.
use super::cell::Marks;
use super::table::{Cells, MISSING, Table, column_name};
use crate::diagnostic::{Diagnostic, Span};
use crate::op::comparison::EQUAL;
use crate::op::row::Result as OpResult;
use crate::op::{BinaryOp, UnaryOp};
use crate::schema::{ColumnExpression, ColumnTerm, nearest, quoted_list, shape_text};
use indexmap::IndexMap;

/// An expression that can be evaluated for each row of its table.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    /// Of one row.
    pub shape: Vec<usize>,
    pub kind: ResolvedKind,
    pub node: Node,
    /// None for a column that stands for an input by its name.
    pub span: Option<Span>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResolvedKind {
    Number,
    /// Numbers that are 0 or 1.
    Truth,
    /// Words: for classes and comparisons alone.
    Words,
}

/// How the values of a row are found. Columns are named by their index in the table.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    Constant(f64),
    Column(usize),
    /// Whether a cell is this word; a word that no cell has has no code.
    IsWord {
        column: usize,
        code: Option<u32>,
        equal: bool,
    },
    Unary(UnaryOp, Box<Resolved>),
    /// The one with fewer values repeats along the other's last axes.
    Binary(BinaryOp, Box<Resolved>, Box<Resolved>),
    /// One after another, as a vector; of windows one beside the other, for each of so many places.
    Join {
        items: Vec<Resolved>,
        places: usize,
    },
    /// `count` values from `start` on.
    Part {
        of: Box<Resolved>,
        start: usize,
        count: usize,
    },
}

/// Resolves expressions over one table.
pub struct Resolver<'a> {
    pub table: &'a Table,
    pub settings: &'a IndexMap<String, f64>,
    /// Whether rows with a word where a number should be are left out, instead of refused.
    pub skips: bool,
    /// Words that were compared and that no cell has.
    pub warnings: Vec<Diagnostic>,
}

type Answer = Result<Resolved, Diagnostic>;

impl Resolved {
    /// Values of one row.
    pub fn width(&self) -> usize {
        self.shape.iter().product()
    }

    /// The columns that it reads, each once, in the order of their first use.
    pub fn columns(&self) -> Vec<usize> {
        let mut found = vec![];
        self.collect_columns(&mut found);
        found
    }

    /// Whether it is what stands in a column, and nothing computed.
    pub fn is_part_of_a_column(&self) -> bool {
        match &self.node {
            Node::Column(_) => true,
            Node::Part { of, .. } => of.is_part_of_a_column(),
            Node::Join { items, .. } => items.iter().all(Resolved::is_part_of_a_column),
            Node::Constant(_) | Node::IsWord { .. } | Node::Unary(..) | Node::Binary(..) => false,
        }
    }

    fn collect_columns(&self, found: &mut Vec<usize>) {
        match &self.node {
            Node::Constant(_) => {}
            Node::Column(column) | Node::IsWord { column, .. } => {
                if !found.contains(column) {
                    found.push(*column);
                }
            }
            Node::Unary(_, of) | Node::Part { of, .. } => of.collect_columns(found),
            Node::Binary(_, a, b) => {
                a.collect_columns(found);
                b.collect_columns(found);
            }
            Node::Join { items, .. } => items.iter().for_each(|item| item.collect_columns(found)),
        }
    }
}

impl Resolver<'_> {
    /// The column of an input that has no line; none if the table lacks it.
    pub fn by_name(&self, name: &str) -> Option<Resolved> {
        self.table.position(name).map(|column| self.column(column, None))
    }

    /// An expression, whatever kind it has.
    pub fn resolve(&mut self, expression: &ColumnExpression) -> Answer {
        let span = expression.span;
        let at = |shape, kind, node| Ok(Resolved { shape, kind, node, span: Some(span) });
        match &expression.term {
            ColumnTerm::Number(number) => at(vec![], ResolvedKind::Number, Node::Constant(*number)),
            ColumnTerm::Truth(truth) => at(vec![], ResolvedKind::Truth, Node::Constant(f64::from(u8::from(*truth)))),
            ColumnTerm::Column(name) => match (self.table.position(name), self.settings.get(name)) {
                (Some(column), _) => Ok(self.column(column, Some(span))),
                (None, Some(number)) => at(vec![], ResolvedKind::Number, Node::Constant(*number)),
                (None, None) => Err(self.unknown(name, span)),
            },
            ColumnTerm::File(path) => Ok(self.column(self.known(&file_column(path), span)?, Some(span))),
            ColumnTerm::Text(_) => Err(Diagnostic::error("E0608", "a text is compared with a column of texts")
                .at(span, "not compared with a column")
                .help("as in `diagnosis == \"malignant\"`")),
            ColumnTerm::Between(..) | ColumnTerm::All { .. } => {
                let columns = self.several(expression)?;
                self.join(columns.into_iter().map(|column| self.column(column, Some(span))).collect(), span)
            }
            ColumnTerm::List(items) => {
                let items = items.iter().map(|item| self.resolve(item)).collect::<Result<Vec<_>, _>>()?;
                self.join(items, span)
            }
            ColumnTerm::Element { of, at } => {
                let of = self.resolve(of)?;
                let size = self.first_axis(&of, span)?;
                let index = self.index(*at, size, span)?;
                if index == size {
                    return Err(out_of_range(*at, size, span));
                }
                Ok(part(of, index, index + 1, true, span))
            }
            ColumnTerm::Slice { of, from, to } => {
                let of = self.resolve(of)?;
                let size = self.first_axis(&of, span)?;
                let from = self.index(*from, size, span)?;
                let to = self.index(to.unwrap_or(size as i64), size, span)?;
                if to <= from {
                    return Err(Diagnostic::error("E0604", "this slice is empty").at(span, "nothing is left"));
                }
                Ok(part(of, from, to, false, span))
            }
            ColumnTerm::Unary(op, of) => {
                let of = self.resolve(of)?;
                let of = self.number(of)?;
                let kind = if op.result == OpResult::Bool { ResolvedKind::Truth } else { ResolvedKind::Number };
                at(of.shape.clone(), kind, Node::Unary(*op, Box::new(of)))
            }
            ColumnTerm::Binary(op, a, b) => self.binary(*op, a, b, span),
        }
    }

    /// The same as numbers: a column of words is an error that names the first (E0605).
    pub fn number(&self, resolved: Resolved) -> Answer {
        if resolved.kind != ResolvedKind::Words {
            return Ok(resolved);
        }
        for column in resolved.columns() {
            let cells = &self.table.columns[column];
            let Cells::Words(words) = &cells.cells else { continue };
            let is_unclear = self.table.unclear_points.contains(&cells.name);
            let found = if is_unclear { words.codes.iter().position(|c| *c != MISSING) } else { words.first_word() };
            let Some(at) = found else { continue };
            if is_unclear || !self.skips {
                return Err(word_error(self.table, resolved.span, column, at));
            }
        }
        Ok(Resolved { kind: ResolvedKind::Number, ..resolved })
    }

    fn column(&self, column: usize, span: Option<Span>) -> Resolved {
        let cells = &self.table.columns[column];
        let kind = match cells.cells {
            Cells::Truths(_) => ResolvedKind::Truth,
            Cells::Words(_) => ResolvedKind::Words,
            _ => ResolvedKind::Number,
        };
        Resolved { shape: cells.shape.clone(), kind, node: Node::Column(column), span }
    }

    fn known(&self, name: &str, span: Span) -> Result<usize, Diagnostic> {
        self.table.position(name).ok_or_else(|| self.unknown(name, span))
    }

    fn unknown(&self, name: &str, span: Span) -> Diagnostic {
        let mut names: Vec<&str> = self.table.columns.iter().map(|column| column.name.as_str()).collect();
        names.extend(self.table.unread.iter().map(String::as_str));
        let file = self.table.origins.first().map_or("the data", |origin| origin.file.as_str());
        let error = Diagnostic::error("E0603", format!("{file} has no column `{name}`")).at(span, "no such column");
        let error = match nearest(name, &names) {
            Some(near) => {
                let plain = near.chars().all(|c| c.is_alphanumeric() || c == '_')
                    && !near.starts_with(|c: char| c.is_numeric());
                let text = if plain { near.clone() } else { format!("\"{near}\"") };
                error.edit(format!("write `{text}`"), span, text, false)
            }
            None => error.help(format!("its columns are {}", quoted_list(&names))),
        };
        if self.table.headerless {
            error.note("its first row has numbers, so it is taken for data and not for names of columns")
        } else {
            error
        }
    }

    /// The columns of a range, or of `all`.
    fn several(&self, expression: &ColumnExpression) -> Result<Vec<usize>, Diagnostic> {
        let span = expression.span;
        match &expression.term {
            ColumnTerm::Column(name) => Ok(vec![self.known(name, span)?]),
            ColumnTerm::Between(from, to) => {
                let (first, last) = (self.known(from, span)?, self.known(to, span)?);
                if last < first {
                    return Err(Diagnostic::error("E0603", format!("`{to}` stands before `{from}` in the file"))
                        .at(span, "no column between them")
                        .help(format!("write `{to} .. {from}`")));
                }
                Ok((first..=last).collect())
            }
            ColumnTerm::All { except } => {
                let left_out = except.iter().map(|item| self.several(item)).collect::<Result<Vec<_>, _>>()?.concat();
                let loose = |column: &usize| !self.table.columns[*column].name.starts_with("file(");
                let rest = (0..self.table.columns.len()).filter(loose).filter(|column| !left_out.contains(column));
                Ok(rest.collect())
            }
            _ => Err(Diagnostic::error("E0619", "columns are expected here").at(span, "not a column")),
        }
    }

    /// One after another. Words and numbers don't mix.
    fn join(&self, items: Vec<Resolved>, span: Span) -> Answer {
        let width = items.iter().map(Resolved::width).sum();
        let all = |kind| items.iter().all(|item| item.kind == kind);
        let kind = if all(ResolvedKind::Words) {
            ResolvedKind::Words
        } else if all(ResolvedKind::Truth) {
            ResolvedKind::Truth
        } else {
            ResolvedKind::Number
        };
        let items = match kind {
            ResolvedKind::Number => items.into_iter().map(|item| self.number(item)).collect::<Result<Vec<_>, _>>()?,
            _ => items,
        };
        let first = items.first().and_then(|item| item.shape.first().copied());
        let places = first
            .filter(|first| self.table.windows.is_some() && items.iter().all(|item| item.shape.first() == Some(first)));
        let (shape, places) = match places {
            Some(places) if width % places == 0 => (vec![places, width / places], places),
            _ => (vec![width], 1),
        };
        Ok(Resolved { shape, kind, node: Node::Join { items, places }, span: Some(span) })
    }

    fn binary(&mut self, op: BinaryOp, a: &ColumnExpression, b: &ColumnExpression, span: Span) -> Answer {
        match (&a.term, &b.term) {
            (ColumnTerm::Text(word), _) => return self.is_word(b, word, op, a.span, span),
            (_, ColumnTerm::Text(word)) => return self.is_word(a, word, op, b.span, span),
            _ => {}
        }
        let (a, b) = (self.resolve(a)?, self.resolve(b)?);
        let (a, b) = (self.number(a)?, self.number(b)?);
        let (long, short) = if a.shape.len() < b.shape.len() { (&b, &a) } else { (&a, &b) };
        if !long.shape.ends_with(&short.shape) {
            let text = format!("shapes do not fit: {} and {}", shape_text(&a.shape), shape_text(&b.shape));
            return Err(Diagnostic::error("E0604", text)
                .at(span, "element by element, both have one shape")
                .help("compute with columns one by one, or with lists of the same length"));
        }
        let kind = if op.result == OpResult::Bool { ResolvedKind::Truth } else { ResolvedKind::Number };
        let shape = long.shape.clone();
        Ok(Resolved { shape, kind, node: Node::Binary(op, Box::new(a), Box::new(b)), span: Some(span) })
    }

    /// `column == "word"`.
    fn is_word(&mut self, column: &ColumnExpression, word: &str, op: BinaryOp, word_span: Span, span: Span) -> Answer {
        let resolved = self.resolve(column)?;
        let Node::Column(index) = resolved.node else {
            return Err(Diagnostic::error("E0608", "a text is compared with a column, as it stands in the file")
                .at(column.span, "not a column by itself"));
        };
        let cells = &self.table.columns[index];
        let Cells::Words(words) = &cells.cells else {
            let (what, help) = match cells.cells {
                Cells::Truths(_) => ("truth values", format!("write `{}` or `not {}`", cells.name, cells.name)),
                _ => ("numbers", format!("compare with a number, as in `{} == 1`", cells.name)),
            };
            return Err(Diagnostic::error("E0608", format!("`{}` has {what}, not texts", cells.name))
                .at(word_span, "a text")
                .help(help));
        };
        let code = words.code(word);
        if code.is_none() {
            let known: Vec<&str> = words.words.iter().map(String::as_str).collect();
            let warning = Diagnostic::warning("W0602", format!("no row has `{word}` in `{}`", cells.name))
                .at(word_span, "not among its words");
            self.warnings.push(match nearest(word, &known) {
                Some(near) => warning.edit(format!("write \"{near}\""), word_span, format!("\"{near}\""), false),
                None => warning.help(format!("its words are {}", quoted_list(&known))),
            });
        }
        let node = Node::IsWord { column: index, code, equal: op == EQUAL };
        Ok(Resolved { shape: resolved.shape, kind: ResolvedKind::Truth, node, span: Some(span) })
    }

    fn first_axis(&self, of: &Resolved, span: Span) -> Result<usize, Diagnostic> {
        of.shape.first().copied().ok_or_else(|| {
            Diagnostic::error("E0604", "a single value has no parts to choose from").at(span, "this is a number")
        })
    }

    /// An index from the front; −1 is the last.
    fn index(&self, at: i64, size: usize, span: Span) -> Result<usize, Diagnostic> {
        let index = if at < 0 { at + size as i64 } else { at };
        if 0 <= index && index <= size as i64 { Ok(index as usize) } else { Err(out_of_range(at, size, span)) }
    }
}

fn out_of_range(at: i64, size: usize, span: Span) -> Diagnostic {
    Diagnostic::error("E0604", format!("there is no entry {at}: there are {size}"))
        .at(span, format!("entries are 0 to {}", size as i64 - 1))
}

/// Entries of the first axis; `single` takes the axis away.
fn part(of: Resolved, from: usize, to: usize, single: bool, span: Span) -> Resolved {
    let inner: usize = of.shape[1..].iter().product();
    let mut shape = if single { vec![] } else { vec![to - from] };
    shape.extend(&of.shape[1..]);
    let (kind, start, count) = (of.kind, from * inner, (to - from) * inner);
    Resolved { shape, kind, node: Node::Part { of: Box::new(of), start, count }, span: Some(span) }
}

/// E0605: this cell of a column that is used as a number is a word.
pub fn word_error(table: &Table, used: Option<Span>, column: usize, at: usize) -> Diagnostic {
    let cells = &table.columns[column];
    let (name, word) = (&cells.name, cells.cells.word(at).unwrap_or_default());
    let place = table.place_of_cell(column, at);
    let error =
        Diagnostic::error("E0605", format!("`{name}` is the word `{word}` in {place}, where a number should be"));
    let error = match used {
        Some(span) => error.at(span, format!("`{name}` is used as a number")),
        None => error,
    };
    let all_words = match &cells.cells {
        Cells::Words(words) => words.words.iter().all(|word| words.as_number(word).is_none()),
        _ => false,
    };
    let decimal_comma = matches!(&cells.cells, Cells::Words(words) if words.written.has_decimal_comma());
    match written_otherwise(word) {
        None if decimal_comma && Marks::of(word.as_bytes()) == Marks::Point => {
            error.help(format!("write `{}`: the file that was trained on has decimal commas", word.replace('.', ",")))
        }
        Some(help) => error.help(help),
        None if all_words => {
            error.help(format!("compare it, as in `{name} == \"{word}\"`, which is a truth value, or declare a class"))
        }
        None => {
            let missing = quoted_list(&super::cell::MISSING_WORDS[1..]);
            error.help(format!("correct the cell; a missing value is empty, or {missing}"))
        }
    }
}

/// The way out for what is meant as a number and written as none.
pub fn written_otherwise(word: &str) -> Option<String> {
    let without = |mark: char| word.replace(mark, "");
    Some(match Marks::of(word.as_bytes()) {
        Marks::Comma | Marks::CommaAndThousands => format!(
            "write `{}` in the file; a decimal comma is read in a file that is separated by `;` or tabs, if the whole column has it; `predict` goes by the file that was trained on",
            without('.').replace(',', ".")
        ),
        Marks::CommaOrThousands => format!(
            "it may be {} or {}, and nothing in the file says which: write it without the comma, or with a decimal point",
            word.replace(',', "."),
            without(',')
        ),
        Marks::PointOrThousands => format!(
            "it may be {word} or {}, for other numbers of the file have a decimal comma: write it without the point, or with a comma",
            without('.')
        ),
        Marks::PointAndThousands => format!("write `{}` in the file, as the rest of the column", without(',')),
        Marks::None | Marks::Point => return None,
        Marks::Text => {
            if let Some(number) = without_gaps(word) {
                return Some(format!("write `{number}` in the file, without marks between thousands"));
            }
            let (number, unit) = number_and_unit(word)?;
            let plain = match Marks::of(number.as_bytes()) {
                Marks::PointAndThousands => number.replace(',', ""),
                _ => number.to_string(),
            };
            format!("write `{plain}` in the file, without `{unit}`")
        }
    })
}

/// `1 234`, `1'234`: a number with spaces or strokes between its thousands.
fn without_gaps(word: &str) -> Option<String> {
    let is_gap = |c: char| c.is_whitespace() || matches!(c, '\'' | '’' | '_');
    let groups: Vec<&str> = word.split(is_gap).collect();
    let is_group = |group: &&str| group.get(..3).is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
    let number = groups.concat();
    let is_number = 1 < groups.len() && groups[1..].iter().all(is_group) && number.parse::<f64>().is_ok();
    is_number.then_some(number)
}

/// `12 kg`, `3.5%`, `$5`: a number with something before or behind it that has no digits.
fn number_and_unit(word: &str) -> Option<(&str, &str)> {
    let (first, last) = (word.find(|c: char| c.is_ascii_digit())?, word.rfind(|c: char| c.is_ascii_digit())? + 1);
    let is_sign = |text: &str| text.is_empty() || text == "-";
    let (number, unit) = match (is_sign(&word[..first]), word.len() == last) {
        (true, false) => (&word[..last], word[last..].trim()),
        (false, true) => (&word[first..], word[..first].trim()),
        _ => return None,
    };
    let is_short = unit.chars().count() <= LONGEST_UNIT;
    (is_short && Marks::of(number.as_bytes()) != Marks::Text).then_some((number, unit))
}

/// More letters than this are a text, and no unit.
const LONGEST_UNIT: usize = 4;

/// The name of the column that `file("path")` becomes.
pub fn file_column(path: &str) -> String {
    column_name(&format!("file(\"{path}\")"))
}
