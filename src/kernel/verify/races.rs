//! Proves that the iterations of a loop over lanes or over threads do not meet: no element that one writes is touched by
//! another.
use super::Scope;
use crate::kernel::affine::{Affine, Interval, LoopVariable};
use crate::kernel::buffer::BufferId;
use crate::kernel::instruction::{Access, Instruction, Register, Statement};

/// An access inside the loop, with what is known where it stands.
struct Touch {
    access: Access,
    writes: bool,
    /// The variables of the index and their intervals; those made inside the loop are not shared by two iterations.
    variables: Vec<(LoopVariable, Interval, bool)>,
    /// The row's register was made inside the loop.
    own_row: bool,
}

/// Why two iterations may meet, if they may. `scope` is that of the loop, its variable included.
pub(super) fn check(variable: LoopVariable, body: &[Statement], scope: &Scope) -> Result<(), String> {
    let mut touches = vec![];
    collect(body, &mut scope.clone(), scope, &mut vec![], &mut touches);
    let span = scope.variable(variable).map_or(1, |i| i.high - i.low);
    for write in touches.iter().filter(|t| t.writes) {
        let memory = scope.memory(write.access.buffer);
        for other in touches.iter().filter(|t| scope.memory(t.access.buffer) == memory) {
            if !disjoint(write, other) && !apart(variable, span, write, other) {
                let (to, from) = (&write.access.index, &other.access.index);
                let what = if other.writes { "writes" } else { "reads" };
                return Err(format!(
                    "an iteration of {variable} writes `{}` at `{to}` where another {what} it at `{from}`",
                    scope.name(write.access.buffer)
                ));
            }
        }
    }
    Ok(())
}

/// Why a load of `old` may find what a store to `new`, its next value in the same memory, has put there, if it may. The load must come
/// first, and of a loop around both no other iteration may meet it.
pub(super) fn loads_first(body: &[Statement], scope: &Scope, old: BufferId, new: BufferId) -> Result<(), String> {
    let mut scope = scope.clone();
    let mut stored: Vec<Touch> = vec![];
    let is_load = |t: &&Touch| !t.writes && t.access.buffer == old;
    let is_store = |t: &&Touch| t.writes && t.access.buffer == new;
    for statement in body {
        let before = scope.clone();
        let mut touches = vec![];
        collect(std::slice::from_ref(statement), &mut scope, &before, &mut vec![], &mut touches);
        for load in touches.iter().filter(is_load) {
            if let Some(store) = stored.iter().find(|store| !disjoint(load, store)) {
                return Err(too_late(&scope, load, store));
            }
        }
        if let Statement::For(one) = statement
            && touches.iter().any(|t| is_load(&t))
            && touches.iter().any(|t| is_store(&t))
        {
            let mut inside = before.clone();
            inside.open(one);
            let mut touches = vec![];
            collect(&one.body, &mut inside.clone(), &inside, &mut vec![], &mut touches);
            let span = inside.variable(one.variable).map_or(1, |i| i.high - i.low);
            for load in touches.iter().filter(is_load) {
                for store in touches.iter().filter(is_store) {
                    if span != 0 && !disjoint(load, store) && !apart(one.variable, span, store, load) {
                        return Err(too_late(&scope, load, store));
                    }
                }
            }
            loads_first(&one.body, &inside, old, new)?;
        }
        stored.extend(touches.into_iter().filter(|t| is_store(&t)));
    }
    Ok(())
}

fn too_late(scope: &Scope, load: &Touch, store: &Touch) -> String {
    let (old, new) = (scope.name(load.access.buffer), scope.name(store.access.buffer));
    let (from, to) = (&load.access.index, &store.access.index);
    format!("`{old}` is read at `{from}` when `{new}` may stand there, which is written at `{to}`")
}

/// The memory that statements write, and all that they touch, by the buffers that it is called by.
pub(super) fn buffers(body: &[Statement], scope: &Scope) -> (Vec<BufferId>, Vec<BufferId>) {
    let (mut written, mut touched) = (vec![], vec![]);
    for statement in body {
        match statement {
            Statement::For(inner) => {
                let (w, t) = buffers(&inner.body, scope);
                written.extend(w);
                touched.extend(t);
            }
            Statement::Store { to, .. } | Statement::Add { to, .. } => {
                written.push(scope.memory(to.buffer));
                touched.push(scope.memory(to.buffer));
            }
            Statement::Let { instruction: Instruction::Load(access), .. } => {
                touched.push(scope.memory(access.buffer));
            }
            _ => {}
        }
    }
    (written, touched)
}

