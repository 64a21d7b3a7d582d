//! What `gradus new` writes for rows that follow each other: the next number of a series, the next character of a text.
use super::goal::{Column, Goal, GoalKind};
use super::naming::is_known;
use crate::data::{CHARACTERS, Content, SOUND, Summary};
use crate::schema::column_word;

/// Places of a window, if there are so many rows.
const PLACES: usize = 24;
const CHARACTERS_OF_A_WINDOW: usize = 64;
/// Fewer rows have no parts to try a forecast on.
pub const FEWEST_ROWS: usize = 40;
/// One of a panel's series is at least so long.
const SHORTEST_SERIES: usize = 8;
/// The share of the rows that validates a first program, and how many of a series are to be in it.
const VALIDATED: f64 = 0.15;
const FEWEST_KEPT: usize = 4;
/// Of fewer recordings, a person's or a shop's, a part has none.
pub const FEWEST_RECORDINGS: usize = 8;
/// A text that is shorter says too little of its language.
pub const FEWEST_CHARACTERS: usize = 500;

/// The program for a text; none if the data are none, or too short.
pub fn of_text(found: &Summary, name: &str, stem: &str, before_data: &str) -> Option<String> {
    let [(column, Content::Words { distinct, .. })] = &found.columns[..] else { return None };
    let is_text = column == CHARACTERS && FEWEST_CHARACTERS <= found.rows;
    is_text.then(|| text_program(found.rows, *distinct, name, stem, before_data))
}

/// The program for rows that follow each other, if they do: a class for each recording, or the next row of a series. `before_data` stands
/// before the data section. An error is for people.
pub fn of_rows(
    found: &Summary,
    goal: &Goal,
    name: &str,
    stem: &str,
    before_data: &str,
) -> Result<Option<String>, String> {
    if let [(column, Content::Array { shape, .. })] = &found.columns[..]
        && let ([channels], SOUND) = (&shape[..], column.as_str())
    {
        return Ok((FEWEST_ROWS <= found.rows).then(|| of_channels(found.rows, *channels, name, stem, before_data)));
    }
    if let Some(text) = of_recordings(found, goal, name, stem, before_data) {
        return Ok(Some(text));
    }
    let is_measured = matches!(goal.kind, GoalKind::Number) && goal.of_array.is_none();
    if found.clock.as_ref().is_none_or(|clock| !is_measured || clock.repeats) {
        let is_panel = found.recordings.as_ref().is_some_and(|recordings| recordings.clock.is_some());
        // A lone column is a series, too, and so is one beside a counter: nothing else could be said of it.
        let counts = |content: &Content| matches!(content, Content::Numbers { counts_rows: true, .. });
        let is_alone = found.columns.iter().filter(|c| !counts(&c.1)).count() == 1;
        return Ok((is_measured && (is_alone || is_panel))
            .then(|| of_series(found, goal, name, stem, before_data))
            .flatten());
    }
    Ok(of_series(found, goal, name, stem, before_data))
}

fn text_program(rows: usize, kinds: usize, name: &str, stem: &str, before_data: &str) -> String {
    let n = CHARACTERS_OF_A_WINDOW.min(rows / 50).max(4);
    let step = (n / 2).max(1);
    format!(
        "// {stem}: which character is next? From up to {n} before it, of {name}, {rows} characters\n\
         // Then it writes on: gradus predict {stem} --weights W --prompt \"The \" --steps 200\n\
         input  x: [{n}] class({kinds})\ntarget t: [{n}] class({kinds})    // the same, one character further\n\n\
         h = gru(embedding(x, 32), 64)\ny = softmax(dense(h, {kinds}))\n\n\
         loss = mean(cross_entropy(y, t))\nmetric bits = loss / log(2)    // for each character\n{before_data}\
         data \"{name}\" {{\n    window {} step {step}\n    x = {CHARACTERS}[0..{n}]\n    t = {CHARACTERS}[1..{}]\n    \
         validation last 0.1\n    test last 0.1\n}}\n\n\
         train {{\n    minimize  loss\n    optimizer adam(rate = 0.005)\n    clip      norm 1\n    batch     32\n    epochs    20\n    \
         stop when validation.loss has not improved for 3\n}}\n",
        n + 1,
        n + 1
    )
}

/// The program for a sound of several channels: the next sample of all of them.
fn of_channels(rows: usize, channels: usize, name: &str, stem: &str, before_data: &str) -> String {
    let places = PLACES.min(rows / 10);
    format!(
        "// {stem}: the next sample of {channels} channels from the last {places} of {rows} of {name}\n\
         input  x: [{places}, {channels}]\ntarget t: [{channels}]\n\n\
         now  = x[-1]\nh    = dropout(tanh(dense(flatten(x - now), 16)), 0.2)\ny    = now + dense(h, {channels})    // how it goes on from here\n\
         loss = mean((y - t)^2)\nmetric as_last = mean((now - t)^2)    // if it stayed as it is\n{before_data}\
         data \"{name}\" {{\n    window {}\n    x = {SOUND}[0..{places}]\n    t = {SOUND}[{places}]\n    standardize {SOUND}\n    \
         validation last 0.15\n    test last 0.2\n}}\n\n\
         train {{\n    minimize  loss + 1e-3 * norm(weights)^2\n    optimizer adam(rate = 0.003)\n    batch     32\n    epochs    200\n    \
         stop when validation.loss has not improved for 20\n}}\n",
        places + 1
    )
}

