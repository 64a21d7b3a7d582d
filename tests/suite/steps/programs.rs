//! Whole programs of the kinds that people write, larger ones among them, whose work threads share: native code and the interpreter do
//! what the oracle does.
use super::{Program, differs};
use gradus::kernel::Float;

const STEPS: usize = 5;

#[track_caller]
fn agree(text: &str) {
    let program = Program::new(text, Float::F64);
    let wanted = program.by_the_oracle(STEPS);
    for interpreted in [false, true] {
        if let Some(why) = differs(&program.run(Float::F64, interpreted, STEPS), &wanted, 1e-9) {
            panic!("{}: {why}\n{text}", if interpreted { "interpreted" } else { "native" });
        }
    }
}

/// Parameters, a loss, an optimizer called `own`.
#[track_caller]
fn optimizes(parameters: &str, body: &str) {
    agree(&format!(
        "{parameters}\noptimizer own(w, g, rate = 0.05) {{\n{body}\n}}\ntrain {{ minimize loss; optimizer own; steps 5 }}\n"
    ));
}

const SQUARE: &str = "param w: [3, 3] ~ normal(1), b: [3, 3] ~ normal(1)\nloss = sum(w * b)";
const TABLE: &str =
    "param table: [4, 3] ~ normal(1), row: [3] ~ normal(1)\nloss = dot(table[2], row) + 0.1 sum(table * table)";
/// Gradients that are other parameters, one of them turned, and a part.
const WIDE: &str = "param a: [96, 200] ~ normal(1), b: [200, 96] ~ normal(1), k: [200] ~ normal(1), q: [230] ~ normal(1)\n\
                    loss = sum(a * b') + dot(k, q[..200]) + sum(a k)\nmetric m = k[3]";

#[test]
fn optimizers_of_ones_own() {
    optimizes(SQUARE, "w <- g'");
    optimizes(SQUARE, "state s = 0.5\ns <- w'\nw <- s' - rate * g");
    optimizes(SQUARE, "state s = 0.5, r = 0\nv = s\ns <- r\nr <- 0.1 (v + g)\nw <- s + 0.1 w");
    optimizes(TABLE, "state s = 0\ns <- w\nw <- g");
    optimizes(TABLE, "state n = 0, k = 0\nk <- n\nn <- step\nw <- w - rate * g / (n + k)");
    optimizes(TABLE, "state v = 0\nv <- g * min(1, 1 / norm(gradients)) + 0.5 v\nw <- w - rate * v");
    optimizes(WIDE, "state p = 0\np <- w\nw <- 0.1 * g + 0.5 p");
    optimizes(
        WIDE,
        "state prev = 0, d = 0\nold = w\nw <- 0.1 g - rate * (w - prev) + 0.1 d\nd <- prev - w\nprev <- old",
    );
}

/// A net with a turned first weight, and this optimizer.
#[track_caller]
fn trains(body: &str) {
    agree(&format!(
        "input x: [70]\ntarget t: [3]\ny = x |> dense(250) |> batch_norm |> tanh |> dense(3)\nloss = mean((y - t)^2)\n\
         optimizer own(w, g, rate = 0.05) {{\n{body}\n}}\nmetric m = sum(batch_mean(y))\n\
         data {{ x ~ normal(0, 1); t ~ normal(0, 1); rows 6 }}\n\
         train {{ minimize loss; optimizer own; batch all; steps 5 }}\n"
    ));
}

#[test]
fn nets_by_optimizers_of_ones_own() {
    // Barzilai and Borwein's step.
    trains(
        "state lw = 0, lg = 0\ndw = w - lw\ndg = g - lg\nk = sum(dw * dw) / (abs(sum(dw * dg)) + 0.001)\n\
         lw <- w\nlg <- g\nw <- w - min(rate, k) * g",
    );
    // A look ahead, and the two weights before.
    trains(
        "state slow = 0, m = 0, before = 0, earlier = 0\nlast = w\nm <- 0.9 m + g\n\
         w <- w - rate * m + 0.01 * (before - earlier)\nw <- if step > 3 then 0.5 * (w + slow) else w\n\
         slow <- w\nearlier <- before\nbefore <- last",
    );
}

/// A layer called `keep` with this body, in a net.
#[track_caller]
fn keeps(body: &str, rest: &str) {
    agree(&format!(
        "input x: [4]\ntarget t\nlayer keep(x: [n]) {{\n{body}\n}}\n{rest}\nloss = (y - t)^2\n\
         data {{ x ~ normal(0, 1); t ~ normal(0, 1); rows 6 }}\n\
         train {{ minimize loss; optimizer momentum(rate = 0.001); batch all; steps 5 }}\n"
    ));
}

#[test]
fn states_of_layers() {
    let dense = "y = sum(dense(keep(x), 3))";
    // Places, a class as a number, what is made of one.
    keeps(
        "state place: [n] = 0, best = 0, one: [n] = 1, hot: [n] = 0\nwas = place\nplace <- 0..n\nbest <- argmax(one)\n\
         hot <- onehot(argmin(one), n) + reverse(hot)\none <- batch_mean(x) + was * best\nx + was + hot",
        dense,
    );
    // A delay line, read at both ends.
    keeps(
        "state line: [5, n] = 0\nfirst = line[0]\nline <- concat(line[1..], [batch_mean(x)], axis = 0)\nx + 0.1 first - 0.2 line[3]",
        dense,
    );
    // One that a loop reads before and gives after.
    keeps(
        "state h: [3] = [1, 2, 3]\nlast = fold v in x with s = h { tanh(s * v + h) }\nh <- batch_mean(last)\nx + sum(last) - sum(h)",
        dense,
    );
    // One for two calls: the second goes on from the first.
    keeps(
        "state p = 1, q = 2\nold = p\np <- q + batch_mean(sum(x))\nq <- old\nx + old * q",
        "model m(x) = keep(x)\nparam w = 0.5, v = 0.25\ny = sum(m(w x) + m(v x))\nmetric now = w\nmetric both = w * v",
    );
}
