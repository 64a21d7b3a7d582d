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
fn program(draws: &mut Draws, wide: bool) -> (String, Vec<f64>) {
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
