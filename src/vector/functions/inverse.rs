//! `asin`, `acos`, `atan` and `atan2`.

use super::super::lanes::Lanes;
use super::polynomial;
use std::f64::consts::{FRAC_PI_2, PI};

pub const ASIN_ULP: f64 = 2.5;
pub const ACOS_ULP: f64 = 2.0;
pub const ATAN_ULP: f64 = 2.0;
pub const ATAN2_ULP: f64 = 2.5;

/// NaN outside [−1, 1].
#[inline(always)]
pub fn asin<L: Lanes>(x: L) -> L {
    let half = x.constant(0.5);
    let magnitude = x.abs();
    let is_small = magnitude.less_equal(half);
    let (root, square) = half_angle(magnitude);
    let t = L::select(is_small, magnitude, root);
    let y = series(t, L::select(is_small, magnitude * magnitude, square));
    L::select(is_small, y, y.mul_add(x.constant(-2.0), x.constant(FRAC_PI_2))).copy_sign(x)
}

/// NaN outside [−1, 1].
#[inline(always)]
pub fn acos<L: Lanes>(x: L) -> L {
    let half = x.constant(0.5);
    let magnitude = x.abs();
    let is_small = magnitude.less_equal(half);
    let (root, square) = half_angle(magnitude);
    let t = L::select(is_small, magnitude, root);
    // The arc sine of the argument itself, or half of the arc cosine of its magnitude.
    let y = series(t, L::select(is_small, magnitude * magnitude, square));
    let is_negative = x.less(x.constant(0.0));
    let small = x.constant(FRAC_PI_2) - y.copy_sign(x);
    let twice = y + y;
    let large = L::select(is_negative, x.constant(PI) - twice, twice);
    L::select(is_small, small, large)
}

/// `√((1 − x) / 2)` and its square: the sine of half the angle whose cosine is `x`.
#[inline(always)]
fn half_angle<L: Lanes>(x: L) -> (L, L) {
    let square = x.mul_add(x.constant(-0.5), x.constant(0.5));
    (square.sqrt(), square)
}

/// The arc sine of `t` in [0, ½], given its square.
#[inline(always)]
fn series<L: Lanes>(t: L, square: L) -> L {
    let p = polynomial(
        square,
        [0.16666752099990845, 0.07495307177305222, 0.04546964168548584, 0.02418149821460247, 0.0421651192009449],
    );
    (p * square).mul_add(t, t)
}

#[inline(always)]
pub fn atan<L: Lanes>(x: L) -> L {
    let one = x.constant(1.0);
    let magnitude = x.abs();
    let is_steep = magnitude.greater(one);
    // One division by 1 where it is not needed costs less than a second polynomial.
    let t = L::select(is_steep, one, magnitude) / L::select(is_steep, magnitude, one);
    let y = atan_up_to_one(t);
    L::select(is_steep, x.constant(FRAC_PI_2) - y, y).copy_sign(x)
}

/// The angle of the point (x, y), in [−π, π]. Zeros and infinities as IEEE 754 has them.
#[inline(always)]
pub fn atan2<L: Lanes>(y: L, x: L) -> L {
    let (zero, one) = (x.constant(0.0), x.constant(1.0));
    let (across, up) = (x.abs(), y.abs());
    let is_steep = up.greater(across);
    let larger = L::select(is_steep, up, across);
    let smaller = L::select(is_steep, across, up);
    // 0/0 is the angle 0, and ∞/∞ that of the diagonal.
    let t = L::select(larger.equal(zero), zero, smaller / larger);
    let t = L::select(smaller.equal(x.constant(f64::INFINITY)), one, t);
    let angle = atan_up_to_one(t);
    let angle = L::select(is_steep, x.constant(FRAC_PI_2) - angle, angle);
    let points_left = one.copy_sign(x).less(zero);
    let angle = L::select(points_left, x.constant(PI) - angle, angle);
    // `select` takes the second where a comparison meets a NaN, so a NaN of `x` or `y` is put back here.
    L::select(x.equal(x) & y.equal(y), angle.copy_sign(y), x + y)
}

/// The arc tangent of `t` in [0, 1].
#[inline(always)]
fn atan_up_to_one<L: Lanes>(t: L) -> L {
    let square = t * t;
    let p = polynomial(
        square,
        [
            -0.33333298563957214,
            0.1999853104352951,
            -0.14264050126075745,
            0.10951154679059982,
            -0.08400376886129379,
            0.057904202491045,
            -0.031124059110879898,
            0.01088548544794321,
            -0.00178706890437752,
        ],
    );
    (p * square).mul_add(t, t)
}