fn collect(
    body: &[Statement],
    scope: &mut Scope,
    outer: &Scope,
    registers: &mut Vec<Register>,
    touches: &mut Vec<Touch>,
) {
    let touch = |access: &Access, writes, scope: &Scope, registers: &[Register]| {
        let variables = access.index.terms.iter().map(|&(v, _)| v);
        let variables =
            variables.filter_map(|v| scope.variable(v).map(|i| (v, i, outer.variable(v).is_none()))).collect();
        let own_row = access.row.is_some_and(|r| registers.contains(&r.register));
        Touch { access: access.clone(), writes, variables, own_row }
    };
    for statement in body {
        match statement {
            Statement::For(inner) => {
                scope.open(inner);
                collect(&inner.body, scope, outer, registers, touches);
            }
            Statement::Let { register, instruction } => {
                registers.push(*register);
                if let Instruction::Load(access) = instruction {
                    touches.push(touch(access, false, scope, registers));
                }
            }
            Statement::Divide { quotient, remainder, dividend, divisor } => {
                scope.divide(*quotient, *remainder, dividend, *divisor);
            }
            Statement::Store { to, .. } | Statement::Add { to, .. } => touches.push(touch(to, true, scope, registers)),
            Statement::Start { .. } | Statement::Accumulate { .. } => {}
        }
    }
}

/// Whether the two can't touch the same element at all.
fn disjoint(one: &Touch, other: &Touch) -> bool {
    let reach = |t: &Touch| {
        let of = |v: LoopVariable| t.variables.iter().find(|x| x.0 == v).map(|x| x.1);
        let row = t.access.row.map_or(Some(0), |r| (r.count as i64 - 1).checked_mul(r.stride as i64));
        t.access.index.interval(of)?.plus(Interval::new(0, row?))
    };
    matches!((reach(one), reach(other)), (Some(a), Some(b)) if !a.meets(b))
}

/// Whether the two touch the same element only in one and the same iteration. Their difference is
/// `c Δ + small + k g`, where Δ is the difference of the iterations, `small` has smaller factors than c, and g divides every
/// other factor. It may be zero only for Δ = 0, whatever k is.
fn apart(variable: LoopVariable, span: i64, one: &Touch, other: &Touch) -> bool {
    let (a, b) = (&one.access, &other.access);
    let factor = a.index.coefficient(variable);
    if factor == 0 || factor != b.index.coefficient(variable) {
        return false;
    }
    let Some(fixed) = a.index.constant.checked_sub(b.index.constant) else { return false };
    let mut large = 0_i64;
    let mut small = Some(Interval::point(0));
    let mut term = |coefficient: i64, of: Interval| {
        if of.low == of.high || coefficient.abs() < factor.abs() {
            small = small.and_then(|s| s.plus(of.times(coefficient)?));
        } else {
            large = gcd(large, coefficient.abs());
        }
    };
    let own = |t: &Touch, sign: i64, term: &mut dyn FnMut(i64, Interval)| {
        for &(v, of, inside) in t.variables.iter().filter(|x| x.0 != variable) {
            if inside {
                term(sign * t.access.index.coefficient(v), of);
            }
        }
    };
    own(one, 1, &mut term);
    own(other, -1, &mut term);
    let first = |v: LoopVariable| one.variables.iter().all(|x| x.0 != v);
    let shared = one.variables.iter().chain(other.variables.iter().filter(|x| first(x.0)));
    for &(v, of, _) in shared.filter(|x| x.0 != variable && !x.2) {
        let difference = a.index.coefficient(v) - b.index.coefficient(v);
        if difference != 0 {
            term(difference, of);
        }
    }
    match (a.row, b.row) {
        (None, None) => {}
        (Some(r), Some(s)) if r == s && !one.own_row => {}
        (r, s) => {
            for (row, sign) in [(r, 1), (s, -1)] {
                if let Some(row) = row {
                    term(sign * row.stride as i64, Interval::below(row.count));
                }
            }
        }
    }
    let Some(small) = small.and_then(|s| s.plus(Interval::point(fixed))) else { return false };
    let step = factor.abs();
    let Some(reach) = step.checked_mul(span) else { return false };
    // Whether `-c Δ` can be in the interval, for 0 < |Δ| <= span.
    let meets =
        |s: Interval| 0 < span && (s.meets(Interval::new(step, reach)) || s.meets(Interval::new(-reach, -step)));
    if large == 0 {
        return !meets(small);
    }
    let (Some(below), Some(above)) = (reach.checked_add(small.high), reach.checked_sub(small.low)) else {
        return false;
    };
    let (first, last) = ((-below).div_euclid(large), above.div_euclid(large));
    last - first < 1000 && (first..=last).all(|k| small.plus(Interval::point(k * large)).is_some_and(|s| !meets(s)))
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

impl Scope<'_> {
    fn variable(&self, variable: LoopVariable) -> Option<Interval> {
        self.interval(&Affine::from(variable))
    }
}
