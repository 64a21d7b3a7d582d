//! What `gradus new` writes for rows that follow each other: the next number of a series, the next character of a text.
use super::naming::{is_known, quoted};
use crate::data::{CHARACTERS, Content, Summary};

/// Places of a window, if there are so many rows.
const PLACES: usize = 24;
const CHARACTERS_OF_A_WINDOW: usize = 64;
/// Fewer rows have no parts to try a forecast on.
const FEWEST_ROWS: usize = 60;
/// A text that is shorter says too little of its language.
const FEWEST_CHARACTERS: usize = 500;

/// The program for a text, or for a series whose next row is to be said. None if the rows are neither, or the target is no number.
/// `before_data` stands before the data section.
pub fn program(found: &Summary, name: &str, stem: &str, target: Option<&str>, before_data: &str) -> Option<String> {
    if let [(column, Content::Words { distinct, .. })] = &found.columns[..]
        && column == CHARACTERS
    {
        return (FEWEST_CHARACTERS <= found.rows).then(|| of_text(found.rows, *distinct, name, stem, before_data));
    }
    of_series(found, name, stem, target, before_data)
}

fn of_text(rows: usize, kinds: usize, name: &str, stem: &str, before_data: &str) -> String {
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

fn of_series(found: &Summary, name: &str, stem: &str, target: Option<&str>, before_data: &str) -> Option<String> {
    let measured = |(column, content): &(String, Content)| {
        let is_time = found.clock.as_ref() == Some(column);
        matches!(content, Content::Numbers { missing: false, counts_rows: false, .. }) && !is_time
    };
    let columns: Vec<&str> = found.columns.iter().filter(|c| measured(c)).map(|c| c.0.as_str()).collect();
    // A lone column is a series, too: nothing else could be said of it.
    let is_series = found.clock.is_some() || found.columns.len() == 1;
    let target = target.or_else(|| found.columns.last().map(|c| c.0.as_str()))?;
    let at = columns.iter().position(|column| *column == target)?;
    if !is_series || found.rows < FEWEST_ROWS {
        return None;
    }
    let places = PLACES.min(found.rows / 20);
    let all: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
    // Names that no column has: `standardize x` would be the input, `output y` a column.
    let free = |own: &'static str, other: &'static str| {
        if found.columns.iter().any(|column| column.0 == own) { other } else { own }
    };
    let (input, goes_to, said) = (free("x", "past"), free("t", "coming"), free("y", "answer"));
    let goal = &all[at];
    let (shape, now, x, seen) = match &all[..] {
        [one] => (format!("[{places}]"), format!("{input}[-1]"), format!("{one}[0..{places}]"), input.to_string()),
        many => {
            let line = format!("[{}][0..{places}]", many.join(", "));
            (format!("[{places}, {}]", many.len()), format!("{input}[-1, {at}]"), line, format!("flatten({input})"))
        }
    };
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
        "{before_data}data \"{name}\" {{\n    window {}\n    {input} = {x}\n    {goes_to} = {goal}[{places}]\n    standardize {}\n    \
         validation last 0.15\n    test last 0.2\n}}\n\n\
         train {{\n    minimize  loss + 1e-3 * norm(weights)^2\n    optimizer adam(rate = 0.003)\n    batch     32\n    epochs    200\n    \
         stop when validation.loss has not improved for 20\n}}\n",
        places + 1,
        all.join(", ")
    );
    Some(out)
}