fn of_series(found: &Summary, goal: &Goal, name: &str, stem: &str, before_data: &str) -> Option<String> {
    let target = goal.column;
    let tells_the_time = |column: &String| {
        let of_rows = found.clock.as_ref().is_some_and(|clock| clock.columns.contains(column));
        of_rows || found.recordings.as_ref().is_some_and(|recordings| recordings.clock.as_ref() == Some(column))
    };
    let panel = found.recordings.as_ref().filter(|recordings| {
        let is_of_several = recordings.scattered || found.clock.as_ref().is_none_or(|clock| clock.repeats);
        is_of_several && recordings.clock.is_some()
    });
    let tells_apart = |column: &str| {
        panel.is_some_and(|panel| panel.column == column || panel.fixed.iter().any(|fixed| fixed == column))
    };
    let measured = |(column, content): &&Column| {
        let is_number = matches!(content, Content::Numbers { counts_rows: false, constant: false, .. });
        is_number && !tells_the_time(column) && !tells_apart(column)
    };
    let all_measured: Vec<&Column> = found.columns.iter().filter(measured).collect();
    let columns: Vec<&str> = all_measured.iter().map(|c| c.0.as_str()).collect();
    let at = columns.iter().position(|column| *column == target)?;
    let rows = panel.map_or(found.rows, |panel| panel.shortest);
    if found.rows < FEWEST_ROWS || rows < SHORTEST_SERIES {
        return None;
    }
    let places = PLACES.min(rows / if panel.is_some() { 2 } else { 10 }).min((found.rows / 20).max(4)).max(2);
    let window = panel.map_or(String::new(), |panel| format!(" by {}", column_word(&panel.column)));
    let backwards = found.clock.as_ref().filter(|clock| clock.backwards).map(|clock| &clock.columns[..]);
    let sorted = match (panel, backwards) {
        (Some(panel), _) if panel.scattered => sorted_by(&panel.order()),
        (None, Some(columns)) => sorted_by(columns),
        _ => String::new(),
    };
    // Of few series the last rows of each are kept, if a window fits there; of many, or of short ones, whole ones.
    let kept = (VALIDATED * rows as f64) as usize;
    let (last, by, places) = match panel {
        Some(panel) if panel.count < FEWEST_RECORDINGS && FEWEST_KEPT <= kept => ("last ", "", places.min(kept - 1)),
        Some(_) => ("", window.as_str(), places),
        None => ("last ", "", places),
    };
    let all: Vec<String> = columns.iter().map(|column| column_word(column)).collect();
    // Names that no column has: `standardize x` would be the input, `output y` a column.
    let free = |own, other| free(found, own, other);
    let (input, goes_to, said) = (free("x", "past"), free("t", "coming"), free("y", "answer"));
    let goal = &all[at];
    // How far each place is from the last: what grows goes on to levels that were never there.
    let (shape, now, x, seen) = match &all[..] {
        [one] => {
            (format!("[{places}]"), format!("{input}[-1]"), format!("{one}[0..{places}]"), format!("{input} - now"))
        }
        many => {
            let line = format!("[{}][0..{places}]", many.join(", "));
            let seen = format!("flatten({input} - {input}[-1])");
            (format!("[{places}, {}]", many.len()), format!("{input}[-1, {at}]"), line, seen)
        }
    };
    let mut filled = filled(&all_measured);
    // What stands for a missing value is not what was to be said.
    if all_measured.iter().any(|c| c.0 == target && matches!(c.1, Content::Numbers { missing: true, .. })) {
        filled += &format!("    skip missing {goes_to}\n");
    }
    let left: Vec<&str> = found.columns.iter().map(|c| c.0.as_str()).filter(|c| !columns.contains(c)).collect();
    let mut out = format!("// {stem}: the next `{target}` from the last {places} of {} rows of {name}\n", found.rows);
    if all.len() == 1 {
        out += &format!("// Then it goes on: gradus predict {stem} --weights W --steps {places}\n");
    }
    if !left.is_empty() {
        out += &format!("// Left out: {}\n", left.join(", "));
    }
    out += &format!(
        "input  {input}: {shape}\ntarget {goes_to}\n\nnow  = {now}\nh    = dropout(tanh(dense({seen}, 16)), 0.2)\n\
         {said}    = now + neuron(h)    // how it goes on from here\nloss = ({said} - {goes_to})^2\n\n"
    );
    // What the column's mean and deviation are called, if its name can stand in a formula.
    out += &match *goal == *target && !is_known(target) {
        true => format!(
            "metric off     = {goal}.std * abs({said} - {goes_to})\nmetric as_last = {goal}.std * abs(now - {goes_to})    // if it stayed as it is\n\
             output {goal} = {goal}.std {said} + {goal}.mean\n"
        ),
        false => format!(
            "metric off     = abs({said} - {goes_to})    // in deviations of the column, as what is predicted\n\
             metric as_last = abs(now - {goes_to})    // if it stayed as it is\noutput {said}\n"
        ),
    };
    out += &format!(
        "{before_data}data \"{name}\" {{\n{sorted}    window {}{window}\n    {input} = {x}\n    {goes_to} = {goal}[{places}]\n{filled}    standardize {}\n    \
         validation {last}{VALIDATED}{by}\n    test {last}0.2{by}\n}}\n\n\
         train {{\n    minimize  loss + 1e-3 * norm(weights)^2\n    optimizer adam(rate = 0.003)\n    batch     32\n    epochs    200\n    \
         stop when validation.loss has not improved for 20\n}}\n",
        places + 1,
        all.join(", ")
    );
    Some(out)
}

