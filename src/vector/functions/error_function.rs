//! `erf`, the error function.

use super::super::lanes::Lanes;
use super::exponential::exp_corrected;
use super::polynomial;

pub const ERF_ULP: f64 = 1.5;

/// A polynomial beside 0, and `1 − e^(t p(t))` with `t = |x|` from 0.92 on.
#[inline(always)]
pub fn erf<L: Lanes>(x: L) -> L {
    let (zero, one) = (x.constant(0.0), x.constant(1.0));
    let square = x * x;
    let near = polynomial(
        square,
        [
            0.12837915122509003,
            -0.37612488865852356,
            0.11281730979681015,
            -0.026762966066598892,
            0.0049873520620167255,
            -0.000595957855693996,
        ],
    )
    .mul_add(x, x);
    // From 4 on it is 1 to the last bit. The order of the operands hands on a NaN.
    let t = x.constant(4.0).min(x.abs());
    let logarithm = polynomial(
        t,
        [
            -1.1286485195159912,
            -0.635151207447052,
            -0.10623703896999359,
            0.023762183263897896,
            -0.003642505966126919,
            0.0003228126442991197,
            -1.1231872122152708e-05,
        ],
    ) * t;
    let far = (one - exp_corrected(logarithm, zero)).copy_sign(x);
    L::select(x.abs().less(x.constant(0.92)), near, far)
}
