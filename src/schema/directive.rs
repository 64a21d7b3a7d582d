//! The directives of a `data` section: `standardize`, `fill`, `train where`, `test`, `validation`, `split seed`, `rows`, `same classes`.
use super::expression::Reader;
use super::lines::{Lines, slot_index};
use super::{DataPlan, Declared, FileSource, Fill, Part, PartRequest, Role, Standardize, Windows};
use crate::diagnostic::{Diagnostic, Span};
use crate::graph::Kind;
use crate::syntax::{Directive, Ident, NodeKind, Section, StatementKind, Tree, TreeId};

/// Puts a directive into the plan. The parser has checked that its parts are those of a known form.
pub(super) fn read_directive(
    reader: &Reader,
    directive: &Directive,
    span: Span,
    plan: &mut DataPlan,
    lines: &mut Lines,
) -> Result<(), Diagnostic> {
    let word = directive.word.name.as_str();
    let phrase = directive.phrases.first();
    let value = directive.values.first().or(phrase.and_then(|phrase| phrase.values.first())).copied();
    let Some(value) = value else { return Ok(()) };
    match word {
        "standardize" => {
            for id in &directive.values {
                let at = reader.tree.span(*id);
                // Of a series its column is meant, whatever reads it.
                let column = match reader.tree.kind(*id) {
                    NodeKind::Name(name) | NodeKind::Text(name) => Some(name),
                    _ => None,
                };
                let is_slot = |name: &&String| plan.slots.iter().any(|slot| slot.declared.name == **name);
                if let Some(name) = column.filter(|name| plan.window.is_some() && !is_slot(name)) {
                    lines.first("E0609", &format!("`standardize {name}`"), at)?;
                    plan.scaled.push((name.clone(), at));
                    continue;
                }
                let slot = slot_of(reader, plan, *id, word)?;
                is_number(&plan.slots[slot].declared, at)?;
                if plan.slots[slot].declared.role == Role::Weight {
                    let error = Diagnostic::error("E0623", "weights can't be standardized: some would be below 0");
                    return Err(error
                        .at(at, "says how much each row counts")
                        .help("they are brought to the mean 1 anyway, in each part of the data"));
                }
                lines.first("E0609", &format!("`standardize {}`", plan.slots[slot].declared.name), at)?;
                plan.standardize.push(Standardize { slot, span: at });
            }
        }
        "fill" => {
            let Some(with) = phrase.and_then(|phrase| phrase.values.first()) else { return Ok(()) };
            let is_previous = reader.tree.name(*with) == Some("previous");
            for id in &directive.values {
                if is_previous {
                    super::fill::previous(reader, *id, plan, lines)?;
                    continue;
                }
                let is_of_window = |error: Diagnostic| {
                    match plan.window {
                    Some(_) => error.help("of a column of rows that follow each other, a missing cell is as the one before it: `with previous`"),
                    None => error,
                }
                };
                let slot = slot_of(reader, plan, *id, word).map_err(is_of_window)?;
                let at = reader.tree.span(*id);
                let with = super::fill::read(reader, *with, &plan.slots[slot].declared)?;
                lines.first("E0609", &format!("`fill {}`", plan.slots[slot].declared.name), at)?;
                plan.fill.push(Fill { slot, with, span: at });
            }
        }
        "skip" => {
            for id in phrase.map_or(&[][..], |phrase| &phrase.values[..]) {
                let slot = slot_of(reader, plan, *id, "skip missing")?;
                let at = reader.tree.span(*id);
                lines.first("E0609", &format!("`skip missing {}`", plan.slots[slot].declared.name), at)?;
                plan.skip_missing.push((slot, at));
            }
        }
        "order" => {
            lines.first("E0609", "`order by`", span)?;
            plan.order = Some(reader.expression(value)?);
        }
        "train" => {
            lines.first("E0609", "`train where`", span)?;
            plan.train_where = Some(reader.expression(value)?);
        }
        "test" | "validation" => {
            lines.first("E0609", &format!("`{word}`"), span)?;
            let by = phrase.filter(|phrase| phrase.words.name == "by").and_then(|phrase| phrase.values.first());
            let part = match (directive.values.first(), by) {
                // `test 0.2 by person`
                (Some(&share), Some(&column)) => match read_part(reader, share, None)? {
                    Part::Share(share) => Part::ShareBy(share, reader.expression(column)?),
                    other => other,
                },
                _ => read_part(reader, value, phrase.map(|phrase| phrase.words.name.as_str()))?,
            };
            let request = Some(PartRequest { part, span });
            if word == "test" { plan.test = request } else { plan.validation = request }
        }
        "split" => {
            lines.first("E0609", "`split seed`", span)?;
            plan.split_seed = reader.whole(value, "a seed")? as u64;
        }
        "rows" => {
            lines.first("E0609", "`rows`", span)?;
            let rows = reader.whole(value, "a number of rows")?;
            if rows == 0 {
                let error = Diagnostic::error("E0613", "`rows` is 1 or more");
                return Err(error.at(reader.tree.span(value), "no row would be drawn"));
            }
            if plan.file.is_some() {
                let error = Diagnostic::error("E0613", "`rows` counts rows that are drawn; a file has its own number");
                return Err(error.at(span, "no use beside a file").help("take the line out"));
            }
            plan.rows = Some(rows);
        }
        "same" => {
            let names = phrase.map_or(&[][..], |phrase| &phrase.values[..]);
            one_list(reader, plan, names, span)?;
            for id in names {
                let at = reader.tree.span(*id);
                lines.first(
                    "E0609",
                    &format!("`same classes` of `{}`", reader.tree.name(*id).unwrap_or_default()),
                    at,
                )?;
            }
        }
        "weight" => {
            lines.first("E0615", "`weight`", span)?;
            super::weight::balanced(reader, plan, value)?;
        }
        "window" => lines.first("E0609", "`window`", span)?,
        _ => {}
    }
    Ok(())
}

