//! Each function against `libm` in f64: every exponent of `f32`, both signs, densely, and the special values.

use super::*;
use crate::vector::{BinaryFunction, Lanes, Path, UnaryFunction, map_binary, map_unary};

/// All exponents and signs with `count` mantissas each, then zeros, infinities, NaN and the ends of the ranges.
fn arguments(count: u32) -> Vec<f32> {
    let mut all = vec![0.0, -0.0, 1.0, -1.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, f32::MAX, f32::MIN];
    all.extend([88.72284, 88.72283, -87.33654, -87.33655, 89.4, 90.0, -90.0, 1e5, -1e5, 2.4e38]);
    for exponent in 0..255u32 {
        for i in 0..count {
            // A stride that is odd against 2^23 spreads the mantissas.
            let mantissa = (i.wrapping_mul(2_654_435_761) ^ exponent.wrapping_mul(40_503)) & 0x7f_ffff;
            let x = f32::from_bits(exponent << 23 | if i == 0 { 0 } else { mantissa });
            all.extend([x, -x]);
        }
    }
    // What most arguments of a network are, more densely.
    all.extend((0..20_000).map(|i| (i as f32 - 10_000.0) * 1.3e-3));
    all
}

/// The distance in units in the last place of the exact answer; 0 of two NaNs, two equal infinities, and of an answer
/// below the normal range that was made zero.
fn ulp(got: f32, exact: f64) -> f64 {
    let rounded = exact as f32;
    if got.is_nan() || exact.is_nan() {
        return if got.is_nan() && exact.is_nan() { 0.0 } else { f64::INFINITY };
    }
    if got.is_infinite() || rounded.is_infinite() {
        // An overflow that rounding decides may go either way.
        let other = if got.is_infinite() { exact.abs() } else { f64::from(got).abs() };
        return if other > f64::from(f32::MAX) * 0.99999 && got.is_sign_positive() == (exact > 0.0) {
            0.0
        } else {
            f64::INFINITY
        };
    }
    let smallest = 4.0 * f64::from(f32::MIN_POSITIVE);
    if exact.abs() < smallest && got == 0.0 {
        return 0.0;
    }
    let exponent = exact.abs().max(smallest).log2().floor();
    (f64::from(got) - exact).abs() / (exponent - 23.0).exp2()
}

#[track_caller]
fn check<F: UnaryFunction>(exact: fn(f64) -> f64, limit: f64, domain: impl Fn(f32) -> bool) {
    let x: Vec<f32> = arguments(150).into_iter().filter(|x| domain(*x)).collect();
    let mut out = vec![0.0; x.len()];
    for path in Path::available() {
        map_unary::<f32, F>(path, &x, &mut out);
        let (worst, x, got) = x
            .iter()
            .zip(&out)
            .map(|(&x, &got)| (ulp(got, exact(f64::from(x))), x, got))
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .unwrap_or((0.0, 0.0, 0.0));
        assert!(worst <= limit, "{path:?}: {worst} ulp at {x:e}: {got:e}, not {:e}", exact(f64::from(x)));
    }
}

macro_rules! unary {
    ($name:ident, $limit:expr, $exact:expr, $domain:expr) => {
        #[test]
        fn $name() {
            struct Function;
            impl UnaryFunction for Function {
                #[inline(always)]
                fn apply<L: Lanes>(x: L) -> L {
                    super::$name(x)
                }
            }
            check::<Function>($exact, $limit, $domain);
        }
    };
}

const NORMAL: f32 = f32::MIN_POSITIVE;

unary!(exp, EXP_ULP, libm::exp, |_| true);
unary!(expm1, EXPM1_ULP, libm::expm1, |_| true);
unary!(log, LOG_ULP, libm::log, |x| x.abs() >= NORMAL || x == 0.0);
unary!(log1p, LOG1P_ULP, libm::log1p, |_| true);
unary!(tanh, TANH_ULP, libm::tanh, |_| true);
unary!(sinh, SINH_ULP, libm::sinh, |_| true);
unary!(cosh, COSH_ULP, libm::cosh, |_| true);
unary!(sigmoid, SIGMOID_ULP, |x| if x < -700.0 { 0.0 } else { 1.0 / (1.0 + libm::exp(-x)) }, |_| true);
unary!(softplus, SOFTPLUS_ULP, |x| x.max(0.0) + libm::log1p(libm::exp(-x.abs())) + x * 0.0, |x| x.is_finite());
unary!(sin, SIN_ULP, libm::sin, |x| x.abs() <= TRIGONOMETRIC_LIMIT as f32 || !x.is_finite());
unary!(cos, COS_ULP, libm::cos, |x| x.abs() <= TRIGONOMETRIC_LIMIT as f32 || !x.is_finite());
unary!(tan, TAN_ULP, libm::tan, |x| x.abs() <= TRIGONOMETRIC_LIMIT as f32 || !x.is_finite());
unary!(asin, ASIN_ULP, libm::asin, |_| true);
unary!(acos, ACOS_ULP, libm::acos, |_| true);
unary!(atan, ATAN_ULP, libm::atan, |_| true);
unary!(erf, ERF_ULP, libm::erf, |_| true);

