//! What a file claims about a derivative: whether it is so.
use super::{Environment, evaluate};
use crate::diagnostic::{Diagnostic, Explanation, explain};
use crate::gradient::{across_batch, crosses_batch, derivative};
use crate::graph::rebuild::Rebuild;
use crate::graph::show::indices;
use crate::graph::{Graph, Leaf, NodeId, Op};
use crate::model::Claim;
use crate::simplify::bypass::recognised;
use crate::simplify::{Stage, normal, parts, recognised_within, simplify};

#[rustfmt::skip]
pub static CODES: &[Explanation] = &[
    explain("E0507", "a claim that is wrong",
        "`∂loss/∂w = …` as a statement claims what the derivative is. `gradus check` derives it, too: first it compares both expressions, \
         simplified; then their values at random points, to 1e-9. This one differs, and the message says where and by how much. So it is with \
         second derivatives: `∂²u/∂x² = …`, `u''(x) = …`, `hessian(loss, w) = …` or an entry of it.",
        "input x\ntarget t\nparam w\ny = w x\nloss = (y - t)^2\n∂loss/∂w = 2 (y - t)",
        "input x\ntarget t\nparam w\ny = w x\nloss = (y - t)^2\n∂loss/∂w = 2 (y - t) x"),
];

/// What became of a claim.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// The same expression after simplification.
    Same,
    /// Equal at so many random points; the largest relative difference.
    Agrees {
        points: usize,
        largest: f64,
    },
    Wrong(Refutation),
}

/// A point at which a claim fails.
#[derive(Clone, Debug, PartialEq)]
pub struct Refutation {
    /// The element of the derivative: its indices.
    pub element: Vec<usize>,
    pub claimed: f64,
    pub derived: f64,
    /// The numbers that the derivative depends on, as far as they are few: by name.
    pub point: Vec<(String, Vec<f64>)>,
    /// The derivative is this number times the claim, everywhere.
    pub factor: Option<f64>,
    /// The claim is of a second derivative, or of a higher one, and is the first.
    pub is_first: bool,
}

const EXAMPLES: usize = 8;
/// So many numbers are computed for each kind of point, and so often at most are all kinds drawn.
const WORK: usize = 5_000;
const MOST_ROUNDS: usize = 32;
const TOLERANCE: f64 = 1e-9;
/// How far from zero points are drawn, and what rounding may do there. The wide ones are beyond the kinks that a program may have.
const DRAWS: [(f64, f64); 8] = [
    (1.0, TOLERANCE),
    (1.0, TOLERANCE),
    (1.0, TOLERANCE),
    (1.0, TOLERANCE),
    (4.0, 1e-7),
    (4.0, 1e-7),
    (20.0, 1e-5),
    (200.0, 1e-4),
];

/// Judges a claim about a derivative in this graph.
///
/// # Errors
/// As `evaluate`.
pub fn judge(graph: &Graph, claim: &Claim) -> Result<Verdict, String> {
    if is_same(graph, claim) {
        return Ok(Verdict::Same);
    }
    // What is claimed is read as any other expression: a condition among its factors chooses.
    let mut graph = graph.clone();
    let value = recognised_within(&mut graph, &[claim.value], &claim.by)[0];
    let (graph, claim) = (&graph, &Claim { value, ..claim.clone() });
    let roots = [claim.derivative, claim.value, claim.of];
    let (mut points, mut largest) = (0, 0.0f64);
    let mut pairs: Vec<(f64, f64)> = vec![];
    // How far from zero the point is at which it fails, by how much it does, and what is said.
    let mut wrong: Option<(f64, f64, Refutation)> = None;
    // The same, of a point at which what is differentiated is no number, nor is the claim: that counts only if it is so everywhere.
    let mut outside: Option<(f64, f64, Refutation)> = None;
    // Small expressions are looked at in more places.
    let elements: usize = graph.reachable(&roots[..2]).iter().map(|&id| super::values::count(graph.ty(id))).sum();
    let rounds = (WORK / elements.max(1)).clamp(1, MOST_ROUNDS);
    // What is the same for all examples is one point.
    let varies = roots[..2].iter().any(|&root| graph.ty(root).varying);
    let examples = if varies { EXAMPLES } else { 1 };
    for (seed, (bound, tolerance)) in (1..).zip(DRAWS.repeat(rounds)) {
        let env = Environment::within(graph, EXAMPLES, seed, bound);
        let values = evaluate(graph, &roots, &env)?;
        for example in 0..examples {
            let (derived, claimed) = (values[0].of(example), values[1].of(example));
            for (at, (&d, &c)) in derived.iter().zip(claimed).enumerate() {
                // Outside of its domain a formula says nothing, and far from zero it may overflow.
                if !d.is_finite() || (bound > 1.0 && !c.is_finite()) {
                    continue;
                }
                let is_outside = !c.is_finite() && values[2].of(example).iter().any(|v| !v.is_finite());
                let refutation = || {
                    let element = indices(at, graph.shape(claim.value));
                    let point = point(graph, claim.value, claim.derivative, &env, example);
                    Refutation { element, claimed: c, derived: d, point, factor: None, is_first: false }
                };
                if is_outside {
                    outside.get_or_insert_with(|| (bound, f64::INFINITY, refutation()));
                    continue;
                }
                points += 1;
                pairs.push((d, c));
                let off = (d - c).abs() / d.abs().max(c.abs()).max(1e-3);
                let off = if off.is_nan() { f64::INFINITY } else { off };
                if bound == 1.0 {
                    largest = largest.max(off);
                }
                let is_better = |known: &(f64, f64, Refutation)| (-bound, off) > (-known.0, known.1);
                if off > tolerance && wrong.as_ref().is_none_or(is_better) {
                    wrong = Some((bound, off, refutation()));
                }
            }
        }
    }
    Ok(match wrong.or(outside.filter(|_| points == 0)) {
        None => Verdict::Agrees { points, largest },
        Some((.., refutation)) => {
            let is_first = is_first(graph, claim)?;
            Verdict::Wrong(Refutation { factor: factor(&pairs).filter(|_| !is_first), is_first, ..refutation })
        }
    })
}

