//! What rounds of loops carry on: each becomes what it is told all at once, also where one becomes what another one was. Values and gradients
//! against the same rounds written out.
use crate::values::{Way, trained};
use gradus::oracle::Draws;

/// What one of the carried becomes: another one, a multiple of one and a number, or itself and the sum with another one.
#[derive(Clone, Copy)]
enum Next {
    Becomes(usize),
    Scaled(usize),
    Added(usize, usize),
}

const ROUNDS: usize = 5;

/// The program, and what the starts' gradients are: how much each start has in the weighted sum of what is left.
pub fn program(draws: &mut Draws, wide: bool) -> (String, Vec<f64>) {
    let count = 2 + draws.below(3);
    let next: Vec<Next> = (0..count)
        .map(|_| match draws.below(5) {
            0 => Next::Scaled(draws.below(count)),
            1 => Next::Added(draws.below(count), draws.below(count)),
            _ => Next::Becomes(draws.below(count)),
        })
        .collect();
    let names: Vec<String> = (0..count).map(|k| format!("s{k}")).collect();
    let shown = next.iter().map(|next| match *next {
        Next::Becomes(of) => names[of].clone(),
        Next::Scaled(of) => format!("0.5 {} + 1", names[of]),
        Next::Added(a, b) => format!("{} - {}", names[a], names[b]),
    });
    let starts: Vec<String> = (0..count).map(|k| format!("s{k} = w{k}")).collect();
    let shape = if wide { ": [3] = 1" } else { " = 1" };
    let params: Vec<String> = (0..count).map(|k| format!("param w{k}{shape}\n")).collect();
    let lefts: Vec<String> = (0..count).map(|k| format!("l{k}")).collect();
    let weighted: Vec<String> = (0..count).map(|k| format!("{} l{k}", k + 1)).collect();
    let text = format!(
        "{}({}) = fold k in 0..{ROUNDS} with {} {{ ({}) }}\nloss = sum({})\noptimizer reveal(w, g) {{ w <- g }}\n\
         train {{ minimize loss; optimizer reveal; steps 1 }}\n",
        params.concat(),
        lefts.join(", "),
        starts.join(", "),
        shown.collect::<Vec<_>>().join(", "),
        weighted.join(" + ")
    );
    // The rounds are linear: backwards by hand.
    let mut adjoints: Vec<f64> = (1..=count).map(|k| k as f64).collect();
    for _ in 0..ROUNDS {
        let mut before = vec![0.0; count];
        for (next, adjoint) in next.iter().zip(&adjoints) {
            match *next {
                Next::Becomes(of) => before[of] += adjoint,
                Next::Scaled(of) => before[of] += 0.5 * adjoint,
                Next::Added(a, b) => {
                    before[a] += adjoint;
                    before[b] -= adjoint;
                }
            }
        }
        adjoints = before;
    }
    (text, adjoints)
}

#[test]
fn carried_values_change_all_at_once() {
    let mut draws = Draws(11);
    for case in 0..60 {
        let (text, wanted) = program(&mut draws, case % 2 == 1);
        for way in Way::in_f64() {
            for (k, wanted) in wanted.iter().enumerate() {
                let found = trained(&text, way, &format!("w{k}"));
                assert!(found.iter().all(|found| found == wanted), "w{k}: {found:?}, not {wanted}: {way:?}\n{text}");
            }
        }
    }
}

/// The same with what is left itself: a value that nothing differentiates.
#[test]
fn swaps_delays_and_turns() {
    let cases: [(&str, &str, [f64; 2]); 5] = [
        ("2", "(b, a)", [1.0, 10.0]),
        ("3", "(b, a)", [10.0, 1.0]),
        ("3", "(b, a + b)", [21.0, 32.0]),
        ("4", "(2 b, a)", [4.0, 40.0]),
        ("2", "(b, b)", [10.0, 10.0]),
    ];
    for (rounds, next, wanted) in cases {
        let text = format!(
            "param w: [2] = 0\n(p, q) = fold k in 0..{rounds} with a = 1, b = 10 {{ {next} }}\nloss = w · [p, q]\n\
             optimizer reveal(w, g) {{ w <- g }}\ntrain {{ minimize loss; optimizer reveal; steps 1 }}\n"
        );
        for way in Way::in_f64() {
            assert_eq!(trained(&text, way, "w"), wanted, "{way:?}\n{text}");
        }
    }
}

