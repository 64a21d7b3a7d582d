//! A text, a series or a sound that is written on: the last places of one column go in, and what is made of them becomes its next row.
use super::dataset::{Dataset, Options, Targets};
use super::evaluate::last_place;
use super::gather::Gathered;
use super::load::{gather, load_gathered};
use super::names::wanted;
use super::order::in_order;
use super::recordings::keys;
use super::resolve::{Resolved, Resolver};
use super::source::DataFile;
use super::table::{Cells, Cut, Origin, Table, TableColumn, WordsBuilder};
use super::text::{CHARACTERS, read_text};
use super::windows::{carry, cut};
use crate::diagnostic::{Diagnostic, Span};
use crate::graph::Kind;
use crate::schema::{DataPlan, Role, Slot, SlotValue, Windows, column_word, quoted_list};

/// What becomes longer row by row.
pub struct Growing {
    plan: DataPlan,
    options: Options,
    /// The column that inputs look at.
    pub column: String,
    /// How many of its last rows they look at.
    pub places: usize,
    /// Whether `standardize` names the column.
    pub is_scaled: bool,
    /// The target that looks at the place behind those of the inputs.
    pub target: String,
    /// Whether it is that place as it stands, and not something computed of it.
    pub is_next_row: bool,
    /// Of a sound: so many samples a second.
    pub sample_rate: Option<u32>,
    rows: Rows,
}

/// The rows so far, in the file's unit.
enum Rows {
    Words(Vec<String>),
    Numbers(Vec<f64>),
}

impl Rows {
    fn len(&self) -> usize {
        match self {
            Rows::Words(rows) => rows.len(),
            Rows::Numbers(rows) => rows.len(),
        }
    }
}

impl Growing {
    /// What a program writes on: a `prompt`, or else the end of its data or of the file in the place of it. E0622 if it can't.
    pub fn open(plan: &DataPlan, options: &Options, prompt: Option<&str>) -> Result<Growing, Vec<Diagnostic>> {
        let Some(asked) = plan.window.clone() else {
            let error = cannot("writing on needs a window", plan.span);
            return Err(vec![error.help(
                "as in `data \"series.csv\" { window 25; x = [a[0..24]]; t = a[24] }`: the target is the next row of the column that inputs look at",
            )]);
        };
        let plan =
            DataPlan { window: Some(Windows { by: None, step: 1, ..asked.clone() }), ..plan.clone().undivided() };
        let options = Options { targets: Targets::Unread, ..options.clone() };
        let mut table = match prompt {
            Some(prompt) => prompted(&plan, &options, prompt).map_err(|error| vec![error])?,
            None => gather(&plan, &options)?.table,
        };
        if let (Some(by), None) = (&plan.order, prompt) {
            table = in_order(&table, by, &plan, &mut vec![]).map_err(|error| vec![error])?;
        }
        // Of several recordings the last one goes on.
        if let (Some(by), None) = (&asked.by, prompt) {
            let keys = keys(&table, by, &plan, &mut vec![]).map_err(|error| vec![error])?;
            let first = (0..table.rows).rev().take_while(|row| keys[*row] == keys[table.rows - 1]).last();
            table = table.with_rows((first.unwrap_or(0)..table.rows).collect());
        }
        // What is written on is in order.
        let plan = DataPlan { order: None, ..plan };
        if table.rows == 0 {
            let error = cannot("there is no row to write on", plan.span);
            return Err(vec![
                error.help("`--prompt` gives the first rows; without it, the end of the data is written on"),
            ]);
        }
        let Looked { column, places, target, is_next_row } =
            looked_at(&plan, &table, &asked).map_err(|error| vec![error])?;
        let Some(at) = table.position(&column).filter(|at| table.columns[*at].width() == 1) else {
            let text = format!("`{column}` has several numbers in a row: what is written on is one column");
            return Err(vec![cannot(&text, Some(asked.span))]);
        };
        if plan.carried.iter().any(|(name, _)| *name == column) {
            carry(&mut table.columns[at].cells, 1, 0..table.rows, None);
        }
        // What goes in first: later rows are computed.
        let missing = |row: &usize| table.columns[at].cells.is_missing(*row);
        if let Some(row) = (table.rows.saturating_sub(places)..table.rows).find(missing) {
            let text = format!("`{column}` is missing in {}, which is written on from", table.place_of_cell(at, row));
            let line = format!("fill {} with previous", column_word(&column));
            let error = Diagnostic::error("E0606", text).at(asked.span, format!("the last {places} rows go in"));
            return Err(vec![match plan.carried.iter().any(|(name, _)| *name == column) {
                true => error.help("there is nothing to go on from: no row has a value"),
                false => error.help(format!("train with the line `{line}`: the value before stands for it")),
            }]);
        }
        let rows = match &table.columns[at].cells {
            Cells::Words(words) => {
                Rows::Words(words.codes.iter().map(|code| words.word(*code).unwrap_or_default().to_string()).collect())
            }
            cells => {
                let mut numbers = vec![];
                cells.numbers(0..table.rows, &mut numbers);
                Rows::Numbers(numbers)
            }
        };
        let is_scaled = plan.scaled.iter().any(|(name, _)| *name == column);
        let sample_rate = DataFile::of(&plan, &options).ok().flatten().and_then(|file| file.sample_rate());
        Ok(Growing { plan, options, column, places, is_scaled, target, is_next_row, sample_rate, rows })
    }

