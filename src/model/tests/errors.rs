//! Each error, as it is shown. A family's programs stand in one snapshot.
use super::{Options, read};
use insta::assert_snapshot;

/// The diagnostics of several programs, one after the other.
fn wrong(programs: &[&str]) -> String {
    let shown: Vec<String> = programs
        .iter()
        .map(|program| match read(program, &Options::default()) {
            Ok((_, text)) if text.is_empty() => format!("no error in:\n{program}\n"),
            Ok((_, text)) => format!("(a model, and)\n{text}"),
            Err(text) => text,
        })
        .collect();
    let text = shown.join("\n\n");
    assert!(!text.contains("no error in:"), "{text}");
    text
}

#[test]
fn names() {
    assert_snapshot!(wrong(&[
        "input x\nparam w\ny = wx\n",
        "input x: [3]\ny = sofmax(x)\nz = dense(y, 2)\nloss = qqqq(z)\n",
        "input x\nx = x + 1\n",
        "input x\ny = x + later\nlater = 2 * x\n",
        "input x\nfn f(a) = f(a) + 1\ny = f(x)\n",
        "input x\ny = x(3, 4)\n",
        "input x\ny = x + tanh\n",
        "y = dense(tanh, 3)\n",
        "input x: [n], n: [3]\ny = x + 5\n",
        "input x\ny = tanh(x, x)\nz = sum(x, axes = 0)\n",
        "input x: [3]\ny = dense(x)\nz = dense(x, 3, 4, 5)\nw = dense(x, m = 3, k = 2)\nv = dense(x, 3, m = 3)\n",
        "input x: [3]\nfn f(x: [n]) {\n    param w: [n]\n    w * x\n}\ny = f(x)\n",
        "input x: [3]\nparam w\ny = x + weights[0]\nz = norm(params(h))\n",
        "input x: [3]\nlayer f(x: [n]) {\n    param w: [n, n]\n    dense(x, n) + w x\n}\ny = f(x)\n",
        "input x: [3]\ny = norm(params)\nz = norm(gradients)\n",
        "input x: [3]\ny = dense(x, 2)\nz = norm(params)\nh = dense(x, 3)\n",
        "input x: [3]\ny = tanh x\n",
        "input x: [3]\nn = 2\ny = n(n + 1)^2\n",
        "input x: [3]\ny = tanh (x)^2\n",
        "input x: [3]\ny = dense(x, 3)\nz = norm(y.ww)\n",
    ]));
}

#[test]
fn products() {
    assert_snapshot!(wrong(&[
        "input x: [5]\nparam w: [3, 4]\ny = w x\n",
        "input x: [5], z: [3]\ny = x z\n",
        "input x: [5]\nparam w: [3, 5]\ny = x w\n",
        "input x: [5]\nparam w: [5, 3]\ny = w x\n",
        "input x: [5]\nparam w: [3, 5]\ny = w x'\n",
        "input x: [5]\ny = x' + 1\n",
        "input x: [5, 3]\nparam w: [2, 5, 3]\ny = w x\n",
        "input x: [5]\nparam w: [3]\ny = w · x\n",
        "input x: [5, 3, 2]\ny = x'\n",
        "input x: [4]\nparam a: [4, 3], b: [4, 3]\ny = a b x\n",
    ]));
}

#[test]
fn element_by_element() {
    assert_snapshot!(wrong(&[
        "input x: [5], z: [3]\ny = x + z\n",
        "input x: [5, 1], z: [5]\ny = x - z\n",
        "input h: [16]\ntarget t\ny = dense(h, 1)\nloss = (y - t)^2\n",
        "input x: [5, 3], z: [5]\ny = x * z\n",
        "input x: [5]\ny = [x, 1]\n",
        "input x: [5]\ny = if x then 1 else 0\n",
        "input x: [5]\ny: [4] = x\n",
        "input x: [5]\n(a, b) = x\n(c, d, e) = split(x, 5)\n",
    ]));
}

#[test]
fn classes() {
    assert_snapshot!(wrong(&[
        "input x: [3]\ntarget t: class(3)\ny = t + 1\n",
        "input x: [3]\ntarget t: class(3)\ny = t > 1\n",
        "input x: [3]\ntarget t: class(3)\ny = t == 3\n",
        "input x: [3]\ny = onehot(x)\n",
        "input x: [3]\ntarget t: class(3)\ny = t == \"setosa\"\n",
        "input x: [3], u: class(5)\ny = x[u]\n",
        "input x: [3], a\ny = x[a]\n",
    ]));
}

#[test]
fn probabilities() {
    assert_snapshot!(wrong(&[
        "input x: [3]\ntarget t: class(3)\nz = dense(x, 3)\nloss = cross_entropy(z, t)\n",
        "input x: [3]\ntarget t: bool\nz = neuron(x)\nloss = binary_cross_entropy(tanh(z), t)\n",
        "input x: [3]\ntarget t: class(4)\ny = softmax(x)\nloss = cross_entropy(y, t)\n",
        "input x: [3]\ntarget t: bool\nloss = cross_entropy(softmax(x), t)\n",
        "input x: [3]\ntarget t: class(3)\ny = softmax(x)\nz = softmax(y)\n",
    ]));
}

