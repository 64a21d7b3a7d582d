//! `gradus predict --steps`: a text, a series or a sound, written on.
use super::answers::{line, number};
use super::computing::Computing;
use super::prepare::refused;
use super::source::complain;
use super::{Exit, numbers, write};
use crate::data::{self, Dataset, Filler, Growing, write_sound};
use crate::diagnostic::Diagnostic;
use crate::graph::{BATCH, Kind};
use crate::pipeline::Source;
use crate::random::{Purpose, Stream, uniform};
use crate::schema::{DataPlan, Facts, Role};
use clap::Args;
use std::path::{Path, PathBuf};

/// Of a program whose `data` has a window.
#[derive(Args)]
#[command(next_help_heading = "Writing on")]
pub struct Writing {
    /// Write on by so many characters, rows or samples
    #[arg(long, value_name = "N", value_parser = numbers::count)]
    pub steps: Option<usize>,
    /// What to write on: a text, or numbers such as `5, 8, 13`; else the end of the data
    #[arg(long, value_name = "TEXT", requires = "steps", allow_hyphen_values = true)]
    prompt: Option<String>,
    /// Of classes that are drawn: below 1 the probable ones more often, at 0 always the most probable [default: 1]
    #[arg(long, value_name = "T", requires = "steps", value_parser = numbers::temperature, allow_negative_numbers = true)]
    temperature: Option<f64>,
    /// A file instead of the screen: `.wav` for a sound
    #[arg(long, value_name = "FILE", requires = "steps")]
    out: Option<PathBuf>,
}

/// Where in the outputs the next row stands.
struct Next {
    /// Which output.
    output: usize,
    /// Numbers of each place: as many as classes, or one.
    width: usize,
    /// It has one for each place that goes in, and not for the last alone.
    each_place: bool,
    /// The names of classes; none if the next row is a number.
    classes: Option<Vec<String>>,
    /// From what comes out to the file's unit: a factor and what is added.
    unit: (f64, f64),
}

impl Writing {
    pub fn run(
        &self,
        steps: usize,
        source: &Source,
        plan: &DataPlan,
        options: &data::Options,
        computing: &mut Computing,
    ) -> Result<Exit, Exit> {
        let refuse = |errors: Vec<Diagnostic>| refused(&errors, source);
        let mut growing = Growing::open(plan, options, self.prompt.as_deref()).map_err(refuse)?;
        let next =
            next_row(&growing, plan, options.facts.as_ref(), computing).map_err(|error| refused(&[error], source))?;
        if let (Some(_), None) = (self.temperature, &next.classes) {
            return Err(failure(
                "a temperature is for classes, which are drawn",
                "this program gives numbers, which are taken as they are",
            ));
        }
        let sounds = self.out.as_ref().is_some_and(|path| path.extension().is_some_and(|end| end == "wav"));
        if sounds && (next.classes.is_some() || growing.sample_rate.is_none()) {
            return Err(failure("this program writes on no sound", "`--out` takes a `.wav` file if the data is one"));
        }
        let is_text = growing.column == data::CHARACTERS;
        let mut text = match (&self.prompt, is_text) {
            (Some(prompt), true) => prompt.clone(),
            (_, true) => String::new(),
            (_, false) => line(std::slice::from_ref(&growing.column)),
        };
        let mut numbers = vec![];
        self.show(&mut text)?;
        for step in 0..steps {
            let values = self.next_values(&growing, &next, computing, source, step == 0)?;
            match &next.classes {
                Some(names) => {
                    if let Some(wrong) = no_probabilities(&values) {
                        let name = &computing.step.outputs[next.output].0;
                        return Err(failure(
                            &format!("`{name}` has no probabilities to draw from: {wrong}"),
                            &format!("`{name} = softmax(…)` makes them of any numbers"),
                        ));
                    }
                    let chance = uniform(Stream::named(computing.seed, Purpose::Draw, "writing on").word(step as u64));
                    let class = draw(&values, self.temperature.unwrap_or(1.0), chance);
                    let name = names.get(class).cloned().unwrap_or_else(|| class.to_string());
                    growing.push(class as f64, &name);
                    text.push_str(&if is_text { name } else { line(&[name]) });
                }
                None => {
                    let value = values[0] * next.unit.0 + next.unit.1;
                    if !value.is_finite() {
                        let rows = growing.given();
                        return Err(failure(
                            &format!("row {} would be {value}", rows + 1),
                            "what comes out goes in again, and has grown without bounds: train it longer, or write on by fewer steps",
                        ));
                    }
                    growing.push(value, "");
                    numbers.push(value);
                    text.push_str(&line(&[number(value, computing.float)]));
                }
            }
            self.show(&mut text)?;
        }
        if is_text && self.out.is_none() {
            write("\n")?;
        }
        let Some(path) = &self.out else { return Ok(Exit::Success) };
        let written = match growing.sample_rate.filter(|_| sounds) {
            Some(rate) => file(path).and_then(|file| write_sound(file, &numbers, rate).map_err(std::io::Error::other)),
            None => std::fs::write(path, text),
        };
        written.map(|()| Exit::Success).map_err(|error| {
            failure(&format!("`{}` can't be written: {error}", path.display()), "name a file in a folder that is there")
        })
    }

