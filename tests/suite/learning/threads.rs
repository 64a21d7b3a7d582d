//! However many threads work, the weights are the same, byte for byte.
use super::program::{Program, read, root};

/// A net on the digits, wide enough that threads share its work; 1797 rows by 100, so the last batch of an epoch is short, and a thread may have no row of it.
const DIGITS: &str = r#"
input  x: [8, 8]
target t: class(10)

h = flatten(x) |> dense(256) |> relu |> dense(24) |> relu
y = softmax(dense(h, 10))
loss = cross_entropy(y, t)
metric accuracy = argmax(y) == t

data "data/digits.csv" {
    x = all except digit
    t = digit
    standardize x
    test last 0.1
}

train {
    minimize  loss + 1e-4 * norm(weights)^2
    optimizer adam(rate = 0.003)
    batch     100
    epochs    3
}
"#;

#[test]
fn weights_do_not_depend_on_the_number_of_threads() {
    let program = Program::new(read(DIGITS), root().join("examples"));
    assert_ne!(program.dataset.parts.train.len() % 100, 0, "no batch is short");
    let [one, two, three] = [1, 2, 3].map(|threads| program.train(threads, false, None, None));
    for other in [two, three] {
        assert_eq!(one.weights, other.weights);
        assert_eq!(one.objectives, other.objectives);
        assert_eq!(one.test, other.test);
    }
    // They are weights of something that learned.
    let accuracy = one.test.iter().find(|metric| metric.0 == "accuracy").unwrap().1;
    assert!(accuracy > 0.8, "{accuracy}");
}

/// A loop, a convolution and means over the batch: each divides its work in a way of its own.
#[test]
fn nor_those_of_loops_convolutions_and_means_over_the_batch() {
    let layers = "
h = reshape(x, [8, 8]) |> conv1d(12, 3, dilation = 2, padding = causal) |> tanh
g = fold v in h with s = zeros(16) { tanh(dense(v, 16) + dense(s, 16)) }
d = g - batch_mean(g)
y = softmax(dense(d / sqrt(batch_mean(d²) + 1e-5), 10))
";
    let h = DIGITS.find("h = ").unwrap();
    let loss = DIGITS.find("loss = ").unwrap();
    let text = [&DIGITS[..h], layers, &DIGITS[loss..]].concat();
    let program = Program::new(read(&text), root().join("examples"));
    let [one, two, three] = [1, 2, 3].map(|threads| program.train(threads, false, Some(20), None));
    for other in [two, three] {
        assert_eq!(one.weights, other.weights);
        assert_eq!(one.objectives, other.objectives);
    }
}