#[test]
fn sizes_and_axes() {
    assert_snapshot!(wrong(&[
        "input x: [128]\nn = 128\nk = 5\nh = dense(x, (n - k)/2 + 1)\n",
        "input x: [4], m\nh = dense(x, m)\n",
        "input x: [0]\n",
        "input x: [4]\ny = sum(x, axis = 1)\nz = x[4]\nw = x[2..9]\nv = x[0, 1]\nu = x[3..1]\n",
        "input x: [10]\ny = split(x, 3)\nz = reshape(x, [3, 4])\n",
        "input x: [5], y: [3, 2]\nz = concat(x, y)\n",
        "input x: [4, 5]\ny = conv1d(x, 3, 7)\n",
        "input x: [100000, 100000]\n",
        "input x: [2, 3, 4]\ny = transpose(x)\nz = transpose(x, [0, 0, 1])\n",
    ]));
}

#[test]
fn calls_of_layers() {
    assert_snapshot!(wrong(&[
        "input x\ny = dense(x, 3)\n",
        "input x: [3, 4], z: [5, 4]\nfn add(a: [n], b: [n]) = a + b\ny = add(x, z)\n",
        "input x: [3], z: [4]\nfn add(a: [n], b: [n]) = a + b\ny = add(x, z)\n",
        "input x: [3], u: class(2)\ny = dense(u, 2)\nz = embedding(x, 2)\n",
        "input x: [3]\nlayer f(x: [n]) {\n    param w: [n, 4]\n    w x\n}\ny = f(x)\n",
        "input x: [3]\nmodel u(x: [n]) = dense(x, n)\ny = u(x)\nz = u(x[0..2])\n",
    ]));
}

#[test]
fn loops() {
    assert_snapshot!(wrong(&[
        "input x: [3, 2]\ny = fold v in x with h = 0 { h + v }\n",
        "input x: [3, 2]\ny = scan v in x with h = zeros(2), c = 0 { h + v }\n",
        "input x\ny = fold v in x with h = 0 { h + v }\n",
        "input x: [3], z: [4]\ny = for a, b in (x, z) { a + b }\n",
        "input x: [3]\ny = for a, b in x { a + b }\n",
        "input x: [5]\ny = for i in 0..5 { x[i + 1] - x[i] }\nz = for i in 0..5 { for j in 0..3 { x[i - 2j] } }\nu = for i in 0..2 { x[i / 2] }\n",
    ]));
}

#[test]
fn derivatives() {
    assert_snapshot!(wrong(&[
        "input x: [3]\nparam w: [3]\ny = w * x\nz = grad(y, w)\n",
        "input x, t\ny = x^2\nz = ∂y/∂t\n",
        "input x: [3]\ntarget t: class(3)\ny = softmax(x)\nloss = cross_entropy(y, t)\nz = grad(loss, t)\n",
        "input x\nm = x * batch_mean(x)\nz = grad(m, x)\n",
        "input x\nfn f(a, b) = a * b\ny = f'(x, x)\n",
        "input x: [3]\nparam w: [2, 3]\nloss = sum(w x)\n∂loss/∂w = x\n",
        "input x: [3]\nparam w, v: [3]\nloss = (w' x)^2\nh = ∂²loss/∂w²\n∂²loss/∂w∂v = x\nhessian(loss, w) = x\n",
    ]));
}

#[test]
fn training() {
    assert_snapshot!(wrong(&[
        "input x\nparam w\ny = w x\ntrain { optimizer sgd }\n",
        "input x: [3]\nparam w\ny = w * x\ntrain { minimize y; epochs 3; steps 4 }\n",
        "input x\nparam w\ny = w x\ntrain { minimize y; epochs 3; optimizer adm(rate = 1) }\n",
        "input x\nparam w\ny = w x\ntrain { minimize y; epochs 3; optimizer adam(speed = 1) }\n",
        "input x\nparam w\ny = w x\ntrain { minimize y; epochs 3; precision f16; seed 0.5; clip norm 1 }\n",
        "input x\nparam w\ny = w x\noptimizer o(w, g) { state v = 0; v <- g }\ntrain { minimize y; epochs 3; optimizer o }\n",
        "input x\nparam w\ny = w x\noptimizer o(w, g) { v <- g; w <- w - g }\ntrain { minimize y; epochs 3; optimizer o }\n",
        "input x\nparam w\ny = w x\ntrain { minimize y; epochs 3; optimizer sgd(rate = abs(x)) }\n",
        "input x\nparam w\ny = w x\noptimizer o(w, g) { w <- w - x g }\ntrain { minimize y; epochs 3; optimizer o }\n",
        "input x\nparam w\ny = w x\ntrain { minimize y; epochs 3 }\ntrain { minimize y; epochs 3 }\n",
        "input x\ntarget t\nparam w\ny = w x\noutput y, miss = y - t\n",
        "input x: [2]\nmetric m = x\nmetric m = x[0]\n",
    ]));
}

