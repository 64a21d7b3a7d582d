//! Functions that people spell out, drawn: in any order, with signs, numbers and sums around them, of any multiple of the variable, at the kinks
//! of their parts and far out. What was meant is smooth, and so is what is derived of it, everywhere and twice. And conditions among factors,
//! wherever they stand.
use crate::kinks::{Formula, PLACES, TWICE, check, formula};
use crate::values::Way;
use gradus::oracle::Draws;

/// A spelled-out function of `Z`, which may come in two parts that are added; its first and second derivative.
struct Spelled {
    parts: &'static [&'static str],
    slope: fn(f64) -> f64,
    bend: fn(f64) -> f64,
    /// Whether its spelling is right far from zero, and at zero.
    far: bool,
    zero: bool,
}

fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}
fn hump(z: f64) -> f64 {
    sigmoid(z) * sigmoid(-z)
}

const SOFTPLUS: [&[&str]; 25] = [
    &["log(1 + exp(Z))"],
    &["log1p(exp(Z))"],
    &["log(exp(Z) + 1)"],
    &["max(Z, 0)", "log(1 + exp(-abs(Z)))"],
    &["log1p(exp(-abs(Z)))", "relu(Z)"],
    &["-min(-Z, 0)", "log1p(exp(-abs(Z)))"],
    &["(Z + abs(Z)) / 2", "log(1 + exp(-abs(Z)))"],
    &["0.5 * abs(Z) + 0.5 * Z", "log(1 + exp(-abs(Z)))"],
    &["max(0, Z)", "log(1 + exp(-sqrt(Z^2)))"],
    &["(if Z > 0 then Z else 0)", "log1p(exp(-abs(Z)))"],
    &["(if Z <= 0 then 0 else Z)", "log1p(exp(-abs(Z)))"],
    &["Z * [Z > 0]", "log(1 + exp(-abs(Z)))"],
    &["max(Z, 0)", "log(1 + exp(-max(Z, -Z)))"],
    &["-log(sigmoid(-Z))"],
    &["-log(1 - sigmoid(Z))"],
    &["-log(1 / (1 + exp(Z)))"],
    &["-log(softmax([Z, 0])[1])"],
    &["logsumexp([Z, 0])"],
    &["log(exp(Z) + exp(0))"],
    &["log(sum(exp([Z, 0])))"],
    &["log(sum(exp([[Z], [0]]), axis = 0))[0]"],
    &["log(2 * mean(exp([[Z], [0]])))"],
    &["log(sum(exp([[[Z], [0]]]), axis = [0, 1]))[0]"],
    &["log(1 + 1 / exp(-Z))"],
    &["2 * log(sqrt(1 + exp(Z)))"],
];