/// `window 100 by person step 50`, wherever in the section it stands.
pub(super) fn window(
    reader: &Reader,
    section: &Section,
    longest: Option<usize>,
) -> Result<Option<Windows>, Diagnostic> {
    let line = section.statements.iter().find_map(|statement| match &statement.kind {
        StatementKind::Directive(directive) if directive.word.name == "window" => Some((directive, statement.span)),
        _ => None,
    });
    let Some((directive, span)) = line else { return Ok(None) };
    let number = |id: TreeId, what: &str| {
        let number = reader.constant(id)?;
        match 1.0 <= number {
            true => reader.whole(id, what),
            false => {
                let error = Diagnostic::error("E0609", format!("{what} is 1 or more"));
                Err(error.at(reader.tree.span(id), format!("this is {number}")))
            }
        }
    };
    let (size, whole) = match (directive.values.first(), longest) {
        (Some(&size), _) => (number(size, "a window")?, false),
        (None, Some(longest)) => (longest, true),
        (None, None) => {
            let error = Diagnostic::error("E0609", "`window by` makes rows of unequal length, and no input has such");
            let error = error.at(span, "each recording is a row");
            return Err(error.help("declare `input x: [t <= 100, 6]`, or say how many rows: `window 100 by …`"));
        }
    };
    let mut windows = Windows { size, step: 1, whole, by: None, span };
    for phrase in &directive.phrases {
        let Some(&value) = phrase.values.first() else { continue };
        match phrase.words.name.as_str() {
            "by" => windows.by = Some(reader.expression(value)?),
            _ => windows.step = number(value, "a step")?,
        }
    }
    Ok(Some(windows))
}