/// Whether the claim is what is derived, as training derives it: after names such as cross-entropy of softmax were recognised.
fn is_same(graph: &Graph, claim: &Claim) -> bool {
    let mut known = recognised(graph, &[claim.of], &claim.by, &[claim.value], Stage::Recognise);
    let Some(derived) = chained(&mut known.graph, known.numbers[0], &known.by) else { return false };
    let simple = simplify(&known.graph, &[derived, known.others[0]], Stage::Simplify);
    if simple.roots[0] == simple.roots[1] {
        return true;
    }
    let mut apart = Rebuild::new(&simple.graph);
    let roots = apart.run(&simple.roots, |to, _, op| parts::rewritten(to, &op).unwrap_or_else(|| to.intern(op)));
    let [derived, claimed] = roots[..] else { return false };
    normal::is_same(&apart.to, derived, claimed)
}

/// A derivative by one after the other; none if there is none.
fn chained(graph: &mut Graph, of: NodeId, by: &[NodeId]) -> Option<NodeId> {
    if let [by] = by
        && crosses_batch(graph, of, *by)
    {
        return Some(across_batch(graph, of, *by));
    }
    by.iter().try_fold(of, |of, &by| derivative(graph, of, by, None).ok())
}

/// Whether what is claimed to be a second derivative is the first one.
fn is_first(graph: &Graph, claim: &Claim) -> Result<bool, String> {
    let [by, _, ..] = claim.by[..] else { return Ok(false) };
    let mut graph = graph.clone();
    let Ok(first) = derivative(&mut graph, claim.of, by, None) else { return Ok(false) };
    if graph.shape(first) != graph.shape(claim.value) {
        return Ok(false);
    }
    let env = Environment::random(&graph, EXAMPLES, 1);
    let values = evaluate(&graph, &[first, claim.value], &env)?;
    let mut pairs = (0..EXAMPLES).flat_map(|example| values[0].of(example).iter().zip(values[1].of(example)));
    Ok(pairs.all(|(d, c)| (d - c).abs() <= TOLERANCE * d.abs().max(c.abs()).max(1e-3)))
}

/// The number that all claimed values are short of, if there is one.
fn factor(pairs: &[(f64, f64)]) -> Option<f64> {
    let mut ratios = pairs.iter().filter(|(d, c)| d.abs() > 1e-9 && c.abs() > 1e-9).map(|(d, c)| d / c);
    let first = ratios.next()?;
    // Off by rounding, or hardly more.
    if (first - 1.0).abs() < 1e-6 {
        return None;
    }
    let zeros_match = pairs.iter().all(|(d, c)| (d.abs() > 1e-9) == (c.abs() > 1e-9));
    (zeros_match && ratios.all(|r| (r / first - 1.0).abs() < 1e-6)).then_some((first * 1e6).round() / 1e6)
}

/// More numbers than this are not shown.
const FEW: usize = 4;

/// The values of the inputs and parameters that matter, if they are few.
fn point(graph: &Graph, a: NodeId, b: NodeId, env: &Environment, example: usize) -> Vec<(String, Vec<f64>)> {
    let mut out = vec![];
    for id in graph.reachable(&[a, b]) {
        let (variable, values, varies) = match graph.op(id) {
            Op::Leaf(Leaf::Input(i)) => (&graph.inputs[*i as usize], &env.inputs[*i as usize], true),
            Op::Leaf(Leaf::Parameter(i)) => (&graph.parameters[*i as usize], &env.parameters[*i as usize], false),
            _ => continue,
        };
        let width: usize = variable.ty.shape.iter().product();
        if width > FEW {
            continue;
        }
        let start = if varies { example * width } else { 0 };
        out.push((variable.name.clone(), values[start..start + width].to_vec()));
    }
    out
}

