//! Optimizers and layers that are drawn as text, and a reading of the same statements one after the other: nothing of the compiler is in it.
use super::{Dice, Left, Program, differs};
use gradus::kernel::Float;
use std::collections::BTreeMap;

/// A formula over numbers or vectors of one length.
#[derive(Clone)]
enum Formula {
    Name(String),
    Number(f64),
    Tanh(Box<Formula>),
    Binary(char, Box<Formula>, Box<Formula>),
    /// The entries of a name, turned by one place.
    Turned(String),
    /// The sum of a name's entries, at each place.
    Sum(String),
}

enum Statement {
    Bind(String, Formula),
    Step(String, Formula),
}

type Values = BTreeMap<String, Vec<f64>>;

impl Formula {
    fn text(&self) -> String {
        match self {
            Formula::Name(name) => name.clone(),
            Formula::Number(number) => format!("({number:?})"),
            Formula::Tanh(x) => format!("tanh({})", x.text()),
            Formula::Binary(sign, x, y) => format!("({} {sign} {})", x.text(), y.text()),
            Formula::Turned(name) => format!("concat({name}[1..], {name}[..1])"),
            Formula::Sum(name) => format!("sum({name})"),
        }
    }
    fn value(&self, names: &Values, length: usize) -> Vec<f64> {
        let each = |of: &dyn Fn(usize) -> f64| (0..length).map(of).collect();
        match self {
            Formula::Name(name) => names[name].clone(),
            Formula::Number(number) => vec![*number; length],
            Formula::Tanh(x) => x.value(names, length).iter().map(|v| v.tanh()).collect(),
            Formula::Binary(sign, x, y) => {
                let (x, y) = (x.value(names, length), y.value(names, length));
                each(&|k| match sign {
                    '+' => x[k] + y[k],
                    '-' => x[k] - y[k],
                    _ => x[k] * y[k],
                })
            }
            Formula::Turned(name) => each(&|k| names[name][(k + 1) % length]),
            Formula::Sum(name) => vec![names[name].iter().sum(); length],
        }
    }
}

/// Draws statements that give each of `states`, and some twice, a next value, from these names.
fn statements(dice: &mut Dice, names: &[String], states: &[String], vector: bool) -> Vec<Statement> {
    let mut names = names.to_vec();
    let mut all = vec![];
    let mut left = states.to_vec();
    while !left.is_empty() {
        if dice.once_in(3) {
            let name = format!("old{}", names.len());
            // With a name in it: of numbers alone it would be a number, and have no entries to turn.
            let (first, second) = (Formula::Name(dice.pick(&names)), formula(dice, &names, vector, 1));
            let sign = dice.pick(&['+', '-', '*']);
            let bound = if dice.once_in(3) { first } else { Formula::Binary(sign, first.into(), second.into()) };
            all.push(Statement::Bind(name.clone(), bound));
            names.push(name);
        }
        let state = left.remove(dice.below(left.len()));
        // As it is, a turned one, or something that stays small.
        let next = match dice.below(5) {
            0 | 1 => Formula::Name(dice.pick(&names)),
            2 if vector => Formula::Turned(dice.pick(&names)),
            _ => Formula::Tanh(Box::new(formula(dice, &names, vector, 2))),
        };
        if dice.once_in(6) {
            left.push(state.clone());
        }
        all.push(Statement::Step(state, next));
    }
    all
}

fn formula(dice: &mut Dice, names: &[String], vector: bool, depth: usize) -> Formula {
    if depth == 0 || dice.once_in(4) {
        return match dice.below(6) {
            0 => Formula::Number(dice.pick(&[0.5, -0.25, 1.5])),
            1 if vector => Formula::Turned(dice.pick(names)),
            2 if vector => Formula::Sum(dice.pick(names)),
            _ => Formula::Name(dice.pick(names)),
        };
    }
    let (x, y) = (formula(dice, names, vector, depth - 1), formula(dice, names, vector, depth - 1));
    match dice.below(4) {
        0 => Formula::Tanh(Box::new(x)),
        _ => Formula::Binary(dice.pick(&['+', '-', '*', '-']), Box::new(x), Box::new(y)),
    }
}

