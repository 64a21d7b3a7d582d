//! `fill x with …`: what may stand for a missing number, truth value or class.
use super::expression::Reader;
use super::lines::Lines;
use super::{DataPlan, Declared, FillWith};
use crate::diagnostic::Diagnostic;
use crate::graph::Kind;
use crate::syntax::{NodeKind, TreeId};

/// What the statistic is called that a class has too.
const MOST_FREQUENT: &str = "most_frequent";

/// What stands behind `with`, for this input or target. E0609 if it can't stand for one of its values.
pub(super) fn read(reader: &Reader, id: TreeId, declared: &Declared) -> Result<FillWith, Diagnostic> {
    let span = reader.tree.span(id);
    let name = &declared.name;
    let wrong = |text: String, label: &str| Diagnostic::error("E0609", text).at(span, label);
    let named = reader.tree.name(id).filter(|name| !reader.settings.contains_key(*name));
    match (reader.tree.kind(reader.tree.bare(id)), declared.kind) {
        _ if named == Some(MOST_FREQUENT) => Ok(FillWith::MostFrequent),
        (_, Kind::Real) if named == Some("mean") => Ok(FillWith::Mean),
        (_, kind) if named == Some("mean") => {
            let what = if kind == Kind::Bool { "a truth value" } else { "a class" };
            let error = wrong(format!("`{name}` is {what}, which has no mean"), "of numbers alone");
            Err(error.edit("take what stands most often", span, MOST_FREQUENT, false))
        }
        (NodeKind::Text(text), Kind::Class(..)) => Ok(FillWith::Text(text.clone())),
        (NodeKind::Bool(truth), Kind::Bool) => Ok(FillWith::Number(f64::from(u8::from(*truth)))),
        (_, kind) => match (reader.constant(id), kind) {
            (Ok(number), Kind::Real) => Ok(FillWith::Number(number)),
            (Ok(number), Kind::Bool) if number == 0.0 || number == 1.0 => Ok(FillWith::Number(number)),
            (Ok(number), Kind::Class(_, count)) if number.fract() == 0.0 && (0.0..count as f64).contains(&number) => {
                Ok(FillWith::Number(number))
            }
            (Ok(number), Kind::Class(_, count)) => {
                let text = format!("`{name}` is class({count}), an index from 0 to {}", count as i64 - 1);
                Err(wrong(text, &format!("this is {number}")).help("a class may also be called by its name, in quotes"))
            }
            (_, kind) => Err(wrong(format!("a missing value of `{name}` can't be filled with this"), choices(kind).0)
                .help(choices(kind).1)),
        },
    }
}

/// `fill spots with previous`: a column of rows that follow each other, before windows are cut (E0609).
pub(super) fn previous(reader: &Reader, id: TreeId, plan: &mut DataPlan, lines: &mut Lines) -> Result<(), Diagnostic> {
    let span = reader.tree.span(id);
    let name = match reader.tree.kind(id) {
        NodeKind::Name(name) | NodeKind::Text(name) => name,
        _ => {
            return Err(
                Diagnostic::error("E0609", "`fill … with previous` takes names of columns").at(span, "not a name")
            );
        }
    };
    if plan.window.is_none() && !lines.lacks_window {
        let error = Diagnostic::error(
            "E0609",
            "`previous` is the row before, and the rows of this program do not follow each other",
        );
        return Err(error.at(span, "no window").help("with `window 25` they do; else `fill x with mean`"));
    }
    lines.first("E0609", &format!("`fill {name}`"), span)?;
    plan.carried.push((name.clone(), span));
    Ok(())
}

/// What a kind may be filled with, and lines that do.
fn choices(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Real => ("expected `mean`, `most_frequent` or a number", "as in `fill x with mean` or `fill x with 0`"),
        Kind::Bool => (
            "expected `most_frequent`, `true` or `false`",
            "as in `fill smoker with most_frequent` or `fill smoker with false`",
        ),
        Kind::Index(_) | Kind::Class(..) => (
            "expected `most_frequent`, a text or an index",
            "as in `fill sex with most_frequent` or `fill sex with \"unknown\"`, which is a class of its own",
        ),
    }
}