/// `same classes p, q`: the graph has made one list of them, which is learned from both. They are classes, of one number (E0609).
fn one_list(reader: &Reader, plan: &DataPlan, names: &[TreeId], span: Span) -> Result<(), Diagnostic> {
    let mut first: Option<(&Declared, usize)> = None;
    for id in names {
        let declared = &plan.slots[slot_of(reader, plan, *id, "same classes")?].declared;
        let at = reader.tree.span(*id);
        let Kind::Class(_, count) = declared.kind else {
            return Err(Diagnostic::error(
                "E0609",
                format!("`same classes` is for classes; `{}` is none", declared.name),
            )
            .at(at, "not a class")
            .also(declared.span, "declared here")
            .help(format!("declare it so: `{}: class(3)`", declared.name)));
        };
        match first {
            None => first = Some((declared, count)),
            Some((other, others)) if others != count => {
                let text = format!("`{}` is class({others}), `{}` class({count})", other.name, declared.name);
                return Err(Diagnostic::error("E0609", text)
                    .at(at, "of another number of classes")
                    .also(other.span, "the first")
                    .also(declared.span, "the second")
                    .help("classes of one list are declared with one number"));
            }
            Some(_) => {}
        }
    }
    match names {
        [_, _, ..] => Ok(()),
        _ => Err(Diagnostic::error("E0609", "`same classes` makes one list of several")
            .at(span, "one input")
            .help("as in `same classes p, q`")),
    }
}

/// The names that each line `same classes` has, before anything of the section is checked.
pub fn same_classes(tree: &Tree, section: &Section) -> Vec<Vec<String>> {
    let lines = section.statements.iter().filter_map(|statement| match &statement.kind {
        StatementKind::Directive(directive) if directive.word.name == "same" => directive.phrases.first(),
        _ => None,
    });
    lines.map(|phrase| phrase.values.iter().filter_map(|id| tree.name(*id)).map(str::to_string).collect()).collect()
}

/// The names that lines `standardize` have, before anything of the section is checked.
pub fn standardized(tree: &Tree, section: &Section) -> Vec<(String, Span)> {
    let lines = section.statements.iter().filter_map(|statement| match &statement.kind {
        StatementKind::Directive(directive) if directive.word.name == "standardize" => Some(&directive.values),
        _ => None,
    });
    lines.flatten().filter_map(|id| Some((tree.name(*id)?.to_string(), tree.span(*id)))).collect()
}

/// The slot that `standardize` or `fill` names.
fn slot_of(reader: &Reader, plan: &DataPlan, id: TreeId, word: &str) -> Result<usize, Diagnostic> {
    let span = reader.tree.span(id);
    let Some(name) = reader.tree.name(id) else {
        let error = Diagnostic::error("E0609", format!("`{word}` takes names of inputs and targets"));
        return Err(error.at(span, "not a name").help(format!("as in `{word} x`, for all components of `x`")));
    };
    slot_index(plan, &Ident { name: name.to_string(), span })
}

/// Only numbers have a mean to be standardized by (E0609).
fn is_number(declared: &Declared, span: Span) -> Result<(), Diagnostic> {
    let what = match declared.kind {
        Kind::Real => return Ok(()),
        Kind::Bool => "a truth value",
        Kind::Index(_) | Kind::Class(..) => "a class",
    };
    let role = declared.role_name();
    let name = &declared.name;
    Err(Diagnostic::error("E0609", format!("`standardize` is for numbers; `{name}` is {what}"))
        .at(span, format!("{what} has no mean"))
        .also(declared.span, format!("the {role} is declared here"))
        .help(format!("take `{name}` out of the line")))
}

fn read_part(reader: &Reader, value: TreeId, phrase: Option<&str>) -> Result<Part, Diagnostic> {
    let span = reader.tree.span(value);
    if phrase == Some("by") {
        return Ok(Part::By(reader.expression(value)?));
    }
    if let (None, NodeKind::Text(path)) = (phrase, reader.tree.kind(value)) {
        return Ok(Part::File(FileSource { path: path.clone(), span }));
    }
    let share = reader.constant(value)?;
    if !(0.0 < share && share < 1.0) {
        let error = Diagnostic::error("E0610", "a share of the rows lies between 0 and 1")
            .at(span, format!("this is {share}"))
            .help("`test 0.2` takes a fifth of the rows");
        let is_per_cent = 1.0 < share && share < 100.0;
        let part = (share / 100.0).to_string();
        return Err(match is_per_cent {
            true => error.edit(format!("{share} per cent are `{part}`"), span, part, false),
            false => error,
        });
    }
    Ok(if phrase == Some("last") { Part::Last(share) } else { Part::Share(share) })
}
