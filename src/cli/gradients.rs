//! `gradus check --gradients`: each derivative, as it was derived, simplified and compiled, against central differences of the oracle.
use super::Exit;
use super::prepare::failed;
use super::processor;
use super::progress::Waiting;
use super::source::complain;
use super::table::{Align, Cell, Style, cell, table};
use crate::data::{self, Dataset};
use crate::gradient::adjoints;
use crate::graph::show::indices;
use crate::graph::{Leaf, NodeId, Op, Runtime};
use crate::kernel::{Fault, Float};
use crate::model::Model;
use crate::oracle::{Draws, Environment, Probe, Quantity, evaluate};
use crate::pipeline::{self, Executing, Obstacle, Source};
use crate::simplify::{Stage, simplify};
use crate::step::{self, StepGraph, Target};
use crate::train::{Batch, initial};
use std::path::Path;
use std::sync::atomic::AtomicBool;

/// Examples of the check.
const EXAMPLES: usize = 4;
/// Elements of one parameter that are looked at one by one; of more, a few are, and all of them along one direction.
const ELEMENTS: usize = 24;
const FEW: usize = 4;
/// Numbers of parameters that may be gone through for one by one, so that large models take seconds.
const WORK: usize = 100_000_000;
/// A derivative may be so far from differences, relative to itself, or to a hundredth of the objective where it is less.
const TOLERANCE: f64 = 1e-6;
/// Parameters are moved by this from where they begin, off the kinks that zeros stand at.
const MOVED: f64 = 0.1;
/// The ways of a derivative, as people speak of them.
const WAYS: [&str; 3] = ["as derived", "simplified", "compiled"];

/// What was found of one parameter.
struct Finding {
    path: String,
    elements: usize,
    looked_at: usize,
    /// The largest relative error.
    error: f64,
    /// Places where the slope is another one on either side: nothing is to be said there.
    kinks: usize,
    wrong: Vec<String>,
}

/// Checks all derivatives of what is minimized, else of the loss, and answers with a table and whether all hold.
pub fn check(file: &Path, source: &Source, model: &Model) -> Result<(String, bool), Exit> {
    let Some((name, of)) = model.objective.map(|o| ("minimize", o)).or(model.loss.map(|l| ("loss", l))) else {
        complain(
            "error: there is neither a `loss` nor a `train` section that minimizes something: there is nothing to differentiate",
        );
        return Err(Exit::Failure);
    };
    let dataset = examples(file, source, model);
    let env = environment(model, &dataset).map_err(failed)?;
    let waiting = Waiting::new();
    waiting.tell("evaluating derivatives");
    let gradients = gradients(model, of, &dataset, &env)?;
    let mut probe = Probe::new(&model.graph, of, &env).map_err(oracle_failed)?;
    if !probe.value.is_finite() {
        complain(&format!(
            "error: `{name}` is no number here, so that its derivatives can't be checked\n  = help: give it data: drawn numbers may be where it is not defined"
        ));
        return Err(Exit::Failure);
    }
    let mut findings = vec![];
    for number in 0..model.parameters.len() {
        waiting.tell(&format!("checking `{}`", model.graph.parameters[number].name));
        findings.push(finding(model, number, &gradients, &mut probe)?);
    }
    drop(waiting);
    let holds = findings.iter().all(|f| f.wrong.is_empty());
    Ok((report(name, &dataset, &findings), holds))
}

/// Rows of the program's data, or drawn ones where there are none.
fn examples(file: &Path, source: &Source, model: &Model) -> Dataset {
    let drawn = || data::sample(model, EXAMPLES, Float::F64, 1);
    if model.data.is_none() {
        return drawn();
    }
    let read = |plan| data::load(&plan, &data::Options { precision: Float::F64, ..data::Options::beside(file) });
    match pipeline::data_plan(source, model).and_then(read) {
        Ok(mut dataset) => {
            let all = &dataset.parts.train;
            let count = EXAMPLES.min(all.len());
            dataset.parts.train = (0..count).map(|at| all[at * all.len() / count]).collect();
            dataset
        }
        Err(errors) => {
            let why = errors.first().map_or("", |error| &error.message);
            complain(&format!("note: the data can't be read ({why}): inputs and targets are drawn"));
            drawn()
        }
    }
}

