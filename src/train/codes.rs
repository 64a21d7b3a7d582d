//! The codes of errors that come up when a program meets its data and trains.
use crate::diagnostic::{Explanation, explain};

#[rustfmt::skip]
pub static CODES: &[Explanation] = &[
    explain("E0411", "statistics of what is not standardized",
        "`t.mean` and `t.std` are what `standardize t` has learned from the training part, so that an output can be in its own unit: \
         `output t.std y + t.mean`.",
        "input x\ntarget t\nparam w\ny = w x\nloss = (y - t)^2\noutput price = t.std y + t.mean\ndata { x: 1, 2; t: 3, 5 }",
        "input x\ntarget t\nparam w\ny = w x\nloss = (y - t)^2\noutput price = t.std y + t.mean\ndata { x: 1, 2; t: 3, 5; standardize t }"),
    explain("E0706", "training that diverged",
        "The objective became infinite or no number. Mostly the rate is too high, or the inputs are far from 1 in size: lower the rate, \
         or write `standardize x` in the data section. The message names the step; `gradus run --log-every 1` shows those before it.",
        "train { minimize loss; optimizer sgd(rate = 100); epochs 10 }", "train { minimize loss; optimizer sgd(rate = 0.1); epochs 10 }"),
    explain("E0707", "nothing to watch",
        "`stop when` speaks of the validation part, and the data has none: nothing is told of it at the end of an epoch.",
        "data \"d.csv\" { test 0.2 }\ntrain { minimize loss; epochs 100; stop when validation.loss has not improved for 10 }",
        "data \"d.csv\" { test 0.2; validation 0.1 }\ntrain { minimize loss; epochs 100; stop when validation.loss has not improved for 10 }"),
    explain("E0908", "a value that native code can't compute",
        "A value is needed that no kernel makes, or one that would be too long. It is a limit of gradus and no mistake of the program: \
         `gradus run --executor interpreter` computes it all the same.",
        "y = f(x)    // beyond a limit of native code", "y = g(x)"),
    explain("E0909", "more memory than there is",
        "Before anything is computed, gradus adds up what parameters, states and all values of a step take. It is more than this machine has free, \
         or than its limits let a process have.",
        "param w: [40000, 40000]\nloss = norm(w)^2", "param w: [400, 400]\nloss = norm(w)^2"),
];
