//! Whole programs, with every construct of the language among them.
use super::*;

pub const PROGRAMS: &[&str] = &[LINE, CLASSES, SEQUENCES, PHYSICS, PARTS, COLUMNS];

const LINE: &str = "
/// A line through five points.
input  x
target t
param  w, b            // both begin at 0

y    = w x + b
loss = (y - t)^2
∂loss/∂w = 2 (y - t) x
grad(loss, b) = 2 (y - t)

data {
    x: 0,   1,   2,
       3,   4
    t: 1.1, 2.9, 5.2, 7.1, 8.8
}
train { minimize loss; optimizer sgd(rate = 0.05); epochs 200 }
";

const CLASSES: &str = "
input  x: [4]
target t: class(3)

layer dense(x: [n], m, bias = true) {
    param w: [m, n] ~ glorot, b: [m] = 0
    if bias then w x + b else w x
}

model twin(x: [n]) = x |> dense(2n) |> tanh |> dense(n)

h = relu(dense(x, 16))
z = dense(h, 3)
y = softmax(z)
loss = cross_entropy(y, t)
metric accuracy = argmax(y) == t
metric sure = 0.9 < max(y) <= 1 and not (t == \"setosa\" or t ≠ 2)
output y, code = h

data \"iris.csv\" {
    x = [sepal_length .. petal_width]
    t = species
    standardize x
    train where sepal_length > 0
    test 0.2
}

train {
    minimize  loss + 1e-4 * norm(weights)^2
    optimizer adam(rate = 0.01 * 0.98^(epoch - 1))
    batch     32
    epochs    60
    seed      7
    precision f64
    freeze    h, z
    start     \"base.safetensors\"
    clip norm 1
    stop when validation.loss has not improved for 10
}
";

const SEQUENCES: &str = "
input  xs: [100, 6]
target t: [100] class(4)

layer lstm(xs: [t, n], m) {
    param w: [4m, n] ~ glorot
    param u: [4m, m] ~ orthogonal
    param b: [4m]
    (hs, cs) = scan x in reverse(xs) with h = zeros(m), c = zeros(m) {
        (i, f, g, o) = split(w x + u h + b, 4)
        c = sigmoid(f) * c
            + sigmoid(i) ⊙ tanh(g)
        h = sigmoid(o) * tanh(c)
        (h, c)
    }
    hs
}

last = lstm(xs, 64)[-1]
mask = for i in 0..100 { for j in 0..100 { i >= j } }
both = for a, b in (xs, lstm(xs, 6)) { a · b }
deep = repeat d in [1, 2, 4] with h = xs { dense(h, d)[.., 2..] }
y = fold v in xs with h = 0 { tanh(h + v[0]) }[..3]
p = deep.1.w

data \"phone.csv\" { window 100; x = all except [id, activity]; t = activity; validation by person; test last 0.1 }
";

const PHYSICS: &str = "
input x, t
c = 1

model u(x, t) = [x, t] |> dense(32) |> tanh |> neuron
fn slope(x) = u'(x) + u''(x)²

y     = u(x, t)
inner = ∂²y/∂t² - c² ∂²y/∂x² + ∂²y/∂x∂t
push  = (∂y/∂x)^2 + ∂(y^2)/∂t - ∂u(x, 0)/∂x
w     = δ h' - hᵀ x⁻¹
side  = 2 [t > 0] - 1

both = if training
then x
else -y

data { x ~ uniform(0, 2 π); rows 1000; split seed 3 }
";

const PARTS: &str = "
use \"blocks.nn\"
use \"more/blocks.nn\" as more

fn swish(x, β = 1) = x * sigmoid(β x)

/// A convex step.
/// Two lines.
optimizer momentum(w, g, rate = 0.01, momentum = 0.9) {
    state v, m: [n] = 0
    v <- momentum v + g
    w <- w - rate * v / (1 - β₁^step)
}

layer dropout(x: [n], rate) {
    u: [n] ~ uniform(0, 1)
    kept: [n] = x * [u >= rate]
    kept / (1 - rate)
}

loss = sum(for q, p in (levels, y) {
    d = t - p
    max(q * d, (q - 1) * d)
})
";

const COLUMNS: &str = "
input  x: [5]
target 종: class(3)

data  = 3 - 1; rows = data + 0.5
class = x |> more.dense(16, activation = relu)
train = if model
        then use
        else -use

data \"penguins.csv\" {
    x = [bill_length, \"bill depth (mm)\", 몸무게,
         \"sex\"]
    y = all except price
    종 = species == \"Adelie\"
    fill x with mean
    test by fold
}
";

#[test]
fn programs_have_no_errors() {
    for program in PROGRAMS {
        assert_eq!(errors(program), "", "{program}");
    }
}

#[test]
fn programs_keep_their_trees() {
    for (at, program) in PROGRAMS.iter().enumerate() {
        let parsed = parse(0, program);
        let shown = show_tree(&parsed.tree, &parsed.root);
        insta::assert_snapshot!(format!("program_{at}"), shown);
    }
}