    /// Writes what is new, unless it is kept for a file.
    fn show(&self, text: &mut String) -> Result<(), Exit> {
        if self.out.is_some() { Ok(()) } else { write(&std::mem::take(text)) }
    }

    /// What comes out for the next row.
    fn next_values(
        &self,
        growing: &Growing,
        next: &Next,
        computing: &mut Computing,
        source: &Source,
        first: bool,
    ) -> Result<Vec<f64>, Exit> {
        let missing = growing.missing();
        let fillers = growing.fillers(next.classes.as_deref().unwrap_or_default());
        let mut values = |filler: &Filler| {
            let example: Dataset = growing.example(filler).map_err(|errors| refused(&errors, source))?;
            let all = computing.one(&example, source)?.swap_remove(next.output);
            let place = if next.each_place { growing.places - missing - 1 } else { 0 };
            Ok::<_, Exit>(all[place * next.width..(place + 1) * next.width].to_vec())
        };
        let found = values(&fillers[0])?;
        if missing == 0 || !first {
            return Ok(found);
        }
        // Where nothing looks ahead, what stands behind the beginning does not matter.
        let mut looks_ahead = !next.each_place;
        for filler in &fillers[1..] {
            looks_ahead = looks_ahead || values(filler)? != found;
        }
        if looks_ahead {
            let given = growing.given();
            if self.prompt.is_none() {
                return Err(failure(
                    &format!("the data has {given} rows, and this program looks at {} at once", growing.places),
                    "give more rows: `--data` a longer file, or `--prompt` them",
                ));
            }
            return Err(failure(
                &format!("the prompt has {given} of {} places", growing.places),
                "this program looks at all of its window at once: give a longer prompt, or none to write on the end of the data",
            ));
        }
        Ok(found)
    }
}

fn failure(text: &str, help: &str) -> Exit {
    complain(&format!("error: {text}\n  = help: {help}"));
    Exit::Failure
}

fn file(path: &Path) -> std::io::Result<std::io::BufWriter<std::fs::File>> {
    Ok(std::io::BufWriter::new(std::fs::File::create(path)?))
}

