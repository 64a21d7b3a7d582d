//! The paths of parameters, and how they begin.
use super::{Options, model, read};
use crate::model::Initial;
use crate::op::Interval;
use crate::random::Distribution;

#[track_caller]
fn paths(text: &str) -> String {
    model(text).graph.parameters.iter().map(|p| p.name.clone()).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_binding_gives_its_name_and_its_only_call_adds_none() {
    assert_eq!(paths("input x: [4]\nh = relu(dense(x, 16))\ny = dense(h, 3)\n"), "h.w h.b y.w y.b");
}

#[test]
fn several_calls_of_one_binding_are_numbered_as_evaluated() {
    assert_eq!(paths("input x: [4]\ny = x |> dense(3) |> tanh |> dense(2)\n"), "y.1.w y.1.b y.2.w y.2.b");
    // The inner call is evaluated first.
    assert_eq!(paths("input x: [4]\ny = dense(tanh(dense(x, 3)), 2)\n"), "y.1.w y.1.b y.2.w y.2.b");
    // Calls that make no parameters do not count.
    assert_eq!(paths("input x: [4]\nfn f(x: [n]) = x + 1\ny = f(dense(f(x), 3))\n"), "y.w y.b");
}

#[test]
fn a_named_binding_of_a_layer_adds_its_name() {
    let layer = "input x: [4]\nlayer f(x: [n]) {\n    param a: [n]\n    z = dense(x, n)\n    (u, v) = (dense(z, 2), dense(z, 3))\n    a * z\n}\n";
    assert_eq!(paths(&format!("{layer}h = f(x)\n")), "h.a h.z.w h.z.b h.u.1.w h.u.1.b h.u.2.w h.u.2.b");
}

#[test]
fn the_last_line_of_a_layer_adds_nothing_if_it_is_the_only_source_there() {
    let once = "input x: [4]\nlayer f(x: [n]) {\n    h = dense(x, n)\n    x + dense(h, n)\n}\ny = f(x)\n";
    assert_eq!(paths(once), "y.h.w y.h.b y.w y.b");
    let twice =
        "input x: [4]\nlayer f(x: [n]) {\n    h = dense(x, n)\n    h + (h |> dense(8) |> dense(n))\n}\ny = f(x)\n";
    assert_eq!(paths(twice), "y.h.w y.h.b y.1.w y.1.b y.2.w y.2.b");
}

#[test]
fn rounds_of_repeat_are_numbered_from_0() {
    let text = "input x: [4]\nlayer f(x: [n]) = dense(x, n)\nh = repeat d in [1, 2] with h = x {\n    z = f(h)\n    h + z\n}\n";
    assert_eq!(paths(text), "h.0.z.w h.0.z.b h.1.z.w h.1.z.b");
    let alone = "input x: [4]\nh = repeat i in 0..2 with h = x { dense(h, 4) }\n";
    assert_eq!(paths(alone), "h.0.w h.0.b h.1.w h.1.b");
    let several = "input x: [4]\nh = repeat i in 0..2 with h = dense(x, 3) { dense(h, 3) }\n";
    assert_eq!(paths(several), "h.1.w h.1.b h.2.0.w h.2.0.b h.2.1.w h.2.1.b");
}

#[test]
fn loops_add_nothing_and_share() {
    let text = "input x: [64]\nh = fold v in x with h = zeros(3) { tanh(dense(concat([v], h), 3)) }\n";
    assert_eq!(paths(text), "h.w h.b");
    let named = "input x: [64]\nh = scan v in x with h = zeros(3) {\n    a = dense(h, 3)\n    tanh(a + v)\n}\n";
    assert_eq!(paths(named), "h.a.w h.a.b");
    assert_eq!(paths("input x: [5, 2]\ny = for v in x { dense(v, 3) }\n"), "y.w y.b");
}

#[test]
fn mapping_shares() {
    assert_eq!(paths("input x: [5, 7, 2]\ny = dense(x, 3)\n"), "y.w y.b");
}

#[test]
fn a_model_is_named_by_itself_and_made_once() {
    let text =
        "input a, b: [64]\nmodel embed(x: [n]) = x |> dense(32) |> relu |> dense(8)\nd = norm(embed(a) - embed(b))\n";
    assert_eq!(paths(text), "embed.1.w embed.1.b embed.2.w embed.2.b");
}

#[test]
fn a_tuple_takes_its_first_name() {
    assert_eq!(paths("input x: [4]\n(a, b) = split(dense(x, 6), 2)\n"), "a.w a.b");
}

#[test]
fn a_loop_that_is_read_twice_makes_its_parameters_once() {
    // The state starts uniform and becomes varying, which is found out by reading the body.
    let text = "input x: [4]\nparam s: [4]\nh = fold i in 0..3 with h = s { tanh(dense(h, 4) + x) }\n";
    let model = model(text);
    assert_eq!(model.graph.parameters.len(), 3);
    let (_, h) = model.bindings.iter().find(|(name, _)| name == "h").unwrap();
    assert!(model.graph.ty(*h).varying);
}

#[test]
fn training_and_the_other_graph_have_the_same_parameters() {
    let text = "input x: [4]\ny = if training then dense(x, 2) + 1 else dense(x, 2)\n";
    let trained = read(text, &Options { training: true, ..Options::default() }).unwrap().0;
    let other = model(text);
    let names = |m: &crate::model::Model| m.graph.parameters.iter().map(|p| p.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&trained), names(&other));
    assert_eq!(names(&other), ["y.w", "y.b"]);
}

