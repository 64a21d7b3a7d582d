//! Jacobians and Hessians against central differences of the oracle, entry by entry; and how short they become.
use gradus::graph::show::show;
use gradus::graph::{Graph, NodeId};
use gradus::oracle::{Environment, Quantity, evaluate, finite_differences};
use gradus::pipeline;
use gradus::simplify::{Stage, simplify};

const HEAD: &str = "input c\nparam x: [3] ~ normal(1), w: [2, 3], a: [3, 3]\n";

/// The value bound to `d` and that bound to `y`, in their graph.
fn read(text: &str) -> (Graph, NodeId, NodeId) {
    let source = pipeline::read("a test", &format!("{HEAD}{text}\n"), &Default::default());
    assert!(!source.has_errors(), "{text}: {:?}", source.diagnostics);
    let model = source.training.unwrap();
    let of = |name: &str| model.bindings.iter().find(|b| b.0 == name).unwrap().1;
    let (d, y) = (of("d"), of("y"));
    (model.graph, d, y)
}

/// `d` is `∂y/∂(parameter number)`.
fn check(text: &str, parameter: usize) {
    let (mut g, d, y) = read(text);
    let env = Environment::random(&g, 1, 5);
    let simple = simplify(&g, &[d], Stage::Simplify);
    let short = evaluate(&simple.graph, &simple.roots, &env).unwrap()[0].of(0).to_vec();
    let found = evaluate(&g, &[d], &env).unwrap()[0].of(0).to_vec();
    let count: usize = g.shape(y).iter().product();
    let flat = g.reshape(y, &[count]);
    let mut wanted = vec![];
    for entry in 0..count {
        let pick: Vec<f64> = (0..count).map(|i| f64::from(i == entry)).collect();
        let pick = g.table(&pick, &[count]);
        let one = g.dot(pick, flat);
        let elements: Vec<usize> = (0..env.parameters[parameter].len()).collect();
        wanted.extend(finite_differences(&g, one, Quantity::Parameter(parameter), &elements, &env).unwrap());
    }
    assert_eq!(found.len(), wanted.len(), "{text}");
    for ((f, s), w) in found.iter().zip(&short).zip(&wanted) {
        assert!((f - w).abs() < 1e-6 && (s - w).abs() < 1e-6, "{text}: {found:?}, differences say {wanted:?}");
    }
}

#[test]
fn jacobians_are_those_of_differences() {
    check("y = tanh(w x)\nd = jacobian(y, x)", 0);
    check("y = tanh(w x)\nd = jacobian(y, w)", 1);
    check("y = softmax(a x)\nd = jacobian(y, x)", 0);
    check("y = x x'\nd = jacobian(y, x)", 0);
    check("y = for v in x { v^2 + sum(x) }\nd = jacobian(y, x)", 0);
    check("y = scan v in x with h = 0 { tanh(v + h) }\nd = jacobian(y, x)", 0);
    check("y = sum(x^3)\nd = jacobian(y, x)", 0);
}

#[test]
fn hessians_are_jacobians_of_gradients() {
    for e in ["x' a x", "logsumexp(a x)", "sum(exp(x))", "norm(x)", "sum(tanh(w x)^2)", "(x' x)^2"] {
        check(&format!("e = {e}\ny = grad(e, x)\nd = hessian(e, x)"), 0);
    }
}

#[test]
fn a_gradient_that_no_longer_depends_on_it_has_zeros() {
    let (g, d, _) = read("y = sum(w x)\nd = hessian(y, x)");
    let env = Environment::random(&g, 1, 5);
    assert_eq!(evaluate(&g, &[d], &env).unwrap()[0].of(0), [0.0; 9]);
}

#[test]
fn they_are_as_short_as_by_hand() {
    let mut text = String::new();
    for formula in ["jacobian(w x, x)", "hessian(x' a x, x)", "jacobian(softmax(x), x)", "hessian(sum(exp(x)), x)"] {
        let (g, d, _) = read(&format!("y = x\nd = {formula}"));
        let simple = simplify(&g, &[d], Stage::Simplify);
        text += &format!("{formula}\n{}\n", show(&simple.graph, &simple.roots));
    }
    insta::assert_snapshot!(text);
}
