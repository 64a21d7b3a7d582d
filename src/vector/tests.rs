//! Every operation of `Lanes`, on every path and for both element types, against plain arithmetic.

use super::lanes::{BitLanes, Lanes};
use super::machine::{Element, Path};
use super::map::{BinaryFunction, UnaryFunction, map_binary, map_unary};

const SPECIALS: [f64; 22] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    1.5,
    -1.5,
    2.5,
    -2.5,
    0.49999997,
    8388607.5,
    -8388607.5,
    16777216.0,
    1e30,
    -1e30,
    1e-30,
    1e-40,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
    3.7,
];

fn same(x: f64, y: f64) -> bool {
    x.to_bits() == y.to_bits() || (x.is_nan() && y.is_nan())
}

/// Defines a function of lanes on the spot and compares it with one of numbers, given for `f32` and `f64` at once.
macro_rules! check_unary {
    ($name:ident, |$x:ident| $lanes:expr, |$y:ident| $numbers:expr) => {
        #[test]
        fn $name() {
            struct Function;
            impl UnaryFunction for Function {
                fn apply<L: Lanes>($x: L) -> L {
                    $lanes
                }
            }
            for path in Path::available() {
                let x = SPECIALS.map(|x| x as f32);
                let mut out = [0.0; SPECIALS.len()];
                map_unary::<f32, Function>(path, &x, &mut out);
                for ($y, out) in x.into_iter().zip(out) {
                    let expected: f32 = $numbers;
                    assert!(same(expected.into(), out.into()), "{path:?} f32: {} gave {out}, not {expected}", $y);
                }
                let x = SPECIALS;
                let mut out = [0.0; SPECIALS.len()];
                map_unary::<f64, Function>(path, &x, &mut out);
                for ($y, out) in x.into_iter().zip(out) {
                    let expected: f64 = $numbers;
                    assert!(same(expected, out), "{path:?} f64: {} gave {out}, not {expected}", $y);
                }
            }
        }
    };
}

macro_rules! check_binary {
    ($name:ident, |$x:ident, $y:ident| $lanes:expr, |$p:ident, $q:ident| $numbers:expr) => {
        #[test]
        fn $name() {
            struct Function;
            impl BinaryFunction for Function {
                fn apply<L: Lanes>($x: L, $y: L) -> L {
                    $lanes
                }
            }
            fn check<T: Element>(convert: fn(f64) -> T, back: fn(T) -> f64, expected: fn(T, T) -> T) {
                for path in Path::available() {
                    for $p in SPECIALS.map(convert) {
                        let $q = SPECIALS.map(convert);
                        let mut out = [T::ZERO; SPECIALS.len()];
                        map_binary::<T, Function>(path, &[$p; SPECIALS.len()], &$q, &mut out);
                        for ($q, out) in $q.into_iter().zip(out) {
                            let expected = expected($p, $q);
                            assert!(
                                same(back(expected), back(out)),
                                "{path:?}: {:?}, {:?} gave {out:?}, not {expected:?}",
                                $p,
                                $q
                            );
                        }
                    }
                }
            }
            check::<f32>(|x| x as f32, |x| x.into(), |$p, $q| $numbers);
            check::<f64>(|x| x, |x| x, |$p, $q| $numbers);
        }
    };
}

check_unary!(constant, |x| x.constant(0.1), |_y| 0.1);
check_unary!(abs, |x| x.abs(), |y| y.abs());
check_unary!(neg, |x| -x, |y| -y);
check_unary!(sqrt, |x| x.sqrt(), |y| y.sqrt());
check_unary!(floor, |x| x.floor(), |y| y.floor());
check_unary!(ceil, |x| x.ceil(), |y| y.ceil());
check_unary!(round_even, |x| x.round_even(), |y| y.round_ties_even());
check_unary!(is_nan, |x| L::select(x.is_nan(), x.constant(1.0), x.constant(0.0)), |y| if y.is_nan() {
    1.0
} else {
    0.0
});
check_unary!(bits, |x| L::from_bits(x.to_bits()), |y| y);
check_unary!(clear_last_bits, |x| L::from_bits(x.to_bits().shift_right(12).shift_left(12)), |y| if y.is_nan() {
    y
} else {
    from_bits_like(y, |bits| bits >> 12 << 12)
});
check_unary!(
    integer_operators,
    |x| {
        let one = x.to_bits().constant(1);
        let bits = x.to_bits();
        let changed = ((bits + one) ^ one) | (bits & one);
        L::select(changed.equal(bits), x, L::from_bits(changed - one))
    },
    |y| from_bits_like(y, |bits| {
        let changed = (bits.wrapping_add(1) ^ 1) | (bits & 1);
        if changed == bits { bits } else { changed.wrapping_sub(1) }
    })
);
check_unary!(
    integers_and_back,
    |x| {
        let small = L::select(x.abs().less(x.constant(1e9)), x.round_even(), x.constant(-7.0));
        L::from_integer(small.to_integer() + small.to_bits().constant(5))
    },
    |y| 5.0 + if y.abs() < 1e9 { y.round_ties_even() + 0.0 } else { -7.0 }
);
check_unary!(
    shift_right_keeps_the_sign,
    |x| {
        let minus_eight = x.to_bits().constant(-8);
        L::from_integer(minus_eight.shift_right(1)) + x * x.constant(0.0)
    },
    |y| -4.0 + y * 0.0
);