/// Of s⁴ + 4 s³, twice, at 0.5: 4 s³ + 12 s² at 0.5625, times the same at 0.5.
const SLOPE_OF_BOTH: f64 = (4.0 * 0.5625 * 0.5625 * 0.5625 + 12.0 * 0.5625 * 0.5625) * 3.5;

/// With the gradients by `a`.
pub const TOGETHER: [(&str, &[f64]); 14] = [
    ("param a = 1\nloss = sum((scan i in 0..2 with h = a { (fold u in 0..2 with g = a { -g }) + h })^2)", &[26.0]),
    (
        "param a: [2, 2] = [[1, 2], [3, 4]]\nloss = fold i in 0..2 with s = 0 { s + fold row in a with p = 0 { p + row[i]^2 } }",
        &[2.0, 4.0, 6.0, 8.0],
    ),
    (
        "param a: [3] = [1, 2, 4]\nloss = sum(scan i in 0..3 with s = 0 { s + fold w in [2 a, 3 a] with p = 0 { p + w[i]^2 } })",
        &[78.0, 104.0, 104.0],
    ),
    ("param a = 2\nfn f(x) = fold i in 0..1 with s = x { s * x }\nloss = f(a) + f'(a)", &[6.0]),
    ("param a = 2\nfn f(x) = fold i in 0..5 with s = x { s * x }\nloss = f(a) + f'(a) + f''(a)", &[1632.0]),
    ("param a = 0.7\nfn f(z) = fold v in 0..2 with s = 1 { z * s }\nloss = f(a) + f'(a) * f''(a)", &[5.4]),
    (
        "param a = 0.5\nfn u(z) = fold v in 0..2 with p = z { p * p }\n\
             loss = fold k in 0..2 with s = a { u(s) + u'(s) }",
        &[SLOPE_OF_BOTH],
    ),
    (
        "param a = 0.7\nb = 0.2\nloss = fold v in 0..4 with s = b { s - grad((if b > 0.1 then a else sin(2)) * s, s) }",
        &[-4.0],
    ),
    ("param a = 1\nloss = fold v in 0..4 with s = a { s - grad(tanh(0.5) * s, s) }", &[1.0]),
    ("param a = 1.5\nfn f(x) = fold q in [x] with s = 2 { x * q + x }\nloss = f'(a)", &[2.0]),
    (
        "param a = -1\nfn f(x) = fold q in [2] with s = 2 { sum(scan r in [x, 2] with t = 2 { r * s }) }\n\
             loss = f(a) + f'(a) + f''(a)",
        &[2.0],
    ),
    ("param a: [2] = [1, 2]\nloss = fold q in a with s = 0 { s + [0 * q > -1] * q }", &[1.0, 1.0]),
    ("param a: [2] = [-2, 0.5]\nloss = sum(a) + (fold q in a with s = 0 { s + [0 * q > 0] * q })", &[1.0, 1.0]),
    (
        "param a = -2\nloss = fold q in 0..2 with s = a { fold r in 0..2 with u = s * a { if u > 0 then s else s } }",
        &[1.0],
    ),
];

/// A loop, its derivative and derivatives of that in one loss: they share rounds, and read what each other's loops leave.
#[test]
fn values_and_derivatives_of_loops_together() {
    for (text, wanted) in TOGETHER {
        let text = format!(
            "{text}\noptimizer reveal(w, g) {{ w <- g }}\ntrain {{ minimize loss; optimizer reveal; steps 1 }}\n"
        );
        for way in Way::in_f64() {
            let found = trained(&text, way, "a");
            let near = found.iter().zip(wanted).all(|(found, wanted)| (found - wanted).abs() <= 1e-12 * wanted.abs());
            assert!(near, "{found:?}, not {wanted:?}: {way:?}\n{text}");
        }
    }
}

/// Five points' slope.
fn slope(of: impl Fn(f64) -> f64, z: f64) -> f64 {
    let h = 1e-3;
    (8.0 * (of(z + h) - of(z - h)) - of(z + 2.0 * h) + of(z - 2.0 * h)) / (12.0 * h)
}