    /// How many rows there are.
    pub fn given(&self) -> usize {
        self.rows.len()
    }

    /// The next row is this number, or the class of this number and name.
    pub fn push(&mut self, number: f64, name: &str) {
        match &mut self.rows {
            Rows::Words(rows) => rows.push(name.to_string()),
            Rows::Numbers(rows) => rows.push(number),
        }
    }

    /// So many rows are missing before all places have one.
    pub fn missing(&self) -> usize {
        self.places.saturating_sub(self.rows.len())
    }

    /// What goes in: one example of the last places. Behind a beginning that is shorter stands `filler`, again and again.
    pub fn example(&self, filler: &Filler) -> Result<Dataset, Vec<Diagnostic>> {
        let from = self.rows.len().saturating_sub(self.places);
        let cells = match &self.rows {
            Rows::Words(rows) => {
                let mut builder = WordsBuilder::default();
                let behind = match filler {
                    Filler::Word(word) => word.as_str(),
                    Filler::Number(_) => "",
                };
                (0..self.places).for_each(|place| builder.push(Some(rows.get(from + place).map_or(behind, |row| row))));
                Cells::Words(builder.words)
            }
            Rows::Numbers(rows) => {
                let behind = match filler {
                    Filler::Number(number) => *number,
                    Filler::Word(_) => 0.0,
                };
                Cells::F64((0..self.places).map(|place| rows.get(from + place).copied().unwrap_or(behind)).collect())
            }
        };
        let table = of_column(&self.column, cells, self.places, "the prompt");
        let gathered = Gathered::of_table(table, &self.plan, &self.options);
        load_gathered(&self.plan, &self.options, &gathered)
    }

    /// What may stand behind a beginning that is shorter, unlike each other: where nothing looks ahead, it does not matter which.
    pub fn fillers(&self, words: &[String]) -> Vec<Filler> {
        match &self.rows {
            Rows::Words(rows) => {
                let known = if words.is_empty() { rows } else { words };
                known.iter().take(3).chain(known.last()).cloned().map(Filler::Word).collect()
            }
            Rows::Numbers(_) if !words.is_empty() => {
                (0..words.len().min(4)).map(|at| Filler::Number(at as f64)).collect()
            }
            Rows::Numbers(rows) => {
                let most = rows.iter().fold(1.0, |most: f64, row| most.max(row.abs()));
                let last = rows.last().copied().unwrap_or(0.0);
                [last, last + most, last - most, last + 0.3 * most].map(Filler::Number).to_vec()
            }
        }
    }
}

/// What stands in places that have no row yet.
#[derive(Clone)]
pub enum Filler {
    Word(String),
    Number(f64),
}

/// E0622: a program that can't write on.
fn cannot(text: &str, span: Option<Span>) -> Diagnostic {
    let error = Diagnostic::error("E0622", text.to_string());
    match span {
        Some(span) => error.at(span, "here"),
        None => error,
    }
}

fn of_column(name: &str, cells: Cells, rows: usize, file: &str) -> Table {
    let origin = Origin { file: file.to_string(), first_row: 0, above: 0, lines: vec![] };
    let columns = vec![TableColumn { name: name.to_string(), shape: vec![], cells }];
    Table { columns, rows, origins: vec![origin], ..Table::default() }
}

