//! Goldens: gradients of small models as they are printed.
use super::setting::{Setting, forms};
use crate::graph::NamedOp;
use crate::graph::named::{CROSS_ENTROPY, SOFTMAX};
use crate::notation::text;
use crate::op::ReduceOp;
use crate::op::activation::{RELU, SIGMOID};
use crate::op::exponential::{POW, SQRT};
use crate::op::loss::BINARY_CROSS_ENTROPY;
use crate::op::trigonometric::TANH;

fn squared(s: &mut Setting, x: crate::graph::NodeId) -> crate::graph::NodeId {
    let shape = s.g.shape(x).to_vec();
    let two = s.g.constant(2.0, &shape);
    s.g.binary(&POW, x, two)
}

#[test]
fn line() {
    let mut s = Setting::default();
    let (x, t) = (s.input("x", &[]), s.input("t", &[]));
    let (w, b) = (s.parameter("w", &[]), s.parameter("b", &[]));
    let product = s.g.multiply(w, x);
    let y = s.g.add(product, b);
    s.name(y, "y");
    let r = s.g.subtract(y, t);
    let loss = squared(&mut s, r);
    insta::assert_snapshot!(forms(&s.gradient(loss)));
}

#[test]
fn iris() {
    let mut s = Setting::default();
    let (x, t) = (s.input("x", &[4]), s.class("t", &[], 3));
    let a = s.dense("h", x, 16);
    let h = s.g.unary(&RELU, a);
    s.name(h, "h");
    let z = s.dense("z", h, 3);
    s.name(z, "z");
    let y = s.g.named(NamedOp(&SOFTMAX), &[z]);
    s.name(y, "y");
    let loss = s.g.named(NamedOp(&CROSS_ENTROPY), &[y, t]);
    let derivation = s.gradient(loss);
    assert_eq!(
        text::render(&derivation.paper, 100, false),
        "\
δz = ∂loss/∂z = y − onehot(t)
∂loss/∂z.w = δz hᵀ
∂loss/∂z.b = δz
δa = (z.wᵀ δz) ⊙ [a > 0]                     where a = h.w x + h.b
∂loss/∂h.w = δa xᵀ
∂loss/∂h.b = δa
"
    );
    insta::assert_snapshot!(forms(&derivation));
}

#[test]
fn logistic() {
    let mut s = Setting::default();
    let (x, t) = (s.input("x", &[30]), s.input("t", &[]));
    let (w, b) = (s.parameter("w", &[30]), s.parameter("b", &[]));
    let product = s.g.matmul(w, x);
    let z = s.g.add(product, b);
    let p = s.g.unary(&SIGMOID, z);
    s.name(p, "p");
    let loss = s.g.binary(&BINARY_CROSS_ENTROPY, p, t);
    insta::assert_snapshot!(forms(&s.gradient(loss)));
}

#[test]
fn linear_regression_without_names() {
    let mut s = Setting::default();
    let (x, t) = (s.input("x", &[4]), s.input("t", &[3]));
    let w = s.parameter("w", &[3, 4]);
    let product = s.g.matmul(w, x);
    let r = s.g.subtract(product, t);
    let square = squared(&mut s, r);
    let loss = s.g.sum_all(square);
    insta::assert_snapshot!(forms(&s.gradient(loss)));
}

#[test]
fn support_vector_machine() {
    let mut s = Setting::default();
    let (x, t) = (s.input("x", &[4]), s.input("t", &[]));
    let (w, b) = (s.parameter("w", &[4]), s.parameter("b", &[]));
    let product = s.g.matmul(w, x);
    let y = s.g.add(product, b);
    s.name(y, "y");
    let ty = s.g.multiply(t, y);
    let one = s.g.number(1.0);
    let margin = s.g.subtract(one, ty);
    let hinge = s.g.unary(&RELU, margin);
    let square = s.g.dot(w, w);
    let half = s.g.scale(square, 0.005);
    let loss = s.g.add(hinge, half);
    insta::assert_snapshot!(forms(&s.gradient(loss)));
}

