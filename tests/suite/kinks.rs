//! Derivatives at kinks, ties, zeros and overflows: one convention, wherever a derivative stands. Each formula is differentiated in every place that a
//! program has for it, by both executors, in both precisions.
use crate::values::{Way, trained};

/// A number of one number `x`, a point, and its derivative there.
pub struct Formula {
    pub text: String,
    pub at: f64,
    pub slope: f64,
}

pub fn formula(text: &str, at: f64, slope: f64) -> Formula {
    Formula { text: text.into(), at, slope }
}

/// The places for a derivative: a name, and a program whose parameter `r` begins at 0 and goes to minus the derivative in one step of gradient
/// descent. `F` is the formula, `P` the point, which the program calls `x`.
pub const PLACES: [(&str, &str); 10] = [
    ("trained", "param x = P\nloss = F\n"),
    ("of an input", "input x\nparam r = 0\nloss = r * stop_gradient(∂y/∂x)\ny = F\ndata { x: P, P }\n"),
    ("by a number", "param x = P, r = 0\ny = F\ng = ∂y/∂x\nloss = r * stop_gradient(g)\n"),
    ("of a function", "param r = 0\nfn f(x) = F\np = P\nloss = r * f'(p)\n"),
    ("by a vector", "param v: [2] = P, r = 0\nx = v[1]\ny = F\ng = ∂y/∂v\nloss = r * stop_gradient(g[1])\n"),
    ("in a loss", "param x = P, r = 0\ny = F\ng = grad(y, x)\nloss = r * g + 0 * stop_gradient(y)\n"),
    (
        "in a vector",
        "param v: [3] = P, r = 0\nfn f(x) = F\ny = sum(for i in 0..3 { f(v[i]) })\ng = ∂y/∂v\nloss = r * stop_gradient(mean(g))\n",
    ),
    (
        "in a loop",
        "param x = P, r = 0\ny = fold k in 0..2 with s = 0 { s + F / 2 }\ng = ∂y/∂x\nloss = r * stop_gradient(g)\n",
    ),
    (
        "in a branch",
        "param x = P, r = 0\ny = if x > P - 1 then F else log(x - P)\ng = ∂y/∂x\nloss = r * stop_gradient(g)\n",
    ),
    ("named", "param x = P, r = 0\nu = x\ny = F\nz = 2 y\ng = ∂z/∂y * ∂y/∂x\nloss = r * stop_gradient(g) / 2\n"),
];

/// The same for second derivatives.
pub const TWICE: [(&str, &str); 6] = [
    ("twice by a number", "param x = P, r = 0\ny = F\ng = ∂²y/∂x²\nloss = r * stop_gradient(g)\n"),
    ("of a derivative", "param x = P, r = 0\ny = F\ng = ∂y/∂x\nh = ∂g/∂x\nloss = r * stop_gradient(h)\n"),
    ("of a function", "param r = 0\nfn f(x) = F\np = P\nloss = r * f''(p)\n"),
    ("a hessian", "param v: [2] = P, r = 0\nx = v[1]\ny = F\nh = hessian(y, v)\nloss = r * stop_gradient(h[1, 1])\n"),
    ("trained", "param x = P\ny = F\nloss = ∂y/∂x\n"),
    ("trained by a vector", "param v: [2] = P\nx = v[1]\ny = F\nloss = grad(y, v)[1]\n"),
];