/// The output that says the next row. E0622 if there is none.
fn next_row(
    growing: &Growing,
    plan: &DataPlan,
    facts: Option<&Facts>,
    computing: &Computing,
) -> Result<Next, Diagnostic> {
    let is_input = |slot: &&crate::schema::Slot| slot.declared.role == Role::Input;
    let kind = plan.slots.iter().find(is_input).map_or(Kind::Real, |slot| slot.declared.kind);
    let outputs = computing.step.outputs.iter().enumerate().map(|(at, (name, id))| {
        let ty = computing.step.graph.ty(*id);
        let shape: Vec<usize> = ty.shape.iter().copied().filter(|&n| n != BATCH).collect();
        (at, name, shape, ty.kind)
    });
    let outputs: Vec<_> = outputs.filter(|(.., kind)| *kind == Kind::Real).collect();
    let places = growing.places;
    if let Some(count) = kind.count() {
        let found = outputs.iter().find(|(_, _, shape, _)| **shape == [count] || **shape == [places, count]);
        let Some((output, _, shape, _)) = found else {
            let text = format!("no output has a probability for each of {count} classes");
            let error = Diagnostic::error("E0622", text).at(plan.span.unwrap_or_default(), "here");
            return Err(error.help("as `output y` of `y = softmax(…)` would"));
        };
        let named = facts.and_then(|facts| facts.class_names(&growing.target)).map(<[String]>::to_vec);
        let classes = named.unwrap_or_else(|| (0..count).map(|class| class.to_string()).collect());
        let each_place = shape.len() == 2;
        return Ok(Next { output: *output, width: count, each_place, classes: Some(classes), unit: (1.0, 0.0) });
    }
    let fits = |shape: &[usize]| shape.is_empty() || *shape == [places] || *shape == [places, 1];
    let of_its_name = outputs.iter().find(|(_, name, shape, _)| **name == growing.column && fits(shape));
    let first = outputs.iter().find(|(_, _, shape, _)| fits(shape)).filter(|_| growing.is_next_row);
    let Some((output, name, shape, _)) = of_its_name.or(first) else {
        let column = &growing.column;
        let text = format!("no output says the next `{column}`");
        let error = Diagnostic::error("E0622", text).at(plan.span.unwrap_or_default(), "here");
        return Err(error.help(format!(
            "an output that bears the name of the column is in its unit: `output {column} = …`, one number, or one for each of {places} places"
        )));
    };
    // What the target was scaled by, then the column; each entry of a target is scaled alike, the last is the next row.
    let mut unit = (1.0, 0.0);
    let scaled = [Some(&growing.target), Some(&growing.column).filter(|_| growing.is_scaled)];
    for of in scaled.into_iter().flatten().filter(|_| **name != growing.column) {
        if let Some(statistics) = facts.and_then(|facts| facts.statistics.get(of))
            && let (Some(mean), Some(deviation)) = (statistics.mean.last(), statistics.deviation.last())
        {
            unit = (unit.0 * deviation, unit.1 * deviation + mean);
        }
    }
    Ok(Next { output: *output, width: 1, each_place: !shape.is_empty(), classes: None, unit })
}

/// What keeps these from being the probabilities of classes.
fn no_probabilities(values: &[f64]) -> Option<String> {
    let sum: f64 = values.iter().sum();
    match values.iter().find(|value| !(0.0..=1.0 + SLACK).contains(*value)) {
        Some(value) => Some(format!("one of them is {value:.4}")),
        None if (sum - 1.0).abs() > SLACK => Some(format!("their sum is {sum:.4}")),
        None => None,
    }
}

/// So far from 1 rounding may bring a sum of probabilities.
const SLACK: f64 = 1e-3;

/// A class, drawn by its probability at a temperature. `chance` is uniform in (0, 1].
fn draw(probabilities: &[f64], temperature: f64, chance: f64) -> usize {
    let best =
        (0..probabilities.len()).rev().max_by(|&a, &b| probabilities[a].total_cmp(&probabilities[b])).unwrap_or(0);
    if temperature == 0.0 {
        return best;
    }
    // In proportion to the most probable one's, so that none is lost to underflow at low temperatures.
    let top = probabilities[best];
    let weights: Vec<f64> = probabilities.iter().map(|p| libm::pow((p / top).max(0.0), 1.0 / temperature)).collect();
    let mut left = chance * weights.iter().sum::<f64>();
    for (class, weight) in weights.iter().enumerate() {
        left -= weight;
        if left <= 0.0 && *weight > 0.0 {
            return class;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::draw;

    #[test]
    fn classes_are_drawn_by_their_probabilities() {
        let p = [0.1, 0.6, 0.3];
        let times = |temperature: f64| {
            let mut counts = [0; 3];
            (1..=1000).for_each(|i| counts[draw(&p, temperature, f64::from(i) / 1000.0)] += 1);
            counts
        };
        assert_eq!(times(0.0), [0, 1000, 0]);
        assert!(times(1.0).iter().zip([100, 600, 300]).all(|(count, wanted): (&i32, i32)| (count - wanted).abs() <= 1));
        let [a, b, c] = times(0.5);
        assert!(b > 750 && a < 30 && c < 220);
        assert_eq!(draw(&p, 1e-3, 0.9), 1);
        assert!(times(100.0).iter().all(|count| (320..350).contains(count)));
    }
}