#[test]
fn quadratic_form() {
    let mut s = Setting::default();
    let a = s.input("A", &[4, 4]);
    let x = s.parameter("x", &[4]);
    let ax = s.g.matmul(a, x);
    let loss = s.g.matmul(x, ax);
    insta::assert_snapshot!(forms(&s.gradient(loss)));
}

#[test]
fn elman() {
    let mut s = Setting::default();
    let (x, t) = (s.input("x", &[8, 2]), s.class("t", &[], 3));
    let (u, w, b) = (s.parameter("h.u", &[6, 2]), s.parameter("h.w", &[6, 6]), s.parameter("h.b", &[6]));
    let zero = s.g.constant(0.0, &[6]);
    let of = s.g.begin_loop(8, false, &[(zero, true)]);
    let h = s.g.looped(of).binders[0].leaf;
    let v = s.g.element(of, x);
    let (uv, wh) = (s.g.matmul(u, v), s.g.matmul(w, h));
    let sum = s.g.add(uv, wh);
    let a = s.g.add(sum, b);
    let next = s.g.unary(&TANH, a);
    s.g.set_next(of, 0, next);
    let last = s.g.last(of, next);
    s.name(last, "h");
    let z = s.dense("z", last, 3);
    s.name(z, "z");
    let y = s.g.named(NamedOp(&SOFTMAX), &[z]);
    s.name(y, "y");
    let loss = s.g.named(NamedOp(&CROSS_ENTROPY), &[y, t]);
    insta::assert_snapshot!(forms(&s.gradient(loss)));
}

#[test]
fn convolution() {
    use crate::graph::view::{Row, rows};
    let mut s = Setting::default();
    let (x, t) = (s.input("x", &[12, 2]), s.input("t", &[4, 3]));
    let (w, b) = (s.parameter("w", &[3, 2, 3]), s.parameter("b", &[3]));
    let windows = s.g.view(x, vec![4, 3, 2], vec![rows::window(0, 1, 12, 2, 1, 0), Row::axis(2, 2)]);
    let product = s.g.contract(windows, w, &[0, 1, 2], &[1, 2, 3], &[0, 3]);
    let wide = s.g.expand_to(b, &[4, 3]);
    let y = s.g.add(product, wide);
    s.name(y, "y");
    let r = s.g.subtract(y, t);
    let square = squared(&mut s, r);
    let loss = s.g.sum_all(square);
    insta::assert_snapshot!(forms(&s.gradient(loss)));
}

#[test]
fn two_convolutions() {
    use crate::graph::view::{Row, rows};
    let mut s = Setting::default();
    let (x, t) = (s.input("x", &[12, 2]), s.input("t", &[10, 3]));
    let (v, w) = (s.parameter("v", &[3, 2, 4]), s.parameter("w", &[3, 4, 3]));
    let windows = s.g.view(x, vec![12, 3, 2], vec![rows::window(0, 1, 12, 1, 1, 1), Row::axis(2, 2)]);
    let product = s.g.contract(windows, v, &[0, 1, 2], &[1, 2, 3], &[0, 3]);
    let h = s.g.unary(&TANH, product);
    s.name(h, "h");
    let windows = s.g.view(h, vec![10, 3, 4], vec![rows::window(0, 1, 12, 1, 1, 0), Row::axis(2, 4)]);
    let y = s.g.contract(windows, w, &[0, 1, 2], &[1, 2, 3], &[0, 3]);
    s.name(y, "y");
    let r = s.g.subtract(y, t);
    let square = squared(&mut s, r);
    let loss = s.g.sum_all(square);
    insta::assert_snapshot!(forms(&s.gradient(loss)));
}

