//! Keras' and PyTorch's names beside ours: optimizers, schedules, and how parameters begin.
//!
//! In PyTorch's column `optim` is `torch.optim`, `w` are the parameters and `o` is an optimizer. `tests/suite/optimizers.rs` compares.
use super::{Group, own, row};

#[rustfmt::skip]
pub static GROUPS: &[Group] = &[
    Group {
        title: "Optimizers",
        about: "What a step does with a weight w and its gradient g. All numbers are PyTorch's, and so is each step: `tests/suite/optimizers.rs` compares \
                1,000 of them, to 1e-9. `decay` adds decay · w to the gradient before all else (in `adamw` it acts on the weight, as Keras' \
                `weight_decay` does in all of them). PyTorch's other \
                options (`amsgrad`, `centered`, `dampening`, `maximize`, `lr_decay`) are not there: an optimizer of one's own is a few lines, see \
                [Optimizers](language.md#optimizers).",
        rows: &[
            row("sgd", "w ← w − rate g",
                "sgd(rate = 0.01)", "optimizers.SGD(0.01)", "optim.SGD(w, lr=0.01)",
                "Keras' rate is 0.01 if none is given."),
            row("momentum", "v ← momentum v + g; w ← w − rate v",
                "momentum(rate = 0.01)", "optimizers.SGD(0.01, momentum=0.9)", "optim.SGD(w, lr=0.01, momentum=0.9)",
                "Keras has the rate inside of v: the same as long as the rate is constant."),
            row("nesterov", "v ← momentum v + g; w ← w − rate (g + momentum v)",
                "nesterov(rate = 0.01)", "optimizers.SGD(0.01, momentum=0.9, nesterov=True)",
                "optim.SGD(w, lr=0.01, momentum=0.9, nesterov=True)",
                "Keras has the rate inside of v: the same as long as the rate is constant."),
            row("adagrad", "s ← s + g²; w ← w − rate g / (√s + eps)",
                "adagrad()", "optimizers.Adagrad(0.01, initial_accumulator_value=0, epsilon=1e-10)", "optim.Adagrad(w)",
                "Keras begins s at 0.1, with the rate 0.001 and the eps 1e-7, and has eps under the root."),
            row("rmsprop", "s ← alpha s + (1 − alpha) g²; w ← w − rate g / (√s + eps)",
                "rmsprop()", "optimizers.RMSprop(0.01, rho=0.99, epsilon=1e-8)", "optim.RMSprop(w)",
                "Keras' numbers are 0.001, 0.9 and 1e-7 if none are given, and it has eps under the root."),
            row("adam",
                "m ← beta1 m + (1 − beta1) g; v ← beta2 v + (1 − beta2) g²; w ← w − rate m̂ / (√v̂ + eps), with m̂ = m / (1 − beta1ᵗ), v̂ = v / (1 − beta2ᵗ)",
                "adam(rate = 0.001)", "optimizers.Adam(0.001, epsilon=1e-8)", "optim.Adam(w, lr=0.001)",
                "Keras' eps is 1e-7 if none is given, and is added to √v, before the correction of v: it weighs more in the first steps."),
            row("adamw", "as adam, and w ← w − rate · decay · w",
                "adamw(rate = 0.001)", "optimizers.AdamW(0.001, weight_decay=0.01, epsilon=1e-8)", "optim.AdamW(w, lr=0.001)",
                "Keras' decay is 0.004 if none is given; its eps is as in adam."),
        ],
    },
    Group {
        title: "Schedules",
        about: "The rate as a function of the step and the epoch, which count from 1: `optimizer sgd(rate = cosine(0.1))`. A formula of one's own does as \
                well: `rate = 0.1 / sqrt(step)`. PyTorch counts from 0, and where `.step()` is called says whether it counts steps or epochs. Below, \
                `steps` is the number of all steps and `per` that of one epoch.",
        rows: &[
            row("step_decay", "rate · by^⌊(epoch − 1) / every⌋",
                "step_decay(0.1)", "optimizers.schedules.ExponentialDecay(0.1, 10 * per, 0.5, staircase=True)",
                "lr_scheduler.StepLR(o, step_size=10, gamma=0.5)",
                "PyTorch's gamma is 0.1 if none is given."),
            row("exponential", "rate · by^(epoch − 1)",
                "exponential(0.1)", "optimizers.schedules.ExponentialDecay(0.1, per, 0.95, staircase=True)",
                "lr_scheduler.ExponentialLR(o, gamma=0.95)",
                "Without `staircase=True` Keras' goes down within an epoch, too."),
            row("cosine", "rate/2 (1 + cos(π (step − 1) / steps))",
                "cosine(0.1)", "optimizers.schedules.CosineDecay(0.1, steps)", "lr_scheduler.CosineAnnealingLR(o, T_max=steps)", ""),
            row("warm_up", "rate · step / over while step < over, then rate",
                "warm_up(0.1, 100)", "", "lr_scheduler.LinearLR(o, start_factor=1 / 100, total_iters=99)",
                "Another schedule may be behind it: `warm_up(cosine(0.1), 100)`. In Keras it is part of one: `CosineDecay(…, warmup_target=0.1, warmup_steps=100)`."),
            row("one_cycle", "rate · p / peak while p < peak, then rate (1 − p) / (1 − peak), with p = step / steps",
                "one_cycle(0.1)", "",
                "lr_scheduler.OneCycleLR(o, 0.1, steps, anneal_strategy=\"linear\", cycle_momentum=False, div_factor=0.3 * steps, final_div_factor=math.inf)",
                "PyTorch's own numbers begin at a 25th of the highest rate, go along a cosine, and move the momentum, too."),
        ],
    },
    Group {
        title: "How parameters begin",
        about: "Behind `~` in `param w: [3, 4] ~ glorot`. Fans of `[out, in]` are as they say; of a vector, n and 1; of a kernel `[size, in, out]`, \
                size · in and size · out. Gates of a recurrent layer begin each on their own.",
        rows: &[
            own("param w: [3, 4] ~ glorot", "Signals and gradients keep their size (Glorot and Bengio, 2010).",
                row("glorot", "uniform in ±√(6 / (fan in + fan out))",
                    "param w: [3, 4] ~ glorot", "initializers.GlorotUniform()", "nn.init.xavier_uniform_(w)", "What all weights of layers begin with, as in Keras.")),
            own("param w: [3, 4] ~ he", "The same for layers with relu behind them (He et al., 2015).",
                row("he", "normal, variance 2 / fan in",
                    "param w: [3, 4] ~ he", "initializers.HeNormal()", "nn.init.kaiming_normal_(w)", "Keras' is cut off at two deviations.")),
            own("param w: [3, 4] ~ lecun", "Signals keep their size (LeCun et al., 1998).",
                row("lecun", "normal, variance 1 / fan in",
                    "param w: [3, 4] ~ lecun", "initializers.LecunNormal()", "nn.init.kaiming_normal_(w, nonlinearity=\"linear\")", "Keras' is cut off at two deviations.")),
            own("param w: [3, 4] ~ orthogonal", "Lengths are kept exactly (Saxe et al., 2014).",
                row("orthogonal", "rows of length 1 at right angles; of a tall matrix, columns",
                    "param w: [3, 4] ~ orthogonal", "initializers.Orthogonal()", "nn.init.orthogonal_(w)", "")),
            own("param w: [3, 4] ~ uniform(-0.1, 0.1)", "Any number between two, each as probable.",
                row("uniform", "uniform between two numbers",
                    "param w: [3, 4] ~ uniform(-0.1, 0.1)", "initializers.RandomUniform(-0.1, 0.1)", "nn.init.uniform_(w, -0.1, 0.1)", "")),
            own("param w: [3, 4] ~ normal(0.05)", "Numbers around a mean, which is 0 if none is given.",
                row("normal", "normal, of a deviation, or of a mean and a deviation",
                    "param w: [3, 4] ~ normal(0.05)", "initializers.RandomNormal(stddev=0.05)", "nn.init.normal_(w, std=0.05)", "")),
        ],
    },
];