#[test]
fn reciprocal_and_rsqrt() {
    use crate::vector::lanes::{RECIPROCAL_ULP, RSQRT_ULP};
    struct Reciprocal;
    impl UnaryFunction for Reciprocal {
        #[inline(always)]
        fn apply<L: Lanes>(x: L) -> L {
            x.reciprocal()
        }
    }
    struct Rsqrt;
    impl UnaryFunction for Rsqrt {
        #[inline(always)]
        fn apply<L: Lanes>(x: L) -> L {
            x.rsqrt()
        }
    }
    let is_normal = |x: f32| x == 0.0 || x.is_nan() || x.abs() >= NORMAL;
    let has_normal_answer = |x: f32| is_normal(x) && !(x.is_finite() && x.abs() > 1.0 / NORMAL);
    check::<Reciprocal>(|x| 1.0 / x, RECIPROCAL_ULP, has_normal_answer);
    check::<Rsqrt>(|x| 1.0 / x.sqrt(), RSQRT_ULP, is_normal);
}

/// What is large beyond sense still gives a number between −1 and 1.
#[test]
fn sines_of_huge_numbers_are_bounded() {
    struct Both;
    impl UnaryFunction for Both {
        fn apply<L: Lanes>(x: L) -> L {
            super::sin(x).abs().max(super::cos(x).abs())
        }
    }
    let x: Vec<f32> = arguments(20).into_iter().filter(|x| x.is_finite()).collect();
    let mut out = vec![0.0; x.len()];
    for path in Path::available() {
        map_unary::<f32, Both>(path, &x, &mut out);
        assert!(out.iter().all(|y| (0.0..=1.0).contains(y)), "{path:?}");
    }
}

/// Functions that keep the sign of their argument keep that of a zero.
#[test]
fn odd_functions_keep_the_sign_of_zero() {
    macro_rules! keeps {
        ($($name:ident)*) => {$({
            struct Function;
            impl UnaryFunction for Function {
                fn apply<L: Lanes>(x: L) -> L {
                    super::$name(x)
                }
            }
            for path in Path::available() {
                let mut out = [1.0; 2];
                map_unary::<f32, Function>(path, &[0.0, -0.0], &mut out);
                assert_eq!(out.map(f32::to_bits), [0.0f32, -0.0].map(f32::to_bits), concat!(stringify!($name), " {:?}"), path);
            }
        })*};
    }
    keeps!(expm1 log1p tanh sinh sin tan asin atan erf);
}

struct Pow;
impl BinaryFunction for Pow {
    #[inline(always)]
    fn apply<L: Lanes>(x: L, y: L) -> L {
        pow(x, y)
    }
}

struct Atan2;
impl BinaryFunction for Atan2 {
    #[inline(always)]
    fn apply<L: Lanes>(y: L, x: L) -> L {
        atan2(y, x)
    }
}

#[track_caller]
fn check_binary<F: BinaryFunction>(exact: fn(f64, f64) -> f64, limit: f64, pairs: &[(f32, f32)]) {
    let (x, y): (Vec<f32>, Vec<f32>) = pairs.iter().copied().unzip();
    let mut out = vec![0.0; x.len()];
    for path in Path::available() {
        map_binary::<f32, F>(path, &x, &y, &mut out);
        for ((&x, &y), &got) in x.iter().zip(&y).zip(&out) {
            let error = ulp(got, exact(x.into(), y.into()));
            assert!(
                error <= limit,
                "{path:?}: {error} ulp at {x:e}, {y:e}: {got:e}, not {:e}",
                exact(x.into(), y.into())
            );
        }
    }
}

/// Every pair of special values, and every exponent of the base with powers of all sizes.
fn pairs() -> Vec<(f32, f32)> {
    const SPECIAL: [f32; 22] = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        2.0,
        -2.0,
        3.0,
        -3.0,
        0.5,
        -0.5,
        1.5,
        -2.5,
        1e10,
        -1e10,
        16777216.0,
        16777217.0,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::NAN,
        1e-10,
        0.999,
        1.001,
    ];
    let mut all: Vec<_> = SPECIAL.into_iter().flat_map(|x| SPECIAL.map(|y| (x, y))).collect();
    let normal = arguments(40).into_iter().filter(|x| x.abs() >= NORMAL && x.is_finite());
    for (i, x) in normal.enumerate() {
        let y = (i as f32 * 0.618_034).fract() * 2.0 - 1.0;
        all.extend([(x, y), (x, 10.0 * y), (x, 88.0 * y / x.abs().ln()), (x, (10.0 * y).round())]);
    }
    all
}

#[test]
fn pow_of_all_sizes() {
    // libm's 0^(−odd) and the rest of IEEE 754's table are in the pairs.
    check_binary::<Pow>(libm::pow, POW_ULP, &pairs());
    let is_moderate = |x: f32, y: f32| (1e-3..1e3).contains(&libm::pow(x.into(), y.into()).abs());
    let moderate: Vec<_> = pairs().into_iter().filter(|&(x, y)| is_moderate(x, y)).collect();
    check_binary::<Pow>(libm::pow, 2.5, &moderate);
}

#[test]
fn atan2_of_all_sizes() {
    let small = |x: f64, y: f64| (libm::atan2(x, y).abs() as f32) < NORMAL;
    let pairs: Vec<_> = pairs().into_iter().filter(|&(x, y)| x == 0.0 || !small(x.into(), y.into())).collect();
    check_binary::<Atan2>(libm::atan2, ATAN2_ULP, &pairs);
}
