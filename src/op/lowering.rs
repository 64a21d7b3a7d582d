//! How the executors compute a row: an expression over lanes, written once, or a scalar function that is called.
use crate::kernel::{ScalarFunction, Value};
use crate::vector::Path;
use crate::vector::lanes::Lanes;

/// Of a function of one argument. In f32 the lanes come first; in f64 transcendental functions are called.
pub struct UnaryLowering {
    /// Into kernel IR.
    pub record: Option<for<'k> fn(Value<'k>) -> Value<'k>>,
    /// Called for each element: `[f32, f64]`.
    pub call: Option<[ScalarFunction; 2]>,
    /// Over slices: `out[i] = f(x[i])`.
    pub in_f32: fn(Path, &[f32], &mut [f32]),
    pub in_f64: fn(Path, &[f64], &mut [f64]),
}

/// Of a function of two arguments.
pub struct BinaryLowering {
    pub record: Option<for<'k> fn(Value<'k>, Value<'k>) -> Value<'k>>,
    pub call: Option<[ScalarFunction; 2]>,
    /// Over slices: `out[i] = f(x[i], y[i])`.
    pub in_f32: fn(Path, &[f32], &[f32], &mut [f32]),
    pub in_f64: fn(Path, &[f64], &[f64], &mut [f64]),
}

/// 1 where the mask holds, else 0.
pub fn truth<L: Lanes>(like: L, mask: L::Mask) -> L {
    L::select(mask, like.constant(1.0), like.constant(0.0))
}

/// Where both are not zero.
pub fn both<L: Lanes>(x: L, y: L) -> L::Mask {
    nonzero(x) & nonzero(y)
}

/// Where one is not zero, or both.
pub fn either<L: Lanes>(x: L, y: L) -> L::Mask {
    nonzero(x) | nonzero(y)
}

fn nonzero<L: Lanes>(x: L) -> L::Mask {
    !x.equal(x.constant(0.0))
}

/// An expression over lanes, exact in both precisions.
macro_rules! arithmetic {
    ($x:ident => $body:expr) => {{
        #[allow(unused_imports)]
        use $crate::vector::lanes::Lanes;
        struct Lowered;
        impl $crate::vector::UnaryFunction for Lowered {
            #[inline(always)]
            fn apply<L: $crate::vector::lanes::Lanes>($x: L) -> L {
                $body
            }
        }
        $crate::op::lowering::UnaryLowering {
            record: Some(|x| <Lowered as $crate::vector::UnaryFunction>::apply(x)),
            call: None,
            in_f32: $crate::vector::map_unary::<f32, Lowered>,
            in_f64: $crate::vector::map_unary::<f64, Lowered>,
        }
    }};
    ($x:ident, $y:ident => $body:expr) => {{
        #[allow(unused_imports)]
        use $crate::vector::lanes::Lanes;
        struct Lowered;
        impl $crate::vector::BinaryFunction for Lowered {
            #[inline(always)]
            fn apply<L: $crate::vector::lanes::Lanes>($x: L, $y: L) -> L {
                $body
            }
        }
        $crate::op::lowering::BinaryLowering {
            record: Some(|x, y| <Lowered as $crate::vector::BinaryFunction>::apply(x, y)),
            call: None,
            in_f32: $crate::vector::map_binary::<f32, Lowered>,
            in_f64: $crate::vector::map_binary::<f64, Lowered>,
        }
    }};
}

/// A scalar function in f64, called for each element; f32 rounds its answer.
macro_rules! call {
    ($function:expr) => {{
        extern "C" fn in_f64(x: f64) -> f64 {
            $function(x)
        }
        extern "C" fn in_f32(x: f32) -> f32 {
            $function(f64::from(x)) as f32
        }
        $crate::op::lowering::UnaryLowering {
            record: None,
            call: Some([
                $crate::kernel::ScalarFunction {
                    name: concat!(stringify!($function), " in f32"),
                    code: $crate::kernel::ScalarCode::F32(in_f32),
                },
                $crate::kernel::ScalarFunction {
                    name: concat!(stringify!($function), " in f64"),
                    code: $crate::kernel::ScalarCode::F64(in_f64),
                },
            ]),
            in_f32: |_, x, out| out.iter_mut().zip(x).for_each(|(out, &x)| *out = in_f32(x)),
            in_f64: |_, x, out| out.iter_mut().zip(x).for_each(|(out, &x)| *out = in_f64(x)),
        }
    }};
}

/// A scalar function of two arguments in f64, called for each element; f32 rounds its answer.
macro_rules! call2 {
    ($function:expr) => {{
        extern "C" fn in_f64(x: f64, y: f64) -> f64 {
            $function(x, y)
        }
        extern "C" fn in_f32(x: f32, y: f32) -> f32 {
            $function(f64::from(x), f64::from(y)) as f32
        }
        $crate::op::lowering::BinaryLowering {
            record: None,
            call: Some([
                $crate::kernel::ScalarFunction {
                    name: concat!(stringify!($function), " in f32"),
                    code: $crate::kernel::ScalarCode::F32Pair(in_f32),
                },
                $crate::kernel::ScalarFunction {
                    name: concat!(stringify!($function), " in f64"),
                    code: $crate::kernel::ScalarCode::F64Pair(in_f64),
                },
            ]),
            in_f32: |_, x, y, out| {
                out.iter_mut().zip(x.iter().zip(y)).for_each(|(out, (&x, &y))| *out = in_f32(x, y))
            },
            in_f64: |_, x, y, out| {
                out.iter_mut().zip(x.iter().zip(y)).for_each(|(out, (&x, &y))| *out = in_f64(x, y))
            },
        }
    }};
}
pub(crate) use {arithmetic, call, call2};
