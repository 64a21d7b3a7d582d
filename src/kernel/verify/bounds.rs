//! Proves by interval arithmetic that an access stays inside its buffer.
use super::Scope;
use crate::kernel::affine::{Affine, Interval};
use crate::kernel::buffer::{Buffer, Location};
use crate::kernel::instruction::{Access, Guard};

/// Why an access may leave its buffer, if it may.
pub(super) fn check(access: &Access, buffer: &Buffer, scope: &Scope) -> Result<(), String> {
    let known = |index: &Affine| scope.interval(index).ok_or(format!("`{index}` has a variable that is not in scope"));
    for guard in &access.guards {
        known(&guard.index)?;
    }
    let all = known(&access.index)?;
    let elements = buffer.elements as i64;
    let (reach, room) = match buffer.place {
        Location::Window { .. } => (guarded(&within_row(access, buffer, scope)?, &access.guards, scope), elements),
        Location::Table { .. } => (guarded(&access.index, &access.guards, scope), elements),
        Location::Arena { .. } => {
            let below = access.row.map_or(Some(0), |r| (r.count as i64 - 1).checked_mul(r.stride as i64));
            (guarded(&access.index, &access.guards, scope), below.and_then(|b| elements.checked_sub(b)).unwrap_or(0))
        }
    };
    let Some(reach) = reach.map(|r| r.unwrap_or(all)) else { return Ok(()) };
    if reach.low < 0 || room <= reach.high {
        let Interval { low, high } = reach;
        return Err(format!(
            "`{}` reaches {low} to {high} of `{}`, which has 0 to {}",
            access.index,
            buffer.name,
            room - 1
        ));
    }
    Ok(())
}

/// The elements of a buffer in memory that an access may touch: none if its guards can't hold.
pub(super) fn reach(access: &Access, buffer: &Buffer, scope: &Scope) -> Option<Interval> {
    let whole = Interval::below(buffer.elements);
    let rows = access.row.map_or(Some(0), |r| (r.count as i64 - 1).checked_mul(r.stride as i64));
    let first = guarded(&access.index, &access.guards, scope)?;
    Some(first.and_then(|first| first.plus(Interval::new(0, rows?))).unwrap_or(whole))
}

/// The index inside a row of a window: what is left without the row of the batch.
fn within_row(access: &Access, buffer: &Buffer, scope: &Scope) -> Result<Affine, String> {
    let elements = buffer.elements as i64;
    let row = access.index.terms.iter().find(|&&(v, c)| c == elements && scope.is_row(v));
    match row {
        Some(&(row, _)) => Ok(access.index.clone() - Affine::from(row) * elements),
        None => Err(format!(
            "`{}` must be {elements} times the variable of an unpadded loop over the batch, plus the rest",
            access.index
        )),
    }
}

/// The interval of an index where all guards hold: `Some(None)` if nothing better than its plain interval is known, `None`
/// if the guards can't hold. A guard replaces the part of the index that is a multiple of it: with `0 <= i + k - 1 < 28`,
/// the index `28 (i + k - 1) + j` is in `28 · 0 + j` to `28 · 27 + j`, whatever i and k are.
fn guarded(index: &Affine, guards: &[Guard], scope: &Scope) -> Option<Option<Interval>> {
    let mut best = scope.interval(index);
    // Of each guard one variable disappears, or the guard is left aside.
    let choices = |guard: &Guard| 1 + guard.index.terms.len();
    let ways = guards.iter().fold(1_usize, |ways, guard| ways.saturating_mul(choices(guard)));
    for way in 0..ways.min(MOST_WAYS) {
        let mut left = way;
        let (mut rest, mut sum) = (index.clone(), Some(Interval::point(0)));
        for guard in guards {
            let allowed = Interval::new(guard.low, guard.high - 1);
            let possible = match scope.interval(&guard.index) {
                Some(own) => Interval::new(own.low.max(allowed.low), own.high.min(allowed.high)),
                None => allowed,
            };
            if possible.high < possible.low {
                return None;
            }
            let choice = left % choices(guard);
            left /= choices(guard);
            if let Some(term) = choice.checked_sub(1)
                && let Some(factor) = multiple(&rest, &guard.index, term)
            {
                sum = sum.and_then(|s| s.plus(possible.times(factor)?));
                rest = rest.add_scaled(&guard.index, -factor).unwrap_or(rest);
            }
        }
        let reach = sum.and_then(|s| s.plus(scope.interval(&rest)?));
        best = match (best, reach) {
            (Some(a), Some(b)) => Some(Interval::new(a.low.max(b.low), a.high.min(b.high))),
            (one, other) => one.or(other),
        };
    }
    Some(best)
}

/// Ways to use the guards that are looked at.
const MOST_WAYS: usize = 256;

/// How often `part` is in `index`, so that the variable of one of its terms disappears.
fn multiple(index: &Affine, part: &Affine, term: usize) -> Option<i64> {
    let &(variable, of_part) = part.terms.get(term)?;
    let of_index = index.coefficient(variable);
    (of_index != 0 && of_index % of_part == 0).then(|| of_index / of_part)
}