fn body(statements: &[Statement]) -> String {
    let line = |statement: &Statement| match statement {
        Statement::Bind(name, of) => format!("    {name} = {}\n", of.text()),
        Statement::Step(name, of) => format!("    {name} <- {}\n", of.text()),
    };
    statements.iter().map(line).collect()
}

/// Does the statements: from here on a name means what it was given last.
fn read(statements: &[Statement], names: &mut Values, length: usize) {
    for statement in statements {
        let (Statement::Bind(name, of) | Statement::Step(name, of)) = statement;
        let value = of.value(names, length);
        names.insert(name.clone(), value);
    }
}

fn listed(values: &[f64], vector: bool) -> String {
    let all: Vec<String> = values.iter().map(|v| format!("{v:?}")).collect();
    if vector { format!("[{}]", all.join(", ")) } else { all[0].clone() }
}

const STEPS: usize = 5;

/// Numbers that both precisions have.
fn drawn(dice: &mut Dice, length: usize) -> Vec<f64> {
    (0..length).map(|_| (dice.below(33) as f64 - 16.0) / 16.0).collect()
}

/// Parameters that are each other's gradients, by an optimizer with some states.
fn optimizer(dice: &mut Dice) -> (String, Vec<Left>) {
    let vector = dice.below(3) > 0;
    let length = if vector { 2 + dice.below(3) } else { 1 };
    let shape = if vector { format!(": [{length}]") } else { String::new() };
    let count = 1 + dice.below(3);
    let names = &["a", "b", "c"][..count];
    let mut parameters: Vec<Vec<f64>> = (0..count).map(|_| drawn(dice, length)).collect();
    let states: Vec<String> = ["s", "r", "q"][..dice.below(4)].iter().map(|s| s.to_string()).collect();
    let mut text: String =
        names.iter().zip(&parameters).map(|(n, v)| format!("param {n}{shape} = {}\n", listed(v, vector))).collect();
    // The loss: products of two parameters, and sums of one.
    let mut terms: Vec<(usize, Option<usize>)> = (0..count).map(|i| (i, None)).collect();
    terms.extend((0..count).flat_map(|i| (i..count).map(move |j| (i, Some(j)))));
    terms.retain(|_| !dice.once_in(3));
    if terms.is_empty() {
        terms.push((0, None));
    }
    let term = |&(i, j): &(usize, Option<usize>)| match (j, vector) {
        (None, true) => format!("sum({})", names[i]),
        (None, false) => names[i].to_string(),
        (Some(j), true) => format!("dot({}, {})", names[i], names[j]),
        (Some(j), false) => format!("{} * {}", names[i], names[j]),
    };
    text += &format!("loss = {}\n", terms.iter().map(term).collect::<Vec<_>>().join(" + "));
    let mut known = vec!["w".to_string(), "g".to_string()];
    known.extend(states.iter().cloned());
    let mut given = vec!["w".to_string()];
    given.extend(states.iter().cloned());
    let all = statements(dice, &known, &given, vector);
    let starts: Vec<f64> = states.iter().map(|_| drawn(dice, 1)[0]).collect();
    text += "optimizer own(w, g) {\n";
    states.iter().zip(&starts).for_each(|(s, v)| text += &format!("    state {s} = {v:?}\n"));
    text += &body(&all);
    text += &format!("}}\ntrain {{ minimize loss; optimizer own; steps {STEPS} }}\n");

    let mut kept: Vec<Vec<Vec<f64>>> = (0..count).map(|_| starts.iter().map(|&v| vec![v; length]).collect()).collect();
    let mut trace = vec![];
    for _ in 0..STEPS {
        let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
        let mut gradients = vec![vec![0.0; length]; count];
        let mut loss = 0.0;
        for &(i, j) in &terms {
            match j {
                None => {
                    loss += parameters[i].iter().sum::<f64>();
                    gradients[i].iter_mut().for_each(|g| *g += 1.0);
                }
                Some(j) => {
                    loss += dot(&parameters[i], &parameters[j]);
                    for (to, from) in [(i, j), (j, i)] {
                        gradients[to].iter_mut().zip(&parameters[from]).for_each(|(g, v)| *g += v);
                    }
                }
            }
        }
        for i in 0..count {
            let mut names = Values::from([("w".into(), parameters[i].clone()), ("g".into(), gradients[i].clone())]);
            names.extend(states.iter().cloned().zip(kept[i].iter().cloned()));
            read(&all, &mut names, length);
            parameters[i] = names["w"].clone();
            kept[i] = states.iter().map(|s| names[s].clone()).collect();
        }
        let logged = vec![loss, loss];
        trace.push(Left { parameters: parameters.clone(), states: kept.concat(), logged, outputs: vec![] });
    }
    (text, trace)
}

