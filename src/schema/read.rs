//! From a `data` section to a `DataPlan`: its lines, and the examples that it lists.
use super::directive::read_directive;
use super::expression::Reader;
use super::lines::{Lines, file_source, slot_index};
use super::{
    ColumnExpression, ColumnTerm, DataPlan, Declared, Drawn, LENGTH, Listed, ListedValues, Role, Slot, SlotValue,
};
use crate::diagnostic::{Diagnostic, Span};
use crate::random::Distribution;
use crate::syntax::{Ident, NodeKind, Section, SectionKind, Statement, StatementKind, Target, Tree, TreeId};
use indexmap::IndexMap;

/// The plan of a `data` section, or all that is wrong with it (E0609 … E0619).
///
/// `span` is the section's; `declared` are the inputs and targets in the order of declaration; `settings` are the named numbers of the top level.
pub fn plan(
    tree: &Tree,
    section: &Section,
    span: Span,
    declared: &[Declared],
    settings: &IndexMap<String, f64>,
) -> Result<DataPlan, Vec<Diagnostic>> {
    let mut plan = default_plan(declared, settings);
    plan.span = Some(span);
    plan.file = section.file.as_ref().map(file_source);
    let reader = Reader { tree, settings, depth: Default::default() };
    let mut errors = vec![];
    let mut lines = Lines::default();
    let of_slot = |declared: &Declared| declared.length.and(declared.shape.first().copied());
    let longest = declared.iter().filter_map(of_slot).max();
    plan.window = super::directive::window(&reader, section, longest).unwrap_or_else(|error| {
        errors.push(error);
        lines.lacks_window = true;
        None
    });
    for statement in &section.statements {
        if let Err(error) = read_statement(&reader, statement, &mut plan, &mut lines) {
            errors.push(error);
        }
    }
    check_sources(&plan, &mut errors);
    if errors.is_empty() { Ok(plan) } else { Err(errors) }
}

/// The plan of a program without a `data` section: every input and target is the column that bears its name. `--data` names the file.
pub fn default_plan(declared: &[Declared], settings: &IndexMap<String, f64>) -> DataPlan {
    let slots = declared.iter().map(|declared| Slot { declared: declared.clone(), value: SlotValue::ByName }).collect();
    DataPlan {
        span: None,
        file: None,
        listed: vec![],
        drawn: vec![],
        rows: None,
        slots,
        standardize: vec![],
        scaled: vec![],
        window: None,
        carried: vec![],
        skip_missing: vec![],
        order: None,
        fill: vec![],
        train_where: None,
        test: None,
        validation: None,
        split_seed: 0,
        settings: settings.clone(),
    }
}

fn read_statement(
    reader: &Reader,
    statement: &Statement,
    plan: &mut DataPlan,
    lines: &mut Lines,
) -> Result<(), Diagnostic> {
    match &statement.kind {
        StatementKind::Binding { target: Target::Name(name), ty: None, value } => {
            let is_input = plan.slots.iter().any(|slot| slot.declared.name == name.name);
            if !is_input && crate::syntax::is_directive(SectionKind::Data, &name.name) {
                let sign = Span { start: name.span.end, end: reader.tree.span(*value).start, ..name.span };
                let error = Diagnostic::error("E0615", format!("`{}` is neither an input nor a target", name.name));
                let error = error.at(name.span, "the word of a line, which has no sign after it");
                return Err(error.edit("remove the sign", sign, " ", false));
            }
            let slot = slot_index(plan, name)?;
            lines.first("E0615", &format!("`{}`", name.name), name.span)?;
            plan.slots[slot].value = SlotValue::Expression(reader.expression(*value)?);
            Ok(())
        }
        StatementKind::Binding { target, .. } => {
            let span = target.names().iter().map(|name| name.span).reduce(Span::to).unwrap_or(statement.span);
            Err(Diagnostic::error("E0619", "a line of a `data` section gives one input or target, without a type")
                .at(span, "expected one name")
                .help("types stand in the declaration, as in `input x: [4]`; here write `x = [a, b, c, d]`"))
        }
        StatementKind::Draw { name, ty, distribution } => {
            lines.first("E0615", &format!("`{}`", name.name), name.span)?;
            let sizes = ty.as_ref().map(|ty| &ty.shape);
            let shape = match (sizes, plan.slots.iter().find(|slot| slot.declared.name == name.name)) {
                (Some(sizes), _) => sizes.iter().map(|size| reader.whole(*size, "a size")).collect::<Result<_, _>>()?,
                (None, Some(slot)) => slot.declared.shape.clone(),
                (None, None) => vec![],
            };
            let distribution = read_distribution(reader, *distribution)?;
            plan.drawn.push(Drawn { name: name.name.clone(), shape, distribution, span: statement.span });
            Ok(())
        }
        StatementKind::Row { name, values } => {
            if let [value] = values[..]
                && names_columns(reader, value)
            {
                let sign = Span { start: name.span.end, end: reader.tree.span(value).start, ..name.span };
                let error =
                    Diagnostic::error("E0619", format!("behind `{}:` stand the examples themselves", name.name));
                let error = error.at(reader.tree.span(value), "not a number that is known before the data is read");
                return Err(error.edit("columns of a file stand behind `=`", sign, " = ", false));
            }
            lines.first("E0615", &format!("`{}`", name.name), name.span)?;
            let slot = plan.slots.iter_mut().find(|slot| slot.declared.name == name.name);
            let is_sequence = slot.as_ref().is_some_and(|slot| slot.declared.length.is_some());
            if let Some(slot) = slot.filter(|slot| slot.declared.role == Role::Length) {
                let term = ColumnTerm::Column(name.name.clone());
                slot.value = SlotValue::Expression(ColumnExpression { term, span: name.span });
            }
            plan.listed.extend(read_listed(reader, name, values, is_sequence)?);
            Ok(())
        }
        StatementKind::Directive(directive) => read_directive(reader, directive, statement.span, plan, lines),
        // Reported by the parser.
        _ => Ok(()),
    }
}