fn functions() -> Vec<Spelled> {
    let softplus = |parts| Spelled { parts, slope: sigmoid, bend: hump, far: true, zero: true };
    let mut all: Vec<Spelled> = SOFTPLUS.into_iter().map(softplus).collect();
    let squares: [&[&str]; 8] = [
        &["abs(Z)^2"],
        &["abs(Z) * abs(Z)"],
        &["sqrt(Z^4)"],
        &["norm([Z])^2"],
        &["sqrt(Z^2)^2"],
        &["(Z^4)^0.5"],
        &["(Z^2)^0.5 * (Z^2)^0.5"],
        &["norm([Z]) * norm([Z])"],
    ];
    all.extend(squares.map(|parts| Spelled { parts, slope: |z| 2.0 * z, bend: |_| 2.0, far: false, zero: true }));
    let cubes: [&[&str]; 4] = [&["(Z^2)^1.5"], &["norm([Z])^3"], &["abs(Z)^3"], &["(Z^2 / 4)^1.5 * 8"]];
    let cube = |parts| Spelled { parts, slope: |z| 3.0 * z * z.abs(), bend: |z| 6.0 * z.abs(), far: false, zero: true };
    all.extend(cubes.map(cube));
    let sigmoids: [&[&str]; 26] = [
        &["2 / (2 + 2 * exp(-Z))"],
        &["reciprocal(1 + exp(-Z))"],
        &["exp([Z, 0][0]) / sum(exp([Z, 0]))"],
        &["(exp([Z, 0]) * reciprocal(sum(exp([Z, 0]))))[0]"],
        &["(3 * exp([Z, 0]) / (4 * sum(exp([Z, 0]))))[0] * 4 / 3"],
        &["(exp([Z, 0]) * (1 / sum(exp([Z, 0]))))[0]"],
        &["(exp([[Z], [0]]) / sum(exp([[Z], [0]]), axis = 0))[0, 0]"],
        &["(exp([[Z, 0]] - max([[Z, 0]])) / sum(exp([[Z, 0]] - max([[Z, 0]]))))[0, 0]"],
        &["-1 / (-1 - exp(-Z))"],
        &["1 / (1 + 1 / exp(Z))"],
        &["1 / (1 + exp(Z)^(-1))"],
        &["exp(Z) * (1 / (1 + exp(Z)))"],
        &["exp(Z)^2 / (exp(Z)^2 + exp(Z))"],
        &["1 / exp(-Z) / (1 + exp(Z))"],
        &["1 / (1 + exp(-Z))"],
        &["exp(Z) / (1 + exp(Z))"],
        &["1 / (exp(-Z) + 1)"],
        &["(1 + exp(-Z))^(-1)"],
        &["(3 / (1 + exp(-Z))) / 3"],
        &["exp(Z / 2) / (exp(Z / 2) + exp(-Z / 2))"],
        &["2 * exp(Z) / (exp(Z) + 1) / 2"],
        &["1 - 1 / (1 + exp(Z))"],
        &["0.5 + 0.5 * (exp(Z / 2) - exp(-Z / 2)) / (exp(Z / 2) + exp(-Z / 2))"],
        &["1 - sigmoid(-Z)"],
        &["softmax([Z, 0])[0]"],
        &["0.5 * (1 + tanh(Z / 2))"],
    ];
    let curve = |z: f64| hump(z) * (1.0 - 2.0 * sigmoid(z));
    all.extend(sigmoids.map(|parts| Spelled { parts, slope: hump, bend: curve, far: true, zero: true }));
    let tanhs: [&[&str]; 11] = [
        &["(exp(Z)^2 - 1) / (exp(Z)^2 + 1)"],
        &["-(exp(-Z) - exp(Z)) / (exp(-Z) + exp(Z))"],
        &["(exp(Z) - 1 / exp(Z)) / (exp(Z) + 1 / exp(Z))"],
        &["expm1(2 * Z) / (exp(2 * Z) + 1)"],
        &["sinh(Z) / cosh(Z)"],
        &["((exp(Z) - exp(-Z)) / 2) / ((exp(Z) + exp(-Z)) / 2)"],
        &["(0.5 * (exp(Z) - exp(-Z))) / (0.5 * exp(Z) + 0.5 * exp(-Z))"],
        &["(exp(Z) - exp(-Z)) / (exp(Z) + exp(-Z))"],
        &["(exp(2 * Z) - 1) / (exp(2 * Z) + 1)"],
        &["(1 - exp(-2 * Z)) / (1 + exp(-2 * Z))"],
        &["2 / (1 + exp(-2 * Z)) - 1"],
    ];
    let steep = |z: f64| 1.0 - z.tanh().powi(2);
    let turn = |z: f64| -2.0 * z.tanh() * (1.0 - z.tanh().powi(2));
    all.extend(tanhs.map(|parts| Spelled { parts, slope: steep, bend: turn, far: true, zero: true }));
    let silus: [&[&str]; 3] = [&["Z / (1 + exp(-Z))"], &["Z * exp(Z) / (1 + exp(Z))"], &["Z * (1 + exp(-Z))^(-1)"]];
    let rise = |z: f64| sigmoid(z) + z * hump(z);
    let bow = |z: f64| hump(z) * (2.0 + z * (1.0 - 2.0 * sigmoid(z)));
    all.extend(silus.map(|parts| Spelled { parts, slope: rise, bend: bow, far: true, zero: true }));
    let densities: [&[&str]; 3] =
        [&["exp(-Z) / (1 + exp(-Z))^2"], &["exp(Z) / (1 + exp(Z))^2"], &["2 * exp(-Z) / (1 + exp(-Z))^2 / 2"]];
    let fall = |z: f64| hump(z) * ((1.0 - 2.0 * sigmoid(z)).powi(2) - 2.0 * hump(z));
    all.extend(densities.map(|parts| Spelled { parts, slope: curve, bend: fall, far: true, zero: true }));
    all.push(Spelled {
        parts: &["log(cosh(Z))"],
        slope: f64::tanh,
        bend: |z| 1.0 - z.tanh().powi(2),
        far: false,
        zero: true,
    });
    all
}

