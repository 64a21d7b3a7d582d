//! The codes of errors that come up while a program trains.
use crate::diagnostic::{Explanation, explain};

#[rustfmt::skip]
pub static CODES: &[Explanation] = &[
    explain("E0706", "training that diverged",
        "The objective became infinite or no number. Mostly the rate is too high, or the inputs are far from 1 in size: lower the rate, \
         or write `standardize x` in the data section. The message names the step; `gradus run --log-every 1` shows those before it.",
        "train { minimize loss; optimizer sgd(rate = 100); epochs 10 }", "train { minimize loss; optimizer sgd(rate = 0.1); epochs 10 }"),
];
