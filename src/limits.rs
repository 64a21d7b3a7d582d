//! Every limit of the language and the compiler, each with its reason. Exceeding one is error E09xx, never a crash.

/// Brackets and blocks open at one point. Blocks are read by recursion.
pub const BRACKET_DEPTH: usize = 256;
/// Levels of one statement's tree. Later passes walk the tree by recursion.
pub const TREE_DEPTH: u32 = 512;
/// Derivatives of derivatives: their terms grow with about the fourth power of the order.
pub const DERIVATIVE_ORDER: usize = 12;
/// Levels of an expression over columns of the data. It is read by recursion, and nobody writes ten.
pub const COLUMN_DEPTH: usize = 64;
/// Calls of `fn`, `layer` and `model` inside each other: a definition can't call itself, so this catches only chains.
pub const CALL_DEPTH: usize = 128;
/// Levels of expressions inside each other, through all calls. Elaboration recurses, on a stack of `ELABORATION_STACK` bytes.
pub const EXPRESSION_DEPTH: usize = 4096;
/// Enough for `EXPRESSION_DEPTH` levels of an unoptimised build; the system gives memory only to what is used of it.
pub const ELABORATION_STACK: usize = 256 << 20;
/// Expressions that are read, again for each call and each round of `repeat`; those of optimizers don't count. A thousand dense
/// layers are 15,000.
pub const EXPRESSIONS: usize = 50_000;
/// Numbers in lists that count as one expression.
pub const NUMBERS_AN_EXPRESSION: usize = 32;
/// Numbers that a program can write out (`a..b` as values, `linspace`): they are kept one by one.
pub const TABLE: usize = 1 << 20;
/// Errors and warnings of one reading: nobody reads more, and each is shown with its line.
pub const DIAGNOSTICS: usize = 100;
/// Bytes of a line that is shown under an error; of a longer one only the place is told.
pub const SHOWN_LINE: usize = 1_000;
/// Axes of one value: einsum labels are small integers, kernels have one loop an axis.
pub const AXES: usize = 12;
/// Elements of one value of one example: 2^31 f32 numbers are 8 GiB.
pub const ELEMENTS: usize = 1 << 31;
/// Rounds of one `repeat`, which is unrolled.
pub const REPEAT_ROUNDS: usize = 10_000;
/// Statements of one kernel: straight-line code with thousands of live values compiles in quadratic time.
pub const KERNEL_INSTRUCTIONS: usize = 4_000;
/// Of these one value of a kernel may have: what is longer is cut where it is planned. Addresses come on top.
pub const KERNEL_WEIGHT: usize = KERNEL_INSTRUCTIONS / 4;
/// Bytes of a program's memory that are laid out at all: what a processor can address.
pub const ADDRESSES: u128 = 1 << 47;
/// Calls of one compiled function: those of longer programs are shared out among several.
pub const CALLS: usize = 500;
/// Levels of sums and products in one printed formula; what is deeper is `…`. Formulas are written by recursion.
pub const NOTATION_DEPTH: usize = 80;
/// Sums and products that are begun while one line of a derivation is written; what is beyond is `…`. Shared values have names,
/// so that no formula that people read comes near.
pub const NOTATION_WORK: usize = 50_000;
/// The same for a value in a message, where shared values have no names.
pub const NOTATION_WORDS: usize = 300;