/// A layer with some states; one value of them, old or new, is added to what it is given.
fn layer(dice: &mut Dice) -> (String, Vec<Left>) {
    let vector = dice.once_in(2);
    let length = if vector { 3 } else { 1 };
    let shape = if vector { ": [3]" } else { "" };
    let states: Vec<String> = ["p", "q", "r"][..1 + dice.below(3)].iter().map(|s| s.to_string()).collect();
    let mut kept: Vec<Vec<f64>> = states.iter().map(|_| drawn(dice, length)).collect();
    let all = statements(dice, &states, &states, vector);
    let before = dice.pick(&states);
    let mut text = "input x\ntarget t\nparam w = 0.5\nlayer keep(x) {\n".to_string();
    for (state, value) in states.iter().zip(&kept) {
        text += &format!("    state {state}{shape} = {}\n", listed(value, vector));
    }
    text += &format!("    first = {before}\n");
    text += &body(&all);
    let after = dice.pick(&states);
    let of = |name: &str| if vector { format!("sum({name})") } else { name.to_string() };
    text += &format!("    x + {} - {}\n}}\ny = keep(w x)\nloss = (y - t)^2\n", of("first"), of(&after));
    text += "data { x: 1, 2\n t: 0.5, -1 }\n";
    text += &format!("train {{ minimize loss; optimizer sgd(rate = 0); batch all; steps {STEPS} }}\n");
    let mut trace = vec![];
    for _ in 0..STEPS {
        let mut names: Values = states.iter().cloned().zip(kept.iter().cloned()).collect();
        let first: f64 = names[&before].iter().sum();
        read(&all, &mut names, length);
        let added = first - names[&after].iter().sum::<f64>();
        kept = states.iter().map(|s| names[s].clone()).collect();
        let loss = [(1.0, 0.5), (2.0, -1.0)].iter().map(|(x, t)| (0.5 * x + added - t).powi(2)).sum::<f64>() / 2.0;
        let logged = vec![loss, loss];
        trace.push(Left { parameters: vec![vec![0.5]], states: kept.clone(), logged, outputs: vec![] });
    }
    (text, trace)
}

#[test]
fn programs_mean_what_stands_there_line_by_line() {
    let mut wrong = vec![];
    for seed in 0..90 {
        let mut dice = Dice(seed);
        let (text, wanted) = if seed % 3 == 0 { layer(&mut dice) } else { optimizer(&mut dice) };
        for (float, tolerance) in [(Float::F64, 1e-9), (Float::F32, 5e-4)] {
            let program = Program::new(&text, float);
            let ways = [("native", program.run(float, false, STEPS)), ("interpreted", program.run(float, true, STEPS))];
            let oracle = (float == Float::F64).then(|| ("by the oracle", program.by_the_oracle(STEPS)));
            for (way, found) in ways.into_iter().chain(oracle) {
                if let Some(why) = differs(&found, &wanted, tolerance) {
                    wrong.push(format!("{seed}, {way}, {float:?}: {why}\n{text}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} are wrong\n{}", wrong.len(), wrong.join("\n"));
}
