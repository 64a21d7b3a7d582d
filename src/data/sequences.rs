//! Sequences of unequal length, `input x: [t <= 100, 6]`: how long each row's is. A recording of `window by id` has as many rows as it has, an
//! array `x` has its lengths in `x.length` beside it, a text ends where it ends, and `t = column` says it outright.
use super::dataset::Values;
use super::evaluate::{all_rows, places};
use super::fitting::Fitting;
use super::loading::Loading;
use super::resolve::{Node, Resolved};
use super::table::{Cells, Cut, Table, TableColumn, Words, WordsBuilder};
use crate::diagnostic::{Diagnostic, Span};
use crate::graph::Kind;
use crate::schema::{ColumnTerm, Declared, LENGTH, Role, SlotValue};

/// The length of each row, for each slot that has one.
pub(super) type LengthsOfSlots = Vec<Option<Vec<usize>>>;

impl Loading<'_> {
    /// How long the sequences of each input and target are, and what a length itself is (E0624).
    pub(super) fn lengths_of_slots(
        &self,
        table: &Table,
        resolved: &[Option<Resolved>],
    ) -> Result<LengthsOfSlots, Diagnostic> {
        let slots = &self.plan.slots;
        let mut all: LengthsOfSlots = vec![None; slots.len()];
        for (at, slot) in slots.iter().enumerate().filter(|(_, slot)| slot.declared.role == Role::Length) {
            let used = |slot: &Declared| slot.length == Some(at);
            let mut lengths: Option<Vec<usize>> = match &resolved[at] {
                Some(said) => Some(whole_lengths(&slot.declared, said, table)?),
                None => table.windows.as_ref().and_then(|cut| cut.lengths.clone()),
            };
            let of_it: Vec<usize> = (0..slots.len()).filter(|k| used(&slots[*k].declared)).collect();
            for &of in &of_it {
                let Some(resolved) = &resolved[of] else { continue };
                let Some(own) = self.beside(table, resolved) else { continue };
                match &lengths {
                    Some(others) if *others != own => {
                        let row = (0..own.len()).find(|row| others[*row] != own[*row]).unwrap_or(0);
                        let text = format!(
                            "`{}` has {} entries in {}, where `{}` is {}",
                            slots[of].declared.name,
                            own[row],
                            table.place(row),
                            slot.declared.name,
                            others[row]
                        );
                        return Err(Diagnostic::error("E0624", text).at(slots[of].declared.span, "of another length"));
                    }
                    _ => lengths = Some(own),
                }
            }
            let most = of_it.iter().filter_map(|of| slots[*of].declared.shape.first()).min().copied().unwrap_or(0);
            match lengths {
                Some(lengths) => {
                    let (least, name) = (slot.declared.least, &slot.declared.name);
                    if let Some(row) = lengths.iter().position(|length| *length < least || most < *length) {
                        return Err(out_of_bounds(table, row, lengths[row], (least, most), name, slot.declared.span));
                    }
                    of_it.iter().for_each(|of| all[*of] = Some(lengths.clone()));
                    all[at] = Some(lengths);
                }
                None if of_it.iter().all(|of| resolved[*of].is_none()) => {}
                None => {
                    let name = &slot.declared.name;
                    let text = format!("the data does not say how long each row is: `{name}`");
                    let error =
                        Diagnostic::error("E0624", text).at(slot.declared.span, "of another length in each row");
                    return Err(error.help(format!(
                        "`window by id` makes a row of each recording; a line `{name} = column` says it; an array `x` has it beside it, as `x.length`"
                    )));
                }
            }
        }
        Ok(all)
    }

    /// The lengths that stand beside the column that a slot reads, or that it is computed from.
    fn beside(&self, table: &Table, resolved: &Resolved) -> Option<Vec<usize>> {
        let column = match &resolved.node {
            Node::Column(column) => *column,
            Node::Unary(_, of) => return self.beside(table, of),
            Node::Binary(_, a, b) => {
                return match (self.beside(table, a), self.beside(table, b)) {
                    (Some(a), Some(b)) => (a == b).then_some(a),
                    (a, b) => a.or(b),
                };
            }
            Node::Constant(_) | Node::IsWord { .. } | Node::Part { .. } | Node::Join { .. } => return None,
        };
        let name = format!("{}{LENGTH}", table.columns[column].name);
        let mut numbers = vec![];
        let beside = &table.columns[table.position(&name)?].cells;
        beside.numbers(0..beside.len(), &mut numbers);
        // What is no length is none that fits.
        let whole = |number: f64| if number.fract() == 0.0 && number >= 0.0 { number as usize } else { usize::MAX };
        Some(numbers.into_iter().map(whole).collect())
    }

    /// Refuses what looks at single places of recordings that some have not (E0624): the first ones of all may be looked at, and the last.
    pub(super) fn places_are_there(&self, table: &Table, resolved: &[Option<Resolved>]) -> Result<(), Diagnostic> {
        let Some(Cut { size, lengths: Some(lengths), .. }) = &table.windows else { return Ok(()) };
        let shortest = lengths.iter().min().copied().unwrap_or(0);
        for (slot, resolved) in self.plan.slots.iter().zip(resolved) {
            let Some(resolved) = resolved else { continue };
            let span = resolved.span.unwrap_or(slot.declared.span);
            if slot.declared.length.is_some() {
                if resolved.shape.first() != Some(size) {
                    let text = format!("`{}` is a sequence, and gets a part of each recording", slot.declared.name);
                    let error = Diagnostic::error("E0624", text).at(span, "not all of it");
                    return Err(
                        error.help("take whole columns, as in `x = [a, b]`, and parts in the program: `x[1..]`")
                    );
                }
                continue;
            }
            let missing =
                places(resolved, table, *size).into_iter().find(|place| shortest <= *place && place + 1 != *size);
            if let Some(place) = missing {
                let text = format!(
                    "`{}` looks at place {place} of each recording, and the shortest has {shortest} rows",
                    slot.declared.name
                );
                let error = Diagnostic::error("E0624", text).at(span, "not there in all");
                return Err(error.help("the first places of all are there, and the last: `a[0]`, `a[-1]`"));
            }
        }
        Ok(())
    }

    /// The table in which texts that are sequences have a column of characters, and their lengths beside it.
    pub(super) fn with_characters(&self, table: &Table) -> Option<Table> {
        let mut with: Option<Table> = None;
        for slot in &self.plan.slots {
            let (Some(_), Kind::Class(..)) = (slot.declared.length, slot.declared.kind) else { continue };
            let name = match &slot.value {
                SlotValue::ByName => &slot.declared.name,
                SlotValue::Expression(expression) => match &expression.term {
                    ColumnTerm::Column(name) => name,
                    _ => continue,
                },
                SlotValue::Balanced(_) => continue,
            };
            let Some(at) = table.position(name) else { continue };
            let Cells::Words(words) = &table.columns[at].cells else { continue };
            if !table.columns[at].shape.is_empty() {
                continue;
            }
            let (characters, lengths) = characters(words);
            let most = lengths.iter().copied().fold(0.0, f64::max) as usize;
            let with = with.get_or_insert_with(|| table.clone());
            with.columns[at] = TableColumn::new(name, vec![most], Cells::Words(characters));
            with.columns.push(TableColumn::new(&format!("{name}{LENGTH}"), vec![], Cells::F64(lengths)));
        }
        with
    }
}

