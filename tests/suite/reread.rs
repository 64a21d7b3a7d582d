//! Printed gradients at kinks, at zero, where branches are not taken: what `gradus grad --format nn` prints, used as values in a program, gives what
//! training uses there.
use crate::values::{Way, trained};
use gradus::model::Options;
use gradus::notation::{self, Form};
use gradus::pipeline;

const TRAIN: &str = "optimizer reveal(w, g) { w <- g }\ntrain { minimize loss; optimizer reveal; steps 1 }\n";

/// Programs with a parameter `a`, at a place where a factor of the formula has no value.
const PROGRAMS: [&str; 16] = [
    "param a = 0\nloss = if a > 0 then log(a) else a",
    "param a = 0\nd = 4 / a\nloss = [a > 1] * d * log(a) + [a < -2] * log(a) + a",
    "param a = 0\nloss = (fold v in [0, 1, -1] with h = 0 { if v > 3 then h / a else h + v }) + a",
    "param a = 0\nloss = sum(for v in [0, 1] { [v > 3] * log(a) }) + a",
    "param a = 0\nloss = sum([5, 7, 11, 13] * a^(0..4))",
    "param a = 0\nloss = sum((a^(0..4)) * [1, 2, 3, 4]) + 3 * a^2",
    "param a: [3] = [4, 0, 9]\ny = sqrt(a)\nloss = y[0] + 2 y[2]",
    "param a: [3] = [4, 0, 9]\ny = log(a)\nk = argmax(a)\nloss = y[k] * y[0]",
    "param a: [3] = [4, 0, 9]\nloss = sort(sqrt(a))[1] + cumsum(sqrt(a))[0]",
    "param a: [3] = [4, 0, 9]\ny = scan v in a with s = 0 { sqrt(v) }\nloss = y[2] + y[0]",
    "param a: [2, 2] = [[4, 0], [0, 9]]\ny = sqrt(a)\nloss = y[0, 0] + 3 y[1, 1]",
    "param a = -1\nloss = sqrt(relu(a)) + max([[a > 0] * log(a), a]) + a",
    "param a = -1\nloss = a * ([a > 0] / [a > 0]) + a * (if a > 0 then a / a else 0) + a",
    "param a = 100\nloss = if a < 50 then exp(10 * a) else a",
    "param a: [2] = [0, 0]\nloss = norm(a) + norm(a)^2 + sum(abs(a)) + sum(a)",
    "param a = 2\nloss = (if a > 1 then (if a > 3 then log(a - 3) else a) else sqrt(a - 2)) * (if a < 0 then 1 / 0 else 2)",
];

/// Loops that carry something within loops that do, of this parameter `a`.
const NESTED: [&str; 11] = [
    "loss = fold r in a with s = 0 { s + (fold v in r with q = 0 { tanh(q + v) })^2 }",
    "loss = fold r in a with s = 1 { (p, q) = fold v in r with p = 0, q = s { (tanh(p + v), 0.3 q + p) }; p + 0.5 q }",
    "y = scan r in reverse(a) with h = 0 { fold v in r with c = h { tanh(c + v) } }\nloss = sum(y^2) + y[0]",
    "y = scan r in a with h = zeros(4) { scan v in reverse(r) with c = h[0] { tanh(c + v) } }\nloss = sum(y^2)",
    "y = scan r in a with h = zeros(2) { c = fold v in r with c = h { tanh(c + v) }; d = fold v in reverse(r) with d = c { sigmoid(d - v) }; c * d }\n\
     loss = sum(y^2)",
    "loss = fold i in 0..3 with s = 0 { s + (fold j in 0..4 with q = 1 { q * a[i, j] + i * j }) }",
    "z = fold v in a[0] with c = 0 { tanh(c + v) }\n\
     y = fold r in a with s = z { s + (fold v in r with c = s { c * tanh(v) + 1 }) }\nloss = y^2",
    "y = fold r in a with s = zeros(4) { for v in r { fold k in 0..3 with q = v { cos(q + sum(s)) } } }\nloss = sum(y)",
    "loss = fold r in a with s = 0.1 { if s > 0 then s - r[0] else s + (fold v in r with q = r[1] { relu(0.5 q + v) }) }",
    "y = scan r in a with h = zeros(4) { h + (for v in r { fold z in a[0] with q = v { tanh(q + z) } }) }\nloss = sum(y[-1]^2)",
    "y = fold r in a with s = 0 { z = scan v in r with c = s { sin(c + v) }; sum(z * z) + s }\nx = y + sum(for r in a { fold v in r with c = y { c * v } })\nloss = x",
];

#[test]
fn loops_within_loops_mean_what_is_trained() {
    let a = "param a: [3, 4] = [[0.3, -1, 0.5, 2], [1, -0.2, 0, 0.4], [-0.7, 0.6, 1.5, -2]]";
    NESTED.iter().for_each(|program| check(&format!("{a}\n{program}")));
}

#[test]
fn what_is_printed_means_what_is_trained() {
    PROGRAMS.iter().for_each(|program| check(program));
}

/// Trained with what is printed, a program steps as with what it derives.
fn check(program: &str) {
    let whole = format!("{program}\n{TRAIN}");
    let source = pipeline::read("a test", &whole, &Options::default());
    let model = source.training.as_ref().unwrap_or_else(|| panic!("{:?}", source.diagnostics));
    let loss = model.loss.unwrap();
    let by = [("a".to_string(), model.parameters[0].leaf)];
    let derivation = notation::gradient(&model.graph, &[("loss".to_string(), loss)], &by, Form::Program);
    let printed = notation::nn::render(&derivation);
    let bindings = printed.replace("∂loss/∂a = ", "g = ");
    let shape = &model.graph.parameters[0].ty.shape;
    let shape = shape.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
    let shape = if shape.is_empty() { String::new() } else { format!(": [{shape}]") };
    let read = format!(
        "{program}\n{bindings}\nparam r{shape} = 0\nobjective_of_r = sum([sum(r * stop_gradient(g))])\n{}",
        TRAIN.replace("minimize loss", "minimize objective_of_r")
    );
    for way in Way::in_f64() {
        let (wanted, found) = (trained(&whole, way, "a"), trained(&read, way, "r"));
        let same = wanted.iter().zip(&found).all(|(w, f)| (w - f).abs() <= 1e-12 * (1.0 + w.abs()));
        assert!(same && wanted.len() == found.len(), "{found:?}, not {wanted:?}: {way:?}\n{read}");
    }
}