/// Derivatives in the rounds of a loop by a number that the rounds are made from: they go through what the rounds go over.
#[test]
fn derivatives_go_through_what_rounds_are_made_from() {
    type Source = (&'static str, fn(f64) -> [f64; 2]);
    let sources: [Source; 7] = [
        ("[1, 2] * z", |z| [z, 2.0 * z]),
        ("[z, z^2]", |z| [z, z * z]),
        ("[z^2, 3]", |z| [z * z, 3.0]),
        ("(for u in [1, 3] { u * z })", |z| [z, 3.0 * z]),
        ("(scan u in [1, 2] with s = 0 { s + u * z })", |z| [z, 3.0 * z]),
        ("reverse([z, 4 * z^2])", |z| [4.0 * z * z, z]),
        ("concat([z], [2, z][1..])", |z| [z, z]),
    ];
    type Body = (&'static str, fn(f64, f64) -> f64);
    let bodies: [Body; 5] = [
        ("a * z", |a, z| a * z),
        ("a^2", |a, _| a * a),
        ("a * a * z + z", |a, z| a * a * z + z),
        ("(if a > 0 then a * z else z)", |a, z| if a > 0.0 { a * z } else { z }),
        ("sin(a) * z", |a, z| a.sin() * z),
    ];
    let loops = [
        "sum(for a in R { D })",
        "fold a in R with h = 0 { h + D }",
        "sum(scan a in R with h = 0 { D })",
        "sum(scan a in reverse(R) with h = 0 { D })",
        "sum(for a in reverse(R) { D })",
        "sum(for i in 0..2 { a = (R)[i]; D })",
        "sum(for a, i in (R, 0..2) { D + 0 * i })",
        "sum(each(R))",
        "sum(for q in [1, 1] { sum(for a in q * R { D / 2 }) })",
        "sum(for q in [z, z] { sum(for a in R * (q / z) { D / 2 }) })",
        "fold q in [1, 1] with h = 0 { h + sum(for a in R { D / 2 }) }",
        "sum(for q in [1, 1] { fold a in R with h = 0 { h + D / 2 } })",
    ];
    let mut draws = Draws(5);
    for _ in 0..72 {
        let (source, elements) = sources[draws.below(sources.len())];
        let (body, of) = bodies[draws.below(bodies.len())];
        let total = |z: f64| elements(z).into_iter().map(|a| of(a, z)).sum::<f64>();
        let (z, twice) = ([0.8, -0.6][draws.below(2)], draws.below(3) == 0);
        let wanted = match twice {
            true => slope(|z| slope(total, z), z),
            false => slope(total, z),
        };
        let derivative = if twice { format!("grad(grad({body}, z), z)") } else { format!("grad({body}, z)") };
        let whole = loops[draws.below(loops.len())].replace('R', source).replace('D', &derivative);
        let text = format!(
            "param z = {z:?}, k = 0\nfn each(a) = {derivative}\nloss = k * stop_gradient({whole})\n\
             optimizer reveal(w, g) {{ w <- g }}\ntrain {{ minimize loss; optimizer reveal; steps 1 }}\n"
        );
        for way in Way::in_f64() {
            let found = trained(&text, way, "k");
            assert!(
                (found[0] - wanted).abs() <= 1e-6 * (1.0 + wanted.abs()),
                "{found:?}, not {wanted}: {way:?}\n{text}"
            );
        }
    }
}

/// Values of derivatives: of functions by a parameter and by what the argument is made of, of elements of one list under two names, of names whose
/// values were recognised meanwhile.
#[test]
fn derivatives_by_what_has_more_than_one_name() {
    const HEAD: &str = "param w: [3] = [0.5, 0.25, -1], z = 2, k = 0\nv = w * z\n";
    // z w = 1, 0.5, -2; their squares 1, 0.25, 4.
    let cases = [
        ("fn f(a: []) = grad(grad(a^3 * z, a), z)\ne = sum(f(v))", 9.0 * 5.25),
        ("fn f(a: []) = grad(grad(a^3 * z, z), a)\ne = sum(f(v))", 9.0 * 5.25),
        ("fn f(a: []) = grad(grad(a^3, a), z)\ne = f(v[0]) + f(v[1]) + f(v[2])", 6.0 * 2.625),
        ("fn f(a, b) = grad(a * b * z, a)\ne = f(w[0], w[0])", 1.0),
        ("e = sum(for a in v { sum(hessian(a^3, v)) })", 6.0 * -0.5),
        ("e = sum(for a in reverse(v) { sum(hessian(a^3, v)) })", 6.0 * -0.5),
        ("fn f(a: []) = sum(hessian(a^3, v))\ne = sum(f(v))", 6.0 * -0.5),
        ("e = fold a, b in (v, v) with h = 0 { h + grad(a^3 * b, a) }", 3.0 * -6.875),
        ("e = sum(scan a, b in (v, v) with h = 0 { grad(a * b^2, b) })", 2.0 * 5.25),
        ("e = sum(for a, b in (v, v) { grad(a^3 * b, a) })", 3.0 * -6.875),
        (
            "y = for i in 0..3 { z * w[i] }\nb = reverse(y)\nq = b * z\nu = grad(w[1] * q[0]^2, w) * w\ne = sum(grad(sum(u), b))",
            -8.0,
        ),
        ("y = for i in 0..3 { z * w[i] }\nb = reverse(y)\ng = grad(k * b[0] * z, k)\ne = sum(grad(g, b))", 2.0),
        ("b = for i in 0..2 { (sqrt(w^2))[i] * (sqrt(w^2))[i + 1] }\ne = sum(grad(b[1], w))", 0.75),
    ];
    for (text, wanted) in cases {
        let text = format!(
            "{HEAD}{text}\nloss = k * stop_gradient(e)\noptimizer reveal(w, g) {{ w <- g }}\n\
             train {{ minimize loss; optimizer reveal; steps 1 }}\n"
        );
        for way in Way::in_f64() {
            let found = trained(&text, way, "k");
            assert!((found[0] - wanted).abs() <= 1e-12 * wanted.abs(), "{found:?}, not {wanted}: {way:?}\n{text}");
        }
    }
}

/// What a derivative in a round goes through is known when the loop is read to its end: earlier rounds of what is carried, or only this one. And a
/// plain number is nothing that is differentiated by: an equal one may stand anywhere.
#[test]
fn derivatives_that_are_no_answer_are_refused() {
    const HEAD: &str = "input xs: [4]\nparam a = 0.7, b = 0.3\nfn two(x) = 2\n";
    let cases = [
        ("fold v in 0..3 with h = b { grad(h + sin(a), a) }", "E0505"),
        ("fold v in 0..3 with h = b { d = grad(h * a, a); sin(h * a) + d }", "E0505"),
        ("sum(scan v in xs with h = b { h * a + grad(sin(h) * a, a) })", "E0505"),
        ("fold u in xs with h = b { h + a * fold v in xs with g = h { g + grad(g * v * a, a) } }", "E0505"),
        ("fold v in xs with h = b { h + grad(h * v * a, v) }", ""),
        ("fold v in xs with h = b { h * a + grad(h^2 * a, h) }", ""),
        ("fold v in xs with h = b { sin(h) + grad(sin(v * a), a) }", ""),
        ("fold u in xs with h = b { fold v in xs with k = 1 { q = h * k; k + ∂q/∂k } }", ""),
        ("fold v in xs with h = b { j = a^2; q = h * j; h + j + ∂q/∂j }", ""),
        ("fold v in xs with h = b { q = a * stop_gradient(h); h + ∂q/∂a + a }", ""),
        ("fold v in xs with h = b { q = if h > 0 then a else 2 a; h + ∂q/∂a + a }", ""),
        ("fold v in xs with h = b { q = if h > 0 then a * h else 2 a; h + ∂q/∂a + a }", "E0505"),
        ("repeat v in [0.8] with h = 0 { grad(sin(v), v) }", "E0503"),
        ("grad(2 * sin(a) + two(a) * a, two(a))", "E0503"),
        ("a * grad(sin(fold v in 0..3 with h = 0 { 0.58 }), fold v in 0..3 with h = 0 { 0.58 })", "E0503"),
    ];
    for (text, wanted) in cases {
        let text = format!("{HEAD}loss = {text}\n");
        let source = gradus::pipeline::read("a test", &text, &Default::default());
        let codes: Vec<&str> = source.diagnostics.iter().filter(|d| d.is_error()).map(|d| d.code).collect();
        assert_eq!(codes.first().copied().unwrap_or_default(), wanted, "{text}{:?}", source.diagnostics);
    }
}