#[test]
fn dense_layer_of_a_sequence() {
    let mut s = Setting::default();
    let (x, t) = (s.input("x", &[7, 4]), s.input("t", &[7, 3]));
    let (w, b) = (s.parameter("w", &[3, 4]), s.parameter("b", &[3]));
    let product = s.g.contract(x, w, &[0, 1], &[2, 1], &[0, 2]);
    let wide = s.g.expand_to(b, &[7, 3]);
    let y = s.g.add(product, wide);
    s.name(y, "y");
    let r = s.g.subtract(y, t);
    let square = squared(&mut s, r);
    let loss = s.g.reduce(ReduceOp::Mean, &[0, 1], square);
    insta::assert_snapshot!(forms(&s.gradient(loss)));
}

#[test]
fn batch_standardisation() {
    let mut s = Setting::default();
    let (x, t) = (s.input("x", &[4]), s.class("t", &[], 3));
    let a = s.dense("h", x, 16);
    let mean = s.g.batch_mean(a);
    let d = s.g.subtract(a, mean);
    s.name(d, "d");
    let square = squared(&mut s, d);
    let variance = s.g.batch_mean(square);
    let eps = s.g.constant(1e-5, &[16]);
    let safe = s.g.add(variance, eps);
    let deviation = s.g.unary(&SQRT, safe);
    let standardised = s.g.divide(d, deviation);
    let h = s.g.unary(&RELU, standardised);
    s.name(h, "h");
    let z = s.dense("z", h, 3);
    s.name(z, "z");
    let y = s.g.named(NamedOp(&SOFTMAX), &[z]);
    s.name(y, "y");
    let loss = s.g.named(NamedOp(&CROSS_ENTROPY), &[y, t]);
    insta::assert_snapshot!(forms(&s.gradient(loss)));
}

#[test]
fn layer_norm() {
    let mut s = Setting::default();
    let (x, t) = (s.input("x", &[4]), s.input("t", &[16]));
    let a = s.dense("a", x, 16);
    s.name(a, "a");
    let (gain, bias) = (s.parameter("gain", &[16]), s.parameter("bias", &[16]));
    let mean = s.g.reduce(ReduceOp::Mean, &[0], a);
    let wide = s.g.expand_to(mean, &[16]);
    let d = s.g.subtract(a, wide);
    s.name(d, "d");
    let square = squared(&mut s, d);
    let variance = s.g.reduce(ReduceOp::Mean, &[0], square);
    let eps = s.g.number(1e-5);
    let safe = s.g.add(variance, eps);
    let sigma = s.g.unary(&SQRT, safe);
    s.name(sigma, "σ");
    let wide = s.g.expand_to(sigma, &[16]);
    let hat = s.g.divide(d, wide);
    s.name(hat, "x̂");
    let scaled = s.g.multiply(gain, hat);
    let y = s.g.add(scaled, bias);
    s.name(y, "y");
    let r = s.g.subtract(y, t);
    let square = squared(&mut s, r);
    let loss = s.g.sum_all(square);
    insta::assert_snapshot!(forms(&s.gradient(loss)));
}

#[test]
fn a_convolution_of_pictures() {
    use crate::graph::view::{Row, rows};
    let mut s = Setting::default();
    let (x, t) = (s.input("x", &[8, 8, 2]), s.input("t", &[3, 6, 4]));
    let w = s.parameter("w", &[3, 3, 2, 4]);
    let windows = s.g.view(
        x,
        vec![3, 6, 3, 3, 2],
        vec![rows::window(0, 2, 8, 2, 1, 0), rows::window(1, 3, 8, 1, 1, 0), Row::axis(4, 2)],
    );
    let product = s.g.contract(windows, w, &[0, 1, 2, 3, 4], &[2, 3, 4, 5], &[0, 1, 5]);
    let y = s.g.unary(&RELU, product);
    s.name(y, "y");
    let r = s.g.subtract(y, t);
    let square = squared(&mut s, r);
    let loss = s.g.sum_all(square);
    insta::assert_snapshot!(forms(&s.gradient(loss)));
}