/// Two numbers that differ, with as many digits as show it.
fn shown(values: [f64; 2]) -> [String; 2] {
    let digits = [6, 9, 12, 15].into_iter().find(|&n| format!("{:.n$}", values[0]) != format!("{:.n$}", values[1]));
    let n = digits.unwrap_or(17);
    values.map(|value| if value.fract() == 0.0 { format!("{}", value + 0.0) } else { format!("{value:.n$}") })
}

impl Refutation {
    /// The error, at the claim.
    pub fn diagnostic(&self, claim: &Claim, text: &str) -> Diagnostic {
        let element = if self.element.is_empty() {
            "it".to_string()
        } else {
            let indices: Vec<String> = self.element.iter().map(usize::to_string).collect();
            format!("entry [{}]", indices.join(", "))
        };
        let [claimed, derived] = shown([self.claimed, self.derived]);
        let mut error = Diagnostic::error("E0507", format!("the claim `{text}` is wrong"))
            .at(claim.span, format!("{element} would be {claimed}, and is {derived}"));
        if !self.point.is_empty() {
            let number = |v: &f64| if v.fract() == 0.0 { v.to_string() } else { format!("{v:.4}") };
            let value = |values: &[f64]| {
                let numbers: Vec<String> = values.iter().map(number).collect();
                if let [one] = &numbers[..] { one.clone() } else { format!("[{}]", numbers.join(", ")) }
            };
            let point: Vec<String> = self.point.iter().map(|(name, v)| format!("{name} = {}", value(v))).collect();
            error = error.note(format!("at {}", point.join(", ")));
        }
        match self.factor {
            Some(factor) => error.help(format!("everywhere the derivative is {factor} times what is claimed")),
            None if self.is_first => error.help("this is the first derivative; the second is the derivative of that"),
            None if claim.by.len() == 1 => error.help("`gradus grad` shows the derivation"),
            None => error.help("claim the first derivative on a line of its own: then one sees which step is wrong"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Sources, render};
    use crate::model::{Options, elaborate};
    use crate::syntax::parse;

    /// What became of each claim of a text.
    fn verdicts(text: &str) -> String {
        let mut sources = Sources::default();
        let file = sources.add("model.nn", text);
        let (model, diagnostics) = elaborate(&parse(file, text), &sources, &Options::default());
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        let model = model.unwrap();
        let mut out = String::new();
        for claim in &model.claims {
            match judge(&model.graph, claim).unwrap() {
                Verdict::Same => out += "the same\n",
                Verdict::Agrees { points, .. } => out += &format!("equal at {points} points\n"),
                Verdict::Wrong(refutation) => {
                    let text = sources.slice(claim.span);
                    out += &anstream::adapter::strip_str(&render(&refutation.diagnostic(claim, text), &sources, false))
                        .to_string();
                    out += "\n";
                }
            }
        }
        out
    }

    #[test]
    fn right_and_wrong() {
        insta::assert_snapshot!(verdicts(
            "input x: [3]\ntarget t: class(4)\nparam w: [4, 3], b: [4]\nz = w x + b\ny = softmax(z)\n\
             loss = cross_entropy(y, t)\n∂loss/∂z = y - onehot(t)\n∂loss/∂w = (y - onehot(t)) x'\n\
             grad(loss, b) = exp(z) / sum(exp(z)) - onehot(t)\n∂loss/∂b = onehot(t) - y\n\
             ∂loss/∂y = -1 / y\n"
        ));
        insta::assert_snapshot!(verdicts(
            "input x\ntarget t\nparam w\ny = w x\nloss = (y - t)^2\n∂loss/∂w = 2 (y - t)\n"
        ));
    }

    #[test]
    fn second_derivatives() {
        let text = "input x: [3], r, s\ntarget t: class(3)\nparam w: [3], a\nfn f(x) = exp(a x)\nmodel u(x) = a sin(2 x)\n\
                    y = a r^3 s\nz = (w' x)^2\np = softmax(w * x)\nloss = cross_entropy(p, t)\n";
        let right = "∂²y/∂r² = 6 a r s\n∂²y/∂r∂s = 3 a r^2\n∂²y/∂s² = 0\n∂³y/∂r³ = 6 a s\n∂²z/∂w∂a = [0, 0, 0]\n\
                     f''(r) = a^2 f(r)\nu'(r) = 2 a cos(2 r)\nu''(r) = -4 u(r)\ngrad(grad(y, r), s) = 3 a r^2\n\
                     hessian(z, w) = 2 x x'\nhessian(z, w)[0, 2] = 2 x[0] x[2]\nhessian(z, w)[1] = 2 x[1] x\n\
                     hessian(loss, w) = (identity(3) * p - p p') * (x x')\njacobian(p, w) = (identity(3) * p - p p') * x\n";
        insta::assert_snapshot!(verdicts(&format!("{text}{right}")));
        let wrong = "∂²y/∂r² = 3 a r^2 s\n∂²y/∂r∂s = 3 r^2\nf''(r) = a f(r)\nu''(r) = 4 u(r)\nhessian(z, w) = x x'\n\
                     hessian(z, w)[0, 2] = 2 x[0] x[1]\n∂³y/∂r³ = 6 s\n";
        insta::assert_snapshot!(verdicts(&format!("{text}{wrong}")));
    }

    #[test]
    fn beyond_kinks() {
        for (loss, right, wrong) in [
            ("relu(w - 2)", "[w > 2]", "0"),
            ("relu(w - 2)", "[2 < w]", "[w > 3]"),
            ("huber(w, 0)", "clip(w, -1, 1)", "w"),
            ("clip(w, -5, 5)^2", "2 w [abs(w) < 5]", "2 w"),
            ("hinge(w, q)", "-(2q - 1) [1 - w (2q - 1) > 0]", "-(2q - 1)"),
            ("exp(w) / (1 + exp(w))", "exp(w) / (1 + exp(w))^2", "exp(w)"),
        ] {
            let text = format!("input q: bool\nparam w\nloss = {loss}\n∂loss/∂w = ");
            let said = verdicts(&format!("{text}{right}\n"));
            assert!(said.starts_with("the same") || said.starts_with("equal"), "{loss}: {right}\n{said}");
            let said = verdicts(&format!("{text}{wrong}\n"));
            assert!(said.starts_with("error[E0507]"), "{loss}: {wrong}\n{said}");
        }
    }

    /// Where what is differentiated is no number, a claim need be none; where it is one anywhere, it is judged there.
    #[test]
    fn outside_of_the_domain() {
        for (loss, claim, holds) in [
            ("log(w)", "exp(-log(w))", true),
            ("log(w) + w", "1 + exp(-log(w))", true),
            ("w log(w)", "log(w) + exp(log(w) - log(w))", true),
            ("log(w)", "exp(-2 log(w))", false),
            ("log(w)", "1 / (w + 1)", false),
            ("log(w)", "-exp(-log(-w))", false),
            ("log(-w^2) + w", "log(-w^2)", false),
            ("log(-exp(w))", "2", false),
        ] {
            let said = verdicts(&format!("param w\nloss = {loss}\n∂loss/∂w = {claim}\n"));
            assert_eq!(!said.starts_with("error[E0507]"), holds, "{loss}: {claim}\n{said}");
        }
    }

    /// Probabilities that a recognised loss goes around are not gone.
    #[test]
    fn by_what_is_recognised() {
        let text = "input x: [4]\ntarget t: class(3)\nparam w: [3, 4]\ny = softmax(w x)\nentropy = cross_entropy(y, t)\n\
                    loss = entropy + sum(y^2)\n";
        let right = "∂entropy/∂y = -onehot(t) / y\n∂loss/∂y = 2 y - onehot(t) / y\n";
        assert_eq!(verdicts(&format!("{text}{right}")), "the same\n".repeat(2));
        for wrong in ["∂entropy/∂y = 0", "∂loss/∂y = 2 y"] {
            assert!(verdicts(&format!("{text}{wrong}\n")).starts_with("error[E0507]"), "{wrong}");
        }
    }

    /// One 0 is enough for all places, also of what does not matter.
    #[test]
    fn nothing_at_all() {
        let text = "input x: [4]\nparam w: [2], v: [2], c, d\nloss = sum(w) x[0]\nkept = sum(stop_gradient(v * w) * v)\n\
                    rounds = sum(scan z in x with h = c { stop_gradient(h) * z + d })\n";
        let right = "∂loss/∂v = 0\n∂loss/∂v = zeros(2)\n∂kept/∂w = 0\n∂rounds/∂c = 0\n";
        assert_eq!(verdicts(&format!("{text}{right}")), "the same\n".repeat(4));
        assert!(verdicts(&format!("{text}∂loss/∂w = 0\n")).starts_with("error[E0507]"));
    }

    #[test]
    fn each_code_has_a_program_that_has_it_and_one_that_has_not() {
        for explanation in CODES {
            assert!(verdicts(explanation.wrong).contains(explanation.code));
            assert!(!verdicts(explanation.right).contains("error"));
        }
    }
}