check_binary!(add, |x, y| x + y, |p, q| p + q);
check_binary!(sub, |x, y| x - y, |p, q| p - q);
check_binary!(mul, |x, y| x * y, |p, q| p * q);
check_binary!(div, |x, y| x / y, |p, q| p / q);
check_binary!(min, |x, y| x.min(y), |p, q| if p < q { p } else { q });
check_binary!(max, |x, y| x.max(y), |p, q| if p > q { p } else { q });
check_binary!(copy_sign, |x, y| x.copy_sign(y), |p, q| p.copysign(q));
check_binary!(equal, |x, y| L::select(x.equal(y), x, y), |p, q| if p == q { p } else { q });
check_binary!(less, |x, y| L::select(x.less(y), x, y), |p, q| if p < q { p } else { q });
check_binary!(less_equal, |x, y| L::select(x.less_equal(y), y, x), |p, q| if p <= q { q } else { p });
check_binary!(greater, |x, y| L::select(x.greater(y), y, x), |p, q| if p > q { q } else { p });
check_binary!(greater_equal, |x, y| L::select(x.greater_equal(y), y, x), |p, q| if p >= q { q } else { p });
check_binary!(masks, |x, y| L::select((x.less(y) & !y.is_nan()) | !x.equal(x), x, y), |p, q| if (p < q && !q.is_nan())
    || p.is_nan()
{
    p
} else {
    q
});

/// A product and a sum that one rounding keeps apart from two: exact to the last bit wherever `f32` is fused.
#[test]
fn mul_add_of_f32_rounds_once() {
    struct Error;
    impl BinaryFunction for Error {
        fn apply<L: Lanes>(x: L, y: L) -> L {
            x.mul_add(y, -(x * y))
        }
    }
    let x: Vec<f32> = (0..37).map(|i| 1.0 + i as f32 * 0.01).collect();
    for path in Path::available() {
        let mut out = vec![0.0; x.len()];
        map_binary::<f32, Error>(path, &x, &x, &mut out);
        for (x, out) in x.iter().zip(out) {
            let exact = f64::from(*x) * f64::from(*x) - f64::from(x * x);
            assert_eq!(f64::from(out), exact, "{path:?} at {x}");
        }
    }
}

/// The same change of the bits for `f32` and `f64`.
fn from_bits_like<T: Bits>(value: T, change: fn(i64) -> i64) -> T {
    T::of_bits(change(value.bits()))
}

trait Bits {
    fn bits(self) -> i64;
    fn of_bits(bits: i64) -> Self;
}

impl Bits for f32 {
    fn bits(self) -> i64 {
        (self.to_bits() as i32).into()
    }
    fn of_bits(bits: i64) -> f32 {
        f32::from_bits(bits as u32)
    }
}

impl Bits for f64 {
    fn bits(self) -> i64 {
        self.to_bits() as i64
    }
    fn of_bits(bits: i64) -> f64 {
        f64::from_bits(bits as u64)
    }
}

/// After wide code the upper halves of the registers must be clean (`vzeroupper`), or the 128-bit code of compiled
/// kernels runs many times slower. The processor says which parts of its registers are in use.
#[cfg(target_arch = "x86_64")]
#[test]
fn wide_code_leaves_the_registers_clean() {
    use super::{Axis, Extent, Part, Prepared, Product, Store, transpose_f32};
    use std::arch::{asm, x86_64::__cpuid_count};

    fn upper_halves_in_use() -> bool {
        let low: u32;
        // SAFETY: reads the bit map of registers in use, which the caller has found to be there.
        unsafe { asm!("xgetbv", in("ecx") 1, out("eax") low, out("edx") _, options(nomem, nostack, preserves_flags)) }
        // Bit 2 is the upper halves of 256 bits, bit 6 those of 512.
        low & (1 << 2 | 1 << 6) != 0
    }
    let has_bit_map = Path::detect() != Path::Portable && __cpuid_count(0xd, 1).eax & 1 << 2 != 0;
    if !has_bit_map {
        return;
    }
    // SAFETY: the processor has AVX2; dirties a register and cleans it again.
    let dirty = unsafe {
        asm!("vpcmpeqd ymm0, ymm0, ymm0", out("xmm0") _, options(nomem, nostack));
        let dirty = upper_halves_in_use();
        asm!("vzeroupper", options(nomem, nostack));
        dirty
    };
    assert!(dirty, "the bit map does not see a dirty register");
    struct Double;
    impl UnaryFunction for Double {
        fn apply<L: Lanes>(x: L) -> L {
            x + x
        }
    }
    let product = Product {
        batch: vec![],
        rows: vec![Axis::row(Extent::Fixed(5), 3, 20)],
        inner: vec![Axis::inner(Extent::Fixed(3), 1, 20)],
        columns: Extent::Fixed(20),
        store: Store::Set,
    };
    let (x, mut out) = ([1.0f32; 100], [0.0f32; 100]);
    for path in Path::available() {
        let prepared = Prepared::<f32>::new(&product, path);
        map_unary::<f32, Double>(path, &x, &mut out);
        let after_map = upper_halves_in_use();
        // SAFETY: 5 rows of 3 and 3 of 20 are read, 5 of 20 written.
        unsafe { prepared.run(x.as_ptr(), x.as_ptr(), out.as_mut_ptr(), std::ptr::null(), 1, Part::WHOLE) }
        let after_product = upper_halves_in_use();
        // SAFETY: 10 rows of 10 both ways.
        unsafe { transpose_f32(path)(x.as_ptr(), 10, out.as_mut_ptr(), 10, 10, 10) }
        let after_transposition = upper_halves_in_use();
        assert_eq!((after_map, after_product, after_transposition), (false, false, false), "{path:?}");
    }
}