pub fn check(formulas: &[Formula], places: &[(&str, &str)], ways: &[Way]) -> usize {
    let (mut tried, mut wrong) = (0, vec![]);
    for Formula { text, at, slope } in formulas {
        for (place, program) in places {
            let program = program.replace('F', &format!("({text})")).replace('P', &format!("({at})"));
            // The order of statements is free, but what a line reads must stand above it.
            let program = reordered(&program);
            let tail = "train { minimize loss; optimizer sgd(rate = 1); steps 1; batch all }\n";
            for way in ways {
                let text = format!("{program}{tail}");
                let name = match *place {
                    "trained" => "x",
                    "trained by a vector" => "v",
                    _ => "r",
                };
                let start = if name == "r" { 0.0 } else { *at };
                let got = start - trained(&text, *way, name).last().unwrap();
                let size = slope.abs() + start.abs();
                let holds = (got - slope).abs() <= way.tolerance() * size;
                if !holds {
                    wrong.push(format!("{place}, {way:?}: {got} instead of {slope}\n{text}"));
                }
                tried += 1;
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
    tried
}

/// Sections behind all else, and the loss behind what it reads.
fn reordered(program: &str) -> String {
    let (mut head, mut loss, mut data) = (vec![], vec![], vec![]);
    for line in program.lines() {
        if line.starts_with("loss") {
            loss.push(line);
        } else if line.starts_with("data") {
            data.push(line);
        } else {
            head.push(line);
        }
    }
    [head, loss, data].concat().iter().map(|line| format!("{line}\n")).collect()
}

/// The table of the reference.
fn table() -> Vec<Formula> {
    let reference = include_str!("../../docs/language.md");
    let rows = reference.lines().skip_while(|line| !line.starts_with("| derivative by `x` of")).skip(2);
    let rows = rows.take_while(|line| line.starts_with('|'));
    let mut formulas = vec![];
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [texts, at, slope] = cells[..] else { panic!("{row}") };
        // Left open by the table: what is chosen there is another element.
        let Ok(slope) = slope.parse::<f64>() else { continue };
        let texts = texts.split('`').skip(1).step_by(2);
        formulas.extend(texts.map(|text| formula(text, at.parse().unwrap(), slope)));
    }
    assert!(formulas.len() > 35, "{}", formulas.len());
    formulas
}

#[test]
fn the_conventions_of_the_reference_hold_everywhere() {
    assert!(check(&table(), &PLACES, &Way::in_f64()) > 700);
}

#[test]
fn so_they_do_in_single_precision() {
    assert!(check(&table(), &PLACES[..3], &Way::in_f32()) > 200);
}

/// Functions that are recognised, where their spelling overflows or cancels; choices whose other side would.
fn hurt() -> Vec<Formula> {
    let small = (-40.0_f64).exp();
    vec![
        formula("-log(1 - sigmoid(x))", 1000.0, 1.0),
        formula("log(1 + exp(x))", 1000.0, 1.0),
        formula("log(1 + exp(x))", -1000.0, 0.0),
        formula("1 / (1 + exp(-x))", -1000.0, 0.0),
        formula("log(sum(exp([x, 0])))", 1000.0, 1.0),
        formula("logsumexp([x, 0, -x])", 1000.0, 1.0),
        formula("-log(softmax([x, 0])[0])", -1000.0, -1.0),
        formula("cross_entropy(softmax([x, 0]), [0, 1])", 1000.0, 1.0),
        formula("binary_cross_entropy(sigmoid(x), 0)", 1000.0, 1.0),
        formula("-(0.25 * log(sigmoid(x)) + 0.75 * log(1 - sigmoid(x)))", 1000.0, 0.75),
        formula("max(x, 0) - 0.5 x + log(1 + exp(-abs(x)))", 0.0, 0.0),
        formula("norm([x, 2 x])^2", 0.0, 0.0),
        formula("norm([x, 1])^4", 0.0, 0.0),
        formula("expm1(x)", -40.0, small),
        formula("elu(x)", -40.0, small),
        formula("elu(x)", 1000.0, 1.0),
        formula("if x < 50 then exp(x) else x", 1000.0, 1.0),
        formula("if x < 50 then x^2 * exp(x) + exp(2 x) else 3 x", 1000.0, 3.0),
        formula("if x > 0 then x * log(x) else 2 x", 0.0, 2.0),
        formula("if x > 0 then sqrt(x) else -x", 0.0, -1.0),
        formula("if x == 0 then 1 + x else sin(x) / x", 0.0, 1.0),
        formula("if x > 0 then (if x > 1 then log(x - 1) else sqrt(x)) else x", 0.0, 1.0),
        formula("(if x > 0 then log(x) else 1) + (if x > 0 then log(x)^2 else 3) + x", 0.0, 1.0),
        formula("(if x > 0 then log(x) else x) + (if x > 0 then 1 else exp(-1000 / (x + 1e-3)))", 0.0, 1.0),
        formula("sum(if [x, x + 1] > 0 then log([x, x + 1]) else [x, 1])", 0.0, 2.0),
        formula("[x > 0] / x + [x <= 0] x", 0.0, 1.0),
        formula("[x > 0] * log(x) + 2 x", 0.0, 2.0),
        formula("if x > 3 then prod([x, exp(x), exp(x)]) else 4 x", 0.0, 4.0),
        formula("sum([x > 0] * [1 / x, log(x)]) + x", 0.0, 1.0),
        formula("max(x, 0) + min(exp(x) - 1, 0)", 1000.0, 1.0),
        formula("x + relu(1 - exp(x))", 1000.0, 1.0),
        formula("x + max(-exp(x), 3)", 1000.0, 1.0),
        formula("x + min(exp(x), x)", 1000.0, 2.0),
        formula("clip(exp(x), 0, 1) + x", 1000.0, 1.0),
        formula("2 x + min(1 / x, -1)", 0.0, 2.0),
        formula("2 x + relu(log(x))", 0.0, 2.0),
        formula("x + min([exp(x) - 1, 0])", 1000.0, 1.0),
        formula("x + max([-exp(x), 0, -exp(2 x)])", 1000.0, 1.0),
        formula("sum(if [1, 2, 3] > 5 then 1 / x else 2) + 2 x", 0.0, 2.0),
        formula("sum(if [x, x - 1] > 0 then [3, 4] / x else x) + x", 0.0, 3.0),
        formula("2 x + fold k in 0..3 with s = 0 { s + (if x > k then 1 / x else 0) }", 0.0, 2.0),
        formula("2 x + fold k in 0..3 with s = 0 { s + [x > k] / x }", 0.0, 2.0),
        formula("[x > 0]^2 / x + 2 x", 0.0, 2.0),
        formula("[x > 0]^3 * log(x) * [x < 5] + 2 x", 0.0, 2.0),
        formula("[x > 0] / x * (if x > 0 then 1 else 1 / x) + 2 x", 0.0, 2.0),
        formula("(if x > 0 then 1 / x else 0) * (if x > 0 then log(x) else 1 / x) + 2 x", 0.0, 2.0),
        formula("huber(x, 0)", 1000.0, 1.0),
        formula("leaky_relu(x)", -3.0, 0.01),
    ]
}

#[test]
fn what_overflows_in_a_spelling_or_beyond_a_condition_is_left_out() {
    assert!(check(&hurt(), &PLACES, &Way::in_f64()) > 500);
}

#[test]
fn so_it_is_in_single_precision() {
    assert!(check(&hurt(), &PLACES[..3], &Way::in_f32()) > 150);
}

#[test]
fn second_derivatives_follow_the_same_conventions() {
    let all = [
        formula("norm([x])^2", 0.0, 2.0),
        formula("norm([x, x])^2", 0.0, 4.0),
        formula("exp(-norm([x, x])^2)", 0.0, -4.0),
        formula("prod([x, x])", 0.0, 2.0),
        formula("prod([x, x, 3])", 0.0, 6.0),
        formula("prod([x, 2])", 0.0, 0.0),
        formula("x^2 + x^0", 0.0, 2.0),
        formula("x^3 + 0 * x^4", 0.0, 0.0),
        formula("x^2 + relu(x) + abs(x)", 0.0, 2.0),
        formula("x^2 + max(0, x) + min(x, 0) + clip(x, 0, 1)", 0.0, 2.0),
        formula("x^2 + sqrt(x^2)", 0.0, 2.0),
        formula("x^2 + sqrt(x^2 + x^4)", 0.0, 2.0),
        formula("x^2 + (abs(x)^3)^(1 / 3)", 0.0, 2.0),
        formula("x^2 + std([x, 0])", 0.0, 2.0),
        formula("softplus(x)", 0.0, 0.25),
        formula("max(x, 0) + log(1 + exp(-abs(x)))", 0.0, 0.25),
        formula("log(1 + exp(x))", 1000.0, 0.0),
        formula("x^2 - log(1 - sigmoid(x))", 1000.0, 2.0),
        formula("sum([5, 7, 11, 13] * x^(0..4))", 0.0, 22.0),
        formula("x^2 + 0^x", 1.0, 2.0),
        formula("elu(x)", -40.0, (-40.0_f64).exp()),
        formula("if x > 0 then log(x) else x^2", 0.0, 2.0),
        formula("(if x > 0 then log(x) else x^2) + (if x > 0 then sqrt(x) * log(x) else 3 x^2)", 0.0, 8.0),
        formula("if x < 50 then exp(x) else x^2", 1000.0, 2.0),
        formula("[x > 0] / x + x^2", 0.0, 2.0),
        formula("sort([x^2, 1])[0]", 0.0, 2.0),
        formula("max([x^2, -1])", 0.0, 2.0),
    ];
    assert!(check(&all, &TWICE, &Way::in_f64()) > 300);
}
