//! Programs as graphs.
use super::{model, shown};
use insta::assert_snapshot;

const LINE: &str = "input x\ntarget t\nparam w, b\ny = w x + b\nloss = (y - t)^2\ntrain { minimize loss; optimizer sgd(rate = 0.05); epochs 200 }\n";

#[test]
fn a_line() {
    let model = model(LINE);
    assert_snapshot!(shown(&model, &["y", "loss"]));
}