/// A drawn formula of `x`, with its point, slope and bend.
fn drawn(draws: &mut Draws, functions: &[Spelled]) -> [Formula; 2] {
    let one = &functions[draws.below(functions.len())];
    let scale = [1.0, 1.0, -1.0, 2.0, -0.5][draws.below(5)];
    let shift = [0.0, 0.0, 1.0, -0.5][draws.below(4)];
    let z = match draws.below(4) {
        0 | 1 if one.zero => 0.0,
        2 if one.far => [1000.0, -1000.0][draws.below(2)],
        _ => 2.0 * draws.unit() - 1.0,
    };
    let at = (z - shift) / scale;
    let z = scale * at + shift;
    let form = draws.below(5);
    // Over an axis, of elements: their mean.
    let is_mean = form >= 3 && one.parts.iter().all(|part| !part.contains("[Z"));
    let variable = if is_mean { "[x, x]" } else { "x" };
    let argument = match (scale, shift) {
        (1.0, 0.0) => variable.to_string(),
        (-1.0, 0.0) => format!("(-{variable})"),
        (_, 0.0) => format!("({scale} * {variable})"),
        _ => format!("({scale} * {variable} + {shift})"),
    };
    let factor = [1.0, 1.0, 3.0, -0.25][draws.below(4)];
    let parts: Vec<String> = one.parts.iter().map(|part| part.replace('Z', &argument)).collect();
    let mut parts = parts;
    if draws.below(2) == 0 {
        parts.reverse();
    }
    // Other terms may stand between the parts.
    let linear = [0.0, 0.0, 2.0][draws.below(3)];
    let text = match form {
        // The factor over all, or over each.
        0 => format!("{factor} * ({}) + {linear} * x", parts.join(" + ")),
        1 => {
            let each: Vec<String> = parts.iter().map(|part| format!("{factor} * ({part})")).collect();
            each.join(&format!(" + {linear} * x + "))
                + &if each.len() == 1 { format!(" + {linear} * x") } else { String::new() }
        }
        2 => {
            let each: Vec<String> = parts.iter().map(|part| format!("({part}) * {factor}")).collect();
            format!("{linear} * x - (-({}))", each.join(" + "))
        }
        // In sums over an axis, one for each part.
        3 if is_mean => {
            let each: Vec<String> = parts.iter().map(|part| format!("sum({factor} * ({part})) / 2")).collect();
            format!("{} + {linear} * x", each.join(" + "))
        }
        _ if is_mean => {
            let each: Vec<String> = parts.iter().map(|part| format!("mean({part})")).collect();
            format!("({} + {linear} * x / ({factor})) * {factor}", each.join(" + "))
        }
        _ => format!("({} + {linear} * x / ({factor})) * {factor}", parts.join(" + ")),
    };
    let (slope, bend) = (factor * scale * (one.slope)(z) + linear, factor * scale * scale * (one.bend)(z));
    [formula(&text, at, slope), formula(&text, at, bend)]
}

/// More of them, and others, for a long run: `GRADUS_SPELLINGS=5000 GRADUS_SPELLINGS_SEED=7`.
fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn what_is_spelled_out_is_what_was_meant() {
    let functions = functions();
    let mut draws = Draws(setting("GRADUS_SPELLINGS_SEED", 1));
    let count = setting("GRADUS_SPELLINGS", 120) as usize;
    let (mut slopes, mut bends) = (vec![], vec![]);
    for _ in 0..count {
        let [slope, bend] = drawn(&mut draws, &functions);
        slopes.push(slope);
        bends.push(bend);
    }
    // Every one in some of the places, and in all of them some.
    for (places, formulas) in [(&PLACES[..], slopes), (&TWICE[..], bends)] {
        let mut all = formulas.into_iter().enumerate();
        for (at, place) in places.iter().enumerate() {
            let some: Vec<Formula> = all.by_ref().take(count / places.len()).map(|one| one.1).collect();
            let other = &places[(at + 3) % places.len()];
            check(&some, &[*place, *other], &Way::in_f64());
        }
    }
}

