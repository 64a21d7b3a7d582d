//! What the check finds, and what it says.
use super::compare::TOLERANCE;
use super::report::report;
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
    let derived = Derived::new(model, of);
    let mut ways = Ways::new(&derived, &dataset, &env).unwrap();
    if let Some((way, parameter, element)) = wrong {
        ways.whole[way][parameter][element] += 1e-4;
    }
    let mut probe = Probe::new(&model.graph, of, &env).unwrap();
    (0..at.len()).map(|number| finding(model, number, ELEMENTS, &mut ways, &mut probe).unwrap()).collect()
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
    for (way, name) in WAYS.iter().enumerate().take(ways::WHOLE) {
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

/// Of a program near where it begins, or with all parameters `at` a number, and with the value of one derivative put in another's place.
fn written(text: &str, at: Option<f64>, wrong: Option<(usize, usize)>) -> Vec<Finding> {
    let source = pipeline::read("model.nn", text, &Options::default());
    let mut model = source.training.clone().unwrap();
    let mut env = environment(&model, &data::sample(&model, EXAMPLES, Float::F64, 1)).unwrap();
    for value in env.parameters.iter_mut().flatten() {
        *value = at.unwrap_or(*value);
    }
    if let Some((at, of)) = wrong {
        model.derivatives[at].value = model.derivatives[of].value;
    }
    written::findings(&model, &env).unwrap().0
}

/// By leaves, values and an argument, of numbers and of vectors, twice, in a loop's round and mapped over places.
const DERIVATIVES: &str = "input x: [3], t\nparam w: [2, 3], b: [2], s\nfn u(z) = tanh(s * z) + z^2\nh = w x + b\n\
    y = sum(tanh(h))\ng = ∂y/∂h\nH = hessian(y, x)\nJ = jacobian(h, x)\nd = u''(t)\n\
    q = fold v in x with c = 0 { c + ∂(s * v^2 * c)/∂v }\ne = for v in x { ∂(s * v^3)/∂v }\n\
    loss = y^2 + g · g + sum(H^2) + sum(J^2) + d + q + sum(e)";

#[test]
fn derivatives_of_the_program_hold() {
    let found = written(DERIVATIVES, None, None);
    let names: Vec<&str> = found.iter().map(|f| &f.name[..]).collect();
    let wanted = ["∂y/∂h", "hessian(y, x)", "jacobian(h, x)", "u''(t)", "∂(s * v^2 * c)/∂v", "∂(s * v^3)/∂v"];
    assert_eq!(names, wanted);
    for found in found {
        assert!(found.wrong.is_empty() && found.error < 1e-8 && found.kinks == 0, "{:?}", found.wrong);
        assert!(0 < found.looked_at && found.undefined == 0);
    }
}

#[test]
fn a_wrong_derivative_of_the_program_is_found() {
    let text = "param a = 1, b = 2\nf = a^2 b\nd = ∂f/∂a\ne = ∂f/∂b\nloss = d + e";
    let found = written(text, None, Some((0, 1)));
    assert!(found[0].wrong[0].starts_with("by `∂f/∂a`, as derived: "), "{:?}", found[0].wrong);
    assert!(found[1].wrong.is_empty());
}

#[test]
fn at_a_kink_the_ways_are_compared_with_each_other() {
    let text = "param a\nf = relu(a)\ng = a^2 + a\nd = ∂f/∂a\ne = ∂g/∂a\nloss = d + e";
    let found = written(text, Some(0.0), None);
    assert_eq!((found[0].kinks, found[0].wrong.len()), (1, 0));
    let found = written(text, Some(0.0), Some((0, 1)));
    assert!(found[0].wrong[0].contains("dual numbers say"), "{:?}", found[0].wrong);
}

#[test]
fn kinks_are_told() {
    let found = findings("input x\nparam w, v\nloss = relu(w) + v x", &[vec![0.0], vec![0.0]], None);
    assert_eq!((found[0].kinks, found[1].kinks), (1, 0));
    assert!(found.iter().all(|f| f.wrong.is_empty()));
}

#[test]
fn what_was_found_is_written_out() {
    let model = pipeline::read("model.nn", NET, &Options::default()).training.unwrap();
    let found = |path: &str, elements, looked_at, error, kinks, wrong: &[&str]| Finding {
        name: path.to_string(),
        elements,
        looked_at,
        error,
        kinks,
        undefined: 0,
        wrong: wrong.iter().map(|w| w.to_string()).collect(),
    };
    let mut all = vec![found("w", 6, 6, 1.5e-10, 0, &[]), found("layer.b", 2000, 24, 2e-9, 1, &[])];
    let dataset = data::sample(&model, 1, Float::F64, 1);
    let text = |all: &[Finding]| anstream::adapter::strip_str(&report("loss", &dataset, all, &[], 0)).to_string();
    insta::assert_snapshot!(text(&all), @r"
    derivatives of `loss` against central differences, 1 example of drawn numbers

    parameter            elements  largest error
    w                           6        1.5e-10
    layer.b    24 and all of 2000         2.0e-9  1 at a kink, by dual numbers

    all derivatives hold: backwards, simplified, compiled, forwards and by dual numbers, to 1e-6
    ");
    all.push(found("u", 1, 1, 0.5, 0, &["by `u`, simplified: 1; differences say 2"]));
    insta::assert_snapshot!(text(&all), @r"
    derivatives of `loss` against central differences, 1 example of drawn numbers

    parameter            elements  largest error
    w                           6        1.5e-10
    layer.b    24 and all of 2000         2.0e-9  1 at a kink, by dual numbers
    u                           1         5.0e-1  wrong

    wrong by `u`, simplified: 1; differences say 2
    ");
    all.truncate(2);
    let report = report("loss", &dataset, &all, &[found("∂y/∂h", 2, 2, 1.4e-11, 0, &[])], 0);
    insta::assert_snapshot!(anstream::adapter::strip_str(&report), @r"
    derivatives of `loss` against central differences, 1 example of drawn numbers

    parameter                 elements  largest error
    w                                6        1.5e-10
    layer.b         24 and all of 2000         2.0e-9  1 at a kink, by dual numbers

    in the program            elements  largest error
    ∂y/∂h                            2        1.4e-11

    all derivatives hold: backwards, simplified, compiled, forwards and by dual numbers, to 1e-6
    ");
}

#[test]
fn what_is_not_looked_at_is_told() {
    let model = pipeline::read("model.nn", NET, &Options::default()).training.unwrap();
    let report = report("loss", &data::sample(&model, 1, Float::F64, 1), &[], &[], 44);
    assert!(report.contains("\n44 more in the program were not looked at\n"), "{report}");
}
