//! How the executors compute a row: an expression over lanes, written once, or in f64 a scalar function that is called.
use crate::kernel::{Integers, ScalarFunction, Truth, Value};
use crate::vector::lanes::{BitLanes, Lanes};
use crate::vector::machine::Path;

/// `out[i] = f(x[i])`.
pub type Map<T> = fn(Path, &[T], &mut [T]);
/// `out[i] = f(x[i], y[i])`.
pub type Map2<T> = fn(Path, &[T], &[T], &mut [T]);

/// Of a function of one argument.
pub struct UnaryLowering {
    /// Into kernel IR: for f32, and for f64 if nothing is called.
    pub record: for<'k> fn(Value<'k>) -> Value<'k>,
    /// In f64, called for each element.
    pub call: Option<ScalarFunction>,
    pub map_f32: Map<f32>,
    pub map_f64: Map<f64>,
}

/// Of a function of two arguments.
pub struct BinaryLowering {
    pub record: for<'k> fn(Value<'k>, Value<'k>) -> Value<'k>,
    pub call: Option<ScalarFunction>,
    pub map_f32: Map2<f32>,
    pub map_f64: Map2<f64>,
}

impl BinaryLowering {
    /// Of `n` times the same, one at least: in few steps.
    pub fn repeated<'k>(&self, x: Value<'k>, n: u32) -> Value<'k> {
        match n {
            0 | 1 => x,
            n if n.is_multiple_of(2) => {
                let half = self.repeated(x, n / 2);
                (self.record)(half, half)
            }
            n => (self.record)(x, self.repeated(x, n - 1)),
        }
    }
}

/// 1 where the mask holds, else 0.
pub fn truth<L: Lanes>(like: L, mask: L::Mask) -> L {
    L::select(mask, like.constant(1.0), like.constant(0.0))
}

/// Where two whole numbers are the same.
pub fn same<'k>(x: Integers<'k>, y: Integers<'k>) -> Truth<'k> {
    x.equal(y)
}

/// Where both are not zero.
pub fn both<L: Lanes>(x: L, y: L) -> L::Mask {
    nonzero(x) & nonzero(y)
}

/// Where one is not zero, or both.
pub fn either<L: Lanes>(x: L, y: L) -> L::Mask {
    nonzero(x) | nonzero(y)
}

/// `weight · log(x)`, where 0 log 0 = 0.
pub fn weighted_log<L: Lanes>(weight: L, x: L) -> L {
    let zero = weight.constant(0.0);
    L::select(weight.equal(zero), zero, weight * crate::vector::functions::log(x))
}

fn nonzero<L: Lanes>(x: L) -> L::Mask {
    !x.equal(x.constant(0.0))
}

/// An expression over lanes, exact in both precisions.
macro_rules! arithmetic {
    ($x:ident => $body:expr) => {{
        use $crate::vector::lanes::Lanes;
        struct F;
        impl $crate::vector::UnaryFunction for F {
            #[inline(always)]
            fn apply<L: Lanes>($x: L) -> L {
                $body
            }
        }
        $crate::op::lowering::UnaryLowering {
            record: |x| <F as $crate::vector::UnaryFunction>::apply(x),
            call: None,
            map_f32: $crate::vector::map_unary::<f32, F>,
            map_f64: $crate::vector::map_unary::<f64, F>,
        }
    }};
    ($x:ident, $y:ident => $body:expr) => {{
        use $crate::vector::lanes::Lanes;
        struct F;
        impl $crate::vector::BinaryFunction for F {
            #[inline(always)]
            fn apply<L: Lanes>($x: L, $y: L) -> L {
                $body
            }
        }
        $crate::op::lowering::BinaryLowering {
            record: |x, y| <F as $crate::vector::BinaryFunction>::apply(x, y),
            call: None,
            map_f32: $crate::vector::map_binary::<f32, F>,
            map_f64: $crate::vector::map_binary::<f64, F>,
        }
    }};
}

/// An expression over lanes for f32, and a scalar function that is called in f64.
macro_rules! polynomial {
    ($x:ident => $body:expr, $function:expr) => {{
        use $crate::vector::lanes::Lanes;
        struct F;
        impl $crate::vector::UnaryFunction for F {
            #[inline(always)]
            fn apply<L: Lanes>($x: L) -> L {
                $body
            }
        }
        extern "C" fn in_f64(x: f64) -> f64 {
            $function(x)
        }
        $crate::op::lowering::UnaryLowering {
            record: |x| <F as $crate::vector::UnaryFunction>::apply(x),
            call: Some($crate::kernel::ScalarFunction {
                name: stringify!($function),
                code: $crate::kernel::ScalarCode::F64(in_f64),
            }),
            map_f32: $crate::vector::map_unary::<f32, F>,
            map_f64: |_, x, out| $crate::vector::map_scalar($function, x, out),
        }
    }};
    ($x:ident, $y:ident => $body:expr, $function:expr) => {{
        use $crate::vector::lanes::Lanes;
        struct F;
        impl $crate::vector::BinaryFunction for F {
            #[inline(always)]
            fn apply<L: Lanes>($x: L, $y: L) -> L {
                $body
            }
        }
        extern "C" fn in_f64(x: f64, y: f64) -> f64 {
            $function(x, y)
        }
        $crate::op::lowering::BinaryLowering {
            record: |x, y| <F as $crate::vector::BinaryFunction>::apply(x, y),
            call: Some($crate::kernel::ScalarFunction {
                name: stringify!($function),
                code: $crate::kernel::ScalarCode::F64Pair(in_f64),
            }),
            map_f32: $crate::vector::map_binary::<f32, F>,
            map_f64: |_, x, y, out| $crate::vector::map_scalars($function, x, y, out),
        }
    }};
}
pub(crate) use {arithmetic, polynomial};