/// The characters of each text, padded to those of the longest by its last one; and how many each has.
fn characters(texts: &Words) -> (Words, Vec<f64>) {
    let of = |code: u32| texts.word(code).unwrap_or_default();
    let lengths: Vec<usize> = texts.codes.iter().map(|code| of(*code).chars().count()).collect();
    let most = lengths.iter().max().copied().unwrap_or(0);
    let mut builder = WordsBuilder::default();
    for code in &texts.codes {
        let mut last = None;
        let mut letters = of(*code).chars();
        for _ in 0..most {
            last = letters.next().or(last);
            builder.push(last.map(String::from).as_deref());
        }
    }
    (builder.words, lengths.into_iter().map(|length| length as f64).collect())
}

fn whole_lengths(declared: &Declared, said: &Resolved, table: &Table) -> Result<Vec<usize>, Diagnostic> {
    let numbers = all_rows(said, table);
    if let Some(row) = numbers.iter().position(|number| number.fract() != 0.0 || *number < 0.0 || !number.is_finite()) {
        let text =
            format!("`{}` is a length, a whole number; it is {} in {}", declared.name, numbers[row], table.place(row));
        return Err(Diagnostic::error("E0624", text).at(said.span.unwrap_or(declared.span), "no length"));
    }
    Ok(numbers.into_iter().map(|number| number as usize).collect())
}

/// E0624: a sequence that is too long or too short.
pub(super) fn out_of_bounds(
    table: &Table,
    row: usize,
    length: usize,
    (least, most): (usize, usize),
    name: &str,
    span: Span,
) -> Diagnostic {
    let entries = if length == 1 { "1 entry".to_string() } else { format!("{length} entries") };
    let text = format!("{} has {entries}, and `{name}` goes from {least} to {most}", table.place(row));
    let error = Diagnostic::error("E0624", text).at(span, "declared here");
    match length < least {
        true if length == 0 => error.help("leave rows without entries out, as by `train where`"),
        true => error.help("the program looks at so many entries at once, as windows do"),
        false => error.help(format!("declare `{name} <= {length}`, or cut the recordings: `window {most} by …`")),
    }
}

impl Fitting<'_> {
    /// Whether a value stands behind the end of its row.
    pub(super) fn is_padding(&self, at: usize) -> bool {
        let Some(lengths) = self.lengths else { return false };
        let width = self.resolved.width().max(1);
        let inner = width / self.resolved.shape.first().copied().unwrap_or(1).max(1);
        lengths[at / width] <= at % width / inner.max(1)
    }
    /// Values behind the ends of rows are no values: no statistic counts them.
    pub(super) fn without_padding(&self, values: &mut [f64]) {
        if self.lengths.is_some() {
            (0..values.len()).filter(|at| self.is_padding(*at)).for_each(|at| values[at] = f64::NAN);
        }
    }
}

/// The values with rows as long as the longest that is declared, which no row exceeds; zeros where none was.
pub(super) fn of_declared_length(values: Values, found: &[usize], declared: &Declared) -> Values {
    fn longer<T: Copy + Default>(values: Vec<T>, from: usize, to: usize) -> Vec<T> {
        if from == to || from == 0 {
            return values;
        }
        let row = |row: &[T]| (0..to).map(|at| row.get(at).copied().unwrap_or_default()).collect::<Vec<T>>();
        values.chunks(from).flat_map(row).collect()
    }
    let (from, to) = (found.iter().product(), declared.width());
    match values {
        Values::F32(values) => Values::F32(longer(values, from, to)),
        Values::F64(values) => Values::F64(longer(values, from, to)),
        Values::Classes(values) => Values::Classes(longer(values, from, to)),
    }
}