/// The examples, and parameters near where they begin.
fn environment(model: &Model, dataset: &Dataset) -> Result<Environment, Fault> {
    let rows = &dataset.parts.train;
    let mut env = Environment::new(&model.graph, rows.len());
    for (values, column) in env.inputs.iter_mut().zip(&dataset.columns) {
        let (all, width) = (column.to_f64(), column.width());
        *values = rows.iter().flat_map(|&row| &all[row as usize * width..][..width]).copied().collect();
    }
    let seed = model.training.as_ref().map_or(1, |training| training.seed);
    env.parameters = initial::parameters(model, seed)?;
    env.states = initial::states(model, seed)?;
    let mut draws = Draws(seed);
    for value in env.parameters.iter_mut().flatten() {
        *value += MOVED * (2.0 * draws.unit() - 1.0);
    }
    env.set_runtime(Runtime::BatchSize, rows.len() as f64);
    Ok(env)
}

/// The mean gradient by each parameter, in each of `WAYS`.
fn gradients(model: &Model, of: NodeId, dataset: &Dataset, env: &Environment) -> Result<[Vec<Vec<f64>>; 3], Exit> {
    let recognised = simplify(&model.graph, &[of], Stage::Recognise);
    let (mut graph, of) = (recognised.graph, recognised.roots[0]);
    let leaves: Vec<NodeId> =
        (0..model.parameters.len() as u32).map(|i| graph.intern(Op::Leaf(Leaf::Parameter(i)))).collect();
    let found = adjoints(&mut graph, of, &leaves);
    let mut roots = vec![];
    for &leaf in &leaves {
        let shape = graph.shape(leaf).to_vec();
        let gradient = found.of(leaf).unwrap_or_else(|| graph.constant(0.0, &shape));
        roots.push(step::mean(&mut graph, gradient));
    }
    let flat = |values: Vec<crate::oracle::Values>| values.iter().map(|v| v.flat()).collect::<Vec<_>>();
    let derived = flat(evaluate(&graph, &roots, env).map_err(oracle_failed)?);
    let simple = simplify(&graph, &roots, Stage::Simplify);
    let simplified = flat(evaluate(&simple.graph, &simple.roots, env).map_err(oracle_failed)?);
    // A step that puts each gradient in the place of its parameter.
    let updates = roots.iter().enumerate().map(|(at, &root)| (Target::Parameter(at as u32), root)).collect();
    let step = StepGraph { graph, updates, logged: vec![], outputs: vec![], gradients: vec![] };
    let compiled = compiled(&step, dataset, env).map_err(failed)?;
    Ok([derived, simplified, compiled])
}

fn compiled(step: &StepGraph, dataset: &Dataset, env: &Environment) -> Result<Vec<Vec<f64>>, Obstacle> {
    let executing = Executing { float: Float::F64, threads: 1, interpreted: false, path: processor::path() };
    let rows = &dataset.parts.train;
    let mut executor = pipeline::executor(&pipeline::batched(step, true), &executing, rows.len(), dataset, (1, 1))?;
    let parameters = env.parameters.iter().enumerate().map(|(at, v)| (Target::Parameter(at as u32), v));
    let states = env.states.iter().enumerate().map(|(at, v)| (Target::State(at as u32), v));
    parameters.chain(states).for_each(|(target, values)| executor.write(target, values));
    let batch = Batch { first: 0, rows: rows.len(), step: 1, epoch: 1 };
    executor.run(rows, &[batch], &AtomicBool::new(false), &mut vec![])?;
    Ok((0..env.parameters.len() as u32).map(|at| executor.read(Target::Parameter(at))).collect())
}

