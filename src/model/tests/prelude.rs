//! Every definition of the prelude is read at least once.
use super::{Options, model, read, value};
use crate::model::prelude;
use crate::syntax::{DefinitionKind, StatementKind};

/// A use of each layer and function, by name.
const USES: [(&str, &str); 45] = [
    ("absolute_error", "absolute_error(x, 1)"),
    ("attention", "attention(xs, xs, xs, causal = true)"),
    ("batch_norm", "batch_norm(x)"),
    ("bidirectional", "bidirectional(xs, 3, gru)"),
    ("conv1d", "conv1d(xs, 3, 2, stride = 2, padding = same)"),
    ("conv1d_transposed", "conv1d_transposed(xs, 3, 2, stride = 2)"),
    ("conv2d", "conv2d(reshape(xs, [5, 4, 2]), 4, 3, padding = same, groups = 2)"),
    ("conv2d_transposed", "conv2d_transposed(reshape(xs, [5, 4, 2]), 4, [2, 3])"),
    ("cosine", "cosine(0.1) * x"),
    ("dense", "dense(x, 2, bias = false)"),
    ("dropout", "dropout(xs, 0.2)"),
    ("elu", "elu(x)"),
    ("embedding", "embedding(t, 3)"),
    ("exponential", "exponential(0.1) * x"),
    ("gelu", "gelu(x)"),
    ("gelu_tanh", "gelu_tanh(x)"),
    ("group_norm", "group_norm(xs, 2)"),
    ("gru", "gru(xs, 3)"),
    ("hinge", "hinge(x, 1)"),
    ("huber", "huber(x, 1, delta = 0.5)"),
    ("kl", "kl(softmax(x), onehot(t, 4))"),
    ("layer_norm", "layer_norm(x)"),
    ("leaky_relu", "leaky_relu(x)"),
    ("learned_positions", "learned_positions(xs)"),
    ("logit", "logit(sigmoid(x))"),
    ("lstm", "lstm(xs, 3)"),
    ("max_pool1d", "max_pool1d(xs, 3, padding = 1)"),
    ("max_pool2d", "max_pool2d(reshape(xs, [5, 4, 2]), 2)"),
    ("max_unpool1d", "max_unpool1d(max_pool1d(xs, 2), xs, 2)"),
    ("max_unpool2d", "max_unpool2d(max_pool2d(reshape(xs, [5, 4, 2]), 2), reshape(xs, [5, 4, 2]), 2)"),
    ("upsample1d", "upsample1d(xs, 3)"),
    ("upsample2d", "upsample2d(reshape(xs, [5, 4, 2]), [2, 1])"),
    ("mean_pool1d", "mean_pool1d(xs, 2)"),
    ("mean_pool2d", "mean_pool2d(reshape(xs, [5, 4, 2]), [3, 2], stride = 1)"),
    ("mish", "mish(x)"),
    ("neuron", "neuron(x)"),
    ("one_cycle", "one_cycle(0.1) * x"),
    ("rms_norm", "rms_norm(x)"),
    ("rnn", "rnn(xs, 3)"),
    ("self_attention", "self_attention(xs, 2)"),
    ("shift", "shift(x)"),
    ("silu", "silu(x)"),
    ("sinusoidal_positions", "xs + sinusoidal_positions(10, 4)"),
    ("squared_error", "squared_error(x, 1)"),
    ("unchanged", "unchanged(x)"),
];
const SCHEDULES: [(&str, &str); 2] = [("step_decay", "step_decay(0.1)"), ("warm_up", "warm_up(0.1, 10)")];

#[test]
fn the_prelude_has_no_errors() {
    assert_eq!(prelude::parsed().diagnostics, []);
}

#[test]
fn every_definition_is_read() {
    for statement in &prelude::parsed().root {
        let StatementKind::Definition(definition) = &statement.kind else { panic!("{statement:?}") };
        let name = &definition.name.name;
        let head = "input x: [4], xs: [10, 4], t: class(3)\nparam w: [4]\n";
        let text = if definition.kind == DefinitionKind::Optimizer {
            let bare = format!("{head}train {{ minimize w' x; steps 1; optimizer {name} }}\n");
            model(&bare);
            format!("{head}train {{ minimize w' x; steps 1; optimizer {name}(decay = 0.1, rate = 0.1) }}\n")
        } else {
            let (_, used) = USES.iter().chain(&SCHEDULES).find(|(known, _)| known == name).unwrap();
            format!("{head}y = {used}\n")
        };
        for training in [false, true] {
            if let Err(why) = read(&text, &Options { training, ..Options::default() }) {
                panic!("{why}");
            }
        }
    }
}

#[test]
fn shapes_of_convolutions() {
    for (options, places) in [
        ("", 8),
        ("padding = same", 10),
        ("padding = causal", 10),
        ("stride = 2", 4),
        ("stride = 2, padding = same", 5),
        ("dilation = 3", 4),
        ("dilation = 3, padding = causal", 10),
        ("padding = 2, stride = 3", 4),
        ("padding = valid", 8),
    ] {
        let model = model(&format!("input x: [10, 4]\ny = conv1d(x, 6, 3, {options})\n"));
        assert_eq!(model.graph.shape(value(&model, "y")), [places, 6], "{options}");
    }
}