#[test]
fn declarations() {
    assert_snapshot!(wrong(&[
        "param w: [3, 4] ~ gloro\nparam v: [3] ~ normal(1, 2, 3)\nparam u: [3] = zeros(4)\n",
        "input x\nparam w = x\n",
        "param w: [2] ~ uniform(1, 0), v: [2] ~ normal(-1)\n",
        "param w: class(3)\n",
        "input x = 3\n",
        "fn f(x) {\n    input z\n    x\n}\nparam w\ny = f(w)\n",
    ]));
}

#[test]
fn states() {
    let options = Options { training: true, ..Options::default() };
    let layer =
        |body: &str| format!("input x: [3]\nlayer f(x: [n]) {{\n    state m: [n] = 0\n    {body}\n    x - m\n}}\n");
    let programs = [
        layer("m <- x") + "y = f(x)\n",
        layer("m <- [1, 2]") + "y = f(x)\n",
        layer("q <- 1") + "y = f(x)\n",
        layer("m <- batch_mean(x)") + "y = fold i in 0..3 with h = x { f(h) }\n",
        "input x: [3, 2]\nparam w: [3, 2]\nlayer f(x: [n], w: [n]) {\n    state m: [n] = 0\n    m <- w\n    x - m\n}\ny = f(x, w)\n".to_string(),
        "input x: [3]\nfn f(x: [n]) {\n    state m: [n] = 0\n    x - m\n}\ny = f(x)\n".to_string(),
    ];
    let shown: Vec<String> = programs.iter().map(|program| read(program, &options).unwrap_err()).collect();
    assert_snapshot!(shown.join("\n\n"));
}

#[test]
fn draws() {
    assert_snapshot!(wrong(&[
        "input x: [3]\nnoise: [3] ~ glorot\ny = x + noise\n",
        "input x: [3]\nnoise: [3] ~ randn\ny = x + noise\n",
        "input x: [3]\nnoise: [3] ~ poisson(2)\ny = x + noise\n",
        "input x: [3]\nnoise: [3] ~ normal()\ny = x + noise\n",
        "input x: [3]\nnoise: [3] ~ normal(-1)\ny = x + noise\n",
        "input x: [3]\nnoise: [3] ~ uniform(2, 1)\ny = x + noise\n",
        "input x: [3]\nnoise ~ normal(x)\ny = x + noise\n",
        "input x: [3]\nnoise: [4] ~ normal(x)\ny = noise\n",
        "input x: [3]\nnoise: bool ~ normal(1)\ny = x + noise\n",
        "input x: [3]\nnoise: [3] ~ normal(1)\nnoise: [3] ~ normal(2)\n",
        "input x\nparam w\noptimizer noisy(w, g) {\n    n ~ normal(1)\n    w <- w - g + n\n}\ntrain { minimize w x; steps 1; optimizer noisy }\n",
        "input x: [3]\nparam w: [3]\nloss = w' dropout(x, 0.5)\n∂loss/∂w = dropout(x, 0.5)\n",
    ]));
}

#[test]
fn the_errors_of_a_run_are_independent() {
    assert_snapshot!(wrong(&["input x: [3]\na = x + nothing\nb = a + 1\nc = b x\nd = x x\ne = x[7]\n"]));
}

/// Derivatives that are there already, or stand beside each other, are of no higher order.
#[test]
fn many_derivatives_of_the_first_order() {
    let each: String = (0..40).map(|k| format!("d{k} = w grad(x + 1, x)\n")).collect();
    let (_, said) = read(&format!("input x\nparam w\n{each}"), &Options::default()).unwrap();
    assert_eq!(said, "");
}

#[test]
fn a_setting_that_is_none() {
    let options = Options { settings: vec![("k".into(), 3.0)], ..Options::default() };
    let text = read("input x: [3]\nm = 2\ny = dense(x, m)\n", &options).unwrap_err();
    assert_snapshot!(text);
}

#[test]
fn a_statistic_is_no_setting() {
    let program = "input x\ntarget t\nm = 2\nz = t.std x + t.mean\noutput z\n";
    let said = |name: &str| {
        let options = Options { settings: vec![(name.into(), 3.0)], ..Options::default() };
        read(program, &options).unwrap_err()
    };
    assert!(said("t.std").contains("E0213") && said("t.std").contains("learned from the data"), "{}", said("t.std"));
    // Nor is it listed among them.
    assert!(said("k").contains("there are `m`\n") || said("k").ends_with("there are `m`"), "{}", said("k"));
}