/// Compares the derivatives by one parameter with differences.
fn finding(model: &Model, number: usize, gradients: &[Vec<Vec<f64>>; 3], probe: &mut Probe) -> Result<Finding, Exit> {
    let variable = &model.graph.parameters[number];
    let shape = &variable.ty.shape;
    let elements: usize = shape.iter().product();
    let mut draws = Draws(number as u64);
    let mut directions: Vec<(String, Vec<(usize, f64)>)> = vec![];
    let one = |element: usize| (place(&variable.name, shape, element), vec![(element, 1.0)]);
    let total: usize = model.graph.parameters.iter().map(|p| p.ty.shape.iter().product::<usize>()).sum();
    let limit = (WORK / (2 * EXAMPLES * total * model.parameters.len()).max(1)).clamp(FEW, ELEMENTS);
    if elements <= limit {
        directions.extend((0..elements).map(one));
    } else {
        // Distinct ones, spread over the parameter.
        let of_part = |part: usize| part * elements / limit + draws.below(elements / limit);
        directions.extend((0..limit).map(of_part).collect::<Vec<_>>().into_iter().map(one));
        let weight = 1.0 / (elements as f64).sqrt();
        let all = (0..elements).map(|element| (element, if draws.below(2) == 0 { weight } else { -weight }));
        directions.push((format!("{} along a direction of all its elements", variable.name), all.collect()));
    }
    let mut found =
        Finding { path: variable.name.clone(), elements, looked_at: 0, error: 0.0, kinks: 0, wrong: vec![] };
    let least = 1e-2 * probe.value.abs().max(1.0);
    let relative = |got: f64, wanted: f64| (got - wanted).abs() / got.abs().max(wanted.abs()).max(least);
    for (place, direction) in directions {
        let got = [0, 1, 2].map(|way: usize| {
            direction.iter().map(|(element, weight)| gradients[way][number][*element] * weight).sum::<f64>()
        });
        let mut slopes = probe.slopes(Quantity::Parameter(number), &direction, 1.0).map_err(oracle_failed)?;
        let error = |central: f64| got.map(|g| relative(g, central));
        let holds = |central: f64| error(central).iter().all(|e| *e <= TOLERANCE);
        if !holds(slopes.central) {
            // A kink may lie between the two points; then it mostly does not between nearer ones.
            slopes = probe.slopes(Quantity::Parameter(number), &direction, 0.125).map_err(oracle_failed)?;
        }
        if direction.len() == 1 {
            found.looked_at += 1;
        }
        if holds(slopes.central) {
            found.error = error(slopes.central).into_iter().fold(found.error, f64::max);
        } else if got.iter().all(|g| (g - slopes.central).abs() <= slopes.bend()) {
            found.kinks += 1;
        } else {
            for (way, (got, error)) in WAYS.iter().zip(got.iter().zip(error(slopes.central))) {
                found.error = if error.is_nan() { error } else { found.error.max(error) };
                if error.is_nan() || TOLERANCE < error {
                    let wanted = slopes.central;
                    found.wrong.push(format!("by {place}, {way}: {got:.9e}; differences say {wanted:.9e}"));
                }
            }
        }
    }
    Ok(found)
}

/// `w[3, 2]`: the element of a parameter.
fn place(name: &str, shape: &[usize], element: usize) -> String {
    let places: Vec<String> = indices(element, shape).iter().map(usize::to_string).collect();
    if places.is_empty() { format!("`{name}`") } else { format!("`{name}[{}]`", places.join(", ")) }
}

fn report(name: &str, dataset: &Dataset, findings: &[Finding]) -> String {
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let count = dataset.parts.train.len();
    let mut text = format!(
        "derivatives of `{name}` against central differences, {count} example{} of {}\n\n",
        plural(count),
        dataset.source
    );
    let faint = |text: &str| cell(text).styled(Style::Faint);
    let mut rows = vec![vec![faint("parameter"), faint("elements"), faint("largest error"), cell("")]];
    for found in findings {
        let elements = match found.looked_at {
            all if all == found.elements => all.to_string(),
            some => format!("{some} and all of {}", found.elements),
        };
        let style = if found.wrong.is_empty() { Style::Good } else { Style::Bad };
        let mut remarks: Vec<String> = vec![];
        if found.kinks > 0 {
            remarks.push(format!("{} at a kink left out", found.kinks));
        }
        if !found.wrong.is_empty() {
            remarks.push("wrong".to_string());
        }
        let error = format!("{:.1e}", found.error);
        let row: Vec<Cell> =
            vec![cell(&found.path), cell(elements), cell(error).styled(style), cell(remarks.join(", ")).styled(style)];
        rows.push(row);
    }
    text += &table(&[Align::Left, Align::Right, Align::Right, Align::Left], &rows);
    text += "\n";
    let wrong: Vec<&String> = findings.iter().flat_map(|f| &f.wrong).collect();
    if wrong.is_empty() {
        text += &format!("all derivatives hold: derived, simplified and compiled, to {TOLERANCE:e}\n");
    }
    for wrong in wrong.iter().take(SHOWN) {
        text += &format!("{} {wrong}\n", Style::Bad.paint("wrong"));
    }
    if SHOWN < wrong.len() {
        text += &format!("and {} more\n", wrong.len() - SHOWN);
    }
    text
}

/// Wrong derivatives that are written out.
const SHOWN: usize = 8;

