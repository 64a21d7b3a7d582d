//! Handles for the registers of a kernel that is being recorded. `Value` is one of the implementations of `Lanes`: the one
//! that computes nothing and writes down what was asked.
use std::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Neg, Not, Sub};

use super::instruction::{Binary, Compare, Instruction, Register, Shift, Unary};
use super::recorder::Recorder;
use crate::vector::lanes::{BitLanes, Lanes, MaskLanes};

/// Floats, one a lane.
#[derive(Clone, Copy)]
pub struct Value<'k> {
    pub(super) recorder: &'k Recorder,
    pub(super) register: Register,
}

/// Integers as wide as the kernel's floats, one a lane.
#[derive(Clone, Copy)]
pub struct Integers<'k> {
    pub(super) recorder: &'k Recorder,
    pub(super) register: Register,
}

/// Truth values, one a lane.
#[derive(Clone, Copy)]
pub struct Truth<'k> {
    pub(super) recorder: &'k Recorder,
    pub(super) register: Register,
}

impl<'k> Value<'k> {
    fn unary(self, operation: Unary) -> Value<'k> {
        self.recorder.value(Instruction::Unary(operation, self.register))
    }
    fn binary(self, operation: Binary, other: Value<'k>) -> Value<'k> {
        self.recorder.value(Instruction::Binary(operation, self.register, other.register))
    }
    fn compare(self, operation: Compare, other: Value<'k>) -> Truth<'k> {
        self.recorder.truth(Instruction::Compare(operation, self.register, other.register))
    }
}

impl<'k> Value<'k> {
    /// Where a truth value that counts as a number holds: the mask that it was made of, if it was.
    pub fn holds(self) -> Truth<'k> {
        match self.recorder.mask_of(self.register) {
            Some(register) => Truth { recorder: self.recorder, register },
            None => !self.equal(self.constant(0.0)),
        }
    }
}

impl<'k> Integers<'k> {
    fn binary(self, operation: Binary, other: Integers<'k>) -> Integers<'k> {
        self.recorder.integers(Instruction::Binary(operation, self.register, other.register))
    }
    /// `then` where the mask holds, else `otherwise`.
    pub fn select(mask: Truth<'k>, then: Integers<'k>, otherwise: Integers<'k>) -> Integers<'k> {
        mask.recorder.integers(Instruction::Select(mask.register, then.register, otherwise.register))
    }
    /// Signed.
    pub fn less(self, other: Integers<'k>) -> Truth<'k> {
        self.recorder.truth(Instruction::Compare(Compare::Less, self.register, other.register))
    }
    /// The low half of the product.
    pub fn multiply(self, other: Integers<'k>) -> Integers<'k> {
        self.binary(Binary::Multiply, other)
    }
    /// Bits 32 to 63 of the product of the low 32 bits, unsigned.
    pub fn multiply_high(self, other: Integers<'k>) -> Integers<'k> {
        self.binary(Binary::MultiplyHigh, other)
    }
    /// With zeros from above.
    pub fn shift_right_logical(self, places: u32) -> Integers<'k> {
        self.recorder.integers(Instruction::Shift(Shift::RightLogical, self.register, places))
    }
}

impl<'k> Lanes for Value<'k> {
    type Mask = Truth<'k>;
    type Bits = Integers<'k>;

    fn constant(self, value: f64) -> Self {
        self.recorder.number(value)
    }
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        self.recorder.value(Instruction::MulAdd(self.register, factor.register, addend.register))
    }
    fn abs(self) -> Self {
        self.unary(Unary::Absolute)
    }
    fn sqrt(self) -> Self {
        self.unary(Unary::Sqrt)
    }
    fn min(self, other: Self) -> Self {
        self.binary(Binary::Minimum, other)
    }
    fn max(self, other: Self) -> Self {
        self.binary(Binary::Maximum, other)
    }
    fn floor(self) -> Self {
        self.unary(Unary::Floor)
    }
    fn round_even(self) -> Self {
        self.unary(Unary::RoundEven)
    }
    fn copy_sign(self, sign: Self) -> Self {
        self.binary(Binary::CopySign, sign)
    }
    fn equal(self, other: Self) -> Truth<'k> {
        self.compare(Compare::Equal, other)
    }
    fn less(self, other: Self) -> Truth<'k> {
        self.compare(Compare::Less, other)
    }
    fn less_equal(self, other: Self) -> Truth<'k> {
        self.compare(Compare::LessEqual, other)
    }
    fn select(mask: Truth<'k>, then: Self, otherwise: Self) -> Self {
        mask.recorder.value(Instruction::Select(mask.register, then.register, otherwise.register))
    }
    fn to_bits(self) -> Integers<'k> {
        self.recorder.integers(Instruction::Unary(Unary::ToBits, self.register))
    }
    fn from_bits(bits: Integers<'k>) -> Self {
        bits.recorder.value(Instruction::Unary(Unary::FromBits, bits.register))
    }
    fn to_integer(self) -> Integers<'k> {
        self.recorder.integers(Instruction::Unary(Unary::ToInteger, self.register))
    }
    fn from_integer(integer: Integers<'k>) -> Self {
        integer.recorder.value(Instruction::Unary(Unary::FromInteger, integer.register))
    }
    fn reciprocal(self) -> Self {
        self.unary(Unary::Reciprocal)
    }
    fn rsqrt(self) -> Self {
        self.unary(Unary::Rsqrt)
    }
}

impl<'k> BitLanes for Integers<'k> {
    type Mask = Truth<'k>;

    fn constant(self, value: i64) -> Self {
        self.recorder.integer(value)
    }
    fn shift_left(self, places: u32) -> Self {
        self.recorder.integers(Instruction::Shift(Shift::Left, self.register, places))
    }
    fn shift_right(self, places: u32) -> Self {
        self.recorder.integers(Instruction::Shift(Shift::Right, self.register, places))
    }
    fn equal(self, other: Self) -> Truth<'k> {
        self.recorder.truth(Instruction::Compare(Compare::Equal, self.register, other.register))
    }
}

impl MaskLanes for Truth<'_> {}

macro_rules! operators {
    ($handle:ident: $($operator:ident $method:ident $binary:ident),*) => {$(
        impl<'k> $operator for $handle<'k> {
            type Output = $handle<'k>;
            fn $method(self, other: $handle<'k>) -> $handle<'k> {
                self.binary(Binary::$binary, other)
            }
        }
    )*};
}

operators!(Value: Add add Add, Sub sub Subtract, Mul mul Multiply, Div div Divide);
operators!(Integers: Add add Add, Sub sub Subtract, BitAnd bitand And, BitOr bitor Or, BitXor bitxor Xor);
operators!(Truth: BitAnd bitand And, BitOr bitor Or);

impl<'k> Truth<'k> {
    fn binary(self, operation: Binary, other: Truth<'k>) -> Truth<'k> {
        self.recorder.truth(Instruction::Binary(operation, self.register, other.register))
    }
}

impl<'k> Not for Truth<'k> {
    type Output = Truth<'k>;
    fn not(self) -> Truth<'k> {
        self.recorder.truth(Instruction::Unary(Unary::Not, self.register))
    }
}

impl<'k> Neg for Value<'k> {
    type Output = Value<'k>;
    fn neg(self) -> Value<'k> {
        self.unary(Unary::Negate)
    }
}

impl From<Integers<'_>> for Register {
    fn from(integers: Integers<'_>) -> Register {
        integers.register
    }
}