/// A product with a condition among its factors: where it does not hold, zero, whatever the others are.
fn masked(draws: &mut Draws) -> Formula {
    // What is not defined, or overflows, at 0 and below.
    let wild = ["log(x)", "(1 / x)", "sqrt(x)", "log(x)^2", "x^(-1.5)", "log(x) / x"][draws.below(6)];
    let truths = [
        "[x > 0]",
        "[0 < x]",
        "[not x <= 0]",
        "[x > 0 and x < 5]",
        "(if x > 0 then 1 else 0)",
        "(1 - [x <= 0])",
        "(1 - (if x > 0 then 0 else 1))",
        "(2 * [x > 0])^2",
        "([x > 0] * x)^2 / 3",
        "sqrt([x > 0])",
        "abs(-2 * [x > 0])",
        "max([x > 0], [x > 1])",
        "min([x > 0], [x < 5])",
        "sin(3 * [0 < x])",
        "[x > 0]^3",
        "[false]",
        "(1 - [true])",
        "([x > 0] / [x > 0])",
        "((if x > 0 then x else 0) / (if x > 0 then x else 0))",
    ];
    let truth = truths[draws.below(truths.len())];
    let more = ["", "", " * [x < 3]", " * (if x <= 0 then 0 else 2)"][draws.below(4)];
    let choice = match draws.below(10) {
        0 => format!("{truth} * {wild}{more}"),
        1 => format!("{wild} * {truth}{more}"),
        2 => format!("-{truth} * {wild}{more}"),
        3 => format!("3 * {truth} * {wild}{more}"),
        4 => format!("2 * {wild} * {truth}{more}"),
        5 => format!("x * {truth} / x{more} * {wild}"),
        6 => format!("{truth} / 0{more}"),
        7 => format!("{wild} * ({truth})^2{more} / x^2"),
        8 => format!("sum([[x, 1] > 0] * [{wild}, 0]{more})"),
        _ => format!("{truth} / (2 * x){more} * {wild}"),
    };
    let slope = [2.0, -1.0][draws.below(2)];
    formula(&format!("{choice} + {slope:?} * x"), [0.0, -1.0, -2.5][draws.below(3)], slope)
}

#[test]
fn conditions_among_factors_choose() {
    let mut draws = Draws(setting("GRADUS_SPELLINGS_SEED", 1));
    let formulas: Vec<Formula> = (0..60).map(|_| masked(&mut draws)).collect();
    for (at, formula) in formulas.chunks(6).enumerate() {
        check(formula, &PLACES[at..=at], &Way::in_f64());
    }
    // Second derivatives of what is linear there are 0; `x^2` is there so that something is learned.
    let twice: Vec<Formula> = (0..30).map(|_| masked(&mut draws)).collect();
    let twice: Vec<Formula> = twice.iter().map(|f| formula(&format!("{} + x^2", f.text), f.at, 2.0)).collect();
    for (at, formula) in twice.chunks(5).enumerate() {
        check(formula, &TWICE[at..=at], &Way::in_f64());
    }
}

/// Entries of a steep function of a list: what is not taken of it is not there, whatever its slope.
fn entry(draws: &mut Draws) -> Formula {
    let (list, others) =
        [("[x, 1]", "[1]"), ("[x, 4]", "[-1]"), ("[2, x]", "[0]"), ("[3, x, 4]", "[2]")][draws.below(4)];
    let wild =
        ["log(@)", "sqrt(@)", "(1 / @)", "(@^(-1.5))", "(log(@) + @)", "sqrt(exp(@) - 1)", "(2 * log(@) - sqrt(@))"];
    let wild = wild[draws.below(wild.len())].replace('@', list);
    let count = list.split(',').count();
    let slope = [2.0, -1.0][draws.below(2)];
    let text = match draws.below(16) {
        14 => "2 * sort(sqrt([x, 4, 1]))[-1] + concat(2 * sort(sqrt([1, x])), [7])[-2]".to_string(),
        15 => format!(
            "sum(for i in 0..1 {{ b = relu(reverse({wild})); b{} + (2 * cumsum(log([1, x])))[0] + i }})",
            if others == "[0]" { "[-1]" } else { "[0]" }
        )
        .replace("[3, x, 4]", "[x, 3, 4]"),
        4 => format!("sum(for i in 0..1 {{ y = {wild}; y{others} + i }})"),
        5 => format!("sum(for i in 0..1 {{ y = {wild}; z = 2 * y + y; z{others} + i * y{others} }})"),
        6 => format!("sum(for i in 0..1 {{ y = {wild}; k = argmax([1, x + 9]); concat([5, 6], y)[k] + i }})"),
        7 => format!("pad({wild}, 1)[0] + concat([1, 2], {wild})[0]"),
        8 => format!(
            "stack({wild}, {list} + 1)[0]{others} + reshape(stack({wild}, [7, 8, 9][0..{}]), [{}])[-1]",
            count,
            2 * count
        ),
        9 => format!(
            "sum(for i in 0..1 {{ y = {wild}; reverse(y){} + i }})",
            if others == "[0]" { "[-1]" } else { "[0]" }
        )
        .replace("[3, x, 4]", "[x, 3, 4]"),
        10 => "sort(sqrt([x, 4, 1]))[-1] + cumsum(sqrt([4, x]))[0] + cumsum(log([1, x]))[0]".to_string(),
        11 => format!("(scan v in {list} with s = 1 {{ {} }}){others}", ["sqrt(v)", "log(v)", "1 / v"][draws.below(3)]),
        12 => format!("sum({wild}{others} * [[1, 2], [3, 4]]) + sum(transpose(stack({wild}, {wild}), [1, 0]){others})"),
        13 => format!(
            "sum(for i in 0..1 {{ y = {wild}; (if i > 0 then y else 3 * y){others} + sum(stack(y, y), axis = 0){others} }})"
        ),
        0 => format!("{wild}{others}"),
        1 => format!("3 * {wild}{others} - sqrt({list}){others}"),
        2 => format!("{wild}{others} * {wild}{others}"),
        _ => format!("sum(for i in 0..1 {{ {wild}{others} + i }})"),
    };
    formula(&format!("{text} + {slope:?} * x"), 0.0, slope)
}