/// The line that puts rows in order.
pub fn sorted_by(columns: &[String]) -> String {
    let words: Vec<String> = columns.iter().map(|column| column_word(column)).collect();
    match &words[..] {
        [one] => format!("    order by {one}\n"),
        many => format!("    order by [{}]\n", many.join(", ")),
    }
}

/// A name that no column has.
fn free(found: &Summary, own: &'static str, other: &'static str) -> &'static str {
    if found.columns.iter().any(|column| column.0 == own) { other } else { own }
}

/// The line that fills the holes of these columns, if they have any.
fn filled(columns: &[&Column]) -> String {
    let has_holes = |c: &&&Column| matches!(c.1, Content::Numbers { missing: true, .. });
    let holes: Vec<String> = columns.iter().filter(has_holes).map(|c| column_word(&c.0)).collect();
    if holes.is_empty() { String::new() } else { format!("    fill {} with previous\n", holes.join(", ")) }
}

/// The program for recordings of which each is of one class: it reads each as long as it is.
fn of_recordings(found: &Summary, goal: &Goal, name: &str, stem: &str, before_data: &str) -> Option<String> {
    let recordings = found.recordings.as_ref()?;
    let is_label = recordings.labels.iter().any(|label| label == goal.column);
    let GoalKind::Class(classes) = goal.kind else { return None };
    if !is_label || recordings.count < FEWEST_RECORDINGS {
        return None;
    }
    let is_of_moments = |(column, content): &&Column| {
        let is_other = *column != recordings.column && !recordings.labels.contains(column);
        let is_number = matches!(content, Content::Numbers { counts_rows: false, constant: false, .. });
        is_number && is_other && recordings.clock.as_ref() != Some(column)
    };
    let measured: Vec<&Column> = found.columns.iter().filter(is_of_moments).collect();
    if measured.is_empty() {
        return None;
    }
    let columns: Vec<String> = measured.iter().map(|c| column_word(&c.0)).collect();
    let free = |own, other| free(found, own, other);
    let (input, length, goes_to) = (free("x", "moments"), free("n", "duration"), free("t", "label"));
    let left: Vec<&str> = found
        .columns
        .iter()
        .map(|c| c.0.as_str())
        .filter(|c| *c != goal.column && !columns.iter().any(|own| own == &column_word(c)))
        .collect();
    let filled = filled(&measured);
    let by = column_word(&recordings.column);
    let sorted = if recordings.scattered { sorted_by(&recordings.order()) } else { String::new() };
    Some(format!(
        "// {stem}: `{}` of each recording of {name}, of {} by `{}`, each as long as it is\n// Left out: {}\n\
         input  {input}: [{length} <= {}, {}]\ntarget {goes_to}: class({classes})\n\n\
         h = {input} |> conv1d(16, 5, padding = same, activation = relu) |> conv1d(16, 5, padding = same, activation = relu)\n\
         z = dense(dropout(mean(h, axis = 0), 0.2), {classes})\ny = softmax(z)\n\n\
         loss = cross_entropy(y, {goes_to})\nmetric accuracy = argmax(y) == {goes_to}\n{before_data}\
         data \"{name}\" {{\n{sorted}    window by {by}\n    {input} = [{}]\n    {goes_to} = {}[0]\n{filled}    standardize {}\n    \
         validation 0.15\n    test 0.2\n}}\n\n\
         train {{\n    minimize  loss + 1e-4 * norm(weights)^2\n    optimizer adam(rate = 0.005)\n    batch     16\n    epochs    200\n    \
         stop when validation.loss has not improved for 20\n}}\n",
        goal.column,
        recordings.count,
        recordings.column,
        left.join(", "),
        recordings.longest,
        columns.len(),
        columns.join(", "),
        goal.line,
        columns.join(", "),
    ))
}