/// The table of a prompt: the characters of a text, or numbers.
fn prompted(plan: &DataPlan, options: &Options, prompt: &str) -> Result<Table, Diagnostic> {
    if prompt.is_empty() {
        return Err(cannot("the prompt is empty", None).help("without `--prompt`, the end of the data is written on"));
    }
    let wanted = wanted(plan);
    if wanted(CHARACTERS) {
        let table = read_text(prompt.as_bytes(), "the prompt").map_err(|text| cannot(&text, None))?;
        return Ok(table);
    }
    let read = |slot: &Slot| options.facts.as_ref()?.columns.get(&slot.declared.name)?.first().cloned();
    let name = plan.slots.iter().filter(|slot| slot.declared.role == Role::Input).find_map(read);
    let Some(name) = name else { return Err(cannot("the weights do not say which column the inputs read", None)) };
    let is_word = plan.slots.iter().any(|slot| !matches!(slot.declared.kind, Kind::Real));
    let parts: Vec<&str> = prompt.split([',', ' ', '\n', '\t']).filter(|part| !part.is_empty()).collect();
    if parts.is_empty() {
        return Err(cannot("the prompt is empty", None).help("without `--prompt`, the end of the data is written on"));
    }
    if let Some(at) = prompt.split(',').position(|cell| cell.trim().is_empty()) {
        let error = cannot(&format!("the cell {} of the prompt is empty", at + 1), None);
        return Err(error.help("a prompt has a value for each row, as in `--prompt \"5, 8, 13\"`"));
    }
    let numbers: Result<Vec<f64>, _> = parts.iter().map(|part| part.parse::<f64>()).collect();
    let cells = match numbers {
        Ok(numbers) if numbers.iter().all(|number| number.is_finite()) => Cells::F64(numbers),
        Ok(_) if !is_word => {
            let error = cannot(&format!("`{prompt}` has what is no number, and `{name}` is one in each row"), None);
            return Err(error.help("as in `--prompt \"5, 8, 13\"`; without it, the end of the data is written on"));
        }
        _ if is_word => {
            let mut builder = WordsBuilder::default();
            parts.iter().for_each(|part| builder.push(Some(part)));
            Cells::Words(builder.words)
        }
        _ => {
            let error = cannot(&format!("`{prompt}` is no list of numbers, as `{name}` is"), None);
            return Err(error.help("as in `--prompt \"5, 8, 13\"`; without it, the end of the data is written on"));
        }
    };
    let rows = parts.len();
    Ok(of_column(&name, cells, rows, "the prompt"))
}

/// What is known of a program that writes on.
struct Looked {
    column: String,
    places: usize,
    target: String,
    is_next_row: bool,
}

/// The column that all inputs look at, at how many places, and the target that looks one place further.
fn looked_at(plan: &DataPlan, table: &Table, asked: &Windows) -> Result<Looked, Diagnostic> {
    let probe = cut(table, &Cut { starts: vec![0], size: asked.size, lengths: None }, &wanted(plan));
    let mut resolver = Resolver { table: &probe, settings: &plan.settings, skips: true, warnings: vec![] };
    let (mut inputs, mut targets) = (vec![], vec![]);
    for slot in &plan.slots {
        let resolved = match &slot.value {
            SlotValue::Expression(expression) => resolver.resolve(expression).ok(),
            SlotValue::Balanced(_) => None,
            SlotValue::ByName => resolver.by_name(&slot.declared.name),
        };
        let to = match slot.declared.role {
            Role::Input => &mut inputs,
            Role::Target => &mut targets,
            Role::Length | Role::Weight => continue,
        };
        to.extend(resolved.map(|resolved| (slot, resolved)));
    }
    let mut columns: Vec<usize> = inputs.iter().flat_map(|(_, resolved)| resolved.columns()).collect();
    columns.sort_unstable();
    columns.dedup();
    let [column] = columns[..] else {
        let names: Vec<&str> = columns.iter().map(|column| probe.columns[*column].name.as_str()).collect();
        let text = match names[..] {
            [] => "the inputs look at no column of this data".to_string(),
            _ => format!("the inputs look at {}, and only one column is written on", quoted_list(&names)),
        };
        return Err(cannot(&text, Some(asked.span)).help("nothing says how the others go on"));
    };
    let last = |resolved: &Resolved| last_place(resolved, &probe, asked.size);
    let places = inputs.iter().map(|(_, resolved)| last(resolved) + 1).max().unwrap_or(1);
    let name = probe.columns[column].name.clone();
    let is_next = |(_, resolved): &&(&Slot, Resolved)| resolved.columns().contains(&column) && last(resolved) == places;
    let Some((slot, resolved)) = targets.iter().find(is_next) else {
        let text = format!("no target is the row of `{name}` behind those that the inputs look at");
        let error = cannot(&text, Some(asked.span));
        return Err(error.help(format!("they look at {places} places, so that `t = {name}[{places}]` would be it")));
    };
    let is_next_row = resolved.is_part_of_a_column();
    Ok(Looked { column: name, places, target: slot.declared.name.clone(), is_next_row })
}
