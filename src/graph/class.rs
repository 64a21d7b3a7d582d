//! What each class of nodes is to the passes, in one table without defaults. A pass that asks here need not know the classes; one that
//! has a rule for each matches on all of them.
#![deny(clippy::wildcard_enum_match_arm)]
use super::{Leaf, Op};

/// Facts of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    pub made: Made,
    /// Whether an element is made of the operands' elements at its own indices, and of no others.
    pub reads_own_index: bool,
    /// Whether it says only where elements stand, and computes nothing.
    pub addresses: bool,
    /// Whether it makes one value of those of all examples.
    pub mixes_examples: bool,
    /// Whether the interpreter may write its value straight to its place on a loop's stack: each element is written once, by a line
    /// of its own.
    pub stacks_at_once: bool,
    /// Of which operands it is a linear function.
    pub linear: Linear,
}

/// How the elements of a value come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// It stands in memory before the step, or is known from its index alone.
    Given,
    /// Each by itself, wherever it is needed, at no cost but that of its operands.
    Anywhere,
    /// Each by itself, wherever it is needed; many users are a reason to do it once.
    AnywhereByWork,
    /// All of them by work of their own: they are kept in memory.
    Together,
    /// By a loop: they stand where its body left them.
    ByLoop,
    /// In the terms of other classes: those who compute values never meet it.
    ByDefinition,
}

/// Of which operands a value is a linear function, all others being as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linear {
    /// Of none.
    No,
    /// Of all of them together.
    Together,
    /// Of each for itself.
    Each,
    /// Of all but the first, together.
    BehindFirst,
    /// Of the first alone.
    First,
    /// Of the last alone.
    Last,
    /// The row of the function says.
    ByRow,
}

impl Made {
    /// Whether an element can be made where it is needed, in a group with others.
    pub fn is_anywhere(self) -> bool {
        match self {
            Made::Given | Made::Anywhere | Made::AnywhereByWork => true,
            Made::Together | Made::ByLoop | Made::ByDefinition => false,
        }
    }
}

/// The facts of an operation.
#[rustfmt::skip]
pub fn facts(op: &Op) -> Facts {
    use Linear::{BehindFirst, ByRow, Each, First, Last, No};
    use Made::{Anywhere, AnywhereByWork, ByDefinition, ByLoop};
    // How it is made; reads its own index; addresses; mixes examples; stacks at once; linear.
    let (made, reads_own_index, addresses, mixes_examples, stacks_at_once, linear) = match op {
        Op::Leaf(leaf)        => (made_of_leaf(leaf), false, false, false, false, No),
        Op::Unary(..)         => (AnywhereByWork,     true,  false, false, true,  ByRow),
        Op::Binary(..)        => (AnywhereByWork,     true,  false, false, true,  ByRow),
        Op::Select { .. }     => (AnywhereByWork,     true,  false, false, true,  BehindFirst),
        Op::Reduce { .. }     => (Made::Together,     false, false, false, true,  ByRow),
        Op::Contract(_)       => (Made::Together,     false, false, false, true,  Each),
        Op::View(_)           => (Anywhere,           false, true,  false, false, Linear::Together),
        Op::Reshape { .. }    => (Anywhere,           false, true,  false, false, Linear::Together),
        Op::Join { .. }       => (Made::Together,     false, false, false, false, Linear::Together),
        Op::OneHot { .. }     => (Anywhere,           false, false, false, false, No),
        Op::Gather { .. }     => (AnywhereByWork,     false, false, false, false, First),
        Op::ScatterAdd { .. } => (Made::Together,     false, false, false, false, Last),
        Op::Named(..)         => (ByDefinition,       false, false, false, false, No),
        Op::BatchMean { .. }  => (ByDefinition,       false, false, true,  false, Linear::Together),
        Op::Element { .. }    => (Anywhere,           false, true,  false, false, Linear::Together),
        Op::Last { .. }       => (ByLoop,             false, false, false, false, Linear::Together),
        Op::Stacked { .. }    => (ByLoop,             false, false, false, false, Linear::Together),
    };
    Facts { made, reads_own_index, addresses, mixes_examples, stacks_at_once, linear }
}

fn made_of_leaf(leaf: &Leaf) -> Made {
    match leaf {
        // A list of numbers is put into memory once.
        Leaf::Table(..) => Made::Together,
        Leaf::Constant(..)
        | Leaf::Iota(_)
        | Leaf::Input(_)
        | Leaf::Parameter(_)
        | Leaf::State(_)
        | Leaf::Setting(_)
        | Leaf::Runtime(_)
        | Leaf::Binder(..)
        | Leaf::LoopIndex(_)
        | Leaf::Draw(..)
        | Leaf::Hole(..) => Made::Given,
    }
}