#[test]
fn how_parameters_begin() {
    let model = model(
        "input x: [4]\nlayer cell(x: [n], m) {\n    param w: [4m, n]\n    param b: [4m] = 1\n    param s ~ normal(2, 0.5)\n    s * (w x + b)\n}\ny = cell(x, 3)\n",
    );
    let begins: Vec<(&str, &Initial, usize)> = model
        .graph
        .parameters
        .iter()
        .zip(&model.parameters)
        .map(|(v, p)| (v.name.as_str(), &p.initial, p.gates))
        .collect();
    assert_eq!(begins[0], ("y.w", &Initial::Draw(Distribution::Glorot), 4));
    assert_eq!(begins[2], ("y.s", &Initial::Draw(Distribution::Normal { mean: 2.0, deviation: 0.5 }), 1));
    let Initial::Value(one) = begins[1].1 else { panic!("{:?}", begins[1]) };
    assert_eq!((model.graph.constant_of(*one), model.graph.shape(*one)), (Some(1.0), &[12usize][..]));
}

#[test]
fn weights_multiply() {
    let model = model("input x: [4]\ntarget t\nparam w: [4], a, b\ny = a (w' x) + b\n");
    let weights: Vec<&str> = model
        .graph
        .parameters
        .iter()
        .zip(&model.parameters)
        .filter(|(_, p)| p.multiplies)
        .map(|(v, _)| v.name.as_str())
        .collect();
    assert_eq!(weights, ["w", "a"]);
}

#[test]
fn a_setting_is_replaced_and_sizes_follow() {
    let text = "input x: [4]\nm = 3\nλ = 0.5\ny = λ dense(x, m)\n";
    let options = Options { settings: vec![("m".into(), 5.0)], ..Options::default() };
    let model = read(text, &options).unwrap().0;
    assert_eq!(model.graph.settings, [("m".to_string(), 5.0), ("λ".to_string(), 0.5)]);
    assert_eq!(model.graph.parameters[0].ty.shape, [5, 4]);
}

#[test]
fn probabilities_among_the_inputs_are_noted() {
    let model = model("input x: [3], s: [3]\ntarget t: [3]\nloss = cross_entropy(softmax(x), t) + sum(s)\n");
    let noted: Vec<bool> = model.inputs.iter().map(|input| input.probability).collect();
    assert_eq!(noted, [false, false, true]);
}

#[test]
fn names_of_classes_come_from_the_data() {
    let text = "input x: [3]\ntarget t: class(2)\nmetric first = t == \"setosa\"\n";
    let options =
        Options { classes: vec![("t".into(), vec!["setosa".into(), "virginica".into()])], ..Options::default() };
    assert!(read(text, &options).is_ok());
    assert!(read(&text.replace("setosa", "setsa"), &options).unwrap_err().contains("did you mean"));
}

#[test]
fn intervals_of_composed_values() {
    // What the check of probabilities relies on.
    let unit = Interval::UNIT;
    assert!(unit.negate().plus(Interval::point(1.0)).within(unit));
    for sound in
        ["sigmoid(x[0])", "1 - sigmoid(x[0])", "exp(-x[0]^2)", "(1 + tanh(x[0])) / 2", "clip(x[0], 0.01, 0.99)"]
    {
        model(&format!("input x: [3]\ntarget t: bool\nloss = binary_cross_entropy({sound}, t)\n"));
    }
    for sound in [
        "softmax(x)",
        "exp(x) / sum(exp(x))",
        "x^2 / sum(x^2)",
        "softmax(x)[0..3]",
        "mean([softmax(x), softmax(2x)], axis = 0)",
    ] {
        model(&format!("input x: [3]\ntarget t: class(3)\nloss = cross_entropy({sound}, t)\n"));
    }
}

/// A range is a bound: what is a probability, though a wider one is all that is known, is none to refuse.
#[test]
fn probabilities_with_a_wide_range_are_taken() {
    for p in [
        "exp(z) / sum(exp(z))",
        "exp(z - logsumexp(z))",
        "g * softmax(z) + (1 - g) * softmax(2 z)",
        "softmax(m) softmax(z)",
        "softplus(z) / sum(softplus(z))",
        "min(relu(z), 1)",
    ] {
        let before = "input x: [3]\ntarget t: class(3)\nz = dense(x, 3)\ng = sigmoid(neuron(x))\nparam m: [3, 3]\n";
        model(&format!("{before}loss = cross_entropy({p}, t)\n"));
    }
}