/// Whether a value is a name, or a list of names, that are no settings.
fn names_columns(reader: &Reader, id: TreeId) -> bool {
    match reader.tree.kind(id) {
        NodeKind::Name(name) => !reader.settings.contains_key(name) && name != "pi",
        NodeKind::List(items) => !items.is_empty() && items.iter().all(|item| names_columns(reader, *item)),
        _ => false,
    }
}

/// `uniform(0, 1)`, `normal(1)`: a distribution that needs no fans.
fn read_distribution(reader: &Reader, id: TreeId) -> Result<Distribution, Diagnostic> {
    let (callee, arguments) = match reader.tree.kind(id) {
        NodeKind::Call { callee, arguments } => (*callee, arguments.as_slice()),
        _ => (id, &[][..]),
    };
    let numbers = arguments.iter().map(|argument| reader.constant(argument.value)).collect::<Result<Vec<_>, _>>()?;
    let wrong = |text: String| {
        Diagnostic::error("E0613", "a column is drawn from `uniform(low, high)` or `normal(mean, deviation)`")
            .at(reader.tree.span(id), text)
            .help("as in `x ~ uniform(0, 1)`")
    };
    match reader.tree.name(callee) {
        Some(name @ ("uniform" | "normal")) => Distribution::from_name(name, &numbers).map_err(wrong),
        _ => Err(wrong("not one of these".to_string())),
    }
}

/// What stands for one row: nested lists are axes. Rows of a sequence may be of unequal length: then a column says it, and all are as long as
/// the longest.
fn read_listed(reader: &Reader, name: &Ident, values: &[TreeId], is_sequence: bool) -> Result<Vec<Listed>, Diagnostic> {
    let span = values.iter().map(|value| reader.tree.span(*value)).fold(name.span, Span::to);
    let mut cells = vec![];
    let mut first: Option<(Vec<usize>, Span)> = None;
    let (mut all, mut lengths) = (vec![], vec![]);
    for (row, value) in values.iter().enumerate() {
        let mut own = vec![];
        let shape = read_cells(reader, *value, &mut own)?;
        lengths.extend(shape.first().map(|length| *length as f64));
        all.push(own);
        let place = reader.tree.span(*value);
        match &first {
            Some((expected, _)) if is_sequence && expected.len() == shape.len() && expected[1..] == shape[1..] => {}
            None => first = Some((shape, place)),
            Some((expected, _)) if *expected == shape => {}
            Some((expected, earlier)) => {
                let text = format!(
                    "row {} of `{}` is {}, row 1 is {}",
                    row + 1,
                    name.name,
                    shape_text(&shape),
                    shape_text(expected)
                );
                return Err(Diagnostic::error("E0612", text)
                    .at(place, format!("this is {}", shape_text(&shape)))
                    .also(*earlier, format!("this is {}", shape_text(expected)))
                    .help("every row of an input has one shape"));
            }
        }
    }
    let mut shape = first.map_or(vec![], |(shape, _)| shape);
    let longest = all.iter().map(Vec::len).max().unwrap_or(0);
    let mut columns = vec![];
    if is_sequence && lengths.len() == values.len() {
        shape[0] = lengths.iter().copied().fold(0.0, f64::max) as usize;
        let values = ListedValues::Numbers(lengths);
        columns.push(Listed { name: format!("{}{LENGTH}", name.name), shape: vec![], values, rows: all.len(), span });
    }
    for mut own in all {
        let last = own.last().cloned();
        own.extend(std::iter::repeat_n(last, longest).flatten().take(longest - own.len()));
        cells.extend(own);
    }
    columns.push(Listed { name: name.name.clone(), shape, values: same_kind(cells, name)?, rows: values.len(), span });
    Ok(columns)
}