/// The oracle evaluates what was verified: where it can't, that is a mistake of the compiler.
fn oracle_failed(reason: String) -> Exit {
    failed(Fault { place: "the oracle".into(), reason })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Options;

    /// The findings of a program's parameters where they are `at`, with one derivative changed: of a way, a parameter, an element.
    fn findings(text: &str, at: &[Vec<f64>], wrong: Option<(usize, usize, usize)>) -> Vec<Finding> {
        let source = pipeline::read("model.nn", text, &Options::default());
        let model = source.training.as_ref().unwrap();
        let of = model.loss.unwrap();
        let dataset = data::sample(model, EXAMPLES, Float::F64, 1);
        let mut env = environment(model, &dataset).unwrap();
        env.parameters = at.to_vec();
        let mut gradients = gradients(model, of, &dataset, &env).unwrap();
        if let Some((way, parameter, element)) = wrong {
            gradients[way][parameter][element] += 1e-4;
        }
        let mut probe = Probe::new(&model.graph, of, &env).unwrap();
        (0..at.len()).map(|number| finding(model, number, &gradients, &mut probe).unwrap()).collect()
    }

    const NET: &str =
        "input x: [3]\ntarget t: class(2)\nparam w: [2, 3], b: [2]\nloss = cross_entropy(softmax(w x + b), t)";

    #[test]
    fn right_derivatives_hold() {
        for found in findings(NET, &[vec![0.5; 6], vec![0.25; 2]], None) {
            assert!(found.wrong.is_empty() && found.error < 1e-8 && found.kinks == 0, "{:?}", found.wrong);
            assert_eq!(found.looked_at, found.elements);
        }
    }

    #[test]
    fn a_wrong_one_is_found_wherever_it_comes_from() {
        for (way, name) in WAYS.iter().enumerate() {
            let found = findings(NET, &[vec![0.5; 6], vec![0.25; 2]], Some((way, 0, 4)));
            let [wrong] = &found[0].wrong[..] else { panic!("{:?}", found[0].wrong) };
            assert!(wrong.starts_with(&format!("by `w[1, 1]`, {name}: ")), "{wrong}");
            assert!(TOLERANCE < found[0].error && found[1].wrong.is_empty());
        }
    }

    #[test]
    fn a_direction_sees_what_is_not_looked_at() {
        let text = "input x: [100]\nparam w: [100]\nloss = tanh(w' x)";
        let unseen = |element: &usize| {
            let found = findings(text, &[vec![0.01; 100]], Some((2, 0, *element)));
            assert!(!found[0].wrong.is_empty());
            found[0].wrong.iter().all(|wrong| wrong.contains("along a direction"))
        };
        assert!((0..8).any(|element| unseen(&element)));
    }

    #[test]
    fn kinks_are_left_out() {
        let found = findings("input x\nparam w, v\nloss = relu(w) + v x", &[vec![0.0], vec![0.0]], None);
        assert_eq!((found[0].kinks, found[1].kinks), (1, 0));
        assert!(found.iter().all(|f| f.wrong.is_empty()));
    }

    #[test]
    fn what_was_found_is_written_out() {
        let model = pipeline::read("model.nn", NET, &Options::default()).training.unwrap();
        let found = |path: &str, elements, looked_at, error, kinks, wrong: &[&str]| Finding {
            path: path.to_string(),
            elements,
            looked_at,
            error,
            kinks,
            wrong: wrong.iter().map(|w| w.to_string()).collect(),
        };
        let mut all = vec![found("w", 6, 6, 1.5e-10, 0, &[]), found("layer.b", 2000, 24, 2e-9, 1, &[])];
        let dataset = data::sample(&model, 1, Float::F64, 1);
        let text = |all: &[Finding]| anstream::adapter::strip_str(&report("loss", &dataset, all)).to_string();
        insta::assert_snapshot!(text(&all), @r"
        derivatives of `loss` against central differences, 1 example of drawn numbers

        parameter            elements  largest error
        w                           6        1.5e-10
        layer.b    24 and all of 2000         2.0e-9  1 at a kink left out

        all derivatives hold: derived, simplified and compiled, to 1e-6
        ");
        all.push(found("u", 1, 1, 0.5, 0, &["by `u`, simplified: 1; differences say 2"]));
        insta::assert_snapshot!(text(&all), @r"
        derivatives of `loss` against central differences, 1 example of drawn numbers

        parameter            elements  largest error
        w                           6        1.5e-10
        layer.b    24 and all of 2000         2.0e-9  1 at a kink left out
        u                           1         5.0e-1  wrong

        wrong by `u`, simplified: 1; differences say 2
        ");
    }
}