#[test]
fn entries_of_a_steep_function_leave_the_others_out() {
    let mut draws = Draws(setting("GRADUS_SPELLINGS_SEED", 1));
    let formulas: Vec<Formula> = (0..90).map(|_| entry(&mut draws)).collect();
    for (at, formula) in formulas.chunks(6).enumerate() {
        check(formula, &PLACES[at % PLACES.len()..=at % PLACES.len()], &Way::in_f64());
    }
}

/// A product of factors of either sign and its slope over itself, at a point where it is positive.
fn product(draws: &mut Draws) -> Formula {
    type Factor = (&'static str, fn(f64) -> f64, fn(f64) -> f64);
    let factors: [Factor; 9] = [
        ("exp(x)", f64::exp, |_| 1.0),
        ("exp(-2 * x)", |x| (-2.0 * x).exp(), |_| -2.0),
        ("sigmoid(x)", sigmoid, |x| sigmoid(-x)),
        ("softmax([x, 0])[0]", sigmoid, |x| sigmoid(-x)),
        ("(1 / (1 + exp(-x)))", sigmoid, |x| sigmoid(-x)),
        ("x", |x| x, |x| 1.0 / x),
        ("(x - 3)", |x| x - 3.0, |x| 1.0 / (x - 3.0)),
        ("tanh(x)", f64::tanh, |x| 1.0 / x.tanh() - x.tanh()),
        ("(-2)", |_| -2.0, |_| 0.0),
    ];
    let at = [-1.5, 0.75, 2.0][draws.below(3)];
    let (mut text, mut value, mut slope) = ("1".to_string(), 1.0_f64, 0.0);
    for _ in 0..3 + draws.below(3) {
        let (name, of, slope_of) = factors[draws.below(factors.len())];
        let (of, of_slope) = (of(at), slope_of(at));
        (text, value, slope) = match draws.below(6) {
            0 => (format!("({text}) / {name}"), value / of, slope - of_slope),
            1 => (format!("{name} * ({text})"), value * of, slope + of_slope),
            2 => (format!("({text} * {name})^2"), (value * of).powi(2), 2.0 * (slope + of_slope)),
            3 => (format!("({text}) * {name}^3"), value * of.powi(3), slope + 3.0 * of_slope),
            4 => (format!("prod([{text}, {name}])"), value * of, slope + of_slope),
            _ => (format!("{text} * {name}"), value * of, slope + of_slope),
        };
    }
    let sign = if value < 0.0 { "-1 * " } else { "" };
    formula(&format!("log({sign}({text})) + 9 * x"), at, slope + 9.0)
}

#[test]
fn logarithms_of_products_with_any_signs() {
    let mut draws = Draws(setting("GRADUS_SPELLINGS_SEED", 1));
    let formulas: Vec<Formula> = (0..60).map(|_| product(&mut draws)).collect();
    for (at, formula) in formulas.chunks(6).enumerate() {
        check(formula, &PLACES[at % PLACES.len()..=at % PLACES.len()], &Way::in_f64());
    }
}