/// One listed value and its place.
#[derive(Clone)]
enum Cell {
    Number(f64),
    Truth(bool),
    Word(String),
}

fn read_cells(reader: &Reader, id: TreeId, cells: &mut Vec<(Cell, Span)>) -> Result<Vec<usize>, Diagnostic> {
    let span = reader.tree.span(id);
    let cell = match reader.tree.kind(reader.tree.bare(id)) {
        NodeKind::List(items) => {
            let mut inner: Option<Vec<usize>> = None;
            for item in items {
                let shape = read_cells(reader, *item, cells)?;
                if inner.as_ref().is_some_and(|inner| *inner != shape) {
                    return Err(Diagnostic::error("E0612", "the entries of a list have one shape")
                        .at(reader.tree.span(*item), format!("this is {}", shape_text(&shape)))
                        .help(format!("those before it are {}", shape_text(&inner.unwrap_or_default()))));
                }
                inner = Some(shape);
            }
            let mut shape = vec![items.len()];
            shape.extend(inner.unwrap_or_default());
            return Ok(shape);
        }
        NodeKind::Bool(truth) => Cell::Truth(*truth),
        NodeKind::Text(word) => Cell::Word(word.clone()),
        _ => Cell::Number(reader.constant(id)?),
    };
    cells.push((cell, span));
    Ok(vec![])
}

/// The cells of a column, which are all numbers, all truth values or all words.
fn same_kind(cells: Vec<(Cell, Span)>, name: &Ident) -> Result<ListedValues, Diagnostic> {
    let (mut numbers, mut truths, mut words) = (vec![], vec![], vec![]);
    for (cell, span) in cells {
        let others = match &cell {
            Cell::Number(_) => truths.len() + words.len(),
            Cell::Truth(_) => numbers.len() + words.len(),
            Cell::Word(_) => numbers.len() + truths.len(),
        };
        if 0 < others {
            return Err(Diagnostic::error("E0612", format!("the values of `{}` are of two kinds", name.name))
                .at(span, "of another kind than those before it")
                .help("a column has numbers, truth values or texts"));
        }
        match cell {
            Cell::Number(number) => numbers.push(number),
            Cell::Truth(truth) => truths.push(truth),
            Cell::Word(word) => words.push(word),
        }
    }
    Ok(match (truths.is_empty(), words.is_empty()) {
        (false, _) => ListedValues::Truths(truths),
        (_, false) => ListedValues::Words(words),
        _ => ListedValues::Numbers(numbers),
    })
}

/// Whether the sources of the rows agree with each other.
fn check_sources(plan: &DataPlan, errors: &mut Vec<Diagnostic>) {
    if let (Some(file), Some(listed)) = (&plan.file, plan.listed.first()) {
        errors.push(
            Diagnostic::error("E0612", "rows are either listed or come from a file")
                .at(listed.span, "listed here")
                .also(file.span, "the file")
                .help("write `data { … }` without a file, or take the listed rows out"),
        );
    }
    if let Some(first) = plan.listed.first() {
        for other in plan.listed.iter().filter(|other| other.rows != first.rows) {
            let text = format!("`{}` has {} rows, `{}` has {}", other.name, other.rows, first.name, first.rows);
            errors.push(
                Diagnostic::error("E0612", text)
                    .at(other.span, format!("{} rows", other.rows))
                    .also(first.span, format!("{} rows", first.rows))
                    .help("each input and target has one value for each row"),
            );
        }
    }
    let counted = plan.file.is_some() || !plan.listed.is_empty();
    if let Some(drawn) = plan.drawn.first().filter(|_| !counted && plan.rows.is_none()) {
        errors.push(
            Diagnostic::error("E0613", "how many rows are to be drawn?").at(drawn.span, "a column that is drawn").edit(
                "say so",
                Span { start: drawn.span.end, ..drawn.span },
                "; rows 1000",
                false,
            ),
        );
    }
}

/// `[2, 3]`, or `a number`.
pub fn shape_text(shape: &[usize]) -> String {
    match shape {
        [] => "a number".to_string(),
        sizes => format!("[{}]", sizes.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")),
    }
}
